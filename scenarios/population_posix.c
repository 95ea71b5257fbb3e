/* population_posix.c: this process, a child of the same user and one of another, and a child of the latter, with what POSIX calls
 * tell of them. */
#define _GNU_SOURCE
#include "population_posix.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pthread.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define OTHER "nobody"

static bool self_start(psb_specimen *out, char *why, size_t why_size)
{
    *out = (psb_specimen){.pid = getpid(), .ppid = getppid(), .hold = -1, .is_self = true};
    return true;
}

static void self_stop(psb_specimen *specimen) {}

bool psb_population_pipe(int end[2])
{
    if (pipe(end) != 0)
        return false;
    fcntl(end[0], F_SETFD, FD_CLOEXEC);
    fcntl(end[1], F_SETFD, FD_CLOEXEC);
    return true;
}

/* The signal is this thread's own, and so is waited for before it comes. */
bool psb_population_write(int fd, const void *bytes, size_t len)
{
    sigset_t signals, before, waiting;
    int taken;
    sigemptyset(&signals);
    sigaddset(&signals, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &signals, &before);
    ssize_t written = write(fd, bytes, len);
    int error = errno;
    sigpending(&waiting);
    if (written < 0 && error == EPIPE && sigismember(&waiting, SIGPIPE) == 1)
        sigwait(&signals, &taken);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    errno = error;
    return written == (ssize_t)len;
}

static void close_pipe(const int end[2])
{
    close(end[0]);
    close(end[1]);
}

/* Becomes the user, for good. The groups first: a user may not change them. */
static bool become(const struct passwd *user)
{
    return setgroups(0, NULL) == 0 && setgid(user->pw_gid) == 0 && setuid(user->pw_uid) == 0;
}

static void wait_for(pid_t pid)
{
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        ;
}

/* Who is asked about. */
enum who { CHILD, GRANDCHILD };

/*
 * Becomes the user, says by its pid that it is there, and sleeps in a read of the pipe: it ends with psbench, however that
 * ends. As the parent of such a process it only waits for that.
 */
static _Noreturn void sleep_as(const struct passwd *user, enum who who, const int hold[2], const int ready[2])
{
    char byte;
    close(hold[1]);
    if (user && !become(user))
        _exit(1);
    pid_t child = who == GRANDCHILD ? fork() : 0;
    if (child != 0) {
        close_pipe(ready);
        close(hold[0]);
        if (child > 0)
            wait_for(child);
        _exit(0);
    }
    pid_t own = getpid();
    if (write(ready[1], &own, sizeof own) != sizeof own)
        _exit(1);
    close_pipe(ready);
    while (read(hold[0], &byte, 1) < 0 && errno == EINTR)
        ;
    _exit(0);
}

static bool fork_as(const struct passwd *user, enum who who, psb_specimen *out, char *why, size_t why_size)
{
    int hold[2] = {-1, -1}, ready[2] = {-1, -1};
    pid_t pid = -1, asked = -1;
    if (psb_population_pipe(hold) && psb_population_pipe(ready))
        pid = fork();
    if (pid == 0)
        sleep_as(user, who, hold, ready);
    if (pid < 0)
        snprintf(why, why_size, "a child cannot be made: %s", strerror(errno));
    close(hold[0]);
    close(ready[1]);
    ssize_t got = -1;
    while (pid > 0 && (got = read(ready[0], &asked, sizeof asked)) < 0 && errno == EINTR)
        ;
    close(ready[0]);
    if (got == sizeof asked) {
        *out = (psb_specimen){.pid = asked,
                              .ppid = who == CHILD ? getpid() : pid,
                              .hold = hold[1],
                              .is_child = true,
                              .is_other = user != NULL};
        return true;
    }
    close(hold[1]);
    if (pid > 0)
        wait_for(pid);
    if (pid > 0)
        snprintf(why, why_size, "the child cannot become user %s", user ? user->pw_name : "?");
    return false;
}

static bool child_start(psb_specimen *out, char *why, size_t why_size)
{
    return fork_as(NULL, CHILD, out, why, why_size);
}

static bool fork_as_other(enum who who, psb_specimen *out, char *why, size_t why_size)
{
    const struct passwd *nobody = getpwnam(OTHER);
    if (geteuid() != 0)
        snprintf(why, why_size, "only root can start a process of another user");
    else if (!nobody || nobody->pw_uid == 0)
        snprintf(why, why_size, "there is no user " OTHER " on this machine");
    else
        return fork_as(nobody, who, out, why, why_size);
    return false;
}

static bool other_start(psb_specimen *out, char *why, size_t why_size)
{
    return fork_as_other(CHILD, out, why, why_size);
}

static bool stranger_start(psb_specimen *out, char *why, size_t why_size)
{
    return fork_as_other(GRANDCHILD, out, why, why_size);
}

/* Another child may hold a copy of the pipe's end: closing it here would not do. */
static void child_stop(psb_specimen *specimen)
{
    close((int)specimen->hold);
    kill((pid_t)specimen->pid, SIGKILL);
    wait_for((pid_t)(specimen->ppid == getpid() ? specimen->pid : specimen->ppid));
}

static bool integer(psb_value *out, int64_t number)
{
    *out = (psb_value){.u.integer = number};
    return true;
}

/* Real, effective and, where a system call tells of it, saved. */
static bool own_uids(psb_value *out)
{
#if defined(__APPLE__) || defined(__NetBSD__) || defined(__sun)
    *out = (psb_value){.known = 3, .u.part = {getuid(), geteuid()}};
    return true;
#else
    uid_t id[3];
    bool good = getresuid(&id[0], &id[1], &id[2]) == 0;
    *out = (psb_value){.known = 7, .u.part = {id[0], id[1], id[2]}};
    return good;
#endif
}

static bool own_gids(psb_value *out)
{
#if defined(__APPLE__) || defined(__NetBSD__) || defined(__sun)
    *out = (psb_value){.known = 3, .u.part = {getgid(), getegid()}};
    return true;
#else
    gid_t id[3];
    bool good = getresgid(&id[0], &id[1], &id[2]) == 0;
    *out = (psb_value){.known = 7, .u.part = {id[0], id[1], id[2]}};
    return good;
#endif
}

/* setuid(2) and setgid(2) of root set all three. */
static bool other_truth(psb_field field, psb_value *out)
{
    const struct passwd *nobody = getpwnam(OTHER);
    if (!nobody)
        return false;
    uint64_t id = field == PSB_UIDS ? nobody->pw_uid : nobody->pw_gid;
    *out = (psb_value){.known = 7, .u.part = {id, id, id}};
    return true;
}

static bool text(psb_value *out, const char *bytes)
{
    *out = (psb_value){.u.text = {bytes, strlen(bytes)}};
    return true;
}

static bool directory(psb_specimen *specimen, psb_value *out)
{
    return getcwd(specimen->text, sizeof specimen->text) && text(out, specimen->text);
}

/* A child of fork shares everything asked here but its parent, and who it has become. */
bool psb_population_posix_truth(psb_specimen *specimen, psb_field field, psb_value *out)
{
    switch (field) {
    case PSB_PPID:
    case PSB_PARENT:
        return specimen->ppid != 0 && integer(out, specimen->ppid);
    case PSB_UIDS:
        return specimen->is_other ? other_truth(field, out) : own_uids(out);
    case PSB_GIDS:
        return specimen->is_other ? other_truth(field, out) : own_gids(out);
    case PSB_USERNAME:
        return specimen->is_other && text(out, OTHER);
    case PSB_NICE:
        errno = 0;
        return integer(out, getpriority(PRIO_PROCESS, 0)) && errno == 0;
    case PSB_CWD:
        return directory(specimen, out);
    case PSB_NUM_THREADS:
        return specimen->is_child && integer(out, 1);
    case PSB_STATUS:
        return specimen->is_self && integer(out, PSB_STATE_RUNNING);
    default:
        return false;
    }
}

static const psb_population POPULATIONS[] = {
    {"self", "this process itself", self_start, self_stop, psb_population_posix_truth, NULL},
    {"child", "a sleeping child of the same user", child_start, child_stop, psb_population_posix_truth, NULL},
    {"other_user", "a sleeping child of user " OTHER "; root only", other_start, child_stop,
     psb_population_posix_truth, NULL},
    {"stranger", "a sleeping child of such a process, of user " OTHER " like its parent; root only",
     stranger_start, child_stop, psb_population_posix_truth, NULL},
};

const psb_population *psb_population_at(size_t index)
{
    size_t count = sizeof POPULATIONS / sizeof *POPULATIONS;
    if (index < count)
        return &POPULATIONS[index];
#ifdef __linux__
    return psb_population_linux_at(index - count);
#else
    return NULL;
#endif
}

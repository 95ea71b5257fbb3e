/*
 * host_talk_posix.c: a program at the other end of a socket (its standard input) and a pipe (its output). A socket, since
 * writing to one whose reader has gone need not raise SIGPIPE, which psbench's own output shall raise.
 */
#define _GNU_SOURCE
#include "host.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0 /* macOS: SO_NOSIGPIPE instead */
#endif

extern char **environ;

struct psb_host_talk {
    pid_t pid; /* and the number of its group */
    int to, from;
};

/* ---- what ends psbench ends them, too: a terminal's signals do not reach their groups ---- */

enum { GROUPS = 32 }; /* more than are ever talked to at once */
static _Atomic pid_t group[GROUPS];
static pid_t owner; /* whose they are: not those of a fork of it, which has the handlers, too */

static void end_all(int number)
{
    for (size_t i = 0; i < GROUPS && owner == getpid(); i++)
        if (atomic_load(&group[i]) > 0)
            kill(-atomic_load(&group[i]), SIGKILL);
    raise(number); /* which is what it was before, by SA_RESETHAND */
}

static void replace(pid_t old, pid_t new)
{
    for (size_t i = 0; i < GROUPS; i++) {
        pid_t expected = old;
        if (atomic_compare_exchange_strong(&group[i], &expected, new))
            return;
    }
}

static void catch_signals(void)
{
    static const int NUMBER[] = {SIGHUP, SIGINT, SIGPIPE, SIGTERM};
    struct sigaction now, action = {.sa_handler = end_all, .sa_flags = (int)SA_RESETHAND};
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < GROUPS && owner != getpid(); i++)
        atomic_store(&group[i], 0);
    owner = getpid();
    for (size_t i = 0; i < sizeof NUMBER / sizeof *NUMBER; i++)
        if (sigaction(NUMBER[i], NULL, &now) == 0 && now.sa_handler == SIG_DFL)
            sigaction(NUMBER[i], &action, NULL);
}

static void close_both(const int fd[2])
{
    close(fd[0]);
    close(fd[1]);
}

/* Ours and the child's ends: to[0], from[0] are ours. */
static bool open_ends(int to[2], int from[2], char *why, size_t why_size)
{
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, to) != 0) {
        snprintf(why, why_size, "socketpair: %s", strerror(errno));
        return false;
    }
    if (pipe(from) != 0) {
        snprintf(why, why_size, "pipe: %s", strerror(errno));
        close_both(to);
        return false;
    }
    for (int i = 0; i < 2; i++) {
        fcntl(to[i], F_SETFD, FD_CLOEXEC);
        fcntl(from[i], F_SETFD, FD_CLOEXEC);
    }
    fcntl(to[0], F_SETFL, O_NONBLOCK);
    fcntl(from[0], F_SETFL, O_NONBLOCK);
#ifdef SO_NOSIGPIPE
    setsockopt(to[0], SOL_SOCKET, SO_NOSIGPIPE, &(int){1}, sizeof(int));
#endif
    return true;
}

psb_host_talk *psb_host_talk_start(const char *command, char *why, size_t why_size)
{
    const char *const argv[] = {"/bin/sh", "-c", command, NULL};
    int to[2], from[2];
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    psb_host_talk *talk = malloc(sizeof *talk);
    catch_signals();
    snprintf(why, why_size, "out of memory");
    if (!talk || !open_ends(to, from, why, why_size)) {
        free(talk);
        return NULL;
    }
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, to[1], STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, from[1], STDOUT_FILENO);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP); /* what it starts can be ended with it */
    int error = posix_spawn(&talk->pid, argv[0], &actions, &attributes, (char *const *)argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    close(to[1]);
    close(from[1]);
    talk->to = to[0];
    talk->from = from[0];
    if (error == 0) {
        replace(0, talk->pid);
        return talk;
    }
    snprintf(why, why_size, "%s: %s", argv[0], strerror(error));
    close(talk->to);
    close(talk->from);
    free(talk);
    return NULL;
}

/* Waits until something can be done with the descriptor. */
static psb_talk wait_for(int fd, short event, uint64_t deadline_ns)
{
    struct pollfd poll_ = {.fd = fd, .events = event};
    for (;;) {
        uint64_t now = psb_host_now_ns();
        if (now >= deadline_ns)
            return PSB_TALK_LATE;
        uint64_t ms = (deadline_ns - now) / 1000000 + 1;
        int ready = poll(&poll_, 1, ms < 60000 ? (int)ms : 60000);
        if (ready > 0)
            return PSB_TALK_GOOD;
        if (ready < 0 && errno != EINTR)
            return PSB_TALK_FAILED;
    }
}

static bool may_try_again(void)
{
    return errno == EINTR || errno == EAGAIN || errno == EWOULDBLOCK;
}

psb_talk psb_host_talk_send(psb_host_talk *talk, const char *bytes, size_t len, uint64_t deadline_ns)
{
    for (size_t done = 0; done < len;) {
        ssize_t sent = send(talk->to, bytes + done, len - done, MSG_NOSIGNAL);
        if (sent >= 0) {
            done += (size_t)sent;
            continue;
        }
        if (!may_try_again())
            return errno == EPIPE || errno == ECONNRESET ? PSB_TALK_ENDED : PSB_TALK_FAILED;
        psb_talk ready = wait_for(talk->to, POLLOUT, deadline_ns);
        if (ready != PSB_TALK_GOOD)
            return ready;
    }
    return PSB_TALK_GOOD;
}

psb_talk psb_host_talk_receive(psb_host_talk *talk, char *room, size_t size, size_t *len,
                               uint64_t deadline_ns)
{
    for (;;) {
        psb_talk ready = wait_for(talk->from, POLLIN, deadline_ns);
        if (ready != PSB_TALK_GOOD)
            return ready;
        ssize_t got = read(talk->from, room, size);
        if (got > 0) {
            *len = (size_t)got;
            return PSB_TALK_GOOD;
        }
        if (got == 0)
            return PSB_TALK_ENDED;
        if (!may_try_again())
            return PSB_TALK_FAILED;
    }
}

/* True: it has ended, and status says how. */
static bool ended_by(const psb_host_talk *talk, uint64_t deadline_ns, int *status)
{
    for (;;) {
        pid_t done = waitpid(talk->pid, status, WNOHANG);
        if (done != 0 && !(done < 0 && errno == EINTR))
            return done > 0;
        if (psb_host_now_ns() >= deadline_ns)
            return false;
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
}

void psb_host_talk_end(psb_host_talk *talk, uint64_t deadline_ns, char *how, size_t how_size)
{
    int status = 0;
    close(talk->to);
    close(talk->from);
    bool by_itself = ended_by(talk, deadline_ns, &status);
    kill(-talk->pid, SIGKILL);
    replace(talk->pid, 0);
    if (!by_itself) {
        while (waitpid(talk->pid, &status, 0) < 0 && errno == EINTR)
            ;
        snprintf(how, how_size, "had to be killed");
    } else if (WIFSIGNALED(status)) {
        snprintf(how, how_size, "was ended by signal %d", WTERMSIG(status));
    } else {
        snprintf(how, how_size, "exited with code %d", WEXITSTATUS(status));
    }
    free(talk);
}

void psb_host_rest(void)
{
    sched_yield();
}

/* host_case_posix.c: the services of host_case.h on POSIX systems. */
#define _GNU_SOURCE
#include "host_case.h"

#include "host.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pthread.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { OUTPUT_MAX = 64 << 10, DESCRIPTORS_MAX = 4096 };

/* ---- the pool ---- */

struct running {
    pid_t pid; /* 0: this place is free */
    int output;
    size_t job, len;
    uint64_t started;
    char *text;
};

/* A job is the leader of a group, so that what it started ends with it. */
static _Noreturn void be_job(const psb_pool *pool, size_t job, int output)
{
    static const int CRASH[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT};
    setpgid(0, 0);
    psb_host_end_with_parent();
    psb_host_unwatch(); /* a crash of a job is the parent's to tell */
    for (size_t i = 0; i < sizeof CRASH / sizeof *CRASH; i++)
        signal(CRASH[i], SIG_DFL);
    FILE *out = fdopen(output, "w");
    if (out)
        pool->work(pool->context, job, out);
    _exit(out && fclose(out) == 0 ? 0 : 1); /* no exit handlers: they are the parent's */
}

static bool start(const psb_pool *pool, size_t job, struct running *out)
{
    int end[2];
    fflush(NULL);
    if (pipe(end) != 0)
        return false;
    fcntl(end[0], F_SETFD, FD_CLOEXEC);
    fcntl(end[0], F_SETFL, O_NONBLOCK);
    fcntl(end[1], F_SETFD, FD_CLOEXEC);
    *out = (struct running){
        .job = job, .output = end[0], .started = psb_host_now_ns(), .text = malloc(OUTPUT_MAX)};
    out->pid = out->text ? fork() : -1;
    if (out->pid == 0) {
        close(end[0]);
        be_job(pool, job, end[1]);
    }
    close(end[1]);
    if (out->pid > 0) {
        setpgid(out->pid, out->pid);
        return true;
    }
    close(end[0]);
    free(out->text);
    *out = (struct running){0};
    return false;
}

/* True: the end of its output was reached. */
static bool drain(struct running *job)
{
    char spill[4096];
    for (;;) {
        bool full = job->len == OUTPUT_MAX - 1;
        ssize_t got = read(job->output, full ? spill : job->text + job->len,
                           full ? sizeof spill : OUTPUT_MAX - 1 - job->len);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return got == 0 || errno != EAGAIN;
        if (!full)
            job->len += (size_t)got;
    }
}

static void finish(const psb_pool *pool, struct running *job, bool too_long)
{
    int status = 0;
    kill(-job->pid, SIGKILL); /* what it has left behind, and itself if it hangs */
    while (waitpid(job->pid, &status, 0) < 0 && errno == EINTR)
        ;
    drain(job);
    close(job->output);
    job->text[job->len] = '\0';
    bool crashed = WIFSIGNALED(status);
    psb_job result = {.end = too_long  ? PSB_JOB_TOO_LONG
                             : crashed ? PSB_JOB_CRASHED
                                       : PSB_JOB_ENDED,
                      .code = crashed ? WTERMSIG(status) : WEXITSTATUS(status),
                      .seconds = (double)(psb_host_now_ns() - job->started) / 1e9,
                      .output = job->text,
                      .len = job->len};
    pool->ended(pool->context, job->job, &result);
    free(job->text);
    *job = (struct running){0};
}

/* Has it ended by itself? It stays a zombie, so that its group is still its own. */
static bool has_ended(pid_t pid)
{
    siginfo_t info = {0};
    return waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == pid;
}

static void look_after(const psb_pool *pool, struct running *running, size_t places)
{
    struct pollfd wait[64];
    nfds_t waits = 0;
    for (size_t i = 0; i < places; i++)
        if (running[i].pid)
            wait[waits++] = (struct pollfd){.fd = running[i].output, .events = POLLIN};
    poll(wait, waits, 20);
    for (size_t i = 0; i < places; i++) {
        if (!running[i].pid)
            continue;
        bool closed = drain(&running[i]);
        bool too_long = (double)(psb_host_now_ns() - running[i].started) > pool->limit_s * 1e9;
        if (too_long || closed || has_ended(running[i].pid)) {
            for (int n = 0; closed && !too_long && !has_ended(running[i].pid) && n < 1000; n++)
                poll(NULL, 0, 1); /* between the end of its output and its own */
            finish(pool, &running[i], too_long || !has_ended(running[i].pid));
        }
    }
}

void psb_host_pool(const psb_pool *pool)
{
    struct running running[64] = {{0}};
    size_t places = pool->at_once < 64 ? pool->at_once : 64, next = 0, going = 0;
    psb_host_waits++;
    do {
        going = 0;
        for (size_t i = 0; i < places; i++) {
            while (!running[i].pid && next < pool->count)
                if (!start(pool, next++, &running[i]))
                    pool->ended(pool->context, next - 1,
                                &(psb_job){.end = PSB_JOB_NOT_STARTED, .output = ""});
            going += running[i].pid != 0;
        }
        if (going)
            look_after(pool, running, places);
    } while (going > 0);
    psb_host_waits--;
}

size_t psb_host_processors(void)
{
    long count = sysconf(_SC_NPROCESSORS_ONLN);
    return count > 0 ? (size_t)count : 1;
}

/* ---- threads and forks ---- */

enum { THREADS_MAX = 8 };

struct thread {
    pthread_t id;
    void (*work)(void *, size_t);
    void *context;
    size_t number;
};

static void *run_thread(void *argument)
{
    struct thread *thread = argument;
    thread->work(thread->context, thread->number);
    return NULL;
}

bool psb_host_threads(size_t count, void (*work)(void *context, size_t number), void *context)
{
    struct thread thread[THREADS_MAX];
    size_t started = 0;
    for (; started < count && started < THREADS_MAX; started++) {
        thread[started] = (struct thread){.work = work, .context = context, .number = started};
        if (pthread_create(&thread[started].id, NULL, run_thread, &thread[started]) != 0)
            break;
    }
    for (size_t i = 0; i < started; i++)
        pthread_join(thread[i].id, NULL);
    return started == count;
}

int psb_host_in_fork(int (*work)(void *context), void *context)
{
    int status;
    pid_t pid = fork();
    if (pid == 0)
        _exit(work(context));
    while (pid > 0 && waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return -1;
    return pid > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* ---- users ---- */

bool psb_host_is_root(void)
{
    return geteuid() == 0;
}

bool psb_host_become_nobody(void)
{
    const struct passwd *nobody = getpwnam("nobody");
    return nobody && nobody->pw_uid != 0 && setgroups(0, NULL) == 0 && setgid(nobody->pw_gid) == 0 &&
           setuid(nobody->pw_uid) == 0;
}

/* ---- levels ---- */

psb_levels psb_host_levels(void)
{
    psb_levels out = {.has_handles = true};
    for (int fd = 0; fd < DESCRIPTORS_MAX; fd++)
        out.handles += fcntl(fd, F_GETFD) >= 0;
    int64_t bytes = psb_host_allocated_bytes();
    out.has_bytes = bytes >= 0;
    out.bytes = out.has_bytes ? (size_t)bytes : 0;
    return out;
}

int64_t psb_host_clock_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

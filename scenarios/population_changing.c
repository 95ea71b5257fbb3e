/* population_changing.c: a child that obeys: each order is the number of a field, which it then changes of itself. */
#define _GNU_SOURCE
#include "changing.h"

#include "population_posix.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#if defined(__linux__)
#include <sys/prctl.h>
#endif

enum { NEW_NICE = 7, NEW_ID = 65533, MEGABYTES = 8, BURN_MS = 60 };
#define NEW_NAME    "changed (1) x"
#define NEW_CWD     "/"
#define NEW_PROGRAM "/bin/cat"

/* What the child has of us. */
struct pipes {
    int orders, done;
    const char *terminal;
};

static void wait_for(pid_t pid)
{
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        ;
}

/* ---- what the child does ---- */

static bool rename_self(void)
{
#if defined(__linux__)
    return prctl(PR_SET_NAME, NEW_NAME, 0, 0, 0) == 0;
#else
    return false;
#endif
}

static void *sleep_on(void *argument)
{
    for (;;)
        pause();
    return argument;
}

static bool one_thread_more(void)
{
    pthread_t thread;
    return pthread_create(&thread, NULL, sleep_on, NULL) == 0;
}

/* In both modes: the clock is asked, too. */
static bool burn(void)
{
    struct timespec now;
    volatile unsigned work = 0;
    do
        for (int i = 0; i < 10000; i++)
            work += (unsigned)i;
    while (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now) == 0 &&
           now.tv_sec * 1000 + now.tv_nsec / 1000000 < BURN_MS);
    return true;
}

static bool touch_memory(void)
{
    size_t len = (size_t)MEGABYTES << 20;
    char *memory = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0);
    for (size_t i = 0; memory != MAP_FAILED && i < len; i += 4096)
        memory[i] = 1;
    return memory != MAP_FAILED;
}

static bool read_bytes(void)
{
    char buffer[4096];
    int fd = open("/dev/zero", O_RDONLY);
    for (int i = 0; fd >= 0 && i < 16; i++)
        if (read(fd, buffer, sizeof buffer) != sizeof buffer)
            return false;
    return fd >= 0 && close(fd) == 0;
}

static bool sleep_often(void)
{
    static const struct timespec MOMENT = {0, 1000000};
    for (int i = 0; i < 10; i++)
        nanosleep(&MOMENT, NULL);
    return true;
}

/* Another program, which sends back what it is sent: then it runs. */
static bool run_another(const struct pipes *pipes)
{
    if (dup2(pipes->orders, STDIN_FILENO) < 0 || dup2(pipes->done, STDOUT_FILENO) < 0)
        return false;
    execl(NEW_PROGRAM, "cat", "-", (char *)NULL);
    return false;
}

/* The leader of a session takes the first terminal that it opens, or asks for it. */
static bool take_terminal(const char *path)
{
    int fd = setsid() < 0 ? -1 : open(path, O_RDWR);
#ifdef TIOCSCTTY
    if (fd >= 0)
        ioctl(fd, TIOCSCTTY, 0);
#endif
    return fd >= 0;
}

static bool obey(int field, const struct pipes *pipes)
{
    switch (field) {
    case PSB_EXE:
    case PSB_CMDLINE:
        return run_another(pipes);
    case PSB_TERMINAL:
        return take_terminal(pipes->terminal);
    case PSB_NAME:
        return rename_self();
    case PSB_CWD:
        return chdir(NEW_CWD) == 0;
    case PSB_NICE:
        return setpriority(PRIO_PROCESS, 0, NEW_NICE) == 0;
    case PSB_GIDS:
        return setgid(NEW_ID) == 0;
    case PSB_UIDS:
    case PSB_USERNAME:
        return setuid(NEW_ID) == 0;
    case PSB_NUM_FDS:
        return open("/dev/null", O_RDONLY) >= 0;
    case PSB_NUM_THREADS:
    case PSB_THREADS:
        return one_thread_more();
    case PSB_CPU_TIMES:
    case PSB_CPU_PERCENT:
        return burn();
    case PSB_MEMORY_INFO:
    case PSB_MEMORY_PERCENT:
    case PSB_MEMORY_FULL_INFO:
    case PSB_PAGE_FAULTS:
        return touch_memory();
    case PSB_IO_COUNTERS:
        return read_bytes();
    case PSB_NUM_CTX_SWITCHES:
        return sleep_often();
    default:
        return false;
    }
}

static _Noreturn void serve(const struct pipes *pipes)
{
    unsigned char order, answer = 1;
    if (write(pipes->done, &answer, 1) != 1) /* it is there, and what it did not need is closed */
        _exit(1);
    while (read(pipes->orders, &order, 1) == 1) {
        answer = obey(order, pipes);
        if (write(pipes->done, &answer, 1) != 1)
            break;
    }
    _exit(0);
}

/* ---- what is done with it ---- */

/* The master's descriptor and the path of the terminal; -1 and "": there is none. */
static int open_terminal(char *path, size_t size)
{
    int master = posix_openpt(O_RDWR | O_NOCTTY);
    if (master >= 0)
        fcntl(master, F_SETFD, FD_CLOEXEC);
    const char *name = master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0 ? ptsname(master) : NULL;
    snprintf(path, size, "%s", name ? name : "");
    return master;
}

bool psb_changing_start(psb_changing *out, char *why, size_t why_size)
{
    int orders[2] = {-1, -1}, done[2] = {-1, -1};
    char ready;
    *out = (psb_changing){.pid = -1};
    out->master = open_terminal(out->terminal, sizeof out->terminal);
    if (psb_population_pipe(orders) && psb_population_pipe(done))
        out->pid = fork();
    if (out->pid == 0) {
        close(orders[1]);
        close(done[0]);
        serve(&(struct pipes){orders[0], done[1], out->terminal});
    }
    close(orders[0]);
    close(done[1]);
    out->orders = orders[1];
    out->done = done[0];
    if (out->pid > 0 && read(done[0], &ready, 1) == 1)
        return true;
    snprintf(why, why_size, "a child cannot be made: %s", strerror(errno));
    psb_changing_stop(out);
    return false;
}

/* What must be told from now on, where it is known. */
static bool truth_after(const psb_changing *process, psb_field field, psb_value *truth)
{
    static char program[PATH_MAX];
    static const char ARGUMENTS[] = "cat\0-";
    *truth = (psb_value){.status = PSB_OK};
    switch (field) {
    case PSB_EXE:
        truth->u.text.bytes = realpath(NEW_PROGRAM, program) ? program : "";
        truth->u.text.len = strlen(truth->u.text.bytes);
        return truth->u.text.len > 0;
    case PSB_CMDLINE:
        truth->u.text.bytes = ARGUMENTS;
        truth->u.text.len = sizeof ARGUMENTS;
        truth->count = 2;
        return true;
    case PSB_TERMINAL:
        truth->u.text.bytes = process->terminal;
        truth->u.text.len = strlen(process->terminal);
        return true;
    case PSB_NAME:
        truth->u.text.bytes = NEW_NAME;
        truth->u.text.len = strlen(NEW_NAME);
        return true;
    case PSB_CWD:
        truth->u.text.bytes = NEW_CWD;
        truth->u.text.len = strlen(NEW_CWD);
        return true;
    case PSB_NICE:
        truth->u.integer = NEW_NICE;
        return true;
    case PSB_NUM_THREADS:
        truth->u.integer = 2;
        return true;
    case PSB_STATUS:
        truth->u.integer = PSB_STATE_STOPPED;
        return true;
    case PSB_UIDS:
    case PSB_GIDS:
        truth->known = 7;
        for (int i = 0; i < 3; i++)
            truth->u.part[i] = NEW_ID;
        return true;
    default:
        return false;
    }
}

static bool needs_root(psb_field field)
{
    return field == PSB_UIDS || field == PSB_GIDS || field == PSB_USERNAME;
}

/* It has stopped when waitpid says so. */
static bool stop(pid_t pid)
{
    int status;
    return kill(pid, SIGSTOP) == 0 && waitpid(pid, &status, WUNTRACED) == pid && WIFSTOPPED(status);
}

static bool can_be_changed(psb_field field)
{
    static const psb_field CANNOT[] = {PSB_PPID, PSB_PARENT, PSB_CREATE_TIME, PSB_CPU_NUM, PSB_NUM_HANDLES};
    for (size_t i = 0; i < sizeof CANNOT / sizeof *CANNOT; i++)
        if (CANNOT[i] == field)
            return false;
#if !defined(__linux__)
    return field != PSB_NAME;
#else
    return true;
#endif
}

psb_change psb_changing_do(psb_changing *process, psb_field field, bool *has_truth, psb_value *truth)
{
    unsigned char order = (unsigned char)field, answer = 0;
    *has_truth = truth_after(process, field, truth);
    if (process->pid <= 0) /* it was killed; to kill(2), 0 is our own group */
        return PSB_CHANGE_FAILED;
    if (!can_be_changed(field))
        return PSB_CHANGE_NOT_HERE;
    if (needs_root(field) && geteuid() != 0)
        return PSB_CHANGE_NEEDS_ROOT;
    if (field == PSB_STATUS)
        return stop((pid_t)process->pid) ? PSB_CHANGE_DONE : PSB_CHANGE_FAILED;
    if (field == PSB_TERMINAL && !process->terminal[0])
        return PSB_CHANGE_FAILED;
    /* Another program sends back what comes behind the order. */
    size_t words = field == PSB_EXE || field == PSB_CMDLINE ? 2 : 1;
    const unsigned char twice[2] = {order, order};
    if (!psb_population_write((int)process->orders, twice, words) ||
        read((int)process->done, &answer, 1) != 1)
        return PSB_CHANGE_FAILED;
    return answer ? PSB_CHANGE_DONE : PSB_CHANGE_FAILED;
}

void psb_changing_kill(psb_changing *process)
{
    if (process->pid <= 0)
        return;
    kill((pid_t)process->pid, SIGKILL);
    wait_for((pid_t)process->pid);
    process->pid = 0;
}

void psb_changing_stop(psb_changing *process)
{
    psb_changing_kill(process);
    close((int)process->orders);
    close((int)process->done);
    if (process->master >= 0)
        close((int)process->master);
}

/* ---- the storm ---- */

static volatile sig_atomic_t is_over;

static void end_storm(int signal)
{
    is_over = 1;
}

/* Up to four children are zombies at a time: that many are reaped at once. It ends by a signal, or with its maker. */
static _Noreturn void breed(int orders)
{
    char byte;
    signal(SIGTERM, end_storm);
    fcntl(orders, F_SETFL, O_NONBLOCK);
    for (unsigned n = 0; !is_over && read(orders, &byte, 1) < 0 && errno == EAGAIN; n++) {
        pid_t pid = fork();
        if (pid == 0)
            _exit(0);
        if (pid > 0 && n % 4 == 3)
            while (waitpid(-1, NULL, 0) > 0)
                ;
    }
    while (waitpid(-1, NULL, 0) > 0)
        ;
    _exit(0);
}

bool psb_storm_start(psb_changing *out)
{
    int orders[2];
    if (!psb_population_pipe(orders))
        return false;
    pid_t pid = fork();
    if (pid == 0) {
        close(orders[1]);
        breed(orders[0]);
    }
    close(orders[0]);
    *out = (psb_changing){.pid = pid, .orders = orders[1], .done = -1};
    if (pid < 0)
        close(orders[1]);
    return pid > 0;
}

void psb_storm_stop(psb_changing *storm)
{
    close((int)storm->orders);
    kill((pid_t)storm->pid, SIGTERM);
    wait_for((pid_t)storm->pid);
}

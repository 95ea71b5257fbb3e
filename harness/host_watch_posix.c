/* host_watch_posix.c: signals tell of crashes, and a timer of standstill. Handlers call what is safe in them only. */
#define _GNU_SOURCE
#include "host.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

enum { TICKS_PER_SECOND = 4, STACK_BYTES = 64 << 10, CODE = 2 };

volatile uint32_t psb_host_beats;
volatile int psb_host_waits;

static const struct {
    int number;
    const char *meaning;
} CRASH[] = {{SIGSEGV, "crashed: it touched memory that is not its own (SIGSEGV)"},
             {SIGBUS, "crashed: it touched memory that is not there (SIGBUS)"},
             {SIGILL, "crashed: its code is none (SIGILL)"},
             {SIGFPE, "crashed in arithmetic (SIGFPE)"},
             {SIGABRT, "aborted (SIGABRT)"}};

static char name[1024], late[64]; /* "psbench: WHAT: ", and what standstill is called */
static uint32_t limit_ticks;
static volatile sig_atomic_t watching;

static void say_and_end(const char *what)
{
    const char *const piece[] = {name, what, "\n"};
    watching = 0;
    for (size_t i = 0; i < 3; i++)
        if (write(STDERR_FILENO, piece[i], strlen(piece[i])) < 0)
            break;
    _exit(CODE);
}

static void on_crash(int number)
{
    for (size_t i = 0; i < sizeof CRASH / sizeof *CRASH; i++)
        if (CRASH[i].number == number)
            say_and_end(CRASH[i].meaning);
}

static void on_tick(int number)
{
    static uint32_t seen, quiet;
    if (!watching)
        return;
    quiet = psb_host_waits > 0 || psb_host_beats != seen ? 0 : quiet + 1;
    seen = psb_host_beats;
    if (quiet >= limit_ticks)
        say_and_end(late);
}

static void on_exit_(void)
{
    if (watching)
        say_and_end("ended the program");
}

static void on(int number, void (*handle)(int), int flags)
{
    struct sigaction action = {.sa_handler = handle, .sa_flags = flags};
    sigemptyset(&action.sa_mask);
    sigaction(number, &action, NULL);
}

void psb_host_watch(const char *what, double seconds)
{
    static char stack[STACK_BYTES]; /* a crash may be a stack that has run over */
    const stack_t alternative = {.ss_sp = stack, .ss_size = sizeof stack};
    const struct itimerval tick = {.it_interval = {.tv_usec = 1000000 / TICKS_PER_SECOND},
                                   .it_value = {.tv_usec = 1000000 / TICKS_PER_SECOND}};
    snprintf(name, sizeof name, "psbench: %s: ", what);
    snprintf(late, sizeof late, "has not answered for %g seconds", seconds);
    limit_ticks = 1 + (uint32_t)(seconds * (int)TICKS_PER_SECOND);
    watching = 1;
    sigaltstack(&alternative, NULL);
    for (size_t i = 0; i < sizeof CRASH / sizeof *CRASH; i++)
        on(CRASH[i].number, on_crash, SA_ONSTACK);
    on(SIGALRM, on_tick, SA_RESTART | SA_ONSTACK);
    setitimer(ITIMER_REAL, &tick, NULL);
    atexit(on_exit_);
}

void psb_host_unwatch(void)
{
    watching = 0;
}

/* host_watch_windows.c: a filter tells of crashes, and a timer's thread of standstill. */
#include "host.h"

#include <windows.h>

#include <stdlib.h>
#include <string.h>

enum { TICKS_PER_SECOND = 4, CODE = 2 };

volatile uint32_t psb_host_beats;
volatile int psb_host_waits;

static char name[1024];
static double limit_seconds;
static uint32_t limit_ticks;
static volatile bool watching;

static void say_and_end(const char *what)
{
    char line[1400];
    DWORD written;
    watching = false;
    int len = snprintf(line, sizeof line, "%s%s\n", name, what);
    WriteFile(GetStdHandle(STD_ERROR_HANDLE), line, (DWORD)len, &written, NULL);
    TerminateProcess(GetCurrentProcess(), CODE);
}

static LONG WINAPI on_crash(EXCEPTION_POINTERS *exception)
{
    char what[64];
    snprintf(what, sizeof what, "crashed (exception 0x%08lx)", exception->ExceptionRecord->ExceptionCode);
    if (watching)
        say_and_end(what);
    return EXCEPTION_CONTINUE_SEARCH;
}

static void CALLBACK on_tick(void *unused, BOOLEAN fired)
{
    static uint32_t seen, quiet;
    char what[64];
    quiet = !watching || psb_host_waits > 0 || psb_host_beats != seen ? 0 : quiet + 1;
    seen = psb_host_beats;
    snprintf(what, sizeof what, "has not answered for %g seconds", limit_seconds);
    if (quiet >= limit_ticks)
        say_and_end(what);
}

static void on_exit_(void)
{
    if (watching)
        say_and_end("ended the program");
}

void psb_host_watch(const char *what, double seconds)
{
    HANDLE timer;
    snprintf(name, sizeof name, "psbench: %s: ", what);
    limit_seconds = seconds;
    limit_ticks = 1 + (uint32_t)(seconds * (int)TICKS_PER_SECOND);
    watching = true;
    SetUnhandledExceptionFilter(on_crash);
    CreateTimerQueueTimer(&timer, NULL, on_tick, NULL, 1000 / TICKS_PER_SECOND, 1000 / TICKS_PER_SECOND, 0);
    atexit(on_exit_);
}

void psb_host_unwatch(void)
{
    watching = false;
}

#include "progress.h"

#include "host.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>

static bool shown;

void psb_progress_clear(void)
{
    if (shown)
        fputs("\r\033[K", stderr);
    shown = false;
}

void psb_progress(const char *form, ...)
{
    char line[78];
    va_list args;
    if (!psb_host_is_terminal(stderr))
        return;
    va_start(args, form);
    vsnprintf(line, sizeof line, form, args);
    va_end(args);
    fprintf(stderr, "\r\033[K%s", line);
    fflush(stderr);
    shown = true;
}

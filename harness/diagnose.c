#include "diagnose.h"

#include "escape.h"
#include "progress.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Words of the command line and of files are part of the line: it is escaped as a whole. */
static void __attribute__((format(printf, 1, 0))) say(const char *form, va_list args)
{
    char line[2048], shown[4096];
    vsnprintf(line, sizeof line, form, args);
    psb_escape(line, strlen(line), false, shown, sizeof shown);
    psb_progress_clear();
    fprintf(stderr, "psbench: %s\n", shown);
}

int psb_fail(int code, const char *form, ...)
{
    va_list args;
    va_start(args, form);
    say(form, args);
    va_end(args);
    return code;
}

void psb_say(const char *form, ...)
{
    va_list args;
    va_start(args, form);
    say(form, args);
    va_end(args);
}

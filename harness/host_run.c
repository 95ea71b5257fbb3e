/* host_run.c: programs are run and what they write is kept, alike on every OS. */
#include "host_run.h"

#include "escape.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { OUTPUT_MAX = 64 << 20, READ_MAX = 1 << 20 };

/* Reads to the end; false if there is more than OUTPUT_MAX or no memory. */
static bool drain(int fd, char **output, size_t *len)
{
    size_t cap = 0;
    *output = NULL;
    *len = 0;
    for (;;) {
        if (cap - *len < 4096) {
            cap = cap ? cap * 2 : 64 << 10;
            char *grown = cap <= OUTPUT_MAX ? realloc(*output, cap) : NULL;
            if (!grown)
                return false;
            *output = grown;
        }
        size_t room = cap - *len - 1;
        int got = (int)read(fd, *output + *len, room < READ_MAX ? (unsigned)room : READ_MAX);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) {
            (*output)[*len] = '\0';
            return got == 0;
        }
        *len += (size_t)got;
    }
}

/* Appends the last line of the output to why, escaped: it is another program's. */
static void add_last_line(const char *output, size_t len, char *why, size_t why_size)
{
    while (len > 0 && (output[len - 1] == '\n' || output[len - 1] == '\r' || output[len - 1] == ' '))
        len--;
    size_t start = len, used = strlen(why);
    while (start > 0 && output[start - 1] != '\n')
        start--;
    if (len == start || used + 2 >= why_size)
        return;
    memcpy(why + used, ": ", 3);
    psb_escape(output + start, len - start, false, why + used + 2, why_size - used - 2);
}

static bool run(const char *const *argv, bool with_errors, char **output, size_t *len, char *why,
                size_t why_size)
{
    psb_os_child child;
    *output = NULL;
    *len = 0;
    if (!psb_os_start(argv, with_errors, &child, why, why_size))
        return false;
    psb_host_waits++;
    bool drained = drain(child.output, output, len);
    close(child.output);
    bool good = psb_os_ended_well(&child, argv[0], why, why_size);
    psb_host_waits--;
    if (!drained)
        snprintf(why, why_size, "%s: more output than can be kept", argv[0]);
    else if (!good)
        add_last_line(*output, *len, why, why_size);
    if (!good || !drained) {
        free(*output);
        *output = NULL;
    }
    return good && drained;
}

bool psb_host_run(const char *const *argv, char **output, size_t *len, char *why, size_t why_size)
{
    return run(argv, true, output, len, why, why_size);
}

bool psb_host_run_self(const char *const *arguments, char **output, size_t *len, char *why, size_t why_size)
{
    char path[4096];
    const char *argv[64] = {path};
    if (!psb_host_own_path(path, sizeof path)) {
        snprintf(why, why_size, "cannot tell where this program's own file is");
        return false;
    }
    for (size_t i = 0; arguments[i] && i + 2 < sizeof argv / sizeof *argv; i++)
        argv[i + 1] = arguments[i];
    return run(argv, false, output, len, why, why_size);
}

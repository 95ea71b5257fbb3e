/* host_run.h: what host_run.c asks of the file of the OS, host_<os>.c: to start a program, and to wait for it. */
#ifndef PSB_HOST_RUN_H
#define PSB_HOST_RUN_H

#include "host.h"

typedef struct psb_os_child {
    intptr_t process; /* the OS's own: a pid or a handle */
    int output;       /* a descriptor: what it writes to stdout; the caller closes it */
} psb_os_child;

/* Starts a program, found along PATH, whose stderr goes into output, too, or is ours. False: why says so. */
bool psb_os_start(const char *const *argv, bool with_errors, psb_os_child *out, char *why, size_t why_size);

/* Waits for its end; false, with a line in why, if that was anything but exit code 0. */
bool psb_os_ended_well(psb_os_child *child, const char *name, char *why, size_t why_size);

#endif

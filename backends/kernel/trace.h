/*
 * trace.h: what a kernel answered, recorded to be played back where that kernel is not.
 *
 * A trace is text with framed bytes in it:
 *
 *   psbench-trace 1
 *   port linux
 *   evidence native
 *   machine Linux 6.1.0 x86_64
 *
 *   call linux.stat 17 0 0 0 0 ok 0 3 304
 *   <304 bytes of the reply, and a newline>
 *   ...
 *   end 12
 *
 * A call line: op, pid, four arguments, status, the OS's error number, kernel entries, bytes. "end" counts
 * the calls; a file without it was cut. A call that was made several times is there once, as it was answered
 * first.
 */
#ifndef PSB_TRACE_H
#define PSB_TRACE_H

#include "kernel.h"

#include <stdio.h>

#define PSB_TRACE_SCHEMA "psbench-trace 1"

enum { PSB_TRACE_MAX = 256 << 20, PSB_TRACE_CALLS_MAX = 1 << 20 }; /* bytes, calls: more is refused */

/*
 * A shim that writes what passes. machine is one line about the machine. The file stays the caller's, and is
 * whole after psb_record_finish. NULL: out of memory.
 */
psb_kernel *psb_record_open(psb_kernel *below, FILE *file, const char *port, const char *machine);

/* Ends the trace; how many calls are in it, or -1 if something could not be written or kept. Record no more
 * then. */
long psb_record_finish(psb_kernel *record);

/*
 * A leaf that answers out of a trace of this port. A call that is not in it is PSB_OSERROR: never a guess.
 * NULL: one line in why that names the file and the line.
 */
psb_kernel *psb_replay_open(const char *path, const char *port, char *why, size_t why_size);

#endif

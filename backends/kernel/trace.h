/*
 * trace.h: what a kernel answered, recorded to be played back where that kernel is not.
 *
 * A trace is text with framed bytes in it:
 *
 *   psbench-trace 1
 *   port linux
 *   evidence native
 *   machine Linux 6.1.0 x86_64
 *   redacted names,arguments,paths
 *
 *   call linux.stat 17 0 0 0 0 ok 0 3 304
 *   <304 bytes of the reply, and a newline>
 *   ...
 *   end 12
 *
 * machine: operating system, its version, and architecture of the machine that was asked, as uname(1) tells them;
 * behind "sim on" if a simulated kernel answered (evidence sim). redacted: what text was replaced (redact.h); there
 * is no such line if none was.
 *
 * A call line: op, pid, four arguments, status, the OS's error number, kernel entries, bytes. "end" counts
 * the calls; a file without it was cut. A call that was made several times is there once, as it was answered
 * first.
 */
#ifndef PSB_TRACE_H
#define PSB_TRACE_H

#include "kernel.h"
#include "redact.h"

#include <stdio.h>

#define PSB_TRACE_SCHEMA "psbench-trace 1"

enum { PSB_TRACE_MAX = 256 << 20, PSB_TRACE_CALLS_MAX = 1 << 20 }; /* bytes, calls: more is refused */

/* What text is replaced on its way into a trace, and who knows where it stands. */
typedef struct psb_redaction {
    uint32_t kinds; /* bit n: text of psb_text n; not 0 */
    bool (*redact)(const void *context, const psb_call *call, void *raw, size_t len,
                   const psb_redactor *redactor);
    const void *context;
} psb_redaction;

/*
 * A shim that writes what passes. machine is one line about the machine. The file stays the caller's, and is
 * whole after psb_record_finish. Who asks gets the answers as they are; with a redaction (NULL: none), only
 * replaced text is written, and a reply in which nobody knows the text is written as malformed and without its
 * bytes. NULL: out of memory.
 */
psb_kernel *psb_record_open(psb_kernel *below, FILE *file, const char *port, const char *machine,
                            const psb_redaction *redaction);

/* Ends the trace; how many calls are in it, or -1 if something could not be written or kept. Record no more
 * then. */
long psb_record_finish(psb_kernel *record);

/*
 * A leaf that answers out of a trace of this port. A call that is not in it is PSB_OSERROR: never a guess.
 * NULL: one line in why that names the file and the line.
 */
psb_kernel *psb_replay_open(const char *path, const char *port, char *why, size_t why_size);

#endif

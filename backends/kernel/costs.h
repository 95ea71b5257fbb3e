/*
 * costs.h: what the calls of a port cost on some machine, measured there, to be added to calls elsewhere
 * (--kernel delay=FILE+sim).
 *
 * A file of costs is text:
 *
 *   psbench-costs 1
 *   port linux
 *   evidence native
 *   kernel native
 *   machine Linux 6.1.0 x86_64
 *
 *   op linux.stat 6790 132
 *   ...
 *   end 12
 *
 * An op that has no line, as one that was not asked when the costs were taken, costs nothing.
 *
 * An op line: op, the median of what its calls took in ns, how many calls that were. "end" counts the op lines; a
 * file without it was cut. The cost of reading the clock is in each figure. kernel and machine are escaped
 * (escape.h).
 */
#ifndef PSB_COSTS_H
#define PSB_COSTS_H

#include "kernel.h"

#include <stdio.h>

#define PSB_COSTS_SCHEMA "psbench-costs 1"

enum { PSB_COST_MAX_NS = 1000000000, PSB_COSTS_FILE_MAX = 64 << 10 }; /* ns of a call; bytes of a file */

typedef struct psb_costs {
    uint64_t ns[PSB_OPS]; /* median */
    uint64_t calls[PSB_OPS];
} psb_costs;

/* False: it cannot be written. */
bool psb_costs_write(const psb_costs *costs, FILE *file, const char *port, psb_evidence evidence,
                     const char *kernel, const char *machine);

/* False: one line in why names the file and the line. */
bool psb_costs_read(const char *path, const char *port, psb_costs *out, char *why, size_t why_size);

/*
 * ---- the cost shim: shim_cost.c ----
 * Takes the time of every call that passes, those that are asked again with more room included. now_ns is a
 * monotonic clock. Of very many calls of an op it keeps an even sample. For one thread at a time. NULL: out of
 * memory.
 */
psb_kernel *psb_cost_open(psb_kernel *below, uint64_t (*now_ns)(void));

/* Of the calls until now; false: out of memory. */
bool psb_cost_read(const psb_kernel *cost, psb_costs *out);

#endif

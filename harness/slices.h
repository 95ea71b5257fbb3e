/*
 * slices.h: timing sides against each other. Noise on a shared machine comes in stretches, and what runs
 * first pays for what runs after it; so all sides run in turn in slices of less than half a millisecond, or of one
 * pass of the slowest side, in an order drawn anew for every round, each slice warmed up by a few calls. The least of
 * a side's slices in a block is what the side costs undisturbed; the ratio of two such minima of the same block is one
 * sample.
 */
#ifndef PSB_SLICES_H
#define PSB_SLICES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct psb_side {
    const char *name;
    void (*run)(void *argument); /* one pass */
    void *argument;
    /* NULL: run is called so often, and the clock is ours. Else it makes `warm` passes and so many more, and returns the ns of
     * these; 0: it cannot. */
    double (*timed)(void *argument, size_t warm, size_t passes);
} psb_side;

enum { PSB_SIDES_MAX = 16 };

typedef struct psb_slices {
    size_t sides, blocks;
    double *ns; /* of one pass: blocks x sides; free with psb_slices_free */
} psb_slices;

/* Runs 1 to PSB_SIDES_MAX sides for about `seconds`, at least one block. False: out of memory, too many
 * sides, or one of them cannot be timed. */
bool psb_slices_run(const psb_side *side, size_t sides, double seconds, uint64_t seed, psb_slices *out);

/* The same by another clock: in a test, what a pass takes must not depend on what else the machine does. */
typedef uint64_t psb_clock(void); /* in ns, never backwards */
bool psb_slices_run_by(psb_clock *now_ns, const psb_side *side, size_t sides, double seconds, uint64_t seed,
                       psb_slices *out);

void psb_slices_free(psb_slices *slices);

#endif

/*
 * starts.h: the same measurement in several fresh processes. Where code and data come to lie differs from
 * start to start by more than a measurement errs within one (address layout, cache colours); so a ratio's
 * interval is taken over starts.
 */
#ifndef PSB_STARTS_H
#define PSB_STARTS_H

#include "cell.h"
#include "slices.h"
#include "stats.h"

/* What one start prints: {"sides": [name, ...], "blocks": [[ns, ...], ...]}. */
json_t *psb_slices_json(const psb_side *side, size_t sides, const psb_slices *slices);

typedef struct psb_starts {
    size_t starts, blocks; /* blocks of all starts together */
    size_t sides;
    char name[PSB_SIDES_MAX][24];
    json_t *output; /* a list of what the starts printed */
} psb_starts;

/*
 * Runs `psbench slices ARGUMENT...` effort->starts times, one after another, each with a seed of its own.
 * what names the measurement on the progress line. False: why says so.
 */
bool psb_starts_run(const char *const *arguments, const char *what, const psb_effort *effort, psb_starts *out,
                    char *why, size_t why_size);

/* The same of another program that takes --seed and prints slices: its command line, found along PATH. */
bool psb_starts_run_command(const char *const *argv, const char *what, const psb_effort *effort,
                            psb_starts *out, char *why, size_t why_size);

void psb_starts_free(psb_starts *starts);

/* time.c: the same for a cell, with more arguments behind those that say which it is. */
bool psb_cell_starts(const psb_cell *cell, const psb_effort *effort, const char *const *more, psb_starts *out,
                     char *why, size_t why_size);

/* Simulated kernels need less of the time in each start. */
double psb_seconds_of(const psb_cell *cell, double seconds);

/* Index of a side, or -1. */
int psb_starts_side(const psb_starts *starts, const char *name);

/*
 * The ratio of two sides: in each start the median over blocks of the ratio of slice minima; over the starts
 * their median with its interval. {"ratio", "low", "high", "confidence"}; without an interval if there are
 * too few starts.
 */
json_t *psb_starts_ratio(const psb_starts *starts, const char *above, const char *below);

/* The median over starts of the median over blocks of a side's slice minima, in ns. */
double psb_starts_ns(const psb_starts *starts, const char *side);

/* The same of one start, of the side of that index. */
double psb_starts_one_ns(const psb_starts *starts, size_t start, int side);

#endif

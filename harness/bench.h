/*
 * bench.h: Google Benchmark behind a C face, for absolute figures. It chooses the number of iterations; the
 * loop stays on its side, and no exception or C++ type crosses.
 */
#ifndef PSB_BENCH_H
#define PSB_BENCH_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct psb_bench {
    const char *name;
    void (*run)(void *argument); /* what is timed: one pass */
    void *argument;
    double (*timed)(void *argument, size_t warm,
                    size_t passes); /* NULL, or as in slices.h: it keeps the time itself */
    double ns;                      /* out: of one pass, real time, the median of the repetitions */
    double min_ns;                  /* out: the least of them */
} psb_bench;

/*
 * Runs each for about `seconds` in all, in repetitions. False: the library reported an error. It ends the
 * program if it cannot read what it wants to know of the CPU (when no file can be opened any more).
 */
bool psb_bench_run(psb_bench *bench, size_t count, double seconds);

/* Its version as the program was built with it, "1.7.1", or "" if the library does not tell. */
const char *psb_bench_version(void);

#ifdef __cplusplus
}
#endif

#endif

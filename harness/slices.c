#include "slices.h"

#include "host.h"

#include <stdlib.h>

enum {
    ROUNDS = 8,        /* slices of each side in a block */
    WARM_UP = 2,       /* passes before each slice */
    SLICE_NS = 400000, /* aimed at, unless one pass takes longer */
    LONG_NS =
        50000000, /* a pass that takes so long is not warmed up, and no other side's slice lasts longer */
    BLOCKS_MAX = 100000 /* bounds memory */
};

/* xorshift64*: Vigna, "An experimental exploration of Marsaglia's xorshift generators, scrambled" (2016). */
static uint64_t draw(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * UINT64_C(2685821657736338717);
}

static void shuffle(size_t *order, size_t n, uint64_t *state)
{
    for (size_t i = n; i > 1; i--) {
        size_t j = (size_t)(draw(state) % i), kept = order[i - 1];
        order[i - 1] = order[j];
        order[j] = kept;
    }
}

/* What a pass takes in a row of them. */
static double row_ns(psb_clock *now_ns, const psb_side *side, size_t passes)
{
    uint64_t start = now_ns();
    for (size_t i = 0; i < passes; i++)
        side->run(side->argument);
    return (double)(now_ns() - start) / (double)passes;
}

/* One pass of so many, in ns; 0: the side cannot be timed. */
static double slice(psb_clock *now_ns, const psb_side *side, size_t passes)
{
    double ns = 0;
    if (side->timed)
        return side->timed(side->argument, WARM_UP, passes) / (double)passes;
    for (size_t i = 0; i < WARM_UP && ns < (double)LONG_NS; i++)
        ns = row_ns(now_ns, side, 1);
    return ns < (double)LONG_NS || passes > 1 ? row_ns(now_ns, side, passes) : ns;
}

/*
 * What one pass takes: passes are doubled until a slice is a quarter full, then the least of a few slices counts,
 * since one that is disturbed would make all slices of this start too short.
 */
static double pass_ns(psb_clock *now_ns, const psb_side *side)
{
    size_t passes = 1;
    double ns = slice(now_ns, side, passes);
    while (ns > 0 && ns * (double)passes < (double)SLICE_NS / 4 && passes < 1u << 20) {
        passes *= 2;
        ns = slice(now_ns, side, passes);
    }
    for (int i = 0; i < 4 && ns < (double)LONG_NS; i++) {
        double again = slice(now_ns, side, passes);
        ns = again < ns ? again : ns;
    }
    return ns > 0 ? ns : 1;
}

/*
 * How many passes make a slice. Slices of all sides last as long as the longest must: on a busy machine the least of
 * short ones would find a quiet moment, which the least of long ones does not, and a ratio of the two would be wrong.
 * Beyond LONG_NS every slice meets whatever else there is.
 */
static void passes_of(psb_clock *now_ns, const psb_side *side, size_t sides, size_t *passes)
{
    double ns[PSB_SIDES_MAX], longest = SLICE_NS;
    for (size_t i = 0; i < sides; i++) {
        ns[i] = pass_ns(now_ns, &side[i]);
        longest = ns[i] > longest ? ns[i] : longest;
    }
    longest = longest < (double)LONG_NS ? longest : (double)LONG_NS;
    for (size_t i = 0; i < sides; i++)
        passes[i] = ns[i] < longest ? (size_t)(longest / ns[i]) : 1;
}

/* A block of long passes ends with the time that there is: one round is the least. False: a side cannot be timed. */
static bool block(psb_clock *now_ns, const psb_side *side, size_t sides, const size_t *passes, uint64_t end,
                  uint64_t *state, double *least)
{
    bool is_long = false;
    size_t order[PSB_SIDES_MAX];
    for (size_t i = 0; i < sides; i++)
        order[i] = i;
    for (int round = 0; round < ROUNDS && !(is_long && now_ns() >= end); round++) {
        shuffle(order, sides, state);
        for (size_t i = 0; i < sides; i++) {
            size_t which = order[i];
            double ns = slice(now_ns, &side[which], passes[which]);
            if (ns <= 0)
                return false;
            if (round == 0 || ns < least[which])
                least[which] = ns;
            is_long |= ns >= (double)LONG_NS;
        }
    }
    return true;
}

bool psb_slices_run_by(psb_clock *now_ns, const psb_side *side, size_t sides, double seconds, uint64_t seed,
                       psb_slices *out)
{
    uint64_t state = seed ? seed : 1, end = now_ns() + (uint64_t)(seconds * 1e9);
    size_t passes[PSB_SIDES_MAX], cap = 0;
    *out = (psb_slices){.sides = sides};
    if (sides == 0 || sides > PSB_SIDES_MAX)
        return false;
    passes_of(now_ns, side, sides, passes);
    do {
        if (out->blocks == cap) {
            cap = cap ? cap * 2 : 64;
            double *grown = realloc(out->ns, cap * sides * sizeof *grown);
            if (!grown) {
                psb_slices_free(out);
                return false;
            }
            out->ns = grown;
        }
        if (!block(now_ns, side, sides, passes, end, &state, &out->ns[out->blocks * sides])) {
            psb_slices_free(out);
            return false;
        }
        out->blocks++;
    } while (now_ns() < end && out->blocks < BLOCKS_MAX);
    return true;
}

bool psb_slices_run(const psb_side *side, size_t sides, double seconds, uint64_t seed, psb_slices *out)
{
    return psb_slices_run_by(psb_host_now_ns, side, sides, seconds, seed, out);
}

void psb_slices_free(psb_slices *slices)
{
    free(slices->ns);
    *slices = (psb_slices){0};
}

/*
 * claim_model.h: what a pass of psutil's Python takes, as a sum: a part that no call has to do with, and so many calls
 * of each cost. Both modes, outside and inside oneshot(), are such sums, so that a speed-up can be reckoned for costs
 * that were not measured, and the cost can be found at which a published speed-up comes out. Pure.
 */
#ifndef PSB_CLAIM_MODEL_H
#define PSB_CLAIM_MODEL_H

#include <stdbool.h>
#include <stddef.h>

enum { PSB_MODEL_COSTS = 4, PSB_MODEL_POINTS = 8 };

typedef enum psb_mode { PSB_NORMAL, PSB_ONESHOT, PSB_MODES } psb_mode;

typedef struct psb_model {
    size_t costs;
    double calls[PSB_MODES][PSB_MODEL_COSTS]; /* counted */
    double base_ns[PSB_MODES];                /* without any call */
    double ours_ns[PSB_MODEL_COSTS]; /* what psbench adds to each call: the shim's clock, the parser */
} psb_model;

/* A pass that was measured, in both modes. */
typedef struct psb_model_point {
    bool still; /* no call was made at all; else each call cost this: */
    double cost_ns[PSB_MODEL_COSTS];
    double ns[PSB_MODES];
} psb_model_point;

/*
 * Finds base_ns and ours_ns so that the relative errors are least in sum; costs and calls are given. A point that was
 * disturbed, as long passes on a busy machine are, then counts for nothing instead of bending the rest. False: it takes
 * two points at least, one of them still, and times above 0.
 */
bool psb_model_fit(psb_model *model, const psb_model_point *point, size_t points);

/* What the model says a point took. */
double psb_model_point_ns(const psb_model *model, const psb_model_point *point, psb_mode mode);

/* The median and the greatest of the model's relative errors. */
void psb_model_errors(const psb_model *model, const psb_model_point *point, size_t points, double *typical,
                      double *worst);

/* A pass of psutil's own, without what psbench adds. */
double psb_model_ns(const psb_model *model, psb_mode mode, const double *cost_ns);
double psb_model_ratio(const psb_model *model, const double *cost_ns);

typedef enum psb_implied {
    PSB_IMPLIED_FOUND, /* at this cost the ratio comes out */
    PSB_IMPLIED_BELOW, /* already above it with a cost of 0 */
    PSB_IMPLIED_NEVER  /* below it at any cost */
} psb_implied;

const char *psb_implied_name(psb_implied implied); /* "found", "below", "never" */

/*
 * The first cost at which the ratio comes out. at_ns are the others'; one that is negative goes with the first.
 */
psb_implied psb_model_implied(const psb_model *model, double ratio, const double *at_ns, double *out_ns);

/*
 * Is there a ratio from ratio_low to ratio_high at costs from low_ns to high_ns, of which the latter may be INFINITY?
 * At a ratio r, what remains of a pass outside oneshot() after r passes inside is linear in every cost: its least and
 * its greatest value lie in corners.
 */
bool psb_model_meets(const psb_model *model, double ratio_low, double ratio_high, const double *low_ns,
                     const double *high_ns);

#endif

/*
 * claim_measure.h: a published figure, measured: psutil's own Python over the port's kernel at several costs of a call,
 * the model of that, the C layer beside it, and the verdict.
 */
#ifndef PSB_CLAIM_MEASURE_H
#define PSB_CLAIM_MEASURE_H

#include "cell.h"
#include "claim_model.h"
#include "claims.h"
#include "starts.h"

typedef struct psb_claim_options {
    psb_effort effort;
    bool quick;              /* fewer points */
    const char *costs;       /* a file of costs (costs.h), measured elsewhere; NULL: none */
    const char *psutil_path; /* a checkout; NULL: the psutil that is installed */
} psb_claim_options;

/*
 * The row of a reading as results.schema.json describes it. *exit_code is raised if it could not be carried through;
 * what cannot be had here is skipped, and says why. NULL: out of memory, or a line was printed.
 */
json_t *psb_claim_measure(const psb_claim *claim, const psb_reading *reading,
                          const psb_claim_options *options, int *exit_code);

/* ---- its parts: claim_points.c ---- */

/* So many points of the claim are measured besides the one without calls. */
size_t psb_claim_points(const psb_claim *claim, bool quick);

/* The costs of a point as the delay shim takes them. False: it does not fit, or why names a source that there is not. */
bool psb_claim_delay(const psb_claim *claim, const psb_port *port, size_t point, char *out, size_t size,
                     char *why, size_t why_size);

/* The calls of each cost, from what the driver counted. */
void psb_claim_calls(const psb_claim *claim, const json_t *counted, psb_model *out);

/* A cost that some call of the list has. */
bool psb_claim_has(const psb_model *model, size_t cost);

/* The costs of the others while the first is looked for: -1 goes with it. */
void psb_claim_at(const psb_claim *claim, double at_ns[PSB_MODEL_COSTS]);

/* The point that the driver measured as number index; 0 is the one without calls. start: of that one, or -1: of all. */
bool psb_claim_point(const psb_claim *claim, const psb_starts *starts, size_t index, int start,
                     psb_model_point *out);

/* Fits the model to the points of a start, or (-1) of all. */
bool psb_claim_fit(const psb_claim *claim, const psb_starts *starts, size_t points, int start,
                   psb_model *model);

#endif

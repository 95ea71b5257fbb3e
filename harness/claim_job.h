/*
 * claim_job.h: a reading of a claim while it is measured, between claim_measure.c, which measures, and claim_rows.c, which
 * makes the row of it.
 */
#ifndef PSB_CLAIM_JOB_H
#define PSB_CLAIM_JOB_H

#include "claim_measure.h"
#include "claim_verdict.h"
#include "costs.h"

enum { PSB_CLAIM_SPEC = 8192, PSB_CLAIM_LIST = 1100 };

/* What is known of a reading while it is measured. */
typedef struct psb_claim_job {
    const psb_claim *claim;
    const psb_reading *reading;
    const psb_claim_options *options;
    psb_cell cell;
    json_t *row;
    psb_starts starts;
    size_t points; /* besides the one without calls */
    char methods[PSB_CLAIM_LIST], fields[PSB_CLAIM_LIST], c_kernel[PSB_CLAIM_SPEC], specs[PSB_CLAIM_SPEC];
    char why[512];
} psb_claim_job;

/* A value that there is none of is null. */
void psb_row_set(json_t *row, const char *key, json_t *value);

/* Are the costs of the file those of this port? */
bool psb_claim_has_costs(const psb_claim_job *job, psb_costs *out);

/* Of what the driver printed: the calls; of all starts: the passes of two sides. */
void psb_claim_add_exact(psb_claim_job *job, const json_t *output);
void psb_claim_add_passes(psb_claim_job *job, const char *normal, const char *oneshot);

/* Fits the model to what was measured, and adds all that follows from it. False: job->why says so. */
bool psb_claim_add_model(psb_claim_job *job, psb_model *model, psb_claim_facts *facts);

void psb_claim_conclude(psb_claim_job *job, const psb_model *model, const psb_claim_facts *facts);

#endif

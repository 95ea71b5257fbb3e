/*
 * result.h: results are one JSON document; results.schema.json describes it. Every report is made from the
 * document alone.
 */
#ifndef PSB_RESULT_H
#define PSB_RESULT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#define PSB_RESULTS_SCHEMA "psbench-results/1"

bool psb_result_write(const json_t *results, FILE *out);

/* For people, on a terminal or in a log: aligned, with units, without colour. */
void psb_report_text(const json_t *results, FILE *out);

#endif

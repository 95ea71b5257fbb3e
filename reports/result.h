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

/* ---- of psbench check: check.schema.json ---- */

#define PSB_CHECK_SCHEMA "psbench-check/1"

void psb_check_text(const json_t *results, FILE *out);
void psb_check_tap(const json_t *results, FILE *out);    /* TAP 14 */
void psb_check_junit(const json_t *results, FILE *out);  /* JUnit XML */
void psb_check_status(const json_t *results, FILE *out); /* Markdown: fields x ports */

#endif

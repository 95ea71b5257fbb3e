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

/* For people, on a terminal or in a log: aligned, with units, without colour. details: of each cell, however many. */
void psb_report_text(const json_t *results, bool details, FILE *out);

/* ---- of psbench check: check.schema.json ---- */

#define PSB_CHECK_SCHEMA "psbench-check/1"

void psb_check_text(const json_t *results, FILE *out);
void psb_check_tap(const json_t *results, FILE *out);    /* TAP 14 */
void psb_check_junit(const json_t *results, FILE *out);  /* JUnit XML */
void psb_check_status(const json_t *results, FILE *out); /* Markdown: fields x ports */
/* Of psbench claims: a row for each reading; why: with all that a verdict rests on. And what each figure is made of. */
void psb_report_claims(const json_t *results, bool why, FILE *out);
void psb_report_model(const json_t *results, FILE *out);

/* ---- figures.c: what the reports share ---- */

const char *psb_figure_text(const json_t *object, const char *key); /* "not known" if it is none */
double psb_figure_number(const json_t *object, const char *key);    /* 0 if it is none */
const char *psb_figure_duration(double ns, char room[24]);          /* "7.05 us": three digits that count */
const char *psb_figure_ratio(const json_t *ratio, char room[48]);   /* "3.21 [3.19, 3.23]" */

#endif

/* results.h: the document that a measuring command makes: how it begins, and where it is kept. */
#ifndef PSB_RESULTS_H
#define PSB_RESULTS_H

#include "args.h"
#include "cell.h"
#include "result.h"

/* Who measured, when, on what, and how; without cells. NULL: out of memory. */
json_t *psb_results_open(const psb_args *args, const psb_effort *effort);

/* One line on stderr, if this machine disturbs measurement. */
void psb_results_warn(const json_t *results);

/* Before anything is measured: could the option's file be written? path NULL: it was not given. False: a line was printed. */
bool psb_results_can_save(const char *option, const char *path);

/* Writes --out, if there is one. Before anything is printed: whoever reads that may go away in the middle. */
bool psb_results_save(const psb_args *args, const json_t *results);

#endif

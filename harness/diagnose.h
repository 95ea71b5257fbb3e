/*
 * diagnose.h: what psbench says when something is wrong: one line on stderr that names the culprit.
 */
#ifndef PSB_DIAGNOSE_H
#define PSB_DIAGNOSE_H

/* Exit codes, of every command. */
enum {
    PSB_EXIT_GOOD = 0,
    PSB_EXIT_FAILED = 1,      /* a check or a gate failed */
    PSB_EXIT_USAGE = 2,       /* wrong use or bad input */
    PSB_EXIT_INCONCLUSIVE = 3 /* too noisy, or nothing to compare */
};

/* "psbench: " and the line, on stderr; returns code, for `return psb_fail(PSB_EXIT_USAGE, ...)`. */
int psb_fail(int code, const char *form, ...) __attribute__((format(printf, 2, 3)));

/* The same, where the exit code is decided elsewhere. */
void psb_say(const char *form, ...) __attribute__((format(printf, 1, 2)));

#endif

/*
 * changing.h: a process that changes when it is told to, so that it can be seen whether a backend sees it; and many that come and
 * go. population_changing.c; where there is no fork there are none.
 */
#ifndef PSB_CHANGING_H
#define PSB_CHANGING_H

#include "backend.h"

typedef struct psb_changing {
    psb_pid pid;
    intptr_t orders, done; /* pipes to it and back */
    intptr_t master;       /* of a terminal that nobody uses yet; -1: there is none */
    char terminal[64];     /* its path */
} psb_changing;

/* A child that waits for orders; false with a line in why. Of an OS without fork: why is empty. */
bool psb_changing_start(psb_changing *out, char *why, size_t why_size);

typedef enum psb_change {
    PSB_CHANGE_DONE,
    PSB_CHANGE_NEEDS_ROOT,
    PSB_CHANGE_NOT_HERE, /* this OS has no such thing, or nobody can make it happen */
    PSB_CHANGE_FAILED
} psb_change;

/*
 * It does what changes the answer to the field: more threads, another name, time on the CPU. *has_truth: what it must be now
 * is in *truth; text lives as long as the process.
 */
psb_change psb_changing_do(psb_changing *process, psb_field field, bool *has_truth, psb_value *truth);

/* It ends and is reaped. */
void psb_changing_kill(psb_changing *process);
void psb_changing_stop(psb_changing *process);

/* Children that are born and end, as fast as they can, until it is stopped. False: there is no fork. */
bool psb_storm_start(psb_changing *out);
void psb_storm_stop(psb_changing *storm);

#endif

/*
 * sweep.h: the sides of a sweep: the same fields of many processes, in a snapshot of each, uncached and cached, and in
 * one snapshot of all.
 */
#ifndef PSB_SWEEP_H
#define PSB_SWEEP_H

#include "cell.h"
#include "sides.h"

enum { PSB_SWEEP_SIDES = 3 };

typedef struct psb_sweep_sides {
    psb_side side[PSB_SWEEP_SIDES];
    psb_pass pass[PSB_SWEEP_SIDES];
    psb_pid *pid;
} psb_sweep_sides;

/* The cell and the crowd live longer. False: why says so, nothing to close. */
bool psb_sweep_open(const psb_cell *cell, const char *kernel, const psb_crowd *crowd, psb_sweep_sides *out,
                    char *why, size_t why_size);
void psb_sweep_close(psb_sweep_sides *sides);

#endif

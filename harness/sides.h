/*
 * sides.h: what is timed against each other for one cell: a snapshot of each variant, the bare system calls
 * that each of them makes, and the null backend.
 */
#ifndef PSB_SIDES_H
#define PSB_SIDES_H

#include "cell.h"
#include "slices.h"

/* Asks processes for some fields: each in a snapshot of its own, or all in one. */
typedef struct psb_pass {
    psb_backend *backend;
    psb_span span; /* PSB_SPAN_SWEEP: one snapshot for all */
    const psb_pid *pid;
    size_t pids;
    const psb_field *field;
    size_t fields;
} psb_pass;

void psb_pass_run(void *pass);

/* The same system calls, bare, where each of them has a bare form and its answer fits at once. */
typedef struct psb_bare_pass {
    psb_bare *bare;
    size_t count;
} psb_bare_pass;

void psb_bare_pass_run(void *pass);

typedef enum psb_which {
    PSB_SIDE_UNCACHED,
    PSB_SIDE_CACHED,
    PSB_SIDE_NULL,
    PSB_SIDE_BARE_UNCACHED,
    PSB_SIDE_BARE_CACHED,
    PSB_WHICH
} psb_which;

typedef struct psb_sides {
    size_t count; /* PSB_WHICH, or without the bare sides if the kernel is not native or a call has no bare
                     form */
    psb_pid pid;
    psb_side side[PSB_WHICH];
    psb_pass pass[PSB_SIDE_BARE_UNCACHED];
    psb_bare_pass bare[PSB_VARIANTS];
} psb_sides;

const char *psb_side_name(psb_which which);

/* field[0..fields-1] lives longer than the sides. False: why says so, nothing to close. */
bool psb_sides_open(const psb_cell *cell, psb_pid pid, const psb_field *field, size_t fields, psb_sides *out,
                    char *why, size_t why_size);
void psb_sides_close(psb_sides *sides);

#endif

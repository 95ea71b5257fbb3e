/*
 * sides.h: what is timed against each other for one cell: a snapshot of each variant, the bare system calls
 * that each of them makes, and the null backend.
 */
#ifndef PSB_SIDES_H
#define PSB_SIDES_H

#include "cell.h"
#include "slices.h"

/* Asks processes for some fields. */
typedef struct psb_pass {
    psb_backend *backend;
    const psb_whole *whole; /* of its port; NULL: it has tables */
    psb_question question;
} psb_pass;

void psb_pass_run(void *pass);

/* The side that a pass is: run by psb_pass_run, or by the port itself where that keeps the time. */
psb_side psb_pass_side(const char *name, psb_pass *pass);

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
    PSB_SIDE_OURS, /* beside a whole port: the port of this machine's OS, cached */
    PSB_SIDE_BARE_UNCACHED,
    PSB_SIDE_BARE_CACHED,
    PSB_WHICH
} psb_which;

typedef struct psb_sides {
    /*
     * Those that there are. A whole port lacks a variant that it does not have, and has ours beside it, if that answers
     * all of the fields; bare are the sides of a native kernel only, all of whose calls have a bare form.
     */
    size_t count;
    psb_side side[PSB_WHICH];
    bool bare_too;
    psb_pid pid;
    psb_pass pass[PSB_SIDE_BARE_UNCACHED];
    psb_bare_pass bare[PSB_VARIANTS];
} psb_sides;

const char *psb_side_name(psb_which which);

/* field[0..fields-1] lives longer than the sides. False: why says so, nothing to close. */
bool psb_sides_open(const psb_cell *cell, psb_pid pid, const psb_field *field, size_t fields, psb_sides *out,
                    char *why, size_t why_size);
void psb_sides_close(psb_sides *sides);

/* What is wrong with one of its backends itself, or NULL. */
const char *psb_sides_trouble(const psb_cell *cell, const psb_sides *sides);

#endif

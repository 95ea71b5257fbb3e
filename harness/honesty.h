/*
 * honesty.h: does the measurement lie? Identical code against itself must come out as 1.00; a known
 * difference, one system call more, must come out as what that call costs.
 */
#ifndef PSB_HONESTY_H
#define PSB_HONESTY_H

#include "kernel.h"
#include "slices.h"

typedef enum psb_honesty_side {
    PSB_HONESTY_READ,      /* open, read and close of one small file of the OS (Linux: /proc/self/stat) */
    PSB_HONESTY_READ_TWIN, /* the same again */
    PSB_HONESTY_READ_MORE, /* the same, and one system call */
    PSB_HONESTY_CALL,      /* that call, PSB_HONESTY_CALLS times */
    PSB_HONESTY_SIDES
} psb_honesty_side;

enum { PSB_HONESTY_CALLS = 16 };

typedef struct psb_honesty {
    psb_bare file, call;
    psb_side side[PSB_HONESTY_SIDES];
} psb_honesty;

/* False: there is no native kernel. */
bool psb_honesty_open(psb_honesty *out);

#endif

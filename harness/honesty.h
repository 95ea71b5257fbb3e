/*
 * honesty.h: does the measurement lie? Identical code against itself must come out as 1.00; a known
 * difference, one system call more, must come out as what that call costs. All sides run the same function;
 * they differ in a number.
 */
#ifndef PSB_HONESTY_H
#define PSB_HONESTY_H

#include "kernel.h"
#include "slices.h"

typedef enum psb_honesty_side {
    PSB_HONESTY_ONE,  /* open, read and close of a small file of the OS (Linux: /proc/self/stat), and a system
                         call */
    PSB_HONESTY_TWIN, /* the same again */
    PSB_HONESTY_TWO,  /* the same with two system calls */
    PSB_HONESTY_CALLS, /* the call alone, PSB_HONESTY_MANY times */
    PSB_HONESTY_SIDES
} psb_honesty_side;

enum { PSB_HONESTY_MANY = 16 };

typedef struct psb_honesty_pass {
    psb_bare file, call;
    int files, calls;
} psb_honesty_pass;

typedef struct psb_honesty {
    psb_honesty_pass pass[PSB_HONESTY_SIDES];
    psb_side side[PSB_HONESTY_SIDES];
} psb_honesty;

/* False: there is no native kernel. */
bool psb_honesty_open(psb_honesty *out);

const char *psb_honesty_name(psb_honesty_side side);

#endif

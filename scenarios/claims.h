/*
 * claims.h: the speed-ups that were published for psutil's oneshot(), where they stand, and what a call may have cost
 * there. claims.json of this folder is built into the program; claims.schema.json describes its form.
 */
#ifndef PSB_CLAIMS_H
#define PSB_CLAIMS_H

#include "builtin.h"

#include <stdbool.h>
#include <stddef.h>

enum {
    PSB_CLAIMS_MAX = 16,
    PSB_READINGS_MAX = 8,  /* of a claim */
    PSB_COSTS_MAX = 4,     /* that a claim tells apart */
    PSB_POINTS_MAX = 6,    /* at which it is measured */
    PSB_CURVE_MAX = 12,    /* costs at which it is told */
    PSB_CLAIM_METHODS = 32 /* of a list */
};

/* Some calls that cost the same. */
typedef struct psb_claim_cost {
    char what[96];
    size_t sources;
    char source[8][24]; /* of the port, or what psutil asks besides: "cpus", "fd_path" */
    bool rest;          /* all sources that no other cost names */
    bool refused;       /* what a refusal adds to the call: it cannot be simulated, only reckoned */
    bool stated;        /* at_ns is: the cost while others are looked for; else it goes with the first one */
    double at_ns;
    size_t curve;
    double curve_ns[PSB_CURVE_MAX];
    char citation[512]; /* empty: there is none, and low_ns and high_ns mean nothing */
    double low_ns, high_ns;
} psb_claim_cost;

/* How a claim is measured here: which process, which methods. */
typedef struct psb_reading {
    char id[48], port[16], population[24];
    char list[16]; /* of lists.json; or "own" */
    size_t methods;
    char method[PSB_CLAIM_METHODS][32];
} psb_reading;

typedef struct psb_claim {
    char id[48];
    double published, to; /* to: one unit of its last digit */
    char source[256];
    char note[320];       /* what one should know to read it; may be empty */
    double documented[2]; /* by the documentation of 5.0.0, and later; 0: not told */
    size_t costs;         /* 0: the kernel is this machine's own */
    psb_claim_cost cost[PSB_COSTS_MAX];
    size_t points;
    double measured_ns[PSB_POINTS_MAX][PSB_COSTS_MAX];
    size_t readings;
    psb_reading reading[PSB_READINGS_MAX];
} psb_claim;

typedef struct psb_claims {
    size_t count;
    psb_claim claim[PSB_CLAIMS_MAX];
} psb_claims;

/*
 * Reads claims from JSON text. source names it in messages. False, with one line in why that says where (line and
 * column) and what is wrong.
 */
bool psb_claims_parse(const char *text, size_t len, const char *source, psb_claims *out, char *why,
                      size_t why_size);

/* Reads them from a file; NULL: those that are built in. */
bool psb_claims_load(const char *path, psb_claims *out, char *why, size_t why_size);

#endif

/*
 * torture.h: what a port makes of a kernel that fails. Call n of a snapshot of all fields fails in each way that shim_fault.c
 * knows, for n from the first to the last: every answer is right, or says what went wrong; nothing is leaked; the snapshot
 * keeps what it met, and the next knows nothing of it.
 */
#ifndef PSB_TORTURE_H
#define PSB_TORTURE_H

#include "describe.h"
#include "registry.h"
#include "scenario.h"

/* How a backend is asked. */
typedef enum psb_way { PSB_WAY_UNCACHED, PSB_WAY_CACHED, PSB_WAY_SWEEP, PSB_WAYS } psb_way;

const char *psb_way_name(psb_way way); /* as on the command line: "--variant cached --sweep" */

typedef struct psb_torture {
    const psb_port *port;
    const char *kernel;     /* "sim", "native" */
    const psb_world *world; /* NULL: the kernel tells of none */
    psb_pid pid;            /* who is asked about */
    psb_fields fields;
    bool way[PSB_WAYS];
    const char *only; /* one fault, as in "fault=..."; NULL: all */
    const char
        *again; /* the options that choose all this, for the command that shows a violation by itself */
} psb_torture;

typedef struct psb_tortured {
    uint64_t calls[PSB_WAYS]; /* of a run without a fault: opening, listing, one snapshot */
    uint64_t faults;          /* that were met: a fault of a call, in one way */
    uint64_t answers;         /* that were judged */
    uint64_t violations;
    bool counts_files, counts_bytes; /* leaks of these would be seen */
} psb_tortured;

enum { PSB_TORTURE_TOLD = 10 }; /* violations that are printed, of a process */

/* Prints the violations to stdout. False: why says what could not be done. */
bool psb_torture_run(const psb_torture *torture, psb_tortured *out, char *why, size_t why_size);

/* ---- torture_judge.c: is this an answer that the fault allows? ---- */

/* What has gone wrong for the answers of one question. */
typedef struct psb_harm {
    uint32_t refused; /* set of statuses that calls were refused with */
    int os_error;     /* beside them */
    bool touched;     /* some call that the field may need was faulty */
    bool cut, garbled;
    bool emptied;    /* an answer of no bytes may say that there is nothing, or nobody */
    bool cut_unseen; /* an answer that was cut looks whole: psb_source.cut_unseen */
    bool boot;       /* what stays true while the machine runs may not be known */
    bool account;    /* the account database was refused */
    bool asks_twice; /* the field has a second try, which may find that nothing is known */
} psb_harm;

/* May the answer to the field of this process come from this call? parent: its parent's pid. */
bool psb_may_ask(const psb_port *port, psb_way way, psb_field field, psb_pid pid, psb_pid parent,
                 const psb_call *call);

/* Adds what a faulty call does to answers that may come from it. */
void psb_harm_add(psb_harm *harm, const psb_port *port, const psb_kernel *fault, const psb_call *call);

/*
 * What an answer may be: `right`, as far as it is told, or a status. uid: the real uid, for its account. NULL: it is fine;
 * else what is wrong with it.
 */
const char *psb_judge(psb_field field, const psb_harm *harm, const psb_value *value, const psb_value *right,
                      uint64_t uid);

#endif

/*
 * backend.h: THE CONTRACT. What anything that answers questions about processes promises.
 *
 * A backend is asked through a snapshot: begin, any number of gets, end. One snapshot is psutil's oneshot()
 * made explicit; it may span one process or a sweep over all of them. A caching backend reads each kernel
 * routine at most once in a snapshot, an uncached one reads it anew for every get. Both give the same
 * answers [SNAP-2].
 *
 * Each promise has an id, in brackets where it is made; contract.def lists them all, and psbench check proves them.
 */
#ifndef PSB_BACKEND_H
#define PSB_BACKEND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Wide enough for every OS: Windows' are 32-bit unsigned, all others fit in 32 bits signed. */
typedef int64_t psb_pid;

/*
 * The first five are facts about the process: answers, and compared like values. The others are failures:
 * they say that no answer could be had, and a measurement that meets one is void [GET-2].
 */
typedef enum psb_status {
    PSB_OK, /* the value is there */
    PSB_ABSENT, /* this process, or this OS, has no such thing (a daemon's terminal, a kernel thread's exe) [GET-5] */
    PSB_GONE,      /* there is no such process (any more) [GET-3] */
    PSB_DENIED,    /* the OS refuses the answer to this user [GET-4] */
    PSB_UNKNOWN,   /* it exists, but the kernel does not tell it [VALUE-4] */
    PSB_MALFORMED, /* the kernel's bytes do not have the documented form */
    PSB_TOOSMALL,  /* the answer exceeds PSB_REPLY_MAX (kernel.h) */
    PSB_OSERROR,   /* any other error of the OS; its number is in os_error [GET-8] */
    PSB_NOMEM,     /* out of memory */
    PSB_STATUSES
} psb_status;

static inline bool psb_is_fact(psb_status status)
{
    return status < PSB_MALFORMED;
}

typedef enum psb_field {
#define FIELD(id, name, kind, unit, compare, parts, meaning) PSB_##id,
#include "field.def"
    PSB_FIELDS
} psb_field;

typedef enum psb_state {
#define STATE(id, name) PSB_STATE_##id,
#include "field.def"
    PSB_STATES
} psb_state;

/* Index of each part of a RECORD, and how many it has: PSB_UIDS_REAL, ..., PSB_UIDS_PARTS. */
#define P(field, id, name)                                   PSB_##field##_##id,
#define FIELD(id, name, kind, unit, compare, parts, meaning) enum { parts PSB_##id##_PARTS };
#include "field.def"
#undef P

enum { PSB_PARTS_MAX = 8 };

typedef struct psb_thread {
    int64_t id;
    uint64_t user_ns, system_ns;
} psb_thread;

/* In psb_value.known of THREADS: the kernel does not tell the two times apart (NetBSD). user_ns is the sum of
 * both in every row, and system_ns is 0. */
enum { PSB_THREADS_SUM = 1 };

/*
 * One answer. Only the member of its field's kind is set, and only if status is PSB_OK. Memory that it points
 * to belongs to the snapshot and lives until its end [MEM-1]. Text is bytes as the process chose them: any byte
 * but NUL, no promised encoding; whoever shows it escapes it [VALUE-1].
 */
typedef struct psb_value {
    psb_status status;
    int os_error; /* the OS's own error number behind a status, verbatim; 0: none [GET-6] */
    uint32_t
        known; /* RECORD: bit n is set if part n is known, one at least [VALUE-3]; THREADS: PSB_THREADS_SUM, or 0 */
    uint32_t count; /* LIST: strings; THREADS: rows */
    union {
        int64_t integer; /* INTEGER; INSTANT: ns since 1970-01-01 UTC; STATE: a psb_state */
        double real;     /* REAL */
        struct {
            const char
                *bytes; /* TEXT: len bytes. LIST: count strings one after the other, each ended by a NUL, */
            size_t len; /*       which len includes [VALUE-2] */
        } text;
        uint64_t part[PSB_PARTS_MAX];
        const psb_thread *thread;
    } u;
} psb_value;

/* Pids in ascending order, each once [PIDS-3]; free with psb_pidlist_free. */
typedef struct psb_pidlist {
    psb_pid *pid;
    size_t count;
} psb_pidlist;

typedef struct psb_backend psb_backend;
typedef struct psb_snapshot psb_snapshot;

/*
 * What a snapshot will be asked about. A caching backend may then read a table of all processes once instead
 * of a record for each [SNAP-7]; the answers are those of that table, in which a process that was born later is
 * GONE [SNAP-8]. Any process may be asked about in either [SNAP-6].
 */
typedef enum psb_span {
    PSB_SPAN_PROCESS, /* one process, and at most a few others */
    PSB_SPAN_SWEEP    /* many */
} psb_span;

/*
 * All are required. One backend may serve several threads, each with its own snapshots [ISO-3]; it goes on after fork
 * [ISO-4]. Snapshots of one backend may overlap and share nothing [ISO-1, ISO-2], and neither do backends [ISO-5].
 */
typedef struct psb_backend_ops {
    const char *name;

    /*
     * All processes now [PIDS-4]: zombies and kernel threads too [PIDS-1], no threads of a process [PIDS-2]. On
     * failure *out is empty.
     */
    psb_status (*pids)(psb_backend *, psb_pidlist *out);

    /* Opens a snapshot [SNAP-1]. PSB_NOMEM is the only failure, and then *out is NULL. */
    psb_status (*begin)(psb_backend *, psb_span, psb_snapshot **out);

    /*
     * Answers one question; out is always written, and out->status returned [GET-1], whatever is asked [GET-7]. A
     * process that ends or changes between two gets of a snapshot may be told of as it was at the first [SNAP-9,
     * SNAP-10]; of a caching backend it is [SNAP-3], and a failure stands for the snapshot like a value [SNAP-5].
     * The calls that this takes are those that a port's tables declare [CALLS-1, CALLS-2, CALLS-3].
     */
    psb_status (*get)(psb_snapshot *, psb_pid, psb_field, psb_value *out);

    /* Ends the snapshot: its cache [SNAP-4] and all memory that its values point to are gone [MEM-2, MEM-3]. */
    void (*end)(psb_snapshot *);

    /* After all snapshots have ended. */
    void (*close)(psb_backend *);
} psb_backend_ops;

/* An implementation puts these first in its own struct. */
struct psb_backend {
    const psb_backend_ops *ops;
};
struct psb_snapshot {
    psb_backend *backend;
};

static inline psb_status psb_get(psb_snapshot *snapshot, psb_pid pid, psb_field field, psb_value *out)
{
    return snapshot->backend->ops->get(snapshot, pid, field, out);
}

/* ---- what is known of fields: field.c ---- */

typedef enum psb_kind {
    PSB_KIND_INTEGER,
    PSB_KIND_REAL,
    PSB_KIND_TEXT,
    PSB_KIND_LIST,
    PSB_KIND_STATE,
    PSB_KIND_INSTANT,
    PSB_KIND_RECORD,
    PSB_KIND_THREADS
} psb_kind;

typedef enum psb_compare { PSB_COMPARE_EXACT, PSB_COMPARE_MONOTONIC, PSB_COMPARE_GAUGE } psb_compare;

typedef struct psb_field_info {
    const char *name, *unit, *meaning;
    psb_kind kind;
    psb_compare compare;
    uint32_t parts;                      /* of a RECORD */
    const char *part[PSB_PARTS_MAX + 1]; /* their names, and NULL */
} psb_field_info;

/* The row of field.def; field must be below PSB_FIELDS. */
const psb_field_info *psb_field_of(psb_field field);

/* The field of that name (len bytes), or PSB_FIELDS. */
psb_field psb_field_named(const char *name, size_t len);

const char *psb_status_name(psb_status status); /* "ok", "absent", ... */
const char *psb_state_name(int64_t state);      /* "running", ...; "?" for a number that is none */
const char *psb_compare_name(psb_compare compare);

/* Are these the same answer to the field, status and every byte? Reals: the same to the last bit. */
bool psb_value_equal(psb_field field, const psb_value *a, const psb_value *b);

/*
 * Could `value` be true of a process that answered `before` earlier and `after` later? By the field's compare
 * rule: EXACT: it equals one of the two. MONOTONIC: each number lies between theirs. GAUGE: each number is at
 * least half of their smaller less 64 and at most twice their larger plus 64, which lets a gauge move and
 * still catches a wrong unit. A status other than PSB_OK must be one of the two.
 */
bool psb_value_between(psb_field field, const psb_value *before, const psb_value *value,
                       const psb_value *after);

/* A value that says only this. */
psb_value psb_value_of_status(psb_status status, int os_error);

void psb_pidlist_free(psb_pidlist *list);

#endif

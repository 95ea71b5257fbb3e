/*
 * port.h: an OS as data. A port is two tables: its sources (kernel routines that answer several fields at
 * once) and its methods (for each field, the sources to try). port_backend.c makes the cached and the
 * uncached backend of it; a port has no code of its own but pure parsers and decoders.
 */
#ifndef PSB_PORT_H
#define PSB_PORT_H

#include "arena.h"
#include "kernel.h"
#include "redact.h"
#include "world.h"

/* uncached: every get asks anew. cached: at most once in a snapshot. See port_backend.h. */
typedef enum psb_variant { PSB_UNCACHED, PSB_CACHED, PSB_VARIANTS } psb_variant;

const char *psb_variant_name(psb_variant variant);

typedef enum psb_scope {
    PSB_SCOPE_BOOT,    /* fetched once, when the backend is opened; parsed into psb_facts */
    PSB_SCOPE_SYSTEM,  /* one reply tells of every process: cached, it is fetched once in a snapshot */
    PSB_SCOPE_PROCESS, /* cached: once in a snapshot for each pid */
    PSB_SCOPE_USER     /* cached: once in a snapshot for each uid, which stands in the place of the pid */
} psb_scope;

/* A driver of terminals and the device numbers it owns. */
typedef struct psb_tty_driver {
    char prefix[32];             /* "/dev/pts/" */
    uint32_t major, first, last; /* minors */
    bool numbered;               /* the device is the prefix and a number, */
    uint32_t base;               /* which for the first minor is this */
} psb_tty_driver;

/* A drive of Windows and the device behind it: "C" and "\\Device\\HarddiskVolume3". */
typedef struct psb_drive {
    char letter;
    char device[190]; /* UTF-8, ended by a NUL */
} psb_drive;

enum { PSB_TTY_DRIVERS = 64, PSB_DRIVES = 26 };

/* What stays true while the machine runs. 0: not known. */
typedef struct psb_facts {
    uint64_t page_bytes;
    uint64_t ticks_per_second;       /* of the kernel's CPU times */
    uint32_t tick_numer, tick_denom; /* the same where it is no whole number: ns = ticks * numer / denom */
    uint64_t boot_ns;                /* since 1970 */
    uint64_t memory_bytes;           /* of the machine */
    uint32_t tty_drivers;
    psb_tty_driver tty_driver[PSB_TTY_DRIVERS];
    uint32_t drives;
    psb_drive drive[PSB_DRIVES];
} psb_facts;

/* Where in a table the record of a process stands. */
typedef struct psb_record {
    psb_pid pid;
    size_t offset, len;
} psb_record;

typedef struct psb_source {
    const char *name;
    const char *routine; /* what is asked, and the authority for its form (man page, kernel file) */
    psb_scope scope;
    psb_op op; /* request: this op, the pid, these arguments */
    uint64_t arg[4];
    uint32_t entries; /* kernel entries of a call that is answered; 0: varies with the answer */
    size_t room;      /* first size of the reply buffer; it grows as the kernel asks for more */

    /*
     * From the kernel's bytes to a struct of parsed_size bytes. Pure and total: any bytes, no allocation, no
     * I/O. PSB_MALFORMED rather than a guess; a process that is not in the reply is PSB_GONE. The struct may
     * point into raw only if the source says keeps_raw; of the SYSTEM sources only a table can, whose records
     * are copied for it. A BOOT source parses into psb_facts.
     */
    psb_status (*parse)(const void *raw, size_t len, psb_pid pid, void *parsed);
    size_t parsed_size;
    bool keeps_raw;

    /*
     * A reply that ends too early looks like one that is whole: text without an end, records without their number. The
     * answer then tells less than is true, and nobody can know. Of all others the parser says PSB_MALFORMED.
     */
    bool cut_unseen;

    /*
     * SYSTEM, if its reply is a table with a record for each process: finds the first record at *at or behind
     * it and moves *at behind that; false: there is none, or what is there is none. Pure and total. parse then
     * gets the bytes of one record instead of the whole reply.
     */
    bool (*record)(const void *raw, size_t len, size_t *at, psb_record *out);

    /*
     * PROCESS: index of the table whose records this source's parser takes like its replies, so that a sweep
     * reads that instead; 0: there is none.
     */
    uint8_t table;

    /* Where text of processes stands in the reply (redact.h). NULL: nobody has said, and the port cannot be
     * recorded with its text replaced. */
    psb_redact *redact;
} psb_source;

/* Set of statuses. */
#define PSB_WHEN(status) (1u << (status))

/*
 * One way to get a field. decode converts units and picks. It finds out with status PSB_OK, known and count 0
 * and the union in any state: it fills the member of the field's kind, or sets another status. Text that it
 * composes is taken from room.
 */
typedef struct psb_try {
    uint8_t source;
    uint32_t when; /* statuses of the try before that allow this one; the first try has none */
    void (*decode)(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out);
} psb_try;

enum { PSB_TRIES_MAX = 3, PSB_SOURCES_MAX = 32 };

/* Tries in order; the first without a decode ends them. No try at all: the OS has no such field, or it is
 * derived. */
typedef struct psb_method {
    psb_try tries[PSB_TRIES_MAX];
} psb_method;

/*
 * A field that a kernel of this evidence answers wrongly, whoever asks it: a fact about that kernel, found by other
 * means. What it answers is not held against the truth. The port's two variants are still held against each other.
 */
typedef struct psb_lie {
    psb_evidence evidence;
    psb_field field;
    uint32_t parts; /* of a record: a set of 1u << part; 0: all of the field */
    bool of_others; /* of itself the asking process is told the truth */
    const char *why;
} psb_lie;

/* What is asked again and again: some fields of some processes, in a snapshot of each, or in one of all. */
typedef struct psb_question {
    psb_span span; /* PSB_SPAN_SWEEP: one snapshot for all */
    const psb_pid *pid;
    size_t pids;
    const psb_field *field;
    size_t fields;
} psb_question;

/*
 * A port that is none of ours: another library, another program. It has no tables, and no kernel of ours stands under
 * it: what it calls cannot be counted from inside, and no world is told by it.
 */
typedef struct psb_whole {
    psb_evidence evidence; /* of what it asks: PSB_EVIDENCE_NATIVE, if that is this machine's OS */
    uint32_t variants;     /* which it has: a set of 1u << psb_variant */
    uint64_t claims;       /* the fields that it answers: a set of PSB_CLAIM(field) */

    bool elsewhere; /* another process answers: what this one does, and that it runs, is not its own affair */

    /* NULL, with a line in why: it cannot be opened. The backend's close ends it. */
    psb_backend *(*open)(const void *context, psb_variant variant, char *why, size_t why_size);
    const void *context;

    /*
     * Asks the question `warm` times, and at once so many times more, and says in *ns how long those took without what
     * stands between it and psbench.
     * False: it could not. NULL: nothing stands between, and psbench's own clock will do.
     */
    bool (*repeat)(psb_backend *, const psb_question *question, uint64_t warm, uint64_t times, uint64_t *ns);

    /* A line that says what is wrong with the backend itself, so that its answers are worth nothing; NULL: nothing is.
     * It lives as long as the backend. May be NULL: nothing ever is. */
    const char *(*trouble)(const psb_backend *);
} psb_whole;

#define PSB_CLAIM(field) (UINT64_C(1) << (field))

typedef struct psb_port {
    const char *name;
    const char *system;     /* the OS, for people */
    const psb_whole *whole; /* NULL: the port is made of the tables that follow; else only lies do */
    const psb_source *source;
    size_t sources;
    const psb_method *method; /* PSB_FIELDS rows */
    psb_try user;  /* uid -> TEXT, by a source of scope USER; absent: no such account. None: it has no uids */
    psb_try clock; /* INSTANT now, by a source of scope SYSTEM */

    uint8_t pids_source; /* the table that has a record for every process */

    /* What answers its calls on this machine. NULL: the leaf of the OS that psbench was built for, if the port has its name. */
    const psb_native *native;

    psb_simulate *simulate; /* its OS's kernel, simulated: <os>_sim.c */

    /*
     * From what is true in a world to what this OS can express of it: a part that it has no room for becomes
     * unknown, a list of threads is numbered in its way. For tests and checks. NULL: the OS can express
     * everything.
     */
    void (*express)(const psb_world *world, const psb_process *process, psb_field field, psb_arena *room,
                    psb_value *truth);

    const psb_lie *lie; /* known lies of its kernels; NULL: none */
    size_t lies;
} psb_port;

/* ---- helpers for decoders ---- */

/* Part n of a record is known and is this. */
static inline void psb_part(psb_value *out, unsigned n, uint64_t number)
{
    out->u.part[n] = number;
    out->known |= 1u << n;
}

/* The same, if count * unit fits in 64 bits; unknown otherwise: a kernel's 2^64-1 is no size. */
void psb_part_scaled(psb_value *out, unsigned n, uint64_t count, uint64_t unit);

/* Ticks of hz to ns; false: does not fit, or hz is not known. */
bool psb_ticks_to_ns(uint64_t ticks, uint64_t hz, uint64_t *ns);

/* The same as part n of a record. */
void psb_part_ticks(psb_value *out, unsigned n, uint64_t ticks, uint64_t hz);

/* Part n is the sum of parts a and b, if both are known and it fits in 64 bits. */
void psb_part_sum(psb_value *out, unsigned n, unsigned a, unsigned b);

/* A text of these bytes, copied to room. */
void psb_text_copy(psb_value *out, psb_arena *room, const char *bytes, size_t len);

#endif

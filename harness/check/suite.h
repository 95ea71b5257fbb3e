/*
 * suite.h: conformance. A backend is held against the contract (contract.def) by many small cases, each in a process of its
 * own. Cases are not written one by one: family.def has families, and a family becomes a case for each field, or for
 * each field of each specimen.
 */
#ifndef PSB_SUITE_H
#define PSB_SUITE_H

#include "population.h"
#include "registry.h"
#include "world.h"

#include <jansson.h>

typedef enum psb_result {
    PSB_RESULT_PASS,
    PSB_RESULT_FAIL,
    PSB_RESULT_BROKEN, /* the suite's own fault, or the case's process crashed or hung */
    PSB_RESULT_SKIP,
    PSB_RESULT_NOT_CLAIMED,
    PSB_RESULTS
} psb_result;

const char *psb_result_name(psb_result result);

/* Why a case is skipped: a word of this list, and free text behind it. */
typedef enum psb_skip {
    PSB_SKIP_NEEDS_ROOT,
    PSB_SKIP_NEEDS_OTHER_USER,
    PSB_SKIP_OS,       /* this machine's OS has no such thing */
    PSB_SKIP_KERNEL,   /* what answers here cannot show it: a kernel, a backend without tables */
    PSB_SKIP_RESOURCE, /* something that is needed cannot be had now */
    PSB_SKIP_TIME,
    PSB_SKIPS
} psb_skip;

const char *psb_skip_name(psb_skip skip);

enum { PSB_KINDS_MAX = 64 };

/* What is checked. */
typedef struct psb_suite psb_suite;
struct psb_suite {
    const psb_port *port;
    const char *kernel;     /* the stack that answers it */
    psb_world *world;       /* of a simulated kernel; NULL: it is none. A case has a copy of its own */
    const psb_port *oracle; /* another implementation over the same machine; NULL: none */
    const char *words[12];  /* of the command line: what opens this suite again; NULL ends them */

    psb_pid kind[PSB_KINDS_MAX]; /* who was added to the world for a kind of world_kinds.c; 0: nobody */

    /* Opens the port over a stack, as psb_open does; *top: the stack, if the port is made of tables. NULL: psb_open. */
    psb_backend *(*open)(const psb_suite *suite, psb_variant variant, const char *stack, psb_kernel **top,
                         char *why, size_t why_size);
    const void *context; /* of open */
};

typedef struct psb_trial psb_trial;

/* How many cases a family becomes. */
typedef enum psb_axis {
    PSB_AXIS_ONE,
    PSB_AXIS_FIELD,
    PSB_AXIS_SPECIMEN /* each field of each specimen */
} psb_axis;

/* What a family needs; set of bits. */
typedef enum psb_need {
    PSB_NEED_WORLD = 1,   /* a simulated kernel */
    PSB_NEED_MACHINE = 2, /* a native one */
    PSB_NEED_TABLES = 4,  /* a backend that is made of a port's tables */
    PSB_NEED_VARIANTS = 8 /* cached and uncached */
} psb_need;

typedef struct psb_family {
    const char *name, *ids, *meaning;
    psb_axis axis;
    unsigned needs;
    void (*run)(psb_trial *trial);
} psb_family;

/* Family number index; NULL after the last. */
const psb_family *psb_family_at(size_t index);

typedef struct psb_case {
    char name[96]; /* "value.uids.other_user" */
    char ids[64];  /* of contract.def, blanks between */
    const psb_family *family;
    psb_field field;  /* PSB_FIELDS: none */
    size_t specimen;  /* index of a kind of a world, or of a population */
    psb_result known; /* PSB_RESULT_PASS: it is to be carried out; otherwise this is what came of it */
    psb_skip skip;
    const char *reason;
} psb_case;

typedef struct psb_caselist {
    psb_case *item;
    size_t count;
} psb_caselist;

/* All cases of a suite whose names fit the pattern (NULL: all), for the caller to free. False: no memory. */
bool psb_suite_cases(const psb_suite *suite, const char *glob, psb_caselist *out);

/* Does the name fit the pattern? '*' stands for any characters, '?' for one. */
bool psb_glob(const char *pattern, const char *name);

/* ---- the kinds of processes of a world: kinds.c ---- */

/* Name of kind number index; NULL after the last. */
const char *psb_kind_name(size_t index);
bool psb_kind_is(const psb_suite *suite, size_t index, const psb_process *process);

/* Adds processes of those kinds that seeded worlds do not have to the suite's world: those of world_kinds.c, names of every
 * hostile sort, large numbers. False: no memory. */
bool psb_suite_add_kinds(psb_suite *suite);

/* ---- a case being carried out ---- */

struct psb_trial {
    const psb_suite *suite;
    const psb_case *it;
    psb_result result;
    psb_skip skip;
    uint64_t compared; /* one that compared nothing is broken */
    char text[1024];   /* what is wrong, or why it is skipped */
    char *got, *expected;
};

/* The first of these counts: what comes after it changes nothing. */
void psb_trial_fail(psb_trial *trial, const char *form, ...) __attribute__((format(printf, 2, 3)));
void psb_trial_broken(psb_trial *trial, const char *form, ...) __attribute__((format(printf, 2, 3)));
void psb_trial_skip(psb_trial *trial, psb_skip why, const char *form, ...)
    __attribute__((format(printf, 3, 4)));
static inline bool psb_trial_goes_on(const psb_trial *trial)
{
    return trial->result == PSB_RESULT_PASS;
}

/* Holds; otherwise the trial fails with this text. */
#define PSB_EXPECT(trial, holds, ...)                                                                        \
    ((trial)->compared++, (holds) ? true : (psb_trial_fail((trial), __VA_ARGS__), false))

/* The value is the expected one, by the rule of `fits`; otherwise the trial fails, and both are shown. */
typedef bool psb_fits(psb_field field, const psb_value *value, const psb_value *expected);
bool psb_trial_value(psb_trial *trial, psb_fits *fits, psb_field field, psb_pid pid, const psb_value *value,
                     const psb_value *expected, const char *what);

/*
 * Rules. Equal: every bit. True: equal, but for the last bits of a computed percentage. Told: true, or what may be kept
 * from the caller is.
 */
psb_fits psb_fits_equal, psb_fits_truth, psb_fits_told;

/* The suite's backend in a variant. NULL: the trial is broken. */
psb_backend *psb_trial_open(psb_trial *trial, psb_variant variant);

/* The same over a shim, as in "fault=3:eio+". */
psb_backend *psb_trial_open_over(psb_trial *trial, psb_variant variant, const char *shim);

/* The same over the count shim, which is *counter. */
psb_backend *psb_trial_open_counted(psb_trial *trial, psb_variant variant, psb_kernel **counter);

/* Closes it; if it says that something is wrong with itself, the trial is broken. NULL is allowed. */
void psb_trial_close(psb_trial *trial, psb_backend *backend);

psb_snapshot *psb_trial_begin(psb_trial *trial, psb_backend *backend, psb_span span);
void psb_trial_end(psb_snapshot *snapshot); /* NULL is allowed */

/* Asks every claimed field of a process, in order; value has PSB_FIELDS rows. */
void psb_trial_ask_all(psb_trial *trial, psb_snapshot *snapshot, psb_pid pid, psb_value *value);

/* Whom there is to ask about: all of the world, or of the machine. Free with psb_pidlist_free; false: the trial says why. */
bool psb_trial_everybody(psb_trial *trial, psb_backend *backend, psb_pidlist *out);

/* Two processes that stay as they are while the trial lasts; false: the trial says why. */
typedef struct psb_pair {
    psb_pid pid[2];
    psb_specimen specimen;
    const psb_population *population;
} psb_pair;
bool psb_pair_start(psb_trial *trial, psb_pair *out);
void psb_pair_stop(psb_pair *pair);

/* Is the backend one of tables, so that it declares its calls, and its cached variant keeps what it has said? */
bool psb_suite_has_tables(const psb_suite *suite);

/* Carries out the case; the outcome as JSON: {"result", "text", "reason", "got", "expected", "compared"}. */
json_t *psb_trial_run(const psb_suite *suite, const psb_case *it);

/* ---- a process that changes when it is told to: scene.c ---- */

typedef struct psb_scene {
    psb_trial *trial;
    psb_pid pid;
    struct psb_changing *changing; /* of a machine; NULL: the process is the world's */
} psb_scene;

/* False: the trial says why. */
bool psb_scene_start(psb_scene *scene, psb_trial *trial);
void psb_scene_stop(psb_scene *scene);

/* What the field says is otherwise from now on; false: that cannot be made here, and the trial is skipped. Where it is known what it
 * must be, *truth says so. */
bool psb_scene_change(psb_scene *scene, psb_field field, psb_arena *room, bool *has_truth, psb_value *truth);

/* It ends, and its pid is nobody's. */
bool psb_scene_kill(psb_scene *scene);

/* ---- carrying out: runner.c ---- */

typedef struct psb_run_options {
    size_t at_once;
    double limit_s; /* of a case */
} psb_run_options;

/* Rows of the results, one for each case and in their order (check.schema.json). NULL: no memory. */
json_t *psb_suite_run(const psb_suite *suite, const psb_caselist *cases, const psb_run_options *options);

/* ---- judging: judge.c ---- */

/* Expectations out of a file, of the form that check.schema.json describes; false: a line names what is wrong with it. */
bool psb_expect_read(const char *path, json_t **out);

/*
 * The verdict on a suite that was carried out, by its own rows: what failed unexpectedly, what passed unexpectedly, which
 * expectations have expired or fit nothing, whether enough was carried out, what is claimed and fails. It is written
 * into the suite's results ("verdict", "findings", "counts", "executed", "least"). whole: all cases were selected.
 */
void psb_suite_judge(const psb_suite *suite, json_t *results, const json_t *expectations, bool whole,
                     int64_t least);

#endif

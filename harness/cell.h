/*
 * cell.h: one point of the matrix port x kernel x layer x scenario x population. A cell is checked first,
 * then counted, then timed: a wrong answer is never timed.
 */
#ifndef PSB_CELL_H
#define PSB_CELL_H

#include "crowd.h"
#include "describe.h"
#include "registry.h"
#include "scenario.h"
#include "world.h"

#include <jansson.h>

typedef struct psb_cell {
    const psb_port *port;
    const char *kernel;      /* of the leaf and shims under the backend: "native" */
    const psb_world *world;  /* of a simulated kernel; NULL: it is none */
    const char *world_spec;  /* as on the command line, or the default */
    const char *layer;       /* "c", "process" or "python" */
    const char *psutil_path; /* of layer python: a checkout; NULL: what is installed */
    const char *scenario;
    const char *population; /* or "pid", or "world": a process of the world */
    psb_pid pid;            /* of population "pid", or of the world */
    psb_ask ask;
    size_t processes; /* PSB_ASK_SWEEP: so many are made; of a world all are asked about */
    psb_fields fields;
    int64_t method_ns;   /* layer c: stated overhead of each get; 0: none */
    const char *methods; /* layer python: names to call instead of those of the fields: "a,b,c"; NULL: none */
} psb_cell;

typedef struct psb_effort {
    bool check_only;
    int64_t starts; /* fresh processes */
    double seconds; /* in each */
    uint64_t seed;
} psb_effort;

/*
 * Does all of it. Returns the cell's result as results.schema.json describes it, and raises *exit_code if an
 * answer or a count was wrong, or the cell could not be carried through ("broken", with its reason). NULL:
 * out of memory.
 */
json_t *psb_cell_run(const psb_cell *cell, const psb_effort *effort, int *exit_code, char *why,
                     size_t why_size);

/* ---- its parts ---- */

/*
 * Makes the cell's process, or those of a sweep, or looks whether the given pid is there. False: reason says why
 * there is none. psb_crowd_stop ends them.
 */
bool psb_cell_start(const psb_cell *cell, psb_crowd *out, char *reason, size_t size);

/* check.c: asks both variants and compares; {"answers", "agree", "by_truth", "statuses", "disagreements"}. */
json_t *psb_cell_check(const psb_cell *cell, psb_specimen *specimen, size_t count, char *why,
                       size_t why_size);

/* count.c: runs each variant once under the count shim; {"uncached": ..., "cached": ..., "as_declared"}. */
json_t *psb_cell_count(const psb_cell *cell, psb_pid pid, char *why, size_t why_size);

/* The calls of one snapshot, counted and declared, of fields[0..count-1]. */
json_t *psb_count_variant(const psb_cell *cell, psb_variant variant, psb_pid pid, const psb_field *field,
                          size_t fields, char *why, size_t why_size);

/* The same of a backend of the port that is open over a count shim. NULL: out of memory. */
json_t *psb_count_snapshot(const psb_port *port, psb_variant variant, psb_backend *backend,
                           psb_kernel *counter, psb_pid pid, const psb_field *field, size_t fields);

/* time.c: {"speedup", "uncached", "cached", ...} for the layer c. */
json_t *psb_cell_time(const psb_cell *cell, const psb_effort *effort, psb_pid pid, char *why,
                      size_t why_size);

/*
 * sweep.c: the same fields of many processes: in a snapshot of each, uncached and cached, and in one of all.
 * {"uncached", "cached", "sweep", "as_declared"}, and {"uncached": ..., "speedup", "sweep_speedup", ...}.
 */
json_t *psb_sweep_count(const psb_cell *cell, const psb_crowd *crowd, char *why, size_t why_size);
json_t *psb_sweep_time(const psb_cell *cell, const psb_effort *effort, size_t processes, char *why,
                       size_t why_size);

/* count.c: what calls a pass makes; declared: what it should make, or NULL. */
json_t *psb_count_table(const psb_port *port, const psb_count *count, const psb_declared *declared);

/* time_process.c: the same by hyperfine, over whole runs of psbench probe. */
json_t *psb_cell_time_process(const psb_cell *cell, psb_pid pid, char *why, size_t why_size);

/*
 * time_python.c: psutil's own Python code over the port's kernel. Can it be run here? Its exact counts: {"counted_by",
 * "uncached": {"calls", "sources"}, "cached": ...}; its times: {"speedup", "still_speedup", "uncached", "cached", ...}.
 */
bool psb_cell_has_python(const psb_cell *cell, char *why, size_t why_size);
json_t *psb_cell_count_python(const psb_cell *cell, psb_pid pid, char *why, size_t why_size);
json_t *psb_cell_time_python(const psb_cell *cell, const psb_effort *effort, psb_pid pid, char *why,
                             size_t why_size);

#endif

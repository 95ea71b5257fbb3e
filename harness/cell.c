/* cell.c: check, then count, then time. */
#include "cell.h"

#include "diagnose.h"
#include "progress.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The processes of a sweep over a world are all of it. */
static bool whole_world(const psb_world *world, psb_crowd *out)
{
    out->specimen = calloc(world->count, sizeof *out->specimen);
    for (; out->specimen && out->count < world->count; out->count++)
        out->specimen[out->count] = (psb_specimen){.pid = world->process[out->count].pid, .hold = -1};
    return out->specimen != NULL;
}

/* A pid is there if it is listed: a thread's id can be read like a process, but is none. */
static bool is_listed(const psb_cell *cell, char *reason, size_t size)
{
    psb_backend *backend = psb_open(cell->port, PSB_CACHED, cell->kernel, cell->world, reason, size);
    psb_pidlist list;
    bool found = false;
    if (!backend)
        return false;
    if (backend->ops->pids(backend, &list) == PSB_OK)
        for (size_t i = 0; i < list.count; i++)
            found |= list.pid[i] == cell->pid;
    psb_pidlist_free(&list);
    const char *trouble = psb_trouble_of(cell->port, backend);
    if (!found && trouble)
        snprintf(reason, size, "%s", trouble);
    else if (!found)
        snprintf(reason, size, "gone: there is no process %lld", (long long)cell->pid);
    backend->ops->close(backend);
    return found;
}

static bool given_process(const psb_cell *cell, psb_crowd *out)
{
    out->specimen = malloc(sizeof *out->specimen);
    if (out->specimen)
        out->specimen[out->count++] = (psb_specimen){.pid = cell->pid, .hold = -1};
    return out->specimen != NULL;
}

bool psb_cell_start(const psb_cell *cell, psb_crowd *out, char *reason, size_t size)
{
    const psb_population *population = cell->world ? NULL : psb_population_named(cell->population);
    bool sweeps = cell->ask == PSB_ASK_SWEEP;
    if (cell->port->whole && cell->port->whole->elsewhere && strcmp(cell->population, "self") == 0) {
        snprintf(reason, size, "self: another process than this one answers");
        return false;
    }
    if (population)
        return psb_crowd_start(population, sweeps ? cell->processes : 1, out, reason, size);
    *out = (psb_crowd){0};
    if (!(sweeps && cell->world) && !is_listed(cell, reason, size))
        return false;
    snprintf(reason, size, "out of memory");
    return sweeps && cell->world ? whole_world(cell->world, out) : given_process(cell, out);
}

static psb_evidence evidence_of(const psb_cell *cell, char *why, size_t why_size)
{
    if (cell->port->whole)
        return cell->port->whole->evidence;
    psb_kernel *kernel = psb_open_kernel(cell->port, cell->kernel, cell->world, why, why_size);
    psb_evidence evidence = kernel ? kernel->evidence : PSB_EVIDENCE_NONE;
    psb_kernel_close(kernel);
    return evidence;
}

static json_t *identity(const psb_cell *cell, char *why, size_t why_size)
{
    json_t *fields = json_array();
    for (size_t i = 0; i < cell->fields.count; i++)
        json_array_append_new(fields, json_string(psb_field_of(cell->fields.field[i])->name));
    return json_pack("{s:s++++++++, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:o}", "id", cell->port->name, "/",
                     cell->kernel, "/", cell->layer, "/", cell->scenario, "/", cell->population, "port",
                     cell->port->name, "kernel", cell->kernel, "evidence",
                     psb_evidence_name(evidence_of(cell, why, why_size)), "layer", cell->layer, "scenario",
                     cell->scenario, "population", cell->population, "ask", psb_ask_name(cell->ask), "fields",
                     fields);
}

static void conclude(json_t *result, const char *state, const char *reason)
{
    json_object_set_new(result, "state", json_string(state));
    if (reason)
        json_object_set_new(result, "reason", json_string(reason));
}

/*
 * Checks the answers. Returns false if there is nothing to go on with: the process is gone, an answer is
 * wrong, or the check could not be made; the result says which.
 */
static bool checked(const psb_cell *cell, const psb_crowd *crowd, json_t *result, int *exit_code)
{
    char why[512] = "out of memory";
    json_t *check = psb_cell_check(cell, crowd->specimen, crowd->count, why, sizeof why);
    json_object_set_new(result, "check", check);
    if (!check) {
        conclude(result, "broken", why);
        *exit_code = PSB_EXIT_FAILED;
    } else if (json_object_get(json_object_get(check, "statuses"), psb_status_name(PSB_GONE))) {
        conclude(result, "skipped", "gone: the process ended while it was looked at");
    } else if (json_array_size(json_object_get(check, "disagreements")) > 0) {
        conclude(result, "wrong", "an answer is wrong: not timed");
        *exit_code = PSB_EXIT_FAILED;
    } else {
        return true;
    }
    return false;
}

static bool is_layer(const psb_cell *cell, const char *layer)
{
    return strcmp(cell->layer, layer) == 0;
}

static json_t *count_it(const psb_cell *cell, const psb_crowd *crowd, char *why, size_t why_size)
{
    if (cell->port->whole)
        return json_pack("{s:s}", "not_counted", "the calls of a whole port cannot be counted from inside");
    if (is_layer(cell, "python"))
        return psb_cell_count_python(cell, crowd->specimen[0].pid, why, why_size);
    if (cell->ask == PSB_ASK_SWEEP)
        return psb_sweep_count(cell, crowd, why, why_size);
    return psb_cell_count(cell, crowd->specimen[0].pid, why, why_size);
}

/* What psutil or a whole port calls is its own affair: no table of ours declares it. */
static bool counted(const psb_cell *cell, const psb_crowd *crowd, json_t *result, int *exit_code)
{
    char why[512] = "out of memory";
    json_t *exact = count_it(cell, crowd, why, sizeof why);
    bool as_declared = is_layer(cell, "python") || cell->port->whole
                           ? exact != NULL
                           : json_is_true(json_object_get(exact, "as_declared"));
    if (exact)
        json_object_set_new(result, "exact", exact);
    if (as_declared)
        return true;
    conclude(result, exact ? "miscounted" : "broken",
             exact ? "the calls made are not those that the port declares: not timed" : why);
    *exit_code = PSB_EXIT_FAILED;
    return false;
}

static json_t *time_it(const psb_cell *cell, const psb_effort *effort, const psb_crowd *crowd, char *why,
                       size_t why_size)
{
    if (is_layer(cell, "process"))
        return psb_cell_time_process(cell, crowd->specimen[0].pid, why, why_size);
    if (is_layer(cell, "python"))
        return psb_cell_time_python(cell, effort, crowd->specimen[0].pid, why, why_size);
    if (cell->ask == PSB_ASK_SWEEP)
        return psb_sweep_time(cell, effort, crowd->count, why, why_size);
    return psb_cell_time(cell, effort, crowd->specimen[0].pid, why, why_size);
}

/* Times, and checks again: a process that ended meanwhile was not what was timed. */
static void timed(const psb_cell *cell, const psb_effort *effort, const psb_crowd *crowd, json_t *result,
                  int *exit_code)
{
    char why[512] = "out of memory";
    json_t *measured = time_it(cell, effort, crowd, why, sizeof why);
    const char *skipped = json_string_value(json_object_get(measured, "skipped"));
    if (skipped) {
        conclude(result, "skipped", skipped);
    } else if (checked(cell, crowd, result, exit_code)) {
        conclude(result, measured ? "measured" : "broken", measured ? NULL : why);
        if (measured)
            json_object_set(result, "measured", measured);
        else
            *exit_code = PSB_EXIT_FAILED;
    }
    json_decref(measured);
}

json_t *psb_cell_run(const psb_cell *cell, const psb_effort *effort, int *exit_code, char *why,
                     size_t why_size)
{
    psb_crowd crowd;
    char reason[512] = "";
    snprintf(why, why_size, "out of memory");
    json_t *result = identity(cell, why, why_size);
    if (!result)
        return NULL;
    if (cell->method_ns > 0)
        json_object_set_new(result, "method_ns", json_integer(cell->method_ns));
    if ((is_layer(cell, "python") && !psb_cell_has_python(cell, reason, sizeof reason)) ||
        !psb_cell_start(cell, &crowd, reason, sizeof reason)) {
        conclude(result, "skipped", reason);
        return result;
    }
    if (cell->ask == PSB_ASK_SWEEP)
        json_object_set_new(result, "processes", json_integer((json_int_t)crowd.count));
    else
        json_object_set_new(result, "pid", json_integer(crowd.specimen[0].pid));
    if (checked(cell, &crowd, result, exit_code) && counted(cell, &crowd, result, exit_code)) {
        if (effort->check_only)
            conclude(result, "counted", NULL);
        else
            timed(cell, effort, &crowd, result, exit_code);
    }
    psb_crowd_stop(&crowd);
    return result;
}

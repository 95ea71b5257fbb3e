/*
 * cases_events.c: what happens while a snapshot is open: a call fails, somebody is born, ends, becomes another program, or
 * gets the pid of somebody else.
 */
#include "suite.h"

#include "derived.h"
#include "describe.h"
#include "host.h"

#include <stdio.h>
#include <string.h>

#define FAMILY(function, name, axis, needs, ids, meaning) void psb_case_##function(psb_trial *);
#include "family.def"

/* ---- failures ---- */

/* The op that the field asks first. */
static uint32_t first_op(const psb_port *port, psb_field field)
{
    const psb_derivation *derivation = psb_derivation_of(field);
    if (!port->method[field].tries[0].decode && derivation)
        field = derivation->need[0];
    return port->source[port->method[field].tries[0].source].op;
}

/* Whether it is worth a second source is the port's affair. */
static bool has_a_way_round(const psb_port *port, psb_field field)
{
    const psb_derivation *derivation = psb_derivation_of(field);
    if (!port->method[field].tries[0].decode && derivation)
        field = derivation->need[0];
    return (port->method[field].tries[1].when & PSB_WHEN(PSB_OSERROR)) != 0;
}

/* The first call of the field's op fails, as if a signal had come in between; all others are answered. */
void psb_case_failure(psb_trial *trial)
{
    const psb_port *port = trial->suite->port;
    psb_field field = trial->it->field;
    psb_pair pair;
    char shim[80];
    snprintf(shim, sizeof shim, "fault=%s:1:eintr+", psb_op_name(first_op(port, field)));
    psb_backend *sound = psb_trial_open(trial, PSB_CACHED);
    psb_backend *backend = psb_trial_open_over(trial, PSB_CACHED, shim);
    if (sound && backend && psb_pair_start(trial, &pair)) {
        psb_value first, again, next, truth;
        psb_snapshot *snapshot = psb_trial_begin(trial, backend, PSB_SPAN_PROCESS);
        psb_get(snapshot, pair.pid[0], field, &first);
        if (!has_a_way_round(port, field))
            PSB_EXPECT(trial, first.status == PSB_OSERROR && first.os_error != 0,
                       "%s is %s, with OS error %d, though its call failed", psb_field_of(field)->name,
                       psb_status_name(first.status), first.os_error);
        psb_get(snapshot, pair.pid[0], field, &again);
        PSB_EXPECT(trial, again.status == first.status && again.os_error == first.os_error,
                   "%s was %s, and is %s in the same snapshot", psb_field_of(field)->name,
                   psb_status_name(first.status), psb_status_name(again.status));
        psb_trial_end(snapshot);
        snapshot = psb_trial_begin(trial, backend, PSB_SPAN_PROCESS);
        psb_snapshot *other = psb_trial_begin(trial, sound, PSB_SPAN_PROCESS);
        psb_get(other, pair.pid[0], field, &truth);
        psb_get(snapshot, pair.pid[0], field, &next);
        if (trial->suite->world || !psb_is_fact(next.status))
            psb_trial_value(trial, psb_fits_equal, field, pair.pid[0], &next, &truth,
                            "in the next snapshot what it is without the failure");
        psb_trial_end(other);
        psb_trial_end(snapshot);
        psb_pair_stop(&pair);
    }
    psb_trial_close(trial, backend);
    psb_trial_close(trial, sound);
}

/* ---- births and deaths ---- */

static psb_process someone(const psb_trial *trial, psb_pid pid)
{
    const psb_world *world = trial->suite->world;
    psb_process born = world->process[world->count / 2];
    for (size_t i = 1; i < world->count; i++)
        if (!world->process[i].is_kernel && world->process[i].state == PSB_STATE_SLEEPING)
            born = world->process[i];
    born.pid = pid;
    born.ppid = 1;
    return born;
}

/* Gone when it was asked, and born since: it stays gone for each source that was asked. */
void psb_case_failure_stays(psb_trial *trial)
{
    enum { PID = 7001 };
    psb_value value[PSB_FIELDS], again;
    psb_backend *backend = psb_trial_open(trial, PSB_CACHED);
    psb_snapshot *snapshot = backend ? psb_trial_begin(trial, backend, PSB_SPAN_PROCESS) : NULL;
    psb_process born = someone(trial, PID);
    if (snapshot)
        psb_trial_ask_all(trial, snapshot, PID, value);
    if (!psb_world_spawn(trial->suite->world, &born))
        psb_trial_broken(trial, "out of memory");
    for (psb_field field = 0; snapshot && field < PSB_FIELDS; field++)
        if (psb_port_has(trial->suite->port, field)) {
            psb_get(snapshot, PID, field, &again);
            PSB_EXPECT(trial, again.status == value[field].status && again.status == PSB_GONE,
                       "%s was %s, and is %s in the same snapshot", psb_field_of(field)->name,
                       psb_status_name(value[field].status), psb_status_name(again.status));
        }
    psb_trial_end(snapshot);
    snapshot = backend ? psb_trial_begin(trial, backend, PSB_SPAN_PROCESS) : NULL;
    for (psb_field field = 0; snapshot && field < PSB_FIELDS; field++)
        if (psb_port_has(trial->suite->port, field)) {
            psb_get(snapshot, PID, field, &again);
            PSB_EXPECT(trial, again.status != PSB_GONE, "%s is still gone in the next snapshot",
                       psb_field_of(field)->name);
        }
    psb_trial_end(snapshot);
    psb_trial_close(trial, backend);
}

void psb_case_death_inside(psb_trial *trial)
{
    psb_scene scene;
    psb_value before[PSB_FIELDS], value;
    psb_backend *backend = psb_trial_open(trial, PSB_CACHED);
    if (backend && psb_scene_start(&scene, trial)) {
        psb_snapshot *snapshot = psb_trial_begin(trial, backend, PSB_SPAN_PROCESS);
        if (snapshot)
            psb_trial_ask_all(trial, snapshot, scene.pid, before);
        psb_scene_kill(&scene);
        psb_pid pid = scene.pid;
        for (psb_field field = 0; snapshot && field < PSB_FIELDS; field++) {
            if (!psb_port_has(trial->suite->port, field))
                continue;
            psb_get(snapshot, pid, field, &value);
            if (psb_suite_has_tables(trial->suite) || value.status != PSB_GONE)
                psb_trial_value(trial, psb_fits_equal, field, pid, &value, &before[field],
                                "what it was before the process ended");
        }
        psb_trial_end(snapshot);
        snapshot = psb_trial_begin(trial, backend, PSB_SPAN_PROCESS);
        for (psb_field field = 0; snapshot && field < PSB_FIELDS; field++)
            if (psb_port_has(trial->suite->port, field)) {
                psb_get(snapshot, pid, field, &value);
                PSB_EXPECT(trial, value.status == PSB_GONE,
                           "%s of the ended pid %lld is %s in the next snapshot", psb_field_of(field)->name,
                           (long long)pid, psb_status_name(value.status));
            }
        psb_trial_end(snapshot);
        psb_scene_stop(&scene);
    }
    psb_trial_close(trial, backend);
}

void psb_case_born_in_sweep(psb_trial *trial)
{
    enum { PID = 7001 };
    psb_value value, first[PSB_FIELDS];
    psb_arena room = {0};
    psb_backend *backend = psb_trial_open(trial, PSB_CACHED);
    for (psb_span span = PSB_SPAN_SWEEP; backend && span <= PSB_SPAN_SWEEP; span++) {
        psb_snapshot *sweep = psb_trial_begin(trial, backend, span), *next;
        psb_process born = someone(trial, PID);
        psb_trial_ask_all(trial, sweep, 1, first);
        psb_world_spawn(trial->suite->world, &born);
        next = psb_trial_begin(trial, backend, span);
        for (psb_field field = 0; sweep && next && field < PSB_FIELDS; field++) {
            psb_value truth;
            if (!psb_port_has(trial->suite->port, field) ||
                !psb_port_truth(trial->suite->port, trial->suite->world, PID, field, &room, &truth))
                continue;
            psb_get(sweep, PID, field, &value);
            if (value.status != PSB_GONE && !(field == PSB_PARENT && value.status == PSB_ABSENT))
                psb_trial_value(trial, psb_fits_truth, field, PID, &value, &truth,
                                "true of who was born in the sweep, nor gone");
            psb_get(next, PID, field, &value);
            psb_trial_value(trial, psb_fits_truth, field, PID, &value, &truth, "true in the next sweep");
        }
        psb_trial_end(next);
        psb_trial_end(sweep);
    }
    psb_trial_close(trial, backend);
    psb_arena_free(&room);
}

static void reused_in_world(psb_trial *trial)
{
    psb_world *world = trial->suite->world;
    psb_pair pair;
    for (psb_variant variant = PSB_UNCACHED; variant < PSB_VARIANTS && psb_trial_goes_on(trial); variant++) {
        psb_backend *backend = psb_trial_open(trial, variant);
        if (backend && psb_pair_start(trial, &pair)) {
            psb_pid pid = pair.pid[0];
            psb_arena room = {0};
            psb_value value[PSB_FIELDS], truth;
            psb_snapshot *snapshot = psb_trial_begin(trial, backend, PSB_SPAN_PROCESS);
            psb_process born = someone(trial, pid);
            born.created_ns = world->now_ns - 1000000000 * (variant + 1);
            if (snapshot)
                psb_trial_ask_all(trial, snapshot, pid, value);
            int64_t created = value[PSB_CREATE_TIME].u.integer;
            psb_trial_end(snapshot);
            psb_world_kill(world, pid);
            psb_world_spawn(world, &born);
            snapshot = psb_trial_begin(trial, backend, PSB_SPAN_PROCESS);
            if (snapshot)
                psb_trial_ask_all(trial, snapshot, pid, value);
            for (psb_field field = 0; snapshot && field < PSB_FIELDS; field++)
                if (psb_port_truth(trial->suite->port, world, pid, field, &room, &truth))
                    psb_trial_value(trial, psb_fits_truth, field, pid, &value[field], &truth,
                                    "true of who has the pid now");
            if (snapshot && value[PSB_CREATE_TIME].status == PSB_OK)
                PSB_EXPECT(trial, value[PSB_CREATE_TIME].u.integer != created,
                           "create_time of pid %lld is still that of who had it before", (long long)pid);
            psb_trial_end(snapshot);
            psb_arena_free(&room);
        }
        psb_trial_close(trial, backend);
    }
}

/* ---- specimens that do something on request ---- */

#define TICKS_NS UINT64_C(50000000) /* so long, and the next to start is told from this one by its time */

static void wait_for_ticks(void)
{
    uint64_t start = psb_host_now_ns();
    while (psb_host_now_ns() - start < TICKS_NS)
        ;
}

/* In the snapshot that has asked before, all is as it was; a backend that keeps nothing tells facts. */
static void still_as_before(psb_trial *trial, psb_snapshot *snapshot, psb_pid pid, const psb_value *before)
{
    for (psb_field field = 0; field < PSB_FIELDS; field++) {
        psb_value value;
        if (!psb_port_has(trial->suite->port, field))
            continue;
        psb_get(snapshot, pid, field, &value);
        if (psb_suite_has_tables(trial->suite))
            psb_trial_value(trial, psb_fits_equal, field, pid, &value, &before[field],
                            "what it was at the first get of the snapshot");
        else
            PSB_EXPECT(trial, psb_is_fact(value.status), "%s of pid %lld is a failure: %s",
                       psb_field_of(field)->name, (long long)pid, psb_status_name(value.status));
    }
}

static void as_it_has_become(psb_trial *trial, psb_backend *backend, const psb_population *population,
                             psb_specimen *specimen, psb_value *value)
{
    psb_snapshot *snapshot = psb_trial_begin(trial, backend, PSB_SPAN_PROCESS);
    if (snapshot)
        psb_trial_ask_all(trial, snapshot, specimen->pid, value);
    for (psb_field field = 0; snapshot && field < PSB_FIELDS; field++) {
        psb_value truth;
        if (psb_port_has(trial->suite->port, field) && population->truth(specimen, field, &truth))
            psb_trial_value(trial, psb_fits_truth, field, specimen->pid, &value[field], &truth,
                            "in the next snapshot what it has become");
    }
    psb_trial_end(snapshot);
}

/* Returns whether it was carried out; created: before and after, -1 where it is not known. */
static bool act_inside(psb_trial *trial, const char *name, int64_t created[2])
{
    const psb_population *population = psb_population_named(name);
    psb_specimen specimen;
    char why[256] = "";
    psb_value value[PSB_FIELDS];
    bool acted = false;
    if (!population)
        psb_trial_skip(trial, PSB_SKIP_OS, "there is no specimen of %s here", name);
    else if (!population->start(&specimen, why, sizeof why))
        psb_trial_skip(trial, strstr(why, "root") ? PSB_SKIP_NEEDS_ROOT : PSB_SKIP_RESOURCE, "%s", why);
    if (!psb_trial_goes_on(trial))
        return false;
    psb_backend *backend = psb_trial_open(trial, PSB_CACHED);
    psb_snapshot *snapshot = backend ? psb_trial_begin(trial, backend, PSB_SPAN_PROCESS) : NULL;
    if (snapshot) {
        psb_trial_ask_all(trial, snapshot, specimen.pid, value);
        created[0] = value[PSB_CREATE_TIME].status == PSB_OK ? value[PSB_CREATE_TIME].u.integer : -1;
        wait_for_ticks();
        acted = population->act(&specimen);
        if (!acted)
            psb_trial_skip(trial, PSB_SKIP_NEEDS_ROOT, "it could not be made to do that");
        else
            still_as_before(trial, snapshot, specimen.pid, value);
        psb_trial_end(snapshot);
    }
    if (acted)
        as_it_has_become(trial, backend, population, &specimen, value);
    created[1] = value[PSB_CREATE_TIME].status == PSB_OK ? value[PSB_CREATE_TIME].u.integer : -1;
    psb_trial_close(trial, backend);
    population->stop(&specimen);
    return acted;
}

void psb_case_executes(psb_trial *trial)
{
    int64_t created[2];
    if (act_inside(trial, "executes", created))
        PSB_EXPECT(trial, created[0] == created[1], "create_time has changed, and it is the same process");
}

void psb_case_vanishes(psb_trial *trial)
{
    int64_t created[2];
    act_inside(trial, "vanishes", created);
}

void psb_case_reused(psb_trial *trial)
{
    int64_t created[2];
    if (trial->suite->world)
        reused_in_world(trial);
    else if (act_inside(trial, "reused", created))
        PSB_EXPECT(trial, created[0] != created[1] || created[0] < 0,
                   "create_time is still that of who had the pid before");
}

/* cases_value.c: what is said of a process, held against what is known by other means, other variants, other implementations. */
#include "suite.h"

#include "describe.h"
#include "host_case.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FAMILY(function, name, axis, needs, ids, meaning) void psb_case_##function(psb_trial *);
#include "family.def"

/* One question in a snapshot of its own; the value's text lives until the snapshot is ended. */
struct reading {
    psb_snapshot *snapshot;
    psb_value value;
};

static struct reading read_one(psb_trial *trial, psb_backend *backend, psb_pid pid, psb_field field)
{
    struct reading out = {.snapshot = psb_trial_begin(trial, backend, PSB_SPAN_PROCESS)};
    if (out.snapshot)
        psb_get(out.snapshot, pid, field, &out.value);
    return out;
}

static void forget(struct reading *reading)
{
    if (reading->snapshot)
        reading->snapshot->backend->ops->end(reading->snapshot);
}

/* ---- value ---- */

/* A backend that does not tell a part is not wrong about it; one of tables says so in its `express`. */
static bool fits_known(psb_field field, const psb_value *value, const psb_value *expected)
{
    psb_value got = *value, due = *expected;
    if (psb_field_of(field)->kind == PSB_KIND_RECORD && got.status == PSB_OK && due.status == PSB_OK) {
        got.known &= due.known;
        due.known &= got.known;
        if (got.known == 0)
            return false;
    }
    return psb_fits_truth(field, &got, &due);
}

static void value_in_world(psb_trial *trial, psb_variant variant)
{
    const psb_world *world = trial->suite->world;
    psb_backend *backend = psb_trial_open(trial, variant);
    for (size_t i = 0; backend && i < world->count && psb_trial_goes_on(trial); i++) {
        const psb_process *process = &world->process[i];
        psb_arena room = {0};
        psb_value truth;
        if (!psb_kind_is(trial->suite, trial->it->specimen, process))
            continue;
        struct reading reading = read_one(trial, backend, process->pid, trial->it->field);
        if (psb_port_truth(trial->suite->port, world, process->pid, trial->it->field, &room, &truth))
            psb_trial_value(trial, psb_fits_truth, trial->it->field, process->pid, &reading.value, &truth,
                            "what is true in the world");
        forget(&reading);
        psb_arena_free(&room);
    }
    psb_trial_close(trial, backend);
}

/* The specimen, or the trial is skipped. */
static const psb_population *specimen_of(psb_trial *trial, psb_specimen *specimen)
{
    const psb_population *population = psb_population_at(trial->it->specimen);
    char why[256] = "";
    if (population->start(specimen, why, sizeof why))
        return population;
    psb_trial_skip(trial, strstr(why, "root") ? PSB_SKIP_NEEDS_OTHER_USER : PSB_SKIP_RESOURCE, "%s", why);
    return NULL;
}

/* Who asks is running, but not if another program asks in its place. */
static bool is_asked_by_another(const psb_trial *trial, const psb_specimen *specimen)
{
    return specimen->is_self && trial->it->field == PSB_STATUS && trial->suite->port->whole;
}

/* What the population knows, less what the kernel is known to tell wrongly. */
static void hold_against_truth(psb_trial *trial, const psb_population *population, psb_specimen *specimen,
                               psb_evidence evidence, const psb_value *value)
{
    psb_field field = trial->it->field;
    const psb_lie *lie = psb_port_lie(trial->suite->port, evidence, field, specimen->is_self);
    psb_value truth, got = *value;
    if (is_asked_by_another(trial, specimen) || (lie && lie->parts == 0) ||
        !population->truth(specimen, field, &truth))
        return;
    truth.known &= ~(lie ? lie->parts : 0);
    got.known &= ~(lie ? lie->parts : 0);
    psb_trial_value(trial, fits_known, field, specimen->pid, &got, &truth, "what system calls tell");
}

/* Between what was said before and after: by the field's own rule, as far as both know it. */
static bool lies_between(psb_field field, const psb_value *before, const psb_value *value,
                         const psb_value *after)
{
    psb_value low = *before, here = *value, high = *after;
    if (psb_field_of(field)->kind == PSB_KIND_RECORD && here.status == PSB_OK && low.status == PSB_OK) {
        uint32_t known = low.known & here.known;
        low.known = here.known = known;
        high.known &= known;
        if (known == 0)
            return true;
    }
    return psb_value_between(field, &low, &here, &high);
}

static void hold_between(psb_trial *trial, psb_pid pid, const psb_value *before, const psb_value *value,
                         const psb_value *after, const char *what)
{
    trial->compared++;
    if (!lies_between(trial->it->field, before, value, after))
        psb_trial_value(trial, psb_fits_equal, trial->it->field, pid, value, before, what);
}

static void value_of(psb_trial *trial, const psb_population *population, psb_specimen *specimen)
{
    enum { BEFORE, ORACLE_BEFORE, HERE, ORACLE_AFTER, AFTER, READINGS };
    psb_field field = trial->it->field;
    const psb_port *oracle = trial->suite->oracle;
    char why[256];
    struct reading reading[READINGS] = {{0}};
    psb_backend *uncached = psb_trial_open(trial, PSB_UNCACHED);
    psb_backend *cached = psb_trial_open(trial, PSB_CACHED);
    psb_backend *other = oracle ? psb_open(oracle, PSB_UNCACHED, "native", NULL, why, sizeof why) : NULL;
    psb_backend *const asked[READINGS] = {uncached, other, cached, other, uncached};
    for (int i = 0; uncached && cached && i < READINGS; i++)
        if (asked[i])
            reading[i] = read_one(trial, asked[i], specimen->pid, field);
    if (psb_trial_goes_on(trial)) {
        const psb_value *value = &reading[HERE].value;
        PSB_EXPECT(trial, psb_is_fact(value->status), "%s of a living process is a failure: %s",
                   psb_field_of(field)->name, psb_status_name(value->status));
        psb_evidence evidence = psb_evidence_of(trial->suite->port, cached);
        for (int i = BEFORE; i <= AFTER; i += HERE)
            hold_against_truth(trial, population, specimen, evidence, &reading[i].value);
        hold_between(trial, specimen->pid, &reading[BEFORE].value, value, &reading[AFTER].value,
                     "what it was before or after");
        if (other)
            hold_between(trial, specimen->pid, &reading[ORACLE_BEFORE].value, value,
                         &reading[ORACLE_AFTER].value, "what another implementation says");
    }
    for (int i = 0; i < READINGS; i++)
        forget(&reading[i]);
    if (other)
        other->ops->close(other);
    psb_trial_close(trial, cached);
    psb_trial_close(trial, uncached);
}

void psb_case_value(psb_trial *trial)
{
    psb_specimen specimen;
    if (trial->suite->world) {
        value_in_world(trial, PSB_UNCACHED);
        value_in_world(trial, PSB_CACHED);
        if (trial->compared == 0)
            psb_trial_skip(trial, PSB_SKIP_RESOURCE,
                           "there is no such process in this world, or it does not know");
        return;
    }
    const psb_population *population = specimen_of(trial, &specimen);
    if (!population)
        return;
    value_of(trial, population, &specimen);
    population->stop(&specimen);
}

/* ---- claims ---- */

/* Is it answered for a specimen, if nobody else has one? */
static bool is_told_of_a_specimen(psb_trial *trial, psb_backend *backend)
{
    bool told = false;
    for (size_t i = 0; psb_population_at(i) && !told && psb_trial_goes_on(trial); i++) {
        psb_specimen specimen;
        char why[256];
        if (!psb_population_at(i)->start(&specimen, why, sizeof why))
            continue;
        struct reading reading = read_one(trial, backend, specimen.pid, trial->it->field);
        told = reading.value.status == PSB_OK;
        forget(&reading);
        psb_population_at(i)->stop(&specimen);
    }
    return told;
}

void psb_case_claims(psb_trial *trial)
{
    psb_field field = trial->it->field;
    psb_backend *backend = psb_trial_open(trial, PSB_CACHED);
    psb_pidlist list = {0};
    psb_status last = PSB_ABSENT;
    size_t told = 0;
    if (backend && psb_trial_everybody(trial, backend, &list))
        for (size_t i = 0; i < list.count && psb_trial_goes_on(trial); i++) {
            struct reading reading = read_one(trial, backend, list.pid[i], field);
            last = reading.value.status;
            told += last == PSB_OK;
            forget(&reading);
        }
    bool claimed = psb_port_has(trial->suite->port, field);
    if (backend && claimed && told == 0 && !trial->suite->world)
        told += is_told_of_a_specimen(trial, backend);
    if (claimed)
        PSB_EXPECT(trial, told > 0, "%s is claimed, but answered for none of %zu processes: %s",
                   psb_field_of(field)->name, list.count, psb_status_name(last));
    else
        PSB_EXPECT(trial, told == 0, "%s is not claimed, but answered for %zu of %zu processes",
                   psb_field_of(field)->name, told, list.count);
    psb_pidlist_free(&list);
    psb_trial_close(trial, backend);
}

/* ---- every process ---- */

/* Does something with the answer about each process, in both variants. */
static void each_process(psb_trial *trial,
                         void (*look)(psb_trial *, psb_pid pid, psb_snapshot *, const psb_value *))
{
    for (psb_variant variant = PSB_UNCACHED; variant < PSB_VARIANTS; variant++) {
        psb_backend *backend = psb_trial_open(trial, variant);
        psb_pidlist list = {0};
        if (backend && psb_trial_everybody(trial, backend, &list))
            for (size_t i = 0; i < list.count && psb_trial_goes_on(trial); i++) {
                struct reading reading = read_one(trial, backend, list.pid[i], trial->it->field);
                if (reading.snapshot)
                    look(trial, list.pid[i], reading.snapshot, &reading.value);
                forget(&reading);
            }
        psb_pidlist_free(&list);
        psb_trial_close(trial, backend);
    }
}

static bool is_list(const psb_value *value)
{
    uint32_t ends = 0;
    for (size_t i = 0; i < value->u.text.len; i++)
        ends += value->u.text.bytes[i] == '\0';
    return ends == value->count &&
           (value->u.text.len == 0 || value->u.text.bytes[value->u.text.len - 1] == '\0');
}

static void look_at_shape(psb_trial *trial, psb_pid pid, psb_snapshot *snapshot, const psb_value *first)
{
    const psb_field_info *info = psb_field_of(trial->it->field);
    psb_value value;
    memset(&value, 0xa5, sizeof value);
    psb_status status = psb_get(snapshot, pid, trial->it->field, &value);
    long long number = pid;
    if (!PSB_EXPECT(trial, status == value.status, "pid %lld: get returns %s and writes %s", number,
                    psb_status_name(status), psb_status_name(value.status)) ||
        !PSB_EXPECT(trial, (unsigned)status < PSB_STATUSES, "pid %lld: status %d is none", number, status) ||
        !PSB_EXPECT(trial, psb_is_fact(status), "pid %lld: a failure: %s (OS error %d)", number,
                    psb_status_name(status), value.os_error) ||
        status != PSB_OK)
        return;
    PSB_EXPECT(trial, value.os_error == 0, "pid %lld: it is answered, with OS error %d", number,
               value.os_error);
    if (info->kind == PSB_KIND_TEXT || info->kind == PSB_KIND_LIST)
        PSB_EXPECT(trial, value.u.text.bytes, "pid %lld: bytes are NULL", number);
    if (info->kind == PSB_KIND_TEXT)
        PSB_EXPECT(trial, !value.u.text.bytes || !memchr(value.u.text.bytes, '\0', value.u.text.len),
                   "pid %lld: there is a NUL in the text", number);
    if (info->kind == PSB_KIND_LIST)
        PSB_EXPECT(trial, is_list(&value), "pid %lld: %u strings in %zu bytes are no list", number,
                   value.count, value.u.text.len);
    if (info->kind == PSB_KIND_RECORD)
        PSB_EXPECT(trial, value.known >> info->parts == 0, "pid %lld: known %x has parts that are none",
                   number, value.known);
    if (info->kind == PSB_KIND_THREADS)
        PSB_EXPECT(trial, value.count == 0 || value.u.thread, "pid %lld: threads are NULL", number);
}

void psb_case_shape(psb_trial *trial)
{
    each_process(trial, look_at_shape);
}

void psb_case_gone(psb_trial *trial)
{
    static const psb_pid NOBODY[] = {99999999, 4194305, INT32_MAX, -1, -7};
    psb_scene scene;
    for (psb_variant variant = PSB_UNCACHED; variant < PSB_VARIANTS; variant++) {
        psb_backend *backend = psb_trial_open(trial, variant);
        psb_pid dead = NOBODY[0];
        if (backend && psb_scene_start(&scene, trial)) {
            dead = scene.pid;
            psb_scene_kill(&scene);
            psb_scene_stop(&scene);
        }
        for (size_t i = 0; backend && i <= sizeof NOBODY / sizeof *NOBODY; i++) {
            psb_pid pid = i < sizeof NOBODY / sizeof *NOBODY ? NOBODY[i] : dead;
            struct reading reading = read_one(trial, backend, pid, trial->it->field);
            PSB_EXPECT(trial, reading.value.status == PSB_GONE, "pid %lld, which is nobody's, is %s",
                       (long long)pid, psb_status_name(reading.value.status));
            forget(&reading);
        }
        psb_trial_close(trial, backend);
    }
}

void psb_case_odd_questions(psb_trial *trial)
{
    static const psb_pid PID[] = {INT64_MIN, -1, 0, 1, INT32_MAX, UINT32_MAX, INT64_MAX};
    for (psb_variant variant = PSB_UNCACHED; variant < PSB_VARIANTS; variant++) {
        psb_backend *backend = psb_trial_open(trial, variant);
        psb_snapshot *snapshot = backend ? psb_trial_begin(trial, backend, PSB_SPAN_PROCESS) : NULL;
        for (size_t i = 0; snapshot && i < sizeof PID / sizeof *PID; i++)
            for (unsigned field = 0; field < PSB_FIELDS + 2; field++) {
                psb_value value;
                memset(&value, 0xa5, sizeof value);
                psb_status status = psb_get(snapshot, PID[i], (psb_field)field, &value);
                PSB_EXPECT(trial, status == value.status && psb_is_fact(status), "pid %lld, field %u: %s",
                           (long long)PID[i], field, psb_status_name(status));
                PSB_EXPECT(trial, field < PSB_FIELDS || status == PSB_ABSENT || status == PSB_GONE,
                           "field %u, which is none, of pid %lld is %s", field, (long long)PID[i],
                           psb_status_name(status));
            }
        if (snapshot)
            backend->ops->end(snapshot);
        psb_trial_close(trial, backend);
    }
}

/* ---- the same question, three times, or in three ways ---- */

/*
 * Kernel workers are renamed, processes run another program, between two readings. What is wrong stays wrong: it is looked at
 * again before it is said.
 */
enum { LOOKS = 3 };

/* Three readings of one process: the second is held between the others. True: there is nothing more to look at. */
static bool three_readings(psb_trial *trial, psb_backend *const backend[3], psb_pid pid, bool all_fields,
                           bool is_last, const char *what)
{
    struct reading reading[3] = {{0}};
    psb_value before[PSB_FIELDS];
    psb_field field = trial->it->field;
    int readings = trial->suite->world ? 2 : 3; /* a world does not change by itself */
    for (int i = 0; i < readings; i++) {
        reading[i].snapshot = psb_trial_begin(trial, backend[i], PSB_SPAN_PROCESS);
        if (reading[i].snapshot && all_fields && i == 1)
            psb_trial_ask_all(trial, reading[i].snapshot, pid, before);
        if (reading[i].snapshot)
            psb_get(reading[i].snapshot, pid, field, &reading[i].value);
    }
    const psb_value *value = &reading[1].value;
    bool ends = reading[2].value.status == PSB_GONE && !trial->suite->world;
    bool fits =
        ends || trial->suite->world || lies_between(field, &reading[0].value, value, &reading[2].value);
    if (trial->suite->world && psb_trial_goes_on(trial))
        psb_trial_value(trial, psb_fits_equal, field, pid, value, &reading[0].value, what);
    else if (psb_trial_goes_on(trial) && (fits || is_last) && !ends)
        hold_between(trial, pid, &reading[0].value, value, &reading[2].value, what);
    for (int i = 0; i < 3; i++)
        forget(&reading[i]);
    return fits || !psb_trial_goes_on(trial);
}

static void everybody_three_times(psb_trial *trial, psb_variant outer, psb_variant inner, bool all_fields,
                                  const char *what)
{
    psb_backend *a = psb_trial_open(trial, outer), *b = psb_trial_open(trial, inner);
    psb_pidlist list = {0};
    if (a && b && psb_trial_everybody(trial, a, &list))
        for (size_t i = 0; i < list.count && psb_trial_goes_on(trial); i++)
            for (int look = 1; look <= LOOKS; look++)
                if (three_readings(trial, (psb_backend *const[3]){a, b, a}, list.pid[i], all_fields,
                                   look == LOOKS, what))
                    break;
    psb_pidlist_free(&list);
    psb_trial_close(trial, b);
    psb_trial_close(trial, a);
}

void psb_case_again(psb_trial *trial)
{
    everybody_three_times(trial, PSB_CACHED, PSB_CACHED, false, "what it was before or after");
}

void psb_case_cached(psb_trial *trial)
{
    everybody_three_times(trial, PSB_UNCACHED, PSB_CACHED, true, "what it is uncached");
    if (!trial->suite->world)
        everybody_three_times(trial, PSB_CACHED, PSB_UNCACHED, true, "what it is cached");
}

/* In a sweep, between two snapshots of its own. Out of a table that was read earlier, a number that moves is older. */
static bool sweep_against_one(psb_trial *trial, psb_backend *backend, psb_snapshot *all, psb_pid pid,
                              bool is_last)
{
    psb_field field = trial->it->field;
    psb_value value;
    struct reading before = read_one(trial, backend, pid, field);
    psb_get(all, pid, field, &value);
    struct reading after = read_one(trial, backend, pid, field);
    bool lives = before.value.status != PSB_GONE && after.value.status != PSB_GONE;
    bool is_old = value.status != PSB_OK || psb_field_of(field)->compare == PSB_COMPARE_EXACT;
    bool counts = lives && (trial->suite->world || is_old);
    bool fits = !counts || lies_between(field, &before.value, &value, &after.value);
    trial->compared++;
    if (!fits && (is_last || trial->suite->world))
        hold_between(trial, pid, &before.value, &value, &after.value, "in a sweep what it is by itself");
    forget(&before);
    forget(&after);
    return fits;
}

static void sweep_against_each(psb_trial *trial, psb_backend *backend, const psb_pidlist *list)
{
    psb_snapshot *all = psb_trial_begin(trial, backend, PSB_SPAN_SWEEP);
    for (size_t i = 0; all && i < list->count && psb_trial_goes_on(trial); i++) {
        bool fits = sweep_against_one(trial, backend, all, list->pid[i], false);
        for (int look = 2; look <= LOOKS && !fits && psb_trial_goes_on(trial); look++) {
            psb_snapshot *again = psb_trial_begin(trial, backend, PSB_SPAN_SWEEP);
            fits = !again || sweep_against_one(trial, backend, again, list->pid[i], look == LOOKS);
            if (again)
                backend->ops->end(again);
        }
    }
    if (all)
        backend->ops->end(all);
}

void psb_case_sweep(psb_trial *trial)
{
    for (psb_variant variant = PSB_UNCACHED; variant < PSB_VARIANTS; variant++) {
        psb_backend *backend = psb_trial_open(trial, variant);
        psb_pidlist list = {0};
        if (backend && psb_trial_everybody(trial, backend, &list))
            sweep_against_each(trial, backend, &list);
        psb_pidlist_free(&list);
        psb_trial_close(trial, backend);
    }
}

/* ---- denied ---- */

static void denied_in_world(psb_trial *trial)
{
    psb_world *world = trial->suite->world;
    psb_field field = trial->it->field;
    static const uint32_t CALLER[] = {65534, 1000};
    for (size_t c = 0; c < sizeof CALLER / sizeof *CALLER; c++)
        for (psb_variant variant = PSB_UNCACHED; variant < PSB_VARIANTS; variant++) {
            world->caller_uid = CALLER[c];
            psb_backend *backend = psb_trial_open(trial, variant);
            for (size_t i = 0; backend && i < world->count && psb_trial_goes_on(trial); i++) {
                psb_arena room = {0};
                psb_value truth;
                psb_pid pid = world->process[i].pid;
                struct reading reading = read_one(trial, backend, pid, field);
                if (psb_port_truth(trial->suite->port, world, pid, field, &room, &truth))
                    psb_trial_value(trial, psb_fits_told, field, pid, &reading.value, &truth,
                                    "what a stranger may see of the truth");
                forget(&reading);
                psb_arena_free(&room);
            }
            psb_trial_close(trial, backend);
        }
    if (psb_suite_has_tables(trial->suite) && psb_trial_goes_on(trial))
        everybody_three_times(trial, PSB_UNCACHED, PSB_CACHED, true, "for a stranger what it is uncached");
}

/* What root is told first, a stranger is told, too, or is refused. */
static void denied_on_machine(psb_trial *trial)
{
    psb_field field = trial->it->field;
    psb_pid pid = 1;
    psb_backend *backend = psb_trial_open(trial, PSB_CACHED);
    if (!backend)
        return;
    struct reading roots = read_one(trial, backend, pid, field);
    if (psb_host_is_root() && !psb_host_become_nobody()) {
        psb_trial_skip(trial, PSB_SKIP_NEEDS_OTHER_USER, "this process cannot become another user");
    } else {
        psb_backend *strangers = psb_trial_open(trial, PSB_CACHED);
        struct reading told = read_one(trial, strangers ? strangers : backend, pid, field);
        struct reading after = read_one(trial, backend, pid, field);
        PSB_EXPECT(trial, psb_is_fact(told.value.status), "it is a failure: %s (OS error %d)",
                   psb_status_name(told.value.status), told.value.os_error);
        if (told.value.status != PSB_DENIED && after.value.status != PSB_DENIED)
            hold_between(trial, pid, &roots.value, &told.value, &after.value, "what root is told");
        forget(&told);
        forget(&after);
        psb_trial_close(trial, strangers);
    }
    forget(&roots);
    psb_trial_close(trial, backend);
}

void psb_case_denied(psb_trial *trial)
{
    if (trial->suite->world)
        denied_in_world(trial);
    else
        denied_on_machine(trial);
}

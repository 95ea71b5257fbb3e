/* cases_long.c: what only many rounds bring out: what is left behind, and what births and deaths in the wrong moment do. */
#include "suite.h"

#include "changing.h"
#include "describe.h"
#include "host.h"
#include "host_case.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FAMILY(function, name, axis, needs, ids, meaning) void psb_case_##function(psb_trial *);
#include "family.def"

/* ---- leaks ---- */

enum {
    WARM_UP = 200,
    WARM_UP_LEAST = 3,
    SNAPSHOTS = 10000,
    LISTS = 1000,
    OPENS = 300,
    AGAIN = 4,
    SLACK_BYTES = 4096
};
#define LEAK_SECONDS 2.0

/* One round of what must leave nothing behind; false: it could not be done. */
struct rounds {
    psb_trial *trial;
    psb_backend *backend[PSB_VARIANTS];
    psb_pid pid;
    psb_field field; /* of ask_one */
    bool (*round)(struct rounds *, uint64_t number);
};

/* All fields now and then, otherwise one: each error path by itself. */
static bool take_snapshot(struct rounds *all, uint64_t number)
{
    psb_backend *backend = all->backend[number % PSB_VARIANTS];
    psb_snapshot *snapshot;
    psb_value value[PSB_FIELDS];
    psb_field field = (psb_field)(number / PSB_VARIANTS % PSB_FIELDS);
    if (backend->ops->begin(backend, PSB_SPAN_PROCESS, &snapshot) != PSB_OK)
        return false;
    if (number % 16 < 2)
        psb_trial_ask_all(all->trial, snapshot, all->pid, value);
    else
        psb_get(snapshot, all->pid, field, &value[field]);
    backend->ops->end(snapshot);
    return true;
}

static bool take_list(struct rounds *all, uint64_t number)
{
    psb_backend *backend = all->backend[number % PSB_VARIANTS];
    psb_pidlist list;
    bool good = backend->ops->pids(backend, &list) == PSB_OK;
    psb_pidlist_free(&list);
    return good;
}

static bool open_and_close(struct rounds *all, uint64_t number)
{
    psb_backend *backend = psb_trial_open(all->trial, (psb_variant)(number % PSB_VARIANTS));
    psb_snapshot *snapshot;
    psb_value value;
    if (!backend)
        return false;
    if (backend->ops->begin(backend, PSB_SPAN_PROCESS, &snapshot) == PSB_OK) {
        psb_get(snapshot, all->pid, PSB_NAME, &value);
        backend->ops->end(snapshot);
    }
    backend->ops->close(backend);
    return true;
}

/* So many rounds, or as many as the time allows; returns how many. */
static uint64_t go_round(struct rounds *all, uint64_t count, uint64_t least)
{
    uint64_t start = psb_host_now_ns(), number = 0;
    for (; number < count && psb_trial_goes_on(all->trial); number++) {
        if (number >= least && (double)(psb_host_now_ns() - start) > LEAK_SECONDS * 1e9)
            break;
        if (!all->round(all, number))
            psb_trial_fail(all->trial, "round %llu could not be done", (unsigned long long)number);
    }
    return number;
}

/* One field alone. */
static bool ask_one(struct rounds *all, uint64_t number)
{
    psb_backend *backend = all->backend[number % PSB_VARIANTS];
    psb_snapshot *snapshot;
    psb_value value;
    if (backend->ops->begin(backend, PSB_SPAN_PROCESS, &snapshot) != PSB_OK)
        return false;
    psb_get(snapshot, all->pid, all->field, &value);
    backend->ops->end(snapshot);
    return true;
}

static bool has_grown(psb_levels before, psb_levels after)
{
    return (before.has_handles && after.handles > before.handles) ||
           (before.has_bytes && after.bytes > before.bytes + SLACK_BYTES / 4);
}

/* Which fields leave something behind when they are asked alone, for who looks for the mistake. */
static void name_culprits(struct rounds *all)
{
    psb_trial *trial = all->trial;
    trial->result = PSB_RESULT_PASS; /* go_round stops at a failure */
    all->round = ask_one;
    for (all->field = 0; all->field < PSB_FIELDS; all->field++) {
        size_t used = strlen(trial->text);
        if (!psb_port_has(trial->suite->port, all->field))
            continue;
        psb_levels before = psb_host_levels();
        go_round(all, WARM_UP, WARM_UP_LEAST);
        if (has_grown(before, psb_host_levels()))
            snprintf(trial->text + used, sizeof trial->text - used, "; %s", psb_field_of(all->field)->name);
    }
    trial->result = PSB_RESULT_FAIL;
}

static void nothing_is_left(struct rounds *all, uint64_t count)
{
    psb_trial *trial = all->trial;
    go_round(all, WARM_UP, WARM_UP_LEAST);
    psb_levels before = psb_host_levels();
    unsigned long long rounds = go_round(all, count, WARM_UP_LEAST);
    psb_levels after = psb_host_levels();
    /* More than ever before was needed, because there are more processes than before? What leaks grows each time. */
    for (int again = 0; again < AGAIN && has_grown(before, after); again++) {
        before = after;
        rounds = go_round(all, count, WARM_UP_LEAST);
        after = psb_host_levels();
    }
    if (!psb_trial_goes_on(trial))
        return;
    if (!before.has_handles && !before.has_bytes)
        psb_trial_skip(trial, PSB_SKIP_OS, "nobody tells here what is open or allocated");
    if (before.has_handles)
        PSB_EXPECT(trial, after.handles == before.handles,
                   "%zu descriptors were open, and %zu are after %llu rounds", before.handles, after.handles,
                   rounds);
    if (before.has_bytes)
        PSB_EXPECT(trial, after.bytes <= before.bytes + SLACK_BYTES,
                   "%zu bytes were allocated, and %zu are after %llu rounds", before.bytes, after.bytes,
                   rounds);
    if (trial->result == PSB_RESULT_FAIL && all->round == take_snapshot)
        name_culprits(all);
}

static void leave_nothing(psb_trial *trial, psb_pid pid, bool (*round)(struct rounds *, uint64_t),
                          uint64_t count)
{
    struct rounds all = {.trial = trial, .pid = pid, .round = round};
    all.backend[PSB_UNCACHED] = psb_trial_open(trial, PSB_UNCACHED);
    all.backend[PSB_CACHED] = psb_trial_open(trial, PSB_CACHED);
    if (psb_trial_goes_on(trial))
        nothing_is_left(&all, count);
    psb_trial_close(trial, all.backend[PSB_CACHED]);
    psb_trial_close(trial, all.backend[PSB_UNCACHED]);
}

void psb_case_leak_living(psb_trial *trial)
{
    psb_pair pair;
    if (!psb_pair_start(trial, &pair))
        return;
    leave_nothing(trial, pair.pid[0], take_snapshot, SNAPSHOTS);
    psb_pair_stop(&pair);
}

void psb_case_leak_dead(psb_trial *trial)
{
    psb_scene scene;
    if (!psb_scene_start(&scene, trial))
        return;
    psb_pid pid = scene.pid;
    psb_scene_kill(&scene);
    leave_nothing(trial, pid, take_snapshot, SNAPSHOTS);
    psb_scene_stop(&scene);
}

void psb_case_leak_denied(psb_trial *trial)
{
    if (trial->suite->world)
        trial->suite->world->caller_uid = 65534;
    else if (psb_host_is_root() && !psb_host_become_nobody()) {
        psb_trial_skip(trial, PSB_SKIP_NEEDS_OTHER_USER, "this process cannot become another user");
        return;
    }
    leave_nothing(trial, 1, take_snapshot, SNAPSHOTS);
}

void psb_case_leak_pids(psb_trial *trial)
{
    leave_nothing(trial, 1, take_list, LISTS);
}

void psb_case_leak_backends(psb_trial *trial)
{
    leave_nothing(trial, 1, open_and_close, OPENS);
}

/* ---- the wrong moment: a kernel under which the world changes before call n ---- */

typedef void event(psb_world *world, psb_pid pid);

typedef struct churner {
    psb_kernel base;
    psb_world *world;
    psb_pid pid;
    event *happens;
    uint64_t calls, at; /* at 0: never */
} churner;

static psb_status churn_call(psb_kernel *kernel, const psb_call *call, psb_reply *reply)
{
    churner *self = (churner *)kernel;
    if (++self->calls == self->at)
        self->happens(self->world, self->pid);
    return psb_kernel_call(self->base.below, call, reply);
}

static void churn_close(psb_kernel *kernel)
{
    psb_kernel_close(kernel->below);
}

static void dies(psb_world *world, psb_pid pid)
{
    psb_world_kill(world, pid);
}

/* Another process, which differs in all that it can, has the pid from now on. */
static void is_reused(psb_world *world, psb_pid pid)
{
    const psb_process *old = psb_world_find(world, pid);
    psb_process fresh = {0};
    for (size_t i = world->count; i > 1; i--)
        if (world->process[i - 1].state == PSB_STATE_SLEEPING && !world->process[i - 1].is_kernel &&
            world->process[i - 1].pid != pid)
            fresh = world->process[i - 1];
    fresh.pid = pid;
    fresh.ppid = 1;
    fresh.created_ns = world->now_ns - 1000000000;
    if (old && fresh.known)
        psb_world_spawn(world, &fresh);
}

static void others_are_born(psb_world *world, psb_pid pid)
{
    psb_process born = world->process[0];
    for (psb_pid other = pid - 3; other < pid + 4; other++)
        if (other > 0 && !psb_world_find(world, other)) {
            born.pid = other;
            born.ppid = 1;
            psb_world_spawn(world, &born);
        }
}

/* Truths of one process, before and after what happens. */
struct truths {
    bool known[PSB_FIELDS];
    psb_value value[PSB_FIELDS];
};

static void tell(const psb_trial *trial, const psb_world *world, psb_pid pid, psb_arena *room,
                 struct truths *out)
{
    for (psb_field field = 0; field < PSB_FIELDS; field++)
        out->known[field] = psb_port_truth(trial->suite->port, world, pid, field, room, &out->value[field]);
}

/*
 * An answer that is composed of several sources may have one of the old and one of the new: a parent of which nobody knows
 * whether it is older, a percentage of two lives. Where a second source is asked because the first says that nobody is there,
 * the two may contradict each other, which is unknown.
 */
static bool is_torn(const psb_port *port, psb_field field, psb_status status)
{
    const psb_try *tries = port->method[field].tries;
    bool is_composed = !tries[0].decode;
    return status == PSB_GONE || (is_composed && psb_is_fact(status)) ||
           (tries[1].decode && status == PSB_UNKNOWN);
}

/* Who ends is a zombie first: what is true of that one is true of the process at some time, too. */
static void become_zombie(psb_world *world, psb_pid pid)
{
    psb_process *process = psb_world_find(world, pid);
    if (!process)
        return;
    process->state = PSB_STATE_ZOMBIE;
    process->threads = 1;
    process->fds = 0;
    process->exe = process->cwd = (psb_world_text){0};
    process->cmdline = (psb_world_text){"", 0, 0};
    memset(process->memory_bytes, 0, sizeof process->memory_bytes);
    memset(process->full_bytes, 0, sizeof process->full_bytes);
}

enum { OLD, ZOMBIE, NEW, MOMENTS };

static bool is_of(psb_field field, const psb_value *told, const struct truths *truth)
{
    return truth->known[field] && psb_fits_truth(field, told, &truth->value[field]);
}

static void hold(psb_trial *trial, psb_pid pid, const psb_value *value, const struct truths truth[MOMENTS],
                 uint64_t at)
{
    for (psb_field field = 0; field < PSB_FIELDS; field++) {
        const psb_value *told = &value[field];
        if (!psb_port_has(trial->suite->port, field) || !truth[OLD].known[field] || !truth[NEW].known[field])
            continue;
        trial->compared++;
        if (is_of(field, told, &truth[OLD]) || is_of(field, told, &truth[NEW]) ||
            is_of(field, told, &truth[ZOMBIE]) || is_torn(trial->suite->port, field, told->status) ||
            !psb_trial_goes_on(trial))
            continue;
        psb_trial_value(trial, psb_fits_truth, field, pid, told, &truth[OLD].value[field],
                        "true of who had the pid at any time");
        snprintf(trial->text + strlen(trial->text), sizeof trial->text - strlen(trial->text),
                 " (it happened before call %llu)", (unsigned long long)at);
    }
}

/* One snapshot of all fields in which it happens before call `at`; returns how many calls it made. */
static uint64_t churn_once(psb_trial *trial, psb_variant variant, psb_span span, event *happens, uint64_t at)
{
    const psb_suite *suite = trial->suite;
    char why[256];
    psb_world *world = psb_world_make(11, 24);
    psb_kernel *below = world ? psb_open_kernel(suite->port, "sim", world, why, sizeof why) : NULL;
    static const psb_kernel_ops OPS = {"churn", churn_call, churn_close};
    psb_pid pid = world ? world->process[5].pid : 0;
    churner shim = {.base = {&OPS, below, PSB_EVIDENCE_SIM}, .world = world, .pid = pid, .happens = happens};
    psb_backend *backend = NULL;
    psb_snapshot *snapshot = NULL;
    psb_value value[PSB_FIELDS];
    struct truths truth[MOMENTS];
    psb_arena room = {0};
    if (below && psb_port_open(suite->port, variant, &shim.base, &backend) == PSB_OK)
        snapshot = psb_trial_begin(trial, backend, span);
    if (snapshot) {
        psb_process alive = *psb_world_find(world, pid);
        tell(trial, world, pid, &room, &truth[OLD]);
        become_zombie(world, pid);
        tell(trial, world, pid, &room, &truth[ZOMBIE]);
        *psb_world_find(world, pid) = alive;
        shim.calls = 0;
        shim.at = at;
        psb_trial_ask_all(trial, snapshot, pid, value);
        tell(trial, world, pid, &room, &truth[NEW]);
        hold(trial, pid, value, truth, at);
        backend->ops->end(snapshot);
    } else {
        psb_trial_broken(trial, "the churning kernel cannot be opened");
    }
    if (backend)
        backend->ops->close(backend);
    psb_arena_free(&room);
    psb_world_free(world);
    return shim.calls;
}

enum { CALLS_MAX = 400 };

static void churn(psb_trial *trial, event *happens)
{
    for (psb_variant variant = PSB_UNCACHED; variant < PSB_VARIANTS; variant++)
        for (psb_span span = PSB_SPAN_PROCESS; span <= PSB_SPAN_SWEEP; span++) {
            uint64_t calls = 1;
            for (uint64_t at = 1; at <= calls && at <= CALLS_MAX && psb_trial_goes_on(trial); at++)
                calls = churn_once(trial, variant, span, happens, at);
            PSB_EXPECT(trial, calls <= CALLS_MAX, "one snapshot made %llu calls", (unsigned long long)calls);
        }
}

void psb_case_churn_death(psb_trial *trial)
{
    churn(trial, dies);
}

void psb_case_churn_reuse(psb_trial *trial)
{
    churn(trial, is_reused);
}

void psb_case_churn_birth(psb_trial *trial)
{
    churn(trial, others_are_born);
}

/* ---- a real storm ---- */

#define STORM_SECONDS 0.7

void psb_case_churn_storm(psb_trial *trial)
{
    psb_changing storm;
    psb_backend *backend = psb_trial_open(trial, PSB_CACHED);
    if (backend && !psb_storm_start(&storm)) {
        psb_trial_skip(trial, PSB_SKIP_OS, "processes cannot be made to come and go here");
    } else if (backend) {
        uint64_t start = psb_host_now_ns();
        while ((trial->compared == 0 || (double)(psb_host_now_ns() - start) < STORM_SECONDS * 1e9) &&
               psb_trial_goes_on(trial)) {
            psb_pidlist list;
            psb_value value[PSB_FIELDS];
            psb_snapshot *sweep = psb_trial_begin(trial, backend, PSB_SPAN_SWEEP);
            if (sweep && psb_trial_everybody(trial, backend, &list)) {
                for (size_t i = 0; i < list.count; i++) {
                    psb_trial_ask_all(trial, sweep, list.pid[i], value);
                    for (psb_field field = 0; field < PSB_FIELDS; field++)
                        PSB_EXPECT(trial, psb_is_fact(value[field].status), "%s of pid %lld is a failure: %s",
                                   psb_field_of(field)->name, (long long)list.pid[i],
                                   psb_status_name(value[field].status));
                }
                psb_pidlist_free(&list);
            }
            if (sweep)
                backend->ops->end(sweep);
        }
        psb_storm_stop(&storm);
    }
    psb_trial_close(trial, backend);
}

/* cases_snapshot.c: what a snapshot is: what it keeps, what it forgets, and what it shares with others (nothing). */
#include "suite.h"

#include "describe.h"
#include "host_case.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FAMILY(function, name, axis, needs, ids, meaning) void psb_case_##function(psb_trial *);
#include "family.def"

/* Asks again and expects the same; a number that moves by itself may only move. */
static void same_as(psb_trial *trial, psb_snapshot *snapshot, psb_pid pid, psb_field field,
                    const psb_value *before, bool kept, const char *what)
{
    psb_value value;
    psb_get(snapshot, pid, field, &value);
    bool exact = kept || trial->suite->world || psb_field_of(field)->compare == PSB_COMPARE_EXACT;
    if (exact)
        psb_trial_value(trial, psb_fits_equal, field, pid, &value, before, what);
    else
        PSB_EXPECT(trial, value.status == before->status, "%s of pid %lld is %s and was %s",
                   psb_field_of(field)->name, (long long)pid, psb_status_name(value.status),
                   psb_status_name(before->status));
}

/* ---- changes ---- */

/*
 * All fields are asked, the process changes, all are asked again: of a caching backend each is what it was. One that keeps
 * nothing may say what is true now instead.
 */
void psb_case_frozen(psb_trial *trial)
{
    psb_scene scene;
    psb_arena room = {0};
    psb_value before[PSB_FIELDS], truth, value;
    bool has_truth;
    psb_field field = trial->it->field;
    psb_backend *backend = psb_trial_open(trial, PSB_CACHED);
    if (backend && psb_scene_start(&scene, trial)) {
        psb_snapshot *snapshot = psb_trial_begin(trial, backend, PSB_SPAN_PROCESS);
        if (snapshot)
            psb_trial_ask_all(trial, snapshot, scene.pid, before);
        if (snapshot && psb_scene_change(&scene, field, &room, &has_truth, &truth)) {
            psb_get(snapshot, scene.pid, field, &value);
            bool is_new =
                !psb_suite_has_tables(trial->suite) && (!has_truth || psb_fits_truth(field, &value, &truth));
            if (!is_new)
                psb_trial_value(trial, psb_fits_equal, field, scene.pid, &value, &before[field],
                                "what it was at the first get of the snapshot");
            trial->compared++;
            for (psb_field other = 0; psb_suite_has_tables(trial->suite) && other < PSB_FIELDS; other++)
                if (psb_port_has(trial->suite->port, other))
                    same_as(trial, snapshot, scene.pid, other, &before[other], true,
                            "what it was at the first get of the snapshot");
        }
        psb_trial_end(snapshot);
        psb_scene_stop(&scene);
    }
    psb_trial_close(trial, backend);
    psb_arena_free(&room);
}

static bool fits_other(psb_field field, const psb_value *value, const psb_value *expected)
{
    if (psb_field_of(field)->kind == PSB_KIND_THREADS)
        return value->status != PSB_OK || value->count != expected->count;
    return !psb_value_equal(field, value, expected);
}

/* What is true after a change; NULL truth: that it is another answer than before. */
static void seen_by(psb_trial *trial, psb_backend *backend, psb_pid pid, const psb_value *before,
                    const psb_value *truth)
{
    psb_field field = trial->it->field;
    psb_value value, one_more = *before;
    psb_snapshot *snapshot = psb_trial_begin(trial, backend, PSB_SPAN_PROCESS);
    if (!snapshot)
        return;
    psb_get(snapshot, pid, field, &value);
    one_more.u.integer++;
    if (truth)
        psb_trial_value(trial, psb_fits_truth, field, pid, &value, truth, "what it has become");
    else if (field == PSB_NUM_FDS && before->status == PSB_OK)
        psb_trial_value(trial, psb_fits_equal, field, pid, &value, &one_more, "one more than before");
    else if (before->status == PSB_OK || before->count > 0)
        psb_trial_value(trial, fits_other, field, pid, &value, before, "another than before the change");
    trial->compared++;
    psb_trial_end(snapshot);
}

void psb_case_fresh(psb_trial *trial)
{
    psb_field field = trial->it->field;
    for (psb_variant variant = PSB_UNCACHED; variant < PSB_VARIANTS && psb_trial_goes_on(trial); variant++) {
        psb_scene scene;
        psb_arena room = {0};
        psb_value before = {0}, truth;
        bool has_truth;
        psb_backend *backend = psb_trial_open(trial, variant);
        if (backend && psb_scene_start(&scene, trial)) {
            psb_snapshot *snapshot = psb_trial_begin(trial, backend, PSB_SPAN_PROCESS);
            if (snapshot)
                psb_get(snapshot, scene.pid, field, &before);
            bool changed = snapshot && psb_scene_change(&scene, field, &room, &has_truth, &truth);
            psb_value kept = before;
            psb_trial_end(
                snapshot); /* and what `before` points to: of that no more than its size is held against the next */
            psb_kind kind = psb_field_of(field)->kind;
            if (kind == PSB_KIND_TEXT || kind == PSB_KIND_LIST || kind == PSB_KIND_THREADS)
                kept =
                    (psb_value){.status = PSB_UNKNOWN, .count = kind == PSB_KIND_THREADS ? before.count : 0};
            if (changed)
                seen_by(trial, backend, scene.pid, &kept, has_truth ? &truth : NULL);
            psb_scene_stop(&scene);
        }
        psb_trial_close(trial, backend);
        psb_arena_free(&room);
    }
}

/* ---- several questions ---- */

void psb_case_any_order(psb_trial *trial)
{
    psb_pair pair;
    psb_backend *backend = psb_trial_open(trial, PSB_CACHED);
    if (backend && psb_pair_start(trial, &pair)) {
        psb_value first[PSB_FIELDS];
        psb_snapshot *forward = psb_trial_begin(trial, backend, PSB_SPAN_PROCESS);
        psb_snapshot *back = psb_trial_begin(trial, backend, PSB_SPAN_PROCESS);
        if (forward && back)
            psb_trial_ask_all(trial, forward, pair.pid[0], first);
        for (int field = PSB_FIELDS - 1; forward && back && field >= 0; field--)
            if (psb_port_has(trial->suite->port, (psb_field)field))
                for (int twice = 0; twice < 2; twice++)
                    same_as(trial, back, pair.pid[0], (psb_field)field, &first[field], false,
                            "what it is in another order");
        psb_trial_end(back);
        psb_trial_end(forward);
        psb_pair_stop(&pair);
    }
    psb_trial_close(trial, backend);
}

/* What each of two processes answers when it is alone, from snapshots that are still open. */
struct alone {
    psb_snapshot *snapshot[2];
    psb_value value[2][PSB_FIELDS];
};

static bool ask_alone(psb_trial *trial, psb_backend *backend, const psb_pair *pair, struct alone *out)
{
    *out = (struct alone){0};
    for (int i = 0; i < 2; i++) {
        out->snapshot[i] = psb_trial_begin(trial, backend, PSB_SPAN_PROCESS);
        if (out->snapshot[i])
            psb_trial_ask_all(trial, out->snapshot[i], pair->pid[i], out->value[i]);
    }
    return out->snapshot[0] && out->snapshot[1];
}

static void end_alone(struct alone *alone)
{
    psb_trial_end(alone->snapshot[0]);
    psb_trial_end(alone->snapshot[1]);
}

/* A body for a case about two processes; asks them in turn, as `pick` chooses. */
static void two_processes(psb_trial *trial,
                          void (*body)(psb_trial *, psb_backend *, const psb_pair *, const struct alone *))
{
    for (psb_variant variant = PSB_UNCACHED; variant < PSB_VARIANTS && psb_trial_goes_on(trial); variant++) {
        psb_pair pair;
        struct alone alone;
        psb_backend *backend = psb_trial_open(trial, variant);
        if (backend && psb_pair_start(trial, &pair)) {
            if (ask_alone(trial, backend, &pair, &alone))
                body(trial, backend, &pair, &alone);
            end_alone(&alone);
            psb_pair_stop(&pair);
        }
        psb_trial_close(trial, backend);
    }
}

static void ask_in_turn(psb_trial *trial, psb_snapshot *of[2], const psb_pair *pair,
                        const struct alone *alone, const char *what)
{
    for (psb_field field = 0; field < PSB_FIELDS; field++)
        for (int i = 0; i < 2; i++)
            if (psb_port_has(trial->suite->port, field))
                same_as(trial, of[i], pair->pid[i], field, &alone->value[i][field], false, what);
}

static void in_one_snapshot(psb_trial *trial, psb_backend *backend, const psb_pair *pair,
                            const struct alone *alone)
{
    for (psb_span span = PSB_SPAN_PROCESS; span <= PSB_SPAN_SWEEP; span++) {
        psb_snapshot *both = psb_trial_begin(trial, backend, span);
        psb_snapshot *of[2] = {both, both};
        if (both)
            ask_in_turn(trial, of, pair, alone, "what it is in a snapshot of its own");
        psb_trial_end(both);
    }
}

void psb_case_two_pids(psb_trial *trial)
{
    two_processes(trial, in_one_snapshot);
}

static void in_two_snapshots(psb_trial *trial, psb_backend *backend, const psb_pair *pair,
                             const struct alone *alone)
{
    for (int last = 0; last < 2; last++) {
        psb_snapshot *of[2] = {psb_trial_begin(trial, backend, PSB_SPAN_PROCESS),
                               psb_trial_begin(trial, backend, PSB_SPAN_PROCESS)};
        if (of[0] && of[1])
            ask_in_turn(trial, of, pair, alone, "what it is when no other snapshot is open");
        psb_trial_end(of[1 - last]);
        if (of[last])
            for (psb_field field = 0; field < PSB_FIELDS; field++)
                if (psb_port_has(trial->suite->port, field))
                    same_as(trial, of[last], pair->pid[last], field, &alone->value[last][field], false,
                            "what it was before another snapshot ended");
        psb_trial_end(of[last]);
    }
}

void psb_case_overlapping(psb_trial *trial)
{
    two_processes(trial, in_two_snapshots);
}

/* The other backend is asked about other fields first, and closed in the middle. */
static void beside_another_backend(psb_trial *trial, psb_backend *backend, const psb_pair *pair,
                                   const struct alone *alone)
{
    psb_backend *other = psb_trial_open(trial, PSB_CACHED);
    psb_snapshot *inner = other ? psb_trial_begin(trial, other, PSB_SPAN_PROCESS) : NULL;
    psb_snapshot *of[2] = {psb_trial_begin(trial, backend, PSB_SPAN_PROCESS), inner};
    if (of[0] && of[1])
        ask_in_turn(trial, of, pair, alone, "what it is when there is no other backend");
    psb_trial_end(inner);
    psb_trial_close(trial, other);
    of[1] = of[0];
    if (of[0])
        ask_in_turn(trial, of, pair, alone, "what it was before another backend was closed");
    psb_trial_end(of[0]);
}

void psb_case_two_backends(psb_trial *trial)
{
    two_processes(trial, beside_another_backend);
}

/* A field that can be changed anywhere: by how nice the process is, or how many threads it has. */
static psb_field changeable(const psb_trial *trial)
{
    static const psb_field FIELD[] = {PSB_NICE, PSB_NUM_THREADS, PSB_CWD, PSB_STATUS, PSB_MEMORY_INFO};
    for (size_t i = 0; i < sizeof FIELD / sizeof *FIELD; i++)
        if (psb_port_has(trial->suite->port, FIELD[i]))
            return FIELD[i];
    return PSB_FIELDS;
}

void psb_case_nested(psb_trial *trial)
{
    psb_scene scene;
    psb_arena room = {0};
    psb_value before, truth, value;
    bool has_truth;
    psb_field field = changeable(trial);
    psb_backend *backend = psb_trial_open(trial, PSB_CACHED);
    if (backend && field != PSB_FIELDS && psb_scene_start(&scene, trial)) {
        psb_snapshot *outer = psb_trial_begin(trial, backend, PSB_SPAN_PROCESS);
        psb_get(outer, scene.pid, field, &before);
        if (psb_scene_change(&scene, field, &room, &has_truth, &truth)) {
            psb_snapshot *inner = psb_trial_begin(trial, backend, PSB_SPAN_PROCESS);
            psb_get(inner, scene.pid, field, &value);
            if (has_truth)
                psb_trial_value(trial, psb_fits_truth, field, scene.pid, &value, &truth,
                                "in the inner snapshot what it has become");
            psb_trial_end(inner);
            psb_get(outer, scene.pid, field, &value);
            if (psb_suite_has_tables(trial->suite) || !has_truth || !psb_fits_truth(field, &value, &truth))
                psb_trial_value(trial, psb_fits_equal, field, scene.pid, &value, &before,
                                "in the outer snapshot what it was");
        }
        psb_trial_end(outer);
        psb_scene_stop(&scene);
    }
    psb_trial_close(trial, backend);
    psb_arena_free(&room);
}

/* ---- threads and forks ---- */

enum { THREADS = 4, ROUNDS = 40 };

struct together {
    psb_trial *trial;
    psb_backend *backend;
    const psb_pair *pair;
    const struct alone *alone;
    psb_field wrong[THREADS]; /* PSB_FIELDS: none */
};

/* A trial is one thread's: each thread only notes what is wrong. */
static void ask_beside_others(void *context, size_t number)
{
    struct together *all = context;
    psb_pid pid = all->pair->pid[number % 2];
    const psb_value *before = all->alone->value[number % 2];
    bool exact = all->trial->suite->world != NULL;
    for (int round = 0; round < ROUNDS; round++) {
        psb_snapshot *snapshot;
        if (all->backend->ops->begin(all->backend, PSB_SPAN_PROCESS, &snapshot) != PSB_OK)
            return;
        for (psb_field field = 0; field < PSB_FIELDS; field++) {
            psb_value value;
            if (!psb_port_has(all->trial->suite->port, field))
                continue;
            psb_get(snapshot, pid, field, &value);
            bool same = exact || (psb_field_of(field)->compare == PSB_COMPARE_EXACT && field != PSB_STATUS)
                            ? psb_value_equal(field, &value, &before[field])
                            : psb_is_fact(value.status);
            if (!same)
                all->wrong[number] = field;
        }
        all->backend->ops->end(snapshot);
    }
}

static void beside_threads(psb_trial *trial, psb_backend *backend, const psb_pair *pair,
                           const struct alone *alone)
{
    struct together all = {trial, backend, pair, alone, {PSB_FIELDS, PSB_FIELDS, PSB_FIELDS, PSB_FIELDS}};
    if (!psb_host_threads(THREADS, ask_beside_others, &all)) {
        psb_trial_skip(trial, PSB_SKIP_OS, "psbench has no threads here");
        return;
    }
    for (int i = 0; i < THREADS; i++)
        PSB_EXPECT(trial, all.wrong[i] == PSB_FIELDS, "%s of pid %lld is another in thread %d beside others",
                   all.wrong[i] < PSB_FIELDS ? psb_field_of(all.wrong[i])->name : "?",
                   (long long)pair->pid[i % 2], i);
}

void psb_case_threads(psb_trial *trial)
{
    two_processes(trial, beside_threads);
}

struct fork_ {
    psb_trial *trial;
    psb_backend *backend;
    psb_snapshot *snapshot;
    const psb_pair *pair;
    const struct alone *alone;
};

/* In the child: the snapshot that the parent began, and one of its own. */
static int ask_in_fork(void *context)
{
    const struct fork_ *all = context;
    psb_trial trial = *all->trial;
    psb_snapshot *own = psb_trial_begin(&trial, all->backend, PSB_SPAN_PROCESS);
    psb_snapshot *of[2] = {all->snapshot, own};
    if (own)
        ask_in_turn(&trial, of, all->pair, all->alone, "in a fork what it was");
    psb_trial_end(own);
    psb_trial_end(all->snapshot);
    return psb_trial_goes_on(&trial) ? 0 : 1;
}

static void beside_a_fork(psb_trial *trial, psb_backend *backend, const psb_pair *pair,
                          const struct alone *alone)
{
    psb_snapshot *snapshot = psb_trial_begin(trial, backend, PSB_SPAN_PROCESS);
    psb_snapshot *of[2] = {snapshot, snapshot};
    psb_value value;
    if (!snapshot)
        return;
    psb_get(snapshot, pair->pid[0], PSB_PPID, &value);
    struct fork_ all = {trial, backend, snapshot, pair, alone};
    int code = psb_host_in_fork(ask_in_fork, &all);
    if (code == -2)
        psb_trial_skip(trial, PSB_SKIP_OS, "there is no fork here");
    else
        PSB_EXPECT(trial, code == 0, code < 0 ? "in a fork it crashes" : "in a fork its answers are others");
    ask_in_turn(trial, of, pair, alone, "after a fork what it was");
    psb_trial_end(snapshot);
}

void psb_case_forked(psb_trial *trial)
{
    if (!psb_suite_has_tables(trial->suite))
        psb_trial_skip(trial, PSB_SKIP_KERNEL,
                       "what stands between psbench and the backend may be shared with the fork");
    else
        two_processes(trial, beside_a_fork);
}

/* ---- memory ---- */

static size_t bytes_of(psb_field field, const psb_value *value, const void **bytes)
{
    psb_kind kind = psb_field_of(field)->kind;
    *bytes = kind == PSB_KIND_THREADS ? (const void *)value->u.thread : value->u.text.bytes;
    if (value->status != PSB_OK)
        return 0;
    return kind == PSB_KIND_THREADS                         ? value->count * sizeof *value->u.thread
           : kind == PSB_KIND_TEXT || kind == PSB_KIND_LIST ? value->u.text.len
                                                            : 0;
}

void psb_case_memory_stays(psb_trial *trial)
{
    psb_backend *backend = psb_trial_open(trial, PSB_CACHED);
    psb_pidlist list = {0};
    psb_pair pair;
    if (backend && psb_trial_everybody(trial, backend, &list) && psb_pair_start(trial, &pair)) {
        psb_value value[PSB_FIELDS], other[PSB_FIELDS];
        char *copy[PSB_FIELDS] = {NULL};
        const void *bytes;
        psb_snapshot *snapshot = psb_trial_begin(trial, backend, PSB_SPAN_PROCESS);
        if (snapshot)
            psb_trial_ask_all(trial, snapshot, pair.pid[0], value);
        for (psb_field field = 0; snapshot && field < PSB_FIELDS; field++) {
            size_t len = bytes_of(field, &value[field], &bytes);
            copy[field] = malloc(len + 1);
            if (copy[field] && len > 0)
                memcpy(copy[field], bytes, len);
        }
        for (size_t i = 0; snapshot && i < list.count && i < 100; i++)
            psb_trial_ask_all(trial, snapshot, list.pid[i], other);
        for (psb_field field = 0; snapshot && field < PSB_FIELDS; field++) {
            size_t len = bytes_of(field, &value[field], &bytes);
            if (len > 0)
                PSB_EXPECT(trial, copy[field] && memcmp(copy[field], bytes, len) == 0,
                           "%s of pid %lld has other bytes after other questions", psb_field_of(field)->name,
                           (long long)pair.pid[0]);
            free(copy[field]);
        }
        psb_trial_end(snapshot);
        psb_pair_stop(&pair);
    }
    psb_pidlist_free(&list);
    psb_trial_close(trial, backend);
}

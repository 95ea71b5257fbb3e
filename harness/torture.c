/*
 * torture.c: one run for each fault of each call. A run opens a backend over the faulty kernel, lists the processes, asks for all
 * fields twice in a snapshot and once in the next, and closes it. torture_judge.c says of each answer whether the fault allows
 * it. Files and memory are counted before and after.
 */
#include "torture.h"

#include "host.h"
#include "show.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CUTS_MAX = 48, SEEDS = 3, RERUNS = 12, ROUNDS = 16, NEVER = 999999999, HEAVY_STEP = 8 };

/* What is the same for all runs. */
struct subject {
    const psb_torture *torture;
    psb_backend *sound;  /* over the kernel without a fault */
    psb_snapshot *taken; /* of it: what `right` points into */
    psb_arena room;      /* the same for a world's truth */
    psb_pidlist pids;
    psb_pid parent;
    uint64_t uid;
    psb_value right[PSB_FIELDS]; /* by index of fields */
    bool met;                    /* the last run met its fault */
    psb_tortured *out;
};

struct run {
    struct subject *subject;
    psb_way way;
    const char *fault; /* as in "fault=..." */
    bool quiet;        /* it was told of before: only what it leaves behind is asked */
    psb_backend *backend;
    psb_kernel *shim;
    uint64_t boot_hits, snapshot_hits, get_hits; /* hits before the snapshot, before the get */
    uint64_t calls;                              /* to the end of the first pass */
    size_t whole;                                /* of the answer that the fault met */
    const char *when;
    psb_value value[PSB_FIELDS];
};

const char *psb_way_name(psb_way way)
{
    static const char *const NAME[PSB_WAYS] = {"uncached", "cached", "cached --sweep"};
    return NAME[way];
}

/* ---- telling ---- */

static void tell(const struct run *run, const char *what, const char *wrong, const char *got,
                 const char *right)
{
    const psb_torture *torture = run->subject->torture;
    if (run->quiet || run->subject->out->violations++ >= PSB_TORTURE_TOLD)
        return;
    printf("%s, %s, pid %" PRId64 ", %s, %s: %s: %s", torture->port->name, torture->kernel, torture->pid,
           psb_way_name(run->way), run->when, what, wrong);
    if (got)
        printf(": %s", got);
    if (right)
        printf("; right: %s", right);
    printf("\n  psbench torture --port %s --kernel %s --variant %s%s --only %s\n", torture->port->name,
           torture->kernel, psb_way_name(run->way), torture->again, run->fault);
}

static void tell_value(const struct run *run, psb_field field, const char *wrong, const psb_value *value,
                       const psb_value *right)
{
    bool shown = !run->quiet && run->subject->out->violations < PSB_TORTURE_TOLD;
    char *got = shown ? psb_show(field, value) : NULL, *should = shown ? psb_show(field, right) : NULL;
    tell(run, psb_field_of(field)->name, wrong, got ? got : "?", should ? should : "?");
    free(got);
    free(should);
}

/* ---- what is right ---- */

static bool take_right(struct subject *self, char *why, size_t why_size)
{
    const psb_torture *torture = self->torture;
    psb_value value;
    self->sound = psb_open(torture->port, PSB_CACHED, torture->kernel, torture->world, why, why_size);
    if (!self->sound)
        return false;
    snprintf(why, why_size, "out of memory");
    if (self->sound->ops->begin(self->sound, PSB_SPAN_PROCESS, &self->taken) != PSB_OK)
        return false;
    if (self->sound->ops->pids(self->sound, &self->pids) != PSB_OK) {
        snprintf(why, why_size, "the processes cannot be listed");
        return false;
    }
    if (psb_get(self->taken, torture->pid, PSB_UIDS, &value) == PSB_OK)
        self->uid = value.u.part[PSB_UIDS_REAL];
    if (psb_get(self->taken, torture->pid, PSB_PPID, &value) == PSB_OK)
        self->parent = value.u.integer;
    for (size_t i = 0; i < torture->fields.count; i++)
        psb_get(self->taken, torture->pid, torture->fields.field[i], &self->right[i]);
    return true;
}

/* A world knows what is true, but for reals, which a kernel's units round, and what its caller may not see. */
static void take_truth(struct subject *self)
{
    const psb_torture *torture = self->torture;
    psb_value truth;
    for (size_t i = 0; i < torture->fields.count; i++) {
        psb_field field = torture->fields.field[i];
        if (torture->world && torture->world->caller_uid == 0 && psb_field_of(field)->kind != PSB_KIND_REAL &&
            psb_port_truth(torture->port, torture->world, torture->pid, field, &self->room, &truth))
            self->right[i] = truth;
    }
}

static void forget(struct subject *self)
{
    if (self->taken)
        self->taken->backend->ops->end(self->taken);
    if (self->sound)
        self->sound->ops->close(self->sound);
    psb_pidlist_free(&self->pids);
    psb_arena_free(&self->room);
}

/* A live process has moved on meanwhile: between what it told at first and what it tells now. */
static bool has_moved(const struct subject *self, size_t i, const psb_value *value)
{
    const psb_torture *torture = self->torture;
    psb_field field = torture->fields.field[i];
    psb_snapshot *snapshot;
    psb_value now, then = self->right[i];
    if (torture->world || self->sound->ops->begin(self->sound, PSB_SPAN_PROCESS, &snapshot) != PSB_OK)
        return false;
    psb_get(snapshot, torture->pid, field, &now);
    if (psb_field_of(field)->kind == PSB_KIND_RECORD && value->status == PSB_OK) {
        now.known &= value->known;
        then.known &= value->known;
    }
    bool moved = psb_value_between(field, &then, value, &now);
    self->sound->ops->end(snapshot);
    return moved;
}

/* ---- a run ---- */

static uint64_t hits(const struct run *run)
{
    return psb_fault_hits(run->shim, NULL);
}

/* The faulty calls that the answer to the field may come from: of this get, or, if it is cached, of this snapshot. */
static psb_harm harm_of(const struct run *run, psb_field field)
{
    const struct subject *subject = run->subject;
    const psb_torture *torture = subject->torture;
    const psb_call *hit;
    uint64_t end = psb_fault_hits(run->shim, &hit),
             at = run->way == PSB_WAY_UNCACHED ? run->get_hits : run->snapshot_hits;
    psb_harm harm = {.boot = run->boot_hits > 0, .touched = run->boot_hits > 0};
    harm.garbled = harm.boot && psb_fault_garbles(run->shim);
    harm.asks_twice = torture->port->method[field].tries[1].decode != NULL;
    for (; at < end && at < PSB_FAULT_LOG; at++)
        if (psb_may_ask(torture->port, run->way, field, torture->pid, subject->parent, &hit[at]))
            psb_harm_add(&harm, torture->port, run->shim, &hit[at]);
    return harm;
}

static void judge(const struct run *run, size_t i, const psb_value *value)
{
    const struct subject *subject = run->subject;
    psb_field field = subject->torture->fields.field[i];
    psb_harm harm = harm_of(run, field);
    const psb_value *right = &subject->right[i];
    const char *wrong = psb_judge(field, &harm, value, right, subject->uid);
    subject->out->answers += !run->quiet;
    if (wrong && !has_moved(subject, i, value))
        tell_value(run, field, wrong, value, right);
}

static psb_snapshot *begin(struct run *run)
{
    psb_snapshot *snapshot = NULL;
    run->snapshot_hits = hits(run);
    psb_span span = run->way == PSB_WAY_SWEEP ? PSB_SPAN_SWEEP : PSB_SPAN_PROCESS;
    if (run->backend->ops->begin(run->backend, span, &snapshot) != PSB_OK)
        tell(run, "begin", "it fails", NULL, NULL);
    return snapshot;
}

static void ask_and_judge(struct run *run, psb_snapshot *snapshot, psb_value *value)
{
    const psb_torture *torture = run->subject->torture;
    for (size_t i = 0; i < torture->fields.count; i++) {
        run->get_hits = hits(run);
        psb_status status = psb_get(snapshot, torture->pid, torture->fields.field[i], &value[i]);
        if (status != value[i].status)
            tell(run, psb_field_of(torture->fields.field[i])->name, "returns another status than it writes",
                 NULL, NULL);
        judge(run, i, &value[i]);
    }
}

/* The same snapshot again: cached, the same answers and failures, and not a call. */
static void ask_again(struct run *run, psb_snapshot *snapshot)
{
    const psb_torture *torture = run->subject->torture;
    psb_value value[PSB_FIELDS];
    uint64_t calls = psb_fault_calls(run->shim);
    run->when = "in the same snapshot again";
    if (run->way == PSB_WAY_UNCACHED) {
        ask_and_judge(run, snapshot, value);
        return;
    }
    for (size_t i = 0; i < torture->fields.count; i++) {
        psb_field field = torture->fields.field[i];
        psb_get(snapshot, torture->pid, field, &value[i]);
        if (!psb_value_equal(field, &run->value[i], &value[i]) || run->value[i].os_error != value[i].os_error)
            tell_value(run, field, "not what it was in this snapshot", &value[i], &run->value[i]);
    }
    if (psb_fault_calls(run->shim) != calls)
        tell(run, "cache", "calls were made again", NULL, NULL);
}

static void first_snapshot(struct run *run)
{
    run->when = "in the snapshot";
    psb_snapshot *snapshot = begin(run);
    if (!snapshot)
        return;
    ask_and_judge(run, snapshot, run->value);
    run->calls = psb_fault_calls(run->shim);
    ask_again(run, snapshot);
    snapshot->backend->ops->end(snapshot);
}

static void next_snapshot(struct run *run)
{
    psb_value value[PSB_FIELDS];
    run->when = "in the next snapshot";
    psb_snapshot *snapshot = begin(run);
    if (!snapshot)
        return;
    ask_and_judge(run, snapshot, value);
    snapshot->backend->ops->end(snapshot);
}

/* ---- the list of processes ---- */

static int by_pid(const void *a, const void *b)
{
    psb_pid x = *(const psb_pid *)a, y = *(const psb_pid *)b;
    return (x > y) - (x < y);
}

/* Live processes come and go: of those that are listed only the one asked about is sure. */
static const char *wrong_list(const struct run *run, const psb_pidlist *list, const psb_harm *harm)
{
    const psb_torture *torture = run->subject->torture;
    const psb_pidlist *right = &run->subject->pids;
    size_t others = 0;
    for (size_t i = 1; i < list->count; i++)
        if (list->pid[i] < list->pid[i - 1])
            return "not in order";
    if (harm->garbled)
        return NULL;
    for (size_t i = 0; i < list->count; i++)
        others += !bsearch(&list->pid[i], right->pid, right->count, sizeof *right->pid, by_pid);
    if (torture->world && others > 0)
        return "lists what is no process";
    if (harm->cut)
        return NULL;
    if (!bsearch(&torture->pid, list->pid, list->count, sizeof *list->pid, by_pid) ||
        (torture->world && list->count != right->count))
        return "a process is missing";
    return NULL;
}

static void list_pids(struct run *run)
{
    const psb_torture *torture = run->subject->torture;
    const psb_call *hit;
    psb_harm harm = {0};
    psb_pidlist list;
    run->when = "listing";
    uint64_t before = hits(run), after;
    psb_status status = run->backend->ops->pids(run->backend, &list);
    after = psb_fault_hits(run->shim, &hit);
    for (; before < after && before < PSB_FAULT_LOG; before++)
        psb_harm_add(&harm, torture->port, run->shim, &hit[before]);
    const char *wrong = NULL;
    if (status != PSB_OK && (list.pid || list.count))
        wrong = "it fails, and lists nevertheless";
    else if (status != PSB_OK && !(harm.refused & PSB_WHEN(status)))
        wrong = "not what the fault stands for";
    else if (status == PSB_OK)
        wrong = wrong_list(run, &list, &harm);
    if (wrong)
        tell(run, "pids", wrong, psb_status_name(status), NULL);
    run->subject->out->answers += !run->quiet;
    psb_pidlist_free(&list);
}

/* ---- opening ---- */

/* Without memory for what is true of the machine there is no backend. */
static bool open_run(struct run *run)
{
    const psb_torture *torture = run->subject->torture;
    char stack[PSB_STACK_ROOM], why[256] = "";
    snprintf(stack, sizeof stack, "fault=%s+%s", run->fault, torture->kernel);
    run->when = "opening";
    psb_variant variant = run->way == PSB_WAY_UNCACHED ? PSB_UNCACHED : PSB_CACHED;
    run->backend = psb_open(torture->port, variant, stack, torture->world, why, sizeof why);
    run->subject->met = !run->backend;
    if (!run->backend) {
        if (!strstr(run->fault, "enomem"))
            tell(run, "open", "it fails", why, NULL);
        return false;
    }
    run->shim = psb_kernel_find(psb_port_kernel(run->backend), "fault");
    run->boot_hits = hits(run);
    return true;
}

static void go(struct run *run)
{
    if (!open_run(run))
        return;
    list_pids(run);
    first_snapshot(run);
    next_snapshot(run);
    run->whole = psb_fault_whole(run->shim);
    run->subject->met = hits(run) > 0;
    run->backend->ops->close(run->backend);
}

/* ---- what a run leaves behind ---- */

/*
 * The allocator keeps up to seven pieces of each size for itself, and sizes vary with the machine: only what grows in each of many
 * rounds was lost.
 */
static bool grows(struct run run)
{
    run.quiet = true;
    for (int round = 0; round < ROUNDS; round++) {
        int64_t before = psb_host_allocated_bytes();
        for (int i = 0; i < RERUNS; i++)
            go(&run);
        if (psb_host_allocated_bytes() < before + RERUNS)
            return false;
    }
    return true;
}

/* One run, and what it left. Returns the calls of a run to the end of its first pass, and the length of the answer met. */
static uint64_t run_one(struct subject *subject, psb_way way, const char *fault, size_t *whole)
{
    struct run run = {.subject = subject, .way = way, .fault = fault};
    int64_t files = psb_host_open_files(), bytes = psb_host_allocated_bytes();
    go(&run);
    run.when = "afterwards";
    if (psb_host_open_files() != files)
        tell(&run, "files", "one stays open", NULL, NULL);
    if (bytes >= 0 && psb_host_allocated_bytes() > bytes && grows(run))
        tell(&run, "memory", "it grows with each run", NULL, NULL);
    if (whole)
        *whole = run.whole;
    return run.calls;
}

/* ---- all faults ---- */

static size_t try_one(struct subject *subject, psb_way way, uint64_t call, const char *fault, int64_t value,
                      bool stays)
{
    char spec[80];
    size_t whole = 0;
    int len = snprintf(spec, sizeof spec, "%" PRIu64 "%s:%s", call, stays ? "-" : "", fault);
    if (value >= 0)
        snprintf(spec + len, sizeof spec - (size_t)len, ":%" PRId64, value);
    run_one(subject, way, spec, &whole);
    subject->out->faults += subject->met;
    return whole;
}

/* An answer cut behind each of its bytes, or, if it is long, at so many places. */
static void try_cuts(struct subject *subject, psb_way way, uint64_t call, size_t whole)
{
    size_t step = whole > CUTS_MAX ? whole / CUTS_MAX : 1;
    for (size_t at = 1; at < whole; at += step)
        try_one(subject, way, call, "truncated", (int64_t)at, false);
    if (step > 1)
        try_one(subject, way, call, "truncated", (int64_t)whole - 1, false);
}

/* What is too large for ever is asked for until PSB_REPLY_MAX is reached, at each call: that takes its time. */
static bool is_heavy(const char *fault)
{
    return strcmp(fault, "oversized") == 0 || strcmp(fault, "enomem") == 0;
}

static void try_faults(struct subject *subject, psb_way way, uint64_t call)
{
    bool has_value;
    size_t whole = 0;
    for (size_t i = 0; psb_fault_at(i, &has_value); i++) {
        const char *name = psb_fault_at(i, &has_value);
        if (has_value)
            continue;
        size_t met = try_one(subject, way, call, name, -1, false);
        whole = met > whole ? met : whole;
        if (!is_heavy(name) || call % HEAVY_STEP == 1)
            try_one(subject, way, call, name, -1, true);
    }
    try_cuts(subject, way, call, whole);
    for (int64_t seed = 1; seed <= SEEDS && whole > 0; seed++) {
        try_one(subject, way, call, "garbage", seed, false);
        try_one(subject, way, call, "garbage", seed, true);
    }
}

static void try_way(struct subject *subject, psb_way way)
{
    char never[32];
    snprintf(never, sizeof never, "%d:eio", NEVER);
    uint64_t calls = subject->out->calls[way] = run_one(subject, way, never, NULL);
    if (subject->torture->only) {
        run_one(subject, way, subject->torture->only, NULL);
        subject->out->faults += subject->met;
        return;
    }
    for (uint64_t call = 1; call <= calls; call++)
        try_faults(subject, way, call);
}

bool psb_torture_run(const psb_torture *torture, psb_tortured *out, char *why, size_t why_size)
{
    struct subject subject = {.torture = torture, .out = out};
    *out = (psb_tortured){.counts_files = psb_host_open_files() >= 0,
                          .counts_bytes = psb_host_allocated_bytes() >= 0};
    bool good = take_right(&subject, why, why_size);
    if (good)
        take_truth(&subject);
    for (psb_way way = 0; good && way < PSB_WAYS; way++)
        if (torture->way[way])
            try_way(&subject, way);
    forget(&subject);
    return good;
}

/* faulty_backend.c: mistakes in the cache and in what is made of sound answers: a backend over the port's. */
#include "faulty.h"

#include <stdlib.h>
#include <string.h>

struct backend {
    psb_backend base;
    psb_backend_ops ops;
    psb_backend *below;
    bool kept[PSB_STATUSES]; /* stale, keeps_failures: what was once answered stays */
    psb_pid of;
    psb_value value;
    psb_pid now, before; /* mixed: whom it is asked about, and whom it was */
};

struct snapshot {
    psb_snapshot base;
    psb_snapshot *below;
    psb_span span;
    bool asked;
    psb_value first; /* shared */
};

static struct backend *of(psb_snapshot *snapshot)
{
    return (struct backend *)snapshot->backend;
}

static psb_status below_get(psb_snapshot *snapshot, psb_pid pid, psb_field field, psb_value *out)
{
    return psb_get(((struct snapshot *)snapshot)->below, pid, field, out);
}

static psb_status over_pids(psb_backend *base, psb_pidlist *out)
{
    psb_backend *below = ((struct backend *)base)->below;
    return below->ops->pids(below, out);
}

static psb_status over_begin(psb_backend *base, psb_span span, psb_snapshot **out)
{
    psb_backend *below = ((struct backend *)base)->below;
    struct snapshot *self = calloc(1, sizeof *self);
    *out = NULL;
    if (!self)
        return PSB_NOMEM;
    *self = (struct snapshot){.base = {base}, .span = span};
    if (below->ops->begin(below, span, &self->below) != PSB_OK) {
        free(self);
        return PSB_NOMEM;
    }
    *out = &self->base;
    return PSB_OK;
}

static void over_end(psb_snapshot *base)
{
    struct snapshot *self = (struct snapshot *)base;
    self->below->backend->ops->end(self->below);
    free(self);
}

static void over_close(psb_backend *base)
{
    struct backend *self = (struct backend *)base;
    self->below->ops->close(self->below);
    free(self);
}

/* With another get or another list of processes; NULL: as below. */
static psb_backend *open_over(psb_backend *below,
                              psb_status (*get)(psb_snapshot *, psb_pid, psb_field, psb_value *),
                              psb_status (*pids)(psb_backend *, psb_pidlist *))
{
    struct backend *self = calloc(1, sizeof *self);
    if (!self) {
        below->ops->close(below);
        return NULL;
    }
    self->ops = (psb_backend_ops){
        below->ops->name, pids ? pids : over_pids, over_begin, get ? get : below_get, over_end, over_close};
    self->base.ops = &self->ops;
    self->below = below;
    return &self->base;
}

/* ---- the cache ---- */

static psb_status shared_get(psb_snapshot *base, psb_pid pid, psb_field field, psb_value *out)
{
    struct snapshot *self = (struct snapshot *)base;
    if (field != PSB_PPID)
        return below_get(base, pid, field, out);
    if (!self->asked)
        below_get(base, pid, field, &self->first);
    self->asked = true;
    *out = self->first;
    return out->status;
}

psb_backend *psb_faulty_shared(psb_backend *below)
{
    return open_over(below, shared_get, NULL);
}

/* Keeps the answer of that status for one process in the backend. */
static psb_status kept_get(psb_snapshot *base, psb_pid pid, psb_field field, psb_status which, psb_value *out)
{
    struct backend *self = of(base);
    if (field == PSB_PPID && self->kept[which] && self->of == pid) {
        *out = self->value;
        return out->status;
    }
    psb_status status = below_get(base, pid, field, out);
    if (field == PSB_PPID && status == which) {
        self->kept[which] = true;
        self->of = pid;
        self->value = *out;
    }
    return status;
}

static psb_status stale_get(psb_snapshot *base, psb_pid pid, psb_field field, psb_value *out)
{
    return kept_get(base, pid, field, PSB_OK, out);
}

psb_backend *psb_faulty_stale(psb_backend *below)
{
    return open_over(below, stale_get, NULL);
}

static psb_status keeps_failures_get(psb_snapshot *base, psb_pid pid, psb_field field, psb_value *out)
{
    return kept_get(base, pid, field, PSB_OSERROR, out);
}

psb_backend *psb_faulty_keeps_failures(psb_backend *below)
{
    return open_over(below, keeps_failures_get, NULL);
}

/* A number, asked in a snapshot of its own. */
static psb_status ask_anew(psb_snapshot *base, psb_pid pid, psb_field field, psb_value *out)
{
    psb_backend *below = of(base)->below;
    psb_snapshot *snapshot;
    if (below->ops->begin(below, PSB_SPAN_PROCESS, &snapshot) != PSB_OK) {
        *out = psb_value_of_status(PSB_NOMEM, 0);
        return PSB_NOMEM;
    }
    psb_get(snapshot, pid, field, out);
    below->ops->end(snapshot);
    return out->status;
}

static psb_status retries_get(psb_snapshot *base, psb_pid pid, psb_field field, psb_value *out)
{
    psb_status status = below_get(base, pid, field, out);
    struct snapshot *self = (struct snapshot *)base;
    bool again = field == PSB_PPID && status == PSB_OSERROR && self->asked;
    self->asked |= status == PSB_OSERROR;
    return again ? ask_anew(base, pid, field, out) : status;
}

psb_backend *psb_faulty_retries(psb_backend *below)
{
    return open_over(below, retries_get, NULL);
}

static psb_status not_frozen_get(psb_snapshot *base, psb_pid pid, psb_field field, psb_value *out)
{
    return field == PSB_NICE ? ask_anew(base, pid, field, out) : below_get(base, pid, field, out);
}

psb_backend *psb_faulty_not_frozen(psb_backend *below)
{
    return open_over(below, not_frozen_get, NULL);
}

static psb_status mixed_get(psb_snapshot *base, psb_pid pid, psb_field field, psb_value *out)
{
    struct backend *self = of(base);
    bool sweeps = ((struct snapshot *)base)->span == PSB_SPAN_SWEEP;
    if (self->now != pid) {
        self->before = self->now;
        self->now = pid;
    }
    return below_get(base, sweeps && field == PSB_CPU_TIMES && self->before ? self->before : pid, field, out);
}

psb_backend *psb_faulty_mixed(psb_backend *below)
{
    return open_over(below, mixed_get, NULL);
}

/* ---- answers ---- */

static psb_status at_most_100_get(psb_snapshot *base, psb_pid pid, psb_field field, psb_value *out)
{
    psb_status status = below_get(base, pid, field, out);
    if (field == PSB_CPU_PERCENT && status == PSB_OK && out->u.real > 100)
        out->u.real = 100;
    return status;
}

psb_backend *psb_faulty_at_most_100(psb_backend *below)
{
    return open_over(below, at_most_100_get, NULL);
}

static psb_status no_account_get(psb_snapshot *base, psb_pid pid, psb_field field, psb_value *out)
{
    psb_status status = below_get(base, pid, field, out);
    if (field == PSB_USERNAME && status == PSB_OK && out->u.text.len > 0 && out->u.text.bytes[0] >= '0' &&
        out->u.text.bytes[0] <= '9')
        *out = psb_value_of_status(PSB_OSERROR, 0);
    return out->status;
}

psb_backend *psb_faulty_no_account(psb_backend *below)
{
    return open_over(below, no_account_get, NULL);
}

/* ---- lists ---- */

static bool is_zombie(psb_snapshot *snapshot, psb_pid pid)
{
    psb_value value;
    return psb_get(snapshot, pid, PSB_STATUS, &value) == PSB_OK && value.u.integer == PSB_STATE_ZOMBIE;
}

static psb_status zombies_dropped_pids(psb_backend *base, psb_pidlist *out)
{
    psb_backend *below = ((struct backend *)base)->below;
    psb_snapshot *snapshot;
    psb_status status = over_pids(base, out);
    size_t count = 0;
    if (status != PSB_OK || below->ops->begin(below, PSB_SPAN_PROCESS, &snapshot) != PSB_OK)
        return status;
    for (size_t i = 0; i < out->count; i++)
        if (!is_zombie(snapshot, out->pid[i]))
            out->pid[count++] = out->pid[i];
    out->count = count;
    below->ops->end(snapshot);
    return status;
}

psb_backend *psb_faulty_zombies_dropped(psb_backend *below)
{
    return open_over(below, NULL, zombies_dropped_pids);
}

/* The number behind the last is a thread's. */
static psb_status threads_listed_pids(psb_backend *base, psb_pidlist *out)
{
    psb_status status = over_pids(base, out);
    psb_pid *grown = status == PSB_OK ? realloc(out->pid, (out->count + 1) * sizeof *grown) : NULL;
    if (!grown)
        return status;
    out->pid = grown;
    grown[out->count] = out->count ? grown[out->count - 1] + 1 : 1;
    out->count++;
    return status;
}

psb_backend *psb_faulty_threads_listed(psb_backend *below)
{
    return open_over(below, NULL, threads_listed_pids);
}

static psb_status first_left_out_pids(psb_backend *base, psb_pidlist *out)
{
    psb_status status = over_pids(base, out);
    if (status == PSB_OK && out->count > 0)
        memmove(out->pid, out->pid + 1, --out->count * sizeof *out->pid);
    return status;
}

psb_backend *psb_faulty_first_left_out(psb_backend *below)
{
    return open_over(below, NULL, first_left_out_pids);
}

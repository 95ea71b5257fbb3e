#include "slow_backend.h"

#include "host.h"

#include <stdlib.h>

struct slow_backend {
    psb_backend base;
    psb_backend *below;
    uint64_t method_ns;
    psb_spend *spend;
    void *argument;
};

struct slow_snapshot {
    psb_snapshot base;
    psb_snapshot *below;
};

static psb_status slow_pids(psb_backend *backend, psb_pidlist *out)
{
    psb_backend *below = ((struct slow_backend *)backend)->below;
    return below->ops->pids(below, out);
}

static psb_status slow_begin(psb_backend *backend, psb_span span, psb_snapshot **out)
{
    psb_backend *below = ((struct slow_backend *)backend)->below;
    struct slow_snapshot *self = malloc(sizeof *self);
    *out = NULL;
    if (!self || below->ops->begin(below, span, &self->below) != PSB_OK) {
        free(self);
        return PSB_NOMEM;
    }
    self->base.backend = backend;
    *out = &self->base;
    return PSB_OK;
}

static psb_status slow_get(psb_snapshot *snapshot, psb_pid pid, psb_field field, psb_value *out)
{
    const struct slow_backend *self = (const struct slow_backend *)snapshot->backend;
    self->spend(self->argument, self->method_ns);
    return psb_get(((struct slow_snapshot *)snapshot)->below, pid, field, out);
}

static void slow_end(psb_snapshot *snapshot)
{
    psb_snapshot *below = ((struct slow_snapshot *)snapshot)->below;
    below->backend->ops->end(below);
    free(snapshot);
}

static void slow_close(psb_backend *backend)
{
    psb_backend *below = ((struct slow_backend *)backend)->below;
    below->ops->close(below);
    free(backend);
}

psb_backend *psb_slow_open(psb_backend *below, uint64_t method_ns, psb_spend *spend, void *argument)
{
    static const psb_backend_ops OPS = {"slow", slow_pids, slow_begin, slow_get, slow_end, slow_close};
    struct slow_backend *self = malloc(sizeof *self);
    if (!self) {
        below->ops->close(below);
        return NULL;
    }
    *self = (struct slow_backend){{&OPS}, below, method_ns, spend, argument};
    return &self->base;
}

void psb_slow_spin(void *argument, uint64_t ns)
{
    uint64_t start = psb_host_now_ns();
    while (psb_host_now_ns() - start < ns)
        ;
}

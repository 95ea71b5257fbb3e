/* null_backend.c: answers every question at once with nothing. What the harness and the vtable cost by
 * themselves. */
#include "registry.h"

#include <stdlib.h>

typedef struct null_backend {
    psb_backend base;
    psb_snapshot snapshot; /* holds nothing: all share this one */
} null_backend;

static psb_status null_pids(psb_backend *backend, psb_pidlist *out)
{
    *out = (psb_pidlist){0};
    return PSB_OK;
}

static psb_status null_begin(psb_backend *backend, psb_span span, psb_snapshot **out)
{
    *out = &((null_backend *)backend)->snapshot;
    return PSB_OK;
}

static psb_status null_get(psb_snapshot *snapshot, psb_pid pid, psb_field field, psb_value *out)
{
    out->status = PSB_ABSENT;
    out->os_error = 0;
    out->known = out->count = 0;
    return PSB_ABSENT;
}

static void null_end(psb_snapshot *snapshot) {}

static void null_close(psb_backend *backend)
{
    free(backend);
}

psb_backend *psb_null_open(void)
{
    static const psb_backend_ops OPS = {"null", null_pids, null_begin, null_get, null_end, null_close};
    null_backend *self = malloc(sizeof *self);
    if (!self)
        return NULL;
    self->base.ops = &OPS;
    self->snapshot.backend = &self->base;
    return &self->base;
}

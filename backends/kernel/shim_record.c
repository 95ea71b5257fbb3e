/* shim_record.c: writes each call that passes, with its answer, into a trace. For one thread at a time. */
#include "trace.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct recorder {
    psb_kernel base;
    FILE *file;
    bool failed;
    psb_call *seen; /* calls that are in the trace: open addressing, a power of two of places */
    bool *taken;
    size_t places, calls;
};

static size_t place_of(const struct recorder *self, const psb_call *call)
{
    uint64_t hash =
        call->op * UINT64_C(0x9E3779B97F4A7C15) ^ (uint64_t)call->pid * UINT64_C(0xC2B2AE3D27D4EB4F);
    for (int i = 0; i < 4; i++)
        hash = (hash ^ call->arg[i]) * UINT64_C(0x94D049BB133111EB);
    size_t place = (size_t)(hash >> 32) & (self->places - 1);
    while (self->taken[place] && memcmp(&self->seen[place], call, sizeof *call) != 0)
        place = (place + 1) & (self->places - 1);
    return place;
}

static bool grow(struct recorder *self)
{
    struct recorder old = *self;
    self->places = old.places ? old.places * 2 : 1024;
    self->seen = calloc(self->places, sizeof *self->seen);
    self->taken = calloc(self->places, sizeof *self->taken);
    bool good = self->seen && self->taken;
    for (size_t i = 0; good && i < old.places; i++)
        if (old.taken[i]) {
            size_t place = place_of(self, &old.seen[i]);
            self->seen[place] = old.seen[i];
            self->taken[place] = true;
        }
    free(old.seen);
    free(old.taken);
    return good;
}

/* Is this the first time? */
static bool is_new(struct recorder *self, const psb_call *call)
{
    /* Padding must not tell two equal calls apart. */
    psb_call key;
    memset(&key, 0, sizeof key);
    key.op = call->op;
    key.pid = call->pid;
    memcpy(key.arg, call->arg, sizeof key.arg);
    if ((self->calls + 1) * 4 > self->places * 3 && !grow(self)) {
        self->failed = true;
        return false;
    }
    size_t place = place_of(self, &key);
    if (self->taken[place])
        return false;
    self->seen[place] = key;
    self->taken[place] = true;
    self->calls++;
    return true;
}

static psb_status record_call(psb_kernel *kernel, const psb_call *call, psb_reply *reply)
{
    struct recorder *self = (struct recorder *)kernel;
    psb_status status = psb_kernel_call(self->base.below, call, reply);
    if (status == PSB_TOOSMALL || self->failed || !is_new(self, call))
        return status;
    size_t len = status == PSB_OK ? reply->len : 0;
    self->failed |=
        fprintf(self->file,
                "call %s %" PRId64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %s %d %" PRIu32 " %zu\n",
                psb_op_name(call->op), call->pid, call->arg[0], call->arg[1], call->arg[2], call->arg[3],
                psb_status_name(status), reply->os_error, reply->entries, len) < 0;
    self->failed |= fwrite(reply->buf, 1, len, self->file) != len || fputc('\n', self->file) == EOF;
    return status;
}

static void record_close(psb_kernel *kernel)
{
    struct recorder *self = (struct recorder *)kernel;
    psb_kernel_close(kernel->below);
    free(self->seen);
    free(self->taken);
    free(self);
}

psb_kernel *psb_record_open(psb_kernel *below, FILE *file, const char *port, const char *machine)
{
    static const psb_kernel_ops OPS = {"record", record_call, record_close};
    struct recorder *self = calloc(1, sizeof *self);
    if (!self || !grow(self)) {
        free(self);
        return NULL;
    }
    self->base = (psb_kernel){&OPS, below, below->evidence};
    self->file = file;
    self->failed = fprintf(file, PSB_TRACE_SCHEMA "\nport %s\nevidence %s\nmachine %s\n\n", port,
                           psb_evidence_name(below->evidence), machine) < 0;
    return &self->base;
}

long psb_record_finish(psb_kernel *record)
{
    struct recorder *self = (struct recorder *)record;
    self->failed |= self->calls > PSB_TRACE_CALLS_MAX || fprintf(self->file, "end %zu\n", self->calls) < 0;
    return self->failed ? -1 : (long)self->calls;
}

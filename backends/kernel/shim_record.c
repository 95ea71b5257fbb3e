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
    psb_redaction redaction; /* kinds 0: none */
    psb_aliases *aliases;
    char *copy; /* of a reply, to replace text in */
    size_t copy_size;
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

/* A copy of the reply with its text replaced; NULL: it may not be written. */
static const char *redacted(struct recorder *self, const psb_call *call, const void *raw, size_t len)
{
    psb_redactor redactor = {self->redaction.kinds, psb_alias, self->aliases};
    if (len > self->copy_size) {
        free(self->copy);
        self->copy = malloc(len);
        self->copy_size = self->copy ? len : 0;
        self->failed |= !self->copy;
    }
    if (len > self->copy_size)
        return NULL;
    memcpy(self->copy, raw, len);
    return self->redaction.redact(self->redaction.context, call, self->copy, len, &redactor) ? self->copy
                                                                                             : NULL;
}

static void write_call(struct recorder *self, const psb_call *call, psb_status status, const psb_reply *reply)
{
    size_t len = status == PSB_OK ? reply->len : 0;
    const char *bytes = reply->buf;
    if (self->redaction.kinds && len > 0)
        bytes = redacted(self, call, reply->buf, len);
    if (len > 0 && !bytes) {
        status = PSB_MALFORMED;
        len = 0;
    }
    self->failed |=
        fprintf(self->file,
                "call %s %" PRId64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %s %d %" PRIu32 " %zu\n",
                psb_op_name(call->op), call->pid, call->arg[0], call->arg[1], call->arg[2], call->arg[3],
                psb_status_name(status), reply->os_error, reply->entries, len) < 0;
    self->failed |= (len > 0 && fwrite(bytes, 1, len, self->file) != len) || fputc('\n', self->file) == EOF;
}

static psb_status record_call(psb_kernel *kernel, const psb_call *call, psb_reply *reply)
{
    struct recorder *self = (struct recorder *)kernel;
    psb_status status = psb_kernel_call(self->base.below, call, reply);
    if (status != PSB_TOOSMALL && !self->failed && is_new(self, call))
        write_call(self, call, status, reply);
    return status;
}

static void record_close(psb_kernel *kernel)
{
    struct recorder *self = (struct recorder *)kernel;
    psb_kernel_close(kernel->below);
    psb_aliases_close(self->aliases);
    free(self->copy);
    free(self->seen);
    free(self->taken);
    free(self);
}

static void write_header(struct recorder *self, const char *port, const char *machine)
{
    self->failed |= fprintf(self->file, PSB_TRACE_SCHEMA "\nport %s\nevidence %s\nmachine %s\n", port,
                            psb_evidence_name(self->base.evidence), machine) < 0;
    const char *before = "redacted ";
    for (psb_text kind = 0; kind < PSB_TEXTS; kind++)
        if (self->redaction.kinds >> kind & 1) {
            self->failed |= fprintf(self->file, "%s%s", before, psb_text_name(kind)) < 0;
            before = ",";
        }
    self->failed |= fputs(self->redaction.kinds ? "\n\n" : "\n", self->file) == EOF;
}

psb_kernel *psb_record_open(psb_kernel *below, FILE *file, const char *port, const char *machine,
                            const psb_redaction *redaction)
{
    static const psb_kernel_ops OPS = {"record", record_call, record_close};
    struct recorder *self = calloc(1, sizeof *self);
    if (self && redaction)
        self->redaction = *redaction;
    if (!self)
        return NULL;
    self->aliases = psb_aliases_open();
    if (!self->aliases || !grow(self)) {
        record_close(&self->base);
        return NULL;
    }
    self->base = (psb_kernel){&OPS, below, below->evidence};
    self->file = file;
    write_header(self, port, machine);
    return &self->base;
}

long psb_record_finish(psb_kernel *record)
{
    struct recorder *self = (struct recorder *)record;
    self->failed |= self->calls > PSB_TRACE_CALLS_MAX || !psb_aliases_good(self->aliases) ||
                    fprintf(self->file, "end %zu\n", self->calls) < 0;
    return self->failed ? -1 : (long)self->calls;
}

/* shim_cost.c: takes the time of every call that passes; the medians are a file of costs. */
#include "costs.h"

#include <stdlib.h>
#include <string.h>

enum { SAMPLES = 4096 }; /* of an op */

struct sample {
    uint64_t *ns; /* SAMPLES, made with the first */
    size_t kept;
    uint64_t calls, step; /* one of so many calls is kept */
};

struct cost {
    psb_kernel base;
    uint64_t (*now_ns)(void);
    struct sample sample[PSB_OPS];
    bool failed;
};

/* Full: every second stays, and from now on half as many are taken. */
static void thin(struct sample *sample)
{
    for (size_t i = 0; i < SAMPLES / 2; i++)
        sample->ns[i] = sample->ns[2 * i];
    sample->kept = SAMPLES / 2;
    sample->step *= 2;
}

static void keep(struct cost *self, uint32_t op, uint64_t ns)
{
    struct sample *sample = &self->sample[op];
    if (!sample->ns) {
        sample->ns = calloc(SAMPLES, sizeof *sample->ns);
        sample->step = 1;
        self->failed |= !sample->ns;
    }
    if (!sample->ns || sample->calls++ % sample->step != 0)
        return;
    if (sample->kept == SAMPLES)
        thin(sample);
    sample->ns[sample->kept++] = ns;
}

static psb_status cost_call(psb_kernel *kernel, const psb_call *call, psb_reply *reply)
{
    struct cost *self = (struct cost *)kernel;
    uint64_t start = self->now_ns();
    psb_status status = psb_kernel_call(kernel->below, call, reply);
    keep(self, call->op, self->now_ns() - start);
    return status;
}

static void cost_close(psb_kernel *kernel)
{
    struct cost *self = (struct cost *)kernel;
    psb_kernel_close(kernel->below);
    for (uint32_t op = 0; op < PSB_OPS; op++)
        free(self->sample[op].ns);
    free(self);
}

psb_kernel *psb_cost_open(psb_kernel *below, uint64_t (*now_ns)(void))
{
    static const psb_kernel_ops OPS = {"cost", cost_call, cost_close};
    struct cost *self = calloc(1, sizeof *self);
    if (!self)
        return NULL;
    self->base = (psb_kernel){&OPS, below, below->evidence};
    self->now_ns = now_ns;
    return &self->base;
}

static int by_size(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

bool psb_cost_read(const psb_kernel *cost, psb_costs *out)
{
    const struct cost *self = (const struct cost *)cost;
    memset(out, 0, sizeof *out);
    for (uint32_t op = 0; op < PSB_OPS; op++) {
        const struct sample *sample = &self->sample[op];
        if (sample->kept == 0)
            continue;
        qsort(sample->ns, sample->kept, sizeof *sample->ns, by_size);
        uint64_t median = sample->ns[sample->kept / 2];
        out->ns[op] = median < PSB_COST_MAX_NS ? median : PSB_COST_MAX_NS;
        out->calls[op] = sample->calls;
    }
    return !self->failed;
}

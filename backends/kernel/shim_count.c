/* shim_count.c: counts every call that passes, per op. What the reports call exact comes from here. */
#include "kernel.h"

#include <stdlib.h>
#include <string.h>

typedef struct counter {
    psb_kernel base;
    psb_count count[PSB_OPS];
    size_t logged;
    psb_counted log[PSB_COUNT_LOG];
} counter;

static psb_status count_call(psb_kernel *kernel, const psb_call *call, psb_reply *reply)
{
    counter *self = (counter *)kernel;
    psb_status status = psb_kernel_call(self->base.below, call, reply);
    psb_count *count = &self->count[call->op];
    count->entries += reply->entries;
    if (status == PSB_TOOSMALL) {
        count->retries++;
        return status;
    }
    count->calls++;
    if (status == PSB_OK)
        count->bytes += reply->len;
    else
        count->failures++;
    if (self->logged < PSB_COUNT_LOG)
        self->log[self->logged++] = (psb_counted){*call, status};
    return status;
}

static void count_close(psb_kernel *kernel)
{
    psb_kernel_close(kernel->below);
    free(kernel);
}

psb_kernel *psb_count_open(psb_kernel *below)
{
    static const psb_kernel_ops OPS = {"count", count_call, count_close};
    counter *self = calloc(1, sizeof *self);
    if (!self)
        return NULL;
    self->base = (psb_kernel){&OPS, below, below->evidence};
    return &self->base;
}

const psb_count *psb_count_read(const psb_kernel *count)
{
    return ((const counter *)count)->count;
}

void psb_count_reset(psb_kernel *count)
{
    counter *self = (counter *)count;
    memset(self->count, 0, sizeof self->count);
    self->logged = 0;
}

size_t psb_count_log(const psb_kernel *count, const psb_counted **log)
{
    const counter *self = (const counter *)count;
    *log = self->log;
    return self->logged;
}

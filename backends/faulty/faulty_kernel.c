/* faulty_kernel.c: mistakes in asking the kernel: what it refuses, and what does not fit. */
#include "faulty.h"

#include <stdio.h>
#include <stdlib.h>

enum { LOST_MAX = 4096, LOST_BYTES = 256 };

struct shim {
    psb_kernel base;
    void *lost[LOST_MAX]; /* kept, so that it can be given back when the test is over */
    size_t losts;
};

static void shim_close(psb_kernel *kernel)
{
    struct shim *self = (struct shim *)kernel;
    while (self->losts > 0)
        free(self->lost[--self->losts]);
    psb_kernel_close(kernel->below);
    free(self);
}

static void file_close(psb_kernel *kernel)
{
    struct shim *self = (struct shim *)kernel;
    while (self->losts > 0)
        fclose(self->lost[--self->losts]);
    shim_close(kernel);
}

static psb_kernel *open_over(psb_kernel *below, const psb_kernel_ops *ops)
{
    struct shim *self = calloc(1, sizeof *self);
    if (!self) {
        psb_kernel_close(below);
        return NULL;
    }
    self->base = (psb_kernel){ops, below, below->evidence};
    return &self->base;
}

static psb_status twice_call(psb_kernel *kernel, const psb_call *call, psb_reply *reply)
{
    psb_kernel_call(kernel->below, call, reply);
    return psb_kernel_call(kernel->below, call, reply);
}

psb_kernel *psb_faulty_twice(psb_kernel *below)
{
    static const psb_kernel_ops OPS = {"twice", twice_call, shim_close};
    return open_over(below, &OPS);
}

/* A small answer is asked for, and what there is room for is handed on as all of it. */
static psb_status cut_call(psb_kernel *kernel, const psb_call *call, psb_reply *reply)
{
    psb_status status = psb_kernel_call(kernel->below, call, reply);
    if (status != PSB_TOOSMALL)
        return status;
    psb_reply whole = {.buf = malloc(PSB_REPLY_MAX / 64), .cap = PSB_REPLY_MAX / 64};
    if (!whole.buf)
        return PSB_NOMEM;
    status = psb_kernel_call(kernel->below, call, &whole);
    if (status == PSB_OK) {
        reply->len = 0;
        psb_append(whole.buf, whole.len < reply->cap ? whole.len : reply->cap, reply);
    }
    free(whole.buf);
    return status;
}

psb_kernel *psb_faulty_cut(psb_kernel *below)
{
    static const psb_kernel_ops OPS = {"cut", cut_call, shim_close};
    return open_over(below, &OPS);
}

static psb_status lost_file_call(psb_kernel *kernel, const psb_call *call, psb_reply *reply)
{
    struct shim *self = (struct shim *)kernel;
    psb_status status = psb_kernel_call(kernel->below, call, reply);
    bool leaks = status == PSB_DENIED && call->op == PSB_OP_LINUX_IO && self->losts < LOST_MAX;
    FILE *file = leaks ? fopen("/dev/null", "r") : NULL;
    if (file)
        self->lost[self->losts++] = file;
    return status;
}

psb_kernel *psb_faulty_lost_file(psb_kernel *below)
{
    static const psb_kernel_ops OPS = {"lost_file", lost_file_call, file_close};
    return open_over(below, &OPS);
}

static psb_status lost_memory_call(psb_kernel *kernel, const psb_call *call, psb_reply *reply)
{
    struct shim *self = (struct shim *)kernel;
    psb_status status = psb_kernel_call(kernel->below, call, reply);
    if (status != PSB_OK && call->op == PSB_OP_NETBSD_ARGV && self->losts < LOST_MAX)
        self->lost[self->losts++] = malloc(LOST_BYTES);
    return status;
}

psb_kernel *psb_faulty_lost_memory(psb_kernel *below)
{
    static const psb_kernel_ops OPS = {"lost_memory", lost_memory_call, shim_close};
    return open_over(below, &OPS);
}

static psb_status error_is_gone_call(psb_kernel *kernel, const psb_call *call, psb_reply *reply)
{
    psb_status status = psb_kernel_call(kernel->below, call, reply);
    return status == PSB_OSERROR ? PSB_GONE : status;
}

psb_kernel *psb_faulty_error_is_gone(psb_kernel *below)
{
    static const psb_kernel_ops OPS = {"error_is_gone", error_is_gone_call, shim_close};
    return open_over(below, &OPS);
}

static psb_status denied_is_gone_call(psb_kernel *kernel, const psb_call *call, psb_reply *reply)
{
    psb_status status = psb_kernel_call(kernel->below, call, reply);
    return status == PSB_DENIED ? PSB_GONE : status;
}

psb_kernel *psb_faulty_denied_is_gone(psb_kernel *below)
{
    static const psb_kernel_ops OPS = {"denied_is_gone", denied_is_gone_call, shim_close};
    return open_over(below, &OPS);
}

/*
 * shim_delay.c: adds a stated cost to every call, or to some ops: "delay=500", "delay=linux.stat:500,linux.status:900"
 * (ns), or what stands in a file of costs. It really takes the time, so that what is above it is measured as if the
 * kernel had; figures made with it show it in the name of their kernel.
 */
#include "costs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct delay {
    psb_kernel base;
    uint64_t ns[PSB_OPS];
};

/*
 * Wall time: C11 has no other, the OS's own is behind the layer of the leaves, and a shim is for every OS. It may be
 * set while a call is delayed; that delay then ends too early or, by as much as the clock is set back, at once: the
 * difference is unsigned.
 */
static uint64_t now_ns(void)
{
    struct timespec now;
    timespec_get(&now, TIME_UTC);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static psb_status delay_call(psb_kernel *kernel, const psb_call *call, psb_reply *reply)
{
    const struct delay *self = (const struct delay *)kernel;
    uint64_t cost = self->ns[call->op], start = cost ? now_ns() : 0;
    psb_status status = psb_kernel_call(kernel->below, call, reply);
    while (cost && now_ns() - start < cost)
        ;
    return status;
}

static void delay_close(psb_kernel *kernel)
{
    psb_kernel_close(kernel->below);
    free(kernel);
}

/* "op:ns" or "ns" at *at, up to a comma or the end. */
static bool read_cost(struct delay *self, const char **at, char *why, size_t why_size)
{
    const char *start = *at, *colon;
    size_t len = strcspn(start, ",");
    char *end;
    colon = memchr(start, ':', len);
    const char *digits = colon ? colon + 1 : start;
    unsigned long long ns = strtoull(digits, &end, 10);
    bool named = !colon;
    if (*digits < '0' || *digits > '9' || end != start + len || ns > PSB_COST_MAX_NS) {
        snprintf(why, why_size, "delay: '%.*s' is not like '500' or 'linux.stat:500' (ns, at most %d)",
                 (int)len, start, PSB_COST_MAX_NS);
        return false;
    }
    for (uint32_t op = 0; op < PSB_OPS; op++) {
        const char *name = psb_op_name(op);
        bool meant =
            !colon || (strlen(name) == (size_t)(colon - start) && memcmp(name, start, strlen(name)) == 0);
        if (meant)
            self->ns[op] = ns;
        named |= meant;
    }
    if (!named)
        snprintf(why, why_size, "delay: '%.*s' is no op", (int)(colon - start), start);
    *at = start + len;
    return named;
}

/* As "500" and "linux.stat:500" are no files, a file has a slash (of Windows, too), or a dot and no colon. */
static bool is_file(const char *costs)
{
    return strpbrk(costs, "/\\") || (strchr(costs, '.') && !strchr(costs, ':'));
}

static bool read_costs(struct delay *self, const char *costs, const char *port, char *why, size_t why_size)
{
    psb_costs measured;
    if (is_file(costs)) {
        bool good = psb_costs_read(costs, port, &measured, why, why_size);
        if (good)
            memcpy(self->ns, measured.ns, sizeof self->ns);
        return good;
    }
    for (; read_cost(self, &costs, why, why_size); costs++)
        if (*costs == '\0')
            return true;
    return false;
}

psb_kernel *psb_delay_open(psb_kernel *below, const char *port, const char *costs, char *why, size_t why_size)
{
    static const psb_kernel_ops OPS = {"delay", delay_call, delay_close};
    struct delay *self = calloc(1, sizeof *self);
    if (!self) {
        snprintf(why, why_size, "out of memory");
        return NULL;
    }
    self->base = (psb_kernel){&OPS, below, below->evidence};
    if (read_costs(self, costs, port, why, why_size))
        return &self->base;
    free(self);
    return NULL;
}

#include "sides.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void psb_pass_run(void *argument)
{
    const psb_pass *pass = argument;
    psb_snapshot *snapshot;
    psb_value value;
    for (size_t p = 0; p < pass->pids;) {
        if (pass->backend->ops->begin(pass->backend, pass->span, &snapshot) != PSB_OK)
            return;
        do
            for (size_t i = 0; i < pass->fields; i++)
                psb_get(snapshot, pass->pid[p], pass->field[i], &value);
        while (++p < pass->pids && pass->span == PSB_SPAN_SWEEP);
        pass->backend->ops->end(snapshot);
    }
}

void psb_bare_pass_run(void *argument)
{
    psb_bare_pass *pass = argument;
    for (size_t i = 0; i < pass->count; i++)
        pass->bare[i].run(&pass->bare[i]);
}

const char *psb_side_name(psb_which which)
{
    static const char *const NAME[PSB_WHICH] = {"uncached", "cached", "null", "bare_uncached", "bare_cached"};
    return NAME[which];
}

/* Turns the calls that a pass makes into bare ones. False: one of them has no bare form. */
static bool bare_of_log(const psb_counted *log, size_t count, psb_bare_pass *out)
{
    out->bare = calloc(count + !count, sizeof *out->bare);
    if (!out->bare || count == 0 || count == PSB_COUNT_LOG)
        return false;
    for (; out->count < count; out->count++)
        if (!psb_native_leaf.bare(&log[out->count].call, &out->bare[out->count]))
            return false;
    return true;
}

static bool bare_of(const psb_cell *cell, psb_variant variant, psb_pass pass, psb_bare_pass *out)
{
    char stack[80], why[256];
    const psb_counted *log;
    snprintf(stack, sizeof stack, "count+%s", cell->kernel);
    psb_backend *backend = psb_open(cell->port, variant, stack, cell->world, why, sizeof why);
    if (!backend)
        return false;
    psb_kernel *counter = psb_kernel_find(psb_port_kernel(backend), "count");
    psb_count_reset(counter);
    pass.backend = backend;
    psb_pass_run(&pass);
    size_t count = psb_count_log(counter, &log);
    bool good = bare_of_log(log, count, out);
    for (uint32_t op = 0; op < PSB_OPS; op++) /* what does not fit at once is more than one bare call */
        good &= psb_count_read(counter)[op].retries == 0;
    backend->ops->close(backend);
    return good;
}

bool psb_sides_open(const psb_cell *cell, psb_pid pid, const psb_field *field, size_t fields, psb_sides *out,
                    char *why, size_t why_size)
{
    *out = (psb_sides){.count = PSB_SIDE_BARE_UNCACHED, .pid = pid};
    psb_backend *backend[] = {psb_open(cell->port, PSB_UNCACHED, cell->kernel, cell->world, why, why_size),
                              psb_open(cell->port, PSB_CACHED, cell->kernel, cell->world, why, why_size),
                              psb_null_open()};
    for (psb_which which = 0; which < PSB_SIDE_BARE_UNCACHED; which++) {
        out->pass[which] = (psb_pass){backend[which], PSB_SPAN_PROCESS, &out->pid, 1, field, fields};
        out->side[which] = (psb_side){psb_side_name(which), psb_pass_run, &out->pass[which]};
    }
    if (!backend[0] || !backend[1] || !backend[2]) {
        psb_sides_close(out);
        return false;
    }
    if (strcmp(cell->kernel, "native") == 0 && bare_of(cell, PSB_UNCACHED, out->pass[0], &out->bare[0]) &&
        bare_of(cell, PSB_CACHED, out->pass[0], &out->bare[1]))
        out->count = PSB_WHICH;
    for (int i = 0; i < PSB_VARIANTS; i++) {
        psb_which which = (psb_which)(PSB_SIDE_BARE_UNCACHED + i);
        out->side[which] = (psb_side){psb_side_name(which), psb_bare_pass_run, &out->bare[i]};
    }
    return true;
}

void psb_sides_close(psb_sides *sides)
{
    for (int i = 0; i < PSB_SIDE_BARE_UNCACHED; i++)
        if (sides->pass[i].backend)
            sides->pass[i].backend->ops->close(sides->pass[i].backend);
    for (int i = 0; i < PSB_VARIANTS; i++)
        free(sides->bare[i].bare);
    *sides = (psb_sides){0};
}

#include "sides.h"

#include "host.h"
#include "slow_backend.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void psb_pass_run(void *argument)
{
    const psb_pass *pass = argument;
    const psb_question *question = &pass->question;
    psb_snapshot *snapshot;
    psb_value value;
    for (size_t p = 0; p < question->pids;) {
        if (pass->backend->ops->begin(pass->backend, question->span, &snapshot) != PSB_OK)
            return;
        do
            for (size_t i = 0; i < question->fields; i++)
                psb_get(snapshot, question->pid[p], question->field[i], &value);
        while (++p < question->pids && question->span == PSB_SPAN_SWEEP);
        pass->backend->ops->end(snapshot);
        psb_host_beats++;
    }
}

/* The port keeps the time of these passes itself. 0: it could not. */
static double repeated(void *argument, size_t warm, size_t passes)
{
    const psb_pass *pass = argument;
    uint64_t ns;
    return pass->whole->repeat(pass->backend, &pass->question, warm, passes, &ns) ? (double)ns : 0;
}

psb_side psb_pass_side(const char *name, psb_pass *pass)
{
    bool keeps_time = pass->whole && pass->whole->repeat;
    return (psb_side){name, psb_pass_run, pass, keeps_time ? repeated : NULL};
}

void psb_bare_pass_run(void *argument)
{
    psb_bare_pass *pass = argument;
    for (size_t i = 0; i < pass->count; i++)
        pass->bare[i].run(&pass->bare[i]);
}

const char *psb_side_name(psb_which which)
{
    static const char *const NAME[PSB_WHICH] = {"uncached", "cached",        "null",
                                                "ours",     "bare_uncached", "bare_cached"};
    return NAME[which];
}

/* Turns the calls that a pass makes into bare ones. False: one of them has no bare form. */
static bool bare_of_log(const psb_native *native, const psb_counted *log, size_t count, psb_bare_pass *out)
{
    out->bare = calloc(count + !count, sizeof *out->bare);
    if (!out->bare || count == 0 || count == PSB_COUNT_LOG)
        return false;
    for (; out->count < count; out->count++)
        if (!native->bare(&log[out->count].call, &out->bare[out->count]))
            return false;
    return true;
}

static bool bare_of(const psb_cell *cell, psb_variant variant, psb_pass pass, psb_bare_pass *out)
{
    char stack[PSB_STACK_ROOM], why[256];
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
    bool good = bare_of_log(psb_port_native(cell->port), log, count, out);
    for (uint32_t op = 0; op < PSB_OPS; op++) /* what does not fit at once is more than one bare call */
        good &= psb_count_read(counter)[op].retries == 0;
    backend->ops->close(backend);
    return good;
}

/* The port of this machine's OS, if it answers all of the fields; NULL otherwise. */
static psb_backend *open_ours(const psb_field *field, size_t fields, char *why, size_t why_size)
{
    const psb_port *ours = psb_native_leaf.port ? psb_port_named(psb_native_leaf.port) : NULL;
    for (size_t i = 0; ours && i < fields; i++)
        if (!psb_port_has(ours, field[i]))
            ours = NULL;
    return ours ? psb_open(ours, PSB_CACHED, "native", NULL, why, why_size) : NULL;
}

static bool open_backends(const psb_cell *cell, psb_sides *sides, char *why, size_t why_size)
{
    const psb_question *question = &sides->pass[PSB_SIDE_NULL].question;
    for (psb_variant v = PSB_UNCACHED; v < PSB_VARIANTS; v++)
        if (psb_port_has_variant(cell->port, v)) {
            sides->pass[v].backend = psb_open(cell->port, v, cell->kernel, cell->world, why, why_size);
            sides->pass[v].whole = cell->port->whole;
            if (sides->pass[v].backend && cell->method_ns > 0)
                sides->pass[v].backend =
                    psb_slow_open(sides->pass[v].backend, (uint64_t)cell->method_ns, psb_slow_spin, NULL);
            if (!sides->pass[v].backend)
                return false;
        }
    sides->pass[PSB_SIDE_NULL].backend = psb_null_open();
    if (cell->port->whole && cell->port->whole->evidence == PSB_EVIDENCE_NATIVE)
        sides->pass[PSB_SIDE_OURS].backend = open_ours(question->field, question->fields, why, why_size);
    return sides->pass[PSB_SIDE_NULL].backend != NULL;
}

bool psb_sides_open(const psb_cell *cell, psb_pid pid, const psb_field *field, size_t fields, psb_sides *out,
                    char *why, size_t why_size)
{
    *out = (psb_sides){.pid = pid};
    for (psb_which which = 0; which < PSB_SIDE_BARE_UNCACHED; which++)
        out->pass[which].question = (psb_question){PSB_SPAN_PROCESS, &out->pid, 1, field, fields};
    if (!open_backends(cell, out, why, why_size)) {
        psb_sides_close(out);
        return false;
    }
    for (psb_which which = 0; which < PSB_SIDE_BARE_UNCACHED; which++)
        if (out->pass[which].backend)
            out->side[out->count++] = psb_pass_side(psb_side_name(which), &out->pass[which]);
    out->bare_too = strcmp(cell->kernel, "native") == 0 &&
                    bare_of(cell, PSB_UNCACHED, out->pass[0], &out->bare[0]) &&
                    bare_of(cell, PSB_CACHED, out->pass[0], &out->bare[1]);
    for (int i = 0; out->bare_too && i < PSB_VARIANTS; i++)
        out->side[out->count++] = (psb_side){psb_side_name((psb_which)(PSB_SIDE_BARE_UNCACHED + i)),
                                             psb_bare_pass_run, &out->bare[i], NULL};
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

const char *psb_sides_trouble(const psb_cell *cell, const psb_sides *sides)
{
    const char *trouble = NULL;
    for (psb_variant v = PSB_UNCACHED; v < PSB_VARIANTS && !trouble; v++)
        if (sides->pass[v].backend)
            trouble = psb_trouble_of(cell->port, sides->pass[v].backend);
    return trouble;
}

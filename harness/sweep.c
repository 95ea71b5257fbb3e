/* sweep.c: counts and times the sides of a sweep. */
#include "sweep.h"

#include "progress.h"
#include "starts.h"

#include <stdio.h>
#include <stdlib.h>

static const struct {
    const char *name;
    psb_variant variant;
    psb_span span;
} SIDE[PSB_SWEEP_SIDES] = {
    {"uncached", PSB_UNCACHED, PSB_SPAN_PROCESS},
    {"cached", PSB_CACHED, PSB_SPAN_PROCESS},
    {"sweep", PSB_CACHED, PSB_SPAN_SWEEP},
};

bool psb_sweep_open(const psb_cell *cell, const char *kernel, const psb_crowd *crowd, psb_sweep_sides *out,
                    char *why, size_t why_size)
{
    snprintf(why, why_size, "out of memory");
    *out = (psb_sweep_sides){.pid = malloc(crowd->count * sizeof *out->pid)};
    for (size_t i = 0; out->pid && i < crowd->count; i++)
        out->pid[i] = crowd->specimen[i].pid;
    bool good = out->pid != NULL;
    for (int i = 0; i < PSB_SWEEP_SIDES && good; i++) {
        psb_backend *backend = psb_open(cell->port, SIDE[i].variant, kernel, cell->world, why, why_size);
        out->pass[i] =
            (psb_pass){backend,
                       cell->port->whole,
                       {SIDE[i].span, out->pid, crowd->count, cell->fields.field, cell->fields.count}};
        out->side[i] = psb_pass_side(SIDE[i].name, &out->pass[i]);
        good = backend != NULL;
    }
    if (!good)
        psb_sweep_close(out);
    return good;
}

void psb_sweep_close(psb_sweep_sides *sides)
{
    for (int i = 0; i < PSB_SWEEP_SIDES; i++)
        if (sides->pass[i].backend)
            sides->pass[i].backend->ops->close(sides->pass[i].backend);
    free(sides->pid);
    *sides = (psb_sweep_sides){0};
}

/* In one snapshot what tells of every process is read once, and what stands in a table is read there. */
static bool tables_are_read_once(const psb_port *port, const psb_count *count)
{
    bool once = true;
    for (size_t i = 0; i < port->sources; i++) {
        const psb_source *source = &port->source[i];
        if (source->scope == PSB_SCOPE_SYSTEM)
            once &= count[source->op].calls <= 1;
        if (source->table)
            once &= count[source->op].calls == 0;
    }
    return once;
}

json_t *psb_sweep_count(const psb_cell *cell, const psb_crowd *crowd, char *why, size_t why_size)
{
    char stack[PSB_STACK_ROOM];
    psb_sweep_sides sides;
    bool as_declared = true;
    snprintf(stack, sizeof stack, "count+%s", cell->kernel);
    if (!psb_sweep_open(cell, stack, crowd, &sides, why, why_size))
        return NULL;
    json_t *result = json_object();
    for (int i = 0; i < PSB_SWEEP_SIDES; i++) {
        psb_kernel *counter = psb_kernel_find(psb_port_kernel(sides.pass[i].backend), "count");
        psb_count_reset(counter);
        psb_pass_run(&sides.pass[i]);
        const psb_count *count = psb_count_read(counter);
        json_t *table = psb_count_table(cell->port, count, NULL);
        if (SIDE[i].span == PSB_SPAN_SWEEP && !tables_are_read_once(cell->port, count))
            json_object_set_new(table, "as_declared", json_false());
        as_declared &= json_is_true(json_object_get(table, "as_declared"));
        json_object_set_new(result, SIDE[i].name, table);
    }
    json_object_set_new(result, "as_declared", json_boolean(as_declared));
    psb_sweep_close(&sides);
    return result;
}

static json_t *of_starts(const psb_starts *starts, size_t processes, double seconds)
{
    json_t *result = json_object();
    for (int i = 0; i < PSB_SWEEP_SIDES; i++)
        json_object_set_new(
            result, SIDE[i].name,
            json_pack("{s:f}", "process_ns", psb_starts_ns(starts, SIDE[i].name) / (double)processes));
    json_object_set_new(result, "speedup", psb_starts_ratio(starts, "uncached", "cached"));
    json_object_set_new(result, "sweep_speedup", psb_starts_ratio(starts, "cached", "sweep"));
    json_object_set_new(result, "whole_speedup", psb_starts_ratio(starts, "uncached", "sweep"));
    json_object_set_new(result, "starts", json_integer((json_int_t)starts->starts));
    json_object_set_new(result, "seconds_per_start", json_real(seconds));
    json_object_set_new(result, "blocks", json_integer((json_int_t)starts->blocks));
    return result;
}

json_t *psb_sweep_time(const psb_cell *cell, const psb_effort *effort, size_t processes, char *why,
                       size_t why_size)
{
    char number[32];
    psb_starts starts;
    double seconds = psb_seconds_of(cell, effort->seconds);
    snprintf(number, sizeof number, "%zu", processes);
    const char *const more[] = {"--sweep", "--processes", number, NULL};
    if (!psb_cell_starts(cell, effort, cell->world ? (const char *const[]){"--sweep", NULL} : more, &starts,
                         why, why_size))
        return NULL;
    json_t *result = of_starts(&starts, processes, seconds);
    psb_starts_free(&starts);
    return result;
}

/* command_slices.c: one start of a measurement, in a process of its own; prints its slices as JSON. */
#include "commands.h"

#include "diagnose.h"
#include "honesty.h"
#include "host.h"
#include "plan.h"
#include "sides.h"
#include "starts.h"
#include "sweep.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int measure(const psb_side *side, size_t sides, const psb_args *args)
{
    psb_slices slices;
    if (!psb_slices_run(side, sides, args->seconds, (uint64_t)args->seed, &slices))
        return psb_fail(PSB_EXIT_USAGE, "out of memory, or a side that cannot be timed");
    json_t *output = psb_slices_json(side, sides, &slices);
    psb_slices_free(&slices);
    int failed = json_dumpf(output, stdout, JSON_COMPACT | JSON_REAL_PRECISION(9));
    json_decref(output);
    return failed ? psb_fail(PSB_EXIT_USAGE, "cannot print the slices") : PSB_EXIT_GOOD;
}

static int by_pid(const void *a, const void *b)
{
    psb_pid x = *(const psb_pid *)a, y = *(const psb_pid *)b;
    return (x > y) - (x < y);
}

/* Its slices are worth nothing if a process ended while they were taken. */
static bool are_there(const psb_cell *cell, const psb_crowd *crowd)
{
    char why[512];
    psb_pidlist list = {0};
    psb_backend *backend = psb_open(cell->port, PSB_CACHED, cell->kernel, cell->world, why, sizeof why);
    bool there = backend && backend->ops->pids(backend, &list) == PSB_OK;
    for (size_t i = 0; there && i < crowd->count; i++)
        there = bsearch(&crowd->specimen[i].pid, list.pid, list.count, sizeof *list.pid, by_pid) != NULL;
    psb_pidlist_free(&list);
    if (backend)
        backend->ops->close(backend);
    return there;
}

static int slices_of_process(const psb_args *args, const psb_cell *cell, psb_pid pid)
{
    psb_sides sides;
    char why[512];
    if (!psb_sides_open(cell, pid, cell->fields.field, cell->fields.count, &sides, why, sizeof why))
        return psb_fail(PSB_EXIT_USAGE, "%s", why);
    int code = measure(sides.side, sides.count, args);
    const char *trouble = psb_sides_trouble(cell, &sides);
    if (trouble)
        code = psb_fail(PSB_EXIT_USAGE, "%s", trouble);
    psb_sides_close(&sides);
    return code;
}

static int slices_of_sweep(const psb_args *args, const psb_cell *cell, const psb_crowd *crowd)
{
    psb_sweep_sides sides;
    char why[512];
    if (!psb_sweep_open(cell, cell->kernel, crowd, &sides, why, sizeof why))
        return psb_fail(PSB_EXIT_USAGE, "%s", why);
    int code = measure(sides.side, PSB_SWEEP_SIDES, args);
    psb_sweep_close(&sides);
    return code;
}

static int slices_of_cell(const psb_args *args, const psb_cell *cell)
{
    psb_crowd crowd;
    char why[512];
    if (!psb_cell_start(cell, &crowd, why, sizeof why))
        return psb_fail(PSB_EXIT_USAGE, "%s", why);
    int code = cell->ask == PSB_ASK_SWEEP ? slices_of_sweep(args, cell, &crowd)
                                          : slices_of_process(args, cell, crowd.specimen[0].pid);
    if (code == PSB_EXIT_GOOD && !are_there(cell, &crowd))
        code = PSB_EXIT_INCONCLUSIVE;
    psb_crowd_stop(&crowd);
    return code;
}

int psb_command_slices(const psb_args *args)
{
    psb_plan plan;
    psb_honesty honesty;
    psb_host_end_with_parent();
    if (!args->fields)
        return psb_honesty_open(&honesty)
                   ? measure(honesty.side, PSB_HONESTY_SIDES, args)
                   : psb_fail(PSB_EXIT_USAGE, "this system has no native kernel to measure");
    int code = psb_plan_make(args, &plan);
    if (code != PSB_EXIT_GOOD)
        return code;
    code = slices_of_cell(args, &plan.cell[0]);
    psb_plan_free(&plan);
    return code;
}

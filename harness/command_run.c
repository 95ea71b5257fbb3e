/* command_run.c: measures the cells of the plan, writes the results and prints them. */
#include "commands.h"

#include "crowd.h"
#include "diagnose.h"
#include "host.h"
#include "instrument.h"
#include "plan.h"
#include "progress.h"
#include "results.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int measure(const psb_plan *plan, const psb_effort *effort, json_t *results)
{
    char why[512];
    int code = PSB_EXIT_GOOD;
    uint64_t start = psb_host_now_ns();
    size_t measured = 0;
    for (size_t i = 0; i < plan->cells; i++) {
        psb_progress("cell %zu of %zu", i + 1, plan->cells);
        json_t *cell = psb_cell_run(&plan->cell[i], effort, &code, why, sizeof why);
        psb_progress_clear();
        if (!cell)
            return psb_fail(PSB_EXIT_USAGE, "%s %s: %s", plan->cell[i].scenario, plan->cell[i].population,
                            why);
        measured += strcmp(json_string_value(json_object_get(cell, "state")), "skipped") != 0;
        json_array_append_new(json_object_get(results, "cells"), cell);
    }
    if (!effort->check_only && code == PSB_EXIT_GOOD && measured > 0) {
        psb_specimen self;
        psb_progress("the instrument");
        if (!psb_population_named("self")->start(&self, why, sizeof why))
            return psb_fail(PSB_EXIT_USAGE, "%s", why);
        json_t *instrument =
            psb_instrument(plan->cell[0].port, plan->cell[0].kernel, plan->cell[0].world,
                           plan->cell[0].world ? plan->cell[0].pid : self.pid, why, sizeof why);
        psb_progress_clear();
        if (instrument)
            json_object_set_new(results, "instrument", instrument);
    }
    json_object_set_new(results, "seconds", json_real((double)(psb_host_now_ns() - start) / 1e9));
    return measured == 0 && code == PSB_EXIT_GOOD ? PSB_EXIT_INCONCLUSIVE : code;
}

static int run(const psb_args *args, const psb_plan *plan)
{
    psb_effort effort = {.check_only = args->check_only,
                         .starts = args->starts,
                         .seconds = args->seconds > 0 ? args->seconds : 0.3,
                         .seed = args->seed ? (uint64_t)args->seed : psb_host_now_ns() % 1000003};
    psb_crowd crowd;
    char why[300];
    json_t *results = psb_results_open(args, &effort);
    if (!results)
        return psb_fail(PSB_EXIT_USAGE, "out of memory");
    if (!effort.check_only)
        psb_results_warn(results);
    if (!psb_crowd_start(psb_population_named("child"), (size_t)args->crowd, &crowd, why, sizeof why)) {
        json_decref(results);
        return psb_fail(PSB_EXIT_USAGE, "--crowd: %s", why);
    }
    int code = measure(plan, &effort, results);
    psb_crowd_stop(&crowd);
    if (code != PSB_EXIT_USAGE) {
        if (!psb_results_save(args, results))
            code = PSB_EXIT_USAGE;
        if (args->format && strcmp(args->format, "json") == 0)
            psb_result_write(results, stdout);
        else
            psb_report_text(results, args->details || args->check_only, stdout);
    }
    json_decref(results);
    return code;
}

/* A process that was named and is not there is a wrong word on the command line. */
static int pid_is_there(const psb_args *args, const psb_plan *plan)
{
    psb_crowd crowd;
    char reason[300];
    if (!args->pid)
        return PSB_EXIT_GOOD;
    if (!psb_cell_start(&plan->cell[0], &crowd, reason, sizeof reason))
        return psb_fail(PSB_EXIT_USAGE, "--pid: %s", reason);
    psb_crowd_stop(&crowd);
    return PSB_EXIT_GOOD;
}

int psb_command_run(const psb_args *args)
{
    psb_plan plan;
    if (args->format && strcmp(args->format, "json") != 0 && strcmp(args->format, "text") != 0)
        return psb_fail(PSB_EXIT_USAGE, "--format: '%s' is not text or json", args->format);
    int code = psb_plan_make(args, &plan);
    if (code != PSB_EXIT_GOOD)
        return code;
    code = pid_is_there(args, &plan);
    if (code == PSB_EXIT_GOOD)
        code = psb_results_can_save("--out", args->out) ? run(args, &plan) : PSB_EXIT_USAGE;
    psb_plan_free(&plan);
    return code;
}

/* command_torture.c: every call of a snapshot fails once, in every way; a row for each process asked about. */
#include "commands.h"

#include "diagnose.h"
#include "plan.h"
#include "population.h"
#include "torture.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* ---- whom to ask about in a world: one of each sort that a port may take another way for ---- */

static bool is_ordinary(const psb_process *process)
{
    return process->ppid != 0 && process->terminal >= 0 && process->threads > 1 && process->uid[0] != 0 &&
           process->state == PSB_STATE_SLEEPING;
}

static bool is_zombie(const psb_process *process)
{
    return process->state == PSB_STATE_ZOMBIE;
}

static bool is_kernels(const psb_process *process)
{
    return process->is_kernel;
}

static const struct {
    const char *name;
    bool (*is)(const psb_process *);
} SORT[] = {{"ordinary", is_ordinary}, {"zombie", is_zombie}, {"kernel's own", is_kernels}};
enum { SORTS = sizeof SORT / sizeof *SORT };

static const psb_process *first_of(const psb_world *world, int sort)
{
    for (size_t i = 0; i < world->count; i++)
        if (SORT[sort].is(&world->process[i]))
            return &world->process[i];
    return NULL;
}

/* ---- one process ---- */

struct sum {
    uint64_t violations, tortured, faults;
    bool failed, no_files, no_bytes;
};

static void choose_ways(const psb_args *args, bool way[PSB_WAYS])
{
    const char *variant = args->variant;
    bool cached = variant && strcmp(variant, "cached") == 0;
    way[PSB_WAY_UNCACHED] = variant ? !cached : !args->sweep;
    way[PSB_WAY_CACHED] = variant ? cached && !args->sweep : !args->sweep;
    way[PSB_WAY_SWEEP] = variant ? cached && args->sweep : true;
}

/* What chooses the same again, but for port, kernel and variant. */
static void note_again(const psb_args *args, const psb_torture *torture, const char *population, char *out,
                       size_t size)
{
    size_t len = population ? (size_t)snprintf(out, size, " --population %s", population)
                            : (size_t)snprintf(out, size, " --pid %" PRId64, torture->pid);
    if (args->world && len < size)
        len += (size_t)snprintf(out + len, size - len, " --world %s", args->world);
    if (args->fields && len < size)
        snprintf(out + len, size - len, " --fields %s", args->fields);
}

static void print_row(const psb_torture *torture, const char *who, const psb_tortured *done)
{
    char calls[64] = "";
    size_t len = 0;
    for (psb_way way = 0; way < PSB_WAYS; way++)
        if (torture->way[way] && len < sizeof calls)
            len += (size_t)snprintf(calls + len, sizeof calls - len, "%s%" PRIu64, len ? "/" : "",
                                    done->calls[way]);
    printf("%-8s %-8s %-16s %10s %8" PRIu64 " %9" PRIu64 " %10" PRIu64 "\n", torture->port->name,
           torture->kernel, who, calls, done->faults, done->answers, done->violations);
    fflush(stdout);
}

/* Do kernel and fault open? Said before anything is printed. */
static bool opens(const psb_torture *torture)
{
    char stack[PSB_STACK_ROOM], why[256] = "";
    snprintf(stack, sizeof stack, "fault=%s+%s", torture->only ? torture->only : "1:eio", torture->kernel);
    psb_kernel *kernel = psb_open_kernel(torture->port, stack, torture->world, why, sizeof why);
    if (!kernel)
        psb_say("torture: %s", why);
    psb_kernel_close(kernel);
    return kernel != NULL;
}

static void torture_one(const psb_args *args, const psb_torture *torture, const char *who,
                        const char *population, struct sum *sum)
{
    char why[256], again[300];
    psb_torture one = *torture;
    psb_tortured done;
    note_again(args, torture, population, again, sizeof again);
    one.again = again;
    if (!opens(&one)) {
        sum->failed = true;
        return;
    }
    if (sum->tortured == 0)
        printf("%-8s %-8s %-16s %10s %8s %9s %10s\n", "port", "kernel", "process", "calls", "faults",
               "answers", "violations");
    if (!psb_torture_run(&one, &done, why, sizeof why)) {
        psb_say("torture: %s: %s", torture->port->name, why);
        sum->failed = true;
        return;
    }
    print_row(&one, who, &done);
    sum->tortured++;
    sum->violations += done.violations;
    sum->faults += done.faults;
    sum->no_files |= !done.counts_files;
    sum->no_bytes |= !done.counts_bytes;
}

/* ---- one port ---- */

static void torture_population(const psb_args *args, psb_torture *torture, struct sum *sum)
{
    const char *name = args->population ? args->population : "child";
    const psb_population *population = psb_population_named(name);
    psb_specimen specimen;
    char why[256];
    if (!population->start(&specimen, why, sizeof why)) {
        psb_say("--population: %s: %s", name, why);
        sum->failed = true;
    } else {
        torture->pid = specimen.pid;
        torture_one(args, torture, name, name, sum);
        population->stop(&specimen);
    }
}

static void torture_world(const psb_args *args, psb_torture *torture, struct sum *sum)
{
    for (int sort = 0; sort < SORTS && !sum->failed; sort++) {
        const psb_process *process = first_of(torture->world, sort);
        if (!process)
            continue;
        torture->pid = process->pid;
        torture_one(args, torture, SORT[sort].name, NULL, sum);
    }
}

/* Of a process that is not listed nothing is right that could be compared with. */
static bool read_pid(const psb_args *args, psb_torture *torture)
{
    psb_crowd crowd;
    char reason[300];
    if (!psb_plan_pid(args->pid, &torture->pid) || !opens(torture))
        return false;
    const psb_cell cell = {.port = torture->port,
                           .kernel = torture->kernel,
                           .world = torture->world,
                           .population = "pid",
                           .pid = torture->pid};
    if (!psb_cell_start(&cell, &crowd, reason, sizeof reason)) {
        psb_say("--pid: %s", reason);
        return false;
    }
    psb_crowd_stop(&crowd);
    return true;
}

static void torture_port(const psb_args *args, const psb_port *port, struct sum *sum)
{
    psb_torture torture = {.port = port, .kernel = psb_plan_kernel(args->kernel, port), .only = args->only};
    psb_world *world;
    choose_ways(args, torture.way);
    sum->failed |= !psb_plan_fields(args->fields ? args->fields : "all", port, &torture.fields) ||
                   !psb_plan_world(args->world, torture.kernel, &world);
    if (sum->failed)
        return;
    torture.world = world;
    if (args->pid && read_pid(args, &torture))
        torture_one(args, &torture, "given", NULL, sum);
    else if (args->pid)
        sum->failed = true;
    else if (world && !args->population)
        torture_world(args, &torture, sum);
    else if (!world)
        torture_population(args, &torture, sum);
    psb_world_free(world);
}

/* ---- the command ---- */

static bool is_sensible(const psb_args *args)
{
    const psb_port *port;
    if (args->port && !psb_plan_port(args->port, &port))
        return false;
    if (args->port && port->whole)
        psb_say("torture: port %s is whole: it asks no kernel that could fail", port->name);
    else if (args->pid && args->population)
        psb_say("--population and --pid exclude each other");
    else if (args->variant && strcmp(args->variant, "cached") != 0 && strcmp(args->variant, "uncached") != 0)
        psb_say("--variant: '%s' is neither uncached nor cached", args->variant);
    else if (args->variant && args->sweep && strcmp(args->variant, "cached") != 0)
        psb_say("--sweep: only the cached variant sweeps");
    else if (args->population && !psb_population_named(args->population))
        psb_say("--population: '%s' is none; see 'psbench list populations'", args->population);
    else
        return true;
    return false;
}

int psb_command_torture(const psb_args *args)
{
    struct sum sum = {0};
    if (!is_sensible(args))
        return PSB_EXIT_USAGE;
    for (size_t i = 0; psb_port_at(i) && !sum.failed; i++)
        if (!args->port || strcmp(args->port, psb_port_at(i)->name) == 0)
            torture_port(args, psb_port_at(i), &sum);
    if (sum.failed)
        return PSB_EXIT_USAGE;
    if (args->population && sum.tortured == 0)
        return psb_fail(PSB_EXIT_USAGE, "--population: a world has none; use --pid");
    if (args->only && sum.faults == 0)
        return psb_fail(PSB_EXIT_USAGE, "--only: %s: that call was never made", args->only);
    if (sum.no_files || sum.no_bytes)
        printf("not counted on this system: %s%s%s\n", sum.no_files ? "open files" : "",
               sum.no_files && sum.no_bytes ? ", " : "", sum.no_bytes ? "allocated memory" : "");
    return sum.violations ? PSB_EXIT_FAILED : PSB_EXIT_GOOD;
}

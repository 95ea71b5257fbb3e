/* command_record.c: writes a trace of what a kernel answers, to be played back elsewhere with --kernel
 * replay=FILE. */
#include "commands.h"

#include "diagnose.h"
#include "host.h"
#include "plan.h"
#include "trace.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One line about the machine: its system, as doctor tells it. */
static void machine_line(char *out, size_t size)
{
    psb_host_fact facts[PSB_HOST_FACTS_MAX];
    size_t count = psb_host_facts(facts);
    snprintf(out, size, "not known");
    for (size_t i = 0; i < count; i++)
        if (strcmp(facts[i].name, "system") == 0 && facts[i].value[0])
            snprintf(out, size, "%s", facts[i].value);
}

/* Every field of every process, and the list of them. */
static bool ask_everything(psb_backend *backend, const psb_args *args, const psb_fields *fields)
{
    psb_pidlist list;
    psb_value value;
    psb_pid only = -1;
    if (args->pid && strcmp(args->pid, "all") != 0 && !psb_plan_pid(args->pid, &only))
        return false;
    bool good = backend->ops->pids(backend, &list) == PSB_OK;
    for (size_t i = 0; good && i < list.count; i++) {
        psb_snapshot *snapshot;
        if (only >= 0 && list.pid[i] != only)
            continue;
        good = backend->ops->begin(backend, PSB_SPAN_PROCESS, &snapshot) == PSB_OK;
        for (size_t f = 0; good && f < fields->count; f++)
            psb_get(snapshot, list.pid[i], fields->field[f], &value);
        if (good)
            backend->ops->end(snapshot);
    }
    if (!good)
        psb_say("the processes cannot be listed");
    psb_pidlist_free(&list);
    return good;
}

static bool record(const psb_args *args, const psb_port *port, const psb_fields *fields, psb_kernel *below,
                   FILE *file, long *calls)
{
    char machine[200];
    psb_backend *backend;
    machine_line(machine, sizeof machine);
    psb_kernel *recorder = psb_record_open(below, file, port->name, machine);
    if (!recorder || psb_port_open(port, PSB_CACHED, recorder, &backend) != PSB_OK) {
        if (!recorder)
            psb_kernel_close(below);
        psb_say("out of memory");
        return false;
    }
    bool good = ask_everything(backend, args, fields);
    *calls = psb_record_finish(recorder);
    backend->ops->close(backend);
    if (good && *calls < 0)
        psb_say("--out: %s: the trace cannot be written, or is too large", args->out);
    return good && *calls >= 0;
}

int psb_command_record(const psb_args *args)
{
    const psb_port *port;
    psb_fields fields;
    psb_world *world;
    psb_output out;
    char why[4400];
    long calls = 0;
    if (!args->out)
        return psb_fail(PSB_EXIT_USAGE, "record: needs --out FILE");
    if (!psb_plan_port(args->port, &port) ||
        !psb_plan_fields(args->fields ? args->fields : "all", port, &fields))
        return PSB_EXIT_USAGE;
    const char *spec = psb_plan_kernel(args->kernel, port);
    if (!psb_plan_world(args->world, spec, &world))
        return PSB_EXIT_USAGE;
    psb_kernel *kernel = psb_open_kernel(port, spec, world, why, sizeof why);
    bool good = kernel != NULL;
    if (!good)
        psb_say("--kernel: %s", why);
    if (good && !psb_host_create(args->out, &out, why, sizeof why)) {
        psb_say("--out: %s", why);
        psb_kernel_close(kernel);
        good = false;
    } else if (good) {
        good = record(args, port, &fields, kernel, out.file, &calls);
        if (!good)
            psb_host_discard(&out);
        else if (!(good = psb_host_publish(&out, why, sizeof why)))
            psb_say("--out: %s", why);
    }
    psb_world_free(world);
    if (good)
        printf("%ld calls of port %s, kernel %s, in %s\n", calls, port->name, spec, args->out);
    return good ? PSB_EXIT_GOOD : PSB_EXIT_USAGE;
}

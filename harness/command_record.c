/* command_record.c: writes a trace of what a kernel answers, to be played back elsewhere with --kernel
 * replay=FILE, and what its calls took, to be added to calls elsewhere with --kernel delay=FILE. */
#include "commands.h"

#include "costs.h"
#include "describe.h"
#include "diagnose.h"
#include "host.h"
#include "plan.h"
#include "trace.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One line about the machine that is asked: its system, as doctor tells it; "sim on Linux ..." if another kernel
 * than its own answers. */
static void machine_line(psb_evidence evidence, char *out, size_t size)
{
    psb_host_fact facts[PSB_HOST_FACTS_MAX];
    size_t count = psb_host_facts(facts);
    bool native = evidence == PSB_EVIDENCE_NATIVE;
    snprintf(out, size, "not known");
    for (size_t i = 0; i < count; i++)
        if (strcmp(facts[i].name, "system") == 0 && facts[i].value[0])
            snprintf(out, size, "%s%s%s", native ? "" : psb_evidence_name(evidence), native ? "" : " on ",
                     facts[i].value);
}

/* What --redact says, as bits of psb_text; false: it names something else. */
static bool read_kinds(const char *list, uint32_t *out)
{
    *out = *list ? 0 : (1u << PSB_TEXTS) - 1;
    while (*list) {
        size_t len = strcspn(list, ",");
        psb_text kind = 0;
        while (kind < PSB_TEXTS &&
               (strlen(psb_text_name(kind)) != len || memcmp(psb_text_name(kind), list, len) != 0))
            kind++;
        if (kind == PSB_TEXTS) {
            psb_say("--redact: '%.*s' is not names, arguments or paths", (int)len, list);
            return false;
        }
        *out |= 1u << kind;
        list += len + (list[len] == ',' && list[len + 1]);
    }
    return true;
}

static bool can_be_recorded(const psb_port *port)
{
    if (port->whole)
        psb_say("record: port %s is whole: it asks no kernel that could be listened to", port->name);
    return !port->whole;
}

static bool plan_redaction(const char *list, const psb_port *port, psb_redaction *out)
{
    const psb_source *unknown = psb_port_unredacted(port);
    *out = (psb_redaction){.redact = psb_port_redact, .context = port};
    if (!list)
        return true;
    if (!read_kinds(list, &out->kinds))
        return false;
    if (unknown)
        psb_say("--redact: port '%s': source '%s' does not say where text stands in its replies", port->name,
                unknown->name);
    return !unknown;
}

/* Every field of every process, and the list of them. */
static bool ask_everything(psb_backend *backend, const psb_args *args, const psb_fields *fields)
{
    psb_pidlist list;
    psb_value value;
    psb_pid only = -1;
    bool found = false;
    if (args->pid && strcmp(args->pid, "all") != 0 && !psb_plan_pid(args->pid, &only))
        return false;
    bool good = backend->ops->pids(backend, &list) == PSB_OK;
    for (size_t i = 0; good && i < list.count; i++) {
        psb_snapshot *snapshot;
        if (only >= 0 && list.pid[i] != only)
            continue;
        found = true;
        good = backend->ops->begin(backend, PSB_SPAN_PROCESS, &snapshot) == PSB_OK;
        for (size_t f = 0; good && f < fields->count; f++, psb_host_beats++)
            psb_get(snapshot, list.pid[i], fields->field[f], &value);
        if (good)
            backend->ops->end(snapshot);
    }
    if (!good)
        psb_say("the processes cannot be listed");
    else if (only >= 0 && !found)
        psb_say("--pid: there is no process %lld", (long long)only);
    psb_pidlist_free(&list);
    return good && (only < 0 || found);
}

/* What a recording writes: either may be left out, its file is NULL then. */
struct recording {
    psb_output trace, costs;
    long calls;
};

static bool create(const char *option, const char *path, psb_output *out)
{
    char why[4400];
    if (!path || psb_host_create(path, out, why, sizeof why))
        return true;
    psb_say("%s: %s", option, why);
    return false;
}

static bool publish(const char *option, psb_output *out)
{
    char why[4400];
    if (!out->file || psb_host_publish(out, why, sizeof why))
        return true;
    psb_say("%s: %s", option, why);
    return false;
}

static void discard(psb_output *out)
{
    if (out->file)
        psb_host_discard(out);
}

/* The stack to ask: what takes the time, and above it what writes the trace. NULL: out of memory, and all is closed. */
static psb_kernel *stack(const psb_port *port, const psb_redaction *redaction, const char *machine,
                         struct recording *to, psb_kernel *top)
{
    psb_kernel *shim = to->costs.file ? psb_cost_open(top, psb_host_now_ns) : top;
    if (shim && to->trace.file) {
        top = shim;
        shim = psb_record_open(top, to->trace.file, port->name, machine, redaction->kinds ? redaction : NULL);
    }
    if (!shim)
        psb_kernel_close(top);
    return shim;
}

static bool finish(const psb_args *args, const psb_port *port, const char *spec, const char *machine,
                   psb_kernel *top, struct recording *to)
{
    psb_costs costs;
    if (to->trace.file && (to->calls = psb_record_finish(top)) < 0) {
        psb_say("--out: %s: the trace cannot be written, or is too large", args->out);
        return false;
    }
    if (to->costs.file &&
        (!psb_cost_read(psb_kernel_find(top, "cost"), &costs) ||
         !psb_costs_write(&costs, to->costs.file, port->name, top->evidence, spec, machine) ||
         fflush(to->costs.file) != 0)) { /* before the trace is published */
        psb_say("--costs: %s: the costs cannot be written", args->costs);
        return false;
    }
    return true;
}

static bool record(const psb_args *args, const psb_port *port, const psb_fields *fields,
                   const psb_redaction *redaction, const char *spec, psb_kernel *kernel, struct recording *to)
{
    char machine[200];
    psb_backend *backend;
    machine_line(kernel->evidence, machine, sizeof machine);
    psb_kernel *top = stack(port, redaction, machine, to, kernel);
    if (!top || psb_port_open(port, PSB_CACHED, top, &backend) != PSB_OK) {
        psb_say("out of memory");
        return false;
    }
    bool good = ask_everything(backend, args, fields) && finish(args, port, spec, machine, top, to);
    backend->ops->close(backend);
    return good;
}

/* If the recording fails, neither file is there. */
static bool record_to_files(const psb_args *args, const psb_port *port, const psb_fields *fields,
                            const psb_redaction *redaction, const char *spec, psb_kernel *kernel)
{
    struct recording to = {0};
    bool good = create("--out", args->out, &to.trace) && create("--costs", args->costs, &to.costs);
    if (good)
        good = record(args, port, fields, redaction, spec, kernel, &to);
    else
        psb_kernel_close(kernel);
    if (!good) {
        discard(&to.trace);
        discard(&to.costs);
        return false;
    }
    if (!publish("--out", &to.trace)) {
        discard(&to.costs);
        return false;
    }
    if (!publish("--costs", &to.costs)) {
        if (to.trace.temporary[0])
            remove(to.trace.path);
        return false;
    }
    if (args->out)
        printf("%ld calls of port %s, kernel %s, in %s\n", to.calls, port->name, spec, args->out);
    if (args->costs)
        printf("what the calls of port %s took on kernel %s, in %s\n", port->name, spec, args->costs);
    return true;
}

int psb_command_record(const psb_args *args)
{
    const psb_port *port;
    psb_fields fields;
    psb_redaction redaction;
    psb_world *world;
    char why[4400];
    if (!args->out && !args->costs)
        return psb_fail(PSB_EXIT_USAGE, "record: needs --out FILE or --costs FILE");
    if (args->out && args->costs && strcmp(args->out, args->costs) == 0)
        return psb_fail(PSB_EXIT_USAGE, "--costs: %s: is the trace's file, too", args->costs);
    if (!psb_plan_port(args->port, &port) || !can_be_recorded(port) ||
        !psb_plan_fields(args->fields ? args->fields : "all", port, &fields) ||
        !plan_redaction(args->redact, port, &redaction))
        return PSB_EXIT_USAGE;
    const char *spec = psb_plan_kernel(args->kernel, port);
    if (!psb_plan_world(args->world, spec, &world))
        return PSB_EXIT_USAGE;
    psb_kernel *kernel = psb_open_kernel(port, spec, world, why, sizeof why);
    if (!kernel)
        psb_say("--kernel: %s", why);
    bool good = kernel && record_to_files(args, port, &fields, &redaction, spec, kernel);
    psb_world_free(world);
    return good ? PSB_EXIT_GOOD : PSB_EXIT_USAGE;
}

/* command_record.c: writes a trace of what a kernel answers, to be played back elsewhere with --kernel
 * replay=FILE. */
#include "commands.h"

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

static bool record(const psb_args *args, const psb_port *port, const psb_fields *fields,
                   const psb_redaction *redaction, psb_kernel *below, FILE *file, long *calls)
{
    char machine[200];
    psb_backend *backend;
    machine_line(below->evidence, machine, sizeof machine);
    psb_kernel *recorder =
        psb_record_open(below, file, port->name, machine, redaction->kinds ? redaction : NULL);
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
    psb_redaction redaction;
    psb_world *world;
    psb_output out;
    char why[4400];
    long calls = 0;
    if (!args->out)
        return psb_fail(PSB_EXIT_USAGE, "record: needs --out FILE");
    if (!psb_plan_port(args->port, &port) ||
        !psb_plan_fields(args->fields ? args->fields : "all", port, &fields))
        return PSB_EXIT_USAGE;
    if (!plan_redaction(args->redact, port, &redaction))
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
        good = record(args, port, &fields, &redaction, kernel, out.file, &calls);
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

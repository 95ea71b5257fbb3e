/* command_probe.c: one plain pass over processes, printed: what ps, hyperfine and tracers can be held
 * against. */
#include "commands.h"

#include "crowd.h"
#include "describe.h"
#include "diagnose.h"
#include "host.h"
#include "plan.h"
#include "show.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct probe {
    const psb_args *args;
    const psb_port *port;
    psb_fields fields;
    psb_pidlist pids;
    psb_world *world; /* of a simulated kernel */
    psb_backend *backend;
    psb_kernel *counter;              /* NULL: not asked for */
    const psb_population *population; /* of --population; NULL: none was asked for */
    psb_specimen specimen;
    psb_crowd crowd;
    bool as_json;
    json_t *processes; /* as_json */
};

static int by_pid(const void *a, const void *b)
{
    psb_pid x = *(const psb_pid *)a, y = *(const psb_pid *)b;
    return (x > y) - (x < y);
}

static bool add_pid(psb_pidlist *list, psb_pid pid)
{
    psb_pid *grown = realloc(list->pid, (list->count + 1) * sizeof *grown);
    if (!grown) {
        psb_say("out of memory");
        return false;
    }
    list->pid = grown;
    list->pid[list->count++] = pid;
    return true;
}

/* "1,2,3" */
static bool given_pids(const char *list, psb_pidlist *out)
{
    char number[24];
    for (const char *at = list;; at++) {
        size_t len = strcspn(at, ",");
        psb_pid pid;
        snprintf(number, sizeof number, "%.*s", (int)len, at);
        if (len >= sizeof number)
            snprintf(number, sizeof number, "(too long)");
        if (!psb_plan_pid(number, &pid) || !add_pid(out, pid))
            return false;
        at += len;
        if (*at == '\0')
            break;
    }
    qsort(out->pid, out->count, sizeof *out->pid, by_pid);
    return true;
}

/* None given: this process, or of a world that is made up, where it is not, an ordinary one. */
static bool default_pid(const char *spec, const psb_world *world, psb_pidlist *out)
{
    psb_specimen self;
    char why[128];
    if (world && !(spec && psb_world_is_live(spec)))
        return add_pid(out, psb_plan_ordinary(world));
    return psb_population_named("self")->start(&self, why, sizeof why) && add_pid(out, self.pid);
}

static bool choose_fields(struct probe *probe)
{
    psb_scenario *scenario;
    size_t count;
    if (probe->args->fields && probe->args->scenario) {
        psb_say("--fields and --scenario exclude each other");
        return false;
    }
    if (!probe->args->scenario)
        return psb_plan_fields(probe->args->fields ? probe->args->fields : "all", probe->port,
                               &probe->fields);
    if (!psb_plan_scenarios(probe->args->scenario, &scenario, &count))
        return false;
    probe->fields = psb_plan_scenario_fields(&scenario[0], probe->port);
    free(scenario);
    if (probe->fields.count == 0)
        psb_say("--scenario: '%s' asks nothing of port %s", probe->args->scenario, probe->port->name);
    return probe->fields.count > 0;
}

static bool open_backend(struct probe *probe)
{
    char stack[PSB_STACK_ROOM], why[256];
    const char *kernel = psb_plan_kernel(probe->args->kernel, probe->port);
    const char *variant = probe->args->variant ? probe->args->variant : "cached";
    if (strcmp(variant, "cached") != 0 && strcmp(variant, "uncached") != 0) {
        psb_say("--variant: '%s' is not uncached or cached", variant);
        return false;
    }
    if (probe->port->whole && probe->args->counts) {
        psb_say("--counts: port %s is whole: its calls cannot be counted from inside", probe->port->name);
        return false;
    }
    if (!psb_plan_world(probe->args->world, kernel, &probe->world))
        return false;
    snprintf(stack, sizeof stack, "%s%s", probe->args->counts ? "count+" : "", kernel);
    probe->backend = psb_open(probe->port, strcmp(variant, "cached") == 0 ? PSB_CACHED : PSB_UNCACHED, stack,
                              probe->world, why, sizeof why);
    if (!probe->backend) {
        psb_say("--kernel: %s", why);
        return false;
    }
    if (probe->args->counts)
        probe->counter = psb_kernel_find(psb_port_kernel(probe->backend), "count");
    return true;
}

static bool start_population(struct probe *probe)
{
    const psb_population *population = psb_population_named(probe->args->population);
    char why[256];
    if (!population)
        psb_say("--population: '%s' is none; see 'psbench list populations'", probe->args->population);
    else if (probe->args->pid)
        psb_say("--population and --pid exclude each other");
    else if (!population->start(&probe->specimen, why, sizeof why))
        psb_say("--population: %s: %s", population->name, why);
    else {
        probe->population = population;
        return add_pid(&probe->pids, probe->specimen.pid);
    }
    return false;
}

static bool start_crowd(struct probe *probe)
{
    char why[300];
    bool good = psb_crowd_start(psb_population_named("child"), (size_t)probe->args->crowd, &probe->crowd, why,
                                sizeof why);
    if (!good)
        psb_say("--crowd: %s", why);
    return good;
}

static bool prepare(const psb_args *args, struct probe *out)
{
    const char *format = args->format ? args->format : "text";
    *out = (struct probe){.args = args, .as_json = strcmp(format, "json") == 0};
    if (!out->as_json && strcmp(format, "text") != 0) {
        psb_say("--format: '%s' is not text or json", format);
        return false;
    }
    if (!psb_plan_port(args->port, &out->port) || !choose_fields(out))
        return false;
    bool all = args->pid && strcmp(args->pid, "all") == 0;
    bool named = args->pid && !all;
    if (args->population ? !start_population(out) : named && !given_pids(args->pid, &out->pids))
        return false;
    if (!start_crowd(out) || !open_backend(out))
        return false;
    if (!args->population && !args->pid && !default_pid(args->world, out->world, &out->pids))
        return false;
    psb_status status = all ? out->backend->ops->pids(out->backend, &out->pids) : PSB_OK;
    if (status != PSB_OK)
        psb_say("--pid: the processes cannot be listed: %s", psb_status_name(status));
    if (out->counter)
        psb_count_reset(out->counter);
    return status == PSB_OK;
}

static void print_text(struct probe *probe, psb_pid pid, const psb_value *value)
{
    if (probe->pids.count > 1)
        printf("%spid %" PRId64 "\n", pid == probe->pids.pid[0] ? "" : "\n", pid);
    for (size_t i = 0; i < probe->fields.count; i++) {
        psb_field field = probe->fields.field[i];
        const psb_field_info *info = psb_field_of(field);
        char *text = psb_show(field, &value[i]);
        bool unit = value[i].status == PSB_OK && info->kind != PSB_KIND_TEXT && info->kind != PSB_KIND_LIST &&
                    info->kind != PSB_KIND_STATE && strcmp(info->unit, "pid") != 0;
        printf("%-17s %s%s%s\n", info->name, text ? text : "?", unit ? "  " : "", unit ? info->unit : "");
        free(text);
    }
}

static void keep_json(struct probe *probe, psb_pid pid, const psb_value *value)
{
    json_t *fields = json_object();
    for (size_t i = 0; i < probe->fields.count; i++)
        json_object_set_new(fields, psb_field_of(probe->fields.field[i])->name,
                            psb_show_json(probe->fields.field[i], &value[i]));
    json_array_append_new(probe->processes,
                          json_pack("{s:I, s:o}", "pid", (json_int_t)pid, "fields", fields));
}

/* One process in a snapshot. */
static void ask(struct probe *probe, psb_snapshot *snapshot, psb_pid pid, bool print)
{
    psb_value value[PSB_FIELDS];
    for (size_t i = 0; i < probe->fields.count; i++) {
        psb_get(snapshot, pid, probe->fields.field[i], &value[i]);
        psb_host_beats++;
    }
    if (print && probe->as_json)
        keep_json(probe, pid, value);
    else if (print)
        print_text(probe, pid, value);
}

/* A snapshot of each process, or one of all. */
static bool pass(struct probe *probe, bool print)
{
    const psb_backend_ops *ops = probe->backend->ops;
    psb_span span = probe->args->sweep ? PSB_SPAN_SWEEP : PSB_SPAN_PROCESS;
    psb_snapshot *snapshot = NULL;
    for (size_t p = 0; p < probe->pids.count; p++) {
        if (!snapshot && ops->begin(probe->backend, span, &snapshot) != PSB_OK)
            return false;
        ask(probe, snapshot, probe->pids.pid[p], print);
        if (!probe->args->sweep) {
            ops->end(snapshot);
            snapshot = NULL;
        }
    }
    if (snapshot)
        ops->end(snapshot);
    return true;
}

static json_t *counts_json(const struct probe *probe)
{
    json_t *out = json_object();
    const psb_count *count = psb_count_read(probe->counter);
    for (size_t i = 0; i < probe->port->sources; i++) {
        const psb_count *row = &count[probe->port->source[i].op];
        if (row->calls > 0)
            json_object_set_new(out, probe->port->source[i].name,
                                json_pack("{s:I, s:I, s:I, s:I}", "calls", (json_int_t)row->calls, "retries",
                                          (json_int_t)row->retries, "entries", (json_int_t)row->entries,
                                          "bytes", (json_int_t)row->bytes));
    }
    return out;
}

static void finish(const struct probe *probe)
{
    if (probe->as_json) {
        json_t *out = json_pack(
            "{s:s, s:s, s:s, s:O}", "schema", "psbench-probe/1", "backend", probe->backend->ops->name,
            "kernel", psb_plan_kernel(probe->args->kernel, probe->port), "processes", probe->processes);
        if (probe->counter)
            json_object_set_new(out, "counts", counts_json(probe));
        json_dumpf(out, stdout, JSON_INDENT(1) | JSON_ENSURE_ASCII | JSON_REAL_PRECISION(15));
        putchar('\n');
        json_decref(out);
    } else if (probe->counter) {
        const psb_count *count = psb_count_read(probe->counter);
        printf("\n%-17s %8s %8s %10s\n", "calls", "calls", "entries", "bytes");
        for (size_t i = 0; i < probe->port->sources; i++) {
            const psb_count *row = &count[probe->port->source[i].op];
            if (row->calls > 0)
                printf("  %-15s %8" PRIu64 " %8" PRIu64 " %10" PRIu64 "\n", probe->port->source[i].name,
                       row->calls, row->entries, row->bytes);
        }
    }
}

int psb_command_probe(const psb_args *args)
{
    struct probe probe;
    int code = PSB_EXIT_USAGE;
    if (prepare(args, &probe)) {
        probe.processes = json_array();
        bool good = true;
        for (int64_t i = 0; i < args->repeat && good; i++)
            good = pass(&probe, i + 1 == args->repeat);
        const char *trouble = psb_trouble_of(probe.port, probe.backend);
        if (!good)
            psb_say("out of memory");
        else if (trouble)
            psb_say("--port: %s: %s", probe.port->name, trouble);
        else
            finish(&probe);
        code = good && !trouble ? PSB_EXIT_GOOD : PSB_EXIT_USAGE;
        json_decref(probe.processes);
    }
    if (probe.backend)
        probe.backend->ops->close(probe.backend);
    if (probe.population)
        probe.population->stop(&probe.specimen);
    psb_crowd_stop(&probe.crowd);
    psb_world_free(probe.world);
    psb_pidlist_free(&probe.pids);
    return code;
}

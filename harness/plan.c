#include "plan.h"

#include "describe.h"
#include "diagnose.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool psb_plan_port(const char *name, const psb_port **out)
{
    *out = name ? psb_port_named(name) : psb_port_at(0);
    if (!*out)
        psb_fail(0, "--port: '%s' is no port; see 'psbench list ports'", name);
    return *out != NULL;
}

static void all_fields(const psb_port *port, psb_fields *out)
{
    for (psb_field field = 0; field < PSB_FIELDS; field++)
        if (psb_port_has(port, field))
            out->field[out->count++] = field;
}

bool psb_plan_fields(const char *list, const psb_port *port, psb_fields *out)
{
    *out = (psb_fields){0};
    if (strcmp(list, "all") == 0) {
        all_fields(port, out);
        return true;
    }
    for (const char *at = list;; at++) {
        size_t len = strcspn(at, ",");
        psb_field field = psb_field_named(at, len);
        if (len == 0) {
            psb_fail(0, "--fields: '%s' has an empty name", list);
            return false;
        }
        if (field == PSB_FIELDS) {
            psb_fail(0, "--fields: '%.*s' is no field; see 'psbench list fields'", (int)len, at);
            return false;
        }
        for (size_t i = 0; i < out->count; i++)
            if (out->field[i] == field) {
                psb_fail(0, "--fields: '%.*s' stands there twice", (int)len, at);
                return false;
            }
        out->field[out->count++] = field;
        at += len;
        if (*at == '\0')
            return true;
    }
}

bool psb_plan_pid(const char *text, psb_pid *out)
{
    int64_t number = 0;
    const char *at = text;
    for (; *at >= '0' && *at <= '9' && number <= UINT32_MAX; at++)
        number = number * 10 + (*at - '0');
    if (at == text || *at != '\0' || number > UINT32_MAX) {
        psb_fail(0, "--pid: '%s' is no process number", text);
        return false;
    }
    *out = number;
    return true;
}

static bool builtin_scenarios(const char *name, psb_scenario *out, size_t *count)
{
    char why[256];
    for (size_t i = 0; psb_scenario_builtin(i); i++) {
        const psb_builtin *builtin = psb_scenario_builtin(i);
        if (name && strcmp(name, builtin->name) != 0)
            continue;
        if (!psb_scenario_parse(builtin->text, builtin->len, builtin->name, &out[(*count)++], why,
                                sizeof why)) {
            psb_fail(0, "built-in scenario %s", why);
            return false;
        }
    }
    if (*count == 0)
        psb_fail(0, "--scenario: '%s' is no scenario; see 'psbench list scenarios'", name);
    return *count > 0;
}

bool psb_plan_scenarios(const char *name, psb_scenario **out, size_t *count)
{
    size_t most = 1;
    char why[512];
    while (psb_scenario_builtin(most - 1))
        most++;
    *count = 0;
    *out = calloc(most, sizeof **out);
    if (!*out) {
        psb_fail(0, "out of memory");
        return false;
    }
    bool good;
    if (name && strpbrk(name, "/.")) {
        *count = 1;
        good = psb_scenario_load(name, *out, why, sizeof why);
        if (!good)
            psb_fail(0, "%s", why);
    } else {
        good = builtin_scenarios(name, *out, count);
    }
    if (!good) {
        free(*out);
        *out = NULL;
    }
    return good;
}

psb_fields psb_plan_scenario_fields(const psb_scenario *scenario, const psb_port *port)
{
    psb_fields fields = {0};
    const psb_fields *asked = psb_scenario_fields(scenario, port->name);
    if (scenario->all_fields)
        all_fields(port, &fields);
    else if (asked)
        fields = *asked;
    return fields;
}

/* --fields A,B,C is a scenario of its own. */
static bool custom_scenario(const psb_args *args, psb_scenario **out, size_t *count)
{
    *out = calloc(1, sizeof **out);
    *count = 1;
    if (!*out) {
        psb_fail(0, "out of memory");
        return false;
    }
    **out = (psb_scenario){.name = "custom", .populations = 1, .population = {"self"}};
    return true;
}

static bool add(psb_plan *plan, const psb_cell *cell)
{
    psb_cell *grown = realloc(plan->cell, (plan->cells + 1) * sizeof *grown);
    if (!grown) {
        psb_fail(0, "out of memory");
        return false;
    }
    plan->cell = grown;
    plan->cell[plan->cells++] = *cell;
    return true;
}

/* One scenario on one port: a cell for each population. */
static bool add_scenario(psb_plan *plan, const psb_args *args, const psb_port *port,
                         const psb_scenario *scenario, const char *layer)
{
    psb_cell cell = {.port = port,
                     .kernel = args->kernel ? args->kernel : "native",
                     .layer = layer,
                     .scenario = scenario->name,
                     .ask = scenario->ask};
    if (args->fields && !psb_plan_fields(args->fields, port, &cell.fields))
        return false;
    if (!args->fields)
        cell.fields = psb_plan_scenario_fields(scenario, port);
    if (cell.fields.count == 0 || (cell.ask == PSB_ASK_EACH && strcmp(layer, "process") == 0))
        return true;
    if (args->pid) {
        cell.population = "pid";
        return psb_plan_pid(args->pid, &cell.pid) && add(plan, &cell);
    }
    for (size_t i = 0; i < scenario->populations; i++) {
        cell.population = args->population ? args->population : scenario->population[i];
        if (!add(plan, &cell))
            return false;
        if (args->population)
            break;
    }
    return true;
}

static bool check_choices(const psb_args *args, bool layers[2])
{
    char why[256];
    const char *layer = args->layer ? args->layer : "c";
    layers[0] = strcmp(layer, "c") == 0 || strcmp(layer, "all") == 0;
    layers[1] = strcmp(layer, "process") == 0 || strcmp(layer, "all") == 0;
    if (!layers[0] && !layers[1]) {
        psb_fail(0, "--layer: '%s' is not c, process or all", layer);
        return false;
    }
    if (args->population && !psb_population_named(args->population)) {
        psb_fail(0, "--population: '%s' is none; see 'psbench list populations'", args->population);
        return false;
    }
    if (args->population && args->pid) {
        psb_fail(0, "--population and --pid exclude each other");
        return false;
    }
    if (args->fields && args->scenario) {
        psb_fail(0, "--fields and --scenario exclude each other");
        return false;
    }
    for (size_t i = 0; psb_port_at(i); i++) {
        if (args->port && strcmp(args->port, psb_port_at(i)->name) != 0)
            continue;
        const char *spec = args->kernel ? args->kernel : "native";
        psb_kernel *kernel = psb_kernel_open(spec, psb_port_at(i)->name, why, sizeof why);
        if (!kernel) {
            psb_fail(0, "--kernel: %s", why);
            return false;
        }
        psb_kernel_close(kernel);
    }
    return true;
}

static bool make(const psb_args *args, psb_plan *out)
{
    static const char *const LAYER[2] = {"c", "process"};
    bool layers[2];
    const psb_port *port;
    if ((args->port && !psb_plan_port(args->port, &port)) || !check_choices(args, layers))
        return false;
    if (args->fields ? !custom_scenario(args, &out->scenario, &out->scenarios)
                     : !psb_plan_scenarios(args->scenario, &out->scenario, &out->scenarios))
        return false;
    for (size_t p = 0; psb_port_at(p); p++) {
        port = psb_port_at(p);
        if (args->port && strcmp(args->port, port->name) != 0)
            continue;
        for (int l = 0; l < 2; l++)
            for (size_t s = 0; layers[l] && s < out->scenarios; s++)
                if (!add_scenario(out, args, port, &out->scenario[s], LAYER[l]))
                    return false;
    }
    if (out->cells == 0)
        psb_fail(0, "there is nothing to measure: no scenario asks this port on this layer");
    return out->cells > 0;
}

int psb_plan_make(const psb_args *args, psb_plan *out)
{
    *out = (psb_plan){0};
    if (make(args, out))
        return PSB_EXIT_GOOD;
    psb_plan_free(out);
    return PSB_EXIT_USAGE;
}

void psb_plan_free(psb_plan *plan)
{
    free(plan->cell);
    free(plan->scenario);
    *plan = (psb_plan){0};
}

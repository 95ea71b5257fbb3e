#include "plan.h"

#include "describe.h"
#include "diagnose.h"
#include "foreign.h"
#include "host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool psb_plan_port(const char *name, const psb_port **out)
{
    const psb_port *otherwise = psb_foreign_port();
    if (!otherwise)
        otherwise = psb_native_leaf.port ? psb_port_named(psb_native_leaf.port) : psb_port_at(0);
    *out = name ? psb_foreign_or_named(name) : otherwise;
    if (!*out)
        psb_say("--port: '%s' is no port; see 'psbench list ports'", name);
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
            psb_say("--fields: '%s' has an empty name", list);
            return false;
        }
        if (field == PSB_FIELDS) {
            psb_say("--fields: '%.*s' is no field; see 'psbench list fields'", (int)len, at);
            return false;
        }
        for (size_t i = 0; i < out->count; i++)
            if (out->field[i] == field) {
                psb_say("--fields: '%.*s' stands there twice", (int)len, at);
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
        psb_say("--pid: '%s' is no process number", text);
        return false;
    }
    *out = number;
    return true;
}

const char *psb_plan_kernel(const char *name, const psb_port *port)
{
    if (port->whole)
        return name ? name : PSB_OWN_KERNEL;
    return name ? name : psb_port_native(port) ? "native" : "sim";
}

/* A world of this machine's own processes, told by the port of its OS. */
static psb_world *live_world(const char *spec, char *why, size_t why_size)
{
    const psb_port *port = psb_native_leaf.port ? psb_port_named(psb_native_leaf.port) : NULL;
    psb_backend *backend = port ? psb_open(port, PSB_CACHED, "native", NULL, why, why_size) : NULL;
    psb_world *world = psb_world_open(spec, backend, why, why_size);
    if (backend)
        backend->ops->close(backend);
    return world;
}

bool psb_plan_world(const char *spec, const char *kernel, psb_world **out)
{
    char why[256];
    *out = NULL;
    if (!strstr(kernel, "sim")) {
        if (spec)
            psb_say("--world: kernel '%s' tells of no world; use --kernel sim", kernel);
        return !spec;
    }
    spec = spec ? spec : PSB_PLAN_WORLD;
    *out = psb_world_is_live(spec) ? live_world(spec, why, sizeof why)
                                   : psb_world_open(spec, NULL, why, sizeof why);
    if (!*out)
        psb_say("--world: %s", why);
    return *out != NULL;
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
            psb_say("built-in scenario %s", why);
            return false;
        }
    }
    if (*count == 0)
        psb_say("--scenario: '%s' is no scenario; see 'psbench list scenarios'", name);
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
        psb_say("out of memory");
        return false;
    }
    bool good;
    if (name && strpbrk(name, "/.")) {
        *count = 1;
        bool endless = psb_host_is_endless(name);
        if (endless)
            snprintf(why, sizeof why, "%s: is no plain file", name);
        good = !endless && psb_scenario_load(name, *out, why, sizeof why);
        if (!good)
            psb_say("%s", why);
    } else {
        good = builtin_scenarios(name, *out, count);
    }
    if (!good) {
        free(*out);
        *out = NULL;
    }
    return good;
}

/* A scenario knows nothing of a foreign port: that is asked what this machine's OS is asked, as far as it is claimed. */
static psb_fields asked_of_foreign(const psb_scenario *scenario, const psb_port *port)
{
    psb_fields fields = {0};
    const psb_fields *asked = psb_scenario_fields(scenario, port->name);
    if (!asked && psb_native_leaf.port)
        asked = psb_scenario_fields(scenario, psb_native_leaf.port);
    for (size_t i = 0; asked && i < asked->count; i++)
        if (psb_port_has(port, asked->field[i]))
            fields.field[fields.count++] = asked->field[i];
    return fields;
}

psb_fields psb_plan_scenario_fields(const psb_scenario *scenario, const psb_port *port)
{
    psb_fields fields = {0};
    const psb_fields *asked = psb_scenario_fields(scenario, port->name);
    if (scenario->all_fields)
        all_fields(port, &fields);
    else if (psb_foreign_words(port))
        fields = asked_of_foreign(scenario, port);
    else if (asked)
        fields = *asked;
    return fields;
}

/* --fields A,B,C is a scenario of its own. */
static bool custom_scenario(psb_scenario **out, size_t *count)
{
    *out = calloc(1, sizeof **out);
    *count = 1;
    if (!*out) {
        psb_say("out of memory");
        return false;
    }
    **out = (psb_scenario){.name = "custom", .populations = 1, .population = {"self"}};
    return true;
}

static bool add(psb_plan *plan, const psb_cell *cell)
{
    psb_cell *grown = realloc(plan->cell, (plan->cells + 1) * sizeof *grown);
    if (!grown) {
        psb_say("out of memory");
        return false;
    }
    plan->cell = grown;
    plan->cell[plan->cells++] = *cell;
    return true;
}

/* ---- the processes of a world that stand for populations ---- */

static bool is_usual(const psb_process *process)
{
    return !process->is_kernel && process->state != PSB_STATE_ZOMBIE;
}

/* All its ids are the uid's: a set-uid program is nobody's own. */
static bool is_of(const psb_process *process, uint32_t uid)
{
    return process->uid[0] == uid && process->uid[1] == uid && process->uid[2] == uid;
}

/* Root asks about any process that has a parent. */
static bool fits_anyone(const psb_process *process, const psb_process *parent, uint32_t *caller)
{
    *caller = 0;
    return process->ppid != 0;
}

/* The caller owns the parent, but not the process. */
static bool fits_other_user(const psb_process *process, const psb_process *parent, uint32_t *caller)
{
    *caller = parent ? parent->uid[0] : 0;
    return parent && *caller != 0 && is_of(parent, *caller) && process->uid[0] != *caller;
}

/* The caller owns neither. */
static bool fits_stranger(const psb_process *process, const psb_process *parent, uint32_t *caller)
{
    *caller = PSB_PLAN_STRANGER;
    return parent && parent->ppid != 0 && !is_of(process, *caller) && !is_of(parent, *caller);
}

static const struct role {
    const char *population; /* of a cell over a simulated kernel */
    bool (*fits)(const psb_process *process, const psb_process *parent, uint32_t *caller);
} ROLE[PSB_PLAN_ROLES] = {
    {"world", fits_anyone},
    {"other_user", fits_other_user},
    {"stranger", fits_stranger},
};

/* Which of them stands for a population of this machine. */
static size_t role_of(const char *population)
{
    for (size_t i = 1; i < PSB_PLAN_ROLES; i++)
        if (strcmp(population, ROLE[i].population) == 0)
            return i;
    return 0;
}

/* Only these can be named: "world" would answer for any other, too. */
static bool is_played(const char *population)
{
    return role_of(population) != 0 || strcmp(population, "self") == 0 || strcmp(population, "child") == 0;
}

/* The first that plays it, and who asks; NULL: there is none. */
static const psb_process *player(const psb_world *world, size_t role, uint32_t *caller)
{
    for (size_t i = 0; i < world->count; i++) {
        const psb_process *process = &world->process[i];
        if (is_usual(process) && ROLE[role].fits(process, psb_world_find(world, process->ppid), caller))
            return process;
    }
    return NULL;
}

psb_pid psb_plan_ordinary(const psb_world *world)
{
    uint32_t caller;
    const psb_process *process = player(world, 0, &caller);
    return process ? process->pid : world->process[0].pid;
}

/* Finds the process that is asked about, and lets its world be seen as by who asks. False: there is none. */
static bool cast(psb_plan *plan, size_t role, psb_cell *cell)
{
    const psb_world *world = plan->world;
    uint32_t caller;
    const psb_process *process = player(world, role, &caller);
    if (!process)
        return false;
    plan->view[role] = *world;
    plan->view[role].caller_uid = role == 0 ? world->caller_uid : caller;
    cell->world = &plan->view[role];
    cell->population = ROLE[role].population;
    cell->pid = process->pid;
    return true;
}

/* A cell for each role that the populations are played by; of a world that is too small for one, none. */
static bool add_roles(psb_plan *plan, const psb_args *args, const psb_scenario *scenario, psb_cell cell)
{
    bool wanted[PSB_PLAN_ROLES] = {false};
    if (args->population && !is_played(args->population))
        return true;
    for (size_t i = 0; i < scenario->populations; i++)
        wanted[role_of(args->population ? args->population : scenario->population[i])] = true;
    for (size_t role = 0; role < PSB_PLAN_ROLES; role++)
        if (wanted[role] && cast(plan, role, &cell) && !add(plan, &cell))
            return false;
    return true;
}

/*
 * A whole command cannot ask about the process that times it; and what other populations differ by is lost in such times,
 * so that they are measured if they are named only.
 */
static bool fits_layer(const psb_cell *cell, bool named)
{
    return strcmp(cell->layer, "process") != 0 || strcmp(cell->population, "child") == 0 ||
           (named && strcmp(cell->population, "self") != 0);
}

static bool add_populations(psb_plan *plan, const psb_args *args, const psb_scenario *scenario, psb_cell cell)
{
    if (args->pid) {
        cell.population = "pid";
        return psb_plan_pid(args->pid, &cell.pid) && add(plan, &cell);
    }
    if (cell.world)
        return add_roles(plan, args, scenario, cell);
    for (size_t i = 0; i < scenario->populations; i++) {
        cell.population = args->population ? args->population : scenario->population[i];
        if (fits_layer(&cell, args->population != NULL) && !add(plan, &cell))
            return false;
        if (args->population)
            break;
    }
    return true;
}

/*
 * psutil has no method for every field, nor a field alone in a oneshot() to speak of. Over a simulated kernel it is
 * asked for what is known of it elsewhere, unless a scenario is named: a start of an interpreter takes its time.
 */
static bool fits_python(const psb_args *args, const psb_scenario *scenario, const psb_cell *cell)
{
    bool named = args->fields || args->scenario;
    return cell->ask == PSB_ASK_TOGETHER && (args->fields || !scenario->all_fields) &&
           (named || !cell->world || strcmp(scenario->name, "oneshot") == 0);
}

/* One scenario on one port: a cell for each population. */
static bool add_scenario(psb_plan *plan, const psb_args *args, const psb_port *port,
                         const psb_scenario *scenario, const char *layer)
{
    const char *kernel = psb_plan_kernel(args->kernel, port);
    bool simulated = strstr(kernel, "sim") != NULL;
    psb_cell cell = {.port = port,
                     .kernel = kernel,
                     .world = simulated ? plan->world : NULL,
                     .world_spec = args->world ? args->world : PSB_PLAN_WORLD,
                     .layer = layer,
                     .psutil_path = args->psutil_path,
                     .scenario = scenario->name,
                     .ask = args->sweep ? PSB_ASK_SWEEP : scenario->ask,
                     .processes = (size_t)args->processes,
                     .method_ns = args->method_ns};
    if (args->fields && !psb_plan_fields(args->fields, port, &cell.fields))
        return false;
    if (!args->fields)
        cell.fields = psb_plan_scenario_fields(scenario, port);
    /* Whole commands are timed on a real kernel only: they would make the world anew each time. */
    if (cell.fields.count == 0 ||
        (strcmp(layer, "process") == 0 && (cell.ask != PSB_ASK_TOGETHER || simulated)))
        return true;
    /* A stated overhead of each get is the C layer's, in a snapshot of one process. */
    if (args->method_ns > 0 && (strcmp(layer, "c") != 0 || cell.ask == PSB_ASK_SWEEP))
        return true;
    if (strcmp(layer, "python") == 0 && !fits_python(args, scenario, &cell))
        return true;
    return add_populations(plan, args, scenario, cell);
}

/* Port number index of those that are to be measured: the one that is named, or the foreign one, or all of ours. */
static const psb_port *chosen(const psb_args *args, size_t index)
{
    const psb_port *only = args->port ? psb_foreign_or_named(args->port) : psb_foreign_port();
    if (only)
        return index == 0 ? only : NULL;
    return psb_port_at(index);
}

/* Every port that is to be measured must have its kernel; the world is made on the way. */
static bool check_kernels(const psb_args *args, psb_plan *plan)
{
    char why[256];
    for (size_t i = 0; chosen(args, i); i++) {
        const psb_port *port = chosen(args, i);
        const char *spec = psb_plan_kernel(args->kernel, port);
        bool simulated = strstr(spec, "sim") != NULL;
        if (simulated && !plan->world && !psb_plan_world(args->world, spec, &plan->world))
            return false;
        if (port->whole && strcmp(spec, PSB_OWN_KERNEL) == 0)
            continue;
        psb_kernel *kernel = psb_open_kernel(port, spec, plan->world, why, sizeof why);
        if (!kernel) {
            psb_say("--kernel: %s", why);
            return false;
        }
        psb_kernel_close(kernel);
    }
    if (args->world && !plan->world)
        psb_say("--world: no port that is to be measured has a simulated kernel; use --kernel sim");
    return !args->world || plan->world;
}

enum { LAYERS = 3 };
static const char *const LAYER[LAYERS] = {"c", "python", "process"};

/* "c,process", or "all". */
static bool choose_layers(const char *list, bool layers[LAYERS])
{
    for (const char *at = list;; at++) {
        size_t len = strcspn(at, ",");
        bool all = len == 3 && memcmp(at, "all", len) == 0, any = all;
        for (int l = 0; l < LAYERS; l++)
            if (all || (strlen(LAYER[l]) == len && memcmp(LAYER[l], at, len) == 0))
                any = layers[l] = true;
        if (!any) {
            psb_say("--layer: '%.*s' is not c, python, process or all", (int)len, at);
            return false;
        }
        at += len;
        if (*at == '\0')
            return true;
    }
}

static bool check_choices(const psb_args *args, psb_plan *plan, bool layers[LAYERS])
{
    if (!choose_layers(args->layer ? args->layer : "c", layers))
        return false;
    if (args->population && !psb_population_named(args->population)) {
        psb_say("--population: '%s' is none; see 'psbench list populations'", args->population);
        return false;
    }
    if (args->population && args->pid) {
        psb_say("--population and --pid exclude each other");
        return false;
    }
    if (args->fields && args->scenario) {
        psb_say("--fields and --scenario exclude each other");
        return false;
    }
    return check_kernels(args, plan);
}

static bool make(const psb_args *args, psb_plan *out)
{
    bool layers[LAYERS] = {false};
    const psb_port *port;
    if ((args->port && !psb_plan_port(args->port, &port)) || !check_choices(args, out, layers))
        return false;
    if (args->fields ? !custom_scenario(&out->scenario, &out->scenarios)
                     : !psb_plan_scenarios(args->scenario, &out->scenario, &out->scenarios))
        return false;
    for (size_t p = 0; chosen(args, p); p++) {
        port = chosen(args, p);
        for (int l = 0; l < LAYERS; l++)
            for (size_t s = 0; layers[l] && s < out->scenarios; s++)
                if (!add_scenario(out, args, port, &out->scenario[s], LAYER[l]))
                    return false;
    }
    if (out->cells == 0 && out->world && args->population && !is_played(args->population))
        psb_say("--population: no process of a world stands for '%s'; use --pid", args->population);
    else if (out->cells == 0)
        psb_say("there is nothing to measure: no scenario asks this port on this layer");
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
    psb_world_free(plan->world);
    free(plan->cell);
    free(plan->scenario);
    *plan = (psb_plan){0};
}

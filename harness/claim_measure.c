#include "claim_job.h"

#include "diagnose.h"
#include "plan.h"
#include "time_python.h"

#include <stdio.h>
#include <string.h>

/* ---- what is measured ---- */

/* The methods, and those of them that are fields of the port: the C layer has no others. */
static void name_methods(psb_claim_job *job, const psb_port *port)
{
    size_t all = 0, known = 0;
    for (size_t i = 0; i < job->reading->methods; i++) {
        const char *name = job->reading->method[i];
        psb_field field = psb_field_named(name, strlen(name));
        all += (size_t)snprintf(job->methods + all, sizeof job->methods - all, "%s%s", all ? "," : "", name);
        if (field < PSB_FIELDS && psb_port_has(port, field))
            known += (size_t)snprintf(job->fields + known, sizeof job->fields - known, "%s%s",
                                      known ? "," : "", name);
    }
}

/* The driver's points: none, those of the claim, and the costs of a file. */
static bool name_points(psb_claim_job *job)
{
    size_t len = (size_t)snprintf(job->specs, sizeof job->specs, "still");
    for (size_t i = 0; i < job->points; i++) {
        char delay[512];
        if (!psb_claim_delay(job->claim, job->cell.port, i, delay, sizeof delay, job->why, sizeof job->why))
            return false;
        len += (size_t)snprintf(job->specs + len, sizeof job->specs - len, ";%s", delay);
        if (i == 0)
            snprintf(job->c_kernel, sizeof job->c_kernel, "delay=%s+sim", delay);
    }
    return true;
}

static void add_costs_point(psb_claim_job *job)
{
    psb_costs costs;
    size_t len = strlen(job->specs);
    bool plain = strchr(job->options->costs ? job->options->costs : "/", '/') == NULL;
    if (psb_claim_has_costs(job, &costs))
        snprintf(job->specs + len, sizeof job->specs - len, ";%s%s", plain ? "./" : "", job->options->costs);
}

static bool run_starts(psb_claim_job *job, const char *what)
{
    psb_python_command command;
    char name[96];
    snprintf(name, sizeof name, "%s, python", job->reading->id);
    if (!psb_python_compose(&job->cell, job->cell.pid, what, &command, job->why, sizeof job->why))
        return false;
    snprintf(command.seconds, sizeof command.seconds, "%.6f", job->options->effort.seconds);
    psb_python_add(&command, "--seconds", command.seconds);
    if (job->claim->costs > 0)
        psb_python_add(&command, "--costs", job->specs);
    return psb_starts_run_command(command.argv, name, &job->options->effort, &job->starts, job->why,
                                  sizeof job->why);
}

/* The C layer over the kernel of the claim's first point, or over this machine's. */
static void measure_c(psb_claim_job *job)
{
    psb_cell cell = job->cell;
    psb_effort effort = job->options->effort;
    psb_starts starts;
    cell.kernel = job->claim->costs > 0 ? job->c_kernel : cell.kernel;
    effort.seconds /= 2;
    if (!psb_cell_starts(&cell, &effort, (const char *const[]){NULL}, &starts, job->why, sizeof job->why)) {
        psb_row_set(job->row, "c", NULL);
        psb_row_set(job->row, "reason", json_pack("s+", "layer c: ", job->why));
        return;
    }
    psb_row_set(job->row, "c",
                json_pack("{s:s, s:o}", "kernel", cell.kernel, "speedup",
                          psb_starts_ratio(&starts, "uncached", "cached")));
    psb_starts_free(&starts);
}

static void set_state(psb_claim_job *job, const char *state, const char *reason)
{
    psb_row_set(job->row, "state", json_string(state));
    if (reason)
        psb_row_set(job->row, "reason", json_string(reason));
}

/* Real psutil on the real kernel: one ratio. */
static bool finish_native(psb_claim_job *job, psb_claim_facts *facts)
{
    json_t *counted = psb_python_run(&job->cell, job->cell.pid, "counts", job->why, sizeof job->why);
    if (!counted)
        return false;
    psb_claim_add_exact(job, counted);
    json_decref(counted);
    psb_claim_add_passes(job, "normal", "oneshot");
    json_t *speedup = psb_starts_ratio(&job->starts, "normal", "oneshot");
    facts->measured = json_object_get(speedup, "low") != NULL;
    facts->low = json_number_value(json_object_get(speedup, "low"));
    facts->high = json_number_value(json_object_get(speedup, "high"));
    psb_row_set(job->row, "speedup", speedup);
    return true;
}

/* ---- a reading ---- */

static json_t *identity(const psb_claim_job *job)
{
    const psb_claim *claim = job->claim;
    json_t *methods = json_array(), *documented = json_array();
    for (size_t i = 0; i < job->reading->methods; i++)
        json_array_append_new(methods, json_string(job->reading->method[i]));
    for (size_t i = 0; i < 2; i++)
        json_array_append_new(documented,
                              claim->documented[i] > 0 ? json_real(claim->documented[i]) : json_null());
    json_t *row = json_pack("{s:s, s:s, s:f, s:f, s:s, s:o, s:s, s:s, s:s, s:o}", "id", job->reading->id,
                            "claim", claim->id, "published", claim->published, "to", claim->to, "source",
                            claim->source, "documented", documented, "port", job->reading->port, "population",
                            job->reading->population, "list", job->reading->list, "methods", methods);
    if (claim->note[0])
        psb_row_set(row, "note", json_string(claim->note));
    return row;
}

/* This machine's own kernel where the figure is to be met there, else a simulated one. */
static bool has_kernel(psb_claim_job *job)
{
    bool native = psb_native_leaf.port && strcmp(psb_native_leaf.port, job->cell.port->name) == 0;
    if (job->claim->costs == 0 && !native)
        snprintf(job->why, sizeof job->why,
                 "psutil reads the kernel of the machine it runs on: this one is no %s",
                 job->cell.port->name);
    if (job->claim->costs > 0 && native)
        snprintf(job->why, sizeof job->why, "no costs can be stated to this machine's own kernel");
    return (job->claim->costs == 0) == native;
}

static bool measure_python(psb_claim_job *job, psb_model *model, psb_claim_facts *facts)
{
    bool native = job->claim->costs == 0;
    if (!native)
        add_costs_point(job);
    return run_starts(job, native ? "slices" : "curve") &&
           (native ? finish_native(job, facts) : psb_claim_add_model(job, model, facts));
}

static void measure(psb_claim_job *job, int *exit_code)
{
    psb_claim_facts facts = {.published = job->claim->published};
    psb_model model = {0};
    facts.evidence = job->claim->costs == 0 ? PSB_EVIDENCE_NATIVE : PSB_EVIDENCE_SIM;
    psb_row_set(job->row, "evidence", json_string(psb_evidence_name(facts.evidence)));
    job->points = psb_claim_points(job->claim, job->options->quick);
    bool there = has_kernel(job) && name_points(job), good = false;
    if (there) {
        measure_c(job);
        good = measure_python(job, &model, &facts);
        char why[512];
        if (!good && !psb_cell_has_python(&job->cell, why, sizeof why)) {
            there = false;
            snprintf(job->why, sizeof job->why, "%s", why);
        }
    }
    set_state(job, good ? "measured" : there ? "broken" : "skipped", good ? NULL : job->why);
    if (there && !good)
        *exit_code = PSB_EXIT_FAILED;
    psb_claim_conclude(job, &model, &facts);
    psb_starts_free(&job->starts);
}

json_t *psb_claim_measure(const psb_claim *claim, const psb_reading *reading,
                          const psb_claim_options *options, int *exit_code)
{
    static psb_claim_job job; /* too large for a stack */
    const psb_port *port = psb_port_named(reading->port);
    psb_plan plan;
    job = (psb_claim_job){.claim = claim, .reading = reading, .options = options};
    job.row = identity(&job);
    if (!port) {
        snprintf(job.why, sizeof job.why, "this program has no port %s", reading->port);
        set_state(&job, "skipped", job.why);
        psb_claim_conclude(&job, &(psb_model){0}, &(psb_claim_facts){0});
        return job.row;
    }
    name_methods(&job, port);
    psb_args args = {.command = PSB_COMMAND_RUN,
                     .port = port->name,
                     .fields = job.fields,
                     .population = reading->population};
    if (psb_plan_make(&args, &plan) != PSB_EXIT_GOOD) {
        json_decref(job.row);
        return NULL;
    }
    job.cell = plan.cell[0];
    job.cell.methods = job.methods;
    job.cell.psutil_path = options->psutil_path;
    measure(&job, exit_code);
    psb_plan_free(&plan);
    return job.row;
}

/* trial.c: what every case does: open the backend, hold values against each other, say what came of it. */
#include "suite.h"

#include "describe.h"
#include "show.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void __attribute__((format(printf, 3, 0)))
conclude(psb_trial *trial, psb_result result, const char *form, va_list rest)
{
    if (!psb_trial_goes_on(trial))
        return;
    trial->result = result;
    vsnprintf(trial->text, sizeof trial->text, form, rest);
}

void psb_trial_fail(psb_trial *trial, const char *form, ...)
{
    va_list rest;
    va_start(rest, form);
    conclude(trial, PSB_RESULT_FAIL, form, rest);
    va_end(rest);
}

void psb_trial_broken(psb_trial *trial, const char *form, ...)
{
    va_list rest;
    va_start(rest, form);
    conclude(trial, PSB_RESULT_BROKEN, form, rest);
    va_end(rest);
}

void psb_trial_skip(psb_trial *trial, psb_skip why, const char *form, ...)
{
    va_list rest;
    if (psb_trial_goes_on(trial))
        trial->skip = why;
    va_start(rest, form);
    conclude(trial, PSB_RESULT_SKIP, form, rest);
    va_end(rest);
}

/* ---- rules ---- */

bool psb_fits_equal(psb_field field, const psb_value *value, const psb_value *expected)
{
    return psb_value_equal(field, value, expected);
}

/* A percentage goes through a kernel's units on its way. */
bool psb_fits_truth(psb_field field, const psb_value *value, const psb_value *expected)
{
    if (psb_field_of(field)->kind != PSB_KIND_REAL || value->status != PSB_OK || expected->status != PSB_OK)
        return psb_value_equal(field, value, expected);
    double difference = value->u.real - expected->u.real, limit = 1e-9 + 1e-9 * expected->u.real;
    return difference < limit && -difference < limit;
}

bool psb_fits_told(psb_field field, const psb_value *value, const psb_value *expected)
{
    psb_value told = *expected;
    if (value->status == PSB_DENIED)
        return true;
    if (psb_field_of(field)->kind == PSB_KIND_RECORD && value->status == PSB_OK && value->known != 0)
        told.known &= value->known;
    return psb_fits_truth(field, value, &told);
}

bool psb_trial_value(psb_trial *trial, psb_fits *fits, psb_field field, psb_pid pid, const psb_value *value,
                     const psb_value *expected, const char *what)
{
    trial->compared++;
    if (fits(field, value, expected))
        return true;
    if (psb_trial_goes_on(trial)) {
        trial->got = psb_show(field, value);
        trial->expected = psb_show(field, expected);
    }
    psb_trial_fail(trial, "%s of pid %lld is not %s", psb_field_of(field)->name, (long long)pid, what);
    return false;
}

/* ---- backends ---- */

static psb_backend *open_port(const psb_suite *suite, psb_variant variant, const char *stack,
                              psb_kernel **top, char *why, size_t why_size)
{
    psb_backend *backend = psb_open(suite->port, variant, stack, suite->world, why, why_size);
    *top = backend && psb_suite_has_tables(suite) ? psb_port_kernel(backend) : NULL;
    return backend;
}

static psb_backend *open_suite(psb_trial *trial, psb_variant variant, const char *shim, psb_kernel **top)
{
    const psb_suite *suite = trial->suite;
    char stack[PSB_STACK_ROOM], why[256] = "";
    snprintf(stack, sizeof stack, "%s%s", shim, suite->kernel);
    psb_backend *backend =
        (suite->open ? suite->open : open_port)(suite, variant, stack, top, why, sizeof why);
    if (!backend)
        psb_trial_broken(trial, "the backend cannot be opened: %s", why);
    return backend;
}

psb_backend *psb_trial_open(psb_trial *trial, psb_variant variant)
{
    psb_kernel *top;
    return open_suite(trial, variant, "", &top);
}

psb_backend *psb_trial_open_over(psb_trial *trial, psb_variant variant, const char *shim)
{
    psb_kernel *top;
    return open_suite(trial, variant, shim, &top);
}

psb_backend *psb_trial_open_counted(psb_trial *trial, psb_variant variant, psb_kernel **counter)
{
    psb_kernel *top = NULL;
    psb_backend *backend = open_suite(trial, variant, "count+", &top);
    *counter = psb_kernel_find(top, "count");
    return backend;
}

/* Whatever was concluded from its answers is void if the backend itself does not work. */
void psb_trial_close(psb_trial *trial, psb_backend *backend)
{
    const char *trouble = backend ? psb_trouble_of(trial->suite->port, backend) : NULL;
    if (trouble) {
        trial->result = PSB_RESULT_PASS;
        psb_trial_broken(trial, "%s", trouble);
    }
    if (backend)
        backend->ops->close(backend);
}

psb_snapshot *psb_trial_begin(psb_trial *trial, psb_backend *backend, psb_span span)
{
    psb_snapshot *snapshot = NULL;
    psb_status status = backend->ops->begin(backend, span, &snapshot);
    if (status != PSB_OK || !snapshot)
        psb_trial_fail(trial, "begin gives no snapshot: %s", psb_status_name(status));
    return status == PSB_OK ? snapshot : NULL;
}

void psb_trial_end(psb_snapshot *snapshot)
{
    if (snapshot)
        snapshot->backend->ops->end(snapshot);
}

void psb_trial_ask_all(psb_trial *trial, psb_snapshot *snapshot, psb_pid pid, psb_value *value)
{
    for (psb_field field = 0; field < PSB_FIELDS; field++)
        if (psb_port_has(trial->suite->port, field))
            psb_get(snapshot, pid, field, &value[field]);
        else
            value[field] = psb_value_of_status(PSB_ABSENT, 0);
}

/* ---- processes ---- */

bool psb_trial_everybody(psb_trial *trial, psb_backend *backend, psb_pidlist *out)
{
    psb_status status = backend->ops->pids(backend, out);
    if (status != PSB_OK || out->count == 0)
        psb_trial_fail(trial, "the processes cannot be listed: %s, %zu", psb_status_name(status), out->count);
    return status == PSB_OK && out->count > 0;
}

/* Of a world: two that are neither kernel processes nor zombies. */
static bool pair_in_world(psb_trial *trial, psb_pair *out)
{
    const psb_world *world = trial->suite->world;
    size_t found = 0;
    for (size_t i = 1; i < world->count && found < 2; i++)
        if (!world->process[i].is_kernel && world->process[i].state != PSB_STATE_ZOMBIE)
            out->pid[found++] = world->process[i].pid;
    if (found < 2)
        psb_trial_skip(trial, PSB_SKIP_RESOURCE, "the world has too few processes");
    return found == 2;
}

bool psb_pair_start(psb_trial *trial, psb_pair *out)
{
    char why[256] = "";
    psb_specimen self;
    *out = (psb_pair){0};
    if (trial->suite->world)
        return pair_in_world(trial, out);
    if (!psb_population_named("self")->start(&self, why, sizeof why) ||
        !psb_population_named("child")->start(&out->specimen, why, sizeof why)) {
        psb_trial_skip(trial, PSB_SKIP_RESOURCE, "%s", why);
        return false;
    }
    out->population = psb_population_named("child");
    out->pid[0] = out->specimen.pid;
    out->pid[1] = self.pid;
    return true;
}

void psb_pair_stop(psb_pair *pair)
{
    if (pair->population)
        pair->population->stop(&pair->specimen);
}

/* ---- the outcome ---- */

json_t *psb_trial_run(const psb_suite *suite, const psb_case *it)
{
    psb_trial trial = {.suite = suite, .it = it, .result = PSB_RESULT_PASS};
    it->family->run(&trial);
    if (psb_trial_goes_on(&trial) && trial.compared == 0)
        psb_trial_broken(&trial, "nothing was compared");
    json_t *out = json_pack("{s:s, s:I}", "result", psb_result_name(trial.result), "compared",
                            (json_int_t)trial.compared);
    if (trial.result == PSB_RESULT_SKIP)
        json_object_set_new(out, "reason", json_string(psb_skip_name(trial.skip)));
    if (trial.text[0])
        json_object_set_new(out, "text", json_string(trial.text));
    if (trial.got)
        json_object_set_new(out, "got", json_string(trial.got));
    if (trial.expected)
        json_object_set_new(out, "expected", json_string(trial.expected));
    free(trial.got);
    free(trial.expected);
    return out;
}

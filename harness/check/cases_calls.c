/* cases_calls.c: the calls that are made, held against those that the tables declare. */
#include "suite.h"

#include "audit.h"
#include "cell.h"
#include "describe.h"

#include <stdio.h>
#include <string.h>

#define FAMILY(function, name, axis, needs, ids, meaning) void psb_case_##function(psb_trial *);
#include "family.def"

/* The first source whose calls are not as declared, in words. */
static void say_difference(psb_trial *trial, psb_variant variant, psb_pid pid, const json_t *counted)
{
    const json_t *row;
    size_t i;
    json_array_foreach (json_object_get(counted, "sources"), i, row) {
        json_int_t calls = json_integer_value(json_object_get(row, "calls"));
        json_int_t declared = json_integer_value(json_object_get(row, "declared"));
        if (calls != declared)
            psb_trial_fail(trial, "%s, pid %lld: source %s: %lld calls made, %lld declared",
                           psb_variant_name(variant), (long long)pid,
                           json_string_value(json_object_get(row, "source")), (long long)calls,
                           (long long)declared);
    }
    psb_trial_fail(trial, "%s, pid %lld: a call enters the kernel more or less often than declared",
                   psb_variant_name(variant), (long long)pid);
}

static void count(psb_trial *trial, psb_pid pid, const psb_field *field, size_t fields)
{
    for (psb_variant variant = PSB_UNCACHED; variant < PSB_VARIANTS; variant++) {
        psb_kernel *counter = NULL;
        psb_backend *backend = psb_trial_open_counted(trial, variant, &counter);
        json_t *counted =
            counter ? psb_count_snapshot(trial->suite->port, variant, backend, counter, pid, field, fields)
                    : NULL;
        trial->compared++;
        if (!counted)
            psb_trial_broken(trial, "the calls cannot be counted");
        else if (!json_is_true(json_object_get(counted, "as_declared")))
            say_difference(trial, variant, pid, counted);
        json_decref(counted);
        psb_trial_close(trial, backend);
    }
}

/* Some of a world: each kind has other fallbacks. Of a machine: two that stay. */
static void count_some(psb_trial *trial, const psb_field *field, size_t fields)
{
    const psb_world *world = trial->suite->world;
    psb_pair pair;
    if (world) {
        for (size_t i = 0; i < world->count && i < 40 && psb_trial_goes_on(trial); i++)
            count(trial, world->process[i].pid, field, fields);
    } else if (psb_pair_start(trial, &pair)) {
        count(trial, pair.pid[0], field, fields);
        count(trial, pair.pid[1], field, fields);
        psb_pair_stop(&pair);
    }
}

void psb_case_calls(psb_trial *trial)
{
    count_some(trial, &trial->it->field, 1);
}

void psb_case_calls_together(psb_trial *trial)
{
    psb_field field[PSB_FIELDS];
    size_t fields = 0;
    for (psb_field f = 0; f < PSB_FIELDS; f++)
        if (psb_port_has(trial->suite->port, f))
            field[fields++] = f;
    count_some(trial, field, fields);
}

void psb_case_calls_by_kernel(psb_trial *trial)
{
    char why[256] = "";
    psb_pair pair;
    if (!psb_pair_start(trial, &pair))
        return;
    json_t *audit = psb_suite_audit(trial->suite, pair.pid[0], why, sizeof why);
    if (!audit)
        psb_trial_skip(trial, PSB_SKIP_OS, "%s", why);
    for (psb_variant variant = PSB_UNCACHED; audit && variant < PSB_VARIANTS; variant++) {
        const json_t *table = json_object_get(audit, psb_variant_name(variant));
        long long counted = json_integer_value(json_object_get(table, "entries"));
        long long claimed = json_integer_value(json_object_get(table, "claimed"));
        PSB_EXPECT(trial, counted == claimed && counted > 0,
                   "%s: the kernel was entered %lld times, and the port says %lld", psb_variant_name(variant),
                   counted, claimed);
    }
    json_decref(audit);
    psb_pair_stop(&pair);
}

/* runner.c: each case in a process of its own, several at a time; what came of it is a row of the results. */
#include "suite.h"

#include "host_case.h"
#include "progress.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct run {
    const psb_suite *suite;
    const psb_caselist *cases;
    const psb_run_options *options;
    size_t *index; /* job -> case */
    size_t jobs, done;
    json_t **outcome; /* by case */
};

static void work(void *context, size_t job, FILE *out)
{
    const struct run *run = context;
    json_t *outcome = psb_trial_run(run->suite, &run->cases->item[run->index[job]]);
    json_dumpf(outcome, out, JSON_COMPACT | JSON_ENSURE_ASCII);
    json_decref(outcome);
}

static void arguments(void *context, size_t job, const char *argv[], size_t words)
{
    const struct run *run = context;
    size_t used = 0;
    argv[used++] = "check";
    for (size_t i = 0; run->suite->words[i] && used + 3 < words; i++)
        argv[used++] = run->suite->words[i];
    argv[used++] = "--trial";
    argv[used++] = run->cases->item[run->index[job]].name;
    argv[used] = NULL;
}

/* The suite cannot tell whose fault it is that a process crashes or hangs: it is a row of its own kind. */
static json_t *broken(const struct run *run, const psb_job *result)
{
    char text[256];
    switch (result->end) {
    case PSB_JOB_CRASHED:
        snprintf(text, sizeof text, "its process crashed (signal or exception %d)", result->code);
        break;
    case PSB_JOB_TOO_LONG:
        snprintf(text, sizeof text, "it was not done after %g s, and was ended", run->options->limit_s);
        break;
    case PSB_JOB_NOT_STARTED:
        snprintf(text, sizeof text, "no process could be started for it");
        break;
    case PSB_JOB_ENDED:
        snprintf(text, sizeof text, "its process ended with exit code %d and said nothing of it",
                 result->code);
        break;
    }
    return json_pack("{s:s, s:i, s:s}", "result", psb_result_name(PSB_RESULT_BROKEN), "compared", 0, "text",
                     text);
}

static void ended(void *context, size_t job, const psb_job *result)
{
    struct run *run = context;
    json_t *outcome = NULL;
    if (result->end == PSB_JOB_ENDED)
        outcome = json_loadb(result->output, result->len, JSON_DISABLE_EOF_CHECK, NULL);
    if (!json_is_object(outcome) || !json_object_get(outcome, "result")) {
        json_decref(outcome);
        outcome = broken(run, result);
    }
    json_object_set_new(outcome, "seconds", json_real(result->seconds));
    run->outcome[run->index[job]] = outcome;
    psb_progress("%s: case %zu of %zu", run->suite->port->name, ++run->done, run->jobs);
}

static json_t *ids_of(const psb_case *it)
{
    json_t *ids = json_array();
    for (const char *at = it->ids; *at;) {
        size_t len = strcspn(at, " ");
        json_array_append_new(ids, json_stringn(at, len));
        at += len + (at[len] == ' ');
    }
    return ids;
}

/* What is known of a case without carrying it out. */
static json_t *known_outcome(const psb_case *it)
{
    json_t *outcome =
        json_pack("{s:s, s:i, s:f}", "result", psb_result_name(it->known), "compared", 0, "seconds", 0.0);
    if (it->known == PSB_RESULT_SKIP)
        json_object_set_new(outcome, "reason", json_string(psb_skip_name(it->skip)));
    if (it->reason)
        json_object_set_new(outcome, "text", json_string(it->reason));
    return outcome;
}

static json_t *rows(struct run *run)
{
    json_t *list = json_array();
    for (size_t i = 0; i < run->cases->count; i++) {
        const psb_case *it = &run->cases->item[i];
        json_t *row = json_pack("{s:s, s:o}", "name", it->name, "ids", ids_of(it));
        if (it->field != PSB_FIELDS)
            json_object_set_new(row, "field", json_string(psb_field_of(it->field)->name));
        json_t *outcome = run->outcome[i] ? run->outcome[i] : known_outcome(it);
        json_object_update(row, outcome);
        json_decref(outcome);
        json_array_append_new(list, row);
    }
    return list;
}

json_t *psb_suite_run(const psb_suite *suite, const psb_caselist *cases, const psb_run_options *options)
{
    struct run run = {.suite = suite, .cases = cases, .options = options};
    run.index = calloc(cases->count + 1, sizeof *run.index);
    run.outcome = calloc(cases->count + 1, sizeof(json_t *));
    json_t *list = NULL;
    if (run.index && run.outcome) {
        for (size_t i = 0; i < cases->count; i++)
            if (cases->item[i].known == PSB_RESULT_PASS)
                run.index[run.jobs++] = i;
        const psb_pool pool = {&run, run.jobs, options->at_once, options->limit_s, work, arguments, ended};
        psb_host_pool(&pool);
        psb_progress_clear();
        list = rows(&run);
    }
    free(run.outcome);
    free(run.index);
    return list;
}

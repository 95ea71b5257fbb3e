/* command_claims.c: the published figures, one after the other: what comes out here, and what that says of them. */
#include "commands.h"

#include "claim_measure.h"
#include "claim_verdict.h"
#include "costs.h"
#include "diagnose.h"
#include "host.h"
#include "progress.h"
#include "results.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_wanted(const char *name, const psb_claim *claim, const psb_reading *reading)
{
    return !name || strcmp(name, claim->id) == 0 || strcmp(name, reading->id) == 0;
}

static bool is_there(const psb_claims *claims, const char *name)
{
    for (size_t c = 0; c < claims->count; c++)
        for (size_t r = 0; r < claims->claim[c].readings; r++)
            if (is_wanted(name, &claims->claim[c], &claims->claim[c].reading[r]))
                return true;
    psb_say("--claim: there is no '%s' among the claims", name);
    return false;
}

/* Of a claim that states costs to the port whose they are. Else why tells what is wrong with a file of such a port. */
static bool are_of_some_port(const char *path, const psb_claims *claims, char *why, size_t why_size)
{
    psb_costs costs;
    char one[512];
    psb_costs_read(path, "", &costs, why, why_size); /* what is said of a file that is of another port */
    for (size_t c = 0; c < claims->count; c++)
        for (size_t r = 0; r < claims->claim[c].readings && claims->claim[c].costs > 0; r++) {
            if (psb_costs_read(path, claims->claim[c].reading[r].port, &costs, one, sizeof one))
                return true;
            if (strcmp(one, why) != 0) {
                snprintf(why, why_size, "%s", one);
                return false;
            }
        }
    return false;
}

/* A mistake before anything is measured. */
static bool check_costs(const char *path, const psb_claims *claims)
{
    char why[512] = "a name with ';' in it cannot be handed on";
    if (!path || (!strchr(path, ';') && are_of_some_port(path, claims, why, sizeof why)))
        return true;
    psb_say("--costs: %s", why);
    return false;
}

static json_t *verdicts_json(void)
{
    json_t *all = json_object();
    for (psb_claim_verdict v = 0; v < PSB_CLAIM_VERDICTS; v++)
        json_object_set_new(all, psb_claim_verdict_name(v), json_string(psb_claim_verdict_when(v)));
    return all;
}

static int measure(const psb_claims *claims, const psb_args *args, const psb_claim_options *options,
                   json_t *results)
{
    int code = PSB_EXIT_GOOD;
    size_t measured = 0;
    uint64_t start = psb_host_now_ns();
    json_t *rows = json_array();
    json_object_set_new(results, "claims", rows);
    json_object_set_new(results, "verdicts", verdicts_json());
    for (size_t c = 0; c < claims->count; c++)
        for (size_t r = 0; r < claims->claim[c].readings; r++) {
            const psb_claim *claim = &claims->claim[c];
            if (!is_wanted(args->claim, claim, &claim->reading[r]))
                continue;
            json_t *row = psb_claim_measure(claim, &claim->reading[r], options, &code);
            if (!row)
                return PSB_EXIT_USAGE;
            measured += strcmp(json_string_value(json_object_get(row, "state")), "measured") == 0;
            json_array_append_new(rows, row);
        }
    json_object_set_new(results, "seconds", json_real((double)(psb_host_now_ns() - start) / 1e9));
    return measured == 0 && code == PSB_EXIT_GOOD ? PSB_EXIT_INCONCLUSIVE : code;
}

static void print(const psb_args *args, const json_t *results, bool model)
{
    if (args->format && strcmp(args->format, "json") == 0)
        psb_result_write(results, stdout);
    else if (model)
        psb_report_model(results, stdout);
    else
        psb_report_claims(results, args->why, stdout);
}

/* The six starts that an interval needs are enough for a first look. */
static psb_claim_options options_of(const psb_args *args)
{
    return (psb_claim_options){
        .effort = {.starts = args->quick && args->starts > 6 ? 6 : args->starts,
                   .seconds = args->seconds > 0 ? args->seconds
                              : args->quick     ? 0.05
                                                : 0.3,
                   .seed = args->seed ? (uint64_t)args->seed : psb_host_now_ns() % 1000003},
        .quick = args->quick,
        .costs = args->costs,
        .psutil_path = args->psutil_path,
    };
}

int psb_claims_command(const psb_args *args, bool model)
{
    psb_claims *claims = calloc(1, sizeof *claims);
    psb_claim_options options = options_of(args);
    char why[512] = "out of memory";
    int code = PSB_EXIT_USAGE;
    if (args->format && strcmp(args->format, "json") != 0 && strcmp(args->format, "text") != 0)
        psb_say("--format: '%s' is not text or json", args->format);
    else if (args->claims && psb_host_is_endless(args->claims))
        psb_say("%s: is no plain file", args->claims);
    else if (!claims || !psb_claims_load(args->claims, claims, why, sizeof why))
        psb_say("%s", why);
    else if (is_there(claims, args->claim) && check_costs(args->costs, claims) &&
             psb_results_can_save("--out", args->out)) {
        json_t *results = psb_results_open(args, &options.effort);
        psb_results_warn(results);
        code = measure(claims, args, &options, results);
        psb_progress_clear();
        if (code != PSB_EXIT_USAGE) {
            if (!psb_results_save(args, results))
                code = PSB_EXIT_USAGE;
            print(args, results, model);
        }
        json_decref(results);
    }
    free(claims);
    return code;
}

int psb_command_claims(const psb_args *args)
{
    return psb_claims_command(args, false);
}

#include "results.h"

#include "bench.h"
#include "diagnose.h"
#include "host.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static json_t *host_json(void)
{
    psb_host_fact facts[PSB_HOST_FACTS_MAX];
    size_t count = psb_host_facts(facts);
    json_t *host = json_object(), *disturbs = json_array();
    for (size_t i = 0; i < count; i++) {
        json_t *value = facts[i].value[0] ? json_string(facts[i].value) : NULL;
        json_object_set_new(host, facts[i].name, value ? value : json_null());
        if (facts[i].verdict == PSB_DISTURBS)
            json_array_append_new(disturbs, json_string(facts[i].name));
    }
    json_object_set_new(host, "disturbs", disturbs);
    return host;
}

static json_t *command_json(const psb_args *args)
{
    json_t *command = json_array();
    for (int i = 0; i < args->argc; i++) {
        json_t *word = json_string(args->argv[i]);
        json_array_append_new(command, word ? word : json_string("(not UTF-8)"));
    }
    return command;
}

json_t *psb_results_open(const psb_args *args, const psb_effort *effort)
{
    char started[32];
    time_t now = time(NULL);
    strftime(started, sizeof started, "%Y-%m-%dT%H:%M:%SZ", gmtime(&now));
    return json_pack("{s:s, s:{s:s, s:s, s:s, s:s}, s:s, s:o, s:o, s:{s:s, s:I, s:I}, s:[]}", "schema",
                     PSB_RESULTS_SCHEMA, "psbench", "version", PSB_VERSION, "build", PSB_BUILD_TYPE,
                     "compiler", PSB_COMPILER, "benchmark", psb_bench_version(), "started", started,
                     "command", command_json(args), "host", host_json(), "statistics", "interval",
                     "sign test over starts", "starts", (json_int_t)effort->starts, "seed",
                     (json_int_t)effort->seed, "cells");
}

void psb_results_warn(const json_t *results)
{
    const json_t *disturbs = json_object_get(json_object_get(results, "host"), "disturbs"), *name;
    char line[200] = "";
    size_t i, len = 0;
    json_array_foreach (disturbs, i, name)
        len += (size_t)snprintf(line + len, len < sizeof line ? sizeof line - len : 0, "%s%s", i ? ", " : "",
                                json_string_value(name));
    if (len > 0)
        psb_say("note: this machine disturbs measurement (%s); see 'psbench doctor'", line);
}

bool psb_results_save(const psb_args *args, const json_t *results)
{
    psb_output out;
    char why[4400];
    if (!args->out)
        return true;
    bool good = psb_host_create(args->out, &out, why, sizeof why);
    if (good) {
        psb_result_write(results, out.file);
        good = psb_host_publish(&out, why, sizeof why);
    }
    if (!good)
        psb_say("--out: %s", why);
    return good;
}

bool psb_results_can_save(const char *option, const char *path)
{
    psb_output out;
    char why[4400];
    if (!path)
        return true;
    if (!psb_host_create(path, &out, why, sizeof why)) {
        psb_say("%s: %s", option, why);
        return false;
    }
    psb_host_discard(&out);
    return true;
}

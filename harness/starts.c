#include "starts.h"

#include "progress.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host.h"

json_t *psb_slices_json(const psb_side *side, size_t sides, const psb_slices *slices)
{
    json_t *names = json_array(), *blocks = json_array();
    for (size_t i = 0; i < sides; i++)
        json_array_append_new(names, json_string(side[i].name));
    for (size_t b = 0; b < slices->blocks; b++) {
        json_t *row = json_array();
        for (size_t i = 0; i < sides; i++)
            json_array_append_new(row, json_real(slices->ns[b * sides + i]));
        json_array_append_new(blocks, row);
    }
    return json_pack("{s:o, s:o}", "sides", names, "blocks", blocks);
}

static bool is_block(const json_t *block, size_t sides)
{
    const json_t *ns;
    size_t i;
    json_array_foreach (block, i, ns)
        if (!json_is_number(ns) || json_number_value(ns) <= 0)
            return false;
    return json_array_size(block) == sides;
}

/* One start's output must be of the form we print, and of the same sides as the others'. */
static bool accept(psb_starts *out, json_t *output)
{
    json_t *sides = json_object_get(output, "sides"), *blocks = json_object_get(output, "blocks"), *block;
    size_t count = json_array_size(sides), b;
    if (count == 0 || count > PSB_SIDES_MAX || json_array_size(blocks) == 0 ||
        (out->sides && out->sides != count))
        return false;
    json_array_foreach (blocks, b, block)
        if (!is_block(block, count))
            return false;
    for (size_t i = 0; i < count; i++) {
        const char *name = json_string_value(json_array_get(sides, i));
        if (!name || strlen(name) >= sizeof out->name[i] || (out->sides && strcmp(out->name[i], name) != 0))
            return false;
        memcpy(out->name[i], name, strlen(name) + 1);
    }
    out->sides = count;
    out->blocks += json_array_size(blocks);
    out->starts++;
    return json_array_append(out->output, output) == 0;
}

typedef bool run_program(const char *const *argv, char **output, size_t *len, char *why, size_t why_size);

enum { WORDS_MAX = 32 };

static bool one_start(run_program *run, const char *const *command, uint64_t seed, psb_starts *out, char *why,
                      size_t why_size)
{
    char seed_text[32], *text;
    const char *argv[WORDS_MAX];
    size_t count = 0, len;
    snprintf(seed_text, sizeof seed_text, "%llu", (unsigned long long)seed);
    for (; command[count] && count + 3 < WORDS_MAX; count++)
        argv[count] = command[count];
    argv[count++] = "--seed";
    argv[count++] = seed_text;
    argv[count] = NULL;
    if (!run(argv, &text, &len, why, why_size))
        return false;
    json_t *output = json_loadb(text, len, 0, NULL);
    free(text);
    bool good = output && accept(out, output);
    json_decref(output);
    if (!good)
        snprintf(why, why_size, "a start of the measurement printed something else than its slices");
    return good;
}

static bool all_starts(run_program *run, const char *const *command, const char *what,
                       const psb_effort *effort, psb_starts *out, char *why, size_t why_size)
{
    *out = (psb_starts){.output = json_array()};
    for (int64_t i = 0; i < effort->starts; i++) {
        psb_progress("%s: start %lld of %lld", what, (long long)i + 1, (long long)effort->starts);
        uint64_t seed = (effort->seed + (uint64_t)i * 7919) % (UINT64_C(1) << 53) + 1;
        if (!one_start(run, command, seed, out, why, why_size)) {
            psb_progress_clear();
            psb_starts_free(out);
            return false;
        }
    }
    psb_progress_clear();
    return true;
}

bool psb_starts_run(const char *const *arguments, const char *what, const psb_effort *effort, psb_starts *out,
                    char *why, size_t why_size)
{
    const char *command[WORDS_MAX] = {"slices"};
    for (size_t i = 0; arguments[i] && i + 2 < WORDS_MAX; i++)
        command[i + 1] = arguments[i];
    return all_starts(psb_host_run_self, command, what, effort, out, why, why_size);
}

bool psb_starts_run_command(const char *const *argv, const char *what, const psb_effort *effort,
                            psb_starts *out, char *why, size_t why_size)
{
    return all_starts(psb_host_run, argv, what, effort, out, why, why_size);
}

void psb_starts_free(psb_starts *starts)
{
    json_decref(starts->output);
    *starts = (psb_starts){0};
}

int psb_starts_side(const psb_starts *starts, const char *name)
{
    for (size_t i = 0; i < starts->sides; i++)
        if (strcmp(starts->name[i], name) == 0)
            return (int)i;
    return -1;
}

/* The median over a start's blocks of a side, or of the ratio of two; below may be -1. */
static double start_median(const json_t *start, int above, int below)
{
    const json_t *blocks = json_object_get(start, "blocks"), *block;
    double *sample = calloc(json_array_size(blocks), sizeof *sample), median = 0;
    size_t i;
    if (!sample)
        return 0;
    json_array_foreach (blocks, i, block) {
        double under = below < 0 ? 1 : json_number_value(json_array_get(block, (size_t)below));
        sample[i] = json_number_value(json_array_get(block, (size_t)above)) / (under > 0 ? under : 1);
    }
    median = psb_median(sample, json_array_size(blocks));
    free(sample);
    return median;
}

static double *start_medians(const psb_starts *starts, int above, int below)
{
    double *sample = calloc(starts->starts + 1, sizeof *sample);
    for (size_t i = 0; sample && i < starts->starts; i++)
        sample[i] = start_median(json_array_get(starts->output, i), above, below);
    return sample;
}

json_t *psb_starts_ratio(const psb_starts *starts, const char *above, const char *below)
{
    int over = psb_starts_side(starts, above), under = psb_starts_side(starts, below);
    double *sample = over < 0 || under < 0 ? NULL : start_medians(starts, over, under);
    psb_interval interval;
    json_t *result;
    if (!sample || starts->starts == 0) {
        free(sample);
        return json_null();
    }
    if (psb_sign_interval(sample, starts->starts, 0.95, &interval))
        result = json_pack("{s:f, s:f, s:f, s:f}", "ratio", interval.median, "low", interval.low, "high",
                           interval.high, "confidence", interval.confidence);
    else
        result = json_pack("{s:f}", "ratio", psb_median(sample, starts->starts));
    free(sample);
    return result;
}

double psb_starts_one_ns(const psb_starts *starts, size_t start, int side)
{
    return start_median(json_array_get(starts->output, start), side, -1);
}

double psb_starts_ns(const psb_starts *starts, const char *side)
{
    int which = psb_starts_side(starts, side);
    double *sample = which < 0 ? NULL : start_medians(starts, which, -1);
    double ns = sample && starts->starts > 0 ? psb_median(sample, starts->starts) : 0;
    free(sample);
    return ns;
}

/* time.c: layer c. Absolute figures by Google Benchmark, in this process; ratios by paired slices, in fresh
 * ones. */
#include "bench.h"
#include "describe.h"
#include "foreign.h"
#include "progress.h"
#include "sides.h"
#include "starts.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { DISTINCT_MAX = 64 };

/* Simulated kernels answer in a hundredth of the time: they need less of it for as many samples. */
double psb_seconds_of(const psb_cell *cell, double seconds)
{
    return fmax(cell->world ? seconds / 5 : seconds, 0.001); /* what --seconds takes at least */
}

static double bench_seconds(const psb_cell *cell)
{
    return psb_seconds_of(cell, 0.05);
}

static json_t *absolute(const psb_bench *bench, size_t fields)
{
    return json_pack("{s:f, s:f, s:f}", "snapshot_ns", bench->ns, "snapshot_min_ns", bench->min_ns,
                     "field_ns", bench->ns / (double)fields);
}

/* The bare cost of each source that the cached snapshot asks, once for each. */
static json_t *bare_sources(const psb_cell *cell, psb_bare_pass *cached)
{
    psb_bench bench[DISTINCT_MAX];
    psb_bare_pass pass[DISTINCT_MAX];
    const char *name[DISTINCT_MAX];
    size_t count = 0;
    for (size_t i = 0; i < cached->count && count < DISTINCT_MAX; i++) {
        const psb_source *source = psb_source_of_op(cell->port, cached->bare[i].call.op);
        bool known = !source;
        for (size_t k = 0; k < count && !known; k++)
            known = name[k] == source->name;
        if (known)
            continue;
        name[count] = source->name;
        pass[count] = (psb_bare_pass){&cached->bare[i], 1};
        bench[count] = (psb_bench){.name = source->name, .run = psb_bare_pass_run, .argument = &pass[count]};
        count++;
    }
    if (!psb_bench_run(bench, count, bench_seconds(cell)))
        return json_null();
    json_t *result = json_object();
    for (size_t i = 0; i < count; i++)
        json_object_set_new(result, name[i], json_real(bench[i].ns));
    return result;
}

/* Absolute figures of all fields in one snapshot. */
static json_t *bench_together(const psb_cell *cell, psb_pid pid, char *why, size_t why_size)
{
    psb_sides sides;
    psb_bench bench[PSB_WHICH];
    if (!psb_sides_open(cell, pid, cell->fields.field, cell->fields.count, &sides, why, why_size))
        return NULL;
    for (size_t i = 0; i < sides.count; i++)
        bench[i] = (psb_bench){.name = sides.side[i].name,
                               .run = sides.side[i].run,
                               .argument = sides.side[i].argument,
                               .timed = sides.side[i].timed};
    json_t *result = json_object();
    if (!psb_bench_run(bench, sides.count, bench_seconds(cell))) {
        const char *trouble = psb_sides_trouble(cell, &sides);
        snprintf(why, why_size, "%s", trouble ? trouble : "Google Benchmark reported an error");
        json_decref(result);
        result = NULL;
    }
    for (size_t i = 0; result && i < sides.count; i++)
        json_object_set_new(result, sides.side[i].name, absolute(&bench[i], cell->fields.count));
    if (result && sides.bare_too)
        json_object_set_new(result, "sources", bare_sources(cell, &sides.bare[PSB_CACHED]));
    psb_sides_close(&sides);
    return result;
}

/* Each field alone: what it costs, and what its bare calls cost. */
static json_t *bench_each(const psb_cell *cell, psb_pid pid, char *why, size_t why_size)
{
    json_t *rows = json_array();
    for (size_t i = 0; i < cell->fields.count; i++) {
        psb_sides sides;
        psb_field field = cell->fields.field[i];
        psb_progress("%s: field %zu of %zu", cell->scenario, i + 1, cell->fields.count);
        if (!psb_sides_open(cell, pid, &field, 1, &sides, why, why_size)) {
            json_decref(rows);
            return NULL;
        }
        bool bare = sides.bare_too;
        const psb_side *get = &sides.side[psb_port_has_variant(cell->port, PSB_UNCACHED) &&
                                          psb_port_has_variant(cell->port, PSB_CACHED)];
        psb_bench bench[2] = {
            {.name = "get", .run = get->run, .argument = get->argument, .timed = get->timed},
            {.name = "bare", .run = psb_bare_pass_run, .argument = &sides.bare[PSB_CACHED]}};
        bool good = psb_bench_run(bench, bare ? 2 : 1, bench_seconds(cell));
        if (good)
            json_array_append_new(rows, json_pack("{s:s, s:f, s:o}", "field", psb_field_of(field)->name, "ns",
                                                  bench[0].ns, "bare_ns",
                                                  bare ? json_real(bench[1].ns) : json_null()));
        const char *trouble = psb_sides_trouble(cell, &sides);
        if (trouble)
            snprintf(why, why_size, "%s", trouble);
        psb_sides_close(&sides);
        if (trouble) {
            json_decref(rows);
            return NULL;
        }
    }
    psb_progress_clear();
    return json_pack("{s:o}", "fields", rows);
}

static void field_list(const psb_fields *fields, char *out, size_t size)
{
    size_t len = 0;
    out[0] = '\0';
    for (size_t i = 0; i < fields->count && len < size; i++)
        len += (size_t)snprintf(out + len, size - len, "%s%s", i ? "," : "",
                                psb_field_of(fields->field[i])->name);
}

bool psb_cell_starts(const psb_cell *cell, const psb_effort *effort, const char *const *more, psb_starts *out,
                     char *why, size_t why_size)
{
    char fields[1024], seconds[32], pid[32], what[96], world[256], method_ns[24];
    bool by_pid = cell->world || strcmp(cell->population, "pid") == 0;
    field_list(&cell->fields, fields, sizeof fields);
    snprintf(seconds, sizeof seconds, "%.6f", psb_seconds_of(cell, effort->seconds));
    snprintf(pid, sizeof pid, "%lld", (long long)cell->pid);
    snprintf(what, sizeof what, "%s %s %s", cell->port->name, cell->scenario, cell->population);
    const char *arguments[24] = {"--port",   cell->port->name, "--kernel",  cell->kernel,
                                 "--fields", fields,           "--seconds", seconds};
    size_t count = 8;
    if (!(cell->world && cell->ask == PSB_ASK_SWEEP)) {
        arguments[count++] = by_pid ? "--pid" : "--population";
        arguments[count++] = by_pid ? pid : cell->population;
    }
    if (cell->method_ns > 0) {
        snprintf(method_ns, sizeof method_ns, "%lld", (long long)cell->method_ns);
        arguments[count++] = "--method-ns";
        arguments[count++] = method_ns;
    }
    if (cell->world) {
        snprintf(world, sizeof world, "%s,caller=%u", cell->world_spec, (unsigned)cell->world->caller_uid);
        arguments[count++] = "--world";
        arguments[count++] = world;
    }
    const char *const *words = psb_foreign_words(cell->port);
    if (words) {
        arguments[count++] = words[0];
        arguments[count++] = words[1];
    }
    for (; *more && count < 23; more++)
        arguments[count++] = *more;
    return psb_starts_run(arguments, what, effort, out, why, why_size);
}

static bool paired(const psb_cell *cell, const psb_effort *effort, json_t *result, char *why, size_t why_size)
{
    psb_starts starts;
    if (!psb_cell_starts(cell, effort, (const char *const[]){NULL}, &starts, why, why_size))
        return false;
    json_object_set_new(result, "speedup", psb_starts_ratio(&starts, "uncached", "cached"));
    json_object_set_new(result, "overhead",
                        json_pack("{s:o, s:o}", "uncached",
                                  psb_starts_ratio(&starts, "uncached", "bare_uncached"), "cached",
                                  psb_starts_ratio(&starts, "cached", "bare_cached")));
    json_object_set_new(result, "bare_speedup", psb_starts_ratio(&starts, "bare_uncached", "bare_cached"));
    if (psb_starts_side(&starts, "ours") >= 0)
        json_object_set_new(result, "against_ours",
                            psb_starts_ratio(&starts,
                                             psb_starts_side(&starts, "cached") < 0 ? "uncached" : "cached",
                                             "ours"));
    json_object_set_new(result, "starts", json_integer((json_int_t)starts.starts));
    json_object_set_new(result, "seconds_per_start", json_real(psb_seconds_of(cell, effort->seconds)));
    json_object_set_new(result, "blocks", json_integer((json_int_t)starts.blocks));
    psb_starts_free(&starts);
    return true;
}

json_t *psb_cell_time(const psb_cell *cell, const psb_effort *effort, psb_pid pid, char *why, size_t why_size)
{
    psb_progress("%s %s %s", cell->port->name, cell->scenario, cell->population);
    if (cell->ask == PSB_ASK_EACH)
        return bench_each(cell, pid, why, why_size);
    json_t *result = bench_together(cell, pid, why, why_size);
    if (result && !paired(cell, effort, result, why, why_size)) {
        json_decref(result);
        result = NULL;
    }
    psb_progress_clear();
    return result;
}

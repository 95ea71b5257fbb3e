/* text.c: results for people. */
#include "result.h"

#include <string.h>

enum { DETAILED_CELLS = 8 }; /* more are told of in the summary only */

#define text     psb_figure_text
#define number   psb_figure_number
#define duration psb_figure_duration
#define ratio    psb_figure_ratio

static long long count(const json_t *object, const char *key)
{
    return (long long)json_integer_value(json_object_get(object, key));
}

static const json_t *source_row(const json_t *variant, const char *source)
{
    const json_t *rows = json_object_get(variant, "sources"), *row;
    size_t i;
    json_array_foreach (rows, i, row)
        if (strcmp(text(row, "source"), source) == 0)
            return row;
    return NULL;
}

static void print_counts(const json_t *cell, FILE *out)
{
    const json_t *exact = json_object_get(cell, "exact"), *uncached = json_object_get(exact, "uncached"),
                 *cached = json_object_get(exact, "cached"), *row;
    const json_t *bare = json_object_get(json_object_get(cell, "measured"), "sources");
    size_t i;
    char room[24];
    fprintf(out, "  %-14s %9s %8s %10s %12s\n", "calls", "uncached", "cached", "bytes each", "bare call");
    json_array_foreach (json_object_get(uncached, "sources"), i, row) {
        const char *name = text(row, "source");
        const json_t *other = source_row(cached, name);
        long long calls = count(other, "calls");
        double ns = number(bare, name);
        fprintf(out, "    %-12s %9lld %8lld %10lld %12s%s\n", name, count(row, "calls"), calls,
                calls ? count(other, "bytes") / calls : 0, ns > 0 ? duration(ns, room) : "-",
                count(row, "calls") == count(row, "declared") && calls == count(other, "declared")
                    ? ""
                    : "  NOT AS DECLARED");
    }
    fprintf(out, "    %-12s %9lld %8lld\n", "all", count(uncached, "calls"), count(cached, "calls"));
    fprintf(out, "  %-14s %9lld %8lld", "kernel entries", count(uncached, "entries"),
            count(cached, "entries"));
    if (source_row(uncached, "user"))
        fputs("   besides those of the account database", out);
    fputc('\n', out);
}

static void print_check(const json_t *cell, FILE *out)
{
    const json_t *check = json_object_get(cell, "check"), *row;
    size_t i;
    fprintf(out, "  answers        %lld of %lld agree: cached with uncached before and after",
            count(check, "agree"), count(check, "answers"));
    if (count(check, "by_truth") > 0)
        fprintf(out, ", %lld of them also with %s", count(check, "by_truth"),
                strcmp(text(cell, "evidence"), "sim") == 0 ? "the world" : "system calls");
    fputc('\n', out);
    json_array_foreach (json_object_get(check, "unchecked"), i, row)
        fprintf(out, "    not checked: %s: %s\n", text(row, "field"), text(row, "why"));
    json_array_foreach (json_object_get(check, "disagreements"), i, row)
        fprintf(out, "    WRONG %s: got %s, expected (%s) %s\n", text(row, "field"), text(row, "got"),
                text(row, "with"), text(row, "expected"));
}

static void print_times(const json_t *cell, FILE *out)
{
    static const struct {
        const char *name, *meaning;
    } SIDE[] = {{"uncached", ""},
                {"cached", ""},
                {"ours", "; the port of this machine's OS, cached"},
                {"null", "; the floor: vtable and harness alone"}};
    const json_t *measured = json_object_get(cell, "measured"),
                 *overhead = json_object_get(measured, "overhead");
    char one[24], two[24], wide[48];
    fprintf(out, "  one snapshot\n");
    for (size_t i = 0; i < sizeof SIDE / sizeof *SIDE; i++) {
        const json_t *side = json_object_get(measured, SIDE[i].name),
                     *over = json_object_get(overhead, SIDE[i].name);
        if (!side)
            continue;
        fprintf(out, "    %-12s %9s, %9s a field", SIDE[i].name, duration(number(side, "snapshot_ns"), one),
                duration(number(side, "field_ns"), two));
        if (json_is_object(over))
            fprintf(out, "; overhead %s over the bare system calls", ratio(over, wide));
        fprintf(out, "%s\n", SIDE[i].meaning);
    }
    const json_t *speedup = json_object_get(measured, "speedup");
    fprintf(out, "  speed-up       %s", ratio(speedup, wide));
    if (json_object_get(speedup, "confidence"))
        fprintf(out, "; interval of %.1f %%, %lld starts, %lld blocks", 100 * number(speedup, "confidence"),
                count(measured, "starts"), count(measured, "blocks"));
    fputc('\n', out);
    if (json_object_get(measured, "against_ours"))
        fprintf(out, "  against ours   %s times as long\n",
                ratio(json_object_get(measured, "against_ours"), wide));
}

static void print_process(const json_t *cell, FILE *out)
{
    const json_t *measured = json_object_get(cell, "measured");
    char one[24], two[24], wide[48];
    fprintf(out, "  whole command  uncached %s, cached %s, of %lld snapshots each (%s, %lld runs)\n",
            duration(number(json_object_get(measured, "uncached"), "run_ns"), one),
            duration(number(json_object_get(measured, "cached"), "run_ns"), two),
            count(measured, "snapshots_in_a_run"), text(measured, "hyperfine"), count(measured, "runs"));
    fprintf(out, "  speed-up       %s; interval of %.1f %%, %lld rounds\n",
            ratio(json_object_get(measured, "speedup"), wide),
            100 * number(json_object_get(measured, "speedup"), "confidence"), count(measured, "rounds"));
}

/* A sweep: what a snapshot of each process makes, and one of all. */
static void print_swept_counts(const json_t *cell, FILE *out)
{
    const json_t *exact = json_object_get(cell, "exact"), *uncached = json_object_get(exact, "uncached"),
                 *cached = json_object_get(exact, "cached"), *sweep = json_object_get(exact, "sweep"),
                 *rows[2] = {json_object_get(uncached, "sources"), json_object_get(sweep, "sources")}, *row;
    size_t i;
    fprintf(out, "  %-14s %9s %8s %8s\n", "calls", "uncached", "cached", "sweep");
    for (int k = 0; k < 2; k++)
        json_array_foreach (rows[k], i, row) {
            const char *name = text(row, "source");
            const json_t *each = source_row(uncached, name);
            if (k == 1 && each)
                continue; /* told above */
            fprintf(out, "    %-12s %9lld %8lld %8lld\n", name, count(each, "calls"),
                    count(source_row(cached, name), "calls"), count(source_row(sweep, name), "calls"));
        }
    fprintf(out, "    %-12s %9lld %8lld %8lld%s\n", "all", count(uncached, "calls"), count(cached, "calls"),
            count(sweep, "calls"),
            json_is_true(json_object_get(sweep, "as_declared")) ? "" : "  A TABLE IS READ TWICE");
    fprintf(out, "  %-14s %9lld %8lld %8lld\n", "kernel entries", count(uncached, "entries"),
            count(cached, "entries"), count(sweep, "entries"));
}

static void print_swept_times(const json_t *cell, FILE *out)
{
    static const char *const SIDE[] = {"uncached", "cached", "sweep"};
    const json_t *measured = json_object_get(cell, "measured");
    char room[24], wide[48];
    fprintf(out, "  %-14s", "one process");
    for (int i = 0; i < 3; i++)
        fprintf(out, "%s%s %s", i ? ", " : " ", SIDE[i],
                duration(number(json_object_get(measured, SIDE[i]), "process_ns"), room));
    fprintf(out, "\n  speed-up       %s cached", ratio(json_object_get(measured, "speedup"), wide));
    fprintf(out, ", %s more in one snapshot", ratio(json_object_get(measured, "sweep_speedup"), wide));
    fprintf(out, ", %s in all\n", ratio(json_object_get(measured, "whole_speedup"), wide));
}

/* Layer python: calls and times of passes outside and inside oneshot(). */
static void print_python(const json_t *cell, FILE *out)
{
    const json_t *exact = json_object_get(cell, "exact"), *measured = json_object_get(cell, "measured"), *row;
    const json_t *uncached = json_object_get(exact, "uncached"), *cached = json_object_get(exact, "cached");
    char one[24], two[24], wide[48], still[48];
    size_t i;
    fprintf(out, "  %-14s %9s %8s   by %s\n", "calls", "normal", "oneshot", text(exact, "counted_by"));
    json_array_foreach (json_object_get(uncached, "sources"), i, row)
        fprintf(out, "    %-12s %9lld %8lld\n", text(row, "source"), count(row, "calls"),
                count(source_row(cached, text(row, "source")), "calls"));
    fprintf(out, "    %-12s %9lld %8lld\n", "all", count(uncached, "calls"), count(cached, "calls"));
    if (json_array_size(json_object_get(exact, "refused")) > 0)
        fprintf(out, "  refused        %zu methods, which ask anew each time\n",
                json_array_size(json_object_get(exact, "refused")));
    if (!measured)
        return;
    fprintf(out, "  one pass       normal %s, in oneshot() %s (psutil %s, Python %s, %zu methods)\n",
            duration(number(json_object_get(measured, "uncached"), "snapshot_ns"), one),
            duration(number(json_object_get(measured, "cached"), "snapshot_ns"), two),
            text(measured, "psutil"), text(measured, "python"),
            json_array_size(json_object_get(measured, "methods")));
    fprintf(out, "  speed-up       %s", ratio(json_object_get(measured, "speedup"), wide));
    if (json_object_get(json_object_get(measured, "still_speedup"), "ratio"))
        fprintf(out, "; with calls that cost nothing %s",
                ratio(json_object_get(measured, "still_speedup"), still));
    fprintf(out, "; %lld starts, %lld blocks\n", count(measured, "starts"), count(measured, "blocks"));
}

/* Scenario single_field: a row for each field. */
static void print_each(const json_t *cell, FILE *out)
{
    const json_t *counted = json_object_get(json_object_get(cell, "exact"), "fields");
    const json_t *timed = json_object_get(json_object_get(cell, "measured"), "fields"), *row;
    size_t i, k;
    char one[24], two[24];
    fprintf(out, "  %-18s %6s %8s %7s %10s %12s   %s\n", "field", "calls", "entries", "bytes", "snapshot",
            "bare calls", "sources");
    json_array_foreach (counted, i, row) {
        const json_t *time = json_array_get(timed, i), *source;
        double ns = number(time, "ns"), bare = number(time, "bare_ns");
        fprintf(out, "    %-16s %6lld %8lld %7lld %10s %12s  ", text(row, "field"), count(row, "calls"),
                count(row, "entries"), count(row, "bytes"), ns > 0 ? duration(ns, one) : "-",
                bare > 0 ? duration(bare, two) : "-");
        json_array_foreach (json_object_get(row, "sources"), k, source)
            fprintf(out, " %s", text(source, "source"));
        fputc('\n', out);
    }
}

/* A port that is none of ours: its times, if the fields were asked one by one. */
static void print_uncounted(const json_t *cell, FILE *out)
{
    const json_t *row;
    size_t i;
    char room[24];
    fprintf(out, "  calls          %s\n", text(json_object_get(cell, "exact"), "not_counted"));
    json_array_foreach (json_object_get(json_object_get(cell, "measured"), "fields"), i, row)
        fprintf(out, "    %-16s %10s\n", text(row, "field"), duration(number(row, "ns"), room));
}

static void print_cell(const json_t *cell, FILE *out)
{
    const char *state = text(cell, "state"), *ask = text(cell, "ask");
    fprintf(out, "\n%s %s, population %s, layer %s: %zu fields", text(cell, "port"), text(cell, "scenario"),
            text(cell, "population"), text(cell, "layer"), json_array_size(json_object_get(cell, "fields")));
    if (json_object_get(cell, "processes"))
        fprintf(out, " of %lld processes", count(cell, "processes"));
    else
        fputs(strcmp(ask, "each") == 0 ? " one by one" : " in one snapshot", out);
    fprintf(out, "   [kernel %s, evidence %s", text(cell, "kernel"), text(cell, "evidence"));
    if (json_object_get(cell, "method_ns"))
        fprintf(out, ", each get %lld ns longer", count(cell, "method_ns"));
    fputs("]\n", out);
    if (json_object_get(cell, "reason"))
        fprintf(out, "  %s: %s\n", state, text(cell, "reason"));
    if (json_object_get(json_object_get(cell, "measured"), "rounds")) {
        print_process(cell, out); /* answers and calls are those of layer c */
        return;
    }
    if (json_object_get(cell, "exact") && strcmp(text(cell, "layer"), "python") == 0) {
        print_python(cell, out);
        return;
    }
    if (json_object_get(cell, "check"))
        print_check(cell, out);
    if (json_object_get(json_object_get(cell, "exact"), "not_counted"))
        print_uncounted(cell, out);
    else if (json_object_get(json_object_get(cell, "exact"), "fields"))
        print_each(cell, out);
    else if (json_object_get(json_object_get(cell, "exact"), "sweep"))
        print_swept_counts(cell, out);
    else if (json_object_get(cell, "exact"))
        print_counts(cell, out);
    if (json_object_get(json_object_get(cell, "measured"), "sweep_speedup"))
        print_swept_times(cell, out);
    else if (json_object_get(json_object_get(cell, "measured"), "speedup"))
        print_times(cell, out);
}

/* Of a sweep: from a snapshot of each process, uncached, to one snapshot of all. */
static void print_summary_row(const json_t *cell, FILE *out)
{
    const json_t *measured = json_object_get(cell, "measured"), *exact = json_object_get(cell, "exact");
    bool sweeps = json_object_get(cell, "processes") != NULL;
    const json_t *methods = json_object_get(measured, "methods"); /* of psutil, where that is asked */
    const char *to = sweeps ? "sweep" : json_object_get(measured, "cached") ? "cached" : "uncached";
    size_t fields = json_array_size(methods ? methods : json_object_get(cell, "fields"));
    char wide[48], room[24], calls[40], population[64];
    double ns = sweeps ? number(json_object_get(measured, to), "process_ns") / (double)fields
                       : number(json_object_get(measured, to), "field_ns");
    snprintf(calls, sizeof calls, "%lld -> %lld", count(json_object_get(exact, "uncached"), "calls"),
             count(json_object_get(exact, to), "calls"));
    if (json_object_get(exact, "not_counted"))
        snprintf(calls, sizeof calls, "not counted");
    snprintf(population, sizeof population, "%s", text(cell, "population"));
    if (sweeps)
        snprintf(population, sizeof population, "%lld %s", count(cell, "processes"),
                 text(cell, "population"));
    fprintf(out, "%-8s %-12s %-10s %-8s %6zu  %-12s %-24s %12s  %s\n", text(cell, "port"),
            text(cell, "scenario"), population, text(cell, "layer"), fields, calls,
            ratio(json_object_get(measured, sweeps ? "whole_speedup" : "speedup"), wide),
            ns > 0 ? duration(ns, room) : "-", text(cell, "evidence"));
}

/* Times of simulated kernels stand apart: they are not those of the OS. */
static void print_summary(const json_t *results, bool simulated, FILE *out)
{
    const json_t *cell;
    size_t i;
    bool any = false;
    json_array_foreach (json_object_get(results, "cells"), i, cell) {
        bool is_sim = strcmp(text(cell, "evidence"), "sim") == 0;
        if (!json_object_get(json_object_get(cell, "measured"), "speedup") || is_sim != simulated)
            continue;
        if (!any && simulated)
            fputs("\nsimulated kernels: the calls are those of the OS; the times are those of the "
                  "simulation, and prove "
                  "nothing about the OS's speed\n",
                  out);
        if (!any)
            fprintf(out, "%s%-8s %-12s %-10s %-8s %6s  %-12s %-24s %12s  %s\n", simulated ? "" : "\n", "port",
                    "scenario", "population", "layer", "fields", "calls", "speed-up (95 % at least)",
                    "cached, each", "evidence");
        any = true;
        print_summary_row(cell, out);
    }
}

static void print_instrument(const json_t *instrument, FILE *out)
{
    static const struct {
        const char *key, *what;
    } ROW[] = {{"system_call_ns", "the cheapest system call"},
               {"null_field_ns", "a get through the vtable alone"},
               {"dispatch_field_ns", "a cached get of what is there: vtable, table, decoder"},
               {"count_call_ns", "what the count shim adds to a call"}};
    char room[24];
    fprintf(out, "\nthe instrument itself\n");
    for (size_t i = 0; i < sizeof ROW / sizeof *ROW; i++) {
        double ns = number(instrument, ROW[i].key);
        fprintf(out, "  %-54s %9s\n", ROW[i].what, ns > 0 ? duration(ns, room) : "-");
    }
}

/* Of many cells those that were measured are rows of the summary; any other says what kept it from being one. */
static void print_cells(const json_t *cells, bool details, FILE *out)
{
    const json_t *cell;
    size_t i, left_out = 0;
    details |= json_array_size(cells) <= DETAILED_CELLS;
    json_array_foreach (cells, i, cell) {
        bool in_summary = strcmp(text(cell, "state"), "measured") == 0;
        if (details || !in_summary)
            print_cell(cell, out);
        else
            left_out++;
    }
    if (left_out > 0)
        fprintf(out, "\n%zu cells were checked, counted and measured; --details tells of each\n", left_out);
}

void psb_report_text(const json_t *results, bool details, FILE *out)
{
    const json_t *host = json_object_get(results, "host"), *psbench = json_object_get(results, "psbench");
    fprintf(out, "psbench %s (%s, %s), %s\n%s, %s, %s cpus, virtual: %s, %s\n", text(psbench, "version"),
            text(psbench, "build"), text(psbench, "compiler"), text(results, "started"), text(host, "system"),
            text(host, "cpu"), text(host, "cpus"), text(host, "virtual"), text(host, "user"));
    print_cells(json_object_get(results, "cells"), details, out);
    print_summary(results, false, out);
    print_summary(results, true, out);
    if (json_object_get(results, "instrument"))
        print_instrument(json_object_get(results, "instrument"), out);
    fprintf(out, "\n%.1f s\n", number(results, "seconds"));
}

/* check_status.c: what is known of each port, as a page of Markdown: fields down, suites across. */
#include "result.h"

#include <string.h>

static const char *text(const json_t *object, const char *key)
{
    const char *value = json_string_value(json_object_get(object, key));
    return value ? value : "";
}

static long long count(const json_t *object, const char *key)
{
    return (long long)json_integer_value(json_object_get(object, key));
}

/* What the cases about one field came to, in a word or two. */
static void put_field(const json_t *suite, const char *field, FILE *out)
{
    const json_t *row;
    size_t i;
    long long passed = 0, failed = 0, skipped = 0;
    bool claimed = false;
    json_array_foreach (json_object_get(suite, "cases"), i, row) {
        if (strcmp(text(row, "field"), field) != 0)
            continue;
        const char *result = text(row, "result");
        claimed |= strncmp(text(row, "name"), "claims.", 7) != 0 && strcmp(result, "not-claimed") != 0;
        passed += strcmp(result, "pass") == 0;
        failed += strcmp(result, "fail") == 0 || strcmp(result, "broken") == 0;
        skipped += strcmp(result, "skip") == 0;
    }
    if (failed > 0)
        fprintf(out, " **%lld of %lld fail** |", failed, failed + passed);
    else if (!claimed)
        fputs(" - |", out);
    else
        fprintf(out, " %lld%s |", passed, skipped ? "*" : "");
}

static void put_row(const char *label, const json_t *suites, void (*put)(const json_t *, FILE *), FILE *out)
{
    const json_t *suite;
    size_t i;
    fprintf(out, "| %s |", label);
    json_array_foreach (suites, i, suite)
        put(suite, out);
    fputc('\n', out);
}

static void put_port(const json_t *suite, FILE *out)
{
    fprintf(out, " %s |", text(suite, "port"));
}

static void put_rule(const json_t *suite, FILE *out)
{
    fputs("---|", out);
}

static void put_evidence(const json_t *suite, FILE *out)
{
    fprintf(out, " %s |", text(suite, "evidence"));
}

static void put_user(const json_t *suite, FILE *out)
{
    fprintf(out, " %s |", text(suite, "user"));
}

static void put_verdict(const json_t *suite, FILE *out)
{
    const json_t *counts = json_object_get(suite, "counts");
    fprintf(out, " %s: %lld of %lld |", text(suite, "verdict"), count(counts, "pass"),
            count(suite, "executed"));
}

static void put_skipped(const json_t *suite, FILE *out)
{
    fprintf(out, " %lld |", count(json_object_get(suite, "counts"), "skip"));
}

static void put_calls(const json_t *suite, FILE *out)
{
    const json_t *calls = json_object_get(suite, "calls");
    if (json_is_object(calls))
        fprintf(out, " %lld -> %lld |", count(calls, "uncached"), count(calls, "cached"));
    else
        fputs(" ? |", out);
}

void psb_check_status(const json_t *results, FILE *out)
{
    const json_t *suites = json_object_get(results, "suites"), *field;
    size_t i, s;
    fprintf(out,
            "# Status of the ports\n\n"
            "Made by `psbench check --status` of psbench %s from its results of %s; not to be edited.\n\n"
            "A number is how many cases about the field passed; `*`: others were skipped; `-`: the port does "
            "not claim the "
            "field. Evidence: *native* is the OS itself; *sim* a simulated kernel, which proves logic and "
            "counts, and "
            "nothing of the OS's speed. Calls: of a snapshot of all fields of one process, uncached -> "
            "cached, as its tables declare.\n\n",
            text(results, "version"), text(results, "started"));
    put_row("port", suites, put_port, out);
    put_row("---", suites, put_rule, out);
    put_row("evidence", suites, put_evidence, out);
    put_row("asked by", suites, put_user, out);
    put_row("verdict", suites, put_verdict, out);
    put_row("cases skipped", suites, put_skipped, out);
    put_row("calls", suites, put_calls, out);
    json_array_foreach (json_object_get(results, "fields"), i, field) {
        const json_t *suite;
        fprintf(out, "| `%s` |", json_string_value(field));
        json_array_foreach (suites, s, suite)
            put_field(suite, json_string_value(field), out);
        fputc('\n', out);
    }
}

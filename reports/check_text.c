/* check_text.c: the results of psbench check for people: the summary first, then what failed, then what was skipped. */
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

static bool is_wrong(const json_t *row)
{
    return strcmp(text(row, "result"), "fail") == 0 || strcmp(text(row, "result"), "broken") == 0;
}

static bool is_expected(const json_t *row)
{
    return strcmp(text(json_object_get(row, "expectation"), "result"), text(row, "result")) == 0;
}

static void print_summary(const json_t *suite, FILE *out)
{
    const json_t *counts = json_object_get(suite, "counts");
    fprintf(out, "%-10s %-8s %-8s %-5s %6lld %5lld %7lld %7lld %12lld %8.1f s  %s\n", text(suite, "port"),
            text(suite, "kernel"), text(suite, "evidence"), text(suite, "user"), count(counts, "pass"),
            count(counts, "fail"), count(counts, "broken"), count(counts, "skip"),
            count(counts, "not-claimed"), json_number_value(json_object_get(suite, "seconds")),
            text(suite, "verdict"));
}

/* For a shell: in quotes, if there is something in it that a shell may read otherwise, or nothing. */
static void print_word(const char *word, FILE *out)
{
    static const char PLAIN[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./,:=+";
    if (*word && word[strspn(word, PLAIN)] == '\0') {
        fprintf(out, " %s", word);
        return;
    }
    fputs(" '", out);
    for (; *word; word++)
        if (*word == '\'')
            fputs("'\\''", out);
        else
            fputc(*word, out);
    fputc('\'', out);
}

static void print_rerun(const json_t *suite, const json_t *row, FILE *out)
{
    const json_t *word;
    size_t i;
    fputs("    rerun     psbench check", out);
    json_array_foreach (json_object_get(suite, "words"), i, word)
        print_word(json_string_value(word), out);
    fprintf(out, " --case %s\n", text(row, "name"));
}

static void print_wrong(const json_t *suite, const json_t *row, FILE *out)
{
    const json_t *id;
    size_t i;
    fprintf(out, "\n  %s  %s  [", strcmp(text(row, "result"), "fail") == 0 ? "FAIL" : "BROKEN",
            text(row, "name"));
    json_array_foreach (json_object_get(row, "ids"), i, id)
        fprintf(out, "%s%s", i ? " " : "", json_string_value(id));
    fprintf(out, "]%s\n    %s\n", is_expected(row) ? " (expected)" : "", text(row, "text"));
    if (json_object_get(row, "got"))
        fprintf(out, "    got       %.600s\n    expected  %.600s\n", text(row, "got"), text(row, "expected"));
    if (is_expected(row))
        fprintf(out, "    known     %s\n", text(json_object_get(row, "expectation"), "issue"));
    print_rerun(suite, row, out);
}

/* Cases that were skipped for one and the same reason stand in one line. */
static bool is_first_skip(const json_t *cases, size_t index, size_t *same)
{
    const json_t *row = json_array_get(cases, index), *other;
    size_t i;
    *same = 0;
    if (strcmp(text(row, "result"), "skip") != 0)
        return false;
    json_array_foreach (cases, i, other)
        if (strcmp(text(other, "result"), "skip") == 0 &&
            strcmp(text(row, "reason"), text(other, "reason")) == 0 &&
            strcmp(text(row, "text"), text(other, "text")) == 0) {
            if (i < index)
                return false;
            ++*same;
        }
    return true;
}

/* By name, uncached and cached side by side. */
static void print_audit(const json_t *suite, FILE *out)
{
    const json_t *audit = json_object_get(suite, "audit"), *uncached = json_object_get(audit, "uncached");
    const json_t *cached = json_object_get(audit, "cached"), *count_;
    const char *name;
    if (!audit)
        return;
    fprintf(
        out,
        "\n%s: kernel entries of one snapshot of all fields but username, counted by %s\n  %-20s %9s %9s\n",
        text(suite, "id"), text(audit, "counted_by"), "", "uncached", "cached");
    json_object_foreach ((json_t *)json_object_get(uncached, "by_name"), name, count_)
        fprintf(out, "  %-20s %9lld %9lld\n", name, (long long)json_integer_value(count_),
                count(json_object_get(cached, "by_name"), name));
    fprintf(out, "  %-20s %9lld %9lld\n", "all", count(uncached, "entries"), count(cached, "entries"));
    if (json_object_get(uncached, "claimed"))
        fprintf(out, "  %-20s %9lld %9lld\n", "by the port's calls", count(uncached, "claimed"),
                count(cached, "claimed"));
}

static void print_suite(const json_t *suite, FILE *out)
{
    const json_t *cases = json_object_get(suite, "cases"), *row, *finding;
    size_t i, same;
    bool any = json_array_size(json_object_get(suite, "findings")) > 0;
    json_array_foreach (cases, i, row)
        any |= is_wrong(row) || strcmp(text(row, "result"), "skip") == 0;
    if (!any)
        return;
    fprintf(out, "\n%s over kernel %s:\n", text(suite, "port"), text(suite, "kernel"));
    json_array_foreach (json_object_get(suite, "findings"), i, finding)
        fprintf(out, "  finding: %s\n", json_string_value(finding));
    json_array_foreach (cases, i, row)
        if (is_wrong(row))
            print_wrong(suite, row, out);
    json_array_foreach (cases, i, row)
        if (is_first_skip(cases, i, &same))
            fprintf(out, "  skipped   %4zu  %s: %s (%s%s)\n", same, text(row, "reason"), text(row, "text"),
                    text(row, "name"), same > 1 ? ", ..." : "");
}

void psb_check_text(const json_t *results, FILE *out)
{
    const json_t *suite;
    size_t i;
    fprintf(out, "psbench check %s, %s\n\n%-10s %-8s %-8s %-5s %6s %5s %7s %7s %12s %10s  %s\n",
            text(results, "version"), text(results, "started"), "port", "kernel", "evidence", "user",
            "passed", "fail", "broken", "skipped", "not claimed", "", "verdict");
    json_array_foreach (json_object_get(results, "suites"), i, suite)
        print_summary(suite, out);
    json_array_foreach (json_object_get(results, "suites"), i, suite) {
        print_audit(suite, out);
        print_suite(suite, out);
    }
}

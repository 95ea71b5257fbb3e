/* check_formats.c: the results of psbench check as TAP 14 and as JUnit XML, for machines that know these. */
#include "result.h"

#include <string.h>

static const char *text(const json_t *object, const char *key)
{
    const char *value = json_string_value(json_object_get(object, key));
    return value ? value : "";
}

static bool is(const json_t *row, const char *result)
{
    return strcmp(text(row, "result"), result) == 0;
}

static bool is_expected(const json_t *row)
{
    const json_t *expectation = json_object_get(row, "expectation");
    return expectation && is(row, text(expectation, "result"));
}

/* ---- TAP ---- */

/* A description has neither lines nor a '#' in it. */
static void put_tap(const char *line, FILE *out)
{
    for (; *line; line++)
        if (*line == '#' || *line == '\\')
            fprintf(out, "\\%c", *line);
        else
            fputc(*line == '\n' ? ' ' : *line, out);
}

/* Strings of YAML in double quotes are those of JSON. */
static void put_yaml(const char *key, const json_t *row, FILE *out)
{
    const json_t *value = json_object_get(row, key);
    if (!value)
        return;
    fprintf(out, "    %s: ", key);
    json_dumpf(value, out, JSON_ENCODE_ANY | JSON_ENSURE_ASCII);
    fputc('\n', out);
}

static void put_tap_case(size_t number, const json_t *suite, const json_t *row, FILE *out)
{
    bool wrong = is(row, "fail") || is(row, "broken");
    fprintf(out, "%sok %zu - %s/%s %s", wrong ? "not " : "", number, text(suite, "port"),
            text(suite, "kernel"), text(row, "name"));
    if (is(row, "not-claimed"))
        fputs(" # SKIP not-claimed", out);
    if (is(row, "skip")) {
        fprintf(out, " # SKIP %s: ", text(row, "reason"));
        put_tap(text(row, "text"), out);
    }
    if (wrong && is_expected(row))
        fprintf(out, " # TODO %s", text(json_object_get(row, "expectation"), "issue"));
    fputc('\n', out);
    if (!wrong)
        return;
    fputs("    ---\n", out);
    put_yaml("result", row, out);
    put_yaml("text", row, out);
    put_yaml("got", row, out);
    put_yaml("expected", row, out);
    fputs("    ...\n", out);
}

void psb_check_tap(const json_t *results, FILE *out)
{
    const json_t *suite, *row, *finding;
    size_t s, i, number = 0, count = 0;
    json_array_foreach (json_object_get(results, "suites"), s, suite)
        count += json_array_size(json_object_get(suite, "cases")) +
                 json_array_size(json_object_get(suite, "findings"));
    fprintf(out, "TAP version 14\n1..%zu\n", count);
    json_array_foreach (json_object_get(results, "suites"), s, suite) {
        json_array_foreach (json_object_get(suite, "cases"), i, row)
            put_tap_case(++number, suite, row, out);
        json_array_foreach (json_object_get(suite, "findings"), i, finding) {
            fprintf(out, "not ok %zu - %s/%s finding: ", ++number, text(suite, "port"),
                    text(suite, "kernel"));
            put_tap(json_string_value(finding), out);
            fputc('\n', out);
        }
    }
}

/* ---- JUnit ---- */

/* Attributes and text alike; what XML cannot have at all has been escaped in the results already. */
static void put_xml(const char *bytes, FILE *out)
{
    for (; *bytes; bytes++)
        if (strchr("<>&\"'", *bytes) || (unsigned char)*bytes < ' ')
            fprintf(out, "&#%d;", (unsigned char)*bytes < ' ' ? ' ' : *bytes);
        else
            fputc(*bytes, out);
}

static void put_attribute(const char *name, const char *value, FILE *out)
{
    fprintf(out, " %s=\"", name);
    put_xml(value, out);
    fputc('"', out);
}

static void put_problem(const json_t *row, FILE *out)
{
    const char *element = is(row, "fail") ? "failure" : "error";
    fprintf(out, "<%s", element);
    put_attribute("message", text(row, "text"), out);
    fputs(">got ", out);
    put_xml(text(row, "got"), out);
    fputs(", expected ", out);
    put_xml(text(row, "expected"), out);
    fprintf(out, "</%s>", element);
}

static void put_case(const json_t *suite, const json_t *row, FILE *out)
{
    fputs("    <testcase", out);
    put_attribute("classname", text(suite, "id"), out);
    put_attribute("name", text(row, "name"), out);
    fprintf(out, " time=\"%.3f\">", json_number_value(json_object_get(row, "seconds")));
    if (is(row, "skip") || is(row, "not-claimed") || is_expected(row)) {
        bool known = is_expected(row) && !is(row, "skip");
        fputs("<skipped message=\"", out);
        put_xml(known ? "known: " : is(row, "skip") ? text(row, "reason") : "not-claimed", out);
        put_xml(known             ? text(json_object_get(row, "expectation"), "issue")
                : is(row, "skip") ? ": "
                                  : "",
                out);
        put_xml(text(row, "text"), out);
        fputs("\"/>", out);
    } else if (!is(row, "pass")) {
        put_problem(row, out);
    }
    fputs("</testcase>\n", out);
}

static size_t how_many(const json_t *suite, const char *result)
{
    const json_t *row;
    size_t i, count = 0;
    json_array_foreach (json_object_get(suite, "cases"), i, row)
        count += is(row, result) && !is_expected(row);
    return count;
}

void psb_check_junit(const json_t *results, FILE *out)
{
    const json_t *suite, *row, *finding;
    size_t s, i;
    fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n", out);
    json_array_foreach (json_object_get(results, "suites"), s, suite) {
        size_t cases = json_array_size(json_object_get(suite, "cases"));
        size_t findings = json_array_size(json_object_get(suite, "findings"));
        fputs("  <testsuite", out);
        put_attribute("name", text(suite, "id"), out);
        fprintf(out, " tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" skipped=\"%zu\">\n", cases + findings,
                how_many(suite, "fail") + findings, how_many(suite, "broken"),
                cases - how_many(suite, "pass") - how_many(suite, "fail") - how_many(suite, "broken"));
        json_array_foreach (json_object_get(suite, "cases"), i, row)
            put_case(suite, row, out);
        json_array_foreach (json_object_get(suite, "findings"), i, finding) {
            fputs("    <testcase", out);
            put_attribute("classname", text(suite, "id"), out);
            fprintf(out, " name=\"finding.%zu\"><failure", i + 1);
            put_attribute("message", json_string_value(finding), out);
            fputs("/></testcase>\n", out);
        }
        fputs("  </testsuite>\n", out);
    }
    fputs("</testsuites>\n", out);
}

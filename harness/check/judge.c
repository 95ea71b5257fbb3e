/* judge.c: from what came of each case to a verdict: with what was expected to fail, and how much had to be carried out. */
#include "suite.h"

#include "diagnose.h"
#include "host.h"
#include "host_case.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const struct minimum {
    const char *port, *kernel, *user;
    int64_t cases;
} MINIMUM[] = {
#define MINIMUM(port, kernel, user, cases) {port, kernel, user, cases},
#include "minimum.def"
#undef MINIMUM
    {NULL, NULL, NULL, 0},
};

static const char *user_name(void)
{
    return psb_host_is_root() ? "root" : "user";
}

/* The stated minimum, or 0. */
static int64_t minimum_of(const psb_suite *suite)
{
    for (const struct minimum *row = MINIMUM; row->port; row++)
        if (strcmp(row->port, suite->port->name) == 0 && strcmp(row->kernel, suite->kernel) == 0 &&
            (strcmp(row->user, "any") == 0 || strcmp(row->user, user_name()) == 0))
            return row->cases;
    return 0;
}

/* ---- expectations ---- */

static const char *text(const json_t *object, const char *key)
{
    const char *value = json_string_value(json_object_get(object, key));
    return value ? value : "";
}

static bool is_date(const char *date)
{
    static const char FORM[] = "dddd-dd-dd";
    for (size_t i = 0; i < sizeof FORM; i++)
        if (FORM[i] == 'd' ? date[i] < '0' || date[i] > '9' : date[i] != FORM[i])
            return false;
    return true;
}

static bool is_condition(const json_t *when)
{
    static const char *const KEY[] = {"port", "kernel", "user"};
    size_t known = 0;
    for (size_t i = 0; i < sizeof KEY / sizeof *KEY; i++)
        known += json_is_string(json_object_get(when, KEY[i]));
    return !when || (json_is_object(when) && known == json_object_size(when));
}

/* What is wrong with a row, or NULL. */
static const char *wrong_with(const json_t *row)
{
    const char *result = text(row, "result");
    if (!json_is_object(row) || !text(row, "case")[0])
        return "has no 'case': a pattern of names of cases";
    if (strcmp(result, "fail") != 0 && strcmp(result, "broken") != 0 && strcmp(result, "skip") != 0)
        return "has no 'result': fail, broken or skip";
    if (strncmp(text(row, "issue"), "http://", 7) != 0 && strncmp(text(row, "issue"), "https://", 8) != 0)
        return "has no 'issue': a link to what is known of it";
    if (!is_date(text(row, "until")))
        return "has no 'until': a date like 2027-01-31, after which it is no longer believed";
    if (!is_condition(json_object_get(row, "when")))
        return "has a 'when' that is not made of port, kernel and user";
    return NULL;
}

bool psb_expect_read(const char *path, json_t **out)
{
    json_error_t error = {.line = 0};
    const json_t *row;
    size_t i;
    *out = psb_host_is_endless(path) ? NULL : json_load_file(path, JSON_REJECT_DUPLICATES, &error);
    if (psb_host_is_endless(path))
        psb_say("--expect: %s: is no plain file", path);
    else if (!*out && error.line > 0)
        psb_say("--expect: %s:%d:%d: %s", path, error.line, error.column, error.text);
    else if (!*out)
        psb_say("--expect: %s: %s", path, error.text);
    else if (strcmp(text(*out, "schema"), "psbench-expect/1") != 0 ||
             !json_is_array(json_object_get(*out, "expect")))
        psb_say("--expect: %s: is not {\"schema\": \"psbench-expect/1\", \"expect\": [...]}", path);
    else {
        json_array_foreach (json_object_get(*out, "expect"), i, row)
            if (wrong_with(row)) {
                psb_say("--expect: %s: row %zu %s", path, i + 1, wrong_with(row));
                break;
            }
        if (i == json_array_size(json_object_get(*out, "expect")))
            return true;
    }
    json_decref(*out);
    *out = NULL;
    return false;
}

/* Is the row about this suite? */
static bool applies(const psb_suite *suite, const json_t *row)
{
    const json_t *when = json_object_get(row, "when");
    const char *port = text(when, "port"), *kernel = text(when, "kernel"), *user = text(when, "user");
    return (!*port || psb_glob(port, suite->port->name)) && (!*kernel || psb_glob(kernel, suite->kernel)) &&
           (!*user || strcmp(user, user_name()) == 0);
}

static bool has_expired(const json_t *row)
{
    char today[16];
    time_t now = time(NULL);
    strftime(today, sizeof today, "%Y-%m-%d", gmtime(&now));
    return strcmp(text(row, "until"), today) < 0;
}

/* The row that is about the case, or NULL. */
static const json_t *expectation_of(const psb_suite *suite, const json_t *expectations, const char *name)
{
    const json_t *row;
    size_t i;
    json_array_foreach (json_object_get(expectations, "expect"), i, row)
        if (applies(suite, row) && !has_expired(row) && psb_glob(text(row, "case"), name))
            return row;
    return NULL;
}

/* ---- the verdict ---- */

struct judgement {
    const psb_suite *suite;
    json_t *findings;
    int64_t count[PSB_RESULTS], executed, unexpected;
    bool failing[PSB_FIELDS]; /* a case about this claimed field failed */
};

static void find(struct judgement *judgement, const char *form, ...) __attribute__((format(printf, 2, 3)));
static void find(struct judgement *judgement, const char *form, ...)
{
    char line[512];
    va_list rest;
    va_start(rest, form);
    vsnprintf(line, sizeof line, form, rest);
    va_end(rest);
    json_array_append_new(judgement->findings, json_string(line));
    judgement->unexpected++;
}

static psb_result result_of(const json_t *row)
{
    for (psb_result result = 0; result < PSB_RESULTS; result++)
        if (strcmp(text(row, "result"), psb_result_name(result)) == 0)
            return result;
    return PSB_RESULT_BROKEN;
}

static void judge_case(struct judgement *judgement, json_t *row, const json_t *expectations)
{
    psb_result result = result_of(row);
    const json_t *expected = expectation_of(judgement->suite, expectations, text(row, "name"));
    bool wrong = result == PSB_RESULT_FAIL || result == PSB_RESULT_BROKEN;
    bool as_expected = expected && strcmp(text(expected, "result"), text(row, "result")) == 0;
    psb_field field = psb_field_named(text(row, "field"), strlen(text(row, "field")));
    judgement->count[result]++;
    judgement->executed += result == PSB_RESULT_PASS || wrong;
    if (expected)
        json_object_set_new(row, "expectation",
                            json_pack("{s:s, s:s, s:s}", "result", text(expected, "result"), "issue",
                                      text(expected, "issue"), "until", text(expected, "until")));
    if (expected && !as_expected && result == PSB_RESULT_PASS)
        find(judgement, "%s passes, and was expected to %s (%s): take the expectation out", text(row, "name"),
             text(expected, "result"), text(expected, "issue"));
    if (wrong && !as_expected)
        judgement->unexpected++;
    if (wrong && !as_expected && field != PSB_FIELDS && result == PSB_RESULT_FAIL)
        judgement->failing[field] = true;
}

static void judge_expectations(struct judgement *judgement, const json_t *cases, const json_t *expectations,
                               bool whole)
{
    const json_t *row, *it;
    size_t i, k;
    json_array_foreach (json_object_get(expectations, "expect"), i, row) {
        bool fits = false;
        if (!applies(judgement->suite, row))
            continue;
        json_array_foreach (cases, k, it)
            fits |= psb_glob(text(row, "case"), text(it, "name"));
        if (has_expired(row))
            find(judgement, "the expectation of %s has expired on %s (%s)", text(row, "case"),
                 text(row, "until"), text(row, "issue"));
        else if (whole && !fits)
            find(judgement, "the expectation of %s fits no case", text(row, "case"));
    }
}

/* A list of field names for people. */
static void name_fields(const bool set[PSB_FIELDS], char *out, size_t size)
{
    size_t used = 0;
    out[0] = '\0';
    for (psb_field field = 0; field < PSB_FIELDS && used < size; field++)
        if (set[field])
            used += (size_t)snprintf(out + used, size - used, "%s%s", used ? ", " : "",
                                     psb_field_of(field)->name);
}

void psb_suite_judge(const psb_suite *suite, json_t *results, const json_t *expectations, bool whole,
                     int64_t least)
{
    struct judgement judgement = {.suite = suite, .findings = json_array()};
    json_t *cases = json_object_get(results, "cases"), *row, *counts = json_object();
    size_t i;
    char names[400];
    json_array_foreach (cases, i, row)
        judge_case(&judgement, row, expectations);
    judge_expectations(&judgement, cases, expectations, whole);
    least = least > 0 ? least : whole ? minimum_of(suite) : 0;
    if (judgement.executed < least)
        find(&judgement, "%lld cases were carried out, and at least %lld must be",
             (long long)judgement.executed, (long long)least);
    name_fields(judgement.failing, names, sizeof names);
    if (names[0])
        find(&judgement, "claimed, but failing: %s", names);
    for (psb_result result = 0; result < PSB_RESULTS; result++)
        json_object_set_new(counts, psb_result_name(result), json_integer(judgement.count[result]));
    json_object_set_new(results, "counts", counts);
    json_object_set_new(results, "executed", json_integer(judgement.executed));
    json_object_set_new(results, "least", least > 0 ? json_integer(least) : json_null());
    json_object_set_new(results, "findings", judgement.findings);
    json_object_set_new(results, "verdict",
                        json_string(judgement.unexpected > 0  ? "fail"
                                    : judgement.executed == 0 ? "inconclusive"
                                                              : "pass"));
}

/* command_check.c: conformance of one port, or of all: which suites, and what is made of their results. */
#include "commands.h"

#include "audit.h"
#include "describe.h"
#include "diagnose.h"
#include "foreign.h"
#include "host.h"
#include "host_case.h"
#include "plan.h"
#include "result.h"
#include "results.h"
#include "suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Small enough for many cases, large enough to hold a process of every kind. */
#define WORLD   "seed=7,processes=48"
#define LIMIT_S 60.0

enum { SUITES_MAX = 64 };

struct checking {
    const psb_args *args;
    psb_suite suite[SUITES_MAX];
    size_t suites;
    json_t *expectations;
};

/* ---- which suites ---- */

static void add_word(psb_suite *suite, const char *option, const char *value)
{
    size_t used = 0;
    while (suite->words[used])
        used++;
    if (value && used + 3 < sizeof suite->words / sizeof *suite->words) {
        suite->words[used] = option;
        suite->words[used + 1] = value;
    }
}

static bool add_suite(struct checking *all, const psb_port *port, const char *kernel)
{
    psb_suite *suite = &all->suite[all->suites];
    bool simulated = strstr(kernel, "sim") != NULL;
    const char *world = all->args->world ? all->args->world : WORLD;
    const psb_port *ours = psb_native_leaf.port ? psb_port_named(psb_native_leaf.port) : NULL;
    char why[256];
    if (all->suites == SUITES_MAX)
        return true;
    *suite = (psb_suite){.port = port, .kernel = kernel, .oracle = port->whole ? ours : NULL};
    if (!psb_plan_world(simulated ? world : all->args->world, kernel, &suite->world))
        return false;
    if (suite->world && !all->args->world && !psb_suite_add_kinds(suite)) {
        psb_say("out of memory");
        psb_world_free(suite->world);
        return false;
    }
    psb_backend *backend = psb_open(port, PSB_CACHED, kernel, suite->world, why, sizeof why);
    if (!backend) {
        psb_say("--kernel: %s", why);
        psb_world_free(suite->world);
        return false;
    }
    psb_evidence evidence = psb_evidence_of(port, backend);
    backend->ops->close(backend);
    if (evidence == PSB_EVIDENCE_REPLAY) {
        psb_say(
            "--kernel: %s: a trace answers for the processes it was recorded of, not for those of a check",
            kernel);
        psb_world_free(suite->world);
        return false;
    }
    const char *const *foreign = psb_foreign_words(port);
    add_word(suite, foreign ? foreign[0] : "--port", foreign ? foreign[1] : port->name);
    add_word(suite, "--kernel", port->whole ? NULL : kernel);
    add_word(suite, "--world", suite->world ? all->args->world : NULL);
    all->suites++;
    return true;
}

/* Every port over the simulated kernel of its OS, and that of this machine over its own. */
static bool add_all(struct checking *all)
{
    if (all->args->port || all->args->kernel) {
        psb_say("--all: is every port over every kernel, and goes with no --port or --kernel");
        return false;
    }
    for (size_t i = 0; psb_port_at(i); i++) {
        const char *kernel = psb_plan_kernel(NULL, psb_port_at(i));
        if (!add_suite(all, psb_port_at(i), kernel) ||
            (!psb_port_at(i)->whole && strcmp(kernel, "sim") != 0 && !add_suite(all, psb_port_at(i), "sim")))
            return false;
    }
    return true;
}

static bool choose(struct checking *all)
{
    const psb_port *port;
    const char *name = all->args->port ? all->args->port : psb_foreign_port() ? NULL : psb_native_leaf.port;
    if (all->args->all)
        return add_all(all);
    return psb_plan_port(name, &port) && add_suite(all, port, psb_plan_kernel(all->args->kernel, port));
}

static bool is_format(const char *format)
{
    static const char *const FORMAT[] = {"text", "tap", "junit", "json"};
    for (size_t i = 0; i < sizeof FORMAT / sizeof *FORMAT; i++)
        if (strcmp(format, FORMAT[i]) == 0)
            return true;
    psb_say("--format: '%s' is not text, tap, junit or json", format);
    return false;
}

static bool prepare(const psb_args *args, struct checking *out)
{
    *out = (struct checking){.args = args};
    return is_format(args->format ? args->format : "text") &&
           (!args->expect || psb_expect_read(args->expect, &out->expectations)) && choose(out);
}

static void dismiss(struct checking *all)
{
    for (size_t i = 0; i < all->suites; i++)
        psb_world_free(all->suite[i].world);
    json_decref(all->expectations);
}

/* ---- lists ---- */

static bool selects_something(const struct checking *all)
{
    size_t selected = 0;
    for (size_t i = 0; i < all->suites; i++) {
        psb_caselist cases;
        if (psb_suite_cases(&all->suite[i], all->args->case_, &cases))
            selected += cases.count;
        free(cases.item);
    }
    if (selected == 0)
        psb_say("--case: '%s' fits no case; see 'psbench check --list'",
                all->args->case_ ? all->args->case_ : "*");
    return selected > 0;
}

static int list_cases(const struct checking *all)
{
    if (!selects_something(all))
        return PSB_EXIT_USAGE;
    for (size_t s = 0; s < all->suites; s++) {
        psb_caselist cases;
        if (!psb_suite_cases(&all->suite[s], all->args->case_, &cases))
            return psb_fail(PSB_EXIT_USAGE, "out of memory");
        if (all->suites > 1)
            printf("%s over %s: %zu cases\n", all->suite[s].port->name, all->suite[s].kernel, cases.count);
        for (size_t i = 0; i < cases.count; i++)
            printf("%-45s %-30s %s\n", cases.item[i].name, cases.item[i].ids, cases.item[i].family->meaning);
        free(cases.item);
    }
    return PSB_EXIT_GOOD;
}

static const struct promise {
    const char *id, *sentence;
} PROMISES[] = {
#define PROMISE(id, sentence) {id, sentence},
#include "contract.def"
};
enum { PROMISE_COUNT = sizeof PROMISES / sizeof *PROMISES };

/* A case that can be carried out in one of the suites cites the ids; false: one that there is not. */
static bool note_ids(const psb_case *it, size_t cases[PROMISE_COUNT])
{
    for (const char *at = it->ids; *at;) {
        size_t len = strcspn(at, " "), i = 0;
        while (i < PROMISE_COUNT && (strlen(PROMISES[i].id) != len || memcmp(PROMISES[i].id, at, len) != 0))
            i++;
        if (i == PROMISE_COUNT) {
            psb_say("case %s cites %.*s, which is not in contract.def", it->name, (int)len, at);
            return false;
        }
        cases[i] += it->known == PSB_RESULT_PASS;
        at += len + (at[len] == ' ');
    }
    return true;
}

static int coverage(const struct checking *all)
{
    size_t cases[PROMISE_COUNT] = {0}, without = 0;
    for (size_t s = 0; s < all->suites; s++) {
        psb_caselist list;
        bool good = psb_suite_cases(&all->suite[s], NULL, &list);
        for (size_t i = 0; good && i < list.count; i++)
            good = note_ids(&list.item[i], cases);
        free(list.item);
        if (!good)
            return PSB_EXIT_FAILED;
    }
    for (size_t i = 0; i < PROMISE_COUNT; i++) {
        printf("%-20s %6zu cases  %s\n", PROMISES[i].id, cases[i], PROMISES[i].sentence);
        without += cases[i] == 0;
    }
    printf("\n%d promises, %zu without a case\n", (int)PROMISE_COUNT, without);
    for (size_t i = 0; i < PROMISE_COUNT; i++)
        if (cases[i] == 0)
            psb_say("no case proves %s: %s", PROMISES[i].id, PROMISES[i].sentence);
    return without ? PSB_EXIT_FAILED : PSB_EXIT_GOOD;
}

/* ---- one case, for the runner where there is no fork ---- */

static int trial(const struct checking *all)
{
    psb_caselist cases;
    if (all->suites != 1 || !psb_suite_cases(&all->suite[0], all->args->trial, &cases) || cases.count != 1)
        return psb_fail(PSB_EXIT_USAGE, "--trial: '%s' is no case", all->args->trial);
    json_t *outcome = psb_trial_run(&all->suite[0], &cases.item[0]);
    int failed = json_dumpf(outcome, stdout, JSON_COMPACT | JSON_ENSURE_ASCII);
    json_decref(outcome);
    free(cases.item);
    return failed ? PSB_EXIT_USAGE : PSB_EXIT_GOOD;
}

/* ---- carrying out ---- */

/* Calls of a snapshot of every claimed field, by the tables; null: there are none. */
static json_t *calls_of(const psb_suite *suite)
{
    psb_field field[PSB_FIELDS];
    size_t fields = 0;
    psb_situation situation = {.has_parent = true};
    json_t *calls = json_object();
    if (!psb_suite_has_tables(suite)) {
        json_decref(calls);
        return json_null();
    }
    for (psb_field f = 0; f < PSB_FIELDS; f++)
        if (psb_port_has(suite->port, f))
            field[fields++] = f;
    for (psb_variant variant = PSB_UNCACHED; variant < PSB_VARIANTS; variant++) {
        psb_declared declared;
        json_int_t sum = 0;
        psb_declare(suite->port, variant, field, fields, &situation, &declared);
        for (size_t i = 0; i < suite->port->sources; i++)
            sum += psb_declared_calls(&declared, i);
        json_object_set_new(calls, psb_variant_name(variant), json_integer(sum));
    }
    return calls;
}

static const char *evidence_of(const psb_suite *suite)
{
    char why[256];
    psb_backend *backend = psb_open(suite->port, PSB_CACHED, suite->kernel, suite->world, why, sizeof why);
    psb_evidence evidence = backend ? psb_evidence_of(suite->port, backend) : PSB_EVIDENCE_NONE;
    if (backend)
        backend->ops->close(backend);
    return psb_evidence_name(evidence);
}

/* The kernel's own count, beside the results; where it cannot be had a line says so. */
static void add_audit(const psb_suite *suite, json_t *results)
{
    psb_specimen specimen;
    const psb_population *child = psb_population_named("child");
    char why[256] = "its kernel is a simulated one";
    if (suite->world || !child->start(&specimen, why, sizeof why)) {
        psb_say("--audit: %s: %s", suite->port->name, why);
        return;
    }
    json_t *audit = psb_suite_audit(suite, specimen.pid, why, sizeof why);
    if (audit)
        json_object_set_new(results, "audit", audit);
    else
        psb_say("--audit: %s: %s", suite->port->name, why);
    child->stop(&specimen);
}

static json_t *run_suite(const struct checking *all, const psb_suite *suite)
{
    const psb_args *args = all->args;
    const psb_run_options options = {args->jobs > 0 ? (size_t)args->jobs : psb_host_processors(),
                                     args->seconds > 0 ? args->seconds : LIMIT_S};
    uint64_t start = psb_host_now_ns();
    psb_caselist cases;
    json_t *words = json_array();
    if (!psb_suite_cases(suite, args->case_, &cases))
        return NULL;
    for (size_t i = 0; suite->words[i]; i++)
        json_array_append_new(words, json_string(suite->words[i]));
    json_t *rows = psb_suite_run(suite, &cases, &options);
    json_t *out = json_pack("{s:s++, s:s, s:s, s:s, s:s, s:o, s:o, s:o}", "id", suite->port->name, "/",
                            suite->kernel, "port", suite->port->name, "kernel", suite->kernel, "evidence",
                            evidence_of(suite), "user", psb_host_is_root() ? "root" : "user", "words", words,
                            "calls", calls_of(suite), "cases", rows);
    free(cases.item);
    json_object_set_new(out, "seconds", json_real((double)(psb_host_now_ns() - start) / 1e9));
    if (out && args->audit)
        add_audit(suite, out);
    if (out)
        psb_suite_judge(suite, out, all->expectations, !args->case_, args->least);
    return out;
}

static json_t *open_results(void)
{
    char started[32];
    time_t now = time(NULL);
    json_t *fields = json_array();
    for (psb_field field = 0; field < PSB_FIELDS; field++)
        json_array_append_new(fields, json_string(psb_field_of(field)->name));
    strftime(started, sizeof started, "%Y-%m-%dT%H:%M:%SZ", gmtime(&now));
    return json_pack("{s:s, s:s, s:s, s:o, s:[]}", "schema", PSB_CHECK_SCHEMA, "version", PSB_VERSION,
                     "started", started, "fields", fields, "suites");
}

/* ---- what is made of it ---- */

static void print(const char *format, const json_t *results, FILE *out)
{
    if (strcmp(format, "tap") == 0)
        psb_check_tap(results, out);
    else if (strcmp(format, "junit") == 0)
        psb_check_junit(results, out);
    else if (strcmp(format, "json") == 0)
        psb_result_write(results, out);
    else
        psb_check_text(results, out);
}

/* Whole, or not at all. */
static bool save(const char *option, const char *path, const char *format, const json_t *results)
{
    psb_output out;
    char why[4400];
    if (!path)
        return true;
    bool good = psb_host_create(path, &out, why, sizeof why);
    if (good) {
        if (strcmp(format, "status") == 0)
            psb_check_status(results, out.file);
        else
            print(format, results, out.file);
        good = psb_host_publish(&out, why, sizeof why);
    }
    if (!good)
        psb_say("%s: %s", option, why);
    return good;
}

/* The worst of the suites' verdicts. */
static int verdict(const json_t *results)
{
    const json_t *suite;
    size_t i;
    int code = PSB_EXIT_GOOD;
    json_array_foreach (json_object_get(results, "suites"), i, suite) {
        const char *word = json_string_value(json_object_get(suite, "verdict"));
        if (strcmp(word, "fail") == 0)
            return PSB_EXIT_FAILED;
        if (strcmp(word, "inconclusive") == 0)
            code = PSB_EXIT_INCONCLUSIVE;
    }
    return code;
}

static int carry_out(const struct checking *all)
{
    const psb_args *args = all->args;
    const char *format = args->format ? args->format : "text";
    if (!selects_something(all) || !psb_results_can_save("--out", args->out) ||
        !psb_results_can_save("--status", args->status))
        return PSB_EXIT_USAGE;
    json_t *results = open_results();
    for (size_t i = 0; i < all->suites; i++) {
        json_t *suite = run_suite(all, &all->suite[i]);
        if (!suite) {
            json_decref(results);
            return psb_fail(PSB_EXIT_USAGE, "out of memory");
        }
        json_array_append_new(json_object_get(results, "suites"), suite);
    }
    bool good =
        save("--out", args->out, format, results) && save("--status", args->status, "status", results);
    print(args->out ? "text" : format, results, stdout);
    int code = good ? verdict(results) : PSB_EXIT_USAGE;
    json_decref(results);
    return code;
}

int psb_command_check(const psb_args *args)
{
    struct checking all;
    int code = PSB_EXIT_USAGE;
    psb_args every = *args;
    if (args->coverage) { /* of the contract as a whole, whatever is asked for */
        every.all = true;
        every.port = every.kernel = NULL;
        args = &every;
    }
    if (prepare(args, &all))
        code = args->coverage ? coverage(&all)
               : args->list   ? list_cases(&all)
               : args->trial  ? trial(&all)
                              : carry_out(&all);
    dismiss(&all);
    return code;
}

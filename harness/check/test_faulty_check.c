/*
 * test_faulty_check.c: the suite is itself tested: it must find every mistake of backends/faulty, and name the field that is
 * wrong. The same suite over the same ports without a mistake finds nothing.
 */
#include "suite.h"

#include "describe.h"
#include "faulty.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Behind the cases about the field: what is found needs no more. Quick ones first. */
static const char *const PATTERNS[] = {"value.*", "pids.*",   "snapshot.*", "failure.*", "denied.*",
                                       "gone.*",  "cached.*", "shape.*",    "calls.*",   "leak.*",
                                       "sweep.*", "churn.*",  "related.*"};
enum { PATTERN_COUNT = sizeof PATTERNS / sizeof *PATTERNS, LIMIT_S = 60 };

struct made {
    const psb_faulty *faulty;
    psb_faulty_port port;
};

static psb_backend *open_faulty(const psb_suite *suite, psb_variant variant, const char *stack,
                                psb_kernel **top, char *why, size_t why_size)
{
    const struct made *made = suite->context;
    *top = NULL;
    return psb_faulty_open(made->faulty, &made->port, variant, stack, suite->world, top, why, why_size);
}

static json_t *run(const psb_suite *suite, const char *pattern)
{
    psb_caselist cases;
    assert_true(psb_suite_cases(suite, pattern, &cases));
    json_t *rows = psb_suite_run(suite, &cases, &(psb_run_options){.at_once = 2, .limit_s = LIMIT_S});
    assert_non_null(rows);
    free(cases.item);
    return rows;
}

static const char *text(const json_t *row, const char *key)
{
    const char *value = json_string_value(json_object_get(row, key));
    return value ? value : "";
}

/* A list of processes is named by the family of the cases about it. */
static bool names(const json_t *row, psb_field field)
{
    if (field == PSB_FIELDS)
        return strncmp(text(row, "name"), "pids.", 5) == 0;
    const char *name = psb_field_of(field)->name;
    return strcmp(text(row, "field"), name) == 0 || strstr(text(row, "text"), name);
}

/* Does a case that fits fail and name the field? Its name then stands in room. */
static bool find(const psb_suite *suite, const char *pattern, psb_field field, char room[96], size_t *failed)
{
    json_t *rows = run(suite, pattern), *row;
    bool found = false;
    size_t i;
    json_array_foreach (rows, i, row) {
        bool fails = strcmp(text(row, "result"), "fail") == 0;
        *failed += fails;
        if (fails && !found && names(row, field))
            snprintf(room, 96, "%s", text(row, "name"));
        found |= fails && names(row, field);
    }
    json_decref(rows);
    return found;
}

static bool is_found(const psb_suite *suite, psb_field field, char room[96], size_t *failed)
{
    char pattern[64] = "pids.*";
    if (field != PSB_FIELDS)
        snprintf(pattern, sizeof pattern, "*.%s*", psb_field_of(field)->name);
    if (find(suite, pattern, field, room, failed))
        return true;
    for (size_t i = 0; i < PATTERN_COUNT; i++)
        if (find(suite, PATTERNS[i], field, room, failed))
            return true;
    return false;
}

static void every_mistake_is_found_and_its_field_named(void **state)
{
    size_t mistakes = 0, missed = 0;
    for (; psb_faulty_at(mistakes); mistakes++) {
        static struct made made;
        char name[96];
        size_t failed = 0;
        made.faulty = psb_faulty_at(mistakes);
        psb_faulty_make(made.faulty, &made.port);
        psb_suite suite = {.port = &made.port.port,
                           .kernel = "sim",
                           .world = psb_world_make(7, 48),
                           .open = open_faulty,
                           .context = &made};
        assert_non_null(suite.world);
        assert_true(psb_suite_add_kinds(&suite));
        if (is_found(&suite, made.faulty->field, name, &failed)) {
            print_message("  %-28s %s\n", made.faulty->id, name);
        } else {
            print_message("  %-28s NOT FOUND (%zu cases fail)\n", made.faulty->id, failed);
            missed++;
        }
        psb_world_free(suite.world);
    }
    print_message("%zu of %zu mistakes are found\n", mistakes - missed, mistakes);
    assert_true(mistakes >= 40);
    assert_int_equal(missed, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_mistake_is_found_and_its_field_named)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

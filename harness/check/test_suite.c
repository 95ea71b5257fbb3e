/* test_suite.c: the suite itself: patterns, the lists of cases, and that a case's crash or hang is a row of that case only. */
#include "suite.h"

#include "describe.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static psb_method method[PSB_FIELDS];
static psb_port port; /* that of FreeBSD, which a test spoils */
static psb_suite suite;

static int make_suite(void **state)
{
    port = *psb_port_named("freebsd");
    memcpy(method, port.method, sizeof method);
    port.method = method;
    suite = (psb_suite){.port = &port, .kernel = "sim", .world = psb_world_make(7, 48)};
    return suite.world ? 0 : -1;
}

static int free_suite(void **state)
{
    psb_world_free(suite.world);
    return 0;
}

static void spoil(psb_field field, void (*decode)(const void *, const psb_facts *, psb_arena *, psb_value *))
{
    method[field].tries[0].decode = decode;
}

/* Rows of the cases that fit; the caller frees them. */
static json_t *run(const char *glob, double limit_s)
{
    psb_caselist cases;
    assert_true(psb_suite_cases(&suite, glob, &cases));
    assert_true(cases.count > 0);
    json_t *rows = psb_suite_run(&suite, &cases, &(psb_run_options){.at_once = 2, .limit_s = limit_s});
    assert_int_equal(json_array_size(rows), cases.count);
    free(cases.item);
    return rows;
}

static const char *text(const json_t *rows, size_t index, const char *key)
{
    const char *value = json_string_value(json_object_get(json_array_get(rows, index), key));
    return value ? value : "";
}

static void patterns_fit_names(void **state)
{
    assert_true(psb_glob("*", ""));
    assert_true(psb_glob("value.*.zombie", "value.exe.zombie"));
    assert_true(psb_glob("value.*", "value.exe.zombie"));
    assert_true(psb_glob("*a*b*c", "xxaybyc_c"));
    assert_true(psb_glob("?b", "ab"));
    assert_false(psb_glob("?b", "b"));
    assert_false(psb_glob("value.*.zombie", "value.exe.zombie2"));
    assert_false(psb_glob("", "a"));
    assert_false(psb_glob("a*b", "a"));
}

static void names_are_unique_and_every_case_proves_something(void **state)
{
    psb_caselist cases;
    assert_true(psb_suite_cases(&suite, NULL, &cases));
    assert_true(cases.count > 200);
    for (size_t i = 0; i < cases.count; i++) {
        assert_true(cases.item[i].ids[0] != '\0');
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(cases.item[i].name, cases.item[k].name);
    }
    free(cases.item);
}

static void a_port_without_a_fault_passes(void **state)
{
    json_t *rows = run("value.ppid.*", 60);
    size_t passed = 0;
    for (size_t i = 0; i < json_array_size(rows);
         i++) { /* some specimens cannot be made by everyone, everywhere */
        bool passes = strcmp(text(rows, i, "result"), "pass") == 0;
        if (!passes)
            assert_string_equal(text(rows, i, "result"), "skip");
        passed += passes;
    }
    assert_true(passed >= 10);
    json_decref(rows);
}

static void says_seven(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    out->u.integer = 7;
}

static void a_wrong_answer_fails_with_both_values(void **state)
{
    spoil(PSB_PPID, says_seven);
    json_t *rows = run("value.ppid.ordinary", 60);
    assert_string_equal(text(rows, 0, "result"), "fail");
    assert_string_equal(text(rows, 0, "field"), "ppid");
    assert_string_equal(text(rows, 0, "got"), "7");
    assert_true(text(rows, 0, "expected")[0] != '\0');
    json_decref(rows);
}

static void crashes(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    abort();
}

static void a_crash_is_a_row_of_that_case_only(void **state)
{
    spoil(PSB_NICE, crashes);
    json_t *rows = run("range.n*", 60);
    bool seen = false;
    for (size_t i = 0; i < json_array_size(rows); i++) {
        bool is_it = strcmp(text(rows, i, "name"), "range.nice") == 0;
        seen |= is_it;
        if (is_it)
            assert_string_equal(text(rows, i, "result"), "broken");
        else
            assert_string_not_equal(text(rows, i, "result"), "broken");
    }
    assert_true(seen);
    json_decref(rows);
}

static void hangs(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    for (volatile int i = 1; i;)
        ;
}

static void a_hang_is_ended_and_is_a_row_of_that_case_only(void **state)
{
    spoil(PSB_NICE, hangs);
    json_t *rows = run("range.ni*", 0.5);
    assert_int_equal(json_array_size(rows), 1);
    assert_string_equal(text(rows, 0, "result"), "broken");
    assert_non_null(strstr(text(rows, 0, "text"), "was ended"));
    json_decref(rows);
}

static void a_field_that_works_unclaimed_and_one_that_is_claimed_in_vain_are_found(void **state)
{
    method[PSB_NUM_HANDLES] = method[PSB_PPID]; /* claimed now; nothing of FreeBSD knows of it */
    json_t *rows = run("value.num_handles.ordinary", 60);
    assert_string_equal(text(rows, 0, "result"), "fail");
    json_decref(rows);
    method[PSB_NICE] = (psb_method){0};
    rows = run("value.nice.ordinary", 60);
    assert_string_equal(text(rows, 0, "result"), "not-claimed");
    json_decref(rows);
}

static void a_verdict_counts_what_was_carried_out(void **state)
{
    json_t *results = json_pack("{s:o}", "cases", run("pids.*", 60));
    psb_suite_judge(&suite, results, NULL, false, 0);
    assert_string_equal(json_string_value(json_object_get(results, "verdict")), "pass");
    psb_suite_judge(&suite, results, NULL, false, 1000);
    assert_string_equal(json_string_value(json_object_get(results, "verdict")), "fail");
    assert_int_equal(json_array_size(json_object_get(results, "findings")), 1);
    json_decref(results);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, make_suite, free_suite)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(patterns_fit_names),
        TEST(names_are_unique_and_every_case_proves_something),
        TEST(a_port_without_a_fault_passes),
        TEST(a_wrong_answer_fails_with_both_values),
        TEST(a_crash_is_a_row_of_that_case_only),
        TEST(a_hang_is_ended_and_is_a_row_of_that_case_only),
        TEST(a_field_that_works_unclaimed_and_one_that_is_claimed_in_vain_are_found),
        TEST(a_verdict_counts_what_was_carried_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

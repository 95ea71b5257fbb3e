/* test_starts.c: ratios over starts, of figures made by hand; and starts of this program, which answers to
 * `slices` as psbench does. */
#include "starts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static psb_starts starts;

/* starts of the sides a and b. */
static void given(const char *output)
{
    json_error_t error;
    starts = (psb_starts){.sides = 2, .name = {"a", "b"}};
    starts.output = json_loads(output, 0, &error);
    if (!starts.output)
        fail_msg("%s at %d:%d", error.text, error.line, error.column);
    starts.starts = json_array_size(starts.output);
}

/* Starts of three blocks each; in start i, a takes ratio[i] times as long as b in the middle block. */
static void given_ratios(const double *ratio, size_t count)
{
    starts = (psb_starts){.starts = count, .blocks = 3 * count, .sides = 2, .name = {"a", "b"}};
    starts.output = json_array();
    for (size_t i = 0; i < count; i++) {
        double b = 100 + (double)i;
        json_array_append_new(starts.output,
                              json_pack("{s:[s,s], s:[[f,f],[f,f],[f,f]]}", "sides", "a", "b", "blocks",
                                        ratio[i] * 9000, b, ratio[i] * b, b, ratio[i] / 9000, b));
    }
}

static int forget(void **state)
{
    psb_starts_free(&starts);
    return 0;
}

static double figure(const json_t *ratio, const char *key)
{
    const json_t *value = json_object_get(ratio, key);
    if (!json_is_number(value))
        fail_msg("there is no '%s'", key);
    return json_number_value(value);
}

static void assert_close(double is, double should)
{
    if (!(is > should * (1 - 1e-12) && is < should * (1 + 1e-12)))
        fail_msg("%.17g is not %.17g", is, should);
}

/* ---- by hand ---- */

static void a_side_is_found_by_its_whole_name(void **state)
{
    given("[]");
    assert_int_equal(psb_starts_side(&starts, "a"), 0);
    assert_int_equal(psb_starts_side(&starts, "b"), 1);
    assert_int_equal(psb_starts_side(&starts, "c"), -1);
    assert_int_equal(psb_starts_side(&starts, "ab"), -1);
    assert_int_equal(psb_starts_side(&starts, ""), -1);
}

/* The ratios 3, 5 and 2 of blocks have the median 3; the ratio of the medians would be 30/10. */
static void a_ratio_is_taken_block_by_block(void **state)
{
    given("[{\"sides\": [\"a\", \"b\"], \"blocks\": [[30, 10], [10, 2], [80, 40]]}]");
    json_t *ratio = psb_starts_ratio(&starts, "a", "b"), *inverse = psb_starts_ratio(&starts, "b", "a");
    assert_close(figure(ratio, "ratio"), 3);
    assert_close(figure(inverse, "ratio"), 1.0 / 3);
    json_decref(ratio);
    json_decref(inverse);
}

static void blocks_of_an_even_number_meet_half_way(void **state)
{
    given("[{\"blocks\": [[30, 10], [100, 20]]}]");
    json_t *ratio = psb_starts_ratio(&starts, "a", "b");
    assert_close(figure(ratio, "ratio"), 4);
    json_decref(ratio);
}

static void each_start_counts_once_however_many_blocks_it_has(void **state)
{
    given("[{\"blocks\": [[1, 1]]}, {\"blocks\": [[2, 1]]},"
          " {\"blocks\": [[9, 1], [9, 1], [9, 1], [9, 1], [9, 1], [9, 1], [9, 1]]}]");
    json_t *ratio = psb_starts_ratio(&starts, "a", "b");
    assert_close(figure(ratio, "ratio"), 2);
    json_decref(ratio);
}

static void whole_numbers_are_figures_too(void **state)
{
    given("[{\"blocks\": [[7, 2.0]]}, {\"blocks\": [[7.0, 2]]}]");
    json_t *ratio = psb_starts_ratio(&starts, "a", "b");
    assert_close(figure(ratio, "ratio"), 3.5);
    json_decref(ratio);
}

static void ten_starts_have_the_interval_from_the_second_to_the_ninth(void **state)
{
    static const double RATIOS[] = {1.9, 1.1, 1.7, 1.3, 1.5, 1.4, 1.6, 1.2, 1.8, 1.0};
    given_ratios(RATIOS, 10);
    json_t *ratio = psb_starts_ratio(&starts, "a", "b");
    assert_int_equal(json_object_size(ratio), 4);
    assert_close(figure(ratio, "ratio"), 1.45);
    assert_close(figure(ratio, "low"), 1.1);
    assert_close(figure(ratio, "high"), 1.8);
    assert_close(figure(ratio, "confidence"), 0.978515625);
    json_decref(ratio);
}

static void six_starts_have_an_interval(void **state)
{
    static const double RATIOS[] = {2.5, 2.0, 3.0, 2.2, 2.8, 2.6};
    given_ratios(RATIOS, 6);
    json_t *ratio = psb_starts_ratio(&starts, "a", "b");
    assert_close(figure(ratio, "ratio"), 2.55);
    assert_close(figure(ratio, "low"), 2);
    assert_close(figure(ratio, "high"), 3);
    assert_close(figure(ratio, "confidence"), 0.96875);
    json_decref(ratio);
}

static void fewer_than_six_starts_have_a_ratio_but_no_interval(void **state)
{
    static const double RATIOS[] = {2.5, 2.0, 3.0, 2.2, 2.8};
    static const double MEDIAN[] = {2.5, 2.25, 2.5, 2.35, 2.5};
    for (size_t count = 1; count <= 5; count++) {
        given_ratios(RATIOS, count);
        json_t *ratio = psb_starts_ratio(&starts, "a", "b");
        assert_int_equal(json_object_size(ratio), 1);
        assert_close(figure(ratio, "ratio"), MEDIAN[count - 1]);
        json_decref(ratio);
        psb_starts_free(&starts);
    }
}

static void a_side_against_itself_is_one(void **state)
{
    static const double RATIOS[] = {2.5, 2.0, 3.0, 2.2, 2.8, 2.6, 2.1};
    given_ratios(RATIOS, 7);
    json_t *ratio = psb_starts_ratio(&starts, "b", "b");
    assert_true(figure(ratio, "ratio") == 1 && figure(ratio, "low") == 1 && figure(ratio, "high") == 1);
    json_decref(ratio);
}

static void a_ratio_with_an_unknown_side_is_null(void **state)
{
    static const double RATIOS[] = {2, 2, 2, 2, 2, 2};
    given_ratios(RATIOS, 6);
    json_t *above = psb_starts_ratio(&starts, "c", "b"), *below = psb_starts_ratio(&starts, "a", "c");
    assert_true(json_is_null(above) && json_is_null(below));
    assert_true(psb_starts_ns(&starts, "c") == 0);
}

static void the_time_of_a_side_is_a_median_of_medians(void **state)
{
    given("[{\"blocks\": [[30, 1], [10, 2], [20, 3]]}, {\"blocks\": [[50, 5]]},"
          " {\"blocks\": [[1, 7], [2, 8], [3, 9], [4, 10]]}]");
    assert_close(psb_starts_ns(&starts, "a"), 20);
    assert_close(psb_starts_ns(&starts, "b"), 5);
}

static void a_side_that_takes_no_time_divides_nothing(void **state)
{
    given("[{\"blocks\": [[30, 0]]}]");
    json_t *ratio = psb_starts_ratio(&starts, "a", "b");
    double is = figure(ratio, "ratio");
    assert_true(is - is == 0); /* neither infinite nor NaN: JSON has neither */
    json_decref(ratio);
}

static void slices_are_printed_as_they_are_read(void **state)
{
    double ns[] = {30.5, 10, 10, 2, 81, 40};
    psb_side side[] = {{.name = "a"}, {.name = "b"}};
    psb_slices slices = {.sides = 2, .blocks = 3, .ns = ns};
    json_t *printed = psb_slices_json(side, 2, &slices);
    json_t *expected = json_loads(
        "{\"sides\": [\"a\", \"b\"], \"blocks\": [[30.5, 10.0], [10.0, 2.0], [81.0, 40.0]]}", 0, NULL);
    assert_true(json_equal(printed, expected));
    json_decref(expected);
    starts = (psb_starts){.starts = 1, .blocks = 3, .sides = 2, .name = {"a", "b"}};
    starts.output = json_pack("[o]", printed);
    json_t *ratio = psb_starts_ratio(&starts, "a", "b");
    assert_close(figure(ratio, "ratio"), 3.05);
    json_decref(ratio);
}

/* ---- by starting this program ---- */

/* Stands for `psbench slices HOW... --seed N`. */
static int act(int count, char **word)
{
    const char *seed = count >= 3 && strcmp(word[count - 2], "--seed") == 0 ? word[count - 1] : NULL;
    if (!seed)
        return 9;
    if (strcmp(word[0], "good") == 0)
        printf("{\"sides\": [\"a\", \"b\"], \"blocks\": [[%s, 1], [%s, 1]]}", seed, seed);
    else if (strcmp(word[0], "turn") == 0) /* another side's name with every seed */
        printf("{\"sides\": [\"a%s\"], \"blocks\": [[1]]}", seed);
    else
        fputs(word[0], stdout);
    return strcmp(word[0], "fail") == 0;
}

static bool start(const char *how, int64_t count, uint64_t seed, char why[256])
{
    const char *arguments[] = {how, "--seconds", "1", NULL};
    psb_effort effort = {.starts = count, .seed = seed};
    why[0] = '\0';
    return psb_starts_run(arguments, "a test", &effort, &starts, why, 256);
}

static void every_start_is_a_process_with_a_seed_of_its_own(void **state)
{
    char why[256];
    if (!start("good", 3, 5, why))
        fail_msg("%s", why);
    assert_int_equal(starts.starts, 3);
    assert_int_equal(starts.blocks, 6);
    assert_int_equal(starts.sides, 2);
    assert_string_equal(starts.name[1], "b");
    double seed[3];
    for (size_t i = 0; i < 3; i++) {
        const json_t *blocks = json_object_get(json_array_get(starts.output, i), "blocks");
        seed[i] = json_number_value(json_array_get(json_array_get(blocks, 0), 0));
        for (size_t k = 0; k < i; k++)
            assert_true(seed[k] != seed[i]);
    }
}

static void a_start_that_fails_fails_the_measurement(void **state)
{
    char why[256];
    assert_false(start("fail", 3, 1, why));
    assert_non_null(strstr(why, "exited with code 1"));
    assert_null(starts.output);
}

static void a_start_that_prints_something_else_is_refused(void **state)
{
    static const char *const OUTPUT[] = {
        "",
        "no JSON",
        "[]",
        "{}",
        "{\"sides\": [], \"blocks\": [[]]}",
        "{\"sides\": [\"a\"], \"blocks\": []}",
        "{\"sides\": [1], \"blocks\": [[1]]}",
        "{\"sides\": [\"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\",\"8\",\"9\"], \"blocks\": [[1]]}",
    };
    char why[256];
    for (size_t i = 0; i < sizeof OUTPUT / sizeof *OUTPUT; i++) {
        if (start(OUTPUT[i], 2, 1, why))
            fail_msg("'%s' was taken for slices", OUTPUT[i]);
        assert_true(*why);
        assert_null(starts.output);
    }
}

static void starts_of_different_sides_are_refused(void **state)
{
    char why[256];
    assert_false(start("turn", 2, 1, why));
    assert_true(*why);
}

int main(int argc, char **argv)
{
    if (argc > 2 && strcmp(argv[1], "slices") == 0)
        return act(argc - 2, argv + 2);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(a_side_is_found_by_its_whole_name, forget),
        cmocka_unit_test_teardown(a_ratio_is_taken_block_by_block, forget),
        cmocka_unit_test_teardown(blocks_of_an_even_number_meet_half_way, forget),
        cmocka_unit_test_teardown(each_start_counts_once_however_many_blocks_it_has, forget),
        cmocka_unit_test_teardown(whole_numbers_are_figures_too, forget),
        cmocka_unit_test_teardown(ten_starts_have_the_interval_from_the_second_to_the_ninth, forget),
        cmocka_unit_test_teardown(six_starts_have_an_interval, forget),
        cmocka_unit_test_teardown(fewer_than_six_starts_have_a_ratio_but_no_interval, forget),
        cmocka_unit_test_teardown(a_side_against_itself_is_one, forget),
        cmocka_unit_test_teardown(a_ratio_with_an_unknown_side_is_null, forget),
        cmocka_unit_test_teardown(the_time_of_a_side_is_a_median_of_medians, forget),
        cmocka_unit_test_teardown(a_side_that_takes_no_time_divides_nothing, forget),
        cmocka_unit_test_teardown(slices_are_printed_as_they_are_read, forget),
        cmocka_unit_test_teardown(every_start_is_a_process_with_a_seed_of_its_own, forget),
        cmocka_unit_test_teardown(a_start_that_fails_fails_the_measurement, forget),
        cmocka_unit_test_teardown(a_start_that_prints_something_else_is_refused, forget),
        cmocka_unit_test_teardown(starts_of_different_sides_are_refused, forget),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

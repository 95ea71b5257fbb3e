/* test_stats.c: the median, and the ranks of the sign test's interval as textbooks print them. */
#include "stats.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

enum { N_MAX = 5000 };

static double sample[N_MAX];

/* The ranks 1..n in an order that is neither sorted nor reversed: 7919 is a prime and no n of ours divides.
 */
static double *ranks(size_t n)
{
    for (size_t i = 0; i < n; i++)
        sample[i] = (double)(i * 7919 % n + 1);
    return sample;
}

static double *repeated(double number, size_t n)
{
    for (size_t i = 0; i < n; i++)
        sample[i] = number;
    return sample;
}

static psb_interval interval_of_ranks(size_t n, double confidence)
{
    psb_interval interval = {0};
    if (!psb_sign_interval(ranks(n), n, confidence, &interval))
        fail_msg("%zu samples give no interval of %g", n, confidence);
    return interval;
}

static void assert_near(double is, double should)
{
    if (!(fabs(is - should) <= 1e-12))
        fail_msg("%.17g is not %.17g", is, should);
}

/* ---- the median ---- */

static void the_median_of_one_sample_is_itself(void **state)
{
    double one[] = {-2.5};
    assert_true(psb_median(one, 1) == -2.5);
}

static void the_median_of_an_odd_number_is_the_middle_one(void **state)
{
    double three[] = {3, 1, 2}, five[] = {9, -1, 4, 100, 0};
    assert_true(psb_median(three, 3) == 2);
    assert_true(psb_median(five, 5) == 4);
}

static void the_median_of_an_even_number_lies_half_way(void **state)
{
    double two[] = {4, 1}, six[] = {6, 1, 5, 2, 4, 3};
    assert_true(psb_median(two, 2) == 2.5);
    assert_true(psb_median(six, 6) == 3.5);
}

static void one_outlier_does_not_move_the_median(void **state)
{
    double seven[] = {1, 1e300, 1, 1, 1, 1, 1};
    assert_true(psb_median(seven, 7) == 1);
}

static void a_sample_is_sorted_afterwards(void **state)
{
    psb_median(ranks(101), 101);
    for (size_t i = 0; i < 101; i++)
        assert_true(sample[i] == (double)(i + 1));
    interval_of_ranks(100, 0.95);
    for (size_t i = 0; i < 100; i++)
        assert_true(sample[i] == (double)(i + 1));
}

static void differences_below_one_count_when_sorting(void **state)
{
    double close[] = {0.3, 0.1, 0.2}, tiny[] = {3e-310, 1e-310, 2e-310};
    assert_true(psb_median(close, 3) == 0.2);
    assert_true(psb_median(tiny, 3) == 2e-310);
}

/* ---- the interval ---- */

static void ranks_at_95_percent_are_those_of_the_tables(void **state)
{
    static const struct {
        size_t n;
        double low, high;
    } TABLE[] = {{6, 1, 6},    {7, 1, 7},    {8, 1, 8},    {9, 2, 8},    {10, 2, 9},
                 {11, 2, 10},  {12, 3, 10},  {15, 4, 12},  {20, 6, 15},  {25, 8, 18},
                 {30, 10, 21}, {40, 14, 27}, {50, 18, 33}, {60, 22, 39}, {100, 40, 61}};
    for (size_t i = 0; i < sizeof TABLE / sizeof *TABLE; i++) {
        psb_interval interval = interval_of_ranks(TABLE[i].n, 0.95);
        if (interval.low != TABLE[i].low || interval.high != TABLE[i].high)
            fail_msg("n=%zu: ranks %g and %g instead of %g and %g", TABLE[i].n, interval.low, interval.high,
                     TABLE[i].low, TABLE[i].high);
        assert_true(interval.median == (double)(TABLE[i].n + 1) / 2);
    }
}

static void coverage_is_the_binomials(void **state)
{
    assert_near(interval_of_ranks(6, 0.95).confidence, 0.96875);
    assert_near(interval_of_ranks(7, 0.95).confidence, 0.984375);
    assert_near(interval_of_ranks(8, 0.95).confidence, 0.9921875);
    assert_near(interval_of_ranks(9, 0.95).confidence, 0.9609375);
    assert_near(interval_of_ranks(10, 0.95).confidence, 0.978515625);
    assert_near(interval_of_ranks(20, 0.95).confidence, 1 - 2 * 21700.0 / 1048576);
}

static void six_samples_are_the_fewest_for_95_percent(void **state)
{
    psb_interval interval;
    for (size_t n = 0; n < 6; n++)
        assert_false(psb_sign_interval(ranks(n), n, 0.95, &interval));
    assert_true(psb_sign_interval(ranks(6), 6, 0.95, &interval));
}

static void no_samples_have_no_interval(void **state)
{
    psb_interval interval;
    assert_false(psb_sign_interval(NULL, 0, 0.95, &interval));
    assert_false(psb_sign_interval(NULL, 0, 0.01, &interval));
}

static void other_confidences_have_their_own_ranks(void **state)
{
    static const struct {
        size_t n;
        double confidence, low, high;
    } TABLE[] = {{5, 0.9, 1, 5},      {8, 0.9, 2, 7},     {10, 0.9, 2, 9},
                 {10, 0.99, 1, 10},   {20, 0.99, 4, 17},  {20, 0.9, 6, 15},
                 {100, 0.99, 37, 64}, {100, 0.9, 42, 59}, {10, 0.5, 4, 7}};
    for (size_t i = 0; i < sizeof TABLE / sizeof *TABLE; i++) {
        psb_interval interval = interval_of_ranks(TABLE[i].n, TABLE[i].confidence);
        if (interval.low != TABLE[i].low || interval.high != TABLE[i].high)
            fail_msg("n=%zu, %g: ranks %g and %g instead of %g and %g", TABLE[i].n, TABLE[i].confidence,
                     interval.low, interval.high, TABLE[i].low, TABLE[i].high);
    }
}

static void the_fewest_samples_grow_with_the_confidence(void **state)
{
    static const struct {
        size_t n;
        double confidence;
    } FEWEST[] = {{2, 0.4}, {3, 0.7}, {4, 0.8}, {5, 0.9}, {6, 0.95}, {8, 0.99}, {11, 0.999}, {21, 0.999999}};
    psb_interval interval;
    for (size_t i = 0; i < sizeof FEWEST / sizeof *FEWEST; i++) {
        size_t n = FEWEST[i].n;
        assert_false(psb_sign_interval(ranks(n - 1), n - 1, FEWEST[i].confidence, &interval));
        interval = interval_of_ranks(n, FEWEST[i].confidence);
        assert_true(interval.low == 1 && interval.high == (double)n);
    }
}

/* stats.h says "at most": of 6 samples, 2 of the 64 outcomes miss the median, and 62/64 was asked for. */
static void a_confidence_that_is_met_exactly_is_met(void **state)
{
    static const struct {
        size_t n;
        double confidence, low;
    } EXACT[] = {{2, 0.5, 1},       {3, 0.75, 1},         {6, 0.96875, 1},
                 {9, 0.9609375, 2}, {10, 0.978515625, 2}, {10, 0.890625, 3}};
    for (size_t i = 0; i < sizeof EXACT / sizeof *EXACT; i++) {
        psb_interval interval = {0};
        size_t n = EXACT[i].n;
        if (!psb_sign_interval(ranks(n), n, EXACT[i].confidence, &interval) || interval.low != EXACT[i].low)
            fail_msg("n=%zu, %.10g: lowest rank %g instead of %g", n, EXACT[i].confidence, interval.low,
                     EXACT[i].low);
    }
}

static void confidence_is_never_less_than_asked_for(void **state)
{
    static const double ASKED[] = {0.3, 0.5, 0.8, 0.9, 0.95, 0.99, 0.999};
    for (size_t k = 0; k < sizeof ASKED / sizeof *ASKED; k++)
        for (size_t n = 12; n <= 300; n++) {
            psb_interval interval = interval_of_ranks(n, ASKED[k]);
            assert_true(interval.confidence >= ASKED[k] && interval.confidence < 1);
            assert_true(interval.low + interval.high == (double)(n + 1));
            assert_true(interval.low <= interval.median && interval.median <= interval.high);
        }
}

static void the_order_of_the_samples_does_not_matter(void **state)
{
    double up[10], down[10];
    psb_interval a, b;
    for (int i = 0; i < 10; i++) {
        up[i] = 1.5 * i;
        down[9 - i] = 1.5 * i;
    }
    assert_true(psb_sign_interval(up, 10, 0.95, &a));
    assert_true(psb_sign_interval(down, 10, 0.95, &b));
    assert_true(a.median == 6.75 && a.low == 1.5 && a.high == 12);
    assert_memory_equal(&a, &b, sizeof a);
}

static void ties_are_samples_like_others(void **state)
{
    double mixed[] = {1, 2, 1, 2, 1, 2, 1, 2, 1, 1};
    psb_interval interval;
    assert_true(psb_sign_interval(repeated(1.25, 12), 12, 0.95, &interval));
    assert_true(interval.median == 1.25 && interval.low == 1.25 && interval.high == 1.25);
    assert_near(interval.confidence, 1 - 2 * 79.0 / 4096);
    assert_true(psb_sign_interval(mixed, 10, 0.95, &interval));
    assert_true(interval.median == 1 && interval.low == 1 && interval.high == 2);
}

static void an_interval_does_not_touch_what_is_outside(void **state)
{
    double wild[] = {1.00, 1.01, 1.02, 1.03, 1.04, 1.05, 1.06, 1.07, 1.08, 1e9};
    psb_interval interval;
    wild[0] = -1e9;
    assert_true(psb_sign_interval(wild, 10, 0.95, &interval));
    assert_true(interval.low == 1.01 && interval.high == 1.08 && interval.median == 1.045);
}

/* 2^-1000 is a number, 2^-5000 is none: the tails must not vanish with it. */
static void many_samples_do_not_underflow(void **state)
{
    psb_interval interval = interval_of_ranks(1000, 0.95);
    assert_true(interval.low == 469 && interval.high == 532);
    assert_true(interval.median == 500.5);
    assert_near(interval.confidence, 0.9537088026395019);
    interval = interval_of_ranks(N_MAX, 0.95);
    assert_true(interval.low == 2431 && interval.high == 2570);
    assert_near(interval.confidence, 0.9506841418958282);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_median_of_one_sample_is_itself),
        cmocka_unit_test(the_median_of_an_odd_number_is_the_middle_one),
        cmocka_unit_test(the_median_of_an_even_number_lies_half_way),
        cmocka_unit_test(one_outlier_does_not_move_the_median),
        cmocka_unit_test(a_sample_is_sorted_afterwards),
        cmocka_unit_test(differences_below_one_count_when_sorting),
        cmocka_unit_test(ranks_at_95_percent_are_those_of_the_tables),
        cmocka_unit_test(coverage_is_the_binomials),
        cmocka_unit_test(six_samples_are_the_fewest_for_95_percent),
        cmocka_unit_test(no_samples_have_no_interval),
        cmocka_unit_test(other_confidences_have_their_own_ranks),
        cmocka_unit_test(the_fewest_samples_grow_with_the_confidence),
        cmocka_unit_test(a_confidence_that_is_met_exactly_is_met),
        cmocka_unit_test(confidence_is_never_less_than_asked_for),
        cmocka_unit_test(the_order_of_the_samples_does_not_matter),
        cmocka_unit_test(ties_are_samples_like_others),
        cmocka_unit_test(an_interval_does_not_touch_what_is_outside),
        cmocka_unit_test(many_samples_do_not_underflow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_slices.c: who runs when. Where a time matters, a side says what it takes: see clock_ns. */
#include "slices.h"

#include "host.h"
#include "stats.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/*
 * A pass of more than 0.2 ms is alone in its slice, with two to warm up: the calls then tell the order. To
 * find how many passes fill a slice, psb_slices_run first takes five slices of each side.
 */
enum { SHORT_NS = 100, LONE_NS = 300000, PER_SLICE = 3, CALIBRATION = 15, ROUNDS = 8, CALLS_MAX = 1 << 16 };

static unsigned char call[CALLS_MAX]; /* which side, call by call */
static size_t calls;

static unsigned char index_of[PSB_SIDES_MAX];

static void record(const void *argument)
{
    if (calls < CALLS_MAX)
        call[calls] = *(const unsigned char *)argument;
    calls++;
}

/* Time is what the passes say that they take, and a little for reading the clock: the machine has no part in it. */
static uint64_t now;

static uint64_t clock_ns(void)
{
    return now += 20;
}

static bool run_slices(const psb_side *side, size_t sides, double seconds, uint64_t seed, psb_slices *out)
{
    return psb_slices_run_by(clock_ns, side, sides, seconds, seed, out);
}

static void lone_pass(void *argument)
{
    record(argument);
    now += LONE_NS;
}

static void long_pass(void *argument)
{
    record(argument);
    now += 1000000;
}

static void short_pass(void *argument)
{
    ++*(uint64_t *)argument;
    now += SHORT_NS;
}

static void sides_of(void (*run)(void *), size_t sides, psb_side *out)
{
    calls = 0;
    for (size_t i = 0; i < sides; i++) {
        index_of[i] = (unsigned char)i;
        out[i] = (psb_side){"side", run, &index_of[i], NULL};
    }
}

/* Runs lone passes and returns the order of the slices: sides x ROUNDS of them in every block. */
static const unsigned char *order_of(size_t sides, double seconds, uint64_t seed, size_t *blocks)
{
    static unsigned char order[CALLS_MAX];
    psb_side side[PSB_SIDES_MAX];
    psb_slices slices;
    sides_of(lone_pass, sides, side);
    assert_true(run_slices(side, sides, seconds, seed, &slices));
    *blocks = slices.blocks;
    psb_slices_free(&slices);
    assert_int_equal(calls, CALIBRATION * sides + PER_SLICE * ROUNDS * sides * *blocks);
    assert_true(calls <= CALLS_MAX);
    size_t first = CALIBRATION * sides, count = ROUNDS * sides * *blocks;
    for (size_t i = 0; i < count; i++) {
        order[i] = call[first + PER_SLICE * i];
        assert_int_equal(call[first + PER_SLICE * i + 1], order[i]);
    }
    return order;
}

static void assert_positive(const psb_slices *slices)
{
    for (size_t i = 0; i < slices->blocks * slices->sides; i++)
        assert_true(slices->ns[i] > 0);
}

/* ---- who runs when ---- */

static void every_side_runs_once_in_every_round(void **state)
{
    size_t blocks;
    const unsigned char *order = order_of(3, 0.05, 1, &blocks);
    for (size_t round = 0; round < blocks * ROUNDS; round++) {
        unsigned seen = 0;
        for (size_t i = 0; i < 3; i++)
            seen |= 1u << order[round * 3 + i];
        assert_int_equal(seen, 7);
    }
}

static void the_order_is_drawn_anew_for_every_round(void **state)
{
    size_t blocks, changes = 0;
    const unsigned char *order = order_of(3, 0, 2, &blocks);
    for (size_t round = 1; round < ROUNDS; round++)
        changes += memcmp(order + round * 3, order + (round - 1) * 3, 3) != 0;
    assert_true(changes >= ROUNDS / 2);
}

static void every_side_is_first_and_last_at_times(void **state)
{
    enum {
        SIDES = 3,
        SEEDS = 5
    }; /* of the first block of each, however much time the machine has for more */
    size_t blocks;
    unsigned first = 0, last = 0;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        const unsigned char *order = order_of(SIDES, 0, seed, &blocks);
        for (size_t round = 0; round < ROUNDS; round++) {
            first |= 1u << order[round * SIDES];
            last |= 1u << order[round * SIDES + SIDES - 1];
        }
    }
    assert_int_equal(first, 7);
    assert_int_equal(last, 7);
}

static void the_same_seed_gives_the_same_order(void **state)
{
    unsigned char before[ROUNDS * 4];
    size_t blocks;
    memcpy(before, order_of(4, 0, 12345, &blocks), sizeof before);
    assert_memory_equal(before, order_of(4, 0, 12345, &blocks), sizeof before);
}

static void another_seed_gives_another_order(void **state)
{
    unsigned char before[ROUNDS * 4];
    size_t blocks;
    memcpy(before, order_of(4, 0, 1, &blocks), sizeof before);
    assert_memory_not_equal(before, order_of(4, 0, 2, &blocks), sizeof before);
}

static void seed_zero_shuffles_like_any_other(void **state)
{
    size_t blocks, changes = 0;
    const unsigned char *order = order_of(3, 0, 0, &blocks);
    for (size_t round = 1; round < ROUNDS; round++)
        changes += memcmp(order + round * 3, order, 3) != 0;
    assert_true(changes > 0);
}

static void a_pass_of_a_millisecond_is_alone_in_its_slice(void **state)
{
    psb_side side[1];
    psb_slices slices;
    sides_of(long_pass, 1, side);
    assert_true(run_slices(side, 1, 0, 1, &slices));
    assert_int_equal(slices.blocks, 1);
    assert_int_equal(calls, CALIBRATION + PER_SLICE * ROUNDS);
    assert_true(slices.ns[0] >= 1e6);
    psb_slices_free(&slices);
}

static void short_passes_fill_a_slice_together(void **state)
{
    uint64_t passes = 0;
    psb_side side = {"short", short_pass, &passes, NULL};
    psb_slices slices;
    assert_true(run_slices(&side, 1, 0, 1, &slices));
    assert_true(passes > 100 * ROUNDS);
    assert_true(slices.ns[0] >= SHORT_NS && slices.ns[0] < SHORT_NS + 1); /* of a pass, not of the slice */
    psb_slices_free(&slices);
}

/* Alone, a lone pass is one in its slice; beside one that takes three times as long it is not. */
static void slices_of_all_sides_last_as_long_as_the_longest(void **state)
{
    psb_side side[2];
    psb_slices slices;
    size_t lone = 0;
    sides_of(long_pass, 2, side);
    side[1].run = lone_pass;
    assert_true(run_slices(side, 2, 0, 1, &slices));
    psb_slices_free(&slices);
    for (size_t i = 0; i < calls; i++)
        lone += call[i] == 1;
    assert_int_equal(calls - lone, CALIBRATION + PER_SLICE * ROUNDS);
    assert_true(lone > CALIBRATION + PER_SLICE * ROUNDS);
}

/* ---- how long ---- */

static void no_time_is_still_one_block(void **state)
{
    psb_side side[2];
    psb_slices slices;
    sides_of(lone_pass, 2, side);
    assert_true(run_slices(side, 2, 0, 1, &slices));
    assert_int_equal(slices.sides, 2);
    assert_int_equal(slices.blocks, 1);
    assert_positive(&slices);
    psb_slices_free(&slices);
}

static void seconds_bound_the_time(void **state)
{
    uint64_t a = 0, b = 0;
    psb_side side[] = {{"a", short_pass, &a, NULL}, {"b", short_pass, &b, NULL}};
    psb_slices slices;
    uint64_t start = clock_ns();
    assert_true(run_slices(side, 2, 0.2, 1, &slices));
    double took = (double)(clock_ns() - start) / 1e9;
    assert_true(took >= 0.2);
    if (took > 2)
        fail_msg("0.2 s took %.3f s", took);
    assert_true(slices.blocks > 1);
    assert_positive(&slices);
    psb_slices_free(&slices);
}

static void a_block_holds_times_of_each_side_in_its_place(void **state)
{
    psb_side side[PSB_SIDES_MAX];
    psb_slices slices;
    sides_of(lone_pass, 2, side);
    side[1].run = long_pass;
    assert_true(run_slices(side, 2, 0.05, 5, &slices));
    for (size_t i = 0; i < slices.blocks; i++) {
        assert_true(slices.ns[2 * i] >= LONE_NS);
        assert_true(slices.ns[2 * i + 1] >= 1e6);
    }
    psb_slices_free(&slices);
}

/* Six of a block's eight slices are disturbed for ten milliseconds. */
static void disturbed_pass(void *argument)
{
    size_t slice = calls / PER_SLICE % ROUNDS;
    record(argument);
    now += slice == 2 || slice == 5 ? LONE_NS : 10000000;
}

static void the_least_disturbed_slice_counts(void **state)
{
    psb_side side[1];
    psb_slices slices;
    sides_of(disturbed_pass, 1, side);
    assert_true(run_slices(side, 1, 0, 1, &slices));
    assert_int_equal(calls, CALIBRATION + PER_SLICE * ROUNDS);
    if (!(slices.ns[0] >= LONE_NS && slices.ns[0] < 9000000))
        fail_msg("%.0f ns", slices.ns[0]);
    psb_slices_free(&slices);
}

static void as_many_sides_as_there_may_be_take_their_turns(void **state)
{
    size_t blocks;
    const unsigned char *order = order_of(PSB_SIDES_MAX, 0.1, 7, &blocks);
    for (size_t round = 0; round < blocks * ROUNDS; round++) {
        unsigned seen = 0;
        for (size_t i = 0; i < PSB_SIDES_MAX; i++)
            seen |= 1u << order[round * PSB_SIDES_MAX + i];
        assert_int_equal(seen, (1u << PSB_SIDES_MAX) - 1);
    }
}

static void freed_slices_are_empty(void **state)
{
    uint64_t passes = 0;
    psb_side side = {"a", short_pass, &passes, NULL};
    psb_slices slices;
    assert_true(run_slices(&side, 1, 0, 1, &slices));
    psb_slices_free(&slices);
    assert_null(slices.ns);
    assert_int_equal(slices.blocks, 0);
}

/* ---- what comes out ---- */

/* Volatile: every addition is made, whatever the compiler thinks of it. */
static void add(void *argument)
{
    volatile uint64_t sum = 0;
    for (size_t i = 0; i < *(const size_t *)argument; i++)
        sum = sum + i;
}

static double ratio_of_work(size_t above, size_t below)
{
    psb_side side[] = {{"above", add, &above, NULL}, {"below", add, &below, NULL}};
    psb_slices slices;
    assert_true(psb_slices_run(side, 2, 0.3, 11, &slices));
    double *ratio = calloc(slices.blocks, sizeof *ratio);
    for (size_t i = 0; i < slices.blocks; i++)
        ratio[i] = slices.ns[2 * i] / slices.ns[2 * i + 1];
    double median = psb_median(ratio, slices.blocks);
    free(ratio);
    psb_slices_free(&slices);
    return median;
}

static void twice_the_work_takes_twice_the_time(void **state)
{
    double ratio = ratio_of_work(4000, 2000);
    if (!(ratio > 1.5 && ratio < 2.7))
        fail_msg("twice the work took %.3f times as long", ratio);
}

static void the_same_work_takes_the_same_time(void **state)
{
    double ratio = ratio_of_work(3000, 3000);
    if (!(ratio > 0.75 && ratio < 1.35))
        fail_msg("the same work took %.3f times as long", ratio);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_side_runs_once_in_every_round),
        cmocka_unit_test(the_order_is_drawn_anew_for_every_round),
        cmocka_unit_test(every_side_is_first_and_last_at_times),
        cmocka_unit_test(the_same_seed_gives_the_same_order),
        cmocka_unit_test(another_seed_gives_another_order),
        cmocka_unit_test(seed_zero_shuffles_like_any_other),
        cmocka_unit_test(a_pass_of_a_millisecond_is_alone_in_its_slice),
        cmocka_unit_test(short_passes_fill_a_slice_together),
        cmocka_unit_test(slices_of_all_sides_last_as_long_as_the_longest),
        cmocka_unit_test(no_time_is_still_one_block),
        cmocka_unit_test(seconds_bound_the_time),
        cmocka_unit_test(a_block_holds_times_of_each_side_in_its_place),
        cmocka_unit_test(the_least_disturbed_slice_counts),
        cmocka_unit_test(as_many_sides_as_there_may_be_take_their_turns),
        cmocka_unit_test(freed_slices_are_empty),
        cmocka_unit_test(twice_the_work_takes_twice_the_time),
        cmocka_unit_test(the_same_work_takes_the_same_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

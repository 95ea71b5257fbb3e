/* test_costs.c: what calls took is measured, written, read and taken again; what is no file of costs is refused. */
#include "costs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

static const char PATH[] = "./test_costs.XXXX.costs"; /* in the build's own folder */
static char why[512];

static int remove_the_file(void **state)
{
    remove(PATH);
    return 0;
}

static void write_file(const char *text, size_t len)
{
    FILE *file = fopen(PATH, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, len, file), len);
    fclose(file);
}

static void write_costs(const psb_costs *costs, const char *machine)
{
    FILE *file = fopen(PATH, "wb");
    assert_non_null(file);
    assert_true(psb_costs_write(costs, file, "linux", PSB_EVIDENCE_NATIVE, "native", machine));
    fclose(file);
}

/* ---- the shim, by a clock of our own ---- */

static uint64_t time_ns, step_ns;

static uint64_t clock_of_steps(void)
{
    return time_ns += step_ns;
}

static psb_kernel *void_kernel(void)
{
    const psb_setting setting = {.port = "linux"};
    psb_kernel *kernel = psb_kernel_open("void", &setting, why, sizeof why);
    assert_non_null(kernel);
    return kernel;
}

static void call(psb_kernel *kernel, uint32_t op, uint64_t took_ns)
{
    char room[16];
    psb_reply reply = {.buf = room, .cap = sizeof room};
    psb_call request = {.op = op};
    step_ns = took_ns;
    assert_int_equal(psb_kernel_call(kernel, &request, &reply), PSB_OK);
}

static void a_cost_is_the_median_of_what_the_calls_took(void **state)
{
    psb_costs costs;
    psb_kernel *cost = psb_cost_open(void_kernel(), clock_of_steps);
    assert_non_null(cost);
    call(cost, PSB_OP_LINUX_STAT, 900);
    call(cost, PSB_OP_LINUX_STAT, 100);
    call(cost, PSB_OP_LINUX_STAT, 200);
    call(cost, PSB_OP_CLOCK, UINT64_C(5000000000));
    assert_true(psb_cost_read(cost, &costs));
    assert_int_equal(costs.ns[PSB_OP_LINUX_STAT], 200);
    assert_int_equal(costs.calls[PSB_OP_LINUX_STAT], 3);
    assert_int_equal(costs.ns[PSB_OP_CLOCK], PSB_COST_MAX_NS);
    assert_int_equal(costs.calls[PSB_OP_LINUX_STATUS], 0);
    psb_kernel_close(cost);
}

static void of_very_many_calls_an_even_sample_is_kept(void **state)
{
    enum { CALLS = 100000 };
    psb_costs costs;
    psb_kernel *cost = psb_cost_open(void_kernel(), clock_of_steps);
    for (uint64_t i = 0; i < CALLS; i++)
        call(cost, PSB_OP_LINUX_STAT, i);
    assert_true(psb_cost_read(cost, &costs));
    assert_int_equal(costs.calls[PSB_OP_LINUX_STAT], CALLS);
    assert_in_range(costs.ns[PSB_OP_LINUX_STAT], CALLS / 2 - 100, CALLS / 2 + 100);
    psb_kernel_close(cost);
}

/* ---- the file ---- */

static void costs_are_read_as_they_were_written(void **state)
{
    psb_costs written = {{0}, {0}}, read;
    for (uint32_t op = 1; op < PSB_OPS; op += 2) {
        written.ns[op] = op * UINT64_C(1000) - 1;
        written.calls[op] = op == 1 ? UINT64_MAX : op;
    }
    write_costs(&written, "m");
    assert_true(psb_costs_read(PATH, "linux", &read, why, sizeof why));
    assert_memory_equal(&read, &written, sizeof read);
}

static void what_others_chose_is_escaped(void **state)
{
    psb_costs costs = {{0}, {0}}, read;
    write_costs(&costs, "evil\nend 0\n\x1b[31m");
    assert_true(psb_costs_read(PATH, "linux", &read, why, sizeof why));
    FILE *file = fopen(PATH, "rb");
    char text[512] = "";
    assert_true(fread(text, 1, sizeof text - 1, file) > 0);
    fclose(file);
    assert_non_null(strstr(text, "\nmachine evil\\x0aend 0\\x0a\\x1b[31m\n"));
}

static void assert_refused(const char *text, size_t len, const char *expected)
{
    psb_costs costs;
    write_file(text, len);
    strcpy(why, "");
    if (psb_costs_read(PATH, "linux", &costs, why, sizeof why))
        fail_msg("costs that are none were taken; they should be refused with '%s'", expected);
    if (!strstr(why, expected) || !strstr(why, PATH))
        fail_msg("'%s' does not say '%s'", why, expected);
}

#define HEADER                  "psbench-costs 1\nport linux\nevidence native\nkernel native\nmachine m\n\n"
#define REFUSED(text, expected) assert_refused(text, sizeof text - 1, expected)

static void what_is_no_file_of_costs_is_refused_with_its_line(void **state)
{
    REFUSED("", ":1: the costs end here");
    REFUSED("psbench-trace 1\n", ":1: these are no costs");
    REFUSED("psbench-costs 1\nport sunos\n", ":2: the costs are of another port");
    REFUSED("psbench-costs 1\nport linux\nkernel k\n", ":3: the header");
    REFUSED(HEADER, ":7: the costs end here");
    REFUSED(HEADER "end 1\n", ":7: the count");
    REFUSED(HEADER "end 0\nmore\n", ":7: the count");
    REFUSED(HEADER "op linux.stat 1 1\nop linux.stat 2 1\nend 2\n", ":8: an op that stands there twice");
    REFUSED(HEADER "op nosuch 1 1\nend 1\n", ":7: an op that this psbench does not know");
    REFUSED(HEADER "op linux.stat 1\nend 1\n", ":7: no line of the form");
    REFUSED(HEADER "op linux.stat -1 1\nend 1\n", ":7: no line of the form");
    REFUSED(HEADER "op linux.stat 1 0\nend 1\n", ":7: no line of the form");
    REFUSED(HEADER "op linux.stat 1000000001 1\nend 1\n", ":7: no line of the form");
    REFUSED(HEADER "op linux.stat 1 99999999999999999999\nend 1\n", ":7: no line of the form");
    REFUSED(HEADER "op linux.stat 1 1 1\nend 1\n", ":7: no line of the form");
    REFUSED(HEADER "op linux.stat 1 1\0\nend 1\n", ": is too large for costs, or no text");
    char *large = calloc(1, PSB_COSTS_FILE_MAX + 1);
    assert_non_null(large);
    memset(large, '\n', PSB_COSTS_FILE_MAX + 1);
    assert_refused(large, PSB_COSTS_FILE_MAX + 1, ": is too large for costs");
    free(large);
    remove(PATH);
    psb_costs costs;
    assert_false(psb_costs_read(PATH, "linux", &costs, why, sizeof why));
    assert_non_null(strstr(why, PATH));
}

/* ---- taken again ---- */

/* What a stack of kernels takes for these calls, by the cost shim and the wall clock of the delay: at least. */
static void calls_are_delayed_by_what_the_file_says(void **state)
{
    psb_costs costs = {{0}, {0}};
    char spec[64];
    const psb_setting setting = {.port = "linux"};
    costs.ns[PSB_OP_LINUX_STAT] = 300000;
    costs.calls[PSB_OP_LINUX_STAT] = 1;
    write_costs(&costs, "m");
    snprintf(spec, sizeof spec, "delay=%s+void", PATH);
    psb_kernel *delay = psb_kernel_open(spec, &setting, why, sizeof why);
    assert_non_null(delay);
    struct timespec before, after;
    timespec_get(&before, TIME_UTC);
    for (int i = 0; i < 10; i++)
        call(delay, PSB_OP_LINUX_STAT, 0);
    timespec_get(&after, TIME_UTC);
    int64_t took = (int64_t)(after.tv_sec - before.tv_sec) * 1000000000 + after.tv_nsec - before.tv_nsec;
    assert_true(took >= 3000000);
    psb_kernel_close(delay);
}

static void a_file_that_is_refused_is_refused_as_a_kernel(void **state)
{
    static const char *const SPECS[] = {"delay=./nosuch.costs+void", "delay=nosuch.costs+void",
                                        "delay=C:\\nosuch.costs+void"};
    const psb_setting setting = {.port = "linux"};
    for (size_t i = 0; i < 3; i++) {
        assert_null(psb_kernel_open(SPECS[i], &setting, why, sizeof why));
        assert_non_null(strstr(why, "nosuch.costs: No such file"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cost_is_the_median_of_what_the_calls_took),
        cmocka_unit_test(of_very_many_calls_an_even_sample_is_kept),
        cmocka_unit_test(costs_are_read_as_they_were_written),
        cmocka_unit_test(what_others_chose_is_escaped),
        cmocka_unit_test(what_is_no_file_of_costs_is_refused_with_its_line),
        cmocka_unit_test(calls_are_delayed_by_what_the_file_says),
        cmocka_unit_test(a_file_that_is_refused_is_refused_as_a_kernel),
    };
    return cmocka_run_group_tests(tests, NULL, remove_the_file);
}

/* test_kernel_stack.c: descriptions of stacks, the rows of op.def, and the count shim over a fake kernel. */
#include "fake_port.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* ---- descriptions ---- */

static void is_refused(const char *spec, const char *port, const char *culprit, const char *mistake)
{
    char why[160] = "";
    assert_null(psb_kernel_open(spec, &(psb_setting){.port = port}, why, sizeof why));
    if (!strstr(why, culprit) || !strstr(why, mistake))
        fail_msg("'%s': '%s' does not tell of '%s' and '%s'", spec, why, culprit, mistake);
}

static psb_kernel *opened(const char *spec, const char *port)
{
    char why[160] = "";
    psb_kernel *kernel = psb_kernel_open(spec, &(psb_setting){.port = port}, why, sizeof why);
    if (!kernel)
        fail_msg("%s", why);
    return kernel;
}

static void a_shim_without_a_kernel_below_is_refused(void **state)
{
    is_refused("count", "linux", "'count'", "below");
    is_refused("void+count", "linux", "'count'", "below");
    is_refused("native+count", "linux", "'count'", "below");
}

static void a_list_of_delays_that_ends_in_a_comma_is_refused(void **state)
{
    is_refused("delay=linux.stat:500,+void", "linux", "''", "is not like");
    is_refused("delay=500,+void", "linux", "''", "is not like");
    is_refused("delay=,500+void", "linux", "''", "is not like");
    is_refused("delay=1000000001+void", "linux", "'1000000001'", "at most 1000000000");
    psb_kernel_close(opened("delay=linux.stat:1,linux.io:1000000000+void", "linux"));
}

static void a_leaf_above_another_is_refused(void **state)
{
    is_refused("void+void", "linux", "'void'", "last");
    is_refused("void+count+void", "linux", "'void'", "last");
    is_refused("native+void", "linux", "'native'", "last");
}

static void a_leaf_above_the_native_one_is_refused(void **state)
{
    if (!psb_native_leaf.port)
        skip();
    is_refused("void+native", psb_native_leaf.port, "'void'", "last");
}

static void no_name_is_refused(void **state)
{
    is_refused("", "linux", "''", "no kernel");
    is_refused("+", "linux", "''", "no kernel");
    is_refused("+void", "linux", "''", "no kernel");
    is_refused("void+", "linux", "''", "no kernel");
    is_refused("count++void", "linux", "''", "no kernel");
}

static void an_unknown_name_is_refused(void **state)
{
    is_refused("nosuch", "linux", "'nosuch'", "no kernel");
    is_refused("nosuch+void", "linux", "'nosuch'", "no kernel");
    is_refused("count+nosuch", "linux", "'nosuch'", "no kernel");
    is_refused("voi", "linux", "'voi'", "no kernel");
    is_refused("voids", "linux", "'voids'", "no kernel");
    is_refused("VOID", "linux", "'VOID'", "no kernel");
    is_refused(" void", "linux", "' void'", "no kernel");
}

static void the_native_kernel_is_for_its_own_port_only(void **state)
{
    is_refused("native", "fake", "'fake'", "no native kernel");
    is_refused("count+native", "fake", "'fake'", "no native kernel");
}

static void a_message_is_cut_to_its_room(void **state)
{
    static const char *const SPECS[] = {"nosuch", "count", "void+void", "native"};
    for (size_t i = 0; i < sizeof SPECS / sizeof *SPECS; i++) {
        char *why = malloc(4);
        assert_non_null(why);
        assert_null(psb_kernel_open(SPECS[i], &(psb_setting){.port = "fake"}, why, 4));
        assert_int_equal(strlen(why), 3);
        free(why);
    }
}

static void a_stack_is_opened_topmost_first(void **state)
{
    psb_kernel *top = opened("count+void", "fake");
    assert_string_equal(top->ops->name, "count");
    assert_string_equal(top->below->ops->name, "void");
    assert_null(top->below->below);
    psb_kernel_close(top);
}

static void a_kernel_is_found_by_name_the_topmost_first(void **state)
{
    psb_kernel *top = opened("count+count+void", "fake");
    assert_ptr_equal(psb_kernel_find(top, "count"), top);
    assert_ptr_equal(psb_kernel_find(top->below, "count"), top->below);
    assert_ptr_equal(psb_kernel_find(top, "void"), top->below->below);
    assert_null(psb_kernel_find(top, "native"));
    assert_null(psb_kernel_find(NULL, "void"));
    psb_kernel_close(top);
    psb_kernel_close(NULL);
}

static void a_shim_has_the_evidence_of_what_is_below(void **state)
{
    psb_kernel *over_void = opened("count+void", "fake");
    assert_int_equal(over_void->evidence, PSB_EVIDENCE_NONE);
    psb_kernel_close(over_void);
    psb_kernel *over_fake = psb_count_open(&fake_kernel_open()->base);
    assert_int_equal(over_fake->evidence, PSB_EVIDENCE_SIM);
    psb_kernel_close(over_fake);
}

static void the_native_kernel_is_native_evidence(void **state)
{
    if (!psb_native_leaf.port)
        skip();
    psb_kernel *kernel = opened("count+native", psb_native_leaf.port);
    psb_call call = {.op = PSB_OP_NOTHING};
    psb_reply reply = {0};
    assert_int_equal(kernel->evidence, PSB_EVIDENCE_NATIVE);
    assert_int_equal(psb_kernel_call(kernel, &call, &reply), PSB_OK);
    assert_int_equal(psb_count_read(kernel)[PSB_OP_NOTHING].calls, 1);
    assert_int_equal(psb_count_read(kernel)[PSB_OP_NOTHING].entries, 1);
    psb_kernel_close(kernel);
}

static void void_answers_every_call_with_nothing(void **state)
{
    psb_kernel *kernel = opened("void", "fake");
    for (uint32_t op = 0; op < PSB_OPS; op++) {
        psb_call call = {.op = op, .pid = 1};
        psb_reply reply = {.len = 9, .os_error = 9, .entries = 9};
        assert_int_equal(psb_kernel_call(kernel, &call, &reply), PSB_OK);
        assert_int_equal(reply.len, 0);
        assert_int_equal(reply.os_error, 0);
        assert_int_equal(reply.entries, 0);
    }
    psb_kernel_close(kernel);
}

static void each_kernel_is_described_by_its_name(void **state)
{
    size_t count = 0;
    for (const char *line; (line = psb_kernel_describe(count)) != NULL; count++) {
        char spec[32];
        size_t len = strcspn(line, " =");
        assert_in_range(len, 1, sizeof spec - 1);
        memcpy(spec, line, len);
        spec[len] = '\0';
        char why[160] = "";
        psb_kernel *kernel = psb_kernel_open(spec, &(psb_setting){.port = "fake"}, why, sizeof why);
        assert_null(strstr(why, "is no kernel"));
        psb_kernel_close(kernel);
    }
    assert_int_equal(count, 7);
    assert_null(psb_kernel_describe(count + 1));
}

/* ---- op.def ---- */

static void every_op_has_a_name_of_its_own_and_a_meaning(void **state)
{
    for (uint32_t op = 0; op < PSB_OPS; op++) {
        assert_non_null(psb_op_name(op));
        assert_true(*psb_op_name(op) >= 'a' && *psb_op_name(op) <= 'z');
        assert_true(psb_op_meaning(op) && *psb_op_meaning(op));
        for (uint32_t other = 0; other < op; other++)
            assert_string_not_equal(psb_op_name(op), psb_op_name(other));
    }
}

static void what_is_no_op_has_no_name(void **state)
{
    assert_string_equal(psb_op_name(PSB_OPS), "?");
    assert_string_equal(psb_op_meaning(PSB_OPS), "?");
    assert_string_equal(psb_op_name(UINT32_MAX), "?");
}

static void evidence_is_named_from_least_to_most(void **state)
{
    assert_string_equal(psb_evidence_name(PSB_EVIDENCE_NONE), "none");
    assert_string_equal(psb_evidence_name(PSB_EVIDENCE_SIM), "sim");
    assert_string_equal(psb_evidence_name(PSB_EVIDENCE_REPLAY), "replay");
    assert_string_equal(psb_evidence_name(PSB_EVIDENCE_COMPAT), "compat");
    assert_string_equal(psb_evidence_name(PSB_EVIDENCE_NATIVE), "native");
}

/* ---- the count shim ---- */

static fake_kernel *fake;
static psb_kernel *count;
static unsigned closed;

static int open_count(void **state)
{
    closed = 0;
    fake = fake_kernel_open();
    fake->closed = &closed;
    fake_add(fake, 10, 1)->rss_pages = 5;
    count = psb_count_open(&fake->base);
    return count ? 0 : -1;
}

static int close_count(void **state)
{
    psb_kernel_close(count);
    return closed == 1 ? 0 : -1;
}

#define COUNT(test) cmocka_unit_test_setup_teardown(test, open_count, close_count)

/* A call with room for cap bytes. */
static psb_status call(psb_op op, psb_pid pid, size_t cap)
{
    char buf[256];
    psb_call request = {.op = op, .pid = pid, .arg = {1, 2, 3, 4}};
    psb_reply reply = {.buf = buf, .cap = cap};
    return psb_kernel_call(count, &request, &reply);
}

static void counts_are(psb_op op, psb_count expected)
{
    const psb_count *is = &psb_count_read(count)[op];
    assert_int_equal(is->calls, expected.calls);
    assert_int_equal(is->retries, expected.retries);
    assert_int_equal(is->entries, expected.entries);
    assert_int_equal(is->bytes, expected.bytes);
    assert_int_equal(is->failures, expected.failures);
}

static void a_fresh_shim_has_counted_nothing(void **state)
{
    const psb_counted *log;
    for (uint32_t op = 0; op < PSB_OPS; op++)
        counts_are((psb_op)op, (psb_count){0});
    assert_int_equal(psb_count_log(count, &log), 0);
}

static void what_passes_is_not_changed(void **state)
{
    uint64_t pages = 0;
    psb_call request = {.op = PSB_OP_LINUX_STATM, .pid = 10};
    psb_reply reply = {.buf = &pages, .cap = sizeof pages};
    assert_int_equal(psb_kernel_call(count, &request, &reply), PSB_OK);
    assert_int_equal(pages, 5);
    assert_int_equal(reply.len, sizeof pages);
    assert_int_equal(reply.entries, FAKE_ENTRIES);
    request.pid = 11;
    assert_int_equal(psb_kernel_call(count, &request, &reply), PSB_GONE);
    fake_fail(fake, FAKE_MEMORY, PSB_OSERROR);
    assert_int_equal(psb_kernel_call(count, &request, &reply), PSB_OSERROR);
    assert_int_equal(reply.os_error, FAKE_OS_ERROR);
}

static void answers_are_counted_per_op_with_entries_and_bytes(void **state)
{
    for (int i = 0; i < 3; i++)
        assert_int_equal(call(PSB_OP_LINUX_STATM, 10, 64), PSB_OK);
    assert_int_equal(call(PSB_OP_CLOCK, 0, 64), PSB_OK);
    counts_are(PSB_OP_LINUX_STATM, (psb_count){3, 0, 3 * FAKE_ENTRIES, 24, 0});
    counts_are(PSB_OP_CLOCK, (psb_count){1, 0, FAKE_ENTRIES, 8, 0});
    counts_are(PSB_OP_LINUX_STAT, (psb_count){0});
}

static void facts_and_failures_are_counted_as_failures_without_bytes(void **state)
{
    for (unsigned status = PSB_OK + 1; status < PSB_STATUSES; status++) {
        if (status == PSB_TOOSMALL)
            continue;
        psb_count_reset(count);
        fake_fail(fake, FAKE_MEMORY, (psb_status)status);
        assert_int_equal(call(PSB_OP_LINUX_STATM, 10, 64), status);
        counts_are(PSB_OP_LINUX_STATM, (psb_count){1, 0, FAKE_ENTRIES, 0, 1});
    }
}

static void a_retry_is_no_call_but_its_entries_count(void **state)
{
    const psb_counted *log;
    assert_int_equal(call(PSB_OP_LINUX_STATM, 10, 2), PSB_TOOSMALL);
    assert_int_equal(call(PSB_OP_LINUX_STATM, 10, 4), PSB_TOOSMALL);
    assert_int_equal(psb_count_log(count, &log), 0);
    assert_int_equal(call(PSB_OP_LINUX_STATM, 10, 8), PSB_OK);
    counts_are(PSB_OP_LINUX_STATM, (psb_count){1, 2, 3 * FAKE_ENTRIES, 8, 0});
    assert_int_equal(psb_count_log(count, &log), 1);
}

static void the_log_tells_calls_in_order(void **state)
{
    const psb_counted *log;
    call(PSB_OP_LINUX_STATM, 10, 64);
    call(PSB_OP_USER_NAME, FAKE_NOBODY, 64);
    call(PSB_OP_LINUX_STAT, 11, 64);
    assert_int_equal(psb_count_log(count, &log), 3);
    assert_int_equal(log[0].call.op, PSB_OP_LINUX_STATM);
    assert_int_equal(log[0].call.pid, 10);
    assert_int_equal(log[0].call.arg[3], 4);
    assert_int_equal(log[0].status, PSB_OK);
    assert_int_equal(log[1].call.op, PSB_OP_USER_NAME);
    assert_int_equal(log[1].status, PSB_ABSENT);
    assert_int_equal(log[2].call.pid, 11);
    assert_int_equal(log[2].status, PSB_GONE);
}

static void the_log_keeps_the_first_calls_only(void **state)
{
    const psb_counted *log;
    for (int i = 0; i < PSB_COUNT_LOG + 10; i++)
        call(PSB_OP_LINUX_STATM, i, 64);
    assert_int_equal(psb_count_log(count, &log), PSB_COUNT_LOG);
    assert_int_equal(log[PSB_COUNT_LOG - 1].call.pid, PSB_COUNT_LOG - 1);
    assert_int_equal(psb_count_read(count)[PSB_OP_LINUX_STATM].calls, PSB_COUNT_LOG + 10);
}

static void a_reset_forgets_counts_and_log(void **state)
{
    const psb_counted *log;
    call(PSB_OP_LINUX_STATM, 10, 2);
    call(PSB_OP_LINUX_STATM, 10, 64);
    call(PSB_OP_LINUX_STAT, 11, 64);
    psb_count_reset(count);
    a_fresh_shim_has_counted_nothing(state);
    call(PSB_OP_LINUX_STATM, 12, 64);
    assert_int_equal(psb_count_log(count, &log), 1);
    assert_int_equal(log[0].call.pid, 12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_shim_without_a_kernel_below_is_refused),
        cmocka_unit_test(a_list_of_delays_that_ends_in_a_comma_is_refused),
        cmocka_unit_test(a_leaf_above_another_is_refused),
        cmocka_unit_test(a_leaf_above_the_native_one_is_refused),
        cmocka_unit_test(no_name_is_refused),
        cmocka_unit_test(an_unknown_name_is_refused),
        cmocka_unit_test(the_native_kernel_is_for_its_own_port_only),
        cmocka_unit_test(a_message_is_cut_to_its_room),
        cmocka_unit_test(a_stack_is_opened_topmost_first),
        cmocka_unit_test(a_kernel_is_found_by_name_the_topmost_first),
        cmocka_unit_test(a_shim_has_the_evidence_of_what_is_below),
        cmocka_unit_test(the_native_kernel_is_native_evidence),
        cmocka_unit_test(void_answers_every_call_with_nothing),
        cmocka_unit_test(each_kernel_is_described_by_its_name),
        cmocka_unit_test(every_op_has_a_name_of_its_own_and_a_meaning),
        cmocka_unit_test(what_is_no_op_has_no_name),
        cmocka_unit_test(evidence_is_named_from_least_to_most),
        COUNT(a_fresh_shim_has_counted_nothing),
        COUNT(what_passes_is_not_changed),
        COUNT(answers_are_counted_per_op_with_entries_and_bytes),
        COUNT(facts_and_failures_are_counted_as_failures_without_bytes),
        COUNT(a_retry_is_no_call_but_its_entries_count),
        COUNT(the_log_tells_calls_in_order),
        COUNT(the_log_keeps_the_first_calls_only),
        COUNT(a_reset_forgets_counts_and_log),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

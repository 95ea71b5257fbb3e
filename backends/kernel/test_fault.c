/* test_fault.c: the fault shim over a leaf that always answers "0123456789", and the words it is asked with. */
#include "kernel.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int asked; /* calls that reached the leaf */

static psb_status ten_digits(psb_kernel *kernel, const psb_call *call, psb_reply *reply)
{
    asked++;
    reply->len = 0;
    reply->os_error = 0;
    reply->entries = 3;
    return call->pid < 0 ? PSB_GONE : psb_append("0123456789", 10, reply);
}

static void no_close(psb_kernel *kernel) {}

static psb_kernel leaf;

static psb_kernel *opened(const char *fault, const char *port)
{
    static const psb_kernel_ops OPS = {"digits", ten_digits, no_close};
    char why[200] = "";
    leaf = (psb_kernel){&OPS, NULL, PSB_EVIDENCE_SIM};
    asked = 0;
    psb_kernel *kernel = psb_fault_open(&leaf, port, fault, why, sizeof why);
    if (!kernel)
        fail_msg("%s", why);
    assert_int_equal(kernel->evidence, PSB_EVIDENCE_SIM);
    return kernel;
}

static char buf[16];
static psb_reply reply;

static psb_status call_of(psb_kernel *kernel, uint32_t op, psb_pid pid)
{
    psb_call call = {.op = op, .pid = pid};
    memset(buf, 0, sizeof buf);
    reply = (psb_reply){.buf = buf, .cap = sizeof buf - 1};
    return psb_kernel_call(kernel, &call, &reply);
}

static psb_status call(psb_kernel *kernel)
{
    return call_of(kernel, PSB_OP_LINUX_STAT, 1);
}

/* ---- which call ---- */

static void one_call_is_faulty_and_the_others_are_not(void **state)
{
    psb_kernel *kernel = opened("2:eio", "linux");
    const psb_call *hit;
    assert_int_equal(call(kernel), PSB_OK);
    assert_int_equal(call_of(kernel, PSB_OP_LINUX_IO, 7), PSB_OSERROR);
    assert_int_equal(reply.os_error, 5);
    assert_int_equal(reply.entries, 1);
    assert_int_equal(asked, 1);
    assert_int_equal(call(kernel), PSB_OK);
    assert_string_equal(buf, "0123456789");
    assert_int_equal(psb_fault_calls(kernel), 3);
    assert_int_equal(psb_fault_hits(kernel, &hit), 1);
    assert_int_equal(hit[0].op, PSB_OP_LINUX_IO);
    assert_int_equal(hit[0].pid, 7);
    psb_kernel_close(kernel);
}

static void all_calls_are_faulty_from_one_on(void **state)
{
    psb_kernel *kernel = opened("2-:eacces", "linux");
    assert_int_equal(call(kernel), PSB_OK);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(call(kernel), PSB_DENIED);
    assert_int_equal(psb_fault_hits(kernel, NULL), 1000);
    psb_kernel_close(kernel);
}

static void calls_of_one_op_are_counted_apart(void **state)
{
    psb_kernel *kernel = opened("linux.io:2:eperm", "linux");
    assert_int_equal(call_of(kernel, PSB_OP_LINUX_IO, 1), PSB_OK);
    assert_int_equal(call(kernel), PSB_OK);
    assert_int_equal(call(kernel), PSB_OK);
    assert_int_equal(call_of(kernel, PSB_OP_LINUX_IO, 1), PSB_DENIED);
    assert_int_equal(call_of(kernel, PSB_OP_LINUX_IO, 1), PSB_OK);
    psb_kernel_close(kernel);
}

/* ---- which fault ---- */

static void assert_refused(const char *name, const char *port, psb_status status, int os_error)
{
    char spec[40];
    snprintf(spec, sizeof spec, "1:%s", name);
    psb_kernel *kernel = opened(spec, port);
    psb_status got = call(kernel);
    if (got != status || reply.os_error != os_error || reply.len != 0)
        fail_msg("%s of %s is %s, %d", name, port, psb_status_name(got), reply.os_error);
    assert_int_equal(psb_fault_status(kernel, PSB_OP_LINUX_STAT), status);
    assert_int_equal(asked, 0);
    psb_kernel_close(kernel);
}

/* failed() of linux_native.c, freebsd_native.c, macos_native.c, netbsd_native.c; windows_abi.h. */
static void an_error_is_what_the_native_leaf_of_the_port_makes_of_it(void **state)
{
    assert_refused("eperm", "linux", PSB_DENIED, 1);
    assert_refused("eacces", "sunos", PSB_DENIED, 13);
    assert_refused("esrch", "linux", PSB_GONE, 3);
    assert_refused("enoent", "linux", PSB_ABSENT, 2);
    assert_refused("eintr", "freebsd", PSB_OSERROR, 4);
    assert_refused("eagain", "linux", PSB_OSERROR, 11);
    assert_refused("enomem", "linux", PSB_NOMEM, 12);
    assert_refused("eio", "openbsd", PSB_OSERROR, 5);
    assert_refused("oversized", "linux", PSB_TOOSMALL, 0);
    assert_refused("enoent", "freebsd", PSB_UNKNOWN, 2);
    assert_refused("enomem", "freebsd", PSB_TOOSMALL, 12);
    assert_refused("eio", "macos", PSB_UNKNOWN, 5);
    assert_refused("eagain", "netbsd", PSB_UNKNOWN, 35);
    assert_refused("eacces", "windows", PSB_DENIED, 5);
    assert_refused("esrch", "windows", PSB_GONE, 87);
    assert_refused("enomem", "windows", PSB_NOMEM, 8);
}

/* image() of windows_native.c; any other query fails with it like with any error. */
static void a_process_of_windows_has_no_such_thing_as_its_program_only(void **state)
{
    assert_refused("enoent", "windows", PSB_OSERROR, 31);
    psb_kernel *kernel = opened("1-:enoent", "windows");
    assert_int_equal(call_of(kernel, PSB_OP_WINDOWS_IMAGE, 4), PSB_ABSENT);
    assert_int_equal(reply.os_error, 31);
    assert_int_equal(psb_fault_status(kernel, PSB_OP_WINDOWS_IMAGE), PSB_ABSENT);
    assert_int_equal(psb_fault_status(kernel, PSB_OP_WINDOWS_IO), PSB_OSERROR);
    psb_kernel_close(kernel);
}

static void the_account_database_has_no_errors(void **state)
{
    psb_kernel *kernel = opened("1-:eio", "linux");
    assert_int_equal(call_of(kernel, PSB_OP_USER_NAME, 0), PSB_ABSENT);
    assert_int_equal(call(kernel), PSB_OSERROR);
    psb_kernel_close(kernel);
    kernel = opened("1-:oversized", "linux");
    assert_int_equal(call_of(kernel, PSB_OP_USER_NAME, 0), PSB_TOOSMALL);
    psb_kernel_close(kernel);
}

static void assert_changed(const char *spec, const char *answer)
{
    psb_kernel *kernel = opened(spec, "linux");
    assert_int_equal(call(kernel), PSB_OK);
    assert_int_equal(reply.len, strlen(answer));
    assert_memory_equal(buf, answer, reply.len);
    assert_int_equal(psb_fault_whole(kernel), 10);
    assert_int_equal(psb_fault_status(kernel, PSB_OP_LINUX_STAT), PSB_OK);
    psb_kernel_close(kernel);
}

static void an_answer_is_cut(void **state)
{
    assert_changed("1:short", "01234");
    assert_changed("1:empty", "");
    assert_changed("1:truncated:0", "");
    assert_changed("1:truncated:7", "0123456");
    assert_changed("1:truncated:10", "0123456789");
    assert_changed("1:truncated:999999999999999999", "0123456789");
}

static void garbage_is_the_same_for_a_seed_and_as_long_as_the_answer(void **state)
{
    char first[10];
    psb_kernel *kernel = opened("1-:garbage:7", "linux");
    assert_true(psb_fault_garbles(kernel));
    assert_int_equal(call(kernel), PSB_OK);
    assert_int_equal(reply.len, 10);
    memcpy(first, buf, sizeof first);
    assert_memory_not_equal(first, "0123456789", 10);
    assert_int_equal(call(kernel), PSB_OK);
    assert_memory_equal(first, buf, sizeof first);
    psb_kernel_close(kernel);
    kernel = opened("1:garbage:8", "linux");
    call(kernel);
    assert_memory_not_equal(first, buf, sizeof first);
    psb_kernel_close(kernel);
}

static void what_is_refused_below_is_not_changed(void **state)
{
    psb_kernel *kernel = opened("1:short", "linux");
    assert_int_equal(call_of(kernel, PSB_OP_LINUX_STAT, -1), PSB_GONE);
    assert_int_equal(psb_fault_hits(kernel, NULL), 1);
    psb_kernel_close(kernel);
}

static void each_fault_is_named_and_can_be_opened_by_its_name(void **state)
{
    size_t count = 0;
    bool has_value;
    for (const char *name; (name = psb_fault_at(count, &has_value)); count++) {
        char spec[40];
        snprintf(spec, sizeof spec, "1:%s%s", name, has_value ? ":3" : "");
        psb_kernel_close(opened(spec, "linux"));
    }
    assert_int_equal(count, 13);
}

/* ---- mistakes ---- */

static void a_mistake_is_told_in_a_line(void **state)
{
    static const struct {
        const char *spec, *culprit;
    } MISTAKES[] = {
        {"", "'' is not the number"},
        {"eio", "'eio' is no op"},
        {"0:eio", "'0' is not the number"},
        {"-:eio", "'-' is no op"},
        {"3+:eio", "'3+' is not the number"},
        {"9999999999999999999:eio", "is not the number"},
        {"3", "'' is no fault"},
        {"3:", "'' is no fault"},
        {"3:ebusy", "'ebusy' is no fault"},
        {"3:EIO", "'EIO' is no fault"},
        {"3:eio:7", "'eio' takes no number"},
        {"3:truncated", "'truncated' needs a number"},
        {"3:truncated:", "'' is no number"},
        {"3:truncated:x", "'x' is no number"},
        {"3:truncated:-1", "'-1' is no number"},
        {"3:garbage:1:2", "'1:2' is no number"},
        {"linux.nosuch:3:eio", "'linux.nosuch' is no op"},
        {"linux.stat:eio", "'eio' is not the number"},
    };
    for (size_t i = 0; i < sizeof MISTAKES / sizeof *MISTAKES; i++) {
        char why[200] = "";
        assert_null(psb_fault_open(&leaf, "linux", MISTAKES[i].spec, why, sizeof why));
        if (!strstr(why, MISTAKES[i].culprit))
            fail_msg("'%s': '%s' does not tell of %s", MISTAKES[i].spec, why, MISTAKES[i].culprit);
    }
}

static void it_stands_in_a_stack(void **state)
{
    char why[200];
    const psb_setting setting = {.port = "linux"};
    psb_kernel *kernel = psb_kernel_open("count+fault=1:esrch+void", &setting, why, sizeof why);
    assert_non_null(kernel);
    assert_non_null(psb_kernel_find(kernel, "fault"));
    assert_int_equal(call(kernel), PSB_GONE);
    assert_int_equal(call(kernel), PSB_OK);
    psb_kernel_close(kernel);
    assert_null(psb_kernel_open("fault+void", &setting, why, sizeof why));
    assert_non_null(strstr(why, "needs a value"));
    assert_null(psb_kernel_open("fault=1:nosuch+void", &setting, why, sizeof why));
    assert_non_null(strstr(why, "'nosuch'"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_call_is_faulty_and_the_others_are_not),
        cmocka_unit_test(all_calls_are_faulty_from_one_on),
        cmocka_unit_test(calls_of_one_op_are_counted_apart),
        cmocka_unit_test(an_error_is_what_the_native_leaf_of_the_port_makes_of_it),
        cmocka_unit_test(a_process_of_windows_has_no_such_thing_as_its_program_only),
        cmocka_unit_test(the_account_database_has_no_errors),
        cmocka_unit_test(an_answer_is_cut),
        cmocka_unit_test(garbage_is_the_same_for_a_seed_and_as_long_as_the_answer),
        cmocka_unit_test(what_is_refused_below_is_not_changed),
        cmocka_unit_test(each_fault_is_named_and_can_be_opened_by_its_name),
        cmocka_unit_test(a_mistake_is_told_in_a_line),
        cmocka_unit_test(it_stands_in_a_stack),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

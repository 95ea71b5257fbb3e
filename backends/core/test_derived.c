/* test_derived.c: the fields that are computed from others. */
#include "derived.h"
#include "fake_port.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static fake_world world;

static int open_cached(void **state)
{
    fake_open(&world, &psb_fake_port, PSB_CACHED);
    return 0;
}

static int open_uncached(void **state)
{
    fake_open(&world, &psb_fake_port, PSB_UNCACHED);
    return 0;
}

static int close_world(void **state)
{
    fake_close(&world);
    return 0;
}

/* Each test is of both variants. */
#define BOTH(test)                                                                                           \
    cmocka_unit_test_setup_teardown(test, open_cached, close_world),                                         \
        cmocka_unit_test_setup_teardown(test, open_uncached, close_world)

static psb_value get(psb_pid pid, psb_field field)
{
    psb_value value;
    memset(&value, 0xa5, sizeof value);
    psb_status status = psb_get(world.snapshot, pid, field, &value);
    assert_int_equal(status, value.status);
    return value;
}

static void is_text(psb_value value, const char *text)
{
    assert_int_equal(value.status, PSB_OK);
    assert_int_equal(value.u.text.len, strlen(text));
    assert_memory_equal(value.u.text.bytes, text, value.u.text.len);
}

static void is_real(psb_value value, double real)
{
    assert_int_equal(value.status, PSB_OK);
    assert_true(value.u.real == real);
}

/* ---- username ---- */

static void a_username_is_the_account_of_the_real_uid(void **state)
{
    is_text(get(10, PSB_USERNAME), "user1000");
    assert_int_equal(fake_calls(world.kernel, FAKE_BIRTH), 1);
    assert_int_equal(fake_calls(world.kernel, FAKE_USER), 1);
}

static void a_uid_without_an_account_is_decimal(void **state)
{
    fake_add(world.kernel, 20, 1)->uid = FAKE_NOBODY;
    psb_value value = get(20, PSB_USERNAME);
    is_text(value, "4242");
    assert_int_equal(value.os_error, 0);
}

static void the_largest_uid_without_an_account_is_decimal(void **state)
{
    fake_fail(world.kernel, FAKE_USER, PSB_ABSENT);
    fake_add(world.kernel, 20, 1)->uid = UINT64_MAX;
    fake_add(world.kernel, 21, 1)->uid = 0;
    is_text(get(20, PSB_USERNAME), "18446744073709551615");
    is_text(get(21, PSB_USERNAME), "0");
}

static void a_username_tells_why_its_uid_is_not_known(void **state)
{
    fake_fail(world.kernel, FAKE_BIRTH, PSB_DENIED);
    psb_value value = get(10, PSB_USERNAME);
    assert_int_equal(value.status, PSB_DENIED);
    assert_int_equal(value.os_error, FAKE_OS_ERROR);
    assert_int_equal(fake_calls(world.kernel, FAKE_USER), 0);
    assert_int_equal(get(99, PSB_USERNAME).status, PSB_DENIED);
}

static void a_username_tells_why_the_account_is_not_known(void **state)
{
    fake_fail(world.kernel, FAKE_USER, PSB_OSERROR);
    psb_value value = get(10, PSB_USERNAME);
    assert_int_equal(value.status, PSB_OSERROR);
    assert_int_equal(value.os_error, FAKE_OS_ERROR);
}

/* ---- parent ---- */

static void a_living_older_process_is_the_parent(void **state)
{
    assert_int_equal(get(10, PSB_PARENT).status, PSB_OK);
    assert_int_equal(get(10, PSB_PARENT).u.integer, 1);
}

static void ppid_0_is_no_parent(void **state)
{
    fake_add(world.kernel, 0, 0);
    assert_int_equal(get(1, PSB_PARENT).status, PSB_ABSENT);
    assert_int_equal(fake_all_calls(world.kernel), 1); /* no start time is asked for */
}

static void a_younger_process_is_no_parent(void **state)
{
    fake_add(world.kernel, 20, 21)->create_ns = 5000;
    fake_add(world.kernel, 21, 1)->create_ns = 5001;
    assert_int_equal(get(20, PSB_PPID).u.integer, 21);
    assert_int_equal(get(20, PSB_PARENT).status, PSB_ABSENT);
}

static void a_process_of_the_same_age_is_the_parent(void **state)
{
    fake_add(world.kernel, 20, 21)->create_ns = 5000;
    fake_add(world.kernel, 21, 1)->create_ns = 5000;
    assert_int_equal(get(20, PSB_PARENT).u.integer, 21);
}

static void a_process_that_is_gone_is_no_parent(void **state)
{
    fake_add(world.kernel, 20, 999);
    psb_value value = get(20, PSB_PARENT);
    assert_int_equal(value.status, PSB_ABSENT);
    assert_int_equal(value.os_error, 0);
}

static void an_unknown_start_time_proves_nothing(void **state)
{
    fake_add(world.kernel, 20, 21)->create_ns = 0;
    fake_add(world.kernel, 21, 20)->create_ns = 5000;
    assert_int_equal(get(20, PSB_CREATE_TIME).status, PSB_UNKNOWN);
    assert_int_equal(get(20, PSB_PARENT).u.integer, 21);
    assert_int_equal(get(20, PSB_PARENT).status, PSB_OK);
    assert_int_equal(get(21, PSB_PARENT).u.integer, 20);
    assert_int_equal(get(21, PSB_PARENT).status, PSB_OK);
}

static void a_start_time_that_is_denied_proves_nothing(void **state)
{
    fake_fail(world.kernel, FAKE_BIRTH, PSB_DENIED);
    psb_value value = get(10, PSB_PARENT);
    assert_int_equal(value.status, PSB_OK);
    assert_int_equal(value.u.integer, 1);
    assert_int_equal(value.os_error, 0);
}

static void a_child_that_ends_meanwhile_is_gone(void **state)
{
    fake_fail(world.kernel, FAKE_BIRTH, PSB_GONE);
    world.kernel->status_pid = 10;
    assert_int_equal(get(10, PSB_PARENT).status, PSB_GONE);
    assert_int_equal(get(99, PSB_PARENT).status, PSB_GONE);
}

static void a_parent_tells_which_failure_hid_it(void **state)
{
    fake_fail(world.kernel, FAKE_BIRTH, PSB_OSERROR);
    for (psb_pid pid = 1; pid <= 10; pid += 9) { /* the parent's start time, then the child's */
        fake_renew(&world);
        world.kernel->status_pid = pid;
        psb_value value = get(10, PSB_PARENT);
        assert_int_equal(value.status, PSB_OSERROR);
        assert_int_equal(value.os_error, FAKE_OS_ERROR);
    }
    fake_renew(&world);
    fake_fail(world.kernel, FAKE_TIMES, PSB_UNKNOWN);
    assert_int_equal(get(10, PSB_PARENT).status, PSB_UNKNOWN);
}

/* ---- cpu_percent ---- */

static void cpu_percent_is_of_the_time_since_the_start(void **state)
{
    struct fake_process *process = fake_add(world.kernel, 20, 1);
    process->create_ns = world.kernel->now_ns - INT64_C(4000000000);
    process->user_ticks = 75;
    process->system_ticks = 25;
    is_real(get(20, PSB_CPU_PERCENT), 25);
}

static void cpu_percent_over_100_is_not_capped(void **state)
{
    struct fake_process *process = fake_add(world.kernel, 20, 1);
    process->create_ns = world.kernel->now_ns - INT64_C(2000000000);
    process->user_ticks = 500;
    process->system_ticks = 300;
    is_real(get(20, PSB_CPU_PERCENT), 400);
}

static void cpu_percent_of_an_idle_process_is_0(void **state)
{
    is_real(get(10, PSB_CPU_PERCENT), 0);
}

static void cpu_percent_of_no_time_at_all_is_unknown(void **state)
{
    fake_add(world.kernel, 20, 1)->create_ns = world.kernel->now_ns;
    fake_add(world.kernel, 21, 1)->create_ns = world.kernel->now_ns + 1;
    assert_int_equal(get(20, PSB_CPU_PERCENT).status, PSB_UNKNOWN);
    assert_int_equal(get(21, PSB_CPU_PERCENT).status, PSB_UNKNOWN);
}

static void cpu_percent_of_an_unknown_part_is_unknown(void **state)
{
    fake_add(world.kernel, 20, 1)->user_ticks = UINT64_MAX;
    fake_add(world.kernel, 21, 1)->system_ticks = UINT64_MAX;
    assert_int_equal(get(20, PSB_CPU_TIMES).status, PSB_OK);
    assert_int_equal(get(20, PSB_CPU_PERCENT).status, PSB_UNKNOWN);
    assert_int_equal(get(21, PSB_CPU_PERCENT).status, PSB_UNKNOWN);
}

static void cpu_percent_tells_which_failure_hid_it(void **state)
{
    static const enum fake_source SOURCES[] = {FAKE_TIMES, FAKE_BIRTH, FAKE_CLOCK};
    for (size_t i = 0; i < sizeof SOURCES / sizeof *SOURCES; i++) {
        fake_renew(&world);
        fake_fail(world.kernel, SOURCES[i], PSB_OSERROR);
        psb_value value = get(10, PSB_CPU_PERCENT);
        assert_int_equal(value.status, PSB_OSERROR);
        assert_int_equal(value.os_error, FAKE_OS_ERROR);
        fake_fail(world.kernel, SOURCES[i], PSB_OK);
    }
}

/* ---- memory_percent ---- */

static void memory_percent_is_of_the_machine(void **state)
{
    fake_add(world.kernel, 20, 1)->rss_pages = FAKE_MEMORY_ALL / FAKE_PAGE / 8;
    fake_add(world.kernel, 21, 1)->rss_pages = FAKE_MEMORY_ALL / FAKE_PAGE;
    is_real(get(20, PSB_MEMORY_PERCENT), 12.5);
    is_real(get(21, PSB_MEMORY_PERCENT), 100);
    is_real(get(10, PSB_MEMORY_PERCENT), 0);
}

static void memory_percent_of_an_unknown_size_is_unknown(void **state)
{
    fake_add(world.kernel, 20, 1)->rss_pages = UINT64_MAX;
    assert_int_equal(get(20, PSB_MEMORY_PERCENT).status, PSB_UNKNOWN);
    assert_int_equal(get(99, PSB_MEMORY_PERCENT).status, PSB_GONE);
}

static void memory_percent_of_an_unknown_machine_is_unknown(void **state)
{
    psb_backend *backend;
    psb_snapshot *snapshot;
    psb_value value;
    fake_kernel *kernel = fake_kernel_open();
    fake_add(kernel, 10, 1)->rss_pages = 1;
    fake_fail(kernel, FAKE_MEMORY_SIZE, PSB_DENIED);
    assert_int_equal(psb_port_open(&psb_fake_port, PSB_CACHED, &kernel->base, &backend), PSB_OK);
    assert_int_equal(backend->ops->begin(backend, PSB_SPAN_PROCESS, &snapshot), PSB_OK);
    assert_int_equal(psb_get(snapshot, 10, PSB_MEMORY_INFO, &value), PSB_OK);
    assert_int_equal(psb_get(snapshot, 10, PSB_MEMORY_PERCENT, &value), PSB_UNKNOWN);
    backend->ops->end(snapshot);
    backend->ops->close(backend);
}

/* ---- all ---- */

static void a_derived_field_of_a_port_without_its_needs_is_absent(void **state)
{
    fake_tables tables;
    fake_world own;
    fake_tables_copy(&tables, &psb_fake_port);
    memset(tables.method, 0, sizeof tables.method);
    fake_open(&own, &tables.port, PSB_CACHED);
    for (psb_field field = 0; field < PSB_FIELDS; field++) {
        psb_value value;
        assert_int_equal(psb_get(own.snapshot, 10, field, &value), PSB_ABSENT);
    }
    assert_int_equal(fake_all_calls(own.kernel), 0);
    fake_close(&own);
}

static void a_method_of_the_port_goes_before_a_derivation(void **state)
{
    fake_tables tables;
    fake_world own;
    psb_value value;
    fake_tables_copy(&tables, &psb_fake_port);
    tables.method[PSB_PARENT] = tables.method[PSB_NUM_THREADS];
    fake_open(&own, &tables.port, PSB_CACHED);
    assert_int_equal(psb_get(own.snapshot, 1, PSB_PARENT, &value), PSB_OK);
    assert_int_equal(fake_calls(own.kernel, FAKE_TABLE), 1);
    assert_int_equal(fake_all_calls(own.kernel), 1);
    fake_close(&own);
}

static void derivations_need_fields_that_are_not_derived(void **state)
{
    size_t count = 0;
    for (psb_field field = 0; field < PSB_FIELDS; field++) {
        const psb_derivation *derivation = psb_derivation_of(field);
        if (!derivation)
            continue;
        count++;
        assert_int_equal(derivation->field, field);
        assert_in_range(derivation->needs, 1, PSB_NEEDS_MAX);
        assert_non_null(derivation->derive);
        for (uint32_t i = 0; i < derivation->needs; i++)
            assert_null(psb_derivation_of(derivation->need[i]));
    }
    assert_int_equal(count, 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOTH(a_username_is_the_account_of_the_real_uid),
        BOTH(a_uid_without_an_account_is_decimal),
        BOTH(the_largest_uid_without_an_account_is_decimal),
        BOTH(a_username_tells_why_its_uid_is_not_known),
        BOTH(a_username_tells_why_the_account_is_not_known),
        BOTH(a_living_older_process_is_the_parent),
        BOTH(ppid_0_is_no_parent),
        BOTH(a_younger_process_is_no_parent),
        BOTH(a_process_of_the_same_age_is_the_parent),
        BOTH(a_process_that_is_gone_is_no_parent),
        BOTH(an_unknown_start_time_proves_nothing),
        BOTH(a_start_time_that_is_denied_proves_nothing),
        BOTH(a_child_that_ends_meanwhile_is_gone),
        BOTH(a_parent_tells_which_failure_hid_it),
        BOTH(cpu_percent_is_of_the_time_since_the_start),
        BOTH(cpu_percent_over_100_is_not_capped),
        BOTH(cpu_percent_of_an_idle_process_is_0),
        BOTH(cpu_percent_of_no_time_at_all_is_unknown),
        BOTH(cpu_percent_of_an_unknown_part_is_unknown),
        BOTH(cpu_percent_tells_which_failure_hid_it),
        BOTH(memory_percent_is_of_the_machine),
        BOTH(memory_percent_of_an_unknown_size_is_unknown),
        cmocka_unit_test(memory_percent_of_an_unknown_machine_is_unknown),
        cmocka_unit_test(a_derived_field_of_a_port_without_its_needs_is_absent),
        cmocka_unit_test(a_method_of_the_port_goes_before_a_derivation),
        cmocka_unit_test(derivations_need_fields_that_are_not_derived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

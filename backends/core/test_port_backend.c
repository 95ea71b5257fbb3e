/* test_port_backend.c: what is asked how often, and what stays true within a snapshot, in both variants. */
#include "fake_port.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
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

#define CACHED(test)   cmocka_unit_test_setup_teardown(test, open_cached, close_world)
#define UNCACHED(test) cmocka_unit_test_setup_teardown(test, open_uncached, close_world)

/* A value that nobody wrote would show. */
static psb_value get_from(psb_snapshot *snapshot, psb_pid pid, psb_field field)
{
    psb_value value;
    memset(&value, 0xa5, sizeof value);
    psb_status status = psb_get(snapshot, pid, field, &value);
    assert_int_equal(status, value.status);
    assert_in_range(status, PSB_OK, PSB_STATUSES - 1);
    return value;
}

static psb_value get(psb_pid pid, psb_field field)
{
    return get_from(world.snapshot, pid, field);
}

static psb_status status_of(psb_pid pid, psb_field field)
{
    return get(pid, field).status;
}

static uint64_t serial_of(psb_pid pid)
{
    psb_value value = get(pid, PSB_PAGE_FAULTS);
    assert_int_equal(value.status, PSB_OK);
    return value.u.part[PSB_PAGE_FAULTS_MINOR];
}

static bool is_text(psb_value value, const char *text)
{
    return value.status == PSB_OK && value.u.text.len == strlen(text) &&
           memcmp(value.u.text.bytes, text, value.u.text.len) == 0;
}

/* ---- how often ---- */

static void cached_gets_read_each_source_once(void **state)
{
    for (int round = 0; round < 3; round++)
        for (psb_field field = 0; field < PSB_FIELDS; field++)
            get(10, field);
    for (enum fake_source source = FAKE_CLOCK; source < FAKE_SOURCES; source++) {
        unsigned calls = source == FAKE_BIRTH ? 2 : source != FAKE_COARSE; /* the parent's, too */
        assert_int_equal(fake_calls(world.kernel, source), calls);
    }
    assert_int_equal(fake_calls(world.kernel, FAKE_PIDS), 0);
}

static void uncached_gets_read_anew(void **state)
{
    assert_int_equal(serial_of(10), 1);
    assert_int_equal(serial_of(10), 2);
    assert_int_equal(status_of(10, PSB_PPID), PSB_OK);
    assert_int_equal(serial_of(10), 4);
    assert_true(is_text(get(10, PSB_NAME), "p10#5"));
    assert_true(is_text(get(10, PSB_NAME), "p10#6"));
    assert_int_equal(fake_calls(world.kernel, FAKE_TIMES), 4);
    assert_int_equal(fake_calls(world.kernel, FAKE_TABLE), 2);
}

static void an_uncached_derived_get_reads_a_source_of_two_needs_once(void **state)
{
    fake_tables tables; /* cpu_percent from cpu_times and create_time, of one source here */
    fake_world own;
    fake_tables_copy(&tables, &psb_fake_port);
    tables.method[PSB_CREATE_TIME] = tables.method[PSB_PPID];
    fake_open(&own, &tables.port, PSB_UNCACHED);
    assert_int_equal(get_from(own.snapshot, 10, PSB_CPU_PERCENT).status, PSB_OK);
    assert_int_equal(fake_calls(own.kernel, FAKE_TIMES), 1);
    assert_int_equal(get_from(own.snapshot, 10, PSB_CPU_PERCENT).status, PSB_OK);
    assert_int_equal(fake_calls(own.kernel, FAKE_TIMES), 2);
    fake_close(&own);
}

static void a_system_source_is_read_once_for_all_processes_when_cached(void **state)
{
    assert_true(is_text(get(10, PSB_NAME), "p10#1"));
    assert_true(is_text(get(1, PSB_NAME), "p1#1"));
    assert_int_equal(status_of(1, PSB_NUM_THREADS), PSB_OK);
    assert_int_equal(fake_all_calls(world.kernel), 1);
}

static void a_system_source_is_read_per_get_when_uncached(void **state)
{
    assert_true(is_text(get(10, PSB_NAME), "p10#1"));
    assert_true(is_text(get(1, PSB_NAME), "p1#2"));
    assert_int_equal(status_of(1, PSB_NUM_THREADS), PSB_OK);
    assert_int_equal(fake_all_calls(world.kernel), 3);
}

static void a_process_that_a_system_source_does_not_tell_of_is_gone(void **state)
{
    assert_int_equal(status_of(10, PSB_NAME), PSB_OK);
    assert_int_equal(status_of(11, PSB_NAME), PSB_GONE);
    assert_int_equal(status_of(11, PSB_STATUS), PSB_GONE);
    assert_int_equal(fake_all_calls(world.kernel), 1);
}

static void a_user_is_asked_once_for_all_processes(void **state)
{
    fake_add(world.kernel, 11, 1)->uid = 1000;
    fake_add(world.kernel, 12, 1)->uid = 1001;
    assert_true(is_text(get(10, PSB_USERNAME), "user1000"));
    assert_true(is_text(get(11, PSB_USERNAME), "user1000"));
    assert_true(is_text(get(12, PSB_USERNAME), "user1001"));
    assert_int_equal(fake_calls(world.kernel, FAKE_USER), 2);
}

static void a_user_and_a_process_of_one_number_do_not_mix(void **state)
{
    fake_add(world.kernel, 1000, 1)->uid = 10;
    assert_true(is_text(get(1000, PSB_USERNAME), "user10"));
    assert_true(is_text(get(10, PSB_USERNAME), "user1000"));
    assert_memory_equal(get(1000, PSB_CMDLINE).u.text.bytes, "a1000#", 6);
    assert_int_equal(get(1000, PSB_UIDS).u.part[PSB_UIDS_REAL], 10);
    assert_int_equal(get(10, PSB_UIDS).u.part[PSB_UIDS_REAL], 1000);
}

static void a_negative_pid_is_gone_without_a_call(void **state)
{
    for (psb_field field = 0; field < PSB_FIELDS; field++) {
        assert_int_equal(status_of(-1, field), PSB_GONE);
        assert_int_equal(status_of(INT64_MIN, field), PSB_GONE);
    }
    assert_int_equal(fake_all_calls(world.kernel), 0);
}

static void a_field_without_a_method_is_absent_without_a_call(void **state)
{
    assert_int_equal(status_of(10, PSB_NUM_HANDLES), PSB_ABSENT);
    assert_int_equal(status_of(10, PSB_TERMINAL), PSB_ABSENT);
    assert_int_equal(status_of(10, PSB_FIELDS), PSB_ABSENT);
    assert_int_equal(fake_all_calls(world.kernel), 0);
}

/* ---- a snapshot is one picture ---- */

static void a_cached_answer_stays_until_the_end_of_the_snapshot(void **state)
{
    assert_int_equal(get(10, PSB_PPID).u.integer, 1);
    world.kernel->process[0].ppid = 7;
    assert_int_equal(get(10, PSB_PPID).u.integer, 1);
    fake_remove(world.kernel, 10);
    assert_int_equal(get(10, PSB_PPID).u.integer, 1);
    fake_renew(&world);
    assert_int_equal(status_of(10, PSB_PPID), PSB_GONE);
}

static void two_pids_in_one_snapshot_do_not_mix(void **state)
{
    uint64_t ten = serial_of(10), one = serial_of(1);
    assert_int_not_equal(ten, one);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(serial_of(10), ten);
        assert_int_equal(get(10, PSB_PPID).u.integer, 1);
        assert_int_equal(serial_of(1), one);
        assert_int_equal(get(1, PSB_PPID).u.integer, 0);
    }
    assert_int_equal(fake_all_calls(world.kernel), 2);
}

static void a_thousand_processes_fit_in_one_snapshot(void **state)
{
    enum { MANY = 1000, STEP = 4096 }; /* pids that are alike in their lower bits */
    static uint64_t serial[MANY];
    for (int i = 0; i < MANY; i++)
        fake_add(world.kernel, (psb_pid)(i + 1) * STEP, i);
    for (int i = 0; i < MANY; i++)
        serial[i] = serial_of((psb_pid)(i + 1) * STEP);
    assert_int_equal(fake_all_calls(world.kernel), MANY);
    for (int i = MANY - 1; i >= 0; i--) {
        assert_int_equal(serial_of((psb_pid)(i + 1) * STEP), serial[i]);
        assert_int_equal(get((psb_pid)(i + 1) * STEP, PSB_PPID).u.integer, i);
    }
    assert_int_equal(fake_all_calls(world.kernel), MANY);
}

static void two_snapshots_of_one_backend_are_independent(void **state)
{
    psb_snapshot *other;
    uint64_t here = serial_of(10);
    assert_int_equal(world.backend->ops->begin(world.backend, PSB_SPAN_PROCESS, &other), PSB_OK);
    psb_value there = get_from(other, 10, PSB_PAGE_FAULTS), name = get_from(other, 10, PSB_NAME);
    assert_int_not_equal(here, there.u.part[PSB_PAGE_FAULTS_MINOR]);
    fake_fail(world.kernel, FAKE_TIMES, PSB_DENIED);
    assert_int_equal(get_from(other, 1, PSB_PPID).status, PSB_DENIED);
    fake_fail(world.kernel, FAKE_TIMES, PSB_OK);
    fake_renew(&world);
    assert_int_equal(status_of(1, PSB_PPID), PSB_OK);
    assert_int_equal(get_from(other, 1, PSB_PPID).status, PSB_DENIED);
    assert_true(is_text(name, "p10#3"));
    world.backend->ops->end(other);
}

/* The value and what it said when it was new. */
struct kept {
    psb_value value;
    char said[32];
};

static void keep(struct kept *kept, psb_value value)
{
    assert_int_equal(value.status, PSB_OK);
    assert_in_range(value.u.text.len, 1, sizeof kept->said);
    kept->value = value;
    memcpy(kept->said, value.u.text.bytes, value.u.text.len);
}

static void texts_stay_valid_until_the_end_though_later_gets_fetch_anew(void **state)
{
    enum { ROUNDS = 400 };
    static const psb_field FIELDS[] = {PSB_NAME, PSB_CMDLINE, PSB_USERNAME};
    static struct kept kept[ROUNDS * 3];
    for (size_t i = 0; i < ROUNDS * 3; i++) {
        if (i == ROUNDS) /* the shared buffers move */
            for (enum fake_source source = 0; source < FAKE_SOURCES; source++)
                fake_demand(world.kernel, source, 100 << 10);
        keep(&kept[i], get(i & 1 ? 10 : 1, FIELDS[i % 3]));
    }
    for (size_t i = 0; i < ROUNDS * 3; i++)
        assert_memory_equal(kept[i].value.u.text.bytes, kept[i].said, kept[i].value.u.text.len);
}

static void both_variants_give_the_same_answers(void **state)
{
    fake_world uncached;
    fake_open(&uncached, &psb_fake_port, PSB_UNCACHED);
    for (psb_field field = 0; field < PSB_FIELDS; field++) {
        if (field == PSB_NAME || field == PSB_CMDLINE || field == PSB_PAGE_FAULTS)
            continue; /* these tell the number of the call */
        for (psb_pid pid = 0; pid < 12; pid++) {
            psb_value here = get(pid, field), there = get_from(uncached.snapshot, pid, field);
            assert_true(psb_value_equal(field, &here, &there));
        }
    }
    fake_close(&uncached);
}

/* ---- failures ---- */

static const psb_status FAILURES[] = {PSB_ABSENT, PSB_GONE, PSB_DENIED, PSB_UNKNOWN, PSB_OSERROR, PSB_NOMEM};
enum { FAILURE_COUNT = sizeof FAILURES / sizeof *FAILURES };

static void cached_failures_stay_until_the_end_and_are_gone_in_the_next(void **state)
{
    for (size_t i = 0; i < FAILURE_COUNT; i++) {
        fake_renew(&world);
        fake_forget_calls(world.kernel);
        fake_fail(world.kernel, FAKE_TIMES, FAILURES[i]);
        psb_value first = get(10, PSB_PPID);
        assert_int_equal(first.status, FAILURES[i]);
        assert_int_equal(first.os_error, FAKE_OS_ERROR);
        fake_fail(world.kernel, FAKE_TIMES, PSB_OK);
        psb_value second = get(10, PSB_CPU_TIMES);
        assert_int_equal(second.status, FAILURES[i]);
        assert_int_equal(second.os_error, FAKE_OS_ERROR);
        assert_int_equal(fake_all_calls(world.kernel), 1);
        fake_renew(&world);
        assert_int_equal(status_of(10, PSB_PPID), PSB_OK);
        assert_int_equal(get(10, PSB_PPID).os_error, 0);
    }
}

static void uncached_failures_are_gone_in_the_next_get(void **state)
{
    for (size_t i = 0; i < FAILURE_COUNT; i++) {
        fake_fail(world.kernel, FAKE_TIMES, FAILURES[i]);
        assert_int_equal(status_of(10, PSB_PPID), FAILURES[i]);
        fake_fail(world.kernel, FAKE_TIMES, PSB_OK);
        assert_int_equal(status_of(10, PSB_PPID), PSB_OK);
        assert_int_equal(get(10, PSB_PPID).os_error, 0);
    }
}

static void a_failure_is_of_its_process_only(void **state)
{
    fake_fail(world.kernel, FAKE_TIMES, PSB_DENIED);
    world.kernel->status_pid = 10;
    assert_int_equal(status_of(10, PSB_PPID), PSB_DENIED);
    assert_int_equal(status_of(1, PSB_PPID), PSB_OK);
    assert_int_equal(status_of(10, PSB_CREATE_TIME), PSB_OK);
}

static void a_failure_of_a_system_source_stands_for_all_processes(void **state)
{
    fake_fail(world.kernel, FAKE_TABLE, PSB_OSERROR);
    for (psb_pid pid = 1; pid < 5; pid++) {
        psb_value value = get(pid, PSB_NAME);
        assert_int_equal(value.status, PSB_OSERROR);
        assert_int_equal(value.os_error, FAKE_OS_ERROR);
    }
    assert_int_equal(fake_all_calls(world.kernel), 1);
    fake_fail(world.kernel, FAKE_TABLE, PSB_OK);
    fake_renew(&world);
    assert_int_equal(status_of(1, PSB_NAME), PSB_OK);
}

static void a_malformed_reply_is_not_asked_for_again(void **state)
{
    memset(world.kernel->cut, true, sizeof world.kernel->cut);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(status_of(10, PSB_PPID), PSB_MALFORMED);
        assert_int_equal(get(10, PSB_NAME).status, PSB_MALFORMED);
        assert_int_equal(get(10, PSB_PPID).os_error, 0);
    }
    assert_int_equal(fake_calls(world.kernel, FAKE_TIMES), 1);
    assert_int_equal(fake_calls(world.kernel, FAKE_TABLE), 1);
}

static void the_second_try_is_made_on_allowed_statuses_only(void **state)
{
    for (unsigned status = PSB_OK; status < PSB_STATUSES; status++) {
        if (status == PSB_TOOSMALL)
            continue; /* means more room */
        fake_renew(&world);
        fake_forget_calls(world.kernel);
        fake_fail(world.kernel, FAKE_EXACT, (psb_status)status);
        psb_status expected = status == PSB_DENIED ? PSB_OK : (psb_status)status;
        for (int i = 0; i < 2; i++)
            assert_int_equal(status_of(10, PSB_MEMORY_FULL_INFO), expected);
        assert_int_equal(fake_calls(world.kernel, FAKE_EXACT), 1);
        assert_int_equal(fake_calls(world.kernel, FAKE_COARSE), status == PSB_DENIED);
    }
}

static void the_answer_is_that_of_the_last_try(void **state)
{
    assert_int_equal(get(10, PSB_MEMORY_FULL_INFO).u.part[0], PSB_OP_LINUX_SMAPS_ROLLUP);
    fake_renew(&world);
    fake_fail(world.kernel, FAKE_EXACT, PSB_DENIED);
    psb_value second = get(10, PSB_MEMORY_FULL_INFO);
    assert_int_equal(second.u.part[0], PSB_OP_LINUX_SMAPS);
    assert_int_equal(second.os_error, 0);
    fake_renew(&world);
    fake_fail(world.kernel, FAKE_COARSE, PSB_GONE);
    assert_int_equal(status_of(10, PSB_MEMORY_FULL_INFO), PSB_GONE);
}

/* ---- threads ---- */

static void *sweep(void *backend_)
{
    psb_backend *backend = backend_;
    for (int round = 0; round < 50; round++) {
        psb_snapshot *snapshot;
        psb_value ppid, name, user;
        psb_pidlist list;
        if (backend->ops->pids(backend, &list) != PSB_OK || list.count != 102)
            return backend;
        psb_pidlist_free(&list);
        if (backend->ops->begin(backend, PSB_SPAN_PROCESS, &snapshot) != PSB_OK)
            return backend;
        for (psb_pid pid = 100; pid < 200; pid++) {
            char start[16];
            int len = snprintf(start, sizeof start, "p%d#", (int)pid);
            if (psb_get(snapshot, pid, PSB_PPID, &ppid) != PSB_OK || ppid.u.integer != pid - 1 ||
                psb_get(snapshot, pid, PSB_NAME, &name) != PSB_OK ||
                memcmp(name.u.text.bytes, start, (size_t)len) != 0 ||
                psb_get(snapshot, pid, PSB_USERNAME, &user) != PSB_OK)
                return backend;
        }
        backend->ops->end(snapshot);
    }
    return NULL;
}

static void two_threads_have_their_own_snapshots_of_one_backend(void **state)
{
    pthread_t other;
    void *wrong;
    for (psb_pid pid = 100; pid < 200; pid++)
        fake_add(world.kernel, pid, pid - 1);
    assert_int_equal(pthread_create(&other, NULL, sweep, world.backend), 0);
    void *here = sweep(world.backend);
    assert_int_equal(pthread_join(other, &wrong), 0);
    assert_null(here);
    assert_null(wrong);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CACHED(cached_gets_read_each_source_once),
        UNCACHED(uncached_gets_read_anew),
        cmocka_unit_test(an_uncached_derived_get_reads_a_source_of_two_needs_once),
        CACHED(a_system_source_is_read_once_for_all_processes_when_cached),
        UNCACHED(a_system_source_is_read_per_get_when_uncached),
        CACHED(a_process_that_a_system_source_does_not_tell_of_is_gone),
        CACHED(a_user_is_asked_once_for_all_processes),
        CACHED(a_user_and_a_process_of_one_number_do_not_mix),
        CACHED(a_negative_pid_is_gone_without_a_call),
        UNCACHED(a_negative_pid_is_gone_without_a_call),
        CACHED(a_field_without_a_method_is_absent_without_a_call),
        UNCACHED(a_field_without_a_method_is_absent_without_a_call),
        CACHED(a_cached_answer_stays_until_the_end_of_the_snapshot),
        CACHED(two_pids_in_one_snapshot_do_not_mix),
        CACHED(a_thousand_processes_fit_in_one_snapshot),
        CACHED(two_snapshots_of_one_backend_are_independent),
        CACHED(texts_stay_valid_until_the_end_though_later_gets_fetch_anew),
        UNCACHED(texts_stay_valid_until_the_end_though_later_gets_fetch_anew),
        CACHED(both_variants_give_the_same_answers),
        CACHED(cached_failures_stay_until_the_end_and_are_gone_in_the_next),
        UNCACHED(uncached_failures_are_gone_in_the_next_get),
        CACHED(a_failure_is_of_its_process_only),
        CACHED(a_failure_of_a_system_source_stands_for_all_processes),
        CACHED(a_malformed_reply_is_not_asked_for_again),
        CACHED(the_second_try_is_made_on_allowed_statuses_only),
        CACHED(the_answer_is_that_of_the_last_try),
        CACHED(two_threads_have_their_own_snapshots_of_one_backend),
        UNCACHED(two_threads_have_their_own_snapshots_of_one_backend),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_windows.c: the kernel's structs, whole and broken, and what is made of their numbers. */
#include "windows_fixture.h"

#include <stdlib.h>
#include <string.h>

#define WIN(test) cmocka_unit_test_setup_teardown(test, win_setup, win_teardown)

/* ---- the table ---- */

/* A reply of records to be broken: the fixture's two processes, each with three threads. */
static struct table {
    _Alignas(8) char bytes[4096];
    size_t len, second; /* where the second record stands */
} table;

static struct psb_windows_process *head(size_t offset)
{
    return (struct psb_windows_process *)(void *)(table.bytes + offset);
}

static struct psb_windows_thread *thread(size_t offset, int i)
{
    return (struct psb_windows_thread *)(void *)(head(offset) + 1) + i;
}

static void make_table(void)
{
    psb_call call = {.op = PSB_OP_WINDOWS_PROCESSES};
    psb_reply reply = {.buf = table.bytes, .cap = sizeof table.bytes};
    assert_int_equal(psb_windows_simulate(win.world, &call, &reply), PSB_OK);
    table.len = reply.len;
    table.second = head(0)->next;
    win_says(PSB_OP_WINDOWS_PROCESSES, table.bytes, table.len);
}

/* How many records the chain has, to the last byte of the reply; bounded, or the test does not end. */
static size_t walk(size_t len)
{
    char *exact = malloc(len + !len);
    size_t at = 0, count = 0;
    psb_record record;
    assert_non_null(exact);
    memcpy(exact, table.bytes, len);
    while (psb_windows_record(exact, len, &at, &record)) {
        struct psb_windows_record parsed;
        assert_true(record.offset <= len && record.len <= len - record.offset && at <= len);
        psb_windows_parse_record(exact + record.offset, record.len, record.pid, &parsed);
        assert_true(++count <= len / 256);
    }
    free(exact);
    return count;
}

static void a_chain_is_walked_to_its_end_and_never_past_the_bytes(void **state)
{
    make_table();
    assert_int_equal(walk(table.len), 2);
    for (size_t len = 0; len < table.len; len++)
        assert_int_equal(walk(len), len < 256 ? 0 : len < table.second + 256 ? 1 : 2);
}

static void a_record_that_is_cut_is_malformed_and_the_one_before_is_told(void **state)
{
    make_table();
    for (size_t len = table.second + 256; len < table.len; len += 8) {
        win_says(PSB_OP_WINDOWS_PROCESSES, table.bytes, len);
        assert_int_equal(win_get(WIN_PARENT, PSB_NUM_THREADS).u.integer, 3);
        psb_status status = win_status(PSB_NUM_THREADS);
        if (len < table.second + 256 + 3 * sizeof(struct psb_windows_thread))
            assert_int_equal(status, PSB_MALFORMED);
    }
    win_says(PSB_OP_WINDOWS_PROCESSES, table.bytes, table.second + 255);
    assert_int_equal(win_status(PSB_NUM_THREADS), PSB_GONE); /* no head: nothing says whose it is */
}

/* NextEntryOffset is relative and at least a head: there is no way back. */
static void a_chain_that_leads_astray_ends_and_its_record_is_malformed(void **state)
{
    static const uint32_t ASTRAY[] = {1,   8,    255,      256,        257,           264,
                                      480, 4095, 1u << 20, UINT32_MAX, UINT32_MAX - 7};
    for (size_t i = 0; i < sizeof ASTRAY / sizeof *ASTRAY; i++) {
        make_table();
        head(0)->next = ASTRAY[i];
        size_t records = walk(table.len);
        assert_true(records == 1 || (ASTRAY[i] >= 256 && ASTRAY[i] < table.len));
        assert_int_equal(win_get(WIN_PARENT, PSB_NUM_THREADS).status, PSB_MALFORMED);
    }
    make_table();
    head(0)->next = 0; /* it says that it is the last */
    assert_int_equal(walk(table.len), 1);
    assert_int_equal(win_status(PSB_NUM_THREADS), PSB_GONE);
}

static void a_record_that_overlaps_the_next_is_malformed(void **state)
{
    make_table();
    head(0)->threads++; /* the fourth would lie in the second record */
    assert_int_equal(win_get(WIN_PARENT, PSB_NUM_THREADS).status, PSB_MALFORMED);
    assert_int_equal(win_get(WIN_PID, PSB_NUM_THREADS).status, PSB_OK);
}

static void more_threads_than_a_record_holds_are_malformed(void **state)
{
    static const uint32_t MANY[] = {5, 1000, 53687091, 53687092, UINT32_MAX}; /* times 80 passes 2^32 */
    for (size_t i = 0; i < sizeof MANY / sizeof *MANY; i++) {
        make_table();
        head(table.second)->threads = MANY[i];
        assert_int_equal(win_status(PSB_NUM_THREADS), PSB_MALFORMED);
        assert_int_equal(win_status(PSB_THREADS), PSB_MALFORMED);
    }
}

static void a_name_outside_of_its_record_is_malformed(void **state)
{
    win.world->caller_uid = 4000;
    make_table();
    assert_string(win_get(WIN_PID, PSB_NAME), "explorer.exe");
    uint64_t length = table.len - table.second, good = head(table.second)->image_name;
    uint64_t bad[] = {0,
                      255,
                      256,
                      256 + 3 * 80 - 2,
                      length - 23,
                      length,
                      UINT64_MAX,
                      UINT64_MAX - 23,
                      UINT64_C(0x7ff600001000)};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        head(table.second)->image_name = bad[i];
        assert_int_equal(win_status(PSB_NAME), PSB_MALFORMED);
    }
    head(table.second)->image_name = good;
    head(table.second)->image_bytes = 23; /* half a unit */
    assert_int_equal(win_status(PSB_NAME), PSB_MALFORMED);
    head(table.second)->image_bytes = 0; /* none: the offset means nothing */
    head(table.second)->image_name = UINT64_MAX;
    assert_int_equal(win_status(PSB_NAME), PSB_UNKNOWN);
}

/* ---- states ---- */

static void assert_states(uint32_t (*told)[2], psb_status status, psb_state want)
{
    make_table();
    for (int i = 0; i < 3; i++) {
        thread(table.second, i)->state = told[i][0];
        thread(table.second, i)->wait_reason = told[i][1];
    }
    psb_value value = win_get(WIN_PID, PSB_STATUS);
    assert_int_equal(value.status, status);
    if (status == PSB_OK)
        assert_int_equal(value.u.integer, want);
}

/* psutil: stopped only if every thread waits for its resumption */
static void a_process_does_what_its_busiest_thread_does(void **state)
{
    assert_states((uint32_t[3][2]){{5, 5}, {5, 5}, {5, 5}}, PSB_OK, PSB_STATE_STOPPED);
    assert_states((uint32_t[3][2]){{5, 5}, {5, 6}, {5, 5}}, PSB_OK, PSB_STATE_SLEEPING);
    assert_states((uint32_t[3][2]){{5, 15}, {5, 4}, {6, 0}}, PSB_OK, PSB_STATE_SLEEPING);
    assert_states((uint32_t[3][2]){{5, 5}, {5, 6}, {2, 0}}, PSB_OK, PSB_STATE_RUNNING);
    assert_states((uint32_t[3][2]){{5, 5}, {1, 0}, {5, 5}}, PSB_OK, PSB_STATE_RUNNING);
    assert_states((uint32_t[3][2]){{3, 0}, {5, 5}, {5, 5}}, PSB_OK, PSB_STATE_RUNNING);
    assert_states((uint32_t[3][2]){{4, 0}, {5, 5}, {7, 0}}, PSB_OK, PSB_STATE_RUNNING);
    assert_states((uint32_t[3][2]){{4, 0}, {5, 5}, {0, 0}}, PSB_OK, PSB_STATE_STOPPED);
    assert_states((uint32_t[3][2]){{0, 0}, {0, 0}, {0, 0}}, PSB_UNKNOWN, 0); /* what Wine says of all */
    assert_states((uint32_t[3][2]){{99, 0}, {4, 0}, {8, 5}}, PSB_UNKNOWN, 0);
}

/* psutil says of it that it is stopped: all of no threads are held. */
static void a_process_without_threads_has_no_state_and_no_switches(void **state)
{
    win_process()->state = PSB_STATE_ZOMBIE;
    psb_value threads = win_get(WIN_PID, PSB_THREADS);
    assert_int_equal(threads.status, PSB_OK);
    assert_int_equal(threads.count, 0);
    assert_int_equal(win_get(WIN_PID, PSB_NUM_THREADS).u.integer, 0);
    assert_int_equal(win_status(PSB_STATUS), PSB_UNKNOWN);
    assert_int_equal(win_status(PSB_NUM_CTX_SWITCHES), PSB_UNKNOWN);
    assert_int_equal(win_status(PSB_CREATE_TIME), PSB_OK);
}

/* ---- numbers ---- */

static void switches_of_all_threads_are_one_sum_of_more_than_32_bits(void **state)
{
    make_table();
    for (int i = 0; i < 3; i++)
        thread(table.second, i)->switches = UINT32_MAX;
    psb_value value = win_get(WIN_PID, PSB_NUM_CTX_SWITCHES);
    assert_int_equal(value.known, 1u << PSB_NUM_CTX_SWITCHES_TOTAL);
    assert_true(value.u.part[PSB_NUM_CTX_SWITCHES_TOTAL] == 3 * (uint64_t)UINT32_MAX);
}

static void threads_have_their_own_ids_and_times(void **state)
{
    make_table();
    *thread(table.second, 1) =
        (struct psb_windows_thread){.tid = 4711, .user_time = 3, .kernel_time = 12345678901};
    psb_value value = win_get(WIN_PID, PSB_THREADS);
    assert_int_equal(value.count, 3);
    assert_int_equal(value.u.thread[1].id, 4711);
    assert_int_equal(value.u.thread[1].user_ns, 300);
    assert_int_equal(value.u.thread[1].system_ns, 1234567890100);
    thread(table.second, 1)->user_time = UINT64_MAX;
    assert_int_equal(win_status(PSB_THREADS), PSB_UNKNOWN);
}

static void faults_are_told_apart_and_never_below_nothing(void **state)
{
    make_table();
    head(table.second)->faults = 1000;
    head(table.second)->hard_faults = 30;
    psb_value value = win_get(WIN_PID, PSB_PAGE_FAULTS);
    assert_int_equal(value.u.part[PSB_PAGE_FAULTS_MAJOR], 30);
    assert_int_equal(value.u.part[PSB_PAGE_FAULTS_MINOR], 970);
    head(table.second)->faults = 29; /* it began anew behind 2^32 */
    value = win_get(WIN_PID, PSB_PAGE_FAULTS);
    assert_int_equal(value.known, 1u << PSB_PAGE_FAULTS_MAJOR);
}

/* 125911584000000000 is 2000-01-01T00:00:00Z, which is 946684800 s since 1970. */
static void instants_are_since_1970_and_no_instant_is_unknown(void **state)
{
    struct psb_windows_times times = {.create_time = UINT64_C(125911584000000000)};
    win_says(PSB_OP_WINDOWS_TIMES, &times, sizeof times);
    assert_int_equal(win_get(WIN_PID, PSB_CREATE_TIME).u.integer, INT64_C(946684800000000000));
    times.create_time++;
    assert_int_equal(win_get(WIN_PID, PSB_CREATE_TIME).u.integer, INT64_C(946684800000000100));
    static const uint64_t NONE[] = {0, 1, 116444736000000000, UINT64_MAX, INT64_MAX};
    for (size_t i = 0; i < sizeof NONE / sizeof *NONE; i++) {
        times.create_time = NONE[i];
        assert_int_equal(win_status(PSB_CREATE_TIME), PSB_UNKNOWN);
        assert_int_equal(win_status(PSB_CPU_PERCENT), PSB_UNKNOWN);
    }
}

static void user_and_kernel_time_are_not_mistaken_for_each_other(void **state)
{
    struct psb_windows_times times = {.create_time = 1, .kernel_time = 20000000, .user_time = 10000001};
    win_says(PSB_OP_WINDOWS_TIMES, &times, sizeof times);
    psb_value value = win_get(WIN_PID, PSB_CPU_TIMES);
    assert_int_equal(value.known, 1u << PSB_CPU_TIMES_USER | 1u << PSB_CPU_TIMES_SYSTEM);
    assert_int_equal(value.u.part[PSB_CPU_TIMES_USER], 1000000100);
    assert_int_equal(value.u.part[PSB_CPU_TIMES_SYSTEM], 2000000000);
    times.user_time = times.kernel_time = UINT64_MAX;
    assert_int_equal(win_status(PSB_CPU_TIMES), PSB_UNKNOWN);
}

static void a_handle_of_a_process_that_has_ended_answers_that_it_is_gone(void **state)
{
    struct psb_windows_times times = {.create_time = UINT64_C(125911584000000000),
                                      .exit_time = UINT64_C(125911584000000001)};
    struct psb_windows_basic basic = {.exit_status = 0, .pid = WIN_PID, .ppid = WIN_PARENT};
    win_says(PSB_OP_WINDOWS_TIMES, &times, sizeof times);
    assert_int_equal(win_status(PSB_CREATE_TIME), PSB_GONE);
    assert_int_equal(win_status(PSB_CPU_TIMES), PSB_GONE);
    win_says(PSB_OP_WINDOWS_BASIC, &basic, sizeof basic);
    assert_int_equal(win_status(PSB_PPID), PSB_GONE);
    basic.exit_status = PSB_WINDOWS_STILL_ACTIVE;
    assert_int_equal(win_get(WIN_PID, PSB_PPID).u.integer, WIN_PARENT);
    basic.pid = WIN_PID + 4; /* it is another's by now */
    assert_int_equal(win_status(PSB_PPID), PSB_GONE);
}

static void a_pid_is_a_number_of_32_bits(void **state)
{
    struct psb_windows_basic basic = {PSB_WINDOWS_STILL_ACTIVE, .pid = WIN_PID, .ppid = UINT32_MAX};
    win_says(PSB_OP_WINDOWS_BASIC, &basic, sizeof basic);
    assert_true(win_get(WIN_PID, PSB_PPID).u.integer == UINT32_MAX);
    basic.ppid++;
    assert_int_equal(win_status(PSB_PPID), PSB_UNKNOWN);
}

static void a_page_is_its_own_if_nobody_shares_it_now(void **state)
{
    /* count, and: private; private; sharable, of one; of none; of two; of seven and more; the page's number is no flag */
    uint64_t pages[] = {7,
                        0x1000,
                        0x2004,
                        0x3000 | 1 << 8 | 1 << 5,
                        0x4000 | 1 << 8,
                        0x5000 | 1 << 8 | 2 << 5,
                        0x6000 | 1 << 8 | 7 << 5,
                        UINT64_C(0xfffffffffffff000)};
    win_says(PSB_OP_WINDOWS_WORKING_SET, pages, sizeof pages);
    psb_value value = win_get(WIN_PID, PSB_MEMORY_FULL_INFO);
    assert_int_equal(value.known, 1u << PSB_MEMORY_FULL_INFO_USS);
    assert_int_equal(value.u.part[PSB_MEMORY_FULL_INFO_USS], 5 * 4096);
    pages[0] = 6;
    assert_int_equal(win_status(PSB_MEMORY_FULL_INFO), PSB_MALFORMED);
    win_says(PSB_OP_WINDOWS_WORKING_SET, pages, 0);
    assert_int_equal(win_status(PSB_MEMORY_FULL_INFO), PSB_MALFORMED);
    win_says(PSB_OP_WINDOWS_WORKING_SET, pages, sizeof pages - 1);
    assert_int_equal(win_status(PSB_MEMORY_FULL_INFO), PSB_MALFORMED);
}

/* Wine leaves PrivateUsage as it was. */
static void memory_is_the_working_set_and_the_commit_charge(void **state)
{
    struct psb_windows_memory memory = {.size = sizeof memory,
                                        .faults = 99,
                                        .peak_working_set_bytes = 3,
                                        .working_set_bytes = UINT64_C(5) << 32,
                                        .pagefile_bytes = UINT64_C(7) << 32,
                                        .peak_pagefile_bytes = 4};
    win_says(PSB_OP_WINDOWS_MEMORY, &memory, sizeof memory);
    psb_value value = win_get(WIN_PID, PSB_MEMORY_INFO);
    assert_int_equal(value.known, 1u << PSB_MEMORY_INFO_RSS | 1u << PSB_MEMORY_INFO_VMS);
    assert_int_equal(value.u.part[PSB_MEMORY_INFO_RSS], UINT64_C(5) << 32);
    assert_int_equal(value.u.part[PSB_MEMORY_INFO_VMS], UINT64_C(7) << 32);
}

/* The counters count pipes and sockets, too: none is of storage alone. */
static void io_is_of_every_read_and_write(void **state)
{
    struct psb_windows_io io = {1, 2, 3, 4, 5, 6};
    win_says(PSB_OP_WINDOWS_IO, &io, sizeof io);
    psb_value value = win_get(WIN_PID, PSB_IO_COUNTERS);
    assert_int_equal(value.known, 1u << PSB_IO_COUNTERS_READ_COUNT | 1u << PSB_IO_COUNTERS_WRITE_COUNT |
                                      1u << PSB_IO_COUNTERS_READ_CHARS | 1u << PSB_IO_COUNTERS_WRITE_CHARS);
    assert_int_equal(value.u.part[PSB_IO_COUNTERS_READ_COUNT], 1);
    assert_int_equal(value.u.part[PSB_IO_COUNTERS_WRITE_COUNT], 2);
    assert_int_equal(value.u.part[PSB_IO_COUNTERS_READ_CHARS], 4);
    assert_int_equal(value.u.part[PSB_IO_COUNTERS_WRITE_CHARS], 5);
}

static void a_priority_class_is_told_as_its_number_and_0_is_none(void **state)
{
    uint32_t priority = PSB_WINDOWS_ABOVE_NORMAL;
    win_says(PSB_OP_WINDOWS_PRIORITY, &priority, sizeof priority);
    assert_int_equal(win_get(WIN_PID, PSB_NICE).u.integer, 0x8000);
    priority = 0;
    assert_int_equal(win_status(PSB_NICE), PSB_UNKNOWN);
}

static void handles_may_be_more_than_31_bits(void **state)
{
    uint32_t handles = 0xfffffff0;
    win_says(PSB_OP_WINDOWS_HANDLES, &handles, sizeof handles);
    assert_true(win_get(WIN_PID, PSB_NUM_HANDLES).u.integer == 0xfffffff0);
}

static void a_struct_of_another_size_is_malformed(void **state)
{
    static const struct {
        psb_op op;
        psb_field field;
        size_t size;
    } ROW[] = {
        {PSB_OP_WINDOWS_TIMES, PSB_CPU_TIMES, 32}, {PSB_OP_WINDOWS_MEMORY, PSB_MEMORY_INFO, 80},
        {PSB_OP_WINDOWS_IO, PSB_IO_COUNTERS, 48},  {PSB_OP_WINDOWS_HANDLES, PSB_NUM_HANDLES, 4},
        {PSB_OP_WINDOWS_BASIC, PSB_PPID, 48},      {PSB_OP_WINDOWS_PRIORITY, PSB_NICE, 4},
    };
    static const char BYTES[96];
    for (size_t i = 0; i < sizeof ROW / sizeof *ROW; i++)
        for (size_t len = 0; len < 64; len++)
            if (len != ROW[i].size) {
                win_says(ROW[i].op, BYTES, len);
                assert_int_equal(win_status(ROW[i].field), PSB_MALFORMED);
            }
}

static void without_facts_of_the_machine_nothing_is_made_up(void **state)
{
    struct psb_windows_facts facts = {0, 1};
    win_says(PSB_OP_WINDOWS_FACTS, &facts, sizeof facts);
    assert_int_equal(win_status(PSB_MEMORY_PERCENT), PSB_UNKNOWN);
    assert_int_equal(win_status(PSB_MEMORY_FULL_INFO), PSB_UNKNOWN);
    assert_int_equal(win_status(PSB_MEMORY_INFO), PSB_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WIN(a_chain_is_walked_to_its_end_and_never_past_the_bytes),
        WIN(a_record_that_is_cut_is_malformed_and_the_one_before_is_told),
        WIN(a_chain_that_leads_astray_ends_and_its_record_is_malformed),
        WIN(a_record_that_overlaps_the_next_is_malformed),
        WIN(more_threads_than_a_record_holds_are_malformed),
        WIN(a_name_outside_of_its_record_is_malformed),
        WIN(a_process_does_what_its_busiest_thread_does),
        WIN(a_process_without_threads_has_no_state_and_no_switches),
        WIN(switches_of_all_threads_are_one_sum_of_more_than_32_bits),
        WIN(threads_have_their_own_ids_and_times),
        WIN(faults_are_told_apart_and_never_below_nothing),
        WIN(instants_are_since_1970_and_no_instant_is_unknown),
        WIN(user_and_kernel_time_are_not_mistaken_for_each_other),
        WIN(a_handle_of_a_process_that_has_ended_answers_that_it_is_gone),
        WIN(a_pid_is_a_number_of_32_bits),
        WIN(a_page_is_its_own_if_nobody_shares_it_now),
        WIN(memory_is_the_working_set_and_the_commit_charge),
        WIN(io_is_of_every_read_and_write),
        WIN(a_priority_class_is_told_as_its_number_and_0_is_none),
        WIN(handles_may_be_more_than_31_bits),
        WIN(a_struct_of_another_size_is_malformed),
        WIN(without_facts_of_the_machine_nothing_is_made_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

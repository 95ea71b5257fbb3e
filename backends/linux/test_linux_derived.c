/* test_linux_derived.c: what Linux' bytes become together with the facts of the boot and other processes. */
#include "linux_fixture.h"

#include <stdio.h>
#include <string.h>

/* ---- when it started ---- */

static void boot_with(machine *m, uint64_t hz, const char *boot)
{
    struct psb_linux_sysconf sysconf = {4096, hz};
    machine_says(m, PSB_OP_LINUX_SYSCONF, &sysconf, sizeof sysconf);
    machine_text(m, PSB_OP_LINUX_BOOT, boot);
    machine_reboot(m);
}

static void the_start_is_the_boot_and_the_ticks_since(void **state)
{
    static const struct {
        uint64_t hz;
        const char *ticks;
        int64_t ns;
    } STARTS[] = {
        {100, "0", INT64_C(1700000000000000000)},           {100, "1", INT64_C(1700000000010000000)},
        {100, "12345", INT64_C(1700000123450000000)},       {250, "7", INT64_C(1700000000028000000)},
        {1024, "1", INT64_C(1700000000000976562)},          {1000000000, "1", INT64_C(1700000000000000001)},
        {100, "86400000001", INT64_C(2564000000010000000)},
    };
    for (size_t i = 0; i < sizeof STARTS / sizeof *STARTS; i++) {
        boot_with(*state, STARTS[i].hz, "btime 1700000000\n");
        machine_column(*state, 22, STARTS[i].ticks);
        assert_integer(machine_get(*state, PSB_CREATE_TIME), STARTS[i].ns);
    }
}

static void a_start_that_does_not_fit_or_has_no_boot_is_unknown(void **state)
{
    static const struct {
        uint64_t hz;
        const char *boot, *ticks;
    } STARTS[] = {
        {0, "btime 1700000000\n", "5"},
        {UINT64_MAX, "btime 1700000000\n", "5"}, /* sysconf's -1 */
        {100, "", "5"},
        {100, "cpu 1 2 3\n", "5"},
        {100, "btime\n", "5"},
        {100, "btime x\n", "5"},
        {100, "xbtime 5\n", "5"},
        {100, "btime -5\n", "5"},
        {100, "btime 18446744073709551615\n", "5"},
        {100, "btime 9300000000\n", "5"}, /* the year 2264: beyond int64 */
        {100, "btime 18000000000\n", "5"},
        {100, "btime 1700000000\n", "18446744073709551615"},
        {100, "btime 1700000000\n", "922337203685"},
    };
    for (size_t i = 0; i < sizeof STARTS / sizeof *STARTS; i++) {
        boot_with(*state, STARTS[i].hz, STARTS[i].boot);
        machine_column(*state, 22, STARTS[i].ticks);
        psb_value start = machine_get(*state, PSB_CREATE_TIME);
        if (start.status != PSB_UNKNOWN)
            fail_msg("hz %llu, %s, %s ticks: %s %lld", (unsigned long long)STARTS[i].hz, STARTS[i].boot,
                     STARTS[i].ticks, psb_status_name(start.status), (long long)start.u.integer);
        assert_status(machine_get(*state, PSB_CPU_PERCENT), PSB_UNKNOWN);
    }
}

/* ---- parents ---- */

static void parent_started_at(machine *m, const char *ticks)
{
    char text[256];
    snprintf(text, sizeof text,
             "900 (sh) S 1 900 900 0 -1 0 0 0 0 0 1 1 0 0 20 0 1 0 %s 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 17 1 0 0 "
             "0 0 0\n",
             ticks);
    machine_of_parent(m, PSB_OP_LINUX_STAT, text);
}

static void the_parent_is_told_if_it_is_not_younger(void **state)
{
    assert_integer(machine_get(*state, PSB_PARENT), MACHINE_PARENT);
    parent_started_at(*state, "987654"); /* in the same tick */
    assert_integer(machine_get(*state, PSB_PARENT), MACHINE_PARENT);
}

/* The parent has ended and its pid is another's by now. */
static void a_parent_younger_than_its_child_is_another_process(void **state)
{
    parent_started_at(*state, "987655");
    assert_status(machine_get(*state, PSB_PARENT), PSB_ABSENT);
    assert_integer(machine_get(*state, PSB_PPID), MACHINE_PARENT);
}

static void a_parent_that_is_gone_is_absent_and_its_pid_is_still_told(void **state)
{
    machine_column(*state, 4, "4711");
    assert_status(machine_get(*state, PSB_PARENT), PSB_ABSENT);
    assert_integer(machine_get(*state, PSB_PPID), 4711);
}

static void the_first_process_has_no_parent(void **state)
{
    machine_column(*state, 4, "0");
    assert_status(machine_get(*state, PSB_PARENT), PSB_ABSENT);
    assert_integer(machine_get(*state, PSB_PPID), 0);
}

static void an_unknown_start_time_disowns_no_parent(void **state)
{
    machine_text(*state, PSB_OP_LINUX_BOOT, "");
    machine_reboot(*state);
    assert_status(machine_get(*state, PSB_CREATE_TIME), PSB_UNKNOWN);
    assert_integer(machine_get(*state, PSB_PARENT), MACHINE_PARENT);
}

/* Linux computes the boot time from the wall clock: setting the clock moves it. Here each reading moves it.
 */
static void a_clock_that_is_set_changes_neither_start_nor_parent(void **state)
{
    machine *m = *state;
    m->boot_step = 3600;
    machine_reboot(m);
    uint64_t boots = m->boots;
    assert_integer(machine_get(m, PSB_PARENT), MACHINE_PARENT);
    int64_t start[PSB_VARIANTS][3];
    for (int v = 0; v < PSB_VARIANTS; v++)
        for (int i = 0; i < 3; i++) {
            psb_snapshot *snapshot;
            psb_value value;
            assert_int_equal(m->backend[v]->ops->begin(m->backend[v], PSB_SPAN_PROCESS, &snapshot), PSB_OK);
            assert_int_equal(psb_get(snapshot, MACHINE_PID, PSB_CREATE_TIME, &value), PSB_OK);
            start[v][i] = value.u.integer;
            assert_int_equal(psb_get(snapshot, MACHINE_PID, PSB_PARENT, &value), PSB_OK);
            m->backend[v]->ops->end(snapshot);
            assert_true(start[v][i] == start[v][0]);
        }
    assert_int_equal(m->boots, boots);
}

static void two_processes_in_one_snapshot_keep_their_own_values(void **state)
{
    machine *m = *state;
    for (int v = 0; v < PSB_VARIANTS; v++) {
        psb_snapshot *snapshot;
        psb_value name, other, again, parent;
        assert_int_equal(m->backend[v]->ops->begin(m->backend[v], PSB_SPAN_PROCESS, &snapshot), PSB_OK);
        psb_get(snapshot, MACHINE_PID, PSB_NAME, &name);
        psb_get(snapshot, MACHINE_PID, PSB_PARENT, &parent);
        psb_get(snapshot, MACHINE_PARENT, PSB_NAME, &other);
        psb_get(snapshot, MACHINE_PID, PSB_NAME, &again);
        assert_string(name, "cat");
        assert_string(other, "sh");
        assert_string(again, "cat");
        psb_get(snapshot, MACHINE_PARENT, PSB_PPID, &other);
        assert_integer(other, 1);
        psb_get(snapshot, MACHINE_PARENT, PSB_CREATE_TIME, &other);
        assert_integer(other, INT64_C(1700000005000000000));
        psb_get(snapshot, 5555, PSB_NAME, &other);
        assert_status(other, PSB_GONE);
        m->backend[v]->ops->end(snapshot);
    }
}

/* ---- shares ---- */

static void cpu_percent_is_of_one_cpu_and_has_no_ceiling(void **state)
{
    static const int64_t NOW = INT64_C(1700000110000000000); /* ten seconds after it started */
    machine_says(*state, PSB_OP_CLOCK, &NOW, sizeof NOW);
    machine_column(*state, 22, "10000");
    machine_column(*state, 14, "3000");
    machine_column(*state, 15, "500");
    psb_value percent = machine_get(*state, PSB_CPU_PERCENT);
    assert_status(percent, PSB_OK);
    assert_true(percent.u.real == 350.0);
    machine_column(*state, 14, "0");
    machine_column(*state, 15, "0");
    assert_true(machine_get(*state, PSB_CPU_PERCENT).u.real == 0.0);
}

static void a_process_that_starts_in_the_future_has_no_cpu_percent(void **state)
{
    static const int64_t NOW = INT64_C(1700000000000000000);
    machine_says(*state, PSB_OP_CLOCK, &NOW, sizeof NOW);
    assert_status(machine_get(*state, PSB_CPU_PERCENT), PSB_UNKNOWN);
}

static void the_machines_memory_is_found_however_the_colon_is_set(void **state)
{
    static const struct {
        const char *text;
        double percent; /* of 1200 pages */
    } MEMINFOS[] = {
        {"MemTotal:        4800 kB\nMemFree: 1 kB\n", 100},
        {"MemTotal:4800 kB\n", 100},
        {"MemTotal : 4800 kB\n", 100},
        {"MemTotal\t:\t4800 kB\n", 100},
        {"MemTotal   :4800\n", 100},
        {"MemFree: 5 kB\nMemTotal: 9600 kB\n", 50},
        {"HugePages_Total: 7\nSwapTotal: 9 kB\n\nMemTotal: 480000 kB\n", 1},
    };
    for (size_t i = 0; i < sizeof MEMINFOS / sizeof *MEMINFOS; i++) {
        machine_text(*state, PSB_OP_LINUX_MEMINFO, MEMINFOS[i].text);
        machine_reboot(*state);
        psb_value percent = machine_get(*state, PSB_MEMORY_PERCENT);
        assert_status(percent, PSB_OK);
        assert_true(percent.u.real == MEMINFOS[i].percent);
    }
}

static void without_the_machines_memory_a_share_of_it_is_unknown(void **state)
{
    static const char *const TEXTS[] = {"",
                                        "MemTotal",
                                        "MemTotal:",
                                        "MemTotal: kB",
                                        "MemTotal: 0 kB",
                                        "MemTotal: 18446744073709551615 kB",
                                        "MemTotal: -1 kB",
                                        "XMemTotal: 5 kB"};
    for (size_t i = 0; i < sizeof TEXTS / sizeof *TEXTS; i++) {
        machine_text(*state, PSB_OP_LINUX_MEMINFO, TEXTS[i]);
        machine_reboot(*state);
        assert_status(machine_get(*state, PSB_MEMORY_PERCENT), PSB_UNKNOWN);
        assert_status(machine_get(*state, PSB_MEMORY_INFO), PSB_OK);
    }
}

static void without_sysconf_nothing_that_needs_it_is_guessed(void **state)
{
    machine_fails(*state, PSB_OP_LINUX_SYSCONF, PSB_OSERROR, 22);
    machine_reboot(*state);
    assert_int_equal(machine_get(*state, PSB_MEMORY_INFO).known, 0);
    assert_int_equal(machine_get(*state, PSB_CPU_TIMES).known, 0);
    assert_status(machine_get(*state, PSB_CREATE_TIME), PSB_UNKNOWN);
    assert_status(machine_get(*state, PSB_MEMORY_PERCENT), PSB_UNKNOWN);
    assert_integer(machine_get(*state, PSB_PPID), MACHINE_PARENT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, machine_setup, machine_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_start_is_the_boot_and_the_ticks_since),
        TEST(a_start_that_does_not_fit_or_has_no_boot_is_unknown),
        TEST(the_parent_is_told_if_it_is_not_younger),
        TEST(a_parent_younger_than_its_child_is_another_process),
        TEST(a_parent_that_is_gone_is_absent_and_its_pid_is_still_told),
        TEST(the_first_process_has_no_parent),
        TEST(an_unknown_start_time_disowns_no_parent),
        TEST(a_clock_that_is_set_changes_neither_start_nor_parent),
        TEST(two_processes_in_one_snapshot_keep_their_own_values),
        TEST(cpu_percent_is_of_one_cpu_and_has_no_ceiling),
        TEST(a_process_that_starts_in_the_future_has_no_cpu_percent),
        TEST(the_machines_memory_is_found_however_the_colon_is_set),
        TEST(without_the_machines_memory_a_share_of_it_is_unknown),
        TEST(without_sysconf_nothing_that_needs_it_is_guessed),
    };
    return cmocka_run_group_tests_name("linux: derived answers", tests, NULL, NULL);
}

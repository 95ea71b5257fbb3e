/* test_macos_kinds.c: zombies, strangers, terminals, the kernel's own process; and what is fetched how often.
 */
#include "macos_fixture.h"

#include <stdio.h>
#include <string.h>

/* ---- states, zombies, strangers ---- */

static void a_state_is_told_by_the_task_where_all_that_live_are_srun(void **state)
{
    static const struct {
        uint32_t stat;
        int32_t running;
        psb_status status;
        int64_t told;
    } CASE[] = {{2, 1, PSB_OK, PSB_STATE_RUNNING},
                {2, 0, PSB_OK, PSB_STATE_SLEEPING},
                {4, 0, PSB_OK, PSB_STATE_STOPPED},
                {1, 0, PSB_OK, PSB_STATE_IDLE},
                {3, 0, PSB_OK, PSB_STATE_SLEEPING},
                {5, 0, PSB_OK, PSB_STATE_ZOMBIE},
                {0, 0, PSB_UNKNOWN, 0},
                {6, 0, PSB_UNKNOWN, 0},
                {UINT32_MAX, 1, PSB_UNKNOWN, 0},
                {2, -1, PSB_UNKNOWN, 0}};
    for (size_t i = 0; i < sizeof CASE / sizeof *CASE; i++) {
        struct psb_macos_taskall all = {
            .status = CASE[i].stat, .pid = MAC_PID, .task = {.numrunning = CASE[i].running}};
        mac_says(PSB_OP_MACOS_TASKALL, &all, sizeof all);
        psb_value value = mac_get(MAC_PID, PSB_STATUS);
        assert_int_equal(value.status, CASE[i].status);
        if (value.status == PSB_OK)
            assert_int_equal(value.u.integer, CASE[i].told);
    }
}

static void whether_a_strangers_process_sleeps_is_refused_and_never_called_running(void **state)
{
    mac.world->caller_uid = 4000;
    assert_int_equal(mac_status(PSB_STATUS), PSB_DENIED);
    mac_process()->state = PSB_STATE_STOPPED;
    assert_int_equal(mac_get(MAC_PID, PSB_STATUS).u.integer, PSB_STATE_STOPPED);
    struct psb_macos_kinfo kinfo = mac_kinfo(MAC_PARENT);
    kinfo.kp_proc.p_flag |= PSB_MACOS_P_WEXIT;
    mac_says(PSB_OP_MACOS_KINFO, &kinfo, sizeof kinfo);
    assert_int_equal(mac_get(MAC_PARENT, PSB_STATUS).status, PSB_UNKNOWN);
}

static void a_stranger_is_told_what_kern_proc_tells_and_refused_the_rest(void **state)
{
    mac.world->caller_uid = 4000;
    for (psb_field field = 0; field < PSB_FIELDS; field++) {
        static const uint64_t REFUSED =
            UINT64_C(1) << PSB_CPU_TIMES | UINT64_C(1) << PSB_CPU_PERCENT | UINT64_C(1) << PSB_MEMORY_INFO |
            UINT64_C(1) << PSB_MEMORY_PERCENT | UINT64_C(1) << PSB_NUM_THREADS | UINT64_C(1) << PSB_THREADS |
            UINT64_C(1) << PSB_NUM_CTX_SWITCHES | UINT64_C(1) << PSB_NUM_FDS | UINT64_C(1) << PSB_CWD |
            UINT64_C(1) << PSB_PAGE_FAULTS | UINT64_C(1) << PSB_CMDLINE | UINT64_C(1) << PSB_STATUS |
            UINT64_C(1) << PSB_IO_COUNTERS | UINT64_C(1) << PSB_MEMORY_FULL_INFO;
        psb_value value = mac_get(MAC_PID, field);
        assert_int_equal(value.status == PSB_DENIED, REFUSED >> field & 1);
        if (value.status == PSB_DENIED && field != PSB_STATUS)
            assert_int_equal(value.os_error, field == PSB_CMDLINE ? 22 : 1);
    }
}

static void a_zombie_is_told_by_kern_proc_and_has_no_task(void **state)
{
    mac_process()->state = PSB_STATE_ZOMBIE;
    for (uint32_t caller = 0; caller < 2; caller++) {
        mac.world->caller_uid = caller * 4000;
        assert_int_equal(mac_get(MAC_PID, PSB_STATUS).u.integer, PSB_STATE_ZOMBIE);
        assert_text(mac_get(MAC_PID, PSB_NAME), "sh", 2);
        assert_int_equal(mac_get(MAC_PID, PSB_PPID).u.integer, MAC_PARENT);
        assert_int_equal(mac_get(MAC_PID, PSB_NICE).u.integer, -1);
        assert_int_equal(mac_status(PSB_CMDLINE), PSB_OK);
        assert_int_equal(mac_get(MAC_PID, PSB_CMDLINE).count, 0);
        static const psb_field LOST[] = {PSB_CPU_TIMES, PSB_MEMORY_INFO, PSB_NUM_THREADS,
                                         PSB_THREADS,   PSB_NUM_FDS,     PSB_CWD,
                                         PSB_EXE,       PSB_PAGE_FAULTS, PSB_MEMORY_FULL_INFO};
        for (size_t i = 0; i < sizeof LOST / sizeof *LOST; i++)
            assert_int_equal(mac_status(LOST[i]), PSB_ABSENT);
    }
}

static void ids_are_six_and_the_saved_group_is_no_user(void **state)
{
    psb_value uids = mac_get(MAC_PID, PSB_UIDS), gids;
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(uids.u.part[i], 501 + i);
    gids = mac_get(MAC_PID, PSB_GIDS);
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(gids.u.part[i], 20 + i);
    struct psb_macos_kinfo kinfo = mac_kinfo(MAC_PID);
    kinfo.kp_eproc.cr_ngroups = 0;
    mac_says(PSB_OP_MACOS_KINFO, &kinfo, sizeof kinfo);
    assert_int_equal(mac_get(MAC_PID, PSB_GIDS).known, 1u << PSB_GIDS_REAL | 1u << PSB_GIDS_SAVED);
}

/* ---- terminals, and the table ---- */

static void a_terminal_made_after_the_boot_is_named_and_a_strange_one_unknown(void **state)
{
    mac_process()->terminal = 12;
    assert_text(mac_get(MAC_PID, PSB_TERMINAL), "/dev/ttys012", 12);
    mac_process()->terminal = 1234;
    assert_text(mac_get(MAC_PID, PSB_TERMINAL), "/dev/ttys1234", 13);
    mac_process()->terminal = -1;
    assert_int_equal(mac_status(PSB_TERMINAL), PSB_ABSENT);
    struct psb_macos_kinfo kinfo = mac_kinfo(MAC_PID);
    kinfo.kp_eproc.e_tdev = 0;
    mac_says(PSB_OP_MACOS_KINFO, &kinfo, sizeof kinfo);
    assert_text(mac_get(MAC_PID, PSB_TERMINAL), "/dev/console", 12);
    kinfo.kp_eproc.e_tdev = UINT32_C(77) << 24;
    assert_int_equal(mac_status(PSB_TERMINAL), PSB_UNKNOWN);
}

static void old_pseudo_terminals_leave_room_for_the_others(void **state)
{
    struct psb_macos_terminal many[200] = {0};
    psb_facts facts = {0};
    for (uint32_t i = 0; i < 199; i++) {
        many[i].device = UINT32_C(4) << 24 | i;
        snprintf(many[i].name, sizeof many[i].name, "tty%c%x", (int)('p' + i / 16 % 8), i % 16);
    }
    many[199] = (struct psb_macos_terminal){UINT32_C(16) << 24 | 3, "ttys003"};
    assert_int_equal(psb_macos_parse_terminals(many, sizeof many, 0, &facts), PSB_OK);
    assert_int_equal(facts.tty_drivers, 1);
    assert_int_equal(facts.tty_driver[0].major, 16);
    memset(many[5].name, 'x', sizeof many[5].name);
    assert_int_equal(psb_macos_parse_terminals(many, sizeof many, 0, &facts), PSB_MALFORMED);
    assert_int_equal(psb_macos_parse_terminals(many, 31, 0, &facts), PSB_MALFORMED);
}

static void pid_0_is_listed_and_told(void **state)
{
    psb_process kernel = {.pid = 0,
                          .known = UINT64_MAX,
                          .is_kernel = true,
                          .threads = 9,
                          .terminal = -1,
                          .created_ns = 1000000000,
                          .name = TEXT("kernel_task")};
    psb_pidlist list;
    assert_true(psb_world_spawn(mac.world, &kernel));
    mac_open();
    assert_int_equal(mac.backend->ops->pids(mac.backend, &list), PSB_OK);
    assert_int_equal(list.count, 3);
    assert_int_equal(list.pid[0], 0);
    psb_pidlist_free(&list);
    assert_text(mac_get(0, PSB_NAME), "kernel_task", 11);
    assert_int_equal(mac_get(0, PSB_CMDLINE).status, PSB_OK);
    assert_int_equal(mac_get(0, PSB_EXE).status, PSB_ABSENT);
}

static void the_whole_table_is_fetched_once_for_a_list(void **state)
{
    psb_pidlist list;
    psb_world_free(mac.world);
    mac.world = psb_world_make(1, 3000);
    mac_open();
    for (int i = 0; i < 3; i++) {
        mac.calls[PSB_OP_MACOS_ALL] = 0;
        assert_int_equal(mac.backend->ops->pids(mac.backend, &list), PSB_OK);
        assert_int_equal(list.count, 3000);
        assert_int_equal(mac.calls[PSB_OP_MACOS_ALL], i == 0 ? 2 : 1); /* the room that it took is kept */
        assert_int_equal(mac.calls[PSB_OP_MACOS_KINFO], 0);
        psb_pidlist_free(&list);
    }
}

static void a_refused_source_is_asked_once_in_a_snapshot(void **state)
{
    psb_value value;
    mac.world->caller_uid = 4000;
    mac_get(MAC_PID, PSB_CPU_TIMES);
    psb_get(mac.snapshot, MAC_PID, PSB_MEMORY_INFO, &value);
    psb_get(mac.snapshot, MAC_PID, PSB_NUM_THREADS, &value);
    assert_int_equal(mac.calls[PSB_OP_MACOS_TASK], 1);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, mac_setup, mac_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_state_is_told_by_the_task_where_all_that_live_are_srun),
        CASE(whether_a_strangers_process_sleeps_is_refused_and_never_called_running),
        CASE(a_stranger_is_told_what_kern_proc_tells_and_refused_the_rest),
        CASE(a_zombie_is_told_by_kern_proc_and_has_no_task),
        CASE(ids_are_six_and_the_saved_group_is_no_user),
        CASE(a_terminal_made_after_the_boot_is_named_and_a_strange_one_unknown),
        CASE(old_pseudo_terminals_leave_room_for_the_others),
        CASE(pid_0_is_listed_and_told),
        CASE(the_whole_table_is_fetched_once_for_a_list),
        CASE(a_refused_source_is_asked_once_in_a_snapshot),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

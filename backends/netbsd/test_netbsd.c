/* test_netbsd.c: NetBSD's structs, parsers and decoders, and its simulated kernel. */
#include "describe.h"
#include "netbsd_abi.h"
#include "registry.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { PID = 4242 };

static const psb_facts FACTS = {.page_bytes = 4096, .memory_bytes = UINT64_C(1) << 30};

/* Every member differs from every other. */
static struct psb_netbsd_proc a_row(void)
{
    return (struct psb_netbsd_proc){.p_pid = PID,
                                    .p_ppid = 17,
                                    .p_ruid = 1,
                                    .p_uid = 2,
                                    .p_svuid = 3,
                                    .p_rgid = 4,
                                    .p_gid = 5,
                                    .p_svgid = 6,
                                    .p_tdev = PSB_NETBSD_NODEV,
                                    .p_stat = PSB_NETBSD_LSSLEEP,
                                    .p_nice = 25,
                                    .p_comm = "daemon",
                                    .p_vm_rssize = 11,
                                    .p_vm_tsize = 13,
                                    .p_vm_dsize = 17,
                                    .p_vm_ssize = 19,
                                    .p_vm_msize = 501,
                                    .p_vm_vsize = 777,
                                    .p_nlwps = 9,
                                    .p_realstat = PSB_NETBSD_SACTIVE,
                                    .p_uvalid = 1,
                                    .p_ustart_sec = 1700000000,
                                    .p_ustart_usec = 123457,
                                    .p_uutime_sec = 3,
                                    .p_uutime_usec = 7,
                                    .p_ustime_sec = 5,
                                    .p_ustime_usec = 999999,
                                    .p_uctime_sec = 1000,
                                    .p_uru_minflt = 101,
                                    .p_uru_majflt = 103,
                                    .p_uru_inblock = 107,
                                    .p_uru_oublock = 109,
                                    .p_uru_nvcsw = 113,
                                    .p_uru_nivcsw = 127,
                                    .p_cpuid = 3};
}

/* The field, decoded by the try (0: the first) of its method from these bytes. */
static psb_value decoded(psb_field field, int nth, const void *raw, size_t len, const psb_facts *facts,
                         psb_arena *room)
{
    const psb_port *port = psb_port_named("netbsd");
    const psb_try *way = &port->method[field].tries[nth];
    const psb_source *source = &port->source[way->source];
    psb_value value = {0};
    void *parsed = psb_arena_alloc(room, source->parsed_size);
    value.status = source->parse(raw, len, PID, parsed);
    if (value.status == PSB_OK)
        way->decode(parsed, facts, room, &value);
    return value;
}

static psb_value of_row(psb_field field, const struct psb_netbsd_proc *row)
{
    static psb_arena room;
    psb_arena_free(&room);
    room = (psb_arena){0};
    return decoded(field, 0, row, sizeof *row, &FACTS, &room);
}

static void assert_record(psb_value value, uint32_t known, uint64_t a, uint64_t b, uint64_t c)
{
    uint64_t part[] = {a, b, c};
    assert_int_equal(value.status, PSB_OK);
    assert_int_equal(value.known, known);
    for (unsigned i = 0; i < 3; i++)
        if (known >> i & 1)
            assert_int_equal(value.u.part[i], part[i]);
}

static void the_structs_have_the_sizes_of_sys_sysctl_h(void **state)
{
    assert_int_equal(sizeof(struct psb_netbsd_proc), 680);
    assert_int_equal(offsetof(struct psb_netbsd_proc, p_pid), 116);
    assert_int_equal(offsetof(struct psb_netbsd_proc, p_tdev), 220);
    assert_int_equal(offsetof(struct psb_netbsd_proc, p_comm), 368);
    assert_int_equal(offsetof(struct psb_netbsd_proc, p_ustart_sec), 456);
    assert_int_equal(offsetof(struct psb_netbsd_proc, p_uru_nvcsw), 576);
    assert_int_equal(offsetof(struct psb_netbsd_proc, p_realstat), 632);
    assert_int_equal(offsetof(struct psb_netbsd_proc, p_svgid), 644);
    assert_int_equal(offsetof(struct psb_netbsd_proc, p_vm_msize), 672);
    assert_int_equal(sizeof(struct psb_netbsd_lwp), 128);
    assert_int_equal(offsetof(struct psb_netbsd_lwp, l_rtime_sec), 88);
    assert_int_equal(sizeof(struct psb_netbsd_file), 120);
    assert_int_equal(sizeof(struct psb_netbsd_driver), 32);
}

static void every_number_of_a_row_goes_to_its_field_in_its_unit(void **state)
{
    struct psb_netbsd_proc row = a_row();
    assert_int_equal(of_row(PSB_PPID, &row).u.integer, 17);
    assert_int_equal(of_row(PSB_NICE, &row).u.integer, 5);
    assert_int_equal(of_row(PSB_CPU_NUM, &row).u.integer, 3);
    assert_int_equal(of_row(PSB_CREATE_TIME, &row).u.integer, INT64_C(1700000000123457000));
    assert_record(of_row(PSB_UIDS, &row), 7, 1, 2, 3);
    assert_record(of_row(PSB_CPU_TIMES, &row), 3, INT64_C(3000007000), INT64_C(5999999000), 0);
    assert_record(of_row(PSB_PAGE_FAULTS, &row), 3, 101, 103, 0);
    assert_record(of_row(PSB_NUM_CTX_SWITCHES, &row), 7, 113, 127, 240);
    assert_record(of_row(PSB_MEMORY_INFO, &row), 1u << 0 | 1u << 1 | 1u << 3 | 1u << 4, 11 * 4096, 501 * 4096,
                  0);
    assert_int_equal(of_row(PSB_MEMORY_INFO, &row).u.part[PSB_MEMORY_INFO_TEXT], 13 * 4096);
    assert_int_equal(of_row(PSB_MEMORY_INFO, &row).u.part[PSB_MEMORY_INFO_DATA], 36 * 4096);
}

static void the_saved_group_is_no_user(void **state) /* psutil 2905 */
{
    struct psb_netbsd_proc row = a_row();
    assert_record(of_row(PSB_GIDS, &row), 7, 4, 5, 6);
}

static void the_childrens_time_is_not_told_twice_over(void **state)
{
    struct psb_netbsd_proc row = a_row();
    psb_value times = of_row(PSB_CPU_TIMES, &row);
    assert_false(times.known & (1u << PSB_CPU_TIMES_CHILDREN_USER | 1u << PSB_CPU_TIMES_CHILDREN_SYSTEM));
}

static void bytes_moved_are_unknown_and_not_minus_one(void **state)
{
    struct psb_netbsd_proc row = a_row();
    assert_record(of_row(PSB_IO_COUNTERS, &row), 3, 107, 109, 0);
}

static void what_a_zombie_has_lost_is_unknown_and_not_zero(void **state) /* psutil 2287, 2895, 2907 */
{
    static const psb_field LOST[] = {PSB_CREATE_TIME,      PSB_CPU_TIMES,   PSB_CPU_NUM,
                                     PSB_NUM_CTX_SWITCHES, PSB_PAGE_FAULTS, PSB_IO_COUNTERS};
    struct psb_netbsd_proc row = {
        .p_pid = PID, .p_realstat = PSB_NETBSD_SDYING, .p_comm = "dead", .p_stat = PSB_NETBSD_LSSLEEP};
    for (size_t i = 0; i < sizeof LOST / sizeof *LOST; i++)
        assert_int_equal(of_row(LOST[i], &row).status, PSB_UNKNOWN);
    assert_int_equal(of_row(PSB_STATUS, &row).u.integer, PSB_STATE_ZOMBIE);
    assert_int_equal(of_row(PSB_NAME, &row).status, PSB_OK);
}

static void a_state_that_no_header_names_is_unknown(void **state)
{
    static const int8_t STRANGE[] = {0, 6, 9, -1};
    struct psb_netbsd_proc row = a_row();
    for (size_t i = 0; i < sizeof STRANGE; i++) {
        row.p_stat = STRANGE[i];
        assert_int_equal(of_row(PSB_STATUS, &row).status, PSB_UNKNOWN);
    }
    row.p_stat = PSB_NETBSD_LSONPROC;
    assert_int_equal(of_row(PSB_STATUS, &row).u.integer, PSB_STATE_RUNNING);
    row.p_stat = PSB_NETBSD_LSRUN;
    assert_int_equal(of_row(PSB_STATUS, &row).u.integer, PSB_STATE_WAKING);
}

static void numbers_that_are_none_are_unknown(void **state)
{
    struct psb_netbsd_proc row = a_row();
    row.p_ppid = -1;
    row.p_ustart_usec = 1000000;
    row.p_uutime_usec = UINT32_MAX;
    row.p_vm_dsize = -1; /* wrapped */
    assert_int_equal(of_row(PSB_PPID, &row).status, PSB_UNKNOWN);
    assert_int_equal(of_row(PSB_CREATE_TIME, &row).status, PSB_UNKNOWN);
    assert_int_equal(of_row(PSB_CPU_TIMES, &row).known, 1u << PSB_CPU_TIMES_SYSTEM);
    assert_int_equal(of_row(PSB_MEMORY_INFO, &row).known, 3u | 1u << PSB_MEMORY_INFO_TEXT);
}

static void a_reply_of_the_wrong_size_or_of_another_process_is_refused(void **state)
{
    struct psb_netbsd_proc row[2] = {a_row(), a_row()}, out;
    assert_int_equal(psb_netbsd_parse_proc(row, 0, PID, &out), PSB_GONE);
    assert_int_equal(psb_netbsd_parse_proc(row, sizeof *row - 1, PID, &out), PSB_MALFORMED);
    assert_int_equal(psb_netbsd_parse_proc(row, sizeof *row + 1, PID, &out), PSB_MALFORMED);
    assert_int_equal(psb_netbsd_parse_proc(row, sizeof row, PID, &out), PSB_MALFORMED);
    assert_int_equal(psb_netbsd_parse_proc(row, sizeof *row, PID + 1, &out), PSB_GONE);
    memset(row->p_comm, 'x', sizeof row->p_comm);
    assert_int_equal(psb_netbsd_parse_proc(row, sizeof *row, PID, &out), PSB_MALFORMED);
}

static void a_name_of_any_bytes_is_told_and_moves_nothing(void **state)
{
    static const char *const NAME[] = {"a b",          "a) R 1 2", "new\nline",
                                       "\xff\xfe\x80", "",         "sixteen_bytes___"};
    for (size_t i = 0; i < sizeof NAME / sizeof *NAME; i++) {
        struct psb_netbsd_proc row = a_row();
        memset(row.p_comm, 0, sizeof row.p_comm);
        memcpy(row.p_comm, NAME[i], strlen(NAME[i]));
        psb_value name = of_row(PSB_NAME, &row);
        assert_int_equal(name.u.text.len, strlen(NAME[i]));
        assert_memory_equal(name.u.text.bytes, NAME[i], name.u.text.len);
        assert_int_equal(of_row(PSB_PPID, &row).u.integer, 17);
    }
}

static void an_lwp_that_is_dead_is_no_thread(void **state) /* psutil 2236 */
{
    struct psb_netbsd_lwp row[] = {
        {.l_pid = PID, .l_lid = 1, .l_stat = PSB_NETBSD_LSSLEEP, .l_rtime_sec = 3, .l_rtime_usec = 999999},
        {.l_pid = PID, .l_lid = 2, .l_stat = PSB_NETBSD_LSZOMB},
        {.l_pid = PID, .l_lid = 3, .l_stat = PSB_NETBSD_LSONPROC, .l_rtime_sec = 5, .l_rtime_usec = 7},
        {.l_pid = 1, .l_lid = 4, .l_stat = PSB_NETBSD_LSRUN}};
    psb_arena room = {0};
    psb_value threads = decoded(PSB_THREADS, 0, row, sizeof row, &FACTS, &room);
    assert_int_equal(threads.count, 2);
    assert_int_equal(threads.u.thread[1].id, 3);
    assert_int_equal(threads.u.thread[0].user_ns, INT64_C(3999999000));
    assert_int_equal(threads.u.thread[1].user_ns, INT64_C(5000007000));
    assert_int_equal(threads.u.thread[1].system_ns, 0); /* not the same again, but in the sum */
    assert_int_equal(threads.known, PSB_THREADS_SUM);
    assert_int_equal(decoded(PSB_NUM_THREADS, 0, row, sizeof row, &FACTS, &room).u.integer, 2);
    assert_int_equal(decoded(PSB_NUM_THREADS, 0, row, 0, &FACTS, &room).status, PSB_GONE);
    assert_int_equal(decoded(PSB_NUM_THREADS, 0, row, sizeof row - 1, &FACTS, &room).status, PSB_MALFORMED);
    psb_arena_free(&room);
}

static void descriptors_are_those_of_this_process_only(void **state) /* psutil 2929 */
{
    struct psb_netbsd_file row[] = {{.ki_pid = PID, .ki_fd = 0},
                                    {.ki_pid = PID, .ki_fd = 7},
                                    {.ki_pid = 1, .ki_fd = 0},
                                    {.ki_pid = 1, .ki_fd = 1}};
    psb_arena room = {0};
    assert_int_equal(decoded(PSB_NUM_FDS, 0, row, sizeof row, &FACTS, &room).u.integer, 2);
    assert_int_equal(decoded(PSB_NUM_FDS, 0, row + 3, sizeof *row, &FACTS, &room).status, PSB_ABSENT);
    assert_int_equal(decoded(PSB_NUM_FDS, 0, row, sizeof row - 4, &FACTS, &room).status, PSB_MALFORMED);
    psb_arena_free(&room);
}

static void arguments_end_in_a_nul_each(void **state)
{
    psb_arena room = {0};
    psb_value list = decoded(PSB_CMDLINE, 0, "ls\0\0\xff b", 8, &FACTS, &room);
    assert_int_equal(list.count, 3);
    assert_int_equal(list.u.text.len, 8);
    assert_int_equal(decoded(PSB_CMDLINE, 0, "ls\0\0\xff b", 7, &FACTS, &room).status, PSB_MALFORMED);
    assert_int_equal(decoded(PSB_CMDLINE, 0, "", 0, &FACTS, &room).count, 0);
    assert_int_equal(decoded(PSB_EXE, 0, "/bin/ls", 8, &FACTS, &room).u.text.len, 7);
    assert_int_equal(decoded(PSB_EXE, 0, "/bin/ls", 7, &FACTS, &room).status, PSB_MALFORMED);
    psb_arena_free(&room);
}

static void only_who_can_have_none_is_said_to_have_no_arguments_and_files(void **state)
{
    struct psb_netbsd_proc row = a_row();
    psb_arena room = {0};
    assert_int_equal(decoded(PSB_CMDLINE, 1, &row, sizeof row, &FACTS, &room).status, PSB_UNKNOWN);
    assert_int_equal(decoded(PSB_EXE, 1, &row, sizeof row, &FACTS, &room).status, PSB_UNKNOWN);
    row.p_flag = PSB_NETBSD_P_SYSTEM;
    assert_int_equal(decoded(PSB_CMDLINE, 1, &row, sizeof row, &FACTS, &room).status, PSB_OK);
    assert_int_equal(decoded(PSB_NUM_FDS, 1, &row, sizeof row, &FACTS, &room).u.integer, 0);
    psb_arena_free(&room);
}

static psb_value terminal_of(uint32_t device, const psb_facts *facts, psb_arena *room)
{
    struct psb_netbsd_proc row = a_row();
    row.p_tdev = device;
    return decoded(PSB_TERMINAL, 0, &row, sizeof row, facts, room);
}

static void a_terminal_that_was_made_after_the_boot_has_its_name(void **state) /* psutil 2830 */
{
    static const struct psb_netbsd_driver LIST[] = {{0, -1, "cons"}, {5, -1, "pts"}, {-1, 3, "com"}};
    psb_facts facts = {0};
    psb_arena room = {0};
    assert_int_equal(psb_netbsd_parse_drivers(LIST, sizeof LIST, 0, &facts), PSB_OK);
    assert_int_equal(facts.tty_drivers, 2);
    assert_int_equal(psb_netbsd_parse_drivers(LIST, sizeof LIST - 1, 0, &facts), PSB_MALFORMED);
    assert_memory_equal(terminal_of(0x507, &facts, &room).u.text.bytes, "/dev/pts/7", 11);
    assert_memory_equal(terminal_of(0x10052c, &facts, &room).u.text.bytes, "/dev/pts/300", 13);
    assert_memory_equal(terminal_of(0, &facts, &room).u.text.bytes, "/dev/console", 13);
    assert_int_equal(terminal_of(0x1000507, &facts, &room).u.text.len, 13);
    assert_int_equal(terminal_of(0xc00, &facts, &room).status, PSB_UNKNOWN);
    assert_int_equal(terminal_of(PSB_NETBSD_NODEV, &facts, &room).status, PSB_ABSENT);
    psb_arena_free(&room);
}

/* ---- the simulated kernel ---- */

static psb_status call(const psb_world *world, uint32_t op, psb_pid pid, void *buf, size_t cap,
                       psb_reply *reply)
{
    psb_call call = {.op = op, .pid = pid};
    *reply = (psb_reply){.buf = buf, .cap = cap};
    return psb_netbsd_simulate(world, &call, reply);
}

static void errors_are_those_of_the_kernel(void **state)
{
    char buf[4096];
    psb_reply reply;
    psb_world *world = psb_world_make(1, 40);
    psb_world_find(world, 24)->state = PSB_STATE_ZOMBIE;
    assert_int_equal(call(world, PSB_OP_NETBSD_ARGV, 3, buf, sizeof buf, &reply), PSB_ABSENT);
    assert_int_equal(reply.os_error, 22);
    assert_int_equal(call(world, PSB_OP_NETBSD_LWPS, 24, buf, sizeof buf, &reply), PSB_GONE);
    assert_int_equal(reply.os_error, 3);
    assert_int_equal(call(world, PSB_OP_NETBSD_PROC, 8, buf, 679, &reply), PSB_TOOSMALL);
    assert_int_equal(reply.os_error, 12);
    assert_int_equal(call(world, PSB_OP_NETBSD_PATHNAME, 1, buf, 3, &reply), PSB_TOOSMALL);
    assert_int_equal(reply.os_error, 28);
    assert_int_equal(call(world, PSB_OP_NETBSD_PROC, 3, buf, 680, &reply), PSB_OK);
    assert_int_equal(reply.len, 0);
    psb_world_free(world);
}

static const psb_count *counts_of(psb_backend *backend)
{
    return psb_count_read(psb_kernel_find(psb_port_kernel(backend), "count"));
}

static void the_table_is_fetched_once_and_the_row_once_in_a_snapshot(void **state)
{
    static const psb_field ASKED[] = {PSB_NAME, PSB_PPID, PSB_UIDS, PSB_GIDS, PSB_CPU_TIMES, PSB_MEMORY_INFO};
    char why[128];
    psb_world *world = psb_world_make(1, 900); /* the table does not fit at first */
    psb_backend *backend =
        psb_open(psb_port_named("netbsd"), PSB_CACHED, "count+sim", world, why, sizeof why);
    psb_pidlist list;
    psb_snapshot *snapshot;
    psb_value value;
    assert_non_null(backend);
    assert_int_equal(backend->ops->pids(backend, &list), PSB_OK);
    assert_int_equal(list.count, 900);
    assert_int_equal(counts_of(backend)[PSB_OP_NETBSD_PROCS].calls, 1);
    assert_int_equal(counts_of(backend)[PSB_OP_NETBSD_PROCS].retries, 2);
    assert_int_equal(backend->ops->begin(backend, PSB_SPAN_PROCESS, &snapshot), PSB_OK);
    for (size_t i = 0; i < sizeof ASKED / sizeof *ASKED; i++)
        assert_int_equal(psb_get(snapshot, list.pid[3], ASKED[i], &value), PSB_OK);
    assert_int_equal(counts_of(backend)[PSB_OP_NETBSD_PROC].calls, 1);
    backend->ops->end(snapshot);
    psb_pidlist_free(&list);
    backend->ops->close(backend);
    psb_world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_structs_have_the_sizes_of_sys_sysctl_h),
        cmocka_unit_test(every_number_of_a_row_goes_to_its_field_in_its_unit),
        cmocka_unit_test(the_saved_group_is_no_user),
        cmocka_unit_test(the_childrens_time_is_not_told_twice_over),
        cmocka_unit_test(bytes_moved_are_unknown_and_not_minus_one),
        cmocka_unit_test(what_a_zombie_has_lost_is_unknown_and_not_zero),
        cmocka_unit_test(a_state_that_no_header_names_is_unknown),
        cmocka_unit_test(numbers_that_are_none_are_unknown),
        cmocka_unit_test(a_reply_of_the_wrong_size_or_of_another_process_is_refused),
        cmocka_unit_test(a_name_of_any_bytes_is_told_and_moves_nothing),
        cmocka_unit_test(an_lwp_that_is_dead_is_no_thread),
        cmocka_unit_test(descriptors_are_those_of_this_process_only),
        cmocka_unit_test(arguments_end_in_a_nul_each),
        cmocka_unit_test(only_who_can_have_none_is_said_to_have_no_arguments_and_files),
        cmocka_unit_test(a_terminal_that_was_made_after_the_boot_has_its_name),
        cmocka_unit_test(errors_are_those_of_the_kernel),
        cmocka_unit_test(the_table_is_fetched_once_and_the_row_once_in_a_snapshot),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

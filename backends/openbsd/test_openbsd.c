/* test_openbsd.c: OpenBSD's structs, parsers and decoders, and its simulated kernel. */
#include "describe.h"
#include "openbsd_abi.h"
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
static struct psb_openbsd_proc a_row(void)
{
    return (struct psb_openbsd_proc){.p_pid = PID,
                                     .p_ppid = 17,
                                     .p_ruid = 1,
                                     .p_uid = 2,
                                     .p_svuid = 3,
                                     .p_rgid = 4,
                                     .p_gid = 5,
                                     .p_svgid = 6,
                                     .p_tdev = PSB_OPENBSD_NODEV,
                                     .p_stat = PSB_OPENBSD_SSLEEP,
                                     .p_nice = 25,
                                     .p_comm = "daemon",
                                     .p_vm_rssize = 11,
                                     .p_vm_tsize = 13,
                                     .p_vm_dsize = 17,
                                     .p_vm_ssize = 19,
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
                                     .p_cpuid = 3,
                                     .p_tid = -1};
}

/* The field, decoded by the try (0: the first) of its method from these bytes. */
static psb_value decoded(psb_field field, int nth, const void *raw, size_t len, const psb_facts *facts,
                         psb_arena *room)
{
    const psb_port *port = psb_port_named("openbsd");
    const psb_try *way = &port->method[field].tries[nth];
    const psb_source *source = &port->source[way->source];
    psb_value value = {0};
    void *parsed = psb_arena_alloc(room, source->parsed_size);
    value.status = source->parse(raw, len, PID, parsed);
    if (value.status == PSB_OK)
        way->decode(parsed, facts, room, &value);
    return value;
}

static psb_value of_row(psb_field field, const struct psb_openbsd_proc *row)
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
    assert_int_equal(sizeof(struct psb_openbsd_proc), 648);
    assert_int_equal(offsetof(struct psb_openbsd_proc, p_pid), 108);
    assert_int_equal(offsetof(struct psb_openbsd_proc, p_tdev), 212);
    assert_int_equal(offsetof(struct psb_openbsd_proc, p_comm), 312);
    assert_int_equal(offsetof(struct psb_openbsd_proc, p_ustart_sec), 408);
    assert_int_equal(offsetof(struct psb_openbsd_proc, p_uru_nvcsw), 536);
    assert_int_equal(offsetof(struct psb_openbsd_proc, p_svgid), 572);
    assert_int_equal(offsetof(struct psb_openbsd_proc, p_tid), 608);
    assert_int_equal(sizeof(struct psb_openbsd_file), 632);
    assert_int_equal(offsetof(struct psb_openbsd_file, fd_fd), 380);
}

static void every_number_of_a_row_goes_to_its_field_in_its_unit(void **state)
{
    struct psb_openbsd_proc row = a_row();
    assert_int_equal(of_row(PSB_PPID, &row).u.integer, 17);
    assert_int_equal(of_row(PSB_NICE, &row).u.integer, 5);
    assert_int_equal(of_row(PSB_CPU_NUM, &row).u.integer, 3);
    assert_int_equal(of_row(PSB_CREATE_TIME, &row).u.integer, INT64_C(1700000000123457000));
    assert_record(of_row(PSB_UIDS, &row), 7, 1, 2, 3);
    assert_record(of_row(PSB_CPU_TIMES, &row), 3, INT64_C(3000007000), INT64_C(5999999000), 0);
    assert_record(of_row(PSB_PAGE_FAULTS, &row), 3, 101, 103, 0);
    assert_record(of_row(PSB_NUM_CTX_SWITCHES, &row), 7, 113, 127, 240);
    assert_record(of_row(PSB_MEMORY_INFO, &row), 1u << 0 | 1u << 1 | 1u << 3 | 1u << 4, 11 * 4096, 49 * 4096,
                  0);
    assert_int_equal(of_row(PSB_MEMORY_INFO, &row).u.part[PSB_MEMORY_INFO_TEXT], 13 * 4096);
    assert_int_equal(of_row(PSB_MEMORY_INFO, &row).u.part[PSB_MEMORY_INFO_DATA], 36 * 4096);
}

static void the_saved_group_is_no_user(void **state) /* psutil 2905 */
{
    struct psb_openbsd_proc row = a_row();
    assert_record(of_row(PSB_GIDS, &row), 7, 4, 5, 6);
}

static void the_childrens_time_is_not_told_twice_over(void **state)
{
    struct psb_openbsd_proc row = a_row();
    psb_value times = of_row(PSB_CPU_TIMES, &row);
    assert_false(times.known & (1u << PSB_CPU_TIMES_CHILDREN_USER | 1u << PSB_CPU_TIMES_CHILDREN_SYSTEM));
}

static void bytes_moved_are_unknown_and_not_minus_one(void **state)
{
    struct psb_openbsd_proc row = a_row();
    assert_record(of_row(PSB_IO_COUNTERS, &row), 3, 107, 109, 0);
}

static void what_a_zombie_has_lost_is_unknown_and_not_zero(void **state) /* psutil 2287, 2895 */
{
    static const psb_field LOST[] = {PSB_CREATE_TIME,      PSB_CPU_TIMES,   PSB_CPU_NUM,
                                     PSB_NUM_CTX_SWITCHES, PSB_PAGE_FAULTS, PSB_IO_COUNTERS};
    struct psb_openbsd_proc row = {.p_pid = PID,
                                   .p_psflags = PSB_OPENBSD_PS_ZOMBIE,
                                   .p_comm = "dead",
                                   .p_stat = PSB_OPENBSD_SDEAD,
                                   .p_cpuid = PSB_OPENBSD_NOCPU};
    for (size_t i = 0; i < sizeof LOST / sizeof *LOST; i++)
        assert_int_equal(of_row(LOST[i], &row).status, PSB_UNKNOWN);
    assert_int_equal(of_row(PSB_STATUS, &row).u.integer, PSB_STATE_ZOMBIE);
    assert_int_equal(of_row(PSB_NAME, &row).status, PSB_OK);
}

static void a_state_that_no_header_names_is_unknown(void **state)
{
    static const int8_t STRANGE[] = {0, 8, 127, -1};
    struct psb_openbsd_proc row = a_row();
    for (size_t i = 0; i < sizeof STRANGE; i++) {
        row.p_stat = STRANGE[i];
        assert_int_equal(of_row(PSB_STATUS, &row).status, PSB_UNKNOWN);
    }
    row.p_stat = PSB_OPENBSD_SONPROC;
    assert_int_equal(of_row(PSB_STATUS, &row).u.integer, PSB_STATE_RUNNING);
    row.p_stat = PSB_OPENBSD_SRUN;
    assert_int_equal(of_row(PSB_STATUS, &row).u.integer, PSB_STATE_WAKING);
}

static void numbers_that_are_none_are_unknown(void **state)
{
    struct psb_openbsd_proc row = a_row();
    row.p_ppid = -1;
    row.p_ustart_usec = 1000000;
    row.p_uutime_usec = UINT32_MAX;
    row.p_vm_dsize = -1; /* wrapped */
    assert_int_equal(of_row(PSB_PPID, &row).status, PSB_UNKNOWN);
    assert_int_equal(of_row(PSB_CREATE_TIME, &row).status, PSB_UNKNOWN);
    assert_int_equal(of_row(PSB_CPU_TIMES, &row).known, 1u << PSB_CPU_TIMES_SYSTEM);
    assert_int_equal(of_row(PSB_MEMORY_INFO, &row).known,
                     1u << PSB_MEMORY_INFO_RSS | 1u << PSB_MEMORY_INFO_TEXT);
    row.p_ustart_usec = 0;
    row.p_ustart_sec = UINT64_MAX;
    assert_int_equal(of_row(PSB_CREATE_TIME, &row).status, PSB_UNKNOWN);
}

static void a_reply_of_the_wrong_size_or_of_another_process_is_refused(void **state)
{
    struct psb_openbsd_proc row[2] = {a_row(), a_row()}, out;
    assert_int_equal(psb_openbsd_parse_proc(row, 0, PID, &out), PSB_GONE);
    assert_int_equal(psb_openbsd_parse_proc(row, sizeof *row - 1, PID, &out), PSB_MALFORMED);
    assert_int_equal(psb_openbsd_parse_proc(row, sizeof *row + 1, PID, &out), PSB_MALFORMED);
    assert_int_equal(psb_openbsd_parse_proc(row, sizeof row, PID, &out), PSB_MALFORMED);
    assert_int_equal(psb_openbsd_parse_proc(row, sizeof *row, PID + 1, &out), PSB_GONE);
    memset(row->p_comm, 'x', sizeof row->p_comm);
    assert_int_equal(psb_openbsd_parse_proc(row, sizeof *row, PID, &out), PSB_MALFORMED);
}

static void a_name_of_any_bytes_is_told_and_moves_nothing(void **state)
{
    static const char *const NAME[] = {"a b",          "a) R 1 2", "new\nline",
                                       "\xff\xfe\x80", "",         "twenty_three_bytes_long"};
    for (size_t i = 0; i < sizeof NAME / sizeof *NAME; i++) {
        struct psb_openbsd_proc row = a_row();
        memset(row.p_comm, 0, sizeof row.p_comm);
        memcpy(row.p_comm, NAME[i], strlen(NAME[i]));
        psb_value name = of_row(PSB_NAME, &row);
        assert_int_equal(name.u.text.len, strlen(NAME[i]));
        assert_memory_equal(name.u.text.bytes, NAME[i], name.u.text.len);
        assert_int_equal(of_row(PSB_PPID, &row).u.integer, 17);
    }
}

static void threads_are_rows_with_an_id_of_this_process_only(void **state)
{
    struct psb_openbsd_proc row[4] = {a_row(), a_row(), a_row(), a_row()};
    psb_arena room = {0};
    row[1].p_tid = 100007;
    row[2].p_tid = 100008;
    row[3].p_tid = 100009;
    row[3].p_pid = PID + 1;
    psb_value threads = decoded(PSB_THREADS, 0, row, sizeof row, &FACTS, &room);
    assert_int_equal(threads.count, 2);
    assert_int_equal(threads.u.thread[1].id, 100008);
    assert_int_equal(threads.u.thread[1].user_ns, INT64_C(3000007000));
    assert_int_equal(threads.u.thread[1].system_ns, INT64_C(5999999000));
    assert_int_equal(decoded(PSB_NUM_THREADS, 0, row, sizeof *row, &FACTS, &room).u.integer, 0);
    assert_int_equal(decoded(PSB_NUM_THREADS, 0, row, 0, &FACTS, &room).status, PSB_GONE);
    assert_int_equal(decoded(PSB_NUM_THREADS, 0, row, sizeof row - 1, &FACTS, &room).status, PSB_MALFORMED);
    psb_arena_free(&room);
}

static void descriptors_are_those_of_this_process_only(void **state) /* psutil 2929 */
{
    struct psb_openbsd_file row[] = {{.p_pid = PID, .fd_fd = -1},
                                     {.p_pid = PID, .fd_fd = 0},
                                     {.p_pid = PID, .fd_fd = 7},
                                     {.p_pid = 1, .fd_fd = 0}};
    psb_arena room = {0};
    assert_int_equal(decoded(PSB_NUM_FDS, 0, row, sizeof row, &FACTS, &room).u.integer, 2);
    assert_int_equal(decoded(PSB_NUM_FDS, 0, row + 3, sizeof *row, &FACTS, &room).status, PSB_GONE);
    assert_int_equal(decoded(PSB_NUM_FDS, 0, row, sizeof row - 4, &FACTS, &room).status, PSB_MALFORMED);
    psb_arena_free(&room);
}

/* "ls", "" and "a b" behind a vector that had room for one more. */
static const struct {
    uint64_t offset[5];
    char strings[8];
} ARGUMENTS = {{40, 43, 44, 0, 0xdead}, "ls\0\0a b"};

static void arguments_are_found_by_the_vector(void **state)
{
    psb_arena room = {0};
    psb_value list = decoded(PSB_CMDLINE, 0, &ARGUMENTS, sizeof ARGUMENTS, &FACTS, &room);
    assert_int_equal(list.status, PSB_OK);
    assert_int_equal(list.count, 3);
    assert_int_equal(list.u.text.len, 8);
    assert_memory_equal(list.u.text.bytes, "ls\0\0a b", 8);
    psb_arena_free(&room);
}

static void a_vector_that_leads_outside_is_refused(void **state)
{
    static const uint64_t WRONG[] = {0, 39, 45, 48, 4096, UINT64_MAX};
    psb_arena room = {0};
    for (size_t i = 0; i < 3; i++)
        for (size_t w = i == 0; w < sizeof WRONG / sizeof *WRONG; w++) {
            char bytes[sizeof ARGUMENTS];
            memcpy(bytes, &ARGUMENTS, sizeof bytes);
            memcpy(bytes + i * 8, &WRONG[w], 8);
            bool cut_short = WRONG[w] == 0; /* an argument that the program erased: the list ends there */
            assert_int_equal(decoded(PSB_CMDLINE, 0, bytes, sizeof bytes, &FACTS, &room).status,
                             cut_short ? PSB_OK : PSB_MALFORMED);
        }
    for (size_t len = 0; len < sizeof ARGUMENTS; len++)
        assert_int_equal(decoded(PSB_CMDLINE, 0, &ARGUMENTS, len, &FACTS, &room).status, PSB_MALFORMED);
    psb_arena_free(&room);
}

static void only_who_can_have_none_is_said_to_have_no_arguments_and_files(void **state)
{
    struct psb_openbsd_proc row = a_row();
    psb_arena room = {0};
    assert_int_equal(decoded(PSB_CMDLINE, 1, &row, sizeof row, &FACTS, &room).status, PSB_UNKNOWN);
    assert_int_equal(decoded(PSB_NUM_FDS, 1, &row, sizeof row, &FACTS, &room).status, PSB_UNKNOWN);
    row.p_psflags = PSB_OPENBSD_PS_SYSTEM;
    assert_int_equal(decoded(PSB_CMDLINE, 1, &row, sizeof row, &FACTS, &room).status, PSB_OK);
    assert_int_equal(decoded(PSB_NUM_FDS, 1, &row, sizeof row, &FACTS, &room).u.integer, 0);
    psb_arena_free(&room);
}

static psb_value terminal_of(uint32_t device, const psb_facts *facts, psb_arena *room)
{
    struct psb_openbsd_proc row = a_row();
    row.p_tdev = device;
    return decoded(PSB_TERMINAL, 0, &row, sizeof row, facts, room);
}

static void a_terminal_that_was_made_after_the_boot_has_its_name(void **state) /* psutil 2830 */
{
    static const struct psb_openbsd_terminal LIST[] = {{"ttyp0", 5 << 8}, {"ttyC0", 12 << 8}, {"console", 0}};
    psb_facts facts = {0};
    psb_arena room = {0};
    assert_int_equal(psb_openbsd_parse_terminals(LIST, sizeof LIST, 0, &facts), PSB_OK);
    assert_int_equal(psb_openbsd_parse_terminals(LIST, sizeof LIST - 1, 0, &facts), PSB_MALFORMED);
    assert_memory_equal(terminal_of(5 << 8 | 63, &facts, &room).u.text.bytes, "/dev/ttyq1", 11);
    assert_memory_equal(terminal_of(UINT32_C(0x000305df), &facts, &room).u.text.bytes, "/dev/ttyTZ", 11);
    assert_memory_equal(terminal_of(0, &facts, &room).u.text.bytes, "/dev/console", 13);
    assert_memory_equal(terminal_of(12 << 8, &facts, &room).u.text.bytes, "/dev/ttyC0", 11);
    assert_int_equal(terminal_of(12 << 8 | 1, &facts, &room).status, PSB_UNKNOWN);
    assert_int_equal(terminal_of(PSB_OPENBSD_NODEV, &facts, &room).status, PSB_ABSENT);
    psb_arena_free(&room);
}

/* ---- the simulated kernel ---- */

static psb_status call(const psb_world *world, uint32_t op, psb_pid pid, void *buf, size_t cap,
                       psb_reply *reply)
{
    psb_call call = {.op = op, .pid = pid};
    *reply = (psb_reply){.buf = buf, .cap = cap};
    return psb_openbsd_simulate(world, &call, reply);
}

static void errors_are_those_of_the_kernel(void **state)
{
    char buf[4096];
    psb_reply reply;
    psb_world *world = psb_world_make(1, 40);
    psb_world_find(world, 24)->is_kernel = true;
    assert_int_equal(call(world, PSB_OP_OPENBSD_ARGV, 3, buf, sizeof buf, &reply), PSB_GONE);
    assert_int_equal(reply.os_error, 3);
    assert_int_equal(call(world, PSB_OP_OPENBSD_ARGV, 24, buf, sizeof buf, &reply), PSB_ABSENT);
    assert_int_equal(reply.os_error, 22);
    assert_int_equal(call(world, PSB_OP_OPENBSD_PROC, 8, buf, 647, &reply), PSB_TOOSMALL);
    assert_int_equal(reply.os_error, 12);
    assert_int_equal(call(world, PSB_OP_OPENBSD_PROC, 8, buf, 648, &reply), PSB_OK);
    assert_int_equal(call(world, PSB_OP_OPENBSD_PROC, 3, buf, 648, &reply), PSB_OK);
    assert_int_equal(reply.len, 0);
    psb_world_free(world);
}

static void a_stranger_is_refused_the_directory_and_nothing_else(void **state)
{
    char buf[64 << 10];
    psb_reply reply;
    psb_world *world = psb_world_make(1, 40);
    world->caller_uid = 4711;
    assert_int_equal(call(world, PSB_OP_OPENBSD_CWD, 1, buf, sizeof buf, &reply), PSB_DENIED);
    assert_int_equal(reply.os_error, 1);
    assert_int_equal(call(world, PSB_OP_OPENBSD_ARGV, 1, buf, sizeof buf, &reply), PSB_OK);
    assert_int_equal(call(world, PSB_OP_OPENBSD_FILES, 1, buf, sizeof buf, &reply), PSB_OK);
    assert_int_equal(call(world, PSB_OP_OPENBSD_THREADS, 1, buf, sizeof buf, &reply), PSB_OK);
    psb_world_find(world, 1)->uid[1] = 4711; /* it is the effective uid that counts */
    assert_int_equal(call(world, PSB_OP_OPENBSD_CWD, 1, buf, sizeof buf, &reply), PSB_OK);
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
        psb_open(psb_port_named("openbsd"), PSB_CACHED, "count+sim", world, why, sizeof why);
    psb_pidlist list;
    psb_snapshot *snapshot;
    psb_value value;
    assert_non_null(backend);
    assert_int_equal(backend->ops->pids(backend, &list), PSB_OK);
    assert_int_equal(list.count, 900);
    assert_int_equal(counts_of(backend)[PSB_OP_OPENBSD_PROCS].calls, 1);
    assert_int_equal(counts_of(backend)[PSB_OP_OPENBSD_PROCS].retries, 2);
    assert_int_equal(backend->ops->begin(backend, PSB_SPAN_PROCESS, &snapshot), PSB_OK);
    for (size_t i = 0; i < sizeof ASKED / sizeof *ASKED; i++)
        assert_int_equal(psb_get(snapshot, list.pid[3], ASKED[i], &value), PSB_OK);
    assert_int_equal(counts_of(backend)[PSB_OP_OPENBSD_PROC].calls, 1);
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
        cmocka_unit_test(threads_are_rows_with_an_id_of_this_process_only),
        cmocka_unit_test(descriptors_are_those_of_this_process_only),
        cmocka_unit_test(arguments_are_found_by_the_vector),
        cmocka_unit_test(a_vector_that_leads_outside_is_refused),
        cmocka_unit_test(only_who_can_have_none_is_said_to_have_no_arguments_and_files),
        cmocka_unit_test(a_terminal_that_was_made_after_the_boot_has_its_name),
        cmocka_unit_test(errors_are_those_of_the_kernel),
        cmocka_unit_test(a_stranger_is_refused_the_directory_and_nothing_else),
        cmocka_unit_test(the_table_is_fetched_once_and_the_row_once_in_a_snapshot),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

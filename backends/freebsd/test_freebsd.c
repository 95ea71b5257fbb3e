/*
 * test_freebsd.c: FreeBSD's bytes and what becomes of them. Replies are built here at the offsets that a
 * FreeBSD 14 on amd64 has (sys/user.h, sys/resource.h), not through freebsd_abi.h.
 */
#include "freebsd_abi.h"
#include "registry.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { PID = 1000, KINFO_PROC = 1088, RUSAGE = 608, RUSAGE_CH = 752, KF_PATH = 368 };

static char raw[4 * KINFO_PROC]; /* the first is a plausible process */
static psb_facts facts;
static psb_arena room;

static void poke(size_t offset, int64_t number, size_t size)
{
    memcpy(raw + offset, &number, size); /* little-endian, as amd64 */
}

static int setup(void **state)
{
    memset(raw, 0, sizeof raw);
    facts = (psb_facts){.page_bytes = 4096, .memory_bytes = UINT64_C(1) << 30};
    poke(0, KINFO_PROC, 4);
    poke(72, PID, 4);
    poke(76, 900, 4);
    poke(388, 3, 1);  /* SSLEEP */
    poke(560, -1, 8); /* NODEV */
    strcpy(raw + 447, "sh");
    return 0;
}

static int teardown(void **state)
{
    psb_arena_free(&room);
    room = (psb_arena){0};
    return 0;
}

static const psb_port *port(void)
{
    return psb_port_named("freebsd");
}

/* From the bytes of a reply through the port's own parser and decoder; parsers are given exactly len bytes.
 */
static psb_value told_of(psb_field field, const void *bytes, size_t len)
{
    static max_align_t parsed[2 * KINFO_PROC / sizeof(max_align_t)];
    const psb_try *way = &port()->method[field].tries[0];
    char *exact = psb_arena_alloc(&room, len + 1);
    assert_non_null(exact);
    memcpy(exact, bytes, len);
    psb_value value = psb_value_of_status(port()->source[way->source].parse(exact, len, PID, parsed), 0);
    if (value.status == PSB_OK)
        way->decode(parsed, &facts, &room, &value);
    return value;
}

static psb_value told(psb_field field)
{
    return told_of(field, raw, KINFO_PROC);
}

static void assert_text(psb_value value, const char *text)
{
    assert_int_equal(value.status, PSB_OK);
    assert_int_equal(value.u.text.len, strlen(text));
    assert_memory_equal(value.u.text.bytes, text, value.u.text.len);
}

static void assert_parts(psb_value value, uint32_t known, const uint64_t *part)
{
    assert_int_equal(value.status, known ? PSB_OK : PSB_UNKNOWN);
    assert_int_equal(value.known, known);
    for (unsigned i = 0; i < PSB_PARTS_MAX; i++)
        if (known >> i & 1)
            assert_int_equal(value.u.part[i], part[i]);
}

#define PARTS(...) ((const uint64_t[PSB_PARTS_MAX]){__VA_ARGS__})

/* ---- kern.proc.pid ---- */

static void structs_are_as_large_as_the_kernels(void **state)
{
    assert_int_equal(sizeof(struct psb_freebsd_proc), 1088);
    assert_int_equal(sizeof(struct psb_freebsd_rusage), 144);
    assert_int_equal(sizeof(struct psb_freebsd_file), 1392);
    assert_int_equal(sizeof(struct psb_freebsd_timeval), 16);
}

static void ids_are_real_effective_saved_and_the_saved_group_is_no_user(void **state)
{
    poke(168, 2, 4); /* ki_uid: effective */
    poke(172, 1, 4); /* ki_ruid */
    poke(176, 3, 4); /* ki_svuid */
    poke(180, 11, 4);
    poke(184, 13, 4);
    poke(188, 2, 2);
    poke(192, 12, 4);
    poke(196, 99, 4); /* a second group */
    assert_parts(told(PSB_UIDS), 7, PARTS(1, 2, 3));
    assert_parts(told(PSB_GIDS), 7, PARTS(11, 12, 13));
    poke(188, 0, 2);
    assert_parts(told(PSB_GIDS), 5, PARTS(11, 0, 13));
}

static void an_id_of_32_bits_is_told_whole(void **state)
{
    poke(172, UINT32_MAX, 4);
    poke(168, 0x80000000, 4);
    assert_parts(told(PSB_UIDS), 7, PARTS(UINT32_MAX, 0x80000000, 0));
}

static void memory_is_in_pages_but_for_the_virtual_size(void **state)
{
    facts.page_bytes = 16384;
    poke(256, 1234567, 8);
    poke(264, 3, 8);
    poke(272, 77, 8); /* ki_swrss: of the past */
    poke(280, 5, 8);
    poke(288, 7, 8);
    poke(296, 11, 8);
    uint32_t known = 1u << PSB_MEMORY_INFO_RSS | 1u << PSB_MEMORY_INFO_VMS | 1u << PSB_MEMORY_INFO_TEXT |
                     1u << PSB_MEMORY_INFO_DATA;
    assert_parts(told(PSB_MEMORY_INFO), known, PARTS(49152, 1234567, 0, 81920, 294912));
}

static void a_size_that_is_none_is_unknown_and_not_huge(void **state)
{
    uint32_t vms = 1u << PSB_MEMORY_INFO_VMS, data = 1u << PSB_MEMORY_INFO_DATA;
    poke(264, -1, 8);
    poke(280, INT64_MAX, 8);
    poke(288, INT64_MAX, 8);
    poke(296, 1, 8);
    assert_parts(told(PSB_MEMORY_INFO), vms, PARTS(0, 0));
    poke(288, 1, 8);
    assert_parts(told(PSB_MEMORY_INFO), vms | data, PARTS(0, 0, 0, 0, 8192));
}

static void times_are_seconds_and_microseconds(void **state)
{
    poke(RUSAGE, 3, 8);
    poke(RUSAGE + 8, 999999, 8);
    poke(RUSAGE + 16, 0, 8);
    poke(RUSAGE + 24, 1, 8);
    poke(RUSAGE_CH, 86400, 8);
    poke(RUSAGE_CH + 24, 500001, 8);
    assert_parts(told(PSB_CPU_TIMES), 15,
                 PARTS(UINT64_C(3999999000), 1000, UINT64_C(86400000000000), 500001000));
}

static void a_time_that_is_none_is_unknown(void **state)
{
    static const int64_t NONE[][2] = {{-1, 0}, {0, -1}, {0, 1000000}, {INT64_MAX, 0}, {9223372036, 0}};
    for (size_t i = 0; i < sizeof NONE / sizeof *NONE; i++) {
        poke(RUSAGE, NONE[i][0], 8);
        poke(RUSAGE + 8, NONE[i][1], 8);
        poke(336, NONE[i][0], 8);
        poke(344, NONE[i][1], 8);
        assert_int_equal(told(PSB_CPU_TIMES).known, 14);
        assert_int_equal(told(PSB_CREATE_TIME).status, PSB_UNKNOWN);
    }
}

static void the_start_is_told_to_the_microsecond_and_0_is_none(void **state)
{
    assert_int_equal(told(PSB_CREATE_TIME).status, PSB_UNKNOWN);
    poke(336, 1700000001, 8);
    poke(344, 234567, 8);
    assert_int_equal(told(PSB_CREATE_TIME).u.integer, INT64_C(1700000001234567000));
}

static void counters_are_each_in_their_place(void **state)
{
    for (size_t offset = 64; offset < 144; offset += 8)
        poke(RUSAGE + offset, (int64_t)offset, 8);
    assert_parts(told(PSB_PAGE_FAULTS), 3, PARTS(64, 72));
    assert_parts(told(PSB_IO_COUNTERS), 3, PARTS(88, 96));
    assert_parts(told(PSB_NUM_CTX_SWITCHES), 7, PARTS(128, 136, 264));
    poke(RUSAGE + 88, -1, 8);
    poke(RUSAGE + 96, -1, 8);
    assert_parts(told(PSB_IO_COUNTERS), 0, NULL);
}

static void every_state_has_its_name_and_others_are_unknown(void **state)
{
    static const psb_state STATE[] = {
        [1] = PSB_STATE_IDLE,   [2] = PSB_STATE_RUNNING, [3] = PSB_STATE_SLEEPING, [4] = PSB_STATE_STOPPED,
        [5] = PSB_STATE_ZOMBIE, [6] = PSB_STATE_WAITING, [7] = PSB_STATE_LOCKED};
    for (int stat = -128; stat < 128; stat++) {
        poke(388, stat, 1);
        psb_value value = told(PSB_STATUS);
        assert_int_equal(value.status, stat >= 1 && stat <= 7 ? PSB_OK : PSB_UNKNOWN);
        if (value.status == PSB_OK)
            assert_int_equal(value.u.integer, STATE[stat]);
    }
}

/* psutil 1069 */
static void the_cpu_is_the_one_it_runs_on_or_the_last_and_none_is_unknown(void **state)
{
    poke(568, -1, 4);
    poke(572, 300, 4);
    assert_int_equal(told(PSB_CPU_NUM).u.integer, 300);
    poke(388, 2, 1); /* SRUN, and waiting for a CPU */
    assert_int_equal(told(PSB_CPU_NUM).u.integer, 300);
    poke(568, 5, 4);
    assert_int_equal(told(PSB_CPU_NUM).u.integer, 5);
    poke(388, 3, 1);
    assert_int_equal(told(PSB_CPU_NUM).u.integer, 300);
    poke(572, -1, 4);
    assert_int_equal(told(PSB_CPU_NUM).status, PSB_UNKNOWN);
}

static void a_niceness_is_told_as_it_is_and_threads_are_counted(void **state)
{
    poke(389, -20, 1);
    poke(596, 17, 4);
    assert_int_equal(told(PSB_NICE).u.integer, -20);
    assert_int_equal(told(PSB_NUM_THREADS).u.integer, 17);
    assert_int_equal(told(PSB_PPID).u.integer, 900);
}

static void a_name_may_be_any_bytes_and_fill_its_room(void **state)
{
    static const char *const NAME[] = {"", ") R 1", "new\nline", "\xff\xfe\x1b[31m", "nineteen bytes long"};
    for (size_t i = 0; i < sizeof NAME / sizeof *NAME; i++) {
        strcpy(raw + 447, NAME[i]);
        assert_text(told(PSB_NAME), NAME[i]);
    }
    memset(raw + 447, 'x', 21); /* no NUL in it: the rest of the struct is not part of it */
    assert_text(told(PSB_NAME), "xxxxxxxxxxxxxxxxxxxx");
}

static void a_reply_of_another_size_is_malformed_and_an_empty_one_says_gone(void **state)
{
    static const size_t WRONG[] = {1, 4, KINFO_PROC - 1, KINFO_PROC + 1, 2 * KINFO_PROC};
    assert_int_equal(told_of(PSB_NAME, raw, 0).status, PSB_GONE);
    for (size_t i = 0; i < sizeof WRONG / sizeof *WRONG; i++)
        assert_int_equal(told_of(PSB_NAME, raw, WRONG[i]).status, PSB_MALFORMED);
    poke(0, KINFO_PROC - 8, 4); /* a kernel of another version */
    assert_int_equal(told(PSB_NAME).status, PSB_MALFORMED);
}

/* The kernel answers a thread's id with the thread's process. psutil 687 */
static void another_process_than_was_asked_for_is_gone(void **state)
{
    poke(72, PID + 1, 4);
    assert_int_equal(told(PSB_NAME).status, PSB_GONE);
    assert_int_equal(told(PSB_THREADS).status, PSB_GONE);
}

/* ---- terminals ---- */

static void tty_row(size_t row, uint64_t device, const char *name)
{
    char *at = raw + row * 32;
    memset(at, 0, 32);
    memcpy(at, &device, 8);
    strcpy(at + 8, name);
}

static psb_value terminal(uint64_t device)
{
    setup(NULL);
    tty_row(0, 70, "ttyv0");
    tty_row(1, 90, "pts/0");
    tty_row(2, 91, "pts/1");
    tty_row(3, 92, "pts/7");
    tty_row(4, 93, "pts/8");
    tty_row(5, UINT64_C(0x100000046), "pts/9");
    tty_row(6, 94, "pts/x");
    assert_int_equal(psb_freebsd_parse_ttys(raw, 7 * 32, 0, &facts), PSB_OK);
    assert_int_equal(facts.tty_drivers, 5);
    psb_facts kept = facts;
    setup(NULL);
    facts = kept;
    poke(560, (int64_t)device, 8);
    poke(100, 70, 4); /* ki_tdev_freebsd11 is not it */
    return told(PSB_TERMINAL);
}

/* psutil 1646 */
static void a_terminal_is_found_by_all_64_bits_of_its_device(void **state)
{
    assert_text(terminal(70), "/dev/ttyv0");
    assert_text(terminal(91), "/dev/pts/1");
    assert_text(terminal(93), "/dev/pts/8");
    assert_text(terminal(94), "/dev/pts/x");
    assert_text(terminal(UINT64_C(0x100000046)), "/dev/pts/9");
    assert_int_equal(terminal(UINT64_C(0x20000005a)).status, PSB_UNKNOWN);
}

/* psutil 2830: made after the backend was opened */
static void no_terminal_is_absent_and_a_new_one_is_unknown_not_absent(void **state)
{
    assert_int_equal(terminal(UINT64_MAX).status, PSB_ABSENT);
    assert_int_equal(terminal(95).status, PSB_UNKNOWN);
    assert_int_equal(terminal(0).status, PSB_UNKNOWN);
    assert_int_equal(terminal(UINT32_MAX).status, PSB_UNKNOWN);
}

static void terminals_with_a_broken_row_are_malformed(void **state)
{
    tty_row(0, 5, "pts/0");
    assert_int_equal(psb_freebsd_parse_ttys(raw, 31, 0, &facts), PSB_MALFORMED);
    memset(raw + 8, 'x', 24);
    assert_int_equal(psb_freebsd_parse_ttys(raw, 32, 0, &facts), PSB_MALFORMED);
}

static void more_terminals_than_there_is_room_for_are_left_out(void **state)
{
    static char rows[200 * 32];
    for (uint64_t i = 0; i < 200; i++) {
        uint64_t device = 2 * i; /* none follows another */
        memcpy(rows + i * 32, &device, 8);
        strcpy(rows + i * 32 + 8, "pts/4294967295");
    }
    assert_int_equal(psb_freebsd_parse_ttys(rows, sizeof rows, 0, &facts), PSB_OK);
    assert_int_equal(facts.tty_drivers, PSB_TTY_DRIVERS);
}

/* ---- the other sources ---- */

static void threads_have_their_own_ids_and_times(void **state)
{
    memcpy(raw + KINFO_PROC, raw, KINFO_PROC);
    poke(600, 100123, 4);
    poke(KINFO_PROC + 600, 100999, 4);
    poke(RUSAGE + 8, 7, 8);
    poke(KINFO_PROC + RUSAGE + 16, 2, 8);
    psb_value value = told_of(PSB_THREADS, raw, 2 * KINFO_PROC);
    assert_int_equal(value.count, 2);
    assert_int_equal(value.u.thread[0].id, 100123);
    assert_int_equal(value.u.thread[0].user_ns, 7000);
    assert_int_equal(value.u.thread[1].id, 100999);
    assert_int_equal(value.u.thread[1].user_ns, 0);
    assert_int_equal(value.u.thread[1].system_ns, UINT64_C(2000000000));
    assert_int_equal(told_of(PSB_THREADS, raw, 2 * KINFO_PROC - 1).status, PSB_MALFORMED);
    assert_int_equal(told_of(PSB_THREADS, raw, 0).status, PSB_GONE);
    poke(KINFO_PROC + RUSAGE, -5, 8);
    assert_int_equal(told_of(PSB_THREADS, raw, 2 * KINFO_PROC).status, PSB_UNKNOWN);
}

static void assert_args(const char *bytes, size_t len, uint32_t count, size_t told_len)
{
    psb_value value = told_of(PSB_CMDLINE, bytes, len);
    assert_int_equal(value.status, PSB_OK);
    assert_int_equal(value.count, count);
    assert_int_equal(value.u.text.len, told_len);
    assert_memory_equal(value.u.text.bytes, bytes, len);
}

static void arguments_are_told_as_they_are(void **state)
{
    assert_args("", 0, 0, 0);
    assert_args("a\0\0b c\0", 7, 3, 7);
    assert_args("\0", 1, 1, 1);
    assert_args("nginx: master process", 22, 1, 22);
    assert_args("no end", 6, 1, 7);
}

/* psutil 907 */
static void a_path_ends_at_its_nul_and_none_is_no_program(void **state)
{
    assert_text(told_of(PSB_EXE, "/bin/sh\0junk", 12), "/bin/sh");
    assert_int_equal(told_of(PSB_EXE, "", 0).status, PSB_ABSENT);
    assert_int_equal(told_of(PSB_EXE, "", 1).status, PSB_ABSENT);
    assert_int_equal(told_of(PSB_EXE, "/bin/sh", 7).status, PSB_MALFORMED);
}

static size_t file_record(size_t at, int32_t fd, const char *path)
{
    size_t size = (KF_PATH + strlen(path) + 1 + 7) / 8 * 8;
    memset(raw + at, 0, size);
    poke(at, (int64_t)size, 4);
    poke(at + 4, 1, 4);
    poke(at + 8, fd, 4);
    strcpy(raw + at + KF_PATH, path);
    return at + size;
}

static void what_is_held_without_a_descriptor_is_not_counted(void **state)
{
    size_t len = file_record(0, -5, "/bin/sh"); /* text */
    len = file_record(len, -1, "/home/us er");  /* directory */
    len = file_record(len, -2, "/");            /* root */
    len = file_record(len, -6, "/dev/pts/0");   /* terminal */
    len = file_record(len, 0, "");
    len = file_record(len, 1000, "/tmp/x");
    assert_int_equal(told_of(PSB_NUM_FDS, raw, len).u.integer, 2);
    assert_text(told_of(PSB_CWD, raw, len), "/home/us er");
}

static void no_directory_is_absent_and_one_without_a_path_unknown(void **state)
{
    size_t len = file_record(0, 0, "/");
    assert_int_equal(told_of(PSB_CWD, raw, len).status, PSB_ABSENT);
    assert_int_equal(told_of(PSB_CWD, raw, 0).status, PSB_ABSENT);
    assert_int_equal(told_of(PSB_NUM_FDS, raw, 0).u.integer, 0);
    len = file_record(0, -1, "");
    assert_int_equal(told_of(PSB_CWD, raw, len).status, PSB_UNKNOWN);
}

static void a_record_that_lies_of_its_size_is_malformed(void **state)
{
    static const int32_t LIE[] = {INT32_MIN, -1, 0, 1, KF_PATH, 400, INT32_MAX};
    size_t len = file_record(0, -1, "/");
    for (size_t cut = 1; cut < len; cut++)
        assert_int_equal(told_of(PSB_CWD, raw, cut).status, PSB_MALFORMED);
    for (size_t i = 0; i < sizeof LIE / sizeof *LIE; i++) {
        poke(0, LIE[i], 4);
        assert_int_equal(told_of(PSB_CWD, raw, len).status, PSB_MALFORMED);
    }
    len = file_record(0, -1, "/234567"); /* fills its record: without the NUL there is no end */
    raw[KF_PATH + 7] = 'x';
    assert_int_equal(told_of(PSB_CWD, raw, len).status, PSB_MALFORMED);
}

static void facts_of_the_boot_have_the_sizes_of_an_int_and_a_long(void **state)
{
    int32_t page = 65536, none = -1;
    uint64_t memory = UINT64_C(3) << 40;
    assert_int_equal(psb_freebsd_parse_pagesize(&page, 4, 0, &facts), PSB_OK);
    assert_int_equal(psb_freebsd_parse_physmem(&memory, 8, 0, &facts), PSB_OK);
    assert_int_equal(facts.page_bytes, 65536);
    assert_int_equal(facts.memory_bytes, memory);
    assert_int_equal(psb_freebsd_parse_pagesize(&none, 4, 0, &facts), PSB_MALFORMED);
    assert_int_equal(psb_freebsd_parse_pagesize(&memory, 8, 0, &facts), PSB_MALFORMED);
    assert_int_equal(psb_freebsd_parse_physmem(&memory, 4, 0, &facts), PSB_MALFORMED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(structs_are_as_large_as_the_kernels),
        TEST(ids_are_real_effective_saved_and_the_saved_group_is_no_user),
        TEST(an_id_of_32_bits_is_told_whole),
        TEST(memory_is_in_pages_but_for_the_virtual_size),
        TEST(a_size_that_is_none_is_unknown_and_not_huge),
        TEST(times_are_seconds_and_microseconds),
        TEST(a_time_that_is_none_is_unknown),
        TEST(the_start_is_told_to_the_microsecond_and_0_is_none),
        TEST(counters_are_each_in_their_place),
        TEST(every_state_has_its_name_and_others_are_unknown),
        TEST(the_cpu_is_the_one_it_runs_on_or_the_last_and_none_is_unknown),
        TEST(a_niceness_is_told_as_it_is_and_threads_are_counted),
        TEST(a_name_may_be_any_bytes_and_fill_its_room),
        TEST(a_reply_of_another_size_is_malformed_and_an_empty_one_says_gone),
        TEST(another_process_than_was_asked_for_is_gone),
        TEST(a_terminal_is_found_by_all_64_bits_of_its_device),
        TEST(no_terminal_is_absent_and_a_new_one_is_unknown_not_absent),
        TEST(terminals_with_a_broken_row_are_malformed),
        TEST(more_terminals_than_there_is_room_for_are_left_out),
        TEST(threads_have_their_own_ids_and_times),
        TEST(arguments_are_told_as_they_are),
        TEST(a_path_ends_at_its_nul_and_none_is_no_program),
        TEST(what_is_held_without_a_descriptor_is_not_counted),
        TEST(no_directory_is_absent_and_one_without_a_path_unknown),
        TEST(a_record_that_lies_of_its_size_is_malformed),
        TEST(facts_of_the_boot_have_the_sizes_of_an_int_and_a_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_linux_decode.c: all sources but stat and status, and the facts of the boot, from bytes to answers. */
#include "linux_fixture.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- statm ---- */

static void memory_is_pages_times_the_size_of_a_page(void **state)
{
    psb_value memory = machine_get(*state, PSB_MEMORY_INFO);
    assert_part(memory, PSB_MEMORY_INFO_VMS, 2500 * 4096);
    assert_part(memory, PSB_MEMORY_INFO_RSS, 1200 * 4096);
    assert_part(memory, PSB_MEMORY_INFO_SHARED, 800 * 4096);
    assert_part(memory, PSB_MEMORY_INFO_TEXT, 40 * 4096);
    assert_part(memory, PSB_MEMORY_INFO_DATA, 310 * 4096);
}

/* Writes the words of a text with one of them replaced. */
static void replaced(char *out, size_t room, const char *text, int word, const char *instead)
{
    char copy[1024], *at = copy;
    size_t len = 0;
    snprintf(copy, sizeof copy, "%s", text);
    for (int i = 0; *at; i++) {
        size_t width = strcspn(at, " \n"), gap = strspn(at + width, " \n");
        len += (size_t)snprintf(out + len, room - len, "%.*s%.*s", i == word ? 99 : (int)width,
                                i == word ? instead : at, (int)gap, at + width);
        at += width + gap;
    }
}

static void a_size_that_makes_no_sense_spoils_no_other_part(void **state)
{
    static const int PART[] = {PSB_MEMORY_INFO_VMS,
                               PSB_MEMORY_INFO_RSS,
                               PSB_MEMORY_INFO_SHARED,
                               PSB_MEMORY_INFO_TEXT,
                               -1,
                               PSB_MEMORY_INFO_DATA,
                               -1};
    static const char *const SIZES[] = {"18446744073709551615", "4503599627370496", "9007199254740993"};
    machine *plain = machine_new();
    psb_value right = machine_get(plain, PSB_MEMORY_INFO);
    char text[256];
    for (int column = 0; column < 7; column++)
        for (int i = 0; i < 3; i++) {
            replaced(text, sizeof text, sample_of(PSB_OP_LINUX_STATM), column, SIZES[i]);
            machine_text(*state, PSB_OP_LINUX_STATM, text);
            psb_value memory = machine_get(*state, PSB_MEMORY_INFO);
            assert_status(memory, PSB_OK);
            for (unsigned part = 0; part < PSB_MEMORY_INFO_PARTS; part++)
                if ((int)part == PART[column])
                    assert_part_unknown(memory, part);
                else
                    assert_part(memory, part, right.u.part[part]);
            assert_status(machine_get(*state, PSB_MEMORY_PERCENT), column == 1 ? PSB_UNKNOWN : PSB_OK);
        }
}

static void a_statm_with_a_column_missing_or_negative_is_malformed(void **state)
{
    static const char *const TEXTS[] = {"",
                                        "\n",
                                        "1",
                                        "1 2 3 4",
                                        "1 2 3 4 5",
                                        "1 2 3 4 5\n6 7",
                                        "-1 2 3 4 5 6 7",
                                        "1 -2 3 4 5 6 7",
                                        "1 2 3 4 5 -6 7",
                                        "a b c d e f g"};
    for (size_t i = 0; i < sizeof TEXTS / sizeof *TEXTS; i++) {
        machine_text(*state, PSB_OP_LINUX_STATM, TEXTS[i]);
        assert_status(machine_get(*state, PSB_MEMORY_INFO), PSB_MALFORMED);
    }
}

static void a_zombies_memory_is_zero_and_known(void **state)
{
    machine_text(*state, PSB_OP_LINUX_STATM, "0 0 0 0 0 0 0\n");
    psb_value memory = machine_get(*state, PSB_MEMORY_INFO);
    for (unsigned part = 0; part < PSB_MEMORY_INFO_PARTS; part++)
        assert_part(memory, part, 0);
}

/* ---- smaps ---- */

static void assert_footprint(machine *m, uint64_t uss_kb, uint64_t pss_kb, uint64_t swap_kb)
{
    psb_value memory = machine_get(m, PSB_MEMORY_FULL_INFO);
    assert_part(memory, PSB_MEMORY_FULL_INFO_USS, uss_kb * 1024);
    assert_part(memory, PSB_MEMORY_FULL_INFO_PSS, pss_kb * 1024);
    assert_part(memory, PSB_MEMORY_FULL_INFO_SWAP, swap_kb * 1024);
}

/* psutil's own example: every key here resembles one that counts. */
static void keys_that_resemble_pss_swap_and_private_do_not_count(void **state)
{
    machine_text(*state, PSB_OP_LINUX_SMAPS_ROLLUP,
                 "fffff0-fffff1 r-xp 00000000 fd:01 9537                          [rollup]\n"
                 "Size:                  1 kB\nRss:                   2 kB\nPss:                   3 kB\n"
                 "Pss_Dirty:            91 kB\nPss_Anon:             92 kB\nPss_File:             93 kB\n"
                 "Pss_Shmem:            94 kB\nShared_Clean:          4 kB\nShared_Dirty:          5 kB\n"
                 "Private_Clean:         6 kB\nPrivate_Dirty:         7 kB\nReferenced:            8 kB\n"
                 "Anonymous:             9 kB\nLazyFree:             10 kB\nAnonHugePages:        11 kB\n"
                 "ShmemPmdMapped:       12 kB\nShared_Hugetlb:       13 kB\nPrivate_Hugetlb:      14 kB\n"
                 "Swap:                 15 kB\nSwapPss:              16 kB\nKernelPageSize:       17 kB\n"
                 "MMUPageSize:          18 kB\nLocked:               19 kB\nVmFlags: rd ex\n");
    assert_footprint(*state, 6 + 7 + 14, 3, 15);
}

static void mappings_are_summed_and_their_file_names_are_not_read(void **state)
{
    machine_fails(*state, PSB_OP_LINUX_SMAPS_ROLLUP, PSB_ABSENT, 2);
    machine_text(*state, PSB_OP_LINUX_SMAPS,
                 "1000-2000 r-xp 00000000 fd:01 9537                          Pss: 5 kB\n"
                 "Pss:                   1 kB\nPrivate_Clean:        10 kB\nSwap:                 100 kB\n"
                 "2000-3000 rw-p 00000000 fd:01 9538                          /tmp/Pss:      500 kB\n"
                 "Pss:                   2 kB\nPrivate_Dirty:        20 kB\nSwap:                 200 kB\n"
                 "3000-4000 rw-p 00000000 fd:01 9539                          /tmp/a\\012Swap:   900 kB\n"
                 "Pss:                   4 kB\nPrivate_Dirty:        40 kB\nSwap:                 400 kB\n"
                 "4000-5000 rw-p 00000000 00:00 0 \nPss:  0 kB\n");
    assert_footprint(*state, 70, 7, 700);
}

static void without_smaps_rollup_smaps_answers(void **state)
{
    assert_footprint(*state, 220, 300, 52);
    machine_fails(*state, PSB_OP_LINUX_SMAPS_ROLLUP, PSB_ABSENT, 2);
    assert_footprint(*state, 12, 60, 2);
}

static void a_process_without_user_memory_has_no_footprint(void **state)
{
    machine_fails(*state, PSB_OP_LINUX_SMAPS_ROLLUP, PSB_ABSENT, 3);
    machine_text(*state, PSB_OP_LINUX_SMAPS, "");
    assert_status(machine_get(*state, PSB_MEMORY_FULL_INFO), PSB_ABSENT);
    machine_text(*state, PSB_OP_LINUX_SMAPS_ROLLUP, "");
    assert_status(machine_get(*state, PSB_MEMORY_FULL_INFO), PSB_ABSENT);
}

static void a_refused_smaps_rollup_is_refused(void **state)
{
    machine_fails(*state, PSB_OP_LINUX_SMAPS_ROLLUP, PSB_DENIED, 13);
    assert_status(machine_get(*state, PSB_MEMORY_FULL_INFO), PSB_DENIED);
}

static void a_sum_of_memory_that_does_not_fit_is_never_told(void **state)
{
    static const char *const KEYS[] = {
        "Pss:", "Private_Clean:", "Private_Dirty:", "Private_Hugetlb:", "Swap:"};
    static const char *const NUMBERS[] = {"18446744073709551615", "18014398509481984", "-1", "", "x"};
    static const unsigned PART[] = {PSB_MEMORY_FULL_INFO_PSS, PSB_MEMORY_FULL_INFO_USS,
                                    PSB_MEMORY_FULL_INFO_USS, PSB_MEMORY_FULL_INFO_USS,
                                    PSB_MEMORY_FULL_INFO_SWAP};
    char text[512];
    for (size_t i = 0; i < sizeof KEYS / sizeof *KEYS; i++)
        for (size_t j = 0; j < sizeof NUMBERS / sizeof *NUMBERS; j++) {
            snprintf(text, sizeof text, "1-2 r\nPss: 1 kB\nPrivate_Clean: 2 kB\nSwap: 3 kB\n%s %s kB\n",
                     KEYS[i], NUMBERS[j]);
            machine_text(*state, PSB_OP_LINUX_SMAPS_ROLLUP, text);
            psb_value memory = machine_get(*state, PSB_MEMORY_FULL_INFO);
            assert_true(memory.status == PSB_MALFORMED || memory.status == PSB_UNKNOWN ||
                        !(memory.known >> PART[i] & 1));
        }
    machine_text(
        *state, PSB_OP_LINUX_SMAPS_ROLLUP,
        "1-2 r\nSwap: 18014398509481983 kB\nSwap: 1 kB\nPss: 1 kB\n"); /* the sum only is too large */
    assert_int_not_equal(machine_get(*state, PSB_MEMORY_FULL_INFO).status, PSB_OK);
}

/* ---- io ---- */

static void each_counter_of_io_is_in_its_place(void **state)
{
    psb_value io = machine_get(*state, PSB_IO_COUNTERS);
    assert_part(io, PSB_IO_COUNTERS_READ_COUNT, 300);
    assert_part(io, PSB_IO_COUNTERS_WRITE_COUNT, 200);
    assert_part(io, PSB_IO_COUNTERS_READ_BYTES, 8192);
    assert_part(io, PSB_IO_COUNTERS_WRITE_BYTES, 4096);
    assert_part(io, PSB_IO_COUNTERS_READ_CHARS, 5000);
    assert_part(io, PSB_IO_COUNTERS_WRITE_CHARS, 4000);
}

static void blank_and_garbage_lines_of_io_are_passed_over(void **state)
{
    machine_text(
        *state, PSB_OP_LINUX_IO,
        "\nrchar: 5000\n\n   \n:\nwchar\nwchar:\nwchar: x\nwchar: 4000\nsyscr 9\nsyscr: 300\nrubbish: 7\n"
        " syscr: 7\nsyscw: 200\n\xff\xfe\nread_bytes: 8192\nwrite_bytes: 4096\ncancelled_write_bytes: 1\n\n");
    each_counter_of_io_is_in_its_place(state);
}

static void a_line_of_io_speaks_of_one_counter_only(void **state)
{
    machine_text(*state, PSB_OP_LINUX_IO, "rchar: 1\nsyscr:write_bytes: 77\nsyscw: 5wchar: 88\n");
    psb_value io = machine_get(*state, PSB_IO_COUNTERS);
    assert_part(io, PSB_IO_COUNTERS_READ_CHARS, 1);
    assert_part_unknown(io, PSB_IO_COUNTERS_WRITE_BYTES);
    assert_part_unknown(io, PSB_IO_COUNTERS_WRITE_CHARS);
}

static void a_counter_missing_from_io_is_unknown_and_the_others_are_told(void **state)
{
    static const char *const KEYS[PSB_IO_COUNTERS_PARTS] = {
        [PSB_IO_COUNTERS_READ_COUNT] = "syscr",      [PSB_IO_COUNTERS_WRITE_COUNT] = "syscw",
        [PSB_IO_COUNTERS_READ_BYTES] = "read_bytes", [PSB_IO_COUNTERS_WRITE_BYTES] = "write_bytes",
        [PSB_IO_COUNTERS_READ_CHARS] = "rchar",      [PSB_IO_COUNTERS_WRITE_CHARS] = "wchar"};
    char text[256];
    for (unsigned missing = 0; missing < PSB_IO_COUNTERS_PARTS; missing++) {
        size_t len = 0;
        for (unsigned i = 0; i < PSB_IO_COUNTERS_PARTS; i++)
            if (i != missing)
                len += (size_t)snprintf(text + len, sizeof text - len, "%s: %u\n", KEYS[i], 70 + i);
        machine_text(*state, PSB_OP_LINUX_IO, text);
        psb_value io = machine_get(*state, PSB_IO_COUNTERS);
        for (unsigned i = 0; i < PSB_IO_COUNTERS_PARTS; i++)
            if (i == missing)
                assert_part_unknown(io, i);
            else
                assert_part(io, i, 70 + i);
    }
}

static void an_io_that_says_nothing_is_unknown(void **state)
{
    static const char *const TEXTS[] = {"", "\n", "\n\n", "rchar\n", "rchar:\n", "nothing: 5\n"};
    for (size_t i = 0; i < sizeof TEXTS / sizeof *TEXTS; i++) {
        machine_text(*state, PSB_OP_LINUX_IO, TEXTS[i]);
        assert_status(machine_get(*state, PSB_IO_COUNTERS), PSB_UNKNOWN);
    }
}

/* Each file ends in a newline. One that does not was cut, and its last number may be a part of one. */
static void a_number_that_may_have_been_cut_is_none(void **state)
{
    static const struct {
        psb_op op;
        psb_field field;
        const char *text;
    } CUTS[] = {
        {PSB_OP_LINUX_STATUS, PSB_UIDS, "Uid:\t1000\t1000\t10"},
        {PSB_OP_LINUX_STATUS, PSB_NUM_CTX_SWITCHES, "voluntary_ctxt_switches:\t12"},
        {PSB_OP_LINUX_STATM, PSB_MEMORY_INFO, "500 120 90 3 0 1"},
        {PSB_OP_LINUX_IO, PSB_IO_COUNTERS, "rchar: 5\nwchar: 1"},
        {PSB_OP_LINUX_SMAPS_ROLLUP, PSB_MEMORY_FULL_INFO, "Pss: 1 kB\nPrivate_Clean: 1"},
    };
    for (size_t i = 0; i < sizeof CUTS / sizeof *CUTS; i++) {
        machine_text(*state, CUTS[i].op, CUTS[i].text);
        assert_status(machine_get(*state, CUTS[i].field), PSB_MALFORMED);
    }
}

static void a_counter_of_64_bits_is_told_and_one_of_more_is_not(void **state)
{
    machine_text(*state, PSB_OP_LINUX_IO,
                 "rchar: 18446744073709551615\nwchar: 18446744073709551616\nsyscr: -1\n");
    psb_value io = machine_get(*state, PSB_IO_COUNTERS);
    assert_part(io, PSB_IO_COUNTERS_READ_CHARS, UINT64_MAX);
    assert_part_unknown(io, PSB_IO_COUNTERS_WRITE_CHARS);
    assert_part_unknown(io, PSB_IO_COUNTERS_READ_COUNT);
}

/* ---- cmdline ---- */

static void arguments_are_told_as_they_are(void **state)
{
    static const struct {
        const char *raw;
        size_t len;
        uint32_t count;
    } CASES[] = {
        {LITERAL(""), 0},           {LITERAL("\0"), 1},
        {LITERAL("a\0"), 1},        {LITERAL("a\0\0b\0"), 3},
        {LITERAL("\0\0\0"), 3},     {LITERAL("a\0b\0\0"), 3}, /* the last argument is empty */
        {LITERAL("a b\0c d\0"), 2}, {LITERAL("a\nb\0\xff\xfe\x80\0-x=\t\0"), 3},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        machine_says(*state, PSB_OP_LINUX_CMDLINE, CASES[i].raw, CASES[i].len);
        assert_list(machine_get(*state, PSB_CMDLINE), CASES[i].count, CASES[i].raw, CASES[i].len);
    }
}

static void a_title_written_over_the_arguments_is_split_at_its_blanks(void **state)
{
    machine_says(*state, PSB_OP_LINUX_CMDLINE, LITERAL("nginx: master process\0"));
    assert_list(machine_get(*state, PSB_CMDLINE), 3, LITERAL("nginx:\0master\0process\0"));
    machine_says(*state, PSB_OP_LINUX_CMDLINE, LITERAL("chrome --type=gpu --no-sandbox"));
    assert_list(machine_get(*state, PSB_CMDLINE), 3, LITERAL("chrome\0--type=gpu\0--no-sandbox\0"));
    machine_says(*state, PSB_OP_LINUX_CMDLINE, LITERAL("a  b"));
    assert_list(machine_get(*state, PSB_CMDLINE), 3, LITERAL("a\0\0b\0"));
    machine_says(*state, PSB_OP_LINUX_CMDLINE, LITERAL("one"));
    assert_list(machine_get(*state, PSB_CMDLINE), 1, LITERAL("one\0"));
}

static void arguments_of_200_kilobytes_are_told_whole(void **state)
{
    enum { SIZE = 200 << 10, EACH = 50 };
    char *raw = malloc(SIZE);
    memset(raw, 'x', SIZE);
    for (size_t i = EACH - 1; i < SIZE; i += EACH)
        raw[i] = '\0';
    machine_says(*state, PSB_OP_LINUX_CMDLINE, raw, SIZE / EACH * EACH);
    assert_list(machine_get(*state, PSB_CMDLINE), SIZE / EACH, raw, SIZE / EACH * EACH);
    memset(raw, ' ', SIZE); /* and as one title, which is split */
    machine_says(*state, PSB_OP_LINUX_CMDLINE, raw, SIZE);
    assert_int_equal(machine_get(*state, PSB_CMDLINE).count, SIZE + 1);
    free(raw);
}

/* ---- links ---- */

static void a_path_ends_at_its_first_nul(void **state)
{
    static const struct {
        const char *raw;
        size_t len;
        const char *path;
    } PATHS[] = {
        {LITERAL("/usr/bin/cat"), "/usr/bin/cat"},
        {LITERAL("/usr/bin/cat\0 junk"), "/usr/bin/cat"},
        {LITERAL("/usr/bin/cat\0"), "/usr/bin/cat"},
        {LITERAL("\0"), ""},
        {LITERAL(""), ""},
        {LITERAL("/a b/\xff\n(c)"), "/a b/\xff\n(c)"},
        {LITERAL("/x (deleted)"), "/x (deleted)"}, /* only the leaf can tell a mark from a name */
    };
    for (size_t i = 0; i < sizeof PATHS / sizeof *PATHS; i++) {
        machine_says(*state, PSB_OP_LINUX_EXE, PATHS[i].raw, PATHS[i].len);
        machine_says(*state, PSB_OP_LINUX_CWD, PATHS[i].raw, PATHS[i].len);
        assert_string(machine_get(*state, PSB_EXE), PATHS[i].path);
        assert_string(machine_get(*state, PSB_CWD), PATHS[i].path);
    }
}

/* ---- replies of the leaf's own making ---- */

static void a_reply_of_the_wrong_size_is_malformed(void **state)
{
    static const char BYTES[16];
    for (size_t len = 0; len <= sizeof BYTES; len++) {
        machine_says(*state, PSB_OP_LINUX_FD, BYTES, len);
        machine_says(*state, PSB_OP_LINUX_NICE, BYTES, len);
        machine_says(*state, PSB_OP_CLOCK, BYTES, len);
        assert_status(machine_get(*state, PSB_NUM_FDS), len == 8 ? PSB_OK : PSB_MALFORMED);
        assert_status(machine_get(*state, PSB_NICE), len == 4 ? PSB_OK : PSB_MALFORMED);
        assert_status(machine_get(*state, PSB_CPU_PERCENT), len == 8 ? PSB_UNKNOWN : PSB_MALFORMED);
    }
}

static void a_niceness_of_minus_one_is_no_error(void **state)
{
    assert_integer(machine_get(*state, PSB_NICE), -1);
}

/* ---- terminals ---- */

static psb_value terminal(machine *m, uint32_t major, uint32_t minor)
{
    char device[16];
    uint32_t encoded = (minor & 0xff) | major << 8 | (minor & ~UINT32_C(0xff)) << 12;
    snprintf(device, sizeof device, "%" PRId32, (int32_t)encoded); /* the kernel prints it with a sign */
    m->column[7] = device;
    machine_named(m, LITERAL("cat"));
    m->column[7] = "0";
    return machine_get(m, PSB_TERMINAL);
}

static void terminals_are_named_by_their_drivers(void **state)
{
    static const struct {
        uint32_t major, minor;
        const char *path;
    } TERMINALS[] = {
        {136, 3, "/dev/pts/3"},     {136, 0, "/dev/pts/0"},         {136, 255, "/dev/pts/255"},
        {136, 256, "/dev/pts/256"}, {136, 70000, "/dev/pts/70000"}, {136, 1048575, "/dev/pts/1048575"},
        {4, 1, "/dev/tty1"},        {4, 63, "/dev/tty63"},          {4, 64, "/dev/ttyS0"},
        {4, 67, "/dev/ttyS3"},      {188, 11, "/dev/ttyUSB11"},     {5, 1, "/dev/console"},
    };
    for (size_t i = 0; i < sizeof TERMINALS / sizeof *TERMINALS; i++)
        assert_string(terminal(*state, TERMINALS[i].major, TERMINALS[i].minor), TERMINALS[i].path);
}

/* The driver says "system" of it, as it does of /dev/console; but it has many lines, and they have numbers.
 */
static void a_hypervisors_console_has_its_number(void **state)
{
    assert_string(terminal(*state, 229, 0), "/dev/hvc0");
    assert_string(terminal(*state, 229, 7), "/dev/hvc7");
}

/* BSD's names: p0 to pf, then q0; drivers/tty/tty_io.c, pty_line_name. */
static void an_old_pseudo_terminal_is_not_numbered_in_decimal(void **state)
{
    machine_text(*state, PSB_OP_LINUX_TTY_DRIVERS,
                 "pty_slave            /dev/ttyp       3 0-255 pty:slave\n");
    machine_reboot(*state);
    psb_value tenth = terminal(*state, 3, 10), next = terminal(*state, 3, 17);
    if (tenth.status == PSB_OK)
        assert_string(terminal(*state, 3, 10), "/dev/ttypa");
    if (next.status == PSB_OK)
        assert_string(next, "/dev/ttyq1");
}

static void a_process_without_a_terminal_has_none(void **state)
{
    assert_status(terminal(*state, 0, 0), PSB_ABSENT);
}

static void a_terminal_of_no_known_driver_is_unknown(void **state)
{
    assert_status(terminal(*state, 200, 1), PSB_UNKNOWN);
    assert_status(terminal(*state, 4, 68), PSB_UNKNOWN);
    machine_column(*state, 7, "4294967296"); /* no device: more than 32 bits */
    assert_int_not_equal(machine_get(*state, PSB_TERMINAL).status, PSB_OK);
    assert_int_not_equal(machine_get(*state, PSB_TERMINAL).status, PSB_ABSENT);
}

/* A table of the devices in /dev, read once, would not have it. */
static void a_terminal_made_after_the_backend_was_opened_is_named(void **state)
{
    assert_string(terminal(*state, 136, 41), "/dev/pts/41");
    assert_string(terminal(*state, 136, 4242), "/dev/pts/4242");
}

static void garbage_among_the_drivers_is_passed_over(void **state)
{
    machine_text(*state, PSB_OP_LINUX_TTY_DRIVERS,
                 "\n\nx\nx /dev/x\nx /dev/x a b c\nx /dev/x 1\nx /dev/x 1 9-2 system\nx /dev/x 1 2- serial\n"
                 "x /dev/a-prefix-that-is-longer-than-there-is-room-for 9 0-9 serial\n"
                 "x /dev/x 99999999999 0-9 serial\nx /dev/x 9 0-99999999999 serial\nx /dev/x 9 0-9\n"
                 "pty_slave /dev/pts 136 0-1048575 pty:slave");
    machine_reboot(*state);
    assert_string(terminal(*state, 136, 5), "/dev/pts/5");
    assert_status(terminal(*state, 9, 5), PSB_UNKNOWN);
    assert_status(terminal(*state, 1, 2), PSB_UNKNOWN);
}

static void more_drivers_than_there_is_room_for_are_left_out(void **state)
{
    char text[8192];
    size_t len = 0;
    for (int i = 0; i < PSB_TTY_DRIVERS * 2; i++)
        len += (size_t)snprintf(text + len, sizeof text - len, "d /dev/d%d_ %d 0-9 serial\n", i, 300 + i);
    machine_text(*state, PSB_OP_LINUX_TTY_DRIVERS, text);
    machine_reboot(*state);
    assert_string(terminal(*state, 300 + PSB_TTY_DRIVERS - 1, 3), "/dev/d63_3");
    assert_status(terminal(*state, 300 + PSB_TTY_DRIVERS, 3), PSB_UNKNOWN);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, machine_setup, machine_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(memory_is_pages_times_the_size_of_a_page),
        TEST(a_size_that_makes_no_sense_spoils_no_other_part),
        TEST(a_statm_with_a_column_missing_or_negative_is_malformed),
        TEST(a_zombies_memory_is_zero_and_known),
        TEST(keys_that_resemble_pss_swap_and_private_do_not_count),
        TEST(mappings_are_summed_and_their_file_names_are_not_read),
        TEST(without_smaps_rollup_smaps_answers),
        TEST(a_process_without_user_memory_has_no_footprint),
        TEST(a_refused_smaps_rollup_is_refused),
        TEST(a_sum_of_memory_that_does_not_fit_is_never_told),
        TEST(each_counter_of_io_is_in_its_place),
        TEST(blank_and_garbage_lines_of_io_are_passed_over),
        TEST(a_line_of_io_speaks_of_one_counter_only),
        TEST(a_counter_missing_from_io_is_unknown_and_the_others_are_told),
        TEST(an_io_that_says_nothing_is_unknown),
        TEST(a_number_that_may_have_been_cut_is_none),
        TEST(a_counter_of_64_bits_is_told_and_one_of_more_is_not),
        TEST(arguments_are_told_as_they_are),
        TEST(a_title_written_over_the_arguments_is_split_at_its_blanks),
        TEST(arguments_of_200_kilobytes_are_told_whole),
        TEST(a_path_ends_at_its_first_nul),
        TEST(a_reply_of_the_wrong_size_is_malformed),
        TEST(a_niceness_of_minus_one_is_no_error),
        TEST(terminals_are_named_by_their_drivers),
        TEST(a_hypervisors_console_has_its_number),
        TEST(an_old_pseudo_terminal_is_not_numbered_in_decimal),
        TEST(a_process_without_a_terminal_has_none),
        TEST(a_terminal_of_no_known_driver_is_unknown),
        TEST(a_terminal_made_after_the_backend_was_opened_is_named),
        TEST(garbage_among_the_drivers_is_passed_over),
        TEST(more_drivers_than_there_is_room_for_are_left_out),
    };
    return cmocka_run_group_tests_name("linux: the other sources", tests, NULL, NULL);
}

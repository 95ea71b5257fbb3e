/* test_linux_parse.c: stat and status, from the kernel's bytes to answers. Names are hostile. */
#include "linux_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char HUGE_NUMBER[] = "18446744073709551615"; /* 2^64-1 */

static const struct {
    const char *bytes;
    size_t len;
} NAMES[] = {
    {LITERAL("with spaces in")},
    {LITERAL(") R 1 2 3 4 5 6")},
    {LITERAL("a) R 1 2 3")},
    {LITERAL("x y (z)")},
    {LITERAL("((((")},
    {LITERAL("))))")},
    {LITERAL(")")},
    {LITERAL("(")},
    {LITERAL("new\nline")},
    {LITERAL("a) Z 1 1 1\n9 (b")},
    {LITERAL("tab\tand\ttab")},
    {LITERAL("Uid:\t7\t8\t9")},
    {LITERAL("Threads:\t77")},
    {LITERAL("\xff\xfe\x80 \xc3\x28 \xe2\x82")},
    {LITERAL("")},
    {LITERAL(" ")},
    {LITERAL("kworker/u8:2-events_unbound-and-what-a-worker-calls-itself-more")},
};

static void assert_unmoved(const psb_value *right, const psb_value *value, psb_field field)
{
    if (!psb_value_equal(field, right, value))
        fail_msg("%s has changed with something that it does not depend on", psb_field_of(field)->name);
}

static void a_name_of_any_bytes_is_told_and_does_not_shift_columns(void **state)
{
    machine *m = *state, *plain = machine_new();
    psb_value right[PSB_FIELDS], value[PSB_FIELDS];
    machine_get_all(plain, right);
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++) {
        machine_named(m, NAMES[i].bytes, NAMES[i].len);
        machine_get_all(m, value);
        assert_text(value[PSB_NAME], NAMES[i].bytes, NAMES[i].len);
        for (psb_field field = 0; field < PSB_FIELDS; field++)
            if (field != PSB_NAME)
                assert_unmoved(&right[field], &value[field], field);
    }
}

static void a_name_with_a_parenthesis_does_not_shift_columns(void **state)
{
    machine_named(*state, LITERAL("a) R 1 2 3"));
    assert_integer(machine_get(*state, PSB_PPID), MACHINE_PARENT);
    assert_integer(machine_get(*state, PSB_STATUS), PSB_STATE_SLEEPING);
    assert_part(machine_get(*state, PSB_CPU_TIMES), PSB_CPU_TIMES_USER, UINT64_C(45010000000));
}

static void a_name_of_63_bytes_is_told_whole(void **state)
{
    char name[63];
    memset(name, 'k', sizeof name);
    machine_named(*state, name, sizeof name);
    assert_text(machine_get(*state, PSB_NAME), name, sizeof name);
}

static void a_name_longer_than_any_kernel_writes_is_malformed(void **state)
{
    char name[1000];
    memset(name, 'k', sizeof name);
    for (size_t len = 65; len <= sizeof name; len += 17) {
        machine_named(*state, name, len);
        assert_status(machine_get(*state, PSB_NAME), PSB_MALFORMED);
        assert_status(machine_get(*state, PSB_PPID), PSB_MALFORMED);
    }
}

static void a_stat_without_a_name_in_parentheses_is_malformed(void **state)
{
    static const char *const STATS[] = {"",
                                        "1000",
                                        "1000 cat S 1",
                                        "1000 (cat S 1 2 3",
                                        "1000 cat) S 1 2",
                                        ")(",
                                        "1000 )cat(",
                                        "1000 (cat)",
                                        "1000 (cat) ",
                                        "1000 (cat) S",
                                        "()",
                                        "(",
                                        ")",
                                        "\n",
                                        "1000 (cat) S x y z"};
    for (size_t i = 0; i < sizeof STATS / sizeof *STATS; i++) {
        machine_text(*state, PSB_OP_LINUX_STAT, STATS[i]);
        assert_status(machine_get(*state, PSB_NAME), PSB_MALFORMED);
    }
}

/* psutil's own example of a stat line. */
static void every_column_of_a_known_stat_comes_out(void **state)
{
    machine *m = *state;
    m->column[3] = "Z";
    m->column[14] = "2";
    m->column[15] = "3";
    m->column[16] = "4";
    m->column[17] = "5";
    m->column[22] = "6";
    m->column[39] = "6";
    machine_column(m, 42, "7");
    assert_string(machine_get(m, PSB_NAME), "cat");
    assert_integer(machine_get(m, PSB_STATUS), PSB_STATE_ZOMBIE);
    assert_integer(machine_get(m, PSB_PPID), MACHINE_PARENT);
    assert_integer(machine_get(m, PSB_CPU_NUM), 6);
    assert_integer(machine_get(m, PSB_CREATE_TIME), INT64_C(1700000000060000000));
    psb_value times = machine_get(m, PSB_CPU_TIMES), faults;
    assert_part(times, PSB_CPU_TIMES_USER, 20000000);
    assert_part(times, PSB_CPU_TIMES_SYSTEM, 30000000);
    assert_part(times, PSB_CPU_TIMES_CHILDREN_USER, 40000000);
    assert_part(times, PSB_CPU_TIMES_CHILDREN_SYSTEM, 50000000);
    assert_part(times, PSB_CPU_TIMES_IOWAIT, 70000000);
    faults = machine_get(m, PSB_PAGE_FAULTS);
    assert_part(faults, PSB_PAGE_FAULTS_MINOR, 1234);
    assert_part(faults, PSB_PAGE_FAULTS_MAJOR, 91);
}

static void every_letter_of_a_state_has_its_state(void **state)
{
    static const struct {
        const char *letter;
        psb_state state;
    } STATES[] = {
        {"R", PSB_STATE_RUNNING}, {"S", PSB_STATE_SLEEPING},     {"D", PSB_STATE_DISK_SLEEP},
        {"T", PSB_STATE_STOPPED}, {"t", PSB_STATE_TRACING_STOP}, {"Z", PSB_STATE_ZOMBIE},
        {"X", PSB_STATE_DEAD},    {"x", PSB_STATE_DEAD},         {"K", PSB_STATE_WAKE_KILL},
        {"W", PSB_STATE_WAKING},  {"I", PSB_STATE_IDLE},         {"P", PSB_STATE_PARKED},
    };
    for (size_t i = 0; i < sizeof STATES / sizeof *STATES; i++) {
        machine_column(*state, 3, STATES[i].letter);
        assert_integer(machine_get(*state, PSB_STATUS), STATES[i].state);
    }
}

static void an_unheard_of_state_is_unknown_and_the_rest_is_told(void **state)
{
    machine_column(*state, 3, "Q");
    assert_status(machine_get(*state, PSB_STATUS), PSB_UNKNOWN);
    assert_integer(machine_get(*state, PSB_PPID), MACHINE_PARENT);
}

static bool read_unsigned(int column) /* by the port, as a number without a sign */
{
    static const int COLUMNS[] = {10, 12, 14, 15, 22, 39, 42};
    for (size_t i = 0; i < sizeof COLUMNS / sizeof *COLUMNS; i++)
        if (COLUMNS[i] == column)
            return true;
    return false;
}

static bool read_signed(int column)
{
    return column == 4 || column == 7 || column == 16 || column == 17;
}

/* Does the field depend on the column? */
static bool concerns(psb_field field, int column)
{
    switch (column) {
    case 4:
        return field == PSB_PPID || field == PSB_PARENT;
    case 7:
        return field == PSB_TERMINAL;
    case 10:
    case 12:
        return field == PSB_PAGE_FAULTS;
    case 14:
    case 15:
        return field == PSB_CPU_TIMES || field == PSB_CPU_PERCENT;
    case 22:
        return field == PSB_CREATE_TIME || field == PSB_CPU_PERCENT;
    case 39:
        return field == PSB_CPU_NUM;
    case 16:
    case 17:
    case 42:
        return field == PSB_CPU_TIMES;
    default:
        return false;
    }
}

/* A count of 2^64-1 is a number that the kernel can write, and may be told as it stands. */
static bool told_verbatim(psb_field field, int column, const psb_value *value)
{
    unsigned part = column == 10 ? PSB_PAGE_FAULTS_MINOR : PSB_PAGE_FAULTS_MAJOR;
    return field == PSB_PAGE_FAULTS && (column == 10 || column == 12) && value->u.part[part] == UINT64_MAX;
}

static void a_number_that_makes_no_sense_in_a_column_of_stat_spoils_no_other_part(void **state)
{
    machine *plain = machine_new();
    psb_value right[PSB_FIELDS], value[PSB_FIELDS];
    machine_get_all(plain, right);
    for (int column = 4; column < STAT_COLUMNS; column++) {
        machine *m = machine_new();
        machine_column(m, column, HUGE_NUMBER);
        machine_get_all(m, value);
        for (psb_field field = 0; field < PSB_FIELDS; field++) {
            bool concerned = concerns(field, column);
            if (!concerned)
                assert_unmoved(&right[field], &value[field], field);
            else if (!told_verbatim(field, column, &value[field]) &&
                     (psb_value_equal(field, &right[field], &value[field]) ||
                      !right_or_unknown(field, &right[field], &value[field])))
                fail_msg("2^64-1 in column %d: %s is wrong", column, psb_field_of(field)->name);
        }
    }
}

static void a_negative_number_where_none_can_be_is_never_believed(void **state)
{
    machine *plain = machine_new();
    psb_value right[PSB_FIELDS], value[PSB_FIELDS];
    machine_get_all(plain, right);
    for (int column = 4; column < STAT_COLUMNS; column++) {
        machine *m = machine_new();
        machine_column(m, column, "-5");
        machine_get_all(m, value);
        for (psb_field field = 0; field < PSB_FIELDS; field++) {
            if (!read_signed(column) && !read_unsigned(column))
                assert_unmoved(&right[field], &value[field], field);
            else if (!right_or_unknown(field, &right[field], &value[field]) && column != 4 && column != 7)
                fail_msg("-5 in column %d: %s is wrong", column, psb_field_of(field)->name);
        }
    }
}

static void a_negative_time_of_children_is_not_known(void **state)
{
    machine_column(*state, 16, "-1");
    psb_value times = machine_get(*state, PSB_CPU_TIMES);
    assert_part_unknown(times, PSB_CPU_TIMES_CHILDREN_USER);
    assert_part(times, PSB_CPU_TIMES_CHILDREN_SYSTEM, UINT64_C(6170000000));
    machine_column(*state, 17, "-9223372036854775808");
    assert_part_unknown(machine_get(*state, PSB_CPU_TIMES), PSB_CPU_TIMES_CHILDREN_SYSTEM);
}

/* No kernel writes one; but whoever asks about a parent of it must not be sent to another file of /proc. */
static void a_negative_parent_is_no_process_to_ask_about(void **state)
{
    machine *m = *state;
    machine_column(m, 4, "-5");
    psb_value parent = machine_get(m, PSB_PARENT);
    assert_int_not_equal(parent.status, PSB_OK);
    assert_false(m->asked_nonsense);
}

static void a_stat_cut_off_anywhere_gives_a_right_answer_or_none(void **state)
{
    machine *m = *state, *plain = machine_new();
    psb_value right[PSB_FIELDS], value[PSB_FIELDS];
    machine_get_all(plain, right);
    const machine_reply *stat = &plain->reply[PSB_OP_LINUX_STAT];
    for (size_t len = 0; len < stat->len; len++) {
        machine_says(m, PSB_OP_LINUX_STAT, stat->bytes, len);
        machine_get_all(m, value);
        for (psb_field field = 0; field < PSB_FIELDS; field++)
            if (!right_or_unknown(field, &right[field], &value[field]))
                fail_msg("stat cut off after %zu bytes, at '%.12s': %s is wrong", len, stat->bytes + len - 6,
                         psb_field_of(field)->name);
    }
}

/* Linux before 2.6.18, and some imitations, write fewer columns. */
static void a_stat_that_ends_before_column_42_has_no_iowait(void **state)
{
    for (int last = 41; last >= 39; last--) {
        machine_column(*state, last + 1, NULL);
        psb_value times = machine_get(*state, PSB_CPU_TIMES);
        assert_part(times, PSB_CPU_TIMES_USER, UINT64_C(45010000000));
        assert_part(times, PSB_CPU_TIMES_SYSTEM, UINT64_C(12070000000));
        assert_part_unknown(times, PSB_CPU_TIMES_IOWAIT);
        assert_integer(machine_get(*state, PSB_CPU_NUM), 13);
    }
}

/* ---- status ---- */

static void a_name_cannot_spoof_a_line_of_status(void **state)
{
    static const char *const NAMED[] = {"Uid:\t7\t8\t9\t7",
                                        "Gid:\t7\t8\t9",
                                        "Threads:\t77",
                                        "voluntary_ctxt_switches:\t7",
                                        "nonvoluntary_ctxt_switches:\t7",
                                        "a\\nUid:\t7\t8\t9\t7\\nThreads:\t77"};
    char text[1024];
    for (size_t i = 0; i < sizeof NAMED / sizeof *NAMED; i++) {
        snprintf(text, sizeof text, "Name:\t%s\n%s", NAMED[i], sample_of(PSB_OP_LINUX_STATUS));
        machine_text(*state, PSB_OP_LINUX_STATUS, text);
        psb_value uids = machine_get(*state, PSB_UIDS);
        assert_part(uids, PSB_UIDS_REAL, 1000);
        assert_part(uids, PSB_UIDS_EFFECTIVE, 1001);
        assert_part(uids, PSB_UIDS_SAVED, 1002);
        psb_value gids = machine_get(*state, PSB_GIDS);
        assert_part(gids, PSB_GIDS_REAL, 2000);
        assert_part(gids, PSB_GIDS_EFFECTIVE, 2001);
        assert_part(gids, PSB_GIDS_SAVED, 2002);
        assert_integer(machine_get(*state, PSB_NUM_THREADS), 66);
        psb_value switches = machine_get(*state, PSB_NUM_CTX_SWITCHES);
        assert_part(switches, PSB_NUM_CTX_SWITCHES_VOLUNTARY, 12);
        assert_part(switches, PSB_NUM_CTX_SWITCHES_INVOLUNTARY, 13);
        assert_part(switches, PSB_NUM_CTX_SWITCHES_TOTAL, 25);
    }
}

/* The sample without the line that starts with key, or with another text after it. */
static void status_with(machine *m, const char *key, const char *instead)
{
    char text[1024];
    const char *sample = sample_of(PSB_OP_LINUX_STATUS), *at = strstr(sample, key), *end;
    while (at > sample && at[-1] != '\n')
        at = strstr(at + 1, key);
    assert_non_null(at);
    end = strchr(at, '\n') + 1;
    if (instead)
        snprintf(text, sizeof text, "%.*s%s%s\n%s", (int)(at - sample), sample, key, instead, end);
    else
        snprintf(text, sizeof text, "%.*s%s", (int)(at - sample), sample, end);
    machine_text(m, PSB_OP_LINUX_STATUS, text);
}

static void a_line_missing_from_status_is_unknown_and_the_others_are_told(void **state)
{
    static const struct {
        const char *key;
        psb_field field;
    } LINES[] = {{"Uid:", PSB_UIDS}, {"Gid:", PSB_GIDS}, {"Threads:", PSB_NUM_THREADS}};
    for (size_t i = 0; i < 3; i++) {
        status_with(*state, LINES[i].key, NULL);
        for (size_t j = 0; j < 3; j++)
            assert_status(machine_get(*state, LINES[j].field), i == j ? PSB_UNKNOWN : PSB_OK);
        assert_status(machine_get(*state, PSB_USERNAME), i == 0 ? PSB_UNKNOWN : PSB_OK);
    }
    status_with(*state, "voluntary_ctxt_switches:", NULL);
    assert_part_unknown(machine_get(*state, PSB_NUM_CTX_SWITCHES), PSB_NUM_CTX_SWITCHES_VOLUNTARY);
    assert_part_unknown(machine_get(*state, PSB_NUM_CTX_SWITCHES), PSB_NUM_CTX_SWITCHES_TOTAL);
    assert_part(machine_get(*state, PSB_NUM_CTX_SWITCHES), PSB_NUM_CTX_SWITCHES_INVOLUNTARY, 13);
    status_with(*state, "nonvoluntary_ctxt_switches:", NULL);
    assert_part(machine_get(*state, PSB_NUM_CTX_SWITCHES), PSB_NUM_CTX_SWITCHES_VOLUNTARY, 12);
    assert_part_unknown(machine_get(*state, PSB_NUM_CTX_SWITCHES), PSB_NUM_CTX_SWITCHES_INVOLUNTARY);
}

static void a_status_without_any_line_is_unknown(void **state)
{
    static const psb_field FIELDS[] = {PSB_UIDS, PSB_GIDS, PSB_NUM_THREADS, PSB_NUM_CTX_SWITCHES,
                                       PSB_USERNAME};
    static const char *const TEXTS[] = {"", "\n", "\n\n\n", "Name:\tcat\n", "garbage\n:\n\t\n"};
    for (size_t i = 0; i < sizeof TEXTS / sizeof *TEXTS; i++) {
        machine_text(*state, PSB_OP_LINUX_STATUS, TEXTS[i]);
        for (size_t j = 0; j < sizeof FIELDS / sizeof *FIELDS; j++)
            assert_status(machine_get(*state, FIELDS[j]), PSB_UNKNOWN);
    }
}

static void a_line_of_status_without_its_numbers_is_not_guessed(void **state)
{
    static const char *const UIDS[] = {
        "", "\t", "\t1", "\t1\t2", "\t1\t2\tx", "\t-1\t-1\t-1\t-1", "\t99999999999999999999\t1\t1\t1"};
    for (size_t i = 0; i < sizeof UIDS / sizeof *UIDS; i++) {
        status_with(*state, "Uid:", UIDS[i]);
        assert_int_not_equal(machine_get(*state, PSB_UIDS).status, PSB_OK);
    }
    status_with(*state, "Threads:", "\tmany");
    assert_int_not_equal(machine_get(*state, PSB_NUM_THREADS).status, PSB_OK);
}

static void two_to_the_64th_less_one_in_status_is_no_number_of_threads(void **state)
{
    status_with(*state, "Threads:", "\t18446744073709551615");
    assert_status(machine_get(*state, PSB_NUM_THREADS), PSB_UNKNOWN);
    assert_part(machine_get(*state, PSB_UIDS), PSB_UIDS_REAL, 1000);
    assert_part(machine_get(*state, PSB_NUM_CTX_SWITCHES), PSB_NUM_CTX_SWITCHES_VOLUNTARY, 12);
}

/* Ids are of 32 bits; 2^32 must not become root. */
static void an_id_of_more_than_32_bits_is_never_believed(void **state)
{
    static const char *const IDS[] = {"\t18446744073709551615\t1001\t1002\t1003",
                                      "\t4294967296\t1001\t1002\t1003"};
    for (size_t i = 0; i < 2; i++) {
        status_with(*state, "Uid:", IDS[i]);
        psb_value uids = machine_get(*state, PSB_UIDS);
        assert_true(uids.status != PSB_OK || !(uids.known >> PSB_UIDS_REAL & 1));
        assert_int_not_equal(machine_get(*state, PSB_USERNAME).status, PSB_OK);
    }
}

static void a_zombie_may_have_no_threads(void **state)
{
    status_with(*state, "Threads:", "\t0");
    assert_integer(machine_get(*state, PSB_NUM_THREADS), 0);
}

/* ---- accounts ---- */

static void a_uid_without_an_account_is_told_in_decimal(void **state)
{
    assert_string(machine_get(*state, PSB_USERNAME), "lisa");
    machine_fails(*state, PSB_OP_USER_NAME, PSB_ABSENT, 0);
    assert_string(machine_get(*state, PSB_USERNAME), "1000");
}

/* ---- threads ---- */

static size_t frame(char *out, size_t room, int64_t tid, const char *name, const char *user,
                    const char *system)
{
    const char *column[STAT_COLUMNS];
    struct psb_linux_frame head = {.tid = tid};
    memcpy(column, STAT_SAMPLE, sizeof column);
    column[14] = user;
    column[15] = system;
    head.len = stat_text(out + sizeof head, room - sizeof head, name, strlen(name), column);
    memcpy(out, &head, sizeof head);
    return sizeof head + (size_t)head.len;
}

static void threads_with_hostile_names_have_their_own_times(void **state)
{
    static const char *const NAMED[] = {"cat", "x y (z)", "a) R 1 2 3", ")) S 7 (", "", "a\nb) 1"};
    enum { THREADS = sizeof NAMED / sizeof *NAMED };
    char frames[4096], user[16], system[16];
    size_t len = 0;
    for (int i = 0; i < THREADS; i++) {
        snprintf(user, sizeof user, "%d", 100 + i);
        snprintf(system, sizeof system, "%d", 200 + i);
        len += frame(frames + len, sizeof frames - len, 1000 + i, NAMED[i], user, system);
    }
    machine_says(*state, PSB_OP_LINUX_TASK, frames, len);
    psb_value threads = machine_get(*state, PSB_THREADS);
    assert_status(threads, PSB_OK);
    assert_int_equal(threads.count, THREADS);
    for (uint64_t i = 0; i < THREADS; i++) {
        assert_int_equal(threads.u.thread[i].id, 1000 + i);
        assert_int_equal(threads.u.thread[i].user_ns, (100 + i) * 10000000);
        assert_int_equal(threads.u.thread[i].system_ns, (200 + i) * 10000000);
    }
}

static void a_list_of_threads_cut_off_anywhere_is_malformed(void **state)
{
    char frames[2048];
    size_t first = frame(frames, sizeof frames, 1, "a", "1", "2");
    size_t len = first + frame(frames + first, sizeof frames - first, 2, "b", "3", "4");
    for (size_t cut = 1; cut < len; cut++) {
        machine_says(*state, PSB_OP_LINUX_TASK, frames, cut);
        assert_status(machine_get(*state, PSB_THREADS), cut == first ? PSB_OK : PSB_MALFORMED);
    }
}

static void a_thread_that_claims_more_bytes_than_there_are_is_malformed(void **state)
{
    static const uint64_t LENGTHS[] = {UINT64_MAX, UINT64_MAX - 15, INT64_MAX, 1 << 20};
    char frames[1024];
    size_t len = frame(frames, sizeof frames, 1, "a", "1", "2");
    for (size_t i = 0; i < sizeof LENGTHS / sizeof *LENGTHS; i++) {
        memcpy(frames + sizeof(int64_t), &LENGTHS[i], sizeof(uint64_t));
        machine_says(*state, PSB_OP_LINUX_TASK, frames, len);
        assert_status(machine_get(*state, PSB_THREADS), PSB_MALFORMED);
    }
}

static void a_thread_whose_time_cannot_be_is_unknown(void **state)
{
    char frames[1024];
    machine_says(*state, PSB_OP_LINUX_TASK, frames, frame(frames, sizeof frames, 1, "a", HUGE_NUMBER, "2"));
    assert_status(machine_get(*state, PSB_THREADS), PSB_UNKNOWN);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, machine_setup, machine_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_name_of_any_bytes_is_told_and_does_not_shift_columns),
        TEST(a_name_with_a_parenthesis_does_not_shift_columns),
        TEST(a_name_of_63_bytes_is_told_whole),
        TEST(a_name_longer_than_any_kernel_writes_is_malformed),
        TEST(a_stat_without_a_name_in_parentheses_is_malformed),
        TEST(every_column_of_a_known_stat_comes_out),
        TEST(every_letter_of_a_state_has_its_state),
        TEST(an_unheard_of_state_is_unknown_and_the_rest_is_told),
        TEST(a_number_that_makes_no_sense_in_a_column_of_stat_spoils_no_other_part),
        TEST(a_negative_number_where_none_can_be_is_never_believed),
        TEST(a_negative_time_of_children_is_not_known),
        TEST(a_negative_parent_is_no_process_to_ask_about),
        TEST(a_stat_cut_off_anywhere_gives_a_right_answer_or_none),
        TEST(a_stat_that_ends_before_column_42_has_no_iowait),
        TEST(a_name_cannot_spoof_a_line_of_status),
        TEST(a_line_missing_from_status_is_unknown_and_the_others_are_told),
        TEST(a_status_without_any_line_is_unknown),
        TEST(a_line_of_status_without_its_numbers_is_not_guessed),
        TEST(two_to_the_64th_less_one_in_status_is_no_number_of_threads),
        TEST(an_id_of_more_than_32_bits_is_never_believed),
        TEST(a_zombie_may_have_no_threads),
        TEST(a_uid_without_an_account_is_told_in_decimal),
        TEST(threads_with_hostile_names_have_their_own_times),
        TEST(a_list_of_threads_cut_off_anywhere_is_malformed),
        TEST(a_thread_that_claims_more_bytes_than_there_are_is_malformed),
        TEST(a_thread_whose_time_cannot_be_is_unknown),
    };
    return cmocka_run_group_tests_name("linux: stat, status, threads", tests, NULL, NULL);
}

/* test_field.c: field.def as data, and the rules by which answers are compared. */
#include "backend.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static psb_value of_integer(int64_t integer)
{
    return (psb_value){.u.integer = integer};
}

static psb_value of_real(double real)
{
    return (psb_value){.u.real = real};
}

static psb_value of_text(const char *bytes, size_t len)
{
    psb_value value = {0};
    value.u.text.bytes = bytes;
    value.u.text.len = len;
    return value;
}

static psb_value of_list(uint32_t count, const char *bytes, size_t len)
{
    psb_value value = of_text(bytes, len);
    value.count = count;
    return value;
}

static psb_value of_record(uint32_t known, uint64_t first, uint64_t second)
{
    psb_value value = {.known = known};
    value.u.part[0] = first;
    value.u.part[1] = second;
    return value;
}

static psb_value of_threads(uint32_t count, const psb_thread *thread)
{
    return (psb_value){.count = count, .u.thread = thread};
}

static bool equal(psb_field field, psb_value a, psb_value b)
{
    bool here = psb_value_equal(field, &a, &b);
    assert_int_equal(here, psb_value_equal(field, &b, &a));
    return here;
}

static bool between(psb_field field, psb_value before, psb_value value, psb_value after)
{
    return psb_value_between(field, &before, &value, &after);
}

/* ---- the rows ---- */

static bool is_lower_snake(const char *name)
{
    if (*name < 'a' || *name > 'z')
        return false;
    for (; *name; name++)
        if (!((*name >= 'a' && *name <= 'z') || (*name >= '0' && *name <= '9') ||
              (*name == '_' && name[1] && name[1] != '_')))
            return false;
    return true;
}

static void field_names_are_unique_and_lower_snake(void **state)
{
    for (psb_field field = 0; field < PSB_FIELDS; field++) {
        assert_true(is_lower_snake(psb_field_of(field)->name));
        for (psb_field other = 0; other < field; other++)
            assert_string_not_equal(psb_field_of(field)->name, psb_field_of(other)->name);
    }
}

static void every_field_has_unit_and_meaning(void **state)
{
    for (psb_field field = 0; field < PSB_FIELDS; field++) {
        assert_true(psb_field_of(field)->unit && *psb_field_of(field)->unit);
        assert_true(psb_field_of(field)->meaning && *psb_field_of(field)->meaning);
    }
}

static void fields_are_found_by_name_and_length(void **state)
{
    for (psb_field field = 0; field < PSB_FIELDS; field++) {
        const char *name = psb_field_of(field)->name;
        char longer[64];
        snprintf(longer, sizeof longer, "%s,ppid", name);
        assert_int_equal(psb_field_named(longer, strlen(name)), field);
        assert_int_equal(psb_field_named(longer, strlen(name) + 1), PSB_FIELDS);
    }
}

static void a_name_that_is_no_field_is_not_found(void **state)
{
    static const char *const NAMES[] = {"", "pid", "PPID", "ppi", "ppidd", " ppid"};
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++)
        assert_int_equal(psb_field_named(NAMES[i], strlen(NAMES[i])), PSB_FIELDS);
}

static void a_name_is_looked_up_within_its_length_only(void **state)
{
    static const char BYTES[] = {'p', 'p', 'i', 'd'};
    char *name = malloc(sizeof BYTES);
    assert_non_null(name);
    memcpy(name, BYTES, sizeof BYTES);
    assert_int_equal(psb_field_named(name, 4), PSB_PPID);
    assert_int_equal(psb_field_named(name, 3), PSB_FIELDS);
    free(name);
}

static void records_and_only_records_have_parts(void **state)
{
    for (psb_field field = 0; field < PSB_FIELDS; field++) {
        const psb_field_info *info = psb_field_of(field);
        assert_int_equal(info->parts > 0, info->kind == PSB_KIND_RECORD);
        assert_in_range(info->parts, 0, PSB_PARTS_MAX);
    }
}

static void parts_are_named_uniquely(void **state)
{
    for (psb_field field = 0; field < PSB_FIELDS; field++) {
        const psb_field_info *info = psb_field_of(field);
        assert_null(info->part[info->parts]);
        for (uint32_t i = 0; i < info->parts; i++) {
            assert_true(is_lower_snake(info->part[i]));
            for (uint32_t j = 0; j < i; j++)
                assert_string_not_equal(info->part[i], info->part[j]);
        }
    }
}

static void part_names_stand_at_the_index_of_their_enum(void **state)
{
#define P(field, id, name)                                   assert_string_equal(psb_field_of(PSB_##field)->part[PSB_##field##_##id], name);
#define FIELD(id, name, kind, unit, compare, parts, meaning) parts
#include "field.def"
#undef P
}

/* psb_value_between has no other rule for numbers that only grow. */
static void monotonic_fields_are_records_or_threads(void **state)
{
    for (psb_field field = 0; field < PSB_FIELDS; field++)
        if (psb_field_of(field)->compare == PSB_COMPARE_MONOTONIC)
            assert_true(psb_field_of(field)->kind == PSB_KIND_RECORD ||
                        psb_field_of(field)->kind == PSB_KIND_THREADS);
}

static void gauges_are_numbers_or_states(void **state)
{
    for (psb_field field = 0; field < PSB_FIELDS; field++)
        if (psb_field_of(field)->compare == PSB_COMPARE_GAUGE)
            assert_true(psb_field_of(field)->kind != PSB_KIND_TEXT &&
                        psb_field_of(field)->kind != PSB_KIND_LIST &&
                        psb_field_of(field)->kind != PSB_KIND_THREADS);
}

static void compare_rules_have_names(void **state)
{
    assert_string_equal(psb_compare_name(PSB_COMPARE_EXACT), "exact");
    assert_string_equal(psb_compare_name(PSB_COMPARE_MONOTONIC), "monotonic");
    assert_string_equal(psb_compare_name(PSB_COMPARE_GAUGE), "gauge");
}

static void status_names_are_unique_and_others_have_none(void **state)
{
    for (unsigned status = 0; status < PSB_STATUSES; status++) {
        assert_string_not_equal(psb_status_name((psb_status)status), "?");
        for (unsigned other = 0; other < status; other++)
            assert_string_not_equal(psb_status_name((psb_status)status), psb_status_name((psb_status)other));
    }
    assert_string_equal(psb_status_name(PSB_STATUSES), "?");
    assert_string_equal(psb_status_name((psb_status)255), "?");
}

static void state_names_are_unique_and_others_have_none(void **state)
{
    for (int64_t one = 0; one < PSB_STATES; one++) {
        assert_string_not_equal(psb_state_name(one), "?");
        for (int64_t other = 0; other < one; other++)
            assert_string_not_equal(psb_state_name(one), psb_state_name(other));
    }
    assert_string_equal(psb_state_name(-1), "?");
    assert_string_equal(psb_state_name(PSB_STATES), "?");
    assert_string_equal(psb_state_name(INT64_MIN), "?");
    assert_string_equal(psb_state_name(INT64_MAX), "?");
    assert_string_equal(psb_state_name(INT64_C(1) << 32), "?");
}

static void facts_are_the_first_five_statuses(void **state)
{
    for (unsigned status = 0; status < PSB_STATUSES; status++)
        assert_int_equal(psb_is_fact((psb_status)status), status <= PSB_UNKNOWN);
}

static void a_freed_pidlist_is_empty(void **state)
{
    psb_pidlist list = {malloc(sizeof(psb_pid)), 1};
    psb_pidlist_free(&list);
    assert_null(list.pid);
    assert_int_equal(list.count, 0);
    psb_pidlist_free(&list);
}

/* ---- equal ---- */

static void statuses_decide_before_values(void **state)
{
    for (psb_field field = 0; field < PSB_FIELDS; field++) {
        psb_value gone = psb_value_of_status(PSB_GONE, 3), denied = psb_value_of_status(PSB_DENIED, 3);
        psb_value other = psb_value_of_status(PSB_GONE, 2);
        assert_true(equal(field, gone, gone));
        assert_true(equal(field, gone, other)); /* an error number is no answer */
        assert_false(equal(field, gone, denied));
        assert_false(equal(field, gone, (psb_value){0}));
    }
}

static void numbers_are_equal_by_value(void **state)
{
    assert_true(equal(PSB_PPID, of_integer(-1), of_integer(-1)));
    assert_false(equal(PSB_PPID, of_integer(1), of_integer(INT64_C(1) << 32 | 1)));
    assert_false(equal(PSB_CREATE_TIME, of_integer(INT64_MAX), of_integer(INT64_MIN)));
    assert_false(equal(PSB_STATUS, of_integer(PSB_STATE_RUNNING), of_integer(PSB_STATE_SLEEPING)));
}

static void reals_are_equal_to_the_last_bit(void **state)
{
    assert_true(equal(PSB_CPU_PERCENT, of_real(0.1), of_real(0.1)));
    assert_false(equal(PSB_CPU_PERCENT, of_real(0.1 + 0.2), of_real(0.3)));
    assert_false(equal(PSB_CPU_PERCENT, of_real(0.0), of_real(-0.0)));
}

static void texts_are_equal_byte_for_byte(void **state)
{
    char here[] = "name", there[] = "name";
    assert_true(equal(PSB_NAME, of_text(here, 4), of_text(there, 4)));
    assert_false(equal(PSB_NAME, of_text(here, 4), of_text(there, 3)));
    there[3] = 'E';
    assert_false(equal(PSB_NAME, of_text(here, 4), of_text(there, 4)));
    assert_true(equal(PSB_NAME, of_text(NULL, 0), of_text(here, 0)));
}

static void lists_differ_by_count_and_by_bytes_behind_a_nul(void **state)
{
    assert_true(equal(PSB_CMDLINE, of_list(2, "a\0b", 4), of_list(2, "a\0b", 4)));
    assert_false(equal(PSB_CMDLINE, of_list(2, "a\0b", 4), of_list(2, "a\0c", 4)));
    assert_false(equal(PSB_CMDLINE, of_list(1, "", 1), of_list(0, "", 0)));
    assert_false(equal(PSB_CMDLINE, of_list(2, "a\0b", 4), of_list(1, "a\0b", 4)));
    assert_true(equal(PSB_CMDLINE, of_list(0, NULL, 0), of_list(0, "", 0)));
}

static void records_are_equal_in_their_known_parts(void **state)
{
    assert_true(equal(PSB_PAGE_FAULTS, of_record(3, 1, 2), of_record(3, 1, 2)));
    assert_false(equal(PSB_PAGE_FAULTS, of_record(3, 1, 2), of_record(3, 1, 3)));
    assert_true(equal(PSB_PAGE_FAULTS, of_record(1, 1, 2), of_record(1, 1, 3)));
    assert_false(equal(PSB_PAGE_FAULTS, of_record(1, 1, 2), of_record(3, 1, 2)));
    assert_false(equal(PSB_PAGE_FAULTS, of_record(1, 0, 0), of_record(2, 0, 0)));
}

static void threads_are_equal_row_by_row(void **state)
{
    psb_thread a[] = {{1, 10, 20}, {2, 30, 40}};
    for (int i = 0; i < 4; i++) {
        psb_thread b[] = {{1, 10, 20}, {2, 30 + (i == 1), 40 + (i == 2)}};
        b[1].id += i == 3;
        assert_int_equal(equal(PSB_THREADS, of_threads(2, a), of_threads(2, b)), i == 0);
    }
    assert_false(equal(PSB_THREADS, of_threads(1, a), of_threads(2, a)));
    assert_true(equal(PSB_THREADS, of_threads(0, NULL), of_threads(0, a)));
}

static void a_sum_of_two_times_is_not_the_two(void **state)
{
    psb_thread row = {1, 10, 0};
    psb_value apart = of_threads(1, &row), sum = of_threads(1, &row);
    sum.known = PSB_THREADS_SUM;
    assert_true(equal(PSB_THREADS, sum, sum));
    assert_false(equal(PSB_THREADS, apart, sum));
    assert_false(between(PSB_THREADS, apart, sum, apart));
}

/* ---- between ---- */

static void a_status_must_be_one_of_the_two(void **state)
{
    psb_value gone = psb_value_of_status(PSB_GONE, 0), denied = psb_value_of_status(PSB_DENIED, 0);
    for (psb_field field = 0; field < PSB_FIELDS; field++) {
        assert_true(between(field, (psb_value){0}, gone, gone));
        assert_true(between(field, denied, denied, gone));
        assert_false(between(field, (psb_value){0}, gone, denied));
        assert_false(between(field, (psb_value){0}, gone, (psb_value){0}));
        assert_false(between(field, gone, (psb_value){0}, gone));
    }
}

static void an_exact_field_equals_one_of_the_two(void **state)
{
    assert_true(between(PSB_PPID, of_integer(5), of_integer(5), of_integer(1)));
    assert_true(between(PSB_PPID, of_integer(5), of_integer(1), of_integer(1)));
    assert_false(between(PSB_PPID, of_integer(5), of_integer(3), of_integer(1)));
    assert_true(between(PSB_NAME, of_text("a", 1), of_text("b", 1), of_text("b", 1)));
    assert_false(between(PSB_NAME, of_text("a", 1), of_text("b", 1), of_text("c", 1)));
    assert_false(between(PSB_UIDS, of_record(3, 0, 0), of_record(3, 0, 7), of_record(3, 7, 7)));
    assert_false(between(PSB_CMDLINE, of_list(1, "a", 2), of_list(1, "b", 2), of_list(1, "c", 2)));
}

static void a_monotonic_number_lies_between(void **state)
{
    psb_value low = of_record(3, 10, UINT64_MAX - 2), high = of_record(3, 20, UINT64_MAX);
    assert_true(between(PSB_PAGE_FAULTS, low, of_record(3, 10, UINT64_MAX - 1), high));
    assert_true(between(PSB_PAGE_FAULTS, low, of_record(3, 20, UINT64_MAX - 2), high));
    assert_false(between(PSB_PAGE_FAULTS, low, of_record(3, 9, UINT64_MAX - 1), high));
    assert_false(between(PSB_PAGE_FAULTS, low, of_record(3, 21, UINT64_MAX - 1), high));
    assert_false(between(PSB_PAGE_FAULTS, low, of_record(3, 15, UINT64_MAX - 3), high));
}

static void every_part_is_held_to_the_rule(void **state)
{
    psb_value low = {.known = 0x1f}, high = {.known = 0x1f}, here = {.known = 0x1f};
    for (unsigned part = 0; part < PSB_CPU_TIMES_PARTS; part++)
        high.u.part[part] = here.u.part[part] = 100;
    low.u.part[0] = 50; /* so that the middle equals neither side */
    here.u.part[0] = 60;
    for (unsigned part = 0; part < PSB_CPU_TIMES_PARTS; part++) {
        psb_value wrong = here;
        wrong.u.part[part] = 101;
        assert_true(between(PSB_CPU_TIMES, low, here, high));
        assert_false(between(PSB_CPU_TIMES, low, wrong, high));
    }
}

static void known_parts_must_be_the_same_three_times(void **state)
{
    psb_value low = of_record(1, 10, 0), high = of_record(1, 20, 0);
    assert_true(between(PSB_PAGE_FAULTS, low, of_record(1, 15, 99), high));
    assert_false(between(PSB_PAGE_FAULTS, low, of_record(3, 15, 0), high));
    assert_false(between(PSB_PAGE_FAULTS, low, of_record(0, 15, 0), high));
    assert_false(between(PSB_PAGE_FAULTS, of_record(3, 10, 0), of_record(1, 15, 0), high));
}

static void a_gauge_may_halve_and_double(void **state)
{
    psb_value low = of_integer(1000), high = of_integer(2000);
    assert_true(between(PSB_NUM_FDS, low, of_integer(436), high));
    assert_false(between(PSB_NUM_FDS, low, of_integer(435), high));
    assert_true(between(PSB_NUM_FDS, low, of_integer(4064), high));
    assert_false(between(PSB_NUM_FDS, low, of_integer(4065), high));
    assert_true(between(PSB_NUM_FDS, high, of_integer(436), low));
    assert_true(between(PSB_NUM_FDS, high, of_integer(4064), low));
    assert_false(between(PSB_NUM_FDS, high, of_integer(4065), low));
}

static void a_gauge_near_zero_may_move_by_64(void **state)
{
    assert_true(between(PSB_CPU_NUM, of_integer(0), of_integer(63), of_integer(0)));
    assert_false(between(PSB_CPU_NUM, of_integer(0), of_integer(65), of_integer(0)));
    assert_true(between(PSB_CPU_PERCENT, of_real(0), of_real(64), of_real(0)));
    assert_false(between(PSB_CPU_PERCENT, of_real(0), of_real(64.5), of_real(0)));
}

static void a_wrong_unit_is_no_gauge_between(void **state)
{
    psb_value low = of_record(3, 100 << 20, 200 << 20), high = of_record(3, 101 << 20, 201 << 20);
    assert_true(between(PSB_MEMORY_INFO, low, of_record(3, 150 << 20, 250 << 20), high));
    assert_false(between(PSB_MEMORY_INFO, low, of_record(3, 100 << 10, 200 << 20), high));
    assert_false(between(PSB_MEMORY_INFO, low, of_record(3, 100 << 20, 200 << 10), high));
}

static void not_a_number_is_between_nothing(void **state)
{
    double nan = strtod("nan", NULL);
    assert_false(between(PSB_CPU_PERCENT, of_real(1), of_real(nan), of_real(2)));
    assert_false(between(PSB_CPU_PERCENT, of_real(nan), of_real(1), of_real(nan)));
}

static void any_state_may_be_passed_through(void **state)
{
    psb_value running = of_integer(PSB_STATE_RUNNING);
    for (int64_t one = 0; one < PSB_STATES; one++)
        assert_true(between(PSB_STATUS, running, of_integer(one), running));
    assert_false(between(PSB_STATUS, running, of_integer(PSB_STATES), running));
    assert_false(between(PSB_STATUS, running, of_integer(-1), running));
}

static void threads_come_and_go_between(void **state)
{
    psb_thread before[] = {{1, 10, 10}, {2, 5, 5}}, after[] = {{1, 20, 20}, {4, 1, 1}};
    psb_thread here[] = {{3, 99, 99}, {1, 15, 10}, {2, 6, 5}, {4, 0, 1}};
    assert_true(between(PSB_THREADS, of_threads(2, before), of_threads(4, here), of_threads(2, after)));
    assert_true(between(PSB_THREADS, of_threads(2, before), of_threads(0, NULL), of_threads(2, after)));
}

static void a_thread_seen_on_one_side_is_held_to_it(void **state)
{
    psb_thread before[] = {{1, 10, 10}, {2, 5, 5}}, after[] = {{1, 20, 20}, {4, 1, 1}};
    static const psb_thread WRONG[] = {{1, 9, 10}, {1, 10, 9}, {1, 21, 20}, {1, 20, 21},
                                       {2, 4, 5},  {2, 5, 4},  {4, 2, 1},   {4, 1, 2}};
    for (size_t i = 0; i < sizeof WRONG / sizeof *WRONG; i++)
        assert_false(
            between(PSB_THREADS, of_threads(2, before), of_threads(1, &WRONG[i]), of_threads(2, after)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(field_names_are_unique_and_lower_snake),
        cmocka_unit_test(every_field_has_unit_and_meaning),
        cmocka_unit_test(fields_are_found_by_name_and_length),
        cmocka_unit_test(a_name_that_is_no_field_is_not_found),
        cmocka_unit_test(a_name_is_looked_up_within_its_length_only),
        cmocka_unit_test(records_and_only_records_have_parts),
        cmocka_unit_test(parts_are_named_uniquely),
        cmocka_unit_test(part_names_stand_at_the_index_of_their_enum),
        cmocka_unit_test(monotonic_fields_are_records_or_threads),
        cmocka_unit_test(gauges_are_numbers_or_states),
        cmocka_unit_test(compare_rules_have_names),
        cmocka_unit_test(status_names_are_unique_and_others_have_none),
        cmocka_unit_test(state_names_are_unique_and_others_have_none),
        cmocka_unit_test(facts_are_the_first_five_statuses),
        cmocka_unit_test(a_freed_pidlist_is_empty),
        cmocka_unit_test(statuses_decide_before_values),
        cmocka_unit_test(numbers_are_equal_by_value),
        cmocka_unit_test(reals_are_equal_to_the_last_bit),
        cmocka_unit_test(texts_are_equal_byte_for_byte),
        cmocka_unit_test(lists_differ_by_count_and_by_bytes_behind_a_nul),
        cmocka_unit_test(records_are_equal_in_their_known_parts),
        cmocka_unit_test(threads_are_equal_row_by_row),
        cmocka_unit_test(a_sum_of_two_times_is_not_the_two),
        cmocka_unit_test(a_status_must_be_one_of_the_two),
        cmocka_unit_test(an_exact_field_equals_one_of_the_two),
        cmocka_unit_test(a_monotonic_number_lies_between),
        cmocka_unit_test(every_part_is_held_to_the_rule),
        cmocka_unit_test(known_parts_must_be_the_same_three_times),
        cmocka_unit_test(a_gauge_may_halve_and_double),
        cmocka_unit_test(a_gauge_near_zero_may_move_by_64),
        cmocka_unit_test(a_wrong_unit_is_no_gauge_between),
        cmocka_unit_test(not_a_number_is_between_nothing),
        cmocka_unit_test(any_state_may_be_passed_through),
        cmocka_unit_test(threads_come_and_go_between),
        cmocka_unit_test(a_thread_seen_on_one_side_is_held_to_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

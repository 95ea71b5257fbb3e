/* test_show.c: what is shown of values, above all of bytes that a hostile process chose. */
#include "show.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static char *shown; /* freed by forget() */
static json_t *json;

static int forget(void **state)
{
    free(shown);
    json_decref(json);
    shown = NULL;
    json = NULL;
    return 0;
}

static const char *show(psb_field field, psb_value value)
{
    free(shown);
    shown = psb_show(field, &value);
    assert_non_null(shown);
    return shown;
}

/* As JSON text with sorted keys. */
static const char *show_json(psb_field field, psb_value value)
{
    forget(NULL);
    json = psb_show_json(field, &value);
    assert_non_null(json);
    shown = json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS);
    assert_non_null(shown);
    return shown;
}

static psb_value of_bytes(const char *bytes, size_t len)
{
    return (psb_value){.u.text = {bytes, len}};
}

static psb_value of_text(const char *text)
{
    return of_bytes(text, strlen(text));
}

static psb_value of_list(uint32_t count, const char *bytes, size_t len)
{
    return (psb_value){.count = count, .u.text = {bytes, len}};
}

#define LIST(count, bytes) of_list(count, bytes, sizeof bytes)

/* ---- the kinds ---- */

static void integers_and_instants_are_decimal(void **state)
{
    assert_string_equal(show(PSB_PPID, (psb_value){.u.integer = 4711}), "4711");
    assert_string_equal(show(PSB_NICE, (psb_value){.u.integer = -20}), "-20");
    assert_string_equal(show(PSB_CREATE_TIME, (psb_value){.u.integer = INT64_MAX}), "9223372036854775807");
    assert_string_equal(show(PSB_NUM_FDS, (psb_value){.u.integer = INT64_MIN}), "-9223372036854775808");
    assert_string_equal(show_json(PSB_PPID, (psb_value){.u.integer = INT64_MAX}),
                        "{\"status\":\"ok\",\"value\":9223372036854775807}");
    assert_string_equal(show_json(PSB_NICE, (psb_value){.u.integer = -20}),
                        "{\"status\":\"ok\",\"value\":-20}");
}

static void reals_have_three_decimals(void **state)
{
    assert_string_equal(show(PSB_CPU_PERCENT, (psb_value){.u.real = 12.5}), "12.500");
    assert_string_equal(show(PSB_MEMORY_PERCENT, (psb_value){.u.real = 0}), "0.000");
    show_json(PSB_CPU_PERCENT, (psb_value){.u.real = 12.345678901234567});
    assert_true(json_real_value(json_object_get(json, "value")) == 12.345678901234567);
}

static void a_real_of_any_size_is_shown(void **state)
{
    static const double REALS[] = {1e15, -1e100, 1e200, 1.7976931348623157e308};
    for (size_t i = 0; i < sizeof REALS / sizeof *REALS; i++) {
        psb_value value = {.u.real = REALS[i]};
        forget(NULL);
        shown = psb_show(PSB_CPU_PERCENT, &value);
        if (!shown)
            fail_msg("%g is not shown", REALS[i]);
        assert_true(strtod(shown, NULL) == REALS[i]);
    }
}

static void states_are_shown_by_name(void **state)
{
    assert_string_equal(show(PSB_STATUS, (psb_value){.u.integer = PSB_STATE_ZOMBIE}), "zombie");
    assert_string_equal(show_json(PSB_STATUS, (psb_value){.u.integer = PSB_STATE_DISK_SLEEP}),
                        "{\"status\":\"ok\",\"value\":\"disk-sleep\"}");
}

static void a_state_that_is_none_is_a_question_mark(void **state)
{
    assert_string_equal(show(PSB_STATUS, (psb_value){.u.integer = 4711}), "?");
    assert_string_equal(show(PSB_STATUS, (psb_value){.u.integer = -1}), "?");
    assert_string_equal(show_json(PSB_STATUS, (psb_value){.u.integer = PSB_STATES}),
                        "{\"status\":\"ok\",\"value\":\"?\"}");
}

static void plain_text_is_shown_as_it_is(void **state)
{
    assert_string_equal(show(PSB_NAME, of_text("kworker/0:1-ev (x) 'y'")), "kworker/0:1-ev (x) 'y'");
    assert_string_equal(show(PSB_NAME, of_text("naïve 日本 😀")), "naïve 日本 😀");
    assert_string_equal(show(PSB_NAME, of_text("")), "");
    assert_string_equal(show(PSB_NAME, of_bytes("abcdef", 3)), "abc");
    show_json(PSB_NAME, of_text("naïve 日本 😀"));
    assert_string_equal(json_string_value(json_object_get(json, "value")), "naïve 日本 😀");
    assert_int_equal(json_object_size(json), 2);
    assert_string_equal(show_json(PSB_NAME, of_text("")), "{\"status\":\"ok\",\"value\":\"\"}");
    assert_string_equal(show_json(PSB_CWD, of_bytes("abcdef", 3)), "{\"status\":\"ok\",\"value\":\"abc\"}");
}

static void lists_show_each_string_between_quotes(void **state)
{
    assert_string_equal(show(PSB_CMDLINE, LIST(3, "a\0-b c\0d")), "'a' '-b c' 'd'");
    assert_string_equal(show_json(PSB_CMDLINE, LIST(3, "a\0-b c\0d")),
                        "{\"status\":\"ok\",\"value\":[\"a\",\"-b c\",\"d\"]}");
}

static void empty_strings_of_a_list_are_shown(void **state)
{
    assert_string_equal(show(PSB_CMDLINE, LIST(1, "")), "''");
    assert_string_equal(show(PSB_CMDLINE, LIST(4, "\0a\0\0")), "'' 'a' '' ''");
    assert_string_equal(show_json(PSB_CMDLINE, LIST(4, "\0a\0\0")),
                        "{\"status\":\"ok\",\"value\":[\"\",\"a\",\"\",\"\"]}");
}

static void a_list_of_nothing_is_no_list_of_an_empty_string(void **state)
{
    assert_string_equal(show(PSB_CMDLINE, of_list(0, "", 0)), "(none)");
    assert_string_equal(show_json(PSB_CMDLINE, of_list(0, "", 0)), "{\"status\":\"ok\",\"value\":[]}");
}

static void records_name_their_parts(void **state)
{
    psb_value uids = {.known = 7, .u.part = {0, 1000, UINT64_MAX}};
    assert_string_equal(show(PSB_UIDS, uids), "real=0 effective=1000 saved=18446744073709551615");
    uids.u.part[2] = INT64_MAX;
    assert_string_equal(
        show_json(PSB_UIDS, uids),
        "{\"status\":\"ok\",\"value\":{\"effective\":1000,\"real\":0,\"saved\":9223372036854775807}}");
}

static void unknown_parts_are_told_from_zero(void **state)
{
    psb_value uids = {.known = 1u << PSB_UIDS_EFFECTIVE, .u.part = {7, 0, 7}};
    assert_string_equal(show(PSB_UIDS, uids), "real=? effective=0 saved=?");
    assert_string_equal(show_json(PSB_UIDS, uids),
                        "{\"status\":\"ok\",\"value\":{\"effective\":0,\"real\":null,\"saved\":null}}");
}

static void every_record_shows_all_of_its_parts(void **state)
{
    for (psb_field field = 0; field < PSB_FIELDS; field++) {
        const psb_field_info *info = psb_field_of(field);
        psb_value value = {.known = UINT32_MAX};
        if (info->kind != PSB_KIND_RECORD)
            continue;
        for (uint32_t i = 0; i < info->parts; i++)
            value.u.part[i] = UINT64_MAX - i;
        const char *at = show(field, value);
        for (uint32_t i = 0; i < info->parts; i++)
            assert_non_null(at = strstr(at, info->part[i]));
        show_json(field, value);
        assert_int_equal(json_object_size(json_object_get(json, "value")), info->parts);
    }
}

static void a_count_beyond_json_integers_becomes_a_real(void **state)
{
    psb_value uids = {.known = 7, .u.part = {UINT64_MAX, (uint64_t)INT64_MAX + 1, 1}};
    show_json(PSB_UIDS, uids);
    const json_t *value = json_object_get(json, "value");
    assert_true(json_real_value(json_object_get(value, "real")) == 18446744073709551616.0);
    assert_true(json_real_value(json_object_get(value, "effective")) == 9223372036854775808.0);
    assert_true(json_is_integer(json_object_get(value, "saved")));
}

static void threads_are_rows(void **state)
{
    static const psb_thread ROWS[] = {{1, 20, 3}, {INT64_MAX, UINT64_MAX, 0}};
    psb_value value = {.count = 2, .u.thread = ROWS};
    assert_string_equal(show(PSB_THREADS, value),
                        "1:user=20,system=3 9223372036854775807:user=18446744073709551615,system=0");
    value.count = 1;
    assert_string_equal(show_json(PSB_THREADS, value),
                        "{\"status\":\"ok\",\"value\":[{\"id\":1,\"system\":3,\"user\":20}]}");
    value.known = PSB_THREADS_SUM;
    assert_string_equal(show(PSB_THREADS, value), "1:user=?,system=?,total=20");
    assert_string_equal(
        show_json(PSB_THREADS, value),
        "{\"status\":\"ok\",\"value\":[{\"id\":1,\"system\":null,\"total\":20,\"user\":null}]}");
    value = (psb_value){0};
    assert_string_equal(show(PSB_THREADS, value), "");
    assert_string_equal(show_json(PSB_THREADS, value), "{\"status\":\"ok\",\"value\":[]}");
}

/* ---- statuses ---- */

static void a_status_stands_in_angle_brackets(void **state)
{
    for (psb_field field = 0; field < PSB_FIELDS; field++)
        for (psb_status status = PSB_ABSENT; status < PSB_STATUSES; status++) {
            char text[64], with_error[64];
            snprintf(text, sizeof text, "<%s>", psb_status_name(status));
            snprintf(with_error, sizeof with_error, "<%s, error 13>", psb_status_name(status));
            assert_string_equal(show(field, psb_value_of_status(status, 0)), text);
            assert_string_equal(show(field, psb_value_of_status(status, 13)), with_error);
        }
}

static void a_status_has_no_value_in_json(void **state)
{
    for (psb_field field = 0; field < PSB_FIELDS; field++)
        for (psb_status status = PSB_ABSENT; status < PSB_STATUSES; status++) {
            char text[64], with_error[64];
            snprintf(text, sizeof text, "{\"status\":\"%s\"}", psb_status_name(status));
            snprintf(with_error, sizeof with_error, "{\"os_error\":2,\"status\":\"%s\"}",
                     psb_status_name(status));
            assert_string_equal(show_json(field, psb_value_of_status(status, 0)), text);
            assert_string_equal(show_json(field, psb_value_of_status(status, 2)), with_error);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(integers_and_instants_are_decimal, forget),
        cmocka_unit_test_teardown(reals_have_three_decimals, forget),
        cmocka_unit_test_teardown(a_real_of_any_size_is_shown, forget),
        cmocka_unit_test_teardown(states_are_shown_by_name, forget),
        cmocka_unit_test_teardown(a_state_that_is_none_is_a_question_mark, forget),
        cmocka_unit_test_teardown(plain_text_is_shown_as_it_is, forget),
        cmocka_unit_test_teardown(lists_show_each_string_between_quotes, forget),
        cmocka_unit_test_teardown(empty_strings_of_a_list_are_shown, forget),
        cmocka_unit_test_teardown(a_list_of_nothing_is_no_list_of_an_empty_string, forget),
        cmocka_unit_test_teardown(records_name_their_parts, forget),
        cmocka_unit_test_teardown(unknown_parts_are_told_from_zero, forget),
        cmocka_unit_test_teardown(every_record_shows_all_of_its_parts, forget),
        cmocka_unit_test_teardown(a_count_beyond_json_integers_becomes_a_real, forget),
        cmocka_unit_test_teardown(threads_are_rows, forget),
        cmocka_unit_test_teardown(a_status_stands_in_angle_brackets, forget),
        cmocka_unit_test_teardown(a_status_has_no_value_in_json, forget),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

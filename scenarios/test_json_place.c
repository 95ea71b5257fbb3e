/* test_json_place.c: where values stand. Each text shows the place itself: a '@' is put before it, and taken
 * out again. */
#include "json_place.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { STEPS_MAX = 8 };

/* An array of its own that ends with the text: AddressSanitizer sees a byte too far. */
static char *exactly(const char *text, size_t len)
{
    char *copy = malloc(len + !len);
    assert_non_null(copy);
    memcpy(copy, text, len);
    return copy;
}

/* Steps of this form: "key" is a member, "#3" is an element. */
static size_t steps_of(const char *const *path, psb_step *step)
{
    size_t steps = 0;
    for (; path[steps]; steps++)
        step[steps] = path[steps][0] == '#' ? (psb_step){.index = strtoul(path[steps] + 1, NULL, 10)}
                                            : (psb_step){.key = path[steps]};
    return steps;
}

static void assert_place(const char *marked, const char *const *path)
{
    const char *mark = strchr(marked, '@');
    assert_non_null(mark);
    size_t at = (size_t)(mark - marked), len = strlen(marked) - 1, line = 1, column = 1;
    psb_step step[STEPS_MAX];
    size_t steps = steps_of(path, step);
    char *text = exactly(marked, len);
    memcpy(text + at, mark + 1, len - at);
    for (size_t i = 0; i < at; i++) {
        column = text[i] == '\n' ? 1 : column + 1;
        line += text[i] == '\n';
    }
    psb_place place = psb_json_place(text, len, step, steps);
    free(text);
    if (place.line != line || place.column != column)
        fail_msg("%zu:%zu instead of %zu:%zu in %s", place.line, place.column, line, column, marked);
}

#define PLACE(marked, ...) assert_place(marked, (const char *const[]){__VA_ARGS__, NULL})

static void no_steps_lead_to_the_value_itself(void **state)
{
    const char *const nowhere[] = {NULL};
    assert_place("@{}", nowhere);
    assert_place("  \t@[1]", nowhere);
    assert_place("\n\r\n @\"text\"", nowhere);
}

static void a_member_stands_at_its_key(void **state)
{
    PLACE("{@\"a\": 1}", "a");
    PLACE("{\"a\": 1, @\"b\": 2}", "b");
    PLACE("{\"a\":1,@\"b\":2,\"c\":3}", "b");
    PLACE("{\n  \"a\": 1,\n  @\"b\": 2\n}", "b");
}

static void an_element_stands_at_itself(void **state)
{
    PLACE("[@1]", "#0");
    PLACE("[1, @2, 3]", "#1");
    PLACE("[1, 2,\n\n   @3]", "#2");
    PLACE("[true,false,@null]", "#2");
    PLACE("[-1.5e+3, @0]", "#1");
}

static void steps_lead_into_nested_values(void **state)
{
    PLACE("{\"a\": {\"b\": [0, {@\"c\": 1}]}}", "a", "b", "#1", "c");
    PLACE("[[1, 2], [3, [4, @5]]]", "#1", "#1", "#1");
    PLACE("{\n \"fields\": {\n  \"linux\": [\"a\",\n   @\"b\"]}}", "fields", "linux", "#1");
}

static void values_before_are_skipped_whole(void **state)
{
    PLACE("{\"x\": {\"b\": 1, \"y\": [1, {\"b\": 2}]}, @\"b\": 3}", "b");
    PLACE("[[[[]]], {\"a\": {}}, @7]", "#2");
    PLACE("[[1, 2, 3], @4]", "#1");
    PLACE("{\"a\": [1, 2], @\"b\": [3, 4]}", "b");
}

static void empty_containers_are_values(void **state)
{
    PLACE("[{}, [], @1]", "#2");
    PLACE("[ { } , [ ] , @1 ]", "#2");
    PLACE("{\"a\": {}, @\"b\": []}", "b");
    PLACE("{@\"a\": {}}", "a");
    PLACE("[@{}]", "#0");
}

static void brackets_and_commas_in_strings_are_text(void **state)
{
    PLACE("[\"],[\", @2]", "#1");
    PLACE("{\"a\": \"}, \\\"b\\\": {\", @\"b\": 1}", "b");
    PLACE("{\"a}\": 1, @\"b\": 2}", "b");
    PLACE("{\"{\": [\"[\", \"]\"], @\"b\": 2}", "b");
}

static void escaped_quotes_do_not_end_a_string(void **state)
{
    PLACE("[\"\\\"\", @1]", "#1");
    PLACE("[\"\\\\\", @1]", "#1");
    PLACE("[\"\\\\\\\"]\", @1]", "#1");
    PLACE("{\"a\\\"b\": 1, @\"b\": 2}", "b");
    PLACE("[\"\\u005d\\n\\/\", @1]", "#1");
}

static void a_key_is_found_by_its_whole_name(void **state)
{
    PLACE("{\"ab\": 1, @\"a\": 2}", "a");
    PLACE("{\"a\": 1, @\"ab\": 2}", "ab");
    PLACE("{\"xa\": 1, \"ax\": 2, @\"a\": 3}", "a");
    PLACE("{\"x\": \"a\", @\"a\": 1}", "a");
    PLACE("{\"x\": 1, @\"\": 1}", "");
}

static void of_two_equal_keys_it_is_the_first(void **state)
{
    PLACE("{@\"a\": 1, \"a\": 2}", "a");
}

static void columns_are_bytes(void **state)
{
    PLACE("{\"\xc3\xa9\xe2\x82\xac\": 1, @\"b\": 2}", "b");
    PLACE("[\"\xf0\x9f\x98\x80\", @1]", "#1");
    PLACE("{@\"\xc3\xa9\": 1}", "\xc3\xa9");
}

static void a_line_ends_at_its_newline(void **state)
{
    PLACE("[1,\r\n@2]", "#1");
    PLACE("[1,\n\n\n@2]", "#1");
    PLACE("[\"a\",\n\t@2]", "#1");
}

static void blanks_may_stand_anywhere(void **state)
{
    PLACE(" { \"a\" : 1 , @\"b\" : [ 1 ] } ", "b");
    PLACE("{\"a\"\n:\n[\n1\n,\n@2\n]\n}", "a", "#1");
}

static void a_step_that_leads_nowhere_stays_at_the_last_value(void **state)
{
    PLACE("@{\"a\": 1}", "b");
    PLACE("@{}", "a");
    PLACE("@[]", "#0");
    PLACE("@[1, 2]", "#2");
    PLACE("{@\"a\": {\"b\": 1}}", "a", "c");
    PLACE("{@\"a\": [1, 2]}", "a", "#5");
    PLACE("[0, @{\"a\": 1}]", "#1", "b", "c");
    PLACE("  @5", "a");
}

static void a_member_is_found_by_its_number_too(void **state)
{
    PLACE("{@\"a\": 1}", "#0");
    PLACE("{\"a\": {}, @\"b\": 1}", "#1");
    PLACE("@{\"a\": 1}", "#1");
}

static void members_may_be_counted_too(void **state)
{
    PLACE("{@\"a\": 1}", "#0");
    PLACE("{\"a\": 1, @\"b\\n\": 2}", "#1");
    PLACE("{\"a\": {\"x\": [1, 2]}, \"b\": {\"c\": 1, @\"d\": 2}}", "#1", "#1");
    PLACE("{\"a\": [0], \"b\": [1, @2]}", "#1", "#1");
    PLACE("@{\"a\": 1}", "#1");
    PLACE("@{}", "#0");
}

static void an_offset_is_a_place(void **state)
{
    static const char TEXT[] = "a\nbc\n\n\xc3\xa9.";
    static const size_t LINE[] = {1, 1, 2, 2, 2, 3, 4, 4, 4}, COLUMN[] = {1, 2, 1, 2, 3, 1, 1, 2, 3};
    for (size_t i = 0; i < sizeof LINE / sizeof *LINE; i++) {
        psb_place place = psb_json_offset(TEXT, i);
        assert_int_equal(place.line, LINE[i]);
        assert_int_equal(place.column, COLUMN[i]);
    }
}

static void a_step_of_the_wrong_kind_leads_nowhere(void **state)
{
    PLACE("@[1]", "a");
    PLACE("@1", "#0");
    PLACE("{@\"a\": 1}", "a", "#0");
    PLACE("{@\"a\": \"b\"}", "a", "b");
    PLACE("{\"x\": {\"a\": 1}, @\"a\": [1]}", "a", "a");
}

static void no_text_is_at_its_start(void **state)
{
    psb_step step[] = {{.key = "a"}};
    char *empty = exactly("", 0);
    psb_place place = psb_json_place(empty, 0, step, 1);
    assert_true(place.line == 1 && place.column == 1);
    free(empty);
}

/* ---- text that is no JSON must do no harm ---- */

static const char WHOLE[] =
    "{\"schema\": \"x\\\"]\", \"e\\\\\": [ { }, [] ], \"a\": {\"b\\n\": [1.5, true, \"\\u00e9}\", "
    "{\"c\": null}]}, \"\xc3\xa9\": \"\\\\\"}\n";

static void assert_within(const char *text, size_t len, const psb_step *step, size_t steps)
{
    char *exact = exactly(text, len);
    psb_place place = psb_json_place(exact, len, step, steps);
    free(exact);
    assert_true(place.line >= 1 && place.line <= len + 1);
    assert_true(place.column >= 1 && place.column <= len + 1);
}

static void assert_all_paths_within(const char *text, size_t len)
{
    static const char *const PATH[][5] = {{NULL},
                                          {"schema"},
                                          {"e\\\\", "#1", "#0"},
                                          {"a", "b\\n", "#3", "c"},
                                          {"a", "b\\n", "#9"},
                                          {"\xc3\xa9", "x"},
                                          {"nowhere"},
                                          {"#0"},
                                          {"#1000000"}};
    for (size_t i = 0; i < sizeof PATH / sizeof *PATH; i++) {
        psb_step step[STEPS_MAX];
        size_t steps = steps_of(PATH[i], step);
        assert_within(text, len, step, steps);
    }
}

static void truncated_text_is_not_read_past_its_end(void **state)
{
    for (size_t len = 0; len < sizeof WHOLE; len++)
        assert_all_paths_within(WHOLE, len);
}

static void text_that_starts_anywhere_is_not_read_past_its_end(void **state)
{
    for (size_t from = 0; from < sizeof WHOLE; from++)
        for (size_t len = 0; len <= 3 && from + len < sizeof WHOLE; len++)
            assert_all_paths_within(WHOLE + from, len);
}

static uint32_t draw(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(*state >> 33);
}

static void random_text_of_json_characters_does_no_harm(void **state)
{
    static const char SOUP[] = "{}[]{[\"\"\":,,\\ \na1";
    uint64_t seed = 1;
    char text[24];
    psb_step step[] = {{.key = "a"}, {.index = 1}, {.key = ""}};
    for (int i = 0; i < 60000; i++) {
        size_t len = draw(&seed) % sizeof text;
        text[0] = i % 2 ? '{' : '[';
        for (size_t k = 1; k < len; k++)
            text[k] = SOUP[draw(&seed) % (sizeof SOUP - 1)];
        assert_within(text, len, step + i % 2, 2);
        assert_within(text, len, step, 3);
    }
}

/* Without recursion, no depth is too much. */
static void deep_text_does_not_exhaust_the_stack(void **state)
{
    size_t depth = 1 << 20;
    char *text = malloc(2 * depth + 4);
    assert_non_null(text);
    memset(text, '[', depth + 1);
    memset(text + depth + 1, ']', depth);
    memcpy(text + 2 * depth + 1, ",7]", 3);
    psb_step step[] = {{.index = 1}};
    psb_place place = psb_json_place(text, 2 * depth + 4, step, 1);
    assert_int_equal(place.column, 2 * depth + 3);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_steps_lead_to_the_value_itself),
        cmocka_unit_test(a_member_stands_at_its_key),
        cmocka_unit_test(an_element_stands_at_itself),
        cmocka_unit_test(steps_lead_into_nested_values),
        cmocka_unit_test(values_before_are_skipped_whole),
        cmocka_unit_test(empty_containers_are_values),
        cmocka_unit_test(brackets_and_commas_in_strings_are_text),
        cmocka_unit_test(escaped_quotes_do_not_end_a_string),
        cmocka_unit_test(a_key_is_found_by_its_whole_name),
        cmocka_unit_test(of_two_equal_keys_it_is_the_first),
        cmocka_unit_test(columns_are_bytes),
        cmocka_unit_test(a_line_ends_at_its_newline),
        cmocka_unit_test(blanks_may_stand_anywhere),
        cmocka_unit_test(a_step_that_leads_nowhere_stays_at_the_last_value),
        cmocka_unit_test(a_member_is_found_by_its_number_too),
        cmocka_unit_test(members_may_be_counted_too),
        cmocka_unit_test(an_offset_is_a_place),
        cmocka_unit_test(a_step_of_the_wrong_kind_leads_nowhere),
        cmocka_unit_test(no_text_is_at_its_start),
        cmocka_unit_test(truncated_text_is_not_read_past_its_end),
        cmocka_unit_test(text_that_starts_anywhere_is_not_read_past_its_end),
        cmocka_unit_test(random_text_of_json_characters_does_no_harm),
        cmocka_unit_test(deep_text_does_not_exhaust_the_stack),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

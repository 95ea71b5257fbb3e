/* test_scenario_mistakes.c: every kind of mistake is refused where it stands, and by name. A '@' in a text
 * marks the place that must be told, and is taken out. */
#include "scenario.h"

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SCHEMA      "\"schema\": \"psbench-scenario/1\", "
#define NAME        "\"name\": \"n\", "
#define MEANING     "\"meaning\": \"m\",\n "
#define POPULATIONS "\"populations\": [\"self\"], "
#define ASK         "\"ask\": \"each\",\n "
#define FIELDS      "\"fields\": \"all\""

static char why[512];

/* Parses the text without its '@' and returns what comes after the place, which must be the mark's. */
static const char *refused(const char *marked)
{
    static psb_scenario scenario;
    const char *mark = strchr(marked, '@');
    char expected[64];
    assert_non_null(mark);
    size_t at = (size_t)(mark - marked), len = strlen(marked) - 1, line = 1, column = 1;
    char *text = malloc(len);
    assert_non_null(text);
    memcpy(text, marked, at);
    memcpy(text + at, mark + 1, len - at);
    for (size_t i = 0; i < at; i++) {
        column = text[i] == '\n' ? 1 : column + 1;
        line += text[i] == '\n';
    }
    strcpy(why, "");
    bool good = psb_scenario_parse(text, len, "test.json", &scenario, why, sizeof why);
    free(text);
    if (good)
        fail_msg("this was taken for a scenario: %s", marked);
    snprintf(expected, sizeof expected, "test.json:%zu:%zu: ", line, column);
    if (strncmp(why, expected, strlen(expected)) != 0)
        fail_msg("'%s' should begin with '%s'", why, expected);
    return why + strlen(expected);
}

static void assert_refused(const char *marked, const char *culprit)
{
    const char *message = refused(marked);
    if (!strstr(message, culprit))
        fail_msg("'%s' does not name %s", why, culprit);
    for (const char *byte = why; *byte; byte++)
        if (iscntrl((unsigned char)*byte))
            fail_msg("control character 0x%02x in a message", (unsigned char)*byte);
}

/* Of each key, values that it cannot have. */
static void assert_each_refused(const char *before, const char *key, const char *const *values,
                                const char *after)
{
    for (; *values; values++) {
        char text[1024];
        snprintf(text, sizeof text, "{%s@\"%s\": %s%s}", before, key, *values, after);
        assert_refused(text, key);
    }
}

#define EACH_REFUSED(before, key, after, ...)                                                                \
    assert_each_refused(before, key, (const char *const[]){__VA_ARGS__, NULL}, after)

/* ---- keys ---- */

static void an_unknown_key_is_refused(void **state)
{
    assert_refused("{" SCHEMA NAME MEANING POPULATIONS ASK FIELDS ", @\"colour\": 1}", "'colour'");
    assert_refused("{@\"Schema\": 1, " SCHEMA NAME MEANING POPULATIONS ASK FIELDS "}", "'Schema'");
    assert_refused("{" SCHEMA "\n\n  @\"\": null, " NAME MEANING POPULATIONS ASK FIELDS "}", "''");
}

static void a_missing_key_is_named(void **state)
{
    assert_refused("@{" NAME MEANING POPULATIONS ASK FIELDS "}", "'schema'");
    assert_refused("@{" SCHEMA MEANING POPULATIONS ASK FIELDS "}", "'name'");
    assert_refused("@{" SCHEMA NAME POPULATIONS ASK FIELDS "}", "'meaning'");
    assert_refused("@{" SCHEMA NAME MEANING ASK FIELDS "}", "'populations'");
    assert_refused("@{" SCHEMA NAME MEANING POPULATIONS FIELDS "}", "'ask'");
    assert_refused("@{" SCHEMA NAME MEANING POPULATIONS "\"ask\": \"each\"}", "'fields'");
    assert_refused("\n @{}", "'schema'");
}

static void a_scenario_must_be_an_object(void **state)
{
    assert_refused("@[]", "object");
    assert_refused("\n\n  @[{}]", "object");
}

static void another_schema_is_refused(void **state)
{
    assert_refused("{@\"schema\": \"psbench-scenario/2\", " NAME MEANING POPULATIONS ASK FIELDS "}",
                   "'psbench-scenario/2'");
    assert_refused("{" NAME "@\"schema\": \"x\", " MEANING POPULATIONS ASK FIELDS "}",
                   "'psbench-scenario/1'");
}

static void a_value_of_the_wrong_type_is_refused(void **state)
{
    EACH_REFUSED("", "schema", ", " NAME MEANING POPULATIONS ASK FIELDS, "1", "null", "[]", "{}", "true",
                 "\"\"");
    EACH_REFUSED(SCHEMA, "name", ", " MEANING POPULATIONS ASK FIELDS, "1", "null", "[]", "{}", "\"\"");
    EACH_REFUSED(SCHEMA NAME, "meaning", ", " POPULATIONS ASK FIELDS, "1.5", "null", "[]", "{}", "\"\"");
    EACH_REFUSED(SCHEMA NAME MEANING, "populations", ", " ASK FIELDS, "1", "null", "\"self\"", "{}", "false");
    EACH_REFUSED(SCHEMA NAME MEANING POPULATIONS, "ask", ", " FIELDS, "1", "null", "[\"each\"]", "\"\"",
                 "\"Each\"", "\"both\"");
    EACH_REFUSED(SCHEMA NAME MEANING POPULATIONS ASK, "fields", "", "1", "null", "true", "\"most\"", "\"\"");
}

static void text_that_is_too_long_is_refused(void **state)
{
    char name[PSB_SCENARIO_NAME + 3] = "", meaning[256 + 3] = "", text[1024];
    memset(name, 'n', PSB_SCENARIO_NAME);
    memset(meaning, 'm', 256);
    snprintf(text, sizeof text, "{%s@\"name\": \"%s\", %s}", SCHEMA, name, MEANING POPULATIONS ASK FIELDS);
    assert_refused(text, "'name'");
    snprintf(text, sizeof text, "{%s@\"meaning\": \"%s\", %s}", SCHEMA NAME, meaning, POPULATIONS ASK FIELDS);
    assert_refused(text, "'meaning'");
    assert_refused(
        "{" SCHEMA NAME MEANING POPULATIONS "@\"ask\": \"together together together\", " FIELDS "}", "'ask'");
}

/* ---- populations ---- */

static void an_unknown_population_is_refused(void **state)
{
    assert_refused("{" SCHEMA NAME MEANING "\"populations\": [\"self\",\n @\"orphan\"], " ASK FIELDS "}",
                   "'orphan'");
    assert_refused("{" SCHEMA NAME MEANING "\"populations\": [@\"\"], " ASK FIELDS "}", "''");
    assert_refused("{" SCHEMA NAME MEANING "\"populations\": [@\"selfish\"], " ASK FIELDS "}", "'selfish'");
}

static void a_population_must_be_text(void **state)
{
    assert_refused("{" SCHEMA NAME MEANING "\"populations\": [\"self\", @7], " ASK FIELDS "}", "population");
    assert_refused("{" SCHEMA NAME MEANING "\"populations\": [@[\"self\"]], " ASK FIELDS "}", "population");
}

static void a_population_asked_for_twice_is_refused(void **state)
{
    assert_refused("{" SCHEMA NAME MEANING "\"populations\": [\"self\", @\"self\"], " ASK FIELDS "}",
                   "twice");
}

static void no_or_too_many_populations_are_refused(void **state)
{
    EACH_REFUSED(SCHEMA NAME MEANING, "populations", ", " ASK FIELDS, "[]",
                 "[\"self\",\"self\",\"self\",\"self\",\"self\",\"self\",\"self\",\"self\",\"self\"]");
}

/* ---- fields ---- */

static void an_unknown_field_is_refused(void **state)
{
    assert_refused("{" SCHEMA NAME MEANING POPULATIONS ASK "\"fields\": [\"name\",\n\n  @\"pid\"]}", "'pid'");
    assert_refused("{" SCHEMA NAME MEANING POPULATIONS ASK
                   "\"fields\": {\"linux\": [\"name\"], \"macos\": [\"ppid\", @\"nam\"]}}",
                   "'nam'");
    assert_refused("{" SCHEMA NAME MEANING POPULATIONS ASK "\"fields\": [@\"all\"]}", "'all'");
}

static void a_field_asked_for_twice_is_refused(void **state)
{
    assert_refused("{" SCHEMA NAME MEANING POPULATIONS ASK "\"fields\": [\"name\", \"ppid\", @\"name\"]}",
                   "'name'");
    assert_refused("{" SCHEMA NAME MEANING POPULATIONS ASK
                   "\"fields\": {\"linux\": [\"uids\"], \"netbsd\": [\"uids\", @\"uids\"]}}",
                   "'uids'");
}

static void a_field_must_be_text(void **state)
{
    assert_refused("{" SCHEMA NAME MEANING POPULATIONS ASK "\"fields\": [\"name\", @1]}", "field");
    assert_refused("{" SCHEMA NAME MEANING POPULATIONS ASK "\"fields\": {\"linux\": [@{\"name\": 1}]}}",
                   "field");
}

static void an_empty_list_of_fields_is_refused(void **state)
{
    EACH_REFUSED(SCHEMA NAME MEANING POPULATIONS ASK, "fields", "", "[]", "{}");
    assert_refused("{" SCHEMA NAME MEANING POPULATIONS ASK
                   "\"fields\": {\"linux\": [\"name\"], @\"sunos\": []}}",
                   "fields");
    assert_refused("{" SCHEMA NAME MEANING POPULATIONS ASK "\"fields\": {@\"linux\": \"all\"}}", "fields");
}

static void an_unknown_system_is_refused(void **state)
{
    assert_refused("{" SCHEMA NAME MEANING POPULATIONS ASK
                   "\"fields\": {\"linux\": [\"name\"],\n @\"plan9\": [\"name\"]}}",
                   "'plan9'");
    assert_refused("{" SCHEMA NAME MEANING POPULATIONS ASK "\"fields\": {@\"Linux\": [\"name\"]}}",
                   "'Linux'");
}

/* ---- JSON ---- */

/* jansson tells of the last character of what it stumbled over. */
static void a_syntax_error_is_told_where_it_is(void **state)
{
    assert_refused("{\"schema\": @}", "near '}'");
    assert_refused("{\n  \"schema\" @1}", "near '1'");
    assert_refused("{\"a\": 1,@}", "near '}'");
    assert_refused("[1, 2,\n\n 3 @4]", "near '4'");
    assert_refused("{} @x", "near 'x'");
    assert_refused("@7", "near '7'");
}

static void a_duplicate_key_is_refused(void **state)
{
    assert_refused("{" SCHEMA NAME "\"name@\": \"n\", " MEANING POPULATIONS ASK FIELDS "}", "\"name\"");
    assert_refused("{" SCHEMA NAME MEANING POPULATIONS ASK
                   "\"fields\": {\"linux\": [\"name\"],\n \"linux@\": [\"name\"]}}",
                   "\"linux\"");
}

static void refused_somewhere(const char *text, size_t len)
{
    static psb_scenario scenario;
    unsigned line, column;
    strcpy(why, "");
    char *exact = malloc(len + !len);
    assert_non_null(exact);
    memcpy(exact, text, len);
    bool good = psb_scenario_parse(exact, len, "t", &scenario, why, sizeof why);
    free(exact);
    if (good || sscanf(why, "t:%u:%u: ", &line, &column) != 2 || line < 1)
        fail_msg("%zu bytes: '%s'", len, why);
}

static void a_truncated_scenario_is_refused(void **state)
{
    static const char WHOLE[] =
        "{" SCHEMA NAME MEANING POPULATIONS ASK "\"fields\": {\"linux\": [\"name\"]}}";
    for (size_t len = 0; len < sizeof WHOLE - 1; len++)
        refused_somewhere(WHOLE, len);
}

/* json_place.h: lines and columns count from 1. */
static void nothing_is_refused_at_its_first_column(void **state)
{
    assert_refused("@", "end of file");
}

/* Values are told in bytes (json_place.h): syntax errors, too. */
static void a_syntax_error_after_other_characters_is_told_in_bytes(void **state)
{
    assert_refused("{\"\xc3\xa9\xc3\xa9\xc3\xa9\": @}", "near '}'");
}

static void bytes_that_are_no_utf8_are_refused(void **state)
{
    refused_somewhere("{\"\xff\": 1}", 8);
    refused_somewhere("{\"a\": \"\xed\xa0\x80\"}", 13);
    refused_somewhere("{\"a\0b\": 1}", 10);
    refused_somewhere("{\"a\": \"\\u0000\"}", 15);
    refused_somewhere("{\"\\u0000\": 1}", 13);
    refused_somewhere("{\"\\ud800\": 1}", 13);
}

static void deep_nesting_is_refused(void **state)
{
    size_t len = 1 << 20;
    char *text = malloc(len);
    assert_non_null(text);
    memset(text, '[', len);
    refused_somewhere(text, len);
    free(text);
}

/* ---- what a message shows of the text ---- */

static void control_characters_are_not_shown_raw(void **state)
{
    assert_refused("{" SCHEMA NAME MEANING POPULATIONS ASK "\"fields\": [@\"na\\u001b[2Jme\"]}", "[2Jme");
    assert_refused("{" SCHEMA NAME MEANING POPULATIONS ASK "\"fields\": {@\"a\x7f"
                   "b\": []}}",
                   "no system");
    assert_refused("{" SCHEMA NAME MEANING "\"populations\": [@\"a\\nb\\u0007\"], " ASK FIELDS "}",
                   "no population");
    assert_refused("{" SCHEMA NAME MEANING POPULATIONS "@\"ask\": \"\\n\\r\", " FIELDS "}", "'ask'");
    assert_refused("{@\"schema\": \"\\u001b\", " NAME MEANING POPULATIONS ASK FIELDS "}", "'schema'");
    assert_refused("{ @\x1b", "near '\\x1b'");
}

/* Terminals that know C1 take U+009B for ESC [; show.c escapes it in what processes chose. */
static void c1_controls_are_not_shown_raw(void **state)
{
    assert_refused("{" SCHEMA NAME MEANING POPULATIONS ASK "\"fields\": [@\"na\xc2\x9b"
                   "2Jme\"]}",
                   "2Jme");
    if (strstr(why, "\xc2\x9b"))
        fail_msg("U+009B is shown raw");
}

static void a_key_with_escapes_is_told_where_it_stands(void **state)
{
    assert_refused("{" SCHEMA NAME MEANING POPULATIONS ASK FIELDS ", @\"co\\tlour\": 1}", "lour");
}

static void a_long_name_is_cut(void **state)
{
    char text[4096], name[2048];
    memset(name, 'x', sizeof name);
    name[sizeof name - 1] = '\0';
    snprintf(text, sizeof text, "{%s\"fields\": [@\"%s\"]}", SCHEMA NAME MEANING POPULATIONS ASK, name);
    assert_refused(text, "'xxxxxxxx");
    assert_true(strlen(why) < 160);
}

static void a_message_is_cut_to_its_room(void **state)
{
    static const char TEXT[] = "{\"schema\": 1}";
    psb_scenario scenario;
    for (size_t size = 1; size < 80; size++) {
        char *room = malloc(size);
        assert_non_null(room);
        assert_false(psb_scenario_parse(TEXT, sizeof TEXT - 1, "test.json", &scenario, room, size));
        assert_true(memchr(room, '\0', size) != NULL);
        free(room);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_unknown_key_is_refused),
        cmocka_unit_test(a_missing_key_is_named),
        cmocka_unit_test(a_scenario_must_be_an_object),
        cmocka_unit_test(another_schema_is_refused),
        cmocka_unit_test(a_value_of_the_wrong_type_is_refused),
        cmocka_unit_test(text_that_is_too_long_is_refused),
        cmocka_unit_test(an_unknown_population_is_refused),
        cmocka_unit_test(a_population_must_be_text),
        cmocka_unit_test(a_population_asked_for_twice_is_refused),
        cmocka_unit_test(no_or_too_many_populations_are_refused),
        cmocka_unit_test(an_unknown_field_is_refused),
        cmocka_unit_test(a_field_asked_for_twice_is_refused),
        cmocka_unit_test(a_field_must_be_text),
        cmocka_unit_test(an_empty_list_of_fields_is_refused),
        cmocka_unit_test(an_unknown_system_is_refused),
        cmocka_unit_test(a_syntax_error_is_told_where_it_is),
        cmocka_unit_test(a_duplicate_key_is_refused),
        cmocka_unit_test(a_truncated_scenario_is_refused),
        cmocka_unit_test(nothing_is_refused_at_its_first_column),
        cmocka_unit_test(a_syntax_error_after_other_characters_is_told_in_bytes),
        cmocka_unit_test(bytes_that_are_no_utf8_are_refused),
        cmocka_unit_test(deep_nesting_is_refused),
        cmocka_unit_test(control_characters_are_not_shown_raw),
        cmocka_unit_test(c1_controls_are_not_shown_raw),
        cmocka_unit_test(a_key_with_escapes_is_told_where_it_stands),
        cmocka_unit_test(a_long_name_is_cut),
        cmocka_unit_test(a_message_is_cut_to_its_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_claims.c: what is built in is read whole, and every kind of mistake is refused where it stands, and by name.
 * A '@' in a text marks the place that must be told, and is taken out. */
#include "claims.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define HEAD   "{\"schema\": \"psbench-claims/1\", \"claims\": [\n {"
#define ID     "\"id\": \"a\", "
#define FIGURE "\"published\": 2.5, \"to\": 0.1, "
#define SOURCE "\"source\": \"s\", \"documentation\": {},\n "
#define COSTS                                                                                                \
    "\"costs\": [{\"what\": \"w\", \"rest\": true, \"curve_ns\": [0, 1]}], \"measured_ns\": [[1], [2]],\n "
#define READINGS                                                                                             \
    "\"readings\": [{\"id\": \"r\", \"port\": \"sunos\", \"population\": \"self\", \"methods\": "            \
    "[\"name\"]}]"
#define TAIL "}]}"

static psb_claims claims;
static char why[512];

static bool parse(const char *text, size_t len)
{
    char *exact = malloc(len + !len); /* AddressSanitizer sees a byte too far */
    assert_non_null(exact);
    memcpy(exact, text, len);
    strcpy(why, "");
    bool good = psb_claims_parse(exact, len, "test.json", &claims, why, sizeof why);
    free(exact);
    return good;
}

static void assert_refused(const char *marked, const char *culprit)
{
    const char *mark = strchr(marked, '@');
    char text[2048], expected[64];
    assert_non_null(mark);
    size_t at = (size_t)(mark - marked), line = 1, column = 1;
    assert_true(strlen(marked) < sizeof text);
    memcpy(text, marked, at);
    strcpy(text + at, mark + 1);
    for (size_t i = 0; i < at; i++) {
        column = text[i] == '\n' ? 1 : column + 1;
        line += text[i] == '\n';
    }
    if (parse(text, strlen(text)))
        fail_msg("this was taken for claims: %s", marked);
    snprintf(expected, sizeof expected, "test.json:%zu:%zu: ", line, column);
    if (strncmp(why, expected, strlen(expected)) != 0 || !strstr(why, culprit))
        fail_msg("'%s' should begin with '%s' and name %s", why, expected, culprit);
}

static void the_plain_one_is_taken(void **state)
{
    const char *text = HEAD ID FIGURE SOURCE COSTS READINGS TAIL;
    if (!parse(text, strlen(text)))
        fail_msg("%s", why);
    assert_int_equal(claims.count, 1);
    assert_string_equal(claims.claim[0].reading[0].method[0], "name");
    assert_true(claims.claim[0].cost[0].citation[0] == '\0');
}

static const psb_claim *claim_named(const char *id)
{
    for (size_t i = 0; i < claims.count; i++)
        if (strcmp(claims.claim[i].id, id) == 0)
            return &claims.claim[i];
    fail_msg("there is no claim %s", id);
    return NULL;
}

/* The figures as the issue that asked for them lists them. */
static void the_published_figures_are_built_in(void **state)
{
    static const struct {
        const char *id;
        double published;
        size_t readings;
    } FIGURE_OF[] = {{"linux", 2.56, 2},        {"linux-six", 2.4, 1}, {"windows", 1.9, 1},
                     {"windows-other", 6.5, 2}, {"macos", 1.92, 1},    {"bsd", 2.18, 4},
                     {"sunos", 1.37, 2}};
    if (!psb_claims_load(NULL, &claims, why, sizeof why))
        fail_msg("%s", why);
    assert_int_equal(claims.count, sizeof FIGURE_OF / sizeof *FIGURE_OF);
    for (size_t i = 0; i < claims.count; i++) {
        const psb_claim *claim = claim_named(FIGURE_OF[i].id);
        assert_true(claim->published == FIGURE_OF[i].published);
        assert_int_equal(claim->readings, FIGURE_OF[i].readings);
        for (size_t k = 0; k < claim->costs; k++) /* only Windows' later commits say what a call took */
            assert_int_equal(claim->cost[k].citation[0] != '\0',
                             strncmp(claim->id, "windows", 7) == 0 && !claim->cost[k].refused);
    }
    assert_int_equal(claim_named("bsd")->reading[0].methods, 13);
    assert_int_equal(claim_named("sunos")->reading[0].methods, 12);
    assert_int_equal(claim_named("linux")->reading[0].methods, 14);
}

static void keys_are_known_and_there(void **state)
{
    assert_refused("{\"schema\": \"psbench-claims/1\", @\"claim\": []}", "'claim'");
    assert_refused("{@\"schema\": \"psbench-claims/2\", \"claims\": []}", "psbench-claims/2");
    assert_refused("{\"schema\": \"psbench-claims/1\", @\"claims\": []}", "'claims'");
    assert_refused("@{\"claims\": []}", "'schema'");
    assert_refused("@[]", "object");
    assert_refused(HEAD ID FIGURE "@\"colour\": 1, " SOURCE COSTS READINGS TAIL, "'colour'");
    assert_refused("{\"schema\": \"psbench-claims/1\", \"claims\": [\n @{" FIGURE SOURCE COSTS READINGS TAIL,
                   "'id'");
    assert_refused("{\"schema\": \"psbench-claims/1\", \"claims\": [@7]}", "object");
}

static void figures_are_ratios(void **state)
{
    assert_refused(HEAD ID "@\"published\": 0.5, \"to\": 0.1, " SOURCE COSTS READINGS TAIL, "published");
    assert_refused(HEAD ID "@\"published\": \"2\", \"to\": 0.1, " SOURCE COSTS READINGS TAIL, "published");
    assert_refused(HEAD ID "\"published\": 2, @\"to\": 0, " SOURCE COSTS READINGS TAIL, "'to'");
    assert_refused(HEAD ID FIGURE "\"source\": \"s\", \"documentation\": {@\"6.0\": 1}, " COSTS READINGS TAIL,
                   "'6.0'");
    assert_refused(HEAD ID FIGURE
                   "\"source\": \"s\", \"documentation\": {@\"later\": 0}, " COSTS READINGS TAIL,
                   "later");
    assert_refused(HEAD ID FIGURE "@\"note\": 1, " SOURCE COSTS READINGS TAIL, "'note'");
    assert_refused(HEAD ID FIGURE "@\"source\": \"\", \"documentation\": {}, " COSTS READINGS TAIL,
                   "'source'");
}

#define OF_COST(cost)                                                                                        \
    HEAD ID FIGURE SOURCE "\"costs\": [" cost "], \"measured_ns\": [[1], [2]], " READINGS TAIL
#define A_COST "\"what\": \"w\", \"curve_ns\": [0, 1]"

static void costs_are_told_once_and_cited_whole(void **state)
{
    assert_refused(OF_COST("@{" A_COST "}"), "one of");
    assert_refused(OF_COST("@{" A_COST ", \"rest\": true, \"refused\": true}"), "one of");
    assert_refused(OF_COST("{" A_COST ", @\"rest\": false}"), "'rest'");
    assert_refused(OF_COST("{" A_COST ", @\"sources\": []}"), "'sources'");
    assert_refused(OF_COST("{" A_COST ", \"sources\": [\"a\", @1]}"), "source");
    assert_refused(OF_COST("{" A_COST ", \"rest\": true, @\"cited_ns\": [1, 2]}"), "citation");
    assert_refused(OF_COST("{" A_COST ", \"rest\": true, @\"citation\": \"c\"}"), "cited_ns");
    assert_refused(OF_COST("{" A_COST ", \"rest\": true, @\"cited_ns\": [2, 1], \"citation\": \"c\"}"),
                   "lower");
    assert_refused(OF_COST("{" A_COST ", \"rest\": true, @\"cited_ns\": [2], \"citation\": \"c\"}"),
                   "cited_ns");
    assert_refused(OF_COST("{" A_COST ", \"rest\": true, @\"at_ns\": -1}"), "at_ns");
    assert_refused(OF_COST("@{\"what\": \"w\", \"rest\": true}"), "curve_ns");
    assert_refused(OF_COST("{\"what\": \"w\", \"rest\": true, \"curve_ns\": [0, @\"1\"]}"), "curve_ns");
}

static void points_are_as_long_as_the_costs(void **state)
{
    assert_refused(HEAD ID FIGURE SOURCE "\"costs\": [], @\"measured_ns\": [[], []], " READINGS TAIL,
                   "measured_ns");
    assert_refused(HEAD ID FIGURE SOURCE "\"costs\": [{" A_COST
                                         ", \"rest\": true}], @\"measured_ns\": [[1]], " READINGS TAIL,
                   "measured_ns");
    assert_refused(HEAD ID FIGURE SOURCE
                   "\"costs\": [{" A_COST
                   ", \"rest\": true}], \"measured_ns\": [[1], @[1, 2]], " READINGS TAIL,
                   "measured_ns");
}

#define OF_READING(reading) HEAD ID FIGURE SOURCE COSTS "\"readings\": [" reading "]" TAIL

static void readings_name_what_there_is(void **state)
{
    assert_refused(
        OF_READING("{\"id\": \"r\", @\"port\": \"plan9\", \"population\": \"self\", \"list\": \"5.0.0\"}"),
        "plan9");
    assert_refused(
        OF_READING("{\"id\": \"r\", \"port\": \"sunos\", @\"population\": \"me\", \"list\": \"5.0.0\"}"),
        "'me'");
    assert_refused(
        OF_READING("{\"id\": \"r\", \"port\": \"sunos\", \"population\": \"self\", @\"list\": \"4.0\"}"),
        "'4.0'");
    assert_refused(
        OF_READING("{\"id\": \"r\", \"port\": \"macos\", \"population\": \"self\", @\"list\": \"historic\"}"),
        "'historic' for macos");
    assert_refused(OF_READING("@{\"id\": \"r\", \"port\": \"sunos\", \"population\": \"self\"}"), "either");
    assert_refused(
        OF_READING("{\"id\": \"r\", \"port\": \"sunos\", \"population\": \"self\", @\"methods\": [\"N\"]}"),
        "method");
    assert_refused(HEAD ID FIGURE SOURCE COSTS "@\"readings\": []" TAIL, "'readings'");
}

static void a_reading_has_an_id_of_its_own(void **state)
{
#define READING "{\"id\": \"r\", \"port\": \"sunos\", \"population\": \"self\", \"list\": \"historic\"}"
    assert_refused(OF_READING(READING ", @" READING), "'r'");
}

static void a_text_cut_anywhere_is_refused(void **state)
{
    const char *text = HEAD ID FIGURE SOURCE COSTS READINGS TAIL;
    for (size_t len = 0; len < strlen(text); len++)
        if (parse(text, len))
            fail_msg("%zu bytes of it were taken", len);
}

static void a_file_that_is_not_there_is_named(void **state)
{
    assert_false(psb_claims_load("./nosuch.json", &claims, why, sizeof why));
    assert_non_null(strstr(why, "./nosuch.json: "));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_plain_one_is_taken),
        cmocka_unit_test(the_published_figures_are_built_in),
        cmocka_unit_test(keys_are_known_and_there),
        cmocka_unit_test(figures_are_ratios),
        cmocka_unit_test(costs_are_told_once_and_cited_whole),
        cmocka_unit_test(points_are_as_long_as_the_costs),
        cmocka_unit_test(readings_name_what_there_is),
        cmocka_unit_test(a_reading_has_an_id_of_its_own),
        cmocka_unit_test(a_text_cut_anywhere_is_refused),
        cmocka_unit_test(a_file_that_is_not_there_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

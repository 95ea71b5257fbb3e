/* test_scenario.c: the built-in scenarios, and what else is a scenario and what is none. */
#define _POSIX_C_SOURCE 200809L
#include "scenario.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static psb_scenario scenario;
static char why[512];

/* From an array of its own without a NUL: AddressSanitizer sees a byte too far. */
static bool parse(const char *text, size_t len)
{
    char *exact = malloc(len + !len);
    assert_non_null(exact);
    memcpy(exact, text, len);
    strcpy(why, "");
    bool good = psb_scenario_parse(exact, len, "test.json", &scenario, why, sizeof why);
    free(exact);
    return good;
}

static void must_parse(const char *text)
{
    if (!parse(text, strlen(text)))
        fail_msg("%s", why);
    assert_string_equal(why, "");
}

/* A good scenario with these populations and fields. */
static const char *with(const char *populations, const char *fields)
{
    static char text[2048];
    snprintf(text, sizeof text,
             "{\"schema\": \"psbench-scenario/1\", \"name\": \"n\", \"meaning\": \"m\",\n"
             " \"populations\": %s, \"ask\": \"each\", \"fields\": %s}",
             populations, fields);
    return text;
}

static bool asks(const psb_fields *fields, psb_field field)
{
    for (size_t i = 0; i < fields->count; i++)
        if (fields->field[i] == field)
            return true;
    return false;
}

/* ---- the built-in scenarios ---- */

static void builtin(const char *name)
{
    for (size_t i = 0; psb_scenario_builtin(i); i++) {
        const psb_builtin *one = psb_scenario_builtin(i);
        if (strcmp(one->name, name) != 0)
            continue;
        if (!psb_scenario_parse(one->text, one->len, name, &scenario, why, sizeof why))
            fail_msg("%s", why);
        return;
    }
    fail_msg("there is no built-in scenario %s", name);
}

static void there_are_five_built_in_scenarios(void **state)
{
    size_t count = 0;
    while (psb_scenario_builtin(count))
        count++;
    assert_int_equal(count, 5);
}

static void built_in_scenarios_parse_and_have_the_name_of_their_file(void **state)
{
    for (size_t i = 0; psb_scenario_builtin(i); i++) {
        builtin(psb_scenario_builtin(i)->name);
        assert_string_equal(scenario.name, psb_scenario_builtin(i)->name);
        assert_true(*scenario.meaning);
        assert_true(scenario.populations > 0);
        assert_true(scenario.all_fields || scenario.systems > 0);
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(psb_scenario_builtin(k)->name, scenario.name);
    }
}

static void oneshot_asks_linux_what_psutil_5_0_0_asks(void **state)
{
    static const psb_field PSUTIL[] = {
        PSB_CPU_PERCENT, PSB_CPU_TIMES,        PSB_GIDS,        PSB_MEMORY_INFO, PSB_MEMORY_PERCENT,
        PSB_NAME,        PSB_NUM_CTX_SWITCHES, PSB_NUM_THREADS, PSB_PARENT,      PSB_PPID,
        PSB_STATUS,      PSB_TERMINAL,         PSB_UIDS,        PSB_USERNAME};
    builtin("oneshot");
    const psb_fields *fields = psb_scenario_fields(&scenario, "linux");
    assert_non_null(fields);
    assert_int_equal(fields->count, 14);
    for (size_t i = 0; i < 14; i++)
        assert_true(asks(fields, PSUTIL[i]));
    assert_int_equal(scenario.ask, PSB_ASK_TOGETHER);
}

static void oneshot_asks_each_of_seven_systems(void **state)
{
    static const char *const SYSTEMS[] = {"linux", "freebsd", "openbsd", "netbsd",
                                          "macos", "sunos",   "windows"};
    builtin("oneshot");
    assert_int_equal(scenario.systems, 7);
    for (size_t i = 0; i < 7; i++) {
        const psb_fields *fields = psb_scenario_fields(&scenario, SYSTEMS[i]);
        assert_non_null(fields);
        assert_string_equal(fields->port, SYSTEMS[i]);
        assert_true(fields->count >= 11);
    }
    assert_null(psb_scenario_fields(&scenario, "plan9"));
}

static void six_asks_six_fields_of_any_port(void **state)
{
    builtin("six");
    assert_int_equal(scenario.systems, 1);
    assert_ptr_equal(psb_scenario_fields(&scenario, "plan9"), psb_scenario_fields(&scenario, "linux"));
    assert_int_equal(psb_scenario_fields(&scenario, "linux")->count, 6);
    assert_int_equal(scenario.populations, 2);
}

static void the_scenarios_of_all_fields_differ_in_how_they_ask(void **state)
{
    builtin("single_field");
    assert_true(scenario.all_fields);
    assert_int_equal(scenario.ask, PSB_ASK_EACH);
    builtin("as_dict");
    assert_true(scenario.all_fields);
    assert_int_equal(scenario.ask, PSB_ASK_TOGETHER);
    assert_null(psb_scenario_fields(&scenario, "linux"));
}

static void sweep_asks_many_processes_of_any_port(void **state)
{
    builtin("sweep");
    assert_int_equal(scenario.ask, PSB_ASK_SWEEP);
    assert_non_null(psb_scenario_fields(&scenario, "plan9"));
}

/* ---- what is a scenario ---- */

static void a_list_of_fields_keeps_its_order(void **state)
{
    must_parse(with("[\"child\", \"self\"]", "[\"ppid\", \"name\", \"cmdline\"]"));
    assert_string_equal(scenario.name, "n");
    assert_string_equal(scenario.meaning, "m");
    assert_int_equal(scenario.ask, PSB_ASK_EACH);
    assert_false(scenario.all_fields);
    assert_int_equal(scenario.populations, 2);
    assert_string_equal(scenario.population[0], "child");
    assert_string_equal(scenario.population[1], "self");
    assert_int_equal(scenario.fields[0].count, 3);
    assert_int_equal(scenario.fields[0].field[0], PSB_PPID);
    assert_int_equal(scenario.fields[0].field[1], PSB_NAME);
    assert_int_equal(scenario.fields[0].field[2], PSB_CMDLINE);
    assert_string_equal(scenario.fields[0].port, "");
}

static void systems_have_lists_of_their_own(void **state)
{
    must_parse(with("[\"self\"]", "{\"linux\": [\"name\"], \"windows\": [\"name\", \"ppid\"]}"));
    assert_int_equal(scenario.systems, 2);
    assert_int_equal(psb_scenario_fields(&scenario, "linux")->count, 1);
    assert_int_equal(psb_scenario_fields(&scenario, "windows")->count, 2);
    assert_null(psb_scenario_fields(&scenario, "netbsd"));
    assert_null(psb_scenario_fields(&scenario, "linu"));
}

static void every_field_may_be_asked_for(void **state)
{
    char list[1024];
    size_t len = 0;
    for (psb_field field = 0; field < PSB_FIELDS; field++)
        len += (size_t)snprintf(list + len, sizeof list - len, "%c\"%s\"", field ? ',' : '[',
                                psb_field_of(field)->name);
    snprintf(list + len, sizeof list - len, "]");
    must_parse(with("[\"self\"]", list));
    assert_int_equal(scenario.fields[0].count, PSB_FIELDS);
}

static void keys_may_stand_in_any_order(void **state)
{
    must_parse("{\"fields\": \"all\", \"ask\": \"together\", \"populations\": [\"self\"], \"meaning\": \"m\","
               " \"name\": \"n\", \"schema\": \"psbench-scenario/1\"}");
    assert_true(scenario.all_fields);
}

static void names_and_meanings_may_be_as_long_as_their_room(void **state)
{
    char text[1024], name[PSB_SCENARIO_NAME], meaning[256];
    memset(name, 'n', sizeof name);
    memset(meaning, 'm', sizeof meaning);
    name[sizeof name - 1] = '\0';
    meaning[sizeof meaning - 1] = '\0';
    snprintf(text, sizeof text,
             "{\"schema\": \"psbench-scenario/1\", \"name\": \"%s\", \"meaning\": \"%s\","
             " \"populations\": [\"self\"], \"ask\": \"each\", \"fields\": \"all\"}",
             name, meaning);
    must_parse(text);
    assert_string_equal(scenario.name, name);
    assert_string_equal(scenario.meaning, meaning);
}

static void a_scenario_replaces_what_was_there(void **state)
{
    must_parse(with("[\"self\", \"child\"]", "{\"linux\": [\"name\"], \"windows\": [\"ppid\"]}"));
    must_parse(with("[\"child\"]", "\"all\""));
    assert_int_equal(scenario.populations, 1);
    assert_int_equal(scenario.systems, 0);
}

/* ---- files ---- */

static void file_of(const char *text, size_t len, char *path, size_t size)
{
    const char *directory = getenv("TMPDIR");
    snprintf(path, size, "%s/psbench-scenario-XXXXXX", directory && *directory ? directory : "/tmp");
    int fd = mkstemp(path);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
}

static void a_scenario_is_loaded_from_a_file(void **state)
{
    char path[256];
    const char *text = with("[\"self\"]", "[\"name\"]");
    file_of(text, strlen(text), path, sizeof path);
    bool good = psb_scenario_load(path, &scenario, why, sizeof why);
    remove(path);
    assert_true(good);
    assert_int_equal(scenario.fields[0].count, 1);
}

static void a_mistake_in_a_file_is_told_with_its_path(void **state)
{
    char path[256], expected[300];
    const char *text = with("[\"self\"]", "[\"nome\"]");
    file_of(text, strlen(text), path, sizeof path);
    bool good = psb_scenario_load(path, &scenario, why, sizeof why);
    remove(path);
    assert_false(good);
    snprintf(expected, sizeof expected, "%s:2:", path);
    if (strncmp(why, expected, strlen(expected)) != 0 || !strstr(why, "nome"))
        fail_msg("%s", why);
}

static void a_missing_file_is_refused(void **state)
{
    assert_false(psb_scenario_load("/nonexistent/scenario.json", &scenario, why, sizeof why));
    assert_string_equal(why, "/nonexistent/scenario.json: No such file or directory");
}

static void a_directory_is_refused(void **state)
{
    strcpy(why, "");
    assert_false(psb_scenario_load("/", &scenario, why, sizeof why));
    assert_true(strncmp(why, "/: ", 3) == 0 && why[3]);
}

static void an_empty_file_is_refused(void **state)
{
    char path[256];
    file_of("", 0, path, sizeof path);
    strcpy(why, "");
    bool good = psb_scenario_load(path, &scenario, why, sizeof why);
    remove(path);
    assert_false(good);
    assert_true(strncmp(why, path, strlen(path)) == 0);
}

static void a_file_of_two_mebibytes_is_refused(void **state)
{
    char path[256];
    size_t len = 2 << 20;
    const char *good_one = with("[\"self\"]", "[\"name\"]");
    char *text = malloc(len);
    assert_non_null(text);
    memset(text, ' ', len); /* valid, had it been read */
    memcpy(text, good_one, strlen(good_one));
    file_of(text, len, path, sizeof path);
    free(text);
    strcpy(why, "");
    bool good = psb_scenario_load(path, &scenario, why, sizeof why);
    remove(path);
    assert_false(good);
    assert_true(strncmp(why, path, strlen(path)) == 0 && strstr(why, "larger"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(there_are_five_built_in_scenarios),
        cmocka_unit_test(built_in_scenarios_parse_and_have_the_name_of_their_file),
        cmocka_unit_test(oneshot_asks_linux_what_psutil_5_0_0_asks),
        cmocka_unit_test(oneshot_asks_each_of_seven_systems),
        cmocka_unit_test(six_asks_six_fields_of_any_port),
        cmocka_unit_test(the_scenarios_of_all_fields_differ_in_how_they_ask),
        cmocka_unit_test(sweep_asks_many_processes_of_any_port),
        cmocka_unit_test(a_list_of_fields_keeps_its_order),
        cmocka_unit_test(systems_have_lists_of_their_own),
        cmocka_unit_test(every_field_may_be_asked_for),
        cmocka_unit_test(keys_may_stand_in_any_order),
        cmocka_unit_test(names_and_meanings_may_be_as_long_as_their_room),
        cmocka_unit_test(a_scenario_replaces_what_was_there),
        cmocka_unit_test(a_scenario_is_loaded_from_a_file),
        cmocka_unit_test(a_mistake_in_a_file_is_told_with_its_path),
        cmocka_unit_test(a_missing_file_is_refused),
        cmocka_unit_test(a_directory_is_refused),
        cmocka_unit_test(an_empty_file_is_refused),
        cmocka_unit_test(a_file_of_two_mebibytes_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

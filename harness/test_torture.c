/* test_torture.c: what the judge allows; and ports with one mistake each, which torture must find. */
#include "torture.h"

#include "host.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* ---- the judge ---- */

static const psb_value THREE = {.u.integer = 3};

static psb_value status(psb_status status_, int os_error)
{
    return psb_value_of_status(status_, os_error);
}

static psb_value text(const char *bytes)
{
    return (psb_value){.u.text = {bytes, strlen(bytes)}};
}

static bool allowed(psb_field field, psb_harm harm, psb_value value, psb_value right)
{
    return psb_judge(field, &harm, &value, &right, 1000) == NULL;
}

static const psb_harm NO_HARM = {0};
static const psb_harm DENIED = {.touched = true, .refused = PSB_WHEN(PSB_DENIED), .os_error = 13};
static const psb_harm GONE = {.touched = true, .refused = PSB_WHEN(PSB_GONE), .os_error = 3};
static const psb_harm CUT = {.touched = true, .cut = true};
static const psb_harm CUT_UNSEEN = {.touched = true, .cut = true, .cut_unseen = true};
static const psb_harm GARBLED = {.touched = true, .garbled = true};
static const psb_harm NO_BOOT = {.touched = true, .boot = true};

static void what_was_not_touched_must_be_right(void **state)
{
    assert_true(allowed(PSB_PPID, NO_HARM, THREE, THREE));
    assert_false(allowed(PSB_PPID, NO_HARM, (psb_value){.u.integer = 4}, THREE));
    assert_false(allowed(PSB_PPID, NO_HARM, status(PSB_DENIED, 13), THREE));
    assert_true(allowed(PSB_CWD, NO_HARM, status(PSB_ABSENT, 0), status(PSB_ABSENT, 0)));
}

static void a_refusal_is_told_as_it_is_or_made_up_for(void **state)
{
    assert_true(allowed(PSB_PPID, DENIED, status(PSB_DENIED, 13), THREE));
    assert_true(allowed(PSB_PPID, DENIED, THREE, THREE)); /* by a second try */
    assert_false(allowed(PSB_PPID, DENIED, status(PSB_DENIED, 1), THREE));
    assert_false(allowed(PSB_PPID, DENIED, status(PSB_GONE, 13), THREE));
    assert_false(allowed(PSB_PPID, DENIED, status(PSB_UNKNOWN, 0), THREE));
    assert_false(allowed(PSB_PPID, DENIED, status(PSB_MALFORMED, 0), THREE));
    assert_false(allowed(PSB_PPID, DENIED, (psb_value){.u.integer = 0}, THREE));
    assert_true(allowed(PSB_PARENT, GONE, status(PSB_ABSENT, 0), THREE));
    assert_false(allowed(PSB_PPID, GONE, status(PSB_ABSENT, 0), THREE));
}

static void a_record_may_be_told_in_part(void **state)
{
    const psb_value all = {.known = 7, .u.part = {1, 2, 3}}, some = {.known = 5, .u.part = {1, 0, 3}},
                    wrong = {.known = 5, .u.part = {1, 0, 4}}, none = {.known = 0},
                    beyond = {.known = 15, .u.part = {1, 2, 3}};
    assert_true(allowed(PSB_UIDS, DENIED, some, all));
    assert_false(allowed(PSB_UIDS, DENIED, wrong, all));
    assert_false(allowed(PSB_UIDS, DENIED, none, all));
    assert_false(allowed(PSB_UIDS, DENIED, beyond, all));
    assert_false(allowed(PSB_UIDS, NO_HARM, some, all));
}

static void an_answer_that_was_cut_is_malformed_or_right(void **state)
{
    assert_true(allowed(PSB_NAME, CUT, status(PSB_MALFORMED, 0), text("postgres")));
    assert_true(allowed(PSB_CWD, CUT, text("/home"), text("/home")));
    assert_false(allowed(PSB_CWD, CUT, text("/ho"), text("/home")));
    assert_false(allowed(PSB_PPID, CUT, status(PSB_GONE, 0), THREE));
    assert_true(allowed(PSB_CWD, CUT_UNSEEN, text("/ho"), text("/home")));
    assert_false(allowed(PSB_CWD, CUT_UNSEEN, text("/hx"), text("/home")));
    const psb_value list = {.count = 2, .u.text = {"a b\0c", 6}}, title = {.count = 2, .u.text = {"a\0b", 4}},
                    other = {.count = 2, .u.text = {"a\0x", 4}};
    assert_true(allowed(PSB_CMDLINE, CUT_UNSEEN, title, list));
    assert_false(allowed(PSB_CMDLINE, CUT_UNSEEN, other, list));
    assert_false(allowed(PSB_CMDLINE, CUT, title, list));
    assert_true(allowed(PSB_NUM_FDS, CUT_UNSEEN, (psb_value){.u.integer = 2}, THREE));
    assert_false(allowed(PSB_NUM_FDS, CUT_UNSEEN, (psb_value){.u.integer = 4}, THREE));
    assert_false(allowed(PSB_NUM_FDS, CUT_UNSEEN, status(PSB_OSERROR, 5), THREE));
}

static void garbage_may_give_any_answer_that_a_process_could(void **state)
{
    const psb_value nul = {.u.text = {"a\0b", 3}}, list = {.count = 2, .u.text = {"a\0b", 3}};
    assert_true(allowed(PSB_NAME, GARBLED, text("\xff"), text("cat")));
    assert_false(allowed(PSB_NAME, GARBLED, nul, text("cat")));
    assert_false(allowed(PSB_CMDLINE, GARBLED, list, text("")));
    assert_false(allowed(PSB_STATUS, GARBLED, (psb_value){.u.integer = PSB_STATES}, THREE));
    assert_false(allowed(PSB_CPU_PERCENT, GARBLED, (psb_value){.u.real = -1}, THREE));
}

static void without_facts_of_the_machine_a_field_is_unknown(void **state)
{
    assert_true(allowed(PSB_CREATE_TIME, NO_BOOT, status(PSB_UNKNOWN, 0), THREE));
    assert_true(allowed(PSB_CREATE_TIME, NO_BOOT, THREE, THREE));
    assert_false(allowed(PSB_CREATE_TIME, NO_BOOT, (psb_value){.u.integer = 0}, THREE));
}

static void an_account_that_is_not_found_is_a_number(void **state)
{
    psb_harm harm = {.touched = true, .refused = PSB_WHEN(PSB_ABSENT), .account = true};
    assert_true(allowed(PSB_USERNAME, harm, text("1000"), text("ada")));
    assert_false(allowed(PSB_USERNAME, harm, text("1001"), text("ada")));
    assert_false(allowed(PSB_USERNAME, harm, text(""), text("ada")));
}

/* ---- the Linux port with a mistake ---- */

static psb_source source[PSB_SOURCES_MAX];
static psb_method method[PSB_FIELDS];
static psb_port port;
static psb_world *world;

static int make_port(void **state)
{
    const psb_port *linux_port = psb_port_named("linux");
    memcpy(source, linux_port->source, linux_port->sources * sizeof *source);
    memcpy(method, linux_port->method, sizeof method);
    port = *linux_port;
    port.source = source;
    port.method = method;
    world = psb_world_make(1, 50);
    return world ? 0 : -1;
}

static int drop_world(void **state)
{
    psb_world_free(world);
    return 0;
}

/* Its violations go to stdout, as any other output of a test. */
static uint64_t violations(const char *only)
{
    char why[256];
    psb_tortured done;
    psb_torture torture = {.port = &port,
                           .kernel = "sim",
                           .world = world,
                           .pid = 24,
                           .way = {true, true, true},
                           .only = only,
                           .again = ""};
    for (psb_field field = 0; field < PSB_FIELDS; field++)
        if (psb_port_has(&port, field))
            torture.fields.field[torture.fields.count++] = field;
    if (!psb_torture_run(&torture, &done, why, sizeof why))
        fail_msg("%s", why);
    assert_true(done.faults >= (only ? 3u : 1000u));
    assert_true(done.answers > 0);
    return done.violations;
}

static uint8_t source_named(const char *name)
{
    for (size_t i = 0; i < port.sources; i++)
        if (strcmp(source[i].name, name) == 0)
            return (uint8_t)i;
    fail_msg("there is no source %s", name);
    return 0;
}

static void the_port_without_a_mistake_passes(void **state)
{
    assert_int_equal(violations("7:eio"), 0);
    assert_int_equal(violations("7-:short"), 0);
}

/* Takes the length of the answer for each of its five numbers. */
static psb_status parse_length(const void *raw, size_t len, psb_pid pid, void *parsed)
{
    const uint64_t number[5] = {len, len, len, len, len};
    memcpy(parsed, number, sizeof number);
    return PSB_OK;
}

static void a_parser_that_takes_what_is_cut_is_found(void **state)
{
    source[source_named("statm")].parse = parse_length;
    assert_true(violations("linux.statm:1:short") > 0);
}

static void zero(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    out->u.integer = 0;
}

/* A second try that answers a number whatever happened. */
static void an_error_that_is_told_as_a_number_is_found(void **state)
{
    method[PSB_NICE].tries[1] = (psb_try){source_named("statm"), PSB_WHEN(PSB_DENIED), zero};
    psb_world_find(world, 24)->nice = 5;
    assert_true(violations("linux.getpriority:1:eperm") > 0);
    assert_int_equal(violations("linux.getpriority:1:eio"), 0);
}

/* A file that is opened with each answer. */
static void open_a_file(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    FILE *file = fopen("/dev/null", "r");
    assert_non_null(file);
    out->u.integer = psb_world_find(world, 24)->cpu;
}

static void a_file_that_stays_open_is_found(void **state)
{
    if (psb_host_open_files() < 0)
        skip();
    method[PSB_CPU_NUM].tries[0].decode = open_a_file;
    assert_true(violations("7:eio") > 0);
}

/* Not freed, but remembered: a checker of leaks at the end of the program is to find nothing. */
static void *kept[1 << 16];
static size_t kept_count;

static void lose_memory(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    if (kept_count < sizeof kept / sizeof *kept)
        kept[kept_count++] = malloc(100);
    out->u.integer = psb_world_find(world, 24)->cpu;
}

static void memory_that_is_lost_is_found(void **state)
{
    if (psb_host_allocated_bytes() < 0)
        skip();
    method[PSB_CPU_NUM].tries[0].decode = lose_memory;
    assert_true(violations("7:eio") > 0);
    while (kept_count > 0)
        free(kept[--kept_count]);
}

int main(void)
{
#define WITH_PORT(test) cmocka_unit_test_setup_teardown(test, make_port, drop_world)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_not_touched_must_be_right),
        cmocka_unit_test(a_refusal_is_told_as_it_is_or_made_up_for),
        cmocka_unit_test(a_record_may_be_told_in_part),
        cmocka_unit_test(an_answer_that_was_cut_is_malformed_or_right),
        cmocka_unit_test(garbage_may_give_any_answer_that_a_process_could),
        cmocka_unit_test(without_facts_of_the_machine_a_field_is_unknown),
        cmocka_unit_test(an_account_that_is_not_found_is_a_number),
        WITH_PORT(the_port_without_a_mistake_passes),
        WITH_PORT(a_parser_that_takes_what_is_cut_is_found),
        WITH_PORT(an_error_that_is_told_as_a_number_is_found),
        WITH_PORT(a_file_that_stays_open_is_found),
        WITH_PORT(memory_that_is_lost_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

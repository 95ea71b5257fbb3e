/* test_port_lint.c: a good table passes; each test breaks one thing in a copy of it. */
#include "fake_port.h"
#include "port_lint.h"
#include "registry.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static fake_tables tables;

static int good_tables(void **state)
{
    fake_tables_copy(&tables, &psb_fake_port);
    return 0;
}

#define BROKEN(test) cmocka_unit_test_setup(test, good_tables)

static void is_refused(const char *culprit, const char *mistake)
{
    char why[160] = "";
    assert_false(psb_port_lint(&tables.port, why, sizeof why));
    if (!strstr(why, "port fake: ") || !strstr(why, culprit) || !strstr(why, mistake))
        fail_msg("'%s' does not tell of '%s' and '%s'", why, culprit, mistake);
}

static void every_registered_port_passes(void **state)
{
    size_t ports = 0;
    for (const psb_port *port; (port = psb_port_at(ports)) != NULL; ports++) {
        char why[160] = "";
        if (!psb_port_lint(port, why, sizeof why))
            fail_msg("%s", why);
        assert_ptr_equal(psb_port_named(port->name), port);
    }
    assert_in_range(ports, 1, 100);
    assert_non_null(psb_port_named("linux"));
    assert_null(psb_port_named("nosuch"));
    assert_null(psb_port_at(ports + 1));
}

static void a_good_table_passes(void **state)
{
    char why[160] = "untouched";
    assert_true(psb_port_lint(&psb_fake_port, why, sizeof why));
    assert_true(psb_port_lint(&tables.port, why, sizeof why));
    assert_string_equal(why, "untouched");
}

/* ---- the table of sources ---- */

static void no_sources_are_refused(void **state)
{
    tables.port.sources = 0;
    is_refused("0 sources", "allowed");
}

static void too_many_sources_are_refused(void **state)
{
    tables.port.sources = PSB_SOURCES_MAX + 1;
    is_refused("33 sources", "allowed");
}

static void a_list_of_pids_behind_the_sources_is_refused(void **state)
{
    tables.port.pids_source = FAKE_SOURCES;
    is_refused("sources", "pids");
}

static void a_list_of_pids_without_a_reader_is_refused(void **state)
{
    tables.source[FAKE_PIDS].record = NULL;
    is_refused("'pids'", "table");
}

static void a_list_of_pids_of_one_process_is_refused(void **state)
{
    tables.source[FAKE_PIDS].parse = tables.source[FAKE_CLOCK].parse; /* it is like any other now */
    tables.source[FAKE_PIDS].parsed_size = tables.source[FAKE_CLOCK].parsed_size;
    tables.source[FAKE_TIMES].record = tables.source[FAKE_PIDS].record;
    tables.port.pids_source = FAKE_TIMES;
    is_refused("'times'", "SYSTEM");
}

static void a_table_that_is_none_is_refused(void **state)
{
    tables.source[FAKE_TIMES].table = FAKE_SOURCES;
    is_refused("'times'", "which is none");
    tables.source[FAKE_TIMES].table = FAKE_CLOCK;
    is_refused("'times'", "which is none");
}

static void a_table_of_a_source_that_is_not_of_a_process_is_refused(void **state)
{
    tables.source[FAKE_CLOCK].table = FAKE_PIDS;
    is_refused("'clock'", "PROCESS");
}

static void a_table_for_sweeps_passes(void **state)
{
    char why[160];
    tables.source[FAKE_TIMES].table = FAKE_PIDS;
    assert_true(psb_port_lint(&tables.port, why, sizeof why));
}

static void a_table_may_keep_raw_bytes(void **state)
{
    char why[160];
    tables.source[FAKE_TABLE].keeps_raw = true;
    tables.source[FAKE_TABLE].record = tables.source[FAKE_PIDS].record;
    assert_true(psb_port_lint(&tables.port, why, sizeof why));
}

static void a_source_with_an_empty_name_is_refused(void **state)
{
    tables.source[FAKE_BIRTH].name = "";
    is_refused("source 7", "name");
}

static void a_source_without_a_routine_is_refused(void **state)
{
    tables.source[FAKE_BIRTH].routine = NULL;
    is_refused("source 7", "routine");
    tables.source[FAKE_BIRTH].routine = "";
    is_refused("source 7", "routine");
}

static void two_sources_of_one_name_are_refused(void **state)
{
    tables.source[FAKE_BIRTH].name = "times";
    is_refused("'times'", "two sources");
}

static void two_sources_of_one_call_are_refused(void **state)
{
    tables.source[FAKE_BIRTH].op = tables.source[FAKE_TIMES].op;
    is_refused("'times'", "'birth'");
}

static void two_sources_of_one_op_with_other_arguments_pass(void **state)
{
    char why[160];
    tables.source[FAKE_BIRTH].op = tables.source[FAKE_TIMES].op;
    tables.source[FAKE_BIRTH].arg[3] = 1;
    assert_true(psb_port_lint(&tables.port, why, sizeof why));
}

static void a_source_of_no_op_is_refused(void **state)
{
    tables.source[FAKE_BIRTH].op = PSB_OPS;
    is_refused("'birth'", "op");
}

static void a_source_without_room_is_refused(void **state)
{
    tables.source[FAKE_BIRTH].room = 0;
    is_refused("'birth'", "0 bytes");
}

static void a_source_with_more_room_than_any_reply_is_refused(void **state)
{
    char why[160];
    tables.source[FAKE_BIRTH].room = PSB_REPLY_MAX;
    assert_true(psb_port_lint(&tables.port, why, sizeof why));
    tables.source[FAKE_BIRTH].room++;
    is_refused("'birth'", "268435457 bytes");
}

static void a_system_source_that_keeps_raw_bytes_is_refused(void **state)
{
    tables.source[FAKE_TABLE].keeps_raw = true;
    is_refused("'table'", "raw");
}

static void a_source_without_a_parser_is_refused(void **state)
{
    tables.source[FAKE_BIRTH].parse = NULL;
    is_refused("'birth'", "parser");
}

static void a_boot_source_without_a_parser_is_refused(void **state)
{
    tables.source[FAKE_TICKS].parse = NULL;
    is_refused("'ticks'", "parser");
}

static void a_source_that_parses_into_nothing_is_refused(void **state)
{
    tables.source[FAKE_BIRTH].parsed_size = 0;
    is_refused("'birth'", "parser");
}

static void a_source_that_is_never_asked_is_refused(void **state)
{
    tables.method[PSB_MEMORY_INFO] = (psb_method){0};
    is_refused("'memory'", "never");
}

/* ---- methods ---- */

static void a_try_of_no_source_is_refused(void **state)
{
    tables.method[PSB_PPID].tries[0].source = FAKE_SOURCES;
    is_refused("ppid: try 1", "source 12");
    good_tables(state);
    tables.method[PSB_MEMORY_FULL_INFO].tries[1].source = UINT8_MAX;
    is_refused("memory_full_info: try 2", "source 255");
}

static void a_try_of_a_boot_source_is_refused(void **state)
{
    tables.method[PSB_PPID].tries[0].source = FAKE_TICKS;
    is_refused("ppid", "'ticks'");
}

static void a_try_of_a_source_of_users_is_refused(void **state)
{
    tables.method[PSB_PPID].tries[0].source = FAKE_USER;
    is_refused("ppid", "users");
}

static void a_first_try_with_a_condition_is_refused(void **state)
{
    tables.method[PSB_PPID].tries[0].when = PSB_WHEN(PSB_DENIED);
    is_refused("ppid", "condition");
}

static void a_second_try_without_a_condition_is_refused(void **state)
{
    tables.method[PSB_MEMORY_FULL_INFO].tries[1].when = 0;
    is_refused("memory_full_info: try 2", "never follow");
}

static void a_second_try_after_an_answer_is_refused(void **state)
{
    tables.method[PSB_MEMORY_FULL_INFO].tries[1].when |= PSB_WHEN(PSB_OK);
    is_refused("memory_full_info: try 2", "follows an answer");
}

static void a_third_try_is_held_to_the_same(void **state)
{
    psb_try *tries = tables.method[PSB_MEMORY_FULL_INFO].tries;
    tries[2] = tries[1];
    tries[2].when = 0;
    is_refused("memory_full_info: try 3", "never follow");
    tries[2].when = PSB_WHEN(PSB_ABSENT);
    char why[160];
    assert_true(psb_port_lint(&tables.port, why, sizeof why));
}

static void a_try_without_a_decoder_is_refused(void **state)
{
    tables.method[PSB_PPID].tries[0].decode = NULL;
    is_refused("ppid: try 1", "decoder");
    good_tables(state);
    tables.method[PSB_NUM_HANDLES].tries[0].when = PSB_WHEN(PSB_DENIED);
    is_refused("num_handles: try 1", "decoder");
}

static void a_try_behind_the_end_is_refused(void **state)
{
    psb_try *tries = tables.method[PSB_MEMORY_FULL_INFO].tries;
    tries[2] = tries[1];
    tries[1] = (psb_try){0};
    is_refused("memory_full_info: try 3", "behind the end");
}

/* The source of the pids may lack a parser, so long as only its pids are read. */
static void a_try_of_a_list_of_pids_without_a_parser_is_refused(void **state)
{
    tables.method[PSB_NUM_HANDLES] = tables.method[PSB_NUM_THREADS];
    tables.method[PSB_NUM_HANDLES].tries[0].source = FAKE_PIDS;
    is_refused("pids", "parser");
}

/* ---- the special questions ---- */

static void a_port_without_a_clock_is_refused(void **state)
{
    tables.port.clock.decode = NULL;
    is_refused("clock", "decoder");
}

static void a_port_without_users_is_refused(void **state)
{
    tables.port.user.decode = NULL;
    is_refused("user", "decoder");
}

/* Windows: it has no uids, and names accounts by a method of their own. */
static void a_port_without_uids_needs_no_users(void **state)
{
    char why[160];
    tables.port.user = (psb_try){0};
    is_refused("user", "decoder");
    tables.method[PSB_UIDS] = (psb_method){0};
    tables.source[FAKE_USER].scope = PSB_SCOPE_BOOT; /* else it is never asked */
    if (!psb_port_lint(&tables.port, why, sizeof why))
        fail_msg("%s", why);
}

static void a_special_question_of_no_source_is_refused(void **state)
{
    tables.port.clock.source = FAKE_SOURCES;
    is_refused("clock", "source 12");
    good_tables(state);
    tables.port.user.source = FAKE_SOURCES;
    is_refused("user", "source 12");
}

static void a_special_question_of_the_wrong_scope_is_refused(void **state)
{
    tables.port.clock.source = FAKE_TIMES;
    is_refused("clock", "'times' has the wrong scope");
    good_tables(state);
    tables.port.user.source = FAKE_TABLE;
    is_refused("user", "'table' has the wrong scope");
}

static void a_special_question_with_a_condition_is_refused(void **state)
{
    tables.port.user.when = PSB_WHEN(PSB_DENIED);
    is_refused("user", "condition");
}

/* ---- the message ---- */

static void only_the_first_mistake_is_told(void **state)
{
    char why[160];
    tables.source[FAKE_TIMES].room = 0;
    tables.source[FAKE_BIRTH].room = 0;
    tables.port.clock.decode = NULL;
    is_refused("'times'", "0 bytes");
    psb_port_lint(&tables.port, why, sizeof why);
    assert_null(strstr(why, "birth"));
    assert_null(strstr(why, "clock"));
}

static void a_message_is_cut_to_its_room(void **state)
{
    tables.source[FAKE_BIRTH].room = 0;
    for (size_t size = 1; size < 40; size++) {
        char *why = malloc(size);
        assert_non_null(why);
        assert_false(psb_port_lint(&tables.port, why, size));
        assert_in_range(strlen(why), 0, size - 1);
        free(why);
    }
}

/* An enum of sources with one row forgotten: all of that row is 0. Last, for it may end the program. */
static void a_forgotten_row_is_refused(void **state)
{
    tables.source[FAKE_BIRTH] = (psb_source){0};
    is_refused("source 7", "name");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_registered_port_passes),
        BROKEN(a_good_table_passes),
        BROKEN(no_sources_are_refused),
        BROKEN(too_many_sources_are_refused),
        BROKEN(a_list_of_pids_behind_the_sources_is_refused),
        BROKEN(a_list_of_pids_without_a_reader_is_refused),
        BROKEN(a_list_of_pids_of_one_process_is_refused),
        BROKEN(a_source_with_an_empty_name_is_refused),
        BROKEN(a_source_without_a_routine_is_refused),
        BROKEN(two_sources_of_one_name_are_refused),
        BROKEN(two_sources_of_one_call_are_refused),
        BROKEN(two_sources_of_one_op_with_other_arguments_pass),
        BROKEN(a_source_of_no_op_is_refused),
        BROKEN(a_source_without_room_is_refused),
        BROKEN(a_source_with_more_room_than_any_reply_is_refused),
        BROKEN(a_system_source_that_keeps_raw_bytes_is_refused),
        BROKEN(a_table_that_is_none_is_refused),
        BROKEN(a_table_of_a_source_that_is_not_of_a_process_is_refused),
        BROKEN(a_table_for_sweeps_passes),
        BROKEN(a_table_may_keep_raw_bytes),
        BROKEN(a_source_without_a_parser_is_refused),
        BROKEN(a_boot_source_without_a_parser_is_refused),
        BROKEN(a_source_that_parses_into_nothing_is_refused),
        BROKEN(a_source_that_is_never_asked_is_refused),
        BROKEN(a_try_of_no_source_is_refused),
        BROKEN(a_try_of_a_boot_source_is_refused),
        BROKEN(a_try_of_a_source_of_users_is_refused),
        BROKEN(a_first_try_with_a_condition_is_refused),
        BROKEN(a_second_try_without_a_condition_is_refused),
        BROKEN(a_second_try_after_an_answer_is_refused),
        BROKEN(a_third_try_is_held_to_the_same),
        BROKEN(a_try_without_a_decoder_is_refused),
        BROKEN(a_try_behind_the_end_is_refused),
        BROKEN(a_try_of_a_list_of_pids_without_a_parser_is_refused),
        BROKEN(a_port_without_a_clock_is_refused),
        BROKEN(a_port_without_users_is_refused),
        BROKEN(a_port_without_uids_needs_no_users),
        BROKEN(a_special_question_of_no_source_is_refused),
        BROKEN(a_special_question_of_the_wrong_scope_is_refused),
        BROKEN(a_special_question_with_a_condition_is_refused),
        BROKEN(only_the_first_mistake_is_told),
        BROKEN(a_message_is_cut_to_its_room),
        BROKEN(a_forgotten_row_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

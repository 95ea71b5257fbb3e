/* test_lane.c: the tables of the Python layer against the ports' own, and one call of one source. */
#include "lane.h"
#include "layer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define WORLD "seed=3,processes=40"

static const char *const PORT[] = {"freebsd", "openbsd", "netbsd", "macos", "sunos", "windows"};
enum { PORTS = sizeof PORT / sizeof *PORT };

static psb_lane *opened(const char *port, const char *kernel, const char *world)
{
    char why[256] = "";
    psb_lane *lane = psb_lane_open(port, kernel, world, why, sizeof why);
    if (!lane)
        fail_msg("%s: %s", port, why);
    return lane;
}

static void check_row(const psb_lane *lane, const psb_layer_function *row)
{
    int source = psb_lane_source(lane, row->source);
    if (source < 0 || (*row->first && psb_lane_source(lane, row->first) < 0))
        fail_msg("%s: %s: no source %s", lane->port->name, row->name, row->source);
    assert_in_range(row->items, 1, PSB_ITEMS_MAX);
    for (size_t i = 0; i < row->items; i++) {
        const psb_item *item = &row->item[i];
        const psb_field_info *field = psb_field_of(item->field);
        bool record = field->kind == PSB_KIND_RECORD;
        if (record && item->part >= field->parts)
            fail_msg("%s: %s has no part %d", row->name, field->name, item->part);
        if (item->as != PSB_AS_NOTHING && !psb_lane_decoder(lane, source, item->field))
            fail_msg("%s: %s: source %s does not tell %s", lane->port->name, row->name, row->source,
                     field->name);
    }
}

static void every_row_names_sources_that_tell_its_items(void **state)
{
    const psb_layer_function *row;
    for (int i = 0; i < PORTS; i++) {
        psb_lane *lane = opened(PORT[i], "sim", WORLD);
        uint32_t system = psb_layer_system_of(PORT[i]);
        size_t rows = 0;
        assert_int_not_equal(system, 0);
        for (size_t k = 0; (row = psb_layer_function_at(k)) != NULL; k++)
            if (row->systems & system) {
                check_row(lane, row);
                rows++;
            }
        assert_true(rows > 5);
        psb_lane_close(lane);
    }
    assert_int_equal(psb_layer_system_of("linux"), 0);
}

/* psutil unpacks by position: so many there must be. psutil 5.9: kinfo_proc_map and the like; 5.0 had fewer. */
static void tuples_are_as_long_as_psutil_takes_them(void **state)
{
    static const struct {
        const char *name;
        uint32_t version;
        size_t items;
    } LONG[] = {{"proc_oneshot_info", PSB_LAYER_NEW, 25},  {"proc_oneshot_info", PSB_LAYER_OLD, 24},
                {"proc_kinfo_oneshot", PSB_LAYER_NEW, 11}, {"proc_pidtaskinfo_oneshot", PSB_LAYER_NEW, 8},
                {"proc_basic_info", PSB_LAYER_NEW, 12},    {"proc_basic_info", PSB_LAYER_OLD, 8},
                {"proc_name_and_args", PSB_LAYER_NEW, 2},  {"proc_cred", PSB_LAYER_NEW, 6},
                {"proc_info", PSB_LAYER_NEW, 22},          {"proc_info", PSB_LAYER_OLD, 20},
                {"proc_times", PSB_LAYER_NEW, 3},          {"proc_cpu_times", PSB_LAYER_OLD, 2},
                {"proc_memory_info", PSB_LAYER_NEW, 10},   {"proc_io_counters", PSB_LAYER_NEW, 6},
                {"proc_io_counters", PSB_LAYER_OLD, 4},    {"proc_create_time", PSB_LAYER_OLD, 1}};
    const psb_layer_function *row;
    for (size_t i = 0; i < sizeof LONG / sizeof *LONG; i++) {
        bool found = false;
        for (size_t k = 0; (row = psb_layer_function_at(k)) != NULL; k++)
            found |= strcmp(row->name, LONG[i].name) == 0 && (row->versions & LONG[i].version) &&
                     row->items == LONG[i].items;
        if (!found)
            fail_msg("%s is not %zu items long", LONG[i].name, LONG[i].items);
    }
}

static void a_state_has_the_number_of_its_constant(void **state)
{
    const char *name;
    for (int i = 0; i < PORTS; i++) {
        uint32_t system = psb_layer_system_of(PORT[i]);
        int running = psb_layer_state(system, PSB_STATE_RUNNING),
            zombie = psb_layer_state(system, PSB_STATE_ZOMBIE);
        if (system == PSB_LAYER_WINDOWS)
            continue;
        assert_int_not_equal(running, zombie);
        assert_string_equal(psb_layer_constant((size_t)zombie, system),
                            system == PSB_LAYER_OPENBSD ? "SDEAD" : "SZOMB");
        assert_int_equal(psb_layer_state(system, PSB_STATE_DISK_SLEEP), 0);
        for (size_t k = 1; (name = psb_layer_constant(k, system)) != NULL; k++)
            assert_true(*name == '\0' || *name == 'S');
    }
    assert_null(psb_layer_constant(0, PSB_LAYER_SUNOS));
}

static uint64_t calls(const psb_lane *lane, const char *source)
{
    return psb_count_read(lane->counter)[psb_lane_source_at(lane, psb_lane_source(lane, source))->op].calls;
}

static psb_pid first_pid(psb_lane *lane)
{
    psb_pidlist list;
    assert_int_equal(lane->backend->ops->pids(lane->backend, &list), PSB_OK);
    psb_pid pid = list.pid[list.count / 2];
    psb_pidlist_free(&list);
    return pid;
}

static void a_question_is_one_call(void **state)
{
    psb_lane *lane = opened("freebsd", "count+sim", WORLD);
    int proc = psb_lane_source(lane, "proc");
    psb_pid pid = first_pid(lane);
    psb_count_reset(lane->counter);
    psb_told told = psb_lane_ask(lane, proc, pid, 0);
    assert_int_equal(told.status, PSB_OK);
    psb_value uids = psb_lane_decode(lane, psb_lane_decoder(lane, proc, PSB_UIDS), told.parsed);
    psb_value name = psb_lane_decode(lane, psb_lane_decoder(lane, proc, PSB_NAME), told.parsed);
    assert_int_equal(uids.status, PSB_OK);
    assert_int_equal(name.status, PSB_OK);
    assert_int_equal(calls(lane, "proc"), 1);
    assert_int_equal(psb_lane_ask(lane, proc, 4000000, 0).status, PSB_GONE);
    assert_int_equal(calls(lane, "proc"), 2);
    psb_lane_close(lane);
}

static void a_kernel_that_stands_still_is_not_called_again(void **state)
{
    psb_lane *lane = opened("macos", "count+sim", WORLD);
    int proc = psb_lane_source(lane, "proc"), task = psb_lane_source(lane, "taskinfo");
    psb_pid pid = first_pid(lane);
    psb_count_reset(lane->counter);
    psb_lane_stand_still(lane, true);
    for (int i = 0; i < 100; i++) {
        psb_lane_ask(lane, proc, pid, 0);
        psb_lane_ask(lane, task, pid, 0);
        assert_int_equal(psb_lane_ask(lane, proc, 4000000, 0).status, PSB_GONE);
    }
    assert_int_equal(calls(lane, "proc"), 2);
    assert_int_equal(calls(lane, "taskinfo"), 1);
    psb_lane_stand_still(lane, false);
    psb_lane_ask(lane, proc, pid, 0);
    assert_int_equal(calls(lane, "proc"), 3);
    psb_lane_close(lane);
}

/* More questions than are kept: the rest goes through, and nothing is mixed up. */
static void only_so_many_answers_are_kept(void **state)
{
    psb_lane *lane = opened("netbsd", "count+sim", "seed=3,processes=100");
    int proc = psb_lane_source(lane, "proc");
    psb_decode *ppid = psb_lane_decoder(lane, proc, PSB_PPID);
    psb_lane_stand_still(lane, true);
    for (int round = 0; round < 2; round++)
        for (size_t i = 0; i < lane->world->count; i++) {
            const psb_process *process = &lane->world->process[i];
            psb_told told = psb_lane_ask(lane, proc, process->pid, 0);
            assert_int_equal(told.status, PSB_OK);
            assert_int_equal(psb_lane_decode(lane, ppid, told.parsed).u.integer, process->ppid);
        }
    assert_int_equal(lane->keeps, PSB_KEPT_MAX);
    psb_lane_close(lane);
}

static void of_a_table_the_process_is_picked(void **state)
{
    psb_lane *lane =
        opened("windows", "count+sim", "seed=3,processes=3000"); /* more than the first room holds */
    int table = psb_lane_source(lane, "processes");
    psb_decode *ppid = psb_lane_decoder(lane, table, PSB_PPID);
    psb_record record;
    size_t at = 0, records = 0;
    psb_count_reset(lane->counter);
    for (size_t i = 0; i < lane->world->count; i += 500) {
        const psb_process *process = &lane->world->process[i];
        psb_told told = psb_lane_ask(lane, table, process->pid, 0);
        assert_int_equal(told.status, PSB_OK);
        assert_int_equal(psb_lane_decode(lane, ppid, told.parsed).u.integer, process->ppid);
    }
    assert_int_equal(calls(lane, "processes"), lane->world->count / 500);
    assert_int_equal(psb_lane_ask(lane, table, 4000001, 0).status, PSB_GONE);
    while (psb_lane_next(lane, table, &at, &record).status == PSB_OK)
        records++;
    assert_true(records >= lane->world->count);
    psb_lane_close(lane);
}

static void a_table_that_was_kept_is_read_to_its_end(void **state)
{
    psb_lane *lane = opened("windows", "count+sim", WORLD);
    int table = psb_lane_source(lane, "processes");
    psb_record record;
    psb_lane_stand_still(lane, true);
    for (int round = 0; round < 2; round++) {
        size_t at = 0, records = 0;
        psb_lane_ask(lane, table, 0, 0);
        while (psb_lane_next(lane, table, &at, &record).status == PSB_OK)
            records++;
        assert_true(records >= lane->world->count);
    }
    assert_int_equal(calls(lane, "processes"), 1);
    psb_lane_close(lane);
}

static void another_stack_is_over_the_same_world(void **state)
{
    char why[256];
    psb_lane *lane = opened("sunos", "sim", WORLD);
    const psb_world *world = lane->world;
    assert_null(lane->counter);
    assert_true(psb_lane_restack(lane, "count+delay=0+sim", why, sizeof why));
    assert_non_null(lane->counter);
    assert_false(psb_lane_restack(lane, "nosuch+sim", why, sizeof why));
    assert_non_null(strstr(why, "nosuch"));
    assert_ptr_equal(lane->world, world);
    assert_int_equal(psb_lane_ask(lane, psb_lane_source(lane, "cpus"), 0, 0).status, PSB_OK);
    assert_int_equal(calls(lane, "cpus"), 1);
    psb_lane_close(lane);
}

static void what_cannot_be_opened_is_told(void **state)
{
    char why[256];
    assert_null(psb_lane_open("nosuch", "sim", WORLD, why, sizeof why));
    assert_non_null(strstr(why, "nosuch"));
    assert_null(psb_lane_open("freebsd", "sim", "processes=0", why, sizeof why));
    assert_null(psb_lane_open("freebsd", "sim", NULL, why, sizeof why));
    assert_non_null(strstr(why, "world"));
    psb_lane_close(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_names_sources_that_tell_its_items),
        cmocka_unit_test(tuples_are_as_long_as_psutil_takes_them),
        cmocka_unit_test(a_state_has_the_number_of_its_constant),
        cmocka_unit_test(a_question_is_one_call),
        cmocka_unit_test(a_kernel_that_stands_still_is_not_called_again),
        cmocka_unit_test(only_so_many_answers_are_kept),
        cmocka_unit_test(of_a_table_the_process_is_picked),
        cmocka_unit_test(a_table_that_was_kept_is_read_to_its_end),
        cmocka_unit_test(another_stack_is_over_the_same_world),
        cmocka_unit_test(what_cannot_be_opened_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

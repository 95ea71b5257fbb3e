/* test_check.c: cells of the Linux port on the kernel that this test runs on: checked and counted. */
#define _POSIX_C_SOURCE 200809L
#include "cell.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static char why[512];
static psb_crowd crowd; /* of the cell that was started last */

static void need_linux(void)
{
    if (!psb_native_leaf.port || strcmp(psb_native_leaf.port, "linux") != 0) {
        print_message("this program was built without a way to ask Linux\n");
        skip();
    }
}

static psb_cell cell_of(const char *population, const psb_field *field, size_t count)
{
    need_linux();
    psb_cell cell = {.port = psb_port_named("linux"),
                     .kernel = "native",
                     .layer = "c",
                     .scenario = "test",
                     .population = population,
                     .fields = {.port = "linux", .count = count}};
    for (size_t i = 0; i < count; i++)
        cell.fields.field[i] = field[i];
    return cell;
}

/* All fields that the port has. */
static psb_cell whole_cell(const char *population)
{
    psb_cell cell = cell_of(population, NULL, 0);
    for (psb_field field = 0; field < PSB_FIELDS; field++)
        if (field != PSB_NUM_HANDLES)
            cell.fields.field[cell.fields.count++] = field;
    return cell;
}

static psb_specimen started(const psb_cell *cell)
{
    if (!psb_cell_start(cell, &crowd, why, sizeof why))
        fail_msg("%s", why);
    return crowd.specimen[0];
}

static json_int_t number(const json_t *json, const char *key)
{
    const json_t *value = json_object_get(json, key);
    if (!json_is_integer(value))
        fail_msg("there is no '%s'", key);
    return json_integer_value(value);
}

static const char *text(const json_t *json, const char *key)
{
    const char *value = json_string_value(json_object_get(json, key));
    return value ? value : "";
}

/* A process that has ended and been waited for: nobody has its pid until pids have gone round. */
static pid_t dead_pid(void)
{
    pid_t pid = fork();
    if (pid == 0)
        _exit(0);
    assert_true(pid > 0 && waitpid(pid, NULL, 0) == pid);
    return pid;
}

/* ---- check ---- */

static void assert_all_right(const char *population, json_int_t by_truth)
{
    psb_cell cell = whole_cell(population);
    psb_specimen specimen = started(&cell);
    json_t *check = psb_cell_check(&cell, &specimen, 1, why, sizeof why), *count;
    const char *status;
    json_int_t answers = 0;
    psb_crowd_stop(&crowd);
    assert_non_null(check);
    json_t *disagreements = json_object_get(check, "disagreements");
    if (json_array_size(disagreements) != 0) {
        json_dumpf(disagreements, stderr, JSON_INDENT(2));
        fail_msg("%zu disagreements", json_array_size(disagreements));
    }
    assert_int_equal(number(check, "answers"), cell.fields.count);
    assert_int_equal(number(check, "agree"), cell.fields.count);
    assert_int_equal(number(check, "by_truth"), by_truth);
    json_object_foreach (json_object_get(check, "statuses"), status, count)
        answers += json_integer_value(count);
    assert_int_equal(answers, cell.fields.count);
    json_decref(check);
}

static void a_childs_answers_are_right(void **state)
{
    assert_all_right("child", 7); /* ppid parent uids gids nice cwd num_threads */
}

static void ones_own_answers_are_right(void **state)
{
    assert_all_right("self", getppid() == 0 ? 5 : 7); /* status instead of num_threads */
}

static const json_t *disagreement_on(const json_t *check, const char *field)
{
    const json_t *row;
    size_t i;
    json_array_foreach (json_object_get(check, "disagreements"), i, row)
        if (strcmp(text(row, "field"), field) == 0)
            return row;
    fail_msg("there is no disagreement on %s", field);
    return NULL;
}

/* Of this process's parent, the truth of a child is told: that its parent is this process. */
static void an_answer_that_is_not_the_truth_is_told(void **state)
{
    static const psb_field FIELDS[] = {PSB_NAME, PSB_PPID, PSB_UIDS};
    psb_cell cell = cell_of("child", FIELDS, 3);
    psb_specimen specimen = {.pid = getppid(), .ppid = getpid(), .hold = -1, .is_child = true};
    char mine[32];
    if (getppid() == 0)
        skip();
    json_t *check = psb_cell_check(&cell, &specimen, 1, why, sizeof why);
    assert_non_null(check);
    const json_t *row = disagreement_on(check, "ppid");
    snprintf(mine, sizeof mine, "%lld", (long long)getpid());
    assert_string_equal(text(row, "with"), "truth");
    assert_string_equal(text(row, "expected"), mine);
    assert_string_not_equal(text(row, "got"), mine);
    assert_true(number(check, "agree") < 3);
    json_decref(check);
}

static void a_process_that_has_gone_agrees_on_that(void **state)
{
    static const psb_field FIELDS[] = {PSB_NAME, PSB_CPU_TIMES, PSB_CWD, PSB_NICE};
    psb_cell cell = cell_of("pid", FIELDS, 4);
    psb_specimen specimen = {.pid = dead_pid(), .hold = -1};
    json_t *check = psb_cell_check(&cell, &specimen, 1, why, sizeof why);
    assert_non_null(check);
    assert_int_equal(json_array_size(json_object_get(check, "disagreements")), 0);
    assert_int_equal(number(check, "by_truth"), 0);
    assert_int_equal(number(json_object_get(check, "statuses"), "gone"), 4);
    json_decref(check);
}

static void a_truth_of_the_living_does_not_fit_the_dead(void **state)
{
    static const psb_field FIELDS[] = {PSB_PPID};
    psb_cell cell = cell_of("child", FIELDS, 1);
    psb_specimen specimen = {.pid = dead_pid(), .ppid = getpid(), .hold = -1, .is_child = true};
    json_t *check = psb_cell_check(&cell, &specimen, 1, why, sizeof why);
    assert_non_null(check);
    assert_true(strncmp(text(disagreement_on(check, "ppid"), "got"), "<gone", 5) == 0);
    json_decref(check);
}

static void an_unknown_kernel_is_named(void **state)
{
    static const psb_field FIELDS[] = {PSB_NAME};
    psb_cell cell = cell_of("self", FIELDS, 1);
    psb_specimen specimen = started(&cell);
    cell.kernel = "nonsense";
    assert_null(psb_cell_check(&cell, &specimen, 1, why, sizeof why));
    assert_non_null(strstr(why, "nonsense"));
    strcpy(why, "");
    assert_null(psb_count_variant(&cell, PSB_CACHED, specimen.pid, FIELDS, 1, why, sizeof why));
    assert_non_null(strstr(why, "nonsense"));
    psb_crowd_stop(&crowd);
}

/* ---- count ---- */

/* The calls of one source, or of all if source is NULL; every count must be as declared. */
static json_int_t calls_of(const psb_field *field, size_t count, psb_variant variant, const char *source)
{
    psb_cell cell = cell_of("child", field, count);
    psb_specimen specimen = started(&cell);
    json_t *counted = psb_count_variant(&cell, variant, specimen.pid, field, count, why, sizeof why), *row;
    json_int_t calls = 0, sum = 0, entries = 0;
    size_t i;
    psb_crowd_stop(&crowd);
    if (!counted)
        fail_msg("%s", why);
    json_array_foreach (json_object_get(counted, "sources"), i, row) {
        assert_int_equal(number(row, "calls"), number(row, "declared"));
        assert_int_equal(number(row, "failures"), 0);
        if (source && strcmp(text(row, "source"), source) == 0)
            calls = number(row, "calls");
        sum += number(row, "calls");
        entries += number(row, "entries");
    }
    assert_true(json_is_true(json_object_get(counted, "as_declared")));
    assert_int_equal(number(counted, "calls"), sum);
    assert_int_equal(number(counted, "entries"), entries);
    json_decref(counted);
    return source ? calls : sum;
}

static void a_cached_snapshot_reads_a_file_once(void **state)
{
    static const psb_field OF_STAT[] = {PSB_NAME, PSB_PPID, PSB_STATUS, PSB_CREATE_TIME, PSB_CPU_TIMES};
    assert_int_equal(calls_of(OF_STAT, 5, PSB_CACHED, "stat"), 1);
    assert_int_equal(calls_of(OF_STAT, 5, PSB_UNCACHED, "stat"), 5);
    assert_int_equal(calls_of(OF_STAT, 5, PSB_CACHED, NULL), 1);
    assert_int_equal(calls_of(OF_STAT, 5, PSB_UNCACHED, NULL), 5);
}

static void each_file_is_counted_for_itself(void **state)
{
    static const psb_field MIXED[] = {PSB_UIDS, PSB_NAME, PSB_GIDS, PSB_MEMORY_INFO, PSB_NUM_THREADS};
    assert_int_equal(calls_of(MIXED, 5, PSB_CACHED, "status"), 1);
    assert_int_equal(calls_of(MIXED, 5, PSB_UNCACHED, "status"), 3);
    assert_int_equal(calls_of(MIXED, 5, PSB_CACHED, "statm"), 1);
    assert_int_equal(calls_of(MIXED, 5, PSB_UNCACHED, "stat"), 1);
}

/* parent needs the ppid and start time of the child, and the start time of its parent. */
static void a_derived_field_shares_what_its_own_get_fetched(void **state)
{
    static const psb_field PARENT[] = {PSB_PARENT}, BOTH[] = {PSB_PPID, PSB_PARENT, PSB_NAME};
    assert_int_equal(calls_of(PARENT, 1, PSB_CACHED, "stat"), 2);
    assert_int_equal(calls_of(PARENT, 1, PSB_UNCACHED, "stat"), 2);
    assert_int_equal(calls_of(BOTH, 3, PSB_CACHED, "stat"), 2);
    assert_int_equal(calls_of(BOTH, 3, PSB_UNCACHED, "stat"), 4);
}

static void a_file_is_three_entries_and_a_link_one(void **state)
{
    static const psb_field FIELDS[] = {PSB_NAME, PSB_CWD};
    psb_cell cell = cell_of("self", FIELDS, 2);
    json_t *counted = psb_count_variant(&cell, PSB_CACHED, getpid(), FIELDS, 2, why, sizeof why);
    assert_non_null(counted);
    assert_int_equal(number(counted, "calls"), 2);
    assert_int_equal(number(counted, "entries"), 4);
    assert_true(number(counted, "bytes") > 0);
    json_decref(counted);
}

static void calls_about_the_dead_are_as_declared(void **state)
{
    psb_cell cell = whole_cell("pid");
    psb_pid pid = dead_pid();
    for (psb_variant variant = PSB_UNCACHED; variant < PSB_VARIANTS; variant++) {
        json_t *counted =
            psb_count_variant(&cell, variant, pid, cell.fields.field, cell.fields.count, why, sizeof why);
        assert_non_null(counted);
        assert_true(json_is_true(json_object_get(counted, "as_declared")));
        json_decref(counted);
    }
}

static void both_variants_of_a_cell_are_counted(void **state)
{
    psb_cell cell = whole_cell("child");
    psb_specimen specimen = started(&cell);
    json_t *exact = psb_cell_count(&cell, specimen.pid, why, sizeof why);
    psb_crowd_stop(&crowd);
    assert_non_null(exact);
    assert_true(json_is_true(json_object_get(exact, "as_declared")));
    assert_true(number(json_object_get(exact, "uncached"), "calls") >
                number(json_object_get(exact, "cached"), "calls"));
    json_decref(exact);
}

static void fields_asked_each_are_counted_each(void **state)
{
    psb_cell cell = whole_cell("child");
    const json_t *row;
    size_t i;
    cell.ask = PSB_ASK_EACH;
    psb_specimen specimen = started(&cell);
    json_t *exact = psb_cell_count(&cell, specimen.pid, why, sizeof why);
    psb_crowd_stop(&crowd);
    assert_non_null(exact);
    assert_true(json_is_true(json_object_get(exact, "as_declared")));
    assert_int_equal(json_array_size(json_object_get(exact, "fields")), cell.fields.count);
    json_array_foreach (json_object_get(exact, "fields"), i, row) {
        assert_string_equal(text(row, "field"), psb_field_of(cell.fields.field[i])->name);
        assert_true(number(row, "calls") >= 1);
    }
    json_decref(exact);
}

/* ---- run ---- */

static json_t *run(const psb_cell *cell, int exit_code_after)
{
    static const psb_effort CHECK_ONLY = {.check_only = true};
    int exit_code = 0;
    json_t *result = psb_cell_run(cell, &CHECK_ONLY, &exit_code, why, sizeof why);
    if (!result)
        fail_msg("%s", why);
    assert_int_equal(exit_code, exit_code_after);
    return result;
}

static void a_cell_of_a_child_is_checked_and_counted(void **state)
{
    static const psb_field FIELDS[] = {PSB_PPID, PSB_UIDS};
    psb_cell cell = cell_of("child", FIELDS, 2);
    json_t *result = run(&cell, 0);
    assert_string_equal(text(result, "state"), "counted");
    assert_string_equal(text(result, "id"), "linux/native/c/test/child");
    assert_string_equal(text(result, "evidence"), "native");
    assert_string_equal(text(result, "ask"), "together");
    assert_string_equal(json_string_value(json_array_get(json_object_get(result, "fields"), 1)), "uids");
    assert_int_equal(number(json_object_get(result, "check"), "agree"), 2);
    assert_non_null(json_object_get(result, "exact"));
    assert_null(json_object_get(result, "measured"));
    assert_null(json_object_get(result, "reason"));
    assert_int_equal(kill((pid_t)number(result, "pid"), 0), -1); /* ended and reaped */
    json_decref(result);
}

static void a_cell_of_a_living_pid_is_counted(void **state)
{
    psb_cell cell = whole_cell("pid");
    cell.pid = getpid();
    json_t *result = run(&cell, 0);
    assert_string_equal(text(result, "state"), "counted");
    assert_int_equal(number(result, "pid"), getpid());
    assert_int_equal(number(json_object_get(result, "check"), "by_truth"), 0);
    json_decref(result);
}

static void a_cell_of_a_dead_pid_is_skipped_as_gone(void **state)
{
    psb_cell cell = whole_cell("pid");
    cell.pid = dead_pid();
    json_t *result = run(&cell, 0);
    assert_string_equal(text(result, "state"), "skipped");
    assert_true(strncmp(text(result, "reason"), "gone", 4) == 0);
    assert_null(json_object_get(result, "check"));
    assert_null(json_object_get(result, "exact"));
    json_decref(result);
}

static void pids_that_no_process_has_are_skipped_as_gone(void **state)
{
    static const psb_pid PIDS[] = {0, -1, INT64_MAX, INT64_MIN, (psb_pid)1 << 32};
    psb_cell cell = whole_cell("pid");
    for (size_t i = 0; i < sizeof PIDS / sizeof *PIDS; i++) {
        cell.pid = PIDS[i];
        json_t *result = run(&cell, 0);
        assert_string_equal(text(result, "state"), "skipped");
        assert_true(strncmp(text(result, "reason"), "gone", 4) == 0);
        json_decref(result);
    }
}

static void a_cell_over_an_unknown_kernel_is_broken_and_says_why(void **state)
{
    static const psb_field FIELDS[] = {PSB_NAME};
    psb_cell cell = cell_of("child", FIELDS, 1);
    cell.kernel = "nonsense";
    json_t *result = run(&cell, 1);
    assert_string_equal(text(result, "state"), "broken");
    assert_non_null(strstr(text(result, "reason"), "nonsense"));
    assert_null(json_object_get(result, "exact"));
    assert_int_equal(kill((pid_t)number(result, "pid"), 0), -1);
    json_decref(result);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_childs_answers_are_right),
        cmocka_unit_test(ones_own_answers_are_right),
        cmocka_unit_test(an_answer_that_is_not_the_truth_is_told),
        cmocka_unit_test(a_process_that_has_gone_agrees_on_that),
        cmocka_unit_test(a_truth_of_the_living_does_not_fit_the_dead),
        cmocka_unit_test(an_unknown_kernel_is_named),
        cmocka_unit_test(a_cached_snapshot_reads_a_file_once),
        cmocka_unit_test(each_file_is_counted_for_itself),
        cmocka_unit_test(a_derived_field_shares_what_its_own_get_fetched),
        cmocka_unit_test(a_file_is_three_entries_and_a_link_one),
        cmocka_unit_test(calls_about_the_dead_are_as_declared),
        cmocka_unit_test(both_variants_of_a_cell_are_counted),
        cmocka_unit_test(fields_asked_each_are_counted_each),
        cmocka_unit_test(a_cell_of_a_child_is_checked_and_counted),
        cmocka_unit_test(a_cell_of_a_living_pid_is_counted),
        cmocka_unit_test(a_cell_of_a_dead_pid_is_skipped_as_gone),
        cmocka_unit_test(pids_that_no_process_has_are_skipped_as_gone),
        cmocka_unit_test(a_cell_over_an_unknown_kernel_is_broken_and_says_why),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

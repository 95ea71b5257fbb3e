/* test_whole_port.c: a port that is none of ours is checked like one that is, and its calls are not counted. */
#include "cell.h"
#include "describe.h"
#include "sides.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The Linux port behind a whole one; over a simulated kernel, so that it can be asked anywhere. */
static psb_world *world;
static psb_whole whole;
static psb_port port;
static unsigned opened[PSB_VARIANTS];
static const char *complaint;

static psb_backend *open_it(const void *context, psb_variant variant, char *why, size_t why_size)
{
    opened[variant]++;
    return psb_open(psb_port_named("linux"), variant, "sim", world, why, why_size);
}

static const char *complain(const psb_backend *backend)
{
    return complaint;
}

static int make_port(void **state)
{
    char why[128];
    world = psb_world_open("seed=1,processes=20", NULL, why, sizeof why);
    assert_non_null(world);
    whole = (psb_whole){.evidence = PSB_EVIDENCE_SIM,
                        .variants = 1u << PSB_UNCACHED | 1u << PSB_CACHED,
                        .claims = PSB_CLAIM(PSB_NAME) | PSB_CLAIM(PSB_PPID),
                        .open = open_it,
                        .trouble = complain};
    port = (psb_port){.name = "other", .system = "for a test", .whole = &whole};
    memset(opened, 0, sizeof opened);
    complaint = NULL;
    return 0;
}

static int free_world(void **state)
{
    psb_world_free(world);
    return 0;
}

static json_t *run(int exit_code_after)
{
    char why[512];
    int exit_code = 0;
    psb_effort effort = {.check_only = true, .starts = 1, .seconds = 0.01};
    psb_cell cell = {.port = &port,
                     .kernel = PSB_OWN_KERNEL,
                     .layer = "c",
                     .scenario = "test",
                     .population = "pid",
                     .pid = world->process[0].pid,
                     .fields = {.port = "other", .count = 2, .field = {PSB_NAME, PSB_PPID}}};
    json_t *result = psb_cell_run(&cell, &effort, &exit_code, why, sizeof why);
    assert_non_null(result);
    assert_int_equal(exit_code, exit_code_after);
    return result;
}

static const char *text(const json_t *json, const char *key)
{
    const char *value = json_string_value(json_object_get(json, key));
    return value ? value : "";
}

static void it_is_checked_in_both_variants_and_not_counted(void **state)
{
    json_t *result = run(0);
    assert_string_equal(text(result, "state"), "counted");
    assert_string_equal(text(result, "evidence"), "sim");
    assert_string_equal(text(result, "kernel"), "own");
    assert_int_equal(json_integer_value(json_object_get(json_object_get(result, "check"), "agree")), 2);
    assert_string_not_equal(text(json_object_get(result, "exact"), "not_counted"), "");
    assert_true(opened[PSB_UNCACHED] > 0 && opened[PSB_CACHED] > 0);
    json_decref(result);
}

static void one_that_has_one_variant_is_never_asked_for_the_other(void **state)
{
    whole.variants = 1u << PSB_UNCACHED;
    json_t *result = run(0);
    assert_string_equal(text(result, "state"), "counted");
    assert_int_equal(opened[PSB_CACHED], 0);
    json_decref(result);
}

static void one_in_trouble_is_broken_and_says_why(void **state)
{
    complaint = "it fell over";
    json_t *result = run(1);
    assert_string_equal(text(result, "state"), "broken");
    assert_string_equal(text(result, "reason"), "it fell over");
    json_decref(result);
}

static void it_has_the_fields_that_it_claims(void **state)
{
    for (psb_field field = 0; field < PSB_FIELDS; field++)
        assert_int_equal(psb_port_has(&port, field), field == PSB_NAME || field == PSB_PPID);
}

static void assert_refused(const char *kernel, const char *culprit)
{
    char why[256];
    assert_null(psb_open(&port, PSB_CACHED, kernel, world, why, sizeof why));
    if (!strstr(why, culprit))
        fail_msg("'%s' does not name '%s'", why, culprit);
}

static void no_kernel_of_ours_stands_under_it(void **state)
{
    assert_refused("sim", "'sim' cannot stand under port 'other'");
    assert_refused("count+own", "'count+own' cannot stand under port 'other'");
}

static psb_backend *open_nothing(const void *context, psb_variant variant, char *why, size_t why_size)
{
    return NULL;
}

static psb_backend *open_half(const void *context, psb_variant variant, char *why, size_t why_size)
{
    static const psb_backend_ops OPS = {.name = "half"};
    static psb_backend half = {&OPS};
    return &half;
}

static void what_contradicts_itself_is_refused(void **state)
{
    whole.claims = 0;
    assert_refused("own", "claims no field");
    whole.claims = PSB_CLAIM(PSB_FIELDS);
    assert_refused("own", "claims no field, or one that there is not");
    free_world(state);
    make_port(state);
    whole.variants = 0;
    assert_refused("own", "no variant");
    free_world(state);
    make_port(state);
    whole.evidence = PSB_EVIDENCE_NONE;
    assert_refused("own", "worth");
    free_world(state);
    make_port(state);
    whole.open = NULL;
    assert_refused("own", "nothing to open it with");
    whole.open = open_nothing;
    assert_refused("own", "does not say why");
    whole.open = open_half;
    assert_refused("own", "lacks one of its functions");
    port.name = "A port/..";
    assert_refused("own", "a port's name");
    port.name = NULL;
    assert_refused("own", "a port's name");
}

static bool repeat_once(psb_backend *backend, const psb_question *question, uint64_t warm, uint64_t times,
                        uint64_t *ns)
{
    *ns = 1000 * times * question->fields;
    return true;
}

static void one_that_keeps_the_time_is_believed(void **state)
{
    static const psb_field FIELD[] = {PSB_NAME, PSB_PPID};
    char why[256];
    psb_sides sides;
    psb_slices slices;
    psb_cell cell = {.port = &port, .kernel = PSB_OWN_KERNEL};
    whole.repeat = repeat_once;
    assert_true(psb_sides_open(&cell, 1, FIELD, 2, &sides, why, sizeof why));
    assert_string_equal(sides.side[1].name, "cached");
    assert_true(psb_slices_run(&sides.side[1], 1, 0.001, 1, &slices));
    assert_true(slices.ns[0] > 1999.9 && slices.ns[0] < 2000.1);
    psb_slices_free(&slices);
    psb_sides_close(&sides);
}

static bool repeat_never(psb_backend *backend, const psb_question *question, uint64_t warm, uint64_t times,
                         uint64_t *ns)
{
    return false;
}

static void one_that_fails_to_keep_the_time_is_not_timed(void **state)
{
    static const psb_field FIELD[] = {PSB_NAME};
    char why[256];
    psb_sides sides;
    psb_slices slices;
    psb_cell cell = {.port = &port, .kernel = PSB_OWN_KERNEL};
    whole.repeat = repeat_never;
    assert_true(psb_sides_open(&cell, 1, FIELD, 1, &sides, why, sizeof why));
    assert_false(psb_slices_run(sides.side, 1, 0.001, 1, &slices));
    psb_sides_close(&sides);
}

#define OF_PORT(test) cmocka_unit_test_setup_teardown(test, make_port, free_world)

int main(void)
{
    const struct CMUnitTest tests[] = {
        OF_PORT(it_is_checked_in_both_variants_and_not_counted),
        OF_PORT(one_that_has_one_variant_is_never_asked_for_the_other),
        OF_PORT(one_in_trouble_is_broken_and_says_why),
        OF_PORT(it_has_the_fields_that_it_claims),
        OF_PORT(no_kernel_of_ours_stands_under_it),
        OF_PORT(what_contradicts_itself_is_refused),
        OF_PORT(one_that_keeps_the_time_is_believed),
        OF_PORT(one_that_fails_to_keep_the_time_is_not_timed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

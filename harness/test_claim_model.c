/*
 * test_claim_model.c: the fit finds what synthetic passes were made of, also where a point was disturbed; costs are
 * found where a search by bisection finds them; and the model says what the C layer takes, in a clock of its own that
 * only stated costs move, so that no Python and no real time is needed.
 */
#include "claim_model.h"

#include "describe.h"
#include "registry.h"
#include "scenario.h"
#include "slow_backend.h"
#include "world.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* psutil's list on the BSDs, about as it was measured: 11 calls, or one. */
static const psb_model BSD = {.costs = 1, .calls = {{11}, {1}}, .base_ns = {22000, 14300}, .ours_ns = {150}};

/* Another user's process on Windows: walks, opens, refusals. */
static const psb_model WINDOWS = {
    .costs = 3, .calls = {{8, 7, 6}, {1, 6, 5}}, .base_ns = {26500, 21000}, .ours_ns = {7000, 200, 0}};

static void assert_near(double is, double should, double part)
{
    if (!(fabs(is - should) <= fabs(should) * part))
        fail_msg("%.9g is not %.9g", is, should);
}

/* Points of a known model: the first one still. */
static void passes_of(const psb_model *model, const double *cost_ns, size_t points, psb_model_point *out)
{
    for (size_t i = 0; i <= points; i++) {
        out[i] = (psb_model_point){.still = i == 0};
        for (size_t c = 0; c < model->costs && i > 0; c++)
            out[i].cost_ns[c] = cost_ns[(i - 1) * model->costs + c];
        for (psb_mode mode = PSB_NORMAL; mode < PSB_MODES; mode++)
            out[i].ns[mode] = psb_model_point_ns(model, &out[i], mode);
    }
}

/* The counts of a model, without what is to be found. */
static psb_model counts_of(const psb_model *model)
{
    psb_model counts = {.costs = model->costs};
    memcpy(counts.calls, model->calls, sizeof counts.calls);
    return counts;
}

static void assert_found(const psb_model *is, const psb_model *should)
{
    assert_near(is->base_ns[PSB_NORMAL], should->base_ns[PSB_NORMAL], 1e-3);
    assert_near(is->base_ns[PSB_ONESHOT], should->base_ns[PSB_ONESHOT], 1e-3);
    for (size_t c = 0; c < is->costs; c++)
        if (should->ours_ns[c] > 0)
            assert_near(is->ours_ns[c], should->ours_ns[c], 1e-2);
}

/* ---- the fit ---- */

static void what_passes_are_made_of_is_found(void **state)
{
    static const double BSD_NS[] = {1000, 4000}, WINDOWS_NS[] = {1e5, 1000, 0, 2e5, 5000, 0, 5e5, 2000, 0};
    psb_model_point point[PSB_MODEL_POINTS];
    psb_model bsd = counts_of(&BSD), windows = counts_of(&WINDOWS);
    passes_of(&BSD, BSD_NS, 2, point);
    assert_true(psb_model_fit(&bsd, point, 3));
    assert_found(&bsd, &BSD);
    passes_of(&WINDOWS, WINDOWS_NS, 3, point);
    assert_true(psb_model_fit(&windows, point, 4));
    assert_found(&windows, &WINDOWS);
}

static void a_disturbed_point_bends_nothing(void **state)
{
    static const double WINDOWS_NS[] = {1e5, 1000, 0, 2e5, 5000, 0, 5e5, 2000, 0};
    psb_model_point point[PSB_MODEL_POINTS];
    psb_model model = counts_of(&WINDOWS);
    double typical, worst;
    passes_of(&WINDOWS, WINDOWS_NS, 3, point);
    point[3].ns[PSB_NORMAL] *= 3.3; /* as a pass of 4 ms that others interrupt */
    assert_true(psb_model_fit(&model, point, 4));
    assert_found(&model, &WINDOWS);
    psb_model_errors(&model, point, 4, &typical, &worst);
    assert_true(typical < 1e-3);
    assert_near(worst, 1 - 1 / 3.3, 1e-3); /* it is told all the same */
}

static void costs_that_no_measurement_tells_apart_are_shared(void **state)
{
    static const psb_model TWINS = {
        .costs = 3, .calls = {{17, 1, 1}, {7, 1, 1}}, .base_ns = {32000, 27000}, .ours_ns = {150, 150, 150}};
    static const double NS[] = {1000, 1000, 1000, 4000, 20000, 10000};
    psb_model_point point[PSB_MODEL_POINTS];
    psb_model model = counts_of(&TWINS);
    passes_of(&TWINS, NS, 2, point);
    assert_true(psb_model_fit(&model, point, 3));
    assert_found(&model, &TWINS);
}

static void what_cannot_be_fitted_is_refused(void **state)
{
    static const double NS[] = {1000, 4000};
    psb_model_point point[PSB_MODEL_POINTS];
    psb_model model = counts_of(&BSD);
    passes_of(&BSD, NS, 2, point);
    assert_false(psb_model_fit(&model, point, 1));
    assert_false(psb_model_fit(&model, point + 1, 2)); /* none of them still */
    point[1].ns[PSB_ONESHOT] = 0;
    assert_false(psb_model_fit(&model, point, 3));
    point[1].ns[PSB_ONESHOT] = NAN;
    assert_false(psb_model_fit(&model, point, 3));
}

/* ---- the cost at which a ratio comes out ---- */

/* By trying: the ratio grows with the first cost in the models here. */
static double by_bisection(const psb_model *model, double ratio, const double *at_ns)
{
    double low = 0, high = 1e9, cost_ns[PSB_MODEL_COSTS];
    for (int i = 0; i < 200; i++) {
        double middle = (low + high) / 2;
        for (size_t c = 0; c < model->costs; c++)
            cost_ns[c] = c == 0 || at_ns[c] < 0 ? middle : at_ns[c];
        if (psb_model_ratio(model, cost_ns) < ratio)
            low = middle;
        else
            high = middle;
    }
    return low;
}

static void the_cost_is_where_bisection_finds_it(void **state)
{
    static const double AT[][PSB_MODEL_COSTS] = {{0, 5000, 0}, {0, 0, 0}, {0, 1000, 20000}};
    double ns;
    for (double ratio = 1.6; ratio < 10.9; ratio += 0.1) {
        assert_int_equal(psb_model_implied(&BSD, ratio, AT[0], &ns), PSB_IMPLIED_FOUND);
        assert_near(ns, by_bisection(&BSD, ratio, AT[0]), 1e-6);
    }
    for (size_t i = 0; i < sizeof AT / sizeof *AT; i++)
        for (double ratio = 2; ratio < 7.9; ratio += 0.1) {
            assert_int_equal(psb_model_implied(&WINDOWS, ratio, AT[i], &ns), PSB_IMPLIED_FOUND);
            assert_near(ns, by_bisection(&WINDOWS, ratio, AT[i]), 1e-6);
        }
}

static void a_cost_can_go_with_the_first_one(void **state)
{
    static const double TOGETHER[] = {0, -1, 0};
    double ns, cost_ns[PSB_MODEL_COSTS] = {0};
    assert_int_equal(psb_model_implied(&WINDOWS, 1.5, TOGETHER, &ns), PSB_IMPLIED_FOUND);
    cost_ns[0] = cost_ns[1] = ns;
    assert_near(psb_model_ratio(&WINDOWS, cost_ns), 1.5, 1e-9);
}

static void a_ratio_below_or_beyond_all_costs_is_said_to_be(void **state)
{
    static const double AT[PSB_MODEL_COSTS] = {0};
    double ns;
    assert_int_equal(psb_model_implied(&BSD, 1.37, AT, &ns),
                     PSB_IMPLIED_BELOW); /* already 1.54 without any */
    assert_int_equal(psb_model_implied(&BSD, 11.0, AT, &ns),
                     PSB_IMPLIED_NEVER); /* 11 calls, or 1, and Python */
    assert_int_equal(psb_model_implied(&BSD, 12.0, AT, &ns), PSB_IMPLIED_NEVER);
}

/* ---- regions ---- */

/* By trying a grid that holds all corners. */
static bool grid_meets(const psb_model *model, double low, double high, const double *low_ns,
                       const double *high_ns)
{
    enum { STEPS = 12 };
    bool under = false, over = false;
    for (int i = 0; i <= STEPS; i++)
        for (int k = 0; k <= STEPS; k++)
            for (int m = 0; m <= STEPS; m++) {
                int part[] = {i, k, m};
                double cost_ns[PSB_MODEL_COSTS] = {0};
                for (size_t c = 0; c < model->costs; c++)
                    cost_ns[c] = low_ns[c] + (high_ns[c] - low_ns[c]) * part[c] / STEPS;
                double ratio = psb_model_ratio(model, cost_ns);
                under |= ratio <= high;
                over |= ratio >= low;
            }
    return under && over;
}

static void regions_are_those_that_a_grid_finds(void **state)
{
    static const double LOW[][PSB_MODEL_COSTS] = {{0, 0, 0}, {445000, 0, 0}, {100000, 500, 0}, {0, 9000, 0}};
    static const double HIGH[][PSB_MODEL_COSTS] = {
        {1000, 1000, 0}, {720000, 9200, 0}, {2e6, 5000, 20000}, {10, 1e5, 1e5}};
    size_t met = 0, tried = 0;
    for (size_t i = 0; i < sizeof LOW / sizeof *LOW; i++)
        for (double low = 1; low < 9; low += 0.25)
            for (double wide = 0; wide < 1; wide += 0.25, tried++) {
                bool meets = psb_model_meets(&WINDOWS, low, low + wide, LOW[i], HIGH[i]);
                assert_int_equal(meets, grid_meets(&WINDOWS, low, low + wide, LOW[i], HIGH[i]));
                met += meets;
            }
    assert_true(met > tried / 10 && met < tried * 9 / 10); /* both are among them */
}

static void regions_may_have_no_end(void **state)
{
    static const double LOW[PSB_MODEL_COSTS] = {0};
    static const double HIGH[PSB_MODEL_COSTS] = {INFINITY, INFINITY, INFINITY};
    assert_true(psb_model_meets(&WINDOWS, 6.5, 6.5, LOW, HIGH));
    assert_false(psb_model_meets(&WINDOWS, 8.5, 9.5, LOW, HIGH)); /* 8 walks or 1, and the rest */
    assert_false(psb_model_meets(&WINDOWS, 0.5, 0.9, LOW, HIGH));
    assert_false(psb_model_meets(&BSD, 1, 1.5, LOW, HIGH));
}

/* ---- the C layer, in a clock of its own ---- */

static uint64_t clock_ns;

static void pass_time(void *argument, uint64_t ns)
{
    *(uint64_t *)argument += ns;
}

/* A snapshot of the fields through a slow backend; calls are counted, and each lets so much time pass. */
static double c_layer_ns(const psb_port *port, psb_variant variant, const psb_world *world,
                         const psb_fields *fields, psb_pid pid, uint64_t method_ns, double cost_ns)
{
    char why[256];
    psb_value value;
    psb_snapshot *snapshot;
    psb_backend *below = psb_open(port, variant, "count+sim", world, why, sizeof why);
    if (!below)
        fail_msg("%s", why);
    psb_kernel *counter = psb_kernel_find(psb_port_kernel(below), "count");
    psb_backend *slow = psb_slow_open(below, method_ns, pass_time, &clock_ns);
    assert_non_null(slow);
    psb_count_reset(counter);
    clock_ns = 0;
    assert_int_equal(slow->ops->begin(slow, PSB_SPAN_PROCESS, &snapshot), PSB_OK);
    for (size_t i = 0; i < fields->count; i++) {
        psb_status status = psb_get(snapshot, pid, fields->field[i], &value);
        assert_int_equal(status, value.status);
    }
    slow->ops->end(snapshot);
    double ns = (double)clock_ns;
    for (uint32_t op = 0; op < PSB_OPS; op++)
        ns += (double)psb_count_read(counter)[op].calls * cost_ns;
    slow->ops->close(slow);
    return ns;
}

static psb_pid usual_process(const psb_world *world)
{
    for (size_t i = 0; i < world->count; i++)
        if (!world->process[i].is_kernel && world->process[i].state != PSB_STATE_ZOMBIE &&
            world->process[i].ppid)
            return world->process[i].pid;
    fail_msg("there is no usual process in this world");
    return 0;
}

/* What the port's tables say, and nothing that was run. */
static psb_model declared_model(const psb_port *port, const psb_fields *fields, uint64_t method_ns)
{
    static const psb_situation USUAL = {.has_parent = true};
    psb_model model = {.costs = 1};
    for (psb_variant v = PSB_UNCACHED; v < PSB_VARIANTS; v++) {
        psb_declared declared;
        psb_declare(port, v, fields->field, fields->count, &USUAL, &declared);
        for (size_t i = 0; i < port->sources; i++)
            model.calls[v][0] += psb_declared_calls(&declared, i);
        model.base_ns[v] = (double)(fields->count * method_ns);
    }
    return model;
}

static void the_model_says_what_the_c_layer_takes(void **state)
{
    static const double COST_NS[] = {0, 250, 1000, 8000};
    static psb_scenario oneshot;
    char why[256];
    const psb_builtin *builtin = psb_scenario_builtin(0);
    psb_world *world = psb_world_open("seed=1,processes=100", NULL, why, sizeof why);
    assert_non_null(world);
    assert_true(psb_scenario_parse(builtin->text, builtin->len, builtin->name, &oneshot, why, sizeof why));
    assert_string_equal(oneshot.name, "oneshot");
    size_t ports = 0;
    for (size_t p = 0; psb_port_at(p); p++) {
        const psb_port *port = psb_port_at(p);
        const psb_fields *fields = psb_scenario_fields(&oneshot, port->name);
        if (!fields)
            continue;
        psb_pid pid = usual_process(world);
        psb_model model = declared_model(port, fields, 2000);
        for (size_t i = 0; i < sizeof COST_NS / sizeof *COST_NS; i++) {
            double uncached = c_layer_ns(port, PSB_UNCACHED, world, fields, pid, 2000, COST_NS[i]);
            double cached = c_layer_ns(port, PSB_CACHED, world, fields, pid, 2000, COST_NS[i]);
            assert_near(uncached / cached, psb_model_ratio(&model, &COST_NS[i]), 1e-12);
        }
        ports++;
    }
    psb_world_free(world);
    assert_true(ports >= 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_passes_are_made_of_is_found),
        cmocka_unit_test(a_disturbed_point_bends_nothing),
        cmocka_unit_test(costs_that_no_measurement_tells_apart_are_shared),
        cmocka_unit_test(what_cannot_be_fitted_is_refused),
        cmocka_unit_test(the_cost_is_where_bisection_finds_it),
        cmocka_unit_test(a_cost_can_go_with_the_first_one),
        cmocka_unit_test(a_ratio_below_or_beyond_all_costs_is_said_to_be),
        cmocka_unit_test(regions_are_those_that_a_grid_finds),
        cmocka_unit_test(regions_may_have_no_end),
        cmocka_unit_test(the_model_says_what_the_c_layer_takes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

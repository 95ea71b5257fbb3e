#include "claim_model.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { UNKNOWNS = PSB_MODES + PSB_MODEL_COSTS };

/* The sums that least squares lead to, and what they are to be. */
struct normal {
    size_t count;
    double a[UNKNOWNS][UNKNOWNS], b[UNKNOWNS];
};

/* One measured time: so much of each unknown makes ns; it counts by its weight. */
static void add_row(struct normal *sum, const double *row, double ns, double weight)
{
    for (size_t i = 0; i < sum->count; i++) {
        for (size_t k = 0; k < sum->count; k++)
            sum->a[i][k] += row[i] * row[k] * weight;
        sum->b[i] += row[i] * ns * weight;
    }
}

/* Gauss and Jordan; the matrix is positive definite. */
static bool solve(struct normal *sum, double *out)
{
    for (size_t i = 0; i < sum->count; i++) {
        double pivot = sum->a[i][i];
        if (!(pivot > 0))
            return false;
        for (size_t r = 0; r < sum->count; r++) {
            double times = r == i ? 0 : sum->a[r][i] / pivot;
            for (size_t k = i; k < sum->count; k++)
                sum->a[r][k] -= times * sum->a[i][k];
            sum->b[r] -= times * sum->b[i];
        }
    }
    for (size_t i = 0; i < sum->count; i++)
        out[i] = sum->b[i] / sum->a[i][i];
    return true;
}

/* By how much the model errs at a point, as a part of what was measured. */
static double error_of(const psb_model *model, const psb_model_point *point, psb_mode mode)
{
    return fabs(psb_model_point_ns(model, point, mode) / point->ns[mode] - 1);
}

/* The weight makes errors relative, and divided by what they were they count by their size, not by its square. */
static void add_point(const psb_model *model, const psb_model_point *point, psb_mode mode, double error,
                      struct normal *sum)
{
    const double LEAST = 1e-4;
    double row[UNKNOWNS] = {0}, rest = point->ns[mode];
    row[mode] = 1;
    for (size_t c = 0; c < model->costs && !point->still; c++) {
        row[PSB_MODES + c] = point->cost_ns[c] > 0 ? model->calls[mode][c] : 0;
        rest -= model->calls[mode][c] * point->cost_ns[c];
    }
    add_row(sum, row, rest, 1 / point->ns[mode] / point->ns[mode] / fmax(error, LEAST));
}

/*
 * Costs of which both modes make the same calls cannot be told apart by any measurement: of all ways to share what
 * psbench adds the one is taken that adds least. A millionth of a pass tips that balance and nothing else.
 */
static void damp(struct normal *sum, double ns)
{
    const double LITTLE = 1e-6;
    for (size_t i = PSB_MODES; i < sum->count; i++)
        sum->a[i][i] += LITTLE / ns / ns;
}

/* Once, with what the model found last erring as it does; before there is one, every point counts alike. */
static bool refit(psb_model *model, bool is_first, const psb_model_point *point, size_t points)
{
    struct normal sum = {.count = PSB_MODES + model->costs};
    double found[UNKNOWNS] = {0};
    for (size_t i = 0; i < points; i++)
        for (psb_mode mode = PSB_NORMAL; mode < PSB_MODES; mode++)
            add_point(model, &point[i], mode, is_first ? 1 : error_of(model, &point[i], mode), &sum);
    damp(&sum, point[0].ns[PSB_NORMAL]);
    if (!solve(&sum, found))
        return false;
    memcpy(model->base_ns, found, sizeof model->base_ns);
    memcpy(model->ours_ns, found + PSB_MODES, sizeof model->ours_ns);
    return true;
}

bool psb_model_fit(psb_model *model, const psb_model_point *point, size_t points)
{
    enum { ROUNDS = 20 };
    bool still = false;
    for (size_t i = 0; i < points; i++) {
        still |= point[i].still;
        if (!(point[i].ns[PSB_NORMAL] > 0 && point[i].ns[PSB_ONESHOT] > 0))
            return false;
    }
    if (points < 2 || !still)
        return false;
    for (int round = 0; round < ROUNDS; round++)
        if (!refit(model, round == 0, point, points))
            return false;
    return true;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

void psb_model_errors(const psb_model *model, const psb_model_point *point, size_t points, double *typical,
                      double *worst)
{
    double error[PSB_MODEL_POINTS * PSB_MODES];
    size_t count = 0;
    for (size_t i = 0; i < points && i < PSB_MODEL_POINTS; i++)
        for (psb_mode mode = PSB_NORMAL; mode < PSB_MODES; mode++)
            error[count++] = error_of(model, &point[i], mode);
    qsort(error, count, sizeof *error, by_size);
    *typical = count ? error[count / 2] : 0;
    *worst = count ? error[count - 1] : 0;
}

double psb_model_ns(const psb_model *model, psb_mode mode, const double *cost_ns)
{
    double ns = model->base_ns[mode];
    for (size_t c = 0; c < model->costs; c++)
        ns += model->calls[mode][c] * cost_ns[c];
    return ns;
}

double psb_model_point_ns(const psb_model *model, const psb_model_point *point, psb_mode mode)
{
    double ns = model->base_ns[mode];
    for (size_t c = 0; c < model->costs && !point->still; c++)
        if (point->cost_ns[c] > 0)
            ns += model->calls[mode][c] * (point->cost_ns[c] + model->ours_ns[c]);
    return ns;
}

double psb_model_ratio(const psb_model *model, const double *cost_ns)
{
    return psb_model_ns(model, PSB_NORMAL, cost_ns) / psb_model_ns(model, PSB_ONESHOT, cost_ns);
}

const char *psb_implied_name(psb_implied implied)
{
    static const char *const NAME[] = {"found", "below", "never"};
    return NAME[implied];
}

/* Of what remains of a normal pass after `ratio` passes inside oneshot(): how much for each ns of a cost. */
static double slope(const psb_model *model, double ratio, size_t cost)
{
    return model->calls[PSB_NORMAL][cost] - ratio * model->calls[PSB_ONESHOT][cost];
}

psb_implied psb_model_implied(const psb_model *model, double ratio, const double *at_ns, double *out_ns)
{
    double fixed = model->base_ns[PSB_NORMAL] - ratio * model->base_ns[PSB_ONESHOT], moving = 0;
    for (size_t c = 0; c < model->costs; c++)
        if (c == 0 || at_ns[c] < 0)
            moving += slope(model, ratio, c);
        else
            fixed += slope(model, ratio, c) * at_ns[c];
    *out_ns = moving == 0 ? 0 : -fixed / moving;
    if (moving != 0 && *out_ns >= 0)
        return PSB_IMPLIED_FOUND;
    return fixed > 0 ? PSB_IMPLIED_BELOW : PSB_IMPLIED_NEVER;
}

/* The least (sign -1) or greatest (sign 1) remainder at costs between these. */
static double corner(const psb_model *model, double ratio, const double *low_ns, const double *high_ns,
                     int sign)
{
    double sum = model->base_ns[PSB_NORMAL] - ratio * model->base_ns[PSB_ONESHOT];
    for (size_t c = 0; c < model->costs; c++) {
        double per_ns = slope(model, ratio, c);
        if (per_ns != 0) /* 0 times infinity is nothing here */
            sum += per_ns * (per_ns * sign > 0 ? high_ns[c] : low_ns[c]);
    }
    return sum;
}

bool psb_model_meets(const psb_model *model, double ratio_low, double ratio_high, const double *low_ns,
                     const double *high_ns)
{
    return corner(model, ratio_high, low_ns, high_ns, -1) <= 0 &&
           corner(model, ratio_low, low_ns, high_ns, 1) >= 0;
}

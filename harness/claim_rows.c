/* claim_rows.c: the row of a reading: what was measured, the model of it, what that implies, and the verdict. */
#include "claim_job.h"

#include "time_python.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* The least that a model is taken to err by: it was seen to hold within 1 to 2 %. */
#define MODEL_ERROR 0.02

void psb_row_set(json_t *row, const char *key, json_t *value)
{
    json_object_set_new(row, key, value ? value : json_null());
}

bool psb_claim_has_costs(const psb_claim_job *job, psb_costs *out)
{
    char why[512];
    return job->options->costs && job->claim->costs > 0 &&
           psb_costs_read(job->options->costs, job->cell.port->name, out, why, sizeof why);
}

static json_t *ratio_at(const psb_model *model, const double *at_ns, double first_ns)
{
    double cost_ns[PSB_MODEL_COSTS];
    for (size_t c = 0; c < model->costs; c++)
        cost_ns[c] = c == 0 || at_ns[c] < 0 ? first_ns : at_ns[c];
    return json_pack("{s:f, s:f}", "cost_ns", first_ns, "ratio", psb_model_ratio(model, cost_ns));
}

static json_t *curve_json(const psb_claim_job *job, const psb_model *model, const double *at_ns)
{
    json_t *rows = json_array();
    for (size_t i = 0; i < job->claim->cost[0].curve; i++)
        json_array_append_new(rows, ratio_at(model, at_ns, job->claim->cost[0].curve_ns[i]));
    return rows;
}

/* The range that was told, or else the least and the greatest cost that was measured. */
static json_t *ends_json(const psb_claim_job *job, const psb_model *model, const double *at_ns)
{
    const psb_claim_cost *first = &job->claim->cost[0];
    bool cited = first->citation[0] != '\0';
    double low = job->claim->measured_ns[0][0], high = job->claim->measured_ns[job->points - 1][0];
    return json_pack("[o, o]", ratio_at(model, at_ns, cited ? first->low_ns : low),
                     ratio_at(model, at_ns, cited ? first->high_ns : high));
}

/* At which cost the figure comes out: the median of the starts, and the interval over them; null: it has no end. */
static json_t *implied_json(const psb_claim_job *job, const psb_model *model, const double *at_ns)
{
    double ns, sample[1000];
    size_t starts = job->starts.starts < 1000 ? job->starts.starts : 1000;
    psb_implied state = psb_model_implied(model, job->claim->published, at_ns, &ns);
    psb_interval interval;
    json_t *result = json_pack("{s:s}", "state", psb_implied_name(state));
    if (state != PSB_IMPLIED_FOUND)
        return result;
    for (size_t i = 0; i < starts; i++) {
        psb_model one = *model;
        psb_implied found = PSB_IMPLIED_NEVER;
        if (psb_claim_fit(job->claim, &job->starts, job->points, (int)i, &one))
            found = psb_model_implied(&one, job->claim->published, at_ns, &sample[i]);
        if (found != PSB_IMPLIED_FOUND)
            sample[i] = found == PSB_IMPLIED_BELOW ? 0 : INFINITY;
    }
    if (psb_sign_interval(sample, starts, 0.95, &interval)) {
        ns = isinf(interval.median) ? ns : interval.median;
        psb_row_set(result, "low", isinf(interval.low) ? NULL : json_real(interval.low));
        psb_row_set(result, "high", isinf(interval.high) ? NULL : json_real(interval.high));
    }
    psb_row_set(result, "ns", json_real(ns));
    return result;
}

/* Of each other cost that the list has: the curve for each of its values, and where on it the figure comes out. */
static json_t *pairs_json(const psb_claim_job *job, const psb_model *model, const double *at_ns)
{
    json_t *lines = json_array();
    for (size_t c = 1; c < model->costs; c++) {
        json_t *points = json_array();
        double with_ns[PSB_MODEL_COSTS], ns;
        memcpy(with_ns, at_ns, sizeof with_ns);
        for (size_t i = 0; psb_claim_has(model, c) && i < job->claim->cost[c].curve; i++) {
            with_ns[c] = job->claim->cost[c].curve_ns[i];
            psb_implied state = psb_model_implied(model, job->claim->published, with_ns, &ns);
            json_t *point = json_pack("{s:f, s:s, s:o}", "cost_ns", with_ns[c], "state",
                                      psb_implied_name(state), "curve", curve_json(job, model, with_ns));
            if (state == PSB_IMPLIED_FOUND)
                psb_row_set(point, "ns", json_real(ns));
            json_array_append_new(points, point);
        }
        json_array_append_new(lines,
                              json_pack("{s:s, s:o}", "what", job->claim->cost[c].what, "points", points));
    }
    return lines;
}

static json_t *costs_json(const psb_claim_job *job, const psb_model *model)
{
    json_t *rows = json_array();
    for (size_t c = 0; c < model->costs; c++) {
        const psb_claim_cost *cost = &job->claim->cost[c];
        json_t *row = json_pack("{s:s, s:[f, f], s:f}", "what", cost->what, "calls", model->calls[0][c],
                                model->calls[1][c], "ours_ns", model->ours_ns[c]);
        psb_row_set(row, "at_ns", cost->stated ? json_real(cost->at_ns) : NULL);
        if (cost->citation[0])
            psb_row_set(row, "cited",
                        json_pack("{s:f, s:f, s:s}", "low_ns", cost->low_ns, "high_ns", cost->high_ns,
                                  "citation", cost->citation));
        json_array_append_new(rows, row);
    }
    return rows;
}

/* The measured points beside what the model says. */
static json_t *points_json(const psb_claim_job *job, const psb_model *model, const psb_model_point *points)
{
    json_t *rows = json_array();
    for (size_t i = 0; i <= job->points; i++) {
        const psb_model_point *point = &points[i];
        char normal[32], oneshot[32];
        json_t *costs = json_array();
        snprintf(normal, sizeof normal, "normal %zu", i);
        snprintf(oneshot, sizeof oneshot, "oneshot %zu", i);
        for (size_t c = 0; c < model->costs && !point->still; c++)
            json_array_append_new(costs, json_real(point->cost_ns[c]));
        json_array_append_new(rows, json_pack("{s:o, s:[f, f], s:[f, f], s:o}", "cost_ns", costs,
                                              "measured_ns", point->ns[PSB_NORMAL], point->ns[PSB_ONESHOT],
                                              "model_ns", psb_model_point_ns(model, point, PSB_NORMAL),
                                              psb_model_point_ns(model, point, PSB_ONESHOT), "speedup",
                                              psb_starts_ratio(&job->starts, normal, oneshot)));
    }
    return rows;
}

static json_t *model_json(const psb_claim_job *job, const psb_model *model, double *typical)
{
    psb_model_point point[PSB_MODEL_POINTS];
    double worst;
    for (size_t i = 0; i <= job->points; i++)
        psb_claim_point(job->claim, &job->starts, i, -1, &point[i]);
    psb_model_errors(model, point, job->points + 1, typical, &worst);
    return json_pack("{s:[f, f], s:o, s:o, s:f, s:f}", "base_ns", model->base_ns[PSB_NORMAL],
                     model->base_ns[PSB_ONESHOT], "costs", costs_json(job, model), "points",
                     points_json(job, model, point), "typical_error", *typical, "worst_error", worst);
}

/* A pass at the costs of a file: each source has its own. What a source costs that the file does not tell is 0. */
static double recorded_ns(const psb_claim_job *job, const psb_model *model, const psb_costs *costs,
                          psb_mode mode)
{
    const json_t *counted = json_object_get(json_array_get(job->starts.output, 0), "counts");
    const psb_port *port = job->cell.port;
    double ns = model->base_ns[mode];
    for (size_t i = 0; i < port->sources; i++) {
        const json_t *calls =
            json_object_get(json_object_get(counted, mode ? "oneshot" : "normal"), port->source[i].name);
        ns += json_number_value(calls) * (double)costs->ns[port->source[i].op];
    }
    return ns;
}

static json_t *recorded_json(const psb_claim_job *job, const psb_model *model)
{
    psb_costs costs;
    char normal[32], oneshot[32];
    if (!psb_claim_has_costs(job, &costs))
        return NULL;
    snprintf(normal, sizeof normal, "normal %zu", job->points + 1);
    snprintf(oneshot, sizeof oneshot, "oneshot %zu", job->points + 1);
    return json_pack("{s:s, s:o, s:f}", "file", job->options->costs, "speedup",
                     psb_starts_ratio(&job->starts, normal, oneshot), "model",
                     recorded_ns(job, model, &costs, PSB_NORMAL) /
                         recorded_ns(job, model, &costs, PSB_ONESHOT));
}

/* ---- the verdict ---- */

static void judge_model(const psb_claim_job *job, const psb_model *model, double error,
                        psb_claim_facts *facts)
{
    double low_ns[PSB_MODEL_COSTS] = {0}, high_ns[PSB_MODEL_COSTS], half = job->claim->to / 2;
    double low = (job->claim->published - half) * (1 - error),
           high = (job->claim->published + half) * (1 + error);
    for (size_t c = 0; c < model->costs; c++)
        high_ns[c] = INFINITY;
    facts->reachable = psb_model_meets(model, low, high, low_ns, high_ns);
    facts->cited = job->claim->cost[0].citation[0] != '\0';
    facts->others_cited = true;
    for (size_t c = 0; c < model->costs; c++)
        if (job->claim->cost[c].citation[0]) {
            low_ns[c] = job->claim->cost[c].low_ns;
            high_ns[c] = job->claim->cost[c].high_ns;
        } else if (psb_claim_has(model, c)) {
            facts->others_cited &= c == 0;
        }
    facts->within = psb_model_meets(model, low, high, low_ns, high_ns);
}

/* The first cost that some call has and nobody has told; NULL: there is none, as on the OS itself. */
static const char *untold(const psb_claim_job *job, const psb_model *model)
{
    for (size_t c = 0; c < model->costs; c++)
        if (psb_claim_has(model, c) && !job->claim->cost[c].citation[0])
            return job->claim->cost[c].what;
    return NULL;
}

/* What the verdict rests on, in this case. */
static void say_because(psb_claim_job *job, const psb_model *model, const psb_claim_facts *facts,
                        psb_claim_verdict verdict)
{
    char because[sizeof job->why];
    const char *unknown = untold(job, model);
    double near = PSB_CLAIM_NEAR * facts->published;
    bool is_below = psb_model_ratio(model, (double[PSB_MODEL_COSTS]){0}) > facts->published;
    const char *never = is_below ? "psutil's Python alone, with calls that cost nothing, shows more"
                                 : "there is no cost, however high, at which it comes out";
    switch (verdict) {
    case PSB_CLAIM_UNMEASURED:
        snprintf(because, sizeof because, "%s", job->why);
        break;
    case PSB_CLAIM_CONSISTENT:
        snprintf(because, sizeof because, "within what was told of every cost it comes out");
        break;
    case PSB_CLAIM_INCONSISTENT:
        snprintf(because, sizeof because, "%s",
                 facts->reachable ? "it does not come out at costs that were told" : never);
        break;
    case PSB_CLAIM_UNDETERMINED:
        if (unknown)
            snprintf(because, sizeof because, "nobody has told what this cost there: %s", unknown);
        else
            snprintf(because, sizeof because,
                     "the interval, %.2f to %.2f, holds all of the figure +-15 %%, and more", facts->low,
                     facts->high);
        break;
    default:
        snprintf(because, sizeof because, "%.2f to %.2f was measured, against %.2f to %.2f", facts->low,
                 facts->high, facts->published - near, facts->published + near);
    }
    psb_row_set(job->row, "because", json_string(because));
}

void psb_claim_conclude(psb_claim_job *job, const psb_model *model, const psb_claim_facts *facts)
{
    psb_claim_verdict verdict = psb_claim_judge(facts);
    double off = verdict == PSB_CLAIM_EXCEEDED   ? facts->low / facts->published
                 : verdict == PSB_CLAIM_SHORT_OF ? facts->high / facts->published
                                                 : 0;
    psb_row_set(job->row, "verdict", json_string(psb_claim_verdict_name(verdict)));
    say_because(job, model, facts, verdict);
    if (off > 0)
        psb_row_set(job->row, "off", json_real(off));
}

void psb_claim_add_exact(psb_claim_job *job, const json_t *output)
{
    const json_t *counts = json_object_get(output, "counts");
    psb_row_set(job->row, "exact",
                json_pack("{s:O, s:O, s:o, s:o}", "counted_by", json_object_get(output, "counted_by"),
                          "refused", json_object_get(output, "refused"), "uncached",
                          psb_python_calls(counts, "normal"), "cached", psb_python_calls(counts, "oneshot")));
}

void psb_claim_add_passes(psb_claim_job *job, const char *normal, const char *oneshot)
{
    const json_t *first = json_array_get(job->starts.output, 0);
    json_object_set(job->row, "psutil", json_object_get(first, "psutil"));
    json_object_set(job->row, "python", json_object_get(first, "python"));
    psb_row_set(job->row, "starts", json_integer((json_int_t)job->starts.starts));
    psb_row_set(job->row, "blocks", json_integer((json_int_t)job->starts.blocks));
    psb_row_set(
        job->row, "pass_ns",
        json_pack("[f, f]", psb_starts_ns(&job->starts, normal), psb_starts_ns(&job->starts, oneshot)));
}

bool psb_claim_add_model(psb_claim_job *job, psb_model *model, psb_claim_facts *facts)
{
    double at_ns[PSB_MODEL_COSTS] = {0}, error;
    psb_claim_calls(job->claim, json_array_get(job->starts.output, 0), model);
    if (!psb_claim_fit(job->claim, &job->starts, job->points, -1, model)) {
        snprintf(job->why, sizeof job->why, "the model cannot be fitted to what was measured");
        return false;
    }
    psb_claim_at(job->claim, at_ns);
    psb_claim_add_exact(job, json_array_get(job->starts.output, 0));
    psb_claim_add_passes(job, "normal 0", "oneshot 0");
    psb_row_set(job->row, "still_speedup", psb_starts_ratio(&job->starts, "normal 0", "oneshot 0"));
    psb_row_set(job->row, "model", model_json(job, model, &error));
    psb_row_set(job->row, "curve", curve_json(job, model, at_ns));
    psb_row_set(job->row, "ends", ends_json(job, model, at_ns));
    psb_row_set(job->row, "implied", implied_json(job, model, at_ns));
    psb_row_set(job->row, "pairs", pairs_json(job, model, at_ns));
    json_t *recorded = recorded_json(job, model);
    if (recorded)
        psb_row_set(job->row, "recorded", recorded);
    facts->measured = true;
    judge_model(job, model, fmax(error, MODEL_ERROR), facts);
    return true;
}

/* claim_points.c: the costs of a claim as points of a measurement: for the delay shim, and for the model. */
#include "claim_measure.h"

#include <stdio.h>
#include <string.h>

enum { QUICK_POINTS = 2 };

size_t psb_claim_points(const psb_claim *claim, bool quick)
{
    return quick && claim->points > QUICK_POINTS ? QUICK_POINTS : claim->points;
}

/* The op of a source of the port, or of what psutil asks besides ("cpus", "PORT.fd_path"); NULL: there is none. */
static const char *op_of(const psb_port *port, const char *source)
{
    char long_name[64];
    for (size_t i = 0; i < port->sources; i++)
        if (strcmp(port->source[i].name, source) == 0)
            return psb_op_name(port->source[i].op);
    snprintf(long_name, sizeof long_name, "%s.%s", port->name, source);
    for (uint32_t op = 0; op < PSB_OPS; op++)
        if (strcmp(psb_op_name(op), source) == 0 || strcmp(psb_op_name(op), long_name) == 0)
            return psb_op_name(op);
    return NULL;
}

static size_t append(char *out, size_t size, size_t len, const char *op, double ns)
{
    if (len >= size)
        return len;
    return len +
           (size_t)snprintf(out + len, size - len, "%s%s%s%.0f", len ? "," : "", op, *op ? ":" : "", ns);
}

bool psb_claim_delay(const psb_claim *claim, const psb_port *port, size_t point, char *out, size_t size,
                     char *why, size_t why_size)
{
    size_t len = 0;
    out[0] = '\0';
    for (size_t c = 0; c < claim->costs; c++) /* what is named overrides what is meant by the rest */
        if (claim->cost[c].rest)
            len = append(out, size, len, "", claim->measured_ns[point][c]);
    for (size_t c = 0; c < claim->costs; c++)
        for (size_t s = 0; s < claim->cost[c].sources; s++) {
            const char *op = op_of(port, claim->cost[c].source[s]);
            if (!op) {
                snprintf(why, why_size, "port %s has no source '%s'", port->name, claim->cost[c].source[s]);
                return false;
            }
            len = append(out, size, len, op, claim->measured_ns[point][c]);
        }
    if (len >= size)
        snprintf(why, why_size, "the costs of a point do not fit");
    return len < size;
}

/* Which cost a source has: named, or one of the rest; the number of costs: none. */
static size_t cost_of(const psb_claim *claim, const char *source)
{
    size_t rest = claim->costs;
    for (size_t c = 0; c < claim->costs; c++) {
        for (size_t s = 0; s < claim->cost[c].sources; s++)
            if (strcmp(claim->cost[c].source[s], source) == 0)
                return c;
        rest = claim->cost[c].rest ? c : rest;
    }
    return rest;
}

void psb_claim_calls(const psb_claim *claim, const json_t *counted, psb_model *out)
{
    static const char *const MODE[PSB_MODES] = {"normal", "oneshot"};
    out->costs = claim->costs;
    for (int mode = 0; mode < PSB_MODES; mode++) {
        const char *source;
        json_t *calls, *of_mode = json_object_get(json_object_get(counted, "counts"), MODE[mode]);
        json_object_foreach (of_mode, source, calls) {
            size_t cost = cost_of(claim, source);
            if (cost < claim->costs)
                out->calls[mode][cost] += (double)json_integer_value(calls);
        }
        for (size_t c = 0; c < claim->costs; c++)
            if (claim->cost[c].refused)
                out->calls[mode][c] =
                    json_number_value(json_object_get(json_object_get(counted, "refusals"), MODE[mode]));
    }
}

bool psb_claim_has(const psb_model *model, size_t cost)
{
    return model->calls[PSB_NORMAL][cost] > 0;
}

void psb_claim_at(const psb_claim *claim, double at_ns[PSB_MODEL_COSTS])
{
    for (size_t c = 0; c < claim->costs; c++)
        at_ns[c] = claim->cost[c].stated ? claim->cost[c].at_ns : -1;
}

bool psb_claim_point(const psb_claim *claim, const psb_starts *starts, size_t index, int start,
                     psb_model_point *out)
{
    static const char *const MODE[PSB_MODES] = {"normal", "oneshot"};
    *out = (psb_model_point){.still = index == 0};
    if (index > 0)
        memcpy(out->cost_ns, claim->measured_ns[index - 1], sizeof out->cost_ns);
    for (int mode = 0; mode < PSB_MODES; mode++) {
        char side[24];
        snprintf(side, sizeof side, "%s %zu", MODE[mode], index);
        int which = psb_starts_side(starts, side);
        if (which < 0)
            return false;
        out->ns[mode] =
            start < 0 ? psb_starts_ns(starts, side) : psb_starts_one_ns(starts, (size_t)start, which);
    }
    return true;
}

bool psb_claim_fit(const psb_claim *claim, const psb_starts *starts, size_t points, int start,
                   psb_model *model)
{
    psb_model_point point[PSB_MODEL_POINTS];
    for (size_t i = 0; i <= points; i++)
        if (!psb_claim_point(claim, starts, i, start, &point[i]))
            return false;
    return psb_model_fit(model, point, points + 1);
}

/*
 * check.c: are the answers right? Every field is asked uncached, cached, and uncached again: the cached
 * answer must be one that the process could have given between the two. Where the population knows the truth
 * by other means, all three must be it, but for what the port says that this kernel answers wrongly.
 */
#include "cell.h"
#include "describe.h"
#include "show.h"

#include <stdio.h>

struct turn {
    psb_snapshot *snapshot;
    psb_value value[PSB_FIELDS];
};

static bool ask(psb_backend *backend, const psb_cell *cell, psb_pid pid, struct turn *out)
{
    if (backend->ops->begin(backend, PSB_SPAN_PROCESS, &out->snapshot) != PSB_OK)
        return false;
    for (size_t i = 0; i < cell->fields.count; i++)
        psb_get(out->snapshot, pid, cell->fields.field[i], &out->value[i]);
    return true;
}

static void disagree(json_t *list, psb_field field, const char *with, const psb_value *got,
                     const psb_value *expected)
{
    char *is = psb_show(field, got), *should = psb_show(field, expected);
    json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s}", "field", psb_field_of(field)->name, "with",
                                          with, "got", is ? is : "?", "expected", should ? should : "?"));
    free(is);
    free(should);
}

/* What the asked process and its kernel are: the same for all fields. */
struct subject {
    const psb_cell *cell;
    psb_specimen *specimen;
    psb_evidence evidence;
};

/* What the field must be, if the world or the population knows. */
static bool truth_of(const psb_cell *cell, psb_specimen *specimen, psb_field field, psb_arena *room,
                     psb_value *out)
{
    const psb_population *population = psb_population_named(cell->population);
    if (cell->world)
        return psb_port_truth(cell->port, cell->world, specimen->pid, field, room, out);
    return population && population->truth(specimen, field, out);
}

/* True if there is a truth; all three rounds agree with it, or the disagreement is noted. */
static bool check_truth(const struct subject *subject, psb_field field, const psb_lie *lie,
                        const psb_value *const value[3], psb_arena *room, json_t *disagreements)
{
    psb_value truth;
    if ((lie && lie->parts == 0) || !truth_of(subject->cell, subject->specimen, field, room, &truth))
        return false;
    uint32_t lied = lie ? lie->parts : 0;
    truth.known &= ~lied;
    for (int i = 0; i < 3; i++) {
        psb_value told = *value[i];
        told.known &= ~lied;
        if (!psb_value_equal(field, &truth, &told)) {
            disagree(disagreements, field, "truth", &told, &truth);
            return true;
        }
    }
    return true;
}

/* A field that this kernel is known to answer wrongly is said to be unchecked. */
static void note_lie(json_t *list, const psb_lie *lie)
{
    if (lie)
        json_array_append_new(
            list, json_pack("{s:s, s:s}", "field", psb_field_of(lie->field)->name, "why", lie->why));
}

static json_t *compare(const struct subject *subject, const struct turn *before, const struct turn *cached,
                       const struct turn *after)
{
    const psb_cell *cell = subject->cell;
    json_t *disagreements = json_array(), *statuses = json_object(), *unchecked = json_array();
    psb_arena room = {0};
    int by_truth = 0, agree = 0;
    for (size_t i = 0; i < cell->fields.count; i++) {
        psb_field field = cell->fields.field[i];
        const psb_value *const value[3] = {&before->value[i], &cached->value[i], &after->value[i]};
        const char *status = psb_status_name(value[1]->status);
        size_t wrongs = json_array_size(disagreements);
        json_object_set_new(statuses, status,
                            json_integer(1 + json_integer_value(json_object_get(statuses, status))));
        for (int k = 0; k < 3; k++)
            if (!psb_is_fact(value[k]->status)) {
                disagree(disagreements, field, "any fact: the read failed", value[k], value[k]);
                break;
            }
        if (json_array_size(disagreements) == wrongs &&
            !psb_value_between(field, value[0], value[1], value[2]))
            disagree(disagreements, field, "uncached", value[1], value[0]);
        const psb_lie *lie = psb_port_lie(cell->port, subject->evidence, field, subject->specimen->is_self);
        note_lie(unchecked, lie);
        by_truth += check_truth(subject, field, lie, value, &room, disagreements);
        agree += json_array_size(disagreements) == wrongs;
    }
    psb_arena_free(&room);
    return json_pack("{s:i, s:i, s:i, s:o, s:o, s:o}", "answers", (int)cell->fields.count, "agree", agree,
                     "by_truth", by_truth, "statuses", statuses, "disagreements", disagreements, "unchecked",
                     unchecked);
}

static json_t *three_rounds(const psb_cell *cell, psb_specimen *specimen, psb_backend *uncached,
                            psb_backend *cached)
{
    struct turn rounds[3] = {0};
    psb_backend *const backend[3] = {uncached, cached, uncached};
    json_t *result = NULL;
    bool good = true;
    for (int i = 0; i < 3 && good; i++)
        good = ask(backend[i], cell, specimen->pid, &rounds[i]);
    if (good)
        result = compare(&(struct subject){cell, specimen, psb_port_kernel(cached)->evidence}, &rounds[0],
                         &rounds[1], &rounds[2]);
    for (int i = 0; i < 3; i++)
        if (rounds[i].snapshot)
            backend[i]->ops->end(rounds[i].snapshot);
    return result;
}

json_t *psb_cell_check(const psb_cell *cell, psb_specimen *specimen, char *why, size_t why_size)
{
    psb_backend *uncached = psb_open(cell->port, PSB_UNCACHED, cell->kernel, cell->world, why, why_size);
    psb_backend *cached =
        uncached ? psb_open(cell->port, PSB_CACHED, cell->kernel, cell->world, why, why_size) : NULL;
    json_t *result = cached ? three_rounds(cell, specimen, uncached, cached) : NULL;
    if (cached)
        cached->ops->close(cached);
    if (uncached)
        uncached->ops->close(uncached);
    return result;
}

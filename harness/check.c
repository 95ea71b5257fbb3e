/*
 * check.c: are the answers right? Every field of every specimen is asked uncached, cached, and uncached again:
 * the cached answer must be one that the process could have given between the two. Where the population knows the truth
 * by other means, all three must be it, but for what the port says that this kernel answers wrongly.
 */
#include "cell.h"
#include "describe.h"
#include "host.h"
#include "show.h"

#include <stdio.h>
#include <string.h>

enum { DISAGREEMENTS_MAX = 20 }; /* of a sweep: then it is wrong enough */

/* One snapshot that asks every specimen for every field. */
struct turn {
    psb_backend *backend;
    psb_snapshot *snapshot;
    psb_value *value; /* specimens x fields */
};

static bool ask(const psb_cell *cell, const psb_specimen *specimen, size_t count, struct turn *turn)
{
    size_t fields = cell->fields.count;
    psb_span span = cell->ask == PSB_ASK_SWEEP ? PSB_SPAN_SWEEP : PSB_SPAN_PROCESS;
    turn->value = calloc(count * fields, sizeof *turn->value);
    if (!turn->value || turn->backend->ops->begin(turn->backend, span, &turn->snapshot) != PSB_OK)
        return false;
    for (size_t p = 0; p < count; p++)
        for (size_t i = 0; i < fields; i++) {
            psb_get(turn->snapshot, specimen[p].pid, cell->fields.field[i], &turn->value[p * fields + i]);
            psb_host_beats++;
        }
    return true;
}

static void forget(struct turn *turn)
{
    if (turn->snapshot)
        turn->backend->ops->end(turn->snapshot);
    free(turn->value);
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

/* Who may not see all of a process is refused, or told some parts of a record. */
static void as_far_as_told(const psb_cell *cell, psb_field field, const psb_value *value, psb_value *truth)
{
    if (!cell->world || cell->world->caller_uid == 0)
        return;
    if (value->status == PSB_DENIED)
        *truth = psb_value_of_status(PSB_DENIED, value->os_error);
    else if (psb_field_of(field)->kind == PSB_KIND_RECORD && value->status == PSB_OK && value->known != 0)
        truth->known &= value->known;
}

/* True if there is a truth; all three rounds agree with it, or the disagreement is noted. */
static bool check_truth(const struct subject *subject, psb_field field, const psb_lie *lie,
                        const psb_value *const value[3], psb_arena *room, json_t *disagreements)
{
    psb_value truth;
    if ((lie && lie->parts == 0) || !truth_of(subject->cell, subject->specimen, field, room, &truth))
        return false;
    as_far_as_told(subject->cell, field, value[1], &truth);
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

/* What came of it, over all specimens. */
struct tally {
    int answers, agree, by_truth;
    json_t *disagreements, *statuses, *unchecked;
};

/* A field that this kernel is known to answer wrongly is said to be unchecked, once. */
static void note_lie(json_t *list, const psb_lie *lie)
{
    const json_t *row;
    size_t i;
    if (!lie)
        return;
    const char *name = psb_field_of(lie->field)->name;
    json_array_foreach (list, i, row)
        if (strcmp(json_string_value(json_object_get(row, "field")), name) == 0)
            return;
    json_array_append_new(list, json_pack("{s:s, s:s}", "field", name, "why", lie->why));
}

static void note_status(json_t *statuses, psb_status status)
{
    const char *name = psb_status_name(status);
    json_object_set_new(statuses, name,
                        json_integer(1 + json_integer_value(json_object_get(statuses, name))));
}

/* One field of one specimen, as it was asked in three rounds. */
static void compare(const struct subject *subject, psb_field field, const psb_value *const value[3],
                    psb_arena *room, struct tally *tally)
{
    size_t wrongs = json_array_size(tally->disagreements);
    note_status(tally->statuses, value[1]->status);
    for (int k = 0; k < 3; k++)
        if (!psb_is_fact(value[k]->status)) {
            disagree(tally->disagreements, field, "any fact: the read failed", value[k], value[k]);
            break;
        }
    if (json_array_size(tally->disagreements) == wrongs &&
        !psb_value_between(field, value[0], value[1], value[2]))
        disagree(tally->disagreements, field, "uncached", value[1], value[0]);
    const psb_lie *lie =
        psb_port_lie(subject->cell->port, subject->evidence, field, subject->specimen->is_self);
    note_lie(tally->unchecked, lie);
    tally->by_truth += check_truth(subject, field, lie, value, room, tally->disagreements);
    tally->agree += json_array_size(tally->disagreements) == wrongs;
    tally->answers++;
}

static json_t *compare_all(const psb_cell *cell, psb_specimen *specimen, size_t count,
                           const struct turn turn[3])
{
    struct tally tally = {
        .disagreements = json_array(), .statuses = json_object(), .unchecked = json_array()};
    size_t fields = cell->fields.count;
    psb_evidence evidence = psb_evidence_of(cell->port, turn[1].backend);
    for (size_t p = 0; p < count && json_array_size(tally.disagreements) < DISAGREEMENTS_MAX; p++) {
        const struct subject subject = {cell, &specimen[p], evidence};
        psb_arena room = {0};
        for (size_t i = 0; i < fields; i++) {
            size_t at = p * fields + i;
            const psb_value *const value[3] = {&turn[0].value[at], &turn[1].value[at], &turn[2].value[at]};
            compare(&subject, cell->fields.field[i], value, &room, &tally);
        }
        psb_arena_free(&room);
    }
    return json_pack("{s:i, s:i, s:i, s:o, s:o, s:o}", "answers", tally.answers, "agree", tally.agree,
                     "by_truth", tally.by_truth, "statuses", tally.statuses, "disagreements",
                     tally.disagreements, "unchecked", tally.unchecked);
}

json_t *psb_cell_check(const psb_cell *cell, psb_specimen *specimen, size_t count, char *why, size_t why_size)
{
    psb_backend *uncached = psb_open(cell->port, PSB_UNCACHED, cell->kernel, cell->world, why, why_size);
    psb_backend *cached =
        uncached ? psb_open(cell->port, PSB_CACHED, cell->kernel, cell->world, why, why_size) : NULL;
    struct turn turn[3] = {{.backend = uncached}, {.backend = cached}, {.backend = uncached}};
    bool good = cached != NULL;
    for (int i = 0; i < 3 && good; i++)
        good = ask(cell, specimen, count, &turn[i]);
    for (int i = 0; i < 2 && good; i++) {
        const char *trouble = psb_trouble_of(cell->port, turn[i].backend);
        if (trouble)
            snprintf(why, why_size, "%s", trouble);
        good = !trouble;
    }
    json_t *result = good ? compare_all(cell, specimen, count, turn) : NULL;
    for (int i = 0; i < 3; i++)
        forget(&turn[i]);
    if (cached)
        cached->ops->close(cached);
    if (uncached)
        uncached->ops->close(uncached);
    return result;
}

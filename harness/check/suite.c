/* suite.c: from the families to the cases of a suite. */
#include "suite.h"

#include "describe.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FAMILY(function, name, axis, needs, ids, meaning) void psb_case_##function(psb_trial *);
#include "family.def"

static const psb_family FAMILIES[] = {
#define FAMILY(function, name, axis, needs, ids, meaning)                                                    \
    {name, ids, meaning, PSB_AXIS_##axis, needs, psb_case_##function},
#include "family.def"
};

const psb_family *psb_family_at(size_t index)
{
    return index < sizeof FAMILIES / sizeof *FAMILIES ? &FAMILIES[index] : NULL;
}

const char *psb_result_name(psb_result result)
{
    static const char *const NAME[PSB_RESULTS] = {"pass", "fail", "broken", "skip", "not-claimed"};
    return NAME[result];
}

const char *psb_skip_name(psb_skip skip)
{
    static const char *const NAME[PSB_SKIPS] = {"needs-root", "needs-other-user", "os",
                                                "kernel",     "resource",         "time"};
    return NAME[skip];
}

bool psb_suite_has_tables(const psb_suite *suite)
{
    return !suite->port->whole;
}

bool psb_glob(const char *pattern, const char *name)
{
    const char *star = NULL, *retry = NULL;
    while (*name) {
        if (*pattern == '*') {
            star = pattern++;
            retry = name;
        } else if (*pattern == '?' || *pattern == *name) {
            pattern++;
            name++;
        } else if (star) { /* the last star takes one byte more */
            pattern = star + 1;
            name = ++retry;
        } else {
            return false;
        }
    }
    while (*pattern == '*')
        pattern++;
    return *pattern == '\0';
}

/* ---- cases ---- */

/* The name of specimen number index, or NULL. */
static const char *specimen_name(const psb_suite *suite, size_t index)
{
    if (suite->world)
        return psb_kind_name(index);
    return psb_population_at(index) ? psb_population_at(index)->name : NULL;
}

/* "%-1 SNAP-3" with the field's id in the place of '%'. */
static void compose_ids(const char *ids, psb_field field, char *out, size_t size)
{
    static const char *const ID[PSB_FIELDS] = {
#define FIELD(id, name, kind, unit, compare, parts, meaning) [PSB_##id] = #id,
#include "field.def"
    };
    size_t used = 0;
    out[0] = '\0';
    for (; *ids && used + 1 < size; ids++)
        used += (size_t)(*ids == '%' ? snprintf(out + used, size - used, "%s", ID[field])
                                     : snprintf(out + used, size - used, "%c", *ids));
}

/* What is known of a case before it is carried out. */
static void decide(const psb_suite *suite, psb_case *it)
{
    unsigned needs = it->family->needs;
    it->skip = PSB_SKIP_KERNEL;
    it->known = PSB_RESULT_SKIP;
    if (it->family->axis != PSB_AXIS_ONE && it->family->run != psb_case_claims &&
        !psb_port_has(suite->port, it->field))
        it->known = PSB_RESULT_NOT_CLAIMED;
    else if ((needs & PSB_NEED_WORLD) && !suite->world)
        it->reason = "it needs a world that it can change: a simulated kernel";
    else if ((needs & PSB_NEED_MACHINE) && suite->world)
        it->reason = "it is about this machine's own kernel";
    else if ((needs & PSB_NEED_TABLES) && !psb_suite_has_tables(suite))
        it->reason = "the backend has no tables: no calls that it declares, and nothing that it must keep";
    else if ((needs & PSB_NEED_VARIANTS) && !(psb_port_has_variant(suite->port, PSB_CACHED) &&
                                              psb_port_has_variant(suite->port, PSB_UNCACHED)))
        it->reason = "the backend has one variant: there is no other to hold it against";
    else
        it->known = PSB_RESULT_PASS;
}

struct listing {
    const psb_suite *suite;
    const char *glob;
    psb_caselist *out;
    size_t capacity;
};

/* Adds one case if its name fits; false: no memory. */
static bool add(struct listing *list, const psb_family *family, psb_field field, size_t specimen,
                const char *last)
{
    psb_case it = {.family = family, .field = field, .specimen = specimen};
    bool has_field = field != PSB_FIELDS;
    snprintf(it.name, sizeof it.name, "%s%s%s%s%s", family->name, has_field ? "." : "",
             has_field ? psb_field_of(field)->name : "", last ? "." : "", last ? last : "");
    if (list->glob && !psb_glob(list->glob, it.name))
        return true;
    compose_ids(family->ids, field, it.ids, sizeof it.ids);
    decide(list->suite, &it);
    if (list->out->count == list->capacity) {
        size_t capacity = list->capacity * 2 + 64;
        psb_case *grown = realloc(list->out->item, capacity * sizeof *grown);
        if (!grown)
            return false;
        list->out->item = grown;
        list->capacity = capacity;
    }
    list->out->item[list->out->count++] = it;
    return true;
}

static bool add_family(struct listing *list, const psb_family *family)
{
    bool good = true;
    if (family->axis == PSB_AXIS_ONE)
        return add(list, family, PSB_FIELDS, 0, NULL);
    for (psb_field field = 0; field < PSB_FIELDS && good; field++) {
        if (family->axis == PSB_AXIS_FIELD)
            good = add(list, family, field, 0, NULL);
        else
            for (size_t i = 0; specimen_name(list->suite, i) && good; i++)
                good = add(list, family, field, i, specimen_name(list->suite, i));
    }
    return good;
}

bool psb_suite_cases(const psb_suite *suite, const char *glob, psb_caselist *out)
{
    struct listing list = {suite, glob, out, 0};
    *out = (psb_caselist){0};
    for (size_t i = 0; psb_family_at(i); i++)
        if (!add_family(&list, psb_family_at(i))) {
            free(out->item);
            *out = (psb_caselist){0};
            return false;
        }
    return true;
}

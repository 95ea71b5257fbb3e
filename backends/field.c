/* field.c: the rows of field.def as data, and the rules by which two answers are compared. */
#include "backend.h"

#include <stdlib.h>
#include <string.h>

#define P(field, id, name) name,
static const psb_field_info FIELD_INFO[PSB_FIELDS] = {
#define FIELD(id, name, kind, unit, compare, parts, meaning)                                                 \
    [PSB_##                                                                                                  \
        id] = {name, unit, meaning, PSB_KIND_##kind, PSB_COMPARE_##compare, PSB_##id##_PARTS, {parts NULL}},
#include "field.def"
};
#undef P

const psb_field_info *psb_field_of(psb_field field)
{
    return &FIELD_INFO[field];
}

psb_field psb_field_named(const char *name, size_t len)
{
    for (psb_field field = 0; field < PSB_FIELDS; field++)
        if (strlen(FIELD_INFO[field].name) == len && memcmp(FIELD_INFO[field].name, name, len) == 0)
            return field;
    return PSB_FIELDS;
}

const char *psb_status_name(psb_status status)
{
    static const char *const NAME[PSB_STATUSES] = {
        [PSB_OK] = "ok",
        [PSB_ABSENT] = "absent",
        [PSB_GONE] = "gone",
        [PSB_DENIED] = "denied",
        [PSB_UNKNOWN] = "unknown",
        [PSB_MALFORMED] = "malformed",
        [PSB_TOOSMALL] = "too-small",
        [PSB_OSERROR] = "os-error",
        [PSB_NOMEM] = "out-of-memory",
    };
    return status < PSB_STATUSES ? NAME[status] : "?";
}

const char *psb_state_name(int64_t state)
{
    static const char *const NAME[PSB_STATES] = {
#define STATE(id, name) [PSB_STATE_##id] = name,
#include "field.def"
    };
    return state >= 0 && state < PSB_STATES ? NAME[state] : "?";
}

const char *psb_compare_name(psb_compare compare)
{
    static const char *const NAME[] = {"exact", "monotonic", "gauge"};
    return NAME[compare];
}

psb_value psb_value_of_status(psb_status status, int os_error)
{
    return (psb_value){.status = status, .os_error = os_error};
}

static bool threads_equal(const psb_value *a, const psb_value *b)
{
    if (a->count != b->count || a->known != b->known)
        return false;
    for (uint32_t i = 0; i < a->count; i++) {
        const psb_thread *x = &a->u.thread[i], *y = &b->u.thread[i];
        if (x->id != y->id || x->user_ns != y->user_ns || x->system_ns != y->system_ns)
            return false;
    }
    return true;
}

static bool records_equal(uint32_t parts, const psb_value *a, const psb_value *b)
{
    if (a->known != b->known)
        return false;
    for (uint32_t i = 0; i < parts; i++)
        if ((a->known >> i & 1) && a->u.part[i] != b->u.part[i])
            return false;
    return true;
}

bool psb_value_equal(psb_field field, const psb_value *a, const psb_value *b)
{
    if (a->status != b->status)
        return false;
    if (a->status != PSB_OK)
        return true;
    switch (FIELD_INFO[field].kind) {
    case PSB_KIND_REAL:
        return memcmp(&a->u.real, &b->u.real, sizeof a->u.real) == 0;
    case PSB_KIND_TEXT:
    case PSB_KIND_LIST:
        return a->count == b->count && a->u.text.len == b->u.text.len &&
               (a->u.text.len == 0 || memcmp(a->u.text.bytes, b->u.text.bytes, a->u.text.len) == 0);
    case PSB_KIND_RECORD:
        return records_equal(FIELD_INFO[field].parts, a, b);
    case PSB_KIND_THREADS:
        return threads_equal(a, b);
    case PSB_KIND_INTEGER:
    case PSB_KIND_STATE:
    case PSB_KIND_INSTANT:
        break;
    }
    return a->u.integer == b->u.integer;
}

static bool gauge_between(double before, double value, double after)
{
    double low = before < after ? before : after, high = before < after ? after : before;
    return value >= low / 2 - 64 && value <= high * 2 + 64;
}

static bool parts_between(const psb_field_info *info, const psb_value *before, const psb_value *value,
                          const psb_value *after)
{
    if (value->known != before->known || value->known != after->known)
        return false;
    for (uint32_t i = 0; i < info->parts; i++) {
        if (!(value->known >> i & 1))
            continue;
        uint64_t low = before->u.part[i], here = value->u.part[i], high = after->u.part[i];
        if (info->compare == PSB_COMPARE_MONOTONIC ? here < low || here > high
                                                   : !gauge_between((double)low, (double)here, (double)high))
            return false;
    }
    return true;
}

static const psb_thread *thread_of(const psb_value *value, int64_t id)
{
    for (uint32_t i = 0; i < value->count; i++)
        if (value->u.thread[i].id == id)
            return &value->u.thread[i];
    return NULL;
}

/* Threads come and go: those seen on both sides must fit between, others are taken as they are. */
static bool threads_between(const psb_value *before, const psb_value *value, const psb_value *after)
{
    if (value->known != before->known || value->known != after->known)
        return false;
    for (uint32_t i = 0; i < value->count; i++) {
        const psb_thread *here = &value->u.thread[i];
        const psb_thread *low = thread_of(before, here->id), *high = thread_of(after, here->id);
        if ((low && (here->user_ns < low->user_ns || here->system_ns < low->system_ns)) ||
            (high && (here->user_ns > high->user_ns || here->system_ns > high->system_ns)))
            return false;
    }
    return true;
}

bool psb_value_between(psb_field field, const psb_value *before, const psb_value *value,
                       const psb_value *after)
{
    const psb_field_info *info = &FIELD_INFO[field];
    if (psb_value_equal(field, before, value) || psb_value_equal(field, after, value))
        return true;
    if (info->compare == PSB_COMPARE_EXACT || value->status != PSB_OK || before->status != PSB_OK ||
        (after->status != PSB_OK && after->status != PSB_GONE))
        return false;
    if (after->status == PSB_GONE)
        return true;
    switch (info->kind) {
    case PSB_KIND_RECORD:
        return parts_between(info, before, value, after);
    case PSB_KIND_THREADS:
        return threads_between(before, value, after);
    case PSB_KIND_STATE:
        return value->u.integer >= 0 && value->u.integer < PSB_STATES;
    case PSB_KIND_REAL:
        return gauge_between(before->u.real, value->u.real, after->u.real);
    case PSB_KIND_INTEGER:
    case PSB_KIND_INSTANT:
        return gauge_between((double)before->u.integer, (double)value->u.integer, (double)after->u.integer);
    case PSB_KIND_TEXT:
    case PSB_KIND_LIST:
        break;
    }
    return false;
}

void psb_pidlist_free(psb_pidlist *list)
{
    free(list->pid);
    *list = (psb_pidlist){0};
}

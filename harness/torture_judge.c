/* torture_judge.c: which answers a fault allows. */
#include "torture.h"

#include "derived.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- which calls a field may need, by the tables: every try of it, whether it comes to it or not ---- */

static const psb_source *asked(const psb_port *port, psb_way way, const psb_source *source)
{
    return way == PSB_WAY_SWEEP && source->table ? &port->source[source->table] : source;
}

static bool is_of(const psb_port *port, psb_way way, size_t index, psb_pid pid, const psb_call *call)
{
    const psb_source *source = asked(port, way, &port->source[index]);
    return source->op == call->op && memcmp(source->arg, call->arg, sizeof call->arg) == 0 &&
           (source->scope != PSB_SCOPE_PROCESS || call->pid == pid);
}

static bool may_try(const psb_port *port, psb_way way, psb_field field, psb_pid pid, const psb_call *call)
{
    const psb_try *tries = port->method[field].tries;
    for (int i = 0; i < PSB_TRIES_MAX && tries[i].decode; i++)
        if (is_of(port, way, tries[i].source, pid, call))
            return true;
    return false;
}

bool psb_may_ask(const psb_port *port, psb_way way, psb_field field, psb_pid pid, psb_pid parent,
                 const psb_call *call)
{
    const psb_derivation *derivation = psb_derivation_of(field);
    if (!derivation || port->method[field].tries[0].decode)
        return may_try(port, way, field, pid, call);
    for (uint32_t i = 0; i < derivation->needs; i++)
        if (may_try(port, way, derivation->need[i], pid, call))
            return true;
    if (derivation->asks_parent &&
        (may_try(port, way, PSB_CREATE_TIME, pid, call) || may_try(port, way, PSB_CREATE_TIME, parent, call)))
        return true;
    return (derivation->asks_user && is_of(port, way, port->user.source, 0, call)) ||
           (derivation->asks_clock && is_of(port, way, port->clock.source, 0, call));
}

void psb_harm_add(psb_harm *harm, const psb_port *port, const psb_kernel *fault, const psb_call *call)
{
    psb_status status = psb_fault_status(fault, call->op);
    harm->touched = true;
    if (status != PSB_OK) {
        harm->refused |= PSB_WHEN(status);
        harm->os_error = psb_fault_os_error(fault);
        harm->account |= call->op == PSB_OP_USER_NAME;
    }
    harm->garbled |= status == PSB_OK && psb_fault_garbles(fault);
    harm->cut |= status == PSB_OK && !psb_fault_garbles(fault);
    harm->emptied |= psb_fault_empties(fault);
    for (size_t i = 0; i < port->sources; i++) {
        const psb_source *source = &port->source[i];
        if (source->op != call->op || memcmp(source->arg, call->arg, sizeof call->arg) != 0)
            continue;
        harm->cut_unseen |= source->cut_unseen || source->record; /* a table that ends behind a record */
        harm->boot |= source->scope == PSB_SCOPE_BOOT;
    }
}

/* ---- values ---- */

/* Could any process answer so? All that can be asked of an answer made of garbage. */
static bool has_a_shape(psb_field field, const psb_value *value)
{
    const psb_field_info *info = psb_field_of(field);
    size_t len = value->u.text.len, nuls = 0;
    switch (info->kind) {
    case PSB_KIND_TEXT:
        return len == 0 || memchr(value->u.text.bytes, '\0', len) == NULL;
    case PSB_KIND_LIST:
        for (size_t i = 0; i < len; i++)
            nuls += value->u.text.bytes[i] == '\0';
        return nuls == value->count && (len == 0 || value->u.text.bytes[len - 1] == '\0');
    case PSB_KIND_STATE:
        return value->u.integer >= 0 && value->u.integer < PSB_STATES;
    case PSB_KIND_RECORD:
        return value->known != 0 && value->known >> info->parts == 0;
    case PSB_KIND_REAL:
        return isfinite(value->u.real) && value->u.real >= 0;
    default:
        return true;
    }
}

/* Is it the right answer, with parts of a record missing at most? */
static bool is_part_of(psb_field field, const psb_value *value, psb_value right)
{
    if (psb_field_of(field)->kind == PSB_KIND_RECORD && value->known != 0)
        right.known &= value->known;
    return psb_value_equal(field, value, &right);
}

static bool are_some_of(const psb_value *value, const psb_value *right)
{
    for (uint32_t i = 0; i < value->count; i++) {
        uint32_t n = 0;
        while (n < right->count && memcmp(&value->u.thread[i], &right->u.thread[n], sizeof(psb_thread)) != 0)
            n++;
        if (n == right->count)
            return false;
    }
    return true;
}

static bool begins(const psb_value *value, size_t len, const psb_value *right)
{
    return len <= right->u.text.len &&
           (len == 0 || memcmp(value->u.text.bytes, right->u.text.bytes, len) == 0);
}

/* Arguments that do not end in a NUL may be a title, whose blanks stand between them: then they are told so. */
static bool list_begins(const psb_value *value, const psb_value *right)
{
    size_t len =
        value->u.text.len - (value->u.text.len > 0); /* less the NUL that was put behind what is left */
    if (len > right->u.text.len)
        return false;
    for (size_t i = 0; i < len; i++) {
        char got = value->u.text.bytes[i], due = right->u.text.bytes[i];
        if (got != due && (got != '\0' || due != ' '))
            return false;
    }
    return true;
}

static bool parts_are_less(const psb_value *value, const psb_value *right)
{
    for (unsigned i = 0; i < PSB_PARTS_MAX; i++)
        if ((value->known >> i & 1) && (!(right->known >> i & 1) || value->u.part[i] > right->u.part[i]))
            return false;
    return true;
}

/* Does it tell less than the right answer, and nothing else? What ends too early does, where the end cannot be seen. */
static bool is_less_than(psb_field field, const psb_value *value, const psb_value *right)
{
    size_t len = value->u.text.len;
    if (right->status != PSB_OK)
        return false;
    switch (psb_field_of(field)->kind) {
    case PSB_KIND_TEXT: /* a name may be the end of a path: of what is left of that it is another */
        return field == PSB_NAME || begins(value, len, right);
    case PSB_KIND_LIST:
        return list_begins(value, right);
    case PSB_KIND_THREADS:
        return are_some_of(value, right);
    case PSB_KIND_RECORD:
        return parts_are_less(value, right);
    case PSB_KIND_INTEGER:
        return value->u.integer >= 0 && value->u.integer <= right->u.integer;
    case PSB_KIND_REAL:
        return value->u.real <= right->u.real;
    default:
        return false;
    }
}

static bool is_number(const psb_value *value, uint64_t number)
{
    char text[24];
    int len = snprintf(text, sizeof text, "%" PRIu64, number);
    return value->u.text.len == (size_t)len && memcmp(value->u.text.bytes, text, (size_t)len) == 0;
}

/* ---- the judge ---- */

static const char *judge_value(psb_field field, const psb_harm *harm, const psb_value *value,
                               const psb_value *right, uint64_t uid)
{
    if (!has_a_shape(field, value))
        return "no process can answer this";
    if (harm->garbled || is_part_of(field, value, *right))
        return NULL;
    if (harm->cut && harm->cut_unseen)
        return is_less_than(field, value, right) ? NULL : "a cut answer tells something else";
    if (field == PSB_USERNAME && harm->account && is_number(value, uid))
        return NULL;
    return "a wrong value";
}

/* A parent that is gone is none; a try that is refused leads to one that has its own way to say that it does not know. */
static const char *judge_status(psb_field field, const psb_harm *harm, const psb_value *value,
                                const psb_value *right)
{
    psb_status status = value->status;
    bool changed = harm->cut || harm->garbled;
    if (harm->refused & PSB_WHEN(status))
        return value->os_error == harm->os_error || status == right->status ? NULL
                                                                            : "not the system's error number";
    if (status == right->status || (status == PSB_UNKNOWN && (harm->boot || changed || harm->asks_twice)))
        return NULL;
    if (changed && (status == PSB_MALFORMED || ((harm->cut_unseen || harm->emptied || harm->garbled) &&
                                                (status == PSB_GONE || status == PSB_ABSENT))))
        return NULL;
    if (field == PSB_PARENT && status == PSB_ABSENT && (harm->refused & PSB_WHEN(PSB_GONE)))
        return NULL;
    return "not what the fault stands for";
}

const char *psb_judge(psb_field field, const psb_harm *harm, const psb_value *value, const psb_value *right,
                      uint64_t uid)
{
    if (!harm->touched)
        return psb_value_equal(field, value, right) ? NULL : "wrong, and nothing that it needs was faulty";
    if (value->status == PSB_OK)
        return judge_value(field, harm, value, right, uid);
    return judge_status(field, harm, value, right);
}

#include "describe.h"

#include "derived.h"

#include <string.h>

bool psb_port_has(const psb_port *port, psb_field field)
{
    if (port->whole)
        return (port->whole->claims & PSB_CLAIM(field)) != 0;
    if (port->method[field].tries[0].decode)
        return true;
    const psb_derivation *derivation = psb_derivation_of(field);
    if (!derivation)
        return false;
    for (uint32_t i = 0; i < derivation->needs; i++)
        if (!psb_port_has(port, derivation->need[i]))
            return false;
    return !derivation->asks_parent || psb_port_has(port, PSB_CREATE_TIME);
}

bool psb_port_truth(const psb_port *port, const psb_world *world, psb_pid pid, psb_field field,
                    psb_arena *room, psb_value *out)
{
    const psb_process *process = psb_world_find(world, pid);
    *out = psb_value_of_status(process ? PSB_ABSENT : PSB_GONE, 0);
    if (!process || !psb_port_has(port, field))
        return true;
    if (!psb_world_truth(world, pid, field, room, out))
        return false;
    if (port->express)
        port->express(world, process, field, room, out);
    return true;
}

const psb_lie *psb_port_lie(const psb_port *port, psb_evidence evidence, psb_field field, bool of_itself)
{
    for (size_t i = 0; i < port->lies; i++)
        if (port->lie[i].evidence == evidence && port->lie[i].field == field &&
            !(port->lie[i].of_others && of_itself))
            return &port->lie[i];
    return NULL;
}

const psb_source *psb_source_of_op(const psb_port *port, uint32_t op)
{
    for (size_t i = 0; i < port->sources; i++)
        if (port->source[i].op == op)
            return &port->source[i];
    return NULL;
}

const char *psb_scope_name(psb_scope scope)
{
    static const char *const NAME[] = {"boot", "system", "process", "user"};
    return NAME[scope];
}

const psb_source *psb_port_unredacted(const psb_port *port)
{
    for (size_t i = 0; i < port->sources; i++)
        if (!port->source[i].redact)
            return &port->source[i];
    return NULL;
}

bool psb_port_redact(const void *port, const psb_call *call, void *raw, size_t len,
                     const psb_redactor *redactor)
{
    const psb_port *self = port;
    for (size_t i = 0; i < self->sources; i++) {
        const psb_source *source = &self->source[i];
        if (source->op == call->op && memcmp(source->arg, call->arg, sizeof call->arg) == 0)
            return source->redact && source->redact(raw, len, redactor);
    }
    return false;
}

/* The walk over the tables: which calls were made in this cache's life, and which in all. */
struct walk {
    const psb_port *port;
    bool sweeps; /* whole tables are asked instead of one process's record */
    const psb_situation *situation;
    bool cached[PSB_SOURCES_MAX][PSB_SUBJECTS];
    psb_declared *out;
};

static psb_status walk_try(struct walk *walk, const psb_try *way, psb_subject subject)
{
    size_t index = way->source;
    if (walk->sweeps && walk->port->source[index].table)
        index = walk->port->source[index].table;
    const psb_source *source = &walk->port->source[index];
    if (source->scope == PSB_SCOPE_SYSTEM)
        subject = PSB_OF_SYSTEM;
    if (!walk->cached[index][subject]) {
        walk->cached[index][subject] = true;
        walk->out->calls[index][subject]++;
    }
    return walk->situation->status ? walk->situation->status(walk->situation->context, source, subject)
                                   : PSB_OK;
}

static psb_status walk_method(struct walk *walk, psb_field field, psb_subject subject)
{
    const psb_try *way = walk->port->method[field].tries;
    if (!way->decode)
        return PSB_ABSENT;
    psb_status status = walk_try(walk, way, subject);
    for (int i = 1; i < PSB_TRIES_MAX && way[i].decode && (way[i].when & PSB_WHEN(status)); i++)
        status = walk_try(walk, &way[i], subject);
    return status;
}

static void walk_field(struct walk *walk, psb_field field)
{
    const psb_derivation *derivation = psb_derivation_of(field);
    if (!derivation || walk->port->method[field].tries[0].decode) {
        walk_method(walk, field, PSB_OF_ITSELF);
        return;
    }
    for (uint32_t i = 0; i < derivation->needs; i++)
        if (walk_method(walk, derivation->need[i], PSB_OF_ITSELF) != PSB_OK ||
            (walk->situation->field_status && walk->situation->field_status[derivation->need[i]] != PSB_OK))
            return;
    if (derivation->asks_user)
        walk_try(walk, &walk->port->user, PSB_OF_USER);
    if (derivation->asks_clock)
        walk_try(walk, &walk->port->clock, PSB_OF_SYSTEM);
    if (derivation->asks_parent && walk->situation->has_parent) {
        psb_status own = walk_method(walk, PSB_CREATE_TIME, PSB_OF_ITSELF);
        if (psb_is_fact(own) && own != PSB_GONE && own != PSB_ABSENT)
            walk_method(walk, PSB_CREATE_TIME, PSB_OF_PARENT);
    }
}

void psb_declare(const psb_port *port, psb_variant variant, const psb_field *field, size_t fields,
                 const psb_situation *situation, psb_declared *out)
{
    struct walk walk = {.port = port,
                        .sweeps = situation->span == PSB_SPAN_SWEEP && variant == PSB_CACHED,
                        .situation = situation,
                        .out = out};
    memset(out, 0, sizeof *out);
    for (size_t i = 0; i < fields; i++) {
        if (variant == PSB_UNCACHED)
            memset(walk.cached, 0, sizeof walk.cached);
        walk_field(&walk, field[i]);
    }
}

uint32_t psb_declared_calls(const psb_declared *declared, size_t source)
{
    uint32_t calls = 0;
    for (int subject = 0; subject < PSB_SUBJECTS; subject++)
        calls += declared->calls[source][subject];
    return calls;
}

/*
 * port_lint.c: refuses a port whose tables contradict themselves, before anything is measured with it. A
 * mistake in a table is a mistake in every figure made from it.
 */
#include "port_lint.h"

#include "derived.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { PORT_NAME_MAX = 24 };

struct lint {
    const psb_port *port;
    bool used[PSB_SOURCES_MAX];
    bool good;
    char *why;
    size_t size;
};

static void __attribute__((format(printf, 2, 3))) wrong(struct lint *lint, const char *form, ...)
{
    if (!lint->good)
        return; /* the first mistake is told */
    va_list args;
    va_start(args, form);
    int len = snprintf(lint->why, lint->size, "port %s: ", lint->port->name);
    if (len >= 0 && (size_t)len < lint->size)
        vsnprintf(lint->why + len, lint->size - (size_t)len, form, args);
    va_end(args);
    lint->good = false;
}

/* The table that a source names for sweeps. */
static void lint_table(struct lint *lint, const psb_source *source)
{
    if (source->table == 0)
        return;
    if (source->table >= lint->port->sources || !lint->port->source[source->table].record)
        wrong(lint, "source '%s' names source %u as its table, which is none", source->name, source->table);
    else if (source->scope != PSB_SCOPE_PROCESS)
        wrong(lint, "source '%s' has a table and must have scope PROCESS", source->name);
    else
        lint->used[source->table] = true;
}

static void lint_source(struct lint *lint, size_t index)
{
    const psb_source *source = &lint->port->source[index];
    if (!source->name || !*source->name || !source->routine || !*source->routine) {
        wrong(lint, "source %zu has no name or no routine", index);
        return;
    }
    for (size_t i = 0; i < index; i++) {
        if (!lint->port->source[i].name)
            continue;
        if (strcmp(lint->port->source[i].name, source->name) == 0)
            wrong(lint, "two sources are named '%s'", source->name);
        if (lint->port->source[i].op == source->op &&
            memcmp(lint->port->source[i].arg, source->arg, sizeof source->arg) == 0)
            wrong(lint, "sources '%s' and '%s' make the same call", lint->port->source[i].name, source->name);
    }
    if (source->op >= PSB_OPS)
        wrong(lint, "source '%s' calls an op that has no row in op.def", source->name);
    if (source->room == 0 || source->room > PSB_REPLY_MAX)
        wrong(lint, "source '%s' has room for a reply of %zu bytes", source->name, source->room);
    if (source->scope == PSB_SCOPE_SYSTEM && source->keeps_raw && !source->record)
        wrong(lint, "source '%s' has scope SYSTEM, is no table and cannot keep raw bytes", source->name);
    if (source->record && source->scope != PSB_SCOPE_SYSTEM)
        wrong(lint, "source '%s' is a table and must have scope SYSTEM", source->name);
    lint_table(lint, source);
    bool lists_pids = index == lint->port->pids_source;
    if (!lists_pids && (!source->parse || (source->scope != PSB_SCOPE_BOOT && source->parsed_size == 0)))
        wrong(lint, "source '%s' has no parser", source->name);
}

static void lint_try(struct lint *lint, const char *what, int nth, const psb_try *way)
{
    if (way->source >= lint->port->sources) {
        wrong(lint, "%s: try %d names source %u, and there are %zu", what, nth, way->source,
              lint->port->sources);
        return;
    }
    lint->used[way->source] = true;
    if (!lint->port->source[way->source].parse)
        wrong(lint, "%s: source '%s' has no parser", what, lint->port->source[way->source].name);
    if (lint->port->source[way->source].scope == PSB_SCOPE_BOOT)
        wrong(lint, "%s: try %d asks BOOT source '%s'", what, nth, lint->port->source[way->source].name);
    if (nth == 1 && way->when != 0)
        wrong(lint, "%s: the first try has a condition", what);
    if (nth > 1 && (way->when == 0 || (way->when & PSB_WHEN(PSB_OK))))
        wrong(lint, "%s: try %d can never follow, or follows an answer", what, nth);
}

static void lint_method(struct lint *lint, psb_field field)
{
    const psb_try *way = lint->port->method[field].tries;
    const char *name = psb_field_of(field)->name;
    bool ended = false;
    for (int i = 0; i < PSB_TRIES_MAX; i++) {
        if (!way[i].decode) {
            ended = true;
            if (way[i].when != 0 || way[i].source != 0)
                wrong(lint, "%s: try %d has no decoder", name, i + 1);
        } else if (ended) {
            wrong(lint, "%s: try %d stands behind the end", name, i + 1);
        } else {
            lint_try(lint, name, i + 1, &way[i]);
            if (lint->port->source[way[i].source < lint->port->sources ? way[i].source : 0].scope ==
                PSB_SCOPE_USER)
                wrong(lint, "%s: try %d asks a source of users", name, i + 1);
        }
    }
}

/* A special question of the port: its source must have the scope that fits it. */
static void lint_special(struct lint *lint, const char *what, const psb_try *way, psb_scope scope)
{
    if (!way->decode) {
        wrong(lint, "%s: has no decoder", what);
        return;
    }
    lint_try(lint, what, 1, way);
    if (way->source < lint->port->sources && lint->port->source[way->source].scope != scope)
        wrong(lint, "%s: source '%s' has the wrong scope", what, lint->port->source[way->source].name);
}

/* A name stands in the ids of results, behind options and in names of files. */
static bool is_name(const char *name)
{
    size_t len = name ? strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-") : 0;
    return len > 0 && len <= PORT_NAME_MAX && name[len] == '\0';
}

static void lint_whole(struct lint *lint, const psb_whole *whole)
{
    if (!whole->open)
        wrong(lint, "has nothing to open it with");
    if (whole->variants == 0 || whole->variants >= 1u << PSB_VARIANTS)
        wrong(lint, "has no variant, or one that there is not");
    if (whole->claims == 0 || whole->claims >= PSB_CLAIM(PSB_FIELDS))
        wrong(lint, "claims no field, or one that there is not");
    if (whole->evidence == PSB_EVIDENCE_NONE || whole->evidence > PSB_EVIDENCE_NATIVE)
        wrong(lint, "does not say what its answers are worth");
}

bool psb_port_lint(const psb_port *port, char *why, size_t why_size)
{
    struct lint lint = {.port = port, .good = true, .why = why, .size = why_size};
    if (!is_name(port->name)) {
        snprintf(why, why_size, "a port's name is 1 to %d of the characters a-z 0-9 _ -", PORT_NAME_MAX);
        return false;
    }
    if (!port->system)
        wrong(&lint, "does not say of which system it is");
    if (port->whole) {
        lint_whole(&lint, port->whole);
        return lint.good;
    }
    if (!port->source || !port->method) {
        wrong(&lint, "has no table of sources or of methods");
        return false;
    }
    if (port->native && !(port->native->open && port->native->bare))
        wrong(&lint, "its native leaf lacks a function");
    if (port->sources == 0 || port->sources > PSB_SOURCES_MAX || port->pids_source >= port->sources) {
        wrong(&lint, "%zu sources (1 to %d are allowed), or none that lists the pids", port->sources,
              PSB_SOURCES_MAX);
        return false;
    }
    for (size_t i = 0; i < port->sources; i++)
        lint_source(&lint, i);
    if (!port->source[port->pids_source].record)
        wrong(&lint, "source '%s' lists the pids and must be a table", port->source[port->pids_source].name);
    lint.used[port->pids_source] = true;
    for (psb_field field = 0; field < PSB_FIELDS; field++)
        lint_method(&lint, field);
    if (port->user.decode ||
        port->method[PSB_UIDS].tries[0].decode) /* who has no uids names no account by them */
        lint_special(&lint, "user", &port->user, PSB_SCOPE_USER);
    lint_special(&lint, "clock", &port->clock, PSB_SCOPE_SYSTEM);
    for (size_t i = 0; i < port->sources; i++)
        if (!lint.used[i] && port->source[i].scope != PSB_SCOPE_BOOT)
            wrong(&lint, "source '%s' is never asked", port->source[i].name);
    return lint.good;
}

/*
 * port_backend.c: the one implementation of both variants, and the only cache. The variants differ in a
 * single line: an uncached get forgets what earlier gets fetched.
 */
#include "port_backend.h"

#include "derived.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SNAPSHOT_ROOM = 14 << 10, FIRST_PLACES = 16 };

#define NS_PER_SECOND UINT64_C(1000000000)

typedef struct port_backend {
    psb_backend base;
    psb_backend_ops ops; /* its name is "<port>.<variant>" */
    char name[48];
    const psb_port *port;
    psb_variant variant;
    psb_kernel *kernel;
    psb_facts facts;
    /* First room for a reply, by source; a SYSTEM source's grows with the table that it tells of. */
    _Atomic size_t room[PSB_SOURCES_MAX];
} port_backend;

/* What one source said of one process or user. Valid while its generation is the snapshot's. */
struct slot {
    uint64_t generation;
    psb_status status;
    int os_error;
    void *parsed;
};

struct entry {
    psb_scope scope;
    psb_pid key; /* pid or uid */
    struct slot slot[];
};

struct whole { /* the reply of a SYSTEM source, which all processes share */
    uint64_t generation;
    psb_status status;
    int os_error;
    void *raw;
    size_t cap, len;
};

typedef struct port_snapshot {
    psb_snapshot base;
    port_backend *backend;
    uint64_t generation;
    struct entry *last;   /* most gets ask about the process of the get before */
    struct entry **table; /* open addressing, a power of two of places */
    size_t places, entries;
    struct whole *whole; /* by source */
    psb_arena arena;
} port_snapshot;

const char *psb_variant_name(psb_variant variant)
{
    return variant == PSB_CACHED ? "cached" : "uncached";
}

/* ---- asking the kernel ---- */

/* Room for a reply: of a SYSTEM source its own buffer, else the arena's free end, not taken yet. */
static void *reserve(port_snapshot *self, size_t index, size_t cap)
{
    struct whole *whole = &self->whole[index];
    if (self->backend->port->source[index].scope != PSB_SCOPE_SYSTEM)
        return psb_arena_reserve(&self->arena, cap);
    if (whole->cap < cap) {
        free(whole->raw);
        whole->raw = malloc(cap);
        whole->cap = whole->raw ? cap : 0;
    }
    return whole->raw;
}

static size_t more_than(size_t cap)
{
    return cap > PSB_REPLY_MAX / 4 ? PSB_REPLY_MAX : cap * 4;
}

/* Asks one source, with more room as long as the kernel wants more. */
static psb_status ask(port_snapshot *self, size_t index, psb_pid key, psb_reply *reply)
{
    port_backend *backend = self->backend;
    const psb_source *source = &backend->port->source[index];
    psb_call call = {.op = source->op, .pid = key};
    memcpy(call.arg, source->arg, sizeof call.arg);
    for (size_t cap = atomic_load_explicit(&backend->room[index], memory_order_relaxed);;
         cap = more_than(cap)) {
        *reply = (psb_reply){.buf = reserve(self, index, cap), .cap = cap};
        if (!reply->buf)
            return PSB_NOMEM;
        psb_status status = psb_kernel_call(backend->kernel, &call, reply);
        if (status != PSB_TOOSMALL || cap >= PSB_REPLY_MAX)
            return status;
        /* A whole table that has grown stays large; one process's long arguments say nothing of the next's.
         */
        if (source->scope == PSB_SCOPE_SYSTEM)
            atomic_store_explicit(&backend->room[index], more_than(cap), memory_order_relaxed);
    }
}

/* ---- the cache ---- */

static size_t place_of(const port_snapshot *self, psb_scope scope, psb_pid key)
{
    uint64_t hash = ((uint64_t)key * 2 + (scope == PSB_SCOPE_USER)) * UINT64_C(0x9E3779B97F4A7C15);
    size_t place = (size_t)(hash >> 32) & (self->places - 1);
    while (self->table[place] && (self->table[place]->key != key || self->table[place]->scope != scope))
        place = (place + 1) & (self->places - 1);
    return place;
}

static bool table_grow(port_snapshot *self)
{
    struct entry **old = self->table;
    size_t olds = self->places, places = olds ? olds * 2 : FIRST_PLACES;
    struct entry **table = psb_arena_alloc(&self->arena, places * sizeof *table);
    if (!table)
        return false;
    memset(table, 0, places * sizeof *table);
    self->table = table;
    self->places = places;
    for (size_t i = 0; i < olds; i++)
        if (old[i])
            table[place_of(self, old[i]->scope, old[i]->key)] = old[i];
    return true;
}

/* The entry of a process or user, made if it is new; NULL: out of memory. */
static struct entry *entry_of(port_snapshot *self, psb_scope scope, psb_pid key)
{
    if (self->last && self->last->key == key && self->last->scope == scope)
        return self->last;
    if ((self->entries + 1) * 4 > self->places * 3 && !table_grow(self))
        return NULL;
    struct entry **place = &self->table[place_of(self, scope, key)];
    if (!*place) {
        size_t size = sizeof(struct entry) + self->backend->port->sources * sizeof(struct slot);
        struct entry *fresh = psb_arena_alloc(&self->arena, size);
        if (!fresh)
            return NULL;
        memset(fresh, 0, size);
        fresh->scope = scope;
        fresh->key = key;
        *place = fresh;
        self->entries++;
    }
    return self->last = *place;
}

/* The whole reply of a SYSTEM source, fetched if this generation has not. */
static const struct whole *whole_of(port_snapshot *self, size_t index)
{
    struct whole *whole = &self->whole[index];
    if (whole->generation != self->generation) {
        psb_reply reply;
        whole->generation = self->generation;
        whole->status = ask(self, index, 0, &reply);
        whole->os_error = reply.os_error;
        whole->len = reply.len;
    }
    return whole;
}

/* Fetches and parses. The struct is fresh memory each time: values may point into it until the end. */
static void slot_fill(port_snapshot *self, size_t index, psb_pid key, struct slot *slot)
{
    const psb_source *source = &self->backend->port->source[index];
    const void *raw;
    size_t len;
    slot->status = PSB_NOMEM;
    slot->parsed = psb_arena_alloc(&self->arena, source->parsed_size);
    if (!slot->parsed)
        return;
    if (source->scope == PSB_SCOPE_SYSTEM) {
        const struct whole *whole = whole_of(self, index);
        slot->status = whole->status;
        slot->os_error = whole->os_error;
        raw = whole->raw;
        len = whole->len;
    } else {
        psb_reply reply;
        slot->status = ask(self, index, key, &reply);
        slot->os_error = reply.os_error;
        raw = reply.buf;
        len = reply.len;
        if (slot->status == PSB_OK && source->keeps_raw)
            psb_arena_take(&self->arena, len);
    }
    if (slot->status == PSB_OK)
        slot->status = source->parse(raw, len, key, slot->parsed);
}

static psb_status try_one(port_snapshot *self, const psb_try *way, psb_pid key, psb_value *out)
{
    bool of_user = self->backend->port->source[way->source].scope == PSB_SCOPE_USER;
    struct entry *entry = entry_of(self, of_user ? PSB_SCOPE_USER : PSB_SCOPE_PROCESS, key);
    if (!entry) {
        *out = psb_value_of_status(PSB_NOMEM, 0);
        return PSB_NOMEM;
    }
    struct slot *slot = &entry->slot[way->source];
    if (slot->generation != self->generation) {
        slot->generation = self->generation;
        slot->os_error = 0;
        slot_fill(self, way->source, key, slot);
    }
    out->status = slot->status;
    out->os_error = slot->os_error;
    out->known = out->count =
        0; /* the union is the decoder's to fill: clearing it would cost a third of a cached get */
    if (slot->status == PSB_OK)
        way->decode(slot->parsed, &self->backend->facts, &self->arena, out);
    return out->status;
}

/* ---- questions ---- */

psb_status psb_snapshot_ask(psb_snapshot *snapshot, psb_pid pid, psb_field field, psb_value *out)
{
    port_snapshot *self = (port_snapshot *)snapshot;
    const psb_try *way = self->backend->port->method[field].tries;
    const psb_derivation *derivation;
    if (!way->decode) {
        derivation = psb_derivation_of(field);
        if (derivation)
            return derivation->derive(snapshot, pid, out);
        *out = psb_value_of_status(PSB_ABSENT, 0);
        return PSB_ABSENT;
    }
    psb_status status = try_one(self, way, pid, out);
    for (int i = 1; i < PSB_TRIES_MAX && way[i].decode && (way[i].when & PSB_WHEN(status)); i++)
        status = try_one(self, &way[i], pid, out);
    return status;
}

psb_status psb_snapshot_user(psb_snapshot *snapshot, uint64_t uid, psb_value *out)
{
    port_snapshot *self = (port_snapshot *)snapshot;
    return try_one(self, &self->backend->port->user, (psb_pid)uid, out);
}

psb_status psb_snapshot_clock(psb_snapshot *snapshot, psb_value *out)
{
    port_snapshot *self = (port_snapshot *)snapshot;
    return try_one(self, &self->backend->port->clock, 0, out);
}

const psb_facts *psb_snapshot_facts(const psb_snapshot *snapshot)
{
    return &((const port_snapshot *)snapshot)->backend->facts;
}

psb_arena *psb_snapshot_room(psb_snapshot *snapshot)
{
    return &((port_snapshot *)snapshot)->arena;
}

static psb_status port_get(psb_snapshot *snapshot, psb_pid pid, psb_field field, psb_value *out)
{
    port_snapshot *self = (port_snapshot *)snapshot;
    if (pid < 0 || (unsigned)field >= PSB_FIELDS) {
        *out = psb_value_of_status(pid < 0 ? PSB_GONE : PSB_ABSENT, 0);
        return out->status;
    }
    if (self->backend->variant == PSB_UNCACHED)
        self->generation++;
    return psb_snapshot_ask(snapshot, pid, field, out);
}

/* ---- snapshots and backends ---- */

static psb_status port_begin(psb_backend *base, psb_snapshot **out)
{
    port_backend *backend = (port_backend *)base;
    size_t wholes = backend->port->sources * sizeof(struct whole);
    char *memory = malloc(sizeof(port_snapshot) + wholes + SNAPSHOT_ROOM);
    *out = (psb_snapshot *)memory;
    if (!memory)
        return PSB_NOMEM;
    port_snapshot *self = (port_snapshot *)memory;
    *self = (port_snapshot){.base = {base}, .backend = backend, .generation = 1};
    self->whole = (struct whole *)(self + 1);
    memset(self->whole, 0, wholes);
    psb_arena_init(&self->arena, (char *)self->whole + wholes, SNAPSHOT_ROOM);
    return PSB_OK;
}

static void port_end(psb_snapshot *snapshot)
{
    port_snapshot *self = (port_snapshot *)snapshot;
    for (size_t i = 0; i < self->backend->port->sources; i++)
        free(self->whole[i].raw);
    psb_arena_free(&self->arena);
    free(self);
}

static int by_pid(const void *a, const void *b)
{
    psb_pid x = *(const psb_pid *)a, y = *(const psb_pid *)b;
    return (x > y) - (x < y);
}

static psb_status port_pids(psb_backend *base, psb_pidlist *out)
{
    const psb_port *port = ((port_backend *)base)->port;
    psb_snapshot *snapshot;
    *out = (psb_pidlist){0};
    psb_status status = port_begin(base, &snapshot);
    if (status != PSB_OK)
        return status;
    const struct whole *whole = whole_of((port_snapshot *)snapshot, port->pids_source);
    status = whole->status;
    if (status == PSB_OK) {
        size_t count = port->pids(whole->raw, whole->len, NULL);
        out->pid = malloc((count + !count) * sizeof *out->pid);
        if (out->pid) {
            out->count = port->pids(whole->raw, whole->len, out->pid);
            qsort(out->pid, out->count, sizeof *out->pid, by_pid);
        } else {
            status = PSB_NOMEM;
        }
    }
    port_end(snapshot);
    return status;
}

static void port_close(psb_backend *base)
{
    port_backend *backend = (port_backend *)base;
    psb_kernel_close(backend->kernel);
    free(backend);
}

/* A source that fails leaves its facts at 0: not known. */
static psb_status boot(port_backend *backend)
{
    psb_snapshot *snapshot;
    psb_status status = port_begin(&backend->base, &snapshot);
    if (status != PSB_OK)
        return status;
    for (size_t i = 0; i < backend->port->sources && status != PSB_NOMEM; i++) {
        const psb_source *source = &backend->port->source[i];
        psb_reply reply;
        if (source->scope != PSB_SCOPE_BOOT)
            continue;
        status = ask((port_snapshot *)snapshot, i, 0, &reply);
        if (status == PSB_OK)
            (void)source->parse(reply.buf, reply.len, 0, &backend->facts);
    }
    port_end(snapshot);
    return status == PSB_NOMEM ? PSB_NOMEM : PSB_OK;
}

psb_kernel *psb_port_kernel(const psb_backend *backend)
{
    return ((const port_backend *)backend)->kernel;
}

psb_status psb_port_open(const psb_port *port, psb_variant variant, psb_kernel *kernel, psb_backend **out)
{
    port_backend *backend = calloc(1, sizeof *backend);
    *out = &backend->base;
    if (!backend) {
        psb_kernel_close(kernel);
        return PSB_NOMEM;
    }
    snprintf(backend->name, sizeof backend->name, "%s.%s", port->name, psb_variant_name(variant));
    backend->ops = (psb_backend_ops){backend->name, port_pids, port_begin, port_get, port_end, port_close};
    backend->base.ops = &backend->ops;
    backend->port = port;
    backend->variant = variant;
    backend->kernel = kernel;
    for (size_t i = 0; i < port->sources; i++)
        atomic_init(&backend->room[i], port->source[i].room);
    if (boot(backend) == PSB_OK)
        return PSB_OK;
    port_close(&backend->base);
    *out = NULL;
    return PSB_NOMEM;
}

/* ---- helpers for decoders ---- */

void psb_part_scaled(psb_value *out, unsigned n, uint64_t count, uint64_t unit)
{
    if (unit != 0 && count <= UINT64_MAX / unit)
        psb_part(out, n, count * unit);
}

void psb_part_sum(psb_value *out, unsigned n, unsigned a, unsigned b)
{
    if ((out->known >> a & 1) && (out->known >> b & 1) && out->u.part[a] <= UINT64_MAX - out->u.part[b])
        psb_part(out, n, out->u.part[a] + out->u.part[b]);
}

bool psb_ticks_to_ns(uint64_t ticks, uint64_t hz, uint64_t *ns)
{
    if (hz == 0 || hz > NS_PER_SECOND || ticks / hz > UINT64_MAX / NS_PER_SECOND)
        return false;
    uint64_t whole = ticks / hz * NS_PER_SECOND, rest = ticks % hz * NS_PER_SECOND / hz;
    *ns = whole + rest;
    return whole <= UINT64_MAX - rest;
}

void psb_part_ticks(psb_value *out, unsigned n, uint64_t ticks, uint64_t hz)
{
    uint64_t ns;
    if (psb_ticks_to_ns(ticks, hz, &ns))
        psb_part(out, n, ns);
}

void psb_text_copy(psb_value *out, psb_arena *room, const char *bytes, size_t len)
{
    char *copy = psb_arena_alloc(room, len + 1);
    if (!copy) {
        *out = psb_value_of_status(PSB_NOMEM, 0);
        return;
    }
    memcpy(copy, bytes, len);
    copy[len] = '\0';
    out->u.text.bytes = copy;
    out->u.text.len = len;
}

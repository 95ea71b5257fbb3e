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

/* One process and its parent are found sooner without an index than one is made. */
enum { SNAPSHOT_ROOM = 14 << 10, FIRST_PLACES = 16, FINDS_WITHOUT_INDEX = 2 };

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
    size_t finds;      /* of this reply, if it is a table */
    psb_record *index; /* by pid; NULL: not made */
    size_t records;
};

typedef struct port_snapshot {
    psb_snapshot base;
    port_backend *backend;
    psb_span span;
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
static struct whole *whole_of(port_snapshot *self, size_t index)
{
    struct whole *whole = &self->whole[index];
    if (whole->generation != self->generation) {
        psb_reply reply;
        whole->generation = self->generation;
        whole->status = ask(self, index, 0, &reply);
        whole->os_error = reply.os_error;
        whole->len = reply.len;
        whole->finds = 0;
        free(whole->index);
        whole->index = NULL;
    }
    return whole;
}

/* ---- tables ---- */

static int by_pid(const void *a, const void *b)
{
    psb_pid x = ((const psb_record *)a)->pid, y = ((const psb_record *)b)->pid;
    return (x > y) - (x < y);
}

static size_t count_records(const psb_source *source, const struct whole *whole)
{
    psb_record record;
    size_t at = 0, count = 0;
    while (source->record(whole->raw, whole->len, &at, &record))
        count++;
    return count;
}

/* All records by ascending pid, for the caller to free; NULL: out of memory. */
static psb_record *sorted_records(const psb_source *source, const struct whole *whole, size_t *count)
{
    *count = count_records(source, whole);
    psb_record *records = malloc((*count + !*count) * sizeof *records);
    if (!records)
        return NULL;
    for (size_t at = 0, i = 0; i < *count; i++)
        source->record(whole->raw, whole->len, &at, &records[i]);
    qsort(records, *count, sizeof *records, by_pid);
    return records;
}

static bool find_by_walking(const psb_source *source, const struct whole *whole, psb_pid pid, psb_record *out)
{
    size_t at = 0;
    while (source->record(whole->raw, whole->len, &at, out))
        if (out->pid == pid)
            return true;
    return false;
}

static bool find_record(const psb_source *source, struct whole *whole, psb_pid pid, psb_record *out)
{
    if (whole->finds++ == FINDS_WITHOUT_INDEX)
        whole->index = sorted_records(source, whole, &whole->records);
    if (!whole->index)
        return find_by_walking(source, whole, pid, out);
    const psb_record key = {.pid = pid};
    const psb_record *found = bsearch(&key, whole->index, whole->records, sizeof key, by_pid);
    if (found)
        *out = *found;
    return found != NULL;
}

/* ---- slots ---- */

/* What a SYSTEM source says of one process: its record, if it is a table, else all of it. */
static psb_status of_whole(port_snapshot *self, size_t index, bool keep, psb_pid pid, struct slot *slot,
                           const void **raw, size_t *len)
{
    const psb_source *source = &self->backend->port->source[index];
    struct whole *whole = whole_of(self, index);
    psb_record record = {.len = whole->len};
    slot->os_error = whole->os_error;
    if (whole->status != PSB_OK)
        return whole->status;
    if (source->record && !find_record(source, whole, pid, &record))
        return PSB_GONE;
    *raw = (const char *)whole->raw + record.offset;
    *len = record.len;
    if (!keep)
        return PSB_OK;
    void *copy = psb_arena_alloc(&self->arena, *len);
    if (copy)
        *raw = memcpy(copy, *raw, *len);
    return copy ? PSB_OK : PSB_NOMEM;
}

/* A sweep asks the table that has every process's record, if there is one. */
static size_t asked_for(const port_snapshot *self, size_t index)
{
    uint8_t table = self->backend->port->source[index].table;
    bool sweeps = self->span == PSB_SPAN_SWEEP && self->backend->variant == PSB_CACHED;
    return sweeps && table ? table : index;
}

/* Fetches and parses. The struct is fresh memory each time: values may point into it until the end. */
static void slot_fill(port_snapshot *self, size_t index, psb_pid key, struct slot *slot)
{
    const psb_source *source = &self->backend->port->source[index];
    size_t asked = asked_for(self, index), len;
    const void *raw;
    slot->status = PSB_NOMEM;
    slot->parsed = psb_arena_alloc(&self->arena, source->parsed_size);
    if (!slot->parsed)
        return;
    if (self->backend->port->source[asked].scope == PSB_SCOPE_SYSTEM) {
        slot->status = of_whole(self, asked, source->keeps_raw, key, slot, &raw, &len);
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
    out->os_error = slot->status == PSB_OK ? 0 : slot->os_error;
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
    for (int i = 1; i < PSB_TRIES_MAX && way[i].decode && (way[i].when & PSB_WHEN(status)); i++) {
        const psb_value before = *out;
        status = try_one(self, &way[i], pid, out);
        if (status == before.status &&
            out->os_error == 0) /* it has no better answer: the first reason stands */
            out->os_error = before.os_error;
    }
    if (status == PSB_OK && out->known == 0 && psb_field_of(field)->kind == PSB_KIND_RECORD)
        status = out->status = PSB_UNKNOWN;
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

static psb_status port_begin(psb_backend *base, psb_span span, psb_snapshot **out)
{
    port_backend *backend = (port_backend *)base;
    size_t wholes = backend->port->sources * sizeof(struct whole);
    char *memory = malloc(sizeof(port_snapshot) + wholes + SNAPSHOT_ROOM);
    *out = (psb_snapshot *)memory;
    if (!memory)
        return PSB_NOMEM;
    port_snapshot *self = (port_snapshot *)memory;
    *self = (port_snapshot){.base = {base}, .backend = backend, .span = span, .generation = 1};
    self->whole = (struct whole *)(self + 1);
    memset(self->whole, 0, wholes);
    psb_arena_init(&self->arena, (char *)self->whole + wholes, SNAPSHOT_ROOM);
    return PSB_OK;
}

static void port_end(psb_snapshot *snapshot)
{
    port_snapshot *self = (port_snapshot *)snapshot;
    for (size_t i = 0; i < self->backend->port->sources; i++) {
        free(self->whole[i].raw);
        free(self->whole[i].index);
    }
    psb_arena_free(&self->arena);
    free(self);
}

/* A kernel that changes while it is walked may tell of a process twice. */
static psb_status list_pids(const psb_source *source, const struct whole *whole, psb_pidlist *out)
{
    size_t count;
    psb_record *records = sorted_records(source, whole, &count);
    out->pid = records ? malloc((count + !count) * sizeof *out->pid) : NULL;
    for (size_t i = 0; out->pid && i < count; i++)
        if (records[i].pid >= 0 && (i == 0 || records[i].pid != records[i - 1].pid))
            out->pid[out->count++] = records[i].pid;
    free(records);
    return out->pid ? PSB_OK : PSB_NOMEM;
}

static psb_status port_pids(psb_backend *base, psb_pidlist *out)
{
    const psb_port *port = ((port_backend *)base)->port;
    psb_snapshot *snapshot;
    *out = (psb_pidlist){0};
    psb_status status = port_begin(base, PSB_SPAN_PROCESS, &snapshot);
    if (status != PSB_OK)
        return status;
    const struct whole *whole = whole_of((port_snapshot *)snapshot, port->pids_source);
    status = whole->status;
    if (status == PSB_OK)
        status = list_pids(&port->source[port->pids_source], whole, out);
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
    psb_status status = port_begin(&backend->base, PSB_SPAN_PROCESS, &snapshot);
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

#include "lane.h"

#include "plain.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A text that fills the reply. */
struct text {
    const char *bytes;
    size_t len;
};

static psb_status parse_text(const void *raw, size_t len, psb_pid pid, void *parsed)
{
    *(struct text *)parsed = (struct text){raw, len};
    return memchr(raw, '\0', len) ? PSB_MALFORMED : PSB_OK;
}

static void decode_text(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    const struct text *text = parsed;
    out->u.text.bytes = text->bytes;
    out->u.text.len = text->len;
}

/* What each of them answers, and the field in whose place it stands. */
static const struct extra {
    psb_source source;
    psb_field field;
    psb_decode *decode;
} EXTRA[PSB_LANE_EXTRAS] = {
    {{"cpus", "sysctl hw.ncpu, sysconf(3), GetSystemInfo", PSB_SCOPE_SYSTEM, PSB_OP_CPUS, .room = 64,
      .entries = 1, .parse = psb_parse_i32, .parsed_size = sizeof(int32_t)},
     PSB_CPU_NUM,
     psb_decode_i32},
    {{"fd_path", "link /proc/PID/path/N; proc(5)", PSB_SCOPE_PROCESS, PSB_OP_SUNOS_FD_PATH, .room = 4 << 10,
      .entries = 1, .parse = parse_text, .parsed_size = sizeof(struct text), .keeps_raw = true},
     PSB_TERMINAL,
     decode_text},
};

const psb_source *psb_lane_source_at(const psb_lane *lane, int source)
{
    return source < PSB_SOURCES_MAX ? &lane->port->source[source] : &EXTRA[source - PSB_SOURCES_MAX].source;
}

int psb_lane_source(const psb_lane *lane, const char *name)
{
    for (size_t i = 0; i < lane->port->sources; i++)
        if (strcmp(lane->port->source[i].name, name) == 0)
            return (int)i;
    for (int i = 0; i < PSB_LANE_EXTRAS; i++)
        if (strcmp(EXTRA[i].source.name, name) == 0)
            return PSB_SOURCES_MAX + i;
    return -1;
}

psb_decode *psb_lane_decoder(const psb_lane *lane, int source, psb_field field)
{
    if (source >= PSB_SOURCES_MAX) {
        const struct extra *extra = &EXTRA[source - PSB_SOURCES_MAX];
        return extra->field == field ? extra->decode : NULL;
    }
    const psb_try *way = lane->port->method[field].tries;
    for (int i = 0; i < PSB_TRIES_MAX && way[i].decode; i++)
        if (way[i].source == source)
            return way[i].decode;
    return lane->port->user.source == source && field == PSB_USERNAME ? lane->port->user.decode : NULL;
}

/* ---- one call ---- */

static bool make_room(psb_lane *lane, int source, size_t cap)
{
    char **raw = &lane->slot[source].raw;
    if (lane->slot[source].cap >= cap)
        return true;
    free(*raw);
    *raw = malloc(cap + !cap);
    lane->slot[source].cap = *raw ? cap : 0;
    return *raw;
}

static psb_status fetch(psb_lane *lane, int index, const psb_call *call, int *os_error)
{
    size_t cap = lane->slot[index].cap;
    if (cap == 0) /* there was no memory for a larger one */
        cap = psb_lane_source_at(lane, index)->room;
    if (!make_room(lane, index, cap))
        return PSB_NOMEM;
    for (;;) {
        psb_reply reply = {.buf = lane->slot[index].raw, .cap = cap};
        psb_status status = psb_kernel_call(lane->kernel, call, &reply);
        lane->slot[index].len = reply.len;
        *os_error = reply.os_error;
        if (status != PSB_TOOSMALL || cap >= PSB_REPLY_MAX)
            return status;
        cap = cap > PSB_REPLY_MAX / 4 ? PSB_REPLY_MAX : cap * 4;
        if (!make_room(lane, index, cap))
            return PSB_NOMEM;
    }
}

static psb_status parse(psb_lane *lane, int index, psb_pid pid, const char *bytes, size_t len)
{
    const psb_source *source = psb_lane_source_at(lane, index);
    return source->parse(bytes, len, pid, lane->slot[index].parsed);
}

/* Of a table, the record of one process. */
static psb_status pick(psb_lane *lane, int index, psb_pid pid)
{
    const psb_source *source = psb_lane_source_at(lane, index);
    const char *raw = lane->slot[index].raw;
    psb_record record;
    size_t at = 0;
    if (!source->record)
        return parse(lane, index, pid, raw, lane->slot[index].len);
    while (source->record(raw, lane->slot[index].len, &at, &record))
        if (record.pid == pid)
            return parse(lane, index, pid, raw + record.offset, record.len);
    return PSB_GONE;
}

static psb_told told_of(psb_status status, int os_error, const void *parsed)
{
    return (psb_told){status, os_error, status == PSB_OK ? parsed : NULL};
}

static const struct psb_kept *find_kept(const psb_lane *lane, int index, psb_pid pid, uint64_t argument)
{
    for (size_t i = 0; i < lane->keeps; i++) {
        const struct psb_kept *kept = &lane->kept[i];
        if (kept->source == index && kept->pid == pid && kept->argument == argument)
            return kept;
    }
    return NULL;
}

/* Moves the buffers of a reply into the kept ones; the slot gets new ones. */
static void keep(psb_lane *lane, int index, psb_pid pid, uint64_t argument, const psb_told *told)
{
    const psb_source *source = psb_lane_source_at(lane, index);
    char *raw = malloc(lane->slot[index].cap + 1), *parsed = malloc(source->parsed_size + 1);
    if (lane->keeps == PSB_KEPT_MAX || !raw || !parsed) {
        free(raw);
        free(parsed);
        return;
    }
    lane->kept[lane->keeps++] = (struct psb_kept){pid,
                                                  argument,
                                                  index,
                                                  told->status,
                                                  told->os_error,
                                                  lane->slot[index].raw,
                                                  lane->slot[index].parsed,
                                                  lane->slot[index].len};
    lane->slot[index].raw = raw;
    lane->slot[index].parsed = parsed;
    lane->slot[index].len = 0;
}

psb_told psb_lane_ask(psb_lane *lane, int index, psb_pid pid, uint64_t argument)
{
    const psb_source *source = psb_lane_source_at(lane, index);
    const struct psb_kept *kept = lane->still ? find_kept(lane, index, pid, argument) : NULL;
    psb_arena_free(&lane->arena);
    psb_arena_init(&lane->arena, lane->room, sizeof lane->room);
    if (kept) {
        lane->slot[index].table = kept->raw;
        lane->slot[index].table_len = kept->len;
        return told_of(kept->status, kept->os_error, kept->parsed);
    }
    psb_call call = {.op = source->op, .pid = pid};
    memcpy(call.arg, source->arg, sizeof call.arg);
    call.arg[0] += argument;
    int os_error = 0;
    psb_status status = fetch(lane, index, &call, &os_error);
    if (status == PSB_OK)
        status = pick(lane, index, pid);
    psb_told told = told_of(status, os_error, lane->slot[index].parsed);
    lane->slot[index].table = lane->slot[index].raw;
    lane->slot[index].table_len = lane->slot[index].len;
    if (lane->still)
        keep(lane, index, pid, argument, &told);
    return told;
}

psb_told psb_lane_next(psb_lane *lane, int index, size_t *at, psb_record *record)
{
    const psb_source *source = psb_lane_source_at(lane, index);
    const char *table = lane->slot[index].table;
    psb_status status = PSB_GONE;
    if (table && source->record(table, lane->slot[index].table_len, at, record))
        status = parse(lane, index, record->pid, table + record->offset, record->len);
    return told_of(status, 0, lane->slot[index].parsed);
}

static void forget(psb_lane *lane)
{
    for (size_t i = 0; i < lane->keeps; i++) {
        free(lane->kept[i].raw);
        free(lane->kept[i].parsed);
    }
    lane->keeps = 0;
    for (int i = 0; i < PSB_LANE_SOURCES; i++)
        lane->slot[i].table = NULL;
}

void psb_lane_stand_still(psb_lane *lane, bool still)
{
    lane->still = still;
}

/* ---- opening ---- */

static psb_world *open_world(const char *spec, char *why, size_t why_size)
{
    const psb_port *port = psb_native_leaf.port ? psb_port_named(psb_native_leaf.port) : NULL;
    bool live = psb_world_is_live(spec);
    psb_backend *backend = live && port ? psb_open(port, PSB_CACHED, "native", NULL, why, why_size) : NULL;
    psb_world *world = psb_world_open(spec, backend, why, why_size);
    if (backend)
        backend->ops->close(backend);
    return world;
}

bool psb_lane_restack(psb_lane *lane, const char *kernel, char *why, size_t why_size)
{
    psb_snapshot *snapshot;
    psb_backend *backend = psb_open(lane->port, PSB_UNCACHED, kernel, lane->world, why, why_size);
    if (!backend)
        return false;
    if (backend->ops->begin(backend, PSB_SPAN_PROCESS, &snapshot) != PSB_OK) {
        backend->ops->close(backend);
        snprintf(why, why_size, "out of memory");
        return false;
    }
    if (lane->backend)
        lane->backend->ops->close(lane->backend);
    lane->backend = backend;
    lane->facts = *psb_snapshot_facts(snapshot);
    backend->ops->end(snapshot);
    lane->kernel = psb_port_kernel(backend);
    lane->evidence = lane->kernel->evidence;
    lane->counter = psb_kernel_find(lane->kernel, "count");
    forget(lane);
    return true;
}

static bool make_slots(psb_lane *lane)
{
    for (int i = 0; i < PSB_LANE_SOURCES; i++) {
        if (i < PSB_SOURCES_MAX && (size_t)i >= lane->port->sources)
            continue;
        const psb_source *source = psb_lane_source_at(lane, i);
        lane->slot[i].parsed = malloc(source->parsed_size + 1);
        if (!make_room(lane, i, source->room) || !lane->slot[i].parsed)
            return false;
    }
    return true;
}

psb_lane *psb_lane_open(const char *port, const char *kernel, const char *world, char *why, size_t why_size)
{
    psb_lane *lane = calloc(1, sizeof *lane);
    snprintf(why, why_size, "out of memory");
    if (!lane)
        return NULL;
    lane->port = psb_port_named(port);
    if (!lane->port)
        snprintf(why, why_size, "'%s' is no port", port);
    else if ((!world || (lane->world = open_world(world, why, why_size))) && make_slots(lane) &&
             psb_lane_restack(lane, kernel, why, why_size))
        return lane;
    psb_lane_close(lane);
    return NULL;
}

void psb_lane_close(psb_lane *lane)
{
    if (!lane)
        return;
    forget(lane);
    if (lane->backend)
        lane->backend->ops->close(lane->backend);
    psb_world_free(lane->world);
    psb_arena_free(&lane->arena);
    for (int i = 0; i < PSB_LANE_SOURCES; i++) {
        free(lane->slot[i].raw);
        free(lane->slot[i].parsed);
    }
    free(lane);
}

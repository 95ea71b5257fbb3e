/* world_truth.c: from a world to answers, and from a backend's answers to a world: the same table read both
 * ways. */
#include "world.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECOND_NS INT64_C(1000000000)

/* How the world stores a field; NOT_STORED: it follows from others. */
enum shape { NOT_STORED, PID, INT, COUNT, STATE, INSTANT, IDS, RECORD, TEXT };

static const struct {
    enum shape shape;
    size_t offset;
} STORED[PSB_FIELDS] = {
    [PSB_NAME] = {TEXT, offsetof(psb_process, name)},
    [PSB_EXE] = {TEXT, offsetof(psb_process, exe)},
    [PSB_CMDLINE] = {TEXT, offsetof(psb_process, cmdline)},
    [PSB_PPID] = {PID, offsetof(psb_process, ppid)},
    [PSB_STATUS] = {STATE, offsetof(psb_process, state)},
    [PSB_CREATE_TIME] = {INSTANT, offsetof(psb_process, created_ns)},
    [PSB_UIDS] = {IDS, offsetof(psb_process, uid)},
    [PSB_GIDS] = {IDS, offsetof(psb_process, gid)},
    [PSB_CPU_TIMES] = {RECORD, offsetof(psb_process, cpu_ns)},
    [PSB_CPU_NUM] = {INT, offsetof(psb_process, cpu)},
    [PSB_MEMORY_INFO] = {RECORD, offsetof(psb_process, memory_bytes)},
    [PSB_MEMORY_FULL_INFO] = {RECORD, offsetof(psb_process, full_bytes)},
    [PSB_NUM_THREADS] = {COUNT, offsetof(psb_process, threads)},
    [PSB_NUM_CTX_SWITCHES] = {RECORD, offsetof(psb_process, switches)},
    [PSB_NUM_FDS] = {COUNT, offsetof(psb_process, fds)},
    [PSB_NUM_HANDLES] = {COUNT, offsetof(psb_process, fds)},
    [PSB_IO_COUNTERS] = {RECORD, offsetof(psb_process, io)},
    [PSB_NICE] = {INT, offsetof(psb_process, nice)},
    [PSB_CWD] = {TEXT, offsetof(psb_process, cwd)},
    [PSB_PAGE_FAULTS] = {RECORD, offsetof(psb_process, faults)},
};

/* ---- the truth ---- */

static void give_stored(const psb_process *process, psb_field field, psb_value *out)
{
    const void *at = (const char *)process + STORED[field].offset;
    const psb_world_text *text = at;
    uint32_t parts = psb_field_of(field)->parts;
    switch (STORED[field].shape) {
    case PID:
        out->u.integer = *(const psb_pid *)at;
        break;
    case INT:
        out->u.integer = *(const int *)at;
        break;
    case COUNT:
        out->u.integer = *(const uint32_t *)at;
        break;
    case STATE:
        out->u.integer = (int64_t) * (const psb_state *)at;
        break;
    case INSTANT:
        out->u.integer = *(const int64_t *)at;
        break;
    case IDS:
        for (uint32_t i = 0; i < parts; i++)
            out->u.part[i] = ((const uint32_t *)at)[i];
        out->known = (1u << parts) - 1;
        break;
    case RECORD:
        memcpy(out->u.part, at, parts * sizeof(uint64_t));
        out->known = (1u << parts) - 1;
        break;
    case TEXT:
        out->status = text->bytes ? PSB_OK : PSB_ABSENT;
        out->count = text->count;
        out->u.text.bytes = text->bytes;
        out->u.text.len = text->len;
        break;
    case NOT_STORED:
        break;
    }
}

static void give_composed(psb_value *out, psb_arena *room, const char *prefix, int64_t number)
{
    char *text = psb_arena_alloc(room, 32);
    if (!text) {
        out->status = PSB_NOMEM;
        return;
    }
    out->u.text.len = (size_t)snprintf(text, 32, "%s%" PRId64, prefix, number);
    out->u.text.bytes = text;
}

static void give_parent(const psb_world *world, const psb_process *process, psb_arena *room, psb_value *out)
{
    const psb_process *parent = process->ppid ? psb_world_find(world, process->ppid) : NULL;
    out->u.integer = process->ppid;
    if (!parent || parent->created_ns > process->created_ns)
        out->status = PSB_ABSENT;
}

static void give_username(const psb_world *world, const psb_process *process, psb_arena *room, psb_value *out)
{
    const char *name = psb_world_user(world, process->uid[0]);
    if (!name) {
        give_composed(out, room, "", process->uid[0]);
        return;
    }
    out->u.text.bytes = name;
    out->u.text.len = strlen(name);
}

static void give_terminal(const psb_world *world, const psb_process *process, psb_arena *room, psb_value *out)
{
    if (process->terminal < 0)
        out->status = PSB_ABSENT;
    else
        give_composed(out, room, "/dev/pts/", process->terminal);
}

static void give_cpu_percent(const psb_world *world, const psb_process *process, psb_arena *room,
                             psb_value *out)
{
    double used = (double)process->cpu_ns[PSB_CPU_TIMES_USER] + (double)process->cpu_ns[PSB_CPU_TIMES_SYSTEM];
    out->u.real = 100 * used / (double)(world->now_ns - process->created_ns);
    if (world->now_ns <= process->created_ns)
        out->status = PSB_UNKNOWN;
}

static void give_memory_percent(const psb_world *world, const psb_process *process, psb_arena *room,
                                psb_value *out)
{
    out->u.real = 100 * (double)process->memory_bytes[PSB_MEMORY_INFO_RSS] / (double)world->memory_bytes;
}

static void give_threads(const psb_world *world, const psb_process *process, psb_arena *room, psb_value *out)
{
    psb_thread *thread = psb_arena_alloc(room, process->threads * sizeof *thread);
    out->status = thread ? PSB_OK : PSB_NOMEM;
    for (uint32_t i = 0; thread && i < process->threads; i++)
        thread[i] = psb_world_thread(process, i);
    out->count = process->threads;
    out->u.thread = thread;
}

#define KNOWN(field) (UINT64_C(1) << PSB_##field)

static const struct {
    uint64_t needs; /* to be known */
    void (*give)(const psb_world *, const psb_process *, psb_arena *, psb_value *);
} COMPUTED[PSB_FIELDS] = {
    [PSB_PARENT] = {KNOWN(PPID) | KNOWN(CREATE_TIME), give_parent},
    [PSB_USERNAME] = {KNOWN(UIDS), give_username},
    [PSB_TERMINAL] = {KNOWN(TERMINAL), give_terminal},
    [PSB_CPU_PERCENT] = {KNOWN(CPU_TIMES) | KNOWN(CREATE_TIME), give_cpu_percent},
    [PSB_MEMORY_PERCENT] = {KNOWN(MEMORY_INFO), give_memory_percent},
    [PSB_THREADS] = {KNOWN(NUM_THREADS) | KNOWN(CPU_TIMES), give_threads},
};

bool psb_world_truth(const psb_world *world, psb_pid pid, psb_field field, psb_arena *room, psb_value *out)
{
    const psb_process *process = psb_world_find(world, pid);
    *out = psb_value_of_status(process ? PSB_OK : PSB_GONE, 0);
    if (!process)
        return true;
    if (COMPUTED[field].give) {
        COMPUTED[field].give(world, process, room, out);
        return (process->known & COMPUTED[field].needs) == COMPUTED[field].needs;
    }
    give_stored(process, field, out);
    if (field == PSB_MEMORY_FULL_INFO && (process->is_kernel || process->state == PSB_STATE_ZOMBIE))
        out->status = PSB_ABSENT;
    return STORED[field].shape != NOT_STORED && (process->known >> field & 1);
}

/* ---- live worlds ---- */

static void take_stored(psb_process *process, psb_field field, const psb_value *value)
{
    void *at = (char *)process + STORED[field].offset;
    uint32_t parts = psb_field_of(field)->parts;
    switch (STORED[field].shape) {
    case PID:
        *(psb_pid *)at = value->u.integer;
        break;
    case INT:
        *(int *)at = (int)value->u.integer;
        break;
    case COUNT:
        *(uint32_t *)at = (uint32_t)value->u.integer;
        break;
    case STATE:
        *(psb_state *)at = (psb_state)value->u.integer;
        break;
    case INSTANT:
        *(int64_t *)at = value->u.integer;
        break;
    case IDS:
        for (uint32_t i = 0; i < parts; i++)
            ((uint32_t *)at)[i] = (uint32_t)value->u.part[i];
        break;
    case RECORD:
        memcpy(at, value->u.part, parts * sizeof(uint64_t));
        break;
    case TEXT:
        *(psb_world_text *)at = (psb_world_text){value->u.text.bytes, value->u.text.len, value->count};
        break;
    case NOT_STORED:
        break;
    }
}

/* A field is known if the backend told all of it, or that there is none. */
static bool is_told(psb_field field, const psb_value *value)
{
    uint32_t parts = psb_field_of(field)->parts;
    return value->status == PSB_ABSENT || (value->status == PSB_OK && value->known == (1u << parts) - 1);
}

/* The number of "/dev/pts/N"; a world has no other terminals. */
static void take_terminal(psb_process *process, const psb_value *value)
{
    static const char PTS[] = "/dev/pts/";
    size_t len = sizeof PTS - 1;
    process->terminal = -1;
    if (value->status == PSB_ABSENT)
        process->known |= KNOWN(TERMINAL);
    if (value->status != PSB_OK || value->u.text.len <= len || memcmp(value->u.text.bytes, PTS, len) != 0)
        return;
    process->terminal = atoi(value->u.text.bytes + len);
    process->known |= KNOWN(TERMINAL);
}

/* Texts still lie in the snapshot: the world copies them when the process is born. */
static void take_process(psb_snapshot *snapshot, psb_process *process)
{
    psb_value value;
    for (psb_field field = 0; field < PSB_FIELDS; field++) {
        if (STORED[field].shape == NOT_STORED)
            continue;
        psb_get(snapshot, process->pid, field, &value);
        if (!is_told(field, &value))
            continue;
        process->known |= UINT64_C(1) << field;
        if (value.status == PSB_OK)
            take_stored(process, field, &value);
    }
    psb_get(snapshot, process->pid, PSB_TERMINAL, &value);
    take_terminal(process, &value);
    bool no_memory = (process->known & KNOWN(MEMORY_INFO)) && process->memory_bytes[PSB_MEMORY_INFO_VMS] == 0;
    process->is_kernel = no_memory && process->state != PSB_STATE_ZOMBIE;
}

static bool take_all(psb_world *world, psb_backend *backend, const psb_pidlist *list)
{
    for (size_t i = 0; i < list->count; i++) {
        psb_snapshot *snapshot;
        psb_process process = {.pid = list->pid[i]};
        if (backend->ops->begin(backend, PSB_SPAN_PROCESS, &snapshot) != PSB_OK)
            return false;
        take_process(snapshot, &process);
        bool gone = !(process.known & KNOWN(PPID)); /* it has ended meanwhile */
        bool good = gone || psb_world_spawn(world, &process);
        backend->ops->end(snapshot);
        if (!good)
            return false;
    }
    return true;
}

/* It was booted in the second of its oldest process, and a minute has passed since its youngest was born. */
static void set_clock(psb_world *world)
{
    for (size_t i = 0; i < world->count; i++) {
        int64_t created = world->process[i].created_ns;
        if (!(world->process[i].known & KNOWN(CREATE_TIME)))
            continue;
        if (world->boot_ns == 0 || created < world->boot_ns)
            world->boot_ns = created;
        if (created > world->now_ns)
            world->now_ns = created;
    }
    world->boot_ns -= world->boot_ns % SECOND_NS;
    world->now_ns += 60 * SECOND_NS;
}

psb_world *psb_world_live(psb_backend *backend)
{
    psb_pidlist list;
    psb_world *world = psb_world_empty(1);
    if (!world)
        return NULL;
    bool good = backend->ops->pids(backend, &list) == PSB_OK && take_all(world, backend, &list);
    psb_pidlist_free(&list);
    if (!good) {
        psb_world_free(world);
        return NULL;
    }
    set_clock(world);
    return world;
}

/*
 * libproc2_native.c: libproc2, the library of ps and top (procps-ng 4), as a whole port in a plug-in.
 *
 * cached:   one select in a snapshot of a process, one reap of all processes in a sweep, of the items that have been asked
 *           for so far: who uses libproc2 says beforehand what it wants. Only a field that was never asked for before makes
 *           one more.
 * uncached: a select of the items of the one field that is asked for, with a context made for them beforehand.
 *
 * What libproc2 cannot tell apart is not claimed: an exe that it may not read from one that there is none of ("-"), and
 * counters of I/O and memory in full that it may not read from counts of 0. What it writes in the place of arguments that
 * there are none of, "-", becomes an empty list again.
 * Authority: pids.h (the origin of each item), procps_pids(3).
 */
#include "arena.h"
#include "plugin.h"

#include <errno.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libproc2/pids.h>
#include <libproc2/stat.h>
#include <unistd.h>

enum { ITEMS_MAX = 6, ALL = PSB_FIELDS, POOLS, ALL_ITEMS_MAX = PSB_FIELDS * ITEMS_MAX };

#define NS_PER_SECOND UINT64_C(1000000000)

/* What stays true while the machine runs. */
struct facts {
    uint64_t hz, page_bytes;
    int64_t boot_ns;
};

typedef const struct pids_result results; /* of the items of one field */
typedef void decoder(results *of, const struct facts *facts, psb_arena *room, psb_value *out);

/* ---- decoders ---- */

static void decode_name(results *of, const struct facts *facts, psb_arena *room, psb_value *out)
{
    psb_text_copy(out, room, of[0].result.str, strlen(of[0].result.str));
}

static void decode_cmdline(results *of, const struct facts *facts, psb_arena *room, psb_value *out)
{
    char **word = of[0].result.strv;
    size_t size = 0, count = 0;
    if (word && word[0] && !word[1] && strcmp(word[0], "-") == 0)
        word = NULL;
    for (; word && word[count]; count++)
        size += strlen(word[count]) + 1;
    char *at = psb_arena_alloc(room, size + 1);
    if (!at) {
        *out = psb_value_of_status(PSB_NOMEM, 0);
        return;
    }
    out->u.text.bytes = at;
    out->u.text.len = size;
    out->count = (uint32_t)count;
    for (size_t i = 0; i < count; i++)
        at = stpcpy(at, word[i]) + 1;
}

static void decode_int(results *of, const struct facts *facts, psb_arena *room, psb_value *out)
{
    out->u.integer = of[0].result.s_int;
}

static void decode_state(results *of, const struct facts *facts, psb_arena *room, psb_value *out)
{
    static const struct {
        char letter;
        psb_state state;
    } STATE[] = {{'R', PSB_STATE_RUNNING}, {'S', PSB_STATE_SLEEPING},     {'D', PSB_STATE_DISK_SLEEP},
                 {'T', PSB_STATE_STOPPED}, {'t', PSB_STATE_TRACING_STOP}, {'Z', PSB_STATE_ZOMBIE},
                 {'X', PSB_STATE_DEAD},    {'x', PSB_STATE_DEAD},         {'K', PSB_STATE_WAKE_KILL},
                 {'W', PSB_STATE_WAKING},  {'P', PSB_STATE_PARKED},       {'I', PSB_STATE_IDLE}};
    for (size_t i = 0; i < sizeof STATE / sizeof *STATE; i++)
        if (STATE[i].letter == of[0].result.s_ch) {
            out->u.integer = STATE[i].state;
            return;
        }
    out->status = PSB_UNKNOWN;
}

static void decode_began(results *of, const struct facts *facts, psb_arena *room, psb_value *out)
{
    uint64_t ns;
    if (facts->boot_ns > 0 && psb_ticks_to_ns(of[0].result.ull_int, facts->hz, &ns))
        out->u.integer = facts->boot_ns + (int64_t)ns;
    else
        out->status = PSB_UNKNOWN;
}

static void decode_ids(results *of, const struct facts *facts, psb_arena *room, psb_value *out)
{
    for (unsigned i = 0; i < 3; i++)
        psb_part(out, i, of[i].result.u_int);
}

static void decode_terminal(results *of, const struct facts *facts, psb_arena *room, psb_value *out)
{
    char path[128];
    int len = snprintf(path, sizeof path, "/dev/%s", of[1].result.str);
    if (of[0].result.s_int == 0)
        out->status = PSB_ABSENT;
    else if (len < 0 || (size_t)len >= sizeof path || strcmp(of[1].result.str, "?") == 0)
        out->status = PSB_UNKNOWN;
    else
        psb_text_copy(out, room, path, (size_t)len);
}

/* Those with children are sums with the process's own. */
static void decode_cpu_times(results *of, const struct facts *facts, psb_arena *room, psb_value *out)
{
    uint64_t user = of[0].result.ull_int, system = of[1].result.ull_int;
    psb_part_ticks(out, PSB_CPU_TIMES_USER, user, facts->hz);
    psb_part_ticks(out, PSB_CPU_TIMES_SYSTEM, system, facts->hz);
    psb_part_ticks(out, PSB_CPU_TIMES_CHILDREN_USER, of[2].result.ull_int - user, facts->hz);
    psb_part_ticks(out, PSB_CPU_TIMES_CHILDREN_SYSTEM, of[3].result.ull_int - system, facts->hz);
    psb_part_ticks(out, PSB_CPU_TIMES_IOWAIT, of[4].result.ull_int, facts->hz);
}

static void decode_real(results *of, const struct facts *facts, psb_arena *room, psb_value *out)
{
    out->u.real = of[0].result.real;
}

static void decode_pages(results *of, const struct facts *facts, psb_arena *room, psb_value *out)
{
    for (unsigned i = 0; i < PSB_MEMORY_INFO_PARTS; i++)
        psb_part_scaled(out, i, of[i].result.ul_int, facts->page_bytes);
}

static void decode_faults(results *of, const struct facts *facts, psb_arena *room, psb_value *out)
{
    psb_part(out, PSB_PAGE_FAULTS_MINOR, of[0].result.ul_int);
    psb_part(out, PSB_PAGE_FAULTS_MAJOR, of[1].result.ul_int);
}

/* By field; items: 0: not claimed. Threads are selected otherwise: each is a stack. */
static const struct row {
    int items;
    enum pids_item item[ITEMS_MAX];
    decoder *decode;
} ROW[PSB_FIELDS] = {
    [PSB_NAME] = {1, {PIDS_CMD}, decode_name},
    [PSB_CMDLINE] = {1, {PIDS_CMDLINE_V}, decode_cmdline},
    [PSB_PPID] = {1, {PIDS_ID_PPID}, decode_int},
    [PSB_USERNAME] = {1, {PIDS_ID_RUSER}, decode_name},
    [PSB_STATUS] = {1, {PIDS_STATE}, decode_state},
    [PSB_CREATE_TIME] = {1, {PIDS_TICS_BEGAN}, decode_began},
    [PSB_UIDS] = {3, {PIDS_ID_RUID, PIDS_ID_EUID, PIDS_ID_SUID}, decode_ids},
    [PSB_GIDS] = {3, {PIDS_ID_RGID, PIDS_ID_EGID, PIDS_ID_SGID}, decode_ids},
    [PSB_TERMINAL] = {2, {PIDS_TTY, PIDS_TTY_NAME}, decode_terminal},
    [PSB_CPU_TIMES] = {5,
                       {PIDS_TICS_USER, PIDS_TICS_SYSTEM, PIDS_TICS_USER_C, PIDS_TICS_SYSTEM_C,
                        PIDS_TICS_BLKIO},
                       decode_cpu_times},
    [PSB_CPU_PERCENT] = {1, {PIDS_UTILIZATION}, decode_real},
    [PSB_CPU_NUM] = {1, {PIDS_PROCESSOR}, decode_int},
    [PSB_MEMORY_INFO] = {5,
                         {PIDS_MEM_RES_PGS, PIDS_MEM_VIRT_PGS, PIDS_MEM_SHR_PGS, PIDS_MEM_CODE_PGS,
                          PIDS_MEM_DATA_PGS},
                         decode_pages},
    [PSB_NUM_THREADS] = {1, {PIDS_NLWP}, decode_int},
    [PSB_THREADS] = {3, {PIDS_ID_TID, PIDS_TICS_USER, PIDS_TICS_SYSTEM}, NULL},
    [PSB_NICE] = {1, {PIDS_NICE}, decode_int},
    [PSB_PAGE_FAULTS] = {2, {PIDS_FLT_MIN, PIDS_FLT_MAJ}, decode_faults},
};

/* ---- contexts: not for two threads at a time, and dear to make, so that they are kept ---- */

struct context {
    struct pids_info *info;
    size_t kind;           /* a psb_field, or ALL: several */
    uint64_t fields;       /* a set of PSB_CLAIM(field) */
    int place[PSB_FIELDS]; /* of a field's items in a stack */
    struct context *next;
    unsigned pid;             /* what was selected last */
    struct pids_fetch *fetch; /* NULL: not yet; valid until the next selection */
};

typedef struct libproc2_backend {
    psb_backend base;
    bool cached;
    struct facts facts;
    atomic_flag busy;
    uint64_t wanted; /* cached: what has been asked for so far, all of which one selection fetches */
    struct context *pool[POOLS];
} libproc2_backend;

typedef struct libproc2_snapshot {
    psb_snapshot base;
    psb_span span;
    struct context *held; /* of the cached variant, until the end; the first that was fetched is the first */
    psb_arena room;
} libproc2_snapshot;

static void lock(libproc2_backend *self)
{
    while (atomic_flag_test_and_set_explicit(&self->busy, memory_order_acquire))
        ;
}

static void unlock(libproc2_backend *self)
{
    atomic_flag_clear_explicit(&self->busy, memory_order_release);
}

/* Lets it fetch these fields, the pid before them. */
static bool prepare(struct context *context, uint64_t fields)
{
    enum pids_item item[ALL_ITEMS_MAX + 1] = {PIDS_ID_PID};
    int count = 1;
    for (size_t field = 0; field < PSB_FIELDS; field++)
        if (fields & PSB_CLAIM(field)) {
            context->place[field] = count;
            for (int i = 0; i < ROW[field].items; i++)
                item[count++] = ROW[field].item[i];
        }
    context->fields = fields;
    int result = context->info ? procps_pids_reset(context->info, item, count)
                               : procps_pids_new(&context->info, item, count);
    if (result < 0)
        errno = -result; /* the library returns it */
    return result >= 0;
}

static void context_free(struct context *context)
{
    if (context->info)
        procps_pids_unref(&context->info);
    free(context);
}

/* NULL: out of memory. */
static struct context *context_take(libproc2_backend *self, size_t kind, psb_field field)
{
    lock(self);
    self->wanted |= kind == ALL ? PSB_CLAIM(field) : 0;
    uint64_t fields = kind == ALL ? self->wanted : PSB_CLAIM(field);
    struct context *context = self->pool[kind];
    if (context)
        self->pool[kind] = context->next;
    unlock(self);
    if (!context)
        context = calloc(1, sizeof *context);
    if (!context)
        return NULL;
    context->kind = kind;
    context->fetch = NULL;
    if (context->fields == fields || prepare(context, fields))
        return context;
    context_free(context);
    return NULL;
}

static void context_give(libproc2_backend *self, struct context *context)
{
    lock(self);
    context->next = self->pool[context->kind];
    self->pool[context->kind] = context;
    unlock(self);
}

/* ---- questions ---- */

/* Selects the process, or all of them. */
static bool fetch(struct context *context, bool sweep, unsigned pid)
{
    context->pid = pid;
    context->fetch =
        sweep ? procps_pids_reap(context->info, PIDS_FETCH_TASKS_ONLY)
              : procps_pids_select(context->info, &context->pid, 1,
                                   context->kind == PSB_THREADS ? PIDS_SELECT_PID_THREADS : PIDS_SELECT_PID);
    return context->fetch != NULL;
}

/* Reaped in the order of /proc, which is that of pids; but nobody promises it. */
static results *find(const struct context *context, unsigned pid)
{
    struct pids_stack **stacks = context->fetch->stacks;
    int low = 0, high = context->fetch->counts->total;
    while (low < high) {
        int middle = low + (high - low) / 2;
        unsigned there = (unsigned)stacks[middle]->head[0].result.s_int;
        if (there == pid)
            return stacks[middle]->head;
        *(there < pid ? &low : &high) = there < pid ? middle + 1 : middle;
    }
    for (int i = 0; i < context->fetch->counts->total; i++)
        if ((unsigned)stacks[i]->head[0].result.s_int == pid)
            return stacks[i]->head;
    return NULL;
}

static void decode_threads(const struct context *context, const struct facts *facts, psb_arena *room,
                           psb_value *out)
{
    int count = context->fetch->counts->total;
    psb_thread *thread = psb_arena_alloc(room, (size_t)(count ? count : 1) * sizeof *thread);
    if (!thread) {
        *out = psb_value_of_status(PSB_NOMEM, 0);
        return;
    }
    for (int i = 0; i < count; i++) {
        results *of = context->fetch->stacks[i]->head + 1;
        thread[i].id = of[0].result.s_int;
        if (!psb_ticks_to_ns(of[1].result.ull_int, facts->hz, &thread[i].user_ns) ||
            !psb_ticks_to_ns(of[2].result.ull_int, facts->hz, &thread[i].system_ns))
            out->status = PSB_UNKNOWN;
    }
    out->u.thread = thread;
    out->count = (uint32_t)count;
}

static void decode(const libproc2_backend *self, const struct context *context, unsigned pid, psb_field field,
                   psb_arena *room, psb_value *out)
{
    *out = psb_value_of_status(PSB_OK, 0);
    if (context->kind == PSB_THREADS && context->fetch->counts->total > 0) {
        decode_threads(context, &self->facts, room, out);
        return;
    }
    results *found = context->kind == PSB_THREADS ? NULL : find(context, pid);
    if (found)
        ROW[field].decode(found + context->place[field], &self->facts, room, out);
    else
        out->status = PSB_GONE;
}

/* What this snapshot has fetched of the field, of the process or of all. */
static struct context *held(libproc2_snapshot *snapshot, psb_field field, bool sweep, unsigned pid)
{
    for (struct context *at = snapshot->held; at; at = at->next)
        if ((at->fields & PSB_CLAIM(field)) && (sweep || at->pid == pid))
            return at;
    return NULL;
}

static psb_status failed(psb_value *out)
{
    *out = psb_value_of_status(errno == ENOMEM ? PSB_NOMEM : PSB_OSERROR, errno);
    return out->status;
}

static psb_status libproc2_get(psb_snapshot *base, psb_pid pid, psb_field field, psb_value *out)
{
    libproc2_snapshot *snapshot = (libproc2_snapshot *)base;
    libproc2_backend *self = (libproc2_backend *)base->backend;
    *out = psb_value_of_status(pid <= 0 || pid > INT32_MAX ? PSB_GONE : PSB_ABSENT, 0);
    if (pid <= 0 || pid > INT32_MAX || (unsigned)field >= PSB_FIELDS || ROW[field].items == 0)
        return out->status;
    bool sweep = self->cached && snapshot->span == PSB_SPAN_SWEEP && field != PSB_THREADS;
    size_t kind = self->cached && field != PSB_THREADS ? ALL : (size_t)field;
    struct context *context = self->cached ? held(snapshot, field, sweep, (unsigned)pid) : NULL;
    if (context) {
        decode(self, context, (unsigned)pid, field, &snapshot->room, out);
        return out->status;
    }
    context = context_take(self, kind, field);
    if (!context)
        return failed(out);
    if (fetch(context, sweep, (unsigned)pid))
        decode(self, context, (unsigned)pid, field, &snapshot->room, out);
    else
        failed(out);
    if (self->cached && context->fetch) {
        struct context **last = &snapshot->held;
        while (*last)
            last = &(*last)->next;
        context->next = NULL;
        *last = context;
    } else {
        context_give(self, context);
    }
    return out->status;
}

static psb_status libproc2_pids(psb_backend *base, psb_pidlist *out)
{
    libproc2_backend *self = (libproc2_backend *)base;
    struct context *context = context_take(self, PSB_PPID, PSB_PPID);
    psb_status status = PSB_OSERROR;
    *out = (psb_pidlist){0};
    if (!context)
        return PSB_NOMEM;
    if (fetch(context, true, 0)) {
        size_t count = (size_t)context->fetch->counts->total;
        procps_pids_sort(context->info, context->fetch->stacks, (int)count, PIDS_ID_PID, PIDS_SORT_ASCEND);
        out->pid = malloc((count + !count) * sizeof *out->pid);
        for (; out->pid && out->count < count; out->count++)
            out->pid[out->count] = context->fetch->stacks[out->count]->head[0].result.s_int;
        status = out->pid ? PSB_OK : PSB_NOMEM;
    }
    context_give(self, context);
    return status;
}

/* ---- snapshots and backends ---- */

static psb_status libproc2_begin(psb_backend *base, psb_span span, psb_snapshot **out)
{
    libproc2_snapshot *snapshot = calloc(1, sizeof *snapshot);
    *out = &snapshot->base;
    if (!snapshot)
        return PSB_NOMEM;
    snapshot->base.backend = base;
    snapshot->span = span;
    return PSB_OK;
}

static void libproc2_end(psb_snapshot *base)
{
    libproc2_snapshot *snapshot = (libproc2_snapshot *)base;
    while (snapshot->held) {
        struct context *context = snapshot->held;
        snapshot->held = context->next;
        context_give((libproc2_backend *)base->backend, context);
    }
    psb_arena_free(&snapshot->room);
    free(snapshot);
}

static void libproc2_close(psb_backend *base)
{
    libproc2_backend *self = (libproc2_backend *)base;
    for (size_t kind = 0; kind < POOLS; kind++)
        while (self->pool[kind]) {
            struct context *context = self->pool[kind];
            self->pool[kind] = context->next;
            context_free(context);
        }
    free(self);
}

static int64_t boot_ns(void)
{
    struct stat_info *info = NULL;
    struct stat_result *result = NULL;
    int64_t seconds = 0;
    if (procps_stat_new(&info) >= 0 && (result = procps_stat_get(info, STAT_SYS_TIME_OF_BOOT)))
        seconds = (int64_t)result->result.ul_int;
    if (info)
        procps_stat_unref(&info);
    return seconds * (int64_t)NS_PER_SECOND;
}

static psb_backend *libproc2_open(const void *unused, psb_variant variant, char *why, size_t why_size)
{
    static const psb_backend_ops UNCACHED = {"libproc2.uncached", libproc2_pids, libproc2_begin,
                                             libproc2_get,        libproc2_end,  libproc2_close},
                                 CACHED = {"libproc2.cached", libproc2_pids, libproc2_begin,
                                           libproc2_get,      libproc2_end,  libproc2_close};
    libproc2_backend *self = calloc(1, sizeof *self);
    snprintf(why, why_size, "out of memory");
    if (!self)
        return NULL;
    self->cached = variant == PSB_CACHED;
    self->base.ops = self->cached ? &CACHED : &UNCACHED;
    self->facts = (struct facts){.hz = (uint64_t)sysconf(_SC_CLK_TCK),
                                 .page_bytes = (uint64_t)sysconf(_SC_PAGESIZE),
                                 .boot_ns = boot_ns()};
    atomic_flag_clear(&self->busy);
    return &self->base;
}

static const psb_whole WHOLE = {
    .evidence = PSB_EVIDENCE_NATIVE,
    .variants = 1u << PSB_UNCACHED | 1u << PSB_CACHED,
    .claims = PSB_CLAIM(PSB_NAME) | PSB_CLAIM(PSB_CMDLINE) | PSB_CLAIM(PSB_PPID) | PSB_CLAIM(PSB_USERNAME) |
              PSB_CLAIM(PSB_STATUS) | PSB_CLAIM(PSB_CREATE_TIME) | PSB_CLAIM(PSB_UIDS) | PSB_CLAIM(PSB_GIDS) |
              PSB_CLAIM(PSB_TERMINAL) | PSB_CLAIM(PSB_CPU_TIMES) | PSB_CLAIM(PSB_CPU_PERCENT) |
              PSB_CLAIM(PSB_CPU_NUM) | PSB_CLAIM(PSB_MEMORY_INFO) | PSB_CLAIM(PSB_NUM_THREADS) |
              PSB_CLAIM(PSB_THREADS) | PSB_CLAIM(PSB_NICE) | PSB_CLAIM(PSB_PAGE_FAULTS),
    .open = libproc2_open,
};

static const psb_port LIBPROC2 = {.name = "libproc2", .system = "libproc2 of procps-ng 4", .whole = &WHOLE};

PSB_PLUGIN(LIBPROC2)

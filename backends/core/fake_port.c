#include "fake_port.h"

#include "plain.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the forms of the replies ---- */

struct row {
    int64_t pid;
    char name[32];
};

struct times {
    int64_t ppid;
    uint64_t user_ticks, system_ticks, serial;
};

struct birth {
    int64_t create_ns;
    uint64_t uid;
};

struct bytes {
    const char *at;
    size_t len;
};

/* A reply that is one struct. */
static psb_status exactly(const void *raw, size_t len, void *parsed, size_t size)
{
    if (len != size)
        return PSB_MALFORMED;
    memcpy(parsed, raw, size);
    return PSB_OK;
}

static psb_status parse_ticks(const void *raw, size_t len, psb_pid pid, void *facts)
{
    psb_facts *all = facts;
    uint64_t two[2];
    psb_status status = exactly(raw, len, two, sizeof two);
    if (status == PSB_OK) {
        all->page_bytes = two[0];
        all->ticks_per_second = two[1];
    }
    return status;
}

static psb_status parse_memory_size(const void *raw, size_t len, psb_pid pid, void *facts)
{
    return exactly(raw, len, &((psb_facts *)facts)->memory_bytes, sizeof(uint64_t));
}

static psb_status parse_u64(const void *raw, size_t len, psb_pid pid, void *parsed)
{
    return exactly(raw, len, parsed, sizeof(uint64_t));
}

static psb_status parse_times(const void *raw, size_t len, psb_pid pid, void *parsed)
{
    return exactly(raw, len, parsed, sizeof(struct times));
}

static psb_status parse_birth(const void *raw, size_t len, psb_pid pid, void *parsed)
{
    return exactly(raw, len, parsed, sizeof(struct birth));
}

static psb_status parse_bytes(const void *raw, size_t len, psb_pid pid, void *parsed)
{
    *(struct bytes *)parsed = (struct bytes){raw, len};
    return PSB_OK;
}

static psb_status parse_table(const void *raw, size_t len, psb_pid pid, void *parsed)
{
    if (len % sizeof(struct row) != 0)
        return PSB_MALFORMED;
    for (size_t at = 0; at < len; at += sizeof(struct row)) {
        memcpy(parsed, (const char *)raw + at, sizeof(struct row));
        if (((struct row *)parsed)->pid == pid)
            return PSB_OK;
    }
    return PSB_GONE;
}

static bool pid_record(const void *raw, size_t len, size_t *at, psb_record *out)
{
    return psb_record_of_size(sizeof(psb_pid), 0, sizeof(psb_pid), raw, len, at, out);
}

static const psb_source SOURCE[FAKE_SOURCES] = {
    [FAKE_TICKS] = {"ticks", "test", PSB_SCOPE_BOOT, PSB_OP_LINUX_SYSCONF, .room = 64, .parse = parse_ticks},
    [FAKE_MEMORY_SIZE] = {"memory_size", "test", PSB_SCOPE_BOOT, PSB_OP_LINUX_MEMINFO, .room = 64,
                          .parse = parse_memory_size},
    [FAKE_PIDS] = {"pids", "test", PSB_SCOPE_SYSTEM, PSB_OP_LINUX_PIDS, .room = 64, .record = pid_record},
    [FAKE_CLOCK] = {"clock", "test", PSB_SCOPE_SYSTEM, PSB_OP_CLOCK, .room = 64, .parse = parse_u64,
                    .parsed_size = sizeof(int64_t)},
    [FAKE_TABLE] = {"table", "test", PSB_SCOPE_SYSTEM, PSB_OP_LINUX_TASK, .room = 1 << 10,
                    .parse = parse_table, .parsed_size = sizeof(struct row)},
    [FAKE_USER] = {"user", "test", PSB_SCOPE_USER, PSB_OP_USER_NAME, .room = 64, .parse = parse_bytes,
                   .parsed_size = sizeof(struct bytes), .keeps_raw = true},
    [FAKE_TIMES] = {"times", "test", PSB_SCOPE_PROCESS, PSB_OP_LINUX_STAT, .room = 64, .parse = parse_times,
                    .parsed_size = sizeof(struct times)},
    [FAKE_BIRTH] = {"birth", "test", PSB_SCOPE_PROCESS, PSB_OP_LINUX_STATUS, .room = 64, .parse = parse_birth,
                    .parsed_size = sizeof(struct birth)},
    [FAKE_MEMORY] = {"memory", "test", PSB_SCOPE_PROCESS, PSB_OP_LINUX_STATM, .room = 512, .parse = parse_u64,
                     .parsed_size = sizeof(uint64_t)},
    [FAKE_ARGS] = {"args", "test", PSB_SCOPE_PROCESS, PSB_OP_LINUX_CMDLINE, .room = 64, .parse = parse_bytes,
                   .parsed_size = sizeof(struct bytes), .keeps_raw = true},
    [FAKE_EXACT] = {"exact", "test", PSB_SCOPE_PROCESS, PSB_OP_LINUX_SMAPS_ROLLUP, .room = 64,
                    .parse = parse_u64, .parsed_size = sizeof(uint64_t)},
    [FAKE_COARSE] = {"coarse", "test", PSB_SCOPE_PROCESS, PSB_OP_LINUX_SMAPS, .room = 64, .parse = parse_u64,
                     .parsed_size = sizeof(uint64_t)},
};

/* ---- decoders ---- */

static void table_name(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    const struct row *row = parsed;
    out->u.text.bytes = row->name;
    out->u.text.len = strlen(row->name);
}

static void table_status(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    out->u.integer = PSB_STATE_SLEEPING;
}

static void table_threads(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    out->u.integer = 1;
}

static void times_ppid(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    const struct times *times = parsed;
    out->u.integer = times->ppid;
}

static void times_cpu(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    const struct times *times = parsed;
    psb_part_ticks(out, PSB_CPU_TIMES_USER, times->user_ticks, facts->ticks_per_second);
    psb_part_ticks(out, PSB_CPU_TIMES_SYSTEM, times->system_ticks, facts->ticks_per_second);
}

static void times_faults(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    const struct times *times = parsed;
    psb_part(out, PSB_PAGE_FAULTS_MINOR, times->serial);
}

static void birth_create(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    const struct birth *birth = parsed;
    out->u.integer = birth->create_ns;
    if (birth->create_ns == 0)
        out->status = PSB_UNKNOWN;
}

static void birth_uids(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    const struct birth *birth = parsed;
    psb_part(out, PSB_UIDS_REAL, birth->uid);
}

static void memory_info(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    const uint64_t *pages = parsed;
    psb_part_scaled(out, PSB_MEMORY_INFO_RSS, *pages, facts->page_bytes);
}

static void memory_full(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    const uint64_t *op = parsed;
    psb_part(out, PSB_MEMORY_FULL_INFO_USS, *op);
}

static void user_name(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    const struct bytes *bytes = parsed;
    out->u.text.bytes = bytes->at;
    out->u.text.len = bytes->len;
}

static void args_list(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    user_name(parsed, facts, room, out);
    out->count = 1;
}

static void clock_now(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    const int64_t *now = parsed;
    out->u.integer = *now;
}

/* clang-format off */
#define BY(source, decode) {{{source, 0, decode}}}
/* clang-format on */

static const psb_method METHOD[PSB_FIELDS] = {
    [PSB_NAME] = BY(FAKE_TABLE, table_name),
    [PSB_STATUS] = BY(FAKE_TABLE, table_status),
    [PSB_NUM_THREADS] = BY(FAKE_TABLE, table_threads),
    [PSB_PPID] = BY(FAKE_TIMES, times_ppid),
    [PSB_CPU_TIMES] = BY(FAKE_TIMES, times_cpu),
    [PSB_PAGE_FAULTS] = BY(FAKE_TIMES, times_faults),
    [PSB_CREATE_TIME] = BY(FAKE_BIRTH, birth_create),
    [PSB_UIDS] = BY(FAKE_BIRTH, birth_uids),
    [PSB_MEMORY_INFO] = BY(FAKE_MEMORY, memory_info),
    [PSB_CMDLINE] = BY(FAKE_ARGS, args_list),
    [PSB_MEMORY_FULL_INFO] = {{{FAKE_EXACT, 0, memory_full},
                               {FAKE_COARSE, PSB_WHEN(PSB_DENIED), memory_full}}},
};

const psb_port psb_fake_port = {
    .name = "fake",
    .system = "Fake",
    .source = SOURCE,
    .sources = FAKE_SOURCES,
    .method = METHOD,
    .user = {FAKE_USER, 0, user_name},
    .clock = {FAKE_CLOCK, 0, clock_now},
    .pids_source = FAKE_PIDS,
};

/* ---- the kernel ---- */

static const struct fake_process *process_of(const fake_kernel *self, psb_pid pid)
{
    for (size_t i = 0; i < self->processes; i++)
        if (self->process[i].pid == pid)
            return &self->process[i];
    return NULL;
}

static psb_status reply_with(psb_reply *reply, const void *bytes, size_t len)
{
    if (reply->cap - reply->len < len)
        return PSB_TOOSMALL;
    memcpy((char *)reply->buf + reply->len, bytes, len);
    reply->len += len;
    return PSB_OK;
}

static psb_status reply_for_all(const fake_kernel *self, uint32_t op, unsigned serial, psb_reply *reply)
{
    psb_status status = PSB_OK;
    for (size_t i = 0; i < self->processes && status == PSB_OK; i++) {
        struct row row = {.pid = self->process[i].pid};
        snprintf(row.name, sizeof row.name, "p%d#%u", (int)row.pid, serial);
        if (op == PSB_OP_LINUX_PIDS)
            status = reply_with(reply, &row.pid, sizeof row.pid);
        else
            status = reply_with(reply, &row, sizeof row);
    }
    return status;
}

static psb_status reply_for_one(const fake_kernel *self, const psb_call *call, unsigned serial,
                                psb_reply *reply)
{
    const struct fake_process *process = process_of(self, call->pid);
    char text[40];
    if (!process)
        return PSB_GONE;
    uint64_t op = call->op;
    struct times times = {process->ppid, process->user_ticks, process->system_ticks, serial};
    struct birth birth = {process->create_ns, process->uid};
    switch (call->op) {
    case PSB_OP_LINUX_STAT:
        return reply_with(reply, &times, sizeof times);
    case PSB_OP_LINUX_STATUS:
        return reply_with(reply, &birth, sizeof birth);
    case PSB_OP_LINUX_STATM:
        return reply_with(reply, &process->rss_pages, sizeof process->rss_pages);
    case PSB_OP_LINUX_CMDLINE:
        snprintf(text, sizeof text, "a%d#%u", (int)call->pid, serial);
        return reply_with(reply, text, strlen(text) + 1);
    default:
        return reply_with(reply, &op, sizeof op);
    }
}

static psb_status answer(const fake_kernel *self, const psb_call *call, unsigned serial, psb_reply *reply)
{
    static const uint64_t TICKS[2] = {FAKE_PAGE, FAKE_HZ}, MEMORY = FAKE_MEMORY_ALL;
    char text[40];
    switch (call->op) {
    case PSB_OP_LINUX_SYSCONF:
        return reply_with(reply, TICKS, sizeof TICKS);
    case PSB_OP_LINUX_MEMINFO:
        return reply_with(reply, &MEMORY, sizeof MEMORY);
    case PSB_OP_CLOCK:
        return reply_with(reply, &self->now_ns, sizeof self->now_ns);
    case PSB_OP_USER_NAME:
        snprintf(text, sizeof text, "user%llu", (unsigned long long)call->pid);
        return (uint64_t)call->pid == FAKE_NOBODY ? PSB_ABSENT : reply_with(reply, text, strlen(text));
    case PSB_OP_LINUX_PIDS:
    case PSB_OP_LINUX_TASK:
        return reply_for_all(self, call->op, serial, reply);
    default:
        return reply_for_one(self, call, serial, reply);
    }
}

static psb_status fake_call(psb_kernel *kernel, const psb_call *call, psb_reply *reply)
{
    fake_kernel *self = (fake_kernel *)kernel;
    unsigned serial = atomic_fetch_add(&self->all_calls, 1) + 1;
    atomic_fetch_add(&self->calls[call->op], 1);
    size_t largest = atomic_load(&self->largest_cap);
    while (largest < reply->cap && !atomic_compare_exchange_weak(&self->largest_cap, &largest, reply->cap))
        ;
    reply->len = 0;
    reply->entries = FAKE_ENTRIES;
    reply->os_error = FAKE_OS_ERROR;
    if (serial == self->fail_call)
        return self->fail_status;
    if (self->status[call->op] != PSB_OK && (self->status_pid < 0 || self->status_pid == call->pid))
        return self->status[call->op];
    reply->os_error = self->stray_error;
    if (reply->cap < self->demand[call->op])
        return PSB_TOOSMALL;
    psb_status status = answer(self, call, serial, reply);
    if (status == PSB_OK && self->cut[call->op])
        reply->len--;
    return status;
}

static void fake_kernel_close(psb_kernel *kernel)
{
    fake_kernel *self = (fake_kernel *)kernel;
    if (self->closed)
        ++*self->closed;
    free(self);
}

fake_kernel *fake_kernel_open(void)
{
    static const psb_kernel_ops OPS = {"fake", fake_call, fake_kernel_close};
    fake_kernel *self = calloc(1, sizeof *self);
    if (!self)
        abort();
    self->base = (psb_kernel){&OPS, NULL, PSB_EVIDENCE_SIM};
    self->status_pid = -1;
    self->now_ns = INT64_C(10000000000);
    return self;
}

struct fake_process *fake_add(fake_kernel *kernel, psb_pid pid, int64_t ppid)
{
    if (kernel->processes == FAKE_ROOM)
        abort();
    struct fake_process *process = &kernel->process[kernel->processes++];
    *process = (struct fake_process){.pid = pid, .ppid = ppid, .create_ns = 1000 + pid, .uid = 1000};
    return process;
}

void fake_remove(fake_kernel *kernel, psb_pid pid)
{
    for (size_t i = 0; i < kernel->processes; i++)
        if (kernel->process[i].pid == pid) {
            kernel->process[i] = kernel->process[--kernel->processes];
            return;
        }
}

unsigned fake_calls(const fake_kernel *kernel, enum fake_source source)
{
    return atomic_load(&kernel->calls[SOURCE[source].op]);
}

unsigned fake_all_calls(const fake_kernel *kernel)
{
    return atomic_load(&kernel->all_calls);
}

void fake_forget_calls(fake_kernel *kernel)
{
    for (uint32_t op = 0; op < PSB_OPS; op++)
        atomic_store(&kernel->calls[op], 0);
    atomic_store(&kernel->all_calls, 0);
    atomic_store(&kernel->largest_cap, 0);
}

void fake_fail(fake_kernel *kernel, enum fake_source source, psb_status status)
{
    kernel->status[SOURCE[source].op] = status;
}

void fake_demand(fake_kernel *kernel, enum fake_source source, size_t bytes)
{
    kernel->demand[SOURCE[source].op] = bytes;
}

/* ---- worlds and tables ---- */

void fake_open(fake_world *world, const psb_port *port, psb_variant variant)
{
    world->kernel = fake_kernel_open();
    fake_add(world->kernel, 10, 1);
    fake_add(world->kernel, 1, 0);
    if (psb_port_open(port, variant, &world->kernel->base, &world->backend) != PSB_OK ||
        world->backend->ops->begin(world->backend, PSB_SPAN_PROCESS, &world->snapshot) != PSB_OK)
        abort();
    fake_forget_calls(world->kernel);
}

void fake_renew(fake_world *world)
{
    world->backend->ops->end(world->snapshot);
    if (world->backend->ops->begin(world->backend, PSB_SPAN_PROCESS, &world->snapshot) != PSB_OK)
        abort();
}

void fake_close(fake_world *world)
{
    world->backend->ops->end(world->snapshot);
    world->backend->ops->close(world->backend);
}

void fake_tables_copy(fake_tables *tables, const psb_port *port)
{
    memset(tables, 0, sizeof *tables);
    memcpy(tables->source, port->source, port->sources * sizeof *port->source);
    memcpy(tables->method, port->method, sizeof tables->method);
    tables->port = *port;
    tables->port.source = tables->source;
    tables->port.method = tables->method;
}

/*
 * windows_sim.c: Windows' kernel, simulated: a world as the structs that its routines would answer, and what of a world
 * those have room for. A process is opened by its owner and by uid 0, who stands for an administrator; with all
 * rights only if it is no process of the kernel's own. The names of the world become Windows': /bin/a is C:\bin\a.
 */
#include "windows_words.h"

#include <stdio.h>
#include <string.h>

enum { ACCOUNT_ROOM = 64 };

#define INVALID_FUNCTION 1 /* ERROR_INVALID_FUNCTION */
#define DOMAIN           "WORLD\\"
#define NO_ACCOUNT       "S-1-5-21-1-2-3-"

static psb_status put_units(psb_windows_writer *write, const psb_process *p, psb_reply *reply)
{
    size_t count = psb_windows_count_units(write, p);
    if (count > (reply->cap - reply->len) / sizeof(uint16_t))
        return psb_refuse(reply, PSB_TOOSMALL, (int)PSB_WINDOWS_STATUS_LENGTH_MISMATCH);
    struct psb_windows_units units = {(char *)reply->buf + reply->len, 0};
    write(&units, p);
    reply->len += count * sizeof(uint16_t);
    return PSB_OK;
}

static psb_status put(psb_reply *reply, const void *bytes, size_t len)
{
    psb_status status = psb_append(bytes, len, reply);
    return status == PSB_OK ? status : psb_refuse(reply, status, (int)PSB_WINDOWS_STATUS_LENGTH_MISMATCH);
}

/* ---- numbers ---- */

static uint64_t filetime(int64_t ns)
{
    return PSB_WINDOWS_EPOCH + (uint64_t)(ns / 100);
}

/* What threads do in a state, and what one can know from it. */
static const struct {
    uint8_t first; /* the state of the first thread; the others wait */
    uint8_t reason;
    uint8_t told;
} STATE[PSB_STATES] = {
#define RUNS                                                                                                 \
    {                                                                                                        \
        PSB_WINDOWS_RUNNING, 0, PSB_STATE_RUNNING                                                            \
    }
#define SLEEPS                                                                                               \
    {                                                                                                        \
        PSB_WINDOWS_WAITING, PSB_WINDOWS_WAITS_FOR_REQUEST, PSB_STATE_SLEEPING                               \
    }
#define HELD                                                                                                 \
    {                                                                                                        \
        PSB_WINDOWS_WAITING, PSB_WINDOWS_WAITS_SUSPENDED, PSB_STATE_STOPPED                                  \
    }
    [PSB_STATE_RUNNING] = RUNS,  [PSB_STATE_SLEEPING] = SLEEPS,   [PSB_STATE_DISK_SLEEP] = SLEEPS,
    [PSB_STATE_STOPPED] = HELD,  [PSB_STATE_TRACING_STOP] = HELD, [PSB_STATE_WAKE_KILL] = SLEEPS,
    [PSB_STATE_WAKING] = RUNS,   [PSB_STATE_PARKED] = SLEEPS,     [PSB_STATE_IDLE] = SLEEPS,
    [PSB_STATE_LOCKED] = SLEEPS, [PSB_STATE_WAITING] = SLEEPS,    [PSB_STATE_SUSPENDED] = HELD,
    [PSB_STATE_ZOMBIE] = SLEEPS, /* without threads; they are not read */
    [PSB_STATE_DEAD] = SLEEPS,
};

/* A process without threads is one that is being taken down: the nearest that Windows has to a zombie. */
static bool has_ended(const psb_process *p)
{
    return p->state == PSB_STATE_ZOMBIE || p->state == PSB_STATE_DEAD;
}

static uint32_t threads_of(const psb_process *p)
{
    return has_ended(p) ? 0 : p->threads;
}

/* The class whose base priority is nearest. */
static uint32_t class_of(int nice)
{
    return nice < -15  ? PSB_WINDOWS_REALTIME
           : nice < -7 ? PSB_WINDOWS_HIGH
           : nice < 0  ? PSB_WINDOWS_ABOVE_NORMAL
           : nice == 0 ? PSB_WINDOWS_NORMAL
           : nice < 10 ? PSB_WINDOWS_BELOW_NORMAL
                       : PSB_WINDOWS_IDLE;
}

/* ---- calls that open a process ---- */

static psb_status sim_times(const psb_world *world, const psb_process *p, psb_reply *reply)
{
    struct psb_windows_times times = {.create_time = filetime(p->created_ns),
                                      .kernel_time = p->cpu_ns[PSB_CPU_TIMES_SYSTEM] / 100,
                                      .user_time = p->cpu_ns[PSB_CPU_TIMES_USER] / 100};
    return put(reply, &times, sizeof times);
}

static psb_status sim_memory(const psb_world *world, const psb_process *p, psb_reply *reply)
{
    uint64_t vms = p->memory_bytes[PSB_MEMORY_INFO_VMS], rss = p->memory_bytes[PSB_MEMORY_INFO_RSS];
    struct psb_windows_memory memory = {
        .size = sizeof memory,
        .faults = (uint32_t)(p->faults[PSB_PAGE_FAULTS_MINOR] + p->faults[PSB_PAGE_FAULTS_MAJOR]),
        .peak_working_set_bytes = rss,
        .working_set_bytes = rss,
        .pagefile_bytes = vms,
        .peak_pagefile_bytes = vms,
        .private_bytes = vms};
    return put(reply, &memory, sizeof memory);
}

static struct psb_windows_io io_of(const psb_process *p)
{
    return (struct psb_windows_io){.reads = p->io[PSB_IO_COUNTERS_READ_COUNT],
                                   .writes = p->io[PSB_IO_COUNTERS_WRITE_COUNT],
                                   .read_bytes = p->io[PSB_IO_COUNTERS_READ_CHARS],
                                   .write_bytes = p->io[PSB_IO_COUNTERS_WRITE_CHARS]};
}

static psb_status sim_io(const psb_world *world, const psb_process *p, psb_reply *reply)
{
    struct psb_windows_io io = io_of(p);
    return put(reply, &io, sizeof io);
}

static psb_status sim_handles(const psb_world *world, const psb_process *p, psb_reply *reply)
{
    return put(reply, &p->fds, sizeof p->fds);
}

static psb_status sim_basic(const psb_world *world, const psb_process *p, psb_reply *reply)
{
    struct psb_windows_basic basic = {
        .exit_status = PSB_WINDOWS_STILL_ACTIVE, .pid = (uint64_t)p->pid, .ppid = (uint64_t)p->ppid};
    return put(reply, &basic, sizeof basic);
}

static psb_status sim_priority(const psb_world *world, const psb_process *p, psb_reply *reply)
{
    uint32_t priority = class_of(p->nice);
    return put(reply, &priority, sizeof priority);
}

static psb_status sim_image(const psb_world *world, const psb_process *p, psb_reply *reply)
{
    if (!psb_windows_runs_file(p))
        return psb_refuse(reply, PSB_ABSENT, PSB_WINDOWS_GEN_FAILURE);
    return put_units(psb_windows_add_image, p, reply);
}

/* Its account, or its number if it has none. */
static int account_of(const psb_world *world, const psb_process *p, char *out, size_t size)
{
    const char *name = psb_world_user(world, p->uid[0]);
    return name ? snprintf(out, size, DOMAIN "%s", name) : snprintf(out, size, NO_ACCOUNT "%u", p->uid[0]);
}

static psb_status sim_user(const psb_world *world, const psb_process *p, psb_reply *reply)
{
    char account[ACCOUNT_ROOM];
    int len = account_of(world, p, account, sizeof account);
    psb_status status = PSB_OK;
    for (int i = 0; i < len && status == PSB_OK; i++) {
        uint16_t unit = (uint8_t)account[i];
        status = put(reply, &unit, sizeof unit);
    }
    return status;
}

/* No string of Windows is longer: a process that has one was never started. */
static psb_status sim_cmdline(const psb_world *world, const psb_process *p, psb_reply *reply)
{
    if (psb_windows_count_units(psb_windows_add_cmdline, p) > PSB_WINDOWS_PATH_MAX)
        return PSB_UNKNOWN;
    return put_units(psb_windows_add_cmdline, p, reply);
}

static psb_status sim_cwd(const psb_world *world, const psb_process *p, psb_reply *reply)
{
    return p->cwd.bytes ? put_units(psb_windows_add_cwd, p, reply)
                        : psb_refuse(reply, PSB_ABSENT, PSB_WINDOWS_PARTIAL_COPY);
}

/* The pages of its own first; the others are shared by two. */
static psb_status sim_working_set(const psb_world *world, const psb_process *p, psb_reply *reply)
{
    uint64_t all = p->memory_bytes[PSB_MEMORY_INFO_RSS] / world->page_bytes;
    uint64_t own = p->full_bytes[PSB_MEMORY_FULL_INFO_USS] / world->page_bytes;
    uint64_t pages = own > all ? own : all;
    if (has_ended(p))
        return psb_refuse(reply, PSB_DENIED, PSB_WINDOWS_ACCESS_DENIED);
    psb_status status = put(reply, &pages, sizeof pages);
    for (uint64_t i = 0; i < pages && status == PSB_OK; i++) {
        uint64_t page = i << PSB_WINDOWS_PAGE_SHIFT;
        if (i >= own)
            page |= PSB_WINDOWS_PAGE_SHARED | 2u << PSB_WINDOWS_PAGE_SHARE_SHIFT;
        else if (i % 2)
            page |= PSB_WINDOWS_PAGE_SHARED | 1u << PSB_WINDOWS_PAGE_SHARE_SHIFT; /* nobody else has it now */
        status = put(reply, &page, sizeof page);
    }
    return status;
}

/* ---- calls about no process, or that need no right ---- */

static psb_status put_threads(const psb_process *p, psb_reply *reply)
{
    uint64_t switches = p->switches[PSB_NUM_CTX_SWITCHES_TOTAL], share = switches / (p->threads + 1u);
    psb_status status = PSB_OK;
    for (uint32_t i = 0; i < threads_of(p) && status == PSB_OK; i++) {
        psb_thread told = psb_world_thread(p, i);
        struct psb_windows_thread thread = {.kernel_time = told.system_ns / 100,
                                            .user_time = told.user_ns / 100,
                                            .create_time = filetime(p->created_ns),
                                            .pid = (uint64_t)p->pid,
                                            .tid = (uint64_t)told.id,
                                            .switches =
                                                (uint32_t)(i ? share : switches - (p->threads - 1u) * share),
                                            .state = i == 0 ? STATE[p->state].first : PSB_WINDOWS_WAITING,
                                            .wait_reason = STATE[p->state].reason};
        status = put(reply, &thread, sizeof thread);
    }
    return status;
}

static void fill_head(const psb_process *p, struct psb_windows_process *head)
{
    uint64_t vms = p->memory_bytes[PSB_MEMORY_INFO_VMS], rss = p->memory_bytes[PSB_MEMORY_INFO_RSS];
    struct psb_windows_io io = io_of(p);
    head->threads = threads_of(p);
    head->hard_faults = (uint32_t)p->faults[PSB_PAGE_FAULTS_MAJOR];
    head->faults = (uint32_t)(p->faults[PSB_PAGE_FAULTS_MINOR] + p->faults[PSB_PAGE_FAULTS_MAJOR]);
    head->create_time = filetime(p->created_ns);
    head->user_time = p->cpu_ns[PSB_CPU_TIMES_USER] / 100;
    head->kernel_time = p->cpu_ns[PSB_CPU_TIMES_SYSTEM] / 100;
    head->pid = (uint64_t)p->pid;
    head->ppid = (uint64_t)p->ppid;
    head->handles = p->fds;
    head->peak_virtual_bytes = head->virtual_bytes = vms;
    head->peak_working_set_bytes = head->working_set_bytes = rss;
    head->pagefile_bytes = head->peak_pagefile_bytes = head->private_bytes = vms;
    head->reads = io.reads;
    head->writes = io.writes;
    head->read_bytes = io.read_bytes;
    head->write_bytes = io.write_bytes;
}

/* A record: head, threads, the name and its NUL, and what fills it up to a multiple of 8 bytes. */
static psb_status put_record(const psb_process *p, bool is_last, psb_reply *reply)
{
    static const char FILL[8];
    size_t name = psb_windows_count_units(psb_windows_add_image_name, p) * sizeof(uint16_t);
    size_t name_at = sizeof(struct psb_windows_process) + threads_of(p) * sizeof(struct psb_windows_thread);
    size_t size = name_at + (name ? name + sizeof(uint16_t) : 0), whole = (size + 7) / 8 * 8;
    struct psb_windows_process head = {.next = is_last ? 0 : (uint32_t)whole,
                                       .image_bytes = (uint16_t)name,
                                       .image_capacity = (uint16_t)(name ? name + 2 : 0),
                                       .image_name = name ? name_at : 0};
    fill_head(p, &head);
    psb_status status = put(reply, &head, sizeof head);
    if (status == PSB_OK)
        status = put_threads(p, reply);
    if (status == PSB_OK)
        status = put_units(psb_windows_add_image_name, p, reply);
    return status == PSB_OK ? put(reply, FILL, whole - name_at - name) : status;
}

static psb_status sim_processes(const psb_world *world, psb_reply *reply)
{
    psb_status status = PSB_OK;
    reply->entries = 1;
    for (size_t i = 0; i < world->count && status == PSB_OK; i++)
        status = put_record(&world->process[i], i + 1 == world->count, reply);
    return status;
}

static psb_status sim_image_id(const psb_world *world, psb_pid pid, psb_reply *reply)
{
    const psb_process *p = psb_world_find(world, pid);
    reply->entries = 1;
    if (!p)
        return psb_refuse(reply, PSB_GONE, (int)PSB_WINDOWS_STATUS_INVALID_CID);
    return put_units(psb_windows_add_device_image, p, reply);
}

static psb_status sim_drives(psb_reply *reply)
{
    struct psb_windows_drive drive = {.letter = 'C', .units = sizeof PSB_WINDOWS_DEVICE - 1};
    struct psb_windows_units units = {(char *)drive.device, 0};
    psb_windows_add_literal(&units, PSB_WINDOWS_DEVICE);
    return put(reply, &drive, sizeof drive);
}

static psb_status of_system(const psb_world *world, const psb_call *call, psb_reply *reply)
{
    const struct psb_windows_facts facts = {world->page_bytes, world->memory_bytes};
    switch (call->op) {
    case PSB_OP_NOTHING:
        return PSB_OK;
    case PSB_OP_CLOCK:
        return put(reply, &world->now_ns, sizeof world->now_ns);
    case PSB_OP_WINDOWS_FACTS:
        return put(reply, &facts, sizeof facts);
    case PSB_OP_WINDOWS_DRIVES:
        return sim_drives(reply);
    case PSB_OP_WINDOWS_PROCESSES:
        return sim_processes(world, reply);
    case PSB_OP_WINDOWS_IMAGE_ID:
        return sim_image_id(world, call->pid, reply);
    default:
        return psb_refuse(reply, PSB_OSERROR, INVALID_FUNCTION);
    }
}

/* ---- opening ---- */

static const struct {
    psb_status (*simulate)(const psb_world *, const psb_process *, psb_reply *);
    bool reads_memory; /* opened with PROCESS_QUERY_INFORMATION | PROCESS_VM_READ */
    uint32_t entries;
} OF_PROCESS[PSB_OPS] = {
    [PSB_OP_WINDOWS_TIMES] = {sim_times, false, 3},
    [PSB_OP_WINDOWS_MEMORY] = {sim_memory, false, 3},
    [PSB_OP_WINDOWS_IO] = {sim_io, false, 3},
    [PSB_OP_WINDOWS_HANDLES] = {sim_handles, false, 3},
    [PSB_OP_WINDOWS_BASIC] = {sim_basic, false, 3},
    [PSB_OP_WINDOWS_PRIORITY] = {sim_priority, false, 3},
    [PSB_OP_WINDOWS_IMAGE] = {sim_image, false, 3},
    [PSB_OP_WINDOWS_USER] = {sim_user, false, 5},
    [PSB_OP_WINDOWS_CMDLINE] = {sim_cmdline, false, 3},
    [PSB_OP_WINDOWS_CMDLINE_PEB] = {sim_cmdline, true, 6},
    [PSB_OP_WINDOWS_CWD] = {sim_cwd, true, 6},
    [PSB_OP_WINDOWS_WORKING_SET] = {sim_working_set, true, 3},
};

static bool may_open(const psb_world *world, const psb_process *p, bool reads_memory)
{
    bool is_owner = world->caller_uid == 0 || p->uid[0] == world->caller_uid;
    return p->pid != PSB_WINDOWS_IDLE_PID && is_owner && !(reads_memory && p->is_kernel);
}

psb_status psb_windows_simulate(const psb_world *world, const psb_call *call, psb_reply *reply)
{
    if (call->op >= PSB_OPS || !OF_PROCESS[call->op].simulate)
        return of_system(world, call, reply);
    const psb_process *process = psb_world_find(world, call->pid);
    reply->entries = 1;
    if (!process)
        return psb_refuse(reply, PSB_GONE, PSB_WINDOWS_INVALID_PARAMETER);
    if (!may_open(world, process, OF_PROCESS[call->op].reads_memory))
        return psb_refuse(reply, PSB_DENIED, PSB_WINDOWS_ACCESS_DENIED);
    reply->entries = OF_PROCESS[call->op].entries;
    return OF_PROCESS[call->op].simulate(world, process, reply);
}

/* ---- what Windows can express ---- */

/* The truth becomes what these units say. */
static void express_units(psb_windows_writer *write, const psb_process *p, psb_arena *room, psb_value *truth)
{
    size_t count = psb_windows_count_units(write, p);
    struct psb_windows_units units = {psb_arena_alloc(room, count * sizeof(uint16_t) + 1), 0};
    char *bytes = psb_arena_alloc(room, count * 3 + 1);
    if (!units.out || !bytes) {
        *truth = psb_value_of_status(PSB_NOMEM, 0);
        return;
    }
    write(&units, p);
    truth->status = PSB_OK;
    truth->u.text.bytes = bytes;
    truth->u.text.len = psb_windows_utf8((struct psb_windows_text){units.out, count}, bytes);
}

static void express_name(const psb_world *world, const psb_process *p, psb_arena *room, psb_value *truth)
{
    express_units(psb_windows_add_image_name, p, room, truth);
}

static void express_exe(const psb_world *world, const psb_process *p, psb_arena *room, psb_value *truth)
{
    if (psb_windows_runs_file(p))
        express_units(psb_windows_add_image, p, room, truth);
    else
        *truth = psb_value_of_status(PSB_ABSENT, 0);
}

static void express_cwd(const psb_world *world, const psb_process *p, psb_arena *room, psb_value *truth)
{
    if (p->is_kernel) {
        *truth = psb_value_of_status(PSB_DENIED, 0);
    } else if (p->cwd.bytes) {
        express_units(psb_windows_add_cwd, p, room, truth);
        if (truth->u.text.len > 3)
            truth->u.text.len--; /* less the backslash behind it */
    }
}

/* Each argument by itself, so that nothing of what joins and splits them is trusted. */
static void express_cmdline(const psb_world *world, const psb_process *p, psb_arena *room, psb_value *truth)
{
    const char *at = p->cmdline.bytes;
    char *list = psb_arena_alloc(room, p->cmdline.len * 3 + 1);
    size_t len = 0;
    if (!list || psb_windows_count_units(psb_windows_add_cmdline, p) > PSB_WINDOWS_PATH_MAX) {
        *truth = psb_value_of_status(list ? PSB_UNKNOWN : PSB_NOMEM, 0);
        return;
    }
    for (uint32_t i = 0; i < p->cmdline.count; i++) {
        psb_process argument = {.name = psb_windows_next_argument(&at)};
        psb_value told;
        express_units(psb_windows_add_image_name, &argument, room, &told);
        if (told.status != PSB_OK) {
            *truth = told;
            return;
        }
        for (size_t k = 0; k < told.u.text.len; k++)
            if (i > 0 || told.u.text.bytes[k] != '"')
                list[len++] = told.u.text.bytes[k];
        list[len++] = '\0';
    }
    truth->u.text.bytes = list;
    truth->u.text.len = len;
}

static void express_username(const psb_world *world, const psb_process *p, psb_arena *room, psb_value *truth)
{
    char account[ACCOUNT_ROOM];
    psb_text_copy(truth, room, account, (size_t)account_of(world, p, account, sizeof account));
}

static void express_status(const psb_world *world, const psb_process *p, psb_arena *room, psb_value *truth)
{
    truth->u.integer = STATE[p->state].told;
    if (threads_of(p) == 0)
        *truth = psb_value_of_status(PSB_UNKNOWN, 0);
}

static void express_created(const psb_world *world, const psb_process *p, psb_arena *room, psb_value *truth)
{
    truth->u.integer -= truth->u.integer % 100;
}

static uint64_t whole(uint64_t ns)
{
    return ns - ns % 100;
}

static void express_times(const psb_world *world, const psb_process *p, psb_arena *room, psb_value *truth)
{
    truth->known = 1u << PSB_CPU_TIMES_USER | 1u << PSB_CPU_TIMES_SYSTEM;
    for (unsigned i = 0; i < PSB_CPU_TIMES_PARTS; i++)
        truth->u.part[i] = whole(truth->u.part[i]);
}

static void express_memory(const psb_world *world, const psb_process *p, psb_arena *room, psb_value *truth)
{
    truth->known = 1u << PSB_MEMORY_INFO_RSS | 1u << PSB_MEMORY_INFO_VMS;
}

static void express_full(const psb_world *world, const psb_process *p, psb_arena *room, psb_value *truth)
{
    truth->known = 1u << PSB_MEMORY_FULL_INFO_USS;
    if (p->is_kernel || has_ended(p))
        *truth = psb_value_of_status(PSB_DENIED, 0);
}

static void express_num_threads(const psb_world *world, const psb_process *p, psb_arena *room,
                                psb_value *truth)
{
    truth->u.integer = threads_of(p);
}

static void express_threads(const psb_world *world, const psb_process *p, psb_arena *room, psb_value *truth)
{
    truth->count = threads_of(p);
    psb_thread *thread = psb_arena_alloc(room, truth->count * sizeof *thread);
    if (!thread) {
        *truth = psb_value_of_status(PSB_NOMEM, 0);
        return;
    }
    for (uint32_t i = 0; i < truth->count; i++)
        thread[i] = (psb_thread){truth->u.thread[i].id, whole(truth->u.thread[i].user_ns),
                                 whole(truth->u.thread[i].system_ns)};
    truth->u.thread = thread;
}

static void express_switches(const psb_world *world, const psb_process *p, psb_arena *room, psb_value *truth)
{
    truth->known = 1u << PSB_NUM_CTX_SWITCHES_TOTAL;
    if (threads_of(p) == 0)
        *truth = psb_value_of_status(PSB_UNKNOWN, 0);
}

static void express_io(const psb_world *world, const psb_process *p, psb_arena *room, psb_value *truth)
{
    truth->known &= ~(1u << PSB_IO_COUNTERS_READ_BYTES | 1u << PSB_IO_COUNTERS_WRITE_BYTES);
}

static void express_nice(const psb_world *world, const psb_process *p, psb_arena *room, psb_value *truth)
{
    truth->u.integer = class_of(p->nice);
}

/* Counters of 32 bits, which begin anew. */
static void express_faults(const psb_world *world, const psb_process *p, psb_arena *room, psb_value *truth)
{
    uint32_t major = (uint32_t)p->faults[PSB_PAGE_FAULTS_MAJOR];
    uint32_t all = (uint32_t)(p->faults[PSB_PAGE_FAULTS_MINOR] + p->faults[PSB_PAGE_FAULTS_MAJOR]);
    truth->u.part[PSB_PAGE_FAULTS_MAJOR] = major;
    truth->u.part[PSB_PAGE_FAULTS_MINOR] = all - major;
    if (major > all)
        truth->known = 1u << PSB_PAGE_FAULTS_MAJOR;
}

static void (*const EXPRESS[PSB_FIELDS])(const psb_world *, const psb_process *, psb_arena *, psb_value *) = {
    [PSB_NAME] = express_name,
    [PSB_EXE] = express_exe,
    [PSB_CMDLINE] = express_cmdline,
    [PSB_USERNAME] = express_username,
    [PSB_STATUS] = express_status,
    [PSB_CREATE_TIME] = express_created,
    [PSB_CPU_TIMES] = express_times,
    [PSB_MEMORY_INFO] = express_memory,
    [PSB_MEMORY_FULL_INFO] = express_full,
    [PSB_NUM_THREADS] = express_num_threads,
    [PSB_THREADS] = express_threads,
    [PSB_NUM_CTX_SWITCHES] = express_switches,
    [PSB_IO_COUNTERS] = express_io,
    [PSB_NICE] = express_nice,
    [PSB_CWD] = express_cwd,
    [PSB_PAGE_FAULTS] = express_faults,
};

void psb_windows_express(const psb_world *world, const psb_process *process, psb_field field, psb_arena *room,
                         psb_value *truth)
{
    if (psb_is_fact(truth->status) && EXPRESS[field])
        EXPRESS[field](world, process, room, truth);
}

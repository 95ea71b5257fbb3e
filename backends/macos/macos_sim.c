/*
 * macos_sim.c: xnu, simulated on Apple silicon: a world as the structs that sysctl and proc_pidinfo copy out.
 * Its ticks are 125/3 ns. Who is refused what, and what a zombie has lost, is as README.md says.
 */
#include "macos_abi.h"

#include <stdio.h>
#include <string.h>

/* sys/errno.h. */
enum {
    MACOS_EPERM = 1,
    MACOS_ENOENT = 2,
    MACOS_ESRCH = 3,
    MACOS_ENOMEM = 12,
    MACOS_EINVAL = 22,
    MACOS_ERANGE = 34,
    MACOS_ENOSPC = 28,
    MACOS_ENOSYS = 78
};

enum { PTS_MAJOR = 16, TIMEBASE_HZ = 24000000, NUMER = 125, DENOM = 3 };

#define HANDLE UINT64_C(0x16f000000)

static psb_status put(psb_reply *reply, const void *bytes, size_t len)
{
    if (len > reply->cap - reply->len)
        return psb_refuse(reply, PSB_TOOSMALL, MACOS_ENOMEM);
    if (len > 0)
        memcpy((char *)reply->buf + reply->len, bytes, len);
    reply->len += len;
    return PSB_OK;
}

/* Lists that the kernel cuts without a word: only one that leaves room is sure to be whole. */
static psb_status whole(psb_reply *reply, psb_status status)
{
    return status == PSB_OK && reply->len == reply->cap ? PSB_TOOSMALL : status;
}

static bool is_zombie(const psb_process *p)
{
    return p->state == PSB_STATE_ZOMBIE || p->state == PSB_STATE_DEAD;
}

/* Errors with two meanings: the leaf looks whether the process lives, and has what was asked for. */
static psb_status look(const psb_process *p, int error, psb_reply *reply)
{
    reply->entries++;
    if (!p)
        return psb_refuse(reply, PSB_GONE, error);
    bool lacks = error == MACOS_ESRCH || is_zombie(p) || p->is_kernel;
    return psb_refuse(reply, lacks ? PSB_ABSENT : PSB_DENIED, error);
}

/* All that live are SRUN, but for those that are stopped or not quite made. */
static int8_t stat_of(const psb_process *p)
{
    static const int8_t STAT[PSB_STATES] = {
        [PSB_STATE_STOPPED] = PSB_MACOS_SSTOP, [PSB_STATE_TRACING_STOP] = PSB_MACOS_SSTOP,
        [PSB_STATE_ZOMBIE] = PSB_MACOS_SZOMB,  [PSB_STATE_DEAD] = PSB_MACOS_SZOMB,
        [PSB_STATE_IDLE] = PSB_MACOS_SIDL,
    };
    return STAT[p->state] ? STAT[p->state] : PSB_MACOS_SRUN;
}

static uint32_t device_of(int terminal)
{
    return terminal < 0 ? PSB_MACOS_NODEV : (uint32_t)PTS_MAJOR << 24 | (uint32_t)terminal;
}

static size_t shorter(size_t a, size_t b)
{
    return a < b ? a : b;
}

static struct psb_macos_kinfo kinfo_of(const psb_process *p)
{
    struct psb_macos_kinfo kinfo = {0};
    struct psb_macos_proc *proc = &kinfo.kp_proc;
    struct psb_macos_eproc *eproc = &kinfo.kp_eproc;
    proc->start_sec = p->created_ns / 1000000000;
    proc->start_usec = (int32_t)(p->created_ns % 1000000000 / 1000);
    proc->p_flag = PSB_MACOS_P_LP64 | (p->is_kernel ? PSB_MACOS_P_SYSTEM : 0);
    proc->p_stat = stat_of(p);
    proc->p_pid = (int32_t)p->pid;
    proc->p_nice = (int8_t)p->nice;
    memcpy(proc->p_comm, p->name.bytes, shorter(p->name.len, PSB_MACOS_COMM - 1));
    eproc->p_ruid = p->uid[0];
    eproc->cr_uid = p->uid[1];
    eproc->p_svuid = p->uid[2];
    eproc->p_rgid = p->gid[0];
    eproc->cr_ngroups = 1;
    eproc->cr_groups[0] = p->gid[1];
    eproc->p_svgid = p->gid[2];
    eproc->e_ppid = (int32_t)p->ppid;
    eproc->e_tdev = device_of(p->terminal);
    return kinfo;
}

static psb_status sim_kinfo(const psb_world *world, const psb_process *p, psb_reply *reply)
{
    struct psb_macos_kinfo kinfo = kinfo_of(p);
    return put(reply, &kinfo, sizeof kinfo);
}

/* Exact, without overflow. */
static uint64_t ticks_of(uint64_t ns)
{
    return ns / NUMER * DENOM + ns % NUMER * DENOM / NUMER;
}

static uint64_t ns_of(uint64_t ticks)
{
    return ticks / DENOM * NUMER + ticks % DENOM * NUMER / DENOM;
}

static int32_t saturated(uint64_t count)
{
    return count < INT32_MAX ? (int32_t)count : INT32_MAX;
}

static struct psb_macos_task task_of(const psb_process *p)
{
    return (struct psb_macos_task){
        .virtual_size = p->memory_bytes[PSB_MEMORY_INFO_VMS],
        .resident_size = p->memory_bytes[PSB_MEMORY_INFO_RSS],
        .total_user = ticks_of(p->cpu_ns[PSB_CPU_TIMES_USER]),
        .total_system = ticks_of(p->cpu_ns[PSB_CPU_TIMES_SYSTEM]),
        .faults = saturated(p->faults[PSB_PAGE_FAULTS_MINOR] + p->faults[PSB_PAGE_FAULTS_MAJOR]),
        .pageins = saturated(p->faults[PSB_PAGE_FAULTS_MAJOR]),
        .csw = saturated(p->switches[PSB_NUM_CTX_SWITCHES_TOTAL]),
        .threadnum = (int32_t)p->threads,
        .numrunning = p->state == PSB_STATE_RUNNING,
    };
}

static psb_status sim_task(const psb_world *world, const psb_process *p, psb_reply *reply)
{
    struct psb_macos_task task = task_of(p);
    return put(reply, &task, sizeof task);
}

static psb_status sim_taskall(const psb_world *world, const psb_process *p, psb_reply *reply)
{
    struct psb_macos_taskall all = {
        .status = (uint32_t)stat_of(p), .pid = (uint32_t)p->pid, .task = task_of(p)};
    return put(reply, &all, sizeof all);
}

/* A path that is too long is not told, though the file is. */
static psb_status sim_cwd(const psb_world *world, const psb_process *p, psb_reply *reply)
{
    struct psb_macos_paths paths = {0};
    paths.cdir.vi_type = p->cwd.bytes ? PSB_MACOS_VDIR : PSB_MACOS_VNON;
    if (p->cwd.bytes && p->cwd.len < PSB_MACOS_PATH)
        memcpy(paths.cdir.vip_path, p->cwd.bytes, p->cwd.len);
    return put(reply, &paths, sizeof paths);
}

static psb_status sim_fds(const psb_world *world, const psb_process *p, psb_reply *reply)
{
    psb_status status = PSB_OK;
    for (uint32_t i = 0; i < p->fds && status == PSB_OK; i++) {
        struct psb_macos_fd fd = {(int32_t)i, 1};
        status = put(reply, &fd, sizeof fd);
    }
    return whole(reply, status);
}

static psb_status sim_threads(const psb_world *world, const psb_process *p, psb_reply *reply)
{
    psb_status status = PSB_OK;
    for (uint32_t i = 0; i < p->threads && status == PSB_OK; i++) {
        psb_thread thread = psb_world_thread(p, i);
        struct psb_macos_thread one = {.handle = HANDLE + i * UINT64_C(0x8c000),
                                       .info = {.user_time = thread.user_ns / 1000 * 1000,
                                                .system_time = thread.system_ns / 1000 * 1000}};
        status = put(reply, &one, sizeof one);
        reply->entries++;
    }
    return status;
}

static psb_status sim_exe(const psb_world *world, const psb_process *p, psb_reply *reply)
{
    if (!p->exe.bytes)
        return look(p, MACOS_ESRCH, reply);
    if (p->exe.len >= PSB_MACOS_PATH)
        return psb_refuse(reply, PSB_UNKNOWN, MACOS_ENOSPC);
    return put(reply, p->exe.bytes, p->exe.len);
}

static psb_status sim_arguments(const psb_world *world, const psb_process *p, psb_reply *reply)
{
    static const char ZEROS[8], ENVIRONMENT[] = "PATH=/usr/bin:/bin\0HOME=/";
    int32_t count = (int32_t)p->cmdline.count;
    size_t path = p->exe.bytes ? p->exe.len : 0;
    if (p->is_kernel)
        return look(p, MACOS_EINVAL, reply);
    psb_status status = put(reply, &count, sizeof count);
    if (status == PSB_OK)
        status = put(reply, p->exe.bytes, path);
    if (status == PSB_OK)
        status = put(reply, ZEROS, 8 - path % 8);
    if (status == PSB_OK)
        status = put(reply, p->cmdline.bytes, p->cmdline.len);
    if (status == PSB_OK)
        status = put(reply, ENVIRONMENT, sizeof ENVIRONMENT);
    reply->os_error = 0; /* it is cut, and no error */
    return whole(reply, status);
}

static psb_status sim_nice(const psb_world *world, const psb_process *p, psb_reply *reply)
{
    int32_t nice = p->nice;
    return put(reply, &nice, sizeof nice);
}

static psb_status sim_rusage(const psb_world *world, const psb_process *p, psb_reply *reply)
{
    struct psb_macos_rusage rusage = {.diskio_bytesread = p->io[PSB_IO_COUNTERS_READ_BYTES],
                                      .diskio_byteswritten = p->io[PSB_IO_COUNTERS_WRITE_BYTES]};
    return put(reply, &rusage, sizeof rusage);
}

/* Each region is a call, and one more finds that there is none behind the last. What is its own lies in three of them,
 * as the kernel may put it. */
static psb_status sim_regions(const psb_world *world, const psb_process *p, psb_reply *reply)
{
    uint32_t own = (uint32_t)(p->full_bytes[PSB_MEMORY_FULL_INFO_USS] / world->page_bytes), third = own / 3;
    const struct psb_macos_region REGION[] = {
        {.share_mode = PSB_MACOS_SM_COW,
         .ref_count = 2,
         .private_pages_resident = third,
         .shared_pages_resident = 7},
        {.share_mode = PSB_MACOS_SM_COW, .ref_count = 1, .shared_pages_resident = third},
        {.share_mode = PSB_MACOS_SM_EMPTY},
        {.share_mode = PSB_MACOS_SM_SHARED,
         .ref_count = 9,
         .private_pages_resident = 5,
         .shared_pages_resident = 9},
        {.share_mode = PSB_MACOS_SM_PRIVATE, .ref_count = 1, .private_pages_resident = own - 2 * third},
    };
    psb_status status = PSB_OK;
    uint64_t address = UINT64_C(0x100000000);
    if (p->is_kernel)
        return look(p, MACOS_EINVAL, reply);
    for (size_t i = 0; i < sizeof REGION / sizeof *REGION && status == PSB_OK; i++) {
        struct psb_macos_region region = REGION[i];
        region.address = address;
        region.size =
            (1 + (uint64_t)region.private_pages_resident + region.shared_pages_resident) * world->page_bytes;
        address += region.size;
        status = put(reply, &region, sizeof region);
        reply->entries++;
    }
    return status;
}

/* ---- calls about no process ---- */

static psb_status sim_all(const psb_world *world, psb_reply *reply)
{
    psb_status status = PSB_OK;
    reply->entries = 1;
    for (size_t i = 0; i < world->count && status == PSB_OK; i++)
        status = sim_kinfo(world, &world->process[i], reply);
    return status;
}

static psb_status sim_facts(const psb_world *world, psb_reply *reply)
{
    struct psb_macos_facts facts = {world->page_bytes, world->memory_bytes, TIMEBASE_HZ};
    reply->entries = 3;
    return put(reply, &facts, sizeof facts);
}

/* Only two of the numbered ones are there when the machine is asked; others are made later. */
static psb_status sim_terminals(psb_reply *reply)
{
    static const struct psb_macos_terminal TERMINAL[] = {
        {0, "console"},
        {UINT32_C(2) << 24, "tty"},
        {UINT32_C(4) << 24, "ttyp0"},
        {UINT32_C(9) << 24, "tty.Bluetooth-Incoming-Port"},
        {(uint32_t)PTS_MAJOR << 24, "ttys000"},
        {(uint32_t)PTS_MAJOR << 24 | 1, "ttys001"},
    };
    reply->entries = 3 + sizeof TERMINAL / sizeof *TERMINAL;
    return put(reply, TERMINAL, sizeof TERMINAL);
}

static psb_status of_system(const psb_world *world, const psb_call *call, psb_reply *reply)
{
    switch (call->op) {
    case PSB_OP_NOTHING:
        return PSB_OK;
    case PSB_OP_CLOCK:
        return put(reply, &world->now_ns, sizeof world->now_ns);
    case PSB_OP_USER_NAME:
        return psb_sim_user(world, call, reply);
    case PSB_OP_MACOS_FACTS:
        return sim_facts(world, reply);
    case PSB_OP_MACOS_TERMINALS:
        return sim_terminals(reply);
    case PSB_OP_MACOS_ALL:
        return sim_all(world, reply);
    default:
        return psb_refuse(reply, PSB_OSERROR, MACOS_ENOSYS);
    }
}

/* Calls about a process: who is refused, and what the kernel says of a zombie; 0: it answers. */
static const struct {
    psb_status (*simulate)(const psb_world *, const psb_process *, psb_reply *);
    int refused; /* the error that those get who are neither root nor its owner; 0: anybody may ask */
    int zombie;
} OF_PROCESS[PSB_OPS] = {
    [PSB_OP_MACOS_KINFO] = {sim_kinfo, 0, 0},
    [PSB_OP_MACOS_TASK] = {sim_task, MACOS_EPERM, MACOS_ESRCH},
    [PSB_OP_MACOS_TASKALL] = {sim_taskall, MACOS_EPERM, MACOS_ESRCH},
    [PSB_OP_MACOS_CWD] = {sim_cwd, MACOS_EPERM, MACOS_ESRCH},
    [PSB_OP_MACOS_FDS] = {sim_fds, MACOS_EPERM, MACOS_ESRCH},
    [PSB_OP_MACOS_THREADS] = {sim_threads, MACOS_EPERM, MACOS_ESRCH},
    [PSB_OP_MACOS_EXE] = {sim_exe, 0, MACOS_ESRCH},
    [PSB_OP_MACOS_ARGUMENTS] = {sim_arguments, MACOS_EINVAL, MACOS_EINVAL},
    [PSB_OP_MACOS_RUSAGE] = {sim_rusage, MACOS_EPERM, 0},
    [PSB_OP_MACOS_REGIONS] = {sim_regions, MACOS_EPERM, MACOS_ESRCH},
    [PSB_OP_MACOS_NICE] = {sim_nice, 0, MACOS_ESRCH},
};

static bool is_owner(const psb_world *world, const psb_process *p)
{
    return world->caller_uid == 0 || (world->caller_uid == p->uid[0] && world->caller_uid == p->uid[1]);
}

psb_status psb_macos_simulate(const psb_world *world, const psb_call *call, psb_reply *reply)
{
    if (call->op >= PSB_OPS || !OF_PROCESS[call->op].simulate)
        return of_system(world, call, reply);
    reply->entries = 1;
    const psb_process *process = psb_world_find(world, call->pid);
    if (!process && call->op == PSB_OP_MACOS_KINFO)
        return PSB_OK; /* no bytes */
    int refused = OF_PROCESS[call->op].refused, zombie = OF_PROCESS[call->op].zombie;
    if (!process || (zombie && is_zombie(process)))
        return look(process, zombie, reply);
    if (refused && !is_owner(world, process))
        return refused == MACOS_EINVAL ? look(process, refused, reply)
                                       : psb_refuse(reply, PSB_DENIED, refused);
    return OF_PROCESS[call->op].simulate(world, process, reply);
}

/* ---- what macOS can express ---- */

static void forget(psb_value *truth, uint32_t keep)
{
    truth->known &= keep;
    if (truth->known == 0)
        truth->status = PSB_UNKNOWN;
}

static void express_name(const psb_process *p, psb_arena *room, psb_value *truth)
{
    truth->u.text.len = shorter(truth->u.text.len, PSB_MACOS_COMM - 1);
}

static void express_path(const psb_process *p, psb_arena *room, psb_value *truth)
{
    if (truth->u.text.len >= PSB_MACOS_PATH)
        truth->status = PSB_UNKNOWN;
}

static void express_status(const psb_process *p, psb_arena *room, psb_value *truth)
{
    static const uint8_t STATE[] = {[PSB_MACOS_SIDL] = PSB_STATE_IDLE,
                                    [PSB_MACOS_SRUN] = PSB_STATE_SLEEPING,
                                    [PSB_MACOS_SSTOP] = PSB_STATE_STOPPED,
                                    [PSB_MACOS_SZOMB] = PSB_STATE_ZOMBIE};
    if (p->state != PSB_STATE_RUNNING)
        truth->u.integer = STATE[stat_of(p)];
}

static void express_create_time(const psb_process *p, psb_arena *room, psb_value *truth)
{
    truth->u.integer -= truth->u.integer % 1000;
}

static void express_terminal(const psb_process *p, psb_arena *room, psb_value *truth)
{
    char path[32];
    int len = snprintf(path, sizeof path, "/dev/ttys%03d", p->terminal);
    psb_text_copy(truth, room, path, (size_t)len);
}

static void express_cpu_times(const psb_process *p, psb_arena *room, psb_value *truth)
{
    for (unsigned i = PSB_CPU_TIMES_USER; i <= PSB_CPU_TIMES_SYSTEM; i++)
        truth->u.part[i] = ns_of(ticks_of(truth->u.part[i]));
    forget(truth, 1u << PSB_CPU_TIMES_USER | 1u << PSB_CPU_TIMES_SYSTEM);
}

static void express_memory(const psb_process *p, psb_arena *room, psb_value *truth)
{
    forget(truth, 1u << PSB_MEMORY_INFO_RSS | 1u << PSB_MEMORY_INFO_VMS);
}

static void express_full(const psb_process *p, psb_arena *room, psb_value *truth)
{
    forget(truth, 1u << PSB_MEMORY_FULL_INFO_USS);
}

static void express_io(const psb_process *p, psb_arena *room, psb_value *truth)
{
    forget(truth, 1u << PSB_IO_COUNTERS_READ_BYTES | 1u << PSB_IO_COUNTERS_WRITE_BYTES);
}

static void express_switches(const psb_process *p, psb_arena *room, psb_value *truth)
{
    bool fits = p->switches[PSB_NUM_CTX_SWITCHES_TOTAL] < INT32_MAX;
    forget(truth, fits ? 1u << PSB_NUM_CTX_SWITCHES_TOTAL : 0);
}

static void express_page_faults(const psb_process *p, psb_arena *room, psb_value *truth)
{
    uint64_t major = p->faults[PSB_PAGE_FAULTS_MAJOR], minor = p->faults[PSB_PAGE_FAULTS_MINOR];
    uint32_t keep = major < INT32_MAX ? 1u << PSB_PAGE_FAULTS_MAJOR : 0;
    if (major + minor < INT32_MAX)
        keep |= 1u << PSB_PAGE_FAULTS_MINOR;
    forget(truth, keep);
}

static void express_threads(const psb_process *p, psb_arena *room, psb_value *truth)
{
    psb_thread *thread = psb_arena_alloc(room, truth->count * sizeof *thread);
    for (uint32_t i = 0; thread && i < truth->count; i++)
        thread[i] = (psb_thread){(int64_t)i + 1, truth->u.thread[i].user_ns / 1000 * 1000,
                                 truth->u.thread[i].system_ns / 1000 * 1000};
    truth->u.thread = thread;
    if (!thread)
        truth->status = PSB_NOMEM;
}

/* of_task: a zombie has none, and nothing of it. */
static const struct {
    void (*express)(const psb_process *, psb_arena *, psb_value *);
    bool of_task;
} EXPRESS[PSB_FIELDS] = {
    [PSB_NAME] = {express_name, false},
    [PSB_EXE] = {express_path, true},
    [PSB_CWD] = {express_path, true},
    [PSB_STATUS] = {express_status, false},
    [PSB_CREATE_TIME] = {express_create_time, false},
    [PSB_TERMINAL] = {express_terminal, false},
    [PSB_CPU_TIMES] = {express_cpu_times, true},
    [PSB_CPU_PERCENT] = {NULL, true},
    [PSB_MEMORY_INFO] = {express_memory, true},
    [PSB_MEMORY_PERCENT] = {NULL, true},
    [PSB_MEMORY_FULL_INFO] = {express_full, true},
    [PSB_NUM_THREADS] = {NULL, true},
    [PSB_THREADS] = {express_threads, true},
    [PSB_NUM_CTX_SWITCHES] = {express_switches, true},
    [PSB_NUM_FDS] = {NULL, true},
    [PSB_IO_COUNTERS] = {express_io, false},
    [PSB_PAGE_FAULTS] = {express_page_faults, true},
};

void psb_macos_express(const psb_world *world, const psb_process *process, psb_field field, psb_arena *room,
                       psb_value *truth)
{
    if (EXPRESS[field].of_task && is_zombie(process))
        *truth = psb_value_of_status(PSB_ABSENT, 0);
    if (truth->status == PSB_OK && EXPRESS[field].express)
        EXPRESS[field].express(process, room, truth);
}

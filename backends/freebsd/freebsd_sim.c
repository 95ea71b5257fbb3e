/*
 * freebsd_sim.c: FreeBSD's kernel, simulated: a world as the structs that its sysctls would answer, and what
 * of a world those structs have room for. Who may ask what: security.bsd as it comes (README.md).
 */
#include "freebsd_abi.h"

#include <stdio.h>
#include <string.h>

/* sys/errno.h. */
enum { FREEBSD_EPERM = 1, FREEBSD_ESRCH = 3, FREEBSD_ENOMEM = 12, FREEBSD_ENOSYS = 78 };

enum {
    TERMINALS = 1024,   /* pseudo terminals that were there at boot */
    FIRST_TTY = 0x6a,   /* devfs numbers devices as they come: a few consoles first */
    FIRST_TID = 100001, /* sys/proc.h: threads are numbered above every process */
    STACK_PAGES = 33
};

static psb_status put(psb_reply *reply, const void *bytes, size_t len)
{
    if (len > reply->cap - reply->len) {
        reply->os_error = FREEBSD_ENOMEM;
        return PSB_TOOSMALL;
    }
    if (len > 0)
        memcpy((char *)reply->buf + reply->len, bytes, len);
    reply->len += len;
    return PSB_OK;
}

/* What ki_stat says of a state, and what one can know from it. */
static const struct {
    uint8_t stat, told;
} STATE[PSB_STATES] = {
    [PSB_STATE_RUNNING] = {PSB_FREEBSD_SRUN, PSB_STATE_RUNNING},
    [PSB_STATE_SLEEPING] = {PSB_FREEBSD_SSLEEP, PSB_STATE_SLEEPING},
    [PSB_STATE_DISK_SLEEP] = {PSB_FREEBSD_SSLEEP, PSB_STATE_SLEEPING},
    [PSB_STATE_STOPPED] = {PSB_FREEBSD_SSTOP, PSB_STATE_STOPPED},
    [PSB_STATE_TRACING_STOP] = {PSB_FREEBSD_SSTOP, PSB_STATE_STOPPED},
    [PSB_STATE_ZOMBIE] = {PSB_FREEBSD_SZOMB, PSB_STATE_ZOMBIE},
    [PSB_STATE_DEAD] = {PSB_FREEBSD_SZOMB, PSB_STATE_ZOMBIE},
    [PSB_STATE_WAKE_KILL] = {PSB_FREEBSD_SSLEEP, PSB_STATE_SLEEPING},
    [PSB_STATE_WAKING] = {PSB_FREEBSD_SRUN, PSB_STATE_RUNNING},
    [PSB_STATE_PARKED] = {PSB_FREEBSD_SSLEEP, PSB_STATE_SLEEPING},
    [PSB_STATE_IDLE] = {PSB_FREEBSD_SIDL, PSB_STATE_IDLE},
    [PSB_STATE_LOCKED] = {PSB_FREEBSD_SLOCK, PSB_STATE_LOCKED},
    [PSB_STATE_WAITING] = {PSB_FREEBSD_SWAIT, PSB_STATE_WAITING},
    [PSB_STATE_SUSPENDED] = {PSB_FREEBSD_SSTOP, PSB_STATE_STOPPED},
};

static struct psb_freebsd_timeval time_of(uint64_t ns)
{
    return (struct psb_freebsd_timeval){(int64_t)(ns / 1000000000), (int64_t)(ns % 1000000000 / 1000)};
}

static void fill_credentials(const psb_process *p, struct psb_freebsd_proc *out)
{
    out->ruid = p->uid[PSB_UIDS_REAL];
    out->uid = p->uid[PSB_UIDS_EFFECTIVE];
    out->svuid = p->uid[PSB_UIDS_SAVED];
    out->rgid = p->gid[PSB_GIDS_REAL];
    out->groups[0] = p->gid[PSB_GIDS_EFFECTIVE];
    out->svgid = p->gid[PSB_GIDS_SAVED];
    out->ngroups = 1;
}

static void fill_memory(const psb_world *world, const psb_process *p, struct psb_freebsd_proc *out)
{
    int64_t data = (int64_t)(p->memory_bytes[PSB_MEMORY_INFO_DATA] / world->page_bytes);
    out->size = p->memory_bytes[PSB_MEMORY_INFO_VMS];
    out->rssize = (int64_t)(p->memory_bytes[PSB_MEMORY_INFO_RSS] / world->page_bytes);
    out->tsize = (int64_t)(p->memory_bytes[PSB_MEMORY_INFO_TEXT] / world->page_bytes);
    out->ssize = data < STACK_PAGES ? data : STACK_PAGES;
    out->dsize = data - out->ssize;
}

static void fill_usage(const psb_process *p, struct psb_freebsd_proc *out)
{
    struct psb_freebsd_rusage *usage = &out->rusage, *children = &out->rusage_ch;
    usage->utime = time_of(p->cpu_ns[PSB_CPU_TIMES_USER]);
    usage->stime = time_of(p->cpu_ns[PSB_CPU_TIMES_SYSTEM]);
    usage->minflt = (int64_t)p->faults[PSB_PAGE_FAULTS_MINOR];
    usage->majflt = (int64_t)p->faults[PSB_PAGE_FAULTS_MAJOR];
    usage->inblock = (int64_t)p->io[PSB_IO_COUNTERS_READ_COUNT];
    usage->oublock = (int64_t)p->io[PSB_IO_COUNTERS_WRITE_COUNT];
    usage->nvcsw = (int64_t)p->switches[PSB_NUM_CTX_SWITCHES_VOLUNTARY];
    usage->nivcsw = (int64_t)p->switches[PSB_NUM_CTX_SWITCHES_INVOLUNTARY];
    children->utime = time_of(p->cpu_ns[PSB_CPU_TIMES_CHILDREN_USER]);
    children->stime = time_of(p->cpu_ns[PSB_CPU_TIMES_CHILDREN_SYSTEM]);
}

/* On a CPU, ki_lastcpu is that of the run before; off it, ki_oncpu is none. */
static void fill_cpu(const psb_world *world, const psb_process *p, struct psb_freebsd_proc *out)
{
    bool runs = out->stat == PSB_FREEBSD_SRUN;
    out->oncpu = runs ? p->cpu : PSB_FREEBSD_NOCPU;
    out->lastcpu = runs ? (p->cpu + 1) % (int32_t)world->cpus : p->cpu;
}

static struct psb_freebsd_proc proc_of(const psb_world *world, const psb_process *p)
{
    struct psb_freebsd_proc out = {.structsize = sizeof out,
                                   .pid = (int32_t)p->pid,
                                   .ppid = (int32_t)p->ppid,
                                   .start = time_of((uint64_t)p->created_ns),
                                   .stat = STATE[p->state].stat,
                                   .nice = (uint8_t)p->nice,
                                   .numthreads = (int32_t)p->threads,
                                   .tid = FIRST_TID + (int32_t)p->pid};
    size_t name = p->name.len < sizeof out.comm ? p->name.len : sizeof out.comm - 1;
    if (name > 0)
        memcpy(out.comm, p->name.bytes, name);
    out.tdev = p->terminal < 0 ? PSB_FREEBSD_NODEV : (uint64_t)p->terminal + FIRST_TTY;
    fill_credentials(p, &out);
    fill_memory(world, p, &out);
    fill_usage(p, &out);
    fill_cpu(world, p, &out);
    return out;
}

static psb_status sim_proc(const psb_world *world, const psb_process *p, psb_reply *reply)
{
    struct psb_freebsd_proc proc = proc_of(world, p);
    return put(reply, &proc, sizeof proc);
}

static psb_status sim_threads(const psb_world *world, const psb_process *p, psb_reply *reply)
{
    struct psb_freebsd_proc row = proc_of(world, p);
    psb_status status = PSB_OK;
    for (uint32_t i = 0; i < p->threads && status == PSB_OK; i++) {
        psb_thread thread = psb_world_thread(p, i);
        row.tid = FIRST_TID + (int32_t)thread.id;
        row.rusage.utime = time_of(thread.user_ns);
        row.rusage.stime = time_of(thread.system_ns);
        status = put(reply, &row, sizeof row);
    }
    return status;
}

static psb_status sim_args(const psb_world *world, const psb_process *p, psb_reply *reply)
{
    return put(reply, p->cmdline.bytes, p->cmdline.len);
}

static psb_status sim_pathname(const psb_world *world, const psb_process *p, psb_reply *reply)
{
    psb_status status = put(reply, p->exe.bytes, p->exe.bytes ? p->exe.len : 0);
    return status == PSB_OK && p->exe.bytes ? put(reply, "", 1) : status;
}

static psb_status put_file(psb_reply *reply, int32_t fd, psb_world_text path)
{
    static const char FILL[8];
    struct psb_freebsd_file file = {.type = PSB_FREEBSD_FILE_VNODE, .fd = fd};
    size_t len = path.len < sizeof file.path ? path.len : 0; /* a longer one is not told */
    size_t size = PSB_FREEBSD_FILE_HEAD + len + 1, whole = (size + 7) / 8 * 8;
    file.structsize = (int32_t)whole;
    if (len > 0)
        memcpy(file.path, path.bytes, len);
    psb_status status = put(reply, &file, size);
    return status == PSB_OK ? put(reply, FILL, whole - size) : status;
}

/* What a process holds without a descriptor comes first. Of one that exits nothing is told. */
static psb_status sim_files(const psb_world *world, const psb_process *p, psb_reply *reply)
{
    psb_status status = PSB_OK;
    if (p->state == PSB_STATE_ZOMBIE) {
        reply->entries++; /* the leaf looks whether it lives */
        return psb_refuse(reply, PSB_ABSENT, FREEBSD_ESRCH);
    }
    if (p->exe.bytes)
        status = put_file(reply, -5, p->exe); /* KF_FD_TYPE_TEXT */
    if (status == PSB_OK && p->cwd.bytes)
        status = put_file(reply, PSB_FREEBSD_FD_CWD, p->cwd);
    if (status == PSB_OK && p->cwd.bytes)
        status = put_file(reply, -2, (psb_world_text){"/", 1, 0}); /* KF_FD_TYPE_ROOT */
    for (uint32_t fd = 0; fd < p->fds && status == PSB_OK; fd++)
        status = put_file(reply, (int32_t)fd, (psb_world_text){"", 0, 0});
    return status;
}

/* ---- calls about no process ---- */

/* In no order that means anything: the kernel walks a hash table. */
static psb_status sim_procs(const psb_world *world, psb_reply *reply)
{
    psb_status status = PSB_OK;
    for (size_t i = world->count; i > 0 && status == PSB_OK; i--)
        status = sim_proc(world, &world->process[i - 1], reply);
    return status;
}

static psb_status put_tty(psb_reply *reply, uint64_t device, const char *prefix, int number)
{
    struct psb_freebsd_tty tty = {.device = device};
    snprintf(tty.name, sizeof tty.name, "%s%d", prefix, number);
    return put(reply, &tty, sizeof tty);
}

static psb_status sim_ttys(psb_reply *reply)
{
    psb_status status = put_tty(reply, FIRST_TTY - 1, "ttyv", 0);
    for (int i = 0; i < TERMINALS && status == PSB_OK; i++)
        status = put_tty(reply, FIRST_TTY + (uint64_t)i, "pts/", i);
    return status;
}

static psb_status of_system(const psb_world *world, const psb_call *call, psb_reply *reply)
{
    int32_t page = (int32_t)world->page_bytes;
    switch (call->op) {
    case PSB_OP_NOTHING:
        return PSB_OK;
    case PSB_OP_CLOCK:
        return put(reply, &world->now_ns, sizeof world->now_ns);
    case PSB_OP_USER_NAME:
        return psb_sim_user(world, call, reply);
    case PSB_OP_FREEBSD_PAGESIZE:
        return put(reply, &page, sizeof page);
    case PSB_OP_FREEBSD_PHYSMEM:
        return put(reply, &world->memory_bytes, sizeof world->memory_bytes);
    case PSB_OP_FREEBSD_TTYS:
        return sim_ttys(reply);
    case PSB_OP_FREEBSD_PROCS:
        reply->entries = 1;
        return sim_procs(world, reply);
    default:
        return psb_refuse(reply, PSB_OSERROR, FREEBSD_ENOSYS);
    }
}

/* Calls about a process; a private one is for root and for whose ids are all the caller's (p_candebug). */
static const struct {
    psb_status (*simulate)(const psb_world *, const psb_process *, psb_reply *);
    bool is_private;
} OF_PROCESS[PSB_OPS] = {
    [PSB_OP_FREEBSD_PROC] = {sim_proc, false},  [PSB_OP_FREEBSD_THREADS] = {sim_threads, false},
    [PSB_OP_FREEBSD_ARGS] = {sim_args, false},  [PSB_OP_FREEBSD_PATHNAME] = {sim_pathname, false},
    [PSB_OP_FREEBSD_FILES] = {sim_files, true},
};

static bool may_debug(const psb_world *world, const psb_process *p)
{
    uint32_t caller = world->caller_uid;
    return caller == 0 || (p->uid[0] == caller && p->uid[1] == caller && p->uid[2] == caller);
}

psb_status psb_freebsd_simulate(const psb_world *world, const psb_call *call, psb_reply *reply)
{
    if (call->op >= PSB_OPS || !OF_PROCESS[call->op].simulate)
        return of_system(world, call, reply);
    reply->entries = 1;
    const psb_process *process = psb_world_find(world, call->pid);
    if (!process)
        return psb_refuse(reply, PSB_GONE, FREEBSD_ESRCH);
    if (OF_PROCESS[call->op].is_private && !may_debug(world, process))
        return psb_refuse(reply, PSB_DENIED, FREEBSD_EPERM);
    return OF_PROCESS[call->op].simulate(world, process, reply);
}

/* ---- what FreeBSD can express ---- */

static uint64_t microseconds(uint64_t ns)
{
    return ns - ns % 1000;
}

static void express_threads(psb_arena *room, psb_value *truth)
{
    psb_thread *thread = psb_arena_alloc(room, truth->count * sizeof *thread);
    if (!thread) {
        *truth = psb_value_of_status(PSB_NOMEM, 0);
        return;
    }
    for (uint32_t i = 0; i < truth->count; i++) {
        const psb_thread *told = &truth->u.thread[i];
        thread[i] =
            (psb_thread){told->id + FIRST_TID, microseconds(told->user_ns), microseconds(told->system_ns)};
    }
    truth->u.thread = thread;
}

/* The parts of a record that the kernel's structs have room for. */
static uint32_t parts_of(psb_field field)
{
    switch (field) {
    case PSB_CPU_TIMES:
        return ~(1u << PSB_CPU_TIMES_IOWAIT);
    case PSB_MEMORY_INFO:
        return ~(1u << PSB_MEMORY_INFO_SHARED);
    case PSB_IO_COUNTERS:
        return 1u << PSB_IO_COUNTERS_READ_COUNT | 1u << PSB_IO_COUNTERS_WRITE_COUNT;
    default:
        return UINT32_MAX;
    }
}

void psb_freebsd_express(const psb_world *world, const psb_process *process, psb_field field, psb_arena *room,
                         psb_value *truth)
{
    if (truth->status != PSB_OK)
        return;
    truth->known &= parts_of(field);
    if (field == PSB_NAME && truth->u.text.len >= PSB_FREEBSD_COMM)
        truth->u.text.len = PSB_FREEBSD_COMM - 1;
    if (field == PSB_STATUS)
        truth->u.integer = STATE[truth->u.integer].told;
    if (field == PSB_CREATE_TIME)
        truth->u.integer = (int64_t)microseconds((uint64_t)truth->u.integer);
    for (unsigned i = 0; field == PSB_CPU_TIMES && i < PSB_CPU_TIMES_PARTS; i++)
        truth->u.part[i] = microseconds(truth->u.part[i]);
    if (field == PSB_THREADS)
        express_threads(room, truth);
    if (field == PSB_NUM_FDS && process->state == PSB_STATE_ZOMBIE)
        *truth = psb_value_of_status(PSB_ABSENT, 0);
    if ((field == PSB_TERMINAL && process->terminal >= TERMINALS) ||
        (field == PSB_CWD && truth->u.text.len >= PSB_FREEBSD_PATH_MAX))
        *truth = psb_value_of_status(PSB_UNKNOWN, 0);
}

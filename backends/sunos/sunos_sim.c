/*
 * sunos_sim.c: the kernel of illumos, simulated: a world as the bytes of /proc's files. Who may read what,
 * and what a zombie and a system process do not have: proc(5), uts/common/fs/proc/prvnops.c and prsubr.c.
 */
#include "sunos_abi.h"

#include "world.h"

#include <stdio.h>
#include <string.h>

/* SunOS's numbers: sys/errno.h. */
enum { SUNOS_ENOENT = 2, SUNOS_EACCES = 13, SUNOS_ENOSYS = 89 };

enum { PTS_MAJOR = 24, MAX_SYSTEM_PRIORITY = 99, TS_PRIORITY = 59, LP64 = 2 };

#define SECOND_NS UINT64_C(1000000000)

static psb_status put_bytes(psb_reply *reply, const void *bytes, size_t len)
{
    if (len >= reply->cap - reply->len)
        return PSB_TOOSMALL;
    if (len > 0)
        memcpy((char *)reply->buf + reply->len, bytes, len);
    reply->len += len;
    return PSB_OK;
}

static struct psb_sunos_time time_of(uint64_t ns)
{
    return (struct psb_sunos_time){(int64_t)(ns / SECOND_NS), (int64_t)(ns % SECOND_NS)};
}

static bool is_zombie(const psb_process *p)
{
    return p->state == PSB_STATE_ZOMBIE || p->state == PSB_STATE_DEAD;
}

/* What this kernel calls a state; others are a sleep to it. */
static uint8_t state_of(psb_state state)
{
    static const uint8_t STATE[PSB_STATES] = {
        [PSB_STATE_RUNNING] = PSB_SUNOS_SONPROC,    [PSB_STATE_STOPPED] = PSB_SUNOS_SSTOP,
        [PSB_STATE_TRACING_STOP] = PSB_SUNOS_SSTOP, [PSB_STATE_ZOMBIE] = PSB_SUNOS_SZOMB,
        [PSB_STATE_DEAD] = PSB_SUNOS_SZOMB,         [PSB_STATE_IDLE] = PSB_SUNOS_SIDL,
        [PSB_STATE_WAITING] = PSB_SUNOS_SWAIT,
    };
    return STATE[state] ? STATE[state] : PSB_SUNOS_SSLEEP;
}

/* ---- the files of a process ---- */

static size_t cut(char *out, size_t room, const char *bytes, size_t len)
{
    size_t most = len < room - 1 ? len : room - 1;
    if (most > 0)
        memcpy(out, bytes, most);
    return most;
}

static void fill_psargs(struct psb_sunos_psinfo *psinfo, const psb_process *p)
{
    size_t len = p->cmdline.len ? p->cmdline.len - 1 : 0;
    len = cut(psinfo->pr_psargs, sizeof psinfo->pr_psargs, p->cmdline.bytes, len);
    for (size_t i = 0; i < len; i++)
        if (psinfo->pr_psargs[i] == '\0')
            psinfo->pr_psargs[i] = ' ';
    psinfo->pr_argc = (int32_t)p->cmdline.count;
    psinfo->pr_argv = UINT64_C(0xfffffc7fffdff8d8);
    if (p->is_kernel) /* it has no vector, and its name for arguments */
        cut(psinfo->pr_psargs, sizeof psinfo->pr_psargs, p->name.bytes, p->name.len);
}

static void fill_lwp(struct psb_sunos_lwpsinfo *lwp, const psb_process *p, uint32_t n)
{
    *lwp = (struct psb_sunos_lwpsinfo){.pr_lwpid = (int32_t)n + 1, .pr_state = state_of(p->state)};
    lwp->pr_onpro = p->cpu;
    if (!p->is_kernel) {
        lwp->pr_nice = (int8_t)(p->nice + PSB_SUNOS_NZERO);
        lwp->pr_oldpri = MAX_SYSTEM_PRIORITY - TS_PRIORITY;
    }
    lwp->pr_pri = TS_PRIORITY;
    lwp->pr_start = time_of((uint64_t)p->created_ns);
    memcpy(lwp->pr_clname, p->is_kernel ? "SYS" : "TS", p->is_kernel ? 3 : 2);
}

static psb_status sim_psinfo(const psb_world *world, const psb_process *p, psb_reply *reply)
{
    struct psb_sunos_psinfo psinfo = {.pr_pid = (int32_t)p->pid,
                                      .pr_ppid = (int32_t)p->ppid,
                                      .pr_uid = p->uid[0],
                                      .pr_euid = p->uid[1],
                                      .pr_gid = p->gid[0],
                                      .pr_egid = p->gid[1],
                                      .pr_dmodel = LP64,
                                      .pr_ttydev = PSB_SUNOS_NODEV};
    psinfo.pr_time = time_of(p->cpu_ns[PSB_CPU_TIMES_USER] + p->cpu_ns[PSB_CPU_TIMES_SYSTEM]);
    psinfo.pr_ctime =
        time_of(p->cpu_ns[PSB_CPU_TIMES_CHILDREN_USER] + p->cpu_ns[PSB_CPU_TIMES_CHILDREN_SYSTEM]);
    psinfo.pr_lwp.pr_state = PSB_SUNOS_SZOMB;
    if (!is_zombie(p)) {
        psinfo.pr_nlwp = (int32_t)p->threads;
        psinfo.pr_start = time_of((uint64_t)p->created_ns);
        psinfo.pr_size = p->memory_bytes[PSB_MEMORY_INFO_VMS] / PSB_SUNOS_KILOBYTE;
        psinfo.pr_rssize = p->memory_bytes[PSB_MEMORY_INFO_RSS] / PSB_SUNOS_KILOBYTE;
        if (p->terminal >= 0)
            psinfo.pr_ttydev = (uint64_t)PTS_MAJOR << 32 | (uint64_t)p->terminal;
        cut(psinfo.pr_fname, sizeof psinfo.pr_fname, p->name.bytes, p->name.len);
        fill_psargs(&psinfo, p);
        fill_lwp(&psinfo.pr_lwp, p, 0);
    }
    return put_bytes(reply, &psinfo, sizeof psinfo);
}

static psb_status sim_cred(const psb_world *world, const psb_process *p, psb_reply *reply)
{
    struct psb_sunos_cred cred = {p->uid[1], p->uid[0], p->uid[2], p->gid[1],
                                  p->gid[0], p->gid[2], 2,         {p->gid[0]}};
    psb_status status = put_bytes(reply, &cred, sizeof cred);
    return status == PSB_OK ? put_bytes(reply, &p->gid[1], sizeof p->gid[1]) : status;
}

static psb_status sim_status(const psb_world *world, const psb_process *p, psb_reply *reply)
{
    struct psb_sunos_status status = {
        .pr_nlwp = (int32_t)p->threads, .pr_pid = (int32_t)p->pid, .pr_ppid = (int32_t)p->ppid};
    status.pr_utime = time_of(p->cpu_ns[PSB_CPU_TIMES_USER]);
    status.pr_stime = time_of(p->cpu_ns[PSB_CPU_TIMES_SYSTEM]);
    status.pr_cutime = time_of(p->cpu_ns[PSB_CPU_TIMES_CHILDREN_USER]);
    status.pr_cstime = time_of(p->cpu_ns[PSB_CPU_TIMES_CHILDREN_SYSTEM]);
    return put_bytes(reply, &status, sizeof status);
}

static psb_status sim_usage(const psb_world *world, const psb_process *p, psb_reply *reply)
{
    uint64_t system = p->cpu_ns[PSB_CPU_TIMES_SYSTEM], traps = system / 4;
    uint64_t age = (uint64_t)(world->now_ns - world->boot_ns);
    struct psb_sunos_usage usage = {.pr_count = (int32_t)p->threads, .pr_tstamp = time_of(age)};
    usage.pr_utime = time_of(p->cpu_ns[PSB_CPU_TIMES_USER]);
    usage.pr_stime = time_of(system - traps);
    usage.pr_ttime = time_of(traps);
    usage.pr_minf = p->faults[PSB_PAGE_FAULTS_MINOR];
    usage.pr_majf = p->faults[PSB_PAGE_FAULTS_MAJOR];
    usage.pr_vctx = p->switches[PSB_NUM_CTX_SWITCHES_VOLUNTARY];
    usage.pr_ictx = p->switches[PSB_NUM_CTX_SWITCHES_INVOLUNTARY];
    return put_bytes(reply, &usage, sizeof usage);
}

static psb_status sim_lstatus(const psb_world *world, const psb_process *p, psb_reply *reply)
{
    /* An entry is as long as lwpstatus_t: registers stand behind the times. */
    struct {
        struct psb_sunos_lwpstatus lwp;
        uint8_t registers[sizeof((struct psb_sunos_status *)0)->pr_lwp - sizeof(struct psb_sunos_lwpstatus)];
    } entry = {0};
    struct psb_sunos_header header = {p->threads, sizeof entry};
    psb_status status = put_bytes(reply, &header, sizeof header);
    for (uint32_t i = 0; i < p->threads && status == PSB_OK; i++) {
        psb_thread thread = psb_world_thread(p, i);
        entry.lwp.pr_lwpid = (int32_t)i + 1;
        entry.lwp.pr_utime = time_of(thread.user_ns);
        entry.lwp.pr_stime = time_of(thread.system_ns);
        status = put_bytes(reply, &entry, sizeof entry);
    }
    return status;
}

/* A thread that ended and was not joined comes first: it ran on no processor that can be told. */
static psb_status sim_lpsinfo(const psb_world *world, const psb_process *p, psb_reply *reply)
{
    struct psb_sunos_lwpsinfo lwp = {.pr_lwpid = 1, .pr_state = PSB_SUNOS_SZOMB};
    struct psb_sunos_header header = {(int64_t)p->threads + 1, sizeof lwp};
    psb_status status = put_bytes(reply, &header, sizeof header);
    if (status == PSB_OK)
        status = put_bytes(reply, &lwp, sizeof lwp);
    for (uint32_t i = 0; i < p->threads && status == PSB_OK; i++) {
        fill_lwp(&lwp, p, i + 1);
        status = put_bytes(reply, &lwp, sizeof lwp);
    }
    return status;
}

static psb_status sim_argv(const psb_world *world, const psb_process *p, psb_reply *reply)
{
    reply->entries += 2 + 2 * p->cmdline.count; /* as is opened and closed; each pointer, each string */
    return put_bytes(reply, p->cmdline.bytes, p->cmdline.len);
}

static psb_status link_to(psb_world_text path, psb_reply *reply)
{
    return path.bytes ? put_bytes(reply, path.bytes, path.len) : psb_refuse(reply, PSB_ABSENT, SUNOS_ENOENT);
}

static psb_status sim_exe(const psb_world *world, const psb_process *p, psb_reply *reply)
{
    return link_to(p->exe, reply);
}

static psb_status sim_cwd(const psb_world *world, const psb_process *p, psb_reply *reply)
{
    return link_to(p->cwd, reply);
}

/* A process that reads from no terminal reads from nowhere. */
static psb_status sim_fd_path(const psb_world *world, const psb_process *p, psb_reply *reply)
{
    char path[32] = "/dev/null";
    if (p->terminal >= 0)
        snprintf(path, sizeof path, "/dev/pts/%d", p->terminal);
    return p->fds > 0 ? put_bytes(reply, path, strlen(path)) : psb_refuse(reply, PSB_ABSENT, SUNOS_ENOENT);
}

static psb_status sim_fd(const psb_world *world, const psb_process *p, psb_reply *reply)
{
    uint64_t count = p->fds;
    return put_bytes(reply, &count, sizeof count);
}

/* ---- calls about no process ---- */

static psb_status sim_pids(const psb_world *world, psb_reply *reply)
{
    psb_status status = PSB_OK;
    for (size_t i = 0; i < world->count && status == PSB_OK; i++)
        status = put_bytes(reply, &world->process[i].pid, sizeof(int64_t));
    return status;
}

static psb_status of_system(const psb_world *world, const psb_call *call, psb_reply *reply)
{
    static const char MAJORS[] = "cn 0\nrootnex 1\nptm 23\npts 24\nptsl 26\nasy 106\n";
    struct psb_sunos_sysconf configuration = {world->page_bytes, world->memory_bytes / world->page_bytes};
    switch (call->op) {
    case PSB_OP_NOTHING:
        return PSB_OK;
    case PSB_OP_CLOCK:
        return put_bytes(reply, &world->now_ns, sizeof world->now_ns);
    case PSB_OP_USER_NAME:
        return psb_sim_user(world, call, reply);
    case PSB_OP_SUNOS_SYSCONF:
        return put_bytes(reply, &configuration, sizeof configuration);
    case PSB_OP_SUNOS_MAJORS:
        return put_bytes(reply, MAJORS, sizeof MAJORS - 1);
    case PSB_OP_SUNOS_PIDS:
        return sim_pids(world, reply);
    default:
        return psb_refuse(reply, PSB_OSERROR, SUNOS_ENOSYS);
    }
}

/* Calls about a process: psinfo and usage are everybody's and outlive it, lpsinfo is everybody's. */
static const struct {
    psb_status (*simulate)(const psb_world *, const psb_process *, psb_reply *);
    bool is_private, outlives;
    uint32_t entries;
} OF_PROCESS[PSB_OPS] = {
    [PSB_OP_SUNOS_PSINFO] = {sim_psinfo, false, true, 3},
    [PSB_OP_SUNOS_USAGE] = {sim_usage, false, true, 3},
    [PSB_OP_SUNOS_LPSINFO] = {sim_lpsinfo, false, false, 3},
    [PSB_OP_SUNOS_CRED] = {sim_cred, true, false, 3},
    [PSB_OP_SUNOS_STATUS] = {sim_status, true, false, 3},
    [PSB_OP_SUNOS_LSTATUS] = {sim_lstatus, true, false, 3},
    [PSB_OP_SUNOS_ARGV] = {sim_argv, true, false, 3},
    [PSB_OP_SUNOS_EXE] = {sim_exe, true, false, 1},
    [PSB_OP_SUNOS_CWD] = {sim_cwd, true, false, 1},
    [PSB_OP_SUNOS_FD_PATH] = {sim_fd_path, true, false, 1},
    [PSB_OP_SUNOS_FD] = {sim_fd, true, false, 3},
};

/* All ids must be the caller's: a set-uid program is not its starter's (proc(5); priv.c:
 * priv_proc_cred_perm). */
static bool may_read(const psb_world *world, const psb_process *p)
{
    uint32_t caller = world->caller_uid;
    return caller == 0 || (caller == p->uid[0] && caller == p->uid[1] && caller == p->uid[2]);
}

psb_status psb_sunos_simulate(const psb_world *world, const psb_call *call, psb_reply *reply)
{
    if (call->op >= PSB_OPS || !OF_PROCESS[call->op].simulate)
        return of_system(world, call, reply);
    reply->entries = OF_PROCESS[call->op].entries;
    const psb_process *process = psb_world_find(world, call->pid);
    if (!process)
        return psb_refuse(reply, PSB_GONE, SUNOS_ENOENT);
    if (is_zombie(process) && !OF_PROCESS[call->op].outlives)
        return psb_refuse(reply, PSB_ABSENT, SUNOS_ENOENT);
    if (OF_PROCESS[call->op].is_private && !may_read(world, process))
        return psb_refuse(reply, PSB_DENIED, SUNOS_EACCES);
    return OF_PROCESS[call->op].simulate(world, process, reply);
}

/* ---- what of a truth it can express ---- */

#define PART(n) (1u << (n))

/* The parts that are told at all, and of a zombie. */
static const struct {
    uint32_t all, zombie;
} PARTS[PSB_FIELDS] = {
    [PSB_UIDS] = {7, PART(PSB_UIDS_REAL) | PART(PSB_UIDS_EFFECTIVE)},
    [PSB_GIDS] = {7, PART(PSB_GIDS_REAL) | PART(PSB_GIDS_EFFECTIVE)},
    [PSB_CPU_TIMES] = {15, PART(PSB_CPU_TIMES_USER) | PART(PSB_CPU_TIMES_SYSTEM)},
    [PSB_MEMORY_INFO] = {PART(PSB_MEMORY_INFO_RSS) | PART(PSB_MEMORY_INFO_VMS),
                         PART(PSB_MEMORY_INFO_RSS) | PART(PSB_MEMORY_INFO_VMS)},
};

/* What becomes of a whole field of a zombie. PSB_OK: it stays. */
static const psb_status OF_ZOMBIE[PSB_FIELDS] = {
    [PSB_NAME] = PSB_UNKNOWN,   [PSB_CREATE_TIME] = PSB_UNKNOWN, [PSB_CPU_PERCENT] = PSB_UNKNOWN,
    [PSB_NICE] = PSB_UNKNOWN,   [PSB_TERMINAL] = PSB_ABSENT,     [PSB_CPU_NUM] = PSB_ABSENT,
    [PSB_THREADS] = PSB_ABSENT, [PSB_NUM_FDS] = PSB_ABSENT,      [PSB_EXE] = PSB_ABSENT,
    [PSB_CWD] = PSB_ABSENT,
};

static void express_state(const psb_process *p, psb_value *truth)
{
    if (is_zombie(p))
        truth->u.integer = PSB_STATE_ZOMBIE;
    else if (p->state == PSB_STATE_TRACING_STOP)
        truth->u.integer = PSB_STATE_STOPPED;
    else if (state_of(p->state) == PSB_SUNOS_SSLEEP)
        truth->u.integer = PSB_STATE_SLEEPING;
}

static void express_threads(psb_arena *room, psb_value *truth)
{
    psb_thread *thread = psb_arena_alloc(room, truth->count * sizeof *thread);
    if (!thread) {
        *truth = psb_value_of_status(PSB_NOMEM, 0);
        return;
    }
    for (uint32_t i = 0; i < truth->count; i++) {
        thread[i] = truth->u.thread[i];
        thread[i].id = i + 1;
    }
    truth->u.thread = thread;
}

/* The start of a process that has ended is not told, so nothing speaks against a parent that lives. */
static void express_parent(const psb_world *world, const psb_process *p, psb_value *truth)
{
    const psb_process *parent = psb_world_find(world, p->ppid);
    if (p->ppid == 0 || !parent || (!is_zombie(p) && !is_zombie(parent)))
        return;
    *truth = (psb_value){.u.integer = p->ppid};
}

static void express_live(const psb_process *p, psb_field field, psb_arena *room, psb_value *truth)
{
    if (field == PSB_NAME && truth->u.text.len >= PSB_SUNOS_FNAME)
        truth->u.text.len = PSB_SUNOS_FNAME - 1;
    if (field == PSB_NICE && p->is_kernel)
        *truth = psb_value_of_status(PSB_UNKNOWN, 0);
    if (field == PSB_THREADS)
        express_threads(room, truth);
}

void psb_sunos_express(const psb_world *world, const psb_process *process, psb_field field, psb_arena *room,
                       psb_value *truth)
{
    bool zombie = is_zombie(process);
    if (field == PSB_PARENT)
        express_parent(world, process, truth);
    if (zombie && OF_ZOMBIE[field] != PSB_OK)
        *truth = psb_value_of_status(OF_ZOMBIE[field], 0);
    if (truth->status != PSB_OK)
        return;
    if (PARTS[field].all != 0)
        truth->known &= zombie ? PARTS[field].zombie : PARTS[field].all;
    if (field == PSB_STATUS)
        express_state(process, truth);
    if (field == PSB_NUM_THREADS && zombie)
        truth->u.integer = 0;
    if (field == PSB_CMDLINE && zombie) {
        truth->count = 0;
        truth->u.text.len = 0;
    }
    if (!zombie)
        express_live(process, field, room, truth);
}

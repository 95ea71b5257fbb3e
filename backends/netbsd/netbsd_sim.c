/*
 * netbsd_sim.c: NetBSD's kernel, simulated: a world as its sysctls would tell it; and what of a world they
 * can express. What zombies and the kernel's own processes do not have: sys/kern/kern_proc.c. A stranger is
 * refused nothing: security.curtain is 0 as it comes.
 */
#include "netbsd_abi.h"

#include "world.h"

#include <string.h>

#define US_NS  UINT64_C(1000)
#define SEC_NS UINT64_C(1000000000)

enum { PTS_MAJOR = 5, STACK_PAGES = 7, UNUSED_STACK_PAGES = 500, DEAD_LWPS = 2 };

static psb_status put(psb_reply *reply, const void *bytes, size_t len)
{
    if (len > reply->cap - reply->len)
        return psb_refuse(reply, PSB_TOOSMALL, PSB_NETBSD_ENOMEM);
    if (len > 0)
        memcpy((char *)reply->buf + reply->len, bytes, len);
    reply->len += len;
    return PSB_OK;
}

static bool is_zombie(const psb_process *p)
{
    return p->state == PSB_STATE_ZOMBIE || p->state == PSB_STATE_DEAD;
}

static size_t name_len(const psb_process *p)
{
    return p->name.len < PSB_NETBSD_COMM_MAX ? p->name.len : PSB_NETBSD_COMM_MAX;
}

/* What this OS calls the states of others. */
static psb_state state_of(psb_state state)
{
    static const uint8_t STATE[PSB_STATES] = {
        [PSB_STATE_RUNNING] = PSB_STATE_RUNNING,
        [PSB_STATE_SLEEPING] = PSB_STATE_SLEEPING,
        [PSB_STATE_DISK_SLEEP] = PSB_STATE_SLEEPING,
        [PSB_STATE_STOPPED] = PSB_STATE_STOPPED,
        [PSB_STATE_TRACING_STOP] = PSB_STATE_STOPPED,
        [PSB_STATE_ZOMBIE] = PSB_STATE_ZOMBIE,
        [PSB_STATE_DEAD] = PSB_STATE_ZOMBIE,
        [PSB_STATE_WAKE_KILL] = PSB_STATE_SLEEPING,
        [PSB_STATE_WAKING] = PSB_STATE_WAKING,
        [PSB_STATE_PARKED] = PSB_STATE_SLEEPING,
        [PSB_STATE_IDLE] = PSB_STATE_IDLE,
        [PSB_STATE_LOCKED] = PSB_STATE_SLEEPING,
        [PSB_STATE_WAITING] = PSB_STATE_SLEEPING,
        [PSB_STATE_SUSPENDED] = PSB_STATE_SUSPENDED,
    };
    return (psb_state)STATE[state];
}

static int8_t stat_of(const psb_process *p)
{
    static const int8_t STAT[PSB_STATES] = {
        [PSB_STATE_RUNNING] = PSB_NETBSD_LSONPROC,      [PSB_STATE_SLEEPING] = PSB_NETBSD_LSSLEEP,
        [PSB_STATE_STOPPED] = PSB_NETBSD_LSSTOP,        [PSB_STATE_ZOMBIE] = PSB_NETBSD_LSZOMB,
        [PSB_STATE_WAKING] = PSB_NETBSD_LSRUN,          [PSB_STATE_IDLE] = PSB_NETBSD_LSIDL,
        [PSB_STATE_SUSPENDED] = PSB_NETBSD_LSSUSPENDED,
    };
    return STAT[state_of(p->state)];
}

/* Sizes are 32-bit pages: what does not fit wraps. */
static int32_t pages_of(const psb_world *world, uint64_t bytes)
{
    return (int32_t)(uint32_t)(bytes / world->page_bytes);
}

struct sizes {
    int32_t rss, text, data, stack;
    int64_t mapped;
};

static struct sizes sizes_of(const psb_world *world, const psb_process *p)
{
    const uint64_t *m = p->memory_bytes;
    uint64_t data = m[PSB_MEMORY_INFO_DATA] / world->page_bytes,
             stack = data < STACK_PAGES ? data : STACK_PAGES;
    if (is_zombie(p))
        return (struct sizes){0};
    return (struct sizes){pages_of(world, m[PSB_MEMORY_INFO_RSS]), pages_of(world, m[PSB_MEMORY_INFO_TEXT]),
                          (int32_t)(uint32_t)(data - stack), (int32_t)stack,
                          (int64_t)(m[PSB_MEMORY_INFO_VMS] / world->page_bytes)};
}

static void fill_memory(const psb_world *world, const psb_process *p, struct psb_netbsd_proc *row)
{
    struct sizes sizes = sizes_of(world, p);
    row->p_vm_rssize = sizes.rss;
    row->p_vm_tsize = sizes.text;
    row->p_vm_dsize = sizes.data;
    row->p_vm_ssize = sizes.stack;
    row->p_vm_msize = sizes.mapped;
    row->p_vm_vsize = sizes.mapped + UNUSED_STACK_PAGES;
}

static void split(uint64_t ns, uint32_t *sec, uint32_t *usec)
{
    *sec = (uint32_t)(ns / SEC_NS);
    *usec = (uint32_t)(ns % SEC_NS / US_NS);
}

/* The part that p_uvalid speaks of. */
static void fill_use(const psb_process *p, struct psb_netbsd_proc *row)
{
    const uint64_t *cpu = p->cpu_ns;
    row->p_uvalid = 1;
    split((uint64_t)p->created_ns, &row->p_ustart_sec, &row->p_ustart_usec);
    split(cpu[PSB_CPU_TIMES_USER], &row->p_uutime_sec, &row->p_uutime_usec);
    split(cpu[PSB_CPU_TIMES_SYSTEM], &row->p_ustime_sec, &row->p_ustime_usec);
    split(cpu[PSB_CPU_TIMES_CHILDREN_USER] + cpu[PSB_CPU_TIMES_CHILDREN_SYSTEM], &row->p_uctime_sec,
          &row->p_uctime_usec);
    row->p_uru_minflt = p->faults[PSB_PAGE_FAULTS_MINOR];
    row->p_uru_majflt = p->faults[PSB_PAGE_FAULTS_MAJOR];
    row->p_uru_inblock = p->io[PSB_IO_COUNTERS_READ_COUNT];
    row->p_uru_oublock = p->io[PSB_IO_COUNTERS_WRITE_COUNT];
    row->p_uru_nvcsw = p->switches[PSB_NUM_CTX_SWITCHES_VOLUNTARY];
    row->p_uru_nivcsw = p->switches[PSB_NUM_CTX_SWITCHES_INVOLUNTARY];
    row->p_cpuid = (uint64_t)p->cpu;
}

static void fill(const psb_world *world, const psb_process *p, struct psb_netbsd_proc *row)
{
    *row = (struct psb_netbsd_proc){.p_pid = (int32_t)p->pid, .p_ppid = (int32_t)p->ppid};
    row->p_ruid = p->uid[0];
    row->p_uid = p->uid[1];
    row->p_svuid = p->uid[2];
    row->p_rgid = p->gid[0];
    row->p_gid = p->gid[1];
    row->p_svgid = p->gid[2];
    row->p_tdev = p->terminal < 0 ? PSB_NETBSD_NODEV : psb_netbsd_device(PTS_MAJOR, (uint32_t)p->terminal);
    row->p_stat = stat_of(p);
    row->p_nice = (uint8_t)(p->nice + PSB_NETBSD_NZERO);
    row->p_flag = p->is_kernel ? (int32_t)PSB_NETBSD_P_SYSTEM : 0;
    row->p_realstat = is_zombie(p) ? PSB_NETBSD_SZOMB : PSB_NETBSD_SACTIVE;
    row->p_nlwps = is_zombie(p) ? 1 : p->threads + (p->threads > 1 ? DEAD_LWPS : 0);
    memcpy(row->p_comm, p->name.bytes, name_len(p));
    fill_memory(world, p, row);
    if (!is_zombie(p))
        fill_use(p, row);
}

/* ---- calls about a process; NULL: there is none ---- */

static psb_status sim_proc(const psb_world *world, const psb_process *p, psb_reply *reply)
{
    struct psb_netbsd_proc row;
    if (!p)
        return PSB_OK;
    fill(world, p, &row);
    return put(reply, &row, sizeof row);
}

/* proc_find: only the living are found by their pid. */
static bool is_found(const psb_process *p)
{
    return p && !is_zombie(p);
}

static psb_status put_lwp(const psb_process *p, int64_t id, int8_t stat, uint64_t ns, psb_reply *reply)
{
    struct psb_netbsd_lwp row = {.l_pid = (uint32_t)p->pid, .l_lid = (int32_t)id, .l_stat = stat};
    split(ns, &row.l_rtime_sec, &row.l_rtime_usec);
    return put(reply, &row, sizeof row);
}

/* Of a process with many LWPs some have ended and are not yet waited for. */
static psb_status sim_lwps(const psb_world *world, const psb_process *p, psb_reply *reply)
{
    psb_status status = PSB_OK;
    if (!is_found(p))
        return psb_refuse(reply, PSB_GONE, PSB_NETBSD_ESRCH);
    for (uint32_t i = 0; i < p->threads && status == PSB_OK; i++) {
        psb_thread thread = psb_world_thread(p, i);
        status = put_lwp(p, thread.id, PSB_NETBSD_LSSLEEP, thread.user_ns + thread.system_ns, reply);
    }
    for (uint32_t i = 0; p->threads > 1 && i < DEAD_LWPS && status == PSB_OK; i++)
        status = put_lwp(p, p->pid + p->threads + i, PSB_NETBSD_LSZOMB, 0, reply);
    return status;
}

static psb_status sim_files(const psb_world *world, const psb_process *p, psb_reply *reply)
{
    psb_status status = PSB_OK;
    for (uint32_t i = 0; is_found(p) && i < p->fds && status == PSB_OK; i++) {
        struct psb_netbsd_file row = {.ki_pid = (uint32_t)p->pid, .ki_fd = (int32_t)i};
        status = put(reply, &row, sizeof row);
    }
    reply->os_error = 0; /* too little room is no error to kern.file2: the leaf sees it by the length */
    return status == PSB_OK && reply->len == 0 ? PSB_ABSENT : status;
}

/* Nor here: arguments that fill the buffer may have been cut. */
static psb_status sim_argv(const psb_world *world, const psb_process *p, psb_reply *reply)
{
    if (!is_found(p) || p->is_kernel)
        return psb_refuse(reply, PSB_ABSENT, PSB_NETBSD_EINVAL);
    if (p->cmdline.len >= reply->cap)
        return PSB_TOOSMALL;
    return put(reply, p->cmdline.bytes, p->cmdline.len);
}

static psb_status put_path(psb_world_text path, psb_reply *reply)
{
    if (!path.bytes)
        return psb_refuse(reply, PSB_ABSENT, PSB_NETBSD_ENOENT);
    if (path.len >= reply->cap)
        return psb_refuse(reply, PSB_TOOSMALL, PSB_NETBSD_ENOSPC);
    psb_status status = put(reply, path.bytes, path.len);
    return status == PSB_OK ? put(reply, "", 1) : status;
}

static psb_status sim_pathname(const psb_world *world, const psb_process *p, psb_reply *reply)
{
    return is_found(p) ? put_path(p->exe, reply) : psb_refuse(reply, PSB_GONE, PSB_NETBSD_ESRCH);
}

/* The kernel's own are in the root directory (sys/kern/init_main.c). */
static psb_status sim_cwd(const psb_world *world, const psb_process *p, psb_reply *reply)
{
    if (!is_found(p))
        return psb_refuse(reply, PSB_GONE, PSB_NETBSD_ESRCH);
    return put_path(p->is_kernel ? (psb_world_text){"/", 1, 0} : p->cwd, reply);
}

/* ---- calls about no process ---- */

static psb_status sim_procs(const psb_world *world, const psb_call *call, psb_reply *reply)
{
    psb_status status = PSB_OK;
    for (size_t i = 0; i < world->count && status == PSB_OK; i++)
        status = sim_proc(world, &world->process[i], reply);
    return status;
}

static psb_status sim_machine(const psb_world *world, const psb_call *call, psb_reply *reply)
{
    struct psb_netbsd_machine machine = {world->page_bytes, world->memory_bytes};
    reply->entries = 2;
    return put(reply, &machine, sizeof machine);
}

static psb_status sim_drivers(const psb_world *world, const psb_call *call, psb_reply *reply)
{
    static const struct psb_netbsd_driver DRIVER[] = {{0, -1, "cons"}, {1, -1, "ctty"},
                                                      {3, 0, "wd"},    {PTS_MAJOR, -1, "pts"},
                                                      {8, -1, "com"},  {47, -1, "wsdisplay"}};
    return put(reply, DRIVER, sizeof DRIVER);
}

static psb_status sim_clock(const psb_world *world, const psb_call *call, psb_reply *reply)
{
    return put(reply, &world->now_ns, sizeof world->now_ns);
}

static psb_status sim_nothing(const psb_world *world, const psb_call *call, psb_reply *reply)
{
    return PSB_OK;
}

static const struct {
    psb_status (*of_process)(const psb_world *, const psb_process *, psb_reply *);
    psb_status (*of_system)(const psb_world *, const psb_call *, psb_reply *);
} SIMULATE[PSB_OPS] = {
    [PSB_OP_NOTHING] = {NULL, sim_nothing},          [PSB_OP_CLOCK] = {NULL, sim_clock},
    [PSB_OP_USER_NAME] = {NULL, psb_sim_user},       [PSB_OP_NETBSD_MACHINE] = {NULL, sim_machine},
    [PSB_OP_NETBSD_DRIVERS] = {NULL, sim_drivers},   [PSB_OP_NETBSD_PROCS] = {NULL, sim_procs},
    [PSB_OP_NETBSD_PROC] = {sim_proc, NULL},         [PSB_OP_NETBSD_LWPS] = {sim_lwps, NULL},
    [PSB_OP_NETBSD_FILES] = {sim_files, NULL},       [PSB_OP_NETBSD_ARGV] = {sim_argv, NULL},
    [PSB_OP_NETBSD_PATHNAME] = {sim_pathname, NULL}, [PSB_OP_NETBSD_CWD] = {sim_cwd, NULL},
};

psb_status psb_netbsd_simulate(const psb_world *world, const psb_call *call, psb_reply *reply)
{
    uint32_t op = call->op < PSB_OPS ? call->op : PSB_OP_NOTHING;
    reply->entries = op != PSB_OP_USER_NAME && op != PSB_OP_CLOCK;
    if (SIMULATE[op].of_process)
        return SIMULATE[op].of_process(world, psb_world_find(world, call->pid), reply);
    if (call->op < PSB_OPS && SIMULATE[op].of_system)
        return SIMULATE[op].of_system(world, call, reply);
    return psb_refuse(reply, PSB_OSERROR, PSB_NETBSD_ENOSYS);
}

/* ---- what this OS can express of a world's truth ---- */

static void untold(psb_value *truth)
{
    *truth = psb_value_of_status(PSB_UNKNOWN, 0);
}

static void only(psb_value *truth, uint32_t parts)
{
    truth->known &= parts;
}

static uint64_t whole_us(uint64_t ns)
{
    return ns / US_NS * US_NS;
}

static void express_name(const psb_world *world, const psb_process *p, psb_arena *room, psb_value *truth)
{
    truth->u.text.len = name_len(p);
}

static void express_state(const psb_world *world, const psb_process *p, psb_arena *room, psb_value *truth)
{
    truth->u.integer = state_of(p->state);
}

static void express_start(const psb_world *world, const psb_process *p, psb_arena *room, psb_value *truth)
{
    truth->u.integer = (int64_t)whole_us((uint64_t)truth->u.integer);
    if (is_zombie(p))
        untold(truth);
}

/* A start time that is not told does not prove that the parent is another. */
static void express_parent(const psb_world *world, const psb_process *p, psb_arena *room, psb_value *truth)
{
    const psb_process *parent = psb_world_find(world, p->ppid);
    if (p->ppid != 0 && parent && (is_zombie(p) || is_zombie(parent)))
        truth->status = PSB_OK;
}

static void express_cpu_times(const psb_world *world, const psb_process *p, psb_arena *room, psb_value *truth)
{
    truth->u.part[PSB_CPU_TIMES_USER] = whole_us(truth->u.part[PSB_CPU_TIMES_USER]);
    truth->u.part[PSB_CPU_TIMES_SYSTEM] = whole_us(truth->u.part[PSB_CPU_TIMES_SYSTEM]);
    only(truth, 1u << PSB_CPU_TIMES_USER | 1u << PSB_CPU_TIMES_SYSTEM);
    if (is_zombie(p))
        untold(truth);
}

/* Not told of a zombie. */
static void express_use(const psb_world *world, const psb_process *p, psb_arena *room, psb_value *truth)
{
    if (is_zombie(p))
        untold(truth);
}

static void express_io(const psb_world *world, const psb_process *p, psb_arena *room, psb_value *truth)
{
    only(truth, 1u << PSB_IO_COUNTERS_READ_COUNT | 1u << PSB_IO_COUNTERS_WRITE_COUNT);
    express_use(world, p, room, truth);
}

static void express_pages(const psb_world *world, int64_t pages, unsigned part, psb_value *truth)
{
    if (pages >= 0)
        psb_part(truth, part, (uint64_t)pages * world->page_bytes);
}

static void express_memory(const psb_world *world, const psb_process *p, psb_arena *room, psb_value *truth)
{
    struct sizes sizes = sizes_of(world, p);
    int64_t data = sizes.data < 0 ? -1 : (int64_t)sizes.data + sizes.stack;
    truth->known = 0;
    express_pages(world, sizes.rss, PSB_MEMORY_INFO_RSS, truth);
    express_pages(world, sizes.mapped, PSB_MEMORY_INFO_VMS, truth);
    express_pages(world, sizes.text, PSB_MEMORY_INFO_TEXT, truth);
    express_pages(world, data, PSB_MEMORY_INFO_DATA, truth);
    if (truth->known == 0)
        untold(truth);
}

static void express_thread_count(const psb_world *world, const psb_process *p, psb_arena *room,
                                 psb_value *truth)
{
    if (is_zombie(p))
        truth->u.integer = 0;
}

static void express_threads(const psb_world *world, const psb_process *p, psb_arena *room, psb_value *truth)
{
    psb_thread *thread = psb_arena_alloc(room, truth->count * sizeof *thread);
    if (is_zombie(p))
        truth->count = 0;
    for (uint32_t i = 0; thread && i < truth->count; i++)
        thread[i] = (psb_thread){truth->u.thread[i].id,
                                 whole_us(truth->u.thread[i].user_ns + truth->u.thread[i].system_ns), 0};
    truth->known = PSB_THREADS_SUM;
    truth->u.thread = thread;
}

static void express_cmdline(const psb_world *world, const psb_process *p, psb_arena *room, psb_value *truth)
{
    if (is_zombie(p) || p->is_kernel)
        truth->count = 0, truth->u.text.len = 0;
}

static void express_fds(const psb_world *world, const psb_process *p, psb_arena *room, psb_value *truth)
{
    if (is_zombie(p))
        truth->u.integer = 0;
}

static void express_exe(const psb_world *world, const psb_process *p, psb_arena *room, psb_value *truth)
{
    if (is_zombie(p))
        truth->status = PSB_ABSENT;
}

static void express_cwd(const psb_world *world, const psb_process *p, psb_arena *room, psb_value *truth)
{
    express_exe(world, p, room, truth);
    if (is_zombie(p) || !p->is_kernel)
        return;
    truth->status = PSB_OK;
    truth->u.text.bytes = "/";
    truth->u.text.len = 1;
}

void psb_netbsd_express(const psb_world *world, const psb_process *process, psb_field field, psb_arena *room,
                        psb_value *truth)
{
    static void (*const EXPRESS[PSB_FIELDS])(const psb_world *, const psb_process *, psb_arena *,
                                             psb_value *) = {
        [PSB_NAME] = express_name,
        [PSB_STATUS] = express_state,
        [PSB_CREATE_TIME] = express_start,
        [PSB_PARENT] = express_parent,
        [PSB_CPU_TIMES] = express_cpu_times,
        [PSB_CPU_PERCENT] = express_use,
        [PSB_CPU_NUM] = express_use,
        [PSB_MEMORY_INFO] = express_memory,
        [PSB_NUM_THREADS] = express_thread_count,
        [PSB_THREADS] = express_threads,
        [PSB_NUM_CTX_SWITCHES] = express_use,
        [PSB_NUM_FDS] = express_fds,
        [PSB_IO_COUNTERS] = express_io,
        [PSB_CMDLINE] = express_cmdline,
        [PSB_CWD] = express_cwd,
        [PSB_EXE] = express_exe,
        [PSB_PAGE_FAULTS] = express_use,
    };
    if (EXPRESS[field])
        EXPRESS[field](world, process, room, truth);
}

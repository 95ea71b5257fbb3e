/*
 * linux_sim.c: Linux's kernel, simulated: a world as the text that /proc would hold. What is denied to whom,
 * and what zombies and kernel threads do not have, is as measured on Linux 6.18 (README.md).
 */
#include "linux_abi.h"

#include "world.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Linux's numbers: include/uapi/asm-generic/errno-base.h. */
enum { LINUX_ENOENT = 2, LINUX_ESRCH = 3, LINUX_EACCES = 13 };

#define TICK_NS (UINT64_C(1000000000) / 100)

static psb_status put(psb_reply *reply, const char *form, ...) __attribute__((format(printf, 2, 3)));
static psb_status put(psb_reply *reply, const char *form, ...)
{
    va_list args;
    va_start(args, form);
    int len = vsnprintf((char *)reply->buf + reply->len, reply->cap - reply->len, form, args);
    va_end(args);
    if (len < 0 || (size_t)len >= reply->cap - reply->len)
        return PSB_TOOSMALL;
    reply->len += (size_t)len;
    return PSB_OK;
}

static psb_status put_bytes(psb_reply *reply, const void *bytes, size_t len)
{
    if (len >= reply->cap - reply->len)
        return PSB_TOOSMALL;
    if (len > 0)
        memcpy((char *)reply->buf + reply->len, bytes, len);
    reply->len += len;
    return PSB_OK;
}

static char letter_of(psb_state state)
{
    static const char LETTER[PSB_STATES] = {
        [PSB_STATE_RUNNING] = 'R', [PSB_STATE_SLEEPING] = 'S',     [PSB_STATE_DISK_SLEEP] = 'D',
        [PSB_STATE_STOPPED] = 'T', [PSB_STATE_TRACING_STOP] = 't', [PSB_STATE_ZOMBIE] = 'Z',
        [PSB_STATE_DEAD] = 'X',    [PSB_STATE_PARKED] = 'P',       [PSB_STATE_IDLE] = 'I',
    };
    return LETTER[state] ? LETTER[state] : 'S';
}

static psb_status stat_of(const psb_world *world, const psb_process *p, uint64_t user_ns, uint64_t system_ns,
                          int64_t tid, psb_reply *reply)
{
    uint64_t start = (uint64_t)(p->created_ns - world->boot_ns) / TICK_NS, page = world->page_bytes;
    uint64_t minor = p->terminal < 0 ? 0 : (uint64_t)p->terminal; /* of /dev/pts: new_encode_dev */
    uint64_t tty = p->terminal < 0 ? 0 : (minor & 0xff) | 136 << 8 | (minor & ~UINT64_C(0xff)) << 12;
    psb_status status = put(reply, "%" PRId64 " (", tid);
    if (status == PSB_OK)
        status = put_bytes(reply, p->name.bytes, p->name.len);
    if (status != PSB_OK)
        return status;
    return put(reply,
               ") %c %" PRId64 " 1 1 %" PRIu64 " -1 4194304 %" PRIu64 " 0 %" PRIu64 " 0 %" PRIu64 " %" PRIu64
               " %" PRIu64 " %" PRIu64 " %d %d %u 0 %" PRIu64 " %" PRIu64 " %" PRIu64
               " 18446744073709551615 0 0 0 0 0 0 0 0 0 0 0 0 17 %d 0 0 %" PRIu64 " 0 0 0 0 0 0 0 0 0 0\n",
               letter_of(p->state), p->ppid, tty, p->faults[PSB_PAGE_FAULTS_MINOR],
               p->faults[PSB_PAGE_FAULTS_MAJOR], user_ns / TICK_NS, system_ns / TICK_NS,
               p->cpu_ns[PSB_CPU_TIMES_CHILDREN_USER] / TICK_NS,
               p->cpu_ns[PSB_CPU_TIMES_CHILDREN_SYSTEM] / TICK_NS, 20 + p->nice, p->nice, p->threads, start,
               p->memory_bytes[PSB_MEMORY_INFO_VMS], p->memory_bytes[PSB_MEMORY_INFO_RSS] / page, p->cpu,
               p->cpu_ns[PSB_CPU_TIMES_IOWAIT] / TICK_NS);
}

static psb_status sim_stat(const psb_world *world, const psb_process *p, psb_reply *reply)
{
    return stat_of(world, p, p->cpu_ns[PSB_CPU_TIMES_USER], p->cpu_ns[PSB_CPU_TIMES_SYSTEM], p->pid, reply);
}

/* Newline and backslash are escaped here, and nothing else (fs/proc/array.c: proc_task_name). */
static psb_status put_escaped(psb_reply *reply, psb_world_text name)
{
    psb_status status = PSB_OK;
    for (size_t i = 0; i < name.len && status == PSB_OK; i++)
        if (name.bytes[i] == '\n' || name.bytes[i] == '\\')
            status = put(reply, "\\%c", name.bytes[i] == '\n' ? 'n' : '\\');
        else
            status = put_bytes(reply, &name.bytes[i], 1);
    return status;
}

static psb_status sim_status(const psb_world *world, const psb_process *p, psb_reply *reply)
{
    psb_status status = put(reply, "Name:\t");
    if (status == PSB_OK)
        status = put_escaped(reply, p->name);
    if (status != PSB_OK)
        return status;
    return put(
        reply,
        "\nUmask:\t0022\nState:\t%c (state)\nTgid:\t%" PRId64 "\nNgid:\t0\nPid:\t%" PRId64 "\nPPid:\t%" PRId64
        "\nTracerPid:\t0\nUid:\t%u\t%u\t%u\t%u\nGid:\t%u\t%u\t%u\t%u\nFDSize:\t64\nGroups:\t \nThreads:\t%u\n"
        "SigQ:\t0/96365\nSigPnd:\t0000000000000000\nCpus_allowed:\tff\n"
        "voluntary_ctxt_switches:\t%" PRIu64 "\nnonvoluntary_ctxt_switches:\t%" PRIu64 "\n",
        letter_of(p->state), p->pid, p->pid, p->ppid, p->uid[0], p->uid[1], p->uid[2], p->uid[1], p->gid[0],
        p->gid[1], p->gid[2], p->gid[1], p->threads, p->switches[PSB_NUM_CTX_SWITCHES_VOLUNTARY],
        p->switches[PSB_NUM_CTX_SWITCHES_INVOLUNTARY]);
}

static psb_status sim_statm(const psb_world *world, const psb_process *p, psb_reply *reply)
{
    const uint64_t *m = p->memory_bytes;
    uint64_t page = world->page_bytes;
    return put(reply, "%" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " 0 %" PRIu64 " 0\n",
               m[PSB_MEMORY_INFO_VMS] / page, m[PSB_MEMORY_INFO_RSS] / page, m[PSB_MEMORY_INFO_SHARED] / page,
               m[PSB_MEMORY_INFO_TEXT] / page, m[PSB_MEMORY_INFO_DATA] / page);
}

static bool has_no_memory(const psb_process *p)
{
    return p->is_kernel || p->state == PSB_STATE_ZOMBIE;
}

static psb_status sim_smaps(const psb_world *world, const psb_process *p, psb_reply *reply)
{
    const uint64_t *f = p->full_bytes;
    if (has_no_memory(p))
        return PSB_OK;
    return put(reply,
               "55d0c0000000-7ffc00000000 ---p 00000000 00:00 0                          [rollup]\n"
               "Rss:            %8" PRIu64 " kB\nPss:            %8" PRIu64
               " kB\nPss_Anon:              7 kB\n"
               "Shared_Clean:          0 kB\nPrivate_Clean:         0 kB\nPrivate_Dirty:  %8" PRIu64 " kB\n"
               "Private_Hugetlb:       0 kB\nSwap:           %8" PRIu64 " kB\nSwapPss:               3 kB\n",
               p->memory_bytes[PSB_MEMORY_INFO_RSS] / 1024, f[PSB_MEMORY_FULL_INFO_PSS] / 1024,
               f[PSB_MEMORY_FULL_INFO_USS] / 1024, f[PSB_MEMORY_FULL_INFO_SWAP] / 1024);
}

static psb_status sim_smaps_rollup(const psb_world *world, const psb_process *p, psb_reply *reply)
{
    return has_no_memory(p) ? psb_refuse(reply, PSB_ABSENT, LINUX_ESRCH) : sim_smaps(world, p, reply);
}

static psb_status sim_io(const psb_world *world, const psb_process *p, psb_reply *reply)
{
    const uint64_t *io = p->io;
    return put(reply,
               "rchar: %" PRIu64 "\nwchar: %" PRIu64 "\nsyscr: %" PRIu64 "\nsyscw: %" PRIu64
               "\nread_bytes: %" PRIu64 "\nwrite_bytes: %" PRIu64 "\ncancelled_write_bytes: 0\n",
               io[PSB_IO_COUNTERS_READ_CHARS], io[PSB_IO_COUNTERS_WRITE_CHARS],
               io[PSB_IO_COUNTERS_READ_COUNT], io[PSB_IO_COUNTERS_WRITE_COUNT],
               io[PSB_IO_COUNTERS_READ_BYTES], io[PSB_IO_COUNTERS_WRITE_BYTES]);
}

static psb_status sim_cmdline(const psb_world *world, const psb_process *p, psb_reply *reply)
{
    return put_bytes(reply, p->cmdline.bytes, p->cmdline.len);
}

static psb_status link_to(psb_world_text path, psb_reply *reply)
{
    return path.bytes ? put_bytes(reply, path.bytes, path.len) : psb_refuse(reply, PSB_ABSENT, LINUX_ENOENT);
}

static psb_status sim_exe(const psb_world *world, const psb_process *p, psb_reply *reply)
{
    return link_to(p->exe, reply);
}

static psb_status sim_cwd(const psb_world *world, const psb_process *p, psb_reply *reply)
{
    return link_to(p->cwd, reply);
}

static psb_status sim_fd(const psb_world *world, const psb_process *p, psb_reply *reply)
{
    uint64_t count = p->fds;
    return put_bytes(reply, &count, sizeof count);
}

static psb_status sim_task(const psb_world *world, const psb_process *p, psb_reply *reply)
{
    for (uint32_t i = 0; i < p->threads; i++) {
        psb_thread thread = psb_world_thread(p, i);
        struct psb_linux_frame frame = {.tid = thread.id};
        size_t start = reply->len;
        psb_status status = put_bytes(reply, &frame, sizeof frame);
        if (status == PSB_OK)
            status = stat_of(world, p, thread.user_ns, thread.system_ns, thread.id, reply);
        if (status != PSB_OK)
            return status;
        frame.len = reply->len - start - sizeof frame;
        memcpy((char *)reply->buf + start, &frame, sizeof frame);
        reply->entries += 3;
    }
    return PSB_OK;
}

static psb_status sim_nice(const psb_world *world, const psb_process *p, psb_reply *reply)
{
    int32_t nice = p->nice;
    return put_bytes(reply, &nice, sizeof nice);
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
    struct psb_linux_sysconf configuration = {world->page_bytes, 100};
    switch (call->op) {
    case PSB_OP_NOTHING:
        return PSB_OK;
    case PSB_OP_CLOCK:
        return put_bytes(reply, &world->now_ns, sizeof world->now_ns);
    case PSB_OP_USER_NAME:
        return psb_sim_user(world, call, reply);
    case PSB_OP_LINUX_SYSCONF:
        return put_bytes(reply, &configuration, sizeof configuration);
    case PSB_OP_LINUX_BOOT:
        return put(reply, "cpu  1 2 3 4 5 6 7 0 0 0\nbtime %" PRId64 "\nprocesses 1\n",
                   world->boot_ns / 1000000000);
    case PSB_OP_LINUX_MEMINFO:
        return put(reply, "MemTotal:       %8" PRIu64 " kB\nMemFree:               1 kB\n",
                   world->memory_bytes / 1024);
    case PSB_OP_LINUX_TTY_DRIVERS:
        return put(reply, "pty_slave            /dev/pts      136 0-1048575 pty:slave\n"
                          "unknown              /dev/tty        4 1-63 console\n");
    case PSB_OP_LINUX_PIDS:
        return sim_pids(world, reply);
    default:
        return psb_refuse(reply, PSB_OSERROR, 38); /* ENOSYS */
    }
}

/* Calls about a process: who may make them, and how often they enter the kernel when they are answered. */
static const struct {
    psb_status (*simulate)(const psb_world *, const psb_process *, psb_reply *);
    bool is_private; /* to its owner and root: needs ptrace access (fs/proc/base.c) */
    uint32_t entries;
} OF_PROCESS[PSB_OPS] = {
    [PSB_OP_LINUX_STAT] = {sim_stat, false, 3},
    [PSB_OP_LINUX_STATUS] = {sim_status, false, 3},
    [PSB_OP_LINUX_STATM] = {sim_statm, false, 3},
    [PSB_OP_LINUX_SMAPS_ROLLUP] = {sim_smaps_rollup, true, 3},
    [PSB_OP_LINUX_SMAPS] = {sim_smaps, true, 4},
    [PSB_OP_LINUX_IO] = {sim_io, true, 3},
    [PSB_OP_LINUX_CMDLINE] = {sim_cmdline, false, 3},
    [PSB_OP_LINUX_EXE] = {sim_exe, true, 1},
    [PSB_OP_LINUX_CWD] = {sim_cwd, true, 1},
    [PSB_OP_LINUX_FD] = {sim_fd, true, 4},
    [PSB_OP_LINUX_TASK] = {sim_task, false, 4},
    [PSB_OP_LINUX_NICE] = {sim_nice, false, 1},
};

psb_status psb_linux_simulate(const psb_world *world, const psb_call *call, psb_reply *reply)
{
    if (call->op >= PSB_OPS || !OF_PROCESS[call->op].simulate)
        return of_system(world, call, reply);
    reply->entries = OF_PROCESS[call->op].entries;
    const psb_process *process = psb_world_find(world, call->pid);
    if (!process)
        return psb_refuse(reply, PSB_GONE, call->op == PSB_OP_LINUX_NICE ? LINUX_ESRCH : LINUX_ENOENT);
    if (OF_PROCESS[call->op].is_private && world->caller_uid != 0 && world->caller_uid != process->uid[0])
        return psb_refuse(reply, PSB_DENIED, LINUX_EACCES);
    return OF_PROCESS[call->op].simulate(world, process, reply);
}

/* netbsd_port.c: NetBSD as data. The sources, the methods, and the decoders between them. */
#include "netbsd_abi.h"

#include "plain.h"

#include <stdio.h>
#include <string.h>

enum source { MACHINE, DRIVERS, PROCS, CLOCK, USER, PROC, LWPS, FILES, ARGV, PATHNAME, CWD, SOURCES };

static const psb_source SOURCE[SOURCES] = {
    [MACHINE] = {"machine", "sysctl hw.pagesize, hw.physmem64; sysctl(7)", PSB_SCOPE_BOOT,
                 PSB_OP_NETBSD_MACHINE, .entries = 2, .room = 64, .parse = psb_netbsd_parse_machine,
                 .redact = psb_redact_none},
    [DRIVERS] = {"drivers", "sysctl kern.drivers: struct kinfo_drivers; sys/sysctl.h", PSB_SCOPE_BOOT,
                 PSB_OP_NETBSD_DRIVERS, .entries = 1, .room = 16 << 10, .parse = psb_netbsd_parse_drivers,
                 .cut_unseen = true, .redact = psb_redact_none},
    [PROCS] = {"procs", "sysctl kern.proc2, KERN_PROC_ALL: every process; sysctl(3), sys/sysctl.h",
               PSB_SCOPE_SYSTEM, PSB_OP_NETBSD_PROCS, .entries = 1, .room = 128 << 10,
               .record = psb_netbsd_record, .redact = psb_netbsd_redact_procs},
    [CLOCK] = {"clock", "clock_gettime(2)", PSB_SCOPE_SYSTEM, PSB_OP_CLOCK, .room = 64,
               .parse = psb_parse_i64, .parsed_size = sizeof(int64_t), .redact = psb_redact_none},
    [USER] = {"user", "getpwuid_r(3): /etc/pwd.db", PSB_SCOPE_USER, PSB_OP_USER_NAME, .room = 4 << 10,
              .parse = psb_parse_name, .parsed_size = sizeof(struct psb_bytes), .keeps_raw = true,
              .cut_unseen = true, .redact = psb_redact_name},
    [PROC] = {"proc", "sysctl kern.proc2, KERN_PROC_PID: struct kinfo_proc2; sysctl(3), sys/sysctl.h",
              PSB_SCOPE_PROCESS, PSB_OP_NETBSD_PROC, .entries = 1, .room = 1 << 10,
              .parse = psb_netbsd_parse_proc, .parsed_size = sizeof(struct psb_netbsd_proc), .table = PROCS,
              .redact = psb_netbsd_redact_procs},
    [LWPS] = {"lwps", "sysctl kern.lwp: struct kinfo_lwp; sys/sysctl.h", PSB_SCOPE_PROCESS,
              PSB_OP_NETBSD_LWPS, .entries = 1, .room = 8 << 10, .parse = psb_netbsd_parse_threads,
              .parsed_size = sizeof(struct psb_netbsd_threads), .keeps_raw = true, .cut_unseen = true,
              .redact = psb_netbsd_redact_lwps},
    [FILES] = {"files", "sysctl kern.file2, KERN_FILE_BYPID: struct kinfo_file; sysctl(3), sys/sysctl.h",
               PSB_SCOPE_PROCESS, PSB_OP_NETBSD_FILES, .entries = 1, .room = 32 << 10,
               .parse = psb_netbsd_parse_files, .parsed_size = sizeof(uint32_t), .cut_unseen = true,
               .redact = psb_netbsd_redact_files},
    [ARGV] = {"argv", "sysctl kern.proc_args, KERN_PROC_ARGV; sysctl(3)", PSB_SCOPE_PROCESS,
              PSB_OP_NETBSD_ARGV, .entries = 1, .room = 4 << 10, .parse = psb_netbsd_parse_argv,
              .parsed_size = sizeof(struct psb_bytes), .keeps_raw = true, .cut_unseen = true,
              .redact = psb_redact_arguments},
    [PATHNAME] = {"pathname", "sysctl kern.proc_args, KERN_PROC_PATHNAME; sysctl(3)", PSB_SCOPE_PROCESS,
                  PSB_OP_NETBSD_PATHNAME, .entries = 1, .room = PSB_NETBSD_CWD_MAX, .parse = psb_parse_path,
                  .parsed_size = sizeof(struct psb_bytes), .keeps_raw = true, .redact = psb_redact_path},
    [CWD] = {"cwd", "sysctl kern.proc_args, KERN_PROC_CWD; sysctl(3)", PSB_SCOPE_PROCESS, PSB_OP_NETBSD_CWD,
             .entries = 1, .room = PSB_NETBSD_CWD_MAX, .parse = psb_parse_path,
             .parsed_size = sizeof(struct psb_bytes), .keeps_raw = true, .redact = psb_redact_path},
};

/* ---- struct kinfo_proc2 ---- */

static void proc_name(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    const struct psb_netbsd_proc *proc = parsed;
    out->u.text.bytes = proc->p_comm;
    out->u.text.len = strlen(proc->p_comm);
}

static void proc_ppid(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    const struct psb_netbsd_proc *proc = parsed;
    out->u.integer = proc->p_ppid;
    if (proc->p_ppid < 0)
        out->status = PSB_UNKNOWN;
}

/* It has ended, or is about to: what can be told of the living is not told of it any more. */
static bool is_zombie(const struct psb_netbsd_proc *proc)
{
    return proc->p_realstat == PSB_NETBSD_SZOMB || proc->p_realstat == PSB_NETBSD_SDYING ||
           proc->p_realstat == PSB_NETBSD_SDEAD;
}

/* sys/lwp.h. LSRUN waits for a CPU, LSONPROC has one. */
static void proc_status(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    static const struct {
        bool known;
        psb_state state;
    } STATE[] = {
        [PSB_NETBSD_LSIDL] = {true, PSB_STATE_IDLE},
        [PSB_NETBSD_LSRUN] = {true, PSB_STATE_WAKING},
        [PSB_NETBSD_LSSLEEP] = {true, PSB_STATE_SLEEPING},
        [PSB_NETBSD_LSSTOP] = {true, PSB_STATE_STOPPED},
        [PSB_NETBSD_LSZOMB] = {true, PSB_STATE_ZOMBIE},
        [PSB_NETBSD_LSONPROC] = {true, PSB_STATE_RUNNING},
        [PSB_NETBSD_LSSUSPENDED] = {true, PSB_STATE_SUSPENDED},
    };
    const struct psb_netbsd_proc *proc = parsed;
    uint8_t stat = (uint8_t)proc->p_stat;
    if (is_zombie(proc))
        stat = PSB_NETBSD_LSZOMB;
    if (stat >= sizeof STATE / sizeof *STATE || !STATE[stat].known)
        out->status = PSB_UNKNOWN;
    else
        out->u.integer = STATE[stat].state;
}

/* Of a time in two words; false: it is none. */
static bool to_ns(uint64_t sec, uint32_t usec, uint64_t *ns)
{
    if (usec >= 1000000 || sec > (uint64_t)INT64_MAX / 1000000000 - 1)
        return false;
    *ns = sec * 1000000000 + usec * UINT64_C(1000);
    return true;
}

static void proc_create_time(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    const struct psb_netbsd_proc *proc = parsed;
    uint64_t ns;
    if (!proc->p_uvalid || !to_ns(proc->p_ustart_sec, proc->p_ustart_usec, &ns))
        out->status = PSB_UNKNOWN;
    else
        out->u.integer = (int64_t)ns;
}

static void proc_uids(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    const struct psb_netbsd_proc *proc = parsed;
    psb_part(out, PSB_UIDS_REAL, proc->p_ruid);
    psb_part(out, PSB_UIDS_EFFECTIVE, proc->p_uid);
    psb_part(out, PSB_UIDS_SAVED, proc->p_svuid);
}

static void proc_gids(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    const struct psb_netbsd_proc *proc = parsed;
    psb_part(out, PSB_GIDS_REAL, proc->p_rgid);
    psb_part(out, PSB_GIDS_EFFECTIVE, proc->p_gid);
    psb_part(out, PSB_GIDS_SAVED, proc->p_svgid);
}

static void proc_terminal(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    const struct psb_netbsd_proc *proc = parsed;
    uint32_t major = psb_netbsd_major(proc->p_tdev), minor = psb_netbsd_minor(proc->p_tdev);
    out->status = proc->p_tdev == PSB_NETBSD_NODEV ? PSB_ABSENT : PSB_UNKNOWN;
    for (uint32_t i = 0; out->status == PSB_UNKNOWN && i < facts->tty_drivers; i++) {
        const psb_tty_driver *driver = &facts->tty_driver[i];
        char path[sizeof driver->prefix + 16];
        if (driver->major != major || minor < driver->first || minor > driver->last)
            continue;
        if (driver->numbered)
            snprintf(path, sizeof path, "%s%u", driver->prefix, minor - driver->first + driver->base);
        else
            snprintf(path, sizeof path, "%s", driver->prefix);
        out->status = PSB_OK;
        psb_text_copy(out, room, path, strlen(path));
    }
}

/* The children's time is one sum of user and system: which is which is not known. */
static void proc_cpu_times(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    const struct psb_netbsd_proc *proc = parsed;
    uint64_t ns;
    if (proc->p_uvalid && to_ns(proc->p_uutime_sec, proc->p_uutime_usec, &ns))
        psb_part(out, PSB_CPU_TIMES_USER, ns);
    if (proc->p_uvalid && to_ns(proc->p_ustime_sec, proc->p_ustime_usec, &ns))
        psb_part(out, PSB_CPU_TIMES_SYSTEM, ns);
    if (out->known == 0)
        out->status = PSB_UNKNOWN;
}

static void proc_cpu_num(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    const struct psb_netbsd_proc *proc = parsed;
    out->u.integer = (int64_t)proc->p_cpuid;
    if (!proc->p_uvalid || proc->p_cpuid > INT32_MAX)
        out->status = PSB_UNKNOWN;
}

static void pages(psb_value *out, unsigned part, int64_t count, const psb_facts *facts)
{
    if (count >= 0)
        psb_part_scaled(out, part, (uint64_t)count, facts->page_bytes);
}

static void proc_memory(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    const struct psb_netbsd_proc *proc = parsed;
    int64_t data = proc->p_vm_dsize, stack = proc->p_vm_ssize;
    pages(out, PSB_MEMORY_INFO_RSS, proc->p_vm_rssize, facts);
    pages(out, PSB_MEMORY_INFO_VMS, proc->p_vm_msize, facts);
    pages(out, PSB_MEMORY_INFO_TEXT, proc->p_vm_tsize, facts);
    pages(out, PSB_MEMORY_INFO_DATA, data < 0 || stack < 0 ? -1 : data + stack, facts);
    if (out->known == 0)
        out->status = PSB_UNKNOWN;
}

/* Two counters from that part of the struct which a zombie does not have. */
static void counters(const struct psb_netbsd_proc *proc, unsigned first, uint64_t a, unsigned second,
                     uint64_t b, psb_value *out)
{
    if (!proc->p_uvalid) {
        out->status = PSB_UNKNOWN;
        return;
    }
    psb_part(out, first, a);
    psb_part(out, second, b);
}

static void proc_switches(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    const struct psb_netbsd_proc *proc = parsed;
    counters(proc, PSB_NUM_CTX_SWITCHES_VOLUNTARY, proc->p_uru_nvcsw, PSB_NUM_CTX_SWITCHES_INVOLUNTARY,
             proc->p_uru_nivcsw, out);
    psb_part_sum(out, PSB_NUM_CTX_SWITCHES_TOTAL, PSB_NUM_CTX_SWITCHES_VOLUNTARY,
                 PSB_NUM_CTX_SWITCHES_INVOLUNTARY);
}

static void proc_faults(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    const struct psb_netbsd_proc *proc = parsed;
    counters(proc, PSB_PAGE_FAULTS_MINOR, proc->p_uru_minflt, PSB_PAGE_FAULTS_MAJOR, proc->p_uru_majflt, out);
}

static void proc_io(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    const struct psb_netbsd_proc *proc = parsed;
    counters(proc, PSB_IO_COUNTERS_READ_COUNT, proc->p_uru_inblock, PSB_IO_COUNTERS_WRITE_COUNT,
             proc->p_uru_oublock, out);
}

static void proc_nice(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    const struct psb_netbsd_proc *proc = parsed;
    out->u.integer = (int64_t)proc->p_nice - PSB_NETBSD_NZERO;
}

/* EINVAL is said of a process that is not there, of the kernel's own, and of one that has ended. */
static void proc_no_arguments(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    const struct psb_netbsd_proc *proc = parsed;
    out->u.text.bytes = "";
    out->u.text.len = 0;
    if (!is_zombie(proc) && !((uint32_t)proc->p_flag & PSB_NETBSD_P_SYSTEM))
        out->status = PSB_UNKNOWN;
}

/* It is there, and no file was listed. */
static void proc_no_files(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    out->u.integer = 0;
}

/* ESRCH is said of a process that has ended, too. */
static void proc_ended(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    out->status = is_zombie(parsed) ? PSB_ABSENT : PSB_UNKNOWN;
}

static void proc_no_threads(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    out->u.integer = 0;
    if (!is_zombie(parsed))
        out->status = PSB_UNKNOWN;
}

static void proc_no_list(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    out->known = PSB_THREADS_SUM;
    out->u.thread = NULL;
    if (!is_zombie(parsed))
        out->status = PSB_UNKNOWN;
}

/* ---- the other sources ---- */

static void thread_count(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    const struct psb_netbsd_threads *threads = parsed;
    out->u.integer = threads->count;
}

/* An LWP's time is one sum of user and system. */
static void thread_list(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    const struct psb_netbsd_threads *threads = parsed;
    struct psb_netbsd_lwp row;
    psb_thread *thread = psb_arena_alloc(room, threads->count * sizeof *thread);
    if (!thread) {
        *out = psb_value_of_status(PSB_NOMEM, 0);
        return;
    }
    for (size_t i = 0; i < threads->all; i++) {
        psb_thread *next = &thread[out->count];
        if (!psb_netbsd_thread_row(threads->rows, i, threads->pid, &row))
            continue;
        if (!to_ns(row.l_rtime_sec, row.l_rtime_usec, &next->user_ns)) {
            *out = psb_value_of_status(PSB_UNKNOWN, 0);
            return;
        }
        next->id = row.l_lid;
        next->system_ns = 0;
        out->count++;
    }
    out->known = PSB_THREADS_SUM;
    out->u.thread = thread;
}

static void file_count(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    const uint32_t *count = parsed;
    out->u.integer = *count;
}

/* One source, no second try. */
/* clang-format off */
#define BY(source, decode) {{{source, 0, decode}}}
/* clang-format on */

static const psb_method METHOD[PSB_FIELDS] = {
    [PSB_NAME] = BY(PROC, proc_name),
    [PSB_EXE] = {{{PATHNAME, 0, psb_decode_bytes}, {PROC, PSB_WHEN(PSB_GONE), proc_ended}}},
    [PSB_CMDLINE] = {{{ARGV, 0, psb_decode_bytes}, {PROC, PSB_WHEN(PSB_ABSENT), proc_no_arguments}}},
    [PSB_PPID] = BY(PROC, proc_ppid),
    [PSB_STATUS] = BY(PROC, proc_status),
    [PSB_CREATE_TIME] = BY(PROC, proc_create_time),
    [PSB_UIDS] = BY(PROC, proc_uids),
    [PSB_GIDS] = BY(PROC, proc_gids),
    [PSB_TERMINAL] = BY(PROC, proc_terminal),
    [PSB_CPU_TIMES] = BY(PROC, proc_cpu_times),
    [PSB_CPU_NUM] = BY(PROC, proc_cpu_num),
    [PSB_MEMORY_INFO] = BY(PROC, proc_memory),
    [PSB_NUM_THREADS] = {{{LWPS, 0, thread_count}, {PROC, PSB_WHEN(PSB_GONE), proc_no_threads}}},
    [PSB_THREADS] = {{{LWPS, 0, thread_list}, {PROC, PSB_WHEN(PSB_GONE), proc_no_list}}},
    [PSB_NUM_CTX_SWITCHES] = BY(PROC, proc_switches),
    /* ABSENT: no file was listed. GONE is the kernel's own word, and not that there are none. */
    [PSB_NUM_FDS] = {{{FILES, 0, file_count}, {PROC, PSB_WHEN(PSB_ABSENT), proc_no_files}}},
    [PSB_IO_COUNTERS] = BY(PROC, proc_io),
    [PSB_NICE] = BY(PROC, proc_nice),
    [PSB_CWD] = {{{CWD, 0, psb_decode_bytes}, {PROC, PSB_WHEN(PSB_GONE), proc_ended}}},
    [PSB_PAGE_FAULTS] = BY(PROC, proc_faults),
};

const psb_port psb_netbsd_port = {
    .name = "netbsd",
    .system = "NetBSD",
    .source = SOURCE,
    .sources = SOURCES,
    .method = METHOD,
    .user = {USER, 0, psb_decode_bytes},
    .clock = {CLOCK, 0, psb_decode_i64},
    .pids_source = PROCS,
    .simulate = psb_netbsd_simulate,
    .express = psb_netbsd_express,
};

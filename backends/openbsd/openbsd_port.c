/* openbsd_port.c: OpenBSD as data. The sources, the methods, and the decoders between them. */
#include "openbsd_abi.h"

#include "plain.h"

#include <string.h>

enum source { MACHINE, TERMINALS, PROCS, CLOCK, USER, PROC, THREADS, FILES, ARGV, CWD, SOURCES };

static const psb_source SOURCE[SOURCES] = {
    [MACHINE] = {"machine", "sysctl hw.pagesize, hw.physmem64; sysctl(2)", PSB_SCOPE_BOOT,
                 PSB_OP_OPENBSD_MACHINE, .entries = 2, .room = 64, .parse = psb_openbsd_parse_machine,
                 .redact = psb_redact_none},
    [TERMINALS] = {"terminals", "character devices of /dev: tty*, console; tty(4), pty(4)", PSB_SCOPE_BOOT,
                   PSB_OP_OPENBSD_TERMINALS, .room = 64 << 10, .parse = psb_openbsd_parse_terminals,
                   .cut_unseen = true, .redact = psb_redact_none},
    [PROCS] = {"procs", "sysctl kern.proc, KERN_PROC_KTHREAD: every process; sysctl(2), sys/sysctl.h",
               PSB_SCOPE_SYSTEM, PSB_OP_OPENBSD_PROCS, .entries = 1, .room = 128 << 10,
               .record = psb_openbsd_record, .redact = psb_openbsd_redact_procs},
    [CLOCK] = {"clock", "clock_gettime(2)", PSB_SCOPE_SYSTEM, PSB_OP_CLOCK, .room = 64,
               .parse = psb_parse_i64, .parsed_size = sizeof(int64_t), .redact = psb_redact_none},
    [USER] = {"user", "getpwuid_r(3): /etc/pwd.db", PSB_SCOPE_USER, PSB_OP_USER_NAME, .room = 4 << 10,
              .parse = psb_parse_name, .parsed_size = sizeof(struct psb_bytes), .keeps_raw = true,
              .cut_unseen = true, .redact = psb_redact_name},
    [PROC] = {"proc", "sysctl kern.proc, KERN_PROC_PID: struct kinfo_proc; sysctl(2), sys/sysctl.h",
              PSB_SCOPE_PROCESS, PSB_OP_OPENBSD_PROC, .entries = 1, .room = 1 << 10,
              .parse = psb_openbsd_parse_proc, .parsed_size = sizeof(struct psb_openbsd_proc), .table = PROCS,
              .redact = psb_openbsd_redact_procs},
    [THREADS] = {"threads", "sysctl kern.proc, KERN_PROC_PID and KERN_PROC_SHOW_THREADS; sys/sysctl.h",
                 PSB_SCOPE_PROCESS, PSB_OP_OPENBSD_THREADS, .entries = 1, .room = 8 << 10,
                 .parse = psb_openbsd_parse_threads, .parsed_size = sizeof(struct psb_openbsd_threads),
                 .keeps_raw = true, .cut_unseen = true, .redact = psb_openbsd_redact_procs},
    [FILES] = {"files", "sysctl kern.file, KERN_FILE_BYPID: struct kinfo_file; sysctl(2), sys/sysctl.h",
               PSB_SCOPE_PROCESS, PSB_OP_OPENBSD_FILES, .entries = 1, .room = 32 << 10,
               .parse = psb_openbsd_parse_files, .parsed_size = sizeof(uint32_t), .cut_unseen = true,
               .redact = psb_openbsd_redact_files},
    [ARGV] = {"argv", "sysctl kern.procargs, KERN_PROC_ARGV; sysctl(2)", PSB_SCOPE_PROCESS,
              PSB_OP_OPENBSD_ARGV, .entries = 1, .room = 4 << 10, .parse = psb_openbsd_parse_argv,
              .parsed_size = sizeof(struct psb_bytes), .keeps_raw = true, .redact = psb_openbsd_redact_argv},
    [CWD] = {"cwd", "sysctl kern.proc_cwd; sysctl(2)", PSB_SCOPE_PROCESS, PSB_OP_OPENBSD_CWD, .entries = 1,
             .room = PSB_OPENBSD_CWD_MAX, .parse = psb_parse_path, .parsed_size = sizeof(struct psb_bytes),
             .keeps_raw = true, .redact = psb_redact_path},
};

/* ---- struct kinfo_proc ---- */

static void proc_name(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    const struct psb_openbsd_proc *proc = parsed;
    out->u.text.bytes = proc->p_comm;
    out->u.text.len = strlen(proc->p_comm);
}

static void proc_ppid(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    const struct psb_openbsd_proc *proc = parsed;
    out->u.integer = proc->p_ppid;
    if (proc->p_ppid < 0)
        out->status = PSB_UNKNOWN;
}

static bool is_zombie(const struct psb_openbsd_proc *proc)
{
    return proc->p_psflags & PSB_OPENBSD_PS_ZOMBIE;
}

/* sys/proc.h. SRUN waits for a CPU, SONPROC has one; SZOMB is not used any more. */
static void proc_status(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    static const struct {
        bool known;
        psb_state state;
    } STATE[] = {
        [PSB_OPENBSD_SIDL] = {true, PSB_STATE_IDLE},       [PSB_OPENBSD_SRUN] = {true, PSB_STATE_WAKING},
        [PSB_OPENBSD_SSLEEP] = {true, PSB_STATE_SLEEPING}, [PSB_OPENBSD_SSTOP] = {true, PSB_STATE_STOPPED},
        [PSB_OPENBSD_SZOMB] = {true, PSB_STATE_ZOMBIE},    [PSB_OPENBSD_SDEAD] = {true, PSB_STATE_ZOMBIE},
        [PSB_OPENBSD_SONPROC] = {true, PSB_STATE_RUNNING},
    };
    const struct psb_openbsd_proc *proc = parsed;
    uint8_t stat = (uint8_t)proc->p_stat;
    if (is_zombie(proc))
        stat = PSB_OPENBSD_SDEAD;
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
    const struct psb_openbsd_proc *proc = parsed;
    uint64_t ns;
    if (!proc->p_uvalid || !to_ns(proc->p_ustart_sec, proc->p_ustart_usec, &ns))
        out->status = PSB_UNKNOWN;
    else
        out->u.integer = (int64_t)ns;
}

static void proc_uids(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    const struct psb_openbsd_proc *proc = parsed;
    psb_part(out, PSB_UIDS_REAL, proc->p_ruid);
    psb_part(out, PSB_UIDS_EFFECTIVE, proc->p_uid);
    psb_part(out, PSB_UIDS_SAVED, proc->p_svuid);
}

static void proc_gids(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    const struct psb_openbsd_proc *proc = parsed;
    psb_part(out, PSB_GIDS_REAL, proc->p_rgid);
    psb_part(out, PSB_GIDS_EFFECTIVE, proc->p_gid);
    psb_part(out, PSB_GIDS_SAVED, proc->p_svgid);
}

static void proc_terminal(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    const struct psb_openbsd_proc *proc = parsed;
    uint32_t major = psb_openbsd_major(proc->p_tdev), minor = psb_openbsd_minor(proc->p_tdev);
    char pty[PSB_OPENBSD_PTY_LEN + 1];
    out->status = proc->p_tdev == PSB_OPENBSD_NODEV ? PSB_ABSENT : PSB_UNKNOWN;
    for (uint32_t i = 0; out->status == PSB_UNKNOWN && i < facts->tty_drivers; i++) {
        const psb_tty_driver *driver = &facts->tty_driver[i];
        const char *path = driver->prefix;
        if (driver->major != major || minor < driver->first || minor > driver->last)
            continue;
        if (driver->numbered) {
            psb_openbsd_pty_name(minor, pty);
            path = pty;
        }
        out->status = PSB_OK;
        psb_text_copy(out, room, path, strlen(path));
    }
}

/* The children's time is one sum of user and system: which is which is not known. */
static void proc_cpu_times(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    const struct psb_openbsd_proc *proc = parsed;
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
    const struct psb_openbsd_proc *proc = parsed;
    out->u.integer = (int64_t)proc->p_cpuid;
    if (proc->p_cpuid > INT32_MAX)
        out->status = PSB_UNKNOWN;
}

static void pages(psb_value *out, unsigned part, int64_t count, const psb_facts *facts)
{
    if (count >= 0)
        psb_part_scaled(out, part, (uint64_t)count, facts->page_bytes);
}

/* vms is what ps(1) calls VSZ: the sum of the three; p_vm_map_size is not filled. */
static void proc_memory(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    const struct psb_openbsd_proc *proc = parsed;
    int64_t text = proc->p_vm_tsize, data = proc->p_vm_dsize, stack = proc->p_vm_ssize;
    bool wrapped = text < 0 || data < 0 || stack < 0;
    pages(out, PSB_MEMORY_INFO_RSS, proc->p_vm_rssize, facts);
    pages(out, PSB_MEMORY_INFO_VMS, wrapped ? -1 : text + data + stack, facts);
    pages(out, PSB_MEMORY_INFO_TEXT, text, facts);
    pages(out, PSB_MEMORY_INFO_DATA, data < 0 || stack < 0 ? -1 : data + stack, facts);
    if (out->known == 0)
        out->status = PSB_UNKNOWN;
}

/* Two counters from that part of the struct which a zombie does not have. */
static void counters(const struct psb_openbsd_proc *proc, unsigned first, uint64_t a, unsigned second,
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
    const struct psb_openbsd_proc *proc = parsed;
    counters(proc, PSB_NUM_CTX_SWITCHES_VOLUNTARY, proc->p_uru_nvcsw, PSB_NUM_CTX_SWITCHES_INVOLUNTARY,
             proc->p_uru_nivcsw, out);
    psb_part_sum(out, PSB_NUM_CTX_SWITCHES_TOTAL, PSB_NUM_CTX_SWITCHES_VOLUNTARY,
                 PSB_NUM_CTX_SWITCHES_INVOLUNTARY);
}

static void proc_faults(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    const struct psb_openbsd_proc *proc = parsed;
    counters(proc, PSB_PAGE_FAULTS_MINOR, proc->p_uru_minflt, PSB_PAGE_FAULTS_MAJOR, proc->p_uru_majflt, out);
}

static void proc_io(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    const struct psb_openbsd_proc *proc = parsed;
    counters(proc, PSB_IO_COUNTERS_READ_COUNT, proc->p_uru_inblock, PSB_IO_COUNTERS_WRITE_COUNT,
             proc->p_uru_oublock, out);
}

static void proc_nice(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    const struct psb_openbsd_proc *proc = parsed;
    out->u.integer = (int64_t)proc->p_nice - PSB_OPENBSD_NZERO;
}

/* Why a process is refused arguments and files: it is the kernel's own, or it has ended. It has none. */
static bool has_none(const struct psb_openbsd_proc *proc)
{
    return proc->p_psflags & (PSB_OPENBSD_PS_SYSTEM | PSB_OPENBSD_PS_EXITING | PSB_OPENBSD_PS_ZOMBIE);
}

static void proc_no_arguments(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    out->u.text.bytes = "";
    out->u.text.len = 0;
    if (!has_none(parsed))
        out->status = PSB_UNKNOWN;
}

static void proc_no_files(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    out->u.integer = 0;
    if (!has_none(parsed))
        out->status = PSB_UNKNOWN;
}

/* ---- the other sources ---- */

static void thread_count(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    const struct psb_openbsd_threads *threads = parsed;
    out->u.integer = threads->count;
}

static void thread_list(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    const struct psb_openbsd_threads *threads = parsed;
    struct psb_openbsd_proc row;
    psb_thread *thread = psb_arena_alloc(room, threads->count * sizeof *thread);
    if (!thread) {
        *out = psb_value_of_status(PSB_NOMEM, 0);
        return;
    }
    for (size_t i = 0; i < threads->all; i++) {
        psb_thread *next = &thread[out->count];
        if (!psb_openbsd_thread_row(threads->rows, i, threads->pid, &row))
            continue;
        if (!row.p_uvalid || !to_ns(row.p_uutime_sec, row.p_uutime_usec, &next->user_ns) ||
            !to_ns(row.p_ustime_sec, row.p_ustime_usec, &next->system_ns)) {
            *out = psb_value_of_status(PSB_UNKNOWN, 0);
            return;
        }
        next->id = row.p_tid;
        out->count++;
    }
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
    /* EINVAL: of the kernel's own processes, and of those that have ended. */
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
    [PSB_NUM_THREADS] = BY(THREADS, thread_count),
    [PSB_THREADS] = BY(THREADS, thread_list),
    [PSB_NUM_CTX_SWITCHES] = BY(PROC, proc_switches),
    /* ESRCH: of those same processes, too. */
    [PSB_NUM_FDS] = {{{FILES, 0, file_count}, {PROC, PSB_WHEN(PSB_GONE), proc_no_files}}},
    [PSB_IO_COUNTERS] = BY(PROC, proc_io),
    [PSB_NICE] = BY(PROC, proc_nice),
    [PSB_CWD] = BY(CWD, psb_decode_bytes),
    [PSB_PAGE_FAULTS] = BY(PROC, proc_faults),
};

const psb_port psb_openbsd_port = {
    .name = "openbsd",
    .system = "OpenBSD",
    .source = SOURCE,
    .sources = SOURCES,
    .method = METHOD,
    .user = {USER, 0, psb_decode_bytes},
    .clock = {CLOCK, 0, psb_decode_i64},
    .pids_source = PROCS,
    .simulate = psb_openbsd_simulate,
    .express = psb_openbsd_express,
};

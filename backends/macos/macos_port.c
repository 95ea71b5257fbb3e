/* macos_port.c: macOS as data. The sources, the methods, and the decoders between them. */
#include "macos_abi.h"

#include "plain.h"

#include <stdio.h>
#include <string.h>

/* clang-format off */
enum source {
    FACTS, TERMINALS, ALL, CLOCK, USER,
    KINFO, TASK, TASKALL, CWD, FDS, THREADS, EXE, ARGUMENTS, RUSAGE, REGIONS, NICE,
    SOURCES
};
/* clang-format on */

static void own_memory(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    psb_part_scaled(out, PSB_MEMORY_FULL_INFO_USS, *(const uint64_t *)parsed, facts->page_bytes);
    if (out->known == 0)
        out->status = PSB_UNKNOWN;
}

static bool kinfo_record(const void *raw, size_t len, size_t *at, psb_record *out)
{
    return psb_record_of_size(sizeof(struct psb_macos_kinfo), offsetof(struct psb_macos_kinfo, kp_proc.p_pid),
                              sizeof(int32_t), raw, len, at, out);
}

static const psb_source SOURCE[SOURCES] = {
    [FACTS] = {"facts", "sysctl hw.pagesize, hw.memsize, hw.tbfrequency; sysctl(3)", PSB_SCOPE_BOOT,
               PSB_OP_MACOS_FACTS, .room = 64, .entries = 3, .parse = psb_macos_parse_facts,
               .redact = psb_redact_none},
    [TERMINALS] = {"terminals", "character devices /dev/tty* and /dev/console; stat(2)", PSB_SCOPE_BOOT,
                   PSB_OP_MACOS_TERMINALS, .room = 16 << 10, .parse = psb_macos_parse_terminals,
                   .cut_unseen = true, .redact = psb_redact_none},
    [ALL] = {"proc_all", "sysctl kern.proc.all: struct kinfo_proc of every process; sys/sysctl.h",
             PSB_SCOPE_SYSTEM, PSB_OP_MACOS_ALL, .room = 512 << 10, .record = kinfo_record,
             .redact = psb_macos_redact_kinfo},
    [CLOCK] = {"clock", "clock_gettime(2), by the commpage: no entry", PSB_SCOPE_SYSTEM, PSB_OP_CLOCK,
               .room = 64, .parse = psb_parse_i64, .parsed_size = sizeof(int64_t), .redact = psb_redact_none},
    [USER] = {"user", "getpwuid_r(3): Directory Services", PSB_SCOPE_USER, PSB_OP_USER_NAME, .room = 4 << 10,
              .parse = psb_parse_bytes, .parsed_size = sizeof(struct psb_bytes), .keeps_raw = true,
              .cut_unseen = true, .redact = psb_redact_name},
    [KINFO] = {"proc", "sysctl kern.proc.pid: struct kinfo_proc; sys/sysctl.h", PSB_SCOPE_PROCESS,
               PSB_OP_MACOS_KINFO, .room = sizeof(struct psb_macos_kinfo), .entries = 1,
               .parse = psb_macos_parse_kinfo, .parsed_size = sizeof(struct psb_macos_kinfo), .table = ALL,
               .redact = psb_macos_redact_kinfo},
    [TASK] = {"taskinfo", "proc_pidinfo PROC_PIDTASKINFO; sys/proc_info.h", PSB_SCOPE_PROCESS,
              PSB_OP_MACOS_TASK, .room = sizeof(struct psb_macos_task), .entries = 1,
              .parse = psb_macos_parse_task, .parsed_size = sizeof(struct psb_macos_task),
              .redact = psb_redact_none},
    [TASKALL] = {"taskallinfo", "proc_pidinfo PROC_PIDTASKALLINFO; sys/proc_info.h", PSB_SCOPE_PROCESS,
                 PSB_OP_MACOS_TASKALL, .room = sizeof(struct psb_macos_taskall), .entries = 1,
                 .parse = psb_macos_parse_taskall, .parsed_size = sizeof(struct psb_macos_taskall),
                 .redact = psb_macos_redact_taskall},
    [CWD] = {"vnodepathinfo", "proc_pidinfo PROC_PIDVNODEPATHINFO; sys/proc_info.h", PSB_SCOPE_PROCESS,
             PSB_OP_MACOS_CWD, .room = sizeof(struct psb_macos_paths), .entries = 1,
             .parse = psb_macos_parse_paths, .parsed_size = sizeof(struct psb_macos_paths),
             .redact = psb_macos_redact_paths},
    [FDS] = {"listfds", "proc_pidinfo PROC_PIDLISTFDS; sys/proc_info.h", PSB_SCOPE_PROCESS, PSB_OP_MACOS_FDS,
             .room = 2 << 10, .entries = 1, .parse = psb_macos_parse_fds, .parsed_size = sizeof(uint64_t),
             .cut_unseen = true, .redact = psb_redact_none},
    [THREADS] = {"threads", "proc_pidinfo PROC_PIDLISTTHREADS, PROC_PIDTHREADINFO of each; sys/proc_info.h",
                 PSB_SCOPE_PROCESS, PSB_OP_MACOS_THREADS, .room = 4 << 10, .parse = psb_macos_parse_threads,
                 .parsed_size = sizeof(struct psb_macos_threads), .keeps_raw = true, .cut_unseen = true,
                 .redact = psb_macos_redact_threads},
    [EXE] = {"pidpath", "proc_pidpath; libproc.h", PSB_SCOPE_PROCESS, PSB_OP_MACOS_EXE,
             .room = 4 * PSB_MACOS_PATH, .entries = 1, .parse = psb_macos_parse_path,
             .parsed_size = sizeof(struct psb_bytes), .keeps_raw = true, .cut_unseen = true,
             .redact = psb_redact_path},
    [ARGUMENTS] = {"procargs2", "sysctl kern.procargs2; sys/sysctl.h", PSB_SCOPE_PROCESS,
                   PSB_OP_MACOS_ARGUMENTS, .room = 16 << 10, .entries = 1, .parse = psb_macos_parse_arguments,
                   .parsed_size = sizeof(struct psb_bytes), .keeps_raw = true,
                   .redact = psb_macos_redact_arguments},
    [RUSAGE] = {"rusage", "proc_pid_rusage RUSAGE_INFO_V2; libproc.h, sys/resource.h", PSB_SCOPE_PROCESS,
                PSB_OP_MACOS_RUSAGE, .room = sizeof(struct psb_macos_rusage), .entries = 1,
                .parse = psb_macos_parse_rusage, .parsed_size = sizeof(struct psb_macos_rusage),
                .redact = psb_macos_redact_rusage},
    [REGIONS] = {"regions", "proc_pidinfo PROC_PIDREGIONINFO of each region; sys/proc_info.h",
                 PSB_SCOPE_PROCESS, PSB_OP_MACOS_REGIONS, .room = 256 << 10, .parse = psb_macos_parse_regions,
                 .parsed_size = sizeof(uint64_t), .cut_unseen = true, .redact = psb_redact_none},
    [NICE] = {"getpriority", "getpriority(2)", PSB_SCOPE_PROCESS, PSB_OP_MACOS_NICE, .room = 64, .entries = 1,
              .parse = psb_parse_i32, .parsed_size = sizeof(int32_t), .redact = psb_redact_none},
};

/* ---- kern.proc.pid ---- */

static void kinfo_name(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    const struct psb_macos_proc *proc = &((const struct psb_macos_kinfo *)parsed)->kp_proc;
    const char *nul = memchr(proc->p_comm, '\0', sizeof proc->p_comm);
    out->u.text.bytes = proc->p_comm;
    out->u.text.len = nul ? (size_t)(nul - proc->p_comm) : sizeof proc->p_comm;
}

static void kinfo_ppid(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    const struct psb_macos_kinfo *kinfo = parsed;
    out->u.integer = kinfo->kp_eproc.e_ppid;
    if (kinfo->kp_eproc.e_ppid < 0)
        out->status = PSB_UNKNOWN;
}

static void kinfo_create_time(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    const struct psb_macos_proc *proc = &((const struct psb_macos_kinfo *)parsed)->kp_proc;
    out->u.integer = 0;
    if (proc->start_sec <= 0 || proc->start_sec >= INT64_MAX / 1000000000 || proc->start_usec < 0 ||
        proc->start_usec >= 1000000)
        out->status = PSB_UNKNOWN;
    else
        out->u.integer = proc->start_sec * 1000000000 + (int64_t)proc->start_usec * 1000;
}

static void kinfo_uids(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    const struct psb_macos_eproc *eproc = &((const struct psb_macos_kinfo *)parsed)->kp_eproc;
    psb_part(out, PSB_UIDS_REAL, eproc->p_ruid);
    psb_part(out, PSB_UIDS_EFFECTIVE, eproc->cr_uid);
    psb_part(out, PSB_UIDS_SAVED, eproc->p_svuid);
}

/* The effective group is the first of the groups. */
static void kinfo_gids(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    const struct psb_macos_eproc *eproc = &((const struct psb_macos_kinfo *)parsed)->kp_eproc;
    psb_part(out, PSB_GIDS_REAL, eproc->p_rgid);
    if (eproc->cr_ngroups > 0)
        psb_part(out, PSB_GIDS_EFFECTIVE, eproc->cr_groups[0]);
    psb_part(out, PSB_GIDS_SAVED, eproc->p_svgid);
}

/* A device that was not in the list of the boot is unknown, and never absent. */
static void kinfo_terminal(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    uint32_t device = ((const struct psb_macos_kinfo *)parsed)->kp_eproc.e_tdev;
    uint32_t major = psb_macos_major(device), minor = psb_macos_minor(device);
    out->status = device == PSB_MACOS_NODEV ? PSB_ABSENT : PSB_UNKNOWN;
    for (uint32_t i = 0; device != PSB_MACOS_NODEV && i < facts->tty_drivers; i++) {
        const psb_tty_driver *driver = &facts->tty_driver[i];
        char path[sizeof driver->prefix + 16];
        if (driver->major != major || minor < driver->first || minor > driver->last)
            continue;
        if (driver->numbered)
            snprintf(path, sizeof path, "%s%03u", driver->prefix, minor - driver->first + driver->base);
        else
            snprintf(path, sizeof path, "%s", driver->prefix);
        out->status = PSB_OK;
        psb_text_copy(out, room, path, strlen(path));
        return;
    }
}

static void kinfo_nice(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    const struct psb_macos_kinfo *kinfo = parsed;
    int nice = kinfo->kp_proc.p_nice; /* NOLINT(bugprone-signed-char-misuse): a number, and may be negative */
    out->u.integer = nice;
}

/* A zombie, or a process of the kernel's. */
static void kinfo_no_arguments(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    out->u.text.bytes = "";
    out->u.text.len = 0;
}

/* SRUN is of every process that lives: what it does is told by its task alone. */
static void state_of(int64_t stat, psb_value *out)
{
    static const uint8_t STATE[] = {
        [PSB_MACOS_SIDL] = PSB_STATE_IDLE,
        [PSB_MACOS_SSLEEP] = PSB_STATE_SLEEPING,
        [PSB_MACOS_SSTOP] = PSB_STATE_STOPPED,
        [PSB_MACOS_SZOMB] = PSB_STATE_ZOMBIE,
    };
    bool told = stat >= PSB_MACOS_SIDL && stat <= PSB_MACOS_SZOMB && stat != PSB_MACOS_SRUN;
    out->u.integer = told ? STATE[stat] : 0;
    out->status = told ? PSB_OK : PSB_UNKNOWN;
}

static void taskall_status(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    const struct psb_macos_taskall *all = parsed;
    state_of(all->status, out);
    if (all->status != PSB_MACOS_SRUN || all->task.numrunning < 0)
        return;
    out->status = PSB_OK;
    out->u.integer = all->task.numrunning > 0 ? PSB_STATE_RUNNING : PSB_STATE_SLEEPING;
}

/* The task was refused, or is no more. Whether one that lives sleeps is then refused, too. */
static void kinfo_status(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    const struct psb_macos_proc *proc = &((const struct psb_macos_kinfo *)parsed)->kp_proc;
    state_of(proc->p_stat, out);
    if (proc->p_stat == PSB_MACOS_SRUN && !(proc->p_flag & PSB_MACOS_P_WEXIT))
        out->status = PSB_DENIED;
}

/* ---- PROC_PIDTASKINFO ---- */

static void part_of_ticks(psb_value *out, unsigned n, uint64_t ticks, const psb_facts *facts)
{
    uint64_t ns;
    if (psb_macos_ticks_to_ns(ticks, facts, &ns))
        psb_part(out, n, ns);
}

/* Nothing is told of children. */
static void task_cpu_times(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    const struct psb_macos_task *task = parsed;
    part_of_ticks(out, PSB_CPU_TIMES_USER, task->total_user, facts);
    part_of_ticks(out, PSB_CPU_TIMES_SYSTEM, task->total_system, facts);
    if (out->known == 0)
        out->status = PSB_UNKNOWN;
}

static void task_memory(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    const struct psb_macos_task *task = parsed;
    psb_part(out, PSB_MEMORY_INFO_RSS, task->resident_size);
    psb_part(out, PSB_MEMORY_INFO_VMS, task->virtual_size);
}

static void task_num_threads(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    const struct psb_macos_task *task = parsed;
    out->u.integer = task->threadnum;
    if (task->threadnum < 0)
        out->status = PSB_UNKNOWN;
}

/* An int that old kernels let overflow and new ones stop at its largest. */
static bool is_count(int32_t count)
{
    return count >= 0 && count < INT32_MAX;
}

/* The kernel counts both kinds as one. */
static void task_switches(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    const struct psb_macos_task *task = parsed;
    if (is_count(task->csw))
        psb_part(out, PSB_NUM_CTX_SWITCHES_TOTAL, (uint64_t)task->csw);
    else
        out->status = PSB_UNKNOWN;
}

/* Those served from a pager are among all faults. */
static void task_page_faults(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    const struct psb_macos_task *task = parsed;
    bool major = is_count(task->pageins);
    if (major)
        psb_part(out, PSB_PAGE_FAULTS_MAJOR, (uint64_t)task->pageins);
    if (major && is_count(task->faults) && task->faults >= task->pageins)
        psb_part(out, PSB_PAGE_FAULTS_MINOR, (uint64_t)(task->faults - task->pageins));
    if (out->known == 0)
        out->status = PSB_UNKNOWN;
}

/* ---- the other sources ---- */

/* A directory that was deleted is there and has no path; a process of the kernel's has no directory. */
static void working_directory(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    const struct psb_macos_vnode_path *cdir = &((const struct psb_macos_paths *)parsed)->cdir;
    out->u.text.bytes = cdir->vip_path;
    out->u.text.len = strlen(cdir->vip_path);
    if (out->u.text.len == 0)
        out->status = cdir->vi_type == PSB_MACOS_VNON ? PSB_ABSENT : PSB_UNKNOWN;
}

/* A handle is an address in the process, or 0: threads are numbered from 1 instead. */
static void all_threads(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    const struct psb_macos_threads *threads = parsed;
    psb_thread *thread = psb_arena_alloc(room, threads->count * sizeof *thread);
    struct psb_macos_thread one;
    if (!thread) {
        *out = psb_value_of_status(PSB_NOMEM, 0);
        return;
    }
    for (uint32_t i = 0; i < threads->count; i++) {
        memcpy(&one, threads->thread + i * sizeof one, sizeof one);
        thread[i] = (psb_thread){(int64_t)i + 1, one.info.user_time, one.info.system_time};
    }
    out->count = threads->count;
    out->u.thread = thread;
}

/* Calls are not counted, nor what caches served. */
static void bytes_moved(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    const struct psb_macos_rusage *rusage = parsed;
    psb_part(out, PSB_IO_COUNTERS_READ_BYTES, rusage->diskio_bytesread);
    psb_part(out, PSB_IO_COUNTERS_WRITE_BYTES, rusage->diskio_byteswritten);
}

/* clang-format off */
#define BY(source, decode) {{{source, 0, decode}}}
#define OR(source, decode, when, second, other) {{{source, 0, decode}, {second, when, other}}}
/* clang-format on */

enum { NO_TASK = PSB_WHEN(PSB_ABSENT), NO_ANSWER = PSB_WHEN(PSB_ABSENT) | PSB_WHEN(PSB_DENIED) };

static const psb_method METHOD[PSB_FIELDS] = {
    [PSB_NAME] = BY(KINFO, kinfo_name),
    [PSB_EXE] = BY(EXE, psb_decode_bytes),
    [PSB_CMDLINE] = OR(ARGUMENTS, psb_decode_bytes, NO_TASK, KINFO, kinfo_no_arguments),
    [PSB_PPID] = BY(KINFO, kinfo_ppid),
    [PSB_STATUS] = OR(TASKALL, taskall_status, NO_ANSWER, KINFO, kinfo_status),
    [PSB_CREATE_TIME] = BY(KINFO, kinfo_create_time),
    [PSB_UIDS] = BY(KINFO, kinfo_uids),
    [PSB_GIDS] = BY(KINFO, kinfo_gids),
    [PSB_TERMINAL] = BY(KINFO, kinfo_terminal),
    [PSB_CPU_TIMES] = BY(TASK, task_cpu_times),
    [PSB_MEMORY_INFO] = BY(TASK, task_memory),
    [PSB_MEMORY_FULL_INFO] = BY(REGIONS, own_memory),
    [PSB_NUM_THREADS] = BY(TASK, task_num_threads),
    [PSB_THREADS] = BY(THREADS, all_threads),
    [PSB_NUM_CTX_SWITCHES] = BY(TASK, task_switches),
    [PSB_NUM_FDS] = BY(FDS, psb_decode_u64),
    [PSB_IO_COUNTERS] = BY(RUSAGE, bytes_moved),
    [PSB_NICE] = OR(NICE, psb_decode_i32, NO_TASK, KINFO, kinfo_nice),
    [PSB_CWD] = BY(CWD, working_directory),
    [PSB_PAGE_FAULTS] = BY(TASK, task_page_faults),
};

const psb_port psb_macos_port = {
    .name = "macos",
    .system = "macOS",
    .source = SOURCE,
    .sources = SOURCES,
    .method = METHOD,
    .user = {USER, 0, psb_decode_bytes},
    .clock = {CLOCK, 0, psb_decode_i64},
    .pids_source = ALL,
    .simulate = psb_macos_simulate,
    .express = psb_macos_express,
};

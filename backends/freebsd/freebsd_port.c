/* freebsd_port.c: FreeBSD as data. The sources, the methods, and the decoders between them. */
#include "freebsd_abi.h"

#include "plain.h"

#include <stdio.h>
#include <string.h>

enum source { PAGESIZE, PHYSMEM, TTYS, PROCS, CLOCK, USER, PROC, THREADS, ARGS, PATHNAME, FILES, SOURCES };

#define SYSCTL .entries = 1

static const psb_source SOURCE[SOURCES] = {
    [PAGESIZE] = {"pagesize", "hw.pagesize; sysctl(3)", PSB_SCOPE_BOOT, PSB_OP_FREEBSD_PAGESIZE, .room = 64,
                  SYSCTL, .parse = psb_freebsd_parse_pagesize, .redact = psb_redact_none},
    [PHYSMEM] = {"physmem", "hw.physmem; sysctl(3)", PSB_SCOPE_BOOT, PSB_OP_FREEBSD_PHYSMEM, .room = 64,
                 SYSCTL, .parse = psb_freebsd_parse_physmem, .redact = psb_redact_none},
    [TTYS] = {"ttys", "terminals under /dev and their st_rdev; devfs(4), pts(4), stat(2)", PSB_SCOPE_BOOT,
              PSB_OP_FREEBSD_TTYS, .room = 16 << 10, .parse = psb_freebsd_parse_ttys, .cut_unseen = true,
              .redact = psb_redact_none},
    [PROCS] = {"procs", "kern.proc.proc: struct kinfo_proc of every process; sys/sysctl.h", PSB_SCOPE_SYSTEM,
               PSB_OP_FREEBSD_PROCS, .room = 256 << 10, SYSCTL, .record = psb_freebsd_record,
               .redact = psb_freebsd_redact_procs},
    [CLOCK] = {"clock", "clock_gettime(2), through the vDSO: no entry", PSB_SCOPE_SYSTEM, PSB_OP_CLOCK,
               .room = 64, .parse = psb_parse_i64, .parsed_size = sizeof(int64_t), .redact = psb_redact_none},
    [USER] = {"user", "getpwuid_r(3): passwd(5) and what nsswitch.conf(5) names", PSB_SCOPE_USER,
              PSB_OP_USER_NAME, .room = 4 << 10, .parse = psb_parse_bytes,
              .parsed_size = sizeof(struct psb_bytes), .keeps_raw = true, .cut_unseen = true,
              .redact = psb_redact_name},
    [PROC] = {"proc", "kern.proc.pid.PID: struct kinfo_proc; sys/user.h", PSB_SCOPE_PROCESS,
              PSB_OP_FREEBSD_PROC, .room = 2 << 10, SYSCTL, .parse = psb_freebsd_parse_proc,
              .parsed_size = sizeof(struct psb_freebsd_proc), .table = PROCS,
              .redact = psb_freebsd_redact_procs},
    [THREADS] = {"threads",
                 "kern.proc, KERN_PROC_PID | KERN_PROC_INC_THREAD: struct kinfo_proc of every thread",
                 PSB_SCOPE_PROCESS, PSB_OP_FREEBSD_THREADS, .room = 16 << 10, SYSCTL,
                 .parse = psb_freebsd_parse_threads, .parsed_size = sizeof(struct psb_freebsd_threads),
                 .keeps_raw = true, .cut_unseen = true, .redact = psb_freebsd_redact_procs},
    [ARGS] = {"args", "kern.proc.args.PID; sys/sysctl.h, setproctitle(3)", PSB_SCOPE_PROCESS,
              PSB_OP_FREEBSD_ARGS, .room = 4 << 10, SYSCTL, .parse = psb_parse_bytes,
              .parsed_size = sizeof(struct psb_bytes), .keeps_raw = true, .cut_unseen = true,
              .redact = psb_redact_arguments},
    [PATHNAME] = {"pathname", "kern.proc.pathname.PID; sys/sysctl.h", PSB_SCOPE_PROCESS,
                  PSB_OP_FREEBSD_PATHNAME, .room = 2 << 10, SYSCTL, .parse = psb_freebsd_parse_path,
                  .parsed_size = sizeof(struct psb_bytes), .keeps_raw = true, .redact = psb_redact_path},
    [FILES] = {"filedesc", "kern.proc.filedesc.PID: struct kinfo_file, packed; sys/user.h", PSB_SCOPE_PROCESS,
               PSB_OP_FREEBSD_FILES, .room = 32 << 10, SYSCTL, .parse = psb_freebsd_parse_files,
               .parsed_size = sizeof(struct psb_freebsd_files), .keeps_raw = true, .cut_unseen = true,
               .redact = psb_freebsd_redact_files},
};

/* ---- kern.proc.pid ---- */

static void proc_name(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    const struct psb_freebsd_proc *proc = parsed;
    const char *nul = memchr(proc->comm, '\0', sizeof proc->comm);
    out->u.text.bytes = proc->comm;
    out->u.text.len = nul ? (size_t)(nul - proc->comm) : sizeof proc->comm;
}

/* An integer that no good kernel makes negative. */
static void natural(int64_t number, psb_value *out)
{
    out->u.integer = number;
    if (number < 0)
        out->status = PSB_UNKNOWN;
}

static void proc_ppid(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    natural(((const struct psb_freebsd_proc *)parsed)->ppid, out);
}

static void proc_num_threads(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    natural(((const struct psb_freebsd_proc *)parsed)->numthreads, out);
}

static void proc_status(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    static const struct {
        bool known;
        uint8_t state;
    } STATE[] = {
        [PSB_FREEBSD_SIDL] = {true, PSB_STATE_IDLE},       [PSB_FREEBSD_SRUN] = {true, PSB_STATE_RUNNING},
        [PSB_FREEBSD_SSLEEP] = {true, PSB_STATE_SLEEPING}, [PSB_FREEBSD_SSTOP] = {true, PSB_STATE_STOPPED},
        [PSB_FREEBSD_SZOMB] = {true, PSB_STATE_ZOMBIE},    [PSB_FREEBSD_SWAIT] = {true, PSB_STATE_WAITING},
        [PSB_FREEBSD_SLOCK] = {true, PSB_STATE_LOCKED},
    };
    uint8_t stat = ((const struct psb_freebsd_proc *)parsed)->stat;
    if (stat >= sizeof STATE / sizeof *STATE || !STATE[stat].known)
        out->status = PSB_UNKNOWN;
    else
        out->u.integer = STATE[stat].state;
}

/* False: no time, or one that does not fit. */
static bool ns_of(struct psb_freebsd_timeval time, uint64_t *ns)
{
    if (time.sec < 0 || time.usec < 0 || time.usec >= 1000000 || time.sec > INT64_MAX / 1000000000 - 1)
        return false;
    *ns = (uint64_t)time.sec * 1000000000 + (uint64_t)time.usec * 1000;
    return true;
}

/* 0 is no start: the kernel tells none of a process that is half made. */
static void proc_create_time(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    uint64_t ns;
    if (ns_of(((const struct psb_freebsd_proc *)parsed)->start, &ns) && ns > 0)
        out->u.integer = (int64_t)ns;
    else
        out->status = PSB_UNKNOWN;
}

static void proc_uids(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    const struct psb_freebsd_proc *proc = parsed;
    psb_part(out, PSB_UIDS_REAL, proc->ruid);
    psb_part(out, PSB_UIDS_EFFECTIVE, proc->uid);
    psb_part(out, PSB_UIDS_SAVED, proc->svuid);
}

static void proc_gids(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    const struct psb_freebsd_proc *proc = parsed;
    psb_part(out, PSB_GIDS_REAL, proc->rgid);
    if (proc->ngroups > 0)
        psb_part(out, PSB_GIDS_EFFECTIVE, proc->groups[0]);
    psb_part(out, PSB_GIDS_SAVED, proc->svgid);
}

static void proc_terminal(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    uint64_t device = ((const struct psb_freebsd_proc *)parsed)->tdev;
    uint32_t major = (uint32_t)(device >> 32), minor = (uint32_t)device;
    if (device == PSB_FREEBSD_NODEV) {
        out->status = PSB_ABSENT;
        return;
    }
    for (uint32_t i = 0; i < facts->tty_drivers; i++) {
        const psb_tty_driver *driver = &facts->tty_driver[i];
        char path[sizeof driver->prefix + 16];
        if (driver->major != major || minor < driver->first || minor > driver->last)
            continue;
        if (driver->numbered)
            snprintf(path, sizeof path, "%s%u", driver->prefix, minor - driver->first + driver->base);
        else
            snprintf(path, sizeof path, "%s", driver->prefix);
        psb_text_copy(out, room, path, strlen(path));
        return;
    }
    out->status = PSB_UNKNOWN;
}

static void part_time(psb_value *out, unsigned part, struct psb_freebsd_timeval time)
{
    uint64_t ns;
    if (ns_of(time, &ns))
        psb_part(out, part, ns);
}

/* Part n is count units, if that is a number at all. */
static void part_count(psb_value *out, unsigned part, int64_t count, uint64_t unit)
{
    if (count >= 0)
        psb_part_scaled(out, part, (uint64_t)count, unit);
}

static void known_or_unknown(psb_value *out)
{
    if (out->known == 0)
        out->status = PSB_UNKNOWN;
}

static void proc_cpu_times(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    const struct psb_freebsd_proc *proc = parsed;
    part_time(out, PSB_CPU_TIMES_USER, proc->rusage.utime);
    part_time(out, PSB_CPU_TIMES_SYSTEM, proc->rusage.stime);
    part_time(out, PSB_CPU_TIMES_CHILDREN_USER, proc->rusage_ch.utime);
    part_time(out, PSB_CPU_TIMES_CHILDREN_SYSTEM, proc->rusage_ch.stime);
    known_or_unknown(out);
}

static void proc_cpu_num(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    const struct psb_freebsd_proc *proc = parsed;
    bool on = proc->stat == PSB_FREEBSD_SRUN && proc->oncpu != PSB_FREEBSD_NOCPU;
    natural(on ? proc->oncpu : proc->lastcpu, out);
}

static void proc_memory(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    const struct psb_freebsd_proc *proc = parsed;
    part_count(out, PSB_MEMORY_INFO_RSS, proc->rssize, facts->page_bytes);
    psb_part(out, PSB_MEMORY_INFO_VMS, proc->size);
    part_count(out, PSB_MEMORY_INFO_TEXT, proc->tsize, facts->page_bytes);
    if (proc->dsize >= 0 && proc->ssize >= 0 && proc->dsize <= INT64_MAX - proc->ssize)
        part_count(out, PSB_MEMORY_INFO_DATA, proc->dsize + proc->ssize, facts->page_bytes);
}

static void proc_switches(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    const struct psb_freebsd_proc *proc = parsed;
    part_count(out, PSB_NUM_CTX_SWITCHES_VOLUNTARY, proc->rusage.nvcsw, 1);
    part_count(out, PSB_NUM_CTX_SWITCHES_INVOLUNTARY, proc->rusage.nivcsw, 1);
    psb_part_sum(out, PSB_NUM_CTX_SWITCHES_TOTAL, PSB_NUM_CTX_SWITCHES_VOLUNTARY,
                 PSB_NUM_CTX_SWITCHES_INVOLUNTARY);
    known_or_unknown(out);
}

static void proc_io(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    const struct psb_freebsd_proc *proc = parsed;
    part_count(out, PSB_IO_COUNTERS_READ_COUNT, proc->rusage.inblock, 1);
    part_count(out, PSB_IO_COUNTERS_WRITE_COUNT, proc->rusage.oublock, 1);
    known_or_unknown(out);
}

static void proc_faults(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    const struct psb_freebsd_proc *proc = parsed;
    part_count(out, PSB_PAGE_FAULTS_MINOR, proc->rusage.minflt, 1);
    part_count(out, PSB_PAGE_FAULTS_MAJOR, proc->rusage.majflt, 1);
    known_or_unknown(out);
}

static void proc_nice(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    int nice = ((const struct psb_freebsd_proc *)parsed)->nice;
    out->u.integer = nice < 128 ? nice : nice - 256;
}

/* ---- the other sources ---- */

static void thread_rows(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    const struct psb_freebsd_threads *threads = parsed;
    struct psb_freebsd_proc row;
    psb_thread *thread = psb_arena_alloc(room, threads->count * sizeof *thread);
    if (!thread) {
        *out = psb_value_of_status(PSB_NOMEM, 0);
        return;
    }
    for (uint32_t i = 0; i < threads->count; i++) {
        memcpy(&row, threads->rows + i * sizeof row, sizeof row);
        thread[i].id = row.tid;
        if (!ns_of(row.rusage.utime, &thread[i].user_ns) || !ns_of(row.rusage.stime, &thread[i].system_ns)) {
            out->status = PSB_UNKNOWN;
            return;
        }
    }
    out->count = threads->count;
    out->u.thread = thread;
}

/* Each ends in a NUL; the last may lack it, if the process has set its title that way. */
static void args_cmdline(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    const struct psb_bytes *raw = parsed;
    out->u.text.bytes = "";
    out->u.text.len = 0;
    if (raw->len == 0)
        return;
    if (raw->bytes[raw->len - 1] == '\0') {
        out->u.text.bytes = raw->bytes;
        out->u.text.len = raw->len;
    } else {
        char *ended = psb_arena_alloc(room, raw->len + 1);
        if (!ended) {
            *out = psb_value_of_status(PSB_NOMEM, 0);
            return;
        }
        memcpy(ended, raw->bytes, raw->len);
        ended[raw->len] = '\0';
        out->u.text.bytes = ended;
        out->u.text.len = raw->len + 1;
    }
    for (size_t i = 0; i < out->u.text.len; i++)
        out->count += out->u.text.bytes[i] == '\0';
}

static void path_exe(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    const struct psb_bytes *raw = parsed;
    out->u.text.bytes = raw->bytes;
    out->u.text.len = raw->len;
    if (raw->len == 0)
        out->status = PSB_ABSENT;
}

static void files_cwd(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    const char *cwd = ((const struct psb_freebsd_files *)parsed)->cwd;
    if (!cwd || !*cwd) {
        out->status = cwd ? PSB_UNKNOWN : PSB_ABSENT;
        return;
    }
    out->u.text.bytes = cwd;
    out->u.text.len = strlen(cwd);
}

static void files_count(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    out->u.integer = ((const struct psb_freebsd_files *)parsed)->open;
}

/* One source, no second try. */
/* clang-format off */
#define BY(source, decode) {{{source, 0, decode}}}
/* clang-format on */

static const psb_method METHOD[PSB_FIELDS] = {
    [PSB_NAME] = BY(PROC, proc_name),
    [PSB_EXE] = BY(PATHNAME, path_exe),
    [PSB_CMDLINE] = BY(ARGS, args_cmdline),
    [PSB_PPID] = BY(PROC, proc_ppid),
    [PSB_STATUS] = BY(PROC, proc_status),
    [PSB_CREATE_TIME] = BY(PROC, proc_create_time),
    [PSB_UIDS] = BY(PROC, proc_uids),
    [PSB_GIDS] = BY(PROC, proc_gids),
    [PSB_TERMINAL] = BY(PROC, proc_terminal),
    [PSB_CPU_TIMES] = BY(PROC, proc_cpu_times),
    [PSB_CPU_NUM] = BY(PROC, proc_cpu_num),
    [PSB_MEMORY_INFO] = BY(PROC, proc_memory),
    [PSB_NUM_THREADS] = BY(PROC, proc_num_threads),
    [PSB_THREADS] = BY(THREADS, thread_rows),
    [PSB_NUM_CTX_SWITCHES] = BY(PROC, proc_switches),
    [PSB_NUM_FDS] = BY(FILES, files_count),
    [PSB_IO_COUNTERS] = BY(PROC, proc_io),
    [PSB_NICE] = BY(PROC, proc_nice), /* getpriority(2) knows no process that is being created */
    [PSB_CWD] = BY(FILES, files_cwd),
    [PSB_PAGE_FAULTS] = BY(PROC, proc_faults),
};

const psb_port psb_freebsd_port = {
    .name = "freebsd",
    .system = "FreeBSD",
    .source = SOURCE,
    .sources = SOURCES,
    .method = METHOD,
    .user = {USER, 0, psb_decode_bytes},
    .clock = {CLOCK, 0, psb_decode_i64},
    .pids_source = PROCS,
    .simulate = psb_freebsd_simulate,
    .express = psb_freebsd_express,
};

/* linux_port.c: Linux as data. The sources, the methods, and the decoders between them. */
#include "linux_abi.h"

#include "plain.h"

#include <stdio.h>
#include <string.h>

/* clang-format off */
enum source {
    SYSCONF, BOOT, MEMINFO, TTY_DRIVERS, PIDS, CLOCK, USER,
    STAT, STATUS, STATM, SMAPS_ROLLUP, SMAPS, IO, CMDLINE, EXE, CWD, FD, TASK, GETPRIORITY,
    SOURCES
};
/* clang-format on */

#define FILE_READ .entries = 3 /* open, read, close */

static bool pid_record(const void *raw, size_t len, size_t *at, psb_record *out)
{
    return psb_record_of_size(sizeof(int64_t), 0, sizeof(int64_t), raw, len, at, out);
}

static const psb_source SOURCE[SOURCES] = {
    [SYSCONF] = {"sysconf", "sysconf(3): page size, clock ticks", PSB_SCOPE_BOOT, PSB_OP_LINUX_SYSCONF,
                 .room = 64, .parse = psb_linux_parse_sysconf, .redact = psb_redact_none},
    [BOOT] = {"boot", "/proc/stat: btime; proc_stat(5)", PSB_SCOPE_BOOT, PSB_OP_LINUX_BOOT, .room = 16 << 10,
              FILE_READ, .parse = psb_linux_parse_boot, .redact = psb_redact_none},
    [MEMINFO] = {"meminfo", "/proc/meminfo: MemTotal; proc_meminfo(5)", PSB_SCOPE_BOOT, PSB_OP_LINUX_MEMINFO,
                 .room = 8 << 10, FILE_READ, .parse = psb_linux_parse_meminfo, .redact = psb_redact_none},
    [TTY_DRIVERS] = {"tty_drivers", "/proc/tty/drivers: device numbers of terminals; proc_tty(5)",
                     PSB_SCOPE_BOOT, PSB_OP_LINUX_TTY_DRIVERS, .room = 8 << 10, FILE_READ,
                     .parse = psb_linux_parse_tty_drivers, .cut_unseen = true, .redact = psb_redact_none},
    [PIDS] = {"pids", "names of /proc that are numbers; proc(5)", PSB_SCOPE_SYSTEM, PSB_OP_LINUX_PIDS,
              .room = 16 << 10, .record = pid_record, .redact = psb_redact_none},
    [CLOCK] = {"clock", "clock_gettime(2), through the vDSO: no entry", PSB_SCOPE_SYSTEM, PSB_OP_CLOCK,
               .room = 64, .parse = psb_parse_i64, .parsed_size = sizeof(int64_t), .redact = psb_redact_none},
    [USER] = {"user", "getpwuid_r(3): /etc/passwd and what nsswitch.conf(5) names", PSB_SCOPE_USER,
              PSB_OP_USER_NAME, .room = 4 << 10, .parse = psb_parse_bytes,
              .parsed_size = sizeof(struct psb_bytes), .keeps_raw = true, .cut_unseen = true,
              .redact = psb_redact_name},
    [STAT] = {"stat", "/proc/PID/stat; proc_pid_stat(5)", PSB_SCOPE_PROCESS, PSB_OP_LINUX_STAT,
              .room = 1 << 10, FILE_READ, .parse = psb_linux_parse_stat,
              .parsed_size = sizeof(struct psb_linux_stat), .redact = psb_linux_redact_stat},
    [STATUS] = {"status", "/proc/PID/status; proc_pid_status(5)", PSB_SCOPE_PROCESS, PSB_OP_LINUX_STATUS,
                .room = 4 << 10, FILE_READ, .parse = psb_linux_parse_status,
                .parsed_size = sizeof(struct psb_linux_status), .redact = psb_linux_redact_status},
    [STATM] = {"statm", "/proc/PID/statm; proc_pid_statm(5)", PSB_SCOPE_PROCESS, PSB_OP_LINUX_STATM,
               .room = 256, FILE_READ, .parse = psb_linux_parse_statm,
               .parsed_size = sizeof(struct psb_linux_statm), .redact = psb_redact_none},
    [SMAPS_ROLLUP] = {"smaps_rollup", "/proc/PID/smaps_rollup, since Linux 4.14; proc_pid_smaps(5)",
                      PSB_SCOPE_PROCESS, PSB_OP_LINUX_SMAPS_ROLLUP, .room = 4 << 10, FILE_READ,
                      .parse = psb_linux_parse_smaps, .parsed_size = sizeof(struct psb_linux_smaps),
                      .cut_unseen = true, .redact = psb_linux_redact_smaps},
    [SMAPS] = {"smaps", "/proc/PID/smaps, to its end; proc_pid_smaps(5)", PSB_SCOPE_PROCESS,
               PSB_OP_LINUX_SMAPS, .room = 64 << 10, .parse = psb_linux_parse_smaps,
               .parsed_size = sizeof(struct psb_linux_smaps), .cut_unseen = true,
               .redact = psb_linux_redact_smaps},
    [IO] = {"io", "/proc/PID/io; proc_pid_io(5)", PSB_SCOPE_PROCESS, PSB_OP_LINUX_IO, .room = 512, FILE_READ,
            .parse = psb_linux_parse_io, .parsed_size = sizeof(struct psb_linux_io),
            .redact = psb_redact_none},
    [CMDLINE] = {"cmdline", "/proc/PID/cmdline; proc_pid_cmdline(5)", PSB_SCOPE_PROCESS, PSB_OP_LINUX_CMDLINE,
                 .room = 4 << 10, FILE_READ, .parse = psb_parse_bytes,
                 .parsed_size = sizeof(struct psb_bytes), .keeps_raw = true, .cut_unseen = true,
                 .redact = psb_redact_arguments},
    [EXE] = {"exe", "link /proc/PID/exe; proc_pid_exe(5)", PSB_SCOPE_PROCESS, PSB_OP_LINUX_EXE,
             .room = 4 << 10, .entries = 1, .parse = psb_linux_parse_path,
             .parsed_size = sizeof(struct psb_bytes), .keeps_raw = true, .cut_unseen = true,
             .redact = psb_redact_path},
    [CWD] = {"cwd", "link /proc/PID/cwd; proc_pid_cwd(5)", PSB_SCOPE_PROCESS, PSB_OP_LINUX_CWD,
             .room = 4 << 10, .entries = 1, .parse = psb_linux_parse_path,
             .parsed_size = sizeof(struct psb_bytes), .keeps_raw = true, .cut_unseen = true,
             .redact = psb_redact_path},
    [FD] = {"fd", "entries of /proc/PID/fd; proc_pid_fd(5)", PSB_SCOPE_PROCESS, PSB_OP_LINUX_FD, .room = 64,
            .parse = psb_parse_u64, .parsed_size = sizeof(uint64_t), .redact = psb_redact_none},
    [TASK] = {"task", "/proc/PID/task/TID/stat of every thread; proc_pid_task(5)", PSB_SCOPE_PROCESS,
              PSB_OP_LINUX_TASK, .room = 16 << 10, .parse = psb_linux_parse_tasks,
              .parsed_size = sizeof(struct psb_linux_tasks), .keeps_raw = true, .cut_unseen = true,
              .redact = psb_linux_redact_tasks},
    [GETPRIORITY] = {"getpriority", "getpriority(2)", PSB_SCOPE_PROCESS, PSB_OP_LINUX_NICE, .room = 64,
                     .entries = 1, .parse = psb_parse_i32, .parsed_size = sizeof(int32_t),
                     .redact = psb_redact_none},
};

/* ---- stat ---- */

static void stat_name(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    const struct psb_linux_stat *stat = parsed;
    out->u.text.bytes = stat->comm;
    out->u.text.len = stat->comm_len;
}

static void stat_ppid(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    const struct psb_linux_stat *stat = parsed;
    out->u.integer = stat->ppid;
    if (stat->ppid < 0 || stat->ppid > INT32_MAX)
        out->status = PSB_UNKNOWN;
}

/* Letters: fs/proc/array.c, task_state_array; x K W are of kernels before 4.14. */
static void stat_status(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    static const struct {
        char letter;
        uint8_t state;
    } STATES[] = {
        {'R', PSB_STATE_RUNNING}, {'S', PSB_STATE_SLEEPING},     {'D', PSB_STATE_DISK_SLEEP},
        {'T', PSB_STATE_STOPPED}, {'t', PSB_STATE_TRACING_STOP}, {'Z', PSB_STATE_ZOMBIE},
        {'X', PSB_STATE_DEAD},    {'x', PSB_STATE_DEAD},         {'I', PSB_STATE_IDLE},
        {'P', PSB_STATE_PARKED},  {'K', PSB_STATE_WAKE_KILL},    {'W', PSB_STATE_WAKING},
    };
    const struct psb_linux_stat *stat = parsed;
    for (size_t i = 0; i < sizeof STATES / sizeof *STATES; i++)
        if (STATES[i].letter == stat->state) {
            out->u.integer = STATES[i].state;
            return;
        }
    out->status = PSB_UNKNOWN;
}

static void stat_create_time(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    const struct psb_linux_stat *stat = parsed;
    uint64_t since_boot;
    if (facts->boot_ns == 0 || facts->boot_ns > INT64_MAX ||
        !psb_ticks_to_ns(stat->starttime, facts->ticks_per_second, &since_boot) ||
        since_boot > INT64_MAX - facts->boot_ns) {
        out->status = PSB_UNKNOWN;
        return;
    }
    out->u.integer = (int64_t)(facts->boot_ns + since_boot);
}

/* tty_nr is new_encode_dev (include/linux/kdev_t.h): minor in bits 0-7 and 20-31, major in bits 8-19. */
static void stat_terminal(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    const struct psb_linux_stat *stat = parsed;
    uint32_t device = (uint32_t)stat->tty_nr;
    uint32_t major = device >> 8 & 0xfff, minor = (device & 0xff) | (device >> 12 & 0xfff00);
    if (stat->tty_nr == 0) {
        out->status = PSB_ABSENT;
        return;
    }
    bool is_device = stat->tty_nr >= INT32_MIN && stat->tty_nr <= UINT32_MAX;
    for (uint32_t i = 0; is_device && i < facts->tty_drivers; i++) {
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

static void stat_cpu_times(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    const struct psb_linux_stat *stat = parsed;
    uint64_t hz = facts->ticks_per_second;
    psb_part_ticks(out, PSB_CPU_TIMES_USER, stat->utime, hz);
    psb_part_ticks(out, PSB_CPU_TIMES_SYSTEM, stat->stime, hz);
    if (stat->cutime >= 0)
        psb_part_ticks(out, PSB_CPU_TIMES_CHILDREN_USER, (uint64_t)stat->cutime, hz);
    if (stat->cstime >= 0)
        psb_part_ticks(out, PSB_CPU_TIMES_CHILDREN_SYSTEM, (uint64_t)stat->cstime, hz);
    if (stat->has_iowait)
        psb_part_ticks(out, PSB_CPU_TIMES_IOWAIT, stat->iowait, hz);
}

static void stat_cpu_num(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    const struct psb_linux_stat *stat = parsed;
    out->u.integer = (int64_t)stat->processor;
    if (stat->processor > INT32_MAX)
        out->status = PSB_UNKNOWN;
}

static void stat_page_faults(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    const struct psb_linux_stat *stat = parsed;
    psb_part(out, PSB_PAGE_FAULTS_MINOR, stat->minflt);
    psb_part(out, PSB_PAGE_FAULTS_MAJOR, stat->majflt);
}

/* ---- status ---- */

static void three_ids(bool has, const uint64_t id[3], psb_value *out)
{
    if (!has)
        out->status = PSB_UNKNOWN;
    for (unsigned i = 0; has && i < 3; i++)
        if (id[i] <= UINT32_MAX)
            psb_part(out, i, id[i]);
}

static void status_uids(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    const struct psb_linux_status *status = parsed;
    three_ids(status->has_uid, status->uid, out);
}

static void status_gids(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    const struct psb_linux_status *status = parsed;
    three_ids(status->has_gid, status->gid, out);
}

static void status_threads(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    const struct psb_linux_status *status = parsed;
    out->u.integer = (int64_t)status->threads;
    if (!status->has_threads || status->threads > INT64_MAX)
        out->status = PSB_UNKNOWN;
}

static void status_switches(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    const struct psb_linux_status *status = parsed;
    if (status->has_voluntary)
        psb_part(out, PSB_NUM_CTX_SWITCHES_VOLUNTARY, status->voluntary);
    if (status->has_involuntary)
        psb_part(out, PSB_NUM_CTX_SWITCHES_INVOLUNTARY, status->involuntary);
    psb_part_sum(out, PSB_NUM_CTX_SWITCHES_TOTAL, PSB_NUM_CTX_SWITCHES_VOLUNTARY,
                 PSB_NUM_CTX_SWITCHES_INVOLUNTARY);
    if (out->known == 0)
        out->status = PSB_UNKNOWN;
}

/* ---- the other sources ---- */

static void statm_memory(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    const struct psb_linux_statm *statm = parsed;
    psb_part_scaled(out, PSB_MEMORY_INFO_RSS, statm->resident, facts->page_bytes);
    psb_part_scaled(out, PSB_MEMORY_INFO_VMS, statm->size, facts->page_bytes);
    psb_part_scaled(out, PSB_MEMORY_INFO_SHARED, statm->shared, facts->page_bytes);
    psb_part_scaled(out, PSB_MEMORY_INFO_TEXT, statm->text, facts->page_bytes);
    psb_part_scaled(out, PSB_MEMORY_INFO_DATA, statm->data, facts->page_bytes);
}

static void smaps_memory(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    const struct psb_linux_smaps *smaps = parsed;
    if (!smaps->any) {
        out->status = PSB_ABSENT;
        return;
    }
    psb_part(out, PSB_MEMORY_FULL_INFO_USS, smaps->private_bytes);
    psb_part(out, PSB_MEMORY_FULL_INFO_PSS, smaps->pss);
    psb_part(out, PSB_MEMORY_FULL_INFO_SWAP, smaps->swap);
}

static void io_counters(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    const struct psb_linux_io *io = parsed;
    for (unsigned i = 0; i < PSB_IO_COUNTERS_PARTS; i++)
        if (io->known >> i & 1)
            psb_part(out, i, io->number[i]);
    if (out->known == 0)
        out->status = PSB_UNKNOWN;
}

static uint32_t count_byte(const char *bytes, size_t len, char byte)
{
    uint32_t count = 0;
    for (size_t i = 0; i < len; i++)
        count += bytes[i] == byte;
    return count;
}

/*
 * Arguments end in a NUL each. A process that writes a title over its arguments (setproctitle: nginx, Chrome,
 * sshd) leaves them without NULs between, separated by blanks: no NUL at the end, or a single argument with
 * blanks in it, is taken for that. An argv[0] that really contains a blank and has no further arguments is
 * split with them.
 */
static void cmdline(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    const struct psb_bytes *raw = parsed;
    const char *bytes = raw->bytes;
    size_t len = raw->len;
    out->u.text.bytes = "";
    out->u.text.len = 0;
    if (len == 0)
        return;
    bool ended = bytes[len - 1] == '\0';
    uint32_t nuls = count_byte(bytes, len, '\0');
    if (ended && (nuls > 1 || memchr(bytes, ' ', len) == NULL)) {
        out->count = nuls;
        out->u.text.bytes = bytes;
        out->u.text.len = len;
        return;
    }
    len -= ended;
    char *split = psb_arena_alloc(room, len + 1);
    if (!split) {
        *out = psb_value_of_status(PSB_NOMEM, 0);
        return;
    }
    for (size_t i = 0; i < len; i++)
        split[i] = bytes[i] == ' ' ? '\0' : bytes[i];
    split[len] = '\0';
    out->u.text.bytes = split;
    out->u.text.len = len + 1;
    out->count = count_byte(split, len + 1, '\0');
}

static void task_threads(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    const struct psb_linux_tasks *tasks = parsed;
    const char *at = tasks->frames, *raw;
    size_t left = tasks->len, len;
    psb_thread *thread = psb_arena_alloc(room, tasks->count * sizeof *thread);
    if (!thread) {
        *out = psb_value_of_status(PSB_NOMEM, 0);
        return;
    }
    for (uint32_t i = 0; i < tasks->count && psb_linux_next_task(&at, &left, &thread[i].id, &raw, &len);
         i++) {
        struct psb_linux_stat stat;
        if (psb_linux_parse_stat(raw, len, 0, &stat) != PSB_OK ||
            !psb_ticks_to_ns(stat.utime, facts->ticks_per_second, &thread[i].user_ns) ||
            !psb_ticks_to_ns(stat.stime, facts->ticks_per_second, &thread[i].system_ns)) {
            out->status = PSB_UNKNOWN;
            return;
        }
    }
    out->count = tasks->count;
    out->u.thread = thread;
}

/* One source, no second try. */
/* clang-format off */
#define BY(source, decode) {{{source, 0, decode}}}
/* clang-format on */

static const psb_method METHOD[PSB_FIELDS] = {
    [PSB_NAME] = BY(STAT, stat_name),
    [PSB_EXE] = BY(EXE, psb_decode_bytes),
    [PSB_CMDLINE] = BY(CMDLINE, cmdline),
    [PSB_PPID] = BY(STAT, stat_ppid),
    [PSB_STATUS] = BY(STAT, stat_status),
    [PSB_CREATE_TIME] = BY(STAT, stat_create_time),
    [PSB_UIDS] = BY(STATUS, status_uids),
    [PSB_GIDS] = BY(STATUS, status_gids),
    [PSB_TERMINAL] = BY(STAT, stat_terminal),
    [PSB_CPU_TIMES] = BY(STAT, stat_cpu_times),
    [PSB_CPU_NUM] = BY(STAT, stat_cpu_num),
    [PSB_MEMORY_INFO] = BY(STATM, statm_memory), /* stat's rss is approximate since Linux 6.2 */
    /* smaps_rollup is missing before Linux 4.14, and has nothing to say of a zombie or kernel thread. */
    [PSB_MEMORY_FULL_INFO] = {{{SMAPS_ROLLUP, 0, smaps_memory}, {SMAPS, PSB_WHEN(PSB_ABSENT), smaps_memory}}},
    [PSB_NUM_THREADS] = BY(STATUS, status_threads),
    [PSB_THREADS] = BY(TASK, task_threads),
    [PSB_NUM_CTX_SWITCHES] = BY(STATUS, status_switches),
    [PSB_NUM_FDS] = BY(FD, psb_decode_u64),
    [PSB_IO_COUNTERS] = BY(IO, io_counters),
    [PSB_NICE] = BY(GETPRIORITY, psb_decode_i32),
    [PSB_CWD] = BY(CWD, psb_decode_bytes),
    [PSB_PAGE_FAULTS] = BY(STAT, stat_page_faults),
};

const psb_port psb_linux_port = {
    .name = "linux",
    .system = "Linux",
    .source = SOURCE,
    .sources = SOURCES,
    .method = METHOD,
    .user = {USER, 0, psb_decode_bytes},
    .clock = {CLOCK, 0, psb_decode_i64},
    .pids_source = PIDS,
    .simulate = psb_linux_simulate,
};

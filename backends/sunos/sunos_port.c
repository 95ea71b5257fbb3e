/* sunos_port.c: illumos and Solaris as data. The sources, the methods, and the decoders between them. */
#include "sunos_abi.h"

#include "plain.h"

#include <stdio.h>
#include <string.h>

/* clang-format off */
enum source {
    SYSCONF, MAJORS, PIDS, CLOCK, USER,
    PSINFO, CRED, STATUS, USAGE, LSTATUS, LPSINFO, ARGV, EXE, CWD, FD,
    SOURCES
};
/* clang-format on */

#define FILE_READ            .entries = 3 /* open, read, close */
#define OF_PROCESS(id)       PSB_SCOPE_PROCESS, PSB_OP_SUNOS_##id
#define PARSED(parser, type) .parse = psb_sunos_parse_##parser, .parsed_size = sizeof(type)

static bool pid_record(const void *raw, size_t len, size_t *at, psb_record *out)
{
    return psb_record_of_size(sizeof(int64_t), 0, sizeof(int64_t), raw, len, at, out);
}

static const psb_source SOURCE[SOURCES] = {
    [SYSCONF] = {"sysconf", "sysconf(3C): page size, pages of memory", PSB_SCOPE_BOOT, PSB_OP_SUNOS_SYSCONF,
                 .room = 64, .parse = psb_sunos_parse_sysconf, .redact = psb_redact_none},
    [MAJORS] = {"majors", "/etc/name_to_major: device numbers of terminals; name_to_major(5)", PSB_SCOPE_BOOT,
                PSB_OP_SUNOS_MAJORS, .room = 16 << 10, FILE_READ, .parse = psb_sunos_parse_majors,
                .cut_unseen = true, .redact = psb_redact_none},
    [PIDS] = {"pids", "names of /proc that are numbers; proc(5)", PSB_SCOPE_SYSTEM, PSB_OP_SUNOS_PIDS,
              .room = 16 << 10, .record = pid_record, .redact = psb_redact_none},
    [CLOCK] = {"clock", "clock_gettime(3C)", PSB_SCOPE_SYSTEM, PSB_OP_CLOCK, .room = 64,
               .parse = psb_parse_i64, .parsed_size = sizeof(int64_t), .redact = psb_redact_none},
    [USER] = {"user", "getpwuid_r(3C): what nsswitch.conf(5) names", PSB_SCOPE_USER, PSB_OP_USER_NAME,
              .room = 4 << 10, .parse = psb_parse_bytes, .parsed_size = sizeof(struct psb_bytes),
              .keeps_raw = true, .cut_unseen = true, .redact = psb_redact_name},
    [PSINFO] = {"psinfo", "/proc/PID/psinfo: psinfo_t; proc(5)", OF_PROCESS(PSINFO), .room = 1 << 10,
                FILE_READ, PARSED(psinfo, struct psb_sunos_psinfo), .redact = psb_sunos_redact_psinfo},
    [CRED] = {"cred", "/proc/PID/cred: prcred_t; proc(5)", OF_PROCESS(CRED), .room = 1 << 10, FILE_READ,
              PARSED(cred, struct psb_sunos_cred), .redact = psb_redact_none},
    [STATUS] = {"status", "/proc/PID/status: pstatus_t; proc(5)", OF_PROCESS(STATUS), .room = 4 << 10,
                FILE_READ, PARSED(status, struct psb_sunos_status), .redact = psb_sunos_redact_status},
    [USAGE] = {"usage", "/proc/PID/usage: prusage_t; proc(5)", OF_PROCESS(USAGE), .room = 1 << 10, FILE_READ,
               PARSED(usage, struct psb_sunos_usage), .redact = psb_redact_none},
    [LSTATUS] = {"lstatus", "/proc/PID/lstatus: lwpstatus_t of each thread; proc(5)", OF_PROCESS(LSTATUS),
                 .room = 8 << 10, FILE_READ, PARSED(lstatus, struct psb_sunos_entries), .keeps_raw = true,
                 .redact = psb_sunos_redact_lstatus},
    [LPSINFO] = {"lpsinfo", "/proc/PID/lpsinfo: lwpsinfo_t of each thread; proc(5)", OF_PROCESS(LPSINFO),
                 .room = 4 << 10, FILE_READ, PARSED(lpsinfo, struct psb_sunos_entries), .keeps_raw = true,
                 .redact = psb_sunos_redact_lpsinfo},
    [ARGV] = {"argv", "/proc/PID/as, where pr_argv of psinfo points; proc(5)", OF_PROCESS(ARGV),
              .room = 4 << 10, .parse = psb_parse_bytes, .parsed_size = sizeof(struct psb_bytes),
              .keeps_raw = true, .cut_unseen = true, .redact = psb_redact_arguments},
    [EXE] = {"exe", "link /proc/PID/path/a.out; proc(5)", OF_PROCESS(EXE), .room = 4 << 10, .entries = 1,
             .parse = psb_parse_bytes, .parsed_size = sizeof(struct psb_bytes), .keeps_raw = true,
             .cut_unseen = true, .redact = psb_redact_path},
    [CWD] = {"cwd", "link /proc/PID/path/cwd; proc(5)", OF_PROCESS(CWD), .room = 4 << 10, .entries = 1,
             .parse = psb_parse_bytes, .parsed_size = sizeof(struct psb_bytes), .keeps_raw = true,
             .cut_unseen = true, .redact = psb_redact_path},
    [FD] = {"fd", "entries of /proc/PID/fd; proc(5)", OF_PROCESS(FD), .room = 64, .parse = psb_parse_u64,
            .parsed_size = sizeof(uint64_t), .redact = psb_redact_none},
};

/* A text that ends at its first NUL, or fills its place. */
static void text_of(const char *bytes, size_t room, psb_value *out)
{
    const char *nul = room > 0 ? memchr(bytes, '\0', room) : NULL;
    out->u.text.bytes = bytes;
    out->u.text.len = nul ? (size_t)(nul - bytes) : room;
}

/* ---- psinfo ---- */

/* Of a zombie the kernel fills in ids and times; the rest is 0 (prsubr.c: prgetpsinfo). */
static bool is_zombie(const struct psb_sunos_psinfo *psinfo)
{
    return psinfo->pr_lwp.pr_state == PSB_SUNOS_SZOMB;
}

static void psinfo_name(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    const struct psb_sunos_psinfo *psinfo = parsed;
    text_of(psinfo->pr_fname, sizeof psinfo->pr_fname, out);
    if (is_zombie(psinfo) && out->u.text.len == 0)
        out->status = PSB_UNKNOWN;
}

static void count_of(int32_t count, psb_value *out)
{
    out->u.integer = count;
    if (count < 0)
        out->status = PSB_UNKNOWN;
}

static void psinfo_ppid(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    const struct psb_sunos_psinfo *psinfo = parsed;
    count_of(psinfo->pr_ppid, out);
}

static void psinfo_threads(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    const struct psb_sunos_psinfo *psinfo = parsed;
    count_of(psinfo->pr_nlwp, out);
}

static void psinfo_status(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    static const uint8_t STATE[] = {
        [PSB_SUNOS_SSLEEP] = PSB_STATE_SLEEPING, [PSB_SUNOS_SRUN] = PSB_STATE_RUNNING,
        [PSB_SUNOS_SZOMB] = PSB_STATE_ZOMBIE,    [PSB_SUNOS_SSTOP] = PSB_STATE_STOPPED,
        [PSB_SUNOS_SIDL] = PSB_STATE_IDLE,       [PSB_SUNOS_SONPROC] = PSB_STATE_RUNNING,
        [PSB_SUNOS_SWAIT] = PSB_STATE_WAITING,
    };
    const struct psb_sunos_psinfo *psinfo = parsed;
    uint8_t state = psinfo->pr_lwp.pr_state;
    if (state == 0 || state >= sizeof STATE)
        out->status = PSB_UNKNOWN;
    else
        out->u.integer = STATE[state];
}

static void psinfo_create_time(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    const struct psb_sunos_psinfo *psinfo = parsed;
    uint64_t ns;
    if (!psb_sunos_ns(psinfo->pr_start, &ns) || ns == 0)
        out->status = PSB_UNKNOWN;
    else
        out->u.integer = (int64_t)ns;
}

static void psinfo_uids(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    const struct psb_sunos_psinfo *psinfo = parsed;
    psb_part(out, PSB_UIDS_REAL, psinfo->pr_uid);
    psb_part(out, PSB_UIDS_EFFECTIVE, psinfo->pr_euid);
}

static void psinfo_gids(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    const struct psb_sunos_psinfo *psinfo = parsed;
    psb_part(out, PSB_GIDS_REAL, psinfo->pr_gid);
    psb_part(out, PSB_GIDS_EFFECTIVE, psinfo->pr_egid);
}

/* A zombie has lost its terminal, and the kernel says PRNODEV. */
static void psinfo_terminal(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    const struct psb_sunos_psinfo *psinfo = parsed;
    uint32_t major = (uint32_t)(psinfo->pr_ttydev >> 32), minor = (uint32_t)psinfo->pr_ttydev;
    if (psinfo->pr_ttydev == PSB_SUNOS_NODEV) {
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

static void psinfo_memory(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    const struct psb_sunos_psinfo *psinfo = parsed;
    psb_part_scaled(out, PSB_MEMORY_INFO_RSS, psinfo->pr_rssize, PSB_SUNOS_KILOBYTE);
    psb_part_scaled(out, PSB_MEMORY_INFO_VMS, psinfo->pr_size, PSB_SUNOS_KILOBYTE);
    if (out->known == 0)
        out->status = PSB_UNKNOWN;
}

/* A class without niceness leaves pr_nice and pr_oldpri 0; one with it never both (prsubr.c: prgetlwpsinfo).
 */
static void psinfo_nice(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    const struct psb_sunos_lwpsinfo *lwp = &((const struct psb_sunos_psinfo *)parsed)->pr_lwp;
    bool has_none = lwp->pr_nice == 0 && lwp->pr_oldpri == 0;
    out->u.integer = lwp->pr_nice - PSB_SUNOS_NZERO;
    if (has_none || lwp->pr_nice < 0 || lwp->pr_nice >= 2 * PSB_SUNOS_NZERO)
        out->status = PSB_UNKNOWN;
}

/* The strings that stand in len bytes with this byte behind each but the last, as a list. */
static void split(const char *bytes, size_t len, char between, psb_arena *room, psb_value *out)
{
    char *list = psb_arena_alloc(room, len + 1);
    if (!list) {
        *out = psb_value_of_status(PSB_NOMEM, 0);
        return;
    }
    out->count = 1;
    for (size_t i = 0; i < len; i++) {
        list[i] = bytes[i] == between ? '\0' : bytes[i];
        out->count += list[i] == '\0';
    }
    list[len] = '\0';
    out->u.text.bytes = list;
    out->u.text.len = len + 1;
}

/*
 * What everybody may see of the arguments: their first 79 bytes with blanks between. That is all of them if
 * nothing was cut off and there are as many pieces as arguments: no blank stands in one then. The rest is
 * refused.
 */
static void psinfo_cmdline(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    const struct psb_sunos_psinfo *psinfo = parsed;
    text_of(psinfo->pr_psargs, psinfo->pr_argc == 0 ? 0 : sizeof psinfo->pr_psargs, out);
    size_t len = out->u.text.len;
    if (psinfo->pr_argc == 0)
        return;
    split(psinfo->pr_psargs, len, ' ', room, out);
    if (out->status == PSB_OK && (len >= PSB_SUNOS_PSARGS - 1 || (int64_t)out->count != psinfo->pr_argc))
        *out = psb_value_of_status(PSB_DENIED, 0);
}

/* ---- the other sources ---- */

static void cred_uids(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    const struct psb_sunos_cred *cred = parsed;
    psb_part(out, PSB_UIDS_REAL, cred->pr_ruid);
    psb_part(out, PSB_UIDS_EFFECTIVE, cred->pr_euid);
    psb_part(out, PSB_UIDS_SAVED, cred->pr_suid);
}

static void cred_gids(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    const struct psb_sunos_cred *cred = parsed;
    psb_part(out, PSB_GIDS_REAL, cred->pr_rgid);
    psb_part(out, PSB_GIDS_EFFECTIVE, cred->pr_egid);
    psb_part(out, PSB_GIDS_SAVED, cred->pr_sgid);
}

static void part_time(psb_value *out, unsigned n, struct psb_sunos_time time)
{
    uint64_t ns;
    if (psb_sunos_ns(time, &ns))
        psb_part(out, n, ns);
}

static void unknown_if_empty(psb_value *out)
{
    if (out->known == 0)
        out->status = PSB_UNKNOWN;
}

static void status_cpu_times(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    const struct psb_sunos_status *status = parsed;
    part_time(out, PSB_CPU_TIMES_USER, status->pr_utime);
    part_time(out, PSB_CPU_TIMES_SYSTEM, status->pr_stime);
    part_time(out, PSB_CPU_TIMES_CHILDREN_USER, status->pr_cutime);
    part_time(out, PSB_CPU_TIMES_CHILDREN_SYSTEM, status->pr_cstime);
    unknown_if_empty(out);
}

/* status counts traps as system time, usage does not (msacct.c: mstate_aggr_state). */
static void usage_cpu_times(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    const struct psb_sunos_usage *usage = parsed;
    uint64_t calls, traps;
    part_time(out, PSB_CPU_TIMES_USER, usage->pr_utime);
    if (psb_sunos_ns(usage->pr_stime, &calls) && psb_sunos_ns(usage->pr_ttime, &traps))
        psb_part(out, PSB_CPU_TIMES_SYSTEM, calls + traps); /* both are below 2^63 */
    unknown_if_empty(out);
}

static void usage_switches(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    const struct psb_sunos_usage *usage = parsed;
    psb_part(out, PSB_NUM_CTX_SWITCHES_VOLUNTARY, usage->pr_vctx);
    psb_part(out, PSB_NUM_CTX_SWITCHES_INVOLUNTARY, usage->pr_ictx);
    psb_part_sum(out, PSB_NUM_CTX_SWITCHES_TOTAL, PSB_NUM_CTX_SWITCHES_VOLUNTARY,
                 PSB_NUM_CTX_SWITCHES_INVOLUNTARY);
}

static void usage_faults(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    const struct psb_sunos_usage *usage = parsed;
    psb_part(out, PSB_PAGE_FAULTS_MINOR, usage->pr_minf);
    psb_part(out, PSB_PAGE_FAULTS_MAJOR, usage->pr_majf);
}

static void lstatus_threads(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    const struct psb_sunos_entries *entries = parsed;
    psb_thread *thread = psb_arena_alloc(room, entries->count * sizeof *thread);
    if (!thread) {
        *out = psb_value_of_status(PSB_NOMEM, 0);
        return;
    }
    for (uint32_t i = 0; i < entries->count; i++) {
        struct psb_sunos_lwpstatus lwp;
        psb_sunos_entry(entries, i, &lwp, sizeof lwp);
        thread[i].id = lwp.pr_lwpid;
        if (!psb_sunos_ns(lwp.pr_utime, &thread[i].user_ns) ||
            !psb_sunos_ns(lwp.pr_stime, &thread[i].system_ns)) {
            out->status = PSB_UNKNOWN;
            return;
        }
    }
    out->count = entries->count;
    out->u.thread = thread;
}

/* The processor of the first thread that lives: those that ended and were not joined are listed, too. */
static void lpsinfo_cpu(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    const struct psb_sunos_entries *entries = parsed;
    for (uint32_t i = 0; i < entries->count; i++) {
        struct psb_sunos_lwpsinfo lwp;
        psb_sunos_entry(entries, i, &lwp, sizeof lwp);
        if (lwp.pr_state == PSB_SUNOS_SZOMB)
            continue;
        count_of(lwp.pr_onpro, out);
        return;
    }
    out->status = PSB_UNKNOWN;
}

static void argv_cmdline(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    const struct psb_bytes *raw = parsed;
    out->u.text.bytes = "";
    out->u.text.len = 0;
    if (raw->len > 0)
        split(raw->bytes, raw->len - (raw->bytes[raw->len - 1] == '\0'), '\0', room, out);
}

/* A link that the kernel cannot name any more is empty (proc(5)). */
static void link_text(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    const struct psb_bytes *raw = parsed;
    text_of(raw->bytes, raw->len, out);
    if (out->u.text.len == 0)
        out->status = PSB_UNKNOWN;
}

/* One source, or a second one where the first is refused, and of a zombie, which has only psinfo and usage.
 */
/* clang-format off */
#define BY(source, decode) {{{source, 0, decode}}}
#define OR(source, decode, second, decode2) \
    {{{source, 0, decode}, {second, PSB_WHEN(PSB_DENIED) | PSB_WHEN(PSB_ABSENT), decode2}}}
/* clang-format on */

static const psb_method METHOD[PSB_FIELDS] = {
    [PSB_NAME] = BY(PSINFO, psinfo_name),
    [PSB_EXE] = BY(EXE, link_text),
    [PSB_CMDLINE] = OR(ARGV, argv_cmdline, PSINFO, psinfo_cmdline),
    [PSB_PPID] = BY(PSINFO, psinfo_ppid),
    [PSB_STATUS] = BY(PSINFO, psinfo_status),
    [PSB_CREATE_TIME] = BY(PSINFO, psinfo_create_time),
    [PSB_UIDS] = OR(CRED, cred_uids, PSINFO, psinfo_uids),
    [PSB_GIDS] = OR(CRED, cred_gids, PSINFO, psinfo_gids),
    [PSB_TERMINAL] = BY(PSINFO, psinfo_terminal),
    [PSB_CPU_TIMES] = OR(STATUS, status_cpu_times, USAGE, usage_cpu_times),
    [PSB_CPU_NUM] = BY(LPSINFO, lpsinfo_cpu),
    [PSB_MEMORY_INFO] = BY(PSINFO, psinfo_memory),
    [PSB_NUM_THREADS] = BY(PSINFO, psinfo_threads),
    [PSB_THREADS] = BY(LSTATUS, lstatus_threads),
    [PSB_NUM_CTX_SWITCHES] = BY(USAGE, usage_switches),
    [PSB_NUM_FDS] = BY(FD, psb_decode_u64),
    [PSB_NICE] = BY(PSINFO, psinfo_nice),
    [PSB_CWD] = BY(CWD, link_text),
    [PSB_PAGE_FAULTS] = BY(USAGE, usage_faults),
};

const psb_port psb_sunos_port = {
    .name = "sunos",
    .system = "SunOS (illumos, Solaris)",
    .source = SOURCE,
    .sources = SOURCES,
    .method = METHOD,
    .user = {USER, 0, psb_decode_bytes},
    .clock = {CLOCK, 0, psb_decode_i64},
    .pids_source = PIDS,
    .simulate = psb_sunos_simulate,
    .express = psb_sunos_express,
};

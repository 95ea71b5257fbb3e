/*
 * sunos_native.c: the leaf that asks the kernel of illumos or Solaris this program runs on. The only file of
 * the port with OS headers, and the only place where SunOS errors become statuses. Where there is no
 * <procfs.h>, the one in sunos_headers stands in, and tests run this leaf over a directory that looks like
 * /proc.
 */
#define __EXTENSIONS__           1 /* Solaris: more than C11 */
#define _POSIX_PTHREAD_SEMANTICS 1 /* Solaris: getpwuid_r as POSIX has it */
#define _DEFAULT_SOURCE          1
#define _FILE_OFFSET_BITS        64
#include "sunos_abi.h"

#include "posix_native.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <procfs.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#ifndef PSB_SUNOS_PROC
#define PSB_SUNOS_PROC   "/proc"
#define PSB_SUNOS_MAJORS "/etc/name_to_major"
#endif

/* ---- sunos_abi.h says what the headers say ---- */

#define SAME_SIZE(ours, theirs) _Static_assert(sizeof(struct psb_sunos_##ours) == sizeof(theirs), #ours)
#define SAME(ours, theirs, member)                                                                           \
    _Static_assert(offsetof(struct psb_sunos_##ours, member) == offsetof(theirs, member) &&                  \
                       sizeof(((struct psb_sunos_##ours *)0)->member) == sizeof(((theirs *)0)->member),      \
                   #ours "." #member)

_Static_assert(sizeof(void *) == 8, "a 32-bit reader is refused what 64-bit processes have (EOVERFLOW)");
_Static_assert(PRFNSZ == PSB_SUNOS_FNAME && PRARGSZ == PSB_SUNOS_PSARGS, "lengths of texts");
_Static_assert((uint64_t)PRNODEV == PSB_SUNOS_NODEV, "PRNODEV");
SAME_SIZE(time, timestruc_t);
SAME_SIZE(lwpsinfo, lwpsinfo_t);
SAME(lwpsinfo, lwpsinfo_t, pr_lwpid);
SAME(lwpsinfo, lwpsinfo_t, pr_state);
SAME(lwpsinfo, lwpsinfo_t, pr_sname);
SAME(lwpsinfo, lwpsinfo_t, pr_nice);
SAME(lwpsinfo, lwpsinfo_t, pr_oldpri);
SAME(lwpsinfo, lwpsinfo_t, pr_pri);
SAME(lwpsinfo, lwpsinfo_t, pr_start);
SAME(lwpsinfo, lwpsinfo_t, pr_time);
SAME(lwpsinfo, lwpsinfo_t, pr_clname);
SAME(lwpsinfo, lwpsinfo_t, pr_onpro);
SAME_SIZE(psinfo, psinfo_t);
SAME(psinfo, psinfo_t, pr_nlwp);
SAME(psinfo, psinfo_t, pr_pid);
SAME(psinfo, psinfo_t, pr_ppid);
SAME(psinfo, psinfo_t, pr_uid);
SAME(psinfo, psinfo_t, pr_euid);
SAME(psinfo, psinfo_t, pr_gid);
SAME(psinfo, psinfo_t, pr_egid);
SAME(psinfo, psinfo_t, pr_size);
SAME(psinfo, psinfo_t, pr_rssize);
SAME(psinfo, psinfo_t, pr_ttydev);
SAME(psinfo, psinfo_t, pr_start);
SAME(psinfo, psinfo_t, pr_time);
SAME(psinfo, psinfo_t, pr_ctime);
SAME(psinfo, psinfo_t, pr_fname);
SAME(psinfo, psinfo_t, pr_psargs);
SAME(psinfo, psinfo_t, pr_wstat);
SAME(psinfo, psinfo_t, pr_argc);
SAME(psinfo, psinfo_t, pr_argv);
SAME(psinfo, psinfo_t, pr_envp);
SAME(psinfo, psinfo_t, pr_dmodel);
SAME(psinfo, psinfo_t, pr_lwp);
SAME_SIZE(status, pstatus_t);
SAME(status, pstatus_t, pr_nlwp);
SAME(status, pstatus_t, pr_pid);
SAME(status, pstatus_t, pr_ppid);
SAME(status, pstatus_t, pr_utime);
SAME(status, pstatus_t, pr_stime);
SAME(status, pstatus_t, pr_cutime);
SAME(status, pstatus_t, pr_cstime);
SAME(status, pstatus_t, pr_lwp);
SAME(lwpstatus, lwpstatus_t, pr_lwpid);
SAME(lwpstatus, lwpstatus_t, pr_utime);
SAME(lwpstatus, lwpstatus_t, pr_stime);
SAME_SIZE(usage, prusage_t);
SAME(usage, prusage_t, pr_count);
SAME(usage, prusage_t, pr_tstamp);
SAME(usage, prusage_t, pr_create);
SAME(usage, prusage_t, pr_term);
SAME(usage, prusage_t, pr_rtime);
SAME(usage, prusage_t, pr_utime);
SAME(usage, prusage_t, pr_stime);
SAME(usage, prusage_t, pr_ttime);
SAME(usage, prusage_t, pr_minf);
SAME(usage, prusage_t, pr_majf);
SAME(usage, prusage_t, pr_vctx);
SAME(usage, prusage_t, pr_ictx);
SAME_SIZE(cred, prcred_t);
SAME(cred, prcred_t, pr_euid);
SAME(cred, prcred_t, pr_ruid);
SAME(cred, prcred_t, pr_suid);
SAME(cred, prcred_t, pr_egid);
SAME(cred, prcred_t, pr_rgid);
SAME(cred, prcred_t, pr_sgid);
SAME(cred, prcred_t, pr_ngroups);
SAME_SIZE(header, prheader_t);
SAME(header, prheader_t, pr_nent);
SAME(header, prheader_t, pr_entsize);

/* ---- files ---- */

enum { PATH_ROOM = 64 };

static void path_of(char path[PATH_ROOM], psb_pid pid, const char *name)
{
    snprintf(path, PATH_ROOM, PSB_SUNOS_PROC "/%lld/%s", (long long)pid, name);
}

/* Of a zombie, and of one that has no such thing, the directory remains; of one that is gone, nothing. */
static psb_status missing(psb_pid pid, psb_reply *reply)
{
    char path[PATH_ROOM];
    struct stat stat_;
    if (pid < 0)
        return PSB_ABSENT;
    path_of(path, pid, "");
    reply->entries++;
    return stat(path, &stat_) == 0 ? PSB_ABSENT : PSB_GONE;
}

static psb_status failed(psb_pid pid, int error, psb_reply *reply)
{
    reply->os_error = error;
    switch (error) {
    case ENOENT:
    case ESRCH:
        return missing(pid, reply);
    case EACCES:
    case EPERM:
        return PSB_DENIED;
    case EOVERFLOW: /* it is there, and does not fit in what this program is told */
        return PSB_UNKNOWN;
    case ENOMEM:
        return PSB_NOMEM;
    default:
        return PSB_OSERROR;
    }
}

static int open_counted(const char *path, psb_reply *reply)
{
    int fd;
    do {
        fd = open(path, O_RDONLY | O_CLOEXEC);
        reply->entries++;
    } while (fd < 0 && errno == EINTR);
    return fd;
}

static void close_counted(int fd, psb_reply *reply)
{
    close(fd);
    reply->entries++;
}

static ssize_t read_counted(int fd, void *buf, size_t room, psb_reply *reply)
{
    ssize_t got;
    do {
        got = read(fd, buf, room);
        reply->entries++;
    } while (got < 0 && errno == EINTR);
    return got;
}

/* One read is atomic (proc(5)). An answer that fills the buffer may have been cut. */
static psb_status path_read(psb_pid pid, const char *path, psb_reply *reply)
{
    int fd = open_counted(path, reply);
    if (fd < 0)
        return failed(pid, errno, reply);
    ssize_t got = read_counted(fd, reply->buf, reply->cap, reply);
    int error = errno;
    close_counted(fd, reply);
    if (got < 0)
        return failed(pid, error, reply);
    reply->len = (size_t)got;
    return reply->len < reply->cap ? PSB_OK : PSB_TOOSMALL;
}

static psb_status file(psb_pid pid, const char *name, psb_reply *reply)
{
    char path[PATH_ROOM];
    path_of(path, pid, name);
    return path_read(pid, path, reply);
}

static psb_status symbolic_link(psb_pid pid, const char *name, psb_reply *reply)
{
    char path[PATH_ROOM];
    path_of(path, pid, name);
    ssize_t got = readlink(path, reply->buf, reply->cap);
    reply->entries++;
    if (got < 0)
        return failed(pid, errno, reply);
    reply->len = (size_t)got;
    return reply->len < reply->cap ? PSB_OK : PSB_TOOSMALL;
}

static bool number_of(const char *name, int64_t *out)
{
    int64_t number = 0;
    bool any = *name != '\0';
    for (; *name; name++) {
        if (*name < '0' || *name > '9' || number > INT32_MAX)
            return false;
        number = number * 10 + (*name - '0');
    }
    *out = number;
    return any;
}

/* The entries whose names are numbers: appended, or counted. readdir(3C) does not say how often it enters. */
static psb_status numbers(psb_pid pid, const char *path, bool counted, psb_reply *reply)
{
    psb_status status = PSB_OK;
    uint64_t count = 0;
    int64_t number;
    DIR *directory = opendir(path);
    reply->entries += 3;
    if (!directory)
        return failed(pid, errno, reply);
    errno = 0;
    for (struct dirent *entry; status == PSB_OK && (entry = readdir(directory)) != NULL; errno = 0)
        if (number_of(entry->d_name, &number)) {
            count++;
            status = counted ? PSB_OK : psb_append(&number, sizeof number, reply);
        }
    int error = errno;
    closedir(directory);
    if (status == PSB_OK && error != 0)
        return failed(pid, error, reply);
    return counted ? psb_append(&count, sizeof count, reply) : status;
}

/* ---- arguments ---- */

/* Bytes of the process's memory. A piece that is not mapped reads as nothing (proc(5)). */
static ssize_t memory(int as, void *out, size_t len, uint64_t address, psb_reply *reply)
{
    reply->entries++;
    return pread(as, out, len, (off_t)address);
}

/* A string of the process, its NUL with it. */
static psb_status append_string(int as, uint64_t address, psb_reply *reply)
{
    for (;;) {
        char *at = (char *)reply->buf + reply->len;
        size_t room = reply->cap - reply->len, step = room < 256 ? room : 256;
        ssize_t got = memory(as, at, step, address, reply);
        if (got <= 0) {
            reply->os_error = got < 0 ? errno : 0;
            return PSB_UNKNOWN;
        }
        const char *nul = memchr(at, '\0', (size_t)got);
        size_t len = nul ? (size_t)(nul - at) + 1 : (size_t)got;
        reply->len += len;
        if (reply->len >= reply->cap)
            return PSB_TOOSMALL;
        if (nul)
            return PSB_OK;
        address += len;
    }
}

/* Where argument n stands; a 32-bit process has addresses of four bytes. */
static bool address_of(int as, const psinfo_t *psinfo, int n, uint64_t *out, psb_reply *reply)
{
    bool wide = psinfo->pr_dmodel == PR_MODEL_LP64;
    size_t size = wide ? sizeof(uint64_t) : sizeof(uint32_t);
    uint32_t narrow;
    void *to = wide ? (void *)out : (void *)&narrow;
    if (memory(as, to, size, psinfo->pr_argv + (size_t)n * size, reply) != (ssize_t)size)
        return false;
    if (!wide)
        *out = narrow;
    return *out != 0;
}

/*
 * Not /proc/PID/argv, which illumos has: of a system process it tells pr_psargs, as if its name were an
 * argument (prsubr.c: prreadargv).
 */
static psb_status arguments(psb_pid pid, psb_reply *reply)
{
    char path[PATH_ROOM];
    psinfo_t psinfo;
    psb_reply info = {.buf = reply->buf, .cap = reply->cap};
    if (reply->cap <= sizeof psinfo)
        return PSB_TOOSMALL;
    psb_status status = file(pid, "psinfo", &info);
    reply->entries += info.entries;
    reply->os_error = info.os_error;
    if (status != PSB_OK)
        return status;
    if (info.len < sizeof psinfo)
        return PSB_MALFORMED;
    memcpy(&psinfo, info.buf, sizeof psinfo);
    path_of(path, pid, "as");
    int as = open_counted(path, reply);
    if (as < 0)
        return failed(pid, errno, reply);
    for (int n = 0; n < psinfo.pr_argc && status == PSB_OK; n++) {
        uint64_t address;
        status =
            address_of(as, &psinfo, n, &address, reply) ? append_string(as, address, reply) : PSB_UNKNOWN;
    }
    close_counted(as, reply);
    return status;
}

/* ---- what is no file ---- */

static psb_status system_configuration(psb_reply *reply)
{
    struct psb_sunos_sysconf answer = {(uint64_t)sysconf(_SC_PAGESIZE), (uint64_t)sysconf(_SC_PHYS_PAGES)};
    return psb_append(&answer, sizeof answer, reply);
}

enum form { NO_FORM, PROCESS_FILE, PROCESS_LINK };

static const struct {
    enum form form;
    const char *name;
} FORM[PSB_OPS] = {
    [PSB_OP_SUNOS_PSINFO] = {PROCESS_FILE, "psinfo"},   [PSB_OP_SUNOS_CRED] = {PROCESS_FILE, "cred"},
    [PSB_OP_SUNOS_STATUS] = {PROCESS_FILE, "status"},   [PSB_OP_SUNOS_USAGE] = {PROCESS_FILE, "usage"},
    [PSB_OP_SUNOS_LSTATUS] = {PROCESS_FILE, "lstatus"}, [PSB_OP_SUNOS_LPSINFO] = {PROCESS_FILE, "lpsinfo"},
    [PSB_OP_SUNOS_EXE] = {PROCESS_LINK, "path/a.out"},  [PSB_OP_SUNOS_CWD] = {PROCESS_LINK, "path/cwd"},
};

static psb_status descriptors(psb_pid pid, psb_reply *reply)
{
    char path[PATH_ROOM];
    path_of(path, pid, "fd");
    return numbers(pid, path, true, reply);
}

static psb_status descriptor_link(const psb_call *call, psb_reply *reply)
{
    char name[40];
    snprintf(name, sizeof name, "path/%llu", (unsigned long long)call->arg[0]);
    return symbolic_link(call->pid, name, reply);
}

static psb_status other(const psb_call *call, psb_reply *reply)
{
    switch (call->op) {
    case PSB_OP_NOTHING:
        (void)getppid();
        reply->entries++;
        return PSB_OK;
    case PSB_OP_CLOCK:
        return psb_posix_clock(call, reply);
    case PSB_OP_USER_NAME:
        return psb_posix_user_name(call, reply);
    case PSB_OP_SUNOS_SYSCONF:
        return system_configuration(reply);
    case PSB_OP_SUNOS_MAJORS:
        return path_read(-1, PSB_SUNOS_MAJORS, reply);
    case PSB_OP_SUNOS_PIDS:
        return numbers(-1, PSB_SUNOS_PROC, false, reply);
    case PSB_OP_SUNOS_ARGV:
        return arguments(call->pid, reply);
    case PSB_OP_SUNOS_FD:
        return descriptors(call->pid, reply);
    case PSB_OP_SUNOS_FD_PATH:
        return descriptor_link(call, reply);
    default:
        reply->os_error = ENOSYS;
        return PSB_OSERROR;
    }
}

static psb_status native_call(psb_kernel *kernel, const psb_call *call, psb_reply *reply)
{
    (void)kernel;
    reply->len = 0;
    reply->os_error = 0;
    reply->entries = 0;
    enum form form = call->op < PSB_OPS ? FORM[call->op].form : NO_FORM;
    if (form == PROCESS_FILE)
        return file(call->pid, FORM[call->op].name, reply);
    return form == PROCESS_LINK ? symbolic_link(call->pid, FORM[call->op].name, reply) : other(call, reply);
}

static void native_close(psb_kernel *kernel)
{
    free(kernel);
}

static psb_kernel *native_open(void)
{
    static const psb_kernel_ops OPS = {"native", native_call, native_close};
    psb_kernel *kernel = calloc(1, sizeof *kernel);
    if (kernel)
        *kernel = (psb_kernel){&OPS, NULL, PSB_EVIDENCE_NATIVE};
    return kernel;
}

/* ---- bare calls: the yardstick, written without the leaf ---- */

static void bare_file(psb_bare *bare)
{
    char buf[4096];
    int fd = open(bare->path, O_RDONLY | O_CLOEXEC);
    bare->result = read(fd, buf, sizeof buf);
    close(fd);
}

static void bare_link(psb_bare *bare)
{
    char buf[4096];
    bare->result = readlink(bare->path, buf, sizeof buf);
}

static void bare_nothing(psb_bare *bare)
{
    bare->result = getppid();
}

static void bare_user(psb_bare *bare)
{
    char buf[4096];
    struct passwd entry, *found;
    bare->result = getpwuid_r((uid_t)bare->call.pid, &entry, buf, sizeof buf, &found);
}

static void bare_clock(psb_bare *bare)
{
    struct timespec now;
    bare->result = clock_gettime(CLOCK_REALTIME, &now);
}

/* Directories and arguments have none: how often they enter the kernel depends on what is there. */
static bool native_bare(const psb_call *call, psb_bare *bare)
{
    *bare = (psb_bare){.call = *call};
    switch (call->op) {
    case PSB_OP_NOTHING:
        bare->run = bare_nothing;
        return true;
    case PSB_OP_USER_NAME:
        bare->run = bare_user;
        return true;
    case PSB_OP_CLOCK:
        bare->run = bare_clock;
        return true;
    default:
        if (call->op >= PSB_OPS || FORM[call->op].form == NO_FORM)
            return false;
        path_of(bare->path, call->pid, FORM[call->op].name);
        bare->run = FORM[call->op].form == PROCESS_LINK ? bare_link : bare_file;
        return true;
    }
}

const psb_native psb_native_leaf = {"sunos", native_open, native_bare};

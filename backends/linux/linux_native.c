/*
 * linux_native.c: the leaf that asks the Linux kernel this program runs on. The only file of the port with OS
 * headers, and the only place where Linux errors become statuses.
 */
#define _GNU_SOURCE
#include "linux_abi.h"

#include "posix_native.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { PATH_ROOM = 64 };

/* "/proc/PID/name"; dir may be "" for files of the system. */
static void path_of(char path[PATH_ROOM], psb_pid pid, const char *name)
{
    char digits[24], *at = path;
    size_t count = 0, len = strlen(name);
    memcpy(at, "/proc/", 6);
    at += 6;
    if (pid >= 0) {
        do
            digits[count++] = (char)('0' + pid % 10);
        while ((pid /= 10) > 0);
        while (count > 0)
            *at++ = digits[--count];
        *at++ = '/';
    }
    memcpy(at, name, len + 1);
}

/*
 * ENOENT and ESRCH have two meanings: the process is gone, or it is there and has no such thing (a kernel
 * thread's exe, a zombie's smaps_rollup, a file that this kernel does not know).
 */
static psb_status missing(psb_pid pid, psb_reply *reply)
{
    char path[PATH_ROOM];
    struct stat stat_;
    if (pid < 0)
        return PSB_ABSENT;
    path_of(path, pid, "");
    reply->entries++;
    if (stat(path, &stat_) == 0)
        return PSB_ABSENT;
    reply->entries++;
    return stat("/proc/self", &stat_) == 0 ? PSB_GONE : PSB_OSERROR; /* no /proc at all */
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
    case ENAMETOOLONG: /* a path longer than the kernel can tell */
        return PSB_UNKNOWN;
    case ENOMEM:
        return PSB_NOMEM;
    default:
        return PSB_OSERROR;
    }
}

static int open_counted(const char *path, int flags, psb_reply *reply)
{
    int fd;
    do {
        fd = open(path, flags | O_RDONLY | O_CLOEXEC);
        reply->entries++;
    } while (fd < 0 && errno == EINTR);
    return fd;
}

/* Up to room bytes; -1 with errno. */
static ssize_t read_counted(int fd, void *buf, size_t room, psb_reply *reply)
{
    ssize_t got;
    do {
        got = read(fd, buf, room);
        reply->entries++;
    } while (got < 0 && errno == EINTR);
    return got;
}

static void close_counted(int fd, psb_reply *reply)
{
    close(fd);
    reply->entries++;
}

/*
 * A file of /proc. Most are made whole by one read; one that is made piece by piece (a record per line) is
 * read to its end. An answer that fills the buffer may have been cut.
 */
static psb_status file(psb_pid pid, const char *name, bool piecewise, psb_reply *reply)
{
    char path[PATH_ROOM];
    path_of(path, pid, name);
    int fd = open_counted(path, 0, reply);
    if (fd < 0)
        return failed(pid, errno, reply);
    ssize_t got;
    do {
        got = read_counted(fd, (char *)reply->buf + reply->len, reply->cap - reply->len, reply);
        if (got > 0)
            reply->len += (size_t)got;
    } while (piecewise && got > 0 && reply->len < reply->cap);
    int error = errno;
    close_counted(fd, reply);
    if (got < 0)
        return failed(pid, error, reply);
    return reply->len < reply->cap ? PSB_OK : PSB_TOOSMALL;
}

/*
 * The kernel appends a mark to the path of a file that was unlinked; a file may also really be called so. One
 * that may not be looked for could be either.
 */
static psb_status undelete(psb_reply *reply)
{
    static const char MARK[] = " (deleted)";
    size_t mark = sizeof MARK - 1;
    char *path = reply->buf;
    struct stat stat_;
    if (reply->len <= mark || memcmp(path + reply->len - mark, MARK, mark) != 0)
        return PSB_OK;
    path[reply->len] = '\0';
    reply->entries++;
    if (lstat(path, &stat_) == 0)
        return PSB_OK;
    reply->os_error = errno;
    if (errno != ENOENT && errno != ENOTDIR)
        return PSB_UNKNOWN;
    reply->os_error = 0;
    reply->len -= mark;
    return PSB_OK;
}

static psb_status symbolic_link(psb_pid pid, const char *name, psb_reply *reply)
{
    char path[PATH_ROOM];
    path_of(path, pid, name);
    ssize_t got = readlink(path, reply->buf, reply->cap);
    reply->entries++;
    if (got < 0)
        return failed(pid, errno, reply);
    if ((size_t)got >= reply->cap)
        return PSB_TOOSMALL;
    reply->len = (size_t)got;
    return undelete(reply);
}

/* Calls each(name) for every entry of a directory; stops at the first that is not PSB_OK. */
static psb_status directory(psb_pid pid, const char *name, psb_reply *reply,
                            psb_status (*each)(const char *entry, psb_pid pid, psb_reply *))
{
    char path[PATH_ROOM];
    _Alignas(struct dirent64) char entries[16 << 10];
    psb_status status = PSB_OK;
    path_of(path, pid, name);
    int fd = open_counted(path, O_DIRECTORY, reply);
    if (fd < 0)
        return failed(pid, errno, reply);
    while (status == PSB_OK) {
        ssize_t got = getdents64(fd, entries, sizeof entries);
        reply->entries++;
        if (got < 0)
            status = failed(pid, errno, reply);
        if (got <= 0)
            break;
        for (ssize_t at = 0; at < got && status == PSB_OK;) {
            const struct dirent64 *entry = (const struct dirent64 *)(entries + at);
            if (entry->d_name[0] != '.')
                status = each(entry->d_name, pid, reply);
            at += entry->d_reclen;
        }
    }
    close_counted(fd, reply);
    return status;
}

static bool number_of(const char *name, int64_t *out)
{
    int64_t number = 0;
    for (; *name; name++) {
        if (*name < '0' || *name > '9' || number > INT32_MAX)
            return false;
        number = number * 10 + (*name - '0');
    }
    *out = number;
    return true;
}

static psb_status each_pid(const char *entry, psb_pid pid, psb_reply *reply)
{
    int64_t number;
    return number_of(entry, &number) ? psb_append(&number, sizeof number, reply) : PSB_OK;
}

static psb_status each_fd(const char *entry, psb_pid pid, psb_reply *reply)
{
    (*(uint64_t *)reply->buf)++;
    return PSB_OK;
}

/* A thread that ends between the listing and the reading is left out; it is no error of the process. */
static psb_status each_task(const char *entry, psb_pid pid, psb_reply *reply)
{
    struct psb_linux_frame frame;
    char name[32] = "task/";
    int64_t tid;
    if (!number_of(entry, &tid))
        return PSB_OK;
    if (reply->cap - reply->len <= sizeof frame)
        return PSB_TOOSMALL;
    size_t digits = strlen(entry);
    memcpy(name + 5, entry, digits);
    memcpy(name + 5 + digits, "/stat", 6);
    psb_reply stat = {.buf = (char *)reply->buf + reply->len + sizeof frame,
                      .cap = reply->cap - reply->len - sizeof frame};
    psb_status status = file(pid, name, false, &stat);
    reply->entries += stat.entries;
    if (status == PSB_ABSENT || status == PSB_GONE)
        return PSB_OK;
    if (status != PSB_OK) {
        reply->os_error = stat.os_error;
        return status;
    }
    frame = (struct psb_linux_frame){tid, stat.len};
    memcpy((char *)reply->buf + reply->len, &frame, sizeof frame);
    reply->len += sizeof frame + stat.len;
    return PSB_OK;
}

/* No thread at all: the process ended while its threads were read. */
static psb_status tasks(psb_pid pid, psb_reply *reply)
{
    psb_status status = directory(pid, "task", reply, each_task);
    return status == PSB_OK && reply->len == 0 ? missing(pid, reply) : status;
}

/* Whoever asks is a process, too: an empty list means that /proc is not there. */
static psb_status pids(psb_reply *reply)
{
    psb_status status = directory(-1, "", reply, each_pid);
    return status == PSB_OK && reply->len == 0 ? PSB_OSERROR : status;
}

static psb_status descriptors(psb_pid pid, psb_reply *reply)
{
    *(uint64_t *)reply->buf = 0;
    reply->len = sizeof(uint64_t);
    return directory(pid, "fd", reply, each_fd);
}

static psb_status niceness(psb_pid pid, psb_reply *reply)
{
    if (pid == 0 || pid > INT32_MAX) /* 0 would be the caller; nor may a pid be cut to an int */
        return PSB_GONE;
    errno = 0; /* -1 is a niceness, too */
    int nice = getpriority(PRIO_PROCESS, (id_t)pid);
    reply->entries++;
    if (nice == -1 && errno != 0)
        return failed(pid, errno, reply);
    int32_t answer = nice;
    return psb_append(&answer, sizeof answer, reply);
}

static psb_status system_configuration(psb_reply *reply)
{
    struct psb_linux_sysconf answer = {(uint64_t)sysconf(_SC_PAGESIZE), (uint64_t)sysconf(_SC_CLK_TCK)};
    return psb_append(&answer, sizeof answer, reply);
}

static psb_status nothing(psb_reply *reply)
{
    (void)getppid();
    reply->entries++;
    return PSB_OK;
}

enum form { NO_FORM, WHOLE_FILE, PIECEWISE_FILE, LINK };

/* How each op is answered: most are a file. */
static const struct {
    enum form form;
    bool of_system;
    const char *name;
} FORM[PSB_OPS] = {
    [PSB_OP_LINUX_BOOT] = {WHOLE_FILE, true, "stat"},
    [PSB_OP_LINUX_MEMINFO] = {WHOLE_FILE, true, "meminfo"},
    [PSB_OP_LINUX_TTY_DRIVERS] = {PIECEWISE_FILE, true, "tty/drivers"},
    [PSB_OP_LINUX_STAT] = {WHOLE_FILE, false, "stat"},
    [PSB_OP_LINUX_STATUS] = {WHOLE_FILE, false, "status"},
    [PSB_OP_LINUX_STATM] = {WHOLE_FILE, false, "statm"},
    [PSB_OP_LINUX_SMAPS_ROLLUP] = {WHOLE_FILE, false, "smaps_rollup"},
    [PSB_OP_LINUX_SMAPS] = {PIECEWISE_FILE, false, "smaps"},
    [PSB_OP_LINUX_IO] = {WHOLE_FILE, false, "io"},
    [PSB_OP_LINUX_CMDLINE] = {WHOLE_FILE, false, "cmdline"},
    [PSB_OP_LINUX_EXE] = {LINK, false, "exe"},
    [PSB_OP_LINUX_CWD] = {LINK, false, "cwd"},
};

static psb_status other(const psb_call *call, psb_reply *reply)
{
    switch (call->op) {
    case PSB_OP_NOTHING:
        return nothing(reply);
    case PSB_OP_CLOCK:
        return psb_posix_clock(call, reply);
    case PSB_OP_USER_NAME:
        return psb_posix_user_name(call, reply);
    case PSB_OP_LINUX_SYSCONF:
        return system_configuration(reply);
    case PSB_OP_LINUX_PIDS:
        return pids(reply);
    case PSB_OP_LINUX_FD:
        return descriptors(call->pid, reply);
    case PSB_OP_LINUX_TASK:
        return tasks(call->pid, reply);
    case PSB_OP_LINUX_NICE:
        return niceness(call->pid, reply);
    default:
        reply->os_error = ENOSYS;
        return PSB_OSERROR;
    }
}

static psb_status native_call(psb_kernel *kernel, const psb_call *call, psb_reply *reply)
{
    reply->len = 0;
    reply->os_error = 0;
    reply->entries = 0;
    if (call->op >= PSB_OPS)
        return other(call, reply);
    psb_pid pid = FORM[call->op].of_system ? -1 : call->pid;
    switch (FORM[call->op].form) {
    case WHOLE_FILE:
        return file(pid, FORM[call->op].name, false, reply);
    case PIECEWISE_FILE:
        return file(pid, FORM[call->op].name, true, reply);
    case LINK:
        return symbolic_link(pid, FORM[call->op].name, reply);
    default:
        return other(call, reply);
    }
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

static void bare_file_to_end(psb_bare *bare)
{
    char buf[64 << 10];
    int fd = open(bare->path, O_RDONLY | O_CLOEXEC);
    while ((bare->result = read(fd, buf, sizeof buf)) > 0)
        ;
    close(fd);
}

static void bare_link(psb_bare *bare)
{
    char buf[4096];
    bare->result = readlink(bare->path, buf, sizeof buf);
}

static void bare_directory(psb_bare *bare)
{
    char buf[16 << 10];
    int fd = open(bare->path, O_RDONLY | O_CLOEXEC | O_DIRECTORY);
    while ((bare->result = getdents64(fd, buf, sizeof buf)) > 0)
        ;
    close(fd);
}

static void bare_tasks(psb_bare *bare)
{
    _Alignas(struct dirent64) char entries[16 << 10];
    char buf[4 << 10];
    char path[PATH_ROOM + 280];
    size_t dir = strlen(bare->path);
    int fd = open(bare->path, O_RDONLY | O_CLOEXEC | O_DIRECTORY);
    memcpy(path, bare->path, dir);
    for (ssize_t got; (got = getdents64(fd, entries, sizeof entries)) > 0;)
        for (ssize_t at = 0; at < got;) {
            const struct dirent64 *entry = (const struct dirent64 *)(entries + at);
            size_t len = strlen(entry->d_name);
            at += entry->d_reclen;
            if (entry->d_name[0] == '.')
                continue;
            path[dir] = '/';
            memcpy(path + dir + 1, entry->d_name, len);
            memcpy(path + dir + 1 + len, "/stat", 6);
            int file = open(path, O_RDONLY | O_CLOEXEC);
            bare->result = read(file, buf, sizeof buf);
            close(file);
        }
    close(fd);
}

static void bare_nothing(psb_bare *bare)
{
    bare->result = getppid();
}

static void bare_other(psb_bare *bare)
{
    char buf[4096];
    struct passwd entry, *found;
    struct timespec now;
    switch (bare->call.op) {
    case PSB_OP_USER_NAME:
        bare->result = getpwuid_r((uid_t)bare->call.pid, &entry, buf, sizeof buf, &found);
        break;
    case PSB_OP_LINUX_NICE:
        bare->result = getpriority(PRIO_PROCESS, (id_t)bare->call.pid);
        break;
    default:
        bare->result = clock_gettime(CLOCK_REALTIME, &now);
        break;
    }
}

static bool native_bare(const psb_call *call, psb_bare *bare)
{
    static void (*const RUN[])(psb_bare *) = {
        [WHOLE_FILE] = bare_file, [PIECEWISE_FILE] = bare_file_to_end, [LINK] = bare_link};
    *bare = (psb_bare){.call = *call};
    switch (call->op) {
    case PSB_OP_LINUX_FD:
        path_of(bare->path, call->pid, "fd");
        bare->run = bare_directory;
        break;
    case PSB_OP_LINUX_TASK:
        path_of(bare->path, call->pid, "task");
        bare->run = bare_tasks;
        break;
    case PSB_OP_NOTHING:
        bare->run = bare_nothing;
        break;
    case PSB_OP_CLOCK:
    case PSB_OP_USER_NAME:
    case PSB_OP_LINUX_NICE:
        bare->run = bare_other;
        break;
    default:
        if (call->op >= PSB_OPS || FORM[call->op].form == NO_FORM)
            return false;
        path_of(bare->path, FORM[call->op].of_system ? -1 : call->pid, FORM[call->op].name);
        bare->run = RUN[FORM[call->op].form];
    }
    return true;
}

const psb_native psb_native_leaf = {"linux", native_open, native_bare};

/*
 * freebsd_native.c: the leaf that asks the FreeBSD kernel this program runs on. The only file of the port
 * with OS headers, and the only place where FreeBSD's errors become statuses.
 */
#include "freebsd_abi.h"

#include "posix_native.h"

#include <dirent.h>
#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include <sys/param.h>
#include <sys/proc.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysctl.h>
#include <sys/user.h>
#include <time.h>
#include <unistd.h>

/* ---- freebsd_abi.h is what the headers say ---- */

#define SIZE_OF_MEMBER(type, member) sizeof(((type *)0)->member)
#define SAME(ours, our_member, theirs, their_member)                                                         \
    _Static_assert(offsetof(ours, our_member) == offsetof(theirs, their_member), #their_member);             \
    _Static_assert(SIZE_OF_MEMBER(ours, our_member) == SIZE_OF_MEMBER(theirs, their_member), #their_member)
#define SAME_PROC(member)  SAME(struct psb_freebsd_proc, member, struct kinfo_proc, ki_##member)
#define SAME_USAGE(member) SAME(struct psb_freebsd_rusage, member, struct rusage, ru_##member)
#define SAME_FILE(member)  SAME(struct psb_freebsd_file, member, struct kinfo_file, kf_##member)

_Static_assert(sizeof(struct psb_freebsd_proc) == sizeof(struct kinfo_proc), "kinfo_proc");
SAME_PROC(structsize);
SAME_PROC(pid);
SAME_PROC(ppid);
SAME_PROC(uid);
SAME_PROC(ruid);
SAME_PROC(svuid);
SAME_PROC(rgid);
SAME_PROC(svgid);
SAME_PROC(ngroups);
SAME_PROC(groups);
SAME_PROC(size);
SAME_PROC(rssize);
SAME_PROC(tsize);
SAME_PROC(dsize);
SAME_PROC(ssize);
SAME_PROC(start);
SAME_PROC(stat);
SAME_PROC(nice);
SAME_PROC(comm);
SAME_PROC(tdev);
SAME_PROC(oncpu);
SAME_PROC(lastcpu);
SAME_PROC(numthreads);
SAME_PROC(tid);
SAME_PROC(rusage);
SAME_PROC(rusage_ch);
_Static_assert(sizeof(struct psb_freebsd_rusage) == sizeof(struct rusage), "rusage");
SAME_USAGE(utime);
SAME_USAGE(stime);
SAME_USAGE(minflt);
SAME_USAGE(majflt);
SAME_USAGE(inblock);
SAME_USAGE(oublock);
SAME_USAGE(nvcsw);
SAME_USAGE(nivcsw);
_Static_assert(sizeof(struct psb_freebsd_timeval) == sizeof(struct timeval), "timeval");
SAME(struct psb_freebsd_timeval, sec, struct timeval, tv_sec);
SAME(struct psb_freebsd_timeval, usec, struct timeval, tv_usec);
_Static_assert(sizeof(struct psb_freebsd_file) == sizeof(struct kinfo_file), "kinfo_file");
SAME_FILE(structsize);
SAME_FILE(type);
SAME_FILE(fd);
SAME_FILE(path);
_Static_assert(PSB_FREEBSD_FILE_HEAD == offsetof(struct kinfo_file, kf_path), "kf_path");
_Static_assert(PSB_FREEBSD_FD_CWD == KF_FD_TYPE_CWD && PSB_FREEBSD_FILE_VNODE == KF_TYPE_VNODE, "kinfo_file");
_Static_assert(PSB_FREEBSD_SIDL == SIDL && PSB_FREEBSD_SRUN == SRUN && PSB_FREEBSD_SSLEEP == SSLEEP &&
                   PSB_FREEBSD_SSTOP == SSTOP && PSB_FREEBSD_SZOMB == SZOMB && PSB_FREEBSD_SWAIT == SWAIT &&
                   PSB_FREEBSD_SLOCK == SLOCK,
               "ki_stat");
_Static_assert(PSB_FREEBSD_NOCPU == NOCPU, "sys/proc.h");
_Static_assert(PSB_FREEBSD_NODEV == NODEV && NZERO == 0, "sys/param.h");

/* ---- sysctl ---- */

/* kern.proc.WHAT and kern.proc.WHAT.PID */
static int proc_mib(int what, psb_pid pid, int mib[4])
{
    mib[0] = CTL_KERN;
    mib[1] = KERN_PROC;
    mib[2] = what;
    mib[3] = (int)pid;
    return what == KERN_PROC_PROC ? 3 : 4;
}

static const struct {
    int what; /* 0: no op of kern.proc */
    bool of_system;
} KERN_PROC_OP[PSB_OPS] = {
    [PSB_OP_FREEBSD_PROCS] = {KERN_PROC_PROC, true},
    [PSB_OP_FREEBSD_PROC] = {KERN_PROC_PID, false},
    [PSB_OP_FREEBSD_THREADS] = {KERN_PROC_PID | KERN_PROC_INC_THREAD, false},
    [PSB_OP_FREEBSD_ARGS] = {KERN_PROC_ARGS, false},
    [PSB_OP_FREEBSD_PATHNAME] = {KERN_PROC_PATHNAME, false},
    [PSB_OP_FREEBSD_FILES] = {KERN_PROC_FILEDESC, false},
};

/*
 * ESRCH is of a process that is gone, and also of one that lives and has no such thing (a zombie's
 * files; sys/kern/kern_proc.c: pget, PGET_NOTWEXIT): kern.proc.pid finds zombies, too.
 */
static psb_status missing(const psb_call *call, psb_reply *reply)
{
    struct kinfo_proc proc;
    size_t len = sizeof proc;
    int mib[4], count = proc_mib(KERN_PROC_PID, call->pid, mib);
    if (call->op == PSB_OP_FREEBSD_PROC || call->op == PSB_OP_FREEBSD_THREADS)
        return PSB_GONE;
    reply->entries++;
    return sysctl(mib, (u_int)count, &proc, &len, NULL, 0) == 0 && len == sizeof proc ? PSB_ABSENT : PSB_GONE;
}

/* The kernel tells no more of arguments; sys/kern/kern_proc.c: get_ps_strings. */
enum { ARGS_MAX = 2 * (PATH_MAX + ARG_MAX) };

static psb_status failed(const psb_call *call, int error, psb_reply *reply)
{
    reply->os_error = error;
    switch (error) {
    case ESRCH:
        return missing(call, reply);
    case EPERM:
    case EACCES:
        return PSB_DENIED;
    case ENOENT:  /* it runs a file whose name is not in the cache of names, or is no more */
    case ENOEXEC: /* it has written over what says where its arguments lie */
        return PSB_UNKNOWN;
    case ENOMEM: /* sysctl(3): the buffer is too small; or its arguments cannot be read */
        return call->op == PSB_OP_FREEBSD_ARGS && reply->cap > ARGS_MAX ? PSB_UNKNOWN : PSB_TOOSMALL;
    default:
        return PSB_OSERROR;
    }
}

static psb_status ask(const int *mib, int count, const psb_call *call, psb_reply *reply)
{
    size_t len = reply->cap;
    int result = sysctl(mib, (u_int)count, reply->buf, &len, NULL, 0);
    reply->entries++;
    if (result != 0)
        return failed(call, errno, reply);
    reply->len = len;
    return PSB_OK;
}

/*
 * A thread's id is refused here: most of kern.proc would answer it with the thread's process. -1 would be the
 * caller. Where descriptors are listed, what does not fit is left out without an error
 * (sys/kern/kern_descrip.c: export_kinfo_to_sb).
 */
static psb_status kern_proc(const psb_call *call, psb_reply *reply)
{
    int mib[4];
    bool of_system = KERN_PROC_OP[call->op].of_system;
    if (!of_system && (call->pid < 0 || call->pid > PSB_FREEBSD_PID_MAX))
        return PSB_GONE;
    int count = proc_mib(KERN_PROC_OP[call->op].what, call->pid, mib);
    psb_status status = ask(mib, count, call, reply);
    if (status == PSB_OK && call->op == PSB_OP_FREEBSD_FILES &&
        reply->cap - reply->len < sizeof(struct kinfo_file))
        return PSB_TOOSMALL;
    return status;
}

static psb_status hardware(int what, const psb_call *call, psb_reply *reply)
{
    const int mib[2] = {CTL_HW, what};
    return ask(mib, 2, call, reply);
}

/* ---- everything else ---- */

static psb_status append_tty(const char *prefix, const char *name, psb_reply *reply)
{
    char path[sizeof "/dev/" + sizeof((struct psb_freebsd_tty *)0)->name];
    struct psb_freebsd_tty tty = {0};
    struct stat stat_;
    int len = snprintf(tty.name, sizeof tty.name, "%s%s", prefix, name);
    if (len < 0 || (size_t)len >= sizeof tty.name)
        return PSB_OK;
    snprintf(path, sizeof path, "/dev/%s", tty.name);
    reply->entries++;
    if (stat(path, &stat_) != 0 || !S_ISCHR(stat_.st_mode))
        return PSB_OK;
    tty.device = stat_.st_rdev;
    return psb_append(&tty, sizeof tty, reply);
}

/* ttyu0.init and ttyu0.lock hold settings: nobody's terminal. */
static bool is_terminal(const char *name)
{
    return (strncmp(name, "tty", 3) == 0 && !strchr(name, '.')) || strcmp(name, "console") == 0;
}

/* A directory that is not there has no terminals; entries are those that can be seen from here. */
static psb_status directory(const char *path, const char *prefix, psb_reply *reply)
{
    psb_status status = PSB_OK;
    DIR *dir = opendir(path);
    reply->entries++;
    if (!dir)
        return PSB_OK;
    for (const struct dirent *entry; status == PSB_OK && (entry = readdir(dir)) != NULL;)
        if (*prefix ? entry->d_name[0] != '.' : is_terminal(entry->d_name))
            status = append_tty(prefix, entry->d_name, reply);
    closedir(dir);
    reply->entries++;
    return status;
}

static int by_device(const void *a, const void *b)
{
    const struct psb_freebsd_tty *left = a, *right = b;
    return (left->device > right->device) - (left->device < right->device);
}

static psb_status ttys(psb_reply *reply)
{
    psb_status status = directory("/dev", "", reply);
    if (status == PSB_OK)
        status = directory("/dev/pts", "pts/", reply);
    if (status == PSB_OK)
        qsort(reply->buf, reply->len / sizeof(struct psb_freebsd_tty), sizeof(struct psb_freebsd_tty),
              by_device);
    return status;
}

static psb_status nothing(psb_reply *reply)
{
    (void)getppid();
    reply->entries++;
    return PSB_OK;
}

static psb_status native_call(psb_kernel *kernel, const psb_call *call, psb_reply *reply)
{
    reply->len = 0;
    reply->os_error = 0;
    reply->entries = 0;
    if (call->op < PSB_OPS && KERN_PROC_OP[call->op].what != 0)
        return kern_proc(call, reply);
    switch (call->op) {
    case PSB_OP_NOTHING:
        return nothing(reply);
    case PSB_OP_CLOCK:
        return psb_posix_clock(call, reply);
    case PSB_OP_USER_NAME:
        return psb_posix_user_name(call, reply);
    case PSB_OP_FREEBSD_PAGESIZE:
        return hardware(HW_PAGESIZE, call, reply);
    case PSB_OP_FREEBSD_PHYSMEM:
        return hardware(HW_PHYSMEM, call, reply);
    case PSB_OP_FREEBSD_TTYS:
        return ttys(reply);
    default:
        reply->os_error = ENOSYS;
        return PSB_OSERROR;
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

static void bare_process(psb_bare *bare)
{
    char buf[64 << 10];
    size_t len = sizeof buf;
    int mib[4] = {CTL_KERN, KERN_PROC, KERN_PROC_OP[bare->call.op].what, (int)bare->call.pid};
    bare->result = sysctl(mib, 4, buf, &len, NULL, 0);
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

/* The whole table has none: how large it is only the leaf's caller finds out. */
static bool native_bare(const psb_call *call, psb_bare *bare)
{
    *bare = (psb_bare){.call = *call};
    if (call->op == PSB_OP_NOTHING)
        bare->run = bare_nothing;
    else if (call->op == PSB_OP_CLOCK)
        bare->run = bare_clock;
    else if (call->op == PSB_OP_USER_NAME)
        bare->run = bare_user;
    else if (call->op < PSB_OPS && KERN_PROC_OP[call->op].what != 0 && !KERN_PROC_OP[call->op].of_system)
        bare->run = bare_process;
    return bare->run != NULL;
}

const psb_native psb_native_leaf = {"freebsd", native_open, native_bare};

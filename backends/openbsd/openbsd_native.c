/*
 * openbsd_native.c: the leaf that asks the OpenBSD kernel this program runs on. The only file of the port
 * with OS headers, and the only place where OpenBSD's errors become statuses.
 */
#include "openbsd_abi.h"

#include "posix_native.h"

#include <sys/param.h>
#include <sys/proc.h>
#include <sys/stat.h>
#include <sys/sysctl.h>
#include <sys/types.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* What openbsd_abi.h says of the system's structs. */
#define SAME(ours, theirs, member)                                                                           \
    _Static_assert(offsetof(struct ours, member) == offsetof(struct theirs, member) &&                       \
                       sizeof(((struct ours *)0)->member) == sizeof(((struct theirs *)0)->member),           \
                   #member)
#define PROC(member) SAME(psb_openbsd_proc, kinfo_proc, member)
_Static_assert(sizeof(struct psb_openbsd_proc) == sizeof(struct kinfo_proc), "struct kinfo_proc");
PROC(p_eflag);
PROC(p_exitsig);
PROC(p_flag);
PROC(p_pid);
PROC(p_ppid);
PROC(p_sid);
PROC(p__pgid);
PROC(p_tpgid);
PROC(p_uid);
PROC(p_ruid);
PROC(p_gid);
PROC(p_rgid);
PROC(p_jobc);
PROC(p_tdev);
PROC(p_stat);
PROC(p_priority);
PROC(p_usrpri);
PROC(p_nice);
PROC(p_xstat);
PROC(p_spare);
PROC(p_comm);
PROC(p_vm_rssize);
PROC(p_vm_tsize);
PROC(p_vm_dsize);
PROC(p_vm_ssize);
PROC(p_uvalid);
PROC(p_ustart_sec);
PROC(p_ustart_usec);
PROC(p_uutime_sec);
PROC(p_uutime_usec);
PROC(p_ustime_sec);
PROC(p_ustime_usec);
PROC(p_uru_minflt);
PROC(p_uru_majflt);
PROC(p_uru_nswap);
PROC(p_uru_inblock);
PROC(p_uru_oublock);
PROC(p_uru_nvcsw);
PROC(p_uru_nivcsw);
PROC(p_uctime_sec);
PROC(p_uctime_usec);
PROC(p_psflags);
PROC(p_acflag);
PROC(p_svuid);
PROC(p_svgid);
PROC(p_cpuid);
PROC(p_vm_map_size);
PROC(p_tid);
PROC(p_rtableid);
PROC(p_pledge);
PROC(p_name);
_Static_assert(sizeof(struct psb_openbsd_file) == sizeof(struct kinfo_file), "struct kinfo_file");
SAME(psb_openbsd_file, kinfo_file, p_pid);
SAME(psb_openbsd_file, kinfo_file, fd_fd);

#define EQUAL(ours, theirs) _Static_assert((ours) == (theirs), #ours)
EQUAL(PSB_OPENBSD_SIDL, SIDL);
EQUAL(PSB_OPENBSD_SRUN, SRUN);
EQUAL(PSB_OPENBSD_SSLEEP, SSLEEP);
EQUAL(PSB_OPENBSD_SSTOP, SSTOP);
EQUAL(PSB_OPENBSD_SZOMB, SZOMB);
EQUAL(PSB_OPENBSD_SDEAD, SDEAD);
EQUAL(PSB_OPENBSD_SONPROC, SONPROC);
EQUAL(PSB_OPENBSD_PS_EXITING, PS_EXITING);
EQUAL(PSB_OPENBSD_PS_SYSTEM, PS_SYSTEM);
EQUAL(PSB_OPENBSD_PS_ZOMBIE, PS_ZOMBIE);
EQUAL(PSB_OPENBSD_NODEV, (uint32_t)NODEV);
EQUAL(PSB_OPENBSD_NOCPU, KI_NOCPU);
EQUAL(PSB_OPENBSD_NZERO, NZERO);
EQUAL(PSB_OPENBSD_THREAD_OFFSET, THREAD_PID_OFFSET);
EQUAL(PSB_OPENBSD_EPERM, EPERM);
EQUAL(PSB_OPENBSD_ESRCH, ESRCH);
EQUAL(PSB_OPENBSD_ENOMEM, ENOMEM);
EQUAL(PSB_OPENBSD_EINVAL, EINVAL);
EQUAL(PSB_OPENBSD_ERANGE, ERANGE);
EQUAL(PSB_OPENBSD_ENOSYS, ENOSYS);
EQUAL(PSB_OPENBSD_CWD_MAX, MAXPATHLEN * 4);

enum { NAMES = 6 };

struct mib {
    int name[NAMES];
    u_int len;
};

/* The name of a call, which counts rows of this size up to cap; len 0: it is no single sysctl. */
static struct mib mib_of(const psb_call *call, size_t cap)
{
    int pid = (int)call->pid, proc = sizeof(struct kinfo_proc), file = sizeof(struct kinfo_file);
    int procs = (int)(cap / sizeof(struct kinfo_proc)), files = (int)(cap / sizeof(struct kinfo_file));
    switch (call->op) {
    case PSB_OP_OPENBSD_PROCS:
        return (struct mib){{CTL_KERN, KERN_PROC, KERN_PROC_KTHREAD, 0, proc, procs}, 6};
    case PSB_OP_OPENBSD_PROC:
        return (struct mib){{CTL_KERN, KERN_PROC, KERN_PROC_PID, pid, proc, 1}, 6};
    case PSB_OP_OPENBSD_THREADS:
        return (struct mib){{CTL_KERN, KERN_PROC, KERN_PROC_PID | KERN_PROC_SHOW_THREADS, pid, proc, procs},
                            6};
    case PSB_OP_OPENBSD_FILES:
        return (struct mib){{CTL_KERN, KERN_FILE, KERN_FILE_BYPID, pid, file, files}, 6};
    case PSB_OP_OPENBSD_ARGV:
        return (struct mib){{CTL_KERN, KERN_PROC_ARGS, pid, KERN_PROC_ARGV}, 4};
    case PSB_OP_OPENBSD_CWD:
        return (struct mib){{CTL_KERN, KERN_PROC_CWD, pid}, 3};
    default:
        return (struct mib){{0}, 0};
    }
}

static psb_status failed(uint32_t op, int error, psb_reply *reply)
{
    reply->os_error = error;
    switch (error) {
    case ESRCH:
        return PSB_GONE;
    case EPERM:
    case EACCES:
        return PSB_DENIED;
    case ENOMEM:
        return PSB_TOOSMALL;
    case EINVAL: /* the kernel's own, or ended: openbsd_port.c asks which */
        return op == PSB_OP_OPENBSD_ARGV || op == PSB_OP_OPENBSD_CWD ? PSB_ABSENT : PSB_OSERROR;
    case ERANGE:
        return reply->cap < PSB_OPENBSD_CWD_MAX ? PSB_TOOSMALL : PSB_UNKNOWN;
    case EBUSY:  /* it is in exec */
    case ENOENT: /* its directory was removed */
        return PSB_UNKNOWN;
    default:
        return PSB_OSERROR;
    }
}

/* The kernel wrote addresses of strings in this buffer. */
static psb_status make_offsets(psb_reply *reply)
{
    char *buf = reply->buf;
    for (size_t at = 0; at + sizeof(uint64_t) <= reply->len; at += sizeof(uint64_t)) {
        uint64_t address;
        memcpy(&address, buf + at, sizeof address);
        if (address == 0)
            break;
        address -= (uint64_t)(uintptr_t)buf;
        memcpy(buf + at, &address, sizeof address);
    }
    return PSB_OK;
}

static psb_status ask_sysctl(const psb_call *call, const struct mib *mib, psb_reply *reply)
{
    size_t len = reply->cap;
    if (call->pid > INT32_MAX) /* a name is an int: another process would be told of */
        return PSB_GONE;
    reply->entries++;
    if (sysctl(mib->name, mib->len, reply->buf, &len, NULL, 0) != 0)
        return failed(call->op, errno, reply);
    reply->len = len;
    return call->op == PSB_OP_OPENBSD_ARGV ? make_offsets(reply) : PSB_OK;
}

static bool hardware(int what, void *number, size_t size, psb_reply *reply)
{
    int name[] = {CTL_HW, what};
    size_t len = size;
    reply->entries++;
    return sysctl(name, 2, number, &len, NULL, 0) == 0 && len == size;
}

static psb_status machine(const psb_call *call, psb_reply *reply)
{
    int page;
    int64_t memory;
    if (!hardware(HW_PAGESIZE, &page, sizeof page, reply) ||
        !hardware(HW_PHYSMEM64, &memory, sizeof memory, reply))
        return failed(call->op, errno, reply);
    struct psb_openbsd_machine answer = {(uint64_t)page, (uint64_t)memory};
    return psb_append(&answer, sizeof answer, reply);
}

/* A name that has no room in a row is none of a terminal. */
static psb_status terminal(int dir, const char *name, psb_reply *reply)
{
    struct psb_openbsd_terminal row = {.name = ""};
    struct stat stat_;
    if ((strncmp(name, "tty", 3) != 0 && strcmp(name, "console") != 0) || strlen(name) >= sizeof row.name)
        return PSB_OK;
    reply->entries++;
    if (fstatat(dir, name, &stat_, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISCHR(stat_.st_mode))
        return PSB_OK;
    memcpy(row.name, name, strlen(name));
    row.device = (uint32_t)stat_.st_rdev;
    return psb_append(&row, sizeof row, reply);
}

static psb_status terminals(const psb_call *call, psb_reply *reply)
{
    DIR *dir = opendir("/dev");
    psb_status status = PSB_OK;
    const struct dirent *entry;
    reply->entries++;
    if (!dir)
        return failed(call->op, errno, reply);
    while (status == PSB_OK && (entry = readdir(dir)) != NULL)
        status = terminal(dirfd(dir), entry->d_name, reply);
    closedir(dir);
    reply->entries++;
    return status;
}

static psb_status nothing(const psb_call *call, psb_reply *reply)
{
    (void)getppid();
    reply->entries++;
    return PSB_OK;
}

static psb_status native_call(psb_kernel *kernel, const psb_call *call, psb_reply *reply)
{
    static psb_status (*const OTHER[PSB_OPS])(const psb_call *, psb_reply *) = {
        [PSB_OP_NOTHING] = nothing,
        [PSB_OP_CLOCK] = psb_posix_clock,
        [PSB_OP_USER_NAME] = psb_posix_user_name,
        [PSB_OP_OPENBSD_MACHINE] = machine,
        [PSB_OP_OPENBSD_TERMINALS] = terminals,
    };
    struct mib mib = mib_of(call, reply->cap);
    reply->len = 0;
    reply->os_error = 0;
    reply->entries = 0;
    if (mib.len > 0)
        return ask_sysctl(call, &mib, reply);
    if (call->op < PSB_OPS && OTHER[call->op])
        return OTHER[call->op](call, reply);
    reply->os_error = ENOSYS;
    return PSB_OSERROR;
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

enum { BARE_ROOM = 256 << 10 };

static void bare_sysctl(psb_bare *bare)
{
    static char buf[BARE_ROOM];
    struct mib mib = mib_of(&bare->call, sizeof buf);
    size_t len = sizeof buf;
    bare->result = sysctl(mib.name, mib.len, buf, &len, NULL, 0);
}

static void bare_clock(psb_bare *bare)
{
    struct timespec now;
    bare->result = clock_gettime(CLOCK_REALTIME, &now);
}

static void bare_user(psb_bare *bare)
{
    char buf[4096];
    struct passwd entry, *found;
    bare->result = getpwuid_r((uid_t)bare->call.pid, &entry, buf, sizeof buf, &found);
}

static void bare_nothing(psb_bare *bare)
{
    bare->result = getppid();
}

static bool native_bare(const psb_call *call, psb_bare *bare)
{
    *bare = (psb_bare){.call = *call};
    if (mib_of(call, 0).len > 0)
        bare->run = bare_sysctl;
    else if (call->op == PSB_OP_CLOCK)
        bare->run = bare_clock;
    else if (call->op == PSB_OP_USER_NAME)
        bare->run = bare_user;
    else if (call->op == PSB_OP_NOTHING)
        bare->run = bare_nothing;
    return bare->run != NULL;
}

const psb_native psb_native_leaf = {"openbsd", native_open, native_bare};

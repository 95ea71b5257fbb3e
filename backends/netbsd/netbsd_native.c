/*
 * netbsd_native.c: the leaf that asks the NetBSD kernel this program runs on. The only file of the port
 * with OS headers, and the only place where NetBSD's errors become statuses.
 */
#include "netbsd_abi.h"

#include "posix_native.h"

#include <sys/lwp.h>
#include <sys/param.h>
#include <sys/proc.h>
#include <sys/sysctl.h>
#include <sys/types.h>

#include <errno.h>
#include <limits.h>
#include <pwd.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* What netbsd_abi.h says of the system's structs. */
#define SAME(ours, theirs, member)                                                                           \
    _Static_assert(offsetof(struct ours, member) == offsetof(struct theirs, member) &&                       \
                       sizeof(((struct ours *)0)->member) == sizeof(((struct theirs *)0)->member),           \
                   #member)
#define PROC(member) SAME(psb_netbsd_proc, kinfo_proc2, member)
_Static_assert(sizeof(struct psb_netbsd_proc) == sizeof(struct kinfo_proc2), "struct kinfo_proc2");
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
PROC(p_acflag);
PROC(p_svuid);
PROC(p_svgid);
PROC(p_cpuid);
PROC(p_realflag);
PROC(p_nlwps);
PROC(p_nrlwps);
PROC(p_realstat);
PROC(p_vm_vsize);
PROC(p_vm_msize);
_Static_assert(sizeof(struct psb_netbsd_file) == sizeof(struct kinfo_file), "struct kinfo_file");
SAME(psb_netbsd_file, kinfo_file, ki_pid);
SAME(psb_netbsd_file, kinfo_file, ki_fd);
_Static_assert(sizeof(struct psb_netbsd_lwp) == sizeof(struct kinfo_lwp), "struct kinfo_lwp");
SAME(psb_netbsd_lwp, kinfo_lwp, l_lid);
SAME(psb_netbsd_lwp, kinfo_lwp, l_stat);
SAME(psb_netbsd_lwp, kinfo_lwp, l_rtime_sec);
SAME(psb_netbsd_lwp, kinfo_lwp, l_rtime_usec);
SAME(psb_netbsd_lwp, kinfo_lwp, l_pid);
SAME(psb_netbsd_lwp, kinfo_lwp, l_name);
_Static_assert(sizeof(struct psb_netbsd_driver) == sizeof(struct kinfo_drivers), "struct kinfo_drivers");
SAME(psb_netbsd_driver, kinfo_drivers, d_cmajor);
SAME(psb_netbsd_driver, kinfo_drivers, d_bmajor);
SAME(psb_netbsd_driver, kinfo_drivers, d_name);

#define EQUAL(ours, theirs) _Static_assert((ours) == (theirs), #ours)
EQUAL(PSB_NETBSD_LSIDL, LSIDL);
EQUAL(PSB_NETBSD_LSRUN, LSRUN);
EQUAL(PSB_NETBSD_LSSLEEP, LSSLEEP);
EQUAL(PSB_NETBSD_LSSTOP, LSSTOP);
EQUAL(PSB_NETBSD_LSZOMB, LSZOMB);
EQUAL(PSB_NETBSD_LSONPROC, LSONPROC);
EQUAL(PSB_NETBSD_LSSUSPENDED, LSSUSPENDED);
EQUAL(PSB_NETBSD_SIDL, SIDL);
EQUAL(PSB_NETBSD_SACTIVE, SACTIVE);
EQUAL(PSB_NETBSD_SDYING, SDYING);
EQUAL(PSB_NETBSD_SSTOP, SSTOP);
EQUAL(PSB_NETBSD_SZOMB, SZOMB);
EQUAL(PSB_NETBSD_SDEAD, SDEAD);
EQUAL(PSB_NETBSD_P_SYSTEM, P_SYSTEM);
EQUAL(PSB_NETBSD_COMM_MAX, MAXCOMLEN);
EQUAL(PSB_NETBSD_NODEV, (uint32_t)NODEV);
EQUAL(PSB_NETBSD_NZERO, NZERO);
EQUAL(PSB_NETBSD_ENOENT, ENOENT);
EQUAL(PSB_NETBSD_ESRCH, ESRCH);
EQUAL(PSB_NETBSD_ENOMEM, ENOMEM);
EQUAL(PSB_NETBSD_EINVAL, EINVAL);
EQUAL(PSB_NETBSD_ENOSPC, ENOSPC);
EQUAL(PSB_NETBSD_ENOSYS, ENOSYS);
EQUAL(PSB_NETBSD_CWD_MAX, MAXPATHLEN * 4);

enum { NAMES = 6 };

struct mib {
    int name[NAMES];
    u_int len;
};

/* The name of a call, which counts rows of this size up to cap; len 0: it is no single sysctl. */
static struct mib mib_of(const psb_call *call, size_t cap)
{
    int pid = (int)call->pid, row = sizeof(struct kinfo_proc2), lwp = sizeof(struct kinfo_lwp);
    int rows = (int)(cap / sizeof(struct kinfo_proc2)), lwps = (int)(cap / sizeof(struct kinfo_lwp));
    switch (call->op) {
    case PSB_OP_NETBSD_DRIVERS:
        return (struct mib){{CTL_KERN, KERN_DRIVERS}, 2};
    case PSB_OP_NETBSD_PROCS:
        return (struct mib){{CTL_KERN, KERN_PROC2, KERN_PROC_ALL, 0, row, rows}, 6};
    case PSB_OP_NETBSD_PROC:
        return (struct mib){{CTL_KERN, KERN_PROC2, KERN_PROC_PID, pid, row, 1}, 6};
    case PSB_OP_NETBSD_LWPS:
        return (struct mib){{CTL_KERN, KERN_LWP, pid, lwp, lwps}, 5};
    case PSB_OP_NETBSD_FILES: /* INT_MAX: as many as there is room for */
        return (struct mib){{CTL_KERN, KERN_FILE2, KERN_FILE_BYPID, pid, sizeof(struct kinfo_file), INT_MAX},
                            6};
    case PSB_OP_NETBSD_ARGV:
        return (struct mib){{CTL_KERN, KERN_PROC_ARGS, pid, KERN_PROC_ARGV}, 4};
    case PSB_OP_NETBSD_PATHNAME:
        return (struct mib){{CTL_KERN, KERN_PROC_ARGS, pid, KERN_PROC_PATHNAME}, 4};
    case PSB_OP_NETBSD_CWD:
        return (struct mib){{CTL_KERN, KERN_PROC_ARGS, pid, KERN_PROC_CWD}, 4};
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
    case ENOSPC:
        return PSB_TOOSMALL;
    case EINVAL: /* no such process, the kernel's own, or ended: netbsd_port.c asks which */
        return op == PSB_OP_NETBSD_ARGV ? PSB_ABSENT : PSB_OSERROR;
    case ENOENT: /* no program; or its directory was removed */
        return op == PSB_OP_NETBSD_PATHNAME ? PSB_ABSENT : PSB_UNKNOWN;
    case EBUSY:  /* it is in exec, or ends */
    case EAGAIN: /* an LWP ended while it was told of */
        return PSB_UNKNOWN;
    default:
        return PSB_OSERROR;
    }
}

/* Files and arguments that do not fit are cut without an error: by the length that is wanted, or that is
 * full. */
static bool is_cut(const psb_call *call, size_t len, const psb_reply *reply)
{
    return len > reply->cap || (call->op == PSB_OP_NETBSD_ARGV && len == reply->cap);
}

static psb_status ask_sysctl(const psb_call *call, const struct mib *mib, psb_reply *reply)
{
    size_t len = reply->cap;
    if (call->pid > INT32_MAX) /* a name is an int: another process would be told of */
        return PSB_GONE;
    reply->entries++;
    if (sysctl(mib->name, mib->len, reply->buf, &len, NULL, 0) != 0)
        return failed(call->op, errno, reply);
    if (is_cut(call, len, reply))
        return PSB_TOOSMALL;
    reply->len = len;
    /* No files: it has none, or it is not there (netbsd_port.c asks which). */
    return call->op == PSB_OP_NETBSD_FILES && len == 0 ? PSB_ABSENT : PSB_OK;
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
    struct psb_netbsd_machine answer = {(uint64_t)page, (uint64_t)memory};
    return psb_append(&answer, sizeof answer, reply);
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
        [PSB_OP_NETBSD_MACHINE] = machine,
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

const psb_native psb_native_leaf = {"netbsd", native_open, native_bare};

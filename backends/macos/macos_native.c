/*
 * macos_native.c: the leaf that asks the macOS kernel this program runs on. The only file of the port with OS
 * headers, and the only place where its errors become statuses.
 */
#include "macos_abi.h"

#include "posix_native.h"

#include <dirent.h>
#include <errno.h>
#include <libproc.h>
#include <mach/mach_time.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>
#include <sys/proc.h>
#include <sys/proc_info.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysctl.h>
#include <time.h>
#include <unistd.h>

/* ---- macos_abi.h against the system's headers ---- */

#define SAME_SIZE(ours, theirs) _Static_assert(sizeof(ours) == sizeof(theirs), #theirs)
#define SAME(ours, member, theirs, name)                                                                     \
    _Static_assert(offsetof(ours, member) == offsetof(theirs, name) &&                                       \
                       sizeof(((ours *)0)->member) == sizeof(((theirs *)0)->name),                           \
                   #name)

#define KINFO struct psb_macos_kinfo
SAME_SIZE(KINFO, struct kinfo_proc);
SAME_SIZE(struct psb_macos_proc, struct extern_proc);
SAME_SIZE(struct psb_macos_eproc, struct eproc);
SAME(KINFO, kp_eproc, struct kinfo_proc, kp_eproc);
SAME(KINFO, kp_proc.start_sec, struct kinfo_proc, kp_proc.p_starttime.tv_sec);
SAME(KINFO, kp_proc.start_usec, struct kinfo_proc, kp_proc.p_starttime.tv_usec);
SAME(KINFO, kp_proc.p_flag, struct kinfo_proc, kp_proc.p_flag);
SAME(KINFO, kp_proc.p_stat, struct kinfo_proc, kp_proc.p_stat);
SAME(KINFO, kp_proc.p_pid, struct kinfo_proc, kp_proc.p_pid);
SAME(KINFO, kp_proc.p_nice, struct kinfo_proc, kp_proc.p_nice);
SAME(KINFO, kp_proc.p_comm, struct kinfo_proc, kp_proc.p_comm);
SAME(KINFO, kp_eproc.p_ruid, struct kinfo_proc, kp_eproc.e_pcred.p_ruid);
SAME(KINFO, kp_eproc.p_svuid, struct kinfo_proc, kp_eproc.e_pcred.p_svuid);
SAME(KINFO, kp_eproc.p_rgid, struct kinfo_proc, kp_eproc.e_pcred.p_rgid);
SAME(KINFO, kp_eproc.p_svgid, struct kinfo_proc, kp_eproc.e_pcred.p_svgid);
SAME(KINFO, kp_eproc.cr_uid, struct kinfo_proc, kp_eproc.e_ucred.cr_uid);
SAME(KINFO, kp_eproc.cr_ngroups, struct kinfo_proc, kp_eproc.e_ucred.cr_ngroups);
SAME(KINFO, kp_eproc.cr_groups, struct kinfo_proc, kp_eproc.e_ucred.cr_groups);
SAME(KINFO, kp_eproc.e_ppid, struct kinfo_proc, kp_eproc.e_ppid);
SAME(KINFO, kp_eproc.e_tdev, struct kinfo_proc, kp_eproc.e_tdev);

#define TASK struct psb_macos_task
SAME_SIZE(TASK, struct proc_taskinfo);
SAME(TASK, virtual_size, struct proc_taskinfo, pti_virtual_size);
SAME(TASK, resident_size, struct proc_taskinfo, pti_resident_size);
SAME(TASK, total_user, struct proc_taskinfo, pti_total_user);
SAME(TASK, total_system, struct proc_taskinfo, pti_total_system);
SAME(TASK, faults, struct proc_taskinfo, pti_faults);
SAME(TASK, pageins, struct proc_taskinfo, pti_pageins);
SAME(TASK, csw, struct proc_taskinfo, pti_csw);
SAME(TASK, threadnum, struct proc_taskinfo, pti_threadnum);
SAME(TASK, numrunning, struct proc_taskinfo, pti_numrunning);

SAME_SIZE(struct psb_macos_taskall, struct proc_taskallinfo);
SAME(struct psb_macos_taskall, status, struct proc_taskallinfo, pbsd.pbi_status);
SAME(struct psb_macos_taskall, pid, struct proc_taskallinfo, pbsd.pbi_pid);
SAME(struct psb_macos_taskall, task, struct proc_taskallinfo, ptinfo);

SAME_SIZE(struct psb_macos_threadinfo, struct proc_threadinfo);
SAME(struct psb_macos_threadinfo, user_time, struct proc_threadinfo, pth_user_time);
SAME(struct psb_macos_threadinfo, system_time, struct proc_threadinfo, pth_system_time);

SAME_SIZE(struct psb_macos_rusage, struct rusage_info_v2);
SAME(struct psb_macos_rusage, diskio_bytesread, struct rusage_info_v2, ri_diskio_bytesread);
SAME(struct psb_macos_rusage, diskio_byteswritten, struct rusage_info_v2, ri_diskio_byteswritten);

#define REGION struct psb_macos_region
SAME_SIZE(REGION, struct proc_regioninfo);
SAME(REGION, ref_count, struct proc_regioninfo, pri_ref_count);
SAME(REGION, share_mode, struct proc_regioninfo, pri_share_mode);
SAME(REGION, private_pages_resident, struct proc_regioninfo, pri_private_pages_resident);
SAME(REGION, shared_pages_resident, struct proc_regioninfo, pri_shared_pages_resident);
SAME(REGION, address, struct proc_regioninfo, pri_address);
SAME(REGION, size, struct proc_regioninfo, pri_size);
_Static_assert(PSB_MACOS_SM_COW == SM_COW && PSB_MACOS_SM_PRIVATE == SM_PRIVATE &&
                   PSB_MACOS_SM_EMPTY == SM_EMPTY && PSB_MACOS_SM_SHARED == SM_SHARED &&
                   PSB_MACOS_SM_LARGE_PAGE == SM_LARGE_PAGE,
               "share modes");

SAME_SIZE(struct psb_macos_fd, struct proc_fdinfo);
SAME(struct psb_macos_fd, fd, struct proc_fdinfo, proc_fd);
SAME(struct psb_macos_fd, type, struct proc_fdinfo, proc_fdtype);

SAME_SIZE(struct psb_macos_vnode_path, struct vnode_info_path);
SAME(struct psb_macos_vnode_path, vi_type, struct vnode_info_path, vip_vi.vi_type);
SAME(struct psb_macos_vnode_path, vip_path, struct vnode_info_path, vip_path);
SAME_SIZE(struct psb_macos_paths, struct proc_vnodepathinfo);
SAME(struct psb_macos_paths, cdir, struct proc_vnodepathinfo, pvi_cdir);

_Static_assert(PSB_MACOS_COMM == MAXCOMLEN + 1 && PSB_MACOS_PATH == MAXPATHLEN &&
                   PSB_MACOS_GROUPS == NGROUPS && PSB_MACOS_ARG_MAX == ARG_MAX,
               "lengths");
_Static_assert(PSB_MACOS_SIDL == SIDL && PSB_MACOS_SRUN == SRUN && PSB_MACOS_SSLEEP == SSLEEP &&
                   PSB_MACOS_SSTOP == SSTOP && PSB_MACOS_SZOMB == SZOMB,
               "states");
_Static_assert(PSB_MACOS_P_LP64 == P_LP64 && PSB_MACOS_P_SYSTEM == P_SYSTEM && PSB_MACOS_P_WEXIT == P_WEXIT,
               "flags");
_Static_assert(PSB_MACOS_NODEV == (uint32_t)NODEV, "no device");

/* ---- calls ---- */

/* 0, or the error. *len is the room, and then the length of the answer. */
static int control(const int *name, unsigned count, void *buf, size_t *len, psb_reply *reply)
{
    int copy[4];
    memcpy(copy, name, count * sizeof *name);
    reply->entries++;
    errno = 0;
    return sysctl(copy, count, buf, len, NULL, 0) == 0 ? 0 : errno ? errno : EIO; /* it may fail with none */
}

static bool one_kinfo(psb_pid pid, struct kinfo_proc *out, psb_reply *reply)
{
    const int NAME[] = {CTL_KERN, KERN_PROC, KERN_PROC_PID, (int)pid};
    size_t len = sizeof *out;
    return control(NAME, 4, out, &len, reply) == 0 && len == sizeof *out && out->kp_proc.p_pid == pid;
}

/*
 * ESRCH, ENOENT and EINVAL have several meanings: the process is gone, or it is there and has no such thing
 * (a zombie's task), or, from kern.procargs2, it is another user's.
 */
static psb_status look(psb_pid pid, int error, psb_reply *reply)
{
    struct kinfo_proc kinfo;
    if (!one_kinfo(pid, &kinfo, reply))
        return PSB_GONE;
    bool lacks = kinfo.kp_proc.p_stat == SZOMB || kinfo.kp_proc.p_flag & P_SYSTEM;
    if (lacks || error == ESRCH)
        return PSB_ABSENT;
    return error == EINVAL && geteuid() != 0 ? PSB_DENIED : PSB_UNKNOWN;
}

static psb_status failed(psb_pid pid, int error, psb_reply *reply)
{
    reply->os_error = error;
    switch (error) {
    case ESRCH:
    case ENOENT: /* a program whose file was deleted */
    case EINVAL:
    case EIO: /* its memory cannot be read: it is about to end, or to become another program */
        return look(pid, error, reply);
    case EPERM:
    case EACCES:
        return PSB_DENIED;
    case ENOSPC: /* a path longer than the kernel can tell */
        return PSB_UNKNOWN;
    case ENOMEM:
        return PSB_TOOSMALL;
    default:
        return PSB_OSERROR;
    }
}

static bool is_pid(psb_pid pid)
{
    return pid >= 0 && pid <= INT32_MAX;
}

/* No bytes and no error: there is no such process. */
static psb_status kinfo_of(psb_pid pid, psb_reply *reply)
{
    const int NAME[] = {CTL_KERN, KERN_PROC, KERN_PROC_PID, (int)pid};
    reply->len = reply->cap;
    int error = control(NAME, 4, reply->buf, &reply->len, reply);
    if (error == 0)
        return PSB_OK;
    reply->len = 0;
    return failed(pid, error, reply);
}

static bool has_pid_0(const psb_reply *reply)
{
    const struct kinfo_proc *kinfo = reply->buf;
    for (size_t i = reply->len / sizeof *kinfo; i > 0; i--) /* the oldest stand last */
        if (kinfo[i - 1].kp_proc.p_pid == 0)
            return true;
    return false;
}

/* The kernel's own process is left out of the table, and answers when it is asked for. */
static psb_status all_processes(psb_reply *reply)
{
    static const int NAME[] = {CTL_KERN, KERN_PROC, KERN_PROC_ALL, 0};
    struct kinfo_proc kernel;
    reply->len = reply->cap;
    int error = control(NAME, 4, reply->buf, &reply->len, reply);
    if (error != 0) {
        reply->len = 0;
        return failed(0, error, reply);
    }
    return has_pid_0(reply) || !one_kinfo(0, &kernel, reply) ? PSB_OK
                                                             : psb_append(&kernel, sizeof kernel, reply);
}

/* libproc tells failure as 0 bytes, which a list may have too: errno decides. A list that fills its room may
 * have been cut. */
static psb_status process_info(psb_pid pid, int flavor, uint64_t arg, size_t size, psb_reply *reply)
{
    size_t room = size ? size : reply->cap;
    if (room > reply->cap)
        return PSB_TOOSMALL;
    errno = 0;
    int got = proc_pidinfo((int)pid, flavor, arg, reply->buf, (int)room);
    reply->entries++;
    if (got <= 0 && errno != 0)
        return failed(pid, errno, reply);
    reply->len = got > 0 ? (size_t)got : 0;
    return size == 0 && reply->len + sizeof(uint64_t) > room ? PSB_TOOSMALL : PSB_OK;
}

/* The handles stand at the end of the room, which is shared as the sizes of a handle and an answer are: 1
 * to 15.
 */
static psb_status threads(psb_pid pid, psb_reply *reply)
{
    size_t room = reply->cap / 128 * 120;
    psb_reply list = {.buf = (char *)reply->buf + room, .cap = reply->cap / 128 * 8};
    psb_status status = process_info(pid, PROC_PIDLISTTHREADS, 0, 0, &list);
    reply->entries += list.entries;
    reply->os_error = list.os_error;
    for (size_t at = 0; status == PSB_OK && at + 8 <= list.len; at += 8) {
        struct psb_macos_thread one;
        psb_reply info = {.buf = &one.info, .cap = sizeof one.info};
        memcpy(&one.handle, (const char *)list.buf + at, 8);
        psb_status told =
            process_info(pid, PROC_PIDTHREADINFO, one.handle, sizeof(struct proc_threadinfo), &info);
        reply->entries += info.entries;
        if (told != PSB_OK || info.len != sizeof one.info) /* it has ended meanwhile */
            continue;
        if (reply->len + sizeof one > room)
            return PSB_TOOSMALL;
        status = psb_append(&one, sizeof one, reply);
    }
    return status == PSB_OK && reply->len == 0 ? look(pid, ESRCH, reply) : status;
}

/* The kernel tells of the region at an address or behind it, and says EINVAL behind the last. The room for the reply
 * bounds the walk, and each step goes on to a higher address. */
static psb_status regions(psb_pid pid, psb_reply *reply)
{
    for (uint64_t address = 0;;) {
        struct proc_regioninfo region;
        psb_reply one = {.buf = &region, .cap = sizeof region};
        psb_status status = process_info(pid, PROC_PIDREGIONINFO, address, sizeof region, &one);
        reply->entries += one.entries;
        if (status != PSB_OK || one.len != sizeof region) {
            if (reply->len > 0 && (status == PSB_OK || one.os_error == EINVAL))
                return PSB_OK;
            return psb_refuse(reply, status == PSB_OK ? look(pid, ESRCH, reply) : status, one.os_error);
        }
        if (region.pri_size == 0 || region.pri_address > UINT64_MAX - region.pri_size ||
            region.pri_address + region.pri_size <= address)
            return PSB_MALFORMED;
        address = region.pri_address + region.pri_size;
        status = psb_append(&region, sizeof region, reply);
        if (status != PSB_OK)
            return status;
    }
}

static psb_status program(psb_pid pid, psb_reply *reply)
{
    uint32_t room = reply->cap < PROC_PIDPATHINFO_MAXSIZE ? (uint32_t)reply->cap : PROC_PIDPATHINFO_MAXSIZE;
    errno = 0;
    int got = proc_pidpath((int)pid, reply->buf, room);
    reply->entries++;
    if (got > 0) {
        reply->len = (size_t)got;
        return PSB_OK;
    }
    return failed(pid, errno ? errno : ESRCH, reply);
}

static psb_status resources(psb_pid pid, psb_reply *reply)
{
    struct rusage_info_v2 answer;
    int result = proc_pid_rusage((int)pid, RUSAGE_INFO_V2, (rusage_info_t *)&answer);
    reply->entries++;
    return result == 0 ? psb_append(&answer, sizeof answer, reply) : failed(pid, errno, reply);
}

/* The kernel cuts what has no room, and takes no more room than ARG_MAX. */
static psb_status arguments(psb_pid pid, psb_reply *reply)
{
    const int NAME[] = {CTL_KERN, KERN_PROCARGS2, (int)pid};
    size_t room = reply->cap < PSB_MACOS_ARG_MAX ? reply->cap : PSB_MACOS_ARG_MAX;
    reply->len = room;
    int error = control(NAME, 3, reply->buf, &reply->len, reply);
    if (error != 0) {
        reply->len = 0;
        return failed(pid, error, reply);
    }
    return reply->len >= room && room < PSB_MACOS_ARG_MAX ? PSB_TOOSMALL : PSB_OK;
}

/* pid 0 would be the caller. */
static psb_status niceness(psb_pid pid, psb_reply *reply)
{
    if (pid == 0)
        return failed(pid, ESRCH, reply);
    errno = 0; /* -1 is a niceness, too */
    int32_t nice = getpriority(PRIO_PROCESS, (id_t)pid);
    reply->entries++;
    if (nice == -1 && errno != 0)
        return failed(pid, errno, reply);
    return psb_append(&nice, sizeof nice, reply);
}

/* By name; 0 if this kernel has none of that name. Some are 4 bytes wide, others 8. */
static uint64_t number_of(const char *name, psb_reply *reply)
{
    uint64_t number = 0;
    size_t len = sizeof number;
    reply->entries++;
    return sysctlbyname(name, &number, &len, NULL, 0) == 0 ? number : 0;
}

/*
 * hw.tbfrequency is the machine's own, which the kernel counts in; a translated program (Rosetta) is told
 * another timebase by mach_timebase_info.
 */
static psb_status facts(psb_reply *reply)
{
    struct psb_macos_facts answer = {.page_bytes = number_of("hw.pagesize", reply),
                                     .memory_bytes = number_of("hw.memsize", reply),
                                     .timebase_hz = number_of("hw.tbfrequency", reply)};
    mach_timebase_info_data_t base;
    if (answer.timebase_hz == 0 && mach_timebase_info(&base) == KERN_SUCCESS && base.numer != 0)
        answer.timebase_hz = UINT64_C(1000000000) * base.denom / base.numer;
    return psb_append(&answer, sizeof answer, reply);
}

static psb_status one_terminal(const char *name, psb_reply *reply)
{
    struct psb_macos_terminal terminal = {0};
    struct stat status;
    char path[64];
    size_t len = strlen(name);
    bool wanted = strncmp(name, "tty", 3) == 0 || strcmp(name, "console") == 0;
    if (!wanted || len >= sizeof terminal.name)
        return PSB_OK;
    snprintf(path, sizeof path, "/dev/%s", name);
    reply->entries++;
    if (stat(path, &status) != 0 || !S_ISCHR(status.st_mode))
        return PSB_OK;
    terminal.device = (uint32_t)status.st_rdev;
    memcpy(terminal.name, name, len);
    return psb_append(&terminal, sizeof terminal, reply);
}

static psb_status terminals(psb_reply *reply)
{
    psb_status status = PSB_OK;
    DIR *dir = opendir("/dev");
    reply->entries++;
    if (!dir) {
        reply->os_error = errno;
        return PSB_OSERROR;
    }
    for (struct dirent *entry; status == PSB_OK && (entry = readdir(dir)) != NULL;)
        status = one_terminal(entry->d_name, reply);
    closedir(dir);
    reply->entries += 2; /* at least one getdirentries, and close */
    return status;
}

/* Ops that are one flavor of proc_pidinfo; size 0: a list. */
static const struct {
    int flavor;
    size_t size;
} INFO[PSB_OPS] = {
    [PSB_OP_MACOS_TASK] = {PROC_PIDTASKINFO, sizeof(struct proc_taskinfo)},
    [PSB_OP_MACOS_TASKALL] = {PROC_PIDTASKALLINFO, sizeof(struct proc_taskallinfo)},
    [PSB_OP_MACOS_CWD] = {PROC_PIDVNODEPATHINFO, sizeof(struct proc_vnodepathinfo)},
    [PSB_OP_MACOS_FDS] = {PROC_PIDLISTFDS, 0},
};

static psb_status (*const OF_PROCESS[PSB_OPS])(psb_pid, psb_reply *) = {
    [PSB_OP_MACOS_KINFO] = kinfo_of,      [PSB_OP_MACOS_THREADS] = threads, [PSB_OP_MACOS_EXE] = program,
    [PSB_OP_MACOS_ARGUMENTS] = arguments, [PSB_OP_MACOS_NICE] = niceness,   [PSB_OP_MACOS_RUSAGE] = resources,
    [PSB_OP_MACOS_REGIONS] = regions,
};

static psb_status (*const OF_SYSTEM[PSB_OPS])(psb_reply *) = {
    [PSB_OP_MACOS_FACTS] = facts,
    [PSB_OP_MACOS_TERMINALS] = terminals,
    [PSB_OP_MACOS_ALL] = all_processes,
};

static psb_status native_call(psb_kernel *kernel, const psb_call *call, psb_reply *reply)
{
    reply->len = 0;
    reply->os_error = 0;
    reply->entries = 0;
    if (call->op == PSB_OP_NOTHING) {
        (void)getppid();
        reply->entries++;
        return PSB_OK;
    }
    if (call->op == PSB_OP_USER_NAME)
        return psb_posix_user_name(call, reply);
    if (call->op == PSB_OP_CLOCK)
        return psb_posix_clock(call, reply);
    if (call->op < PSB_OPS && OF_SYSTEM[call->op])
        return OF_SYSTEM[call->op](reply);
    if (call->op >= PSB_OPS || (!OF_PROCESS[call->op] && !INFO[call->op].flavor)) {
        reply->os_error = ENOSYS;
        return PSB_OSERROR;
    }
    if (!is_pid(call->pid)) /* may not be cut to an int */
        return PSB_GONE;
    return OF_PROCESS[call->op]
               ? OF_PROCESS[call->op](call->pid, reply)
               : process_info(call->pid, INFO[call->op].flavor, 0, INFO[call->op].size, reply);
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

static void bare_nothing(psb_bare *bare)
{
    bare->result = getppid();
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

static void bare_kinfo(psb_bare *bare)
{
    int name[] = {CTL_KERN, KERN_PROC, KERN_PROC_PID, (int)bare->call.pid};
    struct kinfo_proc kinfo;
    size_t len = sizeof kinfo;
    bare->result = sysctl(name, 4, &kinfo, &len, NULL, 0);
}

static void bare_info(psb_bare *bare)
{
    _Alignas(8) char buf[8192];
    size_t size = INFO[bare->call.op].size;
    bare->result = proc_pidinfo((int)bare->call.pid, INFO[bare->call.op].flavor, 0, buf,
                                (int)(size ? size : sizeof buf));
}

static void bare_threads(psb_bare *bare)
{
    uint64_t handle[512];
    struct proc_threadinfo info;
    int got = proc_pidinfo((int)bare->call.pid, PROC_PIDLISTTHREADS, 0, handle, sizeof handle);
    for (int i = 0; i < got / 8; i++)
        bare->result = proc_pidinfo((int)bare->call.pid, PROC_PIDTHREADINFO, handle[i], &info, sizeof info);
}

static void bare_exe(psb_bare *bare)
{
    char buf[PROC_PIDPATHINFO_MAXSIZE];
    bare->result = proc_pidpath((int)bare->call.pid, buf, sizeof buf);
}

static void bare_arguments(psb_bare *bare)
{
    int name[] = {CTL_KERN, KERN_PROCARGS2, (int)bare->call.pid};
    char buf[16 << 10];
    size_t len = sizeof buf;
    bare->result = sysctl(name, 3, buf, &len, NULL, 0);
}

static void bare_rusage(psb_bare *bare)
{
    struct rusage_info_v2 rusage;
    bare->result = proc_pid_rusage((int)bare->call.pid, RUSAGE_INFO_V2, (rusage_info_t *)&rusage);
}

static void bare_regions(psb_bare *bare)
{
    struct proc_regioninfo region = {0};
    int size = (int)sizeof region;
    while (proc_pidinfo((int)bare->call.pid, PROC_PIDREGIONINFO, region.pri_address + region.pri_size,
                        &region, size) == size)
        bare->result++;
}

static void bare_nice(psb_bare *bare)
{
    bare->result = getpriority(PRIO_PROCESS, (id_t)bare->call.pid);
}

static bool native_bare(const psb_call *call, psb_bare *bare)
{
    static void (*const RUN[PSB_OPS])(psb_bare *) = {
        [PSB_OP_NOTHING] = bare_nothing,
        [PSB_OP_CLOCK] = bare_clock,
        [PSB_OP_USER_NAME] = bare_user,
        [PSB_OP_MACOS_KINFO] = bare_kinfo,
        [PSB_OP_MACOS_TASK] = bare_info,
        [PSB_OP_MACOS_TASKALL] = bare_info,
        [PSB_OP_MACOS_CWD] = bare_info,
        [PSB_OP_MACOS_FDS] = bare_info,
        [PSB_OP_MACOS_THREADS] = bare_threads,
        [PSB_OP_MACOS_EXE] = bare_exe,
        [PSB_OP_MACOS_ARGUMENTS] = bare_arguments,
        [PSB_OP_MACOS_RUSAGE] = bare_rusage,
        [PSB_OP_MACOS_REGIONS] = bare_regions,
        [PSB_OP_MACOS_NICE] = bare_nice,
    };
    *bare = (psb_bare){.call = *call};
    if (call->op >= PSB_OPS || !RUN[call->op])
        return false;
    bare->run = RUN[call->op];
    return true;
}

const psb_native psb_native_leaf = {"macos", native_open, native_bare};

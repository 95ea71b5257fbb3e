/*
 * macos_abi.h: the structs of xnu as 64-bit programs see them, alike on x86_64 and arm64. Authority: the
 * headers of the macOS SDK that are named at each; macos_native.c holds size and offsets against them.
 * Members that nobody reads are padding.
 */
#ifndef PSB_MACOS_ABI_H
#define PSB_MACOS_ABI_H

#include "port.h"

/* clang-format off */
enum {
    PSB_MACOS_COMM = 17,        /* MAXCOMLEN + 1; sys/param.h */
    PSB_MACOS_PATH = 1024,      /* MAXPATHLEN; sys/syslimits.h: PATH_MAX */
    PSB_MACOS_GROUPS = 16,      /* NGROUPS; sys/syslimits.h */
    PSB_MACOS_ARG_MAX = 1 << 20 /* ARG_MAX; sys/syslimits.h: no more arguments, nor room for them */
};

/* p_stat; sys/proc.h. */
enum { PSB_MACOS_SIDL = 1, PSB_MACOS_SRUN, PSB_MACOS_SSLEEP, PSB_MACOS_SSTOP, PSB_MACOS_SZOMB };

/* Of p_flag; sys/proc.h. */
enum { PSB_MACOS_P_LP64 = 0x4, PSB_MACOS_P_SYSTEM = 0x200, PSB_MACOS_P_WEXIT = 0x2000 };

/* vi_type: what kind of file; xnu's bsd/sys/vnode.h: enum vtype, whose values are that file's order. */
enum { PSB_MACOS_VNON = 0, PSB_MACOS_VDIR = 2 };
/* clang-format on */

#define PSB_MACOS_NODEV UINT32_C(0xffffffff) /* sys/param.h */

/* struct extern_proc; sys/proc.h. */
struct psb_macos_proc {
    int64_t start_sec; /* p_starttime */
    int32_t start_usec;
    uint8_t pad1[20];
    int32_t p_flag;
    int8_t p_stat;
    uint8_t pad2[3];
    int32_t p_pid;
    uint8_t pad3[198];
    int8_t p_nice;
    char p_comm[PSB_MACOS_COMM];
    uint8_t pad4[36];
};

/* struct eproc; sys/sysctl.h. Of e_pcred and e_ucred what is read. */
struct psb_macos_eproc {
    uint8_t pad1[96];
    uint32_t p_ruid, p_svuid, p_rgid, p_svgid;
    uint8_t pad2[12];
    uint32_t cr_uid;
    int16_t cr_ngroups;
    uint8_t pad3[2];
    uint32_t cr_groups[PSB_MACOS_GROUPS];
    uint8_t pad4[68];
    int32_t e_ppid;
    uint8_t pad5[8];
    uint32_t e_tdev;
    uint8_t pad6[72];
};

/* struct kinfo_proc; sys/sysctl.h. Reply of kern.proc.pid; of kern.proc.all an array of it. */
struct psb_macos_kinfo {
    struct psb_macos_proc kp_proc;
    struct psb_macos_eproc kp_eproc;
};

/* struct proc_taskinfo; sys/proc_info.h. Times in Mach's ticks, sizes in bytes. */
struct psb_macos_task {
    uint64_t virtual_size, resident_size;
    uint64_t total_user, total_system;
    uint8_t pad1[20];
    int32_t faults, pageins;
    uint8_t pad2[20];
    int32_t csw; /* voluntary or not */
    int32_t threadnum, numrunning;
    uint8_t pad3[4];
};

/* struct proc_taskallinfo: struct proc_bsdinfo and struct proc_taskinfo; sys/proc_info.h. */
struct psb_macos_taskall {
    uint8_t pad1[4];
    uint32_t status; /* p_stat */
    uint8_t pad2[4];
    uint32_t pid;
    uint8_t pad3[120];
    struct psb_macos_task task;
};

/* struct proc_threadinfo; sys/proc_info.h. Times in ns, unlike a task's. */
struct psb_macos_threadinfo {
    uint64_t user_time, system_time;
    uint8_t pad[96];
};

/* Of each thread: what PROC_PIDLISTTHREADS calls it, and the answer of PROC_PIDTHREADINFO. The leaf joins
 * them. */
struct psb_macos_thread {
    uint64_t handle;
    struct psb_macos_threadinfo info;
};

/* struct rusage_info_v2; sys/resource.h. */
struct psb_macos_rusage {
    uint8_t pad[144];
    uint64_t diskio_bytesread, diskio_byteswritten;
};

/* struct proc_regioninfo; sys/proc_info.h: a range of addresses that are mapped alike. Sizes in the kernel's pages. */
struct psb_macos_region {
    uint8_t pad1[52];
    uint32_t ref_count; /* of the object behind it */
    uint8_t pad2[4];
    uint32_t share_mode;
    uint32_t private_pages_resident, shared_pages_resident;
    uint8_t pad3[8];
    uint64_t address, size; /* bytes */
};

/* pri_share_mode; sys/proc_info.h. */
enum {
    PSB_MACOS_SM_COW = 1,
    PSB_MACOS_SM_PRIVATE,
    PSB_MACOS_SM_EMPTY,
    PSB_MACOS_SM_SHARED,
    PSB_MACOS_SM_LARGE_PAGE = 8
};

/* struct proc_fdinfo; sys/proc_info.h. */
struct psb_macos_fd {
    int32_t fd;
    uint32_t type;
};

/* struct vnode_info_path; sys/proc_info.h. */
struct psb_macos_vnode_path {
    uint8_t pad1[136];
    int32_t vi_type;
    uint8_t pad2[12];
    char vip_path[PSB_MACOS_PATH];
};

/* struct proc_vnodepathinfo; sys/proc_info.h: the working directory, and the root. */
struct psb_macos_paths {
    struct psb_macos_vnode_path cdir, rdir;
};

/* Reply of PSB_OP_MACOS_FACTS, composed by the leaf. */
struct psb_macos_facts {
    uint64_t page_bytes, memory_bytes;
    uint64_t timebase_hz; /* Mach's ticks per second: 24 MHz on Apple silicon, 1 GHz on Intel */
};

/* Reply of PSB_OP_MACOS_TERMINALS, composed by the leaf: an array of this. */
struct psb_macos_terminal {
    uint32_t device;
    char name[28]; /* below /dev, with a NUL */
};

/* dev_t; sys/types.h: major and minor. */
static inline uint32_t psb_macos_major(uint32_t device)
{
    return device >> 24;
}

static inline uint32_t psb_macos_minor(uint32_t device)
{
    return device & 0xffffff;
}

/* ---- what replies are parsed into ---- */

struct psb_macos_threads {
    const char *thread; /* an array of struct psb_macos_thread, not aligned */
    uint32_t count;
};

/* Parsers: see psb_source.parse. */
psb_status psb_macos_parse_kinfo(const void *raw, size_t len, psb_pid pid, void *parsed);
psb_status psb_macos_parse_task(const void *raw, size_t len, psb_pid pid, void *parsed);
psb_status psb_macos_parse_taskall(const void *raw, size_t len, psb_pid pid, void *parsed);
psb_status psb_macos_parse_rusage(const void *raw, size_t len, psb_pid pid, void *parsed);
psb_status psb_macos_parse_paths(const void *raw, size_t len, psb_pid pid, void *parsed);
psb_status psb_macos_parse_fds(const void *raw, size_t len, psb_pid pid,
                               void *parsed); /* uint64_t: how many */
psb_status psb_macos_parse_threads(const void *raw, size_t len, psb_pid pid, void *parsed);
psb_status psb_macos_parse_regions(const void *raw, size_t len, psb_pid pid,
                                   void *parsed); /* uint64_t: pages of its own */
psb_status psb_macos_parse_path(const void *raw, size_t len, psb_pid pid, void *parsed);
psb_status psb_macos_parse_arguments(const void *raw, size_t len, psb_pid pid, void *parsed);

/* BOOT parsers: parsed is a psb_facts. */
psb_status psb_macos_parse_facts(const void *raw, size_t len, psb_pid pid, void *facts);
psb_status psb_macos_parse_terminals(const void *raw, size_t len, psb_pid pid, void *facts);

/* Mach's ticks to ns, exact; false: does not fit, or the timebase is not known. */
bool psb_macos_ticks_to_ns(uint64_t ticks, const psb_facts *facts, uint64_t *ns);

/* Where text stands in replies: see psb_source.redact. */
psb_redact psb_macos_redact_arguments, psb_macos_redact_kinfo, psb_macos_redact_paths,
    psb_macos_redact_rusage, psb_macos_redact_taskall, psb_macos_redact_threads;

/* The simulated kernel, and what it can express of a world: macos_sim.c. */
psb_simulate psb_macos_simulate;
void psb_macos_express(const psb_world *world, const psb_process *process, psb_field field, psb_arena *room,
                       psb_value *truth);

#endif

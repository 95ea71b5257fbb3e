/*
 * netbsd_abi.h: what NetBSD's kernel answers, as it lies in memory on a machine with 64-bit pointers.
 * Offsets and sizes: sys/sysctl.h of NetBSD 10; netbsd_native.c asserts each of them against the system's
 * own header. What is not read is padding.
 */
#ifndef PSB_NETBSD_ABI_H
#define PSB_NETBSD_ABI_H

#include "port.h"

/* struct kinfo_proc2; filled by fill_kproc2 in sys/kern/kern_proc.c. */
struct psb_netbsd_proc {
    uint8_t pointers[104];
    int32_t p_eflag, p_exitsig, p_flag;
    int32_t p_pid, p_ppid;
    int32_t p_sid, p__pgid, p_tpgid;
    uint32_t p_uid, p_ruid, p_gid, p_rgid; /* uid, gid: effective */
    uint8_t groups[66];                    /* supplementary ones; the effective group is p_gid */
    int16_t p_jobc;
    uint32_t p_tdev; /* PSB_NETBSD_NODEV: no terminal */
    uint8_t scheduling[136];
    int8_t p_stat; /* of its busiest LWP; of a process that has ended its own */
    uint8_t p_priority, p_usrpri;
    uint8_t p_nice; /* plus PSB_NETBSD_NZERO */
    uint16_t p_xstat, p_acflag;
    char p_comm[24]; /* ended by a NUL */
    uint8_t waiting[40];
    int32_t p_vm_rssize, p_vm_tsize, p_vm_dsize, p_vm_ssize; /* pages */
    int64_t p_uvalid;                                        /* 0: nothing is told from here to p_cpuid */
    uint32_t p_ustart_sec, p_ustart_usec;
    uint32_t p_uutime_sec, p_uutime_usec, p_ustime_sec, p_ustime_usec;
    uint8_t sizes[32];
    uint64_t p_uru_minflt, p_uru_majflt, p_uru_nswap;
    uint64_t p_uru_inblock, p_uru_oublock;
    uint8_t messages[24];
    uint64_t p_uru_nvcsw, p_uru_nivcsw;
    uint32_t p_uctime_sec, p_uctime_usec; /* of children, user and system in one sum */
    uint64_t p_cpuid;
    uint64_t p_realflag, p_nlwps, p_nrlwps; /* nlwps: dead ones, too */
    uint64_t p_realstat;                    /* of the process */
    uint32_t p_svuid, p_svgid;
    uint8_t emulation[16];
    int64_t p_vm_vsize, p_vm_msize; /* pages; msize: without the stack that is not used yet */
};

/* struct kinfo_lwp; filled by fill_lwp in sys/kern/init_sysctl.c. */
struct psb_netbsd_lwp {
    uint8_t pointers[32];
    int32_t l_lid;
    uint8_t scheduling[22];
    int8_t l_stat;
    uint8_t waiting[29];
    uint32_t l_rtime_sec, l_rtime_usec; /* user and system in one sum */
    uint8_t ticks[8];
    uint32_t l_pid;
    char l_name[20];
};

/* struct kinfo_file; filled by fill_file in sys/kern/kern_descrip.c. */
struct psb_netbsd_file {
    uint8_t file[104];
    uint32_t ki_pid;
    int32_t ki_fd;
    uint8_t rest[8];
};

/* struct kinfo_drivers; filled by sysctl_kern_drivers in sys/kern/init_sysctl.c. */
struct psb_netbsd_driver {
    int32_t d_cmajor, d_bmajor; /* of its character and block devices; -1: none */
    char d_name[24];
};

/* p_stat and l_stat: sys/lwp.h. 6 was that of a dead LWP. */
enum {
    PSB_NETBSD_LSIDL = 1,
    PSB_NETBSD_LSRUN,
    PSB_NETBSD_LSSLEEP,
    PSB_NETBSD_LSSTOP,
    PSB_NETBSD_LSZOMB,
    PSB_NETBSD_LSONPROC = 7,
    PSB_NETBSD_LSSUSPENDED
};

/* p_realstat: sys/proc.h. */
enum {
    PSB_NETBSD_SIDL = 1,
    PSB_NETBSD_SACTIVE,
    PSB_NETBSD_SDYING,
    PSB_NETBSD_SSTOP,
    PSB_NETBSD_SZOMB,
    PSB_NETBSD_SDEAD
};

#define PSB_NETBSD_P_SYSTEM UINT32_C(0x00000200) /* p_flag: sys/sysctl.h */
#define PSB_NETBSD_NODEV    UINT32_MAX           /* sys/param.h */

enum {
    PSB_NETBSD_NZERO = 20,   /* sys/syslimits.h */
    PSB_NETBSD_COMM_MAX = 16 /* MAXCOMLEN, sys/param.h: bytes of a name that the kernel keeps */
};

/* Errors: errno(2). */
enum {
    PSB_NETBSD_ENOENT = 2,
    PSB_NETBSD_ESRCH = 3,
    PSB_NETBSD_ENOMEM = 12,
    PSB_NETBSD_EINVAL = 22,
    PSB_NETBSD_ENOSPC = 28,
    PSB_NETBSD_ENOSYS = 78
};

/* Most bytes of a path that KERN_PROC_CWD tells: 4 * MAXPATHLEN, its NUL included (fill_cwd). */
enum { PSB_NETBSD_CWD_MAX = 4096 };

/* Device numbers: sys/types.h. */
static inline uint32_t psb_netbsd_major(uint32_t device)
{
    return device >> 8 & 0xfff;
}

static inline uint32_t psb_netbsd_minor(uint32_t device)
{
    return (device & UINT32_C(0xfff00000)) >> 12 | (device & 0xff);
}

static inline uint32_t psb_netbsd_device(uint32_t major, uint32_t minor)
{
    return (major & 0xfff) << 8 | (minor << 12 & UINT32_C(0xfff00000)) | (minor & 0xff);
}

/* Reply of PSB_OP_NETBSD_MACHINE: sysctl hw.pagesize and hw.physmem64. */
struct psb_netbsd_machine {
    uint64_t page_bytes, memory_bytes;
};

/* Rows of a reply; count of them are LWPs that live. */
struct psb_netbsd_threads {
    psb_pid pid;
    const char *rows;
    size_t all;
    uint32_t count;
};

/* Parsers: see psb_source.parse. */
psb_status psb_netbsd_parse_proc(const void *raw, size_t len, psb_pid pid, void *parsed);
psb_status psb_netbsd_parse_threads(const void *raw, size_t len, psb_pid pid, void *parsed);
psb_status psb_netbsd_parse_files(const void *raw, size_t len, psb_pid pid, void *parsed); /* uint32_t */
psb_status psb_netbsd_parse_argv(const void *raw, size_t len, psb_pid pid, void *parsed);

/* BOOT parsers: parsed is a psb_facts. */
psb_status psb_netbsd_parse_machine(const void *raw, size_t len, psb_pid pid, void *facts);
psb_status psb_netbsd_parse_drivers(const void *raw, size_t len, psb_pid pid, void *facts);

/* Row n of the threads; false: it is not of this process, or of an LWP that is dead. */
bool psb_netbsd_thread_row(const char *rows, size_t n, psb_pid pid, struct psb_netbsd_lwp *row);

bool psb_netbsd_record(const void *raw, size_t len, size_t *at, psb_record *out);

/* Where text stands in replies: see psb_source.redact. */
psb_redact psb_netbsd_redact_files, psb_netbsd_redact_lwps, psb_netbsd_redact_procs;

/* The simulated kernel, and what this OS can express: netbsd_sim.c. */
psb_simulate psb_netbsd_simulate;
void psb_netbsd_express(const psb_world *world, const psb_process *process, psb_field field, psb_arena *room,
                        psb_value *truth);

#endif

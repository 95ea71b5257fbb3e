/*
 * openbsd_abi.h: what OpenBSD's kernel answers, as it lies in memory on a machine with 64-bit pointers.
 * Offsets and sizes: sys/sysctl.h of OpenBSD 7.x; openbsd_native.c asserts each of them against the system's
 * own header. What is not read is padding.
 */
#ifndef PSB_OPENBSD_ABI_H
#define PSB_OPENBSD_ABI_H

#include "port.h"

/* struct kinfo_proc; filled by fill_kproc in sys/kern/kern_sysctl.c and FILL_KPROC in sys/sysctl.h. */
struct psb_openbsd_proc {
    uint8_t pointers[96];
    int32_t p_eflag, p_exitsig, p_flag;
    int32_t p_pid, p_ppid;
    int32_t p_sid, p__pgid, p_tpgid;
    uint32_t p_uid, p_ruid, p_gid, p_rgid; /* uid, gid: effective */
    uint8_t groups[66];                    /* supplementary ones; the effective group is p_gid */
    int16_t p_jobc;
    uint32_t p_tdev; /* PSB_OPENBSD_NODEV: no terminal */
    uint8_t scheduling[88];
    int8_t p_stat;
    uint8_t p_priority, p_usrpri;
    uint8_t p_nice; /* plus PSB_OPENBSD_NZERO */
    uint16_t p_xstat, p_spare;
    char p_comm[24]; /* ended by a NUL */
    uint8_t waiting[48];
    int32_t p_vm_rssize, p_vm_tsize, p_vm_dsize, p_vm_ssize; /* pages */
    int64_t p_uvalid;                                        /* 0: nothing is told from here to p_uctime */
    uint64_t p_ustart_sec;
    uint32_t p_ustart_usec;
    uint32_t p_uutime_sec, p_uutime_usec, p_ustime_sec, p_ustime_usec;
    uint8_t sizes[36];
    uint64_t p_uru_minflt, p_uru_majflt, p_uru_nswap;
    uint64_t p_uru_inblock, p_uru_oublock;
    uint8_t messages[24];
    uint64_t p_uru_nvcsw, p_uru_nivcsw;
    uint32_t p_uctime_sec, p_uctime_usec; /* of children, user and system in one sum */
    uint32_t p_psflags, p_acflag;
    uint32_t p_svuid, p_svgid;
    uint8_t emulation[16];
    uint64_t p_cpuid;       /* PSB_OPENBSD_NOCPU: not told */
    uint64_t p_vm_map_size; /* the kernel does not fill it */
    int32_t p_tid;          /* -1: the row is the process and not a thread */
    uint32_t p_rtableid;
    uint64_t p_pledge;
    char p_name[24];
};

/* struct kinfo_file; filled by fill_file in sys/kern/kern_sysctl.c. */
struct psb_openbsd_file {
    uint8_t file[376];
    uint32_t p_pid;
    int32_t fd_fd; /* negative: the program's text, its directories, a trace; no descriptor */
    uint8_t rest[248];
};

/* p_stat: sys/proc.h. */
enum {
    PSB_OPENBSD_SIDL = 1,
    PSB_OPENBSD_SRUN,
    PSB_OPENBSD_SSLEEP,
    PSB_OPENBSD_SSTOP,
    PSB_OPENBSD_SZOMB,
    PSB_OPENBSD_SDEAD,
    PSB_OPENBSD_SONPROC
};

/* p_psflags: sys/proc.h. */
#define PSB_OPENBSD_PS_EXITING UINT32_C(0x00000008)
#define PSB_OPENBSD_PS_SYSTEM  UINT32_C(0x00010000)
#define PSB_OPENBSD_PS_ZOMBIE  UINT32_C(0x00040000)

#define PSB_OPENBSD_NODEV      UINT32_MAX /* sys/param.h */
#define PSB_OPENBSD_NOCPU      UINT64_MAX /* KI_NOCPU, sys/sysctl.h */

enum {
    PSB_OPENBSD_NZERO = 20,            /* sys/syslimits.h */
    PSB_OPENBSD_THREAD_OFFSET = 100000 /* THREAD_PID_OFFSET, sys/proc.h: ids of threads are above it */
};

/* Errors: errno(2). */
enum {
    PSB_OPENBSD_EPERM = 1,
    PSB_OPENBSD_ESRCH = 3,
    PSB_OPENBSD_ENOMEM = 12,
    PSB_OPENBSD_EINVAL = 22,
    PSB_OPENBSD_ERANGE = 34,
    PSB_OPENBSD_ENOSYS = 78
};

/* Most bytes of a path that kern.proc_cwd tells: 4 * MAXPATHLEN, its NUL included (sysctl_proc_cwd). */
enum { PSB_OPENBSD_CWD_MAX = 4096 };

/* Device numbers: sys/types.h. */
static inline uint32_t psb_openbsd_major(uint32_t device)
{
    return device >> 8 & 0xff;
}

static inline uint32_t psb_openbsd_minor(uint32_t device)
{
    return (device & 0xff) | (device & UINT32_C(0xffff0000)) >> 8;
}

static inline uint32_t psb_openbsd_device(uint32_t major, uint32_t minor)
{
    return (major & 0xff) << 8 | (minor & 0xff) | (minor & UINT32_C(0xffff00)) << 8;
}

/*
 * Pseudo terminals: minor n is /dev/tty, letter n / 62 of the first, and letter n % 62 of the second
 * (sys/kern/tty_pty.c; pty(4)).
 */
#define PSB_OPENBSD_PTY_LETTERS "pqrstuvwxyzPQRST"
#define PSB_OPENBSD_PTY_SUFFIX  "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
enum { PSB_OPENBSD_PTY_SUFFIXES = 62, PSB_OPENBSD_PTYS = 16 * PSB_OPENBSD_PTY_SUFFIXES };

/* "/dev/ttyXY" of a pseudo terminal's minor < PSB_OPENBSD_PTYS; returns its length. */
enum { PSB_OPENBSD_PTY_LEN = 10 };
void psb_openbsd_pty_name(uint32_t minor, char path[PSB_OPENBSD_PTY_LEN + 1]);

/* Reply of PSB_OP_OPENBSD_MACHINE: sysctl hw.pagesize and hw.physmem64. */
struct psb_openbsd_machine {
    uint64_t page_bytes, memory_bytes;
};

/* Row of the reply of PSB_OP_OPENBSD_TERMINALS: a character device of /dev. */
struct psb_openbsd_terminal {
    char name[28]; /* without "/dev/", ended by a NUL */
    uint32_t device;
};

/* Rows of a reply; count of them are threads of the process. */
struct psb_openbsd_threads {
    psb_pid pid;
    const char *rows;
    size_t all;
    uint32_t count;
};

/* Parsers: see psb_source.parse. */
psb_status psb_openbsd_parse_proc(const void *raw, size_t len, psb_pid pid, void *parsed);
psb_status psb_openbsd_parse_threads(const void *raw, size_t len, psb_pid pid, void *parsed);
psb_status psb_openbsd_parse_files(const void *raw, size_t len, psb_pid pid, void *parsed); /* uint32_t */
psb_status psb_openbsd_parse_argv(const void *raw, size_t len, psb_pid pid, void *parsed);

/* BOOT parsers: parsed is a psb_facts. */
psb_status psb_openbsd_parse_machine(const void *raw, size_t len, psb_pid pid, void *facts);
psb_status psb_openbsd_parse_terminals(const void *raw, size_t len, psb_pid pid, void *facts);

/* Row n of the threads; false: it is none of a thread of this process. */
bool psb_openbsd_thread_row(const char *rows, size_t n, psb_pid pid, struct psb_openbsd_proc *row);

bool psb_openbsd_record(const void *raw, size_t len, size_t *at, psb_record *out);

/* Where text stands in replies: see psb_source.redact. */
psb_redact psb_openbsd_redact_argv, psb_openbsd_redact_files, psb_openbsd_redact_procs;

/* The simulated kernel, and what this OS can express: openbsd_sim.c. */
psb_simulate psb_openbsd_simulate;
void psb_openbsd_express(const psb_world *world, const psb_process *process, psb_field field, psb_arena *room,
                         psb_value *truth);

#endif

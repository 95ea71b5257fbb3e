/*
 * freebsd_abi.h: what the FreeBSD kernel's answers look like on amd64 and every other 64-bit machine, since
 * FreeBSD 12. Authority: sys/user.h, sys/proc.h, sys/resource.h, sys/sysctl.h; sysctl(3). freebsd_native.c
 * holds each member named here against those headers when it is compiled. What is not read is padding.
 */
#ifndef PSB_FREEBSD_ABI_H
#define PSB_FREEBSD_ABI_H

#include "port.h"

enum {
    PSB_FREEBSD_COMM = 20,       /* ki_comm with its NUL; sys/user.h: COMMLEN */
    PSB_FREEBSD_PATH_MAX = 1024, /* sys/syslimits.h */
    PSB_FREEBSD_PID_MAX = 99999  /* sys/proc.h: PID_MAX, of the kernel alone; larger numbers are threads' */
};

/* A device that is none: a process without a terminal; sys/param.h: NODEV. */
#define PSB_FREEBSD_NODEV UINT64_MAX

/* sys/proc.h: NOCPU, of one that has run nowhere yet (255 before FreeBSD 12). */
#define PSB_FREEBSD_NOCPU (-1)

/* ki_stat; sys/proc.h. */
enum psb_freebsd_state {
    PSB_FREEBSD_SIDL = 1, /* being created */
    PSB_FREEBSD_SRUN,
    PSB_FREEBSD_SSLEEP,
    PSB_FREEBSD_SSTOP,
    PSB_FREEBSD_SZOMB,
    PSB_FREEBSD_SWAIT, /* an interrupt thread without an interrupt */
    PSB_FREEBSD_SLOCK  /* waits for a lock of the kernel */
};

/* struct timeval, sys/_timeval.h. */
struct psb_freebsd_timeval {
    int64_t sec, usec;
};

/* struct rusage, sys/resource.h. Counters are C's long. */
struct psb_freebsd_rusage {
    struct psb_freebsd_timeval utime, stime;
    uint8_t pad0[32];
    int64_t minflt, majflt;
    uint8_t pad1[8];
    int64_t inblock, oublock; /* operations on storage */
    uint8_t pad2[24];
    int64_t nvcsw, nivcsw;
};

/* struct kinfo_proc, sys/user.h: what kern.proc.* answer, one for each process or thread. */
struct psb_freebsd_proc {
    int32_t structsize; /* sizeof this */
    uint8_t pad0[68];
    int32_t pid, ppid;
    uint8_t pad1[88];
    uint32_t uid, ruid, svuid; /* effective, real, saved */
    uint32_t rgid, svgid;
    int16_t ngroups;
    uint8_t pad2[2];
    uint32_t groups[16]; /* the first is the effective group */
    uint64_t size;       /* in bytes, */
    int64_t rssize;      /* in pages, as the next */
    uint8_t pad3[8];
    int64_t tsize, dsize, ssize; /* code, data, stack */
    uint8_t pad4[32];
    struct psb_freebsd_timeval start; /* since 1970 */
    uint8_t pad5[36];
    uint8_t stat;
    uint8_t nice; /* two's complement; as it is: sys/param.h has NZERO 0 */
    uint8_t pad6[57];
    char comm[PSB_FREEBSD_COMM];
    uint8_t pad7[93];
    uint64_t tdev; /* of 64 bits since FreeBSD 12; the 32 that came before have a member of their own */
    int32_t oncpu, lastcpu;
    uint8_t pad8[20];
    int32_t numthreads;
    int32_t tid;
    uint8_t pad9[4];
    struct psb_freebsd_rusage rusage;    /* of all its threads; of one, where threads are listed */
    struct psb_freebsd_rusage rusage_ch; /* of children waited for: times only */
    uint8_t pad10[192];
};

/*
 * struct kinfo_file, sys/user.h: kern.proc.filedesc answers one for each descriptor, and one for each of the
 * directories and files that a process holds without a descriptor. path is cut behind its NUL, and the record
 * filled up to a multiple of 8 bytes.
 */
struct psb_freebsd_file {
    int32_t structsize; /* of this record */
    int32_t type;
    int32_t fd; /* or, below 0, what it is instead: KF_FD_TYPE_* */
    uint8_t pad[356];
    char path[PSB_FREEBSD_PATH_MAX];
};

enum {
    PSB_FREEBSD_FILE_HEAD = 368, /* bytes before path */
    PSB_FREEBSD_FD_CWD = -1,     /* KF_FD_TYPE_CWD */
    PSB_FREEBSD_FILE_VNODE = 1   /* KF_TYPE_VNODE */
};

/* A row of PSB_OP_FREEBSD_TTYS, which the native leaf composes: a terminal under /dev, and its st_rdev. */
struct psb_freebsd_tty {
    uint64_t device;
    char name[24]; /* "pts/3", "ttyv0", ended by a NUL */
};

/* ---- what replies parse into ---- */

struct psb_freebsd_files {
    uint32_t open;   /* descriptors */
    const char *cwd; /* NULL: it has none; "": the kernel does not know its path */
};

struct psb_freebsd_threads {
    const char *rows; /* struct psb_freebsd_proc each, not aligned */
    uint32_t count;
};

/* Parsers: see psb_source.parse. */
psb_status psb_freebsd_parse_proc(const void *raw, size_t len, psb_pid pid, void *parsed);
psb_status psb_freebsd_parse_threads(const void *raw, size_t len, psb_pid pid, void *parsed);
psb_status psb_freebsd_parse_files(const void *raw, size_t len, psb_pid pid, void *parsed);
psb_status psb_freebsd_parse_path(const void *raw, size_t len, psb_pid pid, void *parsed);

/* BOOT parsers: parsed is a psb_facts. */
psb_status psb_freebsd_parse_pagesize(const void *raw, size_t len, psb_pid pid, void *facts);
psb_status psb_freebsd_parse_physmem(const void *raw, size_t len, psb_pid pid, void *facts);
psb_status psb_freebsd_parse_ttys(const void *raw, size_t len, psb_pid pid, void *facts);

/* The records of the whole table: see psb_source.record. */
bool psb_freebsd_record(const void *raw, size_t len, size_t *at, psb_record *out);

/* Where text stands in replies: see psb_source.redact. */
psb_redact psb_freebsd_redact_files, psb_freebsd_redact_procs;

/* The simulated kernel, and what FreeBSD can express of a world: freebsd_sim.c. */
psb_simulate psb_freebsd_simulate;
void psb_freebsd_express(const psb_world *world, const psb_process *process, psb_field field, psb_arena *room,
                         psb_value *truth);

#endif

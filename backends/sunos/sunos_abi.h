/*
 * sunos_abi.h: what the kernels of illumos and Solaris answer a 64-bit reader (LP64, amd64), and the replies
 * that the native leaf composes itself. Layouts: proc(5) and <procfs.h> (sys/procfs.h); members that nothing
 * reads are padding. proc(5) allows the structs to grow at their ends, so a longer reply is good and a
 * shorter one is not.
 */
#ifndef PSB_SUNOS_ABI_H
#define PSB_SUNOS_ABI_H

#include "port.h"

enum {
    PSB_SUNOS_FNAME = 16,  /* PRFNSZ: the name with its NUL; sys/procfs.h */
    PSB_SUNOS_PSARGS = 80, /* PRARGSZ: the arguments' beginning with its NUL; sys/procfs.h */
    PSB_SUNOS_NZERO = 20,  /* niceness 0 in pr_nice; sys/param.h */
    PSB_SUNOS_KILOBYTE = 1024
};

/* No terminal: PRNODEV, sys/procfs.h. */
#define PSB_SUNOS_NODEV UINT64_MAX

/* pr_state: sys/proc.h. 0 is none of them. */
enum {
    PSB_SUNOS_SSLEEP = 1,
    PSB_SUNOS_SRUN,
    PSB_SUNOS_SZOMB,
    PSB_SUNOS_SSTOP,
    PSB_SUNOS_SIDL,    /* being made */
    PSB_SUNOS_SONPROC, /* on a processor */
    PSB_SUNOS_SWAIT    /* waiting for its share of a processor */
};

/* timestruc_t: sys/time_impl.h. */
struct psb_sunos_time {
    int64_t sec, nsec;
};

/* lwpsinfo_t: sys/procfs.h. In psinfo it is the representative lwp's; in lpsinfo there is one for each. */
struct psb_sunos_lwpsinfo {
    int32_t pr_flag, pr_lwpid;
    uint8_t pad1[17]; /* pr_addr, pr_wchan, pr_stype */
    uint8_t pr_state;
    char pr_sname;
    int8_t pr_nice; /* and NZERO; 0 if the scheduling class has no niceness */
    uint8_t pad2[2];
    uint8_t pr_oldpri; /* 0 if the scheduling class has no niceness (prsubr.c: prgetlwpsinfo) */
    uint8_t pr_cpu;
    int32_t pr_pri;
    uint8_t pad3[4];
    struct psb_sunos_time pr_start, pr_time;
    char pr_clname[8];
    uint8_t pad4[16];
    int32_t pr_onpro; /* processor that last ran it */
    uint8_t pad5[28];
};

/* psinfo_t, /proc/PID/psinfo: sys/procfs.h. Everybody may read it, of a zombie too. */
struct psb_sunos_psinfo {
    int32_t pr_flag, pr_nlwp, pr_pid, pr_ppid, pr_pgid, pr_sid;
    uint32_t pr_uid, pr_euid, pr_gid, pr_egid;
    uint8_t pad1[8];
    uint64_t pr_size, pr_rssize; /* in kilobytes */
    uint8_t pad2[8];
    uint64_t pr_ttydev; /* dev_t: major in the upper 32 bits, minor in the lower; sys/mkdev.h */
    uint16_t pr_pctcpu, pr_pctmem;
    uint8_t pad3[4];
    struct psb_sunos_time pr_start; /* since 1970 */
    struct psb_sunos_time pr_time, pr_ctime;
    char pr_fname[PSB_SUNOS_FNAME];
    char pr_psargs[PSB_SUNOS_PSARGS]; /* arguments with a blank between them */
    int32_t pr_wstat, pr_argc;
    uint64_t pr_argv, pr_envp; /* addresses in the process */
    uint8_t pr_dmodel;         /* 1: ILP32, 2: LP64; sys/model.h */
    uint8_t pad4[31];
    struct psb_sunos_lwpsinfo pr_lwp;
};

/* pstatus_t, /proc/PID/status: sys/procfs.h. Only its owner may read it; a zombie has none. */
struct psb_sunos_status {
    int32_t pr_flags, pr_nlwp, pr_pid, pr_ppid;
    uint8_t pad1[64];
    struct psb_sunos_time pr_utime, pr_stime, pr_cutime, pr_cstime;
    uint8_t pad2[240];
    uint8_t pr_lwp[1296]; /* lwpstatus_t of the representative lwp */
};

/* The beginning of lwpstatus_t, an entry of /proc/PID/lstatus: sys/procfs.h. Registers follow. */
struct psb_sunos_lwpstatus {
    int32_t pr_flags, pr_lwpid;
    uint8_t pad[472];
    struct psb_sunos_time pr_utime, pr_stime;
};

/* prusage_t, /proc/PID/usage: sys/procfs.h. Everybody may read it, of a zombie too; it sums up all lwps. */
struct psb_sunos_usage {
    int32_t pr_lwpid, pr_count;
    struct psb_sunos_time pr_tstamp, pr_create, pr_term, pr_rtime; /* since the boot */
    struct psb_sunos_time pr_utime, pr_stime, pr_ttime;            /* in system calls; in other traps */
    uint8_t pad1[208];
    uint64_t pr_minf, pr_majf;
    uint8_t pad2[48];
    uint64_t pr_vctx, pr_ictx;
    uint8_t pad3[96];
};

/* prcred_t, /proc/PID/cred: sys/procfs.h. As many groups follow as there are. */
struct psb_sunos_cred {
    uint32_t pr_euid, pr_ruid, pr_suid, pr_egid, pr_rgid, pr_sgid;
    int32_t pr_ngroups;
    uint32_t pr_groups[1];
};

/* prheader_t: what /proc/PID/lstatus and lpsinfo begin with; entries follow. sys/procfs.h. */
struct psb_sunos_header {
    int64_t pr_nent, pr_entsize;
};

/* Reply of PSB_OP_SUNOS_SYSCONF. */
struct psb_sunos_sysconf {
    uint64_t page_bytes, pages; /* _SC_PAGESIZE, _SC_PHYS_PAGES */
};

/* Entries of a reply that begins with a header: count of them, entsize bytes each, in the raw bytes. */
struct psb_sunos_entries {
    const char *raw;
    size_t entsize;
    uint32_t count;
};

/* Parsers: see psb_source.parse. */
psb_status psb_sunos_parse_psinfo(const void *raw, size_t len, psb_pid pid, void *parsed);
psb_status psb_sunos_parse_status(const void *raw, size_t len, psb_pid pid, void *parsed);
psb_status psb_sunos_parse_usage(const void *raw, size_t len, psb_pid pid, void *parsed);
psb_status psb_sunos_parse_cred(const void *raw, size_t len, psb_pid pid, void *parsed);
psb_status psb_sunos_parse_lstatus(const void *raw, size_t len, psb_pid pid, void *parsed); /* entries */
psb_status psb_sunos_parse_lpsinfo(const void *raw, size_t len, psb_pid pid, void *parsed); /* entries */

/* BOOT parsers: parsed is a psb_facts. */
psb_status psb_sunos_parse_sysconf(const void *raw, size_t len, psb_pid pid, void *facts);
psb_status psb_sunos_parse_majors(const void *raw, size_t len, psb_pid pid, void *facts);

/* Where text stands in replies: see psb_source.redact. */
psb_redact psb_sunos_redact_lpsinfo, psb_sunos_redact_lstatus, psb_sunos_redact_psinfo,
    psb_sunos_redact_status;

/* The simulated kernel, and what it can express: sunos_sim.c. */
psb_simulate psb_sunos_simulate;
void psb_sunos_express(const psb_world *world, const psb_process *process, psb_field field, psb_arena *room,
                       psb_value *truth);

/* Entry n < count, as far as it reaches, into an object of this size that is no larger than an entry. */
void psb_sunos_entry(const struct psb_sunos_entries *entries, uint32_t n, void *out, size_t size);

/* False: is no time, or does not fit. */
bool psb_sunos_ns(struct psb_sunos_time time, uint64_t *ns);

#endif

/*
 * procfs.h: stands in for SunOS's <procfs.h> where there is none, so that sunos_native.c is compiled on every
 * machine. Declares what that file reads, of the sizes in a 64-bit program on amd64; a real SunOS uses its
 * own. Written from proc(5) and sys/procfs.h; members that are not read are padding.
 */
#ifndef PSB_STAND_IN_PROCFS_H
#define PSB_STAND_IN_PROCFS_H

#include <stddef.h>
#include <stdint.h>

#define PRFNSZ         16
#define PRARGSZ        80
#define PRCLSZ         8
#define PRNODEV        ((unsigned long)-1)

#define PR_MODEL_ILP32 1
#define PR_MODEL_LP64  2

typedef struct {
    long tv_sec, tv_nsec;
} timestruc_t;

typedef struct lwpsinfo {
    int pr_flag, pr_lwpid;
    uintptr_t pr_addr, pr_wchan;
    char pr_stype, pr_state, pr_sname, pr_nice;
    short pr_syscall;
    char pr_oldpri, pr_cpu;
    int pr_pri;
    unsigned short pr_pctcpu, pr_pad;
    timestruc_t pr_start, pr_time;
    char pr_clname[PRCLSZ], pr_name[PRFNSZ];
    int pr_onpro, pr_bindpro, pr_bindpset, pr_lgrp;
    int pr_filler[4];
} lwpsinfo_t;

typedef struct psinfo {
    int pr_flag, pr_nlwp;
    int pr_pid, pr_ppid, pr_pgid, pr_sid;
    unsigned pr_uid, pr_euid, pr_gid, pr_egid;
    uintptr_t pr_addr;
    size_t pr_size, pr_rssize, pr_pad1;
    unsigned long pr_ttydev;
    unsigned short pr_pctcpu, pr_pctmem;
    timestruc_t pr_start, pr_time, pr_ctime;
    char pr_fname[PRFNSZ], pr_psargs[PRARGSZ];
    int pr_wstat, pr_argc;
    uintptr_t pr_argv, pr_envp;
    char pr_dmodel, pr_pad2[3];
    int pr_taskid, pr_projid, pr_nzomb, pr_poolid, pr_zoneid, pr_contract;
    int pr_filler[1];
    lwpsinfo_t pr_lwp;
} psinfo_t;

typedef struct lwpstatus {
    int pr_flags, pr_lwpid;
    uint64_t pr_stop[59];
    timestruc_t pr_utime, pr_stime;
    uint64_t pr_registers[98];
} lwpstatus_t;

typedef struct pstatus {
    int pr_flags, pr_nlwp, pr_pid, pr_ppid;
    uint64_t pr_ids[8];
    timestruc_t pr_utime, pr_stime, pr_cutime, pr_cstime;
    uint64_t pr_traced[30];
    lwpstatus_t pr_lwp;
} pstatus_t;

typedef struct prusage {
    int pr_lwpid, pr_count;
    timestruc_t pr_tstamp, pr_create, pr_term, pr_rtime;
    timestruc_t pr_utime, pr_stime, pr_ttime;
    timestruc_t pr_times[13];
    unsigned long pr_minf, pr_majf;
    unsigned long pr_counts[6];
    unsigned long pr_vctx, pr_ictx;
    unsigned long pr_more[12];
} prusage_t;

typedef struct prcred {
    unsigned pr_euid, pr_ruid, pr_suid, pr_egid, pr_rgid, pr_sgid;
    int pr_ngroups;
    unsigned pr_groups[1];
} prcred_t;

typedef struct prheader {
    long pr_nent, pr_entsize;
} prheader_t;

#endif

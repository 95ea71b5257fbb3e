/*
 * linux_abi.h: what the Linux kernel's answers look like once parsed, and the few replies that its native
 * leaf composes itself. Text formats: proc(5) and the kernel files named at each struct.
 */
#ifndef PSB_LINUX_ABI_H
#define PSB_LINUX_ABI_H

#include "port.h"

/* Reply of PSB_OP_LINUX_SYSCONF, and what it parses into facts from. */
struct psb_linux_sysconf {
    uint64_t page_bytes, ticks_per_second;
};

/* Reply of PSB_OP_LINUX_TASK: for each thread this, then len bytes of its stat file. Not aligned. */
struct psb_linux_frame {
    int64_t tid;
    uint64_t len;
};

/*
 * Most bytes of a name in /proc/PID/stat with the parenthesis behind it: 15 and 1 (TASK_COMM_LEN), of a
 * kernel worker 63 and 1 (fs/proc/array.c: proc_task_name).
 */
enum { PSB_LINUX_COMM = 64 };

/* /proc/PID/stat; fs/proc/array.c: do_task_stat. Times in ticks. */
struct psb_linux_stat {
    char comm[PSB_LINUX_COMM];
    size_t comm_len;
    char state;
    bool has_iowait; /* column 42, since Linux 2.6.18 */
    int64_t ppid;
    int64_t tty_nr;
    uint64_t minflt, majflt;
    uint64_t utime, stime;
    int64_t cutime, cstime;
    uint64_t starttime; /* since boot */
    uint64_t processor;
    uint64_t iowait;
};

/* /proc/PID/status; fs/proc/array.c: proc_pid_status. */
struct psb_linux_status {
    bool has_uid, has_gid, has_threads, has_voluntary, has_involuntary;
    uint64_t uid[3], gid[3]; /* real, effective, saved */
    uint64_t threads, voluntary, involuntary;
};

/* /proc/PID/statm, in pages; fs/proc/array.c: proc_pid_statm. lib and dt are 0 since Linux 2.6. */
struct psb_linux_statm {
    uint64_t size, resident, shared, text, data;
};

/* Sums of /proc/PID/smaps_rollup or smaps, in bytes; fs/proc/task_mmu.c: __show_smap. */
struct psb_linux_smaps {
    bool any; /* false: the process has no user memory */
    uint64_t pss, private_bytes, swap;
};

/* /proc/PID/io; fs/proc/base.c: do_io_accounting. A line may be missing. */
struct psb_linux_io {
    uint32_t known;                         /* bit n: number[n] was there */
    uint64_t number[PSB_IO_COUNTERS_PARTS]; /* in the order of the field's parts */
};

struct psb_linux_tasks {
    const char *frames;
    size_t len;
    uint32_t count;
};

/* Parsers: see psb_source.parse. */
psb_status psb_linux_parse_stat(const void *raw, size_t len, psb_pid pid, void *parsed);
psb_status psb_linux_parse_status(const void *raw, size_t len, psb_pid pid, void *parsed);
psb_status psb_linux_parse_statm(const void *raw, size_t len, psb_pid pid, void *parsed);
psb_status psb_linux_parse_smaps(const void *raw, size_t len, psb_pid pid, void *parsed);
psb_status psb_linux_parse_io(const void *raw, size_t len, psb_pid pid, void *parsed);
psb_status psb_linux_parse_path(const void *raw, size_t len, psb_pid pid,
                                void *parsed); /* up to the first NUL */
psb_status psb_linux_parse_tasks(const void *raw, size_t len, psb_pid pid, void *parsed);

/* BOOT parsers: parsed is a psb_facts. */
psb_status psb_linux_parse_sysconf(const void *raw, size_t len, psb_pid pid, void *facts);
psb_status psb_linux_parse_boot(const void *raw, size_t len, psb_pid pid, void *facts);
psb_status psb_linux_parse_meminfo(const void *raw, size_t len, psb_pid pid, void *facts);
psb_status psb_linux_parse_tty_drivers(const void *raw, size_t len, psb_pid pid, void *facts);

/* Where text stands in replies: see psb_source.redact. */
psb_redact psb_linux_redact_smaps, psb_linux_redact_stat, psb_linux_redact_status, psb_linux_redact_tasks;

/* The simulated kernel: linux_sim.c. */
psb_simulate psb_linux_simulate;

/* Thread `tid` of a frame, moving frames on; false at the end. The bytes are those of its stat file. */
bool psb_linux_next_task(const char **frames, size_t *len, int64_t *tid, const char **stat, size_t *stat_len);

#endif

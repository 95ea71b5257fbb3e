/*
 * host_case.h: what the cases of psbench check ask of the machine: a process for each of them with a time limit, threads, forks,
 * another user, what is open and allocated. host_case_posix.c, host_case_windows.c.
 */
#ifndef PSB_HOST_CASE_H
#define PSB_HOST_CASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

typedef enum psb_job_end {
    PSB_JOB_ENDED,    /* with exit code `code` */
    PSB_JOB_CRASHED,  /* by signal or exception `code` */
    PSB_JOB_TOO_LONG, /* and was killed */
    PSB_JOB_NOT_STARTED
} psb_job_end;

/* What came of a job. */
typedef struct psb_job {
    psb_job_end end;
    int code;
    double seconds;
    const char *output; /* what it wrote, ended by a NUL */
    size_t len;
} psb_job;

/*
 * Carries out jobs 0 to count-1, each in a process of its own, at_once at a time, each for limit_s at most; its processes are
 * killed with it. `work` does a job and writes to a file: in a fork; where there is none, this program is run anew with the
 * words of `arguments`, which must write the same to stdout.
 */
typedef struct psb_pool {
    void *context;
    size_t count, at_once;
    double limit_s;
    void (*work)(void *context, size_t job, FILE *out);
    void (*arguments)(void *context, size_t job, const char *argv[], size_t words);
    void (*ended)(void *context, size_t job, const psb_job *result);
} psb_pool;
void psb_host_pool(const psb_pool *pool);

/* How many processors this process may use. */
size_t psb_host_processors(void);

/* Runs work(context, 0) to work(context, count - 1), count <= 8, at the same time in a thread each. False: there are no threads. */
bool psb_host_threads(size_t count, void (*work)(void *context, size_t number), void *context);

/* What work returned (0 to 255) in a fork of this process; -1: it crashed, -2: there is no fork. */
int psb_host_in_fork(int (*work)(void *context), void *context);

/* Becomes a user without rights, for good. False: this process may not, or there is none. */
bool psb_host_is_root(void);
bool psb_host_become_nobody(void);

/* What is open, and how many bytes are allocated; false: nobody can tell, and it is 0. */
typedef struct psb_levels {
    bool has_handles, has_bytes;
    size_t handles, bytes;
} psb_levels;
psb_levels psb_host_levels(void);

/* Now, in ns since 1970. */
int64_t psb_host_clock_ns(void);

#endif

/*
 * host.h: the machine that measures. What it is, what on it disturbs, and the few services that the harness
 * asks of its OS: clock, terminal, child processes. OS headers stay behind this header.
 */
#ifndef PSB_HOST_H
#define PSB_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* ---- services: host_posix.c, host_windows.c; run: host_run.c ---- */

/* Monotonic, in ns. */
uint64_t psb_host_now_ns(void);

bool psb_host_is_terminal(FILE *stream);

/* Runs this program anew with these arguments (NULL ends them); its stderr is ours. See psb_host_run. */
bool psb_host_run_self(const char *const *arguments, char **output, size_t *len, char *why, size_t why_size);

/*
 * Runs a program, found along PATH, to its end, and keeps what it writes to stdout, at most 64 MiB; *output
 * is the caller's to free and ends in a NUL that *len does not count. False, with a line in why, if it cannot
 * be run, exits with another code than 0 or writes more.
 */
bool psb_host_run(const char *const *argv, char **output, size_t *len, char *why, size_t why_size);

/*
 * An empty temporary file that is gone as soon as it is closed, whatever happens; path is a name by which a
 * program that this one starts can open it (on Windows, one that shares a file's deletion, as hyperfine does). NULL: it
 * cannot be had.
 */
FILE *psb_host_temporary(char *path, size_t size);

/*
 * Opens a file for writing that will appear under this name whole or not at all: psb_host_publish renames it.
 * What is no plain file (a device, a pipe) is written as it is; a symbolic link is followed. NULL: why says
 * so.
 */
typedef struct psb_output {
    FILE *file;
    char path[4096], temporary[4096 + 16]; /* temporary: empty if path itself is written */
} psb_output;
bool psb_host_create(const char *path, psb_output *out, char *why, size_t why_size);
bool psb_host_publish(psb_output *out, char *why, size_t why_size);
void psb_host_discard(psb_output *out);

/* Is there something by this name whose reading may not end (a pipe, a device), or that cannot be read? */
bool psb_host_is_endless(const char *path);

/*
 * The first thing that main does. Standard streams that were closed become nothing: a file opened later must not be taken
 * for one. The program's name, argv[0], lives as long as the program.
 */
void psb_host_begin(const char *name);

/* This process ends when the one that started it does, where the OS can do that. */
void psb_host_end_with_parent(void);

/*
 * Files that this process has open, and bytes that it has allocated and not freed; -1: this OS, or this C library, does not
 * tell. The allocator may count what it keeps for itself as allocated.
 */
int64_t psb_host_open_files(void);
int64_t psb_host_allocated_bytes(void);

/* Where this program's file is; false if the OS does not tell. */
bool psb_host_own_path(char *path, size_t size);

/* ---- what others made: host_library_<os>.c, host_watch_<os>.c, host_talk_<os>.c ---- */

/* Loads a shared library, for good. NULL: why says so. */
void *psb_host_library(const char *path, char *why, size_t why_size);

/* The address of what it exports by that name, or NULL. */
const void *psb_host_symbol(void *library, const char *name);

/*
 * From now on, code that is not ours runs in this process. If it crashes, ends the program, or lets psb_host_beats stand still
 * for so many seconds, psbench ends with exit code 2 and the line "psbench: WHAT: crashed ..." or the like on stderr. A
 * child that is waited for (psb_host_run) is not its fault.
 */
void psb_host_watch(const char *what, double seconds);

/* From now on psbench ends by itself. */
void psb_host_unwatch(void);

/* Goes up with every answer of that code. */
extern volatile uint32_t psb_host_beats;

/* Above 0 while a child is waited for. */
extern volatile int psb_host_waits;

/* A program that is talked to, through its standard input and output; its standard error is ours. */
typedef struct psb_host_talk psb_host_talk;

typedef enum psb_talk {
    PSB_TALK_GOOD,
    PSB_TALK_LATE,  /* the deadline (psb_host_now_ns) has passed */
    PSB_TALK_ENDED, /* it has closed its end, or has ended */
    PSB_TALK_FAILED /* the OS reports an error */
} psb_talk;

/* Runs the command by the system's shell. NULL: why says so. */
psb_host_talk *psb_host_talk_start(const char *command, char *why, size_t why_size);

/* Sends all of it. */
psb_talk psb_host_talk_send(psb_host_talk *talk, const char *bytes, size_t len, uint64_t deadline_ns);

/* Waits for something, and takes at most size bytes of it. */
psb_talk psb_host_talk_receive(psb_host_talk *talk, char *room, size_t size, size_t *len,
                               uint64_t deadline_ns);

/* Its input ends; then it has until the deadline, and is killed with all that it started. How it ended stands in how: "exited
 * with code 3". */
void psb_host_talk_end(psb_host_talk *talk, uint64_t deadline_ns, char *how, size_t how_size);

/* Lets others run for a moment. */
void psb_host_rest(void);

/* ---- facts: host.c, and host_facts_<os>.c for those of the OS ---- */

typedef enum psb_verdict { PSB_FINE, PSB_DISTURBS, PSB_NOT_KNOWN } psb_verdict;

/* One thing about the machine. */
typedef struct psb_host_fact {
    const char *name;    /* "governor" */
    char value[160];     /* "powersave"; empty: not known */
    psb_verdict verdict; /* does it disturb measurement? */
    const char *advice;  /* what to do about it; NULL: nothing */
} psb_host_fact;

enum { PSB_HOST_FACTS_MAX = 24 };

/* Fills facts and returns how many there are. */
size_t psb_host_facts(psb_host_fact facts[PSB_HOST_FACTS_MAX]);

#endif

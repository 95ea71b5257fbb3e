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

/* Where this program's file is; false if the OS does not tell. */
bool psb_host_own_path(char *path, size_t size);

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

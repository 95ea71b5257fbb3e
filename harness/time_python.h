/*
 * time_python.h: the command line that runs psutil's own Python code over a cell's kernel: driver.py, which says what
 * else it takes.
 */
#ifndef PSB_TIME_PYTHON_H
#define PSB_TIME_PYTHON_H

#include "cell.h"

/* Words of a driver's command line, and room for those that are composed. */
typedef struct psb_python_command {
    const char *argv[32];
    size_t words;
    char driver[4200], folder[4200], pid[24], seconds[24], world[256], methods[1024];
} psb_python_command;

/* what: "counts", "slices", ... False: why says so. */
bool psb_python_compose(const psb_cell *cell, psb_pid pid, const char *what, psb_python_command *out,
                        char *why, size_t why_size);

/* One option more. The value lives as long as the command. */
void psb_python_add(psb_python_command *command, const char *option, const char *value);

/* Composes and runs it; the JSON object that it printed. NULL: why says so. */
json_t *psb_python_run(const psb_cell *cell, psb_pid pid, const char *what, char *why, size_t why_size);

/* {"calls", "sources": [{"source", "calls"}]} of one mode of what it counted. */
json_t *psb_python_calls(const json_t *counts, const char *mode);

#endif

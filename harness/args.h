/*
 * args.h: the command line. An option means the same in every command that has it.
 */
#ifndef PSB_ARGS_H
#define PSB_ARGS_H

#include "backend.h"

#include <stddef.h>

typedef enum psb_command {
    PSB_COMMAND_RUN,
    PSB_COMMAND_PROBE,
    PSB_COMMAND_LIST,
    PSB_COMMAND_EXPLAIN,
    PSB_COMMAND_DOCTOR,
    PSB_COMMAND_RECORD,
    PSB_COMMAND_CHECK,
    PSB_COMMAND_TORTURE,
    PSB_COMMAND_CLAIMS,
    PSB_COMMAND_SLICES, /* one start of a measurement: psbench calls itself so */
    PSB_COMMAND_IDLE,   /* a process to be asked about: likewise */
    PSB_COMMANDS
} psb_command;

typedef struct psb_args {
    psb_command command;
    const char *operand; /* of list and explain; NULL: none */
    const char *port;    /* NULL: all */
    const char *variant; /* NULL: both, or cached */
    const char *kernel;  /* NULL: the best there is */
    const char *layer;
    const char *psutil_path; /* of layer python; NULL: the one that is installed */
    const char *scenario;    /* a name or a file; NULL: all */
    const char *population;
    const char *fields;
    const char *pid;
    const char *world;
    const char *out;
    const char *format;
    const char *costs;
    const char *claim;         /* of a claim or of a reading; NULL: all */
    const char *claims;        /* a file of claims; NULL: those that are built in */
    const char *plugin, *exec; /* what brings a port along (foreign.h) */
    const char *only;          /* of torture */
    const char *redact;        /* NULL: not asked for; "": all there is */
    double seconds;            /* of one start; 0: the command's own choice */
    double timeout;            /* seconds that an answer of a foreign port may take; 0: the usual */
    int64_t starts, repeat, seed, crowd, processes, method_ns;
    bool counts, measure, check_only, details, sweep, quick, why, model;
    const char *case_, *expect, *status, *trial; /* of check */
    int64_t jobs, least;
    bool list, coverage, all, audit;
    int argc; /* the whole command line, for the results */
    char **argv;
} psb_args;

/*
 * Returns true if there is a command to carry out. Otherwise *exit_code says how to end: help or version was
 * printed, or one line on stderr names the wrong word.
 */
bool psb_args_parse(int argc, char **argv, psb_args *out, int *exit_code);

#endif

/* commands.h: one function per command; each returns the exit code. */
#ifndef PSB_COMMANDS_H
#define PSB_COMMANDS_H

#include "args.h"

int psb_command_run(const psb_args *args);     /* command_run.c */
int psb_command_probe(const psb_args *args);   /* command_probe.c */
int psb_command_list(const psb_args *args);    /* command_list.c */
int psb_command_explain(const psb_args *args); /* command_explain.c */
int psb_command_doctor(const psb_args *args);  /* command_doctor.c */
int psb_command_record(const psb_args *args);  /* command_record.c */
int psb_command_check(const psb_args *args);   /* command_check.c */
int psb_command_torture(const psb_args *args); /* command_torture.c */
int psb_command_claims(const psb_args *args);  /* command_claims.c */
int psb_command_slices(const psb_args *args);  /* command_slices.c */

/* The measurement of claims; printed as a table, or as the model of each. */
int psb_claims_command(const psb_args *args, bool model);

#endif

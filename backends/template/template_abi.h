/*
 * template_abi.h: the smallest legal port, to copy. Its OS has one routine that tells of a process, one that lists
 * them, an account database and a clock.
 *
 * What a real port has here: the kernel's structs with fixed-width types, each with its authority.
 */
#ifndef PSB_TEMPLATE_ABI_H
#define PSB_TEMPLATE_ABI_H

#include "port.h"

/* Reply of PSB_OP_TEMPLATE_INFO. */
struct psb_template_info {
    int32_t pid, ppid;
    char name[64]; /* ended by a NUL unless it fills the array */
};

psb_status psb_template_parse_info(const void *raw, size_t len, psb_pid pid, void *parsed);

/* Where text stands in replies: see psb_source.redact. */
psb_redact psb_template_redact_info;

psb_simulate psb_template_simulate;

#endif

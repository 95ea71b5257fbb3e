/*
 * host_audit.h: the kernel itself counts how often it is entered, whoever's code does it: no count of ours is believed. Linux:
 * seccomp_unotify(2), without root; elsewhere there is no such thing (host_audit_none.c).
 */
#ifndef PSB_HOST_AUDIT_H
#define PSB_HOST_AUDIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PSB_AUDIT_PHASES = 2, PSB_AUDIT_CALLS = 512 };

/* System calls by phase and number; those that only manage memory, threads and signals are not among them. */
typedef struct psb_audit {
    uint64_t count[PSB_AUDIT_PHASES][PSB_AUDIT_CALLS];
} psb_audit;

/*
 * Does the work in a fork whose system calls, and those of what it starts, are counted from psb_host_audit_mark(n), n below
 * PSB_AUDIT_PHASES, to the next mark. False, with a line in why: nothing can be counted here, or the work crashed or
 * took longer than limit_s.
 */
bool psb_host_audit(void (*work)(void *context), void *context, double limit_s, psb_audit *out, char *why,
                    size_t why_size);

/* Within the work; PSB_AUDIT_PHASES: what follows is not counted. */
void psb_host_audit_mark(unsigned phase);

/* "openat", or "call 123" in room. */
const char *psb_host_audit_name(size_t number, char room[24]);

#endif

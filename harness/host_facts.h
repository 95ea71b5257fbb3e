/* host_facts.h: what host.c and the file of the OS, host_facts_<os>.c, share. */
#ifndef PSB_HOST_FACTS_H
#define PSB_HOST_FACTS_H

#include "host.h"

typedef struct psb_fact_row {
    const char *name;
    void (*read)(psb_host_fact *); /* leaves the value empty if it is not known; NULL: the OS is not asked */
    bool judged;                   /* it can disturb: not to know it is told */
} psb_fact_row;

/* A row for every fact about a machine: every OS has the same names. */
extern const psb_fact_row psb_os_facts[];
extern const size_t psb_os_facts_count;

#endif

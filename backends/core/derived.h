/*
 * derived.h: fields that no kernel routine answers, computed from other fields of the same snapshot, once for
 * all ports.
 */
#ifndef PSB_DERIVED_H
#define PSB_DERIVED_H

#include "port_backend.h"

enum { PSB_NEEDS_MAX = 3 };

/* Which questions a derived field asks, in order, stopping at the first without an answer: data for
 * describe.c. */
typedef struct psb_derivation {
    psb_field field;
    uint32_t needs;
    psb_field need[PSB_NEEDS_MAX]; /* stopping at the first without an answer */
    bool asks_user, asks_clock;
    bool asks_parent; /* if there is a parent: its own create_time, and the parent's unless that failed */
    psb_status (*derive)(psb_snapshot *, psb_pid, psb_value *out);
} psb_derivation;

/* NULL: the field is not derived. */
const psb_derivation *psb_derivation_of(psb_field field);

#endif

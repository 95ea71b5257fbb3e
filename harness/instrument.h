/* instrument.h: what psbench itself costs, measured in the same run as everything else. */
#ifndef PSB_INSTRUMENT_H
#define PSB_INSTRUMENT_H

#include "registry.h"

#include <jansson.h>

/*
 * {"system_call_ns": the cheapest entry into this kernel, "null_field_ns": a get through the vtable alone,
 *  "dispatch_field_ns": a cached get of what is there already, "count_call_ns": what the count shim adds to a
 * call}. A figure that cannot be had on this machine is null. NULL: why says so.
 */
json_t *psb_instrument(const psb_port *port, const char *kernel, const psb_world *world, psb_pid pid,
                       char *why, size_t why_size);

#endif

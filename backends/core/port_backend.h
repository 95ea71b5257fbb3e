/*
 * port_backend.h: from a port's tables to a backend, in two variants.
 *   uncached   every get fetches each source that it needs anew, once
 *   cached     a source is fetched at most once in a snapshot, whether it answers or fails
 */
#ifndef PSB_PORT_BACKEND_H
#define PSB_PORT_BACKEND_H

#include "port.h"

/*
 * Opens a backend over a kernel and fetches the port's BOOT facts. The kernel is the backend's from then on,
 * whether it succeeds or fails. A BOOT source that fails leaves its facts unknown; PSB_NOMEM is the only
 * failure.
 */
psb_status psb_port_open(const psb_port *port, psb_variant variant, psb_kernel *kernel, psb_backend **out);

/* The kernel that a port's backend asks; the port is made of tables. */
psb_kernel *psb_port_kernel(const psb_backend *backend);

/* ---- for derived.c: questions within a get, which share what that get fetched ---- */

psb_status psb_snapshot_ask(psb_snapshot *snapshot, psb_pid pid, psb_field field, psb_value *out);
psb_status psb_snapshot_user(psb_snapshot *snapshot, uint64_t uid, psb_value *out);
psb_status psb_snapshot_clock(psb_snapshot *snapshot, psb_value *out);
const psb_facts *psb_snapshot_facts(const psb_snapshot *snapshot);
psb_arena *psb_snapshot_room(psb_snapshot *snapshot);

#endif

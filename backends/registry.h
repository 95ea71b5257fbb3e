/*
 * registry.h: the ports that this program knows, by name. The one place that lists them all.
 */
#ifndef PSB_REGISTRY_H
#define PSB_REGISTRY_H

#include "port_backend.h"

/* The port of that name, or NULL. */
const psb_port *psb_port_named(const char *name);

/* Port number index in the order of ports.def; NULL after the last. */
const psb_port *psb_port_at(size_t index);

/* What stands where a whole port has no kernel stack. */
#define PSB_OWN_KERNEL "own"

/*
 * Opens a port in one variant over a kernel stack ("count+native"; a simulated kernel needs a world, which
 * lives longer than the backend). The port's tables are checked first. On failure returns NULL and writes a
 * line that names the culprit into why.
 * A whole port stands over PSB_OWN_KERNEL only, and is opened in the variant that it has.
 */
psb_backend *psb_open(const psb_port *port, psb_variant variant, const char *kernel, const psb_world *world,
                      char *why, size_t why_size);

/* Just the stack; a whole port has none. */
psb_kernel *psb_open_kernel(const psb_port *port, const char *kernel, const psb_world *world, char *why,
                            size_t why_size);

/* What answers the port's calls on this machine, or NULL. */
const psb_native *psb_port_native(const psb_port *port);

/* Has the port this variant? */
bool psb_port_has_variant(const psb_port *port, psb_variant variant);

/* What the answers of this backend of the port are worth. */
psb_evidence psb_evidence_of(const psb_port *port, const psb_backend *backend);

/* What is wrong with this backend of the port itself (psb_whole.trouble), or NULL. */
const char *psb_trouble_of(const psb_port *port, const psb_backend *backend);

/* The null backend: answers every question at once with nothing. What harness and vtable cost by themselves.
 * NULL: out of memory. */
psb_backend *psb_null_open(void);

#endif

#include "registry.h"

#include "port_lint.h"

#include <stdio.h>
#include <string.h>

#define PORT(name, system) extern const psb_port psb_##name##_port;
#include "ports.def"

static const psb_port *const PORTS[] = {
#define PORT(name, system) &psb_##name##_port,
#include "ports.def"
};

const psb_port *psb_port_at(size_t index)
{
    return index < sizeof PORTS / sizeof *PORTS ? PORTS[index] : NULL;
}

const psb_port *psb_port_named(const char *name)
{
    for (size_t i = 0; psb_port_at(i); i++)
        if (strcmp(PORTS[i]->name, name) == 0)
            return PORTS[i];
    return NULL;
}

psb_kernel *psb_open_kernel(const psb_port *port, const char *kernel, const psb_world *world, char *why,
                            size_t why_size)
{
    psb_setting setting = {port->name, port->simulate, world, port->native};
    if (!port->whole)
        return psb_kernel_open(kernel, &setting, why, why_size);
    snprintf(why, why_size, "'%s' cannot stand under port '%s', which is whole: its calls are its own",
             kernel, port->name);
    return NULL;
}

const psb_native *psb_port_native(const psb_port *port)
{
    if (port->whole || port->native)
        return port->native;
    return psb_native_leaf.port && strcmp(psb_native_leaf.port, port->name) == 0 ? &psb_native_leaf : NULL;
}

bool psb_port_has_variant(const psb_port *port, psb_variant variant)
{
    return !port->whole || (port->whole->variants >> variant & 1);
}

psb_evidence psb_evidence_of(const psb_port *port, const psb_backend *backend)
{
    return port->whole ? port->whole->evidence : psb_port_kernel(backend)->evidence;
}

const char *psb_trouble_of(const psb_port *port, const psb_backend *backend)
{
    return port->whole && port->whole->trouble ? port->whole->trouble(backend) : NULL;
}

/* What a backend of another's making cannot do without. */
static bool is_complete(const psb_backend *backend)
{
    const psb_backend_ops *ops = backend->ops;
    return ops && ops->name && ops->pids && ops->begin && ops->get && ops->end && ops->close;
}

static psb_backend *open_whole(const psb_port *port, psb_variant variant, char *why, size_t why_size)
{
    psb_variant has = psb_port_has_variant(port, variant) ? variant : (psb_variant)(1 - variant);
    snprintf(why, why_size, "port '%s' cannot be opened, and does not say why", port->name);
    psb_backend *backend = port->whole->open(port->whole->context, has, why, why_size);
    if (!backend || is_complete(backend))
        return backend;
    snprintf(why, why_size, "port '%s': its backend lacks one of its functions or its name", port->name);
    return NULL;
}

psb_backend *psb_open(const psb_port *port, psb_variant variant, const char *kernel, const psb_world *world,
                      char *why, size_t why_size)
{
    psb_backend *backend;
    if (!psb_port_lint(port, why, why_size))
        return NULL;
    if (port->whole && strcmp(kernel, PSB_OWN_KERNEL) == 0)
        return open_whole(port, variant, why, why_size);
    psb_kernel *stack = psb_open_kernel(port, kernel, world, why, why_size);
    if (!stack)
        return NULL;
    if (psb_port_open(port, variant, stack, &backend) != PSB_OK)
        snprintf(why, why_size, "out of memory");
    return backend;
}

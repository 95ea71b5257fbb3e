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
    psb_setting setting = {port->name, port->simulate, world};
    return psb_kernel_open(kernel, &setting, why, why_size);
}

psb_backend *psb_open(const psb_port *port, psb_variant variant, const char *kernel, const psb_world *world,
                      char *why, size_t why_size)
{
    psb_backend *backend;
    if (!psb_port_lint(port, why, why_size))
        return NULL;
    psb_kernel *stack = psb_open_kernel(port, kernel, world, why, why_size);
    if (!stack)
        return NULL;
    if (psb_port_open(port, variant, stack, &backend) != PSB_OK)
        snprintf(why, why_size, "out of memory");
    return backend;
}

/* port_lint.h: is this port's table well formed? */
#ifndef PSB_PORT_LINT_H
#define PSB_PORT_LINT_H

#include "port.h"

/* true; or false, and why says in a line which row is wrong and how. */
bool psb_port_lint(const psb_port *port, char *why, size_t why_size);

#endif

/*
 * foreign.h: the port that a command line brings along: a plug-in (--plugin FILE), a collector in another program
 * (--exec COMMAND), or one of the peers that lie beside psbench, by its name. At most one.
 */
#ifndef PSB_FOREIGN_H
#define PSB_FOREIGN_H

#include "args.h"
#include "port.h"

/* Opens it, if the arguments name one. False: it cannot be had, and a line was printed. */
bool psb_foreign_load(const psb_args *args);

/* It, or NULL. */
const psb_port *psb_foreign_port(void);

/* The option and its value with which another psbench gets the same port: two words; NULL: this port is one of ours. */
const char *const *psb_foreign_words(const psb_port *port);

/* Any port by its name, or NULL. */
const psb_port *psb_foreign_or_named(const char *name);

/* A peer that psbench knows by name, and what it is; NULL after the last. */
const char *psb_peer_name(size_t index);
const char *psb_peer_meaning(size_t index);

#endif

/*
 * exec_backend.h: a collector in any language, in a program of its own, as a whole port. It is asked line by line, in JSON:
 * backends/peers/PROTOCOL.md. It is not trusted: every answer has a deadline and a bounded length, and whatever it does
 * wrong ends it and becomes the trouble of its backend (psb_whole.trouble), in plain words.
 */
#ifndef PSB_EXEC_BACKEND_H
#define PSB_EXEC_BACKEND_H

#include "port.h"

enum { PSB_EXEC_PROTOCOL = 1, PSB_EXEC_LINE_MAX = 16 << 20 };

/* Starts it once, to ask who it is. The command lives as long as the program. NULL: why says so. One at a time. */
const psb_port *psb_exec_port(const char *command, double timeout_seconds, char *why, size_t why_size);

#endif

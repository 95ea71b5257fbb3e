/*
 * slow_backend.h: a backend whose every get takes a stated time more: what an interpreter above it would add. With it
 * the C layer shows what psutil's Python layer shows, without any Python.
 */
#ifndef PSB_SLOW_BACKEND_H
#define PSB_SLOW_BACKEND_H

#include "backend.h"

/*
 * Over another backend, which is then closed with this one. spend(argument, ns) lets the time pass: psb_slow_spin, or a
 * test's own clock. NULL: out of memory, and below is closed.
 */
typedef void psb_spend(void *argument, uint64_t ns);
psb_backend *psb_slow_open(psb_backend *below, uint64_t method_ns, psb_spend *spend, void *argument);

/* Really takes the time; the argument is not used. */
void psb_slow_spin(void *argument, uint64_t ns);

#endif

/*
 * lane_functions.h: rows of layer.def as functions for CPython. Each is one call of one source of a lane, and what it
 * returns is made out of the port's own decoders, as psutil's Python unpacks it.
 */
#ifndef PSB_LANE_FUNCTIONS_H
#define PSB_LANE_FUNCTIONS_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "lane.h"
#include "layer.h"

typedef struct psb_lane_object {
    PyObject_HEAD psb_lane *lane;
    uint32_t system;
    PyObject *passwd; /* the type of an account's entry: pwd.struct_passwd */
} psb_lane_object;

/* Once, when the extension is loaded. False: an exception is set. */
bool psb_lane_functions_ready(void);

/* The function of a row, over this lane, which it keeps. NULL with an exception: the port has no source of that name. */
PyObject *psb_lane_function(psb_lane_object *owner, const psb_layer_function *row);

/* ---- what other functions make of values and statuses ---- */

/* Raises what psutil expects: a fact is EACCES or ESRCH; a failure is a RuntimeError, which it lets through. NULL. */
PyObject *psb_lane_refuse(const psb_lane_object *self, int source, psb_pid pid, psb_status status,
                          int os_error);

PyObject *psb_lane_text(const psb_value *value);

/*
 * The number that stands for a terminal: a hash of its path, since the device's own number is the port's secret. FNV-1a
 * (Fowler, Noll, Vo), folded to 31 bits; Lane.terminals refuses two paths with one number.
 */
long psb_lane_device(const char *path, size_t len);

#endif

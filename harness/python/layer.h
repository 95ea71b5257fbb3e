/*
 * layer.h: layer.def as tables: which functions psutil's Python layer of an OS asks for, and of what they are made.
 */
#ifndef PSB_LAYER_H
#define PSB_LAYER_H

#include "backend.h"

typedef enum psb_layer_system {
    PSB_LAYER_FREEBSD = 1,
    PSB_LAYER_OPENBSD = 2,
    PSB_LAYER_NETBSD = 4,
    PSB_LAYER_MACOS = 8,
    PSB_LAYER_SUNOS = 16,
    PSB_LAYER_WINDOWS = 32
} psb_layer_system;

typedef enum psb_layer_version { PSB_LAYER_OLD = 1, PSB_LAYER_NEW = 2 } psb_layer_version;
typedef enum psb_layer_module { PSB_LAYER_MAIN, PSB_LAYER_POSIX, PSB_LAYER_PROCFS } psb_layer_module;
typedef enum psb_shape { PSB_SHAPE_TUPLE, PSB_SHAPE_ONE, PSB_SHAPE_LIST, PSB_SHAPE_THREADS } psb_shape;

typedef enum psb_as {
    PSB_AS_INT,
    PSB_AS_SUM,
    PSB_AS_KB,
    PSB_AS_PAGES,
    PSB_AS_SECONDS,
    PSB_AS_TEXT,
    PSB_AS_JOINED,
    PSB_AS_DOMAIN,
    PSB_AS_ACCOUNT,
    PSB_AS_STATE,
    PSB_AS_STOPPED,
    PSB_AS_DEVICE,
    PSB_AS_NOTHING
} psb_as;

typedef enum psb_unknown {
    PSB_UNKNOWN_NONE,
    PSB_UNKNOWN_ZERO,
    PSB_UNKNOWN_MINUS_ONE,
    PSB_UNKNOWN_EMPTY,
    PSB_UNKNOWN_RUNNING
} psb_unknown;

typedef enum psb_absent_as { PSB_ABSENT_RAISE, PSB_ABSENT_TOLD, PSB_ABSENT_EMPTY } psb_absent_as;

typedef struct psb_item {
    psb_field field;
    uint8_t part;
    psb_as as;
    psb_unknown unknown;
} psb_item;

enum { PSB_ITEMS_MAX = 32 };

typedef struct psb_layer_function {
    uint32_t systems, versions;
    psb_layer_module module;
    const char *name, *first, *source;
    psb_shape shape;
    psb_absent_as absent;
    const psb_item *item;
    size_t items;
} psb_layer_function;

/* 0: psutil has no layer for the port of that name. */
uint32_t psb_layer_system_of(const char *port);

/* Row number index; NULL after the last. */
const psb_layer_function *psb_layer_function_at(size_t index);

/* The constant that has this number, from 1 on, in a system's C module; "": another system's, NULL after the last. */
const char *psb_layer_constant(size_t number, uint32_t system);

/* The number that stands for a state, or 0. */
int psb_layer_state(uint32_t system, int64_t state);

#endif

/*
 * plugin.h: a port from outside of this tree, loaded with `psbench run --plugin ./mine.so`.
 *
 * A plug-in is a shared library that exports one object, psb_plugin. PSB_PLUGIN(port) defines it. It is built from what
 * `cmake --install` leaves behind, and from nothing else:
 *
 *     CMake        find_package(psbench REQUIRED)
 *                  add_library(mine MODULE mine.c)
 *                  target_link_libraries(mine PRIVATE psbench::backends)
 *     pkg-config   cc -shared -fPIC mine.c $(pkg-config --cflags --libs psbench) -o mine.so
 *
 *     #include <psbench/plugin.h>
 *     static const psb_port MINE = {.name = "mine", .system = "...", ...};
 *     PSB_PLUGIN(MINE)
 *
 * The port is of one of two kinds (port.h):
 *
 * - Whole: psb_port.whole opens a backend of your own making, which fulfils backend.h to the letter, and says which fields
 *   it answers, in which variants. A library, a cache, a data base: anything. Its calls cannot be counted from inside.
 * - Tables: psb_port.source and psb_port.method, as a port of this tree. psbench makes both variants of it, counts its
 *   calls, holds them against what the tables declare, and records them. Its kernel is
 *     - psb_port.native, for calls of this machine's OS: a leaf of your own (kernel.h), or &psb_native_leaf, which is the one
 *       that psbench has for this OS, with the ops that op.def lists for it;
 *     - psb_port.simulate, for `--kernel sim`: what makes the bytes of a reply out of a world (world.h).
 *   Routines that op.def does not name are PSB_OP_PLUGIN_0 to PSB_OP_PLUGIN_15. What each means is the plug-in's own affair:
 *   the name and the routine of the source that asks it are what psbench prints. In traces and files of costs they stand as
 *   plugin.0 to plugin.15, beside the port's name.
 *
 * The library psb_backends (psbench::backends) has what decoders and parsers need (psb_part, psb_text_copy, psb_arena_*,
 * psb_ticks_to_ns, ...). It is linked into the plug-in, which shares no symbol with psbench but psb_plugin.
 *
 * What psbench promises and asks:
 * - Everything that psb_plugin points to is read only and lives as long as the library, which is never unloaded.
 * - Functions may be called from several threads, each with snapshots of its own.
 * - Memory: pids is allocated with malloc, for psbench frees it; all else is freed by who allocated it.
 * - A plug-in runs inside psbench, with its rights. One that crashes, exits or answers nothing for --timeout seconds ends
 *   psbench with a line that says so and exit code 2. What is not trusted so far is better asked with --exec
 *   (peers/PROTOCOL.md), in a process of its own.
 */
#ifndef PSB_PLUGIN_H
#define PSB_PLUGIN_H

#include "port.h"

/* Raised when a plug-in built before could not be used any more although the sizes below are still the same. */
enum { PSB_PLUGIN_ABI = 2 };

/* What a plug-in and psbench hand each other. */
#define PSB_PLUGIN_SHARED(X)                                                                                 \
    X(psb_port)                                                                                              \
    X(psb_source)                                                                                            \
    X(psb_method)                                                                                            \
    X(psb_try)                                                                                               \
    X(psb_whole)                                                                                             \
    X(psb_facts)                                                                                             \
    X(psb_native)                                                                                            \
    X(psb_call)                                                                                              \
    X(psb_reply)                                                                                             \
    X(psb_kernel_ops)                                                                                        \
    X(psb_backend_ops)                                                                                       \
    X(psb_value)
#define PSB_PLUGIN_BYTES(type) sizeof(type),
#define PSB_PLUGIN_ONE(type)   +1

/* The other numbers are those of the headers that it was built with: a field, an op, a member more is another ABI, too. */
struct psb_plugin {
    uint32_t abi_version; /* PSB_PLUGIN_ABI; always the first member */
    uint32_t fields, ops; /* PSB_FIELDS, PSB_OPS */
    uint32_t bytes[0 PSB_PLUGIN_SHARED(PSB_PLUGIN_ONE)];
    const psb_port *port;
};

#define PSB_PLUGIN_SYMBOL "psb_plugin"

#define PSB_PLUGIN(port_)                                                                                    \
    extern const struct psb_plugin psb_plugin __attribute__((visibility("default")));                        \
    const struct psb_plugin psb_plugin = {                                                                   \
        PSB_PLUGIN_ABI, PSB_FIELDS, PSB_OPS, {PSB_PLUGIN_SHARED(PSB_PLUGIN_BYTES)}, &(port_)};

#endif

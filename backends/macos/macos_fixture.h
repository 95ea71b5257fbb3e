/*
 * macos_fixture.h: for tests of the port: a Mac with two processes, out of the simulated kernel, of which one
 * op may be made to answer otherwise.
 */
#ifndef PSB_MACOS_FIXTURE_H
#define PSB_MACOS_FIXTURE_H

#include "macos_abi.h"
#include "port_backend.h"

/* cmocka.h wants these before it. */
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { MAC_PID = 800, MAC_PARENT = 700 };

struct mac {
    psb_kernel base;
    psb_world *world;
    uint32_t op; /* answers this; PSB_OPS: none does */
    psb_status status;
    int error;
    const void *bytes;
    size_t len;
    unsigned calls[PSB_OPS];
    psb_backend *backend;
    psb_snapshot *snapshot;
};
extern struct mac mac;

/* cmocka's setup and teardown. */
int mac_setup(void **state);
int mac_teardown(void **state);

/* Opens the cached backend anew. */
void mac_open(void);

/* In a snapshot of its own; the answer lives until the next question. */
psb_value mac_get(psb_pid pid, psb_field field);
psb_status mac_status(psb_field field); /* of MAC_PID */

/* From now on, op answers this, and all others as the simulated kernel. */
void mac_says(uint32_t op, const void *bytes, size_t len);
void mac_fails(uint32_t op, psb_status status, int error);

psb_process *mac_process(void); /* MAC_PID, to change */
struct psb_macos_kinfo mac_kinfo(psb_pid pid);

void assert_text(psb_value value, const char *text, size_t len);

#define TEXT(literal)                                                                                        \
    {                                                                                                        \
        literal, sizeof literal - 1, 0                                                                       \
    }

#endif

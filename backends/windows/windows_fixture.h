/*
 * windows_fixture.h: for tests of the port: a Windows with two processes, out of the simulated kernel, of which one op
 * may be made to answer otherwise.
 */
#ifndef PSB_WINDOWS_FIXTURE_H
#define PSB_WINDOWS_FIXTURE_H

#include "registry.h"
#include "windows_abi.h"

/* cmocka.h wants these before it. */
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { WIN_PID = 800, WIN_PARENT = 700, WIN_UID = 1001 };

struct win {
    psb_world *world;
    uint32_t op; /* answers this; PSB_OPS: none does */
    psb_status status;
    int error;
    const void *bytes;
    size_t len;
    psb_kernel *counter;
    psb_backend *backend;
    psb_snapshot *snapshot;
};
extern struct win win;

/* cmocka's setup and teardown. */
int win_setup(void **state);
int win_teardown(void **state);

/* Opens a backend, and a snapshot of it, anew; calls are counted from then on. */
void win_open(psb_variant variant, psb_span span);
uint64_t win_calls(psb_op op);

/* In a cached snapshot of its own; the answer lives until the next question. */
psb_value win_get(psb_pid pid, psb_field field);
psb_status win_status(psb_field field); /* of WIN_PID */

/* From now on, op answers this, and all others as the simulated kernel. */
void win_says(psb_op op, const void *bytes, size_t len);
void win_fails(psb_op op, psb_status status, int error);

/* Units up to the NUL of a u"" literal. */
#define WIN_TEXT(literal) literal, sizeof(literal) - 2

psb_process *win_process(void); /* WIN_PID, to change */

void assert_text(psb_value value, const char *text, size_t len);
void assert_string(psb_value value, const char *text);

#define TEXT(literal)                                                                                        \
    {                                                                                                        \
        literal, sizeof literal - 1, 0                                                                       \
    }

#endif

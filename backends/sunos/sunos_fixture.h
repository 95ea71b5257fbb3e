/*
 * sunos_fixture.h: the SunOS port over a kernel that answers each op with given bytes or a given status. For
 * the tests of the port; one process, one question at a time.
 */
#ifndef PSB_SUNOS_FIXTURE_H
#define PSB_SUNOS_FIXTURE_H

#include "sunos_abi.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { PID = 77 };

/* What the kernel says to each op; no bytes: an answer without any, or this status. */
struct answer {
    const void *bytes;
    size_t len;
    psb_status status;
};

extern struct answer answers[PSB_OPS];
extern uint32_t asked[PSB_OPS]; /* times */

/* What the files hold that each test begins with. */
extern struct psb_sunos_psinfo psinfo;
extern struct psb_sunos_cred cred;
extern struct psb_sunos_status status_file;
extern struct psb_sunos_usage usage;

#define TELL(op, object)                                                                                     \
    answers[PSB_OP_SUNOS_##op] = (struct answer)                                                             \
    {                                                                                                        \
        &(object), sizeof(object), PSB_OK                                                                    \
    }
#define REFUSE(op, why)                                                                                      \
    answers[PSB_OP_SUNOS_##op] = (struct answer)                                                             \
    {                                                                                                        \
        NULL, 0, why                                                                                         \
    }

/* A cmocka setup: process PID, which has the files above. */
int a_process(void **state);

/* Asks in a snapshot of its own; what it points to lives until end(). */
psb_value get(psb_field field);
psb_status get_more(psb_field field, psb_value *out); /* in the same snapshot */
psb_status get_pids(psb_pidlist *out);
void end(void);

void is_status(psb_field field, psb_status expected);
void is_integer(psb_field field, int64_t expected);
void is_text(psb_field field, const char *expected, size_t len);
void is_list(const char *expected, size_t len, uint32_t count); /* cmdline */
void is_record(psb_field field, uint32_t known, const uint64_t *part);

#define IS_RECORD(field, known, ...) is_record(field, known, (const uint64_t[]){__VA_ARGS__})

#endif

/*
 * linux_fixture.h: a Linux machine made of strings, for tests of the port. Two processes live on it; what
 * each file of /proc says is set by the test, and asked through the port's real backends, cached and
 * uncached.
 */
#ifndef PSB_LINUX_FIXTURE_H
#define PSB_LINUX_FIXTURE_H

#include "linux_abi.h"
#include "port_backend.h"

/* cmocka.h wants these before it. */
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { MACHINE_PID = 1000, MACHINE_PARENT = 900, STAT_COLUMNS = 53 };

typedef struct machine_reply {
    psb_status status;
    int os_error;
    char *bytes;
    size_t len;
} machine_reply;

typedef struct machine {
    struct machine *next;
    machine_reply reply[PSB_OPS];  /* of MACHINE_PID, of every uid, and of the system */
    machine_reply parent[PSB_OPS]; /* of MACHINE_PARENT; every other pid is gone */
    uint64_t boot_step;            /* each reading of the boot time finds it this many seconds later */
    uint64_t boots;
    bool asked_nonsense; /* a process with a negative pid was asked about */
    const char *column[STAT_COLUMNS];
    psb_backend *backend[PSB_VARIANTS];
    psb_snapshot *snapshot[PSB_VARIANTS];
} machine;

/* cmocka setup and teardown; *state is the machine, on which every file has a plausible text. */
int machine_setup(void **state);
int machine_teardown(void **state);

/* Another one beside it; teardown ends them all. */
machine *machine_new(void);

/* From now on, op answers this. */
void machine_says(machine *m, psb_op op, const void *bytes, size_t len);
void machine_text(machine *m, psb_op op, const char *text);
void machine_fails(machine *m, psb_op op, psb_status status, int os_error);
void machine_of_parent(machine *m, psb_op op, const char *text);

/* stat with this name, or with one column (as numbered in proc(5), 3 to 52) set to this text. */
void machine_named(machine *m, const char *name, size_t len);
void machine_column(machine *m, int column, const char *text);
size_t stat_text(char *out, size_t room, const char *name, size_t len, const char *const *column);

/* The columns of a plausible stat. */
extern const char *const STAT_SAMPLE[STAT_COLUMNS];

/* The plausible text that a file of the port begins with; NULL: not text. */
const char *sample_of(psb_op op);

/* Opens the backends anew: they read the facts of the boot. */
void machine_reboot(machine *m);

/*
 * Asks in a fresh snapshot of each variant, which must agree, and returns the answer. It lives until the next
 * question to this machine.
 */
psb_value machine_get(machine *m, psb_field field);
void machine_get_all(machine *m, psb_value out[PSB_FIELDS]);

/* ---- assertions ---- */

void assert_text(psb_value value, const char *bytes, size_t len);
void assert_string(psb_value value, const char *text);
void assert_list(psb_value value, uint32_t count, const char *bytes, size_t len);
void assert_integer(psb_value value, int64_t integer);
void assert_status(psb_value value, psb_status status);
void assert_part(psb_value value, unsigned part, uint64_t number);
void assert_part_unknown(psb_value value, unsigned part);

/* Is the answer right, or does it own that it is not known, wholly or of some parts? */
bool right_or_unknown(psb_field field, const psb_value *right, const psb_value *value);

/* The fields that `stat` is the source of, of its process alone or together with others. */
bool field_of_stat(psb_field field);

/* Where the port's source with that op stands. */
const psb_source *source_with(psb_op op);

#define LITERAL(text) text, sizeof(text) - 1

#endif

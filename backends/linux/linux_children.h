/*
 * linux_children.h: real processes for tests of the port on the kernel that they run on. A child runs a
 * function of the test and stops at each meet() until the test lets it go on. All children end with their
 * test, however it ends.
 */
#ifndef PSB_LINUX_CHILDREN_H
#define PSB_LINUX_CHILDREN_H

#include "linux_fixture.h"

#include <sys/types.h>

typedef struct native {
    psb_backend *backend[PSB_VARIANTS];
    psb_snapshot *snapshot[PSB_VARIANTS];
    char dir[64]; /* an empty directory, removed with all that is in it */
} native;

/* cmocka setup and teardown of a native. */
int native_setup(void **state);
int native_teardown(void **state);

/* The native of a test; skips the test if this program cannot ask this kernel. */
native *native_of(void **state);

/*
 * Asks in a fresh snapshot of each variant. Both must answer with facts and, to a field that does not move,
 * with the same; returns one of them, which lives until the next question.
 */
psb_value native_get(native *n, psb_pid pid, psb_field field);

bool native_lists(native *n, psb_pid pid); /* is it in pids()? */

/* Returns "DIR/name" in a static buffer. */
const char *native_path(const native *n, const char *name);

/* ---- children ---- */

typedef struct child {
    pid_t pid;
    int control, report;
    int64_t said; /* at its last meet() */
} child;

/* Forks and waits until the body meets, or has returned. */
child *child_start(void (*body)(void *), void *arg);

/* In a child: tells the number and waits to be let go on; ends if the test does. */
void meet(int64_t number);

/* Lets it go on to its next meet(), or until it has returned. */
void child_go(child *c);

/* Runs a program instead, with the child's control pipe as its input, so that a shell waits; skips the test
 * if that cannot be. */
child *child_exec(const char *path, char *const argv[]);

void child_stop(const child *c);   /* SIGSTOP, and waits until it has stopped */
void child_resume(const child *c); /* SIGCONT */
/* The same two for a child that stops itself: they wait until it has. */
void child_go_to_stop(const child *c);
void child_resume_to_stop(const child *c);
void child_zombie(const child *c); /* kills it and leaves it unreaped */
void child_end(child *c);          /* kills and reaps it */

/*
 * Runs the body in a child of uid and gid 65534 and returns the line that it returned: 0 if all was well.
 * Needs root; skips the test otherwise. CHECK is for such bodies, where cmocka's assertions cannot be.
 */
int64_t as_nobody(int64_t (*body)(native *), native *n);

enum { NOBODY = 65534 };

#define CHECK(condition)                                                                                     \
    do {                                                                                                     \
        if (!(condition))                                                                                    \
            return __LINE__;                                                                                 \
    } while (0)

/* Skips the test, and says why. */
#define SKIP(...)                                                                                            \
    do {                                                                                                     \
        print_message("skipped: " __VA_ARGS__);                                                              \
        print_message("\n");                                                                                 \
        skip();                                                                                              \
    } while (0)

#define NATIVE_TEST(name) cmocka_unit_test_setup_teardown(name, native_setup, native_teardown)

#endif

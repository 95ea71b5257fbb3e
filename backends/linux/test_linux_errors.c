/*
 * test_linux_errors.c: what the native leaf makes of every error of a system call. The linker puts the
 * functions below in the place of libc's (--wrap), and they fail when a test says so.
 */
#define _GNU_SOURCE
#include "linux_children.h"

#include "registry.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* ---- system calls that fail ---- */

enum function { OPEN, READ, READLINK, GETDENTS, GETPRIORITY, FUNCTIONS };

static struct {
    enum function function;
    const char *path; /* only files whose path ends like this; NULL: all */
    int error;        /* 0: none */
    int skip;         /* calls that succeed first */
    int times;        /* calls that fail; -1: all */
    int met;          /* calls that could have failed */
    int fd;           /* the last one opened for such a path */
} fault;

static int opened, closed, wrongly_closed;

static bool matches(const char *path)
{
    size_t len = strlen(path), tail = fault.path ? strlen(fault.path) : 0;
    return tail <= len && (tail == 0 || strcmp(path + len - tail, fault.path) == 0);
}

static bool fails(enum function function, bool concerned)
{
    if (fault.error == 0 || fault.function != function || !concerned)
        return false;
    if (fault.met++ < fault.skip || fault.times == 0)
        return false;
    fault.times -= fault.times > 0;
    errno = fault.error;
    return true;
}

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
ssize_t __real_read(int fd, void *buf, size_t room);
ssize_t __wrap_read(int fd, void *buf, size_t room);
int __real_close(int fd);
int __wrap_close(int fd);
ssize_t __real_readlink(const char *path, char *buf, size_t room);
ssize_t __wrap_readlink(const char *path, char *buf, size_t room);
ssize_t __real_getdents64(int fd, void *buf, size_t room);
ssize_t __wrap_getdents64(int fd, void *buf, size_t room);
int __real_getpriority(int which, id_t who);
int __wrap_getpriority(int which, id_t who);

int __wrap_open(const char *path, int flags, ...)
{
    bool concerned = matches(path);
    if (fails(OPEN, concerned))
        return -1;
    int fd = __real_open(path, flags, 0600);
    opened += fd >= 0;
    if (concerned)
        fault.fd = fd;
    return fd;
}

ssize_t __wrap_read(int fd, void *buf, size_t room)
{
    return fails(READ, fd == fault.fd) ? -1 : __real_read(fd, buf, room);
}

int __wrap_close(int fd)
{
    int result = __real_close(fd);
    if (fd == fault.fd)
        fault.fd = -1;
    closed += result == 0;
    wrongly_closed += result != 0;
    return result;
}

ssize_t __wrap_readlink(const char *path, char *buf, size_t room)
{
    return fails(READLINK, matches(path)) ? -1 : __real_readlink(path, buf, room);
}

ssize_t __wrap_getdents64(int fd, void *buf, size_t room)
{
    return fails(GETDENTS, fd == fault.fd) ? -1 : __real_getdents64(fd, buf, room);
}

int __wrap_getpriority(int which, id_t who)
{
    return fails(GETPRIORITY, true) ? -1 : __real_getpriority(which, who);
}

/* From now on, this function fails for this path: the first `times` calls of it, or all (-1). */
static void let_fail(enum function function, const char *path, int error, int times)
{
    memset(&fault, 0, sizeof fault);
    fault.function = function;
    fault.path = path;
    fault.error = error;
    fault.times = times;
    fault.fd = -1;
}

static int all_is_well(void **state)
{
    fault.error = 0;
    return native_teardown(state);
}

/* Asks in a fresh snapshot; unlike native_get, failures are answers here. */
static psb_value ask(native *n, psb_variant variant, psb_pid pid, psb_field field)
{
    psb_backend *backend = n->backend[variant];
    psb_value value;
    if (n->snapshot[variant])
        backend->ops->end(n->snapshot[variant]);
    assert_int_equal(backend->ops->begin(backend, PSB_SPAN_PROCESS, &n->snapshot[variant]), PSB_OK);
    psb_get(n->snapshot[variant], pid, field, &value);
    return value;
}

static void expect(native *n, psb_pid pid, psb_field field, psb_status status, int error)
{
    for (int v = 0; v < PSB_VARIANTS; v++) {
        psb_value value = ask(n, (psb_variant)v, pid, field);
        if (value.status != status || value.os_error != error)
            fail_msg("%s: %s, error %d, not %s, error %d", psb_field_of(field)->name,
                     psb_status_name(value.status), value.os_error, psb_status_name(status), error);
    }
}

static void just_wait(void *arg)
{
    for (;;)
        meet(0);
}

static pid_t dead_pid(void)
{
    child *c = child_start(just_wait, NULL);
    pid_t pid = c->pid;
    child_end(c);
    return pid;
}

static const struct {
    enum function function;
    const char *path;
    psb_field field;
} ASKED[] = {
    {OPEN, "/stat", PSB_NAME},        {READ, "/stat", PSB_NAME},         {OPEN, "/status", PSB_UIDS},
    {READ, "/status", PSB_UIDS},      {OPEN, "/statm", PSB_MEMORY_INFO}, {READ, "/statm", PSB_MEMORY_INFO},
    {OPEN, "/io", PSB_IO_COUNTERS},   {READ, "/io", PSB_IO_COUNTERS},    {OPEN, "/cmdline", PSB_CMDLINE},
    {READ, "/cmdline", PSB_CMDLINE},  {READLINK, "/exe", PSB_EXE},       {READLINK, "/cwd", PSB_CWD},
    {OPEN, "/fd", PSB_NUM_FDS},       {GETDENTS, "/fd", PSB_NUM_FDS},    {OPEN, "/task", PSB_THREADS},
    {GETDENTS, "/task", PSB_THREADS}, {GETPRIORITY, NULL, PSB_NICE},
};

enum { ASKED_WAYS = sizeof ASKED / sizeof *ASKED };

/* ---- tests ---- */

static void what_is_missing_of_a_living_process_is_absent_and_not_gone(void **state)
{
    native *n = native_of(state);
    for (int i = 0; i < ASKED_WAYS; i++) {
        let_fail(ASKED[i].function, ASKED[i].path, ENOENT, -1);
        expect(n, getpid(), ASKED[i].field, PSB_ABSENT, ENOENT);
        let_fail(ASKED[i].function, ASKED[i].path, ESRCH, -1);
        expect(n, getpid(), ASKED[i].field, PSB_ABSENT, ESRCH);
    }
}

static void what_is_missing_of_a_dead_process_is_gone(void **state)
{
    native *n = native_of(state);
    pid_t pid = dead_pid();
    for (int i = 0; i < ASKED_WAYS; i++)
        if (ASKED[i].function != READ && ASKED[i].function != GETDENTS) {
            let_fail(ASKED[i].function, ASKED[i].path, ESRCH, -1);
            expect(n, pid, ASKED[i].field, PSB_GONE, ESRCH);
        }
}

static void every_error_has_its_status_and_is_told_verbatim(void **state)
{
    static const struct {
        int error;
        psb_status status;
    } ERRORS[] = {{EACCES, PSB_DENIED},  {EPERM, PSB_DENIED},         {ENOMEM, PSB_NOMEM},
                  {EIO, PSB_OSERROR},    {ENAMETOOLONG, PSB_UNKNOWN}, {EMFILE, PSB_OSERROR},
                  {EINVAL, PSB_OSERROR}, {ELOOP, PSB_OSERROR}};
    native *n = native_of(state);
    for (int i = 0; i < ASKED_WAYS; i++)
        for (size_t j = 0; j < sizeof ERRORS / sizeof *ERRORS; j++) {
            let_fail(ASKED[i].function, ASKED[i].path, ERRORS[j].error, -1);
            expect(n, getpid(), ASKED[i].field, ERRORS[j].status, ERRORS[j].error);
        }
}

static void a_call_that_was_interrupted_is_made_again(void **state)
{
    native *n = native_of(state);
    for (int i = 0; i < ASKED_WAYS; i++)
        if (ASKED[i].function == OPEN || ASKED[i].function == READ) {
            let_fail(ASKED[i].function, ASKED[i].path, EINTR, 3);
            expect(n, getpid(), ASKED[i].field, PSB_OK, 0);
            assert_int_equal(fault.times, 0);
        }
}

/* smaps_rollup of a living process may say "no such process"; what it said of is no zombie. */
static void a_smaps_rollup_that_fails_of_a_living_process_gives_way_to_smaps(void **state)
{
    static const struct {
        enum function function;
        int error;
    } FAULTS[] = {{READ, ESRCH}, {READ, ENOENT}, {OPEN, ENOENT}};
    static char shell[] = "/bin/sh";
    native *n = native_of(state);
    child *c = child_exec(shell, (char *[]){shell, NULL});
    child_stop(c);
    psb_value right = native_get(n, c->pid, PSB_MEMORY_FULL_INFO);
    assert_status(right, PSB_OK);
    for (int i = 0; i < 3; i++) {
        let_fail(FAULTS[i].function, "/smaps_rollup", FAULTS[i].error, -1);
        for (int v = 0; v < PSB_VARIANTS; v++) {
            psb_value value = ask(n, (psb_variant)v, c->pid, PSB_MEMORY_FULL_INFO);
            assert_status(value, PSB_OK);
            /* Other processes that map the same files come and go; smaps rounds each mapping down. */
            for (unsigned part = 0; part < PSB_MEMORY_FULL_INFO_PARTS; part++)
                assert_in_range(value.u.part[part], right.u.part[part] / 4, right.u.part[part] * 4 + 65536);
        }
    }
}

static void *idle(void *tid)
{
    *(volatile int64_t *)tid = syscall(SYS_gettid);
    while (pause() < 0)
        ;
    return NULL;
}

static void have_a_thread(void *arg)
{
    volatile int64_t tid = 0;
    pthread_t thread;
    if (pthread_create(&thread, NULL, idle, (void *)(uintptr_t)&tid) != 0)
        _exit(1);
    while (tid == 0)
        nanosleep(&(struct timespec){0, 100000}, NULL);
    meet(tid);
}

static void a_thread_that_ends_while_it_is_read_is_left_out(void **state)
{
    native *n = native_of(state);
    child *c = child_start(have_a_thread, NULL);
    char path[64];
    assert_int_equal(native_get(n, c->pid, PSB_THREADS).count, 2);
    snprintf(path, sizeof path, "/task/%lld/stat", (long long)c->said);
    for (int i = 0; i < 2; i++)
        for (int v = 0; v < PSB_VARIANTS; v++) {
            let_fail(i ? READ : OPEN, path, i ? ESRCH : ENOENT, -1);
            psb_value threads = ask(n, (psb_variant)v, c->pid, PSB_THREADS);
            assert_status(threads, PSB_OK);
            assert_int_equal(threads.count, 1);
            assert_int_equal(threads.u.thread[0].id, c->pid);
        }
    let_fail(READ, path, EIO, -1); /* but a failure is not the end of a thread */
    expect(n, c->pid, PSB_THREADS, PSB_OSERROR, EIO);
}

static void a_cached_snapshot_keeps_a_failure_and_an_uncached_one_asks_again(void **state)
{
    native *n = native_of(state);
    psb_value value;
    for (int v = 0; v < PSB_VARIANTS; v++) {
        let_fail(READ, "/stat", EIO, 1);
        assert_status(ask(n, (psb_variant)v, getpid(), PSB_NAME), PSB_OSERROR);
        psb_get(n->snapshot[v], getpid(), PSB_NAME, &value);
        assert_status(value, v == PSB_CACHED ? PSB_OSERROR : PSB_OK);
        assert_status(ask(n, (psb_variant)v, getpid(), PSB_NAME), PSB_OK);
    }
}

/* Lets every call of every function fail in turn, and asks for everything. */
static void every_descriptor_is_closed_once_whatever_fails(void **state)
{
    static const int ERRORS[] = {EIO, ESRCH};
    native *n = native_of(state);
    child *c = child_start(have_a_thread, NULL);
    int opened_before = opened, closed_before = closed;
    for (enum function function = 0; function < FUNCTIONS; function++)
        for (int i = 0; i < 2; i++)
            for (int nth = 0;; nth++) {
                let_fail(function, NULL, ERRORS[i], 1);
                fault.skip = nth;
                for (int v = 0; v < PSB_VARIANTS; v++)
                    for (psb_field field = 0; field < PSB_FIELDS; field++) {
                        psb_value value = ask(n, (psb_variant)v, c->pid, field);
                        assert_true(psb_is_fact(value.status) || value.os_error == EIO);
                    }
                if (fault.times > 0) /* there are no more calls to fail */
                    break;
            }
    fault.error = 0;
    assert_int_equal(wrongly_closed, 0);
    assert_true(opened - opened_before > 1000);
    assert_int_equal(opened - opened_before, closed - closed_before);
}

/* The facts that a file tells of are not known then; that is no reason not to open. */
static void a_backend_opens_though_a_file_of_the_boot_fails(void **state)
{
    static const struct {
        const char *path;
        psb_field field;
    } FILES[] = {{"/proc/stat", PSB_CREATE_TIME},
                 {"/proc/meminfo", PSB_MEMORY_PERCENT},
                 {"/proc/tty/drivers", PSB_FIELDS}};
    char why[256];
    native_of(state);
    for (int i = 0; i < 3; i++)
        for (int function = OPEN; function <= READ; function++) {
            psb_snapshot *snapshot;
            psb_value value;
            int opened_before = opened, closed_before = closed;
            let_fail((enum function)function, FILES[i].path, EIO, -1);
            psb_backend *backend =
                psb_open(psb_port_named("linux"), PSB_CACHED, "native", NULL, why, sizeof why);
            fault.error = 0;
            assert_non_null(backend);
            assert_int_equal(backend->ops->begin(backend, PSB_SPAN_PROCESS, &snapshot), PSB_OK);
            assert_int_equal(psb_get(snapshot, getpid(), PSB_NAME, &value), PSB_OK);
            if (FILES[i].field < PSB_FIELDS)
                assert_int_equal(psb_get(snapshot, getpid(), FILES[i].field, &value), PSB_UNKNOWN);
            backend->ops->end(snapshot);
            backend->ops->close(backend);
            assert_int_equal(opened - opened_before, closed - closed_before);
        }
}

static void a_list_of_pids_that_cannot_be_read_is_a_failure_and_empty(void **state)
{
    native *n = native_of(state);
    for (int v = 0; v < PSB_VARIANTS; v++)
        for (int i = 0; i < 2; i++) {
            psb_pidlist list = {.count = 5};
            let_fail(i ? GETDENTS : OPEN, "/proc/", EIO, -1);
            assert_int_equal(n->backend[v]->ops->pids(n->backend[v], &list), PSB_OSERROR);
            assert_null(list.pid);
            assert_int_equal(list.count, 0);
        }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, native_setup, all_is_well)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_missing_of_a_living_process_is_absent_and_not_gone),
        TEST(what_is_missing_of_a_dead_process_is_gone),
        TEST(every_error_has_its_status_and_is_told_verbatim),
        TEST(a_call_that_was_interrupted_is_made_again),
        TEST(a_smaps_rollup_that_fails_of_a_living_process_gives_way_to_smaps),
        TEST(a_thread_that_ends_while_it_is_read_is_left_out),
        TEST(a_cached_snapshot_keeps_a_failure_and_an_uncached_one_asks_again),
        TEST(every_descriptor_is_closed_once_whatever_fails),
        TEST(a_backend_opens_though_a_file_of_the_boot_fails),
        TEST(a_list_of_pids_that_cannot_be_read_is_a_failure_and_empty),
    };
    return cmocka_run_group_tests_name("linux: errors of system calls", tests, NULL, NULL);
}

/* test_linux_leaks.c: a hundred thousand snapshots leave neither memory nor descriptors behind. */
#define _GNU_SOURCE
#include "linux_children.h"

#include "registry.h"

#include <dirent.h>
#include <malloc.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef __has_feature
#if __has_feature(address_sanitizer)
#define ADDRESS_SANITIZER
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
#define ADDRESS_SANITIZER
#endif
#ifdef ADDRESS_SANITIZER
size_t __sanitizer_get_current_allocated_bytes(void); /* its header is not installed everywhere */
#endif

enum { WARM_UP = 2000, SNAPSHOTS = 96000, DENIED_SNAPSHOTS = 4000, SLACK = 4096 };

/* Bytes that are allocated; 0 where nobody can tell (then a leak checker must). */
static size_t allocated(void)
{
#if defined ADDRESS_SANITIZER
    return __sanitizer_get_current_allocated_bytes();
#elif defined __GLIBC__ && (__GLIBC__ > 2 || __GLIBC_MINOR__ >= 33)
    struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
#else
    return 0;
#endif
}

static int descriptors(void)
{
    int count = 0;
    DIR *dir = opendir("/proc/self/fd");
    while (dir && readdir(dir))
        count++;
    if (dir)
        closedir(dir);
    return count;
}

struct levels {
    int fds;
    size_t bytes;
};

static struct levels levels(void)
{
    int fds = descriptors(); /* which allocates while it counts */
    return (struct levels){fds, allocated()};
}

/* Most ask a little, some everything; false: an answer was a failure. */
static bool take_snapshots(native *n, const psb_pid *pid, int pids, int count)
{
    static const psb_field SOME[] = {PSB_NAME, PSB_UIDS, PSB_EXE, PSB_NUM_FDS, PSB_THREADS, PSB_USERNAME};
    for (int i = 0; i < count; i++) {
        psb_backend *backend = n->backend[i / pids % PSB_VARIANTS];
        psb_snapshot *snapshot;
        psb_value value;
        if (backend->ops->begin(backend, PSB_SPAN_PROCESS, &snapshot) != PSB_OK)
            return false;
        if (i / pids % 100 < 2)
            for (psb_field field = 0; field < PSB_FIELDS; field++)
                psb_get(snapshot, pid[i % pids], field, &value);
        psb_get(snapshot, pid[i % pids], SOME[(size_t)(i / pids) % (sizeof SOME / sizeof *SOME)], &value);
        backend->ops->end(snapshot);
        if (!psb_is_fact(value.status))
            return false;
    }
    return true;
}

static void just_wait(void *arg)
{
    for (;;)
        meet(0);
}

static void snapshots_of_the_living_the_dead_and_zombies_leave_nothing_behind(void **state)
{
    native *n = native_of(state);
    child *zombie = child_start(just_wait, NULL), *dead = child_start(just_wait, NULL);
    psb_pid pid[] = {getpid(), zombie->pid, dead->pid, 1, 2, -1};
    int pids = sizeof pid / sizeof *pid;
    child_zombie(zombie);
    child_end(dead);
    assert_true(take_snapshots(n, pid, pids, WARM_UP));
    struct levels before = levels();
    assert_true(take_snapshots(n, pid, pids, SNAPSHOTS));
    struct levels after = levels();
    assert_int_equal(after.fds, before.fds);
    assert_in_range(after.bytes, before.bytes - SLACK, before.bytes + SLACK);
}

static int64_t take_denied_snapshots(native *n)
{
    static const psb_pid PID[] = {1};
    CHECK(take_snapshots(n, PID, 1, WARM_UP));
    struct levels before = levels();
    CHECK(take_snapshots(n, PID, 1, DENIED_SNAPSHOTS));
    struct levels after = levels();
    CHECK(after.fds == before.fds);
    CHECK(after.bytes + SLACK >= before.bytes && after.bytes <= before.bytes + SLACK);
    return 0;
}

static void snapshots_that_are_denied_leave_nothing_behind(void **state)
{
    assert_int_equal(as_nobody(take_denied_snapshots, native_of(state)), 0);
}

static void lists_of_pids_leave_nothing_behind(void **state)
{
    native *n = native_of(state);
    struct levels before = {0, 0}, after;
    for (int i = 0; i < 1000; i++) {
        psb_pidlist list;
        if (i == 100)
            before = levels();
        assert_int_equal(n->backend[i % PSB_VARIANTS]->ops->pids(n->backend[i % PSB_VARIANTS], &list),
                         PSB_OK);
        psb_pidlist_free(&list);
    }
    after = levels();
    assert_int_equal(after.fds, before.fds);
    assert_in_range(after.bytes, before.bytes - SLACK, before.bytes + SLACK);
}

static void backends_opened_and_refused_leave_nothing_behind(void **state)
{
    static const char *const KERNELS[] = {"native",        "count+native", "count+count+native",
                                          "count",         "count+nobody", "",
                                          "native+native", "count+void"};
    enum { SPECS = sizeof KERNELS / sizeof *KERNELS };
    native_of(state);
    struct levels before = {0, 0}, after;
    for (int i = 0; i < 100 * SPECS; i++) {
        char why[256];
        if (i == 10 * SPECS)
            before = levels();
        psb_backend *backend = psb_open(psb_port_named("linux"), (psb_variant)(i % PSB_VARIANTS),
                                        KERNELS[i % SPECS], NULL, why, sizeof why);
        if (backend)
            backend->ops->close(backend);
    }
    after = levels();
    assert_int_equal(after.fds, before.fds);
    assert_in_range(after.bytes, before.bytes - SLACK, before.bytes + SLACK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        NATIVE_TEST(snapshots_of_the_living_the_dead_and_zombies_leave_nothing_behind),
        NATIVE_TEST(snapshots_that_are_denied_leave_nothing_behind),
        NATIVE_TEST(lists_of_pids_leave_nothing_behind),
        NATIVE_TEST(backends_opened_and_refused_leave_nothing_behind),
    };
    return cmocka_run_group_tests_name("linux: leaks", tests, NULL, NULL);
}

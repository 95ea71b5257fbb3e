/* test_linux_kinds.c: processes that are not simply alive: zombies, stopped, of others, of the kernel, gone.
 */
#define _GNU_SOURCE
#include "linux_children.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void just_wait(void *arg)
{
    for (;;)
        meet(0);
}

/* ---- zombies ---- */

static void a_zombie_is_listed_and_told(void **state)
{
    native *n = native_of(state);
    child *c = child_start(just_wait, NULL);
    psb_value name = native_get(n, c->pid, PSB_NAME);
    char before[64];
    assert_status(name, PSB_OK);
    memcpy(before, name.u.text.bytes, name.u.text.len);
    size_t len = name.u.text.len;
    int64_t start = native_get(n, c->pid, PSB_CREATE_TIME).u.integer;
    child_zombie(c);
    assert_true(native_lists(n, c->pid));
    assert_integer(native_get(n, c->pid, PSB_STATUS), PSB_STATE_ZOMBIE);
    assert_text(native_get(n, c->pid, PSB_NAME), before, len);
    assert_integer(native_get(n, c->pid, PSB_PPID), getpid());
    assert_integer(native_get(n, c->pid, PSB_PARENT), getpid());
    assert_integer(native_get(n, c->pid, PSB_CREATE_TIME), start);
    assert_part(native_get(n, c->pid, PSB_UIDS), PSB_UIDS_REAL, getuid());
    assert_true(native_get(n, c->pid, PSB_NUM_THREADS).u.integer <= 1);
}

static void a_zombie_has_no_arguments_and_no_memory(void **state)
{
    native *n = native_of(state);
    child *c = child_start(just_wait, NULL);
    assert_true(native_get(n, c->pid, PSB_CMDLINE).count > 0);
    child_zombie(c);
    assert_list(native_get(n, c->pid, PSB_CMDLINE), 0, "", 0);
    psb_value memory = native_get(n, c->pid, PSB_MEMORY_INFO);
    for (unsigned part = 0; part < PSB_MEMORY_INFO_PARTS; part++)
        assert_part(memory, part, 0);
    assert_status(native_get(n, c->pid, PSB_MEMORY_FULL_INFO), PSB_ABSENT);
    assert_status(native_get(n, c->pid, PSB_MEMORY_PERCENT), PSB_OK);
}

static void a_zombie_runs_no_file_and_is_nowhere(void **state)
{
    native *n = native_of(state);
    child *c = child_start(just_wait, NULL);
    child_zombie(c);
    psb_value exe = native_get(n, c->pid, PSB_EXE), cwd = native_get(n, c->pid, PSB_CWD);
    psb_value fds = native_get(n, c->pid, PSB_NUM_FDS), io = native_get(n, c->pid, PSB_IO_COUNTERS);
    if (geteuid() == 0) {
        assert_status(exe, PSB_ABSENT);
        assert_status(cwd, PSB_ABSENT);
        assert_integer(fds, 0);
        assert_int_not_equal(io.status, PSB_GONE);
    } else { /* the kernel may refuse what there is not */
        assert_true(exe.status == PSB_ABSENT || exe.status == PSB_DENIED);
        assert_true(cwd.status == PSB_ABSENT || cwd.status == PSB_DENIED);
        assert_true(fds.status == PSB_OK || fds.status == PSB_DENIED);
        assert_true(io.status == PSB_OK || io.status == PSB_DENIED || io.status == PSB_ABSENT);
    }
}

static int64_t look_at_own_zombie(native *n)
{
    pid_t pid = fork();
    psb_value value;
    siginfo_t info;
    if (pid == 0)
        _exit(0);
    CHECK(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT) == 0);
    for (int v = 0; v < PSB_VARIANTS; v++) {
        CHECK(n->backend[v]->ops->begin(n->backend[v], PSB_SPAN_PROCESS, &n->snapshot[v]) == PSB_OK);
        CHECK(psb_get(n->snapshot[v], pid, PSB_STATUS, &value) == PSB_OK);
        CHECK(value.u.integer == PSB_STATE_ZOMBIE);
        for (psb_field field = 0; field < PSB_FIELDS; field++) {
            psb_get(n->snapshot[v], pid, field, &value);
            CHECK(psb_is_fact(value.status) && value.status != PSB_GONE);
        }
        CHECK(psb_get(n->snapshot[v], pid, PSB_CMDLINE, &value) == PSB_OK && value.count == 0);
        CHECK(psb_get(n->snapshot[v], pid, PSB_MEMORY_FULL_INFO, &value) == PSB_ABSENT);
        CHECK(psb_get(n->snapshot[v], pid, PSB_EXE, &value) == PSB_ABSENT || value.os_error == EACCES);
    }
    waitpid(pid, NULL, 0);
    return 0;
}

static void a_zombie_of_an_ordinary_user_is_never_gone(void **state)
{
    assert_int_equal(as_nobody(look_at_own_zombie, native_of(state)), 0);
}

/* ---- stopped, threads ---- */

static void a_stopped_process_is_stopped(void **state)
{
    native *n = native_of(state);
    child *c = child_start(just_wait, NULL);
    child_stop(c);
    assert_integer(native_get(n, c->pid, PSB_STATUS), PSB_STATE_STOPPED);
}

static void *idle(void *ready)
{
    prctl(PR_SET_NAME, "t) R 1 2 (x");
    *(volatile int64_t *)ready = syscall(SYS_gettid);
    while (pause() < 0)
        ;
    return NULL;
}

static void add_threads(void *arg)
{
    meet(0);
    for (;;) {
        volatile int64_t tid = 0;
        pthread_t thread;
        if (pthread_create(&thread, NULL, idle, (void *)(uintptr_t)&tid) != 0)
            _exit(1);
        while (tid == 0)
            nanosleep(&(struct timespec){0, 100000}, NULL);
        meet(tid);
    }
}

static bool has_thread(psb_value threads, int64_t tid)
{
    for (uint32_t i = 0; i < threads.count; i++)
        if (threads.u.thread[i].id == tid)
            return true;
    return false;
}

static void each_thread_started_is_one_more_and_is_no_process(void **state)
{
    native *n = native_of(state);
    child *c = child_start(add_threads, NULL);
    int64_t before = native_get(n, c->pid, PSB_NUM_THREADS).u.integer;
    assert_int_equal(native_get(n, c->pid, PSB_THREADS).count, before);
    for (int more = 1; more <= 12; more++) {
        child_go(c);
        assert_integer(native_get(n, c->pid, PSB_NUM_THREADS), before + more);
        psb_value threads = native_get(n, c->pid, PSB_THREADS);
        assert_status(threads, PSB_OK);
        assert_int_equal(threads.count, before + more);
        assert_true(has_thread(threads, c->said));
        assert_true(has_thread(threads, c->pid));
        for (uint32_t i = 0; i < threads.count; i++) /* of its birth till now, not of a wrong column */
            assert_true(threads.u.thread[i].user_ns + threads.u.thread[i].system_ns < UINT64_C(60000000000));
        assert_false(native_lists(n, c->said));
    }
}

static void *burn(void *done)
{
    struct timespec used;
    volatile uint64_t work = 0;
    prctl(PR_SET_NAME, "a) R 1 2 3 4");
    do {
        for (int i = 0; i < 10000; i++)
            work += (uint64_t)i;
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    } while (work == 0 || (used.tv_nsec < 150000000 && used.tv_sec == 0));
    *(volatile int64_t *)done = syscall(SYS_gettid);
    while (pause() < 0)
        ;
    return NULL;
}

static void burn_in_a_thread(void *arg)
{
    volatile int64_t tid = 0;
    pthread_t thread;
    if (pthread_create(&thread, NULL, burn, (void *)(uintptr_t)&tid) != 0)
        _exit(1);
    while (tid == 0)
        nanosleep(&(struct timespec){0, 1000000}, NULL);
    meet(tid);
}

static void the_times_of_threads_with_hostile_names_add_up(void **state)
{
    native *n = native_of(state);
    child *c = child_start(burn_in_a_thread, NULL);
    uint64_t sum = 0, burned = 0;
    child_stop(c);
    psb_value threads = native_get(n, c->pid, PSB_THREADS);
    assert_int_equal(threads.count, 2);
    for (uint32_t i = 0; i < threads.count; i++) {
        uint64_t used = threads.u.thread[i].user_ns + threads.u.thread[i].system_ns;
        sum += used;
        if (threads.u.thread[i].id == c->said)
            burned = used;
    }
    psb_value times = native_get(n, c->pid, PSB_CPU_TIMES);
    uint64_t whole = times.u.part[PSB_CPU_TIMES_USER] + times.u.part[PSB_CPU_TIMES_SYSTEM];
    assert_in_range(burned, 120000000, 1000000000);
    assert_in_range(whole + 50000000, sum, sum + 100000000);
}

static void *nap_often(void *done)
{
    for (int i = 0; i < 200; i++)
        nanosleep(&(struct timespec){0, 1000}, NULL);
    *(volatile int64_t *)done = 1;
    while (pause() < 0)
        ;
    return NULL;
}

static void nap_in_a_thread(void *arg)
{
    volatile int64_t done = 0;
    pthread_t thread;
    meet(0);
    if (pthread_create(&thread, NULL, nap_often, (void *)(uintptr_t)&done) != 0)
        _exit(1);
    while (done == 0)
        nanosleep(&(struct timespec){0, 50000000}, NULL);
    meet(0);
}

static void switches_are_those_of_the_first_thread_only(void **state)
{
    native *n = native_of(state);
    child *c = child_start(nap_in_a_thread, NULL);
    uint64_t before = native_get(n, c->pid, PSB_NUM_CTX_SWITCHES).u.part[PSB_NUM_CTX_SWITCHES_VOLUNTARY];
    child_go(c);
    uint64_t after = native_get(n, c->pid, PSB_NUM_CTX_SWITCHES).u.part[PSB_NUM_CTX_SWITCHES_VOLUNTARY];
    assert_in_range(after - before, 1, 150); /* the other thread made 200 */
}

/* ---- processes of others ---- */

static void become_other(void *arg)
{
    pid_t parent = getppid();
    if (setresgid(NOBODY, NOBODY, NOBODY) != 0 || setresuid(NOBODY, NOBODY, 1) != 0)
        _exit(1);
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    if (getppid() == parent)
        just_wait(arg);
}

static void a_child_of_another_user_has_its_ids_and_name(void **state)
{
    native *n = native_of(state);
    if (geteuid() != 0)
        SKIP("only root can become another user");
    child *c = child_start(become_other, NULL);
    psb_value uids = native_get(n, c->pid, PSB_UIDS);
    assert_part(uids, PSB_UIDS_REAL, NOBODY);
    assert_part(uids, PSB_UIDS_EFFECTIVE, NOBODY);
    assert_part(uids, PSB_UIDS_SAVED, 1);
    psb_value gids = native_get(n, c->pid, PSB_GIDS);
    for (unsigned part = 0; part < PSB_GIDS_PARTS; part++)
        assert_part(gids, part, NOBODY);
    const struct passwd *account = getpwuid(NOBODY);
    assert_string(native_get(n, c->pid, PSB_USERNAME), account ? account->pw_name : "65534");
}

static void become_unheard_of(void *uid)
{
    if (setresuid(*(uid_t *)uid, *(uid_t *)uid, *(uid_t *)uid) == 0)
        just_wait(uid);
}

static void a_child_of_a_uid_without_account_is_told_by_number(void **state)
{
    native *n = native_of(state);
    uid_t uid = 3456789012; /* more than 2^31 */
    if (geteuid() != 0)
        SKIP("only root can become another user");
    if (getpwuid(uid))
        SKIP("uid %u has an account here", (unsigned)uid);
    child *c = child_start(become_unheard_of, &uid);
    assert_part(native_get(n, c->pid, PSB_UIDS), PSB_UIDS_REAL, uid);
    assert_string(native_get(n, c->pid, PSB_USERNAME), "3456789012");
}

static int64_t look_at_init(native *n)
{
    static const psb_field REFUSED[] = {PSB_EXE, PSB_CWD, PSB_NUM_FDS, PSB_IO_COUNTERS, PSB_MEMORY_FULL_INFO};
    static const psb_field TOLD[] = {PSB_NAME,        PSB_PPID,        PSB_STATUS,     PSB_UIDS,
                                     PSB_CPU_TIMES,   PSB_MEMORY_INFO, PSB_CMDLINE,    PSB_NICE,
                                     PSB_NUM_THREADS, PSB_THREADS,     PSB_CREATE_TIME};
    for (int v = 0; v < PSB_VARIANTS; v++) {
        psb_value value;
        CHECK(n->backend[v]->ops->begin(n->backend[v], PSB_SPAN_PROCESS, &n->snapshot[v]) == PSB_OK);
        if (psb_get(n->snapshot[v], 1, PSB_NAME, &value) == PSB_GONE)
            return 0; /* /proc is mounted so that it hides the processes of others (hidepid) */
        for (size_t i = 0; i < sizeof REFUSED / sizeof *REFUSED; i++) {
            CHECK(psb_get(n->snapshot[v], 1, REFUSED[i], &value) == PSB_DENIED);
            CHECK(value.os_error == EACCES || value.os_error == EPERM);
        }
        for (size_t i = 0; i < sizeof TOLD / sizeof *TOLD; i++)
            CHECK(psb_get(n->snapshot[v], 1, TOLD[i], &value) == PSB_OK);
    }
    return 0;
}

static void what_root_does_is_denied_to_others_and_not_gone(void **state)
{
    assert_int_equal(as_nobody(look_at_init, native_of(state)), 0);
}

struct hidden {
    native *n;
    const char *path;
};

/* Goes where it may not look any more as another user, and asks where it is. */
static int64_t look_around(const struct hidden *self)
{
    native *n = self->n;
    if (chdir(self->path) != 0 || setresgid(NOBODY, NOBODY, NOBODY) != 0 ||
        setresuid(NOBODY, NOBODY, NOBODY) != 0)
        return -1;
    for (int v = 0; v < PSB_VARIANTS; v++) {
        psb_value cwd;
        CHECK(n->backend[v]->ops->begin(n->backend[v], PSB_SPAN_PROCESS, &n->snapshot[v]) == PSB_OK);
        if (psb_get(n->snapshot[v], getpid(), PSB_CWD, &cwd) == PSB_OK)
            CHECK(cwd.u.text.len == strlen(self->path) &&
                  memcmp(cwd.u.text.bytes, self->path, cwd.u.text.len) == 0);
        else
            CHECK(cwd.status == PSB_UNKNOWN || cwd.status == PSB_DENIED);
    }
    return 0;
}

static void go_into_hiding(void *arg)
{
    meet(look_around(arg));
}

static void a_name_is_not_cut_where_one_may_not_look(void **state)
{
    native *n = native_of(state);
    char path[256];
    if (geteuid() != 0)
        SKIP("only root can become another user");
    assert_non_null(realpath(n->dir, path));
    memcpy(path + strlen(path), "/x (deleted)", 13);
    assert_int_equal(mkdir(path, 0700), 0);
    child *c = child_start(go_into_hiding, &(struct hidden){n, path});
    if (c->said < 0)
        SKIP("even root cannot become another user here");
    assert_int_equal(c->said, 0);
}

/* ---- the kernel's own ---- */

static void a_kernel_thread_is_no_program_and_not_gone(void **state)
{
    native *n = native_of(state);
    psb_value name = native_get(n, 2, PSB_NAME);
    if (name.status != PSB_OK || name.u.text.len != 8 || memcmp(name.u.text.bytes, "kthreadd", 8) != 0)
        SKIP("no kernel thread is visible here");
    assert_true(native_lists(n, 2));
    assert_integer(native_get(n, 2, PSB_PPID), 0);
    assert_status(native_get(n, 2, PSB_PARENT), PSB_ABSENT);
    assert_list(native_get(n, 2, PSB_CMDLINE), 0, "", 0);
    assert_status(native_get(n, 2, PSB_TERMINAL), PSB_ABSENT);
    psb_value memory = native_get(n, 2, PSB_MEMORY_INFO);
    assert_part(memory, PSB_MEMORY_INFO_RSS, 0);
    if (geteuid() != 0)
        SKIP("the rest is told to root only");
    assert_status(native_get(n, 2, PSB_EXE), PSB_ABSENT);
    assert_status(native_get(n, 2, PSB_MEMORY_FULL_INFO), PSB_ABSENT);
    assert_integer(native_get(n, 2, PSB_NUM_FDS), 0);
}

static void the_first_process_has_no_parent(void **state)
{
    native *n = native_of(state);
    assert_integer(native_get(n, 1, PSB_PPID), 0);
    assert_status(native_get(n, 1, PSB_PARENT), PSB_ABSENT);
}

/* ---- no process at all ---- */

static void assert_gone(native *n, psb_pid pid)
{
    for (psb_field field = 0; field < PSB_FIELDS; field++) {
        psb_value value = native_get(n, pid, field);
        if (value.status != PSB_GONE && field != PSB_NUM_HANDLES)
            fail_msg("%s of pid %" PRId64 ": %s", psb_field_of(field)->name, pid,
                     psb_status_name(value.status));
    }
    assert_false(native_lists(n, pid));
}

static void a_process_that_has_ended_is_gone_for_every_field(void **state)
{
    native *n = native_of(state);
    child *c = child_start(just_wait, NULL);
    pid_t pid = c->pid;
    child_end(c);
    assert_gone(n, pid);
}

static void pid_0_is_gone_for_every_field(void **state)
{
    assert_gone(native_of(state), 0);
}

static void a_pid_that_no_process_can_have_is_gone_for_every_field(void **state)
{
    static const psb_pid PIDS[] = {(1 << 22) + 1, INT32_MAX, INT64_C(1) << 31, UINT32_MAX,
                                   INT64_MAX,     -1,        INT32_MIN,        INT64_MIN};
    for (size_t i = 0; i < sizeof PIDS / sizeof *PIDS; i++)
        assert_gone(native_of(state), PIDS[i]);
}

static void a_pid_is_not_cut_to_32_bits(void **state)
{
    assert_gone(native_of(state), (INT64_C(1) << 32) + getpid());
    assert_gone(native_of(state), INT64_C(1) << 32);
}

static void a_uid_is_not_cut_to_32_bits(void **state)
{
    char buf[4096];
    psb_reply reply = {.buf = buf, .cap = sizeof buf};
    psb_call call = {.op = PSB_OP_USER_NAME, .pid = INT64_C(1) << 32}; /* whose lower half is root's */
    psb_kernel *kernel = psb_native_leaf.open();
    native_of(state);
    psb_status status = psb_kernel_call(kernel, &call, &reply);
    psb_kernel_close(kernel);
    assert_int_not_equal(status, PSB_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        NATIVE_TEST(a_zombie_is_listed_and_told),
        NATIVE_TEST(a_zombie_has_no_arguments_and_no_memory),
        NATIVE_TEST(a_zombie_runs_no_file_and_is_nowhere),
        NATIVE_TEST(a_zombie_of_an_ordinary_user_is_never_gone),
        NATIVE_TEST(a_stopped_process_is_stopped),
        NATIVE_TEST(each_thread_started_is_one_more_and_is_no_process),
        NATIVE_TEST(the_times_of_threads_with_hostile_names_add_up),
        NATIVE_TEST(switches_are_those_of_the_first_thread_only),
        NATIVE_TEST(a_child_of_another_user_has_its_ids_and_name),
        NATIVE_TEST(a_child_of_a_uid_without_account_is_told_by_number),
        NATIVE_TEST(what_root_does_is_denied_to_others_and_not_gone),
        NATIVE_TEST(a_name_is_not_cut_where_one_may_not_look),
        NATIVE_TEST(a_kernel_thread_is_no_program_and_not_gone),
        NATIVE_TEST(the_first_process_has_no_parent),
        NATIVE_TEST(a_process_that_has_ended_is_gone_for_every_field),
        NATIVE_TEST(pid_0_is_gone_for_every_field),
        NATIVE_TEST(a_pid_that_no_process_can_have_is_gone_for_every_field),
        NATIVE_TEST(a_pid_is_not_cut_to_32_bits),
        NATIVE_TEST(a_uid_is_not_cut_to_32_bits),
    };
    return cmocka_run_group_tests_name("linux: kinds of processes", tests, NULL, NULL);
}

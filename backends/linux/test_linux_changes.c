/* test_linux_changes.c: processes that change or vanish while they are asked about, and several that ask. */
#define _GNU_SOURCE
#include "linux_children.h"

#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static psb_snapshot *begin(native *n, psb_variant variant)
{
    psb_backend *backend = n->backend[variant];
    if (n->snapshot[variant])
        backend->ops->end(n->snapshot[variant]);
    assert_int_equal(backend->ops->begin(backend, PSB_SPAN_PROCESS, &n->snapshot[variant]), PSB_OK);
    return n->snapshot[variant];
}

static psb_value get(psb_snapshot *snapshot, psb_pid pid, psb_field field)
{
    psb_value value;
    psb_get(snapshot, pid, field, &value);
    return value;
}

static void just_wait(void *arg)
{
    for (;;)
        meet(0);
}

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- within a snapshot ---- */

static void a_process_that_ends_in_a_snapshot_keeps_what_was_told(void **state)
{
    native *n = native_of(state);
    child *c = child_start(just_wait, NULL);
    pid_t pid = c->pid;
    psb_snapshot *cached = begin(n, PSB_CACHED), *uncached = begin(n, PSB_UNCACHED);
    psb_value name = get(cached, pid, PSB_NAME);
    assert_status(name, PSB_OK);
    assert_status(get(uncached, pid, PSB_NAME), PSB_OK);
    child_end(c);
    psb_value again = get(cached, pid, PSB_NAME);
    assert_true(psb_value_equal(PSB_NAME, &name, &again));
    assert_integer(get(cached, pid, PSB_PPID), getpid()); /* of the same source */
    assert_status(get(uncached, pid, PSB_NAME), PSB_GONE);
    static const psb_field OTHERS[] = {
        PSB_UIDS,    PSB_EXE,  PSB_CWD,         PSB_CMDLINE,     PSB_THREADS,
        PSB_NUM_FDS, PSB_NICE, PSB_MEMORY_INFO, PSB_IO_COUNTERS, PSB_MEMORY_FULL_INFO};
    for (size_t i = 0; i < sizeof OTHERS / sizeof *OTHERS; i++) {
        assert_status(get(cached, pid, OTHERS[i]), PSB_GONE);
        assert_status(get(uncached, pid, OTHERS[i]), PSB_GONE);
    }
    assert_text(get(cached, pid, PSB_NAME), name.u.text.bytes, name.u.text.len);
    assert_status(get(begin(n, PSB_CACHED), pid, PSB_NAME), PSB_GONE);
}

static void rename_itself(void *arg)
{
    prctl(PR_SET_NAME, "caterpillar");
    meet(0);
    prctl(PR_SET_NAME, "butterfly");
    meet(0);
}

static void a_name_that_changes_is_seen_by_the_next_snapshot(void **state)
{
    native *n = native_of(state);
    child *c = child_start(rename_itself, NULL);
    psb_snapshot *cached = begin(n, PSB_CACHED), *uncached = begin(n, PSB_UNCACHED);
    assert_string(get(cached, c->pid, PSB_NAME), "caterpillar");
    assert_string(get(uncached, c->pid, PSB_NAME), "caterpillar");
    child_go(c);
    assert_string(get(cached, c->pid, PSB_NAME), "caterpillar");
    assert_string(get(uncached, c->pid, PSB_NAME), "butterfly");
    assert_string(get(begin(n, PSB_CACHED), c->pid, PSB_NAME), "butterfly");
}

static void a_program_that_replaces_itself_has_new_arguments(void **state)
{
    static char shell[] = "/bin/sh", dash_c[] = "-c",
                script[] = "read x; exec /bin/sh -c 'read y' other arguments";
    native *n = native_of(state);
    child *c = child_exec(shell, (char *[]){shell, dash_c, script, NULL});
    psb_snapshot *cached = begin(n, PSB_CACHED);
    assert_int_equal(get(cached, c->pid, PSB_CMDLINE).count, 3);
    assert_int_equal(write(c->control, "\n", 1), 1);
    int64_t end = now_ms() + 10000;
    while (get(begin(n, PSB_CACHED), c->pid, PSB_CMDLINE).count != 5 && now_ms() < end)
        nanosleep(&(struct timespec){0, 1000000}, NULL);
    assert_list(native_get(n, c->pid, PSB_CMDLINE), 5, LITERAL("/bin/sh\0-c\0read y\0other\0arguments\0"));
}

/* Its parent ends at the second meeting, and it lives on. */
static void have_a_child(void *arg)
{
    pid_t pid = fork();
    if (pid == 0) {
        char byte;
        prctl(PR_SET_PDEATHSIG, 0, 0, 0, 0);
        int *control = arg;
        while (read(*control, &byte, 1) > 0) /* ends with the test, which holds the other end */
            ;
        _exit(0);
    }
    meet(pid);
}

static void a_process_whose_parent_ended_has_a_new_one_in_the_next_snapshot(void **state)
{
    native *n = native_of(state);
    int leash[2];
    assert_int_equal(pipe2(leash, O_CLOEXEC), 0);
    child *c = child_start(have_a_child, &leash[0]);
    pid_t parent = c->pid, pid = (pid_t)c->said;
    psb_snapshot *cached = begin(n, PSB_CACHED), *uncached = begin(n, PSB_UNCACHED);
    psb_value before = get(cached, pid, PSB_PPID), before_parent = get(cached, pid, PSB_PARENT);
    child_end(c);
    psb_value kept = get(cached, pid, PSB_PPID), fresh = get(uncached, pid, PSB_PPID);
    psb_value next = get(begin(n, PSB_CACHED), pid, PSB_PPID);
    psb_value next_parent = get(begin(n, PSB_CACHED), pid, PSB_PARENT);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    close(leash[0]);
    close(leash[1]);
    assert_integer(before, parent);
    assert_integer(before_parent, parent);
    assert_integer(kept, parent);
    assert_integer(fresh, getpid()); /* the test takes orphans in */
    assert_integer(next, getpid());
    assert_integer(next_parent, getpid());
}

static void two_children_in_one_snapshot_keep_their_own_values(void **state)
{
    native *n = native_of(state);
    child *a = child_start(just_wait, NULL), *b = child_start(rename_itself, NULL);
    for (int v = 0; v < PSB_VARIANTS; v++) {
        psb_snapshot *snapshot = begin(n, (psb_variant)v);
        psb_value mine = get(snapshot, getpid(), PSB_PPID);
        assert_integer(get(snapshot, a->pid, PSB_PPID), getpid());
        assert_string(get(snapshot, b->pid, PSB_NAME), "caterpillar");
        assert_integer(get(snapshot, a->pid, PSB_PARENT), getpid());
        assert_integer(get(snapshot, getpid(), PSB_PPID), mine.u.integer);
        assert_string(get(snapshot, b->pid, PSB_NAME), "caterpillar");
        psb_value name = get(snapshot, a->pid, PSB_NAME);
        assert_true(name.u.text.len != 11 || memcmp(name.u.text.bytes, "caterpillar", 11) != 0);
    }
}

/* ---- vanishing ---- */

static void assert_fact(psb_value value, psb_field field, psb_pid pid)
{
    if (!psb_is_fact(value.status))
        fail_msg("%s of %" PRId64 ": %s, error %d", psb_field_of(field)->name, pid,
                 psb_status_name(value.status), value.os_error);
}

static void spin(unsigned microseconds)
{
    struct timespec start, now;
    clock_gettime(CLOCK_MONOTONIC, &start);
    do
        clock_gettime(CLOCK_MONOTONIC, &now);
    while ((now.tv_sec - start.tv_sec) * 1000000 + (now.tv_nsec - start.tv_nsec) / 1000 < microseconds);
}

/* Children end while their fields are read, every time at another one; the kernel reaps them at once. */
static void a_process_that_vanishes_meanwhile_is_never_a_failure(void **state)
{
    native *n = native_of(state);
    int64_t end = now_ms() + 1500;
    unsigned round = 0, gone = 0, living = 0;
    void (*before)(int) = signal(SIGCHLD, SIG_IGN);
    for (; now_ms() < end; round++) {
        pid_t pid = fork();
        if (pid == 0) {
            spin(round * 37 % 700);
            _exit(0);
        }
        psb_snapshot *snapshot = begin(n, round % 2 ? PSB_CACHED : PSB_UNCACHED);
        for (psb_field i = 0; i < PSB_FIELDS; i++) {
            psb_field field = (i + round) % PSB_FIELDS;
            psb_value value = get(snapshot, pid, field);
            if (!psb_is_fact(value.status))
                signal(SIGCHLD, before);
            assert_fact(value, field, pid);
            gone += value.status == PSB_GONE;
            living += value.status == PSB_OK;
        }
        kill(pid, SIGKILL);
        while (waitpid(-1, NULL, 0) > 0)
            ;
    }
    signal(SIGCHLD, before);
    assert_true(gone > 0 && living > 0);
}

static void *short_life(void *arg)
{
    prctl(PR_SET_NAME, "x) Z (");
    return arg;
}

static void start_and_end_threads(void *arg)
{
    meet(0);
    for (;;) {
        pthread_t thread[4];
        int fd[4];
        for (int i = 0; i < 4; i++)
            if (pthread_create(&thread[i], NULL, short_life, NULL) != 0)
                _exit(1);
        for (int i = 0; i < 4; i++)
            fd[i] = dup(0);
        for (int i = 0; i < 4; i++) {
            pthread_join(thread[i], NULL);
            close(fd[i]);
        }
    }
}

static void threads_and_files_that_vanish_meanwhile_do_not_make_a_process_gone(void **state)
{
    native *n = native_of(state);
    child *c = child_start(start_and_end_threads, NULL);
    assert_int_equal(write(c->control, "", 1), 1);
    int64_t end = now_ms() + 700;
    uint32_t most = 0;
    while (now_ms() < end) {
        psb_value threads = native_get(n, c->pid, PSB_THREADS);
        assert_status(threads, PSB_OK);
        assert_true(threads.count >= 1);
        most = threads.count > most ? threads.count : most;
        bool leader = false;
        for (uint32_t i = 0; i < threads.count; i++)
            leader = leader || threads.u.thread[i].id == c->pid;
        assert_true(leader);
        assert_status(native_get(n, c->pid, PSB_NUM_FDS), PSB_OK);
        assert_status(native_get(n, c->pid, PSB_NUM_THREADS), PSB_OK);
    }
    assert_true(most > 1);
}

static void every_process_of_this_machine_answers_with_facts(void **state)
{
    native *n = native_of(state);
    for (int v = 0; v < PSB_VARIANTS; v++) {
        psb_pidlist list;
        psb_snapshot *snapshot = begin(n, (psb_variant)v);
        assert_int_equal(n->backend[v]->ops->pids(n->backend[v], &list), PSB_OK);
        psb_pid *pid = list.pid;
        for (size_t i = 0; i < list.count; i++)
            for (psb_field field = 0; field < PSB_FIELDS; field++) {
                psb_value value = get(snapshot, pid[i], field);
                assert_fact(value, field, pid[i]);
                if (value.status != PSB_OK)
                    continue;
                if (field == PSB_EXE) /* a path from another root may begin with "(unreachable)" */
                    assert_true(value.u.text.len > 0 && strchr("/(", value.u.text.bytes[0]));
                if (field == PSB_PPID)
                    assert_true(value.u.integer >= 0 && value.u.integer != pid[i]);
                if (field == PSB_TERMINAL)
                    assert_memory_equal(value.u.text.bytes, "/dev/", 5);
                if (field == PSB_NICE)
                    assert_true(value.u.integer >= -20 && value.u.integer <= 19);
                if (field == PSB_MEMORY_PERCENT)
                    assert_true(value.u.real >= 0 && value.u.real <= 100);
            }
        psb_pidlist_free(&list);
    }
}

/* ---- several who ask ---- */

enum { ASKERS = 4 };

struct asker {
    psb_backend *backend;
    psb_pid pid;
    char name[16];
    int64_t ppid, until;
    unsigned rounds, wrong;
};

static bool is_right(const struct asker *self, psb_snapshot *snapshot)
{
    psb_value name = get(snapshot, self->pid, PSB_NAME), ppid = get(snapshot, self->pid, PSB_PPID);
    psb_value fds = get(snapshot, self->pid, PSB_NUM_FDS), uids = get(snapshot, self->pid, PSB_UIDS);
    psb_value parent = get(snapshot, self->pid, PSB_PARENT);
    return name.status == PSB_OK && name.u.text.len == strlen(self->name) &&
           memcmp(name.u.text.bytes, self->name, name.u.text.len) == 0 && ppid.status == PSB_OK &&
           ppid.u.integer == self->ppid && parent.status == PSB_OK && parent.u.integer == self->ppid &&
           fds.status == PSB_OK && uids.status == PSB_OK && uids.u.part[PSB_UIDS_REAL] == getuid();
}

static void *keep_asking(void *arg)
{
    struct asker *self = arg;
    for (; now_ms() < self->until; self->rounds++) {
        psb_snapshot *snapshot;
        psb_pidlist list;
        if (self->backend->ops->begin(self->backend, PSB_SPAN_PROCESS, &snapshot) != PSB_OK)
            break;
        for (int i = 0; i < 3; i++)
            self->wrong += !is_right(self, snapshot);
        self->backend->ops->end(snapshot);
        if (self->rounds % 16 == 0) {
            self->wrong += self->backend->ops->pids(self->backend, &list) != PSB_OK || list.count == 0;
            psb_pidlist_free(&list);
        }
    }
    return NULL;
}

static void call_itself(void *name)
{
    prctl(PR_SET_NAME, name);
    just_wait(NULL);
}

static void threads_with_snapshots_of_their_own_do_not_disturb_each_other(void **state)
{
    native *n = native_of(state);
    for (int v = 0; v < PSB_VARIANTS; v++) {
        struct asker asker[ASKERS];
        pthread_t thread[ASKERS];
        for (int i = 0; i < ASKERS; i++) {
            asker[i] = (struct asker){.backend = n->backend[v], .ppid = getpid()};
            snprintf(asker[i].name, sizeof asker[i].name, "target %d", i);
            asker[i].pid = child_start(call_itself, asker[i].name)->pid;
        }
        for (int i = 0; i < ASKERS; i++) {
            asker[i].until = now_ms() + 400;
            assert_int_equal(pthread_create(&thread[i], NULL, keep_asking, &asker[i]), 0);
        }
        for (int i = 0; i < ASKERS; i++)
            pthread_join(thread[i], NULL);
        for (int i = 0; i < ASKERS; i++) {
            assert_true(asker[i].rounds > 0);
            assert_int_equal(asker[i].wrong, 0);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        NATIVE_TEST(a_process_that_ends_in_a_snapshot_keeps_what_was_told),
        NATIVE_TEST(a_name_that_changes_is_seen_by_the_next_snapshot),
        NATIVE_TEST(a_program_that_replaces_itself_has_new_arguments),
        NATIVE_TEST(a_process_whose_parent_ended_has_a_new_one_in_the_next_snapshot),
        NATIVE_TEST(two_children_in_one_snapshot_keep_their_own_values),
        NATIVE_TEST(a_process_that_vanishes_meanwhile_is_never_a_failure),
        NATIVE_TEST(threads_and_files_that_vanish_meanwhile_do_not_make_a_process_gone),
        NATIVE_TEST(every_process_of_this_machine_answers_with_facts),
        NATIVE_TEST(threads_with_snapshots_of_their_own_do_not_disturb_each_other),
    };
    return cmocka_run_group_tests_name("linux: changes and races", tests, NULL, NULL);
}

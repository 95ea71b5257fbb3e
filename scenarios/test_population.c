/* test_population.c: the processes that are asked about: they live while they should, and no longer. */
#define _GNU_SOURCE
#include "changing.h"
#include "population.h"

#include "registry.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static const psb_population *population(const char *name)
{
    const psb_population *found = psb_population_named(name);
    assert_non_null(found);
    return found;
}

static psb_specimen started(const char *name)
{
    psb_specimen specimen;
    char why[256] = "";
    if (!population(name)->start(&specimen, why, sizeof why))
        fail_msg("%s", why);
    return specimen;
}

enum { OF_EVERY_SYSTEM = 4 }; /* self, child, other_user, stranger */

/* Another user's processes only root can make; a thread of the kernel is not to be seen everywhere. */
static bool can_be_made(const psb_population *population)
{
    psb_specimen specimen;
    char why[256] = "";
    if (population->start(&specimen, why, sizeof why)) {
        population->stop(&specimen);
        return true;
    }
    assert_true(*why);
    bool is_others = strcmp(population->name, "other_user") == 0 || strcmp(population->name, "stranger") == 0;
    bool excused = (geteuid() != 0 && is_others) || strcmp(population->name, "kernel_thread") == 0;
    if (!excused)
        fail_msg("%s: %s", population->name, why);
    return false;
}

static int open_files(void)
{
    int count = 0;
    for (int fd = 0; fd < 256; fd++)
        count += fcntl(fd, F_GETFD) >= 0;
    return count;
}

static bool lives(psb_pid pid)
{
    return kill((pid_t)pid, 0) == 0;
}

/* Does the pipe end within two seconds: have all that hold its other end closed it or ended? */
static bool ends(int fd)
{
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    char byte;
    return poll(&wait, 1, 2000) == 1 && read(fd, &byte, 1) == 0;
}

/* ---- the list ---- */

static void populations_are_found_by_their_unique_names(void **state)
{
    size_t count = 0;
    for (; psb_population_at(count); count++) {
        assert_ptr_equal(psb_population_named(psb_population_at(count)->name), psb_population_at(count));
        assert_true(*psb_population_at(count)->meaning);
    }
    assert_true(count >= 2);
    assert_null(psb_population_at(count + 1000));
    assert_null(psb_population_named("orphan"));
    assert_null(psb_population_named(""));
    assert_null(psb_population_named("pid")); /* the command line's name for no population */
}

/* ---- self ---- */

static void self_is_this_process(void **state)
{
    psb_specimen self = started("self");
    assert_int_equal(self.pid, getpid());
    assert_true(self.is_self && !self.is_child);
    population("self")->stop(&self);
    assert_true(lives(getpid()));
}

/* ---- child ---- */

static void a_child_is_another_process_of_ours(void **state)
{
    psb_specimen child = started("child");
    assert_int_not_equal(child.pid, getpid());
    assert_true(child.is_child && !child.is_self);
    assert_true(lives(child.pid));
    assert_int_equal(waitpid((pid_t)child.pid, NULL, WNOHANG), 0);
    population("child")->stop(&child);
}

static void a_stopped_child_is_reaped(void **state)
{
    psb_specimen child = started("child");
    population("child")->stop(&child);
    assert_int_equal(waitpid((pid_t)child.pid, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
    assert_false(lives(child.pid));
}

static void no_file_stays_open(void **state)
{
    int before = open_files();
    for (int i = 0; i < 20; i++)
        for (size_t k = 0; psb_population_at(k); k++) {
            if (!can_be_made(psb_population_at(k)))
                continue;
            psb_specimen specimen = started(psb_population_at(k)->name);
            psb_population_at(k)->stop(&specimen);
        }
    assert_int_equal(open_files(), before);
}

static void a_child_that_was_killed_can_be_stopped(void **state)
{
    psb_specimen child = started("child");
    kill((pid_t)child.pid, SIGKILL);
    population("child")->stop(&child);
    assert_int_equal(waitpid((pid_t)child.pid, NULL, WNOHANG), -1);
}

static void a_child_sleeps_on_through_a_signal_that_it_survives(void **state)
{
    psb_specimen child = started("child");
    kill((pid_t)child.pid, SIGSTOP);
    kill((pid_t)child.pid, SIGCONT);
    usleep(20000);
    assert_int_equal(waitpid((pid_t)child.pid, NULL, WNOHANG), 0);
    population("child")->stop(&child);
}

/*
 * An intermediate process starts a child, tells its pid and is killed. Both hold the writing end of a second
 * pipe, which ends when the last of them has ended, whoever reaps it.
 */
static void dies_when_its_maker_is_killed(const char *name)
{
    int told[2], alive[2];
    psb_pid grandchild = 0;
    assert_int_equal(pipe(told) | pipe(alive), 0);
    pid_t parent = fork();
    if (parent == 0) {
        psb_specimen child;
        char why[256];
        close(alive[0]);
        if (population(name)->start(&child, why, sizeof why) &&
            write(told[1], &child.pid, sizeof child.pid) == sizeof child.pid)
            for (;;)
                pause();
        _exit(1);
    }
    close(told[1]);
    close(alive[1]);
    assert_int_equal(read(told[0], &grandchild, sizeof grandchild), sizeof grandchild);
    assert_true(grandchild > 0 && grandchild != parent && lives(grandchild));
    kill(parent, SIGKILL);
    assert_int_equal(waitpid(parent, NULL, 0), parent);
    bool died = ends(alive[0]);
    close(told[0]);
    close(alive[0]);
    if (!died)
        kill((pid_t)grandchild, SIGKILL);
    assert_true(died);
}

static void every_process_made_dies_when_its_maker_is_killed(void **state)
{
    for (size_t k = 1; psb_population_at(k); k++)
        if (strcmp(psb_population_at(k)->name, "kernel_thread") != 0 && can_be_made(psb_population_at(k)))
            dies_when_its_maker_is_killed(psb_population_at(k)->name);
}

static uid_t owner_of(psb_pid pid)
{
    char path[64];
    struct stat told;
    snprintf(path, sizeof path, "/proc/%lld", (long long)pid);
    assert_int_equal(stat(path, &told), 0);
    return told.st_uid;
}

static void a_stranger_is_another_users_like_its_parent_and_both_end_when_it_is_stopped(void **state)
{
    if (geteuid() != 0 || access("/proc/self/stat", R_OK) != 0)
        skip();
    psb_specimen stranger = started("stranger");
    assert_int_not_equal(stranger.ppid, getpid());
    assert_int_not_equal(stranger.ppid, stranger.pid);
    assert_int_not_equal(owner_of(stranger.pid), getuid());
    assert_int_equal(owner_of(stranger.ppid), owner_of(stranger.pid));
    population("stranger")->stop(&stranger);
    assert_false(lives(stranger.pid));
    assert_false(lives(stranger.ppid));
}

/* In a process of its own: a stop that waits for ever is ended by its alarm. */
static void of_two_children_either_can_be_stopped_first(void **state)
{
    int status = 0;
    pid_t tester = fork();
    if (tester == 0) {
        psb_specimen first, second;
        char why[256];
        const psb_population *child = psb_population_named("child");
        alarm(3);
        if (!child->start(&first, why, sizeof why) || !child->start(&second, why, sizeof why))
            _exit(1);
        child->stop(&first);
        child->stop(&second);
        _exit(0);
    }
    assert_int_equal(waitpid(tester, &status, 0), tester);
    if (WIFSIGNALED(status))
        fail_msg("stopping the first of two children waits for ever");
    assert_int_equal(WEXITSTATUS(status), 0);
}

/* As above, but the parent has started a program meanwhile (as psbench starts others to measure in), which
 * lives on. It holds no end of the second pipe. */
static void a_program_started_meanwhile_does_not_keep_the_child_alive(void **state)
{
    int told[2], alive[2];
    psb_pid pid[2] = {0};
    assert_int_equal(pipe(told) | pipe(alive), 0);
    pid_t parent = fork();
    if (parent == 0) {
        psb_specimen child;
        char why[256];
        close(alive[0]);
        if (!population("child")->start(&child, why, sizeof why))
            _exit(1);
        pid_t program = fork();
        if (program == 0) {
            close(alive[1]);
            execlp("sleep", "sleep", "10", (char *)NULL);
            _exit(1);
        }
        pid[0] = child.pid;
        pid[1] = program;
        if (write(told[1], pid, sizeof pid) == sizeof pid)
            for (;;)
                pause();
        _exit(1);
    }
    close(told[1]);
    close(alive[1]);
    assert_int_equal(read(told[0], pid, sizeof pid), sizeof pid);
    kill(parent, SIGKILL);
    assert_int_equal(waitpid(parent, NULL, 0), parent);
    bool died = ends(alive[0]);
    close(told[0]);
    close(alive[0]);
    kill((pid_t)pid[1], SIGKILL);
    assert_true(died);
}

/* ---- truths ---- */

static psb_value truth_of(psb_specimen *specimen, psb_field field)
{
    psb_value truth;
    if (!population(specimen->is_self ? "self" : "child")->truth(specimen, field, &truth))
        fail_msg("the truth of %s is not known", psb_field_of(field)->name);
    assert_int_equal(truth.status, PSB_OK);
    return truth;
}

static void the_truth_of_a_child_is_that_of_its_parent(void **state)
{
    char directory[4096];
    psb_specimen child = started("child");
    assert_int_equal(truth_of(&child, PSB_PPID).u.integer, getpid());
    assert_int_equal(truth_of(&child, PSB_PARENT).u.integer, getpid());
    assert_int_equal(truth_of(&child, PSB_NUM_THREADS).u.integer, 1);
    psb_value uids = truth_of(&child, PSB_UIDS), gids = truth_of(&child, PSB_GIDS);
    assert_int_equal(uids.known, 7);
    assert_int_equal(uids.u.part[PSB_UIDS_REAL], getuid());
    assert_int_equal(uids.u.part[PSB_UIDS_EFFECTIVE], geteuid());
    assert_int_equal(gids.u.part[PSB_GIDS_REAL], getgid());
    assert_int_equal(gids.u.part[PSB_GIDS_EFFECTIVE], getegid());
    psb_value cwd = truth_of(&child, PSB_CWD);
    assert_non_null(getcwd(directory, sizeof directory));
    assert_int_equal(cwd.u.text.len, strlen(directory));
    assert_memory_equal(cwd.u.text.bytes, directory, cwd.u.text.len);
    population("child")->stop(&child);
}

static void what_posix_does_not_tell_has_no_truth(void **state)
{
    static const psb_field FIELDS[] = {PSB_NAME, PSB_CPU_TIMES, PSB_MEMORY_INFO, PSB_NUM_HANDLES,
                                       PSB_CPU_PERCENT};
    for (size_t k = 0; k < OF_EVERY_SYSTEM; k++) {
        if (!can_be_made(psb_population_at(k)))
            continue;
        psb_specimen specimen = started(psb_population_at(k)->name);
        psb_value truth;
        for (size_t i = 0; i < sizeof FIELDS / sizeof *FIELDS; i++)
            assert_false(psb_population_at(k)->truth(&specimen, FIELDS[i], &truth));
        psb_population_at(k)->stop(&specimen);
    }
}

/* Returns how many truths there are. */
static int compare_with_port(const psb_population *who, psb_backend *backend)
{
    psb_specimen specimen = started(who->name);
    psb_snapshot *snapshot;
    int truths = 0;
    assert_int_equal(backend->ops->begin(backend, PSB_SPAN_PROCESS, &snapshot), PSB_OK);
    for (psb_field field = 0; field < PSB_FIELDS; field++) {
        psb_value truth, answer;
        if (!who->truth(&specimen, field, &truth))
            continue;
        truths++;
        psb_get(snapshot, specimen.pid, field, &answer);
        if (!psb_value_equal(field, &truth, &answer))
            fail_msg("%s of %s is not the truth: %s", psb_field_of(field)->name, who->name,
                     psb_status_name(answer.status));
    }
    backend->ops->end(snapshot);
    who->stop(&specimen);
    return truths;
}

static void truths_are_what_the_linux_port_answers(void **state)
{
    char why[256];
    if (!psb_native_leaf.port || strcmp(psb_native_leaf.port, "linux") != 0) {
        print_message("this program was built without a way to ask Linux\n");
        skip();
    }
    for (psb_variant variant = PSB_UNCACHED; variant < PSB_VARIANTS; variant++)
        for (size_t k = 0; psb_population_at(k); k++) {
            if (!can_be_made(psb_population_at(k)))
                continue;
            psb_backend *backend =
                psb_open(psb_port_named("linux"), variant, "native", NULL, why, sizeof why);
            if (!backend) {
                fail_msg("%s", why);
                return;
            }
            assert_true(compare_with_port(psb_population_at(k), backend) >= 5);
            backend->ops->close(backend);
        }
}

/* ---- on request ---- */

static psb_backend *linux_backend(void)
{
    char why[256];
    bool here = psb_native_leaf.port && strcmp(psb_native_leaf.port, "linux") == 0;
    psb_backend *backend =
        here ? psb_open(psb_port_named("linux"), PSB_CACHED, "native", NULL, why, sizeof why) : NULL;
    if (!backend)
        skip();
    return backend;
}

/* What a snapshot of it says of the field is what the population knows. */
static void is_told(psb_backend *backend, const psb_population *who, psb_specimen *specimen, psb_field field)
{
    psb_snapshot *snapshot;
    psb_value truth, answer;
    assert_int_equal(backend->ops->begin(backend, PSB_SPAN_PROCESS, &snapshot), PSB_OK);
    psb_get(snapshot, specimen->pid, field, &answer);
    assert_true(who->truth(specimen, field, &truth));
    if (!psb_value_equal(field, &truth, &answer))
        fail_msg("%s of %s is not the truth: %s", psb_field_of(field)->name, who->name,
                 psb_status_name(answer.status));
    backend->ops->end(snapshot);
}

static void a_process_becomes_another_program_on_request(void **state)
{
    psb_backend *backend = linux_backend();
    const psb_population *who = population("executes");
    psb_specimen specimen = started("executes");
    is_told(backend, who, &specimen, PSB_NAME);
    assert_true(who->act(&specimen));
    is_told(backend, who, &specimen, PSB_NAME);
    is_told(backend, who, &specimen, PSB_CMDLINE);
    assert_false(who->act(&specimen));
    who->stop(&specimen);
    assert_false(lives(specimen.pid));
    backend->ops->close(backend);
}

static void a_process_vanishes_on_request(void **state)
{
    psb_backend *backend = linux_backend();
    const psb_population *who = population("vanishes");
    psb_specimen specimen = started("vanishes");
    is_told(backend, who, &specimen, PSB_PPID);
    assert_true(who->act(&specimen));
    assert_false(lives(specimen.pid));
    is_told(backend, who, &specimen, PSB_PPID);
    is_told(backend, who, &specimen, PSB_NAME);
    assert_false(who->act(&specimen));
    who->stop(&specimen);
    backend->ops->close(backend);
}

static psb_value created(psb_backend *backend, psb_pid pid)
{
    psb_snapshot *snapshot;
    psb_value value;
    assert_int_equal(backend->ops->begin(backend, PSB_SPAN_PROCESS, &snapshot), PSB_OK);
    psb_get(snapshot, pid, PSB_CREATE_TIME, &value);
    backend->ops->end(snapshot);
    return value;
}

static void a_pid_is_another_processs_on_request(void **state)
{
    psb_backend *backend = linux_backend();
    const psb_population *who = population("reused");
    psb_specimen specimen = started("reused");
    psb_value before = created(backend, specimen.pid);
    usleep(30000); /* the kernel tells times of start in steps of 10 ms */
    bool acted = who->act(&specimen);
    int error = errno;
    if (acted) {
        psb_value after = created(backend, specimen.pid);
        assert_int_equal(after.status, PSB_OK);
        assert_true(after.u.integer > before.u.integer);
        is_told(backend, who, &specimen, PSB_PPID);
    }
    who->stop(&specimen);
    assert_false(lives(specimen.pid));
    backend->ops->close(backend);
    if (!acted && (error == EPERM || error == ENOSYS)) {
        print_message("this user may not choose pids here\n");
        skip();
    }
    if (!acted)
        fail_msg("the pid was not used again: %s", strerror(error));
}

static void what_has_been_killed_is_told_by_no_signal_to_us(void **state)
{
    psb_specimen specimen = started("executes");
    kill((pid_t)specimen.pid, SIGKILL);
    usleep(20000);
    assert_false(population("executes")->act(&specimen));
    population("executes")->stop(&specimen);
}

/* ---- changing processes ---- */

/* In a group of its own: a signal to it must not reach who runs the test. */
static void a_killed_process_is_not_changed_any_more_and_nobody_else_is(void **state)
{
    static const psb_field FIELDS[] = {PSB_STATUS, PSB_NAME, PSB_CMDLINE, PSB_NUM_FDS};
    int status = 0;
    pid_t tester = fork();
    if (tester == 0) {
        psb_changing process;
        psb_value truth;
        char why[256];
        bool has_truth, right = true;
        setpgid(0, 0);
        if (!psb_changing_start(&process, why, sizeof why))
            _exit(1);
        psb_changing_kill(&process);
        for (size_t i = 0; i < sizeof FIELDS / sizeof *FIELDS; i++)
            right &= psb_changing_do(&process, FIELDS[i], &has_truth, &truth) == PSB_CHANGE_FAILED;
        psb_changing_stop(&process);
        _exit(right ? 0 : 2);
    }
    assert_int_equal(waitpid(tester, &status, WUNTRACED), tester);
    if (WIFSTOPPED(status))
        kill(tester, SIGKILL);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void a_changing_process_that_was_killed_by_others_is_told_by_no_signal_to_us(void **state)
{
    psb_changing process;
    psb_value truth;
    char why[256];
    bool has_truth;
    assert_true(psb_changing_start(&process, why, sizeof why));
    kill((pid_t)process.pid, SIGKILL);
    usleep(20000);
    assert_int_equal(psb_changing_do(&process, PSB_NUM_FDS, &has_truth, &truth), PSB_CHANGE_FAILED);
    psb_changing_stop(&process);
}

static void assert_closes_on_exec(intptr_t fd)
{
    assert_int_equal(fcntl((int)fd, F_GETFD), FD_CLOEXEC);
}

static void what_is_started_meanwhile_holds_no_pipe_of_theirs(void **state)
{
    psb_changing process, storm;
    char why[256];
    assert_true(psb_changing_start(&process, why, sizeof why) && psb_storm_start(&storm));
    assert_closes_on_exec(process.orders);
    assert_closes_on_exec(process.done);
    if (process.master >= 0)
        assert_closes_on_exec(process.master);
    assert_closes_on_exec(storm.orders);
    psb_storm_stop(&storm);
    psb_changing_stop(&process);
}

static void a_storm_ends_though_another_process_holds_its_pipe(void **state)
{
    int status = 0;
    pid_t tester = fork();
    if (tester == 0) {
        psb_changing storm;
        alarm(3);
        if (!psb_storm_start(&storm))
            _exit(1);
        pid_t holder = fork();
        if (holder == 0)
            for (;;)
                pause();
        usleep(20000);
        psb_storm_stop(&storm);
        kill(holder, SIGKILL);
        _exit(0);
    }
    assert_int_equal(waitpid(tester, &status, 0), tester);
    assert_true(WIFEXITED(status));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(populations_are_found_by_their_unique_names),
        cmocka_unit_test(self_is_this_process),
        cmocka_unit_test(a_child_is_another_process_of_ours),
        cmocka_unit_test(a_stopped_child_is_reaped),
        cmocka_unit_test(no_file_stays_open),
        cmocka_unit_test(a_child_that_was_killed_can_be_stopped),
        cmocka_unit_test(a_child_sleeps_on_through_a_signal_that_it_survives),
        cmocka_unit_test(every_process_made_dies_when_its_maker_is_killed),
        cmocka_unit_test(a_stranger_is_another_users_like_its_parent_and_both_end_when_it_is_stopped),
        cmocka_unit_test(of_two_children_either_can_be_stopped_first),
        cmocka_unit_test(a_program_started_meanwhile_does_not_keep_the_child_alive),
        cmocka_unit_test(the_truth_of_a_child_is_that_of_its_parent),
        cmocka_unit_test(what_posix_does_not_tell_has_no_truth),
        cmocka_unit_test(truths_are_what_the_linux_port_answers),
        cmocka_unit_test(a_process_becomes_another_program_on_request),
        cmocka_unit_test(a_process_vanishes_on_request),
        cmocka_unit_test(a_pid_is_another_processs_on_request),
        cmocka_unit_test(what_has_been_killed_is_told_by_no_signal_to_us),
        cmocka_unit_test(a_killed_process_is_not_changed_any_more_and_nobody_else_is),
        cmocka_unit_test(a_changing_process_that_was_killed_by_others_is_told_by_no_signal_to_us),
        cmocka_unit_test(what_is_started_meanwhile_holds_no_pipe_of_theirs),
        cmocka_unit_test(a_storm_ends_though_another_process_holds_its_pipe),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

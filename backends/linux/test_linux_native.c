/* test_linux_native.c: living processes of the kernel that this test runs on, told against its system calls.
 */
#define _GNU_SOURCE
#include "linux_children.h"

#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static int arguments;
static char **argument;

static void just_wait(void *arg)
{
    for (;;)
        meet(0);
}

static int64_t now_ns(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* ---- myself ---- */

static void my_ids_are_those_of_the_system_calls(void **state)
{
    native *n = native_of(state);
    uid_t uid[3];
    gid_t gid[3];
    assert_int_equal(getresuid(&uid[0], &uid[1], &uid[2]), 0);
    assert_int_equal(getresgid(&gid[0], &gid[1], &gid[2]), 0);
    assert_integer(native_get(n, getpid(), PSB_PPID), getppid());
    psb_value uids = native_get(n, getpid(), PSB_UIDS);
    for (unsigned i = 0; i < 3; i++)
        assert_part(uids, i, uid[i]);
    psb_value gids = native_get(n, getpid(), PSB_GIDS);
    for (unsigned i = 0; i < 3; i++)
        assert_part(gids, i, gid[i]);
    const struct passwd *account = getpwuid(uid[0]);
    if (account)
        assert_string(native_get(n, getpid(), PSB_USERNAME), account->pw_name);
    assert_integer(native_get(n, getpid(), PSB_NICE), getpriority(PRIO_PROCESS, 0));
    assert_true(native_lists(n, getpid()));
}

static void my_name_and_paths_are_those_of_the_system_calls(void **state)
{
    native *n = native_of(state);
    char name[16], path[4096];
    assert_int_equal(prctl(PR_GET_NAME, name), 0);
    assert_string(native_get(n, getpid(), PSB_NAME), name);
    assert_non_null(getcwd(path, sizeof path));
    assert_string(native_get(n, getpid(), PSB_CWD), path);
    ssize_t len = readlink("/proc/self/exe", path, sizeof path);
    assert_true(len > 0);
    assert_text(native_get(n, getpid(), PSB_EXE), path, (size_t)len);
    psb_value cmdline = native_get(n, getpid(), PSB_CMDLINE);
    const char *at = cmdline.u.text.bytes;
    assert_int_equal(cmdline.count, arguments);
    for (int i = 0; i < arguments; i++, at += strlen(at) + 1)
        assert_string_equal(at, argument[i]);
}

static void my_times_are_those_of_the_system_calls(void **state)
{
    static const int64_t TICK = 10000000; /* 1/100 s, the coarsest that Linux counts in */
    native *n = native_of(state);
    int64_t before = now_ns(CLOCK_PROCESS_CPUTIME_ID);
    psb_value times = native_get(n, getpid(), PSB_CPU_TIMES);
    int64_t after = now_ns(CLOCK_PROCESS_CPUTIME_ID);
    int64_t used = (int64_t)(times.u.part[PSB_CPU_TIMES_USER] + times.u.part[PSB_CPU_TIMES_SYSTEM]);
    assert_in_range(used + 3 * TICK, before, after + 4 * TICK);
    psb_value state_ = native_get(n, getpid(), PSB_STATUS);
    assert_integer(state_, PSB_STATE_RUNNING);
    psb_value cpu = native_get(n, getpid(), PSB_CPU_NUM);
    assert_in_range(cpu.u.integer, 0, sysconf(_SC_NPROCESSORS_CONF) - 1);
    psb_value start = native_get(n, getpid(), PSB_CREATE_TIME);
    assert_status(start, PSB_OK);
    assert_true(start.u.integer < now_ns(CLOCK_REALTIME) + 2000000000);
    psb_value percent = native_get(n, getpid(), PSB_CPU_PERCENT);
    assert_true(percent.status == PSB_UNKNOWN || percent.u.real >= 0);
}

static void my_counters_are_those_of_getrusage(void **state)
{
    native *n = native_of(state);
    struct rusage before, after;
    struct timespec nap = {0, 1000000};
    assert_int_equal(nanosleep(&nap, NULL), 0);
    getrusage(RUSAGE_SELF, &before);
    psb_value faults = native_get(n, getpid(), PSB_PAGE_FAULTS);
    uint64_t minor = faults.u.part[PSB_PAGE_FAULTS_MINOR], major = faults.u.part[PSB_PAGE_FAULTS_MAJOR];
    psb_value switches = native_get(n, getpid(), PSB_NUM_CTX_SWITCHES);
    uint64_t voluntary = switches.u.part[PSB_NUM_CTX_SWITCHES_VOLUNTARY];
    uint64_t involuntary = switches.u.part[PSB_NUM_CTX_SWITCHES_INVOLUNTARY];
    getrusage(RUSAGE_SELF, &after);
    assert_in_range(minor, before.ru_minflt, after.ru_minflt);
    assert_in_range(major, before.ru_majflt, after.ru_majflt);
    assert_in_range(voluntary, before.ru_nvcsw, after.ru_nvcsw);
    assert_in_range(involuntary, before.ru_nivcsw, after.ru_nivcsw);
    assert_true(voluntary > 0);
}

static void a_fresh_child_started_just_now_and_after_its_parent(void **state)
{
    native *n = native_of(state);
    int64_t now = now_ns(CLOCK_REALTIME);
    child *c = child_start(just_wait, NULL);
    psb_value start = native_get(n, c->pid, PSB_CREATE_TIME);
    assert_status(start, PSB_OK);
    int64_t born = start.u.integer; /* the boot is known to a second only */
    assert_true(born > now - 2000000000 && born < now + 2000000000);
    assert_true(native_get(n, getpid(), PSB_CREATE_TIME).u.integer <= born);
    assert_integer(native_get(n, c->pid, PSB_PARENT), getpid());
}

/* ---- names ---- */

static void call_itself(void *names)
{
    for (const char *const *name = names; *name; name++) {
        prctl(PR_SET_NAME, *name);
        meet(0);
    }
}

static void a_hostile_name_is_told_and_changes_nothing_else(void **state)
{
    static const char *const NAMES[] = {"plain",
                                        "Uid:\t7\t8\t9",
                                        "Threads:\t77",
                                        "a) R 1 2 3",
                                        ") S 1 (",
                                        "new\nline",
                                        "x\nUid:\t7\t8",
                                        "tab\there",
                                        "\xff\xfe\x80 \xc3(",
                                        " ",
                                        "back\\slash",
                                        "15 bytes long..",
                                        "",
                                        NULL};
    native *n = native_of(state);
    child *c = child_start(call_itself, (void *)(uintptr_t)NAMES);
    for (int i = 0; NAMES[i]; i++) {
        child_stop(c);
        psb_value uids = native_get(n, c->pid, PSB_UIDS);
        assert_part(uids, PSB_UIDS_REAL, getuid());
        assert_part(uids, PSB_UIDS_EFFECTIVE, geteuid());
        assert_integer(native_get(n, c->pid, PSB_NUM_THREADS), 1);
        assert_integer(native_get(n, c->pid, PSB_PPID), getpid());
        assert_integer(native_get(n, c->pid, PSB_STATUS), PSB_STATE_STOPPED);
        psb_value threads = native_get(n, c->pid, PSB_THREADS);
        assert_int_equal(threads.count, 1);
        assert_int_equal(threads.u.thread[0].id, c->pid);
        assert_true(threads.u.thread[0].user_ns + threads.u.thread[0].system_ns < UINT64_C(10000000000));
        assert_string(native_get(n, c->pid, PSB_NAME), NAMES[i]);
        child_resume(c);
        child_go(c);
    }
}

static void a_name_is_cut_to_15_bytes(void **state)
{
    static const char *const NAMES[] = {"a-name-longer-than-15-bytes", NULL};
    native *n = native_of(state);
    child *c = child_start(call_itself, (void *)(uintptr_t)NAMES);
    assert_string(native_get(n, c->pid, PSB_NAME), "a-name-longer-t");
}

/* ---- arguments ---- */

static char SHELL[] = "/bin/sh", DASH_C[] = "-c", READ[] = "read x";

static void empty_and_odd_arguments_are_kept(void **state)
{
    static char empty[] = "", blanks[] = "a  b ", odd[] = "\xff\n\t) R 1";
    native *n = native_of(state);
    child *c = child_exec(SHELL, (char *[]){SHELL, DASH_C, READ, empty, blanks, empty, odd, empty, NULL});
    assert_list(native_get(n, c->pid, PSB_CMDLINE), 8,
                LITERAL("/bin/sh\0-c\0read x\0\0a  b \0\0\xff\n\t) R 1\0\0"));
}

static void arguments_of_200_kilobytes_are_told_whole(void **state)
{
    enum { EACH = 50 << 10 };
    native *n = native_of(state);
    char *argument_ = malloc(EACH);
    memset(argument_, 'x', EACH - 1);
    argument_[EACH - 1] = '\0';
    child *c =
        child_exec(SHELL, (char *[]){SHELL, DASH_C, READ, argument_, argument_, argument_, argument_, NULL});
    psb_value cmdline = native_get(n, c->pid, PSB_CMDLINE);
    free(argument_);
    assert_status(cmdline, PSB_OK);
    assert_int_equal(cmdline.count, 7);
    assert_int_equal(cmdline.u.text.len, sizeof "/bin/sh" + sizeof "-c" + sizeof "read x" + 4 * EACH);
    assert_int_equal(strlen(cmdline.u.text.bytes + 18), EACH - 1);
}

/* Since Linux 5.18 a program without arguments is given an empty one. */
static void a_program_without_arguments_has_an_empty_one_or_none(void **state)
{
    static char empty[] = "";
    native *n = native_of(state);
    child *c = child_exec(SHELL, (char *[]){empty, NULL});
    assert_list(native_get(n, c->pid, PSB_CMDLINE), 1, LITERAL("\0"));
    c = child_exec(SHELL, (char *[]){NULL});
    psb_value cmdline = native_get(n, c->pid, PSB_CMDLINE);
    assert_status(cmdline, PSB_OK);
    assert_true(cmdline.count <= 1 && cmdline.u.text.len == cmdline.count);
}

/* What setproctitle does: writes over its arguments, to their end and beyond. */
static void write_title(void *title)
{
    char *start = argument[0], *end = argument[arguments - 1] + strlen(argument[arguments - 1]) + 1;
    memset(start, 'x', (size_t)(end - start));
    memcpy(start, title, strlen(title));
    *end = '\0'; /* where the environment begins */
    meet(0);
}

static void a_title_written_over_the_arguments_is_split(void **state)
{
    native *n = native_of(state);
    child *c = child_start(write_title, (void *)(uintptr_t) "a b ");
    psb_value cmdline = native_get(n, c->pid, PSB_CMDLINE);
    assert_status(cmdline, PSB_OK);
    assert_int_equal(cmdline.count, 3);
    assert_memory_equal(cmdline.u.text.bytes, "a\0b\0xxx", 7);
}

/* ---- files ---- */

static void copy_shell(const char *to)
{
    char buf[8192];
    int in = open(SHELL, O_RDONLY | O_CLOEXEC), out = open(to, O_WRONLY | O_CREAT | O_CLOEXEC, 0700);
    ssize_t got;
    assert_true(in >= 0 && out >= 0);
    while ((got = read(in, buf, sizeof buf)) > 0)
        assert_int_equal(write(out, buf, (size_t)got), got);
    close(in);
    close(out);
}

static void a_deleted_program_keeps_its_path(void **state)
{
    native *n = native_of(state);
    char path[256];
    assert_non_null(realpath(n->dir, path));
    memcpy(path + strlen(path), "/a program", 11);
    copy_shell(path);
    child *c = child_exec(path, (char *[]){SHELL, NULL});
    assert_string(native_get(n, c->pid, PSB_EXE), path);
    assert_int_equal(unlink(path), 0);
    assert_string(native_get(n, c->pid, PSB_EXE), path);
}

static void a_program_really_named_deleted_keeps_its_name(void **state)
{
    native *n = native_of(state);
    char path[256];
    assert_non_null(realpath(n->dir, path));
    memcpy(path + strlen(path), "/x (deleted)", 13);
    copy_shell(path);
    child *c = child_exec(path, (char *[]){SHELL, NULL});
    assert_string(native_get(n, c->pid, PSB_EXE), path);
    assert_int_equal(unlink(path), 0); /* and then it is deleted, too */
    assert_string(native_get(n, c->pid, PSB_EXE), path);
}

/* The kernel tells the same of both: nobody can know. */
static void a_deleted_program_beside_one_really_named_deleted_is_taken_for_it(void **state)
{
    native *n = native_of(state);
    char path[256], other[300];
    assert_non_null(realpath(n->dir, path));
    memcpy(path + strlen(path), "/x", 3);
    snprintf(other, sizeof other, "%s (deleted)", path);
    copy_shell(path);
    copy_shell(other);
    child *c = child_exec(path, (char *[]){SHELL, NULL});
    assert_string(native_get(n, c->pid, PSB_EXE), path);
    assert_int_equal(unlink(path), 0);
    assert_string(native_get(n, c->pid, PSB_EXE), other);
}

static void go_to(void *path)
{
    if (chdir(path) == 0)
        just_wait(NULL);
}

static void a_deleted_directory_keeps_its_path(void **state)
{
    native *n = native_of(state);
    char path[256];
    assert_non_null(realpath(n->dir, path));
    memcpy(path + strlen(path), "/here", 6);
    assert_int_equal(mkdir(path, 0700), 0);
    child *c = child_start(go_to, path);
    assert_string(native_get(n, c->pid, PSB_CWD), path);
    assert_int_equal(rmdir(path), 0);
    assert_string(native_get(n, c->pid, PSB_CWD), path);
}

/* ---- terminals ---- */

static void take_terminal(void *path)
{
    setsid();
    int fd = open(path, O_RDWR | O_CLOEXEC | O_NOCTTY);
    meet(fd >= 0 && ioctl(fd, TIOCSCTTY, 0) == 0);
}

static void a_terminal_opened_after_the_backend_is_named(void **state)
{
    native *n = native_of(state);
    int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    char path[64];
    if (master < 0 || grantpt(master) != 0 || unlockpt(master) != 0 ||
        ptsname_r(master, path, sizeof path) != 0)
        SKIP("no pseudo terminal to be had");
    child *c = child_start(take_terminal, path);
    psb_value terminal = native_get(n, c->pid, PSB_TERMINAL);
    bool taken = c->said;
    child_end(c);
    close(master);
    assert_true(taken);
    assert_string(terminal, path);
}

static void leave_terminal(void *arg)
{
    setsid();
    just_wait(arg);
}

static void a_daemon_has_no_terminal(void **state)
{
    native *n = native_of(state);
    child *c = child_start(leave_terminal, NULL);
    assert_status(native_get(n, c->pid, PSB_TERMINAL), PSB_ABSENT);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        NATIVE_TEST(my_ids_are_those_of_the_system_calls),
        NATIVE_TEST(my_name_and_paths_are_those_of_the_system_calls),
        NATIVE_TEST(my_times_are_those_of_the_system_calls),
        NATIVE_TEST(my_counters_are_those_of_getrusage),
        NATIVE_TEST(a_fresh_child_started_just_now_and_after_its_parent),
        NATIVE_TEST(a_hostile_name_is_told_and_changes_nothing_else),
        NATIVE_TEST(a_name_is_cut_to_15_bytes),
        NATIVE_TEST(empty_and_odd_arguments_are_kept),
        NATIVE_TEST(arguments_of_200_kilobytes_are_told_whole),
        NATIVE_TEST(a_program_without_arguments_has_an_empty_one_or_none),
        NATIVE_TEST(a_title_written_over_the_arguments_is_split),
        NATIVE_TEST(a_deleted_program_keeps_its_path),
        NATIVE_TEST(a_program_really_named_deleted_keeps_its_name),
        NATIVE_TEST(a_deleted_program_beside_one_really_named_deleted_is_taken_for_it),
        NATIVE_TEST(a_deleted_directory_keeps_its_path),
        NATIVE_TEST(a_terminal_opened_after_the_backend_is_named),
        NATIVE_TEST(a_daemon_has_no_terminal),
    };
    arguments = argc;
    argument = argv;
    return cmocka_run_group_tests_name("linux: living processes", tests, NULL, NULL);
}

/*
 * test_sunos_native.c: the native leaf over a directory that looks like /proc, made of what the simulated
 * kernel says: paths, reads, links, lists and errors, but not the kernel. In the current directory, made anew
 * by every test.
 */
#define _GNU_SOURCE
#include "sunos_abi.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

extern const psb_native psb_sunos_native;

enum { PID = 42 };

static psb_kernel *kernel;
static char buf[64 << 10];

static psb_reply ask(psb_op op, psb_pid pid, size_t cap, psb_status expected)
{
    psb_call call = {.op = op, .pid = pid};
    psb_reply reply = {.buf = buf, .cap = cap};
    assert_string_equal(psb_status_name(psb_kernel_call(kernel, &call, &reply)), psb_status_name(expected));
    return reply;
}

static void make_file(const char *name, size_t at, const void *bytes, size_t len)
{
    char path[128];
    snprintf(path, sizeof path, "sunos_proc/%s", name);
    int fd = open(path, O_WRONLY | O_CREAT, 0600);
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, bytes, len, (off_t)at), len);
    close(fd);
}

static void make_directory(const char *name)
{
    char path[128];
    snprintf(path, sizeof path, "sunos_proc/%s", name);
    assert_int_equal(mkdir(path, 0700), 0);
}

static int a_proc(void **state)
{
    assert_int_equal(system("rm -rf sunos_proc"), 0);
    make_directory("");
    make_directory("42");
    kernel = psb_sunos_native.open();
    return kernel ? 0 : -1;
}

static int no_proc(void **state)
{
    psb_kernel_close(kernel);
    return system("rm -rf sunos_proc");
}

static void each_file_is_read_as_it_is(void **state)
{
    static const struct {
        psb_op op;
        const char *name;
        size_t len;
    } FILES[] = {
        {PSB_OP_SUNOS_PSINFO, "42/psinfo", 416},    {PSB_OP_SUNOS_CRED, "42/cred", 36},
        {PSB_OP_SUNOS_STATUS, "42/status", 1680},   {PSB_OP_SUNOS_USAGE, "42/usage", 504},
        {PSB_OP_SUNOS_LSTATUS, "42/lstatus", 5000}, {PSB_OP_SUNOS_LPSINFO, "42/lpsinfo", 272},
    };
    char bytes[5000];
    for (size_t i = 0; i < sizeof FILES / sizeof *FILES; i++) {
        memset(bytes, (int)i + 1, sizeof bytes);
        make_file(FILES[i].name, 0, bytes, FILES[i].len);
        psb_reply reply = ask(FILES[i].op, PID, sizeof buf, PSB_OK);
        assert_int_equal(reply.len, FILES[i].len);
        assert_int_equal(reply.entries, 3);
        assert_memory_equal(buf, bytes, reply.len);
        ask(FILES[i].op, PID, FILES[i].len, PSB_TOOSMALL);
        ask(FILES[i].op, PID, FILES[i].len + 1, PSB_OK);
    }
}

static void what_a_zombie_lacks_is_absent_and_what_nobody_has_is_gone(void **state)
{
    for (psb_op op = PSB_OP_SUNOS_PSINFO; op <= PSB_OP_SUNOS_FD; op++) {
        assert_int_equal(ask(op, PID, sizeof buf, PSB_ABSENT).os_error, ENOENT);
        assert_int_equal(ask(op, 43, sizeof buf, PSB_GONE).os_error, ENOENT);
    }
}

static void what_is_refused_is_denied(void **state)
{
    if (geteuid() == 0)
        skip();
    make_file("42/cred", 0, "x", 1);
    assert_int_equal(chmod("sunos_proc/42/cred", 0), 0);
    assert_int_equal(ask(PSB_OP_SUNOS_CRED, PID, sizeof buf, PSB_DENIED).os_error, EACCES);
}

static void links_are_those_of_path(void **state)
{
    make_directory("42/path");
    assert_int_equal(symlink("/usr/bin/a b", "sunos_proc/42/path/a.out"), 0);
    assert_int_equal(symlink("/home/x", "sunos_proc/42/path/cwd"), 0);
    psb_reply reply = ask(PSB_OP_SUNOS_EXE, PID, sizeof buf, PSB_OK);
    assert_int_equal(reply.len, 12);
    assert_memory_equal(buf, "/usr/bin/a b", 12);
    assert_int_equal(reply.entries, 1);
    assert_int_equal(ask(PSB_OP_SUNOS_CWD, PID, sizeof buf, PSB_OK).len, 7);
    ask(PSB_OP_SUNOS_CWD, PID, 7, PSB_TOOSMALL);
    assert_int_equal(symlink("/dev/pts/0", "sunos_proc/42/path/0"), 0);
    assert_int_equal(ask(PSB_OP_SUNOS_FD_PATH, PID, sizeof buf, PSB_OK).len, 10);
}

static void names_that_are_no_numbers_are_no_processes(void **state)
{
    int64_t pids[3];
    make_directory("self");
    make_directory("7x");
    make_directory("0");
    make_directory("2147483647");
    psb_reply reply = ask(PSB_OP_SUNOS_PIDS, 0, sizeof buf, PSB_OK);
    assert_int_equal(reply.len, sizeof pids);
    memcpy(pids, buf, sizeof pids);
    assert_true(pids[0] + pids[1] + pids[2] == INT64_C(2147483647) + 42);
    ask(PSB_OP_SUNOS_PIDS, 0, 16, PSB_TOOSMALL);
}

static void descriptors_are_counted(void **state)
{
    uint64_t count;
    make_directory("42/fd");
    for (int i = 0; i < 3; i++) {
        ask(PSB_OP_SUNOS_FD, PID, sizeof buf, PSB_OK);
        memcpy(&count, buf, sizeof count);
        assert_int_equal(count, i);
        make_file(i == 0 ? "42/fd/0" : i == 1 ? "42/fd/13" : "42/fd/255", 0, "", 0);
    }
}

/* ---- arguments ---- */

/* A process of this data model whose vector stands at this address; one argument is longer than a read. */
static void make_memory(uint8_t model, uint64_t vector, char *expected, size_t *len)
{
    struct psb_sunos_psinfo psinfo = {.pr_pid = PID, .pr_argc = 3, .pr_argv = vector, .pr_dmodel = model};
    uint64_t strings = vector + 64;
    char text[1000];
    memset(text, 'x', sizeof text);
    memcpy(text, "a b\0", 5); /* "a b", "", 994 x */
    text[sizeof text - 1] = '\0';
    for (uint64_t n = 0; n < 3; n++) {
        uint64_t wide = strings + (n == 0 ? 0 : n + 3);
        uint32_t narrow = (uint32_t)wide;
        if (model == 2)
            make_file("42/as", vector + n * 8, &wide, 8);
        else
            make_file("42/as", vector + n * 4, &narrow, 4);
    }
    make_file("42/as", strings, text, sizeof text);
    make_file("42/psinfo", 0, &psinfo, sizeof psinfo);
    memcpy(expected, text, sizeof text);
    *len = sizeof text;
}

static void arguments_are_read_from_memory_in_both_data_models(void **state)
{
    static const struct {
        uint8_t model;
        uint64_t vector;
    } MODELS[] = {{1, 0x8047000}, {2, UINT64_C(0x123456789f8)}};
    for (size_t i = 0; i < 2; i++) {
        char expected[1000];
        size_t len;
        assert_int_equal(system("rm -f sunos_proc/42/as"), 0);
        make_memory(MODELS[i].model, MODELS[i].vector, expected, &len);
        assert_int_equal(ask(PSB_OP_SUNOS_ARGV, PID, sizeof buf, PSB_OK).len, len);
        assert_memory_equal(buf, expected, len);
        ask(PSB_OP_SUNOS_ARGV, PID, len, PSB_TOOSMALL);
        ask(PSB_OP_SUNOS_ARGV, PID, 416, PSB_TOOSMALL);
    }
}

static void arguments_that_are_not_mapped_are_unknown(void **state)
{
    struct psb_sunos_psinfo psinfo = {.pr_pid = PID, .pr_argc = 1, .pr_argv = 4096, .pr_dmodel = 2};
    make_file("42/psinfo", 0, &psinfo, sizeof psinfo);
    make_file("42/as", 0, "x", 1);
    ask(PSB_OP_SUNOS_ARGV, PID, sizeof buf, PSB_UNKNOWN);
    psinfo.pr_argc = 0;
    make_file("42/psinfo", 0, &psinfo, sizeof psinfo);
    assert_int_equal(ask(PSB_OP_SUNOS_ARGV, PID, sizeof buf, PSB_OK).len, 0);
}

static void the_machine_is_told(void **state)
{
    struct psb_sunos_sysconf sysconf_;
    assert_int_equal(ask(PSB_OP_SUNOS_SYSCONF, 0, sizeof buf, PSB_OK).len, sizeof sysconf_);
    memcpy(&sysconf_, buf, sizeof sysconf_);
    assert_int_equal(sysconf_.page_bytes, sysconf(_SC_PAGESIZE));
    make_file("name_to_major", 0, "pts 24\n", 7);
    assert_int_equal(ask(PSB_OP_SUNOS_MAJORS, 0, sizeof buf, PSB_OK).len, 7);
    assert_int_equal(ask(PSB_OP_CLOCK, 0, sizeof buf, PSB_OK).len, 8);
    assert_int_equal(ask(PSB_OP_USER_NAME, 0, sizeof buf, PSB_OK).len, 4);
    assert_memory_equal(buf, "root", 4);
    ask(PSB_OP_USER_NAME, 3999999999, sizeof buf, PSB_ABSENT);
    ask(PSB_OP_LINUX_STAT, PID, sizeof buf, PSB_OSERROR);
}

static void bare_calls_do_what_the_leaf_does(void **state)
{
    psb_call call = {.op = PSB_OP_SUNOS_PSINFO, .pid = PID};
    psb_bare bare;
    make_file("42/psinfo", 0, buf, 416);
    assert_true(psb_sunos_native.bare(&call, &bare));
    bare.run(&bare);
    assert_int_equal(bare.result, 416);
    call.op = PSB_OP_SUNOS_ARGV;
    assert_false(psb_sunos_native.bare(&call, &bare));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, a_proc, no_proc)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(each_file_is_read_as_it_is),
        TEST(what_a_zombie_lacks_is_absent_and_what_nobody_has_is_gone),
        TEST(what_is_refused_is_denied),
        TEST(links_are_those_of_path),
        TEST(names_that_are_no_numbers_are_no_processes),
        TEST(descriptors_are_counted),
        TEST(arguments_are_read_from_memory_in_both_data_models),
        TEST(arguments_that_are_not_mapped_are_unknown),
        TEST(the_machine_is_told),
        TEST(bare_calls_do_what_the_leaf_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

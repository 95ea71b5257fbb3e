/* test_linux_numbers.c: numbers of living processes, moved by known amounts. */
#define _GNU_SOURCE
#include "linux_children.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

static void renice(void *nice)
{
    meet(setpriority(PRIO_PROCESS, 0, *(int *)nice));
}

static void a_niceness_is_told_minus_one_too(void **state)
{
    static const int NICES[] = {7, 19, -1, -20, 0};
    native *n = native_of(state);
    for (int i = 0; i < 5; i++) {
        int nice = NICES[i];
        child *c = child_start(renice, &nice);
        if (c->said == 0)
            assert_integer(native_get(n, c->pid, PSB_NICE), nice);
        else
            assert_true(nice <= 0 && geteuid() != 0);
        child_end(c);
    }
}

static void open_files(void *arg)
{
    int fd[2] = {0, 0};
    meet(0);
    fd[0] = open("/dev/null", O_RDONLY | O_CLOEXEC);
    meet(0);
    fd[1] = dup(fd[0]);
    meet(0);
    close(fd[0]);
    close(fd[1]);
    meet(0);
}

static void an_open_file_is_one_descriptor_more(void **state)
{
    native *n = native_of(state);
    child *c = child_start(open_files, NULL);
    int64_t before = native_get(n, c->pid, PSB_NUM_FDS).u.integer;
    for (int i = 1; i <= 3; i++) {
        child_go(c);
        assert_integer(native_get(n, c->pid, PSB_NUM_FDS), before + (i == 3 ? 0 : i));
    }
    int64_t own = native_get(n, getpid(), PSB_NUM_FDS).u.integer;
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    int64_t more = native_get(n, getpid(), PSB_NUM_FDS).u.integer;
    close(fd);
    assert_int_equal(more, own + 1);
}

static uint64_t line_of(pid_t pid, const char *file, const char *key)
{
    char path[64], line[256];
    unsigned long long number = 0;
    size_t len = strlen(key);
    snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, file);
    FILE *in = fopen(path, "r");
    while (in && fgets(line, sizeof line, in))
        if (strncmp(line, key, len) == 0 && line[len] == ':')
            number = strtoull(line + len + 1, NULL, 10);
    if (in)
        fclose(in);
    return number;
}

enum { MEGABYTES = 32 << 20 };

static void allocate(void *arg)
{
    meet(0);
    char *memory = mmap(NULL, MEGABYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    memset(memory, 1, MEGABYTES);
    meet(0);
    munmap(memory, MEGABYTES);
    meet(0);
}

static void memory_is_that_of_status_and_grows_with_use(void **state)
{
    native *n = native_of(state);
    child *c = child_start(allocate, NULL);
    uint64_t rss[3], vms[3], uss[3];
    double percent[3];
    for (int i = 0; i < 3; i++) {
        psb_value memory;
        child_stop(c);
        memory = native_get(n, c->pid, PSB_MEMORY_INFO);
        rss[i] = memory.u.part[PSB_MEMORY_INFO_RSS];
        vms[i] = memory.u.part[PSB_MEMORY_INFO_VMS];
        assert_part(memory, PSB_MEMORY_INFO_RSS, line_of(c->pid, "status", "VmRSS") * 1024);
        assert_part(memory, PSB_MEMORY_INFO_VMS, line_of(c->pid, "status", "VmSize") * 1024);
        assert_part(memory, PSB_MEMORY_INFO_SHARED,
                    (line_of(c->pid, "status", "RssFile") + line_of(c->pid, "status", "RssShmem")) * 1024);
        percent[i] = native_get(n, c->pid, PSB_MEMORY_PERCENT).u.real;
        uss[i] = native_get(n, c->pid, PSB_MEMORY_FULL_INFO).u.part[PSB_MEMORY_FULL_INFO_USS];
        child_resume(c);
        child_go(c);
    }
    /* A kernel may count some pages of a process late, up to 64 on each CPU. */
    assert_in_range(rss[1] - rss[0], MEGABYTES - (4 << 20), MEGABYTES + (4 << 20));
    assert_in_range(uss[1] - uss[0], MEGABYTES - (1 << 20), MEGABYTES + (4 << 20));
    assert_int_equal(vms[1] - vms[0], MEGABYTES);
    assert_true(vms[2] < vms[1] && rss[2] < rss[1] && uss[2] < uss[1]);
    assert_true(percent[1] > percent[0] && percent[1] > percent[2] && percent[1] <= 100);
}

/* It stops itself, for a pipe would be counted. */
static void read_and_write(void *arg)
{
    char buf[1000];
    int in = open("/dev/zero", O_RDONLY | O_CLOEXEC), out = open("/dev/null", O_WRONLY | O_CLOEXEC);
    meet(0);
    raise(SIGSTOP);
    for (int i = 0; i < 7; i++)
        if (read(in, buf, sizeof buf) < 0)
            _exit(1);
    for (int i = 0; i < 5; i++)
        if (write(out, buf, 300) < 0)
            _exit(1);
    raise(SIGSTOP);
}

static void reads_and_writes_are_counted_exactly(void **state)
{
    static const char *const KEYS[PSB_IO_COUNTERS_PARTS] = {
        [PSB_IO_COUNTERS_READ_COUNT] = "syscr",      [PSB_IO_COUNTERS_WRITE_COUNT] = "syscw",
        [PSB_IO_COUNTERS_READ_BYTES] = "read_bytes", [PSB_IO_COUNTERS_WRITE_BYTES] = "write_bytes",
        [PSB_IO_COUNTERS_READ_CHARS] = "rchar",      [PSB_IO_COUNTERS_WRITE_CHARS] = "wchar"};
    native *n = native_of(state);
    uint64_t counter[2][PSB_IO_COUNTERS_PARTS];
    child *c = child_start(read_and_write, NULL);
    child_go_to_stop(c);
    for (int i = 0; i < 2; i++) {
        psb_value io = native_get(n, c->pid, PSB_IO_COUNTERS);
        if (io.status == PSB_ABSENT)
            SKIP("this kernel does not count I/O");
        for (unsigned part = 0; part < PSB_IO_COUNTERS_PARTS; part++) {
            assert_part(io, part, line_of(c->pid, "io", KEYS[part]));
            counter[i][part] = io.u.part[part];
        }
        if (i == 0)
            child_resume_to_stop(c);
    }
    assert_int_equal(counter[1][PSB_IO_COUNTERS_READ_COUNT] - counter[0][PSB_IO_COUNTERS_READ_COUNT], 7);
    assert_int_equal(counter[1][PSB_IO_COUNTERS_WRITE_COUNT] - counter[0][PSB_IO_COUNTERS_WRITE_COUNT], 5);
    assert_int_equal(counter[1][PSB_IO_COUNTERS_READ_CHARS] - counter[0][PSB_IO_COUNTERS_READ_CHARS], 7000);
    assert_int_equal(counter[1][PSB_IO_COUNTERS_WRITE_CHARS] - counter[0][PSB_IO_COUNTERS_WRITE_CHARS], 1500);
}

static void take_naps(void *arg)
{
    struct timespec nap = {0, 100000};
    meet(0);
    for (int i = 0; i < 20; i++)
        nanosleep(&nap, NULL);
    meet(0);
}

static void each_nap_gives_up_the_cpu(void **state)
{
    native *n = native_of(state);
    child *c = child_start(take_naps, NULL);
    uint64_t switches[2];
    for (int i = 0; i < 2; i++) {
        child_stop(c);
        switches[i] = native_get(n, c->pid, PSB_NUM_CTX_SWITCHES).u.part[PSB_NUM_CTX_SWITCHES_VOLUNTARY];
        child_resume(c);
        child_go(c);
    }
    assert_in_range(switches[1] - switches[0], 20, 80);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        NATIVE_TEST(a_niceness_is_told_minus_one_too),
        NATIVE_TEST(an_open_file_is_one_descriptor_more),
        NATIVE_TEST(memory_is_that_of_status_and_grows_with_use),
        NATIVE_TEST(reads_and_writes_are_counted_exactly),
        NATIVE_TEST(each_nap_gives_up_the_cpu),
    };
    return cmocka_run_group_tests_name("linux: numbers of living processes", tests, NULL, NULL);
}

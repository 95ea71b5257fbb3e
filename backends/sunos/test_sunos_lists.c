/* test_sunos_lists.c: the SunOS port's arguments and threads. */
#include "sunos_fixture.h"

#include <string.h>

/* ---- arguments ---- */

static void tell_arguments(const char *psargs, int32_t argc)
{
    memset(psinfo.pr_psargs, 0, sizeof psinfo.pr_psargs);
    memcpy(psinfo.pr_psargs, psargs, strlen(psargs));
    psinfo.pr_argc = argc;
    REFUSE(ARGV, PSB_DENIED);
}

static void arguments_are_told_as_they_are(void **state)
{
    static const char ARGUMENTS[] = "a b\0\0c ";
    TELL(ARGV, ARGUMENTS);
    is_list(ARGUMENTS, sizeof ARGUMENTS, 3);
    answers[PSB_OP_SUNOS_ARGV].len--; /* the last NUL is missing */
    is_list(ARGUMENTS, sizeof ARGUMENTS, 3);
    answers[PSB_OP_SUNOS_ARGV].len = 0;
    is_list("", 0, 0);
}

static void what_everybody_may_see_of_arguments_is_told_if_it_is_all_of_them(void **state)
{
    tell_arguments("ls -l /tmp", 3);
    is_list("ls\0-l\0/tmp", 11, 3);
    tell_arguments("a  b ", 4);
    is_list("a\0\0b\0", 6, 4);
    tell_arguments("", 0);
    is_list("", 0, 0);
}

static void arguments_with_blanks_in_them_are_refused_and_not_split(void **state)
{
    tell_arguments("sh -c echo hello", 3);
    is_status(PSB_CMDLINE, PSB_DENIED);
    tell_arguments("a b", -1);
    is_status(PSB_CMDLINE, PSB_DENIED);
}

static void arguments_that_were_cut_are_refused_and_not_told_short(void **state)
{
    char psargs[PSB_SUNOS_PSARGS] = {0};
    memset(psargs, 'x', sizeof psargs - 2);
    tell_arguments(psargs, 1);
    is_list(psargs, sizeof psargs - 1, 1);
    psargs[sizeof psargs - 2] = 'x';
    tell_arguments(psargs, 1);
    is_status(PSB_CMDLINE, PSB_DENIED);
}

static void a_system_process_has_a_name_and_no_arguments(void **state)
{
    tell_arguments("pageout", 0);
    is_list("", 0, 0);
}

/* ---- threads ---- */

static char lwps[8192];

/* Two entries of a size of the kernel's choosing. */
static void tell_entries(psb_op op, int64_t count, int64_t size, const void *first, const void *second,
                         size_t len)
{
    struct psb_sunos_header header = {count, size};
    memset(lwps, 0, sizeof lwps);
    memcpy(lwps, &header, sizeof header);
    memcpy(lwps + sizeof header, first, len);
    memcpy(lwps + sizeof header + size, second, len);
    answers[op] = (struct answer){lwps, sizeof header + (size_t)(2 * size), PSB_OK};
}

static void threads_are_numbered_from_1_and_have_times_of_their_own(void **state)
{
    struct psb_sunos_lwpstatus first = {.pr_lwpid = 1, .pr_utime = {1, 1}, .pr_stime = {2, 2}};
    struct psb_sunos_lwpstatus second = {.pr_lwpid = 9, .pr_utime = {3, 3}, .pr_stime = {4, 4}};
    for (int64_t size = sizeof first; size < 2000; size += 784) {
        tell_entries(PSB_OP_SUNOS_LSTATUS, 2, size, &first, &second, sizeof first);
        psb_value value = get(PSB_THREADS);
        assert_int_equal(value.status, PSB_OK);
        assert_int_equal(value.count, 2);
        assert_int_equal(value.u.thread[0].id, 1);
        assert_int_equal(value.u.thread[0].user_ns, 1000000001);
        assert_int_equal(value.u.thread[1].id, 9);
        assert_int_equal(value.u.thread[1].user_ns, 3000000003);
        assert_int_equal(value.u.thread[1].system_ns, 4000000004);
        end();
    }
}

static void entries_that_do_not_fit_their_header_are_malformed(void **state)
{
    static const struct psb_sunos_header WRONG[] = {
        {3, 512},         {1, 512},       {-1, 512},       {2, 511},       {2, 0},  {2, -512},
        {INT64_MAX, 512}, {2, INT64_MAX}, {1 << 26, 1024}, {INT64_MIN, 1}, {0, 512}};
    struct psb_sunos_lwpstatus lwp = {.pr_lwpid = 1};
    for (size_t i = 0; i < sizeof WRONG / sizeof *WRONG; i++) {
        tell_entries(PSB_OP_SUNOS_LSTATUS, 2, sizeof lwp, &lwp, &lwp, sizeof lwp);
        memcpy(lwps, &WRONG[i], sizeof WRONG[i]);
        is_status(PSB_THREADS, PSB_MALFORMED);
    }
    answers[PSB_OP_SUNOS_LSTATUS].len = 15;
    is_status(PSB_THREADS, PSB_MALFORMED);
}

static void the_cpu_is_that_of_the_first_thread_that_lives(void **state)
{
    struct psb_sunos_lwpsinfo ended = {.pr_lwpid = 1, .pr_state = PSB_SUNOS_SZOMB};
    struct psb_sunos_lwpsinfo lives = {.pr_lwpid = 2, .pr_state = PSB_SUNOS_SSLEEP, .pr_onpro = 5};
    tell_entries(PSB_OP_SUNOS_LPSINFO, 2, sizeof lives, &ended, &lives, sizeof lives);
    is_integer(PSB_CPU_NUM, 5);
    tell_entries(PSB_OP_SUNOS_LPSINFO, 2, sizeof lives, &ended, &ended, sizeof lives);
    is_status(PSB_CPU_NUM, PSB_UNKNOWN);
}

#define TEST(name) cmocka_unit_test_setup(name, a_process)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(arguments_are_told_as_they_are),
        TEST(what_everybody_may_see_of_arguments_is_told_if_it_is_all_of_them),
        TEST(arguments_with_blanks_in_them_are_refused_and_not_split),
        TEST(arguments_that_were_cut_are_refused_and_not_told_short),
        TEST(a_system_process_has_a_name_and_no_arguments),
        TEST(threads_are_numbered_from_1_and_have_times_of_their_own),
        TEST(entries_that_do_not_fit_their_header_are_malformed),
        TEST(the_cpu_is_that_of_the_first_thread_that_lives),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

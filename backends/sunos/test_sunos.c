/* test_sunos.c: the SunOS port: sizes of its structs, hostile replies, what is refused, unknown, and in what
 * unit. */
#include "sunos_fixture.h"

#include "world.h"

#include <string.h>

/* ---- layout ---- */

static void structs_have_the_sizes_of_a_64_bit_sunos(void **state)
{
    assert_int_equal(sizeof(struct psb_sunos_psinfo), 416);
    assert_int_equal(sizeof(struct psb_sunos_lwpsinfo), 128);
    assert_int_equal(sizeof(struct psb_sunos_status), 1680);
    assert_int_equal(sizeof(struct psb_sunos_usage), 504);
    assert_int_equal(sizeof(struct psb_sunos_cred), 32);
    assert_int_equal(sizeof(struct psb_sunos_header), 16);
    assert_int_equal(sizeof(struct psb_sunos_time), 16);
}

#define AT(type, member, offset) assert_int_equal(offsetof(struct psb_sunos_##type, member), offset)

static void members_stand_where_a_64_bit_sunos_has_them(void **state)
{
    AT(psinfo, pr_uid, 24);
    AT(psinfo, pr_size, 48);
    AT(psinfo, pr_rssize, 56);
    AT(psinfo, pr_ttydev, 72);
    AT(psinfo, pr_start, 88);
    AT(psinfo, pr_fname, 136);
    AT(psinfo, pr_psargs, 152);
    AT(psinfo, pr_argc, 236);
    AT(psinfo, pr_argv, 240);
    AT(psinfo, pr_dmodel, 256);
    AT(psinfo, pr_lwp, 288);
    AT(lwpsinfo, pr_state, 25);
    AT(lwpsinfo, pr_nice, 27);
    AT(lwpsinfo, pr_oldpri, 30);
    AT(lwpsinfo, pr_clname, 72);
    AT(lwpsinfo, pr_onpro, 96);
    AT(status, pr_utime, 80);
    AT(status, pr_cstime, 128);
    AT(status, pr_lwp, 384);
    AT(lwpstatus, pr_utime, 480);
    AT(lwpstatus, pr_stime, 496);
    AT(usage, pr_utime, 72);
    AT(usage, pr_ttime, 104);
    AT(usage, pr_minf, 328);
    AT(usage, pr_vctx, 392);
    AT(cred, pr_sgid, 20);
}

static void a_reply_that_is_too_short_is_malformed_and_a_longer_one_is_good(void **state)
{
    static const struct {
        psb_op op;
        psb_field field;
        size_t size;
    } REPLIES[] = {{PSB_OP_SUNOS_PSINFO, PSB_PPID, sizeof psinfo},
                   {PSB_OP_SUNOS_CRED, PSB_UIDS, sizeof cred},
                   {PSB_OP_SUNOS_STATUS, PSB_CPU_TIMES, sizeof status_file},
                   {PSB_OP_SUNOS_USAGE, PSB_PAGE_FAULTS, sizeof usage}};
    char longer[sizeof status_file + 64] = {0};
    int32_t pid = PID;
    memcpy(longer + offsetof(struct psb_sunos_psinfo, pr_pid), &pid, sizeof pid);
    for (size_t i = 0; i < sizeof REPLIES / sizeof *REPLIES; i++) {
        answers[REPLIES[i].op] = (struct answer){longer, REPLIES[i].size - 1, PSB_OK};
        is_status(REPLIES[i].field, PSB_MALFORMED);
        answers[REPLIES[i].op] = (struct answer){longer, 0, PSB_OK};
        is_status(REPLIES[i].field, PSB_MALFORMED);
        answers[REPLIES[i].op] = (struct answer){longer, REPLIES[i].size + 8, PSB_OK};
        is_status(REPLIES[i].field, PSB_OK);
    }
}

static void a_reply_about_another_process_is_malformed(void **state)
{
    psinfo.pr_pid = status_file.pr_pid = PID + 1;
    is_status(PSB_PPID, PSB_MALFORMED);
    is_status(PSB_CPU_TIMES, PSB_MALFORMED);
}

/* ---- units ---- */

static void memory_is_in_kilobytes(void **state)
{
    psinfo.pr_size = 5001;
    psinfo.pr_rssize = 1234;
    IS_RECORD(PSB_MEMORY_INFO, 3, 1234 * 1024, 5001 * 1024);
    psinfo.pr_size = UINT64_MAX / 1024 + 1;
    IS_RECORD(PSB_MEMORY_INFO, 1, 1234 * 1024);
    psinfo.pr_rssize = UINT64_MAX;
    is_status(PSB_MEMORY_INFO, PSB_UNKNOWN);
}

static void the_start_is_seconds_and_nanoseconds_since_1970(void **state)
{
    psinfo.pr_start = (struct psb_sunos_time){1700000001, 123456789};
    is_integer(PSB_CREATE_TIME, INT64_C(1700000001123456789));
}

static void a_time_that_is_none_is_unknown(void **state)
{
    static const struct psb_sunos_time NONE[] = {
        {0, 0}, {-1, 5}, {5, -1}, {5, 1000000000}, {INT64_MAX, 0}, {INT64_MAX / 1000000000, 999999999}};
    for (size_t i = 0; i < sizeof NONE / sizeof *NONE; i++) {
        psinfo.pr_start = NONE[i];
        is_status(PSB_CREATE_TIME, PSB_UNKNOWN);
    }
}

static void cpu_times_are_those_of_the_process_and_of_its_children(void **state)
{
    status_file.pr_utime = (struct psb_sunos_time){1, 1};
    status_file.pr_stime = (struct psb_sunos_time){2, 2};
    status_file.pr_cutime = (struct psb_sunos_time){3, 3};
    status_file.pr_cstime = (struct psb_sunos_time){4, 4};
    IS_RECORD(PSB_CPU_TIMES, 15, 1000000001, 2000000002, 3000000003, 4000000004);
    status_file.pr_cutime.nsec = 1000000000;
    IS_RECORD(PSB_CPU_TIMES, 11, 1000000001, 2000000002, 0, 4000000004);
}

static void niceness_is_less_20(void **state)
{
    psinfo.pr_lwp.pr_oldpri = 40;
    for (int nice = -20; nice < 20; nice++) {
        psinfo.pr_lwp.pr_nice = (int8_t)(nice + 20);
        is_integer(PSB_NICE, nice);
    }
    psinfo.pr_lwp.pr_nice = 40;
    is_status(PSB_NICE, PSB_UNKNOWN);
    psinfo.pr_lwp.pr_nice = -1;
    is_status(PSB_NICE, PSB_UNKNOWN);
}

static void a_class_without_niceness_has_none_and_not_minus_20(void **state)
{
    is_status(PSB_NICE, PSB_UNKNOWN);
}

/* ---- ids ---- */

static void user_ids_and_group_ids_are_told_apart(void **state)
{
    IS_RECORD(PSB_UIDS, 7, 102, 101, 103);
    IS_RECORD(PSB_GIDS, 7, 202, 201, 203);
}

static void where_cred_is_refused_psinfo_tells_all_but_the_saved_ids(void **state)
{
    psinfo.pr_uid = 11;
    psinfo.pr_euid = 12;
    psinfo.pr_gid = 21;
    psinfo.pr_egid = 22;
    REFUSE(CRED, PSB_DENIED);
    IS_RECORD(PSB_UIDS, 3, 11, 12);
    IS_RECORD(PSB_GIDS, 3, 21, 22);
    REFUSE(CRED, PSB_OSERROR);
    is_status(PSB_UIDS, PSB_OSERROR);
}

static void where_status_is_refused_usage_tells_calls_and_traps_apart(void **state)
{
    usage.pr_utime = (struct psb_sunos_time){7, 1};
    usage.pr_stime = (struct psb_sunos_time){8, 2};
    usage.pr_ttime = (struct psb_sunos_time){9, 3};
    REFUSE(STATUS, PSB_DENIED);
    IS_RECORD(PSB_CPU_TIMES, 3, 7000000001, 17000000005);
}

static void switches_and_faults_are_not_confused(void **state)
{
    usage.pr_vctx = 5;
    usage.pr_ictx = 6;
    usage.pr_minf = UINT64_MAX;
    usage.pr_majf = 8;
    IS_RECORD(PSB_NUM_CTX_SWITCHES, 7, 5, 6, 11);
    IS_RECORD(PSB_PAGE_FAULTS, 3, UINT64_MAX, 8);
}

/* ---- names, terminals, states ---- */

static void a_name_of_any_bytes_ends_at_its_first_nul_or_fills_its_place(void **state)
{
    memcpy(psinfo.pr_fname, "a) \n\xff\0garbage", 14);
    is_text(PSB_NAME, "a) \n\xff", 5);
    memset(psinfo.pr_fname, 'x', sizeof psinfo.pr_fname);
    is_text(PSB_NAME, "xxxxxxxxxxxxxxxx", 16);
}

static void no_terminal_is_none_whatever_the_descriptors_are(void **state)
{
    is_status(PSB_TERMINAL, PSB_ABSENT);
    assert_int_equal(asked[PSB_OP_SUNOS_FD], 0);
}

static void a_terminal_is_found_by_its_driver(void **state)
{
    psinfo.pr_ttydev = UINT64_C(24) << 32 | 7;
    is_text(PSB_TERMINAL, "/dev/pts/7", 10);
    psinfo.pr_ttydev = UINT64_C(24) << 32 | 4000000000u; /* opened long after the table was made */
    is_text(PSB_TERMINAL, "/dev/pts/4000000000", 19);
    psinfo.pr_ttydev = 0;
    is_text(PSB_TERMINAL, "/dev/console", 12);
    psinfo.pr_ttydev = 1;
    is_status(PSB_TERMINAL, PSB_UNKNOWN);
    psinfo.pr_ttydev = UINT64_C(26) << 32; /* ptsl, which begins like pts */
    is_status(PSB_TERMINAL, PSB_UNKNOWN);
    psinfo.pr_ttydev = UINT64_C(27) << 32;
    is_status(PSB_TERMINAL, PSB_UNKNOWN);
}

static void every_state_of_the_kernel_has_its_state(void **state)
{
    static const int64_t STATE[] = {0,
                                    PSB_STATE_SLEEPING,
                                    PSB_STATE_RUNNING,
                                    PSB_STATE_ZOMBIE,
                                    PSB_STATE_STOPPED,
                                    PSB_STATE_IDLE,
                                    PSB_STATE_RUNNING,
                                    PSB_STATE_WAITING};
    for (uint8_t i = 1; i < 8; i++) {
        psinfo.pr_lwp.pr_state = i;
        is_integer(PSB_STATUS, STATE[i]);
    }
    psinfo.pr_lwp.pr_state = 0;
    is_status(PSB_STATUS, PSB_UNKNOWN);
    psinfo.pr_lwp.pr_state = 8;
    is_status(PSB_STATUS, PSB_UNKNOWN);
}

/* The files of a zombie are psinfo and usage. */
static void a_zombie_has_no_start_no_name_no_threads_and_is_not_gone(void **state)
{
    psinfo.pr_nlwp = 0;
    psinfo.pr_lwp.pr_state = PSB_SUNOS_SZOMB;
    REFUSE(ARGV, PSB_ABSENT);
    REFUSE(LPSINFO, PSB_ABSENT);
    REFUSE(LSTATUS, PSB_ABSENT);
    REFUSE(CRED, PSB_ABSENT);
    is_integer(PSB_STATUS, PSB_STATE_ZOMBIE);
    is_integer(PSB_NUM_THREADS, 0);
    is_list("", 0, 0);
    is_status(PSB_NAME, PSB_UNKNOWN);
    is_status(PSB_CREATE_TIME, PSB_UNKNOWN);
    is_status(PSB_NICE, PSB_UNKNOWN);
    is_status(PSB_CPU_NUM, PSB_ABSENT);
    is_status(PSB_THREADS, PSB_ABSENT);
    IS_RECORD(PSB_UIDS, 3, 0, 0);
}

/* ---- boot, links ---- */

static void the_machines_memory_is_its_pages(void **state)
{
    psinfo.pr_rssize = 1024;
    psb_value value = get(PSB_MEMORY_PERCENT);
    assert_int_equal(value.status, PSB_OK);
    assert_true(value.u.real > 25.59 && value.u.real < 25.61); /* 1 MiB of 1000 pages of 4 KiB */
    end();
}

static void a_link_that_the_kernel_cannot_name_is_unknown(void **state)
{
    answers[PSB_OP_SUNOS_CWD] = (struct answer){"", 0, PSB_OK};
    is_status(PSB_CWD, PSB_UNKNOWN);
    answers[PSB_OP_SUNOS_CWD] = (struct answer){"/a b\0c", 6, PSB_OK};
    is_text(PSB_CWD, "/a b", 4);
}

/* ---- snapshots, rights ---- */

static void the_list_of_all_processes_is_fetched_once_and_psinfo_once_for_each(void **state)
{
    int64_t pids[] = {5, 1, PID};
    psb_pidlist list;
    psb_value value;
    TELL(PIDS, pids);
    assert_int_equal(get(PSB_NAME).status, PSB_OK);
    for (psb_field field = PSB_PPID; field <= PSB_STATUS; field++)
        get_more(field, &value);
    get_more(PSB_MEMORY_INFO, &value);
    assert_int_equal(asked[PSB_OP_SUNOS_PSINFO], 2); /* itself, and its parent's start */
    assert_int_equal(get_pids(&list), PSB_OK);
    assert_int_equal(list.count, 3);
    assert_int_equal(list.pid[0], 1);
    assert_int_equal(asked[PSB_OP_SUNOS_PIDS], 1);
    psb_pidlist_free(&list);
    end();
}

static void a_stranger_reads_psinfo_usage_and_lpsinfo_only(void **state)
{
    static const bool PUBLIC[PSB_OPS] = {
        [PSB_OP_SUNOS_PSINFO] = true, [PSB_OP_SUNOS_USAGE] = true, [PSB_OP_SUNOS_LPSINFO] = true};
    psb_world *world = psb_world_empty(1);
    psb_process setuid = {.pid = PID, .threads = 1, .uid = {1000, 0, 1000}, .state = PSB_STATE_SLEEPING};
    char buf[4096];
    setuid.name = setuid.exe = setuid.cwd = (psb_world_text){"x", 1, 0};
    setuid.cmdline = (psb_world_text){"x", 2, 1};
    assert_true(psb_world_spawn(world, &setuid));
    world->caller_uid = 1000; /* who started it is a stranger, too */
    for (uint32_t op = PSB_OP_SUNOS_PSINFO; op <= PSB_OP_SUNOS_FD; op++) {
        psb_call call = {.op = op, .pid = PID};
        psb_reply reply = {.buf = buf, .cap = sizeof buf};
        psb_status status = psb_sunos_simulate(world, &call, &reply);
        assert_int_equal(status, PUBLIC[op] ? PSB_OK : PSB_DENIED);
        assert_int_equal(reply.os_error, PUBLIC[op] ? 0 : 13);
        reply = (psb_reply){.buf = buf, .cap = 1};
        if (PUBLIC[op])
            assert_int_equal(psb_sunos_simulate(world, &call, &reply), PSB_TOOSMALL);
    }
    psb_world_free(world);
}

#define TEST(name) cmocka_unit_test_setup(name, a_process)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(structs_have_the_sizes_of_a_64_bit_sunos),
        TEST(members_stand_where_a_64_bit_sunos_has_them),
        TEST(a_reply_that_is_too_short_is_malformed_and_a_longer_one_is_good),
        TEST(a_reply_about_another_process_is_malformed),
        TEST(memory_is_in_kilobytes),
        TEST(the_start_is_seconds_and_nanoseconds_since_1970),
        TEST(a_time_that_is_none_is_unknown),
        TEST(cpu_times_are_those_of_the_process_and_of_its_children),
        TEST(niceness_is_less_20),
        TEST(a_class_without_niceness_has_none_and_not_minus_20),
        TEST(user_ids_and_group_ids_are_told_apart),
        TEST(where_cred_is_refused_psinfo_tells_all_but_the_saved_ids),
        TEST(where_status_is_refused_usage_tells_calls_and_traps_apart),
        TEST(switches_and_faults_are_not_confused),
        TEST(a_name_of_any_bytes_ends_at_its_first_nul_or_fills_its_place),
        TEST(no_terminal_is_none_whatever_the_descriptors_are),
        TEST(a_terminal_is_found_by_its_driver),
        TEST(every_state_of_the_kernel_has_its_state),
        TEST(a_zombie_has_no_start_no_name_no_threads_and_is_not_gone),
        TEST(the_machines_memory_is_its_pages),
        TEST(a_link_that_the_kernel_cannot_name_is_unknown),
        TEST(the_list_of_all_processes_is_fetched_once_and_psinfo_once_for_each),
        TEST(a_stranger_reads_psinfo_usage_and_lpsinfo_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

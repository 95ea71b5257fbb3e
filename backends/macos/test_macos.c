/* test_macos.c: xnu's bytes and units, and what the port makes of them. */
#include "macos_fixture.h"

#include <stdlib.h>
#include <string.h>

/* ---- layout ---- */

static void structs_are_laid_out_as_in_the_headers(void **state)
{
    assert_int_equal(sizeof(struct psb_macos_kinfo), 648);
    assert_int_equal(offsetof(struct psb_macos_kinfo, kp_proc.p_flag), 32);
    assert_int_equal(offsetof(struct psb_macos_kinfo, kp_proc.p_stat), 36);
    assert_int_equal(offsetof(struct psb_macos_kinfo, kp_proc.p_pid), 40);
    assert_int_equal(offsetof(struct psb_macos_kinfo, kp_proc.p_nice), 242);
    assert_int_equal(offsetof(struct psb_macos_kinfo, kp_proc.p_comm), 243);
    assert_int_equal(offsetof(struct psb_macos_kinfo, kp_eproc.p_ruid), 392);
    assert_int_equal(offsetof(struct psb_macos_kinfo, kp_eproc.p_svgid), 404);
    assert_int_equal(offsetof(struct psb_macos_kinfo, kp_eproc.cr_uid), 420);
    assert_int_equal(offsetof(struct psb_macos_kinfo, kp_eproc.cr_groups), 428);
    assert_int_equal(offsetof(struct psb_macos_kinfo, kp_eproc.e_ppid), 560);
    assert_int_equal(offsetof(struct psb_macos_kinfo, kp_eproc.e_tdev), 572);
    assert_int_equal(sizeof(struct psb_macos_task), 96);
    assert_int_equal(offsetof(struct psb_macos_task, faults), 52);
    assert_int_equal(offsetof(struct psb_macos_task, csw), 80);
    assert_int_equal(offsetof(struct psb_macos_task, threadnum), 84);
    assert_int_equal(sizeof(struct psb_macos_taskall), 232);
    assert_int_equal(offsetof(struct psb_macos_taskall, task), 136);
    assert_int_equal(sizeof(struct psb_macos_threadinfo), 112);
    assert_int_equal(sizeof(struct psb_macos_paths), 2352);
    assert_int_equal(offsetof(struct psb_macos_paths, cdir.vi_type), 136);
    assert_int_equal(offsetof(struct psb_macos_paths, cdir.vip_path), 152);
    assert_int_equal(sizeof(struct psb_macos_region), 96);
    assert_int_equal(offsetof(struct psb_macos_region, share_mode), 60);
    assert_int_equal(offsetof(struct psb_macos_region, address), 80);
    assert_int_equal(sizeof(struct psb_macos_fd), 8);
    assert_int_equal(sizeof(struct psb_macos_rusage), 160);
    assert_int_equal(offsetof(struct psb_macos_rusage, diskio_bytesread), 144);
}

/* Two cannot be told wrong by their sizes: bytes are set by offset alone. */
static void each_member_is_read_at_its_place(void **state)
{
    unsigned char bytes[648] = {0};
    struct psb_macos_kinfo kinfo = mac_kinfo(MAC_PID);
    memcpy(bytes, &kinfo, sizeof bytes);
    bytes[560] = 77;
    bytes[561] = 0;
    bytes[404] = 99;
    mac_says(PSB_OP_MACOS_KINFO, bytes, sizeof bytes);
    assert_int_equal(mac_get(MAC_PID, PSB_PPID).u.integer, 77);
    assert_int_equal(mac_get(MAC_PID, PSB_GIDS).u.part[PSB_GIDS_SAVED], 99);
}

static void a_reply_of_another_size_is_malformed_and_an_empty_one_is_nobody(void **state)
{
    static const char ZEROS[5000];
    static const struct {
        uint32_t op;
        psb_field field;
        size_t size;
    } FIXED[] = {
        {PSB_OP_MACOS_KINFO, PSB_NAME, 648},      {PSB_OP_MACOS_TASK, PSB_MEMORY_INFO, 96},
        {PSB_OP_MACOS_TASKALL, PSB_STATUS, 232},  {PSB_OP_MACOS_CWD, PSB_CWD, 2352},
        {PSB_OP_MACOS_NICE, PSB_NICE, 4},         {PSB_OP_MACOS_FDS, PSB_NUM_FDS, 8},
        {PSB_OP_MACOS_THREADS, PSB_THREADS, 120},
    };
    for (size_t i = 0; i < sizeof FIXED / sizeof *FIXED; i++) {
        mac_says(FIXED[i].op, ZEROS, FIXED[i].size - 1);
        assert_int_equal(mac_status(FIXED[i].field), PSB_MALFORMED);
        mac_says(FIXED[i].op, ZEROS, FIXED[i].size + 1);
        assert_int_equal(mac_status(FIXED[i].field), PSB_MALFORMED);
    }
    mac_says(PSB_OP_MACOS_KINFO, NULL, 0);
    assert_int_equal(mac_status(PSB_NAME), PSB_GONE);
    mac_says(PSB_OP_MACOS_KINFO, ZEROS, 648); /* of pid 0 */
    assert_int_equal(mac_status(PSB_NAME), PSB_GONE);
    mac_says(PSB_OP_MACOS_EXE, NULL, 0);
    assert_int_equal(mac_status(PSB_EXE), PSB_MALFORMED);
}

/* ---- units ---- */

static void ticks_of_apple_silicon_are_125_thirds_of_a_nanosecond(void **state)
{
    static const uint64_t TICKS_NS[][2] = {
        {0, 0}, {1, 41}, {2, 83}, {3, 125}, {24000001, 1000000041}, {UINT64_C(3) << 50, UINT64_C(125) << 50}};
    struct psb_macos_facts silicon = {4096, 1 << 30, 24000000}, intel = {4096, 1 << 30, 1000000000};
    psb_facts facts = {0};
    uint64_t ns;
    assert_false(psb_macos_ticks_to_ns(1, &facts, &ns));
    assert_int_equal(psb_macos_parse_facts(&silicon, sizeof silicon, 0, &facts), PSB_OK);
    assert_int_equal(facts.tick_numer, 125);
    assert_int_equal(facts.tick_denom, 3);
    for (size_t i = 0; i < sizeof TICKS_NS / sizeof *TICKS_NS; i++) {
        assert_true(psb_macos_ticks_to_ns(TICKS_NS[i][0], &facts, &ns));
        assert_int_equal(ns, TICKS_NS[i][1]);
    }
    assert_false(psb_macos_ticks_to_ns(UINT64_MAX, &facts, &ns));
    assert_true(psb_macos_ticks_to_ns(UINT64_MAX / 125 * 3, &facts, &ns));
    assert_int_equal(psb_macos_parse_facts(&intel, sizeof intel, 0, &facts), PSB_OK);
    assert_true(psb_macos_ticks_to_ns(UINT64_MAX, &facts, &ns));
    assert_int_equal(ns, UINT64_MAX);
    assert_int_equal(psb_macos_parse_facts(&intel, 23, 0, &facts), PSB_MALFORMED);
}

static void cpu_times_are_of_the_process_and_nothing_is_told_of_children(void **state)
{
    struct psb_macos_task task = {.total_user = 24000001, .total_system = 5};
    mac_says(PSB_OP_MACOS_TASK, &task, sizeof task);
    psb_value times = mac_get(MAC_PID, PSB_CPU_TIMES);
    assert_int_equal(times.known, 1u << PSB_CPU_TIMES_USER | 1u << PSB_CPU_TIMES_SYSTEM);
    assert_int_equal(times.u.part[PSB_CPU_TIMES_USER], 1000000041);
    assert_int_equal(times.u.part[PSB_CPU_TIMES_SYSTEM], 208);
}

static void without_a_timebase_cpu_times_are_unknown(void **state)
{
    mac_fails(PSB_OP_MACOS_FACTS, PSB_OSERROR, 2);
    assert_int_equal(mac_status(PSB_CPU_TIMES), PSB_UNKNOWN);
    assert_int_equal(mac_status(PSB_CPU_PERCENT), PSB_UNKNOWN);
    assert_int_equal(mac_status(PSB_MEMORY_PERCENT), PSB_UNKNOWN);
    assert_int_equal(mac_status(PSB_MEMORY_INFO), PSB_OK);
}

static void times_of_threads_are_nanoseconds_and_no_ticks(void **state)
{
    struct psb_macos_thread two[2] = {{0x16f000000, {.user_time = 3661250001000, .system_time = 7000}},
                                      {0, {.user_time = 1, .system_time = 2}}};
    mac_says(PSB_OP_MACOS_THREADS, two, sizeof two);
    psb_value threads = mac_get(MAC_PID, PSB_THREADS);
    assert_int_equal(threads.count, 2);
    assert_int_equal(threads.u.thread[0].id, 1);
    assert_int_equal(threads.u.thread[0].user_ns, 3661250001000);
    assert_int_equal(threads.u.thread[0].system_ns, 7000);
    assert_int_equal(threads.u.thread[1].id, 2);
    assert_int_equal(threads.u.thread[1].system_ns, 2);
}

static void a_start_time_has_microseconds(void **state)
{
    assert_int_equal(mac_get(MAC_PID, PSB_CREATE_TIME).u.integer, 7000001000);
    static const int64_t SECONDS[] = {0, -1, INT64_MAX, 5}, USECS[] = {1, 1, 1, 1000000};
    for (int i = 0; i < 4; i++) {
        struct psb_macos_kinfo kinfo = mac_kinfo(MAC_PID);
        kinfo.kp_proc.start_sec = SECONDS[i];
        kinfo.kp_proc.start_usec = (int32_t)USECS[i];
        mac_says(PSB_OP_MACOS_KINFO, &kinfo, sizeof kinfo);
        assert_int_equal(mac_status(PSB_CREATE_TIME), PSB_UNKNOWN);
    }
}

static void faults_are_told_apart_and_an_overflown_count_is_unknown(void **state)
{
    static const struct {
        int32_t faults, pageins;
        uint32_t known;
    } CASE[] = {{1000, 30, 3}, {5, 6, 2}, {-5, 3, 2}, {INT32_MAX, 3, 2}, {7, -1, 0}, {7, INT32_MAX, 0}};
    for (size_t i = 0; i < sizeof CASE / sizeof *CASE; i++) {
        struct psb_macos_task task = {.faults = CASE[i].faults, .pageins = CASE[i].pageins};
        mac_says(PSB_OP_MACOS_TASK, &task, sizeof task);
        psb_value faults = mac_get(MAC_PID, PSB_PAGE_FAULTS);
        assert_int_equal(faults.status, CASE[i].known ? PSB_OK : PSB_UNKNOWN);
        assert_int_equal(faults.known, CASE[i].known);
        if (i == 0) {
            assert_int_equal(faults.u.part[PSB_PAGE_FAULTS_MINOR], 970);
            assert_int_equal(faults.u.part[PSB_PAGE_FAULTS_MAJOR], 30);
        }
    }
}

static void bytes_moved_are_known_and_calls_are_not(void **state)
{
    struct psb_macos_rusage rusage = {.diskio_bytesread = 4097, .diskio_byteswritten = UINT64_MAX};
    mac_says(PSB_OP_MACOS_RUSAGE, &rusage, sizeof rusage);
    psb_value io = mac_get(MAC_PID, PSB_IO_COUNTERS);
    assert_int_equal(io.known, 1u << PSB_IO_COUNTERS_READ_BYTES | 1u << PSB_IO_COUNTERS_WRITE_BYTES);
    assert_int_equal(io.u.part[PSB_IO_COUNTERS_READ_BYTES], 4097);
    assert_int_equal(io.u.part[PSB_IO_COUNTERS_WRITE_BYTES], UINT64_MAX);
}

static void memory_of_its_own_is_private_or_copied_or_nobody_elses(void **state)
{
    enum { PAGE = 4096, ALIASED = 6 };
    static const struct {
        struct psb_macos_region region;
        uint64_t pages;
    } CASES[] = {
        {{.share_mode = PSB_MACOS_SM_PRIVATE, .private_pages_resident = 3, .shared_pages_resident = 2}, 5},
        {{.share_mode = PSB_MACOS_SM_LARGE_PAGE, .private_pages_resident = 512}, 512},
        {{.share_mode = PSB_MACOS_SM_COW,
          .ref_count = 2,
          .private_pages_resident = 3,
          .shared_pages_resident = 2},
         3},
        {{.share_mode = PSB_MACOS_SM_COW,
          .ref_count = 1,
          .private_pages_resident = 3,
          .shared_pages_resident = 2},
         5},
        {{.share_mode = PSB_MACOS_SM_SHARED, .ref_count = 1, .private_pages_resident = 3}, 0},
        {{.share_mode = ALIASED, .ref_count = 1, .private_pages_resident = 3}, 0},
        {{.share_mode = PSB_MACOS_SM_PRIVATE, .private_pages_resident = UINT32_MAX}, UINT32_MAX},
    };
    struct psb_macos_region all[sizeof CASES / sizeof *CASES];
    uint64_t sum = 0;
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        mac_says(PSB_OP_MACOS_REGIONS, &CASES[i].region, sizeof CASES[i].region);
        psb_value full = mac_get(MAC_PID, PSB_MEMORY_FULL_INFO);
        assert_int_equal(full.known, 1u << PSB_MEMORY_FULL_INFO_USS);
        assert_int_equal(full.u.part[PSB_MEMORY_FULL_INFO_USS], CASES[i].pages * PAGE);
        all[i] = CASES[i].region;
        sum += CASES[i].pages;
    }
    mac_says(PSB_OP_MACOS_REGIONS, all, sizeof all);
    assert_int_equal(mac_get(MAC_PID, PSB_MEMORY_FULL_INFO).u.part[PSB_MEMORY_FULL_INFO_USS], sum * PAGE);
    mac_says(PSB_OP_MACOS_REGIONS, all, sizeof all - 1);
    assert_int_equal(mac_status(PSB_MEMORY_FULL_INFO), PSB_MALFORMED);
    mac_says(PSB_OP_MACOS_REGIONS, all, 0);
    assert_int_equal(mac_get(MAC_PID, PSB_MEMORY_FULL_INFO).u.part[PSB_MEMORY_FULL_INFO_USS], 0);
}

static void switches_of_both_kinds_as_one_sum_are_their_total(void **state)
{
    struct psb_macos_task task = {.csw = 77};
    mac_says(PSB_OP_MACOS_TASK, &task, sizeof task);
    psb_value switches = mac_get(MAC_PID, PSB_NUM_CTX_SWITCHES);
    assert_int_equal(switches.status, PSB_OK);
    assert_int_equal(switches.known, 1u << PSB_NUM_CTX_SWITCHES_TOTAL);
    assert_int_equal(switches.u.part[PSB_NUM_CTX_SWITCHES_TOTAL], 77);
}

static void a_count_that_overflowed_is_unknown(void **state)
{
    struct psb_macos_task task = {.csw = -2, .threadnum = -1};
    mac_says(PSB_OP_MACOS_TASK, &task, sizeof task);
    assert_int_equal(mac_status(PSB_NUM_CTX_SWITCHES), PSB_UNKNOWN);
    assert_int_equal(mac_status(PSB_NUM_THREADS), PSB_UNKNOWN);
}

/* ---- names, arguments, paths ---- */

static void a_name_is_any_16_bytes(void **state)
{
    static const char HOSTILE[] = "a) \n\xff\x1b[31m(((((";
    struct psb_macos_kinfo kinfo = mac_kinfo(MAC_PID);
    memset(kinfo.kp_proc.p_comm, 0, sizeof kinfo.kp_proc.p_comm);
    memcpy(kinfo.kp_proc.p_comm, HOSTILE, sizeof HOSTILE - 1);
    mac_says(PSB_OP_MACOS_KINFO, &kinfo, sizeof kinfo);
    assert_text(mac_get(MAC_PID, PSB_NAME), HOSTILE, sizeof HOSTILE - 1);
    memset(kinfo.kp_proc.p_comm, 'x', sizeof kinfo.kp_proc.p_comm);
    assert_text(mac_get(MAC_PID, PSB_NAME), "xxxxxxxxxxxxxxxxx", 17);
}

#define ARGS(count, rest)                                                                                    \
    {                                                                                                        \
        count "\0\0\0" rest, sizeof(count "\0\0\0" rest) - 1                                                 \
    }

static void arguments_are_told_as_they_are_without_the_environment(void **state)
{
    static const struct {
        const char *bytes;
        size_t len;
    } GOOD[] = {ARGS("\3", "/bin/a\0\0a\0\0b c\0HOME=/\0"), ARGS("\3", "/bin/a\0a\0\0b c\0"),
                ARGS("\3", "\0\0a\0\0b c\0X=1\0\0\0")};
    for (size_t i = 0; i < sizeof GOOD / sizeof *GOOD; i++) {
        mac_says(PSB_OP_MACOS_ARGUMENTS, GOOD[i].bytes, GOOD[i].len);
        psb_value list = mac_get(MAC_PID, PSB_CMDLINE);
        assert_text(list, "a\0\0b c", 7);
        assert_int_equal(list.count, 3);
    }
}

static void arguments_that_were_cut_or_miscounted_are_malformed(void **state)
{
    static const struct {
        const char *bytes;
        size_t len;
    } BAD[] = {ARGS("", ""),
               ARGS("\2", ""),
               ARGS("\2", "/bin/a"),
               ARGS("\2", "/bin/a\0\0\0"),
               ARGS("\2", "/bin/a\0a\0b"),
               ARGS("\4", "/bin/a\0a\0b\0c\0")};
    mac_says(PSB_OP_MACOS_ARGUMENTS, "\xff\xff\xff\xff/bin/a\0a", 13);
    assert_int_equal(mac_status(PSB_CMDLINE), PSB_MALFORMED);
    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
        mac_says(PSB_OP_MACOS_ARGUMENTS, BAD[i].bytes, BAD[i].len);
        assert_int_equal(mac_status(PSB_CMDLINE), PSB_MALFORMED);
    }
    mac_says(PSB_OP_MACOS_ARGUMENTS, "\0\0\0\0/bin/a", 11); /* none */
    assert_int_equal(mac_get(MAC_PID, PSB_CMDLINE).count, 0);
}

static void an_empty_first_argument_is_taken_for_padding(void **state)
{
    static const char BYTES[] = "\2\0\0\0/bin/a\0\0\0b\0HOME=/";
    mac_says(PSB_OP_MACOS_ARGUMENTS, BYTES, sizeof BYTES);
    assert_text(mac_get(MAC_PID, PSB_CMDLINE), "b\0HOME=/", 9);
}

static void long_lists_are_asked_for_until_they_are_whole(void **state)
{
    enum { LONG = 200000 };
    char *text = calloc(1, LONG);
    assert_non_null(text);
    memset(text, 'x', LONG - 1);
    mac_process()->cmdline = (psb_world_text){text, LONG, 1};
    mac_process()->fds = 5000;
    mac_process()->threads = 300;
    assert_int_equal(mac_get(MAC_PID, PSB_CMDLINE).u.text.len, LONG);
    assert_int_equal(mac_get(MAC_PID, PSB_NUM_FDS).u.integer, 5000);
    assert_int_equal(mac_get(MAC_PID, PSB_THREADS).count, 300);
    free(text);
}

static void a_deleted_directory_or_program_is_unknown_and_not_absent(void **state)
{
    struct psb_macos_paths paths = {.cdir = {.vi_type = PSB_MACOS_VDIR}};
    mac_says(PSB_OP_MACOS_CWD, &paths, sizeof paths);
    assert_int_equal(mac_status(PSB_CWD), PSB_UNKNOWN);
    paths.cdir.vi_type = PSB_MACOS_VNON;
    assert_int_equal(mac_status(PSB_CWD), PSB_ABSENT);
    memset(paths.cdir.vip_path, 'x', sizeof paths.cdir.vip_path);
    assert_int_equal(mac_status(PSB_CWD), PSB_MALFORMED);
    mac_fails(PSB_OP_MACOS_EXE, PSB_UNKNOWN, 2);
    assert_int_equal(mac_status(PSB_EXE), PSB_UNKNOWN);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, mac_setup, mac_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(structs_are_laid_out_as_in_the_headers),
        CASE(each_member_is_read_at_its_place),
        CASE(a_reply_of_another_size_is_malformed_and_an_empty_one_is_nobody),
        CASE(ticks_of_apple_silicon_are_125_thirds_of_a_nanosecond),
        CASE(cpu_times_are_of_the_process_and_nothing_is_told_of_children),
        CASE(without_a_timebase_cpu_times_are_unknown),
        CASE(times_of_threads_are_nanoseconds_and_no_ticks),
        CASE(a_start_time_has_microseconds),
        CASE(faults_are_told_apart_and_an_overflown_count_is_unknown),
        CASE(bytes_moved_are_known_and_calls_are_not),
        CASE(memory_of_its_own_is_private_or_copied_or_nobody_elses),
        CASE(switches_of_both_kinds_as_one_sum_are_their_total),
        CASE(a_count_that_overflowed_is_unknown),
        CASE(a_name_is_any_16_bytes),
        CASE(arguments_are_told_as_they_are_without_the_environment),
        CASE(arguments_that_were_cut_or_miscounted_are_malformed),
        CASE(an_empty_first_argument_is_taken_for_padding),
        CASE(long_lists_are_asked_for_until_they_are_whole),
        CASE(a_deleted_directory_or_program_is_unknown_and_not_absent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

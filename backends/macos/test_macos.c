/* test_macos.c: xnu's bytes and what the port makes of them, over the simulated kernel and replies of our
 * own. */
#include "macos_abi.h"
#include "port_backend.h"
#include "registry.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { PID = 800, PARENT = 700 };

/* A Mac with two processes; one op may answer otherwise. */
static struct mac {
    psb_kernel base;
    psb_world *world;
    uint32_t op;
    psb_status status;
    int error;
    const void *bytes;
    size_t len;
    unsigned calls[PSB_OPS];
    psb_backend *backend;
    psb_snapshot *snapshot;
} mac;

static psb_status mac_call(psb_kernel *kernel, const psb_call *call, psb_reply *reply)
{
    mac.calls[call->op]++;
    reply->len = 0;
    reply->os_error = 0;
    reply->entries = 0;
    if (call->op != mac.op)
        return psb_macos_simulate(mac.world, call, reply);
    reply->os_error = mac.error;
    if (mac.len > reply->cap)
        return PSB_TOOSMALL;
    if (mac.len > 0)
        memcpy(reply->buf, mac.bytes, mac.len);
    reply->len = mac.len;
    return mac.status;
}

static void mac_close(psb_kernel *kernel) {}

static void shut(void)
{
    if (mac.snapshot)
        mac.backend->ops->end(mac.snapshot);
    if (mac.backend)
        mac.backend->ops->close(mac.backend);
    mac.snapshot = NULL;
    mac.backend = NULL;
}

static void open_mac(void)
{
    static const psb_kernel_ops OPS = {"mac", mac_call, mac_close};
    shut();
    mac.base = (psb_kernel){&OPS, NULL, PSB_EVIDENCE_SIM};
    assert_int_equal(psb_port_open(psb_port_named("macos"), PSB_CACHED, &mac.base, &mac.backend), PSB_OK);
}

/* In a snapshot of its own; the answer lives until the next question. */
static psb_value get(psb_pid pid, psb_field field)
{
    psb_value value;
    open_mac();
    assert_int_equal(mac.backend->ops->begin(mac.backend, &mac.snapshot), PSB_OK);
    psb_get(mac.snapshot, pid, field, &value);
    return value;
}

static psb_status status_of(psb_field field)
{
    return get(PID, field).status;
}

static void says(uint32_t op, const void *bytes, size_t len)
{
    mac.op = op;
    mac.status = PSB_OK;
    mac.error = 0;
    mac.bytes = bytes;
    mac.len = len;
}

static void fails(uint32_t op, psb_status status, int error)
{
    says(op, NULL, 0);
    mac.status = status;
    mac.error = error;
}

#define TEXT(literal)                                                                                        \
    {                                                                                                        \
        literal, sizeof literal - 1, 0                                                                       \
    }

static int setup(void **state)
{
    psb_process process = {.pid = PARENT,
                           .known = UINT64_MAX,
                           .state = PSB_STATE_SLEEPING,
                           .terminal = -1,
                           .threads = 1,
                           .created_ns = 5000000000,
                           .name = TEXT("sh"),
                           .exe = TEXT("/bin/sh"),
                           .cwd = TEXT("/"),
                           .cmdline = {"sh", 3, 1}};
    mac = (struct mac){.op = PSB_OPS, .world = psb_world_empty(4)};
    mac.world->now_ns = 100000000000;
    assert_true(psb_world_spawn(mac.world, &process));
    process.pid = PID;
    process.ppid = PARENT;
    process.nice = -1;
    process.created_ns = 7000001234;
    for (uint32_t i = 0; i < 3; i++) {
        process.uid[i] = 501 + i;
        process.gid[i] = 20 + i;
    }
    return psb_world_spawn(mac.world, &process) ? 0 : -1;
}

static int teardown(void **state)
{
    shut();
    psb_world_free(mac.world);
    return 0;
}

static psb_process *the_process(void)
{
    return psb_world_find(mac.world, PID);
}

static struct psb_macos_kinfo kinfo_of(psb_pid pid)
{
    struct psb_macos_kinfo kinfo;
    psb_call call = {.op = PSB_OP_MACOS_KINFO, .pid = pid};
    psb_reply reply = {.buf = &kinfo, .cap = sizeof kinfo};
    assert_int_equal(psb_macos_simulate(mac.world, &call, &reply), PSB_OK);
    return kinfo;
}

static void assert_text(psb_value value, const char *text, size_t len)
{
    assert_int_equal(value.status, PSB_OK);
    assert_int_equal(value.u.text.len, len);
    assert_memory_equal(value.u.text.bytes, text, len);
}

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
    assert_int_equal(sizeof(struct psb_macos_fd), 8);
}

/* Two cannot be told wrong by their sizes: bytes are set by offset alone. */
static void each_member_is_read_at_its_place(void **state)
{
    unsigned char bytes[648] = {0};
    struct psb_macos_kinfo kinfo = kinfo_of(PID);
    memcpy(bytes, &kinfo, sizeof bytes);
    bytes[560] = 77;
    bytes[561] = 0;
    bytes[404] = 99;
    says(PSB_OP_MACOS_KINFO, bytes, sizeof bytes);
    assert_int_equal(get(PID, PSB_PPID).u.integer, 77);
    assert_int_equal(get(PID, PSB_GIDS).u.part[PSB_GIDS_SAVED], 99);
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
        says(FIXED[i].op, ZEROS, FIXED[i].size - 1);
        assert_int_equal(status_of(FIXED[i].field), PSB_MALFORMED);
        says(FIXED[i].op, ZEROS, FIXED[i].size + 1);
        assert_int_equal(status_of(FIXED[i].field), PSB_MALFORMED);
    }
    says(PSB_OP_MACOS_KINFO, NULL, 0);
    assert_int_equal(status_of(PSB_NAME), PSB_GONE);
    says(PSB_OP_MACOS_KINFO, ZEROS, 648); /* of pid 0 */
    assert_int_equal(status_of(PSB_NAME), PSB_GONE);
    says(PSB_OP_MACOS_EXE, NULL, 0);
    assert_int_equal(status_of(PSB_EXE), PSB_MALFORMED);
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
    says(PSB_OP_MACOS_TASK, &task, sizeof task);
    psb_value times = get(PID, PSB_CPU_TIMES);
    assert_int_equal(times.known, 1u << PSB_CPU_TIMES_USER | 1u << PSB_CPU_TIMES_SYSTEM);
    assert_int_equal(times.u.part[PSB_CPU_TIMES_USER], 1000000041);
    assert_int_equal(times.u.part[PSB_CPU_TIMES_SYSTEM], 208);
}

static void without_a_timebase_cpu_times_are_unknown(void **state)
{
    fails(PSB_OP_MACOS_FACTS, PSB_OSERROR, 2);
    assert_int_equal(status_of(PSB_CPU_TIMES), PSB_UNKNOWN);
    assert_int_equal(status_of(PSB_CPU_PERCENT), PSB_UNKNOWN);
    assert_int_equal(status_of(PSB_MEMORY_PERCENT), PSB_UNKNOWN);
    assert_int_equal(status_of(PSB_MEMORY_INFO), PSB_OK);
}

static void times_of_threads_are_nanoseconds_and_no_ticks(void **state)
{
    struct psb_macos_thread two[2] = {{0x16f000000, {.user_time = 3661250001000, .system_time = 7000}},
                                      {0, {.user_time = 1, .system_time = 2}}};
    says(PSB_OP_MACOS_THREADS, two, sizeof two);
    psb_value threads = get(PID, PSB_THREADS);
    assert_int_equal(threads.count, 2);
    assert_int_equal(threads.u.thread[0].id, 1);
    assert_int_equal(threads.u.thread[0].user_ns, 3661250001000);
    assert_int_equal(threads.u.thread[0].system_ns, 7000);
    assert_int_equal(threads.u.thread[1].id, 2);
    assert_int_equal(threads.u.thread[1].system_ns, 2);
}

static void a_start_time_has_microseconds(void **state)
{
    assert_int_equal(get(PID, PSB_CREATE_TIME).u.integer, 7000001000);
    static const int64_t SECONDS[] = {0, -1, INT64_MAX, 5}, USECS[] = {1, 1, 1, 1000000};
    for (int i = 0; i < 4; i++) {
        struct psb_macos_kinfo kinfo = kinfo_of(PID);
        kinfo.kp_proc.start_sec = SECONDS[i];
        kinfo.kp_proc.start_usec = (int32_t)USECS[i];
        says(PSB_OP_MACOS_KINFO, &kinfo, sizeof kinfo);
        assert_int_equal(status_of(PSB_CREATE_TIME), PSB_UNKNOWN);
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
        says(PSB_OP_MACOS_TASK, &task, sizeof task);
        psb_value faults = get(PID, PSB_PAGE_FAULTS);
        assert_int_equal(faults.status, CASE[i].known ? PSB_OK : PSB_UNKNOWN);
        assert_int_equal(faults.known, CASE[i].known);
        if (i == 0) {
            assert_int_equal(faults.u.part[PSB_PAGE_FAULTS_MINOR], 970);
            assert_int_equal(faults.u.part[PSB_PAGE_FAULTS_MAJOR], 30);
        }
    }
}

static void switches_of_both_kinds_as_one_sum_are_neither(void **state)
{
    struct psb_macos_task task = {.csw = -2, .threadnum = -1};
    says(PSB_OP_MACOS_TASK, &task, sizeof task);
    assert_int_equal(status_of(PSB_NUM_CTX_SWITCHES), PSB_UNKNOWN);
    assert_int_equal(status_of(PSB_NUM_THREADS), PSB_UNKNOWN);
}

/* ---- states, zombies, strangers ---- */

static void a_state_is_told_by_the_task_where_all_that_live_are_srun(void **state)
{
    static const struct {
        uint32_t stat;
        int32_t running;
        psb_status status;
        int64_t told;
    } CASE[] = {{2, 1, PSB_OK, PSB_STATE_RUNNING},
                {2, 0, PSB_OK, PSB_STATE_SLEEPING},
                {4, 0, PSB_OK, PSB_STATE_STOPPED},
                {1, 0, PSB_OK, PSB_STATE_IDLE},
                {3, 0, PSB_OK, PSB_STATE_SLEEPING},
                {5, 0, PSB_OK, PSB_STATE_ZOMBIE},
                {0, 0, PSB_UNKNOWN, 0},
                {6, 0, PSB_UNKNOWN, 0},
                {UINT32_MAX, 1, PSB_UNKNOWN, 0},
                {2, -1, PSB_UNKNOWN, 0}};
    for (size_t i = 0; i < sizeof CASE / sizeof *CASE; i++) {
        struct psb_macos_taskall all = {
            .status = CASE[i].stat, .pid = PID, .task = {.numrunning = CASE[i].running}};
        says(PSB_OP_MACOS_TASKALL, &all, sizeof all);
        psb_value value = get(PID, PSB_STATUS);
        assert_int_equal(value.status, CASE[i].status);
        if (value.status == PSB_OK)
            assert_int_equal(value.u.integer, CASE[i].told);
    }
}

static void whether_a_strangers_process_sleeps_is_refused_and_never_called_running(void **state)
{
    mac.world->caller_uid = 4000;
    assert_int_equal(status_of(PSB_STATUS), PSB_DENIED);
    the_process()->state = PSB_STATE_STOPPED;
    assert_int_equal(get(PID, PSB_STATUS).u.integer, PSB_STATE_STOPPED);
    struct psb_macos_kinfo kinfo = kinfo_of(PARENT);
    kinfo.kp_proc.p_flag |= PSB_MACOS_P_WEXIT;
    says(PSB_OP_MACOS_KINFO, &kinfo, sizeof kinfo);
    assert_int_equal(get(PARENT, PSB_STATUS).status, PSB_UNKNOWN);
}

static void a_stranger_is_told_what_kern_proc_tells_and_refused_the_rest(void **state)
{
    mac.world->caller_uid = 4000;
    for (psb_field field = 0; field < PSB_FIELDS; field++) {
        static const uint64_t REFUSED =
            UINT64_C(1) << PSB_CPU_TIMES | UINT64_C(1) << PSB_CPU_PERCENT | UINT64_C(1) << PSB_MEMORY_INFO |
            UINT64_C(1) << PSB_MEMORY_PERCENT | UINT64_C(1) << PSB_NUM_THREADS | UINT64_C(1) << PSB_THREADS |
            UINT64_C(1) << PSB_NUM_CTX_SWITCHES | UINT64_C(1) << PSB_NUM_FDS | UINT64_C(1) << PSB_CWD |
            UINT64_C(1) << PSB_PAGE_FAULTS | UINT64_C(1) << PSB_CMDLINE | UINT64_C(1) << PSB_STATUS;
        psb_value value = get(PID, field);
        assert_int_equal(value.status == PSB_DENIED, REFUSED >> field & 1);
        if (value.status == PSB_DENIED && field != PSB_STATUS)
            assert_int_equal(value.os_error, field == PSB_CMDLINE ? 22 : 1);
    }
}

static void a_zombie_is_told_by_kern_proc_and_has_no_task(void **state)
{
    the_process()->state = PSB_STATE_ZOMBIE;
    for (uint32_t caller = 0; caller < 2; caller++) {
        mac.world->caller_uid = caller * 4000;
        assert_int_equal(get(PID, PSB_STATUS).u.integer, PSB_STATE_ZOMBIE);
        assert_text(get(PID, PSB_NAME), "sh", 2);
        assert_int_equal(get(PID, PSB_PPID).u.integer, PARENT);
        assert_int_equal(get(PID, PSB_NICE).u.integer, -1);
        assert_int_equal(status_of(PSB_CMDLINE), PSB_OK);
        assert_int_equal(get(PID, PSB_CMDLINE).count, 0);
        static const psb_field LOST[] = {PSB_CPU_TIMES, PSB_MEMORY_INFO, PSB_NUM_THREADS, PSB_THREADS,
                                         PSB_NUM_FDS,   PSB_CWD,         PSB_EXE,         PSB_PAGE_FAULTS};
        for (size_t i = 0; i < sizeof LOST / sizeof *LOST; i++)
            assert_int_equal(status_of(LOST[i]), PSB_ABSENT);
    }
}

static void ids_are_six_and_the_saved_group_is_no_user(void **state)
{
    psb_value uids = get(PID, PSB_UIDS), gids;
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(uids.u.part[i], 501 + i);
    gids = get(PID, PSB_GIDS);
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(gids.u.part[i], 20 + i);
    struct psb_macos_kinfo kinfo = kinfo_of(PID);
    kinfo.kp_eproc.cr_ngroups = 0;
    says(PSB_OP_MACOS_KINFO, &kinfo, sizeof kinfo);
    assert_int_equal(get(PID, PSB_GIDS).known, 1u << PSB_GIDS_REAL | 1u << PSB_GIDS_SAVED);
}

/* ---- names, arguments, paths ---- */

static void a_name_is_any_16_bytes(void **state)
{
    static const char HOSTILE[] = "a) \n\xff\x1b[31m(((((";
    struct psb_macos_kinfo kinfo = kinfo_of(PID);
    memset(kinfo.kp_proc.p_comm, 0, sizeof kinfo.kp_proc.p_comm);
    memcpy(kinfo.kp_proc.p_comm, HOSTILE, sizeof HOSTILE - 1);
    says(PSB_OP_MACOS_KINFO, &kinfo, sizeof kinfo);
    assert_text(get(PID, PSB_NAME), HOSTILE, sizeof HOSTILE - 1);
    memset(kinfo.kp_proc.p_comm, 'x', sizeof kinfo.kp_proc.p_comm);
    assert_text(get(PID, PSB_NAME), "xxxxxxxxxxxxxxxxx", 17);
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
        says(PSB_OP_MACOS_ARGUMENTS, GOOD[i].bytes, GOOD[i].len);
        psb_value list = get(PID, PSB_CMDLINE);
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
    says(PSB_OP_MACOS_ARGUMENTS, "\xff\xff\xff\xff/bin/a\0a", 13);
    assert_int_equal(status_of(PSB_CMDLINE), PSB_MALFORMED);
    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
        says(PSB_OP_MACOS_ARGUMENTS, BAD[i].bytes, BAD[i].len);
        assert_int_equal(status_of(PSB_CMDLINE), PSB_MALFORMED);
    }
    says(PSB_OP_MACOS_ARGUMENTS, "\0\0\0\0/bin/a", 11); /* none */
    assert_int_equal(get(PID, PSB_CMDLINE).count, 0);
}

static void an_empty_first_argument_is_taken_for_padding(void **state)
{
    static const char BYTES[] = "\2\0\0\0/bin/a\0\0\0b\0HOME=/";
    says(PSB_OP_MACOS_ARGUMENTS, BYTES, sizeof BYTES);
    assert_text(get(PID, PSB_CMDLINE), "b\0HOME=/", 9);
}

static void long_lists_are_asked_for_until_they_are_whole(void **state)
{
    enum { LONG = 200000 };
    char *text = calloc(1, LONG);
    assert_non_null(text);
    memset(text, 'x', LONG - 1);
    the_process()->cmdline = (psb_world_text){text, LONG, 1};
    the_process()->fds = 5000;
    the_process()->threads = 300;
    assert_int_equal(get(PID, PSB_CMDLINE).u.text.len, LONG);
    assert_int_equal(get(PID, PSB_NUM_FDS).u.integer, 5000);
    assert_int_equal(get(PID, PSB_THREADS).count, 300);
    free(text);
}

static void a_deleted_directory_or_program_is_unknown_and_not_absent(void **state)
{
    struct psb_macos_paths paths = {.cdir = {.vi_type = PSB_MACOS_VDIR}};
    says(PSB_OP_MACOS_CWD, &paths, sizeof paths);
    assert_int_equal(status_of(PSB_CWD), PSB_UNKNOWN);
    paths.cdir.vi_type = PSB_MACOS_VNON;
    assert_int_equal(status_of(PSB_CWD), PSB_ABSENT);
    memset(paths.cdir.vip_path, 'x', sizeof paths.cdir.vip_path);
    assert_int_equal(status_of(PSB_CWD), PSB_MALFORMED);
    fails(PSB_OP_MACOS_EXE, PSB_UNKNOWN, 2);
    assert_int_equal(status_of(PSB_EXE), PSB_UNKNOWN);
}

/* ---- terminals, and the table ---- */

static void a_terminal_made_after_the_boot_is_named_and_a_strange_one_unknown(void **state)
{
    the_process()->terminal = 12;
    assert_text(get(PID, PSB_TERMINAL), "/dev/ttys012", 12);
    the_process()->terminal = 1234;
    assert_text(get(PID, PSB_TERMINAL), "/dev/ttys1234", 13);
    the_process()->terminal = -1;
    assert_int_equal(status_of(PSB_TERMINAL), PSB_ABSENT);
    struct psb_macos_kinfo kinfo = kinfo_of(PID);
    kinfo.kp_eproc.e_tdev = 0;
    says(PSB_OP_MACOS_KINFO, &kinfo, sizeof kinfo);
    assert_text(get(PID, PSB_TERMINAL), "/dev/console", 12);
    kinfo.kp_eproc.e_tdev = UINT32_C(77) << 24;
    assert_int_equal(status_of(PSB_TERMINAL), PSB_UNKNOWN);
}

static void old_pseudo_terminals_leave_room_for_the_others(void **state)
{
    struct psb_macos_terminal many[200] = {0};
    psb_facts facts = {0};
    for (uint32_t i = 0; i < 199; i++) {
        many[i].device = UINT32_C(4) << 24 | i;
        snprintf(many[i].name, sizeof many[i].name, "tty%c%x", (int)('p' + i / 16 % 8), i % 16);
    }
    many[199] = (struct psb_macos_terminal){UINT32_C(16) << 24 | 3, "ttys003"};
    assert_int_equal(psb_macos_parse_terminals(many, sizeof many, 0, &facts), PSB_OK);
    assert_int_equal(facts.tty_drivers, 1);
    assert_int_equal(facts.tty_driver[0].major, 16);
    memset(many[5].name, 'x', sizeof many[5].name);
    assert_int_equal(psb_macos_parse_terminals(many, sizeof many, 0, &facts), PSB_MALFORMED);
    assert_int_equal(psb_macos_parse_terminals(many, 31, 0, &facts), PSB_MALFORMED);
}

static void pid_0_is_listed_and_told(void **state)
{
    psb_process kernel = {.pid = 0,
                          .known = UINT64_MAX,
                          .is_kernel = true,
                          .threads = 9,
                          .terminal = -1,
                          .created_ns = 1000000000,
                          .name = TEXT("kernel_task")};
    psb_pidlist list;
    assert_true(psb_world_spawn(mac.world, &kernel));
    open_mac();
    assert_int_equal(mac.backend->ops->pids(mac.backend, &list), PSB_OK);
    assert_int_equal(list.count, 3);
    assert_int_equal(list.pid[0], 0);
    psb_pidlist_free(&list);
    assert_text(get(0, PSB_NAME), "kernel_task", 11);
    assert_int_equal(get(0, PSB_CMDLINE).status, PSB_OK);
    assert_int_equal(get(0, PSB_EXE).status, PSB_ABSENT);
}

static void the_whole_table_is_fetched_once_for_a_list(void **state)
{
    psb_pidlist list;
    psb_world_free(mac.world);
    mac.world = psb_world_make(1, 3000);
    open_mac();
    for (int i = 0; i < 3; i++) {
        mac.calls[PSB_OP_MACOS_ALL] = 0;
        assert_int_equal(mac.backend->ops->pids(mac.backend, &list), PSB_OK);
        assert_int_equal(list.count, 3000);
        assert_int_equal(mac.calls[PSB_OP_MACOS_ALL], i == 0 ? 2 : 1); /* the room that it took is kept */
        assert_int_equal(mac.calls[PSB_OP_MACOS_KINFO], 0);
        psb_pidlist_free(&list);
    }
}

static void a_refused_source_is_asked_once_in_a_snapshot(void **state)
{
    psb_value value;
    mac.world->caller_uid = 4000;
    get(PID, PSB_CPU_TIMES);
    psb_get(mac.snapshot, PID, PSB_MEMORY_INFO, &value);
    psb_get(mac.snapshot, PID, PSB_NUM_THREADS, &value);
    assert_int_equal(mac.calls[PSB_OP_MACOS_TASK], 1);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

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
        CASE(switches_of_both_kinds_as_one_sum_are_neither),
        CASE(a_state_is_told_by_the_task_where_all_that_live_are_srun),
        CASE(whether_a_strangers_process_sleeps_is_refused_and_never_called_running),
        CASE(a_stranger_is_told_what_kern_proc_tells_and_refused_the_rest),
        CASE(a_zombie_is_told_by_kern_proc_and_has_no_task),
        CASE(ids_are_six_and_the_saved_group_is_no_user),
        CASE(a_name_is_any_16_bytes),
        CASE(arguments_are_told_as_they_are_without_the_environment),
        CASE(arguments_that_were_cut_or_miscounted_are_malformed),
        CASE(an_empty_first_argument_is_taken_for_padding),
        CASE(long_lists_are_asked_for_until_they_are_whole),
        CASE(a_deleted_directory_or_program_is_unknown_and_not_absent),
        CASE(a_terminal_made_after_the_boot_is_named_and_a_strange_one_unknown),
        CASE(old_pseudo_terminals_leave_room_for_the_others),
        CASE(pid_0_is_listed_and_told),
        CASE(the_whole_table_is_fetched_once_for_a_list),
        CASE(a_refused_source_is_asked_once_in_a_snapshot),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

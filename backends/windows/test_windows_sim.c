/* test_windows_sim.c: who may open what, how often each routine is asked, and that both ways tell the same. */
#include "windows_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WIN(test) cmocka_unit_test_setup_teardown(test, win_setup, win_teardown)

enum { STRANGER = 4711 };

/* Those of a handle's ops, with the entries of one that is answered and of one that reads memory. */
static const struct {
    psb_op op;
    uint32_t entries;
    bool reads_memory;
} OPENS[] = {
    {PSB_OP_WINDOWS_TIMES, 3, false},   {PSB_OP_WINDOWS_MEMORY, 3, false},
    {PSB_OP_WINDOWS_IO, 3, false},      {PSB_OP_WINDOWS_HANDLES, 3, false},
    {PSB_OP_WINDOWS_BASIC, 3, false},   {PSB_OP_WINDOWS_PRIORITY, 3, false},
    {PSB_OP_WINDOWS_IMAGE, 3, false},   {PSB_OP_WINDOWS_USER, 5, false},
    {PSB_OP_WINDOWS_CMDLINE, 3, false}, {PSB_OP_WINDOWS_CMDLINE_PEB, 6, true},
    {PSB_OP_WINDOWS_CWD, 6, true},      {PSB_OP_WINDOWS_WORKING_SET, 3, true},
};
enum { OPENING = sizeof OPENS / sizeof *OPENS };

static psb_status ask(psb_op op, psb_pid pid, size_t cap, psb_reply *reply)
{
    static char buf[1 << 16];
    psb_call call = {.op = op, .pid = pid};
    *reply = (psb_reply){.buf = buf, .cap = cap};
    return psb_windows_simulate(win.world, &call, reply);
}

static void a_reply_that_does_not_fit_is_too_small_by_one_byte_too(void **state)
{
    static const psb_op MORE[] = {PSB_OP_WINDOWS_PROCESSES, PSB_OP_WINDOWS_IMAGE_ID, PSB_OP_WINDOWS_FACTS,
                                  PSB_OP_WINDOWS_DRIVES};
    psb_reply reply;
    for (size_t i = 0; i < OPENING + sizeof MORE / sizeof *MORE; i++) {
        psb_op op = i < OPENING ? OPENS[i].op : MORE[i - OPENING];
        assert_int_equal(ask(op, WIN_PID, 1 << 16, &reply), PSB_OK);
        size_t len = reply.len;
        assert_true(len > 0);
        assert_int_equal(ask(op, WIN_PID, len, &reply), PSB_OK);
        assert_int_equal(ask(op, WIN_PID, len - 1, &reply), PSB_TOOSMALL);
        assert_int_equal((uint32_t)reply.os_error, 0xC0000004);
    }
}

static void a_process_is_opened_by_its_owner_and_by_an_administrator(void **state)
{
    static const uint32_t CALLER[] = {0, WIN_UID, STRANGER};
    psb_reply reply;
    for (size_t c = 0; c < 3; c++)
        for (size_t i = 0; i < OPENING; i++) {
            bool may = CALLER[c] != STRANGER;
            win.world->caller_uid = CALLER[c];
            assert_int_equal(ask(OPENS[i].op, WIN_PID, 1 << 16, &reply), may ? PSB_OK : PSB_DENIED);
            assert_int_equal(reply.entries, may ? OPENS[i].entries : 1);
            assert_int_equal(reply.os_error, may ? 0 : 5);
        }
}

static void the_memory_of_a_process_of_the_kernel_is_nobodys_to_read(void **state)
{
    psb_reply reply;
    win_process()->is_kernel = true;
    for (size_t i = 0; i < OPENING; i++)
        assert_int_equal(ask(OPENS[i].op, WIN_PID, 1 << 16, &reply),
                         OPENS[i].reads_memory ? PSB_DENIED : PSB_OK);
}

static void a_pid_of_nobody_is_an_invalid_parameter(void **state)
{
    psb_reply reply;
    for (size_t i = 0; i < OPENING; i++) {
        assert_int_equal(ask(OPENS[i].op, WIN_PID + 4, 1 << 16, &reply), PSB_GONE);
        assert_int_equal(reply.os_error, 87);
        assert_int_equal(reply.entries, 1);
    }
    assert_int_equal(ask(PSB_OP_WINDOWS_IMAGE_ID, WIN_PID + 4, 1 << 16, &reply), PSB_GONE);
    assert_int_equal((uint32_t)reply.os_error, 0xC000000B);
}

/* ---- psutil's list: cpu_percent ... ppid of scenarios/oneshot.json ---- */

static const psb_field PSUTILS[] = {PSB_CPU_PERCENT,      PSB_CPU_TIMES,   PSB_CREATE_TIME,
                                    PSB_IO_COUNTERS,      PSB_MEMORY_INFO, PSB_MEMORY_PERCENT,
                                    PSB_NUM_CTX_SWITCHES, PSB_NUM_HANDLES, PSB_NUM_THREADS,
                                    PSB_PARENT,           PSB_PPID};
enum { LIST = sizeof PSUTILS / sizeof *PSUTILS };

static uint64_t walks_for_the_list(psb_variant variant, uint32_t caller)
{
    psb_value value;
    win.world->caller_uid = caller;
    win_open(variant, PSB_SPAN_PROCESS);
    for (int i = 0; i < LIST; i++)
        assert_int_equal(psb_get(win.snapshot, WIN_PID, PSUTILS[i], &value), PSB_OK);
    return win_calls(PSB_OP_WINDOWS_PROCESSES);
}

static void the_table_is_walked_twice_for_an_owner_and_once_in_a_snapshot(void **state)
{
    assert_int_equal(walks_for_the_list(PSB_UNCACHED, WIN_UID), 2); /* num_threads, num_ctx_switches */
    assert_int_equal(walks_for_the_list(PSB_CACHED, WIN_UID), 1);
}

static void the_table_is_walked_for_every_field_for_a_stranger_and_once_in_a_snapshot(void **state)
{
    assert_int_equal(walks_for_the_list(PSB_UNCACHED, STRANGER), LIST); /* parent asks of both in one get */
    assert_int_equal(walks_for_the_list(PSB_CACHED, STRANGER), 1);
}

/* psutil 8 -> 1 and 9 -> 1: its create_time, ppid and name are kept for the life of its object. */
static void a_stranger_whose_parent_is_the_askers_own_asks_the_parent_by_a_handle(void **state)
{
    win_process()->uid[0] = STRANGER;
    assert_int_equal(walks_for_the_list(PSB_UNCACHED, WIN_UID), LIST);
    assert_int_equal(win_calls(PSB_OP_WINDOWS_TIMES),
                     5); /* four refused, and the parent's, which is answered */
    assert_int_equal(psb_count_read(win.counter)[PSB_OP_WINDOWS_TIMES].failures, 4);
    assert_int_equal(walks_for_the_list(PSB_CACHED, WIN_UID), 1);
    assert_int_equal(win_calls(PSB_OP_WINDOWS_TIMES), 2);
}

/* psutil asks a refused handle anew for every field. */
static void a_refusal_is_kept_as_a_value_is(void **state)
{
    assert_int_equal(walks_for_the_list(PSB_CACHED, STRANGER), 1);
    for (size_t i = 0; i < OPENING; i++)
        assert_in_range(win_calls(OPENS[i].op), 0, OPENS[i].op == PSB_OP_WINDOWS_TIMES ? 2 : 1);
}

static void a_sweep_over_200_strangers_walks_the_table_once(void **state)
{
    psb_value value;
    psb_process process = *win_process();
    for (process.pid = 1000; process.pid < 1000 + 200 * 4; process.pid += 4)
        assert_true(psb_world_spawn(win.world, &process));
    for (int v = 0; v < PSB_VARIANTS; v++) {
        win.world->caller_uid = STRANGER;
        win_open((psb_variant)v, PSB_SPAN_SWEEP);
        for (psb_pid pid = 1000; pid < 1000 + 200 * 4; pid += 4)
            for (int i = 0; i < LIST; i++)
                assert_int_equal(psb_get(win.snapshot, pid, PSUTILS[i], &value), PSB_OK);
        assert_int_equal(win_calls(PSB_OP_WINDOWS_PROCESSES), v == PSB_CACHED ? 1 : 200 * LIST);
    }
}

/* Whom every process may be opened by needs no handle for what is in the table. */
static void a_sweep_opens_nothing_for_what_the_table_holds(void **state)
{
    psb_value value;
    win_open(PSB_CACHED, PSB_SPAN_SWEEP);
    for (int i = 0; i < LIST; i++)
        assert_int_equal(psb_get(win.snapshot, i % 2 ? WIN_PID : WIN_PARENT, PSUTILS[i], &value), PSB_OK);
    assert_int_equal(win_calls(PSB_OP_WINDOWS_PROCESSES), 1);
    for (size_t i = 0; i < OPENING; i++)
        assert_int_equal(win_calls(OPENS[i].op), 0);
}

/* ---- both ways ---- */

/* Holds all answers of a stranger's snapshot against an administrator's, and counts what is not refused. */
static size_t compare(const psb_world *world, psb_span span, uint32_t caller)
{
    psb_world view = *world;
    size_t compared = 0;
    char why[256];
    view.caller_uid = caller;
    psb_backend *fast = psb_open(psb_port_named("windows"), PSB_CACHED, "sim", world, why, sizeof why);
    psb_backend *other = psb_open(psb_port_named("windows"), PSB_CACHED, "sim", &view, why, sizeof why);
    psb_snapshot *by_handle, *by_table;
    assert_int_equal(fast->ops->begin(fast, PSB_SPAN_PROCESS, &by_handle), PSB_OK);
    assert_int_equal(other->ops->begin(other, span, &by_table), PSB_OK);
    for (size_t i = 0; i < world->count; i++)
        for (psb_field field = 0; field < PSB_FIELDS; field++) {
            psb_value a, b;
            psb_get(by_handle, world->process[i].pid, field, &a);
            psb_get(by_table, world->process[i].pid, field, &b);
            if (b.status == PSB_DENIED && caller != 0)
                continue;
            a.os_error = b.os_error = 0; /* one was refused before it was answered */
            if (!psb_value_equal(field, &a, &b))
                fail_msg("%s of pid %lld", psb_field_of(field)->name, (long long)world->process[i].pid);
            compared++;
        }
    fast->ops->end(by_handle);
    other->ops->end(by_table);
    fast->ops->close(fast);
    other->ops->close(other);
    return compared;
}

/* psutil's own test of its two implementations, without its tolerances: here nothing moves between the two. */
static void a_handle_and_the_table_tell_the_same_of_every_process(void **state)
{
    enum { REFUSED = 5 }; /* username cmdline memory_full_info nice cwd */
    psb_world *world = psb_world_make(23, 300);
    assert_int_equal(compare(world, PSB_SPAN_PROCESS, STRANGER), 300 * (PSB_FIELDS - REFUSED));
    assert_int_equal(compare(world, PSB_SPAN_SWEEP, STRANGER), 300 * (PSB_FIELDS - REFUSED));
    assert_int_equal(compare(world, PSB_SPAN_SWEEP, 0), 300 * PSB_FIELDS);
    psb_world_free(world);
}

static void a_command_line_is_the_same_by_either_routine(void **state)
{
    psb_world *world = psb_world_make(3, 100);
    psb_world_free(win.world);
    win.world = world;
    for (size_t i = 0; i < world->count; i++) {
        if (world->process[i].is_kernel)
            continue;
        win.op = PSB_OPS;
        psb_value value = win_get(world->process[i].pid, PSB_CMDLINE);
        assert_int_equal(value.status, PSB_OK);
        uint32_t count = value.count;
        size_t len = value.u.text.len;
        char *bytes = malloc(len + 1);
        memcpy(bytes, value.u.text.bytes, len);
        win_fails(PSB_OP_WINDOWS_CMDLINE, PSB_UNKNOWN, (int)0xC0000003);
        value = win_get(world->process[i].pid, PSB_CMDLINE);
        assert_int_equal(value.count, count);
        assert_text(value, bytes, len);
        free(bytes);
    }
}

static void assert_named(const char *exe, const char *name)
{
    psb_process process = *win_process();
    process.exe = (psb_world_text){exe, strlen(exe), 0};
    assert_true(psb_world_spawn(win.world, &process));
    for (int c = 0; c < 2; c++) {
        win.world->caller_uid = c ? STRANGER : WIN_UID;
        assert_string(win_get(WIN_PID, PSB_NAME), name);
        assert_int_equal(win_calls(PSB_OP_WINDOWS_PROCESSES), c);
        psb_value path = win_get(WIN_PID, PSB_EXE);
        assert_int_equal(path.status, PSB_OK);
        assert_string_equal(path.u.text.bytes + path.u.text.len - strlen(name), name);
        assert_memory_equal(path.u.text.bytes, "C:\\", 3);
    }
}

static void names_of_every_script_are_the_same_by_either_routine(void **state)
{
    assert_named(u8"/\u65e5\u672c\u8a9e/\u30e1\u30e2\u5e33.exe", u8"\u30e1\u30e2\u5e33.exe");
    assert_named(u8"/\U0001F600 \U0001F4BB.exe", u8"\U0001F600 \U0001F4BB.exe");
    assert_named("/a\xed\xa0\xbd.exe", "a\xed\xa0\xbd.exe"); /* an unpaired surrogate */
    assert_named("/\xed\xb8\x80\xed\xa0\xbd", "\xed\xb8\x80\xed\xa0\xbd");
    assert_named("/a\xff.exe", "a\xef\xbf\xbd.exe"); /* no UTF-8: Windows has no such name */
}

/* ---- the processes that Windows has by itself ---- */

static void spawn(psb_pid pid, const char *name, psb_pid ppid)
{
    psb_process process = {.pid = pid,
                           .ppid = ppid,
                           .known = UINT64_MAX,
                           .is_kernel = true,
                           .state = PSB_STATE_SLEEPING,
                           .terminal = -1,
                           .threads = 2,
                           .created_ns = 1000000000,
                           .name = {name, strlen(name), 0},
                           .cmdline = {"", 0, 0}};
    assert_true(psb_world_spawn(win.world, &process));
}

static void the_idle_process_is_told_by_the_table_alone(void **state)
{
    spawn(0, "", 0);
    assert_string(win_get(0, PSB_NAME), "System Idle Process");
    assert_int_equal(win_get(0, PSB_PPID).u.integer, 0);
    assert_int_equal(win_get(0, PSB_PARENT).status, PSB_ABSENT);
    assert_int_equal(win_get(0, PSB_NUM_THREADS).u.integer, 2);
    assert_int_equal(win_get(0, PSB_CPU_TIMES).status, PSB_OK);
    assert_int_equal(win_get(0, PSB_EXE).status, PSB_ABSENT);
    assert_int_equal(win_get(0, PSB_CMDLINE).status, PSB_DENIED);
    assert_int_equal(win_get(0, PSB_USERNAME).status, PSB_DENIED);
}

static void the_kernels_own_have_a_name_and_run_no_file(void **state)
{
    spawn(4, "System", 0);
    spawn(100, "Registry", 4);
    spawn(104, "MemCompression", 4);
    static const struct {
        psb_pid pid;
        const char *name;
    } ROW[] = {{4, "System"}, {100, "Registry"}, {104, "MemCompression"}};
    for (int i = 0; i < 6; i++) {
        win.world->caller_uid = i < 3 ? 0 : STRANGER;
        assert_string(win_get(ROW[i % 3].pid, PSB_NAME), ROW[i % 3].name);
        assert_int_equal(win_get(ROW[i % 3].pid, PSB_EXE).status, PSB_ABSENT);
        assert_int_equal(win_get(ROW[i % 3].pid, PSB_PPID).u.integer, i % 3 ? 4 : 0);
        psb_value cmdline = win_get(ROW[i % 3].pid, PSB_CMDLINE);
        assert_int_equal(cmdline.status, i < 3 ? PSB_OK : PSB_DENIED);
        assert_int_equal(cmdline.count, 0);
        assert_int_equal(win_get(ROW[i % 3].pid, PSB_CWD).status, PSB_DENIED);
    }
}

/* It has no start in the table, and its age is not made up. */
static void a_process_that_was_always_there_has_no_start(void **state)
{
    struct psb_windows_times times = {0};
    spawn(4, "System", 0);
    win_says(PSB_OP_WINDOWS_TIMES, &times, sizeof times);
    assert_int_equal(win_get(4, PSB_CREATE_TIME).status, PSB_UNKNOWN);
    assert_int_equal(win_get(4, PSB_CPU_PERCENT).status, PSB_UNKNOWN);
    assert_int_equal(win_get(4, PSB_CPU_TIMES).status, PSB_OK);
}

static void an_account_that_is_none_is_told_by_its_number(void **state)
{
    assert_string(win_get(WIN_PID, PSB_USERNAME), "WORLD\\grace");
    win_process()->uid[0] = 4000;
    assert_string(win_get(WIN_PID, PSB_USERNAME), "S-1-5-21-1-2-3-4000");
}

/* ---- time passes ---- */

/* OpenProcess has succeeded when it ends: the handle still answers, and says so. */
static psb_status ends_after_opening(const psb_world *world, const psb_call *call, psb_reply *reply)
{
    uint64_t ended = PSB_WINDOWS_EPOCH + UINT64_C(990000000);
    int32_t exit_status = 3;
    psb_status status = psb_windows_simulate(world, call, reply);
    if (status == PSB_OK && call->op == PSB_OP_WINDOWS_TIMES)
        memcpy((char *)reply->buf + offsetof(struct psb_windows_times, exit_time), &ended, sizeof ended);
    if (status == PSB_OK && call->op == PSB_OP_WINDOWS_BASIC)
        memcpy(reply->buf, &exit_status, sizeof exit_status);
    return status;
}

static void a_process_that_ends_between_opening_and_asking_is_gone(void **state)
{
    static const psb_field FIELD[] = {PSB_CREATE_TIME, PSB_CPU_TIMES, PSB_CPU_PERCENT, PSB_PPID, PSB_PARENT};
    psb_backend *backend;
    psb_snapshot *snapshot;
    psb_value value;
    psb_kernel *kernel = psb_sim_open(ends_after_opening, win.world);
    assert_int_equal(psb_port_open(psb_port_named("windows"), PSB_CACHED, kernel, &backend), PSB_OK);
    assert_int_equal(backend->ops->begin(backend, PSB_SPAN_PROCESS, &snapshot), PSB_OK);
    for (size_t i = 0; i < sizeof FIELD / sizeof *FIELD; i++)
        assert_int_equal(psb_get(snapshot, WIN_PID, FIELD[i], &value), PSB_GONE);
    backend->ops->end(snapshot);
    backend->ops->close(backend);
}

static void a_process_that_ends_between_two_questions_is_gone_by_either_routine(void **state)
{
    static const uint32_t CALLER[] = {WIN_UID, STRANGER};
    psb_value value;
    for (int c = 0; c < 2; c++) {
        psb_process process = *win_process();
        win.world->caller_uid = CALLER[c];
        win_open(PSB_UNCACHED, PSB_SPAN_PROCESS);
        assert_int_equal(psb_get(win.snapshot, WIN_PID, PSB_PPID, &value), PSB_OK);
        psb_world_kill(win.world, WIN_PID);
        for (psb_field field = 0; field < PSB_FIELDS; field++)
            if (field != PSB_UIDS && field != PSB_GIDS && field != PSB_TERMINAL && field != PSB_CPU_NUM &&
                field != PSB_NUM_FDS)
                assert_int_equal(psb_get(win.snapshot, WIN_PID, field, &value), PSB_GONE);
        assert_true(psb_world_spawn(win.world, &process));
    }
}

/* 1,000 processes: more than the first room, which grows at once and stays. */
static void the_room_for_1000_processes_grows_once_and_is_remembered(void **state)
{
    psb_pidlist list;
    psb_value value;
    psb_process process = *win_process();
    for (process.pid = 1000; process.pid < 1000 + 998 * 4; process.pid += 4)
        assert_true(psb_world_spawn(win.world, &process));
    win_open(PSB_UNCACHED, PSB_SPAN_PROCESS);
    assert_int_equal(psb_get(win.snapshot, WIN_PID, PSB_NUM_THREADS, &value), PSB_OK);
    const psb_count *count = &psb_count_read(win.counter)[PSB_OP_WINDOWS_PROCESSES];
    assert_int_equal(count->calls, 1);
    assert_int_equal(count->retries, 2); /* 64 KiB, 256 KiB, 1 MiB */
    assert_int_equal(win.backend->ops->pids(win.backend, &list), PSB_OK);
    assert_int_equal(list.count, 1000);
    for (size_t i = 0; i < list.count; i++)
        assert_int_equal(psb_get(win.snapshot, list.pid[i], PSB_NUM_THREADS, &value), PSB_OK);
    assert_int_equal(count->retries, 2);
    psb_pidlist_free(&list);
}

/* Longer than any that CreateProcess takes: Windows has none such. */
static void a_command_line_longer_than_windows_has_is_unknown(void **state)
{
    char *line = malloc(40000);
    memset(line, 'x', 39999);
    line[39999] = '\0';
    win_process()->cmdline = (psb_world_text){line, 32768, 1};
    line[32767] = '\0';
    psb_value value = win_get(WIN_PID, PSB_CMDLINE);
    assert_text(value, line, 32768);
    win_process()->cmdline.len = 40000;
    line[32767] = 'x';
    assert_int_equal(win_status(PSB_CMDLINE), PSB_UNKNOWN);
    free(line);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WIN(a_reply_that_does_not_fit_is_too_small_by_one_byte_too),
        WIN(a_process_is_opened_by_its_owner_and_by_an_administrator),
        WIN(the_memory_of_a_process_of_the_kernel_is_nobodys_to_read),
        WIN(a_pid_of_nobody_is_an_invalid_parameter),
        WIN(the_table_is_walked_twice_for_an_owner_and_once_in_a_snapshot),
        WIN(the_table_is_walked_for_every_field_for_a_stranger_and_once_in_a_snapshot),
        WIN(a_stranger_whose_parent_is_the_askers_own_asks_the_parent_by_a_handle),
        WIN(a_refusal_is_kept_as_a_value_is),
        WIN(a_sweep_over_200_strangers_walks_the_table_once),
        WIN(a_sweep_opens_nothing_for_what_the_table_holds),
        cmocka_unit_test(a_handle_and_the_table_tell_the_same_of_every_process),
        WIN(a_command_line_is_the_same_by_either_routine),
        WIN(names_of_every_script_are_the_same_by_either_routine),
        WIN(the_idle_process_is_told_by_the_table_alone),
        WIN(the_kernels_own_have_a_name_and_run_no_file),
        WIN(a_process_that_was_always_there_has_no_start),
        WIN(an_account_that_is_none_is_told_by_its_number),
        WIN(a_process_that_ends_between_opening_and_asking_is_gone),
        WIN(a_process_that_ends_between_two_questions_is_gone_by_either_routine),
        WIN(the_room_for_1000_processes_grows_once_and_is_remembered),
        WIN(a_command_line_longer_than_windows_has_is_unknown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

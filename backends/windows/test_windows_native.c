/*
 * test_windows_native.c: the native leaf on the Windows, or Wine, that this test runs on, held against what the handle
 * tells that CreateProcess gave. The child is this program again, asleep.
 */
#define WIN32_LEAN_AND_MEAN
#include "windows_abi.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>
#include <windows.h>

#include <psapi.h>
#include <sddl.h>

#include <cmocka.h>

enum { ROOM = 1 << 20, LONG_LINE = 32000 };

static psb_kernel *kernel;
static PROCESS_INFORMATION child, denied, ended;
static WCHAR own_path[MAX_PATH], line[LONG_LINE + 1];
static _Alignas(8) char room[ROOM];

/* Every op that asks about one process, and its entries when it is answered. */
static const struct {
    psb_op op;
    uint32_t entries;
} ASKED[] = {
    {PSB_OP_WINDOWS_TIMES, 3},   {PSB_OP_WINDOWS_MEMORY, 3},      {PSB_OP_WINDOWS_IO, 3},
    {PSB_OP_WINDOWS_HANDLES, 3}, {PSB_OP_WINDOWS_BASIC, 3},       {PSB_OP_WINDOWS_PRIORITY, 3},
    {PSB_OP_WINDOWS_IMAGE, 3},   {PSB_OP_WINDOWS_USER, 5},        {PSB_OP_WINDOWS_CMDLINE, 3},
    {PSB_OP_WINDOWS_CWD, 6},     {PSB_OP_WINDOWS_CMDLINE_PEB, 6}, {PSB_OP_WINDOWS_WORKING_SET, 3},
};
enum { ASKEDS = sizeof ASKED / sizeof *ASKED };

static psb_reply reply;

static psb_status ask_within(psb_op op, psb_pid pid, size_t cap)
{
    psb_call call = {.op = op, .pid = pid};
    reply = (psb_reply){.buf = room, .cap = cap};
    return psb_kernel_call(kernel, &call, &reply);
}

static psb_status ask(psb_op op, psb_pid pid)
{
    return ask_within(op, pid, sizeof room);
}

/* The answer is what Wine 8 may leave out. */
static bool may_be_unknown(psb_op op)
{
    return kernel->evidence == PSB_EVIDENCE_COMPAT &&
           (op == PSB_OP_WINDOWS_CMDLINE || op == PSB_OP_WINDOWS_WORKING_SET);
}

static PROCESS_INFORMATION started(const WCHAR *command, SECURITY_ATTRIBUTES *attributes,
                                   const WCHAR *directory)
{
    STARTUPINFOW info = {.cb = sizeof info};
    PROCESS_INFORMATION out;
    wcscpy(line, command);
    assert_true(CreateProcessW(own_path, line, attributes, NULL, FALSE, DETACHED_PROCESS, NULL, directory,
                               &info, &out));
    wcscpy(line, command);
    return out;
}

static void stopped(PROCESS_INFORMATION *process)
{
    TerminateProcess(process->hProcess, 7);
    WaitForSingleObject(process->hProcess, INFINITE);
    CloseHandle(process->hThread);
    CloseHandle(process->hProcess);
}

/* The denied child may be waited for and ended, and nothing else. */
static int start_all(void **state)
{
    SECURITY_ATTRIBUTES attributes = {.nLength = sizeof attributes};
    assert_true(GetModuleFileNameW(NULL, own_path, MAX_PATH) > 0);
    kernel = psb_native_leaf.open();
    assert_non_null(kernel);
    assert_true(ConvertStringSecurityDescriptorToSecurityDescriptorA("D:(A;;0x100001;;;WD)", SDDL_REVISION_1,
                                                                     &attributes.lpSecurityDescriptor, NULL));
    child = started(L"psb sleep", NULL, L"C:\\windows");
    assert_true(SetPriorityClass(child.hProcess, IDLE_PRIORITY_CLASS));
    denied = started(L"psb sleep", &attributes, NULL);
    ended = started(L"psb end", NULL, NULL);
    LocalFree(attributes.lpSecurityDescriptor);
    WaitForSingleObject(ended.hProcess, INFINITE);
    for (int i = 0; i < 500 && ask(PSB_OP_WINDOWS_CWD, child.dwProcessId) != PSB_OK; i++)
        Sleep(10);
    return 0;
}

static int stop_all(void **state)
{
    stopped(&child);
    stopped(&denied);
    stopped(&ended);
    psb_kernel_close(kernel);
    return 0;
}

/* ---- answers ---- */

static void assert_text(const WCHAR *expected)
{
    assert_int_equal(reply.len, wcslen(expected) * sizeof *expected);
    assert_memory_equal(reply.buf, expected, reply.len);
}

static void the_leaf_is_that_of_windows(void **state)
{
    assert_string_equal(psb_native_leaf.port, "windows");
    assert_true(kernel->evidence == PSB_EVIDENCE_COMPAT || kernel->evidence == PSB_EVIDENCE_NATIVE);
}

static void a_child_answers_what_its_own_handle_tells(void **state)
{
    FILETIME created, rest[3];
    PROCESS_MEMORY_COUNTERS counters;
    struct psb_windows_times times;
    struct psb_windows_memory memory;
    struct psb_windows_basic basic;
    uint32_t priority;
    assert_true(GetProcessTimes(child.hProcess, &created, &rest[0], &rest[1], &rest[2]));
    assert_int_equal(ask(PSB_OP_WINDOWS_TIMES, child.dwProcessId), PSB_OK);
    memcpy(&times, reply.buf, sizeof times);
    assert_memory_equal(&times.create_time, &created, sizeof created);
    assert_int_equal(times.exit_time, 0);
    assert_true(K32GetProcessMemoryInfo(child.hProcess, &counters, sizeof counters));
    assert_int_equal(ask(PSB_OP_WINDOWS_MEMORY, child.dwProcessId), PSB_OK);
    memcpy(&memory, reply.buf, sizeof memory);
    assert_int_equal(memory.size, sizeof memory);
    assert_int_equal(memory.working_set_bytes, counters.WorkingSetSize);
    assert_true(memory.working_set_bytes > 0);
    assert_int_equal(ask(PSB_OP_WINDOWS_BASIC, child.dwProcessId), PSB_OK);
    memcpy(&basic, reply.buf, sizeof basic);
    assert_int_equal(basic.ppid, GetCurrentProcessId());
    assert_int_equal(basic.exit_status, PSB_WINDOWS_STILL_ACTIVE);
    assert_int_equal(ask(PSB_OP_WINDOWS_PRIORITY, child.dwProcessId), PSB_OK);
    memcpy(&priority, reply.buf, sizeof priority);
    assert_int_equal(priority, PSB_WINDOWS_IDLE);
}

static void texts_are_those_that_it_was_started_with(void **state)
{
    WCHAR name[256], *user;
    DWORD units = 256;
    assert_int_equal(ask(PSB_OP_WINDOWS_IMAGE, child.dwProcessId), PSB_OK);
    assert_text(own_path);
    assert_int_equal(ask(PSB_OP_WINDOWS_CMDLINE_PEB, child.dwProcessId), PSB_OK);
    assert_text(L"psb sleep");
    assert_int_equal(ask(PSB_OP_WINDOWS_CWD, child.dwProcessId), PSB_OK);
    assert_text(L"C:\\windows\\");
    assert_int_equal(ask(PSB_OP_WINDOWS_USER, child.dwProcessId), PSB_OK);
    assert_true(GetUserNameW(name, &units));
    room[reply.len] = room[reply.len + 1] = '\0';
    user = wcschr((WCHAR *)(void *)room, L'\\');
    assert_non_null(user);
    assert_int_equal(wcscmp(user + 1, name), 0);
}

static void an_answer_takes_the_entries_that_are_declared(void **state)
{
    for (size_t i = 0; i < ASKEDS; i++) {
        psb_status status = ask(ASKED[i].op, child.dwProcessId);
        if (status != PSB_OK && !(status == PSB_UNKNOWN && may_be_unknown(ASKED[i].op)))
            fail_msg("%s: status %d, error %d", psb_op_name(ASKED[i].op), status, reply.os_error);
        if (reply.entries != ASKED[i].entries)
            fail_msg("%s: %u entries", psb_op_name(ASKED[i].op), reply.entries);
    }
}

/* Unpaired surrogates, an emoji, and as many units as CreateProcess takes. */
static void any_command_line_comes_back_as_it_was(void **state)
{
    static WCHAR command[LONG_LINE + 1];
    static const WCHAR ODD[] = {L'p',   L's',   L'b', L' ',   L's',   L'l', L'e',   L'e',   L'p', L' ',
                                0x65e5, 0x672c, L' ', 0xd83d, 0xde00, L' ', 0xdc00, 0xd800, L' '};
    size_t odd = sizeof ODD / sizeof *ODD;
    memcpy(command, ODD, sizeof ODD);
    for (size_t i = odd; i < LONG_LINE; i++)
        command[i] = (WCHAR)(i % 31 == 0 ? L' ' : 0x4e00 + i);
    PROCESS_INFORMATION process = started(command, NULL, NULL);
    bool written = false; /* under Wine a process writes its own parameters, when it starts */
    for (int i = 0; i < 500 && !written; i++) {
        Sleep(2);
        written = ask(PSB_OP_WINDOWS_CMDLINE_PEB, process.dwProcessId) == PSB_OK &&
                  reply.len == LONG_LINE * sizeof(WCHAR) && memcmp(reply.buf, command, reply.len) == 0;
    }
    stopped(&process);
    assert_text(command);
}

/* ---- refusals ---- */

static void a_process_that_may_not_be_opened_is_denied(void **state)
{
    for (size_t i = 0; i < ASKEDS; i++) {
        assert_int_equal(ask(ASKED[i].op, denied.dwProcessId), PSB_DENIED);
        assert_int_equal(reply.os_error, PSB_WINDOWS_ACCESS_DENIED);
        assert_int_equal(reply.entries, 1);
    }
}

static void what_is_no_process_is_gone(void **state)
{
    PROCESS_INFORMATION process = started(L"psb end", NULL, NULL);
    stopped(&process);
    for (int i = 0; i < 500 && ask(PSB_OP_WINDOWS_TIMES, process.dwProcessId) != PSB_GONE; i++)
        Sleep(10); /* the kernel takes its time to forget it */
    const psb_pid pids[] = {process.dwProcessId, child.dwProcessId + 1, INT64_C(1) << 32, -4};
    for (size_t i = 0; i < ASKEDS; i++)
        for (size_t p = 0; p < sizeof pids / sizeof *pids; p++) {
            assert_int_equal(ask(ASKED[i].op, pids[p]), PSB_GONE);
            assert_int_equal(reply.entries, p == 0);
        }
    assert_int_equal(ask(PSB_OP_WINDOWS_TIMES, PSB_WINDOWS_IDLE_PID), PSB_DENIED);
}

/* It has ended, and is kept by a handle to it: there may be an answer still. */
static void one_that_has_ended_gives_a_fact(void **state)
{
    struct psb_windows_times times;
    for (size_t i = 0; i < ASKEDS; i++) {
        psb_status status = ask(ASKED[i].op, ended.dwProcessId);
        if (!psb_is_fact(status))
            fail_msg("%s: status %d, error %d", psb_op_name(ASKED[i].op), status, reply.os_error);
    }
    assert_int_equal(ask(PSB_OP_WINDOWS_TIMES, ended.dwProcessId), PSB_OK);
    memcpy(&times, reply.buf, sizeof times);
    assert_true(times.exit_time >= times.create_time && times.create_time > 0);
}

static void too_little_room_is_told(void **state)
{
    for (size_t i = 0; i < ASKEDS; i++) {
        psb_status status = ask_within(ASKED[i].op, child.dwProcessId, 2);
        if (status != PSB_TOOSMALL && !may_be_unknown(ASKED[i].op))
            fail_msg("%s: status %d", psb_op_name(ASKED[i].op), status);
    }
    assert_int_equal(ask_within(PSB_OP_WINDOWS_PROCESSES, 0, 64), PSB_TOOSMALL);
}

/* ---- the walk ---- */

static const struct psb_windows_process *record_of(DWORD pid)
{
    assert_int_equal(ask(PSB_OP_WINDOWS_PROCESSES, 0), PSB_OK);
    for (size_t at = 0;;) {
        const struct psb_windows_process *record = (const struct psb_windows_process *)(void *)(room + at);
        assert_true(at + sizeof *record <= reply.len);
        if (record->pid == pid)
            return record;
        if (record->next == 0)
            return NULL;
        at += record->next;
    }
}

static void the_walk_tells_of_a_process_that_may_not_be_opened(void **state)
{
    FILETIME created, rest[3];
    const struct psb_windows_process *record = record_of(denied.dwProcessId);
    assert_non_null(record);
    assert_int_equal(record->ppid, GetCurrentProcessId());
    assert_int_equal(record->threads, 1);
    assert_true(GetProcessTimes(denied.hProcess, &created, &rest[0], &rest[1], &rest[2]));
    assert_memory_equal(&record->create_time, &created, sizeof created);
    assert_int_equal(reply.entries, 1);
}

static void a_name_lies_in_its_record(void **state)
{
    const struct psb_windows_process *record = record_of(child.dwProcessId);
    const WCHAR *base = wcsrchr(own_path, L'\\') + 1;
    assert_non_null(record);
    assert_int_equal(record->image_bytes, wcslen(base) * sizeof *base);
    assert_true(record->image_name + record->image_bytes <= reply.len);
    assert_memory_equal((const char *)record + record->image_name, base, record->image_bytes);
}

static void one_that_has_ended_is_not_listed(void **state)
{
    assert_null(record_of(ended.dwProcessId));
}

/* ---- handles ---- */

/* Each round may leave none behind: the lowest free handle stays the same. */
static void no_handle_is_left_open(void **state)
{
    const DWORD pids[] = {child.dwProcessId, denied.dwProcessId, ended.dwProcessId, child.dwProcessId + 2};
    HANDLE before = CreateEventW(NULL, TRUE, FALSE, NULL);
    CloseHandle(before);
    for (int round = 0; round < 100; round++)
        for (size_t i = 0; i < ASKEDS; i++)
            for (size_t p = 0; p < sizeof pids / sizeof *pids; p++)
                (void)ask_within(ASKED[i].op, pids[p], round % 2 ? sizeof room : 8);
    HANDLE after = CreateEventW(NULL, TRUE, FALSE, NULL);
    CloseHandle(after);
    assert_true((uintptr_t)after < (uintptr_t)before + 4 * 100);
}

static void a_bare_call_is_the_call(void **state)
{
    psb_bare bare;
    for (size_t i = 0; i < ASKEDS; i++) {
        psb_call call = {.op = ASKED[i].op, .pid = child.dwProcessId};
        assert_true(psb_native_leaf.bare(&call, &bare));
        bare.run(&bare);
        if (!may_be_unknown(ASKED[i].op))
            assert_int_equal(bare.result, PSB_OK);
    }
    psb_call walk = {.op = PSB_OP_WINDOWS_PROCESSES};
    assert_true(psb_native_leaf.bare(&walk, &bare));
    bare.run(&bare);
    assert_int_equal(bare.result, 0);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_leaf_is_that_of_windows),
        cmocka_unit_test(a_child_answers_what_its_own_handle_tells),
        cmocka_unit_test(texts_are_those_that_it_was_started_with),
        cmocka_unit_test(an_answer_takes_the_entries_that_are_declared),
        cmocka_unit_test(any_command_line_comes_back_as_it_was),
        cmocka_unit_test(a_process_that_may_not_be_opened_is_denied),
        cmocka_unit_test(what_is_no_process_is_gone),
        cmocka_unit_test(one_that_has_ended_gives_a_fact),
        cmocka_unit_test(too_little_room_is_told),
        cmocka_unit_test(the_walk_tells_of_a_process_that_may_not_be_opened),
        cmocka_unit_test(a_name_lies_in_its_record),
        cmocka_unit_test(one_that_has_ended_is_not_listed),
        cmocka_unit_test(no_handle_is_left_open),
        cmocka_unit_test(a_bare_call_is_the_call),
    };
    if (argc > 1 && strcmp(argv[1], "sleep") == 0)
        Sleep(60000); /* it is ended before; not later than this, whatever happens */
    if (argc > 1)
        return 0;
    return cmocka_run_group_tests(tests, start_all, stop_all);
}

/*
 * windows_native.c: the leaf that asks the Windows that this program runs on, or what stands in for it (Wine). The
 * only file of the port with OS headers, and the only place where Windows' errors become statuses. Nothing is asked
 * that Windows 10 lacks, of no other library than kernel32, ntdll and advapi32.
 */
#define WIN32_LEAN_AND_MEAN
#include "windows_abi.h"

#include <stdlib.h>
#include <windows.h>

#include <psapi.h>
#include <sddl.h>
#include <winternl.h>

/*
 * ---- windows_abi.h is what the headers say ----
 * mingw-w64's winternl.h names its members, as Microsoft's does, only in part: working_set_private_bytes and
 * hard_faults lie in Reserved, a thread's switches are Reserved3. That they lie there rests on phnt alone.
 */

#define SIZE_OF_MEMBER(type, member) sizeof(((type *)0)->member)
#define SAME(ours, our_member, theirs, their_member)                                                         \
    _Static_assert(offsetof(ours, our_member) == offsetof(theirs, their_member), #their_member);             \
    _Static_assert(SIZE_OF_MEMBER(ours, our_member) == SIZE_OF_MEMBER(theirs, their_member), #their_member)
#define SAME_PROCESS(ours, theirs) SAME(struct psb_windows_process, ours, SYSTEM_PROCESS_INFORMATION, theirs)
#define SAME_THREAD(ours, theirs)  SAME(struct psb_windows_thread, ours, SYSTEM_THREAD_INFORMATION, theirs)
#define SAME_MEMORY(ours, theirs)  SAME(struct psb_windows_memory, ours, PROCESS_MEMORY_COUNTERS_EX, theirs)
#define SAME_IO(ours, theirs)                                                                                \
    SAME(struct psb_windows_io, ours, IO_COUNTERS, theirs);                                                  \
    SAME_PROCESS(ours, IoCounters.theirs)
#define SAME_BASIC(ours, theirs) SAME(struct psb_windows_basic, ours, PROCESS_BASIC_INFORMATION, theirs)

_Static_assert(sizeof(struct psb_windows_process) == sizeof(SYSTEM_PROCESS_INFORMATION), "a process");
SAME_PROCESS(next, NextEntryOffset);
SAME_PROCESS(threads, NumberOfThreads);
_Static_assert(offsetof(struct psb_windows_process, working_set_private_bytes) ==
                       offsetof(SYSTEM_PROCESS_INFORMATION, Reserved) &&
                   offsetof(struct psb_windows_process, hard_faults) ==
                       offsetof(SYSTEM_PROCESS_INFORMATION, Reserved[1]),
               "Reserved");
SAME_PROCESS(create_time, CreateTime);
SAME_PROCESS(user_time, UserTime);
SAME_PROCESS(kernel_time, KernelTime);
SAME_PROCESS(image_bytes, ImageName.Length);
SAME_PROCESS(image_capacity, ImageName.MaximumLength);
SAME_PROCESS(image_name, ImageName.Buffer);
SAME_PROCESS(base_priority, BasePriority);
SAME_PROCESS(pid, UniqueProcessId);
SAME_PROCESS(ppid, InheritedFromUniqueProcessId);
SAME_PROCESS(handles, HandleCount);
SAME_PROCESS(session, SessionId);
SAME_PROCESS(peak_virtual_bytes, VirtualMemoryCounters.PeakVirtualSize);
SAME_PROCESS(virtual_bytes, VirtualMemoryCounters.VirtualSize);
SAME_PROCESS(faults, VirtualMemoryCounters.PageFaultCount);
SAME_PROCESS(peak_working_set_bytes, VirtualMemoryCounters.PeakWorkingSetSize);
SAME_PROCESS(working_set_bytes, VirtualMemoryCounters.WorkingSetSize);
SAME_PROCESS(pagefile_bytes, VirtualMemoryCounters.PagefileUsage);
SAME_PROCESS(peak_pagefile_bytes, VirtualMemoryCounters.PeakPagefileUsage);
SAME_PROCESS(private_bytes, PrivatePageCount);
SAME_IO(reads, ReadOperationCount);
SAME_IO(writes, WriteOperationCount);
SAME_IO(others, OtherOperationCount);
SAME_IO(read_bytes, ReadTransferCount);
SAME_IO(write_bytes, WriteTransferCount);
SAME_IO(other_bytes, OtherTransferCount);
_Static_assert(sizeof(struct psb_windows_io) == sizeof(IO_COUNTERS), "IO_COUNTERS");
_Static_assert(sizeof(struct psb_windows_thread) == sizeof(SYSTEM_THREAD_INFORMATION), "a thread");
SAME(struct psb_windows_thread, kernel_time, SYSTEM_THREAD_INFORMATION, Reserved1[0]);
SAME(struct psb_windows_thread, user_time, SYSTEM_THREAD_INFORMATION, Reserved1[1]);
SAME(struct psb_windows_thread, create_time, SYSTEM_THREAD_INFORMATION, Reserved1[2]);
SAME_THREAD(pid, ClientId.UniqueProcess);
SAME_THREAD(tid, ClientId.UniqueThread);
SAME_THREAD(switches, Reserved3);
SAME_THREAD(state, ThreadState);
SAME_THREAD(wait_reason, WaitReason);
_Static_assert(sizeof(struct psb_windows_memory) == sizeof(PROCESS_MEMORY_COUNTERS_EX), "memory");
SAME_MEMORY(size, cb);
SAME_MEMORY(faults, PageFaultCount);
SAME_MEMORY(peak_working_set_bytes, PeakWorkingSetSize);
SAME_MEMORY(working_set_bytes, WorkingSetSize);
SAME_MEMORY(pagefile_bytes, PagefileUsage);
SAME_MEMORY(peak_pagefile_bytes, PeakPagefileUsage);
SAME_MEMORY(private_bytes, PrivateUsage);
_Static_assert(sizeof(struct psb_windows_basic) == sizeof(PROCESS_BASIC_INFORMATION), "basic");
SAME_BASIC(exit_status, ExitStatus);
SAME_BASIC(peb, PebBaseAddress);
SAME_BASIC(affinity, AffinityMask);
SAME_BASIC(base_priority, BasePriority);
SAME_BASIC(pid, UniqueProcessId);
SAME_BASIC(ppid, InheritedFromUniqueProcessId);
_Static_assert(sizeof(struct psb_windows_times) == 4 * sizeof(FILETIME), "GetProcessTimes");
_Static_assert(PSB_WINDOWS_NORMAL == NORMAL_PRIORITY_CLASS && PSB_WINDOWS_IDLE == IDLE_PRIORITY_CLASS &&
                   PSB_WINDOWS_HIGH == HIGH_PRIORITY_CLASS &&
                   PSB_WINDOWS_REALTIME == REALTIME_PRIORITY_CLASS &&
                   PSB_WINDOWS_BELOW_NORMAL == BELOW_NORMAL_PRIORITY_CLASS &&
                   PSB_WINDOWS_ABOVE_NORMAL == ABOVE_NORMAL_PRIORITY_CLASS,
               "winbase.h");
_Static_assert(PSB_WINDOWS_STILL_ACTIVE == STILL_ACTIVE, "winbase.h");
_Static_assert(PSB_WINDOWS_ACCESS_DENIED == ERROR_ACCESS_DENIED &&
                   PSB_WINDOWS_BAD_LENGTH == ERROR_BAD_LENGTH &&
                   PSB_WINDOWS_GEN_FAILURE == ERROR_GEN_FAILURE &&
                   PSB_WINDOWS_INVALID_PARAMETER == ERROR_INVALID_PARAMETER &&
                   PSB_WINDOWS_INSUFFICIENT_BUFFER == ERROR_INSUFFICIENT_BUFFER &&
                   PSB_WINDOWS_PARTIAL_COPY == ERROR_PARTIAL_COPY,
               "winerror.h");

/* ---- what no header of mingw-w64 has ---- */

enum {
    CLASS_PROCESS_ID = 0x58,  /* SystemProcessIdInformation; phnt ntexapi.h */
    CLASS_COMMAND_LINE = 60,  /* ProcessCommandLineInformation; phnt ntpsapi.h */
    PEB_PARAMETERS = 0x20,    /* ProcessParameters of a PEB: winternl.h */
    PARAMETERS_DIRECTORY = 56 /* CurrentDirectory.DosPath of RTL_USER_PROCESS_PARAMETERS; phnt ntrtl.h */
};
_Static_assert(PEB_PARAMETERS == offsetof(PEB, ProcessParameters), "PEB");

/* SYSTEM_PROCESS_ID_INFORMATION */
struct image_of_id {
    uint64_t pid;
    UNICODE_STRING name;
};

/* ---- errors ---- */

/* ntstatus.h and windows.h do not go together. */
static const struct {
    uint32_t error;
    psb_status status;
} OF_NTSTATUS[] = {
    {0xC0000004, PSB_TOOSMALL}, /* STATUS_INFO_LENGTH_MISMATCH */
    {0xC0000023, PSB_TOOSMALL}, /* STATUS_BUFFER_TOO_SMALL */
    {0x80000005, PSB_TOOSMALL}, /* STATUS_BUFFER_OVERFLOW */
    {0xC0000002, PSB_UNKNOWN},  /* STATUS_NOT_IMPLEMENTED */
    {0xC0000003, PSB_UNKNOWN},  /* STATUS_INVALID_INFO_CLASS */
    {0xC000000B, PSB_GONE},     /* STATUS_INVALID_CID */
    {0xC0000022, PSB_DENIED},   /* STATUS_ACCESS_DENIED */
    {0xC0000061, PSB_DENIED},   /* STATUS_PRIVILEGE_NOT_HELD */
};
enum { NT_NOT_FOUND = (int)0xC0000225, NT_IS_TERMINATING = (int)0xC000010A };

static const struct {
    DWORD error;
    psb_status status;
} OF_ERROR[] = {
    {ERROR_ACCESS_DENIED, PSB_DENIED},         {ERROR_PRIVILEGE_NOT_HELD, PSB_DENIED},
    {ERROR_INSUFFICIENT_BUFFER, PSB_TOOSMALL}, {ERROR_BAD_LENGTH, PSB_TOOSMALL},
    {ERROR_MORE_DATA, PSB_TOOSMALL},           {ERROR_INVALID_FUNCTION, PSB_UNKNOWN}, /* not implemented */
    {ERROR_NOT_SUPPORTED, PSB_UNKNOWN},        {ERROR_CALL_NOT_IMPLEMENTED, PSB_UNKNOWN},
    {ERROR_NOT_ENOUGH_MEMORY, PSB_NOMEM},
};

static psb_status nt_failed(NTSTATUS status, psb_reply *reply)
{
    for (size_t i = 0; i < sizeof OF_NTSTATUS / sizeof *OF_NTSTATUS; i++)
        if (OF_NTSTATUS[i].error == (uint32_t)status)
            return psb_refuse(reply, OF_NTSTATUS[i].status, (int)status);
    return psb_refuse(reply, PSB_OSERROR, (int)status);
}

static psb_status failed(psb_reply *reply)
{
    DWORD error = GetLastError();
    for (size_t i = 0; i < sizeof OF_ERROR / sizeof *OF_ERROR; i++)
        if (OF_ERROR[i].error == error)
            return psb_refuse(reply, OF_ERROR[i].status, (int)error);
    return psb_refuse(reply, PSB_OSERROR, (int)error);
}

/* ---- one query of an open process: each closes what it opens itself ---- */

typedef psb_status query(HANDLE process, psb_reply *reply);

static psb_status times(HANDLE process, psb_reply *reply)
{
    FILETIME time[4];
    reply->entries++;
    if (!GetProcessTimes(process, &time[0], &time[1], &time[2], &time[3]))
        return failed(reply);
    return psb_append(time, sizeof time, reply);
}

static bool has_ended(HANDLE process, psb_reply *reply)
{
    DWORD code;
    reply->entries++;
    return GetExitCodeProcess(process, &code) && code != STILL_ACTIVE;
}

/* No memory at all: it has ended, and is kept by somebody's handle. */
static psb_status memory(HANDLE process, psb_reply *reply)
{
    PROCESS_MEMORY_COUNTERS_EX counters = {0};
    reply->entries++;
    if (!K32GetProcessMemoryInfo(process, (PROCESS_MEMORY_COUNTERS *)&counters, sizeof counters))
        return failed(reply);
    if (counters.WorkingSetSize == 0 && has_ended(process, reply))
        return PSB_GONE;
    counters.cb =
        sizeof counters; /* Wine says the size of the older struct, and has no PrivateUsage to give */
    return psb_append(&counters, sizeof counters, reply);
}

static psb_status io(HANDLE process, psb_reply *reply)
{
    IO_COUNTERS counters;
    reply->entries++;
    if (!GetProcessIoCounters(process, &counters))
        return failed(reply);
    return psb_append(&counters, sizeof counters, reply);
}

static psb_status handles(HANDLE process, psb_reply *reply)
{
    DWORD count;
    reply->entries++;
    if (!GetProcessHandleCount(process, &count))
        return failed(reply);
    return psb_append(&count, sizeof count, reply);
}

static psb_status basic(HANDLE process, psb_reply *reply)
{
    PROCESS_BASIC_INFORMATION info;
    reply->entries++;
    NTSTATUS status = NtQueryInformationProcess(process, ProcessBasicInformation, &info, sizeof info, NULL);
    return status < 0 ? nt_failed(status, reply) : psb_append(&info, sizeof info, reply);
}

static psb_status priority(HANDLE process, psb_reply *reply)
{
    DWORD class = GetPriorityClass(process);
    reply->entries++;
    return class == 0 ? failed(reply) : psb_append(&class, sizeof class, reply);
}

static psb_status image(HANDLE process, psb_reply *reply)
{
    DWORD units = (DWORD)(reply->cap / sizeof(WCHAR));
    reply->entries++;
    if (QueryFullProcessImageNameW(process, 0, reply->buf, &units)) {
        reply->len = units * sizeof(WCHAR);
        return units > 0 ? PSB_OK : PSB_ABSENT;
    }
    return GetLastError() == ERROR_GEN_FAILURE ? psb_refuse(reply, PSB_ABSENT, ERROR_GEN_FAILURE)
                                               : failed(reply);
}

enum { ACCOUNT_UNITS = 257 }; /* UNLEN + 1, lmcons.h; no name of a domain is longer */

/* "DOMAIN\user", or the text of a SID that has no account. */
static psb_status account(PSID sid, psb_reply *reply)
{
    WCHAR user[ACCOUNT_UNITS], domain[ACCOUNT_UNITS], *text;
    DWORD user_units = ACCOUNT_UNITS, domain_units = ACCOUNT_UNITS;
    SID_NAME_USE use;
    if (LookupAccountSidW(NULL, sid, user, &user_units, domain, &domain_units, &use)) {
        psb_status status = psb_append(domain, domain_units * sizeof *domain, reply);
        if (status == PSB_OK && domain_units > 0)
            status = psb_append(L"\\", sizeof *domain, reply);
        return status == PSB_OK ? psb_append(user, user_units * sizeof *user, reply) : status;
    }
    if (GetLastError() == ERROR_INSUFFICIENT_BUFFER) /* more room of the caller's would not help */
        return psb_refuse(reply, PSB_OSERROR, ERROR_INSUFFICIENT_BUFFER);
    if (GetLastError() != ERROR_NONE_MAPPED || !ConvertSidToStringSidW(sid, &text))
        return failed(reply);
    psb_status status = psb_append(text, wcslen(text) * sizeof *text, reply);
    LocalFree(text);
    return status;
}

static psb_status user(HANDLE process, psb_reply *reply)
{
    HANDLE token;
    union {
        TOKEN_USER user;
        char room[sizeof(TOKEN_USER) + SECURITY_MAX_SID_SIZE];
    } info;
    DWORD len;
    reply->entries++;
    if (!OpenProcessToken(process, TOKEN_QUERY, &token))
        return failed(reply);
    reply->entries += 2;
    bool told = GetTokenInformation(token, TokenUser, &info, sizeof info, &len);
    psb_status status = told ? PSB_OK : failed(reply);
    CloseHandle(token);
    return told ? account(info.user.User.Sid, reply) : status;
}

static psb_status command_line(HANDLE process, psb_reply *reply)
{
    UNICODE_STRING line = {0};
    ULONG len = 0;
    reply->entries++;
    NTSTATUS status = NtQueryInformationProcess(process, (PROCESSINFOCLASS)CLASS_COMMAND_LINE, reply->buf,
                                                (ULONG)reply->cap, &len);
    if (status == NT_NOT_FOUND || status == NT_IS_TERMINATING)
        return PSB_OK;
    if (status < 0)
        return nt_failed(status, reply);
    memcpy(&line, reply->buf, sizeof line < reply->cap ? sizeof line : reply->cap);
    size_t start = (size_t)((char *)line.Buffer - (char *)reply->buf);
    if (line.Length == 0)
        return PSB_OK;
    if (start > reply->cap || line.Length > reply->cap - start)
        return PSB_MALFORMED;
    memmove(reply->buf, line.Buffer, line.Length);
    reply->len = line.Length;
    return PSB_OK;
}

/* ---- strings that only the process itself has ---- */

static bool read_of(HANDLE process, uint64_t address, void *out, size_t len, psb_reply *reply)
{
    SIZE_T got;
    reply->entries++;
    return ReadProcessMemory(process, (const void *)(uintptr_t)address, out, len, &got) && got == len;
}

/* It ends or starts while it is read: what it would have told is gone with it, or is not known. */
static psb_status not_read(HANDLE process, psb_status none, psb_reply *reply)
{
    DWORD error = GetLastError();
    if (error != ERROR_PARTIAL_COPY && error != ERROR_NOACCESS)
        return failed(reply);
    psb_status status = has_ended(process, reply) ? none : PSB_UNKNOWN;
    return status == PSB_OK ? PSB_OK : psb_refuse(reply, status, (int)error);
}

/* The string at this place of the process parameters; none: the status of a process that has no such. */
static psb_status parameter(HANDLE process, size_t place, psb_status none, psb_reply *reply)
{
    PROCESS_BASIC_INFORMATION info;
    UNICODE_STRING text;
    uint64_t parameters;
    reply->entries++;
    NTSTATUS status = NtQueryInformationProcess(process, ProcessBasicInformation, &info, sizeof info, NULL);
    if (status < 0)
        return nt_failed(status, reply);
    uint64_t peb = (uintptr_t)info.PebBaseAddress;
    if (peb == 0)
        return none;
    if (!read_of(process, peb + PEB_PARAMETERS, &parameters, sizeof parameters, reply))
        return not_read(process, none, reply);
    if (parameters == 0)
        return none;
    if (!read_of(process, parameters + place, &text, sizeof text, reply))
        return not_read(process, none, reply);
    if (text.Length == 0)
        return none;
    if (text.Length > reply->cap)
        return PSB_TOOSMALL;
    if (!read_of(process, (uintptr_t)text.Buffer, reply->buf, text.Length, reply))
        return not_read(process, none, reply);
    reply->len = text.Length;
    return PSB_OK;
}

static psb_status command_line_peb(HANDLE process, psb_reply *reply)
{
    return parameter(process, offsetof(RTL_USER_PROCESS_PARAMETERS, CommandLine), PSB_OK, reply);
}

static psb_status directory(HANDLE process, psb_reply *reply)
{
    return parameter(process, PARAMETERS_DIRECTORY, PSB_ABSENT, reply);
}

static psb_status working_set(HANDLE process, psb_reply *reply)
{
    uint64_t pages;
    reply->entries++;
    if (!K32QueryWorkingSet(process, reply->buf, (DWORD)reply->cap)) /* 87: this kernel does not tell it */
        return GetLastError() == ERROR_INVALID_PARAMETER
                   ? psb_refuse(reply, PSB_UNKNOWN, ERROR_INVALID_PARAMETER)
                   : failed(reply);
    memcpy(&pages, reply->buf, sizeof pages);
    if (pages > (reply->cap - sizeof pages) / sizeof pages)
        return PSB_TOOSMALL;
    reply->len = sizeof pages + pages * sizeof pages;
    return PSB_OK;
}

enum { TO_QUERY = PROCESS_QUERY_LIMITED_INFORMATION, TO_READ = PROCESS_QUERY_INFORMATION | PROCESS_VM_READ };

static const struct {
    DWORD rights;
    query *ask;
} OPENED[PSB_OPS] = {
    [PSB_OP_WINDOWS_TIMES] = {TO_QUERY, times},
    [PSB_OP_WINDOWS_MEMORY] = {TO_QUERY, memory},
    [PSB_OP_WINDOWS_IO] = {TO_QUERY, io},
    [PSB_OP_WINDOWS_HANDLES] = {TO_QUERY, handles},
    [PSB_OP_WINDOWS_BASIC] = {TO_QUERY, basic},
    [PSB_OP_WINDOWS_PRIORITY] = {TO_QUERY, priority},
    [PSB_OP_WINDOWS_IMAGE] = {TO_QUERY, image},
    [PSB_OP_WINDOWS_USER] = {TO_QUERY, user},
    [PSB_OP_WINDOWS_CMDLINE] = {TO_QUERY, command_line},
    [PSB_OP_WINDOWS_CMDLINE_PEB] = {TO_READ, command_line_peb},
    [PSB_OP_WINDOWS_CWD] = {TO_READ, directory},
    [PSB_OP_WINDOWS_WORKING_SET] = {TO_READ, working_set},
};

/* NULL without an error is a process that was just ending (psutil's issue 1877). */
static psb_status not_opened(psb_pid pid, psb_reply *reply)
{
    DWORD error = GetLastError();
    if (error == ERROR_INVALID_PARAMETER)
        return psb_refuse(reply, pid == PSB_WINDOWS_IDLE_PID ? PSB_DENIED : PSB_GONE, (int)error);
    return error == ERROR_SUCCESS ? PSB_GONE : failed(reply);
}

/* Windows refuses some questions about a process that is ending: then it is that which is told. */
static psb_status open_and_ask(const psb_call *call, psb_reply *reply)
{
    if (call->pid < 0 || call->pid > UINT32_MAX || call->pid % 4 != 0)
        return PSB_GONE;
    HANDLE process = OpenProcess(OPENED[call->op].rights, FALSE, (DWORD)call->pid);
    reply->entries++;
    if (!process)
        return not_opened(call->pid, reply);
    psb_status status = OPENED[call->op].ask(process, reply);
    if (status == PSB_DENIED && has_ended(process, reply))
        status = PSB_GONE;
    CloseHandle(process);
    reply->entries++;
    return status;
}

/* ---- the walk over all processes ---- */

/* The address of each name becomes its distance from its record; a record that is none is left to the parser. */
static void make_offsets(char *raw, size_t len)
{
    for (size_t at = 0; len - at >= sizeof(struct psb_windows_process);) {
        struct psb_windows_process *record = (struct psb_windows_process *)(void *)(raw + at);
        uint64_t start = (uintptr_t)record;
        if (record->image_bytes == 0 || record->image_name < start)
            record->image_name = 0;
        else
            record->image_name -= start;
        if (record->next < sizeof *record || record->next > len - at)
            return;
        at += record->next;
    }
}

static psb_status processes(psb_reply *reply)
{
    ULONG len = 0;
    reply->entries++;
    NTSTATUS status = NtQuerySystemInformation(SystemProcessInformation, reply->buf, (ULONG)reply->cap, &len);
    if (status < 0)
        return nt_failed(status, reply);
    reply->len = len < reply->cap ? len : reply->cap;
    make_offsets(reply->buf, reply->len);
    return PSB_OK;
}

static psb_status image_of_id(const psb_call *call, psb_reply *reply)
{
    if (call->pid < 0 || call->pid > UINT32_MAX || call->pid % 4 != 0)
        return PSB_GONE;
    struct image_of_id info = {.pid = (uint64_t)call->pid};
    info.name.MaximumLength = (USHORT)(reply->cap < 65534 ? reply->cap / 2 * 2 : 65534);
    info.name.Buffer = reply->buf;
    reply->entries++;
    NTSTATUS status =
        NtQuerySystemInformation((SYSTEM_INFORMATION_CLASS)CLASS_PROCESS_ID, &info, sizeof info, NULL);
    if (status < 0)
        return nt_failed(status, reply);
    reply->len = info.name.Length;
    return PSB_OK;
}

/* ---- everything else ---- */

static psb_status facts(psb_reply *reply)
{
    SYSTEM_INFO system;
    MEMORYSTATUSEX state = {.dwLength = sizeof state};
    GetSystemInfo(&system);
    reply->entries++;
    if (!GlobalMemoryStatusEx(&state))
        return failed(reply);
    struct psb_windows_facts out = {system.dwPageSize, state.ullTotalPhys};
    return psb_append(&out, sizeof out, reply);
}

static psb_status drives(psb_reply *reply)
{
    psb_status status = PSB_OK;
    for (WCHAR letter = 'A'; letter <= 'Z' && status == PSB_OK; letter++) {
        const WCHAR name[] = {letter, ':', 0};
        WCHAR device[1024];
        struct psb_windows_drive drive = {.letter = letter};
        reply->entries++;
        if (QueryDosDeviceW(name, device, sizeof device / sizeof *device) == 0)
            continue;
        size_t units = wcslen(device); /* the first of several is the one that holds */
        if (units > sizeof drive.device / sizeof *drive.device)
            continue;
        drive.units = (uint16_t)units;
        memcpy(drive.device, device, units * sizeof *device);
        status = psb_append(&drive, sizeof drive, reply);
    }
    return status;
}

static int64_t now_ns(void)
{
    FILETIME time;
    GetSystemTimePreciseAsFileTime(&time);
    uint64_t ticks = (uint64_t)time.dwHighDateTime << 32 | time.dwLowDateTime;
    return (int64_t)(ticks - PSB_WINDOWS_EPOCH) * 100;
}

static psb_status nothing(psb_reply *reply)
{
    CloseHandle(NULL);
    reply->entries++;
    return PSB_OK;
}

static psb_status native_call(psb_kernel *kernel, const psb_call *call, psb_reply *reply)
{
    int64_t now;
    reply->len = 0;
    reply->os_error = 0;
    reply->entries = 0;
    if (call->op < PSB_OPS && OPENED[call->op].ask)
        return open_and_ask(call, reply);
    switch (call->op) {
    case PSB_OP_NOTHING:
        return nothing(reply);
    case PSB_OP_CLOCK:
        now = now_ns();
        return psb_append(&now, sizeof now, reply);
    case PSB_OP_USER_NAME: /* there are no numbers for users */
        return PSB_ABSENT;
    case PSB_OP_WINDOWS_FACTS:
        return facts(reply);
    case PSB_OP_WINDOWS_DRIVES:
        return drives(reply);
    case PSB_OP_WINDOWS_PROCESSES:
        return processes(reply);
    case PSB_OP_WINDOWS_IMAGE_ID:
        return image_of_id(call, reply);
    default:
        return psb_refuse(reply, PSB_OSERROR, ERROR_CALL_NOT_IMPLEMENTED);
    }
}

static void native_close(psb_kernel *kernel)
{
    free(kernel);
}

/* Wine says so itself: its ntdll has a routine that Windows' has not. */
static psb_evidence evidence(void)
{
    HMODULE ntdll = GetModuleHandleW(L"ntdll.dll");
    return ntdll && GetProcAddress(ntdll, "wine_get_version") ? PSB_EVIDENCE_COMPAT : PSB_EVIDENCE_NATIVE;
}

static psb_kernel *native_open(void)
{
    static const psb_kernel_ops OPS = {"native", native_call, native_close};
    psb_kernel *kernel = calloc(1, sizeof *kernel);
    if (kernel)
        *kernel = (psb_kernel){&OPS, NULL, evidence()};
    return kernel;
}

/* ---- bare calls: the same routines, with nothing of the leaf around them but where their answer goes ---- */

enum { BARE_ROOM = 128 << 10, BARE_WALK_ROOM = 512 << 10 };

static void bare_opened(psb_bare *bare)
{
    _Alignas(8) char buf[BARE_ROOM];
    psb_reply reply = {.buf = buf, .cap = sizeof buf};
    HANDLE process = OpenProcess(OPENED[bare->call.op].rights, FALSE, (DWORD)bare->call.pid);
    bare->result = process ? OPENED[bare->call.op].ask(process, &reply) : PSB_DENIED;
    if (process)
        CloseHandle(process);
}

static void bare_processes(psb_bare *bare)
{
    _Alignas(8) char buf[BARE_WALK_ROOM];
    bare->result = NtQuerySystemInformation(SystemProcessInformation, buf, sizeof buf, NULL);
}

static void bare_image_of_id(psb_bare *bare)
{
    WCHAR path[1024];
    struct image_of_id info = {.pid = (uint64_t)bare->call.pid,
                               .name = {.MaximumLength = sizeof path, .Buffer = path}};
    bare->result =
        NtQuerySystemInformation((SYSTEM_INFORMATION_CLASS)CLASS_PROCESS_ID, &info, sizeof info, NULL);
}

static void bare_nothing(psb_bare *bare)
{
    bare->result = CloseHandle(NULL);
}

static void bare_clock(psb_bare *bare)
{
    bare->result = now_ns();
}

/* A walk over more processes than there is room for has no bare form. */
static bool native_bare(const psb_call *call, psb_bare *bare)
{
    *bare = (psb_bare){.call = *call};
    if (call->op == PSB_OP_NOTHING)
        bare->run = bare_nothing;
    else if (call->op == PSB_OP_CLOCK)
        bare->run = bare_clock;
    else if (call->op == PSB_OP_WINDOWS_IMAGE_ID)
        bare->run = bare_image_of_id;
    else if (call->op == PSB_OP_WINDOWS_PROCESSES) {
        bare_processes(bare);
        bare->run = bare->result >= 0 ? bare_processes : NULL;
    } else if (call->op < PSB_OPS && OPENED[call->op].ask)
        bare->run = bare_opened;
    return bare->run != NULL;
}

const psb_native psb_native_leaf = {"windows", native_open, native_bare};

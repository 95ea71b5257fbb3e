/*
 * population_windows.c: this process; a child of the same user; a child that refuses to be opened, as another user's process
 * does, and a child of such a one, which refuses, too: its security descriptor allows others to wait for it and to end it, nothing more. What is known of a child is asked
 * through the handle that CreateProcess gave, which has all rights whatever the descriptor (the page "Process Security and
 * Access Rights").
 */
#include "population.h"

#include <windows.h>

#include <sddl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* SYNCHRONIZE and PROCESS_TERMINATE, for everyone. */
#define REFUSING L"D:(A;;0x100001;;;WD)"

enum { TEXT = PSB_TRUTH_TEXT / 4 };

/* What keeps a child: its standard input, whose end it waits for; and the job, which ends it when this process has ended. */
struct hold {
    HANDLE process, job, input;
    bool privileged; /* SeDebugPrivilege was taken for its sake, and is to be given back */
};

static bool told(const char *what, char *why, size_t why_size)
{
    snprintf(why, why_size, "%s: error %lu", what, GetLastError());
    return false;
}

/* ---- SeDebugPrivilege: whoever has it enabled opens every process, whatever the descriptor ---- */

/* Returns whether it was enabled before. */
static bool set_debug_privilege(bool enabled)
{
    TOKEN_PRIVILEGES wanted = {.PrivilegeCount = 1}, before = {0};
    DWORD len = sizeof before;
    HANDLE token;
    if (!OpenProcessToken(GetCurrentProcess(), TOKEN_ADJUST_PRIVILEGES | TOKEN_QUERY, &token))
        return false;
    wanted.Privileges[0].Attributes = enabled ? SE_PRIVILEGE_ENABLED : 0;
    if (!LookupPrivilegeValueW(NULL, L"SeDebugPrivilege", &wanted.Privileges[0].Luid) ||
        !AdjustTokenPrivileges(token, FALSE, &wanted, sizeof before, &before, &len))
        before.PrivilegeCount = 0;
    CloseHandle(token);
    /* Told is only what has been changed. */
    return before.PrivilegeCount == 1 && (before.Privileges[0].Attributes & SE_PRIVILEGE_ENABLED) != 0;
}

/* ---- starting ---- */

static bool self_start(psb_specimen *out, char *why, size_t why_size)
{
    *out = (psb_specimen){.pid = GetCurrentProcessId(), .hold = -1, .is_self = true};
    return true;
}

static void self_stop(psb_specimen *specimen) {}

static void end(struct hold *hold)
{
    if (hold->input)
        CloseHandle(hold->input);
    if (hold->process) {
        TerminateProcess(hold->process, 0);
        WaitForSingleObject(hold->process, INFINITE);
        CloseHandle(hold->process);
    }
    if (hold->job)
        CloseHandle(hold->job);
    if (hold->privileged)
        set_debug_privilege(true);
    free(hold);
}

static HANDLE job_that_ends_with_us(void)
{
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION limit = {.BasicLimitInformation.LimitFlags =
                                                      JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE};
    HANDLE job = CreateJobObjectW(NULL, NULL);
    if (job && !SetInformationJobObject(job, JobObjectExtendedLimitInformation, &limit, sizeof limit)) {
        CloseHandle(job);
        return NULL;
    }
    return job;
}

/* Starts this program as PSB_IDLE, suspended: it must not run before it belongs to its job. */
static bool create(struct hold *hold, SECURITY_ATTRIBUTES *security, const wchar_t *more, HANDLE input,
                   HANDLE output, PROCESS_INFORMATION *process)
{
    static const wchar_t FORM[] = L"\"%ls\" " PSB_IDLE L" %ls";
    STARTUPINFOW start = {.cb = sizeof start,
                          .dwFlags = STARTF_USESTDHANDLES,
                          .hStdInput = input,
                          .hStdOutput = output,
                          .hStdError = GetStdHandle(STD_ERROR_HANDLE)};
    wchar_t path[TEXT], line[TEXT + 32];
    DWORD len = GetModuleFileNameW(NULL, path, TEXT);
    if (len == 0 || len >= TEXT)
        return false;
    swprintf(line, TEXT + 32, FORM, path, more);
    if (!CreateProcessW(path, line, security, NULL, TRUE, CREATE_SUSPENDED | CREATE_NO_WINDOW, NULL, NULL,
                        &start, process))
        return false;
    hold->process = process->hProcess;
    bool good =
        AssignProcessToJobObject(hold->job, hold->process) && ResumeThread(process->hThread) != (DWORD)-1;
    CloseHandle(process->hThread);
    return good;
}

/* The number in the line by which a child says who is to be asked about; 0: it did not say so. */
static psb_pid read_pid(HANDLE from)
{
    char line[24] = "", byte = 0;
    DWORD got = 0;
    for (size_t len = 0; len + 1 < sizeof line && byte != '\n'; line[len++] = byte)
        if (!ReadFile(from, &byte, 1, &got, NULL) || got != 1)
            return 0;
    return byte == '\n' ? strtoll(line, NULL, 10) : 0;
}

/* Its pipes: their ends that stay here are not inherited. Returns whom to ask about, 0: it could not be started. */
static psb_pid start_idle(struct hold *hold, SECURITY_ATTRIBUTES *security, const wchar_t *more,
                          PROCESS_INFORMATION *process)
{
    SECURITY_ATTRIBUTES inherited = {.nLength = sizeof inherited, .bInheritHandle = TRUE};
    HANDLE input = NULL, output = NULL, ready = NULL;
    psb_pid pid = 0;
    bool good = CreatePipe(&input, &hold->input, &inherited, 0) &&
                CreatePipe(&ready, &output, &inherited, 0) &&
                SetHandleInformation(hold->input, HANDLE_FLAG_INHERIT, 0) &&
                SetHandleInformation(ready, HANDLE_FLAG_INHERIT, 0) &&
                create(hold, security, more, input, output, process);
    DWORD error = GetLastError();
    if (input)
        CloseHandle(input);
    if (output)
        CloseHandle(output);
    if (good) {
        pid = read_pid(ready);
        error = GetLastError();
    }
    if (ready)
        CloseHandle(ready);
    SetLastError(error);
    return pid;
}

/* more: a population that the child starts in its turn, and whose process is the one to ask about; or nothing. */
static bool start(SECURITY_ATTRIBUTES *security, const wchar_t *more, psb_specimen *out, char *why,
                  size_t why_size)
{
    struct hold *hold = calloc(1, sizeof *hold);
    PROCESS_INFORMATION process = {0};
    if (!hold)
        return told("a child cannot be made", why, why_size);
    hold->job = job_that_ends_with_us();
    psb_pid pid = hold->job ? start_idle(hold, security, more, &process) : 0;
    if (pid == 0) {
        told("a child cannot be made", why, why_size);
        end(hold);
        return false;
    }
    psb_pid own = process.dwProcessId;
    *out = (psb_specimen){.pid = pid,
                          .ppid = pid == own ? GetCurrentProcessId() : own,
                          .hold = (intptr_t)hold,
                          .is_child = true,
                          .is_other = security != NULL};
    return true;
}

static bool child_start(psb_specimen *out, char *why, size_t why_size)
{
    return start(NULL, L"", out, why, why_size);
}

static void child_stop(psb_specimen *specimen)
{
    end((struct hold *)specimen->hold);
}

/* Does it refuse indeed? Under an account that may open everything it does not. */
static bool refuses(const psb_specimen *specimen, char *why, size_t why_size)
{
    HANDLE opened = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, (DWORD)specimen->pid);
    DWORD error = GetLastError();
    if (!opened && error == ERROR_ACCESS_DENIED)
        return true;
    if (opened) {
        CloseHandle(opened);
        snprintf(why, why_size,
                 "a process that refuses to be opened is opened nevertheless: this account has a privilege "
                 "for it");
        return false;
    }
    return told("a process that refuses to be opened cannot be asked", why, why_size);
}

static bool start_refusing(const wchar_t *more, psb_specimen *out, char *why, size_t why_size)
{
    SECURITY_ATTRIBUTES security = {.nLength = sizeof security};
    if (!ConvertStringSecurityDescriptorToSecurityDescriptorW(REFUSING, SDDL_REVISION_1,
                                                              &security.lpSecurityDescriptor, NULL))
        return told("a security descriptor cannot be made", why, why_size);
    bool privileged = set_debug_privilege(false);
    bool good = start(&security, more, out, why, why_size);
    LocalFree(security.lpSecurityDescriptor);
    if (!good) {
        if (privileged)
            set_debug_privilege(true);
        return false;
    }
    ((struct hold *)out->hold)->privileged = privileged;
    good = refuses(out, why, why_size);
    if (!good)
        child_stop(out);
    return good;
}

static bool other_start(psb_specimen *out, char *why, size_t why_size)
{
    return start_refusing(L"", out, why, why_size);
}

static bool stranger_start(psb_specimen *out, char *why, size_t why_size)
{
    return start_refusing(L"other_user", out, why, why_size);
}

/* ---- truths ---- */

static bool integer(psb_value *out, int64_t number)
{
    *out = (psb_value){.u.integer = number};
    return true;
}

static bool text(psb_specimen *specimen, const wchar_t *wide, psb_value *out)
{
    int size = WideCharToMultiByte(CP_UTF8, 0, wide, -1, specimen->text, sizeof specimen->text, NULL, NULL);
    *out = (psb_value){.u.text = {specimen->text, size > 0 ? (size_t)size - 1 : 0}};
    return size > 1;
}

/* Of the child of a child there is no handle. */
static bool is_ours(const psb_specimen *specimen)
{
    return specimen->is_self || specimen->ppid == GetCurrentProcessId();
}

static HANDLE handle_of(const psb_specimen *specimen)
{
    return specimen->is_self ? GetCurrentProcess() : ((const struct hold *)specimen->hold)->process;
}

/* 100 ns since 1601 */
static bool create_time(HANDLE process, psb_value *out)
{
    FILETIME created, exited, kernel, user;
    if (!GetProcessTimes(process, &created, &exited, &kernel, &user))
        return false;
    int64_t ticks = (int64_t)created.dwHighDateTime << 32 | created.dwLowDateTime;
    return integer(out, (ticks - 116444736000000000) * 100);
}

static bool file(psb_specimen *specimen, bool name_only, psb_value *out)
{
    wchar_t path[TEXT];
    DWORD len = TEXT;
    if (!QueryFullProcessImageNameW(handle_of(specimen), 0, path, &len))
        return false;
    const wchar_t *last = wcsrchr(path, L'\\');
    return text(specimen, name_only && last ? last + 1 : path, out);
}

/* "DOMAIN\NAME": the account of its token. */
static bool account(psb_specimen *specimen, psb_value *out)
{
    union {
        TOKEN_USER user;
        BYTE room[256];
    } user;
    wchar_t name[256], domain[256], both[520];
    DWORD len, name_len = 256, domain_len = 256;
    SID_NAME_USE use;
    HANDLE token;
    if (!OpenProcessToken(handle_of(specimen), TOKEN_QUERY, &token))
        return false;
    bool good = GetTokenInformation(token, TokenUser, &user, sizeof user, &len) &&
                LookupAccountSidW(NULL, user.user.User.Sid, name, &name_len, domain, &domain_len, &use);
    CloseHandle(token);
    if (good)
        swprintf(both, 520, L"%ls\\%ls", domain, name);
    return good && text(specimen, both, out);
}

static bool directory(psb_specimen *specimen, psb_value *out)
{
    wchar_t path[TEXT];
    DWORD len = GetCurrentDirectoryW(TEXT, path);
    return len > 0 && len < TEXT && text(specimen, path, out);
}

/* Not the number of threads: the loader's own come and go in the first half minute. */
static bool windows_truth(psb_specimen *specimen, psb_field field, psb_value *out)
{
    switch (field) {
    case PSB_PPID:
    case PSB_PARENT:
        return specimen->ppid != 0 && integer(out, specimen->ppid);
    case PSB_CREATE_TIME:
        return is_ours(specimen) && create_time(handle_of(specimen), out);
    case PSB_NAME:
        return file(specimen, true, out);
    case PSB_EXE:
        return !specimen->is_other && file(specimen, false, out);
    case PSB_USERNAME:
        return !specimen->is_other && account(specimen, out);
    case PSB_CWD:
        return !specimen->is_other && directory(specimen, out);
    default:
        return false;
    }
}

static const psb_population POPULATIONS[] = {
    {"self", "this process itself", self_start, self_stop, windows_truth, NULL},
    {"child", "a sleeping child of the same user", child_start, child_stop, windows_truth, NULL},
    {"other_user", "a sleeping child that refuses to be opened, as another user's process does", other_start,
     child_stop, windows_truth, NULL},
    {"stranger", "a sleeping child of such a process, which refuses, too", stranger_start, child_stop,
     windows_truth, NULL},
};

const psb_population *psb_population_at(size_t index)
{
    return index < sizeof POPULATIONS / sizeof *POPULATIONS ? &POPULATIONS[index] : NULL;
}

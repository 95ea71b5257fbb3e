/* host_windows.c: the services of host.h on Windows. */
#include "host_windows.h"

#include "host_run.h"

#include <windows.h>

#include <errno.h>
#include <fcntl.h>
#include <io.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <tlhelp32.h>

enum { PATH_CHARS = 4096, COMMAND_LINE_CHARS = 32767 };

bool psb_to_utf8(const wchar_t *text, char *out, size_t size)
{
    out[0] = '\0';
    return WideCharToMultiByte(CP_UTF8, 0, text, -1, out, (int)size, NULL, NULL) > 0;
}

bool psb_to_utf16(const char *text, wchar_t *out, size_t size)
{
    out[0] = L'\0';
    return MultiByteToWideChar(CP_UTF8, 0, text, -1, out, (int)size) > 0;
}

void psb_windows_error(unsigned long error, char *out, size_t size)
{
    wchar_t text[256] = L"";
    char line[512];
    FormatMessageW(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS, NULL, error, 0, text, 256,
                   NULL);
    text[wcscspn(text, L"\r\n")] = L'\0';
    if (text[0] && psb_to_utf8(text, line, sizeof line))
        snprintf(out, size, "%s (error %lu)", line, error);
    else
        snprintf(out, size, "error %lu", error);
}

/* "WHAT: what the last error was" */
static void explain(const char *what, char *why, size_t why_size)
{
    char reason[512];
    psb_windows_error(GetLastError(), reason, sizeof reason);
    snprintf(why, why_size, "%s: %s", what, reason);
}

uint64_t psb_host_now_ns(void)
{
    LARGE_INTEGER count, per_second;
    QueryPerformanceCounter(&count);
    QueryPerformanceFrequency(&per_second);
    uint64_t ticks = (uint64_t)count.QuadPart, rate = (uint64_t)per_second.QuadPart;
    return ticks / rate * 1000000000u + ticks % rate * 1000000000u / rate;
}

/* _isatty is also true of NUL and of serial lines. A terminal is only what can be made to understand escape sequences. */
bool psb_host_is_terminal(FILE *stream)
{
    HANDLE console = (HANDLE)_get_osfhandle(_fileno(stream));
    DWORD mode;
    return GetConsoleMode(console, &mode) &&
           SetConsoleMode(console, mode | ENABLE_VIRTUAL_TERMINAL_PROCESSING);
}

bool psb_host_own_path(char *path, size_t size)
{
    wchar_t wide[PATH_CHARS];
    DWORD len = GetModuleFileNameW(NULL, wide, PATH_CHARS);
    return len > 0 && len < PATH_CHARS && psb_to_utf8(wide, path, size);
}

/* ---- the beginning ---- */

/* The console outlives this program. */
static UINT code_page_before;

static void restore_code_page(void)
{
    SetConsoleOutputCP(code_page_before);
}

/* Ctrl-C is no success. Windows' own handler ends a program with STATUS_CONTROL_C_EXIT; Wine's ends it with 0. */
static BOOL WINAPI interrupted(DWORD event)
{
    if (code_page_before != 0)
        restore_code_page();
    return TerminateProcess(GetCurrentProcess(), 0xc000013a);
}

void psb_host_begin(const char *name)
{
    SetConsoleCtrlHandler(interrupted, TRUE);
    for (int fd = 0; fd <= 2; fd++)
        if (_get_osfhandle(fd) == -1 || _get_osfhandle(fd) == -2) {
            int nothing = _open("NUL", _O_RDWR);
            if (nothing >= 0 && nothing != fd)
                _dup2(nothing, fd);
        }
    for (int fd = 0; fd <= 2; fd++)
        _setmode(fd, _O_BINARY);             /* a line ends as on every other system */
    code_page_before = GetConsoleOutputCP(); /* 0: there is no console */
    if (code_page_before != 0 && SetConsoleOutputCP(CP_UTF8))
        atexit(restore_code_page);
    SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX); /* a crash is an exit code, not a window */
}

/* A thread that waits for the parent: it is found by its pid, which must not have been given anew meanwhile. */
static DWORD WINAPI follow(void *parent)
{
    WaitForSingleObject(parent, INFINITE);
    TerminateProcess(GetCurrentProcess(), 1);
    return 0;
}

static DWORD parent_pid(void)
{
    PROCESSENTRY32W entry = {.dwSize = sizeof entry};
    HANDLE list = CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0);
    DWORD found = 0;
    for (BOOL more = Process32FirstW(list, &entry); more && found == 0; more = Process32NextW(list, &entry))
        if (entry.th32ProcessID == GetCurrentProcessId())
            found = entry.th32ParentProcessID;
    CloseHandle(list);
    return found;
}

static bool created(HANDLE process, FILETIME *out)
{
    FILETIME exited, kernel, user;
    return GetProcessTimes(process, out, &exited, &kernel, &user) != 0;
}

void psb_host_end_with_parent(void)
{
    FILETIME parents, ours;
    DWORD pid = parent_pid();
    HANDLE parent = pid ? OpenProcess(SYNCHRONIZE | PROCESS_QUERY_LIMITED_INFORMATION, FALSE, pid) : NULL;
    if (!parent)
        return;
    bool older = created(parent, &parents) && created(GetCurrentProcess(), &ours) &&
                 CompareFileTime(&parents, &ours) <= 0;
    HANDLE thread = older ? CreateThread(NULL, 0, follow, parent, 0, NULL) : NULL;
    CloseHandle(thread ? thread : parent);
}

/* ---- files ---- */

FILE *psb_host_temporary(char *path, size_t size)
{
    wchar_t folder[MAX_PATH + 1], name[MAX_PATH + 1];
    if (!GetTempPathW(MAX_PATH, folder) || !GetTempFileNameW(folder, L"psb", 0, name))
        return NULL;
    HANDLE file = CreateFileW(name, GENERIC_READ | GENERIC_WRITE | DELETE,
                              FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL, CREATE_ALWAYS,
                              FILE_ATTRIBUTE_TEMPORARY | FILE_FLAG_DELETE_ON_CLOSE, NULL);
    if (file == INVALID_HANDLE_VALUE || !psb_to_utf8(name, path, size))
        return NULL;
    int fd = _open_osfhandle((intptr_t)file, _O_RDWR | _O_BINARY);
    return fd < 0 ? NULL : _fdopen(fd, "w+b");
}

/* Something that is there, opened to be looked at only; INVALID_HANDLE_VALUE: it is not. */
static HANDLE look_at(const wchar_t *path)
{
    return CreateFileW(path, 0, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL, OPEN_EXISTING,
                       FILE_FLAG_BACKUP_SEMANTICS, NULL);
}

static bool is_file(HANDLE handle)
{
    BY_HANDLE_FILE_INFORMATION info;
    return GetFileType(handle) == FILE_TYPE_DISK && GetFileInformationByHandle(handle, &info) &&
           !(info.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY);
}

bool psb_host_is_endless(const char *path)
{
    wchar_t wide[PATH_CHARS];
    HANDLE handle = psb_to_utf16(path, wide, PATH_CHARS) ? look_at(wide) : INVALID_HANDLE_VALUE;
    bool endless = handle != INVALID_HANDLE_VALUE && !is_file(handle);
    if (handle != INVALID_HANDLE_VALUE)
        CloseHandle(handle);
    return endless;
}

/* A temporary file beside the target. */
static FILE *open_beside(psb_output *out)
{
    wchar_t wide[PATH_CHARS + 16];
    int fd = -1;
    for (unsigned i = 0; fd < 0 && i < 100; i++) {
        snprintf(out->temporary, sizeof out->temporary, "%s.%06lx", out->path,
                 (GetTickCount() * 100 + GetCurrentProcessId() + i) & 0xffffff);
        if (!psb_to_utf16(out->temporary, wide, PATH_CHARS + 16))
            break;
        fd = _wopen(wide, _O_WRONLY | _O_CREAT | _O_EXCL | _O_BINARY, _S_IREAD | _S_IWRITE);
        if (fd < 0 && errno != EEXIST)
            break;
    }
    if (fd < 0)
        out->temporary[0] = '\0';
    return fd < 0 ? NULL : _fdopen(fd, "wb");
}

bool psb_host_create(const char *path, psb_output *out, char *why, size_t why_size)
{
    wchar_t wide[PATH_CHARS], target[PATH_CHARS];
    *out = (psb_output){0};
    errno = ENAMETOOLONG;
    if (strlen(path) < sizeof out->path - 16 && psb_to_utf16(path, wide, PATH_CHARS)) {
        HANDLE there = look_at(wide);
        bool is_there = there != INVALID_HANDLE_VALUE, plain = is_there && is_file(there);
        snprintf(out->path, sizeof out->path, "%s", path);
        DWORD len = plain ? GetFinalPathNameByHandleW(there, target, PATH_CHARS, FILE_NAME_NORMALIZED) : 0;
        if (len > 0 && len < PATH_CHARS)
            psb_to_utf8(target, out->path, sizeof out->path - 16);
        if (is_there)
            CloseHandle(there);
        errno = 0;
        if (is_there && !plain)
            out->file = _wfopen(wide, L"wb");
        else if (!is_there || _waccess(wide, 2) == 0)
            out->file = open_beside(out);
    }
    if (!out->file)
        snprintf(why, why_size, "%s: %s", path, strerror(errno));
    return out->file != NULL;
}

static void remove_temporary(const psb_output *out)
{
    wchar_t wide[PATH_CHARS + 16];
    if (out->temporary[0] && psb_to_utf16(out->temporary, wide, PATH_CHARS + 16))
        DeleteFileW(wide);
}

bool psb_host_publish(psb_output *out, char *why, size_t why_size)
{
    wchar_t from[PATH_CHARS + 16], to[PATH_CHARS];
    bool good = !ferror(out->file);
    good &= fclose(out->file) == 0;
    if (!good)
        snprintf(why, why_size, "%s: %s", out->path, strerror(errno));
    else if (!out->temporary[0])
        return true;
    else if (psb_to_utf16(out->temporary, from, PATH_CHARS + 16) && psb_to_utf16(out->path, to, PATH_CHARS) &&
             MoveFileExW(from, to, MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH))
        return true;
    else
        explain(out->path, why, why_size);
    remove_temporary(out);
    return false;
}

void psb_host_discard(psb_output *out)
{
    fclose(out->file);
    remove_temporary(out);
}

/* ---- programs ---- */

/*
 * Appends a word so that CommandLineToArgvW and the C library read it back as it was: in quotes, where a run of backslashes
 * before a quote is doubled, and a quote has one more (the page "Parsing C command-line arguments").
 */
static size_t put_word(const wchar_t *word, wchar_t *out, size_t at, size_t size)
{
    size_t backslashes = 0;
    if (size - at < 2 * wcslen(word) + 4)
        return size;
    if (at > 0)
        out[at++] = L' ';
    out[at++] = L'"';
    for (; *word; word++) {
        for (size_t i = 0; *word == L'"' && i < backslashes + 1; i++)
            out[at++] = L'\\';
        backslashes = *word == L'\\' ? backslashes + 1 : 0;
        out[at++] = *word;
    }
    for (size_t i = 0; i < backslashes; i++)
        out[at++] = L'\\';
    out[at++] = L'"';
    out[at] = L'\0';
    return at;
}

static wchar_t *command_line(const char *const *argv)
{
    wchar_t *line = malloc(COMMAND_LINE_CHARS * sizeof *line),
            *word = malloc(COMMAND_LINE_CHARS * sizeof *word);
    size_t at = 0;
    for (; line && word && *argv && at < COMMAND_LINE_CHARS; argv++)
        at = psb_to_utf16(*argv, word, COMMAND_LINE_CHARS) ? put_word(word, line, at, COMMAND_LINE_CHARS)
                                                           : COMMAND_LINE_CHARS;
    free(word);
    if (line && at < COMMAND_LINE_CHARS)
        return line;
    free(line);
    SetLastError(ERROR_FILENAME_EXCED_RANGE);
    return NULL;
}

bool psb_os_start(const char *const *argv, bool with_errors, psb_os_child *out, char *why, size_t why_size)
{
    SECURITY_ATTRIBUTES inherited = {.nLength = sizeof inherited, .bInheritHandle = TRUE};
    STARTUPINFOW start = {.cb = sizeof start, .dwFlags = STARTF_USESTDHANDLES};
    PROCESS_INFORMATION process = {0};
    HANDLE reading, writing;
    wchar_t *line = command_line(argv);
    if (!line || !CreatePipe(&reading, &writing, &inherited, 1 << 16)) {
        explain(argv[0], why, why_size);
        free(line);
        return false;
    }
    SetHandleInformation(reading, HANDLE_FLAG_INHERIT, 0);
    start.hStdInput = GetStdHandle(STD_INPUT_HANDLE);
    start.hStdOutput = writing;
    start.hStdError = with_errors ? writing : GetStdHandle(STD_ERROR_HANDLE);
    BOOL started = CreateProcessW(NULL, line, NULL, NULL, TRUE, 0, NULL, NULL, &start, &process);
    if (!started)
        explain(argv[0], why, why_size);
    CloseHandle(writing);
    free(line);
    if (!started) {
        CloseHandle(reading);
        return false;
    }
    CloseHandle(process.hThread);
    *out =
        (psb_os_child){(intptr_t)process.hProcess, _open_osfhandle((intptr_t)reading, _O_RDONLY | _O_BINARY)};
    return true;
}

bool psb_os_ended_well(psb_os_child *child, const char *name, char *why, size_t why_size)
{
    HANDLE process = (HANDLE)child->process;
    DWORD code = 1;
    if (WaitForSingleObject(process, INFINITE) != WAIT_OBJECT_0 || !GetExitCodeProcess(process, &code))
        explain(name, why, why_size);
    else if (code >= 0xc0000000) /* an NTSTATUS: nothing that a program says of itself */
        snprintf(why, why_size, "%s was ended by exception 0x%lx", name, code);
    else if (code != 0)
        snprintf(why, why_size, "%s exited with code %lu", name, code);
    CloseHandle(process);
    return code == 0;
}

int64_t psb_host_open_files(void)
{
    DWORD count;
    return GetProcessHandleCount(GetCurrentProcess(), &count) ? (int64_t)count : -1;
}

int64_t psb_host_allocated_bytes(void)
{
    return -1;
}

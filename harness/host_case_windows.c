/* host_case_windows.c: the services of host_case.h on Windows: no fork, so that this program is run anew for each job. */
#include "host_case.h"

#include "host.h"
#include "host_run.h"

#include <windows.h>

#include <io.h>
#include <string.h>

enum { OUTPUT_MAX = 64 << 10, WORDS = 32, THREADS_MAX = 8 };

/* What it writes fits into the pipe, so that it can be waited for first. */
static void run_job(const psb_pool *pool, size_t job, const char *path, psb_job *result, char *output)
{
    const char *argv[WORDS] = {path};
    psb_os_child child;
    char why[256];
    DWORD code = 1;
    pool->arguments(pool->context, job, argv + 1, WORDS - 2);
    if (!psb_os_start(argv, false, &child, why, sizeof why))
        return;
    HANDLE process = (HANDLE)child.process;
    result->end = PSB_JOB_ENDED;
    if (WaitForSingleObject(process, (DWORD)(pool->limit_s * 1000)) != WAIT_OBJECT_0) {
        result->end = PSB_JOB_TOO_LONG;
        TerminateProcess(process, 1);
        WaitForSingleObject(process, INFINITE);
    }
    int got;
    while (result->len < OUTPUT_MAX - 1 &&
           (got = _read(child.output, output + result->len, (unsigned)(OUTPUT_MAX - 1 - result->len))) > 0)
        result->len += (size_t)got;
    output[result->len] = '\0';
    _close(child.output);
    GetExitCodeProcess(process, &code);
    CloseHandle(process);
    if (result->end == PSB_JOB_ENDED && code >= 0xc0000000)
        result->end = PSB_JOB_CRASHED;
    result->code = (int)code;
}

void psb_host_pool(const psb_pool *pool)
{
    static char output[OUTPUT_MAX];
    char path[4096];
    bool known = psb_host_own_path(path, sizeof path);
    psb_host_waits++;
    for (size_t job = 0; job < pool->count; job++) {
        uint64_t start = psb_host_now_ns();
        psb_job result = {.end = PSB_JOB_NOT_STARTED, .output = output};
        output[0] = '\0';
        if (known)
            run_job(pool, job, path, &result, output);
        result.seconds = (double)(psb_host_now_ns() - start) / 1e9;
        pool->ended(pool->context, job, &result);
    }
    psb_host_waits--;
}

size_t psb_host_processors(void)
{
    SYSTEM_INFO info;
    GetSystemInfo(&info);
    return info.dwNumberOfProcessors > 0 ? info.dwNumberOfProcessors : 1;
}

struct thread {
    void (*work)(void *, size_t);
    void *context;
    size_t number;
};

static DWORD WINAPI run_thread(void *argument)
{
    struct thread *thread = argument;
    thread->work(thread->context, thread->number);
    return 0;
}

bool psb_host_threads(size_t count, void (*work)(void *context, size_t number), void *context)
{
    struct thread thread[THREADS_MAX];
    HANDLE handle[THREADS_MAX];
    DWORD started = 0;
    for (; started < count && started < THREADS_MAX; started++) {
        thread[started] = (struct thread){work, context, started};
        handle[started] = CreateThread(NULL, 0, run_thread, &thread[started], 0, NULL);
        if (!handle[started])
            break;
    }
    for (DWORD i = 0; i < started; i++) {
        WaitForSingleObject(handle[i], INFINITE);
        CloseHandle(handle[i]);
    }
    return started == count;
}

int psb_host_in_fork(int (*work)(void *context), void *context)
{
    return -2;
}

bool psb_host_is_root(void)
{
    return false;
}

bool psb_host_become_nobody(void)
{
    return false;
}

/* What the C library has allocated it does not tell. */
psb_levels psb_host_levels(void)
{
    DWORD handles = 0;
    psb_levels out = {.has_handles = GetProcessHandleCount(GetCurrentProcess(), &handles) != 0};
    out.handles = handles;
    return out;
}

int64_t psb_host_clock_ns(void)
{
    FILETIME now;
    GetSystemTimeAsFileTime(&now);
    int64_t since_1601 = (int64_t)((uint64_t)now.dwHighDateTime << 32 | now.dwLowDateTime);
    return (since_1601 - INT64_C(116444736000000000)) * 100;
}

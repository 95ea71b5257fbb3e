/*
 * windows_port.c: Windows as data. Nearly every field is there twice: a handle answers fast, if the process may be
 * opened; the table of all processes answers slowly, and to everybody. Which is asked is a row of METHOD.
 */
#include "windows_abi.h"

#include "plain.h"

#include <string.h>

/* clang-format off */
enum source {
    FACTS, DRIVES, PROCESSES, CLOCK,
    TIMES, MEMORY, IO, HANDLES, BASIC, PRIORITY, IMAGE, IMAGE_ID, USER, CMDLINE, CMDLINE_PEB, CWD, WORKING_SET,
    SOURCES
};
/* clang-format on */

#define OPEN .entries = 3 /* OpenProcess, the query, CloseHandle */
#define TEXT                                                                                                 \
    .parse = psb_windows_parse_text, .parsed_size = sizeof(struct psb_windows_text), .keeps_raw = true
#define PATH                                                                                                 \
    .parse = psb_windows_parse_image, .parsed_size = sizeof(struct psb_windows_text), .keeps_raw = true

static const psb_source SOURCE[SOURCES] = {
    [FACTS] = {"facts", "GetSystemInfo, GlobalMemoryStatusEx; sysinfoapi.h", PSB_SCOPE_BOOT,
               PSB_OP_WINDOWS_FACTS, .room = 64, .parse = psb_windows_parse_facts, .redact = psb_redact_none},
    [DRIVES] = {"drives", "QueryDosDeviceW of each drive; fileapi.h", PSB_SCOPE_BOOT, PSB_OP_WINDOWS_DRIVES,
                .room = PSB_DRIVES * sizeof(struct psb_windows_drive), .parse = psb_windows_parse_drives,
                .cut_unseen = true, .redact = psb_redact_none},
    [PROCESSES] =
        {"processes",
         "NtQuerySystemInformation(SystemProcessInformation): every process and its threads; winternl.h",
         PSB_SCOPE_SYSTEM, PSB_OP_WINDOWS_PROCESSES, .room = 64 << 10, .entries = 1,
         .parse = psb_windows_parse_record, .parsed_size = sizeof(struct psb_windows_record),
         .keeps_raw = true, .record = psb_windows_record, .redact = psb_windows_redact_processes},
    [CLOCK] = {"clock", "GetSystemTimePreciseAsFileTime: no entry; sysinfoapi.h", PSB_SCOPE_SYSTEM,
               PSB_OP_CLOCK, .room = 64, .parse = psb_parse_i64, .parsed_size = sizeof(int64_t),
               .redact = psb_redact_none},
    [TIMES] = {"times", "GetProcessTimes; processthreadsapi.h", PSB_SCOPE_PROCESS, PSB_OP_WINDOWS_TIMES,
               .room = 64, OPEN, .parse = psb_windows_parse_times,
               .parsed_size = sizeof(struct psb_windows_times), .table = PROCESSES,
               .redact = psb_redact_none},
    [MEMORY] = {"memory", "GetProcessMemoryInfo; psapi.h", PSB_SCOPE_PROCESS, PSB_OP_WINDOWS_MEMORY,
                .room = 128, OPEN, .parse = psb_windows_parse_memory,
                .parsed_size = sizeof(struct psb_windows_memory), .table = PROCESSES,
                .redact = psb_windows_redact_memory},
    [IO] = {"io", "GetProcessIoCounters; winbase.h", PSB_SCOPE_PROCESS, PSB_OP_WINDOWS_IO, .room = 64, OPEN,
            .parse = psb_windows_parse_io, .parsed_size = sizeof(struct psb_windows_io), .table = PROCESSES,
            .redact = psb_redact_none},
    [HANDLES] = {"handles", "GetProcessHandleCount; processthreadsapi.h", PSB_SCOPE_PROCESS,
                 PSB_OP_WINDOWS_HANDLES, .room = 64, OPEN, .parse = psb_windows_parse_handles,
                 .parsed_size = sizeof(uint32_t), .table = PROCESSES, .redact = psb_redact_none},
    [BASIC] = {"basic", "NtQueryInformationProcess(ProcessBasicInformation); winternl.h", PSB_SCOPE_PROCESS,
               PSB_OP_WINDOWS_BASIC, .room = 64, OPEN, .parse = psb_windows_parse_basic,
               .parsed_size = sizeof(struct psb_windows_basic), .table = PROCESSES,
               .redact = psb_windows_redact_basic},
    [PRIORITY] = {"priority", "GetPriorityClass; processthreadsapi.h", PSB_SCOPE_PROCESS,
                  PSB_OP_WINDOWS_PRIORITY, .room = 64, OPEN, .parse = psb_parse_i32,
                  .parsed_size = sizeof(uint32_t), .redact = psb_redact_none},
    [IMAGE] = {"image", "QueryFullProcessImageNameW; winbase.h", PSB_SCOPE_PROCESS, PSB_OP_WINDOWS_IMAGE,
               .room = 1 << 10, OPEN, PATH, .cut_unseen = true, .redact = psb_windows_redact_path},
    [IMAGE_ID] = {"image_id",
                  "NtQuerySystemInformation(SystemProcessIdInformation), no rights needed; phnt ntexapi.h",
                  PSB_SCOPE_PROCESS, PSB_OP_WINDOWS_IMAGE_ID, .room = 1 << 10, .entries = 1, PATH,
                  .cut_unseen = true, .redact = psb_windows_redact_path},
    [USER] = {"user", "GetTokenInformation(TokenUser), LookupAccountSidW; securitybaseapi.h, winbase.h",
              PSB_SCOPE_PROCESS, PSB_OP_WINDOWS_USER, .room = 1 << 10, .entries = 5, TEXT, .cut_unseen = true,
              .redact = psb_windows_redact_user},
    [CMDLINE] = {"cmdline",
                 "NtQueryInformationProcess(ProcessCommandLineInformation), since 8.1; phnt ntpsapi.h",
                 PSB_SCOPE_PROCESS, PSB_OP_WINDOWS_CMDLINE, .room = 2 << 10, OPEN, TEXT, .cut_unseen = true,
                 .redact = psb_windows_redact_arguments},
    [CMDLINE_PEB] = {"cmdline_peb",
                     "CommandLine of RTL_USER_PROCESS_PARAMETERS, ReadProcessMemory; winternl.h",
                     PSB_SCOPE_PROCESS, PSB_OP_WINDOWS_CMDLINE_PEB, .room = 2 << 10, .entries = 6, TEXT,
                     .cut_unseen = true, .redact = psb_windows_redact_arguments},
    [CWD] = {"cwd", "CurrentDirectory of RTL_USER_PROCESS_PARAMETERS, ReadProcessMemory; phnt ntrtl.h",
             PSB_SCOPE_PROCESS, PSB_OP_WINDOWS_CWD, .room = 1 << 10, .entries = 6, TEXT, .cut_unseen = true,
             .redact = psb_windows_redact_path},
    [WORKING_SET] = {"working_set", "QueryWorkingSet; psapi.h", PSB_SCOPE_PROCESS, PSB_OP_WINDOWS_WORKING_SET,
                     .room = 256 << 10, OPEN, .parse = psb_windows_parse_working_set,
                     .parsed_size = sizeof(uint64_t), .redact = psb_windows_redact_working_set},
};

/* ---- numbers ---- */

/* No process was born before 1970; 0 is what the kernel tells of the first ones: nothing. */
static void instant(uint64_t filetime, psb_value *out)
{
    if (filetime > PSB_WINDOWS_EPOCH && filetime - PSB_WINDOWS_EPOCH <= INT64_MAX / 100)
        out->u.integer = (int64_t)(filetime - PSB_WINDOWS_EPOCH) * 100;
    else
        out->status = PSB_UNKNOWN;
}

static void times(uint64_t user, uint64_t kernel, psb_value *out)
{
    psb_part_scaled(out, PSB_CPU_TIMES_USER, user, 100);
    psb_part_scaled(out, PSB_CPU_TIMES_SYSTEM, kernel, 100);
    if (out->known == 0)
        out->status = PSB_UNKNOWN;
}

/* Windows counts as virtual what it has promised to keep, in memory or in the page file: the commit charge. */
static void memory(uint64_t working_set_bytes, uint64_t pagefile_bytes, psb_value *out)
{
    psb_part(out, PSB_MEMORY_INFO_RSS, working_set_bytes);
    psb_part(out, PSB_MEMORY_INFO_VMS, pagefile_bytes);
}

static void pid_of(uint64_t pid, psb_value *out)
{
    out->u.integer = (int64_t)pid;
    if (pid > UINT32_MAX)
        out->status = PSB_UNKNOWN;
}

/* Bytes of every read and write, of files, pipes, sockets alike: nothing is told of storage alone. */
static void io(const struct psb_windows_io *counters, psb_value *out)
{
    psb_part(out, PSB_IO_COUNTERS_READ_COUNT, counters->reads);
    psb_part(out, PSB_IO_COUNTERS_WRITE_COUNT, counters->writes);
    psb_part(out, PSB_IO_COUNTERS_READ_CHARS, counters->read_bytes);
    psb_part(out, PSB_IO_COUNTERS_WRITE_CHARS, counters->write_bytes);
}

/* ---- text ---- */

/* As UTF-8, with a NUL behind it; NULL: no memory, and out says so. */
static char *utf8(struct psb_windows_text text, psb_arena *room, psb_value *out)
{
    size_t len = psb_windows_utf8(text, NULL);
    char *bytes = psb_arena_alloc(room, len + 1);
    if (!bytes) {
        *out = psb_value_of_status(PSB_NOMEM, 0);
        return NULL;
    }
    psb_windows_utf8(text, bytes);
    bytes[len] = '\0';
    out->u.text.bytes = bytes;
    out->u.text.len = len;
    return bytes;
}

static void text(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    utf8(*(const struct psb_windows_text *)parsed, room, out);
}

/* What follows the last backslash. */
static void path_name(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    char *path = utf8(*(const struct psb_windows_text *)parsed, room, out);
    char *slash = path ? strrchr(path, '\\') : NULL;
    if (!slash)
        return;
    out->u.text.bytes = slash + 1;
    out->u.text.len -= (size_t)(slash + 1 - path);
}

/* "prefix" stands before a backslash at the start of the path: head and what follows. */
static bool replace(const char *path, const char *prefix, const char *head, psb_arena *room, psb_value *out)
{
    size_t len = strlen(prefix), head_len = strlen(head), rest = out->u.text.len - len;
    if (len > out->u.text.len || memcmp(path, prefix, len) != 0 || path[len] != '\\')
        return false;
    char *whole = psb_arena_alloc(room, head_len + rest + 1);
    if (!whole) {
        *out = psb_value_of_status(PSB_NOMEM, 0);
        return true;
    }
    memcpy(whole, head, head_len);
    memcpy(whole + head_len, path + len, rest + 1);
    out->u.text.bytes = whole;
    out->u.text.len = head_len + rest;
    return true;
}

/* The path of a device becomes that of the drive in front of it, or of a share; any other stays what it is. */
static void device_path(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    const char *path = utf8(*(const struct psb_windows_text *)parsed, room, out);
    for (uint32_t i = 0; path && i < facts->drives; i++) {
        const char drive[] = {facts->drive[i].letter, ':', '\0'};
        if (replace(path, facts->drive[i].device, drive, room, out))
            return;
    }
    if (path)
        replace(path, "\\Device\\Mup", "\\", room, out);
}

/* The kernel keeps a backslash behind it, which belongs to the path in the root of a drive only. */
static void directory(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    char *path = utf8(*(const struct psb_windows_text *)parsed, room, out);
    size_t len = out->u.text.len;
    if (path && len > 3 && path[len - 1] == '\\')
        path[--out->u.text.len] = '\0';
}

static void arguments(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    char *line = utf8(*(const struct psb_windows_text *)parsed, room, out);
    if (line)
        out->count = psb_windows_split(line, &out->u.text.len);
}

/* ---- fast: a handle ---- */

static void times_cpu(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    const struct psb_windows_times *told = parsed;
    times(told->user_time, told->kernel_time, out);
}

static void times_created(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    instant(((const struct psb_windows_times *)parsed)->create_time, out);
}

static void memory_info(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    const struct psb_windows_memory *told = parsed;
    memory(told->working_set_bytes, told->pagefile_bytes, out);
}

static void io_counters(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    io(parsed, out);
}

static void handles(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    out->u.integer = *(const uint32_t *)parsed;
}

static void basic_ppid(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    pid_of(((const struct psb_windows_basic *)parsed)->ppid, out);
}

/* 0 is no class. */
static void priority(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    out->u.integer = *(const uint32_t *)parsed;
    if (out->u.integer == 0)
        out->status = PSB_UNKNOWN;
}

static void own_pages(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    psb_part_scaled(out, PSB_MEMORY_FULL_INFO_USS, *(const uint64_t *)parsed, facts->page_bytes);
    if (out->known == 0)
        out->status = PSB_UNKNOWN;
}

/* ---- slow: the table ---- */

/* The idle process has no name in the table; every other has. */
static void record_name(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    const struct psb_windows_record *record = parsed;
    if (record->name.count == 0 && record->head.pid == PSB_WINDOWS_IDLE_PID) {
        out->u.text.bytes = "System Idle Process";
        out->u.text.len = strlen(out->u.text.bytes);
    } else if (record->name.count == 0) {
        out->status = PSB_UNKNOWN;
    } else {
        utf8(record->name, room, out);
    }
}

static void record_ppid(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    pid_of(((const struct psb_windows_record *)parsed)->head.ppid, out);
}

static void record_created(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    instant(((const struct psb_windows_record *)parsed)->head.create_time, out);
}

static void record_cpu(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    const struct psb_windows_process *head = &((const struct psb_windows_record *)parsed)->head;
    times(head->user_time, head->kernel_time, out);
}

static void record_memory(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    const struct psb_windows_process *head = &((const struct psb_windows_record *)parsed)->head;
    memory(head->working_set_bytes, head->pagefile_bytes, out);
}

static void record_io(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    const struct psb_windows_process *head = &((const struct psb_windows_record *)parsed)->head;
    const struct psb_windows_io counters = {head->reads,      head->writes,      head->others,
                                            head->read_bytes, head->write_bytes, head->other_bytes};
    io(&counters, out);
}

static void record_handles(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    out->u.integer = ((const struct psb_windows_record *)parsed)->head.handles;
}

/* Both are counters of 32 bits; the hard ones are among all. If one has passed 2^32 the rest is no difference. */
static void record_faults(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    const struct psb_windows_process *head = &((const struct psb_windows_record *)parsed)->head;
    psb_part(out, PSB_PAGE_FAULTS_MAJOR, head->hard_faults);
    if (head->hard_faults <= head->faults)
        psb_part(out, PSB_PAGE_FAULTS_MINOR, head->faults - head->hard_faults);
}

/* ---- slow and only there: threads ---- */

static struct psb_windows_thread thread_of(const struct psb_windows_record *record, uint32_t i)
{
    struct psb_windows_thread thread;
    memcpy(&thread, record->threads + i * sizeof thread, sizeof thread);
    return thread;
}

static void record_num_threads(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    out->u.integer = ((const struct psb_windows_record *)parsed)->head.threads;
}

static void record_threads(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    const struct psb_windows_record *record = parsed;
    psb_value part = {0};
    psb_thread *threads = psb_arena_alloc(room, record->head.threads * sizeof *threads);
    if (!threads) {
        *out = psb_value_of_status(PSB_NOMEM, 0);
        return;
    }
    for (uint32_t i = 0; i < record->head.threads; i++) {
        struct psb_windows_thread told = thread_of(record, i);
        part.known = 0;
        times(told.user_time, told.kernel_time, &part);
        if (part.known != (1u << PSB_CPU_TIMES_USER | 1u << PSB_CPU_TIMES_SYSTEM)) {
            out->status = PSB_UNKNOWN;
            return;
        }
        threads[i] = (psb_thread){(int64_t)told.tid, part.u.part[PSB_CPU_TIMES_USER],
                                  part.u.part[PSB_CPU_TIMES_SYSTEM]};
    }
    out->count = record->head.threads;
    out->u.thread = threads;
}

/* The kernel counts both kinds as one, by thread; no thread: there is nothing to count. */
static void record_switches(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    const struct psb_windows_record *record = parsed;
    uint64_t total = 0;
    for (uint32_t i = 0; i < record->head.threads; i++)
        total += thread_of(record, i).switches;
    if (record->head.threads > 0)
        psb_part(out, PSB_NUM_CTX_SWITCHES_TOTAL, total);
    else
        out->status = PSB_UNKNOWN;
}

/*
 * Processes have no state, threads have. One that runs or could makes its process run; one that waits for anything
 * but its resumption makes it sleep; where all are held it is stopped. No thread that has begun: nothing is known.
 */
static void record_status(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    const struct psb_windows_record *record = parsed;
    bool waits = false, held = false;
    for (uint32_t i = 0; i < record->head.threads; i++) {
        struct psb_windows_thread thread = thread_of(record, i);
        switch (thread.state) {
        case PSB_WINDOWS_READY:
        case PSB_WINDOWS_RUNNING:
        case PSB_WINDOWS_STANDBY:
        case PSB_WINDOWS_DEFERRED_READY:
            out->u.integer = PSB_STATE_RUNNING;
            return;
        case PSB_WINDOWS_WAITING:
        case PSB_WINDOWS_TRANSITION:
            held |= thread.wait_reason == PSB_WINDOWS_WAITS_SUSPENDED;
            waits |= thread.wait_reason != PSB_WINDOWS_WAITS_SUSPENDED;
            break;
        default:
            break;
        }
    }
    out->u.integer = waits ? PSB_STATE_SLEEPING : PSB_STATE_STOPPED;
    if (!waits && !held)
        out->status = PSB_UNKNOWN;
}

/* ---- methods ---- */

/* clang-format off */
/* One source, no second try. */
#define BY(source, decode) {{{source, 0, decode}}}
/* A handle, or else the table. */
#define BY_HANDLE(source, fast, slow) {{{source, 0, fast}, {PROCESSES, PSB_WHEN(PSB_DENIED), slow}}}
/* clang-format on */

static const psb_method METHOD[PSB_FIELDS] = {
    [PSB_NAME] = {{{IMAGE, 0, path_name},
                   {PROCESSES, PSB_WHEN(PSB_DENIED) | PSB_WHEN(PSB_ABSENT), record_name}}},
    [PSB_EXE] = {{{IMAGE, 0, text}, {IMAGE_ID, PSB_WHEN(PSB_DENIED), device_path}}},
    [PSB_CMDLINE] = {{{CMDLINE, 0, arguments}, {CMDLINE_PEB, PSB_WHEN(PSB_UNKNOWN), arguments}}},
    [PSB_PPID] = BY_HANDLE(BASIC, basic_ppid, record_ppid),
    [PSB_USERNAME] = BY(USER, text),
    [PSB_STATUS] = BY(PROCESSES, record_status),
    [PSB_CREATE_TIME] = BY_HANDLE(TIMES, times_created, record_created),
    [PSB_CPU_TIMES] = BY_HANDLE(TIMES, times_cpu, record_cpu),
    [PSB_MEMORY_INFO] = BY_HANDLE(MEMORY, memory_info, record_memory),
    [PSB_MEMORY_FULL_INFO] = BY(WORKING_SET, own_pages),
    [PSB_NUM_THREADS] = BY(PROCESSES, record_num_threads),
    [PSB_THREADS] = BY(PROCESSES, record_threads),
    [PSB_NUM_CTX_SWITCHES] = BY(PROCESSES, record_switches),
    [PSB_NUM_HANDLES] = BY_HANDLE(HANDLES, handles, record_handles),
    [PSB_IO_COUNTERS] = BY_HANDLE(IO, io_counters, record_io),
    [PSB_NICE] = BY(PRIORITY, priority),
    [PSB_CWD] = BY(CWD, directory),
    [PSB_PAGE_FAULTS] = BY(PROCESSES, record_faults), /* GetProcessMemoryInfo does not tell them apart */
};

/* Found by comparing what Wine 8 answers with /proc of the same process. */
static const psb_lie LIE[] = {
    {PSB_EVIDENCE_COMPAT, PSB_CPU_TIMES, 0, true,
     "Wine tells the asking process's own times of every process"},
    {PSB_EVIDENCE_COMPAT, PSB_CPU_PERCENT, 0, true, "it follows from cpu_times"},
    {PSB_EVIDENCE_COMPAT, PSB_IO_COUNTERS, 0, false, "Wine counts no I/O: always 0"},
    {PSB_EVIDENCE_COMPAT, PSB_NUM_HANDLES, 0, false,
     "Wine tells a handle 0, and the table the room for handles"},
    {PSB_EVIDENCE_COMPAT, PSB_NUM_CTX_SWITCHES, 0, false, "Wine counts no context switches: always 0"},
    {PSB_EVIDENCE_COMPAT, PSB_PAGE_FAULTS, 0, false, "Wine counts no page faults: always 0"},
    {PSB_EVIDENCE_COMPAT, PSB_STATUS, 0, false, "Wine tells of every thread that it has not begun yet"},
};

const psb_port psb_windows_port = {
    .name = "windows",
    .system = "Windows",
    .source = SOURCE,
    .sources = SOURCES,
    .method = METHOD,
    .clock = {CLOCK, 0, psb_decode_i64},
    .pids_source = PROCESSES,
    .simulate = psb_windows_simulate,
    .express = psb_windows_express,
    .lie = LIE,
    .lies = sizeof LIE / sizeof *LIE,
};

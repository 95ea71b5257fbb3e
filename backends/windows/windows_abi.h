/*
 * windows_abi.h: what the answers of 64-bit Windows look like, since Windows 7. Authority: winternl.h, psapi.h,
 * processthreadsapi.h, winnt.h of the Windows SDK and the pages of learn.microsoft.com for the routines; for what
 * these leave out, phnt (ntexapi.h, ntpsapi.h), the headers of System Informer. windows_native.c holds the
 * members named here against mingw-w64's headers when it is compiled. What is not read is padding.
 *
 * ---- what a native leaf has to do ----
 *
 * An op that opens: OpenProcess(rights, FALSE, pid), one query, CloseHandle: 3 entries, 1 if opening fails. The
 * rights are PROCESS_QUERY_LIMITED_INFORMATION (0x1000), or PROCESS_QUERY_INFORMATION | PROCESS_VM_READ (0x0410) for
 * cmdline_peb, cwd and working_set. Structs are answered as they come from the kernel; text is UTF-16 units as they
 * come, without a NUL behind them: nothing is converted.
 *
 *   answer                                                    status
 *   OpenProcess fails with ERROR_ACCESS_DENIED (5)            PSB_DENIED, and so wherever else it is 5
 *   ERROR_PRIVILEGE_NOT_HELD (1314), STATUS_ of this name    PSB_DENIED
 *   OpenProcess fails with ERROR_INVALID_PARAMETER (87)       PSB_GONE; of pid 0 PSB_DENIED: it is there always,
 *                                                             and nobody can open it
 *   pid above 2^32-1, or no multiple of 4                     PSB_GONE without any entry: OpenProcess ignores the two
 *                                                             lowest bits and would open another process
 *   OpenProcess fails without an error                        PSB_GONE: it was just ending
 *   a query is denied, and GetExitCodeProcess (one entry      PSB_GONE: Windows refuses some questions about a
 *   more) says that it has ended                              process that is ending
 *   room too small: STATUS_INFO_LENGTH_MISMATCH, STATUS_BUFFER_TOO_SMALL, STATUS_BUFFER_OVERFLOW,
 *   ERROR_INSUFFICIENT_BUFFER (122), ERROR_BAD_LENGTH (24), ERROR_MORE_DATA (234)
 *                                                             PSB_TOOSMALL
 *   STATUS_INVALID_INFO_CLASS, STATUS_NOT_IMPLEMENTED, ERROR_INVALID_FUNCTION (1), ERROR_NOT_SUPPORTED (50),
 *   ERROR_CALL_NOT_IMPLEMENTED (120)                          PSB_UNKNOWN: this kernel does not tell it
 *   ERROR_NOT_ENOUGH_MEMORY (8)                               PSB_NOMEM
 *   anything else                                             PSB_OSERROR
 *
 * os_error is what GetLastError said, or the NTSTATUS of a routine of ntdll, as a number of 32 bits; 0 with
 * PSB_OK.
 *
 *   op            entries  its own
 *   facts, drives varies   BOOT. A drive without a device, or whose device's name is longer than the row, is left out
 *   processes     1        8-byte aligned room. In each record the leaf replaces image_name (an address in the room) by
 *                          its distance in bytes from the start of that record; 0 if image_bytes is 0. len is
 *                          ReturnLength. Nothing else is changed
 *   times, memory, io, handles, basic, priority
 *                 3        memory: the struct zeroed first (Wine leaves private_bytes alone). No working set: PSB_GONE if
 *                          GetExitCodeProcess (one entry more) says that it has ended
 *   image         3        ERROR_GEN_FAILURE (31), or a path of no bytes: PSB_ABSENT: System and the like run no file
 *   image_id      1        opens nothing. STATUS_INVALID_CID: PSB_GONE. MaximumLength is all the room there is, at most
 *                          65534
 *   user          5        OpenProcess, OpenProcessToken(TOKEN_QUERY), GetTokenInformation into room for the longest
 *                          SID, both closed; LookupAccountSidW asks another process and is not counted.
 *                          "DOMAIN\user"; ERROR_NONE_MAPPED (1332): ConvertSidToStringSidW's text.
 *                          ERROR_INSUFFICIENT_BUFFER of it: PSB_OSERROR, for it is not the reply's
 *   cmdline       3        the string without its UNICODE_STRING. STATUS_NOT_FOUND (it has no PEB) and
 *                          STATUS_PROCESS_IS_TERMINATING: PSB_OK with no bytes. A string outside of
 *                          the reply: PSB_MALFORMED
 *   cmdline_peb,  6        OpenProcess, ProcessBasicInformation for the PEB, three ReadProcessMemory (pointer to the
 *   cwd                    parameters, the UNICODE_STRING in them, its units), CloseHandle. No PEB, no parameters, or
 *                          a string of no bytes: cmdline_peb PSB_OK with no bytes, cwd PSB_ABSENT (with the entries
 *                          made). ERROR_PARTIAL_COPY (299), ERROR_NOACCESS (998): the same if
 *                          GetExitCodeProcess (one entry more) says that it has ended, else PSB_UNKNOWN
 *   working_set   3        QueryWorkingSet. ERROR_BAD_LENGTH (24): PSB_TOOSMALL; ERROR_INVALID_PARAMETER (87):
 *                          PSB_UNKNOWN; len is 8 and 8 for each page told
 */
#ifndef PSB_WINDOWS_ABI_H
#define PSB_WINDOWS_ABI_H

#include "port.h"

enum {
    PSB_WINDOWS_IDLE_PID = 0,
    PSB_WINDOWS_PATH_MAX =
        32767 /* units of the longest string that a UNICODE_STRING holds, and so of a command line */
};

/* Of every NT API for processes: error numbers of winerror.h, and the NTSTATUS of ntstatus.h. */
enum {
    PSB_WINDOWS_ACCESS_DENIED = 5,
    PSB_WINDOWS_BAD_LENGTH = 24,
    PSB_WINDOWS_GEN_FAILURE = 31,
    PSB_WINDOWS_INVALID_PARAMETER = 87,
    PSB_WINDOWS_INSUFFICIENT_BUFFER = 122,
    PSB_WINDOWS_PARTIAL_COPY = 299
};
#define PSB_WINDOWS_STATUS_LENGTH_MISMATCH UINT32_C(0xC0000004)
#define PSB_WINDOWS_STATUS_INVALID_CID     UINT32_C(0xC000000B)

/* GetSystemInfo dwPageSize, GlobalMemoryStatusEx ullTotalPhys; sysinfoapi.h. */
struct psb_windows_facts {
    uint64_t page_bytes, memory_bytes;
};

/* QueryDosDeviceW, fileapi.h: "\Device\HarddiskVolume3" of "C:". Composed by the leaf. */
struct psb_windows_drive {
    uint16_t letter; /* 'C' */
    uint16_t units;  /* of device */
    uint16_t device[62];
};

/*
 * Times are in 100 ns, instants since 1601-01-01 UTC: FILETIME, minwinbase.h; as LARGE_INTEGER in the kernel's
 * structs.
 */
#define PSB_WINDOWS_EPOCH UINT64_C(116444736000000000) /* 1970 */

/* KTHREAD_STATE and KWAIT_REASON, wdm.h: what tells whether a thread is held. */
enum psb_windows_thread_state {
    PSB_WINDOWS_INITIALIZED,
    PSB_WINDOWS_READY,
    PSB_WINDOWS_RUNNING,
    PSB_WINDOWS_STANDBY,
    PSB_WINDOWS_TERMINATED,
    PSB_WINDOWS_WAITING,
    PSB_WINDOWS_TRANSITION, /* waits for its stack to be paged in */
    PSB_WINDOWS_DEFERRED_READY
};
enum {
    PSB_WINDOWS_WAITS_SUSPENDED = 5,  /* Suspended */
    PSB_WINDOWS_WAITS_FOR_REQUEST = 6 /* UserRequest: an object, a message */
};

/* SYSTEM_THREAD_INFORMATION, winternl.h: 80 bytes. */
struct psb_windows_thread {
    uint64_t kernel_time, user_time, create_time;
    uint8_t pad0[16]; /* wait time, start address */
    uint64_t pid, tid;
    uint8_t pad1[8]; /* priorities */
    uint32_t switches;
    uint32_t state;
    uint32_t wait_reason;
    uint8_t pad2[4];
};

/*
 * SYSTEM_PROCESS_INFORMATION, winternl.h and learn.microsoft.com (NtQuerySystemInformation), phnt ntexapi.h: the head of
 * a record, 256 bytes. Behind it lie its threads, and then its name.
 */
struct psb_windows_process {
    uint32_t next; /* bytes from the start of this record to that of the next; 0: it is the last */
    uint32_t threads;
    uint64_t working_set_private_bytes; /* since Windows Vista */
    uint32_t hard_faults;               /* since Windows 7 */
    uint8_t pad0[12];                   /* most threads ever, cycles */
    uint64_t create_time, user_time, kernel_time;
    uint16_t image_bytes, image_capacity; /* ImageName, a UNICODE_STRING: no NUL counted */
    uint8_t pad1[4];
    uint64_t image_name; /* here: its offset in this record; 0: none */
    int32_t base_priority;
    uint8_t pad2[4];
    uint64_t pid, ppid; /* UniqueProcessId, InheritedFromUniqueProcessId */
    uint32_t handles, session;
    uint8_t pad3[8];
    uint64_t peak_virtual_bytes, virtual_bytes;
    uint32_t faults; /* all of them, the hard ones too */
    uint8_t pad4[4];
    uint64_t peak_working_set_bytes, working_set_bytes;
    uint8_t pad5[32];                             /* pools */
    uint64_t pagefile_bytes, peak_pagefile_bytes; /* commit charge */
    uint64_t private_bytes;
    uint64_t reads, writes, others;                /* operations */
    uint64_t read_bytes, write_bytes, other_bytes; /* moved by them, from whatever it was */
};

/* Four FILETIMEs of GetProcessTimes, processthreadsapi.h, in the order of its arguments. */
struct psb_windows_times {
    uint64_t create_time, exit_time, kernel_time, user_time; /* exit_time 0: it lives */
};

/* PROCESS_MEMORY_COUNTERS_EX, psapi.h: 80 bytes. */
struct psb_windows_memory {
    uint32_t size; /* of this struct */
    uint32_t faults;
    uint64_t peak_working_set_bytes, working_set_bytes;
    uint8_t pad[32]; /* pools */
    uint64_t pagefile_bytes, peak_pagefile_bytes;
    uint64_t private_bytes;
};

/* IO_COUNTERS, winnt.h. */
struct psb_windows_io {
    uint64_t reads, writes, others;
    uint64_t read_bytes, write_bytes, other_bytes;
};

/* PROCESS_BASIC_INFORMATION, winternl.h: 48 bytes. */
struct psb_windows_basic {
    int32_t exit_status; /* PSB_WINDOWS_STILL_ACTIVE: it lives */
    uint8_t pad0[4];
    uint64_t peb; /* 0: it has none */
    uint64_t affinity;
    int32_t base_priority;
    uint8_t pad1[4];
    uint64_t pid, ppid;
};

enum { PSB_WINDOWS_STILL_ACTIVE = 259 };

/* GetPriorityClass, processthreadsapi.h; winbase.h. */
enum psb_windows_priority {
    PSB_WINDOWS_NORMAL = 0x20,
    PSB_WINDOWS_IDLE = 0x40,
    PSB_WINDOWS_HIGH = 0x80,
    PSB_WINDOWS_REALTIME = 0x100,
    PSB_WINDOWS_BELOW_NORMAL = 0x4000,
    PSB_WINDOWS_ABOVE_NORMAL = 0x8000
};

/* PSAPI_WORKING_SET_BLOCK, psapi.h: a page. */
enum {
    PSB_WINDOWS_PAGE_SHARE_SHIFT = 5, /* ShareCount, 3 bits: how many processes share it, 7 for more */
    PSB_WINDOWS_PAGE_SHARE_MASK = 7,
    PSB_WINDOWS_PAGE_SHARED = 1 << 8, /* it can be shared */
    PSB_WINDOWS_PAGE_SHIFT = 12       /* the page's number */
};

/* ---- what replies parse into ---- */

/* UTF-16 units as the kernel gave them: not aligned, any number, paired or not. */
struct psb_windows_text {
    const char *units;
    size_t count;
};

/* A record of the table, copied: its threads and its name lie in it. */
struct psb_windows_record {
    struct psb_windows_process head;
    const char *threads; /* head.threads struct psb_windows_thread, not aligned */
    struct psb_windows_text name;
};

/* Parsers: see psb_source.parse. */
psb_status psb_windows_parse_record(const void *raw, size_t len, psb_pid pid, void *parsed);

/* These take what a handle answers, and as well the record of the table, which holds the same. */
psb_status psb_windows_parse_times(const void *raw, size_t len, psb_pid pid, void *parsed);
psb_status psb_windows_parse_memory(const void *raw, size_t len, psb_pid pid, void *parsed);
psb_status psb_windows_parse_io(const void *raw, size_t len, psb_pid pid, void *parsed);
psb_status psb_windows_parse_basic(const void *raw, size_t len, psb_pid pid, void *parsed);
psb_status psb_windows_parse_handles(const void *raw, size_t len, psb_pid pid, void *parsed); /* a uint32_t */

psb_status psb_windows_parse_text(const void *raw, size_t len, psb_pid pid, void *parsed);

/* "C:\a" or "\Device\a"; anything else is the kernel's name for a process that runs no file: PSB_ABSENT. */
psb_status psb_windows_parse_image(const void *raw, size_t len, psb_pid pid, void *parsed);

/* Into a uint64_t: how many pages of the working set no other process shares. */
psb_status psb_windows_parse_working_set(const void *raw, size_t len, psb_pid pid, void *parsed);

/* BOOT parsers: parsed is a psb_facts. */
psb_status psb_windows_parse_facts(const void *raw, size_t len, psb_pid pid, void *facts);
psb_status psb_windows_parse_drives(const void *raw, size_t len, psb_pid pid, void *facts);

/* Where text stands in replies: see psb_source.redact. */
psb_redact psb_windows_redact_processes, psb_windows_redact_memory, psb_windows_redact_basic;
psb_redact psb_windows_redact_path, psb_windows_redact_arguments, psb_windows_redact_user;
psb_redact psb_windows_redact_working_set;

/*
 * The records of the table; see psb_source.record. A record that cannot be whole is told with what there is of it,
 * for its parser to refuse; the chain ends with one that does not lead on.
 */
bool psb_windows_record(const void *raw, size_t len, size_t *at, psb_record *out);

/*
 * Text up to its first NUL as UTF-8, into out unless that is NULL; returns its bytes, at most 3 for each unit. An
 * unpaired surrogate, which UTF-8 has no form for and Windows allows in every name, becomes the three bytes that
 * its number would have (WTF-8): it stays visible, and no two names become one.
 */
size_t psb_windows_utf8(struct psb_windows_text text, char *out);

/*
 * A command line of len bytes, with room for one more, becomes its arguments in place, each ended by a NUL; returns
 * how many, *len becomes the bytes of all. By the rules of Microsoft's C runtime since 2008 (learn.microsoft.com,
 * "Parsing C command-line arguments"), which make a process's own argv.
 */
uint32_t psb_windows_split(char *line, size_t *len);

/* The simulated kernel, and what Windows can express of a world: windows_sim.c. */
psb_simulate psb_windows_simulate;
void psb_windows_express(const psb_world *world, const psb_process *process, psb_field field, psb_arena *room,
                         psb_value *truth);

#endif

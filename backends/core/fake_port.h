/*
 * fake_port.h: for tests: a small port over a kernel that is a table in memory. The kernel counts its calls,
 * fails when told to, and changes what it says with every call, so that a value tells which fetch it is from.
 */
#ifndef PSB_FAKE_PORT_H
#define PSB_FAKE_PORT_H

#include "port_backend.h"

#include <stdatomic.h>

/* clang-format off */
enum fake_source {
    FAKE_TICKS, FAKE_MEMORY_SIZE,          /* BOOT */
    FAKE_PIDS, FAKE_CLOCK, FAKE_TABLE,     /* SYSTEM; the table tells of every process */
    FAKE_USER,                             /* USER */
    FAKE_TIMES, FAKE_BIRTH, FAKE_MEMORY,   /* PROCESS */
    FAKE_ARGS,                             /* keeps its raw bytes */
    FAKE_EXACT, FAKE_COARSE,               /* the second is asked when the first is DENIED */
    FAKE_SOURCES
};
/* clang-format on */

/*
 * By source: TABLE: name, status, num_threads. TIMES: ppid, cpu_times, page_faults. BIRTH: create_time, uids.
 * MEMORY: memory_info. ARGS: cmdline. EXACT, COARSE: memory_full_info. All else is absent or derived.
 * name and cmdline end in the serial number of the call they are from; page_faults.minor is that number.
 */
extern const psb_port psb_fake_port;

enum { FAKE_ENTRIES = 3 }; /* of every call of the fake kernel */

#define FAKE_PAGE       UINT64_C(4096)
#define FAKE_HZ         UINT64_C(100)
#define FAKE_MEMORY_ALL (UINT64_C(1) << 30)

enum { FAKE_NOBODY = 4242 }; /* a uid without an account; all others are "userN" */

struct fake_process {
    psb_pid pid;
    int64_t ppid, create_ns; /* create_ns 0: not told */
    uint64_t uid;
    uint64_t user_ticks, system_ticks; /* UINT64_MAX: too many to be ns */
    uint64_t rss_pages;
};

enum { FAKE_ROOM = 1200 };

typedef struct fake_kernel {
    psb_kernel base;
    struct fake_process process[FAKE_ROOM];
    size_t processes;
    int64_t now_ns;

    atomic_uint calls[PSB_OPS];
    atomic_uint all_calls;
    atomic_size_t largest_cap;

    psb_status status[PSB_OPS]; /* other than PSB_OK: what calls of that op get, */
    psb_pid status_pid;         /* if they are about this pid; -1: about any */
    unsigned fail_call;         /* the call of this number, from 1, fails with fail_status; 0: none */
    psb_status fail_status;
    size_t demand[PSB_OPS]; /* with less room the answer is PSB_TOOSMALL */
    bool cut[PSB_OPS];      /* the reply lacks its last byte */
    int stray_error;        /* os_error of answers that are there */

    unsigned *closed; /* counts closes, unless NULL */
} fake_kernel;

enum { FAKE_OS_ERROR = 77 }; /* behind every failure that was ordered */

/* Knows no process yet. Freed by its close, which is the backend's. */
fake_kernel *fake_kernel_open(void);

/* What a test may change before the process is asked about. */
struct fake_process *fake_add(fake_kernel *kernel, psb_pid pid, int64_t ppid);
void fake_remove(fake_kernel *kernel, psb_pid pid);

unsigned fake_calls(const fake_kernel *kernel, enum fake_source source);
unsigned fake_all_calls(const fake_kernel *kernel);
void fake_forget_calls(fake_kernel *kernel);

/* Orders for calls of a source about any pid. */
void fake_fail(fake_kernel *kernel, enum fake_source source, psb_status status);
void fake_demand(fake_kernel *kernel, enum fake_source source, size_t bytes);

/* A backend and a snapshot over a fake kernel with pid 10, whose parent is pid 1. Calls are counted from 0.
 */
typedef struct fake_world {
    fake_kernel *kernel;
    psb_backend *backend;
    psb_snapshot *snapshot;
} fake_world;

void fake_open(fake_world *world, const psb_port *port, psb_variant variant);
void fake_renew(fake_world *world); /* ends the snapshot and begins the next */
void fake_close(fake_world *world);

/* A table that may be broken. */
typedef struct fake_tables {
    psb_source source[PSB_SOURCES_MAX + 1];
    psb_method method[PSB_FIELDS];
    psb_port port;
} fake_tables;

void fake_tables_copy(fake_tables *tables, const psb_port *port);

#endif

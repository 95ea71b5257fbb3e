/*
 * world.h: the truth that simulated kernels tell: one machine and its processes, in no OS's terms. A
 * simulated kernel encodes a world into the bytes of its OS; what a port makes of those bytes is compared
 * with the world again.
 *
 * Seeded worlds are the same on every machine. Their times are multiples of 10 ms, their sizes of 4 KiB,
 * their boot time of 1 s: what every OS can express, so that a difference is a mistake and not a rounding.
 */
#ifndef PSB_WORLD_H
#define PSB_WORLD_H

#include "arena.h"
#include "kernel.h"

/* Text of the world's own; bytes may be any but NUL. A list is count strings, each ended by a NUL that len
 * includes. */
typedef struct psb_world_text {
    const char *bytes;
    size_t len;
    uint32_t count; /* of a list */
} psb_world_text;

typedef struct psb_process {
    psb_pid pid, ppid; /* ppid 0: none */
    uint64_t
        known; /* bit f: the world knows field f of it; seeded worlds know all that the process can have */
    bool is_kernel; /* a process of the kernel's own: no program, no memory, no terminal */
    psb_state state;
    int nice;
    int cpu;      /* it last ran on */
    int terminal; /* number of its /dev/pts; -1: none */
    uint32_t threads;
    uint32_t fds;            /* or handles, where the OS has these */
    uint32_t uid[3], gid[3]; /* real, effective, saved */
    int64_t created_ns;      /* since 1970 */
    uint64_t cpu_ns[PSB_CPU_TIMES_PARTS];
    uint64_t memory_bytes[PSB_MEMORY_INFO_PARTS];
    uint64_t full_bytes[PSB_MEMORY_FULL_INFO_PARTS];
    uint64_t switches[PSB_NUM_CTX_SWITCHES_PARTS];
    uint64_t faults[PSB_PAGE_FAULTS_PARTS];
    uint64_t io[PSB_IO_COUNTERS_PARTS];
    psb_world_text name, exe, cwd, cmdline; /* exe, cwd: bytes NULL: it has none */
} psb_process;

struct psb_world {
    size_t count;
    psb_process *process; /* by ascending pid */
    uint32_t caller_uid;  /* who asks; 0 may ask everything */
    uint64_t page_bytes, memory_bytes, ticks_per_second;
    uint32_t cpus;
    int64_t boot_ns, now_ns; /* since 1970 */
    psb_arena room;          /* of texts */
    size_t capacity;
};

/*
 * A world of 1 to PSB_WORLD_MAX processes: a tree under pid 1, kernel processes, users with and without an
 * account, terminals, zombies, stopped ones, many threads, hostile names and arguments. The caller is root.
 * NULL: no memory.
 */
enum { PSB_WORLD_MAX = 1000000 };
psb_world *psb_world_make(uint64_t seed, size_t processes);

/* A world without processes, with room for so many, that was booted in 1970. NULL: no memory. */
psb_world *psb_world_empty(size_t capacity);

/* A world of what this backend tells of all its processes now; what it does not tell is not known. NULL: no
 * memory. */
psb_world *psb_world_live(psb_backend *backend);

/*
 * "seed=7,processes=1000" (either may be left out) or "live" (backend tells; it may be NULL otherwise); both
 * also with "caller=1000": who asks. NULL: one line in why.
 */
psb_world *psb_world_open(const char *spec, psb_backend *backend, char *why, size_t why_size);

/* Does the description ask for this machine's processes? */
bool psb_world_is_live(const char *spec);

void psb_world_free(psb_world *world);

/* NULL: there is no such process. Valid until the next birth or death. */
psb_process *psb_world_find(const psb_world *world, psb_pid pid);

/* A process is born, or replaced if the pid is there. The texts are copied. False: no memory. */
bool psb_world_spawn(psb_world *world, const psb_process *process);
void psb_world_kill(psb_world *world, psb_pid pid);

/* ---- kinds of processes, beside those of a seeded world: world_kinds.c ---- */

typedef struct psb_world_kind {
    const char *name, *meaning; /* names are those of populations (scenarios/population.h) */

    /* Of an ordinary process. cmdline.bytes NULL afterwards: there was no room for it. */
    void (*make)(psb_process *, psb_arena *room);
} psb_world_kind;

/* Number index; NULL after the last. */
const psb_world_kind *psb_world_kind_at(size_t index);

/* A process of the kind is born, with a pid behind all others. Returns it; -1: no memory. */
psb_pid psb_world_add(psb_world *world, const psb_world_kind *kind);

/* The account of a uid, or NULL: seeded worlds have root, four people, and uids without an account. */
const char *psb_world_user(const psb_world *world, uint64_t uid);

/* Thread n < threads of a process: ids are pid, pid + 1, ...; their times sum up to the process's. */
psb_thread psb_world_thread(const psb_process *process, uint32_t n);

/*
 * What a backend that knows everything answers to the field; text that must be composed is taken from room.
 * False: the world does not know. What the caller may not see is not considered.
 */
bool psb_world_truth(const psb_world *world, psb_pid pid, psb_field field, psb_arena *room, psb_value *out);

#endif

/* world.c: seeded worlds, births and deaths. */
#include "world.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MS         UINT64_C(1000000)
#define SEC        (1000 * MS)
#define ALL_FIELDS ((UINT64_C(1) << PSB_FIELDS) - 1)

enum { PAGE = 4096, FIRST_UID = 1000, PEOPLE = 4, ORPHAN_UID = 4000, SLOTS = 8 };

/* ---- making ---- */

/* splitmix64: Steele, Lea, Flood, "Fast splittable pseudorandom number generators" (2014). */
static uint64_t draw(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return z ^ z >> 31;
}

static uint64_t below(uint64_t *state, uint64_t limit)
{
    return draw(state) % limit;
}

#define TEXT(literal)                                                                                        \
    {                                                                                                        \
        literal, sizeof literal - 1, 0                                                                       \
    }
#define LIST(literal, count)                                                                                 \
    {                                                                                                        \
        literal, sizeof literal, count                                                                       \
    }

/* Programs: what most processes are. */
static const struct program {
    psb_world_text name, exe, cmdline;
} PROGRAM[] = {
    {TEXT("bash"), TEXT("/usr/bin/bash"), LIST("-bash", 1)},
    {TEXT("sshd"), TEXT("/usr/sbin/sshd"), LIST("/usr/sbin/sshd\0-D", 2)},
    {TEXT("postgres"), TEXT("/usr/lib/postgresql/bin/postgres"),
     LIST("postgres\0-D\0/var/lib/postgresql", 3)},
    {TEXT("python3"), TEXT("/usr/bin/python3.11"), LIST("python3\0-c\0print('a b')\0", 4)},
    {TEXT("nginx"), TEXT("/usr/sbin/nginx"), LIST("nginx\0-g\0daemon off;", 3)},
    {TEXT("a"), TEXT("/bin/a"), LIST("a\0\0b", 3)},
};

/* Names that processes choose to confuse their readers; the program behind is ordinary. */
static const psb_world_text HOSTILE[] = {
    TEXT("a b"),       TEXT("a) R 1 2 3"),  TEXT("(("),         TEXT("))"),
    TEXT("new\nline"), TEXT("tab\there"),   TEXT("Uid:\t7\t8"), TEXT("\xff\xfe"),
    TEXT("back\\n"),   TEXT("\x1b[31mred"), TEXT(" "),          TEXT("fifteen_bytes__"),
};

static const psb_world_text KERNEL_NAME[] = {TEXT("kthreadd"), TEXT("kworker/0:1"), TEXT("ksoftirqd/0"),
                                             TEXT("idle")};
static const psb_world_text HOME = TEXT("/home/user"), ROOT = TEXT("/");

static void make_times(psb_process *process, const psb_world *world, uint64_t *state)
{
    uint64_t age_ticks = (uint64_t)(world->now_ns - world->boot_ns) / (10 * MS);
    process->created_ns = world->boot_ns + (int64_t)(below(state, age_ticks) * 10 * MS);
    uint64_t lived_ticks = (uint64_t)(world->now_ns - process->created_ns) / (10 * MS);
    for (int i = 0; i < PSB_CPU_TIMES_PARTS; i++)
        process->cpu_ns[i] = below(state, lived_ticks / 4 + 1) * 10 * MS;
}

static void make_memory(psb_process *process, uint64_t *state)
{
    uint64_t *memory = process->memory_bytes, *full = process->full_bytes;
    memory[PSB_MEMORY_INFO_TEXT] = (1 + below(state, 500)) * PAGE;
    memory[PSB_MEMORY_INFO_DATA] = (1 + below(state, 50000)) * PAGE;
    memory[PSB_MEMORY_INFO_SHARED] = below(state, 2000) * PAGE;
    memory[PSB_MEMORY_INFO_RSS] = memory[PSB_MEMORY_INFO_SHARED] + (1 + below(state, 50000)) * PAGE;
    memory[PSB_MEMORY_INFO_VMS] =
        memory[PSB_MEMORY_INFO_RSS] + memory[PSB_MEMORY_INFO_TEXT] + memory[PSB_MEMORY_INFO_DATA];
    full[PSB_MEMORY_FULL_INFO_USS] = memory[PSB_MEMORY_INFO_RSS] - memory[PSB_MEMORY_INFO_SHARED];
    full[PSB_MEMORY_FULL_INFO_PSS] =
        memory[PSB_MEMORY_INFO_RSS] - memory[PSB_MEMORY_INFO_SHARED] / PAGE / 2 * PAGE;
    full[PSB_MEMORY_FULL_INFO_SWAP] = below(state, 4) ? 0 : below(state, 1000) * PAGE;
}

static void make_counters(psb_process *process, uint64_t *state)
{
    uint64_t *switches = process->switches;
    for (int i = PSB_NUM_CTX_SWITCHES_VOLUNTARY; i <= PSB_NUM_CTX_SWITCHES_INVOLUNTARY; i++)
        switches[i] = below(state, 1000000);
    switches[PSB_NUM_CTX_SWITCHES_TOTAL] =
        switches[PSB_NUM_CTX_SWITCHES_VOLUNTARY] + switches[PSB_NUM_CTX_SWITCHES_INVOLUNTARY];
    for (int i = 0; i < PSB_PAGE_FAULTS_PARTS; i++)
        process->faults[i] = below(state, 1000000);
    for (int i = 0; i < PSB_IO_COUNTERS_PARTS; i++)
        process->io[i] = below(state, 1u << 30);
}

static void make_owner(psb_process *process, uint64_t *state)
{
    uint64_t kind = below(state, 8);
    uint32_t uid = kind < 3 ? 0 : kind < 7 ? FIRST_UID + (uint32_t)below(state, PEOPLE) : ORPHAN_UID;
    for (int i = 0; i < 3; i++)
        process->uid[i] = process->gid[i] = uid;
    if (uid != 0 &&
        below(state, 10) == 0) { /* a set-uid program: the three ids all differ, and so do the groups' */
        process->uid[1] = process->gid[1] = 0;
        process->uid[2] = uid + 10;
        process->gid[2] = uid + 20;
    }
    process->terminal = uid != 0 && below(state, 2) ? (int)below(state, 300) : -1;
}

static void make_program(psb_process *process, uint64_t *state)
{
    const struct program *program = &PROGRAM[below(state, sizeof PROGRAM / sizeof *PROGRAM)];
    process->name = program->name;
    process->exe = program->exe;
    process->cmdline = program->cmdline;
    process->cwd = process->uid[0] == 0 ? ROOT : HOME;
    if (below(state, 16) == 0)
        process->name = HOSTILE[below(state, sizeof HOSTILE / sizeof *HOSTILE)];
}

static psb_state make_state(uint64_t *state)
{
    static const psb_state STATE[] = {PSB_STATE_RUNNING, PSB_STATE_STOPPED, PSB_STATE_ZOMBIE};
    uint64_t kind = below(state, 40);
    return kind < 3 ? STATE[kind] : PSB_STATE_SLEEPING;
}

/* A kernel process has no program, terminal or memory; a zombie has lost them. */
static void strip(psb_process *process)
{
    process->exe = process->cwd = (psb_world_text){0};
    process->cmdline = (psb_world_text){"", 0, 0};
    process->fds = 0;
    memset(process->memory_bytes, 0, sizeof process->memory_bytes);
    memset(process->full_bytes, 0, sizeof process->full_bytes);
}

static void make_process(psb_world *world, size_t index, uint64_t *state)
{
    psb_process *process = &world->process[index];
    /* Pids lie SLOTS apart: thread ids fit between. */
    *process = (psb_process){.pid = index == 0 ? 1 : (psb_pid)index * SLOTS, .known = ALL_FIELDS};
    process->ppid = index == 0 ? 0 : world->process[below(state, index)].pid;
    process->is_kernel = index > 0 && index % 10 == 2;
    process->nice = below(state, 10) ? 0 : (int)below(state, 40) - 20;
    process->cpu = (int)below(state, world->cpus);
    process->threads = below(state, 4) ? 1 : 1 + (uint32_t)below(state, SLOTS - 1);
    process->fds = (uint32_t)below(state, 64);
    make_times(process, world, state);
    make_counters(process, state);
    make_memory(process, state);
    if (process->is_kernel) {
        process->ppid = 1;
        process->terminal = -1;
        process->threads = 1;
        process->state = PSB_STATE_SLEEPING;
        process->name = KERNEL_NAME[below(state, sizeof KERNEL_NAME / sizeof *KERNEL_NAME)];
        strip(process);
        return;
    }
    make_owner(process, state);
    make_program(process, state);
    process->state = index == 0 ? PSB_STATE_SLEEPING : make_state(state);
    if (process->state == PSB_STATE_ZOMBIE) {
        process->threads = 1;
        strip(process);
    }
}

/* Nobody is older than its parent. */
static void make_ages(psb_world *world)
{
    for (size_t i = 0; i < world->count; i++) {
        psb_process *process = &world->process[i];
        const psb_process *parent = psb_world_find(world, process->ppid);
        if (parent && process->created_ns < parent->created_ns)
            process->created_ns = parent->created_ns;
    }
}

psb_world *psb_world_empty(size_t capacity)
{
    psb_world *world = calloc(1, sizeof *world);
    if (!world)
        return NULL;
    world->process = calloc(capacity, sizeof *world->process);
    world->capacity = capacity;
    world->page_bytes = PAGE;
    world->ticks_per_second = 100;
    world->memory_bytes = UINT64_C(16) << 30;
    world->cpus = 8;
    if (world->process)
        return world;
    free(world);
    return NULL;
}

psb_world *psb_world_make(uint64_t seed, size_t processes)
{
    psb_world *world = psb_world_empty(processes);
    uint64_t state = seed;
    if (!world)
        return NULL;
    world->boot_ns = (int64_t)(1700000000 * SEC);
    world->now_ns = world->boot_ns + (int64_t)(30 * 86400 * SEC);
    world->count = processes;
    for (size_t i = 0; i < processes; i++)
        make_process(world, i, &state);
    make_ages(world);
    return world;
}

/* ---- births and deaths ---- */

/* The first process whose pid is not below this one. */
static size_t place_of(const psb_world *world, psb_pid pid)
{
    size_t low = 0, high = world->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (world->process[middle].pid < pid)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

psb_process *psb_world_find(const psb_world *world, psb_pid pid)
{
    size_t place = place_of(world, pid);
    return place < world->count && world->process[place].pid == pid ? &world->process[place] : NULL;
}

static bool own(psb_world *world, psb_world_text *text)
{
    if (!text->bytes)
        return true;
    char *copy = psb_arena_alloc(&world->room, text->len + 1);
    if (!copy)
        return false;
    memcpy(copy, text->bytes, text->len);
    copy[text->len] = '\0';
    text->bytes = copy;
    return true;
}

bool psb_world_spawn(psb_world *world, const psb_process *process)
{
    psb_process born = *process;
    size_t place = place_of(world, process->pid);
    bool replaces = place < world->count && world->process[place].pid == process->pid;
    if (!own(world, &born.name) || !own(world, &born.exe) || !own(world, &born.cwd) ||
        !own(world, &born.cmdline))
        return false;
    if (!replaces && world->count == world->capacity) {
        size_t capacity = world->capacity * 2 + 16;
        psb_process *grown = realloc(world->process, capacity * sizeof *grown);
        if (!grown)
            return false;
        world->process = grown;
        world->capacity = capacity;
    }
    if (!replaces) {
        memmove(&world->process[place + 1], &world->process[place], (world->count - place) * sizeof born);
        world->count++;
    }
    world->process[place] = born;
    return true;
}

void psb_world_kill(psb_world *world, psb_pid pid)
{
    psb_process *process = psb_world_find(world, pid);
    if (!process)
        return;
    size_t behind = world->count - (size_t)(process - world->process) - 1;
    memmove(process, process + 1, behind * sizeof *process);
    world->count--;
}

void psb_world_free(psb_world *world)
{
    if (!world)
        return;
    psb_arena_free(&world->room);
    free(world->process);
    free(world);
}

/* "name=number" at *at, moving it on past a comma. */
static bool option(const char **at, const char *name, uint64_t *out)
{
    size_t len = strlen(name);
    char *end;
    if (strncmp(*at, name, len) != 0 || (*at)[len] != '=' || (*at)[len + 1] < '0' || (*at)[len + 1] > '9')
        return false;
    *out = strtoull(*at + len + 1, &end, 10);
    if (*end != ',' && *end != '\0')
        return false;
    *at = *end ? end + 1 : end;
    return true;
}

bool psb_world_is_live(const char *spec)
{
    return strncmp(spec, "live", 4) == 0 && (spec[4] == ',' || spec[4] == '\0');
}

/* What a description asks for. */
struct wish {
    bool live;
    uint64_t seed, processes, caller;
};

static bool read_wish(const char *spec, struct wish *out, char *why, size_t why_size)
{
    *out = (struct wish){psb_world_is_live(spec), 1, 100, 0};
    const char *at = out->live ? spec + 4 + (spec[4] == ',') : spec;
    while (*at)
        if (!option(&at, "caller", &out->caller) &&
            (out->live || (!option(&at, "seed", &out->seed) && !option(&at, "processes", &out->processes)))) {
            snprintf(
                why, why_size,
                "'%s' is neither 'live' nor like 'seed=7,processes=1000' (either may have ',caller=UID')",
                spec);
            return false;
        }
    if (out->processes < 1 || out->processes > PSB_WORLD_MAX)
        snprintf(why, why_size, "processes=%" PRIu64 ": a world has 1 to %d", out->processes, PSB_WORLD_MAX);
    else if (out->caller > UINT32_MAX)
        snprintf(why, why_size, "caller=%" PRIu64 ": is no uid", out->caller);
    else
        return true;
    return false;
}

psb_world *psb_world_open(const char *spec, psb_backend *backend, char *why, size_t why_size)
{
    struct wish wish;
    if (!read_wish(spec, &wish, why, why_size))
        return NULL;
    if (wish.live && !backend) {
        snprintf(why, why_size, "'live' needs a native kernel, and this machine has none that psbench knows");
        return NULL;
    }
    psb_world *world =
        wish.live ? psb_world_live(backend) : psb_world_make(wish.seed, (size_t)wish.processes);
    if (world)
        world->caller_uid = (uint32_t)wish.caller;
    else
        snprintf(why, why_size, "out of memory");
    return world;
}

const char *psb_world_user(const psb_world *world, uint64_t uid)
{
    static const char *const PERSON[PEOPLE] = {"ada", "grace", "edsger", "barbara"};
    if (uid == 0)
        return "root";
    return uid >= FIRST_UID && uid < FIRST_UID + PEOPLE ? PERSON[uid - FIRST_UID] : NULL;
}

psb_thread psb_world_thread(const psb_process *process, uint32_t n)
{
    uint32_t others = process->threads - 1;
    psb_thread thread = {.id = process->pid + n};
    /* Each of the others has a share of whole ticks; the first has the rest. */
    uint64_t tick = 10 * MS,
             user = process->cpu_ns[PSB_CPU_TIMES_USER] / (process->threads + 1u) / tick * tick;
    uint64_t system = process->cpu_ns[PSB_CPU_TIMES_SYSTEM] / (process->threads + 1u) / tick * tick;
    thread.user_ns = n ? user : process->cpu_ns[PSB_CPU_TIMES_USER] - others * user;
    thread.system_ns = n ? system : process->cpu_ns[PSB_CPU_TIMES_SYSTEM] - others * system;
    return thread;
}

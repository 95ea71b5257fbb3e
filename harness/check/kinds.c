/* kinds.c: the kinds of processes that a world has, and those that seeded worlds do not have: they are added. */
#include "suite.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECOND_NS INT64_C(1000000000)
#define PAGES(n)  ((uint64_t)(n)*4096)

/* Pids of those that are added. */
enum {
    YOUNG_PID = 6001, /* younger than its child: its pid was given anew */
    LARGE_PID = 4194303,
    MANY_PID = 900000,
    BUSY_PID = 6011,
    IDLE_PID = 6012,
    NAME_PID = 6100,
    MANY_THREADS = 300,
    LONG_ARGUMENT = 128 << 10,
    MANY_WORDS = 300,
    WORD_BYTES = 19
};

/* ---- which is which ---- */

static bool is_first(const psb_process *p)
{
    return p->pid == 1;
}

static bool is_kernel(const psb_process *p)
{
    return p->is_kernel;
}

static bool is_zombie(const psb_process *p)
{
    return p->state == PSB_STATE_ZOMBIE;
}

static bool is_idle(const psb_process *p)
{
    return p->state == PSB_STATE_IDLE;
}

/* More than one CPU's time. */
static bool is_busy(const psb_process *p)
{
    return p->pid == BUSY_PID;
}

static bool is_stopped(const psb_process *p)
{
    return p->state == PSB_STATE_STOPPED;
}

static bool has_threads(const psb_process *p)
{
    return p->threads > 1;
}

static bool has_three_ids(const psb_process *p)
{
    return p->uid[0] != p->uid[1];
}

static bool has_terminal(const psb_process *p)
{
    return p->terminal >= 0;
}

static bool has_nice(const psb_process *p)
{
    return p->nice != 0;
}

static bool has_no_account(const psb_process *p)
{
    return p->uid[0] >= 2000;
}

static bool has_empty_argument(const psb_process *p)
{
    for (size_t i = 0; i + 1 < p->cmdline.len; i++)
        if (p->cmdline.bytes[i] == '\0' && p->cmdline.bytes[i + 1] == '\0')
            return true;
    return false;
}

static bool has_no_argument(const psb_process *p)
{
    return p->cmdline.count == 0 && !p->is_kernel && !is_zombie(p);
}

static bool has_long_argument(const psb_process *p)
{
    return p->cmdline.len > LONG_ARGUMENT;
}

static bool has_many_arguments(const psb_process *p)
{
    return p->cmdline.count == MANY_WORDS;
}

/* Names that are made to be read wrongly: bytes that are no part of a word. */
static bool is_hostile(const psb_process *p)
{
    for (size_t i = 0; i < p->name.len; i++)
        if (!isalnum((unsigned char)p->name.bytes[i]) && !strchr("/:-_.", p->name.bytes[i]))
            return true;
    return false;
}

static bool is_large(const psb_process *p)
{
    return p->pid == LARGE_PID || p->ppid == MANY_PID;
}

/* Of those that are added: its parent is younger, or not there. */
static bool has_no_parent(const psb_process *p)
{
    return p->pid == YOUNG_PID + 1 || p->pid == YOUNG_PID + 2;
}

static bool is_ordinary(const psb_process *p)
{
    return p->pid < YOUNG_PID && !is_first(p) && !is_kernel(p) && !is_zombie(p) && !is_stopped(p) &&
           !is_hostile(p);
}

static const struct kind {
    const char *name;
    bool (*is_one)(const psb_process *process);
} KINDS[] = {
    {"ordinary", is_ordinary},
    {"first", is_first},
    {"kernel_process", is_kernel},
    {"zombie", is_zombie},
    {"stopped", is_stopped},
    {"idle", is_idle},
    {"busy", is_busy},
    {"many_threads", has_threads},
    {"set_uid", has_three_ids},
    {"terminal", has_terminal},
    {"niced", has_nice},
    {"no_account", has_no_account},
    {"empty_argument", has_empty_argument},
    {"no_argument", has_no_argument},
    {"long_argument", has_long_argument},
    {"many_arguments", has_many_arguments},
    {"hostile_name", is_hostile},
    {"large_numbers", is_large},
    {"no_parent", has_no_parent},
};

enum { KIND_COUNT = sizeof KINDS / sizeof *KINDS };

static bool is_known(const char *name)
{
    for (size_t i = 0; i < KIND_COUNT; i++)
        if (strcmp(KINDS[i].name, name) == 0)
            return true;
    return false;
}

/* Behind those above come the kinds of world_kinds.c, but for those that are known above by what they are. */
static size_t behind(size_t index)
{
    size_t left = index - KIND_COUNT, i = 0;
    for (; psb_world_kind_at(i); i++)
        if (!is_known(psb_world_kind_at(i)->name) && left-- == 0)
            break;
    return i;
}

const char *psb_kind_name(size_t index)
{
    if (index < KIND_COUNT)
        return KINDS[index].name;
    const psb_world_kind *kind = psb_world_kind_at(behind(index));
    return kind ? kind->name : NULL;
}

bool psb_kind_is(const psb_suite *suite, size_t index, const psb_process *process)
{
    return index < KIND_COUNT ? KINDS[index].is_one(process) : suite->kind[behind(index)] == process->pid;
}

/* ---- those that are added ---- */

/* Someone with a program, whose every number is another. */
static psb_process someone(const psb_world *world, psb_pid pid)
{
    psb_process out = world->process[0];
    for (size_t i = 1; i < world->count; i++)
        if (is_ordinary(&world->process[i]))
            out = world->process[i];
    out.pid = pid;
    out.ppid = 1;
    out.threads = 1;
    return out;
}

/* Above 32 bits, and each part another; a clock that has run for weeks. */
static bool add_large(psb_world *world)
{
    psb_process large = someone(world, LARGE_PID);
    for (unsigned i = 0; i < PSB_CPU_TIMES_PARTS; i++)
        large.cpu_ns[i] = (uint64_t)SECOND_NS * (5000000 + i);
    for (unsigned i = 0; i < PSB_MEMORY_INFO_PARTS; i++)
        large.memory_bytes[i] = PAGES(0x300000 + i);
    for (unsigned i = 0; i < PSB_MEMORY_FULL_INFO_PARTS; i++)
        large.full_bytes[i] = PAGES(0x200000 + i);
    for (unsigned i = 0; i < PSB_IO_COUNTERS_PARTS; i++)
        large.io[i] = (UINT64_C(1) << 40) + i;
    large.switches[PSB_NUM_CTX_SWITCHES_VOLUNTARY] = 2900000000;
    large.switches[PSB_NUM_CTX_SWITCHES_INVOLUNTARY] = 100000000;
    large.switches[PSB_NUM_CTX_SWITCHES_TOTAL] = 3000000000;
    large.terminal = 250;
    return psb_world_spawn(world, &large);
}

static bool add_orphans(psb_world *world)
{
    psb_process young = someone(world, YOUNG_PID), old = someone(world, YOUNG_PID + 1), orphan = old;
    old.ppid = YOUNG_PID;
    young.created_ns = old.created_ns + SECOND_NS;
    if (young.created_ns > world->now_ns)
        young.created_ns = world->now_ns;
    orphan.pid = YOUNG_PID + 2;
    orphan.ppid = YOUNG_PID + 3; /* nobody */
    psb_process child = someone(world, YOUNG_PID + 4);
    child.ppid = MANY_PID; /* above 16 bits */
    return psb_world_spawn(world, &young) && psb_world_spawn(world, &old) &&
           psb_world_spawn(world, &orphan) && psb_world_spawn(world, &child);
}

static bool add_states(psb_world *world)
{
    psb_process idle = someone(world, IDLE_PID), busy = someone(world, BUSY_PID);
    idle.state = PSB_STATE_IDLE;
    busy.cpu_ns[PSB_CPU_TIMES_USER] = 3 * (uint64_t)(world->now_ns - busy.created_ns);
    return psb_world_spawn(world, &idle) && psb_world_spawn(world, &busy);
}

static bool add_threads(psb_world *world)
{
    psb_process many = someone(world, MANY_PID);
    many.threads = MANY_THREADS;
    return psb_world_spawn(world, &many);
}

static bool add_arguments(psb_world *world)
{
    psb_process none = someone(world, NAME_PID - 1), more = someone(world, NAME_PID - 2),
                many = someone(world, NAME_PID - 3);
    char words[MANY_WORDS * WORD_BYTES];
    char *bytes = malloc(LONG_ARGUMENT + 4);
    none.cmdline = (psb_world_text){"", 0, 0};
    if (!bytes)
        return false;
    memset(bytes, 'x', LONG_ARGUMENT + 4);
    bytes[LONG_ARGUMENT] = bytes[LONG_ARGUMENT + 3] = '\0';
    more.cmdline = (psb_world_text){bytes, LONG_ARGUMENT + 4, 2};
    for (int i = 0; i < MANY_WORDS; i++)
        snprintf(words + (size_t)i * WORD_BYTES, WORD_BYTES, "word %04d and more", i);
    many.cmdline = (psb_world_text){words, sizeof words, MANY_WORDS};
    bool good =
        psb_world_spawn(world, &none) && psb_world_spawn(world, &many) && psb_world_spawn(world, &more);
    free(bytes);
    return good;
}

/* What a reader of lines, of brackets, of numbers or of UTF-8 takes for something else. */
static bool add_names(psb_world *world)
{
    static const char *const NAME[] = {
        "a b",          "a) R 1 2 3", "((",       "))",      "new\nline",   "tab\there", "Uid:\t7\t8\t9",
        "Threads:\t77", "\xff\xfe",   "\xc3\x28", "back\\n", "\x1b[31mred", " ",         "fifteen_bytes__"};
    for (size_t i = 0; i < sizeof NAME / sizeof *NAME; i++) {
        psb_process named = someone(world, NAME_PID + (psb_pid)i);
        named.ppid = world->process[1].pid; /* none of the numbers in the names */
        named.name = (psb_world_text){NAME[i], strlen(NAME[i]), 0};
        if (!psb_world_spawn(world, &named))
            return false;
    }
    return true;
}

bool psb_suite_add_kinds(psb_suite *suite)
{
    psb_world *world = suite->world;
    for (size_t i = 0; psb_world_kind_at(i) && i < PSB_KINDS_MAX; i++)
        if ((suite->kind[i] = psb_world_add(world, psb_world_kind_at(i))) < 0)
            return false;
    return add_names(world) && add_arguments(world) && add_threads(world) && add_orphans(world) &&
           add_states(world) && add_large(world);
}

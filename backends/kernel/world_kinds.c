/* world_kinds.c: processes of the kinds that readers of processes go wrong at, to be added to a world. */
#include "world.h"

#include <string.h>

enum { PID_STEP = 8, LONG_ARGUMENT = 128 << 10, MANY = 64, MANY_FILES = 501 };

#define TEXT(literal)                                                                                        \
    (psb_world_text)                                                                                         \
    {                                                                                                        \
        literal, sizeof literal - 1, 0                                                                       \
    }
#define LIST(literal, count)                                                                                 \
    (psb_world_text)                                                                                         \
    {                                                                                                        \
        literal, sizeof literal, count                                                                       \
    }

/* An ordinary, sleeping child of process 1, in the middle of the machine's life. */
static psb_process ordinary(const psb_world *world, psb_pid pid)
{
    psb_process process = {.pid = pid,
                           .ppid = 1,
                           .known = (UINT64_C(1) << PSB_FIELDS) - 1,
                           .state = PSB_STATE_SLEEPING,
                           .terminal = -1,
                           .threads = 1,
                           .fds = 3,
                           .uid = {1000, 1000, 1000},
                           .gid = {1000, 1000, 1000},
                           .name = TEXT("kind"),
                           .exe = TEXT("/usr/bin/kind"),
                           .cwd = TEXT("/home/user"),
                           .cmdline = LIST("kind\0-x", 2)};
    int64_t step = 10000000, age = (world->now_ns - world->boot_ns) / 2;
    process.created_ns = world->boot_ns + age / step * step;
    process.cpu_ns[PSB_CPU_TIMES_USER] = 420000000;
    process.memory_bytes[PSB_MEMORY_INFO_RSS] = 40 * world->page_bytes;
    process.memory_bytes[PSB_MEMORY_INFO_VMS] = 400 * world->page_bytes;
    return process;
}

/* It has no program and no memory, or has lost them. */
static void strip(psb_process *process)
{
    process->exe = process->cwd = (psb_world_text){0};
    process->cmdline = (psb_world_text){"", 0, 0};
    process->fds = 0;
    memset(process->memory_bytes, 0, sizeof process->memory_bytes);
}

static void zombie(psb_process *process, psb_arena *room)
{
    process->state = PSB_STATE_ZOMBIE;
    strip(process);
}

static void stopped(psb_process *process, psb_arena *room)
{
    process->state = PSB_STATE_STOPPED;
}

static void kernel_thread(psb_process *process, psb_arena *room)
{
    process->is_kernel = true;
    process->name = TEXT("kworker/0:1");
    memset(process->uid, 0, sizeof process->uid);
    memset(process->gid, 0, sizeof process->gid);
    strip(process);
}

static void many_threads(psb_process *process, psb_arena *room)
{
    process->threads = MANY;
}

static void many_files(psb_process *process, psb_arena *room)
{
    process->fds = MANY_FILES;
}

static void renamed(psb_process *process, psb_arena *room)
{
    process->name = TEXT("renamed");
}

static void tty(psb_process *process, psb_arena *room)
{
    process->terminal = 250;
}

static void niced(psb_process *process, psb_arena *room)
{
    process->nice = 7;
}

static void name_blank(psb_process *process, psb_arena *room)
{
    process->name = TEXT("a b");
}

static void name_parenthesis(psb_process *process, psb_arena *room)
{
    process->name = TEXT("a) R 1 2 3");
}

static void name_newline(psb_process *process, psb_arena *room)
{
    process->name = TEXT("new\nline");
}

static void name_tab(psb_process *process, psb_arena *room)
{
    process->name = TEXT("tab\there");
}

static void name_uid(psb_process *process, psb_arena *room)
{
    process->name = TEXT("Uid:\t7\t8\t9");
}

static void name_bytes(psb_process *process, psb_arena *room)
{
    process->name = TEXT("\xff\xfe");
}

static void arguments(psb_process *process, psb_arena *room)
{
    process->cmdline = LIST("sh\0-c\0read _\0a b\0\0(x)\0new\nline\0Uid:\t7\t8\t9\0\xff\xfe", 9);
}

static void long_arguments(psb_process *process, psb_arena *room)
{
    size_t len = 3 + LONG_ARGUMENT;
    char *bytes = psb_arena_alloc(room, len);
    process->cmdline = (psb_world_text){bytes, len, 2};
    if (!bytes)
        return;
    memset(bytes, 'x', len);
    memcpy(bytes, "sh", 3);
    bytes[len - 1] = '\0';
}

static const psb_world_kind KINDS[] = {
    {"zombie", "has ended, and nobody has asked how", zombie},
    {"stopped", "stopped by a signal", stopped},
    {"kernel_thread", "a process of the kernel's own", kernel_thread},
    {"many_threads", "64 threads", many_threads},
    {"many_files", "501 open files", many_files},
    {"renamed", "has given itself another name", renamed},
    {"tty", "has a terminal of its own", tty},
    {"niced", "gives way to others", niced},
    {"name_blank", "its name has a blank in it", name_blank},
    {"name_parenthesis", "its name looks like columns of /proc/PID/stat", name_parenthesis},
    {"name_newline", "its name has a newline in it", name_newline},
    {"name_tab", "its name has a tab in it", name_tab},
    {"name_uid", "its name looks like a line of /proc/PID/status", name_uid},
    {"name_bytes", "its name is not UTF-8", name_bytes},
    {"arguments", "arguments of every sort, an empty one among them", arguments},
    {"long_arguments", "an argument of 128 KiB", long_arguments},
};

const psb_world_kind *psb_world_kind_at(size_t index)
{
    return index < sizeof KINDS / sizeof *KINDS ? &KINDS[index] : NULL;
}

psb_pid psb_world_add(psb_world *world, const psb_world_kind *kind)
{
    psb_pid last = world->count ? world->process[world->count - 1].pid : 0;
    uint32_t threads = world->count ? world->process[world->count - 1].threads : 0;
    psb_process process = ordinary(world, (last + threads) / PID_STEP * PID_STEP + PID_STEP);
    kind->make(&process, &world->room);
    bool made = process.cmdline.bytes && psb_world_spawn(world, &process);
    return made ? process.pid : -1;
}

/* faulty_decode.c: mistakes in decoders: most are made in what the port's own decoder answers. */
#include "faulty.h"

#include "freebsd_abi.h"
#include "linux_abi.h"
#include "plain.h"
#include "sunos_abi.h"

#include <string.h>

typedef void decoder(const void *, const psb_facts *, psb_arena *, psb_value *);

/* What the port itself answers by its first try, or by the second. */
static void sound(const char *port, psb_field field, int try_, const void *parsed, const psb_facts *facts,
                  psb_arena *room, psb_value *out)
{
    psb_port_named(port)->method[field].tries[try_].decode(parsed, facts, room, out);
}

static void put(psb_faulty_port *port, psb_field field, decoder *decode)
{
    port->method[field].tries[0].decode = decode;
}

/* A decoder over the port's own, and what puts it there. `value` is its answer, if it has one. */
#define SPOIL(id, port_, field, ...)                                                                         \
    static void id(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *value)            \
    {                                                                                                        \
        sound(port_, PSB_##field, 0, parsed, facts, room, value);                                            \
        if (value->status == PSB_OK) {                                                                       \
            __VA_ARGS__                                                                                      \
        }                                                                                                    \
    }                                                                                                        \
    void psb_faulty_##id(psb_faulty_port *port)                                                              \
    {                                                                                                        \
        put(port, PSB_##field, id);                                                                          \
    }

static void end_at(psb_value *value, char byte)
{
    const char *end = value->u.text.len ? memchr(value->u.text.bytes, byte, value->u.text.len) : NULL;
    if (end)
        value->u.text.len = (size_t)(end - value->u.text.bytes);
}

static void swap(psb_value *value, unsigned a, unsigned b)
{
    uint64_t part = value->u.part[a];
    value->u.part[a] = value->u.part[b];
    value->u.part[b] = part;
}

static void scale(psb_value *value, unsigned parts, uint64_t times, uint64_t by)
{
    for (unsigned i = 0; i < parts; i++)
        value->u.part[i] = value->u.part[i] * times / by;
}

/* NULL: no memory, which is the answer then. */
static void *room_for(size_t bytes, psb_arena *room, psb_value *value)
{
    void *at = psb_arena_alloc(room, bytes);
    if (!at)
        *value = psb_value_of_status(PSB_NOMEM, 0);
    return at;
}

/* ---- text ---- */

SPOIL(name_to_blank, "linux", NAME, end_at(value, ' ');)
SPOIL(name_to_parenthesis, "linux", NAME, end_at(value, ')');)
SPOIL(cwd_slash, "linux", CWD, {
    char *text = room_for(value->u.text.len + 1, room, value);
    if (!text)
        return;
    memcpy(text, value->u.text.bytes, value->u.text.len);
    text[value->u.text.len++] = '/';
    value->u.text.bytes = text;
})

static void as_list(psb_value *value, char *bytes, size_t len)
{
    value->u.text.bytes = bytes;
    value->u.text.len = len;
    value->count = 0;
    for (size_t i = 0; i < len; i++)
        value->count += bytes[i] == '\0';
}

SPOIL(no_empty_arguments, "linux", CMDLINE, {
    char *list = room_for(value->u.text.len + 1, room, value);
    if (!list)
        return;
    size_t len = 0;
    for (size_t i = 0; i < value->u.text.len; i++)
        if (value->u.text.bytes[i] != '\0' || (len > 0 && list[len - 1] != '\0'))
            list[len++] = value->u.text.bytes[i];
    as_list(value, list, len);
})

SPOIL(split_at_blanks, "freebsd", CMDLINE, {
    char *list = room_for(value->u.text.len + 1, room, value);
    if (!list)
        return;
    for (size_t i = 0; i < value->u.text.len; i++)
        list[i] = value->u.text.bytes[i] == ' ' ? '\0' : value->u.text.bytes[i];
    as_list(value, list, value->u.text.len);
})

static void end_behind(psb_value *value, size_t len, psb_arena *room)
{
    if (value->u.text.len <= len)
        return;
    char *list = room_for(len, room, value);
    if (!list)
        return;
    memcpy(list, value->u.text.bytes, len);
    list[len - 1] = '\0';
    as_list(value, list, len);
}

SPOIL(psargs, "sunos", CMDLINE, end_behind(value, 80, room);)
SPOIL(one_page, "netbsd", CMDLINE, end_behind(value, 4096, room);)

/* ---- a status for another ---- */

/* A field that is absent by its source never comes to its decoder: a second try does. */
static void empty(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *value)
{
    value->u.text.bytes = "";
    value->u.text.len = 0;
}

static uint8_t source_of(const psb_faulty_port *port, psb_field field)
{
    return port->method[field].tries[0].source;
}

void psb_faulty_absent_is_empty(psb_faulty_port *port)
{
    port->method[PSB_EXE].tries[1] = (psb_try){source_of(port, PSB_PPID), PSB_WHEN(PSB_ABSENT), empty};
}

static void absent_is_denied(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *value)
{
    sound("freebsd", PSB_EXE, 0, parsed, facts, room, value);
    if (value->status == PSB_ABSENT)
        value->status = PSB_DENIED;
}

void psb_faulty_absent_is_denied(psb_faulty_port *port)
{
    put(port, PSB_EXE, absent_is_denied);
}

SPOIL(old_terminals, "linux", TERMINAL, {
    if (value->u.text.len > sizeof "/dev/pts/99" - 1)
        value->status = PSB_ABSENT;
})
/* Of a zombie macOS' second try tells: that is where the mistake is. */
static void zombie_runs(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *value)
{
    sound("macos", PSB_STATUS, 1, parsed, facts, room, value);
    if (value->u.integer == PSB_STATE_ZOMBIE)
        value->u.integer = PSB_STATE_RUNNING;
}

void psb_faulty_zombie_runs(psb_faulty_port *port)
{
    port->method[PSB_STATUS].tries[1].decode = zombie_runs;
}

SPOIL(unknown_runs, "linux", STATUS, {
    if (value->u.integer == PSB_STATE_IDLE || value->u.integer == PSB_STATE_PARKED)
        value->u.integer = PSB_STATE_RUNNING;
})

/* ---- numbers ---- */

SPOIL(ids_swapped, "linux", UIDS, swap(value, PSB_UIDS_REAL, PSB_UIDS_EFFECTIVE);)
SPOIL(faults_swapped, "openbsd", PAGE_FAULTS, swap(value, PSB_PAGE_FAULTS_MINOR, PSB_PAGE_FAULTS_MAJOR);)
SPOIL(io_swapped, "linux", IO_COUNTERS, {
    swap(value, PSB_IO_COUNTERS_READ_BYTES, PSB_IO_COUNTERS_READ_CHARS);
    swap(value, PSB_IO_COUNTERS_WRITE_BYTES, PSB_IO_COUNTERS_WRITE_CHARS);
})
SPOIL(saved_gid, "freebsd", GIDS,
      value->u.part[PSB_GIDS_SAVED] = ((const struct psb_freebsd_proc *)parsed)->svuid;)
SPOIL(gids_are_uids, "sunos", GIDS, {
    const struct psb_sunos_cred *cred = parsed;
    value->u.part[PSB_GIDS_REAL] = cred->pr_ruid;
    value->u.part[PSB_GIDS_EFFECTIVE] = cred->pr_euid;
    value->u.part[PSB_GIDS_SAVED] = cred->pr_suid;
})
SPOIL(nice_plus_20, "sunos", NICE, value->u.integer += 20;)
SPOIL(pages, "linux", MEMORY_INFO, scale(value, PSB_MEMORY_INFO_PARTS, 1, facts->page_bytes);)
SPOIL(ticks, "linux", CPU_TIMES, scale(value, PSB_CPU_TIMES_PARTS, 1, 10);)
SPOIL(no_children, "freebsd", CPU_TIMES, {
    value->u.part[PSB_CPU_TIMES_CHILDREN_USER] = 0;
    value->u.part[PSB_CPU_TIMES_CHILDREN_SYSTEM] = 0;
})
SPOIL(boot, "linux", CREATE_TIME, value->u.integer += INT64_C(3600000000000);)
SPOIL(whole_seconds, "windows", CREATE_TIME, value->u.integer -= value->u.integer % 1000000000;)
SPOIL(widened, "linux", NUM_CTX_SWITCHES, {
    for (unsigned i = 0; i < PSB_NUM_CTX_SWITCHES_PARTS; i++)
        value->u.part[i] = (uint64_t)(int64_t)(int32_t)(uint32_t)value->u.part[i];
})
SPOIL(total_missing, "linux", NUM_CTX_SWITCHES, value->known &= ~(1u << PSB_NUM_CTX_SWITCHES_TOTAL);)
SPOIL(swap_in_pss, "linux", MEMORY_FULL_INFO,
      value->u.part[PSB_MEMORY_FULL_INFO_PSS] += value->u.part[PSB_MEMORY_FULL_INFO_SWAP];)
SPOIL(one_more_file, "freebsd", NUM_FDS, value->u.integer++;)
SPOIL(next_cpu, "linux", CPU_NUM, value->u.integer++;)
SPOIL(low_bits, "windows", PPID, value->u.integer &= 0xffff;)

/* A stranger is told two of the three ids of a process: the third is filled in. */
static void psinfo_uids(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *value)
{
    sound("sunos", PSB_UIDS, 1, parsed, facts, room, value);
    psb_part(value, PSB_UIDS_SAVED, (uint64_t)-1);
}

void psb_faulty_unknown_uid(psb_faulty_port *port)
{
    port->method[PSB_UIDS].tries[1].decode = psinfo_uids;
}

/* ---- threads ---- */

static psb_thread *copied(psb_arena *room, psb_value *value, uint32_t more)
{
    psb_thread *thread = room_for((value->count + more) * sizeof *thread, room, value);
    if (!thread)
        return NULL;
    if (value->count > 0)
        memcpy(thread, value->u.thread, value->count * sizeof *thread);
    value->u.thread = thread;
    return thread;
}

SPOIL(dead_thread, "netbsd", THREADS, {
    psb_thread *thread = copied(room, value, 1);
    if (!thread)
        return;
    thread[value->count++] = (psb_thread){.id = 99};
})
SPOIL(thread_fraction, "macos", THREADS, {
    psb_thread *thread = copied(room, value, 1);
    for (uint32_t i = 0; thread && i < value->count; i++)
        thread[i].user_ns %= 1000000000;
})

/* ---- out of another source ---- */

static void share_of_virtual(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *value)
{
    const struct psb_linux_statm *statm = parsed;
    value->u.real = 100 * (double)statm->size * (double)facts->page_bytes / (double)facts->memory_bytes;
}

void psb_faulty_share_of_virtual(psb_faulty_port *port)
{
    port->method[PSB_MEMORY_PERCENT].tries[0] =
        (psb_try){source_of(port, PSB_MEMORY_INFO), 0, share_of_virtual};
}

static void first_argument(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *value)
{
    psb_decode_bytes(parsed, facts, room, value);
    value->count = 0;
    end_at(value, '\0');
}

void psb_faulty_exe_is_argv0(psb_faulty_port *port)
{
    psb_try *tries = port->method[PSB_EXE].tries;
    tries[1] = (psb_try){tries[0].source, PSB_WHEN(PSB_DENIED), tries[0].decode};
    tries[0] = (psb_try){source_of(port, PSB_CMDLINE), 0, first_argument};
}

/* Without a look at who is older. */
void psb_faulty_any_parent(psb_faulty_port *port)
{
    port->method[PSB_PARENT] = port->method[PSB_PPID];
}

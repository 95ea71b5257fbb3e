/* openbsd_parse.c: from the kernel's bytes to structs. Pure and total. */
#include "openbsd_abi.h"

#include "plain.h"

#include <stdio.h>
#include <string.h>

enum { PROC = sizeof(struct psb_openbsd_proc), FILE_ROW = sizeof(struct psb_openbsd_file) };

static const char LETTERS[] = PSB_OPENBSD_PTY_LETTERS, SUFFIX[] = PSB_OPENBSD_PTY_SUFFIX;

/* The kernel answers for a process that is not there with no bytes and no error. */
psb_status psb_openbsd_parse_proc(const void *raw, size_t len, psb_pid pid, void *parsed)
{
    struct psb_openbsd_proc *proc = parsed;
    if (len == 0)
        return PSB_GONE;
    if (len != PROC)
        return PSB_MALFORMED;
    memcpy(proc, raw, PROC);
    if (!memchr(proc->p_comm, '\0', sizeof proc->p_comm))
        return PSB_MALFORMED;
    return proc->p_pid == pid ? PSB_OK : PSB_GONE;
}

bool psb_openbsd_thread_row(const char *rows, size_t n, psb_pid pid, struct psb_openbsd_proc *row)
{
    memcpy(row, rows + n * PROC, PROC);
    return row->p_pid == pid && row->p_tid >= 0;
}

/* The row of the process comes before those of its threads; a zombie has no others. */
psb_status psb_openbsd_parse_threads(const void *raw, size_t len, psb_pid pid, void *parsed)
{
    struct psb_openbsd_threads *threads = parsed;
    struct psb_openbsd_proc row;
    bool found = false;
    if (len % PROC != 0)
        return PSB_MALFORMED;
    *threads = (struct psb_openbsd_threads){pid, raw, len / PROC, 0};
    for (size_t i = 0; i < threads->all; i++) {
        threads->count += psb_openbsd_thread_row(raw, i, pid, &row);
        found |= row.p_pid == pid;
    }
    return found ? PSB_OK : PSB_GONE;
}

/* Asked for pid 0, the kernel tells of every process: only rows of this one count. */
psb_status psb_openbsd_parse_files(const void *raw, size_t len, psb_pid pid, void *parsed)
{
    uint32_t *count = parsed;
    struct psb_openbsd_file row;
    bool found = false;
    *count = 0;
    if (len % FILE_ROW != 0)
        return PSB_MALFORMED;
    for (size_t at = 0; at < len; at += FILE_ROW) {
        memcpy(&row, (const char *)raw + at, FILE_ROW);
        bool own = row.p_pid == (uint64_t)pid;
        found |= own;
        *count += own && row.fd_fd >= 0;
    }
    return found ? PSB_OK : PSB_GONE;
}

static uint64_t offset_at(const char *raw, size_t index)
{
    uint64_t offset;
    memcpy(&offset, raw + index * sizeof offset, sizeof offset);
    return offset;
}

/* Offsets of strings that lie one behind the other, an offset 0, and the strings (op.def). */
psb_status psb_openbsd_parse_argv(const void *raw, size_t len, psb_pid pid, void *parsed)
{
    struct psb_bytes *argv = parsed;
    const char *bytes = raw;
    size_t vector = len / sizeof(uint64_t), count = 0;
    while (count < vector && offset_at(bytes, count) != 0)
        count++;
    if (count == vector || count > UINT32_MAX)
        return PSB_MALFORMED;
    *argv = (struct psb_bytes){"", 0, (uint32_t)count};
    if (count == 0)
        return PSB_OK;
    uint64_t start = offset_at(bytes, 0), end = start;
    if (start < (count + 1) * sizeof(uint64_t) || start > len)
        return PSB_MALFORMED;
    for (size_t i = 0; i < count; i++) {
        const char *nul = end < len ? memchr(bytes + end, '\0', len - end) : NULL;
        if (offset_at(bytes, i) != end || !nul)
            return PSB_MALFORMED;
        end = (uint64_t)(nul - bytes) + 1;
    }
    argv->bytes = bytes + start;
    argv->len = end - start;
    return PSB_OK;
}

psb_status psb_openbsd_parse_machine(const void *raw, size_t len, psb_pid pid, void *parsed)
{
    psb_facts *facts = parsed;
    struct psb_openbsd_machine machine;
    if (len != sizeof machine)
        return PSB_MALFORMED;
    memcpy(&machine, raw, len);
    facts->page_bytes = machine.page_bytes;
    facts->memory_bytes = machine.memory_bytes;
    return PSB_OK;
}

void psb_openbsd_pty_name(uint32_t minor, char path[PSB_OPENBSD_PTY_LEN + 1])
{
    memcpy(path, "/dev/tty", 8);
    path[8] = LETTERS[minor / PSB_OPENBSD_PTY_SUFFIXES];
    path[9] = SUFFIX[minor % PSB_OPENBSD_PTY_SUFFIXES];
    path[10] = '\0';
}

/* Is it called as a pseudo terminal of its minor is? */
static bool is_pty(const struct psb_openbsd_terminal *terminal)
{
    char path[PSB_OPENBSD_PTY_LEN + 1];
    uint32_t minor = psb_openbsd_minor(terminal->device);
    if (minor >= PSB_OPENBSD_PTYS)
        return false;
    psb_openbsd_pty_name(minor, path);
    return strcmp(path + 5, terminal->name) == 0;
}

static bool is_listed(const psb_facts *facts, uint32_t major, uint32_t minor)
{
    for (uint32_t i = 0; i < facts->tty_drivers; i++) {
        const psb_tty_driver *driver = &facts->tty_driver[i];
        if (driver->major == major && minor >= driver->first && minor <= driver->last)
            return true;
    }
    return false;
}

/* One pseudo terminal stands for all of them: a device that does not exist yet will have its name, too. */
static void list(psb_facts *facts, const struct psb_openbsd_terminal *terminal)
{
    uint32_t major = psb_openbsd_major(terminal->device), minor = psb_openbsd_minor(terminal->device);
    psb_tty_driver driver = {.major = major, .first = minor, .last = minor};
    if (facts->tty_drivers == PSB_TTY_DRIVERS || is_listed(facts, major, minor))
        return;
    if (is_pty(terminal))
        driver = (psb_tty_driver){.major = major, .last = PSB_OPENBSD_PTYS - 1, .numbered = true};
    snprintf(driver.prefix, sizeof driver.prefix, "/dev/%.26s", driver.numbered ? "tty" : terminal->name);
    facts->tty_driver[facts->tty_drivers++] = driver;
}

psb_status psb_openbsd_parse_terminals(const void *raw, size_t len, psb_pid pid, void *facts)
{
    struct psb_openbsd_terminal terminal;
    if (len % sizeof terminal != 0)
        return PSB_MALFORMED;
    for (size_t at = 0; at < len; at += sizeof terminal) {
        memcpy(&terminal, (const char *)raw + at, sizeof terminal);
        if (!memchr(terminal.name, '\0', sizeof terminal.name))
            return PSB_MALFORMED;
        list(facts, &terminal);
    }
    return PSB_OK;
}

bool psb_openbsd_record(const void *raw, size_t len, size_t *at, psb_record *out)
{
    return psb_record_of_size(sizeof(struct psb_openbsd_proc), offsetof(struct psb_openbsd_proc, p_pid),
                              sizeof(int32_t), raw, len, at, out);
}

/* ---- where text stands ---- */

#define PROC(member, kind) PSB_PART(struct psb_openbsd_proc, member, kind)

/* What is not read has the names of the login and of what it waits for, and addresses. */
bool psb_openbsd_redact_procs(void *raw, size_t len, const psb_redactor *redactor)
{
    static const psb_redact_part PARTS[] = {PROC(p_comm, PSB_TEXT_NAME), PROC(p_name, PSB_TEXT_NAME),
                                            PROC(pointers, PSB_UNREAD),  PROC(scheduling, PSB_UNREAD),
                                            PROC(waiting, PSB_UNREAD),   PROC(sizes, PSB_UNREAD),
                                            PROC(messages, PSB_UNREAD),  PROC(emulation, PSB_UNREAD)};
    return psb_redact_rows(raw, len, sizeof(struct psb_openbsd_proc), PARTS, sizeof PARTS / sizeof *PARTS,
                           redactor);
}

/* What is not read has the process's name, paths of sockets, and addresses. */
bool psb_openbsd_redact_files(void *raw, size_t len, const psb_redactor *redactor)
{
    static const psb_redact_part PARTS[] = {PSB_PART(struct psb_openbsd_file, file, PSB_UNREAD),
                                            PSB_PART(struct psb_openbsd_file, rest, PSB_UNREAD)};
    return psb_redact_rows(raw, len, sizeof(struct psb_openbsd_file), PARTS, 2, redactor);
}

/* Behind the offsets and the 0 that ends them. */
bool psb_openbsd_redact_argv(void *raw, size_t len, const psb_redactor *redactor)
{
    uint64_t offset = 1;
    size_t at = 0;
    for (; offset != 0 && len - at >= sizeof offset; at += sizeof offset)
        memcpy(&offset, (const char *)raw + at, sizeof offset);
    if (offset != 0)
        return false;
    psb_redact_text(redactor, PSB_TEXT_ARGUMENT, (char *)raw + at, len - at);
    return true;
}

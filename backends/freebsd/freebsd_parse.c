/*
 * freebsd_parse.c: from the kernel's bytes to structs. Every record says its own size, and every process its
 * own pid: kern.proc.pid also answers to the id of a thread, with the thread's process.
 */
#include "freebsd_abi.h"

#include "plain.h"

#include <string.h>

psb_status psb_freebsd_parse_proc(const void *raw, size_t len, psb_pid pid, void *parsed)
{
    struct psb_freebsd_proc *out = parsed;
    if (len == 0)
        return PSB_GONE;
    if (psb_fixed(raw, len, out, sizeof *out) != PSB_OK || out->structsize != (int32_t)sizeof *out)
        return PSB_MALFORMED;
    return out->pid == pid ? PSB_OK : PSB_GONE;
}

psb_status psb_freebsd_parse_threads(const void *raw, size_t len, psb_pid pid, void *parsed)
{
    struct psb_freebsd_threads *out = parsed;
    struct psb_freebsd_proc scratch;
    size_t count = len / sizeof scratch;
    *out = (struct psb_freebsd_threads){raw, (uint32_t)count};
    if (len == 0)
        return PSB_GONE;
    if (len % sizeof scratch != 0)
        return PSB_MALFORMED;
    for (size_t i = 0; i < count; i++) {
        psb_status status =
            psb_freebsd_parse_proc(out->rows + i * sizeof scratch, sizeof scratch, pid, &scratch);
        if (status != PSB_OK)
            return status;
    }
    return PSB_OK;
}

/* The next record's size, or 0 if there is no whole record that holds a path. */
static size_t record_size(const char *at, size_t left, struct psb_freebsd_file *head)
{
    if (left <= PSB_FREEBSD_FILE_HEAD)
        return 0;
    memcpy(head, at, PSB_FREEBSD_FILE_HEAD);
    if (head->structsize <= PSB_FREEBSD_FILE_HEAD || (size_t)head->structsize > left)
        return 0;
    size_t size = (size_t)head->structsize;
    return memchr(at + PSB_FREEBSD_FILE_HEAD, '\0', size - PSB_FREEBSD_FILE_HEAD) ? size : 0;
}

/* No record at all is an answer: a zombie has no files. */
psb_status psb_freebsd_parse_files(const void *raw, size_t len, psb_pid pid, void *parsed)
{
    struct psb_freebsd_files *out = parsed;
    struct psb_freebsd_file head;
    const char *at = raw;
    *out = (struct psb_freebsd_files){0};
    for (size_t size; len > 0; at += size, len -= size) {
        size = record_size(at, len, &head);
        if (size == 0)
            return PSB_MALFORMED;
        if (head.fd >= 0)
            out->open++;
        else if (head.fd == PSB_FREEBSD_FD_CWD)
            out->cwd = at + PSB_FREEBSD_FILE_HEAD;
    }
    return PSB_OK;
}

/* Ended by a NUL; no bytes at all: it runs no file. */
psb_status psb_freebsd_parse_path(const void *raw, size_t len, psb_pid pid, void *parsed)
{
    const char *nul = len > 0 ? memchr(raw, '\0', len) : NULL;
    if (len > 0 && !nul)
        return PSB_MALFORMED;
    return psb_parse_bytes(raw, nul ? (size_t)(nul - (const char *)raw) : 0, pid, parsed);
}

bool psb_freebsd_record(const void *raw, size_t len, size_t *at, psb_record *out)
{
    return psb_record_of_size(sizeof(struct psb_freebsd_proc), offsetof(struct psb_freebsd_proc, pid),
                              sizeof(int32_t), raw, len, at, out);
}

/* ---- facts of the boot ---- */

psb_status psb_freebsd_parse_pagesize(const void *raw, size_t len, psb_pid pid, void *facts)
{
    int32_t bytes;
    if (psb_fixed(raw, len, &bytes, sizeof bytes) != PSB_OK || bytes <= 0)
        return PSB_MALFORMED;
    ((psb_facts *)facts)->page_bytes = (uint64_t)bytes;
    return PSB_OK;
}

psb_status psb_freebsd_parse_physmem(const void *raw, size_t len, psb_pid pid, void *facts)
{
    return psb_fixed(raw, len, &((psb_facts *)facts)->memory_bytes, sizeof(uint64_t));
}

/* "pts/" and a decimal number without leading zeros; false: another device. */
static bool pseudo_terminal(const char *name, uint32_t *number)
{
    uint64_t value = 0;
    if (memcmp(name, "pts/", 4) != 0 || name[4] == '\0' || (name[4] == '0' && name[5] != '\0'))
        return false;
    for (name += 4; *name; name++) {
        if (*name < '0' || *name > '9' || value > UINT32_MAX / 16)
            return false;
        value = value * 10 + (uint64_t)(*name - '0');
    }
    *number = (uint32_t)value;
    return value <= UINT32_MAX;
}

/* The next pseudo terminal often has the next device, too: one driver for the whole run. */
static bool continues(const psb_tty_driver *driver, uint32_t major, uint32_t minor, uint32_t number)
{
    return driver->numbered && driver->major == major && driver->last != UINT32_MAX &&
           driver->last + 1 == minor && number >= driver->base &&
           number - driver->base == minor - driver->first;
}

/* A device of 64 bits, the upper half as major and the lower as minor: devfs only numbers its entries. */
static void add_tty(psb_facts *facts, const struct psb_freebsd_tty *tty)
{
    uint32_t major = (uint32_t)(tty->device >> 32), minor = (uint32_t)tty->device, number = 0;
    bool numbered = pseudo_terminal(tty->name, &number);
    psb_tty_driver *last = facts->tty_drivers ? &facts->tty_driver[facts->tty_drivers - 1] : NULL;
    if (numbered && last && continues(last, major, minor, number)) {
        last->last = minor;
        return;
    }
    if (facts->tty_drivers == PSB_TTY_DRIVERS)
        return;
    psb_tty_driver *driver = &facts->tty_driver[facts->tty_drivers++];
    *driver =
        (psb_tty_driver){.major = major, .first = minor, .last = minor, .numbered = numbered, .base = number};
    memcpy(driver->prefix, "/dev/", 5);
    memcpy(driver->prefix + 5, numbered ? "pts/" : tty->name, numbered ? 5 : sizeof tty->name);
}

psb_status psb_freebsd_parse_ttys(const void *raw, size_t len, psb_pid pid, void *facts)
{
    struct psb_freebsd_tty tty;
    const char *at = raw;
    if (len % sizeof tty != 0)
        return PSB_MALFORMED;
    for (size_t i = 0; i < len / sizeof tty; i++) {
        memcpy(&tty, at + i * sizeof tty, sizeof tty);
        if (!memchr(tty.name, '\0', sizeof tty.name))
            return PSB_MALFORMED;
        add_tty(facts, &tty);
    }
    return PSB_OK;
}

/* ---- where text stands ---- */

#define PROC(member, kind) PSB_PART(struct psb_freebsd_proc, member, kind)

/* What is not read has the names of the login, of the thread, of what it waits for, and addresses. */
bool psb_freebsd_redact_procs(void *raw, size_t len, const psb_redactor *redactor)
{
    static const psb_redact_part PARTS[] = {
        PROC(comm, PSB_TEXT_NAME), PROC(pad0, PSB_UNREAD), PROC(pad1, PSB_UNREAD), PROC(pad2, PSB_UNREAD),
        PROC(pad3, PSB_UNREAD),    PROC(pad4, PSB_UNREAD), PROC(pad5, PSB_UNREAD), PROC(pad6, PSB_UNREAD),
        PROC(pad7, PSB_UNREAD),    PROC(pad8, PSB_UNREAD), PROC(pad9, PSB_UNREAD), PROC(pad10, PSB_UNREAD)};
    return psb_redact_rows(raw, len, sizeof(struct psb_freebsd_proc), PARTS, sizeof PARTS / sizeof *PARTS,
                           redactor);
}

/* Behind a path's NUL a record is filled up; before it stand addresses of sockets and files, too. */
bool psb_freebsd_redact_files(void *raw, size_t len, const psb_redactor *redactor)
{
    struct psb_freebsd_file head;
    size_t unread = offsetof(struct psb_freebsd_file, pad);
    char *at = raw;
    for (size_t size; len > 0; at += size, len -= size) {
        size = record_size(at, len, &head);
        if (size == 0)
            return false;
        psb_redact_part parts[] = {{unread, PSB_FREEBSD_FILE_HEAD - unread, PSB_UNREAD},
                                   {PSB_FREEBSD_FILE_HEAD, size - PSB_FREEBSD_FILE_HEAD, PSB_TEXT_PATH}};
        psb_redact_rows(at, size, size, parts, 2, redactor);
    }
    return true;
}

/* netbsd_parse.c: from the kernel's bytes to structs. Pure and total. */
#include "netbsd_abi.h"

#include "plain.h"

#include <string.h>

enum {
    PROC = sizeof(struct psb_netbsd_proc),
    LWP = sizeof(struct psb_netbsd_lwp),
    FILE_ROW = sizeof(struct psb_netbsd_file)
};

/* The kernel answers for a process that is not there with no bytes and no error. */
psb_status psb_netbsd_parse_proc(const void *raw, size_t len, psb_pid pid, void *parsed)
{
    struct psb_netbsd_proc *proc = parsed;
    if (len == 0)
        return PSB_GONE;
    if (len != PROC)
        return PSB_MALFORMED;
    memcpy(proc, raw, PROC);
    if (!memchr(proc->p_comm, '\0', sizeof proc->p_comm))
        return PSB_MALFORMED;
    return proc->p_pid == pid ? PSB_OK : PSB_GONE;
}

bool psb_netbsd_thread_row(const char *rows, size_t n, psb_pid pid, struct psb_netbsd_lwp *row)
{
    memcpy(row, rows + n * LWP, LWP);
    return row->l_pid == (uint64_t)pid && row->l_stat != PSB_NETBSD_LSIDL && row->l_stat != PSB_NETBSD_LSZOMB;
}

psb_status psb_netbsd_parse_threads(const void *raw, size_t len, psb_pid pid, void *parsed)
{
    struct psb_netbsd_threads *threads = parsed;
    struct psb_netbsd_lwp row;
    bool found = false;
    if (len % LWP != 0)
        return PSB_MALFORMED;
    *threads = (struct psb_netbsd_threads){pid, raw, len / LWP, 0};
    for (size_t i = 0; i < threads->all; i++) {
        threads->count += psb_netbsd_thread_row(raw, i, pid, &row);
        found |= row.l_pid == (uint64_t)pid;
    }
    return found ? PSB_OK : PSB_GONE;
}

/*
 * Asked for pid 0, the kernel tells of every process: only rows of this one count. No row says nothing: no
 * such process, or one without files; netbsd_port.c asks which.
 */
psb_status psb_netbsd_parse_files(const void *raw, size_t len, psb_pid pid, void *parsed)
{
    uint32_t *count = parsed;
    struct psb_netbsd_file row;
    bool found = false;
    *count = 0;
    if (len % FILE_ROW != 0)
        return PSB_MALFORMED;
    for (size_t at = 0; at < len; at += FILE_ROW) {
        memcpy(&row, (const char *)raw + at, FILE_ROW);
        bool own = row.ki_pid == (uint64_t)pid;
        found |= own;
        *count += own && row.ki_fd >= 0;
    }
    return found ? PSB_OK : PSB_ABSENT;
}

/* Arguments that end in a NUL each. */
psb_status psb_netbsd_parse_argv(const void *raw, size_t len, psb_pid pid, void *parsed)
{
    struct psb_bytes *argv = parsed;
    const char *bytes = raw;
    *argv = (struct psb_bytes){"", 0, 0};
    if (len == 0)
        return PSB_OK;
    if (bytes[len - 1] != '\0')
        return PSB_MALFORMED;
    *argv = (struct psb_bytes){bytes, len, 0};
    for (size_t i = 0; i < len; i++)
        argv->count += bytes[i] == '\0';
    return PSB_OK;
}

psb_status psb_netbsd_parse_machine(const void *raw, size_t len, psb_pid pid, void *parsed)
{
    psb_facts *facts = parsed;
    struct psb_netbsd_machine machine;
    if (len != sizeof machine)
        return PSB_MALFORMED;
    memcpy(&machine, raw, len);
    facts->page_bytes = machine.page_bytes;
    facts->memory_bytes = machine.memory_bytes;
    return PSB_OK;
}

/* What the drivers of terminals call their devices: pts(4), ptyfs, MAKEDEV(8). */
static const struct {
    const char *name;
    psb_tty_driver driver;
} TERMINAL[] = {
    {"pts", {.prefix = "/dev/pts/", .last = 0xfffff, .numbered = true}},
    {"com", {.prefix = "/dev/tty0", .last = 9, .numbered = true}},
    {"wsdisplay", {.prefix = "/dev/ttyE", .last = 7, .numbered = true}},
    {"cons", {.prefix = "/dev/console"}},
};

static void list(psb_facts *facts, const struct psb_netbsd_driver *driver)
{
    for (size_t i = 0; i < sizeof TERMINAL / sizeof *TERMINAL; i++) {
        if (strcmp(TERMINAL[i].name, driver->d_name) != 0 || driver->d_cmajor < 0 ||
            facts->tty_drivers == PSB_TTY_DRIVERS)
            continue;
        facts->tty_driver[facts->tty_drivers] = TERMINAL[i].driver;
        facts->tty_driver[facts->tty_drivers++].major = (uint32_t)driver->d_cmajor;
    }
}

psb_status psb_netbsd_parse_drivers(const void *raw, size_t len, psb_pid pid, void *facts)
{
    struct psb_netbsd_driver driver;
    if (len % sizeof driver != 0)
        return PSB_MALFORMED;
    for (size_t at = 0; at < len; at += sizeof driver) {
        memcpy(&driver, (const char *)raw + at, sizeof driver);
        if (!memchr(driver.d_name, '\0', sizeof driver.d_name))
            return PSB_MALFORMED;
        list(facts, &driver);
    }
    return PSB_OK;
}

bool psb_netbsd_record(const void *raw, size_t len, size_t *at, psb_record *out)
{
    return psb_record_of_size(sizeof(struct psb_netbsd_proc), offsetof(struct psb_netbsd_proc, p_pid),
                              sizeof(int32_t), raw, len, at, out);
}

/* ---- where text stands ---- */

#define PROC(member, kind) PSB_PART(struct psb_netbsd_proc, member, kind)
#define LWP(member, kind)  PSB_PART(struct psb_netbsd_lwp, member, kind)

/* What is not read has the names of the login and of what it waits for, and addresses. */
bool psb_netbsd_redact_procs(void *raw, size_t len, const psb_redactor *redactor)
{
    static const psb_redact_part PARTS[] = {PROC(p_comm, PSB_TEXT_NAME),  PROC(pointers, PSB_UNREAD),
                                            PROC(scheduling, PSB_UNREAD), PROC(waiting, PSB_UNREAD),
                                            PROC(sizes, PSB_UNREAD),      PROC(messages, PSB_UNREAD),
                                            PROC(emulation, PSB_UNREAD)};
    return psb_redact_rows(raw, len, sizeof(struct psb_netbsd_proc), PARTS, sizeof PARTS / sizeof *PARTS,
                           redactor);
}

bool psb_netbsd_redact_lwps(void *raw, size_t len, const psb_redactor *redactor)
{
    static const psb_redact_part PARTS[] = {LWP(l_name, PSB_TEXT_NAME), LWP(pointers, PSB_UNREAD),
                                            LWP(scheduling, PSB_UNREAD), LWP(waiting, PSB_UNREAD),
                                            LWP(ticks, PSB_UNREAD)};
    return psb_redact_rows(raw, len, sizeof(struct psb_netbsd_lwp), PARTS, sizeof PARTS / sizeof *PARTS,
                           redactor);
}

/* Addresses. */
bool psb_netbsd_redact_files(void *raw, size_t len, const psb_redactor *redactor)
{
    static const psb_redact_part PARTS[] = {PSB_PART(struct psb_netbsd_file, file, PSB_UNREAD),
                                            PSB_PART(struct psb_netbsd_file, rest, PSB_UNREAD)};
    return psb_redact_rows(raw, len, sizeof(struct psb_netbsd_file), PARTS, 2, redactor);
}

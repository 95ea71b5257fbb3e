/* macos_parse.c: from xnu's bytes to structs. */
#include "macos_abi.h"

#include "plain.h"

#include <string.h>

#define NS_PER_SECOND UINT64_C(1000000000)

/* kern.proc.pid answers with no bytes for a process that is not there; the whole table, with all the others.
 */
psb_status psb_macos_parse_kinfo(const void *raw, size_t len, psb_pid pid, void *parsed)
{
    struct psb_macos_kinfo *out = parsed;
    if (len % sizeof *out != 0)
        return PSB_MALFORMED;
    for (size_t at = 0; at < len; at += sizeof *out) {
        memcpy(out, (const char *)raw + at, sizeof *out);
        if (out->kp_proc.p_pid == pid)
            return PSB_OK;
    }
    return PSB_GONE;
}

psb_status psb_macos_parse_task(const void *raw, size_t len, psb_pid pid, void *parsed)
{
    return psb_fixed(raw, len, parsed, sizeof(struct psb_macos_task));
}

psb_status psb_macos_parse_rusage(const void *raw, size_t len, psb_pid pid, void *parsed)
{
    return psb_fixed(raw, len, parsed, sizeof(struct psb_macos_rusage));
}

psb_status psb_macos_parse_taskall(const void *raw, size_t len, psb_pid pid, void *parsed)
{
    const struct psb_macos_taskall *out = parsed;
    psb_status status = psb_fixed(raw, len, parsed, sizeof *out);
    return status == PSB_OK && out->pid != pid ? PSB_GONE : status;
}

psb_status psb_macos_parse_paths(const void *raw, size_t len, psb_pid pid, void *parsed)
{
    const struct psb_macos_paths *out = parsed;
    psb_status status = psb_fixed(raw, len, parsed, sizeof *out);
    if (status == PSB_OK && !memchr(out->cdir.vip_path, '\0', sizeof out->cdir.vip_path))
        return PSB_MALFORMED;
    return status;
}

psb_status psb_macos_parse_fds(const void *raw, size_t len, psb_pid pid, void *parsed)
{
    *(uint64_t *)parsed = len / sizeof(struct psb_macos_fd);
    return len % sizeof(struct psb_macos_fd) == 0 ? PSB_OK : PSB_MALFORMED;
}

psb_status psb_macos_parse_threads(const void *raw, size_t len, psb_pid pid, void *parsed)
{
    size_t count = len / sizeof(struct psb_macos_thread);
    *(struct psb_macos_threads *)parsed = (struct psb_macos_threads){raw, (uint32_t)count};
    return len % sizeof(struct psb_macos_thread) == 0 && count <= UINT32_MAX ? PSB_OK : PSB_MALFORMED;
}

/*
 * Pages that would be free if the process ended. Of memory that is shared when it is written (COW), those that this
 * process wrote; and those it did not write, if nobody else has them. What is mapped twice by one process
 * (SM_PRIVATE_ALIASED) is left out: it would be counted twice.
 */
static uint64_t own_pages(const struct psb_macos_region *region)
{
    bool alone = region->share_mode == PSB_MACOS_SM_PRIVATE || region->share_mode == PSB_MACOS_SM_LARGE_PAGE;
    bool copied = region->share_mode == PSB_MACOS_SM_COW;
    uint64_t pages = alone || copied ? region->private_pages_resident : 0;
    return alone || (copied && region->ref_count == 1) ? pages + region->shared_pages_resident : pages;
}

psb_status psb_macos_parse_regions(const void *raw, size_t len, psb_pid pid, void *parsed)
{
    struct psb_macos_region region;
    uint64_t pages = 0; /* PSB_REPLY_MAX has not so many regions that this could overflow */
    if (len % sizeof region != 0)
        return PSB_MALFORMED;
    for (size_t at = 0; at < len; at += sizeof region) {
        memcpy(&region, (const char *)raw + at, sizeof region);
        pages += own_pages(&region);
    }
    *(uint64_t *)parsed = pages;
    return PSB_OK;
}

/* Up to the first NUL; a path has at least one byte. */
psb_status psb_macos_parse_path(const void *raw, size_t len, psb_pid pid, void *parsed)
{
    const char *nul = len > 0 ? memchr(raw, '\0', len) : NULL;
    size_t path = nul ? (size_t)(nul - (const char *)raw) : len;
    psb_parse_bytes(raw, path, pid, parsed);
    return path > 0 ? PSB_OK : PSB_MALFORMED;
}

/*
 * The number of arguments; the program's path; NULs that align what follows; then the arguments, and the
 * environment in the same form. How many NULs align is nowhere promised, so all are passed over, as ps(1)
 * does. An argument without its NUL was cut off.
 */
psb_status psb_macos_parse_arguments(const void *raw, size_t len, psb_pid pid, void *parsed)
{
    struct psb_bytes *out = parsed;
    const char *at = raw, *end;
    int32_t count;
    *out = (struct psb_bytes){.bytes = ""};
    if (len < sizeof count)
        return PSB_MALFORMED;
    memcpy(&count, at, sizeof count);
    end = at + len;
    at += sizeof count;
    if (count < 0)
        return PSB_MALFORMED;
    if (count == 0)
        return PSB_OK;
    at = at < end ? memchr(at, '\0', (size_t)(end - at)) : NULL;
    while (at && at < end && *at == '\0')
        at++;
    if (!at)
        return PSB_MALFORMED;
    const char *first = at;
    for (int32_t i = 0; i < count; i++) {
        const char *nul = at < end ? memchr(at, '\0', (size_t)(end - at)) : NULL;
        if (!nul)
            return PSB_MALFORMED;
        at = nul + 1;
    }
    *out = (struct psb_bytes){first, (size_t)(at - first), (uint32_t)count};
    return PSB_OK;
}

/* ---- facts of the boot ---- */

static uint64_t divisor(uint64_t a, uint64_t b)
{
    while (b != 0) {
        uint64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* 24 MHz are 125/3 ns a tick: kept as a fraction, which loses nothing. */
psb_status psb_macos_parse_facts(const void *raw, size_t len, psb_pid pid, void *facts)
{
    struct psb_macos_facts in;
    psb_facts *out = facts;
    if (psb_fixed(raw, len, &in, sizeof in) != PSB_OK)
        return PSB_MALFORMED;
    out->page_bytes = in.page_bytes;
    out->memory_bytes = in.memory_bytes;
    uint64_t common = divisor(NS_PER_SECOND, in.timebase_hz);
    if (in.timebase_hz != 0 && in.timebase_hz / common <= UINT32_MAX) {
        out->tick_numer = (uint32_t)(NS_PER_SECOND / common);
        out->tick_denom = (uint32_t)(in.timebase_hz / common);
    }
    return PSB_OK;
}

bool psb_macos_ticks_to_ns(uint64_t ticks, const psb_facts *facts, uint64_t *ns)
{
    uint64_t numer = facts->tick_numer, denom = facts->tick_denom;
    if (numer == 0 || denom == 0 || ticks / denom > UINT64_MAX / numer)
        return false;
    uint64_t whole = ticks / denom * numer, rest = ticks % denom * numer / denom;
    *ns = whole + rest;
    return whole <= UINT64_MAX - rest;
}

/* "ttys012": a terminal that is made when one is asked for; its number is its minor. */
static bool is_numbered(const char *name, uint32_t minor)
{
    uint32_t number = 0;
    if (strncmp(name, "ttys", 4) != 0 || strlen(name) < 7)
        return false;
    for (const char *at = name + 4; *at; at++) {
        if (*at < '0' || *at > '9' || number > 0xffffff)
            return false;
        number = number * 10 + (uint32_t)(*at - '0');
    }
    return number == minor;
}

/* "ttyp0" to "ttyzf": BSD's old ones. There are more of them than there is room, and nobody uses them. */
static bool is_old(const char *name)
{
    return strlen(name) == 5 && memcmp(name, "tty", 3) == 0 && name[3] >= 'p' &&
           strchr("0123456789abcdef", name[4]);
}

static bool is_known(const psb_facts *facts, uint32_t major)
{
    for (uint32_t i = 0; i < facts->tty_drivers; i++)
        if (facts->tty_driver[i].numbered && facts->tty_driver[i].major == major)
            return true;
    return false;
}

static void add_terminal(const struct psb_macos_terminal *terminal, psb_facts *facts)
{
    uint32_t minor = psb_macos_minor(terminal->device), major = psb_macos_major(terminal->device);
    bool numbered = is_numbered(terminal->name, minor);
    psb_tty_driver driver = {.major = major, .first = minor, .last = minor};
    if (facts->tty_drivers == PSB_TTY_DRIVERS || is_old(terminal->name) || is_known(facts, major))
        return;
    memcpy(driver.prefix, "/dev/", 5);
    if (numbered) { /* one stands for all: others are made later */
        driver.numbered = true;
        driver.first = driver.base = 0;
        driver.last = 0xffffff;
        memcpy(driver.prefix + 5, "ttys", 4);
    } else {
        strncpy(driver.prefix + 5, terminal->name, sizeof driver.prefix - 6);
    }
    facts->tty_driver[facts->tty_drivers++] = driver;
}

/* The numbered ones first: the old must not take their room. */
psb_status psb_macos_parse_terminals(const void *raw, size_t len, psb_pid pid, void *facts)
{
    struct psb_macos_terminal terminal;
    if (len % sizeof terminal != 0)
        return PSB_MALFORMED;
    for (int numbered = 1; numbered >= 0; numbered--)
        for (size_t at = 0; at < len; at += sizeof terminal) {
            memcpy(&terminal, (const char *)raw + at, sizeof terminal);
            if (!memchr(terminal.name, '\0', sizeof terminal.name))
                return PSB_MALFORMED;
            if (is_numbered(terminal.name, psb_macos_minor(terminal.device)) == (numbered == 1))
                add_terminal(&terminal, facts);
        }
    return PSB_OK;
}

/* ---- where text stands ---- */

#define PROC(member, kind)  PSB_PART(struct psb_macos_kinfo, kp_proc.member, kind)
#define EPROC(member, kind) PSB_PART(struct psb_macos_kinfo, kp_eproc.member, kind)
#define PATHS(member, kind) PSB_PART(struct psb_macos_paths, member, kind)

/* What is not read has the names of the login and of what it waits for, and addresses. */
bool psb_macos_redact_kinfo(void *raw, size_t len, const psb_redactor *redactor)
{
    static const psb_redact_part PARTS[] = {
        PROC(p_comm, PSB_TEXT_NAME), PROC(pad1, PSB_UNREAD),  PROC(pad2, PSB_UNREAD),
        PROC(pad3, PSB_UNREAD),      PROC(pad4, PSB_UNREAD),  EPROC(pad1, PSB_UNREAD),
        EPROC(pad2, PSB_UNREAD),     EPROC(pad3, PSB_UNREAD), EPROC(pad4, PSB_UNREAD),
        EPROC(pad5, PSB_UNREAD),     EPROC(pad6, PSB_UNREAD)};
    return psb_redact_rows(raw, len, sizeof(struct psb_macos_kinfo), PARTS, sizeof PARTS / sizeof *PARTS,
                           redactor);
}

/* What is not read has two names of the process. */
bool psb_macos_redact_taskall(void *raw, size_t len, const psb_redactor *redactor)
{
    static const psb_redact_part PARTS[] = {PSB_PART(struct psb_macos_taskall, pad1, PSB_UNREAD),
                                            PSB_PART(struct psb_macos_taskall, pad2, PSB_UNREAD),
                                            PSB_PART(struct psb_macos_taskall, pad3, PSB_UNREAD)};
    return psb_redact_rows(raw, len, sizeof(struct psb_macos_taskall), PARTS, 3, redactor);
}

bool psb_macos_redact_paths(void *raw, size_t len, const psb_redactor *redactor)
{
    static const psb_redact_part PARTS[] = {
        PATHS(cdir.vip_path, PSB_TEXT_PATH), PATHS(cdir.pad1, PSB_UNREAD), PATHS(cdir.pad2, PSB_UNREAD),
        PATHS(rdir.vip_path, PSB_TEXT_PATH), PATHS(rdir.pad1, PSB_UNREAD), PATHS(rdir.pad2, PSB_UNREAD)};
    return psb_redact_rows(raw, len, sizeof(struct psb_macos_paths), PARTS, sizeof PARTS / sizeof *PARTS,
                           redactor);
}

/* What is not read has the thread's name. */
bool psb_macos_redact_threads(void *raw, size_t len, const psb_redactor *redactor)
{
    static const psb_redact_part PART = PSB_PART(struct psb_macos_thread, info.pad, PSB_UNREAD);
    return psb_redact_rows(raw, len, sizeof(struct psb_macos_thread), &PART, 1, redactor);
}

/* What is not read has the id of the program's build. */
bool psb_macos_redact_rusage(void *raw, size_t len, const psb_redactor *redactor)
{
    static const psb_redact_part PART = PSB_PART(struct psb_macos_rusage, pad, PSB_UNREAD);
    return psb_redact_rows(raw, len, sizeof(struct psb_macos_rusage), &PART, 1, redactor);
}

/* The environment, too. */
bool psb_macos_redact_arguments(void *raw, size_t len, const psb_redactor *redactor)
{
    char *at = (char *)raw + sizeof(int32_t);
    if (len < sizeof(int32_t))
        return false;
    size_t left = len - sizeof(int32_t);
    const char *nul = left > 0 ? memchr(at, '\0', left) : NULL;
    size_t path = nul ? (size_t)(nul - at) : left;
    psb_redact_text(redactor, PSB_TEXT_PATH, at, path);
    psb_redact_text(redactor, PSB_TEXT_ARGUMENT, at + path, left - path);
    return true;
}

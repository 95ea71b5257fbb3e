/* sunos_parse.c: from the kernel's bytes to structs. */
#include "sunos_abi.h"

#include "plain.h"

#include "scan.h"

#include <string.h>

/* proc(5): structs may grow at their ends. */
static psb_status at_least(const void *raw, size_t len, void *parsed, size_t size)
{
    if (len < size)
        return PSB_MALFORMED;
    memcpy(parsed, raw, size);
    return PSB_OK;
}

static psb_status exactly(const void *raw, size_t len, void *parsed, size_t size)
{
    return len == size ? at_least(raw, len, parsed, size) : PSB_MALFORMED;
}

/* The answer to a question about a pid names it: another number means that the layout is not the one known.
 */
psb_status psb_sunos_parse_psinfo(const void *raw, size_t len, psb_pid pid, void *parsed)
{
    struct psb_sunos_psinfo *out = parsed;
    psb_status status = at_least(raw, len, out, sizeof *out);
    return status == PSB_OK && out->pr_pid != pid ? PSB_MALFORMED : status;
}

psb_status psb_sunos_parse_status(const void *raw, size_t len, psb_pid pid, void *parsed)
{
    struct psb_sunos_status *out = parsed;
    psb_status status = at_least(raw, len, out, sizeof *out);
    return status == PSB_OK && out->pr_pid != pid ? PSB_MALFORMED : status;
}

psb_status psb_sunos_parse_usage(const void *raw, size_t len, psb_pid pid, void *parsed)
{
    return at_least(raw, len, parsed, sizeof(struct psb_sunos_usage));
}

psb_status psb_sunos_parse_cred(const void *raw, size_t len, psb_pid pid, void *parsed)
{
    return at_least(raw, len, parsed, sizeof(struct psb_sunos_cred));
}

/* The size of an entry is the kernel's to say, and at least what is known of it. */
static psb_status entries(const void *raw, size_t len, size_t least, struct psb_sunos_entries *out)
{
    struct psb_sunos_header header;
    if (at_least(raw, len, &header, sizeof header) != PSB_OK || header.pr_nent < 0 ||
        header.pr_nent > PSB_REPLY_MAX || header.pr_entsize > PSB_REPLY_MAX ||
        header.pr_entsize < (int64_t)least)
        return PSB_MALFORMED;
    if (len - sizeof header != (size_t)header.pr_nent * (size_t)header.pr_entsize)
        return PSB_MALFORMED;
    *out = (struct psb_sunos_entries){(const char *)raw + sizeof header, (size_t)header.pr_entsize,
                                      (uint32_t)header.pr_nent};
    return PSB_OK;
}

psb_status psb_sunos_parse_lstatus(const void *raw, size_t len, psb_pid pid, void *parsed)
{
    return entries(raw, len, sizeof(struct psb_sunos_lwpstatus), parsed);
}

psb_status psb_sunos_parse_lpsinfo(const void *raw, size_t len, psb_pid pid, void *parsed)
{
    return entries(raw, len, sizeof(struct psb_sunos_lwpsinfo), parsed);
}

void psb_sunos_entry(const struct psb_sunos_entries *entries, uint32_t n, void *out, size_t size)
{
    memcpy(out, entries->raw + n * entries->entsize, size);
}

bool psb_sunos_ns(struct psb_sunos_time time, uint64_t *ns)
{
    const int64_t second = 1000000000;
    if (time.sec < 0 || time.nsec < 0 || time.nsec >= second || time.sec >= INT64_MAX / second)
        return false;
    *ns = (uint64_t)time.sec * (uint64_t)second + (uint64_t)time.nsec;
    return true;
}

/* ---- facts of the boot ---- */

psb_status psb_sunos_parse_sysconf(const void *raw, size_t len, psb_pid pid, void *facts)
{
    struct psb_sunos_sysconf sysconf;
    psb_facts *out = facts;
    if (exactly(raw, len, &sysconf, sizeof sysconf) != PSB_OK)
        return PSB_MALFORMED;
    out->page_bytes = sysconf.page_bytes;
    if (sysconf.page_bytes != 0 && sysconf.pages <= UINT64_MAX / sysconf.page_bytes)
        out->memory_bytes = sysconf.pages * sysconf.page_bytes;
    return PSB_OK;
}

/*
 * "pts 24": a driver and its major, name_to_major(5). Of drivers that are not here (serial lines, whose names
 * are the administrator's) a terminal stays unknown.
 */
static const struct {
    const char *name;
    psb_tty_driver driver; /* less its major */
} TTY[] = {
    {"pts", {.prefix = "/dev/pts/", .last = UINT32_MAX, .numbered = true}}, /* pts(4D): N is the minor */
    {"cn", {.prefix = "/dev/console"}},                                     /* console(4D): minor 0 */
};

static void take_major(psb_scan line, psb_facts *out)
{
    for (size_t i = 0; i < sizeof TTY / sizeof *TTY && out->tty_drivers < PSB_TTY_DRIVERS; i++) {
        psb_scan rest = line;
        uint64_t major;
        size_t len = strlen(TTY[i].name);
        if (!psb_scan_literal(&rest, TTY[i].name, len) || psb_scan_left(&rest) == 0 ||
            (*rest.at != ' ' && *rest.at != '\t') || !psb_scan_u64(&rest, &major) || major > UINT32_MAX)
            continue;
        out->tty_driver[out->tty_drivers] = TTY[i].driver;
        out->tty_driver[out->tty_drivers++].major = (uint32_t)major;
    }
}

psb_status psb_sunos_parse_majors(const void *raw, size_t len, psb_pid pid, void *facts)
{
    psb_scan scan = psb_scan_of(raw, len), line;
    while (psb_scan_line(&scan, &line))
        take_major(line, facts);
    return PSB_OK;
}

/* ---- where text stands ---- */

#define PSINFO(member, kind) PSB_PART(struct psb_sunos_psinfo, member, kind)
#define LWP(member)          PSB_PART(struct psb_sunos_lwpsinfo, member, PSB_UNREAD)
#define STATUS(member)       PSB_PART(struct psb_sunos_status, member, PSB_UNREAD)

/* One struct, and zeros for what a newer kernel has behind it; false: it was cut. */
static bool redact_one(void *raw, size_t len, size_t size, const psb_redact_part *part, size_t parts,
                       const psb_redactor *redactor)
{
    if (len < size)
        return false;
    memset((char *)raw + size, 0, len - size);
    return psb_redact_rows(raw, size, size, part, parts, redactor);
}

/* What is not read has addresses and a thread's name. */
bool psb_sunos_redact_psinfo(void *raw, size_t len, const psb_redactor *redactor)
{
    static const psb_redact_part PARTS[] = {
        PSINFO(pr_fname, PSB_TEXT_NAME), PSINFO(pr_psargs, PSB_TEXT_ARGUMENT),
        PSINFO(pad1, PSB_UNREAD),        PSINFO(pad2, PSB_UNREAD),
        PSINFO(pad3, PSB_UNREAD),        PSINFO(pad4, PSB_UNREAD),
        PSINFO(pr_lwp.pad1, PSB_UNREAD), PSINFO(pr_lwp.pad2, PSB_UNREAD),
        PSINFO(pr_lwp.pad3, PSB_UNREAD), PSINFO(pr_lwp.pad4, PSB_UNREAD),
        PSINFO(pr_lwp.pad5, PSB_UNREAD)};
    return redact_one(raw, len, sizeof(struct psb_sunos_psinfo), PARTS, sizeof PARTS / sizeof *PARTS,
                      redactor);
}

/* What is not read has registers, which may hold anything. */
bool psb_sunos_redact_status(void *raw, size_t len, const psb_redactor *redactor)
{
    static const psb_redact_part PARTS[] = {STATUS(pad1), STATUS(pad2), STATUS(pr_lwp)};
    return redact_one(raw, len, sizeof(struct psb_sunos_status), PARTS, 3, redactor);
}

static bool redact_entries(const struct psb_sunos_entries *all, size_t size, const psb_redact_part *part,
                           size_t parts, char *raw, const psb_redactor *redactor)
{
    for (uint32_t i = 0; i < all->count; i++)
        redact_one(raw + sizeof(struct psb_sunos_header) + i * all->entsize, all->entsize, size, part, parts,
                   redactor);
    return true;
}

bool psb_sunos_redact_lpsinfo(void *raw, size_t len, const psb_redactor *redactor)
{
    static const psb_redact_part PARTS[] = {LWP(pad1), LWP(pad2), LWP(pad3), LWP(pad4), LWP(pad5)};
    struct psb_sunos_entries all;
    size_t size = sizeof(struct psb_sunos_lwpsinfo);
    return entries(raw, len, size, &all) == PSB_OK && redact_entries(&all, size, PARTS, 5, raw, redactor);
}

bool psb_sunos_redact_lstatus(void *raw, size_t len, const psb_redactor *redactor)
{
    static const psb_redact_part PART = PSB_PART(struct psb_sunos_lwpstatus, pad, PSB_UNREAD);
    struct psb_sunos_entries all;
    size_t size = sizeof(struct psb_sunos_lwpstatus);
    return entries(raw, len, size, &all) == PSB_OK && redact_entries(&all, size, &PART, 1, raw, redactor);
}

/* sunos_parse.c: from the kernel's bytes to structs. */
#include "sunos_abi.h"

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

psb_status psb_sunos_parse_bytes(const void *raw, size_t len, psb_pid pid, void *parsed)
{
    *(struct psb_sunos_bytes *)parsed = (struct psb_sunos_bytes){raw, len};
    return PSB_OK;
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

/*
 * linux_parse.c: from the kernel's bytes to structs. Names are hostile: a process may call itself anything,
 * so in `stat` the last ')' ends the name, and in `status` a key counts at the start of a line only.
 */
#include "linux_abi.h"

#include "plain.h"

#include "scan.h"

#include <string.h>

static bool columns_skip(psb_scan *scan, int columns)
{
    while (columns-- > 0)
        if (!psb_scan_skip(scan))
            return false;
    return true;
}

/* Every file ends in a newline: without it the last number may have been cut. */
static bool is_cut(const void *raw, size_t len)
{
    return len > 0 && ((const char *)raw)[len - 1] != '\n';
}

/*
 * The name stands in parentheses, escaped by nothing: "4 (a) R 1 (b) S 2 ...". The last ')' ends it, and none
 * can follow; so only as many bytes are searched as a name can have.
 */
static bool stat_name(psb_scan *scan, struct psb_linux_stat *out)
{
    const char *open = memchr(scan->at, '(', psb_scan_left(scan));
    if (!open)
        return false;
    open++;
    const char *close = scan->end - open > PSB_LINUX_COMM ? open + PSB_LINUX_COMM : scan->end;
    while (close > open && close[-1] != ')')
        close--;
    if (close == open)
        return false;
    out->comm_len = (size_t)(close - 1 - open);
    memcpy(out->comm, open, out->comm_len);
    scan->at = close;
    return true;
}

/* A column that may be negative; one that fits in no int64 is INT64_MIN, which none of the decoders takes. */
static bool signed_column(psb_scan *scan, int64_t *out)
{
    uint64_t beyond;
    if (psb_scan_i64(scan, out))
        return true;
    *out = INT64_MIN;
    return psb_scan_u64(scan, &beyond);
}

/* Columns are numbered as in proc(5); the name is the second. */
psb_status psb_linux_parse_stat(const void *raw, size_t len, psb_pid pid, void *parsed)
{
    struct psb_linux_stat *out = parsed;
    psb_scan scan = psb_scan_of(raw, len);
    if (len == 0 || is_cut(raw, len) || !stat_name(&scan, out))
        return PSB_MALFORMED;
    psb_scan_blanks(&scan);
    if (scan.at == scan.end)
        return PSB_MALFORMED;
    out->state = *scan.at++;                                                      /* 3 */
    if (!signed_column(&scan, &out->ppid) || !columns_skip(&scan, 2) ||           /* 4 */
        !signed_column(&scan, &out->tty_nr) || !columns_skip(&scan, 2) ||         /* 7 */
        !psb_scan_u64(&scan, &out->minflt) || !columns_skip(&scan, 1) ||          /* 10 */
        !psb_scan_u64(&scan, &out->majflt) || !columns_skip(&scan, 1) ||          /* 12 */
        !psb_scan_u64(&scan, &out->utime) || !psb_scan_u64(&scan, &out->stime) || /* 14, 15 */
        !signed_column(&scan, &out->cutime) || !signed_column(&scan, &out->cstime) ||
        !columns_skip(&scan, 4) || !psb_scan_u64(&scan, &out->starttime) ||
        !columns_skip(&scan, 16) ||            /* 22 */
        !psb_scan_u64(&scan, &out->processor)) /* 39 */
        return PSB_MALFORMED;
    out->has_iowait = columns_skip(&scan, 2) && psb_scan_u64(&scan, &out->iowait); /* 42 */
    return PSB_OK;
}

static bool three(psb_scan *line, uint64_t out[3])
{
    return psb_scan_u64(line, &out[0]) && psb_scan_u64(line, &out[1]) && psb_scan_u64(line, &out[2]);
}

/*
 * The rest of the line that begins with this key, from `from` on. Looking for the key's first letter passes
 * over most lines at the speed of memchr; a key inside a line, as in a name, does not count.
 */
static bool line_of(psb_scan from, const char *key, size_t len, psb_scan *out)
{
    const char *start = from.at;
    while (psb_scan_left(&from) >= len && (from.at = memchr(from.at, key[0], psb_scan_left(&from))) != NULL) {
        if ((from.at == start || from.at[-1] == '\n') && psb_scan_literal(&from, key, len)) {
            *out = from;
            return true;
        }
        from.at++;
    }
    return false;
}

#define LINE_OF(scan, key, out) line_of(scan, key ":", sizeof key, out)
#define KEY(line, literal)      psb_scan_literal(line, literal ":", sizeof literal)

/* A line that is there and does not hold its numbers is malformed; one that is not there leaves its field
 * unknown. */
psb_status psb_linux_parse_status(const void *raw, size_t len, psb_pid pid, void *parsed)
{
    struct psb_linux_status *out = parsed;
    psb_scan scan = psb_scan_of(raw, len), line;
    *out = (struct psb_linux_status){0};
    if (is_cut(raw, len))
        return PSB_MALFORMED;
    if (LINE_OF(scan, "Uid", &line) && !(out->has_uid = three(&line, out->uid)))
        return PSB_MALFORMED;
    if (LINE_OF(scan, "Gid", &line) && !(out->has_gid = three(&line, out->gid)))
        return PSB_MALFORMED;
    if (LINE_OF(scan, "Threads", &line) && !(out->has_threads = psb_scan_u64(&line, &out->threads)))
        return PSB_MALFORMED;
    psb_scan rest = scan;
    if (LINE_OF(scan, "voluntary_ctxt_switches", &line)) {
        if (!(out->has_voluntary = psb_scan_u64(&line, &out->voluntary)))
            return PSB_MALFORMED;
        rest.at = line.at; /* the other count follows at once */
    }
    if (LINE_OF(rest, "nonvoluntary_ctxt_switches", &line) &&
        !(out->has_involuntary = psb_scan_u64(&line, &out->involuntary)))
        return PSB_MALFORMED;
    return PSB_OK;
}

psb_status psb_linux_parse_statm(const void *raw, size_t len, psb_pid pid, void *parsed)
{
    struct psb_linux_statm *out = parsed;
    psb_scan scan = psb_scan_of(raw, len);
    bool good = !is_cut(raw, len) && psb_scan_u64(&scan, &out->size) && psb_scan_u64(&scan, &out->resident) &&
                psb_scan_u64(&scan, &out->shared) && psb_scan_u64(&scan, &out->text) &&
                columns_skip(&scan, 1) && psb_scan_u64(&scan, &out->data);
    return good ? PSB_OK : PSB_MALFORMED;
}

/* Adds "Key:   12 kB"; false if that is no such line or the sum does not fit. */
static bool add_kilobytes(psb_scan *line, uint64_t *sum)
{
    uint64_t kilobytes;
    if (!psb_scan_u64(line, &kilobytes) || kilobytes > UINT64_MAX / 1024 ||
        *sum > UINT64_MAX - kilobytes * 1024)
        return false;
    *sum += kilobytes * 1024;
    return true;
}

/* SwapPss, Pss_Anon and the like are other lines: only whole keys count. */
psb_status psb_linux_parse_smaps(const void *raw, size_t len, psb_pid pid, void *parsed)
{
    struct psb_linux_smaps *out = parsed;
    psb_scan scan = psb_scan_of(raw, len), line;
    *out = (struct psb_linux_smaps){.any = len > 0};
    if (is_cut(raw, len))
        return PSB_MALFORMED;
    while (psb_scan_line(&scan, &line)) {
        bool good = true;
        switch (line.at < line.end ? *line.at : 0) {
        case 'P':
            if (KEY(&line, "Pss"))
                good = add_kilobytes(&line, &out->pss);
            else if (KEY(&line, "Private_Clean") || KEY(&line, "Private_Dirty") ||
                     KEY(&line, "Private_Hugetlb"))
                good = add_kilobytes(&line, &out->private_bytes);
            break;
        case 'S':
            if (KEY(&line, "Swap"))
                good = add_kilobytes(&line, &out->swap);
            break;
        default:
            break;
        }
        if (!good)
            return PSB_MALFORMED;
    }
    return PSB_OK;
}

/* Blank and unknown lines are passed over: some kernels have them. */
psb_status psb_linux_parse_io(const void *raw, size_t len, psb_pid pid, void *parsed)
{
    static const struct {
        const char *key;
        size_t len;
    } KEYS[PSB_IO_COUNTERS_PARTS] = {
        [PSB_IO_COUNTERS_READ_COUNT] = {"syscr:", 6},
        [PSB_IO_COUNTERS_WRITE_COUNT] = {"syscw:", 6},
        [PSB_IO_COUNTERS_READ_BYTES] = {"read_bytes:", 11},
        [PSB_IO_COUNTERS_WRITE_BYTES] = {"write_bytes:", 12},
        [PSB_IO_COUNTERS_READ_CHARS] = {"rchar:", 6},
        [PSB_IO_COUNTERS_WRITE_CHARS] = {"wchar:", 6},
    };
    struct psb_linux_io *out = parsed;
    psb_scan scan = psb_scan_of(raw, len), line;
    *out = (struct psb_linux_io){0};
    if (is_cut(raw, len))
        return PSB_MALFORMED;
    while (psb_scan_line(&scan, &line))
        for (unsigned i = 0; i < PSB_IO_COUNTERS_PARTS; i++)
            if (psb_scan_literal(&line, KEYS[i].key, KEYS[i].len)) {
                if (psb_scan_u64(&line, &out->number[i]))
                    out->known |= 1u << i;
                break;
            }
    return PSB_OK;
}

psb_status psb_linux_parse_path(const void *raw, size_t len, psb_pid pid, void *parsed)
{
    const char *nul = len > 0 ? memchr(raw, '\0', len) : NULL;
    return psb_parse_bytes(raw, nul ? (size_t)(nul - (const char *)raw) : len, pid, parsed);
}

bool psb_linux_next_task(const char **frames, size_t *len, int64_t *tid, const char **stat, size_t *stat_len)
{
    struct psb_linux_frame frame;
    if (*len < sizeof frame)
        return false;
    memcpy(&frame, *frames, sizeof frame);
    if (frame.len > *len - sizeof frame)
        return false;
    *tid = frame.tid;
    *stat = *frames + sizeof frame;
    *stat_len = (size_t)frame.len;
    *frames = *stat + frame.len;
    *len -= sizeof frame + (size_t)frame.len;
    return true;
}

psb_status psb_linux_parse_tasks(const void *raw, size_t len, psb_pid pid, void *parsed)
{
    struct psb_linux_tasks *out = parsed;
    struct psb_linux_stat scratch;
    *out = (struct psb_linux_tasks){.frames = raw, .len = len};
    const char *at = raw, *stat;
    size_t left = len, stat_len;
    int64_t tid;
    for (; psb_linux_next_task(&at, &left, &tid, &stat, &stat_len); out->count++)
        if (psb_linux_parse_stat(stat, stat_len, pid, &scratch) != PSB_OK)
            return PSB_MALFORMED;
    return left == 0 ? PSB_OK : PSB_MALFORMED;
}

/* ---- facts of the boot ---- */

psb_status psb_linux_parse_sysconf(const void *raw, size_t len, psb_pid pid, void *facts)
{
    struct psb_linux_sysconf sysconf;
    psb_facts *out = facts;
    if (psb_fixed(raw, len, &sysconf, sizeof sysconf) != PSB_OK)
        return PSB_MALFORMED;
    out->page_bytes = sysconf.page_bytes;
    out->ticks_per_second = sysconf.ticks_per_second;
    return PSB_OK;
}

psb_status psb_linux_parse_boot(const void *raw, size_t len, psb_pid pid, void *facts)
{
    psb_scan scan = psb_scan_of(raw, len), line;
    uint64_t seconds;
    while (!is_cut(raw, len) && psb_scan_line(&scan, &line))
        if (psb_scan_literal(&line, "btime ", 6) && psb_scan_u64(&line, &seconds) &&
            psb_ticks_to_ns(seconds, 1, &((psb_facts *)facts)->boot_ns))
            return PSB_OK;
    return PSB_MALFORMED;
}

/* Blanks around the colon vary between kernels and their imitations. */
psb_status psb_linux_parse_meminfo(const void *raw, size_t len, psb_pid pid, void *facts)
{
    psb_scan scan = psb_scan_of(raw, len), line;
    uint64_t sum = 0;
    while (!is_cut(raw, len) && psb_scan_line(&scan, &line)) {
        if (!psb_scan_literal(&line, "MemTotal", 8))
            continue;
        psb_scan_blanks(&line);
        if (!psb_scan_literal(&line, ":", 1) || !add_kilobytes(&line, &sum))
            return PSB_MALFORMED;
        ((psb_facts *)facts)->memory_bytes = sum;
        return PSB_OK;
    }
    return PSB_MALFORMED;
}

static bool word(psb_scan *scan, psb_scan *out)
{
    psb_scan_blanks(scan);
    out->at = scan->at;
    if (!psb_scan_skip(scan))
        return false;
    out->end = scan->at;
    return true;
}

static bool word_is(psb_scan word, const char *text, size_t len)
{
    return psb_scan_left(&word) >= len && memcmp(word.at, text, len) == 0;
}

/*
 * "serial               /dev/ttyS       4 64-95 serial"; fs/proc/proc_tty.c: show_tty_range. Devices of a
 * driver are numbered from 0, those of the console by their minor; a single "system" device has no number.
 */
static bool tty_driver(psb_scan line, psb_tty_driver *out)
{
    psb_scan name, prefix, type;
    uint64_t major, first, last;
    if (!word(&line, &name) || !word(&line, &prefix) || !psb_scan_u64(&line, &major) ||
        !psb_scan_u64(&line, &first))
        return false;
    last = first;
    if (psb_scan_literal(&line, "-", 1) && !psb_scan_u64(&line, &last))
        return false;
    size_t len = psb_scan_left(&prefix);
    if (len + 1 >= sizeof out->prefix || major > UINT32_MAX || last > UINT32_MAX || first > last ||
        !word(&line, &type))
        return false;
    *out = (psb_tty_driver){.major = (uint32_t)major, .first = (uint32_t)first, .last = (uint32_t)last};
    memcpy(out->prefix, prefix.at, len);
    bool unix98 = len == 8 && word_is(prefix, "/dev/pts", 8);
    if (unix98)
        out->prefix[len] = '/';
    else if (word_is(type, "pty:", 4)) /* BSD's: a letter and a hexadecimal digit; left out */
        return false;
    out->numbered = first != last || !word_is(type, "system", 6);
    out->base = word_is(type, "console", 7) ? out->first : 0;
    return true;
}

psb_status psb_linux_parse_tty_drivers(const void *raw, size_t len, psb_pid pid, void *facts)
{
    psb_facts *out = facts;
    psb_scan scan = psb_scan_of(raw, len), line;
    while (out->tty_drivers < PSB_TTY_DRIVERS && psb_scan_line(&scan, &line))
        if (tty_driver(line, &out->tty_driver[out->tty_drivers]))
            out->tty_drivers++;
    return PSB_OK;
}

/* ---- where text stands ---- */

bool psb_linux_redact_stat(void *raw, size_t len, const psb_redactor *redactor)
{
    struct psb_linux_stat stat;
    psb_scan scan = psb_scan_of(raw, len);
    if (len == 0 || !stat_name(&scan, &stat))
        return false;
    size_t behind = (size_t)(scan.at - (const char *)raw);
    psb_redact_text(redactor, PSB_TEXT_NAME, (char *)raw + behind - 1 - stat.comm_len, stat.comm_len);
    return true;
}

/* The name is the first line. Newline and backslash are escaped in it, so that such a name becomes another than in
 * stat. */
bool psb_linux_redact_status(void *raw, size_t len, const psb_redactor *redactor)
{
    enum { KEY_LEN = 6 };
    char *text = raw, *newline = len > 0 ? memchr(raw, '\n', len) : NULL;
    if (!newline || newline - text < KEY_LEN || memcmp(text, "Name:\t", KEY_LEN) != 0)
        return false;
    psb_redact_text(redactor, PSB_TEXT_NAME, text + KEY_LEN, (size_t)(newline - text) - KEY_LEN);
    return true;
}

/* "7f00-7f01 r--p 0000 08:01 42     /lib/x.so": a path, or a name that the process chose, behind five columns.
 * Lines of numbers begin with a capital. */
bool psb_linux_redact_smaps(void *raw, size_t len, const psb_redactor *redactor)
{
    psb_scan scan = psb_scan_of(raw, len), line;
    while (psb_scan_line(&scan, &line)) {
        if (line.at == line.end || (*line.at >= 'A' && *line.at <= 'Z'))
            continue;
        if (!columns_skip(&line, 5))
            return false;
        psb_redact_text(redactor, PSB_TEXT_PATH, (char *)raw + (line.at - (const char *)raw),
                        (size_t)(line.end - line.at));
    }
    return true;
}

bool psb_linux_redact_tasks(void *raw, size_t len, const psb_redactor *redactor)
{
    const char *at = raw, *stat;
    size_t left = len, stat_len;
    int64_t tid;
    while (psb_linux_next_task(&at, &left, &tid, &stat, &stat_len))
        if (!psb_linux_redact_stat((char *)raw + (stat - (const char *)raw), stat_len, redactor))
            return false;
    return left == 0;
}

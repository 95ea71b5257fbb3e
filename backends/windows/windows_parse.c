/*
 * windows_parse.c: from the kernel's bytes to structs, from UTF-16 to UTF-8, and from a command line to its arguments.
 */
#include "windows_abi.h"

#include "plain.h"

#include <string.h>

_Static_assert(sizeof(struct psb_windows_process) == 256 && sizeof(struct psb_windows_thread) == 80 &&
                   sizeof(struct psb_windows_memory) == 80 && sizeof(struct psb_windows_basic) == 48 &&
                   sizeof(struct psb_windows_drive) == 128,
               "these are Windows' sizes");

/* ---- the table ---- */

bool psb_windows_record(const void *raw, size_t len, size_t *at, psb_record *out)
{
    struct psb_windows_process head;
    if (*at > len || len - *at < sizeof head)
        return false;
    size_t left = len - *at;
    memcpy(&head, (const char *)raw + *at, sizeof head);
    *out = (psb_record){(psb_pid)head.pid, *at, head.next != 0 && head.next < left ? head.next : left};
    *at = head.next >= sizeof head && head.next < left ? *at + head.next : len;
    return true;
}

psb_status psb_windows_parse_record(const void *raw, size_t len, psb_pid pid, void *parsed)
{
    struct psb_windows_record *out = parsed;
    struct psb_windows_process *head = &out->head;
    if (len < sizeof *head)
        return PSB_MALFORMED;
    memcpy(head, raw, sizeof *head);
    if (head->pid != (uint64_t)pid)
        return PSB_GONE;
    uint64_t threads = (uint64_t)head->threads * sizeof(struct psb_windows_thread);
    bool leads_astray = head->next != 0 && head->next != len;
    bool has_name = head->image_bytes != 0;
    if (leads_astray || threads > len - sizeof *head || head->image_bytes % 2 != 0)
        return PSB_MALFORMED;
    if (has_name && (head->image_name < sizeof *head + threads || head->image_name > len ||
                     head->image_bytes > len - head->image_name))
        return PSB_MALFORMED;
    out->threads = (const char *)raw + sizeof *head;
    out->name = (struct psb_windows_text){(const char *)raw + (has_name ? head->image_name : 0),
                                          head->image_bytes / 2};
    return PSB_OK;
}

/* ---- what a handle answers, or the record of a process, which is longer and holds the same ---- */

/* The record's numbers, or PSB_ABSENT: these bytes are too few for one, and a handle's. */
static psb_status head_of(const void *raw, size_t len, psb_pid pid, struct psb_windows_process *head)
{
    struct psb_windows_record record;
    if (len < sizeof record.head)
        return PSB_ABSENT;
    psb_status status = psb_windows_parse_record(raw, len, pid, &record);
    *head = record.head;
    return status;
}

/*
 * Of a process that has ended, and that somebody holds a handle to, a handle can still be had, and all of its
 * numbers. The page of GetProcessTimes leaves open what an exit time is before the exit; the kernel has it 0.
 */
psb_status psb_windows_parse_times(const void *raw, size_t len, psb_pid pid, void *parsed)
{
    struct psb_windows_times *out = parsed;
    struct psb_windows_process head;
    psb_status status = head_of(raw, len, pid, &head);
    if (status == PSB_OK)
        *out = (struct psb_windows_times){head.create_time, 0, head.kernel_time, head.user_time};
    if (status != PSB_ABSENT)
        return status;
    if (psb_fixed(raw, len, parsed, sizeof *out) != PSB_OK)
        return PSB_MALFORMED;
    return out->exit_time != 0 && out->exit_time >= out->create_time ? PSB_GONE : PSB_OK;
}

psb_status psb_windows_parse_memory(const void *raw, size_t len, psb_pid pid, void *parsed)
{
    struct psb_windows_memory *out = parsed;
    struct psb_windows_process head;
    psb_status status = head_of(raw, len, pid, &head);
    if (status == PSB_OK)
        *out = (struct psb_windows_memory){.working_set_bytes = head.working_set_bytes,
                                           .pagefile_bytes = head.pagefile_bytes};
    return status == PSB_ABSENT ? psb_fixed(raw, len, parsed, sizeof *out) : status;
}

psb_status psb_windows_parse_io(const void *raw, size_t len, psb_pid pid, void *parsed)
{
    struct psb_windows_io *out = parsed;
    struct psb_windows_process head;
    psb_status status = head_of(raw, len, pid, &head);
    if (status == PSB_OK)
        *out = (struct psb_windows_io){head.reads,      head.writes,      head.others,
                                       head.read_bytes, head.write_bytes, head.other_bytes};
    return status == PSB_ABSENT ? psb_fixed(raw, len, parsed, sizeof *out) : status;
}

psb_status psb_windows_parse_handles(const void *raw, size_t len, psb_pid pid, void *parsed)
{
    struct psb_windows_process head;
    psb_status status = head_of(raw, len, pid, &head);
    if (status == PSB_OK)
        *(uint32_t *)parsed = head.handles;
    return status == PSB_ABSENT ? psb_fixed(raw, len, parsed, sizeof(uint32_t)) : status;
}

psb_status psb_windows_parse_basic(const void *raw, size_t len, psb_pid pid, void *parsed)
{
    struct psb_windows_basic *out = parsed;
    struct psb_windows_process head;
    psb_status status = head_of(raw, len, pid, &head);
    if (status == PSB_OK)
        *out = (struct psb_windows_basic){
            .exit_status = PSB_WINDOWS_STILL_ACTIVE, .pid = head.pid, .ppid = head.ppid};
    if (status != PSB_ABSENT)
        return status;
    if (psb_fixed(raw, len, parsed, sizeof *out) != PSB_OK)
        return PSB_MALFORMED;
    return out->pid == (uint64_t)pid && out->exit_status == PSB_WINDOWS_STILL_ACTIVE ? PSB_OK : PSB_GONE;
}

/* A page is the process's own if it cannot be shared, or no other process shares it now. */
psb_status psb_windows_parse_working_set(const void *raw, size_t len, psb_pid pid, void *parsed)
{
    uint64_t page, *own = parsed;
    const char *at = raw;
    if (len < sizeof page || len % sizeof page != 0)
        return PSB_MALFORMED;
    memcpy(&page, at, sizeof page);
    if (page != len / sizeof page - 1)
        return PSB_MALFORMED;
    *own = 0;
    for (size_t i = sizeof page; i < len; i += sizeof page) {
        memcpy(&page, at + i, sizeof page);
        uint64_t sharers = page >> PSB_WINDOWS_PAGE_SHARE_SHIFT & PSB_WINDOWS_PAGE_SHARE_MASK;
        *own += !(page & PSB_WINDOWS_PAGE_SHARED) || sharers <= 1;
    }
    return PSB_OK;
}

/* ---- text ---- */

static uint16_t unit_of(struct psb_windows_text text, size_t i)
{
    uint16_t unit;
    memcpy(&unit, text.units + i * sizeof unit, sizeof unit);
    return unit;
}

psb_status psb_windows_parse_text(const void *raw, size_t len, psb_pid pid, void *parsed)
{
    *(struct psb_windows_text *)parsed = (struct psb_windows_text){raw, len / sizeof(uint16_t)};
    return len % sizeof(uint16_t) == 0 ? PSB_OK : PSB_MALFORMED;
}

psb_status psb_windows_parse_image(const void *raw, size_t len, psb_pid pid, void *parsed)
{
    const struct psb_windows_text *text = parsed;
    if (psb_windows_parse_text(raw, len, pid, parsed) != PSB_OK)
        return PSB_MALFORMED;
    bool on_drive = text->count > 2 && unit_of(*text, 1) == ':' && unit_of(*text, 2) == '\\';
    bool on_device = text->count > 0 && unit_of(*text, 0) == '\\';
    return on_drive || on_device ? PSB_OK : PSB_ABSENT;
}

static bool is_high(uint32_t unit)
{
    return unit >= 0xD800 && unit < 0xDC00;
}

static bool is_low(uint32_t unit)
{
    return unit >= 0xDC00 && unit < 0xE000;
}

/* A code point as UTF-8 into out, which has room for 4 bytes; returns how many it took. */
static size_t encode(uint32_t point, char *out)
{
    size_t tail = point < 0x80 ? 0 : point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
    static const uint8_t FIRST[] = {0, 0xC0, 0xE0, 0xF0};
    out[0] = (char)(FIRST[tail] | point >> 6 * tail);
    for (size_t i = 1; i <= tail; i++)
        out[i] = (char)(0x80 | (point >> 6 * (tail - i) & 0x3F));
    return tail + 1;
}

size_t psb_windows_utf8(struct psb_windows_text text, char *out)
{
    size_t len = 0;
    for (size_t i = 0; i < text.count; i++) {
        char bytes[4];
        uint32_t point = unit_of(text, i);
        if (point == 0)
            break;
        if (is_high(point) && i + 1 < text.count && is_low(unit_of(text, i + 1)))
            point = 0x10000 + ((point - 0xD800) << 10) + (unit_of(text, ++i) - 0xDC00u);
        size_t size = encode(point, bytes);
        if (out)
            memcpy(out + len, bytes, size);
        len += size;
    }
    return len;
}

/* ---- the command line ---- */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* The program's name: quotes only hold blanks together, and a backslash is a backslash. */
static size_t take_program(const char *line, size_t len, size_t *at, char *out)
{
    size_t size = 0;
    bool quoted = false;
    for (; *at < len && (quoted || !is_blank(line[*at])); ++*at)
        if (line[*at] == '"')
            quoted = !quoted;
        else
            out[size++] = line[*at];
    return size;
}

/* Any other argument: backslashes are special before a quote only, two quotes within quotes are one. */
static size_t take_argument(const char *line, size_t len, size_t *at, char *out)
{
    size_t size = 0;
    bool quoted = false;
    while (*at < len && (quoted || !is_blank(line[*at]))) {
        size_t slashes = 0;
        for (; *at < len && line[*at] == '\\'; ++*at)
            slashes++;
        bool at_quote = *at < len && line[*at] == '"';
        for (size_t i = at_quote ? slashes / 2 : slashes; i > 0; i--)
            out[size++] = '\\';
        if (!at_quote) {
            if (slashes == 0)
                out[size++] = line[(*at)++];
            continue;
        }
        ++*at;
        bool doubled = quoted && *at < len && line[*at] == '"';
        if (slashes % 2 != 0) {
            out[size++] = '"';
        } else if (doubled) {
            out[size++] = '"';
            ++*at;
        } else {
            quoted = !quoted;
        }
    }
    return size;
}

/* What is written never passes what was read: an argument shrinks, and its NUL takes the place of a blank. */
uint32_t psb_windows_split(char *line, size_t *len)
{
    uint32_t count = 0;
    size_t at = 0, size = 0;
    while (at < *len) {
        size += count == 0 ? take_program(line, *len, &at, line + size)
                           : take_argument(line, *len, &at, line + size);
        count++;
        while (at < *len && is_blank(line[at]))
            at++;
        line[size++] = '\0';
    }
    *len = size;
    return count;
}

/* ---- facts of the boot ---- */

psb_status psb_windows_parse_facts(const void *raw, size_t len, psb_pid pid, void *facts)
{
    struct psb_windows_facts told;
    psb_facts *out = facts;
    if (psb_fixed(raw, len, &told, sizeof told) != PSB_OK || told.page_bytes == 0)
        return PSB_MALFORMED;
    out->page_bytes = told.page_bytes;
    out->memory_bytes = told.memory_bytes;
    return PSB_OK;
}

psb_status psb_windows_parse_drives(const void *raw, size_t len, psb_pid pid, void *facts)
{
    struct psb_windows_drive told;
    psb_facts *out = facts;
    enum { UNITS = sizeof told.device / sizeof *told.device };
    _Static_assert(sizeof out->drive->device > 3 * UNITS, "each unit may become three bytes");
    if (len % sizeof told != 0 || len / sizeof told > PSB_DRIVES)
        return PSB_MALFORMED;
    for (size_t i = 0; i < len / sizeof told; i++) {
        memcpy(&told, (const char *)raw + i * sizeof told, sizeof told);
        if (told.letter < 'A' || told.letter > 'Z' || told.units > UNITS)
            return PSB_MALFORMED;
        psb_drive *drive = &out->drive[i];
        size_t size =
            psb_windows_utf8((struct psb_windows_text){(const char *)told.device, told.units}, drive->device);
        if (size == 0)
            return PSB_MALFORMED; /* it would stand in front of every path */
        drive->letter = (char)told.letter;
        drive->device[size] = '\0';
    }
    out->drives = (uint32_t)(len / sizeof told);
    return PSB_OK;
}

/* ---- text in recordings ---- */

/* Longer words are replaced in pieces. */
enum { PIECE = 128 };

static bool ends_word(uint16_t unit)
{
    return unit == 0 || unit == ' ' || unit == '\t' || unit == '\\' || unit == '/' || unit == '"';
}

/* A letter, 'a' to 'z', as one that needs as many bytes of UTF-8 as this unit does: text keeps its length. */
static uint16_t like(uint16_t unit, char letter)
{
    unsigned nth = (unsigned)(letter - 'a');
    return (uint16_t)(unit < 0x80     ? (unsigned)letter
                      : unit < 0x800  ? 0x430 + nth /* Cyrillic */
                      : is_high(unit) ? 0xD835
                      : is_low(unit)  ? 0xDC1A + nth /* with that before it, mathematical bold */
                                      : 0xFF41 + nth /* full width */);
}

/* A word of ASCII becomes what its bytes would, so that it is the same word in every reply. */
static void redact_word(char *units, size_t count, const psb_redactor *redactor)
{
    char word[PIECE * sizeof(uint16_t)];
    bool is_ascii = true;
    for (size_t i = 0; i < count; i++)
        is_ascii &= unit_of((struct psb_windows_text){units, count}, i) < 0x80;
    size_t len = is_ascii ? count : count * sizeof(uint16_t);
    for (size_t i = 0; i < len; i++)
        word[i] = units[is_ascii ? i * sizeof(uint16_t) : i];
    redactor->replace(redactor->context, word, len);
    for (size_t i = 0; i < count; i++) {
        uint16_t unit = like(unit_of((struct psb_windows_text){units, count}, i), word[len - count + i]);
        memcpy(units + i * sizeof unit, &unit, sizeof unit);
    }
}

static bool redact_units(char *units, size_t len, psb_text kind, const psb_redactor *redactor)
{
    const struct psb_windows_text text = {units, len / sizeof(uint16_t)};
    size_t start = 0;
    if (len % sizeof(uint16_t) != 0 || !(redactor->kinds >> kind & 1))
        return len % sizeof(uint16_t) == 0;
    for (size_t at = 0; at <= text.count; at++) {
        bool ends = at == text.count || ends_word(unit_of(text, at));
        if (at > start && (ends || at - start == PIECE)) {
            redact_word(units + start * sizeof(uint16_t), at - start, redactor);
            start = at;
        }
        if (ends)
            start = at + 1;
    }
    return true;
}

/* How many units at the start are a drive, or a device with what is before it: they say where, not what. */
static size_t volume_of(struct psb_windows_text text)
{
    static const char DEVICE[] = "\\Device\\";
    size_t at = 0;
    if (text.count >= 2 && unit_of(text, 1) == ':')
        return 2;
    while (at < sizeof DEVICE - 1 && at < text.count && unit_of(text, at) == (uint16_t)DEVICE[at])
        at++;
    if (at < sizeof DEVICE - 1)
        return 0;
    while (at < text.count && unit_of(text, at) != '\\')
        at++;
    return at;
}

bool psb_windows_redact_path(void *raw, size_t len, const psb_redactor *redactor)
{
    size_t volume = volume_of((struct psb_windows_text){raw, len / sizeof(uint16_t)}) * sizeof(uint16_t);
    return redact_units((char *)raw + volume, len - volume, PSB_TEXT_PATH, redactor);
}

bool psb_windows_redact_arguments(void *raw, size_t len, const psb_redactor *redactor)
{
    return redact_units(raw, len, PSB_TEXT_ARGUMENT, redactor);
}

/* The number of an account is an id, and stays. */
bool psb_windows_redact_user(void *raw, size_t len, const psb_redactor *redactor)
{
    static const uint16_t SID[] = {'S', '-', '1', '-'};
    bool is_number = len >= sizeof SID && memcmp(raw, SID, sizeof SID) == 0;
    return is_number ? len % sizeof *SID == 0 : redact_units(raw, len, PSB_TEXT_NAME, redactor);
}

/* Where a page lies is nobody's business. */
bool psb_windows_redact_working_set(void *raw, size_t len, const psb_redactor *redactor)
{
    uint64_t page, own;
    if (psb_windows_parse_working_set(raw, len, 0, &own) != PSB_OK)
        return false;
    for (size_t at = sizeof page; at < len; at += sizeof page) {
        memcpy(&page, (char *)raw + at, sizeof page);
        page &= (UINT64_C(1) << PSB_WINDOWS_PAGE_SHIFT) - 1;
        memcpy((char *)raw + at, &page, sizeof page);
    }
    return true;
}

bool psb_windows_redact_memory(void *raw, size_t len, const psb_redactor *redactor)
{
    static const psb_redact_part PARTS[] = {PSB_PART(struct psb_windows_memory, pad, PSB_UNREAD)};
    return psb_redact_rows(raw, len, sizeof(struct psb_windows_memory), PARTS, 1, redactor);
}

/* The address of a PEB helps an attacker. */
bool psb_windows_redact_basic(void *raw, size_t len, const psb_redactor *redactor)
{
    static const psb_redact_part PARTS[] = {PSB_PART(struct psb_windows_basic, peb, PSB_UNREAD),
                                            PSB_PART(struct psb_windows_basic, pad0, PSB_UNREAD),
                                            PSB_PART(struct psb_windows_basic, pad1, PSB_UNREAD)};
    return psb_redact_rows(raw, len, sizeof(struct psb_windows_basic), PARTS, sizeof PARTS / sizeof *PARTS,
                           redactor);
}

#define HEAD(member)   PSB_PART(struct psb_windows_process, member, PSB_UNREAD)
#define THREAD(member) PSB_PART(struct psb_windows_thread, member, PSB_UNREAD)

/* Heads, threads, and the name; what else lies in a record is not read. */
static bool redact_record(char *raw, size_t len, const struct psb_windows_record *record,
                          const psb_redactor *redactor)
{
    static const psb_redact_part HEADS[] = {HEAD(pad0), HEAD(pad1), HEAD(pad2),
                                            HEAD(pad3), HEAD(pad4), HEAD(pad5)};
    static const psb_redact_part THREADS[] = {THREAD(pad0), THREAD(pad1), THREAD(pad2)};
    size_t threads = record->head.threads * sizeof(struct psb_windows_thread);
    char *behind = raw + sizeof record->head + threads, *name = raw + (record->name.units - raw);
    size_t size = record->name.count * sizeof(uint16_t), left = len - sizeof record->head - threads;
    if (size == 0)
        name = behind;
    psb_redact_rows(raw, sizeof record->head, sizeof record->head, HEADS, sizeof HEADS / sizeof *HEADS,
                    redactor);
    psb_redact_rows(raw + sizeof record->head, threads, sizeof(struct psb_windows_thread), THREADS,
                    sizeof THREADS / sizeof *THREADS, redactor);
    size_t before = (size_t)(name - behind);
    memset(behind, 0, before);
    memset(name + size, 0, left - before - size);
    return redact_units(name, size, PSB_TEXT_NAME, redactor);
}

bool psb_windows_redact_processes(void *raw, size_t len, const psb_redactor *redactor)
{
    size_t at = 0;
    psb_record place = {.len = 0};
    while (psb_windows_record(raw, len, &at, &place)) {
        struct psb_windows_record record;
        char *bytes = (char *)raw + place.offset;
        if (psb_windows_parse_record(bytes, place.len, place.pid, &record) != PSB_OK ||
            !redact_record(bytes, place.len, &record, redactor))
            return false;
    }
    return place.offset + place.len == len;
}

/* windows_words.c: for windows_sim.c: what a world has in bytes as the UTF-16 that Windows would have of it. */
#include "windows_words.h"

#include <string.h>

enum { REPLACEMENT = 0xFFFD };

static void add(struct psb_windows_units *units, uint32_t unit)
{
    uint16_t narrow = (uint16_t)unit;
    if (units->out)
        memcpy(units->out + units->count * sizeof narrow, &narrow, sizeof narrow);
    units->count++;
}

/*
 * The code point at the start of the bytes, which moves on behind it. UTF-8 as it must be, and surrogates as if they were
 * code points (WTF-8); a byte that is part of neither is U+FFFD: Windows has no names of bytes.
 */
static uint32_t next_point(const char **at, const char *end)
{
    static const uint32_t LEAST[] = {0, 0, 0x80, 0x800, 0x10000};
    uint8_t first = (uint8_t) * (*at)++;
    int size = first < 0x80                    ? 1
               : first >= 0xF0 && first < 0xF8 ? 4
               : first >= 0xE0                 ? 3
               : first >= 0xC0                 ? 2
                                               : 0;
    uint32_t point = size <= 1 ? first : first & (0x7Fu >> size);
    if (size == 0 || first >= 0xF8 || end - *at < size - 1)
        return REPLACEMENT;
    for (int i = 1; i < size; i++) {
        if (((*at)[i - 1] & 0xC0) != 0x80)
            return REPLACEMENT;
        point = point << 6 | ((uint8_t)(*at)[i - 1] & 0x3F);
    }
    if (point < LEAST[size] || point > 0x10FFFF)
        return REPLACEMENT;
    *at += size - 1;
    return point;
}

static void add_point(struct psb_windows_units *units, uint32_t point)
{
    if (point < 0x10000) {
        add(units, point);
        return;
    }
    add(units, 0xD800 + ((point - 0x10000) >> 10));
    add(units, 0xDC00 + (point & 0x3FF));
}

static void add_text(struct psb_windows_units *units, psb_world_text text)
{
    const char *at = text.bytes;
    while (at < text.bytes + text.len)
        add_point(units, next_point(&at, text.bytes + text.len));
}

void psb_windows_add_literal(struct psb_windows_units *units, const char *literal)
{
    add_text(units, (psb_world_text){literal, strlen(literal), 0});
}

/* A path with Windows' separators; one that starts at the root lies on the volume. */
static void add_path(struct psb_windows_units *units, const char *volume, psb_world_text path)
{
    const char *at = path.bytes;
    if (path.len > 0 && path.bytes[0] == '/')
        psb_windows_add_literal(units, volume);
    while (at < path.bytes + path.len) {
        uint32_t point = next_point(&at, path.bytes + path.len);
        add_point(units, point == '/' ? '\\' : point);
    }
}

bool psb_windows_runs_file(const psb_process *p)
{
    return p->exe.len > 0 && p->exe.bytes[0] == '/';
}

/* An image that is no file has no path but a name; that of the kernel's own is all they have. */
static psb_world_text image_of(const psb_process *p)
{
    return p->exe.bytes ? p->exe : p->name;
}

static bool is_separator(char c)
{
    return c == '/' || c == '\\';
}

static psb_world_text image_name(const psb_process *p)
{
    psb_world_text image = image_of(p);
    size_t start = psb_windows_runs_file(p) ? image.len : 0;
    while (start > 0 && !is_separator(image.bytes[start - 1]))
        start--;
    return (psb_world_text){image.bytes + start, image.len - start, 0};
}

/* ---- command lines ---- */

/* The program's name cannot have a quote: its quotes only hold blanks together. */
static void add_program(struct psb_windows_units *units, psb_world_text name)
{
    bool quoted = name.len == 0 || memchr(name.bytes, ' ', name.len) || memchr(name.bytes, '\t', name.len);
    const char *at = name.bytes;
    if (quoted)
        add(units, '"');
    while (at < name.bytes + name.len) {
        uint32_t point = next_point(&at, name.bytes + name.len);
        if (point != '"')
            add_point(units, point);
    }
    if (quoted)
        add(units, '"');
}

/* As a careful parent writes it: always in quotes, each quote escaped, and the backslashes before a quote doubled. */
static void add_argument(struct psb_windows_units *units, psb_world_text argument)
{
    const char *at = argument.bytes;
    size_t slashes = 0;
    psb_windows_add_literal(units, " \"");
    while (at < argument.bytes + argument.len) {
        uint32_t point = next_point(&at, argument.bytes + argument.len);
        for (size_t i = 0; point == '"' && i <= slashes; i++)
            add(units, '\\');
        slashes = point == '\\' ? slashes + 1 : 0;
        add_point(units, point);
    }
    for (; slashes > 0; slashes--)
        add(units, '\\');
    add(units, '"');
}

psb_world_text psb_windows_next_argument(const char **at)
{
    psb_world_text argument = {*at, strlen(*at), 0};
    *at += argument.len + 1;
    return argument;
}

void psb_windows_add_cmdline(struct psb_windows_units *units, const psb_process *p)
{
    const char *at = p->cmdline.bytes;
    for (uint32_t i = 0; i < p->cmdline.count; i++)
        (i == 0 ? add_program : add_argument)(units, psb_windows_next_argument(&at));
}

void psb_windows_add_image(struct psb_windows_units *units, const psb_process *p)
{
    add_path(units, "C:", p->exe);
}

void psb_windows_add_device_image(struct psb_windows_units *units, const psb_process *p)
{
    if (psb_windows_runs_file(p))
        add_path(units, PSB_WINDOWS_DEVICE, p->exe);
    else
        add_text(units, image_of(p));
}

/* The kernel keeps a backslash behind a directory. */
void psb_windows_add_cwd(struct psb_windows_units *units, const psb_process *p)
{
    add_path(units, "C:", p->cwd);
    if (p->cwd.len > 0 && !is_separator(p->cwd.bytes[p->cwd.len - 1]))
        add(units, '\\');
}

void psb_windows_add_image_name(struct psb_windows_units *units, const psb_process *p)
{
    add_text(units, image_name(p));
}

size_t psb_windows_count_units(psb_windows_writer *write, const psb_process *p)
{
    struct psb_windows_units units = {NULL, 0};
    write(&units, p);
    return units.count;
}

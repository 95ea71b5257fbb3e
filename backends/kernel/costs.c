#include "costs.h"

#include "escape.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static bool write_text(FILE *file, const char *key, const char *text)
{
    char shown[4096];
    psb_escape(text, strlen(text), true, shown, sizeof shown);
    return fprintf(file, "%s %s\n", key, shown) >= 0;
}

bool psb_costs_write(const psb_costs *costs, FILE *file, const char *port, psb_evidence evidence,
                     const char *kernel, const char *machine)
{
    uint32_t ops = 0;
    bool good =
        fprintf(file, PSB_COSTS_SCHEMA "\nport %s\nevidence %s\n", port, psb_evidence_name(evidence)) >= 0;
    good = good && write_text(file, "kernel", kernel) && write_text(file, "machine", machine) &&
           fputc('\n', file) != EOF;
    for (uint32_t op = 0; good && op < PSB_OPS; op++) {
        if (costs->calls[op] == 0)
            continue;
        ops++;
        good = fprintf(file, "op %s %" PRIu64 " %" PRIu64 "\n", psb_op_name(op), costs->ns[op],
                       costs->calls[op]) >= 0;
    }
    return good && fprintf(file, "end %" PRIu32 "\n", ops) >= 0;
}

/* ---- reading ---- */

struct lines {
    char *at; /* ends in a NUL */
    size_t number;
    const char *path;
    char *why;
    size_t why_size;
};

static bool wrong(const struct lines *lines, const char *what)
{
    snprintf(lines->why, lines->why_size, "%s:%zu: %s", lines->path, lines->number, what);
    return false;
}

/* The next line, without its newline. */
static bool next_line(struct lines *lines, char **line)
{
    char *newline = strchr(lines->at, '\n');
    lines->number++;
    if (!newline)
        return wrong(lines, "the costs end here: the file was cut");
    *newline = '\0';
    *line = lines->at;
    lines->at = newline + 1;
    return true;
}

/* A decimal number that ends with the text or at `stop`. */
static bool number(const char **text, char stop, uint64_t most, uint64_t *out)
{
    char *end;
    errno = 0;
    *out = strtoull(*text, &end, 10);
    if (**text < '0' || **text > '9' || errno != 0 || *end != stop || *out > most)
        return false;
    *text = end + (stop != '\0');
    return true;
}

static bool read_op(const struct lines *lines, char *line, psb_costs *out)
{
    char *name = line + 3, *blank = strncmp(line, "op ", 3) == 0 ? strchr(name, ' ') : NULL;
    const char *numbers = blank ? blank + 1 : "";
    uint64_t ns, calls;
    if (!number(&numbers, ' ', PSB_COST_MAX_NS, &ns) || !number(&numbers, '\0', UINT64_MAX, &calls) ||
        calls == 0)
        return wrong(lines,
                     "no line of the form 'op OP NS CALLS' (ns: at most 1000000000; calls: at least 1)");
    *blank = '\0';
    for (uint32_t op = 0; op < PSB_OPS; op++)
        if (strcmp(psb_op_name(op), name) == 0) {
            if (out->calls[op] != 0)
                return wrong(lines, "an op that stands there twice");
            out->ns[op] = ns;
            out->calls[op] = calls;
            return true;
        }
    return wrong(lines, "an op that this psbench does not know");
}

static bool read_header(struct lines *lines, const char *port)
{
    static const char *const KEY[] = {"port ", "evidence ", "kernel ", "machine ", ""};
    char *line;
    if (!next_line(lines, &line))
        return false;
    if (strcmp(line, PSB_COSTS_SCHEMA) != 0)
        return wrong(lines, "these are no costs that this psbench reads (" PSB_COSTS_SCHEMA ")");
    for (size_t i = 0; i < sizeof KEY / sizeof *KEY; i++) {
        if (!next_line(lines, &line))
            return false;
        if (strncmp(line, KEY[i], strlen(KEY[i])) != 0 || (KEY[i][0] == '\0' && *line != '\0'))
            return wrong(lines,
                         "the header must have the lines port, evidence, kernel, machine, and an empty one");
        if (i == 0 && strcmp(line + 5, port) != 0)
            return wrong(lines, "the costs are of another port");
    }
    return true;
}

static bool read_costs(struct lines *lines, const char *port, psb_costs *out)
{
    char *line;
    uint64_t ops = 0, count;
    memset(out, 0, sizeof *out);
    if (!read_header(lines, port))
        return false;
    while (next_line(lines, &line)) {
        const char *end = line + 4;
        if (strncmp(line, "end ", 4) != 0) {
            if (!read_op(lines, line, out))
                return false;
            ops++;
        } else if (!number(&end, '\0', UINT64_MAX, &count) || count != ops || *lines->at != '\0') {
            return wrong(lines, "the count of ops is another, or something follows");
        } else {
            return true;
        }
    }
    return false;
}

bool psb_costs_read(const char *path, const char *port, psb_costs *out, char *why, size_t why_size)
{
    struct lines lines = {NULL, 0, path, why, why_size};
    FILE *file = fopen(path, "rb");
    char *text = file ? malloc(PSB_COSTS_FILE_MAX + 1) : NULL;
    size_t len = text ? fread(text, 1, PSB_COSTS_FILE_MAX + 1, file) : 0;
    bool good = text && !ferror(file) && len <= PSB_COSTS_FILE_MAX && !memchr(text, '\0', len);
    if (good) {
        text[len] = '\0';
        lines.at = text;
        good = read_costs(&lines, port, out);
    } else if (!file || !text || ferror(file)) {
        snprintf(why, why_size, "%s: %s", path, strerror(errno));
    } else {
        snprintf(why, why_size, "%s: is too large for costs, or no text", path);
    }
    if (file)
        fclose(file);
    free(text);
    return good;
}

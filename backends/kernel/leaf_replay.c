/* leaf_replay.c: answers out of a trace. Strict: a trace that is not of the form trace.h describes is
 * refused. */
#include "trace.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct answer {
    psb_call call;
    psb_status status;
    int os_error;
    uint32_t entries;
    size_t len;
    const char *bytes; /* in the text */
};

struct replay {
    psb_kernel base;
    char *text;
    size_t len;
    struct answer *answer; /* sorted by call */
    size_t answers;
};

/* ---- reading ---- */

struct reader {
    const char *at, *end;
    size_t line;
    char *why;
    size_t why_size;
    const char *path;
};

static bool wrong(const struct reader *reader, const char *what)
{
    snprintf(reader->why, reader->why_size, "%s:%zu: %s", reader->path, reader->line, what);
    return false;
}

/* The next line, ended by a NUL in the text. */
static bool next_line(struct reader *reader, char **line)
{
    char *newline =
        reader->at < reader->end ? memchr(reader->at, '\n', (size_t)(reader->end - reader->at)) : NULL;
    reader->line++;
    if (!newline)
        return wrong(reader, "the trace ends here: it was cut");
    *line = (char *)(uintptr_t)reader->at;
    *newline = '\0';
    reader->at = newline + 1;
    return true;
}

static uint32_t op_named(const char *name)
{
    for (uint32_t op = 0; op < PSB_OPS; op++)
        if (strcmp(psb_op_name(op), name) == 0)
            return op;
    return PSB_OPS;
}

static psb_status status_named(const char *name)
{
    for (psb_status status = 0; status < PSB_STATUSES; status++)
        if (strcmp(psb_status_name(status), name) == 0)
            return status;
    return PSB_STATUSES;
}

static bool number(const char *word, uint64_t *out)
{
    char *end;
    errno = 0;
    *out = strtoull(word, &end, 10);
    return *word >= '0' && *word <= '9' && *end == '\0' && errno == 0;
}

/* Splits a line at its blanks; what is left goes into the last word. */
static size_t split(char *line, char *word[], size_t most)
{
    size_t words = 0;
    while (line && words < most) {
        word[words++] = line;
        line = words < most ? strchr(line, ' ') : NULL;
        if (line)
            *line++ = '\0';
    }
    return words;
}

static bool read_call(struct reader *reader, char *line, struct answer *out)
{
    enum { KIND, OP, PID, ARG, STATUS = ARG + 4, ERROR, ENTRIES, BYTES, WORDS };
    static const int NUMBER[] = {PID, ARG, ARG + 1, ARG + 2, ARG + 3, ERROR, ENTRIES, BYTES};
    char *word[WORDS];
    uint64_t n[WORDS] = {0};
    bool good = split(line, word, WORDS) == WORDS && strcmp(word[KIND], "call") == 0;
    for (size_t i = 0; i < sizeof NUMBER / sizeof *NUMBER && good; i++)
        good = number(word[NUMBER[i]], &n[NUMBER[i]]);
    if (!good)
        return wrong(reader, "no line of the form 'call OP PID ARG ARG ARG ARG STATUS ERROR ENTRIES BYTES'");
    *out = (struct answer){
        .call = {op_named(word[OP]), (psb_pid)n[PID], {n[ARG], n[ARG + 1], n[ARG + 2], n[ARG + 3]}},
        .status = status_named(word[STATUS]),
        .os_error = (int)n[ERROR],
        .entries = (uint32_t)n[ENTRIES],
        .len = (size_t)n[BYTES],
        .bytes = reader->at};
    if (out->call.op == PSB_OPS)
        return wrong(reader, "an op that this psbench does not know");
    if (out->status == PSB_STATUSES || out->status == PSB_TOOSMALL || n[PID] > INT64_MAX ||
        n[ERROR] > INT32_MAX || n[ENTRIES] > UINT32_MAX)
        return wrong(reader, "a status or a number that cannot be");
    if (out->len > PSB_REPLY_MAX || out->len >= (size_t)(reader->end - reader->at) ||
        reader->at[out->len] != '\n')
        return wrong(reader, "the reply is not as long as its line says");
    for (size_t i = 0; i <= out->len; i++)
        reader->line += reader->at[i] == '\n';
    reader->at += out->len + 1;
    return true;
}

static bool read_header(struct reader *reader, const char *port)
{
    static const char *const KEY[] = {"port ", "evidence ", "machine ", ""};
    static const char REDACTED[] = "redacted ";
    char *line;
    if (!next_line(reader, &line))
        return false;
    if (strcmp(line, PSB_TRACE_SCHEMA) != 0)
        return wrong(reader, "this is no trace that this psbench reads (" PSB_TRACE_SCHEMA ")");
    for (int i = 0; i < 4; i++) {
        if (!next_line(reader, &line))
            return false;
        bool redacted = i == 3 && strncmp(line, REDACTED, sizeof REDACTED - 1) == 0;
        if (redacted && !next_line(reader, &line))
            return false;
        if (strncmp(line, KEY[i], strlen(KEY[i])) != 0 || (i == 3 && *line != '\0'))
            return wrong(reader, "the header must have the lines port, evidence, machine, and an empty one");
        if (i == 0 && strcmp(line + 5, port) != 0)
            return wrong(reader, "the trace is of another port");
    }
    return true;
}

static int by_call(const void *a, const void *b)
{
    const psb_call *x = &((const struct answer *)a)->call, *y = &((const struct answer *)b)->call;
    if (x->op != y->op)
        return x->op < y->op ? -1 : 1;
    if (x->pid != y->pid)
        return x->pid < y->pid ? -1 : 1;
    for (int i = 0; i < 4; i++)
        if (x->arg[i] != y->arg[i])
            return x->arg[i] < y->arg[i] ? -1 : 1;
    return 0;
}

static bool add(struct replay *self, size_t *capacity, const struct answer *answer)
{
    if (self->answers == *capacity) {
        size_t more = *capacity ? *capacity * 2 : 256;
        struct answer *grown = realloc(self->answer, more * sizeof *grown);
        if (!grown)
            return false;
        self->answer = grown;
        *capacity = more;
    }
    self->answer[self->answers++] = *answer;
    return true;
}

static bool read_trace(struct replay *self, struct reader *reader, const char *port)
{
    size_t capacity = 0;
    char *line;
    uint64_t count;
    if (!read_header(reader, port))
        return false;
    while (next_line(reader, &line)) {
        struct answer answer;
        if (strncmp(line, "end ", 4) == 0) {
            if (!number(line + 4, &count) || count != self->answers || reader->at != reader->end)
                return wrong(reader, "the count of calls is another, or something follows");
            if (self->answers > 0)
                qsort(self->answer, self->answers, sizeof *self->answer, by_call);
            return true;
        }
        if (self->answers == PSB_TRACE_CALLS_MAX)
            return wrong(reader, "too many calls");
        if (!read_call(reader, line, &answer))
            return false;
        if (!add(self, &capacity, &answer))
            return wrong(reader, "out of memory");
    }
    return false;
}

static bool read_file(struct replay *self, const char *path, char *why, size_t why_size)
{
    FILE *file = fopen(path, "rb");
    size_t cap = 1 << 20;
    self->text = file ? malloc(cap) : NULL;
    bool good = self->text != NULL;
    while (good) {
        size_t got = fread(self->text + self->len, 1, cap - self->len, file);
        self->len += got;
        if (got == 0)
            break;
        if (self->len == cap) {
            char *grown = cap < PSB_TRACE_MAX ? realloc(self->text, cap * 2) : NULL;
            good = grown != NULL;
            self->text = grown ? grown : self->text;
            cap *= 2;
        }
    }
    if (!file || !good || ferror(file))
        snprintf(why, why_size, "%s: %s", path, good || !file ? strerror(errno) : "is too large for a trace");
    good = file && good && !ferror(file);
    if (file)
        fclose(file);
    return good;
}

/* ---- answering ---- */

static psb_status replay_call(psb_kernel *kernel, const psb_call *call, psb_reply *reply)
{
    const struct replay *self = (const struct replay *)kernel;
    struct answer key = {.call = *call};
    const struct answer *answer =
        self->answers ? bsearch(&key, self->answer, self->answers, sizeof key, by_call) : NULL;
    reply->len = 0;
    reply->os_error = 0;
    reply->entries = 0;
    if (!answer)
        return PSB_OSERROR;
    if (answer->len >= reply->cap)
        return PSB_TOOSMALL;
    memcpy(reply->buf, answer->bytes, answer->len);
    reply->len = answer->len;
    reply->os_error = answer->os_error;
    reply->entries = answer->entries;
    return answer->status;
}

static void replay_close(psb_kernel *kernel)
{
    struct replay *self = (struct replay *)kernel;
    free(self->answer);
    free(self->text);
    free(self);
}

psb_kernel *psb_replay_open(const char *path, const char *port, char *why, size_t why_size)
{
    static const psb_kernel_ops OPS = {"replay", replay_call, replay_close};
    struct replay *self = calloc(1, sizeof *self);
    if (!self) {
        snprintf(why, why_size, "out of memory");
        return NULL;
    }
    self->base = (psb_kernel){&OPS, NULL, PSB_EVIDENCE_REPLAY};
    bool good = read_file(self, path, why, why_size);
    if (good) {
        struct reader reader = {self->text, self->text + self->len, 0, why, why_size, path};
        good = read_trace(self, &reader, port);
    }
    if (good)
        return &self->base;
    replay_close(&self->base);
    return NULL;
}

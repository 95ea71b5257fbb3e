/* exec_backend.c: the questions of backend.h as lines of JSON, and the answers back. */
#include "exec_backend.h"

#include "escape.h"
#include "exec_value.h"
#include "host.h"
#include "port_lint.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NS_PER_SECOND 1000000000u
enum { BYE_SECONDS = 1, SHOWN_MAX = 60, NAME_MAX_ = 32, ABOUT_MAX = 120, FIRST_ROOM = 64 << 10 };

/* One running collector. */
typedef struct exec_backend {
    psb_backend base;
    psb_backend_ops ops;
    char name[NAME_MAX_ + 16];
    psb_variant variant;
    psb_host_talk *talk; /* NULL: it has ended */
    double timeout_seconds;
    char *line; /* what was read, of which the first `used` bytes have been answered */
    size_t len, used, room;
    json_int_t questions, snapshots;
    char trouble[512]; /* empty: none */
    atomic_flag busy;  /* one question at a time, whichever thread asks */
} exec_backend;

typedef struct exec_snapshot {
    psb_snapshot base;
    json_int_t number;
    psb_arena room;
} exec_snapshot;

/* Who a collector says it is. */
struct hello {
    char name[NAME_MAX_], about[ABOUT_MAX];
    psb_evidence evidence;
    uint32_t variants;
    uint64_t claims;
};

/* What psb_exec_port found out. */
static struct {
    const char *command;
    double timeout_seconds;
    struct hello hello;
    psb_whole whole;
    psb_port port;
} told;

/* ---- trouble ---- */

/* The first trouble stands, and the collector is ended: nothing that it says after that is worth anything. */
static void __attribute__((format(printf, 2, 3))) in_trouble(exec_backend *self, const char *form, ...)
{
    char line[400], how[64];
    va_list args;
    if (self->trouble[0])
        return;
    va_start(args, form);
    vsnprintf(line, sizeof line, form, args);
    va_end(args);
    psb_escape(line, strlen(line), false, self->trouble, sizeof self->trouble);
    if (self->talk)
        psb_host_talk_end(self->talk, 0, how, sizeof how);
    self->talk = NULL;
}

static void lock(exec_backend *self)
{
    while (atomic_flag_test_and_set_explicit(&self->busy, memory_order_acquire))
        psb_host_rest();
}

static void unlock(exec_backend *self)
{
    atomic_flag_clear_explicit(&self->busy, memory_order_release);
}

/* The same where the backend is not locked: what was answered is not what was asked for. */
static void answered_wrongly(exec_backend *self, const char *ask, const char *what)
{
    lock(self);
    in_trouble(self, "the program answered '%s' %s", ask, what);
    unlock(self);
}

/* It closed its output in the middle: the way it ended says most. */
static void ended(exec_backend *self, const char *ask)
{
    char how[64];
    if (self->talk)
        psb_host_talk_end(self->talk, psb_host_now_ns() + BYE_SECONDS * (uint64_t)NS_PER_SECOND, how,
                          sizeof how);
    self->talk = NULL;
    in_trouble(self, "the program %s before it answered '%s'", how, ask);
}

static void talk_failed(exec_backend *self, psb_talk talk, const char *ask)
{
    if (talk == PSB_TALK_LATE)
        in_trouble(self, "the program has not answered '%s' for %g seconds", ask, self->timeout_seconds);
    else if (talk == PSB_TALK_ENDED)
        ended(self, ask);
    else
        in_trouble(self, "the program cannot be talked to any more ('%s')", ask);
}

/* ---- lines ---- */

static bool more_room(exec_backend *self, const char *ask)
{
    if (self->used > 0) {
        memmove(self->line, self->line + self->used, self->len - self->used);
        self->len -= self->used;
        self->used = 0;
    }
    if (self->len < self->room)
        return true;
    size_t room = self->room ? self->room * 2 : FIRST_ROOM;
    if (room > PSB_EXEC_LINE_MAX) {
        in_trouble(self, "the program answered '%s' with a line of more than %d MiB", ask,
                   PSB_EXEC_LINE_MAX >> 20);
        return false;
    }
    char *grown = realloc(self->line, room);
    if (!grown) {
        in_trouble(self, "out of memory");
        return false;
    }
    self->line = grown;
    self->room = room;
    return true;
}

/* The next line, without its end, valid until the next; NULL: there is trouble. */
static const char *next_line(exec_backend *self, const char *ask, uint64_t deadline_ns, size_t *len)
{
    size_t seen = self->used;
    for (;;) {
        char *end = self->len > seen ? memchr(self->line + seen, '\n', self->len - seen) : NULL;
        if (end) {
            char *start = self->line + self->used;
            *len = (size_t)(end - start);
            self->used += *len + 1;
            return start;
        }
        if (!more_room(self, ask))
            return NULL;
        seen = self->len;
        size_t got;
        psb_talk talk = psb_host_talk_receive(self->talk, self->line + self->len, self->room - self->len,
                                              &got, deadline_ns);
        if (talk != PSB_TALK_GOOD) {
            talk_failed(self, talk, ask);
            return NULL;
        }
        self->len += got;
    }
}

/* ---- questions ---- */

static bool send_question(exec_backend *self, json_t *question, const char *ask, uint64_t deadline_ns)
{
    char *text = json_dumps(question, JSON_COMPACT);
    if (!text) {
        in_trouble(self, "out of memory");
        return false;
    }
    size_t len = strlen(text);
    text[len] = '\n'; /* in the place of the NUL: nobody needs that any more */
    psb_talk talk = psb_host_talk_send(self->talk, text, len + 1, deadline_ns);
    free(text);
    if (talk == PSB_TALK_GOOD || talk == PSB_TALK_ENDED) /* what it wrote before it ended says more */
        return true;
    talk_failed(self, talk, ask);
    return false;
}

static json_t *read_answer(exec_backend *self, const char *ask, uint64_t deadline_ns)
{
    size_t len;
    json_error_t error;
    const char *line = next_line(self, ask, deadline_ns, &len);
    if (!line)
        return NULL;
    json_t *answer = json_loadb(line, len, JSON_REJECT_DUPLICATES, &error);
    const json_t *id = json_object_get(answer, "id"), *complaint = json_object_get(answer, "error");
    if (!json_is_object(answer))
        in_trouble(self, "the program answered '%s' with what is no JSON object: '%.*s'", ask,
                   (int)(len < SHOWN_MAX ? len : SHOWN_MAX), line);
    else if (!json_is_integer(id) || json_integer_value(id) != self->questions)
        in_trouble(self, "the program answered '%s' with an id that is not the question's, %lld: '%.*s'", ask,
                   (long long)self->questions, (int)(len < SHOWN_MAX ? len : SHOWN_MAX), line);
    else if (complaint)
        in_trouble(self, "the program says to '%s': %.200s", ask,
                   json_is_string(complaint) ? json_string_value(complaint) : "an error that is no string");
    else
        return answer;
    json_decref(answer);
    return NULL;
}

/* Asks, and returns the answer, for the caller to free; NULL: there is trouble. The question is freed. */
static json_t *ask(exec_backend *self, const char *what, json_t *question)
{
    json_t *answer = NULL;
    lock(self);
    uint64_t deadline_ns = psb_host_now_ns() + (uint64_t)(self->timeout_seconds * NS_PER_SECOND);
    if (!question)
        in_trouble(self, "out of memory");
    if (self->talk) {
        json_object_set_new(question, "id", json_integer(++self->questions));
        json_object_set_new(question, "ask", json_string(what));
        if (send_question(self, question, what, deadline_ns))
            answer = read_answer(self, what, deadline_ns);
    }
    unlock(self);
    json_decref(question);
    return answer;
}

/* ---- the backend ---- */

static bool pids_of(const json_t *list, psb_pidlist *out)
{
    const json_t *pid;
    size_t i;
    if (!json_is_array(list))
        return false;
    out->pid = malloc((json_array_size(list) + 1) * sizeof *out->pid);
    json_array_foreach (list, i, pid) {
        if (!out->pid || !json_is_integer(pid) || json_integer_value(pid) < 0)
            return false;
        out->pid[out->count++] = json_integer_value(pid);
    }
    return out->pid != NULL;
}

static psb_status exec_pids(psb_backend *base, psb_pidlist *out)
{
    exec_backend *self = (exec_backend *)base;
    *out = (psb_pidlist){0};
    json_t *answer = ask(self, "pids", json_object());
    bool good = answer && pids_of(json_object_get(answer, "pids"), out);
    if (answer && !good)
        answered_wrongly(self, "pids", "with no list of pids");
    json_decref(answer);
    if (good)
        return PSB_OK;
    psb_pidlist_free(out);
    *out = (psb_pidlist){0};
    return PSB_OSERROR;
}

static const char *span_name(psb_span span)
{
    return span == PSB_SPAN_SWEEP ? "sweep" : "process";
}

static psb_status exec_begin(psb_backend *base, psb_span span, psb_snapshot **out)
{
    exec_backend *self = (exec_backend *)base;
    exec_snapshot *snapshot = calloc(1, sizeof *snapshot);
    *out = &snapshot->base;
    if (!snapshot)
        return PSB_NOMEM;
    snapshot->base.backend = base;
    snapshot->number = ++self->snapshots;
    json_decref(ask(self, "begin",
                    json_pack("{s:I, s:s, s:s}", "snapshot", snapshot->number, "span", span_name(span),
                              "variant", psb_variant_name(self->variant))));
    return PSB_OK; /* a collector in trouble gets its questions, too: their answers say so */
}

static psb_status exec_get(psb_snapshot *base, psb_pid pid, psb_field field, psb_value *out)
{
    exec_snapshot *snapshot = (exec_snapshot *)base;
    exec_backend *self = (exec_backend *)base->backend;
    char why[256];
    *out = psb_value_of_status(pid < 0 ? PSB_GONE : PSB_ABSENT, 0);
    if (pid < 0 || (unsigned)field >= PSB_FIELDS || !(told.hello.claims & PSB_CLAIM(field)))
        return out->status;
    *out = psb_value_of_status(PSB_OSERROR, 0);
    json_t *answer = ask(self, "get",
                         json_pack("{s:I, s:I, s:s}", "snapshot", snapshot->number, "pid", (json_int_t)pid,
                                   "field", psb_field_of(field)->name));
    if (answer && !psb_exec_value(field, answer, &snapshot->room, out, why, sizeof why) &&
        out->status != PSB_NOMEM) {
        answered_wrongly(self, "get", why);
        *out = psb_value_of_status(PSB_OSERROR, 0);
    }
    json_decref(answer);
    return out->status;
}

static void exec_end(psb_snapshot *base)
{
    exec_snapshot *snapshot = (exec_snapshot *)base;
    json_decref(ask((exec_backend *)base->backend, "end", json_pack("{s:I}", "snapshot", snapshot->number)));
    psb_arena_free(&snapshot->room);
    free(snapshot);
}

static void exec_close(psb_backend *base)
{
    exec_backend *self = (exec_backend *)base;
    uint64_t deadline_ns = psb_host_now_ns() + BYE_SECONDS * (uint64_t)NS_PER_SECOND;
    char how[64];
    json_t *bye = json_pack("{s:I, s:s}", "id", ++self->questions, "ask", "bye");
    if (self->talk && bye)
        send_question(self, bye, "bye", deadline_ns);
    json_decref(bye);
    if (self->talk)
        psb_host_talk_end(self->talk, deadline_ns, how, sizeof how);
    free(self->line);
    free(self);
}

/* ---- a whole port's own ---- */

static bool exec_repeat(psb_backend *base, const psb_question *question, uint64_t warm, uint64_t times,
                        uint64_t *ns)
{
    exec_backend *self = (exec_backend *)base;
    json_t *pids = json_array(), *fields = json_array();
    for (size_t i = 0; i < question->pids; i++)
        json_array_append_new(pids, json_integer(question->pid[i]));
    for (size_t i = 0; i < question->fields; i++)
        json_array_append_new(fields, json_string(psb_field_of(question->field[i])->name));
    json_t *answer = ask(self, "repeat",
                         json_pack("{s:I, s:I, s:s, s:s, s:o, s:o}", "warm", (json_int_t)warm, "times",
                                   (json_int_t)times, "span", span_name(question->span), "variant",
                                   psb_variant_name(self->variant), "pids", pids, "fields", fields));
    const json_t *told_ns = json_object_get(answer, "ns");
    json_int_t taken = json_integer_value(told_ns);
    if (answer && taken <= 0)
        answered_wrongly(self, "repeat", "with no ns above 0");
    json_decref(answer);
    *ns = taken > 0 ? (uint64_t)taken : 0;
    return taken > 0;
}

static const char *exec_trouble(const psb_backend *base)
{
    const exec_backend *self = (const exec_backend *)base;
    return self->trouble[0] ? self->trouble : NULL;
}

static exec_backend *start(const char *command, double timeout_seconds, psb_variant variant, char *why,
                           size_t why_size)
{
    static const psb_backend_ops OPS = {"exec", exec_pids, exec_begin, exec_get, exec_end, exec_close};
    exec_backend *self = calloc(1, sizeof *self);
    snprintf(why, why_size, "out of memory");
    if (!self)
        return NULL;
    self->ops = OPS;
    self->base.ops = &self->ops;
    self->variant = variant;
    self->timeout_seconds = timeout_seconds;
    atomic_flag_clear(&self->busy);
    self->talk = psb_host_talk_start(command, why, why_size);
    if (self->talk)
        return self;
    free(self);
    return NULL;
}

/* ---- hello ---- */

static bool read_claims(const json_t *list, uint64_t *out)
{
    const json_t *name;
    size_t i;
    json_array_foreach (list, i, name) {
        psb_field field = json_is_string(name)
                              ? psb_field_named(json_string_value(name), json_string_length(name))
                              : PSB_FIELDS;
        if (field == PSB_FIELDS)
            return false;
        *out |= PSB_CLAIM(field);
    }
    return *out != 0;
}

static bool read_variants(const json_t *list, uint32_t *out)
{
    const json_t *name;
    size_t i;
    json_array_foreach (list, i, name) {
        psb_variant v = 0;
        while (json_is_string(name) && v < PSB_VARIANTS &&
               strcmp(psb_variant_name(v), json_string_value(name)) != 0)
            v++;
        if (!json_is_string(name) || v == PSB_VARIANTS)
            return false;
        *out |= 1u << v;
    }
    return *out != 0;
}

/* "native", if it says nothing. */
static bool read_evidence(const json_t *name, psb_evidence *out)
{
    *out = PSB_EVIDENCE_NATIVE;
    while (name && *out > PSB_EVIDENCE_NONE &&
           (!json_is_string(name) || strcmp(psb_evidence_name(*out), json_string_value(name)) != 0))
        --*out;
    return *out != PSB_EVIDENCE_NONE;
}

static bool read_hello(exec_backend *self, const json_t *answer, struct hello *out)
{
    const char *name = json_string_value(json_object_get(answer, "name")),
               *about = json_string_value(json_object_get(answer, "about"));
    const json_t *protocol = json_object_get(answer, "protocol");
    *out = (struct hello){0};
    if (!json_is_integer(protocol))
        answered_wrongly(self, "hello", "with no protocol");
    else if (json_integer_value(protocol) != PSB_EXEC_PROTOCOL)
        in_trouble(self, "the program speaks protocol %lld, and this psbench %d",
                   (long long)json_integer_value(protocol), PSB_EXEC_PROTOCOL);
    else if (!name || strlen(name) >= sizeof out->name)
        answered_wrongly(self, "hello", "with no name, or a long one");
    else if (!read_claims(json_object_get(answer, "claims"), &out->claims))
        answered_wrongly(self, "hello", "with claims that are no list of fields; see 'psbench list fields'");
    else if (!read_variants(json_object_get(answer, "variants"), &out->variants))
        answered_wrongly(self, "hello", "with variants that are no list of uncached, cached or both");
    else if (!read_evidence(json_object_get(answer, "evidence"), &out->evidence))
        answered_wrongly(self, "hello", "with evidence that is none");
    snprintf(out->name, sizeof out->name, "%s", name ? name : "");
    psb_escape(about ? about : "", about ? strlen(about) : 0, false, out->about, sizeof out->about);
    snprintf(self->name, sizeof self->name, "%s.%s", out->name, psb_variant_name(self->variant));
    self->ops.name = self->name;
    return !self->trouble[0];
}

/* Starts it, and asks who it is. NULL: why says what is wrong with it. */
static exec_backend *start_and_greet(psb_variant variant, struct hello *out, char *why, size_t why_size)
{
    exec_backend *self = start(told.command, told.timeout_seconds, variant, why, why_size);
    if (!self)
        return NULL;
    json_t *answer = ask(self, "hello", json_pack("{s:i}", "protocol", PSB_EXEC_PROTOCOL));
    bool good = answer && read_hello(self, answer, out);
    json_decref(answer);
    if (good)
        return self;
    snprintf(why, why_size, "%s", self->trouble);
    exec_close(&self->base);
    return NULL;
}

static psb_backend *exec_open(const void *context, psb_variant variant, char *why, size_t why_size)
{
    struct hello hello;
    exec_backend *self = start_and_greet(variant, &hello, why, why_size);
    if (!self)
        return NULL;
    if (strcmp(hello.name, told.hello.name) == 0 && hello.claims == told.hello.claims &&
        hello.variants == told.hello.variants && hello.evidence == told.hello.evidence)
        return &self->base;
    snprintf(why, why_size, "the program answered 'hello' otherwise than before");
    exec_close(&self->base);
    return NULL;
}

const psb_port *psb_exec_port(const char *command, double timeout_seconds, char *why, size_t why_size)
{
    told.command = command;
    told.timeout_seconds = timeout_seconds;
    exec_backend *self = start_and_greet(PSB_UNCACHED, &told.hello, why, why_size);
    if (!self)
        return NULL;
    exec_close(&self->base);
    told.whole = (psb_whole){.evidence = told.hello.evidence,
                             .variants = told.hello.variants,
                             .claims = told.hello.claims,
                             .elsewhere = true,
                             .open = exec_open,
                             .repeat = exec_repeat,
                             .trouble = exec_trouble};
    told.port = (psb_port){.name = told.hello.name, .system = told.hello.about, .whole = &told.whole};
    return psb_port_lint(&told.port, why, why_size) ? &told.port : NULL;
}

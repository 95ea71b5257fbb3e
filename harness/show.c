#include "show.h"

#include "escape.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool line_room(psb_line *line, size_t more)
{
    if (line->failed)
        return false;
    if (line->cap - line->len <= more) {
        size_t cap = (line->len + more + 1) * 2;
        char *grown = realloc(line->text, cap);
        if (!grown) {
            line->failed = true;
            return false;
        }
        line->text = grown;
        line->cap = cap;
    }
    return true;
}

void psb_line_print(psb_line *line, const char *form, ...)
{
    char piece[160];
    va_list args;
    va_start(args, form);
    int len = vsnprintf(piece, sizeof piece, form, args);
    va_end(args);
    if (len < 0 || (size_t)len >= sizeof piece || !line_room(line, (size_t)len)) {
        line->failed = true;
        return;
    }
    memcpy(line->text + line->len, piece, (size_t)len + 1);
    line->len += (size_t)len;
}

void psb_line_escape(psb_line *line, const char *text, size_t len)
{
    if (len > SIZE_MAX / 8 || !line_room(line, 4 * len))
        return;
    size_t used = psb_escape(text, len, true, line->text + line->len, line->cap - line->len);
    line->escaped |= used != len;
    line->len += used;
}

static void show_list(psb_line *line, const psb_value *value)
{
    const char *at = value->u.text.bytes;
    for (uint32_t i = 0; i < value->count; i++) {
        size_t len = strlen(at);
        psb_line_print(line, i ? " '" : "'");
        psb_line_escape(line, at, len);
        psb_line_print(line, "'");
        at += len + 1;
    }
    if (value->count == 0)
        psb_line_print(line, "(none)");
}

static void show_record(psb_line *line, const psb_field_info *info, const psb_value *value)
{
    for (uint32_t i = 0; i < info->parts; i++) {
        psb_line_print(line, "%s%s=", i ? " " : "", info->part[i]);
        if (value->known >> i & 1)
            psb_line_print(line, "%" PRIu64, value->u.part[i]);
        else
            psb_line_print(line, "?");
    }
}

static void show_threads(psb_line *line, const psb_value *value)
{
    for (uint32_t i = 0; i < value->count; i++) {
        const psb_thread *thread = &value->u.thread[i];
        psb_line_print(line, "%s%" PRId64, i ? " " : "", thread->id);
        if (value->known & PSB_THREADS_SUM)
            psb_line_print(line, ":user=?,system=?,total=%" PRIu64, thread->user_ns);
        else
            psb_line_print(line, ":user=%" PRIu64 ",system=%" PRIu64, thread->user_ns, thread->system_ns);
    }
}

char *psb_show(psb_field field, const psb_value *value)
{
    const psb_field_info *info = psb_field_of(field);
    psb_line line = {0};
    psb_line_print(&line, "%s", "");
    if (value->status != PSB_OK) {
        psb_line_print(&line, "<%s", psb_status_name(value->status));
        psb_line_print(&line, value->os_error ? ", error %d>" : ">", value->os_error);
    } else {
        switch (info->kind) {
        case PSB_KIND_INTEGER:
        case PSB_KIND_INSTANT:
            psb_line_print(&line, "%" PRId64, value->u.integer);
            break;
        case PSB_KIND_REAL:
            psb_line_print(&line, value->u.real < 1e15 && value->u.real > -1e15 ? "%.3f" : "%.17g",
                           value->u.real);
            break;
        case PSB_KIND_STATE:
            psb_line_print(&line, "%s", psb_state_name(value->u.integer));
            break;
        case PSB_KIND_TEXT:
            psb_line_escape(&line, value->u.text.bytes, value->u.text.len);
            break;
        case PSB_KIND_LIST:
            show_list(&line, value);
            break;
        case PSB_KIND_RECORD:
            show_record(&line, info, value);
            break;
        case PSB_KIND_THREADS:
            show_threads(&line, value);
            break;
        }
    }
    if (line.failed) {
        free(line.text);
        return NULL;
    }
    return line.text;
}

/* NULL: it is not UTF-8, or holds a NUL. */
static json_t *json_plain(const char *bytes, size_t len)
{
    return memchr(bytes, 0, len) ? NULL : json_stringn(bytes, len);
}

static json_t *json_escaped(const char *bytes, size_t len)
{
    psb_line line = {0};
    psb_line_print(&line, "%s", "");
    psb_line_escape(&line, bytes, len);
    json_t *out = line.failed ? NULL : json_string(line.text);
    free(line.text);
    return out;
}

static json_t *json_text(const char *bytes, size_t len, bool *escaped)
{
    json_t *plain = json_plain(bytes, len);
    *escaped = !plain;
    return plain ? plain : json_escaped(bytes, len);
}

/* If one string has to be escaped, all are: otherwise a backslash in another could not be told from an escape. */
static json_t *json_list(const psb_value *value, bool *escaped)
{
    json_t *list = json_array();
    const char *at = value->u.text.bytes;
    for (uint32_t i = 0; i < value->count; i++, at += strlen(at) + 1) {
        json_t *plain = json_plain(at, strlen(at));
        *escaped |= !plain;
        json_decref(plain);
    }
    at = value->u.text.bytes;
    for (uint32_t i = 0; i < value->count; i++, at += strlen(at) + 1)
        json_array_append_new(list, (*escaped ? json_escaped : json_plain)(at, strlen(at)));
    return list;
}

/* JSON numbers of ours are integers up to 2^63-1; larger ones, which no kernel gives in earnest, become
 * reals. */
static json_t *json_count(uint64_t number)
{
    return number <= INT64_MAX ? json_integer((json_int_t)number) : json_real((double)number);
}

static json_t *json_thread(const psb_thread *thread, bool in_sum)
{
    if (in_sum)
        return json_pack("{s:I, s:n, s:n, s:o}", "id", (json_int_t)thread->id, "user", "system", "total",
                         json_count(thread->user_ns));
    return json_pack("{s:I, s:o, s:o}", "id", (json_int_t)thread->id, "user", json_count(thread->user_ns),
                     "system", json_count(thread->system_ns));
}

static json_t *json_value(psb_field field, const psb_value *value, bool *escaped)
{
    const psb_field_info *info = psb_field_of(field);
    json_t *out;
    switch (info->kind) {
    case PSB_KIND_REAL:
        return json_real(value->u.real);
    case PSB_KIND_STATE:
        return json_string(psb_state_name(value->u.integer));
    case PSB_KIND_TEXT:
        return json_text(value->u.text.bytes, value->u.text.len, escaped);
    case PSB_KIND_LIST:
        return json_list(value, escaped);
    case PSB_KIND_RECORD:
        out = json_object();
        for (uint32_t i = 0; i < info->parts; i++)
            json_object_set_new(out, info->part[i],
                                value->known >> i & 1 ? json_count(value->u.part[i]) : json_null());
        return out;
    case PSB_KIND_THREADS:
        out = json_array();
        for (uint32_t i = 0; i < value->count; i++)
            json_array_append_new(out, json_thread(&value->u.thread[i], value->known & PSB_THREADS_SUM));
        return out;
    case PSB_KIND_INTEGER:
    case PSB_KIND_INSTANT:
        break;
    }
    return json_integer(value->u.integer);
}

json_t *psb_show_json(psb_field field, const psb_value *value)
{
    bool escaped = false;
    json_t *out = json_pack("{s:s}", "status", psb_status_name(value->status));
    if (value->os_error)
        json_object_set_new(out, "os_error", json_integer(value->os_error));
    if (value->status == PSB_OK)
        json_object_set_new(out, "value", json_value(field, value, &escaped));
    if (escaped)
        json_object_set_new(out, "escaped", json_true());
    return out;
}

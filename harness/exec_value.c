/* exec_value.c: the way back from psb_show_json. What stands there comes from another program: nothing is taken on trust. */
#include "exec_value.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

struct reading {
    psb_field field;
    const json_t *value;
    bool escaped;
    psb_arena *room;
    psb_value *out;
    char *why;
    size_t why_size;
};

static bool wrong(const struct reading *reading, const char *should)
{
    snprintf(reading->why, reading->why_size, "with a value of %s that is not %s",
             psb_field_of(reading->field)->name, should);
    return false;
}

static void *take(const struct reading *reading, size_t size)
{
    void *memory = psb_arena_alloc(reading->room, size);
    if (!memory)
        *reading->out = psb_value_of_status(PSB_NOMEM, 0);
    return memory;
}

/* ---- numbers ---- */

static bool read_integer(const struct reading *reading)
{
    reading->out->u.integer = json_integer_value(reading->value);
    return json_is_integer(reading->value) || wrong(reading, "an integer");
}

static bool read_real(const struct reading *reading)
{
    reading->out->u.real = json_number_value(reading->value);
    return (json_is_number(reading->value) && isfinite(reading->out->u.real)) || wrong(reading, "a number");
}

/* A count of 64 bits: those above 2^63-1 stand as reals. */
static bool count_of(const json_t *value, uint64_t *out)
{
    double real = json_real_value(value);
    if (json_is_integer(value) && json_integer_value(value) >= 0) {
        *out = (uint64_t)json_integer_value(value);
        return true;
    }
    bool fits = json_is_real(value) && real >= 0 && real < 18446744073709551616.0 && real == floor(real);
    *out = fits ? (uint64_t)real : 0;
    return fits;
}

static bool read_state(const struct reading *reading)
{
    const char *name = json_string_value(reading->value);
    for (int64_t state = 0; name && state < PSB_STATES; state++)
        if (strcmp(psb_state_name(state), name) == 0) {
            reading->out->u.integer = state;
            return true;
        }
    return wrong(reading, "one of the states");
}

static bool read_record(const struct reading *reading)
{
    const psb_field_info *info = psb_field_of(reading->field);
    size_t found = 0;
    if (!json_is_object(reading->value))
        return wrong(reading, "an object of its parts");
    for (uint32_t i = 0; i < info->parts; i++) {
        const json_t *part = json_object_get(reading->value, info->part[i]);
        found += part != NULL;
        if (!part || json_is_null(part))
            continue;
        if (!count_of(part, &reading->out->u.part[i]))
            return wrong(reading, "a count or null in each part");
        reading->out->known |= 1u << i;
    }
    return found == json_object_size(reading->value) ||
           wrong(reading, "an object of its parts and no others");
}

/* ---- text ---- */

static int hex_of(char digit)
{
    const char *const DIGITS = "0123456789abcdef", *at = digit ? strchr(DIGITS, digit) : NULL;
    return at ? (int)(at - DIGITS) : -1;
}

/* Bytes of a string, unescaped if need be, to out; they are no more than its own. False: an escape is none, or is NUL. */
static bool bytes_of(const json_t *string, bool escaped, char *out, size_t *len)
{
    const char *at = json_string_value(string), *end = at + json_string_length(string);
    for (*len = 0; at < end; (*len)++) {
        if (!escaped || *at != '\\') {
            out[*len] = *at++;
            continue;
        }
        int high = end - at >= 4 && at[1] == 'x' ? hex_of(at[2]) : -1, low = high >= 0 ? hex_of(at[3]) : -1;
        if (low < 0 || (high | low) == 0)
            return false;
        out[*len] = (char)(high << 4 | low);
        at += 4;
    }
    out[*len] = '\0';
    return true;
}

static bool read_text(const struct reading *reading)
{
    size_t len;
    if (!json_is_string(reading->value))
        return wrong(reading, "a string");
    char *bytes = take(reading, json_string_length(reading->value) + 1);
    if (!bytes)
        return false;
    reading->out->u.text.bytes = bytes;
    if (!bytes_of(reading->value, reading->escaped, bytes, &len))
        return wrong(reading, "a string in which each backslash is an escape \\xHH");
    reading->out->u.text.len = len;
    return true;
}

static bool read_list(const struct reading *reading)
{
    const json_t *string;
    size_t i, size = 0, len;
    json_array_foreach (reading->value, i, string) {
        if (!json_is_string(string))
            return wrong(reading, "a list of strings");
        size += json_string_length(string) + 1;
    }
    if (!json_is_array(reading->value) || i > UINT32_MAX)
        return wrong(reading, "a list of strings");
    char *bytes = take(reading, size + 1);
    if (!bytes)
        return false;
    reading->out->u.text.bytes = bytes;
    reading->out->count = (uint32_t)i;
    size = 0;
    json_array_foreach (reading->value, i, string) {
        if (!bytes_of(string, reading->escaped, bytes + size, &len))
            return wrong(reading, "a list in which each backslash is an escape \\xHH");
        size += len + 1;
    }
    reading->out->u.text.len = size;
    return true;
}

/* ---- threads ---- */

static bool thread_of(const json_t *row, bool in_sum, psb_thread *out)
{
    const json_t *id = json_object_get(row, "id");
    out->id = json_integer_value(id);
    out->system_ns = 0;
    if (!json_is_integer(id))
        return false;
    if (in_sum)
        return count_of(json_object_get(row, "total"), &out->user_ns);
    return count_of(json_object_get(row, "user"), &out->user_ns) &&
           count_of(json_object_get(row, "system"), &out->system_ns);
}

static bool read_threads(const struct reading *reading)
{
    static const char *const FORM =
        "a list of threads, each with id, user and system, or all with id and total";
    size_t i, count = json_array_size(reading->value);
    const json_t *row;
    bool in_sum = json_object_get(json_array_get(reading->value, 0), "total") != NULL;
    if (!json_is_array(reading->value) || count > UINT32_MAX / sizeof(psb_thread))
        return wrong(reading, FORM);
    psb_thread *thread = take(reading, (count + !count) * sizeof *thread);
    if (!thread)
        return false;
    json_array_foreach (reading->value, i, row)
        if (!thread_of(row, in_sum, &thread[i]))
            return wrong(reading, FORM);
    reading->out->u.thread = thread;
    reading->out->count = (uint32_t)count;
    reading->out->known = in_sum ? PSB_THREADS_SUM : 0;
    return true;
}

/* ---- an answer ---- */

static bool read_status(const struct reading *reading, const json_t *answer)
{
    const char *name = json_string_value(json_object_get(answer, "status"));
    const json_t *os_error = json_object_get(answer, "os_error");
    psb_status status = 0;
    while (name && status < PSB_STATUSES && strcmp(psb_status_name(status), name) != 0)
        status++;
    if (!name || status == PSB_STATUSES) {
        snprintf(reading->why, reading->why_size, "with a status of %s that is none",
                 psb_field_of(reading->field)->name);
        return false;
    }
    *reading->out = psb_value_of_status(status, (int)json_integer_value(os_error));
    if (os_error && !json_is_integer(os_error)) {
        snprintf(reading->why, reading->why_size, "with an os_error of %s that is no integer",
                 psb_field_of(reading->field)->name);
        return false;
    }
    return true;
}

bool psb_exec_value(psb_field field, const json_t *answer, psb_arena *room, psb_value *out, char *why,
                    size_t why_size)
{
    static bool (*const READ[])(const struct reading *) = {
        [PSB_KIND_INTEGER] = read_integer, [PSB_KIND_REAL] = read_real,
        [PSB_KIND_TEXT] = read_text,       [PSB_KIND_LIST] = read_list,
        [PSB_KIND_STATE] = read_state,     [PSB_KIND_INSTANT] = read_integer,
        [PSB_KIND_RECORD] = read_record,   [PSB_KIND_THREADS] = read_threads,
    };
    const struct reading reading = {.field = field,
                                    .value = json_object_get(answer, "value"),
                                    .escaped = json_is_true(json_object_get(answer, "escaped")),
                                    .room = room,
                                    .out = out,
                                    .why = why,
                                    .why_size = why_size};
    *out = psb_value_of_status(PSB_OSERROR, 0);
    if (!read_status(&reading, answer))
        return false;
    return out->status != PSB_OK || READ[psb_field_of(field)->kind](&reading);
}

/*
 * test_redact.c: a trace with its text replaced has nothing of that text, and all else as it was: recorded on every
 * port's simulated kernel, played back, and compared.
 */
#include "describe.h"
#include "registry.h"
#include "trace.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { ALL = (1 << PSB_TEXTS) - 1, PROCESSES = 150 };

static const char PATH[] = "test_redact.XXXX.trace"; /* in the build's own folder */
static char why[512];

static int remove_the_file(void **state)
{
    remove(PATH);
    return 0;
}

static psb_backend *backend_of(const psb_port *port, const char *kernel, const psb_world *world)
{
    psb_backend *backend = psb_open(port, PSB_CACHED, kernel, world, why, sizeof why);
    if (!backend)
        fail_msg("%s", why);
    return backend;
}

static void ask_all(psb_backend *backend, const psb_world *world)
{
    psb_pidlist list;
    psb_value value;
    assert_int_equal(backend->ops->pids(backend, &list), PSB_OK);
    psb_pidlist_free(&list);
    for (size_t i = 0; i < world->count; i++) {
        psb_snapshot *snapshot;
        assert_int_equal(backend->ops->begin(backend, PSB_SPAN_PROCESS, &snapshot), PSB_OK);
        for (psb_field field = 0; field < PSB_FIELDS; field++)
            psb_get(snapshot, world->process[i].pid, field, &value);
        backend->ops->end(snapshot);
    }
}

static void record_port(const psb_port *port, const psb_world *world, uint32_t kinds)
{
    FILE *file = fopen(PATH, "wb");
    psb_redaction redaction = {kinds, psb_port_redact, port};
    psb_backend *backend;
    assert_non_null(file);
    psb_kernel *sim = psb_open_kernel(port, "sim", world, why, sizeof why);
    psb_kernel *record = psb_record_open(sim, file, port->name, "a test", &redaction);
    assert_non_null(record);
    assert_int_equal(psb_port_open(port, PSB_CACHED, record, &backend), PSB_OK);
    ask_all(backend, world);
    assert_true(psb_record_finish(record) > 0);
    backend->ops->close(backend);
    fclose(file);
}

static char *slurp(size_t *len)
{
    FILE *file = fopen(PATH, "rb");
    assert_non_null(file);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    *len = (size_t)ftell(file);
    rewind(file);
    char *text = malloc(*len + 1);
    assert_non_null(text);
    assert_int_equal(fread(text, 1, *len, file), *len);
    text[*len] = '\0';
    fclose(file);
    return text;
}

static bool contains(const char *text, size_t len, const char *part, size_t part_len)
{
    for (const char *at = text; len >= part_len; at++, len--) {
        const char *first = memchr(at, part[0], len - part_len + 1);
        if (!first)
            return false;
        len -= (size_t)(first - at);
        at = first;
        if (memcmp(at, part, part_len) == 0)
            return true;
    }
    return false;
}

/* As bytes, or as the UTF-16 of Windows. */
static bool tells(const char *trace, size_t len, const char *text, size_t text_len)
{
    char wide[1024];
    assert_true(text_len <= sizeof wide / 2);
    for (size_t i = 0; i < text_len; i++) {
        uint16_t unit = (uint8_t)text[i];
        memcpy(wide + i * sizeof unit, &unit, sizeof unit);
    }
    return contains(trace, len, text, text_len) || contains(trace, len, wide, text_len * sizeof(uint16_t));
}

/* ---- words ---- */

static void alias(psb_aliases *aliases, const char *word, char *out)
{
    strcpy(out, word);
    psb_alias(aliases, out, strlen(word));
}

static void equal_words_get_equal_replacements_and_others_get_others(void **state)
{
    psb_aliases *aliases = psb_aliases_open();
    char word[16], first[2000][16], again[16];
    for (int turn = 0; turn < 2; turn++)
        for (int i = 0; i < 2000; i++) {
            snprintf(word, sizeof word, "word%d", i);
            alias(aliases, word, turn ? again : first[i]);
            assert_string_not_equal(first[i], word);
            assert_int_equal(strlen(first[i]), strlen(word));
            assert_int_equal(strspn(first[i], "abcdefghijklmnopqrstuvwxyz"), strlen(word));
            if (turn)
                assert_string_equal(again, first[i]);
        }
    for (int i = 0; i < 2000; i++)
        for (int j = 0; j < i; j++)
            assert_string_not_equal(first[i], first[j]);
    assert_true(psb_aliases_good(aliases));
    psb_aliases_close(aliases);
}

static void no_word_replaces_itself(void **state)
{
    psb_aliases *aliases = psb_aliases_open();
    char word[3] = "", out[3];
    for (char a = 'a'; a <= 'z'; a++) {
        word[0] = a;
        alias(aliases, word, out);
        assert_string_not_equal(word, out);
    }
    psb_aliases_close(aliases);
}

static void words_end_at_nuls_blanks_and_slashes_which_stay(void **state)
{
    psb_aliases *aliases = psb_aliases_open();
    psb_redactor redactor = {ALL, psb_alias, aliases};
    char text[] = "/usr//lib usr\0usr", usr[] = "usr", lib[] = "lib", expected[sizeof text];
    psb_alias(aliases, usr, 3);
    psb_alias(aliases, lib, 3);
    psb_redact_text(&redactor, PSB_TEXT_PATH, text, sizeof text - 1);
    snprintf(expected, sizeof expected, "/%s//%s %s", usr, lib, usr);
    assert_string_equal(text, expected);
    assert_string_equal(text + sizeof "/usr//lib usr", usr);
    psb_aliases_close(aliases);
}

static void text_behind_a_nul_and_what_is_not_read_is_zeroed(void **state)
{
    struct row {
        char name[8], unread[4], number[4];
    } row[2] = {{"ab\0left", "pad", "123"}, {"12345678" /* no NUL */, "pad", "456"}};
    static const psb_redact_part PARTS[] = {PSB_PART(struct row, name, PSB_TEXT_NAME),
                                            PSB_PART(struct row, unread, PSB_UNREAD)};
    psb_aliases *aliases = psb_aliases_open();
    psb_redactor none = {0, psb_alias, aliases}, all = {ALL, psb_alias, aliases};
    assert_true(psb_redact_rows(row, sizeof row, sizeof *row, PARTS, 2, &none));
    assert_memory_equal(row[0].name, "ab\0\0\0\0\0", 8);
    assert_memory_equal(row[1].name, "12345678", 8);
    assert_memory_equal(row[1].unread, "\0\0\0", 4);
    assert_true(psb_redact_rows(row, sizeof row, sizeof *row, PARTS, 2, &all));
    assert_memory_not_equal(row[0].name, "ab", 2);
    assert_memory_not_equal(row[1].name, "12345678", 8);
    assert_string_equal(row[1].number, "456");
    assert_false(psb_redact_rows(row, sizeof row - 1, sizeof *row, PARTS, 2, &all));
    psb_aliases_close(aliases);
}

/* ---- every port ---- */

static void every_source_says_where_its_text_stands(void **state)
{
    for (size_t p = 0; psb_port_at(p); p++) {
        const psb_source *unknown = psb_port_unredacted(psb_port_at(p));
        if (unknown)
            fail_msg("%s: source '%s' does not say where text stands in its replies", psb_port_at(p)->name,
                     unknown->name);
    }
}

static void assert_absent(const char *port, const char *trace, size_t len, const char *text, size_t text_len)
{
    if (text_len >= 4 && strspn(text, "/ ") < text_len && tells(trace, len, text, text_len))
        fail_msg("%s: '%.*s' stands in the trace", port, (int)text_len, text);
}

static void nothing_of_the_text_stands_in_the_trace(void **state)
{
    psb_world *world = psb_world_make(21, PROCESSES);
    for (size_t p = 0; psb_port_at(p); p++) {
        const char *port = psb_port_at(p)->name;
        size_t len;
        record_port(psb_port_at(p), world, ALL);
        char *trace = slurp(&len);
        for (size_t i = 0; i < world->count; i++) {
            const psb_process *process = &world->process[i];
            const psb_world_text *const text[] = {&process->name, &process->exe, &process->cwd};
            for (int k = 0; k < 3; k++)
                assert_absent(port, trace, len, text[k]->bytes, text[k]->bytes ? text[k]->len : 0);
            const char *at = process->cmdline.bytes;
            for (uint32_t n = 0; n < process->cmdline.count; n++, at += strlen(at) + 1)
                assert_absent(port, trace, len, at, strlen(at));
            const char *base = process->exe.bytes ? strrchr(process->exe.bytes, '/') : NULL;
            if (base)
                assert_absent(port, trace, len, base + 1, strlen(base + 1));
            const char *user = psb_world_user(world, process->uid[0]);
            if (user && process->uid[0] != 0) /* "root" is part of a driver's name, too */
                assert_absent(port, trace, len, user, strlen(user));
        }
        assert_false(tells(trace, len, "HOME=", 5)); /* of the environment */
        assert_non_null(strstr(trace, "\nredacted names,arguments,paths\n\ncall "));
        free(trace);
    }
    psb_world_free(world);
}

static bool is_text(psb_field field)
{
    return field == PSB_NAME || field == PSB_EXE || field == PSB_CWD || field == PSB_CMDLINE ||
           field == PSB_USERNAME;
}

/* As long, with NULs and slashes in their places; and another, if there was a word. */
static bool is_redacted(const psb_value *before, const psb_value *after, bool is_number)
{
    if (before->status != after->status || before->os_error != after->os_error ||
        before->count != after->count ||
        (before->status == PSB_OK && before->u.text.len != after->u.text.len))
        return false;
    if (before->status != PSB_OK)
        return true;
    size_t words = 0;
    bool same = true;
    bool on_drive = before->u.text.len > 1 && before->u.text.bytes[1] == ':'; /* which is no word */
    for (size_t i = on_drive ? 2 : 0; i < before->u.text.len; i++) {
        char x = before->u.text.bytes[i], y = after->u.text.bytes[i];
        bool separates = x == '\0' || x == '/' || x == ' ';
        if (separates && x != y)
            return false;
        words += !separates && x != '\\';
        same &= x == y;
    }
    return words == 0 || same == is_number;
}

static void assert_redacted(const psb_port *port, const psb_world *world, psb_span span, psb_backend *sim,
                            psb_backend *played)
{
    for (size_t i = 0; i < world->count; i++) {
        psb_pid pid = world->process[i].pid;
        psb_snapshot *x, *y;
        assert_int_equal(sim->ops->begin(sim, span, &x), PSB_OK);
        assert_int_equal(played->ops->begin(played, span, &y), PSB_OK);
        for (psb_field field = 0; field < PSB_FIELDS; field++) {
            psb_value before, after;
            psb_get(x, pid, field, &before);
            psb_get(y, pid, field, &after);
            /* A uid without an account is no text. */
            bool is_number = field == PSB_USERNAME && !psb_world_user(world, world->process[i].uid[0]);
            bool good = is_text(field) ? is_redacted(&before, &after, is_number)
                                       : psb_value_equal(field, &before, &after);
            if (!good || before.os_error != after.os_error)
                fail_msg("%s: %s of pid %lld is played back as %s", port->name, psb_field_of(field)->name,
                         (long long)pid, psb_status_name(after.status));
        }
        sim->ops->end(x);
        played->ops->end(y);
    }
}

static void all_but_the_text_is_played_back_the_same(void **state)
{
    char replay[64];
    psb_world *world = psb_world_make(21, PROCESSES);
    snprintf(replay, sizeof replay, "count+replay=%s", PATH);
    for (uint32_t caller = 0; caller <= 4000; caller += 4000) {
        world->caller_uid = caller;
        for (size_t p = 0; psb_port_at(p); p++) {
            record_port(psb_port_at(p), world, ALL);
            psb_backend *sim = backend_of(psb_port_at(p), "count+sim", world);
            psb_backend *played = backend_of(psb_port_at(p), replay, NULL);
            assert_redacted(psb_port_at(p), world, PSB_SPAN_PROCESS, sim, played);
            assert_redacted(psb_port_at(p), world, PSB_SPAN_SWEEP, sim, played);
            const psb_count *x = psb_count_read(psb_port_kernel(sim)),
                            *y = psb_count_read(psb_port_kernel(played));
            for (uint32_t op = 0; op < PSB_OPS; op++) {
                assert_int_equal(x[op].calls, y[op].calls);
                assert_int_equal(x[op].bytes, y[op].bytes);
                assert_int_equal(x[op].failures, y[op].failures);
            }
            sim->ops->close(sim);
            played->ops->close(played);
        }
    }
    psb_world_free(world);
}

static void text_that_is_not_named_stays(void **state)
{
    psb_world *world = psb_world_make(21, 20);
    for (size_t p = 0; psb_port_at(p); p++) {
        size_t len;
        record_port(psb_port_at(p), world, 1u << PSB_TEXT_NAME | 1u << PSB_TEXT_PATH);
        char *trace = slurp(&len);
        assert_non_null(strstr(trace, "\nredacted names,paths\n"));
        if (psb_port_has(psb_port_at(p), PSB_CMDLINE))
            assert_true(tells(trace, len, "daemon off;", 11));
        assert_false(tells(trace, len, "/usr/sbin/nginx", 15) || tells(trace, len, "\\usr\\sbin\\nginx", 15));
        free(trace);
    }
    psb_world_free(world);
}

/* ---- replies that no kernel should give ---- */

struct odd {
    psb_kernel base;
    const char *bytes;
};

static psb_status odd_call(psb_kernel *kernel, const psb_call *call, psb_reply *reply)
{
    const char *bytes = ((struct odd *)kernel)->bytes;
    reply->len = 0;
    return psb_append(bytes, strlen(bytes), reply);
}

static void odd_close(psb_kernel *kernel) {}

/* What of this reply gets into the trace of a Linux. */
static char *recorded(uint32_t op, const char *bytes)
{
    static const psb_kernel_ops OPS = {"odd", odd_call, odd_close};
    struct odd odd = {{&OPS, NULL, PSB_EVIDENCE_SIM}, bytes};
    psb_redaction redaction = {ALL, psb_port_redact, psb_port_named("linux")};
    FILE *file = fopen(PATH, "wb");
    char room[512];
    psb_reply reply = {.buf = room, .cap = sizeof room};
    psb_call call = {.op = op, .pid = 1};
    size_t len;
    assert_non_null(file);
    psb_kernel *record = psb_record_open(&odd.base, file, "linux", "m", &redaction);
    assert_int_equal(psb_kernel_call(record, &call, &reply), PSB_OK);
    assert_memory_equal(room, bytes, strlen(bytes)); /* who asks is told as before */
    assert_int_equal(psb_record_finish(record), 1);
    psb_kernel_close(record);
    fclose(file);
    return slurp(&len);
}

static void a_reply_of_unknown_form_is_not_published(void **state)
{
    static const struct {
        uint32_t op;
        const char *bytes;
    } ODD[] = {
        {PSB_OP_LINUX_STAT, "1 secret S 1"},    {PSB_OP_LINUX_STATUS, "Secret:\tsecret\n"},
        {PSB_OP_LINUX_STATUS, "Name:\tsecret"}, {PSB_OP_LINUX_TASK, "secret"},
        {PSB_OP_LINUX_SMAPS, "secret\n"},       {PSB_OP_FREEBSD_ARGS, "secret"}}; /* no source of this port */
    for (size_t i = 0; i < sizeof ODD / sizeof *ODD; i++) {
        char *trace = recorded(ODD[i].op, ODD[i].bytes);
        if (strstr(trace, "secret") || !strstr(trace, " malformed 0 0 0\n\nend 1\n"))
            fail_msg("case %zu: %s", i, trace);
        free(trace);
    }
}

static void paths_of_mappings_are_replaced_and_sizes_stay(void **state)
{
    char *trace =
        recorded(PSB_OP_LINUX_SMAPS, "7f00-7f01 r--p 00000000 08:01 42       /opt/secret lib/x.so (deleted)\n"
                                     "Pss:                  12 kB\nVmFlags: rd mr\n"
                                     "7f02-7f03 rw-p 00000000 00:00 0 \n"
                                     "7f04-7f05 rw-p 00000000 00:00 0        [anon:secret]\n");
    assert_null(strstr(trace, "secret"));
    assert_null(strstr(trace, "/opt/"));
    assert_non_null(strstr(trace, "\n7f00-7f01 r--p 00000000 08:01 42       /"));
    assert_non_null(strstr(trace, "\nPss:                  12 kB\nVmFlags: rd mr\n"));
    free(trace);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_words_get_equal_replacements_and_others_get_others),
        cmocka_unit_test(no_word_replaces_itself),
        cmocka_unit_test(words_end_at_nuls_blanks_and_slashes_which_stay),
        cmocka_unit_test(text_behind_a_nul_and_what_is_not_read_is_zeroed),
        cmocka_unit_test(every_source_says_where_its_text_stands),
        cmocka_unit_test(nothing_of_the_text_stands_in_the_trace),
        cmocka_unit_test(all_but_the_text_is_played_back_the_same),
        cmocka_unit_test(text_that_is_not_named_stays),
        cmocka_unit_test(a_reply_of_unknown_form_is_not_published),
        cmocka_unit_test(paths_of_mappings_are_replaced_and_sizes_stay),
    };
    return cmocka_run_group_tests(tests, NULL, remove_the_file);
}

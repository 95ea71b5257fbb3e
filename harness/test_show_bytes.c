/* test_show_bytes.c: no byte that a process puts into its name may act on a terminal, or break JSON. */
#include "show.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Decodes the code point at text, which ends in a NUL; 0: there is no valid one. Written from RFC 3629's
 * ranges, apart from show.c. */
static uint32_t code_point(const unsigned char *text, size_t *len)
{
    static const struct {
        unsigned char first, last;
        uint32_t least, most;
    } FORM[] = {{0x00, 0x7f, 1, 0x7f},
                {0xc0, 0xdf, 0x80, 0x7ff},
                {0xe0, 0xef, 0x800, 0xffff},
                {0xf0, 0xf7, 0x10000, 0x10ffff}};
    for (size_t form = 0; form < 4; form++) {
        if (text[0] < FORM[form].first || text[0] > FORM[form].last)
            continue;
        uint32_t point = text[0] - FORM[form].first;
        for (size_t i = 1; i <= form; i++) {
            if (text[i] < 0x80 || text[i] > 0xbf)
                return 0;
            point = point << 6 | (text[i] - 0x80u);
        }
        *len = form + 1;
        bool surrogate = point >= 0xd800 && point <= 0xdfff;
        return point < FORM[form].least || point > FORM[form].most || surrogate ? 0 : point;
    }
    return 0;
}

/* Code points that move the cursor, start a sequence or turn text around: Cc, Zl, Zp, Bidi_Control. */
static bool acts(uint32_t point)
{
    return point < 0x20 || (point >= 0x7f && point < 0xa0) || point == 0x61c || point == 0x200e ||
           point == 0x200f || (point >= 0x2028 && point <= 0x202e) || (point >= 0x2066 && point <= 0x2069);
}

static void dump(const char *bytes, size_t len, const char *wrong)
{
    char text[200] = "";
    for (size_t i = 0; i < len && i < 40; i++)
        snprintf(text + 4 * i, sizeof text - 4 * i, "\\x%02x", (unsigned char)bytes[i]);
    fail_msg("%zu bytes %s: %s", len, text, wrong);
}

static int hex(char digit)
{
    return digit >= '0' && digit <= '9' ? digit - '0' : digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

/* What is shown is harmless UTF-8, and tells every byte: undoing the escapes gives the text back. */
static void assert_harmless(const char *bytes, size_t len)
{
    psb_value value = {.u.text = {bytes, len}};
    char *text = psb_show(PSB_NAME, &value);
    assert_non_null(text);
    const unsigned char *at = (const unsigned char *)text;
    size_t told = 0, run = 0;
    for (; *at && told < len; at += run) {
        uint32_t point = code_point(at, &run);
        if (point == 0)
            dump(bytes, len, "what is shown is not UTF-8");
        if (acts(point))
            dump(bytes, len, "what is shown acts on a terminal");
        if (point == '\\') {
            int high = at[1] == 'x' ? hex((char)at[2]) : -1, low = high < 0 ? -1 : hex((char)at[3]);
            run = 4;
            if (low < 0 || (unsigned char)bytes[told++] != high * 16 + low)
                dump(bytes, len, "an escape tells another byte");
        } else {
            if (run > len - told || memcmp(at, bytes + told, run) != 0)
                dump(bytes, len, "another character is shown");
            told += run;
        }
    }
    if (*at || told != len)
        dump(bytes, len, "not all is shown");
    free(text);
}

static void assert_shown(const char *bytes, size_t len, const char *expected)
{
    psb_value value = {.u.text = {bytes, len}};
    char *text = psb_show(PSB_NAME, &value);
    assert_non_null(text);
    assert_string_equal(text, expected);
    free(text);
    assert_harmless(bytes, len);
}

#define SHOWN(bytes, expected) assert_shown(bytes, sizeof bytes - 1, expected)

/* ---- kinds of hostile bytes ---- */

static void control_characters_are_escaped(void **state)
{
    SHOWN("\x1b[2J\x1b]0;owned\x07", "\\x1b[2J\\x1b]0;owned\\x07");
    SHOWN("one\ntwo\r\tthree", "one\\x0atwo\\x0d\\x09three");
    SHOWN("del\x7f", "del\\x7f");
    for (int byte = 1; byte < 0x20; byte++) {
        char text[] = {'a', (char)byte, 'b'};
        assert_harmless(text, sizeof text);
    }
}

/* U+009B starts a sequence like ESC [ on terminals that know C1. */
static void c1_controls_are_escaped(void **state)
{
    SHOWN("\xc2\x9b"
          "2J",
          "\\xc2\\x9b2J");
    SHOWN("\xc2\x80\xc2\x9f\xc2\xa0", "\\xc2\\x80\\xc2\\x9f\xc2\xa0");
}

static void text_cannot_be_turned_around(void **state)
{
    SHOWN("exe.\xe2\x80\xaetxt", "exe.\\xe2\\x80\\xaetxt"); /* U+202E */
    SHOWN("\xe2\x80\x8e\xe2\x80\x8f", "\\xe2\\x80\\x8e\\xe2\\x80\\x8f");
    SHOWN("\xe2\x80\xa8\xe2\x80\xa9", "\\xe2\\x80\\xa8\\xe2\\x80\\xa9");
    SHOWN("\xe2\x81\xa6\xe2\x81\xa9", "\\xe2\\x81\\xa6\\xe2\\x81\\xa9");
    SHOWN("\xe2\x80\x8d\xe2\x80\xaf\xe2\x81\xa5",
          "\xe2\x80\x8d\xe2\x80\xaf\xe2\x81\xa5"); /* their neighbours */
}

/* U+061C is the third mark beside U+200E and U+200F. */
static void the_arabic_letter_mark_is_escaped_like_its_kin(void **state)
{
    SHOWN("a\xd8\x9c"
          "b",
          "a\\xd8\\x9cb");
}

static void a_backslash_is_escaped_so_that_escapes_are_no_ones_text(void **state)
{
    SHOWN("\\", "\\x5c");
    SHOWN("\\x1b", "\\x5cx1b");
}

static void overlong_forms_are_no_utf8(void **state)
{
    SHOWN("\xc0\x80", "\\xc0\\x80");
    SHOWN("\xc1\xbf", "\\xc1\\xbf");
    SHOWN("\xe0\x80\x9b", "\\xe0\\x80\\x9b");
    SHOWN("\xe0\x9f\xbf", "\\xe0\\x9f\\xbf");
    SHOWN("\xf0\x80\x80\x9b", "\\xf0\\x80\\x80\\x9b");
    SHOWN("\xf0\x8f\xbf\xbf", "\\xf0\\x8f\\xbf\\xbf");
    SHOWN("\xc2\xa0\xe0\xa0\x80\xf0\x90\x80\x80", "\xc2\xa0\xe0\xa0\x80\xf0\x90\x80\x80"); /* the least */
}

static void surrogates_are_no_utf8(void **state)
{
    SHOWN("\xed\xa0\x80", "\\xed\\xa0\\x80");
    SHOWN("\xed\xbf\xbf", "\\xed\\xbf\\xbf");
    SHOWN("\xed\xa0\xbd\xed\xb8\x80", "\\xed\\xa0\\xbd\\xed\\xb8\\x80");
    SHOWN("\xed\x9f\xbf\xee\x80\x80", "\xed\x9f\xbf\xee\x80\x80"); /* their neighbours */
}

static void beyond_unicode_is_no_utf8(void **state)
{
    SHOWN("\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80");
    SHOWN("\xf5\x80\x80\x80", "\\xf5\\x80\\x80\\x80");
    SHOWN("\xf8\x88\x80\x80\x80", "\\xf8\\x88\\x80\\x80\\x80");
    SHOWN("\xfe\xff", "\\xfe\\xff");
    SHOWN("\xf4\x8f\xbf\xbf", "\xf4\x8f\xbf\xbf"); /* U+10FFFF */
}

static void truncated_sequences_are_no_utf8(void **state)
{
    SHOWN("\xc3", "\\xc3");
    SHOWN("\xe2\x82", "\\xe2\\x82");
    SHOWN("\xf0\x9f\x98", "\\xf0\\x9f\\x98");
    SHOWN("\xe2\x82z", "\\xe2\\x82z");
    SHOWN("\xe2\xc3\xa9", "\\xe2\xc3\xa9"); /* what follows a broken one is whole */
    SHOWN("\x80\xbf", "\\x80\\xbf");
}

/* Linux cuts names at 15 bytes, also within a character; the next byte in memory is not the name's. */
static void a_sequence_cut_by_its_length_is_not_read_on(void **state)
{
    static const char EURO[] = "\xe2\x82\xac";
    for (size_t len = 1; len < 3; len++) {
        char *exact = malloc(len);
        assert_non_null(exact);
        memcpy(exact, EURO, len);
        assert_harmless(exact, len);
        free(exact);
    }
    assert_shown(EURO, 2, "\\xe2\\x82");
}

/* ---- all and many strings ---- */

static void any_one_or_two_bytes_are_harmless(void **state)
{
    for (int a = 1; a < 256; a++) {
        char one[] = {(char)a};
        assert_harmless(one, 1);
        for (int b = 1; b < 256; b++) {
            char two[] = {(char)a, (char)b};
            assert_harmless(two, 2);
        }
    }
}

static uint64_t draw(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *state >> 33;
}

/* Half of the bytes are those at which UTF-8's rules change. */
static void random_bytes_are_harmless(void **state)
{
    static const char EDGES[] =
        "\x7f\x80\x8f\x90\x9f\xa0\xbf\xc0\xc1\xc2\xdf\xe0\xe1\xe2\xed\xee\xef\xf0\xf4\xf5\xff\x1b\\";
    uint64_t seed = 1;
    char bytes[24];
    for (int i = 0; i < 50000; i++) {
        size_t len = draw(&seed) % sizeof bytes;
        for (size_t k = 0; k < len; k++)
            bytes[k] =
                draw(&seed) % 2 ? EDGES[draw(&seed) % (sizeof EDGES - 1)] : (char)(draw(&seed) % 255 + 1);
        assert_harmless(bytes, len);
    }
}

static void every_code_point_is_shown_or_escaped(void **state)
{
    for (uint32_t point = 1; point < 0x110000; point += point < 0x3000 ? 1 : 97) {
        char text[4];
        size_t len = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
        static const unsigned FIRST[] = {0, 0, 0xc0, 0xe0, 0xf0};
        for (size_t i = len; i-- > 1;)
            text[i] = (char)(0x80 | (point >> 6 * (len - 1 - i) & 0x3f));
        text[0] = (char)(FIRST[len] | point >> 6 * (len - 1));
        assert_harmless(text, len);
    }
}

static void a_mebibyte_of_text_is_shown_whole(void **state)
{
    size_t len = 1 << 20;
    char *bytes = malloc(len);
    assert_non_null(bytes);
    memset(bytes, 'x', len);
    assert_harmless(bytes, len);
    memset(bytes, 0xff, len);
    psb_value value = {.u.text = {bytes, len}};
    char *text = psb_show(PSB_NAME, &value);
    assert_non_null(text);
    assert_int_equal(strlen(text), 4 * len);
    free(text);
    json_t *json = psb_show_json(PSB_NAME, &value);
    assert_int_equal(json_string_length(json_object_get(json, "value")), 4 * len);
    json_decref(json);
    free(bytes);
}

static void a_long_list_is_shown_whole(void **state)
{
    enum { COUNT = 100000 };
    char *bytes = calloc(COUNT, 2);
    assert_non_null(bytes);
    for (size_t i = 0; i < COUNT; i++)
        bytes[2 * i] = '\n';
    psb_value value = {.count = COUNT, .u.text = {bytes, 2 * COUNT}};
    char *text = psb_show(PSB_CMDLINE, &value);
    assert_non_null(text);
    assert_int_equal(strlen(text), 7 * COUNT - 1);
    assert_null(strchr(text, '\n'));
    free(text);
    json_t *json = psb_show_json(PSB_CMDLINE, &value);
    assert_int_equal(json_array_size(json_object_get(json, "value")), COUNT);
    json_decref(json);
    free(bytes);
}

/* ---- JSON ---- */

static json_t *json_of(psb_field field, psb_value value)
{
    json_t *shown = psb_show_json(field, &value);
    assert_non_null(shown);
    char *text = json_dumps(shown, 0);
    assert_non_null(text);
    for (const char *at = text; *at; at++)
        assert_true((unsigned char)*at >= 0x20);
    json_t *again = json_loads(text, 0, NULL);
    assert_true(json_equal(shown, again));
    json_decref(again);
    free(text);
    return shown;
}

static void valid_text_needs_no_mark_in_json(void **state)
{
    static const char TEXT[] = "\x1b[2J\n\\ \xe2\x80\xae";
    json_t *json = json_of(PSB_NAME, (psb_value){.u.text = {TEXT, sizeof TEXT - 1}});
    assert_string_equal(json_string_value(json_object_get(json, "value")), TEXT);
    assert_null(json_object_get(json, "escaped"));
    json_decref(json);
}

static void text_that_is_no_utf8_is_marked_in_json(void **state)
{
    json_t *json = json_of(PSB_NAME, (psb_value){.u.text = {"a\\\xff", 3}});
    assert_string_equal(json_string_value(json_object_get(json, "value")), "a\\x5c\\xff");
    assert_true(json_is_true(json_object_get(json, "escaped")));
    json_decref(json);
}

static void one_bad_string_marks_a_list_in_json(void **state)
{
    static const char LIST[] = "ok\0\xed\xa0\x80\0";
    json_t *json = json_of(PSB_CMDLINE, (psb_value){.count = 3, .u.text = {LIST, sizeof LIST}});
    const json_t *value = json_object_get(json, "value");
    assert_int_equal(json_array_size(value), 3);
    assert_string_equal(json_string_value(json_array_get(value, 0)), "ok");
    assert_string_equal(json_string_value(json_array_get(value, 1)), "\\xed\\xa0\\x80");
    assert_string_equal(json_string_value(json_array_get(value, 2)), "");
    assert_true(json_is_true(json_object_get(json, "escaped")));
    json_decref(json);
}

static void any_two_bytes_have_a_value_in_json(void **state)
{
    for (int a = 1; a < 256; a += 3)
        for (int b = 1; b < 256; b += 2) {
            char two[] = {(char)a, (char)b};
            json_t *json = json_of(PSB_NAME, (psb_value){.u.text = {two, 2}});
            assert_true(json_is_string(json_object_get(json, "value")));
            json_decref(json);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(control_characters_are_escaped),
        cmocka_unit_test(c1_controls_are_escaped),
        cmocka_unit_test(text_cannot_be_turned_around),
        cmocka_unit_test(the_arabic_letter_mark_is_escaped_like_its_kin),
        cmocka_unit_test(a_backslash_is_escaped_so_that_escapes_are_no_ones_text),
        cmocka_unit_test(overlong_forms_are_no_utf8),
        cmocka_unit_test(surrogates_are_no_utf8),
        cmocka_unit_test(beyond_unicode_is_no_utf8),
        cmocka_unit_test(truncated_sequences_are_no_utf8),
        cmocka_unit_test(a_sequence_cut_by_its_length_is_not_read_on),
        cmocka_unit_test(any_one_or_two_bytes_are_harmless),
        cmocka_unit_test(random_bytes_are_harmless),
        cmocka_unit_test(every_code_point_is_shown_or_escaped),
        cmocka_unit_test(a_mebibyte_of_text_is_shown_whole),
        cmocka_unit_test(a_long_list_is_shown_whole),
        cmocka_unit_test(valid_text_needs_no_mark_in_json),
        cmocka_unit_test(text_that_is_no_utf8_is_marked_in_json),
        cmocka_unit_test(one_bad_string_marks_a_list_in_json),
        cmocka_unit_test(any_two_bytes_have_a_value_in_json),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

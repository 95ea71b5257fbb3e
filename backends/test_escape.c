/* test_escape.c: what is shown acts on nothing. harness/test_show_bytes.c tries all kinds of bytes; here are
 * the edges. */
#include "escape.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* In a buffer of exactly this size, so that a byte too many is seen. */
static void assert_escaped(const char *bytes, bool backslashes, size_t size, const char *expected)
{
    char *out = malloc(size);
    assert_non_null(out);
    size_t len = psb_escape(bytes, strlen(bytes), backslashes, out, size);
    assert_int_equal(len, strlen(expected));
    assert_string_equal(out, expected);
    free(out);
}

static void plain_text_is_shown_as_it_is(void **state)
{
    assert_escaped("a b\xc3\xa9\xe2\x82\xac", false, 64, "a b\xc3\xa9\xe2\x82\xac");
    assert_escaped("", false, 1, "");
}

static void what_acts_on_a_terminal_is_escaped(void **state)
{
    assert_escaped("\x1b[2J\n\x7f", false, 64, "\\x1b[2J\\x0a\\x7f");
    assert_escaped("\xc2\x9b", false, 64, "\\xc2\\x9b");
    assert_escaped("\xe2\x80\xae", false, 64, "\\xe2\\x80\\xae");
}

static void what_is_not_utf8_is_escaped(void **state)
{
    assert_escaped("\xff\xc3", false, 64, "\\xff\\xc3");
    assert_escaped("\xed\xa0\x80", false, 64, "\\xed\\xa0\\x80");
}

static void a_backslash_is_escaped_where_the_text_must_be_told_back(void **state)
{
    assert_escaped("a\\b", false, 64, "a\\b");
    assert_escaped("a\\b", true, 64, "a\\x5cb");
}

static void a_text_is_cut_between_characters_and_escapes(void **state)
{
    assert_escaped("ab\xc3\xa9", false, 4, "ab");
    assert_escaped("ab\xc3\xa9", false, 5, "ab\xc3\xa9");
    assert_escaped("ab\n", false, 6, "ab");
    assert_escaped("ab\n", false, 7, "ab\\x0a");
    assert_escaped("abc", false, 1, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_text_is_shown_as_it_is),
        cmocka_unit_test(what_acts_on_a_terminal_is_escaped),
        cmocka_unit_test(what_is_not_utf8_is_escaped),
        cmocka_unit_test(a_backslash_is_escaped_where_the_text_must_be_told_back),
        cmocka_unit_test(a_text_is_cut_between_characters_and_escapes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

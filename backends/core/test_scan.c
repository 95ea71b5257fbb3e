/*
 * test_scan.c: each text lies in a buffer of exactly its size, so that the address sanitizer sees a read past
 * its end.
 */
#include "scan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* A scan of a copy; given back with done. */
static psb_scan scan_of(const char *text, size_t len)
{
    char *copy = malloc(len ? len : 1);
    assert_non_null(copy);
    memcpy(copy, text, len);
    return psb_scan_of(copy, len);
}

static void done(psb_scan scan)
{
    free((void *)(uintptr_t)scan.at);
}

static void takes_u64(const char *text, uint64_t number, size_t left)
{
    psb_scan whole = scan_of(text, strlen(text)), scan = whole;
    uint64_t out = 4711;
    assert_true(psb_scan_u64(&scan, &out));
    assert_int_equal(out, number);
    assert_int_equal(psb_scan_left(&scan), left);
    done(whole);
}

static void refuses_u64(const char *text)
{
    psb_scan whole = scan_of(text, strlen(text)), scan = whole;
    uint64_t out;
    assert_false(psb_scan_u64(&scan, &out));
    assert_ptr_equal(scan.at, whole.at);
    assert_ptr_equal(scan.end, whole.end);
    done(whole);
}

static void takes_i64(const char *text, int64_t number, size_t left)
{
    psb_scan whole = scan_of(text, strlen(text)), scan = whole;
    int64_t out = 4711;
    assert_true(psb_scan_i64(&scan, &out));
    assert_true(out == number);
    assert_int_equal(psb_scan_left(&scan), left);
    done(whole);
}

static void refuses_i64(const char *text)
{
    psb_scan whole = scan_of(text, strlen(text)), scan = whole;
    int64_t out;
    assert_false(psb_scan_i64(&scan, &out));
    assert_ptr_equal(scan.at, whole.at);
    assert_ptr_equal(scan.end, whole.end);
    done(whole);
}

static void u64_reads_up_to_its_largest(void **state)
{
    takes_u64("0", 0, 0);
    takes_u64("9", 9, 0);
    takes_u64("18446744073709551614", UINT64_MAX - 1, 0);
    takes_u64("18446744073709551615", UINT64_MAX, 0);
    takes_u64("18446744073709551615 1", UINT64_MAX, 2);
}

static void u64_refuses_what_does_not_fit(void **state)
{
    refuses_u64("18446744073709551616");
    refuses_u64("18446744073709551620");
    refuses_u64("99999999999999999999");
    refuses_u64("184467440737095516150");
    refuses_u64(" 1000000000000000000000000000000000000000");
}

static void leading_zeros_are_no_overflow(void **state)
{
    takes_u64("00000000000000000000000000000018446744073709551615", UINT64_MAX, 0);
    takes_u64("0000000000000000000000000000000000000000", 0, 0);
    takes_i64("-000000000000000000000000000000000000001", -1, 0);
}

static void u64_skips_blanks_before_and_stops_behind(void **state)
{
    takes_u64(" \t 12 34", 12, 3);
    takes_u64("12kB", 12, 2);
    takes_u64("12\n", 12, 1);
    takes_u64("12\t", 12, 1);
    takes_u64("1.5", 1, 2);
}

static void u64_refuses_what_is_no_digit(void **state)
{
    refuses_u64("");
    refuses_u64(" ");
    refuses_u64(" \t \t");
    refuses_u64("\n1");
    refuses_u64("-1");
    refuses_u64("+1");
    refuses_u64("x1");
    refuses_u64("/");
    refuses_u64(":");
    refuses_u64("\xb2");
}

static void i64_reads_both_its_ends(void **state)
{
    takes_i64("9223372036854775807", INT64_MAX, 0);
    takes_i64("-9223372036854775807", -INT64_MAX, 0);
    takes_i64("-9223372036854775808", INT64_MIN, 0);
    takes_i64("0", 0, 0);
    takes_i64("-0", 0, 0);
    takes_i64(" \t-1 x", -1, 2);
}

static void i64_refuses_one_beyond(void **state)
{
    refuses_i64("9223372036854775808");
    refuses_i64("-9223372036854775809");
    refuses_i64("18446744073709551615");
    refuses_i64("-18446744073709551615");
    refuses_i64("-18446744073709551616");
}

static void i64_refuses_a_sign_without_digits(void **state)
{
    refuses_i64("");
    refuses_i64("\t ");
    refuses_i64("-");
    refuses_i64(" -");
    refuses_i64("- 1");
    refuses_i64("--1");
    refuses_i64("-\n1");
}

static void a_nul_is_no_digit_and_no_end(void **state)
{
    psb_scan whole = scan_of("1\0002", 3), scan = whole;
    uint64_t out = 0;
    assert_true(psb_scan_u64(&scan, &out));
    assert_int_equal(out, 1);
    assert_int_equal(psb_scan_left(&scan), 2);
    assert_false(psb_scan_u64(&scan, &out));
    assert_int_equal(psb_scan_left(&scan), 2);
    done(whole);
}

static void blanks_are_spaces_and_tabs_only(void **state)
{
    psb_scan whole = scan_of(" \t \n ", 5), scan = whole;
    psb_scan_blanks(&scan);
    assert_int_equal(psb_scan_left(&scan), 2);
    psb_scan_blanks(&scan);
    assert_int_equal(psb_scan_left(&scan), 2);
    done(whole);
}

static void blanks_stop_at_the_end(void **state)
{
    psb_scan whole = scan_of("   ", 3), scan = whole, none = scan_of("", 0), empty = none;
    psb_scan_blanks(&scan);
    assert_int_equal(psb_scan_left(&scan), 0);
    psb_scan_blanks(&empty);
    assert_ptr_equal(empty.at, none.at);
    done(whole);
    done(none);
}

static void skip_passes_one_column(void **state)
{
    psb_scan whole = scan_of(" one\ttwo\nthree", 14), scan = whole;
    assert_true(psb_scan_skip(&scan));
    assert_int_equal(psb_scan_left(&scan), 10);
    assert_true(psb_scan_skip(&scan));
    assert_int_equal(psb_scan_left(&scan), 6);
    done(whole);
}

static void skip_stays_in_its_line(void **state)
{
    psb_scan whole = scan_of(" \nnext", 6), scan = whole;
    assert_false(psb_scan_skip(&scan));
    assert_ptr_equal(scan.at, whole.at);
    done(whole);
}

static void skip_stops_at_a_control_character(void **state)
{
    for (int control = 0; control < 0x20; control++) {
        char text[] = {'a', (char)control, 'b'};
        psb_scan whole = scan_of(text, sizeof text), scan = whole;
        assert_true(psb_scan_skip(&scan));
        assert_int_equal(psb_scan_left(&scan), 2);
        if (control != '\t') {
            assert_false(psb_scan_skip(&scan));
            assert_int_equal(psb_scan_left(&scan), 2);
        }
        done(whole);
    }
}

static void skip_passes_bytes_of_any_encoding(void **state)
{
    psb_scan whole = scan_of("\x80\xc3\xa4\xff 1", 6), scan = whole;
    assert_true(psb_scan_skip(&scan));
    assert_int_equal(psb_scan_left(&scan), 2);
    done(whole);
}

static void skip_ends_at_the_end(void **state)
{
    psb_scan whole = scan_of("last", 4), scan = whole;
    assert_true(psb_scan_skip(&scan));
    assert_int_equal(psb_scan_left(&scan), 0);
    assert_false(psb_scan_skip(&scan));
    assert_ptr_equal(scan.at, whole.end);
    done(whole);
}

static void skip_refuses_only_blanks(void **state)
{
    psb_scan whole = scan_of(" \t ", 3), scan = whole;
    assert_false(psb_scan_skip(&scan));
    assert_ptr_equal(scan.at, whole.at);
    done(whole);
}

static void lines_come_without_their_newline(void **state)
{
    psb_scan whole = scan_of("a\n\nbc", 5), scan = whole, line = {0};
    assert_true(psb_scan_line(&scan, &line));
    assert_int_equal(psb_scan_left(&line), 1);
    assert_memory_equal(line.at, "a", 1);
    assert_true(psb_scan_line(&scan, &line));
    assert_int_equal(psb_scan_left(&line), 0);
    assert_true(psb_scan_line(&scan, &line));
    assert_int_equal(psb_scan_left(&line), 2);
    assert_memory_equal(line.at, "bc", 2);
    assert_false(psb_scan_line(&scan, &line));
    done(whole);
}

static void a_newline_at_the_end_begins_no_line(void **state)
{
    psb_scan whole = scan_of("a\n", 2), scan = whole, line = {0};
    assert_true(psb_scan_line(&scan, &line));
    assert_false(psb_scan_line(&scan, &line));
    assert_ptr_equal(scan.at, whole.end);
    done(whole);
}

static void nothing_has_no_line(void **state)
{
    psb_scan whole = scan_of("", 0), scan = whole, line = {0};
    assert_false(psb_scan_line(&scan, &line));
    assert_ptr_equal(scan.at, whole.at);
    done(whole);
}

static void a_number_does_not_leave_its_line(void **state)
{
    psb_scan whole = scan_of("\n5", 2), scan = whole, line = {0};
    uint64_t out = 0;
    assert_true(psb_scan_line(&scan, &line));
    assert_false(psb_scan_u64(&line, &out));
    assert_true(psb_scan_line(&scan, &line));
    assert_true(psb_scan_u64(&line, &out));
    assert_int_equal(out, 5);
    done(whole);
}

static void a_literal_is_exactly_its_bytes(void **state)
{
    psb_scan whole = scan_of("Uid:\t0", 6), scan = whole;
    assert_false(psb_scan_literal(&scan, "Gid:", 4));
    assert_false(psb_scan_literal(&scan, "uid:", 4));
    assert_ptr_equal(scan.at, whole.at);
    assert_true(psb_scan_literal(&scan, "Uid:", 4));
    assert_int_equal(psb_scan_left(&scan), 2);
    assert_true(psb_scan_literal(&scan, "", 0));
    assert_int_equal(psb_scan_left(&scan), 2);
    done(whole);
}

static void a_literal_longer_than_the_text_is_not_read_for(void **state)
{
    psb_scan whole = scan_of("Uid", 3), scan = whole;
    assert_false(psb_scan_literal(&scan, "Uid:", 4));
    assert_ptr_equal(scan.at, whole.at);
    assert_true(psb_scan_literal(&scan, "Uid", 3));
    assert_false(psb_scan_literal(&scan, "U", 1));
    done(whole);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(u64_reads_up_to_its_largest),
        cmocka_unit_test(u64_refuses_what_does_not_fit),
        cmocka_unit_test(leading_zeros_are_no_overflow),
        cmocka_unit_test(u64_skips_blanks_before_and_stops_behind),
        cmocka_unit_test(u64_refuses_what_is_no_digit),
        cmocka_unit_test(i64_reads_both_its_ends),
        cmocka_unit_test(i64_refuses_one_beyond),
        cmocka_unit_test(i64_refuses_a_sign_without_digits),
        cmocka_unit_test(a_nul_is_no_digit_and_no_end),
        cmocka_unit_test(blanks_are_spaces_and_tabs_only),
        cmocka_unit_test(blanks_stop_at_the_end),
        cmocka_unit_test(skip_passes_one_column),
        cmocka_unit_test(skip_stays_in_its_line),
        cmocka_unit_test(skip_stops_at_a_control_character),
        cmocka_unit_test(skip_passes_bytes_of_any_encoding),
        cmocka_unit_test(skip_ends_at_the_end),
        cmocka_unit_test(skip_refuses_only_blanks),
        cmocka_unit_test(lines_come_without_their_newline),
        cmocka_unit_test(a_newline_at_the_end_begins_no_line),
        cmocka_unit_test(nothing_has_no_line),
        cmocka_unit_test(a_number_does_not_leave_its_line),
        cmocka_unit_test(a_literal_is_exactly_its_bytes),
        cmocka_unit_test(a_literal_longer_than_the_text_is_not_read_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

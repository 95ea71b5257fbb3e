/* test_host.c: what the host does for the harness, on the system that this runs on. */
#include "host.h"
#include "host_run.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#ifdef _WIN32
#include <windows.h>
#endif

/* This program, started by itself. */
static int as_child(int argc, char **argv)
{
    if (strcmp(argv[1], "print") == 0)
        for (int i = 2; i < argc; i++)
            printf("[%s]\n", argv[i]);
    else if (strcmp(argv[1], "fail") == 0)
        printf("a line\nthe last\033[2J line\n");
    else
        return 0;
    fflush(stdout);
    return strcmp(argv[1], "fail") == 0 ? 7 : 0;
}

/* ---- programs ---- */

static void arguments_arrive_as_they_were_given(void **state)
{
    static const char *const ARGUMENTS[] = {"print", "",       " ",      "a b",       "\"", "\\",
                                            "\\\\",  "a\\\"b", "\\\\\"", "c:\\d e\\", "'",  "%PATH%",
                                            "$HOME", "*",      "^&|<>",  "x=\"y z\"", NULL};
    char *output, why[256] = "", expected[512] = "";
    size_t len;
    for (size_t i = 1; ARGUMENTS[i]; i++)
        snprintf(expected + strlen(expected), sizeof expected - strlen(expected), "[%s]\n", ARGUMENTS[i]);
    if (!psb_host_run_self(ARGUMENTS, &output, &len, why, sizeof why)) {
        fail_msg("%s", why);
        return;
    }
    assert_string_equal(output, expected);
    assert_int_equal(len, strlen(expected));
    free(output);
}

static void a_program_that_fails_is_named_with_its_code_and_its_last_line(void **state)
{
    static const char *const ARGUMENTS[] = {"fail", NULL};
    char *output, why[4400] = "";
    size_t len;
    assert_false(psb_host_run_self(ARGUMENTS, &output, &len, why, sizeof why));
    assert_null(output);
    assert_non_null(strstr(why, "test_host"));
    assert_non_null(strstr(why, "exited with code 7: the last\\x1b[2J line"));
}

static void a_program_that_is_not_there_cannot_be_run(void **state)
{
    static const char *const ARGV[] = {"no-such-program-of-psbench", NULL};
    char *output, why[256] = "";
    size_t len;
    assert_false(psb_host_run(ARGV, &output, &len, why, sizeof why));
    assert_null(output);
    assert_memory_equal(why, ARGV[0], strlen(ARGV[0]));
}

static void a_program_knows_its_own_file(void **state)
{
    char path[4096];
    assert_true(psb_host_own_path(path, sizeof path));
    assert_non_null(strstr(path, "test_host"));
    assert_false(psb_host_is_endless(path));
    char small[4];
    assert_false(psb_host_own_path(small, sizeof small));
}

/* ---- files ---- */

#define NAME "test_host.\xc3\xbc" /* U+00FC: not in ASCII */

static void write_file(const char *text, bool publish)
{
    psb_output out;
    char why[4400] = "";
    if (!psb_host_create(NAME, &out, why, sizeof why)) {
        fail_msg("%s", why);
        return;
    }
    fputs(text, out.file);
    if (!publish)
        psb_host_discard(&out);
    else if (!psb_host_publish(&out, why, sizeof why))
        fail_msg("%s", why);
    FILE *temporary = out.temporary[0] ? fopen(out.temporary, "rb") : NULL;
    assert_null(temporary);
}

/* What stands there; "": nothing. */
static void assert_content(const char *text)
{
    char content[64] = "";
    FILE *file = fopen(NAME, "rb");
    if (file) {
        content[fread(content, 1, sizeof content - 1, file)] = '\0';
        fclose(file);
    }
    assert_string_equal(content, text);
}

static void a_file_appears_whole_and_is_replaced_whole_or_stays(void **state)
{
    remove(NAME);
    write_file("never\n", false);
    assert_content("");
    write_file("first\n", true);
    assert_content("first\n");
    write_file("never\n", false);
    assert_content("first\n");
    write_file("second\n", true);
    assert_content("second\n");
    assert_int_equal(remove(NAME), 0);
}

static void where_no_file_can_be_the_place_is_named(void **state)
{
    psb_output out;
    char why[4400] = "", longest[5000];
    assert_false(psb_host_create("no-such-folder/x", &out, why, sizeof why));
    assert_memory_equal(why, "no-such-folder/x: ", 18);
    memset(longest, 'x', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    assert_false(psb_host_create(longest, &out, why, sizeof why));
    assert_false(psb_host_create(".", &out, why, sizeof why));
    assert_true(psb_host_is_endless("."));
    assert_false(psb_host_is_endless("no-such-file"));
}

/* As hyperfine opens it; the C library of Windows cannot share the deletion of a file. */
static bool read_by_name(const char *path, char *text, size_t size)
{
#ifdef _WIN32
    DWORD got = 0;
    HANDLE file = CreateFileA(path, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                              NULL, OPEN_EXISTING, 0, NULL);
    bool good = file != INVALID_HANDLE_VALUE && ReadFile(file, text, (DWORD)size - 1, &got, NULL);
    CloseHandle(file);
#else
    FILE *file = fopen(path, "rb");
    size_t got = file ? fread(text, 1, size - 1, file) : 0;
    bool good = file != NULL;
    if (file)
        fclose(file);
#endif
    text[got] = '\0';
    return good;
}

static void a_temporary_file_can_be_opened_by_its_name_until_it_is_closed(void **state)
{
    char path[4096], text[16] = "";
    FILE *file = psb_host_temporary(path, sizeof path);
    assert_non_null(file);
    fputs("here", file);
    fflush(file);
    rewind(file);
    assert_true(read_by_name(path, text, sizeof text));
    assert_string_equal(text, "here");
    fclose(file);
    assert_false(read_by_name(path, text, sizeof text));
}

static void the_clock_never_goes_back(void **state)
{
    uint64_t last = psb_host_now_ns(), first = last;
    for (int i = 0; i < 100000; i++) {
        uint64_t now = psb_host_now_ns();
        assert_true(now >= last);
        last = now;
    }
    assert_true(last > first);
}

/* ---- facts ---- */

static void every_fact_has_a_name_of_its_own_and_the_first_are_known(void **state)
{
    psb_host_fact facts[PSB_HOST_FACTS_MAX];
    size_t count = psb_host_facts(facts);
    assert_true(count >= 12 && count <= PSB_HOST_FACTS_MAX);
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(facts[i].name, facts[k].name);
        if (strcmp(facts[i].name, "system") == 0 || strcmp(facts[i].name, "cpus") == 0 ||
            strcmp(facts[i].name, "user") == 0)
            assert_true(facts[i].value[0] != '\0');
    }
}

int main(int argc, char **argv)
{
    psb_host_begin(argc > 0 ? argv[0] : "");
    if (argc > 1)
        return as_child(argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arguments_arrive_as_they_were_given),
        cmocka_unit_test(a_program_that_fails_is_named_with_its_code_and_its_last_line),
        cmocka_unit_test(a_program_that_is_not_there_cannot_be_run),
        cmocka_unit_test(a_program_knows_its_own_file),
        cmocka_unit_test(a_file_appears_whole_and_is_replaced_whole_or_stays),
        cmocka_unit_test(where_no_file_can_be_the_place_is_named),
        cmocka_unit_test(a_temporary_file_can_be_opened_by_its_name_until_it_is_closed),
        cmocka_unit_test(the_clock_never_goes_back),
        cmocka_unit_test(every_fact_has_a_name_of_its_own_and_the_first_are_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

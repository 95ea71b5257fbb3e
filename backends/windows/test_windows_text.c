/* test_windows_text.c: UTF-16, and command lines: by tables of others, and over every list that a seed gives. */
#include "windows_fixture.h"

#include <stdlib.h>
#include <string.h>

/* ---- UTF-16 ---- */

static void assert_utf8(const void *units, size_t bytes, const char *utf8)
{
    struct psb_windows_text text = {units, bytes / sizeof(uint16_t)};
    char out[256];
    size_t len = psb_windows_utf8(text, NULL);
    assert_int_equal(len, strlen(utf8));
    assert_int_equal(psb_windows_utf8(text, out), len);
    assert_memory_equal(out, utf8, len);
}

/* Both forms are the compiler's. */
static void text_of_every_script_becomes_utf8(void **state)
{
    assert_utf8(WIN_TEXT(u""), u8"");
    assert_utf8(WIN_TEXT(u"notepad.exe"), u8"notepad.exe");
    assert_utf8(WIN_TEXT(u"\u65e5\u672c\u8a9e.exe"), u8"\u65e5\u672c\u8a9e.exe");
    assert_utf8(WIN_TEXT(u"\u0417\u0430\u043f\u0443\u0441\u043a"), u8"\u0417\u0430\u043f\u0443\u0441\u043a");
    assert_utf8(WIN_TEXT(u"\U0001F600\U0001F469\u200D\U0001F4BB.exe"),
                u8"\U0001F600\U0001F469\u200D\U0001F4BB.exe");
    /* the first and the last of each length */
    assert_utf8(WIN_TEXT(u"\x01\x7f\x80\u07ff\u0800\uffff\U00010000\U0010ffff"),
                "\x01\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf\xf0\x90\x80\x80\xf4\x8f\xbf\xbf");
    assert_utf8(WIN_TEXT(u"\ud7ff\ue000"), "\xed\x9f\xbf\xee\x80\x80"); /* beside the surrogates */
}

/* WTF-8: https://simonsapin.github.io/wtf-8/ */
static void unpaired_surrogates_stay_visible_and_apart(void **state)
{
    static const struct {
        uint16_t unit[4];
        size_t units;
        const char *bytes;
    } ROW[] = {
        {{0xD800}, 1, "\xed\xa0\x80"},
        {{0xDBFF}, 1, "\xed\xaf\xbf"},
        {{0xDC00}, 1, "\xed\xb0\x80"},
        {{0xDFFF}, 1, "\xed\xbf\xbf"},
        {{0xD83D, 'x'}, 2, "\xed\xa0\xbdx"},
        {{0xDE00, 0xD83D}, 2, "\xed\xb8\x80\xed\xa0\xbd"},             /* the wrong way round */
        {{0xD83D, 0xD83D, 0xDE00}, 3, "\xed\xa0\xbd\xf0\x9f\x98\x80"}, /* one, and a pair */
        {{0xD83D, 0xDE00, 0xDE00}, 3, "\xf0\x9f\x98\x80\xed\xb8\x80"}, /* a pair, and one */
        {{'a', 0xDC80, 'b', 0xD800},
         4,
         "a\xed\xb2\x80"
         "b\xed\xa0\x80"}, /* the last has nothing behind it */
    };
    for (size_t i = 0; i < sizeof ROW / sizeof *ROW; i++)
        assert_utf8(ROW[i].unit, ROW[i].units * 2, ROW[i].bytes);
}

static void text_ends_at_its_first_nul(void **state)
{
    assert_utf8(u"ab\0cd", 10, "ab");
    assert_utf8(u"\0cd", 6, "");
    win_says(PSB_OP_WINDOWS_IMAGE, u"C:\\a.exe\0\0", 20);
    assert_string(win_get(WIN_PID, PSB_EXE), "C:\\a.exe");
}

static void text_of_an_odd_number_of_bytes_is_malformed(void **state)
{
    static const psb_field FIELD[] = {PSB_NAME, PSB_EXE, PSB_CMDLINE, PSB_USERNAME, PSB_CWD};
    static const psb_op OP[] = {PSB_OP_WINDOWS_IMAGE, PSB_OP_WINDOWS_IMAGE, PSB_OP_WINDOWS_CMDLINE,
                                PSB_OP_WINDOWS_USER, PSB_OP_WINDOWS_CWD};
    for (size_t i = 0; i < sizeof FIELD / sizeof *FIELD; i++) {
        win_says(OP[i], u"C:\\a", 7);
        assert_int_equal(win_status(FIELD[i]), PSB_MALFORMED);
    }
}

/* ---- command lines ---- */

static void assert_split(const char *line, uint32_t count, const char *list)
{
    size_t len = strlen(line), want = 0;
    char *room = malloc(len + 1); /* to its last byte: ASan sees a write behind it */
    assert_non_null(room);
    memcpy(room, line, len);
    for (uint32_t i = 0; i < count; i++)
        want += strlen(list + want) + 1;
    uint32_t got = psb_windows_split(room, &len);
    if (got != count || len != want || memcmp(room, list, len) != 0)
        fail_msg("<%s>: %u arguments of %zu bytes, the first <%s>", line, got, len, got ? room : "");
    free(room);
}

/*
 * The tables of learn.microsoft.com, "Parsing C command-line arguments" and the page of that name for C++, with the
 * name of a program before them.
 */
static void microsofts_own_examples_are_split_as_it_says(void **state)
{
    assert_split("p \"abc\" d e", 4, "p\0abc\0d\0e");
    assert_split("p \"a b c\" d e", 4, "p\0a b c\0d\0e");
    assert_split("p \"ab\\\"c\" \"\\\\\" d", 4, "p\0ab\"c\0\\\0d");
    assert_split("p a\\\\\\b d\"e f\"g h", 4, "p\0a\\\\\\b\0de fg\0h");
    assert_split("p a\\\\\\\"b c d", 4, "p\0a\\\"b\0c\0d");
    assert_split("p a\\\\\\\\\"b c\" d e", 4, "p\0a\\\\b c\0d\0e");
    assert_split("p a\"b\"\" c d", 2, "p\0ab\" c d");
}

/* After D. Deley, "How Command Line Parameters Are Parsed" (2009), for the C runtime since 2008. */
static void others_examples_are_split_as_they_say(void **state)
{
    assert_split("p CallMeIshmael", 2, "p\0CallMeIshmael");
    assert_split("p \"Call Me Ishmael\"", 2, "p\0Call Me Ishmael");
    assert_split("p Cal\"l Me I\"shmael", 2, "p\0Call Me Ishmael");
    assert_split("p CallMe\\\"Ishmael", 2, "p\0CallMe\"Ishmael");
    assert_split("p \"CallMe\\\"Ishmael\"", 2, "p\0CallMe\"Ishmael");
    assert_split("p \"Call Me Ishmael\\\\\"", 2, "p\0Call Me Ishmael\\");
    assert_split("p \"CallMe\\\\\\\"Ishmael\"", 2, "p\0CallMe\\\"Ishmael");
    assert_split("p a\\\\\\b", 2, "p\0a\\\\\\b");
    assert_split("p \"a\\\\\\b\"", 2, "p\0a\\\\\\b");
    assert_split("p \"\\\"Call Me Ishmael\\\"\"", 2, "p\0\"Call Me Ishmael\"");
    assert_split("p \"C:\\TEST A\\\\\"", 2, "p\0C:\\TEST A\\");
    assert_split("p \"\\\"C:\\TEST A\\\\\\\"\"", 2, "p\0\"C:\\TEST A\\\"");
    assert_split("p \"a b c\"  d  e", 4, "p\0a b c\0d\0e");
    assert_split("p \"ab\\\"c\"  \"\\\\\"  d", 4, "p\0ab\"c\0\\\0d");
    assert_split("p a\\\\\\b d\"e f\"g h", 4, "p\0a\\\\\\b\0de fg\0h");
    assert_split("p \"a b c\"\"", 2, "p\0a b c\"");
    assert_split("p \"\"\"CallMeIshmael\"\"\"  b  c", 4, "p\0\"CallMeIshmael\"\0b\0c");
    assert_split("p \"\"\"Call Me Ishmael\"\"\"", 2, "p\0\"Call Me Ishmael\"");
    assert_split("p \"\"\"\"Call me Ishmael.\"\" b c", 6, "p\0\"Call\0me\0Ishmael.\0b\0c");
}

/* In the program's name quotes hold blanks together, and nothing else is special. */
static void the_name_of_the_program_has_rules_of_its_own(void **state)
{
    assert_split("\"C:\\Program Files\\a b\\c.exe\" -x", 2, "C:\\Program Files\\a b\\c.exe\0-x");
    assert_split("C:\\Program Files\\c.exe", 2, "C:\\Program\0Files\\c.exe");
    assert_split("\"C:\\dir\\\" b", 2, "C:\\dir\\\0b");
    assert_split("C:\\\"a b\"\\c d", 2, "C:\\a b\\c\0d");
    assert_split("\"unclosed name", 1, "unclosed name");
    assert_split("\"\" a", 2, "\0a");
    assert_split(" a b", 3, "\0a\0b"); /* a blank first: it has an empty name */
}

static void blanks_are_spaces_and_tabs_as_many_as_there_are(void **state)
{
    assert_split("", 0, "");
    assert_split("p", 1, "p");
    assert_split("p  \t ", 1, "p");
    assert_split("\t", 1, "");
    assert_split("p\ta \t b", 3, "p\0a\0b");
    assert_split("p a\nb\r\v", 2, "p\0a\nb\r\v");
    assert_split("p \"\" \"\"", 3, "p\0\0");
    assert_split("p a \"", 3, "p\0a\0");
    assert_split("p \"a b", 2, "p\0a b");
    assert_split("p a\\", 2, "p\0a\\");
    assert_split("p \"a\\", 2, "p\0a\\");
}

/* ---- through the port ---- */

static void assert_arguments(const char *list, size_t len, uint32_t count)
{
    psb_value value = win_get(WIN_PID, PSB_CMDLINE);
    assert_text(value, list, len);
    assert_int_equal(value.count, count);
}

static void arguments_of_every_script_are_told(void **state)
{
    win_says(PSB_OP_WINDOWS_CMDLINE, WIN_TEXT(u"p \"\u65e5\u672c \u8a9e\" \U0001F600"));
    assert_arguments("p\0\xe6\x97\xa5\xe6\x9c\xac \xe8\xaa\x9e\0\xf0\x9f\x98\x80", 18, 3);
    static const uint16_t UNPAIRED[] = {'p', ' ', 0xD83D, '"', ' ', '"', 0xDC00};
    win_says(PSB_OP_WINDOWS_CMDLINE, UNPAIRED, sizeof UNPAIRED);
    assert_arguments("p\0\xed\xa0\xbd \xed\xb0\x80", 10, 2);
}

static void a_process_without_a_command_line_has_no_arguments(void **state)
{
    win_says(PSB_OP_WINDOWS_CMDLINE, "", 0);
    assert_arguments("", 0, 0);
}

/* psutil 1384: a kernel before 8.1 has no ProcessCommandLineInformation, and Wine 8 neither */
static void an_old_kernel_is_asked_for_the_parameters_of_the_process(void **state)
{
    win_fails(PSB_OP_WINDOWS_CMDLINE, PSB_UNKNOWN, (int)0xC0000003);
    win_process()->cmdline = (psb_world_text){"a b\0c\"d\0", 9, 3};
    assert_arguments("a b\0c\"d\0", 9, 3);
    assert_int_equal(win_calls(PSB_OP_WINDOWS_CMDLINE_PEB), 1);
}

/* The longest that CreateProcess takes is 32767 units with its NUL. */
static void a_command_line_of_32000_characters_is_told_to_its_end(void **state)
{
    enum { ARGUMENTS = 6400, LEN = 2 + ARGUMENTS * 5 };
    static uint16_t line[1 + ARGUMENTS * 5];
    psb_value value;
    line[0] = 'p';
    for (size_t i = 0; i < ARGUMENTS; i++)
        for (size_t k = 0; k < 5; k++)
            line[1 + i * 5 + k] = k == 0 ? ' '
                                         : (uint16_t)('0' + i /
                                                                (k == 1   ? 1000
                                                                 : k == 2 ? 100
                                                                 : k == 3 ? 10
                                                                          : 1) %
                                                                10);
    win_says(PSB_OP_WINDOWS_CMDLINE, line, sizeof line);
    value = win_get(WIN_PID, PSB_CMDLINE);
    assert_int_equal(value.status, PSB_OK);
    assert_int_equal(value.count, ARGUMENTS + 1);
    assert_int_equal(value.u.text.len, LEN);
    assert_string_equal(value.u.text.bytes + LEN - 5, "6399");
    assert_int_equal(win_calls(PSB_OP_WINDOWS_CMDLINE), 1); /* answered calls: retries are counted apart */
    assert_true(psb_count_read(win.counter)[PSB_OP_WINDOWS_CMDLINE].retries > 0);
}

static uint64_t draw(uint64_t *state)
{
    return (*state = *state * UINT64_C(6364136223846793005) + 1442695040888963407u) >> 33;
}

/* What a careful parent quotes comes back as it was: lists of the characters that matter (fixed seed). */
static void every_list_of_arguments_survives_its_way_through_a_line(void **state)
{
    static const char BYTES[] = "\\\\\\\"\" \tab\n";
    uint64_t seed = 7;
    for (int n = 0; n < 3000; n++) {
        char list[64];
        uint32_t count = 1 + (uint32_t)draw(&seed) % 5;
        size_t len = 0;
        for (uint32_t i = 0; i < count; i++) {
            for (uint64_t k = draw(&seed) % 10; k > 0; k--) {
                char byte = BYTES[draw(&seed) % (sizeof BYTES - 1)];
                list[len++] = i == 0 && byte == '"' ? 'q' : byte; /* a program's name has none */
            }
            list[len++] = '\0';
        }
        win_process()->cmdline = (psb_world_text){list, len, count};
        assert_arguments(list, len, count);
    }
}

/* ---- paths ---- */

static void a_name_is_what_follows_the_last_backslash(void **state)
{
    win_says(PSB_OP_WINDOWS_IMAGE, WIN_TEXT(u"C:\\a b\\\u65e5\u672c.exe"));
    assert_string(win_get(WIN_PID, PSB_NAME), u8"\u65e5\u672c.exe");
    assert_string(win_get(WIN_PID, PSB_EXE), u8"C:\\a b\\\u65e5\u672c.exe");
    win_says(PSB_OP_WINDOWS_IMAGE, WIN_TEXT(u"\\\\server\\share\\x.exe"));
    assert_string(win_get(WIN_PID, PSB_NAME), "x.exe");
}

/* "Registry" and "MemCompression" run no file, and System has no image at all. */
static void an_image_without_a_path_is_no_file(void **state)
{
    win.world->caller_uid = 4000; /* whom the handle is refused */
    win_says(PSB_OP_WINDOWS_IMAGE_ID, WIN_TEXT(u"Registry"));
    assert_int_equal(win_status(PSB_EXE), PSB_ABSENT);
    win_says(PSB_OP_WINDOWS_IMAGE_ID, WIN_TEXT(u"MemCompression"));
    assert_int_equal(win_status(PSB_EXE), PSB_ABSENT);
    win_says(PSB_OP_WINDOWS_IMAGE_ID, WIN_TEXT(u""));
    assert_int_equal(win_status(PSB_EXE), PSB_ABSENT);
}

static void assert_device(const void *units, size_t len, const char *path)
{
    win_says(PSB_OP_WINDOWS_IMAGE_ID, units, len);
    assert_string(win_get(WIN_PID, PSB_EXE), path);
}

static void the_path_of_a_device_is_told_by_its_drive(void **state)
{
    win.world->caller_uid = 4000;
    assert_device(WIN_TEXT(u"\\Device\\HarddiskVolume2\\a\\b.exe"), "C:\\a\\b.exe");
    assert_device(WIN_TEXT(u"\\Device\\HarddiskVolume2\\"), "C:\\");
    assert_device(WIN_TEXT(u"\\Device\\HarddiskVolume22\\b.exe"), "\\Device\\HarddiskVolume22\\b.exe");
    assert_device(WIN_TEXT(u"\\Device\\HarddiskVolume2"), "\\Device\\HarddiskVolume2");
    assert_device(WIN_TEXT(u"\\Device\\Mup\\server\\share\\b.exe"), "\\\\server\\share\\b.exe");
    assert_device(WIN_TEXT(u"\\Device\\M"), "\\Device\\M");
    win_says(PSB_OP_WINDOWS_DRIVES, "", 0); /* no drive at all */
    assert_string(win_get(WIN_PID, PSB_EXE), "\\Device\\HarddiskVolume2\\Windows\\explorer.exe");
}

static void several_drives_are_told_apart_and_a_malformed_one_is_none(void **state)
{
    struct psb_windows_drive drive[3] = {{'C', 4, u"\\D\\1"}, {'D', 5, u"\\D\\12"}, {'Z', 4, u"\\D\\3"}};
    psb_facts facts = {0};
    assert_int_equal(psb_windows_parse_drives(drive, sizeof drive, 0, &facts), PSB_OK);
    assert_int_equal(facts.drives, 3);
    assert_int_equal(facts.drive[2].letter, 'Z');
    assert_string_equal(facts.drive[1].device, "\\D\\12");
    assert_int_equal(psb_windows_parse_drives(drive, sizeof drive - 1, 0, &facts), PSB_MALFORMED);
    drive[1].units = 63;
    assert_int_equal(psb_windows_parse_drives(drive, sizeof drive, 0, &facts), PSB_MALFORMED);
    drive[1].units = 5;
    drive[1].letter = 'c';
    assert_int_equal(psb_windows_parse_drives(drive, sizeof drive, 0, &facts), PSB_MALFORMED);
    drive[1].letter = 'D';
    drive[1].units = 0; /* the leaf leaves out a drive without a device */
    assert_int_equal(psb_windows_parse_drives(drive, sizeof drive, 0, &facts), PSB_MALFORMED);
    drive[1].units = 5;
    drive[1].device[0] = 0;
    assert_int_equal(psb_windows_parse_drives(drive, sizeof drive, 0, &facts), PSB_MALFORMED);
    facts.drives = 0;
    assert_int_equal(psb_windows_parse_drives(drive, sizeof drive, 0, &facts), PSB_MALFORMED);
    assert_int_equal(facts.drives, 0); /* nor are those before it told */
}

static void assert_cwd(const void *units, size_t len, const char *path)
{
    win_says(PSB_OP_WINDOWS_CWD, units, len);
    assert_string(win_get(WIN_PID, PSB_CWD), path);
}

static void the_backslash_behind_a_directory_is_no_part_of_it(void **state)
{
    assert_cwd(WIN_TEXT(u"C:\\Users\\\u65e5\u672c\\"), u8"C:\\Users\\\u65e5\u672c");
    assert_cwd(WIN_TEXT(u"C:\\Users"), "C:\\Users");
    assert_cwd(WIN_TEXT(u"C:\\"), "C:\\");
    assert_cwd(WIN_TEXT(u"\\\\server\\share\\"), "\\\\server\\share");
}

static void an_account_is_told_with_its_domain(void **state)
{
    win_says(PSB_OP_WINDOWS_USER, WIN_TEXT(u"NT AUTHORITY\\SYSTEM"));
    assert_string(win_get(WIN_PID, PSB_USERNAME), "NT AUTHORITY\\SYSTEM");
    win_says(PSB_OP_WINDOWS_USER, WIN_TEXT(u"S-1-5-21-1-2-3-4711"));
    assert_string(win_get(WIN_PID, PSB_USERNAME), "S-1-5-21-1-2-3-4711");
}

/* ---- recordings ---- */

static void replace_by_z(void *context, char *word, size_t len)
{
    memset(word, 'z', len);
    ++*(unsigned *)context;
}

static void assert_replaced(psb_redact *redact, const void *units, size_t len, const void *want,
                            unsigned words)
{
    unsigned count = 0;
    psb_redactor redactor = {UINT32_MAX, replace_by_z, &count};
    char copy[256];
    memcpy(copy, units, len);
    assert_true(redact(copy, len, &redactor));
    assert_memory_equal(copy, want, len);
    assert_int_equal(count, words);
    redactor.kinds = 0;
    memcpy(copy, units, len);
    assert_true(redact(copy, len, &redactor));
    assert_memory_equal(copy, units, len);
    assert_false(redact(copy, len - 1, &redactor)); /* half a unit */
}

/* Each letter needs as many bytes of UTF-8 as what it stands for, so that text keeps its length. */
static void words_of_a_recording_are_replaced_by_words_as_long(void **state)
{
    assert_replaced(psb_windows_redact_path, WIN_TEXT(u"C:\\ab \u00e9x\\\u65e5\U0001F600.exe"),
                    u"C:\\zz \u0449z\\\uff5a\U0001D433zzzz", 3);
    assert_replaced(psb_windows_redact_path, WIN_TEXT(u"\\Device\\HarddiskVolume2\\ab"),
                    u"\\Device\\HarddiskVolume2\\zz", 1);
    assert_replaced(psb_windows_redact_path, WIN_TEXT(u"\\Devil\\b"), u"\\zzzzz\\z", 2);
    assert_replaced(psb_windows_redact_arguments, WIN_TEXT(u"C:\\a \"-b c\" \\\"d"), u"zz\\z \"zz z\" \\\"z",
                    5);
    assert_replaced(psb_windows_redact_user, WIN_TEXT(u"NT A\\b"), u"zz z\\z", 3);
    assert_replaced(psb_windows_redact_user, WIN_TEXT(u"S-1-5-18"), u"S-1-5-18", 0);
    static uint16_t longest[600];
    unsigned count = 0;
    psb_redactor redactor = {UINT32_MAX, replace_by_z, &count};
    for (size_t i = 0; i < 600; i++)
        longest[i] = 'q';
    assert_true(psb_windows_redact_arguments(longest, sizeof longest, &redactor));
    for (size_t i = 0; i < 600; i++)
        assert_int_equal(longest[i], 'z');
}

/* Addresses, and what lies behind a name, are in no recording. */
static void what_is_not_read_of_a_record_is_not_recorded(void **state)
{
    static const char SECRET[] = "secret";
    char raw[4096];
    unsigned count = 0;
    psb_call call = {.op = PSB_OP_WINDOWS_PROCESSES};
    psb_reply reply = {.buf = raw, .cap = sizeof raw};
    psb_redactor redactor = {0, replace_by_z, &count}; /* even if no text is to be replaced */
    assert_int_equal(psb_windows_simulate(win.world, &call, &reply), PSB_OK);
    memcpy(raw + reply.len - sizeof SECRET, SECRET, sizeof SECRET); /* the end of the last record */
    memcpy(raw + 256 + offsetof(struct psb_windows_thread, pad0), SECRET, sizeof SECRET);
    memcpy(raw + offsetof(struct psb_windows_process, pad5), SECRET, sizeof SECRET);
    struct psb_windows_process head;
    memcpy(&head, raw, sizeof head);
    assert_true(psb_windows_redact_processes(raw, reply.len, &redactor));
    for (size_t i = 0; i + sizeof SECRET <= reply.len; i++)
        assert_memory_not_equal(raw + i, SECRET, 3);
    assert_false(psb_windows_redact_processes(raw, reply.len - 16, &redactor)); /* it is cut */
    head.image_name = 256; /* the name lies on a thread */
    memcpy(raw, &head, sizeof head);
    assert_false(psb_windows_redact_processes(raw, reply.len, &redactor));
}

#define WIN(test) cmocka_unit_test_setup_teardown(test, win_setup, win_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_of_every_script_becomes_utf8),
        cmocka_unit_test(unpaired_surrogates_stay_visible_and_apart),
        WIN(text_ends_at_its_first_nul),
        WIN(text_of_an_odd_number_of_bytes_is_malformed),
        cmocka_unit_test(microsofts_own_examples_are_split_as_it_says),
        cmocka_unit_test(others_examples_are_split_as_they_say),
        cmocka_unit_test(the_name_of_the_program_has_rules_of_its_own),
        cmocka_unit_test(blanks_are_spaces_and_tabs_as_many_as_there_are),
        WIN(arguments_of_every_script_are_told),
        WIN(a_process_without_a_command_line_has_no_arguments),
        WIN(an_old_kernel_is_asked_for_the_parameters_of_the_process),
        WIN(a_command_line_of_32000_characters_is_told_to_its_end),
        WIN(every_list_of_arguments_survives_its_way_through_a_line),
        WIN(a_name_is_what_follows_the_last_backslash),
        WIN(an_image_without_a_path_is_no_file),
        WIN(the_path_of_a_device_is_told_by_its_drive),
        cmocka_unit_test(several_drives_are_told_apart_and_a_malformed_one_is_none),
        WIN(the_backslash_behind_a_directory_is_no_part_of_it),
        WIN(an_account_is_told_with_its_domain),
        cmocka_unit_test(words_of_a_recording_are_replaced_by_words_as_long),
        WIN(what_is_not_read_of_a_record_is_not_recorded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

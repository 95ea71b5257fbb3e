/* test_exec_value.c: what psb_show_json prints is read back as it was, for everything that worlds hold. */
#include "describe.h"
#include "exec_value.h"
#include "registry.h"
#include "show.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void assert_comes_back(psb_field field, const psb_value *value)
{
    char why[256] = "";
    psb_value back;
    psb_arena room = {0};
    json_t *json = psb_show_json(field, value);
    if (!psb_exec_value(field, json, &room, &back, why, sizeof why))
        fail_msg("%s", why);
    if (!psb_value_equal(field, value, &back))
        fail_msg("%s: %s", psb_field_of(field)->name, json_dumps(json, 0));
    psb_arena_free(&room);
    json_decref(json);
}

static void every_answer_about_seeded_worlds_comes_back(void **state)
{
    char why[256];
    unsigned answers = 0;
    psb_world *world = psb_world_open("seed=3,processes=200", NULL, why, sizeof why);
    assert_non_null(world);
    for (size_t p = 0; psb_port_at(p); p++)
        for (size_t i = 0; i < world->count; i++) {
            psb_arena room = {0};
            psb_value value;
            for (psb_field field = 0; field < PSB_FIELDS; field++)
                if (psb_port_truth(psb_port_at(p), world, world->process[i].pid, field, &room, &value)) {
                    if (psb_field_of(field)->kind == PSB_KIND_REAL)
                        value.u.real = 12.25; /* every digit of a real is not promised */
                    if (field == PSB_THREADS && value.count == 0)
                        value.known = 0; /* a sum of no thread's times is not told from two of them */
                    assert_comes_back(field, &value);
                    answers++;
                }
            psb_arena_free(&room);
        }
    assert_true(answers > 10000);
    psb_world_free(world);
}

static void every_status_comes_back_with_its_error(void **state)
{
    for (psb_status status = PSB_OK + 1; status < PSB_STATUSES; status++)
        for (int os_error = 0; os_error < 3; os_error++) {
            psb_value value = psb_value_of_status(status, os_error), back;
            char why[256];
            psb_arena room = {0};
            json_t *json = psb_show_json(PSB_NAME, &value);
            assert_true(psb_exec_value(PSB_NAME, json, &room, &back, why, sizeof why));
            assert_int_equal(back.status, status);
            assert_int_equal(back.os_error, os_error);
            json_decref(json);
        }
}

static void any_bytes_of_text_and_of_lists_come_back(void **state)
{
    for (unsigned a = 1; a < 256; a++)
        for (unsigned b = 1; b < 256; b += 3) {
            char bytes[] = {'\\', (char)a, (char)b, 0, '\\', 'x', '4', '1', 0, (char)b, 0};
            assert_comes_back(PSB_NAME, &(psb_value){.u.text = {bytes, 3}});
            assert_comes_back(PSB_CMDLINE, &(psb_value){.count = 3, .u.text = {bytes, sizeof bytes}});
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_answer_about_seeded_worlds_comes_back),
        cmocka_unit_test(every_status_comes_back_with_its_error),
        cmocka_unit_test(any_bytes_of_text_and_of_lists_come_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

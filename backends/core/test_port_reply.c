/*
 * test_port_reply.c: the rest of port_backend.c: room for replies, BOOT facts, the list of pids, failures
 * anywhere, and the helpers of decoders.
 */
#include "fake_port.h"
#include "registry.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static fake_world world;

static int open_cached(void **state)
{
    fake_open(&world, &psb_fake_port, PSB_CACHED);
    return 0;
}

static int open_uncached(void **state)
{
    fake_open(&world, &psb_fake_port, PSB_UNCACHED);
    return 0;
}

static int close_world(void **state)
{
    fake_close(&world);
    return 0;
}

#define CACHED(test)   cmocka_unit_test_setup_teardown(test, open_cached, close_world)
#define UNCACHED(test) cmocka_unit_test_setup_teardown(test, open_uncached, close_world)

static psb_value get(psb_pid pid, psb_field field)
{
    psb_value value;
    memset(&value, 0xa5, sizeof value);
    psb_status status = psb_get(world.snapshot, pid, field, &value);
    assert_int_equal(status, value.status);
    return value;
}

/* ---- room ---- */

static void a_reply_that_needs_more_room_is_asked_for_again(void **state)
{
    fake_demand(world.kernel, FAKE_TIMES, 64 * 4 * 4);
    assert_int_equal(get(10, PSB_PPID).u.integer, 1);
    assert_int_equal(fake_calls(world.kernel, FAKE_TIMES), 3);
    fake_demand(world.kernel, FAKE_TABLE, 1 << 20);
    assert_int_equal(get(10, PSB_NAME).status, PSB_OK);
    assert_int_equal(fake_calls(world.kernel, FAKE_TABLE), 6);
}

static void a_process_reply_that_was_large_says_nothing_of_the_next(void **state)
{
    fake_demand(world.kernel, FAKE_TIMES, 64 * 4);
    assert_int_equal(get(10, PSB_PPID).status, PSB_OK);
    assert_int_equal(get(1, PSB_PPID).status, PSB_OK);
    assert_int_equal(fake_calls(world.kernel, FAKE_TIMES), 4);
    fake_renew(&world);
    assert_int_equal(get(1, PSB_PPID).status, PSB_OK);
    assert_int_equal(fake_calls(world.kernel, FAKE_TIMES), 6);
}

static void the_size_of_a_system_reply_is_remembered_by_the_backend(void **state)
{
    fake_demand(world.kernel, FAKE_TABLE, 1 << 20);
    assert_int_equal(get(10, PSB_NAME).status, PSB_OK);
    assert_int_equal(fake_calls(world.kernel, FAKE_TABLE), 6);
    for (int i = 0; i < 3; i++) {
        fake_forget_calls(world.kernel);
        fake_renew(&world);
        assert_int_equal(get(10, PSB_NAME).status, PSB_OK);
        assert_int_equal(fake_calls(world.kernel, FAKE_TABLE), 1);
    }
}

static void the_size_of_the_list_of_pids_is_remembered_by_the_backend(void **state)
{
    psb_pidlist list;
    for (psb_pid pid = 100; pid < 600; pid++)
        fake_add(world.kernel, pid, 1);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(world.backend->ops->pids(world.backend, &list), PSB_OK);
        assert_int_equal(list.count, 502);
        psb_pidlist_free(&list);
    }
    assert_int_equal(fake_calls(world.kernel, FAKE_PIDS), 4 + 1 + 1); /* 64 bytes become 4096 */
}

static void a_reply_of_the_largest_size_is_read(void **state)
{
    static const psb_field FIELDS[] = {PSB_PPID, PSB_MEMORY_INFO, PSB_NAME};
    for (enum fake_source source = 0; source < FAKE_SOURCES; source++)
        fake_demand(world.kernel, source, PSB_REPLY_MAX);
    for (size_t i = 0; i < sizeof FIELDS / sizeof *FIELDS; i++)
        assert_int_equal(get(10, FIELDS[i]).status, PSB_OK);
}

static void a_reply_that_never_fits_is_too_small(void **state)
{
    fake_demand(world.kernel, FAKE_TIMES, SIZE_MAX);
    fake_demand(world.kernel, FAKE_TABLE, SIZE_MAX);
    assert_int_equal(get(10, PSB_PPID).status, PSB_TOOSMALL);
    assert_int_equal(fake_calls(world.kernel, FAKE_TIMES), 12); /* 64 to 256 << 20, by four */
    assert_int_equal(get(10, PSB_NAME).status, PSB_TOOSMALL);
    assert_int_equal(fake_calls(world.kernel, FAKE_TABLE), 10);
    fake_demand(world.kernel, FAKE_TIMES, 0);
    fake_demand(world.kernel, FAKE_TABLE, 0);
    fake_renew(&world);
    assert_int_equal(get(10, PSB_PPID).status, PSB_OK);
    assert_int_equal(get(10, PSB_NAME).status, PSB_OK);
}

/* From any first size, also one that times four does not meet the bound. */
static void no_room_is_larger_than_the_bound(void **state)
{
    fake_demand(world.kernel, FAKE_MEMORY, SIZE_MAX);
    assert_int_equal(get(10, PSB_MEMORY_INFO).status, PSB_TOOSMALL);
    assert_in_range(world.kernel->largest_cap, 1, PSB_REPLY_MAX);
}

static void a_reply_that_never_fits_is_asked_for_once_in_a_cached_snapshot(void **state)
{
    fake_demand(world.kernel, FAKE_TIMES, SIZE_MAX);
    assert_int_equal(get(10, PSB_PPID).status, PSB_TOOSMALL);
    fake_forget_calls(world.kernel);
    assert_int_equal(get(10, PSB_PPID).status, PSB_TOOSMALL);
    assert_int_equal(fake_all_calls(world.kernel), 0);
}

/* ---- opening, BOOT, closing ---- */

static psb_status open_failing(enum fake_source source, psb_status status, unsigned *closed,
                               psb_backend **out, fake_kernel **kernel)
{
    *closed = 0;
    *kernel = fake_kernel_open();
    (*kernel)->closed = closed;
    fake_add(*kernel, 10, 1)->rss_pages = 1;
    fake_fail(*kernel, source, status);
    return psb_port_open(&psb_fake_port, PSB_CACHED, &(*kernel)->base, out);
}

static void boot_sources_are_read_at_the_opening_only(void **state)
{
    psb_backend *backend;
    psb_snapshot *snapshot;
    psb_value value;
    fake_kernel *kernel;
    unsigned closed;
    assert_int_equal(open_failing(FAKE_TICKS, PSB_OK, &closed, &backend, &kernel), PSB_OK);
    assert_int_equal(fake_calls(kernel, FAKE_TICKS), 1);
    assert_int_equal(fake_calls(kernel, FAKE_MEMORY_SIZE), 1);
    assert_int_equal(fake_all_calls(kernel), 2);
    assert_int_equal(backend->ops->begin(backend, PSB_SPAN_PROCESS, &snapshot), PSB_OK);
    for (psb_field field = 0; field < PSB_FIELDS; field++)
        psb_get(snapshot, 10, field, &value);
    backend->ops->end(snapshot);
    assert_int_equal(fake_calls(kernel, FAKE_TICKS), 1);
    assert_int_equal(fake_calls(kernel, FAKE_MEMORY_SIZE), 1);
    backend->ops->close(backend);
    assert_int_equal(closed, 1);
}

static void a_boot_source_that_fails_leaves_its_facts_unknown(void **state)
{
    for (unsigned status = PSB_OK + 1; status < PSB_STATUSES; status++) {
        psb_backend *backend;
        psb_snapshot *snapshot;
        psb_value value;
        fake_kernel *kernel;
        unsigned closed;
        if (status == PSB_TOOSMALL || status == PSB_NOMEM)
            continue;
        assert_int_equal(open_failing(FAKE_TICKS, (psb_status)status, &closed, &backend, &kernel), PSB_OK);
        assert_int_equal(fake_calls(kernel, FAKE_MEMORY_SIZE), 1);
        assert_int_equal(backend->ops->begin(backend, PSB_SPAN_PROCESS, &snapshot), PSB_OK);
        assert_int_equal(psb_get(snapshot, 10, PSB_CPU_TIMES, &value), PSB_UNKNOWN);
        assert_int_equal(psb_get(snapshot, 10, PSB_MEMORY_INFO, &value), PSB_UNKNOWN);
        backend->ops->end(snapshot);
        backend->ops->close(backend);
        assert_int_equal(closed, 1);
    }
}

static void a_failed_opening_closes_the_kernel(void **state)
{
    psb_backend *backend;
    fake_kernel *kernel;
    unsigned closed;
    assert_int_equal(open_failing(FAKE_TICKS, PSB_NOMEM, &closed, &backend, &kernel), PSB_NOMEM);
    assert_null(backend);
    assert_int_equal(closed, 1);
}

static void a_backend_is_named_by_port_and_variant(void **state)
{
    fake_world uncached;
    assert_string_equal(world.backend->ops->name, "fake.cached");
    assert_ptr_equal(psb_port_kernel(world.backend), world.kernel);
    assert_ptr_equal(world.snapshot->backend, world.backend);
    fake_open(&uncached, &psb_fake_port, PSB_UNCACHED);
    assert_string_equal(uncached.backend->ops->name, "fake.uncached");
    fake_close(&uncached);
}

static void opening_by_description_names_what_is_wrong(void **state)
{
    char why[128];
    fake_tables tables;
    assert_null(psb_open(&psb_fake_port, PSB_CACHED, "nosuch", NULL, why, sizeof why));
    assert_non_null(strstr(why, "nosuch"));
    assert_null(psb_open(&psb_fake_port, PSB_CACHED, "native", NULL, why, sizeof why));
    assert_non_null(strstr(why, "fake"));
    fake_tables_copy(&tables, &psb_fake_port);
    tables.source[FAKE_BIRTH].room = 0;
    assert_null(psb_open(&tables.port, PSB_CACHED, "void", NULL, why, sizeof why));
    assert_non_null(strstr(why, "birth"));
    psb_backend *backend = psb_open(&psb_fake_port, PSB_CACHED, "count+void", NULL, why, sizeof why);
    assert_non_null(backend);
    backend->ops->close(backend);
}

static void the_null_backend_answers_with_nothing(void **state)
{
    psb_backend *backend = psb_null_open();
    psb_snapshot *snapshot;
    psb_value value;
    psb_pidlist list = {NULL, 1};
    assert_non_null(backend);
    assert_int_equal(backend->ops->pids(backend, &list), PSB_OK);
    assert_int_equal(list.count, 0);
    assert_int_equal(backend->ops->begin(backend, PSB_SPAN_PROCESS, &snapshot), PSB_OK);
    for (psb_field field = 0; field < PSB_FIELDS; field++) {
        memset(&value, 0xa5, sizeof value);
        assert_int_equal(psb_get(snapshot, 1, field, &value), PSB_ABSENT);
        assert_int_equal(value.status, PSB_ABSENT);
    }
    backend->ops->end(snapshot);
    backend->ops->close(backend);
}

/* ---- pids ---- */

static void pids_come_in_ascending_order(void **state)
{
    static const psb_pid MORE[] = {500, 2, INT64_C(5000000000), 499, 0, 11, 3};
    static const psb_pid SORTED[] = {0, 1, 2, 3, 10, 11, 499, 500, INT64_C(5000000000)};
    psb_pidlist list;
    for (size_t i = 0; i < sizeof MORE / sizeof *MORE; i++)
        fake_add(world.kernel, MORE[i], 1);
    assert_int_equal(world.backend->ops->pids(world.backend, &list), PSB_OK);
    assert_int_equal(list.count, sizeof SORTED / sizeof *SORTED);
    assert_memory_equal(list.pid, SORTED, sizeof SORTED);
    psb_pidlist_free(&list);
}

static void a_pid_is_listed_once_and_what_is_no_pid_never(void **state)
{
    static const psb_pid MORE[] = {10, -1, 1, INT64_MIN, 10, 7};
    static const psb_pid LISTED[] = {1, 7, 10};
    psb_pidlist list;
    for (size_t i = 0; i < sizeof MORE / sizeof *MORE; i++)
        fake_add(world.kernel, MORE[i], 1);
    assert_int_equal(world.backend->ops->pids(world.backend, &list), PSB_OK);
    assert_int_equal(list.count, sizeof LISTED / sizeof *LISTED);
    assert_memory_equal(list.pid, LISTED, sizeof LISTED);
    psb_pidlist_free(&list);
}

static void pids_are_read_anew_each_time(void **state)
{
    psb_pidlist list;
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(world.backend->ops->pids(world.backend, &list), PSB_OK);
        assert_int_equal(list.count, 2 + i);
        psb_pidlist_free(&list);
        fake_add(world.kernel, 20 + (psb_pid)i, 1);
    }
}

static void no_process_at_all_is_an_empty_list(void **state)
{
    psb_pidlist list = {NULL, 1};
    fake_remove(world.kernel, 10);
    fake_remove(world.kernel, 1);
    assert_int_equal(world.backend->ops->pids(world.backend, &list), PSB_OK);
    assert_int_equal(list.count, 0);
    psb_pidlist_free(&list);
}

static void a_failed_list_of_pids_is_empty(void **state)
{
    for (unsigned status = PSB_OK + 1; status < PSB_STATUSES; status++) {
        psb_pidlist list;
        memset(&list, 0xa5, sizeof list);
        fake_fail(world.kernel, FAKE_PIDS, (psb_status)status);
        assert_int_equal(world.backend->ops->pids(world.backend, &list), status);
        assert_null(list.pid);
        assert_int_equal(list.count, 0);
    }
}

/* ---- any call may fail ---- */

/* GET-6 */
static void an_answer_that_is_there_has_no_os_error_whatever_the_kernel_left_in_it(void **state)
{
    world.kernel->stray_error = 5;
    for (psb_field field = 0; field < PSB_FIELDS; field++) {
        psb_value value = get(10, field);
        if (value.status == PSB_OK)
            assert_int_equal(value.os_error, 0);
    }
}

static void ask_everything(psb_backend *backend)
{
    psb_snapshot *snapshot;
    psb_value value;
    psb_pidlist list;
    backend->ops->pids(backend, &list);
    psb_pidlist_free(&list);
    assert_int_equal(backend->ops->begin(backend, PSB_SPAN_PROCESS, &snapshot), PSB_OK);
    for (psb_field field = 0; field < PSB_FIELDS; field++)
        for (psb_pid pid = 10; pid < 12; pid++) {
            memset(&value, 0xa5, sizeof value);
            psb_status status = psb_get(snapshot, pid, field, &value);
            assert_int_equal(status, value.status);
        }
    backend->ops->end(snapshot);
}

static void whichever_call_fails_the_backend_lives_on(void **state)
{
    static const psb_status FAILURES[] = {PSB_GONE, PSB_DENIED, PSB_OSERROR, PSB_NOMEM, PSB_TOOSMALL};
    for (size_t failure = 0; failure < sizeof FAILURES / sizeof *FAILURES; failure++)
        for (unsigned call = 1, calls = call; call <= calls; call++)
            for (psb_variant variant = 0; variant < PSB_VARIANTS; variant++) {
                psb_backend *backend;
                fake_kernel *kernel = fake_kernel_open();
                fake_add(kernel, 10, 1);
                kernel->fail_call = call;
                kernel->fail_status = FAILURES[failure];
                calls = call + 1; /* unless the kernel says how many there are */
                if (psb_port_open(&psb_fake_port, variant, &kernel->base, &backend) != PSB_OK) {
                    assert_int_equal(FAILURES[failure], PSB_NOMEM);
                    continue;
                }
                ask_everything(backend);
                calls = fake_all_calls(kernel);
                ask_everything(backend);
                backend->ops->close(backend);
            }
}

/* ---- helpers of decoders ---- */

/* The rule itself, in a type that does not overflow. */
static bool ticks_fit(uint64_t ticks, uint64_t hz, uint64_t *ns)
{
    __extension__ unsigned __int128 exact = (unsigned __int128)ticks * 1000000000 / hz;
    *ns = (uint64_t)exact;
    return exact <= UINT64_MAX;
}

static void ticks_become_ns_rounded_down(void **state)
{
    static const uint64_t HZ[] = {1, 3, 100, 250, 300, 1000, 1024, 1000000, 1000000000};
    static const uint64_t TICKS[] = {0, 1, 2, 99, 100, 101, 1023, 1025, UINT32_MAX, UINT64_C(1) << 33};
    uint64_t ns, exact;
    for (size_t i = 0; i < sizeof HZ / sizeof *HZ; i++)
        for (size_t j = 0; j < sizeof TICKS / sizeof *TICKS; j++) {
            assert_true(ticks_fit(TICKS[j], HZ[i], &exact));
            assert_true(psb_ticks_to_ns(TICKS[j], HZ[i], &ns));
            assert_int_equal(ns, exact);
        }
}

static void ticks_that_do_not_fit_are_refused(void **state)
{
    static const uint64_t HZ[] = {100, 250, 1024};
    uint64_t ns;
    for (size_t i = 0; i < sizeof HZ / sizeof *HZ; i++) {
        assert_false(psb_ticks_to_ns(UINT64_MAX, HZ[i], &ns));
        assert_false(psb_ticks_to_ns((UINT64_MAX / 1000000000 + 1) * HZ[i], HZ[i], &ns));
        assert_true(psb_ticks_to_ns(UINT64_MAX / 1000000000 * HZ[i] - 1, HZ[i], &ns));
    }
    assert_true(psb_ticks_to_ns(UINT64_MAX / 2, 1000000000, &ns));
    assert_int_equal(ns, UINT64_MAX / 2);
}

static void ticks_are_taken_up_to_the_last_that_fits(void **state)
{
    static const uint64_t HZ[] = {100, 250, 1024};
    uint64_t ns, exact;
    for (size_t i = 0; i < sizeof HZ / sizeof *HZ; i++) {
        uint64_t edge = UINT64_MAX / 1000000000 * HZ[i];
        for (uint64_t ticks = edge - 2; ticks < edge + HZ[i] + 2; ticks++)
            assert_int_equal(psb_ticks_to_ns(ticks, HZ[i], &ns), ticks_fit(ticks, HZ[i], &exact));
    }
}

static void ticks_of_an_unknown_rate_are_no_time(void **state)
{
    psb_value out = {0};
    uint64_t ns;
    assert_false(psb_ticks_to_ns(1, 0, &ns));
    psb_part_ticks(&out, 0, 1, 0);
    psb_part_ticks(&out, 1, UINT64_MAX, 100);
    assert_int_equal(out.known, 0);
    psb_part_ticks(&out, 1, 150, 100);
    assert_int_equal(out.known, 2);
    assert_int_equal(out.u.part[1], 1500000000);
}

static void a_part_is_known_if_its_product_fits(void **state)
{
    static const struct {
        uint64_t count, unit;
        bool fits;
    } CASES[] = {
        {0, 4096, true},           {UINT64_MAX / 4096, 4096, true}, {UINT64_MAX / 4096 + 1, 4096, false},
        {UINT64_MAX, 4096, false}, {UINT64_MAX, 1, true},           {1, UINT64_MAX, true},
        {2, UINT64_MAX, false},    {UINT64_MAX, UINT64_MAX, false}, {1, 0, false},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        psb_value out = {0};
        psb_part_scaled(&out, 7, CASES[i].count, CASES[i].unit);
        assert_int_equal(out.known, CASES[i].fits ? 1u << 7 : 0);
        assert_int_equal(out.u.part[7], CASES[i].fits ? CASES[i].count * CASES[i].unit : 0);
    }
}

static void a_sum_is_known_if_both_are_and_it_fits(void **state)
{
    psb_value out = {0};
    psb_part(&out, 0, UINT64_MAX - 5);
    psb_part_sum(&out, 2, 0, 1);
    assert_int_equal(out.known, 1);
    psb_part(&out, 1, 6);
    psb_part_sum(&out, 2, 0, 1);
    assert_int_equal(out.known, 3);
    psb_part(&out, 1, 5);
    psb_part_sum(&out, 2, 0, 1);
    assert_int_equal(out.known, 7);
    assert_int_equal(out.u.part[2], UINT64_MAX);
}

static void a_copied_text_does_not_depend_on_what_it_was_copied_from(void **state)
{
    static const char BYTES[] = {'t', 't', 'y', '\xff'};
    char room[64], *from = malloc(sizeof BYTES);
    psb_arena arena;
    psb_value out = {0};
    assert_non_null(from);
    memcpy(from, BYTES, sizeof BYTES);
    psb_arena_init(&arena, room, sizeof room);
    psb_text_copy(&out, &arena, from, sizeof BYTES);
    free(from);
    assert_int_equal(out.u.text.len, sizeof BYTES);
    assert_memory_equal(out.u.text.bytes, BYTES, sizeof BYTES);
    assert_int_equal(out.u.text.bytes[sizeof BYTES], '\0');
    psb_arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CACHED(a_reply_that_needs_more_room_is_asked_for_again),
        UNCACHED(a_reply_that_needs_more_room_is_asked_for_again),
        CACHED(a_process_reply_that_was_large_says_nothing_of_the_next),
        CACHED(the_size_of_a_system_reply_is_remembered_by_the_backend),
        UNCACHED(the_size_of_a_system_reply_is_remembered_by_the_backend),
        CACHED(the_size_of_the_list_of_pids_is_remembered_by_the_backend),
        CACHED(a_reply_of_the_largest_size_is_read),
        CACHED(a_reply_that_never_fits_is_too_small),
        UNCACHED(a_reply_that_never_fits_is_too_small),
        CACHED(no_room_is_larger_than_the_bound),
        CACHED(a_reply_that_never_fits_is_asked_for_once_in_a_cached_snapshot),
        cmocka_unit_test(boot_sources_are_read_at_the_opening_only),
        cmocka_unit_test(a_boot_source_that_fails_leaves_its_facts_unknown),
        cmocka_unit_test(a_failed_opening_closes_the_kernel),
        CACHED(a_backend_is_named_by_port_and_variant),
        cmocka_unit_test(opening_by_description_names_what_is_wrong),
        cmocka_unit_test(the_null_backend_answers_with_nothing),
        CACHED(pids_come_in_ascending_order),
        CACHED(a_pid_is_listed_once_and_what_is_no_pid_never),
        CACHED(an_answer_that_is_there_has_no_os_error_whatever_the_kernel_left_in_it),
        CACHED(pids_are_read_anew_each_time),
        CACHED(no_process_at_all_is_an_empty_list),
        CACHED(a_failed_list_of_pids_is_empty),
        cmocka_unit_test(whichever_call_fails_the_backend_lives_on),
        cmocka_unit_test(ticks_become_ns_rounded_down),
        cmocka_unit_test(ticks_that_do_not_fit_are_refused),
        cmocka_unit_test(ticks_are_taken_up_to_the_last_that_fits),
        cmocka_unit_test(ticks_of_an_unknown_rate_are_no_time),
        cmocka_unit_test(a_part_is_known_if_its_product_fits),
        cmocka_unit_test(a_sum_is_known_if_both_are_and_it_fits),
        cmocka_unit_test(a_copied_text_does_not_depend_on_what_it_was_copied_from),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_describe.c: what the tables declare, and that a run makes exactly those calls. */
#include "describe.h"
#include "fake_port.h"
#include "registry.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* ---- the fake port ---- */

/* One source of a process has this status, all others answer. */
struct trouble {
    const psb_source *source;
    psb_subject subject;
    psb_status status;
};

static psb_status in_trouble(void *context, const psb_source *source, psb_subject subject)
{
    const struct trouble *trouble = context;
    return source == trouble->source && subject == trouble->subject ? trouble->status : PSB_OK;
}

/* The situation that a world is in is that which was declared for: the calls must agree. */
static void calls_as_declared(fake_world *world, psb_variant variant, psb_pid pid,
                              const psb_situation *situation)
{
    for (psb_field field = 0; field < PSB_FIELDS; field++) {
        psb_declared declared;
        psb_value value;
        psb_declare(&psb_fake_port, variant, &field, 1, situation, &declared);
        fake_renew(world);
        fake_forget_calls(world->kernel);
        psb_get(world->snapshot, pid, field, &value);
        for (enum fake_source source = 0; source < FAKE_SOURCES; source++)
            if (fake_calls(world->kernel, source) != psb_declared_calls(&declared, source))
                fail_msg("%s: %u calls of %s, declared are %u", psb_field_of(field)->name,
                         fake_calls(world->kernel, source), psb_fake_port.source[source].name,
                         psb_declared_calls(&declared, source));
    }
}

static void all_situations_as_declared(psb_pid pid, bool has_parent, enum fake_source source,
                                       psb_status status)
{
    for (psb_variant variant = 0; variant < PSB_VARIANTS; variant++) {
        fake_world world;
        struct trouble trouble = {&psb_fake_port.source[source], PSB_OF_ITSELF, status};
        psb_situation situation = {.has_parent = has_parent, .status = in_trouble, .context = &trouble};
        fake_open(&world, &psb_fake_port, variant);
        fake_fail(world.kernel, source, status);
        world.kernel->status_pid = pid;
        calls_as_declared(&world, variant, pid, &situation);
        fake_close(&world);
    }
}

static void a_process_with_a_parent_is_asked_as_declared(void **state)
{
    all_situations_as_declared(10, true, FAKE_TIMES, PSB_OK);
}

static void a_process_without_a_parent_is_asked_as_declared(void **state)
{
    all_situations_as_declared(1, false, FAKE_TIMES, PSB_OK);
}

static void a_denied_try_is_followed_as_declared(void **state)
{
    all_situations_as_declared(10, true, FAKE_EXACT, PSB_DENIED);
    all_situations_as_declared(10, true, FAKE_EXACT, PSB_GONE);
}

static void a_need_without_an_answer_ends_a_derivation_as_declared(void **state)
{
    all_situations_as_declared(10, true, FAKE_TIMES, PSB_GONE);
    all_situations_as_declared(10, true, FAKE_MEMORY, PSB_DENIED);
}

static void a_denied_start_time_is_followed_as_declared(void **state)
{
    all_situations_as_declared(10, true, FAKE_BIRTH, PSB_DENIED);
}

static void a_list_of_fields_shares_calls_when_cached_only(void **state)
{
    static const psb_field LIST[] = {PSB_PPID,        PSB_CPU_TIMES, PSB_NAME,        PSB_STATUS,
                                     PSB_CPU_PERCENT, PSB_USERNAME,  PSB_NUM_HANDLES, PSB_PARENT};
    psb_situation situation = {.has_parent = true};
    psb_declared out;
    psb_declare(&psb_fake_port, PSB_UNCACHED, LIST, sizeof LIST / sizeof *LIST, &situation, &out);
    assert_int_equal(out.calls[FAKE_TIMES][PSB_OF_ITSELF], 4);
    assert_int_equal(out.calls[FAKE_BIRTH][PSB_OF_ITSELF], 3);
    assert_int_equal(out.calls[FAKE_BIRTH][PSB_OF_PARENT], 1);
    assert_int_equal(out.calls[FAKE_TABLE][PSB_OF_SYSTEM], 2);
    assert_int_equal(out.calls[FAKE_CLOCK][PSB_OF_SYSTEM], 1);
    assert_int_equal(out.calls[FAKE_USER][PSB_OF_USER], 1);
    assert_int_equal(psb_declared_calls(&out, FAKE_BIRTH), 4);
    psb_declare(&psb_fake_port, PSB_CACHED, LIST, sizeof LIST / sizeof *LIST, &situation, &out);
    assert_int_equal(out.calls[FAKE_TIMES][PSB_OF_ITSELF], 1);
    assert_int_equal(out.calls[FAKE_BIRTH][PSB_OF_ITSELF], 1);
    assert_int_equal(out.calls[FAKE_BIRTH][PSB_OF_PARENT], 1);
    assert_int_equal(out.calls[FAKE_TABLE][PSB_OF_SYSTEM], 1);
    assert_int_equal(out.calls[FAKE_CLOCK][PSB_OF_SYSTEM], 1);
    assert_int_equal(out.calls[FAKE_USER][PSB_OF_USER], 1);
}

static void no_field_declares_no_call(void **state)
{
    psb_situation situation = {0};
    psb_declared out;
    memset(&out, 0xa5, sizeof out);
    psb_declare(&psb_fake_port, PSB_UNCACHED, NULL, 0, &situation, &out);
    for (size_t source = 0; source < PSB_SOURCES_MAX; source++)
        assert_int_equal(psb_declared_calls(&out, source), 0);
}

static void a_port_has_its_own_and_derived_fields(void **state)
{
    assert_true(psb_port_has(&psb_fake_port, PSB_PPID));
    assert_true(psb_port_has(&psb_fake_port, PSB_PARENT));
    assert_true(psb_port_has(&psb_fake_port, PSB_USERNAME));
    assert_false(psb_port_has(&psb_fake_port, PSB_NUM_HANDLES));
}

static void a_port_lacks_what_cannot_be_derived(void **state)
{
    fake_tables tables;
    fake_tables_copy(&tables, &psb_fake_port);
    tables.method[PSB_CREATE_TIME] = (psb_method){0};
    assert_false(psb_port_has(&tables.port, PSB_CREATE_TIME));
    assert_false(psb_port_has(&tables.port, PSB_PARENT));
    assert_false(psb_port_has(&tables.port, PSB_CPU_PERCENT));
    assert_true(psb_port_has(&tables.port, PSB_USERNAME));
}

static void a_source_is_found_by_its_op(void **state)
{
    for (size_t i = 0; i < psb_fake_port.sources; i++)
        assert_ptr_equal(psb_source_of_op(&psb_fake_port, psb_fake_port.source[i].op),
                         &psb_fake_port.source[i]);
    assert_null(psb_source_of_op(&psb_fake_port, PSB_OP_NOTHING));
    assert_null(psb_source_of_op(&psb_fake_port, PSB_OPS));
}

static void scopes_and_variants_have_names(void **state)
{
    assert_string_equal(psb_scope_name(PSB_SCOPE_BOOT), "boot");
    assert_string_equal(psb_scope_name(PSB_SCOPE_SYSTEM), "system");
    assert_string_equal(psb_scope_name(PSB_SCOPE_PROCESS), "process");
    assert_string_equal(psb_scope_name(PSB_SCOPE_USER), "user");
    assert_string_equal(psb_variant_name(PSB_UNCACHED), "uncached");
    assert_string_equal(psb_variant_name(PSB_CACHED), "cached");
}

/* ---- Linux ---- */

/* What psutil 5.9.4 reads within one oneshot(). */
static const psb_field ONESHOT[] = {
    PSB_CPU_NUM,        PSB_CPU_PERCENT, PSB_CPU_TIMES,        PSB_GIDS,        PSB_MEMORY_INFO,
    PSB_MEMORY_PERCENT, PSB_NAME,        PSB_NUM_CTX_SWITCHES, PSB_NUM_THREADS, PSB_PARENT,
    PSB_PPID,           PSB_STATUS,      PSB_TERMINAL,         PSB_UIDS,        PSB_USERNAME,
};
enum { ONESHOT_COUNT = sizeof ONESHOT / sizeof *ONESHOT };

static size_t linux_source(uint32_t op)
{
    const psb_port *port = psb_port_named("linux");
    return (size_t)(psb_source_of_op(port, op) - port->source);
}

static void linux_declares(psb_variant variant, bool has_parent, const uint32_t expected[6])
{
    const psb_port *port = psb_port_named("linux");
    psb_situation situation = {.has_parent = has_parent};
    psb_declared out;
    uint32_t all = 0, sum = 0;
    psb_declare(port, variant, ONESHOT, ONESHOT_COUNT, &situation, &out);
    assert_int_equal(out.calls[linux_source(PSB_OP_LINUX_STAT)][PSB_OF_ITSELF], expected[0]);
    assert_int_equal(out.calls[linux_source(PSB_OP_LINUX_STAT)][PSB_OF_PARENT], expected[1]);
    assert_int_equal(out.calls[linux_source(PSB_OP_LINUX_STATUS)][PSB_OF_ITSELF], expected[2]);
    assert_int_equal(out.calls[linux_source(PSB_OP_LINUX_STATM)][PSB_OF_ITSELF], expected[3]);
    assert_int_equal(out.calls[linux_source(PSB_OP_USER_NAME)][PSB_OF_USER], expected[4]);
    assert_int_equal(out.calls[linux_source(PSB_OP_CLOCK)][PSB_OF_SYSTEM], expected[5]);
    for (int i = 0; i < 6; i++)
        sum += expected[i];
    for (size_t source = 0; source < port->sources; source++)
        all += psb_declared_calls(&out, source);
    assert_int_equal(all, sum); /* and nothing else */
}

static void linux_declares_the_calls_of_a_oneshot(void **state)
{
    linux_declares(PSB_UNCACHED, true, (const uint32_t[]){8, 1, 5, 2, 1, 1});
    linux_declares(PSB_CACHED, true, (const uint32_t[]){1, 1, 1, 1, 1, 1});
}

static void linux_declares_no_parents_stat_without_a_parent(void **state)
{
    linux_declares(PSB_UNCACHED, false, (const uint32_t[]){8, 0, 5, 2, 1, 1});
    linux_declares(PSB_CACHED, false, (const uint32_t[]){1, 0, 1, 1, 1, 1});
}

/* What a run made, and how its calls were answered. */
struct run {
    const psb_counted *log;
    size_t logged;
    psb_pid self;
};

static psb_status as_it_was(void *context, const psb_source *source, psb_subject subject)
{
    const struct run *run = context;
    for (size_t i = 0; i < run->logged; i++)
        if (run->log[i].call.op == (uint32_t)source->op &&
            (source->scope != PSB_SCOPE_PROCESS ||
             (run->log[i].call.pid == run->self) == (subject == PSB_OF_ITSELF)))
            return run->log[i].status;
    return PSB_OK;
}

static uint32_t calls_about_itself(const struct run *run, psb_op op)
{
    uint32_t calls = 0;
    for (size_t i = 0; i < run->logged; i++)
        calls += run->log[i].call.op == (uint32_t)op && run->log[i].call.pid == run->self;
    return calls;
}

static void run_is_as_declared(const psb_port *port, const struct run *run, const psb_count *count,
                               const psb_declared *declared)
{
    for (size_t source = 0; source < port->sources; source++) {
        psb_op op = port->source[source].op;
        assert_int_equal(count[op].calls, psb_declared_calls(declared, source));
        if (port->source[source].scope == PSB_SCOPE_PROCESS)
            assert_int_equal(calls_about_itself(run, op), declared->calls[source][PSB_OF_ITSELF]);
    }
}

static void linux_runs_as_declared(psb_variant variant, const psb_field *field, size_t fields)
{
    const psb_port *port = psb_port_named("linux");
    char why[128];
    psb_snapshot *before, *snapshot;
    psb_declared declared;
    psb_value ppid, value;
    psb_backend *backend = psb_open(port, variant, "count+native", NULL, why, sizeof why);
    assert_non_null(backend);
    psb_kernel *count = psb_kernel_find(psb_port_kernel(backend), "count");
    struct run run = {.self = getpid()};
    assert_int_equal(backend->ops->begin(backend, PSB_SPAN_PROCESS, &before), PSB_OK);
    assert_int_equal(psb_get(before, run.self, PSB_PPID, &ppid), PSB_OK);
    backend->ops->end(before);
    psb_count_reset(count);
    assert_int_equal(backend->ops->begin(backend, PSB_SPAN_PROCESS, &snapshot), PSB_OK);
    for (size_t i = 0; i < fields; i++)
        psb_get(snapshot, run.self, field[i], &value);
    backend->ops->end(snapshot);
    run.logged = psb_count_log(count, &run.log);
    psb_situation situation = {.has_parent = ppid.u.integer != 0, .status = as_it_was, .context = &run};
    psb_declare(port, variant, field, fields, &situation, &declared);
    run_is_as_declared(port, &run, psb_count_read(count), &declared);
    backend->ops->close(backend);
}

static bool on_linux(void)
{
    return psb_native_leaf.port && strcmp(psb_native_leaf.port, "linux") == 0;
}

static void linux_makes_the_declared_calls_of_a_oneshot(void **state)
{
    if (!on_linux())
        skip();
    linux_runs_as_declared(PSB_UNCACHED, ONESHOT, ONESHOT_COUNT);
    linux_runs_as_declared(PSB_CACHED, ONESHOT, ONESHOT_COUNT);
}

static void linux_makes_the_declared_calls_of_every_field(void **state)
{
    psb_field all[PSB_FIELDS] = {0};
    if (!on_linux())
        skip();
    for (psb_field field = 0; field < PSB_FIELDS; field++) {
        all[field] = field;
        linux_runs_as_declared(PSB_UNCACHED, &field, 1);
    }
    linux_runs_as_declared(PSB_CACHED, all, PSB_FIELDS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_process_with_a_parent_is_asked_as_declared),
        cmocka_unit_test(a_process_without_a_parent_is_asked_as_declared),
        cmocka_unit_test(a_denied_try_is_followed_as_declared),
        cmocka_unit_test(a_need_without_an_answer_ends_a_derivation_as_declared),
        cmocka_unit_test(a_denied_start_time_is_followed_as_declared),
        cmocka_unit_test(a_list_of_fields_shares_calls_when_cached_only),
        cmocka_unit_test(no_field_declares_no_call),
        cmocka_unit_test(a_port_has_its_own_and_derived_fields),
        cmocka_unit_test(a_port_lacks_what_cannot_be_derived),
        cmocka_unit_test(a_source_is_found_by_its_op),
        cmocka_unit_test(scopes_and_variants_have_names),
        cmocka_unit_test(linux_declares_the_calls_of_a_oneshot),
        cmocka_unit_test(linux_declares_no_parents_stat_without_a_parent),
        cmocka_unit_test(linux_makes_the_declared_calls_of_a_oneshot),
        cmocka_unit_test(linux_makes_the_declared_calls_of_every_field),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

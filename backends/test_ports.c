/*
 * test_ports.c: what every port must do, over its simulated kernel. A port that is in ports.def is tested
 * here without another line.
 */
#include "describe.h"
#include "registry.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { PROCESSES = 300 };

static const uint64_t SEEDS[] = {1, 7, 12345};

static psb_backend *open_port(const psb_port *port, psb_variant variant, const char *kernel,
                              const psb_world *world)
{
    char why[256] = "";
    psb_backend *backend = psb_open(port, variant, kernel, world, why, sizeof why);
    if (!backend)
        fail_msg("%s", why);
    return backend;
}

/* Reals go through a kernel's units on their way. */
static bool is_true(psb_field field, const psb_value *truth, const psb_value *value)
{
    if (psb_field_of(field)->kind != PSB_KIND_REAL || truth->status != PSB_OK || value->status != PSB_OK)
        return psb_value_equal(field, truth, value);
    double difference = truth->u.real - value->u.real, limit = 1e-9 + 1e-9 * truth->u.real;
    return difference < limit && -difference < limit;
}

static void every_field_of_a_process_is_true(const psb_port *port, psb_snapshot *snapshot,
                                             const psb_world *world, psb_pid pid)
{
    psb_arena room = {0};
    for (psb_field field = 0; field < PSB_FIELDS; field++) {
        psb_value truth, value;
        if (!psb_port_truth(port, world, pid, field, &room, &truth))
            continue;
        psb_get(snapshot, pid, field, &value);
        if (!is_true(field, &truth, &value))
            fail_msg("%s: %s of pid %lld: status %s, %lld (true: %s, %lld); known %x (%x); count %u (%u)",
                     port->name, psb_field_of(field)->name, (long long)pid, psb_status_name(value.status),
                     (long long)value.u.integer, psb_status_name(truth.status), (long long)truth.u.integer,
                     value.known, truth.known, value.count, truth.count);
    }
    psb_arena_free(&room);
}

static void the_world_is_told(const psb_port *port, const psb_world *world)
{
    for (psb_variant variant = PSB_UNCACHED; variant < PSB_VARIANTS; variant++) {
        psb_backend *backend = open_port(port, variant, "sim", world);
        for (size_t i = 0; i < world->count; i++) {
            psb_snapshot *snapshot;
            assert_int_equal(backend->ops->begin(backend, PSB_SPAN_PROCESS, &snapshot), PSB_OK);
            every_field_of_a_process_is_true(port, snapshot, world, world->process[i].pid);
            backend->ops->end(snapshot);
        }
        backend->ops->close(backend);
    }
}

static void each_port_tells_the_truth_of_seeded_worlds(void **state)
{
    for (size_t p = 0; psb_port_at(p); p++)
        for (size_t s = 0; s < sizeof SEEDS / sizeof *SEEDS; s++) {
            psb_world *world = psb_world_make(SEEDS[s], PROCESSES);
            assert_non_null(world);
            the_world_is_told(psb_port_at(p), world);
            psb_world_free(world);
        }
}

static void each_port_tells_the_truth_of_each_kind(void **state)
{
    psb_world *world = psb_world_make(1, 20);
    assert_non_null(world);
    size_t kinds = 0;
    for (const psb_world_kind *kind; (kind = psb_world_kind_at(kinds)); kinds++)
        assert_true(psb_world_add(world, kind) > 0);
    assert_int_equal(world->count, 20 + kinds);
    for (size_t p = 0; psb_port_at(p); p++)
        the_world_is_told(psb_port_at(p), world);
    psb_world_free(world);
}

/* This machine's own processes, told by the port of its OS, and told again through every other OS. */
static void each_port_tells_of_this_machines_processes(void **state)
{
    const psb_port *native = psb_native_leaf.port ? psb_port_named(psb_native_leaf.port) : NULL;
    if (!native)
        skip();
    psb_backend *backend = open_port(native, PSB_CACHED, "native", NULL);
    psb_world *world = psb_world_live(backend);
    backend->ops->close(backend);
    assert_non_null(world);
    assert_true(world->count > 0);
    for (size_t p = 0; psb_port_at(p); p++)
        the_world_is_told(psb_port_at(p), world);
    psb_world_free(world);
}

/* One snapshot over all processes: a table of the whole system is fetched once for all of them. */
static void each_port_tells_the_truth_in_one_snapshot_of_all(void **state)
{
    psb_world *world = psb_world_make(3, PROCESSES);
    for (size_t p = 0; psb_port_at(p); p++)
        for (int v = 0; v < PSB_VARIANTS * 2; v++) {
            psb_snapshot *snapshot;
            psb_backend *backend = open_port(psb_port_at(p), (psb_variant)(v / 2), "sim", world);
            assert_int_equal(
                backend->ops->begin(backend, v % 2 ? PSB_SPAN_SWEEP : PSB_SPAN_PROCESS, &snapshot), PSB_OK);
            for (size_t i = 0; i < world->count; i++)
                every_field_of_a_process_is_true(psb_port_at(p), snapshot, world, world->process[i].pid);
            backend->ops->end(snapshot);
            backend->ops->close(backend);
        }
    psb_world_free(world);
}

/* What a sweep reads out of a table it asks of no process, and the table is asked once. */
static void a_cached_sweep_reads_each_table_once(void **state)
{
    int tables = 0;
    psb_world *world = psb_world_make(3, PROCESSES);
    for (size_t p = 0; psb_port_at(p); p++) {
        const psb_port *port = psb_port_at(p);
        psb_backend *backend = open_port(port, PSB_CACHED, "count+sim", world);
        psb_kernel *counter = psb_kernel_find(psb_port_kernel(backend), "count");
        psb_snapshot *snapshot;
        psb_value value;
        psb_count_reset(counter);
        assert_int_equal(backend->ops->begin(backend, PSB_SPAN_SWEEP, &snapshot), PSB_OK);
        for (size_t i = 0; i < world->count; i++)
            for (psb_field field = 0; field < PSB_FIELDS; field++)
                psb_get(snapshot, world->process[i].pid, field, &value);
        backend->ops->end(snapshot);
        for (size_t s = 0; s < port->sources; s++)
            if (port->source[s].table) {
                tables++;
                assert_int_equal(psb_count_read(counter)[port->source[s].op].calls, 0);
                assert_int_equal(psb_count_read(counter)[port->source[port->source[s].table].op].calls, 1);
            }
        backend->ops->close(backend);
    }
    assert_true(tables >= 4 || !psb_port_named("freebsd")); /* the template has none */
    psb_world_free(world);
}

/* A reply that ends in the middle of a record, or holds nothing, has as many records as are whole. */
static void the_records_of_a_table_end_where_its_bytes_do(void **state)
{
    char *raw = malloc(1 << 20), why[256];
    psb_world *world = psb_world_make(2, 60);
    for (size_t p = 0; psb_port_at(p); p++) {
        const psb_port *port = psb_port_at(p);
        const psb_source *source = &port->source[port->pids_source];
        psb_kernel *kernel = psb_open_kernel(port, "sim", world, why, sizeof why);
        psb_call call = {.op = source->op};
        psb_reply reply = {.buf = raw, .cap = 1 << 20};
        psb_record record;
        memcpy(call.arg, source->arg, sizeof call.arg);
        assert_int_equal(psb_kernel_call(kernel, &call, &reply), PSB_OK);
        for (size_t len = reply.len; len > 0; len = len * 9 / 10) {
            char *exact = malloc(len); /* to its last byte: ASan sees a read behind it */
            size_t at = 0, records = 0;
            memcpy(exact, raw, len);
            for (; source->record(exact, len, &at, &record); records++)
                assert_true(record.len <= len && record.offset <= len - record.len && at <= len);
            assert_true(len == reply.len ? records == world->count : records < world->count);
            free(exact);
        }
        psb_kernel_close(kernel);
    }
    psb_world_free(world);
    free(raw);
}

static void each_port_lists_every_process(void **state)
{
    psb_world *world = psb_world_make(5, 2000);
    for (size_t p = 0; psb_port_at(p); p++) {
        psb_pidlist list;
        psb_backend *backend = open_port(psb_port_at(p), PSB_CACHED, "sim", world);
        assert_int_equal(backend->ops->pids(backend, &list), PSB_OK);
        assert_int_equal(list.count, world->count);
        for (size_t i = 0; i < list.count; i++)
            assert_int_equal(list.pid[i], world->process[i].pid);
        psb_pidlist_free(&list);
        backend->ops->close(backend);
    }
    psb_world_free(world);
}

static void a_process_that_is_not_there_is_gone_on_every_port(void **state)
{
    static const psb_pid NOBODY[] = {3, 5, 999999, -1};
    psb_world *world = psb_world_make(1, 50);
    for (size_t p = 0; psb_port_at(p); p++) {
        psb_snapshot *snapshot;
        psb_backend *backend = open_port(psb_port_at(p), PSB_CACHED, "sim", world);
        assert_int_equal(backend->ops->begin(backend, PSB_SPAN_PROCESS, &snapshot), PSB_OK);
        for (size_t n = 0; n < sizeof NOBODY / sizeof *NOBODY; n++)
            for (psb_field field = 0; field < PSB_FIELDS; field++) {
                psb_value value;
                psb_get(snapshot, NOBODY[n], field, &value);
                if (psb_port_has(psb_port_at(p), field) && value.status != PSB_GONE)
                    fail_msg("%s: %s of nobody is %s", psb_port_at(p)->name, psb_field_of(field)->name,
                             psb_status_name(value.status));
            }
        backend->ops->end(snapshot);
        backend->ops->close(backend);
    }
    psb_world_free(world);
}

/* Born, changed and dead between two snapshots; the one that runs keeps what it read. */
static void births_deaths_and_changes_are_seen_by_the_next_snapshot(void **state)
{
    for (size_t p = 0; psb_port_at(p); p++) {
        psb_world *world = psb_world_make(9, 40);
        psb_backend *backend = open_port(psb_port_at(p), PSB_CACHED, "sim", world);
        psb_process born = *psb_world_find(world, 8);
        psb_snapshot *first, *second;
        psb_value value;
        born.pid = 4001;
        assert_int_equal(backend->ops->begin(backend, PSB_SPAN_PROCESS, &first), PSB_OK);
        assert_int_equal(psb_get(first, 16, PSB_PPID, &value), PSB_OK);
        assert_true(psb_world_spawn(world, &born));
        psb_world_find(world, 16)->ppid = 1;
        psb_world_kill(world, 24);
        int64_t before = value.u.integer;
        assert_int_equal(psb_get(first, 16, PSB_PPID, &value), PSB_OK);
        assert_int_equal(value.u.integer, before);
        assert_int_equal(backend->ops->begin(backend, PSB_SPAN_PROCESS, &second), PSB_OK);
        assert_int_equal(psb_get(second, 16, PSB_PPID, &value), PSB_OK);
        assert_int_equal(value.u.integer, 1);
        assert_int_equal(psb_get(second, 24, PSB_PPID, &value), PSB_GONE);
        every_field_of_a_process_is_true(psb_port_at(p), second, world, 4001);
        backend->ops->end(first);
        backend->ops->end(second);
        backend->ops->close(backend);
        psb_world_free(world);
    }
}

/* As far as it is told: a record may have fewer parts for a stranger, but one at least. */
static bool is_true_of_what_is_told(psb_field field, psb_value truth, const psb_value *value)
{
    if (psb_field_of(field)->kind == PSB_KIND_RECORD && value->status == PSB_OK && value->known != 0)
        truth.known &= value->known;
    return is_true(field, &truth, value);
}

/* A stranger is refused what is the owner's, and told everything else as before: never a failure, never a
 * lie. */
static void who_may_not_see_a_field_is_refused_or_told_the_truth(void **state)
{
    psb_world *world = psb_world_make(11, PROCESSES);
    world->caller_uid = 4000;
    for (size_t p = 0; psb_port_at(p); p++) {
        const psb_port *port = psb_port_at(p);
        psb_backend *backend = open_port(port, PSB_CACHED, "sim", world);
        for (size_t i = 0; i < world->count; i++) {
            psb_arena room = {0};
            psb_snapshot *snapshot;
            assert_int_equal(backend->ops->begin(backend, PSB_SPAN_PROCESS, &snapshot), PSB_OK);
            for (psb_field field = 0; field < PSB_FIELDS; field++) {
                psb_value truth, value;
                psb_get(snapshot, world->process[i].pid, field, &value);
                if (psb_port_truth(port, world, world->process[i].pid, field, &room, &truth) &&
                    value.status != PSB_DENIED && !is_true_of_what_is_told(field, truth, &value))
                    fail_msg("%s: %s of pid %lld, asked by a stranger, is %s", port->name,
                             psb_field_of(field)->name, (long long)world->process[i].pid,
                             psb_status_name(value.status));
            }
            backend->ops->end(snapshot);
            psb_arena_free(&room);
        }
        backend->ops->close(backend);
    }
    psb_world_free(world);
}

/* Without page size, tick rate and the like some records have no part that is known: then there is no answer. */
static void a_record_without_a_known_part_is_no_answer(void **state)
{
    psb_world *world = psb_world_make(2, 60);
    for (size_t p = 0; psb_port_at(p); p++)
        for (int call = 1; call <= 6; call++) {
            char stack[32];
            psb_snapshot *snapshot;
            snprintf(stack, sizeof stack, "fault=%d:eio+sim", call);
            psb_backend *backend = open_port(psb_port_at(p), PSB_CACHED, stack, world);
            assert_int_equal(backend->ops->begin(backend, PSB_SPAN_PROCESS, &snapshot), PSB_OK);
            for (psb_field field = 0; field < PSB_FIELDS; field++) {
                psb_value value;
                psb_get(snapshot, 16, field, &value);
                if (psb_field_of(field)->kind == PSB_KIND_RECORD && value.status == PSB_OK &&
                    value.known == 0)
                    fail_msg("%s: %s with call %d refused", psb_port_at(p)->name, psb_field_of(field)->name,
                             call);
            }
            backend->ops->end(snapshot);
            backend->ops->close(backend);
        }
    psb_world_free(world);
}

/* The parsers of every source take any bytes: here those of the simulated kernel, cut and changed (fixed
 * seed). */
static uint64_t draw(uint64_t *state)
{
    return (*state = *state * UINT64_C(6364136223846793005) + 1442695040888963407u) >> 33;
}

static psb_aliases *aliases;

static void parse_spoiled(const psb_source *source, const char *raw, size_t len, psb_pid pid, uint64_t *state)
{
    static const char BYTES[] = {0, '\n', ' ', '(', ')', '-', '9', ':', (char)0xff, 1};
    size_t cut = draw(state) % 4 ? len : (size_t)(draw(state) % (len + 1));
    char *exact = malloc(cut + !cut);
    void *parsed = calloc(1, source->scope == PSB_SCOPE_BOOT ? sizeof(psb_facts) : source->parsed_size);
    assert_non_null(exact);
    assert_non_null(parsed);
    memcpy(exact, raw, cut);
    for (uint64_t n = draw(state) % 4; n > 0 && cut > 0; n--)
        exact[draw(state) % cut] = BYTES[draw(state) % sizeof BYTES];
    source->parse(exact, cut, pid, parsed);
    if (source->redact)
        source->redact(exact, cut, &(psb_redactor){(1u << PSB_TEXTS) - 1, psb_alias, aliases});
    free(parsed);
    free(exact);
}

static void every_parser_takes_any_bytes(void **state)
{
    uint64_t seed = 42;
    psb_world *world = psb_world_make(2, 60);
    char *raw = malloc(1 << 20), why[256];
    aliases = psb_aliases_open();
    for (size_t p = 0; psb_port_at(p); p++) {
        const psb_port *port = psb_port_at(p);
        psb_kernel *kernel = psb_open_kernel(port, "sim", world, why, sizeof why);
        assert_non_null(kernel);
        for (size_t s = 0; s < port->sources; s++)
            for (size_t i = 0; port->source[s].parse && i < world->count; i++) {
                psb_pid pid = port->source[s].scope == PSB_SCOPE_USER ? 1000 : world->process[i].pid;
                psb_call call = {.op = port->source[s].op, .pid = pid};
                psb_reply reply = {.buf = raw, .cap = 1 << 20};
                memcpy(call.arg, port->source[s].arg, sizeof call.arg);
                if (psb_kernel_call(kernel, &call, &reply) == PSB_OK)
                    for (int n = 0; n < 20; n++)
                        parse_spoiled(&port->source[s], raw, reply.len, pid, &seed);
            }
        psb_kernel_close(kernel);
    }
    free(raw);
    psb_aliases_close(aliases);
    psb_world_free(world);
}

/* psb_declare is computed from the tables, apart from the code that makes the calls: the two must agree. */
static psb_status status_of(void *context, const psb_source *source, psb_subject subject)
{
    const psb_kernel *counter = context;
    const psb_counted *log;
    size_t count = psb_count_log(counter, &log);
    for (size_t i = 0; i < count; i++)
        if (log[i].call.op == source->op && memcmp(log[i].call.arg, source->arg, sizeof source->arg) == 0 &&
            (subject >= PSB_OF_USER || (log[i].call.pid == 16) == (subject == PSB_OF_ITSELF)))
            return log[i].status;
    return PSB_OK;
}

static void each_port_makes_the_calls_that_it_declares(void **state)
{
    psb_world *world = psb_world_make(4, 50);
    psb_field field[PSB_FIELDS];
    for (psb_field f = 0; f < PSB_FIELDS; f++)
        field[f] = f;
    for (size_t p = 0; psb_port_at(p); p++)
        for (psb_variant variant = PSB_UNCACHED; variant < PSB_VARIANTS; variant++) {
            const psb_port *port = psb_port_at(p);
            psb_backend *backend = open_port(port, variant, "count+sim", world);
            psb_kernel *counter = psb_kernel_find(psb_port_kernel(backend), "count");
            psb_situation situation = {.has_parent = true, .status = status_of, .context = counter};
            psb_declared declared;
            psb_snapshot *snapshot;
            psb_value value;
            uint64_t due[PSB_OPS] = {0};
            psb_count_reset(counter);
            assert_int_equal(backend->ops->begin(backend, PSB_SPAN_PROCESS, &snapshot), PSB_OK);
            for (psb_field f = 0; f < PSB_FIELDS; f++)
                psb_get(snapshot, 16, f, &value);
            backend->ops->end(snapshot);
            psb_declare(port, variant, field, PSB_FIELDS, &situation, &declared);
            for (size_t s = 0; s < port->sources; s++)
                due[port->source[s].op] += psb_declared_calls(&declared, s);
            for (uint32_t op = 0; op < PSB_OPS; op++)
                if (psb_count_read(counter)[op].calls != due[op])
                    fail_msg("%s: op %s is called %llu times, declared %llu", port->name, psb_op_name(op),
                             (unsigned long long)psb_count_read(counter)[op].calls,
                             (unsigned long long)due[op]);
            backend->ops->close(backend);
        }
    psb_world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_port_tells_the_truth_of_seeded_worlds),
        cmocka_unit_test(each_port_tells_the_truth_of_each_kind),
        cmocka_unit_test(each_port_tells_of_this_machines_processes),
        cmocka_unit_test(each_port_tells_the_truth_in_one_snapshot_of_all),
        cmocka_unit_test(a_cached_sweep_reads_each_table_once),
        cmocka_unit_test(the_records_of_a_table_end_where_its_bytes_do),
        cmocka_unit_test(each_port_lists_every_process),
        cmocka_unit_test(a_process_that_is_not_there_is_gone_on_every_port),
        cmocka_unit_test(births_deaths_and_changes_are_seen_by_the_next_snapshot),
        cmocka_unit_test(who_may_not_see_a_field_is_refused_or_told_the_truth),
        cmocka_unit_test(a_record_without_a_known_part_is_no_answer),
        cmocka_unit_test(every_parser_takes_any_bytes),
        cmocka_unit_test(each_port_makes_the_calls_that_it_declares),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

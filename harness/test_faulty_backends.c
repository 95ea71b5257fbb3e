/*
 * test_faulty_backends.c: can the mistakes of backends/faulty be found? By what every suite can do: hold answers against a world,
 * a snapshot against itself and the next, calls against those of the sound port, and what is left behind against nothing.
 */
#include "faulty.h"

#include "describe.h"
#include "host.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { PROCESSES = 120, STRANGER = 4711, ROUNDS = 40 };

/* ---- a world that leads astray ---- */

static psb_world_text text(const char *bytes)
{
    return (psb_world_text){bytes, strlen(bytes), 0};
}

static psb_process ordinary(const psb_world *world, psb_pid pid)
{
    psb_process process = {0};
    for (size_t i = 1; i < world->count && process.pid == 0; i++)
        if (world->process[i].state == PSB_STATE_SLEEPING && !world->process[i].is_kernel)
            process = world->process[i];
    process.pid = pid;
    process.threads = 1;
    return process;
}

static void spawn(psb_world *world, psb_process process)
{
    assert_true(psb_world_spawn(world, &process));
}

static void spawn_named(psb_world *world, psb_pid pid, const char *name)
{
    psb_process process = ordinary(world, pid);
    process.name = text(name);
    spawn(world, process);
}

static void spawn_numbers(psb_world *world)
{
    psb_process idle = ordinary(world, 5104), late = ordinary(world, 5120), busy = ordinary(world, 5136),
                often = ordinary(world, 5144);
    idle.state = PSB_STATE_IDLE;
    late.terminal = 250;
    busy.cpu_ns[PSB_CPU_TIMES_USER] = 3 * (uint64_t)(world->now_ns - busy.created_ns);
    often.switches[PSB_NUM_CTX_SWITCHES_VOLUNTARY] = 2900000000;
    often.switches[PSB_NUM_CTX_SWITCHES_INVOLUNTARY] = 100000000;
    often.switches[PSB_NUM_CTX_SWITCHES_TOTAL] = 3000000000;
    spawn(world, idle);
    spawn(world, late);
    spawn(world, busy);
    spawn(world, often);
}

static void spawn_families(psb_world *world)
{
    psb_process young = ordinary(world, 5152), old = ordinary(world, 5160), parent = ordinary(world, 70000),
                child = ordinary(world, 70008);
    young.created_ns = world->now_ns - 1000000000;
    old.ppid = young.pid;
    child.ppid = parent.pid;
    child.created_ns = parent.created_ns;
    spawn(world, young);
    spawn(world, old);
    spawn(world, parent);
    spawn(world, child);
}

static psb_world *hostile_world(void)
{
    static char arguments[10000];
    psb_world *world = psb_world_make(17, PROCESSES);
    assert_non_null(world);
    memset(arguments, 'x', sizeof arguments);
    arguments[1] = arguments[5000] = arguments[sizeof arguments - 1] = '\0';
    psb_process talkative = ordinary(world, 5112);
    talkative.cmdline = (psb_world_text){arguments, sizeof arguments, 3};
    spawn(world, talkative);
    spawn_named(world, 5080, "Uid:\t7\t8\t9");
    spawn_named(world, 5088, "Threads:\t77");
    spawn_named(world, 5096, "a) R 1 2 3");
    spawn_numbers(world);
    spawn_families(world);
    return world;
}

/* ---- what is found ---- */

/* By field; PSB_FIELDS: the list. */
struct finds {
    const psb_faulty *faulty;
    psb_faulty_port port;
    const char *found[PSB_FIELDS + 1]; /* by which look */
};

static void find(struct finds *finds, psb_field field, const char *look)
{
    if (!finds->found[field])
        finds->found[field] = look;
}

static psb_backend *opened(const struct finds *finds, psb_variant variant, const char *stack,
                           const psb_world *world, psb_kernel **kernel)
{
    char why[256] = "";
    psb_backend *backend =
        psb_faulty_open(finds->faulty, &finds->port, variant, stack, world, kernel, why, sizeof why);
    if (!backend)
        fail_msg("%s: %s", finds->faulty->id, why);
    return backend;
}

static psb_snapshot *begun(psb_backend *backend, psb_span span)
{
    psb_snapshot *snapshot;
    assert_int_equal(backend->ops->begin(backend, span, &snapshot), PSB_OK);
    return snapshot;
}

/* Reals go through a kernel's units; a stranger is refused, or told some parts. */
static bool is_true(const psb_world *world, psb_field field, psb_value truth, const psb_value *value)
{
    if (world->caller_uid != 0 && value->status == PSB_DENIED)
        return true;
    if (world->caller_uid != 0 && psb_field_of(field)->kind == PSB_KIND_RECORD && value->known != 0)
        truth.known &= value->known;
    if (psb_field_of(field)->kind != PSB_KIND_REAL || truth.status != PSB_OK || value->status != PSB_OK)
        return psb_value_equal(field, &truth, value);
    double difference = truth.u.real - value->u.real, limit = 1e-9 + 1e-9 * truth.u.real;
    return difference < limit && -difference < limit;
}

/* ---- looks ---- */

static void look_at_answers(struct finds *finds, const psb_world *world, psb_variant variant, psb_span span)
{
    psb_backend *backend = opened(finds, variant, "sim", world, NULL);
    psb_snapshot *snapshot = begun(backend, span);
    for (size_t i = 0; i < world->count; i++) {
        psb_arena room = {0};
        for (psb_field field = 0; field < PSB_FIELDS; field++) {
            psb_value truth, value;
            psb_get(snapshot, world->process[i].pid, field, &value);
            if (psb_port_truth(psb_port_named(finds->faulty->port), world, world->process[i].pid, field,
                               &room, &truth) &&
                !is_true(world, field, truth, &value))
                find(finds, field, "truth");
        }
        psb_arena_free(&room);
    }
    backend->ops->end(snapshot);
    backend->ops->close(backend);
}

static void look_at_list(struct finds *finds, const psb_world *world)
{
    psb_backend *backend = opened(finds, PSB_CACHED, "sim", world, NULL);
    psb_pidlist list;
    assert_int_equal(backend->ops->pids(backend, &list), PSB_OK);
    bool good = list.count == world->count;
    for (size_t i = 0; good && i < list.count; i++)
        good = list.pid[i] == world->process[i].pid;
    if (!good)
        find(finds, PSB_FIELDS, "list");
    psb_pidlist_free(&list);
    backend->ops->close(backend);
}

/* The process changes while it is looked at: the snapshot does not see it, the next does. */
static void look_at_changes(struct finds *finds)
{
    psb_world *world = hostile_world();
    psb_backend *backend = opened(finds, PSB_CACHED, "sim", world, NULL);
    psb_process *process = psb_world_find(world, 5096);
    psb_snapshot *snapshot = begun(backend, PSB_SPAN_PROCESS);
    psb_value before[PSB_FIELDS], after, truth;
    psb_arena room = {0};
    for (psb_field field = 0; field < PSB_FIELDS; field++)
        psb_get(snapshot, 5096, field, &before[field]);
    process->ppid = 5088;
    process->nice = 7;
    process->name = text("other");
    for (psb_field field = 0; field < PSB_FIELDS; field++) {
        psb_get(snapshot, 5096, field, &after);
        if (!psb_value_equal(field, &before[field], &after))
            find(finds, field, "frozen");
    }
    backend->ops->end(snapshot);
    snapshot = begun(backend, PSB_SPAN_PROCESS);
    for (psb_field field = 0; field < PSB_FIELDS; field++) {
        psb_get(snapshot, 5096, field, &after);
        if (psb_port_truth(psb_port_named(finds->faulty->port), world, 5096, field, &room, &truth) &&
            !is_true(world, field, truth, &after))
            find(finds, field, "fresh");
    }
    backend->ops->end(snapshot);
    backend->ops->close(backend);
    psb_arena_free(&room);
    psb_world_free(world);
}

/* The first call for the field fails: it is told so, and again, and the next snapshot knows nothing of it. */
static void look_at_failure(struct finds *finds, const psb_world *world, psb_field field, const char *fault)
{
    const psb_try *way = &finds->port.method[field].tries[0];
    char stack[80];
    psb_value value[3], right;
    psb_kernel *kernel;
    if (!way->decode || way[1].decode || finds->port.source[way->source].scope != PSB_SCOPE_PROCESS)
        return;
    snprintf(stack, sizeof stack, "fault=%s:1:%s+sim", psb_op_name(finds->port.source[way->source].op),
             fault);
    psb_backend *backend = opened(finds, PSB_CACHED, stack, world, &kernel);
    psb_snapshot *snapshot = begun(backend, PSB_SPAN_PROCESS);
    psb_get(snapshot, 5096, field, &value[0]);
    psb_get(snapshot, 5096, field, &value[1]);
    if (!psb_value_equal(field, &value[0], &value[1]))
        find(finds, field, "failure kept");
    backend->ops->end(snapshot);
    snapshot = begun(backend, PSB_SPAN_PROCESS);
    psb_get(snapshot, 5096, field, &value[2]);
    psb_status due = psb_fault_status(psb_kernel_find(kernel, "fault"), finds->port.source[way->source].op);
    psb_arena room = {0};
    if (value[0].status != due)
        find(finds, field, "failure");
    if (psb_port_truth(psb_port_named(finds->faulty->port), world, 5096, field, &room, &right) &&
        !is_true(world, field, right, &value[2]))
        find(finds, field, "failure gone");
    psb_arena_free(&room);
    backend->ops->end(snapshot);
    backend->ops->close(backend);
}

/* Calls of one get, summed over ops. */
static void count_calls(const psb_backend *backend, psb_kernel *kernel, psb_field field,
                        uint64_t calls[PSB_OPS])
{
    psb_value value;
    psb_kernel *counter = psb_kernel_find(kernel, "count");
    psb_count_reset(counter);
    psb_snapshot *snapshot = begun((psb_backend *)(uintptr_t)backend, PSB_SPAN_PROCESS);
    psb_get(snapshot, 5096, field, &value);
    backend->ops->end(snapshot);
    for (uint32_t op = 0; op < PSB_OPS; op++)
        calls[op] = psb_count_read(counter)[op].calls + psb_count_read(counter)[op].retries;
}

/* Fields that come from elsewhere by mistake are found by their answers. */
static void look_at_counts(struct finds *finds, const psb_world *world)
{
    char why[256];
    psb_kernel *kernel;
    psb_backend *backend = opened(finds, PSB_CACHED, "count+sim", world, &kernel);
    psb_backend *sound = psb_open(&finds->port.port, PSB_CACHED, "count+sim", world, why, sizeof why);
    for (psb_field field = 0; field < PSB_FIELDS; field++) {
        uint64_t calls[PSB_OPS], due[PSB_OPS];
        count_calls(backend, kernel, field, calls);
        count_calls(sound, psb_port_kernel(sound), field, due);
        if (memcmp(calls, due, sizeof calls) != 0)
            find(finds, field, "counts");
    }
    sound->ops->close(sound);
    backend->ops->close(backend);
}

static void get_often(psb_backend *backend, const psb_world *world, psb_field field)
{
    static const psb_pid PIDS[] = {5096, 8, 999999};
    psb_value value;
    for (int round = 0; round < ROUNDS; round++)
        for (size_t i = 0; i < sizeof PIDS / sizeof *PIDS; i++) {
            psb_snapshot *snapshot = begun(backend, PSB_SPAN_PROCESS);
            psb_get(snapshot, PIDS[i], field, &value);
            backend->ops->end(snapshot);
        }
}

/* Of the living, and of the dead; for a stranger, who is refused. */
static void look_at_leaks(struct finds *finds, const psb_world *world)
{
    psb_backend *backend = opened(finds, PSB_CACHED, "sim", world, NULL);
    for (psb_field field = 0; field < PSB_FIELDS; field++) {
        get_often(backend, world, field);
        int64_t files = psb_host_open_files(), bytes = psb_host_allocated_bytes();
        get_often(backend, world, field);
        if (psb_host_open_files() > files || psb_host_allocated_bytes() > bytes + ROUNDS)
            find(finds, field, "leak");
    }
    backend->ops->close(backend);
}

static void look(struct finds *finds)
{
    psb_world *world = hostile_world();
    for (int stranger = 0; stranger < 2; stranger++) {
        world->caller_uid = stranger ? STRANGER : 0;
        for (psb_variant variant = 0; variant < PSB_VARIANTS; variant++)
            for (psb_span span = PSB_SPAN_PROCESS; span <= PSB_SPAN_SWEEP; span++)
                look_at_answers(finds, world, variant, span);
        look_at_leaks(finds, world);
    }
    world->caller_uid = 0;
    look_at_list(finds, world);
    look_at_counts(finds, world);
    for (psb_field field = 0; field < PSB_FIELDS; field++) {
        look_at_failure(finds, world, field,
                        "eintr"); /* which no native leaf makes anything of but an error */
        look_at_failure(finds, world, field, "eacces");
    }
    psb_world_free(world);
    look_at_changes(finds);
}

/* ---- tests ---- */

static void each_mistake_is_found_at_its_field(void **state)
{
    size_t count = 0, missed = 0;
    for (const psb_faulty *faulty; (faulty = psb_faulty_at(count)); count++) {
        struct finds finds = {.faulty = faulty};
        psb_faulty_make(faulty, &finds.port);
        look(&finds);
        const char *found = finds.found[faulty->field];
        print_message("%-24s %-8s %-18s %s\n", faulty->id, faulty->port,
                      faulty->field < PSB_FIELDS ? psb_field_of(faulty->field)->name : "(list)",
                      found ? found : "MISSED");
        missed += !found;
    }
    assert_true(count >= 40);
    assert_int_equal(missed, 0);
}

static void a_sound_port_is_not_found_fault_with(void **state)
{
    for (size_t p = 0; psb_port_at(p); p++) {
        const psb_faulty none = {.id = "none", .port = psb_port_at(p)->name};
        struct finds finds = {.faulty = &none};
        psb_faulty_make(&none, &finds.port);
        look(&finds);
        for (int field = 0; field <= PSB_FIELDS; field++)
            if (finds.found[field])
                fail_msg("%s: %s: %s", none.port,
                         field < PSB_FIELDS ? psb_field_of((psb_field)field)->name : "list",
                         finds.found[field]);
    }
}

static void each_mistake_has_a_name_of_its_own_and_one_place(void **state)
{
    for (size_t i = 0; psb_faulty_at(i); i++) {
        const psb_faulty *faulty = psb_faulty_at(i);
        assert_int_equal(!!faulty->spoil + !!faulty->over_kernel + !!faulty->over_backend, 1);
        assert_non_null(psb_port_named(faulty->port));
        assert_true(*faulty->meaning);
        assert_true(faulty->field == PSB_FIELDS || psb_port_has(psb_port_named(faulty->port), faulty->field));
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(psb_faulty_at(j)->id, faulty->id);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_mistake_has_a_name_of_its_own_and_one_place),
        cmocka_unit_test(a_sound_port_is_not_found_fault_with),
        cmocka_unit_test(each_mistake_is_found_at_its_field),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

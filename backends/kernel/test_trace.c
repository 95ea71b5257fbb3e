/* test_trace.c: what is recorded is played back the same, for every port; what is no trace is refused. And
 * delays. */
#include "describe.h"
#include "registry.h"
#include "trace.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

static char path[L_tmpnam + 16], why[512];

static int name_a_file(void **state)
{
    strcpy(path, "test_trace.XXXX.trace"); /* in the build's own folder */
    return 0;
}

static int remove_the_file(void **state)
{
    remove(path);
    return 0;
}

/* The whole file, as text with its length. */
static char *slurp(size_t *len)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    *len = (size_t)ftell(file);
    rewind(file);
    char *text = malloc(*len + 1);
    assert_non_null(text);
    assert_int_equal(fread(text, 1, *len, file), *len);
    text[*len] = '\0';
    fclose(file);
    return text;
}

static void write_file(const char *text, size_t len)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, len, file), len);
    fclose(file);
}

static void ask_all(psb_backend *backend, const psb_world *world)
{
    psb_pidlist list;
    psb_value value;
    assert_int_equal(backend->ops->pids(backend, &list), PSB_OK);
    psb_pidlist_free(&list);
    for (size_t i = 0; i < world->count; i++) {
        psb_snapshot *snapshot;
        assert_int_equal(backend->ops->begin(backend, PSB_SPAN_PROCESS, &snapshot), PSB_OK);
        for (psb_field field = 0; field < PSB_FIELDS; field++)
            psb_get(snapshot, world->process[i].pid, field, &value);
        backend->ops->end(snapshot);
    }
}

static void record_port(const psb_port *port, const psb_world *world)
{
    FILE *file = fopen(path, "wb");
    psb_backend *backend;
    assert_non_null(file);
    psb_kernel *sim = psb_open_kernel(port, "sim", world, why, sizeof why);
    psb_kernel *record = psb_record_open(sim, file, port->name, "a test", NULL);
    assert_non_null(record);
    assert_int_equal(psb_port_open(port, PSB_CACHED, record, &backend), PSB_OK);
    ask_all(backend, world);
    assert_true(psb_record_finish(record) > 0);
    backend->ops->close(backend);
    fclose(file);
}

static psb_backend *open_kernel(const psb_port *port, psb_variant variant, const char *kernel,
                                const psb_world *world)
{
    psb_backend *backend = psb_open(port, variant, kernel, world, why, sizeof why);
    if (!backend)
        fail_msg("%s", why);
    return backend;
}

static void assert_same_answers(const psb_world *world, psb_backend *a, psb_backend *b)
{
    for (size_t i = 0; i < world->count; i++) {
        psb_snapshot *x, *y;
        assert_int_equal(a->ops->begin(a, PSB_SPAN_PROCESS, &x), PSB_OK);
        assert_int_equal(b->ops->begin(b, PSB_SPAN_PROCESS, &y), PSB_OK);
        for (psb_field field = 0; field < PSB_FIELDS; field++) {
            psb_value from_a, from_b;
            psb_get(x, world->process[i].pid, field, &from_a);
            psb_get(y, world->process[i].pid, field, &from_b);
            if (!psb_value_equal(field, &from_a, &from_b) || from_a.os_error != from_b.os_error)
                fail_msg("%s: %s of pid %lld is played back as %s", a->ops->name, psb_field_of(field)->name,
                         (long long)world->process[i].pid, psb_status_name(from_b.status));
        }
        a->ops->end(x);
        b->ops->end(y);
    }
}

static void what_is_recorded_is_played_back_the_same(void **state)
{
    char replay[64];
    snprintf(replay, sizeof replay, "count+replay=%s", path);
    for (size_t p = 0; psb_port_at(p); p++) {
        psb_world *world = psb_world_make(21, 120);
        record_port(psb_port_at(p), world);
        for (psb_variant variant = PSB_UNCACHED; variant < PSB_VARIANTS; variant++) {
            psb_backend *sim = open_kernel(psb_port_at(p), variant, "count+sim", world);
            psb_backend *played = open_kernel(psb_port_at(p), variant, replay, NULL);
            assert_same_answers(world, sim, played);
            const psb_count *x = psb_count_read(psb_port_kernel(sim)),
                            *y = psb_count_read(psb_port_kernel(played));
            for (uint32_t op = 0; op < PSB_OPS; op++) {
                assert_int_equal(x[op].calls, y[op].calls);
                assert_int_equal(x[op].bytes, y[op].bytes);
                assert_int_equal(x[op].failures, y[op].failures);
            }
            assert_int_equal(psb_port_kernel(played)->evidence, PSB_EVIDENCE_REPLAY);
            sim->ops->close(sim);
            played->ops->close(played);
        }
        psb_world_free(world);
    }
}

static void a_call_that_was_not_recorded_is_an_error(void **state)
{
    psb_world *world = psb_world_make(1, 10);
    const psb_port *port = psb_port_named("linux");
    psb_snapshot *snapshot;
    psb_value value;
    char replay[64];
    record_port(port, world);
    snprintf(replay, sizeof replay, "replay=%s", path);
    psb_backend *backend = open_kernel(port, PSB_CACHED, replay, NULL);
    assert_int_equal(backend->ops->begin(backend, PSB_SPAN_PROCESS, &snapshot), PSB_OK);
    assert_int_equal(psb_get(snapshot, 999, PSB_NAME, &value), PSB_OSERROR);
    assert_int_equal(psb_get(snapshot, 999, PSB_UIDS, &value), PSB_OSERROR);
    backend->ops->end(snapshot);
    backend->ops->close(backend);
    psb_world_free(world);
}

static void assert_refused(const char *text, size_t len, const char *expected)
{
    write_file(text, len);
    strcpy(why, "");
    psb_kernel *kernel = psb_replay_open(path, "linux", why, sizeof why);
    if (kernel)
        fail_msg("a trace that is none was taken; it should be refused with '%s'", expected);
    if (!strstr(why, expected) || !strstr(why, path))
        fail_msg("'%s' does not say '%s'", why, expected);
}

#define HEADER                  "psbench-trace 1\nport linux\nevidence sim\nmachine m\n\n"
#define REFUSED(text, expected) assert_refused(text, sizeof text - 1, expected)

static void what_is_no_trace_is_refused_with_its_line(void **state)
{
    REFUSED("", ":1: the trace ends here");
    REFUSED("{\"schema\": 1}\n", ":1: this is no trace");
    REFUSED("psbench-trace 2\n", ":1: this is no trace");
    REFUSED("psbench-trace 1\nport sunos\nevidence sim\nmachine m\n\nend 0\n",
            ":2: the trace is of another port");
    REFUSED("psbench-trace 1\nport linux\nmachine m\n\nend 0\n", ":3: the header");
    REFUSED("psbench-trace 1\nport linux\nredacted names\nevidence sim\nmachine m\n\nend 0\n",
            ":3: the header");
    REFUSED("psbench-trace 1\nport linux\nevidence sim\nmachine m\nredacted names\nend 0\n",
            ":6: the header");
    REFUSED(HEADER "end 1\n", ":6: the count");
    REFUSED(HEADER "end 0\nmore\n", ":6: the count");
    REFUSED(HEADER "call linux.stat 1 0 0 0 0 ok 0 3 5\nabc\nend 1\n", ":6: the reply is not as long");
    REFUSED(HEADER "call linux.stat 1 0 0 0 0 ok 0 3 2\nabc\nend 1\n", ":6: the reply is not as long");
    REFUSED(HEADER "call nosuch 1 0 0 0 0 ok 0 3 3\nabc\nend 1\n", ":6: an op");
    REFUSED(HEADER "call linux.stat 1 0 0 0 0 fine 0 3 3\nabc\nend 1\n", ":6: a status");
    REFUSED(HEADER "call linux.stat 1 0 0 0 0 too-small 0 3 0\n\nend 1\n", ":6: a status");
    REFUSED(HEADER "call linux.stat -1 0 0 0 0 ok 0 3 3\nabc\nend 1\n", ":6: no line of the form");
    REFUSED(HEADER "call linux.stat 1 0 0 0 ok 0 3 3\nabc\nend 1\n", ":6: no line of the form");
    REFUSED(HEADER "call linux.stat 1 0 0 0 0 ok 0 3 99999999999999999999\nabc\nend 1\n",
            ":6: no line of the form");
    REFUSED(HEADER "call linux.stat 1 0 0 0 0 ok 0 3 3 4\nabc\nend 1\n", ":6: no line of the form");
    REFUSED(HEADER "call linux.stat 1 0 0 0 0 ok 0 3 3\na\nc\nnonsense\n", ":9: no line of the form");
    remove(path);
    assert_null(psb_replay_open(path, "linux", why, sizeof why));
    assert_non_null(strstr(why, path));
}

static void a_trace_that_was_cut_anywhere_is_refused(void **state)
{
    psb_world *world = psb_world_make(1, 3);
    size_t len;
    record_port(psb_port_named("linux"), world);
    char *text = slurp(&len);
    for (size_t cut = 0; cut < len; cut += cut + 200 < len ? 37 : 1)
        assert_refused(text, cut, ":");
    free(text);
    psb_world_free(world);
}

static uint64_t now_ns(void)
{
    struct timespec now;
    timespec_get(&now, TIME_UTC);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static uint64_t time_of(const char *kernel, uint32_t op)
{
    const psb_setting setting = {.port = "linux"};
    psb_kernel *stack = psb_kernel_open(kernel, &setting, why, sizeof why);
    char room[16];
    psb_reply reply = {.buf = room, .cap = sizeof room};
    psb_call call = {.op = op};
    assert_non_null(stack);
    uint64_t start = now_ns();
    for (int i = 0; i < 10; i++)
        psb_kernel_call(stack, &call, &reply);
    uint64_t took = now_ns() - start;
    psb_kernel_close(stack);
    return took;
}

static void a_delayed_call_takes_at_least_so_long(void **state)
{
    assert_true(time_of("delay=200000+void", PSB_OP_CLOCK) >= 2000000);
    assert_true(time_of("delay=linux.stat:200000+void", PSB_OP_LINUX_STAT) >= 2000000);
    assert_true(time_of("delay=linux.stat:100000,linux.status:200000+void", PSB_OP_LINUX_STATUS) >= 2000000);
}

static void a_delay_that_cannot_be_read_is_refused(void **state)
{
    static const char *const SPECS[] = {"delay+void",
                                        "delay=+void",
                                        "delay=x+void",
                                        "delay=-5+void",
                                        "delay=nosuch:5+void",
                                        "delay=linux.stat:+void",
                                        "delay=linux.stat:5x+void",
                                        "delay=9999999999+void",
                                        "delay=5,,6+void",
                                        "void=3"};
    const psb_setting setting = {.port = "linux"};
    for (size_t i = 0; i < sizeof SPECS / sizeof *SPECS; i++) {
        strcpy(why, "");
        psb_kernel *kernel = psb_kernel_open(SPECS[i], &setting, why, sizeof why);
        if (kernel || why[0] == '\0')
            fail_msg("'%s' was taken, or refused without a word", SPECS[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_recorded_is_played_back_the_same),
        cmocka_unit_test(a_call_that_was_not_recorded_is_an_error),
        cmocka_unit_test(what_is_no_trace_is_refused_with_its_line),
        cmocka_unit_test(a_trace_that_was_cut_anywhere_is_refused),
        cmocka_unit_test(a_delayed_call_takes_at_least_so_long),
        cmocka_unit_test(a_delay_that_cannot_be_read_is_refused),
    };
    return cmocka_run_group_tests(tests, name_a_file, remove_the_file);
}

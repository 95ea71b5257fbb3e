/* test_freebsd_sim.c: FreeBSD's kernel, simulated: room, rights, and how often it is asked. */
#include "freebsd_abi.h"
#include "registry.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static psb_status ask(const psb_world *world, psb_op op, psb_pid pid, size_t cap, psb_reply *reply)
{
    static char buf[1 << 20];
    psb_call call = {.op = op, .pid = pid};
    *reply = (psb_reply){.buf = buf, .cap = cap};
    return psb_freebsd_simulate(world, &call, reply);
}

/* psutil 2093: and a table that has grown is no error */
static void a_reply_that_does_not_fit_is_too_small_with_enomem(void **state)
{
    static const psb_op OPS[] = {PSB_OP_FREEBSD_PROC,     PSB_OP_FREEBSD_THREADS, PSB_OP_FREEBSD_ARGS,
                                 PSB_OP_FREEBSD_PATHNAME, PSB_OP_FREEBSD_FILES,   PSB_OP_FREEBSD_PROCS};
    psb_world *world = psb_world_make(1, 50);
    psb_reply reply;
    for (size_t i = 0; i < sizeof OPS / sizeof *OPS; i++) {
        assert_int_equal(ask(world, OPS[i], 1, 1 << 20, &reply), PSB_OK);
        size_t len = reply.len;
        assert_true(len > 0);
        assert_int_equal(ask(world, OPS[i], 1, len, &reply), PSB_OK);
        assert_int_equal(ask(world, OPS[i], 1, len - 1, &reply), PSB_TOOSMALL);
        assert_int_equal(reply.os_error, 12);
    }
    psb_world_free(world);
}

static void who_may_not_debug_a_process_is_refused_its_files_alone(void **state)
{
    psb_world *world = psb_world_make(1, 50);
    psb_process *process = psb_world_find(world, 8);
    psb_reply reply;
    for (int i = 0; i < 3; i++)
        process->uid[i] = 1001;
    world->caller_uid = 1001;
    assert_int_equal(ask(world, PSB_OP_FREEBSD_FILES, 8, 1 << 20, &reply), PSB_OK);
    process->uid[2] = 0; /* a set-uid program is not its user's to look into */
    assert_int_equal(ask(world, PSB_OP_FREEBSD_FILES, 8, 1 << 20, &reply), PSB_DENIED);
    assert_int_equal(reply.os_error, 1);
    assert_int_equal(ask(world, PSB_OP_FREEBSD_ARGS, 8, 1 << 20, &reply), PSB_OK);
    assert_int_equal(ask(world, PSB_OP_FREEBSD_PROC, 8, 1 << 20, &reply), PSB_OK);
    assert_int_equal(ask(world, PSB_OP_FREEBSD_FILES, 9, 1 << 20, &reply), PSB_GONE);
    assert_int_equal(reply.os_error, 3);
    psb_world_free(world);
}

static void a_zombie_has_no_files_and_is_not_gone(void **state)
{
    psb_world *world = psb_world_make(1, 50);
    psb_reply reply;
    psb_world_find(world, 8)->state = PSB_STATE_ZOMBIE;
    assert_int_equal(ask(world, PSB_OP_FREEBSD_FILES, 8, 1 << 20, &reply), PSB_ABSENT);
    assert_int_equal(ask(world, PSB_OP_FREEBSD_PROC, 8, 1 << 20, &reply), PSB_OK);
    psb_world_free(world);
}

static void everything_of_the_whole_system_is_fetched_once_in_a_snapshot(void **state)
{
    char why[256];
    psb_snapshot *snapshot;
    psb_pidlist list;
    psb_value value;
    psb_world *world = psb_world_make(1, 2000); /* more than the first room of the table */
    psb_backend *backend =
        psb_open(psb_port_named("freebsd"), PSB_CACHED, "count+sim", world, why, sizeof why);
    psb_kernel *counter = psb_kernel_find(psb_port_kernel(backend), "count");
    assert_int_equal(backend->ops->pids(backend, &list), PSB_OK);
    assert_int_equal(list.count, 2000);
    assert_int_equal(list.pid[0], 1);
    assert_int_equal(psb_count_read(counter)[PSB_OP_FREEBSD_PROCS].calls, 1);
    assert_true(psb_count_read(counter)[PSB_OP_FREEBSD_PROCS].retries > 0);
    assert_int_equal(backend->ops->begin(backend, PSB_SPAN_PROCESS, &snapshot), PSB_OK);
    for (size_t i = 0; i < 20; i++)
        for (psb_field field = 0; field < PSB_FIELDS; field++)
            if (field != PSB_PARENT)
                psb_get(snapshot, list.pid[i], field, &value);
    backend->ops->end(snapshot);
    assert_int_equal(psb_count_read(counter)[PSB_OP_CLOCK].calls, 1);
    assert_int_equal(psb_count_read(counter)[PSB_OP_FREEBSD_PROCS].calls, 1);
    assert_int_equal(psb_count_read(counter)[PSB_OP_FREEBSD_PROC].calls, 20);
    assert_int_equal(psb_count_read(counter)[PSB_OP_FREEBSD_FILES].calls, 20);
    psb_pidlist_free(&list);
    backend->ops->close(backend);
    psb_world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_reply_that_does_not_fit_is_too_small_with_enomem),
        cmocka_unit_test(who_may_not_debug_a_process_is_refused_its_files_alone),
        cmocka_unit_test(a_zombie_has_no_files_and_is_not_gone),
        cmocka_unit_test(everything_of_the_whole_system_is_fetched_once_in_a_snapshot),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

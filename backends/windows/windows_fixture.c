#include "windows_fixture.h"

#include <string.h>

struct win win;

static psb_status answer(const psb_world *world, const psb_call *call, psb_reply *reply)
{
    if (call->op != win.op)
        return psb_windows_simulate(world, call, reply);
    reply->os_error = win.error;
    psb_status status = psb_append(win.bytes, win.len, reply);
    return status == PSB_OK ? win.status : status;
}

static void shut(void)
{
    if (win.snapshot)
        win.backend->ops->end(win.snapshot);
    if (win.backend)
        win.backend->ops->close(win.backend);
    win.snapshot = NULL;
    win.backend = NULL;
}

void win_open(psb_variant variant, psb_span span)
{
    shut();
    win.counter = psb_count_open(psb_sim_open(answer, win.world));
    assert_non_null(win.counter);
    assert_int_equal(psb_port_open(psb_port_named("windows"), variant, win.counter, &win.backend), PSB_OK);
    assert_int_equal(win.backend->ops->begin(win.backend, span, &win.snapshot), PSB_OK);
    psb_count_reset(win.counter);
}

uint64_t win_calls(psb_op op)
{
    return psb_count_read(win.counter)[op].calls;
}

psb_value win_get(psb_pid pid, psb_field field)
{
    psb_value value;
    win_open(PSB_CACHED, PSB_SPAN_PROCESS);
    psb_get(win.snapshot, pid, field, &value);
    return value;
}

psb_status win_status(psb_field field)
{
    return win_get(WIN_PID, field).status;
}

void win_says(psb_op op, const void *bytes, size_t len)
{
    win.op = op;
    win.status = PSB_OK;
    win.error = 0;
    win.bytes = bytes;
    win.len = len;
}

void win_fails(psb_op op, psb_status status, int error)
{
    win_says(op, NULL, 0);
    win.status = status;
    win.error = error;
}

int win_setup(void **state)
{
    psb_process process = {.pid = WIN_PARENT,
                           .known = UINT64_MAX,
                           .state = PSB_STATE_SLEEPING,
                           .terminal = -1,
                           .threads = 3,
                           .fds = 7,
                           .created_ns = 5000000000,
                           .name = TEXT("explorer.exe"),
                           .exe = TEXT("/Windows/explorer.exe"),
                           .cwd = TEXT("/Windows"),
                           .cmdline = {"explorer", 9, 1}};
    win = (struct win){.op = PSB_OPS, .world = psb_world_empty(4)};
    win.world->now_ns = 100000000000;
    for (int i = 0; i < 3; i++)
        process.uid[i] = WIN_UID;
    assert_true(psb_world_spawn(win.world, &process));
    process.pid = WIN_PID;
    process.ppid = WIN_PARENT;
    process.created_ns = 7000000000;
    for (int i = 0; i < PSB_CPU_TIMES_PARTS; i++)
        process.cpu_ns[i] = 1000000000u * (unsigned)(i + 1);
    return psb_world_spawn(win.world, &process) ? 0 : -1;
}

int win_teardown(void **state)
{
    shut();
    psb_world_free(win.world);
    return 0;
}

psb_process *win_process(void)
{
    return psb_world_find(win.world, WIN_PID);
}

void assert_text(psb_value value, const char *text, size_t len)
{
    assert_int_equal(value.status, PSB_OK);
    assert_int_equal(value.u.text.len, len);
    assert_memory_equal(value.u.text.bytes, text, len);
}

void assert_string(psb_value value, const char *text)
{
    assert_text(value, text, strlen(text));
}

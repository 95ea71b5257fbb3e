#include "macos_fixture.h"

#include "registry.h"

#include <string.h>

struct mac mac;

static psb_status mac_call(psb_kernel *kernel, const psb_call *call, psb_reply *reply)
{
    mac.calls[call->op]++;
    reply->len = 0;
    reply->os_error = 0;
    reply->entries = 0;
    if (call->op != mac.op)
        return psb_macos_simulate(mac.world, call, reply);
    reply->os_error = mac.error;
    if (mac.len > reply->cap)
        return PSB_TOOSMALL;
    if (mac.len > 0)
        memcpy(reply->buf, mac.bytes, mac.len);
    reply->len = mac.len;
    return mac.status;
}

static void mac_close(psb_kernel *kernel) {}

static void shut(void)
{
    if (mac.snapshot)
        mac.backend->ops->end(mac.snapshot);
    if (mac.backend)
        mac.backend->ops->close(mac.backend);
    mac.snapshot = NULL;
    mac.backend = NULL;
}

void mac_open(void)
{
    static const psb_kernel_ops OPS = {"mac", mac_call, mac_close};
    shut();
    mac.base = (psb_kernel){&OPS, NULL, PSB_EVIDENCE_SIM};
    assert_int_equal(psb_port_open(psb_port_named("macos"), PSB_CACHED, &mac.base, &mac.backend), PSB_OK);
}

psb_value mac_get(psb_pid pid, psb_field field)
{
    psb_value value;
    mac_open();
    assert_int_equal(mac.backend->ops->begin(mac.backend, PSB_SPAN_PROCESS, &mac.snapshot), PSB_OK);
    psb_get(mac.snapshot, pid, field, &value);
    return value;
}

psb_status mac_status(psb_field field)
{
    return mac_get(MAC_PID, field).status;
}

void mac_says(uint32_t op, const void *bytes, size_t len)
{
    mac.op = op;
    mac.status = PSB_OK;
    mac.error = 0;
    mac.bytes = bytes;
    mac.len = len;
}

void mac_fails(uint32_t op, psb_status status, int error)
{
    mac_says(op, NULL, 0);
    mac.status = status;
    mac.error = error;
}

int mac_setup(void **state)
{
    psb_process process = {.pid = MAC_PARENT,
                           .known = UINT64_MAX,
                           .state = PSB_STATE_SLEEPING,
                           .terminal = -1,
                           .threads = 1,
                           .created_ns = 5000000000,
                           .name = TEXT("sh"),
                           .exe = TEXT("/bin/sh"),
                           .cwd = TEXT("/"),
                           .cmdline = {"sh", 3, 1}};
    mac = (struct mac){.op = PSB_OPS, .world = psb_world_empty(4)};
    mac.world->now_ns = 100000000000;
    assert_true(psb_world_spawn(mac.world, &process));
    process.pid = MAC_PID;
    process.ppid = MAC_PARENT;
    process.nice = -1;
    process.created_ns = 7000001234;
    for (uint32_t i = 0; i < 3; i++) {
        process.uid[i] = 501 + i;
        process.gid[i] = 20 + i;
    }
    return psb_world_spawn(mac.world, &process) ? 0 : -1;
}

int mac_teardown(void **state)
{
    shut();
    psb_world_free(mac.world);
    return 0;
}

psb_process *mac_process(void)
{
    return psb_world_find(mac.world, MAC_PID);
}

struct psb_macos_kinfo mac_kinfo(psb_pid pid)
{
    struct psb_macos_kinfo kinfo;
    psb_call call = {.op = PSB_OP_MACOS_KINFO, .pid = pid};
    psb_reply reply = {.buf = &kinfo, .cap = sizeof kinfo};
    assert_int_equal(psb_macos_simulate(mac.world, &call, &reply), PSB_OK);
    return kinfo;
}

void assert_text(psb_value value, const char *text, size_t len)
{
    assert_int_equal(value.status, PSB_OK);
    assert_int_equal(value.u.text.len, len);
    assert_memory_equal(value.u.text.bytes, text, len);
}

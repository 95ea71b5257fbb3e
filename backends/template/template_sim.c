/* template_sim.c: the OS's kernel, simulated: a world as the bytes it would return. */
#include "template_abi.h"

#include "world.h"

#include <string.h>

static psb_status answer(psb_reply *reply, const void *bytes, size_t len)
{
    if (len > reply->cap)
        return PSB_TOOSMALL;
    memcpy(reply->buf, bytes, len);
    reply->len = len;
    return PSB_OK;
}

static psb_status list(const psb_world *world, psb_reply *reply)
{
    if (world->count * sizeof(int32_t) > reply->cap)
        return PSB_TOOSMALL;
    for (size_t i = 0; i < world->count; i++) {
        int32_t pid = (int32_t)world->process[i].pid;
        memcpy((char *)reply->buf + i * sizeof pid, &pid, sizeof pid);
    }
    reply->len = world->count * sizeof(int32_t);
    return PSB_OK;
}

static psb_status info(const psb_world *world, psb_pid pid, psb_reply *reply)
{
    const psb_process *process = psb_world_find(world, pid);
    struct psb_template_info out = {.pid = (int32_t)pid};
    if (!process)
        return PSB_GONE;
    out.ppid = (int32_t)process->ppid;
    memcpy(out.name, process->name.bytes,
           process->name.len < sizeof out.name ? process->name.len : sizeof out.name);
    return answer(reply, &out, sizeof out);
}

psb_status psb_template_simulate(const psb_world *world, const psb_call *call, psb_reply *reply)
{
    const char *user;
    switch (call->op) {
    case PSB_OP_TEMPLATE_PIDS:
        reply->entries = 1;
        return list(world, reply);
    case PSB_OP_TEMPLATE_INFO:
        reply->entries = 1;
        return info(world, call->pid, reply);
    case PSB_OP_CLOCK:
        return answer(reply, &world->now_ns, sizeof world->now_ns);
    case PSB_OP_USER_NAME:
        user = psb_world_user(world, (uint64_t)call->pid);
        return user ? answer(reply, user, strlen(user)) : PSB_ABSENT;
    default:
        return PSB_OSERROR;
    }
}

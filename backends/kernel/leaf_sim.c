/* leaf_sim.c: answers calls out of a world, by the simulated kernel of the port's OS. */
#include "world.h"

#include <stdlib.h>

typedef struct sim {
    psb_kernel base;
    psb_simulate *simulate;
    const psb_world *world;
} sim;

/* The same on every OS: one entry, one number. */
static psb_status sim_cpus(const psb_world *world, psb_reply *reply)
{
    int32_t cpus = (int32_t)world->cpus;
    reply->entries = 1;
    return psb_append(&cpus, sizeof cpus, reply);
}

static psb_status sim_call(psb_kernel *kernel, const psb_call *call, psb_reply *reply)
{
    const sim *self = (const sim *)kernel;
    reply->len = 0;
    reply->os_error = 0;
    reply->entries = 0;
    return call->op == PSB_OP_CPUS ? sim_cpus(self->world, reply) : self->simulate(self->world, call, reply);
}

psb_status psb_sim_user(const psb_world *world, const psb_call *call, psb_reply *reply)
{
    const char *name = psb_world_user(world, (uint64_t)call->pid);
    if (!name)
        return PSB_ABSENT;
    return strlen(name) < reply->cap ? psb_append(name, strlen(name), reply) : PSB_TOOSMALL;
}

static void sim_close(psb_kernel *kernel)
{
    free(kernel);
}

psb_kernel *psb_sim_open(psb_simulate *simulate, const psb_world *world)
{
    static const psb_kernel_ops OPS = {"sim", sim_call, sim_close};
    sim *self = malloc(sizeof *self);
    if (!self)
        return NULL;
    *self = (sim){{&OPS, NULL, PSB_EVIDENCE_SIM}, simulate, world};
    return &self->base;
}

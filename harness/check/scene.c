/* scene.c: one process that changes on demand: a world's, or a child of ours. */
#include "suite.h"

#include "changing.h"
#include "describe.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TICK_NS  UINT64_C(10000000)
#define PAGES(n) ((uint64_t)(n)*4096)

/* ---- a world's ---- */

static void change_ids(uint32_t id[3])
{
    for (uint32_t i = 0; i < 3; i++)
        id[i] = 1001 + i;
}

static void grow(uint64_t *part, uint32_t parts, uint64_t by)
{
    for (uint32_t i = 0; i < parts; i++)
        part[i] += by * (i + 1);
}

/* A name that fits into every OS's. */
static bool rename_process(psb_world *world, psb_process *p, psb_field field)
{
    static const psb_world_text TEXT = {"/changed", 8, 0}, NAME = {"changed", 7, 0},
                                LIST = {"changed\0\0x", 11, 3};
    psb_process changed = *p;
    if (field == PSB_NAME)
        changed.name = NAME;
    else if (field == PSB_EXE)
        changed.exe = TEXT;
    else if (field == PSB_CWD)
        changed.cwd = TEXT;
    else
        changed.cmdline = LIST;
    return psb_world_spawn(world, &changed); /* replaces it */
}

static bool change_in_world(psb_world *world, psb_process *p, psb_field field)
{
    switch (field) {
    case PSB_NAME:
    case PSB_EXE:
    case PSB_CWD:
    case PSB_CMDLINE:
        return rename_process(world, p, field);
    case PSB_PPID:
    case PSB_PARENT:
        p->ppid = p->ppid == 1 ? world->process[1].pid : 1;
        p->created_ns = world->now_ns - (int64_t)(100 * TICK_NS); /* younger than everybody */
        break;
    case PSB_USERNAME:
    case PSB_UIDS:
        change_ids(p->uid);
        break;
    case PSB_GIDS:
        change_ids(p->gid);
        break;
    case PSB_STATUS:
        p->state = PSB_STATE_STOPPED;
        break;
    case PSB_CREATE_TIME:
        p->created_ns += (int64_t)(7 * TICK_NS);
        break;
    case PSB_TERMINAL:
        p->terminal = p->terminal == 5 ? 6 : 5;
        break;
    case PSB_CPU_TIMES:
    case PSB_CPU_PERCENT:
        grow(p->cpu_ns, PSB_CPU_TIMES_PARTS, 3 * TICK_NS);
        break;
    case PSB_CPU_NUM:
        p->cpu = p->cpu ? 0 : 1;
        break;
    case PSB_MEMORY_INFO:
    case PSB_MEMORY_PERCENT:
        grow(p->memory_bytes, PSB_MEMORY_INFO_PARTS, PAGES(5));
        break;
    case PSB_MEMORY_FULL_INFO:
        grow(p->full_bytes, PSB_MEMORY_FULL_INFO_PARTS, PAGES(5));
        break;
    case PSB_NUM_THREADS:
    case PSB_THREADS:
        p->threads = p->threads == 2 ? 3 : 2;
        break;
    case PSB_NUM_CTX_SWITCHES:
        p->switches[PSB_NUM_CTX_SWITCHES_VOLUNTARY] += 3;
        p->switches[PSB_NUM_CTX_SWITCHES_INVOLUNTARY] += 4;
        p->switches[PSB_NUM_CTX_SWITCHES_TOTAL] += 7;
        break;
    case PSB_NUM_FDS:
    case PSB_NUM_HANDLES:
        p->fds += 3;
        break;
    case PSB_IO_COUNTERS:
        grow(p->io, PSB_IO_COUNTERS_PARTS, 3);
        break;
    case PSB_NICE:
        p->nice = p->nice == 5 ? -5 : 5;
        break;
    case PSB_PAGE_FAULTS:
        grow(p->faults, PSB_PAGE_FAULTS_PARTS, 3);
        break;
    case PSB_FIELDS:
        return false;
    }
    return true;
}

/* A sleeping process with a parent, a program and a terminal of its own. */
static bool start_in_world(psb_scene *scene)
{
    psb_world *world = scene->trial->suite->world;
    psb_pair pair;
    if (!psb_pair_start(scene->trial, &pair))
        return false;
    psb_process actor = *psb_world_find(world, pair.pid[0]);
    actor.state = PSB_STATE_SLEEPING;
    actor.nice = actor.cpu = 0;
    actor.terminal = 5;
    actor.ppid = 1;
    actor.pid = 7777;
    scene->pid = actor.pid;
    return psb_world_spawn(world, &actor);
}

/* ---- a machine's ---- */

static bool start_on_machine(psb_scene *scene)
{
    char why[256] = "";
    scene->changing = calloc(1, sizeof *scene->changing);
    if (!scene->changing || !psb_changing_start(scene->changing, why, sizeof why)) {
        free(scene->changing);
        scene->changing = NULL;
        psb_trial_skip(scene->trial, why[0] ? PSB_SKIP_RESOURCE : PSB_SKIP_OS, "%s",
                       why[0] ? why : "a process that changes on demand cannot be made here");
        return false;
    }
    scene->pid = scene->changing->pid;
    return true;
}

static bool change_on_machine(psb_scene *scene, psb_field field, bool *has_truth, psb_value *truth)
{
    switch (psb_changing_do(scene->changing, field, has_truth, truth)) {
    case PSB_CHANGE_DONE:
        return true;
    case PSB_CHANGE_NEEDS_ROOT:
        psb_trial_skip(scene->trial, PSB_SKIP_NEEDS_ROOT, "only root can change that");
        break;
    case PSB_CHANGE_NOT_HERE:
        psb_trial_skip(scene->trial, PSB_SKIP_OS, "it cannot be made to change here");
        break;
    case PSB_CHANGE_FAILED:
        psb_trial_skip(scene->trial, PSB_SKIP_RESOURCE, "the process could not change");
        break;
    }
    return false;
}

/* ---- both ---- */

bool psb_scene_start(psb_scene *scene, psb_trial *trial)
{
    *scene = (psb_scene){.trial = trial};
    return trial->suite->world ? start_in_world(scene) : start_on_machine(scene);
}

void psb_scene_stop(psb_scene *scene)
{
    if (scene->changing)
        psb_changing_stop(scene->changing);
    free(scene->changing);
    scene->changing = NULL;
}

bool psb_scene_change(psb_scene *scene, psb_field field, psb_arena *room, bool *has_truth, psb_value *truth)
{
    const psb_suite *suite = scene->trial->suite;
    *has_truth = false;
    if (scene->changing)
        return change_on_machine(scene, field, has_truth, truth);
    psb_process *process = psb_world_find(suite->world, scene->pid);
    if (!process || !change_in_world(suite->world, process, field)) {
        psb_trial_broken(scene->trial, "the world does not change");
        return false;
    }
    *has_truth = psb_port_truth(suite->port, suite->world, scene->pid, field, room, truth);
    return true;
}

bool psb_scene_kill(psb_scene *scene)
{
    if (scene->changing)
        psb_changing_kill(scene->changing);
    else
        psb_world_kill(scene->trial->suite->world, scene->pid);
    return true;
}

/* cases_pids.c: who is listed. */
#include "suite.h"

#include "describe.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FAMILY(function, name, axis, needs, ids, meaning) void psb_case_##function(psb_trial *);
#include "family.def"

static bool is_listed(const psb_pidlist *list, psb_pid pid)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->pid[i] == pid)
            return true;
    return false;
}

/* The backend and what it lists; false: the trial says why not. */
static bool list_all(psb_trial *trial, psb_backend **backend, psb_pidlist *list)
{
    *list = (psb_pidlist){0};
    *backend = psb_trial_open(trial, PSB_CACHED);
    return *backend && psb_trial_everybody(trial, *backend, list);
}

static void complete_in_world(psb_trial *trial, const psb_pidlist *list)
{
    const psb_world *world = trial->suite->world;
    PSB_EXPECT(trial, list->count == world->count, "%zu processes are listed of %zu", list->count,
               world->count);
    for (size_t i = 0; i < world->count; i++)
        PSB_EXPECT(trial, is_listed(list, world->process[i].pid), "pid %lld is not listed",
                   (long long)world->process[i].pid);
}

/* Each specimen that can be made is listed while it is there. */
static void complete_on_machine(psb_trial *trial, psb_backend *backend)
{
    for (size_t i = 0; psb_population_at(i) && psb_trial_goes_on(trial); i++) {
        psb_specimen specimen;
        psb_pidlist list = {0};
        char why[256];
        if (!psb_population_at(i)->start(&specimen, why, sizeof why))
            continue;
        if (psb_trial_everybody(trial, backend, &list))
            PSB_EXPECT(trial, is_listed(&list, specimen.pid), "pid %lld, a specimen of %s, is not listed",
                       (long long)specimen.pid, psb_population_at(i)->name);
        psb_pidlist_free(&list);
        psb_population_at(i)->stop(&specimen);
    }
}

void psb_case_pids_complete(psb_trial *trial)
{
    psb_backend *backend;
    psb_pidlist list;
    if (list_all(trial, &backend, &list)) {
        if (trial->suite->world)
            complete_in_world(trial, &list);
        else
            complete_on_machine(trial, backend);
    }
    psb_pidlist_free(&list);
    psb_trial_close(trial, backend);
}

/* The ids of the second and later threads of a process that has some. */
void psb_case_pids_no_threads(psb_trial *trial)
{
    psb_scene scene;
    psb_backend *backend;
    psb_pidlist list;
    psb_arena room = {0};
    psb_value value, truth;
    bool has_truth;
    if (!psb_port_has(trial->suite->port, PSB_THREADS)) {
        psb_trial_skip(trial, PSB_SKIP_KERNEL,
                       "the backend does not claim threads, so that their ids are not known");
        return;
    }
    if (!psb_scene_start(&scene, trial))
        return;
    if (psb_scene_change(&scene, PSB_THREADS, &room, &has_truth, &truth) &&
        list_all(trial, &backend, &list)) {
        psb_snapshot *snapshot = psb_trial_begin(trial, backend, PSB_SPAN_PROCESS);
        psb_get(snapshot, scene.pid, PSB_THREADS, &value);
        PSB_EXPECT(trial, value.status == PSB_OK && value.count >= 2, "threads: %s, %u",
                   psb_status_name(value.status), value.count);
        for (uint32_t i = 0; value.status == PSB_OK && i < value.count; i++)
            if (value.u.thread[i].id != scene.pid &&
                !(trial->suite->world && psb_world_find(trial->suite->world, value.u.thread[i].id)))
                PSB_EXPECT(trial, !is_listed(&list, value.u.thread[i].id),
                           "thread %lld is listed as a process", (long long)value.u.thread[i].id);
        backend->ops->end(snapshot);
        psb_pidlist_free(&list);
        psb_trial_close(trial, backend);
    }
    psb_scene_stop(&scene);
    psb_arena_free(&room);
}

void psb_case_pids_ascending(psb_trial *trial)
{
    psb_backend *backend;
    psb_pidlist list;
    if (list_all(trial, &backend, &list))
        for (size_t i = 0; i + 1 < list.count; i++)
            PSB_EXPECT(trial, list.pid[i] < list.pid[i + 1], "pid %lld stands before %lld",
                       (long long)list.pid[i], (long long)list.pid[i + 1]);
    psb_pidlist_free(&list);
    psb_trial_close(trial, backend);
}

void psb_case_pids_births(psb_trial *trial)
{
    psb_scene scene;
    psb_backend *backend;
    psb_pidlist before, during = {0}, after = {0};
    bool good = list_all(trial, &backend, &before);
    if (good && psb_scene_start(&scene, trial)) {
        psb_pid pid = scene.pid;
        if (psb_trial_everybody(trial, backend, &during)) {
            PSB_EXPECT(trial, !is_listed(&before, pid), "pid %lld is listed before it is born",
                       (long long)pid);
            PSB_EXPECT(trial, is_listed(&during, pid), "pid %lld was born and is not listed", (long long)pid);
        }
        psb_scene_kill(&scene);
        if (psb_trial_everybody(trial, backend, &after))
            PSB_EXPECT(trial, !is_listed(&after, pid), "pid %lld has ended and is listed", (long long)pid);
        psb_scene_stop(&scene);
    }
    psb_pidlist_free(&after);
    psb_pidlist_free(&during);
    psb_pidlist_free(&before);
    psb_trial_close(trial, backend);
}

#include "derived.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static psb_status answer(psb_value *out, psb_status status, int os_error)
{
    *out = psb_value_of_status(status, os_error);
    return status;
}

/* The account of the real uid; a uid without an account is shown as a number, as ps does. */
static psb_status derive_username(psb_snapshot *snapshot, psb_pid pid, psb_value *out)
{
    psb_value uids;
    if (psb_snapshot_ask(snapshot, pid, PSB_UIDS, &uids) != PSB_OK)
        return answer(out, uids.status, uids.os_error);
    if (!(uids.known >> PSB_UIDS_REAL & 1))
        return answer(out, PSB_UNKNOWN, 0);
    uint64_t uid = uids.u.part[PSB_UIDS_REAL];
    if (psb_snapshot_user(snapshot, uid, out) == PSB_ABSENT) {
        char decimal[24];
        int len = snprintf(decimal, sizeof decimal, "%" PRIu64, uid);
        *out = (psb_value){0};
        psb_text_copy(out, psb_snapshot_room(snapshot), decimal, (size_t)len);
    }
    return out->status;
}

/*
 * A pid alone does not name a parent: the parent may have ended and its pid may be another's by now. Then
 * that one is younger than the child. A start time that is not known proves nothing; on an OS without start
 * times nothing can be proven, and there is no answer.
 */
static psb_status derive_parent(psb_snapshot *snapshot, psb_pid pid, psb_value *out)
{
    psb_value ppid, own, parents;
    if (psb_snapshot_ask(snapshot, pid, PSB_PPID, &ppid) != PSB_OK)
        return answer(out, ppid.status, ppid.os_error);
    if (ppid.u.integer == 0)
        return answer(out, PSB_ABSENT, 0);
    psb_snapshot_ask(snapshot, pid, PSB_CREATE_TIME, &own);
    if (own.status == PSB_GONE || own.status == PSB_ABSENT || !psb_is_fact(own.status))
        return answer(out, own.status, own.os_error);
    psb_snapshot_ask(snapshot, ppid.u.integer, PSB_CREATE_TIME, &parents);
    if (!psb_is_fact(parents.status))
        return answer(out, parents.status, parents.os_error);
    if (parents.status == PSB_GONE)
        return answer(out, PSB_ABSENT, 0);
    if (own.status == PSB_OK && parents.status == PSB_OK && parents.u.integer > own.u.integer)
        return answer(out, PSB_ABSENT, 0);
    *out = ppid;
    return PSB_OK;
}

static psb_status derive_cpu_percent(psb_snapshot *snapshot, psb_pid pid, psb_value *out)
{
    psb_value times, started, now;
    if (psb_snapshot_ask(snapshot, pid, PSB_CPU_TIMES, &times) != PSB_OK)
        return answer(out, times.status, times.os_error);
    if (psb_snapshot_ask(snapshot, pid, PSB_CREATE_TIME, &started) != PSB_OK)
        return answer(out, started.status, started.os_error);
    if (psb_snapshot_clock(snapshot, &now) != PSB_OK)
        return answer(out, now.status, now.os_error);
    uint32_t used = 1u << PSB_CPU_TIMES_USER | 1u << PSB_CPU_TIMES_SYSTEM;
    if ((times.known & used) != used || now.u.integer <= started.u.integer)
        return answer(out, PSB_UNKNOWN, 0);
    double cpu = (double)times.u.part[PSB_CPU_TIMES_USER] + (double)times.u.part[PSB_CPU_TIMES_SYSTEM];
    *out = (psb_value){.u.real = 100 * cpu / (double)(now.u.integer - started.u.integer)};
    return PSB_OK;
}

static psb_status derive_memory_percent(psb_snapshot *snapshot, psb_pid pid, psb_value *out)
{
    psb_value memory;
    uint64_t total = psb_snapshot_facts(snapshot)->memory_bytes;
    if (psb_snapshot_ask(snapshot, pid, PSB_MEMORY_INFO, &memory) != PSB_OK)
        return answer(out, memory.status, memory.os_error);
    if (!(memory.known >> PSB_MEMORY_INFO_RSS & 1) || total == 0)
        return answer(out, PSB_UNKNOWN, 0);
    *out = (psb_value){.u.real = 100 * (double)memory.u.part[PSB_MEMORY_INFO_RSS] / (double)total};
    return PSB_OK;
}

static const psb_derivation DERIVATIONS[] = {
    {PSB_USERNAME, 1, {PSB_UIDS}, .asks_user = true, .derive = derive_username},
    {PSB_PARENT, 1, {PSB_PPID}, .asks_parent = true, .derive = derive_parent},
    {PSB_CPU_PERCENT, 2, {PSB_CPU_TIMES, PSB_CREATE_TIME}, .asks_clock = true, .derive = derive_cpu_percent},
    {PSB_MEMORY_PERCENT, 1, {PSB_MEMORY_INFO}, .derive = derive_memory_percent},
};

const psb_derivation *psb_derivation_of(psb_field field)
{
    for (size_t i = 0; i < sizeof DERIVATIONS / sizeof *DERIVATIONS; i++)
        if (DERIVATIONS[i].field == field)
            return &DERIVATIONS[i];
    return NULL;
}

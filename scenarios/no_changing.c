/* no_changing.c: where there is no fork, nothing changes on demand. */
#include "changing.h"

bool psb_changing_start(psb_changing *out, char *why, size_t why_size)
{
    if (why_size > 0)
        why[0] = '\0';
    return false;
}

psb_change psb_changing_do(psb_changing *process, psb_field field, bool *has_truth, psb_value *truth)
{
    *has_truth = false;
    return PSB_CHANGE_NOT_HERE;
}

void psb_changing_kill(psb_changing *process) {}

void psb_changing_stop(psb_changing *process) {}

bool psb_storm_start(psb_changing *out)
{
    return false;
}

void psb_storm_stop(psb_changing *storm) {}

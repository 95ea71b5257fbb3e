#include "crowd.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool psb_crowd_start(const psb_population *population, size_t count, psb_crowd *out, char *why,
                     size_t why_size)
{
    char reason[256] = "out of memory";
    *out = (psb_crowd){.population = population};
    if (count == 0)
        return true;
    out->specimen = malloc(count * sizeof *out->specimen);
    while (out->specimen && out->count < count &&
           population->start(&out->specimen[out->count], reason, sizeof reason))
        out->count++;
    if (out->count == count)
        return true;
    if (count == 1)
        snprintf(why, why_size, "%s", reason);
    else
        snprintf(why, why_size, "process %zu of %zu: %s", out->count + 1, count, reason);
    psb_crowd_stop(out);
    return false;
}

/* The last first: each of fork's children holds copies of what keeps those before it. */
void psb_crowd_stop(psb_crowd *crowd)
{
    while (crowd->population && crowd->count > 0)
        crowd->population->stop(&crowd->specimen[--crowd->count]);
    free(crowd->specimen);
    *crowd = (psb_crowd){0};
}

/* population.c: what the populations of all OSes have in common; the table itself is the OS's, population_<os>.c. */
#include "population.h"

#include <stdio.h>
#include <string.h>

const psb_population *psb_population_named(const char *name)
{
    for (size_t i = 0; psb_population_at(i); i++)
        if (strcmp(psb_population_at(i)->name, name) == 0)
            return psb_population_at(i);
    return NULL;
}

int psb_population_idle(const char *name)
{
    const psb_population *population = psb_population_named(name ? name : "self");
    psb_specimen specimen;
    char why[256];
    if (!population || !population->start(&specimen, why, sizeof why))
        return 1;
    bool good = printf("%lld\n", (long long)specimen.pid) > 0 && fflush(stdout) == 0;
    while (good && getchar() != EOF)
        ;
    population->stop(&specimen);
    return good ? 0 : 1;
}

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

int psb_population_idle(void)
{
    if (putchar('\n') == EOF || fflush(stdout) != 0)
        return 1;
    while (getchar() != EOF)
        ;
    return 0;
}

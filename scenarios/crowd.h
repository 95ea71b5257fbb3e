/* crowd.h: many processes of one population: to be asked about, or to be there while others are. */
#ifndef PSB_CROWD_H
#define PSB_CROWD_H

#include "population.h"

typedef struct psb_crowd {
    const psb_population *population; /* NULL: nobody's to end */
    psb_specimen *specimen;
    size_t count;
} psb_crowd;

/* So many of them, which end with this process however that ends. False: why says so, and there is none. */
bool psb_crowd_start(const psb_population *population, size_t count, psb_crowd *out, char *why,
                     size_t why_size);
void psb_crowd_stop(psb_crowd *crowd);

#endif

/* crowd.h: idle processes that are there while others are asked about: whatever walks all processes takes longer. */
#ifndef PSB_CROWD_H
#define PSB_CROWD_H

#include "population.h"

typedef struct psb_crowd {
    psb_specimen *specimen;
    size_t count;
} psb_crowd;

/* So many sleeping children of this process, which end with it however that ends. False: why says so, and there is
 * none. */
bool psb_crowd_start(size_t count, psb_crowd *out, char *why, size_t why_size);
void psb_crowd_stop(psb_crowd *crowd);

#endif

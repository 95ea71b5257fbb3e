/* population_posix.h: what the populations of one POSIX system share with those of all. */
#ifndef PSB_POPULATION_POSIX_H
#define PSB_POPULATION_POSIX_H

#include "population.h"

/* psb_population.truth of a child of fork that has done nothing. */
bool psb_population_posix_truth(psb_specimen *specimen, psb_field field, psb_value *out);

/* Neither end is held open by what is started meanwhile. */
bool psb_population_pipe(int end[2]);

/* False: not all could be written; where nobody reads any more, without a signal to this process. */
bool psb_population_write(int fd, const void *bytes, size_t len);

/* The populations that only Linux has: population_linux.c; NULL after the last. */
const psb_population *psb_population_linux_at(size_t index);

#endif

/*
 * population.h: processes to ask about, of which something is known by other means than asking a backend.
 */
#ifndef PSB_POPULATION_H
#define PSB_POPULATION_H

#include "backend.h"

enum { PSB_TRUTH_TEXT = 4096 };

typedef struct psb_specimen {
    psb_pid pid;
    psb_pid ppid;                     /* its parent; 0: none that is known */
    intptr_t hold;                    /* the population's own: what keeps the process alive; -1: nothing */
    bool is_self, is_child, is_other; /* is_child: made for this; is_other: of another user */
    char text[PSB_TRUTH_TEXT];        /* memory of the last truth */
} psb_specimen;

typedef struct psb_population {
    const char *name, *meaning;

    /* Makes the process, ready to be asked about; false with a line in why. */
    bool (*start)(psb_specimen *out, char *why, size_t why_size);

    /* Ends and reaps it. */
    void (*stop)(psb_specimen *specimen);

    /* What the field must answer; false: not known here. Text lives until the next truth of this specimen. */
    bool (*truth)(psb_specimen *specimen, psb_field field, psb_value *out);

    /* Does once, on request, what the population is for: it becomes another program, or ends; truths are then those of
     * afterwards. False: it could not, and errno says why. NULL: there is nothing to request. */
    bool (*act)(psb_specimen *specimen);
} psb_population;

/* The population of that name, or NULL. */
const psb_population *psb_population_named(const char *name);

/* Number index; NULL after the last. Which there are is the OS's affair: population_<os>.c. */
const psb_population *psb_population_at(size_t index);

/*
 * What a program does that was started to be a population (where there is no fork): it says by a line on stdout which
 * process is to be asked about, and sleeps until its stdin ends. That process is itself, or the one of the population
 * named, which it starts then. Returns the exit code. A program that starts populations calls it if its first word is
 * PSB_IDLE, with the next or NULL.
 */
#define PSB_IDLE "idle"
int psb_population_idle(const char *population);

#endif

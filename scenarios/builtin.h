/* builtin.h: the JSON files that are part of the program; embed.cmake writes them. */
#ifndef PSB_BUILTIN_H
#define PSB_BUILTIN_H

#include <stddef.h>

typedef struct psb_builtin {
    const char *name;
    const char *text;
    size_t len;
} psb_builtin;

/* Scenario number index; NULL after the last. */
const psb_builtin *psb_scenario_builtin(size_t index);

/* The published figures, and psutil's lists of methods (harness/python/lists.json): "claims", "lists". */
const psb_builtin *psb_claims_builtin(size_t index);

#endif

/* json_place.h: where in a JSON text a value stands. jansson tells the place of a syntax error, but not of a
 * value. */
#ifndef PSB_JSON_PLACE_H
#define PSB_JSON_PLACE_H

#include <stddef.h>

typedef struct psb_place {
    size_t line, column; /* from 1; columns are bytes */
} psb_place;

/* One step into a value: a member by its key, or, if key is NULL, an element or member by its index. */
typedef struct psb_step {
    const char *key;
    size_t index;
} psb_step;

/*
 * The place of what the steps lead to: of a member, its key; of an element, itself. The text is valid JSON;
 * if a step leads nowhere, it is the place of the last value that was found. Of two equal keys, the first.
 */
psb_place psb_json_place(const char *text, size_t len, const psb_step *step, size_t steps);

/* The place of the byte at this offset. */
psb_place psb_json_offset(const char *text, size_t offset);

#endif

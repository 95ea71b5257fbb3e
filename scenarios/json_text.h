/*
 * json_text.h: what the strict readers of JSON files share: a file is read whole, and a mistake is told by the
 * file's name, line and column.
 */
#ifndef PSB_JSON_TEXT_H
#define PSB_JSON_TEXT_H

#include "json_place.h"

#include <jansson.h>
#include <stdbool.h>

typedef struct psb_json_text {
    const char *text, *source; /* source names it in messages */
    size_t len;
    char *why;
    size_t why_size;
} psb_json_text;

/* Writes "source:line:column: " of what the steps lead to and the line into why; returns false. */
bool psb_json_wrong(const psb_json_text *json, const psb_step *step, size_t steps, const char *form, ...)
    __attribute__((format(printf, 4, 5)));

/* A string from the file, cut and escaped. */
enum { PSB_JSON_SHOWN = 96 };
const char *psb_json_shown(const char *text, char room[PSB_JSON_SHOWN]);

/* NULL: it is no JSON, or a key stands in it twice; why says where. */
json_t *psb_json_parse(const psb_json_text *json);

/* A file's text, at most 1 MiB; the caller frees it. NULL: why says so. */
char *psb_json_load(const char *path, size_t *len, char *why, size_t why_size);

#endif

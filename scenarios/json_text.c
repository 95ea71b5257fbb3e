#include "json_text.h"

#include "escape.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_MAX = 1 << 20 };

bool psb_json_wrong(const psb_json_text *json, const psb_step *step, size_t steps, const char *form, ...)
{
    psb_place place = psb_json_place(json->text, json->len, step, steps);
    int len = snprintf(json->why, json->why_size, "%s:%zu:%zu: ", json->source, place.line, place.column);
    if (len >= 0 && (size_t)len < json->why_size) {
        va_list args;
        va_start(args, form);
        vsnprintf(json->why + len, json->why_size - (size_t)len, form, args);
        va_end(args);
    }
    return false;
}

const char *psb_json_shown(const char *text, char room[PSB_JSON_SHOWN])
{
    psb_escape(text, strlen(text), false, room, PSB_JSON_SHOWN);
    return room;
}

json_t *psb_json_parse(const psb_json_text *json)
{
    json_error_t error;
    json_t *root = json_loadb(json->text, json->len, JSON_REJECT_DUPLICATES, &error);
    if (!root) {
        char room[PSB_JSON_SHOWN];
        psb_place place = psb_json_offset(json->text, error.position > 0 ? (size_t)error.position - 1 : 0);
        snprintf(json->why, json->why_size, "%s:%zu:%zu: %s", json->source, place.line, place.column,
                 psb_json_shown(error.text, room));
    }
    return root;
}

char *psb_json_load(const char *path, size_t *len, char *why, size_t why_size)
{
    FILE *file = fopen(path, "rb");
    char *text = file ? malloc(FILE_MAX + 1) : NULL;
    bool good = false;
    if (!text) {
        snprintf(why, why_size, "%s: %s", path, strerror(errno));
    } else {
        *len = fread(text, 1, FILE_MAX + 1, file);
        good = !ferror(file) && *len <= FILE_MAX;
        if (ferror(file))
            snprintf(why, why_size, "%s: %s", path, strerror(errno));
        else if (!good)
            snprintf(why, why_size, "%s: is larger than %d bytes", path, FILE_MAX);
    }
    if (file)
        fclose(file);
    if (good)
        return text;
    free(text);
    return NULL;
}

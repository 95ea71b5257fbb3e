/* show.h: values as text and as JSON. Bytes that processes chose are escaped: a name can hold anything. */
#ifndef PSB_SHOW_H
#define PSB_SHOW_H

#include "backend.h"

#include <jansson.h>

/* One line without control characters; free it. NULL: out of memory. A status other than OK: its name, in <>.
 */
char *psb_show(psb_field field, const psb_value *value);

/*
 * {"status": "ok", "value": ...} with the shape of the field's kind; text that is not UTF-8 is shown escaped,
 * and then "escaped": true stands beside it. A part that is not known is null.
 */
json_t *psb_show_json(psb_field field, const psb_value *value);

/* A line that grows. */
typedef struct psb_line {
    char *text;
    size_t len, cap;
    bool escaped, failed;
} psb_line;

/* Appends bytes, escaped (escape.h), backslashes too. */
void psb_line_escape(psb_line *line, const char *bytes, size_t len);
void psb_line_print(psb_line *line, const char *form, ...) __attribute__((format(printf, 2, 3)));

#endif

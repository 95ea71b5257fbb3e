/* exec_value.h: a value of JSON, in the form that psb_show_json prints, as a psb_value. */
#ifndef PSB_EXEC_VALUE_H
#define PSB_EXEC_VALUE_H

#include "arena.h"
#include "backend.h"

#include <jansson.h>

/*
 * {"status", "value", "escaped", "os_error"}, of the field. Memory is taken from room. False: it does not have that form,
 * and why says what is wrong with it; or there is no memory, and out->status is PSB_NOMEM.
 */
bool psb_exec_value(psb_field field, const json_t *answer, psb_arena *room, psb_value *out, char *why,
                    size_t why_size);

#endif

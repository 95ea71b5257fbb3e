/*
 * scenario.h: a question to measure: which fields of which processes, asked how. Scenarios are JSON; those of
 * this folder are built into the program.
 */
#ifndef PSB_SCENARIO_H
#define PSB_SCENARIO_H

#include "backend.h"
#include "builtin.h"

enum { PSB_SYSTEMS_MAX = 8, PSB_POPULATIONS_MAX = 8, PSB_SCENARIO_NAME = 48 };

typedef enum psb_ask {
    PSB_ASK_TOGETHER, /* all fields in one snapshot */
    PSB_ASK_EACH,     /* each field in a snapshot of its own */
    PSB_ASK_SWEEP     /* all fields of many processes: in a snapshot of each, and in one of all */
} psb_ask;

const char *psb_ask_name(psb_ask ask); /* "together", "each", "sweep" */

/* The systems that psbench has ports of; the text names all of them. */
bool psb_is_system(const char *name);
extern const char psb_systems_text[];

/* Fields asked of one port. */
typedef struct psb_fields {
    char port[16]; /* empty: of any */
    size_t count;
    psb_field field[PSB_FIELDS];
} psb_fields;

typedef struct psb_scenario {
    char name[PSB_SCENARIO_NAME];
    char meaning[256];
    psb_ask ask;
    size_t populations;
    char population[PSB_POPULATIONS_MAX][PSB_SCENARIO_NAME];
    bool all_fields; /* every field that the port has */
    size_t systems;
    psb_fields fields[PSB_SYSTEMS_MAX];
} psb_scenario;

/*
 * Reads a scenario from JSON text. source names it in messages. False, with one line in why that says where
 * (line and column) and what is wrong.
 */
bool psb_scenario_parse(const char *text, size_t len, const char *source, psb_scenario *out, char *why,
                        size_t why_size);

/* Reads it from a file. */
bool psb_scenario_load(const char *path, psb_scenario *out, char *why, size_t why_size);

/* The fields it asks of a port, or NULL if it does not ask that port (all_fields: NULL, too). */
const psb_fields *psb_scenario_fields(const psb_scenario *scenario, const char *port);

#endif

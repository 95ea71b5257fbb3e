/* scenario.c: a strict reader: what it does not know is an error, at its line and column. */
#include "scenario.h"

#include "json_text.h"
#include "population.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEPTH_MAX = 3 };

/* Systems that a scenario may have a list for: those of the ports that psbench has or is to have. */
/* clang-format off */
#define SYSTEMS(FIRST, MORE) \
    FIRST("linux") MORE("freebsd") MORE("openbsd") MORE("netbsd") MORE("macos") MORE("sunos") MORE("windows")
/* clang-format on */
#define ROW(name)        name,
#define TEXT(name)       name
#define COMMA_TEXT(name) ", " name

static const char *const SYSTEM[] = {SYSTEMS(ROW, ROW)};
const char psb_systems_text[] = SYSTEMS(TEXT, COMMA_TEXT);

static bool read_text(const psb_json_text *reader, const json_t *root, const char *key, char *out,
                      size_t size)
{
    psb_step step[] = {{.key = key}};
    const json_t *value = json_object_get(root, key);
    if (!value)
        return psb_json_wrong(reader, NULL, 0, "'%s' is missing", key);
    if (!json_is_string(value) || json_string_length(value) == 0 || json_string_length(value) >= size)
        return psb_json_wrong(reader, step, 1, "'%s' must be a text of 1 to %zu bytes", key, size - 1);
    memcpy(out, json_string_value(value), json_string_length(value) + 1);
    return true;
}

const char *psb_ask_name(psb_ask ask)
{
    static const char *const NAME[] = {"together", "each", "sweep"};
    return NAME[ask];
}

static bool read_ask(const psb_json_text *reader, const json_t *root, psb_scenario *out)
{
    char ask[16] = "", room[PSB_JSON_SHOWN];
    psb_step step[] = {{.key = "ask"}};
    if (!read_text(reader, root, "ask", ask, sizeof ask))
        return false;
    for (out->ask = PSB_ASK_TOGETHER; out->ask <= PSB_ASK_SWEEP; out->ask++)
        if (strcmp(ask, psb_ask_name(out->ask)) == 0)
            return true;
    return psb_json_wrong(reader, step, 1, "'ask' is 'together', 'each' or 'sweep', not '%s'",
                          psb_json_shown(ask, room));
}

static bool read_populations(const psb_json_text *reader, const json_t *root, psb_scenario *out)
{
    psb_step step[] = {{.key = "populations"}, {0}};
    const json_t *list = json_object_get(root, "populations"), *value;
    size_t i;
    char room[PSB_JSON_SHOWN];
    if (!json_is_array(list) || json_array_size(list) == 0 || json_array_size(list) > PSB_POPULATIONS_MAX)
        return psb_json_wrong(reader, step, 1, "'populations' must be a list of 1 to %d names",
                              PSB_POPULATIONS_MAX);
    json_array_foreach (list, i, value) {
        const char *name = json_string_value(value);
        step[1].index = i;
        if (!name)
            return psb_json_wrong(reader, step, 2, "a population is a text");
        if (!psb_population_named(name))
            return psb_json_wrong(reader, step, 2, "'%s' is no population; see 'psbench list populations'",
                                  psb_json_shown(name, room));
        for (size_t k = 0; k < out->populations; k++)
            if (strcmp(out->population[k], name) == 0)
                return psb_json_wrong(reader, step, 2, "population '%s' stands there twice", name);
        snprintf(out->population[out->populations++], PSB_SCENARIO_NAME, "%s", name);
    }
    return true;
}

/* A list of fields at step[0..steps-1]. */
static bool read_list(const psb_json_text *reader, const json_t *list, psb_step *step, size_t steps,
                      psb_fields *out)
{
    const json_t *value;
    size_t i;
    char room[PSB_JSON_SHOWN];
    if (!json_is_array(list) || json_array_size(list) == 0)
        return psb_json_wrong(reader, step, steps, "fields must be a list of at least one name");
    json_array_foreach (list, i, value) {
        psb_field field = PSB_FIELDS;
        step[steps] = (psb_step){.index = i};
        if (!json_is_string(value))
            return psb_json_wrong(reader, step, steps + 1, "a field is a text");
        field = psb_field_named(json_string_value(value), json_string_length(value));
        if (field == PSB_FIELDS)
            return psb_json_wrong(reader, step, steps + 1, "'%s' is no field; see 'psbench list fields'",
                                  psb_json_shown(json_string_value(value), room));
        for (size_t k = 0; k < out->count; k++)
            if (out->field[k] == field)
                return psb_json_wrong(reader, step, steps + 1, "field '%s' is asked for twice",
                                      psb_field_of(field)->name);
        out->field[out->count++] = field;
    }
    return true;
}

bool psb_is_system(const char *name)
{
    for (size_t i = 0; i < sizeof SYSTEM / sizeof *SYSTEM; i++)
        if (strcmp(SYSTEM[i], name) == 0)
            return true;
    return false;
}

static bool read_fields(const psb_json_text *reader, json_t *root, psb_scenario *out)
{
    psb_step step[DEPTH_MAX] = {{.key = "fields"}};
    json_t *fields = json_object_get(root, "fields"), *list;
    const char *system;
    char room[PSB_JSON_SHOWN];
    if (!fields)
        return psb_json_wrong(reader, NULL, 0, "'fields' is missing");
    if (json_is_string(fields) && strcmp(json_string_value(fields), "all") == 0) {
        out->all_fields = true;
        return true;
    }
    if (json_is_array(fields)) {
        out->systems = 1;
        return read_list(reader, fields, step, 1, &out->fields[0]);
    }
    if (!json_is_object(fields) || json_object_size(fields) == 0)
        return psb_json_wrong(reader, step, 1, "'fields' must be \"all\", a list, or a list for each system");
    json_object_foreach (fields, system, list) {
        step[1] = (psb_step){.index = out->systems};
        if (!psb_is_system(system))
            return psb_json_wrong(reader, step, 2, "'%s' is no system (%s)", psb_json_shown(system, room),
                                  psb_systems_text);
        snprintf(out->fields[out->systems].port, sizeof out->fields->port, "%s", system);
        if (!read_list(reader, list, step, 2, &out->fields[out->systems++]))
            return false;
    }
    return true;
}

/* The name is part of ids and of tables. */
static bool check_name(const psb_json_text *reader, const char *name)
{
    psb_step step[] = {{.key = "name"}};
    for (const char *at = name; *at; at++)
        if (!((*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z') || (*at >= '0' && *at <= '9') ||
              *at == '_' || *at == '-'))
            return psb_json_wrong(reader, step, 1, "'name' may hold letters, digits, _ and - only");
    return true;
}

static bool read_root(const psb_json_text *reader, json_t *root, psb_scenario *out)
{
    static const char *const KEY[] = {"schema", "name", "meaning", "populations", "ask", "fields"};
    const char *key;
    json_t *value;
    char schema[32] = "", room[PSB_JSON_SHOWN];
    psb_step step[1] = {{.key = "schema"}};
    if (!json_is_object(root))
        return psb_json_wrong(reader, NULL, 0, "a scenario is an object");
    size_t nth = 0;
    json_object_foreach (root, key, value) {
        bool known = false;
        for (size_t i = 0; i < sizeof KEY / sizeof *KEY; i++)
            known |= strcmp(key, KEY[i]) == 0;
        if (!known)
            return psb_json_wrong(reader, &(psb_step){.index = nth}, 1, "'%s' is no key of a scenario",
                                  psb_json_shown(key, room));
        nth++;
    }
    if (!read_text(reader, root, "schema", schema, sizeof schema))
        return false;
    if (strcmp(schema, "psbench-scenario/1") != 0)
        return psb_json_wrong(reader, step, 1, "'schema' is '%s'; this program reads 'psbench-scenario/1'",
                              psb_json_shown(schema, room));
    return read_text(reader, root, "name", out->name, sizeof out->name) && check_name(reader, out->name) &&
           read_text(reader, root, "meaning", out->meaning, sizeof out->meaning) &&
           read_populations(reader, root, out) && read_ask(reader, root, out) &&
           read_fields(reader, root, out);
}

bool psb_scenario_parse(const char *text, size_t len, const char *source, psb_scenario *out, char *why,
                        size_t why_size)
{
    psb_json_text reader = {text, source, len, why, why_size};
    *out = (psb_scenario){0};
    json_t *root = psb_json_parse(&reader);
    bool good = root && read_root(&reader, root, out);
    json_decref(root);
    return good;
}

bool psb_scenario_load(const char *path, psb_scenario *out, char *why, size_t why_size)
{
    size_t len;
    char *text = psb_json_load(path, &len, why, why_size);
    bool good = text && psb_scenario_parse(text, len, path, out, why, why_size);
    free(text);
    return good;
}

const psb_fields *psb_scenario_fields(const psb_scenario *scenario, const char *port)
{
    for (size_t i = 0; i < scenario->systems; i++)
        if (scenario->fields[i].port[0] == '\0' || strcmp(scenario->fields[i].port, port) == 0)
            return &scenario->fields[i];
    return NULL;
}

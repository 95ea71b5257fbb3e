/* claims.c: a strict reader: what it does not know is an error, at its line and column. */
#include "claims.h"

#include "json_text.h"
#include "population.h"
#include "scenario.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEPTH = 8 };

/* Where the reader is: what is read, and the steps that lead there. */
struct at {
    const psb_json_text *json;
    const json_t *value;
    psb_step step[DEPTH];
    size_t steps;
};

#define WRONG(at, ...) psb_json_wrong((at)->json, (at)->step, (at)->steps, __VA_ARGS__)

/* The member of that name; its value is NULL if there is none. */
static struct at member(const struct at *at, const char *key)
{
    struct at to = *at;
    to.value = json_object_get(at->value, key);
    if (to.value)
        to.step[to.steps++] = (psb_step){.key = key};
    return to;
}

static struct at element(const struct at *at, size_t index)
{
    struct at to = *at;
    to.value = json_array_get(at->value, index);
    to.step[to.steps++] = (psb_step){.index = index};
    return to;
}

/* An object with no other keys than these. */
static bool is_object(const struct at *at, const char *what, const char *const *key)
{
    const char *name;
    json_t *value;
    size_t nth = 0;
    char room[PSB_JSON_SHOWN];
    if (!json_is_object(at->value))
        return WRONG(at, "%s is an object", what);
    json_object_foreach ((json_t *)at->value, name, value) {
        struct at here = *at;
        size_t k = 0;
        here.step[here.steps++] = (psb_step){.index = nth++};
        while (key[k] && strcmp(key[k], name) != 0)
            k++;
        if (!key[k])
            return WRONG(&here, "'%s' is no key of %s", psb_json_shown(name, room), what);
    }
    return true;
}

static bool read_text(const struct at *at, const char *key, char *out, size_t size)
{
    struct at to = member(at, key);
    if (!to.value)
        return WRONG(at, "'%s' is missing", key);
    size_t len = json_string_length(to.value);
    if (!json_is_string(to.value) || len == 0 || len >= size || strlen(json_string_value(to.value)) != len)
        return WRONG(&to, "'%s' must be a text of 1 to %zu bytes", key, size - 1);
    memcpy(out, json_string_value(to.value), len + 1);
    return true;
}

static bool read_number(const struct at *at, const char *what, double low, double high, double *out)
{
    *out = json_number_value(at->value);
    if (!json_is_number(at->value) || !(*out >= low && *out <= high))
        return WRONG(at, "%s must be a number from %g to %g", what, low, high);
    return true;
}

/* A list of numbers of ns. */
static bool read_ns(const struct at *at, const char *what, size_t least, size_t most, double *out,
                    size_t *count)
{
    *count = json_array_size(at->value);
    if (!json_is_array(at->value) || *count < least || *count > most)
        return WRONG(at, "%s must be a list of %zu to %zu numbers", what, least, most);
    for (size_t i = 0; i < *count; i++) {
        struct at to = element(at, i);
        if (!read_number(&to, what, 0, 1e9, &out[i]))
            return false;
    }
    return true;
}

/* ---- a cost ---- */

static bool read_sources(const struct at *at, psb_claim_cost *out)
{
    struct at list = member(at, "sources");
    out->sources = json_array_size(list.value);
    if (!json_is_array(list.value) || out->sources == 0 ||
        out->sources > sizeof out->source / sizeof *out->source)
        return WRONG(&list, "'sources' must be a list of 1 to %zu names",
                     sizeof out->source / sizeof *out->source);
    for (size_t i = 0; i < out->sources; i++) {
        struct at to = element(&list, i);
        const char *name = json_string_value(to.value);
        if (!name || !*name || strlen(name) >= sizeof out->source[i])
            return WRONG(&to, "a source is a text of 1 to %zu bytes", sizeof out->source[i] - 1);
        memcpy(out->source[i], name, strlen(name) + 1);
    }
    return true;
}

/* Exactly one of "sources", "rest" and "refused" says which calls are meant. */
static bool read_calls(const struct at *at, psb_claim_cost *out)
{
    struct at rest = member(at, "rest"), refused = member(at, "refused");
    bool named = json_object_get(at->value, "sources") != NULL;
    if (rest.value && !json_is_true(rest.value))
        return WRONG(&rest, "'rest' is true, or not there");
    if (refused.value && !json_is_true(refused.value))
        return WRONG(&refused, "'refused' is true, or not there");
    out->rest = rest.value != NULL;
    out->refused = refused.value != NULL;
    if (named + out->rest + out->refused != 1)
        return WRONG(at, "a cost has one of 'sources', 'rest' and 'refused'");
    return !named || read_sources(at, out);
}

/* A range needs a citation, and a citation a range: what nobody has told is not known. */
static bool read_range(const struct at *at, psb_claim_cost *out)
{
    struct at range = member(at, "cited_ns"), citation = member(at, "citation");
    double ns[2] = {0};
    size_t count;
    if (!range.value && !citation.value)
        return true;
    if (!citation.value)
        return WRONG(&range, "'cited_ns' needs a 'citation'");
    if (!range.value)
        return WRONG(&citation, "'citation' needs 'cited_ns'");
    if (!read_text(at, "citation", out->citation, sizeof out->citation) ||
        !read_ns(&range, "'cited_ns'", 2, 2, ns, &count))
        return false;
    if (ns[0] > ns[1])
        return WRONG(&range, "'cited_ns' begins with the lower one");
    out->low_ns = ns[0];
    out->high_ns = ns[1];
    return true;
}

static bool read_cost(const struct at *at, psb_claim_cost *out)
{
    static const char *const KEY[] = {"what",     "sources",  "rest",     "refused", "at_ns",
                                      "curve_ns", "cited_ns", "citation", NULL};
    struct at curve = member(at, "curve_ns"), stated = member(at, "at_ns");
    if (!is_object(at, "a cost", KEY) || !read_text(at, "what", out->what, sizeof out->what) ||
        !read_calls(at, out))
        return false;
    out->stated = stated.value != NULL;
    if (out->stated && !read_number(&stated, "'at_ns'", 0, 1e9, &out->at_ns))
        return false;
    if (!curve.value)
        return WRONG(at, "'curve_ns' is missing");
    return read_ns(&curve, "'curve_ns'", 2, PSB_CURVE_MAX, out->curve_ns, &out->curve) && read_range(at, out);
}

static bool read_costs(const struct at *at, psb_claim *out)
{
    struct at list = member(at, "costs"), points = member(at, "measured_ns");
    size_t count;
    if (!json_is_array(list.value) || json_array_size(list.value) > PSB_COSTS_MAX)
        return WRONG(&list, "'costs' must be a list of at most %d", PSB_COSTS_MAX);
    for (; out->costs < json_array_size(list.value); out->costs++) {
        struct at to = element(&list, out->costs);
        if (!read_cost(&to, &out->cost[out->costs]))
            return false;
    }
    if (!json_is_array(points.value) || json_array_size(points.value) > PSB_POINTS_MAX ||
        (json_array_size(points.value) < 2) != (out->costs == 0))
        return WRONG(&points, "'measured_ns' must be a list of 2 to %d lists, empty if there are no costs",
                     PSB_POINTS_MAX);
    for (; out->points < json_array_size(points.value); out->points++) {
        struct at to = element(&points, out->points);
        if (!read_ns(&to, "a point of 'measured_ns'", out->costs, out->costs, out->measured_ns[out->points],
                     &count))
            return false;
    }
    return true;
}

/* ---- a reading ---- */

/* lists.json: {LIST: {SYSTEM: [method...]}}, of which a system may be a family's. NULL: there is no such list. */
static json_t *list_of(const char *name, const char *port)
{
    const psb_builtin *lists = psb_claims_builtin(1);
    const char *family = strstr(port, "bsd") ? "bsd" : port;
    json_t *root = json_loadb(lists->text, lists->len, 0, NULL), *list = json_object_get(root, name);
    json_t *methods =
        json_object_get(list, port) ? json_object_get(list, port) : json_object_get(list, family);
    json_incref(methods);
    json_decref(root);
    return methods;
}

static bool keep_methods(const struct at *at, const json_t *list, psb_reading *out)
{
    const json_t *value;
    size_t i;
    if (!json_is_array(list) || json_array_size(list) == 0 || json_array_size(list) > PSB_CLAIM_METHODS)
        return WRONG(at, "'methods' must be a list of 1 to %d names", PSB_CLAIM_METHODS);
    json_array_foreach (list, i, value) {
        const char *name = json_string_value(value);
        if (!name || strspn(name, "abcdefghijklmnopqrstuvwxyz_") != strlen(name) || !*name ||
            strlen(name) >= sizeof out->method[i])
            return WRONG(at, "a method is a text of small letters and _");
        memcpy(out->method[out->methods++], name, strlen(name) + 1);
    }
    return true;
}

static bool read_methods(const struct at *at, psb_reading *out)
{
    struct at list = member(at, "list"), own = member(at, "methods");
    char room[PSB_JSON_SHOWN];
    if (!list.value == !own.value)
        return WRONG(at, "a reading has either 'list' or 'methods'");
    if (own.value) {
        snprintf(out->list, sizeof out->list, "own");
        return keep_methods(&own, own.value, out);
    }
    if (!read_text(at, "list", out->list, sizeof out->list))
        return false;
    json_t *methods = list_of(out->list, out->port);
    bool good =
        methods ? keep_methods(&list, methods, out)
                : WRONG(&list, "there is no list '%s' for %s", psb_json_shown(out->list, room), out->port);
    json_decref(methods);
    return good;
}

static bool read_reading(const struct at *at, psb_reading *out)
{
    static const char *const KEY[] = {"id", "port", "population", "list", "methods", NULL};
    struct at port = member(at, "port"), population = member(at, "population");
    char room[PSB_JSON_SHOWN];
    if (!is_object(at, "a reading", KEY) || !read_text(at, "id", out->id, sizeof out->id) ||
        !read_text(at, "port", out->port, sizeof out->port) ||
        !read_text(at, "population", out->population, sizeof out->population))
        return false;
    if (!psb_is_system(out->port))
        return WRONG(&port, "'%s' is no system (%s)", psb_json_shown(out->port, room), psb_systems_text);
    if (!psb_population_named(out->population))
        return WRONG(&population, "'%s' is no population; see 'psbench list populations'",
                     psb_json_shown(out->population, room));
    return read_methods(at, out);
}

static bool is_taken(const psb_claims *claims, const psb_claim *last, const char *id)
{
    for (size_t c = 0; c <= claims->count; c++) {
        const psb_claim *claim = c < claims->count ? &claims->claim[c] : last;
        for (size_t i = 0; i < claim->readings; i++)
            if (strcmp(claim->reading[i].id, id) == 0)
                return true;
    }
    return false;
}

static bool read_readings(const struct at *at, const psb_claims *before, psb_claim *out)
{
    struct at list = member(at, "readings");
    char room[PSB_JSON_SHOWN];
    size_t count = json_array_size(list.value);
    if (!json_is_array(list.value) || count == 0 || count > PSB_READINGS_MAX)
        return WRONG(&list, "'readings' must be a list of 1 to %d", PSB_READINGS_MAX);
    for (; out->readings < count; out->readings++) {
        struct at to = element(&list, out->readings);
        psb_reading *reading = &out->reading[out->readings];
        if (!read_reading(&to, reading))
            return false;
        if (is_taken(before, out, reading->id))
            return WRONG(&to, "there are two readings '%s'", psb_json_shown(reading->id, room));
    }
    return true;
}

/* ---- a claim ---- */

static bool read_documentation(const struct at *at, psb_claim *out)
{
    static const char *const KEY[] = {"5.0.0", "later", NULL};
    struct at documentation = member(at, "documentation");
    if (!is_object(&documentation, "'documentation'", KEY))
        return false;
    for (size_t i = 0; KEY[i]; i++) {
        struct at to = member(&documentation, KEY[i]);
        if (to.value && !read_number(&to, KEY[i], 1, 1000, &out->documented[i]))
            return false;
    }
    return true;
}

static bool read_claim(const struct at *at, const psb_claims *before, psb_claim *out)
{
    static const char *const KEY[] = {"id",    "published",   "to",       "source", "note", "documentation",
                                      "costs", "measured_ns", "readings", NULL};
    struct at published = member(at, "published"), to = member(at, "to");
    if (!is_object(at, "a claim", KEY) || !read_text(at, "id", out->id, sizeof out->id))
        return false;
    if (!published.value || !to.value)
        return WRONG(at, "'%s' is missing", published.value ? "to" : "published");
    return read_number(&published, "'published'", 1, 1000, &out->published) &&
           read_number(&to, "'to'", 0.001, 1, &out->to) &&
           read_text(at, "source", out->source, sizeof out->source) &&
           (!json_object_get(at->value, "note") || read_text(at, "note", out->note, sizeof out->note)) &&
           read_documentation(at, out) && read_costs(at, out) && read_readings(at, before, out);
}

static bool read_root(const struct at *at, psb_claims *out)
{
    static const char *const KEY[] = {"schema", "claims", NULL};
    struct at schema = member(at, "schema"), list = member(at, "claims");
    char name[32], room[PSB_JSON_SHOWN];
    if (!is_object(at, "a file of claims", KEY) || !read_text(at, "schema", name, sizeof name))
        return false;
    if (strcmp(name, "psbench-claims/1") != 0)
        return WRONG(&schema, "'schema' is '%s'; this program reads 'psbench-claims/1'",
                     psb_json_shown(name, room));
    if (!json_is_array(list.value) || json_array_size(list.value) == 0 ||
        json_array_size(list.value) > PSB_CLAIMS_MAX)
        return WRONG(&list, "'claims' must be a list of 1 to %d", PSB_CLAIMS_MAX);
    for (; out->count < json_array_size(list.value); out->count++) {
        struct at to = element(&list, out->count);
        if (!read_claim(&to, out, &out->claim[out->count]))
            return false;
    }
    return true;
}

bool psb_claims_parse(const char *text, size_t len, const char *source, psb_claims *out, char *why,
                      size_t why_size)
{
    psb_json_text json = {text, source, len, why, why_size};
    memset(out, 0, sizeof *out);
    json_t *root = psb_json_parse(&json);
    struct at at = {.json = &json, .value = root};
    bool good = root && read_root(&at, out);
    json_decref(root);
    return good;
}

bool psb_claims_load(const char *path, psb_claims *out, char *why, size_t why_size)
{
    const psb_builtin *builtin = psb_claims_builtin(0);
    if (!path)
        return psb_claims_parse(builtin->text, builtin->len, "claims.json", out, why, why_size);
    size_t len;
    char *text = psb_json_load(path, &len, why, why_size);
    bool good = text && psb_claims_parse(text, len, path, out, why, why_size);
    free(text);
    return good;
}

#include "json_place.h"

#include <string.h>

struct cursor {
    const char *at, *end;
};

static void blanks(struct cursor *c)
{
    while (c->at < c->end && memchr(" \t\r\n", *c->at, 4))
        c->at++;
}

static char peek(struct cursor *c)
{
    blanks(c);
    return c->at < c->end ? *c->at : '\0';
}

/* Past a string, at its opening quote. */
static void skip_string(struct cursor *c)
{
    for (c->at++; c->at < c->end && *c->at != '"'; c->at++)
        if (*c->at == '\\')
            c->at++;
    c->at = c->at < c->end ? c->at + 1 : c->end;
}

/* Past any value, nested ones by counting brackets: no recursion. */
static void skip_value(struct cursor *c)
{
    size_t depth = 0;
    blanks(c);
    while (c->at < c->end) {
        char here = *c->at;
        if (here == '"') {
            skip_string(c);
        } else {
            if (depth == 0 && memchr(",]}", here, 3))
                return;
            depth += here == '{' || here == '[';
            depth -= here == '}' || here == ']';
            c->at++;
        }
        if (depth == 0 && (here == '"' || here == '}' || here == ']'))
            return;
    }
}

/* Keys of ours hold no escapes: the text between the quotes is the key. */
static int key_is(const struct cursor *c, const char *key)
{
    size_t len = strlen(key);
    return (size_t)(c->end - c->at) > len + 1 && memcmp(c->at + 1, key, len) == 0 && c->at[len + 1] == '"';
}

/* Moves to the member or element; *found is where it stands. */
static int enter(struct cursor *c, const psb_step *step, const char **found)
{
    char open = peek(c);
    if (open != '{' && (open != '[' || step->key))
        return 0;
    c->at++;
    for (size_t i = 0; c->at < c->end && peek(c) != '}' && peek(c) != ']'; i++) {
        const char *here = c->at;
        int match = step->key ? key_is(c, step->key) : i == step->index;
        if (open == '{') {
            skip_string(c);
            if (peek(c) == ':')
                c->at++;
        }
        if (match) {
            *found = here;
            blanks(c);
            return 1;
        }
        skip_value(c);
        if (peek(c) == ',')
            c->at++;
    }
    return 0;
}

psb_place psb_json_place(const char *text, size_t len, const psb_step *step, size_t steps)
{
    struct cursor c = {text, text + len};
    blanks(&c);
    const char *found = c.at;
    for (size_t i = 0; i < steps && enter(&c, &step[i], &found); i++)
        ;
    return psb_json_offset(text, (size_t)(found - text));
}

psb_place psb_json_offset(const char *text, size_t offset)
{
    psb_place place = {1, 1};
    for (size_t i = 0; i < offset; i++) {
        place.column = text[i] == '\n' ? 1 : place.column + 1;
        place.line += text[i] == '\n';
    }
    return place;
}

#include "redact.h"

#include "arena.h"

#include <stdlib.h>
#include <string.h>

const char *psb_text_name(psb_text kind)
{
    static const char *const NAME[PSB_TEXTS] = {"names", "arguments", "paths"};
    return NAME[kind];
}

/* ---- finding text ---- */

static bool ends_word(char byte)
{
    return byte == '\0' || byte == ' ' || byte == '/';
}

void psb_redact_text(const psb_redactor *redactor, psb_text kind, char *bytes, size_t len)
{
    size_t start = 0;
    if (!(redactor->kinds >> kind & 1))
        return;
    for (size_t at = 0; at <= len; at++) {
        if (at < len && !ends_word(bytes[at]))
            continue;
        if (at > start)
            redactor->replace(redactor->context, bytes + start, at - start);
        start = at + 1;
    }
}

bool psb_redact_none(void *raw, size_t len, const psb_redactor *redactor)
{
    return true;
}

bool psb_redact_name(void *raw, size_t len, const psb_redactor *redactor)
{
    psb_redact_text(redactor, PSB_TEXT_NAME, raw, len);
    return true;
}

bool psb_redact_arguments(void *raw, size_t len, const psb_redactor *redactor)
{
    psb_redact_text(redactor, PSB_TEXT_ARGUMENT, raw, len);
    return true;
}

bool psb_redact_path(void *raw, size_t len, const psb_redactor *redactor)
{
    psb_redact_text(redactor, PSB_TEXT_PATH, raw, len);
    return true;
}

static void redact_part(char *row, const psb_redact_part *part, const psb_redactor *redactor)
{
    char *bytes = row + part->offset;
    size_t len = 0;
    if (part->kind != PSB_UNREAD) {
        while (len < part->len && bytes[len] != '\0')
            len++;
        psb_redact_text(redactor, (psb_text)part->kind, bytes, len);
    }
    memset(bytes + len, 0, part->len - len);
}

bool psb_redact_rows(void *raw, size_t len, size_t row_size, const psb_redact_part *part, size_t parts,
                     const psb_redactor *redactor)
{
    if (row_size == 0 || len % row_size != 0)
        return false;
    for (char *row = raw, *end = row + len; row < end; row += row_size)
        for (size_t i = 0; i < parts; i++)
            redact_part(row, &part[i], redactor);
    return true;
}

/* ---- replacements ---- */

struct word {
    const char *bytes; /* NULL: the place is free */
    size_t len;
    uint64_t alias;
};

enum { FIRST_PLACES = 1024, LETTERS = 26, LENGTHS = 8 };

struct psb_aliases {
    struct word *word; /* open addressing, a power of two of places */
    size_t places, words;
    uint64_t next[LENGTHS]; /* by length, as far as so few letters may run out */
    psb_arena room;
    bool failed;
};

psb_aliases *psb_aliases_open(void)
{
    return calloc(1, sizeof(psb_aliases));
}

void psb_aliases_close(psb_aliases *aliases)
{
    if (!aliases)
        return;
    psb_arena_free(&aliases->room);
    free(aliases->word);
    free(aliases);
}

bool psb_aliases_good(const psb_aliases *aliases)
{
    return !aliases->failed;
}

static struct word *place_of(const psb_aliases *self, const char *bytes, size_t len)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < len; i++)
        hash = (hash ^ (unsigned char)bytes[i]) * UINT64_C(0x100000001b3);
    size_t place = (size_t)(hash ^ hash >> 32) & (self->places - 1);
    while (self->word[place].bytes &&
           (self->word[place].len != len || memcmp(self->word[place].bytes, bytes, len) != 0))
        place = (place + 1) & (self->places - 1);
    return &self->word[place];
}

static bool grow(psb_aliases *self)
{
    psb_aliases old = *self;
    size_t places = old.places ? old.places * 2 : FIRST_PLACES;
    struct word *word = calloc(places, sizeof *word);
    if (!word)
        return false;
    self->word = word;
    self->places = places;
    for (size_t i = 0; i < old.places; i++)
        if (old.word[i].bytes)
            *place_of(self, old.word[i].bytes, old.word[i].len) = old.word[i];
    free(old.word);
    return true;
}

/* A number in letters, from the last on. */
static char letter(uint64_t *number)
{
    char digit = (char)('a' + *number % LETTERS);
    *number /= LETTERS;
    return digit;
}

static bool is_alias(const char *word, size_t len, uint64_t number)
{
    while (len > 0 && word[len - 1] == letter(&number))
        len--;
    return len == 0;
}

/* The word's place, made if it is new; NULL: no memory. */
static const struct word *remember(psb_aliases *self, const char *bytes, size_t len)
{
    if ((self->words + 1) * 4 > self->places * 3 && !grow(self))
        return NULL;
    struct word *word = place_of(self, bytes, len);
    if (word->bytes)
        return word;
    char *copy = psb_arena_alloc(&self->room, len);
    if (!copy)
        return NULL;
    memcpy(copy, bytes, len);
    uint64_t *next = &self->next[len < LENGTHS ? len : 0];
    if (is_alias(bytes, len, *next))
        ++*next;
    *word = (struct word){copy, len, (*next)++};
    self->words++;
    return word;
}

void psb_alias(void *aliases, char *word, size_t len)
{
    psb_aliases *self = aliases;
    const struct word *known = remember(self, word, len);
    uint64_t number = known ? known->alias : 0;
    self->failed |= !known;
    while (len > 0)
        word[--len] = letter(&number);
}

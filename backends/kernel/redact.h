/*
 * redact.h: makes a kernel's replies fit to be published. Names, arguments and paths of processes, and names of
 * accounts, are replaced where they stand, so that a reply keeps its length and its form.
 *
 * What is replaced are words: text between NULs, blanks and slashes. Equal words get equal replacements, in all
 * replies of a recording; numbers, states, times and ids stay. So a reader of the trace learns how long words are,
 * which of them are the same, and how many components a path has; nothing else of them.
 */
#ifndef PSB_REDACT_H
#define PSB_REDACT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum psb_text {
    PSB_TEXT_NAME,     /* of a process, a thread or an account */
    PSB_TEXT_ARGUMENT, /* and the environment, where a reply has it */
    PSB_TEXT_PATH,
    PSB_TEXTS
} psb_text;

const char *psb_text_name(psb_text kind); /* "names", "arguments", "paths" */

typedef struct psb_redactor {
    uint32_t kinds; /* bit n: text of kind n is replaced */
    void (*replace)(void *context, char *word, size_t len);
    void *context;
} psb_redactor;

/*
 * psb_source.redact: finds all text in a reply of this source and has it replaced. Pure and total: any bytes, no
 * allocation, no I/O. False: the bytes do not have the form of such a reply; they are not published.
 */
typedef bool psb_redact(void *raw, size_t len, const psb_redactor *redactor);

psb_redact psb_redact_none;                                        /* such a reply never has text */
psb_redact psb_redact_name, psb_redact_arguments, psb_redact_path; /* it is nothing but text */

/* ---- for sources of another form ---- */

/* The words in these bytes, if text of this kind is to be replaced. */
void psb_redact_text(const psb_redactor *redactor, psb_text kind, char *bytes, size_t len);

/* A member of a struct: an array with text up to its first NUL, whose rest is zeroed; or, kind PSB_UNREAD, bytes
 * that the port does not read and that may be anything: they are zeroed, whatever is to be replaced. */
enum { PSB_UNREAD = PSB_TEXTS };
typedef struct psb_redact_part {
    size_t offset, len;
    int kind; /* a psb_text, or PSB_UNREAD */
} psb_redact_part;
#define PSB_PART(type, member, kind)                                                                         \
    {                                                                                                        \
        offsetof(type, member), sizeof(((type *)0)->member), kind                                            \
    }

/* These members of each struct of an array; false: the array does not end with a struct. */
bool psb_redact_rows(void *raw, size_t len, size_t row_size, const psb_redact_part *part, size_t parts,
                     const psb_redactor *redactor);

/* ---- replacements ---- */

/* Remembers which word became what. NULL: out of memory. */
typedef struct psb_aliases psb_aliases;
psb_aliases *psb_aliases_open(void);
void psb_aliases_close(psb_aliases *aliases); /* NULL is allowed */

/* psb_redactor.replace: small letters, as many as the word has bytes, and never the word itself. */
void psb_alias(void *aliases, char *word, size_t len);

/* False: there was no memory, and a word was replaced by another than before. */
bool psb_aliases_good(const psb_aliases *aliases);

#endif

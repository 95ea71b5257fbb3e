/*
 * plain.h: replies of the plainest forms: one number of fixed size, with its parser and the decoder of its only field; a
 * table of records of fixed size.
 */
#ifndef PSB_PLAIN_H
#define PSB_PLAIN_H

#include "port.h"

/* A reply that is one struct: copied; PSB_MALFORMED for any other size. */
psb_status psb_fixed(const void *raw, size_t len, void *parsed, size_t size);

/* psb_source.parse into an int32_t, int64_t or uint64_t; PSB_MALFORMED for any other size. */
psb_status psb_parse_i32(const void *raw, size_t len, psb_pid pid, void *parsed);
psb_status psb_parse_i64(const void *raw, size_t len, psb_pid pid, void *parsed);
psb_status psb_parse_u64(const void *raw, size_t len, psb_pid pid, void *parsed);

/* psb_try.decode of such a number as an INTEGER or INSTANT. */
void psb_decode_i32(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out);
void psb_decode_i64(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out);
void psb_decode_u64(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out);

/* psb_source.record of a table whose records have size bytes, with a signed pid of pid_size (4 or 8) at pid_at. */
bool psb_record_of_size(size_t size, size_t pid_at, size_t pid_size, const void *raw, size_t len, size_t *at,
                        psb_record *out);

/* Bytes of a reply that are the answer themselves: arguments, a path, an account's name. In the raw reply. */
struct psb_bytes {
    const char *bytes;
    size_t len;
    uint32_t count; /* of arguments: strings, each ended by a NUL */
};

/* psb_source.parse into a struct psb_bytes. */
psb_status psb_parse_bytes(const void *raw, size_t len, psb_pid pid, void *parsed); /* all that there is */
psb_status psb_parse_name(const void *raw, size_t len, psb_pid pid, void *parsed);  /* the same; not empty */
psb_status psb_parse_path(const void *raw, size_t len, psb_pid pid,
                          void *parsed); /* up to its NUL; not empty */

/* psb_try.decode of such bytes as a TEXT, or, by their count, a LIST. */
void psb_decode_bytes(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out);

#endif

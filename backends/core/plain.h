/* plain.h: sources whose whole reply is one number of fixed size: their parsers, and the decoders of their only field. */
#ifndef PSB_PLAIN_H
#define PSB_PLAIN_H

#include "port.h"

/* psb_source.parse into an int32_t, int64_t or uint64_t; PSB_MALFORMED for any other size. */
psb_status psb_parse_i32(const void *raw, size_t len, psb_pid pid, void *parsed);
psb_status psb_parse_i64(const void *raw, size_t len, psb_pid pid, void *parsed);
psb_status psb_parse_u64(const void *raw, size_t len, psb_pid pid, void *parsed);

/* psb_try.decode of such a number as an INTEGER or INSTANT. */
void psb_decode_i32(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out);
void psb_decode_i64(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out);
void psb_decode_u64(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out);

#endif

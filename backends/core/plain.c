#include "plain.h"

#include <string.h>

psb_status psb_fixed(const void *raw, size_t len, void *parsed, size_t size)
{
    if (len != size)
        return PSB_MALFORMED;
    memcpy(parsed, raw, size);
    return PSB_OK;
}

psb_status psb_parse_i32(const void *raw, size_t len, psb_pid pid, void *parsed)
{
    return psb_fixed(raw, len, parsed, sizeof(int32_t));
}

psb_status psb_parse_i64(const void *raw, size_t len, psb_pid pid, void *parsed)
{
    return psb_fixed(raw, len, parsed, sizeof(int64_t));
}

psb_status psb_parse_u64(const void *raw, size_t len, psb_pid pid, void *parsed)
{
    return psb_fixed(raw, len, parsed, sizeof(uint64_t));
}

void psb_decode_i32(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    out->u.integer = *(const int32_t *)parsed;
}

void psb_decode_i64(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    out->u.integer = *(const int64_t *)parsed;
}

void psb_decode_u64(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    out->u.integer = (int64_t) * (const uint64_t *)parsed;
}

bool psb_record_of_size(size_t size, size_t pid_at, size_t pid_size, const void *raw, size_t len, size_t *at,
                        psb_record *out)
{
    if (*at > len || len - *at < size)
        return false;
    const char *pid = (const char *)raw + *at + pid_at;
    int32_t narrow;
    if (pid_size == sizeof narrow) {
        memcpy(&narrow, pid, sizeof narrow);
        out->pid = narrow;
    } else {
        memcpy(&out->pid, pid, sizeof out->pid);
    }
    out->offset = *at;
    out->len = size;
    *at += size;
    return true;
}

psb_status psb_parse_bytes(const void *raw, size_t len, psb_pid pid, void *parsed)
{
    *(struct psb_bytes *)parsed = (struct psb_bytes){.bytes = raw, .len = len};
    return PSB_OK;
}

psb_status psb_parse_name(const void *raw, size_t len, psb_pid pid, void *parsed)
{
    psb_parse_bytes(raw, len, pid, parsed);
    return len > 0 ? PSB_OK : PSB_MALFORMED;
}

psb_status psb_parse_path(const void *raw, size_t len, psb_pid pid, void *parsed)
{
    const char *nul = len > 0 ? memchr(raw, '\0', len) : NULL;
    if (!nul)
        return PSB_MALFORMED;
    return psb_parse_name(raw, (size_t)(nul - (const char *)raw), pid, parsed);
}

void psb_decode_bytes(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    const struct psb_bytes *raw = parsed;
    out->count = raw->count;
    out->u.text.bytes = raw->bytes;
    out->u.text.len = raw->len;
}

/*
 * scan.h: reading text that a kernel wrote, never past its end. A scan is what is left to read; each function
 * moves it on past what it read, and returns false, without moving it, if that is not there.
 */
#ifndef PSB_SCAN_H
#define PSB_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct psb_scan {
    const char *at, *end;
} psb_scan;

static inline psb_scan psb_scan_of(const void *bytes, size_t len)
{
    return (psb_scan){bytes, (const char *)bytes + len};
}

static inline size_t psb_scan_left(const psb_scan *scan)
{
    return (size_t)(scan->end - scan->at);
}

/* ---- inline, because every column of every process passes here ---- */

/* Spaces and tabs, as many as there are: always succeeds. */
static inline void psb_scan_blanks(psb_scan *scan)
{
    while (scan->at < scan->end && (*scan->at == ' ' || *scan->at == '\t'))
        scan->at++;
}

/* A decimal number of at most 64 bits, blanks before it allowed. More digits than fit: false. */
static inline bool psb_scan_u64(psb_scan *scan, uint64_t *out)
{
    const char *at = scan->at, *end = scan->end;
    uint64_t number = 0;
    while (at < end && (*at == ' ' || *at == '\t'))
        at++;
    const char *start = at;
    for (; at < end; at++) {
        unsigned digit = (unsigned char)*at - (unsigned)'0';
        if (digit > 9)
            break;
        /* 19 digits always fit. */
        if (at - start >= 19 && (number > UINT64_MAX / 10 || number * 10 > UINT64_MAX - digit))
            return false;
        number = number * 10 + digit;
    }
    if (at == start)
        return false;
    scan->at = at;
    *out = number;
    return true;
}

/* One column: blanks, then bytes up to a byte of 0x20 or less or the end; false if there are no bytes. */
static inline bool psb_scan_skip(psb_scan *scan)
{
    const char *at = scan->at, *end = scan->end;
    while (at < end && (*at == ' ' || *at == '\t'))
        at++;
    const char *start = at;
    while (at < end && (unsigned char)*at > ' ')
        at++;
    if (at == start)
        return false;
    scan->at = at;
    return true;
}

/* ---- scan.c ---- */

/* A decimal number, with a minus sign before it or not, blanks before that allowed. */
bool psb_scan_i64(psb_scan *scan, int64_t *out);

/* The next line, without its newline; the last one needs none. */
bool psb_scan_line(psb_scan *scan, psb_scan *line);

/* Exactly these bytes. */
bool psb_scan_literal(psb_scan *scan, const char *literal, size_t len);

#endif

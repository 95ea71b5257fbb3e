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

/* Spaces and tabs, as many as there are: always succeeds. */
void psb_scan_blanks(psb_scan *scan);

/* A decimal number of at most 64 bits, blanks before it allowed. More digits than fit: false. */
bool psb_scan_u64(psb_scan *scan, uint64_t *out);

/* The same, with a sign allowed. */
bool psb_scan_i64(psb_scan *scan, int64_t *out);

/* One column: blanks, then bytes up to a blank, a newline or the end; false if there are no bytes. */
bool psb_scan_skip(psb_scan *scan);

/* The next line, without its newline; the last one needs none. */
bool psb_scan_line(psb_scan *scan, psb_scan *line);

/* Exactly these bytes. */
bool psb_scan_literal(psb_scan *scan, const char *literal, size_t len);

#endif

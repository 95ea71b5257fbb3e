#include "scan.h"

#include <string.h>

bool psb_scan_i64(psb_scan *scan, int64_t *out)
{
    psb_scan rest = *scan;
    uint64_t size;
    psb_scan_blanks(&rest);
    bool negative = rest.at < rest.end && *rest.at == '-';
    if (negative)
        rest.at++;
    if (rest.at == rest.end || *rest.at < '0' || *rest.at > '9' || !psb_scan_u64(&rest, &size) ||
        size > (uint64_t)INT64_MAX + negative)
        return false;
    *out = negative && size > 0 ? -(int64_t)(size - 1) - 1 : (int64_t)size;
    *scan = rest;
    return true;
}

bool psb_scan_line(psb_scan *scan, psb_scan *line)
{
    if (scan->at == scan->end)
        return false;
    const char *newline = memchr(scan->at, '\n', psb_scan_left(scan));
    *line = (psb_scan){scan->at, newline ? newline : scan->end};
    scan->at = newline ? newline + 1 : scan->end;
    return true;
}

bool psb_scan_literal(psb_scan *scan, const char *literal, size_t len)
{
    if (psb_scan_left(scan) < len || memcmp(scan->at, literal, len) != 0)
        return false;
    scan->at += len;
    return true;
}

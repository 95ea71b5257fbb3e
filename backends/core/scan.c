#include "scan.h"

#include <string.h>

void psb_scan_blanks(psb_scan *scan)
{
    while (scan->at < scan->end && (*scan->at == ' ' || *scan->at == '\t'))
        scan->at++;
}

static bool digits(psb_scan *scan, uint64_t *out)
{
    const char *at = scan->at;
    uint64_t number = 0;
    for (; at < scan->end; at++) {
        unsigned digit = (unsigned char)*at - (unsigned)'0';
        if (digit > 9)
            break;
        if (number > UINT64_MAX / 10 || number * 10 > UINT64_MAX - digit)
            return false;
        number = number * 10 + digit;
    }
    if (at == scan->at)
        return false;
    scan->at = at;
    *out = number;
    return true;
}

bool psb_scan_u64(psb_scan *scan, uint64_t *out)
{
    psb_scan try = *scan;
    psb_scan_blanks(&try);
    if (!digits(&try, out))
        return false;
    *scan = try;
    return true;
}

bool psb_scan_i64(psb_scan *scan, int64_t *out)
{
    psb_scan try = *scan;
    psb_scan_blanks(&try);
    bool negative = try.at < try.end && *try.at == '-';
    uint64_t size;
    if (negative)
        try.at++;
    if (!digits(&try, &size) || size > (uint64_t)INT64_MAX + negative)
        return false;
    *out = negative ? -(int64_t)(size - (size != 0)) - (size != 0) : (int64_t)size;
    *scan = try;
    return true;
}

bool psb_scan_skip(psb_scan *scan)
{
    psb_scan try = *scan;
    psb_scan_blanks(&try);
    const char *start = try.at;
    while (try.at < try.end && *try.at != ' ' && *try.at != '\t' && *try.at != '\n')
        try.at++;
    if (try.at == start)
        return false;
    *scan = try;
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

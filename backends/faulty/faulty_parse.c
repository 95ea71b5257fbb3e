/* faulty_parse.c: mistakes in parsers and in reading tables: what a hostile name, a zombie or the end of a table does. */
#include "faulty.h"

#include "linux_abi.h"
#include "scan.h"

#include <string.h>

typedef psb_status parser(const void *, size_t, psb_pid, void *);

static void put(psb_faulty_port *port, uint32_t op, parser *parse)
{
    for (size_t i = 0; i < port->port.sources; i++)
        if (port->source[i].op == op)
            port->source[i].parse = parse;
}

/* Where the key stands first, at the start of a line or not. */
static const char *find(const char *bytes, size_t len, const char *key)
{
    size_t key_len = strlen(key);
    for (size_t i = 0; i + key_len <= len; i++)
        if (memcmp(bytes + i, key, key_len) == 0)
            return bytes + i + key_len;
    return NULL;
}

static psb_status loose_uid(const void *raw, size_t len, psb_pid pid, void *parsed)
{
    struct psb_linux_status *out = parsed;
    psb_status status = psb_linux_parse_status(raw, len, pid, parsed);
    const char *at = find(raw, len, "Uid:");
    psb_scan scan = {at, (const char *)raw + len};
    uint64_t id[3];
    if (at && psb_scan_u64(&scan, &id[0]) && psb_scan_u64(&scan, &id[1]) && psb_scan_u64(&scan, &id[2]))
        memcpy(out->uid, id, sizeof id);
    return status;
}

void psb_faulty_loose_uid(psb_faulty_port *port)
{
    put(port, PSB_OP_LINUX_STATUS, loose_uid);
}

static psb_status loose_threads(const void *raw, size_t len, psb_pid pid, void *parsed)
{
    psb_status status = psb_linux_parse_status(raw, len, pid, parsed);
    const char *at = find(raw, len, "Threads:");
    psb_scan scan = {at, (const char *)raw + len};
    if (at)
        psb_scan_u64(&scan, &((struct psb_linux_status *)parsed)->threads);
    return status;
}

void psb_faulty_loose_threads(psb_faulty_port *port)
{
    put(port, PSB_OP_LINUX_STATUS, loose_threads);
}

/* "4 (a) R 1 2 3) S 7": the state, the parent and all the rest are what stands in the name. */
static psb_status first_parenthesis(const void *raw, size_t len, psb_pid pid, void *parsed)
{
    struct psb_linux_stat *out = parsed;
    psb_status status = psb_linux_parse_stat(raw, len, pid, parsed);
    const char *close = len ? memchr(raw, ')', len) : NULL;
    psb_scan scan = {close ? close + 1 : raw, (const char *)raw + len};
    uint64_t ppid;
    if (close && psb_scan_skip(&scan) && psb_scan_u64(&scan, &ppid))
        out->ppid = (int64_t)ppid;
    return status;
}

void psb_faulty_first_parenthesis(psb_faulty_port *port)
{
    put(port, PSB_OP_LINUX_STAT, first_parenthesis);
}

static psb_status zombie_is_gone(const void *raw, size_t len, psb_pid pid, void *parsed)
{
    psb_status status = psb_linux_parse_stat(raw, len, pid, parsed);
    return status == PSB_OK && ((struct psb_linux_stat *)parsed)->state == 'Z' ? PSB_GONE : status;
}

void psb_faulty_zombie_is_gone(psb_faulty_port *port)
{
    put(port, PSB_OP_LINUX_STAT, zombie_is_gone);
}

/* A table's end is taken to be one record before it. */
static bool last_record(const void *raw, size_t len, size_t *at, psb_record *out)
{
    const psb_port *port = psb_port_named("openbsd");
    bool (*record)(const void *, size_t, size_t *, psb_record *) = port->source[port->pids_source].record;
    psb_record next;
    size_t behind;
    if (!record(raw, len, at, out))
        return false;
    behind = *at;
    return record(raw, len, &behind, &next);
}

void psb_faulty_last_record(psb_faulty_port *port)
{
    port->source[port->port.pids_source].record = last_record;
}

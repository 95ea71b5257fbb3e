/*
 * lane.h: one port's kernel, asked source by source as psutil's own C functions ask theirs: a function of
 * theirs is one call of one source, out of which it takes many items. Nothing is cached here: psutil's Python
 * does that. No Python in this file; psbench_lane.c puts it on.
 */
#ifndef PSB_LANE_H
#define PSB_LANE_H

#include "registry.h"

/*
 * What psutil reads besides a port's sources, as if they were its sources: named "cpus" (its cpu_count(),
 * int32) and, on SunOS, "fd_path" (text; the call's first argument is the descriptor).
 */
enum { PSB_LANE_EXTRAS = 2, PSB_LANE_SOURCES = PSB_SOURCES_MAX + PSB_LANE_EXTRAS, PSB_LANE_ROOM = 16 << 10 };

/* A reply that is kept while the kernel stands still. */
struct psb_kept {
    psb_pid pid;
    uint64_t argument;
    int source;
    psb_status status;
    int os_error;
    char *raw, *parsed;
    size_t len;
};

enum { PSB_KEPT_MAX = 32 };

typedef struct psb_lane {
    const psb_port *port;
    psb_world *world; /* NULL: the kernel tells of none */
    psb_backend *backend;
    psb_kernel *kernel, *counter; /* counter: NULL if there is no count shim in the stack */
    psb_facts facts;
    psb_evidence evidence;
    struct {
        char *raw, *parsed; /* of the last reply of this source */
        size_t cap, len;
        const char *table; /* what psb_lane_next reads: raw, or a kept reply */
        size_t table_len;
    } slot[PSB_LANE_SOURCES];
    psb_arena arena; /* of what decoders compose; emptied by each psb_lane_ask */
    char room[PSB_LANE_ROOM];
    bool still;
    size_t keeps;
    struct psb_kept kept[PSB_KEPT_MAX];
} psb_lane;

/* What a source said. parsed is valid until the next call of the same source. */
typedef struct psb_told {
    psb_status status;
    int os_error;
    const void *parsed; /* NULL unless status is PSB_OK */
} psb_told;

/*
 * Opens a port over a kernel stack such as "count+delay=500+sim"; world is as on psbench's command line, NULL
 * for a kernel that needs none. NULL: why says so.
 */
psb_lane *psb_lane_open(const char *port, const char *kernel, const char *world, char *why, size_t why_size);

/* Another stack over the same world. False: why says so, and the old one stays. */
bool psb_lane_restack(psb_lane *lane, const char *kernel, char *why, size_t why_size);

void psb_lane_close(psb_lane *lane);

/* The source of that name (port.h, and the extras), or -1. */
int psb_lane_source(const psb_lane *lane, const char *name);
const psb_source *psb_lane_source_at(const psb_lane *lane, int source);

/* One call of one source; of a table, one process is picked. argument is added to the source's first. */
psb_told psb_lane_ask(psb_lane *lane, int source, psb_pid pid, uint64_t argument);

/*
 * The next record of a table (psb_source.record) that was just asked, at *at or behind it, parsed; PSB_GONE after the
 * last.
 */
psb_told psb_lane_next(psb_lane *lane, int source, size_t *at, psb_record *record);

/* The decoder of a field that reads this source, or NULL. */
typedef void psb_decode(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out);
psb_decode *psb_lane_decoder(const psb_lane *lane, int source, psb_field field);

/* Its answer. Text lives until the next psb_lane_ask. */
static inline psb_value psb_lane_decode(psb_lane *lane, psb_decode *decode, const void *parsed)
{
    psb_value value;
    value.status = PSB_OK;
    value.os_error = 0;
    value.known = value.count = 0;
    decode(parsed, &lane->facts, &lane->arena, &value);
    return value;
}

/*
 * From now on (or no longer) the first answer that was given to each question while still is given again without a
 * call: what is above the kernel costs, by itself. Another stack forgets them. More questions than PSB_KEPT_MAX go
 * through.
 */
void psb_lane_stand_still(psb_lane *lane, bool still);

#endif

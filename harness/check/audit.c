/* audit.c: snapshots under the eyes of the kernel. */
#include "audit.h"

#include "cell.h"
#include "describe.h"
#include "host_audit.h"

#include <stdio.h>
#include <string.h>

#define LIMIT_S 30.0

struct job {
    const psb_suite *suite;
    psb_pid pid;
    psb_field field[PSB_FIELDS];
    size_t fields;
};

static void ask(const struct job *job, psb_backend *backend)
{
    psb_snapshot *snapshot;
    psb_value value;
    if (backend->ops->begin(backend, PSB_SPAN_PROCESS, &snapshot) != PSB_OK)
        return;
    for (size_t i = 0; i < job->fields; i++)
        psb_get(snapshot, job->pid, job->field[i], &value);
    backend->ops->end(snapshot);
}

/* Once before it is counted: what is done but once is no part of a snapshot. */
static void work(void *context)
{
    const struct job *job = context;
    char why[256];
    for (psb_variant variant = PSB_UNCACHED; variant < PSB_VARIANTS; variant++) {
        psb_backend *backend =
            psb_open(job->suite->port, variant, job->suite->kernel, job->suite->world, why, sizeof why);
        if (!backend)
            continue;
        ask(job, backend);
        psb_host_audit_mark(variant);
        ask(job, backend);
        psb_host_audit_mark(PSB_AUDIT_PHASES);
        backend->ops->close(backend);
    }
}

/* What the port says of the same snapshot. */
static json_t *claimed(const struct job *job, psb_variant variant)
{
    char why[256];
    psb_cell cell = {.port = job->suite->port, .kernel = job->suite->kernel, .world = job->suite->world};
    json_t *counted = psb_count_variant(&cell, variant, job->pid, job->field, job->fields, why, sizeof why);
    json_t *entries = json_incref(json_object_get(counted, "entries"));
    json_decref(counted);
    return entries;
}

static json_t *table(const struct job *job, psb_variant variant, const psb_audit *audit)
{
    json_t *names = json_object();
    json_int_t sum = 0;
    char room[24];
    for (size_t i = 0; i < PSB_AUDIT_CALLS; i++)
        if (audit->count[variant][i] > 0) {
            sum += (json_int_t)audit->count[variant][i];
            json_object_set_new(names, psb_host_audit_name(i, room),
                                json_integer((json_int_t)audit->count[variant][i]));
        }
    json_t *out = json_pack("{s:I, s:o}", "entries", sum, "by_name", names);
    if (psb_suite_has_tables(job->suite))
        json_object_set_new(out, "claimed", claimed(job, variant));
    return out;
}

json_t *psb_suite_audit(const psb_suite *suite, psb_pid pid, char *why, size_t why_size)
{
    struct job job = {.suite = suite, .pid = pid};
    psb_audit audit;
    for (psb_field field = 0; field < PSB_FIELDS; field++)
        if (psb_port_has(suite->port, field) && field != PSB_USERNAME)
            job.field[job.fields++] = field;
    if (!psb_host_audit(work, &job, LIMIT_S, &audit, why, why_size))
        return NULL;
    return json_pack("{s:s, s:o, s:o}", "counted_by", "seccomp user notification", "uncached",
                     table(&job, PSB_UNCACHED, &audit), "cached", table(&job, PSB_CACHED, &audit));
}

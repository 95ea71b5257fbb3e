/*
 * describe.h: what a port's tables declare: its sources, and the calls that a list of fields should make.
 * Computed from the tables alone, apart from the code that makes the calls, so that the two can be held
 * against each other.
 */
#ifndef PSB_DESCRIBE_H
#define PSB_DESCRIBE_H

#include "port_backend.h"

/* Has the port an answer to this field, of its own or derived? */
bool psb_port_has(const psb_port *port, psb_field field);

/* What the port must answer out of this world, asked by root; false: the world does not know. */
bool psb_port_truth(const psb_port *port, const psb_world *world, psb_pid pid, psb_field field,
                    psb_arena *room, psb_value *out);

/* The lie that a kernel of this evidence tells of the field of this process or another, or NULL. */
const psb_lie *psb_port_lie(const psb_port *port, psb_evidence evidence, psb_field field, bool of_itself);

/* The source of an op, or NULL. */
const psb_source *psb_source_of_op(const psb_port *port, uint32_t op);

const char *psb_scope_name(psb_scope scope);

/* A source that does not say where text stands in its replies; NULL: all do. */
const psb_source *psb_port_unredacted(const psb_port *port);

/* psb_redaction.redact (trace.h), by what the sources of the port say; context is the port. */
bool psb_port_redact(const void *port, const psb_call *call, void *raw, size_t len,
                     const psb_redactor *redactor);

/* Whom a call is about. */
typedef enum psb_subject {
    PSB_OF_ITSELF,
    PSB_OF_PARENT,
    PSB_OF_USER,
    PSB_OF_SYSTEM,
    PSB_SUBJECTS
} psb_subject;

/* How things stand with the process: which calls follow depends on it. */
typedef struct psb_situation {
    bool has_parent; /* its ppid is not 0 */
    psb_status (*status)(void *context, const psb_source *source,
                         psb_subject); /* NULL: every source answers */
    void *context;
    psb_span span;
    /* What a field of the process itself came to, where its decoder says otherwise than its source; NULL: as the
     * source. What is derived from it goes no further if that is not PSB_OK. */
    const psb_status *field_status;
} psb_situation;

typedef struct psb_declared {
    uint32_t calls[PSB_SOURCES_MAX][PSB_SUBJECTS]; /* by index of source */
} psb_declared;

/* The calls of one snapshot that asks one process for these fields, in this order. */
void psb_declare(const psb_port *port, psb_variant variant, const psb_field *field, size_t fields,
                 const psb_situation *situation, psb_declared *out);

uint32_t psb_declared_calls(const psb_declared *declared, size_t source);

#endif

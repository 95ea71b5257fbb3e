/*
 * count.c: one snapshot of each variant under the count shim, beside what the port's tables declare. These
 * figures are exact: one run suffices, and any difference is a fact.
 */
#include "cell.h"
#include "describe.h"

#include <string.h>

/* What the log of calls says of the sources: the situation that the declaration depends on. */
struct seen {
    const psb_counted *log;
    size_t count;
    psb_pid pid;
};

static psb_status status_seen(void *context, const psb_source *source, psb_subject subject)
{
    const struct seen *seen = context;
    for (size_t i = 0; i < seen->count; i++)
        if (seen->log[i].call.op == source->op &&
            ((seen->log[i].call.pid == seen->pid) == (subject == PSB_OF_ITSELF) || subject >= PSB_OF_USER))
            return seen->log[i].status;
    return PSB_OK;
}

/* How things stand with the process before it is counted: what its fields came to, and whether it has a parent. */
static bool look_at(psb_backend *backend, psb_pid pid, psb_status status[PSB_FIELDS])
{
    psb_snapshot *snapshot;
    psb_value value = {0};
    bool has_parent = false;
    if (backend->ops->begin(backend, PSB_SPAN_PROCESS, &snapshot) != PSB_OK)
        return false;
    for (psb_field field = 0; field < PSB_FIELDS; field++) {
        status[field] = psb_get(snapshot, pid, field, &value);
        if (field == PSB_PPID)
            has_parent = value.status == PSB_OK && value.u.integer != 0;
    }
    backend->ops->end(snapshot);
    return has_parent;
}

static json_t *row(const psb_source *source, const psb_count *count)
{
    return json_pack("{s:s, s:I, s:I, s:I, s:I, s:I}", "source", source->name, "calls",
                     (json_int_t)count->calls, "entries", (json_int_t)count->entries, "bytes",
                     (json_int_t)count->bytes, "retries", (json_int_t)count->retries, "failures",
                     (json_int_t)count->failures);
}

/* Entries are declared per call, for calls that are answered at the first time of asking. */
static bool entries_fit(const psb_source *source, const psb_count *count)
{
    return source->entries == 0 || count->retries > 0 || count->failures > 0 ||
           count->entries == count->calls * source->entries;
}

json_t *psb_count_table(const psb_port *port, const psb_count *count, const psb_declared *declared)
{
    json_t *rows = json_array();
    json_int_t calls = 0, entries = 0, bytes = 0;
    bool as_declared = true;
    for (size_t i = 0; i < port->sources; i++) {
        const psb_source *source = &port->source[i];
        const psb_count *made = &count[source->op];
        uint32_t due = declared ? psb_declared_calls(declared, i) : 0;
        if (made->calls == 0 && due == 0)
            continue;
        json_t *one = row(source, made);
        if (declared)
            json_object_set_new(one, "declared", json_integer(due));
        as_declared &= (!declared || made->calls == due) && entries_fit(source, made);
        calls += (json_int_t)made->calls;
        entries += (json_int_t)made->entries;
        bytes += (json_int_t)made->bytes;
        json_array_append_new(rows, one);
    }
    return json_pack("{s:I, s:I, s:I, s:b, s:o}", "calls", calls, "entries", entries, "bytes", bytes,
                     "as_declared", as_declared, "sources", rows);
}

json_t *psb_count_snapshot(const psb_port *port, psb_variant variant, psb_backend *backend,
                           psb_kernel *counter, psb_pid pid, const psb_field *field, size_t fields)
{
    psb_snapshot *snapshot;
    psb_value value;
    psb_status status[PSB_FIELDS] = {PSB_OK};
    psb_situation situation = {
        .has_parent = look_at(backend, pid, status), .status = status_seen, .field_status = status};
    psb_count_reset(counter);
    if (backend->ops->begin(backend, PSB_SPAN_PROCESS, &snapshot) != PSB_OK)
        return NULL;
    for (size_t i = 0; i < fields; i++)
        psb_get(snapshot, pid, field[i], &value);
    backend->ops->end(snapshot);
    struct seen seen = {.pid = pid};
    psb_declared declared;
    seen.count = psb_count_log(counter, &seen.log);
    situation.context = &seen;
    psb_declare(port, variant, field, fields, &situation, &declared);
    return psb_count_table(port, psb_count_read(counter), &declared);
}

json_t *psb_count_variant(const psb_cell *cell, psb_variant variant, psb_pid pid, const psb_field *field,
                          size_t fields, char *why, size_t why_size)
{
    char stack[PSB_STACK_ROOM];
    snprintf(stack, sizeof stack, "count+%s", cell->kernel);
    psb_backend *backend = psb_open(cell->port, variant, stack, cell->world, why, why_size);
    if (!backend)
        return NULL;
    psb_kernel *counter = psb_kernel_find(psb_port_kernel(backend), "count");
    json_t *result = psb_count_snapshot(cell->port, variant, backend, counter, pid, field, fields);
    backend->ops->close(backend);
    return result;
}

static json_t *count_each(const psb_cell *cell, psb_pid pid, bool *as_declared, char *why, size_t why_size)
{
    json_t *rows = json_array();
    for (size_t i = 0; i < cell->fields.count; i++) {
        psb_field field = cell->fields.field[i];
        json_t *row_ = psb_count_variant(cell, PSB_CACHED, pid, &field, 1, why, why_size);
        if (!row_) {
            json_decref(rows);
            return NULL;
        }
        *as_declared &= json_is_true(json_object_get(row_, "as_declared"));
        json_object_set_new(row_, "field", json_string(psb_field_of(field)->name));
        json_array_append_new(rows, row_);
    }
    return rows;
}

json_t *psb_cell_count(const psb_cell *cell, psb_pid pid, char *why, size_t why_size)
{
    json_t *result = json_object();
    bool as_declared = true;
    if (cell->ask == PSB_ASK_EACH) {
        json_t *rows = count_each(cell, pid, &as_declared, why, why_size);
        if (!rows)
            goto failed;
        json_object_set_new(result, "fields", rows);
    } else {
        for (psb_variant variant = PSB_UNCACHED; variant < PSB_VARIANTS; variant++) {
            json_t *counted =
                psb_count_variant(cell, variant, pid, cell->fields.field, cell->fields.count, why, why_size);
            if (!counted)
                goto failed;
            as_declared &= json_is_true(json_object_get(counted, "as_declared"));
            json_object_set_new(result, psb_variant_name(variant), counted);
        }
    }
    json_object_set_new(result, "as_declared", json_boolean(as_declared));
    return result;
failed:
    json_decref(result);
    return NULL;
}

/*
 * time_python.c: layer python. psutil's own Python code over the port's kernel, in fresh interpreters: driver.py, which
 * stands beside this program with the extension that is psutil's C module there. It counts, and it times passes
 * outside and inside oneshot() against each other.
 */
#include "time_python.h"

#include "escape.h"
#include "foreign.h"
#include "host.h"
#include "progress.h"
#include "starts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void psb_python_add(psb_python_command *command, const char *option, const char *value)
{
    command->argv[command->words++] = option;
    command->argv[command->words++] = value;
}

/* psutil's own list is asked in the scenario that bears its name; else the scenario's fields, which are methods. */
static void add_methods(const psb_cell *cell, psb_python_command *command)
{
    size_t len = 0, size = sizeof command->methods;
    if (cell->methods)
        psb_python_add(command, "--methods", cell->methods);
    if (cell->methods || strcmp(cell->scenario, "oneshot") == 0)
        return;
    for (size_t i = 0; i < cell->fields.count && len < size; i++)
        len += (size_t)snprintf(command->methods + len, size - len, "%s%s", i ? "," : "",
                                psb_field_of(cell->fields.field[i])->name);
    psb_python_add(command, "--methods", command->methods);
}

/* On Linux, population self is the interpreter itself, as in psutil's benchmark. */
static void add_process(const psb_cell *cell, psb_pid pid, psb_python_command *command)
{
    if (strcmp(cell->population, "self") != 0) {
        snprintf(command->pid, sizeof command->pid, "%lld", (long long)pid);
        psb_python_add(command, "--pid", command->pid);
    }
    if (!cell->world)
        return;
    snprintf(command->world, sizeof command->world, "%s,caller=%u", cell->world_spec,
             (unsigned)cell->world->caller_uid);
    psb_python_add(command, "--world", command->world);
}

bool psb_python_compose(const psb_cell *cell, psb_pid pid, const char *what, psb_python_command *out,
                        char *why, size_t why_size)
{
    char program[4096];
    *out = (psb_python_command){.argv = {PSB_PYTHON, "-I", "-B"}, .words = 3};
    if (!psb_host_own_path(program, sizeof program)) {
        snprintf(why, why_size, "cannot tell where this program's own file is");
        return false;
    }
    char *slash = strrchr(program, '/');
    int folder = slash ? (int)(slash - program) : 0;
    snprintf(out->folder, sizeof out->folder, "%.*s/python", folder, program);
    snprintf(out->driver, sizeof out->driver, "%.*s/python/driver.py", folder, program);
    psb_python_add(out, out->driver, what);
    psb_python_add(out, "--extension", out->folder);
    psb_python_add(out, "--port", cell->port->name);
    psb_python_add(out, "--kernel", cell->kernel);
    if (cell->psutil_path)
        psb_python_add(out, "--psutil-path", cell->psutil_path);
    add_process(cell, pid, out);
    add_methods(cell, out);
    return true;
}

/* Runs the driver; what it printed, or NULL and why. */
json_t *psb_python_run(const psb_cell *cell, psb_pid pid, const char *what, char *why, size_t why_size)
{
    psb_python_command command;
    char *text;
    size_t len;
    if (!psb_python_compose(cell, pid, what, &command, why, why_size) ||
        !psb_host_run(command.argv, &text, &len, why, why_size))
        return NULL;
    json_t *output = json_loadb(text, len, 0, NULL);
    free(text);
    if (!json_is_object(output)) {
        snprintf(why, why_size, "the driver printed no JSON object");
        json_decref(output);
        return NULL;
    }
    return output;
}

bool psb_cell_has_python(const psb_cell *cell, char *why, size_t why_size)
{
    if (psb_foreign_words(cell->port)) {
        snprintf(why, why_size, "psutil's Python runs over ports of psbench's own only");
        return false;
    }
    if (!*PSB_PYTHON) {
        snprintf(why, why_size, "this psbench was built for another machine's python3");
        return false;
    }
    if (psb_native_leaf.port && strcmp(cell->port->name, psb_native_leaf.port) == 0 &&
        strcmp(cell->kernel, "native") != 0) {
        snprintf(why, why_size, "psutil reads this machine's own kernel here: --kernel native only");
        return false;
    }
    json_t *described = psb_python_run(cell, 0, "describe", why, why_size);
    const char *skipped = json_string_value(json_object_get(described, "skipped"));
    bool has = described && !skipped;
    if (skipped)
        psb_escape(skipped, strlen(skipped), false, why, why_size);
    json_decref(described);
    return has;
}

json_t *psb_python_calls(const json_t *counts, const char *mode)
{
    json_t *rows = json_array(), *calls, *of_mode = json_object_get(counts, mode);
    const char *source;
    json_int_t all = 0;
    json_object_foreach (of_mode, source, calls) {
        all += json_integer_value(calls);
        json_array_append_new(rows, json_pack("{s:s, s:O}", "source", source, "calls", calls));
    }
    return json_pack("{s:I, s:o}", "calls", all, "sources", rows);
}

json_t *psb_cell_count_python(const psb_cell *cell, psb_pid pid, char *why, size_t why_size)
{
    json_t *output = psb_python_run(cell, pid, "counts", why, why_size),
           *counts = json_object_get(output, "counts"), *exact;
    if (!output)
        return NULL;
    exact = json_pack("{s:O, s:O, s:o, s:o}", "counted_by", json_object_get(output, "counted_by"), "refused",
                      json_object_get(output, "refused"), "uncached", psb_python_calls(counts, "normal"),
                      "cached", psb_python_calls(counts, "oneshot"));
    if (!exact)
        snprintf(why, why_size, "the driver printed no counts");
    json_decref(output);
    return exact;
}

static json_t *pass_of(const psb_starts *starts, const char *side, size_t methods)
{
    double ns = psb_starts_ns(starts, side);
    return json_pack("{s:f, s:f}", "snapshot_ns", ns, "field_ns", methods ? ns / (double)methods : ns);
}

static json_t *summary(const psb_starts *starts, double seconds)
{
    const json_t *first = json_array_get(starts->output, 0), *methods = json_object_get(first, "methods");
    size_t count = json_array_size(methods);
    return json_pack("{s:o, s:o, s:o, s:o, s:I, s:f, s:I, s:O, s:O, s:O}", "speedup",
                     psb_starts_ratio(starts, "normal", "oneshot"), "still_speedup",
                     psb_starts_ratio(starts, "still_normal", "still_oneshot"), "uncached",
                     pass_of(starts, "normal", count), "cached", pass_of(starts, "oneshot", count), "starts",
                     (json_int_t)starts->starts, "seconds_per_start", seconds, "blocks",
                     (json_int_t)starts->blocks, "psutil", json_object_get(first, "psutil"), "python",
                     json_object_get(first, "python"), "methods", methods);
}

json_t *psb_cell_time_python(const psb_cell *cell, const psb_effort *effort, psb_pid pid, char *why,
                             size_t why_size)
{
    psb_python_command command;
    psb_starts starts;
    char what[96];
    /* A pass over a simulated kernel takes a fraction of one over the real: as many in half the time. */
    double seconds = cell->world ? effort->seconds / 2 : effort->seconds;
    snprintf(what, sizeof what, "%s %s %s, python", cell->port->name, cell->scenario, cell->population);
    if (!psb_python_compose(cell, pid, "slices", &command, why, why_size))
        return NULL;
    snprintf(command.seconds, sizeof command.seconds, "%.6f", seconds);
    psb_python_add(&command, "--seconds", command.seconds);
    if (!psb_starts_run_command(command.argv, what, effort, &starts, why, why_size))
        return NULL;
    json_t *result = summary(&starts, seconds);
    if (!result)
        snprintf(why, why_size, "the driver did not say what it timed");
    psb_starts_free(&starts);
    return result;
}

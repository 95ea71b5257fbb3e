/* example_whole_native.c: a plug-in that is whole: a backend of its own, with one field and one variant. */
#include <psbench/plugin.h>

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct snapshot {
    psb_snapshot base;
    psb_arena room;
};

static int by_pid(const void *a, const void *b)
{
    psb_pid x = *(const psb_pid *)a, y = *(const psb_pid *)b;
    return (x > y) - (x < y);
}

static psb_status pids(psb_backend *backend, psb_pidlist *out)
{
    enum { MOST = 1 << 16 };
    DIR *proc = opendir("/proc");
    const struct dirent *entry;
    *out = (psb_pidlist){.pid = malloc(MOST * sizeof(psb_pid))};
    while (proc && out->pid && out->count < MOST && (entry = readdir(proc)))
        if (atoi(entry->d_name) > 0)
            out->pid[out->count++] = atoi(entry->d_name);
    if (proc)
        closedir(proc);
    if (out->pid)
        qsort(out->pid, out->count, sizeof *out->pid, by_pid);
    return out->pid ? PSB_OK : PSB_NOMEM;
}

static psb_status begin(psb_backend *backend, psb_span span, psb_snapshot **out)
{
    struct snapshot *snapshot = calloc(1, sizeof *snapshot);
    *out = &snapshot->base;
    if (!snapshot)
        return PSB_NOMEM;
    snapshot->base.backend = backend;
    return PSB_OK;
}

static psb_status get(psb_snapshot *base, psb_pid pid, psb_field field, psb_value *out)
{
    char path[64], name[64];
    *out = psb_value_of_status(field == PSB_NAME ? PSB_GONE : PSB_ABSENT, 0);
    snprintf(path, sizeof path, "/proc/%" PRId64 "/comm", pid);
    FILE *file = field == PSB_NAME ? fopen(path, "r") : NULL;
    if (!file)
        return out->status;
    size_t len = fread(name, 1, sizeof name, file);
    fclose(file);
    if (len > 0) { /* less the line's end */
        out->status = PSB_OK;
        psb_text_copy(out, &((struct snapshot *)base)->room, name, len - 1);
    }
    return out->status;
}

static void end(psb_snapshot *base)
{
    psb_arena_free(&((struct snapshot *)base)->room);
    free(base);
}

static void close_it(psb_backend *backend)
{
    free(backend);
}

static psb_backend *open_it(const void *context, psb_variant variant, char *why, size_t why_size)
{
    static const psb_backend_ops OPS = {"whole", pids, begin, get, end, close_it};
    psb_backend *backend = calloc(1, sizeof *backend);
    if (backend)
        backend->ops = &OPS;
    else
        snprintf(why, why_size, "out of memory");
    return backend;
}

static const psb_whole WHOLE = {.evidence = PSB_EVIDENCE_NATIVE,
                                .variants = 1u << PSB_UNCACHED,
                                .claims = PSB_CLAIM(PSB_NAME),
                                .open = open_it};

static const psb_port EXAMPLE = {.name = "example_whole", .system = "the name of a process", .whole = &WHOLE};

PSB_PLUGIN(EXAMPLE)

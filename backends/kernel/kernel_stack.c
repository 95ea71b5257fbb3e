/* kernel_stack.c: from a description such as "count+native" to a stack of kernels. */
#include "kernel.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *psb_op_name(uint32_t op)
{
    static const char *const NAME[PSB_OPS] = {
#define OP(id, name, meaning) [PSB_OP_##id] = name,
#include "op.def"
    };
    return op < PSB_OPS ? NAME[op] : "?";
}

const char *psb_op_meaning(uint32_t op)
{
    static const char *const MEANING[PSB_OPS] = {
#define OP(id, name, meaning) [PSB_OP_##id] = meaning,
#include "op.def"
    };
    return op < PSB_OPS ? MEANING[op] : "?";
}

const char *psb_evidence_name(psb_evidence evidence)
{
    static const char *const NAME[] = {"none", "sim", "replay", "compat", "native"};
    return NAME[evidence];
}

void psb_kernel_close(psb_kernel *kernel)
{
    if (kernel)
        kernel->ops->close(kernel);
}

psb_kernel *psb_kernel_find(psb_kernel *top, const char *name)
{
    while (top && strcmp(top->ops->name, name) != 0)
        top = top->below;
    return top;
}

static psb_status void_call(psb_kernel *kernel, const psb_call *call, psb_reply *reply)
{
    reply->len = 0;
    reply->os_error = 0;
    reply->entries = 0;
    return PSB_OK;
}

static void void_close(psb_kernel *kernel)
{
    free(kernel);
}

static psb_kernel *void_open(const psb_setting *setting, psb_kernel *below, char *why, size_t size)
{
    static const psb_kernel_ops OPS = {"void", void_call, void_close};
    psb_kernel *kernel = calloc(1, sizeof *kernel);
    if (kernel)
        kernel->ops = &OPS;
    return kernel;
}

static psb_kernel *native_open(const psb_setting *setting, psb_kernel *below, char *why, size_t size)
{
    if (psb_native_leaf.port && strcmp(psb_native_leaf.port, setting->port) == 0)
        return psb_native_leaf.open();
    snprintf(why, size, "port '%s' has no native kernel on this machine", setting->port);
    return NULL;
}

static psb_kernel *sim_open(const psb_setting *setting, psb_kernel *below, char *why, size_t size)
{
    if (setting->simulate && setting->world)
        return psb_sim_open(setting->simulate, setting->world);
    snprintf(why, size,
             setting->world ? "port '%s' has no simulated kernel"
                            : "port '%s': there is no world to simulate",
             setting->port);
    return NULL;
}

static psb_kernel *count_open(const psb_setting *setting, psb_kernel *below, char *why, size_t size)
{
    return psb_count_open(below);
}

/* What a description may name: a leaf answers, a shim passes on. Exactly one leaf, and it stands last. */
static const struct part {
    const char *name, *meaning;
    bool is_leaf;
    psb_kernel *(*open)(const psb_setting *setting, psb_kernel *below, char *why, size_t size);
} PARTS[] = {
    {"native", "native   this machine's own kernel", true, native_open},
    {"sim",
     "sim      a simulated kernel of the port's OS, out of a world: proves logic and counts, not speed", true,
     sim_open},
    {"void", "void     answers every call at once with nothing (for the cost of a call by itself)", true,
     void_open},
    {"count", "count    a shim: counts calls, kernel entries and bytes, and passes every call on", false,
     count_open},
};

const char *psb_kernel_describe(size_t index)
{
    return index < sizeof PARTS / sizeof *PARTS ? PARTS[index].meaning : NULL;
}

static const struct part *part_named(const char *name, size_t len)
{
    for (size_t i = 0; i < sizeof PARTS / sizeof *PARTS; i++)
        if (strlen(PARTS[i].name) == len && memcmp(PARTS[i].name, name, len) == 0)
            return &PARTS[i];
    return NULL;
}

/* Opens one part over what is below it; says why not. */
static psb_kernel *part_open(const struct part *part, psb_kernel *below, const psb_setting *setting,
                             char *why, size_t size)
{
    if (part->is_leaf && below) {
        snprintf(why, size, "'%s' answers calls itself and must stand last", part->name);
        return NULL;
    }
    if (!part->is_leaf && !below) {
        snprintf(why, size, "'%s' is a shim and needs a kernel below it, as in '%s+native'", part->name,
                 part->name);
        return NULL;
    }
    snprintf(why, size, "out of memory");
    return part->open(setting, below, why, size);
}

psb_kernel *psb_kernel_open(const char *spec, const psb_setting *setting, char *why, size_t why_size)
{
    psb_kernel *top = NULL;
    const char *end = spec + strlen(spec);
    do { /* from the leaf upwards: the last part first */
        const char *start = end;
        while (start > spec && start[-1] != '+')
            start--;
        const struct part *part = part_named(start, (size_t)(end - start));
        psb_kernel *kernel = NULL;
        if (part)
            kernel = part_open(part, top, setting, why, why_size);
        else
            snprintf(why, why_size, "'%.*s' is no kernel; see 'psbench list kernels'", (int)(end - start),
                     start);
        if (!kernel) {
            psb_kernel_close(top);
            return NULL;
        }
        top = kernel;
        end = start > spec ? start - 1 : NULL;
    } while (end);
    return top;
}

/* kernel_stack.c: from a description such as "count+native" to a stack of kernels. */
#include "kernel.h"
#include "trace.h"

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
    return evidence <= PSB_EVIDENCE_NATIVE ? NAME[evidence] : "?";
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

/* What one part of a description is opened with. */
struct place {
    const psb_setting *setting;
    psb_kernel *below;
    char *why;
    size_t why_size;
    bool has_value;
    char value[4096]; /* behind '=' */
};

static psb_kernel *void_open(const struct place *place)
{
    static const psb_kernel_ops OPS = {"void", void_call, void_close};
    psb_kernel *kernel = calloc(1, sizeof *kernel);
    if (kernel)
        kernel->ops = &OPS;
    return kernel;
}

static psb_kernel *native_open(const struct place *place)
{
    if (place->setting->native)
        return place->setting->native->open();
    if (psb_native_leaf.port && strcmp(psb_native_leaf.port, place->setting->port) == 0)
        return psb_native_leaf.open();
    snprintf(place->why, place->why_size, "port '%s' has no native kernel on this machine",
             place->setting->port);
    return NULL;
}

static psb_kernel *sim_open(const struct place *place)
{
    const psb_setting *setting = place->setting;
    if (setting->simulate && setting->world)
        return psb_sim_open(setting->simulate, setting->world);
    snprintf(place->why, place->why_size,
             setting->world ? "port '%s' has no simulated kernel"
                            : "port '%s': there is no world to simulate",
             setting->port);
    return NULL;
}

static psb_kernel *replay_open(const struct place *place)
{
    return psb_replay_open(place->value, place->setting->port, place->why, place->why_size);
}

static psb_kernel *count_open(const struct place *place)
{
    return psb_count_open(place->below);
}

static psb_kernel *delay_open(const struct place *place)
{
    return psb_delay_open(place->below, place->setting->port, place->value, place->why, place->why_size);
}

static psb_kernel *fault_open(const struct place *place)
{
    return psb_fault_open(place->below, place->setting->port, place->value, place->why, place->why_size);
}

/* What a description may name: a leaf answers, a shim passes on. Exactly one leaf, and it stands last. */
static const struct part {
    const char *name, *meaning;
    bool is_leaf, has_value;
    psb_kernel *(*open)(const struct place *place);
} PARTS[] = {
    {"native", "native         this machine's own kernel", true, false, native_open},
    {"sim",
     "sim            a simulated kernel of the port's OS, out of a world: proves logic and counts, not speed",
     true, false, sim_open},
    {"replay", "replay=FILE    what a real kernel answered once, out of a trace that 'psbench record' wrote",
     true, true, replay_open},
    {"void", "void           answers every call at once with nothing (for the cost of a call by itself)",
     true, false, void_open},
    {"count", "count          a shim: counts calls, kernel entries and bytes, and passes every call on",
     false, false, count_open},
    {"delay",
     "delay=NS       a shim: each call takes so much longer; also delay=linux.stat:500,linux.status:900,\n"
     "               or delay=FILE: what 'psbench record --costs FILE' measured; an op without a line there\n"
     "               costs nothing",
     false, true, delay_open},
    {"fault",
     "fault=N:FAULT  a shim: call N fails. FAULT: eperm, eacces, esrch, enoent, eintr, eagain, enomem, eio, "
     "oversized;\n"
     "               or its answer is short (half), empty, truncated:BYTES, garbage:SEED. N-: all calls from "
     "N on;\n"
     "               fault=linux.stat:2:eio: the second call of that op",
     false, true, fault_open},
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
static psb_kernel *part_open(const struct part *part, const struct place *place)
{
    if (part->is_leaf && place->below)
        snprintf(place->why, place->why_size, "'%s' answers calls itself and must stand last", part->name);
    else if (!part->is_leaf && !place->below)
        snprintf(place->why, place->why_size, "'%s' is a shim and needs a kernel below it, as in '%s+native'",
                 part->name, part->name);
    else if (part->has_value != place->has_value)
        snprintf(place->why, place->why_size, "'%s' %s", part->name,
                 part->has_value ? "needs a value behind '='" : "takes no value");
    else {
        snprintf(place->why, place->why_size, "out of memory");
        return part->open(place);
    }
    return NULL;
}

/* One "name" or "name=value", of len bytes. */
static psb_kernel *word_open(const char *word, size_t len, struct place *place)
{
    const char *equals = memchr(word, '=', len);
    const struct part *part = part_named(word, equals ? (size_t)(equals - word) : len);
    if (!part) {
        snprintf(place->why, place->why_size, "'%.*s' is no kernel; see 'psbench list kernels'", (int)len,
                 word);
        return NULL;
    }
    if (equals) {
        place->has_value = true;
        snprintf(place->value, sizeof place->value, "%.*s", (int)(len - (size_t)(equals - word) - 1),
                 equals + 1);
    }
    return part_open(part, place);
}

psb_kernel *psb_kernel_open(const char *spec, const psb_setting *setting, char *why, size_t why_size)
{
    psb_kernel *top = NULL;
    const char *end = spec + strlen(spec);
    if (strlen(spec) > PSB_STACK_MAX) {
        snprintf(why, why_size, "a description of %zu bytes: at most %d are allowed", strlen(spec),
                 PSB_STACK_MAX);
        return NULL;
    }
    do { /* from the leaf upwards: the last part first */
        const char *start = end;
        while (start > spec && start[-1] != '+')
            start--;
        struct place place = {.setting = setting, .below = top, .why = why, .why_size = why_size};
        psb_kernel *kernel = word_open(start, (size_t)(end - start), &place);
        if (!kernel) {
            psb_kernel_close(top);
            return NULL;
        }
        top = kernel;
        end = start > spec ? start - 1 : NULL;
    } while (end);
    return top;
}

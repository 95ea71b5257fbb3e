/*
 * shim_fault.c: the kernel fails, or answers what it should not, at a stated call: "fault=3:eio", "fault=3-:eacces" (the third
 * and all after it), "fault=linux.stat:2:truncated:17" (the second of that op). Faults by an error's name are what the native
 * leaf of the port's OS makes of that error: a status, and the number beside it.
 */
#include "kernel.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What is done to the call: it is not answered, or the answer is changed. */
enum change { REFUSED, HALVED, EMPTIED, CUT, GARBLED };

struct fault {
    const char *name;
    enum change change;
    psb_status status;
    int os_error;   /* the number of most systems: Linux's, SunOS' */
    bool has_value; /* ":K" behind the name */
};

static const struct fault FAULTS[] = {
    {"eperm", REFUSED, PSB_DENIED, 1, false},  {"eacces", REFUSED, PSB_DENIED, 13, false},
    {"esrch", REFUSED, PSB_GONE, 3, false},    {"enoent", REFUSED, PSB_ABSENT, 2, false},
    {"eintr", REFUSED, PSB_OSERROR, 4, false}, {"eagain", REFUSED, PSB_OSERROR, 11, false},
    {"enomem", REFUSED, PSB_NOMEM, 12, false}, {"eio", REFUSED, PSB_OSERROR, 5, false},
    {"short", HALVED, PSB_OK, 0, false},       {"empty", EMPTIED, PSB_OK, 0, false},
    {"truncated", CUT, PSB_OK, 0, true},       {"oversized", REFUSED, PSB_TOOSMALL, 0, false},
    {"garbage", GARBLED, PSB_OK, 0, true},
};
enum { FAULTS_COUNT = sizeof FAULTS / sizeof *FAULTS };

/*
 * Where an OS differs: failed() in its *_native.c. sysctl(3) says ENOMEM of a buffer that is too small. Windows has numbers
 * of its own: ERROR_ACCESS_DENIED, INVALID_PARAMETER, GEN_FAILURE, OPERATION_ABORTED, BUSY, NOT_ENOUGH_MEMORY, IO_DEVICE.
 */
static const struct exception {
    const char *port, *name;
    psb_status status;
    int os_error;
} EXCEPTIONS[] = {
    {"freebsd", "enoent", PSB_UNKNOWN, 2},   {"freebsd", "eagain", PSB_OSERROR, 35},
    {"freebsd", "enomem", PSB_TOOSMALL, 12}, {"macos", "enoent", PSB_UNKNOWN, 2},
    {"macos", "eio", PSB_UNKNOWN, 5},        {"macos", "eagain", PSB_OSERROR, 35},
    {"macos", "enomem", PSB_TOOSMALL, 12},   {"openbsd", "enoent", PSB_UNKNOWN, 2},
    {"openbsd", "eagain", PSB_OSERROR, 35},  {"openbsd", "enomem", PSB_TOOSMALL, 12},
    {"netbsd", "enoent", PSB_UNKNOWN, 2},    {"netbsd", "eagain", PSB_UNKNOWN, 35},
    {"netbsd", "enomem", PSB_TOOSMALL, 12},  {"windows", "eperm", PSB_DENIED, 5},
    {"windows", "eacces", PSB_DENIED, 5},    {"windows", "esrch", PSB_GONE, 87},
    {"windows", "enoent", PSB_OSERROR, 31},  {"windows", "eintr", PSB_OSERROR, 995},
    {"windows", "eagain", PSB_OSERROR, 170}, {"windows", "enomem", PSB_NOMEM, 8},
    {"windows", "eio", PSB_OSERROR, 1117},
};

/* Where one op's routine makes something else of the error than failed() does. */
static const struct of_op {
    const char *port, *name;
    uint32_t op;
    psb_status status;
} OF_OP[] = {{"windows", "enoent", PSB_OP_WINDOWS_IMAGE, PSB_ABSENT}};

struct shim {
    psb_kernel base;
    enum change change;
    psb_status status;
    int os_error;
    const struct of_op *of_op; /* NULL: the status is the same for every op */
    uint64_t value;            /* bytes that are left; seed */
    uint32_t op;               /* PSB_OPS: any */
    uint64_t first;
    bool stays; /* from the first on */
    _Atomic uint64_t calls, hits;
    _Atomic size_t whole;
    psb_call hit[PSB_FAULT_LOG];
};

/* splitmix64, as in world.c. */
static uint64_t draw(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return z ^ z >> 31;
}

static void garble(uint64_t seed, psb_reply *reply)
{
    unsigned char *bytes = reply->buf;
    for (size_t i = 0; i < reply->len; i++)
        bytes[i] = (unsigned char)draw(&seed);
}

static void change(const struct shim *self, psb_reply *reply)
{
    if (self->change == HALVED)
        reply->len /= 2;
    else if (self->change == EMPTIED)
        reply->len = 0;
    else if (self->change == CUT && self->value < reply->len)
        reply->len = (size_t)self->value;
    else if (self->change == GARBLED)
        garble(self->value, reply);
}

/* posix_native.c: whatever the database says of its own troubles, the uid has no name. */
psb_status psb_fault_status(const psb_kernel *fault, uint32_t op)
{
    const struct shim *self = (const struct shim *)fault;
    psb_status status = self->of_op && self->of_op->op == op ? self->of_op->status : self->status;
    return op == PSB_OP_USER_NAME && status != PSB_OK && status != PSB_TOOSMALL ? PSB_ABSENT : status;
}

static psb_status fault_call(psb_kernel *kernel, const psb_call *call, psb_reply *reply)
{
    struct shim *self = (struct shim *)kernel;
    if (self->op != PSB_OPS && self->op != call->op)
        return psb_kernel_call(kernel->below, call, reply);
    uint64_t number = atomic_fetch_add(&self->calls, 1) + 1;
    if (number < self->first || (number > self->first && !self->stays))
        return psb_kernel_call(kernel->below, call, reply);
    uint64_t hit = atomic_fetch_add(&self->hits, 1);
    if (hit < PSB_FAULT_LOG)
        self->hit[hit] = *call;
    if (self->change == REFUSED) {
        reply->len = 0;
        reply->entries = 1;
        return psb_refuse(reply, psb_fault_status(kernel, call->op), self->os_error);
    }
    psb_status status = psb_kernel_call(kernel->below, call, reply);
    atomic_store(&self->whole, status == PSB_OK ? reply->len : 0);
    if (status == PSB_OK)
        change(self, reply);
    return status;
}

static void fault_close(psb_kernel *kernel)
{
    psb_kernel_close(kernel->below);
    free(kernel);
}

uint64_t psb_fault_calls(const psb_kernel *fault)
{
    return atomic_load(&((const struct shim *)fault)->calls);
}

uint64_t psb_fault_hits(const psb_kernel *fault, const psb_call **hit)
{
    const struct shim *self = (const struct shim *)fault;
    if (hit)
        *hit = self->hit;
    return atomic_load(&self->hits);
}

int psb_fault_os_error(const psb_kernel *fault)
{
    return ((const struct shim *)fault)->os_error;
}

size_t psb_fault_whole(const psb_kernel *fault)
{
    return atomic_load(&((const struct shim *)fault)->whole);
}

bool psb_fault_garbles(const psb_kernel *fault)
{
    return ((const struct shim *)fault)->change == GARBLED;
}

bool psb_fault_empties(const psb_kernel *fault)
{
    return ((const struct shim *)fault)->change == EMPTIED;
}

const char *psb_fault_at(size_t index, bool *has_value)
{
    if (index >= FAULTS_COUNT)
        return NULL;
    *has_value = FAULTS[index].has_value;
    return FAULTS[index].name;
}

/* ---- reading ---- */

/* What stands before the next ':' or the end, moving on past it. */
static size_t word(const char **at, const char **out)
{
    size_t len = strcspn(*at, ":");
    *out = *at;
    *at += len + ((*at)[len] == ':');
    return len;
}

static bool is_word(const char *word_, size_t len, const char *name)
{
    return strlen(name) == len && memcmp(word_, name, len) == 0;
}

/* Digits that end at `end`, and fit. */
static bool number(const char *digits, const char *end, uint64_t *out)
{
    uint64_t sum = 0;
    if (digits == end || end - digits > 18)
        return false;
    for (; digits < end; digits++) {
        if (*digits < '0' || *digits > '9')
            return false;
        sum = sum * 10 + (uint64_t)(*digits - '0');
    }
    *out = sum;
    return true;
}

static bool read_op(struct shim *self, const char *name, size_t len, char *why, size_t why_size)
{
    for (self->op = 0; self->op < PSB_OPS; self->op++)
        if (is_word(name, len, psb_op_name(self->op)))
            return true;
    snprintf(why, why_size, "fault: '%.*s' is no op", (int)len, name);
    return false;
}

/* "3" or "3-" */
static bool read_number(struct shim *self, const char *text, size_t len, char *why, size_t why_size)
{
    self->stays = len > 0 && text[len - 1] == '-';
    if (number(text, text + len - self->stays, &self->first) && self->first > 0)
        return true;
    snprintf(why, why_size, "fault: '%.*s' is not the number of a call, like '3', or '3-' for all from it on",
             (int)len, text);
    return false;
}

static const struct fault *fault_named(const char *name, size_t len)
{
    for (size_t i = 0; i < FAULTS_COUNT; i++)
        if (is_word(name, len, FAULTS[i].name))
            return &FAULTS[i];
    return NULL;
}

/* What the OS of the port says instead. */
static void make_exceptions(struct shim *self, const char *port, const char *name)
{
    for (size_t i = 0; i < sizeof EXCEPTIONS / sizeof *EXCEPTIONS; i++)
        if (strcmp(EXCEPTIONS[i].port, port) == 0 && strcmp(EXCEPTIONS[i].name, name) == 0) {
            self->status = EXCEPTIONS[i].status;
            self->os_error = EXCEPTIONS[i].os_error;
        }
    for (size_t i = 0; i < sizeof OF_OP / sizeof *OF_OP; i++)
        if (strcmp(OF_OP[i].port, port) == 0 && strcmp(OF_OP[i].name, name) == 0)
            self->of_op = &OF_OP[i];
}

static bool read_fault(struct shim *self, const char *at, const char *port, char *why, size_t why_size)
{
    const char *name, *value;
    size_t len = word(&at, &name);
    const struct fault *fault = fault_named(name, len);
    bool has_value = name[len] == ':';
    size_t value_len = word(&at, &value);
    if (!fault)
        snprintf(why, why_size, "fault: '%.*s' is no fault; see 'psbench list kernels'", (int)len, name);
    else if (has_value != fault->has_value)
        snprintf(why, why_size, "fault: '%s' %s", fault->name,
                 has_value ? "takes no number" : "needs a number, as in 'truncated:17', 'garbage:1'");
    else if (has_value && (*at || !number(value, value + value_len, &self->value)))
        snprintf(why, why_size, "fault: '%s' is no number", value);
    else {
        self->change = fault->change;
        self->status = fault->status;
        self->os_error = fault->os_error;
        make_exceptions(self, port, fault->name);
        return true;
    }
    return false;
}

/* "[OP:]N[-]:FAULT[:K]"; no op begins with a digit. */
static bool read_all(struct shim *self, const char *at, const char *port, char *why, size_t why_size)
{
    const char *text;
    size_t len = word(&at, &text);
    if (len > 0 && (*text < '0' || *text > '9')) {
        if (!read_op(self, text, len, why, why_size))
            return false;
        len = word(&at, &text);
    }
    return read_number(self, text, len, why, why_size) && read_fault(self, at, port, why, why_size);
}

psb_kernel *psb_fault_open(psb_kernel *below, const char *port, const char *fault, char *why, size_t why_size)
{
    static const psb_kernel_ops OPS = {"fault", fault_call, fault_close};
    struct shim *self = calloc(1, sizeof *self);
    if (!self) {
        snprintf(why, why_size, "out of memory");
        return NULL;
    }
    self->base = (psb_kernel){&OPS, below, below->evidence};
    self->op = PSB_OPS;
    if (read_all(self, fault, port, why, why_size))
        return &self->base;
    free(self);
    return NULL;
}

/*
 * kernel.h: what answers a port's calls. A request is plain data, so one counting shim, one recorder, one
 * fault injector serve every OS. Kernels stack: a shim holds the kernel below it and passes calls on; the
 * lowest one, the leaf, answers them.
 */
#ifndef PSB_KERNEL_H
#define PSB_KERNEL_H

#include "backend.h"

#include <string.h>

typedef enum psb_op {
#define OP(id, name, meaning) PSB_OP_##id,
#include "op.def"
    PSB_OPS
} psb_op;

const char *psb_op_name(uint32_t op);
const char *psb_op_meaning(uint32_t op);

/* No reply may be larger: it bounds every loop over a kernel's answer. */
enum { PSB_REPLY_MAX = 256 << 20 };

typedef struct psb_call {
    uint32_t op; /* a psb_op: a row of op.def, which says what the rest means */
    psb_pid pid;
    uint64_t arg[4];
} psb_call;

typedef struct psb_reply {
    void *buf;        /* the caller's, */
    size_t cap;       /* this large */
    size_t len;       /* bytes that the kernel wrote */
    int os_error;     /* the OS's error number behind a status other than PSB_OK */
    uint32_t entries; /* times the kernel was entered (system calls), failures included */
} psb_reply;

/*
 * How much a figure is worth, from least to most. Times of different evidence are never compared.
 */
typedef enum psb_evidence {
    PSB_EVIDENCE_NONE,   /* no kernel at all: the null backend */
    PSB_EVIDENCE_SIM,    /* a simulated kernel: proves logic and counts, not speed */
    PSB_EVIDENCE_REPLAY, /* a recording from a real machine */
    PSB_EVIDENCE_COMPAT, /* another system's implementation of the API (Wine) */
    PSB_EVIDENCE_NATIVE  /* the OS itself */
} psb_evidence;

const char *psb_evidence_name(psb_evidence evidence);

typedef struct psb_kernel psb_kernel;

typedef struct psb_kernel_ops {
    const char *name;

    /*
     * Fills the reply and returns PSB_OK; or a fact (GONE, ABSENT, DENIED, UNKNOWN) or a failure, with
     * os_error. PSB_TOOSMALL: the answer needs more than cap bytes; nothing of buf is to be used, ask again
     * with more. Calls of several threads may run at once.
     */
    psb_status (*call)(psb_kernel *, const psb_call *, psb_reply *);

    void (*close)(psb_kernel *); /* closes what is below it, too */
} psb_kernel_ops;

/* An implementation puts this first in its own struct. */
struct psb_kernel {
    const psb_kernel_ops *ops;
    psb_kernel *below; /* NULL: a leaf */
    psb_evidence evidence;
};

static inline psb_status psb_kernel_call(psb_kernel *kernel, const psb_call *call, psb_reply *reply)
{
    return kernel->ops->call(kernel, call, reply);
}

void psb_kernel_close(psb_kernel *kernel); /* NULL is allowed */

/* ---- for leaves ---- */

/* Adds bytes to the reply; PSB_TOOSMALL if they do not fit. */
static inline psb_status psb_append(const void *bytes, size_t len, psb_reply *reply)
{
    if (len > reply->cap - reply->len)
        return PSB_TOOSMALL;
    if (len > 0)
        memcpy((char *)reply->buf + reply->len, bytes, len);
    reply->len += len;
    return PSB_OK;
}

/* An answer that is no value, with the OS's error number. */
static inline psb_status psb_refuse(psb_reply *reply, psb_status status, int os_error)
{
    reply->os_error = os_error;
    return status;
}

/* ---- the sim leaf: leaf_sim.c ---- */

typedef struct psb_world psb_world; /* world.h */

/*
 * A simulated kernel: encodes the world into the bytes that the OS would answer this call with. It does the
 * OS's own work (finds the process, honours the caller's rights and the room for the reply) and adds no
 * delay. It fills the reply as psb_kernel_ops.call does; len, os_error and entries are 0 when it is called.
 */
typedef psb_status psb_simulate(const psb_world *world, const psb_call *call, psb_reply *reply);

/* PSB_OP_USER_NAME, for simulated kernels: the account of the uid that call->pid is. */
psb_simulate psb_sim_user;

/* The world lives longer than the kernel; births and deaths happen between calls. NULL: out of memory. */
psb_kernel *psb_sim_open(psb_simulate *simulate, const psb_world *world);

/* ---- native leaves ---- */

/* One bare system call sequence, prepared: what a call costs without psbench around it. */
typedef struct psb_bare {
    void (*run)(struct psb_bare *);
    char path[64];
    psb_call call;
    volatile int64_t result;
} psb_bare;

typedef struct psb_native {
    const char *port;                                       /* whose calls it answers; NULL: there is none */
    psb_kernel *(*open)(void);                              /* NULL: out of memory */
    bool (*bare)(const psb_call *call, psb_bare *prepared); /* false: this call has no bare form */
} psb_native;

/* ---- building a stack: kernel_stack.c ---- */

/* What a stack is built for. */
typedef struct psb_setting {
    const char *port;         /* its name */
    psb_simulate *simulate;   /* its OS's simulated kernel; NULL: there is none */
    const psb_world *world;   /* for the sim leaf; NULL: there is none */
    const psb_native *native; /* NULL: psb_native_leaf, if it answers that port's calls */
} psb_setting;

/* Room for a description of a stack, with a shim put on top of it. */
enum { PSB_STACK_ROOM = 4608, PSB_STACK_MAX = PSB_STACK_ROOM - 128 };

/*
 * Opens a stack from its description, topmost first: "count+native", "sim". On failure returns NULL and
 * writes a line that names the culprit into why.
 *   native         this machine's OS, for the port of that OS only
 *   sim            a simulated kernel of the port's OS, out of the world
 *   replay=FILE    what a real kernel answered once (trace.h)
 *   void           answers every call at once with nothing: what a call by itself costs
 *   count          counts calls (below)
 *   delay=NS       each call takes so much longer; delay=OP:NS,OP:NS: each of these ops; delay=FILE: as costs.h
 *                  says (a value with a slash or a backslash, or a dot and no colon)
 *   fault=N:FAULT  call N fails, or is answered what it should not be (below)
 */
psb_kernel *psb_kernel_open(const char *spec, const psb_setting *setting, char *why, size_t why_size);

/* The topmost kernel of that name in the stack, or NULL. */
psb_kernel *psb_kernel_find(psb_kernel *top, const char *name);

/* A line per kernel for `psbench list`; NULL after the last. */
const char *psb_kernel_describe(size_t index);

/* ---- the delay shim: shim_delay.c ---- */

/* Costs as in "delay=...", for a port. NULL: why says so, and what is below stays open. */
psb_kernel *psb_delay_open(psb_kernel *below, const char *port, const char *costs, char *why,
                           size_t why_size);

/*
 * ---- the fault shim: shim_fault.c ----
 * "[OP:]N[-]:FAULT[:K]": what comes of call N, counted from 1 over all calls that reach the shim, or over those of the op;
 * "N-": of all from N on.
 *   eperm eacces esrch enoent eintr eagain enomem eio   it is refused, with the status and the number that the port's own
 *                  native leaf gives for this error; the kernel below is not asked. esrch: the process is gone; enoent: it is
 *                  there, and has no such thing (on Windows so told of the program only: other ops fail). The account
 *                  database has no errors: no account
 *   oversized      PSB_TOOSMALL
 *   short, empty   the answer is cut in half; to nothing
 *   truncated:K    it ends behind its byte K
 *   garbage:SEED   as long as it is, and of bytes drawn from the seed
 */
psb_kernel *psb_fault_open(psb_kernel *below, const char *port, const char *fault, char *why,
                           size_t why_size);

/* Name of fault number index, and whether it needs ":K"; NULL after the last. */
const char *psb_fault_at(size_t index, bool *has_value);

/* Calls that it counted; and of these the faulty ones, the first PSB_FAULT_LOG of which are at *hit (may be NULL). */
enum { PSB_FAULT_LOG = 1024 };
uint64_t psb_fault_calls(const psb_kernel *fault);
uint64_t psb_fault_hits(const psb_kernel *fault, const psb_call **hit);

/* What a call of the op is refused with; PSB_OK: the answer is changed, not refused. */
psb_status psb_fault_status(const psb_kernel *fault, uint32_t op);
int psb_fault_os_error(const psb_kernel *fault);
bool psb_fault_garbles(const psb_kernel *fault);
bool psb_fault_empties(const psb_kernel *fault);

/* Bytes of the answer of the last faulty call before it was changed; 0: it was refused. */
size_t psb_fault_whole(const psb_kernel *fault);

/*
 * ---- the count shim: shim_count.c ----
 * For one thread at a time: it counts without locks, which would cost more than the counting.
 */

typedef struct psb_count {
    uint64_t calls;    /* answered calls, whatever the answer */
    uint64_t retries;  /* calls that came back PSB_TOOSMALL and were asked again */
    uint64_t entries;  /* kernel entries of both */
    uint64_t bytes;    /* of the answers */
    uint64_t failures; /* answers other than PSB_OK, facts included */
} psb_count;

psb_kernel *psb_count_open(psb_kernel *below); /* NULL: out of memory */

/* Counts per op, an array of PSB_OPS; valid until the shim is closed. Not for use while other threads call.
 */
const psb_count *psb_count_read(const psb_kernel *count);
void psb_count_reset(psb_kernel *count);

typedef struct psb_counted {
    psb_call call;
    psb_status status;
} psb_counted;

/* The answered calls in order since the last reset, the first PSB_COUNT_LOG of them; returns how many. */
enum { PSB_COUNT_LOG = 1024 };
size_t psb_count_log(const psb_kernel *count, const psb_counted **log);

/* ---- the native leaf of the OS this was built for: <os>_native.c, or no_native.c ---- */

extern const psb_native psb_native_leaf;

#endif

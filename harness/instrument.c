#include "instrument.h"

#include "bench.h"
#include "describe.h"
#include "host.h"

#include <stdio.h>

enum { AGAIN = 1000, CALLS = 256 };
#define BENCH_SECONDS 0.1

/* The list of psutil's oneshot: what most cells ask for. */
static const psb_field FIELD[] = {PSB_CPU_TIMES,        PSB_GIDS, PSB_MEMORY_INFO, PSB_NAME,
                                  PSB_NUM_CTX_SWITCHES, PSB_PPID, PSB_NUM_THREADS, PSB_CPU_NUM,
                                  PSB_STATUS,           PSB_UIDS};
enum { FIELDS = sizeof FIELD / sizeof *FIELD };

struct again {
    psb_backend *backend;
    psb_pid pid;
    int times; /* every field is asked so many times in the snapshot */
};

static void again_run(void *argument)
{
    const struct again *again = argument;
    psb_snapshot *snapshot;
    psb_value value;
    if (again->backend->ops->begin(again->backend, PSB_SPAN_PROCESS, &snapshot) != PSB_OK)
        return;
    for (int i = 0; i < again->times; i++)
        for (int k = 0; k < FIELDS; k++)
            psb_get(snapshot, again->pid, FIELD[k], &value);
    psb_host_beats++;
    again->backend->ops->end(snapshot);
}

/* A field asked a thousand times more in the same snapshot, of which only the first is fetched. */
static double dispatch(psb_backend *backend, psb_pid pid)
{
    struct again once = {backend, pid, 1}, more = {backend, pid, 1 + AGAIN};
    psb_bench bench[] = {{.name = "once", .run = again_run, .argument = &once},
                         {.name = "more", .run = again_run, .argument = &more}};
    return psb_bench_run(bench, 2, BENCH_SECONDS) ? (bench[1].min_ns - bench[0].min_ns) / (AGAIN * FIELDS)
                                                  : 0;
}

static void calls_run(void *argument)
{
    psb_kernel *kernel = argument;
    char room[64];
    psb_reply reply = {.buf = room, .cap = sizeof room};
    psb_call call = {.op = PSB_OP_NOTHING};
    for (int i = 0; i < CALLS; i++)
        psb_kernel_call(kernel, &call, &reply);
}

static double count_shim(const psb_port *port)
{
    char why[128];
    psb_kernel *bare = psb_open_kernel(port, "void", NULL, why, sizeof why);
    psb_kernel *counted = psb_open_kernel(port, "count+void", NULL, why, sizeof why);
    psb_bench bench[] = {{.name = "bare", .run = calls_run, .argument = bare},
                         {.name = "counted", .run = calls_run, .argument = counted}};
    bool good = bare && counted && psb_bench_run(bench, 2, BENCH_SECONDS);
    psb_kernel_close(bare);
    psb_kernel_close(counted);
    return good ? (bench[1].min_ns - bench[0].min_ns) / (double)CALLS : 0;
}

static void bare_run(void *argument)
{
    psb_bare *bare = argument;
    bare->run(bare);
}

static double system_call(void)
{
    psb_bare bare;
    psb_call call = {.op = PSB_OP_NOTHING};
    psb_bench bench = {.name = "nothing", .run = bare_run, .argument = &bare};
    return psb_native_leaf.port && psb_native_leaf.bare(&call, &bare) &&
                   psb_bench_run(&bench, 1, BENCH_SECONDS)
               ? bench.min_ns
               : 0;
}

static double null_field(void)
{
    psb_backend *backend = psb_null_open();
    double ns = backend ? dispatch(backend, 1) : 0;
    if (backend)
        backend->ops->close(backend);
    return ns;
}

static json_t *figure(double ns)
{
    return ns > 0 ? json_real(ns) : json_null();
}

json_t *psb_instrument(const psb_port *port, const char *kernel, const psb_world *world, psb_pid pid,
                       char *why, size_t why_size)
{
    psb_backend *backend = psb_open(port, PSB_CACHED, kernel, world, why, why_size);
    if (!backend)
        return NULL;
    double dispatched = port->whole ? 0 : dispatch(backend, pid);
    backend->ops->close(backend);
    return json_pack("{s:o, s:o, s:o, s:o}", "system_call_ns", figure(system_call()), "null_field_ns",
                     figure(null_field()), "dispatch_field_ns", figure(dispatched), "count_call_ns",
                     figure(port->whole ? 0 : count_shim(port)));
}

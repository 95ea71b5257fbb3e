/*
 * example_native.c: a plug-in that is tables: two routines of the kernel under ops of its own, a leaf that calls them on
 * Linux, and the same kernel simulated. psbench makes both variants of it and counts its calls.
 */
#define _GNU_SOURCE
#include <psbench/plain.h>
#include <psbench/plugin.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { OP_PIDS = PSB_OP_PLUGIN_0, OP_STAT = PSB_OP_PLUGIN_1 };

/* ---- what the kernel's answers look like ---- */

struct parsed_stat {
    int64_t ppid;
    size_t name_len;
    char name[64];
};

/* proc_pid_stat(5): "pid (comm) state ppid ..."; comm may hold any byte, so that its end is the last ')'. */
static psb_status parse_stat(const void *raw, size_t len, psb_pid pid, void *parsed)
{
    struct parsed_stat *out = parsed;
    const char *text = raw, *open = memchr(raw, '(', len), *close = NULL;
    char rest[32] = "";
    for (size_t i = 0; i < len; i++)
        if (text[i] == ')')
            close = text + i;
    if (!open || !close || close < open || (size_t)(close - open) > sizeof out->name)
        return PSB_MALFORMED;
    out->name_len = (size_t)(close - open - 1);
    memcpy(out->name, open + 1, out->name_len);
    size_t left = len - (size_t)(close - text);
    memcpy(rest, close, left < sizeof rest ? left : sizeof rest - 1);
    return sscanf(rest, ") %*c %" SCNd64, &out->ppid) == 1 ? PSB_OK : PSB_MALFORMED;
}

static void decode_name(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    const struct parsed_stat *stat = parsed;
    psb_text_copy(out, room, stat->name, stat->name_len);
}

static void decode_ppid(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    out->u.integer = ((const struct parsed_stat *)parsed)->ppid;
}

static bool pid_record(const void *raw, size_t len, size_t *at, psb_record *out)
{
    return psb_record_of_size(sizeof(int64_t), 0, sizeof(int64_t), raw, len, at, out);
}

/* ---- the kernel of this machine ---- */

static psb_status list_pids(psb_reply *reply)
{
    DIR *proc = opendir("/proc");
    const struct dirent *entry;
    psb_status status = proc ? PSB_OK : PSB_OSERROR;
    reply->entries = 3;
    while (status == PSB_OK && (entry = readdir(proc))) {
        int64_t pid = strtoll(entry->d_name, NULL, 10);
        if (pid > 0)
            status = psb_append(&pid, sizeof pid, reply);
    }
    if (proc)
        closedir(proc);
    return status;
}

static psb_status read_stat(psb_pid pid, psb_reply *reply)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%" PRId64 "/stat", pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    reply->entries = fd < 0 ? 1 : 3;
    if (fd < 0)
        return psb_refuse(reply, errno == ENOENT ? PSB_GONE : PSB_OSERROR, errno);
    ssize_t got = read(fd, reply->buf, reply->cap);
    int error = errno;
    close(fd);
    if (got < 0)
        return psb_refuse(reply, error == ESRCH ? PSB_GONE : PSB_OSERROR, error);
    reply->len = (size_t)got;
    return reply->len == reply->cap ? PSB_TOOSMALL : PSB_OK;
}

static psb_status native_call(psb_kernel *kernel, const psb_call *call, psb_reply *reply)
{
    struct timespec now;
    reply->len = 0;
    reply->os_error = 0;
    reply->entries = 0;
    switch (call->op) {
    case OP_PIDS:
        return list_pids(reply);
    case OP_STAT:
        return read_stat(call->pid, reply);
    case PSB_OP_CLOCK:
        clock_gettime(CLOCK_REALTIME, &now);
        return psb_append(&(int64_t){now.tv_sec * INT64_C(1000000000) + now.tv_nsec}, sizeof(int64_t), reply);
    default:
        return PSB_OSERROR;
    }
}

static void native_close(psb_kernel *kernel)
{
    free(kernel);
}

static psb_kernel *native_open(void)
{
    static const psb_kernel_ops OPS = {"native", native_call, native_close};
    psb_kernel *kernel = calloc(1, sizeof *kernel);
    if (kernel)
        *kernel = (psb_kernel){.ops = &OPS, .evidence = PSB_EVIDENCE_NATIVE};
    return kernel;
}

static bool no_bare(const psb_call *call, psb_bare *prepared)
{
    return false;
}

static const psb_native NATIVE = {"example", native_open, no_bare};

/* ---- the same, simulated ---- */

static psb_status simulate(const psb_world *world, const psb_call *call, psb_reply *reply)
{
    char text[256];
    const psb_process *process = psb_world_find(world, call->pid);
    psb_status status = PSB_OK;
    if (call->op == PSB_OP_CLOCK)
        return psb_append(&world->now_ns, sizeof world->now_ns, reply);
    reply->entries = 3;
    if (call->op == OP_PIDS) {
        for (size_t i = 0; i < world->count && status == PSB_OK; i++)
            status = psb_append(&world->process[i].pid, sizeof(int64_t), reply);
        return status;
    }
    reply->entries = process ? 3 : 1;
    if (!process)
        return PSB_GONE;
    int len = snprintf(text, sizeof text, "%" PRId64 " (%.*s) S %" PRId64 " 0\n", process->pid,
                       (int)process->name.len, process->name.bytes, process->ppid);
    return psb_append(text, (size_t)len, reply);
}

/* ---- the port ---- */

enum { PIDS, CLOCK, STAT, SOURCES };

static const psb_source SOURCE[SOURCES] = {
    [PIDS] = {"proc", "names of /proc that are numbers", PSB_SCOPE_SYSTEM, (psb_op)OP_PIDS, .room = 64 << 10,
              .record = pid_record, .redact = psb_redact_none},
    [CLOCK] = {"clock", "clock_gettime(2)", PSB_SCOPE_SYSTEM, PSB_OP_CLOCK, .room = 64,
               .parse = psb_parse_i64, .parsed_size = sizeof(int64_t), .redact = psb_redact_none},
    [STAT] = {"stat", "file /proc/PID/stat, proc_pid_stat(5)", PSB_SCOPE_PROCESS, (psb_op)OP_STAT,
              .entries = 3, .room = 1 << 10, .parse = parse_stat, .parsed_size = sizeof(struct parsed_stat)},
};

static const psb_method METHOD[PSB_FIELDS] = {
    [PSB_NAME] = {{{STAT, 0, decode_name}}},
    [PSB_PPID] = {{{STAT, 0, decode_ppid}}},
};

static const psb_port EXAMPLE = {
    .name = "example",
    .system = "two fields of Linux, in tables",
    .source = SOURCE,
    .sources = SOURCES,
    .method = METHOD,
    .clock = {CLOCK, 0, psb_decode_i64},
    .pids_source = PIDS,
    .native = &NATIVE,
    .simulate = simulate,
};

PSB_PLUGIN(EXAMPLE)

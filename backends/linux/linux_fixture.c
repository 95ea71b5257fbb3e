#include "linux_fixture.h"

#include "registry.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const STAT_SAMPLE[STAT_COLUMNS] = {
    [3] = "S",        [4] = "900",        [5] = "1000",       [6] = "1000",    [7] = "34819",
    [8] = "1000",     [9] = "4194304",    [10] = "1234",      [11] = "5678",   [12] = "91",
    [13] = "23",      [14] = "4501",      [15] = "1207",      [16] = "8803",   [17] = "617",
    [18] = "20",      [19] = "0",         [20] = "3",         [21] = "0",      [22] = "987654",
    [23] = "123456",  [24] = "789",       [25] = "18446744",  [26] = "9400",   [27] = "9500",
    [28] = "1407",    [29] = "0",         [30] = "0",         [31] = "0",      [32] = "65536",
    [33] = "3686404", [34] = "126632984", [35] = "0",         [36] = "0",      [37] = "0",
    [38] = "17",      [39] = "13",        [40] = "0",         [41] = "0",      [42] = "77321",
    [43] = "0",       [44] = "0",         [45] = "944444444", [46] = "94555",  [47] = "94666",
    [48] = "14077",   [49] = "140778",    [50] = "140779",    [51] = "140780", [52] = "0",
};

static const char *const SAMPLE[PSB_OPS] = {
    [PSB_OP_USER_NAME] = "lisa",
    [PSB_OP_LINUX_BOOT] = "cpu  10 20 30 40\nintr 12345 0 9\nctxt 99\nbtime 1700000000\nprocesses 4\n",
    [PSB_OP_LINUX_MEMINFO] = "MemTotal:        8000000 kB\nMemFree:          160844 kB\n",
    [PSB_OP_LINUX_TTY_DRIVERS] = "/dev/tty             /dev/tty        5       0 system:/dev/tty\n"
                                 "/dev/console         /dev/console    5       1 system:console\n"
                                 "/dev/ptmx            /dev/ptmx       5       2 system\n"
                                 "/dev/vc/0            /dev/vc/0       4       0 system:vtmaster\n"
                                 "hvc                  /dev/hvc      229     0-7 system\n"
                                 "serial               /dev/ttyS       4   64-67 serial\n"
                                 "usbserial            /dev/ttyUSB   188 0-511 serial\n"
                                 "pty_slave            /dev/pts      136 0-1048575 pty:slave\n"
                                 "pty_master           /dev/ptm      128 0-1048575 pty:master\n"
                                 "unknown              /dev/tty        4    1-63 console\n",
    [PSB_OP_LINUX_STATUS] =
        "Name:\tcat\nUmask:\t0022\nState:\tS (sleeping)\nTgid:\t1000\nNgid:\t0\nPid:\t1000\nPPid:\t900\n"
        "TracerPid:\t0\nUid:\t1000\t1001\t1002\t1003\nGid:\t2000\t2001\t2002\t2003\nFDSize:\t64\n"
        "Groups:\t4 24 27 \nVmPeak:\t    9000 kB\nVmRSS:\t    1500 kB\nThreads:\t66\nSigQ:\t0/31\n"
        "voluntary_ctxt_switches:\t12\nnonvoluntary_ctxt_switches:\t13\n",
    [PSB_OP_LINUX_STATM] = "2500 1200 800 40 0 310 0\n",
    [PSB_OP_LINUX_SMAPS_ROLLUP] =
        "559500000000-7ffd00000000 ---p 00000000 00:00 0                          [rollup]\n"
        "Rss:                1500 kB\nPss:                 300 kB\nPss_Dirty:           210 kB\n"
        "Pss_Anon:            190 kB\nPss_File:            110 kB\nShared_Clean:       1100 kB\n"
        "Private_Clean:        20 kB\nPrivate_Dirty:       200 kB\nSwap:                 52 kB\n"
        "SwapPss:              51 kB\nLocked:                0 kB\n",
    [PSB_OP_LINUX_SMAPS] =
        "559500000000-559500020000 r-xp 00000000 fe:00 1234                       /usr/bin/cat\n"
        "Size:                128 kB\nRss:                 100 kB\nPss:                  60 kB\n"
        "Private_Clean:         5 kB\nPrivate_Dirty:         7 kB\nSwap:                  2 kB\n"
        "SwapPss:               1 kB\nVmFlags: rd ex mr mw me sd \n",
    [PSB_OP_LINUX_IO] =
        "rchar: 5000\nwchar: 4000\nsyscr: 300\nsyscw: 200\nread_bytes: 8192\nwrite_bytes: 4096\n"
        "cancelled_write_bytes: 1024\n",
    [PSB_OP_LINUX_EXE] = "/usr/bin/cat",
    [PSB_OP_LINUX_CWD] = "/home/lisa",
};

static const char PARENT_STAT[] =
    "900 (sh) S 1 900 900 0 -1 0 0 0 0 0 1 1 0 0 20 0 1 0 500 0 0 0 0 0 0 0 0 0 0 "
    "0 0 0 0 0 17 1 0 0 0 0 0\n";

const char *sample_of(psb_op op)
{
    return SAMPLE[op];
}

/* ---- the fake kernel ---- */

struct fake {
    psb_kernel base;
    machine *m;
};

static bool of_process(const psb_call *call)
{
    return source_with(call->op) && source_with(call->op)->scope == PSB_SCOPE_PROCESS;
}

static const machine_reply *reply_to(machine *m, const psb_call *call)
{
    static const machine_reply GONE = {.status = PSB_GONE, .os_error = 3};
    if (!of_process(call) || call->pid == MACHINE_PID)
        return &m->reply[call->op];
    if (call->pid < 0)
        m->asked_nonsense = true;
    return call->pid == MACHINE_PARENT ? &m->parent[call->op] : &GONE;
}

static psb_status fake_call(psb_kernel *kernel, const psb_call *call, psb_reply *reply)
{
    machine *m = ((struct fake *)kernel)->m;
    const machine_reply *said = reply_to(m, call);
    char boot[64];
    const char *bytes = said->bytes;
    size_t len = said->len;
    if (call->op == PSB_OP_LINUX_BOOT && m->boot_step) {
        len = (size_t)snprintf(boot, sizeof boot, "btime %" PRIu64 "\n",
                               UINT64_C(1700000000) + m->boot_step * m->boots++);
        bytes = boot;
    }
    reply->len = 0;
    reply->entries = 1;
    reply->os_error = said->os_error;
    if (said->status != PSB_OK)
        return said->status;
    if (len > reply->cap)
        return PSB_TOOSMALL;
    if (len > 0)
        memcpy(reply->buf, bytes, len);
    reply->len = len;
    return PSB_OK;
}

static void fake_close(psb_kernel *kernel)
{
    free(kernel);
}

static psb_kernel *fake_open(machine *m)
{
    static const psb_kernel_ops OPS = {"fake", fake_call, fake_close};
    struct fake *fake = calloc(1, sizeof *fake);
    assert_non_null(fake);
    *fake = (struct fake){{&OPS, NULL, PSB_EVIDENCE_SIM}, m};
    return &fake->base;
}

const psb_source *source_with(psb_op op)
{
    const psb_port *port = psb_port_named("linux");
    for (size_t i = 0; i < port->sources; i++)
        if (port->source[i].op == op)
            return &port->source[i];
    return NULL;
}

/* ---- what the machine says ---- */

static void set(machine_reply *reply, psb_status status, int os_error, const void *bytes, size_t len)
{
    free(reply->bytes);
    *reply = (machine_reply){.status = status, .os_error = os_error, .bytes = malloc(len + 1), .len = len};
    assert_non_null(reply->bytes);
    if (len > 0)
        memcpy(reply->bytes, bytes, len);
}

void machine_says(machine *m, psb_op op, const void *bytes, size_t len)
{
    set(&m->reply[op], PSB_OK, 0, bytes, len);
}

void machine_text(machine *m, psb_op op, const char *text)
{
    machine_says(m, op, text, strlen(text));
}

void machine_fails(machine *m, psb_op op, psb_status status, int os_error)
{
    set(&m->reply[op], status, os_error, "", 0);
}

void machine_of_parent(machine *m, psb_op op, const char *text)
{
    set(&m->parent[op], PSB_OK, 0, text, strlen(text));
}

size_t stat_text(char *out, size_t room, const char *name, size_t len, const char *const *column)
{
    size_t at = (size_t)snprintf(out, room, "%d (", MACHINE_PID);
    assert_true(at + len < room);
    memcpy(out + at, name, len);
    at += len;
    out[at++] = ')';
    for (int i = 3; i < STAT_COLUMNS && column[i]; i++)
        at += (size_t)snprintf(out + at, room - at, " %s", column[i]);
    at += (size_t)snprintf(out + at, room - at, "\n");
    assert_true(at < room);
    return at;
}

void machine_named(machine *m, const char *name, size_t len)
{
    char text[2048];
    machine_says(m, PSB_OP_LINUX_STAT, text, stat_text(text, sizeof text, name, len, m->column));
}

void machine_column(machine *m, int column, const char *text)
{
    m->column[column] = text;
    machine_named(m, LITERAL("cat"));
}

/* ---- the machine ---- */

static void end_snapshots(machine *m)
{
    for (int v = 0; v < PSB_VARIANTS; v++) {
        if (m->snapshot[v])
            m->backend[v]->ops->end(m->snapshot[v]);
        m->snapshot[v] = NULL;
    }
}

static void close_backends(machine *m)
{
    end_snapshots(m);
    for (int v = 0; v < PSB_VARIANTS; v++) {
        if (m->backend[v])
            m->backend[v]->ops->close(m->backend[v]);
        m->backend[v] = NULL;
    }
}

void machine_reboot(machine *m)
{
    close_backends(m);
    for (int v = 0; v < PSB_VARIANTS; v++)
        assert_int_equal(psb_port_open(psb_port_named("linux"), (psb_variant)v, fake_open(m), &m->backend[v]),
                         PSB_OK);
}

static machine *machines; /* all that there are */

machine *machine_new(void)
{
    static const struct psb_linux_sysconf SYSCONF = {4096, 100};
    static const int64_t PIDS[] = {MACHINE_PID, MACHINE_PARENT}, CLOCK = INT64_C(1700010000000000000);
    static const uint64_t FDS = 7;
    static const int32_t NICE = -1;
    machine *m = calloc(1, sizeof *m);
    assert_non_null(m);
    m->next = machines;
    machines = m;
    memcpy(m->column, STAT_SAMPLE, sizeof STAT_SAMPLE);
    for (psb_op op = 0; op < PSB_OPS; op++) {
        machine_fails(m, op, PSB_ABSENT, 2);
        set(&m->parent[op], PSB_ABSENT, 2, "", 0);
        if (SAMPLE[op])
            machine_text(m, op, SAMPLE[op]);
    }
    machine_says(m, PSB_OP_LINUX_SYSCONF, &SYSCONF, sizeof SYSCONF);
    machine_says(m, PSB_OP_LINUX_PIDS, PIDS, sizeof PIDS);
    machine_says(m, PSB_OP_CLOCK, &CLOCK, sizeof CLOCK);
    machine_says(m, PSB_OP_LINUX_FD, &FDS, sizeof FDS);
    machine_says(m, PSB_OP_LINUX_NICE, &NICE, sizeof NICE);
    machine_says(m, PSB_OP_LINUX_CMDLINE, LITERAL("cat\0-n\0"));
    machine_says(m, PSB_OP_LINUX_TASK, "", 0);
    machine_named(m, LITERAL("cat"));
    machine_of_parent(m, PSB_OP_LINUX_STAT, PARENT_STAT);
    machine_reboot(m);
    return m;
}

static void machine_free(machine *m)
{
    close_backends(m);
    for (psb_op op = 0; op < PSB_OPS; op++) {
        free(m->reply[op].bytes);
        free(m->parent[op].bytes);
    }
    free(m);
}

int machine_setup(void **state)
{
    *state = machine_new();
    return 0;
}

int machine_teardown(void **state)
{
    while (machines) {
        machine *next = machines->next;
        machine_free(machines);
        machines = next;
    }
    return 0;
}

static void begin_snapshots(machine *m)
{
    end_snapshots(m);
    for (int v = 0; v < PSB_VARIANTS; v++)
        assert_int_equal(m->backend[v]->ops->begin(m->backend[v], PSB_SPAN_PROCESS, &m->snapshot[v]), PSB_OK);
}

static psb_value ask_both(machine *m, psb_field field)
{
    psb_value value[PSB_VARIANTS];
    for (int v = 0; v < PSB_VARIANTS; v++)
        psb_get(m->snapshot[v], MACHINE_PID, field, &value[v]);
    if (!psb_value_equal(field, &value[PSB_CACHED], &value[PSB_UNCACHED]))
        fail_msg("%s: cached and uncached disagree", psb_field_of(field)->name);
    return value[PSB_CACHED];
}

psb_value machine_get(machine *m, psb_field field)
{
    begin_snapshots(m);
    return ask_both(m, field);
}

void machine_get_all(machine *m, psb_value out[PSB_FIELDS])
{
    begin_snapshots(m);
    for (psb_field field = 0; field < PSB_FIELDS; field++)
        out[field] = ask_both(m, field);
}

/* ---- assertions ---- */

void assert_status(psb_value value, psb_status status)
{
    assert_string_equal(psb_status_name(value.status), psb_status_name(status));
}

void assert_text(psb_value value, const char *bytes, size_t len)
{
    assert_status(value, PSB_OK);
    assert_int_equal(value.u.text.len, len);
    assert_memory_equal(value.u.text.bytes, bytes, len);
}

void assert_string(psb_value value, const char *text)
{
    assert_text(value, text, strlen(text));
}

void assert_list(psb_value value, uint32_t count, const char *bytes, size_t len)
{
    assert_text(value, bytes, len);
    assert_int_equal(value.count, count);
}

void assert_integer(psb_value value, int64_t integer)
{
    assert_status(value, PSB_OK);
    if (value.u.integer != integer)
        fail_msg("%" PRId64 " is not %" PRId64, value.u.integer, integer);
}

void assert_part(psb_value value, unsigned part, uint64_t number)
{
    assert_status(value, PSB_OK);
    if (!(value.known >> part & 1))
        fail_msg("part %u is not known", part);
    if (value.u.part[part] != number)
        fail_msg("part %u: %" PRIu64 " is not %" PRIu64, part, value.u.part[part], number);
}

void assert_part_unknown(psb_value value, unsigned part)
{
    assert_status(value, PSB_OK);
    if (value.known >> part & 1)
        fail_msg("part %u is known: %" PRIu64, part, value.u.part[part]);
}

bool right_or_unknown(psb_field field, const psb_value *right, const psb_value *value)
{
    const psb_field_info *info = psb_field_of(field);
    if (value->status == PSB_UNKNOWN || value->status == PSB_MALFORMED)
        return true;
    if (info->kind != PSB_KIND_RECORD || right->status != PSB_OK || value->status != PSB_OK)
        return psb_value_equal(field, right, value);
    for (uint32_t i = 0; i < info->parts; i++)
        if ((value->known >> i & 1) && (!(right->known >> i & 1) || value->u.part[i] != right->u.part[i]))
            return false;
    return true;
}

bool field_of_stat(psb_field field)
{
    const psb_port *port = psb_port_named("linux");
    const psb_try *way = port->method[field].tries;
    if (way->decode)
        return port->source[way->source].op == PSB_OP_LINUX_STAT;
    return field == PSB_PARENT || field == PSB_CPU_PERCENT;
}

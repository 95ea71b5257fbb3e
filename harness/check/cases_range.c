/* cases_range.c: what can be said of every process without knowing it: where a number can lie, and what belongs together. */
#include "suite.h"

#include "describe.h"
#include "host_case.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FAMILY(function, name, axis, needs, ids, meaning) void psb_case_##function(psb_trial *);
#include "family.def"

#define SECOND_NS INT64_C(1000000000)

static int64_t now_of(const psb_suite *suite)
{
    return suite->world ? suite->world->now_ns : psb_host_clock_ns();
}

/* ---- where a number can lie ---- */

/* Of a field's number, or of each part of it; text: of its length. */
static const struct range {
    double low, high;
} RANGE[PSB_FIELDS] = {
    [PSB_NAME] = {0, 32768},
    [PSB_EXE] = {1, 1 << 20},
    [PSB_CMDLINE] = {0, 256 << 20},
    [PSB_PPID] = {0, UINT32_MAX},
    [PSB_PARENT] = {0, UINT32_MAX},
    [PSB_USERNAME] = {1, 1024},
    [PSB_STATUS] = {0, PSB_STATES - 1},
    [PSB_CREATE_TIME] = {1, 9.2e18},
    [PSB_UIDS] = {0, UINT32_MAX},
    [PSB_GIDS] = {0, UINT32_MAX},
    [PSB_TERMINAL] = {1, 4096},
    [PSB_CPU_TIMES] = {0, 9.2e18},
    [PSB_CPU_PERCENT] = {0, 100.0 * 65536},
    [PSB_CPU_NUM] = {0, 65535},
    [PSB_MEMORY_INFO] = {0, 7.2e16},
    [PSB_MEMORY_PERCENT] = {0, 100},
    [PSB_MEMORY_FULL_INFO] = {0, 7.2e16},
    [PSB_NUM_THREADS] = {0, 1 << 22},
    [PSB_THREADS] = {0, 1 << 22},
    [PSB_NUM_CTX_SWITCHES] = {0, 1.8e19},
    [PSB_NUM_FDS] = {0, 1 << 30},
    [PSB_NUM_HANDLES] = {0, 1 << 30},
    [PSB_IO_COUNTERS] = {0, 1.8e19},
    [PSB_NICE] = {-20, 32768}, /* the upper: a class of Windows */
    [PSB_CWD] = {1, 1 << 20},
    [PSB_PAGE_FAULTS] = {0, 1.8e19},
};

static void in_range(psb_trial *trial, psb_pid pid, double number, const char *what)
{
    psb_field field = trial->it->field;
    PSB_EXPECT(trial, number >= RANGE[field].low && number <= RANGE[field].high,
               "%s%s%s of pid %lld is %.17g, and not from %.17g to %.17g", psb_field_of(field)->name,
               *what ? "." : "", what, (long long)pid, number, RANGE[field].low, RANGE[field].high);
}

static void number_in_range(psb_trial *trial, psb_pid pid, const psb_value *value)
{
    const psb_field_info *info = psb_field_of(trial->it->field);
    switch (info->kind) {
    case PSB_KIND_INTEGER:
    case PSB_KIND_STATE:
    case PSB_KIND_INSTANT:
        in_range(trial, pid, (double)value->u.integer, "");
        break;
    case PSB_KIND_REAL:
        in_range(trial, pid, value->u.real, "");
        break;
    case PSB_KIND_TEXT:
    case PSB_KIND_LIST:
        in_range(trial, pid, (double)value->u.text.len, "");
        break;
    case PSB_KIND_RECORD:
        for (uint32_t i = 0; i < info->parts; i++)
            if (value->known >> i & 1)
                in_range(trial, pid, (double)value->u.part[i], info->part[i]);
        break;
    case PSB_KIND_THREADS:
        in_range(trial, pid, value->count, "");
        break;
    }
}

static bool is_absolute(const char *path, size_t len)
{
    return len > 0 && (path[0] == '/' || path[0] == '\\' || (len > 1 && path[1] == ':'));
}

/* What no two numbers say: of instants, paths, accounts. */
static void sense_of(psb_trial *trial, psb_pid pid, const psb_value *value)
{
    psb_field field = trial->it->field;
    const char *bytes = value->u.text.bytes;
    size_t len = value->u.text.len;
    if (field == PSB_CREATE_TIME)
        PSB_EXPECT(trial, value->u.integer <= now_of(trial->suite) + 2 * SECOND_NS,
                   "pid %lld started in the future", (long long)pid);
    if (field == PSB_CPU_TIMES && (value->known & 3) == 3)
        PSB_EXPECT(trial, value->u.part[0] / 65536 < (uint64_t)now_of(trial->suite),
                   "pid %lld has used %llu ns", (long long)pid, (unsigned long long)value->u.part[0]);
    if ((field == PSB_EXE || field == PSB_CWD || field == PSB_TERMINAL) && len > 0)
        PSB_EXPECT(trial,
                   is_absolute(bytes, len) || strncmp(bytes, "(unreachable)", len < 13 ? len : 13) == 0,
                   "%s of pid %lld is no absolute path", psb_field_of(field)->name, (long long)pid);
    if (field == PSB_USERNAME && len > 0)
        PSB_EXPECT(trial, bytes[0] != ' ' && bytes[len - 1] != ' ',
                   "username of pid %lld has blanks around it", (long long)pid);
}

void psb_case_range(psb_trial *trial)
{
    psb_backend *backend = psb_trial_open(trial, PSB_CACHED);
    psb_pidlist list = {0};
    if (backend && psb_trial_everybody(trial, backend, &list))
        for (size_t i = 0; i < list.count && psb_trial_goes_on(trial); i++) {
            psb_value value;
            psb_snapshot *snapshot = psb_trial_begin(trial, backend, PSB_SPAN_PROCESS);
            trial->compared++;
            if (snapshot && psb_get(snapshot, list.pid[i], trial->it->field, &value) == PSB_OK) {
                number_in_range(trial, list.pid[i], &value);
                sense_of(trial, list.pid[i], &value);
            }
            psb_trial_end(snapshot);
        }
    psb_pidlist_free(&list);
    psb_trial_close(trial, backend);
}

/* ---- what belongs together ---- */

/* All answers about one process; of a machine only those of processes that stay as they are. */
static void each_with_all(psb_trial *trial, psb_field needed, psb_field other,
                          void (*look)(psb_trial *, psb_pid, const psb_value *, void *), void *context)
{
    if (!psb_port_has(trial->suite->port, needed) || !psb_port_has(trial->suite->port, other)) {
        trial->result = PSB_RESULT_NOT_CLAIMED;
        return;
    }
    psb_backend *backend = psb_trial_open(trial, PSB_CACHED);
    psb_pidlist list = {0};
    psb_pair pair = {0};
    bool good = backend && psb_pair_start(trial, &pair) &&
                (!trial->suite->world || psb_trial_everybody(trial, backend, &list));
    size_t count = trial->suite->world ? list.count : 2;
    for (size_t i = 0; good && i < count && psb_trial_goes_on(trial); i++) {
        psb_pid pid = trial->suite->world ? list.pid[i] : pair.pid[i];
        psb_value value[PSB_FIELDS];
        psb_snapshot *snapshot = psb_trial_begin(trial, backend, PSB_SPAN_PROCESS);
        if (snapshot)
            psb_trial_ask_all(trial, snapshot, pid, value);
        if (snapshot && value[needed].status == PSB_OK && value[other].status == PSB_OK)
            look(trial, pid, value, context);
        trial->compared++;
        psb_trial_end(snapshot);
    }
    psb_pidlist_free(&list);
    psb_pair_stop(&pair);
    psb_trial_close(trial, backend);
}

static void look_at_parent(psb_trial *trial, psb_pid pid, const psb_value *value, void *context)
{
    PSB_EXPECT(trial, value[PSB_PARENT].u.integer == value[PSB_PPID].u.integer,
               "parent of pid %lld is %lld, and its ppid %lld", (long long)pid,
               (long long)value[PSB_PARENT].u.integer, (long long)value[PSB_PPID].u.integer);
}

void psb_case_related_parent(psb_trial *trial)
{
    each_with_all(trial, PSB_PARENT, PSB_PPID, look_at_parent, NULL);
}

/* The names that were found for uids. */
struct names {
    size_t count;
    struct {
        uint64_t uid;
        char name[64];
    } row[64];
};

static void look_at_username(psb_trial *trial, psb_pid pid, const psb_value *value, void *context)
{
    struct names *names = context;
    const psb_value *name = &value[PSB_USERNAME], *ids = &value[PSB_UIDS];
    if (!(ids->known >> PSB_UIDS_REAL & 1) || name->u.text.len >= sizeof names->row[0].name)
        return;
    for (size_t i = 0; i < names->count; i++)
        if (names->row[i].uid == ids->u.part[PSB_UIDS_REAL])
            PSB_EXPECT(trial,
                       strlen(names->row[i].name) == name->u.text.len &&
                           memcmp(names->row[i].name, name->u.text.bytes, name->u.text.len) == 0,
                       "pid %lld has uid %llu, and another username than others of that uid", (long long)pid,
                       (unsigned long long)names->row[i].uid);
    if (names->count == sizeof names->row / sizeof *names->row)
        return;
    names->row[names->count].uid = ids->u.part[PSB_UIDS_REAL];
    memcpy(names->row[names->count].name, name->u.text.bytes, name->u.text.len);
    names->row[names->count++].name[name->u.text.len] = '\0';
}

void psb_case_related_username(psb_trial *trial)
{
    struct names names = {0};
    each_with_all(trial, PSB_USERNAME, PSB_UIDS, look_at_username, &names);
}

/* A thread's times are rounded by themselves: down, by a tick of a hundredth of a second at most. */
static void look_at_threads(psb_trial *trial, psb_pid pid, const psb_value *value, void *context)
{
    const psb_value *threads = &value[PSB_THREADS], *times = &value[PSB_CPU_TIMES];
    uint64_t sum = 0, slack = (uint64_t)SECOND_NS / 10;
    PSB_EXPECT(trial,
               value[PSB_NUM_THREADS].status != PSB_OK ||
                   value[PSB_NUM_THREADS].u.integer == (int64_t)threads->count ||
                   value[PSB_STATUS].u.integer == PSB_STATE_ZOMBIE,
               "pid %lld has %lld threads, and %u are listed", (long long)pid,
               (long long)value[PSB_NUM_THREADS].u.integer, threads->count);
    for (uint32_t i = 0; i < threads->count; i++) {
        sum += threads->u.thread[i].user_ns + threads->u.thread[i].system_ns;
        for (uint32_t k = 0; k < i; k++)
            PSB_EXPECT(trial, threads->u.thread[k].id != threads->u.thread[i].id,
                       "pid %lld: thread %lld stands there twice", (long long)pid,
                       (long long)threads->u.thread[i].id);
    }
    if ((times->known & 3) == 3)
        PSB_EXPECT(
            trial, sum <= times->u.part[PSB_CPU_TIMES_USER] + times->u.part[PSB_CPU_TIMES_SYSTEM] + slack,
            "pid %lld: its threads used %llu ns, and it %llu", (long long)pid, (unsigned long long)sum,
            (unsigned long long)(times->u.part[PSB_CPU_TIMES_USER] + times->u.part[PSB_CPU_TIMES_SYSTEM]));
}

void psb_case_related_threads(psb_trial *trial)
{
    each_with_all(trial, PSB_THREADS, PSB_CPU_TIMES, look_at_threads, NULL);
}

static void look_at_switches(psb_trial *trial, psb_pid pid, const psb_value *value, void *context)
{
    const psb_value *switches = &value[PSB_NUM_CTX_SWITCHES];
    const uint64_t *part = switches->u.part;
    if (switches->known == 7)
        PSB_EXPECT(trial,
                   part[PSB_NUM_CTX_SWITCHES_TOTAL] ==
                       part[PSB_NUM_CTX_SWITCHES_VOLUNTARY] + part[PSB_NUM_CTX_SWITCHES_INVOLUNTARY],
                   "pid %lld: the total is not the sum", (long long)pid);
}

void psb_case_related_switches(psb_trial *trial)
{
    each_with_all(trial, PSB_NUM_CTX_SWITCHES, PSB_NUM_CTX_SWITCHES, look_at_switches, NULL);
}

/* The machine's memory follows from rss and the percentage, and is the same for all. */
static void look_at_memory(psb_trial *trial, psb_pid pid, const psb_value *value, void *context)
{
    double *total = context, percent = value[PSB_MEMORY_PERCENT].u.real;
    if (!(value[PSB_MEMORY_INFO].known >> PSB_MEMORY_INFO_RSS & 1))
        return;
    double rss = (double)value[PSB_MEMORY_INFO].u.part[PSB_MEMORY_INFO_RSS];
    PSB_EXPECT(trial, (rss > 0) == (percent > 0), "pid %lld: rss is %.0f, and %g %%", (long long)pid, rss,
               percent);
    if (!(percent > 0))
        return;
    double this = 100 * rss / percent;
    if (*total > 0)
        PSB_EXPECT(trial, this > *total * 0.98 && this < *total * 1.02,
                   "pid %lld: by its percentage the machine has %.0f bytes, by others' %.0f", (long long)pid,
                   this, *total);
    *total = this;
}

void psb_case_related_memory(psb_trial *trial)
{
    double total = 0;
    each_with_all(trial, PSB_MEMORY_PERCENT, PSB_MEMORY_INFO, look_at_memory, &total);
}

static void look_at_cpu(psb_trial *trial, psb_pid pid, const psb_value *value, void *context)
{
    const psb_value *times = &value[PSB_CPU_TIMES];
    uint64_t used = times->u.part[PSB_CPU_TIMES_USER] + times->u.part[PSB_CPU_TIMES_SYSTEM];
    double percent = value[PSB_CPU_PERCENT].u.real;
    if ((times->known & 3) == 3)
        PSB_EXPECT(
            trial, used > 0 ? percent > 0 || !trial->suite->world : percent == 0 || !trial->suite->world,
            "pid %lld used %llu ns, which is %g %%", (long long)pid, (unsigned long long)used, percent);
}

void psb_case_related_cpu(psb_trial *trial)
{
    each_with_all(trial, PSB_CPU_PERCENT, PSB_CPU_TIMES, look_at_cpu, NULL);
}

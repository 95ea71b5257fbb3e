#include "sunos_fixture.h"

#include "registry.h"

#include <string.h>

struct answer answers[PSB_OPS];
uint32_t asked[PSB_OPS];

static const char MAJORS[] = "cn 0\npts 24\nptsl 26\nxpts 27\n";
static const struct psb_sunos_sysconf SYSCONF = {4096, 1000};
struct psb_sunos_psinfo psinfo;
struct psb_sunos_cred cred;
struct psb_sunos_status status_file;
struct psb_sunos_usage usage;

static psb_status told(const psb_world *world, const psb_call *call, psb_reply *reply)
{
    const struct answer *answer = &answers[call->op];
    asked[call->op]++;
    if (answer->status != PSB_OK || answer->len == 0)
        return answer->status;
    assert_true(answer->len < reply->cap);
    memcpy(reply->buf, answer->bytes, answer->len);
    reply->len = answer->len;
    return PSB_OK;
}

int a_process(void **state)
{
    memset(answers, 0, sizeof answers);
    memset(asked, 0, sizeof asked);
    psinfo = (struct psb_sunos_psinfo){.pr_pid = PID, .pr_ppid = 1, .pr_nlwp = 3, .pr_ttydev = UINT64_MAX};
    psinfo.pr_lwp.pr_state = PSB_SUNOS_SSLEEP;
    cred = (struct psb_sunos_cred){101, 102, 103, 201, 202, 203, 1, {9}};
    status_file = (struct psb_sunos_status){.pr_pid = PID};
    usage = (struct psb_sunos_usage){0};
    TELL(SYSCONF, SYSCONF);
    TELL(PSINFO, psinfo);
    TELL(CRED, cred);
    TELL(STATUS, status_file);
    TELL(USAGE, usage);
    answers[PSB_OP_SUNOS_MAJORS] = (struct answer){MAJORS, sizeof MAJORS - 1, PSB_OK};
    return 0;
}

static psb_backend *backend;
static psb_snapshot *snapshot;

void end(void)
{
    backend->ops->end(snapshot);
    backend->ops->close(backend);
}

psb_value get(psb_field field)
{
    psb_value value;
    psb_world *nowhere = psb_world_empty(1);
    assert_non_null(nowhere);
    psb_kernel *kernel = psb_sim_open(told, nowhere);
    assert_non_null(kernel);
    assert_int_equal(psb_port_open(psb_port_named("sunos"), PSB_CACHED, kernel, &backend), PSB_OK);
    assert_int_equal(backend->ops->begin(backend, PSB_SPAN_PROCESS, &snapshot), PSB_OK);
    psb_get(snapshot, PID, field, &value);
    psb_world_free(nowhere);
    return value;
}

void is_status(psb_field field, psb_status expected)
{
    assert_string_equal(psb_status_name(get(field).status), psb_status_name(expected));
    end();
}

void is_integer(psb_field field, int64_t expected)
{
    psb_value value = get(field);
    assert_int_equal(value.status, PSB_OK);
    assert_int_equal(value.u.integer, expected);
    end();
}

void is_text(psb_field field, const char *expected, size_t len)
{
    psb_value value = get(field);
    assert_int_equal(value.status, PSB_OK);
    assert_int_equal(value.u.text.len, len);
    assert_memory_equal(value.u.text.bytes, expected, len);
    end();
}

void is_list(const char *expected, size_t len, uint32_t count)
{
    psb_value value = get(PSB_CMDLINE);
    assert_int_equal(value.status, PSB_OK);
    assert_int_equal(value.count, count);
    assert_int_equal(value.u.text.len, len);
    assert_memory_equal(value.u.text.bytes, expected, len);
    end();
}

void is_record(psb_field field, uint32_t known, const uint64_t *part)
{
    psb_value value = get(field);
    assert_int_equal(value.status, PSB_OK);
    assert_int_equal(value.known, known);
    for (unsigned i = 0; i < psb_field_of(field)->parts; i++)
        if (known >> i & 1)
            assert_true(value.u.part[i] == part[i]);
    end();
}

psb_status get_more(psb_field field, psb_value *out)
{
    return psb_get(snapshot, PID, field, out);
}

psb_status get_pids(psb_pidlist *out)
{
    return backend->ops->pids(backend, out);
}

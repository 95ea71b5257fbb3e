/* template_port.c: the OS as two tables, and the decoders between them. */
#include "template_abi.h"

#include "plain.h"

#include <string.h>

enum source { PIDS, CLOCK, USER, INFO, SOURCES };

static bool pid_record(const void *raw, size_t len, size_t *at, psb_record *out)
{
    return psb_record_of_size(sizeof(int32_t), 0, sizeof(int32_t), raw, len, at, out);
}

static const psb_source SOURCE[SOURCES] = {
    [PIDS] = {"template_pids", "the list of processes; its manual page", PSB_SCOPE_SYSTEM,
              PSB_OP_TEMPLATE_PIDS, .entries = 1, .room = 4 << 10, .record = pid_record,
              .redact = psb_redact_none},
    [CLOCK] = {"clock", "clock_gettime(2)", PSB_SCOPE_SYSTEM, PSB_OP_CLOCK, .room = 64,
               .parse = psb_parse_i64, .parsed_size = sizeof(int64_t), .redact = psb_redact_none},
    [USER] = {"user", "getpwuid_r(3)", PSB_SCOPE_USER, PSB_OP_USER_NAME, .room = 4 << 10,
              .parse = psb_parse_bytes, .parsed_size = sizeof(struct psb_bytes), .keeps_raw = true,
              .redact = psb_redact_name},
    [INFO] = {"template_info", "what is known of a process; its manual page", PSB_SCOPE_PROCESS,
              PSB_OP_TEMPLATE_INFO, .entries = 1, .room = 128, .parse = psb_template_parse_info,
              .parsed_size = sizeof(struct psb_template_info), .redact = psb_template_redact_info},
};

static void info_name(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    const struct psb_template_info *info = parsed;
    const char *nul = memchr(info->name, '\0', sizeof info->name);
    out->u.text.bytes = info->name;
    out->u.text.len = nul ? (size_t)(nul - info->name) : sizeof info->name;
}

static void info_ppid(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    const struct psb_template_info *info = parsed;
    out->u.integer = info->ppid;
}

/* A field without a row is absent on this OS. */
static const psb_method METHOD[PSB_FIELDS] = {
    [PSB_NAME] = {{{INFO, 0, info_name}}},
    [PSB_PPID] = {{{INFO, 0, info_ppid}}},
};

const psb_port psb_template_port = {
    .name = "template",
    .system = "no OS at all",
    .source = SOURCE,
    .sources = SOURCES,
    .method = METHOD,
    .user = {USER, 0, psb_decode_bytes},
    .clock = {CLOCK, 0, psb_decode_i64},
    .pids_source = PIDS,
    .simulate = psb_template_simulate,
};

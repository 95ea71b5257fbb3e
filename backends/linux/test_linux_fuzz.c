/*
 * test_linux_fuzz.c: every parser of the port's sources, and every decoder after it, on bytes that no kernel
 * writes. Always the same ones. The bytes lie in memory of exactly their size, so that a sanitizer sees a
 * read beyond them; each input is parsed twice over different garbage, so that a decoder that reads what the
 * parser did not write gives two answers.
 */
#include "linux_fixture.h"

#include "registry.h"

#include <stdlib.h>
#include <string.h>

enum { INPUTS = 20000, LONGEST = 3000 };

static uint64_t seed;

static uint32_t below(uint32_t limit)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)((seed >> 33) % limit);
}

/* What a source's replies look like when all is well; returns the length. */
static size_t seed_of(const machine *m, const psb_source *source, char out[LONGEST])
{
    const machine_reply *reply = &m->reply[source->op];
    size_t len = reply->len;
    memcpy(out, reply->bytes, len);
    if (source->op == PSB_OP_LINUX_TASK)
        for (int i = 0; i < 3; i++) {
            struct psb_linux_frame frame = {MACHINE_PID + i, m->reply[PSB_OP_LINUX_STAT].len};
            memcpy(out + len, &frame, sizeof frame);
            memcpy(out + len + sizeof frame, m->reply[PSB_OP_LINUX_STAT].bytes, frame.len);
            len += sizeof frame + frame.len;
        }
    return len;
}

static size_t insert(char *bytes, size_t len, size_t at, const char *what, size_t size)
{
    if (len + size > LONGEST)
        return len;
    memmove(bytes + at + size, bytes + at, len - at);
    memcpy(bytes + at, what, size);
    return len + size;
}

static size_t mutate(char *bytes, size_t len)
{
    static const struct {
        const char *bytes;
        size_t len;
    } PIECES[] = {
        {LITERAL("18446744073709551615")},
        {LITERAL("18446744073709551616")},
        {LITERAL("-9223372036854775808")},
        {LITERAL("-")},
        {LITERAL(" ")},
        {LITERAL("\n")},
        {LITERAL(")")},
        {LITERAL("(")},
        {LITERAL("\0")},
        {LITERAL(":")},
        {LITERAL("Uid:\t")},
        {LITERAL("Pss: ")},
        {LITERAL("99999999999999999999")},
        {LITERAL("4294967296")},
        {LITERAL("0")},
    };
    uint32_t kind = below(6), at = below((uint32_t)len + 1), size, piece;
    switch (kind) {
    case 0: /* another byte */
        if (at < len)
            bytes[at] = (char)below(256);
        return len;
    case 1: /* one bit */
        if (at < len)
            bytes[at] = (char)(bytes[at] ^ 1 << below(8));
        return len;
    case 2: /* cut off */
        return at;
    case 3: /* something taken out */
        size = below((uint32_t)len - at + 1);
        size = size > 40 ? size % 40 : size;
        memmove(bytes + at, bytes + at + size, len - at - size);
        return len - size;
    default: /* something put in */
        piece = below(sizeof PIECES / sizeof *PIECES);
        return insert(bytes, len, at, PIECES[piece].bytes, PIECES[piece].len);
    }
}

static size_t noise(char *bytes)
{
    static const char ALPHABET[] = "0123456789 \t\n():-kBPsUidGidThreadsSwap";
    size_t len = below(2) ? below(64) : below(LONGEST);
    bool text = below(2);
    for (size_t i = 0; i < len; i++)
        bytes[i] = text ? ALPHABET[below(sizeof ALPHABET)] : (char)below(256);
    return len;
}

/* Touches all that the answer says is there; a false answer about it fails. */
static void assert_well_formed(psb_field field, const psb_value *value)
{
    const psb_field_info *info = psb_field_of(field);
    size_t nuls = 0;
    assert_true((unsigned)value->status < PSB_STATUSES);
    if (value->status != PSB_OK)
        return;
    switch (info->kind) {
    case PSB_KIND_TEXT:
    case PSB_KIND_LIST:
        for (size_t i = 0; i < value->u.text.len; i++)
            nuls += value->u.text.bytes[i] == '\0';
        if (info->kind == PSB_KIND_LIST)
            assert_int_equal(nuls, value->count);
        break;
    case PSB_KIND_STATE:
        assert_true(value->u.integer >= 0 && value->u.integer < PSB_STATES);
        break;
    case PSB_KIND_RECORD:
        assert_int_equal(value->known >> info->parts, 0);
        break;
    case PSB_KIND_THREADS:
        for (uint32_t i = 0; i < value->count; i++)
            nuls += value->u.thread[i].user_ns + value->u.thread[i].system_ns == 0;
        assert_true(nuls <= value->count);
        break;
    default:
        break;
    }
}

struct parsed {
    psb_status status;
    void *memory;
};

static struct parsed parse_over(const psb_source *source, const char *raw, size_t len, int garbage)
{
    size_t size = source->scope == PSB_SCOPE_BOOT ? sizeof(psb_facts) : source->parsed_size;
    struct parsed out = {.memory = malloc(size)};
    assert_non_null(out.memory);
    memset(out.memory, source->scope == PSB_SCOPE_BOOT ? 0 : garbage, size);
    out.status = source->parse(raw, len, MACHINE_PID, out.memory);
    return out;
}

static void decode_both(const psb_port *port, size_t source, const psb_facts *facts,
                        const struct parsed parsed[2])
{
    for (psb_field field = 0; field < PSB_FIELDS; field++)
        for (int i = 0; i < PSB_TRIES_MAX; i++) {
            const psb_try *way = &port->method[field].tries[i];
            psb_value value[2];
            psb_arena room;
            if (!way->decode || way->source != source)
                continue;
            psb_arena_init(&room, NULL, 0);
            for (int j = 0; j < 2; j++) {
                value[j] = psb_value_of_status(PSB_OK, 0);
                way->decode(parsed[j].memory, facts, &room, &value[j]);
                assert_well_formed(field, &value[j]);
            }
            if (!psb_value_equal(field, &value[0], &value[1]))
                fail_msg("%s reads what %s did not write", psb_field_of(field)->name,
                         port->source[source].name);
            psb_arena_free(&room);
        }
}

static void assert_facts_well_formed(const psb_facts *facts)
{
    assert_true(facts->tty_drivers <= PSB_TTY_DRIVERS);
    for (uint32_t i = 0; i < facts->tty_drivers; i++)
        assert_non_null(memchr(facts->tty_driver[i].prefix, '\0', sizeof facts->tty_driver[i].prefix));
}

static void try_input(const psb_port *port, size_t source, const psb_facts *facts, const char *bytes,
                      size_t len)
{
    char *exact = malloc(len + !len); /* malloc(0) may be NULL, which is no buffer */
    assert_non_null(exact);
    memcpy(exact, bytes, len);
    struct parsed parsed[2] = {parse_over(&port->source[source], exact, len, 0x00),
                               parse_over(&port->source[source], exact, len, 0xff)};
    assert_int_equal(parsed[0].status, parsed[1].status);
    assert_true(parsed[0].status == PSB_OK || parsed[0].status == PSB_MALFORMED ||
                parsed[0].status == PSB_GONE);
    if (port->source[source].scope == PSB_SCOPE_BOOT)
        assert_facts_well_formed(parsed[0].memory);
    else if (parsed[0].status == PSB_OK)
        decode_both(port, source, facts, parsed);
    free(parsed[0].memory);
    free(parsed[1].memory);
    free(exact);
}

/* The facts that the samples of the boot's files give. */
static void facts_of(const machine *m, const psb_port *port, psb_facts *out)
{
    *out = (psb_facts){0};
    for (size_t i = 0; i < port->sources; i++)
        if (port->source[i].scope == PSB_SCOPE_BOOT)
            assert_int_equal(port->source[i].parse(m->reply[port->source[i].op].bytes,
                                                   m->reply[port->source[i].op].len, 0, out),
                             PSB_OK);
}

static void no_bytes_make_a_parser_or_a_decoder_misbehave(void **state)
{
    const psb_port *port = psb_port_named("linux");
    char bytes[LONGEST];
    psb_facts facts;
    facts_of(*state, port, &facts);
    for (size_t source = 0; source < port->sources; source++) {
        if (!port->source[source].parse)
            continue;
        seed = 20240229 + source;
        for (int i = 0; i < INPUTS; i++) {
            size_t len = i % 8 == 0 ? noise(bytes) : seed_of(*state, &port->source[source], bytes);
            for (uint32_t changes = i % 8 ? below(4) + (i > 8) : 0; changes > 0; changes--)
                len = mutate(bytes, len);
            try_input(port, source, &facts, bytes, len);
        }
    }
}

static void every_beginning_of_a_good_reply_is_parsed_or_refused(void **state)
{
    const psb_port *port = psb_port_named("linux");
    char bytes[LONGEST];
    psb_facts facts;
    facts_of(*state, port, &facts);
    for (size_t source = 0; source < port->sources; source++)
        for (size_t len = 0; port->source[source].parse; len++) {
            if (len > seed_of(*state, &port->source[source], bytes))
                break;
            try_input(port, source, &facts, bytes, len);
        }
}

/* The list of pids has no parser, only records. */
static void a_list_of_pids_that_is_cut_off_has_whole_pids_only(void **state)
{
    const psb_port *port = psb_port_named("linux");
    const psb_source *source = &port->source[port->pids_source];
    const machine *m = *state;
    for (size_t len = 0; len <= m->reply[PSB_OP_LINUX_PIDS].len; len++) {
        char *exact = malloc(len + !len);
        memcpy(exact, m->reply[PSB_OP_LINUX_PIDS].bytes, len);
        size_t at = 0, count = 0;
        for (psb_record record; source->record(exact, len, &at, &record); count++)
            assert_memory_equal(exact + count * sizeof record.pid, &record.pid, sizeof record.pid);
        assert_int_equal(count, len / sizeof(psb_pid));
        free(exact);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, machine_setup, machine_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(no_bytes_make_a_parser_or_a_decoder_misbehave),
        TEST(every_beginning_of_a_good_reply_is_parsed_or_refused),
        TEST(a_list_of_pids_that_is_cut_off_has_whole_pids_only),
    };
    return cmocka_run_group_tests_name("linux: bytes that no kernel writes", tests, NULL, NULL);
}

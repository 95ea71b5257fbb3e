/*
 * test_ports_spoiled.c: is test_ports.c worth its green? Every decoder of every port is spoiled in turn, each part of a
 * record by itself, and the comparison with the world must notice it.
 */
#include "describe.h"
#include "registry.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { PROCESSES = 120, STRANGER = 4711 };

/* What is spoiled now, and whether it had anything to spoil. */
static struct {
    void (*decode)(const void *, const psb_facts *, psb_arena *, psb_value *);
    psb_field field;
    unsigned part;
    bool effective;
} spoilt;

static void spoil_threads(psb_arena *room, psb_value *out)
{
    psb_thread *copy = psb_arena_alloc(room, out->count * sizeof *copy);
    assert_non_null(copy);
    memcpy(copy, out->u.thread, out->count * sizeof *copy);
    (spoilt.part ? &copy->system_ns : &copy->user_ns)[0] += 10000000;
    out->u.thread = copy;
}

static void spoil(const void *parsed, const psb_facts *facts, psb_arena *room, psb_value *out)
{
    spoilt.decode(parsed, facts, room, out);
    if (out->status != PSB_OK)
        return;
    switch (psb_field_of(spoilt.field)->kind) {
    case PSB_KIND_RECORD:
        if (!(out->known >> spoilt.part & 1))
            return;
        out->u.part[spoilt.part]++;
        break;
    case PSB_KIND_TEXT:
    case PSB_KIND_LIST:
        if (out->u.text.len == 0)
            return;
        out->u.text.len--;
        break;
    case PSB_KIND_THREADS:
        if (out->count == 0)
            return;
        spoil_threads(room, out);
        break;
    case PSB_KIND_REAL:
        out->u.real += 1;
        break;
    case PSB_KIND_INTEGER:
    case PSB_KIND_STATE:
    case PSB_KIND_INSTANT:
        out->u.integer++;
        break;
    }
    spoilt.effective = true;
}

/* Is it what the field should be, as far as it is told? Who asks may be refused the field, or parts of a record. */
static bool is_told(const psb_world *world, psb_value truth, const psb_value *value)
{
    if (world->caller_uid != 0 && value->status == PSB_DENIED)
        return true;
    if (world->caller_uid != 0 && psb_field_of(spoilt.field)->kind == PSB_KIND_RECORD && value->known != 0)
        truth.known &= value->known;
    return psb_value_equal(spoilt.field, &truth, value);
}

/* Does some process of the world show that the field is not told as it should be? */
static bool is_noticed(const psb_port *port, const psb_world *world)
{
    psb_backend *backend;
    bool noticed = false;
    char why[256];
    psb_kernel *kernel = psb_open_kernel(port, "sim", world, why, sizeof why);
    assert_non_null(kernel);
    assert_int_equal(psb_port_open(port, PSB_CACHED, kernel, &backend), PSB_OK);
    for (size_t i = 0; i < world->count && !noticed; i++) {
        psb_arena room = {0};
        psb_snapshot *snapshot;
        psb_value truth, value;
        assert_int_equal(backend->ops->begin(backend, PSB_SPAN_PROCESS, &snapshot), PSB_OK);
        psb_get(snapshot, world->process[i].pid, spoilt.field, &value);
        noticed = psb_port_truth(port, world, world->process[i].pid, spoilt.field, &room, &truth) &&
                  !is_told(world, truth, &value);
        backend->ops->end(snapshot);
        psb_arena_free(&room);
    }
    backend->ops->close(backend);
    return noticed;
}

/* Returns how many spoiled decoders had something to spoil. */
static size_t spoil_field(const psb_port *port, psb_field field, const psb_world *world)
{
    psb_method method[PSB_FIELDS];
    psb_port copy = *port;
    const psb_field_info *info = psb_field_of(field);
    unsigned parts = info->kind == PSB_KIND_RECORD ? info->parts : info->kind == PSB_KIND_THREADS ? 2 : 1;
    size_t effective = 0;
    memcpy(method, port->method, sizeof method);
    copy.method = method;
    for (unsigned part = 0; part < parts; part++)
        for (int i = 0; i < PSB_TRIES_MAX && port->method[field].tries[i].decode; i++) {
            spoilt.decode = port->method[field].tries[i].decode;
            spoilt.field = field;
            spoilt.part = part;
            spoilt.effective = false;
            method[field].tries[i].decode = spoil;
            bool noticed = is_noticed(&copy, world);
            method[field].tries[i].decode = spoilt.decode;
            if (spoilt.effective && !noticed)
                fail_msg("%s: nobody notices when %s is wrong (part %u, try %d)", port->name, info->name,
                         part, i + 1);
            effective += spoilt.effective;
        }
    return effective;
}

static void a_spoiled_decoder_is_noticed_on_every_port(void **state)
{
    psb_world *world = psb_world_make(17, PROCESSES);
    for (size_t p = 0; psb_port_at(p); p++) {
        size_t effective = 0, fallbacks = 0, rows = 0;
        for (psb_field field = 0; field < PSB_FIELDS; field++) {
            world->caller_uid = 0;
            effective += spoil_field(psb_port_at(p), field, world);
            world->caller_uid = STRANGER; /* whom the first try may be refused */
            fallbacks += spoil_field(psb_port_at(p), field, world);
            rows += psb_port_at(p)->method[field].tries[0].decode != NULL;
        }
        print_message(
            "%s: %zu fields' decoders, part by part, spoiled %zu times for root and %zu times for a "
            "stranger, noticed each time\n",
            psb_port_at(p)->name, rows, effective, fallbacks);
        assert_true(effective >= rows);
    }
    psb_world_free(world);
}

/* And a port that is left alone is not said to be wrong. */
static void a_port_that_is_not_spoiled_passes(void **state)
{
    psb_world *world = psb_world_make(17, PROCESSES);
    for (size_t p = 0; psb_port_at(p); p++)
        for (psb_field field = 0; field < PSB_FIELDS; field++) {
            spoilt.field = field;
            for (int c = 0; c < 2; c++) {
                world->caller_uid = c ? STRANGER : 0;
                if (psb_field_of(field)->kind != PSB_KIND_REAL && is_noticed(psb_port_at(p), world))
                    fail_msg("%s: %s is not true", psb_port_at(p)->name, psb_field_of(field)->name);
            }
        }
    psb_world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_spoiled_decoder_is_noticed_on_every_port),
        cmocka_unit_test(a_port_that_is_not_spoiled_passes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

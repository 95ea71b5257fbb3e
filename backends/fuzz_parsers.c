/*
 * fuzz_parsers.c: one libFuzzer target for every parser of every port. An input is a port, a source, a pid and the bytes
 * of a reply; what the parser makes of them is decoded by every field that the source answers, so that a number that
 * passes the parser and breaks a decoder is found, too. Built by ci/checks/fuzz.
 *
 * Compiled with PSB_CORPUS it is an ordinary program instead, which writes the replies of the simulated kernels into a
 * folder: the corpus to start from.
 */
#include "registry.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HEADER = 3 }; /* port, source, pid */

static const psb_port *port_of(unsigned number)
{
    size_t ports = 0;
    while (psb_port_at(ports))
        ports++;
    return psb_port_at(number % ports);
}

static void decode(const psb_port *port, size_t source, const void *parsed)
{
    static const psb_facts FACTS = {.page_bytes = 4096,
                                    .ticks_per_second = 100,
                                    .tick_numer = 125,
                                    .tick_denom = 3,
                                    .boot_ns = UINT64_C(1700000000000000000),
                                    .memory_bytes = UINT64_C(1) << 34,
                                    .drives = 1,
                                    .drive = {{'C', "\\Device\\HarddiskVolume2"}}};
    for (psb_field field = 0; field < PSB_FIELDS; field++)
        for (int i = 0; i < PSB_TRIES_MAX && port->method[field].tries[i].decode; i++) {
            psb_arena room = {0};
            psb_value value = {0};
            if (port->method[field].tries[i].source == source)
                port->method[field].tries[i].decode(parsed, &FACTS, &room, &value);
            psb_arena_free(&room);
        }
}

/* What the source says of one process, in memory of exactly its size. */
static void parse(const psb_port *port, size_t index, const char *bytes, size_t len, psb_pid pid)
{
    const psb_source *source = &port->source[index];
    char *raw = malloc(len + !len);
    psb_facts *facts = calloc(1, sizeof *facts);
    void *parsed = source->scope == PSB_SCOPE_BOOT ? (void *)facts : malloc(source->parsed_size);
    if (raw && facts && parsed) {
        memcpy(raw, bytes, len);
        if (source->parse(raw, len, pid, parsed) == PSB_OK && source->scope != PSB_SCOPE_BOOT)
            decode(port, index, parsed);
    }
    if (parsed != facts)
        free(parsed);
    free(facts);
    free(raw);
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
    if (size < HEADER)
        return 0;
    const psb_port *port = port_of(input[0]);
    size_t index = input[1] % port->sources, len = size - HEADER;
    const psb_source *source = &port->source[index];
    /* Memory of exactly the size: a byte too far is seen. Replies are aligned as the backend's are. */
    char *raw = malloc(len + !len);
    psb_record record = {.len = len};
    size_t at = 0;
    if (!raw)
        return 0;
    memcpy(raw, input + HEADER, len);
    if (!source->record)
        parse(port, index, raw, len, input[2]);
    while (source->record && source->record(raw, len, &at, &record))
        if (source->parse)
            parse(port, index, raw + record.offset, record.len, record.pid);
    free(raw);
    return 0;
}

#ifdef PSB_CORPUS

static void write_reply(const char *folder, unsigned port, unsigned source, psb_pid pid,
                        const psb_reply *reply)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%u-%u-%u", folder, port, source, (unsigned)pid);
    FILE *file = fopen(path, "wb");
    if (!file)
        return;
    const unsigned char header[HEADER] = {(unsigned char)port, (unsigned char)source, (unsigned char)pid};
    fwrite(header, 1, sizeof header, file);
    fwrite(reply->buf, 1, reply->len, file);
    fclose(file);
}

int main(int argc, char **argv)
{
    char why[256], *room = malloc(1 << 20);
    psb_world *world = psb_world_make(1, 24);
    if (argc != 2 || !world || !room)
        return 2;
    for (unsigned p = 0; psb_port_at(p); p++) {
        const psb_port *port = psb_port_at(p);
        psb_kernel *kernel = psb_open_kernel(port, "sim", world, why, sizeof why);
        for (unsigned s = 0; kernel && s < port->sources; s++)
            for (size_t i = 0; i < world->count; i++) {
                psb_pid pid = port->source[s].scope == PSB_SCOPE_USER ? 0 : world->process[i].pid;
                psb_call call = {.op = port->source[s].op, .pid = pid};
                psb_reply reply = {.buf = room, .cap = 1 << 20};
                memcpy(call.arg, port->source[s].arg, sizeof call.arg);
                if (psb_kernel_call(kernel, &call, &reply) == PSB_OK)
                    write_reply(argv[1], p, s, pid, &reply);
            }
        psb_kernel_close(kernel);
    }
    psb_world_free(world);
    free(room);
    return 0;
}

#endif

/* command_explain.c: a port's tables in words: what each source answers, and the calls each scenario should
 * make. */
#include "commands.h"

#include "describe.h"
#include "diagnose.h"
#include "foreign.h"
#include "plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Prints words separated by blanks, broken into lines that fit, behind an indent. */
struct wrap {
    int indent, at;
};

static void wrap_word(struct wrap *wrap, const char *word)
{
    int len = (int)strlen(word);
    if (wrap->at > wrap->indent && wrap->at + 1 + len > 100) {
        printf("\n%*s", wrap->indent, "");
        wrap->at = wrap->indent;
    }
    wrap->at += printf("%s%s", wrap->at > wrap->indent ? " " : "", word);
}

/* "memory_full_info (after absent)": the field, and which statuses of the try before lead here. */
static void answer_word(psb_field field, uint32_t when, char *out, size_t size)
{
    size_t len = (size_t)snprintf(out, size, "%s", psb_field_of(field)->name);
    for (psb_status status = 0; status < PSB_STATUSES; status++)
        if ((when & PSB_WHEN(status)) && len < size)
            len += (size_t)snprintf(out + len, size - len, " (after %s)", psb_status_name(status));
}

static void print_answers(const psb_port *port, size_t source)
{
    struct wrap wrap = {.indent = 17, .at = 17};
    for (psb_field field = 0; field < PSB_FIELDS; field++)
        for (int i = 0; i < PSB_TRIES_MAX && port->method[field].tries[i].decode; i++)
            if (port->method[field].tries[i].source == source) {
                char word[96];
                answer_word(field, port->method[field].tries[i].when, word, sizeof word);
                if (wrap.at == wrap.indent)
                    printf("%*s", wrap.indent, "");
                wrap_word(&wrap, word);
            }
    if (wrap.at > wrap.indent)
        putchar('\n');
}

static bool is_derived(const psb_port *port, psb_field field)
{
    return psb_port_has(port, field) && !port->method[field].tries[0].decode;
}

static bool is_missing(const psb_port *port, psb_field field)
{
    return !psb_port_has(port, field);
}

static void print_fields(const psb_port *port, const char *what, bool (*is)(const psb_port *, psb_field))
{
    struct wrap wrap = {.indent = 4};
    wrap.at = printf("  %s:", what);
    for (psb_field field = 0; field < PSB_FIELDS; field++)
        if (is(port, field))
            wrap_word(&wrap, psb_field_of(field)->name);
    putchar('\n');
}

static void print_sources(const psb_port *port)
{
    printf("port %s: %s\n\n  %-14s %-8s %7s  %s\n", port->name, port->system, "source", "scope", "entries",
           "routine; fields it answers");
    for (size_t i = 0; i < port->sources; i++) {
        const psb_source *source = &port->source[i];
        char entries[16] = "varies";
        if (source->entries)
            snprintf(entries, sizeof entries, "%u", source->entries);
        printf("  %-14s %-8s %7s  %s\n", source->name, psb_scope_name(source->scope), entries,
               source->routine);
        print_answers(port, i);
        if (source->table)
            printf("%17sin a sweep: out of %s\n", "", port->source[source->table].name);
    }
    puts("\n  scope    boot: once, when the backend is opened; system: cached, once in a snapshot;\n"
         "           process: once in a snapshot for each process; user: for each account\n"
         "  entries  into the kernel, for each call that is answered\n"
         "  a reply that does not fit is asked for again with more room; such retries are counted apart\n");
    print_fields(port, "derived from other fields", is_derived);
    print_fields(port, "not on this system", is_missing);
}

static void print_calls(const psb_port *port, const psb_fields *fields)
{
    static const psb_situation USUAL = {.has_parent = true};
    psb_declared declared[PSB_VARIANTS];
    uint32_t total[PSB_VARIANTS] = {0};
    for (psb_variant v = PSB_UNCACHED; v < PSB_VARIANTS; v++)
        psb_declare(port, v, fields->field, fields->count, &USUAL, &declared[v]);
    printf("  %-18s %9s %8s\n", "calls", "uncached", "cached");
    for (size_t i = 0; i < port->sources; i++)
        for (psb_subject subject = 0; subject < PSB_SUBJECTS; subject++) {
            uint32_t uncached = declared[PSB_UNCACHED].calls[i][subject],
                     cached = declared[PSB_CACHED].calls[i][subject];
            char name[48];
            if (uncached == 0)
                continue;
            snprintf(name, sizeof name, "%s%s", port->source[i].name,
                     subject == PSB_OF_PARENT ? " of parent" : "");
            printf("    %-16s %9u %8u\n", name, uncached, cached);
            total[0] += uncached;
            total[1] += cached;
        }
    printf("    %-16s %9u %8u\n", "all", total[0], total[1]);
}

static void print_scenario(const psb_port *port, const psb_scenario *scenario)
{
    psb_fields fields = psb_plan_scenario_fields(scenario, port);
    if (fields.count == 0 || scenario->ask != PSB_ASK_TOGETHER)
        return;
    printf("\nscenario %s: %s\n  asks ", scenario->name, scenario->meaning);
    struct wrap wrap = {.indent = 7, .at = 7};
    for (size_t i = 0; i < fields.count; i++)
        wrap_word(&wrap, psb_field_of(fields.field[i])->name);
    putchar('\n');
    print_calls(port, &fields);
}

/* Of a whole port there is no more to tell than what it claims. */
static void print_whole(const psb_port *port)
{
    printf("port %s: %s\n\n  a whole port: no tables, and what it calls cannot be counted from inside\n  "
           "variants:",
           port->name, port->system);
    for (psb_variant v = PSB_UNCACHED; v < PSB_VARIANTS; v++)
        if (psb_port_has_variant(port, v))
            printf(" %s", psb_variant_name(v));
    putchar('\n');
    print_fields(port, "claims", psb_port_has);
    print_fields(port, "does not claim", is_missing);
}

int psb_command_explain(const psb_args *args)
{
    const psb_port *port = args->operand ? psb_foreign_or_named(args->operand) : psb_foreign_port();
    psb_scenario *scenario;
    size_t count;
    if (args->model && !args->operand)
        return psb_claims_command(args, true);
    if (args->model || args->claim || args->quick)
        return psb_fail(PSB_EXIT_USAGE,
                        "explain: --model is about all ports; --claim and --quick go with it");
    if (!args->operand && !port)
        return psb_fail(PSB_EXIT_USAGE, "explain: which port? see 'psbench list ports'");
    if (!port)
        return psb_fail(PSB_EXIT_USAGE, "explain: '%s' is no port; see 'psbench list ports'", args->operand);
    if (port->whole) {
        print_whole(port);
        return PSB_EXIT_GOOD;
    }
    if (!psb_plan_scenarios(args->scenario, &scenario, &count))
        return PSB_EXIT_USAGE;
    print_sources(port);
    for (size_t i = 0; i < count; i++)
        print_scenario(port, &scenario[i]);
    free(scenario);
    return PSB_EXIT_GOOD;
}

#include "commands.h"

#include "describe.h"
#include "diagnose.h"
#include "foreign.h"
#include "plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void list_port(const psb_port *port)
{
    int fields = 0;
    for (psb_field field = 0; field < PSB_FIELDS; field++)
        fields += psb_port_has(port, field);
    printf("  %-12s %s, %d fields, kernels: %s\n", port->name, port->system, fields,
           port->whole             ? PSB_OWN_KERNEL
           : psb_port_native(port) ? "native, sim"
                                   : "sim");
}

static bool list_ports(void)
{
    for (size_t i = 0; psb_port_at(i); i++)
        list_port(psb_port_at(i));
    if (psb_foreign_port())
        list_port(psb_foreign_port());
    for (size_t i = 0; psb_peer_name(i); i++)
        printf("  %-12s a peer, by its name only: %s\n", psb_peer_name(i), psb_peer_meaning(i));
    return true;
}

static bool list_fields(void)
{
    for (psb_field field = 0; field < PSB_FIELDS; field++) {
        const psb_field_info *info = psb_field_of(field);
        printf("  %-17s %-13s %-9s  %s\n", info->name, info->unit, psb_compare_name(info->compare),
               info->meaning);
        for (uint32_t i = 0; i < info->parts; i++)
            printf("%s%s", i ? ", " : "                    parts: ", info->part[i]);
        if (info->parts)
            putchar('\n');
    }
    return true;
}

static bool list_scenarios(void)
{
    psb_scenario *scenario;
    size_t count;
    if (!psb_plan_scenarios(NULL, &scenario, &count))
        return false;
    for (size_t i = 0; i < count; i++)
        printf("  %-13s %s\n", scenario[i].name, scenario[i].meaning);
    free(scenario);
    return true;
}

static bool list_kernels(void)
{
    for (size_t i = 0; psb_kernel_describe(i); i++)
        printf("  %s\n", psb_kernel_describe(i));
    return true;
}

static bool list_populations(void)
{
    for (size_t i = 0; psb_population_at(i); i++)
        printf("  %-16s %s\n", psb_population_at(i)->name, psb_population_at(i)->meaning);
    return true;
}

int psb_command_list(const psb_args *args)
{
    static const struct {
        const char *name;
        bool (*list)(void);
    } LIST[] = {{"ports", list_ports},
                {"fields", list_fields},
                {"scenarios", list_scenarios},
                {"kernels", list_kernels},
                {"populations", list_populations}};
    bool found = false;
    for (size_t i = 0; i < sizeof LIST / sizeof *LIST; i++) {
        if (args->operand && strcmp(args->operand, LIST[i].name) != 0)
            continue;
        found = true;
        if (!args->operand)
            printf("%s%s\n", i ? "\n" : "", LIST[i].name);
        if (!LIST[i].list())
            return PSB_EXIT_USAGE;
    }
    if (!found)
        return psb_fail(PSB_EXIT_USAGE, "list: '%s' is not ports, fields, scenarios, kernels or populations",
                        args->operand);
    return PSB_EXIT_GOOD;
}

/* main.c: psbench. */
#include "args.h"
#include "commands.h"
#include "diagnose.h"
#include "foreign.h"
#include "host.h"
#include "population.h"

#include <stdio.h>

static int idle(const psb_args *args)
{
    return psb_population_idle(args->operand);
}

int main(int argc, char **argv)
{
    static int (*const RUN[PSB_COMMANDS])(const psb_args *) = {
        [PSB_COMMAND_RUN] = psb_command_run,
        [PSB_COMMAND_PROBE] = psb_command_probe,
        [PSB_COMMAND_LIST] = psb_command_list,
        [PSB_COMMAND_EXPLAIN] = psb_command_explain,
        [PSB_COMMAND_DOCTOR] = psb_command_doctor,
        [PSB_COMMAND_RECORD] = psb_command_record,
        [PSB_COMMAND_CHECK] = psb_command_check,
        [PSB_COMMAND_TORTURE] = psb_command_torture,
        [PSB_COMMAND_CLAIMS] = psb_command_claims,
        [PSB_COMMAND_SLICES] = psb_command_slices,
        [PSB_COMMAND_IDLE] = idle,
    };
    psb_args args;
    int code;
    psb_host_begin(argc > 0 ? argv[0] : "");
    if (psb_args_parse(argc, argv, &args, &code))
        code = psb_foreign_load(&args) ? RUN[args.command](&args) : PSB_EXIT_USAGE;
    psb_host_unwatch();
    if (fflush(stdout) != 0 || ferror(stdout))
        return psb_fail(PSB_EXIT_USAGE, "standard output: cannot be written");
    return code;
}

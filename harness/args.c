/* args.c: the commands and options as two tables; help and parsing come from them. */
#include "args.h"

#include "diagnose.h"
#include "population.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct command {
    const char *name, *operand, *meaning, *example;
};

static const struct command COMMAND[PSB_COMMANDS] = {
    [PSB_COMMAND_RUN] = {"run", NULL, "measure: check the answers, count the calls, time both variants",
                         "psbench run --scenario oneshot --out results.json"},
    [PSB_COMMAND_PROBE] = {"probe", NULL, "read processes once and print the answers",
                           "psbench probe --pid 1 --fields name,ppid,cpu_times"},
    [PSB_COMMAND_LIST] = {"list", "[ports|fields|scenarios|kernels|populations]",
                          "what there is to choose from", "psbench list fields"},
    [PSB_COMMAND_EXPLAIN] =
        {"explain", "PORT",
         "the sources of a port and the calls of each scenario; --model: the published speed-ups",
         "psbench explain linux"},
    [PSB_COMMAND_DOCTOR] = {"doctor", NULL, "what on this machine disturbs measurement",
                            "psbench doctor --measure --seconds 1"},
    [PSB_COMMAND_RECORD] = {"record", NULL,
                            "write what a kernel answers into a trace, for --kernel replay=FILE",
                            "psbench record --out linux.trace"},
    [PSB_COMMAND_CHECK] = {"check", NULL,
                           "prove a port right by many small cases, and show where it is wrong",
                           "psbench check --port linux --case 'value.uids.*'"},
    [PSB_COMMAND_TORTURE] = {"torture", NULL,
                             "fail each call of a snapshot in every way: is each answer right, or the error?",
                             "psbench torture --port linux --kernel sim"},
    [PSB_COMMAND_CLAIMS] = {"claims", NULL,
                            "the published speed-ups of oneshot(), measured: what can be said of them",
                            "psbench claims --quick --claim bsd --why"},
    [PSB_COMMAND_SLICES] = {"slices", NULL, "one start of a measurement (psbench calls itself so)", NULL},
    [PSB_COMMAND_IDLE] = {PSB_IDLE, "[POPULATION]",
                          "sleep until standard input ends (psbench calls itself so)", NULL},
};

#define ON(command) (1u << PSB_COMMAND_##command)

enum value { WORD, WHOLE, SECONDS, FLAG, MAYBE /* a word, or none: then "" */ };

struct option {
    const char *name, *metavar, *meaning; /* meaning NULL: psbench calls itself so, help is silent of it */
    unsigned commands;
    enum value value;
    size_t offset;
    double low, high; /* of a number */
};

#define AT(member) offsetof(psb_args, member)

static const struct option OPTION[] = {
    {"--port", "NAME", "the port to use (default: all)", ON(RUN) | ON(TORTURE), WORD, AT(port), 0, 0},
    {"--port", "NAME", "the port to use (default: that of this machine's OS)",
     ON(PROBE) | ON(RECORD) | ON(CHECK) | ON(SLICES), WORD, AT(port), 0, 0},
    {"--plugin", "FILE", "a port out of this shared library (backends/plugin.h)",
     ON(RUN) | ON(PROBE) | ON(LIST) | ON(EXPLAIN) | ON(RECORD) | ON(CHECK) | ON(SLICES), WORD, AT(plugin), 0,
     0},
    {"--exec", "COMMAND", "a port that is this program, asked in lines of JSON (backends/peers/PROTOCOL.md)",
     ON(RUN) | ON(PROBE) | ON(LIST) | ON(EXPLAIN) | ON(CHECK) | ON(SLICES), WORD, AT(exec), 0, 0},
    {"--timeout", "S", "seconds that --plugin or --exec may take for an answer (default: 10)",
     ON(RUN) | ON(PROBE) | ON(LIST) | ON(EXPLAIN) | ON(RECORD) | ON(CHECK) | ON(SLICES), SECONDS, AT(timeout),
     0.1, 3600},
    {"--variant", "NAME", "uncached or cached (default: cached; torture: both)", ON(PROBE) | ON(TORTURE),
     WORD, AT(variant), 0, 0},
    {"--kernel", "STACK", "what answers the port (default: native or sim); see 'psbench list kernels'",
     ON(RUN) | ON(PROBE) | ON(RECORD) | ON(CHECK) | ON(TORTURE) | ON(SLICES), WORD, AT(kernel), 0, 0},
    {"--layer", "A,B", "where time is measured: c, python (psutil's), process; or all (default: c)", ON(RUN),
     WORD, AT(layer), 0, 0},
    {"--psutil-path", "DIR", "layer python: a checkout of psutil, instead of the one that is installed",
     ON(RUN) | ON(CLAIMS), WORD, AT(psutil_path), 0, 0},
    {"--scenario", "NAME|FILE",
     "a scenario (run, explain: default all); a name that contains / or . is a file",
     ON(RUN) | ON(PROBE) | ON(EXPLAIN), WORD, AT(scenario), 0, 0},
    {"--fields", "A,B,C", "ask for these fields instead of a scenario's; 'all': every field of the port",
     ON(RUN) | ON(PROBE) | ON(RECORD) | ON(TORTURE) | ON(SLICES), WORD, AT(fields), 0, 0},
    {"--population", "NAME", "the process to ask about (run: default the scenario's)",
     ON(RUN) | ON(PROBE) | ON(TORTURE) | ON(SLICES), WORD, AT(population), 0, 0},
    {"--pid", "N", "ask about this process", ON(RUN) | ON(TORTURE) | ON(SLICES), WORD, AT(pid), 0, 0},
    {"--pid", "N", "this process, or 1,2,3, or all (default: psbench; of a made-up world: any)", ON(PROBE),
     WORD, AT(pid), 0, 0},
    {"--pid", "N|all", "ask about this process only (default: all)", ON(RECORD), WORD, AT(pid), 0, 0},
    {"--world", "WORLD", "what a simulated kernel tells of: live, or seed=7,processes=1000",
     ON(RUN) | ON(PROBE) | ON(RECORD) | ON(CHECK) | ON(TORTURE) | ON(SLICES), WORD, AT(world), 0, 0},
    {"--crowd", "N", "so many idle processes more on the machine meanwhile: whole tables grow by them",
     ON(RUN) | ON(PROBE), WHOLE, AT(crowd), 1, 2000},
    {"--starts", "N", "fresh processes to measure a ratio in; an interval needs 6 (default: 10)",
     ON(RUN) | ON(DOCTOR) | ON(CLAIMS), WHOLE, AT(starts), 1, 1000},
    {"--seconds", "S", "time in each start (default: 0.3)", ON(RUN) | ON(SLICES), SECONDS, AT(seconds), 0.001,
     600},
    {"--seconds", "S", "time in each start (default: 0.3; with --quick: 0.05)", ON(CLAIMS), SECONDS,
     AT(seconds), 0.001, 600},
    {"--seconds", "S", "time in each start (default: 1)", ON(DOCTOR), SECONDS, AT(seconds), 0.001, 600},
    {"--seconds", "S", "seconds that a case may take (default: 60)", ON(CHECK), SECONDS, AT(seconds), 0.001,
     600},
    {"--seed", "N", "of the random order of slices (default: from the clock)",
     ON(RUN) | ON(SLICES) | ON(CLAIMS), WHOLE, AT(seed), 1, 9007199254740992.0},
    {"--repeat", "N", "read so many times, print the last (default: 1)", ON(PROBE), WHOLE, AT(repeat), 1,
     1000000000},
    {"--sweep", NULL, "ask many processes in one snapshot (probe: instead of one of each; run: beside it)",
     ON(RUN) | ON(PROBE) | ON(TORTURE) | ON(SLICES), FLAG, AT(sweep), 0, 0},
    {"--processes", "N", "how many processes a sweep makes and asks about (default: 50)",
     ON(RUN) | ON(SLICES), WHOLE, AT(processes), 1, 20000},
    {"--only", "N:FAULT", "only this fault, as in --kernel fault=N:FAULT; see 'psbench list kernels'",
     ON(TORTURE), WORD, AT(only), 0, 0},
    {"--counts", NULL, "print the calls made, too", ON(PROBE), FLAG, AT(counts), 0, 0},
    {"--details", NULL, "print each cell, however many there are, not only the summary", ON(RUN), FLAG,
     AT(details), 0, 0},
    {"--check-only", NULL, "check and count, but do not time", ON(RUN), FLAG, AT(check_only), 0, 0},
    {"--measure", NULL, "prove the measurement on this machine: same code, and one system call more",
     ON(DOCTOR), FLAG, AT(measure), 0, 0},
    {"--out", "FILE", "write it there (run, claims: the results, as JSON; check: as --format says)",
     ON(RUN) | ON(RECORD) | ON(CHECK) | ON(CLAIMS), WORD, AT(out), 0, 0},
    {"--costs", "FILE", "write there what the calls took, per op, for --kernel delay=FILE+sim", ON(RECORD),
     WORD, AT(costs), 0, 0},
    {"--costs", "FILE", "measure at the costs of this file, too, that 'psbench record' wrote elsewhere",
     ON(CLAIMS), WORD, AT(costs), 0, 0},
    {"--claim", "ID", "this claim or this reading of one only", ON(CLAIMS) | ON(EXPLAIN), WORD, AT(claim), 0,
     0},
    {"--claims", "FILE", "other claims than those that are built in", ON(CLAIMS), WORD, AT(claims), 0, 0},
    {"--quick", NULL, "fewer points, shorter: for a first look", ON(CLAIMS) | ON(EXPLAIN), FLAG, AT(quick), 0,
     0},
    {"--why", NULL, "print what each verdict means, and what it rests on", ON(CLAIMS), FLAG, AT(why), 0, 0},
    {"--model", NULL, "what the published speed-ups are made of, fitted to a measurement", ON(EXPLAIN), FLAG,
     AT(model), 0, 0},
    {"--method-ns", "NS", "layer c: let each get take so much longer, as an interpreter would",
     ON(RUN) | ON(SLICES), WHOLE, AT(method_ns), 0, 1e6},
    {"--redact", "[WHAT]",
     "replace text on its way into the trace: names,arguments,paths (default: all of them)", ON(RECORD),
     MAYBE, AT(redact), 0, 0},
    {"--format", "text|json", "what to print (default: text; check: also tap, junit)",
     ON(RUN) | ON(PROBE) | ON(CHECK) | ON(CLAIMS), WORD, AT(format), 0, 0},
    {"--case", "PATTERN", "only these cases: '*' stands for anything, as in 'value.*.zombie'", ON(CHECK),
     WORD, AT(case_), 0, 0},
    {"--list", NULL, "print the cases and what they prove, and carry out none", ON(CHECK), FLAG, AT(list), 0,
     0},
    {"--coverage", NULL, "print how many cases prove each promise of the contract; one without fails",
     ON(CHECK), FLAG, AT(coverage), 0, 0},
    {"--all", NULL, "every port over every kernel that it has here", ON(CHECK), FLAG, AT(all), 0, 0},
    {"--expect", "FILE", "what is known to fail, with a link and a date until which that is believed",
     ON(CHECK), WORD, AT(expect), 0, 0},
    {"--status", "FILE", "write there what is known of each port, as Markdown", ON(CHECK), WORD, AT(status),
     0, 0},
    {"--jobs", "N", "cases at a time (default: the processors)", ON(CHECK), WHOLE, AT(jobs), 1, 64},
    {"--least", "N", "fewer cases carried out than these fail (default: what the port states)", ON(CHECK),
     WHOLE, AT(least), 1, 100000},
    {"--audit", NULL, "also have the kernel count what a snapshot costs (Linux, no root needed)", ON(CHECK),
     FLAG, AT(audit), 0, 0},
    {"--trial", "CASE", NULL, ON(CHECK), WORD, AT(trial), 0, 0}, /* one case, in this process */
};
enum { OPTIONS = sizeof OPTION / sizeof *OPTION };

static void help_all(void)
{
    puts("psbench measures and checks how software reads process information from an operating system.\n"
         "\n"
         "usage: psbench COMMAND [OPTION...]\n");
    for (int i = 0; i < PSB_COMMAND_SLICES; i++)
        printf("  %-8s  %s\n", COMMAND[i].name, COMMAND[i].meaning);
    puts("\n'psbench COMMAND --help' tells of its options. 'psbench --version' prints the version.\n"
         "Exit codes: 0 good, 1 a check failed, 2 wrong use or bad input, 3 inconclusive.");
}

static void help(const struct command *command)
{
    const char *operand = command->operand ? command->operand : "";
    printf("usage: psbench %s%s%s [OPTION...]\n\n%s\n\n", command->name, *operand ? " " : "", operand,
           command->meaning);
    for (int i = 0; i < OPTIONS; i++) {
        char left[40];
        if (!OPTION[i].meaning || !(OPTION[i].commands & 1u << (command - COMMAND)))
            continue;
        snprintf(left, sizeof left, "%s%s%s", OPTION[i].name, OPTION[i].metavar ? " " : "",
                 OPTION[i].metavar ? OPTION[i].metavar : "");
        printf("  %-22s  %s\n", left, OPTION[i].meaning);
    }
    if (command->example)
        printf("\nexample: %s\n", command->example);
}

static const struct option *option_named(const char *name, size_t len, psb_command command)
{
    for (int i = 0; i < OPTIONS; i++)
        if (strlen(OPTION[i].name) == len && memcmp(OPTION[i].name, name, len) == 0 &&
            (OPTION[i].commands & 1u << command))
            return &OPTION[i];
    return NULL;
}

static bool store(const struct option *option, const char *text, psb_args *out)
{
    char *member = (char *)out + option->offset, *end;
    double number;
    if (option->value == WORD || option->value == MAYBE) {
        if (*text == '\0') {
            psb_say("%s: is empty", option->name);
            return false;
        }
        memcpy(member, &text, sizeof text);
        return true;
    }
    errno = 0;
    number = strtod(text, &end);
    bool whole = option->value == WHOLE;
    if (end == text || *end != '\0' || errno != 0 || !(number >= option->low && number <= option->high) ||
        (whole && number != floor(number))) {
        psb_say("%s: '%s' is not a %s from %.16g to %.16g", option->name, text,
                whole ? "whole number" : "number", option->low, option->high);
        return false;
    }
    if (whole)
        *(int64_t *)(void *)member = (int64_t)number;
    else
        *(double *)(void *)member = number;
    return true;
}

/* One option at argv[*at], with its value there or behind it. */
static bool parse_option(int argc, char **argv, int *at, psb_args *out)
{
    const char *word = argv[*at], *equals = strchr(word, '=');
    size_t len = equals ? (size_t)(equals - word) : strlen(word);
    const struct option *option = option_named(word, len, out->command);
    if (!option) {
        psb_say("%.*s: 'psbench %s' has no such option; see 'psbench %s --help'", (int)len, word,
                COMMAND[out->command].name, COMMAND[out->command].name);
        return false;
    }
    if (option->value == FLAG) {
        if (equals)
            psb_say("%s: takes no value", option->name);
        else
            *(bool *)((char *)out + option->offset) = true;
        return !equals;
    }
    bool has_value = equals || (*at + 1 < argc && argv[*at + 1][0] != '-');
    if (option->value == MAYBE && !has_value) {
        *(const char **)(void *)((char *)out + option->offset) = "";
        return true;
    }
    if (!equals && *at + 1 >= argc) {
        psb_say("%s: needs a value: %s", option->name, option->metavar);
        return false;
    }
    return store(option, equals ? equals + 1 : argv[++*at], out);
}

static bool find_command(const char *name, psb_args *out)
{
    for (int i = 0; i < PSB_COMMANDS; i++)
        if (strcmp(COMMAND[i].name, name) == 0) {
            out->command = (psb_command)i;
            return true;
        }
    return false;
}

static bool is_help(const char *word)
{
    return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 || strcmp(word, "help") == 0;
}

bool psb_args_parse(int argc, char **argv, psb_args *out, int *exit_code)
{
    *out = (psb_args){.argc = argc, .argv = argv, .repeat = 1, .starts = 10, .processes = 50};
    *exit_code = PSB_EXIT_GOOD;
    if (argc == 1 || is_help(argv[1])) {
        help_all();
        *exit_code = argc == 1 ? PSB_EXIT_USAGE : PSB_EXIT_GOOD;
        return false;
    }
    if (strcmp(argv[1], "--version") == 0) {
        puts("psbench " PSB_VERSION);
        return false;
    }
    *exit_code = PSB_EXIT_USAGE;
    if (!find_command(argv[1], out)) {
        psb_say("'%s' is no command; see 'psbench --help'", argv[1]);
        return false;
    }
    for (int at = 2; at < argc; at++) {
        if (is_help(argv[at])) {
            help(&COMMAND[out->command]);
            *exit_code = PSB_EXIT_GOOD;
            return false;
        }
        if (argv[at][0] == '-') {
            if (!parse_option(argc, argv, &at, out))
                return false;
        } else if (COMMAND[out->command].operand && !out->operand) {
            out->operand = argv[at];
        } else {
            psb_say("'%s': 'psbench %s' takes no such word", argv[at], COMMAND[out->command].name);
            return false;
        }
    }
    return true;
}

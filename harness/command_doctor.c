/* command_doctor.c: what on this machine disturbs measurement; and, if asked, the proof that measuring works
 * here. */
#include "commands.h"

#include "diagnose.h"
#include "honesty.h"
#include "host.h"
#include "starts.h"

#include <stdio.h>

/* How far a ratio may be off what it must be. */
#define SAME_LIMIT  0.003
#define KNOWN_LIMIT 0.005

static void print_facts(void)
{
    static const char *const VERDICT[] = {"", "disturbs", "not known"};
    psb_host_fact facts[PSB_HOST_FACTS_MAX];
    size_t count = psb_host_facts(facts);
    for (size_t i = 0; i < count; i++) {
        printf("  %-13s %-9s  %s\n", facts[i].name, VERDICT[facts[i].verdict], facts[i].value);
        if (facts[i].verdict != PSB_FINE && facts[i].advice)
            printf("  %25s> %s\n", "", facts[i].advice);
    }
}

static bool print_ratio(const char *what, const json_t *ratio, double expected, double limit)
{
    double is = json_number_value(json_object_get(ratio, "ratio")),
           low = json_number_value(json_object_get(ratio, "low")),
           high = json_number_value(json_object_get(ratio, "high"));
    bool good = is - expected <= limit && expected - is <= limit;
    printf("  %-28s %.4f  expected %.4f +- %.3f", what, is, expected, limit);
    if (low > 0)
        printf("  interval %.4f to %.4f", low, high);
    puts(good ? "  ok" : "  OFF");
    return good;
}

static int measure(const psb_args *args)
{
    char seconds[32], why[512];
    psb_starts starts;
    psb_effort effort = {.starts = args->starts,
                         .seconds = args->seconds > 0 ? args->seconds : 1,
                         .seed = psb_host_now_ns() % 1000003};
    snprintf(seconds, sizeof seconds, "%.6f", effort.seconds);
    const char *arguments[] = {"--seconds", seconds, NULL};
    if (!psb_starts_run(arguments, "doctor", &effort, &starts, why, sizeof why))
        return psb_fail(PSB_EXIT_USAGE, "%s", why);
    const char *one = psb_honesty_name(PSB_HONESTY_ONE);
    json_t *twin = psb_starts_ratio(&starts, psb_honesty_name(PSB_HONESTY_TWIN), one);
    json_t *two = psb_starts_ratio(&starts, psb_honesty_name(PSB_HONESTY_TWO), one);
    double one_ns = psb_starts_ns(&starts, one);
    double call_ns = psb_starts_ns(&starts, psb_honesty_name(PSB_HONESTY_CALLS)) / (double)PSB_HONESTY_MANY;
    printf("\nmeasurement, %lld starts of %g s: a read of a small file and a system call take %.0f ns, the "
           "call %.0f ns\n",
           (long long)effort.starts, effort.seconds, one_ns, call_ns);
    bool good = print_ratio("the same code against itself", twin, 1, SAME_LIMIT);
    good &= print_ratio("one system call more", two, 1 + call_ns / one_ns, KNOWN_LIMIT);
    json_decref(twin);
    json_decref(two);
    psb_starts_free(&starts);
    return good ? PSB_EXIT_GOOD
                : psb_fail(PSB_EXIT_INCONCLUSIVE, "ratios cannot be trusted to these limits here, now");
}

int psb_command_doctor(const psb_args *args)
{
    puts("this machine:");
    print_facts();
    fflush(stdout);
    return args->measure ? measure(args) : PSB_EXIT_GOOD;
}

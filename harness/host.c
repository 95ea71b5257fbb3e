/* host.c: the machine, fact by fact, and what of it disturbs measurement. */
#include "host_facts.h"

#include <stdlib.h>
#include <string.h>

static void fact_build(psb_host_fact *fact)
{
    snprintf(fact->value, sizeof fact->value, "%s, %s", PSB_BUILD_TYPE, PSB_COMPILER);
    bool release = strcmp(PSB_BUILD_TYPE, "Release") == 0 && !PSB_SANITIZED;
    fact->verdict = release ? PSB_FINE : PSB_DISTURBS;
    fact->advice = release ? NULL : "cmake --preset release && cmake --build --preset release";
}

static void on_path(psb_host_fact *fact, const char *const *argv, const char *advice)
{
    char *output, why[256];
    size_t len;
    if (psb_host_run(argv, &output, &len, why, sizeof why)) {
        snprintf(fact->value, sizeof fact->value, "%.*s", (int)strcspn(output, "\n"), output);
        free(output);
        fact->verdict = PSB_FINE;
    } else {
        fact->advice = advice;
    }
}

static void fact_hyperfine(psb_host_fact *fact)
{
    static const char *const ARGV[] = {"hyperfine", "--version", NULL};
    on_path(fact, ARGV, "install hyperfine, for --layer process (Debian: apt-get install hyperfine)");
}

static size_t add(const psb_fact_row *row, size_t rows, psb_host_fact *facts, size_t count)
{
    for (size_t i = 0; i < rows && count < PSB_HOST_FACTS_MAX; i++, count++) {
        facts[count] = (psb_host_fact){.name = row[i].name};
        if (row[i].read)
            row[i].read(&facts[count]);
        if (facts[count].value[0] == '\0' && row[i].judged)
            facts[count].verdict = PSB_NOT_KNOWN;
    }
    return count;
}

size_t psb_host_facts(psb_host_fact facts[PSB_HOST_FACTS_MAX])
{
    static const psb_fact_row OURS[] = {{"build", fact_build, true}, {"hyperfine", fact_hyperfine, true}};
    return add(OURS, sizeof OURS / sizeof *OURS, facts, add(psb_os_facts, psb_os_facts_count, facts, 0));
}

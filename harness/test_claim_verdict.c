/* test_claim_verdict.c: every combination of what a verdict may rest on, against the table of the definitions. */
#include "claim_verdict.h"

#include "claim_job.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* Intervals around a figure of 2, whose neighbourhood is 1.7 to 2.3, and what each is on the OS itself. */
static const struct interval {
    double low, high;
    psb_claim_verdict verdict;
} INTERVAL[] = {
    {1.0, 1.69, PSB_CLAIM_SHORT_OF},   {1.0, 1.7, PSB_CLAIM_REPRODUCED},   {1.0, 2.0, PSB_CLAIM_REPRODUCED},
    {1.9, 2.1, PSB_CLAIM_REPRODUCED},  {2.0, 9.0, PSB_CLAIM_REPRODUCED},   {2.3, 9.0, PSB_CLAIM_REPRODUCED},
    {2.301, 9.0, PSB_CLAIM_EXCEEDED},  {1.0, 9.0, PSB_CLAIM_UNDETERMINED}, {2.31, 2.32, PSB_CLAIM_EXCEEDED},
    {1.68, 1.695, PSB_CLAIM_SHORT_OF}, {1.7, 9.0, PSB_CLAIM_REPRODUCED},   {1.0, 2.3, PSB_CLAIM_REPRODUCED},
};
enum { INTERVALS = sizeof INTERVAL / sizeof *INTERVAL };

/* Of a kernel that is not the OS: a row for each of reachable, cited, within, others_cited. */
static const psb_claim_verdict SIMULATED[2][2][2][2] = {
    /* it comes out at no cost */
    {{{PSB_CLAIM_INCONSISTENT, PSB_CLAIM_INCONSISTENT}, {PSB_CLAIM_INCONSISTENT, PSB_CLAIM_INCONSISTENT}},
     {{PSB_CLAIM_INCONSISTENT, PSB_CLAIM_INCONSISTENT}, {PSB_CLAIM_INCONSISTENT, PSB_CLAIM_INCONSISTENT}}},
    /* at some: nobody has told what the first one was */
    {{{PSB_CLAIM_UNDETERMINED, PSB_CLAIM_UNDETERMINED}, {PSB_CLAIM_UNDETERMINED, PSB_CLAIM_UNDETERMINED}},
     /* somebody has: it does not come out there; it does, the others not told, told */
     {{PSB_CLAIM_INCONSISTENT, PSB_CLAIM_INCONSISTENT}, {PSB_CLAIM_UNDETERMINED, PSB_CLAIM_CONSISTENT}}},
};

static psb_claim_facts facts_of(psb_evidence evidence, size_t interval, unsigned bits)
{
    return (psb_claim_facts){.evidence = evidence,
                             .measured = bits >> 4 & 1,
                             .published = 2,
                             .low = INTERVAL[interval].low,
                             .high = INTERVAL[interval].high,
                             .reachable = bits >> 3 & 1,
                             .cited = bits >> 2 & 1,
                             .within = bits >> 1 & 1,
                             .others_cited = bits & 1};
}

static psb_claim_verdict expected(psb_evidence evidence, size_t interval, unsigned bits)
{
    if (!(bits >> 4 & 1) || evidence == PSB_EVIDENCE_NONE)
        return PSB_CLAIM_UNMEASURED;
    if (evidence == PSB_EVIDENCE_SIM || evidence == PSB_EVIDENCE_REPLAY)
        return SIMULATED[bits >> 3 & 1][bits >> 2 & 1][bits >> 1 & 1][bits & 1];
    return INTERVAL[interval].verdict;
}

static void every_combination_is_judged_by_its_row(void **state)
{
    for (psb_evidence evidence = PSB_EVIDENCE_NONE; evidence <= PSB_EVIDENCE_NATIVE; evidence++)
        for (size_t interval = 0; interval < INTERVALS; interval++)
            for (unsigned bits = 0; bits < 32; bits++) {
                psb_claim_facts facts = facts_of(evidence, interval, bits);
                psb_claim_verdict is = psb_claim_judge(&facts), should = expected(evidence, interval, bits);
                if (is != should)
                    fail_msg("%s, interval %zu, bits %u: %s, not %s", psb_evidence_name(evidence), interval,
                             bits, psb_claim_verdict_name(is), psb_claim_verdict_name(should));
            }
}

static void no_verdict_is_better_than_its_evidence(void **state)
{
    for (psb_evidence evidence = PSB_EVIDENCE_NONE; evidence <= PSB_EVIDENCE_NATIVE; evidence++)
        for (size_t interval = 0; interval < INTERVALS; interval++)
            for (unsigned bits = 0; bits < 32; bits++) {
                psb_claim_facts facts = facts_of(evidence, interval, bits);
                psb_claim_verdict is = psb_claim_judge(&facts);
                bool of_the_os =
                    is == PSB_CLAIM_REPRODUCED || is == PSB_CLAIM_EXCEEDED || is == PSB_CLAIM_SHORT_OF;
                assert_true(!of_the_os || evidence >= PSB_EVIDENCE_COMPAT);
                assert_true(is != PSB_CLAIM_CONSISTENT ||
                            (facts.cited && facts.within && facts.others_cited));
            }
}

static void every_verdict_has_a_name_and_a_definition_of_its_own(void **state)
{
    for (psb_claim_verdict a = 0; a < PSB_CLAIM_VERDICTS; a++) {
        assert_true(strlen(psb_claim_verdict_name(a)) > 0 && strlen(psb_claim_verdict_when(a)) > 20);
        for (psb_claim_verdict b = 0; b < a; b++)
            assert_string_not_equal(psb_claim_verdict_name(a), psb_claim_verdict_name(b));
    }
}

static void an_interval_too_wide_on_the_os_is_told_as_such(void **state)
{
    static const psb_claim claim = {.published = 2}; /* no costs: the kernel is the machine's own */
    static psb_claim_job job;
    psb_claim_facts facts = {
        .evidence = PSB_EVIDENCE_NATIVE, .measured = true, .published = 2, .low = 1, .high = 9};
    job = (psb_claim_job){.claim = &claim, .row = json_object()};
    psb_claim_conclude(&job, &(psb_model){0}, &facts);
    assert_string_equal(json_string_value(json_object_get(job.row, "verdict")), "undetermined");
    assert_string_equal(json_string_value(json_object_get(job.row, "because")),
                        "the interval, 1.00 to 9.00, holds all of the figure +-15 %, and more");
    json_decref(job.row);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_combination_is_judged_by_its_row),
        cmocka_unit_test(no_verdict_is_better_than_its_evidence),
        cmocka_unit_test(every_verdict_has_a_name_and_a_definition_of_its_own),
        cmocka_unit_test(an_interval_too_wide_on_the_os_is_told_as_such),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "claim_verdict.h"

static const struct {
    const char *name, *when;
} VERDICT[PSB_CLAIM_VERDICTS] = {
    [PSB_CLAIM_UNMEASURED] = {"not measured",
                              "it could not be measured here, or in too few starts for an interval"},
    [PSB_CLAIM_REPRODUCED] =
        {"reproduced",
         "on the OS itself (evidence native or compat) the interval meets the figure +-15 %, and is "
         "no wider than that on both sides"},
    [PSB_CLAIM_EXCEEDED] = {"exceeded",
                            "on the OS itself the whole interval lies more than 15 % above the figure"},
    [PSB_CLAIM_SHORT_OF] = {"short of",
                            "on the OS itself the whole interval lies more than 15 % below the figure"},
    [PSB_CLAIM_CONSISTENT] = {"consistent", "over a simulated kernel: the figure, as it is rounded, comes "
                                            "out at costs that somebody has told of, all of them"},
    [PSB_CLAIM_INCONSISTENT] = {"inconsistent", "over a simulated kernel: it comes out at no cost at all, or "
                                                "at none that agrees with what was told"},
    [PSB_CLAIM_UNDETERMINED] = {"undetermined",
                                "over a simulated kernel: it comes out at some cost, but "
                                "nobody has told what the calls cost there; or it "
                                "comes out along a line of costs of which not all were told. "
                                "On the OS itself: the interval is so wide that it holds all of the "
                                "figure +-15 %, and more"},
};

psb_claim_verdict psb_claim_judge(const psb_claim_facts *facts)
{
    bool is_the_os = facts->evidence == PSB_EVIDENCE_NATIVE || facts->evidence == PSB_EVIDENCE_COMPAT;
    double top = facts->published * (1 + PSB_CLAIM_NEAR), bottom = facts->published * (1 - PSB_CLAIM_NEAR);
    if (!facts->measured || facts->evidence == PSB_EVIDENCE_NONE)
        return PSB_CLAIM_UNMEASURED;
    if (is_the_os && facts->low > top)
        return PSB_CLAIM_EXCEEDED;
    if (is_the_os && facts->high < bottom)
        return PSB_CLAIM_SHORT_OF;
    if (is_the_os) /* an interval that holds everything says nothing */
        return facts->low < bottom && facts->high > top ? PSB_CLAIM_UNDETERMINED : PSB_CLAIM_REPRODUCED;
    if (!facts->reachable || (facts->cited && !facts->within))
        return PSB_CLAIM_INCONSISTENT;
    return facts->cited && facts->others_cited ? PSB_CLAIM_CONSISTENT : PSB_CLAIM_UNDETERMINED;
}

const char *psb_claim_verdict_name(psb_claim_verdict verdict)
{
    return VERDICT[verdict].name;
}

const char *psb_claim_verdict_when(psb_claim_verdict verdict)
{
    return VERDICT[verdict].when;
}

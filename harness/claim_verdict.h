/*
 * claim_verdict.h: what may be said of a published figure. The one place where that is defined; pure. No verdict is
 * better than its evidence: of a simulated kernel only that a cost would give the figure, and whether somebody has
 * told that calls cost so much there.
 */
#ifndef PSB_CLAIM_VERDICT_H
#define PSB_CLAIM_VERDICT_H

#include "kernel.h"

typedef enum psb_claim_verdict {
    PSB_CLAIM_UNMEASURED,
    PSB_CLAIM_REPRODUCED,
    PSB_CLAIM_EXCEEDED,
    PSB_CLAIM_SHORT_OF,
    PSB_CLAIM_CONSISTENT,
    PSB_CLAIM_INCONSISTENT,
    PSB_CLAIM_UNDETERMINED,
    PSB_CLAIM_VERDICTS
} psb_claim_verdict;

/* So far from a published figure, up or down, a measured one may lie and still be called the same. */
#define PSB_CLAIM_NEAR 0.15

typedef struct psb_claim_facts {
    psb_evidence evidence;
    bool measured; /* with an interval */
    double published;
    double low, high; /* of the speed-up that was measured: native and compat evidence */
    bool reachable;   /* the figure comes out at some costs, none of them below 0: other evidence */
    bool cited;       /* somebody has told what the first cost was */
    bool within; /* and the figure comes out there, the others being what was told of them, or anything */
    bool others_cited; /* of all others somebody has told, too; or there are none */
} psb_claim_facts;

psb_claim_verdict psb_claim_judge(const psb_claim_facts *facts);

const char *psb_claim_verdict_name(psb_claim_verdict verdict); /* "reproduced", "short of", ... */
const char *psb_claim_verdict_when(psb_claim_verdict verdict); /* the definition, in words */

#endif

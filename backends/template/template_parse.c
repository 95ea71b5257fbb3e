/* template_parse.c: from the kernel's bytes to structs: pure, total, PSB_MALFORMED rather than a guess. */
#include "template_abi.h"

#include "plain.h"

#include <string.h>

psb_status psb_template_parse_info(const void *raw, size_t len, psb_pid pid, void *parsed)
{
    struct psb_template_info *out = parsed;
    if (len != sizeof *out)
        return PSB_MALFORMED;
    memcpy(out, raw, sizeof *out);
    return out->pid == pid ? PSB_OK : PSB_GONE;
}

bool psb_template_redact_info(void *raw, size_t len, const psb_redactor *redactor)
{
    static const psb_redact_part PART = PSB_PART(struct psb_template_info, name, PSB_TEXT_NAME);
    return psb_redact_rows(raw, len, sizeof(struct psb_template_info), &PART, 1, redactor);
}

/* audit.h: the kernel's own count of what a snapshot costs (host_audit.h). */
#ifndef PSB_CHECK_AUDIT_H
#define PSB_CHECK_AUDIT_H

#include "suite.h"

/*
 * One snapshot of all claimed fields of a process in each variant: {"counted_by", "uncached": {"entries", "by_name", "claimed"},
 * "cached": ...}; "claimed": what the replies of the port's own calls say, if it is made of tables. username is not
 * asked: an account database makes its own calls. NULL: why says why nothing could be counted.
 */
json_t *psb_suite_audit(const psb_suite *suite, psb_pid pid, char *why, size_t why_size);

#endif

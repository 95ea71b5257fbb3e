/*
 * escape.h: showing bytes that others chose (processes, files, the command line) so that they act on nothing:
 * control characters (C0, DEL, C1), characters that turn text around or break lines, and what is not UTF-8,
 * become \xHH.
 */
#ifndef PSB_ESCAPE_H
#define PSB_ESCAPE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Writes the text, escaped, to out, cut between characters if size does not do, and ended by a NUL; returns
 * its length, which is len if and only if nothing was escaped or cut. 4 * len + 1 bytes always do.
 * backslashes: escape them, too, so that the text can be told back from what is shown.
 */
size_t psb_escape(const char *bytes, size_t len, bool backslashes, char *out, size_t size);

#endif

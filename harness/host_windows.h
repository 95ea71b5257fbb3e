/* host_windows.h: what the files of Windows share. Text is UTF-8 here and UTF-16 there. */
#ifndef PSB_HOST_WINDOWS_H
#define PSB_HOST_WINDOWS_H

#include <stdbool.h>
#include <stddef.h>

/* What has no counterpart (an unpaired surrogate) becomes U+FFFD. False, and "", if it does not fit. */
bool psb_to_utf8(const wchar_t *text, char *out, size_t size);
bool psb_to_utf16(const char *text, wchar_t *out, size_t size);

/* What the system calls its error, in a line. */
void psb_windows_error(unsigned long error, char *out, size_t size);

#endif

/* progress.h: one line on a terminal while measuring; nothing in a pipe or a log. */
#ifndef PSB_PROGRESS_H
#define PSB_PROGRESS_H

void psb_progress(const char *form, ...) __attribute__((format(printf, 1, 2)));
void psb_progress_clear(void);

#endif

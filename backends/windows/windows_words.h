/*
 * windows_words.h: for windows_sim.c: the names, paths and command lines of a world as the UTF-16 that Windows would have
 * of them. /bin/a becomes C:\bin\a; bytes that are no UTF-8 become U+FFFD, for Windows has no names of bytes.
 */
#ifndef PSB_WINDOWS_WORDS_H
#define PSB_WINDOWS_WORDS_H

#include "windows_abi.h"

#define PSB_WINDOWS_DEVICE "\\Device\\HarddiskVolume2" /* behind C: */

/* UTF-16 is made twice: once to count it, with no place to go (out NULL), and once for good. */
struct psb_windows_units {
    char *out;
    size_t count;
};

/* One of the writers below. */
typedef void psb_windows_writer(struct psb_windows_units *, const psb_process *);

psb_windows_writer psb_windows_add_image_name; /* its image's name, without the path */
psb_windows_writer psb_windows_add_image;      /* the path, on drive C: */
psb_windows_writer
    psb_windows_add_device_image;       /* the path, on the device; the name alone if it runs no file */
psb_windows_writer psb_windows_add_cwd; /* with the backslash that the kernel keeps behind it */
psb_windows_writer psb_windows_add_cmdline;

void psb_windows_add_literal(struct psb_windows_units *units, const char *literal);

size_t psb_windows_count_units(psb_windows_writer *write, const psb_process *process);

/* Does its exe name a file? */
bool psb_windows_runs_file(const psb_process *process);

/* The argument at *at, which moves on to the next. */
psb_world_text psb_windows_next_argument(const char **at);

#endif

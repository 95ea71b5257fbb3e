/*
 * faulty.h: ports and backends with one mistake each, most of them taken from what went wrong in psutil. Not a part of
 * psbench: a conformance suite that does not find them is worth nothing.
 */
#ifndef PSB_FAULTY_H
#define PSB_FAULTY_H

#include "registry.h"

/* A copy of a port's tables, which a mistake is made in. It lives longer than the backends opened of it. */
typedef struct psb_faulty_port {
    psb_port port;
    psb_source source[PSB_SOURCES_MAX];
    psb_method method[PSB_FIELDS];
} psb_faulty_port;

typedef struct psb_faulty {
    const char *id;   /* "saved_gid_is_saved_uid" */
    int issue;        /* of psutil, whose mistake it was; 0: of none */
    psb_field field;  /* that is wrong; PSB_FIELDS: the list of processes */
    const char *port; /* whose */
    const char *meaning;

    /* The mistake: in the port's tables, in a kernel over its kernel, or in a backend over its backend. NULL: not there. Both
     * take what is below, and close it with themselves; NULL: no memory, and what is below is closed. */
    void (*spoil)(psb_faulty_port *port);
    psb_kernel *(*over_kernel)(psb_kernel *below);
    psb_backend *(*over_backend)(psb_backend *below);
} psb_faulty;

/* Number index; NULL after the last. */
const psb_faulty *psb_faulty_at(size_t index);

/* out becomes the port, with the mistake if it is in the tables. */
void psb_faulty_make(const psb_faulty *faulty, psb_faulty_port *out);

/*
 * As psb_open, with the mistake. *kernel, if it is not NULL, becomes the stack's top, which counts can be found in.
 */
psb_backend *psb_faulty_open(const psb_faulty *faulty, const psb_faulty_port *port, psb_variant variant,
                             const char *stack, const psb_world *world, psb_kernel **kernel, char *why,
                             size_t why_size);

/* ---- the mistakes, by where they are made ---- */

typedef void psb_faulty_spoil(psb_faulty_port *port);

/* faulty_decode.c */
psb_faulty_spoil psb_faulty_name_to_blank, psb_faulty_name_to_parenthesis, psb_faulty_ids_swapped,
    psb_faulty_saved_gid, psb_faulty_gids_are_uids, psb_faulty_unknown_uid, psb_faulty_nice_plus_20,
    psb_faulty_pages, psb_faulty_ticks, psb_faulty_no_children, psb_faulty_boot, psb_faulty_whole_seconds,
    psb_faulty_zombie_runs, psb_faulty_unknown_runs, psb_faulty_no_empty_arguments,
    psb_faulty_split_at_blanks, psb_faulty_psargs, psb_faulty_one_page, psb_faulty_old_terminals,
    psb_faulty_widened, psb_faulty_swap_in_pss, psb_faulty_io_swapped, psb_faulty_one_more_file,
    psb_faulty_dead_thread, psb_faulty_thread_fraction, psb_faulty_next_cpu, psb_faulty_share_of_virtual,
    psb_faulty_exe_is_argv0, psb_faulty_any_parent, psb_faulty_low_bits, psb_faulty_absent_is_empty,
    psb_faulty_absent_is_denied, psb_faulty_faults_swapped, psb_faulty_cwd_slash, psb_faulty_total_missing;

/* faulty_parse.c */
psb_faulty_spoil psb_faulty_loose_uid, psb_faulty_loose_threads, psb_faulty_first_parenthesis,
    psb_faulty_zombie_is_gone, psb_faulty_last_record;

/* faulty_kernel.c */
psb_kernel *psb_faulty_twice(psb_kernel *below);
psb_kernel *psb_faulty_cut(psb_kernel *below);
psb_kernel *psb_faulty_lost_file(psb_kernel *below);
psb_kernel *psb_faulty_lost_memory(psb_kernel *below);
psb_kernel *psb_faulty_error_is_gone(psb_kernel *below);
psb_kernel *psb_faulty_denied_is_gone(psb_kernel *below);

/* faulty_backend.c */
psb_backend *psb_faulty_shared(psb_backend *below);
psb_backend *psb_faulty_stale(psb_backend *below);
psb_backend *psb_faulty_retries(psb_backend *below);
psb_backend *psb_faulty_keeps_failures(psb_backend *below);
psb_backend *psb_faulty_not_frozen(psb_backend *below);
psb_backend *psb_faulty_mixed(psb_backend *below);
psb_backend *psb_faulty_at_most_100(psb_backend *below);
psb_backend *psb_faulty_no_account(psb_backend *below);
psb_backend *psb_faulty_zombies_dropped(psb_backend *below);
psb_backend *psb_faulty_threads_listed(psb_backend *below);
psb_backend *psb_faulty_first_left_out(psb_backend *below);

#endif

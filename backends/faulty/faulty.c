/* faulty.c: the mistakes, a row each. */
#include "faulty.h"

#include "port_lint.h"

#include <stdio.h>
#include <string.h>

/* clang-format off */
static const psb_faulty FAULTY[] = {
#define SPOIL(id, issue, field, port, spoil, meaning) {id, issue, PSB_##field, port, meaning, psb_faulty_##spoil, NULL, NULL}
    SPOIL("name_to_blank", 628, NAME, "linux", name_to_blank, "a name ends at its first blank"),
    SPOIL("name_to_parenthesis", 628, NAME, "linux", name_to_parenthesis, "a name ends at its first parenthesis"),
    SPOIL("ids_swapped", 0, UIDS, "linux", ids_swapped, "real and effective uid change places"),
    SPOIL("saved_gid_is_saved_uid", 2905, GIDS, "freebsd", saved_gid, "the saved gid is the saved uid"),
    SPOIL("gids_are_uids", 2953, GIDS, "sunos", gids_are_uids, "gids are uids"),
    SPOIL("unknown_uid", 0, UIDS, "sunos", unknown_uid, "a uid that is not known is -1"),
    SPOIL("nice_plus_20", 2953, NICE, "sunos", nice_plus_20, "the niceness of the kernel, which starts at 20"),
    SPOIL("pages_for_bytes", 2746, MEMORY_INFO, "linux", pages, "sizes in pages"),
    SPOIL("ticks_for_seconds", 1956, CPU_TIMES, "linux", ticks, "times in ticks, at ten times their rate"),
    SPOIL("no_children", 2411, CPU_TIMES, "freebsd", no_children, "the times of children are 0"),
    SPOIL("boot_time", 2526, CREATE_TIME, "linux", boot, "an hour is added to the time of boot"),
    SPOIL("whole_seconds", 1693, CREATE_TIME, "windows", whole_seconds, "it started at a whole second"),
    SPOIL("zombie_runs", 783, STATUS, "macos", zombie_runs, "a zombie runs"),
    SPOIL("unknown_runs", 1309, STATUS, "linux", unknown_runs, "a state that is not known is running"),
    SPOIL("no_empty_arguments", 634, CMDLINE, "linux", no_empty_arguments, "empty arguments are left out"),
    SPOIL("split_at_blanks", 2357, CMDLINE, "freebsd", split_at_blanks, "arguments end at a blank"),
    SPOIL("cmdline_of_80_bytes", 694, CMDLINE, "sunos", psargs, "arguments end behind 80 bytes"),
    SPOIL("cmdline_of_4096_bytes", 639, CMDLINE, "netbsd", one_page, "arguments end behind a page"),
    SPOIL("old_terminals", 2830, TERMINAL, "linux", old_terminals, "terminals that were made later are none"),
    SPOIL("widened", 2726, NUM_CTX_SWITCHES, "linux", widened, "a counter of 32 bits is widened with its sign"),
    SPOIL("swap_in_pss", 1222, MEMORY_FULL_INFO, "linux", swap_in_pss, "what is swapped out counts as shared, too"),
    SPOIL("io_swapped", 430, IO_COUNTERS, "linux", io_swapped, "bytes of storage and of calls change places"),
    SPOIL("one_more_file", 2929, NUM_FDS, "freebsd", one_more_file, "a file that is no descriptor is counted"),
    SPOIL("dead_thread", 2236, THREADS, "netbsd", dead_thread, "a thread that has ended is listed"),
    SPOIL("thread_fraction", 1278, THREADS, "macos", thread_fraction, "times of threads without their seconds"),
    SPOIL("next_cpu", 1069, CPU_NUM, "linux", next_cpu, "CPUs are numbered from 1"),
    SPOIL("share_of_virtual", 0, MEMORY_PERCENT, "linux", share_of_virtual, "the share of virtual memory"),
    SPOIL("exe_is_argv0", 0, EXE, "linux", exe_is_argv0, "the program is what its arguments say"),
    SPOIL("any_parent", 356, PARENT, "linux", any_parent, "the parent's pid, whoever has it now"),
    SPOIL("pid_of_16_bits", 579, PPID, "windows", low_bits, "pids above 65535 lose their upper bits"),
    SPOIL("absent_is_empty", 2288, EXE, "linux", absent_is_empty, "no program is a program without a name"),
    SPOIL("absent_is_denied", 908, EXE, "freebsd", absent_is_denied, "no program is one that is not told"),
    SPOIL("faults_swapped", 0, PAGE_FAULTS, "openbsd", faults_swapped, "minor and major faults change places"),
    SPOIL("cwd_slash", 0, CWD, "linux", cwd_slash, "a slash behind the directory"),
    SPOIL("total_missing", 0, NUM_CTX_SWITCHES, "linux", total_missing, "the sum of switches is left out"),
    SPOIL("loose_uid", 0, UIDS, "linux", loose_uid, "a name with 'Uid:' in it tells the uids"),
    SPOIL("loose_threads", 0, NUM_THREADS, "linux", loose_threads, "a name with 'Threads:' in it tells the number"),
    SPOIL("first_parenthesis", 628, PPID, "linux", first_parenthesis, "the columns begin at the first parenthesis"),
    SPOIL("zombie_is_gone", 428, STATUS, "linux", zombie_is_gone, "a zombie is gone"),
    SPOIL("last_record", 944, FIELDS, "openbsd", last_record, "the last record of the table is not read"),
#undef SPOIL
#define KERNEL(id, issue, field, port, kernel, meaning) {id, issue, PSB_##field, port, meaning, NULL, psb_faulty_##kernel, NULL}
    KERNEL("asked_twice", 1439, PPID, "linux", twice, "each call is made twice"),
    KERNEL("cut", 1901, CMDLINE, "linux", cut, "what fits is taken for the whole answer"),
    KERNEL("lost_file", 1047, IO_COUNTERS, "linux", lost_file, "a file stays open when a call is refused"),
    KERNEL("lost_memory", 1067, CMDLINE, "netbsd", lost_memory, "memory is lost when a call is refused"),
    KERNEL("error_is_gone", 986, CWD, "linux", error_is_gone, "any error is the end of the process"),
    KERNEL("denied_is_gone", 1044, CWD, "freebsd", denied_is_gone, "who is refused is told that there is nobody"),
#undef KERNEL
#define BACKEND(id, issue, field, port, backend, meaning) {id, issue, PSB_##field, port, meaning, NULL, NULL, psb_faulty_##backend}
    BACKEND("shared", 1373, PPID, "linux", shared, "a snapshot of two processes answers for the first"),
    BACKEND("stale", 321, PPID, "linux", stale, "an answer outlives its snapshot"),
    BACKEND("retries", 1447, PPID, "linux", retries, "a failure is asked again in the same snapshot"),
    BACKEND("keeps_failures", 2418, PPID, "freebsd", keeps_failures, "a failure outlives its snapshot"),
    BACKEND("not_frozen", 1157, NICE, "linux", not_frozen, "a field is read anew in the snapshot"),
    BACKEND("mixed", 1111, CPU_TIMES, "freebsd", mixed, "a sweep answers out of the record of the process before"),
    BACKEND("at_most_100", 474, CPU_PERCENT, "linux", at_most_100, "no more than one CPU is ever used"),
    BACKEND("no_account", 547, USERNAME, "openbsd", no_account, "a uid without an account is an error"),
    BACKEND("zombies_dropped", 2793, FIELDS, "linux", zombies_dropped, "zombies are not listed"),
    BACKEND("threads_listed", 687, FIELDS, "linux", threads_listed, "threads are listed as processes"),
    BACKEND("first_left_out", 1187, FIELDS, "macos", first_left_out, "the first process is not listed"),
#undef BACKEND
};
/* clang-format on */

const psb_faulty *psb_faulty_at(size_t index)
{
    return index < sizeof FAULTY / sizeof *FAULTY ? &FAULTY[index] : NULL;
}

void psb_faulty_make(const psb_faulty *faulty, psb_faulty_port *out)
{
    const psb_port *port = psb_port_named(faulty->port);
    out->port = *port;
    memcpy(out->source, port->source, port->sources * sizeof *out->source);
    memcpy(out->method, port->method, sizeof out->method);
    out->port.source = out->source;
    out->port.method = out->method;
    if (faulty->spoil)
        faulty->spoil(out);
}

psb_backend *psb_faulty_open(const psb_faulty *faulty, const psb_faulty_port *port, psb_variant variant,
                             const char *stack, const psb_world *world, psb_kernel **kernel, char *why,
                             size_t why_size)
{
    psb_backend *backend;
    psb_kernel *top = psb_port_lint(&port->port, why, why_size)
                          ? psb_open_kernel(&port->port, stack, world, why, why_size)
                          : NULL;
    if (!top)
        return NULL;
    snprintf(why, why_size, "out of memory");
    if (faulty->over_kernel)
        top = faulty->over_kernel(top);
    if (kernel)
        *kernel = top;
    if (!top || psb_port_open(&port->port, variant, top, &backend) != PSB_OK)
        return NULL;
    return faulty->over_backend ? faulty->over_backend(backend) : backend;
}

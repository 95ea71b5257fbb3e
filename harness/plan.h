/* plan.h: from the command line to the cells to measure. */
#ifndef PSB_PLAN_H
#define PSB_PLAN_H

#include "args.h"
#include "cell.h"

/* The world that simulated kernels tell of by default, and a uid that is nobody's in it. */
#define PSB_PLAN_WORLD "seed=1,processes=100"
enum { PSB_PLAN_STRANGER = 65534, PSB_PLAN_ROLES = 3 };

typedef struct psb_plan {
    psb_cell *cell;
    size_t cells;
    psb_world *world;               /* NULL: no cell has a simulated kernel */
    psb_world view[PSB_PLAN_ROLES]; /* the same, as others see it; its processes and texts are the world's */
    psb_scenario *scenario;         /* the cells' names point into these */
    size_t scenarios;
} psb_plan;

/* Nothing is measured yet. Returns PSB_EXIT_GOOD, or prints one line and returns the exit code. */
int psb_plan_make(const psb_args *args, psb_plan *out);
void psb_plan_free(psb_plan *plan);

/* ---- the parts that other commands need, too; false: a line was printed ---- */

/* The port of --port, or the foreign one, or that of this OS, or the first of ours. */
bool psb_plan_port(const char *name, const psb_port **out);

/* "a,b,c" or "all"; of all, those that the port has. */
bool psb_plan_fields(const char *list, const psb_port *port, psb_fields *out);

/* The kernel of --kernel, or the port's best on this machine. */
const char *psb_plan_kernel(const char *name, const psb_port *port);

/* The world of --world, if the kernel is a simulated one; *out is NULL if it is not. The caller frees it. */
bool psb_plan_world(const char *spec, const char *kernel, psb_world **out);

/* A process of a world that is asked about where none is named: a usual one that has a parent, if there is one. */
psb_pid psb_plan_ordinary(const psb_world *world);

/* A process number. */
bool psb_plan_pid(const char *text, psb_pid *out);

/* Scenarios of that name or file, or all built-in ones; free *out. */
bool psb_plan_scenarios(const char *name, psb_scenario **out, size_t *count);

/* The fields that a scenario asks of a port; count 0: it does not ask that port. */
psb_fields psb_plan_scenario_fields(const psb_scenario *scenario, const psb_port *port);

#endif

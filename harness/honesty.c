#include "honesty.h"

#include "population.h"

static void pass_run(void *argument)
{
    psb_honesty_pass *pass = argument;
    for (int i = 0; i < pass->files; i++)
        pass->file.run(&pass->file);
    for (int i = 0; i < pass->calls; i++)
        pass->call.run(&pass->call);
}

const char *psb_honesty_name(psb_honesty_side side)
{
    static const char *const NAME[PSB_HONESTY_SIDES] = {"one", "twin", "two", "calls"};
    return NAME[side];
}

bool psb_honesty_open(psb_honesty *out)
{
    static const struct {
        int files, calls;
    } WORK[PSB_HONESTY_SIDES] = {
        [PSB_HONESTY_ONE] = {1, 1},
        [PSB_HONESTY_TWIN] = {1, 1},
        [PSB_HONESTY_TWO] = {1, 2},
        [PSB_HONESTY_CALLS] = {0, PSB_HONESTY_MANY},
    };
    psb_specimen self;
    char why[128];
    if (!psb_native_leaf.port || !psb_population_named("self")->start(&self, why, sizeof why))
        return false;
    psb_call nothing = {.op = PSB_OP_NOTHING}, file = {.op = PSB_OP_LINUX_STAT, .pid = self.pid};
    for (psb_honesty_side side = 0; side < PSB_HONESTY_SIDES; side++) {
        psb_honesty_pass *pass = &out->pass[side];
        pass->files = WORK[side].files;
        pass->calls = WORK[side].calls;
        if (!psb_native_leaf.bare(&nothing, &pass->call) || !psb_native_leaf.bare(&file, &pass->file))
            return false;
        out->side[side] = (psb_side){psb_honesty_name(side), pass_run, pass, NULL};
    }
    return true;
}

#include "honesty.h"

#include "population.h"

/* Two functions of the same text would be merged by the linker or not, as it likes; one function is identical
 * code. */
static void read_once(void *argument)
{
    psb_honesty *honesty = argument;
    honesty->file.run(&honesty->file);
}

static void read_more(void *argument)
{
    psb_honesty *honesty = argument;
    honesty->file.run(&honesty->file);
    honesty->call.run(&honesty->call);
}

static void calls(void *argument)
{
    psb_honesty *honesty = argument;
    for (int i = 0; i < PSB_HONESTY_CALLS; i++)
        honesty->call.run(&honesty->call);
}

bool psb_honesty_open(psb_honesty *out)
{
    psb_specimen self;
    char why[128];
    if (!psb_native_leaf.port || !psb_population_named("self")->start(&self, why, sizeof why))
        return false;
    psb_call nothing = {.op = PSB_OP_NOTHING}, file = {.op = PSB_OP_LINUX_STAT, .pid = self.pid};
    if (!psb_native_leaf.bare(&nothing, &out->call) || !psb_native_leaf.bare(&file, &out->file))
        return false;
    out->side[PSB_HONESTY_READ] = (psb_side){"read", read_once, out};
    out->side[PSB_HONESTY_READ_TWIN] = (psb_side){"read_twin", read_once, out};
    out->side[PSB_HONESTY_READ_MORE] = (psb_side){"read_more", read_more, out};
    out->side[PSB_HONESTY_CALL] = (psb_side){"call", calls, out};
    return true;
}

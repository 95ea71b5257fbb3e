#include "layer.h"

#include <string.h>

enum {
    FREEBSD = PSB_LAYER_FREEBSD,
    OPENBSD = PSB_LAYER_OPENBSD,
    NETBSD = PSB_LAYER_NETBSD,
    MACOS = PSB_LAYER_MACOS,
    SUNOS = PSB_LAYER_SUNOS,
    WINDOWS = PSB_LAYER_WINDOWS,
    BSD = FREEBSD | OPENBSD | NETBSD,
    EVERY = BSD | MACOS | SUNOS | WINDOWS,
    OLD = PSB_LAYER_OLD,
    NEW = PSB_LAYER_NEW,
    ANY = OLD | NEW
};

/* The items of all rows, one row after the other in an array of its own. */
#define I(field, part, as, unknown) {PSB_##field, part, PSB_AS_##as, PSB_UNKNOWN_##unknown},
#define ITEMS_OF(line)              ITEMS_AT(line)
#define ITEMS_AT(line)              ITEMS_##line
#define FUNCTION(systems, versions, module, name, first, source, shape, absent, items)                       \
    static const psb_item ITEMS_OF(__LINE__)[] = {items};
#include "layer.def"

static const psb_layer_function FUNCTIONS[] = {
#define FUNCTION(systems, versions, module, name, first, source, shape, absent, items)                       \
    {(uint32_t)(systems),                                                                                    \
     versions,                                                                                               \
     PSB_LAYER_##module,                                                                                     \
     name,                                                                                                   \
     first,                                                                                                  \
     source,                                                                                                 \
     PSB_SHAPE_##shape,                                                                                      \
     PSB_ABSENT_##absent,                                                                                    \
     ITEMS_OF(__LINE__),                                                                                     \
     sizeof ITEMS_OF(__LINE__) / sizeof(psb_item)},
#include "layer.def"
};

static const struct {
    uint32_t systems;
    const char *name;
    psb_state state;
} CONSTANTS[] = {
#define CONSTANT(systems, name, state) {(uint32_t)(systems), name, PSB_STATE_##state},
#include "layer.def"
};

uint32_t psb_layer_system_of(const char *port)
{
    static const struct {
        const char *port;
        psb_layer_system system;
    } SYSTEM[] = {{"freebsd", PSB_LAYER_FREEBSD}, {"openbsd", PSB_LAYER_OPENBSD},
                  {"netbsd", PSB_LAYER_NETBSD},   {"macos", PSB_LAYER_MACOS},
                  {"sunos", PSB_LAYER_SUNOS},     {"windows", PSB_LAYER_WINDOWS}};
    for (size_t i = 0; i < sizeof SYSTEM / sizeof *SYSTEM; i++)
        if (strcmp(SYSTEM[i].port, port) == 0)
            return (uint32_t)SYSTEM[i].system;
    return 0;
}

const psb_layer_function *psb_layer_function_at(size_t index)
{
    return index < sizeof FUNCTIONS / sizeof *FUNCTIONS ? &FUNCTIONS[index] : NULL;
}

const char *psb_layer_constant(size_t number, uint32_t system)
{
    if (number == 0 || number > sizeof CONSTANTS / sizeof *CONSTANTS)
        return NULL;
    return CONSTANTS[number - 1].systems & system ? CONSTANTS[number - 1].name : "";
}

int psb_layer_state(uint32_t system, int64_t state)
{
    for (size_t i = 0; i < sizeof CONSTANTS / sizeof *CONSTANTS; i++)
        if ((CONSTANTS[i].systems & system) && (int64_t)CONSTANTS[i].state == state)
            return (int)i + 1;
    return 0;
}

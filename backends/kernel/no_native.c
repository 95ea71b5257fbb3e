/* no_native.c: stands in for <os>_native.c where psbench has no native leaf for the OS it is built for. */
#include "kernel.h"

const psb_native psb_native_leaf = {0};

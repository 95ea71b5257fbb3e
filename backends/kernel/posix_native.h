/* posix_native.h: what the native leaves of all POSIX systems ask alike. */
#ifndef PSB_POSIX_NATIVE_H
#define PSB_POSIX_NATIVE_H

#include "kernel.h"

/* PSB_OP_USER_NAME: getpwuid_r(3). What it enters the kernel for is the library's own affair, and is not counted. */
psb_status psb_posix_user_name(const psb_call *call, psb_reply *reply);

/* PSB_OP_CLOCK: clock_gettime(2), CLOCK_REALTIME. */
psb_status psb_posix_clock(const psb_call *call, psb_reply *reply);

#endif

#define _POSIX_C_SOURCE          200809L
#define _POSIX_PTHREAD_SEMANTICS /* SunOS: the standard's getpwuid_r, not the draft's */
#include "posix_native.h"

#include <errno.h>
#include <pwd.h>
#include <string.h>
#include <time.h>

psb_status psb_posix_user_name(const psb_call *call, psb_reply *reply)
{
    struct passwd entry, *found = NULL;
    if (call->pid < 0 || call->pid > UINT32_MAX)
        return PSB_ABSENT;
    int error = getpwuid_r((uid_t)call->pid, &entry, reply->buf, reply->cap, &found);
    if (error == ERANGE)
        return PSB_TOOSMALL;
    if (!found) /* whatever the database says of its own troubles, this uid has no name */
        return psb_refuse(reply, PSB_ABSENT, error);
    reply->len = strlen(entry.pw_name);
    memmove(reply->buf, entry.pw_name, reply->len);
    return PSB_OK;
}

psb_status psb_posix_clock(const psb_call *call, psb_reply *reply)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    int64_t ns = (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
    return psb_append(&ns, sizeof ns, reply);
}

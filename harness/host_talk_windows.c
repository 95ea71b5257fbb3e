/* host_talk_windows.c: talking to programs is not written for Windows: a deadline on a pipe there needs overlapped
 * calls, and nobody has needed it so far. */
#include "host.h"

#include <windows.h>

psb_host_talk *psb_host_talk_start(const char *command, char *why, size_t why_size)
{
    snprintf(why, why_size, "programs cannot be talked to on this system; use --plugin");
    return NULL;
}

psb_talk psb_host_talk_send(psb_host_talk *talk, const char *bytes, size_t len, uint64_t deadline_ns)
{
    return PSB_TALK_FAILED;
}

psb_talk psb_host_talk_receive(psb_host_talk *talk, char *room, size_t size, size_t *len,
                               uint64_t deadline_ns)
{
    return PSB_TALK_FAILED;
}

void psb_host_talk_end(psb_host_talk *talk, uint64_t deadline_ns, char *how, size_t how_size) {}

void psb_host_rest(void)
{
    SwitchToThread();
}

/*
 * host_audit_linux.c: a filter hands each system call of a fork to this process, which counts it and lets it go on
 * (SECCOMP_USER_NOTIF_FLAG_CONTINUE; seccomp_unotify(2)). The fork may gain no rights by a program any more, that is all.
 */
#define _GNU_SOURCE
#include "host_audit.h"

#include "host.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* A mark is a call that nobody makes so: getppid takes no arguments. */
#define MARK UINT64_C(0x7073622d61756469)

static const struct {
    int number;
    const char *name;
} NAME[] = {
#define CALL(name)                                                                                           \
    {                                                                                                        \
        SYS_##name, #name                                                                                    \
    }
    CALL(read),          CALL(write),   CALL(close),      CALL(lseek),
    CALL(pread64),       CALL(openat),  CALL(readlinkat), CALL(getdents64),
    CALL(getpriority),   CALL(fstat),   CALL(newfstatat), CALL(statfs),
    CALL(getpid),        CALL(getppid), CALL(getuid),     CALL(geteuid),
    CALL(kill),          CALL(ioctl),   CALL(fcntl),      CALL(ppoll),
    CALL(clone),         CALL(execve),  CALL(wait4),      CALL(faccessat),
    CALL(clock_gettime), CALL(sysinfo), CALL(prlimit64),  CALL(sched_getaffinity),
    CALL(socket),        CALL(sendto),  CALL(recvfrom),   CALL(recvmsg),
    CALL(connect),
#ifdef SYS_open
    CALL(open),          CALL(stat),    CALL(lstat),      CALL(readlink),
    CALL(access),        CALL(poll),    CALL(time),       CALL(vfork),
    CALL(pipe),          CALL(dup2),
#endif
#ifdef SYS_clone3
    CALL(clone3),
#endif
#undef CALL
};

const char *psb_host_audit_name(size_t number, char room[24])
{
    for (size_t i = 0; i < sizeof NAME / sizeof *NAME; i++)
        if (NAME[i].number == (int)number)
            return NAME[i].name;
    snprintf(room, 24, "call %zu", number);
    return room;
}

void psb_host_audit_mark(unsigned phase)
{
    syscall(SYS_getppid, MARK, phase);
}

/* ---- in the fork ---- */

/* Memory, threads, signals, the end, and what hands the listener over: these pass without a word. */
static const int PASS[] = {
    SYS_brk,   SYS_mmap,         SYS_munmap,         SYS_mremap,          SYS_mprotect,    SYS_madvise,
    SYS_futex, SYS_rt_sigaction, SYS_rt_sigprocmask, SYS_rt_sigreturn,    SYS_sigaltstack, SYS_sched_yield,
    SYS_exit,  SYS_exit_group,   SYS_sendmsg,        SYS_set_robust_list, SYS_gettid,
};
enum { PASSES = sizeof PASS / sizeof *PASS };

static int install(void)
{
    struct sock_filter code[PASSES + 3];
    size_t n = 0;
    code[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
    for (size_t i = 0; i < PASSES; i++) /* to the last row, or on to the next */
        code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)PASS[i],
                                                 (uint8_t)(PASSES - i), 0);
    code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF);
    code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    struct sock_fprog program = {.len = (unsigned short)n, .filter = code};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return -1;
    return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &program);
}

union control {
    struct cmsghdr header;
    char room[CMSG_SPACE(sizeof(int))];
};

static bool send_descriptor(int channel, int descriptor)
{
    char byte = 0;
    union control control;
    struct iovec part = {&byte, 1};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = control.room,
                             .msg_controllen = sizeof control.room};
    memset(&control, 0, sizeof control);
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    *header = (struct cmsghdr){
        .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof descriptor)};
    memcpy(CMSG_DATA(header), &descriptor, sizeof descriptor);
    return sendmsg(channel, &message, 0) == 1;
}

static _Noreturn void be_audited(int channel, void (*work)(void *), void *context)
{
    psb_host_end_with_parent();
    int listener = install();
    if (listener < 0 || !send_descriptor(channel, listener))
        _exit(99);
    work(context);
    _exit(0);
}

/* ---- in this process ---- */

static int receive_descriptor(int channel)
{
    char byte;
    int descriptor = -1;
    union control control;
    struct iovec part = {&byte, 1};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = control.room,
                             .msg_controllen = sizeof control.room};
    if (recvmsg(channel, &message, MSG_CMSG_CLOEXEC) != 1)
        return -1;
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    if (header && header->cmsg_type == SCM_RIGHTS)
        memcpy(&descriptor, CMSG_DATA(header), sizeof descriptor);
    return descriptor;
}

/* Takes one call, counts it, lets it go on. */
static void take_one(int listener, psb_audit *out, uint64_t *phase)
{
    struct seccomp_notif asked;
    memset(&asked, 0, sizeof asked);
    if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &asked) != 0)
        return; /* who asked is gone, or a signal came */
    struct seccomp_notif_resp answer = {.id = asked.id, .flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE};
    if (asked.data.nr == SYS_getppid && asked.data.args[0] == MARK)
        *phase = asked.data.args[1];
    else if (*phase < PSB_AUDIT_PHASES && asked.data.nr >= 0 && asked.data.nr < PSB_AUDIT_CALLS)
        out->count[*phase][asked.data.nr]++;
    ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &answer);
}

/* Until nobody is left whose calls are handed over; false: that takes too long. */
static bool listen_to(int listener, double limit_s, psb_audit *out)
{
    uint64_t start = psb_host_now_ns(), phase = PSB_AUDIT_PHASES;
    for (;;) {
        struct pollfd wait = {.fd = listener, .events = POLLIN};
        poll(&wait, 1, 100);
        if (wait.revents & POLLIN)
            take_one(listener, out, &phase);
        else if (wait.revents & POLLHUP)
            return true;
        if ((double)(psb_host_now_ns() - start) > limit_s * 1e9)
            return false;
    }
}

bool psb_host_audit(void (*work)(void *context), void *context, double limit_s, psb_audit *out, char *why,
                    size_t why_size)
{
    int channel[2], status = -1;
    memset(out, 0, sizeof *out);
    fflush(NULL);
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, channel) != 0) {
        snprintf(why, why_size, "socketpair: %s", strerror(errno));
        return false;
    }
    pid_t pid = fork();
    if (pid == 0) {
        close(channel[0]);
        be_audited(channel[1], work, context);
    }
    close(channel[1]);
    int listener = pid > 0 ? receive_descriptor(channel[0]) : -1;
    close(channel[0]);
    bool in_time = listener >= 0 && listen_to(listener, limit_s, out);
    if (pid > 0 && !in_time)
        kill(pid, SIGKILL);
    if (listener >= 0)
        close(listener);
    while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    bool good = in_time && WIFEXITED(status) && WEXITSTATUS(status) == 0;
    if (!good)
        snprintf(why, why_size, "%s",
                 listener < 0 ? "the kernel does not let system calls be counted by a filter here"
                 : in_time    ? "what was to be counted crashed"
                              : "what was to be counted did not end in time");
    return good;
}

/* population_posix.c: this process, and a child of the same user, with what POSIX calls tell of them. */
#define _GNU_SOURCE
#include "population.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static bool self_start(psb_specimen *out, char *why, size_t why_size)
{
    *out = (psb_specimen){.pid = getpid(), .hold = -1, .is_self = true};
    return true;
}

static void self_stop(psb_specimen *specimen) {}

/* The child sleeps in a read of the pipe: it ends with its parent, however that ends. */
static bool child_start(psb_specimen *out, char *why, size_t why_size)
{
    int end[2];
    if (pipe2(end, O_CLOEXEC) != 0) { /* what is started meanwhile must not hold it open */
        snprintf(why, why_size, "pipe: %s", strerror(errno));
        return false;
    }
    pid_t pid = fork();
    if (pid < 0) {
        snprintf(why, why_size, "fork: %s", strerror(errno));
        close(end[0]);
        close(end[1]);
        return false;
    }
    if (pid == 0) {
        char byte;
        close(end[1]);
        while (read(end[0], &byte, 1) < 0 && errno == EINTR)
            ;
        _exit(0);
    }
    close(end[0]);
    *out = (psb_specimen){.pid = pid, .hold = end[1], .is_child = true};
    return true;
}

/* Another child may hold a copy of the pipe's end: closing it here would not do. */
static void child_stop(psb_specimen *specimen)
{
    close(specimen->hold);
    kill((pid_t)specimen->pid, SIGKILL);
    while (waitpid((pid_t)specimen->pid, NULL, 0) < 0 && errno == EINTR)
        ;
}

static bool integer(psb_value *out, int64_t number)
{
    *out = (psb_value){.u.integer = number};
    return true;
}

static bool ids(psb_value *out, int error, uint64_t real, uint64_t effective, uint64_t saved)
{
    *out = (psb_value){.known = 7, .u.part = {real, effective, saved}};
    return error == 0;
}

static bool directory(psb_specimen *specimen, psb_value *out)
{
    if (!getcwd(specimen->text, sizeof specimen->text))
        return false;
    *out = (psb_value){.u.text = {specimen->text, strlen(specimen->text)}};
    return true;
}

/* A child of fork shares everything asked here but its parent. */
static bool posix_truth(psb_specimen *specimen, psb_field field, psb_value *out)
{
    uid_t uid[3];
    gid_t gid[3];
    int error;
    switch (field) {
    case PSB_PPID:
    case PSB_PARENT:
        if (specimen->is_self && getppid() == 0)
            return false;
        return integer(out, specimen->is_self ? getppid() : getpid());
    case PSB_UIDS:
        error = getresuid(&uid[0], &uid[1], &uid[2]);
        return ids(out, error, uid[0], uid[1], uid[2]);
    case PSB_GIDS:
        error = getresgid(&gid[0], &gid[1], &gid[2]);
        return ids(out, error, gid[0], gid[1], gid[2]);
    case PSB_NICE:
        errno = 0;
        return integer(out, getpriority(PRIO_PROCESS, 0)) && errno == 0;
    case PSB_CWD:
        return directory(specimen, out);
    case PSB_NUM_THREADS:
        return specimen->is_child && integer(out, 1);
    case PSB_STATUS:
        return specimen->is_self && integer(out, PSB_STATE_RUNNING);
    default:
        return false;
    }
}

static const psb_population POPULATIONS[] = {
    {"self", "this process itself", self_start, self_stop, posix_truth},
    {"child", "a sleeping child of the same user", child_start, child_stop, posix_truth},
};

const psb_population *psb_population_at(size_t index)
{
    return index < sizeof POPULATIONS / sizeof *POPULATIONS ? &POPULATIONS[index] : NULL;
}

const psb_population *psb_population_named(const char *name)
{
    for (size_t i = 0; psb_population_at(i); i++)
        if (strcmp(POPULATIONS[i].name, name) == 0)
            return &POPULATIONS[i];
    return NULL;
}

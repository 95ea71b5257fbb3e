/* host_posix.c: the services of host.h on POSIX systems. */
#define _GNU_SOURCE
#include "host.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifdef __linux__
#include <sys/prctl.h>
#endif

extern char **environ;

enum { OUTPUT_MAX = 64 << 20 };

uint64_t psb_host_now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

bool psb_host_is_terminal(FILE *stream)
{
    return isatty(fileno(stream));
}

bool psb_host_own_path(char *path, size_t size)
{
    ssize_t len = readlink("/proc/self/exe", path, size);
    if (len <= 0 || (size_t)len >= size)
        return false;
    path[len] = '\0';
    return true;
}

FILE *psb_host_temporary(char *path, size_t size)
{
    FILE *file = tmpfile();
    if (file)
        snprintf(path, size, "/dev/fd/%d", fileno(file));
    return file;
}

bool psb_host_is_endless(const char *path)
{
    struct stat stat_;
    return stat(path, &stat_) == 0 && !S_ISREG(stat_.st_mode);
}

/* A temporary file beside the target, with the rights that a new file has. */
static bool open_beside(psb_output *out)
{
    snprintf(out->temporary, sizeof out->temporary, "%s.XXXXXX", out->path);
    int fd = mkstemp(out->temporary);
    mode_t mask = umask(0);
    umask(mask);
    if (fd >= 0)
        fchmod(fd, 0666 & ~mask);
    out->file = fd < 0 ? NULL : fdopen(fd, "w");
    return out->file != NULL;
}

bool psb_host_create(const char *path, psb_output *out, char *why, size_t why_size)
{
    struct stat stat_;
    char resolved[PATH_MAX];
    bool there = stat(path, &stat_) == 0;
    *out = (psb_output){0};
    snprintf(out->path, sizeof out->path, "%s", there && realpath(path, resolved) ? resolved : path);
    if (strlen(path) >= sizeof out->path - 16)
        errno = ENAMETOOLONG;
    else if (there && !S_ISREG(stat_.st_mode))
        out->file = fopen(path, "w");
    else if (!there || access(path, W_OK) == 0)
        open_beside(out);
    if (!out->file)
        snprintf(why, why_size, "%s: %s", path, strerror(errno));
    return out->file != NULL;
}

bool psb_host_publish(psb_output *out, char *why, size_t why_size)
{
    bool good = !ferror(out->file);
    good &= fclose(out->file) == 0;
    if (good && (!out->temporary[0] || rename(out->temporary, out->path) == 0))
        return true;
    snprintf(why, why_size, "%s: %s", out->path, strerror(errno));
    if (out->temporary[0])
        remove(out->temporary);
    return false;
}

void psb_host_discard(psb_output *out)
{
    fclose(out->file);
    if (out->temporary[0])
        remove(out->temporary);
}

void psb_host_open_standard_streams(void)
{
    for (int fd = 0; fd <= 2; fd++)
        if (fcntl(fd, F_GETFD) < 0 && errno == EBADF && open("/dev/null", O_RDWR) < 0)
            return;
}

void psb_host_end_with_parent(void)
{
#ifdef __linux__
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
#endif
}

/* Reads to the end; false if there is more than OUTPUT_MAX or no memory. */
static bool drain(int fd, char **output, size_t *len)
{
    size_t cap = 0;
    *output = NULL;
    *len = 0;
    for (;;) {
        if (cap - *len < 4096) {
            cap = cap ? cap * 2 : 64 << 10;
            char *grown = cap <= OUTPUT_MAX ? realloc(*output, cap) : NULL;
            if (!grown)
                return false;
            *output = grown;
        }
        ssize_t got = read(fd, *output + *len, cap - *len - 1);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) {
            (*output)[*len] = '\0';
            return got == 0;
        }
        *len += (size_t)got;
    }
}

static bool ended_well(pid_t pid, const char *name, char *why, size_t why_size)
{
    int status;
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR) {
            snprintf(why, why_size, "%s: %s", name, strerror(errno));
            return false;
        }
    if (WIFSIGNALED(status))
        snprintf(why, why_size, "%s was ended by signal %d", name, WTERMSIG(status));
    else if (WEXITSTATUS(status) != 0)
        snprintf(why, why_size, "%s exited with code %d", name, WEXITSTATUS(status));
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* Appends the last line of the output to why. */
static void add_last_line(const char *output, size_t len, char *why, size_t why_size)
{
    while (len > 0 && (output[len - 1] == '\n' || output[len - 1] == ' '))
        len--;
    size_t start = len, used = strlen(why);
    while (start > 0 && output[start - 1] != '\n')
        start--;
    if (len > start && used < why_size)
        snprintf(why + used, why_size - used, ": %.*s", (int)(len - start), output + start);
}

static bool run(const char *const *argv, bool with_errors, char **output, size_t *len, char *why,
                size_t why_size)
{
    int end[2];
    pid_t pid;
    posix_spawn_file_actions_t actions;
    *output = NULL;
    *len = 0;
    if (pipe2(end, O_CLOEXEC) != 0) {
        snprintf(why, why_size, "pipe: %s", strerror(errno));
        return false;
    }
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, end[1], STDOUT_FILENO);
    if (with_errors)
        posix_spawn_file_actions_adddup2(&actions, end[1], STDERR_FILENO);
    int error = posix_spawnp(&pid, argv[0], &actions, NULL, (char *const *)argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    close(end[1]);
    if (error != 0) {
        close(end[0]);
        snprintf(why, why_size, "%s: %s", argv[0], strerror(error));
        return false;
    }
    bool drained = drain(end[0], output, len);
    close(end[0]);
    bool good = ended_well(pid, argv[0], why, why_size);
    if (!drained)
        snprintf(why, why_size, "%s: more output than can be kept", argv[0]);
    else if (!good)
        add_last_line(*output, *len, why, why_size);
    if (!good || !drained) {
        free(*output);
        *output = NULL;
    }
    return good && drained;
}

bool psb_host_run(const char *const *argv, char **output, size_t *len, char *why, size_t why_size)
{
    return run(argv, true, output, len, why, why_size);
}

bool psb_host_run_self(const char *const *arguments, char **output, size_t *len, char *why, size_t why_size)
{
    char path[4096];
    const char *argv[64] = {path};
    if (!psb_host_own_path(path, sizeof path)) {
        snprintf(why, why_size, "cannot tell where this program's own file is");
        return false;
    }
    for (size_t i = 0; arguments[i] && i + 2 < sizeof argv / sizeof *argv; i++)
        argv[i + 1] = arguments[i];
    return run(argv, false, output, len, why, why_size);
}

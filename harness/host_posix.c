/* host_posix.c: the services of host.h on POSIX systems. */
#define _GNU_SOURCE
#include "host_run.h"

#include <dirent.h>
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

#if PSB_SANITIZED /* of <sanitizer/allocator_interface.h>, which not every compiler's package has */
extern size_t __sanitizer_get_current_allocated_bytes(void);
#elif defined(__GLIBC__)
#include <malloc.h>
#endif

#if defined(__linux__)
#include <sys/prctl.h>
#elif defined(__APPLE__)
#include <mach-o/dyld.h>
#elif defined(__FreeBSD__)
#include <sys/types.h>

#include <sys/procctl.h> /* behind sys/types.h */
#include <sys/sysctl.h>
#elif defined(__NetBSD__)
#include <sys/types.h>

#include <sys/sysctl.h> /* behind sys/types.h */
#endif

extern char **environ;

/* As main got it: where the OS does not tell a program's own path (OpenBSD), it is looked for again. */
static const char *own_name = "";

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

static bool is_program(const char *candidate, char *out, size_t size)
{
    char resolved[PATH_MAX];
    return access(candidate, X_OK) == 0 && realpath(candidate, resolved) &&
           (size_t)snprintf(out, size, "%s", resolved) < size;
}

/* As a shell finds it. */
static bool find_program(const char *name, char *out, size_t size)
{
    const char *path = getenv("PATH");
    char candidate[PATH_MAX];
    if (strchr(name, '/'))
        return is_program(name, out, size);
    while (path && *path) {
        size_t len = strcspn(path, ":");
        snprintf(candidate, sizeof candidate, "%.*s/%s", (int)len, path, name);
        if (is_program(candidate, out, size))
            return true;
        path += len;
        path += *path == ':';
    }
    return false;
}

bool psb_host_own_path(char *path, size_t size)
{
#if defined(__APPLE__)
    char raw[PATH_MAX], resolved[PATH_MAX];
    uint32_t room = sizeof raw;
    if (_NSGetExecutablePath(raw, &room) == 0 && realpath(raw, resolved))
        return (size_t)snprintf(path, size, "%s", resolved) < size;
#elif defined(__FreeBSD__)
    int mib[] = {CTL_KERN, KERN_PROC, KERN_PROC_PATHNAME, -1};
    size_t len = size;
    if (sysctl(mib, 4, path, &len, NULL, 0) == 0)
        return true;
#elif defined(__NetBSD__)
    int mib[] = {CTL_KERN, KERN_PROC_ARGS, -1, KERN_PROC_PATHNAME};
    size_t len = size;
    if (sysctl(mib, 4, path, &len, NULL, 0) == 0)
        return true;
#else
    ssize_t len = readlink("/proc/self/exe", path, size);
    if (len > 0 && (size_t)len < size) {
        path[len] = '\0';
        return true;
    }
#endif
    return find_program(own_name, path, size);
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

void psb_host_begin(const char *name)
{
    own_name = name;
    for (int fd = 0; fd <= 2; fd++)
        if (fcntl(fd, F_GETFD) < 0 && errno == EBADF && open("/dev/null", O_RDWR) < 0)
            return;
}

void psb_host_end_with_parent(void)
{
#if defined(__linux__)
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
#elif defined(__FreeBSD__)
    int signal = SIGKILL;
    procctl(P_PID, 0, PROC_PDEATHSIG_CTL, &signal);
#endif
}

bool psb_os_ended_well(psb_os_child *child, const char *name, char *why, size_t why_size)
{
    int status;
    while (waitpid((pid_t)child->process, &status, 0) < 0)
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

bool psb_os_start(const char *const *argv, bool with_errors, psb_os_child *out, char *why, size_t why_size)
{
    int end[2];
    pid_t pid;
    posix_spawn_file_actions_t actions;
    if (pipe(end) != 0) {
        snprintf(why, why_size, "pipe: %s", strerror(errno));
        return false;
    }
    fcntl(end[0], F_SETFD, FD_CLOEXEC);
    fcntl(end[1], F_SETFD, FD_CLOEXEC);
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
    *out = (psb_os_child){.process = pid, .output = end[0]};
    return true;
}

/* Of /dev/fd, on the systems that keep it up to date; less the one that reads it. */
int64_t psb_host_open_files(void)
{
#if defined(__linux__) || defined(__APPLE__) || defined(__sun)
    DIR *dir = opendir("/dev/fd");
    int64_t count = -1;
    if (!dir)
        return -1;
    for (const struct dirent *entry; (entry = readdir(dir));)
        count += entry->d_name[0] != '.';
    closedir(dir);
    return count;
#else
    return -1;
#endif
}

int64_t psb_host_allocated_bytes(void)
{
#if PSB_SANITIZED
    return (int64_t)__sanitizer_get_current_allocated_bytes();
#elif defined(__GLIBC__) && (__GLIBC__ > 2 || __GLIBC_MINOR__ >= 33)
    struct mallinfo2 info = mallinfo2();
    return (int64_t)(info.uordblks + info.hblkhd);
#else
    return -1;
#endif
}

/*
 * population_linux.c: processes of the kinds that readers of processes go wrong at. Each is a child that makes itself what it is to
 * be, says so, and sleeps until the pipe that it reads ends or its maker does. What is known of it is what its maker asked for.
 */
#define _GNU_SOURCE
#include "population_posix.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MANY_THREADS = 64, MANY_FILES = 501, LONG_ARGUMENT = 128 << 10, FILES_MAX = 1024, NICENESS = 7 };

static const char SHELL[] = "/bin/sh", NAP[] = "read _";

/* What a child says when it is what it is to be; it fits in a pipe at once. */
struct report {
    pid_t pid, ppid;
    char path[256]; /* of the terminal, directory or program that it has */
};

/* A child, as it sees itself. */
struct child {
    int hold, ready, done; /* done: ends when it has become another program */
    struct report report;
};

struct kind {
    void (*become)(struct child *);                        /* NULL: nothing */
    void (*stay)(struct child *);                          /* NULL: sleeps until the pipe ends */
    bool (*truth)(psb_specimen *, psb_field, psb_value *); /* false: as of any child, but for `not` */
    int wait_for;                                          /* WEXITED, WSTOPPED: it is not ready before */
    uint64_t not ;                                         /* fields of which nothing is known */
};

/* psb_specimen.hold */
struct made {
    const struct kind *kind;
    pid_t child; /* ours, to be reaped; 0: it was */
    int hold, done;
    bool acted;
    struct report report;
};

#define NOT(field) (UINT64_C(1) << PSB_##field)

static struct made *made_of(const psb_specimen *specimen)
{
    return (struct made *)specimen->hold;
}

static void wait_for(pid_t pid)
{
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        ;
}

/* ---- making ---- */

static void say(struct child *child)
{
    child->report.pid = getpid();
    if (child->report.ppid == 0)
        child->report.ppid = getppid();
    if (write(child->ready, &child->report, sizeof child->report) != sizeof child->report)
        _exit(1);
}

static void sleep_on(struct child *child)
{
    char byte;
    close(child->ready);
    while (read(child->hold, &byte, 1) < 0 && errno == EINTR)
        ;
}

static _Noreturn void be(const struct kind *kind, struct child *child, pid_t maker)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != maker)
        _exit(0);
    if (kind->become)
        kind->become(child);
    say(child);
    if (kind->stay)
        kind->stay(child);
    else
        sleep_on(child);
    _exit(0);
}

static bool open_pipe(int end[2])
{
    return pipe2(end, O_CLOEXEC) == 0;
}

/* Reads the report, and waits until the child has closed its end: by its own hand, or by becoming another program. */
static bool is_ready(struct made *made, int ready)
{
    char byte;
    ssize_t got, more = 0;
    siginfo_t info;
    while ((got = read(ready, &made->report, sizeof made->report)) < 0 && errno == EINTR)
        ;
    while (got > 0 && (more = read(ready, &byte, 1)) < 0 && errno == EINTR)
        ;
    if (got != sizeof made->report || more != 0)
        return false;
    if (made->kind->wait_for)
        return waitid(P_PID, (id_t)made->child, &info, made->kind->wait_for | WNOWAIT) == 0;
    return made->report.pid != made->child || waitpid(made->child, NULL, WNOHANG) == 0;
}

static void end(struct made *made)
{
    close(made->hold);
    close(made->done);
    if (made->child > 0) {
        kill(made->child, SIGKILL);
        wait_for(made->child);
    }
    if (made->report.pid > 0 && made->report.pid != made->child && !made->acted)
        kill(made->report.pid, SIGKILL);
    free(made);
}

static void close_all(const int fd[6])
{
    for (int i = 0; i < 6; i++)
        if (fd[i] >= 0)
            close(fd[i]);
}

/* The ends that the maker keeps are fd[1], of what holds the child, fd[2], by which it reports, and fd[4]. */
static pid_t fork_child(const struct kind *kind, int fd[6])
{
    pid_t maker = getpid(), pid = -1;
    if (open_pipe(&fd[0]) && open_pipe(&fd[2]) && open_pipe(&fd[4]))
        pid = fork();
    if (pid == 0) {
        struct child child = {.hold = fd[0], .ready = fd[3], .done = fd[5]};
        close(fd[1]);
        close(fd[2]);
        close(fd[4]);
        be(kind, &child, maker);
    }
    return pid;
}

static bool make(const struct kind *kind, psb_specimen *out, char *why, size_t why_size)
{
    int fd[6] = {-1, -1, -1, -1, -1, -1};
    struct made *made = calloc(1, sizeof *made);
    pid_t pid = made ? fork_child(kind, fd) : -1;
    if (pid < 0) {
        snprintf(why, why_size, "a child cannot be made: %s", strerror(errno));
        close_all(fd);
        free(made);
        return false;
    }
    *made = (struct made){.kind = kind, .child = pid, .hold = fd[1], .done = fd[4]};
    close(fd[0]);
    close(fd[3]);
    close(fd[5]);
    bool ready = is_ready(made, fd[2]);
    close(fd[2]);
    if (!ready) {
        snprintf(why, why_size, "the child cannot become what it is to be");
        end(made);
        return false;
    }
    *out = (psb_specimen){
        .pid = made->report.pid, .ppid = made->report.ppid, .hold = (intptr_t)made, .is_child = true};
    return true;
}

static void stop(psb_specimen *specimen)
{
    end(made_of(specimen));
}

/* ---- truths ---- */

static bool integer(psb_value *out, int64_t number)
{
    *out = (psb_value){.u.integer = number};
    return true;
}

static bool text(psb_value *out, const char *bytes)
{
    *out = (psb_value){.u.text = {bytes, strlen(bytes)}};
    return true;
}

static bool has_status(psb_value *out, psb_status status)
{
    *out = psb_value_of_status(status, 0);
    return true;
}

static bool linux_truth(psb_specimen *specimen, psb_field field, psb_value *out)
{
    const struct kind *kind = made_of(specimen)->kind;
    if (kind->truth && kind->truth(specimen, field, out))
        return true;
    return !(kind->not >> field & 1) && psb_population_posix_truth(specimen, field, out);
}

/* ---- what they are ---- */

static void end_at_once(struct child *child) {}

static bool zombie_truth(psb_specimen *specimen, psb_field field, psb_value *out)
{
    switch (field) {
    case PSB_STATUS:
        return integer(out, PSB_STATE_ZOMBIE);
    case PSB_CMDLINE:
        return text(out, "");
    case PSB_EXE:
    case PSB_CWD:
    case PSB_MEMORY_FULL_INFO:
        return has_status(out, PSB_ABSENT);
    default:
        return false;
    }
}

static void stop_oneself(struct child *child)
{
    close(child->ready);
    raise(SIGSTOP);
}

static bool stopped_truth(psb_specimen *specimen, psb_field field, psb_value *out)
{
    return field == PSB_STATUS && integer(out, PSB_STATE_STOPPED);
}

static void *nap(void *nothing)
{
    for (;;)
        pause();
    return NULL;
}

static void start_threads(struct child *child)
{
    pthread_t thread;
    for (int i = 1; i < MANY_THREADS; i++)
        if (pthread_create(&thread, NULL, nap, NULL) != 0)
            _exit(1);
}

static bool threads_truth(psb_specimen *specimen, psb_field field, psb_value *out)
{
    return field == PSB_NUM_THREADS && integer(out, MANY_THREADS);
}

/* Those that are left when it sleeps: what holds it, and copies of that. */
static void open_files(struct child *child)
{
    for (int fd = 0; fd < FILES_MAX; fd++)
        if (fd != child->hold && fd != child->ready)
            close(fd);
    for (int i = 1; i < MANY_FILES; i++)
        if (dup(child->hold) < 0)
            _exit(1);
}

static bool files_truth(psb_specimen *specimen, psb_field field, psb_value *out)
{
    return field == PSB_NUM_FDS && integer(out, MANY_FILES);
}

static void give_way(struct child *child)
{
    if (setpriority(PRIO_PROCESS, 0, NICENESS) != 0)
        _exit(1);
}

static bool niced_truth(psb_specimen *specimen, psb_field field, psb_value *out)
{
    return field == PSB_NICE && integer(out, NICENESS);
}

/* A leader of a session that has no terminal gets the one it opens. */
static void open_terminal(struct child *child)
{
    int terminal = setsid() < 0 ? -1 : posix_openpt(O_RDWR | O_NOCTTY);
    if (terminal < 0 || grantpt(terminal) != 0 || unlockpt(terminal) != 0 ||
        ptsname_r(terminal, child->report.path, sizeof child->report.path) != 0 ||
        open(child->report.path, O_RDWR) < 0)
        _exit(1);
}

static bool tty_truth(psb_specimen *specimen, psb_field field, psb_value *out)
{
    return field == PSB_TERMINAL && text(out, made_of(specimen)->report.path);
}

static void lose_directory(struct child *child)
{
    strcpy(child->report.path, "/tmp/psbench.XXXXXX");
    if (!mkdtemp(child->report.path) || chdir(child->report.path) != 0 || rmdir(child->report.path) != 0)
        _exit(1);
}

static bool directory_truth(psb_specimen *specimen, psb_field field, psb_value *out)
{
    return field == PSB_CWD && text(out, made_of(specimen)->report.path);
}

/* The one that is asked about is a grandchild, whose parent has ended; who adopts it is the system's affair, and it says who. */
static void lose_parent(struct child *child)
{
    pid_t middle = getpid(), grandchild = fork();
    if (grandchild != 0)
        _exit(grandchild < 0);
    while (getppid() == middle)
        usleep(100);
}

/* ---- names ---- */

#define NAMED(id, literal)                                                                                   \
    static void become_##id(struct child *child)                                                             \
    {                                                                                                        \
        prctl(PR_SET_NAME, literal);                                                                         \
    }                                                                                                        \
    static bool id##_truth(psb_specimen *specimen, psb_field field, psb_value *out)                          \
    {                                                                                                        \
        return field == PSB_NAME && text(out, literal);                                                      \
    }

NAMED(renamed, "renamed")
NAMED(name_blank, "a b")
NAMED(name_parenthesis, "a) R 1 2 3")
NAMED(name_newline, "new\nline")
NAMED(name_tab, "tab\there")
NAMED(name_uid, "Uid:\t7\t8\t9")
NAMED(name_bytes, "\xff\xfe")

/* ---- other programs ---- */

/* Becomes a shell that waits for a line, and so for the end of the pipe. The report is made before. */
static void run_shell(struct child *child, char *const *argv)
{
    dup2(child->hold, STDIN_FILENO);
    execv(SHELL, argv);
    _exit(1);
}

/* A shell takes any words behind its command. */
static char *const ARGUMENTS[] = {"sh",        "-c",        (char *)NAP,     "a b",      "",  "(x)",
                                  "new\nline", "tab\there", "Uid:\t7\t8\t9", "\xff\xfe", NULL};

static void shout(struct child *child)
{
    run_shell(child, ARGUMENTS);
}

static bool list(psb_specimen *specimen, char *const *argv, psb_value *out)
{
    *out = (psb_value){.u.text = {specimen->text, 0}};
    for (; argv[out->count]; out->count++) {
        size_t len = strlen(argv[out->count]) + 1;
        if (out->u.text.len + len > sizeof specimen->text)
            return false;
        memcpy(specimen->text + out->u.text.len, argv[out->count], len);
        out->u.text.len += len;
    }
    return true;
}

static bool shell_truth(psb_specimen *specimen, psb_field field, psb_value *out)
{
    return field == PSB_NAME && text(out, "sh");
}

static bool arguments_truth(psb_specimen *specimen, psb_field field, psb_value *out)
{
    return field == PSB_CMDLINE ? list(specimen, ARGUMENTS, out) : shell_truth(specimen, field, out);
}

/* The longest argument that Linux takes; it is the same for every specimen. */
static char long_argument[LONG_ARGUMENT], long_list[LONG_ARGUMENT + 16];

static void shout_long(struct child *child)
{
    memset(long_argument, 'x', sizeof long_argument - 1);
    run_shell(child, (char *[]){"sh", "-c", (char *)NAP, long_argument, NULL});
}

static bool long_arguments_truth(psb_specimen *specimen, psb_field field, psb_value *out)
{
    static const char HEAD[] = "sh\0-c\0read _";
    if (field != PSB_CMDLINE)
        return shell_truth(specimen, field, out);
    memcpy(long_list, HEAD, sizeof HEAD);
    memset(long_list + sizeof HEAD, 'x', LONG_ARGUMENT - 1);
    *out = (psb_value){.count = 4, .u.text = {long_list, sizeof HEAD + LONG_ARGUMENT}};
    return true;
}

/* A copy of the shell, which is gone before it runs. */
static int lost_program(char path[256])
{
    char directory[] = "/tmp/psbench.XXXXXX", buf[4096];
    ssize_t got = -1;
    if (!mkdtemp(directory))
        return -1;
    snprintf(path, 256, "%s/lost", directory);
    int from = open(SHELL, O_RDONLY | O_CLOEXEC), to = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0700);
    while (from >= 0 && to >= 0 && (got = read(from, buf, sizeof buf)) > 0)
        if (write(to, buf, (size_t)got) != got)
            break;
    close(to);
    close(from);
    int program = got == 0 ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    unlink(path);
    rmdir(directory);
    return program;
}

static int lost;

static void lose_program(struct child *child)
{
    lost = lost_program(child->report.path);
    if (lost < 0)
        _exit(1);
}

static void run_lost(struct child *child)
{
    dup2(child->hold, STDIN_FILENO);
    fexecve(lost, (char *[]){"lost", "-c", (char *)NAP, "x", NULL}, environ);
    _exit(1);
}

static bool deleted_exe_truth(psb_specimen *specimen, psb_field field, psb_value *out)
{
    return field == PSB_EXE && text(out, made_of(specimen)->report.path);
}

/* ---- on request ---- */

static void name_before(struct child *child)
{
    prctl(PR_SET_NAME, "before");
}

static void run_on_request(struct child *child)
{
    char byte;
    ssize_t got;
    close(child->ready);
    while ((got = read(child->hold, &byte, 1)) < 0 && errno == EINTR)
        ;
    if (got == 1)
        shout(child);
}

static bool executes_truth(psb_specimen *specimen, psb_field field, psb_value *out)
{
    bool acted = made_of(specimen)->acted;
    if (field == PSB_NAME)
        return text(out, acted ? "sh" : "before");
    return acted && field == PSB_CMDLINE && list(specimen, ARGUMENTS, out);
}

static bool execute(psb_specimen *specimen)
{
    struct made *made = made_of(specimen);
    char byte = 0;
    ssize_t got;
    if (made->acted || !psb_population_write(made->hold, &byte, 1))
        return false;
    while ((got = read(made->done, &byte, 1)) < 0 && errno == EINTR)
        ;
    return made->acted = got == 0;
}

static bool vanish(psb_specimen *specimen)
{
    struct made *made = made_of(specimen);
    if (made->acted)
        return false;
    kill(made->child, SIGKILL);
    wait_for(made->child);
    made->child = 0;
    return made->acted = true;
}

static bool vanishes_truth(psb_specimen *specimen, psb_field field, psb_value *out)
{
    bool told = field == PSB_NAME || field == PSB_PPID || field == PSB_UIDS || field == PSB_GIDS ||
                field == PSB_NICE || field == PSB_CWD || field == PSB_NUM_THREADS || field == PSB_PARENT;
    return made_of(specimen)->acted && told && has_status(out, PSB_GONE);
}

/* A child with the pid of one that has ended; root may choose it (clone3(2), set_tid). -1: it may not. */
static pid_t fork_as(pid_t pid)
{
    struct clone_args args = {
        .exit_signal = SIGCHLD, .set_tid = (uint64_t)(uintptr_t)&pid, .set_tid_size = 1};
    return (pid_t)syscall(SYS_clone3, &args, sizeof args);
}

static bool reuse(psb_specimen *specimen)
{
    struct made *made = made_of(specimen);
    pid_t maker = getpid();
    int hold[2];
    if (made->acted || !open_pipe(hold))
        return false;
    vanish(specimen);
    pid_t pid = fork_as(made->report.pid);
    int error = errno;
    if (pid == 0) {
        struct child child = {.hold = hold[0], .ready = -1};
        close(hold[1]);
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() == maker)
            sleep_on(&child);
        _exit(0);
    }
    close(hold[0]);
    close(made->hold);
    made->hold = hold[1];
    made->child = pid > 0 ? pid : 0;
    errno = error;
    return pid > 0;
}

/* ---- the kernel's own ---- */

/* The parent in a file stat, behind the name's last parenthesis; 0: it cannot be read. */
static long parent_of(const char *pid)
{
    char path[300], bytes[512] = "";
    snprintf(path, sizeof path, "/proc/%s/stat", pid);
    FILE *file = fopen(path, "r");
    if (!file)
        return 0;
    size_t len = fread(bytes, 1, sizeof bytes - 1, file);
    fclose(file);
    bytes[len] = '\0';
    const char *close_ = strrchr(bytes, ')');
    return close_ && strlen(close_) > 4 ? strtol(close_ + 4, NULL, 10) : 0;
}

static bool is_kthreadd(void)
{
    char name[32] = "";
    FILE *file = fopen("/proc/2/comm", "r");
    bool is = file && fgets(name, sizeof name, file) && strcmp(name, "kthreadd\n") == 0;
    if (file)
        fclose(file);
    return is;
}

static bool kernel_start(psb_specimen *out, char *why, size_t why_size)
{
    DIR *dir = is_kthreadd() ? opendir("/proc") : NULL;
    psb_pid found = 0;
    for (const struct dirent *entry; dir && !found && (entry = readdir(dir));)
        if (entry->d_name[0] >= '0' && entry->d_name[0] <= '9' && parent_of(entry->d_name) == 2)
            found = strtol(entry->d_name, NULL, 10);
    if (dir)
        closedir(dir);
    if (!found)
        snprintf(why, why_size, "no thread of the kernel can be seen here");
    *out = (psb_specimen){.pid = found, .ppid = 2, .hold = -1};
    return found != 0;
}

static void kernel_stop(psb_specimen *specimen) {}

static bool kernel_truth(psb_specimen *specimen, psb_field field, psb_value *out)
{
    switch (field) {
    case PSB_PPID:
        return integer(out, 2);
    case PSB_NUM_THREADS:
        return integer(out, 1);
    case PSB_CMDLINE:
        return text(out, "");
    case PSB_UIDS:
    case PSB_GIDS:
        *out = (psb_value){.known = 7};
        return true;
    case PSB_TERMINAL:
        return has_status(out, PSB_ABSENT);
    default:
        return false;
    }
}

/* ---- the table ---- */

/* id, meaning, become, stay, truth, wait_for, not, act */
/* clang-format off */
#define KINDS(X) \
    X(zombie, "has ended, and nobody has asked how", NULL, end_at_once, zombie_truth, WEXITED, NOT(NUM_THREADS), NULL) \
    X(stopped, "stopped by a signal", NULL, stop_oneself, stopped_truth, WSTOPPED, 0, NULL) \
    X(many_threads, "64 threads", start_threads, NULL, threads_truth, 0, 0, NULL) \
    X(many_files, "501 open files", open_files, NULL, files_truth, 0, 0, NULL) \
    X(tty, "has a terminal of its own", open_terminal, NULL, tty_truth, 0, 0, NULL) \
    X(niced, "gives way to others", give_way, NULL, niced_truth, 0, 0, NULL) \
    X(reparented, "its parent has ended", lose_parent, NULL, NULL, 0, NOT(PARENT), NULL) \
    X(renamed, "has given itself another name", become_renamed, NULL, renamed_truth, 0, 0, NULL) \
    X(name_blank, "its name has a blank in it", become_name_blank, NULL, name_blank_truth, 0, 0, NULL) \
    X(name_parenthesis, "its name looks like columns of /proc/PID/stat", become_name_parenthesis, NULL, name_parenthesis_truth, 0, 0, NULL) \
    X(name_newline, "its name has a newline in it", become_name_newline, NULL, name_newline_truth, 0, 0, NULL) \
    X(name_tab, "its name has a tab in it", become_name_tab, NULL, name_tab_truth, 0, 0, NULL) \
    X(name_uid, "its name looks like a line of /proc/PID/status", become_name_uid, NULL, name_uid_truth, 0, 0, NULL) \
    X(name_bytes, "its name is not UTF-8", become_name_bytes, NULL, name_bytes_truth, 0, 0, NULL) \
    X(arguments, "arguments of every sort, an empty one among them", NULL, shout, arguments_truth, 0, 0, NULL) \
    X(long_arguments, "an argument of 128 KiB", NULL, shout_long, long_arguments_truth, 0, 0, NULL) \
    X(deleted_exe, "the file of its program is gone", lose_program, run_lost, deleted_exe_truth, 0, 0, NULL) \
    X(deleted_cwd, "its directory is gone", lose_directory, NULL, directory_truth, 0, 0, NULL) \
    X(executes, "becomes another program on request", name_before, run_on_request, executes_truth, 0, 0, execute) \
    X(vanishes, "ends on request", NULL, NULL, vanishes_truth, 0, 0, vanish) \
    X(reused, "another gets its pid on request; root only", NULL, NULL, NULL, 0, 0, reuse)

#define KIND(id, meaning, become_, stay_, truth_, wait, not_, act) \
    static const struct kind id##_kind = {become_, stay_, truth_, wait, not_}; \
    static bool id##_start(psb_specimen *out, char *why, size_t why_size) \
    { \
        return make(&id##_kind, out, why, why_size); \
    }
KINDS(KIND)

#define ROW(id, meaning, become_, stay_, truth_, wait, not_, act) \
    {#id, meaning, id##_start, stop, linux_truth, act},
static const psb_population POPULATIONS[] = {
    KINDS(ROW)
    {"kernel_thread", "one of the kernel's own, which is found and not made", kernel_start, kernel_stop, kernel_truth, NULL},
};
/* clang-format on */

const psb_population *psb_population_linux_at(size_t index)
{
    return index < sizeof POPULATIONS / sizeof *POPULATIONS ? &POPULATIONS[index] : NULL;
}

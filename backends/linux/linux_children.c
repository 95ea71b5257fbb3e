#define _GNU_SOURCE
#include "linux_children.h"

#include "registry.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CHILDREN = 32 };

static child children[CHILDREN];
static int own_control = -1, own_report = -1; /* of this process, if it is a child */

/* ---- the test's side ---- */

static void forget(child *c)
{
    if (c->control > 0)
        close(c->control);
    if (c->report > 0)
        close(c->report);
    *c = (child){0};
}

static void end_children(void)
{
    for (int i = 0; i < CHILDREN; i++) {
        if (children[i].pid > 0)
            kill(children[i].pid, SIGKILL);
        forget(&children[i]);
    }
    while (waitpid(-1, NULL, 0) > 0 || errno == EINTR) /* orphans of children, too */
        ;
}

static void remove_directory(const char *path)
{
    DIR *dir = opendir(path);
    for (struct dirent *entry; dir && (entry = readdir(dir));)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            if (unlinkat(dirfd(dir), entry->d_name, 0) != 0)
                unlinkat(dirfd(dir), entry->d_name, AT_REMOVEDIR);
    if (dir)
        closedir(dir);
    rmdir(path);
}

static void end_snapshots(native *n)
{
    for (int v = 0; v < PSB_VARIANTS; v++) {
        if (n->snapshot[v])
            n->backend[v]->ops->end(n->snapshot[v]);
        n->snapshot[v] = NULL;
    }
}

int native_setup(void **state)
{
    static native only;
    const char *tmp = getenv("TMPDIR");
    char why[256];
    *state = NULL;
    if (!psb_native_leaf.port || strcmp(psb_native_leaf.port, "linux") != 0)
        return 0;
    only = (native){0};
    snprintf(only.dir, sizeof only.dir, "%s/psbench-test-XXXXXX", tmp && strlen(tmp) < 32 ? tmp : "/tmp");
    if (!mkdtemp(only.dir))
        return -1;
    prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
    *state = &only;
    for (int v = 0; v < PSB_VARIANTS; v++) {
        only.backend[v] = psb_open(psb_port_named("linux"), (psb_variant)v, "native", NULL, why, sizeof why);
        if (!only.backend[v]) { /* then there is no teardown */
            print_message("%s\n", why);
            native_teardown(state);
            return -1;
        }
    }
    return 0;
}

int native_teardown(void **state)
{
    native *n = *state;
    end_children();
    if (!n)
        return 0;
    end_snapshots(n);
    for (int v = 0; v < PSB_VARIANTS; v++)
        if (n->backend[v])
            n->backend[v]->ops->close(n->backend[v]);
    remove_directory(n->dir);
    return 0;
}

native *native_of(void **state)
{
    if (!*state)
        SKIP("this program was built without a way to ask Linux");
    return *state;
}

psb_value native_get(native *n, psb_pid pid, psb_field field)
{
    const psb_field_info *info = psb_field_of(field);
    psb_value value[PSB_VARIANTS];
    end_snapshots(n);
    for (int v = 0; v < PSB_VARIANTS; v++) {
        assert_int_equal(n->backend[v]->ops->begin(n->backend[v], PSB_SPAN_PROCESS, &n->snapshot[v]), PSB_OK);
        psb_get(n->snapshot[v], pid, field, &value[v]);
        if (!psb_is_fact(value[v].status))
            fail_msg("%s of %lld: %s, error %d", info->name, (long long)pid, psb_status_name(value[v].status),
                     value[v].os_error);
    }
    if (info->compare == PSB_COMPARE_EXACT ? !psb_value_equal(field, &value[0], &value[1])
                                           : value[0].status != value[1].status)
        fail_msg("%s of %lld: cached and uncached disagree", info->name, (long long)pid);
    return value[PSB_UNCACHED];
}

bool native_lists(native *n, psb_pid pid)
{
    bool found[PSB_VARIANTS] = {false};
    for (int v = 0; v < PSB_VARIANTS; v++) {
        psb_pidlist list;
        assert_int_equal(n->backend[v]->ops->pids(n->backend[v], &list), PSB_OK);
        for (size_t i = 0; i < list.count; i++) {
            assert_true(i == 0 || list.pid[i] > list.pid[i - 1]);
            found[v] = found[v] || list.pid[i] == pid;
        }
        psb_pidlist_free(&list);
    }
    assert_int_equal(found[0], found[1]);
    return found[0];
}

const char *native_path(const native *n, const char *name)
{
    static char path[256];
    snprintf(path, sizeof path, "%s/%s", n->dir, name);
    return path;
}

/* ---- children ---- */

static bool tie_to_parent(pid_t parent)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    return getppid() == parent;
}

/* In the child, returns NULL. */
static child *begin_child(void)
{
    int control[2], report[2];
    pid_t parent = getpid();
    child *c = children;
    while (c < children + CHILDREN && c->pid > 0)
        c++;
    assert_true(c < children + CHILDREN);
    assert_int_equal(pipe2(control, O_CLOEXEC), 0);
    assert_int_equal(pipe2(report, O_CLOEXEC), 0);
    fflush(NULL);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        close(control[1]);
        close(report[0]);
        own_control = control[0];
        own_report = report[1];
        if (!tie_to_parent(parent))
            _exit(1);
        return NULL;
    }
    close(control[0]);
    close(report[1]);
    *c = (child){pid, control[1], report[0], 0};
    return c;
}

/* false: the child has returned, or runs a program. */
static bool hear(child *c)
{
    ssize_t got;
    do
        got = read(c->report, &c->said, sizeof c->said);
    while (got < 0 && errno == EINTR);
    return got == sizeof c->said;
}

child *child_start(void (*body)(void *), void *arg)
{
    child *c = begin_child();
    if (!c) {
        body(arg);
        _exit(0);
    }
    hear(c);
    return c;
}

void meet(int64_t number)
{
    char word;
    ssize_t got;
    if (write(own_report, &number, sizeof number) != sizeof number)
        _exit(1);
    do
        got = read(own_control, &word, 1);
    while (got < 0 && errno == EINTR);
    if (got != 1)
        _exit(0);
}

void child_go(child *c)
{
    assert_int_equal(write(c->control, "", 1), 1);
    hear(c);
}

child *child_exec(const char *path, char *const argv[])
{
    static char *const ENVIRONMENT[] = {NULL};
    child *c = begin_child();
    if (!c) {
        dup2(own_control, STDIN_FILENO);
        execve(path, argv, ENVIRONMENT);
        int64_t error = errno;
        if (write(own_report, &error, sizeof error) < 0)
            _exit(2);
        _exit(1);
    }
    if (hear(c))
        SKIP("cannot run %s: %s", path, strerror((int)c->said));
    return c;
}

static void await(const child *c, int what)
{
    siginfo_t info;
    while (waitid(P_PID, (id_t)c->pid, &info, what | WNOWAIT) != 0)
        assert_int_equal(errno, EINTR);
}

void child_stop(const child *c)
{
    assert_int_equal(kill(c->pid, SIGSTOP), 0);
    await(c, WSTOPPED);
}

void child_resume(const child *c)
{
    assert_int_equal(kill(c->pid, SIGCONT), 0);
}

void child_go_to_stop(const child *c)
{
    assert_int_equal(write(c->control, "", 1), 1);
    await(c, WSTOPPED);
}

void child_resume_to_stop(const child *c)
{
    child_resume(c);
    await(c, WSTOPPED);
}

void child_zombie(const child *c)
{
    assert_int_equal(kill(c->pid, SIGKILL), 0);
    await(c, WEXITED);
}

void child_end(child *c)
{
    kill(c->pid, SIGKILL);
    while (waitpid(c->pid, NULL, 0) < 0)
        assert_int_equal(errno, EINTR);
    forget(c);
}

struct nobodys {
    int64_t (*body)(native *);
    native *n;
};

static void become_nobody(void *arg)
{
    struct nobodys *work = arg;
    pid_t parent = getppid();
    if (setgroups(0, NULL) != 0 || setresgid(NOBODY, NOBODY, NOBODY) != 0 ||
        setresuid(NOBODY, NOBODY, NOBODY) != 0)
        meet(-1);
    if (!tie_to_parent(parent)) /* a change of uid unties */
        _exit(1);
    meet(work->body(work->n));
}

int64_t as_nobody(int64_t (*body)(native *), native *n)
{
    if (geteuid() != 0)
        SKIP("only root can become another user");
    child *c = child_start(become_nobody, &(struct nobodys){body, n});
    int64_t said = c->said;
    child_end(c);
    if (said < 0)
        SKIP("even root cannot become another user here");
    return said;
}

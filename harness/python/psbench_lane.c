/*
 * psbench_lane.c: psutil's C modules over our ports, for CPython. Lane(port, kernel, world=None) opens a port; see lane.h.
 * Its functions are rows of layer.def. driver.py puts what it gives under psutil.
 */
#include "lane_functions.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static PyObject *struct_passwd(void)
{
    PyObject *accounts = PyImport_ImportModule("pwd");
    PyObject *type = accounts ? PyObject_GetAttrString(accounts, "struct_passwd") : NULL;
    Py_XDECREF(accounts);
    return type;
}

/* All of it here and nothing in __init__: there is no Lane without a port. */
static PyObject *lane_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"port", "kernel", "world", NULL};
    const char *port, *kernel, *world = NULL;
    char why[256];
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "ss|z", names, &port, &kernel, &world))
        return NULL;
    psb_lane_object *self = (psb_lane_object *)type->tp_alloc(type, 0);
    if (!self)
        return NULL;
    self->passwd = struct_passwd();
    self->lane = self->passwd ? psb_lane_open(port, kernel, world, why, sizeof why) : NULL;
    if (!self->lane) {
        if (self->passwd)
            PyErr_SetString(PyExc_ValueError, why);
        Py_DECREF(self);
        return NULL;
    }
    self->system = psb_layer_system_of(port);
    return (PyObject *)self;
}

static void lane_dealloc(PyObject *object)
{
    psb_lane_close(((psb_lane_object *)object)->lane);
    Py_XDECREF(((psb_lane_object *)object)->passwd);
    Py_TYPE(object)->tp_free(object);
}

static PyObject *lane_functions(PyObject *object, PyObject *args)
{
    psb_lane_object *self = (psb_lane_object *)object;
    const psb_layer_function *row;
    unsigned version, module;
    if (!PyArg_ParseTuple(args, "II", &version, &module))
        return NULL;
    PyObject *all = PyDict_New();
    for (size_t i = 0; all && (row = psb_layer_function_at(i)) != NULL; i++) {
        if (!(row->systems & self->system) || !(row->versions & version) || (unsigned)row->module != module)
            continue;
        PyObject *callable = psb_lane_function(self, row);
        if (!callable || PyDict_SetItemString(all, row->name, callable) < 0)
            Py_CLEAR(all);
        Py_XDECREF(callable);
    }
    return all;
}

static PyObject *lane_constants(PyObject *object, PyObject *unused)
{
    const psb_lane_object *self = (const psb_lane_object *)object;
    PyObject *all = PyDict_New();
    const char *name;
    for (size_t i = 1; all && (name = psb_layer_constant(i, self->system)) != NULL; i++) {
        PyObject *number = *name ? PyLong_FromSize_t(i) : NULL;
        if (*name && (!number || PyDict_SetItemString(all, name, number) < 0))
            Py_CLEAR(all);
        Py_XDECREF(number);
    }
    return all;
}

static PyObject *lane_restack(PyObject *object, PyObject *args)
{
    char why[256];
    const char *kernel;
    if (!PyArg_ParseTuple(args, "s", &kernel))
        return NULL;
    if (!psb_lane_restack(((psb_lane_object *)object)->lane, kernel, why, sizeof why)) {
        PyErr_SetString(PyExc_ValueError, why);
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyObject *lane_stand_still(PyObject *object, PyObject *still)
{
    int truth = PyObject_IsTrue(still);
    if (truth < 0)
        return NULL;
    psb_lane_stand_still(((psb_lane_object *)object)->lane, truth);
    Py_RETURN_NONE;
}

static bool set_pids(PyObject *list, const psb_pidlist *pids)
{
    for (size_t i = 0; i < pids->count; i++) {
        PyObject *pid = PyLong_FromLongLong(pids->pid[i]);
        if (!pid)
            return false;
        PyList_SET_ITEM(list, (Py_ssize_t)i, pid);
    }
    return true;
}

static PyObject *lane_pids(PyObject *object, PyObject *unused)
{
    const psb_lane_object *self = (const psb_lane_object *)object;
    psb_pidlist pids;
    psb_status status = self->lane->backend->ops->pids(self->lane->backend, &pids);
    if (status != PSB_OK)
        return PyErr_Format(PyExc_RuntimeError, "%s: pids: %s", self->lane->port->name,
                            psb_status_name(status));
    PyObject *list = PyList_New((Py_ssize_t)pids.count);
    if (list && !set_pids(list, &pids))
        Py_CLEAR(list);
    psb_pidlist_free(&pids);
    return list;
}

static bool add_parent(PyObject *map, psb_lane *lane, psb_decode *decode, psb_pid pid, const void *parsed)
{
    psb_value value = psb_lane_decode(lane, decode, parsed);
    PyObject *key = PyLong_FromLongLong(pid), *parent = PyLong_FromLongLong(value.u.integer);
    bool good = key && parent && (value.status != PSB_OK || PyDict_SetItem(map, key, parent) == 0);
    Py_XDECREF(key);
    Py_XDECREF(parent);
    return good;
}

/* {pid: ppid} of all, by one walk over the table of processes. */
static PyObject *lane_ppid_map(PyObject *object, PyObject *unused)
{
    psb_lane *lane = ((psb_lane_object *)object)->lane;
    int table = lane->port->pids_source;
    psb_decode *decode = psb_lane_decoder(lane, table, PSB_PPID);
    psb_record record;
    size_t at = 0;
    if (!decode) {
        PyErr_SetString(PyExc_NotImplementedError,
                        "this port's table of processes does not tell the parents");
        return NULL;
    }
    psb_told told = psb_lane_ask(lane, table, 0, 0); /* its whole reply is kept, whatever is said of pid 0 */
    if (!psb_is_fact(told.status))
        return psb_lane_refuse((psb_lane_object *)object, table, 0, told.status, told.os_error);
    PyObject *map = PyDict_New();
    while (map && (told = psb_lane_next(lane, table, &at, &record)).status == PSB_OK)
        if (!add_parent(map, lane, decode, record.pid, told.parsed))
            Py_CLEAR(map);
    return map;
}

/* Adds one process's terminal to the map. */
static bool add_terminal(PyObject *map, psb_snapshot *snapshot, psb_pid pid)
{
    psb_value value;
    if (psb_get(snapshot, pid, PSB_TERMINAL, &value) != PSB_OK)
        return true;
    PyObject *device = PyLong_FromLong(psb_lane_device(value.u.text.bytes, value.u.text.len)),
             *path = psb_lane_text(&value);
    PyObject *there = device && path ? PyDict_SetDefault(map, device, path) : NULL;
    bool good = there && PyUnicode_Compare(there, path) == 0;
    if (there && !good)
        PyErr_Format(PyExc_RuntimeError, "%U and %U have the same number", there, path);
    Py_XDECREF(device);
    Py_XDECREF(path);
    return good;
}

static PyObject *lane_terminals(PyObject *object, PyObject *unused)
{
    psb_backend *backend = ((psb_lane_object *)object)->lane->backend;
    psb_pidlist pids;
    psb_snapshot *snapshot;
    PyObject *map = PyDict_New();
    if (!map || backend->ops->pids(backend, &pids) != PSB_OK)
        return map;
    for (size_t i = 0; map && i < pids.count; i++) {
        if (backend->ops->begin(backend, PSB_SPAN_PROCESS, &snapshot) != PSB_OK)
            break;
        if (!add_terminal(map, snapshot, pids.pid[i]))
            Py_CLEAR(map);
        backend->ops->end(snapshot);
    }
    psb_pidlist_free(&pids);
    return map;
}

/* Of one op: {name of the source: (calls, entries, bytes, failures)}. */
static bool add_count(PyObject *all, const psb_source *source, const psb_count *count)
{
    if (count[source->op].calls == 0)
        return true;
    const psb_count *made = &count[source->op];
    PyObject *row =
        Py_BuildValue("(KKKK)", (unsigned long long)made->calls, (unsigned long long)made->entries,
                      (unsigned long long)made->bytes, (unsigned long long)made->failures);
    bool good = row && PyDict_SetItemString(all, source->name, row) == 0;
    Py_XDECREF(row);
    return good;
}

static PyObject *lane_counts(PyObject *object, PyObject *unused)
{
    const psb_lane *lane = ((const psb_lane_object *)object)->lane;
    PyObject *all = PyDict_New();
    if (!lane->counter) {
        Py_XDECREF(all);
        PyErr_SetString(PyExc_ValueError, "there is no count shim in this kernel: 'count+...'");
        return NULL;
    }
    for (int i = 0; all && i < PSB_LANE_SOURCES; i++)
        if ((i >= PSB_SOURCES_MAX || (size_t)i < lane->port->sources) &&
            !add_count(all, psb_lane_source_at(lane, i), psb_count_read(lane->counter)))
            Py_CLEAR(all);
    return all;
}

static PyObject *lane_reset(PyObject *object, PyObject *unused)
{
    psb_kernel *counter = ((psb_lane_object *)object)->lane->counter;
    if (counter)
        psb_count_reset(counter);
    Py_RETURN_NONE;
}

/* The entry that getpwuid(3) gives: psutil takes its name. The rest a port does not tell. */
static PyObject *lane_account(PyObject *object, PyObject *uid)
{
    const psb_lane_object *self = (const psb_lane_object *)object;
    psb_lane *lane = self->lane;
    int source = lane->port->user.source;
    long long number = PyLong_AsLongLong(uid);
    if (number == -1 && PyErr_Occurred())
        return NULL;
    if (!lane->port->user.decode) {
        PyErr_SetString(PyExc_NotImplementedError, "this system's accounts have no numbers");
        return NULL;
    }
    psb_told told = psb_lane_ask(lane, source, number, 0);
    if (told.status == PSB_ABSENT)
        return PyErr_Format(PyExc_KeyError, "uid not found: %lld", number);
    if (told.status != PSB_OK)
        return psb_lane_refuse(self, source, number, told.status, told.os_error);
    psb_value value = psb_lane_decode(lane, lane->port->user.decode, told.parsed);
    PyObject *name = psb_lane_text(&value);
    PyObject *entry = name ? Py_BuildValue("(NsOisss)", name, "x", uid, 0, "", "", "") : NULL;
    PyObject *account = entry ? PyObject_CallOneArg(self->passwd, entry) : NULL;
    Py_XDECREF(entry);
    return account;
}

/* The links of /proc that psutil reads by itself: what stands behind /proc/PID/, and the source that answers. */
static const struct {
    const char *rest, *source;
    psb_field field;
    int64_t argument;
} LINKS[] = {
    {"path/0", "fd_path", PSB_TERMINAL, 0}, {"path/1", "fd_path", PSB_TERMINAL, 1},
    {"path/2", "fd_path", PSB_TERMINAL, 2}, {"path/255", "fd_path", PSB_TERMINAL, 255},
    {"path/a.out", "exe", PSB_EXE, 0},      {"path/cwd", "cwd", PSB_CWD, 0},
    {"exe", "pathname", PSB_EXE, 0},
};

/* readlink(2) in a /proc that a port tells of; a link that leads nowhere is no file. */
static PyObject *lane_readlink(PyObject *object, PyObject *path_object)
{
    const psb_lane_object *self = (const psb_lane_object *)object;
    const char *path = PyUnicode_AsUTF8(path_object);
    char *rest;
    size_t i = 0;
    if (!path)
        return NULL;
    psb_pid pid = strncmp(path, "/proc/", 6) == 0 ? strtoll(path + 6, &rest, 10) : -1;
    while (pid >= 0 && i < sizeof LINKS / sizeof *LINKS && strcmp(rest + (*rest == '/'), LINKS[i].rest) != 0)
        i++;
    int source =
        pid >= 0 && i < sizeof LINKS / sizeof *LINKS ? psb_lane_source(self->lane, LINKS[i].source) : -1;
    psb_decode *decode = source >= 0 ? psb_lane_decoder(self->lane, source, LINKS[i].field) : NULL;
    if (!decode)
        return PyErr_Format(PyExc_RuntimeError, "%s: no source answers readlink('%U')",
                            self->lane->port->name, path_object);
    psb_told told = psb_lane_ask(self->lane, source, pid, (uint64_t)LINKS[i].argument);
    if (!psb_is_fact(told.status))
        return psb_lane_refuse(self, source, pid, told.status, told.os_error);
    psb_value value = told.status == PSB_OK ? psb_lane_decode(self->lane, decode, told.parsed)
                                            : psb_value_of_status(told.status, 0);
    if (value.status == PSB_OK)
        return psb_lane_text(&value);
    errno = value.status == PSB_DENIED ? EACCES : ENOENT;
    return PyErr_SetFromErrnoWithFilenameObject(PyExc_OSError, path_object);
}

/*
 * A process of the world to ask about: it lives, has a parent, is not the kernel's own, and its name is so
 * short that psutil does not look for a longer one in the arguments (15 bytes, which would be a call more).
 */
static PyObject *lane_specimen(PyObject *object, PyObject *unused)
{
    enum { LONG_NAME = 15 };
    const psb_world *world = ((const psb_lane_object *)object)->lane->world;
    for (size_t i = 0; world && i < world->count; i++) {
        const psb_process *process = &world->process[i];
        if (!process->is_kernel && process->state != PSB_STATE_ZOMBIE && process->ppid != 0 &&
            process->name.len < LONG_NAME && process->fds > 0 && psb_world_find(world, process->ppid))
            return PyLong_FromLongLong(process->pid);
    }
    PyErr_SetString(PyExc_ValueError, "there is no process in this world to ask about");
    return NULL;
}

static PyObject *lane_facts(PyObject *object, void *which)
{
    const psb_facts *facts = &((const psb_lane_object *)object)->lane->facts;
    return PyLong_FromUnsignedLongLong(which ? facts->memory_bytes : facts->page_bytes);
}

static PyObject *lane_evidence(PyObject *object, void *unused)
{
    return PyUnicode_FromString(psb_evidence_name(((const psb_lane_object *)object)->lane->evidence));
}

static PyObject *lane_port(PyObject *object, void *unused)
{
    return PyUnicode_FromString(((const psb_lane_object *)object)->lane->port->name);
}

static PyMethodDef LANE_METHODS[] = {
    {"functions", lane_functions, METH_VARARGS,
     "functions(version, module) -> {name: function}: version 1 is psutil 5.0, 2 is 5.9 and 7.0; module 0 is "
     "the "
     "system's own, 1 is _psutil_posix, 2 is what psutil reads from /proc by itself"},
    {"constants", lane_constants, METH_NOARGS, "constants() -> {name: number} of process states"},
    {"restack", lane_restack, METH_VARARGS, "restack(kernel): another stack of kernels over the same world"},
    {"stand_still", lane_stand_still, METH_O,
     "stand_still(still): the first answer to each question is given again, without a call"},
    {"pids", lane_pids, METH_NOARGS, "pids() -> list"},
    {"ppid_map", lane_ppid_map, METH_NOARGS,
     "ppid_map() -> {pid: ppid}, where the table of processes tells it"},
    {"terminals", lane_terminals, METH_NOARGS, "terminals() -> {number: path}, those that processes have"},
    {"counts", lane_counts, METH_NOARGS, "counts() -> {source: (calls, entries, bytes, failures)}"},
    {"reset", lane_reset, METH_NOARGS, "reset(): counts are 0 again"},
    {"account", lane_account, METH_O, "account(uid) -> what pwd.getpwuid gives; KeyError: there is none"},
    {"readlink", lane_readlink, METH_O,
     "readlink(path) -> path, of a link in /proc that psutil reads by itself"},
    {"specimen", lane_specimen, METH_NOARGS, "specimen() -> pid of a process of the world to ask about"},
    {NULL, NULL, 0, NULL}};

static PyGetSetDef LANE_MEMBERS[] = {{"page_bytes", lane_facts, NULL, NULL, NULL},
                                     {"memory_bytes", lane_facts, NULL, NULL, (void *)1},
                                     {"evidence", lane_evidence, NULL, NULL, NULL},
                                     {"port", lane_port, NULL, NULL, NULL},
                                     {NULL, NULL, NULL, NULL, NULL}};

static PyTypeObject LaneType = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "psbench_lane.Lane",
    .tp_basicsize = sizeof(psb_lane_object),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_new = lane_new,
    .tp_dealloc = lane_dealloc,
    .tp_methods = LANE_METHODS,
    .tp_getset = LANE_MEMBERS,
    .tp_doc = "Lane(port, kernel, world=None): a port over a stack of kernels",
};

/* ---- what a call and what a tuple cost without us ---- */

static PyObject *empty(PyObject *module, PyObject *args)
{
    long long pid = PyLong_AsLongLong(PyTuple_GET_ITEM(args, 0));
    if (pid == -1 && PyErr_Occurred())
        return NULL;
    Py_RETURN_NONE;
}

/* The tuple of the BSDs, of constants, by the one call that such functions commonly make it with. */
static PyObject *built(PyObject *module, PyObject *args)
{
    long long pid = PyLong_AsLongLong(PyTuple_GET_ITEM(args, 0));
    if (pid == -1 && PyErr_Occurred())
        return NULL;
    return Py_BuildValue("(lillllllLdllllddddlllllis)", 1000L, 3, 1000L, 1000L, 1000L, 1000L, 1000L, 1000L,
                         5000LL, 1.7e9, 1000L, 1000L, 1000L, 1000L, 1.5, 1.5, 1.5, 1.5, 1L << 20, 1L << 20,
                         1L << 20, 1L << 20, 1L << 20, 1, "process");
}

static PyMethodDef MODULE_METHODS[] = {
    {"empty", empty, METH_VARARGS, "empty(pid): a function that does nothing"},
    {"built", built, METH_VARARGS, "built(pid) -> a tuple of 25 constants"},
    {NULL, NULL, 0, NULL}};

static struct PyModuleDef MODULE = {PyModuleDef_HEAD_INIT,
                                    "psbench_lane",
                                    "psutil's C modules over psbench's ports; see Lane",
                                    -1,
                                    MODULE_METHODS,
                                    NULL,
                                    NULL,
                                    NULL,
                                    NULL};

PyMODINIT_FUNC PyInit_psbench_lane(void);

PyMODINIT_FUNC PyInit_psbench_lane(void)
{
    if (PyType_Ready(&LaneType) < 0 || !psb_lane_functions_ready())
        return NULL;
    PyObject *module = PyModule_Create(&MODULE);
    if (module && PyModule_AddObjectRef(module, "Lane", (PyObject *)&LaneType) < 0)
        Py_CLEAR(module);
    return module;
}

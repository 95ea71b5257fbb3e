/*
 * psbench_lane.c: psutil's C modules over our ports, for CPython. The functions are rows of layer.def; each is one
 * call of one source, and what it returns is made out of the port's own decoders, as psutil's Python unpacks it.
 *
 * Lane(port, kernel, world=None) opens a port; see lane.h. driver.py puts what it gives under psutil.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "lane.h"
#include "layer.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

typedef struct Lane {
    PyObject_HEAD psb_lane *lane;
    uint32_t system;
    PyObject *passwd; /* the type of an account's entry: pwd.struct_passwd */
} Lane;

/* One row of layer.def, bound to a lane: the self of the function that psutil calls. */
typedef struct Function {
    PyObject_HEAD Lane *owner;
    const psb_layer_function *row;
    int first, source, spare; /* first, spare: -1 if there is none */
    PyMethodDef method;
    psb_decode *decode[PSB_ITEMS_MAX], *decode_spare;
} Function;

/* ---- statuses as the exceptions that psutil translates ---- */

/* winerror.h */
enum { ERROR_ACCESS_DENIED = 5, ERROR_INVALID_PARAMETER = 87 };

/* psutil asks an exception for its winerror, which this machine's have not. */
static void add_winerror(int number)
{
    PyObject *type, *value, *traceback, *winerror = PyLong_FromLong(number);
    PyErr_Fetch(&type, &value, &traceback);
    PyErr_NormalizeException(&type, &value, &traceback);
    if (winerror && value)
        PyObject_SetAttrString(value, "winerror", winerror);
    Py_XDECREF(winerror);
    PyErr_Restore(type, value, traceback);
}

/* Facts are what psutil expects, EACCES or ESRCH. Failures are ours, and loud: it lets a RuntimeError through. */
static PyObject *refuse(const Lane *self, int source, psb_pid pid, psb_status status, int os_error)
{
    if (!psb_is_fact(status))
        return PyErr_Format(PyExc_RuntimeError, "%s: source %s of process %lld: %s, error %d",
                            self->lane->port->name, psb_lane_source_at(self->lane, source)->name,
                            (long long)pid, psb_status_name(status), os_error);
    errno = status == PSB_DENIED ? EACCES : ESRCH;
    PyErr_SetFromErrno(PyExc_OSError);
    if (self->system == PSB_LAYER_WINDOWS)
        add_winerror(status == PSB_DENIED ? ERROR_ACCESS_DENIED : ERROR_INVALID_PARAMETER);
    return NULL;
}

/* ---- values as objects ---- */

/* Which fields have parts: asked for every item of every tuple. */
static const bool PART_OF_RECORD[PSB_FIELDS] = {
#define FIELD(id, name, kind, unit, compare, parts, meaning) [PSB_##id] = PSB_KIND_##kind == PSB_KIND_RECORD,
#include "field.def"
};

static PyObject *unknown_of(const Lane *self, const psb_item *item)
{
    switch (item->unknown) {
    case PSB_UNKNOWN_ZERO:
        return item->as == PSB_AS_SECONDS ? PyFloat_FromDouble(0) : PyLong_FromLong(0);
    case PSB_UNKNOWN_MINUS_ONE:
        return PyLong_FromLong(-1);
    case PSB_UNKNOWN_EMPTY:
        return PyUnicode_New(0, 0);
    case PSB_UNKNOWN_RUNNING:
        return PyLong_FromLong(psb_layer_state(self->system, PSB_STATE_RUNNING));
    default:
        Py_RETURN_NONE;
    }
}

static PyObject *text_object(const psb_value *value)
{
    return PyUnicode_DecodeFSDefaultAndSize(value->u.text.bytes, (Py_ssize_t)value->u.text.len);
}

/* What stands before the last backslash, or behind it. */
static PyObject *half_object(const psb_value *value, bool behind)
{
    const char *text = value->u.text.bytes;
    size_t len = value->u.text.len, at = len;
    while (at > 0 && text[at - 1] != '\\')
        at--;
    return behind ? PyUnicode_DecodeFSDefaultAndSize(text + at, (Py_ssize_t)(len - at))
                  : PyUnicode_DecodeFSDefaultAndSize(text, (Py_ssize_t)(at > 0 ? at - 1 : 0));
}

/* The strings of a list, with a blank where a NUL stands between two. */
static PyObject *joined_object(const psb_value *value)
{
    size_t len = value->u.text.len > 0 ? value->u.text.len - 1 : 0;
    char *copy = PyMem_Malloc(len + 1);
    if (!copy)
        return PyErr_NoMemory();
    for (size_t i = 0; i < len; i++)
        copy[i] = value->u.text.bytes[i] ? value->u.text.bytes[i] : ' ';
    PyObject *text = PyUnicode_DecodeFSDefaultAndSize(copy, (Py_ssize_t)len);
    PyMem_Free(copy);
    return text;
}

/*
 * The number that stands for a terminal: a hash of its path, since the device's own number is the port's
 * secret. FNV-1a (Fowler, Noll, Vo), folded to 31 bits; Lane.terminals refuses two paths with one number.
 */
static long device_of(const char *path, size_t len)
{
    uint64_t hash = UINT64_C(14695981039346656037);
    for (size_t i = 0; i < len; i++)
        hash = (hash ^ (unsigned char)path[i]) * UINT64_C(1099511628211);
    return (long)((hash ^ hash >> 31) & 0x7fffffff);
}

static bool is_part(const psb_item *item)
{
    return PART_OF_RECORD[item->field];
}

static PyObject *number_object(const Lane *self, const psb_item *item, const psb_value *value)
{
    if (!is_part(item))
        return item->as == PSB_AS_SECONDS ? PyFloat_FromDouble((double)value->u.integer / 1e9)
                                          : PyLong_FromLongLong(value->u.integer);
    uint64_t number = value->u.part[item->part];
    if (item->as == PSB_AS_SECONDS)
        return PyFloat_FromDouble((double)number / 1e9);
    if (item->as == PSB_AS_SUM)
        number += value->u.part[item->part + 1];
    if (item->as == PSB_AS_KB)
        number /= 1024;
    if (item->as == PSB_AS_PAGES)
        number /= self->lane->facts.page_bytes; /* by which it was multiplied */
    return number <= LONG_MAX ? PyLong_FromLong((long)number) : PyLong_FromUnsignedLongLong(number);
}

static bool is_known(const psb_item *item, const psb_value *value)
{
    uint32_t needed = item->as == PSB_AS_SUM ? 3u << item->part : 1u << item->part;
    if (value->status != PSB_OK)
        return false;
    return !is_part(item) || (value->known & needed) == needed;
}

static PyObject *item_object(const Lane *self, const psb_item *item, const psb_value *value)
{
    if (item->as == PSB_AS_NOTHING || !is_known(item, value))
        return unknown_of(self, item);
    switch (item->as) {
    case PSB_AS_TEXT:
        return text_object(value);
    case PSB_AS_JOINED:
        return joined_object(value);
    case PSB_AS_DOMAIN:
        return half_object(value, false);
    case PSB_AS_ACCOUNT:
        return half_object(value, true);
    case PSB_AS_STOPPED:
        return PyBool_FromLong(value->u.integer == PSB_STATE_STOPPED);
    case PSB_AS_STATE:
        return PyLong_FromLong(psb_layer_state(self->system, value->u.integer));
    case PSB_AS_DEVICE:
        return PyLong_FromLong(device_of(value->u.text.bytes, value->u.text.len));
    default:
        return number_object(self, item, value);
    }
}

/* ---- a function's answer ---- */

static psb_value value_of(const Function *self, size_t item, const void *parsed)
{
    return self->decode[item] ? psb_lane_decode(self->owner->lane, self->decode[item], parsed)
                              : psb_value_of_status(PSB_ABSENT, 0);
}

/* SunOS keeps only the first 79 bytes of the arguments in psinfo; for more, psutil reads the process's memory, too. */
static PyObject *from_spare(const Function *self, const psb_item *item, psb_pid pid)
{
    psb_told told = psb_lane_ask(self->owner->lane, self->spare, pid, 0);
    if (told.status != PSB_OK)
        return unknown_of(self->owner, item);
    psb_value value = psb_lane_decode(self->owner->lane, self->decode_spare, told.parsed);
    return item_object(self->owner, item, &value);
}

static PyObject *tuple_of(const Function *self, psb_pid pid, const void *parsed)
{
    PyObject *tuple = PyTuple_New((Py_ssize_t)self->row->items);
    psb_value value = {.status = PSB_ABSENT};
    for (size_t i = 0; tuple && i < self->row->items; i++) {
        const psb_item *item = &self->row->item[i];
        if (i == 0 || item->field != item[-1].field)
            value = value_of(self, i, parsed);
        PyObject *object = item->as == PSB_AS_JOINED && value.status == PSB_DENIED && self->spare >= 0
                               ? from_spare(self, item, pid)
                               : item_object(self->owner, item, &value);
        if (!object)
            Py_CLEAR(tuple);
        else
            PyTuple_SET_ITEM(tuple, (Py_ssize_t)i, object);
    }
    return tuple;
}

static PyObject *list_of(const psb_value *value)
{
    PyObject *list = PyList_New((Py_ssize_t)value->count);
    const char *at = value->u.text.bytes;
    for (uint32_t i = 0; list && i < value->count; i++, at += strlen(at) + 1) {
        PyObject *text = PyUnicode_DecodeFSDefault(at);
        if (!text)
            Py_CLEAR(list);
        else
            PyList_SET_ITEM(list, (Py_ssize_t)i, text);
    }
    return list;
}

static PyObject *threads_of(const psb_value *value)
{
    PyObject *list = PyList_New((Py_ssize_t)value->count);
    for (uint32_t i = 0; list && i < value->count; i++) {
        const psb_thread *thread = &value->u.thread[i];
        PyObject *row = Py_BuildValue("(Ldd)", (long long)thread->id, (double)thread->user_ns / 1e9,
                                      (double)thread->system_ns / 1e9);
        if (!row)
            Py_CLEAR(list);
        else
            PyList_SET_ITEM(list, (Py_ssize_t)i, row);
    }
    return list;
}

static PyObject *answer(const Function *self, psb_pid pid, const void *parsed)
{
    if (self->row->shape == PSB_SHAPE_TUPLE)
        return tuple_of(self, pid, parsed);
    psb_value value = value_of(self, 0, parsed);
    if (self->row->shape == PSB_SHAPE_ONE)
        return item_object(self->owner, self->row->item, &value);
    if (value.status != PSB_OK)
        return PyList_New(0);
    return self->row->shape == PSB_SHAPE_LIST ? list_of(&value) : threads_of(&value);
}

/* What stands for an answer that there is none of. */
static PyObject *nothing(const Function *self)
{
    return self->row->shape == PSB_SHAPE_ONE ? unknown_of(self->owner, self->row->item) : PyList_New(0);
}

/* Every function that psutil calls: (pid, ...), or () where no process is meant. */
static PyObject *function_call(PyObject *object, PyObject *args)
{
    const Function *self = (const Function *)object;
    psb_lane *lane = self->owner->lane;
    long long pid = PyTuple_GET_SIZE(args) > 0 ? PyLong_AsLongLong(PyTuple_GET_ITEM(args, 0)) : 0;
    if (pid == -1 && PyErr_Occurred())
        return NULL;
    if (self->first >= 0) {
        psb_told there = psb_lane_ask(lane, self->first, pid, 0);
        if (there.status != PSB_OK)
            return refuse(self->owner, self->first, pid, there.status, there.os_error);
    }
    psb_told told = psb_lane_ask(lane, self->source, pid, 0);
    if (told.status == PSB_OK)
        return answer(self, pid, told.parsed);
    if (told.status == PSB_UNKNOWN || (told.status == PSB_ABSENT && self->row->absent == PSB_ABSENT_EMPTY))
        return nothing(self);
    if (told.status == PSB_ABSENT && self->row->absent == PSB_ABSENT_TOLD) {
        errno = told.os_error; /* ENOENT, EINVAL: the same numbers on every POSIX system */
        return PyErr_SetFromErrno(PyExc_OSError);
    }
    return refuse(self->owner, self->source, pid, told.status, told.os_error);
}

static void function_dealloc(PyObject *object)
{
    Py_XDECREF(((Function *)object)->owner);
    Py_TYPE(object)->tp_free(object);
}

static PyTypeObject FunctionType = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "psbench_lane.Function",
    .tp_basicsize = sizeof(Function),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_dealloc = function_dealloc,
};

/* NULL with an exception: the port does not have the source that the row names. */
static PyObject *function_new(Lane *owner, const psb_layer_function *row)
{
    Function *self = PyObject_New(Function, &FunctionType);
    if (!self)
        return NULL;
    Py_INCREF(owner);
    self->owner = owner;
    self->row = row;
    self->method = (PyMethodDef){row->name, function_call, METH_VARARGS, NULL};
    self->source = psb_lane_source(owner->lane, row->source);
    self->first = *row->first ? psb_lane_source(owner->lane, row->first) : -1;
    self->spare = psb_lane_source(owner->lane, "argv");
    self->decode_spare = self->spare >= 0 ? psb_lane_decoder(owner->lane, self->spare, PSB_CMDLINE) : NULL;
    if (self->source < 0 || (*row->first && self->first < 0)) {
        PyErr_Format(PyExc_RuntimeError, "%s: port %s has no source '%s'", row->name, owner->lane->port->name,
                     self->source < 0 ? row->source : row->first);
        Py_DECREF(self);
        return NULL;
    }
    for (size_t i = 0; i < row->items; i++)
        self->decode[i] = psb_lane_decoder(owner->lane, self->source, row->item[i].field);
    PyObject *callable = PyCFunction_New(&self->method, (PyObject *)self);
    Py_DECREF(self);
    return callable;
}

/* ---- Lane ---- */

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
    Lane *self = (Lane *)type->tp_alloc(type, 0);
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
    psb_lane_close(((Lane *)object)->lane);
    Py_XDECREF(((Lane *)object)->passwd);
    Py_TYPE(object)->tp_free(object);
}

static PyObject *lane_functions(PyObject *object, PyObject *args)
{
    Lane *self = (Lane *)object;
    const psb_layer_function *row;
    unsigned version, module;
    if (!PyArg_ParseTuple(args, "II", &version, &module))
        return NULL;
    PyObject *all = PyDict_New();
    for (size_t i = 0; all && (row = psb_layer_function_at(i)) != NULL; i++) {
        if (!(row->systems & self->system) || !(row->versions & version) || (unsigned)row->module != module)
            continue;
        PyObject *callable = function_new(self, row);
        if (!callable || PyDict_SetItemString(all, row->name, callable) < 0)
            Py_CLEAR(all);
        Py_XDECREF(callable);
    }
    return all;
}

static PyObject *lane_constants(PyObject *object, PyObject *unused)
{
    const Lane *self = (const Lane *)object;
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
    if (!psb_lane_restack(((Lane *)object)->lane, kernel, why, sizeof why)) {
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
    psb_lane_stand_still(((Lane *)object)->lane, truth);
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
    const Lane *self = (const Lane *)object;
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
    psb_lane *lane = ((Lane *)object)->lane;
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
        return refuse((Lane *)object, table, 0, told.status, told.os_error);
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
    PyObject *device = PyLong_FromLong(device_of(value.u.text.bytes, value.u.text.len)),
             *path = text_object(&value);
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
    psb_backend *backend = ((Lane *)object)->lane->backend;
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
    const psb_lane *lane = ((const Lane *)object)->lane;
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
    psb_kernel *counter = ((Lane *)object)->lane->counter;
    if (counter)
        psb_count_reset(counter);
    Py_RETURN_NONE;
}

/* The entry that getpwuid(3) gives: psutil takes its name. The rest a port does not tell. */
static PyObject *lane_account(PyObject *object, PyObject *uid)
{
    const Lane *self = (const Lane *)object;
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
        return refuse(self, source, number, told.status, told.os_error);
    psb_value value = psb_lane_decode(lane, lane->port->user.decode, told.parsed);
    PyObject *name = text_object(&value);
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
    const Lane *self = (const Lane *)object;
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
        return refuse(self, source, pid, told.status, told.os_error);
    psb_value value = told.status == PSB_OK ? psb_lane_decode(self->lane, decode, told.parsed)
                                            : psb_value_of_status(told.status, 0);
    if (value.status == PSB_OK)
        return text_object(&value);
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
    const psb_world *world = ((const Lane *)object)->lane->world;
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
    const psb_facts *facts = &((const Lane *)object)->lane->facts;
    return PyLong_FromUnsignedLongLong(which ? facts->memory_bytes : facts->page_bytes);
}

static PyObject *lane_evidence(PyObject *object, void *unused)
{
    return PyUnicode_FromString(psb_evidence_name(((const Lane *)object)->lane->evidence));
}

static PyObject *lane_port(PyObject *object, void *unused)
{
    return PyUnicode_FromString(((const Lane *)object)->lane->port->name);
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
    .tp_basicsize = sizeof(Lane),
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
    if (PyType_Ready(&LaneType) < 0 || PyType_Ready(&FunctionType) < 0)
        return NULL;
    PyObject *module = PyModule_Create(&MODULE);
    if (module && PyModule_AddObjectRef(module, "Lane", (PyObject *)&LaneType) < 0)
        Py_CLEAR(module);
    return module;
}

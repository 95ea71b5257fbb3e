#include "lane_functions.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

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

PyObject *psb_lane_refuse(const psb_lane_object *self, int source, psb_pid pid, psb_status status,
                          int os_error)
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

static PyObject *unknown_of(const psb_lane_object *self, const psb_item *item)
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

PyObject *psb_lane_text(const psb_value *value)
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

long psb_lane_device(const char *path, size_t len)
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

static PyObject *number_object(const psb_lane_object *self, const psb_item *item, const psb_value *value)
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

static PyObject *item_object(const psb_lane_object *self, const psb_item *item, const psb_value *value)
{
    if (item->as == PSB_AS_NOTHING || !is_known(item, value))
        return unknown_of(self, item);
    switch (item->as) {
    case PSB_AS_TEXT:
        return psb_lane_text(value);
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
        return PyLong_FromLong(psb_lane_device(value->u.text.bytes, value->u.text.len));
    default:
        return number_object(self, item, value);
    }
}

/* ---- a function's answer ---- */

/* One row of layer.def, bound to a lane: the self of the function that psutil calls. */
typedef struct Function {
    PyObject_HEAD psb_lane_object *owner;
    const psb_layer_function *row;
    int first, source, spare; /* first, spare: -1 if there is none */
    PyMethodDef method;
    psb_decode *decode[PSB_ITEMS_MAX], *decode_spare;
} Function;

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
            return psb_lane_refuse(self->owner, self->first, pid, there.status, there.os_error);
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
    return psb_lane_refuse(self->owner, self->source, pid, told.status, told.os_error);
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
PyObject *psb_lane_function(psb_lane_object *owner, const psb_layer_function *row)
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

bool psb_lane_functions_ready(void)
{
    return PyType_Ready(&FunctionType) == 0;
}

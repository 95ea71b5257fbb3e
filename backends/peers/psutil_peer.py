#!/usr/bin/python3
"""
psutil as a collector that psbench talks to (PROTOCOL.md): psbench run --port psutil.

A snapshot has one psutil.Process for each process that it asks about; `cached` asks it inside oneshot(), `uncached` outside.
psutil's floats become the whole ticks of the kernel that they were made from, in nanoseconds. What psutil means otherwise
than field.def is not claimed: cpu_percent (of the time since the last call) and num_handles (Windows). name() completes
a name of 15 bytes, which may be cut, out of the arguments, if there are any: the kernel's is what it starts with.
"""
import contextlib
import json
import os
import sys
import time

import psutil

HZ = os.sysconf("SC_CLK_TCK")
TICK_NS = 10**9 // HZ
KERNEL_NAME_BYTES = 15


def ns(seconds):
    return round(seconds * HZ) * TICK_NS


def text(string):
    return os.fsencode(string)


def path(string):
    return text(string) if string else None


def kernel_name(string, process):
    name = text(string)
    return name[:KERNEL_NAME_BYTES] if len(name) > KERNEL_NAME_BYTES and process.cmdline() else name


def parts(*names, unit=int):
    return lambda value: {name: unit(getattr(value, name)) for name in names if hasattr(value, name)}


def parent(process):
    found = process.parent()
    return found and found.pid


# field: (what psutil is asked, what becomes of its answer)
FIELDS = {
    "name": ("name", text),
    "exe": ("exe", path),
    "cmdline": ("cmdline", lambda value: [text(word) for word in value]),
    "ppid": ("ppid", int),
    "parent": (parent, lambda value: value),
    "username": ("username", text),
    "status": ("status", str),
    "create_time": ("create_time", ns),
    "uids": ("uids", parts("real", "effective", "saved")),
    "gids": ("gids", parts("real", "effective", "saved")),
    "terminal": ("terminal", path),
    "cpu_times": ("cpu_times", parts("user", "system", "children_user", "children_system", "iowait", unit=ns)),
    "cpu_num": ("cpu_num", int),
    "memory_info": ("memory_info", parts("rss", "vms", "shared", "text", "data")),
    "memory_percent": ("memory_percent", float),
    "memory_full_info": ("memory_full_info", parts("uss", "pss", "swap")),
    "num_threads": ("num_threads", int),
    "threads": ("threads", lambda value: [{"id": row.id, "user": ns(row.user_time), "system": ns(row.system_time)}
                                          for row in value]),
    "num_ctx_switches": ("num_ctx_switches", parts("voluntary", "involuntary")),
    "num_fds": ("num_fds", int),
    "io_counters": ("io_counters", parts("read_count", "write_count", "read_bytes", "write_bytes", "read_chars",
                                         "write_chars")),
    "nice": ("nice", int),
    "cwd": ("cwd", path),
}
CLAIMS = [field for field, (asked, _) in FIELDS.items() if callable(asked) or hasattr(psutil.Process, asked)]


class Snapshot:
    def __init__(self, variant):
        self.cached = variant == "cached"
        self.process = {}
        self.stack = contextlib.ExitStack()

    def of(self, pid):
        if pid not in self.process:
            self.process[pid] = psutil.Process(pid)
            if self.cached:
                self.stack.enter_context(self.process[pid].oneshot())
        return self.process[pid]

    def ask(self, pid, field):
        """psutil's own answer, as it is."""
        asked = FIELDS[field][0]
        process = self.of(pid)
        return asked(process) if callable(asked) else getattr(process, asked)()

    def end(self):
        self.stack.close()


def failure(error, field):
    """What an exception of psutil means in the words of backend.h."""
    if isinstance(error, psutil.ZombieProcess):  # "it has none": of arguments that is an empty list
        return {"status": "ok", "value": []} if field == "cmdline" else {"status": "absent"}
    if isinstance(error, psutil.NoSuchProcess):
        return {"status": "gone"}
    if isinstance(error, (psutil.AccessDenied, PermissionError)):
        return {"status": "denied"}
    if isinstance(error, OSError):
        return {"status": "os-error", "os_error": error.errno or 0}
    return {"status": "malformed"}  # psutil stumbled over what the kernel told it


def as_json(value):
    """Bytes as text, and whether any had to be escaped: then all are."""
    words = value if isinstance(value, list) else [value]
    if not all(isinstance(word, bytes) for word in words):
        return {"value": value}
    try:
        plain = [word.decode() for word in words]
        escaped = {}
    except UnicodeDecodeError:
        plain = ["".join(chr(byte) if 32 <= byte < 127 and byte != 92 else f"\\x{byte:02x}" for byte in word)
                 for word in words]
        escaped = {"escaped": True}
    return {"value": plain if isinstance(value, list) else plain[0], **escaped}


def get(snapshot, pid, field):
    try:
        value = snapshot.ask(pid, field)
        value = kernel_name(value, snapshot.of(pid)) if field == "name" else FIELDS[field][1](value)
    except Exception as error:
        return failure(error, field)
    return {"status": "absent"} if value is None else {"status": "ok", **as_json(value)}


def ask_all(snapshot, pids, fields):
    for pid in pids:
        for field in fields:
            try:
                snapshot.ask(pid, field)
            except Exception:  # an answer, too: it was looked at before it was timed
                pass


def repeat(question):
    pids, fields, variant = question["pids"], question["fields"], question["variant"]
    passes = [pids] if question["span"] == "sweep" else [[pid] for pid in pids]
    for times in question["warm"], question["times"]:
        start = time.perf_counter_ns()
        for _ in range(times):
            for some in passes:
                snapshot = Snapshot(variant)
                ask_all(snapshot, some, fields)
                snapshot.end()
    return {"ns": max(1, time.perf_counter_ns() - start)}


SNAPSHOTS = {}


def begin(question):
    SNAPSHOTS[question["snapshot"]] = Snapshot(question["variant"])
    return {}


def end(question):
    SNAPSHOTS.pop(question["snapshot"]).end()
    return {}


ANSWER = {
    "hello": lambda question: {"protocol": 1, "name": "psutil", "claims": CLAIMS, "variants": ["uncached", "cached"],
                               "about": f"psutil {psutil.__version__}, Python {sys.version.split()[0]}"},
    "pids": lambda question: {"pids": psutil.pids()},
    "begin": begin,
    "get": lambda question: get(SNAPSHOTS[question["snapshot"]], question["pid"], question["field"]),
    "end": end,
    "repeat": repeat,
}

for line in sys.stdin:
    asked = json.loads(line)
    if asked["ask"] == "bye":
        break
    print(json.dumps({"id": asked["id"], **ANSWER[asked["ask"]](asked)}), flush=True)

"""
What psutil's layers of other systems return of this machine's processes (a simulated kernel that tells of them) is what
its Linux layer returns of the same processes: asked before and after, and compared by the fields' rules. What a system
cannot express stands in OTHER and LACKING.

usage: test_layer_values.py PSBENCH [PORT...]
"""
import atexit
import json
import os
import pathlib
import subprocess
import sys

SKIPPED = 77
DRIVER = pathlib.Path(sys.argv[1]).parent / "python" / "driver.py"
PORTS = sys.argv[2:] or ["freebsd", "openbsd", "netbsd", "macos", "sunos", "windows"]


def driver(*arguments):
    command = [sys.executable, "-I", "-B", DRIVER, *arguments]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)


# ---- rules: could value be true of a process that answered before and later? As psb_value_between of backend.h ----

def exact(before, value, after):
    return value in (before, after)


def close(tolerance):
    def rule(before, value, after):
        return abs(value - before) <= tolerance or abs(value - after) <= tolerance
    return rule


def grows(before, value, after):
    return before - 0.011 <= value <= after + 0.011  # Linux tells times in hundredths of a second


def gauge(before, value, after):
    return min(before, after) / 2 - 64 <= value <= max(before, after) * 2 + 64


def is_a_percentage(before, value, after):
    return value >= 0


def parts(rule, *names):
    """Of a record, these parts."""
    def compare(before, value, after):
        return all(rule(before[name], value[name], after[name]) for name in names)
    return compare


def all_switches(before, value, after):
    """The two kinds are told as one number."""
    def total(record):
        return record["voluntary"] + record["involuntary"]
    return grows(total(before), value["voluntary"], total(after))


def as_many(before, value, after):
    """Threads are numbered in other ways, and some systems tell only the sum of their two times."""
    return gauge(len(before), len(value), len(after)) and all(row["user_time"] >= 0 for row in value)


def joined(before, value, after):
    """Split at blanks, which an argument may have in it."""
    return " ".join(value) in (" ".join(before), " ".join(after))


def name_of(room):
    """Cut to the room that the system has for it. A kworker's ends in what it does at the moment."""
    def own(name):
        return name.split("-")[0] if name.startswith("kworker/") else name

    def compare(before, value, after):
        return own(value) in (own(before), own(after)) or (len(value) == room and after.startswith(value))
    return compare


# Statuses that other systems have no word for, and what psutil says there instead.
SAME_STATUS = {"disk-sleep": "sleeping", "tracing-stop": "stopped", "idle": "sleeping", "wake-kill": "sleeping",
               "parked": "sleeping"}


def status(before, value, after):
    """What a process does may change between any two looks; what it is may not."""
    def kind(word):
        return word if word in ("zombie", "stopped") else "alive"
    return kind(value) in (kind(SAME_STATUS.get(before, before)), kind(SAME_STATUS.get(after, after)))


IDS = parts(exact, "real", "effective", "saved")
OWN_TIMES = parts(grows, "user", "system")
ALL_TIMES = parts(grows, "user", "system", "children_user", "children_system")

RULES = {
    "cmdline": exact, "cpu_num": gauge, "cpu_percent": is_a_percentage, "cpu_times": ALL_TIMES,
    "create_time": close(0.011), "cwd": exact, "exe": exact, "gids": IDS,
    "memory_info": parts(gauge, "rss", "vms"), "memory_percent": gauge, "name": exact, "nice": exact,
    "num_ctx_switches": parts(grows, "voluntary", "involuntary"), "num_fds": gauge, "num_threads": gauge,
    "ppid": exact, "status": status, "terminal": exact, "threads": as_many, "uids": IDS, "username": exact,
    "io_counters": parts(grows, "read_count", "write_count"),
}

def windows_path(before, value, after):
    """C:\\usr\\bin, and as psutil writes it."""
    return value[2:].replace("\\", "/") in (before, after) if value else exact(before, value, after)


def account(before, value, after):
    """Behind its domain."""
    return value.split("\\")[-1] in (before, after)


# Where a system's layer tells less, or otherwise: the rule that is left, or why there is none.
OTHER = {
    "freebsd": {"name": name_of(19)},
    "openbsd": {"name": name_of(23), "cpu_times": OWN_TIMES, "memory_info": parts(gauge, "rss"),
                "exe": "psutil looks for the first argument along PATH"},
    "netbsd": {"name": name_of(16), "cpu_times": OWN_TIMES},
    "macos": {"name": name_of(16), "cpu_times": OWN_TIMES, "num_ctx_switches": all_switches,
              "status": "psutil takes every process that lives for running"},
    "sunos": {"name": name_of(15), "cmdline": joined,
              "terminal": "psutil tells what descriptor 0 leads to, and not the terminal"},
    "windows": {"cpu_times": OWN_TIMES, "exe": windows_path, "cwd": windows_path, "username": account,
                "num_ctx_switches": all_switches, "nice": "a class of priority, of which there are six",
                "name": "psutil tells the last part of exe"},
}

# What these kernels do not tell of their own processes and of those that have ended; psutil then refuses, says that
# there is none, or answers without a value.
LACKING = {
    ("freebsd", "kernel"): {"cwd"},
    ("freebsd", "zombie"): {"num_fds"},
    ("openbsd", "kernel"): {"cwd", "num_fds"},
    ("openbsd", "zombie"): {"cpu_times", "create_time", "io_counters", "num_ctx_switches", "num_fds"},
    ("netbsd", "kernel"): {"cwd", "exe"},
    ("netbsd", "zombie"): {"cmdline", "cpu_times", "create_time", "exe", "io_counters", "num_ctx_switches", "num_threads", "threads"},
    ("macos", "kernel"): {"cmdline", "cwd", "exe", "name"},
    ("macos", "zombie"): {"cmdline", "cpu_percent", "cpu_times", "exe", "memory_info", "memory_percent", "nice",
                          "num_ctx_switches", "num_fds", "num_threads", "threads"},
    ("sunos", "kernel"): {"cwd", "nice"},
    ("sunos", "zombie"): {"cpu_num", "cpu_percent", "cpu_times", "create_time", "gids", "name", "nice", "num_fds",
                          "threads", "uids", "username"},
    ("windows", "kernel"): {"cwd", "username"},  # psutil knows the user of process 4 without asking
    ("windows", "zombie"): {"cwd", "num_ctx_switches", "status"},
}


def told(value):
    return value not in ("refused", "not told", "gone") and not str(value).startswith("error ")


def kind_of(record):
    if record["status"] == "zombie":
        return "zombie"
    return "kernel" if record["cmdline"] == [] and record["exe"] in ("", "refused") else "usual"


def compared(port, name, before, value, after):
    """None: it agrees. Otherwise why not, or why it could not be compared, in brackets."""
    rule = OTHER.get(port, {}).get(name, RULES.get(name))
    if rule is None or isinstance(rule, str):
        return f"({rule or 'no port tells it'})"
    if name in LACKING.get((port, kind_of(before)), ()):
        return f"(lacking of {kind_of(before)} processes)"
    if not told(before[name]) or not told(after[name]):
        return "(Linux does not tell it)"
    if name in ("name", "cmdline") and before[name] != after[name]:
        return "(it changed meanwhile)"
    if not told(value):
        return f"is {value}"
    try:
        return None if rule(before[name], value, after[name]) else f"{value!r} not from {before[name]!r} to {after[name]!r}"
    except (TypeError, AttributeError):
        return f"{value!r} is not known"


def a_zombie():
    """One that has ended and is not waited for."""
    child = subprocess.Popen(["true"])
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    return child


odd = subprocess.Popen(["sleep", "1000"], cwd="/usr", stdout=subprocess.DEVNULL)
atexit.register(odd.kill)
ended = a_zombie()
def look(port):
    """{(pid, name): what is wrong}, how many agree, and what was not compared and why."""
    of_linux = "values", "--port", "linux", "--methods", ",".join(RULES)
    before = driver(*of_linux)["processes"]
    there = driver("values", "--port", port, "--world", "live")["processes"]
    after = driver(*of_linux)["processes"]
    agreed, wrong, not_compared = 0, {}, {}
    for pid in before.keys() & after.keys():
        if before[pid]["create_time"] != after[pid]["create_time"]:
            continue
        if pid not in there:
            wrong[pid, "pid"] = f"process {pid} ({before[pid]['name']}) is missing"
            continue
        for name in there[pid].keys() & (before[pid].keys() | there[pid].keys() - RULES.keys()):
            why = compared(port, name, before[pid], there[pid][name], after[pid])
            if why is None:
                agreed += 1
            elif why.startswith("("):
                not_compared.setdefault(name, set()).add(why)
            else:
                wrong[pid, name] = f"{kind_of(before[pid])} process {pid} ({before[pid]['name']}): {name}: {why}"
    return wrong, agreed, not_compared


for port in PORTS:
    described = driver("describe", "--port", port)
    if "skipped" in described:
        print(described["skipped"])
        sys.exit(SKIPPED)
    wrong, agreed, not_compared = look(port)
    for _ in range(2):  # a process that was caught in an exec is right the next time
        if wrong:
            again = look(port)[0]
            wrong = {key: why for key, why in again.items() if key in wrong}
    print(f"{port}: {agreed} answers agree; not compared: " +
          ", ".join(f"{name} {'/'.join(sorted(whys))}" for name, whys in sorted(not_compared.items())))
    if wrong or agreed == 0:
        sys.exit(f"{port}: {len(wrong)} answers are wrong\n" + "\n".join(list(wrong.values())[:20]))

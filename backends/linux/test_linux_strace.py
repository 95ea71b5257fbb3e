"""
Counts that nobody has to believe: strace sees each open, read, close and readlink that psbench claims, and no other,
per file of /proc/PID, in both variants.

usage: test_linux_strace.py PSBENCH
"""
import collections
import json
import re
import subprocess
import sys
import tempfile

PSBENCH = sys.argv[1]
CALLS = "openat,open,read,pread64,close,readlink,readlinkat,getdents64,getpriority"


def source_of(path):
    if path == "/etc/passwd":
        return "user"
    match = re.fullmatch(r"/proc/\d+/(.+)", path)
    if not match:
        return None
    return "task" if match[1].startswith("task") else match[1]


def seen(trace):
    """Opens per source, and entries (open, read, close, getdents) per source; links and getpriority by themselves."""
    opens, entries, of_fd = collections.Counter(), collections.Counter(), {}
    for line in trace.splitlines():
        line = re.sub(r"^\d+ +", "", line)
        if match := re.match(r'open(?:at)?\((?:AT_FDCWD, )?"([^"]*)".*= (\d+)', line):
            source = source_of(match[1])
            of_fd[match[2]] = source
            if source:
                # A thread's own file is part of the call that lists them.
                opens[source] += not re.search(r"/task/\d+/stat$", match[1])
                entries[source] += 1
        elif match := re.match(r'readlink(?:at)?\((?:AT_FDCWD, )?"/proc/\d+/(exe|cwd)"', line):
            opens[match[1]] += 1
            entries[match[1]] += 1
        elif line.startswith("getpriority("):
            opens["getpriority"] += 1
            entries["getpriority"] += 1
        elif match := re.match(r"(read|pread64|close|getdents64)\((\d+)", line):
            if of_fd.get(match[2]):
                entries[of_fd[match[2]]] += 1
            if match[1] == "close":
                of_fd.pop(match[2], None)
    return opens, entries


def compare(pid, scenario, variant):
    with tempfile.NamedTemporaryFile("r") as trace:
        command = ["strace", "-f", "-qq", "-e", f"trace={CALLS}", "-o", trace.name, PSBENCH, "probe", "--pid", str(pid),
                   "--scenario", scenario, "--variant", variant, "--counts", "--format", "json"]
        claimed = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)["counts"]
        opens, entries = seen(trace.read())
    wrong = []
    for source in sorted(set(claimed) | set(opens)):
        if source == "clock":  # through the vDSO: no system call
            continue
        claim = claimed.get(source, {"calls": 0, "entries": 0})
        if claim["calls"] != opens[source]:
            wrong.append(f"{source}: psbench claims {claim['calls']} calls, strace saw {opens[source]}")
        if source != "user" and claim["entries"] != entries[source]:
            wrong.append(f"{source}: psbench claims {claim['entries']} entries, strace saw {entries[source]}")
    assert not wrong, f"{scenario} {variant}: " + "; ".join(wrong)
    assert sum(opens.values()) > 0, "strace saw nothing"
    print(f"{scenario:8} {variant:8} {sum(opens.values()):3} calls, {sum(entries.values()):3} entries as strace saw them")
    return opens


child = subprocess.Popen(["sleep", "1000"])
try:
    for scenario in ("oneshot", "six", "as_dict"):
        uncached = compare(child.pid, scenario, "uncached")
        cached = compare(child.pid, scenario, "cached")
        assert all(uncached[source] >= cached[source] for source in uncached)
    assert uncached["stat"] > cached["stat"] == 2, "of itself and of its parent"
finally:
    child.kill()
    child.wait()

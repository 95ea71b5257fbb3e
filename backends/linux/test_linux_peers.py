"""
Every process of this machine, asked by psbench, by ps and by the distribution's psutil: the same answers. Both ask a
living system, so the others are asked before and after, and psbench must agree with one of the two.

usage: test_linux_peers.py PSBENCH
"""
import ctypes
import json
import os
import signal
import subprocess
import sys
import time

import psutil
from psutil import _pslinux

PSBENCH = sys.argv[1]
FIELDS = "name,ppid,uids,gids,status,num_threads,create_time,nice,cmdline,exe,cwd"
NAMES = [b"a b", b"x) R 1 2 3", b"new\nline", b"tab\there", b"\xff\xfe", b"()", b"((", b"))", b" "]
PR_SET_NAME, PR_SET_PDEATHSIG = 15, 1

# What a process is doing changes at any time between these (compare rule: gauge); the other states last.
MOVING = {"running", "sleeping", "disk-sleep", "idle", "R", "S", "D", "I"}


def specimen(name, then):
    """A child with this name that waits, after doing something."""
    pid = os.fork()
    if pid == 0:
        libc = ctypes.CDLL(None)
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        libc.prctl(PR_SET_NAME, name, 0, 0, 0)
        then()
        signal.pause()
        os._exit(0)
    return pid


def by_psutil():
    """{pid: {field: answer}}; psutil's platform layer, which does not lengthen names out of the command line."""
    found = {}
    for pid in psutil.pids():
        process = _pslinux.Process(pid)
        answers = {}
        for field in FIELDS.split(","):
            ask = process.nice_get if field == "nice" else getattr(process, field)
            try:
                answer = ask()
                answers[field] = list(answer) if isinstance(answer, tuple) else answer
            except psutil.AccessDenied:
                answers[field] = "denied"
            except psutil.ZombieProcess:
                answers[field] = "zombie"
            except (psutil.NoSuchProcess, OSError):
                answers[field] = "gone"
        found[pid] = answers
    return found


def by_ps():
    found = {}
    columns = {"ppid": "ppid", "ruid": "uids", "rgid": "gids", "nlwp": "num_threads", "ni": "nice", "state": "status"}
    listing = subprocess.run(["ps", "-e", "-o", "pid=,ppid=,ruid=,rgid=,nlwp=,ni=,state="], check=True,
                             capture_output=True, text=True).stdout
    for line in listing.splitlines():
        pid, *values = line.split()
        found[int(pid)] = dict(zip(columns.values(), values))
    return found


def by_psbench():
    out = subprocess.run([PSBENCH, "probe", "--pid", "all", "--fields", FIELDS, "--format", "json"], check=True,
                         capture_output=True).stdout
    return {row["pid"]: row["fields"] for row in json.loads(out)["processes"]}


def plain(field, answer):
    """An answer of psbench in psutil's words."""
    if answer["status"] != "ok":
        return "" if answer["status"] == "absent" else answer["status"]
    value = answer["value"]
    if field in ("uids", "gids"):
        return [value["real"], value["effective"], value["saved"]]
    return value


def escaped(text):
    """Text of psutil as psbench shows it in JSON: as it is if it is UTF-8, escaped if not."""
    raw = os.fsencode(text)
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return "".join(chr(b) if 0x20 <= b < 0x7F and b != 0x5C else f"\\x{b:02x}" for b in raw)


def agrees(field, ours, theirs):
    if theirs == "zombie" or theirs == "gone":
        return ours in ("gone", "", [], "denied") or field not in ("exe", "cwd", "cmdline")
    if field == "status" and {ours, theirs} <= MOVING:
        return True
    if field == "create_time":
        return isinstance(ours, int) and abs(ours / 1e9 - theirs) < 1e-3
    if field == "cmdline" and theirs != "denied":
        return ours == [escaped(word) for word in theirs]
    if field in ("name", "exe", "cwd"):
        return ours == escaped(theirs)
    return ours == theirs


def compare_psutil(ours, before, after):
    wrong, compared = {}, 0
    for pid in sorted(ours.keys() & before.keys() & after.keys()):
        for field, answer in ours[pid].items():
            compared += 1
            mine = plain(field, answer)
            if not any(agrees(field, mine, side[pid][field]) for side in (before, after)):
                wrong[pid, field, "psutil"] = f"psbench {mine!r}, psutil {after[pid][field]!r}"
    return wrong, compared


def compare_ps(ours, before, after):
    letters = {"running": "R", "sleeping": "S", "disk-sleep": "D", "stopped": "T", "tracing-stop": "t", "zombie": "Z",
               "idle": "I"}
    wrong, compared = {}, 0
    for pid in sorted(ours.keys() & before.keys() & after.keys()):
        mine = {field: plain(field, ours[pid][field]) for field in ("ppid", "uids", "gids", "num_threads", "nice", "status")}
        for field, value in mine.items():
            compared += 1
            value = value[0] if field in ("uids", "gids") else letters.get(value, value)
            theirs = {before[pid].get(field), after[pid].get(field)}
            if str(value) not in theirs and not {value, *theirs} <= MOVING and value != "gone" and theirs != {"-"}:
                wrong[pid, field, "ps"] = f"psbench {value!r}, ps {theirs!r}"
    return wrong, compared




def compare_all(children):
    """What disagrees in this round, by (pid, field, witness)."""
    psutil_before, ps_before, ours = by_psutil(), by_ps(), by_psbench()
    psutil_after, ps_after = by_psutil(), by_ps()
    missing = [pid for pid in psutil_before.keys() & psutil_after.keys() if pid not in ours]
    assert not missing, f"psbench does not list {missing}"
    assert all(child in ours for child in children), "a child is missing, the zombie perhaps"
    wrong, compared = compare_psutil(ours, psutil_before, psutil_after)
    wrong_ps, compared_ps = compare_ps(ours, ps_before, ps_after)
    assert compared > 11 * len(children) and compared_ps > 6 * len(children)
    print(f"{len(ours)} processes: {compared} answers compared with psutil {psutil.__version__}, {compared_ps} with ps, "
          f"{len(wrong) + len(wrong_ps)} disagree")
    return wrong | wrong_ps


children = [specimen(name, lambda: None) for name in NAMES]
children.append(specimen(b"nice", lambda: os.nice(7)))
children.append(specimen(b"stopped", lambda: os.kill(os.getpid(), signal.SIGSTOP)))
children.append(specimen(b"zombie", lambda: os._exit(0)))
try:
    time.sleep(0.2)
    wrong = compare_all(children)
    # A process that starts another program between two of the looks differs from both: it is looked at again.
    for _ in range(3):
        if wrong:
            again = compare_all(children)
            wrong = {where: again[where] for where in wrong.keys() & again.keys()}
finally:
    for child in children:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
if wrong:
    sys.exit("\n".join(f"pid {pid} {field}: {what}" for (pid, field, _), what in wrong.items()))

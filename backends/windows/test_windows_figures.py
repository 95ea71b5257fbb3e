"""
The Windows port over the real API, as Wine has it: the calls of psutil's list, counted by psbench and by Wine's own
trace; and the speed-ups that come of them, for a process of the same user and for one that refuses to be opened, on
few processes and on many.

Run by ci/checks/wine, which sets WINEPREFIX, starts the server and keeps everything on one processor.
usage: test_windows_figures.py PSBENCH.EXE FOLDER [--full]
"""
import collections
import json
import os
import re
import subprocess
import sys
import tempfile

PSBENCH, FOLDER = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
FULL = "--full" in sys.argv
MANY = 200
IMAGE = 0x140000000  # where the linker puts a program, and Wine loads it
LIST = ("cpu_percent,cpu_times,create_time,io_counters,memory_info,memory_percent,num_ctx_switches,num_handles,"
        "num_threads,parent,ppid")

# psbench's source: the routine that Wine's trace shows for each of its calls. Those that open a process do so first.
ROUTINE = {
    "processes": "ntdll.NtQuerySystemInformation(00000005",
    "times": "KERNEL32.GetProcessTimes(",
    "memory": "KERNEL32.K32GetProcessMemoryInfo(",
    "io": "KERNEL32.GetProcessIoCounters(",
    "handles": "KERNEL32.GetProcessHandleCount(",
    "basic": "ntdll.NtQueryInformationProcess(",
    "clock": "KERNEL32.GetSystemTimePreciseAsFileTime(",
}
OPENING = ("times", "memory", "io", "handles", "basic")
OPEN, CLOSE = "KERNEL32.OpenProcess(", "KERNEL32.CloseHandle("

wrong = []


def expect(what, got, due):
    if got != due:
        wrong.append(f"{what}: {got}, expected {due}")


def wine(*words, debug="-all"):
    """Its stdout and stderr. Into files: a pipe may be kept open by what Wine starts beside the program."""
    environment = dict(os.environ, WINEDEBUG=debug)
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as errors:
        done = subprocess.run(["wine", PSBENCH, *words], stdin=subprocess.DEVNULL, stdout=out, stderr=errors,
                              env=environment, timeout=300)
        out.seek(0)
        errors.seek(0)
        text, log = out.read().decode(), errors.read().decode(errors="replace")
    if done.returncode != 0:
        sys.exit(f"psbench.exe {' '.join(words)}: exit code {done.returncode}\n{text}{log[-2000:]}")
    return text, log


# ---- counts ----

def traced(population, variant, repeat):
    """psbench's own counts of that many passes, and the calls in Wine's trace of the process that walks."""
    text, log = wine("probe", "--port", "windows", "--population", population, "--fields", LIST, "--variant", variant,
                     "--repeat", str(repeat), "--counts", "--format", "json", debug="-all,trace+relay,+pid")
    calls, walkers = collections.defaultdict(collections.Counter), collections.Counter()
    for line in log.splitlines():
        call = re.match(r"([0-9a-f]+):[0-9a-f]+:Call ([A-Za-z0-9]+\.\w+\()(00000005)?.* ret=(\w+)", line)
        if not call or int(call[4], 16) >> 24 != IMAGE >> 24:  # made by Wine's own libraries, on their own account
            continue
        name = call[2] + (call[3] or "" if "NtQuerySystemInformation" in call[2] else "")
        calls[call[1]][name] += 1
        walkers[call[1]] += name == ROUTINE["processes"]
    return json.loads(text)["counts"], calls[walkers.most_common(1)[0][0]]


def counts_of_one_pass(population, variant):
    """
    The trace of two passes less that of one: what it takes to start is in both. A walk that did not fit is made again
    and counted as a retry, in the first pass only.
    """
    own, one = traced(population, variant, 1)
    own_two, two = traced(population, variant, 2)
    what = f"{population}, {variant}"
    opened = answered = 0
    for source, routine in ROUTINE.items():
        calls = own_two[source]["calls"] - own[source]["calls"]
        entries = own_two[source]["entries"] - own[source]["entries"]
        expect(f"{what}: calls of {source} in each pass", calls, own[source]["calls"])
        refused = calls - (entries - calls) // 2 if source in OPENING else 0
        expect(f"{what}: calls of {source} in Wine's trace", two[routine] - one[routine], calls - refused)
        if source in OPENING:
            opened += calls
            answered += calls - refused
    expect(f"{what}: OpenProcess in Wine's trace", two[OPEN] - one[OPEN], opened)
    expect(f"{what}: CloseHandle in Wine's trace", two[CLOSE] - one[CLOSE], answered)
    return {source: own[source]["calls"] for source in ROUTINE} | {"refused": opened - answered}


def counts():
    print(f"{'calls of a pass':24} {'walks':>6} {'opens':>6} {'denied':>7}   psbench's counts and Wine's trace agree")
    for population in ("child", "other_user"):
        walks = {}
        for variant in ("uncached", "cached"):
            made = counts_of_one_pass(population, variant)
            walks[variant] = made["processes"]
            print(f"{population:12} {variant:11} {made['processes']:6} {sum(made[s] for s in OPENING):6} "
                  f"{made['refused']:7}   {'yes' if not wrong else 'NO'}")
        expect(f"{population}: walks", walks, {"uncached": 2 if population == "child" else 11, "cached": 1})


# ---- times ----

def run(name, *words):
    path = f"{FOLDER}/{name}.json"
    wine("run", "--port", "windows", "--out", path, *words)
    with open(path, encoding="utf-8") as file:
        cell = json.load(file)["cells"][0]
    expect(f"{name}: state", cell["state"], "measured")
    expect(f"{name}: evidence", cell["evidence"], "compat")
    expect(f"{name}: disagreements", cell["check"]["disagreements"], [])
    return cell


def interval(speedup):
    return f"{speedup['ratio']:.2f} [{speedup['low']:.2f}, {speedup['high']:.2f}]"


def calls(cell, side, source="processes"):
    return next((row["calls"] for row in cell["exact"][side]["sources"] if row["source"] == source), 0)


def speedups():
    """
    The same user's speed-up is near that of the walks, 2; the other's at least 5, and within the ratio of its walks: the
    refused calls to open remain. An interval that reaches over a bound leaves it open.
    """
    print(f"\n{'speed-up of a pass':24} {'crowd':>6} {'walks':>9}  {'speed-up':22} {'a walk':>9}")
    for crowd, effort in ((0, ("--starts", "6", "--seconds", "1")), (MANY, ("--starts", "6", "--seconds", "0.5"))):
        for population in ("child", "other_user"):
            more = ("--crowd", str(crowd)) if crowd else ()
            cell = run(f"{population}-{crowd}", "--scenario", "oneshot", "--population", population, *effort, *more)
            speedup, walks = cell["measured"]["speedup"], (calls(cell, "uncached"), calls(cell, "cached"))
            walk = (cell["measured"]["uncached"]["snapshot_min_ns"] / walks[0]) / 1e6
            print(f"{population:24} {crowd:6} {walks[0]:4} -> {walks[1]}  {interval(speedup):22} {walk:6.2f} ms")
            low, high = (1.8, 2.2) if population == "child" else (5, walks[0] / walks[1])
            if speedup["high"] < low or speedup["low"] > high:
                wrong.append(f"{population}, crowd {crowd}: speed-up {interval(speedup)} is not from {low} to {high}")


def sweeps():
    """
    One snapshot of all: one walk for all who refuse to be opened. Counted for all MANY; timed for a tenth of them among as
    many, since a pass over all without a sweep is MANY walks: with --full, for all.
    """
    path = f"{FOLDER}/sweep-counts.json"
    words = ("--sweep", "--population", "other_user", "--fields", "num_threads,memory_info")
    wine("run", "--port", "windows", *words, "--processes", str(MANY), "--check-only", "--out", path)
    with open(path, encoding="utf-8") as file:
        cell = json.load(file)["cells"][0]
    walks = [calls(cell, side) for side in ("uncached", "cached", "sweep")]
    print(f"\nsweep over {MANY} other users' processes, 2 fields: walks {walks[0]}, in a snapshot of each {walks[1]}, "
          f"in one snapshot of all {walks[2]}")
    expect("walks of a sweep", walks, [2 * MANY, MANY, 1])
    asked = MANY if FULL else MANY // 10
    more = () if FULL else ("--crowd", str(MANY - asked))
    cell = run("sweep", "--sweep", "--population", "other_user", "--fields", "num_threads", "--starts", "6", "--seconds",
               "0.1", "--processes", str(asked), *more)
    speedup = cell["measured"]["sweep_speedup"]
    print(f"sweep over {asked} of {MANY} other users' processes, num_threads: speed-up {interval(speedup)}")
    if speedup["high"] < asked / 4 or speedup["low"] > asked * 1.1:
        wrong.append(f"sweep over {asked}: speed-up {interval(speedup)} does not fit {asked} walks -> 1")


counts()
speedups()
sweeps()
if wrong:
    sys.exit("\n".join(wrong))

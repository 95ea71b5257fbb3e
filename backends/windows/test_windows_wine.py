"""
The Windows port on Wine, seen from Linux: a Windows process is a Linux process, too, and what Wine tells of it must be
what /proc tells. How psbench.exe ends is what Linux sees of it; names and arguments are what Linux gave it.

Run by ci/checks/wine, which sets WINEPREFIX and starts the server.
usage: test_windows_wine.py FOLDER-OF-PSBENCH.EXE-AND-TESTS [--full]
"""
import array
import collections
import json
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time

BUILD, FULL = os.path.abspath(sys.argv[1]), "--full" in sys.argv
PSBENCH = f"{BUILD}/psbench.exe"
SLEEPER = f"{BUILD}/backends/test_windows_native.exe"  # with the word "sleep" it does nothing else, for a minute
TICK = 1 / os.sysconf("SC_CLK_TCK")
IMAGE = 0x140000000  # where a program is loaded
STACK_END, STACK_USED = 0x2000000, 256 << 10  # of its first thread
FOLDER = tempfile.TemporaryDirectory()
FACTS = {"ok", "absent", "gone", "denied", "unknown"}

wrong = []


def expect(what, good, got=None):
    if not good:
        wrong.append(f"{what}: {got}")


def start(*words, **options):
    return subprocess.Popen(["wine", *words], stdin=options.pop("stdin", subprocess.DEVNULL),
                            stdout=options.pop("stdout", subprocess.DEVNULL), stderr=subprocess.DEVNULL, **options)


def probe(*words):
    """What psbench.exe answers, by pid."""
    with tempfile.TemporaryFile() as out:
        code = start(PSBENCH, "probe", "--port", "windows", "--format", "json", *words, stdout=out).wait(timeout=200)
        out.seek(0)
        text = out.read()
    if code != 0:
        sys.exit(f"psbench.exe probe {' '.join(words)}: exit code {code}")
    return {process["pid"]: process["fields"] for process in json.loads(text)["processes"]}


def value(fields, name):
    return fields[name].get("value")


# ---- what Linux tells ----

def read(pid, name):
    with open(f"/proc/{pid}/{name}", "rb") as file:
        return file.read().decode(errors="replace")


def of_linux(pid):
    """The same figures of the Linux process, or None: it has ended."""
    try:
        status = dict(line.split(":", 1) for line in read(pid, "status").splitlines())
        stat = read(pid, "stat").rsplit(")", 1)[1].split()
    except OSError:
        return None
    kb = {name: int(status[name].split()[0]) * 1024 for name in ("VmRSS", "RssAnon", "VmSwap") if name in status}
    if len(kb) < 3:
        return None
    return {"num_threads": int(status["Threads"]), "rss": kb["VmRSS"], "vms": kb["RssAnon"] + kb["VmSwap"],
            "cpu": (int(stat[11]) + int(stat[12])) * TICK, "started": BOOT + int(stat[19]) * TICK,
            "user": pwd.getpwuid(int(status["Uid"].split()[0])).pw_name}


def of_prefix():
    """The Linux pids of this prefix by name."""
    found = collections.defaultdict(list)
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            if f"WINEPREFIX={os.environ['WINEPREFIX']}\0" in read(pid, "environ"):
                found[read(pid, "comm").strip()].append(int(pid))
        except OSError:
            pass
    return found


BOOT = time.clock_gettime(time.CLOCK_REALTIME) - time.clock_gettime(time.CLOCK_BOOTTIME)
FIELDS = "name,num_threads,threads,memory_info,create_time,username,ppid"


def between(told, readings):
    """It moves: what is told lies where Linux has seen it, or near."""
    return min(readings) * 0.95 - (128 << 10) <= told <= max(readings) * 1.05 + (128 << 10)


def same(what, fields, *readings):
    """readings: of the same Linux process, before, meanwhile or behind."""
    linux = readings[-1]
    threads, count = value(fields, "threads"), value(fields, "num_threads")
    more = 1 if what == "winedevice.exe" else 0  # a driver may have a thread of Linux's own, which Wine does not know
    expect(f"{what}: num_threads", count <= linux["num_threads"] <= count + more, (count, linux["num_threads"]))
    expect(f"{what}: threads", len(threads) == count, (len(threads), count))
    cpu = sum(thread["user"] + thread["system"] for thread in threads) / 1e9
    expect(f"{what}: times of its threads", abs(cpu - linux["cpu"]) <= 0.03 + 0.02 * len(threads), (cpu, linux["cpu"]))
    memory = value(fields, "memory_info")
    for name in ("rss", "vms"):
        seen = [reading[name] for reading in readings]
        expect(f"{what}: {name}", between(memory[name], seen), (memory[name], min(seen), max(seen)))
    created = value(fields, "create_time") / 1e9
    expect(f"{what}: create_time", abs(created - linux["started"]) < 0.5, (created, linux["started"]))
    if fields["username"]["status"] != "denied":
        account = value(fields, "username").split("\\")[1]
        expect(f"{what}: username", account == linux["user"], account)


# ---- values ----

def values_of_a_process_are_those_of_proc():
    """One that was started from Linux: there its pid is known."""
    with_pid = start(SLEEPER, "sleep", "marker")
    time.sleep(1)
    answers = probe("--pid", "all", "--fields", FIELDS + ",cmdline")
    mine = [fields for fields in answers.values() if value(fields, "cmdline") and value(fields, "cmdline")[-1] == "marker"]
    expect("the process that Linux started", len(mine) == 1, len(mine))
    for fields in mine:
        same("the process that Linux started", fields, of_linux(with_pid.pid))
        expect("its name", value(fields, "name") == "test_windows_native.exe", fields["name"])
        expect("its parent, which is no Windows process", value(fields, "ppid") == 0, fields["ppid"])
    with_pid.kill()
    with_pid.wait()


def values_of_wines_own_processes_are_those_of_proc():
    """Several threads each. They are found by name; where there are several of a name, by their start."""
    linux, compared = of_prefix(), 0
    for fields in probe("--pid", "all", "--fields", FIELDS).values():
        name, created = value(fields, "name"), value(fields, "create_time")
        if created is None or name == "psbench.exe" or not linux[name[:15]]:
            continue
        told = [told for told in map(of_linux, linux[name[:15]]) if told]
        if told:
            same(name, fields, min(told, key=lambda one: (one["num_threads"] != value(fields, "num_threads"),
                                                          abs(one["started"] - created / 1e9))))
            compared += 1
    expect("processes of Wine's own that were compared", compared >= 5, compared)


def values_of_oneself_and_of_children_are_those_of_proc():
    """They live as long as psbench asks about them; Linux is read meanwhile."""
    for population, word in (("self", "probe"), ("child", "idle"), ("other_user", "idle")):
        with tempfile.TemporaryFile() as out:
            asking = start(PSBENCH, "probe", "--port", "windows", "--population", population, "--fields", FIELDS,
                           "--repeat", "1000" if population == "self" else "300", "--format", "json", stdout=out)
            readings = []
            while asking.poll() is None:
                for pid in of_prefix()["psbench.exe"]:
                    try:
                        words = read(pid, "cmdline").split("\0")
                    except OSError:
                        continue
                    told = of_linux(pid) if word in words[1:2] else None
                    readings += [told] if told else []
            out.seek(0)
            fields = json.loads(out.read())["processes"][0]["fields"]
        expect(f"{population}: the Linux process", len(readings) > 2, len(readings))
        if readings:
            if population == "self":  # it was at work: no time of the CPU is that of another moment
                readings[-1]["cpu"] = sum(t["user"] + t["system"] for t in value(fields, "threads")) / 1e9
            same(population, fields, *readings)


# ---- how it ends ----

def crash(pid):
    """
    Wherever psbench's functions are to return to becomes address 8: an access violation. (A signal would not do: it mostly
    meets a process in a call into Wine, which turns it into a call that fails.)
    """
    with open(f"/proc/{pid}/mem", "r+b", buffering=0) as memory:
        for line in read(pid, "maps").splitlines():
            first, last = (int(end, 16) for end in line.split()[0].split("-"))
            if last > STACK_END or not line.split()[1].startswith("rw"):
                continue
            first = max(first, last - STACK_USED)
            memory.seek(first)
            words = array.array("Q", memory.read(last - first))
            for i, word in enumerate(words):
                if IMAGE <= word < IMAGE + (16 << 20):
                    memory.seek(first + 8 * i)
                    memory.write((8).to_bytes(8, "little"))


def interrupt(pid):
    os.kill(pid, signal.SIGINT)


def ends_of(count, *words):
    return dict(collections.Counter(start(PSBENCH, *words).wait(timeout=60) for _ in range(count)))


def ends_of_idle(count, how):
    """psbench.exe idle says that it is there, and sleeps until its input ends: it does not, or behind what was done."""
    ends = collections.Counter()
    for _ in range(count):
        process = start(PSBENCH, "idle", stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        process.stdout.readline()
        how(process.pid)
        if how is crash:
            process.stdin.close()
        ends[process.wait(timeout=60)] += 1
        process.stdin.close()
        process.stdout.close()
    return dict(ends)


def every_end_is_what_it_was():
    """The codes are the low bytes of 0xc0000005, an access violation, and of 0xc000013a, Ctrl-C."""
    runs = 100
    for what, ends, code in (("--version", ends_of(runs, "--version"), 0), ("a wrong word", ends_of(runs, "run", "-x"), 2),
                             ("a crash", ends_of_idle(runs, crash), 5), ("Ctrl-C", ends_of_idle(runs, interrupt), 0x3a)):
        expect(what, ends == {code: runs}, ends)


def a_crash_while_it_measures_is_a_failure():
    """In a start, which is a process of its own: the run says so and fails. In the run itself: no results appear."""
    out = f"{FOLDER.name}/results.json"
    for victim in ("slices", "run"):
        running = start(PSBENCH, "run", "--port", "windows", "--scenario", "oneshot", "--population", "child", "--starts",
                        "6", "--seconds", "2", "--out", out)
        spoiled = None
        while running.poll() is None:
            found = {}
            for pid in of_prefix()["psbench.exe"]:
                try:
                    words = read(pid, "cmdline").split("\0")
                    found[words[1] if len(words) > 1 else ""] = pid
                    if "slices" in found and victim in found and spoiled in (None, found[victim]):
                        spoiled = found[victim]
                        crash(spoiled)  # again and again: it may have been only about to begin
                except OSError:
                    pass
        code = running.wait(timeout=60)
        expect(f"a crash of psbench {victim}", spoiled and code != 0, (spoiled, code))
        if victim == "run":
            expect("results of a run that crashed", not os.path.exists(out))
        elif os.path.exists(out):
            with open(out, encoding="utf-8") as file:
                cell = json.load(file)["cells"][0]
            expect("a start that crashed", (code, cell["state"]) == (1, "broken"), (code, cell["state"], cell.get("reason")))
            os.remove(out)
        else:
            wrong.append("a start that crashed: there are no results that say so")


# ---- odd names, long arguments, processes that end, many of them ----

def names_and_arguments_are_what_linux_gave():
    odd = f"{FOLDER.name}/日本語 😀.exe"
    shutil.copy(SLEEPER, odd)
    arguments = {"japanese": ["日本語", "ひらがな 😀"], "quotes": ['a "b" c', "tab\there", "", "back\\slash\\"],
                 "long": ["x" * 15900, "長" * 15900]}
    running = [start(odd, "sleep", key, *words) for key, words in arguments.items()]
    time.sleep(1.5)
    found = {}
    for fields in probe("--pid", "all", "--fields", "name,exe,cmdline").values():
        words = value(fields, "cmdline") or []
        if words[1:2] == ["sleep"]:
            found[words[2]] = fields
    for process in running:
        process.kill()
        process.wait()
    for key, words in arguments.items():
        if key not in found:
            wrong.append(f"arguments {key}: the process is not found")
            continue
        expect(f"arguments {key}", value(found[key], "cmdline")[3:] == words, value(found[key], "cmdline")[3:])
        expect("a name in Japanese", value(found[key], "name") == "日本語 😀.exe", found[key]["name"])
        expect("its path", value(found[key], "exe").endswith("\\日本語 😀.exe"), found[key]["exe"])


def processes_that_end_meanwhile_give_facts():
    """They end before they are opened, between opening and asking, and while they are read."""
    running = start(PSBENCH, "probe", "--port", "windows", "--pid", "all", "--crowd", "1", "--repeat", "1")
    running.wait()
    statuses = collections.Counter()
    for _ in range(6):
        dying = [start(PSBENCH, "--version") for _ in range(10)]
        for fields in probe("--pid", "all", "--fields", "all").values():
            statuses.update(field["status"] for field in fields.values())
        for process in dying:
            process.wait()
    expect("statuses of processes that end", set(statuses) <= FACTS, dict(statuses))
    expect("some have ended", statuses["gone"] > 0, dict(statuses))


def many_processes_are_told():
    many = 1000 if FULL else 200
    answers = probe("--pid", "all", "--sweep", "--crowd", str(many), "--fields", "name,ppid,num_threads,memory_info,parent")
    parents = collections.Counter(value(fields, "parent") for fields in answers.values())
    parent, children = max(((p, n) for p, n in parents.items() if p), key=lambda row: row[1])
    expect("children", children == many, children)
    for fields in answers.values():
        if value(fields, "parent") == parent:
            good = value(fields, "name") == "psbench.exe" and value(fields, "num_threads") == 1
            expect("one of many", good and value(fields, "memory_info")["rss"] > 0, fields)


for test in (values_of_a_process_are_those_of_proc, values_of_wines_own_processes_are_those_of_proc,
             values_of_oneself_and_of_children_are_those_of_proc, every_end_is_what_it_was,
             a_crash_while_it_measures_is_a_failure, names_and_arguments_are_what_linux_gave,
             processes_that_end_meanwhile_give_facts, many_processes_are_told):
    began, before = time.monotonic(), len(wrong)
    test()
    print(f"{'ok' if len(wrong) == before else 'WRONG':6}{test.__name__.replace('_', ' ')} ({time.monotonic() - began:.1f} s)",
          flush=True)
if wrong:
    sys.exit("\n".join(str(line)[:600] for line in wrong[:30]))

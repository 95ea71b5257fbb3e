"""
The Windows port on Wine, seen from Linux: a Windows process is a Linux process, too, and what Wine tells of it must be
what /proc tells. How psbench.exe ends is what Linux sees of it; names and arguments are what Linux gave it.

Run by ci/checks/wine, which sets WINEPREFIX and starts the server.
usage: test_windows_wine.py FOLDER-OF-PSBENCH.EXE-AND-TESTS [--full]
"""
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


BOOT = time.time() - float(read("self", "../uptime").split()[0]) if False else time.clock_gettime(
    time.CLOCK_REALTIME) - time.clock_gettime(time.CLOCK_BOOTTIME)
FIELDS = "name,num_threads,threads,memory_info,create_time,username,ppid"


def near(a, b, share):
    return abs(a - b) <= share * max(a, b) + (128 << 10)


def same(what, fields, linux):
    """What may move between the two readings may differ a little."""
    expect(f"{what}: num_threads", value(fields, "num_threads") == linux["num_threads"], (fields["num_threads"], linux))
    threads = value(fields, "threads")
    expect(f"{what}: threads", len(threads) == linux["num_threads"], len(threads))
    cpu = sum(thread["user"] + thread["system"] for thread in threads) / 1e9
    expect(f"{what}: times of its threads", abs(cpu - linux["cpu"]) <= 0.03 + 0.02 * len(threads), (cpu, linux["cpu"]))
    memory = value(fields, "memory_info")
    expect(f"{what}: rss", near(memory["rss"], linux["rss"], 0.05), (memory["rss"], linux["rss"]))
    expect(f"{what}: vms", near(memory["vms"], linux["vms"], 0.05), (memory["vms"], linux["vms"]))
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
            same(name, fields, min(told, key=lambda one: abs(one["started"] - created / 1e9)))
            compared += 1
    expect("processes of Wine's own that were compared", compared >= 5, compared)


def values_of_oneself_and_of_children_are_those_of_proc():
    """They live as long as psbench asks about them; Linux is read meanwhile."""
    for population, word in (("self", "probe"), ("child", "idle"), ("other_user", "idle")):
        with tempfile.TemporaryFile() as out:
            asking = start(PSBENCH, "probe", "--port", "windows", "--population", population, "--fields", FIELDS,
                           "--repeat", "1000" if population == "self" else "300", "--format", "json", stdout=out)
            linux = None
            while asking.poll() is None:
                for pid in of_prefix()["psbench.exe"]:
                    try:
                        words = read(pid, "cmdline").split("\0")
                    except OSError:
                        continue
                    told = of_linux(pid) if word in words[1:2] else None
                    linux = told or linux
            out.seek(0)
            fields = json.loads(out.read())["processes"][0]["fields"]
        expect(f"{population}: the Linux process", linux is not None)
        if linux:
            if population == "self":  # it was at work
                linux["cpu"] = sum(t["user"] + t["system"] for t in value(fields, "threads")) / 1e9
            same(population, fields, linux)


# ---- how it ends ----

def ready(process):
    """psbench.exe idle says that it is there."""
    return process.stdout.readline()


def ends_of(count, kill, *words):
    ends = collections.Counter()
    for _ in range(count):
        process = start(PSBENCH, *words, stdin=subprocess.PIPE if kill else subprocess.DEVNULL,
                        stdout=subprocess.PIPE if kill else subprocess.DEVNULL)
        if kill:
            ready(process)
            os.kill(process.pid, kill)
        ends[process.wait(timeout=60)] += 1
        if kill:
            process.stdin.close()
            process.stdout.close()
    return dict(ends)


def every_end_is_what_it_was():
    runs = 100
    expect("--version", ends_of(runs, 0, "--version") == {0: runs}, "not always 0")
    ends = ends_of(runs, 0, "run", "--nonsense")
    expect("a wrong word", ends == {2: runs}, ends)
    ends = ends_of(runs, signal.SIGSEGV, "idle")
    expect("a crash", 0 not in ends and sum(ends.values()) == runs, ends)
    ends = ends_of(runs, signal.SIGINT, "idle")
    expect("Ctrl-C", 0 not in ends and sum(ends.values()) == runs, ends)


def a_crash_while_it_measures_is_a_failure():
    """In a start, which is a process of its own: the run says so and fails. In the run itself: no results appear."""
    out = f"{FOLDER.name}/results.json"
    for victim in ("slices", "run"):
        running = start(PSBENCH, "run", "--port", "windows", "--scenario", "oneshot", "--population", "child", "--starts",
                        "6", "--seconds", "2", "--out", out)
        killed = False
        while not killed and running.poll() is None:
            found = {}
            for pid in of_prefix()["psbench.exe"]:
                try:
                    words = read(pid, "cmdline").split("\0")
                    found[words[1] if len(words) > 1 else ""] = pid
                except OSError:
                    pass
            if "slices" in found and victim in found:
                os.kill(found[victim], signal.SIGSEGV)
                killed = True
        code = running.wait(timeout=60)
        expect(f"a crash of psbench {victim}", killed and code != 0, (killed, code))
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

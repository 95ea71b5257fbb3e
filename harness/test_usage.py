"""
psbench as a user meets it: every mistake on the command line is one line on stderr that names the culprit, exit 2,
with nothing measured and nothing left behind; help is there; progress shows on a terminal and never in a pipe.

usage: test_usage.py PSBENCH
"""
import json
import os
import pathlib
import pty
import re
import signal
import subprocess
import sys
import tempfile
import time

PSBENCH = os.path.abspath(sys.argv[1])
FOLDER = tempfile.TemporaryDirectory()
os.chdir(FOLDER.name)

pathlib.Path("typo.json").write_text(
    '{"schema": "psbench-scenario/1", "name": "x", "meaning": "y",\n "populations": ["self"], "ask": "together",\n'
    ' "feilds": ["name"]}')
pathlib.Path("field.json").write_text(
    '{"schema": "psbench-scenario/1", "name": "x", "meaning": "y",\n "populations": ["self"], "ask": "together",\n'
    ' "fields": ["name", "nmae"]}')
pathlib.Path("broken.json").write_text('{"schema": \n oops}')
pathlib.Path("own.json").write_text(
    '{"schema": "psbench-scenario/1", "name": "own", "meaning": "mine", "populations": ["child"],\n'
    ' "ask": "together", "fields": ["name", "ppid"]}')
pathlib.Path("bad.costs").write_text(
    "psbench-costs 1\nport linux\nevidence native\nkernel native\nmachine m\n\nop linux.stat 12\nend 1\n")
pathlib.Path("folder").mkdir()


def call(*words, **options):
    return subprocess.run([PSBENCH, *words], capture_output=True, text=True, timeout=60, **options)


MISTAKES = [
    (["nosuch"], "'nosuch' is no command"),
    (["run", "--port", "linux", "--fields", "nosuch"], "'nosuch' is no field"),
    (["run", "--fields", ""], "--fields: is empty"),
    (["run", "--fields="], "--fields: is empty"),
    (["run", "--fields", "name,,exe"], "empty name"),
    (["run", "--fields", "name,name"], "'name' stands there twice"),
    (["run", "--fields"], "--fields: needs a value"),
    (["run", "--port", "plan9"], "'plan9' is no port"),
    (["run", "--scenario", "nosuch"], "'nosuch' is no scenario"),
    (["run", "--scenario", "./nosuch.json"], "./nosuch.json: No such file"),
    (["run", "--scenario", "./folder"], "./folder: is no plain file"),
    (["run", "--scenario", "typo.json"], "typo.json:3:2: 'feilds' is no key"),
    (["run", "--scenario", "field.json"], "field.json:3:21: 'nmae' is no field"),
    (["run", "--scenario", "broken.json"], "broken.json:2:"),
    (["run", "--fields", "name", "--scenario", "six"], "exclude each other"),
    (["run", "--pid", "1", "--population", "self"], "exclude each other"),
    (["run", "--pid", "abc"], "--pid: 'abc' is no process number"),
    (["torture", "--port", "linux", "--kernel", "sim", "--only", "3:nosuch"], "'nosuch' is no fault"),
    (["torture", "--port", "linux", "--kernel", "sim", "--only", "0:eio"], "'0' is not the number of a call"),
    (["torture", "--port", "ps"], "port ps is whole"),
    (["torture", "--port", "freebsd", "--pid", "99999999"], "gone: there is no process 99999999"),
    (["torture", "--port", "freebsd", "--population", "zombie"], "--population: a world has none"),
    (["torture", "--kernel", "sim", "--population", "zombie"], "--population: a world has none"),
    (["run", "--port", "freebsd", "--population", "zombie"], "no process of a world stands for 'zombie'"),
    (["torture", "--kernel", "nosuch"], "'nosuch' is no kernel"),
    (["torture", "--variant", "nosuch"], "'nosuch' is neither uncached nor cached"),
    (["torture", "--variant", "uncached", "--sweep"], "only the cached variant sweeps"),
    (["torture", "--pid", "1", "--population", "self"], "exclude each other"),
    (["torture", "--port", "linux", "--population", "nosuch"], "'nosuch' is none"),
    (["run", "--pid", "-1"], "--pid: '-1' is no process number"),
    (["run", "--pid", "99999999999999999999"], "is no process number"),
    (["run", "--pid", "4194305"], "gone: there is no process 4194305"),
    (["run", "--population", "nobody"], "'nobody' is none"),
    (["run", "--layer", "d"], "'d' is not c, python, process or all"),
    (["run", "--kernel", "magic"], "'magic' is no kernel"),
    (["run", "--kernel", "count"], "'count' is a shim"),
    (["run", "--starts", "0"], "'0' is not a whole number"),
    (["run", "--starts", "1.5"], "'1.5' is not a whole number"),
    (["run", "--seconds", "nan"], "'nan' is not a number"),
    (["run", "--format", "xml"], "'xml' is not text or json"),
    (["run", "--out", "nowhere/results.json"], "nowhere/results.json: No such file"),
    (["run", "--out", "folder"], "folder: Is a directory"),
    (["run", "--bogus"], "--bogus: 'psbench run' has no such option"),
    (["run", "--check-only=yes"], "--check-only: takes no value"),
    (["run", "word"], "'word': 'psbench run' takes no such word"),
    (["probe", "--variant", "half"], "'half' is not uncached or cached"),
    (["probe", "--pid", "1,,2"], "'' is no process number"),
    (["probe", "--repeat", "-3"], "'-3' is not a whole number"),
    (["run", "--port", "linux", "--world", "live"], "no port that is to be measured has a simulated kernel"),
    (["run", "--kernel", "sim", "--world", "mars"], "'mars' is neither"),
    (["run", "--kernel", "sim", "--world", "processes=0"], "a world has 1 to"),
    (["run", "--kernel", "sim", "--world", "caller=99999999999"], "is no uid"),
    (["run", "--kernel", "sim", "--world", "live,processes=3"], "is neither 'live' nor"),
    (["run", "--scenario", "sweep", "--processes", "0"], "'0' is not a whole number"),
    (["run", "--kernel", "replay=nosuch.trace", "--pid", "1"], "nosuch.trace: No such file"),
    (["probe", "--world", "live"], "tells of no world"),
    (["record"], "needs --out"),
    (["record", "--out", "same", "--costs", "same"], "--costs: same: is the trace's file, too"),
    (["record", "--pid", "4194305", "--out", "t.trace"], "--pid: there is no process 4194305"),
    (["record", "--out", "t.trace", "--costs", "/dev/full"], "--costs: /dev/full: the costs cannot be written"),
    (["record", "--costs", "nosuch/costs"], "--costs: nosuch/costs: No such file"),
    (["probe", "--pid", "1", "--kernel", "delay=./nosuch.costs+native"], "./nosuch.costs: No such file"),
    (["probe", "--pid", "1", "--kernel", "delay=bad.costs+native"], "bad.costs:7: no line of the form"),
    (["record", "--out", "t.trace", "--redact", "names,nmaes"], "--redact: 'nmaes' is not names, arguments or paths"),
    (["record", "--out", "t.trace", "--redact", "names,"], "--redact: '' is not names"),
    (["record", "--out", "t.trace", "--redact="], "--redact: is empty"),
    (["claims", "--claim", "plan9"], "--claim: there is no 'plan9'"),
    (["claims", "--claims", "typo.json"], "typo.json:1:"),
    (["claims", "--claims", "./nosuch.json"], "./nosuch.json: No such file"),
    (["claims", "--costs", "./nosuch.costs"], "./nosuch.costs: No such file"),
    (["claims", "--costs", "bad.costs"], "bad.costs:2: the costs are of another port"),
    (["claims", "--costs", "a;b.costs"], "';'"),
    (["claims", "--format", "xml"], "'xml' is not text or json"),
    (["claims", "--out", "nowhere/claims.json"], "nowhere/claims.json: No such file"),
    (["claims", "--why=yes"], "--why: takes no value"),
    (["run", "--method-ns", "-1"], "'-1' is not a whole number"),
    (["check", "--kernel", "sim", "--case", "nosuch"], "--case: 'nosuch' fits no case"),
    (["check", "--kernel", "sim", "--list", "--case", "nosuch"], "--case: 'nosuch' fits no case"),
    (["check", "--kernel", "sim", "--out", "nowhere/x"], "--out: nowhere/x: No such file"),
    (["check", "--kernel", "sim", "--status", "nowhere/x"], "--status: nowhere/x: No such file"),
    (["check", "--kernel", "sim", "--expect", "broken.json"], "--expect: broken.json:2:"),
    (["explain", "linux", "--model"], "--model is about all ports"),
    (["explain", "--claim", "bsd"], "--claim and --quick go with it"),
    (["explain"], "which port?"),
    (["explain", "plan9"], "'plan9' is no port"),
    (["list", "planets"], "'planets' is not"),
    (["run", "--scenario", "evil\x1b[31m"], "is no scenario"),
]


def mistakes_are_one_line_that_names_the_culprit():
    for words, expected in MISTAKES:
        start = time.monotonic()
        result = call(*words)
        said = result.stderr
        assert result.returncode == 2, f"{words}: exit {result.returncode}"
        assert expected in said, f"{words}: {said!r} does not say {expected!r}"
        assert said.startswith("psbench: ") and said.count("\n") == 1, f"{words}: {said!r}"
        assert result.stdout == "", f"{words}: stdout {result.stdout!r}"
        assert not any(ord(c) < 0x20 for c in said.rstrip("\n")), f"{words}: control characters {said!r}"
        assert time.monotonic() - start < 5, f"{words}: something was measured first"
    left = sorted(file.name for file in pathlib.Path(".").iterdir())
    assert left == ["bad.costs", "broken.json", "field.json", "folder", "own.json", "typo.json"], left


def a_trace_is_not_checked():
    assert call("record", "--kernel", "sim", "--out", "t.trace").returncode == 0
    result = call("check", "--kernel", "replay=t.trace")
    os.remove("t.trace")
    assert result.returncode == 2 and "a trace answers for the processes it was recorded of" in result.stderr, result


def a_fault_that_is_never_met_is_told():
    result = call("torture", "--port", "linux", "--kernel", "sim", "--only", "5000:eio")
    assert result.returncode == 2 and "--only: 5000:eio: that call was never made" in result.stderr, result


def help_is_there():
    assert call().returncode == 2
    for words in (["--help"], ["run", "--help"], ["probe", "-h"], ["list", "--help"], ["explain", "--help"],
                  ["doctor", "--help"], ["claims", "--help"], ["torture", "--help"], ["check", "--help"],
                  ["record", "--help"]):
        result = call(*words)
        assert result.returncode == 0 and "usage: psbench" in result.stdout and result.stderr == "", words
        assert max(map(len, result.stdout.splitlines())) <= 110, words
    for command in ("run", "probe", "list", "explain", "doctor", "claims", "torture"):
        assert "example: psbench " + command in call(command, "--help").stdout
    assert "--trial" not in call("check", "--help").stdout
    assert re.fullmatch(r"psbench \d+\.\d+\.\d+\n", call("--version").stdout)


def a_process_that_is_not_there_is_a_row():
    result = call("probe", "--pid", "4194305", "--fields", "name,uids")
    assert result.returncode == 0 and result.stdout.count("<gone") == 2, result.stdout


def a_port_alone_is_enough_to_probe():
    for port in ("freebsd", "netbsd", "openbsd", "macos", "sunos", "windows"):
        result = call("probe", "--port", port, "--kernel", "sim")
        assert result.returncode == 0 and "<gone" not in result.stdout, result.stdout


def hostile_names_reach_no_terminal():
    script = "import ctypes,signal; ctypes.CDLL(None).prctl(15, b'\\x1b[2J\\n\\xff', 0, 0, 0); print(flush=True); signal.pause()"
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as child:
        child.stdout.readline()
        text = call("probe", "--pid", str(child.pid), "--fields", "name").stdout
        row = json.loads(call("probe", "--pid", str(child.pid), "--fields", "name", "--format", "json").stdout)
        child.kill()
    assert text.rstrip() == "name              \\x1b[2J\\x0a\\xff", repr(text)
    assert row["processes"][0]["fields"]["name"] == {"status": "ok", "value": "\\x1b[2J\\x0a\\xff", "escaped": True}


def a_hostile_folder_reaches_no_terminal():
    result = call("claims", "--claim", "sunos", "--quick", "--psutil-path", "./\x1b[2J")
    assert result.returncode == 3 and "\x1b" not in result.stdout + result.stderr, result


def an_own_scenario_is_measured_and_written_whole():
    result = call("run", "--scenario", "./own.json", "--starts", "6", "--seconds", "0.01", "--out", "own-results.json")
    assert result.returncode == 0, result.stderr
    assert "linux own, population child" in result.stdout and "\x1b" not in result.stdout
    cells = json.loads(pathlib.Path("own-results.json").read_text())["cells"]
    assert cells[0]["exact"]["uncached"]["calls"] == 2 and cells[0]["exact"]["cached"]["calls"] == 1
    os.remove("own-results.json")


def a_full_disk_is_told():
    if os.path.exists("/dev/full"):
        with open("/dev/full", "w") as full:
            result = subprocess.run([PSBENCH, "list"], stdout=full, stderr=subprocess.PIPE, text=True)
        assert result.returncode == 2 and "standard output" in result.stderr, result


def a_process_that_ends_while_it_is_measured_is_not_measured():
    with subprocess.Popen(["sleep", "1"]) as child:
        result = subprocess.Popen([PSBENCH, "run", "--pid", str(child.pid), "--scenario", "six", "--starts", "2",
                                   "--seconds", "2", "--out", "gone.json"], stdout=subprocess.DEVNULL,
                                  stderr=subprocess.DEVNULL)
        child.wait()
        assert result.wait() == 3
    cell = json.loads(pathlib.Path("gone.json").read_text())["cells"][0]
    os.remove("gone.json")
    assert cell["state"] == "skipped" and "gone" in cell["reason"] and "measured" not in cell, cell


def a_world_that_is_named_is_the_one_that_is_measured():
    result = call("run", "--port", "linux", "--kernel", "sim", "--world", "processes=3000", "--pid", "20000",
                  "--scenario", "six", "--starts", "6", "--seconds", "0.01", "--format", "json")
    cell = json.loads(result.stdout)["cells"][0]
    assert result.returncode == 0 and cell["state"] == "measured", (cell["state"], cell.get("reason"))


def what_is_no_plain_file_is_written_and_not_replaced():
    if os.path.exists("/dev/null"):
        assert call("run", "--check-only", "--scenario", "six", "--out", "/dev/null").returncode == 0
        assert not os.path.isfile("/dev/null"), "the device is gone"
    pathlib.Path("target.json").write_text("old")
    os.symlink("target.json", "link.json")
    assert call("run", "--check-only", "--scenario", "six", "--out", "link.json").returncode == 0
    assert os.path.islink("link.json") and json.loads(pathlib.Path("target.json").read_text())
    os.remove("link.json")
    os.remove("target.json")


def results_are_saved_whatever_becomes_of_the_output():
    subprocess.run(f"'{PSBENCH}' run --check-only --out saved.json >&-", shell=True, stderr=subprocess.DEVNULL)
    json.loads(pathlib.Path("saved.json").read_text())
    subprocess.run(f"'{PSBENCH}' run --check-only --out saved.json | true", shell=True, stderr=subprocess.DEVNULL)
    json.loads(pathlib.Path("saved.json").read_text())
    os.remove("saved.json")


def nothing_runs_on_when_psbench_is_killed():
    run = subprocess.Popen([PSBENCH, "run", "--scenario", "six", "--seconds", "60", "--starts", "6"],
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    start = time.monotonic()
    while not (slices := subprocess.run(["pgrep", "-P", str(run.pid)], capture_output=True, text=True).stdout.split()):
        assert time.monotonic() - start < 30, "no measurement was started"
        time.sleep(0.05)
    run.kill()
    run.wait()
    time.sleep(0.5)
    assert not any(os.path.exists(f"/proc/{pid}/exe") and os.path.basename(os.readlink(f"/proc/{pid}/exe")) == "psbench"
                   for pid in slices), "a measurement runs on"
    assert not list(pathlib.Path(".").glob("*.part"))


def a_collector_ends_with_psbench():
    for number in (signal.SIGTERM, signal.SIGINT):
        run = subprocess.Popen([PSBENCH, "probe", "--exec", "echo $$ > part; mv part pid; exec sleep 60"],
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        start = time.monotonic()
        while not os.path.exists("pid"):
            assert time.monotonic() - start < 30, "the collector was not started"
            time.sleep(0.05)
        pid = int(pathlib.Path("pid").read_text())
        os.remove("pid")
        run.send_signal(number)
        assert run.wait() == -number
        while os.path.exists(f"/proc/{pid}/exe") and os.readlink(f"/proc/{pid}/exe").endswith("sleep"):
            assert time.monotonic() - start < 30, "the collector runs on"
            time.sleep(0.05)


def progress_shows_on_a_terminal_only():
    quick = ["run", "--scenario", "six", "--population", "child", "--starts", "6", "--seconds", "0.01"]
    assert "start 1 of 6" not in call(*quick).stderr
    main, other = pty.openpty()
    with subprocess.Popen([PSBENCH, *quick], stdout=subprocess.DEVNULL, stderr=other) as child:
        os.close(other)
        seen = b""
        try:
            while piece := os.read(main, 4096):
                seen += piece
        except OSError:  # the terminal's other end is closed
            pass
        assert child.wait() == 0
    os.close(main)
    assert b"start 1 of 6" in seen, seen
    assert seen.rstrip(b"\n").endswith(b"\r\x1b[K"), "the line is left behind"


for test in (mistakes_are_one_line_that_names_the_culprit, a_trace_is_not_checked,
             a_fault_that_is_never_met_is_told, help_is_there, a_port_alone_is_enough_to_probe,
             a_process_that_is_not_there_is_a_row,
             a_process_that_ends_while_it_is_measured_is_not_measured,
             a_world_that_is_named_is_the_one_that_is_measured,
             what_is_no_plain_file_is_written_and_not_replaced, results_are_saved_whatever_becomes_of_the_output,
             nothing_runs_on_when_psbench_is_killed, a_collector_ends_with_psbench, hostile_names_reach_no_terminal,
             a_hostile_folder_reaches_no_terminal, an_own_scenario_is_measured_and_written_whole, a_full_disk_is_told,
             progress_shows_on_a_terminal_only):
    test()
    print("ok", test.__name__)

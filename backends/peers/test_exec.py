"""
Collectors in other programs (PROTOCOL.md): a good one is probed, checked and measured; whatever a bad one does ends in one
line in plain words, or in a broken row, and psbench neither crashes nor hangs. The peers that are here are asked, too.

usage: test_exec.py PSBENCH
"""
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

PSBENCH = os.path.abspath(sys.argv[1])
FOLDER = tempfile.TemporaryDirectory()
os.chdir(FOLDER.name)

# A collector that tells the same of every process. What a test spoils stands in front of the loop.
GOOD = r"""
import json, os, signal, sys, time
HELLO = {"protocol": 1, "name": "mine", "claims": ["name", "ppid", "uids"], "variants": ["uncached", "cached"]}
VALUES = {"name": {"status": "ok", "value": "x"}, "ppid": {"status": "ok", "value": 1},
          "uids": {"status": "ok", "value": {"real": 1, "effective": 2}}}
def hello(asked): return HELLO
def begin(asked): return {}
def get(asked): return VALUES[asked["field"]]
def end(asked): return {}
def pids(asked): return {"pids": [1, os.getppid()]}
def repeat(asked): return {"ns": 1000 * asked["times"]}
def bye(asked): sys.exit()
def say(asked, answer): print(json.dumps({"id": asked["id"], **answer}), flush=True)
%s
for line in sys.stdin:
    asked = json.loads(line)
    say(asked, globals()[asked["ask"]](asked))
"""


def collector(spoiled):
    pathlib.Path("collector.py").write_text(GOOD % spoiled)
    return f"exec {sys.executable} collector.py"


def call(*words, timeout=60):
    return subprocess.run([PSBENCH, *words], capture_output=True, text=True, timeout=timeout)


def probe(command, *words):
    return call("probe", "--exec", command, "--timeout", "1.5", "--pid", "1", *words)


# ---- a good one ----

result = probe(collector(""), "--format", "json")
assert result.returncode == 0 and result.stderr == "", result
answers = json.loads(result.stdout)["processes"][0]["fields"]
assert answers == {"name": {"status": "ok", "value": "x"}, "ppid": {"status": "ok", "value": 1},
                   "uids": {"status": "ok", "value": {"real": 1, "effective": 2, "saved": None}}}, answers

# Every kind of value goes there and back.
KINDS = {
    "name": {"status": "ok", "value": r"a\x00b".replace("00", "ff"), "escaped": True},
    "exe": {"status": "absent"},
    "cmdline": {"status": "ok", "value": ["", "ä", "b c"]},
    "cwd": {"status": "denied", "os_error": 13},
    "create_time": {"status": "ok", "value": -5},
    "status": {"status": "ok", "value": "zombie"},
    "cpu_percent": {"status": "ok", "value": 12.5},
    "cpu_times": {"status": "ok", "value": {"user": 2**63 - 1, "system": 0, "children_user": None,
                                            "children_system": None, "iowait": None}},
    "threads": {"status": "ok", "value": [{"id": 7, "user": 1, "system": 2}]},
    "username": {"status": "gone"},
    "num_fds": {"status": "unknown"},
    "nice": {"status": "ok", "value": -20},
}
result = probe(collector(f"VALUES = {KINDS!r}; HELLO['claims'] = list(VALUES)"), "--format", "json")
assert result.returncode == 0, result
assert json.loads(result.stdout)["processes"][0]["fields"] == KINDS, result.stdout

result = probe(collector('VALUES = {"threads": {"status": "ok", "value": [{"id": 7, "user": None, "system": None, "total": 3}]}}\n'
                         'HELLO["claims"] = ["threads"]'))
assert "7:user=?,system=?,total=3" in result.stdout, result

# It keeps the time: 1 us a pass, however long the pipe takes. The port of this machine's OS is measured beside it.
result = call("run", "--exec", collector(""), "--pid", "1", "--fields", "name,ppid", "--starts", "6", "--seconds", "0.02",
              "--out", "results.json")
cell, = json.loads(pathlib.Path("results.json").read_text())["cells"]
assert cell["state"] == "measured" and cell["id"].startswith("mine/own/c/"), cell
for variant in "uncached", "cached":
    assert abs(cell["measured"][variant]["snapshot_ns"] - 1000) < 1, cell
assert abs(cell["measured"]["speedup"]["ratio"] - 1) < 0.001 and cell["measured"]["against_ours"]["ratio"] > 0, cell
assert "the calls of a whole port cannot be counted" in result.stdout, result.stdout

# One variant is enough; then there is no speed-up.
result = call("run", "--exec", collector('HELLO["variants"] = ["uncached"]'), "--pid", "1", "--fields", "name", "--starts",
              "6", "--seconds", "0.02", "--out", "results.json")
cell, = json.loads(pathlib.Path("results.json").read_text())["cells"]
assert cell["state"] == "measured" and cell["measured"]["speedup"] is None and "cached" not in cell["measured"], cell

# ---- bad ones, at hello: exit 2 ----

AT_HELLO = {
    "not there": ("/nosuch/program", "exited with code 127 before it answered 'hello'"),
    "ends at once": ("exit 0", "exited with code 0 before it answered 'hello'"),
    "dies": ("kill -SEGV $$", "was ended by signal 11"),
    "says nothing": ("sleep 100", "has not answered 'hello' for 1.5 seconds"),
    "closes its output": ("exec >&-; sleep 100", "before it answered 'hello'"),
    "is no collector": ("echo hello", "what is no JSON object: 'hello'"),
    "answers a list": ("echo '[1]'", "what is no JSON object"),
    "answers garbage": ("head -c 4096 /dev/urandom; echo", "what is no JSON object"),
    "answers NULs": ("head -c 4096 /dev/zero; echo", "what is no JSON object"),
    "nests deeply": ("yes '[' | head -n 100000 | tr -d '\\n'; echo", "what is no JSON object"),
    "acts on terminals": ("printf '\\033[31mred\\n'", r"what is no JSON object: '\x1b[31mred'"),
    "writes without end": ("yes | tr -d '\\n'", "with a line of more than 16 MiB"),
    "writes lines without end": ("yes", "what is no JSON object: 'y'"),
    "wrong id": ("echo '{\"id\":7}'", "an id that is not the question's, 1"),
    "no id": ("echo '{}'", "an id that is not the question's, 1"),
    "keys twice": ("echo '{\"id\":1,\"id\":1}'", "what is no JSON object"),
}
SPOILED_HELLO = {
    'HELLO["protocol"] = 9': "speaks protocol 9, and this psbench 1",
    'del HELLO["protocol"]': "with no protocol",
    'HELLO["name"] = 7': "with no name",
    'HELLO["name"] = "x" * 1000': "with no name, or a long one",
    'HELLO["name"] = "linux"': "the name of its port, 'linux', is taken",
    'HELLO["name"] = "a b"': "a port's name is",
    'HELLO["claims"] = ["nmae"]': "with claims that are no list of fields",
    'HELLO["claims"] = []': "with claims that are no list of fields",
    'HELLO["claims"] = {"name": 1}': "with claims that are no list of fields",
    'HELLO["variants"] = ["warm"]': "with variants that are no list",
    'HELLO["variants"] = []': "with variants that are no list",
    'HELLO["evidence"] = "divine"': "with evidence that is none",
    'HELLO = {"error": "no \\033 licence"}': r"the program says to 'hello': no \x1b licence",
    "sys.exit(3)": "exited with code 3 before it answered 'hello'",
}


def assert_refused(command, phrase, *words):
    start = time.monotonic()
    result = probe(command, *words)
    assert result.returncode == 2, f"{command}: {result}"
    lines = result.stderr.splitlines()
    own = [line for line in lines if line.startswith("psbench: ")]
    assert len(own) == 1 and phrase in own[0], f"{command}: {phrase}: {result.stderr}"
    assert time.monotonic() - start < 30, command


for what, (command, phrase) in AT_HELLO.items():
    assert_refused(command, phrase)
for spoiled, phrase in SPOILED_HELLO.items():
    assert_refused(collector(spoiled), phrase)

# ---- bad ones, later: probe exits with 2, run has a broken row ----

LATER = {
    "def get(asked): sys.exit(4)": "exited with code 4 before it answered 'get'",
    "def get(asked): os.kill(os.getpid(), signal.SIGKILL)": "was ended by signal 9 before it answered 'get'",
    "def get(asked): time.sleep(100)": "has not answered 'get' for 1.5 seconds",
    "def begin(asked): time.sleep(100)": "has not answered 'begin' for 1.5 seconds",
    "def get(asked): return {}": "with a status of name that is none",
    'def get(asked): return {"status": "fine"}': "with a status of name that is none",
    'def get(asked): return {"status": 0}': "with a status of name that is none",
    'def get(asked): return {"status": "ok"}': "with a value of name that is not a string",
    'def get(asked): return {"status": "denied", "os_error": "13"}': "with an os_error of name that is no integer",
    'def get(asked): return {"error": "ouch"}': "the program says to 'get': ouch",
    'def get(asked): return {"id": -1}': "with an id that is not the question's",
    'def get(asked): return {"status": "ok", "value": "x" * (17 << 20)}': "with a line of more than 16 MiB",
    'def say(asked, answer): print("{", flush=True)': "what is no JSON object",
    'def say(asked, answer, old=say): old(asked, answer); old(asked, answer)': "with an id that is not the question's",
    'def say(asked, answer):\n  os.write(1, b"\\xff\\xfe\\n") if asked["ask"] == "get" else print(json.dumps({"id": asked["id"], **answer}), flush=True)':
        "what is no JSON object",
}
TYPES = {
    "name": (7, None, ["x"], {"a": 1}),
    "cmdline": ("x", [7], [["x"]], {}),
    "ppid": ("1", 1.5, None, [1], True),
    "create_time": ("now", 1.5),
    "status": ("asleep", 1),
    "memory_percent": ("1", None, []),
    "cpu_times": ([1, 2], {"user": -1}, {"user": 1.5}, {"user": "1"}, {"usr": 1}, 7),
    "threads": ({}, [7], [{"id": 1}], [{"id": "1", "user": 1, "system": 1}], [{"id": 1, "user": -1, "system": 1}],
                [{"id": 1, "total": 3}, {"id": 2, "user": 1, "system": 1}]),
}
for spoiled, phrase in LATER.items():
    if not spoiled.startswith("def say"):
        assert_refused(collector(spoiled), phrase)
    result = call("run", "--exec", collector(spoiled), "--timeout", "1.5", "--pid", "1", "--fields", "name", "--check-only")
    if "def say" in spoiled or "def begin" in spoiled:
        assert result.returncode in (1, 2) and phrase in result.stdout + result.stderr, f"{spoiled}: {result}"
        continue
    assert result.returncode == 1 and "broken: " in result.stdout and phrase in result.stdout, f"{spoiled}: {result}"
for field, values in TYPES.items():
    for value in values:
        assert_refused(collector(f'HELLO["claims"] = [{field!r}]\ndef get(asked): return {{"status": "ok", "value": {value!r}}}'),
                       f"with a value of {field} that is not ")
for text in r"\x0", r"\xgg", "\\", r"\x00", r"\n":
    assert_refused(collector(f'VALUES["name"] = {{"status": "ok", "value": {text!r}, "escaped": True}}'),
                   "in which each backslash is an escape")
for value in "NaN", "Infinity", "1e999":
    assert_refused(collector('HELLO["claims"] = ["memory_percent"]\ndef get(asked): return {}\ndef say(asked, answer): print(\'{"id":%d,"status":"ok","value":'
                             + value + "}' % asked['id'] if asked['ask'] == 'get' else json.dumps({'id': asked['id'], **answer}), flush=True)"),
                   "what is no JSON object")
for pids in 7, ["1"], [-1], [1.5], None:
    result = call("probe", "--exec", collector(f'def pids(asked): return {{"pids": {pids!r}}}'), "--pid", "all")
    assert result.returncode == 2 and "the processes cannot be listed" in result.stderr, result

# The clock of a repeat is not believed blindly, and one that fails in the middle of a measurement breaks its cell.
for spoiled, phrase in {
        'def repeat(asked): return {"ns": 0}': "with no ns above 0",
        'def repeat(asked): return {"ns": "1"}': "with no ns above 0",
        "def repeat(asked): sys.exit(5)": "exited with code 5 before it answered 'repeat'",
        "def repeat(asked): time.sleep(100)": "has not answered 'repeat' for 1.5 seconds"}.items():
    result = call("run", "--exec", collector(spoiled), "--timeout", "1.5", "--pid", "1", "--fields", "name", "--starts", "6",
                  "--seconds", "0.02")
    assert result.returncode == 1 and "broken: " in result.stdout and phrase in result.stdout, f"{spoiled}: {result}"

# One that does not go when it is told to is ended, with what it started.
start = time.monotonic()
result = probe(collector("def bye(asked):\n  for line in sys.stdin: pass\n  time.sleep(1000)\nos.spawnlp(os.P_NOWAIT, 'sleep', 'sleep', '1003')"))
assert result.returncode == 0 and time.monotonic() - start < 20, result
left = subprocess.run(["ps", "-A", "-o", "args="], capture_output=True, text=True).stdout
assert "sleep 1003" not in left, left

# ---- the peers ----

listed = call("list", "ports").stdout
for peer, packages in ("psutil", ["psutil"]), ("ps", []), ("libproc2", []):
    assert re.search(rf"^  {peer} +a peer", listed, re.M), listed
    result = call("run", "--port", peer, "--population", "child", "--scenario", "as_dict", "--check-only")
    if result.returncode == 2 and "is not there" in result.stderr:
        print(f"SKIPPED: {result.stderr.strip()}")
        continue
    assert result.returncode == 0 and "WRONG" not in result.stdout, f"{peer}: {result}"
    explained = call("explain", peer)
    assert explained.returncode == 0 and "claims:" in explained.stdout, explained
for words, phrase in ((["run", "--port", "ps", "--kernel", "sim"], "cannot stand under port 'ps'"),
                      (["probe", "--port", "ps", "--counts"], "cannot be counted"),
                      (["record", "--port", "ps", "--out", "x"], "asks no kernel that could be listened to")):
    result = call(*words)
    assert result.returncode == 2 and phrase in result.stderr, result
print("programs are talked to, and whatever they do is told in plain words")

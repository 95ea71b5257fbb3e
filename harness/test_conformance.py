"""
Every port passes psbench check over its simulated kernel, and that of this machine over its own: as root, and as an ordinary
user. The formats say the same as the results; expectations are believed no further than they go; the contract is covered.

usage: test_conformance.py PSBENCH
"""
import datetime
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree

import jsonschema

ROOT = pathlib.Path(__file__).parent.parent
PSBENCH = os.path.abspath(sys.argv[1])
SCHEMA = json.loads((ROOT / "reports/check.schema.json").read_text())
FOLDER = tempfile.TemporaryDirectory()
os.chdir(FOLDER.name)


def call(*words, program=(PSBENCH,)):
    return subprocess.run([*program, "check", *words], capture_output=True, text=True, timeout=600)


def results(*words, code=0, program=(PSBENCH,)):
    done = call(*words, "--format", "json", program=program)
    assert done.returncode == code, f"{words}: exit code {done.returncode}\n{explain(done.stdout)}{done.stderr}"
    found = json.loads(done.stdout)
    jsonschema.Draft7Validator(SCHEMA).validate(found)
    return found


def explain(output):
    """The cases and findings that make a run fail."""
    try:
        suites = json.loads(output)["suites"]
    except ValueError:
        return output
    return "".join(f"{suite['id']} as {suite['user']}: {suite['findings']}\n" + "".join(
        f"  {case['result']} {case['name']}: {case['text']}; got {case.get('got')}, expected {case.get('expected')}\n"
        for case in suite["cases"] if case["result"] in ("fail", "broken")) for suite in suites)


def tell(found):
    for suite in found["suites"]:
        counts = ", ".join(f"{count} {result}" for result, count in suite["counts"].items() if count)
        print(f"{suite['id']:16} as {suite['user']}: {counts}; {suite['seconds']:.1f} s")
        assert suite["verdict"] == "pass", explain(json.dumps(found))
        assert suite["least"] and suite["executed"] >= suite["least"], "no minimum is stated"


# ---- the ports ----

start = time.monotonic()
everything = results("--all", "--status", "status.md")
tell(everything)
if os.geteuid() == 0 and shutil.which("setpriv"):
    own = pathlib.Path(FOLDER.name) / "psbench"
    shutil.copy(PSBENCH, own)
    os.chmod(FOLDER.name, 0o755)
    os.chmod(own, 0o755)
    nobody = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", str(own))
    ordinary = results(program=nobody)
    tell(ordinary)
    assert ordinary["suites"][0]["user"] == "user"
print(f"all together: {time.monotonic() - start:.1f} s")

for suite in everything["suites"]:
    names = [case["name"] for case in suite["cases"]]
    assert len(names) == len(set(names)), "a name stands there twice"
    assert all(re.fullmatch(r"[a-z0-9_.]+", name) for name in names)

# ---- the contract ----

done = call("--coverage")
assert done.returncode == 0 and " 0 without a case" in done.stdout, done.stderr
rows = re.findall(r'^PROMISE\("([A-Z_]+-\d+)"', (ROOT / "backends/contract.def").read_text(), re.M)
assert len(rows) == len(set(rows)), "an id stands there twice"
marks = " ".join(re.findall(r"\[([A-Z_0-9, -]+)\]",
                            re.sub(r"\n *\* +", " ", (ROOT / "backends/backend.h").read_text())
                            + re.sub(r"\n *\* +", " ", (ROOT / "backends/field.def").read_text())))
marked = set(re.findall(r"[A-Z_]+-\d+", marks))
fields = set(re.findall(r"^FIELD\((\w+),", (ROOT / "backends/field.def").read_text(), re.M))
assert marked <= set(rows), f"marks without a promise: {marked - set(rows)}"
unmarked = {row for row in rows if row not in marked and row.rsplit("-", 1)[0] not in fields}
assert not unmarked, f"promises that neither backend.h nor field.def makes: {unmarked}"

# ---- formats ----

SIM = ("--port", "freebsd", "--kernel", "sim")
plain = results(*SIM, "--case", "snapshot.*")["suites"][0]
tap = call(*SIM, "--case", "snapshot.*", "--format", "tap").stdout.splitlines()
assert tap[:2] == ["TAP version 14", f"1..{len(plain['cases'])}"], tap[:2]
assert [bool(re.match(rf"ok {i + 1} - freebsd/sim {re.escape(case['name'])}\b", line))
        for i, (line, case) in enumerate(zip(tap[2:], plain["cases"]))] == [True] * len(plain["cases"])
assert sum(" # SKIP " in line for line in tap) == plain["counts"]["skip"] + plain["counts"]["not-claimed"]
done = call(*SIM, "--case", "snapshot.*", "--format", "junit", "--out", "junit.xml")
assert done.returncode == 0 and "freebsd" in done.stdout, "the text is printed beside a file"
suite = xml.etree.ElementTree.parse("junit.xml").getroot()[0]
assert int(suite.get("tests")) == len(suite) == len(plain["cases"]) and suite.get("failures") == "0"
assert [case.get("name") for case in suite] == [case["name"] for case in plain["cases"]]
listed = call(*SIM, "--list", "--case", "snapshot.*").stdout.splitlines()
assert [line.split()[0] for line in listed] == [case["name"] for case in plain["cases"]]
status = pathlib.Path("status.md").read_text()
assert all(f"| `{field}` |" in status for field in everything["fields"])
assert status.count(" pass: ") == len(everything["suites"])

# ---- what is too little, and what is expected ----

results(*SIM, "--case", "snapshot.nested", "--least", "2", code=1)
assert call(*SIM, "--case", "churn.storm").returncode == 3, "nothing was carried out"
hung = results("--port", "windows", "--case", "leak.living", "--seconds", "0.001", code=1)["suites"][0]
assert hung["cases"][0]["result"] == "broken" and "was ended" in hung["cases"][0]["text"]

SOON = (datetime.date.today() + datetime.timedelta(days=30)).isoformat()
ROW = {"case": "leak.living", "result": "broken", "issue": "https://issues.invalid/1", "until": SOON}


def expecting(*rows, words=(), code=0):
    path = pathlib.Path("expect.json")
    path.write_text(json.dumps({"schema": "psbench-expect/1", "expect": list(rows)}))
    jsonschema.Draft7Validator(SCHEMA["definitions"]["expectations"] | {"definitions": SCHEMA["definitions"]}).validate(
        json.loads(path.read_text()))
    return results("--port", "windows", "--kernel", "sim", *(words or ("--case", "leak.living", "--seconds", "0.001")),
                   "--expect", "expect.json", code=code)["suites"][0]


met = expecting(ROW)
assert met["cases"][0]["expectation"]["issue"] == ROW["issue"] and not met["findings"]
assert "expired" in expecting(ROW | {"until": "2020-01-01"}, code=1)["findings"][0]
passed = expecting(ROW | {"case": "snapshot.nested"}, words=("--case", "snapshot.nested"), code=1)
assert "passes, and was expected" in passed["findings"][0]
expecting(ROW | {"when": {"port": "linux"}}, code=1)
expecting(ROW | {"when": {"port": "win*", "kernel": "sim"}})
orphan = expecting(ROW | {"case": "no.such"}, words=("--least", "1"), code=1)
assert orphan["findings"] == ["the expectation of no.such fits no case"]

for spoiled, what in [
    ('{"schema": "psbench-expect/1"}', "is not {"),
    ('{"schema": "psbench-expect/1", "expect": [{}]}', "row 1 has no 'case'"),
    (json.dumps({"schema": "psbench-expect/1", "expect": [ROW, ROW | {"issue": ""}]}), "row 2 has no 'issue'"),
    (json.dumps({"schema": "psbench-expect/1", "expect": [ROW | {"until": "soon"}]}), "row 1 has no 'until'"),
    (json.dumps({"schema": "psbench-expect/1", "expect": [ROW | {"result": "pass"}]}), "row 1 has no 'result'"),
    (json.dumps({"schema": "psbench-expect/1", "expect": [ROW | {"when": {"os": "x"}}]}), "row 1 has a 'when'"),
    ("{", "expect.json:1:1: "),
]:
    pathlib.Path("expect.json").write_text(spoiled)
    done = call("--expect", "expect.json")
    assert done.returncode == 2 and what in done.stderr and done.stderr.count("\n") == 1 and not done.stdout, done.stderr
for words, what in [
    (("--expect", "nosuch.json"), "nosuch.json"),
    (("--case", "no.such"), "'no.such' fits no case"),
    (("--format", "xml"), "'xml' is not text, tap, junit or json"),
    (("--port", "plan9"), "'plan9' is no port"),
    (("--all", "--port", "linux"), "--all: is every port"),
    (("--out", "nosuch/file", "--case", "snapshot.nested"), "--out: nosuch/file"),
]:
    done = call(*words)
    assert done.returncode == 2 and what in done.stderr and done.stderr.count("\n") == 1, (words, done.stderr)

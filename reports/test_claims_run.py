"""
One quick run of psbench claims: all published figures, as the schema describes them, each with its interval, its
evidence and a verdict that does not go beyond that. What figures come out is not tested: they are measured.

usage: test_claims_run.py PSBENCH [CLAIM]
"""
import collections
import json
import pathlib
import subprocess
import sys
import tempfile

import jsonschema

PSBENCH, CLAIM = sys.argv[1], sys.argv[2:]
HERE = pathlib.Path(__file__).parent
SCENARIOS = HERE.parent / "scenarios"


def valid(document, schema):
    errors = [f"{'/'.join(map(str, error.absolute_path))}: {error.message}"
              for error in jsonschema.Draft7Validator(schema).iter_errors(document)]
    assert not errors, "\n".join(errors[:10])


def run(*words):
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder) / "claims.json"
        done = subprocess.run([PSBENCH, "claims", "--quick", "--out", out, *words], capture_output=True, text=True)
        results = json.loads(out.read_text())
        measured = any(row["state"] == "measured" for row in results["claims"])
        assert done.returncode == (0 if measured else 3), done.stderr + done.stdout
        return results, done.stdout


published = json.loads((SCENARIOS / "claims.json").read_text())
valid(published, json.loads((SCENARIOS / "claims.schema.json").read_text()))
results, text = run("--why", "--seconds", "0.02", *(["--claim", *CLAIM] if CLAIM else []))
valid(results, json.loads((HERE / "results.schema.json").read_text()))

rows = {row["id"]: row for row in results["claims"]}
assert list(rows) == [reading["id"] for claim in published["claims"] for reading in claim["readings"]
                      if CLAIM in ([], [claim["id"]])]
for name, row in rows.items():
    assert row["state"] in ("measured", "skipped"), f"{name}: {row['state']}: {row.get('reason')}"
    assert row["verdict"] in results["verdicts"] and f"\n{name} " in text, name
    if row["state"] == "skipped":
        assert row["verdict"] == "not measured" and row["reason"] in text
        print(f"{name}: skipped: {row['reason']}")
        continue
    assert (row["evidence"] == "native") == (row["port"] == "linux")
    calls = [row["exact"][variant]["calls"] for variant in ("uncached", "cached")]
    assert calls[0] > calls[1] > 0, calls
    if row["evidence"] == "native":
        assert row["speedup"]["low"] <= row["speedup"]["ratio"] <= row["speedup"]["high"]
        continue
    made = [sum(cost["calls"][mode] for cost in row["model"]["costs"]) for mode in (0, 1)]
    assert row["verdict"] in ("consistent", "inconsistent", "undetermined")
    assert row["verdict"] == "inconsistent" or all(had >= few for had, few in zip(made, (2, 1)))
    cited = [cost for cost in row["model"]["costs"] if "cited" in cost]
    assert row["verdict"] != "consistent" or len(cited) == len(row["model"]["costs"]), name

measured = collections.Counter(row["evidence"] for row in rows.values() if row["state"] == "measured")
print(f"{len(rows)} readings: {dict(measured)}")
if measured:  # half of the least --seconds is not too little for layer c
    least, text = run("--claim", *(CLAIM or ["sunos"]), "--seconds", "0.001")
    assert all(row["c"] for row in least["claims"] if row["state"] == "measured"), least["claims"]
assert "e+" not in text, text
if measured["sim"]:  # no cost makes 9 walks, or 2, 6.5 times as fast, however loud the machine
    assert CLAIM or rows["windows-stranger"]["verdict"] == "inconsistent"
    one, text = run("--claim", "freebsd-final", "--psutil-path", "./nosuch")
    assert one["claims"][0]["state"] == "skipped" and "nosuch/psutil" in one["claims"][0]["reason"]

"""What `psbench run` writes is what results.schema.json describes, and the schema refuses what is not."""
import copy
import json
import pathlib
import subprocess
import sys
import tempfile

import jsonschema

PSBENCH = sys.argv[1]
SCHEMA = json.loads((pathlib.Path(__file__).parent / "results.schema.json").read_text())
VALIDATOR = jsonschema.Draft7Validator(SCHEMA)


def run(*words, codes=(0,)):
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder) / "results.json"
        ended = subprocess.run([PSBENCH, "run", "--out", out, *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        assert ended.returncode in codes, f"{words}: exit code {ended.returncode}"
        assert [file.name for file in pathlib.Path(folder).iterdir()] == ["results.json"], "a part file was left"
        return json.loads(out.read_text())


def valid(results):
    errors = [f"{'/'.join(map(str, error.absolute_path))}: {error.message}" for error in VALIDATOR.iter_errors(results)]
    assert not errors, "\n".join(errors[:10])


def refused(results, what, *path):
    changed = copy.deepcopy(results)
    place = changed
    for step in path[:-1]:
        place = place[step]
    if what is None:
        del place[path[-1]]
    else:
        place[path[-1]] = what
    assert not VALIDATOR.is_valid(changed), f"the schema takes {what!r} at {path}"


quick = ["--starts", "6", "--seconds", "0.01"]
together = run("--scenario", "oneshot", "--population", "child", *quick)
valid(together)
cell = together["cells"][0]
assert cell["state"] == "measured" and cell["evidence"] == "native", cell["state"]
assert cell["exact"]["uncached"]["calls"] > cell["exact"]["cached"]["calls"]
assert cell["measured"]["speedup"]["low"] <= cell["measured"]["speedup"]["ratio"] <= cell["measured"]["speedup"]["high"]

few = run("--scenario", "six", "--population", "child", "--starts", "2", "--seconds", "0.01")
valid(few)
assert "low" not in few["cells"][0]["measured"]["speedup"], "an interval out of two starts"

counted = run("--check-only")
valid(counted)
assert {cell["state"] for cell in counted["cells"]} == {"counted"}
assert "instrument" not in counted

valid(run("--scenario", "single_field", *quick))
for port in ("linux", "freebsd"):
    swept = run("--scenario", "sweep", "--port", port, "--processes", "8", *quick)
    valid(swept)
    cell = swept["cells"][0]
    assert cell["state"] == "measured", cell
    assert cell["exact"]["sweep"]["calls"] <= cell["exact"]["cached"]["calls"] < cell["exact"]["uncached"]["calls"]
    refused(swept, None, "cells", 0, "processes")
# Without psutil, or where the extension cannot be loaded (a sanitized build), its cells are skipped: nothing is measured.
psutil = run("--port", "freebsd", "--scenario", "oneshot", "--layer", "python", *quick, codes=(0, 3))
valid(psutil)
for state in {cell["state"] for cell in psutil["cells"]} - {"measured", "skipped"}:
    sys.exit(f"layer python: {state}")
process = run("--scenario", "six", "--population", "child", "--layer", "process")
valid(process)
assert process["cells"][0]["state"] == "measured", process["cells"][0].get("reason")

valid(run("--pid", "1", "--fields", "name,exe,io_counters", *quick))
for scenario in "six", "single_field", "sweep":
    whole = run("--port", "ps", "--scenario", scenario, "--check-only", "--processes", "2", "--population", "child")
    valid(whole)
    assert whole["cells"][0]["state"] == "counted" and "not_counted" in whole["cells"][0]["exact"], whole["cells"][0]
whole = run("--port", "psutil", "--scenario", "six", "--population", "child", *quick)
valid(whole)
refused(whole, "none", "cells", 0, "exact", "as_declared")

refused(together, "psbench-results/2", "schema")
refused(together, 0, "seconds_")
refused(together, None, "host")
refused(together, "simulated", "cells", 0, "evidence")
refused(together, -1, "cells", 0, "exact", "cached", "calls")
refused(together, None, "cells", 0, "measured")
refused(together, None, "cells", 0, "exact", "cached")
refused(together, 0, "cells", 0, "measured", "cached", "snapshot_ns")
refused(together, None, "cells", 0, "measured", "speedup", "confidence")
refused(together, [], "cells", 0, "fields")
print("results are what the schema says")

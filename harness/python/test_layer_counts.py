"""
The calls that psutil's Python makes through each system's layer, outside and inside oneshot(), are those of counts.csv,
row by row; and their totals are those that psutil's own sources give, by reading them and by strace. With --update
counts.csv is rewritten; the difference is then reviewed like code.

usage: test_layer_counts.py PSBENCH [--update]
"""
import difflib
import json
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).parent
SKIPPED = 77
PSUTIL = "5.9.4"
psbench = sys.argv[1]

# Calls of one pass that the kernel is asked about processes, and of which sources.
TOTALS = {
    ("linux", "self"): (16, 4, {"stat", "status", "statm"}),
    ("linux", "child"): (16, 4, {"stat", "status", "statm"}),
    ("freebsd", "world"): (12, 1, {"proc"}),
    ("openbsd", "world"): (11, 1, {"proc"}),
    ("netbsd", "world"): (11, 1, {"proc"}),
    ("macos", "world"): (15, 4, {"proc", "taskinfo", "cpus"}),
    ("sunos", "world"): (17, 7, {"psinfo", "cred", "status", "fd_path"}),
    ("windows", "world"): (2, 1, {"processes"}),
    ("windows", "other_user"): (8, 1, {"processes"}),
    ("windows", "stranger"): (9, 2, {"processes"}),
}

# The same of the lists that were in force when the figures were first published.
HISTORIC = {
    "linux": (10, 2, {"stat", "status"}),
    "freebsd": (12, 1, {"proc"}),
    "sunos": (12, 4, {"psinfo", "cred", "fd_path"}),
}


def run(*command):
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)


def total(counts, sources):
    return sum(row["calls"] for row in counts["sources"] if row["source"] in sources)


driver = pathlib.Path(psbench).parent / "python" / "driver.py"
described = run(sys.executable, "-I", "-B", driver, "describe", "--port", "freebsd")
if described.get("psutil") != PSUTIL:
    print(described.get("skipped") or f"psutil {described['psutil']}: counts.csv is that of {PSUTIL}")
    sys.exit(SKIPPED)

found, totals = ["port,population,mode,source,calls\n"], {}
command = [psbench, "run", "--layer", "python", "--scenario", "oneshot", "--check-only", "--format", "json"]
for cell in run(*command)["cells"]:
    if cell["state"] != "counted":
        sys.exit(f"{cell['id']}: {cell['state']}: {cell['reason']}")
    place = cell["port"], cell["population"]
    modes = {"normal": cell["exact"]["uncached"], "oneshot": cell["exact"]["cached"]}
    for mode, counts in modes.items():
        found += [f"{','.join(place)},{mode},{row['source']},{row['calls']}\n" for row in counts["sources"]]
    if place in TOTALS:
        totals[place] = tuple(total(counts, TOTALS[place][2]) for counts in modes.values())
for place, (normal, oneshot, sources) in TOTALS.items():
    print(f"{' '.join(place)}: {normal} -> {oneshot} calls of {', '.join(sorted(sources))}")
    if totals.get(place) != (normal, oneshot):
        sys.exit(f"{' '.join(place)}: counted {totals.get(place)}")

for port, (normal, oneshot, sources) in HISTORIC.items():
    told = run(sys.executable, "-I", "-B", driver, "counts", "--port", port, "--list", "historic")["counts"]
    counted = tuple(sum(told[mode].get(source, 0) for source in sources) for mode in ("normal", "oneshot"))
    print(f"{port}, historic list: {counted[0]} -> {counted[1]}")
    if counted != (normal, oneshot):
        sys.exit(f"{port}, historic list: not {normal} -> {oneshot}: {told}")

path = HERE / "counts.csv"
if "--update" in sys.argv[2:]:
    path.write_text("".join(found))
    sys.exit(print(f"{path.name}: {len(found) - 1} rows written"))
golden = path.read_text().splitlines(keepends=True)
difference = list(difflib.unified_diff(golden, found, "counts.csv", "counted now"))
if difference:
    sys.stdout.writelines(difference)
    sys.exit(f"the counts differ; if that is meant: {pathlib.Path(sys.argv[0]).name} PSBENCH --update")

"""
The calls that psutil's Python makes through each system's layer, in both modes, are those of counts.csv, row by row; and
their totals are those counted from psutil's own sources, by reading them and by strace. With --update counts.csv is
rewritten; the difference is then reviewed like code.

usage: test_layer_counts.py FOLDER-OF-THE-EXTENSION [--update]
"""
import difflib
import json
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).parent
SKIPPED = 77
extension = sys.argv[1]

# psutil 5.9.4: calls of one pass that the kernel is asked about processes, and of which sources.
TOTALS = {
    "linux": (16, 4, {"stat", "status", "statm"}),
    "freebsd": (12, 1, {"proc"}),
    "openbsd": (11, 1, {"proc"}),
    "netbsd": (11, 1, {"proc"}),
    "macos": (15, 4, {"proc", "taskinfo", "cpus"}),
    "sunos": (17, 7, {"psinfo", "cred", "status", "fd_path"}),
}


def driver(*arguments):
    command = [sys.executable, "-I", "-B", HERE / "driver.py", *arguments, "--extension", extension]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def rows_of(port, result):
    return [f"{port},{result['psutil']},{mode},{source},{calls}\n"
            for mode in ("normal", "oneshot") for source, calls in sorted(result["counts"][mode].items())]


found = ["port,psutil,mode,source,calls\n"]
for port, (normal, oneshot, sources) in TOTALS.items():
    described = driver("describe", "--port", port)
    if "skipped" in described:
        print(described["skipped"])
        sys.exit(SKIPPED)
    if described["psutil"] != "5.9.4":
        print(f"psutil {described['psutil']}: counts.csv is that of 5.9.4")
        sys.exit(SKIPPED)
    result = driver("counts", "--port", port)
    found += rows_of(port, result)
    total = [sum(calls for source, calls in result["counts"][mode].items() if source in sources)
             for mode in ("normal", "oneshot")]
    print(f"{port}: {total[0]} -> {total[1]}")
    if total != [normal, oneshot]:
        sys.exit(f"{port}: not {normal} -> {oneshot}: {result['counts']}")

path = HERE / "counts.csv"
if "--update" in sys.argv[2:]:
    path.write_text("".join(found))
    sys.exit(print(f"{path.name}: {len(found) - 1} rows written"))
golden = path.read_text().splitlines(keepends=True)
difference = list(difflib.unified_diff(golden, found, "counts.csv", "counted now"))
if difference:
    sys.stdout.writelines(difference)
    sys.exit(f"the counts differ; if that is meant: {pathlib.Path(sys.argv[0]).name} {extension} --update")

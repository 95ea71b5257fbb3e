"""
The exact counts of the scenarios are those of baseline/PORT.csv, row by row. With --update the file is rewritten;
the difference is then reviewed like code.

usage: test_golden_counts.py PSBENCH PORT [--update]
"""
import difflib
import json
import pathlib
import subprocess
import sys

psbench, port = sys.argv[1:3]
path = pathlib.Path(__file__).parent / "baseline" / f"{port}.csv"
command = [psbench, "run", "--port", port, "--check-only", "--format", "json"]
results = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)

skipped = [(c["scenario"], c["population"]) for c in results["cells"] if c["state"] == "skipped"]
results["cells"] = [cell for cell in results["cells"] if cell["state"] != "skipped"]

lines = ["scenario,population,variant,source,calls,entries"]
for cell in results["cells"]:
    for variant in ("uncached", "cached", "sweep"):
        for row in cell["exact"].get(variant, {}).get("sources", []):
            lines.append(f"{cell['scenario']},{cell['population']},{variant},{row['source']},{row['calls']},{row['entries']}")
    for row in cell["exact"].get("fields", []):
        for source in row["sources"]:
            lines.append(f"{cell['scenario']},{cell['population']},{row['field']},{source['source']},{source['calls']},{source['entries']}")
found = [line + "\n" for line in lines]

if "--update" in sys.argv[3:]:
    if skipped:
        sys.exit(f"not updated: {skipped} could not be counted by this user")
    path.write_text("".join(found))
    sys.exit(print(f"{path.name}: {len(found) - 1} rows written"))
for scenario, population in skipped:  # this user cannot make that process
    print(f"skipped: {scenario} {population}")
baseline = [line for line in path.read_text().splitlines(keepends=True)
            if tuple(line.split(",")[:2]) not in skipped]
difference = list(difflib.unified_diff(baseline, found, f"baseline/{path.name}", "counted now"))
if difference:
    sys.stdout.writelines(difference)
    sys.exit(f"the counts differ; if that is meant: {pathlib.Path(sys.argv[0]).name} PSBENCH {port} --update")
print(f"{len(found) - 1} rows as in the baseline")

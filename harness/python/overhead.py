"""
What the extension adds to a call: each function that psutil's benchmark calls, over a kernel that stands still (no call
is made), against a function of the same extension that does nothing, and against one that returns psutil's largest
tuple of constants, made as C modules commonly do. Interleaved; medians of paired slices. Prints a table; exits with 1 if
a function adds 0.3 us or more to what its tuple costs by itself.

usage: overhead.py FOLDER-OF-THE-EXTENSION
"""
import gc
import pathlib
import random
import statistics
import sys
import time

sys.path.insert(0, sys.argv[1] if len(sys.argv) > 1 else str(pathlib.Path(__file__).parent))
import layer  # noqa: E402
import psbench_lane  # noqa: E402

LIMIT_NS = 300
CALLS, BLOCKS = 500, 200

FUNCTIONS = {
    "freebsd": ["proc_oneshot_info"],
    "openbsd": ["proc_oneshot_info"],
    "netbsd": ["proc_oneshot_info"],
    "macos": ["proc_kinfo_oneshot", "proc_pidtaskinfo_oneshot", "cpu_count_logical"],
    "sunos": ["proc_basic_info", "proc_name_and_args", "proc_cred", "proc_cpu_times"],
    "windows": ["proc_info", "proc_times", "proc_memory_info", "proc_io_counters", "proc_num_handles"],
}


def slice_ns(function, pid):
    calls = range(CALLS)
    start = time.perf_counter_ns()
    for _ in calls:
        function(pid)
    return (time.perf_counter_ns() - start) / CALLS


def paired(functions, pid):
    """Of each, the median over blocks of what a call takes more than a call of the first."""
    chance, samples = random.Random(1), [[] for _ in functions]
    for _ in range(BLOCKS):
        order = list(range(len(functions)))
        chance.shuffle(order)
        took = {which: slice_ns(functions[which], pid) for which in order}
        for which, sample in enumerate(samples):
            sample.append(took[which] - took[0])
    return [statistics.median(sample) for sample in samples]


def size_of(result):
    return len(result) if isinstance(result, (tuple, list)) else 1


gc.disable()
print(f"{'port':<8} {'function':<26} {'items':>5} {'over an empty one':>18} {'25 constants do':>16} {'less its items':>15}")
worst = 0
for port, names in FUNCTIONS.items():
    lane = psbench_lane.Lane(port, "sim", "seed=1,processes=100")
    lane.stand_still(True)
    pid = lane.specimen()
    functions = lane.functions(layer.NEW, layer.MAIN)
    for name in names:
        items = size_of(functions[name](pid))
        _, built, ours = paired([psbench_lane.empty, psbench_lane.built, functions[name]], pid)
        added = ours - built * items / 25
        worst = max(worst, added)
        print(f"{port:<8} {name:<26} {items:>5} {ours:>15.0f} ns {built:>13.0f} ns {added:>12.0f} ns")
print(f"the most that is added: {worst:.0f} ns, limit {LIMIT_NS} ns")
sys.exit(worst >= LIMIT_NS)

"""
The extension keeps nothing: over 100,000 passes of psutil inside oneshot(), and over thousands of calls of each of its
functions, on a process that lives, on one that is refused and on one that is not there, neither Python's blocks nor
memory grow, and what a function returns is its caller's alone.

usage: test_layer_leaks.py PSBENCH [PORT]   (without PORT: every port, each in an interpreter of its own)
"""
import ctypes
import gc
import os
import pathlib
import subprocess
import sys

SKIPPED = 77
FOLDER = pathlib.Path(sys.argv[1]).parent / "python"
PORTS = ["freebsd", "openbsd", "netbsd", "macos", "sunos", "windows"]
SANITIZED = "asan" in os.environ.get("LD_PRELOAD", "")  # everything takes five times as long
PASSES, CALLS, FEW = (10_000, 1_000, 500) if SANITIZED else (100_000, 5_000, 500)
NOBODY = 4_000_000  # no process of the world has this number
STRANGER = 65534


def resident_bytes():
    with open("/proc/self/statm", encoding="ascii") as statm:
        return int(statm.read().split()[1]) * 4096


def growth(run, passes):
    """Blocks and bytes that stay when it has been run so often, once it has been warmed up."""
    for _ in range(passes // 10):
        run()
    gc.collect()
    blocks, resident = sys.getallocatedblocks(), resident_bytes()
    for _ in range(passes):
        run()
    gc.collect()
    return sys.getallocatedblocks() - blocks, resident_bytes() - resident


def keeps_nothing(what, run, passes):
    """
    Of 500 or more passes, a leak of one block in eight shows, and one of half a megabyte in all. Python's own lists of
    free objects fill up once; a leak goes on.
    """
    for _ in range(3):
        blocks, resident = growth(run, passes)
        if blocks < 60 and resident < 500_000:
            return
    raise AssertionError(f"{what}: {blocks} blocks, {resident} bytes in {passes} passes")


def a_leak_is_seen():
    kept = []
    libc = ctypes.CDLL(None)
    libc.malloc.restype = ctypes.c_void_p
    for what, run in (("an object", lambda: kept.append(object())), ("memory", lambda: libc.memset(
            ctypes.c_void_p(libc.malloc(2048)), 1, 2048))):
        try:
            keeps_nothing(what, run, CALLS)
        except AssertionError:
            continue
        sys.exit(f"a leak of {what} a call is not seen")


def outcome(function, pid):
    try:
        return function(pid)
    except OSError:
        return None


def all_functions(lane, layer):
    for module in (layer.MAIN, layer.POSIX, layer.PROCFS):
        for version in (layer.OLD, layer.NEW):
            yield from lane.functions(version, module).items()


def is_its_callers(name, result):
    """Nobody else holds it: this function, its caller and the call of getrefcount do; and a list holds its items."""
    assert sys.getrefcount(result) <= 4, f"{name}: {sys.getrefcount(result)} references"
    if isinstance(result, (tuple, list)):
        for item in result:
            if isinstance(item, (float, tuple)) or (isinstance(item, int) and item > 256):
                assert sys.getrefcount(item) == 3, f"{name}: an item has {sys.getrefcount(item)} references"


def functions_keep_nothing(psbench_lane, layer, port, world):
    lane = psbench_lane.Lane(port, "sim", world)
    pid = lane.specimen()
    for name, function in all_functions(lane, layer):
        result = outcome(function, pid)
        if result is not None and not isinstance(result, (bool, str)) and result not in range(-5, 257):
            is_its_callers(name, result)
        for who in (pid, NOBODY):
            keeps_nothing(f"{name}({who})", lambda: outcome(function, who), CALLS)  # noqa: B023
    none = sys.getrefcount(None)
    for name, function in all_functions(lane, layer):
        for _ in range(1000):
            outcome(function, pid)
    assert abs(sys.getrefcount(None) - none) < 100, f"None has {sys.getrefcount(None) - none} references more"
    for name in ("pids", "terminals", "constants"):
        keeps_nothing(name, getattr(lane, name), FEW)
    if port != "windows":
        keeps_nothing("account", lambda: outcome(lane.account, 0), CALLS)
    keeps_nothing("restack", lambda: lane.restack("count+delay=0+sim"), FEW)
    keeps_nothing("Lane", lambda: psbench_lane.Lane(port, "sim", world).functions(layer.NEW, layer.MAIN), FEW)


def passes_keep_nothing(psbench_lane, layer, port):
    lane = psbench_lane.Lane(port, "count+sim", "seed=1,processes=100")
    psutil = layer.install(lane, port)
    process = psutil.Process(lane.specimen())
    names = ["name", "ppid", "create_time", "cpu_times", "memory_info", "num_threads", "num_ctx_switches", "username"]
    if port == "windows":
        names.remove("name")

    def one():
        with process.oneshot():
            for name in names:
                getattr(process, name)()

    keeps_nothing("a pass", one, PASSES)
    lane.stand_still(True)
    keeps_nothing("a pass over a kernel that stands still", one, PASSES // 10)


def test(port):
    sys.path.insert(0, str(FOLDER))
    import layer
    import psbench_lane
    a_leak_is_seen()
    functions_keep_nothing(psbench_lane, layer, port, "seed=1,processes=100")
    functions_keep_nothing(psbench_lane, layer, port, f"seed=1,processes=100,caller={STRANGER}")
    passes_keep_nothing(psbench_lane, layer, port)
    print(f"{port}: nothing is kept")


if len(sys.argv) > 2:
    sys.exit(test(sys.argv[2]))
if subprocess.run([sys.executable, "-I", "-c", f"import sys; sys.path.insert(0, {str(FOLDER)!r}); import psbench_lane, psutil"],
                  stderr=subprocess.DEVNULL).returncode != 0:
    print("psutil or the extension is not there")
    sys.exit(SKIPPED)
for name in PORTS:
    subprocess.run([sys.executable, "-I", "-B", __file__, sys.argv[1], name], check=True)

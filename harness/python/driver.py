"""
Layer python: runs psutil's benchmark of oneshot() in a fresh interpreter, over a port's kernel, and prints JSON.

usage: driver.py COMMAND --port PORT [options]
  describe   which psutil and which methods; {"skipped": why} if it cannot be run here
  counts     calls of each source in one pass, "normal" and "oneshot", after a pass that warms up
  slices     times: {"sides", "blocks"} as `psbench slices` prints them
  curve      the same at several costs of a call in turn, sides "normal 0", "oneshot 0", ...; and the calls, counted
  values     what as_dict() returns of every process

On Linux psutil is left as it is, over the real kernel, and its opens are counted by an audit hook (what libc opens by
itself, the account database and the list of CPUs, that does not see). Elsewhere its C modules are ours.
"""
import argparse
import gc
import json
import os
import pathlib
import random
import statistics
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import layer  # noqa: E402

SKIPPED = 3  # exit code: it cannot be run here


def usage(why):
    print(f"driver.py: {why}", file=sys.stderr)
    return 2


def methods_of(options, version):
    """The names to call: given, or of a list in lists.json."""
    if options.methods:
        return options.methods.split(",")
    lists = json.loads((HERE / "lists.json").read_text())
    name = options.list or ("5.0.0" if layer.VERSIONS[version] == layer.OLD else "5.9.4")
    family = "bsd" if options.port.endswith("bsd") else options.port
    found = lists.get(name, {}).get(options.port) or lists.get(name, {}).get(family)
    if not found:
        sys.exit(usage(f"--list: there is no list '{name}' for {options.port}"))
    return found


def open_lane(options, kernel):
    if options.port == "linux":
        return None
    try:
        return layer.extension(options.extension).Lane(options.port, kernel, options.world)
    except ValueError as why:
        sys.exit(usage(f"--kernel, --world: {why}"))


def refusing(method, error):
    def call():
        try:
            method()
        except error:
            pass
    return call


class Subject:
    """The process that is asked, and the two ways of asking."""

    def __init__(self, options, kernel):
        self.lane = open_lane(options, kernel)
        self.psutil = layer.install(self.lane, options.port, options.psutil_path)
        pid = options.pid
        if pid is None and self.lane is not None:
            pid = self.lane.specimen()
        self.process = self.psutil.Process() if pid is None else self.psutil.Process(pid)
        self.methods = methods_of(options, self.psutil.__version__)
        self.refused = []
        self.functions = [self.allowed(name) for name in self.methods]

    def allowed(self, name):
        """The method; one that is refused is asked all the same, as as_dict() does, and asks the kernel each time."""
        method = getattr(self.process, name)
        try:
            method()
        except self.psutil.AccessDenied as error:
            self.refused.append(name)
            return refusing(method, type(error))
        except NotImplementedError as error:
            raise layer.Unusable(f"the list has {name}: {error}") from None
        return method

    def normal(self):
        for function in self.functions:
            function()

    def oneshot(self):
        with self.process.oneshot():
            for function in self.functions:
                function()

    def warm_up(self):
        self.normal()
        self.oneshot()

    def facts(self):
        return {"python": sys.version.split()[0], "psutil": self.psutil.__version__, "methods": self.methods,
                "refused": self.refused, "pid": self.process.pid, "evidence": self.lane.evidence if self.lane else "native"}


# ---- counts ----

class Opens:
    """Counts the files of /proc that this interpreter opens, by name: sys.addaudithook, which cannot be taken back."""

    def __init__(self):
        self.counts = None
        sys.addaudithook(self.hook)

    def hook(self, event, args):
        if self.counts is None or event != "open" or not isinstance(args[0], (str, bytes)):
            return
        path = os.fsdecode(args[0])
        name = path.split("/", 3)[3] if path.startswith("/proc/") and path.count("/") > 2 else path
        self.counts[name] = self.counts.get(name, 0) + 1

    def of(self, run):
        self.counts = {}
        run()
        counted, self.counts = self.counts, None
        return counted


def calls_of(lane, run):
    lane.reset()
    run()
    return {name: calls for name, (calls, _, _, _) in lane.counts().items()}


def count(options):
    subject = Subject(options, f"count+{options.kernel}")
    subject.warm_up()
    opens = Opens() if subject.lane is None else None
    counted = {}
    for mode in ("normal", "oneshot"):
        run = getattr(subject, mode)
        counted[mode] = opens.of(run) if opens else calls_of(subject.lane, run)
    return {**subject.facts(), "counts": counted, "counted_by": "audit hook on open" if opens else "count shim"}


# ---- times ----

SLICE_NS = 500_000  # aimed at
ROUNDS = 5  # slices of each side in a block


def slice_ns(run, passes):
    """Of one pass, after one that warms up."""
    run()
    start = time.perf_counter_ns()
    for _ in range(passes):
        run()
    return (time.perf_counter_ns() - start) / passes


def passes_of(run):
    return max(1, round(SLICE_NS / statistics.median(slice_ns(run, 1) for _ in range(9))))


def still(lane, run):
    """The same pass with every call answered at once: what psutil's Python costs by itself."""
    def pass_():
        lane.stand_still(True)
        run()
        lane.stand_still(False)
    return pass_


def sides_of(subject):
    sides = {"normal": subject.normal, "oneshot": subject.oneshot}
    if subject.lane is not None:
        sides["still_normal"] = still(subject.lane, subject.normal)
        sides["still_oneshot"] = still(subject.lane, subject.oneshot)
    return sides


def block(sides, passes, chance):
    """All sides in turn, in an order drawn anew for each round; of each side the median of its slices."""
    slices = {name: [] for name in sides}
    for _ in range(ROUNDS):
        order = list(sides)
        chance.shuffle(order)
        for name in order:
            slices[name].append(slice_ns(sides[name], passes[name]))
    return [statistics.median(slices[name]) for name in sides]


def measure(sides, seconds, chance):
    passes = {name: passes_of(run) for name, run in sides.items()}
    blocks = []
    end = time.perf_counter() + seconds
    gc.collect()
    gc.disable()  # as timeit does
    while not blocks or time.perf_counter() < end:
        blocks.append(block(sides, passes, chance))
    gc.enable()
    return {"sides": list(sides), "blocks": blocks}


def stack(options, cost):
    return f"delay={cost}+{options.kernel}" if cost else options.kernel


def slices(options):
    subject = Subject(options, stack(options, options.cost))
    subject.warm_up()
    result = measure(sides_of(subject), options.seconds, random.Random(options.seed))
    return {**result, **subject.facts(), "cost": options.cost or ""}


# ---- times at several costs ----

MODES = ("normal", "oneshot")
CURVE_ROUNDS = 3  # in a block, of all points


def stand_at(subject, options, point):
    """From now on calls cost what the point says; "still": they are answered at once, without the kernel."""
    subject.lane.stand_still(False)
    subject.lane.restack(stack(options, "" if point == "still" else point))
    subject.lane.stand_still(point == "still")


def refusals_of(lane, run):
    lane.reset()
    run()
    return sum(failures for _, _, _, failures in lane.counts().values())


def curve_block(subject, options, points, passes, chance):
    """As block(); the sides of a point run one behind the other, since another point is another kernel."""
    slices = {key: [] for key in passes}
    for _ in range(CURVE_ROUNDS):
        for i in chance.sample(range(len(points)), len(points)):
            stand_at(subject, options, points[i])
            for mode in chance.sample(MODES, len(MODES)):
                slices[mode, i].append(slice_ns(getattr(subject, mode), passes[mode, i]))
    return [statistics.median(slices[key]) for key in passes]


def curve(options):
    subject = Subject(options, f"count+{options.kernel}")
    if subject.lane is None:
        sys.exit(usage("curve: this machine's own kernel costs what it costs"))
    subject.warm_up()
    counts = {mode: calls_of(subject.lane, getattr(subject, mode)) for mode in MODES}
    refusals = {mode: refusals_of(subject.lane, getattr(subject, mode)) for mode in MODES}
    points = options.costs.split(";")
    chance = random.Random(options.seed)
    passes = {}
    for i, point in enumerate(points):
        stand_at(subject, options, point)
        for mode in MODES:
            run = getattr(subject, mode)
            passes[mode, i] = max(1, round(SLICE_NS / min(slice_ns(run, 1), slice_ns(run, 1))))
    blocks = []
    end = time.perf_counter() + options.seconds
    gc.collect()
    gc.disable()
    while not blocks or time.perf_counter() < end:
        blocks.append(curve_block(subject, options, points, passes, chance))
    gc.enable()
    return {"sides": [f"{mode} {i}" for mode, i in passes], "blocks": blocks, **subject.facts(), "counts": counts,
            "counted_by": "count shim", "refusals": refusals}


# ---- values ----

def plain(value):
    """As JSON: named tuples as objects, bytes that are no text escaped."""
    if hasattr(value, "_asdict"):
        return {key: plain(item) for key, item in value._asdict().items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, str):
        return os.fsencode(value).decode("utf-8", "backslashreplace")
    return value if value is None or isinstance(value, (int, float)) else str(value)


def asked(psutil, process, name):
    try:
        return plain(process.as_dict([name], ad_value="refused")[name])
    except NotImplementedError:
        return "not told"
    except psutil.NoSuchProcess:
        return "gone"
    except OSError as error:  # psutil lets some through
        return f"error {error.errno}"


def values(options):
    subject = open_lane(options, options.kernel)
    psutil = layer.install(subject, options.port, options.psutil_path)
    names = psutil._as_dict_attrnames - {"pid"}
    if options.methods:
        names &= set(options.methods.split(","))
    rows = {}
    for pid in [options.pid] if options.pid is not None else psutil.pids():
        try:
            process = psutil.Process(pid)
        except psutil.NoSuchProcess:
            continue
        rows[pid] = {name: asked(psutil, process, name) for name in names}
    return {"psutil": psutil.__version__, "processes": rows}


def describe(options):
    try:
        folder, version = layer.find(options.psutil_path)
        if options.port != "linux":
            layer.extension(options.extension)
    except layer.Unusable as why:
        return {"skipped": str(why)}
    return {"psutil": version, "folder": str(folder), "python": sys.version.split()[0],
            "methods": methods_of(options, version)}


COMMANDS = {"describe": describe, "counts": count, "slices": slices, "curve": curve, "values": values}


def main():
    parser = argparse.ArgumentParser(prog="driver.py", allow_abbrev=False)
    parser.add_argument("command", choices=COMMANDS)
    parser.add_argument("--port", required=True, choices=layer.SYSTEMS)
    parser.add_argument("--extension", default=str(HERE), help="the folder that holds psbench_lane")
    parser.add_argument("--psutil-path", help="a checkout of psutil, instead of the one that is installed")
    parser.add_argument("--kernel", default="sim", help="as in psbench; on Linux it is not used")
    parser.add_argument("--world", default="seed=1,processes=100")
    parser.add_argument("--pid", type=int)
    parser.add_argument("--list", help="of lists.json: 5.0.0, 5.9.4 or historic; default: that of the version")
    parser.add_argument("--methods", help="names to call instead: a,b,c")
    parser.add_argument("--cost", help="added to each call, in ns, or to some: linux.stat:500,cpus:100")
    parser.add_argument("--costs", default="", help="of curve: such costs with ; between, an empty one for none; or 'still'")
    parser.add_argument("--seconds", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    try:
        json.dump(COMMANDS[options.command](options), sys.stdout)
    except layer.Unusable as why:
        print(f"driver.py: {why}", file=sys.stderr)
        return SKIPPED
    return 0


if __name__ == "__main__":
    sys.exit(main())

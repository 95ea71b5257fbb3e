"""
The real psutil over a port's kernel: what it finds in place of its C modules, and what of this machine it must not see.
Nothing of psutil is changed but the modules that it imports by name: its C modules, and os, glob and pwd where it asks
this machine's kernel past them.
"""
# Everything psutil imports comes first: sys.platform lies only while psutil itself is imported.
import base64, collections, contextlib, ctypes, datetime, enum, errno, functools, glob, os, pwd, re, resource  # noqa: E401, F401
import select, shutil, signal, socket, struct, subprocess, sys, threading, time, traceback, warnings  # noqa: E401, F401
import builtins
import importlib.machinery
import importlib.util
import io
import ntpath
import pathlib
import types
import xml.etree.ElementTree  # noqa: F401

OLD, NEW = 1, 2  # psb_layer_version
MAIN, POSIX, PROCFS = 0, 1, 2  # psb_layer_module

# The versions whose shapes layer.def has. Another one may unpack other tuples: it is refused, not guessed at.
VERSIONS = {"5.0.0": OLD, "5.9.4": NEW, "5.9.8": NEW, "7.0.0": NEW}

# port: what sys.platform says there, psutil's file for it, the C module under that
SYSTEMS = {
    "linux": (sys.platform, "_pslinux", "_psutil_linux"),
    "freebsd": ("freebsd13", "_psbsd", "_psutil_bsd"),
    "openbsd": ("openbsd7", "_psbsd", "_psutil_bsd"),
    "netbsd": ("netbsd9", "_psbsd", "_psutil_bsd"),
    "macos": ("darwin", "_psosx", "_psutil_osx"),
    "sunos": ("sunos5", "_pssunos", "_psutil_sunos"),
    "windows": ("win32", "_pswindows", "_psutil_windows"),
}

# What psutil's C module does not have there; psutil asks with hasattr.
LACKING = {"openbsd": {"proc_num_threads"}}

# Numbers that mean something to psutil's Python besides being different from each other.
NUMBERS = {
    "PSUTIL_CONN_NONE": 128, "AF_LINK": 18, "PRNODEV": -1, "ERROR_ACCESS_DENIED": 5, "ERROR_PRIVILEGE_NOT_HELD": 1314,
    "WINVER": 100, "WINDOWS_8_1": 63, "WINDOWS_VISTA": 60, "INFINITE": 0xFFFFFFFF,
    "ABOVE_NORMAL_PRIORITY_CLASS": 0x8000, "BELOW_NORMAL_PRIORITY_CLASS": 0x4000, "HIGH_PRIORITY_CLASS": 0x80,
    "IDLE_PRIORITY_CLASS": 0x40, "NORMAL_PRIORITY_CLASS": 0x20, "REALTIME_PRIORITY_CLASS": 0x100,
}

MEMINFO = b"Buffers: 0 kB\nCached: 0 kB\nMemShared: 0 kB\n"  # NetBSD's, in which psutil looks for the rest


class Unusable(Exception):
    """The layer cannot be had here; the text says why."""


def find(path=None):
    """Where psutil's Python files are, and their version; nothing of it is run."""
    if path is None:
        spec = importlib.util.find_spec("psutil")
        if spec is None or not spec.submodule_search_locations:
            raise Unusable("psutil is not installed for this python3 (Debian: apt-get install python3-psutil)")
        folder = pathlib.Path(spec.submodule_search_locations[0])
    else:
        folder = pathlib.Path(path) / "psutil"
    try:
        text = (folder / "__init__.py").read_text(encoding="utf-8")
    except OSError as error:
        raise Unusable(f"{folder}: holds no psutil: {error.strerror}") from None
    found = re.search(r'^__version__ = "([0-9.]+)"$', text, re.MULTILINE)
    version = found.group(1) if found else "unknown"
    if version not in VERSIONS:
        raise Unusable(f"psutil {version} ({folder}): its shapes are not known here; known: {', '.join(VERSIONS)}")
    return folder, version


def extension(folder):
    """The module psbench_lane out of this folder and no other."""
    for suffix in importlib.machinery.EXTENSION_SUFFIXES:
        path = pathlib.Path(folder) / f"psbench_lane{suffix}"
        if path.exists():
            spec = importlib.util.spec_from_file_location("psbench_lane", path)
            module = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
            return module
    raise Unusable(f"{folder}: the extension psbench_lane is not built: Python's headers were not there (Debian: "
                   "apt-get install python3-dev, and configure again)")


def numbered(names):
    """A number of its own for each constant."""
    return {name: NUMBERS.get(name, 1000 + i) for i, name in enumerate(sorted(names))}


def not_told(name):
    def stub(*args, **kwargs):
        raise NotImplementedError(f"{name}: no port tells this")
    stub.__name__ = name
    return stub


def stand_in(name, names, own, lacking=()):
    """
    A C module: own is what it has, names is what psutil's Python mentions. What is mentioned and not there becomes a
    number, an exception or a function that says so.
    """
    module = types.ModuleType(name)
    constants = {n for n in names if n.upper() == n}
    exceptions = {n for n in names if re.search("(Error|Expired|Abandoned)$", n)}
    module.__dict__.update(numbered(constants))
    module.__dict__.update({n: type(n, (Exception,), {}) for n in exceptions})
    module.__dict__.update({n: not_told(n) for n in names - constants - exceptions - set(lacking)})
    module.__dict__.update(own)
    return module


def names_in(folder, file, module, alias):
    """What a file of psutil's mentions of a C module."""
    files = [folder / name for name in (file, "_psposix.py", "__init__.py")]
    text = "".join(path.read_text(encoding="utf-8") for path in files if path.exists())
    names = re.findall(rf"\b{alias}\.(\w+)", text) + re.findall(rf"\b{module}\.(\w+)", text)
    return set(names) | set(re.findall(rf"^from \.{module} import (\w+)", text, re.MULTILINE))


def check_pid_range(pid):
    """From psutil 6 on, asked of every pid."""
    if pid < 0:
        raise ValueError("pid must be a positive integer")
    if pid > 0x7FFFFFFF:
        raise OverflowError("signed integer is greater than maximum")


def memory_numbers(port, text):
    """How many numbers psutil takes from virtual_mem(): of the machine's memory ports tell the first, all of it."""
    taken = re.findall(r"^ +(\w+,[\w, ]+) = (?:cext\.virtual_mem\(\)|mem)$", text, re.MULTILINE)
    counts = [names.count(",") + 1 for names in taken] or [1]
    return min(counts) if port == "netbsd" else max(counts)  # two less than its sisters, in later versions


def modules_of(lane, folder, version, port):
    """The C modules by the names under which psutil imports them."""
    _, file, name = SYSTEMS[port]
    shapes = VERSIONS[version]
    functions = lane.functions(shapes, MAIN)
    text = (folder / f"{file}.py").read_text(encoding="utf-8")
    numbers = (lane.memory_bytes,) + (0,) * (memory_numbers(port, text) - 1)
    own = {"version": int(version.replace(".", "")), "check_pid_range": check_pid_range, "pids": lane.pids, "virtual_mem": lambda: numbers,
           **lane.constants(), **functions}
    if port == "windows":
        own.update(of_windows(lane, shapes, functions))
    if port == "sunos":
        own["query_process_thread"] = lambda pid, tid, path: thread_of(lane.functions(shapes, PROCFS)["lwps"](pid), tid)
    modules = {name: stand_in(f"psutil.{name}", names_in(folder, f"{file}.py", name, "cext"), own,
                              LACKING.get(port, ()))}
    if port != "windows":
        own = {"getpagesize": lambda: lane.page_bytes, **lane.functions(shapes, POSIX)}
        names = names_in(folder, f"{file}.py", "_psutil_posix", "cext_posix")
        modules["_psutil_posix"] = stand_in("psutil._psutil_posix", names, own)
    return modules


def of_windows(lane, shapes, functions):
    """What is no row of layer.def there. psutil 5.0 divides by the machine's CPU times: a clock stands for them."""
    query = lane.functions(shapes, PROCFS)["cmdline"]

    def proc_cmdline(pid, use_peb=True):
        return functions["proc_cmdline"](pid) if use_peb else query(pid)

    def processors():
        return [(0.0, 0.0, 0.0, 0.0, 0.0)]

    return {"ppid_map": lane.ppid_map, "pid_exists": lambda pid: pid in lane.pids(), "proc_cmdline": proc_cmdline,
            "getpagesize": lambda: lane.page_bytes, "cpu_times": lambda: (time.monotonic(), 0.0, 0.0),
            "per_cpu_times": processors}


def thread_of(threads, tid):
    for number, user, system in threads:
        if number == tid:
            return user, system
    raise FileNotFoundError(errno.ENOENT, "no such thread")


@contextlib.contextmanager
def pretended(platform, is_windows):
    kept = sys.platform, os.name
    sys.platform = platform
    os.name = "nt" if is_windows else os.name
    try:
        yield
    finally:
        sys.platform, os.name = kept


def changed(module, **members):
    """A copy of a module with other members."""
    copy = types.ModuleType(module.__name__)
    copy.__dict__.update(module.__dict__)
    copy.__dict__.update(members)
    return copy


def hide_terminals_and_signals(psutil, lane):
    """psutil's map of terminals, and its kill(pid, 0)."""
    terminals = lane.terminals()
    number = {path: device for device, path in terminals.items()}

    def fake_glob(pattern):
        return sorted(number) if pattern == "/dev/tty*" else []

    def fake_stat(path):
        return types.SimpleNamespace(st_rdev=number[path])

    def fake_kill(pid, _signal):
        if pid not in lane.pids():
            raise ProcessLookupError(errno.ESRCH, "no such process")

    psutil._psposix.glob = changed(glob, glob=fake_glob)
    psutil._psposix.os = changed(os, stat=fake_stat, kill=fake_kill)


def hide_procfs(psutil, lane, shapes):
    """What psutil reads from SunOS's /proc without its C module."""
    functions = lane.functions(shapes, PROCFS)
    cpus = lane.functions(shapes, MAIN)["cpu_count_logical"]

    def pid_in(path):
        return int(os.fsdecode(path).split("/")[2])

    def fake_listdir(path):
        if os.fsdecode(path) == "/proc":
            return [str(pid).encode() for pid in lane.pids()]
        if path.endswith("/fd"):
            return [str(fd) for fd in range(functions["fds"](pid_in(path)))]
        if path.endswith("/lwp"):
            return [str(tid) for tid, _, _ in functions["lwps"](pid_in(path))]
        raise FileNotFoundError(errno.ENOENT, "no such directory", path)

    def fake_stat(path):
        functions["there"](pid_in(path))

    def fake_exists(path):
        try:
            fake_stat(path)
        except OSError:
            return False
        return True

    pages = {"SC_PHYS_PAGES": lane.memory_bytes // lane.page_bytes, "SC_AVPHYS_PAGES": 0}

    def fake_sysconf(name):
        return cpus() if name == "SC_NPROCESSORS_ONLN" else pages[name]

    psutil._pssunos.os = changed(os, readlink=lane.readlink, listdir=fake_listdir, stat=fake_stat,
                                 sysconf=fake_sysconf, path=changed(os.path, exists=fake_exists))


def install(lane, port, path=None):
    """Imports psutil over the lane (Linux: as it is, no lane) and returns it. Once in an interpreter."""
    folder, version = find(path)
    if path is not None:
        sys.path.insert(0, path)
    if port == "linux":
        try:
            import psutil
        except ImportError as why:
            raise Unusable(f"psutil {version} ({folder}): its own C module is not built there: {why}") from None
        return psutil
    for name, module in modules_of(lane, folder, version, port).items():
        sys.modules[f"psutil.{name}"] = module
    if port == "windows":
        builtins.WindowsError = OSError
    with pretended(SYSTEMS[port][0], port == "windows"):
        import psutil
    if port != "windows":
        psutil.pwd = changed(pwd, getpwuid=lane.account)
        hide_terminals_and_signals(psutil, lane)
    else:
        psutil._pswindows.os = changed(os, path=ntpath)
    if port == "sunos":
        hide_procfs(psutil, lane, VERSIONS[version])
    if port == "netbsd":
        psutil._psbsd.os = changed(os, readlink=lane.readlink)
        psutil._psbsd.open = lambda path, mode: io.BytesIO(MEMINFO)
    return psutil

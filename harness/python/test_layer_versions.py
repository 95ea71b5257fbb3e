"""
Which psutil is run: the one that is installed, or a checkout; a version whose shapes are not known, and what is missing,
is told in words. For 5.0.0, of which there may be no checkout, a stand-in of a few lines asks for its shapes.

usage: test_layer_versions.py PSBENCH
"""
import json
import pathlib
import subprocess
import sys
import tempfile

PSBENCH = sys.argv[1]
FOLDER = pathlib.Path(PSBENCH).parent / "python"
DRIVER = FOLDER / "driver.py"

# As psutil 5.0 sees the BSDs: 24 items, the name last.
STAND_IN = '''
import contextlib
import pwd
import sys

__version__ = "5.0.0"

from . import _psbsd as _psplatform
from . import _psposix

assert sys.platform.startswith("freebsd"), sys.platform
assert _psplatform.cext.version == 500


class AccessDenied(Exception):
    pass


class Process:
    def __init__(self, pid):
        self.pid = pid
        self.kept = None

    def raw(self):
        told = self.kept or _psplatform.cext.proc_oneshot_info(self.pid)
        assert len(told) == 24, len(told)
        return told

    @contextlib.contextmanager
    def oneshot(self):
        self.kept = self.raw()
        yield
        self.kept = None

    def __getattr__(self, name):
        if name == "name":
            return lambda: check(self.raw()[23], str)
        return lambda: check(self.raw()[9], float)


def check(value, kind):
    assert isinstance(value, kind), value
    return value
'''
PLATFORM = '''
from . import _psutil_bsd as cext
from . import _psutil_posix as cext_posix

STATUSES = {cext.SIDL: "idle", cext.SRUN: "running", cext.SZOMB: "zombie"}
assert len(STATUSES) == 3 and cext.PSUTIL_CONN_NONE == 128 and cext.TCPS_LISTEN != cext.TCPS_CLOSED
assert cext_posix.getpagesize() == 4096
'''


def driver(*arguments, python=("-I", "-B")):
    command = [sys.executable, *python, DRIVER, *arguments]
    return subprocess.run(command, capture_output=True, text=True)


def skipped(*arguments, says, **options):
    """describe tells why; other commands tell it on stderr, and exit with 3."""
    described = driver("describe", "--port", "freebsd", *arguments, **options)
    assert described.returncode == 0, described.stderr
    why = json.loads(described.stdout)["skipped"]
    assert says in why and "\n" not in why, why
    counted = driver("counts", "--port", "freebsd", *arguments, **options)
    assert counted.returncode == 3 and says in counted.stderr, (counted.returncode, counted.stderr)


def checkout(folder, init):
    package = pathlib.Path(folder) / "psutil"
    package.mkdir()
    (package / "__init__.py").write_text(init)
    (package / "_psbsd.py").write_text(PLATFORM)
    (package / "_psposix.py").write_text("import glob\nimport os\n")


with tempfile.TemporaryDirectory() as folder:
    skipped("--psutil-path", folder, says="holds no psutil")
    checkout(folder, STAND_IN)
    told = driver("counts", "--port", "freebsd", "--psutil-path", folder)
    assert told.returncode == 0, told.stderr
    told = json.loads(told.stdout)
    assert told["psutil"] == "5.0.0" and len(told["methods"]) == 11 and "cpu_num" not in told["methods"], told
    assert told["counts"] == {"normal": {"proc": 11}, "oneshot": {"proc": 1}}, told
    cell = subprocess.run([PSBENCH, "run", "--layer", "python", "--port", "freebsd", "--scenario", "oneshot", "--psutil-path",
                           folder, "--check-only", "--format", "json"], check=True, capture_output=True).stdout
    assert json.loads(cell)["cells"][0]["exact"]["uncached"]["calls"] == 11

with tempfile.TemporaryDirectory() as folder:
    checkout(folder, '__version__ = "5.1.0"\n')
    skipped("--psutil-path", folder, says="5.1.0")
    cell = subprocess.run([PSBENCH, "run", "--layer", "python", "--port", "freebsd", "--scenario", "oneshot", "--psutil-path",
                           folder, "--check-only", "--format", "json"], capture_output=True)
    assert cell.returncode == 3, (cell.returncode, cell.stderr)
    assert "5.1.0" in json.loads(cell.stdout)["cells"][0]["reason"]

skipped(says="psutil is not installed", python=("-I", "-B", "-S"))
with tempfile.TemporaryDirectory() as empty:
    skipped("--extension", empty, says="psbench_lane")
print("each psutil is run, or refused in words")

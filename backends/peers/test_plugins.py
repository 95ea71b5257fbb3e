"""
Plug-ins from outside of the tree: built from what `cmake --install` leaves behind and from nothing else, by CMake and by
pkg-config, loaded, probed, checked and measured; and hostile ones, each of which ends in one line and exit code 2.

usage: test_plugins.py BUILD CMAKE CC [FLAG...]
"""
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

BUILD, CMAKE, CC, *FLAGS = os.path.abspath(sys.argv[1]), *sys.argv[2:]
EXAMPLE = pathlib.Path(__file__).resolve().parent / "example"
FOLDER = tempfile.TemporaryDirectory()
os.chdir(FOLDER.name)
PREFIX = os.path.abspath("prefix")


def done(*words, **options):
    result = subprocess.run(words, capture_output=True, text=True, timeout=300, **options)
    assert result.returncode == 0, f"{' '.join(map(str, words))}\n{result.stdout}{result.stderr}"
    return result.stdout


done(CMAKE, "--install", BUILD, "--prefix", PREFIX)
PSBENCH = f"{PREFIX}/bin/psbench"
PKG_CONFIG = next(str(found.parent) for found in pathlib.Path(PREFIX).rglob("psbench.pc"))
USE = done("pkg-config", "--cflags", "--libs", "psbench", env={**os.environ, "PKG_CONFIG_PATH": PKG_CONFIG}).split()
STRICT = ["-std=gnu11", "-Wall", "-Wextra", "-Wno-unused-parameter", "-Werror"]


def call(*words, timeout=120):
    return subprocess.run([PSBENCH, *words], capture_output=True, text=True, timeout=timeout)


def build(name, text):
    pathlib.Path(f"{name}.c").write_text(text)
    done(CC, *STRICT, "-shared", "-fPIC", *FLAGS, f"{name}.c", *USE, "-o", f"{name}.so")
    return f"./{name}.so"


# ---- both examples, both ways ----

flags = " ".join(FLAGS)
done(CMAKE, "-S", EXAMPLE, "-B", "by_cmake", f"-DCMAKE_PREFIX_PATH={PREFIX}", f"-DCMAKE_C_COMPILER={CC}",
     f"-DCMAKE_C_FLAGS={flags}")
done(CMAKE, "--build", "by_cmake")
pathlib.Path("by_pkg_config").mkdir()
for name in "example", "example_whole":
    done(CC, *STRICT, "-shared", "-fPIC", *FLAGS, EXAMPLE / f"{name}_native.c", *USE, "-o", f"by_pkg_config/{name}.so")

for way in "by_cmake", "by_pkg_config":
    for name, fields, kernel in ("example", ["name", "ppid"], "native"), ("example_whole", ["name"], "own"):
        plugin = ["--plugin", f"{way}/{name}.so"]
        probe = json.loads(done(PSBENCH, "probe", *plugin, "--pid", str(os.getpid()), "--format", "json"))
        answers = probe["processes"][0]["fields"]
        own_name = pathlib.Path("/proc/self/comm").read_text()[:-1]
        assert list(answers) == fields and answers["name"]["value"] == own_name, probe
        done(PSBENCH, "run", *plugin, "--population", "child", "--starts", "6", "--seconds", "0.02", "--scenario", "six",
             "--out", "results.json")
        cell, = json.loads(pathlib.Path("results.json").read_text())["cells"]
        assert cell["state"] == "measured" and cell["kernel"] == kernel and cell["port"] == name, cell
        assert cell["evidence"] == "native" and cell["fields"] == sorted(fields), cell
        if name == "example":
            assert [cell["exact"][variant]["calls"] for variant in ("uncached", "cached")] == [2, 1], cell
            assert cell["measured"]["speedup"]["ratio"] > 1, cell
        else:
            assert "not_counted" in cell["exact"] and cell["measured"]["speedup"] is None, cell
            assert cell["measured"]["against_ours"]["ratio"] > 0, cell

# What is made of tables is recorded, simulated and explained like a port of the tree.
example = ["--plugin", "by_cmake/example.so"]
done(PSBENCH, "run", *example, "--kernel", "sim", "--check-only")
done(PSBENCH, "record", *example, "--pid", "1", "--out", "example.trace")
done(PSBENCH, "probe", *example, "--kernel", "replay=example.trace", "--pid", "1")
assert "file /proc/PID/stat" in done(PSBENCH, "explain", *example)
assert "example" in done(PSBENCH, "list", "ports", *example)

# ---- hostile ones ----

HEAD = "#include <psbench/plugin.h>\n#include <signal.h>\n#include <stdlib.h>\n#include <string.h>\n#include <unistd.h>\n"
WHOLE = HEAD + """
static psb_status pids(psb_backend *b, psb_pidlist *out)
{
    *out = (psb_pidlist){.pid = malloc(sizeof(psb_pid)), .count = 1};
    out->pid[0] = 1;
    return PSB_OK;
}
static psb_snapshot snapshot;
static psb_status begin(psb_backend *b, psb_span span, psb_snapshot **out)
{
    snapshot.backend = b;
    *out = &snapshot;
    return PSB_OK;
}
static psb_status get(psb_snapshot *s, psb_pid pid, psb_field field, psb_value *out)
{
    *out = psb_value_of_status(PSB_ABSENT, 0);
    %(get)s;
    return out->status;
}
static void end(psb_snapshot *s) {}
static void close_it(psb_backend *b) {}
static const psb_backend_ops OPS = {"bad", pids, begin, %(ops)s, end, close_it};
static psb_backend backend = {&OPS};
static psb_backend *open_it(const void *context, psb_variant variant, char *why, size_t why_size)
{
    %(open)s;
    return &backend;
}
static const psb_whole THE_WHOLE = {.evidence = PSB_EVIDENCE_NATIVE, .variants = 3, .claims = PSB_CLAIM(PSB_NAME),
                                    .open = open_it};
static const psb_port PORT = {.name = "%(name)s", .system = "none", .whole = &THE_WHOLE};
PSB_PLUGIN(PORT)
void (*unused[])(void) = {(void (*)(void))get, (void (*)(void))raise, (void (*)(void))sleep};
"""


def whole(**parts):
    return WHOLE % {"get": "", "ops": "get", "open": "", "name": "bad", **parts}


def entry(numbers):
    return HEAD + f"""
static const psb_port PORT = {{.name = "bad", .system = "none"}};
extern const struct psb_plugin psb_plugin;
const struct psb_plugin psb_plugin = {{{numbers}, &PORT}};
"""


SHARED = ("psb_port psb_source psb_method psb_try psb_whole psb_facts psb_native psb_call psb_reply psb_kernel_ops "
          "psb_backend_ops psb_value").split()
GOOD = "PSB_PLUGIN_ABI, PSB_FIELDS, PSB_OPS, {" + ", ".join(f"sizeof({shared})" for shared in SHARED) + "}"
CRASH = "*(volatile int *)8 = 1"
HOSTILE = {
    "wrong_abi": (entry(GOOD.replace("PSB_PLUGIN_ABI", "77")), "its ABI version is 77, this one's is 2"),
    "other_fields": (entry(GOOD.replace("PSB_FIELDS", "3")), r"its number of fields is 3, this one's is \d+"),
    "other_ops": (entry(GOOD.replace("PSB_OPS", "3")), "its number of ops is 3"),
    **{f"other_{shared}": (entry(GOOD.replace(f"sizeof({shared})", "7")), f"its size of {shared} is 7")
       for shared in SHARED},
    "no_port": (entry(GOOD).replace("&PORT", "NULL").replace("static const psb_port PORT", "const psb_port PORT"),
                "has no port"),
    "no_tables": (entry(GOOD), "port bad: has no table of sources or of methods"),
    "no_symbol": ("int nothing;", "exports no symbol psb_plugin"),
    "wants_symbol": ("int nowhere(void);\nint (*at)(void) = nowhere;", "is no library that this system can load"),
    "taken": (whole(name="linux"), "the name of its port, 'linux', is taken"),
    "bad_name": (whole(name="a/../b"), "a port's name is"),
    "no_get": (whole(ops="NULL"), "its backend lacks one of its functions"),
    "no_open": (whole(open='strcpy(why, "the moon is full"); return NULL'), "the moon is full"),
    "crash_loading": (HEAD + f"__attribute__((constructor)) static void crash(void) {{ {CRASH}; }}", "crashed"),
    "crash_open": (whole(open=CRASH), "crashed: it touched memory that is not"),
    "crash_get": (whole(get=CRASH), "crashed: it touched memory that is not"),
    "runs_over": (whole(get="volatile char room[1 << 14]; room[0] = 1; "
                            "if (room[0]) { get(s, pid, field, out); room[1] = 1; }"), "crashed"),
    "aborts": (whole(get="abort()"), "aborted"),
    "exits": (whole(get="exit(0)"), "ended the program"),
    "hangs_open": (whole(open="for (;;) sleep(1)"), "has not answered for 1 seconds"),
    "hangs_get": (whole(get="for (;;) sleep(1)"), "has not answered for 1 seconds"),
    "spins_get": (whole(get="for (volatile unsigned i = 0;; i++) ;"), "has not answered for 1 seconds"),
}
pathlib.Path("text.so").write_text("I am no library")
pathlib.Path("folder.so").mkdir()
FILES = [("./nosuch.so", "./nosuch.so: No such file"), ("text.so", "is no library that this system can load"),
         ("folder.so", "is no plain file")]


def assert_refused(plugin, phrase, *command):
    result = call(*command, "--plugin", plugin, "--timeout", "1")
    lines = [line for line in result.stderr.splitlines() if not line.startswith("psbench: note:")]
    assert result.returncode == 2, f"{plugin}: {result}"
    assert len(lines) == 1 and lines[0].startswith("psbench: ") and re.search(phrase, lines[0]), f"{plugin}: {result}"


for plugin, phrase in FILES:
    assert_refused(plugin, re.escape(phrase), "probe")
for name, (text, phrase) in HOSTILE.items():
    plugin = build(name, text)
    assert_refused(plugin, phrase, "probe", "--pid", "1", "--fields", "all")
for name in "crash_get", "hangs_get", "exits":
    assert_refused(f"./{name}.so", HOSTILE[name][1], "run", "--pid", "1", "--check-only", "--fields", "name")

# The same in the middle of a measurement.
late = build("crash_late", whole(get="static int left = 40; if (--left == 0) " + CRASH))
result = call("run", "--plugin", late, "--pid", "1", "--fields", "name", "--starts", "6", "--seconds", "0.01")
assert result.returncode == 2 and "crashed" in result.stderr, result

# Answers that are none are wrong, not believed.
lies = build("lies", whole(get="out->status = (psb_status)77"))
result = call("run", "--plugin", lies, "--pid", "1", "--fields", "name", "--check-only")
assert result.returncode == 1 and "WRONG name" in result.stdout, result

for words, phrase in ((["--plugin", late, "--exec", "true"], "exclude each other"),
                      (["--plugin", late, "--kernel", "sim"], "cannot stand under port 'bad'"),
                      (["--timeout", "3", "--port", "linux"], "--timeout: there is neither"),
                      (["--plugin", ""], "--plugin: is empty")):
    result = call("run", *words)
    assert result.returncode == 2 and phrase in result.stderr and result.stderr.count("\n") == 1, result
print("plug-ins are loaded, or refused in plain words")

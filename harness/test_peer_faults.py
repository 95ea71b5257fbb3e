"""
psbench check finds what is really wrong with the psutil of the distribution, by cases that were not written for it: a process
named 'Uid:\\t7\\t8\\t9' tells psutil its uids, and a name with a parenthesis its threads' times (both are open upstream).

usage: test_peer_faults.py PSBENCH
"""
import json
import subprocess
import sys

PSBENCH = sys.argv[1]
try:
    import psutil
except ImportError:
    print("there is no psutil here")
    sys.exit(77)


def check(pattern):
    done = subprocess.run([PSBENCH, "check", "--port", "psutil", "--case", pattern, "--format", "json"], text=True,
                          capture_output=True, timeout=300)
    if not done.stdout:
        print(f"psutil cannot be asked: {done.stderr}")
        sys.exit(77)
    return {case["name"]: case for case in json.loads(done.stdout)["suites"][0]["cases"]}


sound = check("value.uids.name_blank")["value.uids.name_blank"]
assert sound["result"] == "pass", sound
uids = check("value.uids.name_uid")["value.uids.name_uid"]
assert uids["result"] == "fail" and uids["got"] == "real=7 effective=8 saved=9", uids
threads = check("value.threads.name_parenthesis")["value.threads.name_parenthesis"]
assert threads["result"] == "fail", threads
print(f"psutil {psutil.__version__}: uids {uids['got']}, expected {uids['expected']}")
print(f"psutil {psutil.__version__}: threads {threads['got']}, expected {threads['expected']}")

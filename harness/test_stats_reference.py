#!/usr/bin/python3
"""The sign test's interval, computed a second time by other means: exact fractions instead of logarithms.

usage: test_stats_reference.py STATS_DUMP
"""

import math
import random
import statistics
import subprocess
import sys
from fractions import Fraction

CONFIDENCES = [Fraction(text) for text in ("0.5", "0.8", "0.9", "0.95", "0.99", "0.999")]
RUNS = 2000  # of the simulation


def reference(sample, confidence):
    """Median, low, high and the exact confidence; None if there is no such interval."""
    ordered = sorted(sample)
    n = len(ordered)
    missed, k = 0, 0  # missed: how many of the 2**n outcomes leave the median below the interval
    while k < n // 2 and 2 * (missed + math.comb(n, k)) <= (1 - confidence) * 2**n:
        missed += math.comb(n, k)
        k += 1
    if k == 0:
        return None
    return statistics.median(ordered), ordered[k - 1], ordered[n - k], 1 - Fraction(2 * missed, 2**n)


def ask(program, cases):
    """What the C code answers to each (sample, confidence)."""
    lines = "".join(
        " ".join([repr(float(confidence)), *(repr(x) for x in sample)]) + "\n" for sample, confidence in cases
    )
    done = subprocess.run([program], input=lines, capture_output=True, text=True, timeout=60)
    if done.returncode != 0 or done.stderr:
        sys.exit(f"{program} ended with {done.returncode}: {done.stderr.strip()}")
    answers = [None if line == "none" else [float(word) for word in line.split()] for line in done.stdout.splitlines()]
    if len(answers) != len(cases):
        sys.exit(f"{program} answered {len(answers)} of {len(cases)} lines")
    return answers


def differs(answer, expected):
    """What is wrong with an answer, or None."""
    if answer is None or expected is None:
        return None if answer is expected else f"is {answer}, should be {expected}"
    for name, is_, should in zip(("median", "low", "high"), answer, expected):
        if is_ != should:
            return f"{name} is {is_!r}, should be {should!r}"
    if len(answer) != 4 or abs(Fraction(answer[3]) - expected[3]) > Fraction(1, 10**12):
        return f"confidence is {answer[3:]}, should be {float(expected[3])!r}"
    return None


def compare(program, cases):
    """Returns the cases in which the two implementations disagree, as lines."""
    wrong = []
    for (sample, confidence), answer in zip(cases, ask(program, cases)):
        difference = differs(answer, reference(sample, confidence))
        if difference:
            wrong.append(f"n={len(sample)}, confidence {float(confidence)}: {difference}; samples {sample[:8]}...")
    return wrong


def all_sizes():
    """Every n from 1 to 200 with every confidence, on shuffled ranks: a wrong rank shows as its number."""
    draw = random.Random(1)
    for n in range(1, 201):
        sample = [float(i) for i in range(1, n + 1)]
        draw.shuffle(sample)
        for confidence in CONFIDENCES:
            if not is_met_exactly(n, confidence):
                yield sample, confidence


def is_met_exactly(n, confidence):
    """There, one rounding more or less decides; test_stats.c has such cases of its own."""
    missed = 0
    for k in range(n // 2):
        missed += math.comb(n, k)
        if 2 * missed == (1 - confidence) * 2**n:
            return True
    return False


def random_samples():
    """Samples with and without ties, of sizes and scales of all kinds."""
    draw = random.Random(2)
    kinds = [
        lambda: draw.gauss(0, 1),
        lambda: draw.lognormvariate(0, 2),
        lambda: float(draw.randint(0, 5)),
        lambda: draw.uniform(-1e-300, 1e-300),
        lambda: draw.choice([-1e200, 1e200, 0.0, 1.0]),
    ]
    for _ in range(600):
        kind = draw.choice(kinds)
        yield [kind() for _ in range(draw.randint(1, 120))], draw.choice(CONFIDENCES[1:])
    for n in (500, 1000, 2000):
        yield [draw.expovariate(1) for _ in range(n)], Fraction("0.95")


def simulate(program):
    """How often the interval of 10 exponential samples holds their true median, ln 2."""
    draw = random.Random(3)
    cases = [([draw.expovariate(1) for _ in range(10)], Fraction("0.95")) for _ in range(RUNS)]
    return sum(answer is not None and answer[1] <= math.log(2) <= answer[2] for answer in ask(program, cases)) / RUNS


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    program = sys.argv[1]
    cases = list(all_sizes()) + list(random_samples())
    wrong = compare(program, cases)
    covered = simulate(program)
    if covered < 0.95:
        wrong.append(f"the interval of 95 % held the true median in {covered:.2%} of {RUNS} runs")
    if wrong:
        sys.exit("\n".join([*wrong[:10], f"{len(wrong)} disagreements with the reference"]))
    print(f"{len(cases)} intervals as the reference has them; the true median held in {covered:.2%} of {RUNS} runs")


if __name__ == "__main__":
    main()

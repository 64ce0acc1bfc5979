"""Compares the regular expressions of rules with Python's re: regex.py COUNT TOOL. Random expressions of
the syntax of rsenc-rules(5) and random names, in which "~" is a newline; prints how many matched, and each
difference."""

import random
import re
import signal
import subprocess
import sys
import warnings

ATOMS = ["a", "b", "_", "ab", "[ab]", "[^a]", "[^_]", ".", r"\.", "[a-c]", "[]a]", "[^]b]", "B", r"\d", r"\w",
         r"[\w-]", r"\D", r"[^\d_]", r"\W", "[-a]", "[a-]", "é", "1", r"\-", "{", "{a}", "x{", "{}", r"\s", r"\S",
         r"[\s_]", r"[^\W\d]", "[^-a]", r"[\]a]", "[a^]", r"\t", "[A-Z]", r"\\", "]", "}", "[.*+?]", "(?P<n%d>a)"]
REPEATS = ["*", "+", "?", "{2}", "{1,3}", "{0,2}", "{2,}", "{0}", "{,2}", "{,}", "{1}"]


def sequence(depth):
    text = ""
    for _ in range(random.choice([0, 1, 1, 2, 2, 3])):
        if depth > 0 and random.random() < 0.45:
            text += random.choice(["(", "(", "(?:"]) + alternatives(depth - 1) + ")"
        else:
            atom = random.choice(ATOMS)
            # Two groups of one name are an error.
            text += atom % random.choice([1, random.randrange(10**9)]) if "%" in atom else atom
        if random.random() < 0.5:
            text += random.choice(REPEATS) + random.choice(["", "", "?"])
    return text


def alternatives(depth):
    return "|".join(sequence(depth) for _ in range(random.choice([1, 1, 1, 2, 3])))


def too_slow(_signal, _frame):
    raise TimeoutError


def expected(pattern, name):
    """What Python says; None where it would take too long."""
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        try:
            match = re.fullmatch(pattern, name.replace("~", "\n"), re.ASCII)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
    except re.error:
        return "refused"
    except TimeoutError:  # also of a timer that ends just when it is stopped
        return None
    if not match:
        return "no"
    return "\t".join(["yes"] + [group or "" for group in match.groups()[:9]]).replace("\n", "~")


def main():
    signal.signal(signal.SIGALRM, too_slow)
    warnings.simplefilter("ignore")
    random.seed(int(sys.argv[3]) if len(sys.argv) > 3 else 1)
    cases = []
    while len(cases) < int(sys.argv[1]):
        pattern = alternatives(3)
        if pattern:
            names = ["".join(random.choice("aab_c.1Bé-{}~"[:random.choice([3, 13])]) for _ in range(random.randrange(9)))
                     for _ in range(20)]
            cases += [(pattern, name) for name in names]
    lines = "".join(f"{pattern}\t{name}\n" for pattern, name in cases)
    results = subprocess.run([sys.argv[2]], input=lines, capture_output=True, text=True, check=True).stdout.splitlines()
    assert len(results) == len(cases), "an answer is missing"
    matched = 0
    for (pattern, name), result in zip(cases, results):
        wanted = expected(pattern, name)
        matched += result.startswith("yes")
        if wanted not in (result, None):
            print(f"{pattern!r} on {name!r}: {result!r}, but Python: {wanted!r}")
    print(f"{len(cases)} cases, {matched} match")


main()

"""The file `differences`: where rsenc-pack and an oracle are known to differ."""
import collections
import fnmatch
import re

import oracle

Row = collections.namedtuple("Row", "pattern verdict why")


def is_meant(whose):
    """Whether a line of DIFFERENCES is about the oracle at hand: any, NAME, NAME<MAJOR.MINOR or NAME>=MAJOR.MINOR."""
    name, relation, version = re.fullmatch(r"(\w+)(<|>=)?([\d.]*)", whose).groups()
    if name not in ("any", *oracle.NAMES):
        return False
    bound = tuple(int(n) for n in version.split(".")) if relation else None
    return not relation or (oracle.VERSION[1] < bound if relation == "<" else oracle.VERSION[1] >= bound)


def read(path):
    """The rows that are about the oracle at hand."""
    with open(path, encoding="utf-8") as f:
        rows = [line.rstrip("\n").split("\t") for line in f if line.strip() and line[0] != "#"]
    return [Row(pattern, verdict, why) for pattern, whose, verdict, why in rows if is_meant(whose)]


def fits(key, pattern):
    return fnmatch.fnmatchcase(key, pattern)

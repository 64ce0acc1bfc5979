#!/usr/bin/env python3
"""facts.py STREAM OTHER MORE: what rsenc-database(5) says of a reader while somebody writes. STREAM
and OTHER are records with the same keys, MORE makes the database outgrow its map."""
import subprocess
import sys

import lmdb
import numpy as np

from reader import Patches, read

stream, other, more = sys.argv[1:]


def load(path, *options):
    with open(path, "rb") as f:
        subprocess.run(["rsenc-load", "-q", *options, "Facts"], stdin=f, check=True)


def values(txn):
    return {bytes(key): bytes(value) for key, value in txn.cursor()}


load(stream)
patches = Patches("Facts")
before = values(patches.begin())
for again in other, stream, other:
    load(again, "-f")
assert values(patches.begin()) == before, "a transaction sees what was there when it began"
assert patches.env.info()["max_readers"] == 126
patches.close()
assert values(patches.begin()) != before

env = patches.env
patches.txn.abort()
load(more)
try:
    env.begin()
    raise SystemExit("the map was large enough: this shows nothing")
except lmdb.MapResizedError:
    env.set_mapsize(0)
assert len(values(env.begin())) > len(before)

without = lmdb.open("Without", map_size=1 << 20)  # empty: what is asked for is not there
try:
    read(without.begin(buffers=True), b"nothing")
    raise SystemExit("a key that is not there")
except KeyError:
    pass

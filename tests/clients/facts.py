#!/usr/bin/env python3
"""facts.py STREAM OTHER MORE: what rsenc-database(5) says of a reader while somebody writes. STREAM
and OTHER are records with the same keys, MORE makes the database outgrow its map."""
import subprocess
import sys

import lmdb

stream, other, more = sys.argv[1:]


def load(path, *options):
    with open(path, "rb") as f:
        subprocess.run(["rsenc-load", "-q", *options, "Facts"], stdin=f, check=True)


def values(txn):
    return {bytes(key): bytes(value) for key, value in txn.cursor()}


load(stream)
env = lmdb.open("Facts", readonly=True)
txn = env.begin(buffers=True)
before = values(txn)
for again in other, stream, other:
    load(again, "--replace")
assert values(txn) == before, "a transaction sees what was there when it began"
assert env.info()["max_readers"] == 126
txn.abort()
env.close()
env = lmdb.open("Facts", readonly=True)
with env.begin(buffers=True) as txn:
    assert values(txn) != before

load(more)
try:
    env.begin()
    raise SystemExit("the map was large enough: this shows nothing")
except lmdb.MapResizedError:
    env.set_mapsize(0)
assert len(values(env.begin())) > len(before)

"""Patches read per second in random order: as safetensors from LMDB, and as TIFFs with rasterio.

    random_reads.py DB GROUPS SECONDS

GROUPS are the lines of rsenc-scan for what DB holds. Every band ends in a numpy array of its own.
Prints `lmdb<TAB>N` and `tiff<TAB>N` once a second of measuring, taking turns.
"""

import json
import logging
import random
import sys
import time

import lmdb
import numpy as np
import rasterio

DTYPES = {"U8": "u1", "I8": "i1", "U16": "<u2", "I16": "<i2", "U32": "<u4", "I32": "<i4",
          "F32": "<f4", "F64": "<f8"}


def from_lmdb(txn, key):
    blob = txn.get(key)
    start = 8 + int.from_bytes(blob[:8], "little")
    bands = {}
    for name, t in json.loads(bytes(blob[8:start])).items():
        begin, end = t["data_offsets"]
        values = np.frombuffer(blob, DTYPES[t["dtype"]], offset=start + begin,
                               count=int(np.prod(t["shape"])))
        bands[name] = values.reshape(t["shape"]).copy()
    return bands


def from_tiffs(files):
    bands = {}
    for name, path in files:
        with rasterio.open(path) as f:
            bands[name] = f.read(1)
    return bands


def rate(read, items, seconds):
    end = time.perf_counter() + seconds
    start, n = time.perf_counter(), 0
    while time.perf_counter() < end:
        read(random.choice(items))
        n += 1
    return n / (time.perf_counter() - start)


def main():
    db, groups, seconds = sys.argv[1], sys.argv[2], int(sys.argv[3])
    logging.getLogger("rasterio").setLevel(logging.ERROR)
    random.seed(1)
    patches = {}
    for line in open(groups, encoding="utf-8"):
        key, *files = line.rstrip("\n").split("\t")
        patches[key.encode()] = [f.split("=", 1) for f in files]
    with lmdb.open(db, readonly=True, lock=False) as env, env.begin(buffers=True) as txn:
        for key in random.sample(list(patches), 3):
            ours, theirs = from_lmdb(txn, key), from_tiffs(patches[key])
            assert ours.keys() == theirs.keys()
            assert all(np.array_equal(ours[b], theirs[b]) for b in ours), key
        for _ in range(seconds):
            print("lmdb", rate(lambda k: from_lmdb(txn, k), list(patches), 1), sep="\t")
            print("tiff", rate(from_tiffs, list(patches.values()), 1), sep="\t")


main()

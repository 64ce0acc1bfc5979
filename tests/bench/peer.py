#!/usr/bin/env python3
"""peer.py TREE DB [WORKERS]: TREE's patches, BigEarthNet's or HySpecNet's, as safetensors in LMDB, as
one writes it in Python with rasterio, safetensors and lmdb: a plain loop or, with WORKERS, processes
that are spawned and make the blobs, 512 patches a transaction. One transaction of the loop is as large."""

import itertools
import logging
import multiprocessing
import os
import sys
from concurrent.futures import ProcessPoolExecutor

import lmdb
import rasterio
from safetensors.numpy import save

TRANSACTION = 512
IMAGE = "-SPECTRAL_IMAGE.TIF"


def find(tree):
    """(key, paths of its files)"""
    for folder, _, names in os.walk(tree):
        tiffs = sorted(name for name in names if name.lower().endswith(".tif"))
        if tiffs:
            yield os.path.basename(folder).encode(), [os.path.join(folder, name) for name in tiffs]


def encode(paths):
    logging.getLogger("rasterio").setLevel(logging.ERROR)  # files without a place on the earth
    bands = {}
    for path in paths:
        with rasterio.open(path) as raster:
            if path.endswith(IMAGE):
                bands.update(("B%d" % i, raster.read(i)) for i in range(1, raster.count + 1))
            else:
                bands[path[path.rindex("_") + 1:-len(".tif")]] = raster.read(1)
    return save(bands)


def parts(patches):
    while part := list(itertools.islice(patches, TRANSACTION)):
        yield part


def main():
    tree, database, workers = sys.argv[1], sys.argv[2], int((sys.argv[3:] or "0")[0])
    executor = workers and ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"))
    encode_all = executor.map if executor else map
    with lmdb.open(database, map_size=1 << 40) as env:
        for part in parts(find(tree)):
            keys, files = zip(*part)
            with env.begin(write=True) as txn:
                for key, blob in zip(keys, encode_all(encode, files)):
                    if not txn.put(key, blob, overwrite=False):
                        sys.exit("peer.py: %s: duplicate key" % key.decode())
    if executor:
        executor.shutdown()


if __name__ == "__main__":
    main()

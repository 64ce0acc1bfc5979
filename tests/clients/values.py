#!/usr/bin/env python3
"""values.py DB GROUPS [DIR]: every patch of the group lines, read from DB with each library, and from
DIR/KEY.safetensors, is what rasterio reads from the files. Prints the number of tensors compared."""
import logging
import re
import sys

import lmdb
import numpy as np
import rasterio
import safetensors
import safetensors.numpy

from reader import Patches

try:
    import safetensors.torch
    import torch
except ImportError:
    torch = None


def names_of(text):
    for name in text.split(","):
        span = re.fullmatch(r"(.*)\{(\d+)\.\.(\d+)\}", name)
        if span:
            first, last = int(span[2]), int(span[3])
            yield from (span[1] + str(n).zfill(len(span[2])) for n in range(first, last + 1))
        else:
            yield name


def rasters_of(fields):
    bands = {}
    for field in fields:
        names, path = field.split("=", 1)
        with rasterio.open(path) as raster:
            for number, name in enumerate(names_of(names), 1):
                bands[name] = raster.read(number)
            assert raster.count == number
    return bands


def check(wanted, got, how):
    assert wanted.keys() == got.keys(), how
    for name, band in wanted.items():
        other = got[name]
        if torch and isinstance(other, torch.Tensor):
            other = other.numpy()
        assert other.dtype == band.dtype and np.array_equal(other, band, equal_nan=True), (how, name)
    return len(wanted)


def opened(path, framework):
    with safetensors.safe_open(path, framework=framework) as file:
        return {name: file.get_tensor(name) for name in file.keys()}


def main():
    logging.getLogger("rasterio").setLevel(logging.ERROR)  # files without a place on the earth
    database, groups, *folder = sys.argv[1:]
    with lmdb.open(database, readonly=True) as env, env.begin() as txn:
        blobs = dict(txn.cursor())
    patches = Patches(database)
    seen, count = set(), 0
    for line in open(groups, encoding="utf-8"):
        key, *fields = line.rstrip("\n").split("\t")
        wanted = rasters_of(fields)
        blob = blobs[key.encode()]
        ways = {"Patches": dict(patches[key]), "numpy": safetensors.numpy.load(blob)}
        if torch:
            ways["torch"] = safetensors.torch.load(blob)
        for framework in (["np", "pt"] if torch else ["np"]) if folder else []:
            ways["safe_open " + framework] = opened(f"{folder[0]}/{key}.safetensors", framework)
        for how, got in ways.items():
            count += check(wanted, got, key + ": " + how)
        seen.add(key.encode())
    assert set(patches.keys.tolist()) == seen and len(patches) == len(seen)
    print(count)


main()

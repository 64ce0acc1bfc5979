"""The ways to read patches that read.py measures. Each is a function of the directory that read.sh
made, the keys that are wanted, and this process's number of how many; it yields patches, or
batches of BATCH of them, as {name: array or tensor}, and before them nothing, when it has opened what
it needs. Those that read archives in order yield what comes there, whatever the keys."""

import glob
import json
import logging
import tarfile

import lmdb
import numpy as np
import safetensors.numpy

from reader import Patches, read

try:
    import rasterio
    logging.getLogger("rasterio").setLevel(logging.ERROR)  # files without a place on the earth
except ImportError:
    rasterio = None
try:
    import torch
    from torch.utils.data import DataLoader

    from collate import collate
    torch.set_num_threads(1)
except ImportError:
    torch = None
try:
    import webdataset
except ImportError:
    webdataset = None

BATCH = 64  # read.py sets it


def names_of(text):
    """B1,B2 or B{1..224}, as in group lines"""
    first, dots, last = text.partition("..")
    if not dots:
        return text.split(",")
    return ["%s%d" % (first.split("{")[0], n)
            for n in range(int(first.split("{")[1]), int(last.rstrip("}")) + 1)]


def groups(folder):
    """{key: [([name of band, ...], path), ...]}"""
    with open(folder + "/groups", encoding="utf-8") as lines:
        return {key.encode(): [(names_of(names), path)
                               for names, path in (field.split("=", 1) for field in fields)]
                for key, *fields in (line.rstrip("\n").split("\t") for line in lines)}


def tiffs(folder, keys, _rank, _ranks):
    files = groups(folder)
    yield
    for key in keys:
        patch = {}
        for names, path in files[key]:
            with rasterio.open(path) as raster:
                patch.update(zip(names, raster.read()))
        yield patch


def library(folder, keys, _rank, _ranks):
    with lmdb.open(folder + "/Plain", readonly=True).begin() as txn:
        yield
        for key in keys:
            yield safetensors.numpy.load(txn.get(key))


def views(folder, keys, _rank, _ranks):
    txn = Patches(folder + "/Plain", keys=[]).begin()
    yield
    for key in keys:
        yield read(txn, key)


def single_pages(folder, keys, _rank, _ranks):
    txn = lmdb.open(folder + "/Plain", readonly=True, readahead=False).begin(buffers=True)
    yield
    for key in keys:
        yield read(txn, key)


def stacked(folder, keys, _rank, _ranks):
    txn = Patches(folder + "/Stacked", keys=[]).begin()
    yield
    for key in keys:
        yield {name: torch.from_numpy(stack) for name, stack in read(txn, key).items()}


def shards(folder, keys, _rank, _ranks):
    parts = [Patches(path) for path in sorted(glob.glob(folder + "/Shards/*"))]
    shard = {key: part for part in parts for key in part.keys.tolist()}
    yield
    for key in keys:
        yield read(shard[key].begin(), key)


def loader(workers, database):
    def batches(folder, keys, _rank, _ranks):
        patches = Patches(folder + "/" + database, keys=keys)
        yield
        yield from DataLoader(patches, batch_size=BATCH, num_workers=workers, collate_fn=collate)
    return batches


def mine(folder, rank, ranks):
    return sorted(glob.glob(folder + "/tar/*.tar"))[rank::ranks]


def tar(folder, _keys, rank, ranks):
    yield
    for path in mine(folder, rank, ranks):
        with tarfile.open(path) as archive:
            for member in archive:
                yield safetensors.numpy.load(archive.extractfile(member).read())


def web(folder, _keys, rank, ranks):
    yield
    for sample in webdataset.WebDataset(mine(folder, rank, ranks), shardshuffle=False,
                                        empty_check=False):
        yield safetensors.numpy.load(sample["safetensors"])


# id, what the table says, the way, what it needs (a module that may be absent, and its name)
WAYS = [
    ("tiffs", "TIFFs with `rasterio`", tiffs, ("rasterio", rasterio)),
    ("library", "`safetensors.numpy.load(txn.get(key))`", library, None),
    ("views", "README's `read(txn, key)`", views, None),
    ("single", "the same with `readahead=False`", single_pages, None),
    ("shards", "the same, 8 databases", shards, None),
    ("stacked", "the same, `pack -S -A 64`, `torch.from_numpy`", stacked, ("torch", torch)),
    *(("loader%d" % n, "`DataLoader`, %d workers" % n, loader(n, "Plain"), ("torch", torch))
      for n in (0, 1, 2, 4)),
    ("loader2s", "`DataLoader`, 2 workers, `pack -S -A 64`", loader(2, "Stacked"), ("torch", torch)),
    ("tar", "tar shards in order, `tarfile`", tar, None),
    ("web", "tar shards in order, `webdataset`", web, ("webdataset", webdataset)),
]


def orders(folder):
    """{name of a stack: [name of band, ...]}, as rsenc-pack -S noted it"""
    with lmdb.open(folder + "/Stacked", readonly=True).begin() as txn:
        blob = next(txn.cursor().iternext(keys=False))
    header = json.loads(blob[8:8 + int.from_bytes(blob[:8], "little")])
    return {name: names.split(",") for name, names in header["__metadata__"].items()}

"""The ways to read patches that read.py measures. Each is a function of the directory that read.sh
made, the keys that are wanted, and this process's number of how many; it yields patches, or
batches of BATCH of them, as {name: array or tensor}, and before them nothing, when it has opened what
it needs. Those that read archives in order yield what comes there, whatever the keys."""

import glob
import json
import logging
import os
import tarfile

import lmdb
import numpy as np
import safetensors.numpy

from reader import Patches, collate

try:
    import rasterio
    logging.getLogger("rasterio").setLevel(logging.ERROR)  # files without a place on the earth
except ImportError:
    rasterio = None
try:
    import torch
    from torch.utils.data import DataLoader
    torch.set_num_threads(1)
except ImportError:
    torch = None
try:
    import webdataset
except ImportError:
    webdataset = None
try:
    import litdata
except ImportError:
    litdata = None

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


def safetensors_files(folder, keys, _rank, _ranks):
    yield
    for key in keys:
        yield safetensors.numpy.load_file("%s/files/%s.safetensors" % (folder, key.decode()))


def one_by_one(folder, keys, _rank, _ranks):
    patches = Patches(folder + "/Plain")
    yield
    for key in keys:
        yield dict(patches[key])


def entries(folder):
    """{shape and dtype: [names]}: the bands that can be in one array, in the order of the blob"""
    found = {}
    for name, array in sorted(Patches(folder + "/Plain")[0].items()):
        found.setdefault("%s %s" % (array.shape, array.dtype), []).append(name)
    return found


def numbers(keys):
    while True:
        for first in range(0, len(keys) - BATCH + 1, BATCH):
            yield keys[first:first + BATCH]


def collated(path):
    def batches(folder, keys, _rank, _ranks):
        patches = Patches([folder + "/" + path] if "*" not in path else glob.glob(folder + "/" + path))
        together = collate(entries(folder), framework="numpy")
        number = {key: i for i, key in enumerate(patches.keys.tolist())}
        yield
        for part in numbers(keys):
            yield together(patches.__getitems__([number[key] for key in part]))
    return batches


def memmap(folder, keys, _rank, _ranks):
    """What many write: arrays [N, C, H, W] in .npy files, and a batch by its numbers"""
    maps = [np.load(path, mmap_mode="r") for path in sorted(glob.glob(folder + "/npy/*.npy"))]
    names = json.load(open(folder + "/npy/names.json", encoding="utf-8"))
    number = {key.encode(): i for i, key in enumerate(names["keys"])}
    yield
    for part in numbers(keys):
        at = [number[key] for key in part]
        yield dict(zip(names["entries"], [one[at] for one in maps]))


memmap.__name__ = "batches"


def lit(folder, _keys, rank, ranks):
    """litdata's own format, in its order"""
    yield
    while True:
        for i, sample in enumerate(litdata.StreamingDataset(folder + "/lit")):
            if i % ranks == rank:
                yield {name: array for name, array in sample.items() if name != "key"}


def loader(workers, database):
    def batches(folder, keys, _rank, _ranks):
        patches = Patches(folder + "/" + database, keys=keys)
        yield
        yield from DataLoader(patches, batch_size=BATCH, num_workers=workers, drop_last=True,
                              collate_fn=collate(entries(folder)))
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
    ("files", "a safetensors file per patch, `load_file`", safetensors_files, None),
    ("tar", "tar shards in order, `tarfile`", tar, None),
    ("web", "WebDataset, in order", web, ("webdataset", webdataset)),
    ("lit", "litdata, in order", lit, ("litdata", litdata)),
    ("memmap", "`.npy` memmap, `array[numbers]`", memmap, None),
    ("library", "rsenc: `safetensors.numpy.load(txn.get(key))`", library, None),
    ("single", "rsenc: `dict(patches[key])`", one_by_one, None),
    ("collate", "rsenc: `Patches` and `collate`", collated("Plain"), None),
    ("shards", "rsenc: the same, 8 databases", collated("Shards/*"), None),
    ("stacked", "rsenc: the same, `pack -S -A 64`", collated("Stacked"), None),
    *(("loader%d" % n, "rsenc: the same, `DataLoader`, %d workers" % n, loader(n, "Plain"),
       ("torch", torch)) for n in (0, 2)),
]
TARGET = ("collate", "memmap", 0.95)


def orders(folder):
    """{name of a stack, or of an entry of a batch: [name of band, ...]}"""
    metadata = Patches(folder + "/Stacked")[0].metadata
    return {**{name: names.split(",") for name, names in metadata.items()}, **entries(folder)}


def prepare(folder):
    """The forms that only Python writes: .npy files of arrays, and litdata's"""
    keys = sorted(groups(folder))
    together = collate(entries(folder), framework="numpy")
    patches = Patches(folder + "/Plain", keys=keys)
    for number, entry in enumerate(together([patches[0]])):
        first = together([patches[0]])[entry]
        out = np.lib.format.open_memmap("%s/npy/%02d.npy" % (folder, number), "w+", first.dtype,
                                        (len(keys), *first.shape[1:]))
        for i, patch in enumerate(patches):
            out[i] = together([patch])[entry][0]
    with open(folder + "/npy/names.json", "w", encoding="utf-8") as file:
        json.dump({"keys": [key.decode() for key in keys], "entries": list(entries(folder))}, file)
    if litdata:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # it reports each step
        litdata.optimize(fn=Sample(folder), inputs=[key.decode() for key in groups(folder)],
                         output_dir=folder + "/lit", chunk_bytes="64MB", num_workers=1)


class Sample:
    def __init__(self, folder):
        self.patches = Patches(folder + "/Plain")

    def __call__(self, key):
        return {"key": key, **dict(self.patches[key])}

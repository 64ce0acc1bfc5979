#!/usr/bin/env python3
"""training.py DB OTHER STACKED HOW...: one promise of cmd/examples/reader.py for each HOW, with PyTorch.
OTHER has no key of DB, STACKED its patches with the bands in stacks. Prints "ok HOW" or "not ok HOW"."""
import copy
import multiprocessing
import os
import pickle
import re
import subprocess
import sys
import tempfile
import traceback

import lmdb
import numpy as np
import safetensors.numpy
import safetensors.torch
import torch
from torch.utils.data import DataLoader, DistributedSampler

import reader
from reader import Patch, Patches, collate

EPOCHS = 10  # after the first two
GROWTH_MAX = 8 << 20  # bytes; each patch kept in each epoch would be more
TEN, TWENTY = ["B04", "B03", "B02", "B08"], ["B05", "B06", "B07", "B8A", "B11", "B12"]
BANDS = {"ten": TEN, "twenty": TWENTY, "one": "B01"}


def anonymous():
    """Bytes of this process that no file backs, so without the database's pages."""
    with open("/proc/self/status", encoding="ascii") as f:
        return int(re.search(r"RssAnon:\s+(\d+)", f.read())[1]) * 1024


def readers(path):
    text = subprocess.run(["mdb_stat", "-r", path], capture_output=True, text=True).stdout
    return len(re.findall(r"^\s+\d+ [0-9a-f]+ ", text, re.M))


def reference(path):
    """{key: {name: array}} as the safetensors library reads it, without reader.py"""
    with lmdb.open(path, readonly=True) as env, env.begin() as txn:
        return {key.decode(): safetensors.numpy.load(value) for key, value in txn.cursor()}


class Observed:
    """A collate that adds the keys and the process: picklable, for workers that are spawned."""

    def __init__(self, mapping):
        self.collate = collate(mapping)

    def __call__(self, patches):
        return {**self.collate(patches), "keys": [patch.key for patch in patches], "pid": os.getpid(),
                "memory": anonymous()}


def same(batch, wanted):
    for i, key in enumerate(batch["keys"]):
        for entry, names in BANDS.items():
            array = (wanted[key][names] if isinstance(names, str)
                     else np.stack([wanted[key][name] for name in names]))
            got = batch[entry][i].numpy()
            assert got.dtype == array.dtype and np.array_equal(got, array), (key, entry)


def epoch(loader, wanted, seen=None):
    keys = []
    for batch in loader:
        same(batch, wanted)
        keys += batch["keys"]
        if seen is not None:
            seen.setdefault(batch["pid"], []).append(batch["memory"])
    assert sorted(keys) == sorted(wanted), "each patch once"
    return keys


# ---- what is promised ----

def workers(path, _other, start, count):
    """Each patch once an epoch, the right values, another order in each epoch, one place in the table
    of readers for each process, none left at the end, and no process grows."""
    wanted = reference(path)
    patches = Patches(path)
    first = patches[0]
    assert np.array_equal(first["B04"], wanted[first.key]["B04"])  # looked at before workers start
    torch.manual_seed(1)
    loader = DataLoader(patches, batch_size=5, shuffle=True, collate_fn=Observed(BANDS), num_workers=count,
                        persistent_workers=count > 0, multiprocessing_context=start if count else None)
    seen = {}
    orders = [epoch(loader, wanted, seen) for _ in range(2)]
    assert orders[0] != orders[1], "the same order twice"
    assert len(seen) == max(count, 1), "as many processes as workers"
    if count:
        patches.close()
    assert readers(path) == max(count, 1), "a place in the table of readers for each process"
    settled = {pid: max(values) for pid, values in seen.items()}
    for _ in range(EPOCHS):
        epoch(loader, wanted, seen)
    for pid, values in seen.items():
        assert max(values) - settled[pid] < GROWTH_MAX, "a process has grown"
    assert np.array_equal(first["B04"], wanted[first.key]["B04"]), "a patch outlives the fork"
    del loader
    patches.close()
    assert readers(path) == 0, "readers were left in the table"


def split(path, _other):
    """Training and validation on one path in one process, with workers of their own."""
    wanted = reference(path)
    keys = sorted(wanted)
    train, validation = Patches(path, keys=keys[::2]), Patches(path, keys=keys[1::2])
    assert len(train) + len(validation) == len(wanted) and keys[0] in train and keys[0] not in validation
    for count in 0, 2:
        both = [DataLoader(part, batch_size=4, collate_fn=Observed(BANDS), num_workers=count,
                           multiprocessing_context="fork" if count else None)
                for part in (train, validation)]
        for part, batches in zip((keys[::2], keys[1::2]), zip(*map(list, both))):
            assert part
        for loader, part in zip(both, (keys[::2], keys[1::2])):
            epoch(loader, {key: wanted[key] for key in part})


def ranks(path, _other):
    """DistributedSampler with 2 ranks: disjoint and complete, and the same order of one seed."""
    patches = Patches(path)
    found = []
    for _again in range(2):
        parts = [[key for batch in DataLoader(
            patches, batch_size=3, collate_fn=Observed(BANDS),
            sampler=DistributedSampler(patches, num_replicas=2, rank=rank, seed=7)) for key in batch["keys"]]
                 for rank in (0, 1)]
        found.append(parts)
    assert found[0] == found[1], "a fixed seed gives the same order"
    assert len(patches) % 2 == 0 and not set(parts[0]) & set(parts[1])
    assert set(parts[0]) | set(parts[1]) == {key.decode() for key in patches.keys}


def forks(path, _other):
    """A process that has read and then forks takes no place in the table away, nor leaves one."""
    patches = Patches(path)
    key = patches[0].key
    assert readers(path) == 0, "keys are listed, nothing is read"
    assert patches[0]["B01"].shape == (20, 20) and readers(path) == 1

    def child(_):
        assert patches[key]["B01"].shape == (20, 20)
        assert reader.database_of(path, True) is patches._databases[0]

    for _ in range(130):  # more than the table has places
        process = multiprocessing.get_context("fork").Process(target=child, args=(0,))
        process.start()
        process.join()
        assert process.exitcode == 0
    assert patches[key]["B01"].shape == (20, 20) and readers(path) == 1
    subprocess.run(["true"], check=True, preexec_fn=lambda: None)
    assert patches[key]["B01"].shape == (20, 20) and readers(path) == 1


def shards(path, other):
    """Several databases as one: every key, each from its own, and by its key without opening all."""
    wanted = {**reference(path), **reference(other)}
    patches = Patches([other, path])
    assert [key.decode() for key in patches.keys] == sorted(wanted)
    for i, key in enumerate(sorted(wanted)):
        assert patches[i].key == key == patches[key].key and patches.index(key) == i
    fresh = Patches([path, other], keys=sorted(reference(other)))
    assert {one.env for one in fresh._databases} == {None}
    assert fresh[0]["B01"].shape == (20, 20)
    assert [one.env is None for one in fresh._databases] == [True, False], "only its shard is opened"
    epoch(DataLoader(patches, batch_size=7, collate_fn=Observed(BANDS), num_workers=2), wanted)
    try:
        Patches([path, os.path.relpath(path) + "/../" + os.path.basename(path)])
    except ValueError as error:
        assert "the key is in" in str(error)
    else:
        raise AssertionError("a key of two databases")


def values(path, _other):
    """Patches as mappings, batches of every kind, and what is refused."""
    wanted = reference(path)
    patches = Patches(path)
    for i, (key, tensors) in enumerate(sorted(wanted.items())):
        patch = patches[i]
        assert patch.key == key and set(patch) == set(tensors) and len(patch) == len(tensors)
        for name, array in dict(patch).items():
            assert array.flags.writeable and array.dtype == tensors[name].dtype
            assert np.array_equal(array, tensors[name])
    assert isinstance(pickle.loads(pickle.dumps(patch)), dict) and key in repr(patch)
    for again in copy.copy(patches), pickle.loads(pickle.dumps(patches)):
        assert np.array_equal(again[key]["B04"], tensors["B04"])
    for wrong, what in ((lambda: patches[len(patches)], IndexError), (lambda: patches["nothing"], KeyError),
                        (lambda: patch["B99"], KeyError), (lambda: Patches(path, ["nothing"]), KeyError),
                        (lambda: Patches(path, "train.txt"), TypeError), (lambda: Patches([]), ValueError),
                        (lambda: collate({"x": ["B99"]})([patch]), KeyError),
                        (lambda: collate({"x": ["B01", "B02"]})([patch]), ValueError),
                        (lambda: collate({"x": ["B01"]}, totals={})([patch]), KeyError),
                        (lambda: collate(framework="jax"), ValueError)):
        refused(wrong, what)
    # DataLoader takes the patches of a batch at once.
    assert [one.key for one in patches[2:5]] == [one.key for one in patches.__getitems__([2, 3, -len(patches) + 4])]
    assert patches[-1].key == patch.key and len(patches[7:1]) == 0
    for wrong in 1.5, None, [1]:
        refused(lambda wrong=wrong: patches[wrong], TypeError, "must be integers or slices")
    refused(lambda: next(iter(DataLoader(patches, batch_size=None, collate_fn=collate(BANDS)))), TypeError,
            "one patch, not a list of patches: give the DataLoader a batch_size")
    batch = collate()([patches[0], patches[1]])
    assert batch["B02"].dtype == torch.uint16 and batch["B02"].shape == (2, 120, 120)
    # What is kept is not written over; what is not kept is used again.
    both, kept = collate(BANDS), []
    for i in range(12):
        kept.append(both([patches[i]])["ten"])
    for i, tensor in enumerate(kept):
        assert np.array_equal(tensor[0, 0].numpy(), patches[i]["B04"])
    part = both([patches[3]])["ten"][0, 1:2]  # a view of a batch that is gone
    for i in range(12):
        both([patches[i]])
    assert np.array_equal(part[0].numpy(), patches[3]["B03"])
    places = {both([patches[i]])["ten"].data_ptr() for i in range(12)}
    assert len(places) < 5, "buffers are used again"
    # A transform resamples, and any mapping of arrays can be collated.
    double = Patches(path, transform=Double())
    assert double[0]["B05"].shape == (120, 120)
    made = collate({"all": ["B04", "B05"]})([double[0], double[1]])["all"]
    assert made.shape == (2, 2, 120, 120)
    assert np.array_equal(made[1, 1, ::2, ::2].numpy(), patches[1]["B05"])


class Double:
    def __call__(self, patch):
        return {"B04": patch["B04"], "B05": patch["B05"].repeat(2, 0).repeat(2, 1)}


def refused(wrong, what, *texts):
    try:
        wrong()
    except what as error:
        for text in texts:
            assert text in str(error), (text, str(error))
    else:
        raise AssertionError("was not refused: %s %s" % (what, texts))


def odd(_path, _other):
    """Databases and values that rsenc does not write: what can be read is, what cannot is named."""
    blob = safetensors.numpy.save({"x": np.arange(4, dtype="f4"), "none": np.zeros((0, 3), "u1"),
                                   "one": np.array(5), "c": np.array([1 + 2j], "c8")})
    half = safetensors.torch.save({"h": torch.ones(2, dtype=torch.bfloat16), "x": torch.ones(4)})
    os.mkdir("Nothing")
    with lmdb.open("Strange", map_size=1 << 20) as env, env.begin(write=True) as txn:
        for key, value in {b"a": blob, b"b": half, b"c": b"", b"d": b"hello", b"e": blob[:-8],
                           b"f": b"\2" + bytes(7) + b"[]", b"g\xff": blob}.items():
            txn.put(key, value)
    patches = Patches(b"Strange")
    batch = collate()(patches[:1] * 2)
    assert batch["none"].shape == (2, 0, 3) and batch["one"].tolist() == [5, 5]
    assert batch["c"].dtype == torch.complex64 and batch["c"].tolist() == [[1 + 2j]] * 2
    assert patches[1]["x"].tolist() == [1] * 4 and "h ?[2]" in repr(patches[1])
    assert patches["g\udcff"].key == patches[-1].key == "g\udcff" and "g\udcfe" not in patches
    refused(lambda: patches[1]["h"], TypeError, "b: tensor 'h': numpy does not have its dtype")
    for i, key in (2, "c"), (3, "d"), (5, "f"):
        refused(lambda i=i: patches[i]["x"], ValueError, key + ": the value is not a safetensors blob (")
        refused(lambda i=i: collate({"x": "x"})([patches[0], patches[i]]), ValueError, key + ": the value is")
    for wrong in lambda: patches[4]["x"], lambda: collate()([patches[0], patches[4]]):
        refused(wrong, ValueError, "e: truncated: %d of %d bytes" % (len(blob) - 8, len(blob)))
    refused(lambda: Patches("Nothing"), FileNotFoundError, "Nothing: not a database: data.mdb does not exist")
    open("Nothing/loading.mdb", "wb").close()
    refused(lambda: Patches("Nothing"), FileNotFoundError, "Nothing: incomplete: a load is running, or was")
    refused(lambda: Patches("Absent"), FileNotFoundError, "Absent: no such database")
    assert Patches("Strange/data.mdb")["a"]["x"].tolist() == patches["a"]["x"].tolist() == [0, 1, 2, 3]
    refused(lambda: Patches("Strange", keys=["a\0"]), KeyError, "1 of 1 keys are missing")
    refused(lambda: Patches("Strange", keys=[3]), TypeError, "a key is a str or bytes, not 3")
    refused(lambda: Patches("Strange", keys=["", "a"]), KeyError, "1 of 2 keys are missing", "such as ''")
    refused(lambda: collate()([]), ValueError, "a batch of no patches")
    refused(lambda: collate({"x": "x"})([{"y": 1}]), KeyError, "patch 0 of the batch: no tensor 'x' (it has y)")
    refused(lambda: collate()([{"key": "a"}]), TypeError, "entry 'key': torch does not have the dtype <U1")
    for mapping in "x", ["x"], {"x": []}, {"x": 5}, {"x": None}:
        refused(lambda mapping=mapping: collate(mapping), TypeError, "mapping: ", "expected")
    for values in {"std": 2}, {"mean": None, "std": 2}, {"mean": 1, "std": 0}, {"mean": 1}:
        refused(lambda values=values: collate({"x": ["x"]}, totals={"x": values})(patches[:1]), ValueError,
                "totals: band 'x' has the mean %s and" % values.get("mean"))


def totals(path, _other):
    """Normalised by band, with the float32 that numpy makes of it; labels as they are."""
    wanted = [tensors for _, tensors in sorted(reference(path).items())]
    totals_of = {name: {"mean": float(np.mean([one[name] for one in wanted])),
                        "std": float(np.std([one[name] for one in wanted]))} for name in TEN}
    patches = Patches(path)
    for framework in "torch", "numpy":
        batch = collate({"x": TEN, "labels": "B01"}, totals=totals_of, framework=framework)(
            [patches[i] for i in range(len(patches))])
        for c, name in enumerate(TEN):
            band = np.stack([one[name] for one in wanted]).astype("f4")
            norm = (band - np.float32(totals_of[name]["mean"])) / np.float32(totals_of[name]["std"])
            assert np.array_equal(np.asarray(batch["x"])[:, c], norm)
        assert np.asarray(batch["x"]).dtype == np.float32 and np.asarray(batch["labels"]).dtype == np.uint16
        assert np.array_equal(np.asarray(batch["labels"])[3], wanted[3]["B01"])


    # A file that is something else is named, with the command that makes totals.
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        for text in "tensor\tdtype\n", "[1]", '{"B04": 3}', "", "\x00":
            file.seek(0)
            file.truncate()
            file.write(text)
            file.flush()
            try:
                collate({"x": TEN}, totals=file.name)
            except ValueError as error:
                assert str(error).startswith(file.name + ": not totals (")
                assert "'rsenc-dump DB | rsenc-show --totals --bands --json'" in str(error)
            else:
                raise AssertionError("not totals: %r" % text)


def stacks(path, other):
    """OTHER has the bands of DB in stacks: the same batches by the names of the bands."""
    plain, stacked = Patches(path), Patches(other)
    bands = {"x": TEN, "y": TWENTY}
    means = {name: {"mean": 100.5, "std": 3} for name in TEN + TWENTY}
    for how in {}, {"totals": means}:
        both = [collate(bands, **how)([part[i] for i in range(4)]) for part in (plain, stacked)]
        for entry in bands:
            assert torch.equal(both[0][entry].float(), both[1][entry].float())
    assert "B08" in stacked[0] and "B08" not in list(stacked[0]) and stacked[0]["10m"].ndim == 3
    assert stacked[0].metadata["10m"].split(",")[3] == "B08"
    assert collate({"x": "10m"})([stacked[0]])["x"].shape == (1, 4, 120, 120)


def later(path, _other):
    """What is stored after a database was opened is seen by the next Patches, and a reader without
    rights on the lock file learns how to open it."""
    lmdb.open("Later", map_size=1 << 20).close()
    before = Patches("Later")
    assert len(before) == 0
    subprocess.run("rsenc-dump '%s' | rsenc-load -q Later" % path, shell=True, check=True)
    after = Patches("Later")
    assert len(after) == len(Patches(path)) and after[0]["B01"].shape == (20, 20)
    assert isinstance(after[0], Patch) and len(before) == 0
    assert len(Patches("Later", lock=False)) == len(after) and after[0]["B01"].shape == (20, 20)
    # A full table of readers is reported each time, and a later read works again.
    after.close()
    with lmdb.open("Full", map_size=1 << 20, max_readers=1) as env:
        with env.begin(write=True) as txn:
            txn.put(b"a", safetensors.numpy.save({"x": np.arange(3)}))
    keeper = subprocess.Popen([sys.executable, "-c", "import lmdb; env = lmdb.open('Full', max_readers=1, "
                               "readonly=True); txn = env.begin(); print(flush=True); input()"],
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    keeper.stdout.readline()
    for _ in range(2):
        refused(lambda: Patches("Full"), lmdb.ReadersFullError)
    keeper.communicate(b"\n")
    assert Patches("Full")["a"]["x"].tolist() == [0, 1, 2]


def main():
    path, other, stacked, *ways = sys.argv[1:]
    multiprocessing.set_forkserver_preload(["torch", "lmdb", "numpy"])  # once, not in each worker
    for how in ways:
        name, *more = how.split("-")
        try:
            if name == "workers":
                workers(path, other, more[0], int(more[1]))
            else:
                globals()[name](path, stacked if name == "stacks" else other)
            print("ok", how, flush=True)
        except Exception:  # each of them is one test point
            traceback.print_exc()
            print("not ok", how, flush=True)


if __name__ == "__main__":
    main()

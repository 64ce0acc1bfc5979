#!/usr/bin/env python3
"""loader.py DB START WORKERS: a DataLoader over DB, shuffled, for two epochs, its workers started by
fork or spawn. Each patch comes once an epoch with the values of safetensors.numpy.load; when all is
done no reader is left in the table, nor has a process grown."""
import os
import re
import subprocess
import sys

import lmdb
import numpy as np
import safetensors.numpy
import torch
from torch.utils.data import DataLoader

from reader import Patches

EPOCHS = 30  # after the first two
GROWTH_MAX = 8 << 20  # bytes; each patch kept in each epoch would be more


def anonymous():
    """Bytes of this process that no file backs, so without the database's pages."""
    with open("/proc/self/status", encoding="ascii") as f:
        return int(re.search(r"RssAnon:\s+(\d+)", f.read())[1]) * 1024


class Numbered(Patches):
    """Patches that come with their number, the process that read them and its memory."""

    def __getitem__(self, i):
        return i, os.getpid(), anonymous(), super().__getitem__(i)


def collate(items):
    return [(i, pid, memory, {name: torch.from_numpy(np.array(a)) for name, a in tensors.items()})
            for i, pid, memory, tensors in items]


def readers(path):
    text = subprocess.run(["mdb_stat", "-r", path], capture_output=True, text=True).stdout
    return len(re.findall(r"^\s+\d+ [0-9a-f]+ ", text, re.M))


def epoch(loader, wanted, memory):
    seen = []
    for items in loader:
        for i, pid, bytes_now, tensors in items:
            assert tensors.keys() == wanted[i].keys(), i
            for name, tensor in tensors.items():
                assert np.array_equal(tensor.numpy(), wanted[i][name], equal_nan=True), (i, name)
            seen.append(i)
            memory.setdefault(pid, []).append(bytes_now)
    assert sorted(seen) == list(range(len(wanted))), "not each patch once"
    return seen


def main():
    path, start, workers = sys.argv[1], sys.argv[2], int(sys.argv[3])
    dataset = Numbered(path, lock=True)
    wanted = [safetensors.numpy.load(bytes(dataset.begin().get(key))) for key in dataset.keys]
    size = sum(a.nbytes for tensors in wanted for a in tensors.values())
    assert EPOCHS * size > 2 * GROWTH_MAX * max(workers, 1), "too small to see that memory grows"
    dataset.close()
    torch.manual_seed(1)
    loader = DataLoader(dataset, batch_size=4, shuffle=True, pin_memory=False, collate_fn=collate,
                        num_workers=workers, persistent_workers=workers > 0,
                        multiprocessing_context=start if workers else None)
    memory = {}
    orders = [epoch(loader, wanted, memory) for _ in range(2)]
    assert orders[0] != orders[1], "the same order twice"
    assert len(memory) == max(workers, 1), "as many processes as workers"
    assert readers(path) == max(workers, 1), "a place in the reader table for each process"
    settled = {pid: max(values) for pid, values in memory.items()}
    for _ in range(EPOCHS):
        epoch(loader, wanted, memory)
    for pid, values in memory.items():
        assert max(values) - settled[pid] < GROWTH_MAX, "a process has grown by %d bytes" % (
            max(values) - settled[pid])
    del loader
    dataset.close()
    assert readers(path) == 0, "readers were left in the table"


if __name__ == "__main__":
    main()

import json
import os

import lmdb
import numpy as np

DTYPES = {"U8": "u1", "I8": "i1", "U16": "<u2", "I16": "<i2", "U32": "<u4", "I32": "<i4",
          "U64": "<u8", "I64": "<i8", "F16": "<f2", "F32": "<f4", "F64": "<f8", "C64": "<c8"}
layouts = {}  # by header: patches of one kind have the same, so that it is parsed only once


def read(txn, key):  # txn = env.begin(buffers=True): nothing is copied
    blob = txn.get(key)
    if blob is None:
        raise KeyError(key)
    start = 8 + int.from_bytes(blob[:8], "little")
    header = bytes(blob[8:start])
    if header not in layouts:
        layouts[header] = [(name, t["shape"], DTYPES[t["dtype"]], t["data_offsets"][0])
                           for name, t in json.loads(header).items() if name != "__metadata__"]
    return {name: np.ndarray(shape, dtype, blob, start + begin)
            for name, shape, dtype, begin in layouts[header]}


class Patches:
    """What a DataLoader takes, with workers of either kind. patches[i] are the tensors of a patch,
    read-only views into the database: copy what you change or keep."""

    def __init__(self, path, keys=None, lock=True):  # lock=False: only where nobody can write
        self.path, self.lock, self.pid = path, lock, None
        every = self.begin().cursor().iternext(values=False)
        self.keys = np.array([bytes(key) for key in (every if keys is None else keys)])
        self.close()

    def __len__(self):
        return len(self.keys)

    def __getitem__(self, i):
        return read(self.begin(), self.keys[i])

    def begin(self):
        if self.pid != os.getpid():  # every process opens the database for itself
            if self.pid and self.lock:
                raise RuntimeError("close() the patches before this process forks")
            self.close()
            self.env = lmdb.open(self.path, readonly=True, lock=self.lock)
            self.txn, self.pid = self.env.begin(buffers=True), os.getpid()
        return self.txn

    def close(self):
        if self.pid:
            self.env.close()
        self.env = self.txn = self.pid = None

    def __getstate__(self):  # what goes to a worker that is spawned
        return {**self.__dict__, "env": None, "txn": None, "pid": None}

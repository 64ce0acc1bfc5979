"""Reads the databases of rsenc for training. One file: copy it, or `pip install` the wheel and write
`from rsenc import Patches, collate`. Needs lmdb and numpy; PyTorch only where tensors are made.

    train = Patches("Encoded", keys=open("train.txt").read().split())
    loader = DataLoader(train, batch_size=256, shuffle=True,
                        collate_fn=collate({"s2": ["B04", "B03", "B02"], "labels": "labels"}))
    for batch in loader:
        batch["s2"]  # torch.uint16, [256, 3, 120, 120]

The format is described in rsenc-database(5).
"""

from __future__ import annotations

import json
import os
import sys
import threading
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Union

import lmdb
import numpy as np

__all__ = ["Patch", "Patches", "collate"]

DTYPES = {"BOOL": "?", "U8": "u1", "I8": "i1", "U16": "<u2", "I16": "<i2", "U32": "<u4", "I32": "<i4",
          "U64": "<u8", "I64": "<i8", "F16": "<f2", "F32": "<f4", "F64": "<f8", "C64": "<c8"}
LAYOUTS_MAX = 1000  # headers that are kept; a dataset has a few

Paths = Union[str, "os.PathLike[str]"]
Keys = Iterable[Union[str, bytes]]


# ---- one blob ----

class Place(NamedTuple):
    """Where a tensor, or a band of a stack, lies in a blob."""
    dtype: str | None        # of numpy, which has no BF16, for example
    shape: tuple[int, ...]
    begin: int               # byte in the blob
    size: int                # bytes


class Layout:
    """What a safetensors header says. Patches of one kind have the same header, so that it is
    parsed only once."""

    def __init__(self, header: bytes):
        self.size = 8 + len(header)  # bytes before the first tensor
        entries = json.loads(header)
        self.metadata: dict[str, str] = entries.pop("__metadata__", None) or {}
        self.tensors: dict[str, Place] = {}
        self.bands: dict[str, Place] = {}  # of stacks (rsenc-pack -S), by the names in the metadata
        for name, entry in entries.items():
            begin, end = entry["data_offsets"]
            dtype = DTYPES.get(entry["dtype"])
            place = Place(dtype, tuple(entry["shape"]), self.size + begin, end - begin)
            self.tensors[name] = place
            names = self.metadata[name].split(",") if name in self.metadata else []
            if len(place.shape) == 3 and len(names) == place.shape[0]:
                size = place.size // len(names)
                self.bands.update((band, Place(dtype, place.shape[1:], place.begin + i * size, size))
                                  for i, band in enumerate(names))

        self.end = max((place.begin + place.size for place in self.tensors.values()), default=self.size)

    def __contains__(self, name: object) -> bool:
        return name in self.tensors or name in self.bands

    def find(self, key: str, name: str) -> Place:
        """The place of a tensor, or of a band of a stack. The key is for the message."""
        place = self.tensors.get(name) or self.bands.get(name)
        if place is None:
            raise KeyError("%s: no tensor '%s' (it has %s)" % (key, name, ", ".join(self.tensors)))
        if place.dtype is None:
            raise TypeError("%s: tensor '%s': numpy does not have its dtype" % (key, name))
        return place


_layouts: dict[bytes, Layout] = {}


def layout_of(key: str, blob: memoryview) -> Layout:
    header = bytes(blob[8:8 + int.from_bytes(blob[:8], "little")])
    layout = _layouts.get(header)
    if layout is None:
        if len(_layouts) >= LAYOUTS_MAX:
            _layouts.clear()
        try:
            layout = _layouts[header] = Layout(header)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise ValueError("%s: the value is not a safetensors blob (%s)" % (key, error)) from None
    if len(blob) < layout.end:
        raise ValueError("%s: truncated: %d of %d bytes" % (key, len(blob), layout.end))
    return layout


# ---- open databases ----

class Database:
    """An LMDB environment of this process with one read transaction, opened at the first read.
    LMDB forbids to open a file twice in a process, and to take an open environment through a fork:
    all Patches of one path share this object, and it is closed before a fork. Nothing outside keeps
    memory of the map, so that to close is always safe; the next read opens it again."""

    def __init__(self, path: str):
        self.path, self.lock = path, True
        self.env: Any = None
        self.txn: Any = None

    def begin(self) -> Any:
        """The transaction. The caller holds _guard."""
        if self.env is None:
            try:
                self.env = lmdb.open(self.path, readonly=True, lock=self.lock,
                                     subdir=os.path.isdir(self.path))
            except lmdb.ReadonlyError as error:
                raise PermissionError("%s: the lock file cannot be written: if no program writes to "
                                      "the database, open it with lock=False" % self.path) from error
            except lmdb.Error:
                if not os.path.exists(self.path):
                    raise FileNotFoundError("%s: no such database" % self.path) from None
                names = os.listdir(self.path) if os.path.isdir(self.path) else ["data.mdb"]
                if "data.mdb" in names:
                    raise
                raise FileNotFoundError("%s: %s" % (self.path, (
                    "incomplete: a load is running, or was interrupted (loading again completes it)"
                    if "loading.mdb" in names else "not a database: data.mdb does not exist"))) from None
        if self.txn is None:
            self.txn = self.env.begin(buffers=True)
        return self.txn

    def get(self, key: bytes) -> memoryview:
        """The blob of a key; valid as long as the caller holds _guard."""
        blob = (self.txn or self.begin()).get(key)
        if blob is None:
            raise KeyError("%s: no such key in %s" % (key_text(key), self.path))
        return blob

    def close(self) -> None:
        if self.txn is not None:
            self.txn.abort()
        if self.env is not None:
            self.env.close()
        self.env = self.txn = None


_guard = threading.RLock()  # held while bytes of a map are looked at, and during a fork
_databases: weakref.WeakValueDictionary[str, Database] = weakref.WeakValueDictionary()


def database_of(path: Paths, lock: bool) -> Database:
    real = os.path.realpath(path)
    where = os.path.dirname(real) if os.path.basename(real) == "data.mdb" else real
    with _guard:
        database = _databases.get(where)
        if database is None:
            database = _databases[where] = Database(where)
        database.close()  # what was stored since it was opened is seen, too
        database.lock = lock
        return database


def _before_fork() -> None:
    _guard.acquire()
    for database in list(_databases.values()):
        database.close()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before_fork, after_in_parent=_guard.release,
                        after_in_child=_guard.release)


# ---- patches ----

def key_bytes(key: str | bytes) -> bytes:
    if not isinstance(key, (str, bytes)):
        raise TypeError("a key is a str or bytes, not %r" % (key,))
    return key.encode("utf-8", "surrogateescape") if isinstance(key, str) else bytes(key)


def key_text(key: bytes) -> str:
    return bytes(key).decode("utf-8", "surrogateescape")


class Patch(Mapping):
    """The tensors of one patch: a mapping of names to arrays. An array is read when it is asked for,
    and is the caller's own copy, [H, W] for a band and [C, H, W] for a stack, in the dtype of its
    file. Bands of a stack are found by their own names, too."""

    __slots__ = ("database", "_key")

    def __init__(self, database: Database, key: bytes):
        self.database, self._key = database, key

    @property
    def key(self) -> str:
        return key_text(self._key)

    @property
    def metadata(self) -> dict[str, str]:
        """The entries of __metadata__, such as the names of the bands of each stack."""
        return dict(self._layout().metadata)

    def _layout(self) -> Layout:
        with _guard:
            return layout_of(self.key, self.database.get(self._key))

    def __getitem__(self, name: str) -> np.ndarray:
        with _guard:
            blob = self.database.get(self._key)
            place = layout_of(self.key, blob).find(self.key, name)
            return np.ndarray(place.shape, place.dtype, blob, place.begin).copy()

    def __contains__(self, name: object) -> bool:
        return name in self._layout()

    def __iter__(self) -> Iterator[str]:
        return iter(self._layout().tensors)

    def __len__(self) -> int:
        return len(self._layout().tensors)

    def __repr__(self) -> str:
        return "<Patch %s: %s>" % (self.key, ", ".join(
            "%s %s%s" % (name, np.dtype(place.dtype) if place.dtype else "?", list(place.shape))
            for name, place in self._layout().tensors.items()))

    def __reduce__(self) -> tuple:
        return dict, (dict(self),)  # to another process the arrays go, not the database


class Patches:
    """A Dataset for torch.utils.data.DataLoader, with any number of workers however they are started,
    and a sequence for all others: patches[i] is a Patch, patches["KEY"] the one of that key.

    path       a database, or a list of databases (shards) that are read as one: no key may be in two
    keys       the keys to read, in this order; without them all, in the order of their bytes
    transform  called with each Patch; what it returns takes the place of the patch. This is the
               place to resample bands: transform=lambda patch: {"B05": resize(patch["B05"]), ...}
    lock       False only where no program can write to the database: a reader without lock may get
               pages that are being written over
    """

    def __init__(self, path: Paths | Sequence[Paths], keys: Keys | None = None,
                 transform: Callable[[Patch], Any] | None = None, lock: bool = True):
        paths = [path] if isinstance(path, (str, bytes, os.PathLike)) else list(path)
        if not paths:
            raise ValueError("path is an empty list: name a database")
        if isinstance(keys, (str, bytes)):
            raise TypeError("keys is a string: give a list, such as open('train.txt').read().split()")
        self.paths = [os.path.abspath(os.fsdecode(one)) for one in paths]
        self.lock, self.transform = lock, transform
        self._open()
        self.keys: np.ndarray   # of bytes, one for each patch
        self._shard: np.ndarray  # for each key, in which of the paths it lies
        self.keys, self._shard = self._every() if keys is None else self._chosen(keys)
        self._order: np.ndarray | None = None

    def _open(self) -> None:
        self._databases = [database_of(path, self.lock) for path in self.paths]

    def _every(self) -> tuple[np.ndarray, np.ndarray]:
        """All keys. Each database is opened to list its keys, and closed again."""
        found = []
        for database in self._databases:
            with _guard:
                txn = database.begin()
                longest = max(map(len, txn.cursor().iternext(values=False)), default=1)
                found.append(np.fromiter(map(bytes, txn.cursor().iternext(values=False)),
                                         dtype="S%d" % longest, count=txn.stat()["entries"]))
                database.close()
        keys = np.concatenate(found)
        shard = np.repeat(np.arange(len(found), dtype=np.uint16), [len(part) for part in found])
        if len(found) > 1:
            order = np.argsort(keys, kind="stable")
            keys, shard = keys[order], shard[order]
            twice = np.flatnonzero(keys[1:] == keys[:-1])
            if len(twice):
                raise ValueError("%s: the key is in %s and in %s" % (
                    key_text(keys[twice[0]]), self.paths[shard[twice[0]]],
                    self.paths[shard[twice[0] + 1]]))
        return keys, shard

    def _chosen(self, keys: Keys) -> tuple[np.ndarray, np.ndarray]:
        asked = list(map(key_bytes, keys))
        wanted = np.array(asked, dtype="S")
        shard = np.full(len(wanted), len(self._databases), np.uint16)
        for number, database in enumerate(self._databases):
            with _guard:
                txn = database.begin()
                for i in np.flatnonzero(shard == len(self._databases)):
                    if asked[i] and txn.get(asked[i]) is not None:
                        shard[i] = number
                database.close()
        missing = wanted[shard == len(self._databases)]
        if len(missing):
            raise KeyError("%d of %d keys are missing in %s, such as '%s'" % (
                len(missing), len(wanted), ", ".join(self.paths), key_text(missing[0])))
        return wanted, shard

    def __len__(self) -> int:
        return len(self.keys)

    def __getitem__(self, which: int | slice | str | bytes) -> Any:
        if isinstance(which, slice):
            return self.__getitems__(range(len(self))[which])
        number = self.index(which) if isinstance(which, (str, bytes)) else range(len(self))[which]
        return self.__getitems__([number])[0]

    def __getitems__(self, numbers: Sequence[int]) -> list[Any]:
        """What a DataLoader calls for each batch."""
        patches = [Patch(self._databases[shard], key) for shard, key in zip(
            self._shard[numbers].tolist(), self.keys[numbers].tolist())]
        return list(map(self.transform, patches)) if self.transform else patches

    def index(self, key: str | bytes) -> int:
        """The number of a key; KeyError if it is not among the keys."""
        if self._order is None:
            self._order = np.argsort(self.keys, kind="stable")
        raw = np.bytes_(key_bytes(key))
        at = np.searchsorted(self.keys, raw, sorter=self._order)
        if at == len(self.keys) or self.keys[self._order[at]] != raw:
            raise KeyError("no such key: '%s'" % key_text(raw))
        return int(self._order[at])

    def __contains__(self, key: object) -> bool:
        try:
            return isinstance(key, (str, bytes)) and self.index(key) >= 0
        except KeyError:
            return False

    def close(self) -> None:
        """Gives up the environments. The next read opens them again."""
        with _guard:
            for database in self._databases:
                database.close()

    def __getstate__(self) -> dict:
        return {**self.__dict__, "_databases": None}

    def __setstate__(self, state: dict) -> None:
        self.__dict__.update(state)
        self._open()


# ---- batches ----

class Run(NamedTuple):
    """Bytes that are copied at once: of one tensor, or of several that lie side by side both in the
    blob and in the batch."""
    target: int  # byte in the patch's part of the batch
    begin: int   # byte in the blob
    size: int


class Part:
    """One entry of a batch: [B, C, H, W] of a list of names, or [B, ...] of one name. Shape and dtype
    are those of the first patch."""

    def __init__(self, names: list[str], single: bool, totals: Mapping[str, Mapping] | None):
        self.names, self.single = names, single
        self.scale = None if totals is None or single else self._scale(totals)
        self.dtype: np.dtype | None = None
        self.shape: tuple[int, ...] = ()  # of one patch

    def _scale(self, totals: Mapping[str, Mapping]) -> tuple[list[float], list[float]]:
        for name in self.names:
            if name not in totals:
                raise KeyError("totals: no band '%s' (there are %s)" % (name, ", ".join(totals)))
            if isinstance(totals[name], list):
                raise ValueError("totals: band '%s' has several dtypes" % name)
            if totals[name].get("mean") is None or not totals[name].get("std"):
                raise ValueError("totals: band '%s' has the mean %s and the standard deviation %s" % (
                    name, totals[name].get("mean"), totals[name].get("std")))
        return [totals[name]["mean"] for name in self.names], [totals[name]["std"] for name in self.names]

    def accept(self, key: str, name: str, dtype: np.dtype, shape: tuple[int, ...]) -> None:
        """Every tensor of the entry has the shape and dtype of the first."""
        if self.dtype is None:
            self.dtype, self.shape = dtype, shape if self.single else (len(self.names), *shape)
        wanted = self.shape if self.single else self.shape[1:]
        if dtype != self.dtype or shape != wanted:
            raise ValueError("%s: tensor '%s' is %s %s, the first one of its entry %s %s: resample it in "
                             "a transform, or give it an entry of its own" % (
                                 key, name, dtype, list(shape), self.dtype, list(wanted)))

    def plan(self, key: str, layout: Layout) -> list[Run]:
        runs: list[Run] = []
        target = 0
        for name in self.names:
            place = layout.find(key, name)
            self.accept(key, name, np.dtype(place.dtype), place.shape)
            if runs and runs[-1].begin + runs[-1].size == place.begin:
                runs[-1] = runs[-1]._replace(size=runs[-1].size + place.size)
            else:
                runs.append(Run(target, place.begin, place.size))
            target += place.size
        return runs

    @staticmethod
    def array(key: str, patch: Mapping[str, Any], name: str) -> np.ndarray:
        if not isinstance(patch, Patch) and name not in patch:
            raise KeyError("%s: no tensor '%s' (it has %s)" % (key, name, ", ".join(patch)))
        return np.asarray(patch[name])

    def copy(self, key: str, patch: Mapping[str, Any], target: np.ndarray) -> None:
        """From any mapping of arrays, such as a transform returns; target is [C, H, W], or [...]"""
        for i, name in enumerate(self.names):
            array = self.array(key, patch, name)
            self.accept(key, name, array.dtype, array.shape)
            target[... if self.single else i] = array

    def normalise(self, raw: np.ndarray, out: np.ndarray) -> None:
        mean, std = (np.array(values, np.float32).reshape(-1, *[1] * (raw.ndim - 2))
                     for values in self.scale or ([0], [1]))
        np.subtract(raw, mean, out=out, casting="same_kind")
        np.divide(out, std, out=out)


def read_totals(path: str | os.PathLike[str]) -> Mapping[str, Mapping]:
    try:
        with open(path, encoding="utf-8") as file:
            totals = json.load(file)
        if not all(isinstance(row, (dict, list)) for row in totals.values()):
            raise ValueError("a band has no values")
    except (ValueError, AttributeError) as error:
        raise ValueError("%s: not totals (%s): write them with 'rsenc-dump DB | rsenc-show --totals "
                         "--bands --json'" % (os.fspath(path), error)) from None
    return totals


class Buffers:
    """Arrays that are used again as soon as nothing refers to them any more: a fresh page costs more
    than what is written to it. A batch that is kept keeps its array."""

    KEPT = 4

    def __init__(self) -> None:
        self.arrays: list[np.ndarray] = []

    def take(self, shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
        for i in range(len(self.arrays)):
            # Referred to by the list and the call: views of it refer to it, too. A variable would count
            # before Python 3.14 and not since.
            if sys.getrefcount(self.arrays[i]) != 2:
                continue
            array = self.arrays[i]
            if array.dtype == dtype and array.shape[1:] == shape[1:] and array.shape[0] >= shape[0]:
                return array[:shape[0]]
        array = np.empty(shape, dtype)
        self.arrays = [*self.arrays[1 - self.KEPT:], array]
        return array[:]


class Collate:
    """What collate() returns; it can be sent to another process."""

    def __init__(self, mapping: Mapping[str, str | Sequence[str]] | None, totals: Any,
                 pin_memory: bool, framework: str):
        if framework not in ("torch", "numpy"):
            raise ValueError("framework: '%s' is neither 'torch' nor 'numpy'" % framework)
        if isinstance(totals, (str, os.PathLike)):
            totals = read_totals(totals)
        if not isinstance(mapping, (Mapping, type(None))):
            raise TypeError("mapping: expected {entry: name or list of names}, not %r" % (mapping,))
        for entry, names in (mapping or {}).items():
            if not names or not isinstance(names, Sequence) or not isinstance(names[0], str):
                raise TypeError("mapping: entry '%s': expected a name or a list of names, not %r" % (
                    entry, names))
        self.mapping, self.totals = mapping, totals
        self.pin_memory, self.framework = pin_memory, framework
        self._start()

    def _start(self) -> None:
        self.parts: dict[str, Part] = {}
        self.plans: dict[Layout, list[list[Run]]] = {}
        self.buffers: dict[str, Buffers] = {}

    def __getstate__(self) -> dict:
        return {name: self.__dict__[name] for name in ("mapping", "totals", "pin_memory", "framework")}

    def __setstate__(self, state: dict) -> None:
        self.__dict__.update(state)
        self._start()

    def __call__(self, patches: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        if isinstance(patches, Mapping):
            raise TypeError("one patch, not a list of patches: give the DataLoader a batch_size")
        if not len(patches):
            raise ValueError("a batch of no patches")
        if not self.parts:
            mapping = self.mapping if self.mapping is not None else {name: name for name in patches[0]}
            self.parts = {entry: Part([names] if isinstance(names, str) else list(names),
                                      isinstance(names, str), self.totals)
                          for entry, names in mapping.items()}
        self._shapes(patches[0])
        batch: dict[str, Any] = {}
        raw: dict[str, np.ndarray] = {}
        for entry, part in self.parts.items():
            batch[entry], raw[entry] = self._arrays(entry, part, len(patches))
        if all(type(patch) is Patch for patch in patches):
            self._copy_blobs(patches, list(raw.values()))
        else:
            for i, patch in enumerate(patches):
                for entry, part in self.parts.items():
                    part.copy("patch %d of the batch" % i, patch, raw[entry][i])
        for entry, part in self.parts.items():
            if part.scale:
                part.normalise(raw[entry], np.asarray(batch[entry]))
        return batch

    def _shapes(self, patch: Mapping[str, Any]) -> None:
        for part in self.parts.values():
            if part.dtype is None:
                array = part.array("patch 0 of the batch", patch, part.names[0])
                part.accept("", part.names[0], array.dtype, array.shape)

    def _copy_blobs(self, patches: Sequence[Any], arrays: list[np.ndarray]) -> None:
        """Straight from the map into the batch: the loop that decides how fast training reads."""
        views = [memoryview(array.view(np.uint8).reshape(-1)) for array in arrays]
        header, head, end = b"-", slice(0), 0
        runs: list[tuple[memoryview, int, int, int, slice]] = []
        with _guard:
            for i, patch in enumerate(patches):
                blob = patch.database.get(patch._key)
                if blob[head].tobytes() != header or len(blob) < end:
                    header, end, runs = self._plan(patch.key, blob, views, len(patches))
                    head = slice(len(header))
                for view, stride, begin, size, source in runs:
                    begin += i * stride
                    view[begin:begin + size] = blob[source]

    def _plan(self, key: str, blob: memoryview, views: list[memoryview],
              count: int) -> tuple[bytes, int, list[tuple[memoryview, int, int, int, slice]]]:
        """The header of the blob, where its last tensor ends, and where its runs go, in the order in
        which they lie in the blob."""
        layout = layout_of(key, blob)
        if layout not in self.plans:
            if len(self.plans) >= LAYOUTS_MAX:
                self.plans.clear()
            self.plans[layout] = [part.plan(key, layout) for part in self.parts.values()]
        runs = [(view, view.nbytes // count, run.target, run.size,
                 slice(run.begin, run.begin + run.size))
                for view, part in zip(views, self.plans[layout]) for run in part]
        return bytes(blob[:layout.size]), layout.end, sorted(runs, key=lambda run: run[4].start)

    def _arrays(self, entry: str, part: Part, count: int) -> tuple[Any, np.ndarray]:
        """What the batch gets for an entry, and the array that the values are copied to."""
        assert part.dtype is not None
        shape = (count, *part.shape)
        if not part.scale:
            return self._array(entry, shape, part.dtype)
        raw = self.buffers.setdefault(entry + " raw", Buffers()).take(shape, part.dtype)
        return self._array(entry, shape, np.dtype("f4"))[0], raw

    def _array(self, entry: str, shape: tuple[int, ...], dtype: np.dtype) -> tuple[Any, np.ndarray]:
        """A tensor and its array, or twice the same array. In a worker the memory is shared with the
        trainer, as torch's own collate has it, and is not used again."""
        if self.framework == "torch":
            import torch
            from torch.utils.data import get_worker_info
            kind = getattr(torch, "bool" if dtype == bool else dtype.name, None)
            if kind is None:
                raise TypeError("entry '%s': torch does not have the dtype %s" % (entry, dtype))
            tensor = None
            if get_worker_info() is not None:
                size = dtype.itemsize * int(np.prod(shape))
                tensor = torch.empty(0, dtype=kind).set_(torch.UntypedStorage._new_shared(size), 0, shape)
            elif self.pin_memory and torch.cuda.is_available():
                tensor = torch.empty(shape, dtype=kind, pin_memory=True)
            if tensor is not None:
                return tensor, tensor.numpy()
        array = self.buffers.setdefault(entry, Buffers()).take(shape, dtype)
        return (torch.from_numpy(array) if self.framework == "torch" else array), array


def collate(mapping: Mapping[str, str | Sequence[str]] | None = None, *,
            totals: Mapping[str, Mapping] | str | os.PathLike[str] | None = None,
            pin_memory: bool = False, framework: str = "torch") -> Collate:
    """A collate_fn for a DataLoader over Patches: {entry: tensor} of a list of patches.

    mapping     {entry: [names]} gives [B, C, H, W] of bands that have one shape and dtype, or of
                bands of stacks; {entry: "name"} gives [B, ...] of one tensor, such as labels or a
                whole stack. Without a mapping every tensor of the first patch is an entry.
    totals      the file, or the contents, that 'rsenc-dump DB | rsenc-show --totals --bands --json'
                prints: lists of bands become float32, minus the mean and divided by the standard
                deviation of each band. Entries of one name are not changed, and without totals
                dtypes are those of the files.
    pin_memory  in pinned memory, where there is a GPU (in workers: give it to the DataLoader instead)
    framework   "torch", or "numpy" for arrays

    An array is used again for a later batch as soon as nothing refers to it any more.
    """
    return Collate(mapping, totals, pin_memory, framework)

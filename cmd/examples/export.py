#!/usr/bin/env python3
"""Writes the tensors of a record stream (stdin) as .npy files, or as a Zarr group per patch.

    rsenc-dump DB | python3 export.py npy DIR     DIR/KEY/NAME.npy
    rsenc-dump DB | python3 export.py zarr DIR    DIR/KEY/NAME, Zarr format 2, one chunk per tensor
"""

import json
import os
import re
import sys

import numpy as np

DTYPES = {"BOOL": "?", "U8": "u1", "I8": "i1", "U16": "<u2", "I16": "<i2", "U32": "<u4", "I32": "<i4",
          "U64": "<u8", "I64": "<i8", "F16": "<f2", "F32": "<f4", "F64": "<f8", "C64": "<c8"}


def records(stream):
    """Keys and blobs; a stream without end marker is an error."""
    while True:
        head = b""
        while not head.endswith((b":", b"\n")):
            byte = stream.read(1)
            if not byte:
                sys.exit("export.py: standard input is truncated: no end marker")
            head += byte
        if head == b"\n":
            return
        if not re.fullmatch(rb"\+\d+,\d+:", head):
            sys.exit("export.py: standard input contains no records: run 'rsenc-dump DB | python3 export.py npy DIR'")
        key_len, data_len = (int(n) for n in head[1:-1].split(b","))
        rest = stream.read(key_len + 2 + data_len + 1)
        if len(rest) != key_len + data_len + 3:
            sys.exit("export.py: standard input is truncated")
        yield rest[:key_len].decode(), rest[key_len + 2:-1]


def tensors(blob):
    """Names and arrays of a safetensors blob."""
    start = 8 + int.from_bytes(blob[:8], "little")
    for name, t in json.loads(blob[8:start]).items():
        if name == "__metadata__":
            continue
        if t["dtype"] not in DTYPES:
            sys.exit(f"export.py: {name}: numpy has no type {t['dtype']}")
        begin, end = t["data_offsets"]
        yield name, np.frombuffer(blob[start + begin:start + end], DTYPES[t["dtype"]]).reshape(t["shape"])


def path_in(folder, name):
    """The path of what a stranger's file calls so, which must not lead elsewhere."""
    if any(part in ("", ".", "..") for part in name.split("/")):
        sys.exit(f"export.py: {name}: not a file name")
    return os.path.join(folder, name)


def write_zarr(path, array):
    """The chunk is called 0.0, or 0 of a scalar. Source: zarr-specs.readthedocs.io, storage format 2."""
    os.makedirs(path)
    about = {"zarr_format": 2, "shape": array.shape, "chunks": array.shape, "dtype": array.dtype.str,
             "compressor": None, "fill_value": 0, "order": "C", "filters": None}
    with open(path + "/.zarray", "w") as f:
        json.dump(about, f)
    array.tofile(path + "/" + (".".join("0" * array.ndim) or "0"))


def main():
    if len(sys.argv) != 3 or sys.argv[1] not in ("npy", "zarr"):
        sys.exit(__doc__)
    form, target = sys.argv[1:]
    for key, blob in records(sys.stdin.buffer):
        folder = path_in(target, key)
        if os.path.exists(folder):
            sys.exit(f"export.py: {folder}: already exists")
        os.makedirs(folder)
        if form == "zarr":
            for group in (target, folder):
                with open(group + "/.zgroup", "w") as f:
                    f.write('{"zarr_format": 2}')
        for name, array in tensors(blob):
            path = path_in(folder, name)
            if form == "npy":
                os.makedirs(os.path.dirname(path), exist_ok=True)
                np.save(path + ".npy", array)
            else:
                write_zarr(path, array)


main()

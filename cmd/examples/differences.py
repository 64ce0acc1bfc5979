#!/usr/bin/env python3
"""differences.py NEW STORED: where two safetensors files differ, a line for each tensor: its name, the
number of elements that differ, the index of the first one (row and column, from 0), and both values.

    grep PATCH groups.tsv | rsenc-pack >new
    rsenc-dump -b PATCH DB >stored
    python3 differences.py new stored

A tensor that only one file has, or with another dtype or shape, is printed with both of these. The
exit status is 1 if something differs. Needs numpy.
"""
import json
import sys

import numpy as np

DTYPES = {"BOOL": "?", "U8": "u1", "I8": "i1", "U16": "<u2", "I16": "<i2", "U32": "<u4", "I32": "<i4", "U64": "<u8",
          "I64": "<i8", "F16": "<f2", "F32": "<f4", "F64": "<f8", "C64": "<c8"}


def load(path):
    with open(path, "rb") as file:
        data = file.read()
    begin = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:begin])
    header.pop("__metadata__", None)
    for name, t in header.items():
        if t["dtype"] not in DTYPES:
            sys.exit(f"differences.py: {path}: {name}: numpy has no {t['dtype']}")
    return {name: np.ndarray(t["shape"], DTYPES[t["dtype"]], data, begin + t["data_offsets"][0])
            for name, t in header.items()}


def kind(array):
    return "none" if array is None else f"{array.dtype} {'x'.join(map(str, array.shape))}"


def lines(new, stored):
    for name in sorted(new.keys() | stored.keys()):
        a, b = new.get(name), stored.get(name)
        if kind(a) != kind(b):
            yield name, "-", "-", kind(a), kind(b)
            continue
        # As bytes: a NaN is the same as itself, and 0 is not -0.
        size = (a.size, a.itemsize)
        differ = np.any(np.frombuffer(a.tobytes(), np.uint8).reshape(size) !=
                        np.frombuffer(b.tobytes(), np.uint8).reshape(size), axis=1)
        if differ.any():
            first = np.unravel_index(differ.argmax(), a.shape)
            yield name, differ.sum(), ",".join(map(str, first)) or "-", a[first], b[first]


def main():
    if len(sys.argv) != 3:
        sys.exit("usage: differences.py NEW STORED")
    new, stored = map(load, sys.argv[1:])
    found = list(lines(new, stored))
    for line in found:
        print(repr(line[0])[1:-1], *line[1:], sep="\t")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()

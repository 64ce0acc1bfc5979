#!/usr/bin/env python3
"""Reads group lines, rsenc-groups(5), and writes records, rsenc-records(5), of the bands as rasterio
reads them: a check that shares no code with rsenc.

    shuf -n 100 groups.tsv | python3 oracle.py | rsenc-verify DB

A line that it cannot read is reported, and then the end marker is missing, so that rsenc-verify fails
too. GDAL reads half floats as such from version 3.11 on. Needs rasterio and numpy.
"""
import io
import json
import os
import re
import sys
import warnings
import zlib

import numpy as np
import rasterio

# As the reference library lays them out, from behind.
DTYPES = {"bool": "BOOL", "uint8": "U8", "int8": "I8", "int16": "I16", "uint16": "U16", "float16": "F16", "int32": "I32",
          "uint32": "U32", "float32": "F32", "complex64": "C64", "float64": "F64", "int64": "I64", "uint64": "U64"}


def unescape(text):
    return re.sub(rb"\\(.)", lambda m: {b"t": b"\t", b"n": b"\n", b"r": b"\r"}.get(m[1], m[1]), text)


def names_of(text):
    """B{08..10} is B08, B09, B10."""
    span = re.search(r"{(\d+)\.\.(\d+)}", text)
    if not span:
        if re.search("[{}]", text):
            raise ValueError(f"{text}: this program does not know such a list of names")
        return [text]
    first, last = (int(part) for part in span.groups())
    width = max(len(part) if part[0] == "0" else 0 for part in span.groups())
    step = 1 if first <= last else -1
    return [text[:span.start()] + str(n).zfill(width) + rest
            for n in range(first, last + step, step) for rest in names_of(text[span.end():])]


def literal(text):
    dtype, values = text.split(":")
    dtype = {short: long for long, short in DTYPES.items()}[dtype]
    values = [float(v) if "float" in dtype else int(v) for v in values.removesuffix(",").split(",")]
    return np.array(values if len(values) > 1 or text.endswith(",") else values[0], dtype)


def zipped(file, at, stored, method):
    """A member of a zip archive, whose local header begins at byte `at`."""
    with open(file, "rb") as f:
        f.seek(at)
        head = f.read(30)
        f.seek(int.from_bytes(head[26:28], "little") + int.from_bytes(head[28:30], "little"), os.SEEK_CUR)
        data = f.read(stored)
    return io.BytesIO(zlib.decompress(data, -15) if method == 8 else data)


def tensors_of(fields):
    for field in fields:
        names, path = field.split(b"=", 1)
        names = [name for part in names.decode().split(",") for name in names_of(part)]
        if path.startswith(rb"\:"):
            yield names[0], literal(path[2:].decode())
            continue
        part = re.fullmatch(rb"((?:[^\\]|\\[^@])*)\\@(\d+),(\d+)(?:,\d+,[-\d.]+,\w{8}(?:,(\d+),([08]))?)?", path)
        file = os.path.abspath(os.fsdecode(unescape(part[1] if part else path)))
        if part and part[4]:
            file = zipped(file, int(part[2]), int(part[4]), int(part[5]))
        elif part:
            file = f"/vsisubfile/{int(part[2])}_{int(part[3])},{file}"
        # By its path, so that GDAL finds the files beside it, such as NAME.tif.aux.xml.
        with rasterio.open(file, driver="GTiff") as raster:
            if raster.count != len(names):
                raise ValueError(f"{len(names)} names, but {raster.count} bands")
            yield from zip(names, raster.read())


def blob_of(tensors):
    header, parts, at = {}, [], 0
    for name, a in sorted(tensors.items(), key=lambda t: (-list(DTYPES).index(t[1].dtype.name), t[0].encode())):
        parts.append(a.astype(a.dtype.newbyteorder("<")).tobytes())
        header[name] = {"dtype": DTYPES[a.dtype.name], "shape": a.shape, "data_offsets": [at, at + a.nbytes]}
        at += a.nbytes
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text + b"".join(parts)


def printable(text):
    return text if text.isprintable() else ascii(text[:80])


def main():
    warnings.simplefilter("ignore")  # images without a place on the earth
    bad = False
    for number, line in enumerate(sys.stdin.buffer, 1):
        line = line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line
        if not line.strip() or line.startswith(b"#"):
            continue
        if b"\0" in line:
            sys.exit("oracle.py: standard input: not group lines: group lines come from 'rsenc-scan DATASET DIR'")
        key, *fields = line.rstrip(b"\r\n").split(b"\t")
        try:
            if not line.endswith(b"\n"):
                raise ValueError("the line is truncated")
            key, blob = unescape(key), blob_of(dict(tensors_of(fields)))
        except Exception as why:
            print(f"oracle.py: {printable(key.decode(errors='replace'))}: {printable(str(why))}", file=sys.stderr)
            bad = True
            continue
        sys.stdout.buffer.write(b"+%d,%d:%s->%s\n" % (len(key), len(blob), key, blob))
    sys.exit(1 if bad else sys.stdout.buffer.write(b"\n") - 1)


main()

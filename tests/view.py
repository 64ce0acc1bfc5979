#!/usr/bin/python3
"""view.py BLOB LO HI [TENSOR...]: the picture that rsenc-view must make of a blob, by other means
(numpy's percentile and fancy indexing), as PPM or PGM on stdout.
view.py -c FILE FILE: two such pictures differ by at most one level in any byte."""
import json
import struct
import sys

import numpy as np

TYPES = {"U8": "u1", "I8": "i1", "U16": "<u2", "I16": "<i2", "F32": "<f4", "F64": "<f8"}
USUAL = [["B43", "B28", "B10"], ["B04", "B03", "B02"], ["B4", "B3", "B2"],
         ["Red", "Green", "Blue"], ["VV", "VH", None]]


def read(path):
    with open(path, "rb") as f:
        blob = f.read()
    header_len, = struct.unpack("<Q", blob[:8])
    tensors = {}
    header = json.loads(blob[8:8 + header_len])
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        begin, end = (8 + header_len + n for n in entry["data_offsets"])
        array = np.frombuffer(blob[begin:end], TYPES[entry["dtype"]]).reshape(entry["shape"])
        wide = array.astype("f8")
        if array.dtype.kind == "u":
            wide[array == 0] = np.nan
        elif array.dtype.kind == "i":
            wide[array == np.iinfo(array.dtype).min] = np.nan
        tensors[name] = wide
    for name, bands in header.get("__metadata__", {}).items():
        tensors.update(zip(bands.split(","), tensors[name]))
    return tensors


def picture(tensors, low, high, names):
    if not names:
        first = next(iter(tensors))
        names = next((u for u in USUAL if all(n is None or n in tensors for n in u)), [first])
    bands = [tensors[n] if n else tensors["VV"] - tensors["VH"] for n in names]
    height, width = (max(b.shape[i] for b in bands) for i in (0, 1))
    channels = []
    for band in bands:
        y = ((np.arange(height) + 0.5) * band.shape[0] / height).astype(int)
        x = ((np.arange(width) + 0.5) * band.shape[1] / width).astype(int)
        band = band[y][:, x]
        least, most = np.nanpercentile(band, [low, high])
        if least == most:
            least, most = np.nanmin(band), np.nanmax(band)
        scaled = np.clip((band - least) / (most - least), 0, 1) * 255
        channels.append(np.where(np.isnan(scaled), 0, np.floor(scaled + 0.5)).astype("u1"))
    return np.stack(channels, axis=-1)


def compare(a, b):
    with open(a, "rb") as f, open(b, "rb") as g:
        (*head_a, pixels_a), (*head_b, pixels_b) = (h.read().split(b"\n", 3) for h in (f, g))
    if head_a != head_b or len(pixels_a) != len(pixels_b):
        sys.exit("%s, %d bytes; %s, %d bytes" % (head_a, len(pixels_a), head_b, len(pixels_b)))
    apart = np.frombuffer(pixels_a, "u1").astype(int) - np.frombuffer(pixels_b, "u1")
    sys.exit("levels differ by %d" % abs(apart).max() if abs(apart).max() > 1 else 0)


if sys.argv[1] == "-c":
    compare(*sys.argv[2:])
pixels = picture(read(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3]), sys.argv[4:])
sys.stdout.buffer.write(b"P%d\n%d %d\n255\n" % (5 if pixels.shape[2] == 1 else 6,
                                                pixels.shape[1], pixels.shape[0]))
sys.stdout.buffer.write(pixels.tobytes())

#!/usr/bin/python3
"""What rsenc-view must draw, by other means (numpy's percentile and fancy indexing). Each line of
standard input is a title, a picture, a blob, LO, HI, by what it was stretched, and the names of
tensors, separated by tabs. It was stretched by its own values ('-'), or by those of several blobs
together (their paths, with commas between). Each line of the output is the title, and what is wrong
if the picture differs by more than one level in any byte; maps of classes are not compared."""
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


def limits(bands, low, high):
    values = np.concatenate([band.reshape(-1) for band in bands])
    least, most = np.nanpercentile(values, [low, high])
    return (np.nanmin(values), np.nanmax(values)) if least == most else (least, most)


def together(dataset, names, low, high):
    """The range of each channel over all blobs."""
    ranges = [limits([t[n] for t in dataset], low, high) for n in names if n]
    if None in names:
        vv, vh = (np.nanmedian(np.concatenate([t[n].reshape(-1) for t in dataset]))
                  for n in ("VV", "VH"))
        half = (ranges[0][1] - ranges[0][0]) / 2
        ranges.append((vv - vh - half, vv - vh + half))
    return ranges


def enlarged(band, height, width):
    y = ((np.arange(height) + 0.5) * band.shape[0] / height).astype(int)
    x = ((np.arange(width) + 0.5) * band.shape[1] / width).astype(int)
    return band[y][:, x]


def picture(tensors, low, high, by, names):
    if not names:
        first = next(iter(tensors))
        names = next((u for u in USUAL if all(n is None or n in tensors for n in u)), [first])
    bands = [tensors[n] if n else tensors["VV"] - tensors["VH"] for n in names]
    height, width = (max(b.shape[i] for b in bands) for i in (0, 1))
    bands = [enlarged(band, height, width) for band in bands]
    if by == "-":
        ranges = [limits([band], low, high) for band in bands]
    else:
        ranges = together([read(path) for path in by.split(",")], names, low, high)
    channels = []
    for band, (least, most) in zip(bands, ranges):
        scaled = np.clip((band - least) / (most - least), 0, 1) * 255
        channels.append(np.where(np.isnan(scaled), 0, np.floor(scaled + 0.5)).astype("u1"))
    return np.stack(channels, axis=-1)


def difference(path, wanted):
    with open(path, "rb") as f:
        *head, pixels = f.read().split(b"\n", 3)
    height, width, channels = wanted.shape
    wanted_head = [b"P6" if channels == 3 else b"P5", b"%d %d" % (width, height), b"255"]
    if head != wanted_head or len(pixels) != wanted.size:
        return "%s and %d bytes, not %s" % (head, len(pixels), wanted_head)
    apart = abs(np.frombuffer(pixels, "u1").astype(int) - wanted.reshape(-1)).max()
    return "levels differ by %d" % apart if apart > 1 else ""


for line in sys.stdin:
    title, drawn, blob, low, high, by, *names = line.rstrip("\n").split("\t")
    if list(read(blob)) == ["Data"]:
        print(title, "", sep="\t")
        continue
    print(title, difference(drawn, picture(read(blob), float(low), float(high), by, names)), sep="\t")

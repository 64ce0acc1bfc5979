#!/usr/bin/python3
"""What rsenc-pack -r must write for the group lines on stdin, by other means: GDAL (rasterio)
reads the files, numpy and json write the safetensors. Only plain name lists and {a..b}."""
import json
import re
import sys
import warnings

import numpy
import rasterio

warnings.simplefilter("ignore")

# dtypes in the reference library's order, last first: that is the order of tensors in a blob
ORDER = ["uint64", "int64", "float64", "complex64", "float32", "uint32", "int32", "float16",
         "uint16", "int16", "int8", "uint8", "bool"]
SHORT = {"complex64": "C64", "bool": "BOOL"}
TYPES = {"U": "uint", "I": "int", "F": "float"}


def names_of(text):
    for name in re.split(r",(?![^{]*\})", text):
        span = re.match(r"(.*)\{(\d+)\.\.(\d+)\}(.*)$", name)
        if not span:
            yield name
            continue
        for number in range(int(span[2]), int(span[3]) + 1):
            # As in the shell: padded if an end is written so.
            padded = any(len(end) > 1 and end[0] == "0" for end in (span[2], span[3]))
            width = max(len(span[2]), len(span[3])) if padded else 0
            yield span[1] + str(number).zfill(width) + span[4]


def values_of(text):
    kind, text = text.split(":")
    kind = "bool" if kind == "BOOL" else TYPES[kind[0]] + kind[1:]
    number = float if kind.startswith("float") else int
    values = [number(value) for value in text.rstrip(",").split(",")]
    return numpy.array(values if "," in text else values[0], kind)


def bands_of(field):
    names, path = field.split("=", 1)
    if path.startswith("\\:"):
        return [(names, values_of(path[2:]))]
    path = path.replace("\\\\", "\0").replace("\\t", "\t").replace("\\n", "\n").replace("\0", "\\")
    with rasterio.open(path) as raster:
        bands = raster.read()
    names = list(names_of(names))
    assert len(names) == len(bands), (path, len(names), len(bands))
    return zip(names, bands)


def blob_of(fields):
    tensors = [pair for field in fields for pair in bands_of(field)]
    tensors.sort(key=lambda pair: (ORDER.index(pair[1].dtype.name), pair[0].encode()))
    header, end = {}, 0
    for name, band in tensors:
        kind = band.dtype.name
        short = SHORT.get(kind, kind[0].upper() + re.sub(r"\D", "", kind))
        header[name] = {"dtype": short, "shape": band.shape, "data_offsets": [end, end + band.nbytes]}
        end += band.nbytes
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    little = [band.astype(band.dtype.newbyteorder("<")).tobytes() for _, band in tensors]
    return len(text).to_bytes(8, "little") + text + b"".join(little)


out = sys.stdout.buffer
for line in sys.stdin:
    key, *fields = line.rstrip("\n").split("\t")
    blob = blob_of(fields)
    out.write(b"+%d,%d:%s->%s\n" % (len(key.encode()), len(blob), key.encode(), blob))
out.write(b"\n")

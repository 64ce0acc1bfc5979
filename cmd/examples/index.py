#!/usr/bin/python3
"""index.py A B: the normalised difference (A - B) / (A + B) of two bands of one patch, as PGM.

    rsenc-dump -b KEY DB | python3 index.py B08 B04 >ndvi.pgm

-1 is black, 0 is grey, 1 is white. Pixels where both bands are 0 are black. Needs numpy. Common
indices of Sentinel-2: NDVI B08 B04, NDWI B03 B08, NDMI B8A B11, NBR B8A B12, NDSI B03 B11."""
import json
import sys

import numpy as np

TYPES = {"U8": "u1", "I8": "i1", "U16": "<u2", "I16": "<i2", "F32": "<f4", "F64": "<f8"}


def main(a, b):
    blob = sys.stdin.buffer.read()
    start = 8 + int.from_bytes(blob[:8], "little")
    header, bands = json.loads(blob[8:start]), []
    for name in (a, b):
        entry = header[name]
        begin, end = entry["data_offsets"]
        data = np.frombuffer(blob[start + begin:start + end], TYPES[entry["dtype"]])
        bands.append(data.reshape(entry["shape"]).astype("f8"))
    first, second = bands
    with np.errstate(all="ignore"):
        index = (first - second) / (first + second)
    grey = np.nan_to_num(np.clip((index + 1) / 2, 0, 1) * 255 + 0.5, nan=0).astype("u1")
    sys.stdout.buffer.write(b"P5\n%d %d\n255\n" % grey.shape[::-1] + grey.tobytes())


main(*sys.argv[1:])

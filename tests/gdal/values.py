"""Comparing the values of a tensor with those that an oracle read."""
import logging

import numpy as np

DTYPE = {"uint8": "U8", "int8": "I8", "int16": "I16", "uint16": "U16", "int32": "I32", "uint32": "U32",
         "float16": "F16", "float32": "F32", "complex64": "C64", "float64": "F64", "int64": "I64", "uint64": "U64"}


class Refused(Exception):
    bands = 1  # that the file has, if the oracle could tell


class Ear(logging.Handler):
    """Keeps what a library says, and keeps it from the terminal."""

    def __init__(self, library):
        super().__init__(logging.WARNING)
        self.heard = []
        logging.getLogger(library).addHandler(self)
        logging.getLogger(library).propagate = False

    def emit(self, record):
        self.heard.append(record.getMessage())


def same(dtype, shape, data, truth):
    """None if a tensor of these bytes is what the oracle read, else what differs."""
    name, wanted = truth
    if list(shape) != list(wanted.shape):
        return f"shape {shape}, oracle {list(wanted.shape)}"
    little = wanted.astype(wanted.dtype.newbyteorder("<"), copy=False)
    widened = dtype == "C64"  # perhaps from halves, as may F16 be
    if dtype == "F16" and name == "F32":  # GDAL before 3.11 widens; the values are the same
        data, dtype, widened = np.frombuffer(data, "<f2").astype("<f4").tobytes(), "F32", True
    if dtype != name:
        return f"dtype {dtype}, oracle {name}"
    if data == little.tobytes():
        return None
    parts = [np.frombuffer(data, little.dtype).reshape(shape), np.ascontiguousarray(little)]
    if dtype == "C64":
        parts = [a.view("<f4") for a in parts]
    got, want = parts
    differ = got.view(f"V{got.itemsize}") != want.view(f"V{want.itemsize}")
    if widened:  # a signalling NaN may have become a quiet one
        differ &= ~(np.isnan(got) & np.isnan(want) & ((got.view("<u4") ^ want.view("<u4")) & 0xFFBFFFFF == 0))
    bad = np.argwhere(differ)
    if len(bad) == 0:
        return None
    y, x = bad[0]
    return f"{len(bad)} values, first at row {y} column {x}: {got[y, x]!r}, oracle {want[y, x]!r}"

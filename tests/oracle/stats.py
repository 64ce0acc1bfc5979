#!/usr/bin/python3
"""stats.py STREAM TSV: checks the output of rsenc-show --stats against numpy in float64: all exactly, but
mean and std, whose relative error must be below 1e-12 (of the largest value, for the mean).
stats.py -r: writes a record stream of random tensors.
stats.py -o: writes blobs of F64 with an offset, in files offsetN, and prints each N; with the name of
one, says if the mean and deviation on standard input are worse than numpy's."""
import json
import struct
import sys

import numpy as np

TYPES = {"BOOL": "?", "U8": "u1", "I8": "i1", "U16": "<u2", "I16": "<i2", "U32": "<u4",
         "I32": "<i4", "U64": "<u8", "I64": "<i8", "F16": "<f2", "F32": "<f4", "F64": "<f8",
         "C64": "<c8"}


def tensors_of(stream):
    """(key, name) -> header entry, array"""
    found, at = {}, 0
    while at < len(stream):
        if stream[at:at + 1] == b"\n":
            at += 1
            continue
        colon = stream.index(b":", at)
        key_len, data_len = map(int, stream[at + 1:colon].split(b","))
        key = stream[colon + 1:colon + 1 + key_len].decode()
        blob = stream[colon + 3 + key_len:colon + 3 + key_len + data_len]
        at = colon + 4 + key_len + data_len
        header_len, = struct.unpack("<Q", blob[:8])
        data = blob[8 + header_len:]
        for name, entry in json.loads(blob[8:8 + header_len]).items():
            if name != "__metadata__":
                begin, end = entry["data_offsets"]
                array = np.frombuffer(data[begin:end], TYPES[entry["dtype"]])
                found[key, name] = entry, array
    return found


def check(fields, entry, array):
    shape = "x".join(map(str, entry["shape"])) or "-"
    assert fields[2:6] == [entry["dtype"], shape, *map(str, entry["data_offsets"])]
    least, most, mean, std, nan, zeros = fields[6:]
    with np.errstate(all="ignore"):
        if array.dtype.kind == "c":
            size = np.hypot(array.real.astype("f8"), array.imag.astype("f8"))
            array = np.where(np.isnan(array), np.nan, size)
        assert int(nan) == np.isnan(array).sum() and int(zeros) == (array == 0).sum()
        finite = array[np.isfinite(array)]
        if finite.size == 0:
            assert [least, most, mean, std] == ["nan"] * 4
            return
        if array.dtype.kind in "iu" and array.dtype.itemsize < 8:
            assert (int(least), int(most)) == (int(finite.min()), int(finite.max()))
        else:
            # 64-bit integers are rounded to float64
            kind = finite.dtype.type if array.dtype.kind not in "iu" else float
            assert kind(float(least)) == kind(finite.min())
            assert kind(float(most)) == kind(finite.max())
        wide = finite.astype("f8")
        scale = max(abs(wide.max()), abs(wide.min()))
        assert abs(float(mean) - wide.mean()) <= 1e-12 * scale
        assert abs(float(std) - wide.std()) <= 1e-12 * max(wide.std(), 1e-3 * scale)


def random_stream(out):
    random = np.random.default_rng(1)
    for number in range(60):
        entries, parts, at = {}, [], 0
        for dtype, code in TYPES.items():
            count = int(random.choice([1, 2, 1023, 1024, 1025, 5000]))
            array = np.frombuffer(random.bytes(count * np.dtype(code).itemsize), code)
            if dtype == "BOOL":
                array = random.integers(0, 2, count).astype(code)
            elif array.dtype.kind == "f" and number % 2:
                # a large offset, where naive sums of squares cancel
                scale = 1e-2 if dtype == "F16" else 1e-6
                array = (1000 + scale * random.standard_normal(count)).astype(code)
            elif dtype == "F64":
                array = np.ldexp(random.standard_normal(count), random.integers(-400, 400)).astype(code)
            entries[dtype] = {"dtype": dtype, "shape": [count],
                              "data_offsets": [at, at + array.nbytes]}
            at += array.nbytes
            parts.append(array.tobytes())
        header = json.dumps(entries).encode()
        blob = struct.pack("<Q", len(header)) + header + b"".join(parts)
        key = b"random%d" % number
        out.write(b"+%d,%d:%s->%s\n" % (len(key), len(blob), key, blob))
    out.write(b"\n")


def offsets():
    random = np.random.default_rng(3)
    for offset in (0, 1e6, 1e9, 1e12, 1e15):
        array = offset + random.standard_normal(100000)
        header = json.dumps({"x": {"dtype": "F64", "shape": [array.size],
                                   "data_offsets": [0, array.nbytes]}}).encode()
        with open("offset%g" % offset, "wb") as f:
            f.write(struct.pack("<Q", len(header)) + header + array.tobytes())
        print("%g" % offset)


def check_offset(path):
    with open(path, "rb") as f:
        blob = f.read()
    array = np.frombuffer(blob[8 + struct.unpack("<Q", blob[:8])[0]:], "<f8")
    wide = array.astype("g")
    mean = wide.mean()
    std = np.sqrt(((wide - mean) ** 2).mean())
    got = [np.longdouble(n) for n in sys.stdin.read().split()]
    for title, ours, theirs, exact in (("mean", got[0], array.mean(), mean),
                                       ("std", got[1], array.std(), std)):
        if abs(ours - exact) > abs(theirs - exact) + 4e-16 * abs(array).max():
            print("%s: %s %s, numpy %s, exactly %s" % (path, title, ours, theirs, exact))


def main():
    if sys.argv[1] == "-o":
        check_offset(sys.argv[2]) if len(sys.argv) > 2 else offsets()
        return
    if sys.argv[1] == "-r":
        random_stream(sys.stdout.buffer)
        return
    with open(sys.argv[1], "rb") as f:
        wanted = tensors_of(f.read())
    with open(sys.argv[2], encoding="utf-8") as f:
        for line in f:
            row = line.rstrip("\n").split("\t")
            try:
                check(row, *wanted.pop((row[0], row[1])))
            except AssertionError:
                sys.exit("not what numpy says: " + line)
    if wanted:
        sys.exit("%d tensors were not shown" % len(wanted))


if __name__ == "__main__":
    main()

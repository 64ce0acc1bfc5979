#!/usr/bin/python3
"""totals.py STREAM TSV JSON [NODATA]: checks what rsenc-show --totals says of a record stream, as TSV with
a header and as JSON, against numpy: counts, least and greatest exactly; the mean against the exact
sum; the deviation to 12 digits; percentiles exactly where elements have at most 16 bits, else within
1 part in 4096 of the values that they lie between."""
import collections
import json
import math
import sys

import numpy as np

from stats import tensors_of

EPS = 2.0 ** -12


def number(text):
    return math.nan if text in ("nan", "-", None) else float(text)


def magnitudes(array):
    if array.dtype.kind != "c":
        return array
    size = np.hypot(array.real.astype("f8"), array.imag.astype("f8"))
    return np.where(np.isnan(array), np.nan, size)


def check(row, arrays, nodata):
    array = np.concatenate([magnitudes(a) for a in arrays])
    fill = np.zeros(array.shape, "?")
    if nodata is not None:
        fill = array == (np.float32(nodata) if array.dtype == "f4" else nodata)
    finite = array[np.isfinite(array) & ~fill]
    counts = dict(patches=len(arrays), count=array.size, nan=np.isnan(array).sum(),
                  inf=(np.isinf(array) & ~fill).sum(), nodata=fill.sum(), zeros=(finite == 0).sum())
    for name, wanted in counts.items():
        assert int(row[name]) == wanted, (name, wanted)
    if finite.size == 0:
        assert all(math.isnan(number(row[n])) for n in ("min", "max", "mean", "std", "p1", "p50"))
        return
    whole = array.dtype.kind in "iub"
    # 64-bit integers are rounded to float64
    kind = float if whole and array.dtype.itemsize == 8 else finite.dtype.type
    for name, wanted in (("min", finite.min()), ("max", finite.max())):
        assert kind(float(row[name])) == kind(wanted), (name, wanted)
    wide = finite.astype("f8")
    scale = abs(wide).max()
    if whole and array.dtype.itemsize == 8:
        mean = sum(map(int, finite.tolist())) / finite.size
        apart = np.array([int(v) - int(finite[0]) for v in finite.tolist()], "g").astype("f8")
        std = apart.std()
    elif whole:
        mean, std = int(finite.sum(dtype="i8")) / finite.size, wide.std()
    else:
        mean = math.fsum(wide) / finite.size
        std = wide.std()
    assert abs(number(row["mean"]) - mean) <= 4e-16 * scale, ("mean", mean)
    assert abs(number(row["std"]) - std) <= 1e-12 * max(std, 1e-3 * scale), ("std", std)
    wide.sort()
    for p in (1, 2, 50, 98, 99):
        wanted, got = np.percentile(wide, p), number(row["p%d" % p])
        place = p / 100 * (wide.size - 1)
        between = abs(wide[[int(place), math.ceil(place)]]).max()
        slack = 1e-14 if array.dtype.itemsize <= 2 else EPS
        assert abs(got - wanted) <= slack * between, (p, wanted)


def main(stream, tsv, text, nodata=None):
    arrays = collections.defaultdict(list)
    with open(stream, "rb") as f:
        for (_, name), (entry, array) in tensors_of(f.read()).items():
            arrays[name, entry["dtype"]].append(array)
    with open(tsv, encoding="utf-8") as f:
        fields = next(f).rstrip("\n").split("\t")
        rows = [dict(zip(fields, line.rstrip("\n").split("\t"))) for line in f]
    with open(text, encoding="utf-8") as f:
        found = json.load(f, parse_constant=lambda word: sys.exit("no JSON: " + word))
    assert list(arrays) == [(r["tensor"], r["dtype"]) for r in rows], "other rows, or another order"
    for row in rows:
        entries = found[row["tensor"]]
        entry, = (e for e in (entries if isinstance(entries, list) else [entries])
                  if e["dtype"] == row["dtype"])
        same = all(str(entry[n]) == row[n] or number(entry[n]) == number(row[n]) or
                   (entry[n] is None and row[n] == "nan") for n in fields[2:])
        assert same, "JSON and TSV differ: %s %s" % (entry, row)
        with np.errstate(all="ignore"):
            try:
                check(row, arrays[row["tensor"], row["dtype"]],
                      None if nodata is None else float(nodata))
            except AssertionError as e:
                sys.exit("not what numpy says: %s: %s" % (e, row))


main(*sys.argv[1:])

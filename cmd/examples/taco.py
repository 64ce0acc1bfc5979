#!/usr/bin/env python3
"""Group lines, rsenc-groups(5), of TACO and Tortilla files: TIFFs one after the other, with a Parquet index
(GEO-Bench-2 and others). rsenc-pack then reads the TIFFs where they lie:

    taco.py -n image=B02,B03,B04,B08 -n label=label FILE.tortilla... | rsenc-pack -r | rsenc-load DB

The key is the id of a sample. A sample may be a Tortilla of its own, with several assets (image, label): -n
ASSET=NAMES names the bands of each; an asset without -n has one band, called as the asset, and -n ASSET=
skips the asset. A sample that is a TIFF itself is the asset `image`. Newer TACO files are zip archives, which
rsenc-scan reads. Needs pyarrow.

The format: https://tacofoundation.github.io/specification. A file begins with "#y" or "WX", and the offset
and the length of its index, as little-endian numbers of 8 bytes. Offsets count from the start of their file,
also within a sample.
"""
import argparse
import os
import sys

import pyarrow
import pyarrow.parquet


def index(file, base, path):
    """The rows of the index of the Tortilla that begins at byte `base`."""
    file.seek(base)
    head = file.read(18)
    if head[:2] not in (b"#y", b"WX") or len(head) < 18:
        sys.exit(f"taco.py: {path}: not a TACO or Tortilla file (at byte {base})")
    file.seek(base + int.from_bytes(head[2:10], "little"))
    data = file.read(int.from_bytes(head[10:18], "little"))
    columns = ["tortilla:id", "tortilla:file_format", "tortilla:offset", "tortilla:length"]
    # Without threads: one that still holds `data` when Python ends would abort the program.
    table = pyarrow.parquet.read_table(pyarrow.BufferReader(data), columns=columns, use_threads=False, pre_buffer=False)
    return table.to_pylist()


def escape(text):
    for plain, escaped in ("\\", "\\\\"), ("\t", "\\t"), ("\n", "\\n"), ("\r", "\\r"):
        text = text.replace(plain, escaped)
    return text


def assets(file, path, base, row):
    """(name, offset, size) of each TIFF of a sample."""
    at, size = base + row["tortilla:offset"], row["tortilla:length"]
    if row["tortilla:file_format"] == "GTiff":
        return [("image", at, size)]
    if row["tortilla:file_format"] != "TORTILLA":
        sys.exit(f"taco.py: {path}: {row['tortilla:id']}: {row['tortilla:file_format']}, not GTiff")
    return [(r["tortilla:id"], at + r["tortilla:offset"], r["tortilla:length"])
            for r in index(file, at, path) if r["tortilla:file_format"] == "GTiff"]


def main():
    parser = argparse.ArgumentParser(description="Group lines of TACO and Tortilla files")
    parser.add_argument("-n", "--names", action="append", default=[], metavar="ASSET=NAMES",
                        help="the names of the bands of an asset; without NAMES it is skipped")
    parser.add_argument("files", nargs="+", metavar="FILE")
    options = parser.parse_args()
    names = dict(n.split("=", 1) for n in options.names)
    for path in options.files:
        with open(path, "rb") as file:
            for row in index(file, 0, path):
                fields = [f"{names.get(name, name)}={escape(path)}\\@{at},{size}"
                          for name, at, size in assets(file, path, 0, row) if names.get(name, name)]
                print(escape(row["tortilla:id"]), *fields, sep="\t")


if __name__ == "__main__":
    try:
        main()
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        sys.exit(1)

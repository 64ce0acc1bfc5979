#!/usr/bin/python3
"""Compares what the program mutate reads from broken copies of the files DIR/*/*.tif with what GDAL reads of them.

    mutation.py [-a] [-d DIFFERENCES] [-n COUNT] [-s SEED] [-j JOBS] [-M MIB] [-k DIR] DIR

Where mutate gives values, GDAL must give the same without a word of the decoder, or fail. Exit 1 if any differ, if
mutate ends badly, or if its memory was not bounded. Files that differ are kept in DIR. With -a GDAL is asked for what mutate refused, too, and the
reasons are counted where GDAL reads it all the same (this is slow). Files of which DIFFERENCES says that GDAL has other
values are skipped, and so are those of the categories in SKIPPED. MUTATE is the program.
"""
import argparse
import collections
import glob
import multiprocessing
import os
import re
import subprocess
import sys

import differences
import oracle

# of two pixels each: their mutants are nearly all refused
SKIPPED = ("types",)
# what comes of a decoder, and of that what may be said of pixels that are all there (damage.c has the same)
DECODER = re.compile(r"in (JPEG|LibJpeg|OJPEG|Fax|PackBits|LZW|ZIP|ZSTD|LZMA|WebP|LERC|JBIG|Thunder|NeXT|PixarLog|Log)")
HARMLESS = re.compile("Premature end of JPEG file|Improper JPEG strip/tile size|JPEG strip size exceeds|encoded with "
                      "progressive|Old-style LZW|Deprecated and troublesome|Subsampling|Discarding")
# MiB that libzstd takes for the window that a frame names, whatever -M says; most are never touched
ZSTD_WINDOW = 130


def verdict(name, file, dtype, shape, values):
    """What GDAL makes of a file that we read as these values: identical, different, GDAL refuses it ("ours alone"), or
    its values are chance ("GDAL unsteady")."""
    with oracle.memory(file) as mutant:
        try:
            truth = oracle.read(mutant)
        except oracle.Refused:
            return "ours alone", ""
        warned = [t for t in oracle.warned() if DECODER.search(t) and not HARMLESS.search(t)]
        why = difference(name, dtype, shape, values, truth)
        if why and not why.endswith("bands") and not oracle.steady(mutant, truth):
            return "GDAL unsteady", ""
    if why:
        return "different", why
    return ("different", f"stored in silence, GDAL says: {warned[0]}") if warned else ("identical", "")


def difference(name, dtype, shape, values, truth):
    """None where these values are what GDAL read, else what differs."""
    bands, *plane = shape
    if len(truth) != bands:
        return f"{bands} bands, GDAL has {len(truth)} bands"
    size = len(values) // bands
    for i, band in enumerate(truth):
        why = oracle.same(dtype, plane, values[i * size:(i + 1) * size], band)
        if why and (dtype, band[0]) == ("C64", "U32") and oracle.VERSION[1] < (3, 11):
            return None  # the broken tag says complex halves, which this GDAL does not know
        if why and dtype == "F16" and name.startswith("sparse/") and oracle.VERSION[1] < (3, 11):
            return None  # nor halves, which can't hold every nodata value
        if why and dtype == "I8" and name.startswith("sparse/") and oracle.VERSION[1] < (3, 7):
            return None  # and this one int8, of which GDAL clamps nodata values as if it were uint8
        if why:
            return f"band {i + 1}: {why}"
    return None


def readable(file):
    """Whether GDAL reads a file, and steadily."""
    with oracle.memory(file) as mutant:
        try:
            return oracle.steady(mutant, oracle.read(mutant))
        except oracle.Refused:
            return False


def keep(options, number, file):
    if options.k:
        with open(os.path.join(options.k, f"{number}.tif"), "wb") as f:
            f.write(file)


def work(job):
    """One range of mutants: the counts of verdicts, what differs, how it ended, the peak of memory."""
    options, first, count = job
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # GDAL's complaints
    counts, alone, wrong, peak = collections.Counter(), collections.Counter(), [], 0
    environment = dict(os.environ, ASAN_OPTIONS=f"abort_on_error=1:handle_abort=0:quarantine_size_mb=16:"
                       f"max_allocation_size_mb={4 * options.M + ZSTD_WINDOW}",
                       UBSAN_OPTIONS="halt_on_error=1:abort_on_error=1:print_stacktrace=1")
    os.environ["GDAL_PAM_ENABLED"] = "NO"
    command = [os.environ.get("MUTATE", "mutate"), "-M", f"{options.M}M", str(options.s), str(first), str(count),
               *options.files]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment) as p:
        for line in p.stdout:
            kind, *rest = line.decode("utf-8", "replace").rstrip("\n").split("\t")
            if kind == "peak":
                peak = int(rest[0])
            elif kind == "refused":
                number, name, length, reason = rest[0], rest[1], rest[2], "\t".join(rest[3:])
                file = p.stdout.read(int(length))
                counts["refused"] += 1
                if options.a and readable(file):
                    counts["refused alone"] += 1
                    alone[re.sub(r"\d+", "N", reason)] += 1
                    keep(options, number, file)
            else:
                number, name, length, bands, height, width, dtype, size = rest
                file, values = p.stdout.read(int(length)), p.stdout.read(int(size))
                what, why = verdict(os.path.relpath(name, options.dir), file, dtype, [int(bands), int(height), int(width)], values)
                counts[what] += 1
                if what == "different":
                    wrong.append(f"different\t{number}\t{name}\t{why}")
                    keep(options, number, file)
        message = p.stderr.read().decode("utf-8", "replace")
    if p.returncode != 0:
        wrong.append(f"ended with status {p.returncode}: {message[-3000:]}")
    return counts, alone, wrong, peak


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("-n", type=int, default=100000)
    parser.add_argument("-s", type=int, default=1)
    parser.add_argument("-j", type=int, default=os.cpu_count())
    parser.add_argument("-M", type=int, default=16)
    parser.add_argument("-k")
    parser.add_argument("-a", action="store_true")
    parser.add_argument("-d")
    parser.add_argument("dir")
    options = parser.parse_args()
    other = [row.pattern for row in differences.read(options.d) if row.verdict == "different"] if options.d else []
    options.files = []
    for path in sorted(glob.glob(os.path.join(glob.escape(options.dir), "*", "*.tif"))):
        key = os.path.relpath(path, options.dir)[:-4]
        if "zstd" in key and "wheel" in oracle.NAMES:
            continue  # a broken frame, which has no checksum, is something else to each version of libzstd
        if (16 <= os.path.getsize(path) <= 16384 and key.split("/")[0] not in SKIPPED
                and not any(differences.fits(key, p) for p in other)):
            options.files.append(path)
    step = max(1, -(-options.n // (options.j * 8)))
    jobs = [(options, first, min(step, options.n - first)) for first in range(0, options.n, step)]
    counts, alone, bad, peak = collections.Counter(), collections.Counter(), 0, 0
    with multiprocessing.get_context("spawn").Pool(options.j) as pool:
        for part, reasons, wrong, high in pool.imap(work, jobs):
            counts += part
            alone += reasons
            peak = max(peak, high)
            bad += len(wrong)
            print(*wrong, sep="\n", end="\n" if wrong else "")
    total = sum(counts.values()) - counts["refused alone"]
    for reason, n in alone.most_common():
        print(f"refused alone: {n}\t{reason}")
    print(f"{total} mutants of {len(options.files)} files, seed {options.s}: "
          + ", ".join(f"{counts[k]} {k}" for k in ("identical", "ours alone", "GDAL unsteady", "refused", "different"))
          + f"; peak memory {peak // 1024} MiB with -M {options.M}M")
    if peak // 1024 > 6 * options.M + 128:
        sys.exit("that is too much memory")
    sys.exit(1 if bad or total != options.n else 0)


if __name__ == "__main__":
    main()

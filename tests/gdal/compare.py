#!/usr/bin/python3
"""Compares rsenc-pack with an oracle (oracle.py) over the files DIR/CATEGORY/NAME.tif: identical, refused or different
by category.

    compare.py [-v] DIR [DIFFERENCES]

DIFFERENCES lists those that are known, and says who is right. Exit 1 if any file is different or refused, and not known
to be. -v names each that is not identical and counts the reasons. RSENC_PACK is the program.
"""
import collections
import glob
import json
import os
import re
import struct
import subprocess
import sys
import tempfile

import differences
import oracle
from records import records


def tensors(blob):
    size, = struct.unpack("<Q", blob[:8])
    for name, t in json.loads(blob[8:8 + size]).items():
        begin, end = t["data_offsets"]
        yield name, t["dtype"], t["shape"], blob[8 + size + begin:8 + size + end]


def pack(lines):
    """The records and the reasons of refusals of group lines {key: line}. A crash is found by its line alone."""
    program = os.environ.get("RSENC_PACK", "rsenc-pack")
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        text = "".join(lines.values()).encode()
        run = subprocess.run([program, "-r", "-k", "-j2"], input=text, stdout=out, stderr=err, check=False)
        status = run.returncode
        out.seek(0)
        err.seek(0)
        stream, messages = out.read(), err.read().decode("utf-8", "replace")
    if status not in (0, 1):
        if len(lines) == 1:
            return {}, {next(iter(lines)): f"CRASH: status {status}: {messages[-300:]}"}
        keys = list(lines)
        found, refused = {}, {}
        for half in keys[:len(keys) // 2], keys[len(keys) // 2:]:
            f, r = pack({k: lines[k] for k in half})
            found.update(f)
            refused.update(r)
        return found, refused
    refused = {}
    for message in messages.splitlines():
        program, _, rest = message.partition(": ")
        key, _, reason = rest.partition(": ")
        if key in lines:
            refused[key] = reason.partition(": ")[2] or reason
    return dict(records(stream)), refused


def judge(key, truth, blobs, refused):
    """One of the verdicts, and why."""
    if refused.get(key, "").startswith("CRASH"):
        return "different", refused[key]
    if isinstance(truth, oracle.Refused):
        return ("both refuse", refused[key]) if key in refused else ("ours alone", f"oracle: {truth}")
    if key in refused:
        return "refused", refused[key]
    if key not in blobs:
        return "different", "neither values nor a reason"
    bands = {name: rest for name, *rest in tensors(blobs[key])}
    if len(bands) != len(truth):
        return "different", f"{len(bands)} bands, oracle {len(truth)}"
    for i, band in enumerate(truth, 1):
        why = oracle.same(*bands[f"B{i}"], band)
        if why:
            return "different", f"band {i}: {why}"
    return "identical", ""


def main():
    arguments = [a for a in sys.argv[1:] if a != "-v"]
    if len(arguments) not in (1, 2):
        sys.exit("usage: compare.py [-v] DIR [DIFFERENCES]")
    verbose, top = "-v" in sys.argv, arguments[0]
    known = differences.read(arguments[1]) if len(arguments) == 2 else []
    truths, lines = {}, {}
    for path in sorted(glob.glob(os.path.join(glob.escape(top), "*", "*.tif"))):
        key = os.path.relpath(path, top)[:-4]
        try:
            truths[key] = oracle.read(path)
        except oracle.Refused as e:
            truths[key] = e
        count = truths[key].bands if isinstance(truths[key], oracle.Refused) else len(truths[key])
        lines[key] = f"{key}\tB{{1..{count}}}={path}\n"
    blobs, refused = pack(lines)
    table, reasons, bad = collections.defaultdict(collections.Counter), collections.Counter(), 0
    met = set()
    for key, truth in truths.items():
        verdict, why = judge(key, truth, blobs, refused)
        fitting = {(p, v) for p, v in known if v == verdict and differences.fits(key, p)}
        met |= fitting
        wrong = verdict in ("different", "refused") and not fitting
        verdict += ", known" if fitting else ""
        table[key.split("/")[0]][verdict] += 1
        bad += wrong
        if verdict != "identical":
            reasons[f"{verdict}: " + re.sub(r"\d+", "N", why.replace(lines[key].partition("=")[2][:-1], "FILE"))] += 1
        if wrong or (verbose and verdict != "identical"):
            print(f"{verdict}\t{key}\t{why}")
    for reason, count in sorted(reasons.items()) if verbose else ():
        print(f"{count:5} {reason}")
    for pattern, verdict in sorted(set(known) - met):
        print(f"# not met: {pattern} {verdict}")
    columns = ("identical", "both refuse", "refused, known", "different, known", "ours alone", "refused", "different")
    print(f"oracle: {oracle.VERSION[0]} {'.'.join(map(str, oracle.VERSION[1]))}")
    print(f"{'category':14}" + "".join(f"{c:>18}" for c in columns))
    for name, row in sorted(table.items()) + [("all", sum(table.values(), collections.Counter()))]:
        print(f"{name:14}" + "".join(f"{row[c]:18}" for c in columns))
    sys.exit(1 if bad or not truths else 0)


main()

#!/usr/bin/python3
"""Compares rsenc-pack with an oracle (oracle.py) over the files DIR/CATEGORY/NAME.tif: identical, both refuse, refused
(here alone), alone (read here, refused by the oracle) or different, by category.

    compare.py [-v] DIR [DIFFERENCES]

DIFFERENCES is the table of those that are explained; how many files each of its reasons explains is counted. Exit 1 if
any other file is different, refused or alone. -v names each file that is not identical. RSENC_PACK is the program.
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

WRONG = ("different", "refused", "alone")


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
        return ("both refuse", refused[key]) if key in refused else ("alone", f"oracle: {truth}")
    if re.match(r"has \d+ bands?, but", refused.get(key, "")):  # as many as the oracle's bands
        return "different", f"{refused[key].split()[1]} bands, oracle {len(truth)}"
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
    table, explained, bad = collections.defaultdict(collections.Counter), collections.Counter(), 0
    met = set()
    for key, truth in truths.items():
        verdict, why = judge(key, truth, blobs, refused)
        fitting = [row for row in known if row.verdict == verdict and differences.fits(key, row.pattern)]
        met.update(fitting)
        if fitting:
            explained[verdict, fitting[0].why] += 1
        wrong = verdict in WRONG and not fitting
        bad += wrong
        table[key.split("/")[0]][verdict if wrong or verdict not in WRONG else verdict + ", known"] += 1
        if wrong or (verbose and verdict != "identical"):
            print(f"{verdict}{', known' if fitting else ''}\t{key}\t{why}")
    for row in known:
        if row not in met and verbose:
            print(f"# not met: {row.pattern} {row.verdict}")
    for (verdict, why), count in sorted(explained.items()):
        print(f"{count:5} {verdict}: {why}")
    columns = ("identical", "both refuse", "refused, known", "alone, known", "different, known", *WRONG)
    print(f"oracle: {oracle.VERSION[0]} {'.'.join(map(str, oracle.VERSION[1]))}")
    print(f"{'category':14}" + "".join(f"{c:>18}" for c in columns))
    for name, row in sorted(table.items()) + [("all", sum(table.values(), collections.Counter()))]:
        print(f"{name:14}" + "".join(f"{row[c]:18}" for c in columns))
    sys.exit(1 if bad or not truths else 0)


main()

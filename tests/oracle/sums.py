#!/usr/bin/python3
"""Lists an LMDB database with Python's lmdb: KEY<TAB>sha256 of its value, or with -t a line
KEY<TAB>DTYPE SHAPE<TAB>TENSORS for each kind of tensor of a value."""
import hashlib
import json
import sys

import lmdb

tensors = sys.argv[1] == "-t"
with lmdb.open(sys.argv[-1], readonly=True) as env, env.begin() as txn:
    for key, blob in txn.cursor():
        if not tensors:
            print(key.decode(), hashlib.sha256(blob).hexdigest(), sep="\t")
            continue
        kinds = {}
        header = json.loads(blob[8:8 + int.from_bytes(blob[:8], "little")])
        for name, t in header.items():
            kinds.setdefault(t["dtype"] + " " + "x".join(map(str, t["shape"])), []).append(name)
        for kind, names in sorted(kinds.items()):
            print(key.decode(), kind, " ".join(sorted(names)), sep="\t")

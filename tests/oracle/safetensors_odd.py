#!/usr/bin/python3
"""safetensors_odd.py RSENC-SHOW: writes odd safetensors blobs and prints those that rsenc-show and the
reference library judge differently: accepted by one and refused by the other, or with other tensors.
Status 1 if there are any."""
import os
import struct
import subprocess
import sys
import tempfile

from safetensors import safe_open

T = '"dtype":"U8","shape":[2],"data_offsets":[0,2]'
A = '{"a":{%s}}' % T
BIG = "9223372036854775808"


def tensor(dtype="U8", shape="[2]", begin=0, end=2, name="a", extra=""):
    return '"%s":{"dtype":"%s","shape":%s,"data_offsets":[%s,%s]%s}' % (
        name, dtype, shape, begin, end, extra)


def one(*args, **kwargs):
    return "{" + tensor(*args, **kwargs) + "}"


HEADERS = [
    # (header, bytes of data)
    (A, 2), (" " + A, 2), ("\t" + A, 2), ("\n" + A, 2), (A + " ", 2), (A + "\t", 2), (A + "\n", 2),
    (A + "\r ", 2), (A + "x", 2), (A + "{}", 2), (A + "\0", 2), ("", 0), ("{}", 0), ("[]", 0),
    ("null", 0), ("{} ", 0), ("{", 0), ("{}}", 0), ("\ufeff" + A, 2), (A, 1), (A, 3), (A, 0),
    ('{"__metadata__":null,%s}' % tensor(), 2), ('{"__metadata__":{},%s}' % tensor(), 2),
    ('{"__metadata__":null}', 0), ('{"__metadata__":{"x":null}}', 0), ('{"__metadata__":{"x":1}}', 0),
    ('{"__metadata__":{"x":"y","x":"z"}}', 0), ('{"__metadata__":{},"__metadata__":{}}', 0),
    ('{"__metadata__":null,"__metadata__":{}}', 0), ('{"__metadata__":[]}', 0),
    ('{"__metadata__":[["a","b"]]}', 0), ('{"__metadata__":""}', 0), ('{"__metadata__":{"":""}}', 0),
    ('{"__metadata__":{"a\\u0000b":"c\\u0000"}}', 0), ('{"__metadata__":{"x":{}}}', 0),
    ("{%s,%s}" % (tensor(), tensor()), 2), ("{%s,%s}" % (tensor(), tensor(begin=2, end=4)), 4),
    ("{%s,%s}" % (tensor(begin=2, end=4), tensor()), 4),
    ("{%s,%s}" % (tensor(begin=2, end=4), tensor()), 2),
    ('{"\\u0061":{%s},"a":{%s}}' % (T, T), 2),
    (one(name="a\\u0000"), 2), (one(name=""), 2), (one(name="a\\u0000b"), 2),
    ("{%s,%s}" % (tensor(name="a\\u0000b"), tensor(name="a", begin=2, end=4)), 4),
    (one(name="\\ud83d\\ude00"), 2), (one(name="\\ud83d"), 2), (one(name="\\ude00"), 2),
    (one(name="\\ud83dx"), 2), (one(name="\\x"), 2), (one(name="\x01"), 2), (one(name="\x7f"), 2),
    ('{"a":["U8",[2],[0,2]]}', 2), ('{"a":["U8",[2]]}', 2), ('{"a":["U8",[2],[0,2],1]}', 2),
    ('{"a":[]}', 0), ('{"a":null}', 0), ('{"a":"b"}', 0), ('{"a":1}', 0), ('{"a":{}}', 0),
    ('{"a":["U8",[],[0,1]]}', 1), ('{"a": [ "U8" , [ 2 ] , [ 0 , 2 ] ] }', 2),
    (one(shape="[%s,2,0]" % BIG, begin=0, end=0), 0), (one(shape="[0,%s,2]" % BIG, begin=0, end=0), 0),
    (one(shape="[%s,2]" % BIG, begin=0, end=0), 0), (one(shape="[%s,0]" % BIG, begin=0, end=0), 0),
    (one(shape="[18446744073709551615,0]", begin=0, end=0), 0),
    (one(shape="[18446744073709551616,0]", begin=0, end=0), 0), (one(shape="[2.0]"), 2),
    (one(shape="[2e0]"), 2), (one(shape="[-2]"), 2), (one(shape="[-0]", end=0), 0), (one(shape="[02]"), 2),
    (one(shape="2"), 2), (one(shape="null"), 2), (one(shape="[[2]]"), 2), (one(shape="[1,2,]"), 2),
    (one(shape="[]", end=1), 1), (one(shape='["2"]'), 2), (one(shape="{}"), 2), (one(shape="[1,1,1,1,1,2]"), 2),
    (one(begin=1, end=3), 3), (one(begin=2, end=0), 0), (one(begin=0, end=3), 3), (one(begin="-0"), 2),
    (one(begin="0.0"), 2), (one(end="2,3"), 3), (one(begin=0, end="18446744073709551615"), 2),
    ('{"a":{"dtype":"U8","shape":[2],"data_offsets":[0]}}', 2),
    ('{"a":{"dtype":"U8","shape":[2],"data_offsets":{}}}', 2),
    ('{"a":{"dtype":"U8","shape":[2]}}', 2), ('{"a":{"dtype":"U8",%s}}' % T, 2),
    ('{"a":{"shape":[2],"data_offsets":[0,2],"dtype":"U8"}}', 2), ('{"a":{%s,}}' % T, 2),
    (one(extra=',"x":1e999'), 2), (one(extra=',"x":-1e999'), 2), (one(extra=',"x":1e308'), 2),
    (one(extra=',"x":1e-999'), 2), (one(extra=',"x":123456789012345678901234567890'), 2),
    (one(extra=',"x":[1e999]'), 2), (one(extra=',"x":{"y":1e999}'), 2), (one(extra=',"x":0.0e999'), 2),
    (one(extra=',"x":1' + "0" * 400), 2), (one(extra=',"x":01'), 2), (one(extra=',"x":1.'), 2),
    (one(extra=',"x":.5'), 2), (one(extra=',"x":-'), 2), (one(extra=',"x":1e'), 2), (one(extra=',"x":NaN'), 2),
    (one(extra=',"x":tru'), 2), (one(extra=',"x":true'), 2), (one(extra=',"x":null'), 2),
    (one(extra=',"x":"\\ud800"'), 2), (one(extra=',"x":"\\u0000"'), 2), (one(extra=',"x":"\\n\x02"'), 2),
    (one(extra=',"x":' + "[" * 100 + "]" * 100), 2), (one(extra=',"x":' + "[" * 124 + "]" * 124), 2),
    (one(extra=',"x":' + "[" * 125 + "]" * 125), 2), (one(extra=',"x":' + "[" * 126 + "]" * 126), 2),
    (one(extra=',"x":' + "[" * 130 + "]" * 130), 2), (one(extra=',"x":{"y":1,"y":2}'), 2),
    (one(extra=',"x":1,"x":2'), 2), (one(extra=',"dtype":"U8"'), 2), (one(extra=',1:2'), 2),
    (one(dtype="u8"), 2), (one(dtype="U8 "), 2), (one(dtype="\\u0055\\u0038"), 2), (one(dtype=""), 2),
    (one(dtype="BOOL"), 2), (one(dtype="F4", shape="[4]"), 2), (one(dtype="F4", shape="[3]"), 2),
    (one(dtype="F6_E2M3", shape="[4]", end=3), 3), (one(dtype="F6_E2M3", shape="[2]", end=2), 2),
    (one(dtype="F8_E8M0"), 2), (one(dtype="F8_E4M3FNUZ"), 2), (one(dtype="C64", shape="[1]", end=8), 8),
    (one(dtype="C128", shape="[1]", end=16), 16), (one(dtype="BF16", shape="[1]"), 2),
    ('{"a":{"dtype":["U8"],"shape":[2],"data_offsets":[0,2]}}', 2),
    ('{"a":{"dtype":{"U8":null},"shape":[2],"data_offsets":[0,2]}}', 2),
    ('{"a":{"dtype":0,"shape":[2],"data_offsets":[0,2]}}', 2),
    ("{%s,%s}" % (tensor(end=0, shape="[0]"), tensor(name="b")), 2),
    ("{%s,%s}" % (tensor(), tensor(name="b", begin=2, end=2, shape="[0]")), 2),
    ("{%s,%s}" % (tensor(), tensor(name="b", begin=1, end=1, shape="[0]")), 2),
    ("{%s,%s}" % (tensor(), tensor(name="b", begin=1, end=3)), 3),
    ("{%s,%s}" % (tensor(), tensor(name="b", begin=3, end=5)), 5),
    ("{%s;%s}" % (tensor(), tensor(name="b")), 4), ("{%s,}" % tensor(), 2), ("{,%s}" % tensor(), 2),
    ('{"a" {%s}}' % T, 2), ("{a:{%s}}" % T, 2), ("{'a':{%s}}" % T, 2), ('{"a":{%s}' % T, 2),
    (A.replace(":", " : ").replace(",", " ,\t\r\n"), 2), (A + "//", 2), ("/**/" + A, 2),
]


def blobs():
    for header, size in HEADERS:
        raw = header.encode("utf-8", "surrogatepass")
        yield header, struct.pack("<Q", len(raw)) + raw + bytes(size)
    yield "bad UTF-8", struct.pack("<Q", len(A)) + A.encode().replace(b'"a"', b'"\xff"') + bytes(2)
    yield "overlong UTF-8", struct.pack("<Q", len(A) + 1) + A.encode().replace(b'"a"', b'"\xc0\xaf"') + bytes(2)
    for length in (0, 1, 7, 8):
        yield "only %d bytes" % length, bytes(length)
    yield "long header", struct.pack("<Q", 1 << 40) + A.encode()
    yield "longest header", struct.pack("<Q", 100000001) + b"{}" + b" " * 99999999
    yield "header beyond the file", struct.pack("<Q", len(A) + 3) + A.encode() + bytes(2)


def reference(path):
    """(name, dtype, shape) of each tensor, or None."""
    try:
        with safe_open(path, "numpy") as f:
            return sorted((name, f.get_slice(name).get_dtype(), list(f.get_slice(name).get_shape()))
                          for name in f.keys())
    except Exception:
        return None


def ours(show, path):
    got = subprocess.run([show, path], capture_output=True)
    if got.returncode not in (0, 1):
        sys.exit("rsenc-show ended with %d" % got.returncode)
    if got.returncode == 1:
        return None
    found = []
    for line in got.stdout.decode("utf-8", "surrogateescape").splitlines():
        _, name, dtype, shape = line.split("\t")[:4]
        name = name.replace("\\t", "\t").replace("\\n", "\n").replace("\\r", "\r")
        name = name.replace("\\0", "\0").replace("\\\\", "\\")
        found.append((name, dtype, [int(n) for n in shape.split("x")] if shape != "-" else []))
    return sorted(found)


def main(show):
    count = wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "blob.safetensors")
        for title, blob in blobs():
            with open(path, "wb") as f:
                f.write(blob)
            count += 1
            wanted, got = reference(path), ours(show, path)
            if wanted != got:
                wrong += 1
                print("%.200r: reference %s, rsenc-show %s" % (title, wanted, got))
    print("%d of %d blobs are judged differently" % (wrong, count))
    sys.exit(wrong > 0)


main(sys.argv[1])

#!/usr/bin/env python3
"""reference.py DIR: blobs as the reference library saves them, one of each dtype that it knows here,
and some more, as DIR/NAME.safetensors; all of them as a record stream on standard output."""
import sys

import numpy as np
import safetensors.numpy

try:
    import safetensors.torch
    import torch
except ImportError:
    torch = None


def of_numpy():
    random = np.random.default_rng(1)
    for dtype in safetensors.numpy._TYPES.values():
        dtype = np.dtype(dtype)
        bits = random.bytes(6 * dtype.itemsize)
        array = np.frombuffer(bits, dtype) if dtype != bool else np.array([0, 1, 1, 0, 1, 0], bool)
        yield "numpy-%s" % dtype, safetensors.numpy.save({"x": array.reshape(2, 3)})
    bands = {"B%02d" % i: np.full((4, 4), i, "u2") for i in range(12)}
    bands["scalar"] = np.array(2.5, "f4")
    bands["empty"] = np.zeros((0, 7), "i8")
    bands["\u00e9 \"\\\t"] = np.zeros(1, "u1")
    yield "many", safetensors.numpy.save(bands)
    yield "metadata", safetensors.numpy.save(bands, metadata={"10m": "B02,B03", "note": "\u00fc\n"})
    yield "none", safetensors.numpy.save({})


def of_torch():
    for name in sorted(dir(torch)):
        dtype = getattr(torch, name)
        if not isinstance(dtype, torch.dtype) or str(dtype) != "torch." + name:
            continue  # no dtype, or another name of one
        try:
            tensor = torch.arange(24, dtype=torch.uint8).view(dtype).reshape(-1)
            yield "torch-" + name, safetensors.torch.save({"x": tensor})
        except (KeyError, RuntimeError, NotImplementedError):
            pass  # safetensors does not know it


out = sys.stdout.buffer
for key, blob in [*of_numpy(), *(of_torch() if torch else [])]:
    with open(f"{sys.argv[1]}/{key}.safetensors", "wb") as f:
        f.write(blob)
    out.write(b"+%d,%d:%s->%s\n" % (len(key), len(blob), key.encode(), blob))
out.write(b"\n")

#!/usr/bin/python3
"""What becomes of damaged strips, codec by codec. Each is cut in half (with a byte count that agrees), has zeros in its
second half, or eight bytes turned over: in the first, the middle and the last strip of a file.

    damage.py make DIR       writes DIR/CODEC/KIND-PLACE.tif and the undamaged DIR/CODEC/whole.tif; system GDAL
    damage.py DIR            reads them with rsenc-pack (RSENC_PACK) and the oracle at hand, and prints a table

A damaged file that is stored with the values of the undamaged one is "same"; with others it is WRONG. "warned" is an
oracle that warns. Beside the damaged ones there are odd-*.tif: strips without the mark of their end, and with bytes
behind it, whose pixels are all there. Exit 1 if something is WRONG that has a checksum (SUMMED) or of which GDAL
tells, or if an odd one is refused that GDAL takes without a word.
"""
import collections
import glob
import os
import shutil
import struct
import subprocess
import sys
import tempfile

import numpy as np

WIDTH, HEIGHT, ROWS = 120, 120, 48
KINDS = ("cut", "zeros", "flips")
# a checksum, or a code in which nearly nothing is redundant, finds all of these
SUMMED = ("deflate", "deflate-predictor2", "deflate-predictor3", "deflate-cmyk", "lerc", "lerc-f4",
          "lerc-deflate", "lzma-crc", "zstd-sum", "lzma-crc-tiles1", "lzma-crc-tiles2", "zstd-sum-tiles1",
          "zstd-sum-tiles2")


# no checksum, but so many zeros are nothing that their encoders write
HOLED = tuple(f"{codec}-{size}" for codec in ("zstd", "lzw", "webp", "lzma") for size in ("large", "small"))


def smooth(t, bands=1):
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    noise = np.random.RandomState(1).randint(0, 9, (bands, HEIGHT, WIDTH))
    return np.clip((x + 2 * y) % 230 + noise, 0, 255).astype(t)


def make(top):
    import ctypes

    import libtiff
    import rawtiff
    ctypes.CDLL(None).mallopt(-6, 1)  # M_PERTURB: LERC writes bytes that it left undefined

    def path(codec):
        os.makedirs(f"{top}/{codec}", exist_ok=True)
        return f"{top}/{codec}/whole.tif"

    def put(name, codec, t="u1", bands=1, **options):
        if libtiff.have(codec):
            libtiff.write(path(name), smooth(t, bands), codec, rows=ROWS, **options)

    rawtiff.write(path("none"), smooth("u2"), rows=ROWS)
    rawtiff.write(path("packbits"), smooth("u1") // 32, rows=ROWS, compression=32773)
    put("packbits-runs", "packbits", "i4")
    for name, t, options in (("deflate", "u2", {}), ("deflate-predictor2", "u2", {"tags": [(317, 2)]}),
                             ("deflate-predictor3", "f4", {"tags": [(317, 3)]}), ("lzw", "u2", {}),
                             ("lzw-predictor2", "u2", {"tags": [(317, 2)]}), ("zstd", "u2", {}), ("lzma", "u2", {})):
        put(name, "adobe" if name.startswith("deflate") else name.partition("-")[0], t, **options)
    put("deflate-cmyk", "adobe", "u1", 4, photometric=5)
    put("jpeg", "jpeg")
    put("jpeg-ycbcr", "jpeg", "u1", 3, photometric=6,
        tags=[(libtiff.SUBSAMPLING, 2, 2), (libtiff.JPEG_COLOR_MODE, 1)])
    put("jpeg-cmyk", "jpeg", "u1", 4, photometric=5)
    put("lerc", "lerc", "u2")
    put("lerc-f4", "lerc", "f4")
    put("lerc-deflate", "lerc", "u2", tags=[(libtiff.LERC_ADDITION, 1)])
    put("lerc-zstd", "lerc", "u2", tags=[(libtiff.LERC_ADDITION, 2)])
    put("webp", "webp", "u1", 3, photometric=2)
    put("webp-lossless", "webp", "u1", 3, photometric=2, tags=[(libtiff.WEBP_LOSSLESS, 1)])
    noise = np.random.RandomState(2).randint(0, 256, (3, 200, 200)).astype("u1")
    for codec, options in ("zstd", {}), ("lzw", {}), ("lzma", {}), ("webp", {"tags": [(libtiff.WEBP_LOSSLESS, 1)]}):
        if libtiff.have(codec):
            libtiff.write(path(f"{codec}-large"), noise, codec, photometric=2, rows=200, **options)
            libtiff.write(path(f"{codec}-small"), noise[:, :30, :30], codec, photometric=2, rows=30, **options)
    put("sgilog", "sgilog", "f4", 3, photometric=32845, tags=[(libtiff.SGILOG_FORMAT, 0)])
    ink = np.packbits(smooth("u1")[0] % 97 < 30, axis=1)
    blocks = [ink[y:y + ROWS].tobytes() for y in range(0, HEIGHT, ROWS)]
    for codec in ("rle", "g3", "g4"):
        if libtiff.have(codec):
            libtiff.write(path(codec), np.zeros((1, HEIGHT, WIDTH), "u1"), codec, bits=1, rows=ROWS, blocks=blocks)
    checked = [("lzma-crc", 34925, rawtiff.lzma_with_crc)]
    if shutil.which("zstd"):
        checked.append(("zstd-sum", 50000, rawtiff.zstd_with_sum))
    for name, compression, encode in checked:
        rawtiff.write(path(name), smooth("u2"), rows=ROWS, compression=compression, encode=encode)
        for predictor in 1, 2:  # of the image's 120 columns and rows the last tiles hold some
            rawtiff.write(path(f"{name}-tiles{predictor}"), smooth("u2"), tile=(64, 64), predictor=predictor,
                          compression=compression, encode=encode)
    for codec in os.listdir(top):
        if "tiles" in codec:
            break_tiles(f"{top}/{codec}")
            continue
        break_file(f"{top}/{codec}")
        make_odd(f"{top}/{codec}", {"g4": 3, "lzw": 1}.get(codec, 2 if codec.startswith("jpeg") else 0))


def entry(data, tag):
    """Where the value of a tag's LONGs or SHORTs lies in a little-endian classic file, how many, and their size."""
    at, = struct.unpack_from("<I", data, 4)
    for e in range(at + 2, at + 2 + 12 * struct.unpack_from("<H", data, at)[0], 12):
        number, kind, count, where = struct.unpack_from("<HHII", data, e)
        if number == tag:
            size = 2 if kind == 3 else 4
            return (where if count * size > 4 else e + 8), count, size
    raise KeyError(tag)


def numbers(data, tag):
    at, count, size = entry(data, tag)
    return struct.unpack_from("<" + "IH"[size == 2] * count, data, at)


def break_file(folder):
    with open(f"{folder}/whole.tif", "rb") as f:
        whole = f.read()
    offsets, counts = numbers(whole, 273), numbers(whole, 279)
    for kind in KINDS:
        for place in range(3):
            strip = min(place, len(offsets) - 1)
            data, begin, size = bytearray(whole), offsets[strip], counts[strip]
            half = begin + size // 2
            if kind == "cut":
                at, _, width = entry(whole, 279)
                struct.pack_into("<" + "IH"[width == 2], data, at + strip * width, size // (2 + place - strip))
            elif kind == "zeros":
                half = begin + size * (2 + place - strip) // 4 if len(offsets) == 1 else half
                data[half:begin + size] = bytes(begin + size - half)
            else:
                at = begin + size * (place + 1) // 4
                data[at:at + 8] = bytes(b ^ 0xFF for b in data[at:at + 8])
            with open(f"{folder}/{kind}-{place}.tif", "wb") as f:
                f.write(data)


def break_tiles(folder):
    """The same of tiles, the last of which lie at the edges of the image."""
    with open(f"{folder}/whole.tif", "rb") as f:
        whole = f.read()
    for place, (begin, size) in enumerate(list(zip(numbers(whole, 324), numbers(whole, 325)))[-3:]):
        for kind in KINDS:
            data = bytearray(whole)
            if kind == "cut":
                at, _, width = entry(whole, 325)
                struct.pack_into("<" + "IH"[width == 2], data, at + (place + 1) * width, size // 2)
            elif kind == "zeros":
                data[begin + size // 2:begin + size] = bytes(size - size // 2)
            else:  # only the checksum itself is wrong: of xz it is before the index, of Zstandard at the end
                index = (struct.unpack_from("<I", data, begin + size - 8)[0] + 1) * 4
                at = begin + size - (4 if "zstd" in folder else 12 + index + 4)
                data[at:at + 1] = bytes([data[at] ^ 1])
            with open(f"{folder}/{kind}-{place}.tif", "wb") as f:
                f.write(data)


def make_odd(folder, end):
    """Each strip moved to the end of the file without its last `end` bytes, or with seven more."""
    with open(f"{folder}/whole.tif", "rb") as f:
        whole = f.read()
    for name, less, more in ("no-end", end, b""), ("more", 0, b"\x55junk!\xaa"):
        if not less and not more:
            continue
        data = bytearray(whole)
        for strip, (begin, size) in enumerate(zip(numbers(whole, 273), numbers(whole, 279))):
            for tag, value in (273, len(data)), (279, size - less + len(more)):
                at, _, width = entry(whole, tag)
                struct.pack_into("<" + "IH"[width == 2], data, at + strip * width, value)
            data += whole[begin:begin + size - less] + more
        with open(f"{folder}/odd-{name}.tif", "wb") as f:
            f.write(data)


def pack(paths, bands, *options):
    """What rsenc-pack stores of each path: its blob's data, and the complaints by path."""
    lines = "".join(f"{p}\tB{{1..{bands}}}={p}\n" for p in paths)
    with tempfile.TemporaryFile() as out:
        run = subprocess.run([os.environ.get("RSENC_PACK", "rsenc-pack"), "-rk", *options], input=lines.encode(),
                             stdout=out, stderr=subprocess.PIPE, check=False)
        out.seek(0)
        stream = out.read()
    if run.returncode not in (0, 1):
        sys.exit(f"rsenc-pack ended with status {run.returncode}: {run.stderr.decode()}")
    from records import records
    said = {line.split(": ")[1]: line.partition(": ")[2] for line in run.stderr.decode().splitlines()}
    return {key: blob[8 + struct.unpack("<Q", blob[:8])[0]:] for key, blob in records(stream)}, said


def ask_oracle(oracle, path):
    """The values, or None; and whether it warned of something."""
    try:
        return b"".join(a.tobytes() for _, a in oracle.read(path)), bool(oracle.warned())
    except oracle.Refused:
        return None, True


def verdict(values, warned, truth):
    return "refused" if values is None else "warned" if warned else "same" if values == truth else "WRONG"


def main():
    if sys.argv[1:2] == ["make"]:
        make(sys.argv[2])
        return
    import oracle
    wrong = 0
    print(f"oracle: {oracle.VERSION[0]} {'.'.join(map(str, oracle.VERSION[1]))}; places of three: "
          "ours refused/same/WRONG; oracle refused/warned/same/WRONG")
    for folder in sorted(glob.glob(f"{sys.argv[1]}/*")):
        codec = os.path.basename(folder)
        bands = numbers(open(f"{folder}/whole.tif", "rb").read(), 277)[0]
        ours, said = pack(glob.glob(f"{folder}/*.tif"), bands)
        truth = ours.get(f"{folder}/whole.tif")
        if truth is None:
            print(f"{codec}: the undamaged file is refused")
            wrong += 1
            continue
        for path in sorted(glob.glob(f"{folder}/odd-*.tif")):
            values, warned = ask_oracle(oracle, path)
            if ours.get(path) != truth:
                print(f"{path}: {said.get(path, 'other values')}; the oracle {verdict(values, warned, None)}")
                wrong += values is not None and not warned and oracle.VERSION[0] == "gdal"
        his, _ = ask_oracle(oracle, f"{folder}/whole.tif")
        row = []
        for kind in KINDS:
            us, him = collections.Counter(), collections.Counter()
            for place in range(3):
                path = f"{folder}/{kind}-{place}.tif"
                mine = "refused" if path not in ours else "same" if ours[path] == truth else "WRONG"
                us[mine] += 1
                values, warned = ask_oracle(oracle, path)
                him[verdict(values, warned, his)] += 1
                if mine == "WRONG" and (codec in SUMMED or (codec in HOLED and kind == "zeros") or (warned and oracle.VERSION[0] == "gdal")):
                    print(f"{path}: WRONG")
                    wrong += 1
            row.append(f"{kind} {us['refused']}/{us['same']}/{us['WRONG']} "
                       f"{him['refused']}/{him['warned']}/{him['same']}/{him['WRONG']}")
        print(f"{codec:20}" + "    ".join(row) + ("" if codec not in SUMMED else "    summed"))
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()

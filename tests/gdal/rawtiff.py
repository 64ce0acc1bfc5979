"""A TIFF writer that lets a test say every byte: any tag of any type and count, either byte order,
BigTIFF, odd sample widths, sparse or wrong strips. It knows nothing of what is valid.

    w = Writer("x.tif", endian=">", big=True)
    w.image(data, bits=12, tile=(16, 16), tags={306: (ASCII, b"now\\0")}, drop={279})
    w.close()
"""
import lzma
import struct
import subprocess
import zlib

import numpy as np

BYTE, ASCII, SHORT, LONG, RATIONAL, SBYTE, UNDEFINED, SSHORT, SLONG = range(1, 10)
FLOAT, DOUBLE, IFD, LONG8, SLONG8, IFD8 = 11, 12, 13, 16, 17, 18
CODE = {BYTE: "B", SHORT: "H", LONG: "I", SBYTE: "b", SSHORT: "h", SLONG: "i", FLOAT: "f", DOUBLE: "d",
        IFD: "I", LONG8: "Q", SLONG8: "q", IFD8: "Q", RATIONAL: "II"}


def packbits(row):
    """PackBits of one row, literal runs only."""
    return b"".join(bytes([len(c) - 1]) + c for c in (row[i:i + 128] for i in range(0, len(row), 128)))


ENCODE = {1: bytes, 8: zlib.compress, 32946: zlib.compress, 32773: packbits,
          34925: lambda b: lzma.compress(b, check=lzma.CHECK_NONE)}


def lzma_with_crc(data):
    return lzma.compress(data, check=lzma.CHECK_CRC32)


def zstd_with_sum(data):
    return subprocess.run(["zstd", "-c"], input=data, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                          check=True).stdout


REVERSED = bytes(int(f"{i:08b}"[::-1], 2) for i in range(256))


def pack(rows, bits, endian):
    """Samples (height, n) to bytes: whole words in the file's order, other widths MSB first with each row padded."""
    if rows.dtype.kind in "fc" or bits in (8, 16, 32, 64, 128):
        return rows.astype(rows.dtype.newbyteorder(endian)).tobytes()
    wide = rows.astype(np.uint64)[..., None] >> np.arange(bits - 1, -1, -1, dtype=np.uint64) & np.uint64(1)
    return np.packbits(wide.astype(np.uint8).reshape(rows.shape[0], -1), axis=1).tobytes()


def predict(rows, step, predictor, endian):
    """Horizontal differencing (2) or the floating point predictor (3) of samples (height, n)."""
    if predictor == 2:
        rows = rows.view(f"u{rows.itemsize}") if rows.dtype.kind != "c" else rows
        out = rows.copy()
        out[:, step:] -= rows[:, :-step] if rows.shape[1] > step else 0
        return out
    size = rows.dtype.itemsize
    planes = rows.astype(rows.dtype.newbyteorder(">")).view(np.uint8).reshape(rows.shape[0], -1, size)
    flat = planes.transpose(0, 2, 1).reshape(rows.shape[0], -1)
    out = flat.copy()
    out[:, step:] -= flat[:, :-step]
    return out


class Writer:
    def __init__(self, path, endian="<", big=False):
        self.path, self.endian, self.big = path, endian, big
        self.bytes = bytearray(b"II" if endian == "<" else b"MM")
        self.bytes += struct.pack(endian + ("HHHQ" if big else "HI"), *((43, 8, 0, 0) if big else (42, 0)))
        self.link = len(self.bytes) - (8 if big else 4)

    def blob(self, data):
        """Appends data at an even offset, which is returned."""
        self.bytes += b"\0" * (len(self.bytes) % 2)
        self.bytes += data
        return len(self.bytes) - len(data)

    def value(self, kind, values):
        """The bytes and the count of a tag's value: bytes are taken as they are."""
        if isinstance(values, (bytes, bytearray)):
            return bytes(values), len(values)
        values = list(values) if isinstance(values, (list, tuple, np.ndarray)) else [values]
        code = CODE[kind]
        return struct.pack(f"{self.endian}{len(values)}{code[0]}", *values), len(values) // len(code)

    def ifd(self, tags, chain=True, order=sorted):
        """Writes a directory {tag: (type, values[, count])}; with `chain` links it behind the last one. Its offset."""
        inline, form = (8, "HHQ") if self.big else (4, "HHI")
        entries = []
        for tag in order(tags):
            kind, values, *count = tags[tag]
            data, n = self.value(kind, values)
            n = count[0] if count else n
            if len(data) > inline:
                data = struct.pack(self.endian + ("Q" if self.big else "I"), self.blob(data))
            entries.append(struct.pack(self.endian + form, tag, kind, n) + data.ljust(inline, b"\0"))
        head = struct.pack(self.endian + ("Q" if self.big else "H"), len(entries))
        at = self.blob(head + b"".join(entries) + b"\0" * inline)
        if chain:
            self.bytes[self.link:self.link + inline] = struct.pack(self.endian + ("Q" if self.big else "I"), at)
            self.link = len(self.bytes) - inline
        return at

    def image(self, data, *, bits=None, form=None, planar=1, rows=None, tile=None, compression=1, photometric=1,
              predictor=1, fill_order=1, nodata=None, sparse=(), truncate=None, tags=None, drop=(), chain=True,
              kinds=(LONG, LONG), whole=None, encode=None):
        """Writes data (bands, height, width) with its directory, and returns that one's offset. `sparse` are the
        blocks that are not stored; `truncate` maps a block to the bytes that stay; `tags` adds to or replaces tags
        and `drop` leaves some out; `kinds` are the types of the offset and count arrays; `whole` says whether the
        rows of the last blocks below the image are stored (they are in tiles, and not in strips); `encode` is the
        codec's own, of bytes."""
        bands, height, width = data.shape
        bits = bits or data.dtype.itemsize * 8
        form = form or {"u": 1, "i": 2, "f": 3, "c": 6}[data.dtype.kind]
        tw, th = tile or (width, rows or height)
        down, across = -(-height // th), -(-width // tw)
        offsets, counts = [], []
        for plane in ([data] if planar == 1 else [data[i:i + 1] for i in range(bands)]):
            for by in range(down):
                for bx in range(across):
                    block = plane[:, by * th:(by + 1) * th, bx * tw:(bx + 1) * tw]
                    if tile or whole:
                        full = np.zeros((len(plane), block.shape[1] if whole is False else th, tw), data.dtype)
                        full[:, :block.shape[1], :block.shape[2]] = block
                        block = full
                    samples = np.ascontiguousarray(block.transpose(1, 2, 0)).reshape(block.shape[1], -1)
                    if predictor != 1:
                        samples = predict(samples, len(plane), predictor, self.endian)
                        raw = pack(samples, samples.itemsize * 8, self.endian)
                    else:
                        raw = pack(samples, bits, self.endian)
                    if compression == 32773:
                        step = len(raw) // len(samples)
                        raw = b"".join(packbits(raw[i:i + step]) for i in range(0, len(raw), step))
                    else:
                        raw = (encode or ENCODE[compression])(raw)
                    if fill_order == 2:
                        raw = raw.translate(REVERSED)
                    n = len(offsets)
                    if n in sparse:
                        offsets.append(0)
                        counts.append(0)
                        continue
                    raw = raw[:truncate[n]] if truncate and n in truncate else raw
                    offsets.append(self.blob(raw))
                    counts.append(len(raw))
        t = {256: (LONG, width), 257: (LONG, height), 258: (SHORT, [bits] * bands), 259: (SHORT, compression),
             262: (SHORT, photometric), 277: (SHORT, bands), 284: (SHORT, planar), 339: (SHORT, [form] * bands)}
        color = {2: 3, 5: 4, 6: 3, 8: 3, 32845: 3}.get(photometric, 1)
        if bands > color:
            t[338] = (SHORT, [0] * (bands - color))
        if tile:
            t.update({322: (LONG, tw), 323: (LONG, th), 324: (kinds[0], offsets), 325: (kinds[1], counts)})
        else:
            t.update({273: (kinds[0], offsets), 278: (LONG, th), 279: (kinds[1], counts)})
        if predictor != 1:
            t[317] = (SHORT, predictor)
        if fill_order != 1:
            t[266] = (SHORT, fill_order)
        if nodata is not None:
            t[42113] = (ASCII, nodata.encode() + b"\0")
        t.update(tags or {})
        return self.ifd({k: v for k, v in t.items() if k not in drop}, chain)

    def close(self):
        with open(self.path, "wb") as f:
            f.write(self.bytes)


def write(path, data, endian="<", big=False, **options):
    """A file of one image."""
    w = Writer(path, endian, big)
    w.image(data, **options)
    w.close()

"""Files with something wrong: GDAL reads some of them all the same, and refuses others."""
import struct

from rawtiff import ASCII, BYTE, DOUBLE, FLOAT, IFD, IFD8, LONG, LONG8, RATIONAL, SHORT, SLONG, SSHORT, Writer, write


def make_fault_tag(m):
    one, three = m.noise((1, 8, 8), "u1"), m.noise((3, 8, 8), "u1")
    for tag in (256, 257, 262, 273, 277, 278, 279, 284):
        write(m.path(f"without-{tag}"), one, drop={tag})
        write(m.path(f"without-{tag}-strips"), one, rows=2, compression=8, drop={tag})
    for tag in (322, 323, 324, 325):
        write(m.path(f"without-{tag}"), one, tile=(16, 16), drop={tag})
        write(m.path(f"without-{tag}-tiles"), m.noise((1, 40, 40), "u1"), tile=(16, 16), drop={tag})
    for tag, values in ((256, (0, 0x7FFFFFFF, 0x80000000, 9, 7)), (257, (0, 0x7FFFFFFF, 0x80000000, 9, 7, 80)),
                        (278, (0, 1, 100, 0xFFFFFFFF))):
        for v in values:
            write(m.path(f"{tag}-{v}"), one, tags={tag: (LONG, v)})
    for tag, values in ((258, (0, 1, 7, 9, 16, 17, 64, 128, 65535)), (259, (0, 2, 3, 4, 5, 6, 7, 8, 9, 99, 32766, 32771,
                        32773, 32809, 32895, 32909, 32946, 32947, 34661, 34676, 34677, 34712, 34887, 34925, 50000,
                        50001, 50002, 65000)), (262, (0, 3, 4, 5, 6, 8, 32844, 32845, 65535)), (277, (0, 2, 3, 65535)),
                        (284, (0, 2, 3)), (266, (0, 3)), (339, (0, 3, 5, 6, 7)), (317, (0, 2, 3, 65535)),
                        (274, (0, 9, 65535))):
        for v in values:
            write(m.path(f"{tag}-{v}"), one, tags={tag: (SHORT, v)})
            if tag in (258, 277, 317, 339):
                write(m.path(f"{tag}-{v}-deflate"), three, compression=8, tags={tag: (SHORT, v)})
    for kind, value in ((SHORT, 8), (BYTE, 8), (RATIONAL, [8, 1]), (FLOAT, [8.0]), (DOUBLE, [8.0]), (SLONG, 8),
                        (SLONG, -8), (SSHORT, 8), (LONG8, 8), (ASCII, b"8\0"), (LONG, [8, 8]), (99, b"\x08\0\0\0")):
        write(m.path(f"width-type{kind}-{len(str(value))}"), one, tags={256: (kind, value)})
    write(m.path("width-count0"), one, tags={256: (LONG, b"\x08\0\0\0", 0)})
    for name, tags in (("bits-differ", {258: (SHORT, [8, 8, 16])}), ("bits-two", {258: (SHORT, [8, 8])}),
                       ("bits-long", {258: (LONG, [8, 8, 8])}), ("bits-byte", {258: (BYTE, [8, 8, 8])}),
                       ("formats-differ", {339: (SHORT, [1, 2, 1])}), ("formats-four", {339: (SHORT, [1] * 4)}),
                       ("formats-two", {339: (SHORT, [1, 1])}), ("extra-four", {338: (SHORT, [0] * 4)}),
                       ("extra-9", {338: (SHORT, [9])}), ("min-max", {280: (SHORT, [1]), 281: (SHORT, [5, 6, 7])})):
        write(m.path(name), three, photometric=2, tags=tags)
    w = Writer(m.path("unsorted"))
    o = w.blob(one.tobytes())
    tags = {256: (LONG, 8), 257: (LONG, 8), 258: (SHORT, 8), 259: (SHORT, 1), 262: (SHORT, 1), 273: (LONG, o),
            277: (SHORT, 1), 278: (LONG, 8), 279: (LONG, 64)}
    w.ifd(tags, order=lambda t: sorted(t, reverse=True))
    w.close()
    write(m.path("many-unknown-tags"), one, tags={50000 + i: (LONG, i) for i in range(500)})
    write(m.path("unknown-type"), one, tags={50000: (200, b"xxxxxxxxxxxx")})
    write(m.path("geotiff-junk"), one, tags={33550: (DOUBLE, [1.0, 1.0, 0.0]), 34735: (SHORT, [1, 1, 0, 9, 9, 9, 9, 9]),
                                             42112: (ASCII, b"<GDALMetadata><Item"), 34736: (DOUBLE, [1.0])})
    xml = b'<GDALMetadata><Item name="PIXELTYPE" domain="IMAGE_STRUCTURE" sample="0">SIGNEDBYTE</Item></GDALMetadata>\0'
    write(m.path("pixeltype-of-band"), one, tags={42112: (ASCII, xml)})
    write(m.path("pixeltype-of-file"), one, tags={42112: (ASCII, xml.replace(b' sample="0"', b""))})
    scale = b'<GDALMetadata><Item name="SCALE" sample="0" role="scale">2</Item></GDALMetadata>\0'
    write(m.path("scale"), one, tags={42112: (ASCII, scale)})


def make_fault_block(m):
    one, three = m.noise((1, 8, 8), "u1"), m.noise((3, 8, 8), "u1")
    for compression in (1, 8, 32773):
        for name, options in {
                "short": {"truncate": {1: 5}}, "short-by-1": {"truncate": {1: 15}}, "empty": {"truncate": {1: 1}},
                "counts-2": {"tags": {279: (LONG, [26, 26])}}, "counts-6": {"tags": {279: (LONG, [26] * 6)}},
                "counts-1": {"tags": {279: (LONG, 26)}}, "offsets-2": {"tags": {273: (LONG, [8, 24])}},
                "counts-large": {"tags": {279: (LONG, [16, 16, 1 << 30, 16])}},
                "counts-max": {"tags": {279: (LONG, [0xFFFFFFFF] * 4)}},
                "counts-double": {"tags": {279: (DOUBLE, [16.0] * 4)}},
                "counts-negative": {"tags": {279: (SLONG, [16, -1, 16, 16])}},
                "counts-far": {"tags": {279: (LONG, struct.pack("<I", 0xFFFFF0), 4)}},
                "offset-outside": {"tags": {273: (LONG, [8, 24, 1 << 30, 56])}},
                "offset-end": {"tags": {273: (LONG, [8, 24, 300, 56])}},
                "offset-0": {"tags": {273: (LONG, [0, 24, 40, 56])}},
                "types-slong": {"kinds": (SLONG, SLONG)}, "types-short": {"kinds": (SSHORT, SSHORT)},
                "types-ifd": {"kinds": (IFD, LONG)}, "types-ifd8": {"kinds": (IFD8, LONG8)}}.items():
            write(m.path(f"{name}-{compression}"), one, rows=2, compression=compression, nodata="9", **options)
        write(m.path(f"planes-one-count-{compression}"), three, planar=2, compression=compression,
              tags={279: (LONG, [64])})
        write(m.path(f"planes-two-{compression}"), three, planar=2, compression=compression,
              tags={273: (LONG, [8, 72]), 279: (LONG, [64, 64])})
        write(m.path(f"second-plane-bad-{compression}"), three, planar=2, compression=compression, truncate={1: 3})
        for th, height in ((16, 20), (64, 20), (64, 40), (48, 20)):
            write(m.path(f"tile{th}-rows-missing-{height}-{compression}"), m.noise((1, height, 16), "u1"),
                  tile=(16, th), whole=False, compression=compression)
            write(m.path(f"tile{th}-rows-missing-{height}-{compression}-3"), m.noise((3, height, 16), "u2"),
                  tile=(16, th), whole=False, compression=compression)
        for bands in (1, 3):
            for t, bits in (("u1", 8), ("u2", 16), ("u1", 4)):
                data = (m.noise if bits == 4 else m.smooth)((bands, 37, 41), t)
                write(m.path(f"last-strip-whole-{compression}-{bands}-{bits}"), data, rows=16, whole=True, bits=bits,
                      compression=compression)
                write(m.path(f"last-strip-whole-{compression}-{bands}-{bits}-planes"), data, ">", rows=16, whole=True,
                      bits=bits, planar=2, compression=compression)
            if compression != 8:  # where GDAL passes on old memory
                write(m.path(f"rows-left-over-{compression}-{bands}"), m.smooth((bands, 40, 41), "u1"), rows=10,
                      compression=compression, tags={278: (LONG, 8), 257: (LONG, 30)})
        write(m.path(f"one-strip-short-{compression}"), one, compression=compression, truncate={0: 20})
        write(m.path(f"one-strip-3-short-{compression}"), m.noise((3, 60, 80), "u2"), compression=compression,
              truncate={0: 2000})
        write(m.path(f"last-strip-short-{compression}"), one, rows=3, compression=compression, truncate={2: 8})


def make_fault_file(m):
    path = m.path("whole")
    write(path, m.noise((2, 20, 20), "u2"), rows=6, compression=8)
    with open(path, "rb") as f:
        whole = f.read()
    for n, cut in enumerate([0, 1, 2, 4, 7, 8, 9, *range(20, len(whole), 97), len(whole) - 1]):
        with open(m.path(f"cut-{n:02}"), "wb") as f:
            f.write(whole[:cut])
    heads = {"offset0": b"II*\0\0\0\0\0", "offset-far": b"II*\0\xff\xff\xff\x7f", "magic41": b"II\x29\0\x08\0\0\0",
             "mixed": b"IM*\0\x08\0\0\0", "big-odd": b"II+\0\x09\0\0\0" + b"\x10" + b"\0" * 7,
             "bytes-swapped": b"MM*\0\x08\0\0\0", "text": b"This is not a TIFF file, it is some text.\n"}
    for name, head in heads.items():
        with open(m.path(name), "wb") as f:
            f.write(head + whole[len(head):])
    w = Writer(m.path("many-entries"))
    w.bytes += struct.pack("<H", 65535) + b"\0" * 100
    w.bytes[4:8] = struct.pack("<I", 8)
    w.close()

"""Valid files by the raw writer: sample types, odd widths, layouts, predictors, sparse blocks, colour."""
import shutil

from rawtiff import (ASCII, BYTE, IFD, LONG, LONG8, SHORT, UNDEFINED, Writer, lzma_with_crc, write,
                     zstd_with_sum)

TYPES = "u1 i1 u2 i2 u4 i4 u8 i8 f2 f4 f8 c8".split()
ORDERS = (("le", "<"), ("be", ">"))


def make_sample(m):
    for t in TYPES:
        for order, endian in ORDERS:
            for planar in (1, 2):
                for bands in (1, 3):
                    if bands == 1 and planar == 2:
                        continue
                    data = m.noise((bands, 21, 19), t)
                    write(m.path(f"{t}-{order}-planar{planar}-{bands}-strips"), data, endian, planar=planar, rows=5)
                    write(m.path(f"{t}-{order}-planar{planar}-{bands}-tiles"), data, endian, big=order == "be",
                          planar=planar, tile=(16, 16), kinds=(LONG8, LONG) if order == "be" else (LONG, SHORT))
    for order, endian in ORDERS:
        pairs = m.noise((2, 9, 8), "u4")
        write(m.path(f"cint16-{order}"), m.noise((1, 9, 16), "i2").reshape(1, 9, 16), endian, bits=32, form=5,
              tags={256: (LONG, 8)})
        write(m.path(f"cint16-words-{order}"), pairs, endian, form=5, planar=2)
        write(m.path(f"cint32-{order}"), m.noise((1, 9, 8), "u8"), endian, form=5)
        write(m.path(f"cfloat64-{order}"), m.noise((1, 9, 8), "c16"), endian)
        write(m.path(f"cfloat16-{order}"), m.noise((1, 9, 16), "u2").reshape(1, 9, 16), endian, bits=32, form=6,
              tags={256: (LONG, 8)})
        write(m.path(f"cfloat16-words-{order}"), pairs, endian, form=6, planar=2, tile=(16, 16))
    for bits, t in ((8, "u1"), (16, "u2"), (32, "u4"), (64, "u8")):
        write(m.path(f"void-{bits}"), m.noise((2, 9, 8), t), form=4)
        write(m.path(f"noformat-{bits}"), m.noise((2, 9, 8), t), drop={339})
        write(m.path(f"cint-{bits}"), m.noise((1, 9, 8), t), form=5)
        write(m.path(f"cfloat-{bits}"), m.noise((1, 9, 8), t), form=6)
        write(m.path(f"float-{bits}"), m.noise((1, 9, 8), t), form=3)
    for value in (0, 7):
        write(m.path(f"format-{value}"), m.noise((1, 9, 8), "u1"), tags={339: (SHORT, value)})


def make_types(m):
    """Every width and format, over a row of bits, and samples of a pixel that differ."""
    for bits in range(1, 65):
        for form in range(8):
            for bands in (1, 3):
                raw = m.noise((1, 2, -(-3 * bands * bits // 8)), "u1", bits)
                write(m.path(f"{bits}-{form}-{bands}"), raw, tags={
                    256: (LONG, 3), 258: (SHORT, [bits] * bands), 277: (SHORT, bands), 339: (SHORT, [form] * bands)})
    for bits, form in (([8, 16], [1, 1]), ([16, 8, 8], [1, 1, 1]), ([32, 32], [5, 6]), ([32, 32], [1, 6]),
                       ([16, 16, 16], [1, 2, 3]), ([8, 8, 8], [1, 1, 2])):
        for planar in (1, 2):
            raw = m.noise((1, 2, 100), "u1")
            write(m.path(f"mixed-{'-'.join(map(str, bits))}-{'-'.join(map(str, form))}-{planar}"), raw, tags={
                256: (LONG, 3), 258: (SHORT, bits), 277: (SHORT, len(bits)), 284: (SHORT, planar), 339: (SHORT, form)})


def make_bits(m):
    for bits in [*range(1, 8), *range(9, 16), *range(17, 32)]:
        t = "u1" if bits < 8 else "u2" if bits < 16 else "u4"
        one, three = m.noise((1, 11, 13), t, bits), m.noise((3, 11, 13), t, bits)
        write(m.path(f"{bits}-1"), one, bits=bits, rows=4)
        write(m.path(f"{bits}-3-be"), three, ">", bits=bits, rows=4)
        write(m.path(f"{bits}-3-planes-tiles"), three, bits=bits, planar=2, tile=(16, 16))
        write(m.path(f"{bits}-3-tiles-be"), three, ">", bits=bits, tile=(8, 8))
        write(m.path(f"{bits}-signed"), one, bits=bits, form=2)
        write(m.path(f"{bits}-deflate-fill2"), three, bits=bits, rows=4, compression=8, fill_order=2)
        write(m.path(f"{bits}-void"), one, bits=bits, form=4)
    for bits in (1, 3, 4, 12, 20, 24):
        for bands, planar in ((1, 1), (3, 1), (3, 2)):
            t = "u1" if bits < 8 else "u2" if bits < 16 else "u4"
            write(m.path(f"{bits}-tiles5x3-{bands}-planar{planar}"), m.noise((bands, 11, 13), t), bits=bits,
                  tile=(5, 3), planar=planar, compression=8)
    for bits in (33, 40, 48, 63, 127, 128):
        raw = m.noise((1, 11, 2 * bits), "u1")
        write(m.path(f"{bits}-refused"), raw, tags={256: (LONG, 13), 258: (SHORT, bits)})
    for order, endian in ORDERS:
        for bands in (1, 3):
            raw = m.noise((1, 11, 13 * 3 * bands), "u1")
            for form, name in ((1, "uint"), (2, "int"), (3, "float")):
                for compression in (1, 8):
                    write(m.path(f"24-{name}-{order}-{bands}-{compression}"), raw, endian, rows=3, photometric=1,
                          compression=compression, tags={256: (LONG, 13), 258: (SHORT, [24] * bands),
                                                         277: (SHORT, bands), 339: (SHORT, [form] * bands)})
    for form in (1, 2, 4, 5, 6, 3):
        write(m.path(f"1-format{form}"), m.noise((1, 11, 13), "u1"), bits=1, form=form)
    for bits in (1, 2, 4, 12):
        write(m.path(f"{bits}-200bands"), m.noise((200, 5, 3), "u2"), bits=bits)


def make_layout(m):
    for w, h in ((1, 1), (1, 7), (7, 1), (2, 3), (17, 33), (64, 64)):
        for rows in sorted({1, 2, 3, h, 100}):
            write(m.path(f"{w}x{h}-rows{rows}"), m.noise((2, h, w), "u2"), rows=rows)
        for tile in ((16, 16), (32, 16), (48, 64), (256, 256), (5, 3)):
            write(m.path(f"{w}x{h}-tile{tile[0]}x{tile[1]}"), m.noise((2, h, w), "u1"), tile=tile, compression=8)
            write(m.path(f"{w}x{h}-tile{tile[0]}x{tile[1]}-planes"), m.noise((2, h, w), "f4"), tile=tile, planar=2)
    for bands in (2, 4, 5, 16, 127, 128, 129, 202, 1000, 3000):
        for planar in (1, 2):
            write(m.path(f"bands{bands}-planar{planar}"), m.noise((bands, 3, 4), "i2"), planar=planar, rows=2,
                  compression=8)
    for orientation in range(9):
        write(m.path(f"orientation{orientation}"), m.noise((1, 5, 7), "u1"), tags={274: (SHORT, orientation)})
    for t in ("u1", "u2", "i4", "f8", "c8"):
        for compression in (1, 8, 32773, 34925):
            write(m.path(f"fill2-{t}-{compression}"), m.noise((2, 5, 7), t), fill_order=2, compression=compression)
    for extra in ([0], [1], [2], [999]):
        write(m.path(f"rgb-extra{extra[0]}"), m.noise((4, 5, 7), "u1"), photometric=2, tags={338: (SHORT, extra)})
        write(m.path(f"gray-extra{extra[0]}"), m.noise((2, 5, 7), "u2"), tags={338: (SHORT, extra)})
    write(m.path("no-extra-tag"), m.noise((6, 5, 7), "u1"), photometric=2, drop={338})
    for bands in (1, 3):
        for planar in (1, 2):
            for compression in (1, 8):
                write(m.path(f"tall-{bands}-planar{planar}-{compression}"), m.noise((bands, 2500, 3), "u1"), ">",
                      planar=planar, compression=compression)
    write(m.path("tall-1bit"), m.noise((1, 2500, 13), "u1"), bits=1, compression=8)
    write(m.path("tall-1bit-raw"), m.noise((1, 2500, 130), "u1"), bits=1)
    write(m.path("one-strip-of-many"), m.noise((3, 200, 100), "u2"))
    write(m.path("offsets-short"), m.noise((1, 8, 8), "u1"), rows=2, kinds=(SHORT, SHORT))
    write(m.path("offsets-long8-classic"), m.noise((1, 8, 8), "u1"), rows=2, kinds=(LONG8, LONG8))
    write(m.path("counts-byte"), m.noise((1, 8, 8), "u1"), rows=2, kinds=(LONG, BYTE))
    write(m.path("no-planar-tag"), m.noise((3, 8, 8), "u1"), photometric=2, drop={284})
    write(m.path("no-samples-tag"), m.noise((1, 8, 8), "u1"), drop={277})
    write(m.path("no-compression-tag"), m.noise((1, 8, 8), "u1"), drop={259})
    write(m.path("no-photometric-tag"), m.noise((3, 8, 8), "u1"), drop={262})
    write(m.path("no-rows-tag"), m.noise((1, 8, 8), "u1"), drop={278})
    write(m.path("no-bits-tag"), m.noise((1, 8, 8), "u1"), drop={258})
    write(m.path("one-bits-value"), m.noise((3, 8, 8), "u2"), tags={258: (SHORT, 16), 339: (SHORT, 2)})


def make_pages(m):
    def pages(name, *images, big=False, endian="<"):
        w = Writer(m.path(name), endian, big)
        for data, options in images:
            w.image(data, **options)
        w.close()

    a, b = m.noise((2, 9, 8), "u2"), m.noise((1, 20, 30), "u1")
    for big in (False, True):
        for order, endian in ORDERS:
            pages(f"two-{order}-{'big' if big else 'classic'}", (a, {}), (b, {}), big=big, endian=endian)
    pages("reduced-first", (b, {"tags": {254: (LONG, 1)}}), (a, {}))
    pages("mask-first", (b, {"tags": {254: (LONG, 4)}, "bits": 1, "photometric": 4}), (a, {}))
    pages("mask-second", (a, {}), (b, {"tags": {254: (LONG, 4)}, "bits": 1, "photometric": 4}))
    pages("page-first", (b, {"tags": {254: (LONG, 2), 297: (SHORT, [0, 2])}}), (a, {"tags": {254: (LONG, 2)}}))
    for big in (False, True):
        w = Writer(m.path(f"subifd-{big}"), "<", big)
        subs = [w.image(b, chain=False, tags={254: (LONG, 1)}) for _ in range(2)]
        w.image(a, tags={330: (IFD if not big else 18, subs)})
        w.close()
    w = Writer(m.path("loop"))
    at = w.image(a)
    w.bytes[w.link:w.link + 4] = at.to_bytes(4, "little")
    w.close()


def make_predictor(m):
    for order, endian in ORDERS:
        for bands, planar in ((1, 1), (3, 1), (3, 2)):
            for t in ("u1", "i1", "u2", "i2", "u4", "i4", "f4", "u8", "i8", "f8", "c8"):
                data = m.smooth((bands, 20, 21), t) if t in ("f4", "f8", "c8") else m.noise((bands, 20, 21), t)
                if t != "c8":
                    write(m.path(f"2-{t}-{order}-{bands}-planar{planar}"), data, endian, compression=8, predictor=2,
                          planar=planar, rows=6)
            for t in ("f2", "f4", "f8"):
                data = m.noise((bands, 20, 21), t)
                write(m.path(f"3-{t}-{order}-{bands}-planar{planar}"), data, endian, compression=8, predictor=3,
                      planar=planar, tile=(16, 16))
    write(m.path("2-uncompressed"), m.noise((1, 8, 8), "u1"), tags={317: (SHORT, 2)})
    write(m.path("1-deflate"), m.noise((1, 8, 8), "u1"), tags={317: (SHORT, 1)}, compression=8)
    for predictor, bits, t in ((2, 12, "u2"), (2, 4, "u1"), (2, 24, "u4"), (3, 8, "u1"), (3, 16, "u2"), (3, 24, "u4"),
                               (0, 8, "u1"), (4, 8, "u1"), (2, 1, "u1"), (2, 128, "c16"), (3, 64, "c8")):
        write(m.path(f"{predictor}-odd-{bits}-{t}"), m.noise((1, 8, 8), t), bits=bits, compression=8,
              tags={317: (SHORT, predictor)})


NODATA = ("0", "1", "255", "300", "-1", "-2.5", "-9999", "nan", "-nan", "inf", "-inf", "1e400", "0.5", "1.5", "2.5",
          "-0.5", "-1.5", "1,5", "0x10", "junk", "", " 7", "12abc", "1e3", "65535", "2147483648", "4294967295",
          "9223372036854775807", "18446744073709551616", "-9223372036854775809", "3.4028234663852886e+38",
          "3.4028235e38", "3.5e38", "-3.4028235e+38", "1e-50", "16777217", "0.1", "2048", "-32768", "1.#QNAN")


def side_file(path, text):
    """What GDAL keeps beside a file: NAME.tif.aux.xml."""
    with open(path + ".aux.xml", "w", encoding="ascii") as f:
        f.write(f'<PAMDataset><PAMRasterBand band="1">{text}</PAMRasterBand></PAMDataset>')


def make_side(m):
    """Missing blocks whose nodata value is in a side file, or only statistics are; and blocks that are all there."""
    for t in "u1", "i2", "f4":
        for name, nodata, sparse, text in (("nodata", None, (1,), "<NoDataValue>7</NoDataValue>"),
                                           ("both", "9", (1,), "<NoDataValue>7</NoDataValue>"),
                                           ("stored", None, (), "<NoDataValue>7</NoDataValue>"),
                                           ("statistics", None, (1,), '<Metadata><MDI key="A">1</MDI></Metadata>')):
            path = m.path(f"{name}-{t}")
            write(path, m.noise((1, 4, 3), t), rows=2, sparse=sparse, nodata=nodata)
            side_file(path, text)


def make_sparse(m):
    for t in TYPES:
        for n, text in enumerate(NODATA):
            write(m.path(f"{t}-nodata{n:02}"), m.noise((1, 4, 3), t), rows=2, sparse=(1,), nodata=text)
    for bits, form in ((1, 1), (4, 1), (4, 2), (12, 1), (12, 2), (24, 1), (24, 3), (32, 4), (32, 5), (16, 5), (64, 4)):
        t = "u1" if bits < 8 else "u2" if bits <= 16 else "u4" if bits <= 32 else "u8"
        for n, text in enumerate(("-1", "7", "300", "70000", "5000000000", "nan", "1.5")):
            write(m.path(f"{bits}bit-format{form}-{n}"), m.noise((1, 4, 3), t), bits=bits, form=form, rows=2,
                  sparse=(1,), nodata=text)
    for planar in (1, 2):
        for tile in (None, (16, 16)):
            data = m.noise((3, 40, 20), "i2")
            for missing in ((0,), (1, 2), range(30)):
                name = f"planar{planar}-{'tiles' if tile else 'strips'}-{len(missing)}"
                for nodata in (None, "-7"):
                    write(m.path(f"{name}-{nodata}"), data, planar=planar, tile=tile, rows=None if tile else 7,
                          compression=8, sparse=missing, nodata=nodata)
    for kind, value in ((BYTE, b"7\0"), (UNDEFINED, b"7\0"), (ASCII, b"7"), (ASCII, b"7\x008\0"), (ASCII, b"\t7\n\0"),
                        (SHORT, [7]), (12, [7.0]), (ASCII, b"7" + b" " * 300 + b"\0")):
        write(m.path(f"tag-type{kind}-{len(value)}"), m.noise((2, 4, 4), "u2"), rows=2, sparse=(0,),
              tags={42113: (kind, value)})
    for rows in (2000, 2001):
        write(m.path(f"one-strip-{rows}"), m.noise((1, rows, 3), "u1"), sparse=(0,), nodata="9")
        write(m.path(f"one-strip-{rows}-u2"), m.noise((1, rows, 3), "u2"), sparse=(0,), nodata="9")
    write(m.path("count-0-offset-8"), m.noise((1, 8, 8), "u1"), rows=2, nodata="9", tags={279: (LONG, [16, 0, 16, 16])})
    write(m.path("cmyk"), m.noise((4, 8, 8), "u1"), rows=4, photometric=5, nodata="9", sparse=(1,))


def make_checked(m):
    """A checksum behind the pixels, in blocks that the image fills or not."""
    codecs = [("lzma", 34925, lzma_with_crc)]
    if shutil.which("zstd"):
        codecs.append(("zstd", 50000, zstd_with_sum))
    for name, compression, encode in codecs:
        for layout, how in (("tiles", {"tile": (16, 16)}), ("strips", {"rows": 8}), ("full", {"rows": 8, "whole": True})):
            for order, endian in ORDERS:
                for t in ("u1", "u2", "u4", "f4", "f8"):
                    for predictor in (1, 2, 3) if t[0] == "f" else (1, 2):
                        write(m.path(f"{name}-{layout}-{order}-{t}-predictor{predictor}"), m.smooth((2, 20, 20), t),
                              endian, compression=compression, encode=encode, predictor=predictor, **how)


def make_color(m):
    for photometric, name in ((8, "cielab"), (9, "icclab"), (10, "itulab"), (5, "cmyk"), (32844, "logl"),
                              (32845, "logluv"), (2, "rgb"), (32803, "cfa"), (4, "mask"), (99, "unknown")):
        for planar in (1, 2):
            for bands in (1, 2, 3, 4, 5):
                for t, bits in (("u1", 8), ("u2", 16)):
                    write(m.path(f"{name}-planar{planar}-{bands}-{bits}"), m.noise((bands, 9, 8), t), rows=4,
                          photometric=photometric, planar=planar)
    for photometric, bands in ((8, 3), (5, 4), (6, 3)):
        for layout in ({"tile": (16, 16)}, {"rows": 7}, {"rows": 40, "compression": 8}):
            for order, endian in ORDERS:
                name = f"rgba-{photometric}-{'-'.join(layout)}-{order}"
                write(m.path(name), m.noise((bands, 37, 35), "u1"), endian, photometric=photometric,
                      tags={530: (SHORT, [1, 1])} if photometric == 6 else {}, **layout)
        for orientation in (2, 3, 4, 5, 8):
            write(m.path(f"rgba-{photometric}-orientation{orientation}"), m.noise((bands, 9, 8), "u1"), rows=4,
                  photometric=photometric, tags={274: (SHORT, orientation), 530: (SHORT, [1, 1])})
    for name, layout in (("tiles", {"tile": (16, 16)}), ("strips", {"rows": 7})):
        write(m.path(f"cmyk-planes-{name}"), m.noise((4, 37, 35), "u1"), photometric=5, planar=2, **layout)
        write(m.path(f"ycbcr-planes-{name}"), m.noise((3, 37, 35), "u1"), photometric=6, planar=2,
              tags={530: (SHORT, [1, 1])}, **layout)
    for ink in (1, 2):
        write(m.path(f"cmyk-inkset{ink}"), m.noise((4, 9, 8), "u1"), photometric=5, tags={332: (SHORT, ink)})
    write(m.path("cmyk-alpha"), m.noise((5, 9, 8), "u1"), photometric=5, tags={338: (SHORT, 2)})
    for bits in (1, 2, 4):
        write(m.path(f"cmyk-{bits}bit"), m.noise((4, 9, 8), "u1"), photometric=5, bits=bits)
    for photometric, bands in ((8, 3), (9, 3), (10, 3), (5, 4), (5, 5), (6, 3)):
        for format in (2, 3, 4, 5, 6):  # what is turned into RGBA, and bytes that say they are something else
            for planar in (1, 2):
                write(m.path(f"format{format}-{photometric}-{bands}-planar{planar}"), m.noise((bands, 9, 8), "u1"),
                      photometric=photometric, planar=planar,
                      tags={339: (SHORT, [format] * bands), **({530: (SHORT, [1, 1])} if photometric == 6 else {})})
    for h in (1, 2, 4):
        for v in (1, 2, 4):
            for endian, height, width in (("<", 16, 16), (">", 13, 11)):
                block = h * v + 2
                size = -(-height // v) * -(-width // h) * block
                write(m.path(f"ycbcr-{h}x{v}-{height}"), m.noise((1, 1, size), "u1"), endian, photometric=6,
                      tags={256: (LONG, width), 257: (LONG, height), 258: (SHORT, [8] * 3), 277: (SHORT, 3),
                            278: (LONG, height), 339: (SHORT, [1] * 3), 530: (SHORT, [h, v])}, drop={338})
    for planar in (1, 2):
        for t in ("u1", "u2"):
            for sub in (None, [1, 1], [2, 1]):
                write(m.path(f"ycbcr-planar{planar}-{t}-{sub and sub[0]}"), m.noise((3, 9, 8), t), photometric=6,
                      planar=planar, tags={530: (SHORT, sub)} if sub else {})
    for bits in (1, 2, 4, 8, 16):
        t = "u2" if bits == 16 else "u1"
        colors = {320: (SHORT, m.noise((3 << bits,), "u2"))}
        write(m.path(f"palette-{bits}"), m.noise((1, 9, 8), t), bits=bits, photometric=3, tags=colors)
        write(m.path(f"palette-2bands-{bits}"), m.noise((2, 9, 8), t), bits=bits, photometric=3, tags=colors)
        write(m.path(f"miniswhite-{bits}"), m.noise((1, 9, 8), t), bits=bits, photometric=0)
        write(m.path(f"rgb-{bits}"), m.noise((3, 9, 8), t), bits=bits, photometric=2)
    write(m.path("palette-nomap"), m.noise((1, 9, 8), "u1"), photometric=3)
    write(m.path("miniswhite-float"), m.noise((1, 9, 8), "f4"), photometric=0)

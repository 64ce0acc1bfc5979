"""Files by libtiff and GDAL: every codec they can write, and by hand the old ones that they only read."""
import io
import struct
import subprocess

import numpy as np
from osgeo import gdal

import libtiff
from libtiff import (GROUP3_OPTIONS, JPEG_COLOR_MODE, JPEG_QUALITY, JPEG_TABLES_MODE, LERC_ADDITION, LERC_MAX_ERROR,
                     PIXARLOG_FORMAT, SGILOG_FORMAT, SUBSAMPLING, WEBP_LEVEL, WEBP_LOSSLESS)
from rawtiff import LONG, SHORT, Writer

gdal.UseExceptions()
LAYOUTS = (("strips", {"rows": 16}), ("tiles", {"tile": (32, 16)}))


def attempt(m, name, data, codec, **options):
    """One file, if the codec is there and takes it."""
    if libtiff.have(codec):
        libtiff.write(m.path(name), data, codec, **options)


def patch(path, tag, value):
    """Sets the SHORTs of a tag in a little-endian classic file."""
    with open(path, "rb") as f:
        data = bytearray(f.read())
    at, = struct.unpack_from("<I", data, 4)
    for entry in range(at + 2, at + 2 + 12 * struct.unpack_from("<H", data, at)[0], 12):
        number, _, count, where = struct.unpack_from("<HHII", data, entry)
        if number == tag:
            for i in range(count):
                struct.pack_into("<H", data, (where if count > 2 else entry + 8) + 2 * i, value)
    with open(path, "wb") as f:
        f.write(data)


def make_codec(m):
    for codec in ("lzw", "adobe", "deflate", "packbits", "zstd", "lzma"):
        for t in ("u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f4", "f8", "c8"):
            for layout, how in LAYOUTS:
                planar = 2 if t in ("i2", "f4") and layout == "tiles" else 1
                mode = "wb" if t in ("u2", "i4", "f8") else "w8" if t == "f4" else "w"
                attempt(m, f"{codec}-{t}-{layout}", m.smooth((3, 37, 41), t), codec, mode=mode, planar=planar, **how)
        if codec != "packbits":
            for predictor, types in ((2, ("u1", "u2", "u4", "u8")), (3, ("f4", "f8"))):
                for t in types:
                    for mode in ("w", "wb"):
                        attempt(m, f"{codec}-{t}-predictor{predictor}-{mode}", m.smooth((3, 37, 41), t), codec,
                                mode=mode, rows=10, tags=[(317, predictor)])
        rows = m.smooth((3, 48, 41), "u2").transpose(1, 2, 0)
        blocks = [np.ascontiguousarray(rows[y:y + 16]).tobytes() for y in (0, 16, 32)]
        attempt(m, f"{codec}-last-strip-whole", m.smooth((3, 37, 41), "u2"), codec, rows=16, blocks=blocks)
    for addition in (0, 1, 2):
        for t in ("u1", "i1", "u2", "i2", "u4", "i4", "f4", "f8"):
            for layout, how in LAYOUTS:
                for error in (0.0, 0.5):
                    attempt(m, f"lerc{addition}-{t}-{layout}-{error}", m.smooth((3, 37, 41), t), "lerc",
                            planar=2 if t == "i2" else 1, **how,
                            tags=[(LERC_ADDITION, addition), (LERC_MAX_ERROR, error)])
        holes = m.smooth((1, 37, 41), "f4")
        holes[0, 5:9, 5:9] = np.nan
        attempt(m, f"lerc{addition}-nan", holes, "lerc", rows=16, tags=[(LERC_ADDITION, addition)])
    for bands in (3, 4):
        for level in (75, 100):
            for layout, how in LAYOUTS:
                attempt(m, f"webp-{bands}-{level}-{layout}", m.smooth((bands, 37, 41), "u1"), "webp", photometric=2,
                        tags=[(WEBP_LEVEL, level), (WEBP_LOSSLESS, int(level == 100))], **how)
    for t, form in (("u1", 0), ("u2", 4), ("f4", 5)):
        attempt(m, f"pixarlog-{t}", (m.smooth((3, 37, 41), t) / (256 if t == "f4" else 1)).astype(t), "pixarlog",
                photometric=2, rows=16, tags=[(PIXARLOG_FORMAT, form)])
    light = (m.smooth((3, 37, 41), "f4") + 1) / 64
    for codec in ("sgilog", "sgilog24"):
        for mode in ("w", "wb"):
            attempt(m, f"{codec}-luv-{mode}", light, codec, mode=mode, photometric=32845, rows=8,
                    tags=[(SGILOG_FORMAT, 0)])
        attempt(m, f"{codec}-luv-tiles", light, codec, photometric=32845, tile=(16, 16), tags=[(SGILOG_FORMAT, 0)])
    for bands, photometric in ((3, 32845), (1, 32844)):
        for codec in ("sgilog", "sgilog24")[:bands]:
            # as few bits as make GDAL take the RGBA interface
            path = m.path(f"{codec}-{bands}-8bit")
            libtiff.write(path, light[:bands], codec, photometric=photometric, rows=8, tags=[(SGILOG_FORMAT, 0)])
            patch(path, 258, 8)
            patch(path, 339, 1)
    attempt(m, "sgilog-l", light[:1], "sgilog", photometric=32844, rows=8, tags=[(SGILOG_FORMAT, 0)])


def make_fax(m):
    ink = (m.smooth((1, 37, 45), "u1") % 97 < 30).astype("u1")
    rows = np.packbits(ink[0], axis=1)
    for codec in ("rle", "rlew", "g3", "g4", "jbig"):
        for options in ((0, 1, 4, 5) if codec == "g3" else (0,)):
            for photometric in (0, 1):
                for height in (37,) if codec == "jbig" else (37, 10):
                    blocks = [rows[y:y + height].tobytes() for y in range(0, 37, height)]
                    tags = [(GROUP3_OPTIONS, options)] if options else []
                    attempt(m, f"{codec}-{options}-{photometric}-{height}", ink, codec, bits=1, rows=height,
                            photometric=photometric, tags=tags, blocks=blocks)
        attempt(m, f"{codec}-fill2", ink, codec, bits=1, tags=[(266, 2)], blocks=[rows.tobytes()])
        tall = np.tile(rows, (60, 1))
        attempt(m, f"{codec}-tall", np.zeros((1, len(tall), 45), "u1"), codec, bits=1, blocks=[tall.tobytes()])
    for codec in ("lzw", "adobe", "packbits"):
        for bits in (1, 2, 4, 12):
            size = -(-45 * bits // 8)
            blocks = [m.noise((size * 10,), "u1", y).tobytes() for y in range(4)]
            attempt(m, f"{codec}-{bits}bit", np.zeros((1, 40, 45), "u2"), codec, bits=bits, rows=10, blocks=blocks)


def make_jpeg(m):
    gray, rgb, four = (m.smooth((n, 37, 41), "u1") for n in (1, 3, 4))
    for layout, how in LAYOUTS:
        for tables in (0, 1, 2, 3):
            attempt(m, f"gray-{layout}-tables{tables}", gray, "jpeg", tags=[(JPEG_TABLES_MODE, tables)], **how)
        for planar in (1, 2):
            attempt(m, f"rgb-{layout}-planar{planar}", rgb, "jpeg", photometric=2, planar=planar, **how)
        attempt(m, f"rgba-{layout}", four, "jpeg", photometric=2, **how)
        attempt(m, f"cmyk-{layout}", four, "jpeg", photometric=5, **how)
        attempt(m, f"miniswhite-{layout}", gray, "jpeg", photometric=0, **how)
        for h, v in ((1, 1), (2, 1), (2, 2), (1, 2), (4, 1), (4, 2)):
            for mode in ("w", "wb"):
                big = {"rows": 32} if layout == "strips" else {"tile": (32, 32)}
                attempt(m, f"ycbcr-{layout}-{h}x{v}-{mode}", rgb, "jpeg", photometric=6, mode=mode,
                        tags=[(JPEG_QUALITY, 80), (SUBSAMPLING, h, v), (JPEG_COLOR_MODE, 1)], **big)
    attempt(m, "ycbcr-tall", m.smooth((3, 2100, 20), "u1"), "jpeg", photometric=6,
            tags=[(SUBSAMPLING, 2, 2), (JPEG_COLOR_MODE, 1)])
    attempt(m, "ycbcr-planes", rgb, "jpeg", photometric=6, planar=2, rows=16,
            tags=[(SUBSAMPLING, 1, 1), (JPEG_COLOR_MODE, 0)])
    attempt(m, "two-bands", m.smooth((2, 37, 41), "u1"), "jpeg", rows=16)
    attempt(m, "five-bands", m.smooth((5, 37, 41), "u1"), "jpeg", planar=2, rows=16)


def make_gdal(m):
    memory = gdal.GetDriverByName("MEM")

    def source(data, kind):
        ds = memory.Create("", data.shape[2], data.shape[1], data.shape[0], kind)
        for i, band in enumerate(data, 1):
            ds.GetRasterBand(i).WriteArray(band)
        return ds

    def translate(name, data, kind, *options, **more):
        gdal.Translate(m.path(name), source(data, kind), creationOptions=list(options), **more)

    small, rgb = m.smooth((1, 60, 70), "u1"), m.smooth((3, 60, 70), "u1")
    for codec in ("LZW", "PACKBITS", "DEFLATE", "ZSTD", "LZMA", "LERC", "LERC_DEFLATE", "LERC_ZSTD", "JPEG", "WEBP"):
        for interleave in ("PIXEL", "BAND"):
            if (codec, interleave) == ("WEBP", "BAND"):
                continue
            translate(f"{codec}-{interleave}", rgb, gdal.GDT_Byte, f"COMPRESS={codec}", f"INTERLEAVE={interleave}",
                      "TILED=YES", "BLOCKXSIZE=32", "BLOCKYSIZE=32", "WEBP_LOSSLESS=YES" if codec == "WEBP" else
                      "BIGTIFF=NO")
    for photometric in ("YCBCR", "CMYK", "CIELAB", "ICCLAB", "ITULAB", "MINISWHITE"):
        data = {"CMYK": m.smooth((4, 60, 70), "u1"), "MINISWHITE": small}.get(photometric, rgb)
        for codec in ("JPEG", "LZW"):
            if (photometric, codec) != ("YCBCR", "LZW"):
                translate(f"{photometric}-{codec}", data, gdal.GDT_Byte, f"PHOTOMETRIC={photometric}",
                          f"COMPRESS={codec}")
    for bits in (1, 2, 3, 5, 7):
        translate(f"nbits{bits}", small % (1 << bits), gdal.GDT_Byte, f"NBITS={bits}")
    for bits in (9, 12, 15):
        translate(f"nbits{bits}", small.astype("u2"), gdal.GDT_UInt16, f"NBITS={bits}", "COMPRESS=DEFLATE")
    for bits in (17, 24, 31):
        translate(f"nbits{bits}", small.astype("u4"), gdal.GDT_UInt32, f"NBITS={bits}", "ENDIANNESS=BIG")
    translate("half", small.astype("f4"), gdal.GDT_Float32, "NBITS=16")
    for codec in ("CCITTRLE", "CCITTFAX3", "CCITTFAX4"):
        translate(codec, small & 1, gdal.GDT_Byte, "NBITS=1", f"COMPRESS={codec}")
    for alpha in ("YES", "NO", "PREMULTIPLIED"):
        translate(f"alpha-{alpha}", m.smooth((4, 60, 70), "u1"), gdal.GDT_Byte, "PHOTOMETRIC=RGB", f"ALPHA={alpha}")
    for kind, t in ((gdal.GDT_CInt16, "i2"), (gdal.GDT_CFloat32, "c8"), (gdal.GDT_CInt32, "i4"),
                    (gdal.GDT_CFloat64, "c16")):
        data = (m.smooth((1, 20, 30), "f8") * (1 + 2j)).astype("c16")
        translate(f"complex-{t}", data, kind, "COMPRESS=LZW")
    gdal.Translate(m.path("cog"), source(m.smooth((3, 600, 600), "u1"), gdal.GDT_Byte), format="COG",
                   creationOptions=["BLOCKSIZE=256", "COMPRESS=DEFLATE"])
    gdal.SetConfigOption("GDAL_TIFF_INTERNAL_MASK", "YES")
    masked = source(rgb, gdal.GDT_Byte)
    masked.CreateMaskBand(gdal.GMF_PER_DATASET)
    masked.GetRasterBand(1).GetMaskBand().WriteArray((rgb[0] > 90) * np.uint8(255))
    gdal.Translate(m.path("mask"), masked, creationOptions=["COMPRESS=DEFLATE"])
    gdal.Translate(m.path("cog-mask"), masked, format="COG", creationOptions=["COMPRESS=DEFLATE"])
    gdal.SetConfigOption("GDAL_TIFF_INTERNAL_MASK", None)
    path = m.path("overviews")
    gdal.Translate(path, source(rgb, gdal.GDT_Byte))
    gdal.Open(path, gdal.GA_Update).BuildOverviews("NEAREST", [2, 4])
    for nodata in (None, 7, -9999):
        ds = gdal.GetDriverByName("GTiff").Create(m.path(f"sparse-{nodata}"), 300, 300, 2, gdal.GDT_Int16,
                                                  ["SPARSE_OK=TRUE", "TILED=YES", "COMPRESS=LZW"])
        if nodata is not None:
            ds.GetRasterBand(1).SetNoDataValue(nodata)
        ds.GetRasterBand(2).WriteArray(np.ones((256, 256), "i2"))
        ds = None
    for name, arguments in (("tiffcp-b", ["-c", "lzw:2", "-t", "-w", "32", "-l", "32"]),
                            ("tiffcp-8", ["-8", "-p", "separate", "-r", "7"]), ("tiffcp-g4", ["-B", "-c", "zip"])):
        run = subprocess.run(["tiffcp", *arguments, path, m.path(name)], check=False, stderr=subprocess.DEVNULL)
        if run.returncode != 0:  # that of libtiff 4.7.2 refuses one of them
            m.drop(name)


def jpeg_stream(data):
    """A whole JPEG file of RGB data, by GDAL."""
    memory = gdal.GetDriverByName("MEM").Create("", data.shape[2], data.shape[1], data.shape[0])
    for i, band in enumerate(data, 1):
        memory.GetRasterBand(i).WriteArray(band)
    gdal.GetDriverByName("JPEG").CreateCopy("/vsimem/x.jpg", memory)
    file = gdal.VSIFOpenL("/vsimem/x.jpg", "rb")
    stream = gdal.VSIFReadL(1, 1 << 20, file)
    gdal.VSIFCloseL(file)
    gdal.Unlink("/vsimem/x.jpg")
    return bytes(stream)


def make_old(m):
    """Codecs that libtiff only reads."""
    for bands, photometric in ((3, 6), (1, 1)):
        stream = jpeg_stream(m.smooth((bands, 48, 64), "u1"))
        for order, endian in (("le", "<"), ("be", ">")):
            w = Writer(m.path(f"ojpeg-{bands}-{order}"), endian)
            at = w.blob(stream)
            w.ifd({256: (LONG, 64), 257: (LONG, 48), 258: (SHORT, [8] * bands), 259: (SHORT, 6),
                   262: (SHORT, photometric), 273: (LONG, at), 277: (SHORT, bands), 278: (LONG, 48),
                   279: (LONG, len(stream)), 512: (SHORT, 1), 513: (LONG, at), 514: (LONG, len(stream)),
                   530: (SHORT, [2, 2])})
            w.close()
    gray = m.noise((1, 12, 16), "u1") & 15

    def whole(name, codec, bits, strips, rows, **more):
        w = Writer(m.path(name))
        offsets = [w.blob(s) for s in strips]
        w.ifd({256: (LONG, 16), 257: (LONG, 12), 258: (SHORT, bits), 259: (SHORT, codec), 262: (SHORT, 1),
               273: (LONG, offsets), 277: (SHORT, 1), 278: (LONG, rows), 279: (LONG, [len(s) for s in strips]), **more})
        w.close()

    for rows in (12, 5):
        # ThunderScan: 0xC0|value is a pixel, 0x00|n repeats the last one n times
        strips = [b"".join(bytes(0xC0 | int(v) for v in row[:8]) + bytes([0xC3, 0x07]) for row in gray[0, y:y + rows])
                  for y in range(0, 12, rows)]
        whole(f"thunder-{rows}", 32809, 4, strips, rows)
        # NeXT: 0x00 is a literal row of 2-bit pixels, 0x40 a literal span, else runs of grey << 6 | count
        strips = []
        for y in range(0, 12, rows):
            out = io.BytesIO()
            for n in range(y, min(y + rows, 12)):
                literal = m.noise((4,), "u1", n).tobytes()
                out.write((b"\0" + literal, b"\x40\0\1\0\2" + literal[:2], bytes([0x4A, 0x86]))[n % 3])
            strips.append(out.getvalue())
        whole(f"next-{rows}", 32766, 2, strips, rows)

    def old_lzw(data):
        """LZW as it was before TIFF 5: codes packed from the low bit. Cleared before they grow past 9 bits."""
        codes = []
        for i in range(0, len(data), 200):
            codes += [256, *data[i:i + 200]]
        number = sum(c << 9 * i for i, c in enumerate([*codes, 257]))
        return number.to_bytes(-(-9 * (len(codes) + 1) // 8), "little")

    for t, bits in (("u1", 8), ("u2", 16)):
        data = m.noise((1, 12, 16), t)
        whole(f"lzw-old-{bits}", 5, bits, [old_lzw(data[0, y:y + 5].tobytes()) for y in (0, 5, 10)], 5)
    # JPEG in tiles without tables, as some scanners write it: the stream is whole
    stream = jpeg_stream(m.smooth((3, 48, 64), "u1"))
    w = Writer(m.path("jpeg-whole-stream"))
    w.ifd({256: (LONG, 64), 257: (LONG, 48), 258: (SHORT, [8] * 3), 259: (SHORT, 7), 262: (SHORT, 6),
           273: (LONG, w.blob(stream)), 277: (SHORT, 3), 278: (LONG, 48), 279: (LONG, len(stream)),
           530: (SHORT, [2, 2])})
    w.close()
    w = Writer(m.path("jpeg-wrong-subsampling"))
    w.ifd({256: (LONG, 64), 257: (LONG, 48), 258: (SHORT, [8] * 3), 259: (SHORT, 7), 262: (SHORT, 6),
           273: (LONG, w.blob(stream)), 277: (SHORT, 3), 278: (LONG, 48), 279: (LONG, len(stream)),
           530: (SHORT, [1, 1])})
    w.close()

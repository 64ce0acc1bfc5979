"""libtiff's writer, through ctypes: for codecs that the raw writer doesn't speak."""
import ctypes
import ctypes.util

import numpy as np

NAMES = {"none": 1, "rle": 2, "g3": 3, "g4": 4, "lzw": 5, "ojpeg": 6, "jpeg": 7, "adobe": 8, "next": 32766,
         "rlew": 32771, "packbits": 32773, "thunder": 32809, "pixarlog": 32909, "deflate": 32946, "jbig": 34661,
         "sgilog": 34676, "sgilog24": 34677, "lerc": 34887, "lzma": 34925, "zstd": 50000, "webp": 50001}
# pseudo tags that codecs know: they are set but not stored
JPEG_QUALITY, JPEG_COLOR_MODE, JPEG_TABLES_MODE, SGILOG_FORMAT = 65537, 65538, 65539, 65560
LERC_ADDITION, LERC_MAX_ERROR, WEBP_LEVEL, WEBP_LOSSLESS, PIXARLOG_FORMAT = 65566, 65567, 65568, 65569, 65549
GROUP3_OPTIONS, SUBSAMPLING = 292, 530

lib = ctypes.CDLL(ctypes.util.find_library("tiff"))
lib.TIFFOpen.restype = ctypes.c_void_p
lib.TIFFOpen.argtypes = [ctypes.c_char_p, ctypes.c_char_p]
lib.TIFFSetErrorHandler(None)
lib.TIFFSetWarningHandler(None)


def have(codec):
    return bool(lib.TIFFIsCODECConfigured(ctypes.c_uint16(NAMES[codec])))


class Failed(Exception):
    pass


def write(path, data, codec, *, mode="w", bits=None, form=None, planar=1, rows=None, tile=None, photometric=1,
          tags=(), blocks=None):
    """Writes data (bands, height, width) of whole-byte samples, or `blocks`: the bytes of each strip as they go to
    the encoder. `mode` may add b or l (byte order) and 8 (BigTIFF); `tags` are (tag, value...) in the order to be
    set. Failed when libtiff can't."""
    bands, height, width = data.shape
    bits = bits or data.dtype.itemsize * 8
    form = form or {"u": 1, "i": 2, "f": 3, "c": 6}[data.dtype.kind]
    handle = lib.TIFFOpen(path.encode(), mode.encode())
    if not handle:
        raise Failed(path)
    tif = ctypes.c_void_p(handle)

    def put(tag, *values):
        values = [ctypes.c_double(v) if isinstance(v, float) else ctypes.c_int(v) for v in values]
        if lib.TIFFSetField(tif, ctypes.c_uint32(tag), *values) != 1:
            raise Failed(f"{path}: tag {tag}")

    try:
        put(256, width)
        put(257, height)
        put(258, bits)
        put(277, bands)
        put(339, form)
        put(284, planar)
        put(262, photometric)
        put(259, NAMES[codec])
        if tile:
            put(322, tile[0])
            put(323, tile[1])
        else:
            put(278, rows or height)
        for tag in tags:
            put(*tag)
        for n, block in enumerate(blocks or split(data, planar, rows or height, tile)):
            send = lib.TIFFWriteEncodedTile if tile else lib.TIFFWriteEncodedStrip
            if send(tif, ctypes.c_uint32(n), block, ctypes.c_ssize_t(len(block))) < 0:
                raise Failed(f"{path}: block {n}")
    finally:
        lib.TIFFClose(tif)


def split(data, planar, rows, tile):
    """The strips or whole tiles of an image, in the machine's byte order."""
    bands, height, width = data.shape
    tw, th = tile or (width, rows)
    for plane in [data] if planar == 1 else [data[i:i + 1] for i in range(bands)]:
        for y in range(0, height, th):
            for x in range(0, width, tw):
                block = plane[:, y:y + th, x:x + tw]
                if tile:
                    full = np.zeros((len(plane), th, tw), data.dtype)
                    full[:, :block.shape[1], :block.shape[2]] = block
                    block = full
                yield np.ascontiguousarray(block.transpose(1, 2, 0)).tobytes()

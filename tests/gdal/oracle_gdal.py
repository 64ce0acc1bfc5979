"""What GDAL reads: the truth that rsenc-pack is compared with. Needs rasterio: Debian's,
or the wheel from PyPI, which brings a GDAL of its own."""
import contextlib
import ctypes
import glob
import os
import warnings

import numpy as np
import rasterio

from values import DTYPE, Ear, Refused

warnings.filterwarnings("ignore")
ear = Ear("rasterio")
# rasterio 1.3.5 swaps the labels of 64-bit integers, and calls CInt16 by a name that numpy lacks
LABEL = {"int64": "uint64", "uint64": "int64"} if rasterio.__version__ == "1.3.5" else {}
VERSION = ("gdal", tuple(int(n) for n in rasterio.__gdal_version__.split(".")[:2]))
# its names in the file `differences`: a wheel brings its own libraries, and a libjpeg 9 is IJG's
NAMES = ["gdal"]
if os.environ.get("ORACLE") == "wheel":
    libraries = glob.glob(os.path.join(os.path.dirname(rasterio.__file__), os.pardir, "rasterio.libs", "libjpeg*.so.9*"))
    NAMES += ["wheel", *["ijg"] * bool(libraries)]
SIZE_MAX = 1 << 30  # of an image: what rsenc-pack takes by default


def read(path):
    """The bands of a file as (dtype's name, array) each; Refused when GDAL can't."""
    count = 1
    try:
        with rasterio.Env(), rasterio.open(path) as r:
            count = r.count
            kinds = set(r.dtypes)
            if r.count * r.width * r.height * np.dtype(r.dtypes[0].replace("complex_int16", "c8")).itemsize > SIZE_MAX:
                raise Refused("too large to ask GDAL")
            if len(kinds) != 1:
                raise Refused(f"bands of several types {kinds}")
            ear.heard.clear()  # what was said of tags
            # band by band, as users do; beyond the first hundred rasterio's time grows with the square of their number
            bands = [r.read(i) for i in range(1, min(r.count, 100) + 1)]
            for first in range(101, r.count + 1, 500):
                bands += list(r.read(list(range(first, min(first + 500, r.count + 1)))))
            name = LABEL.get(bands[0].dtype.name, bands[0].dtype.name)
            # rasterio calls narrow signed samples int8, but GDAL never extends their sign
            narrow = name == "int8" and "NBITS" in r.tags(1, ns="IMAGE_STRUCTURE")
            return [("U8" if narrow else DTYPE.get(name, name), a) for a in bands]
    except (rasterio.errors.RasterioError, OSError, ValueError, MemoryError, TypeError) as e:
        cause = e.__cause__ or e.__context__ or e
        refused = Refused(str(cause).replace("\n", " "))
        refused.bands = count
        raise refused from None


@contextlib.contextmanager
def memory(data):
    """A file that is not on the disk, for read()."""
    with rasterio.MemoryFile(data, ext=".tif") as f:
        yield f.name


def warned():
    """What GDAL said while it decoded the pixels of the last file that was read."""
    return list(ear.heard)


def steady(path, truth):
    """Whether GDAL's values follow from the file: not if it passes on memory that its decoder left as it was. Then
    they change with what was in that memory, and with what was read before."""
    libc = ctypes.CDLL(None)
    for fill in (0x55, 0xAA):
        libc.mallopt(-6, fill)  # M_PERTURB: what is in new memory
        try:
            for i, (_, band) in reversed(list(enumerate(truth, 1))):
                with rasterio.open(path) as r:
                    if r.read(i).tobytes() != band.tobytes():
                        return False
        except OSError:
            return False
        finally:
            libc.mallopt(-6, 0)
    return True

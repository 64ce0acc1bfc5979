"""What tifffile and imagecodecs read: an opinion that shares no code with libtiff. Needs both from PyPI."""
import contextlib
import io
import logging
import warnings

import numpy as np
import tifffile

from values import DTYPE, Ear, Refused

warnings.filterwarnings("ignore")
ear = Ear("tifffile")
VERSION = ("tifffile", tuple(int(n) for n in tifffile.__version__.split(".")[:2]))
NAMES = ["tifffile"]


def read(path):
    """The bands of a file as (dtype's name, array) each; Refused when tifffile can't."""
    count = 1
    try:
        with tifffile.TiffFile(path) as t:
            page = t.pages[0]
            count = max(1, page.samplesperpixel)
            ear.heard.clear()  # what was said of tags
            a = page.asarray(maxworkers=1)
            if a.size == 0:  # its way to say so
                raise ValueError("no dtype for these samples")
            shape = (page.imagelength, page.imagewidth)
            if page.planarconfig == 2 and count > 1:
                a = a.reshape(-1, *shape)
            else:
                a = np.moveaxis(a.reshape(*shape, -1), -1, 0)
    except Exception as e:  # it raises whatever comes up in its Python
        refused = Refused(f"{type(e).__name__}: {e}".replace("\n", " "))
        refused.bands = count
        raise refused from None
    if a.dtype == bool:
        a = a.astype("u1")
    name = a.dtype.newbyteorder("=").name
    return [(DTYPE.get(name, name), np.ascontiguousarray(band)) for band in a]


@contextlib.contextmanager
def memory(data):
    """A file that is not on the disk, for read()."""
    yield io.BytesIO(data)


def warned():
    """What it said while it decoded."""
    return list(ear.heard)

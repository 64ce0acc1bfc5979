"""What tifffile and imagecodecs read: an opinion that shares no code with libtiff. Needs both from PyPI."""
import logging
import warnings

import numpy as np
import tifffile

from values import DTYPE, Refused

warnings.filterwarnings("ignore")
logging.getLogger("tifffile").propagate = False
logging.getLogger("tifffile").addHandler(logging.NullHandler())
VERSION = ("tifffile", tuple(int(n) for n in tifffile.__version__.split(".")[:2]))


def read(path):
    """The bands of a file as (dtype's name, array) each; Refused when tifffile can't."""
    count = 1
    try:
        with tifffile.TiffFile(path) as t:
            page = t.pages[0]
            count = max(1, page.samplesperpixel)
            a = page.asarray(maxworkers=1)
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


def told():
    """What it said while it decoded: it raises exceptions, or is silent."""
    return []

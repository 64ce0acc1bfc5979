"""The truth that rsenc-pack is compared with. ORACLE says whose: `system`, the GDAL of this machine (the default);
`wheel`, the one that rasterio's wheel brings; or `tifffile`. The last two are in the virtual environment that
`make oracles` makes, whose python3 must run this.

    read(path)   the bands as (dtype's name, array) each, or Refused is raised
    warned()       what it said meanwhile, though it succeeded
    memory(data) a context: what read() takes in place of a path
    NAMES        what it is called in the file `differences`
    VERSION      ("gdal" or "tifffile", (major, minor))
"""
import os

from values import Refused, same

if os.environ.get("ORACLE") == "tifffile":
    from oracle_tifffile import NAMES, VERSION, memory, read, warned
else:
    from oracle_gdal import NAMES, VERSION, memory, read, steady, warned

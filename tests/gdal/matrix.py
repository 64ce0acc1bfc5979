#!/usr/bin/python3
"""Writes the matrix of TIFF files, DIR/CATEGORY/NAME.tif: every layout, sample type, codec, colour space and fault of
issue 3. The same bytes at every run. Needs Debian's python3-gdal and python3-numpy.

    matrix.py DIR
"""
import ctypes
import os
import sys
import zlib

import numpy as np

import codecs_matrix
import faults_matrix
import raw_matrix


class Maker:
    """Where files go, and where their samples come from."""

    def __init__(self, top):
        self.top, self.category, self.count = top, "", 0

    def path(self, name):
        folder = os.path.join(self.top, self.category)
        os.makedirs(folder, exist_ok=True)
        self.count += 1
        return os.path.join(folder, name.replace("/", "_").replace(" ", "_") + ".tif")

    def drop(self, name):
        """Takes back a file that could not be made."""
        path = self.path(name)
        self.count -= 2
        if os.path.exists(path):
            os.unlink(path)

    @staticmethod
    def noise(shape, dtype, seed=0):
        """Any bit pattern, NaNs and all."""
        dtype = np.dtype(dtype)
        state = np.random.RandomState(zlib.crc32(f"{shape}{dtype}{seed}".encode()))
        return np.frombuffer(state.bytes(int(np.prod(shape)) * dtype.itemsize), dtype).reshape(shape).copy()

    @staticmethod
    def smooth(shape, dtype):
        """What lossy codecs and predictors like: ramps."""
        bands, height, width = shape
        b, y, x = np.mgrid[0:bands, 0:height, 0:width]
        return ((x * (b + 2) + y * 3 + b * 40) % 251).astype(dtype)


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: matrix.py DIR")
    maker = Maker(sys.argv[1])
    for module in raw_matrix, codecs_matrix, faults_matrix:
        for name, make in vars(module).items():
            if name.startswith("make_"):
                maker.category = name[5:]
                # LERC writes bytes that it left undefined: let new memory be the same then, which takes time
                ctypes.CDLL(None).mallopt(-6, int(maker.category in ("codec", "gdal")))  # M_PERTURB
                make(maker)
    print(f"{maker.count} files")


main()

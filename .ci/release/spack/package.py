# A package for a Spack repository of your own: packages/rsenc/package.py there. The source is a checkout:
#     spack dev-build rsenc@develop
from spack.package import *


class Rsenc(MakefilePackage):
    """Small commands that turn remote-sensing patch datasets (TIFF) into safetensors blobs in LMDB."""

    license("MIT")

    version("develop")

    depends_on("c", type="build")
    depends_on("pkgconfig", type="build")
    depends_on("libtiff@4.2:")
    depends_on("lmdb")

    def build(self, spec, prefix):
        make(f"PREFIX={prefix}", "all", "tools")

    def install(self, spec, prefix):
        make(f"PREFIX={prefix}", "install")

    def check(self):
        make("check", "TESTS=tests/unit.t tests/end-to-end.t")

# A package for a Spack 1.x repository of your own: packages/rsenc/package.py there. The source is a checkout,
#     spack dev-build rsenc@develop
# or the repository at $RSENC_URL.
import os

from spack_repo.builtin.build_systems.makefile import MakefilePackage

from spack.package import *


class Rsenc(MakefilePackage):
    """Commands that convert remote-sensing patch datasets (TIFF) into safetensors blobs in LMDB."""

    homepage = git = os.environ.get("RSENC_URL", "")

    license("MIT")

    version("develop", branch="main")

    depends_on("c", type="build")
    depends_on("gmake", type="build")
    depends_on("pkgconfig", type="build")
    depends_on("libtiff@4.2:")
    depends_on("lmdb@:0")

    def build(self, spec, prefix):
        make(f"PREFIX={prefix}", "all", "tools")

    def install(self, spec, prefix):
        make(f"PREFIX={prefix}", "install")

    def check(self):
        make("check", "TESTS=tests/unit.t tests/end-to-end.t")

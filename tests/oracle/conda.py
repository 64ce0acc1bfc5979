"""Builds the conda recipe with rattler-build (py-rattler-build of PyPI), by the compiler and the libraries of this
system, as no package of conda-forge is at hand:

    RSENC_URL=file:///x/rsenc-0.2.0.tar.gz conda.py recipe.yaml DIR
"""
import json
import pathlib
import sys

import rattler_build

recipe, out = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
variants = rattler_build.VariantConfig.from_yaml("c_compiler: [gcc]\nc_stdlib: [sysroot]\n")
rendered = rattler_build.Stage0Recipe.from_file(str(recipe)).render(variants)[0].recipe.requirements.to_dict()
assert "lmdb <1" in rendered["host"] and "lmdb <1" in rendered["run"], rendered

text = recipe.read_text()
begin, end = text.index("requirements:"), text.index("tests:")
text = (text[:begin] + text[end:]).replace('CC="$CC" CFLAGS="$CFLAGS $CPPFLAGS"', "CC=cc CFLAGS=-O1")
bare, channel = out / "bare", out / "channel"
for subdir in ("noarch", "linux-64", "linux-aarch64"):
    (channel / subdir).mkdir(parents=True)
    (channel / subdir / "repodata.json").write_text(json.dumps(
        {"info": {"subdir": subdir}, "packages": {}, "packages.conda": {}}))
bare.mkdir()
(bare / "recipe.yaml").write_text(text)
print(rattler_build.Stage0Recipe.from_file(str(bare / "recipe.yaml")).run_build(
    output_dir=str(out), channels=[channel.resolve().as_uri()]))

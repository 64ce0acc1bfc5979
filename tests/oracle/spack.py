"""Imports Spack's recipe with stand-ins for the modules of Spack 1.x, and prints what it requires:

    spack.py package.py
"""
import runpy
import sys
import types

required = []
package = types.ModuleType("spack.package")
package.license = package.version = lambda *words, **options: None
package.depends_on = lambda spec, **options: required.append(spec)
makefile = types.ModuleType("spack_repo.builtin.build_systems.makefile")
makefile.MakefilePackage = type("MakefilePackage", (), {})
for name in ("spack", "spack_repo", "spack_repo.builtin", "spack_repo.builtin.build_systems"):
    sys.modules[name] = types.ModuleType(name)
sys.modules[package.__name__] = package
sys.modules[makefile.__name__] = makefile

recipe = runpy.run_path(sys.argv[1], init_globals=vars(package))["Rsenc"]
calls = []
vars(package)["make"] = None
for step in ("build", "install", "check"):
    getattr(recipe, step).__globals__["make"] = lambda *words: calls.append(words)
recipe().build(None, "/prefix")
recipe().install(None, "/prefix")
assert calls == [("PREFIX=/prefix", "all", "tools"), ("PREFIX=/prefix", "install")], calls
assert issubclass(recipe, makefile.MakefilePackage)
assert "lmdb@:0" in required and "libtiff@4.2:" in required, required

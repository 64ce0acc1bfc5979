#!/bin/sh
# Values identical to GDAL's: over the matrix of TIFF files that gdal/matrix.py makes, and over a
# few broken copies of them. `make check-gdal` does more of it.
. "${0%/*}/lib.sh"

name="the same values as GDAL"
if ! have_python "rasterio osgeo.gdal numpy" || ! have tiffcp; then
	skip "$name" "needs python3-rasterio, python3-gdal and libtiff-tools"
	done_testing
fi
: "${ORACLES:=$top/build/oracles}"
ok "the matrix is made" "$python" "$tests/gdal/matrix.py" matrix
"$python" "$tests/gdal/compare.py" matrix "$tests/gdal/differences" >table 2>errors
is "$name" "$?: $(grep -v '^category' table | grep '	')" "0: "
sed 's/^/# /' table
ok 'the fast path for uncompressed files gives what libtiff gives' find matrix -name '*.tif' -exec bothways {} +
ok "over at least 600 files" test "$(find matrix -name '*.tif' | wc -l)" -ge 600

# What PyPI has today (make oracles), over the same files: a newer GDAL, and decoders that share no code with libtiff.
for one in wheel:rasterio tifffile:tifffile; do
	name="the same values as $one, or a difference that is explained"
	if "$ORACLES/bin/python" -c "import ${one#*:}, numpy" 2>/dev/null; then
		ORACLE=${one%:*} "$ORACLES/bin/python" "$tests/gdal/compare.py" matrix "$tests/gdal/differences" >table 2>errors
		is "$name" "$?: $(grep -v '^category' table | grep '	')" "0: "
		sed 's/^/# /' table
	else
		skip "$name" "$(sed -n "s/^\(python\|${one#*:}\)\t//p" "$ORACLES/absent" 2>/dev/null | grep . || echo "'make oracles' installs it")"
	fi
done
ok "the same values as GDAL in broken files, or none" \
	"$python" "$tests/gdal/mutation.py" -j1 -n 1000 -d "$tests/gdal/differences" matrix
done_testing

#!/bin/sh
# Values identical to GDAL's: over the matrix of TIFF files that gdal/matrix.py makes, and over a
# few broken copies of them. `make check-gdal` does more of it.
. "${0%/*}/lib.sh"

name="the same values as GDAL"
if ! have_python "rasterio osgeo.gdal numpy" || ! have tiffcp; then
	skip "$name" "needs python3-rasterio, python3-gdal and libtiff-tools"
	done_testing
fi
ok "the matrix is made" "$python" "$tests/gdal/matrix.py" matrix
"$python" "$tests/gdal/compare.py" matrix "$tests/gdal/differences" >table 2>errors
is "$name" "$?: $(grep -v '^category' table | grep '	')" "0: "
sed 's/^/# /' table
ok "over at least 600 files" test "$(find matrix -name '*.tif' | wc -l)" -ge 600
ok "the same values as GDAL in broken files, or none" \
	"$python" "$tests/gdal/mutation.py" -j1 -n 1000 -d "$tests/gdal/differences" matrix
done_testing

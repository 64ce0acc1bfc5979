#!/bin/sh
# The whole comparison with an oracle, `make check-gdal`: the matrix with every refusal and its reason, then MUTANTS
# broken copies of its files (default 100,000). BIN is where the commands are, MUTATE the program mutate.
#
#     sh tests/gdal/check.sh ORACLE
#
# ORACLE is `system` (GDAL as Debian's python3-rasterio has it), `wheel` (as PyPI's has it) or `tifffile`; the last two
# are in the virtual environment ORACLES (make oracles), and skipped with the reason where they can't be had.
set -eu
: "${ORACLES:=build/oracles}"
ORACLE=$1
here=$(cd "${0%/*}" && pwd)
MAKER=${PYTHON:-/usr/bin/python3}
case $ORACLE in
system) asked=$MAKER module=rasterio ;;
wheel) asked=$ORACLES/bin/python module=rasterio ;;
tifffile) asked=$ORACLES/bin/python module=tifffile ;;
*)
	echo "check-gdal: ORACLE is system, wheel or tifffile, not '$ORACLE'" >&2
	exit 2
	;;
esac
if ! "$asked" -c "import $module, numpy" 2>/dev/null; then
	why=$(sed -n "s/^\(python\|$module\)\t//p" "$ORACLES/absent" 2>/dev/null | head -n 1)
	[ "$ORACLE" != system ] || why='make deps-check installs python3-rasterio'
	echo "check-gdal: SKIP $ORACLE: ${why:-make oracles installs it}"
	exit 0
fi
PYTHONDONTWRITEBYTECODE=1 RSENC_PACK=$BIN/rsenc-pack
export PYTHONDONTWRITEBYTECODE RSENC_PACK MUTATE ORACLE
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

"$MAKER" "$here/matrix.py" "$tmp/matrix" 2>/dev/null
"$asked" "$here/compare.py" -v "$tmp/matrix" "$here/differences" 2>/dev/null
# Broken files are compared with GDAL alone: tifffile repairs what it can.
[ "$ORACLE" = tifffile ] ||
	"$asked" "$here/mutation.py" -n "${MUTANTS:-100000}" -d "$here/differences" "$tmp/matrix"

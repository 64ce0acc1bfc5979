#!/bin/sh
# The whole comparison with GDAL, `make check-gdal`: the matrix with every refusal and its reason, then MUTANTS
# broken copies of its files (default 100,000). BIN is where the commands are, MUTATE the program mutate.
set -eu
here=$(cd "${0%/*}" && pwd)
PYTHON=${PYTHON:-/usr/bin/python3}
PYTHONDONTWRITEBYTECODE=1 RSENC_PACK=$BIN/rsenc-pack
export PYTHONDONTWRITEBYTECODE RSENC_PACK MUTATE
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

"$PYTHON" "$here/matrix.py" "$tmp/matrix" 2>/dev/null
"$PYTHON" "$here/compare.py" -v "$tmp/matrix" "$here/differences" 2>/dev/null
"$PYTHON" "$here/mutation.py" -n "${MUTANTS:-100000}" -d "$here/differences" "$tmp/matrix"

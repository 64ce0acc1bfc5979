#!/bin/sh
# Python libraries as PyPI has them today, in a virtual environment. Once made, it is kept. What can't
# be had is noted in DIR/absent, with the reason, and its tests skip.
#
#     sh tests/clients/venv.sh clients DIR    `make clients`: what users read a database with, for
#         tests/clients.t and `make bench-read`. With a CPU build of PyTorch 1.1 GB, half a minute
#     sh tests/clients/venv.sh oracles DIR    `make oracles`: second opinions on what a TIFF holds, for
#         `make check-gdal ORACLE=wheel` and `=tifffile` and tests/gdal.t. 0.3 GB
#
#   PYTHON=python3           the Python that the environment is made of
#   PIP_EXTRA_INDEX_URL=...  and all else that pip goes by
#
# On some platforms PyPI's PyTorch is a build for CUDA, which brings 3 GB of libraries that no test
# here uses. It is not installed; PIP_EXTRA_INDEX_URL=https://download.pytorch.org/whl/cpu finds the
# other build.
set -eu
kind=$1 dir=$2
pip="$dir/bin/python -m pip --disable-pip-version-check"

# Pinned where a machine may have just that file on its disk, else whatever suits its Python.
torch='torch==2.13.0 torch'

absent() {
	echo "$kind: no $1: $2" >&2
	printf '%s\t%s\n' "$1" "$2" >>"$dir/absent"
}

# get NAME REQUIREMENT...: only ready-made packages, so that no compiler is needed, and compiled by
# Python when they are first used: that halves the time.
get() {
	what=$1
	shift
	$pip install --quiet --no-compile --only-binary :all: "$@" >"$dir/log" 2>&1 && return
	absent "$what" "$(grep -E '^ERROR' "$dir/log" | tail -n 1)"
	return 1
}

# The newest wheels want a newer Python than a system's: the newest that is here and works.
newest_python() {
	for one in python3.15 python3.14 python3.13 python3.12 "$HOME"/.pyenv/versions/3.1[2-9]*/bin/python3; do
		"$one" -c 'import venv, ensurepip' 2>/dev/null || continue
		echo "$one"
		return
	done
	echo python3
}

# What cannot be installed is skipped.
# shellcheck disable=SC2015
get_clients() {
	get lmdb lmdb numpy safetensors || return 0 # nor will the rest come
	get rasterio rasterio || :
	get webdataset webdataset || :
	# Both ask for more than they need here: torchvision, or old versions of numpy and of Python.
	get litdata --no-deps litdata lightning-utilities && get litdata requests boto3 obstore tifffile filelock || :
	get configilm --no-deps --ignore-requires-python configilm==0.7.1 &&
		get configilm 'transformers<5' pandas pyarrow appdirs datasets || : # one set of versions
	get duckdb duckdb || :
	reason='pip finds none'
	for one in $torch; do
		$pip install --dry-run --only-binary :all: "$one" >"$dir/log" 2>&1 || continue
		if grep -q '^Would install.* nvidia' "$dir/log"; then
			reason='this is a build for CUDA of several GB: see tests/clients/venv.sh for the other one'
			continue
		fi
		reason=
		get torch "$one" || :
		break
	done
	[ -z "$reason" ] || absent torch "$reason"
}

get_oracles() {
	get rasterio rasterio || :
	get tifffile tifffile imagecodecs || :
}

[ -z "$(find "$dir/made" ! -newer "$0" 2>/dev/null || echo none)" ] && exit 0
rm -rf "$dir"
mkdir -p "$dir"
python=${PYTHON:-python3}
[ "$kind" != oracles ] || python=${PYTHON:-$(newest_python)}
if ! "$python" -m venv "$dir" >"$dir/log" 2>&1; then
	absent python "no virtual environment: $(tr '\n' ' ' <"$dir/log" | cut -c 1-200)"
	exit 0
fi
"get_$kind"
rm -f "$dir/log"
[ -f "$dir/absent" ] || touch "$dir/made" # else the next call tries again

#!/bin/sh
# `make bench-read`: patches per second by the ways that Python has: TIFFs, safetensors files, tar shards,
# litdata, memmaps and databases, as one Markdown table per dataset (read.py, ways.py). Root also gets times with a
# cold cache. CLIENTS is the virtual environment of `make clients`.
#
#   READ_PATCHES=1500   BigEarthNet-like patches; of HySpecNet-like ones, which are 27 times larger,
#                       a sixtieth of them
#   READ_ROUNDS=5       each way runs once in every round
#   READ_SECONDS=0.5    for so long
#   BENCH_DIR=/tmp      where all of it goes (2.5 MB per patch), and is removed from
set -eu
LC_ALL=C
export LC_ALL
here=$(cd "${0%/*}" && pwd)
PATH=$BIN:$TOOLS/tools:$PATH
patches=${READ_PATCHES:-1500}
python=$CLIENTS/bin/python
# shellcheck source=machine.sh
. "$here/machine.sh"

say() {
	echo "bench-read: $*" >&2
}

"$python" -c 'import lmdb, numpy, safetensors' 2>/dev/null || {
	say "skipped: no lmdb, numpy, safetensors in $CLIENTS: $(cut -f 2 "$CLIENTS/absent" 2>/dev/null | head -n 1)"
	exit 0
}
[ "$patches" -ge 256 ] || {
	say "READ_PATCHES: '$patches' is too small (at least 256)"
	exit 1
}

dir=$(mktemp -d "${BENCH_DIR:-/tmp}/rsenc-read.XXXXXX")
trap 'rm -rf "$dir"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
cd "$dir"

# make_set DATASET PATCHES STACK...: all forms of one dataset, in a folder of its name
make_set() {
	set=$1 count=$2
	shift 2
	say "making $count patches of $set in $dir"
	mkdir -p "$set/Shards" "$set/tar" "$set/files" "$set/npy"
	fixture -b "$set" "$set/tree" "$count"
	rsenc-scan "$set" "$PWD/$set/tree" >"$set/groups"
	if [ "$set" = bigearthnet ]; then # pairs
		grep -v ^S1 "$set/groups" | head -n "$count" >s2
		grep ^S1 "$set/groups" | head -n "$count" | cut -f 2- >s1
		paste s2 s1 >"$set/groups"
	fi
	rsenc-pack -r <"$set/groups" | rsenc-load -q "$set/Plain"
	rsenc-pack -r -A 64 "$@" <"$set/groups" | rsenc-load -q "$set/Stacked"
	rsenc-pack -o "$set/files" <"$set/groups"
	[ "$(rsenc-dump --keys "$set/Stacked" | wc -l)" -eq "$count" ]
	split -n r/8 "$set/groups" "$set/part."
	split -n l/4 -d "$set/groups" "$set/list."
	for part in "$set"/part.*; do
		rsenc-pack -r <"$part" | rsenc-load -q "$set/Shards/${part##*.}"
	done
	for list in "$set"/list.*; do
		cut -f 1 "$list" | sed 's/$/.safetensors/' >names
		tar -cf "$set/tar/${list##*.}.tar" -C "$set/files" -T "$PWD/names"
	done
	rm -rf "$set"/part.* "$set"/list.* names
}

# table DATASET BATCH WHAT
table() {
	# OpenBLAS and OpenMP would bring threads of their own
	OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 "$python" -W ignore "$here/read.py" "$1" "$2" \
		"${READ_ROUNDS:-5}" "${READ_SECONDS:-0.5}" >"$1.md"
	printf '\n%s\n\n' "$3"
	cat "$1.md"
}

hys=$((patches / 60 > 16 ? patches / 60 : 16))
make_set bigearthnet "$patches" -S s1=VV,VH -S 10m=B02,B03,B04,B08 -S 20m=B05,B06,B07,B8A,B11,B12 -S 60m=B01,B09
make_set hyspecnet-11k $hys -S 'image=B{1..224}'
versions=$("$python" -c 'from importlib.metadata import version, PackageNotFoundError
for name in "numpy", "lmdb", "safetensors", "rasterio", "torch", "webdataset", "litdata":
    try: print(name, version(name), end=", ")
    except PackageNotFoundError: pass')
echo "Patches a second in Python, in random order, copied into batches, medians of ${READ_ROUNDS:-5}
interleaved rounds, $(date -u +%Y-%m-%d). ${versions%, }; $(machine)."
table bigearthnet 256 "$patches patches as BigEarthNet's, Sentinel-1 and Sentinel-2 (14 bands in 14 files, 275 KB):"
table hyspecnet-11k 4 "$hys patches as HySpecNet-11k's (224 bands in one deflated file, 7.3 MB):"

#!/bin/sh
# `make demo`: makes small BigEarthNet and HySpecNet-11k trees, converts them as the README does,
# and shows what came out. Everything happens in a temporary directory; status 1 if a stage fails.
set -eu
PATH=$BIN:$TOOLS/tools:$PATH
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
cd "$dir"

# run TEXT: shows a command and runs it. The status of every stage counts, also where the shell
# has no pipefail: each stage notes its own failure.
run() {
	printf '\n$ %s\n' "$1"
	rm -f failed
	eval "$(printf '%s' "$1" | sed 's/ | / || echo 1 >>failed; } | { /g; s/^/{ /; s/$/ || echo 1 >>failed; }/')"
	if [ -s failed ]; then
		echo "demo: this command failed" >&2
		exit 1
	fi
}

echo "# Trees with the names and layouts of the real datasets, 3 patches each"
run 'fixture bigearthnet BigEarthNet 3'
run 'fixture hyspecnet-11k HySpecNet 3'

echo
echo "# Which groups of files make a patch"
run 'rsenc-scan bigearthnet BigEarthNet | cut -f 1 | sort'

echo
echo "# Into one database: BigEarthNet S1, S2 and reference maps, then HySpecNet-11k"
run 'rsenc-scan bigearthnet BigEarthNet | rsenc-pack -r | rsenc-load Encoded'
run 'rsenc-scan hyspecnet-11k HySpecNet | rsenc-pack -r | rsenc-load Encoded'

echo
echo "# What came out"
run 'ls -l Encoded'
if command -v mdb_stat >/dev/null 2>&1; then
	run 'mdb_stat -e Encoded | grep -E "Page size|Number of pages used|Entries"'
fi
if command -v rsenc-dump >/dev/null 2>&1 && command -v rsenc-show >/dev/null 2>&1; then
	run 'rsenc-dump -k Encoded'
	run 'rsenc-dump Encoded | rsenc-show -H | grep -v -E "B([2-9][0-9]|[12][0-9][0-9])[[:space:]]"'
else
	run 'rsenc-scan bigearthnet BigEarthNet | sed -n 1p | rsenc-pack >one.safetensors'
	run 'head -c 140 one.safetensors | tail -c +9'
	echo
fi
echo
echo "# All stages succeeded. The README tells how to read the values in Python."

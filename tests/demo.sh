#!/bin/sh
# `make demo`: makes a small tree as BigEarthNet has it, converts it with the one-call script, and
# draws the result. All of it stays in the directory DEMO, or where that can't be written (the
# checkout is somebody else's) in a temporary one. Status 1 if a command fails.
set -u
PATH=$BIN:$TOOLS/tools:$PATH
dir=${DEMO:-build/demo}
if ! { rm -rf "$dir" && mkdir -p "$dir"; } 2>/dev/null; then
	dir=$(mktemp -d "${TMPDIR:-/tmp}/rsenc-demo.XXXXXX") || exit 1
fi
cd "$dir" || exit 1

# run COMMAND: shows it and runs it. Of a pipe the last status is enough: a stream that was not
# ended is an error to whoever reads it.
run() {
	printf '$ %s\n' "$1"
	eval "$1" || {
		echo "demo: this command failed, in $dir" >&2
		exit 1
	}
}

run 'fixture bigearthnet BigEarthNet 4 # a small tree, of invented pictures'
run 'rs-tensor-encoder --bigearthnet-root BigEarthNet --verify Encoded'
run 'rsenc-dump -b S1A_IW_GRDH_1SDV_20170101T090000_33UUP_00_00 Encoded | rsenc-show --stats'
run 'rsenc-dump Encoded | rsenc-view --png --columns=4 >sheet.png'
echo "Look at $PWD/sheet.png, and read the database Encoded beside it as README.md shows."

#!/bin/sh
# The fast path for uncompressed TIFF files gives what libtiff gives, over every file at hand; gdal.t does that over
# the matrix of TIFF files.
. "${0%/*}/lib.sh"

# both WHAT DIR: a row for the files of a directory, and how many of them take which way
both() {
	if find "$2" -type f \( -name '*.tif' -o -name '*.TIF' \) -exec bothways {} + >ways; then
		pass "$1: both ways agree"
	else
		fail "$1: both ways agree" "$(cut -f2- ways | grep -v '^same')"
	fi
	cut -f1 ways | sort | uniq -c | sed "s/^/# $1:/"
}

dataset_trees
fixture -B bigearthnet more/big-endian 2
fixture -8 bigearthnet more/bigtiff 2
both 'fixtures' "$trees"
both 'big-endian files and BigTIFF' more
is 'BigEarthNet takes the fast path' \
	"$(find "$trees/bigearthnet-s2" -name '*.tif' -exec bothways {} + | cut -f1 | sort -u)" fast
is 'BigTIFF does not' \
	"$(find more/bigtiff -name '*_B0?.tif' -exec bothways {} + | cut -f1 | sort -u)" libtiff

if [ "$data" ]; then
	both 'real patches' "$data"
else
	skip 'real patches' 'no ../shared/data'
fi

done_testing

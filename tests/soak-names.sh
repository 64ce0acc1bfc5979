#!/bin/sh
# sh soak-names.sh [FILES]: FILES empty files (default 8,000,000, as many as BigEarthNet has) in a memory
# file system of its own (about 1.1 KB each), in the layout of BigEarthNet and then in one flat directory:
# the time and the peak memory of rsenc-scan beside find's, and of rsenc-missing with a database that
# holds all but one key in sixteen. What comes out is compared with what was made. The memory that
# rsenc-scan needs is in its page; rsenc-missing has 64 MiB beside the pages that it maps. Linux only,
# for root or where users may have namespaces.
set -u
LC_ALL=C
export LC_ALL
top=$(cd "${0%/*}/.." && pwd)
tools=${TOOLS:-$top/build/tests}
PATH=${BIN:-$top}:$tools/bench:$PATH
files=${1:-8000000}
if [ -z "${SOAK_INSIDE-}" ]; then
	work=$(mktemp -d) || exit 1
	SOAK_INSIDE=$work unshare -rm sh "$0" "$@"
	status=$?
	rmdir "$work"
	exit $status
fi
mount -t tmpfs -o size=95%,nr_inodes=0 soak "$SOAK_INSIDE" && cd "$SOAK_INSIDE" || exit 1
failed=0

wrong() {
	echo "soak: $1" >&2
	failed=1
}

# The budget: what is used now, the files, and the processes beside them.
awk -v files="$files" '/^MemAvailable/ { exit !($2 > files * 1.1 + 2000000) }' /proc/meminfo || {
	echo "soak: $files files need $((files * 11 / 10000000 + 2)) GB of memory, more than is free: SOAK_NAMES=N" >&2
	exit 1
}

# timed NAME COMMAND...: runs it; its seconds and its peak memory in KiB are NAME_s and NAME_kib
timed() {
	name=$1
	shift
	rm -f peak.kib
	begin=$(date +%s%N)
	peak peak.kib "$@" || wrong "$name: status $?"
	eval "${name}_ms=$((($(date +%s%N) - begin) / 1000000)) ${name}_kib=$(cat peak.kib)"
}

# measure WHAT DATASET FILES GROUPS BYTES: of the tree in `tree`, whose keys are in `keys`, unsorted;
# BYTES is what a group may cost rsenc-scan beside 64 MiB
measure() {
	timed find find tree -name '*.tif' >found
	timed scan rsenc-scan "$2" tree >groups
	[ "$(wc -l <found)" -eq "$3" ] || wrong "$1: find finds $(wc -l <found) files, not $3"
	rm found
	[ "$(wc -l <groups)" -eq "$4" ] || wrong "$1: $(wc -l <groups) groups, not $4"
	cut -f 1 groups | sort -S 256M | cmp - keys || wrong "$1: the keys are others"
	# shellcheck disable=SC2154 # timed sets them
	echo "$1: $3 files, $4 groups: find $find_ms ms, $((find_kib / 1024)) MiB; rsenc-scan $scan_ms ms," \
		"$((scan_kib / 1024)) MiB"
	[ "$scan_kib" -le $((65536 + $4 * $5 / 1024)) ] || wrong "$1: rsenc-scan: more than 64 MiB and $5 bytes a group"

	awk 'NR % 16' keys | perl -ne 'chomp; printf "+%d,16:%s->%s{}      \n", length, $_, pack("Q<", 8);
		END { print "\n" }' | rsenc-load db || wrong "$1: rsenc-load: status $?"
	awk 'NR % 16 == 0' keys >wanted
	begin=$(date +%s%N)
	rsenc-missing db <groups >missing &
	missing=$!
	own=0
	while now=$(awk '/^RssAnon/ { print $2 }' "/proc/$missing/status" 2>/dev/null) && [ -n "$now" ]; do
		[ "$now" -le "$own" ] || own=$now
		sleep 0.05
	done
	wait $missing || wrong "$1: rsenc-missing: status $?"
	echo "$1: rsenc-missing $((($(date +%s%N) - begin) / 1000000)) ms, $((own / 1024)) MiB of its own"
	[ "$own" -le 65536 ] || wrong "$1: rsenc-missing: more than 64 MiB"
	cut -f 1 missing | sort -S 256M | cmp - wanted || wrong "$1: rsenc-missing passes on others"
	rm -rf tree db groups missing wanted keys
}

# Two files of Sentinel-1, twelve of Sentinel-2 and a map a patch; a folder a patch, 4,000 in one of a tile.
patches=$((files / 15))
awk -v patches=$patches '
function folder(root, top, key) { print "tree/" root "/" top "/" key; print key >"keys.unsorted" }
BEGIN {
	for (i = 0; i < patches; i++) {
		tile = sprintf("T%02dUUP", i / 4000)
		at = sprintf("%02d_%02d", i % 4000 / 64, i % 64)
		s1 = sprintf("S1A_IW_GRDH_1SDV_20170613T%06d", i / 4000)
		s2 = sprintf("S2A_MSIL2A_20170613T%06d_N9999_R022_%s", i / 4000, tile)
		folder("BigEarthNet-S1", s1, s1 "_" tile "_" at)
		folder("BigEarthNet-S2", s2, s2 "_" at)
		print s2 "_" at "_reference_map" >"keys.unsorted"
		print "tree/Reference_Maps/" s2 "/" s2 "_" at
	}
}' >folders
sort -S 256M keys.unsorted >keys
rm keys.unsorted
split -n l/2 folders half.
makers=
for half in half.??; do
	{
		xargs mkdir -p <"$half" &&
		awk -F / '{
			bands = "reference_map"
			if ($2 ~ /S1$/) bands = "VH VV"
			if ($2 ~ /S2$/) bands = "B01 B02 B03 B04 B05 B06 B07 B08 B09 B11 B12 B8A"
			n = split(bands, band, " ")
			for (i = 1; i <= n; i++) print $0 "/" $4 "_" band[i] ".tif"
		}' "$half" | xargs touch
	} &
	makers="$makers $!"
done
for one in $makers; do wait "$one" || exit 1; done
rm folders half.??
measure 'as BigEarthNet' bigearthnet $((patches * 15)) $((patches * 3)) 30

mkdir tree
awk -v n="$files" 'BEGIN { for (i = 0; i < n; i++) printf "patch_%d\n", i }' | tee keys.unsorted |
	sed 's,.*,tree/&.tif,' | xargs touch || exit 1
sort -S 256M keys.unsorted >keys
rm keys.unsorted
measure 'one directory' hydro "$files" "$files" 200
exit $failed

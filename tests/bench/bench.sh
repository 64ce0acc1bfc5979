#!/bin/sh
# `make bench`: how fast the commands are beside plain tools that move the same bytes, as one
# Markdown table of medians and ratios with the targets (rows.txt). BIN and TOOLS say where the
# programs lie.
#
#   BENCH_PATCHES=3000  patches of BigEarthNet-S1, and as many of S2, in the tree
#   BENCH_ROUNDS=7      each command runs once in every round, so that noise hits all alike; a
#                       round before the first is not counted (3 with fewer than 1000 patches)
#   BENCH_DIR=/tmp      where trees and outputs go (5 times 0.14 MB a patch), and are removed from
#   BENCH_COLD=1        forget the page cache before every run (needs root), and leave out what has
#                       little to do with it: orders of keys, a flat directory, slow opens
set -eu
LC_ALL=C
export LC_ALL
here=$(cd "${0%/*}" && pwd)
PATH=$BIN:$TOOLS/tools:$TOOLS/bench:$PATH
patches=${BENCH_PATCHES:-3000}
rounds=${BENCH_ROUNDS:-$((patches < 1000 ? 3 : 7))}
cold=${BENCH_COLD:-}
cache=${cold:+cold}
cache=${cache:-warm}

# shellcheck source=machine.sh
. "$here/machine.sh"

die() {
	echo "bench: $*" >&2
	exit 1
}

[ "$patches" -ge 16 ] || die "BENCH_PATCHES: '$patches': is 16 or more"
[ "$rounds" -ge 1 ] || die "BENCH_ROUNDS: '$rounds': is 1 or more"
command -v hyperfine >/dev/null || die "hyperfine is not installed: make deps-dev"
[ -z "$cold" ] || [ -w /proc/sys/vm/drop_caches ] ||
	die "only root can forget the page cache: sudo make bench-cold"

dir=$(mktemp -d "${BENCH_DIR:-/tmp}/rsenc-bench.XXXXXX")
ram=
trap 'rm -rf "$dir" ${ram:+"$ram"}' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
cd "$dir"

say() {
	echo "bench: $*" >&2
}

# ---- trees: a sixteenth, three sixteenths and the rest, so that 1x, 4x and 16x are sums ----

hys=$((patches / 125 > 8 ? patches / 125 : 8))
sixteenth=$((patches / 16))
quarter=$((patches / 4))

# part NAME FIRST COUNT
part() {
	for set in bigearthnet-s1 bigearthnet-s2; do
		fixture -b -o "$2" "$set" "tree/$1" "$3"
	done
}

say "making $((2 * patches)) BigEarthNet-like and $hys HySpecNet-like patches in $dir"
part a 0 $sixteenth
part b $sixteenth $((quarter - sixteenth))
part c $quarter $((patches - quarter))
fixture -b hyspecnet-11k hys "$hys"
mkdir out

# ---- each stage once: inputs of the stages that follow, and proof that all of them work ----

rsenc-scan bigearthnet tree >groups
rsenc-scan bigearthnet tree/a tree/b >groups4
rsenc-scan hyspecnet-11k hys >hgroups
head -n $((hys / 4)) hgroups >hgroups4
[ "$(wc -l <groups)" -eq $((2 * patches)) ] || die "rsenc-scan has not found all patches"
[ "$(wc -l <hgroups)" -eq "$hys" ] || die "rsenc-scan has not found all HySpecNet patches"
rsenc-pack -r <groups >records
rsenc-pack -r <groups4 >records4
rsenc-load -q db <records
tar -cf tree.tar tree
tar -cf quarter.tar tree/a tree/b
rsenc-scan bigearthnet tree.tar >tgroups
[ "$(wc -l <tgroups)" -eq $((2 * patches)) ] || die "rsenc-scan has not found all patches in the archive"
zstd=$(command -v zstd || :)
[ -z "$zstd" ] || zstd -q -1 tree.tar
zip=$(command -v zip unzip | sed -n 2p)
[ -z "$zip" ] || zip -qr tree.zip tree
bytes=$(wc -c <records)

# Keys in random order, of large records and of many small ones; 100,000 files in one directory; and
# files of which each takes 2 ms to open.
shuf --random-source=tree.tar groups >rgroups
rsenc-pack -r <rgroups >rrecords
tiny=300000
if [ -z "$cold" ]; then
	say "making $tiny small records and 100000 files in one directory"
	records $tiny 64 up >tiny.rec
	records $tiny 64 mixed >rtiny.rec
	rsenc-load -q tdb <tiny.rec
	rsenc-dump --keys tdb | sed 's|$|\tx=/none.tif|' >tiny
	shuf --random-source=tree.tar tiny >rtiny
	mkdir flat
	(cd flat && seq -f 'Forest_%.0f.tif' 100000 | xargs touch)
	shuf --random-source=tree.tar -n $((patches < 400 ? patches : 400)) groups >sgroups
fi
preload() {
	echo "env SLOW_OPEN=2000 LD_PRELOAD=$TOOLS/bench/$1.so"
}
if LD_PRELOAD=$TOOLS/bench/late.so rsenc-load -q preloaded <tiny.rec 2>&1 | grep -q .; then
	die "$TOOLS/bench/late.so can't be preloaded (a static build, or one with sanitizers?)"
fi
rm -rf preloaded

fd=$(command -v fd || command -v fdfind || :)
free=$(df -Pk /dev/shm 2>/dev/null | awk 'NR == 2 { print $4 }')
if [ -w /dev/shm ] && [ "${free:-0}" -gt $((bytes * 3 / 2048)) ]; then
	ram=$(mktemp -d /dev/shm/rsenc-bench.XXXXXX)
fi

# ---- times ----

# Before each run: outputs of the run before are gone, nothing is left to be written to the disk,
# and what the command will read is in the page cache (some virtual machines give that back while
# other commands run) or, cold, is not.
settle="rm -rf out/* ${ram:+$ram/*}; sync -f ."
names="$settle; find tree >/dev/null"
tree="$settle; tar cf - tree | cat >/dev/null"
cubes="$settle; cat hys/patches/*/*/* >/dev/null"
stream="$settle; cat records | cat >/dev/null"
archive="$settle; cat tree.tar | cat >/dev/null"
zipped="$settle; ! [ -e tree.zip ] || cat tree.zip >/dev/null"
packed="$settle; ! [ -e tree.tar.zst ] || cat tree.tar.zst | cat >/dev/null"
if [ -n "$cold" ]; then
	settle="$settle; echo 3 >/proc/sys/vm/drop_caches"
	names=$settle tree=$settle more=$settle cubes=$settle stream=$settle archive=$settle packed=$settle zipped=$settle
fi

more="$settle; cat r*records tiny* rtiny* tdb/data.mdb 2>/dev/null | cat >/dev/null; find flat 2>/dev/null >/dev/null"
scan="rsenc-scan bigearthnet"
load="rsenc-load -q"
find hys -name '*.TIF' | sort >hfiles
set -- \
	-p "$names" -n scan "$scan tree >/dev/null" \
	-p "$names" -n scan-j2 "$scan -j 2 tree >/dev/null" \
	-p "$names" -n find "find tree -name '*.tif' >/dev/null" \
	-p "$tree" -n pack "rsenc-pack -r -j 1 <groups >/dev/null" \
	-p "$tree" -n pack-j2 "rsenc-pack -r -j 2 <groups >/dev/null" \
	-p "$tree" -n pack-j8 "rsenc-pack -r -j 8 <groups >/dev/null" \
	-p "$tree" -n pack-j32 "rsenc-pack -r -j 32 <groups >/dev/null" \
	-p "$tree" -n pack-j0 "rsenc-pack -r <groups >/dev/null" \
	-p "$stream" -n load "$load out/db <records" \
	-p "$stream" -n cat "cat records >out/copy && sync out/copy" \
	-p "$tree" -n pipe "$scan tree | rsenc-pack -r | $load out/db" \
	-p "$tree" -n tar-sync "tar cf out/tar tree && sync out/tar" \
	-p "$tree" -n pipe-j2 "$scan tree | rsenc-pack -r -j 2 | $load out/db" \
	-p "$tree" -n tar "tar cf out/tar tree" \
	-p "$tree" -n pipe4 "$scan tree/a tree/b | rsenc-pack -r | $load out/db" \
	-p "$tree" -n pipe1 "$scan tree/a | rsenc-pack -r | $load out/db" \
	-p "$archive" -n scan-tar "$scan tree.tar >/dev/null" \
	-p "$archive" -n pack-tar "$scan tree.tar | rsenc-pack -r >/dev/null" \
	-p "$tree" -n pack-tree "$scan tree | rsenc-pack -r >/dev/null" \
	-p "$archive" -n untar "cat tree.tar | rsenc-untar bigearthnet | $load out/db" \
	-p "$stream" -n cat-load "cat records | cat | $load out/db" \
	-p "$cubes" -n hys "rsenc-pack -r -j 1 <hgroups >/dev/null" \
	-p "$cubes" -n inflate "xargs inflate 1 <hfiles" \
	-p "$cubes" -n hys-j2 "rsenc-pack -r -j 2 <hgroups >/dev/null" \
	-p "$cubes" -n hys-j0 "rsenc-pack -r <hgroups >/dev/null" \
	-p "$cubes" -n inflate-j2 "xargs inflate 2 <hfiles" \
	-p "$tree" -n pipe-j8 "$scan tree | rsenc-pack -r -j 8 | $load out/db" \
	-p "$tree" -n pipe-j32 "$scan tree | rsenc-pack -r -j 32 | $load out/db"
[ -n "$cold" ] || set -- "$@" \
	-p "$stream" -n view "rsenc-view -q records >/dev/null" \
	-p "$stream" -n stats "rsenc-show -q --stats records >/dev/null" \
	-p "$stream" -n totals "rsenc-show -q --totals records >/dev/null" \
	-p "$stream" -n read "cat records | cat >/dev/null" \
	-p "$stream" -n late "$(preload late) $load out/db <records" \
	-p "$tree" -n pipe-late "$scan tree | rsenc-pack -r | $(preload late) $load out/db" \
	-p "$more" -n load-random "$load out/db <rrecords" \
	-p "$more" -n tiny "$load out/db <tiny.rec" \
	-p "$more" -n tiny-random "$load out/db <rtiny.rec" \
	-p "$more" -n missing "rsenc-missing tdb <tiny >/dev/null" \
	-p "$more" -n missing-random "rsenc-missing tdb <rtiny >/dev/null" \
	-p "$more" -n verify "rsenc-verify tdb <tiny.rec >/dev/null" \
	-p "$more" -n verify-random "rsenc-verify tdb <rtiny.rec >/dev/null" \
	-p "$more" -n flat "rsenc-scan eurosat-ms flat >/dev/null" \
	-p "$more" -n find-flat "find flat -name '*.tif' >/dev/null"
[ -n "$cold" ] || for j in 0 1 2 8 32; do
	set -- "$@" -p "$more" -n slow-j$j "$(preload slow) rsenc-pack -r -j $j <sgroups >/dev/null"
done
for j in 1 32; do
	if [ -n "$cold" ]; then
		set -- "$@" -p "$names" -n scan-j$j "$scan -j $j tree >/dev/null"
	else
		set -- "$@" -p "$names" -n scan-slow-j$j "$(preload slow) $scan -j $j tree >/dev/null"
	fi
done
[ -n "$cold" ] || set -- "$@" -p "$names" -n scan-slow "$(preload slow) $scan tree >/dev/null"
[ -z "$fd" ] || set -- "$@" -p "$names" -n fd "$fd -u -j 2 -e tif . tree >/dev/null"
[ -z "$zstd" ] || set -- "$@" \
	-p "$packed" -n unzstd "zstd -q -dc tree.tar.zst | rsenc-untar bigearthnet | $load out/db" \
	-p "$packed" -n unzstd-tar "zstd -q -dc tree.tar.zst | tar -xf - -C out && sync -f out"
[ -z "$zip" ] || set -- "$@" \
	-p "$zipped" -n pack-zip "$scan tree.zip | rsenc-pack -r -j 2 >/dev/null" \
	-p "$zipped" -n unzip "unzip -q tree.zip -d out" \
	-p "$zipped" -n zip "$scan tree.zip | rsenc-pack -r -j 2 | $load out/db" \
	-p "$zipped" -n unzip-pipe "unzip -q tree.zip -d out && $scan out/tree | rsenc-pack -r -j 2 | $load out/db"
[ -z "$ram" ] || set -- "$@" \
	-p "$tree" -n pipe-ram "$scan tree | rsenc-pack -r | $load $ram/db" \
	-p "$tree" -n tar-ram "tar cf $ram/tar tree"

read -r before _ </proc/loadavg
round=0
while [ "$round" -le "$rounds" ]; do
	say "round $round of $rounds"
	hyperfine --runs 1 --style none --shell sh --export-csv round.csv "$@" 2>round.log || die "$(cat round.log)"
	# From command,mean,stddev,median,user,system,min,max to: command, seconds, processor's seconds
	[ "$round" -eq 0 ] || sed 1d round.csv | awk -F, -v OFS='\t' '{ print $1, $4, $5 + $6 }' >>results
	round=$((round + 1))
done
sh -c "$settle"
read -r after _ </proc/loadavg

# Seconds to patches a second.
awk -v n=$((2 * patches)) -v n4=$((2 * quarter)) -v n1=$((2 * sixteenth)) '
	$1 == "pipe" { print "rate", n / $2 }
	$1 == "pipe-j2" { print "rate-j2", n / $2 }
	$1 == "pipe4" { print "rate4", n4 / $2 }
	$1 == "pipe1" { print "rate1", n1 / $2 }' OFS='\t' results >rates
cat rates >>results

# ---- peak memory, of a quarter and of all patches ----

# memory ID COMMAND...: output to nowhere
memory() {
	id=$1
	shift
	peak peak.kib "$@" >/dev/null
	awk -v id="$id" -v OFS='\t' '{ print id, $1 / 1024 }' peak.kib >>results
	rm peak.kib
}

say "peak memory"
memory scan-peak rsenc-scan bigearthnet tree
memory scan-peak4 rsenc-scan bigearthnet tree/a tree/b
for j in 1 2; do
	memory pack-peak-j$j rsenc-pack -r -j $j <groups
	memory pack-peak4-j$j rsenc-pack -r -j $j <groups4
	memory hys-peak-j$j rsenc-pack -r -j $j <hgroups
	memory hys-peak4-j$j rsenc-pack -r -j $j <hgroups4
done
if [ -z "$cold" ]; then
	memory flat-peak rsenc-scan eurosat-ms flat
	memory find-peak find flat -name '*.tif'
	memory missing-peak rsenc-missing tdb <rtiny
	memory missing-peak4 rsenc-missing tdb <tiny
	memory tiny-random-peak rsenc-load -q out/db <rtiny.rec
	rm -rf out/db
	memory tiny-peak rsenc-load -q out/db <tiny.rec
	rm -rf out/db
fi
memory scan-tar-peak rsenc-scan bigearthnet tree.tar
memory scan-tar-peak4 rsenc-scan bigearthnet quarter.tar
memory untar-peak rsenc-untar -j 2 bigearthnet <tree.tar
memory untar-peak4 rsenc-untar -j 2 bigearthnet <quarter.tar
memory load-peak rsenc-load -q out/db <records
rm -rf out/db
memory load-peak4 rsenc-load -q out/db <records4

# ---- the table ----

compiler=$("${CC:-cc}" --version | head -n 1)
cat <<E
$((2 * patches)) BigEarthNet-like patches ($(find tree -name '*.tif' | wc -l) TIFFs, $((bytes / 1000000)) MB of records) and $hys
HySpecNet-like ones, $cache cache, medians of $rounds interleaved rounds, $(date -u +%Y-%m-%d).
$(machine), $compiler; load average $before to $after.

E
awk -v cache="$cache" -f "$here/table.awk" results "$here/rows.txt"

[ -n "$cold" ] || exit 0

# The same as rows of README's table.
cat >readme <<'T'
time|scan, cold cache|scan|`find -name '*.tif'`|find|
time|whole pipe, cold cache, synced, no `-j`|pipe|`tar` and `sync`|tar-sync|
time|whole pipe, cold cache, synced, no `-j`|pipe|`-j 2`|pipe-j2|
time|whole pipe, cold cache, synced, no `-j`|pipe|`-j 8`|pipe-j8|
time|whole pipe, cold cache, synced, no `-j`|pipe|`-j 32`|pipe-j32|
T
awk -f "$here/table.awk" results readme | awk -F '|' 'NR == 2 { print "" }
	NR > 2 { sub(/ \(.*/, " ", $6); print "|" $2 "|" $3 "|" $4 "|" $5 "|" $6 "|" }'

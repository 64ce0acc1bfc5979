#!/bin/sh
# `make bench-disk`: loads to a slow disk, with write-back begun early and without, and what another
# program that writes there feels of it. The disk is a file behind a loop device, whose writes the
# kernel holds to so many bytes a second (control groups of version 1). Needs root and Linux.
#
#   DISK_PATCHES=1500    BigEarthNet-S2-like patches
#   DISK_RATE=300000000  bytes a second
#   DISK_ROUNDS=3        each command runs once in every round
#   DISK_KINDS='ext4 xfs'
#   BENCH_DIR=/tmp       where all of it goes (1.5 MB a patch), and is removed from
set -eu
LC_ALL=C
export LC_ALL
here=$(cd "${0%/*}" && pwd)
PATH=$BIN:$TOOLS/tools:$PATH
patches=${DISK_PATCHES:-1500} rate=${DISK_RATE:-300000000} rounds=${DISK_ROUNDS:-3}
limit=/sys/fs/cgroup/blkio/blkio.throttle.write_bps_device
# shellcheck source=machine.sh
. "$here/machine.sh"

[ -w $limit ] || {
	echo "bench-disk: skipped: only root, with control groups of version 1, can make a disk slow" >&2
	exit 0
}

dir=$(mktemp -d "${BENCH_DIR:-/tmp}/rsenc-disk.XXXXXX")
loop=
undo() {
	cd /
	if [ "$loop" ]; then
		echo "$(cat "/sys/block/${loop#/dev/}/dev") 0" >$limit
		umount "$dir/disk" || :
		losetup -d "$loop"
		loop=
	fi
}
trap 'undo; rm -rf "$dir"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
cd "$dir"

mkdir disk
fixture -b bigearthnet-s2 tree "$patches"
rsenc-scan bigearthnet-s2 tree | rsenc-pack -r >records
late="env LD_PRELOAD=$TOOLS/bench/late.so"
pipe="rsenc-scan bigearthnet-s2 tree | rsenc-pack -r"

# timed ID COMMAND: a line ID, seconds
timed() {
	rm -rf disk/*
	sync -f disk
	cat records tree.tar 2>/dev/null | cat >/dev/null
	hyperfine --runs 1 --style none --shell sh --export-csv round.csv "$2" 2>round.log || cat round.log >&2
	sed 1d round.csv | awk -F, -v OFS='\t' -v id="$1" '{ print id, $4, $5 + $6 }' >>results
}

# felt ID COMMAND: what a small write and its sync take meanwhile, median and 99th percentile
felt() {
	rm -rf disk/*
	sync -f disk
	python3 "$here/writer.py" disk "$1" >>results &
	writer=$!
	sleep 0.3
	sh -c "$2"
	kill $writer
	wait $writer
}

for kind in ${DISK_KINDS:-ext4 xfs}; do
	echo "bench-disk: $kind" >&2
	rm -f image
	truncate -s $((patches * 1000000 + 500000000)) image
	"mkfs.$kind" -q image
	loop=$(losetup -f --show --direct-io=on image)
	mount "$loop" disk
	echo "$(cat "/sys/block/${loop#/dev/}/dev") $rate" >$limit
	for _ in $(seq "$rounds"); do
		timed "$kind-load" "rsenc-load -q disk/db <records"
		timed "$kind-late" "$late rsenc-load -q disk/db <records"
		timed "$kind-cat" "cat records >disk/copy && sync disk/copy"
		timed "$kind-pipe" "$pipe | rsenc-load -q disk/db"
		timed "$kind-pipe-late" "$pipe | $late rsenc-load -q disk/db"
		timed "$kind-tar" "tar cf disk/tar tree && sync disk/tar"
		felt "$kind-felt" "rsenc-load -q disk/db <records"
		felt "$kind-felt-late" "$late rsenc-load -q disk/db <records"
		felt "$kind-felt-cat" "cat records >disk/copy && sync disk/copy"
	done
	undo
	cd "$dir"
	sed "s/KIND/$kind/g" "$here/disk.txt" >>rows
done

cat <<T
$patches BigEarthNet-S2-like patches, $(($(wc -c <records) / 1000000)) MB of records, to a disk that takes
$((rate / 1000000)) MB/s, medians of $rounds interleaved rounds, $(date -u +%Y-%m-%d). $(machine).

T
awk -f "$here/table.awk" results rows

#!/bin/sh
# sh soak.sh [PATCHES [DIR]]: generated patches (default 200,000) through rsenc-scan | rsenc-pack |
# rsenc-load, with the memory of each process sampled every second from /proc, then rsenc-verify of
# all of them. Memory must be flat: in the last quarter of the run no more than a tenth above what
# it was in the second one. That of rsenc-scan may grow by its list of keys, which is in its page.
# Takes about 10 GB of DIR (default: a directory in /tmp) for 200,000. Linux only.
set -u
LC_ALL=C
export LC_ALL
top=$(cd "${0%/*}/.." && pwd)
PATH=${BIN:-$top}:${TOOLS:-$top/build/tests}/tools:$PATH
patches=${1:-200000}
work=$(mktemp -d "${2:-${TMPDIR:-/tmp}}/soak.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
cd "$work" || exit 1
failed=0

wrong() {
	echo "soak: $1" >&2
	failed=1
}

# sample FILE PID NAME [PID NAME]...: a line "NAME SECONDS ALL ANONYMOUS" (kB) a second each, until
# the last of them has ended
sample() {
	to=$1 second=0
	shift
	while grep -q VmRSS "/proc/$last/status" 2>/dev/null; do
		for pair; do
			awk -v name="${pair%:*}" -v t=$second '/^VmRSS/ { all = $2 } /^RssAnon/ { anon = $2 }
				END { if (all) print name, t, all, anon }' "/proc/${pair#*:}/status" 2>/dev/null
		done
		second=$((second + 1))
		sleep 1
	done >"$to"
}

# flat NAME SAMPLES SPARE: tells the peak; the last quarter against the second one, and SPARE kB
flat() {
	awk -v name="$1" -v spare="$3" '$1 == name { v[n++] = $3; a[n - 1] = $4 }
	END {
		for (i = 0; i < n; i++) {
			if (v[i] > peak) peak = v[i]
			if (a[i] > anon) anon = a[i]
			if (i >= int(n / 4) && i < int(n / 2) && v[i] > second) second = v[i]
			if (i >= int(n * 3 / 4) && v[i] > last) last = v[i]
		}
		printf "%s: %d samples, peak %.1f MB (%.1f of it its own), second quarter %.1f, last quarter %.1f\n",
		    name, n, peak / 1024, anon / 1024, second / 1024, last / 1024
		exit !(n >= 4 && last <= second * 1.1 + 1024 + spare)
	}' "$2" || wrong "$1: memory is not flat"
}

# The generator takes most of the time: every processor makes its share.
start=$(date +%s)
cores=$(getconf _NPROCESSORS_ONLN) i=0 makers=
while [ $i -lt "$cores" ]; do
	from=$((patches * i / cores)) to=$((patches * (i + 1) / cores))
	fixture -b -o $from bigearthnet-maps tree $((to - from)) &
	makers="$makers $!"
	i=$((i + 1))
done
for one in $makers; do wait "$one" || exit 1; done
echo "$patches patches made in $(($(date +%s) - start)) s: $(du -sm tree | cut -f 1) MB"

mkfifo lines records
start=$(date +%s)
rsenc-scan bigearthnet-maps tree >lines &
scan=$!
rsenc-pack -r -j 0 <lines >records &
pack=$!
rsenc-load db <records &
last=$!
sample load.samples rsenc-scan:$scan rsenc-pack:$pack rsenc-load:$last
wait $scan || wrong "rsenc-scan: status $?"
wait $pack || wrong "rsenc-pack: status $?"
wait $last || wrong "rsenc-load: status $?"
echo "converted in $(($(date +%s) - start)) s: $(du -sm db | cut -f 1) MB"
flat rsenc-scan load.samples $((patches / 5)) # 200 bytes a key
flat rsenc-pack load.samples 0
flat rsenc-load load.samples 0

start=$(date +%s)
rsenc-scan bigearthnet-maps tree >lines &
scan=$!
rsenc-pack -r -j 0 <lines >records &
pack=$!
rsenc-verify -v db <records >differing 2>verify.err &
last=$!
sample verify.samples rsenc-verify:$last
wait $scan || wrong "rsenc-scan: status $?"
wait $pack || wrong "rsenc-pack: status $?"
wait $last || wrong "rsenc-verify: status $?: $(head -3 differing)"
echo "verified in $(($(date +%s) - start)) s: $(cat verify.err)"
flat rsenc-verify verify.samples 0
stored=$(mdb_stat db | sed -n 's/.*Entries: //p')
[ "$stored" = "$patches" ] || wrong "$stored records stored of $patches"
[ ! -s differing ] || wrong "$(wc -l <differing) records are missing or differ"
echo "records stored: $stored; missing or wrong: $(wc -l <differing)"
exit $failed

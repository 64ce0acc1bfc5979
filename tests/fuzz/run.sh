#!/bin/sh
# Runs fuzz targets one after the other, each for some seconds; `make fuzz` calls this.
#
#     sh tests/fuzz/run.sh SECONDS DIR TARGET...
#
# Corpora are kept in DIR/corpus and grow from run to run. An input that fails is left in
# DIR/found; copy it to tests/fuzz/found/TARGET/ once its cause is fixed, and `make check`
# replays it. The status is 1 if any was found.
set -u
here=$(cd "${0%/*}" && pwd)
seconds=$1
dir=$2
shift 2
# In memory, if there is such a place: databases are made there, thousands a second.
[ ! -w /dev/shm ] || TMPDIR=/dev/shm
export TMPDIR="${TMPDIR:-/tmp}"
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
sh "$here/seeds.sh" "$work/seeds" || exit 1
status=0
for target; do
	name=${target##*/}
	mkdir -p "$dir/corpus/$name" "$dir/found/$name" "$work/$name"
	quiet=0
	[ "$name" != load ] || quiet=2 # the command's own messages
	(
		cd "$work/$name" || exit 1
		"$target" -max_total_time="$seconds" -timeout=30 -malloc_limit_mb=200 \
			-rss_limit_mb=2000 -max_len=12000 -close_fd_mask=$quiet -print_final_stats=1 \
			-artifact_prefix="$dir/found/$name/" "$dir/corpus/$name" "$work/seeds/$name"
	) >"$work/log" 2>&1 || {
		status=1
		cat "$work/log"
		echo "fuzz: $name: found something; the input is in $dir/found/$name"
	}
	echo "fuzz: $name: $(sed -n 's/^stat::number_of_executed_units: *//p' "$work/log") executions in $seconds s"
done
exit $status

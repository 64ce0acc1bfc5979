#!/bin/sh
# A conversion on a Slurm cluster without a job that loads everything: each task of a job array makes
# a database of its own on the disk of its node, and moves it to the shared file system when it is
# complete. rsenc-database(5) shows how to read a directory of databases.
#
#     rsenc-scan ssl4eo-s12 SSL4EO-S12 | LC_ALL=C sort >groups.tsv
#     sbatch --array=1-64 shards.sh groups.tsv Encoded
#
# To resume after a failure, run the same command: it continues inside a shard, too, as a task saves
# its database when Slurm sends SIGTERM (scancel, requeue, time limit). Where KillWait (30 s) is too
# short for a copy of it, add --signal=B:TERM@120 to sbatch.
#SBATCH --job-name=rsenc
#SBATCH --cpus-per-task=2
#SBATCH --requeue
set -eu
if [ $# -ne 2 ] || [ -z "${SLURM_ARRAY_TASK_ID-}" ]; then
	echo 'usage: sbatch --array=1-N shards.sh GROUPS TARGET' >&2
	exit 2
fi
groups=$1 target=$2
# A part of an array would cut the list in other places.
# shellcheck disable=SC2153
parts=$SLURM_ARRAY_TASK_COUNT part=$((SLURM_ARRAY_TASK_ID - SLURM_ARRAY_TASK_MIN + 1))
if [ "$SLURM_ARRAY_TASK_MIN" -gt 1 ] || [ $((SLURM_ARRAY_TASK_MAX - SLURM_ARRAY_TASK_MIN)) -ge "$parts" ]; then
	echo "shards.sh: the array must be 1-N or 0-N without gaps: submit all of it (complete shards are skipped)" >&2
	exit 2
fi
RSENC_RESUME='submit the same array'
export RSENC_RESUME
shard=$(printf '%05d-of-%05d' $part "$parts")
saved=$target/.saved-$shard
mkdir -p "$target"
trap 'exit 143' TERM
work=$(mktemp -d "${SLURM_TMPDIR:-${TMPDIR:-/tmp}}/rsenc.XXXXXX")
new=$work/none
trap 'rm -rf "$work" "$new"' EXIT

# The target says what it was made from. Of tasks that start at once, the first one's link stays.
new=$(mktemp "$target/.list.XXXXXX")
echo "$parts dealt shards of the list with SHA-256 $(sha256sum <"$groups" | cut -d ' ' -f 1)" >"$new"
ln "$new" "$target/.list" 2>/dev/null || :
if ! cmp -s "$new" "$target/.list"; then
	echo "shards.sh: $target: made from $(cat "$target/.list"), not from $(cat "$new"): use another target" >&2
	exit 1
fi
rm "$new"
[ ! -e "$target/$shard" ] || exit 0 # only complete databases have this name

# What another task saved; where that was killed, back to its last checkpoint. If that is not
# possible the shard starts from the beginning.
if [ -d "$saved" ]; then
	cp -R "$saved" "$work/db"
	rsenc-load --recover "$work/db" || rm -rf "$work/db"
fi

# A copy gets its name when it is complete. Of two tasks that save, the last one wins.
save() {
	[ -d "$work/db" ] || return 0
	new=$(mktemp -d "$saved.XXXXXX")
	cp -R "$work/db/." "$new"
	rm -f "$new/claim" # of the loader here, which has ended
	rm -rf "$saved"
	mv "$new" "$saved"
}

# One line of each N that follow one another, at a place that changes: shards have about the same size
# where large patches follow small ones, and where they alternate.
awk -v n="$parts" -v i="$part" '(NR - 1) % n == 0 { x = (x + 1) * 16807 % 2147483647 }
	(NR + x) % n == i - 1' "$groups" >"$work/groups"
# A FIFO instead of a pipe, so that the status of each stage counts.
[ -s "$work/groups" ] || exit 0 # more shards than patches: this one has none, and no database
rsenc-missing -q "$work/db" <"$work/groups" >"$work/missing"
mkfifo "$work/records"
rsenc-pack -r -j "${SLURM_CPUS_PER_TASK:-1}" <"$work/missing" >"$work/records" &
pack=$!
rsenc-load "$work/db" <"$work/records" &
load=$!
# Slurm may have ended the stages already.
trap 'kill -s TERM $pack $load 2>/dev/null || :; wait; save; exit 143' TERM
status=0
wait $pack || status=$?
wait $load || status=$?
trap '' TERM # what follows is short, and must not be interrupted
if [ $status -ne 0 ]; then
	save
	exit $status
fi
rsenc-missing "$work/db" <"$work/groups" >"$work/missing"
if [ -s "$work/missing" ]; then
	echo "shards.sh: $(wc -l <"$work/missing") patches of $groups are missing in shard $shard" >&2
	exit 1
fi

# Copied under another name, then renamed: a reader finds all of it or nothing. Of two tasks that made
# the same shard the first one wins: both are the same.
new=$(mktemp -d "$target/.moving-$shard.XXXXXX")
cp "$work/db/data.mdb" "$new/"
chmod 755 "$new"
sync "$new/data.mdb"
mv -T "$new" "$target/$shard" 2>"$work/error" || test -e "$target/$shard/data.mdb" || {
	cat "$work/error" >&2
	exit 1
}
rm -rf "$saved" "$saved".* "$target/.moving-$shard".* # also those of tasks that were killed

#!/bin/sh
# A conversion on a Slurm cluster without one that loads everything: each task of a job array makes a
# database of its own on the disk of its node, and moves it to the shared file system when it is
# whole. Readers take the directory of databases as one, see rsenc-database(5).
#
#     rsenc-scan ssl4eo-s12 SSL4EO-S12 >groups.tsv
#     sbatch --array=1-64 shards.sh groups.tsv Encoded
#     rsenc-missing Encoded/* <groups.tsv          # prints nothing when all is there
#
# Whatever fails, the same command again goes on, inside a shard too: before a task is ended by its
# time limit, by scancel or by requeue, it saves what its database holds, as Slurm sends SIGTERM first.
#SBATCH --job-name=rsenc
#SBATCH --cpus-per-task=2
#SBATCH --requeue
#SBATCH --signal=B:TERM@120
set -eu
groups=$1 target=$2
# A part of an array would cut the list in other places.
# shellcheck disable=SC2153
parts=$SLURM_ARRAY_TASK_COUNT part=$((SLURM_ARRAY_TASK_ID - SLURM_ARRAY_TASK_MIN + 1))
if [ "$SLURM_ARRAY_TASK_MIN" -gt 1 ] || [ $((SLURM_ARRAY_TASK_MAX - SLURM_ARRAY_TASK_MIN)) -ge "$parts" ]; then
	echo "shards.sh: the array must be 1-N or 0-N without gaps: the whole of it, what is done is passed over" >&2
	exit 2
fi
shard=$(printf '%05d-of-%05d' $part "$parts")
saved=$target/.saved-$shard
[ ! -e "$target/$shard" ] || exit 0 # only whole databases are called so
mkdir -p "$target"
trap 'exit 143' TERM
work=$(mktemp -d "${SLURM_TMPDIR:-${TMPDIR:-/tmp}}/rsenc.XXXXXX")
trap 'rm -rf "$work"' EXIT
[ ! -d "$saved" ] || cp -R "$saved" "$work/db"

# A copy is called so once it is complete. Of two tasks that save, the last one wins.
save() {
	[ -e "$work/db/data.mdb" ] || return 0
	copy=$(mktemp -d "$saved.XXXXXX")
	cp -R "$work/db/." "$copy"
	rm -rf "$saved"
	mv "$copy" "$saved"
}

# A FIFO instead of a pipe, so that the status of each stage counts.
split -n "l/$part/$parts" "$groups" >"$work/groups"
rsenc-missing "$work/db" <"$work/groups" >"$work/missing"
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
if [ $status -ne 0 ]; then
	save
	exit $status
fi
trap '' TERM # what follows is short, and must not be cut
rsenc-missing "$work/db" <"$work/groups" >"$work/missing"
test ! -s "$work/missing"

# Copied under a name that no reader takes, then renamed: it is there as a whole or not at all. Of two
# tasks that made the same shard the first one wins: both are the same.
moving=$(mktemp -d "$target/.moving-$shard.XXXXXX")
cp "$work/db/data.mdb" "$moving/"
chmod 755 "$moving"
sync "$moving/data.mdb"
mv -T "$moving" "$target/$shard" || test -e "$target/$shard/data.mdb"
rm -rf "$saved" "$saved".* "$target/.moving-$shard".*

#!/bin/sh
# A conversion on a Slurm cluster: the tasks of a job array pack the shards of a list of patches to
# record files on the shared file system, and one job loads these into one database.
#
#     rsenc-scan bigearthnet BigEarthNet-S1 BigEarthNet-S2 | LC_ALL=C sort >groups.tsv
#     pack=$(sbatch --parsable --array=1-8 records.sh groups.tsv Records Encoded)
#     sbatch --dependency=afterok:$pack --kill-on-invalid-dep=yes records.sh groups.tsv Records Encoded
#
# To resume after a failure, run the same commands. A shard that is complete is not packed again. The
# files are in a directory that is named after the list and the number of shards: files of another
# list are never loaded. A task that was requeued may run beside its former self: each writes a file
# of its own, and renames it when it is complete.
#SBATCH --job-name=rsenc
#SBATCH --cpus-per-task=2
#SBATCH --requeue
set -eu
if [ $# -ne 3 ]; then
	echo 'usage: sbatch [--array=1-N] records.sh GROUPS RECORDS DATABASE' >&2
	exit 2
fi
groups=$1 records=$2 database=$3
list=$(sha256sum <"$groups" | cut -c 1-12)
RSENC_RESUME='submit the same jobs'
export RSENC_RESUME
work=$(mktemp -d "${SLURM_TMPDIR:-${TMPDIR:-/tmp}}/rsenc.XXXXXX")
new=$work/none
trap 'rm -rf "$work" "$new"' EXIT
trap 'exit 143' TERM

if [ -n "${SLURM_ARRAY_TASK_ID-}" ]; then
	# A part of an array would cut the list in other places.
	# shellcheck disable=SC2153
	parts=$SLURM_ARRAY_TASK_COUNT part=$((SLURM_ARRAY_TASK_ID - SLURM_ARRAY_TASK_MIN + 1))
	if [ "$SLURM_ARRAY_TASK_MIN" -gt 1 ] || [ $((SLURM_ARRAY_TASK_MAX - SLURM_ARRAY_TASK_MIN)) -ge "$parts" ]; then
		echo "records.sh: the array must be 1-N or 0-N without gaps: submit all of it (complete shards are skipped)" >&2
		exit 2
	fi
	shard=$records/$list-of-$parts/$(printf '%05d' $part).rec
	[ ! -e "$shard" ] || exit 0
	mkdir -p "${shard%/*}"
	# Consecutive lines: one after the other, the shards have the order of the list. The shard's list
	# is a file, not a pipe, so that a list that cannot be read ends the task.
	split -n "l/$part/$parts" "$groups" >"$work/groups"
	new=$(mktemp "$shard.XXXXXX")
	rsenc-pack -r -j "${SLURM_CPUS_PER_TASK:-1}" <"$work/groups" >"$new"
	chmod 644 "$new"
	sync "$new"
	mv "$new" "$shard"
	exit
fi

# Of the splits of this list, one that is complete.
complete=
for split in "$records/$list"-of-*; do
	[ -d "$split" ] || continue
	count=$(find "$split" -name '*.rec' | wc -l)
	[ "$count" -ne "${split##*-of-}" ] || complete=$split
done
if [ -z "$complete" ]; then
	echo "records.sh: $records: no complete set of shards for $groups: submit the array" >&2
	exit 1
fi
for file in claim incomplete; do
	if [ -e "$database/$file" ]; then
		echo "records.sh: $database: another load is running, or was interrupted: complete it first" >&2
		exit 1
	fi
done
# LMDB belongs on a local disk: the database is loaded there, and moved as a whole.
version() {
	stat -c '%i %s %Y' "$database/data.mdb" 2>/dev/null || echo none
}
mkdir "$work/db"
before=$(version)
[ "$before" = none ] || cp "$database/data.mdb" "$work/db/"
rsenc-load -s "$work/db" "$complete"/*.rec
rsenc-missing "$work/db" <"$groups" >"$work/missing"
if [ -s "$work/missing" ]; then
	echo "records.sh: $(wc -l <"$work/missing") patches of $groups are missing in $complete" >&2
	exit 1
fi
mkdir -p "$database"
new=$(mktemp "$database/.data.XXXXXX")
cp "$work/db/data.mdb" "$new"
chmod 644 "$new"
sync "$new"
if [ "$(version)" != "$before" ]; then
	echo "records.sh: $database: another job changed it during this load: submit this job again" >&2
	exit 1
fi
mv "$new" "$database/data.mdb"
rm -f "$complete"/*.rec.* # of tasks that were killed

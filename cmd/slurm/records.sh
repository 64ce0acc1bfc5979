#!/bin/sh
# A conversion on a Slurm cluster: the tasks of a job array pack the shards of a list of patches to
# record files on the shared file system, and one job loads these into one database.
#
#     rsenc-scan bigearthnet BigEarthNet-S1 BigEarthNet-S2 >groups.tsv
#     pack=$(sbatch --parsable --array=1-8 records.sh groups.tsv Records Encoded)
#     sbatch --dependency=afterok:$pack records.sh groups.tsv Records Encoded
#
# Whatever fails, the same commands again go on: a shard that is complete is not packed again, and
# what is stored is not stored again. A task that is requeued while its former self still runs on a
# node that was thought lost does no harm: each writes a file of its own, and renames it when complete.
#SBATCH --job-name=rsenc
#SBATCH --cpus-per-task=2
#SBATCH --requeue
set -eu
groups=$1 records=$2 database=$3

if [ -n "${SLURM_ARRAY_TASK_ID-}" ]; then
	# A part of an array would cut the list in other places.
	# shellcheck disable=SC2153
	parts=$SLURM_ARRAY_TASK_COUNT part=$((SLURM_ARRAY_TASK_ID - SLURM_ARRAY_TASK_MIN + 1))
	if [ "$SLURM_ARRAY_TASK_MIN" -gt 1 ] || [ $((SLURM_ARRAY_TASK_MAX - SLURM_ARRAY_TASK_MIN)) -ge "$parts" ]; then
		echo "records.sh: the array must be 1-N or 0-N without gaps: the whole of it, what is done is passed over" >&2
		exit 2
	fi
	mkdir -p "$records"
	# Consecutive lines, so that the shards one after the other are in the order of the list: a
	# list in key order is appended to the database, page by page. Every task cuts the same file
	# in the same places.
	# The shard's list is a file, not a pipe: a list that can't be read ends the task, and does not
	# become a record file that is complete and empty.
	list=$(mktemp)
	trap 'rm -f "$list"' EXIT
	trap 'exit 143' TERM
	split -n "l/$part/$parts" "$groups" >"$list"
	rsenc-pack -w "$records/$(printf '%05d-of-%05d' $part "$parts").rec" -j "${SLURM_CPUS_PER_TASK:-1}" <"$list"
else
	rsenc-load -s "$database" "$records"/*.rec
	# The proof: nothing of the list is missing.
	rsenc-missing "$database" <"$groups" >"$records/missing"
	test ! -s "$records/missing"
fi

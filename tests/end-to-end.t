#!/bin/sh
# The whole pipe: scan, pack and load together, against other tools and other implementations.
. "${0%/*}/lib.sh"

have_python 'lmdb rasterio numpy' && oracle=$python

# Plain sh tells the status of a pipe's last stage only. `stage COMMAND` notes what fails or says
# something; `piped WHAT` passes if none did since the last time.
stage() {
	"$@" 2>>stages.err || printf '%s: status %s\n' "$*" $? >>stages
}
piped() {
	if [ -s stages ] || [ -s stages.err ]; then
		fail "$1" "$(cat stages stages.err 2>/dev/null | head -n 20)"
	else
		pass "$1"
	fi
	rm -f stages stages.err
}

# All keys and values of a database, as a checksum: the dump less its header, which holds the
# map's size.
contents() {
	if have mdb_dump; then
		mdb_dump "$1" | sed '1,/^HEADER=END/d' | sha256sum
	else
		rsenc-dump "$1" | sha256sum
	fi
	echo "entries $(rsenc-dump --keys "$1" | wc -l)"
}

# same WHAT DB CONTENTS
same() {
	is "$1" "$(contents "$2")" "$3"
}

# agrees WHAT GROUPS ORACLE: the record stream of some group lines is the oracle's, byte for byte
agrees() {
	if [ -z "${oracle-}" ]; then
		skip "$1" 'no python3 with lmdb, rasterio and numpy'
		return
	fi
	stage rsenc-pack -r -j 2 <"$2" >ours.rec
	stage "$oracle" "$3" <"$2" >theirs.rec
	stage test -s "$2"
	stage cmp ours.rec theirs.rec >&2
	piped "$1"
	rm -f ours.rec theirs.rec
}

# ---- the real patches ----

if [ -z "$data" ]; then
	skip 'expected.tsv' 'no real patches here'
else
	for dir in "$data"/*/; do
		dir=${dir%/}
		stage rsenc-scan "${dir##*/}" "$dir"
	done >real.tsv
	stage rsenc-pack -r <real.tsv | stage rsenc-load Real
	piped 'real patches: scan, pack and load'
	is 'real patches: as many groups as expected' "$(wc -l <real.tsv)" "$(wc -l <"$data/expected.tsv")"
	agrees 'real patches: the stream is that of tests/oracle/oracle.py' real.tsv "$tests/oracle/oracle.py"
	[ ! -f "$top/../shared/tools/refpack.py" ] ||
		agrees 'real patches: the stream is that of refpack.py' real.tsv "$top/../shared/tools/refpack.py"
	if [ -n "${oracle-}" ]; then
		sort "$data/expected.tsv" >expected
		"$oracle" "$tests/oracle/sums.py" Real | sort >stored
		ok 'real patches: list the stored values' test -s stored
		ok 'real patches: stored values have the expected sha256' cmp expected stored
	fi
fi

# ---- every dataset, byte orders and BigTIFF ----

fixture -l >datasets
dataset_trees
for options in '' -B -8B; do
	: >trees.tsv
	count=2 tree=$trees
	while read -r dataset; do
		[ ! "$options" ] || {
			count=1 tree=tree
			stage fixture $options "$dataset" "tree/$dataset" 1
		}
		stage rsenc-scan "$dataset" "$tree/$dataset" >tree.tsv
		is "$dataset $options: $count groups" "$(wc -l <tree.tsv)" $count
		cat tree.tsv >>trees.tsv
	done <datasets
	magic=$(find "$tree" -iname '*.tif' | sed -n 1p | xargs head -c 4 | od -A n -c | tr -d ' \n')
	case $options in
	'') is 'little-endian files' "$magic" 'II*\0' ;;
	-B) is 'big-endian files' "$magic" 'MM\0*' ;;
	*) is 'big-endian BigTIFF files' "$magic" 'MM\0+' ;;
	esac
	agrees "every dataset $options: the stream is the oracle's" trees.tsv "$tests/oracle/oracle.py"
	rm -rf tree
done

# ---- the layouts of both kinds of dataset, in one database ----

fixture bigearthnet ben 2 && fixture -f bigearthnet flat 2 && fixture hyspecnet-11k hyspecnet 2
stage rsenc-scan bigearthnet ben | stage rsenc-pack -r | stage rsenc-load Both
stage rsenc-scan hyspecnet-11k hyspecnet | stage rsenc-pack -r | stage rsenc-load Both
piped 'two datasets into one database'
stage rsenc-scan bigearthnet flat | stage rsenc-pack -r | stage rsenc-load Flat
stage rsenc-scan bigearthnet ben | stage rsenc-pack -r | stage rsenc-load Nested
piped 'patches in tile folders, and directly below the root'
same 'both give the same database' Flat "$(contents Nested)"
is 'nothing is left beside data.mdb and lock.mdb' "$(cd Both && echo *)" 'data.mdb lock.mdb'

if [ -n "${oracle-}" ]; then
	tab=$(printf '\t')
	is 'Python lmdb reads the tensors, one of each kind of patch' \
		"$("$oracle" "$tests/oracle/sums.py" -t Both | grep -E '33UUP_00_00|DT0000004950' | cut -f 2-)" \
		"I16 128x128$tab$(seq -f B%.0f 224 | LC_ALL=C sort | tr '\n' ' ' | sed 's/ $//')
F32 120x120${tab}VH VV
U16 120x120${tab}B02 B03 B04 B08
U16 20x20${tab}B01 B09
U16 60x60${tab}B05 B06 B07 B11 B12 B8A
U16 120x120${tab}Data"
else
	skip 'Python lmdb reads the tensors' 'no python3 with lmdb'
fi
if have mdb_stat mdb_dump mdb_copy; then
	check 0 '*Map size:*Entries: 8' '' 'mdb_stat -e Both'
	check 0 '' '' 'mdb_dump -l Both'
	check 0 '' '' 'mkdir copy && mdb_copy -c Both copy'
	same 'mdb_copy -c copies it all' copy "$(contents Both)"
else
	skip 'mdb_stat, mdb_dump, mdb_copy' 'lmdb-utils is not installed'
fi

# ---- many writers of one pipe; threads; determinism ----

# Each record is larger than a pipe takes at once, so that writers without a lock would mix.
fixture -b bigearthnet-s1 many 96 && fixture -b bigearthnet-s2 many 96
stage rsenc-scan bigearthnet many >many.tsv
stage rsenc-pack -r -j 1 <many.tsv >many.rec
stage rsenc-load Plain <many.rec
piped '192 patches, one writer'
plain=$(contents Plain)
like 'they are all stored' "$plain" '*entries 192'
for jobs in 2 8; do
	stage rsenc-pack -r -j $jobs <many.tsv | stage cmp - many.rec >&2
	piped "-j $jobs writes the stream of -j 1"
done
stage rsenc-load Again <many.rec
piped 'a second load'
ok 'two loads of one stream: the same data.mdb' cmp Plain/data.mdb Again/data.mdb
stage xargs -d '\n' -n 4 -P 8 rsenc-pack -r <many.tsv | stage rsenc-load Xargs
piped 'xargs -P 8'
same 'xargs -P 8 stores the values of the plain pipe' Xargs "$plain"
if have parallel; then
	mkdir -p home/.parallel && : >home/.parallel/will-cite
	HOME=$tmp/home stage parallel --pipe -N 16 -j 8 rsenc-pack -r <many.tsv | stage rsenc-load Parallel
	piped 'parallel --pipe'
	same 'parallel --pipe stores the values of the plain pipe' Parallel "$plain"
else
	skip 'parallel --pipe' 'GNU parallel is not installed'
fi
sort -r many.tsv >reverse.tsv
stage rsenc-pack -r <reverse.tsv | stage rsenc-load Reverse
piped 'patches in reverse order'
same 'the order of the input does not matter' Reverse "$plain"

# ---- tinycdb ----

if have cdb; then
	stage rsenc-pack -r <many.tsv | stage cdb -c out.cdb
	stage cdb -d out.cdb | stage rsenc-load FromCdb
	piped 'cdb -c and cdb -d'
	same 'through tinycdb and back: the same values' FromCdb "$plain"
else
	skip 'cdb -c and cdb -d' 'tinycdb is not installed'
fi

# ---- a stream cut anywhere ----

printf '#\n\n' >small.tsv
for key in a bc; do
	printf '%s\tData=%s\n' $key "$(find "$tmp/ben" -name '*_reference_map.tif' | sort | sed -n 1p)"
done >>small.tsv
rsenc-pack -r <small.tsv >small.rec
size=$(wc -c <small.rec)
half=$(((size - 2) / 2)) # where the second record begins: its key has one byte more
bad=
# tests/load.t cuts a tiny stream at every byte; here the records are real ones, cut around their edges
for cut in 0 1 8 9 60 $((half - 1)) "$half" $((half + 1)) $((half + 9)) $((half + 60)) $((size - 2)) $((size - 1)); do
	rm -rf cut
	head -c "$cut" small.rec | rsenc-load cut 2>cut.err
	status=$?
	whole=$(((cut >= half) + (cut >= size - 1)))
	stored=$(rsenc-dump -qk cut 2>/dev/null | wc -l)
	[ "$status" -eq 1 ] && [ -s cut.err ] && [ "$stored" -le "$whole" ] ||
		bad="$bad $cut(status $status, $stored records)"
done
is 'a cut stream fails, and only whole records are stored' "$bad" ''

# ---- full devices ----

check 1 '' '*rsenc-scan:*No space left*' 'rsenc-scan bigearthnet ben >/dev/full'
check 1 '' '*rsenc-pack:*No space left*' 'rsenc-pack -r <many.tsv >/dev/full'
check 1 '' '*rsenc-pack:*No space left*' 'sed -n 1p many.tsv | rsenc-pack >/dev/full'
check 1 '' '*rsenc-load:*' 'trap "" XFSZ; ulimit -f 2000; rsenc-load Full <many.rec'

# ---- wrong input: what it is and how to fix it ----

tif=$(find ben -name '*_B02.tif' | sort | sed -n 1p)
ln -s "$tif" patch.tif
sed -n 1p many.tsv | rsenc-pack >one.safetensors
check 1 '' '*rsenc-load:*TIFF*rsenc-pack*' 'rsenc-load Wrong <patch.tif'
check 1 '' '*rsenc-load:*safetensors file*rsenc-pack*-r*' 'rsenc-load Wrong <one.safetensors'
check 1 '' '*rsenc-load:*group lines*rsenc-pack*' 'rsenc-load Wrong <many.tsv'
check 1 '' '*rsenc-load:*' 'rsenc-load Wrong </dev/null'
check 1 '' '*rsenc-pack: patch.tif: wrong kind of operand (a TIFF file): *=%s*' 'rsenc-pack patch.tif'
check 1 '' '*rsenc-pack:*' 'rsenc-pack -r <many.rec'
check 1 '' '*rsenc-pack:*TIFF*' 'rsenc-pack <patch.tif'
check 1 '' '*rsenc-scan:*patch.tif*' 'rsenc-scan bigearthnet patch.tif'
check 2 '' '*rsenc-scan:*nosuch*-l*' 'rsenc-scan nosuch ben'

done_testing

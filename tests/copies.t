#!/bin/sh
# Databases that were copied or downloaded: cut off, with holes, without their lock file, another
# user's, on a disk that can't be written to. And those that other programs made.
# shellcheck disable=SC2016 # the sh of a row expands what stands in it
. "${0%/*}/lib.sh"

fixture -b bigearthnet-s1 s1 6
rsenc-scan bigearthnet-s1 s1 >groups
rsenc-pack -r <groups >all.rec
head -n 4 groups | rsenc-pack -r >some.rec
rsenc-load Some <some.rec
size=$(wc -c <Some/data.mdb)

# ---- cut off: at each place, every command says so, and nothing is written ----

# cut_copy BYTES: a copy, Cut, of which only so much came
cut_copy() {
	rm -rf Cut
	mkdir Cut
	head -c "$1" Some/data.mdb >Cut/data.mdb
	cp Cut/data.mdb before
}
key=$(sed -n '2s/\t.*//p' groups)
export key
for bytes in 1 8 19 20 100 167 168 4096 5000 8191 8192 8193 50000 $((size - 60000)) $((size - 4097)) $((size - 4096)) $((size - 1)); do
	cut_bad=
	while IFS='|' read -r input command; do
		cut_copy $bytes
		sh -c "$command" <"$input" >got 2>got.err
		[ $? -eq 1 ] || cut_bad="$cut_bad
$command: status $?"
		grep -q "Cut: truncated: .*$bytes .*copy the complete file again" got.err || cut_bad="$cut_bad
$command: $(cat got.err)"
		[ ! -s got ] || cut_bad="$cut_bad
$command: it wrote something"
		[ "$(ls Cut)" = data.mdb ] && cmp -s Cut/data.mdb before || cut_bad="$cut_bad
$command: the copy was changed"
	done <<'E3'
groups|rsenc-missing Cut
/dev/null|rsenc-dump Cut
/dev/null|rsenc-dump --keys Cut
/dev/null|rsenc-dump -b "$key" Cut
all.rec|rsenc-load -s Cut
all.rec|rsenc-load --replace Cut
all.rec|rsenc-load Cut
/dev/null|rsenc-load --check Cut
some.rec|rsenc-verify Cut
E3
	is "truncated after $bytes of $size bytes: said by all, nothing written" "$cut_bad" ''
done
check 1 '' '*Cut: truncated*' 'rs-tensor-encoder --bigearthnet-s1-root s1 Cut'
head -c $((size - 5000)) Some/data.mdb >single
check 1 '' '*single: truncated*' 'rsenc-load --single-file single <all.rec'
check 1 '' '*single: truncated*' 'rsenc-dump single'
# Of nothing, nothing is lost.
cut_copy 0
check 1 '' '*Cut: the database is empty*' 'rsenc-dump Cut'
check 0 '' '*Cut: the database is empty*' 'rsenc-missing Cut <groups | cmp - groups'
check 0 '' '' 'rsenc-load Cut <all.rec && rsenc-dump Cut | cmp - all.rec'
# More than its pages does no harm.
mkdir Long && cp Some/data.mdb Long && head -c 10000 all.rec >>Long/data.mdb
check 0 '' '' 'rsenc-dump Long | cmp - some.rec'
check 0 '' '' 'rsenc-load -s Long <all.rec && rsenc-dump Long | cmp - all.rec'

# ---- every end of a load leaves a file as long as its pages ----

if have mdb_stat; then
	# whole DB: the file is as long as LMDB counts its pages
	whole() {
		file=$1/data.mdb
		[ -e "$file" ] || file=$1/loading.mdb
		last=$(mdb_stat -en "$file" | sed -n 's/.*Number of pages used: //p')
		rm -f "$file-lock"
		[ "$(wc -c <"$file")" -ge $((last * 4096)) ]
	}
	short=
	total=$(wc -c <all.rec)
	for at in 60000 130000 200000 300000 $((total - 1)) "$total"; do
		for option in '' '-b 1' '-b 200K' '--replace -b 300K' --sync; do
			rm -rf Ended
			# shellcheck disable=SC2086
			head -c "$at" all.rec | rsenc-load $option Ended 2>ended.err
			[ ! -e Ended ] || whole Ended || short="$short $at:$option"
			cp -r Some Again && head -c "$at" all.rec | rsenc-load --replace Again 2>ended.err
			whole Again || short="$short $at:again"
			rm -r Again
		done
	done
	# Values that move within a batch: the last one moves to where others were, and its old pages, which end
	# the file, are never written.
	records 40 120000 >freed.rec
	{
		records 1 8000000 | head -c -1
		records 1 4000000 | head -c -1 | sed 's/:key/:new/'
		records 1 8400000 | head -c -1
		records 1 4400000 | head -c -1 | sed 's/:key/:new/'
		records 1 8800000
	} >moved.rec
	rsenc-load Moved freed.rec && rsenc-load --replace Moved freed.rec && rsenc-load --replace Moved freed.rec
	check 0 '' '' 'rsenc-load --replace -b 100M Moved moved.rec'
	whole Moved || short="$short moved"
	rm -r Moved moved.rec
	is 'a load that ends anywhere leaves all its pages' "$short" ''
else
	skip 'files are as long as their pages' 'lmdb-utils is not installed'
fi

# ---- holes ----

mkdir Holes && cp Some/data.mdb Holes
if fallocate -p -o $((size / 2)) -l 300000 Holes/data.mdb 2>/dev/null &&
	[ "$(($(stat -c %b Holes/data.mdb) * 512))" -lt "$size" ]; then
	check 1 '' '*Holes: a part of the data file was never written: copy the complete database again*' 'rsenc-dump Holes >/dev/null'
	check 1 '' '*never written*' 'rsenc-missing Holes <groups >missing.out'
	cp --sparse=always Some/data.mdb Holes/data.mdb
	check 0 '' '' 'rsenc-dump Holes | cmp - some.rec'
else
	skip 'holes' 'this file system has none'
fi

# ---- what other programs made ----

if have mdb_load mdb_dump mdb_copy; then
	mkdir Loaded Copied Compact
	check 0 '' '' 'mdb_dump Some | mdb_load Loaded 2>load.err && rsenc-dump Loaded | cmp - some.rec'
	check 0 '' '' 'mdb_copy Some Copied && rsenc-load -s Copied <all.rec && rsenc-dump Copied | cmp - all.rec'
	check 0 '' '' 'mdb_copy -c Some Compact && rsenc-load -s Compact <all.rec && rsenc-dump Compact | cmp - all.rec'
else
	skip 'mdb_load, mdb_copy' 'lmdb-utils is not installed'
fi
# A file that LMDB left shorter than its pages: what is missing is free.
if have_python lmdb; then
	cat >short.py <<'E3'
import lmdb, os, random, sys

for seed in range(40):
    env = lmdb.open(f'Short{seed}', map_size=1 << 28, sync=False)
    r = random.Random(seed)
    for _ in range(r.randrange(1, 6)):
        with env.begin(write=True) as txn:
            for i in range(r.randrange(1, 30)):
                key = b'%d' % r.randrange(40)
                txn.put(key, bytes(r.choice([10, 3000, 50000])))
                if r.random() < .5:
                    txn.delete(key)
            txn.put(b'~', bytes(400000))
            txn.delete(b'~')
    want = (env.info()['last_pgno'] + 1) * env.stat()['psize']
    if os.path.getsize(f'Short{seed}/data.mdb') < want:
        print(f'Short{seed}')
    env.close()
E3
	"$python" short.py >short
	ok "$(wc -l <short) of 40 files that python3-lmdb left short" test -s short
	bad=
	while read -r db; do
		rsenc-dump --keys "$db" >keys 2>keys.err || bad="$bad $db: $(cat keys.err)"
		rsenc-load -s "$db" <all.rec 2>load.err || bad="$bad $db: $(cat load.err)"
	done <short
	is '... are whole' "$bad" ''
else
	skip 'files that LMDB leaves short' 'python3-lmdb is not installed'
fi

# ---- reading changes nothing ----

mkdir Bare && cp Some/data.mdb Bare
for command in 'rsenc-dump Bare | cmp - some.rec' 'rsenc-dump --keys Bare | wc -l' 'rsenc-missing Bare <groups | wc -l' \
	'rsenc-verify -q Bare <some.rec' 'rsenc-load --check Bare'; do
	check 0 '*' '' "$command"
done
is 'no lock file is made by those who read' "$(ls Bare)" data.mdb
check 0 '*4*' '' 'umask 077; rsenc-load -s Bare <all.rec && { ! command -v mdb_stat || mdb_stat Bare; } >stat; ls Bare | wc -l; rsenc-dump Bare | cmp - all.rec; echo 4'
is 'the loader makes one that its owner can write to' "$(stat -c %a Bare/lock.mdb | cut -c 1)" 6

# While a loader writes to a database that had no lock file, readers see whole values.
mkdir Live && cp Some/data.mdb Live
mkfifo keys.fifo
rsenc-missing Live <keys.fifo >live.missing 2>live.err &
pid=$!
exec 9>keys.fifo
head -n 3 groups >&9
fixture -b -s 5 bigearthnet-s1 other 6
rsenc-scan bigearthnet-s1 other | rsenc-pack -r >other.rec
for _ in 1 2 3 4 5; do
	rsenc-load --replace -b 1 Live <other.rec && rsenc-load --replace -b 1 Live <all.rec
done 2>live.load
cat groups >&9
exec 9>&-
wait $pid
is 'a reader without locks beside a loader: status' $? 0
is '... nothing that is stored is missing' "$(cat live.missing live.err live.load)" ''

# A dump is of one state: one that loaders overtake ends with an error. What it has read by then fits a pipe.
records 300 20000 >wide.rec
records 300 20000 up 7 >wide.other.rec
rsenc-load Wide <wide.rec
rm Wide/lock.mdb
mkfifo dump.fifo
rsenc-dump Wide >dump.fifo 2>dump.err &
pid=$!
exec 9<dump.fifo
head -c 1000 <&9 >dump.head
rsenc-load --replace Wide <wide.other.rec
cat <&9 >dump.rest
exec 9<&-
wait $pid
is 'a dump without locks that loaders overtake: status' $? 1
like '... message' "$(cat dump.err)" '*Wide: a load changed the database while it was read without locks: read the database again'

# As a user who is not root: in a directory of another's, on a disk that can't be written to
if [ "$(id -u)" -eq 0 ] && have setpriv && setpriv --reuid=65534 --clear-groups true 2>/dev/null; then
	chmod 755 "$tmp" && mkdir -m 755 bin && cp "$BIN"/rsenc-* bin
	chmod 644 groups some.rec all.rec
	nobody="setpriv --reuid=65534 --clear-groups env PATH=$PWD/bin:$PATH"
	export nobody
	mkdir -m 755 Theirs && cp Some/data.mdb Theirs && chmod 644 Theirs/data.mdb
	mkdir -m 777 Open && cp Some/data.mdb Open && chmod 644 Open/data.mdb
	mkdir -m 755 Locked && cp Some/*.mdb Locked && chmod 644 Locked/*.mdb
	mkdir -m 755 Zero && cp Some/*.mdb Zero && chmod 644 Zero/data.mdb && chmod 000 Zero/lock.mdb
	for db in Theirs Open Locked Zero; do
		before=$(ls -l $db)
		check 0 '' '' "\$nobody rsenc-dump $db | cmp - some.rec"
		check 0 '' '' "\$nobody rsenc-missing $db <groups >left; test \$(wc -l <left) -eq 2"
		check 0 '' '' "\$nobody rsenc-verify -q $db <some.rec"
		is "$db is as it was" "$(ls -l $db)" "$before"
	done
	check 1 '' '*Theirs: cannot be written: Permission denied*' '$nobody rsenc-load -s Theirs <all.rec'
	is '... and stays so' "$(ls Theirs)" data.mdb
	mkdir -m 777 Mine && cp Some/data.mdb Mine && chown -R 65534 Mine
	check 0 '' '' '$nobody rsenc-load -s Mine <all.rec && $nobody rsenc-dump Mine | cmp - all.rec'
else
	skip 'as another user' 'needs root and setpriv'
fi
if unshare -rm sh -c 'mkdir -p t && mount -t tmpfs none t && mount -o remount,ro t' 2>/dev/null; then
	cat >readonly.sh <<'E3'
mkdir -p ro && mount -t tmpfs none ro && cp -r Some ro && mkdir ro/Bare && cp Some/data.mdb ro/Bare
mount -o remount,ro ro
for db in ro/Some ro/Bare; do
	rsenc-dump $db | cmp - some.rec && rsenc-missing $db <groups | wc -l && rsenc-verify -q $db <some.rec
	rsenc-load -s $db <all.rec
	echo $?
done
E3
	check 0 '2?1?2?1' '*ro/Some: *Read-only file system*ro/Bare: *Read-only file system*' 'unshare -rm sh readonly.sh'
else
	skip 'a disk that is mounted read-only' 'nothing may be mounted here'
fi

done_testing

#!/bin/sh
# Where a database lies, and what happens to it: places without locks, directories that hold other
# things, full disks, a database that somebody removes, a stop that is asked for more than once.
# shellcheck disable=SC2016 # the sh of a row expands what stands in it
. "${0%/*}/lib.sh"

fixture -b bigearthnet-s1 s1 6
rsenc-scan bigearthnet-s1 s1 >groups
rsenc-pack -r <groups >all.rec
head -n 4 groups | rsenc-pack -r >some.rec
rsenc-load Some <some.rec
rm Some/lock.mdb
records 600 2000 >many.rec

# feed OPTIONS...: a loader that reads what is written to descriptor 3. Ends with end_feed.
feed() {
	rm -f feed && mkfifo feed
	# A shell starts background jobs with INT and QUIT ignored.
	env --default-signal=INT,QUIT rsenc-load "$@" <feed >feed.out 2>feed.err &
	pid=$!
	exec 3>feed
}

end_feed() {
	exec 3>&-
	wait "$pid"
	status=$?
}

# until_true COMMAND: a minute at most
until_true() {
	tries=0
	until sh -c "$1" 2>/dev/null; do
		tries=$((tries + 1))
		[ "$tries" -lt 600 ] || return 1
		sleep 0.1
	done
}

# ---- no locks ----

case ${CFLAGS-} in *sanitize*) sanitized=1 ;; *) sanitized= ;; esac
if [ -n "$sanitized" ]; then
	skip 'no locks' 'sanitizers want to be preloaded first'
elif ! ${CC:-cc} -shared -fPIC -o nolocks.so "$tests/faults/nolocks.c" -ldl 2>nolocks.log; then
	fail 'no locks: the shim' "$(cat nolocks.log)"
else
	# ENOSYS, ENOLCK, EACCES, EOPNOTSUPP
	for cause in 38 37 13 95; do
		export none="env NOLOCKS=$cause LD_PRELOAD=$tmp/nolocks.so"
		cp -r Some Whole && rsenc-load -s Whole <some.rec
		for db in Some Whole; do
			before=$(ls -l $db)
			check 0 '' '' "\$none rsenc-dump $db | cmp - some.rec"
			check 0 '2' '' "\$none rsenc-missing $db <groups | wc -l"
			check 0 '' '' "\$none rsenc-verify $db <some.rec 2>&1 >/dev/null | grep -v identical >&2; true"
			is "$db is as it was" "$(ls -l $db)" "$before"
			check 1 '' "rsenc-load: $db: files can?t be locked here (*): load to a local disk and copy it here, or have the file system mounted with locks (Lustre: -o flock)*" \
				"\$none rsenc-load -s $db <all.rec"
			is '... the loader leaves nothing behind' "$(ls -l $db)" "$before"
			check 0 '' '' "rsenc-dump $db | cmp - some.rec"
		done
		check 1 '' '*New: files can?t be locked here*' '$none rsenc-load New <all.rec'
		check 1 '' '*new: files can?t be locked here*' '$none rsenc-load --single-file new <all.rec'
		is '... nor of a new one' "$(ls -d New new* 2>/dev/null)" ''
		# The remedy
		check 0 '' '' 'rsenc-load Local <all.rec && cp -r Local Copied && $none rsenc-dump -q Copied | cmp - all.rec'
		rm -r Whole Local Copied
	done
fi

# ---- a directory that holds other things ----

mkdir data && echo x >data/patch.tif
check 1 '' "rsenc-load: data: the directory contains other files ('patch.tif') and no database: name a new or empty directory" 'rsenc-load data <all.rec'
check 1 '' '*contains other files*' 'rsenc-load --check data'
check 1 '' '*contains other files*' 'rs-tensor-encoder --bigearthnet-s1-root s1 s1'
is 'nothing was added to it' "$(ls data s1/data.mdb 2>/dev/null)" 'data:
patch.tif'
mkdir -p disk/lost+found disk/.Trash-0 && echo x >disk/.DS_Store
check 0 '' '' 'rsenc-load disk <all.rec && rsenc-dump disk | cmp - all.rec'
mkdir beside && cp Some/data.mdb beside && echo notes >beside/README
check 0 '' '' 'rsenc-load -s beside <all.rec && rsenc-dump beside | cmp - all.rec'
check 0 '' '' 'rsenc-load --single-file data/db <all.rec && rsenc-dump data/db | cmp - all.rec'

# ---- a link that leads nowhere is not replaced by a file ----

mkdir dangling && ln -s ../moved/data.mdb dangling/data.mdb
for command in 'rsenc-load dangling all.rec' 'rsenc-load --check dangling' 'rsenc-dump dangling' 'rsenc-missing dangling <groups'; do
	check 1 '' '*: dangling: dangling/data.mdb is a link to a file that does not exist' "$command"
done
is '... it is as it was' "$(ls dangling) $(readlink dangling/data.mdb)" 'data.mdb ../moved/data.mdb'

# ---- --check says what the load says ----

# check_alike MESSAGE DB
check_alike() {
	for command in "rsenc-load --check $2" "rsenc-load -s $2 all.rec"; do
		check 1 '' "rsenc-load: $2: $1" "$command"
	done
}

ln -s nowhere/db lost
check_alike 'is a link to a directory that does not exist' lost
for file in data.mdb lock.mdb loading.mdb incomplete claim; do
	mkdir -p "odd-$file" && cp Some/data.mdb "odd-$file"
	rm -rf "odd-$file/$file" && mkdir "odd-$file/$file"
	check_alike "odd-$file/$file is not a regular file" "odd-$file"
	rmdir "odd-$file/$file" && ln -s nowhere "odd-$file/$file"
	check_alike "odd-$file/$file is a link to a file that does not exist" "odd-$file"
done
mkdir holes && cp Some/data.mdb holes # only the meta pages came
size=$(wc -c <Some/data.mdb)
truncate -s 8192 holes/data.mdb && truncate -s "$size" holes/data.mdb
check_alike '*damaged: copy it again, or load again' holes

# Pages that hold other bytes: the root, all but the root, the contents of all.
records 4000 20 mixed >small.rec
rsenc-load Pages small.rec && printf 'key00000007\tB=x.tif\n' >key.tsv
page=$(getconf PAGESIZE)
number() { od -An -tu8 -j"$1" -N8 Pages/data.mdb | tr -d ' '; }
[ "$(number 144)" -gt "$(number $((page + 144)))" ] && meta=0 || meta=$page
root=$(number $((meta + 128)))
pages=$(($(wc -c <Pages/data.mdb) / page))
# garble SEED PAGE [HEAD]: leaves that many bytes at its begin
garble() {
	records 1 20000 up "$1" | tail -c 20000 | dd of=garbled/data.mdb bs=1 seek=$(($2 * page + ${3-0})) \
		count=$((page - ${3-0})) conv=notrunc 2>/dev/null
}
for what in root rest contents; do
	for seed in 1 2 3; do
		rm -rf garbled && cp -r Pages garbled
		case $what in
		root) garble $seed "$root" ;;
		rest) for i in $(seq 2 $((pages - 1))); do [ "$i" = "$root" ] || garble $((seed + i)) "$i"; done ;;
		contents) for i in $(seq 2 $((pages - 1))); do garble $((seed + i)) "$i" 16; done ;;
		esac
		cp garbled/data.mdb whole.mdb
		for command in 'load --check garbled' 'load -qs garbled small.rec' 'load -q --replace garbled small.rec' 'dump -q garbled' \
			'dump -q --keys garbled' 'dump garbled key00000007' 'missing garbled <key.tsv' 'verify -q garbled <small.rec'; do
			check 1 '*' '*garbled: *the database is damaged: *' "rsenc-$command"
			rm -rf garbled && mkdir garbled && cp whole.mdb garbled/data.mdb
		done
	done
done
# patch AT BYTES: in a fresh copy, other bytes at a place
patch() {
	rm -rf garbled && cp -r Pages garbled
	printf '%b' "$2" | dd of=garbled/data.mdb bs=1 seek="$1" conv=notrunc 2>/dev/null
}
# A root that says that it has no entries, or another number; a leaf that has lost its last record, which only a walk can find
for bytes in '10 \0002\0000\0020\0000' '0 \0001'; do
	patch "$((root * page + ${bytes%% *}))" "${bytes#* }"
	for command in 'dump -q garbled' 'missing garbled <key.tsv' 'load --check garbled'; do
		check 1 '' '*garbled: *the database is damaged: *' "rsenc-$command"
	done
done
at=$(($(grep -abo key00000007 Pages/data.mdb | tail -n 1 | cut -d : -f 1) / page * page + 12))
lower=$(($(od -An -tu2 -j"$at" -N2 Pages/data.mdb) - 2))
patch "$at" "$(printf '\\0%03o\\0%03o' $((lower % 256)) $((lower / 256)))"
check 1 '*' '*garbled: *the database is damaged: *' 'rsenc-dump garbled'
check 1 '*' '*garbled: *the database is damaged: *' 'rsenc-dump --keys garbled'
# A tree of three levels: after each damage of a branch, or of what a leaf says of itself, every answer is right
# or refused. LMDB goes past keys that are stored where a branch is damaged.
if have_python struct; then
	cat >levels.py <<'EOS'
import os, random, struct, subprocess, sys
r = random.Random(7)
page, blob = os.sysconf("SC_PAGESIZE"), struct.pack("<Q", 8) + b"{}      "
keys = sorted({b"%0*x" % (r.randrange(20, 400), r.getrandbits(60)) for _ in range(300 * page // 1024)})
records = lambda some: b"".join(b"+%d,%d:%s->%s\n" % (len(k), len(blob), k, blob) for k in some) + b"\n"
lines = b"".join(k + b"\tB=x\n" for k in keys)
stored, absent = keys[::2], keys[1::2]
def run(command, text):
    done = subprocess.run(["rsenc-" + command[0], *command[1:]], input=text, capture_output=True)
    return done.returncode, done.stdout, done.stderr
for part in range(2): # in no order, and in two loads
    mixed = stored[part::2]
    r.shuffle(mixed)
    assert run(["load", "-q", "Levels"], records(mixed))[0] == 0
good = open("Levels/data.mdb", "rb").read()
number = lambda at: struct.unpack_from("@N", good, at)[0]
meta = max((number(p * page + 144), p * page) for p in (0, 1))[1]
depth, = struct.unpack_from("=H", good, meta + 94)
levels = [[] for _ in range(depth)]
def walk(which, level):
    levels[level].append(which * page)
    lower, = struct.unpack_from("=H", good, which * page + 12)
    for i in range((lower - 16) // 2 if level + 1 < depth else 0):
        at, = struct.unpack_from("=H", good, which * page + 16 + 2 * i)
        low, high = struct.unpack_from("=IH", good, which * page + at)
        walk(low | high << 32, level + 1)
walk(number(meta + 128), 0)
assert depth >= 3
def damage(b):
    branches = sum(levels[:-1], [])
    at = r.choice(branches if r.random() < .8 else levels[-1])
    lower, upper = struct.unpack_from("=HH", b, at + 12)
    how = r.randrange(4)
    if how == 0: # a bit, of a branch anywhere
        first, last = r.choice([(0, 16), (16, lower)] + [(upper, page)] * (at in branches))
        b[at + r.randrange(first, last)] ^= 1 << r.randrange(8)
    elif how == 1: # another page in its place
        other = r.choice(sum(levels, []))
        b[at + 8:at + page] = good[other + 8:other + page]
    elif how == 2: # entries that are lost or added
        struct.pack_into("=H", b, at + 12, lower + r.choice([-4, -2, 2, 4]))
    else: # an entry in the place of another
        one, two = (at + 16 + 2 * r.randrange((lower - 16) // 2) for _ in range(2))
        b[one:one + 2] = good[two:two + 2]
wrong, refused = [], 0
for turn in range(int(sys.argv[1])):
    b = bytearray(good)
    damage(b)
    if b == good:
        continue
    open("Levels/data.mdb", "wb").write(b)
    for command, text, right in (["missing"], lines, b"".join(k + b"\tB=x\n" for k in absent)), \
            (["dump"], b"", records(stored)), (["dump", "-K", "-"], b"\n".join(stored[::9]) + b"\n", records(stored[::9])), \
            (["verify", "-qx"], records(stored), b""):
        status, out, err = run([*command, "Levels"], text)
        refused += status == 1
        if status > 1 or (status == 0 and out != right) or (status == 1 and b"Levels: " not in err):
            wrong.append((turn, command, status, err))
print(wrong[:3], len(wrong), refused > turn)
EOS
	is 'damaged branches: no wrong answer' "$("$python" levels.py 150)" '[] 0 True'
else
	skip 'damaged branches' 'needs python3'
fi
# One of a machine with larger pages, wherever its map lies
if have_python struct; then
	cat >larger.py <<'EOS'
import struct, sys
size, key, blob = 32768, b"key", struct.pack("<Q", 8) + b"{}      "
node = struct.pack("=IHH", len(blob), 0, len(key)) + key + blob
place = size - len(node) - len(node) % 2
head = lambda number, flags, lower, upper: struct.pack("@NHHHH", number, 0, flags, lower, upper)
table = lambda depth, leaves, entries, root: struct.pack("@IHHNNNNN", 0, 0, depth, 0, leaves, 0, entries, root)
empty = struct.pack("@IHHNNNNN", size, 8, 0, 0, 0, 0, 0, 2 ** 64 - 1)
metas = [head(n, 8, 0, 0) + struct.pack("@IIPN", 0xBEEFC0DE, 1, 0, 1 << 20) + empty + table(1, 1, 1, 2) + struct.pack("@NN", 2, n) for n in (0, 1)]
leaf = head(2, 2, 18, place) + struct.pack("=H", place)
leaf = leaf.ljust(place, b"\0") + node
open(sys.argv[1], "wb").write(b"".join(page.ljust(size, b"\0") for page in (*metas, leaf)))
EOS
	mkdir Larger && "$python" larger.py Larger/data.mdb
	for i in 1 2 3 4 5 6; do
		check 0 'key' '' 'rsenc-dump --keys Larger'
		check 0 '*' '' 'rsenc-dump Larger | rsenc-verify -q Larger'
	done
else
	skip 'larger pages' 'needs python3'
fi
if [ "$(id -u)" = 0 ] && have setpriv; then
	cp -r Some Kept && rsenc-load -s Kept some.rec && : >Kept/incomplete && chmod -R go+rwX Kept . && chmod 444 Kept/incomplete
	cp "$BIN/rsenc-load" load
	check 1 '' "*: Kept: writing the file 'incomplete': Permission denied" \
		'setpriv --reuid 65534 --regid 65534 --clear-groups ./load -s Kept all.rec'
else
	skip 'a marker that may not be written' 'not root, or no setpriv'
fi

# ---- a database that is removed, and begun again by another ----

feed -b 1 Gone
head -c 400000 all.rec >&3
until_true 'test "$(rsenc-dump --keys -q Gone | wc -l)" -ge 2'
mv Gone Old
rsenc-load Gone <some.rec
tail -c +400001 all.rec >&3
end_feed
is 'the database of a loader was removed: status' "$status" 1
like '... what it says' "$(cat feed.err)" '*Gone: the database was removed or replaced during this load: nothing of this load is left: load again*'
is '... it does not say that records are kept' "$(grep -c stored feed.err)" 0
check 0 '' '' 'rsenc-dump Gone | cmp - some.rec'
rm -r Old Gone

# The other is still loading; ours has stored nothing, or something.
for bytes in 150000 300000; do
	feed Gone
	head -c $bytes all.rec >&3
	until_true 'test -s Gone/incomplete'
	mv Gone Old
	mkfifo other
	rsenc-load -b 1 Gone <other 2>other.err 3>&- &
	other=$!
	exec 4>other
	head -c 300000 some.rec >&4
	until_true 'test "$(rsenc-dump --keys -q Gone | wc -l)" -ge 1'
	end_feed
	is 'removed while another loads: status' "$status" 1
	ok "... its 'incomplete' is still there" test -s Gone/incomplete
	tail -c +300001 some.rec >&4
	exec 4>&-
	wait $other
	is '... and it ends well' "$? $(cat other.err)" '0 '
	check 0 '' '' 'rsenc-dump Gone | cmp - some.rec'
	rm -r Old Gone other
done

# Only the data file is another, while the claim still is ours.
rsenc-load Swapped <some.rec
feed -b 1 -s Swapped
head -c 400000 all.rec >&3
until_true 'test -s Swapped/incomplete'
cp Swapped/data.mdb swapped && mv swapped Swapped/data.mdb
tail -c +400001 all.rec >&3
end_feed
like 'the data file was replaced' "$status $(cat feed.err)" '1 *Swapped: the database was removed or replaced during this load*'
check 0 '' '' 'rsenc-load -s Swapped <all.rec && rsenc-dump Swapped | cmp - all.rec'

# ---- a stop, once or often, of any kind ----

for signal in HUP:129 INT:130 QUIT:131 TERM:143; do
	feed -b 1 Stopped
	head -c 400000 all.rec >&3
	until_true 'test "$(rsenc-dump --keys -q Stopped | wc -l)" -ge 2'
	kill -"${signal%:*}" $pid
	for one in "${signal%:*}" TERM HUP "${signal%:*}" INT; do
		sleep 0.02
		kill -"$one" $pid 2>/dev/null
	done
	end_feed
	is "SIG${signal%:*}, and again: status" "$status" "${signal#*:}"
	is '... what was stored is synced' "$(grep synced Stopped/incomplete)" 'synced yes'
	sed -i 's/^boot .*/boot 00000000-0000-0000-0000-000000000000/' Stopped/incomplete # another node
	check 0 '' '' 'rsenc-missing -q Stopped <groups | rsenc-pack -r | rsenc-load Stopped && rsenc-dump Stopped | cmp - all.rec'
	rm -r Stopped
done
# The claim is on the disk before the database is opened: another machine must not find it empty.
if [ -z "$sanitized" ] && have strace && strace -qq -o trace -y -e trace=fsync,fdatasync,openat rsenc-load Traced some.rec 2>/dev/null; then
	is 'the claim is synced first' "$(grep -e 'sync.*claim' -e loading.mdb trace | head -n 1 | sed 's/.*\/Traced/Traced/; s/>.*//')" Traced/claim
else
	skip 'the claim is synced first' 'no strace, or no ptrace allowed'
fi
# In the last sync, which takes a while
if [ -z "$sanitized" ] && have strace && strace -f -qq -o trace -e inject=fdatasync:delay_enter=1 true 2>/dev/null; then
	strace -f -qq -o trace -e trace=fdatasync -e inject=fdatasync:delay_enter=1500000 rsenc-load Slow <all.rec 2>slow.err &
	pid=$!
	until_true 'grep -q fdatasync trace || test -s Slow/loading.mdb'
	sleep 0.3
	loader=$(ps -o pid= --ppid $pid)
	for _ in 1 2 3; do kill -TERM "$loader" && sleep 0.1; done
	wait $pid
	status=$?
	case $status in
	0) is 'SIGTERM in the last sync: it is too late to stop' "$(ls Slow)" 'data.mdb
lock.mdb' ;;
	*) is 'SIGTERM in the last sync: synced' "$status $(grep synced Slow/incomplete)" '143 synced yes' ;;
	esac
	check 0 '' '' 'rsenc-load -s Slow <all.rec && rsenc-dump Slow | cmp - all.rec'
else
	skip 'SIGTERM in the last sync' 'no strace, or no ptrace allowed'
fi

# ---- another program writes to the database ----

if have_python lmdb; then
	cat >hold.py <<'E3'
import lmdb, os, sys, time

env = lmdb.open(sys.argv[1])
with env.begin(write=True) as txn:
    open('holds', 'w').close()
    while not os.path.exists('enough'):
        time.sleep(.02)
E3
	rsenc-load Busy <some.rec
	"$python" hold.py Busy &
	holder=$!
	until_true 'test -e holds'
	rsenc-load -s Busy <all.rec &
	pid=$!
	sleep 0.5
	ok 'it waits for another writer' kill -0 $pid
	: >enough
	wait $pid
	is '... and then loads: status' $? 0
	wait $holder
	check 0 '' '' 'rsenc-dump Busy | cmp - all.rec && ls Busy | wc -l >files && test "$(cat files)" = 2'
	# One that makes data.mdb while a load of a new database is interrupted, or runs
	check 1 '' '*; to resume*' 'head -c 400000 all.rec | rsenc-load Both'
	"$python" -c 'import lmdb; lmdb.open("Both").begin(write=True).put(b"k", b"v")'
	for command in 'rsenc-load -s Both all.rec' 'rsenc-load --check Both' 'rsenc-dump Both' 'rsenc-missing Both <groups'; do
		check 1 '' '*Both: another program created data.mdb, but an interrupted load continues in loading.mdb: move one of the two files away' "$command"
	done
	check 0 '' '' 'rm Both/data.mdb && rsenc-load -s Both all.rec && rsenc-dump Both | cmp - all.rec'
	feed Both2
	head -c 400000 all.rec >&3
	until_true 'test -s Both2/loading.mdb'
	"$python" -c 'import lmdb; lmdb.open("Both2").begin(write=True).put(b"k", b"v")'
	tail -c +400001 all.rec >&3
	end_feed
	like 'it is not overwritten' "$status $(cat feed.err)" '1 *Both2: another program created Both2/data.mdb during this load, whose patches are all in Both2/loading.mdb: move one of the two files away*'
	check 0 '' '' 'rm Both2/data.mdb && rsenc-load -s Both2 all.rec && rsenc-dump Both2 | cmp - all.rec'
else
	skip 'another program writes to the database' 'python3-lmdb is not installed'
fi

# ---- killed, then the machine is started again, or it is another one ----

boot=$(cat /proc/sys/kernel/random/boot_id 2>/dev/null)
if [ -z "$boot" ]; then
	skip 'another boot' 'this system has no boot id'
else
	for option in '' --single-file; do
		rm -rf Killed*
		# shellcheck disable=SC2086
		feed -b 1 $option Killed
		head -c 1100000 many.rec >&3
		until_true 'grep -q point Killed/incomplete Killed-incomplete && test "$(rsenc-dump --keys -q Killed | wc -l)" -ge 500'
		kill -KILL $pid
		end_feed 2>/dev/null
		incomplete=$(ls Killed/incomplete Killed-incomplete 2>/dev/null)
		cp -r Killed Same
		sed -i 's/^boot .*/boot 00000000-0000-0000-0000-000000000000/' "$incomplete"
		for command in 'rsenc-dump Killed' 'rsenc-missing Killed' 'rsenc-verify Killed'; do
			check 1 '' "*Killed: a load was interrupted*: run 'rsenc-load --recover${option:+ $option} Killed' to return to its last checkpoint" \
				"$command <many.rec"
		done 2>/dev/null
		check 0 '' '' "rsenc-load --check $option Killed"
		ok 'nothing was changed' grep -q 00000000 "$incomplete"
		check 0 '' "*Killed: returned to the last checkpoint of the interrupted load: * patches" "rsenc-load --recover $option Killed"
		back=$(sed 's/.*load: \([0-9]*\) .*/\1/' check.err)
		is 'it was returned to a checkpoint' "$((back > 0 && back % 128 == 0))" 1
		check 0 "$back" '' 'rsenc-dump --keys -q Killed | wc -l'
		check 0 '' '' "rsenc-load --recover $option Killed"
		check 0 '' '' "rsenc-load -s $option Killed <many.rec && rsenc-dump Killed | cmp - many.rec"
		rm -rf Killed* && mv Same Killed
		[ -z "$option" ] || continue
		# The loader does the same by itself.
		sed -i 's/^boot .*/boot 00000000-0000-0000-0000-000000000000/' Killed/incomplete
		cp -r Killed Torn
		check 0 '' '*returned to the last checkpoint of the interrupted load*' 'rsenc-load -s Killed <many.rec && rsenc-dump Killed | cmp - many.rec'
	done
	# A file that is not that of the checkpoint, cut off or another program's, is left as it is.
	if have mdb_copy; then
		mkdir compact && cp Torn/loading.mdb compact/data.mdb && mdb_copy -c compact >compact.mdb
		truncate -s +40M compact.mdb
		head -c 300000 Torn/loading.mdb >cut.mdb
		for file in cut.mdb compact.mdb; do
			rm -rf Killed && cp -r Torn Killed && cp $file Killed/loading.mdb
			check 1 '' '*Killed/loading.mdb is shorter or older than at its last checkpoint: move it away, and load again' 'rsenc-load --recover Killed'
			check 1 '' '*is shorter or older*' 'rsenc-load -s Killed many.rec'
			ok '... the file is as it was' cmp $file Killed/loading.mdb
			check 0 '' '' 'mv Killed/loading.mdb away && rsenc-load Killed many.rec && rsenc-dump Killed | cmp - many.rec'
		done
	else
		skip 'the file of a checkpoint is another' 'lmdb-utils is not installed'
	fi
	rm -rf Torn compact ./*.mdb away
	# So does the one call.
	rm -rf Killed Same
	fixture -b bigearthnet-s1 big 140
	rsenc-scan bigearthnet-s1 big | rsenc-pack -r >big.rec
	feed -b 1 Killed
	head -c "$(($(wc -c <big.rec) - 100000))" big.rec >&3
	until_true 'grep -q point Killed/incomplete'
	kill -KILL $pid
	end_feed 2>/dev/null
	sed -i 's/^boot .*/boot 00000000-0000-0000-0000-000000000000/' Killed/incomplete
	check 0 '' '*Killed: *returned to the last checkpoint of the interrupted load: 128 patches*' 'rs-tensor-encoder --bigearthnet-s1-root big Killed && rsenc-dump Killed | cmp - big.rec'
	# Points are made also where no batch is quite full, for the next record would be too much.
	rm -rf Killed Same
	records 300 120000 >wide.rec
	feed -b 200K Killed
	head -c "$(($(wc -c <wide.rec) - 100))" wide.rec >&3
	ok 'a point is made where batches are never full' until_true 'grep -q point Killed/incomplete'
	kill -KILL $pid
	end_feed 2>/dev/null
	# In the same boot nothing is lost.
	rm -rf Killed Same
	feed -b 1 Killed
	head -c 1100000 many.rec >&3
	until_true 'grep -q point Killed/incomplete && test "$(rsenc-dump --keys -q Killed | wc -l)" -ge 520'
	kill -KILL $pid
	end_feed 2>/dev/null
	kept=$(rsenc-dump --keys -q Killed | wc -l)
	ok 'killed: more is kept than at the point' test "$kept" -gt 512
	check 0 '' '' 'rsenc-load -s Killed <many.rec && rsenc-dump Killed | cmp - many.rec'
fi

# ---- two machines, on a file system whose locks hold on one only ----

if [ -n "$sanitized" ]; then
	skip 'two machines' 'sanitizers want to be preloaded first'
elif ! unshare -m true 2>/dev/null; then
	skip 'two machines' 'no mount namespace may be made here'
elif ! ${CC:-cc} -shared -fPIC -o nolocks.so "$tests/faults/nolocks.c" -ldl 2>nolocks.log; then
	fail 'two machines: the shim' "$(cat nolocks.log)"
else
	records 600 20000 >first.rec
	records 1200 20000 | tail -c +"$(wc -c <first.rec)" >second.rec
	records 50 3000 up 3 | sed 's/:key/:old/' >held.rec
	# sh machine.sh NAME BOOT FILE DELAY: a boot id and a lock file of its own
	cat >machine.sh <<'E3'
: >>lock.$1
echo "$2" >boot.$1
mount --bind boot.$1 /proc/sys/kernel/random/boot_id && mount --bind lock.$1 Both/lock.mdb || exit 9
sleep $4
NOLOCKS=0 LD_PRELOAD=$PWD/nolocks.so rsenc-load -b 200K Both $3 2>err.$1
echo $? >status.$1
E3
	# However they meet: both are complete, or one is refused and the other is complete.
	two_bad=''
	for delay in 0 0 0.01 0.02 0.03 0.04 0.06 0.08 0.1 0.15; do
		rm -rf Both lock.A lock.B
		rsenc-load Both held.rec
		unshare -m sh machine.sh A 11111111-1111-1111-1111-111111111111 first.rec 0 &
		unshare -m sh machine.sh B 22222222-2222-2222-2222-222222222222 second.rec $delay
		wait $!
		both="$(cat status.A) $(cat status.B) $(rsenc-dump --keys -q Both | wc -l)"
		case $both in
		'0 0 1250') ;;
		'0 1 650' | '1 0 650') cat err.A err.B | grep -q 'claimed by a load on' ||
			two_bad="$two_bad $delay: $(cat err.A err.B)" ;;
		*) two_bad="$two_bad $delay: $both: $(cat err.A err.B)" ;;
		esac
	done
	is 'two machines load at once: both whole, or one is refused' "$two_bad" ''
	# One holds the database while the other begins: its input ends after that.
	rm -rf Both lock.A lock.B
	rsenc-load Both held.rec
	rm -f feed && mkfifo feed
	unshare -m sh machine.sh A 11111111-1111-1111-1111-111111111111 feed 0 &
	pid=$!
	exec 3>feed
	head -c 5000000 first.rec >&3
	until_true 'test -s Both/claim'
	unshare -m sh machine.sh B 22222222-2222-2222-2222-222222222222 second.rec 0
	like 'one of two machines is refused' "$(cat status.B) $(cat err.B)" '1 *Both: claimed by a load on *'
	tail -c +5000001 first.rec >&3
	exec 3>&-
	wait $pid
	is '... the other ends well' "$(cat status.A err.A) $(rsenc-dump --keys -q Both | wc -l)" '0 650'
fi

# ---- a full disk ----

if unshare -rm sh -c 'mkdir -p t && mount -t tmpfs -o size=1m none t' 2>/dev/null; then
	# Full when the loader begins, with less than a lock file, or as much, and some
	cat >full.sh <<'E3'
mkdir -p full
for left in 0 4 8 12 16 24 64; do
	mount -t tmpfs -o size=1m none full
	head -c $((1048576 - 1024 * left)) /dev/zero >full/fill 2>/dev/null
	rsenc-load full/db <all.rec 2>full.err
	status=$?
	grep -q -e 'disk is full' -e 'No space left' full.err && [ $status -eq 1 ] || { echo "$left KiB left: $status"; cat full.err; }
	[ ! -e full/db ] || grep -q 'stored' full.err || { echo "$left KiB left: something stays"; ls full/db; }
	rm full/fill
	rsenc-load -s full/db <all.rec 2>&1 && rsenc-dump full/db | cmp - all.rec
	head -c 2000000 /dev/zero >full/fill 2>/dev/null
	rsenc-dump full/db | cmp - all.rec
	rm full/db/lock.mdb
	head -c 2000000 /dev/zero >>full/fill 2>/dev/null
	rsenc-dump full/db | cmp - all.rec
	umount full
done
E3
	check 0 '' '' 'unshare -rm sh full.sh'
else
	skip 'a full disk' 'no tmpfs may be mounted here'
fi
if [ "$(id -u)" -eq 0 ] && have mkfs.ext4 mkfs.btrfs && truncate -s 120M image && losetup -f >/dev/null 2>&1; then
	for type in ext4 btrfs; do
		mkdir -p mounted
		# shellcheck disable=SC2015
		rm -f image && truncate -s 120M image && mkfs.$type -q image && mount -o loop image mounted 2>mount.err || {
			skip "a full disk of $type" 'it can not be mounted here'
			continue
		}
		rsenc-load mounted/held <some.rec
		full_bad=
		for left in 0 1 2 4 8 16 64 256; do
			rm -rf mounted/db
			head -c ${left}K /dev/zero >mounted/left
			cat /dev/zero >mounted/fill 2>/dev/null
			sync -f mounted
			cat /dev/zero >>mounted/fill 2>/dev/null
			rm mounted/left
			for db in db held; do
				rsenc-load -s mounted/$db <all.rec 2>full.err
				status=$?
				[ $status -eq 0 ] || grep -q -e 'disk is full' -e 'No space left' full.err || full_bad="$full_bad
$left KiB left, $db: status $status: $(cat full.err)"
				[ $status -le 1 ] || full_bad="$full_bad
$left KiB left, $db: status $status: $(cat full.err)"
			done
			# btrfs has no room to change a page of the lock file then: that is said, too.
			rsenc-dump -q mounted/held >held.rec 2>held.err || rm -f mounted/fill
			grep -q 'is full' held.err && rsenc-dump -q mounted/held >held.rec 2>held.err
			head -c "$(($(wc -c <some.rec) - 1))" held.rec | cmp -n "$(($(wc -c <some.rec) - 1))" - some.rec || full_bad="$full_bad
$left KiB left: what was held: $(cat held.err)"
			rm -f mounted/fill
			sync -f mounted
		done
		is "a full disk of $type: it is said, and what was there is there" "$full_bad" ''
		check 0 '' '' 'rsenc-load -s mounted/held <all.rec && rsenc-dump mounted/held | cmp - all.rec'
		umount mounted
	done
else
	skip 'full disks of ext4 and btrfs' 'needs root, mkfs.ext4, mkfs.btrfs and loop devices'
fi

done_testing

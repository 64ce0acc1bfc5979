#!/bin/sh
# rsenc-load: what is stored, what is refused, and what is left after every kind of end.
# shellcheck disable=SC2016 # the sh of a row expands what stands in it
. "${0%/*}/lib.sh"

# holds WHAT DB FILE: the database holds the records of the file, which are in key order
holds() {
	if stored "$2" >holds.rec 2>holds.err && cmp -s holds.rec "$3"; then
		pass "$1"
	else
		fail "$1" "$(cat holds.err; cmp holds.rec "$3" 2>&1)"
	fi
}

# until_count DB N: waits until so many records are committed; a minute at most
until_count() {
	tries=0
	while [ "$(stored "$1" 2>/dev/null | grep -ac '^+')" -lt "$2" ]; do
		tries=$((tries + 1))
		[ "$tries" -lt 600 ] || return 1
		sleep 0.1
	done
}

# until_made FILE
until_made() {
	tries=0
	while [ ! -e "$1" ]; do
		tries=$((tries + 1))
		[ "$tries" -lt 600 ] || return 1
		sleep 0.1
	done
}

# prefix WHAT A B: A, but for its end marker, is the beginning of B and not empty
prefix() {
	size=$(($(wc -c <"$2") - 1))
	ok "$1" sh -c "test $size -gt 0 && cmp -n $size $2 $3"
}

# feed OPTIONS...: a loader that reads what is written to descriptor 3. Ends with end_feed.
feed() {
	rm -f feed && mkfifo feed
	rsenc-load "$@" <feed >feed.out 2>feed.err &
	pid=$!
	exec 3>feed
}

end_feed() {
	exec 3>&-
	wait "$pid"
	status=$?
}

whole='*nothing was stored*'
boot=$(cat /proc/sys/kernel/random/boot_id 2>/dev/null)
records 40 3000 >up.rec
records 40 3000 down >down.rec
records 40 3000 mixed >mixed.rec
records 40 3000 up 7 >other.rec
records 3 40 >small.rec
head -c 50000 up.rec >cut.rec

# ---- usage ----

check 0 '*usage: rsenc-load*--single-file*' '' 'rsenc-load -h'
check 0 'rsenc-load [0-9]*' '' 'rsenc-load --version'
check 1 '' '*standard output*No space left*' 'rsenc-load -h >/dev/full'
check 2 '' '*missing operand DB*' 'rsenc-load <up.rec'
check 2 '' "*--replace cannot be combined with -s*" 'rsenc-load --replace -s a <up.rec'
check 2 '' "*-b: '10x'*" 'rsenc-load -b 10x a <up.rec'
check 2 '' "*-b: '0'*small*" 'rsenc-load -b 0 a <up.rec'
check 2 '' "*--batch: '2G'*large*" 'rsenc-load --batch=2G a <up.rec'
check 2 '' "*--expect: '-1'*" 'rsenc-load --expect=-1 a <up.rec'
check 2 '' "*--expect: '99999999999999999999'*large*" 'rsenc-load --expect=99999999999999999999 a <up.rec'
check 2 '' '*no such option -x*' 'rsenc-load -x a <up.rec'
ok 'none of these made a database' test ! -e a

# ---- order, batches, options ----

check 0 '' '' 'rsenc-load up <up.rec'
holds 'in key order' up up.rec
ok 'no file "incomplete" is left' test ! -e up/incomplete
check 0 '' '' 'rsenc-load down <down.rec'
holds 'in reverse order' down up.rec
check 0 '' '' 'rsenc-load mixed/ <mixed.rec'
holds 'in mixed order' mixed up.rec
for batch in 1 5000 1M; do
	ok "batches of $batch" sh -c "rsenc-load -b $batch b$batch <mixed.rec"
	holds "batches of $batch: the values" b$batch up.rec
done
check 0 '' 'rsenc-load: v: 40 patches stored, 0 skipped, *[0-9] [kM]B' 'rsenc-load -v --expect=40 v <up.rec'
check 0 '' '' 'rsenc-load -q --sync sync <up.rec'
holds '--sync' sync up.rec
check 0 '' '' 'rsenc-load --single-file single <mixed.rec'
holds 'a single file' single up.rec
is 'its files' "$(echo single*)" 'single single-lock'
check 0 '' '' 'mkdir sub && rsenc-load --single-file sub/single <up.rec'
check 0 '' '' 'cat up.rec | rsenc-load pipe'
holds 'from a pipe' pipe up.rec

records 2 70000000 >large.rec
check 0 '' '' 'rsenc-load large <large.rec'
holds 'records larger than a batch and than the first map' large large.rec
records 20000 100 mixed | rsenc-load many
records 20000 100 >many.rec
holds '20,000 small records in mixed order' many many.rec
records 300 600000 >grow.rec
ok 'a map that grows several times' sh -c 'records 120 600000 | rsenc-load grow && rsenc-load -s grow <grow.rec'
holds 'a map that grows several times: the values' grow grow.rec

# ---- small records in any order are gathered ----

records 30000 20 mixed >tiny.rec
records 30000 20 >tiny.up.rec
check 0 '' '' 'rsenc-load --expect=30000 tiny tiny.rec && rsenc-load -b 1 tiny.b tiny.rec && rsenc-load tiny2 tiny.rec'
holds 'tiny ones in mixed order' tiny tiny.up.rec
check 0 '' '' 'rsenc-load tiny.up tiny.up.rec && test "$(wc -c <tiny/data.mdb)" -le "$(wc -c <tiny.up/data.mdb)"' # 1.7 times if the first ones are not sorted
holds 'the same with tiny batches' tiny.b tiny.up.rec
ok 'the same bytes each time' cmp tiny/data.mdb tiny2/data.mdb
check 0 '' '*: tiny: 0 patches stored, 30000 skipped*' 'rsenc-load -v -s tiny tiny.rec'
check 0 '' '*: tiny: 30000 patches stored, 0 skipped*' 'rsenc-load -v --replace tiny tiny.rec'
holds 'replaced by the same' tiny tiny.up.rec
records 30000 20 mixed 5 >other.tiny.rec
check 0 '' '*: tiny: 30000 patches stored, 30000 skipped*' 'rm -r tiny && rsenc-load -v -s tiny tiny.rec other.tiny.rec'
holds 'twice with -s: the first' tiny tiny.up.rec
check 0 '' '' 'rsenc-load --replace tiny other.tiny.rec tiny.rec'
holds 'twice with -f: the last' tiny tiny.up.rec
# A buffer of 8 KiB: parts of it are sorted, and merged from a temporary file.
check 0 '' '' 'rsenc-load -s -b 1 runs.s tiny.rec other.tiny.rec; rsenc-load --replace -b 1 runs.f other.tiny.rec tiny.rec'
holds 'many parts, twice with -s: the first' runs.s tiny.up.rec
holds 'many parts, twice with --replace: the last' runs.f tiny.up.rec
is 'no temporary file is left' "$(find runs.s runs.f -name '.*')" ''
rm -rf runs.f
case ${CFLAGS-} in *sanitize*) sanitized=1 ;; *) sanitized= ;; esac
if [ -z "$sanitized" ] && have strace; then
	check 0 '' '' "strace -qq -o trace -e inject=writev:error=ENOSPC:when=2 rsenc-load -q --replace -b 2K runs.f other.tiny.rec tiny.rec"
	ok '... writes failed' grep -q INJECTED trace
	holds 'a temporary file that cannot be written: memory is sorted alone' runs.f tiny.up.rec
	# A kill just before the temporary file loses its name: the next load removes the file.
	for option in '' --single-file; do
		rm -rf runs.f*
		check 137 '' '*' "strace -qq -o trace -P runs.f/.sort.tmp -P runs.f-sort.tmp -e inject=unlink:signal=KILL:when=2 rsenc-load $option -b 2K runs.f tiny.rec"
		is '... it is left' "$(find . -name '*sort.tmp' | wc -l)" 1
		check 0 '' '' "rsenc-load -s $option runs.f tiny.rec"
		is '... and removed' "$(find . -name '*sort.tmp')" ''
		holds '... all records are stored' runs.f tiny.up.rec
	done
else
	skip 'a temporary file that cannot be written' 'no strace, or a build with sanitizers'
fi
check 1 '' '*tiny: key*: already stored: skip it with -s*nothing was stored' 'rsenc-load tiny other.tiny.rec'
is 'the refused key and the end, a line each' "$(rsenc-load tiny other.tiny.rec 2>&1 | grep -c .)" 2
holds '... nothing is replaced' tiny tiny.up.rec
check 1 '' '*tiny3: key*: already stored*30000 patches stored; *' 'rsenc-load tiny3 tiny.rec other.tiny.rec'
holds '... the first is kept' tiny3 tiny.up.rec
check 1 '' '*truncated*stored; to resume*' 'head -c 1000000 tiny.rec | rsenc-load tiny4'
is '... all that is whole' "$(stored tiny4 | grep -ac '^+11')" "$(head -c 1000000 tiny.rec | grep -ac '^+11' | awk '{ print $1 - 1 }')"
check 0 '' '' 'rsenc-load -s tiny4 tiny.rec'
holds '... gone on from there' tiny4 tiny.up.rec
rm -rf tiny tiny.* tiny2 tiny3 tiny4 other.tiny.rec

# ---- the same bytes ----

check 0 '' '' 'rsenc-load up2 <up.rec'
ok 'two loads: the same data.mdb' cmp up/data.mdb up2/data.mdb
check 0 '' '' '(head -c 70000 up.rec; sleep 0.2; tail -c +70001 up.rec) | rsenc-load up3'
ok 'a slow pipe: the same data.mdb' cmp up/data.mdb up3/data.mdb
for i in 1 2; do
	(
		head -c 777 grow.rec
		[ $i = 1 ] || sleep 0.2
		tail -c +778 grow.rec
	) | rsenc-load --single-file -b 300K grow$i
done
ok 'while the map grows: the same data file' cmp grow1 grow2
rm -rf grow grow1 grow2 grow.rec large large.rec many many.rec

# ---- streams that follow one another, empty ones ----

records 80 3000 | tail -c +"$(wc -c <up.rec)" >second.rec
records 80 3000 >both.rec
check 0 '' '' 'cat up.rec second.rec | rsenc-load both'
holds 'complete streams may be joined' both both.rec
check 0 '' '' 'rsenc-load apart <up.rec && rsenc-load apart <second.rec'
holds 'two loads into one database' apart both.rec
check 1 '' 'rsenc-load: none: standard input: contains no records: the command before it may have failed: nothing was stored' 'echo | rsenc-load none'
ok 'a stream without records makes no database' test ! -e none
check 0 '' '' 'echo | rsenc-load up'
holds 'into one that exists it is fine' up up.rec
check 1 '' '*; to resume*' 'rsenc-load none <cut.rec'
check 0 'data.mdb
lock.mdb' '' 'echo | rsenc-load none && ls none'
check 0 '' '' 'mkdir empty && rsenc-load empty <up.rec'

# ---- keys that are there ----

check 1 '' '*key00000000: already stored: skip it with -s, or replace*nothing was stored*' 'rsenc-load up <other.rec'
holds 'nothing was replaced' up up.rec
ok 'nor is there a file "incomplete"' test ! -e up/incomplete
check 0 '' '*: 0 patches stored, 40 skipped,*' 'rsenc-load -vs up <other.rec'
holds '-s: nothing was replaced' up up.rec
check 0 '' '*: 40 patches stored, 40 skipped,*' 'rsenc-load -vs up <both.rec'
holds '-s: the rest was added' up both.rec
check 0 '' '' 'rsenc-load --replace up2 <other.rec'
holds '-f: all replaced' up2 other.rec
check 0 '' '' 'rsenc-load --replace -b 1 up2 <mixed.rec && rsenc-load --replace up2 <down.rec'
holds '-f: and back' up2 up.rec
check 1 '' '*standard input: *truncated*stored; to resume*' 'rsenc-load --replace up2 <cut.rec'
holds '-f, cut off: the old value stays' up2 up.rec
check 0 '' '' 'rsenc-load --replace up2 <up.rec'
check 1 '' '*key00000000: already stored**40 patches stored; *' 'cat up.rec other.rec | rsenc-load twice'
holds 'the same key twice in the input: the first is kept' twice up.rec
check 0 '' '' 'cat up.rec other.rec | rsenc-load -s twice.s; cat up.rec other.rec | rsenc-load --replace twice.f'
holds 'with -s the first' twice.s up.rec
holds 'with -f the last' twice.f other.rec

# ---- a stream cut anywhere ----

size=$(wc -c <small.rec)
# Where each record ends, and what is stored then.
# shellcheck disable=SC2046
set -- $(grep -abo '+11,' small.rec | sed 's/:.*//; 1d') $((size - 1))
for count in 1 2 3; do
	eval "end=\$$count"
	(head -c "$end" small.rec && echo) >whole$count.rec
done
bad=
cut=0
while [ "$cut" -lt "$size" ]; do
	rm -rf cut
	head -c "$cut" small.rec | rsenc-load cut 2>cut.err
	[ $? -eq 1 ] && grep -q '^rsenc-load: cut: standard input: ' cut.err || bad="$bad $cut:status"
	count=0
	for end; do [ "$cut" -lt "$end" ] || count=$((count + 1)); done
	if [ "$count" -eq 0 ]; then
		[ ! -e cut ] || bad="$bad $cut:made"
	else
		[ -e cut/incomplete ] || bad="$bad $cut:incomplete"
		stored cut | cmp -s - whole$count.rec || bad="$bad $cut:values"
	fi
	cut=$((cut + 1))
done
is "a stream of $size bytes cut at every byte" "$bad" ''
check 0 '' '' 'rsenc-load -s cut <small.rec'
holds 'and the last one completed' cut small.rec
ok 'then "incomplete" is gone' test ! -e cut/incomplete

# ---- files: each must end properly ----

records 40 3000 up 7 | sed 's/:key/:yek/' >others.rec
head -c $(($(wc -c <up.rec) - 1)) up.rec >unended.rec # at the end of a record
check 0 '' '' 'rsenc-load several up.rec others.rec && cat up.rec others.rec | rsenc-verify several 2>&1 | grep -v identical; true'
check 0 '' '' 'cat others.rec | rsenc-load several2 up.rec - && cmp several/data.mdb several2/data.mdb'
check 0 '' '*80 patches: 80 identical*' 'rsenc-verify -x several up.rec others.rec'
check 1 '' '*verify: unended.rec: truncated*none.rec.no: cannot be opened: No such file*80 patches: 80 identical*' 'rsenc-verify -x several unended.rec none.rec.no others.rec'
ok 'cat hides what was cut off' sh -c 'cat unended.rec others.rec | rsenc-load hidden'
check 1 '' "rsenc-load: unended.rec: truncated: no end marker after record 40*
rsenc-load: several3: 80 patches stored; to resume, run 'rsenc-load -s several3' with the same input" 'rsenc-load several3 unended.rec others.rec'
ok '... which is incomplete' test -e several3/incomplete
check 0 '' '' 'rsenc-load -s several3 up.rec others.rec && rsenc-verify -qx several3 up.rec others.rec'
check 1 '' '*no.rec: cannot be opened: No such file*patch.rec: not records (*80 patches stored; *' 'printf II >patch.rec; rsenc-load several4 no.rec up.rec patch.rec others.rec'
check 1 '' '*no.rec: cannot be opened*several5: nothing was stored' 'rsenc-load several5 no.rec patch.rec'
ok '... no database is made' test ! -e several5
check 1 '' '*several6: key00000000: already stored: skip it with -s, or replace its value with --replace*80 patches stored; *' 'rsenc-load several6 up.rec others.rec other.rec'
check 1 '' '*several: key00000000: already stored*' 'rsenc-load several up.rec'
# Whatever is wrong with a file, and wherever it stands, what is whole is kept, and the command does not succeed.
printf '\n' >none.rec # a stream of no record
: >zero.rec
ln up.rec linked.rec
mkdir folder.rec
head -c $(($(wc -c <up.rec) / 2)) up.rec >half.rec
for bad in unended.rec:'no end marker' half.rec:'ends inside record' zero.rec:'is empty' \
	gone.rec:'No such file'; do
	for order in "${bad%%:*} others.rec" "others.rec none.rec ${bad%%:*}"; do
		rm -rf several7
		check 1 '' "*rsenc-load: ${bad%%:*}: *${bad#*:}*several7: * patches stored; to resume*" "rsenc-load several7 $order"
		check 0 '' '*, 0 missing, 0 differ' 'rsenc-verify several7 others.rec'
	done
done
rm -rf several7
check 1 '' "rsenc-load: folder.rec: wrong kind of operand (a directory): run 'rsenc-scan DATASET folder.rec | rsenc-pack -r | rsenc-load several7'" \
	'rsenc-load several7 others.rec folder.rec'
ok '... before anything is stored' test ! -e several7
check 1 '' '*key00000000: already stored: *40 patches stored; *' 'rsenc-load several8 up.rec linked.rec'
check 0 '' '' 'rsenc-load -s several8 up.rec up.rec ./up.rec linked.rec && rsenc-verify -qx several8 up.rec'
check 1 '' '*standard input: is empty*' 'rsenc-load several9 - - <up.rec'
check 0 '' '' 'mkfifo other.fifo; cat others.rec >other.fifo & rsenc-load several10 up.rec other.fifo && cmp several/data.mdb several10/data.mdb'
# One is open at a time.
check 0 '' '' 'for i in $(seq 300); do cp none.rec no.$i; done; ulimit -n 16; rsenc-load several11 up.rec no.* others.rec && cmp several/data.mdb several11/data.mdb'

# ---- --expect ----

check 0 '' '' 'rsenc-load --expect=40 total up.rec && rsenc-load -s --expect=40 total up.rec'
check 1 '' "rsenc-load: total2: 40 patches read, but --expect is 41: an earlier command may have failed
rsenc-load: total2: 40 patches stored; to resume, run 'rsenc-load -s total2' with the same input" 'rsenc-load --expect=41 total2 up.rec'
ok '... it is incomplete' test -e total2/incomplete
check 1 '' '*total3: 40 patches read, but --expect is 39' 'rsenc-load --expect=39 total3 up.rec'
ok '... it is complete' test ! -e total3/incomplete
check 0 '' '' 'rsenc-load --about 50 total4 up.rec'
check 1 '' '*total5: 40 patches read, but --expect is 0' 'rsenc-load --expect=0 total5 up.rec'

# ---- how to resume, for the options in use; each advice is followed ----

# row: what the database held before, options, the advice
mkdir "odd 'dir"
while IFS='|' read -r held options db advice; do
	rm -rf "$db" "$db"-*
	case $held$options in
	none*) ;;
	*--single-file*) rsenc-load --single-file "$db" "$held" ;;
	*) rsenc-load "$db" "$held" ;;
	esac
	export db
	check 1 '' "*; to resume, $advice" "head -c 50000 up.rec | rsenc-load $options \"\$db\""
	sed -n "s/.*to resume, run '//; s/' with the same input.*//; \$p" check.err >follow
	check 0 '' '' 'sh -e follow <up.rec && rsenc-dump "$db" | cmp - up.rec'
done <<'E2'
none||adv|run 'rsenc-load -s adv' with the same input (if an archive was damaged, use --replace *)
none|-s -b 5000|adv|run 'rsenc-load -s adv' with the same input (if an archive *)
none|--single-file|adv|run 'rsenc-load -s --single-file adv' with the same input (if an archive *)
other.rec|--replace|adv|run 'rsenc-load --replace adv' with the same input (keys that were not reached keep their old values)
other.rec|--replace --single-file -b 3000|adv|run 'rsenc-load --replace --single-file adv' with the same input (*)
none||odd 'dir/a $db|run 'rsenc-load -s "odd 'dir/a ?$db"' with the same input (*)
E2
# The wrapper reports what came of a stream that ends early.
check 1 '' '' 'export RSENC_RESUME="do this"; rsenc-load resumed <cut.rec'

# ---- records that are wrong ----

blob() { # blob HEADER DATA: a safetensors blob, its header of at most 255 bytes
	# shellcheck disable=SC2059
	printf "\\$(printf %03o ${#1})\\0\\0\\0\\0\\0\\0\\0%s%s" "$1" "$2"
}
record() { # record KEY FILE
	printf '+%d,%d:%s->' "${#1}" "$(wc -c <"$2")" "$1"
	cat "$2"
	echo
}
long=$(printf '%0511d' 7)
blob '{"x":{"dtype":"U8","shape":[3],"data_offsets":[0,3]}}' abc >good
(record a good && echo) >good.rec
check 0 '' '' 'rsenc-load good.db <good.rec'
# one row: what stderr says, and the header and data of a blob
while IFS='|' read -r why header data; do
	blob "$header" "$data" >bad
	(record a good && record b bad && echo) >bad.rec
	rm -rf bad.db
	check 1 '' "*rsenc-load: b: $why**1 patch stored; *" 'rsenc-load bad.db <bad.rec'
	holds 'only the good one is stored' bad.db good.rec
done <<'E2'
*|{"x":{"dtype":"U8","shape":[3],"data_offsets":[0,3]}}|ab
*|{"x":{"dtype":"U8","shape":[3],"data_offsets":[0,3]}}|abcd
*|{"x":{"dtype":"U8","shape":[3],"data_offsets":[1,4]}}|abcd
*|{"x":{"dtype":"U8","shape":[2],"data_offsets":[0,3]}}|abc
*dtype*|{"x":{"dtype":"U9","shape":[3],"data_offsets":[0,3]}}|abc
*|{"x":{"dtype":"U8","shape":[3],"data_offsets":[0,3]}|abc
*|["x"]|abc
E2
: >zero
printf 1234567 >seven
printf '\377\377\377\377\377\377\377\177{}' >liar
printf '\11\0\0\0\0\0\0\0{}' >longer
for one in 'zero:*b: not a safetensors blob (0 bytes)' 'seven:*b: *7 bytes' 'liar:*b: *' 'longer:*b: *'; do
	(record b "${one%%:*}" && echo) >bad.rec
	check 1 '' "${one#*:}*$whole" 'rsenc-load bad2 <bad.rec'
done
(record a good | head -c -1 && printf 'x\n') >bad.rec
check 1 '' "*record 1, byte *: no newline after the data: *$whole" 'rsenc-load bad2 <bad.rec'
# row: what stderr says, and the frame of a record
while IFS='|' read -r why frame; do
	printf '%sx' "$frame" >bad.rec
	check 1 '' "*standard input: *$why*$whole" 'rsenc-load bad2 <bad.rec'
done <<E2
key is empty|+0,3:->
key is longer than 511|+512,3:k$long->
invalid length|+01,3:k->
invalid length|+1,-3:k->
invalid length|+1,3x:k->
data is longer than|+1,99999999999999999999:k->
inside record 1|+1,9223372036854775807:k->
no '->'|+1,3:kk->
E2
(record "$long" good && record b good && echo) >long.rec
check 0 '' '' 'rsenc-load long <long.rec'
holds 'a key of 511 bytes' long long.rec
check 0 '*+1,*' '*nokey: not there*' 'stored long nokey b'
# a header that is right and a length that is a lie
printf '{"x":{"dtype":"U8","shape":[2147479400],"data_offsets":[0,2147479400]}}' >huge
printf '+1,%d:k->\107\0\0\0\0\0\0\0' $((2147479400 + 8 + 71)) >huge.rec
cat huge >>huge.rec
is 'a header of 71 bytes' "$(wc -c <huge)" 71
check 1 '' "*inside record 1*$whole" 'rsenc-load bad2 <huge.rec'
sed 's/2147479400/8589934592/g; s/+1,2147479479/+1,8589934671/' <huge.rec >huger.rec
check 1 '' "*k: the value has 8589934671 bytes: LMDB can store at most*$whole" 'rsenc-load bad2 <huger.rec'
ok 'nothing is left of them' test ! -e bad2

# ---- wrong input ----

printf 'II*\000\10\0\0\0' >patch.tif
printf 'key\tVH=/a.tif\n' >groups
gzip -c up.rec >up.rec.gz
while IFS='|' read -r input why; do
	check 1 '' "rsenc-load: standard input: *$why*$whole" "rsenc-load wrong <$input"
done <<'E2'
patch.tif|a TIFF file*rsenc-scan*rsenc-pack -r
good|a safetensors file*: records come from
groups|group lines*rsenc-pack -r
up.rec.gz|gzip data*gzip -dc
up/data.mdb|an LMDB data file*rsenc-dump
huge|not records (text)
E2
check 1 '' 'rsenc-load: wrong: standard input: is empty*may have failed*nothing was stored' 'rsenc-load wrong </dev/null'
check 1 '' '*standard input: *Bad file descriptor*' 'rsenc-load wrong <&-'
check 1 '' "*standard input: reading: Is a directory*$whole" 'rsenc-load wrong <up'
ok 'nothing is left of them' test ! -e wrong
(head -c -1 up.rec; cat patch.tif) >mixed-up.rec
check 1 '' '*record 40, byte *mixed*39 patches stored; *' 'rsenc-load mixed-up <mixed-up.rec'
check 1 '*missing' '*: 39 identical, 1 missing, 0 differ' 'rsenc-verify mixed-up <up.rec'

# ---- wrong databases ----

mkdir garbage && head -c 100000 up.rec >garbage/data.mdb
echo text >file
mkdir bits32 lmdb1 text dup
(head -c 12 /dev/zero && printf '\336\300\357\276' && head -c 8000 /dev/zero) >bits32/data.mdb
(head -c 24 /dev/zero && printf '\336\300\357\276' && head -c 8000 /dev/zero) >lmdb1/data.mdb
seq 3000 >text/data.mdb
dupsort dup
ls -R garbage bits32 lmdb1 text dup >wrong.before
while IFS='|' read -r arguments why; do
	check 1 '' "rsenc-load: *: $why" "rsenc-load $arguments <up.rec"
	check 1 '' "rsenc-load: *: $why" "rsenc-load --check $arguments </dev/null"
done <<'E2'
garbage|not an LMDB database
text|not an LMDB database
--single-file file|not an LMDB database
bits32|made on a 32-bit system: dump it there with 'rsenc-dump', and load the records here
lmdb1|made by LMDB 1.0, *LMDB 0.9 (in Python, lmdb.version() shows it)
dup|made by another program, with several values per key: not supported
file|*--single-file loads into a single file
--single-file up|is a directory: load into it without --single-file
--single-file /dev/null|neither a file nor a directory
no/such/database|no/such does not exist: run 'mkdir -p no/such'
file/database|*Not a directory
E2
is 'nothing was added to them' "$(cat file; ls -R garbage bits32 lmdb1 text dup)" "$(cat file wrong.before)"

# A page in the middle is lost: the message names the key.
records 3000 100 >pages.rec
rsenc-load lost pages.rec && dd if=/dev/zero of=lost/data.mdb bs=4096 seek=40 count=1 conv=notrunc 2>dd.err
check 1 '' '*: lost: key0*: writing: the database is damaged: *
*: lost: nothing was stored' 'rsenc-load -s lost pages.rec'

# ---- --check ----

check 0 '' '' 'rsenc-load --check up && rsenc-load --check new && rsenc-load --single-file --check single && rsenc-load --single-file --check newer'
is '--check makes nothing' "$(ls -d new* 2>/dev/null)" ''

# ---- "incomplete" ----

if [ -z "$boot" ]; then
	skip 'incomplete' 'this system has no boot id'
else
	check 1 '' '*stored; to resume*' 'rsenc-load again <cut.rec'
	is 'an ended load was synced' "$(sed '/^mount [0-9]*$/d' again/incomplete)" "boot $boot
synced yes"
	cp again/incomplete again.mark
	check 0 '*a load is running, or was interrupted*' '' 'stored -w again'
	check 0 '' '' 'rsenc-load -s again <up.rec'
	check 0 'nothing' '' 'stored -w again'
	holds 'gone on from there' again up.rec

	# One that existed is synced at every batch, whatever its marker says.
	for text in 'what is this?' "boot $boot\nmount 1\nsynced no\n" ''; do
		rm -rf fake && mkdir fake && cp up/data.mdb fake/
		printf '%b' "$text" >fake/incomplete
		check 0 '' '' 'rsenc-load --check fake && rsenc-load -s fake <both.rec'
		ok 'and it is gone' test ! -e fake/incomplete
	done

	# A new database that was not synced: nothing is sure to be on the disk, and the load begins again.
	while IFS='|' read -r torn text; do
		rm -rf fake && mkdir fake && cp up/data.mdb fake/loading.mdb
		sed "$text" again.mark >fake/incomplete
		if [ "$torn" -eq 1 ]; then
			check 1 '' "*: a load was interrupted*run 'rsenc-load --recover fake' to return to its last checkpoint*" 'stored -w fake'
			check 0 '' '' 'rsenc-load --check fake'
			check 0 '' '*fake: returned to the last checkpoint of the interrupted load: 0 patches' 'rsenc-load --recover fake; ls fake'
			check 0 '' '' 'rsenc-load fake <up.rec'
		else
			check 0 '*a load is running, or was interrupted*' '' 'stored -w fake'
			check 0 '' '' 'rsenc-load --recover fake && rsenc-load -s fake <up.rec'
		fi
		holds 'then it is complete' fake "$([ "$torn" -eq 1 ] && echo up.rec || echo both.rec)"
		# shellcheck disable=SC2046,SC2005
		ok 'and nothing else is left' test "$(echo $(ls fake))" = 'data.mdb lock.mdb'
	done <<'E2'
1|s/^boot .*/boot 00000000-0000-0000-0000-000000000000/; s/^synced .*/synced no/
1|s/^mount .*/mount 1/; s/^synced .*/synced no/
1|s/^synced .*/synced failed/
0|s/^synced .*/synced no/
0|s/^boot .*/boot 00000000-0000-0000-0000-000000000000/
0|s/^mount .*/mount 1/
E2

	# The power was cut as a load began: only a part of what LMDB writes first has reached the disk.
	feed first
	head -c 9000 up.rec >&3
	until_made first/incomplete
	cp first/loading.mdb first.mdb
	end_feed
	for lost in '4096 4096' '0 16' '0 4096'; do
		rm -rf begun && mkdir begun && cp first.mdb begun/loading.mdb
		head -c "${lost#* }" /dev/zero | dd of=begun/loading.mdb bs=1 seek="${lost% *}" conv=notrunc 2>dd.err
		check 1 '' "*run 'rsenc-load --recover begun' *" 'rsenc-dump begun'
		check 0 '' '*returned to the last checkpoint of the interrupted load: 0 patches' 'rsenc-load begun up.rec'
		holds "... then it is complete ($lost)" begun up.rec
	done

	# What it says while a load is going on.
	during() { # during WHAT SYNCED OPTIONS... DB: feeds both.rec up to the middle
		what=$1
		want=$2
		shift 2
		feed "$@"
		for db; do :; done
		head -c 100000 both.rec >&3
		until_count "$db" 20
		# A database that held as many already says nothing about how far the load is.
		for _ in $(seq 200); do
			grep -qx "synced $want" "$db/incomplete" 2>/dev/null && break
			sleep 0.05
		done
		is "$what" "$(grep -v -e '^checkpoint ' -e '^mount ' "$db/incomplete")" "boot $boot
synced $want"
		tail -c +100001 both.rec >&3
		end_feed
		is "$what: status" "$status $(ls "$db")" "0 data.mdb
lock.mdb"
	}
	during 'a new database is not synced' no -b 1 during1
	during 'with --sync it is' yes -b 1 --sync during2
	mkdir during3 && cp up/data.mdb during3/
	during 'one that held records is' yes -b 1 -s during3
	mkdir during4 && cp up/data.mdb during4/loading.mdb && sed 's/^synced yes/synced no/' again.mark >during4/incomplete
	during 'one that was never synced is not' no -b 1 -s during4
	mkdir during5 && cp up/data.mdb during5/loading.mdb && sed 's/^synced yes/synced no/' again.mark >during5/incomplete
	during 'unless with --sync' yes -b 1 -s --sync during5
fi

# ---- killed, stopped, two at once ----

feed -b 1 killed
head -c 60000 both.rec >&3
until_count killed 10
check 0 '*a load is running, or was interrupted*' '' 'stored -w killed'
check 1 '' '*another load into this database is running*' 'rsenc-load killed <up.rec'
kill -KILL "$pid"
end_feed 2>/dev/null
is 'kill -9: status' "$status" 137
check 0 '*a load is running, or was interrupted*' '' 'stored -w killed'
stored killed >kept.rec
prefix 'kill -9: what was committed is whole' kept.rec both.rec
check 0 '' '' 'rsenc-load -s killed <both.rec'
holds 'kill -9: gone on from there' killed both.rec

# A page that can't be read or written. The signal itself: which page fails is the kernel's choice.
feed -b 1 bus
head -c 60000 both.rec >&3
until_count bus 10
kill -BUS "$pid"
end_feed
is 'SIGBUS: status' "$status" 1
like 'SIGBUS: message' "$(cat feed.err)" 'rsenc-load: bus: cannot be written: the disk is full *;* patches stored'
stored bus >kept.rec
prefix 'SIGBUS: what is kept is whole' kept.rec both.rec
check 0 '' '' 'rsenc-load -s bus <both.rec'
holds 'SIGBUS: gone on from there' bus both.rec

feed stopped
head -c 60000 both.rec >&3
until_made stopped/incomplete
kill -TERM "$pid"
end_feed
is 'SIGTERM: status' "$status" 143
like 'SIGTERM: message' "$(cat feed.err)" 'rsenc-load: stopped: stopped by signal 15: * stored; to resume, run ?rsenc-load -s stopped? with*'
ok 'SIGTERM: incomplete stays' test -e stopped/incomplete
stored stopped >kept.rec
is 'SIGTERM: as many as it says' "$(sed -n 's/.*: \([0-9]*\) patch.* stored.*/\1/p' feed.err)" "$(grep -ac '^+11,' kept.rec)"
prefix 'SIGTERM: what is kept is whole' kept.rec both.rec
check 0 '' '' 'rsenc-load -s stopped <both.rec'
holds 'SIGTERM: gone on from there' stopped both.rec

# The second one finds the lock only at its first record.
feed race
head -c 60000 both.rec | (
	sleep 0.1
	cat >&3
) &
feeder=$!
rm -f late && mkfifo late
rsenc-load race <late 2>late.err &
late=$!
exec 4>late
wait "$feeder"
until_made race/incomplete
cat up.rec >&4
exec 4>&-
wait "$late"
is 'a second loader: status' $? 1
like 'a second loader: message' "$(cat late.err)" '*race: another load*wait until*'
tail -c +60001 both.rec >&3
end_feed
is 'the first one is not disturbed' "$status" 0
holds 'the first one is not disturbed: values' race both.rec

# ---- no space ----

records 400 30000 >space.rec
check 1 '' '*writing: *stored; to resume*' 'ulimit -f 14000; rsenc-load limited <space.rec'
stored limited >kept.rec
prefix 'a file-size limit: what was committed is whole' kept.rec space.rec
check 0 '' '' 'rsenc-load -s limited <space.rec'
holds 'a file-size limit: gone on from there' limited space.rec
if unshare -rm sh -c 'mkdir -p t && mount -t tmpfs -o size=1m none t' 2>/dev/null; then
	cat >full.sh <<'E2'
mkdir full after && mount -t tmpfs -o size=8m none full
rsenc-load full/db <space.rec
echo $?
cp full/db/* after && cmp after/loading.mdb full/db/loading.mdb && echo copied
E2
	check 0 '1?copied' '*full/db: *disk*stored; to resume*' 'unshare -rm sh full.sh'
	stored after >kept.rec
	prefix 'a full disk: what was committed is whole' kept.rec space.rec
	check 0 '' '' 'rsenc-load -s after <space.rec'
	holds 'a full disk: gone on elsewhere' after space.rec
	# The temporary file of records in any order fills it, too.
	records 60000 100 mixed >disorder.rec && records 60000 100 >sorted.rec
	rm -rf full after
	sed "s/=8m/=12m/; s/rsenc-load/rsenc-load -b 16K/; s/space.rec/disorder.rec/" full.sh >full.disorder.sh
	check 0 '1?copied' '*full/db: *disk*stored; to resume*' 'unshare -rm sh full.disorder.sh'
	check 0 '' '' 'rsenc-load -s after <disorder.rec'
	holds 'a full disk, records in any order: gone on elsewhere' after sorted.rec
else
	skip 'a full disk' 'no tmpfs may be mounted here'
fi
case ${CFLAGS-} in
*sanitize*) skip 'a limit of memory' 'sanitizers need all of it' ;;
*)
	check 0 '' '' 'ulimit -v 300000; rsenc-load memory <space.rec'
	# A map that can't be grown: LMDB has none then, and is not called any more; what is committed stays.
	records 400000 64 >wide.rec
	check 1 '' '*growing the memory map: *dead: * patches stored; to resume*' 'ulimit -v 150000; rsenc-load dead wide.rec'
	check 0 '' '' 'rsenc-load -s dead wide.rec && stored dead | cmp - wide.rec'
	rm -rf dead wide.rec
	# The smallest records, in the worst order
	if have_python resource; then
		awk 'BEGIN { for (i = 2500000; i > 0; i--) printf "+7,10:%07d->\002\001\001\001\001\001\001\001{}\n", i; print "" }' |
			tr '\001' '\000' >tiny.rec
		cat >peak.py <<'E3'
import resource, subprocess, sys
status = subprocess.run(["rsenc-load", "-q"] + sys.argv[1:]).returncode
print(status, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss < 64 << 10)
E3
		check 0 '0 True' '' "'$python' peak.py tiny tiny.rec"
		# A batch looks at pages all over a database in disorder: they are unmapped within it.
		records 150000 800 mixed | rsenc-load -q -b 16K tiny.2
		records 60000 800 mixed 1 >tiny.rec
		check 0 '0 True' '' "'$python' peak.py --replace tiny.2 tiny.rec"
		rm -rf tiny tiny.2 tiny.rec
	else
		skip 'the memory of a load' 'no python3'
	fi
	;;
esac

# ---- a record that is refused leaves a complete database ----

for db in held fresh; do
	rm -rf refused
	[ $db = fresh ] || rsenc-load refused up.rec
	check 1 '' '*already stored*refused: 40 patches stored; *' "cat second.rec | rsenc-load refused - $([ $db = fresh ] && echo second.rec || echo other.rec)"
	check 0 'nothing' '' 'stored -w refused'
done
check 1 '' '*nothing was stored*' 'rsenc-load killed other.rec'
check 0 'nothing' '' 'stored -w killed'
check 1 '' '*; to resume*' 'rsenc-load half <cut.rec'
check 1 '' '*already stored*' 'rsenc-load half up.rec'
check 0 '*a load is running, or was interrupted*' '' 'stored -w half'

# ---- another name of the file ----

check 1 '' "*linked: linked/data.mdb has 2 hard links*run 'cp linked/data.mdb linked/data.mdb.new && mv linked/data.mdb.new linked/data.mdb'*" \
	'cp -rl up2 linked && rsenc-load -s linked both.rec'
check 1 '' '*2 hard links*' 'rsenc-load --check linked'
sed "s/.*run '//; s/' to make.*//" check.err >follow
check 0 '' '' 'sh -e follow && rsenc-load -s linked both.rec'
holds 'then only this one changes' linked both.rec
holds 'and not the other' up2 up.rec

# ---- claims of other machines ----

# A load was killed after it had made the file and before it had written it.
mkdir torn && : >torn/claim
check 0 '' '' 'rsenc-load torn <up.rec'
check 0 '' '' 'test ! -e torn/claim'

claim() { # claim DB HOST BOOT PROCESS SINCE
	printf 'host %s\nboot %s\nprocess %s\nsince %s\n' "$2" "$3" "$4" "$5" >"$1"
}
now=$(date +%s)
for db in claimed claimed.new claimed.single; do
	option='' file=$db/claim
	case $db in
	claimed) rsenc-load $db up.rec ;;
	claimed.new) mkdir $db ;;
	*) option=--single-file file=$db-claim && rsenc-load $option $db up.rec ;;
	esac
	claim $file node7 11111111-2222-3333-4444-555555555555 77 "$((now - 60))"
	before=$(ls -d $db*)
	check 1 '' "*$db: claimed by a load on node7 (process 77, since 20??-??-?? ??:??:?? UTC): wait until that load ends; if that load is known to be dead, run 'rsenc-load --recover --takeover ${option:+$option }$db'*" \
		"rsenc-load $option -s $db both.rec"
	is '... everything is as it was' "$(ls -d $db*)" "$before"
	sed -n "s/.*run '\(.*\)'.*/\1/p" check.err | head -n 1 >follow
	check 0 '' '' 'sh -e follow'
	check 0 '' '' "rsenc-load $option -s $db both.rec"
	ok '... then nobody claims it' test ! -e $file
	holds '... and it is loaded' $db both.rec
done
# Of this machine: a process that is dead, an earlier boot, the name of this host in a boot of another
host=$(uname -n)
while IFS='|' read -r status name id process since; do
	rm -rf claimed && rsenc-load claimed up.rec
	claim claimed/claim "$name" "$id" "$process" "$since"
	check "$status" '' '*' 'rsenc-load -s claimed both.rec'
done <<E2
0|$host|$boot|1|$now
0|$host|$boot|999999999|$now
0|$host|00000000-0000-0000-0000-000000000000|1|1000
1|$host|00000000-0000-0000-0000-000000000000|1|$((now - 1))
1|other|00000000-0000-0000-0000-000000000000|1|1000
E2
echo unknown >claimed/claim
check 1 '' '*claimed by a load on an unknown host*' 'rsenc-load -s claimed both.rec'
# One that has lost its claim stops before the next commit.
feed -b 1 claimed.lost
head -c 60000 both.rec >&3
until_count claimed.lost 10
claim claimed.lost/claim node7 11111111-2222-3333-4444-555555555555 77 "$now"
tail -c +60001 both.rec >&3 2>/dev/null
end_feed
is 'a loader whose claim was taken over: status' "$status" 1
like '... message' "$(cat feed.err)" '*another load has taken over the claim*'

# ---- stock tools ----

if have mdb_stat mdb_dump mdb_copy; then
	check 0 '*Entries: 40*' '' 'mdb_stat -e up2'
	check 0 '*Entries: 40*' '' 'mdb_stat -n single'
	check 0 '*HEADER=END*DATA=END*' '' 'mdb_dump up2'
	check 0 '' '' 'mkdir copy && mdb_copy -c up2 copy'
	holds 'mdb_copy -c' copy up.rec
else
	skip 'mdb_stat, mdb_dump, mdb_copy' 'lmdb-utils is not installed'
fi
if have_python lmdb; then
	is 'python3-lmdb reads it' "$("$python" -c '
import lmdb
with lmdb.open("up2", readonly=True).begin() as txn:
    print(txn.stat()["entries"], len(txn.get(b"key00000001")))')" "40 $(sed -n '1,$s/^+11,\([0-9]*\):key00000001.*/\1/p' up.rec)"
	"$python" -c '
import lmdb
with lmdb.open("vast", map_size=60 << 40).begin(write=True) as txn:
    txn.put(b"a", open("good", "rb").read())'
	check 0 '' '' 'rsenc-load vast <up.rec'
	check 0 '+1,*' '' 'stored vast a'
else
	skip 'python3-lmdb' 'it is not installed'
fi

# ---- the readers' side ----

check 1 '' '*no such database*(1)*' 'stored no-such'
check 1 '' '*no such database: the directory has no data.mdb*(1)*' 'mkdir hollow && stored hollow'
check 1 '' '*not an LMDB database*(-1)*' 'stored garbage'
if [ "$(id -u)" -eq 0 ] && have setpriv && setpriv --reuid=65534 --clear-groups true 2>/dev/null; then
	chmod 755 "$tmp" && chmod 444 up2/* && cp "$(command -v stored)" .
	check 0 '*+11,*' '' 'setpriv --reuid=65534 --clear-groups ./stored up2'
	chmod 555 up2
	check 1 '' '*up2: cannot be written: Permission denied*' "cp '$(command -v rsenc-load)' .; setpriv --reuid=65534 --clear-groups ./rsenc-load up2 <up.rec"
else
	skip 'a reader that may not write' 'needs root and setpriv'
fi

done_testing

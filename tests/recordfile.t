#!/bin/sh
# rsenc-pack -w: a file of records that is there whole or not at all, whatever happens on the way.
# shellcheck disable=SC2016 # commands are expanded by the shell that check starts
. "${0%/*}/lib.sh"

fixture -b bigearthnet-s1 s1 12
rsenc-scan bigearthnet-s1 s1 >groups
head -3 groups >some
rsenc-pack -r <groups >want.rec
rsenc-pack -r <some >some.rec
mkdir d

# temporary: the names of what is not finished in d
temporary() {
	find d -name '.*' ! -name d
}

check 2 '' '*-r, -o, -w and --size cannot be combined*' 'rsenc-pack -r -w d/x'
check 2 '' '*-r, -o, -w and --size cannot be combined*' 'rsenc-pack -o d -w d/x'

# ---- made, and left alone ----

check 0 '' '' 'rsenc-pack -w d/a.rec <groups'
ok 'the stream of -r' cmp d/a.rec want.rec
is 'no temporary file is left' "$(temporary)" ''
touch -d '2020-01-01' d/a.rec
ls -il --full-time d/a.rec >before
check 0 '' '' 'rsenc-pack -w d/a.rec <groups'
check 0 '' 'rsenc-pack: d/a.rec: is there and complete, with 12 patches: nothing to do' 'rsenc-pack -v -w d/a.rec <groups'
check 0 '' '' 'head -1 groups | rsenc-pack -w d/a.rec'
check 0 '' '' 'rsenc-pack -w d/a.rec </dev/null'
check 0 '' '' 'rsenc-pack -w d/a.rec "$(sed -n 2p groups)"'
ls -il --full-time d/a.rec >after
ok 'the file was not touched' cmp before after
# What writes the input into a pipe is not killed: more than a pipe holds.
{ awk '{ for (i = 0; i < 2000; i++) print; exit }' groups || echo killed >killed; } | rsenc-pack -w d/a.rec
ok 'the input is read to its end' test ! -e killed

# ---- there, but not all of it ----

check 0 '' '' 'rsenc-pack -w d/b.rec <some'
check 1 '' "rsenc-pack: d/b.rec: is there and complete, but 9 of 12 patches are not in it, first $(sed -n 4p groups | cut -f 1): remove it*" \
	'rsenc-pack -w d/b.rec <groups'
ok '... it is left as it was' cmp d/b.rec some.rec
check 0 '' '' 'rm d/b.rec; rsenc-pack -w d/b.rec <groups && cmp d/b.rec want.rec'
for size in 1 100 $(($(wc -c <want.rec) / 2)) $(($(wc -c <want.rec) - 2)) $(($(wc -c <want.rec) - 1)); do
	head -c "$size" want.rec >d/cut.rec
	check 0 '' '*' 'rsenc-pack -w d/cut.rec <groups'
	ok "... of $size bytes: whole now" cmp d/cut.rec want.rec
done
like 'that it was cut off is said' "$(head -c 200000 want.rec >d/cut.rec && rsenc-pack -w d/cut.rec <groups 2>&1)" '*is there and was cut off: packing it anew'
: >d/empty.rec
check 0 '' '' 'rsenc-pack -w d/empty.rec <groups && cmp d/empty.rec want.rec'
# The newline after the first record's data is another byte.
cp want.rec d/damaged.rec
printf x | dd of=d/damaged.rec bs=1 seek=$(($(head -1 groups | rsenc-pack -r | wc -c) - 2)) conv=notrunc 2>/dev/null
check 1 '' '*d/damaged.rec: is there and is not replaced: record 1*no newline after its data*' 'rsenc-pack -w d/damaged.rec <groups'

# ---- there, and something else ----

cp groups d/groups
check 1 '' '*d/groups: is there and is not replaced: *contains group lines, not records*' 'rsenc-pack -w d/groups <groups'
ok '... it is left as it was' cmp groups d/groups
check 1 '' '*d: is there and is not replaced: is not a regular file' 'rsenc-pack -w d <groups'
mkfifo d/fifo
check 1 '' '*d/fifo: is there and is not replaced: is not a regular file' 'rsenc-pack -w d/fifo <groups'
check 1 '' '*no/where: *cannot be created in no: No such file*' 'rsenc-pack -w no/where <groups'
check 1 '' '*d/: *' 'rsenc-pack -w d/ <groups'
check 0 '' '' 'cd d && rsenc-pack -w here.rec "$(sed "s,=s1,=../s1,g" ../some | head -1)" && test -s here.rec'
name=$(printf '%0250d' 0)
export name
check 0 '' '' 'rsenc-pack -w d/$name <some && cmp d/$name some.rec'

# ---- bad groups ----

{ head -2 groups; printf 'bad\tB=missing.tif\n'; sed 1,2d groups; } >bad
check 1 '' '*bad: missing.tif: *d/c.rec: was not made: with -k it holds what is good' 'rsenc-pack -w d/c.rec <bad'
ok 'the first bad group ends the run without a file' test ! -e d/c.rec
check 1 '' '*bad: missing.tif: *skipped 1 of 13 patches: 1 missing file' 'rsenc-pack -k -w d/c.rec <bad'
ok '-k makes it of what is good' cmp d/c.rec want.rec
check 1 '' '*d/c.rec: is there and complete, but 1 of 13 patches are not in it, first bad: *' 'rsenc-pack -k -w d/c.rec <bad'
is 'no temporary file is left' "$(temporary)" ''
check 1 '' '*standard input: line 12 has no newline*' 'head -c -1 groups | rsenc-pack -w d/e.rec'
is '... nor when the input was cut off' "$(ls d/e.rec 2>/dev/null; temporary)" ''
check 0 '' '' 'rsenc-pack -w d/none.rec </dev/null && cmp d/none.rec - <<E

E'

# ---- lost output ----

check 1 '' '*d/f.rec: writing: File too large*' 'trap "" XFSZ; ulimit -f 200; rsenc-pack -w d/f.rec <groups'
is 'a file that grows too large: nothing is left' "$(ls d/f.rec 2>/dev/null; temporary)" ''
if unshare -rm sh -c 'mkdir -p t && mount -t tmpfs -o size=1m none t' 2>/dev/null; then
	check 1 '.
..' '*full/x.rec: *No space left*' "unshare -rm sh -c 'mkdir -p full && mount -t tmpfs -o size=400k none full
		rsenc-pack -w full/x.rec <groups; s=\$?; ls -a full; exit \$s'"
else
	skip 'a full disk' 'no tmpfs may be mounted here'
fi

# ---- signals, and two at once ----

mkfifo lines.fifo
# begun FILE: a run that has packed three groups and waits for more; its number is $pid
begun() {
	# A shell starts background jobs with SIGINT and SIGQUIT ignored: env undoes that.
	env --default-signal=INT,QUIT rsenc-pack -w "$1" <lines.fifo 2>begun.err &
	pid=$!
	exec 9>lines.fifo
	cat some >&9
	tries=0
	while [ "$(find d -name ".${1#d/}.*.tmp" -size +600 | wc -l)" -lt 1 ] && [ $tries -lt 600 ]; do
		tries=$((tries + 1))
		sleep 0.1
	done
}
for signal in TERM:143 INT:130 HUP:129 QUIT:131; do
	begun d/g.rec
	kill -"${signal%:*}" $pid
	wait $pid 2>/dev/null
	is "SIG${signal%:*}: status" $? "${signal#*:}"
	exec 9>&-
	is '... and nothing is left' "$(ls d/g.rec 2>/dev/null; temporary)" ''
done
like '... which is said' "$(cat begun.err)" '*stopped by signal 3*'
check 0 '' '' 'rsenc-pack -w d/g.rec <groups && cmp d/g.rec want.rec && rm d/g.rec'

begun d/h.rec
is 'while it runs there is no file' "$(ls d/h.rec 2>/dev/null)" ''
orphan=$pid
check 0 '' '' 'rsenc-pack -w d/h.rec <groups && cmp d/h.rec want.rec'
is 'another run of the same does not disturb it' "$(temporary | wc -l)" 1
tail -n +4 groups >&9
exec 9>&-
wait "$orphan"
is '... it ends well' $? 0
ok '... and the file is the same' cmp d/h.rec want.rec
is '... and nothing else is left' "$(temporary)" ''

begun d/i.rec
kill -KILL $pid
wait $pid 2>/dev/null
exec 9>&-
is 'a run that is killed leaves its temporary file' "$(temporary | wc -l)" 1
: >"d/.i.rec.another-host.$pid.1.tmp"
: >d/.i.rec.notes
check 0 '' '' 'rsenc-pack -w d/i.rec <groups && cmp d/i.rec want.rec'
is '... which the next one removes, and no other' "$(temporary | sort)" "d/.i.rec.another-host.$pid.1.tmp
d/.i.rec.notes"

done_testing

#!/bin/sh
# Faults: kills, full disks, failing system calls, limits, and what changes under the commands.
# Every one ends in a message and status 1, or does no harm, and leaves a database that is intact.
# FAULTS=long (make torture): more of each.
# shellcheck disable=SC2016 # the sh of a row expands what stands in it
. "${0%/*}/lib.sh"

long=${FAULTS-}
case ${CFLAGS-} in *sanitize*) sanitized=1 ;; *) sanitized= ;; esac

fixture -b bigearthnet-s1 s1 4
fixture -b -s 1 bigearthnet-s1 other 4
rsenc-scan bigearthnet-s1 s1 >groups
find s1 -name '*.tif' | sort | tar -cf s1.tar -T -
rsenc-scan bigearthnet-s1 s1.tar >groups.tar
rsenc-scan bigearthnet-s1 other >groups.other
rsenc-pack -r <groups >want.rec
rsenc-pack -r <groups.other >other.rec
rsenc-load whole <want.rec
rsenc-load replaced <other.rec
head -c 250000 want.rec | rsenc-load begun 2>/dev/null # two of the four
mv begun/loading.mdb begun/data.mdb && rm -f begun/incomplete begun/loading.mdb-lock

# holds DB FILE: the database holds these records and no others, and no load is unfinished
holds() {
	rsenc-dump "$1" 2>holds.err | cmp -s - "$2" && [ ! -s holds.err ] && [ ! -e "$1/incomplete" ]
}

# ---- SIGKILL ----

if have mdb_stat mdb_dump; then
	ok 'SIGKILL at random moments' sh "$tests/faults/torture.sh" "${KILLS:-10}"
	[ -z "$long" ] || sed 's/^/# /' ok.log
else
	skip 'SIGKILL at random moments' 'lmdb-utils is not installed'
fi

# ---- loads at random, beside a model ----

if have_python sys; then
	runs=10
	[ -z "$long" ] || runs=400
	ok 'loads at random: only what the model allows' "$python" "$tests/faults/model.py" "$runs" "${MODEL_SEED:-1}"
	[ -z "$long" ] || sed 's/^/# /' ok.log
else
	skip 'loads at random' 'no python3'
fi

# ---- system calls that fail, one after the other ----

# sweep WHAT ERROR SYSCALL COMMAND CHECK: runs the shell COMMAND with the first such call of the
# program under strace failing, then with the second, and so on to the last. It must end with
# status 1 and a message of its own, or with 0; then CHECK must succeed, with $status.
injected=0
most=${long:+300}
: "${most:=200}"
sweep() {
	what=$1 error=$2 syscall=$3 command=$4 checks=$5
	program=${command#*\$trace } sweep_bad=''
	program=${program%% *}
	# The dynamic linker's own calls come first: those that -V makes too.
	nth=1
	case $syscall in
	openat | read | pread64 | mmap)
		strace -f -qq -o trace -e trace="$syscall" "$program" -V >got
		nth=$(grep -c "$syscall" trace)
		nth=$((nth + 1))
		;;
	esac
	first=$nth
	while [ $nth -le "$most" ]; do
		rm -rf out db
		status=0
		trace="strace -f -qq -o trace -e trace=$syscall -e signal=none -e inject=$syscall:error=$error:when=$nth"
		trace=$trace status=0 sh -c "$command" </dev/null >got 2>got.err || status=$?
		grep -q INJECTED trace || break
		injected=$((injected + 1))
		case $status in
		0) ;;
		1) grep -q '^rsenc-' got.err || sweep_bad="$sweep_bad
$nth: no message: $(cat got.err)" ;;
		127) grep -q 'shared' got.err || sweep_bad="$sweep_bad
$nth: status 127: $(cat got.err)" ;; # the dynamic linker's
		*) sweep_bad="$sweep_bad
$nth: status $status: $(cat got.err)" ;;
		esac
		export status
		sh -c "$checks" >checks.log 2>&1 || sweep_bad="$sweep_bad
$nth: status $status, then: $(cat got.err) $(head -c 500 checks.log)"
		nth=$((nth + 1))
	done
	if [ -z "$sweep_bad" ]; then
		pass "$what: $error of each of $((nth - first)) $syscall"
	else
		fail "$what: $error of $syscall" "$sweep_bad"
	fi
}

# intact DB FILE [BEFORE]: as a loader that ended with $status must leave it; resuming completes it
cat >intact <<'E2'
#!/bin/sh
if [ "$status" -eq 0 ]; then
	[ ! -e "$1/incomplete" ] || { echo incomplete is left; exit 1; }
	rsenc-dump "$1" | cmp - "$2" || exit 1
fi
[ "$status" -ne 0 ] || [ ! -e "$1/claim" ] || { echo a claim is left; exit 1; }
# What a sync has failed for is not relied on, though it can be read for now.
if grep -qs failed "$1/incomplete"; then
	[ -z "${3-}" ] || { echo what was there is said to be lost; exit 1; }
	grep -q 'after the last checkpoint may be lost' got.err || exit 1
	! grep -q 'patch.* stored; ' got.err || exit 1
	! rsenc-dump "$1" >dumped 2>&1 || exit 1
	grep -q 'rsenc-load --recover' dumped || exit 1
elif [ -s "$1/data.mdb" ] || [ -s "$1/loading.mdb" ]; then
	# A file without a first page is what a loader left that could not make one.
	rsenc-verify "$1" <"$2" >verified 2>verify.err
	! grep differs verified || exit 1
	[ -s verified ] || [ -s verify.err ] || rsenc-dump "$1" | cmp - "$2" || exit 1
	[ -z "${3-}" ] || ! rsenc-verify "$1" <"$3" | grep . || { echo what was there is lost; exit 1; }
fi
rsenc-load -s "$1" <"$2" && rsenc-dump "$1" | cmp - "$2" && [ ! -e "$1/incomplete" ]
E2
# right FILE: got is that, or the beginning of it if the command failed
cat >right <<'E2'
#!/bin/sh
[ "$status" -ne 0 ] || cmp got "$1" || exit 1
[ ! -s got ] || cmp -n "$(wc -c <got)" got "$1"
E2
chmod +x intact right
PATH=$tmp:$PATH
rsenc-dump begun >begun.rec
rsenc-show --stats want.rec >shown
rsenc-view --columns=2 <want.rec >seen.pgm
{ echo id && cut -f 1 groups; } >keys.csv

if [ -n "$sanitized" ]; then
	skip 'system calls that fail' 'strace and sanitizers do not go together'
elif ! have strace || ! strace -f -qq -o trace -e trace=close -e inject=close:error=EIO:when=999 true 2>/dev/null; then
	skip 'system calls that fail' 'no strace, or no ptrace allowed'
else
	load='$trace rsenc-load -b 120K db <want.rec'
	more='cp -r begun db; $trace rsenc-load -s -b 120K db <want.rec'
	for call in openat read readv pread64 mkdir ftruncate lseek mmap; do
		sweep 'a new database' EIO $call "$load" 'intact db want.rec'
	done
	for call in pwrite64 writev fsync fdatasync msync unlink fcntl; do
		for error in EIO ${long:+ENOSPC}; do
			sweep 'a new database' "$error" "$call" "$load" 'intact db want.rec'
		done
		sweep 'a database with records' EIO "$call" "$more" 'intact db want.rec begun.rec'
	done
	for call in pwrite64 writev ${long:+ftruncate mkdir openat}; do
		sweep 'a new database' ENOSPC "$call" "$load" 'intact db want.rec'
	done
	for call in read readv writev pwrite64 fcntl ${long:+fsync fdatasync}; do
		sweep 'a new database' EINTR "$call" "$load" 'intact db want.rec'
	done
	# Small records in any order: parts of them go through a temporary file.
	records 3000 20 >small.rec
	records 3000 20 mixed >small.mixed.rec
	for call in openat unlink writev pread64 ftruncate; do
		sweep 'small records in any order' EIO "$call" '$trace rsenc-load -b 2K db <small.mixed.rec' 'intact db small.rec'
	done
	for call in openat newfstatat read readv writev fcntl mmap clone3; do
		sweep 'rsenc-pack' EIO $call '$trace rsenc-pack -r -j2 <groups' 'right want.rec'
	done
	for call in read readv writev fcntl; do
		sweep 'rsenc-pack' EINTR $call '$trace rsenc-pack -r <groups' 'right want.rec'
	done
	for call in fstat newfstatat readv writev fcntl mmap clone3; do
		sweep 'rsenc-untar' EIO $call 'cat s1.tar | $trace rsenc-untar -j2 bigearthnet-s1' 'right want.rec'
	done
	for call in readv writev fcntl; do
		sweep 'rsenc-untar' EINTR $call 'cat s1.tar | $trace rsenc-untar bigearthnet-s1' 'right want.rec'
	done
	for call in openat newfstatat pread64 write mmap; do
		sweep 'rsenc-scan, an archive' EIO $call '$trace rsenc-scan bigearthnet-s1 s1.tar' '[ $status -ne 0 ] || cmp got groups.tar; ! grep -vxFf groups.tar got'
	done
	sweep 'rsenc-pack, an archive' EIO pread64 '$trace rsenc-pack -r -j2 <groups.tar' 'right want.rec'
	for call in openat write close rename renameat2; do
		sweep 'rsenc-pack -o' ENOSPC $call \
			'mkdir out; head -2 groups | $trace rsenc-pack -o out' \
			'test "$(find out -name ".*")" = ""; [ $status -ne 0 ] || test $(ls out | wc -l) -eq 2; for f in out/*; do [ ! -e "$f" ] || test $(wc -c <"$f") -eq 115344; done'
	done
	for call in openat newfstatat getdents64 write clone3 mmap; do
		sweep 'rsenc-scan' EIO $call '$trace rsenc-scan -j2 bigearthnet-s1 s1' '[ $status -ne 0 ] || cmp got groups; ! grep -vxFf groups got'
	done
	sweep 'rsenc-scan' EINTR write '$trace rsenc-scan bigearthnet-s1 s1' 'right groups'
	for call in openat read readv writev; do
		sweep 'rsenc-join' EIO $call '$trace rsenc-join keys.csv <groups' 'right groups'
	done
	for call in openat readv write mmap; do
		sweep 'rsenc-show' EIO $call '$trace rsenc-show --stats want.rec' 'right shown'
		sweep 'rsenc-view' EIO $call '$trace rsenc-view --columns=2 <want.rec' '[ $status -ne 0 ] || cmp got seen.pgm'
	done
	for call in openat readv write writev mmap pread64; do
		sweep 'rsenc-dump' EIO $call '$trace rsenc-dump whole' 'right want.rec'
		sweep 'rsenc-missing' EIO $call '$trace rsenc-missing begun <groups' '[ $status -ne 0 ] || test $(wc -l <got) -eq 2'
		sweep 'rsenc-verify' EIO $call '$trace rsenc-verify -q whole <want.rec' '! grep . got'
	done
	# What was written is known to be there only when it is closed (NFS, quotas).
	while read -r command; do
		check 1 '*' "${command%% *}: *standard output: Input/output error" \
			"strace -f -qq -o trace -P '$PWD/check.out' -e inject=close:error=EIO $command"
	done <<'E2'
rsenc-scan bigearthnet-s1 s1
rsenc-pack -r <groups
rsenc-untar bigearthnet-s1 <s1.tar
rsenc-pack "$(sed -n 1p groups)"
rsenc-dump whole
rsenc-dump --keys whole
rsenc-missing begun <groups
rsenc-verify -q begun <want.rec
rsenc-show want.rec
rsenc-view <want.rec
rsenc-scan -l
rsenc-load -V
E2
	# The one sync of a new database, also where the load fails by itself.
	check 1 '' '*syncing: *Input/output error*after the last checkpoint may be lost*' \
		'strace -f -qq -o trace -e inject=fdatasync:error=EIO rsenc-load unsynced <want.rec'
	is '... it is written down' "$(grep synced unsynced/incomplete)" 'synced failed'
	cp check.err got.err
	check 0 '' '*returned to the last checkpoint of the interrupted load: 0 patches' 'status=1 intact unsynced want.rec'
	check 1 '' '*syncing: *Input/output error*after the last checkpoint may be lost*' \
		'head -c 250000 want.rec | strace -f -qq -o trace -e inject=fdatasync:error=EIO rsenc-load unsynced.2'
	is '... it does not say that records are stored' "$(grep -c 'patches stored' check.err)" 0
	is '... and is written down' "$(grep synced unsynced.2/incomplete)" 'synced failed'
	# What an earlier load stored, that was killed before its sync
	check 1 '' '*; to resume*' 'head -c 250000 want.rec | rsenc-load unsynced.3'
	sed -i 's/^synced yes/synced no/' unsynced.3/incomplete
	check 1 '' '*syncing: *Input/output error*after the last checkpoint may be lost*' \
		'strace -f -qq -o trace -e inject=fdatasync:error=EIO rsenc-load -s unsynced.3 <want.rec'
	is '... and is written down, too' "$(grep synced unsynced.3/incomplete)" 'synced failed'
	# The marker can't be written, or removed at the end: nothing is lost, and the reason is reported.
	check 1 '' "*marked: writing the file 'incomplete': No space left on device*" \
		'strace -f -qq -o trace -e inject=fsync:error=ENOSPC:when=3 rsenc-load marked <want.rec'
	check 0 '' '' 'rsenc-load -s marked <want.rec && rsenc-dump marked | cmp - want.rec'
	check 1 '' '*marked.2: everything is stored, but the database stays marked: removing marked.2/incomplete: Operation not permitted*' \
		'strace -f -qq -o trace -P marked.2/incomplete -e inject=unlink:error=EPERM rsenc-load marked.2 <want.rec'
	is '... it does not say that nothing was stored' "$(grep -c 'nothing was' check.err)" 0
	check 0 '' '*a load is running, or was interrupted*' 'rsenc-dump marked.2 | cmp - want.rec'
	check 0 '' '' 'rsenc-load -s marked.2 <want.rec && rsenc-dump marked.2 | cmp - want.rec'
	ok "$injected system calls failed" test "$injected" -gt 100
	[ -z "$long" ] || echo "# $injected faults injected"
fi

# ---- the power is cut: faults/powercut.py ----

# after-cut OLD OPTION DB: what was there (OLD, or none) is there, replaced or not; a load that was not
# synced returns to its last checkpoint, or begins again if it had made none; whatever else was found is
# resumed, to what is in $want.
cat >after-cut <<'E2'
#!/bin/sh
old=$1 option=$2
shift 2
if [ -s "$1/incomplete" ]; then # the machine has been started again, and the clock tells it
	sed -i 's/^boot .*/boot 00000000-0000-0000-0000-000000000000/' "$1/incomplete"
fi
if [ -e "$1/claim" ]; then
	sed -i 's/^boot .*/boot 00000000-0000-0000-0000-000000000000/; s/^since .*/since 1000/' "$1/claim"
	[ "$(wc -l <"$1/claim")" -eq 4 ] || rm "$1/claim" # it had not reached the disk: a user would --takeover
fi
if grep -qs 'synced no' "$1/incomplete" && [ -e "$1/loading.mdb" ]; then
	[ "$old" = none ] || exit 1 # what was there is always synced
	rsenc-dump "$1" >cut.dump 2>cut.err && exit 1
	grep -q -e '--recover' cut.err || exit 1
	rsenc-load --recover "$1" 2>cut.err || exit 1
	if grep -q checkpoint "$1/incomplete" 2>cut.grep; then exit 1; fi
	if ! grep -q 'of 0 patches' cut.err; then
		echo >>went.back
		rsenc-verify -q "$1" <"$want" >not.there
		grep differs not.there && exit 1
	fi
fi
if [ "$old" != none ]; then
	mdb_stat "$1" >cut.stat || exit 1
	rsenc-verify -q "$1" <"$old" >not.old
	rsenc-verify -q "$1" <"$want" >not.new
	! grep missing not.old || exit 1
	! sort not.old not.new | uniq -d | grep differs || exit 1
	[ "$option" = --replace ] || ! grep . not.old || exit 1
elif [ -s "$1/data.mdb" ]; then # it has its name only when it is complete
	rsenc-dump -q "$1" | cmp - "$want" || [ "$want" = cut.rec ] || exit 1
fi
rsenc-load "$option" "$1" <"$want" 2>cut.err && rsenc-dump "$1" | cmp - "$want" &&
	[ "$(ls "$1" | grep -v lock.mdb)" = data.mdb ] && exit
cat cut.err
exit 1
E2
chmod +x after-cut

# cut_power WHAT BEFORE OLD OPTION INPUT [BATCH EVERY]: the power cut at each, or each second, moment of a load of
# INPUT into a copy of BEFORE (or none)
every=2
[ -z "$long" ] || every=1
cut_power() {
	rm -rf db
	[ "$2" = none ] || cp -r "$2" db
	strace -f -y -xx -s 999999999 -e signal=none -o trace \
		-e trace=openat,mkdir,write,writev,pwrite64,pwritev,lseek,fsync,fdatasync,msync,ftruncate,rename,renameat,unlink,unlinkat \
		rsenc-load "$4" -b "${6:-120K}" db <"$5" 2>got.err
	ok "the power is cut: $1" env EVERY="${7:-$every}" "$python" "$tests/faults/powercut.py" db trace "$2" "${long:+2}1" ./after-cut "$3" "$4"
	[ -z "$long" ] || sed 's/^/# /' ok.log
}

if [ -n "$sanitized" ]; then
	skip 'the power is cut' 'strace and sanitizers do not go together'
elif ! have strace mdb_stat || ! have_python sys; then
	skip 'the power is cut' 'no strace, lmdb-utils or python3'
else
	head -c 250000 want.rec >cut.rec
	export want=want.rec
	cut_power 'a new database' none none -s want.rec
	cut_power 'a new database, of a load that fails' none none -s cut.rec
	cut_power 'more records' begun begun.rec -s want.rec
	cut_power 'other values' replaced other.rec --replace want.rec
	# Points on the way, a batch for each record; the file is not checked after each of so many calls.
	records 300 300 >points.rec
	records 300 300 mixed >mixed.rec
	for one in points ${long:+mixed}; do
		rm -f went.back
		want=points.rec
		cut_power "a new database with points, $one" none none -s "$one.rec" 1 "$((every == 1 ? 3 : 31))"
		ok '... some went back to one' test "$(wc -l <went.back)" -gt 10
		want=want.rec
	done
	cut_power 'other values, again' replaced other.rec --replace want.rec
	grep -v datasync trace >unsynced.trace
	export python tests
	# With a disk that does not sync it must fail.
	check 1 '*differs*' '' '$python "$tests/faults/powercut.py" db unsynced.trace replaced 1 ./after-cut other.rec --replace'
fi

# ---- short reads and writes, interrupted ones ----

if [ -n "$sanitized" ]; then
	skip 'short reads and writes' 'sanitizers want to be preloaded first'
elif ! ${CC:-cc} -shared -fPIC -o short.so "$tests/faults/short.c" -ldl 2>short.log; then
	fail 'short reads and writes: the shim' "$(cat short.log)"
else
	export short="env LD_PRELOAD=$tmp/short.so"
	ok 'short: the shim is there' sh -c 'printf %01000d 1 >thousand; test $($short dd if=thousand bs=1000 count=1 2>&1 | head -1 | wc -c) -gt 0'
	check 0 '' '' '$short rsenc-scan bigearthnet-s1 s1 | cmp - groups'
	check 0 '' '' '$short rsenc-pack -r -j2 <groups | cmp - want.rec'
	check 0 '' '' '$short rsenc-pack -o short.d <groups && rsenc-pack -o plain.d <groups && diff -r short.d plain.d'
	# LMDB takes a short write for an error; it must be one here too.
	check 1 '' 'rsenc-load: *: *' '$short rsenc-load short.db <want.rec'
	check 0 '' '' 'status=1 intact short.db want.rec'
	check 0 '' '' '$short rsenc-dump whole | cmp - want.rec'
	check 0 '' '' '$short rsenc-verify -q whole <want.rec'
	check 0 '' '' '$short rsenc-missing begun <groups >left; test "$(wc -l <left)" -eq 2'
	check 0 '' '' '$short rsenc-show --stats want.rec | cmp - shown'
	check 0 '' '' '$short rsenc-view --columns=2 <want.rec | cmp - seen.pgm'
fi

# ---- a file that is written to in its place while it is read ----

if [ -n "$sanitized" ]; then
	skip 'a file that is written to while it is read' 'sanitizers want to be preloaded first'
elif ! ${CC:-cc} -shared -fPIC -o rewrite.so "$tests/faults/rewrite.c" -ldl 2>rewrite.log; then
	fail 'written to while read: the shim' "$(cat rewrite.log)"
else
	find s1 -name '*_VH.tif' -exec cp {} rewritten.tif ';'
	touch -t 202601010000 rewritten.tif # a coarse clock must not hide the change
	export rewrite="env REWRITE=$tmp/rewritten.tif LD_PRELOAD=$tmp/rewrite.so"
	printf 'k\tVH=rewritten.tif\n' >rewritten
	check 1 '' 'rsenc-pack: k: rewritten.tif: the file changed while it was read' '$rewrite rsenc-pack -r "$(cat rewritten)"'
	check 0 '+1,*' '' 'rsenc-pack -r "$(cat rewritten)"'
	truncate -s 70000000 rewritten.tif # it is mapped
	touch -t 202601010000 rewritten.tif
	check 1 '' 'rsenc-pack: k: rewritten.tif: the file changed while it was read' '$rewrite rsenc-pack -r -M 4G "$(cat rewritten)"'
	check 0 '+1,*' '' 'rsenc-pack -r -M 4G "$(cat rewritten)"'
fi

# ---- a full disk, for rsenc-pack -o ----

check 1 '' '*cannot be written: File too large' 'ulimit -f 100; rsenc-pack -o limited <groups'
check 0 '' '' 'find limited -type f | grep .; test $? -eq 1'
if unshare -rm sh -c 'mkdir -p t && mount -t tmpfs -o size=1m none t' 2>/dev/null; then
	cat >full.sh <<'E2'
mkdir full && mount -t tmpfs -o size=400k none full
rsenc-pack -o full <groups
echo $?
find full -type f -size +0 | wc -l
find full -name '.*' -o -name '*.tmp' -o -size -2k -type f
E2
	check 0 '1?3' '*cannot be written: No space left on device' 'unshare -rm sh full.sh'
else
	skip 'a full disk' 'no tmpfs may be mounted here'
fi

# ---- signals where other tests do not have them ----

mkfifo lines.fifo
for signal in TERM:143 INT:130 USR1:138 XCPU:152; do
	# A shell starts background jobs with SIGINT ignored: env undoes that.
	env --default-signal=INT rsenc-pack -o stopped.d <lines.fifo 2>stopped.err &
	pid=$!
	exec 9>lines.fifo
	head -3 groups >&9
	tries=0
	while [ "$(find stopped.d -name '*.safetensors' 2>/dev/null | wc -l)" -lt 3 ] && [ $tries -lt 600 ]; do
		tries=$((tries + 1))
		sleep 0.1
	done
	kill -"${signal%:*}" $pid
	wait $pid
	is "SIG${signal%:*} to rsenc-pack -o: status" $? "${signal#*:}"
	exec 9>&-
	is '... whole files and no others' "$(find stopped.d -type f -size 113k | wc -l) $(find stopped.d -type f | wc -l)" '3 3'
	like '... which is said' "$(cat stopped.err)" 'rsenc-pack: stopped by signal *: 3 patches written: run the same command to write them all'
	rm -r stopped.d
done

# SIGPIPE up the pipe, a failure down the pipe
cat >pipe.sh <<'E2'
fixture -b bigearthnet-s1 many 80
{ rsenc-scan bigearthnet-s1 many; echo "scan $?" >&3; } |
	{ rsenc-pack -r; echo "pack $?" >&3; } |
	{ rsenc-load whole; echo "load $?" >&3; } 3>&1
E2
check 0 'load 1' '*already stored*' 'sh pipe.sh 3>others'
is 'a loader that fails ends the others' "$(grep pack others)" 'pack 141'
check 1 '' '*rsenc-load: *truncated*2 patches stored; *' \
	'{ head -2 groups; printf "bad\tVH=none.tif\n"; } | rsenc-pack -r 2>/dev/null | rsenc-load down'
check 1 '' '*is empty*nothing was stored*' 'rsenc-scan hydro s1 2>/dev/null | rsenc-pack none 2>/dev/null | rsenc-load down2'

# ---- limits ----

# limit INPUT LIMIT COMMAND CHECK: the limit as given to ulimit. Status 1 with a message, or 0.
limit() {
	rm -rf out db
	status=0
	sh -c "ulimit $2; $3" >got 2>got.err <"$1" || status=$?
	export status
	case $status in
	0) ;;
	1) grep -q '^rsenc' got.err || limit_bad="$limit_bad
$2: no message: $(cat got.err)" ;;
	127) grep -q -e 'shared' -e 'libc' -e 'libtiff' got.err || limit_bad="$limit_bad
$2: $(cat got.err)" ;;
	*) limit_bad="$limit_bad
$2: status $status: $(cat got.err)" ;;
	esac
	statuses="$statuses $status"
	sh -c "$4" >checks.log 2>&1 || limit_bad="$limit_bad
$2: status $status, then: $(cat got.err) $(head -c 500 checks.log)"
}

while IFS='|' read -r what input command checks; do
	limit_bad='' statuses=''
	for files in 3 4 5 6 7 8 10 12 16 32; do limit "$input" "-n $files" "exec $command" "$checks"; done
	is "$what: few file descriptors" "$limit_bad" ''
	like "$what: enough of them at last" "$statuses" '*1*0'
	if [ -n "$sanitized" ]; then
		skip "$what: little memory" 'sanitizers need all of it'
		continue
	fi
	limit_bad='' statuses=''
	for kilobytes in 6000 9000 12000 15000 20000 50000 80000 120000 800000; do
		limit "$input" "-v $kilobytes" "exec $command" "$checks"
	done
	is "$what: little memory" "$limit_bad" ''
	like "$what: enough of it at last" "$statuses" '* 0'
done <<'E2'
rsenc-scan|/dev/null|rsenc-scan -j2 bigearthnet-s1 s1|[ $status -ne 0 ] || cmp got groups
rsenc-pack|groups|rsenc-pack -r -j2|right want.rec
rsenc-untar|s1.tar|rsenc-untar -j2 bigearthnet-s1|right want.rec
rsenc-load|want.rec|rsenc-load db|intact db want.rec
rsenc-dump|/dev/null|rsenc-dump whole|right want.rec
rsenc-missing|groups|rsenc-missing begun|[ $status -ne 0 ] || test $(wc -l <got) -eq 2; ! grep -vxFf groups got
rsenc-verify|want.rec|rsenc-verify -q whole|! grep . got
rsenc-show|/dev/null|rsenc-show --stats want.rec|right shown
rsenc-view|want.rec|rsenc-view --columns=2|right seen.pgm
E2

if [ -z "$sanitized" ]; then
	check 1 '' 'rsenc-missing: out of memory' 'head -c 60000000 /dev/zero | tr "\\0" a | { ulimit -v 80000; rsenc-missing -q whole; }'
fi

# ---- standard streams that are closed: the next file that is opened gets their numbers ----

cp -r whole before
closed_bad=''
while IFS='|' read -r input command; do
	for closed in '<&-' '>&-' '2>&-' '<&- >&-' '<&- >&- 2>&-'; do
		rm -rf out
		status=0
		sh -c "exec $command <$input $closed" >got 2>got.err || status=$?
		cmp -s before/data.mdb whole/data.mdb && [ "$(ls whole)" = "$(ls before)" ] ||
			closed_bad="$closed_bad
$command $closed: the database was written to"
		# Who can't read its input, or write its output, does not succeed.
		case $command:$closed:$input:$status in
		*:1 | *-r\ bad:*:2) ;;
		*:'2>&-':*:0 | rsenc-load*:'>&-':*:0 | rsenc-pack\ -o*:'>&-':*:0 | *:'<&-':/dev/null:0) ;;
		*) closed_bad="$closed_bad
$command $closed: status $status" ;;
		esac
	done
done <<'E2'
/dev/null|rsenc-scan bigearthnet-s1 s1
groups|rsenc-pack -r
s1.tar|rsenc-untar bigearthnet-s1
groups|rsenc-pack -r bad
groups|rsenc-pack -o out
want.rec|rsenc-load whole
want.rec|rsenc-load -v -s whole
/dev/null|rsenc-dump whole
/dev/null|rsenc-dump -v whole none
groups|rsenc-missing whole
want.rec|rsenc-missing whole
want.rec|rsenc-verify whole
want.rec|rsenc-verify begun
want.rec|rsenc-show
want.rec|rsenc-view
E2
is 'closed standard streams: no success, nothing written into the database' "$closed_bad" ''
rm -r before
cp -r begun silent
check 1 '' '' 'head -c 400000 want.rec | rsenc-load -s silent 2>&-'
check 0 '' '*3 identical*' 'head -c 400000 want.rec | rsenc-verify silent >got; rsenc-load -s silent <want.rec'
ok '... messages are not written into its files' holds silent want.rec

# ---- two loaders, a reader that stays ----

race_bad=
for i in 1 2 3 4 5 ${long:+6 7 8 9 10 11 12 13 14 15 16 17 18 19 20}; do
	rm -rf raced
	rsenc-load raced <want.rec 2>race1.err &
	one=$!
	rsenc-load --replace raced <want.rec 2>race2.err &
	two=$!
	wait $one
	one=$?
	wait $two
	two=$?
	# Both one after the other, or one of them refused
	case $one$two in
	00 | 01 | 10) holds raced want.rec || race_bad="$race_bad $i:values" ;;
	*) race_bad="$race_bad $i:$one$two $(cat race1.err race2.err)" ;;
	esac
done
is 'two loaders that start at once' "$race_bad" ''

cp -r whole snapshot
mkfifo out.fifo
rsenc-dump snapshot >out.fifo 2>dump.err &
pid=$!
exec 8<out.fifo
head -c 100 <&8 >seen
check 0 '' '' 'rsenc-load --replace -b 1 snapshot <other.rec && rsenc-load --replace -b 1 snapshot <want.rec && rsenc-load --replace -b 1 snapshot <other.rec'
cat <&8 >>seen
exec 8<&-
wait $pid
is 'a reader that stays in the middle: status' $? 0
ok '... sees what was there when it began' cmp seen want.rec
ok '... the database holds what was loaded meanwhile' holds snapshot other.rec

# Readers that are killed leave their places in the lock file as long as another one reads on.
cp -r whole read && mkfifo held
(
	exec 9<>held
	pids=
	for _ in $(seq 126); do
		rsenc-verify read <held &
		pids="$pids $!"
	done
	tries=0
	while [ "$(mdb_stat -r read | wc -l)" -lt 128 ] && [ $tries -lt 300 ]; do
		tries=$((tries + 1))
		sleep 0.1
	done
	mdb_stat -r read | wc -l >places
	last=${pids##* }
	# shellcheck disable=SC2086
	kill -KILL ${pids% *}
	# shellcheck disable=SC2086
	wait ${pids% *}
	rsenc-dump read >killed.rec 2>killed.err
	echo $? >>places
	kill "$last"
) 2>kills.log
if have mdb_stat; then
	is 'readers that were killed are no hindrance' "$(cat places killed.err)" '128
0'
	ok '... the next one sees all' cmp killed.rec want.rec
else
	skip 'readers that were killed' 'lmdb-utils is not installed'
fi

# ---- what changes while it is read ----

# A file that is replaced by another, rewritten in its place, cut off, made longer
file=$(find s1 -name '*_VH.tif' | sort | head -1)
old=$tmp/$file new=$tmp/other/${file#s1/}
cp "$new" newer.tif
reads=${long:+20000}
: "${reads:=2000}"
still() { # FILE: what an undisturbed run would store
	awk -v f="$1" -v n="$reads" 'BEGIN { for (i = 0; i < n; i++) printf "k%06d\tVH=%s\n", i, f }' |
		rsenc-pack -r
}
still "$old" | rsenc-load old.db
still "$new" | rsenc-load new.db
awk -v n="$reads" 'BEGIN { for (i = 0; i < n; i++) printf "k%06d\tVH=changing.tif\n", i }' >changing
export old new
while IFS='|' read -r what change; do
	cp "$old" changing.tif
	cp "$old" a.tif
	sh -c "while [ ! -e enough ]; do $change; done" 2>/dev/null &
	pid=$!
	rsenc-pack -rk <changing >changed.rec 2>changed.err
	status=$?
	: >enough
	wait $pid
	rm enough
	case $status in
	0 | 1) pass "a file that is $what: no signal" ;;
	*) fail "a file that is $what" "status $status: $(tail -1 changed.err)" ;;
	esac
	rsenc-verify -q old.db <changed.rec 2>verify.err | grep differs | sort >not.old
	rsenc-verify -q new.db <changed.rec 2>>verify.err | grep differs | sort >not.new
	is "... old values, new ones, or an error" "$(comm -12 not.old not.new | head -5; cat verify.err)" ''
	is '... an error or a record for each' "$(($(grep -c '^rsenc-pack: k' changed.err) + $(rsenc-show changed.rec | wc -l)))" "$reads"
	[ -z "$long" ] || echo "# $what: $(wc -l <not.old) new, $(wc -l <changed.err) errors of $reads"
done <<'E2'
replaced|cp $new b.tif; mv b.tif changing.tif; cp $old b.tif; mv b.tif changing.tif
removed|rm -f changing.tif; cp $old b.tif; mv b.tif changing.tif
written again|cat $new >changing.tif; cat $old >changing.tif
cut off|head -c 30000 $old >changing.tif; cat $old >changing.tif
emptied|: >changing.tif; cat $new >changing.tif
E2

# A database that is cut off from outside while it is read: its pages are mapped, and some are no longer
# there. (One that was cut off before: copies.t.)
size=$(wc -c <whole/data.mdb)
cut_bad='' cut_told=0
mkfifo shorter.fifo
for kept in ${long:+$(seq 1 200)} 3 9 20 45 77 130; do
	[ $((4096 * kept)) -lt "$size" ] || continue
	for command in dump verify missing; do
		rm -rf shorter
		cp -r whole shorter
		if [ "$command" = dump ]; then
			(
				head -c 1
				truncate -s $((4096 * kept)) shorter/data.mdb
				cat
			) <shorter.fifo >shorter.out &
			rsenc-dump shorter >shorter.fifo 2>got.err
		else
			(
				sleep 0.1 # until it is open; else it is reported as cut off
				truncate -s $((4096 * kept)) shorter/data.mdb
				if [ "$command" = verify ]; then cat want.rec; else cat groups; fi
			) >shorter.fifo 2>/dev/null &
			rsenc-$command shorter <shorter.fifo >got 2>got.err
		fi
		status=$?
		wait $!
		grep -q "a page cannot be" got.err && cut_told=$((cut_told + 1))
		case $command:$status in
		*:1) [ -s got.err ] || cut_bad="$cut_bad
$kept pages, $command: no message" ;;
		missing:0) ;; # it looks at no value, and may have all that it needs
		*) cut_bad="$cut_bad
$kept pages, $command: status $status, $(cat got.err)" ;;
		esac
	done
done
is 'a database that is cut off while it is read: a message, no signal' "$cut_bad" ''
ok '... the message names what is wrong' test $cut_told -gt 5

# A directory that changes while it is scanned
mkdir -p moving/stay && cp -r s1/. moving/stay
fixture -b -o 100 bigearthnet-s1 come 30
(
	while [ ! -e enough ]; do
		cp -r come moving/ 2>/dev/null
		find moving/come -name '*_VV.tif' -exec rm {} +
		rm -rf moving/come
	done
) &
pid=$!
rsenc-scan bigearthnet-s1 moving/stay | cut -f 1 | sort >stay
scan_bad=
for i in 1 2 3 4 5 6 7 8 9 10 ${long:+$(seq 11 300)}; do
	rsenc-scan -j 2 bigearthnet-s1 moving >moved 2>moved.err
	status=$?
	[ $status -le 1 ] || scan_bad="$scan_bad $i: status $status"
	[ $status -eq 0 ] || [ -s moved.err ] || scan_bad="$scan_bad $i: no message"
	cut -f 1 moved | sort | comm -23 stay - >lost
	[ ! -s lost ] || scan_bad="$scan_bad $i: not listed: $(cat lost)"
	awk -F '\t' 'NF != 3' moved >odd
	[ ! -s odd ] || scan_bad="$scan_bad $i: $(cat odd)"
done
: >enough
wait $pid
rm enough
is 'a directory that changes: what stays is listed' "$scan_bad" ''

done_testing

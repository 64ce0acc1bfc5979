#!/bin/sh
# Signals: rsenc-load and rsenc-pack -o finish what they have begun, every other command dies of them;
# while input is waited for and while output is blocked.
. "${0%/*}/lib.sh"

fixture -b uc-merced images 40
rsenc-scan uc-merced images >groups
rsenc-pack -r <groups >records
rsenc-load DB <records
# More text than a pipe holds, of each command that writes text.
awk 'BEGIN { for (i = 0; i < 6000; i++) print "key" i "\tB=/no/such/file" }' >many.groups
records 6000 200 >many.rec
rsenc-load MANY <many.rec
awk 'BEGIN { for (i = 0; i < 3000; i++) print "own" i "\t(own" i ")_(a)\t\\1\t\\2:a\t0" }' >many.rules
head -n 2 groups | rsenc-pack -r >two.rec
mkfifo full silent

# stopped SIGNAL NUMBER MESSAGE COMMAND: COMMAND is run with an output that nobody reads and an input
# where nothing comes, until it waits; then it gets the signal, and must end.
stopped() {
	exec 3<>full 4<>silent
	env --default-signal=HUP,INT,QUIT,TERM timeout -s KILL 30 sh -c "exec $4" >&3 2>stop.err 3>&- 4>&- &
	outer=$!
	# timeout(1) sends what it gets to its child, and then again to the whole group.
	while ! waiting "$outer"; do sleep 0.05; done
	kill -s "$1" "$child"
	wait "$outer"
	status=$?
	exec 3>&- 4>&-
	is "SIG$1: $4" "$status" $((128 + $2))
	like '... and its message' "$(cat stop.err)" "$3"
}
# waiting PID: the child of PID has slept for a while, and taken no time
waiting() {
	child=$(cat "/proc/$1/task/$1/children" 2>/dev/null) || return 0
	child=${child% }
	[ -n "$child" ] || return 1
	before=$(cut -d ' ' -f 3,14,15 "/proc/$child/stat" 2>/dev/null) || return 0
	sleep 0.2
	case $before in S*) [ "$before" = "$(cut -d ' ' -f 3,14,15 "/proc/$child/stat" 2>/dev/null)" ] ;; *) false ;; esac
}

if env --default-signal=INT true 2>/dev/null && have timeout && [ -r /proc/self/task/$$/children ]; then
	for signal in HUP:1 INT:2 QUIT:3 TERM:15 USR1:10 USR2:12 XCPU:24; do
		name=${signal%:*} number=${signal#*:}
		stopped "$name" "$number" "*stopped by signal $number*" 'rsenc-load NEW <silent'
		stopped "$name" "$number" "rsenc-pack: stopped by signal $number: 0 patches written: *" 'rsenc-pack -o files <silent'
		stopped "$name" "$number" '' 'rsenc-show many.rec'
	done
	for command in 'rsenc-dump DB' 'rsenc-pack -r <silent' 'rsenc-pack -r -j 4 <groups' 'rsenc-untar hydro <silent'; do
		stopped TERM 15 '' "$command"
	done
else
	skip 'signals' 'env --default-signal, timeout or /proc is missing'
fi

# ---- a signal that comes just before a command waits for input ----

case ${CFLAGS-} in *sanitize*) sanitized=1 ;; *) sanitized= ;; esac
if [ -n "$sanitized" ] || ! have timeout; then
	skip 'a signal just before a read' 'sanitizers want to be preloaded first, or timeout is missing'
elif ! ${CC:-cc} -shared -fPIC -o late.so "$tests/faults/late.c" -ldl 2>late.log; then
	fail 'a signal just before a read: the shim' "$(cat late.log)"
else
	exec 4<>full 5<>silent
	head -n 3 groups >&5 # for a reader of lines the second read is the one that waits
	for how in self any; do
		while read -r at command; do
			status=0
			sh -c "exec timeout -s KILL 30 env LD_PRELOAD=$PWD/late.so LATE=$how LATE_AT=$at $command" >late.out 2>late.err || status=$?
			is "SIGTERM just before a read ($how): $command" "$status" 143
			like '... and its message' "$(cat late.err)" '*stopped by signal*'
			[ "$at" = 1 ] || head -n 3 groups >&5
		done <<'E2'
1 rsenc-load NEW <full
2 rsenc-pack -o files -j 1 <silent
2 rsenc-pack -o files -j 4 <silent
E2
	done
	exec 4<&- 5<&-
fi

rsenc-show many.rec | { sleep 1; cat; } >slow.txt
is 'a slow reader gets all' "$(wc -l <slow.txt)" "$(rsenc-show many.rec | wc -l)"

# ---- a standard output that others made non-blocking ----

have_python os || { skip 'non-blocking' 'no python3'; done_testing; }
cat >nonblocking.py <<'E2'
# Runs a command with a pipe as standard output that takes no more for a while, and does not block.
import os, subprocess, sys, time
r, w = os.pipe()
os.set_blocking(w, False)
p = subprocess.Popen(["sh", "-c", sys.argv[1]], stdout=w)
os.close(w)
time.sleep(0.5)
out = bytearray()
while piece := os.read(r, 1000 if len(out) < 10000 else 1 << 20):
    out += piece
open("nonblocking.out", "wb").write(out)
sys.exit(p.wait())
E2
for command in 'rsenc-show many.rec' 'rsenc-dump --keys MANY' 'rsenc-dump DB' 'rsenc-missing DB <many.groups' \
	'rsenc-scan -l -f many.rules' 'rsenc-pack -r <groups' 'rsenc-verify -q DB <many.rec' \
	'rsenc-view -M 8M --columns=1 -t Red,Green,Blue <two.rec' "rsenc-dump -b $(rsenc-dump --keys DB | head -n 1) DB" 'head -n 1 groups | rsenc-pack'; do
	sh -c "$command" >blocking.out
	"$python" nonblocking.py "$command" 2>nonblocking.err
	is "non-blocking: $command" "$(cat nonblocking.err)" ''
	ok '... the same output' cmp blocking.out nonblocking.out
done

done_testing

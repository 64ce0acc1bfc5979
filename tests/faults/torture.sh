#!/bin/sh
# sh torture.sh RUNS [SEED]: SIGKILL of rsenc-scan, rsenc-pack or rsenc-load, or of all three, at
# random moments of a conversion. After each, the stock tools of LMDB must read the database, every
# record in it must be that of its files, and resuming must end with the keys and values of a run
# that was not interrupted. Half of the runs load into a database that holds records already.
# The commands are on PATH, or in $BIN and $TOOLS. Prints figures; exit status 1 if anything is wrong.
set -u
LC_ALL=C
export LC_ALL
top=$(cd "${0%/*}/.." && pwd)
PATH=${BIN:-$top}:${TOOLS:-$top/build/tests}:$PATH
runs=${1:-200} seed=${2:-$$}
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
cd "$work" || exit 1

wrong() {
	echo "run $run ($kind database, $victim killed after $delay s, seed $seed): $1" >&2
	bad=$((bad + 1))
}

# convert DB: the pipe, with the process ids of its stages
convert() {
	rm -f lines records.fifo && mkfifo lines records.fifo
	# As a shell does with pipes, both ends are open before anything starts: a stage that is
	# killed at once leaves none that waits for it.
	exec 8<>lines 9<>records.fifo
	exec 4<lines 6<records.fifo
	exec 5>lines 7>records.fifo 8<&- 9<&-
	rsenc-scan bigearthnet tree >&5 2>scan.err 4<&- 5>&- 6<&- 7>&- &
	scan=$!
	rsenc-pack -r -j 2 <&4 >&7 2>pack.err 4<&- 5>&- 6<&- 7>&- &
	pack=$!
	rsenc-load -b 300K "$1" <&6 2>load.err 4<&- 5>&- 6<&- 7>&- &
	load=$!
	exec 4<&- 5>&- 6<&- 7>&-
}

fixture -b bigearthnet tree 20 && fixture -b hydro held 2 || exit 1
rsenc-scan bigearthnet tree >groups && rsenc-pack -r <groups >new.rec || exit 1
rsenc-scan hydro held | rsenc-pack -r | rsenc-load held.db
rsenc-load fresh.db <new.rec && cp -r held.db both.db && rsenc-load both.db <new.rec || exit 1
rsenc-dump held.db >held.rec && rsenc-dump fresh.db >fresh.rec && rsenc-dump both.db >both.rec ||
	exit 1
total=$(wc -l <groups) held=2
start=$(date +%s%N)
convert timed.db
wait "$load" "$pack" "$scan"
took=$(($(date +%s%N) - start))

awk -v n="$runs" -v seed="$seed" -v took="$took" 'BEGIN {
	srand(seed)
	split("scan pack load all", victims)
	for (i = 0; i < n; i++)
		printf "%s %s %.4f\n", i % 2 ? "held" : "fresh", victims[int(i / 2) % 4 + 1],
		    rand() * took / 1e9 * 0.8
}' >plan

run=0 bad=0 kills=0 partial=0 empty=0 survived=0
while read -r kind victim delay; do
	run=$((run + 1)) before=0 want=fresh.rec
	rm -rf db
	if [ "$kind" = held ]; then
		cp -r held.db db
		before=$held want=both.rec
	fi
	convert db
	sleep "$delay"
	case $victim in
	scan) kill -KILL $scan ;;
	pack) kill -KILL $pack ;;
	load) kill -KILL $load ;;
	all) kill -KILL $load $pack $scan ;;
	esac 2>/dev/null
	wait $scan 2>/dev/null
	a=$?
	wait $pack 2>/dev/null
	b=$?
	wait $load 2>/dev/null
	c=$?
	case "$a $b $c" in *137*) kills=$((kills + 1)) ;; *) survived=$((survived + 1)) ;; esac
	for one in $a $b $c; do
		case $one in 0 | 1 | 137 | 141) ;; *) wrong "exit status $a $b $c" ;; esac
	done
	[ $c -ne 0 ] || [ ! -e db/incomplete ] || wrong 'incomplete is left by a load that ended well'

	stored=0
	file=db/data.mdb
	[ -e "$file" ] || file=db/loading.mdb
	if [ -s $file ]; then
		if ! mdb_stat -n $file >stat 2>&1; then wrong "mdb_stat: $(cat stat)"; fi
		mdb_dump -n $file >dump 2>dump.err || wrong "mdb_dump: $(cat dump.err)"
		rm -f db/data.mdb-lock
		stored=$(sed -n 's/.*Entries: //p' stat)
		rsenc-pack -r <groups 2>&1 | rsenc-verify -q db >verify 2>/dev/null
		! grep differs verify >differing || wrong "wrong values: $(head -3 differing)"
		is_missing=$(grep -c missing verify)
		[ $((stored - before)) -eq $((total - is_missing)) ] ||
			wrong "$stored records, of which $before were there; $is_missing of $total missing"
		# A loader that was not killed tells how many it kept.
		kept=$(sed -n 's/.* \([0-9]*\) patch[es]* stored.*/\1/p' load.err)
		[ -z "$kept" ] || [ "$kept" -eq $((stored - before)) ] ||
			wrong "it says that it kept $kept and holds $((stored - before))"
	fi
	if [ "$kind" = held ]; then
		rsenc-verify -q db <held.rec >verify 2>&1 || grep -q interrupted verify ||
			wrong "what was there: $(head -3 verify)"
		! grep -e 'missing$' -e 'differs$' verify >differing || wrong "what was there: $(cat differing)"
	fi
	if [ "$stored" -eq "$before" ]; then
		empty=$((empty + 1))
	elif [ "$stored" -lt $((before + total)) ]; then
		partial=$((partial + 1))
	fi

	rsenc-missing -q db <groups >left 2>missing.err || wrong "rsenc-missing: $(cat missing.err)"
	rsenc-pack -r <left 2>pack.err | rsenc-load db 2>load.err ||
		wrong "going on: $(cat pack.err load.err)"
	[ ! -e db/incomplete ] || wrong 'incomplete is left'
	rsenc-dump db 2>&1 | cmp - $want >cmp.log 2>&1 || wrong "after going on: $(cat cmp.log)"
done <plan
echo "$runs runs: $kills times something was killed, $survived times it was too late;" \
	"the database was partly filled $partial times, empty $empty times; wrong: $bad"
[ "$bad" -eq 0 ]

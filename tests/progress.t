#!/bin/sh
# The meter on a terminal: one line, drawn over itself, cut to the terminal's width; the phase is
# named; a summary stays. In a log there is none of it without -v.
. "${0%/*}/lib.sh"

have script stty || {
	skip 'the meter on a terminal' 'script (bsdutils) is not installed'
	done_testing
}

records 30 200000 >all.rec
# A stream that takes its time, so that the meter is drawn.
cat >slow.sh <<'E2'
head -c 3000000 all.rec
sleep 0.3
tail -c +3000001 all.rec
E2

# on COLUMNS COMMAND: what a terminal of that width is sent, a line for each refresh
on() {
	script -qec "stty cols $1; $2" typescript >/dev/null 2>&1 </dev/null
	tr '\r' '\n' <typescript | sed 's/\x1b\[K//g; /^Script/d; /^$/d'
}

on 200 'sh slow.sh | rsenc-load --expect=30 wide' >shown
like 'a line names what is done, how much of all, and the rate' "$(grep -m 1 of shown)" \
	'loading: *%, * of 30 patches, */s, *B/s'
like 'syncing is a phase of its own' "$(cat shown)" '*syncing to disk: 100%, 30 of 30 patches, *'
like 'a summary stays' "$(tail -n 1 shown)" \
	'rsenc-load: wide: 30 patches stored, 0 skipped, *MB'

on 40 'sh slow.sh | rsenc-load --expect=30 narrow' >shown
is 'at 40 columns no refresh reaches the last one' "$(grep -v ^rsenc-load: shown | awk 'length > 39' | wc -l)" 0
like 'what matters most comes first' "$(grep -m 1 of shown)" 'loading: *%, *'
is 'what does not fit is omitted, not cut off in the middle of a number' "$(grep -v ^rsenc-load: shown |
	grep -v -E '^(loading|syncing to disk): [0-9]+%(, [0-9]+ of 30 patches)?(, [0-9]+/s)?$')" ''

# ---- a pipe of which several commands would have something to show ----

fixture -b hydro hydro 6
rsenc-scan hydro hydro >groups
cat >slow-lines.sh <<'E2'
head -n 3 groups
sleep 0.5
tail -n +4 groups
echo nonsense
sleep 0.5
E2
on 80 'sh slow-lines.sh | rsenc-pack -rkv | rsenc-load -v piped' >shown
is 'one of them has the meter, also with -v' "$(grep -c packing: shown)" 0
like 'that is the last' "$(cat shown)" '*loading: [1-6] patch*'
ok 'what another one says is not put behind it' grep -aq "$(printf '\r\033')\[Krsenc-pack: line 7: " typescript
like 'the summary comes last' "$(tail -n 1 shown)" 'rsenc-load: piped: 6 patches stored, *'
is '... once' "$(grep -c stored shown)" 1

check 0 '' '' 'sh slow.sh | rsenc-load --expect=30 log'
check 0 '' 'rsenc-load: shown.db: 30 patches stored*' 'sh slow.sh | rsenc-load -v --expect=30 shown.db'
on 80 'sh slow.sh | rsenc-load -q quiet' >shown
is '-q: nothing' "$(cat shown)" ''

done_testing

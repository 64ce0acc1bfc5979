#!/bin/sh
# Wrong options are reported in one voice by every command, and what is near them is named.
. "${0%/*}/lib.sh"

for command in "$BIN"/rsenc-*; do
	name=${command##*/}
	check 2 '' "$name: no such option -W*(-h shows the options)" "'$command' -W"
	check 2 '' "$name: no such option --frobnicate (-h shows the options)" "$name --frobnicate"
	check 2 '' "$name: no such option --quite: did you mean --quiet? (-h*" "$name --quite"
	check 2 '' "$name: no such option --ver: did you mean --ver[bs]*? (-h*" "$name --ver"
	check 2 '' "$name: --quiet takes no value (-h*" "$name --quiet=1"
	check 0 "$name [0-9]*" '' "'$command' --version"
	check 1 '' "$name: standard output: No space left on device" "$name -h >/dev/full"
done

# What follows is the table of one command, for what others have no such options for.
check 2 '' 'rsenc-pack: -j: a value is missing (-h*' 'rsenc-pack -j'
check 2 '' 'rsenc-pack: --jobs: a value is missing (-h*' 'rsenc-pack -r --jobs'
check 2 '' "rsenc-pack: -j: '3x' is not a whole number (0 to 1024) (-h*" 'rsenc-pack -j3x'
check 2 '' "rsenc-pack: -M: '16x' is not a whole number (bytes, or with K, M, G, T: 1 to *) (-h*" 'rsenc-pack -M16x'
check 2 '' "rsenc-load: -b: '2G' is too large (bytes, or with K, M, G, T: 1 to 1G) (-h*" 'rsenc-load -b2G'
check 2 '' "rsenc-pack: --jobs: '3x' is not a whole number*" 'rsenc-pack --jobs=3x'
check 2 '' "rsenc-pack: --jobs: '-1' *" 'rsenc-pack --job -1'
check 2 '' 'rsenc-pack: no such option --keepgoing: did you mean --keep-going? (-h*' 'rsenc-pack --keepgoing'
check 2 '' 'rsenc-pack: no such option --output-dir: did you mean --output? (-h*' 'rsenc-pack --output-dir=d'
check 2 '' 'rsenc-pack: no such option -K (-h*' 'rsenc-pack -K'
check 2 '' "rsenc-pack: no such option -\\\\xc3 (-h*" "$(printf 'rsenc-pack -\303\251')"

for name in load missing verify; do
	check 2 '' "rsenc-$name: missing operand DB (-h*" "rsenc-$name"
	check 2 '' "rsenc-$name: operand DB is empty (a shell variable may not be set)*" "rsenc-$name '' x"
done

# ---- a terminal, from which nothing comes ----

# terminal COMMAND: what it says with a terminal as its three standard streams
terminal() {
	timeout -s KILL 20 script -qec "$1" typescript >terminal.out 2>&1 <"$tmp/options.fifo"
	tr -d '\r' <terminal.out | sed 's/\x1b\[K//g'
}
if have script timeout && script -qec true typescript >script.log 2>&1; then
	mkfifo options.fifo
	exec 8<>options.fifo
	for row in 'show|standard input is a terminal: pipe records into rsenc-show, for example from ?rsenc-pack -r?*' \
		'pack >x|standard input is a terminal: pipe group lines into rsenc-pack, for example from ?rsenc-scan?*' \
		'pack -r >x|*pipe group lines*' 'pack -o d|*pipe group lines*' \
		'view >x|*pipe records*' 'load x|*pipe records*' 'verify x|*pipe records*' 'missing x|*pipe group lines*' \
		'join x|*pipe group lines*'; do
		like "at a terminal: rsenc-${row%%|*}" "$(terminal "rsenc-${row%%|*}")" "rsenc-*: ${row#*|}"
	done
	is 'nothing was made' "$(ls -d d 2>/dev/null)" ''
	exec 8>&-
else
	skip 'at a terminal' 'needs script, timeout and a system with terminals'
fi

done_testing

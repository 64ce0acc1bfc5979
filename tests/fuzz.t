#!/bin/sh
# The fuzz targets over their seeds, and over every input that ever failed (tests/fuzz/found).
. "${0%/*}/lib.sh"

ok 'seeds are made' sh "$tests/fuzz/seeds.sh" "$tmp/seeds"
mkdir work
cd work || exit 1
for src in "$tests"/fuzz/*.c; do
	name=${src##*/}
	name=${name%.c}
	find "$tmp/seeds/$name" "$tests/fuzz/found/$name" -type f 2>/dev/null | sort >../list
	is "$name has seeds" "$(($(wc -l <../list) > 3))" 1
	# The last name printed is that of the input at fault.
	if xargs "$TOOLS/fuzz/$name" <../list >../out 2>../err; then
		is "$name: $(wc -l <../list) inputs" "$(wc -l <../out)" "$(wc -l <../list)"
	else
		fail "$name" "$(tail -n 1 ../out; tail -n 5 ../err)"
	fi
done
cd "$tmp" || exit 1

done_testing

#!/bin/sh
# The C unit tests, each a program of its own in unit/, one line each here.
. "${0%/*}/lib.sh"

for src in "$tests"/unit/*.c; do
	name=${src##*/}
	name=${name%.c}
	if "$TOOLS/unit/$name" >log 2>&1; then
		pass "$name"
	else
		fail "$name" "$(grep -v '^ok ' log)"
	fi
done

done_testing

#!/bin/sh
# The C unit tests, each a program of its own in unit/, one line each here.
. "${0%/*}/lib.sh"

for src in "$tests"/unit/*.c; do
	name=${src##*/}
	ok "${name%.c}" "$TOOLS/unit/${name%.c}"
done

done_testing

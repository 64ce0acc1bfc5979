#!/bin/sh
# The C unit tests, each a test-*.c of its own, one line each here.
. "${0%/*}/lib.sh"

for src in "$tests"/test-*.c; do
	name=${src##*/}
	ok "${name%.c}" "$TOOLS/${name%.c}"
done

done_testing

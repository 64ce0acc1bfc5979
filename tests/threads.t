#!/bin/sh
# The commands with threads, built with ThreadSanitizer: no data race, and the output of one thread.
. "${0%/*}/lib.sh"

printf 'int main(void) { return 0; }\n' >try.c
if ! ${CC:-cc} -fsanitize=thread -pthread -fPIE -pie -o try try.c 2>/dev/null || ! ./try; then
	skip 'ThreadSanitizer' "${CC:-cc} has none that runs here"
	done_testing
fi
# Beside the other objects, so that the next run need not compile them; a user who may not write there does.
objects=${TOOLS%/tests}
[ -w "$objects" ] || objects=$tmp
if ! make -C "$top" B="$objects/tsan" BIN="$tmp/tsan" CC="${CC:-cc}" LDFLAGS= \
	CFLAGS='-O1 -g -fsanitize=thread' "$tmp/tsan/rsenc-scan" "$tmp/tsan/rsenc-pack" >make.log 2>&1; then
	fail 'a build with ThreadSanitizer' "$(tail -20 make.log)"
	done_testing
fi

# A few patches of many files, small files, and what is bad in between
mkdir tree
fixture bigearthnet tree 12
fixture hyspecnet-11k tree/hsn 2
: >"$(find tree -name '*_VH.tif' | sort | sed -n 3p)"
rm "$(find tree -name '*_B8A.tif' | sort | sed -n 5p)"
export TSAN_OPTIONS=halt_on_error=0:exitcode=66
for dataset in bigearthnet hyspecnet-11k; do
	"$BIN"/rsenc-scan -q $dataset tree >groups 2>wanted.err
	status=$?
	check $status '' '*' "'$tmp/tsan/rsenc-scan' -q -j 8 $dataset tree >got"
	ok "... scan -j 8 of $dataset: the same groups" cmp got groups
	ok '... and messages' cmp check.err wanted.err
	"$BIN"/rsenc-pack -rk -j 1 <groups >wanted.rec 2>wanted.err
	status=$?
	for jobs in 2 8; do
		check $status '' '*' "'$tmp/tsan/rsenc-pack' -rk -j $jobs <groups >got.rec"
		ok "... pack -j $jobs of $dataset: the same bytes" cmp got.rec wanted.rec
		ok '... and messages' cmp check.err wanted.err
	done
	check 1 '' '*' "{ head -1 groups; echo bad; cat groups; } | '$tmp/tsan/rsenc-pack' -r -j 4 >got.rec"
	is '... no race where it stops at a bad line' "$(grep -c 'data race' check.err)" 0
done

done_testing

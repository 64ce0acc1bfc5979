#!/bin/sh
# The layers of common/: every include is allowed by the table in layers.sh, which fails on others and
# on circles.
. "${0%/*}/lib.sh"

ok 'every include is allowed' sh "$tests/layers.sh" "$top"

is 'common/README.md names each module' \
	"$(for file in "$top"/common/*/*.[ch]; do name=${file##*/} && grep -q "\`${name%.?}\`" "$top/common/README.md" || echo "$file"; done)" ''
# shellcheck disable=SC2016 # backquotes
is '... and no other' "$(sed -n '/^## Modules/,/^## Rules/p' "$top/common/README.md" | grep -o '`[a-z_]*`' | tr -d '\140' |
	while read -r name; do ls "$top"/common/*/"$name".[ch] >/dev/null 2>&1 || echo "$name"; done)" ''

mkdir -p tree/cmd tree/common/base tree/common/tiff
tree() {
	printf '#include <stdio.h>\n#include "%s"\n' "$2" >"tree/$1"
}
tree cmd/rsenc-new.c tiff/tiff.h
tree common/base/buf.c base/buf.h
tree common/tiff/tiff.c base/buf.h
ok 'allowed includes' sh "$tests/layers.sh" tree
for row in 'common/base/buf.c tiff/tiff.h' 'common/tiff/tiff.c process/diag.h' \
	'common/tiff/tiff.c buf.h' 'cmd/rsenc-new.c ../common/base/buf.h'; do
	# shellcheck disable=SC2086 # a file and what it includes
	tree $row
	check 1 '' "*may not include \"${row#* }\"" "sh '$tests/layers.sh' tree"
	tree "${row% *}" base/buf.h
done

tree common/tiff/tiff.h tiff/image.h
tree common/tiff/image.c tiff/tiff.h
check 1 '' '*loop*tiff/image*' "sh '$tests/layers.sh' tree"

done_testing

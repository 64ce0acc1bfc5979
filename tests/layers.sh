#!/bin/sh
# Who may use whom: sh tests/layers.sh [TREE] fails if an include in cmd/ or common/ is not allowed by
# this table, or names no layer. common/README.md says what each layer is for.
cd "${1:-${0%/*}/..}" || exit 1

allowed='
base
process  base
tensor   base
stream   base tensor
scan     base tensor stream archive
tiff     base tensor
archive  base
pack     base tensor stream tiff
store    base
load     base tensor stream store
join     base tensor stream
view     base tensor
cmd      cmd base process tensor stream scan archive tiff pack store load join view
'

grep -n '^#include "' cmd/*.[ch] common/*/*.[ch] |
	sed 's|^common/||; s|:#include "\([^"]*\)".*|: \1|; s|/| |1' |
	awk -v table="$allowed" '
		BEGIN {
			split(table, rows, "\n")
			for (r in rows) {
				n = split(rows[r], word, " ")
				for (i = 1; i <= n; i++)
					may[word[1], word[i]] = 1
			}
		}
		{
			layer = $3
			sub(/\/.*/, "", layer)
			if (!(($1, layer) in may) || $3 !~ /\//) {
				print $1 "/" $2 " " $1 " may not include \"" $3 "\"" >"/dev/stderr"
				bad = 1
			}
		}
		END { exit bad }' || exit 1

# Inside a layer no module uses one that uses it: tsort(1) finds circles. NAME_read.c and NAME_write.c
# are parts of NAME.
for layer in common/*/; do
	grep -o '^#include "[a-z]*/[a-z_]*' "$layer"*.[ch] /dev/null | sed 's|^common/||; s|\.[ch]:#include "| |' |
		sed 's|_read | |; s|_write | |' | awk '{ split($1, a, "/"); split($2, b, "/") } a[1] == b[1] && a[2] != b[2]' |
		tsort >/dev/null || exit 1
done

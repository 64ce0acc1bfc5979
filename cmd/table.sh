#!/bin/sh
# The table that cmd/rsenc.c looks into, as C on stdout:
#
#     sh cmd/table.sh NAME...                     programs beside rsenc
#     sh cmd/table.sh -i DIR LINKED_FROM NAME...  all inside: main() of rsenc-scan is rsenc_scan_main,
#                                                 the text of a script is in DIR
set -eu
inside='' linked_from=''
if [ "$1" = -i ]; then
	inside=$2 linked_from=$3
	shift 3
fi

# A script as an array of bytes: C promises strings of 4095 bytes and no more.
text_of() {
	echo "static const char $2[] = {"
	od -A n -v -t d1 "$1" | tr -s ' ' | sed 's/^ //; s/ *$/,/; s/ /, /g'
	echo '0};'
}

echo '/* Written by cmd/table.sh. */'
echo '#include "cmd/rsenc.h"'
echo '#include <stddef.h>'
rows=
for name; do
	about=$(sed -n 's/^\.Nd //p' "man/$name.1" | sed 's/["\\]/\\&/g')
	symbol=$(echo "$name" | tr - _)
	run=NULL script=NULL
	if [ "$inside" ] && [ -f "cmd/$name.sh" ]; then
		script=${symbol}_text
		text_of "$inside/$name" "$script"
	elif [ "$inside" ]; then
		run=${symbol}_main
		echo "extern int $run(int argc, char **argv);"
	fi
	rows="$rows	{\"$name\", \"$about\", $run, $script},
"
done
printf 'const char linked_from[] = "%s";\nconst struct command commands[] = {\n%s' "$linked_from" "$rows"
printf '	{NULL, NULL, NULL, NULL},\n};\n'

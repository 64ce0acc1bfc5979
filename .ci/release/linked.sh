#!/bin/sh
# What a static executable is linked from: sh linked.sh CC -lNAME... writes a line for each package,
# "SOURCE VERSION COPYRIGHT-FILE", where dpkg knows the archives; else "NAME VERSION -" by pkg-config.
set -eu
cc=$1
shift

for flag in "$@" -lgcc -lc; do
	case $flag in -l*) ;; *) continue ;; esac
	name=${flag#-l}
	archive=$($cc -print-file-name="lib$name.a")
	package=''
	if [ -f "$archive" ] && command -v dpkg-query >/dev/null 2>&1; then
		package=$(dpkg-query -S "$(readlink -f "$archive")" 2>/dev/null | sed 's/: .*//; q')
	fi
	if [ "$package" ]; then
		dpkg-query -W -f '${source:Package} ${source:Version}' "$package"
		echo " /usr/share/doc/${package%:*}/copyright"
	elif [ -f "$archive" ]; then
		version=$(pkg-config --modversion "lib$name" 2>/dev/null ||
			pkg-config --modversion "$name" 2>/dev/null || echo '?')
		echo "$name $version -"
	fi
done | LC_ALL=C sort -u -k 1,1

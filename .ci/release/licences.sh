#!/bin/sh
# The licence texts of what is linked in: CC=... sh licences.sh DIR -lNAME... puts into DIR our own, that of
# each package, and those that these refer to. Fails where a text is not known.
set -eu
here=${0%/*}
dir=$1
shift
mkdir -p "$dir"
cp LICENSE "$dir/rsenc"
sh "$here/linked.sh" "${CC:-cc}" "$@" >"$dir/PACKAGES"
while read -r package _ text; do
	[ -f "$text" ] || {
		echo "licences: the licence text of $package is not known: Debian's packages have it" >&2
		exit 1
	}
	cp "$text" "$dir/$package"
done <"$dir/PACKAGES"
mkdir -p "$dir/common"
cat "$dir"/[!P]* 2>/dev/null | grep -o '/usr/share/common-licenses/[A-Za-z0-9.-]*[A-Za-z0-9]' | sort -u |
	while read -r text; do
		[ ! -f "$text" ] || cp -L "$text" "$dir/common/"
	done
cut -d ' ' -f 1,2 "$dir/PACKAGES" >"$dir/list"
cat - "$dir/list" >"$dir/PACKAGES" <<'TEXT'
The executable rsenc holds code of these packages of Debian, of which the sources are to be had from
Debian under these names and versions. Their licences are beside this file, and what those refer to in
common/. rsenc's own source (LICENSE, MIT) comes with the release: make static links it again, also with
a changed library, as the LGPL of glibc wants it.

TEXT
rm "$dir/list"

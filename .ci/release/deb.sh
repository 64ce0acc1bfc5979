#!/bin/sh
# A Debian package of the source: sh deb.sh SOURCE.tar.gz VERSION DIR leaves it in DIR. The maintainer is
# who builds it (DEBFULLNAME, DEBEMAIL).
set -eu
unset MAKEFLAGS MFLAGS MAKELEVEL # folders and flags are the package's own
source=$1 version=$2 dir=$3
for need in dpkg-buildpackage dh; do
	command -v $need >/dev/null || {
		echo "make deb: $need is not installed: run 'make deps-release'" >&2
		exit 1
	}
done
here=$(cd "${0%/*}" && pwd)
rm -rf "$dir"
mkdir -p "$dir"
tar -C "$dir" -xzf "$source"
cd "$dir/rsenc-$version"
cp -R "$here/debian" debian
maintainer="${DEBFULLNAME:-the rsenc authors} <${DEBEMAIL:-rsenc@localhost}>"
# Without DEBEMAIL the address is none, which is known.
[ "${DEBEMAIL-}" ] || cat >>debian/rsenc.lintian-overrides <<TEXT
rsenc: bogus-mail-host *
rsenc: bogus-mail-host-in-debian-changelog *
TEXT
holder=$(sed -n 's/^Copyright (c) //p' LICENSE)
sed -i "s/@MAINTAINER@/$maintainer/; s/@COPYRIGHT@/$holder/" debian/control debian/copyright
sed '1,/^$/d; /^Copyright/d; s/^$/./; s/^/ /' LICENSE | sed '1{/^ \.$/d}' >>debian/copyright
cat >debian/changelog <<TEXT
rsenc ($version-1) unstable; urgency=medium

  * Version $version: see NEWS.

 -- $maintainer  $(date -u -R -d "@$SOURCE_DATE_EPOCH")
TEXT
DEB_BUILD_OPTIONS="noautodbgsym ${DEB_BUILD_OPTIONS-}" dpkg-buildpackage -b -us -uc >../build.log 2>&1 || {
	tail -n 30 ../build.log >&2
	exit 1
}

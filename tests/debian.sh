#!/bin/sh
# Builds the commit and runs all tests in a fresh copy of each Debian: make check-debian.
#
#     sh tests/debian.sh DIR [SUITE...]
#
# DIR/SUITE is the system (bookworm, trixie, sid; without any the last two), made by debootstrap
# where it is not there: 2 GB each with what the tests need. It stays, for the next time; remove it with
# rm -rf, as nothing is mounted in it once this has ended. CC and CFLAGS are as for make; PACKAGES are
# installed besides, TESTS as for make check.
set -eu
dir=$1
shift
[ $# -gt 0 ] || set -- trixie sid
: "${CC=cc}" "${CFLAGS=-O2 -g -D_FORTIFY_SOURCE=2 -Werror}" "${MIRROR:=http://deb.debian.org/debian}"
top=$(cd "${0%/*}/.." && pwd)

die() {
	echo "check-debian: $*" >&2
	exit 1
}

[ "$(id -u)" -eq 0 ] || die 'a system of its own needs root: sudo make check-debian'
command -v debootstrap >/dev/null || die 'debootstrap is not installed: make deps-release'
git -C "$top" rev-parse -q --verify HEAD >/dev/null || die "$top is not a git checkout: no commit can be copied"
unshare -m true || die 'no mounts are allowed here'
[ -z "$(git -C "$top" status --porcelain)" ] || echo 'check-debian: what is not committed is not tested' >&2
mkdir -p "$dir"
dir=$(cd "$dir" && pwd)

# What runs inside. Mounts are seen by it alone, and end with it.
cat >"$dir/inside" <<'INSIDE'
set -eu
root=$1
mount --make-rprivate /
mount -t proc proc "$root/proc"
mount -t sysfs -o ro sysfs "$root/sys" 2>/dev/null || :
mount --rbind /dev "$root/dev"
[ ! -d "$2" ] || mount --bind -o ro "$2" "$root/shared"
exec chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 \
	"http_proxy=${http_proxy-}" "CC=$CC" "CFLAGS=$CFLAGS" "TESTS=${TESTS-}" "PACKAGES=${PACKAGES-}" \
	sh -c '
		set -eu
		cd /rsenc
		apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install -y \
			--no-install-recommends make $PACKAGES
		make deps
		make deps-check
		make -j2 CC="$CC" CFLAGS="$CFLAGS" all tools
		make check CC="$CC" CFLAGS="$CFLAGS" ${TESTS:+TESTS="$TESTS"}
	' >"$root/log" 2>&1
INSIDE
export CC CFLAGS

status=0
for suite; do
	root=$dir/$suite
	case $suite in
	*[!a-z]*) die "'$suite' is not a suite of Debian: bookworm, trixie, sid" ;;
	esac
	if [ ! -d "$root" ]; then
		rm -rf "$root.new"
		debootstrap --variant=minbase "$suite" "$root.new" "$MIRROR" >"$dir/$suite.log" 2>&1 ||
			die "debootstrap $suite failed: $dir/$suite.log"
		mv "$root.new" "$root"
	fi
	rm -rf "$root/rsenc"
	mkdir -p "$root/rsenc" "$root/shared"
	git -C "$top" archive HEAD | tar -C "$root/rsenc" -x
	cp /etc/resolv.conf "$root/etc/"
	# A mirror that is behind does no harm.
	echo 'Acquire::Check-Valid-Until "false";' >"$root/etc/apt/apt.conf.d/check-debian"
	unshare -m -p -f sh "$dir/inside" "$root" "$top/../shared" || status=1
	grep -a -e '^not ok' -e '^#   ' -e 'Failed' -e ' error: ' -e '\*\*\*' "$root/log" || :
	echo "$suite: $(grep -a -e '^Result' -e '^All tests' -e '^Files=' "$root/log" | tr '\n' ' ')"
done
exit $status

#!/bin/sh
# Installs what building needs, with the system's package manager; does nothing, and needs neither
# network nor root, when all is there.
#
#     sh tests/deps.sh [-n] [KIND...]
#
# KIND adds what `make check` needs (check), what `make image`, `deb` and `check-release` need
# (release), what tests/slurm.t and ssh.t need (cluster), what `make lint` needs (lint), or what `make
# bench`, `fuzz` and `lint-deep` need (dev); -n only prints the command. This is the one place that
# names dependencies; the recipes in .ci/release, which systems read by themselves, follow it.
# shellcheck disable=SC2086 # lists of packages are split on purpose
set -eu

dry=
[ "${1-}" != -n ] || { dry='echo'; shift; }
for kind; do
	case $kind in
	check | release | cluster | lint | dev) ;;
	*)
		echo "deps: '$kind': no such kind: use check, cluster, release, lint or dev" >&2
		exit 2
		;;
	esac
done

# What is probed for, and the package that brings it. "-" where a system has none: the tests that
# use it skip themselves. A probe is a command, lib:MODULE of pkg-config, py:MODULE of python3, or
# ar:NAME, a library to link statically, or a path.
table='
need    cc                gcc,libc6-dev            gcc                gcc,musl-dev      gcc               gcc              -
need    pkg-config        pkg-config               pkgconf-pkg-config pkgconf           pkgconf           pkg-config       pkg-config
need    lib:libtiff-4     libtiff-dev              libtiff-devel      tiff-dev          libtiff           libtiff-devel    libtiff
need    lib:zlib          zlib1g-dev               zlib-devel         zlib-dev          zlib              zlib-devel       zlib
need    lib:lmdb          liblmdb-dev              lmdb-devel         lmdb-dev          lmdb              lmdb-devel       lmdb
check   prove             perl                     perl-Test-Harness  perl-utils        perl              perl             perl
check   mdb_stat          lmdb-utils               lmdb               lmdb-tools        lmdb              lmdb             lmdb
check   cdb               tinycdb                  tinycdb            tinycdb           -                 tinycdb          tinycdb
check   parallel          parallel                 parallel           parallel          parallel          gnu_parallel     parallel
check   mandoc            mandoc                   mandoc             mandoc            mandoc            mandoc           mandoc
check   valgrind          valgrind                 valgrind           valgrind          valgrind          valgrind         -
check   strace            strace                   strace             strace            strace            strace           -
check   zsh               zsh                      zsh                zsh               zsh               zsh              zsh
check   tiffcp            libtiff-tools            libtiff-tools      tiff-tools        libtiff           tiff             libtiff
check   gdal_translate    gdal-bin                 gdal               gdal-tools        gdal              gdal             gdal
check   pnmtopng          netpbm                   netpbm-progs       netpbm            netpbm            netpbm           netpbm
check   py:lmdb           python3-lmdb             python3-lmdb       py3-lmdb          python-lmdb       python3-lmdb     -
check   py:numpy          python3-numpy            python3-numpy      py3-numpy         python-numpy      python3-numpy    numpy
check   py:rasterio       python3-rasterio         python3-rasterio   py3-rasterio      python-rasterio   python3-rasterio -
check   py:osgeo.gdal     python3-gdal             python3-gdal       py3-gdal          python-gdal       python3-GDAL     -
check   ar:stdc++         g++                      libstdc++-static   g++               gcc               gcc-c++          -
check   busybox           busybox-static           busybox            busybox-static    busybox           busybox-static   -
check   mkfs.ext4         e2fsprogs                e2fsprogs          e2fsprogs         e2fsprogs         e2fsprogs        -
check   mkfs.btrfs        btrfs-progs              btrfs-progs        btrfs-progs       btrfs-progs       btrfsprogs       -
check   bsdtar            libarchive-tools         bsdtar             libarchive-tools  libarchive        bsdtar           -
check   zip               zip                      zip                zip               zip               zip              zip
check   unzip             unzip                    unzip              unzip             unzip             unzip            unzip
check   7z                p7zip-full               p7zip-plugins      7zip              7zip              p7zip-full       p7zip
check   zstd              zstd                     zstd               zstd              zstd              zstd             -
check   xz                xz-utils                 xz                 xz                xz                xz               xz
check   skopeo            skopeo                   skopeo             skopeo            skopeo            skopeo           skopeo
check   umoci             umoci                    umoci              -                 umoci             umoci            -
check   ksh               ksh                      ksh                -                 ksh               ksh              ksh93
check   mksh              mksh                     mksh               mksh              mksh              mksh             -
check   yash              yash                     -                  yash              -                 -                yash
cluster sbatch            slurm-wlm                slurm              -                 -                 slurm            -
cluster munged            munge                    munge              munge             munge             munge            -
cluster /usr/sbin/sshd    openssh-server           openssh-server     openssh           openssh           openssh          -
cluster ssh               openssh-client           openssh-clients    openssh           openssh           openssh          -
release podman            podman,runc              podman             podman            podman            podman           podman
release debootstrap       debootstrap              debootstrap        debootstrap       debootstrap       -                -
release dh                debhelper                debhelper          -                 debhelper         -                -
release dpkg-buildpackage dpkg-dev,fakeroot        dpkg-dev           dpkg-dev          dpkg              -                -
release /usr/share/build-essential build-essential -                 -                 -                 -                 -
release lintian           lintian                  -                  -                 -                 -                -
dev     hyperfine         hyperfine                hyperfine          hyperfine         hyperfine         hyperfine        hyperfine
dev     clang             clang,libclang-rt-14-dev clang,compiler-rt  clang,compiler-rt clang,compiler-rt clang            llvm
lint    clang-format      clang-format             clang-tools-extra  clang-extra-tools clang             clang-tools      clang-format
dev     clang-tidy        clang-tidy               clang-tools-extra  clang-extra-tools clang             clang-tools      llvm
lint    cppcheck          cppcheck                 cppcheck           cppcheck          cppcheck          cppcheck         cppcheck
lint    shellcheck        shellcheck               ShellCheck         shellcheck        shellcheck        ShellCheck       shellcheck
'

here() {
	case $1 in
	/*) test -e "$1" ;;
	ar:*) test "$(cc -print-file-name="lib${1#ar:}.a")" != "lib${1#ar:}.a" ;;
	lib:*) pkg-config --exists "${1#lib:}" ;;
	py:*)
		/usr/bin/python3 -c "import ${1#py:}" || python3 -c "import ${1#py:}"
		;;
	*) command -v "$1" ;;
	esac >/dev/null 2>&1
}

# The packages of the kinds given whose probe fails, one a line.
missing() {
	echo "$table" | while read -r kind probe apt dnf apk pacman zypper brew; do
		case " $* " in *" ${kind:-none} "*) ;; *) continue ;; esac
		here "$probe" && continue
		case $manager in
		apt-get) package=$apt ;;
		dnf) package=$dnf ;;
		apk) package=$apk ;;
		pacman) package=$pacman ;;
		zypper) package=$zypper ;;
		brew) package=$brew ;;
		*) package=$probe ;;
		esac
		if [ "$package" = - ]; then
			echo "deps: no package brings $probe here; its tests will skip" >&2
		else
			echo "$package" | tr , '\n'
		fi
	done
}

manager=
for one in apt-get dnf apk pacman zypper brew; do
	if command -v $one >/dev/null 2>&1; then
		manager=$one
		break
	fi
done

needed=$(missing need)
extras=$(missing "$@")
[ -n "$needed$extras" ] || exit 0
if [ -z "$manager" ]; then
	echo "deps: no known package manager: install these packages:" $needed $extras >&2
	exit 1
fi

sudo=
if [ "$(id -u)" -ne 0 ] && [ $manager != brew ] && [ -z "$dry" ]; then
	command -v sudo >/dev/null 2>&1 || {
		echo "deps: installing packages needs root or sudo; missing:" $needed $extras >&2
		exit 1
	}
	sudo=sudo
fi

install() {
	case $manager in
	apt-get) $dry $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@" ;;
	dnf) $dry $sudo dnf install -y "$@" ;;
	apk) $dry $sudo apk add "$@" ;;
	pacman) $dry $sudo pacman -S --noconfirm --needed "$@" ;;
	zypper) $dry $sudo zypper --non-interactive install "$@" ;;
	brew) $dry brew install "$@" ;;
	esac
}

case $manager in
apt-get) $dry $sudo apt-get update ;;
pacman) $dry $sudo pacman -Sy ;;
esac
install $needed $extras && exit 0

# One name that this release does not have refuses them all: those that building needs must come,
# of the others as many as there are.
[ -z "$needed" ] || install $needed
for one in $extras; do
	install "$one" || echo "deps: $one could not be installed; its tests will skip" >&2
done

#!/bin/sh
# What is handed out: the static executable. RELEASE=long (make check-release) runs what takes minutes.
. "${0%/*}/lib.sh"

case ${CFLAGS-} in
*-fsanitize*)
	skip 'release' 'sanitizers cannot be linked statically'
	done_testing
	;;
esac

# made TARGET: nothing that is under test is built again (-o all); the static executable takes the
# same objects.
# shellcheck disable=SC2317
made() {
	make -s -C "$top" -o all -o tools B="${TOOLS%/tests}" BIN="$BIN" ${CC:+CC="$CC"} \
		${CFLAGS+CFLAGS="$CFLAGS"} ${LDFLAGS+LDFLAGS="$LDFLAGS"} EPOCH=1700000000 "$@"
}
build=${TOOLS%/tests}
one=$build/static/rsenc

# ---- the dispatcher, as built with make ----

check 0 'rsenc [0-9]*libtiff [4-9]*: *LZW*LMDB 0.*' '' 'rsenc --version'
check 0 'usage: rsenc COMMAND*  scan *--version*' '' 'rsenc -h'
check 0 'usage: rsenc COMMAND*  scan *' '' 'rsenc help'
check 0 'usage: rsenc-scan *' '' 'rsenc help scan'
check 0 'usage: rs-tensor-encoder *' '' 'rsenc help rs-tensor-encoder'
check 2 '' "rsenc: no such command: 'scann': did you mean 'scan'?*" 'rsenc help scann'
check 2 '' 'rsenc: missing operand COMMAND (-h *' 'rsenc'
check 2 '' "rsenc: no such command: 'sacn': did you mean 'scan'? (-h *" 'rsenc sacn'
check 2 '' "rsenc: no such command: 'x' (-h *" 'rsenc x'
check 1 '' '*standard output: No space*' 'rsenc -V >/dev/full'
check 2 '' 'rsenc-scan: *' 'rsenc scan --nosuch'
check 0 'rsenc-load *' '' 'rsenc rsenc-load -V'
check 0 'rs-tensor-encoder *' '' 'rsenc tensor-encoder -V'
mkdir linked && ln -s "$BIN/rsenc" linked/rsenc
check 0 'rsenc-scan *' '' 'PATH=/usr/bin:/bin linked/rsenc scan -V'
mkdir lonely && cp "$BIN/rsenc" lonely/ && ln -s rsenc lonely/rsenc-scan
check 1 '' 'rsenc: rsenc-load is neither beside */lonely/rsenc nor on the PATH: *' 'PATH=/usr/bin:/bin lonely/rsenc load x'
check 1 '' 'rsenc-scan: rsenc-scan is neither beside *' 'PATH=lonely lonely/rsenc-scan -V'

# ---- one file ----

libtiff=$(${CC:-cc} -print-file-name=libtiff.a)
if [ "$libtiff" = libtiff.a ]; then
	skip 'the static executable' 'this system has no libtiff.a'
	done_testing
fi
ls -l --time-style=full-iso "$BIN"/rs* >before
ok 'make static' made static
ls -l --time-style=full-iso "$BIN"/rs* >after
ok 'what is under test stays as it was' cmp before after
is 'it needs no other file' "$(readelf -d -l "$one" | grep -c -e NEEDED -e INTERP)" 0
check 0 '*LMDB*linked from: *glibc *libtiff*JBIG*' '' "'$one' -V | sed 's/ tiff / libtiff /'"

# A root with nothing but this file and BusyBox.
fixture -b bigearthnet ben 3
fixture hyspecnet-11k hyspecnet 1
rsenc-scan bigearthnet ben | rsenc-pack -r | rsenc-load Ben
rsenc-scan hyspecnet-11k hyspecnet | rsenc-pack -r | rsenc-load Ben
rsenc-dump Ben | sha256sum >wanted
root=$tmp/root
mkdir -p "$root/bin" "$root/tmp" "$root/data" "$root/dev"
mknod -m 666 "$root/dev/null" c 1 3 2>/dev/null || : >"$root/dev/null"
cp "$one" "$root/bin/rsenc"
cp -r ben hyspecnet "$root/data"
# inside COMMAND: in that root, as root or as root of a user namespace
inside() {
	if [ "$(id -u)" -eq 0 ]; then
		chroot "$root" "$@"
	else
		unshare -r chroot "$root" "$@"
	fi
}
check 1 '' '*/bin/sh: No such file or directory: this command is a shell script' \
	"$(command -v chroot) '$root' /bin/rsenc tensor-encoder -V"
check 0 '*hydro*' '' "chroot '$root' /bin/rsenc scan -l"
if have busybox && inside /bin/rsenc -V >/dev/null 2>&1; then
	cp "$(command -v busybox)" "$root/bin/"
	for applet in $(busybox --list); do
		[ -e "$root/bin/$applet" ] || ln -s busybox "$root/bin/$applet"
	done
	ok 'the whole conversion, with BusyBox alone' inside /bin/sh -c 'cd /data &&
		rsenc tensor-encoder --verify --bigearthnet-root ben --hyspecnet-root hyspecnet Encoded'
	inside /bin/rsenc dump /data/Encoded | sha256sum >got
	ok 'the values are the same' cmp got wanted
	is 'nothing is left in the temporary directory' "$(ls -A "$root/tmp")" ''
	# shellcheck disable=SC2016
	ok 'the pipe, by the names of the commands' inside /bin/sh -c 'mkdir /links && for c in scan pack load dump; do ln -s /bin/rsenc /links/rsenc-$c; done && PATH=/links:$PATH &&
		rsenc-scan bigearthnet /data/ben | rsenc-pack -r | rsenc-load /data/Piped && rsenc-dump --keys /data/Piped'
else
	skip 'the whole conversion, with BusyBox alone' 'no busybox, or no right to chroot'
fi

# Signals, as in a batch job: the shell is the same process, and passes them on.
mkdir temporary
fixture -b bigearthnet many 60
for signal in 2:INT 15:TERM; do
	rm -rf Cut
	# shellcheck disable=SC2016
	TMPDIR=$tmp/temporary perl -e '
		$pid = fork // die; setpgrp, exec @ARGV if !$pid;
		select undef, undef, undef, 0.01 until -e "Cut/incomplete" || waitpid($pid, 1);
		kill "'"${signal#*:}"'", $pid; waitpid $pid, 0; exit($? & 127 ? $? : $? >> 8)' \
		"$one" tensor-encoder --bigearthnet-root many Cut 2>/dev/null
	status=$?
	if [ $status -eq 0 ]; then
		skip "SIG${signal#*:}: the status" 'the conversion was faster'
	else
		is "SIG${signal#*:}: the status" $status $((128 + ${signal%:*}))
	fi
	is "SIG${signal#*:}: nothing is left in the temporary directory" "$(ls -A temporary)" ''
done
check 0 '' '*180 patches*' "'$one' tensor-encoder --bigearthnet-root many Cut"

# JBIG is under the GPL, so it is not inside: a file that needs it is named.
tif=$(find ben -name '*_B01.tif' | sed 1q)
if have tiffset; then
	cp "$tif" jbig.tif
	tiffset -s 259 34661 jbig.tif 2>/dev/null
	check 1 '' 'rsenc-pack: k: jbig.tif: compression ISO JBIG (34661) is not in this build of libtiff: *' \
		"'$one' pack \"\$(printf 'k\\tB=jbig.tif')\""
	check 0 '0' '' "'$one' -V | grep -c 'ISO JBIG'; true"
else
	skip 'JBIG is refused by name' 'tiffset is not installed'
fi

# ---- the tarball and the image ----

version=$("$one" -V | sed -n 's/^rsenc //p')
is 'NEWS is about this version' "$(sed -n 1p "$top/NEWS")" "rsenc $version"
ok 'make dist' made dist
mkdir unpacked && tar -C unpacked -xzf "$build/rsenc-$version"-linux-*.tar.gz
dist=$(echo unpacked/*)
ok 'the tarball has the executable' cmp "$one" "$dist/bin/rsenc"
is 'it has a link for each command' "$(find "$dist/bin" -type l | sed 's,.*/,,' | sort | paste -s -d ' ' -)" \
	"$(find "$top/cmd" -name 'rs*-*.c' -o -name 'rs-*.sh' | sed 's,.*/,,; s/[.].*//' | sort | paste -s -d ' ' -)"
check 0 'rsenc-load *' '' "$dist/bin/rsenc-load -V"
is 'all man pages' "$(find "$dist/share/man" -type f | wc -l)" "$(find "$top/man" -name '*.[157]' | wc -l)"
is 'the examples' "$(find "$dist/share/doc/rsenc/examples" -type f | wc -l)" "$(find "$top/cmd/slurm" "$top/cmd/examples" -type f | wc -l)"
is 'it tells nobody who made it' "$(tar -tvzf "$build/rsenc-$version"-linux-*.tar.gz | grep -c -v ' 0/0 ')" 0
for package in glibc tiff lmdb zlib; do
	ok "the licence of $package" test -s "$dist/share/doc/rsenc/licences/$package"
done

if ! have busybox; then
	skip 'make image' 'busybox is not installed'
	done_testing
fi
ok 'make image' made image
image=$build/rsenc-$version-image.tar
(cd "$top" && umask 077 && SOURCE_DATE_EPOCH=1700000000 sh .ci/release/image.sh "$tmp/$dist" \
	"$build/static/zstd" "$version" "$tmp/again.tar")
is 'the image is the same when it is made again, elsewhere' "$(sha256sum <again.tar)" "$(sha256sum <"$image")"
mkdir layout && tar -C layout -xf "$image"
is 'each blob has its digest for a name' "$(cd layout/blobs/sha256 && sha256sum ./* | grep -v -c '^\([0-9a-f]*\)  ./\1$')" 0
if have skopeo; then
	check 0 '*org.opencontainers.image.version": "'"$version"'*' '' "skopeo inspect 'oci-archive:$image'"
	check 0 '*Architecture*' '' "skopeo inspect 'docker-archive:$image'"
else
	skip 'skopeo takes the image' 'skopeo is not installed'
fi
if have umoci && [ "$(id -u)" -eq 0 ]; then
	ok 'umoci unpacks it' umoci unpack --image "layout:$version" bundle
	cp -r ben hyspecnet bundle/rootfs/data/
	mknod -m 666 bundle/rootfs/dev/null c 1 3 2>/dev/null || : >bundle/rootfs/dev/null
	ok 'the conversion in it' chroot bundle/rootfs /usr/bin/rs-tensor-encoder --verify \
		--bigearthnet-root /data/ben --hyspecnet-root /data/hyspecnet /data/Encoded
	rsenc-dump bundle/rootfs/data/Encoded | sha256sum >got
	ok 'the values are the same' cmp got wanted
	for archive in tar.zst tar.gz tar.xz tar.bz2; do
		tar -caf bundle/rootfs/data/ben.$archive ben || continue
		ok ".$archive as it was downloaded" chroot bundle/rootfs /usr/bin/rs-tensor-encoder --verify \
			--bigearthnet-root /data/ben.$archive /data/From-$archive
		head -c 20000 bundle/rootfs/data/ben.$archive >bundle/rootfs/data/cut.$archive
		check 1 '' '*-dc* failed: nothing written: *' "chroot bundle/rootfs /usr/bin/rs-tensor-encoder \
			--bigearthnet-root /data/cut.$archive /data/Cut"
	done
else
	skip 'umoci unpacks the image' 'umoci is not installed, or this is not root'
fi
[ "${RELEASE-}" = long ] || done_testing

# ---- make check-release ----

# podman_run WHAT ARGUMENT...: as in a locked-down cluster: another user, nothing to write but /out
podman_run() {
	podman --storage-driver vfs --root "$tmp/pod/root" --runroot "$tmp/pod/run" --runtime runc \
		--cgroup-manager cgroupfs "$@"
}
# runc puts another root into the place of this one, which a chroot has not.
if ! awk '$5 == "/" { found = 1 } END { exit !found }' /proc/self/mountinfo; then
	skip 'podman runs the image' 'the root directory is not a mount point: a chroot'
elif have podman runc && [ "$(id -u)" -eq 0 ]; then
	mkdir out && chmod 777 out && chmod 755 "$tmp"
	ok 'podman loads the image' podman_run load -i "$image"
	ok 'it runs read-only, as another user' podman_run run --rm --ulimit nofile=1024:1024 \
		--ulimit nproc=1024:1024 --network none --read-only --user 1234:1234 -v "$tmp:/data:ro" \
		-v "$tmp/out:/out" "rsenc:$version" --verify --bigearthnet-root ben --hyspecnet-root hyspecnet /out/E
	rsenc-dump out/E | sha256sum >got
	ok 'the values are the same' cmp got wanted
	podman_run rmi -f "rsenc:$version" >/dev/null 2>&1
else
	skip 'podman runs the image' 'podman or runc is not installed, or this is not root'
fi

# The same bytes from two copies of the source in folders with other names.
ok 'make the tarball of the source' made "$build/rsenc-$version.tar.gz"
for copy in a 'another folder'; do
	mkdir "$copy" && tar -C "$copy" -xzf "$build/rsenc-$version.tar.gz"
	ok "make image in '$copy'" env MAKEFLAGS= make -s -C "$copy/rsenc-$version" -j2 EPOCH=1700000000 image
done
for file in "a/rsenc-$version/build"/rsenc-*.tar*; do
	ok "${file##*/} is the same" cmp "$file" "another folder/${file#a/}"
done
rm -rf a 'another folder'

# Trees of Debian, kept in DEBIAN_TREES from one run to the next if that is set.
trees=${DEBIAN_TREES:-$tmp/trees}
mkdir -p "$trees"
# tree NAME: a copy of a bare Debian, as ./NAME, with the data and the executable in it
tree() {
	[ -e "$trees/$1/bin/sh" ] ||
		debootstrap --variant=minbase "$1" "$trees/$1" >debootstrap.log 2>&1 || return 1
	rm -rf "./${1:?}" && cp -a "$trees/$1" "./$1" && cp -r ben hyspecnet "$1/srv/" && cp "$one" "$1/srv/rsenc"
}
# convert NAME COMMAND WHAT
convert() {
	ok "$3" chroot "$1" sh -c "cd /srv && rm -rf E && $2 --verify --bigearthnet-root ben --hyspecnet-root hyspecnet E"
	rsenc-dump "$1/srv/E" | sha256sum >got
	ok "$3: the values are the same" cmp got wanted
}
if have debootstrap && [ "$(id -u)" -eq 0 ]; then
	for suite in bullseye bookworm trixie; do
		if ! tree $suite; then
			skip "the static executable on a bare $suite" \
				"no such tree can be made: $(tail -n 1 debootstrap.log)"
			continue
		fi
		convert $suite '/srv/rsenc tensor-encoder' "the static executable on a bare $suite"
	done
else
	skip 'trees of Debian' 'debootstrap is not installed, or this is not root'
fi

if have lintian dpkg-buildpackage dh; then
	ok 'make deb' made deb
	deb=$(echo "$build/deb/rsenc_$version"-1_*.deb)
	is 'lintian is silent' "$(lintian --allow-root "$deb" 2>&1)" ''
	suite=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
	if [ -d "$suite/srv" ]; then
		cp "$deb" "$suite/srv/rsenc.deb"
		cp /etc/resolv.conf "$suite/etc/" 2>/dev/null
		ok 'the package is installed' chroot "$suite" sh -c 'apt-get update && apt-get install -y /srv/rsenc.deb'
		convert "$suite" rs-tensor-encoder 'the package'
		ok 'the package has the examples' test -s "$suite/usr/share/doc/rsenc/examples/records.sh"
		ok 'it is removed' chroot "$suite" apt-get purge -y rsenc
		is 'nothing of it is left' "$(find "$suite/usr" -name 'rs*enc*')" ''
	else
		skip 'the package is installed' "no tree of $suite"
	fi
else
	skip 'make deb' 'lintian, dpkg-dev or debhelper is not installed'
fi

# Neither Spack nor conda-forge can be had here. The recipe is imported with stand-ins for Spack's modules; the
# other one is built by rattler-build without the packages that it requires.
ok 'the Spack recipe' python3 "$tests/oracle/spack.py" "$top/.ci/release/spack/package.py"
if python3 -m venv conda >venv.log 2>&1 && conda/bin/pip install -q --only-binary :all: py-rattler-build >>venv.log 2>&1; then
	ok 'the conda recipe' env RSENC_URL="file://$build/rsenc-$version.tar.gz" conda/bin/python "$tests/oracle/conda.py" \
		"$top/.ci/release/conda/recipe.yaml" built
	is 'the package has all commands' "$(unzip -p built/linux-*/rsenc-*.conda 'pkg-*' | zstd -dc | tar -t | grep -c '^bin/rs')" \
		"$(find "$dist/bin" -name 'rs*' | wc -l)"
else
	skip 'the conda recipe' "py-rattler-build cannot be installed: $(tail -n 1 venv.log)"
fi

done_testing

#!/bin/sh
# What is handed out: the static executable. RELEASE=long (make check-release) runs what takes minutes.
. "${0%/*}/lib.sh"

case ${CFLAGS-} in
*-fsanitize*)
	skip 'release' 'sanitizers cannot be linked statically'
	done_testing
	;;
esac

# made TARGET: nothing that is under test is built anew (-o all); the static executable takes the
# same objects.
# shellcheck disable=SC2317
made() {
	make -s -C "$top" -o all -o tools B="${TOOLS%/tests}" BIN="$BIN" ${CC:+CC="$CC"} \
		${CFLAGS+CFLAGS="$CFLAGS"} ${LDFLAGS+LDFLAGS="$LDFLAGS"} SOURCE_DATE_EPOCH=1700000000 "$@"
}
build=${TOOLS%/tests}
one=$build/static/rsenc

# ---- the dispatcher, as built with make ----

check 0 'rsenc [0-9]*libtiff [4-9]*: *LZW*LMDB 0.*' '' 'rsenc --version'
check 0 'usage: rsenc COMMAND*  scan *--unfold*' '' 'rsenc -h'
check 2 '' 'rsenc: which command? It is missing (-h *' 'rsenc'
check 2 '' "rsenc: there is no command 'sacn': did you mean 'scan'? (-h *" 'rsenc sacn'
check 2 '' "rsenc: there is no command 'x' (-h *" 'rsenc x'
check 1 '' '*standard output: No space*' 'rsenc -V >/dev/full'
check 2 '' 'rsenc-scan: *' 'rsenc scan --nosuch'
check 0 'rsenc-load *' '' 'rsenc rsenc-load -V'
check 0 'rs-tensor-encoder *' '' 'rsenc tensor-encoder -V'
mkdir linked && ln -s "$BIN/rsenc" linked/rsenc
check 0 'rsenc-scan *' '' 'PATH=/usr/bin:/bin linked/rsenc scan -V'
check 0 '' '' 'rsenc --unfold=commands'
check 0 'rsenc-scan *' '' 'PATH=/usr/bin:/bin commands/rsenc-scan -V'
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
check 1 '' '*it needs a shell: /bin/sh: No such file*' \
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
	ok 'the pipe, by the names of the commands' inside /bin/sh -c 'rsenc --unfold=/links && PATH=/links:$PATH &&
		rsenc-scan bigearthnet /data/ben | rsenc-pack -r | rsenc-load /data/Piped && rsenc-dump -k /data/Piped'
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

# Files in the way of links are kept.
mkdir kept && echo mine >kept/rsenc-scan
check 1 '' '*kept/rsenc-scan: it is there already, and is no link*' "'$one' --unfold=kept"
is 'a file is not replaced' "$(cat kept/rsenc-scan)" mine
check 1 '' '*ben.rec*' "echo >ben.rec; '$one' --unfold=ben.rec"
cp "$one" kept/rsenc && rm kept/rsenc-scan && kept/rsenc --unfold=kept && mv kept moved
check 0 'rsenc-scan *' '' 'moved/rsenc-scan -V'

# JBIG is under the GPL, so it is not inside: a file that needs it is named.
tif=$(find ben -name '*_B01.tif' | sed 1q)
if have tiffset; then
	cp "$tif" jbig.tif
	tiffset -s 259 34661 jbig.tif 2>/dev/null
	check 1 '' 'rsenc-pack: k: jbig.tif: compression JBIG (34661) is not in this build of libtiff: *' \
		"'$one' pack \"\$(printf 'k\\tB=jbig.tif')\""
	check 0 '0' '' "'$one' -V | grep -c 'ISO JBIG'; true"
else
	skip 'JBIG is refused by name' 'tiffset is not installed'
fi

done_testing

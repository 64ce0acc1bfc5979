#!/bin/sh
# make install and make uninstall.
. "${0%/*}/lib.sh"

# What is installed is what is under test: make must take it as it is (-o all), not build it again with
# flags that may be others.
# shellcheck disable=SC2317
build() {
	make -C "$top" -o all B="${TOOLS%/tests}" BIN="$BIN" ${CC:+CC="$CC"} ${CFLAGS+CFLAGS="$CFLAGS"} \
		${LDFLAGS+LDFLAGS="$LDFLAGS"} "$@" DESTDIR="$tmp/dest dir" PREFIX=/opt/rsenc
}
: >before
ok 'make install' build install
is 'it builds nothing' "$(find "$BIN"/rs* "$TOOLS" -newer before -type f)" ''
dest="$tmp/dest dir/opt/rsenc"
# names DIR: the files in it, on one line
names() {
	find "$1" -type f | sed "s,.*/,," | sort | paste -s -d ' ' -
}
commands=$(find "$top/cmd" | sed -nE 's,.*/(rs[^/]*)\.(c|sh)$,\1,p' | sort | paste -s -d " " -)
is 'all commands are installed' "$(names "$dest/bin")" "$commands"
is 'each has completion for bash' "$(names "$dest/share/bash-completion")" "$commands"
is 'there is completion for zsh' "$(names "$dest/share/zsh")" _rsenc
is 'all man pages are installed' "$(names "$dest/share/man")" "$(names "$top/man" | sed "s, *contact-sheet.png *,,")"
for one in "$top"/cmd/slurm/*.sh "$top"/cmd/examples/*; do
	ok "${one#"$top"/cmd/} is installed as an example" cmp "$one" "$dest/share/doc/rsenc/examples/${one##*/}"
done
for one in $commands; do
	ok "$one is installed as it was built" cmp "$BIN/$one" "$dest/bin/$one"
done
check 0 'rs-tensor-encoder *' '' "'$dest/bin/rs-tensor-encoder' -V"
ok 'make uninstall' build uninstall
is 'nothing is left' "$(find "dest dir" -type f)" ''
ok 'nor is there a folder of ours' test ! -e "$dest/share/doc/rsenc"
ok 'make uninstall, where nothing is left' build uninstall

done_testing

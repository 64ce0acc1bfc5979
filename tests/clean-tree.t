#!/bin/sh
# The demo runs, says what it did, and leaves the checkout and the temporary directory as they were.
. "${0%/*}/lib.sh"

mkdir temporary
tree() {
	git -C "$top" status --porcelain --untracked-files=all
}

if have git && tree >before 2>/dev/null; then
	check 0 '*rsenc-load*All stages succeeded*' '' "cd '$top' && TMPDIR='$tmp/temporary' BIN='$BIN' TOOLS='$TOOLS' sh tests/demo.sh"
	tree >after
	ok 'git status is the same before and after' diff before after
else
	skip 'the demo leaves the checkout as it was' 'this is no git checkout'
fi
is 'nothing is left in TMPDIR' "$(ls -A temporary)" ''

# A stage that fails fails the demo: with a packer that reports failure after its output.
mkdir bad
for one in "$BIN"/*; do
	[ ! -f "$one" ] || ln -s "$one" bad/
done
rm -f bad/rsenc-pack
printf '#!/bin/sh\n"%s/rsenc-pack" "$@"\nexit 1\n' "$BIN" >bad/rsenc-pack
chmod +x bad/rsenc-pack
check 1 '*' '*demo: this command failed*' "TMPDIR='$tmp/temporary' BIN='$tmp/bad' TOOLS='$TOOLS' sh '$tests/demo.sh'"

# make deps has nothing to do, and needs neither network nor root, when all is there.
mkdir none
for one in apt-get dnf apk pacman zypper brew sudo; do
	printf '#!/bin/sh\necho called >>%s/called\nexit 1\n' "$tmp" >none/$one
	chmod +x none/$one
done
if [ -z "$(PATH=$tmp/none:$PATH sh "$tests/deps.sh" -n 2>&1)" ]; then
	check 0 '' '' "PATH='$tmp/none':\$PATH sh '$tests/deps.sh'"
	ok 'make deps did not call a package manager' test ! -e called
else
	skip 'make deps does nothing when all is there' 'not all is there'
fi

done_testing

#!/bin/sh
# The demo runs, says what it did, and leaves the checkout and the temporary directory as they were.
. "${0%/*}/lib.sh"

mkdir temporary
tree() {
	git -C "$top" status --porcelain --untracked-files=all
}

# demo WHERE: a command that runs it there
demo() {
	echo "TMPDIR='$tmp/temporary' DEMO='$1' BIN='$BIN' TOOLS='$TOOLS' sh '$tests/demo.sh'"
}

git=
! have git || ! tree >before 2>/dev/null || git=yes
check 0 '$ fixture *$ rsenc-dump *Look at */shown/sheet.png*' '*: 12 identical, *: 12 patches*' "$(demo "$tmp/shown")"
ok 'the demo tells it in few lines' test "$(cat check.out check.err | wc -l)" -le 11
ok 'its database stays' sh -c 'rsenc-dump --keys shown/Encoded | grep -q MSIL2A'
check 0 '*Look at */shown/sheet.p*' '*' "$(demo "$tmp/shown")" # again
if [ "$git" ]; then
	tree >after
	ok 'git status is the same before and after' diff before after
else
	skip 'the demo leaves the checkout as it was' 'this is not a git checkout'
fi
is 'nothing is left in TMPDIR' "$(ls -A temporary)" ''
is 'its picture is a PNG file' "$(head -c 4 shown/sheet.png | tail -c 3)" PNG

# Where it can't be written, as in the checkout of somebody else.
: >file
check 0 '*Look at */temporary/rsenc-demo.*/sheet.p*' '*' "$(demo "$tmp/file/demo")"
rm -rf temporary/*

# The README shows what this commit draws; compressors differ, pixels don't.
if have pngtopnm; then
	pngtopnm -quiet shown/sheet.png >drawn
	pngtopnm -quiet "$top/man/contact-sheet.png" >wanted
	ok 'the README shows this picture (make man/contact-sheet.png)' cmp drawn wanted
else
	skip 'the picture of the README' 'netpbm is not installed'
fi

# A stage that fails fails the demo: with a packer that reports failure after its output.
mkdir bad
for one in "$BIN"/*; do
	[ ! -f "$one" ] || ln -s "$one" bad/
done
rm -f bad/rsenc-pack bad/rs-tensor-encoder
cp "$BIN/rs-tensor-encoder" bad/ # it looks for the others beside itself
printf '#!/bin/sh\n"%s/rsenc-pack" "$@"\nexit 1\n' "$BIN" >bad/rsenc-pack
chmod +x bad/rsenc-pack
check 1 '*' '*demo: this command failed*' "DEMO='$tmp/failed' BIN='$tmp/bad' TOOLS='$TOOLS' sh '$tests/demo.sh'"

# make deps has nothing to do, and needs neither network nor root, when all is there.
mkdir none
for one in apt-get dnf apk pacman zypper brew sudo; do
	printf '#!/bin/sh\necho called >>%s/called\nexit 1\n' "$tmp" >none/$one
	chmod +x none/$one
done
if [ -z "$(PATH=$tmp/none:$PATH sh "$tests/deps.sh" -n check 2>&1)" ]; then
	check 0 '' '' "PATH='$tmp/none':\$PATH sh '$tests/deps.sh' check"
	ok 'make deps did not call a package manager' test ! -e called
else
	skip 'make deps does nothing when all is there' 'not all is there'
fi
check 2 '' "deps: 'tests': no such kind: use *" "sh '$tests/deps.sh' tests"

# Building needs no more than this; what tests and packages need comes with a kind.
mkdir bare
for one in sh id tr; do
	ln -s "$(command -v $one)" bare/
done
printf '#!/bin/sh\n' >bare/apt-get
chmod +x bare/apt-get
check 0 '*apt-get install * gcc libc6-dev pkg-config libtiff-dev zlib1g-dev liblmdb-dev' '' \
	"PATH='$tmp/bare' sh '$tests/deps.sh' -n"
check 0 '*apt-get install * gcc * gdal-bin *' '' "PATH='$tmp/bare' sh '$tests/deps.sh' -n check"

# Where a library is missing, one line tells how to get it, before anything is compiled.
check 2 '' "make: no C compiler (no-such-compiler): run 'make deps' first
make*" "MAKEFLAGS= make -s -C '$top' B='$tmp/none' BIN='$tmp/none' CC=no-such-compiler"
for missing in TIFF_LIBS=-lno-such LMDB_LIBS=-lno-such LMDB_CFLAGS=-Dmdb_version=gone; do
	check 2 '' '*make: what building needs *: make deps*' \
		"MAKEFLAGS= make -s -C '$top' B='$tmp/none' BIN='$tmp/none' $missing"
done
is 'pkg-config may be missing' "$(MAKEFLAGS='' make -C "$top" -n B="$tmp/none" PKG_CONFIG=no-such \
	"$tmp/none/flags" 2>&1 | grep -c -e '-ltiff -llmdb')" 1

done_testing

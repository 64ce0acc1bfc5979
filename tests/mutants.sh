#!/bin/sh
# Whether the tests notice: each row breaks one promise of the store layer by a sed edit, and names the
# test that must fail then. Built and run in a copy of the tree; `make mutants`, some minutes.
set -u
top=$(cd "${0%/*}/.." && pwd)
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
(cd "$top" && tar cf - Makefile .ci README.md NEWS LICENSE cmd common man tests) | tar xf - -C "$work"
cd "$work" || exit 1
: "${MAKE:=make}"
"$MAKE" -s all tools >build.log 2>&1 || {
	cat build.log
	exit 1
}
bad=0
while IFS='@' read -r test file edit; do
	cp "common/store/$file" original
	sed -i "$edit" "common/store/$file"
	what="$file: $edit"
	if cmp -s original "common/store/$file"; then
		echo "changes nothing: $what" && bad=1
	elif ! "$MAKE" -s all tools >build.log 2>&1; then
		echo "does not build: $what" && cat build.log && bad=1
	elif timeout 600 "$MAKE" -s check TESTS="tests/$test" >test.log 2>&1; then
		echo "SURVIVED $test: $what" && bad=1
	else
		echo "killed by $test, $(grep -c '^[^ ]*: not ok' test.log) points: $what"
	fi
	cp original "common/store/$file"
done <<'E2'
copies.t@reader.c@s/>= s->extent.missing/>= 0/
copies.t@reader.c@s/s->extent.missing > 0 &&/0 \&\&/
copies.t@reader.c@s/!s->extent.sparse ||/1 ||/
copies.t@reader.c@s/newest(s) - s->taken <= 1/1/
copies.t@lmdb_format.c@s/other.txn > meta->txn/0/
load.t@lmdb_format.c@s/metas < 2/0/
load.t@lmdb_format.c@s/head.flags & PAGE_META/1/
copies.t@txn.c@s/st.st_size < want &&/0 \&\&/
load.t@state.c@s/mount == mount_id(fd)/1/
load.t@state.c@s/strcmp(boot, claim_boot()) == 0/1/
load.t@place.c@s/st.st_nlink < 2/1/
load.t@claim.c@s/here \&\& o->since < boot_time()/here/
load.t@write_buffer.c@s/(x->key > y->key) - (x->key < y->key)/(x->key < y->key) - (x->key > y->key)/
load.t@writer.c@s/how == WRITER_REFUSED/0/
load.t@txn.c@s/MDB_NOOVERWRITE/0/
load.t@claim.c@s/strcmp(text, c->text) == 0/1/
places.t@claim.c@s/(made || takeover || check_owner(c->fd, p, why) == 0)/1/
places.t@state.c@s/m->unsafe || (/(/
places.t@writer.c@s/named.st_ino != w->data.st_ino/0/
places.t@writer.c@s/stat(to->data, &st) == 0 && st.st_size > 0/0/
places.t@checkpoint.c@s/return due ? /return 0 ? /
places.t@lmdb_format.c@s/|| !write_meta(fd, 0, &meta)/|| 0/
E2
exit $bad

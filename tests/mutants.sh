#!/bin/sh
# Whether the tests notice: each row breaks one promise by a sed edit of a file below common/, and names the test that
# must fail then. Built and run in a copy of the tree, up to the first point that fails: `make mutants`, many minutes;
# ROWS=tiff/ runs those of one layer.
set -u
top=$(cd "${0%/*}/.." && pwd)
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
(cd "$top" && tar cf - Makefile .ci README.md NEWS LICENSE cmd common man tests) | tar xf - -C "$work"
cd "$work" && mkdir tmp && chmod 755 . || exit 1 # tests run commands as another user
TMPDIR=$work/tmp
export TMPDIR
: "${MAKE:=make}"
"$MAKE" -s all tools >build.log 2>&1 || {
	cat build.log
	exit 1
}
bad=0

# first_bad TEST: prints its first point that fails; status 1 if there is none
first_bad() {
	timeout 900 sh "tests/$1" 2>test.log </dev/null | grep -m 1 '^not ok'
}

while IFS='@' read -r test file edit; do
	case $file in *"${ROWS-}"*) ;; *) continue ;; esac
	if [ ! -e "passed.$test" ] && "$MAKE" -s all tools >build.log 2>&1 && point=$(first_bad "$test"); then
		echo "fails without a change: $test, $point" && bad=1
		continue
	fi
	: >"passed.$test"
	cp "common/$file" original
	sed -i "$edit" "common/$file"
	what="$file: $edit"
	if cmp -s original "common/$file"; then
		echo "changes nothing: $what" && bad=1
	elif ! "$MAKE" -s all tools >build.log 2>&1; then
		echo "does not build: $what" && cat build.log && bad=1
	elif point=$(first_bad "$test"); then
		echo "killed by $test, $point: $what"
	else
		echo "SURVIVED $test: $what" && bad=1
	fi
	cp original "common/$file"
done <<'E2'
copies.t@store/reader.c@s/>= s->extent.want .*;/>= 0;/
copies.t@store/reader.c@s/s->extent.size < s->extent.want &&/0 \&\&/
copies.t@store/reader.c@s/read || s->extent.sparse/read/
places.t@store/reader.c@s/s->walked != store_count(s)/0/
places.t@store/lmdb_format.c@s/if (!has_root(e))/if (0)/
places.t@store/lmdb_format.c@s/used == e->page_size - head.upper/1/
places.t@store/lmdb_format.c@s/compare(&last, &high) >= 0/0/
places.t@store/reader.c@s/return sound ? 0/return 1 ? 0/
places.t@store/reader.c@s/s->walked++ > 0 \&\&/s->walked++ > 0 \&\& 0 \&\&/
copies.t@store/reader.c@s/newest(s) - s->extent.txn <= 1/1/
copies.t@store/lmdb_format.c@s/other.txn > meta->txn/0/
load.t@store/lmdb_format.c@s/metas < 2/0/
load.t@store/lmdb_format.c@s/head.flags & PAGE_META/1/
places.t@store/lmdb_format.c@s/now.txn < meta.txn/0/
places.t@store/lmdb_format.c@s/size_of(&meta) > (uint64_t)st.st_size/0/
copies.t@store/txn.c@s/st.st_size < want &&/0 \&\&/
load.t@store/state.c@s/mount == mount_id(fd)/1/
load.t@store/state.c@s/strcmp(boot, claim_boot()) == 0/1/
load.t@store/place.c@s/st.st_nlink < 2/1/
load.t@store/claim.c@s/here \&\& o->since < boot_time()/here/
load.t@store/record_buffer.c@s/(x->key > y->key) - (x->key < y->key)/(x->key < y->key) - (x->key > y->key)/
load.t@store/writer.c@s/w->marker.found \&\& kept > 0/0/
load.t@store/txn.c@s/MDB_NOOVERWRITE/0/
load.t@store/claim.c@s/strcmp(text, c->text) == 0/1/
places.t@store/claim.c@s/(made || takeover || check_owner(c->fd, p, why) == 0)/1/
places.t@store/state.c@s/m->unsafe || (/(/
places.t@store/writer.c@s/named.st_ino != w->data.st_ino/0/
places.t@store/writer.c@s/stat(to->data, &st) == 0 && st.st_size > 0/0/
places.t@store/checkpoint.c@s/return due ? /return 0 ? /
places.t@store/lmdb_format.c@s/|| !write_meta(fd, 0, &meta)/|| 0/
unit.t@archive/header.c@s/if (!checksum_matches(block))/if (0)/
unit.t@archive/header.c@s/text\[whole - 1\] != '.n'/0/
unit.t@archive/header.c@s/n > UINT64_MAX >> 8/0/
archive.t@archive/tar.c@s/t->zeros_at_end > ZEROS_MAX + RECORD/0/
archive.t@archive/tar.c@s/if (size > left)/if (0)/
archive.t@archive/tar.c@s/memcmp(end, no_data, CUT_MIN) == 0/0/
archive.t@archive/tar.c@s/type == 'S' || t->own.sparse/type == 'S'/
archive.t@archive/member.c@s/if (path->len >= PATH_MAX)/if (0)/
zip.t@archive/zip.c@s/(count & z->most) != z->count/0/
zip.t@archive/zip.c@s/e->flags & ENCRYPTED/0/
zip.t@archive/zip.c@s/if (size > room)/if (0)/
zip.t@archive/zip.c@s/if (!zip_check_name(z, e.range.at))/if (0)/
unit.t@stream/record.c@s/|| len == 0 ||/||/
unit.t@stream/record.c@s/(len > 1 && \*text == '0')/0/
unit.t@base/number.c@s/errno == ERANGE/0/
load.t@stream/record.c@s/if (r->marker)/if (1)/
load.t@stream/record.c@s/if (c != '.n')$/if (0)/
unit.t@stream/group.c@s/r->checked && r->zipped/r->checked/
unit.t@stream/literal.c@s/l->dtype == DTYPE_COUNT ||/0 ||/
damage.t@tiff/deflated.c@s/if (result == INFLATED_BAD)/if (0)/
hostile.t@tiff/deflated.c@s/if (got < size)/if (0)/
pack.t@tiff/directory.c@s/if (at + size > \*most)/if (0)/
hostile.t@pack/raster.c@s/headers ? SMALL :/0 ? SMALL :/
layouts.t@tiff/blocks.c@s/b.rows = smaller(im->block_height, im->height - b.y)/b.rows = im->height - b.y/
E2
exit $bad

#!/bin/sh
# One meaning: a rule finds the same patches, or refuses the same ones, in a tree, in its archive in any
# order, and on a pipe.
. "${0%/*}/lib.sh"

fixture -b bigearthnet-s1 one 1 >/dev/null
tif=$(find "$tmp/one" -name '*_VH.tif' | head -n 1)

# result STATUS: the keys on standard input, and the status
result() { printf '%s%s' "$(cut -f 1 | sort -u | tr '\n' ' ')" "$1"; }

# means WHAT RESULT MESSAGE FILE...: what the rules of the file `rules` make of FILES, which stand in the
# archive in this order. RESULT is the keys and the status; MESSAGE a shell pattern for what is reported, with
# TREE for the tree or archive.
means() {
	what=$1 wanted=$2 message=$3
	shift 3
	rm -rf tree && mkdir tree
	for file; do mkdir -p "tree/${file%/*}" && cp "$tif" "tree/$file"; done
	(cd tree && tar -cf ../order.tar "$@" && tar -cf ../plain.tar ./*)
	for from in tree plain.tar order.tar; do
		rsenc-scan -f rules m $from >out 2>err
		is "$what: $from" "$(result $? <out)" "$wanted"
		like "$what: $from: message" "$(sed "s|$from|TREE|g; s|/\./|/|g" err)" "$message"
	done
	for from in plain order; do
		rsenc-untar -f rules m <$from.tar >records 2>err
		got=$?
		is "$what: $from, a pipe" "$(rsenc-show records 2>/dev/null | result $got)" "$wanted"
		like "$what: $from, a pipe: message" "$(cat err)" \
			"$(printf %s "$message" | sed 's|TREE/||g; s/rsenc-scan/rsenc-untar/')"
	done
}

# ---- the files of one line ----

printf 'm\t([^/]+)_(a|b)\t\\1\t\\2:a,b\t0\n' >rules
join="to join them, begin the pattern with the folder: '\[^/]+/(\[^/]+)_(a|b)'"
means 'one directory' 'p1 0' '' d/p1_a.tif d/p1_b.tif
means 'two directories' 1 \
	"rsenc-scan: p1: TREE/d: one line finds files below two directories, TREE/d and TREE/e: skipped; $join" \
	d/p1_a.tif e/p1_b.tif
means 'two directories, and another patch between' 'p2 1' '*two directories, *' \
	d/p1_a.tif d/p2_a.tif e/p1_b.tif d/p2_b.tif
means 'a second, incomplete copy' 1 '*p1: TREE/d: two files for a: TREE/d/p1_a.tif and TREE/e/p1_a.tif: skipped' \
	e/p1_a.tif d/p1_b.tif d/p1_a.tif
means 'a second, complete copy' 1 '*p1: TREE/d: two files for a: TREE/d/p1_a.tif and TREE/e/p1_a.tif: skipped' \
	d/p1_a.tif e/p1_a.tif e/p1_b.tif d/p1_b.tif
means 'two incomplete copies' 1 '*p1: TREE/d: two files for a: TREE/d/p1_a.tif and TREE/e/p1_a.tif*' \
	d/p1_a.tif e/p1_a.tif
means 'two files for one tensor' 'p2 1' '*p1: TREE/d: two files for b: *p1_b.tif*and *p1_b.tif*' \
	d/p1_a.tif d/p1_b.tif d/p2_a.tif d/p2_b.tif d/p1_b.tiff
printf 'm\t([^/]+)\t\\1\tA\t0\n' >rules
means 'a rule of one file, two directories' 'p2 1' '*p1: TREE/d: two files for A: TREE/d/p1.tif and TREE/e/p1.tif: skipped' \
	e/p1.tif d/p2.tif d/p1.tif
means 'a rule of one file, two endings' 'p2 1' '*p1: TREE/d: two files for A: TREE/d/p1.tif and TREE/d/p1.tiff: skipped' \
	d/p1.tiff d/p2.tif d/p1.tif
means 'a rule of one file, three directories' 1 '*p1: TREE/a: two files for A: TREE/a/p1.tif and TREE/b/p1.tif: skipped' \
	c/p1.tif b/p1.tif a/p1.tif
printf 'm\t([^/]+)_(a|b)\t\\1\t\\2:a,b\t0\nm\tnothing/([^/]+)\t\\1\tc?\t0\n' >rules
means 'a second line that matches nothing changes nothing' 1 "*p1: *two directories, *d and *e: skipped; $join" \
	d/p1_a.tif e/p1_b.tif
means '... nor in one directory' 'p1 0' '*' d/p1_a.tif d/p1_b.tif

# ---- the remedy ----

printf 'm\tR[12]0m/([^/]+)_(a|b)_[12]0m\t\\1\t\\2:a,b\t0\n' >rules
means 'a pattern that begins with the folder' 'T1 T2 0' '' \
	S/R10m/T1_a_10m.tif S/R10m/T2_a_10m.tif S/R20m/T1_b_20m.tif S/R20m/T2_b_20m.tif
means '... joins what lies below one directory' 1 "*T1: *two directories, TREE/S/R10m and TREE/T/R20m: skipped; *" \
	S/R10m/T1_a_10m.tif T/R20m/T1_b_20m.tif
printf 'm\t([^/]+)_(a|b)_[12]0m\t\\1\t\\2:a,b\t0\n' >rules
means 'without the folder' 1 '*two directories, *' S/R10m/T1_a_10m.tif S/R20m/T1_b_20m.tif
rsenc-scan -f rules m tree 2>&1 | sed -n "s/.*folder: '\(.*\)'\$/\1/p" >pattern
printf 'm\t%s\t\\1\t\\2:a,b\t0\n' "$(cat pattern)" >rules
check 0 'T1*' '' 'rsenc-scan -f rules m tree'
printf 'm\t([^/]+)_(a|b)\t\\1\t\\2:a,b\t0\n' >rules
means 'folders at two depths' 1 '*two directories, *' x/1/d/p1_a.tif y/2/e/p1_b.tif
rsenc-scan -f rules m tree 2>&1 | sed -n "s/.*folder: '\(.*\)'\$/\1/p" >pattern
printf 'm\t%s\t\\1\t\\2:a,b\t0\n' "$(cat pattern)" >rules
check 0 'p1*' '' 'rsenc-scan -f rules m tree'
printf 'm\t^([^/]+)_(a|b)$\t\\1\t\\2:a,b\t0\n' >rules
means 'a pattern between ^ and $' 1 '*two directories, *' d/p1_a.tif e/p1_b.tif
rsenc-scan -f rules m tree 2>&1 | sed -n "s/.*folder: '\(.*\)'\$/\1/p" >pattern
printf 'm\t%s\t\\1\t\\2:a,b\t0\n' "$(cat pattern)" >rules
check 0 'p1*' '' 'rsenc-scan -f rules m tree'
printf 'm\t([a-z]+)/([0-9]+)_(a|b)\t\\1_\\2\t\\3:a,b\t0\n' >rules
means 'folders that are in the key' 'x_1 y_1 0' '' x/1_a.tif y/1_a.tif x/1_b.tif y/1_b.tif

# ---- several lines ----

printf 'm\tz?img/(k[0-9])\t\\1\timg\t0\nm\tlab[12]/(k[0-9])\t\\1\tlab\t0\n' >rules
means 'lines find files anywhere' 'k1 k2 0' '' img/k1.tif img/k2.tif lab1/k1.tif lab2/k2.tif
for img in img zimg; do
	means "two files for one tensor, $img" 'k2 1' '*k1: *: two files for lab: *lab1/k1.tif and *lab2/k1.tif*' \
		$img/k1.tif lab1/k1.tif $img/k2.tif lab1/k2.tif lab2/k1.tif
done
printf 'm\t([^/]+)_(a|b)\t\\1\t\\2:a,b\t0\nm\t([^/]+)_lab\t\\1\tlab\t0\n' >rules
means 'a line below two directories' 1 '*p1: *two directories, *d and *e: skipped; *' \
	d/p1_a.tif l/p1_lab.tif e/p1_b.tif
means 'a line has all its files twice' 1 '*p1: *two files for a: *' \
	d/p1_a.tif d/p1_b.tif l/p1_lab.tif e/p1_a.tif e/p1_b.tif

# ---- far apart ----

# 4,000 patches of one line and of two, whose second files come when megabytes wait
mkdir far far/img far/lab1 far/lab2
seq 10000 13999 | sed 's|.*|far/img/k& far/lab1/k&|; s|$|.tif|; s| |.tif |' | xargs touch
touch far/lab2/k10000.tif far/lab2/k13999.tif
(cd far && find . -name '*.tif' | sort >../inside && sort -R ../inside >../mixed &&
	tar -cf ../far.tar -T ../inside && tar -cf ../mixed.tar -T ../mixed)
printf 'm\t(img|lab)[12]?/(k[0-9]+)\t\\2\t\\1:img,lab\t0\n' >one.rules
printf 'm\timg/(k[0-9]+)\t\\1\timg\t0\nm\tlab[12]/(k[0-9]+)\t\\1\tlab\t0\n' >two.rules
for rules in one two; do
	for from in far far.tar mixed.tar; do
		rsenc-scan -f $rules.rules m $from 2>err >out
		is "$rules: $from: far apart" "$? $(wc -l <out) $(grep -c 'k1[03]9*0*9*: .*: two files for lab' err)" '1 3998 2'
	done
	rsenc-untar -k -f $rules.rules m <mixed.tar 2>err >out
	is "$rules: far apart on a pipe" "$? $(grep -c 'two files for lab' err)" '1 2'
done

# One key so far behind the other that the first was listed
printf 'm\t(k[0-9]+)\t\\1\tA\t0\n' >key.rules
mkdir late late/a late/b
seq 10000 19999 | sed 's|.*|late/a/k&.tif|' | xargs touch
touch late/b/k10000.tif late/b/k19999.tif
(cd late && find a b -type f | sort | tar -cf ../late.tar -T -)
for from in late late.tar; do
	rsenc-scan -f key.rules m $from 2>err >out
	is "$from: the first is listed, the second reported" "$? $(wc -l <out) $(cat err)" \
		"1 9999 rsenc-scan: k19999: $from/a: two files for A: $from/a/k19999.tif and $from/b/k19999.tif: skipped
rsenc-scan: k10000: $from/b/k10000.tif: duplicate key: an earlier patch was listed or reported: skipped"
done

# One key in 40,000 directories, in linear time
if have_python tarfile; then
	"$python" -c 'import tarfile
with tarfile.open("homes.tar", "w") as t:
    for i in range(10000, 50000):
        t.addfile(tarfile.TarInfo("d%d/x_a.tif" % i))'
	printf 'm\t(x)_(a|b)\t\\1\t\\2:a,b\t0\n' >rules
	check 1 '' '*: x: homes.tar/d10000: two files for a: homes.tar/d10000/x_a.tif and homes.tar/d10001/x_a.tif: skipped' \
		'timeout 10 rsenc-scan -f rules m homes.tar'
	"$python" -c 'import tarfile
with tarfile.open("many.tar", "w") as t:
    for i in range(10000, 50000):
        t.addfile(tarfile.TarInfo("d/p1_%d.tif" % i))'
	printf 'm\t(p1)_([0-9]+)\t\\1\tt\\#2\t0\n' >rules
	check 0 'p1*t40000=*' '' 'timeout 10 rsenc-scan -f rules m many.tar'
	"$python" -c 'import io, tarfile
with tarfile.open("halves.tar", "w") as t:
    for i in range(60):
        member = tarfile.TarInfo("d%d/x%d_a.tif" % (i, i))
        member.size = 1 << 20
        t.addfile(member, io.BytesIO(b"II*\0" * (1 << 18)))'
	printf 'm\t(x[0-9]+)_(a|b)\t\\1\t\\2:a,b\t0\n' >rules
	rsenc-untar -M 40M -f rules m <halves.tar 2>err >out
	is 'incomplete patches of directories that were left do not fill the memory' \
		"$? $(grep -c 'incomplete: 1 of 2 bands missing (b): skipped' err) $(wc -l <err)" '1 60 60'
else
	skip 'one key in many directories' 'needs python3'
fi

# ---- archives ----

printf 'm\t([^/]+)_(a|b)\t\\1\t\\2:a,b\t0\n' >rules
means 'several archives' 'p1 0' '' d/p1_a.tif d/p1_b.tif
tar -C tree -cf a.tar d/p1_a.tif && tar -C tree -cf b.tar d/p1_b.tif
check 0 'p1*' '' 'rsenc-scan -f rules m a.tar b.tar'
mkdir tree/e && mv tree/d/p1_b.tif tree/e && tar -C tree -cf b.tar e/p1_b.tif
check 1 '' '*p1: *two directories, a.tar/d and b.tar/e: *' 'rsenc-scan -f rules m a.tar b.tar'
check 1 '' '*p1: *two directories, a.tar/d and tree/e: *' 'rsenc-scan -f rules m a.tar tree/e'
# Names of one archive may be in another one, such as train and test: two files, in whatever way they are read.
printf 'm\t([^/]+)_(a|b)\t\\1\tA\t0\n' >rules
tar -C tree -cf b.tar d/p1_a.tif && tar -C tree -rf b.tar d/p1_a.tif && gzip -k a.tar b.tar
check 1 '' '*: p1: a.tar/d: two files for A: a.tar/d/p1_a.tif and b.tar/d/p1_a.tif: skipped' 'rsenc-scan -f rules m a.tar b.tar'
for two in 'a.tar b.tar' 'a.tar.gz b.tar' 'a.tar.gz b.tar.gz'; do
	check 1 '' '*: p1: d: two files for A: d/p1_a.tif, in two archives: skipped' "rsenc-untar -q -f rules m $two >out"
done
check 1 '' '*: d/p1_a.tif, in two archives: skipped' 'cat a.tar b.tar | rsenc-untar -f rules m >out'
check 1 '' '*: ab.tar/d/p1_a.tif, in two archives: skipped' 'cat a.tar b.tar >ab.tar; rsenc-scan -f rules m ab.tar'
check 0 '' '' 'rsenc-untar -q -f rules m b.tar >out' # a copy that replaces another

done_testing

#!/bin/sh
# rsenc-dump: what load stored comes out again, all or some of it, in the order of keys.
# shellcheck disable=SC2016
. "${0%/*}/lib.sh"

fixture -b bigearthnet ben 4
fixture -b hydro hydro 3
rsenc-scan bigearthnet ben >ben.tsv
rsenc-scan hydro hydro >hydro.tsv
rsenc-pack -r <ben.tsv | rsenc-load Ben
rsenc-pack -r <hydro.tsv | rsenc-load Hydro
cat ben.tsv hydro.tsv | rsenc-pack -r | rsenc-load Both
LC_ALL=C sort ben.tsv >sorted.tsv
rsenc-pack -r <sorted.tsv >sorted.rec
cut -f 1 sorted.tsv >sorted.keys
first=$(sed -n 1p sorted.keys)
third=$(sed -n 3p sorted.keys)
export first third

# ---- usage ----

check 0 'usage: rsenc-dump*--blob=KEY*' '' 'rsenc-dump -h'
check 0 'rsenc-dump [0-9]*' '' 'rsenc-dump --version'
check 2 '' '*missing operand DB*' 'rsenc-dump'
check 2 '' '*no such option -x*' 'rsenc-dump -x Ben'
check 2 '' '*-b cannot be combined with --keys, -K or other keys*' 'rsenc-dump -b a Ben b'
check 2 '' '*-b cannot be combined with --keys, -K or other keys*' 'rsenc-dump --keys -b a Ben'
check 2 '' '*-b cannot be combined with --keys, -K or other keys*' 'rsenc-dump -K sorted.keys -b a Ben'
check 2 '' "*-b: '': the key is empty*" 'rsenc-dump -b "" Ben'
check 1 '' '*none: no such database*' 'rsenc-dump none'
check 1 '' '*ben.tsv: wrong kind of operand (group lines): run *' 'rsenc-dump ben.tsv'
check 1 '' '*nosuch: No such file*' 'rsenc-dump -K nosuch Ben'
if have script; then
	check 2 '*rsenc-dump: not writing a record stream to a terminal*' '' "script -qec 'rsenc-dump Ben' /dev/null; exit \$?"
	check 2 '*rsenc-dump: not writing a safetensors blob to a terminal*' '' "script -qec 'rsenc-dump -b k Ben' /dev/null; exit \$?"
	check 0 "$first*" '' "script -qec 'rsenc-dump --keys Ben' /dev/null; exit \$?"
else
	skip 'a terminal is refused' 'script(1) is not installed'
fi

# ---- all of it ----

check 0 '' '' 'rsenc-dump Ben >ben.rec'
ok 'the stream is what rsenc-pack writes of the sorted groups' cmp ben.rec sorted.rec
check 0 '' '' 'rsenc-load Again <ben.rec && rsenc-dump Again | cmp - ben.rec'
check 0 '' '*patches: 12 identical, 0 missing, 0 differ, 0 extra' 'rsenc-dump Ben | rsenc-verify -x Again'
check 0 '' '' 'rsenc-dump --keys Ben | cmp - sorted.keys'
check 0 '' '*: Ben: 12 patches, [1-9]* bytes' 'rsenc-dump -v Ben >/dev/null'
check 0 '' '' 'rsenc-load --single-file single <ben.rec && rsenc-dump single | cmp - ben.rec'
if have cdb; then
	check 0 '' '' 'rsenc-dump Ben | cdb -c ben.cdb && cdb -d ben.cdb | cmp - ben.rec'
fi

# Two databases into one are one conversion of both.
check 0 '' '' '{ rsenc-dump Ben; rsenc-dump Hydro; } | rsenc-load Merged'
check 0 '' '' 'rsenc-dump Both >both.rec && rsenc-dump Merged | cmp - both.rec'
check 0 '' '*: 15 patches: 15 identical, 0 missing, 0 differ, 0 extra' 'cat ben.tsv hydro.tsv | rsenc-pack -r | rsenc-verify -x Merged'

# ---- some of it ----

# Whatever the order and number in which keys are given, each comes once, in the order of keys.
sed -n '1p;3p' sorted.tsv | rsenc-pack -r >two.rec
check 0 '' '' 'rsenc-dump Ben "$third" "$first" "$third" "$first" | cmp - two.rec'
check 0 "$first
$third" '' 'rsenc-dump --keys Ben "$third" "$first"'
check 0 '' '' 'printf "%s\n\n%s\n" "$third" "$first" | rsenc-dump --from=- Ben | cmp - two.rec'
check 0 '' '' 'sed -n "3p;1p" sorted.tsv | rsenc-dump -K - Ben | cmp - two.rec'
check 0 '' '' 'echo "$third" >third; rsenc-dump -K third Ben "$first" | cmp - two.rec'
check 1 '' '*nosuch: no such key in Ben' 'rsenc-dump Ben nosuch "$first" "$third" >part.rec'
ok 'the other keys are written, with an end marker' cmp part.rec two.rec
check 0 '?' '' 'rsenc-dump -K /dev/null Ben | tr "\n" ?'
check 0 '' '' 'rsenc-dump --keys -K /dev/null Ben'
{ printf '%01030d\n' 0 && sed -n '1p;3p' sorted.keys; } >long.keys
check 1 '' '*long.keys: line 1: the key is longer*' 'rsenc-dump -K long.keys Ben >part.rec'
ok 'a bad key: the others are written' cmp part.rec two.rec
check 1 '' '*standard input: line 1 is truncated*' 'printf "%s" "$first" | rsenc-dump -K - Ben'
check 0 '' '' 'rsenc-dump -K sorted.keys Ben | rsenc-load Subset && rsenc-dump Subset | cmp - ben.rec'

# ---- one blob ----

sed -n 3p sorted.tsv | rsenc-pack >third.safetensors
check 0 '' '' 'rsenc-dump -b "$third" Ben | cmp - third.safetensors'
check 0 '' '' 'rsenc-dump Ben --blob="$third" | cmp - third.safetensors'
check 1 '' '*nosuch: no such key in Ben' 'rsenc-dump -b nosuch Ben'

# ---- keys of any bytes ----

printf '+5,10:a\tb\nc->\002\0\0\0\0\0\0\0{}\n+2,10:#x->\002\0\0\0\0\0\0\0{}\n+3,10:b\\c->\002\0\0\0\0\0\0\0{}\n\n' >odd.rec
rsenc-load Odd <odd.rec
check 0 '\\#x
a\\tb\\nc
b\\\\c' '' 'rsenc-dump --keys Odd'
check 0 '' '' 'rsenc-dump Odd >odd.sorted; rsenc-dump --keys Odd | rsenc-dump -K - Odd | cmp - odd.sorted'
odd='a\tb\nc' back='b\\c' bad='b\c'
export odd back bad
check 0 '' '' 'rsenc-dump Odd "$odd" "#x" "$back" | cmp - odd.sorted'
check 1 '' '*operands: line 1: a backslash must be*' 'rsenc-dump --keys Odd "$bad"'

# ---- output that fails, signals, incomplete databases ----

check 1 '' '*rsenc-dump:*No space left*' 'rsenc-dump Ben >/dev/full'
check 1 '' '*rsenc-dump:*No space left*' 'rsenc-dump --keys Ben >/dev/full'
check 1 '' '*rsenc-dump:*No space left*' 'rsenc-dump -b "$first" Ben >/dev/full'
check 0 '+*' '' 'rsenc-dump Ben | head -c 100'
records 40 300000 >big.rec
rsenc-load Big <big.rec
ok 'values larger than a pipe' sh -c 'rsenc-dump Big | cmp - big.rec'

# A load in the middle of a dump does not change it.
mkfifo fifo
rsenc-dump Big >fifo &
exec 3<fifo
head -c 1000 <&3 >snapshot.rec
records 50 300000 up 7 | rsenc-load --replace Big
cat <&3 >>snapshot.rec
exec 3<&-
wait
ok 'a dump is of one moment' cmp snapshot.rec big.rec
check 0 '' '' 'rsenc-dump --keys Big | wc -l | grep -qx 50'

# Stopped in the middle, the stream has no end marker.
rsenc-dump Big >fifo 2>stop.err &
dump=$!
exec 3<fifo
head -c 1000 <&3 >stopped.rec
kill -TERM "$dump"
cat <&3 >>stopped.rec
exec 3<&-
wait "$dump"
is 'SIGTERM: the status' $? 143
is 'SIGTERM: no word' "$(cat stop.err)" ''
check 1 '' '*truncated*' 'rsenc-load Stopped <stopped.rec'

head -c 5000000 big.rec | rsenc-load Cut 2>/dev/null
kept=$(rsenc-dump -q --keys Cut | wc -l)
ok 'a load that was cut off leaves records' test "$kept" -gt 0
check 0 '' '*Cut: incomplete: a load is running, or was interrupted*' 'rsenc-dump Cut >/dev/null'
check 0 '' '' 'rsenc-dump -q Cut | rsenc-verify -qx Cut'

# ---- several databases: one after another ----

records 60 500 >all60.rec
rsenc-load All60 all60.rec
for part in 0 1 2; do
	rsenc-dump --keys All60 | awk -v p=$part 'NR % 3 == p' | rsenc-dump -K - All60 | rsenc-load Part$part
done
check 0 '' '' 'for db in Part0 Part1 Part2; do rsenc-dump $db | rsenc-load Merged60 || exit; done'
check 0 '' '' 'rsenc-dump All60 >want; rsenc-dump Merged60 | cmp - want'
check 1 '' '*None: *' 'for db in Part0 None Part2; do rsenc-dump $db | rsenc-load Merged2 || exit; done'
check 1 '' '*part0.rec: no such key in Part1*' 'touch part0.rec; rsenc-dump Part1 part0.rec >one; rc=$?; test "$(wc -c <one)" = 1; exit $rc'

done_testing

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
check 2 '' '*which database*' 'rsenc-dump'
check 2 '' '*there is no option -x*' 'rsenc-dump -x Ben'
check 2 '' '*-b: one key alone*' 'rsenc-dump -b a Ben b'
check 2 '' '*-b: one key alone*' 'rsenc-dump -k -b a Ben'
check 2 '' '*-b: one key alone*' 'rsenc-dump -K sorted.keys -b a Ben'
check 2 '' "*-b: '': the key is empty*" 'rsenc-dump -b "" Ben'
check 1 '' '*none: there is no database*' 'rsenc-dump none'
check 1 '' '*ben.tsv: opening: this is no LMDB database*' 'rsenc-dump ben.tsv'
check 1 '' '*nosuch: No such file*' 'rsenc-dump -K nosuch Ben'
if have script; then
	check 2 '*rsenc-dump: not writing a record stream to a terminal*' '' "script -qec 'rsenc-dump Ben' /dev/null; exit \$?"
	check 2 '*rsenc-dump: not writing a safetensors blob to a terminal*' '' "script -qec 'rsenc-dump -b k Ben' /dev/null; exit \$?"
	check 0 "$first*" '' "script -qec 'rsenc-dump -k Ben' /dev/null; exit \$?"
else
	skip 'a terminal is refused' 'there is no script(1)'
fi

# ---- all of it ----

check 0 '' '' 'rsenc-dump Ben >ben.rec'
ok 'the stream is what rsenc-pack writes of the sorted groups' cmp ben.rec sorted.rec
check 0 '' '' 'rsenc-load Again <ben.rec && rsenc-dump Again | cmp - ben.rec'
check 0 '' '*patches: 12 identical, 0 missing, 0 differ, 0 extra' 'rsenc-dump Ben | rsenc-verify -x Again'
check 0 '' '' 'rsenc-dump -k Ben | cmp - sorted.keys'
check 0 '' '*: Ben: 12 patches, [1-9]* bytes' 'rsenc-dump -v Ben >/dev/null'
check 0 '' '' 'rsenc-load -S single <ben.rec && rsenc-dump single | cmp - ben.rec'
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
check 0 '' '' 'rsenc-dump Ben "$third" "$first" "$third" | cmp - two.rec'
check 0 "$first
$third" '' 'rsenc-dump -k Ben "$third" "$first"'
check 0 '' '' 'printf "%s\n\n%s\n" "$third" "$first" | rsenc-dump --from=- Ben | cmp - two.rec'
check 0 '' '' 'sed -n "3p;1p" sorted.tsv | rsenc-dump -K - Ben | cmp - two.rec'
check 0 '' '' 'echo "$third" >third; rsenc-dump -K third Ben "$first" | cmp - two.rec'
check 1 '' '*nosuch: there is no such key in Ben' 'rsenc-dump Ben nosuch "$first" "$third" >part.rec'
ok 'the other keys are written, with an end marker' cmp part.rec two.rec
check 0 '?' '' 'rsenc-dump -K /dev/null Ben | tr "\n" ?'
check 0 '' '' 'rsenc-dump -k -K /dev/null Ben'
{ printf '%01030d\n' 0 && sed -n '1p;3p' sorted.keys; } >long.keys
check 1 '' '*long.keys: line 1: the key is longer*' 'rsenc-dump -K long.keys Ben >part.rec'
ok 'a bad key: the others are written' cmp part.rec two.rec
check 1 '' '*standard input: line 1 has no newline*' 'printf "%s" "$first" | rsenc-dump -K - Ben'
check 0 '' '' 'rsenc-dump -K sorted.keys Ben | rsenc-load Subset && rsenc-dump Subset | cmp - ben.rec'

# ---- one blob ----

sed -n 3p sorted.tsv | rsenc-pack >third.safetensors
check 0 '' '' 'rsenc-dump -b "$third" Ben | cmp - third.safetensors'
check 0 '' '' 'rsenc-dump Ben --blob="$third" | cmp - third.safetensors'
check 1 '' '*nosuch: there is no such key in Ben' 'rsenc-dump -b nosuch Ben'

# ---- keys of any bytes ----

printf '+5,10:a\tb\nc->\002\0\0\0\0\0\0\0{}\n+2,10:#x->\002\0\0\0\0\0\0\0{}\n+3,10:b\\c->\002\0\0\0\0\0\0\0{}\n\n' >odd.rec
rsenc-load Odd <odd.rec
check 0 '\\#x
a\\tb\\nc
b\\\\c' '' 'rsenc-dump -k Odd'
check 0 '' '' 'rsenc-dump Odd >odd.sorted; rsenc-dump -k Odd | rsenc-dump -K - Odd | cmp - odd.sorted'
odd='a\tb\nc' back='b\\c' bad='b\c'
export odd back bad
check 0 '' '' 'rsenc-dump Odd "$odd" "#x" "$back" | cmp - odd.sorted'
check 1 '' '*operands: line 1: a backslash must be*' 'rsenc-dump -k Odd "$bad"'

# ---- output that fails, signals, incomplete databases ----

check 1 '' '*rsenc-dump:*No space left*' 'rsenc-dump Ben >/dev/full'
check 1 '' '*rsenc-dump:*No space left*' 'rsenc-dump -k Ben >/dev/full'
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
records 50 300000 up 7 | rsenc-load -f Big
cat <&3 >>snapshot.rec
exec 3<&-
wait
ok 'a dump is of one moment' cmp snapshot.rec big.rec
check 0 '' '' 'rsenc-dump -k Big | wc -l | grep -qx 50'

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
check 1 '' '*the input was cut off*' 'rsenc-load Stopped <stopped.rec'

head -c 5000000 big.rec | rsenc-load Cut 2>/dev/null
kept=$(rsenc-dump -qk Cut | wc -l)
ok 'a load that was cut off leaves records' test "$kept" -gt 0
check 0 '' '*Cut: incomplete: a load into it was interrupted*' 'rsenc-dump Cut >/dev/null'
check 0 '' '' 'rsenc-dump -q Cut | rsenc-verify -qx Cut'

# ---- several databases and record files, as one ----

records 60 500 >all60.rec
rsenc-load All60 all60.rec
for part in 0 1 2; do
	rsenc-dump -k All60 | awk -v p=$part 'NR % 3 == p' | rsenc-dump -K - All60 >part$part.rec
done
rsenc-load Part0 part0.rec && rsenc-load -S part1.db part1.rec
check 0 '' '' 'rsenc-dump Part0 part1.db part2.rec | cmp - all60.rec'
check 0 '' '' 'rsenc-dump part2.rec Part0 part1.rec | cmp - all60.rec'
check 0 '' '' 'rsenc-dump -k Part0 part1.db part2.rec >keys60; rsenc-dump -k All60 | cmp - keys60'
check 0 '' '' 'rsenc-dump -K keys60 Part0 part1.db part2.rec | cmp - all60.rec'
check 0 '*?*+11,*' '' 'rsenc-dump part2.rec key00000001 && rsenc-dump Part0 part1.db part2.rec key00000001 key00000002'
check 0 '' '' 'rsenc-dump -b key00000001 Part0 part1.db part2.rec >one; rsenc-dump -b key00000001 All60 | cmp - one'
check 0 '' '' 'rsenc-dump -b key00000003 Part0 part1.db part2.rec >one; rsenc-dump -b key00000003 All60 | cmp - one'
check 1 '*' '*none: there is no such key in Part0, nor in the others' 'rsenc-dump Part0 part2.rec key00000001 none'
check 0 '' '' 'rsenc-dump Part0 All60 part1.rec | cmp - all60.rec'
records 60 500 up 9 >differ60.rec
check 1 '' '*key00000000: All60 and differ60.rec have different values: that of the first is written*' \
	'rsenc-dump All60 differ60.rec >first60.rec; s=$?; cmp first60.rec all60.rec; exit $s'
head -c $(($(wc -c <part2.rec) - 1)) part2.rec >unended60.rec
check 1 '' '*unended60.rec: the input was cut off: there is no end marker*' 'rsenc-dump Part0 unended60.rec'
check 0 '' '' 'rsenc-dump part0.rec part0.rec Part0 part1.rec part2.rec | cmp - all60.rec'
check 2 '' "*'-': standard input is no database: *" 'rsenc-dump - part0.rec <part1.rec'
check 0 '' '' 'for i in $(seq 100); do printf "\n" >empty60.$i; done; ulimit -Sn 32; rsenc-dump empty60.* part?.rec | cmp - all60.rec'
check 1 '' '*no60: there is no database*' 'rsenc-dump no60 Part0'

done_testing

#!/bin/sh
# Keys and lines that look like something else: what scan writes, the others read; what editors add
# is skipped.
. "${0%/*}/lib.sh"

fixture -b hydro hydro 1
tif=$(find "$tmp/hydro" -name '*.tif' | head -n 1)
mkdir odd
mark=$(printf '\357\273\277') cr=$(printf '\r') tab=$(printf '\t')
for stem in '#a' '##' 'b#' "${mark}c" "d$cr" "e\\n$tab" ' f' '+1,2:g'; do
	cp "$tif" "odd/$stem.tif"
done
names='B01,B02,B03,B04,B05,B06,B07,B08,B8A,B09,B11,B12'
printf 'any\t(.*)\t\\1\t%s\t0\n' "$names" >rules

# ---- a key that starts with '#', and others ----

rsenc-scan -f rules any odd >groups
is 'scan finds all' "$(wc -l <groups)" 8
is 'scan: no line is a comment' "$(grep -c '^#' groups)" 0
ok 'pack and load read all' sh -c 'rsenc-pack -r <groups | rsenc-load DB'
is 'all are stored' "$(rsenc-dump --keys DB | wc -l)" 8
check 0 '' '' 'rsenc-missing DB <groups'
check 0 '' '*8 identical, 0 missing, 0 differ' 'rsenc-pack -r <groups | rsenc-verify DB'
rsenc-dump --keys DB >keys
is 'dump -k writes keys as the lines have them' "$(sort keys)" "$(cut -f 1 groups | sort)"
is 'show does so, too' "$(rsenc-dump DB | rsenc-show | cut -f 1 | sort -u)" "$(sort keys)"
ok 'and all are found by them' sh -c 'rsenc-dump -K keys DB >some; rsenc-dump DB | cmp - some'
rsenc-dump -K - DB <<'E2' | rsenc-load Less
b#
E2
is 'missing passes on those that start so' "$(rsenc-missing Less <groups | cut -f 1 | sort)" "$(grep -v '^b#' keys | sort)"
is 'verify names them so' "$(rsenc-pack -r <groups | rsenc-verify -q Less | cut -f 1 | sort)" "$(grep -v '^b#' keys | sort)"
is 'a prefix before each key' "$(sed 's/^/train_/' groups | rsenc-pack -r | rsenc-show | cut -f 1 | sort -u | head -n 2)" 'train_ f
train_##'
check 0 '' '' "printf '# a comment\n\n' | rsenc-missing DB"

# ---- what editors add ----

printf 'k1\t%s=%s\nk2\t%s=%s\n' "$names" "$tif" "$names" "$tif" >plain
rsenc-pack -r <plain >plain.rec
{ printf '\357\273\277'; cat plain; } >marked
sed "s/\$/$cr/" plain >windows
{ printf '\357\273\277'; cat windows; } >both
for file in marked windows both; do
	ok "$file: the same records" sh -c "rsenc-pack -r <$file | cmp - plain.rec"
	is "$file: missing passes on plain lines" "$(rsenc-missing Less <$file)" "$(cat plain)"
done
rsenc-load Two <plain.rec
printf '\357\273\277k1\r\nk2\r\n' >keys
ok 'keys for rsenc-dump -K' sh -c 'rsenc-dump -K keys Two | cmp - plain.rec'
{ printf '\357\273\277'; cat rules; } >marked.rules
ok 'rules' sh -c 'rsenc-scan -f marked.rules any odd | cmp - groups'
sed "s/\$/$cr/" rules >windows.rules
ok 'rules of Windows' sh -c 'rsenc-scan -f windows.rules any odd | cmp - groups'
printf 'AppleDouble' >odd/._b.tif
check 0 '*' '' 'rsenc-scan -f rules any odd | cmp - groups'

done_testing

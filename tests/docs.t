#!/bin/sh
# What -h prints, the manual pages and the README agree; an option letter has one meaning everywhere; no words of a dialect.
. "${0%/*}/lib.sh"

# options_of COMMAND: its options as -h prints them, "x name" or "- name" for each
options_of() {
	"$1" -h | sed -n 's/^ \{2,6\}\(-\(.\), \)\{0,1\}--\([a-z0-9-]*\).*/\2 \3/p' | sed 's/^ /- /'
}

# synopsis_of PAGE: the flags of its SYNOPSIS, one per line: "x" or "-name"
synopsis_of() {
	sed -n '/^\.Sh SYNOPSIS/,/^\.Sh DESC/p' "$1" | sed 's/Fl Fl \([a-z-]*\)/Fl -\1/g; s/Fl -\([a-zA-Z-]*\) Ns.*/Fl -\1/' |
		tr ' ' '\n' | awk 'flag { if ($0 ~ /^-/) print; else for (i = 1; i <= length($0); i++) print substr($0, i, 1) }
			{ flag = $0 ~ /^\.?Fl$/ }'
}

# The meaning of each letter, as rsenc(7) tables it.
sed -n 's/^\.It Fl \(.\) Ta Fl Fl \([a-z-]*\) Ta.*/\1 \2/p' "$top/man/rsenc.7" >letters
is 'rsenc(7) tables the letters' "$(wc -l <letters)" 15
for command in "$BIN"/rsenc-* "$BIN"/rs-tensor-encoder; do
	name=${command##*/} page=$top/man/${command##*/}.1
	options_of "$command" | sort >options
	is "$name: letters mean the same as everywhere" \
		"$(awk 'NR == FNR { name[$1] = $2; next } $1 in name && name[$1] != $2' letters options)" ''
	missing=
	while read -r letter long; do
		grep -q -e "^\.It.*Fl Fl $long\\b" -e "^\.It.*Fl -$long\\b" "$page" || missing="$missing --$long"
		[ "$letter" = - ] || grep -q "^\.It.*Fl $letter\\b" "$page" || missing="$missing -$letter"
	done <options
	is "$name: each option has an entry in its page" "$missing" ''
	missing=
	synopsis_of "$page" >synopsis
	"$command" -h | sed '/^ *-.,* --/,$d' >usage
	while read -r letter long; do
		case $long in help | version) continue ;; esac
		if [ "$letter" = - ]; then
			grep -q -x -e "-$long" synopsis || missing="$missing page:--$long"
			grep -q -e "--$long" usage || missing="$missing usage:--$long"
		else
			grep -q -x -e "$letter" synopsis || missing="$missing page:-$letter"
			grep -q -e "-[A-Za-z]*$letter" usage || missing="$missing usage:-$letter"
		fi
	done <options
	is "$name: the usage lines and the synopsis have all options" "$missing" ''
	is "$name: -h fits a screen" "$("$command" -h | awk 'length > 100' | head -n 3)" ''
done

for page in "$top"/man/*.[1-8]; do
	self=$(sed -n 's/^\.Dt \([^ ]*\) \([0-9]\).*/\1 \2/p' "$page" | tr '[:upper:]' '[:lower:]')
	sed -n 's/^\.Xr \([^ ]*\) \([0-9]\).*/\1 \2/p' "$page" | sort -u >used
	sed -n '/^\.Sh SEE ALSO/,$p' "$page" | sed -n 's/^\.Xr \([^ ]*\) \([0-9]\).*/\1 \2/p' | sort -u >listed
	is "${page##*/}: SEE ALSO lists each page that is named" "$(comm -23 used listed | grep -v -x "$self")" ''
done

# Each dataset is in the README's tables, and no table has another one.
rsenc-scan -l | cut -f 1 | sort -u >rules
# shellcheck disable=SC2016
sed -n '/^## Datasets/,/^### /s/^|[^|]*|\(.*\)|$/\1/p' "$top/README.md" | grep -o '`[a-z0-9-]*`' | tr -d '`' |
	sort -u >listed
is "the README's datasets are those of rsenc-scan -l" "$(diff rules listed)" ''
rsenc-scan -l | awk -F '\t' '{ n[$1] = $5 > n[$1] ? $5 : n[$1] } END { for (rule in n) print rule, n[rule] ? n[rule] : "" }' |
	sort >rules
sed -n 's/^\.It Li \([^ ]*\) Ta \([0-9]*\).*/\1 \2/p' "$top/man/rsenc-scan.1" | sort >listed
is 'the table of rsenc-scan(1) has the datasets of rsenc-scan -l, with their numbers' "$(diff rules listed)" ''

have mandoc || skip 'no example wraps' 'needs mandoc'
# An example that wraps in a terminal of 80 columns cannot be pasted.
! have mandoc || for page in "$top"/man/*.[1-8]; do
	for width in 78 1000; do
		mandoc -Tascii -O width=$width "$page" | sed -n 's/.\x08//g; s/^ *\(\$ .*\)/\1/p' >commands.$width
	done
	is "${page##*/}: no example wraps in 80 columns" "$(diff commands.78 commands.1000)" ''
done

# The manual as web pages: each page, and no link to one that is not there.
if have mandoc; then
	ok 'make html' env MAKEFLAGS= make -s -C "$top" B="$tmp/build" PROBE=true html
	is 'a page for each' "$(find build/html -name 'rs*.html' | wc -l)" "$(find "$top/man" -name 'rs*.[157]' | wc -l)"
	is 'links lead to pages' "$(grep -oh 'href="rs[^":#]*' build/html/*.html | sed 's/href="//' | sort -u |
		while read -r page; do [ -z "$page" ] || [ -s "build/html/$page" ] || echo "$page"; done)" ''
else
	skip 'make html' 'needs mandoc'
fi

# Words that readers stumble over.
words='\btold\b|\bmends?\b|\bmended\b|\bgoes on\b|\bgo on\b|\bis no \b|\banew\b|\bleft out\b|\btaken back\b|\bcomes? twice\b'
is 'no words of the dialect' "$(cd "$top" && grep -niE "$words" cmd/*.[ch] cmd/*.sh cmd/slurm/* cmd/examples/* \
	common/*/*.[ch] common/README.md man/*.[1-8] README.md NEWS tests/*.sh tests/*.t tests/*/*.[ch] | grep -v '^tests/docs.t:')" ''

# ---- make bench: a missed target is printed as missed ----
printf '%s\n' 'a	1	1' 'a	1	1' 'a	4.2	1' 'b	1	1' 'b	1	1' 'b	1	1' 'c	5' >results
while IFS='|' read -r kind target verdict; do
	echo "$kind|what|a|against|b|$target" >row
	is "bench: $kind $target" "$(awk -v cache=warm -f "$top/tests/bench/table.awk" results row | sed -n '$s/.*| \(.*\) |$/\1/p')" "$verdict"
done <<'E2'
time|<= 1.1|met, missed in 1 of 3 rounds
time|warm <= 0.9|**not met**, missed in 3 of 3 rounds
time|cold <= 0.9|
time||
rate|>= 1|met
rate|>= 1.1|**not met**, missed in 2 of 3 rounds
peak|<= 0.9 MiB|**not met**
peak|<= 1 MiB|met
E2

done_testing

#!/bin/sh
# Shell completion: what is offered in bash and zsh.
. "${0%/*}/lib.sh"

# LeakSanitizer stops a process as a debugger does, and zsh wakes what it has started: it would
# wait for ever.
export ASAN_OPTIONS="${ASAN_OPTIONS-}:detect_leaks=0"

completion=$top/cmd/completion
mkdir roots && : >rules.tsv

# bash WANTED WORD...: what is offered for the last word, sorted
cat >ask.bash <<'E2'
. "$1"; shift
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
_rsenc "$1" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
printf '%s\n' "${COMPREPLY[@]}" | LC_ALL=C sort | paste -s -d ' ' -
E2
offers() {
	wanted=$1
	shift
	is "bash: $*" "$(bash ask.bash "$completion/rsenc.bash" "$@" 2>&1)" "$wanted"
}

if have bash; then
	offers 'bigearthnet bigearthnet-maps bigearthnet-s1 bigearthnet-s2 bigearthnetv1 bigearthnetv1-s1 bigearthnetv1-s2' rsenc-scan big
	offers 'bigearthnet bigearthnet-maps bigearthnet-s1 bigearthnet-s2 bigearthnetv1 bigearthnetv1-s1 bigearthnetv1-s2' rsenc-scan -c -j 4 big
	offers 'hydro' rsenc-scan --jobs = 4 -q hyd
	offers 'roots rules.tsv' rsenc-scan bigearthnet r
	offers 'roots rules.tsv' "$BIN/rsenc-scan" hydro r
	offers 'uc-merced' rsenc-untar -k uc-
	offers 'roots rules.tsv' rsenc-untar bigearthnet r
	offers 'rules.tsv' rsenc-scan -f ru
	# A directory that is called as a dataset is gets no slash behind it.
	like 'bash: a dataset is not a file name' "$(bash -c 'compopt() { echo "$@"; }; . "$1"
		COMP_WORDS=(rsenc-scan hyd) COMP_CWORD=1; _rsenc rsenc-scan hyd rsenc-scan' bash "$completion/rsenc.bash" 2>&1 | tail -n 1)" '+o filenames'
	offers 'rules.tsv' rsenc-scan --rules = ru
	offers '' rsenc-scan -j ''
	offers '--quiet' rsenc-scan --q
	offers 'roots rules.tsv' rsenc-load --replace r
	offers '--single-file --skip --sync' rsenc-load --s
	offers 'roots' rsenc-pack -o r
	offers 'rules.tsv' rsenc-dump -K ru
	offers '--hydro-root --hyspecnet --hyspecnet-11k-root' rs-tensor-encoder --hy
	offers '--bigearthnet-maps-root --bigearthnet-root --bigearthnet-s1-root --bigearthnet-s2-root --bigearthnetv1-root --bigearthnetv1-s1-root --bigearthnetv1-s2-root' "$BIN/rs-tensor-encoder" --big
	offers '--verbose --verify --version' rs-tensor-encoder --ver
	offers 'roots rules.tsv' rs-tensor-encoder --hydro-root r
	offers 'roots rules.tsv' rs-tensor-encoder --hydro-root = r
	offers 'rules.tsv' rs-tensor-encoder -f ru
	offers 'load' rsenc l
	offers 'tensor-encoder' "$BIN/rsenc" t
	offers 'bigearthnet bigearthnet-maps bigearthnet-s1 bigearthnet-s2 bigearthnetv1 bigearthnetv1-s1 bigearthnetv1-s2' rsenc scan -c big
	offers 'roots' rsenc pack -o r
	offers '--hydro-root --hyspecnet --hyspecnet-11k-root' rsenc tensor-encoder --hy
	mkdir one && ln -s "$BIN/rsenc" one/ # one executable without its links: the others are on the PATH
	offers 'hydro' one/rsenc scan hyd
	for command in "$BIN"/rsenc-* "$BIN"/rs-*; do
		command=${command##*/}
		ok "bash completes $command" bash -c ". '$completion/rsenc.bash' && complete -p $command"
		ok "zsh completes $command" grep -q "^#compdef .*$command" "$completion/_rsenc"
		like "bash offers the options of $command" \
			"$(bash ask.bash "$completion/rsenc.bash" "$command" -)" '*--help*--quiet*--verbose*'
	done
else
	skip 'completion for bash' 'bash is not installed'
fi

# ---- no option is forgotten: those of the tables in the sources, and what they take ----

# table COMMAND: the long options in its source, and in other files with rows
table() {
	{
		cat "$top/cmd/$1.c"
		for row in packing.h:PACKING_OPTIONS datasets.h:DATASETS_OPTION; do
			! grep -q "${row#*:}" "$top/cmd/$1.c" || cat "$top/cmd/${row%:*}"
		done
		echo "{'h', \"help\", {'V', \"version\","
	} | tr -d '\\\n' | grep -oE "[{]\s*('.'|0),\s*\"[a-z0-9-]+\"," | sed -E 's/.*"(.*)",/--\1/' | sort -u
}
# What the values of options are called. One that is a file or directory must be known to
# cmd/completion as such: a new word is put here when it is.
known='CLASSES COLUMN COLUMNS COMMAND DIR FD FILE INDEX KEY LIST LO,HI N NAME PATH PREFIX RULES SIZE VALUE WHAT ZOOM'
for command in "$BIN"/rsenc-*; do
	command=${command##*/}
	table "$command" >wanted
	ok "$command: its table is read" test "$(wc -l <wanted)" -ge 4
	! have bash || is "bash offers every option of $command" \
		"$(bash ask.bash "$completion/rsenc.bash" "$command" -- | tr ' ' '\n' | diff - wanted)" ''
	is "$command: the values of its options are known" "$("$command" -h |
		sed -nE 's/^ {2,6}(-., )?--[a-z0-9-]+=([^ ]*) .*/\2/p' | sed 's/.*[=:[]//; s/]//' |
		while read -r word; do case " $known " in *" $word "*) ;; *) echo "$word" ;; esac; done)" ''
done
# The script reads its options itself: what it takes stands in its help.
sed -nE '/^while .*#/,/^done/s/^\t*((-. \| )?(--[a-z-]+))\).*/\3/p' "$top/cmd/rs-tensor-encoder.sh" |
	grep -v -e '--hyspecnet' | sort >wanted
ok 'rs-tensor-encoder: its options are read' test "$(wc -l <wanted)" -ge 10
is 'rs-tensor-encoder -h tells every option' "$(rs-tensor-encoder -h | grep -oE '^ +(-., )? *--[a-z-]+' |
	sed 's/.* //' | sort | diff - wanted | grep '>')" ''

# What zsh gets: a line for each option and operand.
cat >ask.zsh <<'E2'
_arguments() { print -rl -- "$@" }
service=$2 words=("${@:2}") CURRENT=$#
. $1
E2
specs() {
	zsh -f ask.zsh "$completion/_rsenc" "$@"
}
if have zsh; then
	specs rsenc-scan >scan
	like 'zsh: an option with a file' "$(grep '^[*]--rules' scan)" '?--rules=\[read rules*\]:RULES:_files'
	like 'zsh: its short form' "$(grep '^[*]-f' scan)" '?-f+\[read rules*\]:RULES:_files'
	like 'zsh: an option without a value' "$(grep '^--check' scan)" '--check\[*\]'
	for command in "$BIN"/rsenc-*; do
		command=${command##*/}
		table "$command" >wanted
		is "zsh offers every option of $command" \
			"$(specs "$command" | grep -oE '^[*]?--[a-z0-9-]+' | tr -d '*' | sort -u | diff - wanted)" ''
	done
	like 'zsh: datasets' "$(grep ^1 scan)" '1:dataset:_rsenc_dataset'
	like 'zsh: an option with a directory' "$(specs rsenc-pack | grep -e '--output')" '*:DIR:_files -/'
	is 'zsh: rsenc scan is rsenc-scan' "$(specs rsenc scan '')" "$(specs rsenc-scan '')"
	like 'zsh: commands' "$(specs rsenc | grep '^1')" '1:command:(tensor-encoder *scan*view)'
	like 'zsh: roots of datasets' "$(specs rs-tensor-encoder | grep -e '--bigearthnet-s1-root')" '?--bigearthnet-s1-root=*:_files'
else
	skip 'completion for zsh' 'zsh is not installed'
fi

done_testing

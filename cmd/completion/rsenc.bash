# shellcheck shell=bash
# Completion of the rsenc commands for bash, installed under the name of each. What options there
# are, and what they take, comes from the text that a command prints with -h.

# _rsenc_ask COMMAND ARGUMENT...: what it says; by rsenc, where only that is there
_rsenc_ask() {
	local name=${1##*/}
	if [[ -n $(type -P "$1") ]]; then
		"$@" 2>/dev/null
	else
		"${1%"$name"}rsenc" "$name" "${@:2}" 2>/dev/null
	fi
}

# _rsenc_options COMMAND: its options, a line each, as "-f, --rules RULES" or "--sync"
_rsenc_options() {
	_rsenc_ask "$1" -h | sed -n 's/^ \{2,6\}\(-., \)\{0,1\}\(--[a-z0-9-]*\)[= ]\{0,1\}\([^ ]*\) .*/\1\2 \3/p'
}

# _rsenc_value COMMAND OPTION: what the option takes, as its help names it (FILE, DIR, N); status
# 1 if it takes nothing.
_rsenc_value() {
	_rsenc_options "$1" | awk -v option="$2" '
		{ sub(/,/, "") }
		($1 == option || $2 == option) && $NF ~ /^[A-Z]/ { print $NF; found = 1 }
		END { exit !found }'
}

# _rsenc_datasets SCANNER: the names of all rules, and what several of them begin with
_rsenc_datasets() {
	_rsenc_ask "$1" -l | cut -f 1 | uniq | awk '
		{ print; part = $0; while (sub(/-[^-]*$/, "", part)) count[part]++ }
		END { for (part in count) if (count[part] > 1) print part }'
}

# _rsenc_operands COMMAND: the number of operands before the word at hand
_rsenc_operands() {
	local i count=0 word
	for ((i = 1; i < COMP_CWORD; i++)); do
		word=${COMP_WORDS[i]}
		case $word in
		-*=* | =) ;;
		-*) [[ ${COMP_WORDS[i + 1]} != "=" ]] && _rsenc_value "$1" "$word" >/dev/null && ((i++)) ;;
		*) [[ ${COMP_WORDS[i - 1]} == "=" ]] || ((count++)) ;;
		esac
	done
	echo "$count"
}

_rsenc() {
	local command=$1 word=$2 before=$3 scanner value line words=()
	scanner=${command%"${command##*/}"}rsenc-scan
	COMPREPLY=()
	if [[ ${command##*/} == rsenc ]] && ((COMP_CWORD > 1)); then
		# As of the command that it starts.
		case ${COMP_WORDS[1]} in
		tensor-encoder) command=${command%rsenc}rs-tensor-encoder ;;
		rs-* | rsenc-*) command=${command%rsenc}${COMP_WORDS[1]} ;;
		*) command+=-${COMP_WORDS[1]} ;;
		esac
		COMP_WORDS=("$command" "${COMP_WORDS[@]:2}")
		((COMP_CWORD--))
	fi
	# bash takes '=' for a word.
	if [[ $word == "=" ]]; then
		word=
	elif [[ $before == "=" ]]; then
		before=${COMP_WORDS[COMP_CWORD - 2]}
	fi
	case $before in
	--*-root | --hyspecnet) value=FILE ;; # a directory or an archive
	-?*) value=$(_rsenc_value "$command" "$before") ;;
	esac
	compopt -o filenames 2>/dev/null
	if [[ -n $value ]]; then
		case $value in
		FILE | RULES) words=(-f) ;;
		DIR) words=(-d) ;;
		*) return ;;
		esac
	elif [[ $word == -* ]]; then
		compopt +o filenames 2>/dev/null
		line=$(_rsenc_options "$command" | grep -o -e '--[a-z0-9-]*')
		[[ ${command##*/} != rs-tensor-encoder ]] ||
			line+=" --hyspecnet "$(_rsenc_datasets "$scanner" | sed 's/.*/--&-root/')
		words=(-W "$line")
	else
		case ${command##*/} in
		rsenc-scan | rsenc-untar)
			words=(-f) # directories and archives
			if [[ $(_rsenc_operands "$command") -eq 0 ]]; then
				# A directory may be called as a dataset is: that is no reason for a slash.
				compopt +o filenames 2>/dev/null
				words=(-W "$(_rsenc_datasets "$scanner")")
			fi
			;;
		rsenc)
			compopt +o filenames 2>/dev/null
			words=(-W "$(_rsenc_ask "$command" -h | sed -n 's/^  \([a-z][a-z-]*\)  .*/\1/p')")
			;;
		rsenc-pack) return ;; # lines
		rs-tensor-encoder) words=(-d) ;;
		*) words=(-f) ;;
		esac
	fi
	while IFS= read -r line; do
		COMPREPLY+=("$line")
	done < <(compgen "${words[@]}" -- "$word")
}

complete -F _rsenc rsenc rsenc-scan rsenc-join rsenc-pack rsenc-untar rsenc-load rsenc-dump rsenc-missing \
	rsenc-verify rsenc-show rsenc-view rs-tensor-encoder

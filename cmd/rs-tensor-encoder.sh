#!/bin/sh
# rs-tensor-encoder: datasets of TIFF patches to one LMDB database, in one call of rsenc-scan,
# rsenc-missing, rsenc-pack and rsenc-load.
set -u

self=rs-tensor-encoder
quiet='' verbose='' keep_going='' verify='' rules=''
jobs=0
tmp='' packer='' loader='' reaped='' # process ids
left_out=0                           # something was left out with --keep-going
begin=$(date +%s)

usage() {
	cat <<'HELP'
usage: rs-tensor-encoder [-kqv] [-j N] [-f RULES] [--verify] --DATASET-root DIR... TARGET
Finds the patches of datasets and stores them as safetensors in the LMDB database TARGET. What
TARGET holds already is skipped: after an interruption the same command goes on.

      --DATASET-root DIR      where a dataset lies (also --DATASET-root=DIR), such as
                              --bigearthnet-s1-root, --bigearthnet-s2-root,
                              --bigearthnet-maps-root, --hyspecnet-root (or --hyspecnet)
  -f, --rules FILE            rules of your own datasets, see rsenc-scan(1)
  -j, --jobs N                threads that read patches (0: all cores, the default)
  -k, --keep-going            leave out incomplete and bad patches; the exit status is 1 then
      --verify                at the end, read all patches again and compare
  -q, --quiet                 only errors
  -v, --verbose               summaries, and a line of progress every 30 s
  -h, --help                  this text
  -V, --version               the version

HELP
	{ echo Datasets: && rsenc-scan -l 2>/dev/null | cut -f 1 | uniq; } | paste -s -d ' ' - | fold -s -w 98
}

# ---- messages ----

say() {
	printf '%s: %s\n' "$self" "$1" >&2
}

tell() {
	[ -n "$quiet" ] || say "$1"
}

die() {
	say "$1"
	exit 1
}

wrong_usage() {
	say "$1 (-h shows the options)"
	exit 2
}

# ---- ending ----

clean_up() {
	[ -z "$tmp" ] || rm -rf "$tmp"
}

# The stages don't get the terminal's SIGINT (a shell starts its background processes so), and are
# asked to stop here. A process that was started a moment ago may be known as $! only.
stop_stages() {
	for process in $packer $loader ${!-}; do
		[ "$process" = "$reaped" ] || kill -s TERM "$process" 2>/dev/null
	done
}

# stopped NUMBER: upon a signal. A second one makes the stages end at once.
stopped() {
	trap stop_stages HUP INT TERM
	stop_stages
	until wait; do :; done
	say 'stopped: the same command again goes on'
	exit $((128 + $1))
}

# await PROCESS: its exit status in $status
await() {
	wait "$1"
	status=$?
}

# ---- the commands that do the work ----

# The commands lie beside this script, which may have been called through a symbolic link, or are
# found as others are.
find_commands() {
	file=$0
	while [ -h "$file" ]; do
		link=$(readlink "$file") || break
		case $link in
		/*) file=$link ;;
		*) file=$(dirname "$file")/$link ;;
		esac
	done
	here=$(cd "$(dirname "$file")" && pwd) && PATH=$here:$PATH
}

check_commands() {
	for one in rsenc-scan rsenc-missing rsenc-pack rsenc-load ${verify:+rsenc-verify}; do
		command -v "$one" >/dev/null ||
			die "$one is neither in $here nor on the PATH: is rsenc built, or installed?"
	done
}

# scan_rules DATASET: whether there is such a dataset
scan_rules() {
	rsenc-scan -l ${rules:+-f "$rules"} -- "$@" >/dev/null
}

# ---- before anything is scanned ----

check_roots() {
	[ -z "$rules" ] || [ -f "$rules" ] || die "--rules: $rules: there is no such file"
	scan_rules || exit 1
	while [ $# -gt 0 ]; do
		scan_rules "$1" 2>/dev/null ||
			wrong_usage "there is no dataset '$1': 'rsenc-scan -l' lists them"
		[ -d "$2" ] || die "$1: $2: there is no such directory"
		shift 2
	done
}

check_target() {
	rsenc-load --check -- "$target" || exit 1
	rsenc-missing ${quiet:+-q} -- "$target" </dev/null || exit 1
}

# ---- what to do ----

# scan DATASET DIR
scan() {
	before=$(wc -l <"$tmp/groups")
	# shellcheck disable=SC2086
	rsenc-scan $quiet $verbose ${rules:+-f "$rules"} -- "$1" "$2" >>"$tmp/groups" &
	await $!
	reaped=$!
	[ "$status" -le 1 ] || exit "$status"
	[ "$(wc -l <"$tmp/groups")" -gt "$before" ] ||
		die "$1: no patch was found in $2: nothing was written"
	[ "$status" -eq 0 ] && return
	[ -n "$keep_going" ] ||
		die "$1: nothing was written: mend what is named above, or leave it out with --keep-going"
	left_out=1
}

# Each step has a status of its own, unlike in a pipe.
check_keys() {
	if ! cut -f 1 "$tmp/groups" >"$tmp/keys" || ! LC_ALL=C sort -o "$tmp/keys" "$tmp/keys" ||
		! uniq -d "$tmp/keys" >"$tmp/twice"; then
		die "$tmp: can't list the keys there"
	fi
	[ -s "$tmp/twice" ] || return 0
	head -n 3 "$tmp/twice" >"$tmp/first"
	awk -F '\t' 'NR == FNR { want[$1]; next }
		$1 in want { sub(/^[^=]*=/, "", $2); print $1 ": " $2 }' "$tmp/first" "$tmp/groups" |
		LC_ALL=C sort | while read -r line; do say "$line"; done
	die "$(($(wc -l <"$tmp/twice"))) keys come twice, such as these: nothing was written: give each dataset once"
}

# list_missing: those groups that the target does not hold, in $tmp/missing
list_missing() {
	rsenc-missing -q -- "$target" <"$tmp/groups" >"$tmp/missing" || exit 1
	missing=$(($(wc -l <"$tmp/missing")))
}

# ---- the pipes: a FIFO instead of a pipe, so that each stage's status is known. Both of its ends are
# open before a stage is started: one that dies at once leaves none that waits for it ----

# pipe GROUPS COMMAND...: packs the groups and runs the command on the records
pipe() {
	groups=$1
	shift
	exec 3<>"$tmp/records"
	exec 4<"$tmp/records"
	exec 5>"$tmp/records" 3<&-
	# shellcheck disable=SC2086
	rsenc-pack -r $quiet $keep_going -j "$jobs" <"$groups" >&5 4<&- 5>&- &
	packer=$!
	"$@" <&4 4<&- 5>&- &
	loader=$!
	exec 4<&- 5>&-
	await "$packer"
	packed=$status
	await "$loader"
	reaped=$! packer='' loader=''
	loaded=$status
}

load() {
	# shellcheck disable=SC2086
	pipe "$tmp/missing" rsenc-load $quiet $verbose -s -n "$missing" -- "$target"
	if [ "$packed" -eq 1 ] && [ "$loaded" -eq 0 ] && [ -n "$keep_going" ]; then
		left_out=1
	elif [ "$packed" -eq 1 ]; then
		die "$target: stopped at the patch that is named above: mend it and give the same command again to go on, or leave it out with --keep-going"
	elif [ "$packed" -ne 0 ] || [ "$loaded" -ne 0 ]; then
		die "$target: not finished (rsenc-pack: status $packed, rsenc-load: status $loaded): the same command again goes on"
	fi
}

verify() {
	tell "$target: comparing with the files"
	# shellcheck disable=SC2086
	pipe "$tmp/groups" rsenc-verify $quiet $verbose -n "$total" -- "$target"
	[ "$loaded" -eq 0 ] || die "$target: the values are not those of the files, or could not be compared"
	[ "$packed" -eq 0 ] || [ -n "$keep_going" ] || die "$target: not all files could be read again"
}

summarise() {
	list_missing
	# shellcheck disable=SC2012 # wc -c may read it all
	bytes=$(ls -ln -- "$target/data.mdb" | awk '{ print $5 }')
	tell "$target: $((total - missing)) groups ($((total - missing - there)) new), $bytes bytes, $(($(date +%s) - begin)) s"
	[ "$left_out" -eq 0 ] || die "$target: what is named above was left out: the same command tries it again"
	[ "$missing" -eq 0 ] || die "$target: $missing groups are still missing"
}

# ---- options ----

# number_of_jobs VALUE
number_of_jobs() {
	case $1 in
	'' | *[!0-9]* | ?????*) wrong_usage "--jobs: '$1' is not a whole number (0 to 1024)" ;;
	esac
	[ "$1" -le 1024 ] || wrong_usage "--jobs: '$1' is too large (0 to 1024)"
	jobs=$1
}

find_commands
trap clean_up EXIT
trap 'stopped 1' HUP
trap 'stopped 2' INT
trap 'stopped 15' TERM

# Every argument is taken from the front; datasets and their roots are put at the end.
target='' only_operands=''
left=$#
while [ "$left" -gt 0 ]; do
	argument=$1
	shift
	left=$((left - 1))
	value=''
	# A value of its own, or the next argument.
	case $only_operands$argument in
	--*=*)
		value=${argument#*=}
		argument=${argument%%=*}
		case $argument in
		--*-root | --hyspecnet | --rules | --jobs) ;;
		*) wrong_usage "there is no option $argument with a value" ;;
		esac
		;;
	-[jf]?*)
		value=${argument#-?}
		argument=${argument%"$value"}
		;;
	--*-root | --hyspecnet | --rules | --jobs | -f | -j)
		[ "$left" -gt 0 ] || wrong_usage "$argument: its value is missing"
		value=$1
		shift
		left=$((left - 1))
		;;
	esac
	case $only_operands$argument in
	--) only_operands=' ' ;;
	--hyspecnet) set -- "$@" hyspecnet-11k "$value" ;;
	--?*-root)
		argument=${argument#--}
		set -- "$@" "${argument%-root}" "$value"
		;;
	-f | --rules)
		[ -z "$rules" ] || wrong_usage "$argument: given twice: join the files"
		[ -n "$value" ] || wrong_usage "$argument: the name of the file is empty"
		rules=$value
		;;
	-j | --jobs) number_of_jobs "$value" ;;
	-k | --keep-going) keep_going=-k ;;
	-q | --quiet) quiet=-q ;;
	-v | --verbose) verbose=-v ;;
	--verify) verify=1 ;;
	-h | --help)
		usage
		exit
		;;
	-V | --version)
		echo "$self @VERSION@"
		exit
		;;
	-[kqv]?*)
		rest=${argument#-?}
		set -- "${argument%"$rest"}" "-$rest" "$@"
		left=$((left + 2))
		;;
	-?*) wrong_usage "there is no option $argument" ;;
	*)
		[ -z "$target" ] || wrong_usage "one target, not '$argument' too"
		target=$argument
		;;
	esac
done
[ $# -gt 0 ] || wrong_usage 'no dataset: give --DATASET-root DIR'
[ -n "$target" ] || wrong_usage 'which database? TARGET is missing'

# ---- the run ----

check_commands
check_roots "$@"
check_target
tmp=$(mktemp -d "${TMPDIR:-/tmp}/$self.XXXXXX") || exit 1
mkfifo "$tmp/records" || exit 1
: >"$tmp/groups" || exit 1
while [ $# -gt 0 ]; do
	scan "$1" "$2"
	shift 2
done
check_keys
total=$(($(wc -l <"$tmp/groups")))
list_missing
there=$((total - missing))
[ "$there" -eq 0 ] || tell "$target: $there of $total groups are there already"
load
[ -z "$verify" ] || verify
summarise

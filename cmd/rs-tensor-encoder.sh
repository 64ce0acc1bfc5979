#!/bin/sh
# rs-tensor-encoder: datasets of TIFF patches to one LMDB database, in one call of rsenc-scan,
# rsenc-missing, rsenc-pack and rsenc-load.
set -u

self=rs-tensor-encoder
quiet='' verbose='' keep_going='' verify='' rules='' filter='' sync='' dry_run='' space_check=1
jobs=0
tmp='' packer='' loader='' reaped='' # process ids
loading=''                           # rsenc-load is at work
left_out=0                           # something was left out with --keep-going
begin=$(date +%s)

usage() {
	cat <<'HELP'
usage: rs-tensor-encoder [-knqv] [-j N] [-f RULES] [--filter COMMAND] [--sync] [--verify]
                         --DATASET-root PATH... TARGET
Finds the patches of datasets and stores them as safetensors in the LMDB database TARGET. What
TARGET holds already is skipped: after an interruption the same command goes on.

      --DATASET-root PATH     where a dataset lies (also --DATASET-root=PATH): a directory, or the
                              archive that was downloaded (.tar, .tar.zst, .tar.gz, .zip ...);
                              such as --bigearthnet-s1-root, --bigearthnet-s2-root,
                              --bigearthnet-maps-root, --hyspecnet-root (or --hyspecnet)
  -f, --rules FILE            rules of your own datasets, see rsenc-scan(1)
      --filter COMMAND        a shell command that the group lines go through, such as
                              'grep T33UUP' or 'rsenc-join ...'
  -j, --jobs N                threads that read patches (0: all cores, the default)
  -k, --keep-going            leave out incomplete and bad patches; the exit status is 1 then
  -n, --dry-run               say what would be done, and how much disk it takes
      --no-space-check        begin even if the disk seems too small
      --sync                  sync each batch to disk, see rsenc-load(1)
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

# quote WORD...: the words as a shell takes them
quote() {
	for word; do
		case $word in
		'' | *[!A-Za-z0-9_./=,:@%+-]*)
			printf "'%s' " "$(printf '%s' "$word" | sed "s/'/'\\\\''/g")"
			;;
		*) printf '%s ' "$word" ;;
		esac
	done
}

# human BYTES: 4.8 GB
human() {
	echo "$1" | awk '{
		split("B kB MB GB TB PB", unit, " ")
		for (i = 1; $1 >= 999.5 && i < 6; i++)
			$1 /= 1000
		printf(i > 1 && $1 < 9.95 ? "%.1f %s" : "%.0f %s", $1, unit[i])
	}'
}

# patches N: "1 patch", "3 patches"
patches() {
	[ "$1" -eq 1 ] && echo '1 patch' || echo "$1 patches"
}

# ---- ending ----

clean_up() {
	[ -z "$tmp" ] || rm -rf "$tmp"
}

# A shell starts its background processes so that they don't get the terminal's SIGINT; they are
# asked to stop here. A process that was started a moment ago may be known as $! only.
stop_stages() {
	for process in $loader $packer ${!-}; do
		[ "$process" = "$reaped" ] || kill -s TERM "$process" 2>/dev/null
	done
}

# stopped NUMBER: upon a signal. The stages are asked once, however often the signal comes (a batch
# system sends it to all processes, and again): the loader syncs what is whole, which takes its time.
stopped() {
	trap '' HUP INT QUIT TERM
	stop_stages
	wait
	# It is told once: a loader has done it, with what it kept.
	[ -n "$loading" ] || say "stopped. To go on: $RSENC_RESUME"
	exit $((128 + $1))
}

# await PROCESS: its exit status in $status
await() {
	wait "$1"
	status=$?
}

# ---- the commands that do the work ----

make_tmp() {
	[ -n "$tmp" ] || tmp=$(mktemp -d "${TMPDIR:-/tmp}/$self.XXXXXX") || exit 1
}

# The commands lie beside this script, which may have been called through a symbolic link, or are
# found as others are. Where all are one executable, and this text inside it, that one makes links.
find_commands() {
	if [ -n "${RSENC_ONE_FILE-}" ]; then
		make_tmp
		here=$tmp/commands PATH=$tmp/commands:$PATH
		"$RSENC_ONE_FILE" --unfold "$here" || exit 1
		unset RSENC_ONE_FILE
		return
	fi
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
	for one in rsenc-scan rsenc-missing rsenc-pack rsenc-load ${verify:+rsenc-verify} ${streams:+rsenc-untar}; do
		command -v "$one" >/dev/null ||
			die "$one is neither in $here nor on the PATH: is rsenc built, or installed?"
	done
}

# has_dataset NAME: whether there are rules of that name; without a name, whether the rules can be read
has_dataset() {
	rsenc-scan -l ${rules:+-f "$rules"} -- "$@" >/dev/null
}

# ---- archives ----

# is_compressed PATH: whether it is an archive that is read once, as it is unpacked; then $unpack is the
# command that writes it as a tar on standard output, and $needs the program that does it. It reads the
# archive as file 6, which is shared with who has the meter: that one sees how far it came. A zip is
# read from its end, where it has its list.
is_compressed() {
	needs='' source=--source-fd=6
	[ -f "$1" ] || return 1
	case $1 in
	*.tar.zst | *.tzst) needs=zstd ;;
	*.tar.gz | *.tgz) needs=gzip ;;
	*.tar.xz | *.txz) needs=xz ;;
	*.tar.bz2 | *.tbz2) needs=bzip2 ;;
	*.tar.lz4) needs=lz4 ;;
	*.zip)
		needs=bsdtar
		unpack="bsdtar -cf - @$(quote "$1")" source=''
		return
		;;
	esac
	unpack="$needs -dc <&6"
	[ -n "$needs" ]
}

# ---- before anything is scanned ----

check_roots() {
	[ -z "$rules" ] || [ -f "$rules" ] || die "--rules: $rules: there is no such file"
	has_dataset || exit 1
	while [ $# -gt 0 ]; do
		has_dataset "$1" 2>/dev/null ||
			wrong_usage "there is no dataset '$1': 'rsenc-scan -l' lists them"
		if is_compressed "$2"; then
			command -v "$needs" >/dev/null || die "$1: $2: $needs is needed to unpack it, and is not installed"
			[ -z "$filter" ] || die "--filter takes group lines, and $2 is read without any: unpack it to a plain .tar"
			streams=1
		elif [ ! -e "$2" ]; then
			die "$1: $2: there is no such directory or archive"
		fi
		shift 2
	done
}

# A target that can't be loaded into, or not be read, is refused before work is done for it.
check_target() {
	rsenc-load --check -- "$target" || exit 1
	# After a kill and a reboot, or on another machine; else it does nothing.
	[ ! -e "$target" ] || [ -n "$dry_run" ] || rsenc-load --recover -- "$target" || exit 1
	rsenc-missing ${quiet:+-q} -- "$target" </dev/null || exit 1
}

# ---- what to do ----

# scan DATASET PATH
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

# A filter that fails may have lost lines. Status 1 is what rsenc-join has when it left out some.
apply_filter() {
	[ -n "$filter" ] || return 0
	sh -c "$filter" <"$tmp/groups" >"$tmp/filtered" &
	await $!
	reaped=$!
	[ "$status" -le 1 ] || die "--filter: status $status of: $filter"
	[ -s "$tmp/filtered" ] || die "--filter: it leaves no patch: nothing was written"
	if [ "$status" -eq 1 ]; then
		[ -n "$keep_going" ] ||
			die "--filter: status 1: nothing was written: mend what is named above, or leave it out with --keep-going"
		left_out=1
	fi
	mv "$tmp/filtered" "$tmp/groups"
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

# ---- space ----

# About how many bytes the missing patches take, in $need: some of them, from all over the list, are
# packed for it. A value fills whole pages in the database: half of one more is added for each.
estimate_need() {
	need=0 estimate=0
	[ "$missing" -gt 0 ] || return 0
	awk -v step="$((missing / 64 + 1))" 'NR % step == 1 || step == 1' "$tmp/missing" >"$tmp/sample"
	rsenc-pack -rkq -j "$jobs" <"$tmp/sample" >"$tmp/sample.rec" 2>/dev/null
	packed=$(rsenc-show "$tmp/sample.rec" 2>/dev/null | cut -f 1 | uniq | wc -l)
	[ "$packed" -gt 0 ] || return 0
	need=$(echo "$(wc -c <"$tmp/sample.rec") $packed $missing" | awk '{ printf "%.0f", ($1 / $2 + 2048) * $3 }')
	estimate=$need
	rm -f "$tmp/sample.rec"
}

# The bytes that are free where the target lies or will lie, in $free; empty if that is not known.
find_free() {
	place=$target
	[ -d "$place" ] || place=$(dirname -- "$target")
	free=$(df -Pk -- "$place" 2>/dev/null | awk 'NR == 2 { printf "%.0f", $4 * 1024 }')
}

# bytes_of FILE
bytes_of() {
	# shellcheck disable=SC2012 # wc -c may read it all
	ls -lnL -- "$1" 2>/dev/null | awk '{ print $5 }'
}

# What archives hold is not known before they are read, but that it is more than they have bytes: what
# the target has already may be of them.
add_archives() {
	archived=0
	while [ $# -gt 0 ]; do
		# Not by the shell: some have 32 bits.
		! is_compressed "$2" || archived=$(echo "$archived $(bytes_of "$2")" | awk '{ printf "%.0f", $1 + $2 }')
		shift 2
	done
	need=$(echo "$need $archived $(bytes_of "$target/data.mdb")" |
		awk '{ printf "%.0f", $1 + ($2 > $3 ? $2 - $3 : 0) }')
}

# check_space DATASET PATH...
check_space() {
	estimate_need
	add_archives "$@"
	find_free
	[ -n "$free" ] || return 0
	echo "$need $free" | awk '{ exit !($1 > $2) }' || return 0
	[ "$archived" = 0 ] && about=about || about='at least'
	text="$target: $about $(human "$need") are needed, $(human "$free") are free there"
	if [ -n "$dry_run" ] || [ -z "$space_check" ]; then
		say "$text"
	else
		die "$text: nothing was written (--no-space-check begins all the same)"
	fi
}

# What lies before us, in one line.
announce() {
	text="$(patches "$total") found"
	[ "$there" -eq 0 ] || text="$text, $there of them are stored already"
	[ "$missing" -eq 0 ] || text="$text, $missing to do: about $(human "$estimate")"
	[ "$missing" -eq 0 ] || [ -z "$free" ] || text="$text, $(human "$free") free"
	if [ -n "$dry_run" ]; then
		say "$target: $text"
	else
		tell "$target: $text"
	fi
}

# ---- the pipes: a FIFO instead of a pipe, so that each stage's status is known. Both of its ends are
# open before a stage is started: one that dies at once leaves none that waits for it ----

# pipe WRITER COMMAND...: runs the writer, a shell command, and the command on what it writes
pipe() {
	writer=$1
	shift
	exec 3<>"$tmp/records"
	exec 4<"$tmp/records"
	exec 5>"$tmp/records" 3<&-
	eval "$writer" >&5 4<&- 5>&- &
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

# pack_command FILE, untar_command DATASET PATH: what writes records, for pipe
pack_command() {
	echo "exec rsenc-pack -r $quiet $keep_going -j $jobs <$(quote "$1")"
}

# The statuses of an archive's pipe are kept in a file: the last one alone would hide a broken archive.
untar_command() {
	is_compressed "$2"
	echo "{ { $unpack; echo \$? >$(quote "$tmp/unpacked"); } | rsenc-untar $quiet $keep_going -j $jobs ${rules:+-f $(quote "$rules")} -- $(quote "$1"); }"
}

# load_records WRITER OPTION...: runs the writer, and rsenc-load on what it writes
load_records() {
	writer=$1
	shift
	loading=1
	# shellcheck disable=SC2086
	pipe "$writer" rsenc-load $quiet $verbose $sync -s "$@" -- "$target"
	loading=''
}

# judge WHAT: whether a load went well
judge() {
	if [ "$packed" -eq 1 ] && [ "$loaded" -eq 0 ] && [ -n "$keep_going" ]; then
		left_out=1
	elif [ "$packed" -eq 1 ]; then
		die "$target: stopped at the patch that is named above: mend it and give the same command again to go on, or leave it out with --keep-going"
	elif [ "$packed" -ne 0 ] || [ "$loaded" -ne 0 ]; then
		die "$target: not finished ($1: status $packed, rsenc-load: status $loaded): the same command again goes on"
	fi
}

load() {
	[ "$missing" -gt 0 ] || return 0
	# How many come is certain only if none is left out.
	if [ -n "$keep_going" ]; then
		load_records "$(pack_command "$tmp/missing")" --about="$missing"
	else
		load_records "$(pack_command "$tmp/missing")" --total="$missing"
	fi
	judge rsenc-pack
}

# load_archive DATASET PATH
load_archive() {
	tell "$target: reading $2"
	is_compressed "$2"
	exec 6<"$2"
	# shellcheck disable=SC2086
	load_records "$(untar_command "$1" "$2")" $source
	exec 6<&-
	judge rsenc-untar
	[ "$(cat "$tmp/unpacked")" -eq 0 ] || die "$target: $2: $needs failed: is the archive whole? The same command again goes on"
}

compare() {
	[ "$loaded" -eq 0 ] || die "$target: the values are not those of the files, or could not be compared"
	[ "$packed" -eq 0 ] || [ -n "$keep_going" ] || die "$target: not all files could be read again"
}

verify() {
	tell "$target: comparing with the files"
	if [ "$total" -gt 0 ]; then
		# shellcheck disable=SC2086
		pipe "$(pack_command "$tmp/groups")" rsenc-verify $quiet $verbose -n "$total" -- "$target"
		compare
	fi
	while [ $# -gt 0 ]; do
		if is_compressed "$2"; then
			exec 6<"$2"
			# shellcheck disable=SC2086
			pipe "$(untar_command "$1" "$2")" rsenc-verify $quiet $verbose $source -- "$target"
			exec 6<&-
			compare
		fi
		shift 2
	done
}

# How many patches the target holds.
count_stored() {
	rsenc-dump -kq -- "$target" 2>/dev/null | wc -l
}

summarise() {
	list_missing
	bytes=$(bytes_of "$target/data.mdb")
	seconds=$(($(date +%s) - begin))
	new=$((total - missing - there + streamed))
	# Of less than a second no rate can be told, and of nothing there is none.
	[ "$seconds" -gt 0 ] && took="$seconds s" || took='less than 1 s'
	[ "$seconds" -eq 0 ] || [ "$new" -eq 0 ] || took="$took, $((new / seconds)) patches/s"
	tell "$target: $(patches $((total - missing + streamed))) ($new new), $(human "$bytes"), $took"
	[ "$left_out" -eq 0 ] || die "$target: what is named above was left out: the same command tries it again"
	[ "$missing" -eq 0 ] || die "$target: $(patches "$missing") are still missing"
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

# no_option OPTION: the name of a dataset is not enough
no_option() {
	case $1 in
	--?*)
		if has_dataset "${1#--}" 2>/dev/null; then
			wrong_usage "there is no option $1: did you mean $1-root?"
		fi
		;;
	esac
	wrong_usage "there is no option $1$2"
}

RSENC_RESUME=$(quote "${RSENC_ONE_FILE-$0}" ${RSENC_ONE_FILE+tensor-encoder} "$@")
RSENC_RESUME=${RSENC_RESUME% }
export RSENC_RESUME
trap clean_up EXIT
trap 'stopped 1' HUP
trap 'stopped 2' INT
trap 'stopped 3' QUIT
trap 'stopped 15' TERM
find_commands

# Every argument is taken from the front; datasets and their roots are put at the end.
target='' only_operands='' streams='' streamed=0
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
		--*-root | --hyspecnet | --rules | --jobs | --filter) ;;
		*) no_option "$argument" ' with a value' ;;
		esac
		;;
	-[jf]?*)
		value=${argument#-?}
		argument=${argument%"$value"}
		;;
	--*-root | --hyspecnet | --rules | --jobs | --filter | -f | -j)
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
	--filter)
		[ -z "$filter" ] || wrong_usage "$argument: given twice: join them with a |"
		[ -n "$value" ] || wrong_usage "$argument: the command is empty"
		filter=$value
		;;
	-j | --jobs) number_of_jobs "$value" ;;
	-k | --keep-going) keep_going=-k ;;
	-n | --dry-run) dry_run=1 ;;
	--no-space-check) space_check='' ;;
	-q | --quiet) quiet=-q ;;
	-v | --verbose) verbose=-v ;;
	--sync) sync=--sync ;;
	--verify) verify=1 ;;
	-h | --help)
		usage
		exit
		;;
	-V | --version)
		echo "$self @VERSION@"
		exit
		;;
	-[knqv]?*)
		rest=${argument#-?}
		set -- "${argument%"$rest"}" "-$rest" "$@"
		left=$((left + 2))
		;;
	-?*) no_option "$argument" '' ;;
	*)
		[ -z "$target" ] || wrong_usage "one target, not '$argument' too"
		target=$argument
		;;
	esac
done
[ $# -gt 0 ] || wrong_usage 'no dataset: give --DATASET-root PATH'
[ -n "$target" ] || wrong_usage 'which database? TARGET is missing'

# ---- the run ----

check_commands
check_roots "$@"
check_commands
check_target
make_tmp
mkfifo "$tmp/records" || exit 1
: >"$tmp/groups" || exit 1
roots=$#
while [ "$roots" -gt 0 ]; do
	# What is compressed is read once, as it is loaded.
	is_compressed "$2" || scan "$1" "$2"
	set -- "$@" "$1" "$2"
	shift 2
	roots=$((roots - 2))
done
apply_filter
check_keys
total=$(($(wc -l <"$tmp/groups")))
list_missing
there=$((total - missing))
check_space "$@"
[ "$total" -eq 0 ] || announce
if [ -n "$dry_run" ]; then
	[ -z "$streams" ] || say "$target: compressed archives, of $(human "$archived"), are read as they are converted: their patches are not counted here${free:+; $(human "$free") free}"
	exit "$left_out"
fi
load
if [ -n "$streams" ]; then
	before=$(count_stored)
	roots=$#
	while [ "$roots" -gt 0 ]; do
		! is_compressed "$2" || load_archive "$1" "$2"
		set -- "$@" "$1" "$2"
		shift 2
		roots=$((roots - 2))
	done
	streamed=$(($(count_stored) - before))
fi
[ -z "$verify" ] || verify "$@"
summarise

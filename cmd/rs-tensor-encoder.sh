#!/bin/sh
# rs-tensor-encoder: datasets of TIFF patches to one LMDB database, in one call of rsenc-scan,
# rsenc-missing, rsenc-pack and rsenc-load.
# shellcheck disable=SC2086 # options that are not set are no words
set -u
unset CDPATH
self=rs-tensor-encoder reader='' writer='' loading='' target='' filter='' rules='' jobs='' verify='' count=''
quiet='' verbose='' keep_going='' incomplete='' sync='' dry_run='' archive_test=1 space_check=1 skipped='' plain=''
total=0 missing=0 archived=0 result=0 begin=$(date +%s)

usage() {
	cat <<'HELP'
usage: rs-tensor-encoder [-Iknqv] [-f RULES] [-j N] [--filter COMMAND] [--no-archive-test]
       [--no-space-check] [--sync] [--verify] --DATASET-root PATH... TARGET
Finds the patches of datasets and stores them as safetensors in the LMDB database TARGET. Patches
that TARGET contains are skipped: to resume after an interruption, run the same command.

      --DATASET-root=PATH  a directory or archive that contains a dataset, such as
                           --hydro-root=PATH; 'rsenc-scan -l' lists the datasets
  -f, --rules=FILE         rules of your own datasets, see rsenc-rules(5)
      --filter=COMMAND     a shell command that selects group lines, such as 'grep T33UUP'
  -I, --ignore-incomplete  count incomplete patches, which are not an error
  -j, --jobs=N             threads that read patches (0: chosen by rsenc-pack)
  -k, --keep-going         skip incomplete and bad patches; the exit status is then 1
  -n, --dry-run            report what would be done, and how much disk space it takes
      --no-archive-test    do not test the checksums of compressed archives first
      --no-space-check     start even if the disk seems too small
      --sync               sync each batch to disk, see rsenc-load(1)
      --verify             at the end, read all patches again and compare
  -q, --quiet              print only errors
  -v, --verbose            print summaries, and a line of progress every 30 s
  -h, --help               this text
  -V, --version            the version
HELP
}

say() { printf '%s: %s\n' "$self" "$1" >&2; }
inform() { [ -n "$quiet" ] || say "$1"; }
die() { say "$1"; exit 1; }
wrong_usage() { say "$1 (-h shows the options)"; exit 2; }
patches() { [ "$1" -eq 1 ] && echo '1 patch' || echo "$1 patches"; }

# each FUNCTION [DATASET PATH]...: calls the function for each dataset
each() {
	call=$1
	shift
	while [ $# -gt 0 ]; do
		"$call" "$1" "$2"
		shift 2
	done
}

# ---- running commands: in the background, as a signal is noticed then while they run ----

# finish PROCESS: waits for it; its exit status is $status. No signal is sent to it after that.
finish() {
	wait "$1"
	status=$?
}

# pipe WRITER READER [ARGUMENT]...: the function WRITER, with the arguments, into the function
# READER. Their statuses are $wrote and $status. Of a FIFO both are known; of a pipe only the last.
pipe() {
	from=$1 to=$2
	shift 2
	"$from" "$@" >"$tmp/pipe" &
	writer=$!
	"$to" <"$tmp/pipe" &
	reader=$!
	finish $writer
	writer='' wrote=$status
	finish $reader
	reader=''
}

# stopped NUMBER: after a signal. rsenc-load stores what is complete, and reports that.
stopped() {
	trap '' HUP INT QUIT TERM USR1 USR2 XCPU
	for process in $writer $reader; do
		kill -s TERM "$process" 2>/dev/null
	done
	wait $reader 2>/dev/null # a shell reports what a signal ended
	[ -n "$loading" ] || say 'stopped: run the same command to resume'
	exit $((128 + $1))
}

# ---- files and archives ----

# free_kb PATH: KiB that are free there. The name of a file system may contain blanks.
free_kb() {
	df -Pk -- "$1" 2>/dev/null | sed -n '2s/.* \([0-9]\{1,\}\) \{1,\}[0-9]*% .*/\1/p'
}

# bytes_of FILE...: their sum
bytes_of() {
	# shellcheck disable=SC2012 # wc -c may read it all
	ls -lnL -- "$@" 2>/dev/null | awk '{ sum += $5 } END { printf "%.0f", sum }'
}

# is_compressed PATH: whether it is read once, through a program that decompresses it, $unpack
is_compressed() {
	case $1 in
	*.tar.zst | *.tzst) unpack=zstd ;;
	*.tar.gz | *.tgz) unpack=gzip ;;
	*.tar.xz | *.txz) unpack=xz ;;
	*.tar.bz2 | *.tbz2) unpack=bzip2 ;;
	*.tar.lz4) unpack=lz4 ;;
	*) return 1 ;;
	esac
	[ -f "$1" ]
}

# unpacked STATUS. gzip warns, by 2, of bytes after the archive's end: they do no harm.
unpacked() {
	[ "$1" -eq 0 ] || { [ $unpack = gzip ] && [ "$1" -eq 2 ]; }
}

# each_dataset FUNCTION KIND [DATASET PATH]...: FUNCTION DATASET PATH... for each dataset, whose roots of
# that kind, plain or compressed, are one root
each_dataset() {
	call=$1 kind=$2 names=' ' next=1
	shift 2
	while [ $next -lt $# ]; do
		eval "name=\${$next}"
		next=$((next + 2))
		case $names in *" $name "*) continue ;; esac
		names="$names$name "
		call_with_roots "$name" "$@"
	done
}
call_with_roots() {
	name=$1 pairs=$(($# / 2))
	shift
	while [ $pairs -gt 0 ]; do
		is_compressed "$2" && found=compressed || found=plain
		[ "$1" != "$name" ] || [ $found != "$kind" ] || set -- "$@" "$2"
		shift 2
		pairs=$((pairs - 1))
	done
	[ $# -eq 0 ] || "$call" "$name" "$@"
}

# ---- before anything is written ----

# is_dataset NAME; $guess is the name that rsenc-scan suggests instead
is_dataset() {
	guess=$(rsenc-scan -l ${rules:+-f "$rules"} -- "$1" 2>&1 >/dev/null) && return
	guess=$(printf '%s\n' "$guess" | sed -n "s/.*did you mean '\([^']*\)'.*/\1/p")
	return 1
}

check_dataset() {
	if ! is_dataset "$1"; then
		[ "${1%root}" = "$1" ] || ! is_dataset "${1%root}" || guess=${1%root}
		wrong_usage "--$1: no such option or dataset: ${guess:+did you mean --$guess-root?: }run 'rsenc-scan -l' to list the datasets"
	fi
	[ -e "$2" ] || die "$1: $2: no such file or directory"
	is_compressed "$2" || return 0
	command -v $unpack >/dev/null || die "$2: $unpack is not installed"
	[ -z "$filter" ] || die "$2: compressed: --filter needs a plain .tar or a directory"
	archived=$(echo "$archived $(bytes_of "$2")" | awk '{ printf "%.0f", $1 + $2 }')
}

# check_mix DATASET PATH...: the compressed roots of a dataset. Of a patch that has files in plain roots,
# too, the parts of one kind would be stored without the others. $plain: the datasets with plain roots.
add_plain() { plain="$plain $1 "; }
check_mix() {
	case $plain in *" $1 "*) ;; *) return 0 ;; esac
	is_compressed "$2"
	die "$1: a patch may have files in plain and in compressed roots: run '$unpack -dk $2' and use the .tar"
}

# A checksum is at an archive's end, where all patches would be stored already.
test_archive() {
	is_compressed "$2" || return 0
	inform "testing $2"
	$unpack -tq <"$2" &
	writer=$!
	finish $writer
	writer=''
	unpacked $status || die "$2: '$unpack -t' failed (status $status): nothing written: download the archive again"
}

# scan_dataset DATASET PATH...
scan_dataset() {
	rsenc-scan $quiet $verbose $incomplete ${rules:+-f "$rules"} -- "$@"
	one=$?
	[ $one -le $result ] || result=$one
}

scan() { each_dataset scan_dataset plain "$@"; return $result; }
filter() { exec sh -c "${filter:-exec cat}" >"$tmp/list"; }

# check_scan WHAT STATUS: 1 means that patches were skipped, and reported
check_scan() {
	[ "$2" -le 1 ] || die "$1: status $2: nothing written"
	[ "$2" -eq 0 ] || [ -n "$keep_going" ] || [ "$1$total$archived" = rsenc-scan00 ] ||
		die "$1: nothing written: fix the files reported above, or skip them with --keep-going"
	[ "$2" -eq 0 ] || skipped=1
}

# make_list [DATASET PATH]...: all group lines, then those of them that the target lacks: how many,
# and some from all over the list, whose files' headers say how large a patch is
make_list() {
	pipe scan filter "$@"
	room=$(free_kb "$tmp")
	[ $status -eq 0 ] || [ "${room:-1025}" -gt 1024 ] ||
		die "$tmp: no room for the list of patches: set TMPDIR to a directory with more room"
	total=$(($(wc -l <"$tmp/list")))
	check_scan --filter $status
	check_scan rsenc-scan $wrote
	[ $total -gt 0 ] || [ $archived != 0 ] || die 'no complete patch found: nothing written'
	# Of several datasets, or after a filter, only the whole list shows that a key is used twice.
	cut -f 1 "$tmp/list" | LC_ALL=C sort | awk -v total=$total '$0 "" == last "" && n++ < 3
		{ last = $0 } END { if (NR != total) print "cannot sort the list" }' >"$tmp/twice"
	[ ! -s "$tmp/twice" ] ||
		die "duplicate keys: $(paste -s -d ' ' "$tmp/twice"): nothing written: give each dataset once, or give one of them other keys with --rules"
	pipe pass_missing sample
	[ $wrote -eq 0 ] || exit 1
	missing=$(sed -n '$s/^#//p' "$tmp/sample")
}

pass_missing() { exec rsenc-missing -q -- "$target" <"$tmp/list"; }
sample() { exec awk -v step=$((total / 64 + 1)) 'NR % step == 1 || step == 1; END { print "#" NR }' >"$tmp/sample"; }

# Says what will be done, and whether there is room for it. A value fills whole pages of a database:
# half a page is added for each. Archives hold more than their own size.
announce() {
	place=$target
	[ -d "$place" ] || place=$(dirname -- "$target"; echo .) place=${place%??}
	size=$(rsenc-pack --size -kq <"$tmp/sample" 2>/dev/null) # bad files are reported when they are packed
	room=$(echo "${size:-0 0} $missing $archived $(bytes_of "$target/data.mdb") $(free_kb "$place")" |
		awk 'function human(n, unit, i) {
			split("B kB MB GB TB PB", unit, " ")
			for (i = 1; n >= 999.5 && i < 6; i++) n /= 1000
			return sprintf(i > 1 && n < 9.95 ? "%.1f %s" : "%.0f %s", n, unit[i])
		} {
			need = ($2 ? ($1 / $2 + 2048) * $3 : 0) + ($4 > $5 ? $4 - $5 : 0)
			print (NF > 5 && need > $6 * 1024 ? "no " : "") ($4 ? "at least " : "about ") human(need) " needed" (NF > 5 ? ", " human($6 * 1024) " free" : "")
		}')
	if [ "${room#no }" != "$room" ]; then
		room=${room#no }
		[ -z "$space_check" ] || [ -n "$dry_run" ] ||
			die "$target: $room: nothing written (--no-space-check skips this check)"
		say "$target: $room"
	fi
	text="$(patches $total) found"
	[ $missing -eq $total ] || text="$text, $((total - missing)) already stored"
	[ $archived = 0 ] || text="$text, besides those of compressed archives"
	[ $missing -eq 0 ] && [ $archived = 0 ] || text="$text: $room"
	[ -z "$dry_run" ] || { say "$target: $text (dry run: nothing was written)"; exit ${skipped:-0}; }
	inform "$target: $text"
}

# ---- the work ----

pack() { exec rsenc-pack -r $quiet $keep_going $jobs <"$tmp/list"; }
pack_missing() { pass_missing | rsenc-pack -r $quiet $keep_going $jobs; }

# untar DATASET PATH...: a single archive is file 6, as the reader's progress shows how far that was read
untar() {
	dataset=$1
	shift
	for archive; do
		is_compressed "$archive"
		if [ $# -eq 1 ]; then $unpack -dc <&6; else $unpack -dc <"$archive"; fi
		unpacked $? || echo "$archive: $unpack" >>"$tmp/failed"
	done | rsenc-untar $quiet $incomplete $keep_going $jobs ${rules:+-f "$rules"} -- "$dataset"
}

read_load() { exec rsenc-load $quiet $verbose $sync -s $count -- "$target"; }
read_verify() { exec rsenc-verify $quiet $verbose $count -- "$target"; }

stored() { rsenc-dump --keys -q -- "$target" 2>/dev/null | wc -l; }

# convert WRITER READER [DATASET PATH...]: one pipe, and what came of it
convert() {
	: >"$tmp/failed"
	[ "$2" != read_load ] || loading=1
	pipe "$@"
	loading=''
	[ ! -s "$tmp/failed" ] ||
		die "$(head -n 1 "$tmp/failed") failed: patches stored from this archive may be wrong: download it again, remove $target and run the same command"
	[ $wrote -ne 1 ] || [ $status -ne 0 ] || [ -z "$keep_going" ] || { skipped=1 wrote=0; }
	[ $wrote -ne 0 ] || [ $status -ne 0 ] || return 0
	[ "$2" = read_load ] || die "$target: not proven to be identical to the files (see above)"
	what="incomplete, $(patches "$(stored)") stored: run the same command to resume"
	case $wrote,$status in
	*137*) die "$target: killed by signal 9 (out of memory? fewer -j): $what" ;;
	1,*) die "$target: stopped, $(patches "$(stored)") stored: fix the files reported above and run the same command to resume, or skip them with --keep-going" ;;
	*) die "$target: $1: status $wrote, $2: status $status: $what" ;;
	esac
}

# convert_archives DATASET PATH...
convert_archives() {
	for archive; do
		[ "$archive" = "$1" ] || inform "$target: reading $archive"
	done
	count=''
	[ $# -gt 2 ] || { exec 6<"$2" && count=--source-fd=6; }
	convert untar $reading "$@"
	exec 6<&-
}

summarise() {
	seconds=$(($(date +%s) - begin)) now=$(stored)
	text="$(patches $now) stored ($((now - before)) new)"
	inform "$target: $text, $seconds s"
	[ -z "$skipped" ] || die "$target: skipped the patches reported above: run the same command to retry them"
	# The proof, which does not rest on the statuses of a pipe.
	rsenc-missing -q -- "$target" <"$tmp/list" >"$tmp/left" || exit 1
	[ ! -s "$tmp/left" ] || die "$target: $(patches "$(wc -l <"$tmp/left")") still missing: run the same command"
}

# ---- options: what is no option of ours names a dataset; its path is put at the end ----

# too_many: there are two operands. The usual causes are known by the files that exist.
too_many() {
	[ -n "$root" ] || [ ! -e "$target" ] ||
		wrong_usage "no dataset: $target: put --DATASET-root before the path"
	[ -z "$root" ] || [ -e "$root" ] || [ ! -e "$root $target" ] ||
		wrong_usage "$root: no such file or directory: quote the blank: '$root $target'"
	wrong_usage "one TARGET, not '$target' and '$extra': put --DATASET-root before each path of a dataset"
}

left=$# operand='' root='' extra=''
while [ $left -gt 0 ]; do
	word=$1 value='' has_value=''
	shift
	left=$((left - 1))
	case $operand$word in
	--*=*) value=${word#*=} word=${word%%=*} has_value=1 ;;
	-[fj]?*) value=${word#-?} word=${word%"$value"} has_value=1 ;;
	-[IknqvhV]?*)
		set -- "-${word#-?}" "$@"
		word=${word%"${1#-}"} left=$((left + 1))
		;;
	esac
	case $operand$word$has_value in
	-I | --ignore-incomplete) incomplete=-I ;;
	-k | --keep-going) keep_going=-k ;;
	-n | --dry-run) dry_run=1 ;;
	-q | --quiet) quiet=-q ;;
	-v | --verbose) verbose=-v ;;
	--no-archive-test) archive_test='' ;;
	--no-space-check) space_check='' ;;
	--sync) sync=--sync ;;
	--verify) verify=1 ;;
	-h | --help) usage || exit 1; exit ;;
	-V | --version) echo "$self @VERSION@"; exit ;;
	--) operand=' ' ;;
	--force | --overwrite | --replace) wrong_usage "no such option $word: remove TARGET to convert again" ;;
	--threads | --workers | --num-workers) wrong_usage "no such option $word: did you mean --jobs?" ;;
	--* | -[fj]*)
		if [ -z "$has_value" ]; then
			[ $left -gt 0 ] || wrong_usage "$word: missing value"
			value=$1
			shift
			left=$((left - 1))
		fi
		[ -n "$value" ] || wrong_usage "$word: empty value"
		case $word in
		-f | --rules) rules=$value ;;
		--filter) filter=$value ;;
		-j | --jobs) jobs=-j$value ;;
		*) word=${word#--} root=$value && set -- "$@" "${word%-root}" "$value" ;;
		esac
		;;
	-?*) wrong_usage "no such option: $word" ;;
	*)
		[ -n "$target" ] && extra=${extra:-$word} || target=$word
		;;
	esac
done
[ -z "$extra" ] || too_many
[ $# -gt 0 ] || wrong_usage 'no dataset: give --DATASET-root PATH'
[ -n "$target" ] || wrong_usage 'missing operand TARGET'

# ---- the run ----

trap 'rm -rf "$tmp"' EXIT
for one in 1:HUP 2:INT 3:QUIT 10:USR1 12:USR2 15:TERM 24:XCPU; do
	# shellcheck disable=SC2064 # the number is this one
	trap "stopped ${one%:*}" "${one#*:}"
done
tmp=$(mktemp -d "${TMPDIR:-/tmp}/$self.XXXXXX") || die 'set TMPDIR to a directory for temporary files'
mkfifo "$tmp/pipe" || exit 1

# The commands are beside this script, behind links to it, or on the PATH. Where all are one
# executable, that looks at the name by which it is called.
file=${RSENC_ONE_FILE-$0}
while [ -h "$file" ]; do
	link=$(readlink "$file"; echo .) link=${link%??}
	case $link in
	/*) file=$link ;;
	*) file=${file%/*}/$link ;;
	esac
done
case $file in
/*) ;;
*) file=$PWD/$file ;;
esac
PATH=${file%/*}:$PATH
if [ -n "${RSENC_ONE_FILE-}" ] && [ ! -x "${file%/*}/rsenc-scan" ]; then
	for one in dump join load missing pack scan untar verify; do
		ln -s "$file" "$tmp/rsenc-$one" || exit 1
	done
	PATH=$tmp:$PATH
fi
command -v rsenc-scan >/dev/null ||
	die "rsenc-scan is neither in ${file%/*} nor on the PATH: is rsenc built or installed?"
unset RSENC_ONE_FILE
RSENC_RESUME='run the same command'
export PATH RSENC_RESUME

# What cannot work is refused before work is done.
rsenc-pack -r $jobs </dev/null >/dev/null || exit 2
[ -z "$rules" ] || rsenc-scan -l -f "$rules" >/dev/null || exit 1
each check_dataset "$@"
each_dataset add_plain plain "$@"
each_dataset check_mix compressed "$@"
rsenc-load --check -- "$target" || exit 1
# After a kill and a reboot, or on another machine; else this does nothing.
[ ! -e "$target" ] || [ -n "$dry_run" ] || rsenc-load --recover -- "$target" || exit 1
[ -n "$dry_run" ] || [ -z "$archive_test" ] || each test_archive "$@"

make_list "$@"
announce
before=$(stored)
if [ $missing -gt 0 ]; then
	# How many come is certain only if none is skipped.
	[ -n "$keep_going" ] && count=--about=$missing || count=--expect=$missing
	convert pack_missing read_load
fi
reading=read_load
each_dataset convert_archives compressed "$@"
if [ -n "$verify" ]; then
	inform "$target: comparing with the files"
	[ -n "$keep_going" ] && count='' || count=--expect=$total
	[ $total -eq 0 ] || convert pack read_verify
	reading=read_verify
	each_dataset convert_archives compressed "$@"
fi
summarise

#!/bin/sh
# rs-tensor-encoder: datasets of TIFF patches to one LMDB database, in one call of rsenc-scan,
# rsenc-missing, rsenc-pack and rsenc-load.
# shellcheck disable=SC2015,SC2064,SC2086 # an option that is not set must not become an empty word
set -u
self=rs-tensor-encoder begin=$(date +%s) target='' filter='' rules='' jobs='' verify='' quiet='' verbose=''
keep_going='' incomplete='' sync='' dry_run='' archive_test='' space_check=1 roots='' archives=''
again='run the same command' skipped='' reader='' writer='' loading='' result=0 operands=''

usage() {
	cat <<'HELP'
usage: rs-tensor-encoder [-Iknqv] [-f RULES] [-j N] [--filter COMMAND] [--no-archive-test]
       [--no-space-check] [--sync] [--verify] --DATASET-root PATH... TARGET
Finds the patches of datasets and stores them as safetensors in the LMDB database TARGET. Patches
that TARGET contains are skipped: to resume after an interruption, run the same command.

      --DATASET-root=PATH  a directory or archive that contains a dataset of 'rsenc-scan -l'
  -f, --rules=FILE         rules of your own datasets, see rsenc-rules(5)
      --filter=COMMAND     a shell command that selects group lines, such as 'grep T33UUP'
  -I, --ignore-incomplete  count incomplete patches; they are not an error
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

# pipe WRITER READER...: a function with its words and a command, in the background, as a shell notices a signal
# then while they run. Their statuses are $wrote and $status: of a FIFO both are known.
pipe() {
	$1 >"$tmp/pipe" &
	writer=$!
	shift
	"$@" <"$tmp/pipe" &
	reader=$!
	wait $writer
	wrote=$? writer=''
	wait $reader
	status=$? reader=''
}

# stopped NUMBER: after a signal. rsenc-load stores what is complete, and reports that.
stopped() {
	trap '' HUP INT QUIT TERM USR1 USR2 XCPU
	[ -z "$writer$reader" ] || kill -s TERM $writer $reader 2>/dev/null
	wait $reader 2>/dev/null # a shell reports what a signal ended
	[ -n "$loading" ] || say "stopped: $again to resume"
	exit $((128 + $1))
}

# a word for eval
quoted() { case $1 in *\'*) printf '%sX' "$1" | sed "s/'/'\\\\''/g; 1s/^/ '/; \$s/X\$/'/" ;; *) printf " '%s'" "$1" ;; esac; }

# add_root DATASET PATH: as a word in plain-DATASET or packed-DATASET. Of a patch that has files in roots of both
# kinds, one part would be stored without the other.
add_root() {
	why=$(rsenc-scan -l ${rules:+-f "$rules"} -- "$1" 2>&1 >/dev/null) ||
		wrong_usage "--$1: no such option or dataset: ${why#*: }"
	[ -e "$2" ] || die "$1: $2: no such file or directory"
	kind=plain other=packed
	case $2 in *.tar.zst | *.tar.[gx]z | *.tar.bz2 | *.tar.lz4 | *.tzst | *.t[gx]z | *.tbz2 | *.tlz4)
		[ -z "$filter" ] || die "$2: compressed: --filter needs a plain .tar or a directory"
		kind=packed other=plain archives=$((${archives:-0} + $(wc -c <"$2")))
		again="run the same command (if an archive was damaged, remove $target first)" ;;
	esac
	[ ! -e "$tmp/$other-$1" ] ||
		die "$1: a patch may have files in plain and in compressed roots: decompress the compressed ones"
	quoted "$2" >>"$tmp/$kind-$1"
}

# each_dataset KIND FUNCTION: FUNCTION DATASET PATH... for each dataset with roots of that kind: the files of a
# patch may lie in any of them. The status is 0, or that of the last one that failed.
each_dataset() {
	for file in "$tmp/$1"-*; do
		[ ! -e "$file" ] || eval "$2 \"\${file##*/$1-}\" $(cat "$file")" || result=$?
	done
	return $result
}

scan() { rsenc-scan $quiet $verbose $incomplete ${rules:+-f "$rules"} -- "$@"; }
missing() { rsenc-missing -q -- "$target" <"$tmp/list"; }
stored() { [ ! -e "$target" ] && echo 0 || rsenc-dump --keys -q -- "$target" 2>/dev/null | wc -l; }
# A line more if not all are known.
count_missing() { [ ! -e "$target" ] && left=$total || left=$(( $({ missing || echo; } | wc -l) )); }

# All group lines. Status 1 means that patches were skipped, and reported.
make_list() {
	pipe 'each_dataset plain scan' ${filter:+sh -c} "${filter:-cat}" >"$tmp/list"
	[ $status -eq 0 ] || head -c 1000000 /dev/zero 2>/dev/null >"$tmp/room" ||
		die "$tmp: no room for the list of patches: set TMPDIR to a directory with more room"
	total=$(($(wc -l <"$tmp/list")))
	[ $status -ne 0 ] && what=--filter || what=rsenc-scan status=$wrote
	[ $status -le 1 ] || die "$what: status $status: nothing written"
	[ $total -gt 0 ] || [ -n "$archives" ] || die "no complete patch found${filter:+, or none selected by --filter}: nothing written"
	[ $status -eq 0 ] || [ -n "$keep_going" ] ||
		die "$what: nothing written: fix the files reported above, or skip them with --keep-going"
	[ $status$wrote = 00 ] || skipped=1
	# Of several calls of rsenc-scan, or after a filter, only the whole list shows that a key is used twice.
	twice=$(cut -f 1 "$tmp/list" | { LC_ALL=C sort || printf 'sort failed\nsort failed\n'; } | uniq -d | head -n 3 | paste -s -d ' ' -)
	[ -z "$twice" ] || die "duplicate keys: $twice: nothing written: give each dataset once, or give one of them other keys with --rules"
}

# Reports what will be done, and whether there is room for it: the headers of some files, from all over the list,
# say how large a patch is. A value fills whole pages of a database: half a page is added for each. Archives
# hold more than their own size, but some of that may be stored already.
announce() {
	free=$({ df -Pk -- "$target" || df -Pk -- "$(dirname -- "$target")"; } 2>/dev/null |
		sed -n '2s/.* \([0-9][0-9]*\)  *[0-9][0-9]*% .*/\1/p')
	each=$(awk -v step=$((total / 8 + 1)) 'NR % step == 1 || step == 1' "$tmp/list" |
		rsenc-pack --size -kq 2>/dev/null | # bad files are reported when they are packed
		{ read -r bytes count && [ "$count" -gt 0 ] && echo $((bytes / count + 2048)); })
	about=about need=$((left * ${each:-0})) room=''
	[ -z "$archives" ] || [ -e "$target/data.mdb" ] || about='at least' need=$((need + archives))
	[ $need -eq 0 ] || room=": $about $(megabytes $need) needed${free:+, $(megabytes $((free * 1024))) free}"
	[ $((need / 1024)) -le "${free:-$need}" ] || [ -z "$space_check" ] || [ -n "$dry_run" ] ||
		die "$target$room: nothing written (--no-space-check skips this check)"
	[ $total -gt 0 ] && text="$target: $(patches $total) found" || text="$target: compressed archives"
	[ $left -eq $total ] || text="$text, $((total - left)) already stored"
	[ -z "$dry_run" ] || { say "$text$room (dry run: nothing was written)"; exit ${skipped:-0}; }
	inform "$text$room"
}
megabytes() { echo "$(($1 / 1000000)).$(($1 / 100000 % 10)) MB"; }

# Those of archives, then those that the target lacks, or to verify all of them.
records() {
	each_dataset packed untar || [ -n "$keep_going" ] || exit $result
	if [ -n "$loading" ] && [ $left -lt $total ]; then missing | pack; else pack <"$tmp/list"; fi || result=$?
	exit $result
}
pack() { rsenc-pack -r $quiet $keep_going $jobs; }
untar() {
	[ $result -eq 0 ] || [ -n "$keep_going" ] || return $result
	rsenc-untar $archive_test $quiet $incomplete $keep_going $jobs ${rules:+-f "$rules"} -- "$@"
}

# convert COMMAND...: all records into a command, and what came of it
convert() {
	pipe records "$@" $quiet $verbose -- "$target"
	loading=''
	[ "$wrote$status$keep_going" != 10-k ] || skipped=1 wrote=0
	[ "$wrote$status" != 00 ] || return 0
	[ "$1" = rsenc-load ] || die "$target: not proven to be identical to the files (see above)"
	hint='fix what is reported above, or skip bad patches with --keep-going'
	case $wrote,$status in *137*) hint='killed by signal 9 (memory may be used up): use a smaller -j' ;; esac
	die "$target: stopped, $(patches "$(stored)") stored: $hint, and $again to resume"
}

# ---- options: any other one names a dataset ----

while [ $# -gt 0 ]; do
	word=$1
	shift
	case $operands$word in
	--*=*) set -- "${word#*=}" "$@" && word=${word%%=*}= ;;
	-[fj]?*) set -- "${word#-?}" "$@" && word=${word%"$1"} ;;
	-[IknqvhV]?*) set -- "-${word#-?}" "$@" && word=${word%"${1#-}"} ;;
	esac
	case $operands$word in
	-I | --ignore-incomplete) incomplete=-I ;;
	-k | --keep-going) keep_going=-k ;;
	-n | --dry-run) dry_run=1 ;;
	-q | --quiet) quiet=-q ;;
	-v | --verbose) verbose=-v ;;
	--no-archive-test) archive_test=--no-archive-test ;;
	--no-space-check) space_check='' ;;
	--sync) sync=--sync ;;
	--verify) verify=1 ;;
	-h | --help) usage || exit 1; exit ;;
	-V | --version) echo "$self @VERSION@"; exit ;;
	--) operands=' ' ;;
	--force | --overwrite | --replace) wrong_usage "no such option $word: remove TARGET to convert again" ;;
	--target* | --output* | -o*) wrong_usage "no such option ${word%=}: give TARGET as the last operand" ;;
	--threads | --workers | --num-workers) wrong_usage "no such option $word: did you mean --jobs?" ;;
	--* | -[fj])
		value=${1-}
		[ -n "$value" ] || wrong_usage "${word%=}: missing value"
		case $word,$value in *=,*) ;; *,--*) wrong_usage "$word: no such option, or its value is missing" ;; esac
		word=${word%=}
		shift
		case $word in
		-f | --rules) rules=$value ;;
		--filter) filter=$value ;;
		-j | --jobs) jobs=-j$value ;;
		*) word=${word#--} && roots="$roots add_root$(quoted "${word%[-_]root}")$(quoted "$value");" ;;
		esac
		;;
	-?*) wrong_usage "no such option $word" ;;
	*) [ -z "$target" ] && target=$word || wrong_usage "one TARGET, not '$target' and '$word': put --DATASET-root before each path, and quote blanks in a path" ;;
	esac
done
[ -n "$roots" ] || wrong_usage 'no dataset: give --DATASET-root PATH'

true 2>/dev/null 3>&1 || exec >/dev/null # only differences that --verify finds are written there
trap 'rm -rf "$tmp"' EXIT
for one in 1:HUP 2:INT 3:QUIT 10:USR1 12:USR2 15:TERM 24:XCPU; do
	trap "stopped ${one%:*}" "${one#*:}"
done
tmp=$(mktemp -d "${TMPDIR:-/tmp}/$self.XXXXXX" 2>/dev/null) && mkfifo "$tmp/pipe" ||
	die "${TMPDIR:-/tmp}: cannot be written: set TMPDIR to a directory for temporary files"

# The commands are beside this script, behind links to it, or on the PATH; or all are one executable, which looks
# at the name by which it is called.
file=${RSENC_ONE_FILE-$(readlink -f -- "$0"; echo .)}
PATH=${file%/*}:$PATH
for one in ${RSENC_ONE_FILE:+dump load missing pack scan untar verify}; do
	ln -s "$file" "$tmp/rsenc-$one" || exit 1
	PATH=$tmp:${PATH#"$tmp:"}
done
command -v rsenc-scan >/dev/null ||
	die "rsenc-scan is neither in ${file%/*} nor on the PATH: run 'make', or install rsenc"
unset RSENC_ONE_FILE

# What cannot work is refused before work is done.
[ -z "$jobs" ] || rsenc-pack -r $jobs </dev/null >/dev/null || exit 2
[ -z "$rules" ] || rsenc-scan -l -f "$rules" >/dev/null || exit 1
eval "$roots"
export RSENC_RESUME="$again"
[ -n "$target" ] || wrong_usage 'missing operand TARGET'
rsenc-load --check -- "$target" || exit 1
# After a kill and a reboot, or on another machine; else this does nothing.
[ ! -e "$target" ] || [ -n "$dry_run" ] || rsenc-load --recover -- "$target" || exit 1

make_list
count_missing
announce
before=$(stored) lacked=$left loading=1
convert rsenc-load $sync -s --about=$left
if [ -n "$verify" ]; then
	archive_test=--no-archive-test # this is one
	[ -n "$archives$keep_going" ] && convert rsenc-verify || convert rsenc-verify --expect=$total
fi
# The proof, which does not rest on the statuses of a pipe.
count_missing
[ -n "$archives" ] && now=$(stored) || now=$((before + lacked - left))
inform "$target: $(patches "$now") stored ($((now - before)) new), $(($(date +%s) - begin)) s"
[ -z "$skipped" ] || die "$target: skipped the patches reported above: $again to retry them"
[ $left -eq 0 ] || die "$target: $(patches $left) still missing: $again"

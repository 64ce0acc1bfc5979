#!/bin/sh
# rs-tensor-encoder: datasets of TIFF patches to one LMDB database, in one call of rsenc-scan,
# rsenc-missing, rsenc-pack and rsenc-load.
# shellcheck disable=SC2015,SC2086 # an option that is not set must not become an empty word
set -u
unset CDPATH
self=rs-tensor-encoder begin=$(date +%s) target='' filter='' rules='' jobs='' verify='' quiet='' verbose=''
keep_going='' incomplete='' sync='' dry_run='' archive_test=1 space_check=1 roots='' archives=''
skipped='' reader='' writer='' loading='' result=0

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
keep() { [ "$1" -le $result ] || result=$1; } # the worst status

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
	[ -n "$loading" ] || say 'stopped: run the same command to resume'
	exit $((128 + $1))
}

# ---- roots: what is plain is scanned; compressed archives are read once ----

# a word for eval
quoted() { case $1 in *\'*) printf '%sX' "$1" | sed "s/'/'\\\\''/g; 1s/^/ '/; \$s/X\$/'/" ;; *) printf " '%s'" "$1" ;; esac; }

# is_compressed PATH: $unpack decompresses it
is_compressed() {
	for unpack in zst:zstd gz:gzip xz:xz bz2:bzip2 lz4:lz4; do
		suffix=${unpack%:*} unpack=${unpack#*:}
		case $1 in *.tar.$suffix | *.t$suffix) [ -f "$1" ] && return ;; esac
	done
	return 1
}

# unpacked STATUS ARCHIVE. gzip warns, by 2, of bytes after the archive's end. They do no harm, unless they may be
# one more member with a damaged header: neither text nor shorter than a member. Of a tested archive SIGPIPE (141)
# means that rsenc-untar has stopped.
unpacked() {
	case $1$archive_test in 0* | 1411) return 0 ;; esac
	[ "$unpack$1" = gzip2 ] || return
	[ "$(tail -c 8 <"$2" | LC_ALL=C tr -d '[:print:][:space:]' | wc -c)" -gt 0 ] || return 0
	head -c $(($(wc -c <"$2") - 17)) <"$2" | gzip -tq 2>/dev/null
	[ $? -eq 1 ]
}

# add_root DATASET PATH: as a word in plain-DATASET or packed-DATASET. Of a patch that has files in roots of both
# kinds, one part would be stored without the other.
add_root() {
	why=$(rsenc-scan -l ${rules:+-f "$rules"} -- "$1" 2>&1 >/dev/null) || {
		meant=$(printf '%s' "$1" | tr '[:upper:]_' '[:lower:]-' | sed 's/-*\(root\|dir\|path\)$//')
		rsenc-scan -l ${rules:+-f "$rules"} -- "$meant" >/dev/null 2>&1 && why=": did you mean --$meant-root?"
		wrong_usage "--$1: no such option or dataset: ${why#*: }"
	}
	case $2 in "~"*) why=": no shell expands ~ there: write --$1-root $2" ;; *) why='' ;; esac
	[ -e "$2" ] || die "$1: $2: no such file or directory$why"
	kind=plain other=packed
	if is_compressed "$2"; then
		kind=packed other=plain
		command -v $unpack >/dev/null || die "$2: $unpack is not installed"
		[ -z "$filter" ] || die "$2: compressed: --filter needs a plain .tar or a directory"
		archives="$archives $(wc -c <"$2")"
	fi
	[ ! -e "$tmp/$other-$1" ] || die "$1: a patch may have files in plain and in compressed roots: decompress the compressed ones"
	quoted "$2" >>"$tmp/$kind-$1"
}

# each_dataset KIND FUNCTION: FUNCTION DATASET PATH... for each dataset with roots of that kind: the files of a
# patch may lie in any of them. The status is the worst one.
each_dataset() {
	for file in "$tmp/$1"-*; do
		[ ! -e "$file" ] || eval "$2 \"\${file##*/$1-}\" $(cat "$file")" || keep $?
	done
	return $result
}

# has_no_sum ARCHIVE: its first bytes show that it has no checksum, which these formats allow
has_no_sum() {
	# shellcheck disable=SC2046 # a word for each byte
	set -- $(od -An -tu1 -N8 <"$1")
	case $unpack:$1:$2 in
	zstd:40:181) [ $(($5 & 4)) -eq 0 ] ;;
	lz4:4:34) [ $(($5 & 20)) -eq 0 ] ;; # of the content, or of blocks
	xz:253:55) [ $(($8 & 15)) -eq 0 ] ;;
	*) [ $unpack:$1:$2 = lz4:2:33 ] ;; # the legacy format has none
	esac
}

# A checksum is at an archive's end, where all patches would be stored already.
test_archives() {
	shift
	for archive; do
		is_compressed "$archive"
		inform "testing $archive"
		! has_no_sum "$archive" || inform "$archive: contains no checksum: damage may not be noticed"
		pipe test_archive cat
		unpacked $wrote "$archive" || die "$archive: '$unpack -t' failed (status $wrote): nothing written: download the archive again"
	done
}
test_archive() { exec $unpack -tq <"$archive"; }

# ---- before anything is written ----

scan() { rsenc-scan $quiet $verbose $incomplete ${rules:+-f "$rules"} -- "$@"; }
missing() { exec rsenc-missing -q -- "$target" <"$tmp/list"; }
stored() { [ ! -e "$target" ] && echo 0 || rsenc-dump --keys -q -- "$target" 2>/dev/null | wc -l; }
count_missing() {
	left=$total
	[ -e "$target" ] || return 0 # all of them
	pipe missing wc -l >"$tmp/count"
	[ $wrote -eq 0 ] && read -r left <"$tmp/count" || exit 1
}

# All group lines. Status 1 means that patches were skipped, and reported.
make_list() {
	pipe 'each_dataset plain scan' ${filter:+sh -c} "${filter:-cat}" >"$tmp/list"
	[ $status -eq 0 ] || head -c 1000000 /dev/zero 2>/dev/null >"$tmp/room" ||
		die "$tmp: no room for the list of patches: set TMPDIR to a directory with more room"
	total=$(($(wc -l <"$tmp/list")))
	[ $status$total != 10 ] || die '--filter: nothing written: it selects no patch'
	[ $status -ne 0 ] && what=--filter || what=rsenc-scan status=$wrote
	[ $status -le 1 ] || die "$what: status $status: nothing written"
	[ $status -eq 0 ] || [ -n "$keep_going" ] || [ $what$total = rsenc-scan0 ] ||
		die "$what: nothing written: fix the files reported above, or skip them with --keep-going"
	[ $status$wrote = 00 ] || skipped=1
	[ -n "$archives" ] || [ $total -gt 0 ] || die 'no complete patch found: nothing written'
	# Of several calls of rsenc-scan, or after a filter, only the whole list shows that a key is used twice.
	set -- "$tmp"/plain-*
	[ "$#$filter" != 1 ] || return 0
	twice=$(cut -f 1 "$tmp/list" | { LC_ALL=C sort || printf 'sort failed\nsort failed\n'; } | uniq -d | head -n 3 | paste -s -d ' ' -)
	[ -z "$twice" ] || die "duplicate keys: $twice: nothing written: give each dataset once, or give one of them other keys with --rules"
}

# Reports what will be done, and whether there is room for it: the headers of some files, from all over the list,
# say how large a patch is. A value fills whole pages of a database: half a page is added for each. Archives
# hold more than their own size, but some of that may be stored already.
announce() {
	case $target in /*) place=$target ;; *) place=$PWD/$target ;; esac
	until [ -d "${place:=/}" ]; do place=${place%/*}; done
	size=$(awk -v step=$((total / 8 + 1)) 'NR % step == 1 || step == 1' "$tmp/list" |
		rsenc-pack --size -kq 2>/dev/null) # bad files are reported when they are packed
	[ -e "$target/data.mdb" ] && least='' || least=$archives
	room=$(df -Pk -- "$place" 2>/dev/null | awk -v size="${size:-0 0}" -v left=$left -v least="$least" '
		function human(n) { return n < 999.5e6 ? sprintf("%.1f MB", n / 1e6) : sprintf("%.1f GB", n / 1e9) }
		NR == 2 && match($0, / [0-9]+ +[0-9]+% /) { free = substr($0, RSTART) + 0 }
		END {
			for (i = split(least, of, " "); i > 0; i--) need += of[i]
			if (split(size, of, " ") == 2 && of[2] > 0) need += (of[1] / of[2] + 2048) * left
			text = (least == "" ? "about " : "at least ") human(need) " needed"
			print (need ? text : "size not known") (free == "" ? "" : ", " human(free * 1024) " free")
			exit free != "" && need > free * 1024
		}') || {
		[ -z "$space_check" ] || [ -n "$dry_run" ] || die "$target: $room: nothing written (--no-space-check skips this check)"
		say "$target: $room"
	}
	text="$(patches $total) found"
	[ $left -eq $total ] || text="$text, $((total - left)) already stored"
	[ -z "$archives" ] || text="${text#0 patches found}, compressed archives" text=${text#, }
	[ $left -eq 0 ] && [ -z "$archives" ] || text="$text: $room"
	[ -z "$dry_run" ] || { say "$target: $text (dry run: nothing was written)"; exit ${skipped:-0}; }
	inform "$target: $text"
}

# ---- the work ----

# Those that the target lacks, or to verify all of them; then those of archives.
records() {
	if [ -n "$loading" ] && [ $left -lt $total ]; then missing | pack; else pack <"$tmp/list"; fi
	keep $?
	each_dataset packed untar
}
pack() { rsenc-pack -r $quiet $keep_going $jobs; }

untar() {
	[ $result -eq 0 ] || [ "$result$keep_going" = 1-k ] || return $result
	dataset=$1
	shift
	for archive; do
		is_compressed "$archive"
		inform "$target: reading $archive"
		$unpack -dc <"$archive"
		unpacked $? "$archive" || echo "$archive: $unpack failed" >>"$tmp/failed"
	done | RSENC_DAMAGED=3 rsenc-untar $quiet $incomplete $keep_going $jobs ${rules:+-f "$rules"} -- "$dataset" 3>>"$tmp/failed"
}

# convert N COMMAND...: all N records into a command, and what came of it. How many come is certain only if none
# is skipped.
convert() {
	[ -n "$archives$keep_going" ] && expect='' || expect=--expect=$1
	shift
	pipe records "$@" $quiet $verbose $expect -- "$target"
	loading=''
	[ ! -s "$tmp/failed" ] ||
		die "$(head -n 1 "$tmp/failed"): patches stored from this archive may be wrong: download it again, remove $target and run the same command"
	[ "$wrote$status$keep_going" != 10-k ] || skipped=1 wrote=0
	[ "$wrote$status" != 00 ] || return 0
	[ "$1" = rsenc-load ] || die "$target: not proven to be identical to the files (see above)"
	text="$(patches "$(stored)") stored"
	case $wrote,$status in
	*137*) die "$target: killed by signal 9 (memory may be used up: use a smaller -j): incomplete, $text: run the same command to resume" ;;
	1,*) die "$target: stopped, $text: fix the files reported above and run the same command to resume, or skip them with --keep-going" ;;
	*) die "$target: status $wrote, rsenc-load: status $status: incomplete, $text: run the same command to resume" ;;
	esac
}

# ---- options: any other one names a dataset ----

operands=''
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
	--no-archive-test) archive_test='' ;;
	--no-space-check) space_check='' ;;
	--sync) sync=--sync ;;
	--verify) verify=1 ;;
	-h | --help) usage || exit 1; exit ;;
	-V | --version) echo "$self @VERSION@"; exit ;;
	--) operands=' ' ;;
	--force | --overwrite | --replace) wrong_usage "no such option $word: remove TARGET to convert again" ;;
	--resume | --continue | --append) wrong_usage "no such option $word: run the same command to resume" ;;
	--target | --target= | --target-dir | --target-dir= | --output | --output= | -o)
		wrong_usage "no such option ${word%=}: give TARGET as the last operand" ;;
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
		*) word=${word#--} && roots="$roots add_root$(quoted "${word%-root}")$(quoted "$value");" ;;
		esac
		;;
	-?*) wrong_usage "no such option $word" ;;
	*) [ -z "$target" ] && target=$word || wrong_usage "one TARGET, not '$target' and '$word': put --DATASET-root before each path, and quote blanks in a path" ;;
	esac
done
[ -n "$roots" ] || wrong_usage 'no dataset: give --DATASET-root PATH'

# ---- the run ----

true 2>/dev/null 3>&1 || exec >/dev/null # only differences that --verify finds are written there
trap 'rm -rf "$tmp"' EXIT
for one in 1:HUP 2:INT 3:QUIT 10:USR1 12:USR2 15:TERM 24:XCPU; do
	# shellcheck disable=SC2064 # the number is this one
	trap "stopped ${one%:*}" "${one#*:}"
done
# In a container perhaps only the target's directory can be written.
tmp=$(mktemp -d "${TMPDIR:-/tmp}/$self.XXXXXX" 2>/dev/null) ||
	{ [ -z "${TMPDIR-}" ] && tmp=$(mktemp -d "$target.XXXXXX" 2>/dev/null); } ||
	die "${TMPDIR:-/tmp}: cannot be written: set TMPDIR to a directory for temporary files"
mkfifo "$tmp/pipe" || exit 1

# The commands are beside this script, behind links to it, or on the PATH. Where all are one executable, that
# looks at the name by which it is called.
file=${RSENC_ONE_FILE-$(readlink -f -- "$0"; echo .)}
PATH=${file%/*}:$PATH
if [ -n "${RSENC_ONE_FILE-}" ] && [ ! -x "${file%/*}/rsenc-scan" ]; then
	for one in dump load missing pack scan untar verify; do
		ln -s "$file" "$tmp/rsenc-$one" || exit 1
	done
	PATH=$tmp:$PATH
fi
command -v rsenc-scan >/dev/null ||
	die "rsenc-scan is neither in ${file%/*} nor on the PATH: run 'make', or install rsenc"
unset RSENC_ONE_FILE
RSENC_RESUME='run the same command'
export PATH RSENC_RESUME

# What cannot work is refused before work is done.
[ -z "$jobs" ] || rsenc-pack -r $jobs </dev/null >/dev/null || exit 2
[ -z "$rules" ] || rsenc-scan -l -f "$rules" >/dev/null || exit 1
eval "$roots"
[ -n "$target" ] || wrong_usage 'missing operand TARGET'
rsenc-load --check -- "$target" || exit 1
# After a kill and a reboot, or on another machine; else this does nothing.
[ ! -e "$target" ] || [ -n "$dry_run" ] || rsenc-load --recover -- "$target" || exit 1
[ -n "$dry_run" ] || [ -z "$archive_test" ] || each_dataset packed test_archives

make_list
count_missing
announce
before=$(stored) lacked=$left
if [ $left -gt 0 ] || [ -n "$archives" ]; then
	loading=1
	[ -z "$archives" ] || left=0 # nobody knows how many they hold
	convert $left rsenc-load $sync -s --about=$left
fi
if [ -n "$verify" ]; then
	inform "$target: comparing with the files"
	convert $total rsenc-verify
fi
# The proof, which does not rest on the statuses of a pipe.
count_missing
[ -n "$archives" ] && now=$(stored) || now=$((before + lacked - left))
inform "$target: $(patches "$now") stored ($((now - before)) new), $(($(date +%s) - begin)) s"
[ -z "$skipped" ] || die "$target: skipped the patches reported above: run the same command to retry them"
[ $left -eq 0 ] || die "$target: $(patches $left) still missing: run the same command"

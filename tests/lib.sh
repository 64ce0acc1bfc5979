# shellcheck shell=sh disable=SC2034
# TAP for POSIX sh. A test script starts with `. "${0%/*}/lib.sh"` and ends with `done_testing`.
# It runs in $tmp, a directory of its own that is removed at the end, with the commands on PATH.

set -u
# A run in the background (nohup, &) would hand on that signals are ignored, and no shell can undo it.
if [ -z "${signals_reset-}" ] && env --default-signal=HUP,INT true 2>/dev/null; then
	exec env --default-signal=HUP,INT signals_reset=1 sh "$0" "$@"
fi
LC_ALL=C
PYTHONDONTWRITEBYTECODE=1 # into the tree
export LC_ALL PYTHONDONTWRITEBYTECODE
tests=$(cd "${0%/*}" && pwd)
top=${tests%/*}
: "${BIN:=$top}" "${TOOLS:=$top/build/tests}"
PATH=$BIN:$TOOLS/tools:$PATH
data=${RSENC_DATA:-$top/../shared/data} # real patches; tests that need them skip where they are absent
[ -d "$data" ] || data=
tmp=$(mktemp -d) || exit 1
trap 'chmod -R u+rwx "$tmp" 2>/dev/null; rm -rf "$tmp"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
cd "$tmp" || exit 1
n=0
failed=0

pass() {
	n=$((n + 1))
	printf 'ok %d - %s\n' "$n" "$1"
}

# On stderr too: prove shows that, and of the rest nothing without -v.
fail() {
	n=$((n + 1))
	failed=$((failed + 1))
	text="not ok $n - $1"
	[ $# -lt 2 ] || text="$text
$(printf '%s\n' "$2" | sed 's/^/#   /')"
	printf '%s\n' "$text"
	[ $failed -gt 1 ] || printf "\n# alone: make check TESTS='tests/%s' PROVEFLAGS=-v\n" "${0##*/}" >&2
	printf '%s: %s\n' "${0##*/}" "$text" >&2
}

# skip WHAT WHY
skip() {
	n=$((n + 1))
	printf 'ok %d - %s # SKIP %s\n' "$n" "$1" "$2"
	[ -z "${SKIPS-}" ] || printf '%s: %s: %s\n' "${0##*/}" "$1" "$2" >>"$SKIPS"
}

# ok WHAT COMMAND...: the command succeeds
ok() {
	what=$1
	shift
	if "$@" >ok.log 2>&1; then pass "$what"; else fail "$what" "$(head -c 2000 ok.log)"; fi
}

# is WHAT GOT WANTED: two texts are equal
is() {
	if [ "$2" = "$3" ]; then pass "$1"; else fail "$1" "got:    $2
wanted: $3"; fi
}

# like WHAT TEXT PATTERN: the text matches a shell pattern
like() {
	# shellcheck disable=SC2254
	case $2 in
	$3) pass "$1" ;;
	*) fail "$1" "got:    $2
wanted: $3" ;;
	esac
}

# check STATUS STDOUT STDERR COMMAND: one row of a table. Runs `sh -c COMMAND`; STDOUT and STDERR
# are shell patterns for the whole output ('' is none at all).
check() {
	sh -c "$4" >check.out 2>check.err </dev/null
	check_status=$?
	check_out='' check_err='' check_bad=''
	[ ! -s check.out ] || check_out=$(tr '\000' '?' <check.out)
	[ ! -s check.err ] || check_err=$(cat check.err)
	[ "$check_status" -eq "$1" ] || check_bad="status $check_status, not $1"
	# shellcheck disable=SC2254
	case $check_out in $2) ;; *) check_bad="$check_bad
stdout: $check_out
wanted: $2" ;; esac
	# shellcheck disable=SC2254
	case $check_err in $3) ;; *) check_bad="$check_bad
stderr: $check_err
wanted: $3" ;; esac
	if [ -z "$check_bad" ]; then pass "$4"; else fail "$4" "$check_bad"; fi
}

# dataset_trees: $trees/DATASET has two patches of each dataset (fixture -b), which no test changes. Of the
# tests that run.sh runs the first one makes them for all.
dataset_trees() {
	trees=${SHARED:-$tmp}/trees
	[ ! -d "$trees" ] || return 0
	for one in $(fixture -l); do
		fixture -b "$one" "$tmp/trees.new/$one" 2 || return
	done
	mv -T "$tmp/trees.new" "$trees" 2>/dev/null || rm -rf "$tmp/trees.new" # another test was faster
}

# have PROGRAM...: all are there
have() {
	for have_one; do command -v "$have_one" >/dev/null 2>&1 || return 1; done
}

# orphaned PIDFILE...: if the test is killed, the daemons are ended whose numbers these files (patterns below
# $tmp) hold, and $tmp is removed
orphaned() {
	# shellcheck disable=SC2016
	setsid sh -c 'test=$1; shift
		while kill -0 "$test"; do sleep 1; done
		for file in $*; do kill "$(cat "$file")"; done
		rm -rf "$PWD"' sh $$ "$@" </dev/null >/dev/null 2>&1 &
}

# A python3 that has the given modules ("lmdb numpy"), as $python: the system's, or that of `make
# clients`; status 1 if there is none.
have_python() {
	for python in /usr/bin/python3 python3 "${CLIENTS:=$top/build/clients}/bin/python3"; do
		# shellcheck disable=SC2086 # found, not imported: that takes seconds
		"$python" -c 'import importlib.util as i, sys; sys.exit(not all(map(i.find_spec, sys.argv[1:])))' $1 2>/dev/null && return 0
	done
	return 1
}

# cluster_needs NAME PROGRAM...: else, or where one is not root, all of the test is skipped.
cluster_needs() {
	what=$1
	shift
	for one; do
		have "$one" || {
			skip "$what" "$one is not installed (make deps-cluster)"
			done_testing
		}
	done
	[ "$(id -u)" -eq 0 ] || {
		skip "$what" 'its daemons need root'
		done_testing
	}
}

done_testing() {
	echo "1..$n"
	[ "$failed" -eq 0 ]
	exit
}

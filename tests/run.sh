#!/bin/sh
# Runs tests with prove; says which files took longest and what was skipped, before prove's summary.
#
#     sh tests/run.sh [PROVE OPTION]... FILE...
#
# If root sets TEST_USER=UID, as CI does, all files but those that need root run as that user.
set -u
top=$(cd "${0%/*}/.." && pwd)

# What prove starts for a file.
if [ "$1" = --one ]; then
	case ${2##*/} in
	copies.t | downloads.t | load.t | places.t | release.t | slurm.t | ssh.t | wheel.t) exec sh "$2" ;;
	esac
	case ${2##*/} in # a Python that only root may start has made the virtual environments
	clients.t | gdal.t | join.t | show.t | taco.t)
		for python in "$top"/build/clients/bin/python "$top"/build/oracles/bin/python; do
			[ ! -e "$python" ] || setpriv --reuid="$TEST_USER" --clear-groups "$python" -c '' 2>/dev/null ||
				exec sh "$2"
		done
		;;
	esac
	exec setpriv --reuid="$TEST_USER" --regid="$TEST_USER" --clear-groups --no-new-privs \
		env HOME="$TEST_HOME" GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=safe.directory GIT_CONFIG_VALUE_0='*' sh "$2"
fi

work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
SKIPS=$work/skips TEST_HOME=$work/home SHARED=$work/shared
: >"$SKIPS" && mkdir "$TEST_HOME" "$SHARED" && chmod -R a+rwX "$work" || exit 1
export SKIPS TEST_HOME SHARED

if [ -n "${TEST_USER-}" ] && [ "$(id -u)" -eq 0 ]; then
	setpriv --reuid="$TEST_USER" --clear-groups test -r "$top/Makefile" || {
		echo "run.sh: user $TEST_USER cannot read $top: use a directory that all may enter" >&2
		exit 1
	}
	set -- --exec "sh $top/tests/run.sh --one" "$@"
fi
untracked() { git -C "$top" ls-files --others --exclude-standard 2>/dev/null; }
untracked >"$work/untracked"
# The summary is held back until the end.
{ prove --timer "$@" 2>&1; echo $? >"$work/status"; } | tee "$work/log" |
	awk '/All tests successful|^Test Summary Report|^Files=/ { held = 1 } !held { print; fflush() }'

if [ "$(grep -c ' ms ' "$work/log")" -gt 10 ]; then
	echo 'The slowest files:'
	sed -n 's/^[^ ]* \([^ ]*\.t\) .* \([0-9]\{1,\}\) ms.*/\2 \1/p' "$work/log" | sort -rn |
		awk 'NR <= 10 { printf "  %6.1f s  %s\n", $1 / 1000, $2 }'
fi
if [ -s "$SKIPS" ]; then
	sort "$SKIPS" | sed 's/^/  /'
	echo "Skipped: $(($(wc -l <"$SKIPS"))), see above. To run them:" \
		'make deps-check deps-cluster deps-release clients oracles'
fi
sed -n '/All tests successful\|^Test Summary Report\|^Files=/,$p' "$work/log"
if untracked | diff "$work/untracked" - | grep '^>'; then
	echo 'run.sh: tests left these files in the tree'
	exit 1
fi
exit "$(cat "$work/status")"

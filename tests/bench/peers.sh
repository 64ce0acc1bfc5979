#!/bin/sh
# `make bench-peers`: the whole pipe beside what one would write in Python, with rasterio, safetensors and
# lmdb from PyPI: a plain loop, and worker processes (peer.py); and beside rico-hdl, which is on no
# package registry, if RICO says where it is. The same trees, the same run; the databases must dump to
# the same bytes. Prints a Markdown table. CLIENTS is the virtual environment of `make clients`.
#
#   RICO=DIR            a copy of github.com/kai-tub/rico-hdl, with rico_hdl/ in it
#   RICO_PYTHON=FILE    its Python, with the packages that it needs (that of CLIENTS)
#   PEERS_PATCHES=300   patches of BigEarthNet-S1, and as many of S2, in the tree
#   PEERS_ROUNDS=3      each command runs once in every round
#   BENCH_DIR=/tmp      where trees and outputs go, and are removed from
set -eu
LC_ALL=C
export LC_ALL
here=$(cd "${0%/*}" && pwd)
PATH=$BIN:$TOOLS/tools:$PATH
patches=${PEERS_PATCHES:-300}
rounds=${PEERS_ROUNDS:-3}
python=$CLIENTS/bin/python
# shellcheck source=machine.sh
. "$here/machine.sh"

say() {
	echo "bench-peers: $*" >&2
}

"$python" -c 'import lmdb, rasterio, safetensors.numpy' 2>/dev/null || {
	say "skipped: no lmdb, rasterio, safetensors in $CLIENTS: $(cut -f 2 "$CLIENTS/absent" 2>/dev/null | head -n 1)"
	exit 0
}
command -v hyperfine >/dev/null || {
	say "hyperfine is not installed: make deps-dev"
	exit 1
}

dir=$(mktemp -d "${BENCH_DIR:-/tmp}/rsenc-peers.XXXXXX")
trap 'rm -rf "$dir"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
cd "$dir"

# rico_hdl/ of RICO, in a copy whose map is 64 GB: a map of 100 TB cannot be made everywhere
if [ -n "${RICO-}" ]; then
	rico_python=${RICO_PYTHON:-$python}
	"$rico_python" -c 'import lmdb, more_itertools, rasterio, safetensors.numpy, structlog, tqdm, typer' || {
		say "RICO: run '$rico_python -m pip install lmdb more-itertools numpy rasterio safetensors structlog tqdm typer'"
		exit 1
	}
	fd=$(command -v fd || command -v fdfind) || {
		say "RICO: fd is not installed (Debian's fd-find)"
		exit 1
	}
	mkdir bin
	ln -s "$fd" bin/fd
	cp -R "$RICO/rico_hdl" .
	sed -i 's/map_size=(100 \* 1024 \*/map_size=(64 */' rico_hdl/*.py
	PATH=$dir/bin:$PATH
fi
hys=$((patches / 25 > 4 ? patches / 25 : 4))
say "making $((2 * patches)) BigEarthNet-like and $hys HySpecNet-like patches in $dir"
fixture -b bigearthnet-s1 ben "$patches"
fixture -b bigearthnet-s2 ben "$patches"
fixture -b hyspecnet-11k hys "$hys"

# Every command makes the database `out`; the tree is in the page cache, nothing waits for the disk.
loop="\"$python\" \"$here/peer.py\""
set --
for row in ben:bigearthnet hys:hyspecnet-11k; do
	tree=${row%:*}
	case $tree in
	ben) peer='bigearthnet --bigearthnet-s1-dir ben/BigEarthNet-S1 --bigearthnet-s2-dir ben/BigEarthNet-S2' ;;
	hys) peer='hyspecnet-11k --dataset-dir hys/patches' ;;
	esac
	peer="PYTHONPATH=. '${rico_python-}' -W ignore -m rico_hdl.rico_hdl $peer --target-dir out >peer.log 2>&1"
	ready="rm -rf out; sync -f .; tar cf - $tree | cat >/dev/null"
	for way in "$tree:rsenc-scan ${row#*:} $tree | rsenc-pack -r -j 1 | rsenc-load -q out" \
		"$tree-j2:rsenc-scan ${row#*:} $tree | rsenc-pack -r -j 2 | rsenc-load -q out" \
		"$tree-loop:$loop $tree out" "$tree-workers:$loop $tree out 2" \
		${RICO:+"$tree-rico:$peer"}; do
		rm -rf out
		sh -c "${way#*:}"
		rsenc-dump out | sha256sum >dumped
		[ -e "$tree.sum" ] || mv dumped "$tree.sum"
		if [ -e dumped ] && ! cmp -s dumped "$tree.sum"; then
			say "${way%%:*}: other records than rsenc's"
			exit 1
		fi
		set -- "$@" -p "$ready" -n "${way%%:*}" "${way#*:}"
	done
done

for round in $(seq "$rounds"); do
	say "round $round of $rounds"
	hyperfine --runs 1 --style none --shell sh --export-csv round.csv "$@" 2>round.log || {
		cat round.log >&2
		exit 1
	}
	sed 1d round.csv | awk -F, -v ben=$((2 * patches)) -v hys="$hys" -v OFS='\t' '{
		print $1, $4, $5 + $6
		print $1 "-rate", ($1 ~ /^ben/ ? ben : hys) / $4 }' >>results
done

versions=$("$python" -c 'from importlib.metadata import version
print(*("%s %s," % (name, version(name)) for name in ("rasterio", "safetensors", "lmdb")))')
cat <<T
$((2 * patches)) BigEarthNet-like patches and $hys HySpecNet-like ones, the same records from all, warm
cache, synced, medians of $rounds interleaved rounds, $(date -u +%Y-%m-%d). $versions
$(machine).

T
awk -f "$here/table.awk" results "$here/peers.txt" |
	awk -F '|' -v OFS='|' '{ print $1, $2, $3, $4, $5, $6, $7, "" }'

#!/bin/sh
# sh .ci/release/wheel.sh STATIC LICENCES VERSION DIR COMMAND...: a wheel in DIR of the static executable STATIC,
# under the names of all commands, and of cmd/examples/reader.py as the module rsenc. A wheel can't hold
# links, so that each name is a script of two lines. Needs hatchling from PyPI, in a virtual environment
# below DIR.
set -eu
static=$1 licences=$2 version=$3 dir=$4
shift 4
mkdir -p "$dir"
dir=$(cd "$dir" && pwd)
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
[ -x "$dir/venv/bin/hatchling" ] || {
	python3 -m venv "$dir/venv" && "$dir/venv/bin/python" -m pip install -q --disable-pip-version-check hatchling
} >"$dir/log" 2>&1 || {
	echo "wheel: no hatchling: $(tail -n 1 "$dir/log"): needs python3-venv and PyPI" >&2
	exit 1
}
mkdir -p "$tree/rsenc" "$tree/bin"
cp .ci/release/python/pyproject.toml .ci/release/python/hatch_build.py README.md LICENSE "$tree"
cp -r "$licences" "$tree/licences"
cp cmd/examples/reader.py "$tree/rsenc"
: >"$tree/rsenc/py.typed"
sed "s/@VERSION@/$version/" .ci/release/python/init.py >"$tree/rsenc/__init__.py"
install -m 755 "$static" "$tree/bin/rsenc"
for command; do
	[ "$command" != rsenc ] || continue
	# shellcheck disable=SC2016 # for the script that is written
	printf '#!/bin/sh\nexec "${0%%/*}/rsenc" %s "$@"\n' "$command" >"$tree/bin/$command"
	chmod 755 "$tree/bin/$command"
done
rm -f "$dir"/*.whl
(cd "$tree" && "$dir/venv/bin/hatchling" build -t wheel >"$dir/log" 2>&1) || {
	cat "$dir/log" >&2
	exit 1
}
cp "$tree"/dist/*.whl "$dir"

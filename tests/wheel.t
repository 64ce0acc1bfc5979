#!/bin/sh
# `make wheel`: pip installs the commands and the reader in a fresh virtual environment.
. "${0%/*}/lib.sh"
: "${CLIENTS:=$top/build/clients}"

case ${CFLAGS-} in
*-fsanitize*)
	skip 'wheel' 'sanitizers cannot be linked statically'
	done_testing
	;;
esac
if [ "$(${CC:-cc} -print-file-name=libtiff.a)" = libtiff.a ]; then
	skip 'wheel' 'no libtiff.a on this system'
	done_testing
fi
build=${TOOLS%/tests}
if ! make -s -C "$top" -o all -o tools B="$build" BIN="$BIN" ${CC:+CC="$CC"} ${CFLAGS+CFLAGS="$CFLAGS"} \
	${LDFLAGS+LDFLAGS="$LDFLAGS"} EPOCH=1700000000 wheel >wheel.log 2>&1; then
	if grep -q 'wheel: no hatchling' wheel.log; then
		skip 'wheel' "$(grep 'no hatchling' wheel.log)"
	else
		fail 'make wheel' "$(cat wheel.log)"
	fi
	done_testing
fi
wheel=$(echo "$build"/wheel/rsenc-*.whl)
pass "make wheel: ${wheel##*/}"
like 'it fits any Linux' "${wheel##*/}" "rsenc-*-py3-none-manylinux_2_17_*.musllinux_1_1_*.whl"

# Making a venv without pip, and using one that is there, takes a third of the time.
pip="$CLIENTS/bin/python -m pip --disable-pip-version-check --python venv/bin/python"
python3 -m venv --without-pip venv
if ! $pip --version >/dev/null 2>&1; then
	rm -rf venv && python3 -m venv venv
	pip="venv/bin/python -m pip --disable-pip-version-check"
fi
# lmdb and numpy come from PyPI, or from what `make clients` has brought.
site=$(echo "$PWD"/venv/lib/python3*/site-packages)
clients=$(echo "$CLIENTS"/lib/python3*/site-packages)
if [ -d "$clients" ] && [ "${clients%/site-packages}" != "${clients##*/}" ] && [ "${clients#"$CLIENTS"}" = "${site#"$PWD/venv"}" ]; then
	echo "$clients" >"$site/clients.pth"
fi
find venv -type f | sort >before
# shellcheck disable=SC2086 # words
ok 'pip install' $pip install -q --no-compile "$wheel"
bin=$PWD/venv/bin
for command in "$BIN"/rs*; do
	if [ ! -x "$command" ] || [ ! -f "$command" ]; then continue; fi
	name=${command##*/}
	check 0 "${name} *" '' "PATH='$bin':/usr/bin:/bin; '$name' --version"
done
fixture -b bigearthnet-s2 ben 4
ok 'its commands convert' env "PATH=$bin:/usr/bin:/bin" sh -c \
	'rsenc-scan bigearthnet-s2 ben | rsenc-pack -r | rsenc-load Encoded && rsenc tensor-encoder -q --bigearthnet-s2-root ben Again'
rsenc-scan bigearthnet-s2 ben | rsenc-pack -r >ben.rec
check 0 '' '*4 identical*' 'rsenc-verify -x Encoded ben.rec'
check 0 '' '*4 identical*' 'rsenc-verify -x Again ben.rec'
cat >train.py <<'E2'
import rsenc
from rsenc import Patches, collate
patches = Patches("Encoded")
assert len(patches) == 4 and patches[0]["B04"].shape == (120, 120) and rsenc.__version__
batch = collate({"x": ["B02", "B03"]}, framework="numpy")([patches[0], patches[1]])
assert batch["x"].shape == (2, 2, 120, 120)
try:
    import torch
    from torch.utils.data import DataLoader
except ImportError:
    print("no torch")
else:
    model = torch.nn.Conv2d(2, 1, 3)
    optimizer = torch.optim.SGD(model.parameters(), 1e-9)
    before = model.weight.clone()
    for batch in DataLoader(patches, 2, collate_fn=collate({"x": ["B02", "B03"]})):
        optimizer.zero_grad()
        model(batch["x"].float()).square().mean().backward()
        optimizer.step()
    assert not torch.equal(before, model.weight)
    print("trained")
E2
if [ -d "$clients/torch" ]; then
	check 0 '*trained' '' "'$bin/python' -W ignore train.py"
else
	check 0 '*' '' "'$bin/python' -W ignore train.py"
fi
ok 'its types are marked' test -e "$site/rsenc/py.typed"
ok 'the reader is the example' cmp "$site/rsenc/reader.py" "$top/cmd/examples/reader.py"
$pip uninstall -q -y rsenc
find venv -type f | grep -v -e __pycache__ -e /lmdb -e /numpy | sort >after
is 'pip uninstall leaves nothing' "$(grep -v -e __pycache__ -e /lmdb -e /numpy before | diff - after)" ''

done_testing

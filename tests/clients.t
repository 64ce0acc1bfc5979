#!/bin/sh
# What users read the result with: lmdb, safetensors, numpy and torch as PyPI has them (`make clients`),
# and the README's own lines. CLIENTS is the virtual environment.
. "${0%/*}/lib.sh"
: "${CLIENTS:=$top/build/clients}"
python=$CLIENTS/bin/python
here=$tests/clients

# lib MODULE: can be imported
lib() {
	"$python" -c "import $1" 2>/dev/null
}

# why MODULE: is not there
why() {
	sed -n "s/^$1\t//p" "$CLIENTS/absent" 2>/dev/null | grep . || echo "'make clients' installs $1"
}

for one in lmdb numpy safetensors; do
	lib $one || {
		skip 'clients' "$(why lmdb)"
		done_testing
	}
done
lib torch && torch=yes || torch=

# ---- what they read ----

fixture -l | while read -r dataset; do
	fixture -b "$dataset" "tree/$dataset" 2
	rsenc-scan "$dataset" "tree/$dataset"
done | awk -F '\t' '!seen[$1]++' >groups.tsv # two editions of a dataset name patches alike
rsenc-pack -r <groups.tsv | rsenc-load Stored
mkdir Files Bands
rsenc-pack -o Files <groups.tsv
is 'a file for each patch' "$(find Files -name '*.safetensors' | wc -l)" "$(wc -l <groups.tsv)"

if lib rasterio; then
	"$python" -W ignore "$here/values.py" Stored groups.tsv Files >values 2>errors
	like "rasterio's values: $(cat values) tensors" "$(cat values errors)" '[1-9]*[0-9]'
else
	skip "rasterio's values" "$(why rasterio)"
fi

# The program that rsenc-verify(1) shows: what it does not know it refuses.
if lib rasterio; then
	oracle="$python $top/cmd/examples/oracle.py"
	count=$(wc -l <groups.tsv)
	check 0 '' "*: $count of $count patches (seed *): $count identical, 0 missing, 0 differ, 0 unchecked" \
		"rsenc-verify --sample=100000 --oracle='$oracle' Stored groups.tsv"
	fixture -b bigearthnet-s1 archived 2 && tar -cf archived.tar archived
	{
		rsenc-scan bigearthnet-s1 archived.tar
		sed -n "s/^\([^\t]*\)\t/labelled\t1=\\\\:U16:7\tlist=\\\\:F32:1,-2.5\tone=\\\\:I64:3,\t/;1p" groups.tsv
	} >odd.tsv
	rsenc-pack -r odd.tsv 2>/dev/null || rsenc-pack -r <odd.tsv | rsenc-load Odd
	check 0 '' '*: 3 of 3 patches *: 3 identical, *' "rsenc-verify --sample=9 --oracle='$oracle' Odd odd.tsv"
	check 1 'airplane00?unchecked' '*airplane00: 2 names, but 3 bands*exit status 1*' \
		"grep ^airplane00 groups.tsv | sed s/Red,// | rsenc-verify --sample=1 --oracle='$oracle' Stored"
else
	skip 'rsenc-verify --oracle with rasterio' "$(why rasterio)"
fi

grep B02= groups.tsv >bands.tsv
rsenc-pack -o Bands -S 10m=B02,B03,B04,B08 -A 64 <bands.tsv
cat >open.py <<'E2'
import sys
import numpy as np
import safetensors, safetensors.numpy
for path in sys.argv[1:]:
    with safetensors.safe_open(path, framework="np") as file:
        order = file.metadata()["10m"].split(",")
        whole, part = file.get_tensor("10m"), file.get_slice("10m")[:, 3:5, 7]
    single = safetensors.numpy.load_file(path.replace("Bands", "Files"))
    assert np.array_equal(whole, np.stack([single[name] for name in order]))
    assert np.array_equal(part, whole[:, 3:5, 7])
    with open(path, "rb") as f:
        assert (16 + 8 + int.from_bytes(f.read(8), "little")) % 64 == 0
E2
ok 'safe_open: stacked and aligned files, their metadata, slices of them' \
	"$python" open.py Bands/*_00_00.safetensors

# ---- the lines of the README, as they stand ----

awk -v n=0 '/^```python/ { inside = 1; n++; next } /^```/ { inside = 0 } inside { print >"block" n ".py" }' "$top/README.md"
key=$(sed -n 's/.*load(txn.get(b"\(.*\)").*/\1/p' block1.py)
sed -n "s/^[^	]*MSIL2A[^	]*_00_00	/$key	/p" groups.tsv | grep B02= | sed -n 1p >named.tsv
rsenc-pack -r <named.tsv | rsenc-load Encoded-BigEarthNet
cat >same.py <<'E2'
import numpy as np
import safetensors.numpy as reference
with env.begin() as txn:
    blob = bytes(txn.get(env.begin().cursor().iternext(values=False).__next__()))
wanted = reference.load(blob)["B04"]
assert wanted.dtype == np.uint16 and wanted.shape == (120, 120)
got = result.numpy() if hasattr(result, "numpy") else result
assert got.dtype == np.uint16 and np.array_equal(got, wanted)
E2
# readme WHAT FILE: the file's last line is the array that it promises
readme() {
	{ sed '$d' "$2" && sed -n '$s/^/result = /p' "$2" && cat same.py; } >readme.py
	ok "README: $1" "$python" readme.py
}
readme 'safetensors.numpy' block1.py
if [ "$torch" ]; then
	sed 's/safetensors.numpy/safetensors.torch/' block1.py >of-torch.py
	readme "safetensors.torch" of-torch.py
else
	skip 'README: safetensors.torch' "$(why torch)"
fi
readme 'the fast reader' block2.py
sed -n '/^DTYPES/,/for name, shape, dtype, begin/p' block2.py >readme.txt
sed -n '/^DTYPES/,/for name, shape, dtype, begin/p' "$here/reader.py" >reader.txt
ok 'README: the fast reader is the one that is tested and measured' cmp readme.txt reader.txt


# One patch is the whole dataset: normalised, its bands have mean 0 and deviation 1.
rsenc-dump Encoded-BigEarthNet | rsenc-show --json >totals.json
cat >normal.py <<'E2'
patch = __import__("safetensors.numpy").numpy.load(__import__("sys").stdin.buffer.read())
exec(open("block3.py").read())
assert image.shape == (4, 120, 120) and image.dtype == torch.float32
assert image.mean((1, 2)).abs().max() < 1e-4 and (image.std((1, 2)) - 1).abs().max() < 1e-3
E2
if [ "$torch" ]; then
	rsenc-dump -b "$key" Encoded-BigEarthNet >one.blob
	ok 'README: normalising by totals' sh -c "'$python' normal.py <one.blob"
else
	skip 'README: normalising by totals' "$(why torch)"
fi

# ---- DataLoader ----

fixture -b bigearthnet many 12
rsenc-scan bigearthnet many | rsenc-pack -r | rsenc-load Many
for how in 'fork 0' 'fork 1' 'fork 4' 'spawn 1' 'spawn 4'; do
	if [ ! "$torch" ]; then
		skip "DataLoader: $how" "$(why torch)"
	elif [ ! -r /proc/self/status ] || ! have mdb_stat; then
		skip "DataLoader: $how" 'no /proc, or no mdb_stat'
	else
		# shellcheck disable=SC2086
		ok "DataLoader: workers by $how" "$python" "$here/loader.py" Many $how
	fi
done

# ---- rsenc-database(5) ----

page=$top/man/rsenc-database.5
sed -n '/^import json/,/^\.Ed/{/^\.Ed/d;p;}' "$page" >reader.py
ok 'rsenc-database(5): its reader is the one that is tested and measured' cmp reader.py "$here/reader.py"
sed -n '/^def collate/,/^\.Ed/{/^\.Ed/d;p;}' "$page" >collate.txt
sed -n '/^def collate/,$p' "$here/collate.py" >collate.py
ok 'rsenc-database(5): so is its collate' cmp collate.txt collate.py
fixture -b bigearthnet-s2 one 20 && rsenc-scan bigearthnet-s2 one | rsenc-pack -r >one.rec
fixture -b -s 1 bigearthnet-s2 two 20 && rsenc-scan bigearthnet-s2 two | rsenc-pack -r >two.rec
fixture -b -o 100 bigearthnet-s2 more 400 && rsenc-scan bigearthnet-s2 more | rsenc-pack -r >more.rec
ok 'rsenc-database(5): what it says of reading while somebody writes' \
	"$python" "$here/facts.py" one.rec two.rec more.rec
if [ "$torch" ]; then
	mkdir Shards
	rsenc-pack -r <groups.tsv | rsenc-load All
	split -n r/3 groups.tsv shard.
	for part in shard.??; do rsenc-pack -r <"$part" | rsenc-load "Shards/$part"; done
	{
		echo 'from reader import Patches, read'
		echo 'key = Patches("All").keys.tolist()[7]'
		sed -n '/^from glob/,/^\.Ed/{/^\.Ed/d;s/^read/found = &/;p;}' "$page"
		cat <<'E2'
whole = Patches("All")
assert len(patches) == len(whole) and sorted(shard) == whole.keys.tolist()
assert found.keys() == read(whole.begin(), key).keys()
for part in parts:
    for name in part.keys.tolist():
        one, other = read(part.begin(), name), read(whole.begin(), name)
        assert all(one[band].tobytes() == other[band].tobytes() for band in other)
E2
	} >shards.py
	ok 'rsenc-database(5): shards are read as one database' "$python" shards.py
	sort groups.tsv >sorted.tsv && split -n l/3 sorted.tsv range.
	rm -rf Shards && mkdir Shards
	for part in range.??; do rsenc-pack -r <"$part" | rsenc-load "Shards/$part"; done
	{
		cat shards.py
		echo 'for key in whole.keys.tolist():'
		sed -n '/^from bisect/,/^\.Ed/{/^\.Ed/d;s/^read/found = &/;p;}' "$page" | sed 's/^./    &/'
		echo '    assert all(found[band].tobytes() == data.tobytes() for band, data in read(whole.begin(), key).items())'
	} >ranges.py
	ok 'rsenc-database(5): the shard of a key is found by its range' "$python" ranges.py
	cat >batch.py <<'E2'
import sys
import numpy as np, torch
from reader import Patches
E2
	{
		sed -n '/^def collate/,/^\.Ed/{/^\.Ed/d;p;}' "$page"
		sed -n '/^from reader/,/^\.Ed/{/^\.Ed/d;s/"Encoded"/"S2"/;p;}' "$page"
		echo 'batches = [batch["B04"] for batch in loader]'
		echo 'assert sum(map(len, batches)) == 20 and batches[0].dtype == torch.uint16'
	} >>batch.py
	rsenc-load S2 <one.rec
	ok 'rsenc-database(5): its DataLoader and collate' "$python" -W ignore batch.py
else
	skip 'rsenc-database(5): shards, collate' "$(why torch)"
fi

# ---- blobs that the reference library saves ----

mkdir Reference
"$python" -W ignore "$here/reference.py" Reference >reference.rec
names=$(cd Reference && for one in *; do echo "${one%.safetensors}"; done)
like 'the reference library has saved some' "$names" '*many*metadata*numpy-uint16*'
check 0 '' '' 'rsenc-load Kept <reference.rec'
check 0 '' '* identical, 0 missing, 0 differ, 0 extra' 'rsenc-verify -x Kept <reference.rec'
rsenc-dump Kept >dumped.rec
is 'all of its keys are stored' "$(rsenc-dump -k Kept)" "$names"
for name in $names; do
	rsenc-dump -b "$name" Kept >dumped
	ok "reference: $name is dumped as it was" cmp dumped "Reference/$name.safetensors"
	check 0 '*' '' "rsenc-show --stats 'Reference/$name.safetensors'"
done

done_testing

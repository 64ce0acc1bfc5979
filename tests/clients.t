#!/bin/sh
# What users read the result with: lmdb, safetensors, numpy and torch as PyPI has them (`make clients`),
# and the README's own lines. CLIENTS is the virtual environment.
. "${0%/*}/lib.sh"
: "${CLIENTS:=$top/build/clients}"
python=$CLIENTS/bin/python
here=$tests/clients
PYTHONPATH=$top/cmd/examples
export PYTHONPATH

# lib MODULE: is there
lib() {
	"$python" -c 'import importlib.util as i, sys; sys.exit(not i.find_spec(sys.argv[1]))' "$1" 2>/dev/null
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

dataset_trees
fixture -l | while read -r dataset; do
	rsenc-scan "$dataset" "$trees/$dataset"
done | awk -F '\t' '!seen[$1]++' >groups.tsv # two editions of a dataset name patches alike
rsenc-pack -r <groups.tsv | rsenc-load Stored
mkdir Files Bands
rsenc-pack -o Files <groups.tsv
is 'a file for each patch' "$(find Files -name '*.safetensors' | wc -l)" "$(wc -l <groups.tsv)"

# The program that rsenc-verify(1) shows: what it does not know it refuses.
if lib rasterio; then
	oracle="$python $top/cmd/examples/oracle.py"
	count=$(wc -l <groups.tsv)
	check 0 '' "*: $count patches: $count identical, 0 missing, 0 differ" "shuf groups.tsv | $oracle | rsenc-verify Stored"
	fixture -b bigearthnet-s1 archived 2 && tar -cf archived.tar archived
	{
		rsenc-scan bigearthnet-s1 archived.tar
		sed -n "s/^\([^\t]*\)\t/labelled\t1=\\\\:U16:7\tlist=\\\\:F32:1,-2.5\tone=\\\\:I64:3,\t/;1p" groups.tsv
	} >odd.tsv
	rsenc-pack -r odd.tsv 2>/dev/null || rsenc-pack -r <odd.tsv | rsenc-load Odd
	check 0 '' '*: 3 patches: 3 identical, *' "$oracle <odd.tsv | rsenc-verify Odd"
	check 1 '' '*airplane00: 2 names, but 3 bands*standard input: *may have failed*' \
		"grep ^airplane00 groups.tsv | sed s/Red,// | $oracle | rsenc-verify Stored"
	check 1 '*' 'oracle.py: standard input: not group lines: group lines come from *' "rsenc-pack -r <odd.tsv | $oracle"
	check 1 '' "oracle.py: 'k?x1b': *" "printf 'k\\033\\tB1=nothing.tif\\n' | $oracle"
	# GDAL takes the nodata value of a side file, and fills with it what a sparse file lacks.
	"$python" -W ignore -c 'import rasterio
rasterio.open("sparse.tif", "w", driver="GTiff", width=512, height=512, count=1, dtype="uint16",
              tiled=True, blockxsize=256, blockysize=256, SPARSE_OK="TRUE").close()'
	echo '<PAMDataset><PAMRasterBand band="1"><NoDataValue>7</NoDataValue></PAMRasterBand></PAMDataset>' >sparse.tif.aux.xml
	check 0 'k?B1?U16?512x512?0?524288?7?7?*' '' "printf 'k\tB1=sparse.tif\n' | $oracle | rsenc-show --stats"
else
	skip 'records that rasterio makes' "$(why rasterio)"
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
with lmdb.open("Encoded-BigEarthNet", readonly=True) as env, env.begin() as txn:
    wanted = reference.load(next(txn.cursor().iternext(keys=False)))["B04"]
assert wanted.dtype == np.uint16 and wanted.shape == (120, 120)
got = result.numpy() if hasattr(result, "numpy") else result
assert got.dtype == np.uint16 and np.array_equal(got, wanted)
E2
# readme FILE: the file's last line is the array that it promises
readme() {
	sed '$d' "$1" && sed -n '$s/^/result = /p' "$1" && cat same.py
}
readme block1.py >of-numpy.py
ok 'README: safetensors.numpy' "$python" of-numpy.py
sed 's/safetensors.numpy/safetensors.torch/' block1.py >block1-torch.py
readme block1-torch.py >of-torch.py

# The lines that train: pairs of bigearthnet-s2 with labels, as rsenc-join makes them.
fixture -b bigearthnet many 12
rsenc-scan bigearthnet-s2 many >many.tsv
sed 's/\tB/\ts2_B/g; s/$/\tlabels=\\:BOOL:1,0,1,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0/' many.tsv | rsenc-pack -r | rsenc-load Pairs
rsenc-dump Pairs --keys | sed -n '1,100p' >train.txt
rsenc-dump Pairs | rsenc-show --totals --json >totals.json
{
	cat block2.py
	echo 'assert len(train) == 12 and batch["image"].dtype == torch.float32'
	echo 'assert batch["labels"].shape == (12, 19) and loss.item() > 0'
} >train.py

# ---- cmd/examples/reader.py ----

rsenc-pack -r <many.tsv | rsenc-load Many
sed 's/^S2/T2/' many.tsv | rsenc-pack -r | rsenc-load Others
rsenc-pack -r -S 10m=B02,B03,B04,B08 -S 20m=B05,B06,B07,B8A,B11,B12 <many.tsv | rsenc-load Stacked
ways='workers-fork-0 workers-fork-2 workers-spawn-1 workers-forkserver-2
	split ranks forks shards values odd totals stacks later'
if [ ! "$torch" ]; then
	skip 'reader.py with PyTorch' "$(why torch)"
elif [ ! -r /proc/self/status ] || ! have mdb_stat; then
	skip 'reader.py with PyTorch' 'no /proc, or no mdb_stat'
else
	# shellcheck disable=SC2086
	# shellcheck disable=SC2094 # `ways` is a variable, and a file
	"$python" -W ignore "$here/training.py" Many Others Stacked $ways >ways 2>ways.log
	for how in $ways; do
		ok "reader.py: $how" grep -qx "ok $how" ways || cat ways.log >&2
	done
fi

# Of a lock file that cannot be written the message says what to do.
if [ "$(id -u)" -ne 0 ]; then
	rsenc-pack -r <many.tsv | rsenc-load Mine
	chmod a-w Mine/lock.mdb Mine/data.mdb Mine
	check 1 '' '*PermissionError: */Mine: the lock file cannot be written*lock=False' \
		"'$python' -c 'from reader import Patches; Patches(\"Mine\")'"
	ok 'a database that cannot be written is read with lock=False' \
		"$python" -c 'from reader import Patches; assert len(Patches("Mine", lock=False)) == 12'
	chmod u+w Mine
fi

# ---- other libraries ----

rsenc-scan bigearthnet many | rsenc-pack -r | rsenc-load Ben
rsenc-dump --keys Ben | grep MSIL2A | grep -v _reference_map >s2
rsenc-dump --keys Ben | grep ^S1 | paste s2 - >pairs
lib configilm && lib pyarrow && [ "$torch" ] && configilm=yes || configilm=

# ---- rsenc-database(5) ----

fixture -b bigearthnet-s2 one 20 && rsenc-scan bigearthnet-s2 one | rsenc-pack -r >one.rec
fixture -b -s 1 bigearthnet-s2 two 20 && rsenc-scan bigearthnet-s2 two | rsenc-pack -r >two.rec
fixture -b -o 100 bigearthnet-s2 more 400 && rsenc-scan bigearthnet-s2 more | rsenc-pack -r >more.rec
ok 'rsenc-database(5): reading while somebody writes' "$python" "$here/facts.py" one.rec two.rec more.rec
# page PATTERN: the lines of the page's example from the one that matches the pattern on
page() {
	sed -n "/^$1/,/^\.Ed/{/^\.Ed/d;p;}" "$top/man/rsenc-database.5"
}
rsenc-load S2 <one.rec
split -n r/3 many.tsv shard. && mkdir Shards
for part in shard.??; do rsenc-pack -r <"$part" | rsenc-load "Shards/$part"; done
{
	echo 'import torch'
	page 'from reader import Patches, collate' | sed 's/"Encoded"/"S2"/'
	echo 'batches = [batch["s2"] for batch in loader]'
	echo 'assert sum(map(len, batches)) == 20 and batches[0].dtype == torch.uint16'
} >loader.py
{
	echo 'from reader import Patches'
	echo "key = Patches('Many').keys[7].decode()"
	page 'from glob'
	echo 'assert len(patches) == 12 and patch["B01"].shape == (20, 20)'
} >parts.py
{
	page 'import datasets' | sed 's/"Encoded"/"S2"/'
	echo 'assert len(dataset) == 20 and len(dataset[3]["B04"]) == 120'
} >from-generator.py
# In one process, as importing PyTorch takes three seconds: what each prints is in SCRIPT.out.
mkdir Reference
cat >each.py <<'E2'
import os, runpy, shlex, sys, traceback, warnings
for line in sys.stdin:
    sys.argv = shlex.split(line)
    name = os.path.basename(sys.argv[0])
    with warnings.catch_warnings(), open(name + ".out", "wb") as out:
        os.dup2(out.fileno(), 1)
        warnings.simplefilter("error" if name == "train.py" else "ignore", UserWarning)
        try:
            runpy.run_path(sys.argv[0], run_name="__main__")
            sys.stdout.flush()
            print("ok", name, file=open("each", "a"))
        except BaseException:
            traceback.print_exc()
E2
{
	echo "$here/reference.py Reference"
	! lib rasterio || echo "$here/values.py Stored groups.tsv Files"
	[ ! "$torch" ] || printf '%s\n' of-torch.py train.py loader.py parts.py
	[ ! "$configilm" ] || echo "$here/benv2.py Ben pairs"
	! lib datasets || echo from-generator.py
} | HF_HOME=$tmp/hf "$python" -W ignore each.py 2>each.log
[ "$configilm" ] || skip 'ConfigILM' "$(why configilm)"
[ ! "$configilm" ] || is 'ConfigILM reads the database as it is' "$(tail -n 1 benv2.py.out)" 12 || cat each.log >&2
while IFS='|' read -r script library what; do
	if lib "$library"; then
		ok "$what" grep -qx "ok $script" each || cat each.log >&2
	else
		skip "$what" "$(why "$library")"
	fi
done <<'E2'
values.py|rasterio|rasterio's values
of-torch.py|torch|README: safetensors.torch
train.py|torch|README: ten lines that train
loader.py|torch|rsenc-database(5): its DataLoader
parts.py|torch|rsenc-database(5): shards are read as one database
from-generator.py|datasets|rsenc-database(5): Hugging Face datasets
E2
! lib rasterio || like "$(cat values.py.out) tensors" "$(cat values.py.out)" '[1-9]*[0-9]'

# ---- blobs that the reference library saves ----

names=$(cd Reference && for one in *; do echo "${one%.safetensors}"; done)
like 'the reference library has saved some' "$names" '*many*metadata*numpy-uint16*'
check 0 '' '' 'rsenc-load Kept <reference.py.out'
check 0 '' '* identical, 0 missing, 0 differ, 0 extra' 'rsenc-verify -x Kept <reference.py.out'
rsenc-dump Kept >dumped.rec
is 'all of its keys are stored' "$(rsenc-dump --keys Kept)" "$names"
for name in $names; do
	rsenc-dump -b "$name" Kept >dumped
	ok "reference: $name is dumped as it was" cmp dumped "Reference/$name.safetensors"
	check 0 '*' '' "rsenc-show --stats 'Reference/$name.safetensors'"
done

done_testing

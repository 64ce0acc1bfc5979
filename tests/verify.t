#!/bin/sh
# rsenc-verify: what is not the same is named, exactly.
. "${0%/*}/lib.sh"

fixture -b bigearthnet ben 3
rsenc-scan bigearthnet ben | LC_ALL=C sort >all.tsv
rsenc-pack -r <all.tsv >all.rec
rsenc-load Whole <all.rec
same='rsenc-verify: Whole: 9 patches: 9 identical, 0 missing, 0 differ'

# flip FILE BYTES: flips the lowest bit of the byte that is so many bytes before the end of what
# BYTES, a file, holds within FILE
cat >flip <<'E2'
#!/usr/bin/env perl
my ($file, $part, $before) = @ARGV;
local $/;
open my $f, '+<:raw', $file or die; my $all = <$f>;
open my $p, '<:raw', $part or die; my $bytes = <$p>;
my $at = index $all, $bytes; die "not found" if $at < 0;
$at += length($bytes) - $before;
seek $f, $at, 0; print $f chr(ord(substr $all, $at, 1) ^ 1);
E2
chmod +x flip

check 0 'usage: rsenc-verify*--extra*' '' 'rsenc-verify -h'
check 0 'rsenc-verify [0-9]*' '' 'rsenc-verify --version'
check 2 '' '*missing operand DB*' 'rsenc-verify <all.rec'
check 2 '' "*--expect: '1x'*" 'rsenc-verify --expect=1x Whole <all.rec'
check 1 '' '*None: no such database*' 'rsenc-verify None <all.rec'

check 0 '' "$same" 'rsenc-verify Whole <all.rec'
check 0 '' "$same, 0 extra" 'rsenc-verify -x Whole <all.rec'
check 0 '' "$same, 0 extra" 'rsenc-dump Whole | rsenc-verify -x --expect=9 Whole'
check 0 '' '' 'rsenc-verify -xq Whole <all.rec'
check 1 '' 'rsenc-verify: Whole: 9 patches compared, but --expect is 10: an earlier command may have failed' 'rsenc-verify -q --expect=10 Whole <all.rec'
check 1 '' 'rsenc-verify: Whole: 9 patches compared, but --expect is 0' 'rsenc-verify -q --expect=0 Whole <all.rec'
check 0 '' "$same, 0 extra" 'sort -r all.tsv | rsenc-pack -r | rsenc-verify -x Whole'
check 0 '' '*Whole: 0 patches: 0 identical*' 'echo | rsenc-verify Whole'

# ---- one flipped byte, one missing key, one extra key ----

flipped=$(sed -n 2p all.tsv | cut -f 1)
lost=$(sed -n 5p all.tsv | cut -f 1)
tab=$(printf '\t')
sed 5d all.tsv | rsenc-pack -r | rsenc-load Bad
rsenc-scan bigearthnet ben | sed -n 1p | sed "s/^[^$tab]*/one-more/" | rsenc-pack -r | rsenc-load Bad
check 1 "$lost?missing
one-more?extra" '*: 9 patches: 8 identical, 1 missing, 0 differ, 1 extra' 'rsenc-verify -x Bad <all.rec'
sed -n 2p all.tsv | rsenc-pack >flipped.safetensors
ok 'a byte of the data file is flipped' ./flip Bad/data.mdb flipped.safetensors 1
check 1 "$flipped?differs
$lost?missing
one-more?extra" '*: 9 patches: 7 identical, 1 missing, 1 differ, 1 extra' 'rsenc-verify -x Bad <all.rec'
check 1 "$flipped?differs
$lost?missing" '*: 9 patches: 7 identical, 1 missing, 1 differ' 'rsenc-verify Bad <all.rec'
check 1 "$flipped?differs
one-more?missing" '*: 9 patches: 7 identical, 1 missing, 1 differ, 1 extra' 'rsenc-dump Bad | rsenc-verify -x Whole | grep -v extra; exit 1'
check 1 "$flipped?differs
$lost?missing" '' 'rsenc-verify -q Bad <all.rec'
# The header too is compared.
sed -n 1p all.tsv | rsenc-pack >first.safetensors
head -c 20 first.safetensors >start
cp -r Whole Header
ok 'a byte of a header is flipped' ./flip Header/data.mdb start 1
check 1 "$(sed -n 1p all.tsv | cut -f 1)?differs" '*8 identical, 0 missing, 1 differ' 'rsenc-verify Header <all.rec'

# ---- small records: looked up in the order of keys, reported in that of the input ----

records 3000 20 mixed >small.rec
rsenc-load Small small.rec
check 0 '' '*Small: 3000 patches: 3000 identical*' 'rsenc-verify Small <small.rec'
check 1 '' '*Small: 6000 patches: 3000 identical, 0 missing, 3000 differ' 'records 3000 20 mixed 5 >other.rec; rsenc-verify Small other.rec small.rec >small.out'
is '... in the order of the input' "$(cut -f 1 small.out)" "$(grep -ao '^+[0-9]*,[0-9]*:[a-z0-9]*' other.rec | cut -d : -f 2)"

# ---- where: the first tensor and element, in the tensor's own terms ----

if have_python 'numpy'; then
	cat >make.py <<'E2'
import json, sys
import numpy as np
def blob(tensors, pad=0):
    header, data = {}, b""
    for name, a in tensors.items():
        dtype = {"uint16": "U16", "float32": "F32", "int64": "I64", "uint64": "U64", "complex64": "C64",
                 "uint8": "U8", "float64": "F64", "float16": "F16", "int8": "I8"}[str(a.dtype)]
        header[name] = {"dtype": dtype, "shape": list(a.shape),
                        "data_offsets": [len(data), len(data) + a.nbytes]}
        data += a.tobytes()
    text = json.dumps(header).encode() + b" " * pad
    return len(text).to_bytes(8, "little") + text + data
def write(path, *blobs):
    with open(path, "wb") as f:
        for i, b in enumerate(blobs):
            k = b"k%02d" % i
            f.write(b"+%d,%d:%s->%s\n" % (len(k), len(b), k, b))
        f.write(b"\n")
def changed(a, index, value):
    b = a.copy(); b[index] = value; return b
u = np.arange(12, dtype="uint16").reshape(3, 4)
f = np.zeros((2, 3, 4), "float32")
nan = np.array([0x7fc00000, 0x7fc00001], "<u4").view("float32")
c = np.array([3 + 4j, 1], "complex64")
big = np.array([2**63 - 1], "int64")
tabbed = "a\tb"
pairs = [
    ({"x": u}, {"x": changed(u, (1, 2), 9)}),
    ({"a": u, "x": f}, {"a": u, "x": changed(f, (1, 0, 3), 0.1)}),
    ({"x": np.float64(1.5).reshape(())}, {"x": np.float64(2.5).reshape(())}),
    ({"x": nan[:1]}, {"x": nan[1:]}),
    ({"x": c}, {"x": changed(c, 0, 4 + 3j)}),
    ({"x": big}, {"x": big - 1}),
    ({"x": big.astype("uint64") * 2 + 1}, {"x": big.astype("uint64") * 2}),
    ({"x": u}, {"x": u.astype("float32")}),
    ({"x": u}, {"x": u.reshape(4, 3)}),
    ({"x": u, "y": u}, {"x": u}),
    ({"x": u}, {"x": u, "y": u}),
    ({tabbed: u}, {tabbed: u + np.uint16(1)}),
    ({"x": u, "y": u}, {"y": u, "x": u}),
    ({"x": np.zeros(1, "float32")}, {"x": -np.zeros(1, "float32")}),
    ({"x": np.float16([1, 2])}, {"x": np.float16([1, 2.5])}),
    ({"x": np.int8([-1])}, {"x": np.int8([-2])}),
]
write("new.rec", *[blob(a) for a, b in pairs], blob({"x": u}))
write("old.rec", *[blob(b) for a, b in pairs], blob({"x": u}, 5))
E2
	ok 'numpy makes pairs of records' "$python" make.py
	rsenc-load Old <old.rec
	tr '|' '\t' >wanted <<'E2'
k00|x|1|1,2|6|9
k01|x|1|1,0,3|0.0|0.1
k02|x|1|-|1.5|2.5
k03|x|1|0|nan|nan
k04|x|1|0|(3+4j)|(4+3j)
k05|x|1|0|9223372036854775807|9223372036854775806
k07|x|-|-|uint16 3x4|float32 3x4
k08|x|-|-|uint16 3x4|uint16 4x3
k09|y|-|-|uint16 3x4|none
k10|y|-|-|none|uint16 3x4
k11|a\tb|12|0,0|0|1
k13|x|1|0|0.0|-0.0
k14|x|1|1|2.0|2.5
E2
	check 1 '*' '*17 patches: 0 identical, 0 missing, 17 differ' 'rsenc-verify -v Old <new.rec'
	rsenc-load New <new.rec
	cut -f 1 wanted | while read -r key; do
		rsenc-dump -b "$key" New >new && rsenc-dump -b "$key" Old >old
		"$python" "$top/cmd/examples/differences.py" new old | sed "s/^/$key\t/"
	done >got
	ok 'differences.py prints where' diff wanted got
	check 0 '' '' "'$python' '$top/cmd/examples/differences.py' new new"
else
	skip 'differences.py' 'no python3 with numpy'
fi

# ---- broken input ----

size=$(wc -c <all.rec)
check 1 '' '*: 9 patches: 9 identical, 0 missing, 0 differ; standard input: truncated: no end marker after record 9*' "head -c $((size - 1)) all.rec | rsenc-verify -x Whole"
check 1 '' '*8 patches: 8 identical*; standard input: truncated: ends inside record 9*' "head -c $((size - 2)) all.rec | rsenc-verify Whole"
check 1 '' '*standard input: is empty: *may have failed*' 'rsenc-verify Whole </dev/null'
check 1 '' '*group lines*rsenc-pack*' 'rsenc-verify Whole <all.tsv'
check 1 '' '*out of memory*' "printf '+1,9000000000000000000:k->' | rsenc-verify Whole"
# No key is called extra that the rest of the stream might have had.
check 1 '' '*2 identical, 0 missing, 0 differ; *truncated*' 'head -c 300000 all.rec | rsenc-verify -x Whole'

# A value that is not a safetensors blob, from another tool.
if have mdb_load; then
	mkdir Text && printf 'VERSION=3\nformat=print\ntype=btree\nmapsize=1048576\nHEADER=END\n one\n two\nDATA=END\n' | mdb_load Text
	check 0 '' '' 'rsenc-dump Text | rsenc-verify -qx Text'
	check 1 'one?differs' '*1 differ' "printf '+3,5:one->three\\n\\n' | rsenc-verify Text"
else
	skip 'values that are not blobs' 'mdb_load is not installed'
fi

# ---- keys in any order ----

records 3000 100 mixed >mixed.rec
records 3000 100 down 1 >other.rec
grep -ao 'key[0-9]*->' mixed.rec | sed 's/->//' >mixed.keys
sort mixed.keys >sorted.keys
awk 'NR % 3 == 0' sorted.keys >there.keys
rsenc-load All <mixed.rec
rsenc-load Others <other.rec
rsenc-dump -K there.keys All | rsenc-load Third
check 0 '' '*3000 identical, 0 missing, 0 differ, 0 extra' 'rsenc-verify -x All <mixed.rec'
rsenc-verify -q Third <mixed.rec >missing.out
is 'keys in any order: those that are missing' "$(cut -f 2 missing.out | sort -u)" missing
ok '... and no others' sh -c 'cut -f 1 missing.out | sort - there.keys | cmp - sorted.keys'
rsenc-verify -q Others <mixed.rec >mixed.out
is '... in the order of coming' "$(awk 'NR == FNR { has[$1] = 1; next } $1 in has' mixed.out mixed.keys)" "$(cut -f 1 mixed.out)"
is '... nearly all differ' "$(($(wc -l <mixed.out) > 2500)) $(cut -f 2 mixed.out | sort -u)" '1 differs'
is '... a duplicate key is reported twice' "$(cat mixed.rec mixed.rec | rsenc-verify -q Others | sort | uniq -c | awk '{ print $1 }' | sort -u)" 2
# A large value between small ones, and each at its place
(head -c -1 other.rec; rsenc-dump Whole | head -c -1; cat mixed.rec) >sizes.rec
rsenc-load Sizes all.rec mixed.rec
check 1 '*' '*6009 patches: 3009 identical, 0 missing, 3000 differ, 0 extra' 'rsenc-verify -x Sizes <sizes.rec'
# A database larger than what stays mapped: not a page fault for each key
if have_python resource; then
	records 400000 100 mixed >many.rec
	rsenc-load -q Many <many.rec
	cat >faults.py <<'E2'
import resource, subprocess
status = subprocess.run(["rsenc-verify", "-q", "Many", "many.rec"]).returncode
print(status, resource.getrusage(resource.RUSAGE_CHILDREN).ru_minflt < 200000)
E2
	check 0 '0 True' '' "'$python' faults.py"
	rm -r Many many.rec
else
	skip 'page faults' 'no python3'
fi

# ---- output that fails, signals, incomplete databases ----

check 1 '' '*rsenc-verify: standard output: No space left*' 'rsenc-verify Bad <all.rec >/dev/full'
head -c 300000 all.rec | rsenc-load Cut 2>/dev/null
check 1 '*?missing' '*Cut: incomplete: a load is running, or was interrupted*2 identical, 7 missing*' 'rsenc-verify Cut <all.rec'
mkfifo fifo
rsenc-verify -q All <fifo >at.once 2>stop.err &
verify=$!
exec 3>fifo
head -c -1 all.rec >&3
tries=0
until [ "$(wc -l <at.once)" -ge 8 ] || [ $tries -eq 600 ]; do
	tries=$((tries + 1))
	sleep 0.1
done
is 'lines are printed at once, while the stream is open' "$(cut -f 2 at.once | uniq -c)" '      8 missing' # the last record lacks the byte behind it
exec 3>&-
wait "$verify"
rsenc-verify -x Whole <fifo >stop.out 2>stop.err &
verify=$!
exec 3>fifo
head -c 300000 all.rec >&3
kill -TERM "$verify"
wait "$verify"
status=$?
exec 3>&-
is 'SIGTERM: the status' "$status" 143
is 'SIGTERM: no word' "$(cat stop.err)" ''
is 'SIGTERM: nothing is called extra' "$(cat stop.out)" ''

done_testing

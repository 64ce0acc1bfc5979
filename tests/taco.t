#!/bin/sh
# cmd/examples/taco.py: a TACO file, made here, gives the patches of its TIFFs.
# shellcheck disable=SC2016 # the shell that check starts expands them
. "${0%/*}/lib.sh"

have_python pyarrow.parquet || {
	skip 'TACO files' 'no python3 with pyarrow (make clients)'
	done_testing
}
taco="$python $top/cmd/examples/taco.py"

fixture -b bigearthnet-s1 s1 3
rsenc-scan bigearthnet-s1 s1 >groups
cat >make.py <<'EOF'
import io, struct, sys
import pyarrow, pyarrow.parquet
def tortilla(magic, items): # (id, format, bytes)
    body, rows = bytearray(200), []
    for name, kind, data in items:
        rows.append({"tortilla:id": name, "tortilla:file_format": kind, "tortilla:offset": len(body), "tortilla:length": len(data)})
        body += data
    index = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), index)
    body[:18] = magic + struct.pack("<QQ", len(body), len(index.getvalue()))
    return bytes(body) + index.getvalue()
samples, flat = [], []
for line in open("groups"):
    key, *fields = line.rstrip("\n").split("\t")
    files = [f.split("=", 1) for f in fields]
    samples.append((key, "TORTILLA", tortilla(b"#y", [(n, "GTiff", open(p, "rb").read()) for n, p in files]
        + [("notes", "BYTES", b"not a TIFF file")])))
    flat.append((key, "GTiff", open(files[0][1], "rb").read()))
open("a b.tortilla", "wb").write(tortilla(b"WX", samples))
open("flat.taco", "wb").write(tortilla(b"#y", flat))
open("other.taco", "wb").write(tortilla(b"#y", [("k", "PNG", b"x")]))
EOF
ok 'a file is made' "$python" make.py
rsenc-pack -r <groups >true.rec
$taco 'a b.tortilla' >lines
is 'samples of several assets' "$(rsenc-pack -r <lines | rsenc-show --stats)" "$(rsenc-show --stats true.rec)"
$taco -n VV= -n VH=VH 'a b.tortilla' | rsenc-pack -r | rsenc-show --stats >vh
is 'an asset is skipped' "$(cat vh)" "$(rsenc-pack -r -t VH <groups | rsenc-show --stats)"
is 'samples that are TIFFs' "$($taco -n image=VH flat.taco | rsenc-pack -r | rsenc-show --stats)" "$(cat vh)"
check 1 '' 'taco.py: groups: not a TACO or Tortilla file (at byte 0)' "$taco groups"
check 1 '' 'taco.py: other.taco: k: PNG, not GTiff' "$taco other.taco"
rsenc-pack -r -t VH <groups | rsenc-load DB
cp 'a b.tortilla' FILE.tortilla
sed -n 's/^    taco.py /taco.py /p' "$top/cmd/examples/taco.py" | sed "s|^taco.py -n image=B02,B03,B04,B08 -n label=label FILE.tortilla...|$taco FILE.tortilla|; s/DB/DB2/" >example
ok 'the example' sh -e example
ok '... is complete' sh -c 'rsenc-verify -q -x DB2 <true.rec'

done_testing

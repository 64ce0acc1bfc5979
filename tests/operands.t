#!/bin/sh
# Calls that are wrong: operands of another kind, in another order, in quotes that are missing. The message gives the
# call that was meant, and that call works.
# shellcheck disable=SC2016
. "${0%/*}/lib.sh"

fixture -b hydro hydro 2
rsenc-scan hydro hydro >groups.tsv
rsenc-pack -r <groups.tsv >g.rec
rsenc-load DB g.rec && rsenc-load DB2 g.rec
head -n 1 groups.tsv | rsenc-pack >one.safetensors
tif=$(find hydro -name '*.tif' | sed 1q)
cp "$tif" x.tif
tar -cf t.tar hydro && gzip -k t.tar && gzip -k g.rec
mkdir 'my data' && cp -R hydro 'my data/hydro'
printf '\050\265\057\375\tx\n' >tab.zst
printf 'patch,label\na,1\n' >table.csv

# command | what the message ends with (a shell pattern)
while IFS='|' read -r call meant; do
	like "$call" "$(sh -c "$call" 2>&1 >/dev/null </dev/null; echo "status $?")" "rsenc-*: $meant*status [12]"
done <<'E2'
rsenc-pack -r groups.tsv|groups.tsv: wrong kind of operand (group lines): run 'rsenc-pack -r <groups.tsv'
rsenc-pack groups.tsv|groups.tsv: wrong kind of operand (group lines): run 'rsenc-pack -r <groups.tsv'
rsenc-pack x.tif|x.tif: wrong kind of operand (a TIFF file): run 'rsenc-pack "$(printf "KEY?tB{1..}=%s" x.tif)"'
rsenc-pack -r hydro|hydro: wrong kind of operand (a directory): run 'rsenc-scan DATASET hydro ? rsenc-pack -r'
rsenc-pack -r t.tar|t.tar: wrong kind of operand (a tar archive): run 'rsenc-scan DATASET t.tar ? rsenc-pack -r'
rsenc-pack -r g.rec|g.rec: wrong kind of operand (records): run 'rsenc-load DB g.rec'
rsenc-pack -r DB|DB: wrong kind of operand (an LMDB database): run 'rsenc-dump DB'
rsenc-pack -S x=B02 x=B03 x=B04|x=B03: not a group line: *quote the braces: -S 'NAME=B{02..04}'
rsenc-load g.rec DB|g.rec: wrong kind of operand (records): run 'rsenc-load DB g.rec'
rsenc-load g.rec|g.rec: wrong kind of operand (records): run 'rsenc-load DB g.rec'
rsenc-load groups.tsv DB|groups.tsv: wrong kind of operand (group lines): run 'rsenc-pack -r <groups.tsv ? rsenc-load DB'
rsenc-load DB groups.tsv|groups.tsv: wrong kind of operand (group lines): run 'rsenc-pack -r <groups.tsv ? rsenc-load DB'
rsenc-load DB DB2|DB2: wrong kind of operand (an LMDB database): run 'rsenc-dump DB2 ? rsenc-load DB'
rsenc-load New t.tar|t.tar: wrong kind of operand (a tar archive): run 'rsenc-scan DATASET t.tar ? rsenc-pack -r ? rsenc-load New'
rsenc-load New hydro|hydro: wrong kind of operand (a directory): run 'rsenc-scan DATASET hydro ? rsenc-pack -r ? rsenc-load New'
rsenc-verify DB hydro|hydro: wrong kind of operand (a directory): run 'rsenc-scan DATASET hydro ? rsenc-pack -r ? rsenc-verify DB'
rsenc-pack -r <t.tar.gz|line 1: not group lines (gzip data): *
rsenc-pack -r <tab.zst|line 1: not group lines (zstd data): *
rsenc-load New x.tif|x.tif: wrong kind of operand (a TIFF file): run 'rsenc-scan DATASET DIR ? rsenc-pack -r ? rsenc-load New'
rsenc-load New g.rec.gz|g.rec.gz: wrong kind of operand (gzip data): run 'gzip -dc g.rec.gz ? rsenc-load New'
rsenc-verify g.rec DB|g.rec: wrong kind of operand (records): run 'rsenc-verify DB g.rec'
rsenc-verify DB DB2|DB2: wrong kind of operand (an LMDB database): run 'rsenc-dump DB2 ? rsenc-verify DB'
rsenc-verify DB groups.tsv|groups.tsv: wrong kind of operand (group lines): run 'rsenc-pack -r <groups.tsv ? rsenc-verify DB'
rsenc-verify groups.tsv DB|groups.tsv: wrong kind of operand (group lines): run 'rsenc-pack -r <groups.tsv ? rsenc-verify DB'
rsenc-verify DB g.rec.gz|g.rec.gz: wrong kind of operand (gzip data): run 'gzip -dc g.rec.gz ? rsenc-verify DB'
rsenc-missing DB groups.tsv|groups.tsv: wrong kind of operand (group lines): run 'rsenc-missing DB <groups.tsv'
rsenc-missing groups.tsv DB|groups.tsv: wrong kind of operand (group lines): run 'rsenc-missing DB <groups.tsv'
rsenc-missing DB DB2|DB2: wrong kind of operand (an LMDB database): run 'rsenc-missing DB ? rsenc-missing DB2'
rsenc-missing DB hydro|hydro: wrong kind of operand (a directory): run 'rsenc-scan DATASET hydro ? rsenc-missing DB'
rsenc-missing g.rec|g.rec: wrong kind of operand (records): run 'rsenc-load DB g.rec'
rsenc-dump g.rec|g.rec: wrong kind of operand (records): run 'rsenc-load DB g.rec'
rsenc-dump DB DB2|DB2: no such key in DB
rsenc-dump DB groups.tsv|groups.tsv: no such key in DB
rsenc-dump groups.tsv|groups.tsv: wrong kind of operand (group lines): run 'rsenc-dump -K groups.tsv DB'
rsenc-show DB|DB: wrong kind of operand (an LMDB database): run 'rsenc-dump DB ? rsenc-show'
rsenc-show DB/data.mdb|DB/data.mdb: wrong kind of operand (an LMDB database): run 'rsenc-dump DB/data.mdb ? rsenc-show'
rsenc-show groups.tsv|groups.tsv: wrong kind of operand (group lines): run 'rsenc-pack -r <groups.tsv ? rsenc-show'
rsenc-show x.tif|x.tif: wrong kind of operand (a TIFF file): run 'rsenc-pack "$(printf "KEY?tB{1..}=%s" x.tif)" ? rsenc-show'
rsenc-show g.rec.gz|g.rec.gz: wrong kind of operand (gzip data): run 'gzip -dc g.rec.gz ? rsenc-show'
rsenc-view DB|DB: wrong kind of operand (an LMDB database): run 'rsenc-dump DB ? rsenc-view'
rsenc-view x.tif|x.tif: wrong kind of operand (a TIFF file): run 'rsenc-pack * ? rsenc-view'
rsenc-untar hydro t.tar.gz|t.tar.gz: wrong kind of operand (gzip data): run 'gzip -dc t.tar.gz ? rsenc-untar hydro'
rsenc-untar t.tar.gz hydro|t.tar.gz: wrong kind of operand (gzip data): run 'gzip -dc t.tar.gz ? rsenc-untar hydro'
rsenc-untar hydro t.tar|t.tar: wrong kind of operand (a tar archive): run 'rsenc-untar hydro <t.tar'
rsenc-untar hydro hydro/.|hydro/.: wrong kind of operand (a directory): run 'rsenc-scan hydro hydro/. ? rsenc-pack -r'
rsenc-scan hydro groups.tsv|groups.tsv: wrong kind of operand (group lines): run 'rsenc-pack -r <groups.tsv'
rsenc-scan hydro DB|DB: wrong kind of operand (an LMDB database): run 'rsenc-dump DB'
rsenc-scan hydro my data/hydro|my: no such file or directory: quote the blank: 'my data/hydro'
rsenc-join table.csv groups.tsv|groups.tsv: wrong kind of operand (group lines): run 'rsenc-join table.csv <groups.tsv'
rsenc-join groups.tsv table.csv|groups.tsv: wrong kind of operand (group lines): run 'rsenc-join table.csv <groups.tsv'
rsenc-load --force DB g.rec|no such option --force: did you mean --replace?
rsenc-pack --threads=4|no such option --threads: did you mean --jobs?
rsenc-pack --bands B1|no such option --bands: did you mean --tensors?
rsenc-scan --workers 4 hydro hydro|no such option --workers: did you mean --jobs?
E2

# The calls that are advised work.
check 0 '' '' 'rsenc-pack -r <groups.tsv | cmp - g.rec'
check 0 '*' '' 'rsenc-pack "$(printf "KEY\tB{1..}=%s" x.tif)" | rsenc-show'
check 0 '' '' 'rsenc-load Swapped g.rec && gzip -dc g.rec.gz | rsenc-load Unzipped'
check 0 '' '*2 identical*' 'rsenc-dump DB2 | rsenc-verify DB'
check 0 '' '' 'rsenc-missing DB <groups.tsv; rsenc-missing DB <groups.tsv | rsenc-missing DB2'
check 0 '*' '' 'rsenc-dump DB | rsenc-show; rsenc-dump -K groups.tsv DB; gzip -dc g.rec.gz | rsenc-show'
check 0 '*' '*' "gzip -dc t.tar.gz | rsenc-untar hydro; rsenc-untar hydro <t.tar; rsenc-scan hydro 'my data/hydro'"

# Paths that are not typical are quoted.
cp groups.tsv 'my groups.tsv'
check 1 '' "*my groups.tsv: wrong kind of operand (group lines): run 'rsenc-pack -r <'my groups.tsv''*" "rsenc-pack -r 'my groups.tsv'"
# A stray FIFO is not opened, and what has the name of a database may be a key.
mkfifo fifo
check 1 '' '*fifo: no such key in DB' 'timeout 10 rsenc-dump DB fifo >dumped'

done_testing

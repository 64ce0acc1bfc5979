#!/bin/sh
# Calls that are wrong: operands of another kind, in another order, in quotes that are missing. The message gives the
# call that was meant, and that call works.
# shellcheck disable=SC2016
. "${0%/*}/lib.sh"

have zip gzip || { skip all "zip or gzip is not installed"; done_testing; }
fixture -b hydro hydro 2
rsenc-scan hydro hydro >groups.tsv
rsenc-pack -r <groups.tsv >g.rec
rsenc-load DB g.rec && rsenc-load DB2 g.rec
head -n 1 groups.tsv | rsenc-pack >one.safetensors
tif=$(find hydro -name '*.tif' | sed 1q)
cp "$tif" x.tif
tar -cf t.tar hydro && zip -qr t.zip hydro && gzip -k t.tar && gzip -k g.rec
mkdir 'my data' && cp -R hydro 'my data/hydro' && cp -R hydro Hydro
printf '\050\265\057\375\tx\n' >tab.zst
printf 'patch,label\n' >table.csv && sed 's/	.*/,7/' groups.tsv >>table.csv
ls hydro/*.tif >list.txt && cut -f 1 groups.tsv >keys.txt && gzip -k groups.tsv && cp -R DB 'my data/DB'
printf '7z\274\257\047\034\0\4' >a.7z && printf '\211HDF\r\n\032\n' >a.nc && printf '\0\0\0\014jP  \r\n\207\n' >a.jp2

# advised TEXT: runs the call that a message advises, on what is here
advised() {
	advice=$(printf '%s\n' "$1" | sed -n "s/.*: run '\(.*\)'.*/\1/p" |
		sed 's/DATASET/hydro/g; s/GROUPS[.]tsv/groups.tsv/; s/ARCHIVE[.]tar/t.tar/; s/TABLE[.]csv/table.csv/')
	[ "$advice" ] || return 0
	rm -rf New Kept && mv DB Kept
	case $advice in *rsenc-load*' DB'*) ;; *) cp -R Kept DB ;; esac
	ok "... and it works: $advice" sh -c "$advice" <groups.tsv
	rm -rf New DB && mv Kept DB
}

# command | what the message ends with (a shell pattern)
while IFS='|' read -r call meant; do
	text=$(sh -c "$call" 2>&1 >/dev/null </dev/null; echo "status $?")
	like "$call" "$text" "rsenc-*: $meant*status [12]"
	is '... in one line' "$(printf '%s\n' "$text" | wc -l)" 2
	advised "$text"
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
rsenc-load New hydro/patch_0.tif|hydro/patch_0.tif: wrong kind of operand (a TIFF file): run 'rsenc-scan DATASET hydro ? rsenc-pack -r ? rsenc-load New'
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
rsenc-untar t.tar.gz hydro|t.tar.gz: wrong kind of operand (gzip data): run 'rsenc-untar hydro t.tar.gz'
rsenc-untar hydro hydro/.|hydro/.: wrong kind of operand (a directory): run 'rsenc-scan hydro hydro/. ? rsenc-pack -r'
rsenc-scan hydro groups.tsv|groups.tsv: wrong kind of operand (group lines): run 'rsenc-pack -r <groups.tsv'
rsenc-scan hydro DB|DB: wrong kind of operand (an LMDB database): run 'rsenc-dump DB'
rsenc-scan hydro my data/hydro|my: no such file or directory: quote a path that contains blanks: "my data/hydro"
rsenc-join table.csv groups.tsv|groups.tsv: wrong kind of operand (group lines): run 'rsenc-join table.csv <groups.tsv'
rsenc-join groups.tsv table.csv|groups.tsv: wrong kind of operand (group lines): run 'rsenc-join table.csv <groups.tsv'
rsenc-load New t.zip|t.zip: wrong kind of operand (a zip archive): run 'rsenc-scan DATASET t.zip ? rsenc-pack -r ? rsenc-load New'
rsenc-load New t.tar.gz|t.tar.gz: wrong kind of operand (gzip data): run 'rsenc-untar DATASET t.tar.gz ? rsenc-load New'
rsenc-load -s g.rec DB|g.rec: wrong kind of operand (records): run 'rsenc-load -s DB g.rec'
rsenc-load --single-file g.rec New|g.rec: wrong kind of operand (records): run 'rsenc-load --single-file New g.rec'
rsenc-load hydro New|hydro: wrong kind of operand (a directory): run 'rsenc-scan DATASET hydro ? rsenc-pack -r ? rsenc-load New'
rsenc-load hydro/patch_0.tif New|hydro/patch_0.tif: wrong kind of operand (a TIFF file): run 'rsenc-scan DATASET hydro ? rsenc-pack -r ? rsenc-load New'
rsenc-load DB/data.mdb g.rec|DB/data.mdb: is a file of a database: name its directory
rsenc-load New ''|an operand is empty
rsenc-verify hydro DB|hydro: wrong kind of operand (a directory): run 'rsenc-scan DATASET hydro ? rsenc-pack -r ? rsenc-verify DB'
rsenc-verify t.zip DB|t.zip: wrong kind of operand (a zip archive): run 'rsenc-scan DATASET t.zip ? rsenc-pack -r ? rsenc-verify DB'
rsenc-verify -x g.rec DB|g.rec: wrong kind of operand (records): run 'rsenc-verify -x DB g.rec'
rsenc-pack -kr groups.tsv|groups.tsv: wrong kind of operand (group lines): run 'rsenc-pack -kr <groups.tsv'
rsenc-pack --size groups.tsv|groups.tsv: wrong kind of operand (group lines): run 'rsenc-pack --size <groups.tsv'
rsenc-pack -r x.tif|x.tif: wrong kind of operand (a TIFF file): run 'rsenc-pack -r "$(printf "KEY?tB{1..}=%s" x.tif)"'
rsenc-pack t.tar.gz|t.tar.gz: wrong kind of operand (gzip data): run 'rsenc-untar DATASET t.tar.gz'
rsenc-pack groups.tsv.gz|groups.tsv.gz: wrong kind of operand (gzip data): run 'gzip -dc groups.tsv.gz ? rsenc-pack -r'
rsenc-pack one.safetensors|one.safetensors: wrong kind of operand (a safetensors file): run 'rsenc-show one.safetensors'
rsenc-pack -r table.csv|table.csv: not a group line (text): group lines come from 'rsenc-scan DATASET DIR'
rsenc-pack -r nosuch.tsv|nosuch.tsv: not a group line: no tab (KEY<TAB>NAMES=PATH), and no such file
rsenc-pack -r -t B02 B03|B03: not a group line: *quote the braces
rsenc-pack 'KEY B{1..}=x.tif'|KEY B{1..}=x.tif: not a group line: no tab after the key: run 'rsenc-pack "$(printf "KEY?t%s" "B{1..}=x.tif")"'
rsenc-pack 'KEY\tB{1..}=x.tif'|KEY\\tB{1..}=x.tif: not a group line: no tab after the key: run 'rsenc-pack "$(printf "KEY?t%s" "B{1..}=x.tif")"'
rsenc-pack 'B{1..}=x.tif'|B{1..}=x.tif: not a group line: no tab after the key: run 'rsenc-pack "$(printf "KEY?t%s" "B{1..}=x.tif")"'
rsenc-pack -r <list.txt|line 1: no tab: 'hydro/patch_0.tif': group lines come from 'rsenc-scan DATASET DIR'
rsenc-pack -r <x.tif|line 1: not group lines (a TIFF file)
rsenc-missing DB <g.rec|standard input: not group lines (records)
rsenc-join table.csv <g.rec|standard input: not group lines (records)
rsenc-missing DB x.tif|x.tif: wrong kind of operand (a TIFF file): run 'rsenc-missing DB <GROUPS.tsv'
rsenc-verify one.safetensors DB|one.safetensors: not an LMDB database
rsenc-dump -K g.rec DB|g.rec: not group lines (records)
rsenc-missing x.tif DB|x.tif: wrong kind of operand (a TIFF file): run 'rsenc-missing DB <GROUPS.tsv'
rsenc-missing typo.tsv DB|typo.tsv: wrong kind of operand (no such file): run 'rsenc-missing DB <GROUPS.tsv'
rsenc-dump keys.txt|keys.txt: wrong kind of operand (text): run 'rsenc-dump -K keys.txt DB'
rsenc-missing hydro DB|hydro: wrong kind of operand (a directory): run 'rsenc-scan DATASET hydro ? rsenc-missing DB'
rsenc-dump one.safetensors|one.safetensors: wrong kind of operand (a safetensors file): run 'rsenc-show one.safetensors'
rsenc-dump keys.txt DB|keys.txt: wrong kind of operand (text): run 'rsenc-dump -K keys.txt DB'
rsenc-dump my data/DB|my: no such file or directory: quote a path that contains blanks: "my data/DB"
rsenc-show DB patch_0|DB: wrong kind of operand (an LMDB database): run 'rsenc-dump DB patch_0 ? rsenc-show'
rsenc-show hydro|hydro: wrong kind of operand (a directory): run 'rsenc-scan DATASET hydro ? rsenc-pack -r ? rsenc-show'
rsenc-view t.zip|t.zip: wrong kind of operand (a zip archive): run 'rsenc-scan DATASET t.zip ? rsenc-pack -r ? rsenc-view'
rsenc-untar t.zip hydro|t.zip: wrong kind of operand (a zip archive): run 'rsenc-scan hydro t.zip ? rsenc-pack -r'
rsenc-untar -j 2 t.tar hydro|t.tar: wrong kind of operand (a tar archive): run 'rsenc-untar -j 2 hydro t.tar'
rsenc-untar hydro list.txt|list.txt: is text, not a tar archive
rsenc-untar hydro x.tif|x.tif: is a TIFF file, not a tar archive
rsenc-untar hydro a.7z|a.7z: is a 7z archive, not a tar archive: extract it with '7z x'
rsenc-untar -f t.tar hydro|-f: t.tar: not a file of rules (a tar archive)
rsenc-scan hydro hydro/patch_0.tif|hydro/patch_0.tif: wrong kind of operand (a TIFF file): run 'rsenc-scan hydro hydro'
rsenc-scan hydro g.rec|g.rec: wrong kind of operand (records): run 'rsenc-load DB g.rec'
rsenc-scan hydro a.7z|a.7z: is a 7z archive, not a directory, a tar or a zip archive: extract it with '7z x'
rsenc-scan hydro a.nc|a.nc: is an HDF5 or NetCDF file, not a directory*: convert each of its variables to TIFF with 'gdal_translate -sds'
rsenc-scan hydro a.jp2|a.jp2: is a JPEG 2000 file, not a directory*: convert it to TIFF with 'gdal_translate'
rsenc-scan t.tar hydro|t.tar: a path, but the first operand is the dataset: run 'rsenc-scan hydro t.tar'
rsenc-scan Hydro pngs|unknown dataset 'Hydro': did you mean 'hydro'?
rsenc-scan Hydro|Hydro: a path, but the first operand is the dataset: run 'rsenc-scan hydro Hydro'
rsenc-untar Hydro <t.tar|unknown dataset 'Hydro': did you mean 'hydro'?
rsenc-scan -l Hydro|unknown dataset 'Hydro': did you mean 'hydro'?
rsenc-scan 'my data'|my data: a path, but the first operand is the dataset: run 'rsenc-scan DATASET "my data"'
rsenc-scan -f DB/data.mdb hydro hydro|-f: DB/data.mdb: not a file of rules (an LMDB data file)
rsenc-join -m x table.csv|-m: 'x': no '=': write NAME=COLUMN:CLASSES
rsenc-load --resume DB g.rec|no such option --resume: did you mean --skip?
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
check 0 '*' '*' "rsenc-untar hydro t.tar.gz; rsenc-untar hydro t.tar t.tar.gz; rsenc-scan hydro 'my data/hydro'"

# Blank lines and comments, as xargs passes them, are not mistakes.
check 0 '' '' "{ echo; echo '# a comment'; cat groups.tsv; } | xargs -d '\\n' rsenc-pack -r -- | cmp - g.rec"

# Paths that are not typical are quoted, by other marks than those around the command.
cp groups.tsv 'my groups.tsv'
check 1 '' "*my groups.tsv: wrong kind of operand (group lines): run 'rsenc-pack -r <\"my groups.tsv\"'" "rsenc-pack -r 'my groups.tsv'"
while IFS= read -r name; do
	export name
	cp groups.tsv "$name.tsv" && cp x.tif "$name.tif" && cp -R hydro "$name" && cp -R DB "$name.db"
	for call in 'rsenc-pack -r "$name.tsv"' 'rsenc-pack "$name.tif"' 'rsenc-scan "$name"' 'rsenc-pack -o "$name.x/y" <groups.tsv' \
		'rsenc-verify "$name.db" hydro' 'rsenc-load "$name.y/z" g.rec'; do
		text=$(sh -c "$call" 2>&1 >/dev/null </dev/null)
		like "$name: $call" "$text" "*: run '*'*"
		rm -rf "$name.x" "$name.y"
		advised "$text"
	done
	rm -rf "$name" "$name".*
done <<'E2'
it's 2 o'clock
a "quoted" name
$HOME `id` $(id)
!bang & ; | < > * ?
dash-[a] {b} ~ #
E2
# A stray FIFO is not opened, and what has the name of a database may be a key.
mkfifo fifo
check 1 '' '*fifo: no such key in DB' 'timeout 10 rsenc-dump DB fifo >dumped'

done_testing

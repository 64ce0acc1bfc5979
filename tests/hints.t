#!/bin/sh
# What a message advises where the wrong thing came in, and that the advice is right.
. "${0%/*}/lib.sh"

have gzip || { skip 'all' 'gzip is not installed'; done_testing; }
fixture uc-merced images 2
rsenc-scan uc-merced images >groups
rsenc-pack -r <groups >records
rsenc-pack <groups 2>/dev/null >blob || head -n 1 groups | rsenc-pack >blob
rsenc-load DB <records
for f in groups records blob; do gzip -k "$f"; done

for reader in 'rsenc-load X' 'rsenc-verify DB'; do
	check 1 '*' "*the input is gzip data, not a record stream: put 'gzip -dc' before*" "$reader <records.gz"
	check 1 '*' "*the input is group lines, not a record stream: put 'rsenc-pack -r' before*" "$reader <groups"
	check 1 '*' "*the input is a bare safetensors blob, not a record stream: rsenc-pack writes records with -r*" "$reader <blob"
	check 1 '*' "*the input is an LMDB data file, not a record stream: 'rsenc-dump DB' writes the records*" "$reader <DB/data.mdb"
	check 1 '*' "*the input is text, not a record stream: records come from 'rsenc-scan*" "echo hello | $reader"
	check 1 '*' "*the input is no record stream: records come from*" "printf '\1\2\3' | $reader"
done
check 0 '' '*2 identical*' 'gzip -dc <records.gz | rsenc-verify DB'
check 0 '' '*2 identical*' 'rsenc-pack -r <groups | rsenc-verify DB'
check 0 '' '*2 identical*' 'rsenc-dump DB | rsenc-verify DB'

for reader in rsenc-show 'rsenc-view -z 1'; do
	check 1 '*' "*gzip data, neither a safetensors blob nor a record stream: put 'gzip -dc' before" "$reader <blob.gz"
	check 1 '*' "*an LMDB data file, neither *: 'rsenc-dump DB' writes the records of a database" "$reader <DB/data.mdb"
	check 1 '*' "*group lines, neither *: put 'rsenc-pack -r' before" "$reader <groups"
	check 1 '*' "*is a directory: 'rsenc-dump DB' writes the records of a database" "$reader <DB"
	check 0 '*' '' "gzip -dc <blob.gz | $reader"
	check 0 '*' '' "rsenc-dump DB | $reader"
	check 0 '*' '' "rsenc-pack -r <groups | $reader"
done

check 1 '*' "*this is a record stream, not a group line*: these are packed already*" 'rsenc-pack -r <records'
check 1 '*' '*k: *a.tif: the file has * bytes, more than the limit of *: raise it with -M' \
	"cp images/agricultural/agricultural00.tif a.tif 2>/dev/null || cp \$(find images -name '*.tif' | head -n 1) a.tif
	rsenc-pack -M 20K \"\$(printf 'k\tR,G,B=a.tif')\""
check 0 '*' '' "rsenc-pack -M 100M \"\$(printf 'k\tR,G,B=a.tif')\""

done_testing

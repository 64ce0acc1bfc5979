#!/bin/sh
# rsenc-join: pairs, new keys and labels by a table; no line is dropped in silence.
# shellcheck disable=SC2016
. "${0%/*}/lib.sh"

fixture -b bigearthnet ben 3
rsenc-scan bigearthnet-s1 ben >s1.tsv
rsenc-scan bigearthnet-s2 ben >s2.tsv
cat s1.tsv s2.tsv >both.tsv

# The table of BigEarthNet has a row a Sentinel-2 patch: its key, its classes, its partner.
cut -f 1 s1.tsv >s1.keys
cut -f 1 s2.tsv >s2.keys
paste s2.keys s1.keys | awk -F '\t' '
	BEGIN { print "patch_id,labels,split,s1_name,number,cloud" }
	{
		list = NR == 1 ? "[\047Arable land\047 \047Pastures, and more\047]" : NR == 2 ? "[\047Sea\047]" : "[]"
		printf "%s,\"%s\",%s,%s,n%d,0.%d\n", $1, list, NR < 3 ? "train" : "test", $2, NR, NR
	}' >metadata.csv
printf 'Arable land\nPastures, and more\nSea\n' >classes.txt
first=$(sed -n 1p s2.keys)
export first

check 0 'usage: rsenc-join*' '' 'rsenc-join -h'
check 0 'rsenc-join [0-9]*' '' 'rsenc-join --version'
check 2 '' '*missing operand TABLE*' 'rsenc-join <both.tsv'
check 2 '' "*'F9' is not a type for labels*" 'rsenc-join -l label:F9=cloud metadata.csv <s2.tsv'
check 2 '' "*no type: write NAME:DTYPE=COLUMN*" 'rsenc-join -l label=cloud metadata.csv <s2.tsv'
check 2 '' "*no file with the classes: write*" 'rsenc-join --class label=split metadata.csv <s2.tsv'
check 2 '' "*a label must have one name*" 'rsenc-join -l a,b:U8=cloud metadata.csv <s2.tsv'
check 2 '' "*a prefix must not contain *" 'rsenc-join -p patch_id=a, metadata.csv <s2.tsv'
check 1 '' "*metadata.csv: no column 'id'; columns: patch_id, labels, split, s1_name, number, cloud" 'rsenc-join -p id metadata.csv <s2.tsv'
check 1 '' '*none.csv: No such file*' 'rsenc-join none.csv <s2.tsv'

for letter in c d n H; do
	check 2 '' "*no such option -$letter*" "rsenc-join -$letter x metadata.csv <s2.tsv"
done

# ---- one group a row: the table selects, and may rename ----

check 0 '' '' 'rsenc-join metadata.csv <s2.tsv | cmp - s2.tsv'
check 0 '' '' 'tr , "\t" <metadata.csv | grep -v Pastures >tabs.tsv; rsenc-join tabs.tsv <s2.tsv >tabs.out 2>/dev/null; sed 1d s2.tsv | cmp - tabs.out'
check 0 '' '' 'sed s/$/"\r"/ metadata.csv >crlf.csv; rsenc-join crlf.csv <s2.tsv | cmp - s2.tsv'
check 0 '' '' '(printf "\357\273\277"; cat metadata.csv) >bom.csv; rsenc-join bom.csv <s2.tsv | cmp - s2.tsv'
check 0 'n1
n2
n3' '' 'rsenc-join --new-key=number metadata.csv <s2.tsv | cut -f 1'
check 0 '' '' 'rsenc-join --new-key=number metadata.csv <s2.tsv | cut -f 2- >a; cut -f 2- s2.tsv | cmp - a'
# The commands of the manual page for a list without a header and for another delimiter
paste -d '|' s2.keys s1.keys >list
sh -e -c "$(sed -n 's/^. (echo/(echo/p' "$top/man/rsenc-join.1")"
check 0 '' '' 'rsenc-join -p new --new-key=key table.csv <s1.tsv | cut -f 1 | cmp - s2.keys'
check 0 '' '*3 rows; patches read: 1, written: 1' 'sed 1q s2.tsv | rsenc-join -v metadata.csv >/dev/null'

# What finds no row is named, and the others are read.
check 1 '' "*rsenc-join: $(sed -n 1p s1.keys): not in metadata.csv (-p patch_id): skipped*" 'rsenc-join metadata.csv <both.tsv >left; cmp left s2.tsv && exit 1'
is 'the others are written' "$(rsenc-join metadata.csv <both.tsv 2>/dev/null | cksum)" "$(cksum <s2.tsv)"
is 'each is named' "$(rsenc-join metadata.csv <both.tsv 2>&1 >/dev/null | wc -l)" 3
check 1 '*' '*: duplicate key: skipped' 'cat s2.tsv s2.tsv | rsenc-join metadata.csv'
check 1 '*' '*metadata.csv: line 3: duplicate new key: skipped' 'rsenc-join --new-key=split metadata.csv <s2.tsv'
check 1 '' '*line 1: no tab*' 'echo bad | rsenc-join metadata.csv'
check 1 '' '*standard input: line 1 is truncated*' 'printf "a\tb=" | rsenc-join metadata.csv'
check 1 '' '*uneven.csv: line 2 has 1 fields, but the first row has 2*' 'printf "a,b\n1\n" >uneven.csv; rsenc-join uneven.csv <s2.tsv'
check 1 '' '*standard output: No space left*' 'rsenc-join metadata.csv <s2.tsv >/dev/full'

# A key that a group line escapes.
check 0 'a\\tb?x=/a' '' 'printf "k,\n\"a\tb\",\n" >odd.csv; printf "%s\tx=/a\n" "a\\tb" | rsenc-join odd.csv'

# ---- pairs ----

pair='rsenc-join -p patch_id=s2_ -p s1_name=s1_ metadata.csv'
export pair
check 0 "$first?s2_B01=*_B01.tif?s2_B02=*?s2_B12=*_B12.tif?s1_VH=*_VH.tif?s1_VV=*_VV.tif" '' '$pair <both.tsv | sed 1q'
check 0 '3' '' '$pair <both.tsv | wc -l'
check 0 '' '' 'sort -r both.tsv | $pair | sort >any; $pair <both.tsv | sort | cmp - any'
check 0 'k?a_B1,a_B{2..4}=/x,y=z?b_Q=/q' '' 'printf "l\tr\nk\tm\n" >lr.tsv; printf "m\tQ=/q\nk\tB1,B{2..4}=/x,y=z\n" | rsenc-join -p l=a_ -p r=b_ lr.tsv'
lone=$(sed -n 2p s1.keys)
check 1 '' "*rsenc-join: $(sed -n 2p s2.keys): no group line for '$lone' (metadata.csv: line 3, column 's1_name'): skipped" \
	"grep -v $lone both.tsv | \$pair >lone; [ \$(wc -l <lone) = 2 ] && grep -v $lone both.tsv | \$pair >/dev/null"
check 1 '' "*$first: no group line for '' (gap.csv: line 2, column 's1_name')*" 'sed "2s/,S1A[^,]*,/,,/" metadata.csv >gap.csv; rsenc-join -p patch_id=s2_ -p s1_name=s1_ gap.csv <both.tsv >/dev/null'

# Values: a pair holds what its halves hold.
$pair <both.tsv | rsenc-pack -r >pairs.rec
rsenc-load Pairs <pairs.rec
is 'pairs: tensors' "$(rsenc-dump -b "$first" Pairs | rsenc-show | cut -f 2 | sort | tr '\n' ' ')" \
	's1_VH s1_VV s2_B01 s2_B02 s2_B03 s2_B04 s2_B05 s2_B06 s2_B07 s2_B08 s2_B09 s2_B11 s2_B12 s2_B8A '
rsenc-pack -r <both.tsv | rsenc-show --stats | cut -f 3,4,7- | sort >halves
rsenc-show --stats pairs.rec | cut -f 3,4,7- | sort >whole
ok 'pairs: dtypes, shapes and statistics are those of the halves' cmp halves whole

# ---- labels, as fields of a group line ----

check 0 '*?cloud=\\:F32:0.1' '' 'rsenc-join -l cloud:F32=cloud metadata.csv <s2.tsv | sed 1q'
check 0 '\\:F32:0.1,0.1
\\:F32:0.2,0.2
\\:F32:0.3,0.3' '' 'rsenc-join -l c:F32=cloud,cloud metadata.csv <s2.tsv | sed "s/.*c=//"'
check 0 'm=\\:U8:1,1,0
m=\\:U8:0,0,1
m=\\:U8:0,0,0' '' 'rsenc-join -m m=labels:classes.txt metadata.csv <s2.tsv | sed "s/.*\t//"'
for list in "Arable land;Sea" "Arable land | Sea" '["Arable land", "Sea"]' "['Arable land' 'Sea']" "('Arable land', 'Sea')"; do
	printf 'k\tl\nk\t"%s"\n' "$(printf '%s' "$list" | sed 's/"/""/g')" >list.tsv
	is "a list: $list" "$(printf 'k\tx=/a\n' | rsenc-join -m m=l:classes.txt list.tsv)" 'k	x=/a	m=\:U8:1,0,1'
done
printf 'train\ntest\n' >splits
check 0 '0 0 1 ' '' 'rsenc-join --class s=split:splits metadata.csv <s2.tsv | sed "s/.*s=..I64://" | tr "\n" " "'
check 1 '' "*$first: metadata.csv: line 2: column 'cloud': '0.1' is not a whole number*" 'rsenc-join -l c:I64=cloud metadata.csv <s2.tsv'
check 1 '*' "*line 3: column 'labels': no class 'Sea' in few: skipped" 'sed 2q classes.txt >few; rsenc-join -m m=labels:few metadata.csv <s2.tsv'
check 0 'k?x=/a?c=\\:I64:3' '' 'printf "k,c\nk,3.0\n" >float.csv; printf "k\tx=/a\n" | rsenc-join -l c:I64=c float.csv'
check 0 'k?x=/a?c=\\:BOOL:1,0,1' '' 'printf "k,c,d\nk,True,FALSE\n" >true.csv; printf "k\tx=/a\n" | rsenc-join -l c:BOOL=c,d,c true.csv'
check 1 '' '*none: No such file*' 'rsenc-join -m m=labels:none metadata.csv <s2.tsv'

# An empty cell may mean no class, or unknown ones: [] means none.
check 1 'k2?x=/a?m=\\:U8:0,0,0' "rsenc-join: k: empty.csv: line 2: column 'l': empty: write \[] for a patch without classes: skipped" \
	'printf "k,l\nk, \nk2,[]\n" >empty.csv; printf "k\tx=/a\nk2\tx=/a\n" | rsenc-join -m m=l:classes.txt empty.csv'
check 1 '' "*line 2: column 'l': empty*" 'printf "k\tx=/a\n" | rsenc-join -l m:F32=l empty.csv'
# Files of classes as editors save them.
check 0 '*m=\\:U8:1,1,0*' '' '(printf "\357\273\277"; sed "s/$/\r/" classes.txt) >bom.txt; rsenc-join -m m=labels:bom.txt metadata.csv <s2.tsv'
check 1 '' "rsenc-join: nul.txt: not text: contains a NUL byte: if it is UTF-16, run 'iconv -f UTF-16 -t UTF-8 nul.txt >utf8.txt'" 'printf "a\0b\n" >nul.txt; rsenc-join -m m=labels:nul.txt metadata.csv <s2.tsv'
check 1 '' "rsenc-join: twice.txt: duplicate class 'Sea'" 'cat classes.txt classes.txt | tail -n 4 >twice.txt; rsenc-join -m m=labels:twice.txt metadata.csv <s2.tsv'
check 1 '' "rsenc-join: none.txt: contains no class" 'echo >none.txt; rsenc-join -m m=labels:none.txt metadata.csv <s2.tsv'

# ---- labels in records ----

labelled='rsenc-join -p patch_id=s2_ -p s1_name=s1_ -l cloud:F32=cloud -l vector:F64=cloud,cloud -m classes=labels:classes.txt --class split=split:splits metadata.csv'
$labelled <both.tsv >labelled.tsv
check 0 "$first?classes?U8?3?*
$first?cloud?F32?-?*
$first?split?I64?-?*
$first?vector?F64?2?*" '' 'sed 1q labelled.tsv | rsenc-pack -r | rsenc-show | grep -v _[BV] | sort -k 2'
check 0 '' '*3 identical, 0 missing, 0 differ, 0 extra' 'rsenc-pack -r <labelled.tsv | rsenc-load Labelled && rsenc-pack -r <labelled.tsv | rsenc-verify -x Labelled'
check 0 '' '' 'rsenc-missing Labelled <labelled.tsv'
if have_python 'numpy rasterio'; then
	ok 'pairs and labels are what GDAL and numpy make of them' sh -c "rsenc-pack -r <labelled.tsv | cmp - labelled.rec" \
		"$("$python" "$tests/oracle/oracle.py" <labelled.tsv >labelled.rec)"
else
	skip 'pairs and labels against numpy' 'needs python3 with numpy and rasterio'
fi
# Without any file; BOOL; kept and omitted by -t; no stack is made of them; what can't be read.
check 0 'k?a?I64?-?0?8
k?b?BOOL?1?8?9' '' 'printf "k\ta=\\\\:I64:3\tb=\\\\:BOOL:1,\n" | rsenc-pack -r | rsenc-show'
check 0 'k?b?U8?2?0?2' '' 'printf "k\ta=\\\\:I64:3\tb=\\\\:U8:1,2\n" | rsenc-pack -r -t b | rsenc-show'
check 1 '' "*k: U8:1: 'a' is a tensor of values, not a band*" 'printf "k\ta=\\\\:U8:1\tb=\\\\:U8:1\n" | rsenc-pack -S s=a,b'
check 1 '' "*k: '300' is too large (U8)*" 'printf "k\ta=\\\\:U8:300\n" | rsenc-pack'
check 1 '' '*k: 2 names for one tensor of values*' 'printf "k\ta,b=\\\\:U8:3\n" | rsenc-pack'

# ---- signals ----

mkfifo fifo
rsenc-join metadata.csv <fifo >stopped.tsv 2>stop.err &
joiner=$!
exec 3>fifo
for _ in $(seq 40); do cat both.tsv; done >&3 # more than the pipe holds
kill -TERM "$joiner"
wait "$joiner"
status=$?
exec 3>&-
is 'SIGTERM: the status' "$status" 143

# ---- what is not a table, a group line, or a key ----

{ printf PAR1 && head -c 600 /dev/zero; } >m.parquet
{ printf 'PK\003\004' && head -c 600 /dev/zero; } >m.xlsx
{ printf '\320\317\021\340' && head -c 600 /dev/zero; } >'m 1.xls'
check 1 '' "rsenc-join: m.parquet: is a Parquet file: run 'python3 -c \"*read_parquet*\" m.parquet table.csv'" 'rsenc-join m.parquet <s2.tsv'
check 1 '' "rsenc-join: m.xlsx: is an Excel file: run 'python3 -c \"*read_excel*\" m.xlsx table.csv'" 'rsenc-join m.xlsx <s2.tsv'
check 1 '' "rsenc-join: m 1.xls: is an Excel file: run 'python3 -c \"*read_excel*\" \"m 1.xls\" table.csv'" 'rsenc-join "m 1.xls" <s2.tsv'
if have_python 'pandas pyarrow'; then
	"$python" -c 'import numpy, pandas, sys
t = pandas.read_csv(sys.argv[1])
t["labels"] = [["Arable land", "Pastures, and more"], ["Sea"], []]
t.to_parquet("real.parquet")' metadata.csv
	PATH=${python%/*}:$PATH sh -c "$(rsenc-join real.parquet <s2.tsv 2>&1 | sed "s/.*run '//; s/'\$//")"
	check 0 'm=\\:U8:1,1,0
m=\\:U8:0,0,1
m=\\:U8:0,0,0' '' 'rsenc-join -m m=labels:classes.txt table.csv <s2.tsv | sed "s/.*\t//"'
	cp real.parquet metadata.parquet
else
	skip 'the Parquet file of BigEarthNet, by the command of the message' 'no python3 with pandas and pyarrow (make clients)'
fi
# The same with DuckDB: the statement of the manual page, as its command runs it.
if [ -e metadata.parquet ] && have_python duckdb; then
	mkdir duck
	sed -n '/^\$ duckdb -c "/,/"$/{s/.*duckdb -c "//; s/"$//; p;}' "$top/man/rsenc-join.1" >duck/statement
	mv metadata.parquet duck
	(cd duck && "$python" -c 'import duckdb; duckdb.execute(open("statement").read())')
	check 0 'm=\\:U8:1,1,0
m=\\:U8:0,0,1
m=\\:U8:0,0,0' '' 'rsenc-join -m m=labels:classes.txt duck/metadata.csv <s2.tsv | sed "s/.*\t//"'
else
	skip 'the Parquet file of BigEarthNet, by DuckDB' 'no python3 with duckdb, pandas and pyarrow (make clients)'
fi
check 1 '' 'rsenc-join: m.gz: not a CSV table (gzip data): decompress it with ?gzip -dc?' 'gzip -c metadata.csv >m.gz; rsenc-join m.gz <s2.tsv'
check 0 '*' '' 'gzip -dc m.gz >again.csv; rsenc-join again.csv <s2.tsv'
if have iconv; then
	check 1 '' 'rsenc-join: u.csv: not text: contains a NUL byte: if it is UTF-16, run ?iconv -f UTF-16 -t UTF-8 u.csv >utf8.txt?' 'iconv -f UTF-8 -t UTF-16 metadata.csv >u.csv; rsenc-join u.csv <s2.tsv'
	check 0 '*' '' 'iconv -f UTF-16 -t UTF-8 u.csv >utf8.csv; rsenc-join utf8.csv <s2.tsv'
else
	skip 'a table in UTF-16' 'iconv is not installed'
fi
check 1 '' 'rsenc-join: standard input: not group lines (records): group lines come from *' 'rsenc-pack -r <s2.tsv | rsenc-join metadata.csv'
check 1 '' '*: not in metadata.csv (-p patch_id): skipped' 'rsenc-join metadata.csv <s1.tsv'
check 0 '*' '' 'rsenc-join -p s1_name metadata.csv <s1.tsv'

done_testing

#!/bin/sh
# Makes the seeds of every fuzz target:
#
#     sh tests/fuzz/seeds.sh DIR        writes DIR/TARGET/...
#
# Needs rsenc-scan, rsenc-pack, rsenc-show and fixture on PATH; python3 with GDAL adds more TIFFs.
set -eu
here=$(cd "${0%/*}" && pwd)
LC_ALL=C
export LC_ALL
mkdir -p "$1"
cd "$1"
mkdir -p scales group record safetensors tiff rules load blob table tar zip collect

# Small datasets: a few kilobytes a file at most.
fixture -b bigearthnet-s2 data/s2 1 >/dev/null
fixture -b -8 bigearthnet-maps data/maps 1 >/dev/null
fixture -b -B hyspecnet-11k data/hy 1 >/dev/null
rsenc-scan bigearthnet data/s2 data/maps >data/groups.tsv
rsenc-scan hyspecnet-11k data/hy >>data/groups.tsv

# ---- totals ----
rsenc-pack -r <data/groups.tsv | rsenc-show --json 2>/dev/null >scales/real
rsenc-pack -r <data/groups.tsv | rsenc-show --nodata=0 --json 2>/dev/null | head -c 900 >scales/cut
printf '{"a": [{"dtype":"F32","min":null,"p2":-1.5e-7},{"p98":1E+400,"dtype":"U8"}], "\\u00e9":{"dtype":"I8"}}' >scales/list
printf '{}' >scales/none
printf '{"a":{}}' >scales/no-type

# ---- group lines ----
# seed FILE FORMAT: a file made by printf
seed() {
	# shellcheck disable=SC2059
	printf "$2" >"$1"
}
sed 's/=[^\t]*\//=\/d\//g' data/groups.tsv | split -l 1 - group/real.
seed group/escapes 'a\\tb\\\\c\\nd\tB{01..03},x=/d/a\\tb\\\\.tif\tVH=b=c'
seed group/ranges 'k\tB{9..1},x{3..5}y{1..2}=p\tB{08..12}=q'
seed group/range 'k\tB1=/d/x.tar\\@512,100\tB2=/d/x.tar\\@1024,9,10240,1700000000.000000001,0123abcd'
seed group/comment '# a comment'
seed group/blank ' \t\r'
seed group/many 'k\tA{1..9}{1..9}{1..9}{1..9}=p'
seed group/stack '10m=B02,B03,B04,B08'
seed group/utf8 'k\303\251\txB\303\251,\342\202\254=p'
seed group/literals 'k\tl=\\:I64:-3\th=\\:U8:0,1,\tf=\\:F32:1e-3'
seed group/nul 'k\000x\tB=p'

# ---- record streams ----
seed record/empty '\n'
seed record/one '+3,5:one->Hello\n\n'
seed record/two '+3,5:one->Hello\n+3,0:two->\n\n'
seed record/joined '+1,1:a->b\n\n+1,1:c->d\n\n'
seed record/cut '+1,1:a->b\n'
seed record/huge '+1,4294967296:a->b\n\n'
seed record/long '+511,2:%511s->xy\n\n' k
seed record/zeros '+01,1:a->b\n\n'
sed -n 2p data/groups.tsv | rsenc-pack -r >record/map

# ---- safetensors headers, behind eight bytes of the data's length ----
# header NAME LENGTH TEXT: LENGTH is one byte in octal
header() {
	printf "\\$2\\0\\0\\0\\0\\0\\0\\0%s" "$3" >"safetensors/$1"
}
header none 0 '{}'
header spaces 0 '{}      '
header scalar 10 '{"a":{"dtype":"F64","shape":[],"data_offsets":[0,8]}}'
header two 10 '{"b":{"dtype":"U16","shape":[2,1],"data_offsets":[0,4]},"a":{"dtype":"I8","shape":[4],"data_offsets":[4,8]}}'
header empty 4 '{"e":{"dtype":"U8","shape":[0,9],"data_offsets":[0,0]},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}'
header metadata 2 '{"__metadata__":{"10m":"B02,B03","":""},"a":{"dtype":"BF16","shape":[1],"data_offsets":[0,2]}}'
header stack 4 '{"__metadata__":{"s":"p,q","t":"x"},"s":{"dtype":"U8","shape":[2,1,2],"data_offsets":[0,4]},"t":{"dtype":"U8","shape":[0,1,1],"data_offsets":[4,4]}}'
header unknown 2 '{"a":{"x":[{"y":-1.5e+3},null,true,[]],"dtype":"F16","shape":[1],"data_offsets":[0,2]}}'
header escapes 1 '{"\u00e9\ud83d\ude00\"\\\/\b\f\n\r\t":{"shape":[1],"data_offsets":[0,1],"dtype":"BOOL"}}'
header hole 4 '{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"b":{"dtype":"U8","shape":[1],"data_offsets":[2,3]}}'
header twice 2 '{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}'
header overflow 0 '{"a":{"dtype":"U64","shape":[4294967296,4294967296],"data_offsets":[0,0]}}'
header many 20 '{"a":{"dtype":"C64","shape":[2],"data_offsets":[0,16]},"__metadata__":{"a":"b"},"f":{"dtype":"F8_E4M3","shape":[1,1,0],"data_offsets":[16,16]}}'
# deep NAME N: an unknown field that is nested N deep
deep() {
	header "$1" 1 "{\"a\":{\"x\":$(printf "%$2s" '' | tr ' ' '[')$(printf "%$2s" '' | tr ' ' ']'),\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}}"
}
deep deepest 125
deep too-deep 126
deep far-too-deep 3000

# ---- blobs, of which pictures are drawn ----
find data/s2 -name '*_B05.tif' -exec tail -c 1000 {} ';' >noise
# bare NAME SIZE TEXT: the header TEXT, with SIZE bytes of noise behind it
bare() {
	printf "\\$(printf %o $((${#3} & 255)))\\$(printf %o $((${#3} >> 8)))\\0\\0\\0\\0\\0\\0%s" "$3" >"blob/$1"
	head -c "$2" noise >>"blob/$1"
}
# one DTYPE SIZE: a tensor of 5 x 3 elements
one() {
	bare "$1" $((15 * $2)) "{\"x\":{\"dtype\":\"$1\",\"shape\":[5,3],\"data_offsets\":[0,$((15 * $2))]}}"
}
for dtype in F64:8 F32:4 F16:2 BF16:2 I64:8 I32:4 I16:2 I8:1 U64:8 U32:4 U16:2 U8:1 BOOL:1 C64:8 F8_E4M3:1 F8_E5M2:1 F8_E8M0:1 F8_E4M3FNUZ:1 F8_E5M2FNUZ:1; do
	one ${dtype%:*} ${dtype#*:}
done
bare F4 10 '{"x":{"dtype":"F4","shape":[5,4],"data_offsets":[0,10]}}'
bare F6_E2M3 15 '{"x":{"dtype":"F6_E2M3","shape":[5,4],"data_offsets":[0,15]}}'
bare F6_E3M2 15 '{"x":{"dtype":"F6_E3M2","shape":[5,4],"data_offsets":[0,15]}}'
bare none 0 '{}'
bare empty 0 '{"x":{"dtype":"U8","shape":[0,4294967296],"data_offsets":[0,0]}}'
bare radar 32 '{"VH":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]},"VV":{"dtype":"F32","shape":[2,2],"data_offsets":[16,32]}}'
bare cube 24 '{"x":{"dtype":"I16","shape":[3,2,2],"data_offsets":[0,24]}}'
bare colour 96 '{"B02":{"dtype":"U16","shape":[4,4],"data_offsets":[0,32]},"B03":{"dtype":"U16","shape":[4,4],"data_offsets":[32,64]},"B04":{"dtype":"U16","shape":[4,4],"data_offsets":[64,96]}}'
bare stack 96 '{"__metadata__":{"rgb":"B02,B03,B04"},"rgb":{"dtype":"U16","shape":[3,4,4],"data_offsets":[0,96]}}'
bare scalar 8 '{"x":{"dtype":"I64","shape":[],"data_offsets":[0,8]}}'
rm noise

# ---- rules; paths behind a NUL ----
i=0
rsenc-scan -l | while read -r line; do
	i=$((i + 1))
	{
		printf '%s\n\0' "$line"
		printf '%s\n' S1A_IW_GRDH_1SDV_20170613_70_48_VH S2A_MSIL2A_20170613T101031_70_48_B8A \
			S2A_MSIL2A_20170613_reference_map ENMAP01-L2A-Y01460273_X03110438-SPECTRAL_IMAGE \
			airplane00 AnnualCrop_1 s1/0000200/S1A_IW/VH s2c/0000200/20200604/B8A patch_10 \
			478U_863R/S1A_IW_GRDH_1_rtc/vh 0001/17
	} >"rules/builtin-$i"
done
seed rules/parts 'x\t(.*)_s1\t\\1\ts1_VV,s1_VH\t0\nx\tm/(.*)\t\\1\tmask?\t0\n\000a/p_s1\nm/p\nm/q\na/q_s1\n'
seed rules/dates 'x\t([0-9])/([0-9]+)_(B[0-9])\t\\1\td\\2_\\3:B1,B2\t0\n\0007/1_B1\n7/1_B2\n7/2_B2\n7/2_B1\n'
seed rules/names 'x\t(.)_([^/]*)\t\\1\t\\2_{a..c},\\1\\2\t0\n\000k_1\nk_2\nk_{1..2}\nk_a,b\n'
seed rules/alternatives 'x\t(a|ab)(c|bcd)(d*)\t\\1\\2\t\\3:d,dd\t0\n\000abcd\nabcdd\n'
seed rules/classes 'x\t([[:alpha:]]+)([^]a-]{2,3})?x*\t\\1\tA{1..3}\t7\n\000abc12xx\n'
seed rules/repeats 'x\t(a?){3}(b{0,2}b*)b+\t\\1_\\2\t\\2:b,bb\t0\n\000abbb\nbbbbb\n'
seed rules/catastrophe 'x\t((a*)*)*b\t\\1\tA\t0\n\000aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaac\n'
seed rules/python 'x\t^(?P<k>\\d+?)_(?:a|ab|)(\\w{,2})[^\\W_-]??\t\\1\tt\\#2_B{1..}\t0\nx\t(.*)é$\t\\1\tt\\#1_B{1..}?\t0\n\0001_ab1\n1_b\n1_abcé\n'
seed rules/lazy 'x\t((a?)*?){2,4}?(b+?|c*)*_(.)??\t\\1_\\4\tA\t0\n\000aabbcc_x\n_\n'
seed rules/backref 'x\t(a)\\1\tk\tA\t0\n\000aa\n'
seed rules/escapes 'x\t\\.\\/\\[(.)\\w\tk\\\\\\1\tA\t0\n\000./[a\n'

# ---- archives, by whatever tar is here, and with an extended header that is one byte too long ----
mkdir dir
long=$(printf '%120s' '' | tr ' ' d)
mkdir "dir/$long"
echo 1 >dir/a.tif
echo 2 >"dir/$long/$long.tif"
ln dir/a.tif dir/hard.tif
ln -s a.tif dir/soft.tif
ln -s "$long/$long.tif" dir/long.tif
for format in v7 ustar gnu pax; do
	tar -b 1 -cf "tar/$format" --format="$format" dir 2>/dev/null || :
done
truncate -s 64k dir/sparse.tif
tar -b 1 -cf tar/sparse -S dir 2>/dev/null || tar -cf tar/sparse dir
head -c 3000 tar/sparse >tar/cut
cat tar/pax tar/gnu >tar/joined
sed 's/^[0-9]* path=/9&/' tar/pax >tar/damaged
rm -r dir

# ---- archives of which groups come ----
mkdir -p dir/left dir/right dir/d
for name in a_x b_x b_y d/one1 left/t1 a_y right/t1 c_x d/two d/b_y; do
	echo "$name" >"dir/$name.tif"
done
head -c 1000 /dev/zero >dir/d/one2.tif
ln dir/d/one1.tif dir/d/one3.tif
ln -s one2.tif dir/d/one4.tif
(
	cd dir
	set -- a_x.tif b_x.tif b_y.tif d/one1.tif left/t1.tif d/one3.tif a_y.tif right/t1.tif d/one4.tif d/one2.tif c_x.tif
	for format in v7 ustar gnu pax; do
		tar -b 1 -cf "../collect/$format" --format="$format" "$@" 2>/dev/null || :
	done
	tar -b 1 -cf ../collect/twice b_x.tif b_y.tif d/b_y.tif b_x.tif d/two.tif
	tar -b 1 -cf ../collect/none d/two.tif
)
if command -v zip >/dev/null; then
	(
		cd dir
		ln -s one4.tif d/link.tif
		zip -qr ../zip/info . && zip -q0r -fd ../zip/stored . && zip -qry -fz ../zip/links . && zip -qr - . | cat >../zip/stream
	)
	mv zip/info.zip zip/info
	mv zip/stored.zip zip/stored
	mv zip/links.zip zip/links
	head -c 700 zip/info >zip/cut
	{ echo before && cat zip/info; } >zip/before
fi
head -c 3000 collect/ustar >collect/cut
cat collect/v7 collect/none >collect/joined
rm -r dir

# ---- tables ----
seed table/comma 'patch_id,s1_name,labels\nS2A_1,S1A_1,"[\047a\047, \047b\047]"\n'
seed table/quoted '"a","b ""c"" d"\r\n"x\ny",""\r\n'
seed table/tab 'k\tv\n1\t2'
seed table/semicolon 'a;b\n1,5;2\n'
seed table/literals 'a;b;c;d;e;f\nI64:3;U8:0,1,;F32:1e-3;BOOL:1;F64:nan;I8:-128\n'
seed table/uneven 'a,b\n1\n'

# ---- TIFF: nothing above 12 KB ----
mv data tiff/data
/usr/bin/python3 "$here/../gdal/matrix.py" tiff/matrix >/dev/null 2>&1 || :
find tiff tar collect -type f -size +12k -exec rm {} +

# ---- the loader's input: record streams of blobs ----
cp record/* load/
# blob HEADER DATA: its record, with the key k
blob() {
	text=$(printf '%-128s' "$1")
	printf '+1,%d:k->\200\0\0\0\0\0\0\0%s%s\n' $((136 + ${#2})) "$text" "$2"
}
a='{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}'
{ blob "$a" xy; echo; } >load/blob
{ blob "$a" xy; blob "$a" zz; echo; } >load/twice
{ blob "$a" xyz; echo; } >load/too-long
{ blob '{}' ''; blob "$a" xy | sed 's/:k->/:j->/'; echo; } >load/unordered
blob "$a" xy >load/no-end

#!/bin/sh
# rsenc-scan: rules of several lines, captures in names, parts that may be absent; mistakes in rules and
# what rsenc-scan --explain says of a file; directories in which nothing is found.
. "${0%/*}/lib.sh"

T=$(printf '\t')

# rules FILE LINE...: a rule file; the fields of a line are separated by blanks
rules() {
	file=$1
	shift
	for line; do printf '%s\n' "$line" | tr -s ' ' '\t'; done >"$file"
}

# files PATH...: empty files, with their directories
files() {
	for f; do
		[ -d "${f%/*}" ] || mkdir -p "${f%/*}"
		: >"$f"
	done
}

# lists WHAT WANTED ARGUMENTS...: the group lines, tabs shown as blanks, and nothing is wrong; the same
# with one thread and with many
lists() {
	what=$1 wanted=$2
	shift 2
	rsenc-scan "$@" >out 2>err </dev/null
	is "$what: status" $? 0
	is "$what" "$(tr '\t' ' ' <out && cat err)" "$wanted"
	rsenc-scan -j 1 "$@" >out.1 2>&1 </dev/null
	rsenc-scan -j 8 "$@" >out.8 2>&1 </dev/null
	is "$what: with -j 1 and -j 8" "$(cat out.1 out.8)" "$(cat out out)"
}

# ---- several files with several bands each (F1) ----

rules f1 'f1 (.*)_s1_(p[0-9]+) \1_\2 s1_VV,s1_VH 0' 'f1 (.*)_s2_(p[0-9]+) \1_\2 s2_B{1..3} 0' \
	'f1 (.*)_lc_(p[0-9]+) \1_\2 lc 0'
for k in s1 s2 lc; do files f1.d/$k/x_${k}_p1.tif f1.d/$k/x_${k}_p2.tif; done
lists 'one group of three files' \
	'x_p1 s1_VV,s1_VH=f1.d/s1/x_s1_p1.tif s2_B{1..3}=f1.d/s2/x_s2_p1.tif lc=f1.d/lc/x_lc_p1.tif
x_p2 s1_VV,s1_VH=f1.d/s1/x_s1_p2.tif s2_B{1..3}=f1.d/s2/x_s2_p2.tif lc=f1.d/lc/x_lc_p2.tif' -f f1 f1 f1.d
lists '... each folder its own root' "$(tr '\t' ' ' <out)" -f f1 f1 f1.d/lc f1.d/s1 f1.d/s2
rsenc-scan -l -f f1 f1 >again
is '-l lists the lines' "$(cat again)" "$(cat f1)"
rsenc-scan -l >again
is '-l lists the built-in rules as their file has them' "$(cat again)" "$(grep -v -e '^#' -e '^$' "$top/common/scan/builtin.rules")"
rm f1.d/s2/x_s2_p1.tif
check 1 "x_p2*" "rsenc-scan: x_p1: f1.d/lc: incomplete: s2_B{1..3} missing (no file matches '(.\*)_s2_(p\[0-9\]+)', or an earlier line matches first): skipped" \
	'rsenc-scan -f f1 f1 f1.d'
rm f1.d/s1/x_s1_p1.tif
check 1 "x_p2*" "*: incomplete: s1_VV,s1_VH missing (no file matches '*'); s2_B{1..3} missing (no file matches '*', or an earlier line matches first): skipped" \
	'rsenc-scan -f f1 f1 f1.d'
files f1.d/more/x_s1_p2.tif
check 1 '' "*x_p2: f1.d/lc: two files for s1_VV,s1_VH: f1.d/more/x_s1_p2.tif and f1.d/s1/x_s1_p2.tif: skipped*p1*: incomplete: s1_*" \
	'rsenc-scan -f f1 f1 f1.d'
files f1.d/zz/x_s1_p2.tif && rm f1.d/more/x_s1_p2.tif
check 1 '' "*x_p2: f1.d/lc: two files for s1_VV,s1_VH: f1.d/s1/x_s1_p2.tif and f1.d/zz/x_s1_p2.tif: skipped*" \
	'rsenc-scan -f f1 f1 f1.d'

# A file a band, and a file with several, of the same patch.
rules mixed 'mixed ([a-z]+)_(B[0-9]) \1 \2:B2,B3 7' 'mixed ([a-z]+)_(r|m) \1 s1_\2:r,m 0' 'mixed ([a-z]+)_B9 \1 cloud,shadow 0'
files mixed.d/a_B2.tif mixed.d/a_B3.tif mixed.d/a_B9.tif mixed.d/a_m.tif mixed.d/a_r.tif
lists 'bands, a prefix, and a file that the first line leaves to a later one' \
	'a B2=mixed.d/a_B2.tif B3=mixed.d/a_B3.tif s1_r=mixed.d/a_r.tif s1_m=mixed.d/a_m.tif cloud,shadow=mixed.d/a_B9.tif' \
	-f mixed mixed mixed.d
rm mixed.d/a_m.tif
check 1 '' 'rsenc-scan: a: mixed.d: incomplete: 1 of 2 bands missing (s1_m): skipped' 'rsenc-scan -f mixed mixed mixed.d'
check 1 '' '*
rsenc-scan: mixed: found 0 patches, expected 7' 'rsenc-scan -c -f mixed mixed mixed.d'

# ---- different depths, and what may be absent (F2, F4) ----

rules f2 'f2 images/([0-9]+)/rgb \1 Red,Green,Blue 0' 'f2 masks/([0-9]+) \1 mask? 0'
files f2.d/images/7/rgb.tif f2.d/images/8/rgb.tif f2.d/masks/7.tif
lists 'parts at different depths, one of them absent' \
	'7 Red,Green,Blue=f2.d/images/7/rgb.tif mask=f2.d/masks/7.tif
8 Red,Green,Blue=f2.d/images/8/rgb.tif' -f f2 f2 f2.d
files f2.d/masks/9.tif
check 1 "7*
8*" "rsenc-scan: 9: f2.d/masks: incomplete: Red,Green,Blue missing (no file matches '*'): skipped" 'rsenc-scan -f f2 f2 f2.d'
rules sen1 'sen1floods11 (.*)_S1Hand \1 VV,VH 0'
files sen1.d/a_S1Hand.tif sen1.d/a_S2Hand.tif
lists 'built-in rules do not join a rule of our own' 'a VV,VH=sen1.d/a_S1Hand.tif' -f sen1 sen1floods11 sen1.d
rules typo 'typo images/([0-9]+)/rgb \1 Red,Green,Blue 0' 'typo mask/([0-9]+) \1 mask? 0'
check 0 "7*
8*" "rsenc-scan: typo: line 2: no file matches 'mask/(\[0-9\]+)', or an earlier line matches first: no patch has this part" 'rsenc-scan -f typo typo f2.d'
check 0 '*2 f2:1
*1 f2:2' '' 'rm f2.d/masks/9.tif; find f2.d -type f | rsenc-scan --explain -f f2 f2 | cut -f 1 | sort | uniq -c'
rules wide 'wide (.*) \1 R,G,B 0' 'wide (.*)_mask \1 mask 0'
files wide.d/7.tif wide.d/7_mask.tif
check 1 '' "rsenc-scan: 7: wide.d: incomplete: mask missing (no file matches '(.\*)_mask', or an earlier line matches first): skipped
rsenc-scan: 7_mask: *" 'rsenc-scan -f wide wide wide.d'
rules narrow 'wide (.*)_mask \1 mask 0' 'wide (.*) \1 R,G,B 0'
lists 'the narrow line first' '7 mask=wide.d/7_mask.tif R,G,B=wide.d/7.tif' -f narrow wide wide.d
rules part 'part (.)_(V[HV]) \1 \2:VH,VV? 0' 'part (.)_x \1 x 0'
files part.d/a_VH.tif part.d/a_x.tif part.d/b_x.tif
check 1 "b${T}x=part.d/b_x.tif" 'rsenc-scan: a: part.d: incomplete: 1 of 2 bands missing (VV): skipped' 'rsenc-scan -f part part part.d'
rules either 'either (.)_m \1 mask? 0' 'either (.)_mask \1 mask? 0' 'either (.) \1 x 0'
files either.d/a.tif either.d/a_m.tif either.d/b.tif either.d/b_mask.tif
lists 'one of two names' 'a mask=either.d/a_m.tif x=either.d/a.tif
b mask=either.d/b_mask.tif x=either.d/b.tif' -f either either either.d
files either.d/a_mask.tif
check 1 "b*" 'rsenc-scan: a: either.d: two files for mask: either.d/a_m.tif and either.d/a_mask.tif: skipped' \
	'rsenc-scan -f either either either.d'

# ---- captures in names (F3) ----

rules f3 'f3 ([0-9]+)/([0-9]{8}) \1 \2_B{1..2} 0'
files f3.d/a/7/20200103.tif f3.d/a/7/20191231.tif f3.d/b/7/20210101.tif f3.d/a/8/20200103.tif
check 1 "8*" "rsenc-scan: 7: f3.d/a/7: one line finds files below two directories, f3.d/a/7 and f3.d/b/7: skipped; \
to join them, begin the pattern with the folder: '\[^/\]+/(\[0-9\]+)/(\[0-9\]{8})'" \
	'rsenc-scan -f f3 f3 f3.d'
rules f3a 'f3 [^/]+/([0-9]+)/([0-9]{8}) \1 \2_B{1..2} 0'
lists 'a file for each date, in several folders' \
	'7 20191231_B{1..2}=f3.d/a/7/20191231.tif 20200103_B{1..2}=f3.d/a/7/20200103.tif 20210101_B{1..2}=f3.d/b/7/20210101.tif
8 20200103_B{1..2}=f3.d/a/8/20200103.tif' -f f3a f3 f3.d
files f3.d/b/7/20200103.tiff
check 1 "8*" 'rsenc-scan: 7: f3.d/a/7: two files for 20200103_B{1..2}: f3.d/a/7/20200103.tif and f3.d/b/7/20200103.tiff: skipped' \
	'rsenc-scan -f f3 f3 f3.d'
rules f3b 'f3b ([0-9]+)/([0-9]{8})_(B[0-9]+) \1 \2_\3:B02,B03 0' 'f3b ([0-9]+)/dem \1 dem? 0'
files f3b.d/7/20200103_B02.tif f3b.d/7/20200103_B03.tif f3b.d/7/20200108_B02.tif f3b.d/7/20200108_B03.tif \
	f3b.d/7/20200108_B04.tif f3b.d/7/dem.tif f3b.d/8/20200103_B02.tif f3b.d/8/20200103_B03.tif
lists 'the whole list for each date' \
	'7 20200103_B02=f3b.d/7/20200103_B02.tif 20200103_B03=f3b.d/7/20200103_B03.tif 20200108_B02=f3b.d/7/20200108_B02.tif 20200108_B03=f3b.d/7/20200108_B03.tif dem=f3b.d/7/dem.tif
8 20200103_B02=f3b.d/8/20200103_B02.tif 20200103_B03=f3b.d/8/20200103_B03.tif' -f f3b f3b f3b.d
rm f3b.d/7/20200108_B03.tif
check 1 "8*" 'rsenc-scan: 7: f3b.d/7: incomplete: 1 of 2 bands missing (20200108_B03): skipped' 'rsenc-scan -f f3b f3b f3b.d'
rules order 'order (.)-(.)-(.) \1 \3_\2,\2\2 0'
files order.d/k-a-1.tif order.d/k-b-2.tif
lists 'captures in any order' 'k 1_a,aa=order.d/k-a-1.tif 2_b,bb=order.d/k-b-2.tif' -f order order order.d
rules clash 'clash (.)_([ab]*)_(.*) \1 \2\3 0'
files clash.d/k_a_b.tif clash.d/k__ab.tif clash.d/j_a_.tif
check 1 "j*" 'rsenc-scan: k: clash.d: two files for ab: clash.d/k__ab.tif and clash.d/k_a_b.tif: skipped' \
	'rsenc-scan -f clash clash clash.d'
rules odd 'odd (.)_([^_]*) \1 \2 0'
files 'odd.d/a_x,y.tif' 'odd.d/b_{1..2}.tif' odd.d/c_=.tif odd.d/d_.tif odd.d/e_ok.tif
check 1 "e${T}ok=odd.d/e_ok.tif" 'rsenc-scan: a: odd.d: odd.d/a_x,y.tif: a tensor name cannot contain * braces or control characters: skipped
rsenc-scan: b: odd.d: *cannot contain*
rsenc-scan: c: odd.d: odd.d/c_=.tif: a tensor name cannot contain*
rsenc-scan: d: odd.d: odd.d/d_.tif: a tensor name cannot be empty: skipped*' 'rsenc-scan -f odd odd odd.d'

rules marks 'marks (.*) k n_\1 0'
mkdir marks.d && : >"marks.d/$(printf '\001abc\002').tif"
check 1 '' 'rsenc-scan: k: marks.d: marks.d/\\x01abc\\x02.tif: a tensor name cannot contain * or control characters: skipped' 'rsenc-scan -f marks marks marks.d'

# A name that two lines give is found where all names are checked.
rules clashb 'clashb (.)_([a-z]*) \1 \2 0' 'clashb mask/(.) \1 mask 0'
files clashb.d/k_mask.tif clashb.d/mask/k.tif
check 1 '' "rsenc-pack: k: duplicate tensor name 'mask'*" 'rsenc-scan -f clashb clashb clashb.d | rsenc-pack'

# What was found can be packed: values are those of the files.
mkdir -p whole.d/x whole.d/m
fixture -b bigearthnet-s2 ben 1 && fixture -b hydro hyd 1
cp ben/*/*/*/*_B02.tif whole.d/x/7_20200101.tif && cp ben/*/*/*/*_B03.tif whole.d/x/7_20200201.tif
cp hyd/patch_0.tif whole.d/m/7.tif
rules whole 'whole x/([0-9])_([0-9]+) \1 red_\2 0' 'whole m/([0-9]) \1 B{1..12} 0'
rsenc-scan -f whole whole whole.d | rsenc-pack >blob
rsenc-show blob | cut -f 2 | sort | tr '\n' ' ' >names
is 'one record of three files' "$(cat names)" "$(printf '%s\n' red_20200101 red_20200201 B1 B2 B3 B4 B5 B6 B7 B8 B9 B10 B11 B12 | sort | tr '\n' ' ')"

# ---- alternatives, ranks, open lists ----

rules alt 'alt img/(.) \1 R,G,B 0' 'alt masks/(.) \1 mask 0' 'alt (.)_mask \1 mask 0'
files alt.d/img/a.tif alt.d/img/b.tif alt.d/masks/a.tif alt.d/flat/b_mask.tif
lists 'two lines with the same tensors are alternatives' \
	'b R,G,B=alt.d/img/b.tif mask=alt.d/flat/b_mask.tif
a R,G,B=alt.d/img/a.tif mask=alt.d/masks/a.tif' -f alt alt alt.d
files alt.d/img/c.tif alt.d/flat/a_mask.tif
check 1 "b*" "rsenc-scan: a: *: two files for mask: alt.d/masks/a.tif and alt.d/flat/a_mask.tif: skipped
rsenc-scan: c: *: incomplete: mask missing (no file matches 'masks/(.)' or '(.)_mask', or an earlier line matches first): skipped" 'rsenc-scan -f alt alt alt.d'
rules altb 'altb new/(.)_(V[HV]) \1 \2:VH,VV 0' 'altb (.)_vhvv \1 VH,VV 0' 'altb old/(.)_(V[HV]) \1 \2:VV,VH? 0'
files altb.d/new/a_VH.tif altb.d/new/a_VV.tif altb.d/b_vhvv.tif altb.d/old/c_VH.tif altb.d/old/c_VV.tif
lists 'alternatives with other files for the same tensors' 'b VH,VV=altb.d/b_vhvv.tif
a VH=altb.d/new/a_VH.tif VV=altb.d/new/a_VV.tif
c VV=altb.d/old/c_VV.tif VH=altb.d/old/c_VH.tif' -f altb altb altb.d
rm altb.d/new/a_VV.tif && files altb.d/old/a_VV.tif
check 1 'b*
c*' 'rsenc-scan: a: *: two files for VV,VH: altb.d/new/a_VH.tif and altb.d/old/a_VV.tif: skipped' 'rsenc-scan -f altb altb altb.d'
rules altc 'altc a(.) \1 A,B 0' 'altc b(.) \1 B,C 0'
check 1 '' "rsenc-scan: altc: rule 'altc': duplicate tensor name 'B' (only lines *" 'rsenc-scan -f altc altc altb.d'

rules rank 'rank img/([0-9])/(.*) \1 t\#2_{1..2} 0' 'rank lbl/([0-9])_(.*) \1 t\#2_label? 0'
files rank.d/img/7/20200103.tif rank.d/img/7/20191231.tif rank.d/img/8/20210101.tif rank.d/lbl/7_20200103.tif
lists 'ranks, over all lines of a patch' \
	'7 t1_{1..2}=rank.d/img/7/20191231.tif t2_{1..2}=rank.d/img/7/20200103.tif t2_label=rank.d/lbl/7_20200103.tif
8 t1_{1..2}=rank.d/img/8/20210101.tif' -f rank rank rank.d
for d in 3 4 5 6 7 8 9; do files rank.d/img/8/2021010$d.tif; done
files rank.d/img/8/20210110.tif rank.d/img/8/20210111.tif
rsenc-scan -f rank rank rank.d | grep '^8' | tr '\t' '\n' | sed 's/_.*//;1d' | tr '\n' ' ' >ranks
is 'ranks are numbers' "$(cat ranks)" 't1 t2 t3 t4 t5 t6 t7 t8 t9 t10 '
check 0 "rank:1${T}7${T}t#_{1..2}=img/7/20191231.tif" '' 'rsenc-scan --explain -f rank rank img/7/20191231.tif'
rules rankb 'rankb ([0-9])/(.*)_(B.) \1 t\#2_\3:B1,B2 0'
files rankb.d/7/b_B1.tif rankb.d/7/b_B2.tif rankb.d/7/a_B1.tif rankb.d/7/a_B2.tif
lists 'ranks with a file for each band' \
	'7 t1_B1=rankb.d/7/a_B1.tif t1_B2=rankb.d/7/a_B2.tif t2_B1=rankb.d/7/b_B1.tif t2_B2=rankb.d/7/b_B2.tif' -f rankb rankb rankb.d
rm rankb.d/7/a_B2.tif
check 1 '' 'rsenc-scan: 7: *: incomplete: 1 of 2 bands missing (t1_B2): skipped' 'rsenc-scan -f rankb rankb rankb.d'

mkdir -p open.d && cp hyd/patch_0.tif open.d/a_ts.tif && cp ben/*/*/*/*_B02.tif open.d/b_ts.tif
rules open 'open (.)_ts \1 t{01..} 0'
lists 'an open list' 'a t{01..}=open.d/a_ts.tif
b t{01..}=open.d/b_ts.tif' -f open open open.d
rsenc-scan -f open open open.d | rsenc-pack -r | rsenc-show | cut -f 1,2 | tr '\t\n' '  ' >opened
is 'has as many names as the file has bands' "$(cat opened)" "$(printf 'a t%02d ' 1 2 3 4 5 6 7 8 9 10 11 12)b t01 "

check 0 '*t12*' '' 'rsenc-scan -f open open open.d | head -n 1 | rsenc-pack -t t12,t02 | rsenc-show'
check 1 '' "*: k: open.d/a_ts.tif: duplicate tensor name 'B3'" "printf 'k\tB{1..}=open.d/a_ts.tif\tB3=open.d/b_ts.tif\n' | rsenc-pack"
check 1 '' "*an open list is one name with one number, such as B{1..}" "printf 'k\tB{1..}x{1..2}=open.d/a_ts.tif\n' | rsenc-pack"

# ---- incomplete patches, names of Windows ----

mkdir -p inc && for k in a b; do files inc/${k}_VH.tif inc/${k}_VV.tif; done && rm inc/b_VV.tif
rules inc.rules 'inc (.)_(V[HV]) \1 \2:VH,VV 2'
check 1 'a*' 'rsenc-scan: b: inc: incomplete: *' 'rsenc-scan -f inc.rules inc inc'
check 0 'a*' 'rsenc-scan: skipped 1 incomplete patch' 'rsenc-scan -I -f inc.rules inc inc'
check 1 'a*' 'rsenc-scan: inc: found 1 patch, expected 2
rsenc-scan: skipped 1 incomplete patch' 'rsenc-scan -c --ignore-incomplete -f inc.rules inc inc'
files inc/a_VH.tiff
check 1 '' 'rsenc-scan: a: inc: two files for VH: *' 'rsenc-scan -I -f inc.rules inc inc'
rm inc/a_*
check 1 '' 'rsenc-scan: inc: no complete patch in inc
rsenc-scan: skipped 1 incomplete patch' 'rsenc-scan -I -f inc.rules inc inc'
mkdir win && : >'win/s1\a_VH.tif' && : >'win/s1\a_VV.tif'
rules win.rules 'win (.*)_(V[HV]) \1 \2:VH,VV 0'
check 1 '' "rsenc-scan: skipped 2 TIFF files with '\\\\' in the name, from an archive made on Windows: extract it again with 'unzip'" \
	'rsenc-scan -f win.rules win win'
check 1 '' "*: no match: its name contains '\\\\': extract *'unzip'" "rsenc-scan --explain -f win.rules win 'win/s1\\a_VH.tif'"
if have_python zipfile && have unzip; then
	(cd win && $python -c 'import sys, zipfile
with zipfile.ZipFile("../win.zip", "w") as z:
    for name in sys.argv[1:]:
        info = zipfile.ZipInfo("x")
        info.filename = name
        info.create_system = 0
        z.writestr(info, "")' 's1\a_VH.tif' 's1\a_VV.tif')
	mkdir unzipped && (cd unzipped && unzip -q ../win.zip 2>/dev/null)
	check 0 "a${T}VH=unzipped/s1/a_VH.tif${T}VV=unzipped/s1/a_VV.tif" '' 'rsenc-scan -f win.rules win unzipped'
else
	skip 'an archive made on Windows' 'no unzip'
fi

# ---- built-in rules on trees as they are downloaded ----

# builtin WANTED DATASET DIR: the keys with the number of their files
# shellcheck disable=SC2317
builtin() {
	rsenc-scan "$2" "$3" >out 2>err
	is "$2: nothing is skipped" "$(cat err)" ''
	is "$2" "$(awk -F '\t' '{ print $1 ":" NF - 1 }' out | paste -s -d ' ' -)" "$1"
}
v=top_mosaic_09cm_area
files vai/top/${v}1.tif vai/top/${v}2.tif vai/gts_for_participants/${v}1.tif vai/${v}1.tif vai/${v}2.tif vai/dsm/dsm_09cm_matching_area2.tif
builtin "${v}2:3 ${v}1:2" vaihingen vai
cp -R vai experiments
builtin "${v}2:3 ${v}1:2" vaihingen experiments
rsenc-scan vaihingen vai | grep -c 'label_R,label_G,label_B=vai/top' >count
is 'vaihingen: labels are those of the complete archive' "$(cat count)" 2
for k in lc100_s3/lc100/1 biomass_s3/biomass/1 lc100_s3/s3_olci/1/S3A_2019 biomass_s3/s3_olci/1/S3B_2019 biomass_s3/s3_olci/1/S3A_2020; do files cop/$k.tif; done
builtin 'biomass_s3_1:3' copernicus-bench-biomass cop
builtin 'lc100_s3_1:2' copernicus-bench-lc100 cop
like 'copernicus-bench-biomass: ranks of dates' "$(rsenc-scan copernicus-bench-biomass cop)" "*t1_Oa{01..21}=*S3B_2019.tif${T}t2_Oa{01..21}=*S3A_2020.tif*"
for k in s2_images/window_a s2_images/window_b label_masks/instance; do files ftw1/$k/g0.tif ftw2/austria/$k/g0.tif; done
builtin 'g0:3' ftw ftw1
builtin 'austria_g0:3' ftw ftw2
for b in VH VV; do files ssl/mine/0000001/scene/$b.tif; done
for b in 1 2 3 4 5 6 7 8 8A 9 10 11 12; do files "ssl/l1/0000001/scene/B$b.tif" "all/s2c/0000001/scene/B$b.tif"; done
for b in 1 2 3 4 5 6 7 8 8A 9 11 12; do files "ssl/l2/0000001/scene/B$b.tif" "all/s2a/0000001/scene/B$b.tif"; done
builtin 's1_0000001_scene:2' ssl4eo-s12-s1 ssl/mine
builtin 's2c_0000001_scene:13' ssl4eo-s12-l1c ssl/l1
builtin 's2a_0000001_scene:12' ssl4eo-s12-l2a ssl/l2
builtin 's2a_0000001_scene:12 s2c_0000001_scene:13' ssl4eo-s12 all
t=Abies_alba_3_834_WEFL_NLF
files tree/$t.tif tree/s1/60m/$t.tif tree/s2/60m/$t.tif
builtin "$t:3" treesatai tree
builtin_c=$(rsenc-scan -l | awk -F '\t' '$5 > 0 { print $1 }' | grep -c -e cloud-s3 -e bigearthnet-s. -e dfc2020 -e flood-s1 -e lc100 -e biomass -e airquality -e hls-burn)
is 'published numbers' "$builtin_c" 11

# ---- the rules of rsenc-rules(5) ----

# page NAME WANTED PATH...: the rule of that name in the page, on these files
page() {
	name=$1 wanted=$2
	shift 2
	sed -n 's/\\e/\\/g; /^\.Bd/,/^\.Ed/p' "$top/man/rsenc-rules.5" | awk -v name="$name" -v OFS='\t' '$1 == name { $1 = $1; print }' >page.rules
	rm -rf page.d && mkdir page.d
	for f; do files "page.d/$f"; done
	rsenc-scan -f page.rules "$name" page.d >out 2>err
	is "rsenc-rules(5): $name" "$(cut -f 1,2 out | sed 's/=.*//' | tr '\t\n' '  ')$(cat err)" "$wanted "
	echo "$name" >>paged
}
page colours 'a red' a_red.tif a_nir.tif
page single '7 Red,Green,Blue' 7.tif
page folder '7 B02' 7/B02.tif 7/B03.tif
page byband '7 B02' B02/7.tif B03/7.tif
page safe 'T33 B02' R10m/T33_B02_10m.tif R20m/T33_B05_20m.tif
page pairs 'x_p1 s1_VV,s1_VH' s1/x_s1_p1.tif s2/x_s2_p1.tif
page beside '7 mask 8 mask' 7.tif 7_mask.tif 8.tif 8_mask.tif
page seg '7 Red,Green,Blue 8 Red,Green,Blue' images/7/rgb.tif images/8/rgb.tif masks/7.tif
page split 'train_7 {1..4}' train/img/7.tif train/lbl/7.tif
page series '7 20200103_B{1..4}' 7/20200103.tif 7/20200203.tif
page ranks '7 t1_B{1..4}' 7/20200103.tif 7/20200203.tif
page dated '7 20200103_B02' 7/20200103_B02.tif 7/20200103_B03.tif
page cube '7 ndvi_{1..}' 7_ndvi.tif
page either '7 Red,Green,Blue 8 Red,Green,Blue' 7_img.tif 8_img.tif masks/8.tif 7_mask.tif
is 'each rule of the page is run' "$(sort -u paged | tr '\n' ' ')" "$(sed -n '/^\.Bd/,/^\.Ed/p' "$top/man/rsenc-rules.5" |
	awk 'NF == 5 && $1 != "DATASET" && $5 ~ /^[0-9]+$/ { print $1 }' | sort -u | tr '\n' ' ')"

# ---- mistakes ----

files mist.d/a_b_VH.tif
# mistake WANTED PATTERN
mistake() {
	printf 'mist\t%s\tk\tA\t0\n' "$2" >mist
	check 1 '' "rsenc-scan: mist: line 1: PATTERN: $1" 'rsenc-scan -f mist mist mist.d'
}
mistake "remove the '/' at the beginning: *" '/data/x'
mistake "remove the '/' at the end: *" 'data/'
mistake "column 18: alternatives cannot contain '/': *, or a line for each" '(train/images|val/images)/x'
mistake "column 2: alternatives cannot contain '/': *" 'a/b|c'

# What is refused, the column, the same pattern as the message says to write it, and a file that it
# matches, with its key.
followed=0
while read -r refused column written path key message; do
	printf 'mist\t%s\t\\1\tA\t0\n' "$refused" >mist
	check 1 '' "rsenc-scan: mist: line 1: PATTERN: column $column: $message" 'rsenc-scan --explain -f mist mist x.tif'
	printf 'mist\t%s\t\\1\tA\t0\n' "$written" >mist
	rsenc-scan --explain -f mist mist "$path" >out 2>err
	is "$refused: $written" "$(cat out err)" "mist:1$T$key${T}A=$path"
	followed=$((followed + 1))
done <<'END'
(?i)([a-z]+)_x 1 ([A-Za-z]+)_x Ab_x.tif Ab groups must be *both cases, such as \[Tt\]rain
(.*)(?=_VH)_VH 5 (.*)_VH a_VH.tif a groups must be *instead of look-around, write the text before or after*
(?<=x_)(.*) 1 x_(.*) x_1.tif 1 groups must be *
(?<key>[0-9]+)_x 1 (?P<key>[0-9]+)_x 1_x.tif 1 groups must be (...), (?:...) or (?P<name>...)*
(?P<a>x)(?P<a>y) 9 (?P<a>x)(?P<b>y) xy.tif x duplicate group name: rename one of the groups
(a)_\1 5 (a)_a a_a.tif a back-references and octal escapes are not supported: repeat the pattern of the group
(.*)\b_VH 5 (.*)_VH a_VH.tif a not supported: a pattern matches the whole name
(.*)_V\H 7 (.*)_VH a_VH.tif a unknown escape: write the character itself
([0-9]++)_VH 8 ([0-9]+)_VH 12_VH.tif 12 a repeat must follow a character, *
(a**) 4 (a*) aa.tif aa a repeat must follow a character, a set or a group *
*_(x) 1 [^/]*_(x) a_x.tif x a repeat must follow a character, a set or a group (the shell's '\*' is '\[^/\]\*')
d/*_(x) 2 d/[^/]*_(x) d/a_x.tif x a '/' cannot be repeated*(the shell's '/\*' is '/\[^/\]\*')
([:digit:]+)_x 2 ([[:digit:]]+)_x 1_x.tif 1 a class stands within \[ \], as in \[\[:digit:\]\]
([\w-.]+) 3 ([\w.-]+) a.b-c.tif a.b-c invalid range in \[ \]: a '-' itself stands last
(x|[äö]) 5 (x|(ä|ö)) ä.tif ä \[ \] lists ASCII characters only: write (ä|ö)
(train/a|val/a) 13 (train|val)/a val/a.tif val alternatives cannot contain '/': write (train|val)/images *
END
is 'each remedy was followed' "$followed" 16

# pattern PATTERN PATH KEY: what people write for Python
pattern() {
	printf 'py\t%s\t\\1\tA\t0\n' "$1" >py
	check 0 "py:1$T$3${T}A=$2" '' "rsenc-scan --explain -f py py '$2'"
}
pattern '(\d{8})T\d+_.*' 20200103T1_x.tif 20200103
pattern '(?P<tile>T\d\d[A-Z]{3})_(?:VV|VH)' T33UUP_VH.tif T33UUP
pattern '^(.*?)_(\w+)$' a_b_c.tif a
pattern '([^_]+)_[\w.\-]+' a_b.c-d.tif a
pattern '(\S+?)(?:_clip)?' a_clip.tif a
pattern '(Größe)_.{1}' Größe_ä.tif Größe

# A rule that was lost must not be replaced by the built-in one.
echo '# hydro' >none
check 1 '' 'rsenc-scan: none: contains no rule' 'rsenc-scan -f none hydro hyd'

# What a shell, an editor or a spreadsheet does to a rule.
printf '%s\n' 'mist\t(.*)\t\1\tA\t0' >mist
check 1 '' '*: line 1: 1 field, not 5: separate * by one tab each (printf, not echo, writes one for \\t)' 'rsenc-scan -f mist mist mist.d'
printf 'mist\t(.*)\t\1\tA\t0\n' >mist
check 1 '' '*: line 1: contains the byte 0x01: a shell has replaced \\1: put the rule in a file or between *, and write \\\\1 for printf' \
	'rsenc-scan -f mist mist mist.d'
printf 'mist\t(.*)\t\\1\tA\t0\n' >mist
check 0 'a_b_VH*' '' 'rsenc-scan -f mist mist mist.d'
printf '%s\t%s\t%s\tA\t0\n' mist '(.*)' 1 >mist
check 1 '' "*: line 1: KEY: '1': a shell has removed a backslash: *" 'rsenc-scan -f mist mist mist.d'
printf '\357\273\277mist\t(.*)_VH\t\\1\tA\t0\r\n\r\n# x\r\n' >mist
check 0 "a_b${T}A=mist.d/a_b_VH.tif" '' 'rsenc-scan -f mist mist mist.d'
if have iconv; then
	for code in UTF-16 UTF-16LE UTF-16BE UTF-32 UTF-32LE UTF-32BE; do
		iconv -f UTF-8 -t $code mist >'mi st'
		code=${code%[BL]E}
		check 1 '' "rsenc-scan: mi st: is $code: run 'iconv -f $code -t UTF-8 \"mi st\" >utf8.rules'" "rsenc-scan -f 'mi st' mist mist.d"
	done
	iconv -f UTF-8 -t UTF-16 mist >'mi st'
	sh -c "$(rsenc-scan -f 'mi st' mist mist.d 2>&1 | sed "s/^[^']*'\(.*\)'$/\1/")"
	check 0 'a_b*' '' 'rsenc-scan -f utf8.rules mist mist.d'
else
	skip 'a rule file in UTF-16' 'iconv is not installed'
fi
# list WANTED TENSORS
list() {
	printf 'mist\t(.*)_(VH)\t\\1\t%s\t0\n' "$2" >mist
	check 1 '' "rsenc-scan: mist: line 1: TENSORS: $1" 'rsenc-scan -f mist mist mist.d'
}
list "'Red, Green,Blue ': remove the blanks*" 'Red, Green,Blue '
list "' VH': remove the blanks beside names" '\2: VH'
list "'\\\\2 :VH': remove the blanks beside names" '\2 :VH'
list "'?' can stand at the end only*" 'Red,Green?,Blue'
list 'remove the quotes*' '"Red,Green"'
list "'2:VH': a shell has removed a backslash*" '2:VH'
printf 'mist\t(.*)\t\\g<1>\tA\t0\n' >mist
check 1 '' "*: line 1: KEY: '\\\\' must be followed by 1 to 9, the number of a group" 'rsenc-scan -f mist mist mist.d'
printf 'mist\t(.*)\t\\\\1\tA\t0\n' >mist
check 1 '' "*: line 1: KEY: '\\\\' must be followed by 1 to 9, the number of a group" 'rsenc-scan -f mist mist mist.d'
printf 'mist\t(.)()()()()()()()()(.*)\t\\10\tA\t0\n' >mist
check 1 '' '*: line 1: KEY: \\10: only \\1 to \\9 exist: write (?:...) for other groups' 'rsenc-scan -f mist mist mist.d'
printf 'mist\t(.)(?:.*)\t\\10\tA\t0\n' >mist
check 0 'a0*' '' 'rsenc-scan -f mist mist mist.d'
printf 'mist\t(.*)\302\240\t\\1\tA\t0\n' >mist
check 1 '' '*: line 1: contains a no-break space (U+00A0): *' 'rsenc-scan -f mist mist mist.d'
printf 'mist\t.*\t\\1\tA\t0\n' >mist
check 1 '' '*: line 1: KEY: \\1, but PATTERN has 0 groups: put the part of PATTERN that \\1 stands for between ( and )' 'rsenc-scan -f mist mist mist.d'
# shellcheck disable=SC2016
printf 'mist\t(.*)\t$1\tA\t0\n' >mist
check 1 '' "*: KEY: '\$1' is the same for all files: write \\\\1 to *" 'rsenc-scan -f mist mist mist.d'
printf "mist\tr'(.*)'\t\\\\1\tA\t0\n" >mist
check 1 '' '*: PATTERN: remove the quotes, *' 'rsenc-scan -f mist mist mist.d'
# shellcheck disable=SC2016
for p in '(.*)\.tif' '(.*)[.]TIFF?$' '(.*)\.(?:tif|tiff)' '(.*).tif{1,2}' '(.*)\.[tT][iI][fF]'; do mistake 'remove the ending .tif: *' "$p"; done

# ---- time, and Python ----

files "hang.d/$(printf %060d 0 | tr 0 a)_b.tif"
for p in '((a?)*){0,20}_a' '(a*)*b' '(a|a|aa)*b' '((((a*)*)*)*)*b'; do
	printf 'hang\t%s\t\\1\tA\t0\n' "$p" >hang
	check 1 '' 'rsenc-scan: hang: no patch found*' 'timeout 5 rsenc-scan -f hang hang hang.d'
done
# Rules that take long to read, or gigabytes
too_many() { check 1 '' "rsenc-scan: many: line $1: more than 5000 lines, or their equal in lists and repeats" 'timeout 5 rsenc-scan -f many m1 hang.d'; }
seq -f 'm%.0f	(.*)	\1	A	0' 20000 >many && too_many '*'
seq -f 'm%.0f	(.*)	\1	B{1..65535}	0' 500 >many && too_many '*'
seq -f 'm%.0f	((a{0,9}){0,9}){0,9}	\1	A	0' 2000 >many && too_many '*'
awk -v OFS='\t' 'BEGIN { for (i = 1; i <= 1000; i++) print "m1", "(.*)_" i, "\\1", "A" i "?", 0 }' >many
check 1 '' 'rsenc-scan: m1: no patch found*' 'timeout 5 rsenc-scan -f many m1 hang.d'
# Before Python 3.11 captures in repeated groups are those of paths that were given up (Debian 11 has 3.9).
if have_python re && "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
	check 0 '20000 cases, * match' '' "$python $tests/oracle/regex.py 20000 $TOOLS/tools/regex"
else
	skip 'regular expressions as in Python' 'no python3, or one before 3.11'
fi

# ---- what becomes of a file ----

check 0 "f1:2${T}x_p1${T}s2_B{1..3}=no/such/x_s2_p1.tif" '' 'rsenc-scan --explain -f f1 f1 no/such/x_s2_p1.tif'
check 0 "f3:1${T}7${T}20200103_B{1..2}=7/20200103.tif" '' 'rsenc-scan --explain -f f3 7/20200103.tif'
check 0 "f3b:1${T}7${T}20200103_B02=7/20200103_B02.tif
f3b:2${T}7${T}dem=7/dem.TIFF" '' 'printf "7/20200103_B02.tif\n7/dem.TIFF\n" | rsenc-scan --explain -f f3b f3b'
check 0 'bigearthnet-s1:1*VV=S1A_IW_GRDH_1SDV_x_VV.tif' '' 'rsenc-scan --explain S1A_IW_GRDH_1SDV_x_VV.tif'
check 1 '' "rsenc-scan: x.png: no match: its name does not end in .tif or .tiff" 'rsenc-scan --explain hydro x.png'
check 1 '' "rsenc-scan: ._patch_1.tif: no match: its name begins with '._'*" 'rsenc-scan --explain hydro ._patch_1.tif'
check 1 '' "rsenc-scan: Patch_1.tif: no match: hydro:1: '(patch_\[0-9\]+)' does not match 'Patch_1': only upper and lower case differ*" \
	'rsenc-scan --explain hydro Patch_1.tif'
check 1 '' "rsenc-scan: patch_x.tif: no match: hydro:1: '(patch_' matches 'patch_', but '\[0-9\]+)' does not match 'x'" 'rsenc-scan --explain hydro patch_x.tif'
check 1 '' "*no match: hydro:1: '(patch_' matches 'patch_', but the name ends before '\[0-9\]+)'" 'rsenc-scan --explain hydro patch_.tif'
check 1 '' "*no match: hydro:1: '(patch_\[0-9\]+)' matches 'patch_1', but the name continues with 'a'" 'rsenc-scan --explain hydro patch_1a.tif'
printf 'dot\t(.*)\\..*\t\\1\tA\t0\n' >dots
check 1 '' "*no match: dot:1: '(.\*)' matches 'x', but the name ends before '\\\\..\*' (matched without .tif)" 'rsenc-scan --explain -f dots dot x.tif'
# shellcheck disable=SC2016 # expanded by check
check 1 '' "*no match: f3:1: '(\[0-9\]+)/(\[0-9\]{8})' requires a path of 1 folder" 'cd / && rsenc-scan --explain -f "$OLDPWD/f3" f3 20200103.tif'
check 1 '' "*no match: bigearthnet-s2:1: matches, but the band 'B10' is not in its list 'B01,*" 'rsenc-scan --explain bigearthnet-s2 S2A_MSIL2A_x_B10.tif'
check 1 '' '*no match: bigearthnet-s1:1: *
*no match: bigearthnet-s2:1: *
*no match: bigearthnet-maps:1: *' 'rsenc-scan --explain bigearthnet x.tif'
# Files that match, but are not of one patch; operands that are not datasets.
printf 'safe\t(T[0-9]+)_(B[0-9]+)_[12]0m\t\\1\t\\2:B02,B05\t0\n' >safe.rules
check 0 'safe:1*
safe:1*' "rsenc-scan: T33: one line finds files below two directories, x/R10m and x/R20m: skipped; to join them, begin the pattern with the folder: '\[^/\]+/(T*'" \
	'rsenc-scan --explain -f safe.rules safe x/R10m/T33_B02_10m.tif x/R20m/T33_B05_20m.tif'
check 0 'safe:1*
safe:1*' "rsenc-scan: T33: two files for B02: *" 'rsenc-scan --explain -f safe.rules safe x/T33_B02_10m.tif x/T33_B02_20m.tif'
check 0 'safe:1*' '' 'rsenc-scan --explain -f safe.rules safe x/T33_B02_10m.tif'
check 2 '' "rsenc-scan: unknown dataset 'bigearthnets': did you mean 'bigearthnet'?: run 'rsenc-scan -l' to list all" \
	'rsenc-scan --explain bigearthnets a.tif'
check 1 '' 'rsenc-scan: a.tif: no match: not a file of any dataset: *' 'rsenc-scan --explain a.tif'
# A relative path through a link, as the scan meets it.
files hashed/0a1b.tif && mkdir -p site/siteA && ln -s "$PWD/hashed/0a1b.tif" site/siteA/x.tif
printf 'links\tsite/(site.)/([a-z])\t\\1\t\\2:x\t0\n' >links.rules
check 0 "siteA${T}x=siteA/x.tif" '' 'cd site && rsenc-scan -f ../links.rules links siteA'
check 0 "links:1${T}siteA${T}x=siteA/x.tif" '' 'cd site && rsenc-scan --explain -f ../links.rules links siteA/x.tif'

printf 'empty\t(.*)x\t\\1\tA\t0\nempty\ty(.*)\t%0300d\\1\tB\t0\n' 0 >empty.rules
check 1 '' 'rsenc-scan: x.tif: no match: empty:1: matches, but the key has 0 bytes (1 to 511)' 'rsenc-scan --explain -f empty.rules empty x.tif'
check 1 '' '*: no match: empty:2: matches, but the key has 520 bytes (1 to 511)' \
	"rsenc-scan --explain -f empty.rules empty y$(printf %0220d 0).tif"
# shellcheck disable=SC2016 # expanded by check
check 143 '' '*' 'mkfifo files; sleep 5 >files & rsenc-scan --explain hydro <files & sleep 1; kill -TERM $!; wait $!'

# ---- directories without anything ----

fixture -b bigearthnet both 1 && mkdir empty && files other/x.tif
s1=both/BigEarthNet-S1 s2=both/BigEarthNet-S2
check 0 'S1*
S2*' '' "rsenc-scan bigearthnet $s1 $s2"
check 1 'S1*' 'rsenc-scan: empty: contains no file of the dataset: wrong directory?' "rsenc-scan bigearthnet $s1 empty"
check 1 'S1*' 'rsenc-scan: other: contains no file of the dataset: *
rsenc-scan: empty: contains no file of the dataset: *' "rsenc-scan bigearthnet other $s1 empty"
check 1 'S1*' 'rsenc-scan: nowhere: No such file or directory' "rsenc-scan bigearthnet $s1 nowhere"
mkdir mac && cp hyd/patch_0.tif mac && : >mac/._patch_0.tif
printf 'mac\t(.*)\t\\1\tB{1..12}\t0\n' >mac.rules
lists 'what macOS puts beside a file is not a patch' 'patch_0 B{1..12}=mac/patch_0.tif' -f mac.rules mac mac
check 1 '' "rsenc-scan: mac: is a directory: run 'find mac -type f | rsenc-scan --explain -f mac.rules mac'" \
	'rsenc-scan --explain -f mac.rules mac mac'
check 0 "mac:1${T}patch_0*" "rsenc-scan: mac/._patch_0.tif: no match: *" 'find mac -type f | rsenc-scan --explain -f mac.rules mac; [ $? = 1 ]'

done_testing

#!/bin/sh
# rsenc-scan: rules, layouts, links, names, faults, options.
# shellcheck disable=SC2086,SC1003 # lists of bands are split on purpose
. "${0%/*}/lib.sh"

T=$(printf '\t')
s1=S1A_IW_GRDH_1SDV_20170613T165043
s2=S2A_MSIL2A_20170613T101031_N9999_R022_T33UUP
bands='B01 B02 B03 B04 B05 B06 B07 B08 B8A B09 B11 B12'
l1c='B1 B2 B3 B4 B5 B6 B7 B8 B8A B9 B10 B11 B12'
l2a='B1 B2 B3 B4 B5 B6 B7 B8 B8A B9 B11 B12'

# files PATH...: empty files, with their directories
files() {
	for f; do
		[ -d "${f%/*}" ] || mkdir -p "${f%/*}"
		: >"$f"
	done
}

# patch PREFIX SUFFIX BAND...: one empty file a band
patch() {
	prefix=$1 suffix=$2
	shift 2
	for b; do files "$prefix$b$suffix"; done
}

# line KEY PREFIX SUFFIX BAND...: the group line of such a patch
line() {
	printf %s "$1"
	prefix=$2 suffix=$3
	shift 3
	for b; do printf '\t%s=%s' "$b" "$prefix$b$suffix"; done
	echo
}

# scans WHAT WANTED ARGUMENTS...: the output is the file WANTED and nothing is wrong
scans() {
	what=$1 wanted=$2
	shift 2
	if rsenc-scan "$@" >out 2>err </dev/null && cmp -s out "$wanted" && [ ! -s err ]; then
		pass "$what"
	else
		fail "$what" "$(diff out "$wanted" && cat err)"
	fi
}

# ---- every rule, by the real names ----

patch "ben/S1/$s1/${s1}_33UUP_70_48/${s1}_33UUP_70_48_" .tif VH VV
patch "ben/S1/$s1/${s1}_33UUP_70_49/${s1}_33UUP_70_49_" .tif VH VV
patch "ben/S2/$s2/${s2}_75_43/${s2}_75_43_" .tif $bands
files "ben/maps/$s2/${s2}_75_43/${s2}_75_43_reference_map.tif" ben/metadata.parquet ben/S1/x.tif
{
	line "${s1}_33UUP_70_48" "ben/S1/$s1/${s1}_33UUP_70_48/${s1}_33UUP_70_48_" .tif VH VV
	line "${s1}_33UUP_70_49" "ben/S1/$s1/${s1}_33UUP_70_49/${s1}_33UUP_70_49_" .tif VH VV
} >s1.want
line "${s2}_75_43" "ben/S2/$s2/${s2}_75_43/${s2}_75_43_" .tif $bands >s2.want
map=${s2}_75_43_reference_map
echo "$map${T}Data=ben/maps/$s2/${s2}_75_43/$map.tif" >maps.want
cat s1.want s2.want maps.want >ben.want
scans 'bigearthnet is S1, S2 and maps' ben.want bigearthnet ben
scans 'bigearthnet-s1' s1.want bigearthnet-s1 ben
scans 'bigearthnet-s2' s2.want bigearthnet-s2 ben
scans 'bigearthnet-maps' maps.want bigearthnet-maps ben
scans 'several roots, in the order given' ben.want bigearthnet ben/S1 ben/S2 ben/maps
mkdir flat && cp -r "ben/S1/$s1"/* flat
sed 's|=ben/S1/[^/]*/|=flat/|g' s1.want >flat.want
scans 'patch folders directly below the root' flat.want bigearthnet flat
scans 'slashes at the end of the root' flat.want bigearthnet flat//
mkdir flatter && cp flat/*/*.tif flatter
sed 's|=flat/[^/]*/|=flatter/|g' flat.want >flatter.want
scans 'files directly below the root' flatter.want bigearthnet flatter
cp -r "flat/${s1}_33UUP_70_48" one
sed -n '1s|=flat/[^/]*/|=one/|gp' flat.want >one.want
scans 'a root that is a patch folder, by another name' one.want bigearthnet one

e=ENMAP01-____L2A-DT0000004950_20221103T162438Z_001_V010110_20221118T145147Z-Y01460273_X03110438
files "hy/$e/$e-SPECTRAL_IMAGE.TIF" "hy/$e/$e-QL_PIXELMASK.TIF" "hy/$e/$e-QL_VNIR.TIF"
echo "$e${T}B{1..224}=hy/$e/$e-SPECTRAL_IMAGE.TIF" >want
scans 'hyspecnet-11k' want hyspecnet-11k hy

files uc/Images/airplane/airplane00.tif uc/Images/forest/forest10.tif uc/Images/forest/forest1.tif
{
	echo "airplane00${T}Red,Green,Blue=uc/Images/airplane/airplane00.tif"
	echo "forest10${T}Red,Green,Blue=uc/Images/forest/forest10.tif"
} >want
scans 'uc-merced' want uc-merced uc

for i in 1 10 2; do
	files euro/AnnualCrop/AnnualCrop_$i.tif
	echo "AnnualCrop_$i${T}B01,B02,B03,B04,B05,B06,B07,B08,B09,B10,B11,B12,B08A=euro/AnnualCrop/AnnualCrop_$i.tif"
done >want
scans 'eurosat-ms, in bytewise order' want eurosat-ms euro

g=S1A_IW_GRDH_1SDV_20200607T010800_20200607T010825_032904_03CFBA_D457
p=20200604T054639_20200604T054831_T43RCP
patch ssl/s1/0000200/$g/ .tif VH VV
patch ssl/s2c/0000200/$p/ .tif $l1c
patch ssl/s2a/0000200/$p/ .tif $l2a
files ssl/s2a/0000200/$p/metadata.json
{
	line s1_0000200_$g ssl/s1/0000200/$g/ .tif VH VV
	line s2a_0000200_$p ssl/s2a/0000200/$p/ .tif $l2a
	line s2c_0000200_$p ssl/s2c/0000200/$p/ .tif $l1c
} >ssl.want
scans 'ssl4eo-s12' ssl.want ssl4eo-s12 ssl
sed -n '3s|=ssl/|=../ssl/|gp' ssl.want >want
is 'the same key from a neighbour directory' \
	"$(cd euro && rsenc-scan ssl4eo-s12-l1c ../ssl 2>&1)" "$(cat want)"
sed -n '2s|=ssl/s2a/0000200/|=./|gp' ssl.want >want
is 'the same key from within' \
	"$(cd ssl/s2a/0000200 && rsenc-scan ssl4eo-s12-l2a . 2>&1)" "$(cat want)"

m1=S1B_IW_GRDH_1SDV_20200607T010800_20200607T010825_032904_03CFBA_rtc
m2=S2B_MSIL2A_20200604T054639_N9999_R105_T43RCP
patch tom/100U_200L/$m1/ .tif vh vv
patch tom/101D_20R/$m2/ .tif $bands
files tom/101D_20R/$m2/thumbnail.tif tom/101D_20R/$m2/cloud_mask.tif
{
	line 100U_200L_$m1 tom/100U_200L/$m1/ .tif vh vv
	line 101D_20R_$m2 tom/101D_20R/$m2/ .tif $bands
} >want
scans 'major-tom' want major-tom tom

for i in 10 9; do
	files hydro/patch_$i.tif
	echo "patch_$i${T}$(echo $bands | tr ' ' ,)=hydro/patch_$i.tif"
done >hydro.want
scans 'hydro' hydro.want hydro hydro

files se/000012/20220601.tif
echo "000012_20220601.tif${T}B{1..202}=se/000012/20220601.tif" >want
scans 'spectral-earth' want spectral-earth se

if [ "$data" ]; then
	for d in bigearthnet hyspecnet-11k uc-merced eurosat-ms ssl4eo-s12 hydro; do
		rsenc-scan $d "$data/$d" | cut -f 1
	done >out 2>&1
	is 'the real data: the keys that are expected' "$(sort out)" "$(cut -f 1 "$data/expected.tsv" | sort)"
else
	skip 'the real data: the keys that are expected' 'no data here'
fi

# ---- endings and names ----

cat >my.rules <<EOF
# rules of these tests

pair${T}([^/]*)_(VH|VV)${T}\\1${T}\\2:VH,VV${T}2
half${T}(.+)_(V[HV])${T}\\1${T}\\2:VH,VV${T}0
folder${T}([^/]+)/(VH|VV)${T}\\1${T}\\2:VH,VV${T}0
byband${T}(B[0-9])/(p[0-9]+)${T}\\2${T}\\1:B1,B2,B3${T}0
deep${T}(B[0-9])/([a-z])/(p[0-9]+)${T}\\2_\\3${T}\\1:B1,B2${T}0
long${T}(x+)_(y+)${T}\\1\\1\\1\\2\\2\\2${T}A${T}0
empty${T}x(y?)${T}\\1${T}A${T}0
back${T}(x)${T}\\\\\\1${T}A${T}0
EOF

for e in 1.tif 2.tiff 3.TIF 4.TIFF 5.TiF 6.tifx 7.xtif 8.tif.gz 9; do files ends/patch_$e; done
files ends/.tif ends/tif
mkdir ends/patch_0.tif && mkfifo ends/patch_00.tif
is 'the endings that count' "$(rsenc-scan hydro ends | sed 's/.*=//' | tr '\n' ' ')" \
	'ends/patch_1.tif ends/patch_2.tiff ends/patch_3.TIF ends/patch_4.TIFF ends/patch_5.TiF '

odd=$(printf 'a\tb\\n c=d\ne\\')
mkdir odd && for b in VH VV; do : >"odd/${odd}_$b.tif"; done
printf '%s\tVH=odd/%s_VH.tif\tVV=odd/%s_VV.tif\n' \
	'a\tb\\n c=d\ne\\' 'a\tb\\n c=d\ne\\' 'a\tb\\n c=d\ne\\' >want
scans 'tab, newline, backslash, space and = in names' want -f my.rules pair odd
mkdir "$odd" && cp hydro/patch_9.tif "$odd"
is '... and in directories' "$(rsenc-scan hydro "$odd" | sed 's/.*,B12//')" '=a\tb\\n c=d\ne\\/patch_9.tif'
high=$(printf '\377\200x')
mkdir high && for b in VH VV; do : >"high/${high}_$b.tif" || break; done 2>/dev/null
if [ -f "high/${high}_VV.tif" ]; then
	line "$high" "high/${high}_" .tif VH VV >want
	scans 'bytes that are no UTF-8' want -f my.rules half high
else
	skip 'bytes that are no UTF-8' 'this filesystem refuses them'
fi
files ./-dash/patch_1.tif
check 0 "patch_1${T}*=-dash/patch_1.tif" '' 'rsenc-scan hydro -- -dash'
check 0 "*=hydro/../hydro/patch_10.tif
*=hydro/../hydro/patch_9.tif" '' 'rsenc-scan hydro hydro/../hydro'

# ---- groups over several directories ----

for b in 1 2 3; do files bands/B$b/p1.tif bands/B$b/p2.tif; done
for k in 1 2; do
	printf 'p%s\tB1=bands/B1/p%s.tif\tB2=bands/B2/p%s.tif\tB3=bands/B3/p%s.tif\n' $k $k $k $k
done >want
scans 'one folder a band' want -f my.rules byband bands
is 'one folder a band, each its own root' \
	"$(rsenc-scan -f my.rules byband bands/B3 bands/B1 bands/B2 2>&1)" "$(cat want)"
rm bands/B2/p2.tif
check 1 "p1${T}*" 'rsenc-scan: p2: bands/B1: incomplete: 1 of 3 bands missing (B2): skipped' \
	'rsenc-scan -f my.rules byband bands'
files deep/x/B1/a/p1.tif deep/x/B2/a/p1.tif deep/x/B1/b/p1.tif deep/x/B2/b/p1.tif deep/y/B1/c/p1.tif
is 'two levels up, order of the first files' \
	"$(rsenc-scan -f my.rules deep deep 2>deep.err | tr '\t' ' ')" \
	"a_p1 B1=deep/x/B1/a/p1.tif B2=deep/x/B2/a/p1.tif
b_p1 B1=deep/x/B1/b/p1.tif B2=deep/x/B2/b/p1.tif"
is '... and what is missing there' "$(cat deep.err)" \
	'rsenc-scan: c_p1: deep/y/B1/c: incomplete: 1 of 2 bands missing (B2): skipped'

# ---- incomplete, double, unknown ----

cp -r flat part && rm "part/${s1}_33UUP_70_48/${s1}_33UUP_70_48_VV.tif"
check 1 "${s1}_33UUP_70_49${T}*" \
	"rsenc-scan: ${s1}_33UUP_70_48: part/${s1}_33UUP_70_48: incomplete: 1 of 2 bands missing (VV): skipped" \
	'rsenc-scan bigearthnet part'
mkdir lost && cp -r ben/S2/*/* lost && rm lost/*/*_B05.tif lost/*/*_B12.tif
check 1 '' "rsenc-scan: ${s2}_75_43: lost/${s2}_75_43: incomplete: 2 of 12 bands missing (B05,B12): skipped" \
	'rsenc-scan bigearthnet lost'
files two/a_VH.tif two/a_VH.tiff two/a_VV.tif two/b_VH.tif two/b_VV.tif
check 1 "b${T}VH=two/b_VH.tif${T}VV=two/b_VV.tif" \
	'rsenc-scan: a: two: two files for VH: two/a_VH.tif and two/a_VH.tiff: skipped' \
	'rsenc-scan -f my.rules half two'
files twice/patch_1.tif twice/patch_1.tiff
check 1 '' \
	'rsenc-scan: patch_1: twice: two files for B01,*: twice/patch_1.tif and twice/patch_1.tiff: skipped' \
	'rsenc-scan hydro twice'
files dup/a/patch_1.tif dup/b/patch_1.tif dup/c/patch_1.tif dup/c/patch_2.tif
check 1 "patch_2${T}*=dup/c/patch_2.tif" \
	'rsenc-scan: patch_1: dup/a: two files for B01,*: dup/a/patch_1.tif and dup/b/patch_1.tif: skipped' \
	'rsenc-scan hydro dup'
check 1 '' \
	"rsenc-scan: ${s1}_33UUP_70_48: one: two files for VH: one/*_VH.tif, in a directory that is given twice: skipped" \
	'rsenc-scan bigearthnet one one'
files other/a/VH.tif other/a/VV.tif other/b/VH.tif other/b/VV.tif other/more/b/VH.tif other/more/b/VV.tif
check 1 "a${T}VH=*" 'rsenc-scan: b: other/b: two files for VH: other/b/VH.tif and other/more/b/VH.tif: skipped' \
	'rsenc-scan -f my.rules folder other'
cp -r ssl/s2a extra && files extra/0000200/$p/B10.tif && mkdir -p extra2 && mv extra extra2/s2a
check 0 "s2a_*" '*TIFF files: 13; matched by a rule: 12' 'rsenc-scan -v ssl4eo-s12-l2a extra2'
x100=$(printf '%0100d' 0 | tr 0 x)
files long/${x100}_y.tif "long/${x100}_$(echo $x100 | tr x y).tif"
check 1 "$x100$x100${x100}yyy${T}A=long/${x100}_y.tif" \
	"rsenc-scan: xxx*y: long/xxx*.tif: the key has 600 bytes (1 to 511): skipped" \
	'rsenc-scan -f my.rules long long'
files void/x.tif
check 1 '' 'rsenc-scan: : void/x.tif: the key has 0 bytes (1 to 511): skipped' \
	'rsenc-scan -f my.rules empty void'
check 0 "\\\\\\\\x${T}A=void/x.tif" '' 'rsenc-scan -f my.rules back void'

# ---- links ----

mkdir links && ln -s "../flat/${s1}_33UUP_70_48" links/subset1 && ln -s "$PWD/flat/${s1}_33UUP_70_49" links/subset2
is 'linked patch folders' "$(rsenc-scan bigearthnet links 2>&1 | cut -f 1,2)" \
	"${s1}_33UUP_70_48${T}VH=links/subset1/${s1}_33UUP_70_48_VH.tif
${s1}_33UUP_70_49${T}VH=links/subset2/${s1}_33UUP_70_49_VH.tif"
mkdir links2 && ln -s ../ssl/s2a links2/other
is 'the real path of a linked folder gives the key' \
	"$(rsenc-scan ssl4eo-s12 links2 2>&1 | cut -f 1,2)" \
	"s2a_0000200_$p${T}B1=links2/other/0000200/$p/B1.tif"
mkdir -p blobs links3/s1/0000200/$g && : >blobs/abc && : >blobs/def.tif
ln -s ../../../../blobs/abc links3/s1/0000200/$g/VH.tif
ln -s ../../../../blobs/def.tif links3/s1/0000200/$g/VV.tif
line s1_0000200_$g links3/s1/0000200/$g/ .tif VH VV >want
scans 'links to blobs: the path as met' want ssl4eo-s12 links3
mkdir -p store/v1 && cp -r ssl/s1/0000200 store/v1 && ln -s store/v1 s1
is 'a root that is a link' "$(rsenc-scan ssl4eo-s12 s1 2>&1 | cut -f 1)" s1_0000200_$g
ln -s hydro hydro-link
check 0 "patch_10${T}*=hydro-link/patch_10.tif
patch_9${T}*=hydro-link/patch_9.tif" '' 'rsenc-scan hydro hydro-link'
mkdir -p loop/r/a/b && files loop/r/a/patch_1.tif
ln -s ../../a loop/r/a/b/again && ln -s . loop/r/self && ln -s .. loop/r/up && ln -s round loop/r/round
check 1 "patch_1${T}*=loop/r/a/patch_1.tif" \
	'rsenc-scan: loop/r/a/b/again: symbolic link loop: leads back to loop/r/a: not followed
rsenc-scan: loop/r/round: Too many levels of symbolic links
rsenc-scan: loop/r/self: symbolic link loop: leads back to loop/r: not followed
rsenc-scan: loop/r/up/r: symbolic link loop: leads back to loop/r: not followed' \
	'rsenc-scan hydro loop/r'
check 1 '*' '*' 'rsenc-scan -j1 hydro loop >loop.1 2>&1'
check 1 '*' '*' 'rsenc-scan -j8 hydro loop >loop.8 2>&1'
is 'loops with threads: the same' "$(cat loop.8)" "$(cat loop.1)"
mkdir dangling && ln -s nowhere dangling/patch_1.tif && files dangling/patch_2.tif
check 1 "patch_2${T}*" 'rsenc-scan: dangling/patch_1.tif: broken link to nowhere' 'rsenc-scan hydro dangling'

# ---- faults ----

check 1 '' 'rsenc-scan: nowhere: No such file or directory' 'rsenc-scan hydro nowhere'
check 1 "patch_10*" 'rsenc-scan: nowhere: No such file or directory' 'rsenc-scan hydro nowhere hydro'
check 1 '' 'rsenc-scan: my.rules: is text, not a directory, a tar or a zip archive' 'rsenc-scan hydro my.rules'
check 2 '' '*an operand is empty (a shell variable may not be set)*' 'rsenc-scan hydro ""'
mkdir none
check 1 '' "rsenc-scan: ssl4eo-s12-s1: no patch found in none: contains no TIFF file (for PNG or JPEG images see rsenc(7))" \
	'rsenc-scan ssl4eo-s12-s1 none'
check 1 '' "rsenc-scan: bigearthnet: no patch found in hydro: run 'rsenc-scan --explain bigearthnet hydro/patch_10.tif' to see why its first TIFF file does not match" 'rsenc-scan bigearthnet hydro'
fixture -b bigearthnet swap 1
mkdir swapped && cp hydro/patch_10.tif swapped/no_such_name.of.any_rule.tif
check 1 '' "rsenc-scan: bigearthnet: no patch found in swapped: run 'rsenc-scan --explain bigearthnet swapped/*.tif' to see *" 'rsenc-scan bigearthnet swapped'
mkdir 'two words' && cp hydro/patch_10.tif 'two words/none.tif'
# shellcheck disable=SC2016
check 1 '' '*two words/none.tif: no match: hydro:1: *' \
	'sh -c "$(rsenc-scan hydro "two words" 2>&1 | sed -n "s/.*: run .\(.*\). to see.*/\1/p")"'
check 1 '' '*bigearthnet-s1: *--explain bigearthnet-s1 swap/*' 'rsenc-scan bigearthnet-s1 swap/BigEarthNet-S2'
cp -r flat closed && mkdir closed/no && chmod 700 closed/no
cp "$(command -v rsenc-scan)" scan-copy
if [ "$(id -u)" -ne 0 ]; then
	as=
	chmod 000 closed/no
elif have setpriv && chmod 755 "$tmp" && setpriv --reuid=65534 --regid=65534 --clear-groups ls ./scan-copy >as.log 2>&1; then
	as='setpriv --reuid=65534 --regid=65534 --clear-groups'
else
	as=none
fi
if [ "$as" = none ]; then
	skip 'an unreadable directory is named, the rest is listed' 'running as root without setpriv'
else
	check 1 "${s1}_33UUP_70_48*
${s1}_33UUP_70_49*" 'scan-copy: closed/no: Permission denied' "$as ./scan-copy bigearthnet closed"
fi
chmod 700 closed/no
if [ -w /dev/full ]; then
	check 1 '' 'rsenc-scan: standard output: No space left on device' 'rsenc-scan hydro hydro >/dev/full'
	check 1 '' 'rsenc-scan: standard output: No space left on device' 'rsenc-scan -l >/dev/full'
else
	skip '/dev/full' 'there is none'
fi
check 1 '' 'rsenc-scan: standard output: *' 'rsenc-scan hydro hydro >&-'

# ---- many: order, threads, pipes, signals ----

# 400 directories of 8 files, with names long enough that the list does not fit into a pipe
deep=many/$(printf '%0100d' 0)
seq 0 399 | sed "s|.*|$deep/d&|" | xargs mkdir -p
seq 0 399 | awk -v d="$deep" '{ for (i = 0; i < 8; i++) print d "/d" $0 "/patch_" $0 "0" i ".tif" }' | xargs touch
rsenc-scan -j1 hydro many >many.want
is 'every file of a larger tree is listed' "$(wc -l <many.want | tr -d ' ')" 3200
is 'in bytewise order of the names at each level' "$(sed 's/.*=//' many.want)" \
	"$(find many -name '*.tif' | sort -t / -k 3,3 -k 4,4)"
for j in 2 4 16 0; do scans "-j$j: the same" many.want -j$j hydro many; done
scans 'without -j: the same' many.want hydro many
# shellcheck disable=SC2094
rsenc-scan hydro many 2>err | head -n 1 >/dev/null
is 'a reader that leaves: quiet' "$(cat err)" ''
# A shell starts background jobs with SIGINT ignored, which a command respects: undo that.
default='env --default-signal=INT'
$default true 2>/dev/null || default=
for sig in TERM:143 ${default:+INT:130}; do
	mkfifo fifo
	(exec $default rsenc-scan hydro many) >fifo 2>err &
	pid=$!
	exec 3<fifo
	read -r first <&3
	kill -${sig%:*} $pid
	{ echo "$first" && cat <&3; } >out
	exec 3<&-
	wait $pid
	is "SIG${sig%:*}: status" $? ${sig#*:}
	is "SIG${sig%:*}: no word" "$(cat err)" ''
	rm fifo
done

# ---- counts ----

files count/a_VH.tif count/a_VV.tif count/b_VH.tif count/b_VV.tif
check 0 "a*
b*" '' 'rsenc-scan -c -f my.rules pair count'
files count/c_VH.tif count/c_VV.tif
check 1 "a*
b*
c*" 'rsenc-scan: pair: found 3 patches, expected 2' 'rsenc-scan --check -f my.rules pair count'
check 0 '*' 'rsenc-scan: pair: found 3 patches, expected 2
rsenc-scan: TIFF files: 6; matched by a rule: 6' 'rsenc-scan -v -f my.rules pair count'
check 1 '*' 'rsenc-scan: half: found 3 patches, expected number unknown: -c cannot check this rule' 'rsenc-scan -cf my.rules half count'
check 1 '*' "rsenc-scan: bigearthnet-s1: found 2 patches, expected 549488
rsenc-scan: bigearthnet-s2: found 0 patches, expected 549488
rsenc-scan: bigearthnet-maps: found 0 patches, expected 549488" 'rsenc-scan -qc bigearthnet flat'

# ---- rules ----

check 0 "bigearthnet-s1${T}*" '' 'rsenc-scan -l'
rsenc-scan -l >builtin.rules
is '-l lists lines of 5 fields' "$(awk -F '\t' 'NF != 5' builtin.rules)" ''
sed 's/^/my-/' builtin.rules >copy.rules
rsenc-scan -f copy.rules my-bigearthnet ben >out 2>&1
is 'what -l prints, -f reads' "$(cat out)" "$(cat ben.want)"
is '-l -f lists both' "$(rsenc-scan -lf copy.rules | sort)" "$(sort builtin.rules copy.rules)"
is '-l DATASET lists its rules' "$(rsenc-scan -l bigearthnet)" "$(grep '^bigearthnet-' builtin.rules)"
printf 'hydro\tpatch_([0-9]+)\tmine_\\1\tZ\t0\n' >hydro.rules
check 0 "mine_10${T}Z=hydro/patch_10.tif
mine_9${T}Z=hydro/patch_9.tif" '' 'rsenc-scan -f hydro.rules hydro hydro'
check 0 "mine_10*" '' 'rsenc-scan -f - hydro hydro <hydro.rules'
check 0 "mine_10*" '' 'cat hydro.rules | rsenc-scan -f /dev/stdin -f my.rules hydro hydro'
is 'a rule of that name is replaced' "$(rsenc-scan -l -f hydro.rules hydro)" "$(cat hydro.rules)"
printf 'hydro-a\t(patch_1.*)\ta_\\1\tA\t0\nhydro-b\t(patch_.*)\tb_\\1\tA\t0' >first.rules
check 0 "a_patch_10${T}A=*
b_patch_9${T}A=*" '' 'rsenc-scan -f first.rules hydro hydro'
check 1 '' 'rsenc-scan: no.rules: No such file or directory' 'rsenc-scan -f no.rules hydro hydro'
check 1 '' 'rsenc-scan: hydro: *' 'rsenc-scan -f hydro hydro hydro'
printf '# x\n\nx\ty\n' >bad.rules
check 1 '' 'rsenc-scan: bad.rules: line 3: 2 fields, not 5: *' 'rsenc-scan -f bad.rules hydro hydro'
printf 'x\t(a\t\\1\tA\t0\n' >bad.rules
check 1 '' "rsenc-scan: bad.rules: line 1: PATTERN: column 1: a '(' has no ')'" 'rsenc-scan -l -f bad.rules'
check 1 '' "rsenc-scan: hydro.rules: line 1: duplicate line of the rule 'hydro'" \
	'rsenc-scan -f hydro.rules -f hydro.rules hydro hydro'

# ---- threads ----

case ${CFLAGS-} in *sanitize*) slow= ;; *) slow=$(command -v strace) ;; esac
if [ -n "$slow" ]; then
	check 0 '*' '' "strace -f -qq -o trace -e trace=/clone,openat -e inject=openat:delay_enter=1000 rsenc-scan -j 3 bigearthnet ben | cmp - ben.want && echo same"
	ok 'slow directories add no thread to those that -j gives' test "$(cut -d ' ' -f 1 trace | sort -u | wc -l)" -le 3
else
	skip 'slow directories' 'no strace, or sanitizers'
fi

# ---- usage ----

check 2 '' 'rsenc-scan: missing operand DATASET *' 'rsenc-scan'
check 2 '' 'rsenc-scan: missing operand DIR or ARCHIVE *' 'rsenc-scan hydro'
check 2 '' "rsenc-scan: unknown dataset 'hydr': did you mean 'hydro'?: run 'rsenc-scan -l' to list all" 'rsenc-scan hydr hydro'
check 2 '' "rsenc-scan: unknown dataset 'frobnicate': run 'rsenc-scan -l' to list all" 'rsenc-scan frobnicate hydro'
check 2 '' "rsenc-scan: unknown dataset 'bigearth': did you mean 'bigearthnet'?: *" 'rsenc-scan bigearth hydro'
check 2 '' '*an operand is empty*' 'rsenc-scan "" hydro'
check 2 '' "rsenc-scan: unknown dataset 'x': *" 'rsenc-scan -l x'
check 2 '' "rsenc-scan: -l takes at most one DATASET: unexpected operand 'ben' *" 'rsenc-scan -l hydro ben'
for j in 10x -1 '' 99999; do check 2 '' "rsenc-scan: -j: '$j' *" "rsenc-scan -j '$j' hydro hydro"; done
check 2 '' '*no such option -z*' 'rsenc-scan -z'
check 2 '' '*option*--no*' 'rsenc-scan --no'
check 2 '' '*-f: a value is missing*' 'rsenc-scan -f'
check 0 'usage: rsenc-scan *' '' 'rsenc-scan -h'
check 0 'rsenc-scan [0-9]*' '' 'rsenc-scan --version'
for o in --quiet --verbose --jobs=2 --rules=my.rules; do
	check 0 'patch_10*' '*' "rsenc-scan $o hydro hydro"
done
check 0 'hydro*' '' 'rsenc-scan --list hydro'

done_testing

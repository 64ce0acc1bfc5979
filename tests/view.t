#!/bin/sh
# rsenc-view: pixels of small blobs, contact sheets, defaults, errors by line, pictures against numpy.
. "${0%/*}/lib.sh"

# blob JSON [FORMAT]: a safetensors blob with that header and the data that printf makes of FORMAT
cat >blob <<'E2'
#!/bin/sh
len=${#1}
low=$((len >> 6 & 3))$((len >> 3 & 7))$((len & 7)) high=$((len >> 14 & 3))$((len >> 11 & 7))$((len >> 8 & 7))
printf "\\$low\\$high\0\0\0\0\0\0%s${2-}" "$1"
E2
# record KEY FILE: a record
cat >record <<'E2'
#!/bin/sh
printf '+%d,%d:%s->' "${#1}" "$(wc -c <"$2")" "$1"
cat "$2"
echo
E2
# pixels [OPTION...]: the picture of standard input as decimal numbers, a line a row; the header first
cat >pixels <<'E2'
#!/bin/sh
rsenc-view "$@" >pixels.out
status=$?
[ -s pixels.out ] || exit $status
head -n 3 pixels.out | tr '\n' ' '
width=$(sed -n '2s/ .*//p;2q' pixels.out)
[ "$(head -c 2 pixels.out)" = P5 ] || width=$((width * 3))
head -n 3 pixels.out | wc -c | { read -r at; tail -c +$((at + 1)) pixels.out; } |
	od -An -v -tu1 -w"$width" | sed 's/  */ /g; s/^ /|/' | tr -d '\n'
echo
exit $status
E2
chmod +x blob record pixels
PATH=$tmp:$PATH

# entry NAME DTYPE SHAPE BEGIN END
entry() {
	printf '"%s":{"dtype":"%s","shape":[%s],"data_offsets":[%s,%s]}' "$@"
}

blob "{$(entry a U8 2,3 0 6)}" '\1\2\3\4\5\6' >grey
blob "{$(entry a U8 2,3 0 6)}" '\0\12\0\12\24\36' >holes
blob "{$(entry Red U8 1,2 0 2),$(entry Green U8 1,2 2 4),$(entry Blue U8 2,2 4 8)}" '\1\2\4\3\1\2\3\4' >colour
blob "{$(entry s U8 2,1,2 0 4),\"__metadata__\":{\"x\":\"q\",\"s\":\"p,q\"}}" '\1\2\4\3' >stack
blob "{$(entry a U8 1,2 0 2)}" '\7\7' >flat
blob "{$(entry a U8 1,9 0 9)}" '\5\5\5\5\5\5\5\5\6' >nearly
blob "{$(entry a I8 1,4 0 4)}" '\200\377\0\1' >signed
blob "{$(entry a F32 1,4 0 16)}" '\0\0\300\177\0\0\200\177\0\0\200\77\0\0\0\100' >floats
blob "{$(entry a U8 3 0 3)}" '\1\2\3' >row
blob "{$(entry a U8 3 0 3),$(entry b U8 1,2 3 5)}" '\1\2\3\1\2' >second
blob "{$(entry a U8 0,4 0 0)}" >void
blob "{$(entry a U8 1,99999999 0 1)}" x >wrong
{ record k1 grey; record k2 flat; record k3 grey; echo; } >grey.rec
{ record k1 colour; record k2 flat; echo; } >mixed.rec

# ---- usage ----
check 0 'usage: rsenc-view*--columns*' '' 'rsenc-view -h'
check 0 'rsenc-view [0-9]*.[0-9]*.[0-9]*' '' 'rsenc-view --version'
check 2 '' '*no such option -Z*' 'rsenc-view -Z'
check 2 '' '*-t: 2 tensors: name one to draw it in grey, or three for*' 'rsenc-view -t a,b <grey'
check 2 '' '*-t: 4 tensors: name one*' 'rsenc-view -t a,b,c,d <grey'
check 2 '' "*--columns: '0' is too small*" 'rsenc-view --columns=0 <grey'
check 2 '' "*--columns: '8x' is not a whole number*" 'rsenc-view --columns=8x <grey'
check 2 '' "*-z: '101' is too large*" 'rsenc-view -z 101 <grey'
check 2 '' "*-M: '0' is too small*" 'rsenc-view -M 0 <grey'
for p in '' 2 '2,' ',98' 98,2 2,2 -1,98 2,100.1 2,98x 2,98,99 .,98 nan,98; do
	check 2 '' "*-p: '$p' is not LO,HI*" "rsenc-view -p '$p' <grey"
done
for v in '' x 1x ' 1'; do
	check 2 '' "*--nodata: '$v' is not a number*" "rsenc-view --nodata='$v' <grey"
done
if have script; then
	check 2 '*rsenc-view: not writing a picture to a terminal*' '' "script -qec 'rsenc-view <grey' /dev/null; exit \$?"
else
	skip 'a terminal is refused' 'script(1) is not installed'
fi

check 2 '' '*-p: with -T, percentiles must be 0, 1, 2, 50, 98, 99 or 100*' 'rsenc-view -T x -p 5,95 <grey'
check 2 '' "*-t: '': *" "rsenc-view -t '' <grey"
check 2 '' "*-t: 'a,a': *" 'rsenc-view -t a,a grey'
for letter in f i c n; do
	check 2 '' "*no such option -$letter*" "rsenc-view -$letter 1 <grey"
done

# ---- pixels ----
check 0 'P5 3 2 255 |0 51 102|153 204 255' '' 'pixels -p 0,100 <grey'
check 0 'P5 3 2 255 |0 51 102|153 204 255' '' 'pixels -p 0,100 -t a <grey'
check 0 'P5 3 2 255 |0 48 101|154 207 255' '' 'pixels <grey'
check 0 'P5 3 2 255 |0 0 128|255 255 255' '' 'pixels -p 20,60.0 <grey'
check 0 'P5 3 2 255 |0 0 0|0 128 255' '' 'pixels -p 0,100 <holes'
check 0 'P5 3 2 255 |0 85 0|85 170 255' '' 'pixels -p 0,100 --nodata=nan <holes'
check 0 'P5 3 2 255 |0 128 0|128 255 0' '' 'pixels -p 0,100 --nodata=30 <holes'
check 0 'P5 2 1 255 |128 128' '' 'pixels <flat'
check 0 'P5 9 1 255 |0 0 0 0 0 0 0 0 255' '' 'pixels -p 0,50 <nearly'
check 0 'P5 4 1 255 |0 0 128 255' '' 'pixels -p 0,100 <signed'
check 0 'P5 4 1 255 |0 251 253 255' '' 'pixels -p 0,100 --nodata=9 <signed'
check 0 'P5 4 1 255 |0 0 0 255' '' 'pixels -p 0,100 <floats'
check 0 'P5 4 1 255 |0 0 0 128' '' 'pixels -p 0,100 --nodata=1 <floats'
check 0 'P5 2 1 255 |0 255' '' 'pixels <second'
check 0 'P6 2 2 255 |0 255 0 255 0 85|0 255 170 255 0 255' '' 'pixels -p 0,100 <colour'
check 0 'P6 2 2 255 |0 255 0 85 0 255|170 255 0 255 0 255' '' 'pixels -p 0,100 -t Blue,Green,Red <colour'
check 0 'P5 2 1 255 |0 255' '' 'pixels -t s <stack'
check 0 'P5 2 1 255 |0 255' '' 'pixels <stack'
check 0 'P5 2 1 255 |255 0' '' 'pixels -t q <stack'
check 0 'P5 6 4 255 |0 0 51 51 102 102|0 0 51 51 102 102|153 153 204 204 255 255|153 153 204 204 255 255' '' \
	'pixels -z 2 -p 0,100 <grey'

# ---- files ----
check 0 'P5 3 2 255 |0 51 102|153 204 255' '' 'pixels -p 0,100 grey'
check 0 'P5 3 2 255 |0 51 102|153 204 255' '' 'pixels -p 0,100 -t a ./grey'
check 0 'P5 3 2 255 |0 51 102|153 204 255' '' 'pixels -p 0,100 -t a - <grey'
check 0 'P5 7 2 255 |0 51 102 0 0 51 102|*' '' 'pixels -p 0,100 --columns=2 grey - <grey'
check 0 'P6 2 1 255 |255 0 0 0 255 255' '' 'pixels -t q,p,s stack'
check 1 '' 'rsenc-view: nosuch: *No such file*' 'rsenc-view nosuch'
check 1 '' "rsenc-view: .: wrong kind of operand (a directory): *" 'rsenc-view .'
check 0 'P5*' '*picture 1: k1
rsenc-view: picture 2: k2
rsenc-view: picture 3: k3' 'rsenc-view -v <grey.rec'
check 0 'P5*' '*picture 1: grey
rsenc-view: picture 2: k1: grey.rec*' 'rsenc-view -v --columns=1 grey grey.rec'

# ---- band combinations ----
# names RED GREEN BLUE: a blob of such bands, of which the first is dark at the left
names() {
	blob "{$(entry "$1" U8 1,2 0 2),$(entry "$2" U8 1,2 2 4),$(entry "$3" U8 1,2 4 6)}" '\1\2\4\3\5\5'
}
drawn='P6 2 1 255 |0 255 128 255 0 128'
while read -r red green blue; do
	names "$red" "$green" "$blue" >named
	is "natural colour: $red $green $blue" "$(pixels -p 0,100 named)" "$drawn"
done <<'E2'
B43 B28 B10
B04 B03 B02
B4 B3 B2
Red Green Blue
red green blue
R G B
NIR Red Green
Oa08 Oa06 Oa04
s2_B04 s2_B03 s2_B02
a_Red a_Green a_Blue
T1_B4 T1_B3 T1_B2
pre_R pre_G pre_B
10m_R 10m_G 10m_B
aerial_R aerial_G aerial_B
LC08_1_2_4 LC08_1_2_3 LC08_1_2_2
LE07_1_2_3 LE07_1_2_2 LE07_1_2_1
LT05_1_2_3 LT05_1_2_2 LT05_1_2_1
t1_OLI_B4 t1_OLI_B3 t1_OLI_B2
t1_TM_B3 t1_TM_B2 t1_TM_B1
t2_ETM_B3 t2_ETM_B2 t2_ETM_B1
E2
for grey in 'xB04 xB03 xB02' 's2_B04 s1_B03 s2_B02' 'XX_4 XX_3 XX_2' 'SCREEN GREEN BLUE'; do
	# shellcheck disable=SC2086
	names $grey >named
	like "grey: $grey" "$(pixels -p 0,100 named)" 'P5*'
done
# EnMAP has other bands of these names than Sentinel-2.
blob "{$(entry B2 U8 1,2 0 2),$(entry B28 U8 1,2 2 4),$(entry B3 U8 1,2 4 6),$(entry B4 U8 1,2 6 8),$(entry B43 U8 1,2 8 10),$(entry B72 U8 1,2 10 12),$(entry B8 U8 1,2 12 14)}" \
	'\5\5\5\5\5\5\5\5\2\1\1\2\5\5' >enmap
check 0 'P6 2 1 255 |0 255 128 255 0 128' '' 'pixels -p 0,100 -t B72,B43,B28 enmap'
blob "{$(entry s U8 3,1,2 0 6),\"__metadata__\":{\"s\":\"s2_B04,s2_B03,s2_B02\"}}" '\1\2\4\3\5\5' >named
is 'bands of a stack, with a prefix' "$(pixels -p 0,100 named)" "$drawn"

# ---- maps of classes ----
blob "{$(entry Data U16 1,5 0 10)}" '\157\0\0\0\13\2\67\1\157\0' >map
is 'classes of CORINE: red, black, blue, green' "$(pixels map | sed 's/255/x/4g')" \
	"$(pixels -t Data map | sed 's/255/x/4g')"
! have_python sys || is 'each class has one colour, and nodata none' "$(pixels map | "$python" -c '
import sys
n = list(map(int, sys.stdin.read().split("|")[1].split()))
a, b, c, d, e = (tuple(n[i:i + 3]) for i in range(0, 15, 3))
print(a == e, b, max(a) == a[0], max(c) == c[2], max(d) == d[1], len({a, b, c, d}))')" 'True (0, 0, 0) True True True 4'
blob "{$(entry label U8 1,4 0 4)}" '\1\2\3\1' >map
check 0 'P6 4 1 255 |*' '' 'pixels map'
blob "{$(entry label F32 1,1 0 4)}" '\0\0\200\77' >map
check 0 'P5 1 1 255 |128' '' 'pixels map'

# ---- PNG ----
if have_python zlib; then
	cat >unpng.py <<'E2'
"""A PNG file as decimal numbers, as `pixels` prints PPM; all checksums are looked at."""
import struct
import sys
import zlib
data, at, stream = sys.stdin.buffer.read(), 8, b""
assert data[:8] == b"\x89PNG\r\n\x1a\n"
while at < len(data):
    size, kind = struct.unpack(">I4s", data[at:at + 8])
    body = data[at + 8:at + 8 + size]
    crc, = struct.unpack(">I", data[at + 8 + size:at + 12 + size])
    assert crc == zlib.crc32(kind + body)
    at += 12 + size
    if kind == b"IHDR":
        width, height, depth, colour, *rest = struct.unpack(">IIBBBBB", body)
        assert depth == 8 and rest == [0, 0, 0]
    stream += body if kind == b"IDAT" else b""
assert kind == b"IEND"
rows, row = zlib.decompress(stream), width * (3 if colour == 2 else 1) + 1
assert len(rows) == row * height and not any(rows[::row])
print("P6" if colour == 2 else "P5", width, height, 255, "".join(
    "|" + " ".join(map(str, rows[i + 1:i + row])) for i in range(0, len(rows), row)))
E2
	for args in grey colour grey.rec mixed.rec '-z 3 colour' '--columns=1 grey.rec'; do
		# shellcheck disable=SC2086
		is "PNG: $args" "$(rsenc-view --png $args | "$python" unpng.py)" "$(pixels $args)"
	done
else
	skip 'PNG' 'no python3'
fi

# ---- stretched by totals ----
{ record k1 grey; record k2 flat; echo; } >two.rec
rsenc-show --json two.rec >totals.json
rsenc-show --totals two.rec >totals.tsv
check 0 'P5 7 2 255 |0 43 85 0 255 255 0|128 170 213 0 0 0 0' '' 'pixels -p 0,100 --columns=2 -T totals.json <two.rec'
check 0 'P5 2 1 255 |255 255' '' 'pixels -T totals.json -t a <flat'
check 0 'P5 2 1 255 |128 128' '' 'rsenc-show --json flat | { exec 3<&0; pixels -T /dev/fd/3 <flat; }'
check 1 '' "*the totals have no value of 'p' as U8: make the totals from this dataset, with 'rsenc-show --json --bands'" 'rsenc-view -T totals.json <stack'
rsenc-show --json --bands stack >stack.json
check 0 'P5 2 1 255 |0 255' '' 'pixels -p 0,100 -T stack.json -t p <stack'
check 1 '' "*the totals have no value of 'a' as I8: make the totals from this dataset*" 'rsenc-view -T totals.json <signed'
rsenc-show --json grey signed 2>/dev/null >several.json
check 0 'P5 4 1 255 |0 251 253 255' '' 'pixels -p 0,100 -T several.json --nodata=nan <signed'
check 0 'P5 3 2 255 |0 51 102|153 204 255' '' 'pixels -p 0,100 -T several.json <grey'
rsenc-show --json --nodata=1 floats >none.json
check 0 'P5 4 1 255 |0 0 128 128' '' 'pixels -T none.json <floats'
rsenc-show --json --nodata=7 flat >none.json
check 1 '' "*the totals have no value of 'a'*" 'rsenc-view -T none.json <flat'
check 1 '' "rsenc-view: nosuch: *No such file*" 'rsenc-view -T nosuch <grey'
check 1 '' "rsenc-view: totals.tsv: not totals: byte 0: '{' expected: write them with 'rsenc-show --totals --json'" \
	'rsenc-view -T totals.tsv <grey'
for text in '' '{' '[]' '{"a":1}' '{"a":{"min":1}}' '{"a":{"dtype":"U9"}}' '{"a":{"dtype":"U8","min":"x"}}' '{"a":[]}' \
	'{"a":[{"dtype":"U8"}' '{} x'; do
	printf '%s' "$text" >bad.json
	check 1 '' "rsenc-view: bad.json: not totals: *: write them with 'rsenc-show --totals --json'" 'rsenc-view -T bad.json <grey'
done
blob "{$(entry VV F32 1,2 0 8),$(entry VH F32 1,2 8 16)}" '\0\0\0\0\0\0\200\77\0\0\200\77\0\0\200\77' >power
rsenc-show --json power >power.json
check 1 '' "*percentile 0 of 'VV' is 0 in the totals, and 0 has no value in dB: make the totals with 'rsenc-show --totals --json --nodata=0'" \
	'rsenc-view -p 0,100 -T power.json <power'
rsenc-show --json --nodata=0 power >power.json
check 0 'P6 2 1 255 |0 128 0 128 128 128' '' 'pixels -p 0,100 -T power.json <power'

# ---- contact sheets ----
check 0 'P5 7 5 255 |0 51 102 0 128 128 0|153 204 255 0 0 0 0|0 0 0 0 0 0 0|0 51 102 0 0 0 0|153 204 255 0 0 0 0' '' \
	'pixels -p 0,100 <grey.rec'
check 0 'P5 11 2 255 |0 51 102 0 128 128 0 0 0 51 102|153*255' '' 'pixels -p 0,100 --columns=3 <grey.rec'
check 0 'P5 11 2 255 |0 51 102 0 128 128 0 0 0 51 102|153*255' '' 'pixels -p 0,100 --columns=65535 <grey.rec'
check 0 'P5 3 8 255 |0 51 102|153 204 255|0 0 0|128 128 0|0 0 0|0 0 0|0 51 102|153 204 255' '' \
	'pixels -p 0,100 --columns=1 <grey.rec'
check 0 'P5 13 9 255 |0 0 51 51 102 102 0 128*' '' 'pixels -z 2 -p 0,100 <grey.rec'
check 0 'P6 2 5 255 |0 255 0 255 0 85|0 255 170 255 0 255|0 0 0 0 0 0|128 128 128 128 128 128|0 0 0 0 0 0' '' \
	'pixels -p 0,100 --columns=1 <mixed.rec'

# ---- bad input ----
check 1 'P5 3 2 255 |0*' "rsenc-view: k: tensor 'a': data_offsets*" '{ record k wrong; record k2 grey; echo; } | pixels'
check 1 'P5 3 2 255 |0*' "rsenc-view: k: no tensor 'a': run 'rsenc-show' to list all" \
	'{ record k stack; record k2 grey; echo; } | pixels -t a'
check 1 '' "rsenc-view: standard input: no tensor 'c': *" 'rsenc-view -t c <second'
check 1 '' "rsenc-view: standard input: tensor 'a' is not a picture: it must have the shape*" 'rsenc-view -t a <row'
check 1 '' '*no tensor of shape*' 'rsenc-view <row'
check 1 '' '*no tensor of shape*' 'rsenc-view <void'
check 1 '' "*tensor 'a' is not a picture*" 'rsenc-view -t a <void'
check 1 '' '*is empty*' 'rsenc-view </dev/null'
check 1 '' '*no patches in the input*' 'echo | rsenc-view'
check 1 '' '*not a safetensors file or records (text)*' 'rsenc-view <blob'
check 1 'P5 3 2 255 |*' '*standard input: truncated: no end marker*' 'record k grey | pixels'
check 1 '' '*the blob has * bytes, more than the limit of 50*' 'rsenc-view -M 50 <grey'
blob "{$(entry a U8 40,1 0 40),$(entry b U8 1,40 40 80),$(entry c U8 40,1 80 120)}" "$(printf '%0120d' 1)" >cross
check 1 '' '*a picture of 40 x 40 pixels needs more memory than the limit of 21504 bytes: raise it with -M*' 'rsenc-view -M 21K -t a,b,c <cross'
check 0 'P6 40 40 255 *' '' 'pixels -M 22K -t a,b,c <cross'
check 1 '' '*a picture of 4000 x 4000 pixels needs more memory than the limit of 9437184 bytes: raise it with -M*' 'rsenc-view -M 9M -z 100 --png -t a,b,c <cross'
check 1 '' '*a picture of 4000 x 4000 pixels needs more memory than the limit of 9437184 bytes: raise it with -M*' 'rsenc-view -M 9M -z 100 -t a,b,c <cross'
check 0 'P6 1600 1600 255 *' '' 'rsenc-view -M 9M -z 40 -t a,b,c <cross | head -c 17 | tr "\n" " "'
seq 200 | while read -r i; do record "k$i" cross; done >many.rec
check 1 'P6*' '*only the first 6 patches are drawn: more need more memory than the limit of 31744 bytes: raise it with -M, or select patches' 'rsenc-view -M 31K -t a,b,c <many.rec'
is 'those pictures are drawn' "$(rsenc-view -M 31K -t a,b,c <many.rec 2>/dev/null | cksum)" "$(head -n 6 many.rec | { cat; echo; } | rsenc-view -t a,b,c | cksum)"

# ---- lost output, signals ----
if [ -c /dev/full ]; then
	check 1 '' '*No space left*' 'rsenc-view <grey >/dev/full'
	check 1 '' '*No space left*' 'rsenc-view -z 100 <grey >/dev/full'
else
	skip 'a full device' 'no /dev/full'
fi
check 1 '' '*Bad file descriptor*' 'rsenc-view <grey >&-'
is 'SIGPIPE is quiet' "$({ rsenc-view -z 20 -t a,b,c <cross || echo $? >&3; } 2>&1 3>status | head -n 1; cat status)" 'P6
141'
mkfifo fifo
rsenc-view <fifo >sig.out 2>sig.err &
pid=$!
exec 9>fifo
# more than a pipe and the reader's buffer hold: once all is written, signals are caught
seq 40 | while read -r i; do cat many.rec; done >&9
kill -TERM $pid
wait $pid
is 'SIGTERM: status' $? 143
exec 9>&-
is 'SIGTERM: nothing is written' "$(wc -c <sig.out)" 0

# ---- fixtures and real data, against numpy ----
if have_python numpy; then
	: >groups.tsv
	for dataset in bigearthnet hyspecnet-11k uc-merced eurosat-ms; do
		fixture -b $dataset $dataset 1 >/dev/null
		rsenc-scan $dataset $dataset >>groups.tsv
	done
	if [ -n "$data" ]; then
		for dataset in bigearthnet hyspecnet-11k uc-merced eurosat-ms hydro ssl4eo-s12; do
			rsenc-scan $dataset "$data/$dataset" >>groups.tsv
		done
	fi
	pictures=0
	: >drawn.tsv
	# drawn RANGE TITLE [LIST]
	drawn() {
		range=$1
		title="$2, $1"
		list=${3-}
		pictures=$((pictures + 1))
		cp one.blob $pictures.blob
		case $by in
		-) rsenc-view -p "$range" ${list:+-t "$list"} <one.blob >$pictures.ppm ;;
		*) rsenc-view -p "$range" -T totals.json ${list:+-t "$list"} <one.blob >$pictures.ppm ;;
		esac
		{
			printf '%s\t%s\t%s\t%s\t%s\t%s' "$title $list" $pictures.ppm $pictures.blob "${range%,*}" "${range#*,}" "$by"
			echo "${list:+,$list}" | tr , '\t'
		} >>drawn.tsv
	}
	by=-
	while IFS= read -r line; do
		rsenc-pack "$line" >one.blob </dev/null
		what=$(printf %.40s "${line%%"$(printf '\t')"*}")
		drawn 2,98 "$what"
		drawn 0,99.5 "$what"
		case $line in
		*B02=*)
			drawn 2,98 "$what" B12,B08,B02
			rsenc-pack -S 10m=B02,B03,B04,B08 "$line" >one.blob </dev/null
			drawn 2,98 "$what, stacked"
			drawn 2,98 "$what, stacked" B03
			;;
		esac
	done <groups.tsv
	# Pictures of a dataset that are stretched by all of it; nodata is 0, and there is some.
	fixture -b bigearthnet-s1 s1 3 >/dev/null
	fixture -b bigearthnet-s2 s2 3 >/dev/null
	for dataset in bigearthnet-s1 bigearthnet-s2; do
		rsenc-scan $dataset ${dataset#*-} >part.tsv
		rsenc-pack -r <part.tsv | rsenc-show --json --nodata=0 >totals.json
		by=
		while IFS= read -r line; do
			by=${by:+$by,}$dataset.${#by}
			rsenc-pack "$line" >"$dataset.${by##*.}" </dev/null
		done <part.tsv
		for blob in "$dataset".*; do
			cp "$blob" one.blob
			drawn 2,98 "$dataset, by totals"
			drawn 0,99 "$dataset, by totals"
			[ $dataset = bigearthnet-s1 ] || drawn 1,100 "$dataset, by totals" B12,B08,B02
		done
	done
	"$python" "$tests/oracle/view.py" <drawn.tsv >compared
	while IFS="$(printf '\t')" read -r title wrong; do
		is "as numpy draws it: $title" "$wrong" ''
	done <compared
	is 'all pictures were compared' "$(wc -l <compared)" $pictures
else
	skip 'pictures as numpy draws them' 'no python3-numpy'
fi

done_testing

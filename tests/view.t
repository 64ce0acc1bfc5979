#!/bin/sh
# rsenc-view: pixels of small blobs, contact sheets, defaults, errors by line, pictures against numpy.
. "${0%/*}/lib.sh"

# blob JSON [FORMAT]: a safetensors blob with that header and the data that printf makes of FORMAT
cat >blob <<'E2'
#!/bin/sh
len=${#1}
printf "\\$(printf %03o $((len & 255)))\\$(printf %03o $((len >> 8)))\0\0\0\0\0\0%s${2-}" "$1"
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
check 2 '' '*there is no option -Z*' 'rsenc-view -Z'
check 2 '' '*2 tensors named: one is drawn in grey, three*' 'rsenc-view a b <grey'
check 2 '' '*4 tensors named*' 'rsenc-view a b c d <grey'
check 2 '' "*-c: '0' is too small*" 'rsenc-view -c 0 <grey'
check 2 '' "*-c: '8x' is not a whole number*" 'rsenc-view -c 8x <grey'
check 2 '' "*-z: '101' is too large*" 'rsenc-view -z 101 <grey'
check 2 '' "*-M: '0' is too small*" 'rsenc-view -M 0 <grey'
for p in '' 2 '2,' ',98' 98,2 2,2 -1,98 2,100.1 2,98x ' 2,98' 1e1,98 2,98,99 .,98 nan,98; do
	check 2 '' "*-p: '$p' is not LO,HI*" "rsenc-view -p '$p' <grey"
done
for v in '' x 1x ' 1'; do
	check 2 '' "*-n: '$v' is not a number*" "rsenc-view -n '$v' <grey"
done
if have script; then
	check 2 '*rsenc-view: not writing a picture to a terminal*' '' "script -qec 'rsenc-view <grey' /dev/null; exit \$?"
else
	skip 'a terminal is refused' 'there is no script(1)'
fi

check 2 '' '*one picture a blob: -f, -i or tensors*' 'rsenc-view -f a <grey'
check 2 '' '*one picture a blob: -f, -i or tensors*' 'rsenc-view -f -i ndvi <grey'
check 2 '' '*one picture a blob: -f, -i or tensors*' 'rsenc-view -i a,b a <grey'
check 2 '' '*-i: an index always goes from -1 to 1*' 'rsenc-view -i ndvi -p 1,99 <grey'
check 2 '' '*-i: an index always goes from -1 to 1*' 'rsenc-view -i ndvi -T x <grey'
check 2 '' '*-p: totals have the percentiles 0, 1, 2, 50, 98, 99 and 100*' 'rsenc-view -T x -p 5,95 <grey'
for i in '' a ',b' 'a,' 'a,b,c' NDVI; do
	check 2 '' "*-i: '$i' is neither ndvi*" "rsenc-view -i '$i' <grey"
done

# ---- pixels ----
check 0 'P5 3 2 255 |0 51 102|153 204 255' '' 'pixels -p 0,100 <grey'
check 0 'P5 3 2 255 |0 51 102|153 204 255' '' 'pixels -p 0,100 a <grey'
check 0 'P5 3 2 255 |0 48 101|154 207 255' '' 'pixels <grey'
check 0 'P5 3 2 255 |0 0 128|255 255 255' '' 'pixels -p 20,60.0 <grey'
check 0 'P5 3 2 255 |0 0 0|0 128 255' '' 'pixels -p 0,100 <holes'
check 0 'P5 3 2 255 |0 85 0|85 170 255' '' 'pixels -p 0,100 -n nan <holes'
check 0 'P5 3 2 255 |0 128 0|128 255 0' '' 'pixels -p 0,100 -n 30 <holes'
check 0 'P5 2 1 255 |128 128' '' 'pixels <flat'
check 0 'P5 9 1 255 |0 0 0 0 0 0 0 0 255' '' 'pixels -p 0,50 <nearly'
check 0 'P5 4 1 255 |0 0 128 255' '' 'pixels -p 0,100 <signed'
check 0 'P5 4 1 255 |0 251 253 255' '' 'pixels -p 0,100 -n 9 <signed'
check 0 'P5 4 1 255 |0 0 0 255' '' 'pixels -p 0,100 <floats'
check 0 'P5 4 1 255 |0 0 0 128' '' 'pixels -p 0,100 -n 1 <floats'
check 0 'P5 2 1 255 |0 255' '' 'pixels <second'
check 0 'P6 2 2 255 |0 255 0 255 0 85|0 255 170 255 0 255' '' 'pixels -p 0,100 <colour'
check 0 'P6 2 2 255 |0 255 0 85 0 255|170 255 0 255 0 255' '' 'pixels -p 0,100 Blue Green Red <colour'
check 0 'P5 2 1 255 |0 255' '' 'pixels s <stack'
check 0 'P5 2 1 255 |0 255' '' 'pixels <stack'
check 0 'P5 2 1 255 |255 0' '' 'pixels q <stack'
check 0 'P6 2 1 255 |255 0 255 0 255 0' '' 'pixels q p q <stack'
check 0 'P5 6 4 255 |0 0 51 51 102 102|0 0 51 51 102 102|153 153 204 204 255 255|153 153 204 204 255 255' '' \
	'pixels -z 2 -p 0,100 <grey'

# ---- indices and false colour ----
blob "{$(entry a U8 1,4 0 4),$(entry b U8 1,4 4 8)}" '\3\1\7\0\1\3\7\5' >bands
check 0 'P5 4 1 255 |191 64 128 0' '' 'pixels -i a,b <bands'
check 0 'P5 4 1 255 |64 191 128 0' '' 'pixels --index=b,a <bands'
check 0 'P5 4 1 255 |64 191 128 255' '' 'pixels -n nan -i b,a <bands'
check 0 'P5 4 1 255 |64 191 128 0' '' 'pixels -i b,a -n 0 <bands'
check 0 'P5 2 1 255 |*' '' 'pixels -i q,p <stack'
check 1 '' "*has no tensor 'c'*" 'rsenc-view -i a,c <bands'
check 1 '' '*it has no bands for ndvi by the names that are known' 'rsenc-view -i ndvi <bands'
check 1 '' '*it has no bands for false colour by the names that are known' 'rsenc-view -f <bands'
blob "{$(entry B03 U8 1,2 0 2),$(entry B04 U8 1,2 2 4),$(entry B08 U8 1,2 4 6)}" '\1\2\1\3\4\1' >sentinel
check 0 'P5 2 1 255 |204 64' '' 'pixels -i ndvi <sentinel'
check 0 'P5 2 1 255 |51 170' '' 'pixels -i ndwi <sentinel'
check 0 'P6 2 1 255 |255 0 0 0 255 255' '' 'pixels -p 0,100 -f <sentinel'

# ---- stretched by totals ----
{ record k1 grey; record k2 flat; echo; } >two.rec
rsenc-show --json two.rec >totals.json
rsenc-show --totals two.rec >totals.tsv
check 0 'P5 7 2 255 |0 43 85 0 255 255 0|128 170 213 0 0 0 0' '' 'pixels -p 0,100 -c 2 -T totals.json <two.rec'
check 0 'P5 2 1 255 |255 255' '' 'pixels -T totals.json a <flat'
check 0 'P5 2 1 255 |128 128' '' 'rsenc-show --json flat | { exec 3<&0; pixels -T /dev/fd/3 <flat; }'
check 1 '' "*the totals have no 's'*" 'rsenc-view -T totals.json <stack'
rsenc-show --json stack >stack.json
check 0 'P5 2 1 255 |0 85' '' 'pixels -p 0,100 -T stack.json p <stack'
check 1 '' "*the totals have 'a' as U8, not as I8, which it is here*" 'rsenc-view -T totals.json <signed'
rsenc-show --json grey signed 2>/dev/null >several.json
check 0 'P5 4 1 255 |0 251 253 255' '' 'pixels -p 0,100 -T several.json -n nan <signed'
check 0 'P5 3 2 255 |0 51 102|153 204 255' '' 'pixels -p 0,100 -T several.json <grey'
rsenc-show --json --nodata=1 floats >none.json
check 0 'P5 4 1 255 |0 0 128 128' '' 'pixels -T none.json <floats'
rsenc-show --json --nodata=7 flat >none.json
check 1 '' "*the totals have no value of 'a'*" 'rsenc-view -T none.json <flat'
check 1 '' "rsenc-view: nosuch: *No such file*" 'rsenc-view -T nosuch <grey'
check 1 '' "rsenc-view: totals.tsv: these are no totals: byte 0: '{' expected: run 'rsenc-show --totals --json' to make totals" \
	'rsenc-view -T totals.tsv <grey'
for text in '' '{' '[]' '{"a":1}' '{"a":{"min":1}}' '{"a":{"dtype":"U9"}}' '{"a":{"dtype":"U8","min":"x"}}' '{"a":[]}' \
	'{"a":[{"dtype":"U8"}' '{} x'; do
	printf '%s' "$text" >bad.json
	check 1 '' "rsenc-view: bad.json: *: run 'rsenc-show --totals --json' to make totals" 'rsenc-view -T bad.json <grey'
done
blob "{$(entry VV F32 1,2 0 8),$(entry VH F32 1,2 8 16)}" '\0\0\0\0\0\0\200\77\0\0\200\77\0\0\200\77' >power
rsenc-show --json power >power.json
check 1 '' "*percentile 0 of 'VV' is 0 in the totals, which has no dB: make them with 'rsenc-show --totals --json --nodata=0'" \
	'rsenc-view -p 0,100 -T power.json <power'
rsenc-show --json --nodata=0 power >power.json
check 0 'P6 2 1 255 |0 128 0 128 128 128' '' 'pixels -p 0,100 -T power.json <power'

# ---- contact sheets ----
check 0 'P5 7 5 255 |0 51 102 0 128 128 0|153 204 255 0 0 0 0|0 0 0 0 0 0 0|0 51 102 0 0 0 0|153 204 255 0 0 0 0' '' \
	'pixels -p 0,100 <grey.rec'
check 0 'P5 11 2 255 |0 51 102 0 128 128 0 0 0 51 102|153*255' '' 'pixels -p 0,100 -c 3 <grey.rec'
check 0 'P5 11 2 255 |0 51 102 0 128 128 0 0 0 51 102|153*255' '' 'pixels -p 0,100 --columns=65535 <grey.rec'
check 0 'P5 3 8 255 |0 51 102|153 204 255|0 0 0|128 128 0|0 0 0|0 0 0|0 51 102|153 204 255' '' \
	'pixels -p 0,100 -c 1 <grey.rec'
check 0 'P5 13 9 255 |0 0 51 51 102 102 0 128*' '' 'pixels -z 2 -p 0,100 <grey.rec'
check 0 'P6 2 5 255 |0 255 0 255 0 85|0 255 170 255 0 255|0 0 0 0 0 0|128 128 128 128 128 128|0 0 0 0 0 0' '' \
	'pixels -p 0,100 -c 1 <mixed.rec'

# ---- bad input ----
check 1 'P5 3 2 255 |0*' "rsenc-view: k: tensor 'a': data_offsets*" '{ record k wrong; record k2 grey; echo; } | pixels'
check 1 'P5 3 2 255 |0*' "rsenc-view: k: has no tensor 'a' (it has 's'): run 'rsenc-show' to list its tensors" \
	'{ record k stack; record k2 grey; echo; } | pixels a'
check 1 '' "rsenc-view: standard input: has no tensor 'c' (it has 'a' and others)*" 'rsenc-view c <second'
check 1 '' "rsenc-view: standard input: tensor 'a' is no picture: its shape*" 'rsenc-view a <row'
check 1 '' '*it has no tensor of shape*' 'rsenc-view <row'
check 1 '' '*it has no tensor of shape*' 'rsenc-view <void'
check 1 '' "*tensor 'a' is no picture*" 'rsenc-view a <void'
check 1 '' '*the input is empty*' 'rsenc-view </dev/null'
check 1 '' '*the stream holds no record*' 'echo | rsenc-view'
check 1 '' '*contains text, not a safetensors file or records*' 'rsenc-view <blob'
check 1 'P5 3 2 255 |*' '*standard input: the input was cut off: there is no end marker*' 'record k grey | pixels'
check 1 '' '*the blob has * bytes, more than the limit of 50*' 'rsenc-view -M 50 <grey'
blob "{$(entry a U8 40,1 0 40),$(entry b U8 1,40 40 80)}" "$(printf '%080d' 1)" >cross
check 1 '' '*a picture of 40 x 40 pixels takes more memory than was allowed: raise it with -M*' 'rsenc-view -M 10K a b a <cross'
check 0 'P6 40 40 255 *' '' 'pixels -M 31K a b a <cross'
seq 200 | while read -r i; do record "k$i" cross; done >many.rec
check 1 '' '*k*: * pictures take more memory than -M allows: draw fewer*' 'rsenc-view -M 31K a b a <many.rec'

# ---- lost output, signals ----
if [ -c /dev/full ]; then
	check 1 '' '*No space left*' 'rsenc-view <grey >/dev/full'
	check 1 '' '*No space left*' 'rsenc-view -z 100 <grey >/dev/full'
else
	skip 'a full device' 'no /dev/full'
fi
check 1 '' '*Bad file descriptor*' 'rsenc-view <grey >&-'
is 'SIGPIPE is quiet' "$({ rsenc-view -z 20 a b a <cross || echo $? >&3; } 2>&1 3>status | head -n 1; cat status)" 'P6
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
	# drawn RANGE TITLE [TENSOR...]
	drawn() {
		range=$1
		title="$2, $1"
		shift 2
		pictures=$((pictures + 1))
		cp one.blob $pictures.blob
		case $by in
		-) rsenc-view -p "$range" "$@" <one.blob >$pictures.ppm ;;
		index) rsenc-view -i "$1,$2" <one.blob >$pictures.ppm ;;
		*) rsenc-view -p "$range" -T totals.json "$@" <one.blob >$pictures.ppm ;;
		esac
		{
			printf '%s\t%s\t%s\t%s\t%s\t%s' "$title $*" $pictures.ppm $pictures.blob "${range%,*}" "${range#*,}" "$by"
			for name; do printf '\t%s' "$name"; done
			echo
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
			drawn 2,98 "$what" B12 B08 B02
			rsenc-pack -S 10m=B02,B03,B04,B08 "$line" >one.blob </dev/null
			drawn 2,98 "$what, stacked"
			drawn 2,98 "$what, stacked" B03
			by=index
			drawn 2,98 "$what, an index" B08 B04
			drawn 2,98 "$what, an index" B12 B03
			by=-
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
			[ $dataset = bigearthnet-s1 ] || drawn 1,100 "$dataset, by totals" B12 B08 B02
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

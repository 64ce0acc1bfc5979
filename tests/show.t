#!/bin/sh
# rsenc-show: what is printed of blobs and record streams, errors by line, figures against numpy.
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
chmod +x blob record
PATH=$tmp:$PATH

blob '{"a":{"dtype":"U8","shape":[2,3],"data_offsets":[0,6]},"b":{"dtype":"I16","shape":[],"data_offsets":[6,8]}}' \
	'\0\1\2\3\4\377\376\377' >two
blob '{"__metadata__":{"10m":"B02,B03","x":"a\tb\\c\nd"},"é\t":{"dtype":"U8","shape":[0,4],"data_offsets":[0,0]}}' >meta
blob '{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,3]}}' '\0\0\0' >wrong
blob '{}' >none
head -c 10 two >short
{ record k1 two; record "$(printf 'k\t2\134')" meta; echo; } >good.rec
{ record k1 two; record k2 wrong; record k3 short; printf '+2,3:k4->abc\n'; record k5 two; echo; } >some-bad.rec
printf '\n' >empty.rec
: >nothing
t=$(printf '\t')
a="a${t}U8${t}2x3${t}0${t}6"
b="b${t}I16${t}-${t}6${t}8"
export t

# ---- usage ----
check 0 'usage: rsenc-show*--metadata*' '' 'rsenc-show -h'
check 0 'rsenc-show [0-9]*.[0-9]*.[0-9]*' '' 'rsenc-show --version'
check 2 '' '*no such option -Z*' 'rsenc-show -Z'
check 2 '' "*-M: '1X' is not a whole number*" 'rsenc-show -M 1X'

# ---- blobs and streams, files and standard input ----
check 0 "two$t$a
two$t$b" '' 'rsenc-show two'
check 0 "-$t$a
-$t$b" '' 'rsenc-show <two'
check 0 "-$t$a
-$t$b" '' 'cat two | rsenc-show'
check 0 "-$t$a
-$t$b" '' 'cat two | rsenc-show -'
check 0 "k1$t$a
k1$t$b
k\\\\t2\\\\\\\\${t}é\\\\t${t}U8${t}0x4${t}0${t}0" '' 'rsenc-show <good.rec'
check 0 "two${t}a*two${t}b*k1${t}a*k1${t}b*k?t2*-${t}a*" '' 'rsenc-show two good.rec - <two'
check 0 '' '' 'rsenc-show none'
check 0 '' '' 'rsenc-show empty.rec'
check 0 "k1$t$a*k1$t$b*k1$t$a*" '' 'cat good.rec good.rec | rsenc-show'
check 0 "key${t}tensor${t}dtype${t}shape${t}begin${t}end" '' 'rsenc-show --header none'
check 0 "meta${t}__metadata__${t}10m${t}B02,B03
meta${t}__metadata__${t}x${t}a\\\\tb\\\\\\\\c\\\\nd
meta${t}é\\\\t${t}U8${t}0x4${t}0${t}0" '' 'rsenc-show -m meta'

# ---- statistics ----
check 0 "key${t}tensor${t}dtype${t}shape${t}begin${t}end${t}min${t}max${t}mean${t}std${t}nan${t}zeros
two$t$a${t}0${t}255${t}44.166666666666664${t}94.2963708503*${t}0${t}1
two$t$b${t}-2${t}-2${t}-2${t}0${t}0${t}0" '' 'rsenc-show -H --stats two'
check 0 "meta*0x4${t}0${t}0${t}nan${t}nan${t}nan${t}nan${t}0${t}0" '' 'rsenc-show --stats meta'

# stats DTYPE COUNT BYTES WANTED
stats() {
	# shellcheck disable=SC2059
	bytes=$(printf "$3" | wc -c)
	blob "{\"x\":{\"dtype\":\"$1\",\"shape\":[$2],\"data_offsets\":[0,$bytes]}}" "$3" >stats.blob
	like "$1: $4" "$(rsenc-show --stats stats.blob | cut -f 7- | tr '\t' ' ')" "$4"
}
stats BOOL 4 '\0\1\1\1' '0 1 0.75 0.4330127018922193 0 1'
stats I8 2 '\200\177' '-128 127 -0.5 127.5 0 0'
stats U16 2 '\377\377\0\0' '0 65535 32767.5 32767.5 0 1'
stats U32 1 '\377\377\377\377' '4294967295 4294967295 4294967295 0 0 0'
stats I32 1 '\0\0\0\200' '-2147483648 -2147483648 -2147483648 0 0 0'
stats U64 2 '\376\377\377\377\377\377\377\377\377\377\377\377\377\377\377\377' \
	'1.8446744073709552e+19 1.8446744073709552e+19 1.8446744073709552e+19 0 0 0'
stats I64 3 '\0\0\0\0\0\0\0\100\3\0\0\0\0\0\0\100\6\0\0\0\0\0\0\100' \
	'4.611686018427388e+18 4.611686018427388e+18 4.611686018427388e+18 0 0 0'
stats I64 2 '\1\0\0\0\0\0\0\200\377\377\377\377\377\377\377\177' \
	'-9.223372036854776e+18 9.223372036854776e+18 [01] 9.223372036854776e+18 0 0'
stats F16 6 '\0\74\1\0\0\200\0\174\0\376\377\173' '0 65504 16376.2500000149* 28363.919690110* 1 1'
stats BF16 3 '\200\77\0\300\300\177' '-2 1 -0.5 1.5 1 0'
stats F8_E8M0 3 '\177\200\377' '- - - - - -'
stats F4 2 '\22' '- - - - - -'
stats F6_E3M2 4 '\1\2\3' '- - - - - -'
stats F32 4 '\315\314\314\75\0\0\300\177\0\0\200\377\0\0\0\200' '0 0.1 0.050000000745058* 0.050000000745058* 1 1'
stats F32 1 '\0\0\300\377' 'nan nan nan nan 1 0'
stats F64 2 '\232\231\231\231\231\231\271\77\232\231\231\231\231\231\271\77' '0.1 0.1 0.1 0 0 0'
stats C64 3 '\0\0\100\100\0\0\200\300\0\0\0\0\0\0\0\0\0\0\200\177\0\0\300\177' '0 5 2.5 2.5 1 1'
# Elements of fewer than 16 bits that are not integers are compared, and not drawn.
blob '{"x":{"dtype":"F4","shape":[3,4],"data_offsets":[0,6]}}' '\1\2\3\4\5\6' >stored.blob
blob '{"x":{"dtype":"F4","shape":[3,4],"data_offsets":[0,6]}}' '\1\2\3\4\7\6' >other.blob
{ record k stored.blob; echo; } | rsenc-load F4
check 1 "k${t}differs" '' '{ record k other.blob; echo; } | rsenc-verify -q F4'
check 1 '' "*tensor 'x' is not a picture*no dtype of F4, F6 or F8*" 'rsenc-view -t x <stored.blob'
check 1 "k5$t*" '*k1: the blob has * bytes, more than the limit of 100: raise it with -M*' \
	'{ record k1 two; record k5 none; blob "{\"i\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}}" x >one; record k5 one; echo; } | rsenc-show --stats -M 100'
check 1 '' '*two: the blob has * bytes, more than the limit*' 'rsenc-show --stats -M 100 two'
check 1 '' '*standard input: the blob *larger than the limit*' 'head -c 100000 /dev/zero | cat two - | rsenc-show --stats -M 10K'
check 0 '*' '' 'rsenc-show -M 1 two'

# ---- bad input: named; the rest is printed ----
check 1 "k1$t$a*k5$t$a*" "rsenc-show: k2: tensor 'a': data_offsets do not fit shape and dtype
rsenc-show: k3: not a safetensors blob: *
rsenc-show: k4: not a safetensors blob (3 bytes)" 'rsenc-show <some-bad.rec'
check 1 "*k5$t$a*" 'rsenc-show: k2: some-bad.rec: *' 'rsenc-show --stats some-bad.rec'
check 1 "two$t$a*" 'rsenc-show: no: cannot be opened: No such file*' 'rsenc-show no two'
check 1 "two$t$a*" "rsenc-show: wrong: tensor 'a': data_offsets*" 'rsenc-show wrong two'
check 1 '' 'rsenc-show: short: not a safetensors blob: *' 'rsenc-show short'
check 1 '' 'rsenc-show: standard input: truncated at byte 10' 'cat short | rsenc-show'
check 1 '' 'rsenc-show: nothing: is empty*' 'rsenc-show nothing'
check 1 '' 'rsenc-show: standard input: is empty*' 'rsenc-show'
check 1 '' 'rsenc-show: .: wrong kind of operand (a directory): *' 'rsenc-show .'
check 1 '' '*not a safetensors file or records (text)*' 'rsenc-show blob'
check 1 '' '*not a safetensors file or records (*)*' 'head -c 1000 /dev/zero | rsenc-show'
check 1 '*' '*standard input: the tensors have 8 bytes, but the blob contains 9' '{ cat two; echo; } | rsenc-show'
check 1 '' '*standard input: the tensors have 8 bytes, but the blob contains 7' 'head -c -1 two | rsenc-show'
blob '{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}} ' x >+x
check 0 '*' '' 'rsenc-show +x'

# Names with U+0000, names twice, and what else the reference library accepts.
blob ' {"__metadata__":null,"a\u0000b":["U8",[1],[0,1]],"c":{"dtype":"U8","shape":[7],"data_offsets":[0,7]},"c":{"dtype":{"U8":null},"shape":[1],"data_offsets":[1,2]}}
' '\1\2' >odd
check 0 "odd${t}a\\\\0b${t}U8${t}1${t}0${t}1
odd${t}c${t}U8${t}1${t}1${t}2" '' 'rsenc-show odd'
check 0 '*"a\\u0000b": {*"c": {*' '' 'rsenc-show --json odd'
reference=$top/build/clients/bin/python
if "$reference" -c 'import safetensors; assert safetensors.__version__ >= "0.8"' 2>/dev/null; then
	ok 'odd blobs are judged as the reference library judges them' "$reference" \
		"$tests/oracle/safetensors_odd.py" "$(command -v rsenc-show)"
else
	skip 'odd blobs as the reference library judges them' 'no safetensors 0.8 (make clients)'
fi

# A stream that is cut anywhere is an error, and no line is printed but of whole records.
{ record k1 two; record k5 two; echo; } >twice.rec
size=$(wc -c <twice.rec)
wrong=
for cut in $(seq 1 5 $((size - 1))) $((size / 2)) $((size - 2)) $((size - 1)); do
	head -c "$cut" twice.rec | rsenc-show >cut.out 2>cut.err
	status=$?
	lines=$(wc -l <cut.out)
	wanted=$(((cut >= size / 2) * 2 + (cut == size - 1) * 2))
	[ $status -eq 1 ] && [ -s cut.err ] && [ "$lines" -eq $wanted ] || wrong="$wrong $cut"
done
is 'a stream that was cut off is an error' "$wrong" ''
check 1 "two$t$a*" '*cut.rec: record 1, byte *damaged*' \
	'{ record k1 two; echo garbage; } >cut.rec; rsenc-show cut.rec two'

# ---- lost output, signals ----
if [ -c /dev/full ]; then
	check 1 '' '*No space left*' 'rsenc-show two >/dev/full'
	check 1 '' '*No space left*' 'rsenc-show -h >/dev/full'
else
	skip 'a full device' 'no /dev/full'
fi
check 1 '' '*Bad file descriptor*' 'rsenc-show two >&-'
cat good.rec good.rec good.rec good.rec good.rec good.rec good.rec good.rec good.rec good.rec >more.rec
cat more.rec more.rec more.rec more.rec more.rec more.rec more.rec more.rec more.rec more.rec >many.rec
[ ! -c /dev/full ] || check 1 '' '*No space left*' 'rsenc-show many.rec many.rec many.rec >/dev/full'
# shellcheck disable=SC2046
is 'SIGPIPE is quiet' "$({ rsenc-show $(yes many.rec | head -n 40) || echo $? >&3; } 2>&1 3>status | head -c 2; cat status)" \
	"k1141"
mkfifo fifo
rsenc-show <fifo >sig.out 2>sig.err &
pid=$!
exec 9>fifo
cat many.rec many.rec many.rec >&9
while [ ! -s sig.out ]; do sleep 0.05; done
record k9 two | head -c 30 >&9
kill -TERM $pid
wait $pid
is 'SIGTERM: status' $? 143
exec 9>&-
is 'SIGTERM: no word' "$(cat sig.err)" ''

# ---- totals ----
for options in '--totals --stats' '--totals -m' '--json --stats'; do
	check 2 '' '*--totals cannot be combined with --stats or -m*' "rsenc-show $options two"
done
check 2 '' '*--nodata requires --totals*' 'rsenc-show --nodata=0 two'
check 2 '' '*-b requires --totals*' 'rsenc-show -b two'
check 2 '' "*--nodata: '1x' is not a number*" 'rsenc-show --totals --nodata=1x two'
for letter in s t n j; do
	check 2 '' "*no such option -$letter*" "rsenc-show -$letter two"
done
check 0 "tensor${t}dtype${t}patches${t}count${t}min${t}max${t}mean${t}std${t}nan${t}inf${t}nodata${t}zeros${t}p1${t}p2${t}p50${t}p98${t}p99" '' 'rsenc-show --totals -H none'
check 0 '' '' 'rsenc-show --totals empty.rec'
check 0 '{}' '' 'rsenc-show --json empty.rec'
check 0 "a${t}U8${t}1${t}6${t}0${t}255${t}44.166666666666664${t}94.2963708503*${t}0${t}0${t}0${t}1${t}0.05${t}0.1${t}2.5${t}229.9*${t}242.45*
b${t}I16${t}1${t}1${t}-2${t}-2${t}-2${t}0${t}0${t}0${t}0${t}0${t}-2${t}-2${t}-2${t}-2${t}-2" '' 'rsenc-show --totals two'
check 0 "a${t}U8${t}2${t}12*b${t}I16${t}2${t}2*é\\\\t${t}U8${t}1${t}0${t}nan${t}nan${t}nan${t}nan${t}0${t}0${t}0${t}0${t}nan*" '' \
	'rsenc-show --totals two good.rec'
check 0 '{
"a": {"dtype": "U8", "patches": 1, "count": 6, "min": 0, "max": 255, "mean": 44.1*, "std": 94.2*, "nan": 0, "inf": 0, "nodata": 0, "zeros": 1, "p1": 0.05, *},
"b": {"dtype": "I16"*"p99": -2}
}' '' 'rsenc-show --json two'
check 0 '*"é\\t": {"dtype": "U8", "patches": 1, "count": 0, "min": null, *"p99": null}*' '' 'rsenc-show --totals --json meta'

# totals DTYPE COUNT BYTES OPTIONS WANTED: of a tensor in two blobs; min max mean std nan inf nodata zeros p50
totals() {
	# shellcheck disable=SC2059
	bytes=$(printf "$3" | wc -c)
	blob "{\"x\":{\"dtype\":\"$1\",\"shape\":[$2],\"data_offsets\":[0,$bytes]}}" "$3" >totals.blob
	# shellcheck disable=SC2086
	like "totals of $1 $4: $5" "$(rsenc-show --totals $4 totals.blob totals.blob | cut -f 5-12,15 | tr '\t' ' ')" "$5"
}
totals BOOL 4 '\0\1\2\1' '' '0 1 0.75 0.4330127018922193 0 0 0 2 1'
totals I8 3 '\200\177\0' '--nodata=-128' '0 127 63.5 63.5 0 0 2 2 63.5'
totals U16 3 '\377\377\0\0\2\0' '--nodata=0' '2 65535 32768.5 32766.5 0 0 2 0 32768.5'
totals I16 2 '\0\200\1\0' '--nodata=-32768' '1 1 1 0 0 0 2 0 1'
totals F16 6 '\0\74\1\0\0\200\0\174\0\376\377\173' '' '0 65504 16376.2500000149* 28363.919690110* 2 2 0 2 0.5*'
totals BF16 3 '\200\77\0\300\300\177' '--nodata=-2.0' '1 1 1 0 2 0 2 0 1'
totals F8_E8M0 3 '\177\200\377' '' '- - - - - - - - -'
totals F4 2 '\22' '--nodata=1' '- - - - - - - - -'
totals F6_E3M2 4 '\1\2\3' '' '- - - - - - - - -'
totals U32 1 '\377\377\377\377' '--nodata=4294967295' 'nan nan nan nan 0 0 2 0 nan'
totals I32 2 '\0\0\0\200\7\0\0\0' '--nodata=-2147483648' '7 7 7 0 0 0 2 0 7'
totals F32 4 '\315\314\314\75\0\0\300\177\0\0\200\377\0\0\0\200' '' '0 0.1 0.0500000007450* 0.05000000074* 2 2 0 2 0.0500*'
totals F32 2 '\315\314\314\75\0\0\200\77' '--nodata=0.1' '1 1 1 0 0 0 2 0 1'
totals F32 1 '\0\0\300\377' '--nodata=nan' 'nan nan nan nan 2 0 0 0 nan'
totals F32 2 '\0\0\200\177\0\0\200\377' '--nodata=-inf' 'nan nan nan nan 0 2 2 0 nan'
totals F64 2 '\232\231\231\231\231\231\271\77\232\231\231\231\231\231\271\77' '' '0.1 0.1 0.1 0 0 0 0 0 0.1'
totals F64 2 '\377\377\377\377\377\377\357\177\377\377\377\377\377\377\357\377' '' '-1.7976931348623157e+308 1.7976931348623157e+308 0 inf 0 0 0 0 *'
totals C64 3 '\0\0\100\100\0\0\200\300\0\0\0\0\0\0\0\0\0\0\200\177\0\0\300\177' '' '0 5 2.5 2.5 2 0 0 2 2.5'
totals U64 2 '\376\377\377\377\377\377\377\377\377\377\377\377\377\377\377\377' '' \
	'1.8446744073709552e+19 1.8446744073709552e+19 1.8446744073709552e+19 0 0 0 0 0 1.8446744073709552e+19'
totals U64 2 '\376\377\377\377\377\377\377\377\7\0\0\0\0\0\0\0' '--nodata=18446744073709551615' '7 7 7 0 0 0 2 0 7'
totals U64 1 '\377\377\377\377\377\377\377\377' '--nodata=-1' \
	'1.8446744073709552e+19 1.8446744073709552e+19 1.8446744073709552e+19 0 0 0 0 0 1.8446744073709552e+19'
totals I64 2 '\377\377\377\377\377\377\377\377\1\0\0\0\0\0\0\0' '--nodata=-1.0' '1 1 1 0 0 0 2 0 1'
totals I64 3 '\0\0\0\0\0\0\0\100\3\0\0\0\0\0\0\100\6\0\0\0\0\0\0\100' '' \
	'4.611686018427388e+18 4.611686018427388e+18 4.611686018427388e+18 0 0 0 0 0 4.611686018427388e+18'
totals I64 2 '\1\0\0\0\0\0\0\200\377\377\377\377\377\377\377\177' '' \
	'-9.223372036854776e+18 9.223372036854776e+18 [01] 9.223372036854776e+18 0 0 0 0 *'

# A name with two dtypes: a row each, and in JSON a list.
blob '{"a":{"dtype":"F32","shape":[],"data_offsets":[0,4]},"b":{"dtype":"I16","shape":[2],"data_offsets":[4,8]}}' '\0\0\0\77\1\0\1\0' >other
check 0 "a${t}U8${t}1${t}6*b${t}I16${t}2${t}3*a${t}F32${t}1${t}1${t}0.5*" \
	"rsenc-show: tensor 'a' has several dtypes (U8, F32): one row for each" 'rsenc-show --totals two other'
check 0 '*"a": [[]{"dtype": "U8", *}, {"dtype": "F32", *}[]],
"b": {*' '*several dtypes*' 'rsenc-show --json two other'

# Stacks: as such, or as their bands; what only looks like one stays as it is.
blob '{"__metadata__":{"s":"p,q","l":"x,y","m":"z","a":"B"},"s":{"dtype":"U8","shape":[2,1,2],"data_offsets":[0,4]},"l":{"dtype":"U8","shape":[3,1,1],"data_offsets":[4,7]},"m":{"dtype":"U8","shape":[1],"data_offsets":[7,8]},"e":{"dtype":"U8","shape":[0,1,1],"data_offsets":[8,8]}}' \
	'\1\3\5\7\1\1\1\1' >stack
check 0 "s${t}U8${t}1${t}4${t}1${t}7*l${t}U8${t}1${t}3*m${t}U8${t}1${t}1*e${t}U8${t}1${t}0*" '' 'rsenc-show --totals stack'
check 0 "p${t}U8${t}2${t}4${t}1${t}3*q${t}U8${t}2${t}4${t}5${t}7*l${t}U8${t}2${t}6*m${t}U8${t}2${t}2*e${t}U8${t}2${t}0*" '' 'rsenc-show --totals -b stack stack'

# What is bad is reported and skipped; a stop, or too little memory, leaves nothing.
check 1 "a${t}U8${t}2${t}12*b${t}I16${t}2*" "rsenc-show: k2: *
rsenc-show: k3: *
rsenc-show: k4: *" 'rsenc-show --totals some-bad.rec'
check 1 "a${t}U8${t}1*" '*no end marker*' '{ record k1 two; } | rsenc-show --totals'
check 1 '' '*is empty*' 'rsenc-show --totals'
check 1 '' "*k1: the blob has * bytes, more than*" 'rsenc-show --totals -M 100 <good.rec'
perl -e 'for (1 .. 300) {
	my $json = qq({"name$_":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}});
	printf "+%d,%d:k%d->%s%sx\n", length "k$_", 9 + length $json, $_, pack("Q<", length $json), $json;
} print "\n"' >names.rec
check 0 '*' '' 'rsenc-show --totals -M 6M names.rec'
check 1 '' 'rsenc-show: totals of 2[0-9][0-9] tensors need more memory than the limit of 4194304 bytes: raise it with -M: no totals printed' \
	'rsenc-show --totals -M 4M names.rec'
is 'totals of many names are all there' "$(rsenc-show --totals names.rec | cut -f 1 | sort -u | wc -l)" 300
blob '{"x":{"dtype":"F64","shape":[2],"data_offsets":[0,16]}}' '\0\0\0\0\0\0\200\77\0\0\0\0\0\0\220\77' >powers
check 1 '' '*totals of 1 tensor* need more memory than the limit of 61440 bytes: raise it with -M: no totals printed' 'rsenc-show --totals -M 60K powers'
[ ! -c /dev/full ] || check 1 '' '*No space left*' 'rsenc-show --totals two >/dev/full'
check 1 '' '*Bad file descriptor*' 'rsenc-show --totals two >&-'
mkfifo totals.fifo
rsenc-show --totals <totals.fifo >sig.out 2>sig.err &
pid=$!
exec 9>totals.fifo
# more than pipe and reader hold: once it is written, signals are caught
seq 3000 | sed 's/.*/good.rec/' | xargs cat >&9
kill -TERM $pid
wait $pid
is 'SIGTERM ends totals: status' $? 143
exec 9>&-
is 'SIGTERM ends totals: nothing is written' "$(wc -c <sig.out)" 0

# ---- numpy: every tensor of the fixtures and, where it is there, of the real data ----
if have_python numpy; then
	: >groups.tsv
	# as_numpy WHAT STREAM: with a nodata value, too
	as_numpy() {
		for value in '' 0; do
			rsenc-show --totals -H ${value:+--nodata=$value} "$2" >totals.tsv 2>/dev/null
			rsenc-show --json ${value:+--nodata=$value} "$2" >totals.json 2>/dev/null
			ok "$1: totals agree with numpy ${value:+without $value}" "$python" \
				"$tests/oracle/totals.py" "$2" totals.tsv totals.json ${value:+$value}
		done
	}
	dataset_trees
	for dataset in $(fixture -l); do
		rsenc-scan "$dataset" "$trees/$dataset" | sed "s|^|$dataset |; q" >>groups.tsv # some have the same keys
	done
	rsenc-pack -r <groups.tsv >fixture.rec
	rsenc-show --stats fixture.rec >fixture.tsv
	ok 'fixtures: shapes, offsets and statistics agree with numpy' "$python" "$tests/oracle/stats.py" fixture.rec fixture.tsv
	as_numpy 'fixtures' fixture.rec
	# One blob: both print the same digits.
	rsenc-pack -r <groups.tsv | rsenc-show --totals 2>/dev/null | cut -f 1,2,5-9,12 | sort >all
	head -n 1 groups.tsv | rsenc-pack >single
	rsenc-show --stats single | cut -f 2,3,7-11,12 | sort >stats.tsv
	rsenc-show --totals single | cut -f 1,2,5-9,12 | sort >totals.tsv
	ok '--stats and --totals agree to the last digit' cmp stats.tsv totals.tsv
	"$python" "$tests/oracle/stats.py" -o | while IFS= read -r offset; do
		rsenc-show --stats "offset$offset" | cut -f 9,10 >got
		rsenc-show --totals "offset$offset" | cut -f 7,8 | cmp -s - got || echo "$offset: --totals differs"
		"$python" "$tests/oracle/stats.py" -o "offset$offset" <got
	done >worse
	is 'an offset costs no more digits than in numpy' "$(cat worse)" ''
	grep B02= groups.tsv | rsenc-pack -r -t B02,B03,B04 | rsenc-show --totals 2>/dev/null | sort >apart
	grep B02= groups.tsv | rsenc-pack -r -t B02,B03,B04 -S rgb=B04,B03,B02 | rsenc-show --totals -b 2>/dev/null | sort >stacked
	ok 'fixtures: totals of stacks are those of their bands' cmp apart stacked
	"$python" "$tests/oracle/stats.py" -r >random.rec
	as_numpy 'random tensors' random.rec
	rsenc-show --stats random.rec >random.tsv
	ok 'random tensors of all dtypes numpy has: the same' "$python" "$tests/oracle/stats.py" random.rec random.tsv
	if [ -n "$data" ]; then
		for dataset in bigearthnet hyspecnet-11k uc-merced eurosat-ms hydro ssl4eo-s12; do
			rsenc-scan $dataset "$data/$dataset"
		done >real.tsv
		rsenc-pack -r <real.tsv >real.rec
		rsenc-show --stats real.rec >real.out
		is 'real data: groups' "$(cut -f 1 real.out | uniq | wc -l)" 11
		ok 'real data: the same' "$python" "$tests/oracle/stats.py" real.rec real.out
		as_numpy 'real data' real.rec
	else
		skip 'real data' 'it is not here'
	fi
else
	skip 'statistics agree with numpy' 'no python3-numpy'
fi

done_testing

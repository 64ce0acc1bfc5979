#!/bin/sh
# shellcheck disable=SC2016 # commands are expanded by the shell that check starts
# rsenc-pack: options, errors by line, values against the oracle where python3-rasterio is there.
. "${0%/*}/lib.sh"

fixture -b bigearthnet-s1 s1 6 >/dev/null
fixture -b bigearthnet-s2 s2 3 >/dev/null
fixture -b hyspecnet-11k hy 1 >/dev/null
fixture -b bigearthnet-maps maps 1 >/dev/null
rsenc-scan bigearthnet s1 s2 >ben.tsv
rsenc-scan hyspecnet-11k hy >hy.tsv
cat ben.tsv hy.tsv >all.tsv
head -1 ben.tsv >one.tsv
grep '^S2' ben.tsv | head -1 >s2.tsv
vh=$(find s1 -name '*_VH.tif' | sort | head -1)
vv=$(find s1 -name '*_VV.tif' | sort | head -1)
b05=$(find s2 -name '*_B05.tif' | sort | head -1)
b02=$(find s2 -name '*_B02.tif' | sort | head -1)
enmap=$(cut -f2 hy.tsv | sed 's/.*=//')

# One byte.
printf 'II*\0\10\0\0\0\10\0\0\1\3\0\1\0\0\0\1\0\0\0\1\1\3\0\1\0\0\0\1\0\0\0\2\1\3\0\1\0\0\0\10\0\0\0\3\1\3\0\1\0\0\0\1\0\0\0\6\1\3\0\1\0\0\0\1\0\0\0\21\1\4\0\1\0\0\0\156\0\0\0\26\1\3\0\1\0\0\0\1\0\0\0\27\1\4\0\1\0\0\0\1\0\0\0\0\0\0\0A' >tiny.tif

# line NAMES=PATH...: a group line with the key k, as `"$(line ...)"`
cat >line <<'EOF'
#!/bin/sh
printf 'k'
for field; do printf '\t%s' "$field"; done
EOF
chmod +x line
PATH=$tmp:$PATH
export vh vv b02 b05 enmap

# ---- usage ----
check 0 'usage: rsenc-pack*--max-memory*' '' 'rsenc-pack -h'
check 0 'rsenc-pack [0-9]*.[0-9]*.[0-9]*' '' 'rsenc-pack --version'
check 2 '' "rsenc-pack: -j: '10x' is not a whole number*-h shows*" 'rsenc-pack -j 10x'
check 2 '' "*-j: '-1' is not a whole number*" 'rsenc-pack -j -1'
check 2 '' "*-j: '99999999999999999999999' is too large*" 'rsenc-pack -j 99999999999999999999999'
check 2 '' "*-M: '0' is too small*" 'rsenc-pack -M 0'
check 2 '' "*-M: '5X' is not a whole number*" 'rsenc-pack -M 5X'
check 2 '' "*-A: '24' is not a power of two*" 'rsenc-pack -A 24'
check 2 '' "*-A: '4' is too small*" 'rsenc-pack -A 4'
check 2 '' "*-t: 'B{1'*a brace must contain a range*" 'rsenc-pack -t B{1'
check 2 '' "*-t: given twice*" 'rsenc-pack -t a -t b'
check 2 '' "*-S: 'x': no '='*" 'rsenc-pack -S x'
check 2 '' "*-S: 'a,b=c': one name*" 'rsenc-pack -S a,b=c'
check 2 '' "*-S: duplicate name of a stack: 'a'*" 'rsenc-pack -S a=b -S a=c'
check 2 '' "*-S: 'b' is in two stacks*" 'rsenc-pack -S a=b -S c=b'
check 2 '' "*-S: 'b' is not among the tensors of -t*" 'rsenc-pack -t c -S a=b'
check 2 '' '*-r, -o and --size cannot be combined*' 'rsenc-pack -r -o d'
check 2 '' '*no such option -Z*' 'rsenc-pack -Z'
check 2 '' '*no such option --nonsense*' 'rsenc-pack --nonsense'


# ---- a file in an archive ----
# range ARCHIVE OFFSET SIZE: as rsenc-scan writes it, for the data at OFFSET
range() {
	sum=$(tail -c +$(($2 - 511)) "$1" | head -c 512 | gzip -c | tail -c 8 | od -An -tx4 -N4 | tr -d ' ')
	printf '%s\\@%d,%d,%d,%s,%s' "$1" "$2" "$3" "$(wc -c <"$1")" "$(stat -c %.9Y "$1")" "$sum"
}
# --size: the bytes of all blobs, from headers; those of a record stream less keys and lengths.
rsenc-pack -o sized <ben.tsv
check 0 "$(cat sized/* | wc -c)	$(wc -l <ben.tsv)" '' 'rsenc-pack --size <ben.tsv'
check 2 '' '*-r, -o and --size cannot be combined*' 'rsenc-pack -r --size <ben.tsv'
# Files of more than 64K are mapped: however many a patch has, none stays open.
cp "$b02" many.tif && truncate -s 100000 many.tif
{ printf k && for i in $(seq 100); do printf '\tB%d=many.tif' "$i"; done && echo; } >many.tsv
check 0 '*	1' '' 'ulimit -n 32; rsenc-pack --size <many.tsv'
check 1 "*	1" '*skipped 1 of 2 patches*' '{ cat one.tsv; echo "k	B=nosuch.tif"; } | rsenc-pack -k --size'

size=$(($(wc -c <"$b02")))
tar --format=ustar -chf x.tar -C "$(dirname "$b02")" "$(basename "$b02")"
rsenc-pack "$(line B02="$b02")" >plain.blob
export size
check 0 '' '' 'rsenc-pack "$(line B02=x.tar\\@512,$size)" | cmp - plain.blob'
check 1 '' 'rsenc-pack: k: x.tar: at byte 512: the file needs * bytes: the patch needs more memory than the limit of * bytes: raise it with -M' \
	'rsenc-pack -M 16K "$(line B02=x.tar\\@512,$((size * 100)))"'
check 1 '' 'rsenc-pack: k: x.tar: at byte 512: the archive has *: a file in the archive ends at byte 999999' \
	'rsenc-pack "$(line B02=x.tar\\@512,999487)"'
check 1 '' 'rsenc-pack: k: x.tar: at byte 0: not a TIFF file (a tar archive)*' 'rsenc-pack "$(line B02=x.tar\\@0,512)"'
check 1 '' 'rsenc-pack: k: x.tar: at byte 512: is empty*' 'rsenc-pack "$(line B02=x.tar\\@512,0)"'
check 1 '' '*: y.tar: at byte 512: can*t be opened: No such file*' 'rsenc-pack "$(line B02=y.tar\\@512,9)"'
check 1 '' '*: .: at byte 512: not a regular file' 'rsenc-pack "$(line B02=.\\@512,9)"'
check 1 '' 'rsenc-pack: k: *@512* is not a range: use OFFSET,SIZE*' 'rsenc-pack "$(line B02=x.tar\\@512)"'
if [ "$(stat -c %.1Y . 2>/dev/null)" ]; then
	{ line B02="$(range x.tar 512 "$size")" && echo; } >range.tsv
	check 0 '' '' 'rsenc-pack <range.tsv | cmp - plain.blob'
	cp -p x.tar whole.tar
	export TZ=UTC
	check 1 '' '*: the archive changed after it was scanned: scan the archive again' \
		'touch x.tar; rsenc-pack <range.tsv'
	cp -p whole.tar x.tar
	check 1 '' '*: the archive changed after it was scanned: scan the archive again' \
		'truncate -s 1000 x.tar; rsenc-pack <range.tsv'
	cp -p whole.tar x.tar
	check 1 '' '*: the archive has another file at this offset: scan the archive again' \
		'printf x | dd of=x.tar conv=notrunc 2>/dev/null; touch -r whole.tar x.tar; rsenc-pack <range.tsv'
	cp -p whole.tar x.tar
	check 0 '' '' 'rsenc-pack <range.tsv | cmp - plain.blob'
	# One bad archive among others, in any order and with threads, is named, and no other.
	for i in 1 2 3 4 5 6; do
		cp -p whole.tar "$i.tar"
		sed "s/^k/k$i/; s/x.tar/$i.tar/" range.tsv
	done >many.tsv
	rm 3.tar
	cat many.tsv many.tsv many.tsv | sed 's/^k/&&/' >thrice.tsv
	for jobs in 1 4; do
		check 1 '' 'rsenc-pack: k*3: 3.tar: at byte 512: can*t be opened*3.tar*3.tar*' \
			"rsenc-pack -rk -j$jobs <thrice.tsv >$jobs.rec"
	done
	is 'records of ranges' "$(rsenc-show 4.rec | cut -f1 | uniq | wc -l)" 15
	ok 'the same with threads' cmp 1.rec 4.rec
else
	skip 'ranges with checks' 'stat has no -c'
fi

# ---- one blob ----
check 0 '*"VH":{"dtype":"F32","shape":?120,120?*' '' 'rsenc-pack "$(line VH=$vh)"'
check 1 '' '*no group line*' 'rsenc-pack </dev/null'
check 1 '' '*more than one group line: use -r*' 'rsenc-pack <ben.tsv'
check 1 '' '*_VH.tif: wrong kind of operand (a TIFF file)*printf*' 'rsenc-pack $vh'
check 1 '' '*not group lines (a TIFF file)*' 'rsenc-pack <$vh'
check 1 '' '*an operand contains several lines*' 'rsenc-pack "$(cat ben.tsv)"'
check 1 '' '*line 1 is truncated*' 'head -c 100 one.tsv | rsenc-pack'
check 1 '' '*not group lines (records)*' 'rsenc-pack -r <one.tsv | rsenc-pack -r'
check 1 '' '*line 1: no tab: *' 'echo +1,: | rsenc-pack -r' # no record: a length is missing

# ---- bad groups: the line, the key, the path and the reason are named ----
check 1 '' "rsenc-pack: k: 'VH': no '='*" 'rsenc-pack -r "$(line VH)"'
check 1 '' 'rsenc-pack: k: no.tif: cannot be opened: No such file*' 'rsenc-pack -r "$(line VH=no.tif)"'
check 1 '' 'rsenc-pack: k: .: is not a regular file*' 'rsenc-pack -r "$(line VH=.)"'
check 1 '' "rsenc-pack: k: $vh: has 1 band, but the group line names 2: name each band of the first page, such as B{1..1}" 'rsenc-pack -r "$(line VH,VV=$vh)"'
check 1 '' "rsenc-pack: k: *: has 224 bands, but the group line names 223: name each band of the first page, such as B{1..224}" 'rsenc-pack -r "$(line B{1..223}=$enmap)"'
check 1 '' "rsenc-pack: k: duplicate tensor name 'VH'*" 'rsenc-pack -r "$(line VH=$vh VH=$vv)"'
: >empty.tif
check 1 '' '*k: empty.tif: is empty*' 'rsenc-pack -r "$(line VH=empty.tif)"'
head -c 300 "$vh" >cut.tif
check 1 '' '*k: cut.tif: *' 'rsenc-pack -r "$(line VH=cut.tif)"'
head -c 20000 "$vh" >half.tif
check 1 '' '*k: half.tif: truncated: 20000 of at least 58008 bytes: download it again' 'rsenc-pack -r "$(line VH=half.tif)"'
fixture -bB bigearthnet-s1 big-endian 1
head -c 20000 "$(find big-endian -name '*_VH.tif')" >half.tif
check 1 '' '*k: half.tif: truncated: 20000 of at least 58*' 'rsenc-pack -r "$(line VH=half.tif)"'
echo hello >text.tif
check 1 '' '*k: text.tif: not a TIFF file (text): download it again' 'rsenc-pack -r "$(line VH=text.tif)"'
mkfifo fifo.tif
check 1 '' '*k: fifo.tif: is not a regular file*' 'rsenc-pack -r "$(line VH=fifo.tif)"'

# ---- -k and the end marker ----
{ head -1 ben.tsv; printf 'bad\tVH=no.tif\n'; sed 1d ben.tsv; } >some-bad.tsv
check 1 '*' '*bad: no.tif: cannot be opened*' 'rsenc-pack -r <some-bad.tsv >stopped.rec'
is 'without -k the run stops, with no end marker' "$(tail -c 2 stopped.rec | od -An -tx1 | cut -c 4-)" \
	"$(rsenc-pack -r <one.tsv | head -c -1 | tail -c 2 | od -An -tx1 | cut -c 4-)"
rsenc-pack -r <one.tsv | head -c -1 >one.cut
ok 'it holds what came before' cmp one.cut stopped.rec
check 1 '*' '*bad: no.tif: cannot be opened*' 'rsenc-pack -rk <some-bad.tsv >kept.rec'
rsenc-pack -r <ben.tsv >ben.rec
ok 'with -k all others are there, completed' cmp ben.rec kept.rec
# One of the lines that xargs passes may be bad
check 1 '*' '*no tab: *skipped 1 of 2 patches' 'rsenc-pack -rk -- "a b=x.tif" "$(cat one.tsv)" >xargs.rec'
printf '# comment\n\n \t\n' | cat - ben.tsv | rsenc-pack -r >commented.rec
ok 'blank lines and comments are skipped' cmp ben.rec commented.rec
is 'no group is a complete empty stream' "$(rsenc-pack -r </dev/null | od -An -c | tr -d ' ')" '\n'

# ---- jobs ----
rsenc-pack -r -j 1 <all.tsv >j1.rec
for j in 2 3 8 0; do
	rsenc-pack -r -j $j <all.tsv >j.rec
	ok "-j $j gives the same stream" cmp j1.rec j.rec
done
rsenc-pack -rk -j 4 <some-bad.tsv >j.rec 2>/dev/null
ok '-k -j 4 gives the same stream' cmp kept.rec j.rec
rsenc-pack -r -j 4 <some-bad.tsv >j.rec 2>/dev/null
ok 'without -k -j 4 stops at the same place' cmp stopped.rec j.rec
rsenc-pack -r <all.tsv >j.rec
ok 'without -j too' cmp j1.rec j.rec
# threads COMMAND...: how many it runs while it waits for input
mkfifo held.fifo
threads() {
	"$@" <held.fifo >/dev/null &
	threads_pid=$!
	exec 9>held.fifo
	sleep 0.5
	sed -n 's/^Threads:[^0-9]*//p' /proc/$threads_pid/status
	exec 9>&-
	wait $threads_pid
}
if [ -r /proc/self/status ] && have taskset nproc; then
	is 'by default it takes one core where it may use no other' \
		"$(threads taskset -c "$(taskset -cp $$ | sed 's/.*: *\([0-9]*\).*/\1/')" rsenc-pack -r)" 1
	is '-j 3 is three threads on any' "$(threads rsenc-pack -r -j 3)" 3
	most=$(nproc)
	got=$(threads rsenc-pack -r)
	ok "by default it takes all cores that it may use ($got of $most)" test "$got" -ge 1 -a "$got" -le "$most"
	is '... of its affinity' "$(threads rsenc-pack -r -j 0)" "$got"
else
	skip 'cores' 'no /proc or no taskset'
fi
xargs -d '\n' -n 1 rsenc-pack -r <ben.tsv >x.rec
is 'operands give the same records' "$(grep -c '^+' x.rec)" "$(grep -c '^+' ben.rec)"

# ---- -t, -S, -A, -M ----
check 0 '{"B03":{"dtype":"U16","shape":?120,120?,"data_offsets":?0,28800?}}*' '' \
	'rsenc-pack -t B03 <s2.tsv | tail -c +9 | head -c 80'
check 1 '' "*S1*: has no tensor 'B03', which -t selects*" 'rsenc-pack -t B03 <one.tsv'
check 0 '*"__metadata__":{"10m":"B02,B03,B04,B08"}*"10m":*"shape":?4,120,120?*"B01"*' '' \
	'rsenc-pack -S 10m=B02,B03,B04,B08 <s2.tsv | head -c 900'
check 0 '*"__metadata__":{"v":"VV,VH"},"v":{"dtype":"F32","shape":?2,120,120?*' '' \
	'rsenc-pack -S v=VV,VH <one.tsv | head -c 200'
rsenc-pack <one.tsv | tail -c 115200 >plain
{ tail -c 57600 plain; head -c 57600 plain; } >swapped
rsenc-pack -S v=VV,VH <one.tsv | tail -c 115200 >stacked
ok 'a stack holds its bands in the order of LIST' cmp swapped stacked
check 0 '' '' 'rsenc-pack -S 10m=B02,B03 <one.tsv >unstacked; rsenc-pack <one.tsv | cmp - unstacked'
check 1 '' "*has no tensor 'B99' for the stack 's'*" 'rsenc-pack -S s=B02,B99 <s2.tsv'
check 1 '' "*B05.tif: band 'B05' is 60 x 60 U16, but other bands of the stack 's' are 120 x 120 U16*" \
	'rsenc-pack -S s=B02,B05 <s2.tsv'
check 1 '' "*the stack 'B03' has the name of another tensor*" 'rsenc-pack -S B03=B02,B04 <s2.tsv'
for a in 8 64 4096; do
	rsenc-pack -A $a <s2.tsv >aligned
	size=$(wc -c <aligned)
	head=$(($(rsenc-pack <s2.tsv | wc -c) - $(rsenc-pack <s2.tsv | od -An -tu8 -N8) - 8))
	is "-A $a: data starts at a multiple of it" $(((16 + size - head) % a)) 0
done
# In the database too, of small blobs as of large ones: of 4 rows and of all.
{
	cat s2.tsv
	rsenc-scan bigearthnet-maps maps | head -1
	printf 'tiny\tB=tiny.tif\nnext\tB=tiny.tif\nthird\tB=tiny.tif\n'
} >sizes.tsv
for a in 8 64 256 4096; do
	check 0 '' '' "rsenc-pack -r -A $a <sizes.tsv | rsenc-load -q aligned-$a"
	is "-A $a: ... and so in the database" \
		"$(stored -a aligned-$a | awk -v a=$a '{ print $1 % a }' | sort | uniq -c | tr -s ' ')" ' 5 0'
done
is 'small blobs are not padded without -A' "$(printf 'k\tB=tiny.tif\n' | rsenc-pack | wc -c)" 65
check 1 '' "*B{1..224} *more*" 'rsenc-pack -M 1M <hy.tsv || { printf "B{1..224} more" >&2; false; }'
check 1 '' '*the file has * bytes: the patch needs more memory than the limit of 20480*-M*' 'rsenc-pack -M 20K <one.tsv'
check 1 '' '*120 x 120 pixels: the patch needs more memory than the limit of 81920 bytes: raise it with -M*' 'rsenc-pack -M 80K <one.tsv'
check 0 '*' '' 'rsenc-pack -M 1G <one.tsv'

# ---- -o ----
check 0 '' '' 'rsenc-pack -o out <ben.tsv'
is '-o writes a file a group' "$(find out -type f | wc -l)" "$(wc -l <ben.tsv)"
key=$(cut -f1 one.tsv)
rsenc-pack <one.tsv >one.blob
ok '-o writes the blob' cmp one.blob "out/$key.safetensors"
ln -s "$tmp/elsewhere" out/k.safetensors
check 0 '' '' 'rsenc-pack -o out "$(line VH=$vh)"; test ! -e elsewhere'
check 1 '' '*../k: the key cannot be a file name*' 'rsenc-pack -o out "$(printf "../k\tVH=$vh")"'
check 1 '' '*/k: the key cannot be a file name*' 'rsenc-pack -o out "$(printf "/k\tVH=$vh")"'
check 1 '' '*../k: the key cannot be a file name*' 'rm -r out; { printf "../k\tVH=$vh\n"; cat one.tsv; } | rsenc-pack -k -o out'
ok '... and -k continues with the next' cmp one.blob "out/$key.safetensors"
check 1 '' '*00: the key is too long for a file name*' 'rsenc-pack -ko out "$(printf "%0244d" 0)$(printf "\tVH=$vh")"'
check 0 '' '' 'rsenc-pack -ko out "$(printf "%0243d" 0)$(printf "\tVH=$vh")" && rm out/00*'
check 2 '' 'rsenc-pack: -o: the name is empty *' 'rsenc-pack -o "" <one.tsv'
check 1 '' "rsenc-pack: no/where: cannot be created: no such directory: run 'mkdir -p no/where'" 'rsenc-pack -o no/where <one.tsv'
check 1 '' "rsenc-pack: no way/x: cannot be created: no such directory: run 'mkdir -p \"no way/x\"'" 'rsenc-pack -o "no way/x" <one.tsv'
check 0 '' '' 'mkdir -p no/where && rsenc-pack -o no/where <one.tsv'
sed 's/^/-dash/' one.tsv >dash.tsv
check 0 '-dash*' '' "xargs -d '\\n' -n 1 rsenc-pack -r -j1 -- <dash.tsv | rsenc-show"
check 1 '' 'rsenc-pack: one.tsv: cannot be created: exists and is not a directory' 'rsenc-pack -o one.tsv <one.tsv'
# What the run itself has written is not replaced, whatever the file system takes for the same name.
printf '%s\t%s\n' a "VH=$vh" b "VH=$vh" a "VH=$vv" c "VH=$vh" >twice.tsv
check 1 '' '*: a: this run already wrote a.safetensors: duplicate key*' 'rsenc-pack -k -o twice <twice.tsv'
ok 'the first of a key stays' cmp twice/a.safetensors twice/b.safetensors
ok '... and -k continues' test -e twice/c.safetensors
check 1 '' '*: a: this run already wrote a.safetensors: duplicate key*' 'rsenc-pack -o twice <twice.tsv'
check 0 '' '' 'rsenc-pack -o twice "$(line VH=$vv)" && rsenc-pack -o twice "$(line VH=$vh)" && cmp twice/k.safetensors twice/b.safetensors'
case ${CFLAGS-} in
*sanitize*) skip '-o where names mean the same' 'sanitizers want to be preloaded first' ;;
*)
	# shellcheck disable=SC2086 # CC may have flags
	ok 'a file system that folds names' ${CC:-cc} -shared -fPIC -o fold.so "$tests/faults/fold.c" -ldl
	if [ -e fold.so ]; then
		printf '%s\t%s\n' patch "VH=$vh" Patch "VH=$vv" "$(printf 'caf\303\251')" "VH=$vh" \
			"$(printf 'cafe\314\201')" "VH=$vv" last "VH=$vv" >fold.tsv
		for again in '' again; do
			check 1 '' '*: Patch: this run already wrote Patch.safetensors: duplicate key*' \
				"LD_PRELOAD=$tmp/fold.so rsenc-pack -o folded$again <fold.tsv"
			check 1 '' '*: Patch: this run already wrote *: caf*: this run already wrote *' \
				"LD_PRELOAD=$tmp/fold.so rsenc-pack -k -o folded <fold.tsv"
			is "three files are there $again" "$(find folded -type f | wc -l)" 3
			ok "the first one's values $again" cmp folded/patch.safetensors twice/b.safetensors
		done
	fi
	;;
esac
is '-o leaves no temporary files' "$(find out -name '.*.tmp')" ''

# ---- lost output ----
if [ -c /dev/full ]; then
	check 1 '' '*No space left*' 'rsenc-pack -r <one.tsv >/dev/full'
	check 1 '' '*No space left*' 'rsenc-pack <one.tsv >/dev/full'
	check 1 '' '*No space left*' 'rsenc-pack -h >/dev/full'
	check 1 '' '*No space left*' 'rsenc-pack -r </dev/null >/dev/full'
else
	skip 'a full device' 'no /dev/full'
fi
check 1 '' '*Bad file descriptor*' 'rsenc-pack -r <one.tsv >&-'
is 'SIGPIPE is quiet' "$({ rsenc-pack -r <all.tsv || echo $? >&3; } 2>&1 3>status | head -c 10 | wc -c; cat status)" \
	"10
141"

# ---- georeferencing, against rasterio ----

if have_python 'rasterio numpy'; then
	cat >georeference.py <<'EOS'
# make: TIFFs of several coordinate systems; FILE: what the blob on standard input says of it, against rasterio
import json, re, struct, sys, warnings
import numpy as np, rasterio
from rasterio.transform import Affine
warnings.simplefilter("ignore")
if sys.argv[1] == "make":
    north, turned = Affine(10, 0, 399960.5, 0, -10, 5500020.25), Affine(3.1, 0.7, 5e5, 0.6, -2.9, 4e6)
    for name, crs, transform, tags in (("utm", "EPSG:32633", north, {}), ("geographic", "EPSG:4326", Affine(1e-4, 0, 13.1, 0, -1e-4, 52.3), {}),
                                       ("turned", "EPSG:3035", turned, {}), ("point", "EPSG:32601", north, {"AREA_OR_POINT": "Point"}),
                                       ("local", None, north, {})):
        for kind, options in (("plain", {}), ("deflate", {"compress": "deflate"}), ("big", {"BIGTIFF": "YES"})):
            with rasterio.open(f"geo-{name}-{kind}.tif", "w", driver="GTiff", width=7, height=5, count=1, dtype="uint8",
                               crs=crs, transform=transform, **options) as f:
                f.write(np.zeros((1, 5, 7), "u1"))
                f.update_tags(**tags)
    corners = [rasterio.control.GroundControlPoint(r, c, 4e5 + 10 * c, 5e6 - 10 * r) for r in (0, 5) for c in (0, 7)]
    with rasterio.open("geo-points.tif", "w", driver="GTiff", width=7, height=5, count=1, dtype="uint8", gcps=corners, crs="EPSG:32633"):
        pass
    # What GDAL does not write: a system of its own, based on 4326; two codes; rows that go up; no tie point
    utm = open("geo-utm-plain.tif", "rb").read()
    key = lambda number, value: re.escape(struct.pack("<4H", number, 0, 1, value))
    base = (re.escape(struct.pack("<2H", 2049, 34737)) + b"....", struct.pack("<4H", 2048, 0, 1, 4326))
    own = (key(3072, 32633), struct.pack("<4H", 3074, 0, 1, 32767))
    geographic = (key(1024, 1), struct.pack("<4H", 1024, 0, 1, 2))
    scale = re.escape(struct.pack("<3d", 10, 10, 0))
    model = lambda value: ((key(1024, 1), struct.pack("<4H", 1024, 0, 1, value)),)
    for name, edits in (("model-0", model(0)), ("model-4", model(4)), ("model-own", model(32767)), ("model-none", ((key(1024, 1), struct.pack("<4H", 1023, 0, 1, 1)),)),
                        ("geocentric", ((key(1024, 1), struct.pack("<4H", 1024, 0, 1, 3)), (key(3072, 32633), struct.pack("<4H", 2048, 0, 1, 4978)))),
                        ("own", (base, own)), ("two", (base,)), ("other", (base, geographic)),
                        ("up", ((scale, struct.pack("<3d", 10, -10, 0)),)), ("origin", ((struct.pack("<2H", 33922, 12), struct.pack("<2H", 33923, 12)),))):
        data = utm
        for old, new in edits:
            data, times = re.subn(old, lambda _: new, data, flags=re.S)
            assert times, (name, old) # GDAL 3.10 leaves an earlier copy in the file
        open(f"geo-{name}.tif", "wb").write(data)
    sys.exit()
data = sys.stdin.buffer.read()
got = json.loads(data[8:8 + struct.unpack("<Q", data[:8])[0]]).get("__metadata__", {})
with rasterio.open(sys.argv[1]) as f:
    want = {} if f.transform == Affine.identity() else {"transform:5x7": list(f.transform)[:6]}
    if f.crs and f.crs.to_epsg():
        want["crs:5x7"] = f"EPSG:{f.crs.to_epsg()}"
numbers = [float(x) for x in got.pop("transform:5x7", "").split(",") if x]
close = np.allclose(numbers, want.pop("transform:5x7", []), rtol=1e-12, atol=0)
sys.exit(0 if close and got == want else f"{got} {want}")
EOS
	ok 'files of several coordinate systems' "$python" georeference.py make
	for file in geo-*.tif; do
		check 0 '' '' "rsenc-pack --georeference \"\$(line B=$file)\" | $python georeference.py $file"
	done
	check 0 '' '' 'rsenc-pack "$(line B=geo-utm-plain.tif)" | grep -a "crs:" || :'
	check 0 '*' '' 'rsenc-pack --georeference "$(line B=geo-utm-plain.tif C=geo-utm-big.tif)" | rsenc-show'
	check 1 '' '*geo-local-plain.tif: has another georeference than another file of 7 x 5 pixels*run the command without --georeference' \
		'rsenc-pack --georeference "$(line B=geo-utm-plain.tif C=geo-local-plain.tif)"'
	check 0 '*' '' 'rsenc-pack "$(line B=geo-utm-plain.tif C=geo-local-plain.tif)" | rsenc-show'
else
	skip 'georeferencing' 'needs python3-rasterio'
fi

# ---- what is not needed, and what a library does ----

check 0 '' '' 'rsenc-pack -o closed <one.tsv >&-; status=$?; ls closed >/dev/null && exit $status'
check 1 '' '*Bad file descriptor*' 'rsenc-pack -r <one.tsv >&-'
case ${CFLAGS-} in *sanitize*) sanitized=1 ;; *) sanitized= ;; esac
printf '#include <stdlib.h>\nvoid *TIFFClientOpenExt(void) { abort(); }\nvoid *TIFFClientOpen(void) { abort(); }\n' >abort.c
if [ -n "$sanitized" ] || ! ${CC:-cc} -shared -fPIC -o abort.so abort.c 2>/dev/null; then
	skip 'a library that aborts' 'sanitizers want to be preloaded first, or no compiler'
else
	check 134 '' "*rsenc-pack: k: $enmap: a library (libtiff or a codec) aborted: report *" 'ulimit -c 0; LD_PRELOAD=$PWD/abort.so rsenc-pack -r "$(line B{1..224}=$enmap)"'
fi

# A mapped file that is cut meanwhile is reported, and the next patch is read.
if [ -n "$sanitized" ] || ! ${CC:-cc} -shared -fPIC -D_FILE_OFFSET_BITS=64 -o shrink.so "$tests/faults/shrink.c" -ldl 2>/dev/null; then
	skip 'a mapped file that is cut' 'sanitizers want to be preloaded first, or no compiler'
else
	printf 'cut\tB{1..224}=cut.tif\nwhole\tB{1..224}=%s\n' "$enmap" >cut.tsv
	sed 1d cut.tsv | rsenc-pack -r >whole.rec
	for option in --size '-r -M 5G'; do
		cp "$enmap" cut.tif && truncate -s 70000000 cut.tif
		check 1 '*' '*rsenc-pack: cut: cut.tif: the file changed while it was read*' \
			"SHRINK=cut.tif LD_PRELOAD=\$PWD/shrink.so rsenc-pack -k $option <cut.tsv >cut.out"
		case $option in
		-r*) ok 'the whole one is packed' cmp cut.out whole.rec ;;
		*) like 'the size of the whole one is counted' "$(cat cut.out)" '[1-9]*1' ;;
		esac
	done
	rm cut.* whole.rec
fi

# ---- signals ----
mkfifo lines.fifo
rsenc-pack -r <lines.fifo >sig.rec 2>sig.err &
pid=$!
exec 9>lines.fifo
cat one.tsv >&9
while [ ! -s sig.rec ]; do sleep 0.05; done
kill -TERM $pid
wait $pid
is 'SIGTERM: status' $? 143
exec 9>&-
ok 'SIGTERM: the record at hand is whole, without an end marker' cmp one.cut sig.rec
is 'SIGTERM: no word' "$(cat sig.err)" ''

# ---- values ----
if have_python 'rasterio numpy'; then
	"$python" "$tests/oracle/oracle.py" <all.tsv >oracle.rec
	ok 'fixtures: identical to what GDAL reads' cmp oracle.rec j1.rec
else
	skip 'identical to what GDAL reads' 'no python3-rasterio'
fi

done_testing

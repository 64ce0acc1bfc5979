#!/bin/sh
# Files made to do harm, a row each: every command says in one line what is wrong and exits with 1
# or 2, within bounds of memory and time, and writes nothing but what it was asked to.
# shellcheck disable=SC2016 # the sh of a row expands what stands in it
. "${0%/*}/lib.sh"

# The commands within bounds: 192 MB of address space, of which the libraries take a quarter and
# rsenc-pack has 64 MB for a group (not with sanitizers, which take terabytes of it), and a minute (a
# hang is killed: status 124).
mkdir limited in
case ${CFLAGS-} in *sanitize*) limit=: ;; *) limit='ulimit -v 196608' ;; esac
for command in "$BIN"/rsenc-*; do
	printf '#!/bin/sh\n%s\nexec timeout 60 %s "$@"\n' "$limit" "$command" \
		>limited/"${command##*/}"
	chmod +x limited/"${command##*/}"
done
have timeout && PATH=$tmp/limited:$PATH

# hostile STATUS STDERR COMMAND: a row of check, whose message is one line (rsenc-load adds what was
# kept, rsenc-scan what it looked for).
hostile() {
	check "$1" '*' "$2" "$3"
	lines=$(grep -cv -e ': nothing was stored$' -e ': expects ' -e ' to see why it does not match$' check.err)
	[ "$lines" -le 1 ] || fail "one line for: $3" "$(head -5 check.err)"
}

# ---- the build ----

# Position-independent, addresses of functions and of libraries are not written to after the start.
if ! have readelf || ! readelf -h "$BIN/rsenc-pack" >elf 2>/dev/null; then
	skip 'the build is hardened' 'no readelf, or no ELF here'
else
	for command in "$BIN"/rsenc-*; do
		readelf -hldW "$command" >elf
		is "the build is hardened: ${command##*/}" \
			"$(grep -c -e 'Type: *DYN' -e 'GNU_RELRO' -e 'FLAGS.*BIND_NOW' -e 'GNU_STACK.* RW ' elf)" 4
	done
fi
rm -f elf

# ---- rights ----

# Each command has given up rights before it looks at its input: Linux shows it as NoNewPrivs.
mkdir rights && cd rights || exit 1
mkfifo held
fixture -b bigearthnet-s1 s1 20
rsenc-scan bigearthnet-s1 s1 | rsenc-pack -r | rsenc-load db # more than a pipe holds
landlock=1
"$TOOLS/unit/sandbox" | grep -q "no Landlock" && landlock=
while read -r command; do
	exec 9<>held
	PATH=$BIN:$PATH sh -c "exec $command" <held >got 2>got.err 9<&- &
	pid=$!
	tries=0
	while [ $tries -lt 300 ] && ! grep -q '^NoNewPrivs:.1' /proc/$pid/status 2>/dev/null; do
		[ -n "$landlock" ] || break
		tries=$((tries + 1))
		sleep 0.02
	done
	if [ -n "$landlock" ]; then
		ok "rights are given up: $command" test $tries -lt 300
	else
		skip "rights are given up: $command" 'this system has no Landlock'
	fi
	# Where the tests run without new privileges, rights seem to be given up from the start.
	while [ "$command" = 'rsenc-load new' ] && [ ! -d new ] && [ $tries -lt 300 ]; do
		tries=$((tries + 1))
		sleep 0.02
	done
	[ "$command" != 'rsenc-load new' ] || [ -d new ] || fail 'the directory is made before'
	kill -9 $pid # one that is in the middle of a record would continue
	exec 9<&-
	wait $pid 2>/dev/null
done <<'EOS'
rsenc-scan -f - x .
rsenc-pack -r
rsenc-untar bigearthnet-s1
rsenc-load new
rsenc-load db
rsenc-load --single-file file
rsenc-dump db >held
rsenc-missing db
rsenc-missing none
rsenc-verify db
rsenc-show
rsenc-view
EOS
mkdir elsewhere && mv db/data.mdb elsewhere && ln -s ../elsewhere/data.mdb db
hostile 0 '' 'rsenc-scan bigearthnet-s1 s1 | rsenc-pack -r | rsenc-load --replace db'
is 'a data file that is a link to elsewhere is loaded into' "$(ls db elsewhere)" \
	"$(printf '%s\n' db: data.mdb lock.mdb '' elsewhere: data.mdb)"
cd .. && rm -rf rights

# ---- archives ----
# member NAME SIZE TYPE: a header in the oldest format, whose checksum is right
member() {
	printf '%-100s%s' "$1" '' | tr ' ' '\000' >header
	printf '0000644\0000000000\0000000000\000%s00000000000\000        %s' "$2" "$3" >>header
	head -c 512 /dev/zero >>header
	head -c 512 header >header.cut
	sum=$(od -An -v -tu1 header.cut | awk '{ for (i = 1; i <= NF; i++) sum += $i } END { printf "%06o", sum }')
	{ head -c 148 header.cut && printf '%s\0 ' "$sum" && tail -c +157 header.cut; }
}
zeros() { head -c "$1" /dev/zero; }
tiff=S1A_IW_GRDH_x_VH.tif
{ member "$tiff" '77777777777 ' 0 && zeros 2048; } >huge.tar
hostile 1 "*$tiff: has 8589934591 bytes, which with * need more memory than the limit of 67108864: raise it with -M*" 'cat huge.tar | rsenc-untar -M 64M bigearthnet-s1 >out'
check 1 '' "*huge.tar: $tiff: truncated: the archive ends after 2048 of its 8589934591 bytes" 'rsenc-scan bigearthnet-s1 huge.tar'
{ member x 77777777777x 0 && zeros 2048; } >nosize.tar
hostile 1 '*damaged at byte 0: the size is not a number*' 'rsenc-untar bigearthnet-s1 <nosize.tar >out'
for type in x g L K; do
	{ member x 77777777777\  $type && zeros 2048; } >extended.tar
	hostile 1 '*damaged at byte 512: the extended header has more than 1M' 'rsenc-untar bigearthnet-s1 <extended.tar >out'
done
{ member x 00000000030\  x && printf '99999999999999999999 path=x\n%0490d' 0; } >length.tar
hostile 1 '*damaged at byte 512: the extended header is damaged' 'rsenc-untar bigearthnet-s1 <length.tar >out'
for name in ../../etc/x_VH.tif a/../../x_VH.tif ..; do
	{ member "$name/$tiff" 00000000000\  0 && zeros 1024; } >dots.tar
	check 1 '' "*$name/$tiff: the name contains '..'
*no patch found*" 'rsenc-untar bigearthnet-s1 <dots.tar >out'
done
{ zeros 1000000; } >zeros.tar
hostile 1 '*no patch found in the archive: contains no TIFF file*' 'rsenc-untar bigearthnet-s1 <zeros.tar >out'
{ printf '' && yes | head -c 1048576; } >yes.tar
hostile 1 '*standard input is text, not a tar archive' 'rsenc-untar bigearthnet-s1 <yes.tar >out'
# One file of a patch, two thousand times: the last one counts.
for i in 1 2 3 4 5 6 7 8 9; do member "${i}_VH.tif" 00000000000\  0; done >many.tar
for i in 1 2 3 4 5 6 7 8; do cat many.tar many.tar many.tar many.tar >twice.tar && mv twice.tar many.tar; done
zeros 1024 >>many.tar
printf 'x\t([0-9])_(VH)\t\\1\t\\2:VH,VV\t0\n' >many.rules
check 1 '' '*: incomplete: 1 of 2 bands missing (VV)*' 'rsenc-untar -f many.rules x <many.tar >out'
check 1 '' '*many.tar: incomplete: 1 of 2 bands missing (VV)*' 'rsenc-scan -f many.rules x many.tar >out'
rm -f ./*.tar header header.cut many.rules out check.out check.err

# ---- TIFF ----
le() { # VALUE BYTES: little-endian
	le_value=$1
	le_left=$2
	while [ "$le_left" -gt 0 ]; do
		# shellcheck disable=SC2059
		printf "\\$((le_value >> 6 & 3))$((le_value >> 3 & 7))$((le_value & 7))"
		le_value=$((le_value >> 8))
		le_left=$((le_left - 1))
	done
}

# tiff FILE TAG:TYPE:COUNT:VALUE...: classic, little-endian, then $data, which lies at value '@'.
tiff() {
	file=$1
	shift
	at=$((14 + 12 * $#))
	{
		printf 'II*\000'
		le 8 4
		le $# 2
		for entry; do
			value=${entry##*:}
			entry=${entry%:*}
			[ "$value" != @ ] || value=$at
			le "${entry%%:*}" 2
			entry=${entry#*:}
			le "${entry%%:*}" 2
			le "${entry##*:}" 4
			le "$value" 4
		done
		le "${next-0}" 4
		# shellcheck disable=SC2059
		printf "$data"
	} >"$file"
}

# tifs FILE WIDTH HEIGHT [TAG...]: one band of bytes in a strip; tags are in order by themselves.
strip() {
	strip_file=$1 w=$2 h=$3
	shift 3
	tiff "$strip_file" "256:4:1:$w" "257:4:1:$h" 258:3:1:8 "$@"
}

# pack FILE [NAMES]: a group line of it, through rsenc-pack with 64 MB
cat >pack <<'EOS'
#!/bin/sh
exec rsenc-pack -r -M 64M "$(printf 'k\t%s=%s' "${2-B}" "$1")" >packed
EOS
chmod +x pack
PATH=$tmp:$PATH

cd in || exit 1
max=4294967295
half=2147483647
data=xxxxxxxxxxxxxxxx
strip good.tif 4 4 259:3:1:1 262:3:1:1 273:4:1:@ 277:3:1:1 278:4:1:4 279:4:1:16
hostile 0 '' 'pack good.tif'
strip size.tif $max 1 259:3:1:1 262:3:1:1 273:4:1:@ 277:3:1:1 278:4:1:1 279:4:1:16
hostile 1 '*k: size.tif: *size*' 'pack size.tif'
tiff narrow.tif 257:4:1:16 258:3:1:8 259:3:1:1 262:3:1:1 273:4:1:@ 277:3:1:1 278:4:1:16 279:4:1:16
hostile 1 '*k: narrow.tif: *' 'pack narrow.tif' # no width
strip both.tif $half $half 259:3:1:1 262:3:1:1 273:4:1:@ 277:3:1:1 278:4:1:$half 279:4:1:16
hostile 1 '*k: both.tif: *' 'pack both.tif'
strip strips.tif 1 $half 259:3:1:1 262:3:1:1 273:4:1:@ 277:3:1:1 278:4:1:1 279:4:1:16
hostile 1 '*k: strips.tif: *' 'pack strips.tif'
strip many.tif 4 4 259:3:1:1 262:3:1:1 273:4:$max:@ 277:3:1:1 278:4:1:4 279:4:$max:@
hostile 1 '*k: many.tif: *' 'pack many.tif'
strip past.tif 4 4 259:3:1:1 262:3:1:1 273:4:1:$max 277:3:1:1 278:4:1:4 279:4:1:16
hostile 1 '*k: past.tif: *' 'pack past.tif'
strip long.tif 4 4 259:3:1:1 262:3:1:1 273:4:1:@ 277:3:1:1 278:4:1:4 279:4:1:$max
hostile 0 '' 'pack long.tif' # more than is wanted, as GDAL has it
strip rows.tif 4 4 259:3:1:1 262:3:1:1 273:4:1:@ 277:3:1:1 278:4:1:0 279:4:1:16
hostile 1 '*k: rows.tif: *' 'pack rows.tif'
# Two strips in the same place are strange, but they can be read.
data='\074\000\000\000\074\000\000\000\074\000\000\000\074\000\000\000'
strip overlap.tif 4 2 259:3:1:1 262:3:1:1 273:4:2:@ 277:3:1:1 278:4:1:1 279:3:2:262148
hostile 0 '' 'pack overlap.tif'
data=xxxxxxxxxxxxxxxx
next=8
strip loop.tif 4 4 259:3:1:1 262:3:1:1 273:4:1:@ 277:3:1:1 278:4:1:4 279:4:1:16
hostile 0 '' 'pack loop.tif'
next=0
printf 'II*\000\377\377\377\377' >nowhere.tif
hostile 1 '*k: nowhere.tif: truncated: 8 of at least 4294967297 bytes: *' 'pack nowhere.tif'
printf 'II*\000\004\000\000\000' >self.tif
hostile 1 '*k: self.tif: truncated: 8 of at least *' 'pack self.tif'
printf 'II+\000\010\000\000\000\377\377\377\377\377\377\377\177' >big.tif
hostile 1 '*k: big.tif: not a readable TIFF file*' 'pack big.tif'
for size in 1 4 7 8 10; do
	head -c $size good.tif >cut.tif
	hostile 1 '*k: cut.tif: *: download it again' 'pack cut.tif'
done
tiff tiles.tif 256:4:1:$half 257:4:1:$half 258:3:1:8 259:3:1:1 262:3:1:1 277:3:1:1 \
	322:4:1:16 323:4:1:16 324:4:1:@ 325:4:1:16
hostile 1 '*k: tiles.tif: *' 'pack tiles.tif'
tiff zero.tif 256:4:1:4 257:4:1:4 258:3:1:8 259:3:1:1 262:3:1:1 277:3:1:1 \
	322:4:1:0 323:4:1:0 324:4:1:@ 325:4:1:16
hostile 1 '*k: zero.tif: *' 'pack zero.tif'
tiff huge.tif 256:4:1:4 257:4:1:4 258:3:1:8 259:3:1:1 262:3:1:1 277:3:1:1 \
	322:4:1:4294967280 323:4:1:4294967280 324:4:1:@ 325:4:1:16
hostile 1 '*k: huge.tif: *' 'pack huge.tif'
tiff wide.tif 256:4:1:4 257:4:1:4 258:3:1:8 259:3:1:1 262:3:1:1 277:3:1:1 \
	322:4:1:65536 323:4:1:65536 324:4:1:@ 325:4:1:16
hostile 1 '*k: wide.tif: *' 'pack wide.tif'
# Tiles of 16 GB beside an image of 16 bytes, packed: the tile, not the image, is the bomb.
tiff bomb.tif 256:4:1:4 257:4:1:4 258:3:1:8 259:3:1:32773 262:3:1:1 277:3:1:1 \
	322:4:1:131072 323:4:1:131072 324:4:1:@ 325:4:1:16
hostile 1 '*k: bomb.tif: *more memory than the limit: raise it with -M*' 'pack bomb.tif'
# Where -M lets in files of gigabytes, a header that lies is noticed before all of one is read.
strip large.tif 16 32 259:3:1:8 262:3:1:1 273:4:1:@ 277:3:1:1 278:4:1:32 279:4:1:99999000
truncate -s 100000000 large.tif
hostile 1 '*k: large.tif: strip 0 is damaged: deflate: truncated*' 'rsenc-pack -r -M 200G "$(printf "k\tB=large.tif")" >packed'
strip behind.tif 16 32 259:3:1:1 262:3:1:1 273:4:1:@ 277:3:1:1 278:4:1:32 279:4:1:512
truncate -s 100000000 behind.tif
hostile 0 '' 'rsenc-pack -r -M 200G "$(printf "k\tB=behind.tif")" >packed'
# few STATUS STDERR FILE: the file, or \@AT,SIZE of one, without touching but a few bytes of its gigabytes
few() {
	printf 'k\tB=%s\n' "$3" >few.tsv
	check "$1" small "$2" "PATH='$BIN':\$PATH; '$python' peak.py -r -M 200G # $3"
}
if [ "$limit" = : ] || ! have_python resource; then
	skip 'gigabytes are not read' 'no Python, or sanitizers, which take memory of their own'
else
	cat >peak.py <<'EOS'
import resource, subprocess, sys
with open("few.tsv") as lines, open("packed", "w") as packed:
    status = subprocess.run(["rsenc-pack"] + sys.argv[1:], stdin=lines, stdout=packed).returncode
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
print("small" if peak < 32 << 10 else f"{peak} KB")
sys.exit(status)
EOS
	strip nothing.tif 16 32 259:3:1:8 262:3:1:1 273:4:1:@ 277:3:1:1 278:4:1:32 279:4:1:0
	strip short.tif 16 32 259:3:1:5 262:3:1:1 273:4:1:@ 277:3:1:1 278:4:1:32 279:4:1:4000000000
	tiff tags.tif 256:4:1:16 257:4:1:32 258:3:1:8 259:3:1:1 262:3:1:1 270:2:4000000000:@ 273:4:1:@ \
		277:3:1:1 278:4:1:32 279:4:1:512
	printf text >text.tif
	{ head -c 512 /dev/zero && cat behind.tif; } >member.tar
	truncate -s 5000000000 large.tif behind.tif nothing.tif short.tif tags.tif text.tif member.tar
	few 1 '*k: large.tif: strip 0 is damaged: deflate: truncated*' large.tif
	few 1 '*k: nothing.tif: strip 0 is damaged: deflate: truncated*' nothing.tif
	few 1 '*k: short.tif: pixels cannot be read: libtiff: *' short.tif
	few 1 '*k: text.tif: not a TIFF file*' text.tif
	few 0 '' behind.tif
	cp packed want
	few 0 '' tags.tif
	ok 'values beside tags of gigabytes' cmp packed want
	few 0 '' 'member.tar\@512,4999999488'
	ok 'a member of gigabytes: its pixels' cmp packed want
	strip pixels.tif 10000 10000 259:3:1:1 262:3:1:1 273:4:1:@ 277:3:1:1 278:4:1:10000 279:4:1:100000000
	truncate -s 100001000 pixels.tif
	printf 'k\tB=pixels.tif\n' >few.tsv
	check 0 '*KB' '' "PATH='$BIN':\$PATH; '$python' peak.py -r # pixels.tif"
	check 0 small '' "PATH='$BIN':\$PATH; '$python' peak.py --size # pixels.tif"
	is '--size reads headers' "$(cat packed)" "100000080	1"
fi
rm -f large.tif behind.tif nothing.tif short.tif tags.tif text.tif member.tar pixels.tif
# 60,000 bytes that unpack to 3.8 MB where 16 are wanted
strip unpack.tif 4 4 259:3:1:32773 262:3:1:1 273:4:1:@ 277:3:1:1 278:4:1:4 279:4:1:60000
head -c 60000 /dev/zero | tr '\000' '\201' >>unpack.tif
hostile 1 '*unpack.tif: strip 0 is damaged: contains more than its rows*' 'pack unpack.tif'
# Six files whose tiles take 49 MB each when they are decoded, one after the other
data=
tiff tile.tif 256:4:1:4 257:4:1:4 258:3:1:8 259:3:1:32773 262:3:1:1 277:3:1:1 \
	322:4:1:7008 323:4:1:7008 324:4:1:@ 325:4:1:767376
head -c 767376 /dev/zero | tr '\000' '\201' >>tile.tif
data=xxxxxxxxxxxxxxxx
hostile 0 '' 'pack tile.tif "a=tile.tif	b=tile.tif	c=tile.tif	d=tile.tif	e=tile.tif	f"'
# A strip of 16 rows that holds two million: 32 MB beside the planes, in each of eight files
if have_python zlib; then
	"$python" -c 'import sys, zlib; sys.stdout.buffer.write(zlib.compress(bytes(32000000), 9))' >deflated
	strip spare.tif 16 16 259:3:1:8 262:3:1:1 273:4:1:@ 277:3:1:1 278:4:1:2000000 279:4:1:"$(wc -c <deflated)"
	head -c -16 spare.tif >cut.tif && cat cut.tif deflated >spare.tif
	hostile 0 '' 'pack spare.tif "a=spare.tif	b=spare.tif	c=spare.tif	d=spare.tif	e=spare.tif	f=spare.tif	g=spare.tif	h"'
	rm spare.tif cut.tif deflated
fi
# A file of 25 MB at another place in each of ten groups
strip large.tif 25000000 1 259:3:1:1 262:3:1:1 273:4:1:@ 277:3:1:1 278:4:1:1 279:4:1:25000000
if truncate -s 25001000 large.tif 2>/dev/null; then
	awk 'BEGIN { for (g = 0; g < 10; g++) {
		printf "k%d", g
		for (f = 0; f < 10; f++) printf "\tb%d=%s.tif", f, f == g ? "large" : "good"
		print ""
	} }' >places
	hostile 0 '' 'rsenc-pack -r -j 1 -M 64M <places >packed'
	rm packed large.tif places
fi
# Thousands of files in a group
awk 'BEGIN { printf "k"; for (f = 0; f < 60000; f++) printf "\tb%d=good.tif", f; print "" }' >files
hostile 1 '*the patch needs more memory than the limit of 67108864 bytes: raise it with -M*' 'rsenc-pack -r -M 64M <files >packed'
# An image of 1 GB, all of it one run
strip inflate.tif 32768 32768 259:3:1:8 262:3:1:1 273:4:1:@ 277:3:1:1 278:4:1:32768 279:4:1:16
hostile 1 '*32768 x 32768 pixels: the patch needs more memory than the limit of 67108864 bytes: raise it with -M*' 'pack inflate.tif'
for codec in 2 3 4 5 7 8 34661 34676 34677 34887 34925 50000 50001 65000; do
	strip codec.tif 4 4 259:3:1:$codec 262:3:1:1 273:4:1:@ 277:3:1:1 278:4:1:4 279:4:1:16
	hostile 1 '*k: codec.tif: *' 'pack codec.tif'
done
# Deflated strips that hold more than belongs there, of which libdeflate writes nothing: a last one
# with the rows of two, of which GDAL makes zeros; and a tall one, which GDAL reads by zlib
data='\202\000\000\000\202\000\000\000\170\001\001\010\000\367\377xxxxxxxx\020\350\003\301'
strip last.tif 4 3 259:3:1:8 262:3:1:1 273:4:2:@ 277:3:1:1 278:4:1:2 279:3:2:1245203
hostile 1 '*k: last.tif: strip 1 contains more than its rows*' 'pack last.tif'
data='\170\001\001\010\000\367\377xxxxxxxx\020\350\003\301'
strip few.tif 4 4 259:3:1:8 262:3:1:1 273:4:1:@ 277:3:1:1 278:4:1:4 279:4:1:19
hostile 1 '*k: few.tif: *: deflate: contains 8 of 16 bytes*' 'pack few.tif'
data='\170\001\001\322\007\055\370'$(printf '%2002s' '' | tr ' ' x)'\044\042\252\236'
strip tall.tif 1 2001 259:3:1:8 262:3:1:1 273:4:1:@ 277:3:1:1 278:4:1:2001 279:4:1:2013
check 0 'k?B?U8?2001x1?0?2001?120?120?120?0?0?0' '' 'pack tall.tif && rsenc-show --stats packed'
data=xxxxxxxxxxxxxxxx
# A JBIG strip that claims 2^61 bytes, for which libjbig would abort (bits are the other way round)
data='\000\000\200\000\377\377\377\017\377\377\377\017\377\377\377\017\020\000\000\000xxxxxxxxxxxx'
tiff jbig.tif 256:4:1:64 257:4:1:64 258:3:1:1 259:3:1:34661 262:3:1:1 273:4:1:@ 277:3:1:1 278:4:1:64 279:4:1:32
hostile 1 '*k: jbig.tif: compression ISO JBIG (34661) is not *: convert the file with *' 'pack jbig.tif'
data=xxxxxxxxxxxxxxxx
tiff samples.tif 256:4:1:1 257:4:1:1 258:3:1:8 259:3:1:1 262:3:1:1 273:4:1:@ 277:3:1:65535 \
	278:4:1:1 279:4:1:65535
head -c 65535 /dev/zero >>samples.tif
hostile 0 '' 'pack samples.tif "b{1..65535}"'
hostile 1 '*has 65535 bands, but the group line names 1: name each band of the first page, such as B{1..65535}' 'pack samples.tif'
tiff bits.tif 256:4:1:65535 257:4:1:1 258:3:1:65535 259:3:1:1 262:3:1:1 273:4:1:@ \
	277:3:1:65535 278:4:1:1 279:4:1:16
hostile 1 '*k: bits.tif: *' 'pack bits.tif'
tiff row.tif 256:4:1:$half 257:4:1:1 258:3:1:64 259:3:1:1 262:3:1:1 273:4:1:@ \
	277:3:1:65535 278:4:1:1 279:4:1:16
hostile 1 '*k: row.tif: *' 'pack row.tif "b{1..65535}"'
tiff none.tif 256:4:1:4 257:4:1:4 258:3:1:8 259:3:1:1 262:3:1:1 273:4:1:@ 277:3:1:0 \
	278:4:1:4 279:4:1:16
hostile 1 '*k: none.tif: *' 'pack none.tif'
if truncate -s 3G sparse.tif 2>/dev/null; then
	hostile 1 '*k: sparse.tif: the file has 3221225472 bytes: the patch needs more memory than the limit*' 'pack sparse.tif'
	rm sparse.tif
fi
mkfifo fifo.tif
hostile 1 '*k: fifo.tif: is not a regular file*' 'pack fifo.tif'
hostile 1 '*k: /dev/zero: is not a regular file*' 'pack /dev/zero'

# ---- group lines ----
long=$(printf '%511s' '' | tr ' ' k)
tab=$(printf '\t')
export long tab
hostile 0 '' 'rsenc-pack -r "${long}${tab}B=good.tif" >packed'
hostile 1 '*the key is longer than 511 bytes*' 'rsenc-pack -r "${long}k${tab}B=good.tif" >packed'
hostile 1 '*the key is empty*' 'rsenc-pack -r "${tab}B=good.tif" >packed'
hostile 1 '*a path contains a NUL byte*' 'printf "k\tB=a\000b\n" | rsenc-pack -r >packed'
hostile 0 '' 'printf "a\000b\tB=good.tif\n" | rsenc-pack -r >packed'
hostile 1 '*tensor names are not UTF-8*' 'printf "k\tB\377=good.tif\n" | rsenc-pack -r >packed'
hostile 1 '*tensor names are not UTF-8*' 'printf "k\t\355\240\200=good.tif\n" | rsenc-pack -r >packed'
hostile 1 '*control character*' 'printf "k\t\033[2J=good.tif\n" | rsenc-pack -r >packed'
# What a terminal takes for a command is escaped, in UTF-8 and as a byte alone; other text is not.
while IFS='|' read -r bytes shown; do
	check 1 '' "rsenc-dump: a${shown}b: no such database" "rsenc-dump \"\$(printf 'a${bytes}b')\""
done <<'EOS'
\033|\\x1b
\177|\\x7f
\302\233|\\xc2\\x9b
\302\205|\\xc2\\x85
\233|\\x9b
\303\233\233|Û\\x9b
\342\202|?\\x82
\303\251\342\202\254|é€
\351|?
EOS
hostile 1 '*__metadata__*reserved*' 'pack good.tif __metadata__'
hostile 1 '*more than 65535 tensor names*' 'pack good.tif "b{0..999999999}"'
hostile 1 '*more than 65535 tensor names*' 'pack good.tif "b{1..9999}{1..9999}{1..9999}{1..9999}"'
hostile 1 '*is longer than 1000 bytes*' 'pack good.tif "$long$long"'
hostile 1 '*a brace must contain a range*' '{ printf "k\t"; head -c 30000 /dev/zero | tr "\000" "{"; printf "=good.tif\n"; } | rsenc-pack -r >packed'
hostile 1 '*more than 65535 files*' '{ printf k; head -c 100000 /dev/zero | tr "\000" "\t"; echo; } | rsenc-pack -r >packed'
hostile 1 '*line*' 'head -c 80000000 /dev/zero | tr "\000" x | rsenc-pack -r >packed'
hostile 1 '*line*' 'head -c 80000000 /dev/zero | rsenc-pack -r >packed'

# ---- rsenc-pack -o: keys that try to leave the directory ----
mkdir out target
ln -s ../target out/link.safetensors
ln -s ../target/made out/k.safetensors
for key in ../k ../../k /k "$tmp/k" a/b ./k a/../../k; do
	hostile 1 "*$key: the key cannot be a file name*" "rsenc-pack -o out '$key${tab}B=good.tif'"
done
hostile 1 '*the key cannot be a file name*' 'printf "a\000b\tB=good.tif\n" | rsenc-pack -o out'
hostile 1 '*the key is too long for a file name*' 'rsenc-pack -o out "${long}${tab}B=good.tif"'
hostile 0 '' 'rsenc-pack -o out "k${tab}B=good.tif" "..${tab}B=good.tif" ".${tab}B=good.tif"'
hostile 0 '' 'rsenc-pack -o out "link${tab}B=good.tif"'
is 'links in the place of a file are replaced, not followed' "$(find out -type l; ls target)" ''
hostile 0 '' 'rsenc-pack -o out "a\\n\\\\b${tab}B=good.tif"'
mkdir out/dir.safetensors
hostile 1 '*out/dir.safetensors: cannot be written*' 'rsenc-pack -o out "dir${tab}B=good.tif"'
is 'nothing else was written' "$(find out ! -name '*.safetensors' ! -name out; ls target ..)" \
	"$(printf '%s\n' ..: in limited pack '' target:)"
rm -rf out target

# ---- record streams and blobs ----
# Nothing hostile makes a database, and none of the other readers takes it.
rsenc-pack -r "k${tab}B=good.tif" | rsenc-load -q stored
load() {
	hostile 1 "$1" "$2 | rsenc-load db"
	[ ! -e db ] || fail "no database after: $2" "$(ls -la db)"
	rm -rf db
	for command in 'rsenc-show --stats' rsenc-view 'rsenc-verify stored'; do
		check 1 '*' 'rsenc-*: *' "$2 | $command"
	done
}
load '*ends inside record 1*nothing was stored' 'printf "+1,4294967296:k->"'
load '*ends inside record 1*' 'printf "+1,9223372036854775807:k->\200\000\000\000\000\000\000\000{}"'
load '*the data is longer than 9223372036854775807 bytes*' 'printf "+1,9223372036854775808:k->"'
load '*the data is longer*' 'printf "+1,99999999999999999999999999:k->"'
load '*the key is longer than 511 bytes*' 'printf "+18446744073709551617,1:k->"'
load '*the key is longer than 511 bytes*' 'printf "+512,2:${long}k->{}\n\n"'
load '*the key is empty*' 'printf "+0,1:->x\n\n"'
load '*invalid length: the stream is damaged*' 'printf "+-1,1:k->x\n\n"'
load '*invalid length: the stream is damaged*' 'head -c 9000000 /dev/zero | tr "\000" +'
load '*not records (*)*' 'head -c 9000000 /dev/zero'
load '*is empty*' 'head -c 9000000 /dev/zero | tr -d "\000"'
load '*gzip data*' 'echo x | gzip'

# blob HEADER [DATA]: a record with the key $key
cat >../blob <<'EOS'
#!/bin/sh
key=${key-k}
n=${#1}
len=$(printf '\\%o\\%o\\%o\\%o' $((n & 255)) $((n >> 8 & 255)) $((n >> 16 & 255)) $((n >> 24)))
printf "+${#key},$((8 + n + ${#2})):$key->$len\\0\\0\\0\\0%s%s\n\n" "$1" "$2"
EOS
chmod +x ../blob
# shellcheck disable=SC2089,SC2090 # the quotes are JSON's
tensor='{"dtype":"U8","shape":[2],"data_offsets":[0,2]}'
# shellcheck disable=SC2090
export tensor
# nest N: N arrays inside one another
cat >../nest <<'EOS'
#!/bin/sh
head -c "$1" /dev/zero | tr '\000' '['
head -c "$1" /dev/zero | tr '\000' ']'
EOS
chmod +x ../nest
load '*claims a header of 9223372036854775808 bytes*' 'printf "+1,10:k->\000\000\000\000\000\000\000\200{}\n\n"'
load '*claims a header of 18446744073709551615 bytes*' 'printf "+1,10:k->\377\377\377\377\377\377\377\377{}\n\n"'
load '*claims a header of 100000001 bytes*' 'printf "+1,9999999999:k->\001\341\365\005\000\000\000\000{}\n\n"'
load '*ends inside record 1*' 'printf "+1,9999999999:k->\000\341\365\005\000\000\000\000{}\n\n"'
load '*not a safetensors blob (7 bytes)*' 'printf "+1,7:k->1234567\n\n"'
load '*nested too deeply*' 'blob "{\"a\":{\"x\":$(nest 200)}}" xx'
load '*nested too deeply*' '{ printf "+1,2000015:k->\207\204\036\000\000\000\000\000{\"a\":{"; printf "\"x\":"; nest 1000000; }'
load '*the tensors have 2 bytes, but the blob contains 4*' 'blob "{\"a\":$tensor,\"a\":$tensor}" xxxx'
load '*the tensors have 2 bytes, but the blob contains 4*' 'blob "{\"a\":$tensor,\"\\u0061\":$tensor}" xxxx'
load '*duplicate __metadata__*' 'blob "{\"__metadata__\":{},\"__metadata__\":{}}"'
load '*not UTF-8*' 'printf "+1,12:k->\004\000\000\000\000\000\000\000{\"\377\"\n\n"'
load '*lone surrogate*' 'blob "{\"\\ud800\":$tensor}" xx'
load '*unknown dtype*' 'blob "{\"a\":{\"dtype\":\"U4\",\"shape\":[2],\"data_offsets\":[0,2]}}" xx'
load '*do not fit*' 'blob "{\"a\":{\"dtype\":\"U64\",\"shape\":[4294967296,4294967296],\"data_offsets\":[0,0]}}"'
load '*do not fit*' 'blob "{\"a\":{\"dtype\":\"U8\",\"shape\":[18446744073709551615,2],\"data_offsets\":[0,2]}}" xx'
load '*whole number*' 'blob "{\"a\":{\"dtype\":\"U8\",\"shape\":[18446744073709551616],\"data_offsets\":[0,2]}}" xx'
load '*whole number*' 'blob "{\"a\":{\"dtype\":\"U8\",\"shape\":[-2],\"data_offsets\":[0,2]}}" xx'
load '*whole number*' 'blob "{\"a\":{\"dtype\":\"U8\",\"shape\":[2e0],\"data_offsets\":[0,2]}}" xx'
load '*hole or overlap*' 'blob "{\"a\":$tensor,\"b\":$tensor}" xx'
load '*hole or overlap*' 'blob "{\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[2,0]}}" xx'
load '*the tensors have 2 bytes, but the blob contains 3*' 'blob "{\"a\":$tensor}" xxx'

rm -r stored

# As many bands as there can be, kept and stacked by name in another order: each name is looked for once.
{
	printf 'II*\0\10\0\0\0\12\0'
	# shellcheck disable=SC2059 # the numbers are part of the format
	tag() { printf "\\$1\\$2\\$3\\0\\$4\\0\\0\\0\\$5\\$6\\0\\0"; }
	tag 0 1 3 1 1 0      # ImageWidth 1
	tag 1 1 3 1 1 0      # ImageLength 1
	tag 2 1 3 1 10 0     # BitsPerSample 8
	tag 3 1 3 1 1 0      # Compression none
	tag 6 1 3 1 1 0      # Photometric min-is-black
	tag 21 1 4 1 206 0   # StripOffsets 134
	tag 25 1 3 1 377 377 # SamplesPerPixel 65535
	tag 26 1 3 1 1 0     # RowsPerStrip 1
	tag 27 1 4 1 377 377 # StripByteCounts 65535
	tag 34 1 3 1 1 0     # PlanarConfiguration contiguous
	printf '\0\0\0\0'
	head -c 32767 /dev/zero | tr '\000' a
	head -c 32768 /dev/zero | tr '\000' b
} >bands.tif
# Each thread has some 30 MB of names: of those that a busy machine starts without -j, four are beyond the bounds.
for key in 1 2 3 4; do printf '%s\tB{1..65535}=bands.tif\n' $key; done >bands.tsv
rsenc-pack -rj2 <bands.tsv >bands.rec
check 0 '' '' 'rsenc-pack -rj2 -t "B{65535..1}" <bands.tsv | cmp - bands.rec'
check 0 '*"s":{"dtype":"U8","shape":?65535,1,1?*,"data_offsets":?0,65535?}}*' '' \
	'rsenc-pack -rj2 -t "B{65535..1}" -S "s=B{65535..1}" <bands.tsv >stacked.rec; tail -c 65700 stacked.rec | head -c 163'
is 'a stack of 65535 bands holds them in its order' "$(tail -c 65537 stacked.rec | head -c 32769)" \
	"$(tail -c 32768 bands.tif)a"
hostile 2 '*-S: *B1* is in two stacks*' 'rsenc-pack -rj2 -S "s=B{1..65535}" -S "t=B{65535..1}" <bands.tsv'
hostile 1 '*has no tensor ?C1?, which -t selects*' 'rsenc-pack -rj2 -t "C{1..65535}" <bands.tsv'
hostile 1 '*has no tensor ?C65535? for the stack*' 'rsenc-pack -rj2 -S "s=B{1..65534},C65535" <bands.tsv'
rm bands.* stacked.rec

# Strange keys are keys: stored as they are, and no file names.
hostile 0 '' 'for key in .. ../k /k a/b "$long"; do export key; blob "{}"; done | rsenc-load db'
hostile 0 '' 'printf "+3,10:a\000b->\002\000\000\000\000\000\000\000{}\n+3,10:a\nb->\002\000\000\000\000\000\000\000{}\n\n" | rsenc-load db'
is 'keys are not paths' "$(ls .. db)" \
	"$(printf '%s\n' ..: blob in limited nest pack '' db: data.mdb lock.mdb)"
is 'all strange keys are stored' "$(rsenc-dump --keys db | wc -l)" 7
rm -rf db

# ---- rules ----
mkdir -p tree/a
: >"tree/$(printf '%200s' '' | tr ' ' a)c.tif"
# rule STATUS STDERR PATTERN [KEY]: a scan by a rule with that pattern
rule() {
	printf 'x\t%s\t%s\tB\t0\n' "$3" "${4-k}" >rules
	hostile "$1" "$2" 'rsenc-scan -f rules x tree >/dev/null'
}
rule 1 '*no patch found*' '((a*)*)*b'
rule 1 '*no patch found*' '(a|aa)+b'
rule 1 '*no patch found*' '(a*)*(a*)*(a*)*(a*)*b'
rule 1 '*no patch found*' 'a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b'
rule 1 '*no patch found*' '(.*.*.*.*.*.*.*.*)*x'
rule 1 '*back-references * not supported*' '(a*)\1b'
rule 1 '*too long with all repeats written out*' '((a{100}){100}){100}'
rule 1 '*too long with all repeats written out*' 'a{32767}'
rule 1 '*too long with all repeats written out*' 'a{0,11952}b'
rule 1 '*a repeat must follow a character*' "a$(head -c 900 /dev/zero | tr '\000' '*')"
rule 1 '*' "$(head -c 300 /dev/zero | tr '\000' '(')a$(head -c 300 /dev/zero | sed 's/./)*/g')"
rule 1 '*longer than*' "$(head -c 2000 /dev/zero | tr '\000' a)"
rule 1 '*KEY*' '(a*)c' '\2'
rule 1 '*: the key has 1022 bytes (1 to 511): skipped*' '(a*)c' "$long$long"
# A key beyond 511 bytes is not listed.
rule 1 '*' '(a*)c' '\1\1\1'
hostile 1 '*NUL*' 'printf "x\t\000\tk\tB\t0\n" >rules; rsenc-scan -f rules x tree'
hostile 1 '*' 'head -c 3000000 /dev/zero >rules; rsenc-scan -f rules x tree'
hostile 1 '*' 'rsenc-scan -f /dev/zero x tree'

# ---- trees ----
printf 'x\t(p_[0-9])\t\\1\tB\t0\n' >rules
mkfifo tree/fifo.tif
nasty=$(printf 'a\tb\nc\\d\033[2J')
mkdir "tree/$nasty"
cp good.tif "tree/$nasty/p_1.tif"
ln -s . tree/loop
hostile 1 '*tree/loop: symbolic link loop*' 'rsenc-scan -f rules x tree >lines'
rm tree/loop
ln -s nothing tree/dangling.tif
hostile 1 '*tree/dangling.tif: broken link to nothing*' 'rsenc-scan -f rules x tree >lines'
rm tree/dangling.tif
hostile 0 '' 'rsenc-scan -f rules x tree >lines'
hostile 0 '' 'rsenc-pack -r <lines >packed'
is 'a path of strange bytes comes through' "$(head -c 3 packed)" '+3,'
: >"tree/$nasty/p_2.tif"
hostile 1 '*a?tb?nc?d?x1b?2J/p_2.tif: is empty*' \
	'rsenc-scan -f rules x tree | rsenc-pack -r >packed'
ln -s .. tree/a/up
hostile 1 '*tree/a/up: symbolic link loop*' 'rsenc-scan -f rules x tree >lines'
rm tree/a/up
deep=tree
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25; do
	deep=$deep/$(printf '%100s' '' | tr ' ' d)
	mkdir "$deep"
done
hostile 0 '' 'rsenc-scan -f rules x tree >lines'
is 'nothing was written beside' "$(ls ..)" "$(printf '%s\n' blob in limited nest pack)"

done_testing

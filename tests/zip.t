#!/bin/sh
# shellcheck disable=SC2016 # the shell that check starts expands them
# Zip archives: as every tool writes them they give what the unpacked tree gives; names, links and sizes
# out of the ordinary; a wrong bit, damage, hostile archives; refusals, whose remedies are run.
. "${0%/*}/lib.sh"

have zip unzip || {
	skip 'zip archives' 'zip and unzip are not installed (make deps-check)'
	done_testing
}
have_python zipfile || python=

# ---- every tool ----
cat >make.py <<'EOF'
import os, sys, zipfile
root, to = sys.argv[1:]
class Pipe: # not seekable: sizes and CRC-32 follow the data
    def __init__(self, f): self.f = f
    def write(self, b): return self.f.write(b)
    def flush(self): self.f.flush()
def files():
    for d, _, names in os.walk("."):
        for n in sorted(names):
            yield os.path.join(d, n)
os.chdir(root)
for name, method in ("stored", zipfile.ZIP_STORED), ("deflated", zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(to + "/python-" + name + ".zip", "w", method) as z:
        for f in files(): z.write(f)
with open(to + "/python-stream.zip", "wb") as out, zipfile.ZipFile(Pipe(out), "w", zipfile.ZIP_DEFLATED) as z:
    for f in files(): z.write(f)
with zipfile.ZipFile(to + "/python-zip64.zip", "w", zipfile.ZIP_DEFLATED) as z:
    for f in files():
        with z.open(zipfile.ZipInfo.from_file(f), "w", force_zip64=True) as m: m.write(open(f, "rb").read())
b = open(to + "/python-deflated.zip", "rb").read()
with open(to + "/program-before.zip", "wb") as out: out.write(b"#!/bin/sh\nexit\n" + b)
z = zipfile.ZipFile(to + "/commented.zip", "w")
for f in files(): z.write(f)
z.comment = b"PK\5\6 looks like an end" + bytes(300)
z.close()
EOF
# archives ROOT DIR: ROOT as a zip, by whatever is here
archives() {
	(cd "$1" && zip -qr "$2/info.zip" . && zip -q0rD "$2/info-stored.zip" . && zip -qr - . | cat >"$2/info-stream.zip" &&
		zip -qr -fd "$2/info-descriptors.zip" . && zip -qr -fz "$2/info-zip64.zip" .)
	! have bsdtar || bsdtar -C "$1" --format zip -cf "$2/bsdtar.zip" .
	! have 7z || (cd "$1" && 7z a -bd -tzip "$2/7z.zip" . >/dev/null && 7z a -bd -tzip -mx=0 "$2/7z-stored.zip" . >/dev/null)
	[ -z "$python" ] || "$python" make.py "$1" "$2"
}
dataset_trees
for dataset in eurosat-ms bigearthnet-s2 treesatai hyspecnet-11k ftw; do
	rm -rf zips && mkdir zips
	archives "$trees/$dataset" "$tmp/zips"
	rsenc-scan "$dataset" "$trees/$dataset" | sort | rsenc-pack -r >tree.rec
	bad='' count=0
	for archive in zips/*; do
		count=$((count + 1))
		rsenc-scan "$dataset" "$archive" 2>err | sort | rsenc-pack -r -j 2 >zip.rec
		cmp -s tree.rec zip.rec || bad="$bad $archive: $(head -n 1 err)"
	done
	is "$dataset: the same from $count archives" "$bad" ''
done
[ "$count" -gt 5 ] && pass 'there are archives'

# ---- group lines ----
fixture -b eurosat-ms E 4 >/dev/null
zip -qr E.zip E
zip -q0r S.zip E
rsenc-scan eurosat-ms E | rsenc-pack -r >E.rec
rsenc-scan eurosat-ms E.zip >E.tsv
like 'a line tells where, with CRC-32, stored size and method' "$(cut -f2 E.tsv | head -n 1)" \
	'*=E.zip\\@[0-9]*,107*,[0-9]*,[0-9]*.[0-9]*,[0-9a-f]*,[0-9]*,8'
for jobs in 1 4; do
	rsenc-pack -r -j $jobs <E.tsv >jobs.rec
	is "any order, -j$jobs" "$(rsenc-show jobs.rec | sort)" "$(rsenc-show E.rec | sort)"
done
sort -r E.tsv | rsenc-pack -r >back.rec
is 'in another order' "$(rsenc-show back.rec | sort)" "$(rsenc-show E.rec | sort)"
check 1 '' '*the archive changed after it was scanned: scan the archive again' 'cp -p E.zip T.zip; rsenc-scan eurosat-ms T.zip >T.tsv; touch T.zip; rsenc-pack -r <T.tsv'
check 1 '' "*is not a range: use OFFSET,SIZE or *" "printf 'k\\tA=E.zip\\\\@0,5,6,1.000000000,01234567,5,9\\n' | rsenc-pack"

if have_python 'rasterio numpy'; then
	cat E.tsv >both.tsv && rsenc-scan eurosat-ms S.zip | sed 's/^/stored_/' >>both.tsv
	rsenc-pack -r <both.tsv | rsenc-load Both
	check 0 '' '*: 8 patches: 8 identical*' "'$python' '$top/cmd/examples/oracle.py' <both.tsv | rsenc-verify Both"
else
	skip 'rasterio reads the same' 'no python3 with rasterio'
fi
have_python zipfile || python=

# ---- several archives are one root; one inside a folder ----
fixture -b bigearthnet-s1 s1 2
find s1 -name '*_VH.tif' | zip -q vh.zip -@
find s1 -name '*_VV.tif' | zip -q vv.zip -@
find s1 -name '*_VV.tif' | tar -cf vv.tar -T -
rsenc-scan bigearthnet-s1 s1 | sort | rsenc-pack -r >s1.rec
for second in vv.zip vv.tar; do
	rsenc-scan bigearthnet-s1 vh.zip $second | sort | rsenc-pack -r | cmp - s1.rec && pass "a patch in vh.zip and $second"
done

rm -rf Roots
check 0 '*' '' 'rs-tensor-encoder -q --verify --bigearthnet-s1-root vh.zip --bigearthnet-s1-root vv.zip Roots'
ok 'in one call' rsenc-verify -q -x Roots <s1.rec
gzip -c vv.tar >vv.tar.gz
find s1 -name '*_VH.tif' | tar -cf - -T - | gzip -c >vh.tar.gz
rm -rf Roots
check 0 '*' '' 'rs-tensor-encoder -q --verify --bigearthnet-s1-root vh.tar.gz --bigearthnet-s1-root vv.tar.gz Roots'
ok 'compressed archives in one call' rsenc-verify -q -x Roots <s1.rec

# ---- names ----
printf 'own\t([^/]*)/([^/]*)\t\\1-\\2\tA\t0\n' >own.rules
good=$(find s1 -name '*_VH.tif' | head -n 1)
if [ -n "$python" ]; then
	cat >names.py <<'EOF'
import sys, zipfile, struct, zlib
good = open(sys.argv[1], "rb").read()
def write(archive, names, **more):
    with zipfile.ZipFile(archive, "w") as z:
        for name in names:
            i = zipfile.ZipInfo("placeholder")
            i.filename, i.create_system = name, more.get("system", 0)
            i.extra = more.get("extra", b"")
            z.writestr(i, good)
def patch(archive, old, new, clear_utf8=True): # names of other bytes than Python writes
    b = open(archive, "rb").read().replace(old, new)
    assert len(old) == len(new)
    open(archive, "wb").write(b)
write("utf8.zip", ["d\u00e9/\u6f22.tif"])
write("cp437.zip", ["dXX/aYb.tif"]); patch("cp437.zip", b"dXX/aYb", b"d\x82\xe1/a\x9bb")
write("cp437.end.zip", ["dXX/aYb.tif"]); patch("cp437.end.zip", b"dXX/aYb", b"d\xba\xcd/a\xffb")
write("raw.zip", ["dXX/ab.tif"], system=3); patch("raw.zip", b"dXX/ab", b"d\xc3\xa9/ab")
write("windows.zip", ["dX\\ab.tif".replace("\\", "Z")]); patch("windows.zip", b"dXZab", b"dX\\ab")
extra = struct.pack("<BI", 1, zlib.crc32(b"d_/a.tif")) + "d\u00e9/a.tif".encode()
write("extra.zip", ["d_/a.tif"], extra=struct.pack("<HH", 0x7075, len(extra)) + extra)
write("nul.zip", ["d/a.tifX.tif"]); patch("nul.zip", b"d/a.tifX", b"d/a.tif\0")
write("dots.zip", ["d/../../x.tif"])
write("absolute.zip", ["/d/x.tif"])
write("mac.zip", ["d/x.tif", "__MACOSX/d/._x.tif", "__MACOSX/x.tif"])
EOF
	"$python" names.py "$good"
	while read -r archive key; do
		is "$archive: the name" "$(rsenc-scan -f own.rules own "$archive" | cut -f1)" "$key"
	done <<'E2'
utf8.zip dé-漢
cp437.zip déß-a¢b
cp437.end.zip d║═-a b
raw.zip dé-ab
windows.zip dX-ab
extra.zip dé-a
absolute.zip d-x
mac.zip d-x
E2
	for archive in raw extra windows; do # unzip 6.00 garbles the other names
		mkdir "$archive" && LC_ALL=C.UTF-8 unzip -q "$archive.zip" -d "$archive" >log 2>&1
		is "$archive.zip: as unzip names it" "$(rsenc-scan -f own.rules own "$archive" 2>&1 | cut -f1)" \
			"$(rsenc-scan -f own.rules own "$archive.zip" | cut -f1)"
	done
	check 1 '' '*nul.zip/d/a.tif: the name contains a NUL byte*' 'rsenc-scan -f own.rules own nul.zip'
	check 1 '' "*dots.zip/d/../../x.tif: the name contains '..'*" 'rsenc-scan -f own.rules own dots.zip'
else
	skip 'names' 'needs python3'
fi

# ---- symbolic links ----
mkdir -p L/some L/store
cp "$good" L/store/x
ln -s ../store/x L/some/link.tif
ln -s /nowhere.tif L/some/lost.tif
(cd L && zip -qry ../L.zip .)
rsenc-scan -f own.rules own L.zip 2>err >L.tsv
is 'a link is the file that it leads to' "$(cut -f1 L.tsv)" some-link
ok '... with its bytes' sh -c "rsenc-pack <L.tsv >x.blob && printf 'k\tA=$good\n' | rsenc-pack | cmp - x.blob"
like 'one that leads nowhere' "$(cat err)" '*L.zip/some/lost.tif: a loop of links, or a link to a file that is not in the archive'

# ---- a wrong bit ----
if [ -n "$python" ]; then
	cat >flip.py <<'EOF'
import random, subprocess, sys
random.seed(int(sys.argv[2]))
b = open(sys.argv[1], "rb").read()
true = subprocess.run("rsenc-scan eurosat-ms q.zip | rsenc-pack -r | rsenc-show --stats | sort", shell=True,
    capture_output=True, text=True).stdout if open("q.zip", "wb").write(b) else ""
lines = set(true.splitlines())
wrong = 0
for i in range(60):
    c = bytearray(b)
    c[random.randrange(len(b))] ^= 1 << random.randrange(8)
    open("q.zip", "wb").write(c)
    r = subprocess.run("set -o pipefail; rsenc-scan eurosat-ms q.zip | rsenc-pack -rk | rsenc-show --stats | sort",
        shell=True, executable="/bin/bash", capture_output=True, text=True)
    got = set(r.stdout.splitlines())
    wrong += not got <= lines or (r.returncode == 0 and len(got) < len(lines))
print(wrong)
EOF
	# In the directory: a name, the type of a file.
	cat >entry.py <<'EOF'
import zipfile
b = open("E.zip", "rb").read()
last = b.rindex(b"PK\1\2") # entry of the directory
name = zipfile.ZipFile("E.zip").infolist()[-1].filename
underscore, ending = name.index("_"), name.index(".tif")
local = zipfile.ZipFile("E.zip").infolist()[-1].header_offset
for file, at, bit in ("name.zip", last + 46 + underscore, 1), ("ending.zip", last + 46 + ending + 1, 16), \
        ("type.zip", last + 41, 64), ("local.zip", local + 30 + underscore, 1):
    c = bytearray(b)
    c[at] ^= bit
    open(file, "wb").write(c)
EOF
	"$python" entry.py
	for archive in name ending local; do
		check 1 '*' "*rsenc-scan: $archive.zip: E*: damaged: the member has another name in the directory of the archive: *" \
			"rsenc-scan eurosat-ms $archive.zip"
	done
	is 'a wrong type: as unzip reads it' "$(rsenc-scan eurosat-ms type.zip | rsenc-pack -r | rsenc-show | sort)" "$(rsenc-show E.rec | sort)"
	is '60 flips in a deflated archive: no wrong value' "$("$python" flip.py E.zip 1)" 0
	is '60 flips in a stored archive: no wrong value' "$("$python" flip.py S.zip 2)" 0
	"$python" -c "b=bytearray(open('S.zip','rb').read()); b[len(b)//2]^=1; open('bit.zip','wb').write(b)"
	check 1 '*' '*rsenc-pack: *_1: bit.zip: at byte *: damaged: wrong CRC-32: download the archive again*' \
		'rsenc-scan eurosat-ms bit.zip | rsenc-pack -rk >bit.rec'
	is 'the others are converted' "$(rsenc-show bit.rec | cut -f1 | uniq | wc -l)" 3
	rsenc-scan eurosat-ms S.zip | rsenc-pack -r >S.rec
	cp S.zip keep.zip && cp bit.zip S.zip
	check 1 '*' '*rsenc-pack: *S.zip: at byte *: damaged: wrong CRC-32: *' 'rs-tensor-encoder -q --eurosat-ms-root S.zip Encoded'
	cp keep.zip S.zip
	check 0 '*' '' 'rs-tensor-encoder -q --verify --eurosat-ms-root S.zip Encoded'
	ok 'the same command with a good archive: all values' rsenc-verify -q -x Encoded <S.rec
else
	skip 'a wrong bit' 'needs python3'
fi

# ---- refusals, and their remedies ----
# remedy FILE: the command that the message in FILE quotes
remedy() {
	sed -n "s/.*\(with\|if\) '\([^']*\)'.*/\2/p" "$1" | head -n 1
}
# refused ARCHIVE PATTERN RESULT: ... and after the remedy RESULT has the patches
refused() {
	check 1 '' "$2" "rsenc-scan eurosat-ms $1"
	command=$(remedy check.err)
	(yes | sh -c "$command") >log 2>&1
	rsenc-scan eurosat-ms "$3" 2>err | sort | rsenc-pack -r >remedy.rec
	is "$1: '$command' helps" "$(rsenc-show remedy.rec | sort)" "$(rsenc-show E.rec | sort)"
}
zip -q0r -s 64k split.zip E
mv E.zip keep.zip
if have 7z; then
	# What follows does no harm. A repair of what is truncated would drop patches without a word.
	incomplete='not a complete zip archive (truncated, or followed by other data): download the archive again, or, if'
	(cat keep.zip && head -c 3000 /dev/zero) >padded.zip
	refused padded.zip "*padded.zip: $incomplete '7z x padded.zip -opadded' reports no error, use that directory" padded
	head -c $(($(wc -c <keep.zip) / 2)) keep.zip >cut.zip
	check 1 '' "*cut.zip: $incomplete '7z x cut.zip -ocut' reports no error, use that directory" 'rsenc-scan eurosat-ms cut.zip'
	check 2 '*' '*' '7z x cut.zip -ocut'
	refused split.zip '*split.zip: a part of a split zip archive: unpack *' split
	refused split.z01 '*split.z01: a part of a split zip archive: unpack *' split
	for method in Deflate64 BZip2 LZMA; do
		7z a -bd -tzip -mm=$method $method.zip E >/dev/null
	done
	refused Deflate64.zip '*: Deflate64.zip: E/*.tif: compressed with Deflate64: unpack *' Deflate64
	refused BZip2.zip '*: BZip2.zip: E/*.tif: compressed with bzip2: unpack *' BZip2
	cp LZMA.zip LZMA
	refused LZMA '*: LZMA: E/*.tif: compressed with LZMA: unpack *' LZMA-unpacked
	rm LZMA
	refused LZMA.zip '*: LZMA.zip: E/*.tif: compressed with LZMA: unpack *' LZMA
	zip -qr -P y secret.zip E
	check 1 '' '*: secret.zip: E/*.tif: encrypted: unpack the archive with *' 'rsenc-scan eurosat-ms secret.zip'
else
	skip 'other methods' '7z is not installed'
fi
mv keep.zip E.zip
cat E.zip S.zip >joined.zip
check 1 '' '*: joined.zip: several zip archives in one file: name them as separate operands' 'rsenc-scan eurosat-ms joined.zip'
check 1 '' 'rsenc-untar: standard input is a zip archive*' 'rsenc-untar eurosat-ms <E.zip'
: >empty.zip
check 1 '' '*empty.zip: *' 'rsenc-scan eurosat-ms empty.zip'

# ---- hostile ----
if [ -n "$python" ]; then
	cat >hostile.py <<'EOF'
import struct, sys, zlib
good = open(sys.argv[1], "rb").read()
def local(name, data, crc, size, method=0):
    return struct.pack("<IHHHHHIIIHH", 0x04034b50, 20, 0, method, 0, 33, crc, len(data), size, len(name), 0) + name + data
def entry(name, at, stored, size, crc, method=0, extra=b""):
    return struct.pack("<IHHHHHHIIIHHHHHII", 0x02014b50, 20, 20, 0, method, 0, 33, crc, stored, size, len(name),
        len(extra), 0, 0, 0, 0, at) + name + extra
def end(count, size, at):
    return struct.pack("<IHHHHIIH", 0x06054b50, 0, 0, count, count, size, at, 0)
def archive(file, body, directory, count=None, at=None):
    d = b"".join(directory)
    n = len(directory) if count is None else count
    with open(file, "wb") as f:
        f.write(body + d + end(n, len(d), len(body) if at is None else at))
crc = zlib.crc32(good)
a = local(b"d/a.tif", good, crc, len(good))
one = entry(b"d/a.tif", 0, len(good), len(good), crc)
archive("overlap.zip", a, [one, entry(b"d/b.tif", 20, 100, 100, 0)])
archive("twice.zip", a, [one, entry(b"d/b.tif", 0, len(good), len(good), crc)])
archive("outside.zip", a, [entry(b"d/a.tif", len(a) + 500, len(good), len(good), crc)])
archive("beyond.zip", a, [entry(b"d/a.tif", 0, len(good) + 500, len(good) + 500, crc)])
archive("shifted.zip", a, [one], at=len(a) + 100)
archive("count.zip", a, [one], count=2)
archive("lies.zip", a, [entry(b"d/a.tif", 0, len(good), len(good) * 2, crc)])
packed = zlib.compressobj(9, zlib.DEFLATED, -15)
packed = packed.compress(good) + packed.flush()
b = local(b"d/a.tif", packed, crc, len(good), 8)
for name, size in ("short.zip", len(good) - 1), ("long.zip", len(good) + 1), ("huge.zip", 1 << 31):
    archive(name, b, [entry(b"d/a.tif", 0, len(packed), size, crc, 8)])
bomb = zlib.compressobj(9, zlib.DEFLATED, -15)
bomb = bomb.compress(bytes(300 << 20)) + bomb.flush()
archive("bomb.zip", local(b"d/a.tif", bomb, 0, 300 << 20, 8), [entry(b"d/a.tif", 0, len(bomb), 300 << 20, 0, 8)])
def many(file, count): # members without data
    body, directory, at = [], [], 0
    for i in range(count):
        name = b"d%d/a%d.tif" % (i % 100, i)
        body.append(local(name, b"", 0, 0))
        directory.append(entry(name, at, 0, 0, 0))
        at += len(body[-1])
    d = b"".join(directory)
    with open(file, "wb") as f:
        f.write(b"".join(body) + d)
        end64 = struct.pack("<IQHHIIQQQQ", 0x06064b50, 44, 45, 45, 0, 0, count, count, len(d), at)
        f.write(end64 + struct.pack("<IIQI", 0x07064b50, 0, at + len(d), 1))
        f.write(end(0xffff, 0xffffffff, 0xffffffff))
many("many.zip", 1000000)
def wraps(file, count): # as older Java: the count modulo 65,536, no ZIP64
    body, directory, at = [], [], 0
    for i in range(count):
        name = b"d/a%d.tif" % i
        body.append(local(name, b"", 0, 0))
        directory.append(entry(name, at, 0, 0, 0))
        at += len(body[-1])
    archive(file, b"".join(body), directory, count=count % 65536)
wraps("wraps.zip", 65537)
EOF
	"$python" hostile.py "$good"
	check 1 '' '*overlap.zip: members of the zip archive overlap: *' 'rsenc-scan -f own.rules own overlap.zip'
	check 1 '' '*twice.zip: members of the zip archive overlap: *' 'rsenc-scan -f own.rules own twice.zip'
	for archive in outside beyond shifted count; do
		check 1 '' "*$archive.zip: the directory of the zip archive is damaged: *" "rsenc-scan -f own.rules own $archive.zip"
	done
	check 1 '' '*lies.zip: at byte 0: damaged: not the header of this member: download the archive again*' 'rsenc-scan -f own.rules own lies.zip | rsenc-pack -r >x.rec'
	for archive in short long; do
		check 1 '' "*$archive.zip: at byte 0: damaged: the data does not inflate to * bytes: *" \
			"rsenc-scan -f own.rules own $archive.zip | rsenc-pack -r >x.rec"
	done
	for archive in huge bomb; do
		check 1 '' "*$archive.zip: at byte 0: the file needs * bytes: the patch needs more memory than the limit of * bytes: raise it with -M" \
			"rsenc-scan -f own.rules own $archive.zip | rsenc-pack -r -M 64M >x.rec"
	done
	case ${CFLAGS-} in
	*sanitize*) skip 'a million members' 'sanitizers take memory themselves' ;;
	*)
		cat >peak.py <<'EOF'
import resource, subprocess, sys
n = subprocess.run(["rsenc-scan", "-f", "own.rules", "own", sys.argv[1]], stdout=subprocess.PIPE).stdout.count(b"\n")
print(n, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss <= (64 << 10) + n * 24 // 1024)
EOF
		is 'a million members: 64 MiB beside the keys' "$("$python" peak.py many.zip)" '1000000 True'
		;;
	esac
	is '65,537 members without ZIP64' "$(rsenc-scan -f own.rules own wraps.zip | wc -l)" 65537
	rm -f many.zip
else
	skip 'hostile archives' 'needs python3'
fi

done_testing

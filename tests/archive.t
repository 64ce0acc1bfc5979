#!/bin/sh
# shellcheck disable=SC2016,SC2002 # the shell that check starts expands them; pipes are meant
# Patches out of tar archives: every dataset, as GNU tar, bsdtar, busybox and Python write archives, gives
# the records that its tree gives; links, names and sizes that are out of the ordinary; damage.
. "${0%/*}/lib.sh"

mkdir tree tars
cat >make.py <<'EOF'
import os, sys, tarfile
root, to, name = sys.argv[1:]
with tarfile.open(to, "w", format=getattr(tarfile, name + "_FORMAT")) as t:
    for entry in sorted(os.listdir(root)):
        t.add(os.path.join(root, entry), entry)
EOF
have_python tarfile || python=

formats='gnu:v7 gnu:ustar gnu:gnu gnu:pax'
! have bsdtar || formats="$formats bsd:v7tar bsd:ustar bsd:gnutar bsd:pax"
! have busybox || ! busybox tar --help 2>&1 | grep -q -e ' -c\|\[-c\|c ' || formats="$formats busybox:"
[ -z "$python" ] || formats="$formats python:USTAR python:GNU python:PAX"

# archive FORMAT ROOT TO: fails if the format cannot hold its names
archive() {
	case $1 in
	gnu:*) tar --format="${1#*:}" -C "$2" -cf "$3" . ;;
	bsd:*) bsdtar --format="${1#*:}" -C "$2" -cf "$3" . ;;
	busybox:) busybox tar -cf "$3" -C "$2" . ;;
	*) "$python" make.py "$2" "$3" "${1#*:}" ;;
	esac 2>/dev/null && # some leave out what they can't name
		[ "$(tar -tf "$3" 2>/dev/null | grep -ci 'tif$')" -eq "$(find "$2" -iname '*.tif' | wc -l)" ]
}

# ---- every dataset, by two ways to write a tar each; some of them, or with FAULTS=long all, by every way ----
dataset_trees
for dataset in $(fixture -l); do
	rsenc-scan "$dataset" "$trees/$dataset" | sort | rsenc-pack -r >tree.rec
	rsenc-show tree.rec >tree.shown
	count=0 bad='' wanted=2
	case ${FAULTS-}$dataset in long* | bigearthnet | major-tom-s2 | sen12ms | treesatai | copernicus-bench-lc100) wanted=12 ;; esac
	for format in $formats; do
		[ $count -lt $wanted ] || break
		archive "$format" "$trees/$dataset" x.tar || continue
		count=$((count + 1))
		rsenc-scan "$dataset" x.tar 2>err | sort | rsenc-pack -r | cmp -s - tree.rec || bad="$bad $format: $(head -n 1 err)"
		cat x.tar | rsenc-untar "$dataset" >pipe.rec 2>err || bad="$bad $format: untar: $(head -n 1 err)"
		rsenc-show pipe.rec | sort -s -k 1,1 | cmp -s - tree.shown || bad="$bad $format: untar differs"
	done
	formats="${formats#* } ${formats%% *}" # the next dataset begins with another
	is "$dataset: scanned, and read from a pipe, in $count archives" "$bad" ''
	rm -rf pipe.db x.tar
	rsenc-load pipe.db <pipe.rec 2>err
	ok "$dataset: from a pipe, a database of the same patches" rsenc-verify -x pipe.db tree.rec
	is "$dataset: there are archives" "$((count >= 2))" 1
done

# ---- order, and what stands between ----
fixture -b bigearthnet-s1 s1 4 >/dev/null
fixture bigearthnet-s2 s2 2 >/dev/null # with metadata and quick-looks
tar -cf s1.tar s1
tar -tf s1.tar | sed -n 's|.*/\(.*\)_V[HV]\.tif$|\1|p' | uniq >order
rsenc-scan bigearthnet-s1 s1.tar >s1.tsv
is 'groups come in the order of the archive' "$(cut -f1 s1.tsv)" "$(cat order)"
rsenc-scan -j 8 bigearthnet-s1 s1.tar | cmp - s1.tsv && pass 'the same with -j'
like 'a line tells where' "$(cut -f2 s1.tsv | head -n 1)" \
	'VH=s1.tar\\@[0-9]*,[0-9]*,[0-9]*,[0-9]*.[0-9]*,[0-9a-f]*'
rsenc-pack -r <s1.tsv | rsenc-load db 2>err
rsenc-scan bigearthnet-s1 s1 | rsenc-pack -r | rsenc-verify -x db >out && pass 'rsenc-verify -x: the same values'
is 'rsenc-missing passes none of them' "$(rsenc-missing db <s1.tsv)" ''
rsenc-pack -r <s1.tsv | rsenc-show >shown
xargs -d '\n' -n 1 -P 1 rsenc-pack -r <s1.tsv >one-by-one.rec
is 'lines through xargs' "$(rsenc-show one-by-one.rec)" "$(cat shown)"

# ---- several archives and trees at once; a patch whose files lie in two archives ----
tar -cf s2.tar s2
rsenc-scan bigearthnet s1.tar s2 | sort | rsenc-pack -r >both.rec
rsenc-scan bigearthnet s1 s2 | sort | rsenc-pack -r | cmp - both.rec && pass 'an archive and a tree'
find s1 -name '*_VH.tif' >vh
find s1 -name '*_VV.tif' >vv
tar -cf vh.tar -T vh
tar -cf vv.tar -T vv
rsenc-scan bigearthnet-s1 vh.tar vv.tar | sort | rsenc-pack -r >split.rec
rsenc-scan bigearthnet-s1 s1 | sort | rsenc-pack -r >s1.rec
ok 'a patch in two archives' cmp split.rec s1.rec
cat vh vv | tar -cf apart.tar -T -
rsenc-scan bigearthnet-s1 apart.tar | sort | rsenc-pack -r | cmp - s1.rec && pass 'its files apart in one'
cat vh.tar vv.tar >joined.tar
rsenc-scan bigearthnet-s1 joined.tar | sort | rsenc-pack -r | cmp - s1.rec && pass 'archives one behind the other'
mkdir top && fixture -b ssl4eo-s12-s1 top 1 >/dev/null
inner=$(dirname "$(find top -type d -name s1)")
tar -C "$inner/s1" -cf s1-inside.tar .
mkdir named && mv s1-inside.tar named/s1.tar
rsenc-scan ssl4eo-s12-s1 named/s1.tar | rsenc-pack -r >inside.rec
rsenc-scan ssl4eo-s12-s1 top | rsenc-pack -r | cmp - inside.rec && pass 'the name of the archive stands for its directory'

# ---- links ----
vh=$(head -n 1 vh)
vv=$(sed 's/_VH/_VV/' vh | head -n 1)
mkdir -p linked/all linked/some
cp "$vh" "$vv" linked/all
key=$(basename "$vh" _VH.tif)
(
	cd linked || exit
	ln "all/${key}_VH.tif" some/hard_VH.tif
	ln "all/${key}_VV.tif" some/hard_VV.tif
	ln -s "../all/${key}_VH.tif" some/S1A_IW_GRDH_x_VH.tif
	ln -s "${key}_VV.tif" all/between.tif
	ln -s ../all some/directory
	find all -type f >list
	find some all -type l >>list
	find some -name 'hard*' >>list
	tar -cf ../links.tar -T list
	tac list >back && sed '/hard/d' back >soft
	tar -cf ../soft.tar -T soft
)
printf 'links\t(hard)_(V[HV])\t\\1\t\\2:VH,VV\t0\nlinks2\t(between)\t\\1\tVV\t0\n' >link.rules
rsenc-pack "$(rsenc-scan bigearthnet-s1 "$(dirname "$vh")")" >wanted.blob
check 0 '' '' 'rsenc-pack "$(rsenc-scan -f link.rules links links.tar)" | cmp - wanted.blob'
sum=$(rsenc-scan -f link.rules links2 linked | rsenc-pack | md5sum)
is 'a symbolic link, behind its file' "$(rsenc-scan -f link.rules links2 links.tar | rsenc-pack | md5sum)" "$sum"
is 'a symbolic link, before its file' "$(rsenc-scan -f link.rules links2 soft.tar | rsenc-pack | md5sum)" "$sum"
ln -s /etc/x.tif out_VH.tif
ln -s ../../x.tif up_VV.tif
ln -s nowhere.tif x_VH.tif
tar -cf out.tar out_VH.tif up_VV.tif x_VH.tif
check 1 '' "*out.tar/out_VH.tif: a loop of links, or a link to a file that is not in the archive
*out.tar/up_VV.tif: a loop *
*out.tar/x_VH.tif: a loop *" 'rsenc-scan bigearthnet-s1 out.tar'

# ---- what is not read ----
cp "$vh" "dots_VH.tif"
tar -P -cf dots.tar ../"$(basename "$tmp")"/dots_VH.tif
check 1 '' "*dots.tar/../*/dots_VH.tif: the name contains '..'*" 'rsenc-scan bigearthnet-s1 dots.tar'
(cd "$tmp" && tar -P -cf absolute.tar "$tmp/$vh" "$tmp/$vv")
check 0 "$key*" '' 'rsenc-scan bigearthnet-s1 absolute.tar'
truncate -s 1M "sparse_VH.tif"
tar -S --format=gnu -cf sparse.tar sparse_VH.tif
check 1 '' '*sparse.tar/sparse_VH.tif: a sparse file, which tar stores in parts: unpack the archive*' \
	'rsenc-scan bigearthnet-s1 sparse.tar'
for version in 0.0 0.1 1.0; do
	tar -S --format=pax --sparse-version=$version -cf sparse.tar sparse_VH.tif
	check 1 '' '*sparse.tar/*sparse_VH.tif: a sparse file, which tar*' 'rsenc-scan bigearthnet-s1 sparse.tar'
done
cp s1.tar twice.tar
tar -rf twice.tar "$vh" "$vv" # as unpacking has it, the later members count
rsenc-scan bigearthnet-s1 twice.tar | sort | rsenc-pack -r | cmp - s1.rec && pass 'a member that replaces another'
sed '$d' vv | cat vh - | tar -cf lacks.tar -T -
check 1 '*' '*: incomplete: 1 of 2 bands missing (VV): skipped' 'rsenc-scan bigearthnet-s1 lacks.tar'
is 'others are listed' "$(rsenc-scan bigearthnet-s1 lacks.tar 2>/dev/null | wc -l)" 3

cp "$vh" m_VH.tif && cp "$vv" m_VV.tif && tar -M -L 80 -cf v1.tar -f v2.tar m_VH.tif m_VV.tif
check 1 '' "*v2.tar/m_VV.tif: continues a file of another volume: unpack with 'tar -xM -f FIRST -f SECOND'*" \
	'rsenc-scan bigearthnet-s1 v1.tar v2.tar'
mkdir volumes && tar -C volumes -xM -f "$tmp/v1.tar" -f "$tmp/v2.tar"
ok '... with that command' cmp m_VV.tif volumes/m_VV.tif

mkdir PK && cp "$vh" "$vv" PK && tar -cf pk.tar PK
check 0 "$key*" '' 'rsenc-scan bigearthnet-s1 pk.tar' # not a zip archive

# ---- damage ----
size=$(wc -c <s1.tar)
check 1 '' '*empty.tar: is empty: download it again*' ': >empty.tar; rsenc-scan bigearthnet-s1 empty.tar'
head -c $((size / 2)) s1.tar >cut.tar
check 1 '*' '*cut.tar: s1/*.tif: truncated: the archive ends after * of its * bytes' 'rsenc-scan bigearthnet-s1 cut.tar'
is 'what is whole is listed' "$(rsenc-scan bigearthnet-s1 cut.tar 2>/dev/null | rsenc-pack -r | rsenc-show | cut -f1 | uniq | wc -l)" \
	"$(rsenc-scan bigearthnet-s1 cut.tar 2>/dev/null | wc -l)"
{ head -c 20480 s1.tar | tr '\000' '\001' && tail -c +20481 s1.tar; } >damaged.tar
check 1 '' '*damaged.tar: not a tar archive, or damaged at byte 0: not a tar header: wrong checksum*' 'rsenc-scan bigearthnet-s1 damaged.tar'
{ cat s1.tar && echo garbage; } >garbage.tar
check 1 '*' '*garbage.tar: damaged at byte *, after s1/*: not an archive after the end of the archive' 'rsenc-scan bigearthnet-s1 garbage.tar'
mkdir "a b'c" && printf 'own\t(.*)_(V[HV])\t\\1\t\\2:VH,VV\t0\n' >own.rules && printf x | gzip >"a b'c/x.tar.gz"
check 1 '' "*: is compressed with gzip: run 'rsenc-untar -f own.rules own \"a b'c/x.tar.gz\" | rsenc-load DB'" \
	"rsenc-scan -f own.rules own \"a b'c/x.tar.gz\""
check 1 '' "*: standard input is gzip data, not a tar archive: name the file as an operand of rsenc-untar" \
	"rsenc-untar -f own.rules own <\"a b'c/x.tar.gz\""
check 1 '' "*t.tif: wrong kind of operand (a TIFF file): run 'rsenc-scan bigearthnet-s1 .'" 'cp dots_VH.tif t.tif; rsenc-scan bigearthnet-s1 t.tif'
cp -p s1.tar copy.tar
rsenc-scan bigearthnet-s1 copy.tar >copy.tsv
touch copy.tar
check 1 '' '*: copy.tar: at byte *: the archive changed after it was scanned: scan the archive again' 'rsenc-pack -r <copy.tsv'

# ---- from a pipe ----
cat s1.tar | rsenc-untar bigearthnet-s1 >pipe.rec
ok 'the order of the archive' sh -c 'rsenc-scan bigearthnet-s1 s1.tar | rsenc-pack -r | cmp - pipe.rec'
rsenc-untar bigearthnet-s1 <s1.tar | cmp - pipe.rec && pass 'from a file on standard input'
for jobs in 1 2 7; do
	cat s1.tar s2.tar | rsenc-untar -j $jobs bigearthnet >jobs.rec
	cat s1.tar s2.tar | rsenc-untar bigearthnet | cmp - jobs.rec && pass "the same with -j$jobs"
done
rsenc-scan bigearthnet s1 s2 | sort | rsenc-pack -r -t VH,B02 -k 2>/dev/null >wanted.rec
rsenc-scan bigearthnet-s2 s2.tar | rsenc-pack -r -t B02,B03 -S rg=B02,B03 -A 64 >wanted.rec
check 0 '' '' 'rsenc-untar bigearthnet-s2 -t B02,B03 -S rg=B02,B03 -A 64 <s2.tar | cmp - wanted.rec'
cat apart.tar | rsenc-untar bigearthnet-s1 | rsenc-show | sort >apart
is 'files that lie apart' "$(cat apart)" "$(rsenc-show s1.rec | sort)"
check 1 '' "*: s1/*_VV.tif: truncated: the archive ends after * of its * bytes
rsenc-untar: bigearthnet-s1: 2 patches read before the damage may be wrong: convert a complete archive with 'rsenc-load --replace', which stores them again" \
	'head -c $(($(wc -c <s1.tar) * 3 / 5)) s1.tar | rsenc-untar bigearthnet-s1 >x.rec'
rm -rf db2
head -c $((size * 3 / 5)) s1.tar | rsenc-untar bigearthnet-s1 2>err | rsenc-load db2 2>/dev/null
is 'what is whole is stored' "$(rsenc-dump --keys db2 | wc -l)" 2
rsenc-untar bigearthnet-s1 <s1.tar | rsenc-load --replace db2 2>/dev/null
rsenc-verify -q -x db2 <s1.rec >out 2>&1 && pass 'the complete archive stores them again'
# a caller advises its user
check 1 '' '*: 2 patches read before the damage may be wrong: download the archive again' \
	'export RSENC_RESUME=again; head -c $(($(wc -c <s1.tar) * 3 / 5)) s1.tar | rsenc-untar bigearthnet-s1 >x.rec'
check 0 '' '*: found 4 patches, expected 549488*' 'rsenc-untar -v bigearthnet-s1 <s1.tar >x.rec'
check 1 '' '*bigearthnet-s1: found 4 patches, expected 549488' 'rsenc-untar -c bigearthnet-s1 <s1.tar >x.rec'
check 1 '' '*has 58008 bytes, which with the files of incomplete patches need more memory than the limit of 102400: raise it with -M*' \
	'rsenc-untar -M 100K bigearthnet-s1 <apart.tar >x.rec'
check 0 '' '' 'rsenc-untar -M 1M bigearthnet-s1 <apart.tar >x.rec'
check 1 '' '*: incomplete: 1 of 2 bands missing (VV)*' 'rsenc-untar bigearthnet-s1 <lacks.tar >x.rec'
is 'what is whole is written, with an end' "$(rsenc-show x.rec | cut -f1 | uniq | wc -l)" 3
check 0 '' '' 'rsenc-untar bigearthnet-s1 <twice.tar >x.rec'
is 'a member that replaces another, from a pipe' "$(rsenc-show x.rec | sort)" "$(rsenc-show pipe.rec | sort)"
for i in 1 2 3 4; do # a TIFF that is none, as the third file of eight
	sed -n ${i}p vh; sed -n ${i}p vv
done >pairs
bad=$(sed -n 3p pairs)
cp "$bad" good.tif
echo none >"$bad"
tar -cf bad.tar -T pairs
cp good.tif "$bad"
check 1 '' "rsenc-untar: $(basename "$bad" _VH.tif): $bad: *not a TIFF*" 'rsenc-untar bigearthnet-s1 <bad.tar >x.rec'
check 1 '*' '*no end marker after record 1*' 'rsenc-show x.rec'
check 1 '' "rsenc-untar: $(basename "$bad" _VH.tif): $bad: *not a TIFF*" 'rsenc-untar -k bigearthnet-s1 <bad.tar >x.rec'
is 'others are written, with an end' "$(rsenc-show x.rec | cut -f1 | uniq | wc -l)" 3
check 1 '' "rsenc-untar: standard input: is empty: download it again" 'rsenc-untar -q bigearthnet-s1 </dev/null'
check 1 '' '*standard input: not a tar archive, or damaged at byte 0: *' 'head -c 3000 /dev/zero | tr "\000" "\001" | rsenc-untar bigearthnet-s1'
check 1 '' '*standard input is a TIFF file, not a tar archive*' 'rsenc-untar bigearthnet-s1 <good.tif'
check 2 '' '*missing operand DATASET*' 'rsenc-untar'
check 2 '' "*unknown dataset 'nothing'*" 'rsenc-untar nothing <s1.tar'
check 1 '' 'rsenc-untar: hard: some: some/hard_VH.tif: a link, which cannot be followed in a stream: decompress *' 'rsenc-untar -f link.rules links <links.tar >x.rec'

# ---- more of links: a tar gives what the unpacked tree gives ----
# same_as_tree TAR DATASET: unpacked into a directory of its name, or scanned, or both refused
same_as_tree() {
	rm -rf "${1%.tar}" && mkdir "${1%.tar}" && tar -xf "$1" -C "${1%.tar}"
	rsenc-scan -f link.rules "$2" "${1%.tar}" >tree.tsv 2>err.tree
	status=$?
	rsenc-scan -f link.rules "$2" "$1" >tar.tsv 2>err
	is "$1: the status of its tree" $? $status
	sort tree.tsv | rsenc-pack -r 2>/dev/null >tree.rec
	sort tar.tsv | rsenc-pack -r 2>/dev/null >tar.rec
	is "$1: as its tree" "$(rsenc-show tar.rec 2>&1)" "$(rsenc-show tree.rec 2>&1)"
	ok "$1: the same values" cmp tar.rec tree.rec
}
printf 'chain\tc_(V[HV])\tc\t\\1:VH,VV\t0\n' >>link.rules
mkdir -p chain/store chain/v2 && cp "$vh" chain/store/blob1 && cp "$vv" chain/v2/two.tif
(
	cd chain || exit
	ln -s two chain_VH.tif && rm chain_VH.tif
	ln -s store/blob1 hop2 && ln -s hop2 hop1 && ln -s hop1 c_VH.tif
	ln -s v2 current && ln -s current/two.tif c_VV.tif
	tar -cf ../chain.tar c_VV.tif c_VH.tif hop1 current hop2 store v2
	tar -cf ../chain2.tar store v2 hop2 current hop1 c_VH.tif c_VV.tif
)
same_as_tree chain.tar chain
same_as_tree chain2.tar chain
is 'a chain, a directory and a blob: one patch' "$(rsenc-scan -f link.rules chain chain.tar | cut -f1)" c
(
	cd chain || exit
	rm -f c_* && ln -s store/copy.tif c_VH.tif && ln -s store/copy.tif c_VV.tif
	cp "../$vh" store/copy.tif && tar -cf ../last.tar c_VH.tif store/copy.tif
	cp "../$vv" store/copy.tif && tar -rf ../last.tar c_VV.tif store/copy.tif
)
same_as_tree last.tar chain # the last copy counts
(
	cd chain || exit
	rm -f c_* store/copy.tif && cp "../$vh" store/copy && ln store/copy c_VH.tif && ln store/copy c_VV.tif
	tar -cf ../hard.tar store/copy c_VH.tif
	cp "../$vv" store/new && mv store/new store/copy && rm c_VV.tif && ln store/copy c_VV.tif
	tar -rf ../hard.tar store/copy c_VV.tif
)
same_as_tree hard.tar chain # each hard link is the copy before it
(
	cd chain || exit
	rm -f c_* && ln -s loop1 c_VH.tif && ln -s c_VH.tif loop1 && cp "../$vv" c_VV.tif && mv c_VV.tif c
	ln -s c.tif c_VV && tar -cf ../loop.tar c_VH.tif loop1 c_VV c
)
check 1 '' '*loop.tar/c_VH.tif: a loop of links*' 'rsenc-scan -f link.rules chain loop.tar'
# ".." behind a link leads to the parent of its target.
(
	cd chain || exit
	rm -f c_* && mkdir -p deep/er && cp "../$vh" deep/x && cp "../$vv" x && ln -s deep/er far
	ln -s far/../x c_VH.tif && ln -s far/../../x c_VV.tif && tar -cf ../up.tar c_VH.tif c_VV.tif far deep x
)
same_as_tree up.tar chain
is '... one patch' "$(rsenc-scan -f link.rules chain up.tar | cut -f1)" c
# Links to what is found at its own place add nothing; links to directories are followed.
mkdir -p farm/all farm/split/v2 farm/store && cp "$vh" farm/store/blob
for k in 1 2 3; do cp "$vh" farm/all/p${k}_img.tif && cp "$vv" farm/split/v2/p${k}_msk.tif; done
(
	cd farm || exit
	ln -s ../all/p1_img.tif split/q1.tif && ln -s split/v2 current && ln -s v2 split/latest
	ln -s ../../all/p1_img.tif split/v2/p9.tif && ln -s store/blob p4_img.tif
	find . ! -type d | sort >list && tar -cf ../farm.tar -T list && sort -r list | tar -cf ../mraf.tar -T -
)
printf 'farm\t(p[0-9])_img\t\\1\tA\t0\nfarm\t[^/]+/(p[0-9])_msk\t\\1\tM?\t0\n' >>link.rules
printf 'farm2\tcurrent/(p[0-9])_msk\t\\1\tM\t0\n' >>link.rules
for one in farm:p1:2/p2:2/p3:2/p4:1/ farm2:p1:1/p2:1/p3:1/; do
	for from in farm farm.tar mraf.tar; do
		rsenc-scan -f link.rules "${one%%:*}" $from >out 2>&1
		is "${one%%:*}: $from" "$? $(sort out | awk -F '\t' '{ printf "%s:%d/", $1, NF - 1 }')" "0 ${one#*:}"
	done
done
check 1 '' 'rsenc-untar: p4: .: ./p4_img.tif: a link, which cannot be followed in a stream: *: skipped' 'rsenc-untar -f link.rules farm <farm.tar >x.rec'
is 'links that no line matches are not reported' "$(grep -c link check.err)" 1
# A patch is not stored without a part that is behind a link.
(cd farm && rm split/v2/p1_msk.tif && ln -s ../../store/blob split/v2/p1_msk.tif && tar -cf ../behind.tar all split store)
check 1 '' 'rsenc-untar: p1: all: split/v2/p1_msk.tif: a link, which cannot be followed in a stream: *: skipped' \
	'rsenc-untar -f link.rules farm <behind.tar >x.rec'
is '... the others are' "$(rsenc-show x.rec | cut -f 1 | sort -u | tr '\n' ' ')" 'p2 p3 '

# Below links to directories there are links to files, hard links, and links to directories.
mkdir -p ways/all/deep ways/raw ways/sub && cp "$vh" ways/store && cp "$vv" ways/all/deep/a_img.tif
printf 'ways\t(?:in|via)/(?:[a-z]+/)?([a-z])_(?:img|msk)\t\\1\tA\t0\n' |
	sed 's|(?:\[a-z\]+/)?||; p; s|via)/|via)/[a-z]+/|' >>link.rules
(
	cd ways || exit
	ln -s ../store all/b_img.tif && ln all/deep/a_img.tif all/c_msk.tif
	cp "../$vh" raw/d_img.tif && ln -s ../raw all/raw && ln -s all in
	find . ! -type d | sort >list && tar -cf ../ways.tar -T list && sort -r list | tar -cf ../syaw.tar -T -
	ln -s ../all sub/via && tar -cf ../twice.tar -T list sub/via && rm sub/via
	ln -s nowhere sub/via && tar -cf ../broken.tar -T list sub/via && rm sub/via
	ln -s ../../sub all/deep/on && ln -s ../all/deep sub/to && tar -cf ../loops.tar -T list all/deep/on sub/to
	rm all/deep/on sub/to in && ln -s . in && tar -cf ../top.tar all in
)
for one in ways syaw twice broken loops top; do same_as_tree $one.tar ways; done
is 'the files below links' "$(rsenc-scan -f link.rules ways ways.tar | cut -f 1 | sort | paste -s -d ' ' -)" 'a b c d'
is 'two ways to one file are two files' "$(rsenc-scan -f link.rules ways twice.tar 2>&1 | grep -c ': two files for A: ')" 4
check 1 '*' 'rsenc-scan: broken.tar/sub/via: a loop of links, or a link to a file that is not in the archive' \
	'rsenc-scan -f link.rules ways broken.tar'
check 1 '*' '*loops.tar/*: symbolic link loop, or too many links: not followed' 'rsenc-scan -f link.rules ways loops.tar'
# The last member of a name counts, of whatever kind.
(
	cd ways || exit
	rm -f in && mkdir in && cp store in && ln -s store in/b_img.tif && tar -cf ../kinds.tar in
	rm in/b_img.tif && cp all/deep/a_img.tif in/b_img.tif && tar -rf ../kinds.tar in/b_img.tif
	tar -cf ../turned.tar in
	rm in/b_img.tif && ln -s store in/b_img.tif && tar -rf ../turned.tar in/b_img.tif
)
same_as_tree kinds.tar ways
check 1 '*' '*turned.tar/in/b_img.tif: a link of the same name follows: unpack the archive' 'rsenc-scan -f link.rules ways turned.tar'
# A stream cannot follow links to directories: what they would give is refused, and nothing else.
for one in ways syaw; do
	rsenc-untar -f link.rules ways <$one.tar >x.rec 2>err
	is "$one: each patch behind links is refused by rsenc-untar" \
		"$? $(grep -c ': a link, which cannot be followed in a stream: decompress ' err)" '1 4'
done
mkdir aside && cp -r s1 aside && cp "$vh" aside/s1/other.tif && ln -s s1 aside/beside && ln -s s1/x.txt aside/README
tar -C aside -cf aside.tar beside README s1
rsenc-scan bigearthnet-s1 aside.tar 2>err | rsenc-pack -r >aside.rec
check 0 '' '' 'rsenc-untar bigearthnet-s1 <aside.tar | cmp - aside.rec'

if [ -n "$python" ]; then
	# More files that no line has taken than are remembered, and links that make 2^39 paths
	cat >hosts.py <<'EOF'
import io, tarfile
def link(t, name, to):
    info = tarfile.TarInfo(name)
    info.type, info.linkname = tarfile.SYMTYPE, to
    t.addfile(info)
with tarfile.open("aside2.tar", "w") as t:
    for i in range(4500):
        t.addfile(tarfile.TarInfo("x/" * 2000 + "%d.tif" % i), io.BytesIO(b""))
    link(t, "in", "all")
with tarfile.open("farm2.tar", "w") as t:
    for i in range(39):
        for name in "ab":
            link(t, "d%d/%s" % (i, name), "../d%d" % (i + 1))
    t.addfile(tarfile.TarInfo("d39/k1_VV.tif"), io.BytesIO(b""))
EOF
	"$python" hosts.py
	printf 'two\tk([0-9]*)_VV\t\\1\tVV\t0\n' >>link.rules
	check 1 '' 'rsenc-untar: in: may be a link to a directory, which cannot be followed in a stream: decompress *' \
		'rsenc-untar -f link.rules two <aside2.tar >x.rec'
	check 1 "1$(printf '\t')VV=farm2.tar*" '*: symbolic link loop, or too many links: not followed' 'timeout 60 rsenc-scan -f link.rules two farm2.tar'
	cat >links.py <<'EOF'
import sys, tarfile, io
with tarfile.open(sys.argv[1], "w") as t:
    info = tarfile.TarInfo("x.tif")
    t.addfile(info, io.BytesIO(b""))
    for i in range(40000):
        info = tarfile.TarInfo("k%d_VV.tif" % i)
        info.type = tarfile.LNKTYPE if i % 2 else tarfile.SYMTYPE
        info.linkname = "x.tif"
        t.addfile(info)
EOF
	"$python" links.py many.tar
	printf 'one\tk([0-9]*)_VV\t\\1\tVV\t0\n' >>link.rules
	is '40,000 links to one member, in seconds' \
		"$(timeout 5 rsenc-scan -f link.rules one many.tar 2>/dev/null | wc -l)" 40000
	timeout 5 rsenc-untar -f link.rules one <many.tar >x.rec 2>err
	is 'each is reported by rsenc-untar' "$? $(grep -c 'a link, which cannot be followed in a stream' err)" '1 40000'
	# As for the kernel, a link ends at PATH_MAX: longer ones took memory and hours.
	cat >far.py <<'EOF'
import sys, tarfile
with tarfile.open(sys.argv[1], "w") as t:
    for name, to in (("k0_VV.tif", "a/" * 2048 + "x"), ("e", "f" + "/y" * 1500), ("f", "z/" * 1500), ("k1_VV.tif", "e/x")):
        info = tarfile.TarInfo(name)
        info.type, info.linkname = tarfile.SYMTYPE, to
        t.addfile(info)
EOF
	"$python" far.py far.tar
	check 1 '' '*far.tar/k0_VV.tif: a loop of links, or a link to a file that is not in the archive
*far.tar/k1_VV.tif: a loop of links, or *' 'rsenc-scan -f link.rules one far.tar'
	cat >empty.py <<'EOF'
import sys, tarfile, io
with tarfile.open(sys.argv[1], "w") as t:
    for i in range(int(sys.argv[3])):
        t.addfile(tarfile.TarInfo(sys.argv[2] % i + "S1A_IW_GRDH_%d_VH.tif" % i), io.BytesIO(b""))
EOF
	"$python" empty.py deep.tar "$(printf 'd/%.0s' $(seq 2040))%d_" 1
	check 1 '' '*S1A_IW_GRDH_0_VH.tif: the name has more than 4095 bytes' 'rsenc-scan bigearthnet-s1 deep.tar'
	# A directory for each counts, too.
	"$python" empty.py waiting.tar "%d/$(printf '%0200d' 0)/" 4000
	check 1 '' '*_VH.tif: has 0 bytes, which with the files of incomplete patches need more memory than the limit of 2097152: raise it with -M*' \
		'rsenc-untar -M 2M bigearthnet-s1 <waiting.tar >x.rec'
	"$python" empty.py waiting.tar '%.0s' 100000
	check 1 '' '*_VH.tif: has 0 bytes, which with the files of incomplete patches need more memory than the limit of 1048576: raise it with -M*' \
		'rsenc-untar -M 1M bigearthnet-s1 <waiting.tar >x.rec'
else
	skip 'many links' 'needs python3'
fi

# ---- a download that reserved its space and stopped ----
head -c $((size / 2)) s1.tar >reserved.tar
truncate -s 3M reserved.tar
check 1 '' '*: reserved.tar: ends in * bytes of zeros: the download may have stopped: complete the download*' \
	'rsenc-scan bigearthnet-s1 reserved.tar'
check 1 '' 'rsenc-untar: standard input: ends in * bytes of zeros: *' 'rsenc-untar bigearthnet-s1 <reserved.tar'
check 1 '*' '*ends in * bytes of zeros: *' 'cat reserved.tar | rsenc-untar bigearthnet-s1 >x.rec'
# The rest of a small one is less than a MiB, and a member is cut.
sed -n '1,3s/.*VV=s1.tar\\@\([0-9]*\),\([0-9]*\),.*/\1 \2/p' s1.tsv | while read -r at len; do
	for cut in $((at + 1)) $((at + len / 2)) $((at + len - 100)); do
		head -c $cut s1.tar >reserved.tar && truncate -s "$size" reserved.tar
		rsenc-scan bigearthnet-s1 reserved.tar >out 2>err
		rsenc-untar bigearthnet-s1 <reserved.tar >/dev/null 2>>err
		cat reserved.tar | rsenc-untar bigearthnet-s1 2>>err | rsenc-load -q reserved.db 2>/dev/null
		echo "$(grep -c 'cut by zeros\|ends in .* bytes of zeros' err) $(cut -f 2- out | grep -c "@$at,")"
	done
done >reserved
is 'a member that the zeros cut is found, and not listed' "$(sort -u reserved)" '3 0'
# A piece in the middle is missing: the member before it ends in zeros, those after it are not there.
read -r at len <<E2
$(sed -n '1s/.*VV=s1.tar\\@\([0-9]*\),\([0-9]*\),.*/\1 \2/p' s1.tsv)
E2
for piece in $((at + 1000)):3000000 $((at + len - 100)):5000 $((at + len - 100)):60000; do
	cp s1.tar pieces.tar
	head -c "${piece#*:}" /dev/zero | head -c $((size - ${piece%:*} - 20000)) |
		dd of=pieces.tar bs=64K oflag=seek_bytes seek="${piece%:*}" conv=notrunc 2>/dev/null
	check 1 '' '*: pieces.tar: s1/*_VV.tif: cut by zeros: the download may have stopped: complete the download*' 'rsenc-scan bigearthnet-s1 pieces.tar'
	check 1 '' 'rsenc-untar: standard input: damaged at byte *, after s1/*' 'cat pieces.tar | rsenc-untar bigearthnet-s1 >x.rec'
done
# ... up to where a header happens to be
next=$(sed -n '3s/.*VV=s1.tar\\@\([0-9]*\),.*/\1/p' s1.tsv)
cp s1.tar pieces.tar
head -c $((next - 512 - at - 1000)) /dev/zero | dd of=pieces.tar bs=64K oflag=seek_bytes seek=$((at + 1000)) conv=notrunc 2>/dev/null
check 1 '' '*: pieces.tar: s1/*_VV.tif: cut by zeros: *' 'rsenc-scan bigearthnet-s1 pieces.tar'
check 1 '' '*: damaged at byte *, after s1/*_VV.tif: after zeros: the download may have stopped: complete the download*' 'cat pieces.tar | rsenc-untar bigearthnet-s1 >x.rec'
printf 'none	([0-9]*)	\\1	A	0\n' >none.rules
check 1 '' '*ends in * bytes of zeros*' 'cat reserved.tar | rsenc-untar -f none.rules none >x.rec' # nothing is read of it
cp s1.tar padded.tar && truncate -s +1000000 padded.tar
check 0 "$(rsenc-scan bigearthnet-s1 s1.tar | cut -f1 | tr '\n' '*')" '' 'rsenc-scan bigearthnet-s1 padded.tar'

# ---- compressed, in parts, incomplete: the message has the command, and the command works ----
# A wrong bit whose checksum comes after the patches: the advice must not keep the wrong patch.
gzip -1c s1.tar >bit.tar.gz
{ head -c -8 bit.tar.gz && printf 'wrong sum'; } >x && mv x bit.tar.gz
check 1 '' '*gzip: *crc error*' 'gzip -t bit.tar.gz && gzip -dc bit.tar.gz | rsenc-untar bigearthnet-s1 | rsenc-load never'
is 'it is not converted' "$(ls -d never 2>&1)" "ls: cannot access 'never': No such file or directory"

# remedy: runs the command that check.err quotes
remedy() {
	rm -rf DB
	sh -c "$(sed -n "s/.*run '\(.*\)'.*/\1/p" check.err | head -n 1)" >log 2>&1
}
for kind in zstd:zst gzip:gz xz:xz bzip2:bz2 lz4:lz4; do
	have ${kind%:*} || {
		skip "${kind%:*}" 'is not installed'
		continue
	}
	program=${kind%:*} ending=${kind#*:}
	$program -c s1.tar >"s1.tar.$ending"
	check 1 '' "rsenc-scan: s1.tar.$ending: is compressed with $program: run 'rsenc-untar bigearthnet-s1 s1.tar.$ending | rsenc-load DB'" \
		"rsenc-scan bigearthnet-s1 s1.tar.$ending"
	remedy
	ok "$program: the command" rsenc-verify -q -x DB s1.rec
	check 1 '' "rsenc-untar: standard input is $program data, not a tar archive: name the file as an operand of rsenc-untar" \
		"rsenc-untar bigearthnet-s1 <s1.tar.$ending"
done
# As pzstd begins; and a window that zstd refuses by default, whose frame does not say how long it is.
if have zstd; then
	{ printf '\120\052\115\030\004\000\000\000size' && zstd -c s1.tar; } >p.tar.zst
	zstd -q --long=31 -c <s1.tar >window.tar.zst
	for archive in p.tar.zst window.tar.zst; do
		check 0 '' '' "rsenc-untar -q bigearthnet-s1 $archive | cmp - pipe.rec"
	done
fi
mkdir none && ln -s "$(command -v sh)" none && for archive in s1.tar.*; do
	check 1 '' "*rsenc-untar: $archive: '* -dc' failed: nothing written: install that program" \
		"PATH=\$PWD/none:$BIN rsenc-untar -q bigearthnet-s1 $archive"
done
gzip -c vh.tar >'v h.tgz'
gzip -c vv.tar >vv.tar.gz
check 1 '' '*: is compressed with gzip: run *' "rsenc-scan bigearthnet-s1 'v h.tgz' vv.tar.gz"
remedy
rsenc-verify -q -x DB <s1.rec && pass 'several compressed archives are one root'
check 1 '' '*: is compressed with gzip: run *' 'rsenc-scan bigearthnet-s1 vh.tar vv.tar.gz'
remedy
rsenc-verify -q -x DB <s1.rec && pass 'a compressed one and another'
check 1 '' "*: vv.tar.gz: is compressed with gzip: run 'gzip -dk vv.tar.gz' and use the decompressed file instead" \
	'mkdir -p unzipped; mv vv.tar unzipped/; rsenc-scan bigearthnet-s1 s1 vv.tar.gz'
remedy
ok 'which decompresses it' cmp vv.tar unzipped/vv.tar
# ---- archives that rsenc-untar opens itself ----
check 0 '' 'rsenc-untar: testing ?v h.tgz?' 'mv "v h.tgz" "$(printf "\"v h.tgz\"")"; rsenc-untar bigearthnet-s1 \"v\ h.tgz\" vv.tar >x.rec'
ok 'one compressed, one not: one root' sh -c 'rsenc-load -q Two x.rec && rsenc-verify -q -x Two <s1.rec'
check 0 '' '' 'rsenc-untar -q bigearthnet-s1 s1.tar | cmp - pipe.rec'
head -c 40000 vv.tar.gz >cut.tgz
check 1 '' "*gzip: *
rsenc-untar: cut.tgz: 'gzip -dc' failed: nothing written: download the archive again" 'rsenc-untar -q bigearthnet-s1 vh.tar cut.tgz'
check 1 '' '*rsenc-untar: the archives: *: truncated: *' 'rsenc-untar --no-archive-test bigearthnet-s1 vh.tar cut.tgz >x.rec'
# The test ends with the command that reads.
mkdir slow && printf '#!/bin/sh\nwhile echo; do sleep 0.1; done\n' >slow/gzip && chmod +x slow/gzip
check 0 '' '*
141' '{ PATH="$PWD/slow:$PATH" timeout 20 rsenc-untar bigearthnet-s1 vv.tar.gz; echo $? >&2; } | true'
# Its sum alone is wrong: no end marker after what may be wrong.
check 1 '' '*rsenc-untar: the archive cannot be decompressed to its end*rsenc-untar: bigearthnet-s1: 4 patches read before the damage may be wrong: *' \
	'rsenc-untar --no-archive-test bigearthnet-s1 bit.tar.gz >x.rec'
check 1 '*' '*no end marker after record 4*' 'rsenc-show x.rec'
check 1 '' 'rsenc-untar: none.tgz: No such file or directory' 'rsenc-untar bigearthnet-s1 none.tgz'
check 1 '' 'rsenc-untar: cut.tgz: incomplete download: cut.tgz.aria2 exists: *' ': >cut.tgz.aria2; rsenc-untar bigearthnet-s1 cut.tgz'
# A bad patch ends the run, and SIGPIPE the program that decompresses: the archive is not damaged.
gzip -c bad.tar >bad.tgz
check 1 '' "rsenc-untar: $(basename "$bad" _VH.tif): $bad: *not a TIFF*" 'rsenc-untar -q bigearthnet-s1 bad.tgz s2.tar >x.rec'
mkdir parts
split -b 60000 -d s1.tar.gz 'parts/s 1.tar.gz.part'
split -b 60000 -d -a 3 s1.tar parts/s1.tar.
check 1 '' "*: parts/s 1.tar.gz.part00: a part of an archive: join the parts: run *" "rsenc-scan bigearthnet-s1 'parts/s 1.tar.gz.part00'"
remedy
ok 'parts of a compressed archive' cmp 'parts/s 1.tar.gz' s1.tar.gz
check 1 '' "*: parts/s1.tar.000: a part of an archive: join the parts: run 'cat parts/s1.tar.* >parts/s1.tar'" \
	'rsenc-scan bigearthnet-s1 parts/s1.tar.*'
remedy
ok 'parts of an archive' cmp parts/s1.tar s1.tar
split -b 60000 -d -a 3 --additional-suffix=.gz.part s1.tar.gz 'parts/s 3.tar.'
check 1 '' "*: parts/s 3.tar.000.gz.part: a part of an archive: join the parts: run *" "rsenc-untar bigearthnet-s1 'parts/s 3.tar.000.gz.part'"
remedy
ok "parts of an archive, as MMFlood's" cmp 'parts/s 3.tar.gz' s1.tar.gz
for part in .00 .aa .partaa .part1 -00 -aa _00 .part-00 .part_aa; do
	cp s1.tar "parts/s2.tar$part"
	check 1 '' "*: parts/s2.tar$part: a part of an archive: join the parts: run 'cat parts/s2.tar* >parts/s2.tar'" \
		"rsenc-scan bigearthnet-s1 parts/s2.tar$part"
done
for name in s1-aa.tar s1.part s1_2020 2020-01; do
	cp s1.tar "parts/$name"
	check 0 'S1*' '' "rsenc-scan bigearthnet-s1 parts/$name"
done
for marker in s1.tar.aria2 s1.tar.st s1.tar.lftp-pget-status s1.tar.part s1.tar.partial s1.tar.crdownload \
	s1.tar.download s1.aria2; do
	: >$marker
	root=s1.tar
	[ $marker != s1.aria2 ] || root=s1/
	check 1 '' "rsenc-scan: $root: incomplete download: $marker exists: resume the download, or remove $marker if $root is complete" \
		"rsenc-scan bigearthnet-s1 $root"
	rm $marker
done
# Beside what was downloaded as a whole, and where a link leads
mkdir -p whole/inner && mv vh.tar whole/inner && ln -s whole/inner/vh.tar vh.tar && mkdir whole.part
check 1 "" '*' 'rsenc-scan -q bigearthnet-s1 vh.tar'
for marker in whole.aria2 whole/inner/vh.tar.aria2; do
	: >$marker
	for root in vh.tar whole/inner/vh.tar; do
		check 1 '' "rsenc-scan: $root: incomplete download: *$marker exists: *" "rsenc-scan bigearthnet-s1 $root"
	done
	rm $marker
done
mkdir folder && cp s1.tar 'folder/s 1.tar'
check 1 '' "*rsenc-scan: folder: contains archives, which are not searched: run 'rsenc-scan bigearthnet-s1 \"folder/s 1.tar\"'" \
	'rsenc-scan bigearthnet-s1 folder'

# ---- large and long ----
if [ -n "$python" ]; then
	long=$(printf '%250s' '' | tr ' ' l)
	cat >large.py <<'EOF'
import sys, tarfile
name, form, small, long = sys.argv[1:]
with open(name, "wb") as f: # nine gigabytes of a hole, then patches
    for size, path in (9 << 30, "S1A_IW_GRDH_huge_VH.tif"), (9 << 30, "huge.bin"):
        info = tarfile.TarInfo(path)
        info.size = size
        f.write(info.tobuf(getattr(tarfile, form + "_FORMAT")))
        f.seek(size, 1)
    for band in "VH", "VV":
        data = open(small.replace("_VH", "_" + band), "rb").read()
        info = tarfile.TarInfo("/".join([long, long, "S1A_IW_GRDH_" + long[:100] + "_" + band + ".tif"]))
        info.size = len(data)
        f.write(info.tobuf(getattr(tarfile, form + "_FORMAT")))
        f.write(data + bytes(-len(data) % 512))
    f.write(bytes(1024))
EOF
	for format in GNU PAX; do
		if "$python" large.py large.tar $format "$vh" "$long" 2>err; then
			rsenc-scan bigearthnet-s1 large.tar >large.tsv 2>err
			like "$format: 9 GB members" "$(cat err)" '*_huge: large.tar: incomplete: 1 of 2 bands missing (VV)*'
			rsenc-pack <large.tsv | cmp - wanted.blob && pass "$format: behind 9 GB, names of 600 bytes"
		else
			skip "$format: 9 GB members" "$(tail -n 1 err)"
		fi
		rm -f large.tar
	done
else
	skip 'large members' 'needs python3'
fi

done_testing

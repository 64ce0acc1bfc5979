#!/bin/sh
# rs-tensor-encoder: the whole conversion in one call, whatever goes wrong on the way.
# shellcheck disable=SC2016 # commands of the tables are expanded by their own shell
. "${0%/*}/lib.sh"

mkdir temporary
TMPDIR=$tmp/temporary
export TMPDIR
fixture -b bigearthnet ben 3
ln -s ben S1
ln -s ben S2
fixture hyspecnet-11k hyspecnet 1
fixture -b bigearthnet many 40
rsenc-scan bigearthnet ben >ben.tsv
rsenc-pack -r <ben.tsv | rsenc-load Ben
rsenc-dump Ben >ben.rec

# holds WHAT DB RECORDS: the database holds these records, which are in key order, and no others;
# no load is unfinished, no temporary file is left
holds() {
	if rsenc-dump "$2" 2>&1 | cmp - "$3" >cmp.log 2>&1 && [ ! -e "$2/incomplete" ] &&
		[ -z "$(ls temporary)" ]; then
		pass "$1"
	else
		fail "$1" "$(cat cmp.log; ls "$2" temporary)"
	fi
}

# ---- usage ----

check 0 'usage: rs-tensor-encoder*--verify*' '' 'rs-tensor-encoder --help'
check 0 "rs-tensor-encoder $(rsenc-scan -V | sed 's/.* //')" '' 'rs-tensor-encoder --version'
check 1 '' '*No space left*' 'rs-tensor-encoder --help >/dev/full'
check 2 '' '*: no dataset: give --DATASET-root PATH (-h shows the options)' 'rs-tensor-encoder T'
check 2 '' '*: missing operand TARGET *' 'rs-tensor-encoder --hydro-root ben'
check 2 '' "*: one TARGET, not 'T' and 'U': put --DATASET-root before each path, *" 'rs-tensor-encoder --hydro-root ben T U'
mkdir 'my data'
check 2 '' "*: one TARGET, not 'data' and 'T': put --DATASET-root before each path, and quote blanks in a path *" 'rs-tensor-encoder --hydro-root my data T'
check 2 '' '*: no such option --force: remove TARGET to convert again *' 'rs-tensor-encoder --force --hydro-root ben T'
check 2 '' '*: no such option --threads: did you mean --jobs? *' 'rs-tensor-encoder --threads 4 --hydro-root ben T'
check 2 '' "*: --hidro: no such option or dataset: unknown dataset 'hidro': did you mean 'hydro'?: *" 'rs-tensor-encoder --hidro-root ben T'
check 2 '' "*: --hydroroot: no such option or dataset: *did you mean 'hydro'?: *" 'rs-tensor-encoder --hydroroot ben T'
check 2 '' "*: --root: no such option or dataset: unknown dataset 'root': *" 'rs-tensor-encoder --root ben T'
check 2 '' '*: no such option --target-dir: give TARGET as the last operand *' 'rs-tensor-encoder --hydro-root ben --target-dir T'
check 2 '' '*: --resume: no such option, or its value is missing *' 'rs-tensor-encoder --resume --hydro-root ben T'
check 2 '' '*: --verfiy: no such option, or its value is missing *' 'rs-tensor-encoder --verfiy --hydro-root ben T'
check 2 '' "*: --verfiy: no such option or dataset: *" 'rs-tensor-encoder --hydro-root ben --verfiy T'
check 1 '' '*: hydro: ~/ben: no such file or directory' 'rs-tensor-encoder --hydro-root=~/ben T'
check 1 '' '*: no complete patch found, or none selected by --filter: nothing written' "rs-tensor-encoder --filter 'grep -- --no' --bigearthnet-root ben T"
check 1 '' '*: ben.tsv: is a file, not a directory: name a new directory*' 'rs-tensor-encoder --bigearthnet-root ben ben.tsv'
check 2 '' '*: --bigearthnetroot: no such option or dataset: *did you mean ?bigearthnet*' 'rs-tensor-encoder --bigearthnetroot ben T'
check 1 '' "*contains no TIFF file*
rs-tensor-encoder: no complete patch found: nothing written" "rs-tensor-encoder --hydro-root 'my data' T"
check 2 '' "*: --nosuch: no such option or dataset: unknown dataset 'nosuch': run 'rsenc-scan -l' to list all *" 'rs-tensor-encoder --nosuch ben T'
check 2 '' '*: --quiet: no such option or dataset*' 'rs-tensor-encoder --quiet=1 T'
check 2 '' '*: no such option -x *' 'rs-tensor-encoder -qx T'
check 2 '' "*: --nosuch: no such option or dataset: *run 'rsenc-scan -l' *" 'rs-tensor-encoder --nosuch-root ben T'
check 2 '' '*: --hydro-root: missing value *' 'rs-tensor-encoder T --hydro-root'
check 2 '' "*-j: '1x' is not a whole number*" 'rs-tensor-encoder --jobs 1x --hydro-root ben T'
check 2 '' "*-j: '-1' is not a whole number*" 'rs-tensor-encoder -j-1 --hydro-root ben T'
check 2 '' "*-j: '20000' is too large*" 'rs-tensor-encoder --jobs=20000 --hydro-root ben T'
check 2 '' '*: --rules: missing value *' 'rs-tensor-encoder --rules= T'

# ---- nothing is written unless all is well ----

check 1 '' '*bigearthnet-s1: nosuch: no such file or directory' 'rs-tensor-encoder --bigearthnet-s1-root nosuch T'
check 1 '' '*hydro: nosuch: no such file or directory' 'rs-tensor-encoder --bigearthnet-s1-root ben --hydro-root nosuch T'
check 1 '' '*rsenc-scan: *: rsenc-scan: nothing written: fix *' 'rs-tensor-encoder --bigearthnet-root ben --hydro-root ben T'
check 1 '' '*: no complete patch found: nothing written' 'rs-tensor-encoder -k --hydro-root ben T'
check 1 '' 'rsenc-scan: nosuch: *' 'rs-tensor-encoder --rules nosuch --mine-root ben T'
check 1 '' '*bad.rules*' 'echo bad >bad.rules; rs-tensor-encoder --rules bad.rules --mine-root ben T'
check 1 '' '*rsenc-load: ben.tsv: is a file*' 'rs-tensor-encoder --bigearthnet-root ben ben.tsv'
check 1 '' '*rsenc-load: no/T: *' 'rs-tensor-encoder --bigearthnet-root ben no/T'
check 1 '' 'rsenc-*: Other: *' 'mkdir Other; cp ben.tsv Other/data.mdb; rs-tensor-encoder --bigearthnet-root ben Other'
check 1 '' '*: duplicate keys: *T33UUP*: nothing written: give each dataset once, *' 'rs-tensor-encoder --bigearthnet-root ben --bigearthnet-s2-root S1/ T'
ok 'no target was made' test ! -e T
is 'no temporary file was left' "$(ls temporary)" ''

# ---- all is well ----

summary='rs-tensor-encoder: T: 9 patches found: about [0-9]* MB needed, * free
rs-tensor-encoder: T: 9 patches stored (9 new), [0-9]* s'
check 0 '' "$summary" 'rs-tensor-encoder --bigearthnet-s1-root S1 --bigearthnet-s2-root S2 --bigearthnet-maps-root ben T'
holds 'it stores what the pipe stores' T ben.rec
check 0 '' '*: T: 9 patches found, 9 already stored
rs-tensor-encoder: T: 9 patches stored (0 new), *' 'rs-tensor-encoder --bigearthnet-root ben T'
check 0 '' '' 'rs-tensor-encoder -qj1 --bigearthnet-root=ben -- -T'
check 0 '' '' 'rsenc-dump -- -T | cmp - ben.rec'
check 0 '' '*rsenc-load: U: 9 patches stored*rs-tensor-encoder: U: 9 patches stored (9 new)*' 'rs-tensor-encoder U --jobs=2 --verbose --bigearthnet-root ben'
holds 'options after the target' U ben.rec
check 0 '' '*: Part: 9 patches found, 3 already stored: about *: 9 patches stored (6 new)*' 'head -n 3 ben.tsv | rsenc-pack -r | rsenc-load Part; rs-tensor-encoder --bigearthnet-root ben Part'
holds 'what was there is skipped' Part ben.rec
check 0 '' '*: T: 10 patches stored (1 new)*' 'rs-tensor-encoder --hyspecnet hyspecnet --bigearthnet-root ben T'
check 0 '' '*: H: 1 patch stored (1 new)*' 'rs-tensor-encoder --hyspecnet-root hyspecnet H'
mkdir 'odd  dir' && cp "$(sed -n 1p ben.tsv | sed 's/.*=//')" 'odd  dir/a_red.tif' && cp 'odd  dir/a_red.tif' 'odd  dir/a_nir.tif'
printf 'mine\t([^/]+)_(red|nir)\t\\1\t\\2:red,nir\t0\n' >'my rules'
check 0 '' '*: odd  T: 1 patch stored (1 new)*' 'rs-tensor-encoder --rules "my rules" --mine-root "odd  dir" "odd  T"'
check 0 'a' '' 'rsenc-dump --keys "odd  T"'

# What runs for a new target of one dataset: each command once, and none to look up what cannot be stored.
mkdir traced && cp "$BIN/rs-tensor-encoder" traced/
for one in dump load missing pack scan verify; do
	printf '#!/bin/sh\necho "%s" "$1" >>"%s/traced.log"\nexec "%s/rsenc-%s" "$@"\n' $one "$PWD" "$BIN" $one >traced/rsenc-$one
	chmod +x traced/rsenc-$one
done
check 0 '' '*: Traced: 9 patches stored (9 new), *' 'traced/rs-tensor-encoder --bigearthnet-root ben Traced'
is 'a new target: what runs' "$(LC_ALL=C sort traced.log | tr '\n' ' ')" \
	'load --check load -s missing -q pack --size pack -r scan -- scan -l '
mkdir "it's" && cp -r ben "it's/a  b"
check 0 '' '*: Quoted: 9 patches stored (9 new), *' "rs-tensor-encoder --bigearthnet-root \"it's/a  b\" Quoted"

# ---- --verify ----

check 0 '' '*rsenc-verify: T: 9 patches: 9 identical*: T: 10 patches stored (0 new)*' 'rs-tensor-encoder --verify --bigearthnet-root ben T'
check 0 '' '' 'rs-tensor-encoder --verify -q --bigearthnet-root ben Quiet'
fixture -b -s 1 bigearthnet-maps maps 1
first=$(rsenc-scan bigearthnet-maps maps | cut -f 1)
rsenc-scan bigearthnet-maps maps | rsenc-pack -r | rsenc-load --replace T
check 1 "$first?differs" '*8 identical, 0 missing, 1 differ*: T: not proven to be identical to the files (see above)' 'rs-tensor-encoder --verify --bigearthnet-root ben T'

# ---- patches that are incomplete or bad ----

cp -r ben bad
file=$(find bad -name '*T33UUP*_B03.tif')
rm "$file"
check 1 '' '*B03*nothing written: fix the files reported above, or skip them with --keep-going' 'rs-tensor-encoder --bigearthnet-root bad New'
ok 'no target was made of incomplete patches' test ! -e New
check 1 '' '*B03*: New: 8 patches stored (8 new)*: New: skipped the patches reported above: run the same command to retry them' 'rs-tensor-encoder -k --verify --bigearthnet-root bad New'
echo broken >"$file"
check 1 '' '*_B03.tif: *skipped 1 of 1 patch*: New: 8 patches stored (0 new)*: New: skipped the patches reported above: run the same command to retry them' 'rs-tensor-encoder --keep-going --bigearthnet-root bad New'
check 1 '' '*_B03.tif: *: New: stopped, 8 patches stored: fix what is reported above, or skip bad patches with --keep-going, and run the same command to resume' 'rs-tensor-encoder --bigearthnet-root bad New'
is 'no other stage reports that' "$(grep -c truncated check.err)" 0
cp -R ben lacks && rm "$(find lacks -name '*_B03.tif' | sort | head -n 1)"
check 1 '' '*: incomplete: 1 of 12 bands missing (B03): skipped*nothing written*' 'rs-tensor-encoder --bigearthnet-root lacks Inc'
check 0 '' '*rsenc-scan: skipped 1 incomplete patch*: Inc: 8 patches stored (8 new)*' 'rs-tensor-encoder -I --bigearthnet-root lacks Inc'
cp "ben/${file#bad/}" "$file"
check 0 '' '*: New: 9 patches stored (1 new)*' 'rs-tensor-encoder --bigearthnet-root bad New'
holds 'fixed, it is complete' New ben.rec

# ---- what is there before it begins: a dry run, the room on the disk, a filter ----

check 0 '' '*: Dry: 9 patches found: about [0-9]* MB needed, * free (dry run: nothing was written)' 'rs-tensor-encoder -n --bigearthnet-root ben Dry'
ok 'a dry run makes nothing' test ! -e Dry
check 0 '' '*: Part: 9 patches found, 3 already stored: about *' 'rm -rf Part; head -n 3 ben.tsv | rsenc-pack -r | rsenc-load Part; rs-tensor-encoder --dry-run --bigearthnet-root ben Part'
is 'nor does it store anything' "$(rsenc-dump --keys Part | wc -l)" 3
# The estimate is about what the database takes: within a fifth of it.
about=$(rs-tensor-encoder -n --bigearthnet-root many None 2>&1 | sed 's/.*about \([0-9.]*\) MB.*/\1/')
bytes=$(rsenc-scan bigearthnet many | rsenc-pack -r | rsenc-load Whole && wc -c <Whole/data.mdb)
ok "about $about MB: it took $bytes bytes" awk "BEGIN { exit !($about * 1e6 > $bytes * 0.8 && $about * 1e6 < $bytes * 1.2) }"
rm -rf Whole
# A file system with 1 MB left, on paper.
mkdir small
printf '#!/bin/sh\necho Filesystem\necho none 1000 0 1000 0%% /\n' >small/df
chmod +x small/df
check 1 '' '*: None: about 1[0-9].[0-9] MB needed, 1.0 MB free: nothing written (--no-space-check skips this check)' 'PATH="$PWD/small:$PATH" rs-tensor-encoder --bigearthnet-root many None'
ok 'nothing was written' test ! -e None
check 0 '' '*: None: 120 patches found: about 1[0-9].[0-9] MB needed, 1.0 MB free*: None: 120 patches stored (120 new)*' 'PATH="$PWD/small:$PATH" rs-tensor-encoder --no-space-check --bigearthnet-root many None'
check 0 '' '*: None2: 120 patches found: about 1[0-9].[0-9] MB needed, 1.0 MB free (dry run*' 'PATH="$PWD/small:$PATH" rs-tensor-encoder -n --bigearthnet-root many None2'
check 0 '' '*: Some: 2 patches stored (2 new)*' 'rs-tensor-encoder --filter "grep T33UUP" --bigearthnet-root ben Some'
is 'a filter chooses' "$(rsenc-dump --keys Some | grep -vc T33UUP)" 0
check 1 '' '*: nothing written' 'rs-tensor-encoder --filter "grep nosuch" --bigearthnet-root ben Some2'
check 1 '' '*: --filter: status 127: nothing written' 'rs-tensor-encoder --filter nosuch --bigearthnet-root ben Some2'
check 1 '' '*: --filter: nothing written: fix *' 'rs-tensor-encoder --filter "cat; exit 1" --bigearthnet-root ben Some2'
check 1 '' '*: Some3: 9 patches stored (9 new)*: skipped *' 'rs-tensor-encoder -k --filter "cat; exit 1" --bigearthnet-root ben Some3'
ok 'no target was made of what a filter failed for' test ! -e Some2
check 0 '' '*: S1only: 3 patches stored (3 new)*' 'rs-tensor-encoder --bigearthnet-s1 ben S1only'
check 0 '' '*: S1only: 3 patches stored (0 new)*' 'rs-tensor-encoder --bigearthnet-s1=ben S1only'
check 0 '' '' 'rs-tensor-encoder -q --verify --bigearthnet-s1 ben Closed >&-'
check 0 '' '*: Synced: 9 patches*' 'rs-tensor-encoder --sync --bigearthnet-root ben Synced'
# The shell does not read the path of TMPDIR as commands
mkdir 'odd "$(touch ran)" dir'
check 0 '' '*9 patches stored (9 new)*' 'TMPDIR="$PWD/odd \"\$(touch ran)\" dir" rs-tensor-encoder --bigearthnet-root ben Odd'
ok 'nothing in TMPDIR is run' test ! -e ran
check 1 '' 'rs-tensor-encoder: nowhere: cannot be written: set TMPDIR to a directory for temporary files' 'TMPDIR=nowhere rs-tensor-encoder --bigearthnet-root ben Else'
check 1 '' '*rs-tensor-encoder: */rs-tensor-encoder.*: no room for the list of patches: set TMPDIR to a directory with more room' \
	'trap "" XFSZ; ulimit -f 8; rs-tensor-encoder --bigearthnet-root many Else'

# ---- archives in the place of directories ----

tar -cf ben.tar ben && gzip -k ben.tar
head -c $(($(wc -c <ben.tar.gz) / 2)) ben.tar.gz >cut.tar.gz
check 0 '' '*: Tar: 9 patches found*9 identical*: Tar: 9 patches stored (9 new)*' 'rs-tensor-encoder --verify --bigearthnet-root ben.tar Tar'
holds 'a plain archive: what the tree gives' Tar ben.rec
check 0 '' '*rsenc-untar: testing ben.tar.gz*9 identical*: Gz: 9 patches stored (9 new)*' 'rs-tensor-encoder --verify --bigearthnet-root ben.tar.gz Gz'
holds 'a compressed archive: the same' Gz ben.rec
check 1 '' '*: cut.tar.gz: '"'gzip -dc'"' failed: nothing written: download the archive again*' 'rs-tensor-encoder --bigearthnet-root cut.tar.gz CutBefore'
check 0 '' '*' 'rs-tensor-encoder --bigearthnet-root ben.tar.gz Cut'
holds 'downloaded again: the same command converts it' Cut ben.rec
ok 'nothing was stored of it' test ! -e CutBefore
cp ben.tar.gz tail.tar.gz && echo garbage >>tail.tar.gz
check 0 '' '*: Tail: 9 patches stored (9 new)*' 'rs-tensor-encoder --bigearthnet-root tail.tar.gz Tail'
holds 'bytes after the end of an archive do no harm' Tail ben.rec
{ cat ben.tar.gz && gzip -c ben.tar | sed '1s/^./x/'; } >members.tar.gz
for test in '' --no-archive-test; do
	check 1 '' "*gzip: *trailing garbage*rsenc-untar: *" "rs-tensor-encoder $test --bigearthnet-root members.tar.gz Members"
	rm -rf Members
done
check 0 '' '*: Gz: compressed archives
*: Gz: 9 patches stored (0 new)*' 'rs-tensor-encoder --no-archive-test --bigearthnet-root ben.tar.gz Gz'
tar -cf s1.tar ben/BigEarthNet-S1 && tar -cf s2.tar ben/BigEarthNet-S2 && tar -czf maps.tar.gz ben/Reference_Maps
check 0 '' '*: Several: 9 patches stored (9 new)*' 'rs-tensor-encoder --bigearthnet-root s1.tar --bigearthnet-root s2.tar --bigearthnet-maps-root maps.tar.gz Several'
holds 'several archives of a dataset' Several ben.rec
# A tar archive that was damaged before it was compressed: no checksum is wrong, and a patch may be.
{ head -c 200000 ben.tar && tail -c +200101 ben.tar; } | gzip -c >shifted.tar.gz
for option in '' -k; do
	rm -rf Shifted
	check 1 '' '*shifted.tar.gz: damaged at byte *: bigearthnet: 5 patches read before the damage may be wrong: download the archive again*run the same command (if an archive was damaged, remove Shifted first) to *' \
		"rs-tensor-encoder -q $option --bigearthnet-root shifted.tar.gz Shifted"
	is '... the one advice' "$(grep -c -e --replace -e 'same command to' check.err)" 0
	rm -rf Shifted # as advised
	check 0 '' '' "rs-tensor-encoder -q $option --bigearthnet-root ben.tar.gz Shifted"
	holds '... and it works' Shifted ben.rec
done
# A bad patch ends rsenc-untar early, and the decompressor by SIGPIPE: the archive is not to blame.
mkdir -p bad && cp -r ben/BigEarthNet-S1 bad && find bad -name '*_VV.tif' | sort | head -n 1 | xargs truncate -s 20000
tar -czf bad.tar.gz bad ben/BigEarthNet-S2
check 1 '' '*_VV.tif: truncated: 20000 of *: Bad: stopped, * stored: fix what is reported above, or skip bad patches with --keep-going, and run the same command *' \
	'rs-tensor-encoder -q --bigearthnet-root bad.tar.gz Bad'
# The other formats, also where they omit their checksum
while read -r ending command; do
	have "${command%% *}" || continue
	$command -c <ben.tar >"sums.tar.$ending"
	rm -rf Sums
	check 0 '' '*testing sums.tar.*: Sums: 9 patches stored (9 new)*' "rs-tensor-encoder --bigearthnet-root sums.tar.$ending Sums"
done <<'E2'
zst zstd
zst zstd --no-check
xz xz
bz2 bzip2
lz4 lz4
lz4 lz4 -l
E2
# Labels are optional in this dataset: images without them would count as stored.
fixture -b openearthmap oem 2
find oem -path '*images*' -type f | tar -cf images.tar -T -
find oem -path '*labels*' -type f | tar -czf labels.tar.gz -T -
for order in '--openearthmap-root images.tar --openearthmap-root labels.tar.gz' '--openearthmap-root labels.tar.gz --openearthmap-root images.tar'; do
	check 1 '' "*: openearthmap: a patch may have files in plain and in compressed roots: decompress the compressed ones" \
		"rs-tensor-encoder -I $order Mixed"
done
ok 'nothing was stored' test ! -e Mixed
ok 'the remedy of a mix' gzip -dk labels.tar.gz
check 0 '' '*: Mixed: 2 patches stored (2 new)*' 'rs-tensor-encoder --openearthmap-root images.tar --openearthmap-root labels.tar Mixed'
rsenc-scan -q openearthmap oem | sort | rsenc-pack -r >oem.rec
ok '... all files of them' rsenc-verify -q -x Mixed <oem.rec
# One key in two datasets, one of which is compressed
mkdir same && cp "$(find oem -path '*images*' -type f | head -n 1)" same/x.tif
printf 'one\t(x)\t\\1\tA,B,C\t0\ntwo\t(x)\t\\1\tC,B,A\t0\n' >same.rules
tar -czf same.tar.gz same
check 1 'x?differs*' '*: Same: not proven to be identical to the files *' \
	'rs-tensor-encoder -q --verify -f same.rules --one-root same --two-root same.tar.gz Same'
# Keys that are one number for awk, or that equal a variable without a value.
fixture -b mapinwild miw 1
check 0 '' '*: Zero: 1 patch stored (1 new)*' 'rs-tensor-encoder --mapinwild-root miw Zero'
mkdir numbers
for key in 0 00 10 1e1; do
	cp "$(find ben -name '*_VV.tif' | head -n 1)" "numbers/$key.tif"
done
printf 'numbers\t([0-9e]+)\t\\1\tA\t0\n' >numbers.rules
check 0 '' '*: Numbers: 4 patches stored (4 new)*' 'rs-tensor-encoder -f numbers.rules --numbers-root numbers Numbers'
if have zstd bsdtar; then
	zstd -q ben.tar && bsdtar --format zip -cf ben.zip ben
	check 0 '' '*: Zip: 9 patches found*9 identical*: Zip: 9 patches stored (9 new)*' 'rs-tensor-encoder --verify --bigearthnet-root ben.zip Zip'
	holds 'a zip archive: the same' Zip ben.rec
	# One wrong bit in the middle: never exit 0 with a wrong value, and the right archive heals all.
	for archive in ben.tar.zst ben.tar.gz ben.zip; do
		for place in 3 2; do
			perl -0777 -e 'open(F, $ARGV[0]); $_ = <F>; substr($_, length() / $ARGV[1], 1) ^= "\1"; print' $archive $place >bad.${archive#ben.}
			rm -rf Bit
			check 1 '' '*' "rs-tensor-encoder -q --bigearthnet-root bad.${archive#ben.} Bit"
			check 0 '' '' "rs-tensor-encoder -q --bigearthnet-root $archive Bit"
			holds "$archive: after a wrong bit" Bit ben.rec
		done
	done
else
	skip 'wrong bits in archives' 'zstd or bsdtar is not installed'
fi
check 1 '' '*: None3: at least *B needed, 1.0 MB free: nothing written*' 'head -c 2000000 /dev/urandom >big.tar.gz; PATH="$PWD/small:$PATH" rs-tensor-encoder --no-archive-test --bigearthnet-root big.tar.gz None3'
check 0 '' '*: None3: compressed archives: at least 2.0 MB needed*' 'PATH="$PWD/small:$PATH" rs-tensor-encoder -n --bigearthnet-root big.tar.gz None3'
check 1 '' '*: ben.tar.gz: compressed: --filter needs a plain .tar or a directory' 'rs-tensor-encoder --filter cat --bigearthnet-root ben.tar.gz None3'

# ---- where the commands are ----

mkdir links && ln -s "$BIN/rs-tensor-encoder" links/one && ln -s one links/two
check 0 '' '*: L: 9 patches*' 'PATH=/usr/bin:/bin links/two --bigearthnet-root ben L'
mkdir alone && cp "$BIN/rs-tensor-encoder" alone/
check 0 '' '*: M: 9 patches*' 'alone/rs-tensor-encoder --bigearthnet-root ben M'
check 1 '' '*: rsenc-scan is neither in *alone nor on the PATH: run *' 'PATH=/usr/bin:/bin alone/rs-tensor-encoder --bigearthnet-root ben N'

# ---- other shells ----

for shell in dash bash 'bash --posix' 'busybox sh' ksh mksh yash; do
	if ! have "${shell%% *}"; then
		skip "$shell" 'not installed'
		continue
	fi
	rm -rf S
	check 0 '' '*9 identical*: S: 9 patches stored (9 new)*' "$shell '$BIN/rs-tensor-encoder' --verify --bigearthnet-root ben S"
	holds "$shell: the same values" S ben.rec
done

# ---- stages that die: stand-ins for rsenc-pack that do something in the middle of the stream ----

# staged WHAT: a copy of the script in stage/, whose rsenc-pack writes $at bytes, then does WHAT.
staged() {
	rm -rf stage && mkdir stage && cp "$BIN/rs-tensor-encoder" stage/
	cat >stage/rsenc-pack <<E2
#!/bin/sh
[ "\$1" != --size ] && [ ! /dev/null -ef /dev/stdin ] || exec "$BIN/rsenc-pack" "\$@" # no records
"$BIN/rsenc-pack" "\$@" | head -c \$at
$1
E2
	chmod +x stage/rsenc-pack
}

rsenc-scan bigearthnet many >many.tsv
rsenc-pack -r <many.tsv | rsenc-load Many
rsenc-dump Many >many.rec
size=$(wc -c <many.rec)
at=$((size / 2))
export at

staged 'exit 1'
check 1 '' '*: K: stopped, *: fix what is reported above*' 'stage/rs-tensor-encoder --bigearthnet-root many K'
staged 'kill -s KILL $$'
check 1 '' '*: K: stopped, * stored: killed by signal 9 (memory may be used up): use a smaller -j, and run the same command to resume' 'stage/rs-tensor-encoder --bigearthnet-root many K'
check 0 '' '*already stored*: K: 120 patches stored (*' 'rs-tensor-encoder --bigearthnet-root many K'
holds 'a stage was killed: the same command resumes' K many.rec
check 1 '' '*rsenc-load: F: writing: no room*: F: stopped, * stored: *' 'trap "" XFSZ; ulimit -f 4000; rs-tensor-encoder --bigearthnet-root many F'
rm -rf K F temporary/*

# A list that ends early: with -k no number of patches is announced, and the proof at the end notices.
mkdir lossy && cp "$BIN/rs-tensor-encoder" lossy/
cat >lossy/rsenc-missing <<E2
#!/bin/sh
[ -e counted ] || { : >counted; exec "$BIN/rsenc-missing" "\$@"; }
[ -e lost ] || { : >lost; "$BIN/rsenc-missing" "\$@" | head -n 50; exit 1; }
exec "$BIN/rsenc-missing" "\$@"
E2
chmod +x lossy/rsenc-missing
check 1 '' '*: Lossy: 69 patches still missing: run the same command' 'head -n 1 many.tsv | rsenc-pack -r | rsenc-load Lossy; lossy/rs-tensor-encoder -k --bigearthnet-root many Lossy'
check 0 '' '*: Lossy: 120 patches stored (69 new)*' 'rs-tensor-encoder -k --bigearthnet-root many Lossy'

# A signal goes to all stages; what is whole is kept. Where the tests run in the background, SIGQUIT
# is ignored, and no shell can change that for itself.
unignored='perl -e "\$SIG{QUIT} = q(DEFAULT); \$ENV{leader} = \$\$; exec @ARGV" stage/rs-tensor-encoder'
for signal in 1:HUP 2:INT 3:QUIT 10:USR1 12:USR2 15:TERM 24:XCPU; do
	staged "kill -s ${signal#*:} \$leader; exec sleep 100"
	check $((128 + ${signal%:*})) '' '*run the same command*' "$unignored --bigearthnet-root many I"
	is "SIG${signal#*:}: no temporary file is left" "$(ls temporary)" ''
	ok "SIG${signal#*:}: no loader is left" sh -c 'exec 9<I/incomplete; records 1 10 | rsenc-load -s I' # refused while one runs
	staged 'exit 0'
	at=$((size + 1))
	check 0 '' '*already stored*: I: 121 patches stored (*' 'stage/rs-tensor-encoder --bigearthnet-root many I'
	at=$((size / 2))
	rm -rf I
done

# On a terminal Ctrl-C reaches the script and all stages: one of them answers, with the same command.
cat >ctrl-c.py <<'E2'
import os, pty, sys, time
child, terminal = pty.fork()
if child == 0:
    os.execvp(sys.argv[1], sys.argv[1:])
while not os.path.exists("now"):
    time.sleep(0.01)
os.write(terminal, b"\x03")
shown = b""
try:
    while True:
        piece = os.read(terminal, 65536)
        if not piece:
            break
        shown += piece
except OSError:
    pass
sys.stdout.write(shown.partition(b"^C")[2].decode().replace("\r\x1b[K", "").replace("\r\n", "\n"))
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) % 256)
E2
# ctrl_c WHAT OPTION...: while a stand-in for rsenc-pack waits in the middle
ctrl_c() {
	what=$1
	shift
	rm -rf now turn I
	got=$("$python" ctrl-c.py stage/rs-tensor-encoder "$@" --bigearthnet-root many I)
	is "Ctrl-C $what: the status" $? 130
	like "Ctrl-C $what: one message" "$got" "*topped*run the same command*"
	is "Ctrl-C $what: ... and no other" "$(echo "$got" | wc -l)" 1
}
if have_python pty && "$python" -c 'import os; os.waitstatus_to_exitcode' 2>/dev/null; then
	staged ': >now; sleep 100'
	ctrl_c 'while it loads'
	staged '[ -e turn ] || { : >turn; exit 0; }; : >now; sleep 100'
	sed -i 's/head -c $at/if [ -e turn ]; then head -c $at; else cat; fi/' stage/rsenc-pack
	ctrl_c 'while it verifies' --verify
	# What a stage says at its end is not said by the script again.
	rm -rf I
	is 'on a terminal: one summary' "$("$python" -c 'import pty, sys
pty.spawn(sys.argv[1:])' rs-tensor-encoder --bigearthnet-root ben I | grep -c 'stored, \|new), ')" 1
else
	skip 'Ctrl-C' 'no python3 with pty'
fi
rm -rf I now turn temporary/*

# SIGKILL of everything at ten moments, each time the same command again.
for moment in 0 1 2 3 4 5 6 7 8 9; do
	at=$((size * moment / 9))
	staged 'kill -s KILL -- "-$leader"'
	rm -rf K
	# the leader of a process group of its own; where prove is there is perl
	perl -e 'setpgrp; $ENV{leader} = $$; exec @ARGV' stage/rs-tensor-encoder --bigearthnet-root many K 2>/dev/null
	is "killed after $at bytes: the status" $? 137
	rm -rf temporary/*
	check 0 '' '*: K: 120 patches stored (*' 'rs-tensor-encoder --bigearthnet-root many K'
	holds "killed after $at bytes: the same command resumes" K many.rec
done

done_testing

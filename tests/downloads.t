#!/bin/sh
# Files that are no TIFF, or not all of one, as downloads leave them: what rsenc-pack says of each, and
# how it sums them up.
# shellcheck disable=SC2016 # commands are expanded by the shell that check starts
. "${0%/*}/lib.sh"

fixture -b bigearthnet-s1 s1 1
fixture -b bigearthnet-s2 s2 1
fixture -b bigearthnet-maps maps 1
fixture -b -B bigearthnet-s1 motorola 1
fixture -b -8 bigearthnet-maps big 1
fixture -b hydro tiles 1
good=$(find s1 -name '*_VH.tif')
deflated=$(find maps -name '*.tif')
export good

# is_a FILE MESSAGE: what is said of it
is_a() {
	check 1 '' "rsenc-pack: k: $1: $2" "rsenc-pack \"\$(printf 'k\tB=%s' $1)\""
}

# ---- something else ----

printf 'version https://git-lfs.github.com/spec/v1\noid sha256:4d7a21\nsize 58024\n' >lfs.tif
is_a lfs.tif 'not a TIFF file (a Git LFS pointer): run '\''git lfs pull'\'''
ln -s ../.git/annex/objects/Xx/9q/SHA256E-s58024--4d7a21.tif/SHA256E-s58024--4d7a21.tif link.tif
is_a link.tif "is a git-annex link to missing content: run 'git annex get link.tif'"
ln -s /nowhere/x.tif dangling.tif
is_a dangling.tif 'broken link to /nowhere/x.tif'
is_a missing.tif "cannot be opened: No such file or directory"

printf '<!DOCTYPE html>\n<html><head><title>404 Not Found</title></head>\n' >page.tif
is_a page.tif 'not a TIFF file (text): download it again'
printf '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>AccessDenied</Code><Message>x</Message></Error>' >s3.tif
is_a s3.tif 'not a TIFF file (text): download it again'
printf '{"message": "rate limit exceeded"}' >json.tif
is_a json.tif 'not a TIFF file (text): download it again'

gzip -c "$good" >gzip.tif
is_a gzip.tif 'not a TIFF file (gzip data): decompress it with '\''gzip -dc'\'''
gzip -dc <gzip.tif >advised.tif
ok '... which helps' rsenc-pack -o out "$(printf 'k\tB=advised.tif')"
while read -r name kind start; do
	# shellcheck disable=SC2059 # the bytes are written as printf reads them
	{
		printf "$start"
		head -c 600 "$good"
	} >"$name.tif"
	is_a "$name.tif" "not a TIFF file ($(echo "$kind" | tr _ ' ')): *"
done <<'E2'
zip a_zip_archive PK\3\4
zstd zstd_data \050\265\057\375
xz xz_data \3757zXZ\0
bzip2 bzip2_data BZh91AY
png a_PNG_file \211PNG\r\n\032\n
parquet a_Parquet_file PAR1
E2
tar -cf tar.tif "$good"
is_a tar.tif 'not a TIFF file (a tar archive): extract it with '\''tar -xf'\'''
printf '\001\002\003\004\005' >noise.tif
is_a noise.tif 'not a TIFF file (unknown data): download it again'

: >empty.tif
is_a empty.tif 'is empty: download it again'
head -c 58024 /dev/zero >zeros.tif
is_a zeros.tif 'contains only zeros (58024 bytes): download it again'

# ---- cut off: wherever, of files of each layout ----

mkdir cut
cuts() { # NAME FILE: copies of every length that ends in another part of the file
	size=$(wc -c <"$2")
	for len in 2 3 4 5 7 8 9 10 11 12 15 16 17 20 24 33 50 64 99 130 140 150 160 170 180 190 200 \
		201 202 203 210 230 250 260 270 290 300 350 400 500 600 1000 2000 5000 20000 \
		$((size / 2)) $((size - 1000)) $((size - 100)) $((size - 10)) $((size - 2)) $((size - 1)); do
		case $len in -*) continue ;; esac
		[ "$len" -lt "$size" ] || continue
		head -c "$len" "$2" >"cut/$1.$len.tif"
		printf '%s\t%s=cut/%s.%s.tif\n' "$1.$len" "${3-B}" "$1" "$len" >>cuts.tsv
		echo "$1.$len $len $size" >>sizes
	done
}
cuts strips "$good"
cuts deflate "$deflated"
cuts motorola "$(find motorola -name '*_VV.tif')"
cuts big "$(find big -name '*.tif')"
cuts tiles "$(find tiles -name '*.tif')" 'B{1..12}'
rsenc-pack -rk <cuts.tsv >cuts.rec 2>cuts.err
is 'no cut file is read' "$(od -An -c cuts.rec | tr -d ' ')" '\n'
is 'each is reported as truncated' "$(grep -c ': truncated: .*: download it again$' cuts.err)" "$(wc -l <cuts.tsv)"
is 'no word of libtiff' "$(grep -ci -e libtiff -e scanline -e magic cuts.err)" 0
awk '
	NR == FNR { here[$1] = $2 + 0; whole[$1] = $3 + 0; next }
	/: truncated: / {
		split($0, part, ": ")
		key = part[2]
		split(part[5], word, " ")
		if (word[1] != here[key] || word[5] + 0 > whole[key] || word[5] + 0 <= here[key])
			print
		exacts += word[5] + 0 == whole[key]
	}
	END { print (exacts > 50 ? "many are exact" : exacts " are exact") }' sizes cuts.err >wrong
is 'with the right numbers' "$(cat wrong)" 'many are exact'
like 'and summed up' "$(tail -n 1 cuts.err)" "rsenc-pack: skipped $(wc -l <cuts.tsv) of $(wc -l <cuts.tsv) patches"
head -c 20000 "$good" >early.tif
is_a early.tif "truncated: 20000 of at least $(wc -c <"$good") bytes: download it again"

# ---- holes ----

# hole FILE FROM SIZE: zeros there
hole() {
	head -c "$3" /dev/zero | dd of="$1" bs=1 seek="$2" conv=notrunc 2>/dev/null
}
cp "$deflated" hole.tif
hole hole.tif 600 700
is_a hole.tif '* (7* bytes from byte * on are zeros): download it again'
cp "$good" header.tif
hole header.tif 8 2000
is_a header.tif '* (2*bytes from byte * on are zeros): download it again'
# Pixels may be zeros: then only what lies beside tells.
cp "$good" parts.tif
hole parts.tif 50000 8024
check 0 '' '' 'rsenc-pack -o out "$(printf "k\tB=parts.tif")"'
: >parts.tif.aria2
is_a parts.tif 'incomplete download: parts.tif.aria2 exists: resume the download, or remove parts.tif.aria2 if parts.tif is complete'
rm parts.tif.aria2
check 0 '' '' 'rsenc-pack -o out "$(printf "k\tB=parts.tif")"'
: >parts.tif.st
is_a parts.tif 'incomplete download: parts.tif.st exists: *'

# ---- the summary ----

{
	for i in 1 2 3; do printf 'l%s\tB=lfs.tif\n' $i; done
	printf 'e1\tB=early.tif\ne2\tB=early.tif\nm1\tB=missing.tif\ng\tB=%s\n' "$good"
	printf 'a\tB=link.tif\nh\tB=page.tif\nbad line\nn\tB,C=%s\n' "$good"
} >many.tsv
rsenc-pack -rk -j 2 <many.tsv >many.rec 2>many.err
is 'the last line counts the kinds' "$(tail -n 1 many.err)" \
	'rsenc-pack: skipped 10 of 11 patches'
printf 'g\tB=%s\n' "$good" | rsenc-pack -r >one.rec
ok 'what is good is there' cmp many.rec one.rec
check 0 '*' '' 'printf "g\tB=%s\n" "$good" | rsenc-pack -rk'
is 'without -k no summary is printed' "$(rsenc-pack -r <many.tsv 2>&1 >many.rec | grep -c .)" 1

# As another user than root: a file that may not be read.
if [ "$(id -u)" = 0 ] && have setpriv; then
	cp "$good" secret.tif
	chmod 600 secret.tif
	chmod 755 .
	cp "$BIN/rsenc-pack" pack
	check 1 '*' '*secret.tif: cannot be opened: Permission denied*skipped 1 of 1 patch' \
		'printf "k\tB=secret.tif\n" | setpriv --reuid 65534 --regid 65534 --clear-groups ./pack -rk'
else
	skip 'a file that may not be read' 'not root, or no setpriv'
fi

done_testing

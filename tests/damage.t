#!/bin/sh
# shellcheck disable=SC2016 # commands are expanded by the shell that check starts
# Damaged pixels: what codecs and checksums notice is never stored without a word.
. "${0%/*}/lib.sh"

# Where deflated pixels no longer fit their checksum, no oracle is needed to see it.
fixture hyspecnet-11k hy 1 >/dev/null
rsenc-scan hyspecnet-11k hy >hy.tsv
enmap=$(cut -f2 hy.tsv | sed 's/.*=//')
cp "$enmap" flipped.tif
printf '\125\252\125\252' | dd of=flipped.tif bs=1 seek=$(($(wc -c <"$enmap") / 2)) conv=notrunc 2>/dev/null
sed 's/=.*/=flipped.tif/; s/^[^	]*/bad/' hy.tsv >bad.tsv
export enmap
check 1 '' '*rsenc-pack: bad: flipped.tif: strip [0-9]* is damaged: deflate: *checksum*: download the file again, or*' \
	'rsenc-pack -r <bad.tsv'
check 1 '*' '*rsenc-pack: bad: flipped.tif: strip [0-9]* is damaged*' \
	'cat bad.tsv hy.tsv | rsenc-pack -rk >kept.rec'
rsenc-pack -r <hy.tsv >whole.rec
ok 'with -k the others are there, completed' cmp whole.rec kept.rec
check 2 '' "*--damaged: 'all' is neither refuse nor keep*" 'rsenc-pack --damaged=all'
check 1 '' '*flipped.tif: strip [0-9]* is damaged: *' 'rsenc-pack --damaged=refuse -r <bad.tsv'

if ! have_python 'rasterio osgeo.gdal numpy'; then
	skip 'codec by codec' 'needs python3-rasterio and python3-gdal'
	done_testing
fi
export python tests RSENC_PACK="$BIN/rsenc-pack"
ok 'damaged files are made' "$python" "$tests/gdal/damage.py" make files
"$python" "$tests/gdal/damage.py" files >table 2>errors
is 'nothing wrong is stored that could be noticed; what is whole is not refused' \
	"$?: $(grep ': WRONG$' table)" '0: '
sed 's/^/# /' table
[ "$(wc -l <table)" -ge 20 ] || fail 'some 20 codecs' "$(cat errors)"

# line CODEC/NAME...: a group line for each, with its bands
cat >line <<'EOS'
#!/bin/sh
for file; do
	case $file in *cmyk*) bands=4 ;; *ycbcr*) bands=3 ;; *) bands=1 ;; esac
	printf '%s\tB{1..%d}=files/%s.tif\n' "${file%/*}" $bands "$file"
done
EOS
chmod +x line
PATH=$tmp:$PATH

# ---- what is said, and what becomes of it ----
if [ -e files/jpeg/whole.tif ]; then
	check 1 '' '*jpeg: files/jpeg/cut-1.tif: strip 1 is damaged: JPEGLib: Premature end of JPEG file: download*--damaged=keep' \
		'rsenc-pack "$(line jpeg/cut-1)"'
	check 1 '' '*: strip 2 is damaged: JPEGLib: *' 'rsenc-pack "$(line jpeg/zeros-2)"'
	check 1 '*lzw*' '*jpeg: files/jpeg/cut-1.tif: strip 1 is damaged*' \
		'line jpeg/cut-1 lzw/whole | rsenc-pack -rk'
	# the advice is followed
	check 0 '*' 'rsenc-pack: jpeg: files/jpeg/cut-1.tif: strip 1 is damaged: *: kept as it was decoded' \
		'rsenc-pack --damaged=keep "$(line jpeg/cut-1)" >blob'
	cat >same.py <<'EOS'
import struct, sys
sys.path.insert(0, sys.argv[1] + "/gdal")
import oracle
blob = sys.stdin.buffer.read()
data = blob[8 + struct.unpack("<Q", blob[:8])[0]:]
sys.exit(data != b"".join(a.tobytes() for _, a in oracle.read(sys.argv[2])))
EOS
	for file in jpeg/cut-1 jpeg/zeros-0 jpeg-ycbcr/cut-2 jpeg-cmyk/cut-0 g4/flips-0; do
		check 0 '*' '*: kept as *' \
			"rsenc-pack --damaged=keep \"\$(line $file)\" | \$python same.py \$tests files/$file.tif"
	done
	check 0 '*' '' 'rsenc-pack "$(line jpeg-cmyk/whole)" >blob'
fi
# a fax whose second row lacks its last codes, which GDAL fills: a wrong bit looks the same, so only the user can tell
cat >short.py <<'EOS'
import sys
sys.path.insert(0, sys.argv[1] + "/gdal")
import numpy as np, rawtiff
eol, whole, short = "000000000001", "010011011" + "00110101", "011000" # white: 1728 + 0; 1664
bits = eol + whole + eol + short + eol + whole + eol
data = int(bits.ljust(-(-len(bits) // 8) * 8, "0"), 2).to_bytes(-(-len(bits) // 8), "big")
rawtiff.write("files/short.tif", np.zeros((1, 3, 1728), "u1"), bits=1, compression=3, encode=lambda raw: data)
EOS
"$python" short.py "$tests"
check 1 '' '*: files/short.tif: strip 0 is damaged: *Premature EOL at line 1 of strip 0 (got 1664, expected 1728)*--damaged=keep' \
	'rsenc-pack "$(line short)"'
check 0 '*' '*: kept as *' 'rsenc-pack --damaged=keep "$(line short)" | $python same.py $tests files/short.tif'
# what GDAL has no pixels of can't be kept
check 1 '' '*: strip 1 is damaged: deflate: truncated, *' 'rsenc-pack --damaged=keep "$(line deflate/cut-1)"'
# a nodata value beside the file: what is said of it is done
cat >sparse.py <<'EOS'
import sys, zlib
sys.path.insert(0, sys.argv[1] + "/gdal")
import numpy as np, rawtiff
rawtiff.write("sparse.tif", np.arange(12, dtype="i2").reshape(1, 4, 3), rows=2, sparse=(1,))
rawtiff.write("sparse two.tif", np.arange(24, dtype="i2").reshape(2, 4, 3), rows=2, sparse=(1, 3), planar=2)
for name, values in ("sparse", (7,)), ("sparse two", (7, 8)):
    with open(name + ".tif.aux.xml", "w") as f:
        f.write("<PAMDataset>" + "".join(f'<PAMRasterBand band="{band}"><NoDataValue>{value}</NoDataValue></PAMRasterBand>'
                                         for band, value in enumerate(values, 1)) + "</PAMDataset>")
rawtiff.write("zeros.tif", np.zeros((1, 20, 20), "c16"))
rawtiff.write("jpeg2000.tif", np.zeros((1, 20, 20), "u1"), tags={259: (rawtiff.SHORT, 34712)})
minus = np.full((1, 100, 7), -1, "i8")
rawtiff.write("whole.tif", minus, rows=3)
rawtiff.write("more.tif", minus, rows=3, compression=8, whole=True, encode=lambda b: zlib.compress(bytes([255]) * len(b)))
EOS
"$python" sparse.py "$tests"
check 1 '' "*: sparse.tif: strips or tiles are missing, and their nodata value may be in sparse.tif.aux.xml, *: run 'gdal_translate sparse.tif NEW.tif' and use the new file" \
	'rsenc-pack "$(printf "k\tB=sparse.tif")"'
# In an archive, where a side file may lie anywhere: refused, whether it is found in a scan or a stream.
printf 'sparse\t(sparse)\t\\1\tB\t0\n' >sparse.rules
tar -cf side.tar sparse.tif sparse.tif.aux.xml
wanted='*: strips or tiles are missing, and their nodata value may be in a side file: unpack the archive'
check 1 '' "*: side.tar: at byte 512$wanted" 'rsenc-scan -f sparse.rules sparse side.tar | rsenc-pack -r'
check 1 "" "*: ./sparse.tif$wanted" 'rsenc-untar -f sparse.rules sparse side.tar'
check 0 '*' '' 'rsenc-pack "$(printf "k\tB=side.tar\\\\@512,%d" "$(wc -c <sparse.tif)")"'
# zeros do not mean an incomplete download where tags say why the file is refused
check 1 '' '*: zeros.tif: samples of 128 bits, SampleFormat 6, have no safetensors dtype' 'rsenc-pack "$(printf "k\tB=zeros.tif")"'
check 1 '' '*: jpeg2000.tif: compression * (34712) is not in this build of libtiff: write the file again with another compression' \
	'rsenc-pack "$(printf "k\tB=jpeg2000.tif")"'
# what GDAL leaves of a strip that it did not write: its own libtiff reads other values
if ! rsenc-pack "$(printf 'k\tB=more.tif')" >/dev/null 2>more.err; then
	like 'a last strip with more rows' "$(cat more.err)" "*: strip 33 contains more than its rows, *: use --damaged=keep, which stores *"
	check 0 '' '*: strip 33 contains more than its rows, and libtiff loses some of them: kept as it was decoded' \
		'rsenc-pack --damaged=keep "$(printf "k\tB=more.tif")" >kept; rsenc-pack "$(printf "k\tB=whole.tif")" | cmp - kept'
else
	skip 'a last strip with more rows' 'libtiff without libdeflate reads it'
fi
# GDAL looks for the name in any case, as an element or an attribute
while IFS='|' read -r refused xml; do
	printf '<PAMDataset><PAMRasterBand band="1"%b</PAMRasterBand></PAMDataset>' "$xml" >sparse.tif.aux.xml
	value=$("$python" -c 'from osgeo import gdal; ds = gdal.Open("sparse.tif"); print(ds.GetRasterBand(1).GetNoDataValue())' 2>/dev/null)
	like "GDAL reads $xml" "$((refused == 2)) $value" "$([ "$refused" = 2 ] && echo '1 7.0' || echo '0 None')"
	check $((refused > 0)) '*' '*' 'rsenc-pack "$(printf "k\tB=sparse.tif")"'
done <<'E2'
2|><NoDataValue>7</NoDataValue>
2|><nodatavalue>7</nodatavalue>
2|><NODATAVALUE>7</NODATAVALUE>
2|>< \n NoDataValue\t>7</NoDataValue>
2|><NoDataValue le_hex_equiv="0">7</NoDataValue>
2|><NoDataValue><![CDATA[7]]></NoDataValue>
2|><nodatavalue>&#55;</nodatavalue>
2| NoDataValue="7">
2| x=""nodatavalue = "7">
1|><!-- <NoDataValue>7</NoDataValue> -->
1|><a:NoDataValue>7</a:NoDataValue>
1|><NoDataValues>7</NoDataValues>
1|><Metadata><MDI key="NoDataValue">7</MDI></Metadata>
0|><Metadata><MDI key="STATISTICS_MEAN">7</MDI></Metadata>
E2
rm sparse.tif.aux.xml
for name in sparse.tif.aux sparse.aux; do
	"$python" -c 'import sys; from osgeo import gdal
ds = gdal.GetDriverByName("HFA").Create(sys.argv[1], 3, 4, 1, 1, ["AUX=YES", "DEPENDENT_FILE=sparse.tif"])
ds.GetRasterBand(1).SetNoDataValue(7)' $name 2>/dev/null
	check 1 '' "*, and their nodata value may be in $name, *" 'rsenc-pack "$(printf "k\tB=sparse.tif")"'
	echo relax >$name
	check 0 '*' '' 'rsenc-pack "$(printf "k\tB=sparse.tif")"'
	rm $name
done
if have gdal_translate; then
	check 1 '' '*: sparse two.tif: *' 'rsenc-pack "$(printf "k\tA,B=sparse two.tif")"'
	sh -c "$(sed -n "s/.*: run '\(.*\)' and use.*/\1/p" check.err)" >/dev/null
	check 0 '      0      1      2      3      4      5      7      7
      7      7      7      7     12     13     14     15
     16     17      8      8      8      8      8      8' '' 'rsenc-pack "$(printf "k\tA,B=NEW.tif")" | tail -c 48 | od -An -td2'
else
	skip 'gdal_translate' 'not installed'
fi
# the same at every -j
line deflate/cut-0 g4/zeros-1 lzw/whole g3/cut-2 jpeg/cut-0 lzw/whole >many
rsenc-pack -rk --damaged=keep -j1 <many >j1.rec 2>j1.err
rsenc-pack -rk --damaged=keep -j4 <many >j4.rec 2>j4.err
ok 'the records are the same at every -j' cmp j1.rec j4.rec
ok 'and so are the messages, in the order of the groups' cmp j1.err j4.err
done_testing

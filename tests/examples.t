#!/bin/sh
# Every example of the man pages and of the README runs, each in a directory of its own. Commands that
# stand together without a line between them are one example.
. "${0%/*}/lib.sh"

have bash mandoc || {
	skip 'examples' 'needs bash and mandoc'
	done_testing
}

# What the examples talk about. `groups` and `groups.tsv` are the group lines of these patches,
# Stored is a database that holds them.
mkdir -p world bin && cd world || exit 1
fixture -b bigearthnet BigEarthNet 3
ln -s BigEarthNet/BigEarthNet-S1 BigEarthNet-S1
ln -s BigEarthNet/BigEarthNet-S2 BigEarthNet-S2
ln -s BigEarthNet/Reference_Maps Reference_Maps
tar -C BigEarthNet/BigEarthNet-S2 -cf BigEarthNet-S2.tar .
! have zstd || zstd -q BigEarthNet-S2.tar
! have zip || { fixture eurosat-ms eurosat 2 && zip -qr EuroSAT_MS.zip eurosat; }
ln -s BigEarthNet-S1 S1
ln -s BigEarthNet-S2 S2
fixture hyspecnet-11k hyspecnet-11k 2
tar -cf - hyspecnet-11k | gzip -c | split -b 1000000 - hyspecnet-11k-01.tar.gz.part
ln -s hyspecnet-11k HySpecNet
fixture -b hydro hydro 1
fixture -b uc-merced uc-merced 2
ln -s uc-merced/Images/airplane/airplane00.tif airplane00.tif
mkdir -p DIR Png/a
! have gdal_translate || for k in 1 2; do
	gdal_translate -q -of PNG airplane00.tif Png/a/scene_$k.png >/dev/null 2>&1
done
cp BigEarthNet-S2/*/*/*T33UUP*_B04.tif DIR/a_red.tif
cp BigEarthNet-S2/*/*/*T33UUP*_B08.tif DIR/a_nir.tif
rsenc-scan bigearthnet BigEarthNet | rsenc-pack -r | rsenc-load Stored
rsenc-scan bigearthnet-s2 BigEarthNet | cut -f 1 >s2
rsenc-scan bigearthnet-s1 BigEarthNet | cut -f 1 | paste -d , s2 - | awk -F , '{
	print $1 "," substr("trainval  test ", NR % 3 * 5 + 1, 5) ",\"[\x27Arable land\x27]\"," $2 }' | tr -d ' ' |
	sed 's/Arableland/Arable land/' >rows
(echo patch_id,split,labels,s1_name; cat rows) >metadata.csv
printf 'Arable land\nMarine waters\n' >classes.txt
printf 'a|b\n' >list
rm rows
rsenc-scan bigearthnet BigEarthNet | grep -v '^[^[:blank:]]*_reference_map' >both
rsenc-scan bigearthnet-s2 BigEarthNet >s2
cd ..
mv world/Stored . # copied, not linked: examples may change it

# ssh HOST COMMAND, without a network: /data is the directory at hand.
cat >bin/ssh <<'E2'
#!/bin/sh
shift
eval "$(printf '%s' "$*" | sed "s|/data|$PWD|g")"
E2
chmod +x bin/ssh
# python3 with rasterio, and the program that reads with it where it lies before `make install`.
! have_python 'rasterio numpy' || printf '#!/bin/sh\nexec "%s" "$@"\n' "$(command -v "$python")" >bin/python3
! have_python 'rasterio numpy' || chmod +x bin/python3
! have_python 'rasterio numpy' || (cd world && ../bin/python3 -c 'import ast, pandas
table = pandas.read_csv("metadata.csv")
table["labels"] = table["labels"].map(ast.literal_eval)
table.to_parquet("metadata.parquet")') 2>no-pandas || rm -f world/metadata.parquet
mkdir -p home/.parallel && : >home/.parallel/will-cite

# example NAME: runs the block in the file `block`, with pipefail.
example() {
	text=$(tr '\n\134' ' /' <block)
	# shellcheck disable=SC2013
	for word in $(grep -oE '\b(rsenc|rs)-[a-z-]+' block | sort -u); do
		[ -x "$BIN/$word" ] || {
			skip "$1: $text" "there is no $word yet"
			return
		}
	done
	for word in zstd cdb parallel mdb_copy mdb_stat pnmtopng pgmtoppm gdal_translate; do
		! grep -qw -e "$word" block || have "$word" || {
			skip "$1: $text" "$word is not installed"
			return
		}
	done
	! grep -q EuroSAT_MS.zip block || have zip || {
		skip "$1: $text" 'zip is not installed'
		return
	}
	[ -e world/metadata.parquet ] || sed -i '/pandas.read_parquet("/d' block
	! grep -q duckdb block || return # another program's; join.t runs the lines of Python beside it
	sed -i 's/hydro patch_x.tif$/& || [ $? -eq 1 ]/' block # a name that does not match
	sed -i -E 's,(/usr/local/share/doc/rsenc|cmd)/examples,'"$top/cmd/examples," block
	! grep -qE 'oracle.py|differences.py' block || [ -x bin/python3 ] || {
		skip "$1: $text" 'no python3 with rasterio and numpy'
		return
	}
	case $text in
	*'B{1..'*) set -- "$1" hyspecnet-11k hyspecnet-11k ;;
	*) set -- "$1" bigearthnet BigEarthNet ;;
	esac
	rm -rf here
	mkdir here && ln -s "$tmp"/world/* here/ && cp -R Stored here/
	# zstd takes no links.
	! have zstd || ln -f world/BigEarthNet-S2.tar.zst here/
	(cd here && rsenc-scan "$2" "$3" | tee groups >groups.tsv)
	if (cd here && HOME=$tmp/home PATH=$tmp/bin:$PATH bash -o pipefail -e ../block) >out.log 2>&1 </dev/null; then
		pass "$1: $text"
	else
		fail "$1: $text" "$(tr -d '\000' <out.log | head -c 2000)"
	fi
}

# Blocks, read from stdin, are separated by blank lines.
examples() {
	: >block
	while IFS= read -r line || [ -n "$line" ]; do
		if [ -n "$line" ]; then
			printf '%s\n' "$line" >>block
			continue
		fi
		[ ! -s block ] || example "$1"
		: >block
	done
	[ ! -s block ] || example "$1"
}

# A line that starts with "$ " begins a command. Lines after it continue it: in EXAMPLES those that are indented,
# in DESCRIPTION, where output may follow, those after a pipe, a backslash, or an open quote.
for page in "$top"/man/*.[1-8]; do
	case $page in *tutorial*) continue ;; esac # below
	mandoc -Tascii -O width=1000 "$page" | sed 's/.\x08//g' |
		awk '/^[A-Z]/ { part = $1 }
			part != "EXAMPLES" && part != "DESCRIPTION" { next }
			/^ +\$ / { inside = 1; sub(/^ +\$ /, "") }
			inside && (/^[^ ]/ || part == "EXAMPLES" && /^      +[^ ]/ || open && /[^ ]/) {
				sub(/^ +/, "")
				print
				quotes = gsub(/\047/, "&") + (open == 2)
				open = quotes % 2 ? 2 : /([|\\]|&&)$/
				next
			}
			{ if (inside) print ""; inside = open = 0 }' >blocks
	[ -s blocks ] || ! grep -q '^\.Sh EXAMPLES' "$page" || fail "${page##*/}: has examples" 'none found'
	examples "${page##*/}" <blocks
done

# The tutorial is one example from its first command to its last. Its Python lines need pandas and torch:
# tests/clients.t runs them.
if have zstd; then
	tar -C world/BigEarthNet/BigEarthNet-S1 -cf world/BigEarthNet-S1.tar . && zstd -q --rm world/BigEarthNet-S1.tar
	cut -d , -f 1 world/metadata.csv | sed 1d >world/train.txt
	mandoc -Tascii -O width=1000 "$top/man/rsenc-tutorial.7" | sed 's/.\x08//g' |
		awk '/^ +\$ / { inside = 1; sub(/^ +\$ /, ""); print; next }
			inside && /^      +[^ ]/ { sub(/^ +/, ""); print; next } { inside = 0 }' |
		sed 's/^zstd -q -d /&-f /' >block
	example rsenc-tutorial.7
else
	skip 'rsenc-tutorial.7' 'zstd is not installed'
fi

# The messages that rsenc-faq(7) explains are those of the commands. One is Python's.
sed -n '/^\.Ss Messages/,/^\.Ss Symptoms/s/^\.It Ql //p' "$top/man/rsenc-faq.7" |
	grep -v 'already open in this process' >messages
while read -r message; do
	ok "rsenc-faq(7): '$message' is a message" grep -rqF -e "$message" "$top/cmd" "$top/common"
done <messages

# The C program of rsenc-database(5), as a reader copies it.
# shellcheck disable=SC2086 # CC: "ccache cc"
if have ${CC:-cc}; then
	mandoc -Tascii -O width=1000 "$top/man/rsenc-database.5" | sed 's/.\x08//g' |
		awk '/^ *#include/ && !indent { indent = index($0, "#") }
			indent { line = substr($0, indent); print line } line == "}" { exit }' >header.c
	# shellcheck disable=SC2046,SC2086
	ok 'rsenc-database(5): its C program is built without a warning' ${CC:-cc} -std=c11 -Wall -Wextra \
		-Wpedantic -Werror ${CFLAGS-} $(pkg-config --cflags lmdb 2>/dev/null) -o header header.c \
		${LDFLAGS-} $(pkg-config --libs lmdb 2>/dev/null || echo -llmdb)
	key=$(rsenc-dump --keys Stored | grep MSIL2A | sed -n 1p)
	rsenc-dump -b "$key" Stored >blob
	length=$(od -An -tu8 -N 8 blob | tr -d ' ')
	head -c $((8 + length)) blob | tail -c +9 >wanted
	check 0 '{"B01":*B12*}*' '' "./header Stored '$key' | tee got"
	ok 'it prints the header of the blob' cmp got wanted
	check 1 '' 'Stored: nosuch: MDB_NOTFOUND*' './header Stored nosuch'
	check 1 '' 'nosuch: key: No such file*' './header nosuch key'
else
	skip 'rsenc-database(5): its C program' 'no C compiler'
fi

# What the examples of cmd/examples write is right.
if [ -x bin/python3 ]; then
	cat >exported.py <<'E2'
import glob, json, subprocess, numpy as np
for path in glob.glob("Npy/*/*.npy"):
    _, key, name = path.split("/")
    blob = subprocess.run(["rsenc-dump", "-b", key, "Stored"], check=True, capture_output=True).stdout
    start = 8 + int.from_bytes(blob[:8], "little")
    begin, end = json.loads(blob[8:start])[name[:-4]]["data_offsets"]
    zarr = f"Zarr/{key}/{name[:-4]}"
    about = json.load(open(zarr + "/.zarray"))
    npy = np.load(path)
    assert npy.tobytes() == blob[start + begin:start + end], path
    assert list(npy.shape) == about["shape"] == about["chunks"] and npy.dtype.str == about["dtype"]
    assert npy.tobytes() == open(zarr + "/0.0", "rb").read(), zarr
print(len(glob.glob("Npy/*/*.npy")))
E2
	for form in npy zarr; do
		dir=$(echo $form | sed 's/./\U&/')
		check 0 '' '' "rsenc-dump Stored | bin/python3 '$top/cmd/examples/export.py' $form $dir"
	done
	check 0 "$(rsenc-dump Stored | rsenc-show | wc -l)" '' 'bin/python3 exported.py'
	check 1 '' "export.py: *contains no records: run 'rsenc-dump DB | *" "bin/python3 '$top/cmd/examples/export.py' npy Text <world/metadata.csv"
	check 1 '' 'export.py: Npy/*: already exists' "rsenc-dump Stored | bin/python3 '$top/cmd/examples/export.py' npy Npy"
	# Names that lead out of the directory, of a key and of a tensor
	for record in '+2,64:..' '+1,64:k'; do
		check 1 '' 'export.py: ..*: not a file name' "printf '%s->@\000\000\000\000\000\000\000{\"../x\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}}\n\n' '$record' |
			bin/python3 '$top/cmd/examples/export.py' npy Out"
	done
	check 1 '' '*truncated*' "rsenc-dump Stored | head -c 5000 | bin/python3 '$top/cmd/examples/export.py' npy Cut"
else
	skip 'export.py' 'no python3 with rasterio and numpy'
fi
check 0 "# Title
*- Patches: 9, *| B04 | U16 | 120x120 | 3 |*| tensor | dtype |*| B04 | U16 | 3 | 43200 |*" '' "sh '$top/cmd/examples/datacard.sh' Stored Title"
is 'datacard.sh: the checksum is that of the dump' "$(grep -o 'SHA-256 .*' check.out)" "SHA-256 $(rsenc-dump Stored | sha256sum | cut -d ' ' -f 1)"
check 1 '*' '*nodb*' "sh '$top/cmd/examples/datacard.sh' nodb"

# The lines of the README in ```sh blocks; make, pip and containers are for the reader.
awk '/^```/ { code = /^```sh/; print ""; next } { print code ? $0 : "" }' "$top/README.md" |
	sed -E '/^#/d; s/ +# .*//; s/head -n 5/sed -n 1,5p/' |
	awk 'BEGIN { RS = ""; ORS = "\n\n" } !/^(make|python3 -m venv)/' >blocks
examples README.md <blocks

done_testing

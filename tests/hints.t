#!/bin/sh
# What a message advises where the wrong thing came in, and that the advice is right.
# shellcheck disable=SC2016 # the sh of a row expands what stands in it
. "${0%/*}/lib.sh"

have gzip || { skip 'all' 'gzip is not installed'; done_testing; }
fixture uc-merced images 2
rsenc-scan uc-merced images >groups
rsenc-pack -r <groups >records
rsenc-pack <groups 2>/dev/null >blob || head -n 1 groups | rsenc-pack >blob
rsenc-load DB <records
for f in groups records blob; do gzip -k "$f"; done

for reader in 'rsenc-load X' 'rsenc-verify DB'; do
	check 1 '*' "*not records (gzip data): decompress it with 'gzip -dc'*" "$reader <records.gz"
	check 1 '*' "*not records (group lines): pipe it through 'rsenc-pack -r' first*" "$reader <groups"
	check 1 '*' "*not records (a safetensors file): records come from*" "$reader <blob"
	check 1 '*' "*not records (an LMDB data file): run 'rsenc-dump DB' to print*" "$reader <DB/data.mdb"
	check 1 '*' "*not records (text): records come from 'rsenc-scan*" "echo hello | $reader"
	check 1 '*' "*not records (unknown data): records come from*" "printf '\1\2\3' | $reader"
done
check 0 '' '*2 identical*' 'gzip -dc <records.gz | rsenc-verify DB'
check 0 '' '*2 identical*' 'rsenc-pack -r <groups | rsenc-verify DB'
check 0 '' '*2 identical*' 'rsenc-dump DB | rsenc-verify DB'

for reader in rsenc-show 'rsenc-view -z 1'; do
	check 1 '*' "*not a safetensors file or records (gzip data): decompress it with 'gzip -dc'" "$reader <blob.gz"
	check 1 '*' "*not * (an LMDB data file): run 'rsenc-dump DB' to print the records of a database" "$reader <DB/data.mdb"
	check 1 '*' "*not * (group lines): pipe it through 'rsenc-pack -r' first" "$reader <groups"
	check 1 '*' "*reading: Is a directory" "$reader <DB"
	check 0 '*' '' "gzip -dc <blob.gz | $reader"
	check 0 '*' '' "rsenc-dump DB | $reader"
	check 0 '*' '' "rsenc-pack -r <groups | $reader"
done

# In a pipe the stage that failed says why, and the one after it prints one line at most.
{ head -n 1 groups; printf 'bad\tR=missing.tif\n'; } >some-bad
for reader in 'rsenc-load Piped' 'rsenc-verify DB' rsenc-show 'rsenc-view --columns 1'; do
	sh -c "rsenc-pack -r <some-bad | $reader" >/dev/null 2>pipe.err
	is "a stage before '$reader' fails: one line of each" "$(cut -d : -f 1 pipe.err | sort | tr '\n' ' ')" \
		"$(printf '%s\n' rsenc-pack "${reader%% *}" | sort | tr '\n' ' ')"
	like '... of which one names the cause' "$(cat pipe.err)" "*bad: missing.tif: cannot be opened*"
	like '... and the other the end' "$(cat pipe.err)" '*truncated: no end marker after record 1 (the command that wrote it may have failed)*'
done
for reader in 'rsenc-load no/such/directory' 'rsenc-verify None' 'rsenc-load DB'; do
	sh -c "rsenc-pack -r <groups | $reader" >/dev/null 2>pipe.err
	is "'$reader' fails: it alone speaks" "$(cut -d : -f 1 pipe.err | sort -u)" "${reader%% *}"
done

check 1 '*' "*not group lines (records): group lines come from 'rsenc-scan'*" 'rsenc-pack -r <records'
check 1 '*' '*k: *a.tif: the file has * bytes: the patch needs more memory than the limit of * bytes: raise it with -M' \
	"cp images/agricultural/agricultural00.tif a.tif 2>/dev/null || cp \$(find images -name '*.tif' | head -n 1) a.tif
	rsenc-pack -M 20K \"\$(printf 'k\tR,G,B=a.tif')\""
check 1 '' '*: the patch needs more memory than the limit of 16384 bytes: raise it with -M' 'rsenc-pack -M 16K "$(printf "k\tB=a.tif")"'
check 0 '*' '' "rsenc-pack -M 100M \"\$(printf 'k\tR,G,B=a.tif')\""

done_testing

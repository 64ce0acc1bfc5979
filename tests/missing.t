#!/bin/sh
# rsenc-missing: the group lines that a database lacks, unchanged.
# shellcheck disable=SC2016
. "${0%/*}/lib.sh"

fixture -b bigearthnet ben 4
rsenc-scan bigearthnet ben >all.tsv
sed -n '2p;5,7p' all.tsv >some.tsv
grep -vxFf some.tsv all.tsv >rest.tsv
rsenc-pack -r <some.tsv | rsenc-load Some

check 0 'usage: rsenc-missing*' '' 'rsenc-missing -h'
check 0 'rsenc-missing [0-9]*' '' 'rsenc-missing --version'
check 2 '' '*missing operand DB*' 'rsenc-missing <all.tsv'
check 2 '' '*no such option -k*' 'rsenc-missing -k Some'

check 0 '' '' 'rsenc-missing Some <all.tsv | cmp - rest.tsv'
check 0 '' '*rsenc-missing: Some: printed 8 of 12 group lines' 'rsenc-missing -v Some <all.tsv >/dev/null'
check 0 '' '' 'rsenc-missing Some <some.tsv'
check 0 '' '' 'rsenc-missing Some </dev/null'
check 0 '' '*None: *: printing every group line' 'rsenc-missing None <all.tsv | cmp - all.tsv'
check 0 '' '' 'rsenc-missing -q None <all.tsv | cmp - all.tsv'
check 0 '' '*None: *printing every group line*printed 12 of 12 group lines' 'rsenc-missing -v None <all.tsv >/dev/null'
ok 'no database was made' test ! -e None
check 0 '' '' 'mkdir Empty && rsenc-missing -q Empty <all.tsv | cmp - all.tsv'
check 1 '' '*all.tsv: wrong kind of operand (group lines): run *' 'rsenc-missing all.tsv <all.tsv'

# ---- lines of all kinds ----

key=$(sed -n 1p some.tsv | cut -f 1)
export key
check 0 'new?x=/a
new?x=/a' '' 'printf "# comment\n\n  \nnew\tx=/a\nnew\tx=/a\n" | rsenc-missing Some'
check 0 '' '' 'printf "%s\tgarbage\n" "$key" | rsenc-missing Some'
# A line without a key is named and passed on as it is; so are the others.
check 1 'bad line
new?x=/a' '*rsenc-missing: line 1: no tab:*' 'printf "bad line\n%s\tx=/a\nnew\tx=/a\n" "$key" | rsenc-missing Some'
check 1 '?x=/a' '*line 1: the key is empty' 'printf "\tx=/a\n" | rsenc-missing Some'
check 1 'new?x=/a' '*standard input: line 2 is truncated*' 'printf "new\tx=/a\nnext\tx=" | rsenc-missing Some'
printf '+3,10:a\tb->\002\0\0\0\0\0\0\0{}\n\n' | rsenc-load Odd
check 0 'a\\\\tb?x=/a' '' "printf '%s\\tx=/a\\n' 'a\\tb' 'a\\\\tb' | rsenc-missing Odd"

# ---- resuming ----

check 0 '' '' 'rsenc-missing Some <all.tsv | rsenc-pack -r | rsenc-load Some; rsenc-missing Some <all.tsv'
check 0 '' '*12 identical, 0 missing, 0 differ, 0 extra' 'rsenc-pack -r <all.tsv | rsenc-verify -x Some'

# A patch that can't be read is skipped, and tried again once it can.
file=$(sed -n 3p all.tsv | sed 's/.*=//')
mv "$file" kept.tif && echo broken >"$file"
check 1 '' '*rsenc-pack: *' 'rsenc-missing -q Again <all.tsv | (rsenc-pack -rk; echo $? >&3) 3>status | rsenc-load Again; exit $(cat status)'
mv kept.tif "$file"
check 0 '' '' 'rsenc-missing Again <all.tsv >todo; sed -n 3p all.tsv | cmp - todo'
check 0 '' '' 'rsenc-missing Again <all.tsv | rsenc-pack -rk | rsenc-load Again'
check 0 '' '*12 identical, 0 missing, 0 differ, 0 extra' 'rsenc-pack -r <all.tsv | rsenc-verify -x Again'

records 40 300000 | head -c 5000000 | rsenc-load Cut 2>/dev/null
check 0 '' '*Cut: incomplete: a load is running, or was interrupted*' 'rsenc-missing Cut <all.tsv | cmp - all.tsv'
check 0 '' '' 'rsenc-missing -q Cut <all.tsv | cmp - all.tsv'

# ---- several databases: one after another ----

rsenc-pack -r <some.tsv | rsenc-load Part
sed -n '1p;3p' all.tsv | rsenc-pack -r | rsenc-load A
sed -n 4p all.tsv | rsenc-pack -r | rsenc-load --single-file b.db
sed -n '8,$p' all.tsv >left.tsv
check 0 '' '' 'rsenc-missing Part <all.tsv | rsenc-missing A | rsenc-missing b.db | cmp - left.tsv'
check 2 '' '*' 'rsenc-missing Part A <all.tsv'

# ---- output that fails, signals ----

check 1 '' '*rsenc-missing: standard output: No space left*' 'rsenc-missing Some2 <all.tsv >/dev/full'
mkfifo fifo
rsenc-missing -q None <fifo >stopped.tsv 2>stop.err &
missing=$!
exec 3>fifo
for _ in $(seq 40); do cat all.tsv; done >&3 # more than the pipe holds
kill -TERM "$missing"
wait "$missing"
status=$?
exec 3>&-
is 'SIGTERM: the status' "$status" 143
is 'SIGTERM: no word' "$(cat stop.err)" ''

# The wrong input is reported once, whatever it is.
check 1 '' '*standard input: not group lines (a TIFF file): group lines come from ?rsenc-scan?' 'find ben -name "*.tif" | head -n 1 | xargs cat | rsenc-missing nodb'
check 1 '' '*standard input: not group lines (a safetensors file)*' 'head -n 1 all.tsv | rsenc-pack | rsenc-missing nodb'
check 1 'a.tif
b.tif
c.tif' 'rsenc-missing: line 1: no tab: *' 'printf "a.tif\nb.tif\nc.tif\n" | rsenc-missing -q nodb'

done_testing

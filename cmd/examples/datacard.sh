#!/bin/sh
# A data card: what a database contains, as Markdown.
#
#     sh datacard.sh DB [TITLE] >CARD.md
set -eu
db=$1 title=${2:-$(basename "$1")}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The database is read twice: a copy of it might not fit. A dump that fails has no end marker, and
# rsenc-show reports that.
rsenc-dump --keys "$db" >"$work/keys"
mkfifo "$work/whole" "$work/again"
sha256sum <"$work/whole" | cut -d ' ' -f 1 >"$work/sum" &
wc -c <"$work/again" >"$work/size" &
rsenc-dump "$db" | tee "$work/whole" "$work/again" | rsenc-show --totals -H >"$work/totals"
wait
rsenc-dump "$db" | rsenc-show | cut -f 2-4 | sort | uniq -c >"$work/tensors"
cat <<CARD
# $title

- Patches: $(wc -l <"$work/keys"), one safetensors blob each, in an LMDB database
- Size: $(cat "$work/size") bytes of records; SHA-256 $(cat "$work/sum")
- First and last key: \`$(head -n 1 "$work/keys")\`, \`$(tail -n 1 "$work/keys")\`
- Made by: $(rsenc-load --version), $(date -u +%Y-%m-%d)

| tensor | dtype | shape | patches |
|---|---|---|---|
CARD
awk -F '\t' '{ count = $1 + 0; sub(/^ *[0-9]+ /, "", $1); printf "| %s | %s | %s | %s |\n", $1, $2, $3, count }' "$work/tensors"
echo
echo '## Statistics'
echo
awk -F '\t' '
	{ printf "|"; for (i = 1; i <= NF; i++) printf " %s |", $i; print "" }
	NR == 1 { printf "|"; for (i = 1; i <= NF; i++) printf "---|"; print "" }' "$work/totals"

#!/bin/sh
# A data card: what a database contains, as Markdown.
#
#     sh datacard.sh DB [TITLE] >CARD.md
set -eu
db=$1 title=${2:-$(basename "$1")}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

rsenc-dump --keys "$db" >"$work/keys"
rsenc-dump "$db" >"$work/records"
rsenc-show "$work/records" >"$work/tensors"
cat <<CARD
# $title

- Patches: $(wc -l <"$work/keys"), one safetensors blob each, in an LMDB database
- Size: $(wc -c <"$work/records") bytes of records; SHA-256 $(sha256sum <"$work/records" | cut -d ' ' -f 1)
- First and last key: \`$(head -n 1 "$work/keys")\`, \`$(tail -n 1 "$work/keys")\`
- Made by: $(rsenc-load --version), $(date -u +%Y-%m-%d)

| tensor | dtype | shape | patches |
|---|---|---|---|
CARD
cut -f 2-4 "$work/tensors" | sort | uniq -c |
	awk '{ printf "| %s | %s | %s | %s |\n", $2, $3, $4, $1 }'
echo
echo '## Statistics'
echo
rsenc-show --totals -H "$work/records" | awk -F '\t' '
	{ printf "|"; for (i = 1; i <= NF; i++) printf " %s |", $i; print "" }
	NR == 1 { printf "|"; for (i = 1; i <= NF; i++) printf "---|"; print "" }'

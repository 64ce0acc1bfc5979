# Results (lines "ID<TAB>VALUE", as many as there were rounds; of a `time` also the processor's
# seconds, user and system) and rows to a Markdown table.
# A row is KIND|WHAT|ID|AGAINST|ID|TARGET; one without results is omitted. The target is for the
# ratio, that of a `peak` for the value itself; with "warm" or "cold" before, for that `cache` only.

function median(values, id, i, j, n, v, t) {
	n = count[id]
	for (i = 1; i <= n; i++) {
		t = values[id, i]
		for (j = i; j > 1 && v[j - 1] > t; j--)
			v[j] = v[j - 1]
		v[j] = t
	}
	return n % 2 ? v[(n + 1) / 2] : (v[n / 2] + v[n / 2 + 1]) / 2
}

# The smallest and largest ratio within a round: how far the noise of the machine reaches.
function range(a, b, i, r, low, high) {
	if (count[a] < 2 || count[a] != count[b])
		return ""
	for (i = 1; i <= count[a]; i++) {
		r = value[a, i] / value[b, i]
		if (i == 1 || r < low)
			low = r
		if (i == 1 || r > high)
			high = r
	}
	return sprintf(" (%.2f-%.2f)", low, high)
}

function misses(x, part, at) {
	return part[at] == "<=" ? x > part[at + 1] : x < part[at + 1]
}

# Whether the median meets the target, and in how many rounds the ratio does not.
function verdict(kind, a, b, x, target, part, at, i, missed) {
	split(target, part, " ")
	at = part[1] ~ /^(warm|cold)$/ ? 2 : 1
	if (target == "" || (at == 2 && part[1] != cache))
		return ""
	for (i = 1; kind != "peak" && count[a] == count[b] && i <= count[a]; i++)
		missed += misses(value[a, i] / value[b, i], part, at)
	return (misses(x, part, at) ? "**not met**" : "met") \
	    (missed ? sprintf(", missed in %d of %d rounds", missed, count[a]) : "")
}

BEGIN {
	unit["time"] = "%.3f s"
	unit["rate"] = "%.0f /s"
	unit["peak"] = "%.1f MiB"
}

FNR == NR {
	value[$1, ++count[$1]] = $2
	processor[$1, count[$1]] = $3
	next
}

FNR == 1 {
	FS = "|"
	$0 = $0
	print "| what | median | against | median | ratio (range) | of processor time | target | |"
	print "|---|---|---|---|---|---|---|---|"
}

count[$3] && count[$5] {
	a = median(value, $3)
	b = median(value, $5)
	own = $1 == "time" ? median(processor, $5) : 0
	work = own > 0 ? sprintf("%.2f", median(processor, $3) / own) : ""
	printf "| %s | " unit[$1] " | %s | " unit[$1] " | %.2f%s | %s | %s | %s |\n", $2, a, $4, b,
	    a / b, range($3, $5), work, $6, verdict($1, $3, $5, $1 == "peak" ? a : a / b, $6)
}

#!/bin/sh
# One meaning: a rule finds the same patches, or refuses the same ones, in a tree, in its archive in any
# order, and on a pipe.
. "${0%/*}/lib.sh"

fixture -b bigearthnet-s1 one 1 >/dev/null
tif=$(find "$tmp/one" -name '*_VH.tif' | head -n 1)

# result STATUS: the keys on standard input, and the status
result() { printf '%s%s' "$(cut -f 1 | sort -u | tr '\n' ' ')" "$1"; }

# means WHAT RESULT MESSAGE FILE...: what the rules of the file `rules` make of FILES, which stand in the
# archive in this order. RESULT is the keys and the status; MESSAGE a shell pattern for what is reported, with
# TREE for the tree or archive.
means() {
	what=$1 wanted=$2 message=$3
	shift 3
	rm -rf tree && mkdir tree
	for file; do mkdir -p "tree/${file%/*}" && cp "$tif" "tree/$file"; done
	(cd tree && tar -cf ../order.tar "$@" && tar -cf ../plain.tar ./*)
	for from in tree plain.tar order.tar; do
		rsenc-scan -f rules m $from >out 2>err
		is "$what: $from" "$(result $? <out)" "$wanted"
		like "$what: $from: message" "$(sed "s|$from|TREE|g; s|/\./|/|g" err)" "$message"
	done
	for from in plain order; do
		rsenc-untar -f rules m <$from.tar >records 2>err
		got=$?
		is "$what: $from, a pipe" "$(rsenc-show records 2>/dev/null | result $got)" "$wanted"
		like "$what: $from, a pipe: message" "$(cat err)" \
			"$(printf %s "$message" | sed 's|TREE/||g; s/rsenc-scan/rsenc-untar/')"
	done
}

# ---- the files of one line ----

printf 'm\t([^/]+)_(a|b)\t\\1\t\\2:a,b\t0\n' >rules
join="to join them, begin the pattern with the folder: '\[^/]+/(\[^/]+)_(a|b)'"
means 'one directory' 'p1 0' '' d/p1_a.tif d/p1_b.tif
means 'two directories' 1 \
	"rsenc-scan: p1: TREE/d: one line finds files below two directories, TREE/d and TREE/e: skipped; $join" \
	d/p1_a.tif e/p1_b.tif
means 'two directories, and another patch between' 'p2 1' '*two directories, *' \
	d/p1_a.tif d/p2_a.tif e/p1_b.tif d/p2_b.tif
means 'a second, incomplete copy' 1 '*p1: TREE/d: two files for a: TREE/d/p1_a.tif and TREE/e/p1_a.tif: skipped' \
	e/p1_a.tif d/p1_b.tif d/p1_a.tif
means 'a second, complete copy' 1 '*p1: TREE/d: two files for a: TREE/d/p1_a.tif and TREE/e/p1_a.tif: skipped' \
	d/p1_a.tif e/p1_a.tif e/p1_b.tif d/p1_b.tif
means 'two incomplete copies' 1 '*p1: TREE/d: two files for a: TREE/d/p1_a.tif and TREE/e/p1_a.tif*' \
	d/p1_a.tif e/p1_a.tif
means 'two files for one tensor' 'p2 1' '*p1: TREE/d: two files for b: *p1_b.tif*and *p1_b.tif*' \
	d/p1_a.tif d/p1_b.tif d/p2_a.tif d/p2_b.tif d/p1_b.tiff
printf 'm\t([^/]+)\t\\1\tA\t0\n' >rules
means 'a rule of one file, two directories' 'p2 1' '*p1: TREE/d: two files for A: TREE/d/p1.tif and TREE/e/p1.tif: skipped' \
	e/p1.tif d/p2.tif d/p1.tif
means 'a rule of one file, two endings' 'p2 1' '*p1: TREE/d: two files for A: TREE/d/p1.tif and TREE/d/p1.tiff: skipped' \
	d/p1.tiff d/p2.tif d/p1.tif
means 'a rule of one file, three directories' 1 '*p1: TREE/a: two files for A: TREE/a/p1.tif and TREE/b/p1.tif: skipped' \
	c/p1.tif b/p1.tif a/p1.tif
printf 'm\t([^/]+)_(a|b)\t\\1\t\\2:a,b\t0\nm\tnothing/([^/]+)\t\\1\tc?\t0\n' >rules
means 'a second line that matches nothing changes nothing' 1 "*p1: *two directories, *d and *e: skipped; $join" \
	d/p1_a.tif e/p1_b.tif
means '... nor in one directory' 'p1 0' '*' d/p1_a.tif d/p1_b.tif

# ---- the remedy ----

printf 'm\tR[12]0m/([^/]+)_(a|b)_[12]0m\t\\1\t\\2:a,b\t0\n' >rules
means 'a pattern that begins with the folder' 'T1 T2 0' '' \
	S/R10m/T1_a_10m.tif S/R10m/T2_a_10m.tif S/R20m/T1_b_20m.tif S/R20m/T2_b_20m.tif
means '... joins what lies below one directory' 1 "*T1: *two directories, TREE/S/R10m and TREE/T/R20m: skipped; *" \
	S/R10m/T1_a_10m.tif T/R20m/T1_b_20m.tif
printf 'm\t([^/]+)_(a|b)_[12]0m\t\\1\t\\2:a,b\t0\n' >rules
means 'without the folder' 1 '*two directories, *' S/R10m/T1_a_10m.tif S/R20m/T1_b_20m.tif
rsenc-scan -f rules m tree 2>&1 | sed -n "s/.*folder: '\(.*\)'\$/\1/p" >pattern
printf 'm\t%s\t\\1\t\\2:a,b\t0\n' "$(cat pattern)" >rules
check 0 'T1*' '' 'rsenc-scan -f rules m tree'
printf 'm\t([^/]+)_(a|b)\t\\1\t\\2:a,b\t0\n' >rules
means 'folders at two depths' 1 '*two directories, *' x/1/d/p1_a.tif y/2/e/p1_b.tif
rsenc-scan -f rules m tree 2>&1 | sed -n "s/.*folder: '\(.*\)'\$/\1/p" >pattern
printf 'm\t%s\t\\1\t\\2:a,b\t0\n' "$(cat pattern)" >rules
check 0 'p1*' '' 'rsenc-scan -f rules m tree'
printf 'm\t^([^/]+)_(a|b)$\t\\1\t\\2:a,b\t0\n' >rules
means 'a pattern between ^ and $' 1 '*two directories, *' d/p1_a.tif e/p1_b.tif
rsenc-scan -f rules m tree 2>&1 | sed -n "s/.*folder: '\(.*\)'\$/\1/p" >pattern
printf 'm\t%s\t\\1\t\\2:a,b\t0\n' "$(cat pattern)" >rules
check 0 'p1*' '' 'rsenc-scan -f rules m tree'
printf 'm\t([a-z]+)/([0-9]+)_(a|b)\t\\1_\\2\t\\3:a,b\t0\n' >rules
means 'folders that are in the key' 'x_1 y_1 0' '' x/1_a.tif y/1_a.tif x/1_b.tif y/1_b.tif

# ---- several lines ----

printf 'm\tz?img/(k[0-9])\t\\1\timg\t0\nm\tlab[12]/(k[0-9])\t\\1\tlab\t0\n' >rules
means 'lines find files anywhere' 'k1 k2 0' '' img/k1.tif img/k2.tif lab1/k1.tif lab2/k2.tif
for img in img zimg; do
	means "two files for one tensor, $img" 'k2 1' '*k1: *: two files for lab: *lab1/k1.tif and *lab2/k1.tif*' \
		$img/k1.tif lab1/k1.tif $img/k2.tif lab1/k2.tif lab2/k1.tif
done
printf 'm\t([^/]+)_(a|b)\t\\1\t\\2:a,b\t0\nm\t([^/]+)_lab\t\\1\tlab\t0\n' >rules
means 'a line below two directories' 1 '*p1: *two directories, *d and *e: skipped; *' \
	d/p1_a.tif l/p1_lab.tif e/p1_b.tif
means 'a line has all its files twice' 1 '*p1: *two files for a: *' \
	d/p1_a.tif d/p1_b.tif l/p1_lab.tif e/p1_a.tif e/p1_b.tif

# ---- far apart ----

# 4,000 patches of one line and of two, whose second files come when megabytes wait
mkdir far far/img far/lab1 far/lab2
seq 10000 13999 | sed 's|.*|far/img/k& far/lab1/k&|; s|$|.tif|; s| |.tif |' | xargs touch
touch far/lab2/k10000.tif far/lab2/k13999.tif
(cd far && find . -name '*.tif' | sort >../inside && sort -R ../inside >../mixed &&
	tar -cf ../far.tar -T ../inside && tar -cf ../mixed.tar -T ../mixed)
printf 'm\t(img|lab)[12]?/(k[0-9]+)\t\\2\t\\1:img,lab\t0\n' >one.rules
printf 'm\timg/(k[0-9]+)\t\\1\timg\t0\nm\tlab[12]/(k[0-9]+)\t\\1\tlab\t0\n' >two.rules
for rules in one two; do
	for from in far far.tar mixed.tar; do
		rsenc-scan -f $rules.rules m $from 2>err >out
		is "$rules: $from: far apart" "$? $(wc -l <out) $(grep -c 'k1[03]9*0*9*: .*: two files for lab' err)" '1 3998 2'
	done
	rsenc-untar -k -f $rules.rules m <mixed.tar 2>err >out
	is "$rules: far apart on a pipe" "$? $(grep -c 'two files for lab' err)" '1 2'
done

# One key so far behind the other that the first was listed
printf 'm\t(k[0-9]+)\t\\1\tA\t0\n' >key.rules
mkdir late late/a late/b
seq 10000 19999 | sed 's|.*|late/a/k&.tif|' | xargs touch
touch late/b/k10000.tif late/b/k19999.tif
(cd late && find a b -type f | sort | tar -cf ../late.tar -T -)
for from in late late.tar; do
	rsenc-scan -f key.rules m $from 2>err >out
	is "$from: the first is listed, the second reported" "$? $(wc -l <out) $(cat err)" \
		"1 9999 rsenc-scan: k19999: $from/a: two files for A: $from/a/k19999.tif and $from/b/k19999.tif: skipped
rsenc-scan: k10000: $from/b/k10000.tif: duplicate key: an earlier patch was listed or reported: skipped"
done

# One key in 40,000 directories, in linear time
if have_python tarfile; then
	"$python" -c 'import tarfile
with tarfile.open("homes.tar", "w") as t:
    for i in range(10000, 50000):
        t.addfile(tarfile.TarInfo("d%d/x_a.tif" % i))'
	printf 'm\t(x)_(a|b)\t\\1\t\\2:a,b\t0\n' >rules
	check 1 '' '*: x: homes.tar/d10000: two files for a: homes.tar/d10000/x_a.tif and homes.tar/d10001/x_a.tif: skipped' \
		'timeout 10 rsenc-scan -f rules m homes.tar'
	"$python" -c 'import tarfile
with tarfile.open("many.tar", "w") as t:
    for i in range(10000, 50000):
        t.addfile(tarfile.TarInfo("d/p1_%d.tif" % i))'
	printf 'm\t(p1)_([0-9]+)\t\\1\tt\\#2\t0\n' >rules
	check 0 'p1*t40000=*' '' 'timeout 10 rsenc-scan -f rules m many.tar'
	"$python" -c 'import io, tarfile
with tarfile.open("halves.tar", "w") as t:
    for i in range(60):
        member = tarfile.TarInfo("d%d/x%d_a.tif" % (i, i))
        member.size = 1 << 20
        t.addfile(member, io.BytesIO(b"II*\0" * (1 << 18)))'
	printf 'm\t(x[0-9]+)_(a|b)\t\\1\t\\2:a,b\t0\n' >rules
	rsenc-untar -M 40M -f rules m <halves.tar 2>err >out
	is 'incomplete patches of directories that were left do not fill the memory' \
		"$? $(grep -c 'incomplete: 1 of 2 bands missing (b): skipped' err) $(wc -l <err)" '1 60 60'
else
	skip 'one key in many directories' 'needs python3'
fi

# ---- archives ----

printf 'm\t([^/]+)_(a|b)\t\\1\t\\2:a,b\t0\n' >rules
means 'several archives' 'p1 0' '' d/p1_a.tif d/p1_b.tif
tar -C tree -cf a.tar d/p1_a.tif && tar -C tree -cf b.tar d/p1_b.tif
check 0 'p1*' '' 'rsenc-scan -f rules m a.tar b.tar'
mkdir tree/e && mv tree/d/p1_b.tif tree/e && tar -C tree -cf b.tar e/p1_b.tif
check 1 '' '*p1: *two directories, a.tar/d and b.tar/e: *' 'rsenc-scan -f rules m a.tar b.tar'
check 1 '' '*p1: *two directories, a.tar/d and tree/e: *' 'rsenc-scan -f rules m a.tar tree/e'
# Names of one archive may be in another one, such as train and test: two files, in whatever way they are read.
printf 'm\t([^/]+)_(a|b)\t\\1\tA\t0\n' >rules
tar -C tree -cf b.tar d/p1_a.tif && tar -C tree -rf b.tar d/p1_a.tif && gzip -k a.tar b.tar
check 1 '' '*: p1: a.tar/d: two files for A: a.tar/d/p1_a.tif and b.tar/d/p1_a.tif: skipped' 'rsenc-scan -f rules m a.tar b.tar'
for two in 'a.tar b.tar' 'a.tar.gz b.tar' 'a.tar.gz b.tar.gz'; do
	check 1 '' '*: p1: d: two files for A: d/p1_a.tif, in two archives: skipped' "rsenc-untar -q -f rules m $two >out"
done
check 1 '' '*: d/p1_a.tif, in two archives: skipped' 'cat a.tar b.tar | rsenc-untar -f rules m >out'
check 1 '' '*: ab.tar/d/p1_a.tif, in two archives: skipped' 'cat a.tar b.tar >ab.tar; rsenc-scan -f rules m ab.tar'
check 0 '' '' 'rsenc-untar -q -f rules m b.tar >out' # a copy that replaces another

# ---- random trees ----

# A tree of files, links and hard links, with earlier copies of some in its archive, and a rule of one or two lines:
# what the tree gives, the archive gives in any order. A pipe gives no other value, and 1 where a link is in the way.
if have_python tarfile; then
	cat >trees.py <<'EOF'
import io, os, random, re, shutil, subprocess, sys, tarfile
tiffs = [open(path, "rb").read() for path in sys.argv[2:]]
types = {"folder": tarfile.DIRTYPE, "hard": tarfile.LNKTYPE, "file": tarfile.SYMTYPE, "dir": tarfile.SYMTYPE}
first, count = map(int, sys.argv[1].split(","))

def run(*args, stdin=None):
    with open(stdin or os.devnull, "rb") as f:
        done = subprocess.run(args, stdin=f, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    return done.returncode, done.stdout, {m[1] for m in re.finditer(rb"(?m)^rsenc-\w+: ([^:/]*): .*skipped$", done.stderr)}

def records(stream):
    found = {}
    while stream.startswith(b"+"):
        sizes, stream = stream[1:].split(b":", 1)
        key, data = map(int, sizes.split(b","))
        found[stream[:key]] = stream[key + 2:key + 2 + data]
        stream = stream[key + 2 + data + 1:]
    return found

def scanned(path):
    status, lines, refused = run("rsenc-scan", "-f", "rules", "m", path)
    with open("lines", "wb") as f:
        f.write(b"".join(sorted(lines.splitlines(True))))
    return status, records(run("rsenc-pack", "-r", stdin="lines")[1]), refused

def make(r):
    dirs, files, links = ["d", "img"], {}, {}
    for _ in range(r.randint(1, 4)):
        dirs.append(r.choice(dirs) + r.choice(["/d", "/img", "/lab", "/e e"]))
    name = lambda: "%s/p%d_%s%s" % (r.choice(dirs), r.randint(1, 2), r.choice(["a", "b", "lab"]), r.choice([".tif"] * 4 + [".TIFF", ""]))
    for _ in range(r.randint(2, 9)):
        files[name()] = r.randint(0, 1)
    for _ in range(r.choice([0, 0, 1, 3, 5])):
        path, kind = name(), r.choice(["file", "hard", "dir", "dir"])
        path = path if kind != "dir" else os.path.dirname(path) + r.choice(["/in", "/img", "/lab"])
        to = r.choice(dirs if kind == "dir" else sorted(files))
        if path not in files and path not in links and path not in dirs:
            links[path] = (kind, to if kind == "hard" else os.path.relpath(to, os.path.dirname(path)))
    return dirs, files, links

def unpack(dirs, files, links):
    shutil.rmtree("R", ignore_errors=True)
    for one in dirs:
        os.makedirs("R/" + one, exist_ok=True)
    for path, data in files.items():
        with open("R/" + path, "wb") as f:
            f.write(tiffs[data])
    for path, (kind, to) in links.items():
        os.link("R/" + to, "R/" + path) if kind == "hard" else os.symlink(to, "R/" + path)

def pack(r, dirs, files, links):
    last = [(p, "file", d) for p, d in files.items()] + [(p, k, t) for p, (k, t) in links.items() if k != "hard"]
    r.shuffle(last)
    old = [(p, "file", r.randint(0, 1)) for p in files if r.random() < 0.2]
    hard = [(p, k, t) for p, (k, t) in links.items() if k == "hard"]
    with tarfile.open("R.tar", "w", format=r.choice([tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])) as t:
        for path, kind, what in [(d, "folder", "") for d in dirs] + old + last + hard:
            info, data = tarfile.TarInfo(path), b"" if isinstance(what, str) else tiffs[what]
            info.type = types[kind] if not data else tarfile.REGTYPE
            info.size, info.linkname = len(data), "" if data else what
            t.addfile(info, io.BytesIO(data))

for seed in range(first, first + count):
    r = random.Random(seed)
    with open("rules", "w") as f:
        for i in range(r.randint(1, 2)):
            f.write("m\t%s%s\t0\n" % (r.choice(["", "", "[^/]+/", "(?:img|lab)/", "in/"]), r.choice([
                "(p.)_(a|b)\t\\1\t\\2:a,b", "(p.)_(lab)\t\\1\tlab?", "(p.)_(.+)\t\\1\tt\\#2", "(p._.)\t\\1\tx%d" % i])))
    if run("rsenc-scan", "-l", "-f", "rules", "m")[0]:
        continue
    made = make(r)
    unpack(*made)
    pack(r, *made)
    tree, tar = scanned("R"), scanned("R.tar")
    pipe = run("rsenc-untar", "-kf", "rules", "m", stdin="R.tar")
    got = records(pipe[1])
    same = (pipe[0], got, pipe[2]) == tree
    less = made[2] and all(tree[1].get(k) == v for k, v in got.items()) and (pipe[0] or got == tree[1])
    if tree != tar or not (same or less):
        print("seed %d: %s" % (seed, open("rules").read()), *made[1:], tree[0], tree[2], tar[0], tar[2], pipe[0], pipe[2])
EOF
	mkdir random
	seeds=1,40
	case ${FAULTS-} in long*) seeds=1,1000 ;; esac
	is 'random trees' "$(cd random && "$python" ../trees.py $seeds "$tif" "${tif%VH.tif}VV.tif" 2>&1)" ''
else
	skip 'random trees' 'needs python3'
fi

done_testing

#!/bin/sh
# GNU parallel over ssh, with three hosts that are all on this machine: the same values, a host that
# dies, and what mixes the records of several hosts is refused.
# shellcheck disable=SC2012,SC2016,SC2317
. "${0%/*}/lib.sh"

cluster_needs 'parallel over ssh' /usr/sbin/sshd ssh ssh-keygen parallel

# ---- three hosts: a daemon each on a loopback address of its own ----

port=$((20000 + $$ % 2500 * 5)) # its own, below those that the system hands out
mkdir -p /run/sshd net home/.parallel && : >home/.parallel/will-cite && chmod 700 net
HOME=$tmp/home
export HOME
ssh-keygen -q -t ed25519 -N '' -f net/hostkey
ssh-keygen -q -t ed25519 -N '' -f net/id
cat >net/config <<E2
Host host2 host3 host4
	Port $port
	User root
	IdentityFile $tmp/net/id
	StrictHostKeyChecking no
	UserKnownHostsFile $tmp/net/known
	LogLevel ERROR
	ConnectTimeout 5
E2
# With SHLVL=2 bash does not read .bashrc, which may print something, or fail beside itself.
start_host() {
	cat >"net/sshd.$1" <<E2
ListenAddress 127.0.0.$1
Port $port
HostKey $tmp/net/hostkey
PidFile $tmp/net/pid.$1
AuthorizedKeysFile $tmp/net/id.pub
PasswordAuthentication no
StrictModes no
PermitRootLogin prohibit-password
UsePAM no
MaxStartups 50
MaxSessions 50
SetEnv PATH=$BIN:$TOOLS/tools:/usr/local/bin:/usr/bin:/bin SHLVL=2
E2
	/usr/sbin/sshd -f "net/sshd.$1" >"net/log.$1" 2>&1
}
# A host dies with all that runs on it.
stop_host() {
	pid=$(cat "net/pid.$1" 2>/dev/null) || return 0
	ps -eo pid,ppid | awk -v root="$pid" '
		{ parent[$1] = $2 }
		END { for (p in parent) for (q = p; q > 1; q = parent[q]) if (q == root) { print p; break } }' >net/dying
	xargs kill -KILL <net/dying 2>/dev/null
	rm -f "net/pid.$1"
}
stop_hosts() {
	cd "$tmp" && for host in 2 3 4; do stop_host "$host"; done
}
trap 'stop_hosts; chmod -R u+rwx "$tmp" 2>/dev/null; rm -rf "$tmp"' EXIT
orphaned 'net/pid.*'
for host in 2 3 4; do
	printf '\tHostName 127.0.0.%s\n' $host | { echo "Host host$host" && cat; } >>net/config
	start_host $host
done
for host in 2 3 4; do
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		ssh -F net/config host$host rsenc-pack -V >version 2>ssh.err && break
		sleep 0.3
	done
	[ -s version ] || {
		fail "host$host answers" "$(cat ssh.err "net/log.$host")"
		done_testing
	}
done

# Three hosts with two jobs each. A login with spaces in it would break the log of jobs.
hosts=2/host2,2/host3,2/host4 PARALLEL_SSH="ssh -F $tmp/net/config"
export hosts PARALLEL_SSH

fixture -b bigearthnet "$tmp/ben" 30
rsenc-scan bigearthnet "$tmp/ben" | LC_ALL=C sort >groups.tsv
rsenc-pack -r <groups.tsv >one.rec
rsenc-load One <one.rec
identical='*90 patches: 90 identical, 0 missing, 0 differ, 0 extra'

rsenc-scan bigearthnet ben | LC_ALL=C sort >groups.tsv # relative paths
check 0 '' '' 'parallel --wd . --sshlogin "$hosts" --pipe -N 10 rsenc-pack -r <groups.tsv | rsenc-load Any'
check 0 '' "$identical" 'rsenc-verify -x Any <one.rec'
# As rsenc-cluster(7) has it, but for the size of the blocks. With --pipe a host that is dead makes
# parallel wait for ever.
recipe='mkdir blocks && split -l 10 groups.tsv blocks/ && parallel -k --wd . --sshlogin "$hosts" --retries 3 --joblog log "rsenc-pack -r <{}" ::: blocks/* | rsenc-load --expect="$(wc -l <groups.tsv)"'
check 0 '' '' "$recipe Ordered"
recipe=${recipe#*groups.tsv blocks/ && }
ok '-k: the database is byte-identical' cmp One/data.mdb Ordered/data.mdb

# What writes lines as they come mixes records of several hosts: no lock reaches across ssh. It is refused,
# or by chance whole: never stored wrong.
mixed() {
	rm -rf Mixed
	sh -c "$2" 2>mixed.err | rsenc-load Mixed 2>load.err
	mixed_status=$?
	if [ $mixed_status -eq 0 ]; then
		ok "$1: whole by chance" sh -c 'rsenc-verify -x Mixed <one.rec 2>/dev/null'
	elif [ -e Mixed/data.mdb ]; then
		rsenc-dump -q Mixed >kept.rec
		ok "$1: refused; what was kept is right" sh -c "rsenc-verify One <kept.rec 2>/dev/null"
	else
		pass "$1: refused, nothing kept"
	fi
}
mixed 'parallel -u' 'parallel -u --sshlogin "$hosts" --pipe -N 3 rsenc-pack -r <groups.tsv'
mixed 'parallel --lb' 'parallel --lb --sshlogin "$hosts" --pipe -N 3 rsenc-pack -r <groups.tsv'
mixed 'xargs -P ssh' 'split -l 10 groups.tsv part. && ls part.* | xargs -P 6 -I {} sh -c "ssh -F net/config host\$((2 + \$\$ % 3)) rsenc-pack -r <{}"'

# ---- record files, and a host that dies ----

mkdir -p shards records
split -n l/12 -d groups.tsv shards/
# shellcheck disable=SC2089,SC2090
run='parallel --wd . --joblog log --retries 3 --sshlogin "$hosts" "rsenc-pack -r <shards/{} >records/{}.tmp && sync records/{}.tmp && mv records/{}.tmp records/{}.rec" :::: names'
ls shards >names
# shellcheck disable=SC2090
export run tmp
check 0 '' '' 'eval "$run"'
ok 'shards as record files: the database is byte-identical' sh -c 'rsenc-load Files records/*.rec && cmp One/data.mdb Files/data.mdb'

# A host that is dead, or dies on the way: its blocks go to others, or the load says how many are missing.
stop_host 4
check 0 '' '*' "$recipe Dead"
ok 'a dead host: the database is byte-identical' cmp One/data.mdb Dead/data.mdb
check 1 '' '*90*' "$(printf '%s' "$recipe" | sed 's/--retries 3/--retries 1/') Less"
start_host 4
(sleep 0.7; stop_host 4) &
dying=$!
check 0 '' '*' "$recipe Dying"
ok 'a host dies on the way: the database is byte-identical' cmp One/data.mdb Dying/data.mdb
wait $dying

rm -rf records log && mkdir records
stop_host 4
sh -c "$(printf '%s' "$run" | sed 's/--retries 3/--retries 1/')" >/dev/null 2>dead.err
status=$?
ok 'a host is dead: some shards fail' test "$status" -gt 0
ok 'no part of a shard is left' sh -c 'for f in records/*.rec; do rsenc-show "$f" >/dev/null || exit 1; done'
start_host 4
check 0 '' '*' 'eval "parallel --resume-failed ${run#parallel}"'
ok '--resume-failed: the database is byte-identical' sh -c 'rsenc-load Resumed records/*.rec && cmp One/data.mdb Resumed/data.mdb'
check 0 '' '' 'rsenc-missing Resumed <groups.tsv'

done_testing

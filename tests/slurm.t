#!/bin/sh
# The job scripts of cmd/slurm on a cluster of three nodes that is all on this machine: arrays, a task
# that is cancelled, one that is requeued, a node that dies. To run the same commands resumes, and the
# result is that of one machine.
# shellcheck disable=SC2010,SC2012,SC2016,SC2046,SC2317
. "${0%/*}/lib.sh"

cluster_needs 'jobs on a Slurm cluster' munged slurmctld slurmd sbatch scancel setpriv

# ---- the cluster: its own folders, ports, key and socket ----

port=$((20000 + $$ % 2500 * 5)) # its own, below those that the system hands out
cluster=$tmp/cluster
mkdir -p "$cluster/state" "$cluster/spool" "$cluster/log" "$cluster/munge"
chmod 755 "$tmp" "$cluster"
dd if=/dev/urandom of="$cluster/munge/key" bs=64 count=1 2>/dev/null
chown -R munge "$cluster/munge" && chmod 400 "$cluster/munge/key"
SLURM_CONF=$cluster/slurm.conf
export SLURM_CONF
cat >"$SLURM_CONF" <<E2
ClusterName=test
SlurmctldHost=$(hostname -s)(127.0.0.1)
SlurmctldPort=$port
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket=$cluster/munge/socket,cred_expire=5
CryptoType=crypto/munge
StateSaveLocation=$cluster/state
SlurmdSpoolDir=$cluster/spool/%n
SlurmctldPidFile=$cluster/slurmctld.pid
SlurmdPidFile=$cluster/slurmd.%n.pid
SlurmctldLogFile=$cluster/log/slurmctld
SlurmdLogFile=$cluster/log/slurmd.%n
SlurmdParameters=config_overrides
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SchedulerParameters=bf_interval=1,sched_interval=1
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/none
ReturnToService=2
MpiDefault=none
SwitchType=switch/none
SlurmdTimeout=4
SlurmctldTimeout=4
BatchStartTimeout=1
KillWait=3
MessageTimeout=3
MinJobAge=3600
NodeName=n[1-3] NodeHostname=$(hostname -s) NodeAddr=127.0.0.1 Port=[$((port + 1))-$((port + 3))] CPUs=4 RealMemory=500 State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
E2

# No control groups: a container may have none, and nothing here is counted by them.
echo CgroupPlugin=cgroup/v1 >"$cluster/cgroup.conf"

stop_cluster() {
	for pid in "$cluster"/slurmd.*.pid "$cluster"/slurmctld.pid "$cluster"/munge/pid; do
		[ -s "$pid" ] && kill "$(cat "$pid")" 2>/dev/null
	done
	sleep 0.5
}
trap 'stop_cluster; chmod -R u+rwx "$tmp" 2>/dev/null; rm -rf "$tmp"' EXIT
orphaned 'cluster/*.pid' cluster/munge/pid

start_node() {
	mkdir -p "$cluster/spool/$1" && slurmd -N "$1"
}

munge_user() {
	setpriv --reuid munge --regid munge --clear-groups "$@"
}

# await SECONDS COMMAND: waits until it succeeds
await() {
	await_left=$(($1 * 5))
	shift
	until "$@"; do
		await_left=$((await_left - 1))
		[ $await_left -gt 0 ] || return 1
		sleep 0.2
	done
}

nodes_idle() {
	[ "$(sinfo -h -t idle -o %D 2>/dev/null)" = "$1" ]
}

munge_user munged --force --key-file="$cluster/munge/key" --socket="$cluster/munge/socket" \
	--log-file="$cluster/munge/log" --pid-file="$cluster/munge/pid" --seed-file="$cluster/munge/seed" >munged.log 2>&1
slurmctld -c >slurmctld.log 2>&1
for node in n1 n2 n3; do start_node $node; done
await 30 nodes_idle 3 || {
	fail 'a cluster of three nodes' "$(cat munged.log slurmctld.log; tail -n 5 "$cluster"/log/*)"
	done_testing
}

# ---- the dataset, and what one machine makes of it ----

mkdir shared && cd shared || exit 1
fixture -b bigearthnet ben 40
rsenc-scan bigearthnet ben | LC_ALL=C sort >groups.tsv
rsenc-pack -r <groups.tsv | rsenc-load One
rsenc-dump One >one.rec
job() {
	sbatch --parsable --output="$PWD/job-%A_%a.log" "$@"
}
records=$top/cmd/slurm/records.sh
shards=$top/cmd/slurm/shards.sh

# A packer that takes its time wherever the file `slow` lies: a task is caught in the middle of its work.
mkdir slow-bin
cat >slow-bin/rsenc-pack <<E2
#!/bin/sh
[ -e "$PWD/slow" ] || exec "$BIN/rsenc-pack" "\$@"
echo \$\$ >>"$PWD/packers"
awk '{ print; fflush(); system("[ ! -e $PWD/slow ] || sleep 0.5") }' | "$BIN/rsenc-pack" "\$@"
E2
chmod +x slow-bin/rsenc-pack
PATH=$PWD/slow-bin:$PATH

# state JOB: what Slurm says of it
state() {
	scontrol -o show job "$1" 2>/dev/null | sed 's/.*JobState=\([A-Z]*\).*/\1/' | sort -u | tr '\n' ' '
}
ended() {
	case $(state "$1") in '' | *PENDING* | *RUNNING* | *COMPLETING* | *REQUEUED*) return 1 ;; esac
}
running() {
	case $(state "$1") in *RUNNING*) [ -s packers ] ;; *) return 1 ;; esac
}
logs() {
	tail -n 20 job-*.log
}

# ---- record files, then one database ----

# convert DIR DB: the two commands of the script's comment; then what they came to, in $packed $loaded
convert() {
	pack=$(job --array=1-4 "$records" groups.tsv "$1" "$2")
	load=$(job --dependency="afterok:$pack" --kill-on-invalid-dep=yes "$records" groups.tsv "$1" "$2")
	await 60 ended "$pack"
	packed=$(state "$pack")
	await 60 ended "$load"
	loaded=$(state "$load")
}

convert Records Encoded
is 'an array packs, a job loads' "$packed$loaded" 'COMPLETED COMPLETED '
ok 'the database is byte-identical to that of one machine' cmp One/data.mdb Encoded/data.mdb
ls -l --time-style=full-iso Records/*/*.rec >before
convert Records Encoded
is 'the same again' "$packed$loaded" 'COMPLETED COMPLETED '
ls -l --time-style=full-iso Records/*/*.rec >after
ok 'no shard is packed again' cmp before after
ok 'nothing changed' cmp One/data.mdb Encoded/data.mdb

touch slow
pack=$(job --array=1-4 "$records" groups.tsv Cancelled Cancelled.db)
await 30 running "${pack}_3"
scancel "${pack}_3"
rm slow
await 60 ended "$pack"
like 'a task is cancelled' "$(state "$pack")" '*CANCELLED*'
is 'it leaves no file' "$(ls Cancelled/*/00003.rec 2>/dev/null)" ''
convert Cancelled Cancelled.db
is 'the same commands again: they resume' "$packed$loaded" 'COMPLETED COMPLETED '
ok 'after a cancelled task the database is the same' cmp One/data.mdb Cancelled.db/data.mdb

rm -f packers
touch slow
pack=$(job --array=1-4 "$records" groups.tsv Requeued Requeued.db)
await 30 running "${pack}_2"
scontrol requeue "${pack}_2"
rm slow
load=$(job --dependency="afterok:$pack" "$records" groups.tsv Requeued Requeued.db)
await 240 ended "$load" # Slurm lets a requeued job wait for as long as cred_expire
is 'a task is requeued' "$(state "$load")" 'COMPLETED '
ok 'after a requeued task the database is the same' cmp One/data.mdb Requeued.db/data.mdb
is 'no temporary file is left' "$(ls -A Requeued/* | grep -v -e '\.rec$')" ''
# Files of another split of the list, of another list, and half a split are not loaded.
mkdir Records/stale
rsenc-dump One | head -c 5000 >Records/stale/00001.rec
head -n 60 groups.tsv >sixty.tsv
pack=$(job --array=1-3 "$records" sixty.tsv Records Sixty.db)
load=$(job --dependency="afterok:$pack" --kill-on-invalid-dep=yes "$records" sixty.tsv Records Sixty.db)
await 60 ended "$load"
is 'another list in the same directory' "$(state "$load")" 'COMPLETED '
is 'its patches and no others' "$(rsenc-dump --keys Sixty.db | wc -l)" 60
head -n 50 groups.tsv >fifty.tsv
load=$(job "$records" fifty.tsv Records Fifty.db)
await 60 ended "$load"
is 'a list that was not packed is refused' "$(state "$load")" 'FAILED '
ok 'nothing was made' test ! -e Fifty.db

# Two nodes are lost at once. Of the first all dies that ran on it; of the second only the daemon, so that
# its task lives on beside the one that Slurm starts elsewhere.
rm -f packers
touch slow
# node JOB: where its only task runs
node() {
	scontrol -o show job "${1}_1" | sed 's/.* BatchHost=\([^ ]*\).*/\1/'
}
died=$(job --array=1-1 "$records" groups.tsv Died Died.db)
await 30 running "${died}_1"
dead=$(cat packers)
lost=$(job --array=1-1 --exclude="$(node "$died")" "$records" groups.tsv Lost Lost.db)
packing() {
	[ "$(wc -l <packers)" -ge "$1" ]
}
await 30 packing 2
orphan=$(grep -v -x "$dead" packers)
gone="$(node "$died") $(node "$lost")"
id=$(scontrol -o show job "${died}_1" | sed 's/^JobId=\([0-9]*\).*/\1/')
for node in $gone; do kill -KILL "$(cat "$cluster/slurmd.$node.pid")"; done
kill -KILL $(ps -eo pid,args | awk -v step="slurmstepd: [$id." 'index($0, step) && !/awk/ { print $1 }') "$dead"
await 240 packing 4
ok 'a node is thought lost: its task runs beside its former self' kill -0 "$orphan"
rm slow
for dir in Died Lost; do
	[ $dir = Died ] && pack=$died || pack=$lost
	load=$(job --dependency="afterok:$pack" "$records" groups.tsv $dir $dir.db)
	await 240 ended "$load"
	is "$dir: a task elsewhere ends well" "$(state "$load")" 'COMPLETED '
	ok "$dir: the database is the same" cmp One/data.mdb $dir.db/data.mdb
done
ended_orphan() {
	! kill -0 "$orphan" 2>/dev/null
}
await 60 ended_orphan
is 'the former self leaves nothing' "$(ls -A Lost/*)" 00001.rec
ok 'its file is right' sh -c 'cat Lost/*/*.rec | cmp - one.rec'
for node in $gone; do start_node "$node"; done
await 60 nodes_idle 3

# ---- a database a shard ----

array=$(job --array=1-4 "$shards" groups.tsv Shards)
await 60 ended "$array"
is 'an array makes databases' "$(state "$array")" 'COMPLETED '
# proven TARGET LIST: every key of the list is in exactly one shard, and each value is right. The
# commands are those of rsenc-cluster(7).
proven() {
	cp "$2" left
	for db in "$1"/*/; do rsenc-missing "$db" <left >next && mv next left || return 1; done
	test ! -s left || return 1
	for db in "$1"/*/; do rsenc-dump --keys "$db"; done | sort | uniq -d >twice
	test ! -s twice || return 1
	for db in "$1"/*/; do
		# shellcheck disable=SC2094
		rsenc-missing "$db" <"$2" | LC_ALL=C comm -13 - "$2" | rsenc-pack -r | rsenc-verify -x "$db" || return 1
	done
}
ok 'every key is in exactly one shard' proven Shards groups.tsv
is 'nothing else is left' "$(ls -A Shards | tr '\n' ' ')" '.list 00001-of-00004 00002-of-00004 00003-of-00004 00004-of-00004 '
for array in "--array=1-3 $shards groups.tsv" "--array=1-4 $shards sixty.tsv"; do
	# shellcheck disable=SC2086
	array=$(job $array Shards)
	await 60 ended "$array"
	is 'a target of another list, or number of shards, is refused' "$(state "$array")" 'FAILED '
done
ok 'it is as it was' proven Shards groups.tsv

rm -f packers
touch slow
array=$(job --array=1-2 "$shards" groups.tsv Resumed)
await 30 running "${array}_2"
sleep 6 # a dozen of patches
scancel "${array}_2"
rm slow
await 60 ended "$array"
ok 'a cancelled task saves what it has' sh -c 'test "$(rsenc-dump --keys -q Resumed/.saved-00002-of-00002 | wc -l)" -gt 0'
array=$(job --array=1-2 "$shards" groups.tsv Resumed)
await 60 ended "$array"
is 'the same command resumes' "$(state "$array")" 'COMPLETED '
ok 'after it every key is in exactly one shard' proven Resumed groups.tsv
is 'nothing is left of what was saved' "$(ls -A Resumed | tr '\n' ' ')" '.list 00001-of-00002 00002-of-00002 '

# The loader is killed as by the kernel when memory is short; what the task saved is marked as the
# state of a process on another boot of another node.
rm -f packers
touch slow
array=$(job --array=1-1 --time=1 "$shards" groups.tsv Killed)
await 30 running "${array}_1"
loader() {
	ps -eo pid,args | awk '$2 ~ /rsenc-load$/ && $3 ~ /db$/ { print $1 }' >loaders && [ -s loaders ]
}
await 20 loader
sleep 2
kill -KILL $(cat loaders)
rm slow
await 60 ended "$array"
is 'a loader is killed: the task fails' "$(state "$array")" 'FAILED '
[ ! -e Killed/.saved-00001-of-00001/incomplete ] ||
	sed -i 's/[0-9a-f]\{8\}-[0-9a-f]\{4\}-/00000000-0000-/' Killed/.saved-00001-of-00001/incomplete
array=$(job --array=1-1 --time=1 "$shards" groups.tsv Killed)
await 60 ended "$array"
is 'the same command completes the shard' "$(state "$array")" 'COMPLETED '
ok 'every key is in it' proven Killed groups.tsv

# ---- arrays of other forms ----

head -2 groups.tsv >two.tsv
pack=$(job --array=0-3 "$records" two.tsv Few Few.db)
load=$(job --dependency="afterok:$pack" --kill-on-invalid-dep=yes "$records" two.tsv Few Few.db)
array=$(job --array=0-3 "$shards" two.tsv FewShards)
await 60 ended "$load"
await 60 ended "$array"
is 'counted from 0, with shards of nothing' "$(state "$load")$(state "$array")" 'COMPLETED COMPLETED '
check 0 '' '' 'rsenc-missing Few.db <two.tsv'
ok 'shards of nothing: every key is in exactly one' proven FewShards two.tsv
for array in 2-3 1,3; do
	for script in "$records" "$shards"; do
		pack=$(job --array=$array "$script" groups.tsv Part Part.db)
		await 60 ended "$pack"
		is "${script##*/}: a part of an array ($array) is refused" "$(state "$pack")" 'FAILED '
	done
done
is '... before anything is made' "$(ls -A Part Part.db 2>/dev/null)" ''

# ---- as Slurm calls them, one task after the other ----

# task SCRIPT I N ARGUMENT...
task() {
	script=$1 task=$2 tasks=$3
	shift 3
	SLURM_ARRAY_TASK_ID=$task SLURM_ARRAY_TASK_MIN=1 SLURM_ARRAY_TASK_MAX=$tasks SLURM_ARRAY_TASK_COUNT=$tasks sh "$script" "$@"
}
check 2 '' 'usage: sbatch --array=1-N shards.sh *' "sh '$shards' groups.tsv Target"
check 2 '' 'usage: sbatch *records.sh *' "sh '$records' groups.tsv Target"
check 1 '' 'records.sh: Never: no complete set of shards for groups.tsv: submit the array' "sh '$records' groups.tsv Never Never.db"
# The database is another job's, or changes while its copy is loaded.
mkdir Busy.db && : >Busy.db/claim
check 1 '' 'records.sh: Busy.db: another load is running, or was interrupted: complete it first' "sh '$records' groups.tsv Records Busy.db"
mkdir between && printf '#!/bin/sh\n"%s/rsenc-load" "$@" && mkdir -p %s && cp One/data.mdb %s\n' "$BIN" Raced.db Raced.db >between/rsenc-load
chmod +x between/rsenc-load
check 1 '' 'records.sh: Raced.db: another job changed it *' "PATH=between:\$PATH sh '$records' sixty.tsv Records Raced.db"
ok '... and it is that of the other' sh -c 'cmp One/data.mdb Raced.db/data.mdb && ls -A Raced.db | wc -l | grep -qx 1'
# A full target: the shards that are complete stay, and nothing else; then the same tasks complete it.
mkdir Full
if mount -t tmpfs -o size=2m none Full 2>/dev/null; then
	for i in 1 2 3 4 5 6 7 8; do task "$shards" $i 8 groups.tsv Full; done 2>full.err
	like 'a full target: the tasks fail' "$(cat full.err)" '*No space left*'
	is '... and leave nothing' "$(ls -A Full | grep -v '^000.*of-00008$')" .list
	for shard in Full/0*; do rsenc-dump -q "$shard"; done >full.rec
	ok '... complete shards stay' sh -c 'test -s full.rec && rsenc-verify -q One <full.rec'
	mount -o remount,size=100m Full
	for i in 1 2 3 4 5 6 7 8; do task "$shards" $i 8 groups.tsv Full || fail "shard $i" "$?"; done
	ok '... with more room: every key is in exactly one' proven Full groups.tsv
	umount Full
else
	skip 'a full target' 'no tmpfs may be mounted here'
fi
# Four patches of 6.6 MB before the others, or each followed by one of 29 KB: every shard has one.
fixture hyspecnet-11k hys 4
rsenc-scan hyspecnet-11k hys >large
grep reference_map groups.tsv >small
cat large small >before.tsv
head -n 4 small | paste -d '\n' large - >turns.tsv
for list in before turns; do
	for i in 1 2 3 4; do task "$shards" $i 4 $list.tsv "Large-$list" || fail "shard $i" "$?"; done
	is "large patches ($list): each shard has one" "$(for db in "Large-$list"/0*; do rsenc-dump --keys -q "$db" | grep -c ENMAP; done | tr '\n' ' ')" '1 1 1 1 '
done
# What a task that was killed left is removed by the one that completes its shard.
mkdir -p Left/.moving-00001-of-00001.abcdef Left/.saved-00001-of-00001.abcdef
ok 'after a task that was killed' task "$shards" 1 1 two.tsv Left
is '... nothing is left' "$(ls -A Left | tr '\n' ' ')" '.list 00001-of-00001 '

[ "$failed" -eq 0 ] || logs | sed 's/^/# /'
done_testing

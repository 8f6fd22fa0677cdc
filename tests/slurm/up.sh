#!/usr/bin/env bash
# Start a throw-away SLURM on this machine for `make test-slurm`: three fake nodes, two of them with
# two fake GPUs each, and accounting: one account, a quality of service with a short time limit, and
# one that starts no job.
# Everything is on the loopback interface. Needs root and Debian's packages, which it installs when
# they are missing. tests/slurm/down.sh stops it.
#
# /etc/slurm must link to the configuration, because Snakemake's job steps drop every variable that
# begins with SLURM_, including SLURM_CONF. The script leaves an existing configuration alone.
set -euo pipefail

BOX=/tmp/gamegrid-slurm
CONF=$BOX/etc/slurm.conf LINK=/etc/slurm/slurm.conf
HOST=$(hostname -s)
PATH=$PATH:/usr/sbin:/sbin

fail() { echo "tests/slurm/up.sh: $*" >&2; exit 1; }

[ "$(id -u)" = 0 ] || fail "only root can start SLURM's daemons and link $LINK."
if [ -e "$LINK" ] || [ -L "$LINK" ]; then
    fail "there is a SLURM configuration at $LINK already; stop what it belongs to first."
fi

missing=()
for program in munged:munge slurmctld:slurmctld slurmd:slurmd sbatch:slurm-client \
    slurmdbd:slurmdbd mariadbd:mariadb-server; do
    command -v "${program%%:*}" >/dev/null || missing+=("${program##*:}")
done
if [ ${#missing[@]} -gt 0 ]; then
    # While policy-rc.d exits with 101, packages do not start their services.
    policy=/usr/sbin/policy-rc.d made=
    if [ ! -e $policy ]; then
        printf '#!/bin/sh\nexit 101\n' >$policy
        chmod +x $policy
        made=$policy
    fi
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
    [ -z "$made" ] || rm "$made"
fi

mkdir -p $BOX/{etc,log,run,state,munge}
chmod 755 $BOX $BOX/{etc,log,run,munge}

start() { # start NAME COMMAND...: run a daemon that stays in the foreground; file its pid
    local name=$1
    shift
    "$@" >>"$BOX/log/$name.out" 2>&1 </dev/null &
    echo $! >"$BOX/run/$name.pid"
}
await() { # await WHAT COMMAND...: wait up to half a minute until the command succeeds
    local what=$1 end=$((SECONDS + 30))
    shift
    until "$@" >/dev/null 2>&1; do
        if [ $SECONDS -ge $end ]; then
            tail -n 15 $BOX/log/* >&2
            fail "$what did not start."
        fi
        sleep 0.2
    done
}

(umask 077 && head -c 128 /dev/urandom >$BOX/munge/key)
start munged munged --foreground --force --num-threads=2 --key-file=$BOX/munge/key \
    --socket=$BOX/munge/socket --pid-file=$BOX/munge/pid --seed-file=$BOX/munge/seed \
    --log-file=$BOX/log/munged.log
await munged munge -S $BOX/munge/socket -n

# The GPUs are copies of /dev/null: SLURM sets CUDA_VISIBLE_DEVICES only for separate device files.
for gpu in 0 1; do
    mknod $BOX/gpu$gpu c 1 3 || fail "a device file cannot be made here, so there is no fake GPU."
done
echo "NodeName=box[2-3] Name=gpu Type=a100 File=$BOX/gpu[0-1]" >$BOX/etc/gres.conf

# No cgroups and no task plugin: it runs in a container without systemd.
# config_overrides: SLURM believes the CPUs and memory below, not the hardware.
cat >$CONF <<END_OF_CONF
ClusterName=box
SlurmctldHost=$HOST(127.0.0.1)
SlurmctldPort=16800
CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
CredType=cred/munge
AuthInfo=socket=$BOX/munge/socket
StateSaveLocation=$BOX/state
SlurmdSpoolDir=$BOX/spool.%n
SlurmctldPidFile=$BOX/run/slurmctld.own
SlurmdPidFile=$BOX/run/slurmd.%n.own
SlurmctldLogFile=$BOX/log/slurmctld.log
SlurmdLogFile=$BOX/log/slurmd.%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/slurmdbd
AccountingStorageHost=127.0.0.1
AccountingStoragePort=16802
AccountingStoragePass=$BOX/munge/socket
AccountingStorageEnforce=associations,limits,qos
AccountingStorageTRES=gres/gpu
SwitchType=switch/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SchedulerType=sched/backfill
SchedulerParameters=sched_interval=2,bf_interval=2
SlurmdParameters=config_overrides
ReturnToService=2
KillWait=5
MinJobAge=600
JobRequeue=0
GresTypes=gpu
NodeName=box1 NodeHostname=$HOST NodeAddr=127.0.0.1 Port=16811 CPUs=4 RealMemory=32000
NodeName=box2 NodeHostname=$HOST NodeAddr=127.0.0.1 Port=16812 CPUs=4 RealMemory=32000 Gres=gpu:a100:2
NodeName=box3 NodeHostname=$HOST NodeAddr=127.0.0.1 Port=16813 CPUs=4 RealMemory=32000 Gres=gpu:a100:2
PartitionName=cpu Nodes=box1 Default=YES DefaultTime=10 MaxTime=300 State=UP
PartitionName=gpu Nodes=box[2-3] DefaultTime=10 MaxTime=300 State=UP
END_OF_CONF
mkdir -p "$(dirname $LINK)"
ln -s $CONF $LINK
export SLURM_CONF=$CONF  # SLURM looks for gres.conf beside it

# Accounting keeps its records in a private database on a socket.
SOCKET=$BOX/run/mariadb.sock
mariadb-install-db --no-defaults --user=root --datadir=$BOX/db --skip-test-db \
    --auth-root-authentication-method=normal >>$BOX/log/mariadb-install.out 2>&1
start mariadbd mariadbd --no-defaults --user=root --datadir=$BOX/db --socket=$SOCKET \
    --skip-networking --pid-file=$BOX/run/mariadbd.own --innodb-buffer-pool-size=64M \
    --innodb-lock-wait-timeout=900
await mariadbd mariadb --no-defaults --socket=$SOCKET -uroot -e 'select 1'
(umask 077 && cat >$BOX/etc/slurmdbd.conf <<END_OF_CONF
AuthType=auth/munge
AuthInfo=socket=$BOX/munge/socket
CommunicationParameters=NoInAddrAny
DbdHost=$HOST
DbdAddr=127.0.0.1
DbdPort=16802
SlurmUser=root
PidFile=$BOX/run/slurmdbd.own
LogFile=$BOX/log/slurmdbd.log
StorageType=accounting_storage/mysql
StorageHost=localhost
StorageUser=root
StorageLoc=slurm_acct
END_OF_CONF
)
# The client library finds the socket through this variable.
start slurmdbd env MYSQL_UNIX_PORT=$SOCKET slurmdbd -D
await slurmdbd sacctmgr -n list cluster
for entity in "cluster box" "account proj Cluster=box" "qos short set MaxWall=5 Flags=DenyOnLimit" \
    "qos full set GrpJobs=0" "user root Account=proj QOS=normal,short,full DefaultQOS=normal"; do
    sacctmgr -i -Q add $entity >>$BOX/log/sacctmgr.out 2>&1
done

start slurmctld slurmctld -D -i
await slurmctld scontrol ping
for node in box1 box2 box3; do
    mkdir -p $BOX/spool.$node
    start slurmd.$node slurmd -D -N $node
done
all_idle() { [ "$(sinfo -h -N -t idle -o %N | sort -u | wc -l)" = 3 ]; }
await "the nodes" all_idle
sinfo -N -o '%N %P %T %c CPUs, %m MB, %G'

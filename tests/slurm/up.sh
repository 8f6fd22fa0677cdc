#!/usr/bin/env bash
# Start a throw-away SLURM on this machine for `make test-slurm`: two fake nodes, one of them with
# a fake GPU, everything on the loopback interface. Needs root and Debian's packages, which it
# installs when they are missing. tests/slurm/down.sh stops it.
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
for program in munged:munge slurmctld:slurmctld slurmd:slurmd sbatch:slurm-client; do
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

# The GPU is a copy of /dev/null: SLURM sets CUDA_VISIBLE_DEVICES only for a separate device file.
mknod $BOX/gpu0 c 1 3 || fail "a device file cannot be made here, so there is no fake GPU."
echo "NodeName=box2 Name=gpu File=$BOX/gpu0" >$BOX/etc/gres.conf

# No cgroups, no task plugin, no accounting: it runs in a container without systemd or a database.
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
AccountingStorageType=accounting_storage/none
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
NodeName=box2 NodeHostname=$HOST NodeAddr=127.0.0.1 Port=16812 CPUs=4 RealMemory=32000 Gres=gpu:1
PartitionName=cpu Nodes=box1 Default=YES DefaultTime=10 MaxTime=300 State=UP
PartitionName=gpu Nodes=box2 DefaultTime=10 MaxTime=300 State=UP
END_OF_CONF
mkdir -p "$(dirname $LINK)"
ln -s $CONF $LINK
export SLURM_CONF=$CONF  # SLURM looks for gres.conf beside it

start slurmctld slurmctld -D -i
await slurmctld scontrol ping
for node in box1 box2; do
    mkdir -p $BOX/spool.$node
    start slurmd.$node slurmd -D -N $node
done
all_idle() { [ "$(sinfo -h -N -t idle -o %N | sort -u | wc -l)" = 2 ]; }
await "the nodes" all_idle
sinfo -N -o '%N %P %T %c CPUs, %m MB, %G'

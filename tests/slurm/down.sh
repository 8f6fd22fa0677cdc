#!/usr/bin/env bash
# Stop only what tests/slurm/up.sh started: read the pids from files and check each one's name.
set -uo pipefail

BOX=/tmp/gamegrid-slurm
CONF=$BOX/etc/slurm.conf LINK=/etc/slurm/slurm.conf
PATH=$PATH:/usr/sbin:/sbin
[ -d $BOX ] || exit 0

alive() { # alive PID NAME: is that process still the daemon of this name?
    [ "$(cat "/proc/$1/comm" 2>/dev/null)" = "$2" ]
}
stop() { # stop PIDFILE NAME: TERM, and KILL after 15 s
    local pid
    pid=$(cat "$1" 2>/dev/null) || return 0
    alive "$pid" "$2" || return 0
    kill "$pid"
    for _ in $(seq 75); do
        alive "$pid" "$2" || return 0
        sleep 0.2
    done
    kill -9 "$pid"
}

# Jobs first: their steps outlive the daemon that started them.
jobs=$(timeout 10 squeue -h -o %A 2>/dev/null | sort -u)
if [ -n "$jobs" ]; then
    echo "$jobs" | xargs timeout 10 scancel
    for _ in $(seq 50); do
        [ -n "$(timeout 10 squeue -h 2>/dev/null)" ] || break
        sleep 0.4
    done
fi
for node in box1 box2 box3; do
    stop $BOX/run/slurmd.$node.pid slurmd
done
stop $BOX/run/slurmctld.pid slurmctld
stop $BOX/run/slurmdbd.pid slurmdbd
stop $BOX/run/mariadbd.pid mariadbd
stop $BOX/run/munged.pid munged
if [ "$(readlink $LINK 2>/dev/null)" = $CONF ]; then
    rm $LINK
fi
rm -rf $BOX

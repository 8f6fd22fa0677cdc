"""What a SLURM site allows, and whether it can run the jobs that a run is about to submit.

SLURM accepts some jobs that it never starts, such as one whose time limit no partition has. So the
site is asked before anything is submitted.
"""

import getpass
import re
import subprocess
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

from gamegrid.errors import UserError, nearest

LONGEST_S = 10.0
"""Seconds that a site has to answer. A site that is slower is not asked again."""
NODES = ("sinfo", "--all", "--exact", "--noheader", "--format=%P|%a|%l|%c|%m|%G")
ACCOUNTS = ("sacctmgr", "-nP", "show", "assoc", "format=account,qos,defaultqos")
QOS = ("sacctmgr", "-nP", "show", "qos", "format=name,maxwall,flags")
CONFIG = ("scontrol", "show", "config")
ORDINARY = frozenset(
    ("None", "Priority", "Resources", "JobArrayTaskLimit", "BeginTime", "Cleaning")
)
"""SLURM's reasons for which a job waits that need no explanation: others are before it."""
GPUS = re.compile(r"(?:^|,)gpu(?::([^:,(]+))?:(\d+)")
IGNORES_PARTITION = "PartitionTimeLimit"
"""The flag of a QOS whose jobs may run longer than their partition allows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Nodes:
    """Nodes of one kind in a partition. ``minutes`` is None without a limit.

    ``gpus`` holds the number of GPUs in a node by type, which is empty for GPUs without a type.
    """

    partition: str
    default: bool
    up: bool
    minutes: int | None
    cpus: int
    mem_mb: int
    gpus: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Qos:
    """A quality of service: its time limit in minutes, and whether it overrides the partition's."""

    minutes: int | None
    overrides: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A site, as far as its programs have answered: what is unknown is empty.

    ``accounts`` are those of the user, each with the QOS that it may use and its default QOS.
    """

    nodes: Sequence[Nodes] = ()
    accounts: Mapping[str, tuple[frozenset[str], str]]
    qos: Mapping[str, Qos]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What jobs of a rule ask SLURM for. SLURM writes accounts in lower case."""

    rule: str
    partitions: tuple[str, ...]
    accounts: tuple[str, ...]
    qos: str
    minutes: int
    mem_mb: int
    cpus: int
    gpus: int
    gpu_model: str


def check(asked: Iterable[Asked]) -> None:
    """Refuse jobs that the site of this machine would refuse, or never start. Raises UserError."""
    wanted = merged(asked)
    if wanted and (said := troubles(survey(), wanted)):
        raise UserError("\n  ".join(said))


def merged(asked: Iterable[Asked]) -> list[Asked]:
    """Return what jobs ask for, each demand once, with the names of all its rules."""
    rules = dict[Asked, list[str]]()
    for each in dict.fromkeys(asked):
        rules.setdefault(replace(each, rule=""), []).append(each.rule)
    return [replace(each, rule=_and(names)) for each, names in rules.items()]


def asked(rule: str, resources: Mapping[str, Any], cpus: int, qos: str | None) -> Asked:
    """Return what a job asks for; ``qos`` is that of the whole run.

    A job may name several partitions, and SLURM takes the one that can run it first.
    """

    def number(name: str) -> int:
        value = resources.get(name)
        return value if isinstance(value, int) else 0

    def text(name: str) -> str:
        return str(resources.get(name) or "")

    return Asked(
        rule=rule,
        partitions=tuple(text("slurm_partition").split(",")) if text("slurm_partition") else (),
        accounts=tuple(re.findall(r"[^,\s]+", text("slurm_account").lower())),
        qos=text("qos") or qos or "",
        minutes=number("runtime"),
        mem_mb=number("mem_mb"),
        cpus=cpus,
        gpus=number("gpu"),
        gpu_model=text("gpu_model"),
    )


def survey() -> Site:
    """Ask SLURM's programs, all at once. One that is absent, fails or is slow tells nothing."""
    user = f"user={getpass.getuser()}"
    calls = (NODES, (*ACCOUNTS, user), QOS, CONFIG)
    with ThreadPoolExecutor(len(calls)) as together:
        nodes, accounts, qos, config = together.map(_lines, calls)
    enforced = _enforced(config)
    return Site(
        nodes=[entry for line in nodes if (entry := _nodes(line)) is not None],
        accounts=_accounts(accounts),
        qos=_qos(qos, limits="limits" in enforced) if "qos" in enforced else {},
    )


def held_back(run: str) -> Counter[str]:
    """Return how many jobs of a run wait for each reason that is not the ordinary queue."""
    waiting = _lines(("squeue", "--noheader", "--states=PENDING", "--format=%r", f"--name={run}"))
    return Counter(reason for line in waiting if (reason := line.strip()) not in ORDINARY)


def troubles(site: Site, asked: Iterable[Asked]) -> list[str]:
    """Return a sentence for each reason for which jobs could not run, each once."""
    found = (
        _partition(site, each) or _account(site, each) or _qos_trouble(site, each)
        or _node(site, each) for each in asked
    )  # fmt: skip
    return list(dict.fromkeys(sentence for sentence in found if sentence))


def _partition(site: Site, asked: Asked) -> str | None:
    known = sorted({nodes.partition for nodes in site.nodes})
    for name in asked.partitions if known else ():
        if name not in known:
            return (
                f"slurm_partition: SLURM has no partition {name!r}.{nearest(name, known)} It has "
                f"{_and(known)}. Correct the profile."
            )
    named = _candidates(site, asked)
    if named and not any(nodes.up for nodes in named):
        return f"slurm_partition: {_of(asked)} is down and takes no jobs. Choose another."
    return None


def _account(site: Site, asked: Asked) -> str | None:
    for name in asked.accounts if site.accounts else ():
        if name not in site.accounts:
            return (
                f"slurm_account: you have no account {name!r}.{nearest(name, site.accounts)} You "
                f"have {_and(sorted(site.accounts))}. Correct the profile."
            )
    return None


def _qos_trouble(site: Site, asked: Asked) -> str | None:
    named = asked.accounts or (tuple(site.accounts) if len(site.accounts) == 1 else ())
    allowed, default = frozenset[str](), ""
    for name in named:
        more, default = site.accounts.get(name, (frozenset[str](), ""))
        allowed |= more
    known = allowed or frozenset(site.qos)
    if not site.qos or not known:
        return None
    if asked.qos and asked.qos not in known:
        return (
            f"qos: you may not use the QOS {asked.qos!r}.{nearest(asked.qos, known)} You may use "
            f"{_and(sorted(known))}. Correct the profile."
        )
    name = asked.qos or default
    limit = site.qos[name].minutes if name in site.qos else None
    if limit is not None and asked.minutes > limit:
        return (
            f"runtime: jobs of {asked.rule} ask for {asked.minutes} minutes, and the limit "
            f"of the QOS {name} is {limit}. Lower runtime, or use another qos."
        )
    return None


def _node(site: Site, asked: Asked) -> str | None:
    """Return why no node of the job's partitions can run it; each test narrows the nodes."""
    left = _candidates(site, asked)
    if not left:
        return None
    if asked.gpus:
        if said := _gpu(left, asked):
            return said
        left = [nodes for nodes in left if _gpus(nodes, asked.gpu_model) >= asked.gpus]
    most = max(nodes.mem_mb for nodes in left)
    if asked.mem_mb > most:
        return _too_much("mem_mb", f"{asked.mem_mb} MB", most, asked)
    left = [nodes for nodes in left if nodes.mem_mb >= asked.mem_mb]
    most = max(nodes.cpus for nodes in left)
    if asked.cpus > most:
        return _too_much("threads", f"{asked.cpus} cores", most, asked)
    return _time(site, asked, [nodes for nodes in left if nodes.cpus >= asked.cpus])


def _gpu(left: Sequence[Nodes], asked: Asked) -> str | None:
    """Return why no node has the GPUs that a job asks for."""
    types = sorted({name for nodes in left for name in nodes.gpus if name})
    most = max(_gpus(nodes, asked.gpu_model) for nodes in left)
    if most >= asked.gpus:
        return None
    if most:
        return _too_much("gpus", f"{asked.gpus} GPUs in one node", most, asked)
    if types:
        return (
            f"gpu_model: jobs of {asked.rule} ask for GPUs of the type {asked.gpu_model!r}, and "
            f"the nodes of {_of(asked)} have {_and(types)}.{nearest(asked.gpu_model, types)} "
            f"Correct gpu_model in the model file, or choose another partition."
        )
    return (
        f"gpus: jobs of {asked.rule} ask for a GPU, and no node of {_of(asked)} has one. Choose "
        f"another partition (slurm_partition)."
    )


def _too_much(name: str, wanted: str, most: int, asked: Asked) -> str:
    return (
        f"{name}: jobs of {asked.rule} ask for {wanted}, and a node of {_of(asked)} has at most "
        f"{most}. Lower {name}, or choose another partition (slurm_partition)."
    )


def _time(site: Site, asked: Asked, left: Sequence[Nodes]) -> str | None:
    limits = [nodes.minutes for nodes in left if nodes.minutes is not None]
    if len(limits) < len(left) or asked.minutes <= max(limits):
        return None
    if asked.qos in site.qos and site.qos[asked.qos].overrides:
        return None
    return (
        f"runtime: jobs of {asked.rule} ask for {asked.minutes} minutes, and the limit "
        f"of {_of(asked)} is {max(limits)}. Lower runtime in the model file or the profile, or "
        f"choose another partition."
    )


def _candidates(site: Site, asked: Asked) -> list[Nodes]:
    """Return the nodes of the partitions that a job names, else those of the default one."""
    return [
        nodes
        for nodes in site.nodes
        if (nodes.partition in asked.partitions if asked.partitions else nodes.default)
    ]


def _of(asked: Asked) -> str:
    names = asked.partitions
    if not names:
        return "the default partition"
    return f"partition {names[0]}" if len(names) == 1 else f"the partitions {_and(names)}"


def _and(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _gpus(nodes: Nodes, model: str) -> int:
    """Return how many GPUs of a type one node has; of all types if none is named."""
    if model and any(nodes.gpus):
        return nodes.gpus.get(model, 0)
    return sum(nodes.gpus.values())


def _lines(call: Sequence[str]) -> list[str]:
    try:
        said = subprocess.run(
            call, capture_output=True, text=True, timeout=LONGEST_S, check=True,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return []
    return said.stdout.splitlines()


def _enforced(config: Iterable[str]) -> set[str]:
    """Return what SLURM enforces of accounting."""
    for line in config:
        name, _, value = line.partition("=")
        if name.strip() == "AccountingStorageEnforce":
            return {part.strip() for part in value.split(",")}
    return set()


def _nodes(line: str) -> Nodes | None:
    """Return the nodes that a line of sinfo describes; None if it is not one of ours."""
    try:
        partition, state, limit, cpus, mem_mb, gres = line.split("|")
        return Nodes(
            partition=partition.rstrip("*"),
            default=partition.endswith("*"),
            up=state == "up",
            minutes=minutes(limit),
            cpus=int(cpus.rstrip("+")),
            mem_mb=int(mem_mb.rstrip("+")),
            gpus=_gres(gres),
        )
    except ValueError:
        return None


def minutes(limit: str) -> int | None:
    """Return a time limit of SLURM in minutes; None if there is none.

    SLURM writes days-hours:minutes:seconds, and leaves out what is zero in front.
    """
    if not limit or not limit[0].isdigit():
        return None
    days, _, rest = limit.rpartition("-")
    parts = [int(part) for part in rest.split(":")]
    hours, minute, _ = [0] * (3 - len(parts)) + parts
    return int(days or 0) * 24 * 60 + hours * 60 + minute


def _gres(gres: str) -> dict[str, int]:
    """Return the number of GPUs by type, from texts like gpu:a100:4(S:0-1) and gpu:2."""
    found = dict[str, int]()
    for kind, number in GPUS.findall(gres):
        found[kind] = found.get(kind, 0) + int(number)
    return found


def _accounts(lines: Iterable[str]) -> dict[str, tuple[frozenset[str], str]]:
    """Return the user's accounts, which SLURM writes in lower case. One may be listed twice."""
    found = dict[str, tuple[frozenset[str], str]]()
    for line in lines:
        name, allowed, default, *_ = [*line.split("|"), "", ""]
        if name:
            before, known = found.get(name, (frozenset[str](), ""))
            found[name] = (before | set(filter(None, allowed.split(","))), known or default)
    return found


def _qos(lines: Iterable[str], *, limits: bool) -> dict[str, Qos]:
    found = dict[str, Qos]()
    for line in lines:
        name, limit, flags, *_ = [*line.split("|"), "", ""]
        if name:
            allowed = minutes(limit) if limits else None
            found[name] = Qos(minutes=allowed, overrides=IGNORES_PARTITION in flags)
    return found

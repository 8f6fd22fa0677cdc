"""What a job asks of the host it runs on: Snakemake's resources, which a cluster allocates."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from gamegrid.config.models import Model
from gamegrid.errors import UserError

JOB_MB = 2000
"""Memory of a job itself: the interpreter, games, what hosted models are asked with."""
LOCAL_MODEL_MB = 8000
"""Memory for loading a local model whose entry says nothing, to a GPU or not."""
JOB_MINUTES = 240
"""Time of a job whose models' entries say nothing; what is cut off goes on in the next run."""


ALIKE = ("gpu", "gpu_model", "mem_mb", "runtime", "_cores")
"""Snakemake's names of what all jobs of an array have to ask for alike."""

LIMITED = {"_nodes": "jobs", "_cores": "cores"}
"""What profiles call the limits that have other names within Snakemake."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """``mem_mb`` in MB of the host's memory, ``runtime`` in minutes.

    ``gpu_model`` is None where any will do. ``api`` is 1 for a job that asks a hosted model, so
    that a profile can limit how many of these run at once.
    """

    gpu: int = 0
    gpu_model: str | None = None
    mem_mb: int = JOB_MB
    runtime: int = JOB_MINUTES
    threads: int = 1
    api: int = 0


def demand(models: Iterable[Model]) -> Demand:
    """What a job asks for in which all of ``models`` play. Each is loaded once.

    Raises ValueError if they need GPUs of different models, which no one host gives a job.
    """
    distinct = {model.entry.name: model for model in models}.values()
    entries = [model.entry for model in distinct]
    kinds = sorted({e.gpu_model for e in entries if e.gpus and e.gpu_model})
    if len(kinds) > 1:
        raise ValueError(f"one job cannot have GPUs of different models ({' and '.join(kinds)})")
    return Demand(
        gpu=sum(entry.gpus or 0 for entry in entries),
        gpu_model=kinds[0] if kinds else None,
        mem_mb=JOB_MB + sum(_mem_mb(model) for model in distinct),
        runtime=max((e.runtime for e in entries if e.runtime), default=JOB_MINUTES),
        threads=max((e.threads for e in entries if e.threads), default=1),
        api=int(any(model.kind.capabilities.hosted for model in distinct)),
    )


def check_arrays(
    rules: str, most: int, jobs: Iterable[tuple[str, Mapping[str, Any]]], limits: Mapping[str, Any]
) -> None:
    """Refuse SLURM arrays that would ask for the wrong things, or wait for ever.

    The executor takes the demands of an array's first job for all of them, and submits no array
    before all jobs of the rule, or ``most`` of them, may run at once. ``rules`` are those it makes
    arrays of, by comma, or ``all``; ``jobs`` are to be run, each by its rule and resources;
    ``limits`` say how much of a resource all may hold at once. Raises UserError.
    """
    named = {name.strip() for name in rules.replace(";", ",").split(",")}
    by_rule: dict[str, list[Mapping[str, Any]]] = {}
    for rule, resources in jobs:
        if rule in named or "all" in named:
            by_rule.setdefault(rule, []).append(resources)
    for rule, asked in by_rule.items():
        for name in ALIKE:
            first, *others = dict.fromkeys(resources.get(name) for resources in asked)
            if others:
                raise UserError(
                    f"slurm-array-jobs: jobs of {rule} ask for different {name.strip('_')} "
                    f"({first or 'none'} and {others[0] or 'none'}), and an array asks for what "
                    f"its first job does. Leave {rule} out, or play these models in runs of their "
                    f"own."
                )
        for name, limit in limits.items():
            needs = sorted((resources.get(name) or 0 for resources in asked), reverse=True)
            if limit is not None and len(asked) > 1 and sum(needs[:most]) > limit:
                raise UserError(
                    f"slurm-array-jobs: {len(asked)} jobs of {rule} are not submitted before "
                    f"{LIMITED.get(name, name)} allows {sum(needs[:most])} at once, and it allows "
                    f"{limit}: raise it in the profile, or leave {rule} out."
                )


def _mem_mb(model: Model) -> int:
    if model.entry.mem_mb is not None:
        return model.entry.mem_mb
    return 0 if model.kind.capabilities.hosted else LOCAL_MODEL_MB

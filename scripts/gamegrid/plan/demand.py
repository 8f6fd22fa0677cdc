"""What a job asks of its host: the Snakemake resources that a cluster allocates."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from gamegrid.config.models import Model
from gamegrid.errors import UserError
from gamegrid.plan.placement import place

# If a resource function returns None, Snakemake leaves the resource out and ignores
# default-resources. So jobs without models get these values, too.
JOB_MB = 2000
"""Memory of the job's own process, in MB: interpreter, games, clients of hosted models."""
LOCAL_MODEL_MB = 8000
"""Memory, in MB, for loading a local model without ``mem_mb`` in its entry."""
JOB_MINUTES = 240
"""Time limit, in minutes, of a job without ``runtime`` in its models' entries. The next run
resumes what the limit cut off."""

ALIKE = ("gpu", "gpu_model", "mem_mb", "runtime", "_cores")
"""Snakemake's names of the resources that all jobs of an array must share."""

LIMITED = {"_nodes": "jobs", "_cores": "cores"}
"""The names in profiles of limits that Snakemake calls otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """The resources of one job: ``mem_mb`` in MB of host memory, ``runtime`` in minutes.

    ``gpu_model`` is None if any model will do. ``api`` is 1 for a job that asks hosted models, so
    that a profile can limit how many such jobs run at once.
    """

    gpu: int = 0
    gpu_model: str | None = None
    mem_mb: int = JOB_MB
    runtime: int = JOB_MINUTES
    threads: int = 1
    api: int = 0

    @property
    def nodes(self) -> int | None:
        """The nodes that the job is spread over; None if it cannot be spread.

        An engine shares a model among the GPUs of one host. SLURM would take them from several.
        """
        return 1 if self.gpu > 1 else None

    @property
    def tasks_per_gpu(self) -> int | None:
        """0, which lets SLURM start the job once, with all its GPUs; None without GPUs."""
        return 0 if self.gpu else None


def demand(models: Iterable[Model]) -> Demand:
    """Return what a job asks for in which all of ``models`` play. Each model is loaded once.

    Raises ValueError, with a remedy, if no host can give one job the GPUs that they need.
    """
    distinct = {model.entry.name: model for model in models}.values()
    entries = [model.entry for model in distinct]
    kinds = sorted({e.gpu_model for e in entries if e.gpus and e.gpu_model})
    if len(kinds) > 1:
        raise ValueError(
            f"one job cannot have GPUs of different models ({' and '.join(kinds)}); change "
            f"gpu_model in the model file"
        )
    return Demand(
        gpu=place(distinct).count,
        gpu_model=kinds[0] if kinds else None,
        mem_mb=JOB_MB + sum(_mem_mb(model) for model in distinct),
        runtime=max((e.runtime for e in entries if e.runtime), default=JOB_MINUTES),
        threads=max((e.threads for e in entries if e.threads), default=1),
        api=int(any(model.kind.capabilities.hosted for model in distinct)),
    )


def check_arrays(
    rules: str, most: int, jobs: Iterable[tuple[str, Mapping[str, Any]]], limits: Mapping[str, Any]
) -> None:
    """Refuse SLURM arrays that would ask for the wrong resources, or wait for ever.

    The executor gives all jobs of an array the demands of the first. It submits an array only when
    all jobs of the rule, or ``most`` of them, may run at once. ``rules`` names the rules that it
    makes arrays of, separated by commas, or ``all``. ``jobs`` are the jobs to run, each as rule and
    resources. ``limits`` say how much of a resource all jobs together may hold. Raises UserError.
    """
    named = {name.strip() for name in rules.replace(";", ",").split(",")}
    by_rule: dict[str, list[Mapping[str, Any]]] = {}
    for rule, resources in jobs:
        if rule in named or "all" in named:
            by_rule.setdefault(rule, []).append(resources)
    for rule, demands in by_rule.items():
        for name in ALIKE:
            first, *others = dict.fromkeys(resources.get(name) for resources in demands)
            if others:
                raise UserError(
                    f"slurm-array-jobs: jobs of {rule} ask for different {name.strip('_')} "
                    f"({first or 'none'} and {others[0] or 'none'}), and an array gives all jobs "
                    f"what the first one asks for. Leave {rule} out, or play these models in "
                    f"separate runs."
                )
        for name, limit in limits.items():
            needs = sorted((resources.get(name) or 0 for resources in demands), reverse=True)
            if limit is not None and len(demands) > 1 and sum(needs[:most]) > limit:
                raise UserError(
                    f"slurm-array-jobs: {len(demands)} jobs of {rule} wait until "
                    f"{LIMITED.get(name, name)} allows {sum(needs[:most])} at once, and it allows "
                    f"{limit}. Raise it in the profile, or leave {rule} out."
                )


def _mem_mb(model: Model) -> int:
    if model.entry.mem_mb is not None:
        return model.entry.mem_mb
    return 0 if model.kind.capabilities.hosted else LOCAL_MODEL_MB

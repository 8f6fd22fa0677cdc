"""What a job asks of the host it runs on: Snakemake's resources, which a cluster allocates."""

from collections.abc import Iterable
from dataclasses import dataclass

from gamegrid.config.models import Model

JOB_MB = 2000
"""Memory of a job itself: the interpreter, games, what hosted models are asked with."""
LOCAL_MODEL_MB = 8000
"""Memory for loading a local model whose entry says nothing, to a GPU or not."""
JOB_MINUTES = 240
"""Time of a job whose models' entries say nothing; what is cut off goes on in the next run."""


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
        api=int(any(not model.kind.capabilities.local for model in distinct)),
    )


def _mem_mb(model: Model) -> int:
    if model.entry.mem_mb is not None:
        return model.entry.mem_mb
    return LOCAL_MODEL_MB if model.kind.capabilities.local else 0

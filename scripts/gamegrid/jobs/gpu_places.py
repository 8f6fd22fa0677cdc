"""What ``check`` tells of GPUs: which models of a job use which, and whether there are enough."""

from collections.abc import Mapping
from dataclasses import dataclass

from gamegrid.backends.backend import ModelEntry
from gamegrid.config.models import Model
from gamegrid.plan.placement import Placement, place
from gamegrid.plan.plan import Plan

NAMED = 5
"""Kinds of jobs that are told one by one."""


@dataclass(frozen=True, slots=True)
class GpuJob:
    """The models of one kind of job that use GPUs, by name, and where they are."""

    entries: Mapping[str, ModelEntry]
    placement: Placement

    def line(self) -> str:
        """Return in words which GPUs the models use."""
        count = self.placement.count
        number = "1 GPU" if count == 1 else f"{count} GPUs"
        takes = f"a job with {' and '.join(self.entries)} takes {number}"
        if len(self.entries) == 1:
            [entry] = self.entries.values()
            return f"{takes}, and uses {entry.gpus} of it" if _is_share(entry) else takes
        by_gpus: dict[tuple[int, ...], list[str]] = {}
        for name, used in self.placement.indices.items():
            by_gpus.setdefault(used, []).append(name)
        return f"{takes}: {'; '.join(self._words(names) for names in by_gpus.values())}"

    def _words(self, names: list[str]) -> str:
        """Return in words what the models on the same GPUs use."""
        if len(names) > 1:
            told = [f"{name} ({self.entries[name].gpus})" for name in names]
            return f"{' and '.join(told)} share one"
        [name] = names
        entry = self.entries[name]
        if _is_share(entry):
            return f"{name} uses {entry.gpus} of one"
        return f"{name} has {entry.gpus} of its own"


def gpu_jobs(plan: Plan) -> list[GpuJob]:
    """Return the kinds of jobs that hold GPUs, in the order in which the grid plays them."""
    found: dict[tuple[str, ...], GpuJob] = {}
    if plan.config.run_mode == "replay":
        return []
    for cell in plan.all_cells:
        users = {m.entry.name: m.entry for m in plan.needs.models_of(cell) if m.entry.gpus}
        names = tuple(sorted(users))
        if names and names not in found:
            placement = place(plan.needs.models_of(cell))
            found[names] = GpuJob({name: users[name] for name in names}, placement)
    return list(found.values())


def lines(plan: Plan) -> list[str]:
    """Return a line for each kind of job that holds GPUs, for the first ``NAMED`` of them."""
    told = [f"GPUs: {job.line()}" for job in gpu_jobs(plan)]
    more = len(told) - NAMED
    return told[:NAMED] + ([f"GPUs: and {more} more kinds of jobs"] if more > 0 else [])


def shortage(model: Model, jobs: list[GpuJob], there: int) -> str | None:
    """Return a sentence if a job of the model needs more GPUs than are visible here, or None."""
    name = model.entry.name
    short = [job for job in jobs if name in job.entries and job.placement.count > there]
    if not short:
        return None
    least = min(short, key=lambda job: job.placement.count)
    count, others = least.placement.count, [other for other in least.entries if other != name]
    seen = f"{there} {'is' if there == 1 else 'are'} visible here."
    if len(least.placement.indices[name]) > there:
        gpus = least.entries[name].gpus or 0
        needs = f"{gpus} GPUs" if gpus > 1 else "a GPU"
        return f"it needs {needs} (gpus: in the model file); {seen}"
    return (
        f"its job with {' and '.join(others)} needs {count} GPUs (gpus: in the model file); {seen} "
        "Let them share one (such as gpus: 0.5), or leave the matchup out of the schedule."
    )


def unreserved(model: Model, there: int) -> str | None:
    """Return a remark on a model that may load onto a GPU which no job reserves for it."""
    if not there or model.kind.capabilities.hosted or model.entry.gpus is not None:
        return None
    return "its entry states no gpus, so a job reserves no GPU for it"


def _is_share(entry: ModelEntry) -> bool:
    return entry.gpus is not None and entry.gpus < 1

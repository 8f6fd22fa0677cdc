"""Which of a job's GPUs each of its models uses.

A job is one process and holds its GPUs alone. Its models see them under the numbers 0, 1, and so
on. A model with a whole number of GPUs uses them alone. Models with shares of a GPU are packed.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from gamegrid.config.models import Model


@dataclass(frozen=True, slots=True)
class Placement:
    """The number of GPUs of a job, and which of them each model uses, by the name in its entry.

    Models without GPUs are left out.
    """

    count: int
    indices: Mapping[str, tuple[int, ...]]


def place(models: Iterable[Model]) -> Placement:
    """Assign GPUs to the models of one job; the result does not depend on their order.

    Engines that cannot be told where to load use the first GPUs. Whole GPUs follow, in the order of
    names. Then the shares, the largest first, each go to the first GPU that has room for them.

    Raises ValueError with a sentence and its remedy if one process cannot load the models so.
    """
    distinct = {model.entry.name: model for model in models}
    users = sorted((m for m in distinct.values() if m.entry.gpus), key=_order)
    if users:
        _refuse_silent(distinct.values(), users[0])
    fixed = [model for model in users if _is_fixed(model)]
    _refuse_two_places(fixed)
    indices: dict[str, tuple[int, ...]] = {}
    room: dict[int, Fraction] = {}
    count = 0
    for model in users:
        share = _share(model)
        if share is None:
            used = tuple(range(count, count + int(model.entry.gpus or 0)))
            count += len(used)
        else:
            found = next((gpu for gpu, free in room.items() if free >= share), count)
            room[found] = room.get(found, Fraction(1)) - share
            used = (found,)
            count = max(count, found + 1)
        indices[model.entry.name] = used
    return Placement(count, indices)


def _is_fixed(model: Model) -> bool:
    """Return whether the model's engine loads onto the first GPUs, whatever it is told."""
    can = model.kind.capabilities
    return not can.hosted and not can.any_gpu


def _share(model: Model) -> Fraction | None:
    """Return the share of one GPU as it is written, without binary rounding; None for whole GPUs.

    So 0.7, 0.2 and 0.1 add up to 1, whatever their order.
    """
    gpus = model.entry.gpus or 0
    return Fraction(str(gpus)) if gpus < 1 else None


def _order(model: Model) -> tuple[bool, bool, Fraction, str]:
    share = _share(model)
    return not _is_fixed(model), share is not None, -(share or Fraction(0)), model.entry.name


def _refuse_silent(models: Iterable[Model], user: Model) -> None:
    """Refuse a model that would load onto GPUs that are counted as those of others."""
    for model in models:
        if model.entry.gpus is None and not model.kind.capabilities.hosted:
            raise ValueError(
                f"{user.entry.name} uses a GPU (gpus), and the entry of {model.entry.name} does "
                f"not state gpus. Write gpus: 0 there for a model that stays on the CPU, else a "
                f"number or a share such as 0.5"
            )


def _refuse_two_places(fixed: Iterable[Model]) -> None:
    """Refuse engines that would all load onto the first GPU, if it has no room for all."""
    names = [model.entry.name for model in fixed]
    shares = [_share(model) for model in fixed]
    stated = [share for share in shares if share is not None]
    if len(names) > 1 and (len(stated) < len(names) or sum(stated) > 1):
        raise ValueError(
            f"{' and '.join(sorted(names))} would load onto the same GPU, the first of the job, "
            f"because their engines run in one process. Give them shares that add up to at most 1 "
            f"(such as gpus: 0.5), run one of them as a server (api_base)"
        )

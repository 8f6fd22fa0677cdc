"""The best of several candidates, such as the templates of a sweep, corrected for being chosen.

The candidate with the highest mean is chosen partly for its luck. So its mean is too high, and the
usual interval around it misses its true value too often.

The interval holds for whichever candidate is chosen. Its lower end is that of an interval that
holds for all candidates at once (Bonferroni). Its upper end is the usual one: if the chosen
candidate is better than that, so is the truly best one, whose mean is no higher than the chosen
one's. So luck must have moved the truly best one by as much, and it was not chosen for bad luck.
This asks for nothing but intervals of single candidates. The shorter conditional and hybrid
intervals of Andrews, Kitagawa and McCloskey, "Inference on winners" (2024), need normal means and
their covariances. Means of few deals are discrete, and candidates often tie, which leaves nothing
to condition on.

The corrected value is cross-fitted: each tenth of the deals judges the candidate that the other
deals choose, so that no deal judges a choice that it had a part in. For candidates of equal worth
it has no bias at all. It estimates what the choice is worth if it is made from nine tenths of the
deals.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import TypeAlias

import numpy as np

from gamegrid.stats.arrays import Floats, Integers
from gamegrid.stats.intervals import CONFIDENCE, Interval, MaybeInterval, NoInterval
from gamegrid.stats.observations import Part

FOLDS = 10
"""Parts of the deals that judge a choice in turn; as many as there are deals if there are fewer."""

Method: TypeAlias = Callable[[Sequence[Part], float], MaybeInterval]
"""Returns the interval of one candidate's mean over its parts, at a confidence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Winner:
    """The candidate with the highest mean. All values are in the units of the candidates' means."""

    place: int
    """Its place among the candidates, from 0. Of equal means, the first is chosen."""
    found: float
    """Its mean, which is too high on average, because it was chosen for it."""
    corrected: float | None
    """The cross-fitted value, within the interval; None with fewer than two common deals."""
    interval: MaybeInterval
    """The interval of the chosen candidate's true mean."""
    same_choice: float | None
    """Share of the parts of the deals without which the same candidate is chosen, 0 to 1."""


def winner(
    candidates: Sequence[Sequence[Part]], method: Method, *, confidence: float = CONFIDENCE
) -> Winner:
    """Choose the best of ``candidates`` and judge it. Higher means are better.

    Each candidate has one part per game, in the same order and with the same weights. Raises
    ValueError without candidates, and for a part without deals.
    """
    if not candidates or not all(len(part.observations) for each in candidates for part in each):
        raise ValueError("every candidate needs a deal in every game")
    means = [_mean(each) for each in candidates]
    place = int(np.argmax(np.round(means, 12)))
    interval = _interval(candidates[place], method, len(candidates), confidence)
    corrected, same = _cross_fitted(candidates, place)
    if corrected is not None and isinstance(interval, Interval):
        corrected = min(max(corrected, interval.low), interval.high)
    return Winner(
        place=place,
        found=means[place],
        corrected=corrected,
        interval=interval,
        same_choice=same,
    )


def _mean(parts: Sequence[Part]) -> float:
    """Return the weighted mean over games."""
    means = [float(part.observations.values.mean()) for part in parts]
    return float(np.average(means, weights=[part.weight for part in parts]))


def _interval(
    parts: Sequence[Part], method: Method, candidates: int, confidence: float
) -> MaybeInterval:
    """Return the interval of a candidate that was chosen among ``candidates``."""
    usual = method(parts, confidence)
    for_all = method(parts, 1 - (1 - confidence) / candidates)
    match usual, for_all:
        case Interval(_, high), Interval(low, _):
            return Interval(low, high)
        case NoInterval(), _:
            return usual
    return for_all


def _cross_fitted(
    candidates: Sequence[Sequence[Part]], place: int
) -> tuple[float | None, float | None]:
    """Return the cross-fitted value of the choice, and how often it fell on ``place``."""
    games = [_common(parts) for parts in zip(*candidates, strict=True)]
    if min(len(deals) for deals, _ in games) < 2:
        return None, None
    weights = np.array([part.weight for part in candidates[0]])
    folds = min(FOLDS, min(len(deals) for deals, _ in games))
    # A deal that games share is in the same fold in all of them.
    every = np.unique(np.concatenate([deals for deals, _ in games]))
    fold_of = [np.searchsorted(every, deals) % folds for deals, _ in games]
    value, chosen = 0.0, []
    for fold in range(folds):
        apart = [of == fold for of in fold_of]
        if any(each.all() for each in apart):
            return None, None
        kept = [
            values[:, ~each].mean(axis=1) for (_, values), each in zip(games, apart, strict=True)
        ]
        best = int(np.argmax(np.round(weights @ np.array(kept), 12)))
        chosen.append(best)
        judged = [
            values[best, each].sum() / values.shape[1]
            for (_, values), each in zip(games, apart, strict=True)
        ]
        value += float(weights @ np.array(judged))
    return value / float(weights.sum()), float(np.mean([best == place for best in chosen]))


def _common(parts: Sequence[Part]) -> tuple[Integers, Floats]:
    """Return the deals that all candidates have in a game, and the values, (candidates, deals)."""
    deals = reduce(np.intersect1d, [part.observations.deals for part in parts])
    return deals, np.array([part.observations.at(deals) for part in parts]).reshape(len(parts), -1)

"""Which of two agents is better: verdicts on pairs, all from one test and adjusted together."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gamegrid.stats.arrays import Floats
from gamegrid.stats.intervals import (
    CONFIDENCE,
    SAME,
    MaybeInterval,
    NoInterval,
    Reason,
)
from gamegrid.stats.mean_test import MeanTest
from gamegrid.stats.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Adjusted:
    """p-values adjusted for the number of questions asked at once."""

    p: Floats
    """The adjusted p-values, in the order given."""
    m: int
    """The number of questions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What one test says of a pair of agents that is compared together with other pairs."""

    p: float | None
    """The two-sided p of the mean difference being 0; None if no test can be made."""
    interval: MaybeInterval
    """The interval of the difference. It holds 0 exactly if p is alpha or more."""
    p_adjusted: float | None
    """p adjusted for the number of pairs; None if p is."""
    adjusted: MaybeInterval
    """The interval that holds 0 exactly if p_adjusted is alpha or more."""
    verdict: Verdict | None
    """What p_adjusted says, or the difference itself if luck cannot move it; None otherwise."""


def compare(
    tests: Sequence[MeanTest | NoInterval],
    differences: Sequence[float | None],
    confidence: float = CONFIDENCE,
) -> list[Comparison]:
    """Compare several pairs of agents at once, given the test of each pair's mean difference.

    ``differences`` are the mean differences, None without deals. The p-values are adjusted together
    (``holm``), so that with probability ``confidence`` or more no equal agents are told apart. The
    adjusted intervals have the confidence 1 - alpha / k, where alpha is 1 - ``confidence`` and k
    the number of pairs that are not told apart, or 1. This is the level at which Holm's procedure
    tests those pairs, so that intervals, adjusted p-values and verdicts agree.
    """
    alpha = 1 - confidence
    p_values = [test.p() for test in tests if isinstance(test, MeanTest)]
    adjusted = holm(p_values).p
    level = 1 - alpha / max(1, int((adjusted >= alpha).sum()))
    following = iter(zip(p_values, adjusted.tolist(), strict=True))
    return [
        _untested(test, difference)
        if isinstance(test, NoInterval)
        else _tested(test, *next(following), confidence, level)
        for test, difference in zip(tests, differences, strict=True)
    ]


def _untested(why: NoInterval, difference: float | None) -> Comparison:
    """Return the comparison of a pair without a test."""
    known = difference is not None and why.reason in (Reason.DETERMINISTIC, Reason.EVERY_DEAL)
    return Comparison(
        p=None,
        interval=why,
        p_adjusted=None,
        adjusted=why,
        verdict=_direction(difference) if known and difference is not None else None,
    )


def _tested(
    test: MeanTest, p: float, p_adjusted: float, confidence: float, level: float
) -> Comparison:
    """Return the comparison of a pair with a test. ``level``: of the adjusted interval."""
    apart = p_adjusted < 1 - confidence
    return Comparison(
        p=p,
        interval=test.interval(confidence),
        p_adjusted=p_adjusted,
        adjusted=test.interval(level),
        verdict=_direction(test.mean) if apart else Verdict.NOT_TOLD_APART,
    )


def _direction(difference: float) -> Verdict:
    """Return the verdict of a difference that luck does not explain."""
    if abs(difference) < SAME:
        return Verdict.EQUAL
    return Verdict.BETTER if difference > 0 else Verdict.WORSE


def holm(p: Sequence[float]) -> Adjusted:
    """Adjust p-values to control the probability of any false claim.

    Holm, "A simple sequentially rejective multiple test procedure" (1979).
    """
    values = np.asarray(p, dtype=np.float64)
    order = np.argsort(values, kind="stable")
    steps = np.maximum.accumulate(values[order] * np.arange(len(values), 0, -1))
    adjusted = np.empty_like(values)
    adjusted[order] = np.minimum(steps, 1.0)
    return Adjusted(adjusted, len(values))

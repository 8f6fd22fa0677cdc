"""Which of two agents is better: verdicts on pairs, all from one test and adjusted together.

Also here: an interval that stays valid if you look at it again and again while deals come in.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from gamegrid.stats.arrays import Floats
from gamegrid.stats.intervals import (
    CONFIDENCE,
    SAME,
    Interval,
    MaybeInterval,
    NoInterval,
    Reason,
)
from gamegrid.stats.mean_test import MeanTest

GRID = 2000
"""Steps between 0 and 1 at which the confidence sequence searches for its ends."""
BLOCK = 512
"""Deals that the confidence sequence processes at once."""


@dataclass(frozen=True, slots=True)
class Look:
    """The confidence sequence after ``deals`` deals. ``number`` counts looks from 1."""

    number: int
    deals: int
    interval: Interval


@dataclass(frozen=True, slots=True)
class Adjusted:
    """p-values adjusted for the number of questions asked at once."""

    p: Floats
    """The adjusted p-values, in the order given."""
    m: int
    """The number of questions."""


class Verdict(StrEnum):
    """What the results say of an agent and a rival."""

    BETTER = "better"
    WORSE = "worse"
    NOT_TOLD_APART = "not told apart"
    EQUAL = "equal"
    """Nothing is left to luck, and the difference is 0."""


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


def anytime_interval(
    differences: Floats, confidence: float = CONFIDENCE, *, span: float = 1.0
) -> MaybeInterval:
    """Return the confidence sequence after all ``differences``; see ``looks``.

    ``span`` is the largest possible difference in either direction, in the units of
    ``differences`` and of the result.
    """
    if len(differences) == 0:
        return NoInterval(Reason.NO_DEALS)
    scaled = looks(differences / span, [len(differences)], confidence)[0].interval
    return Interval(scaled.low * span, scaled.high * span)


def looks(differences: Floats, after: Sequence[int], confidence: float = CONFIDENCE) -> list[Look]:
    """Return the intervals of the mean difference after each number of deals in ``after``.

    ``differences`` has shape (deals,), each from -1 to 1, in an order that does not depend on the
    results, such as the numbers of the deals. ``after`` holds increasing numbers of deals from 1.
    The probability that any interval of the whole sequence misses the true mean is at most
    1 - confidence, so you may stop at any look.

    This is the hedged capital process with predictable plug-in bets: Waudby-Smith and Ramdas,
    "Estimating means of bounded random variables by betting" (2024), theorem 3 with c = 1/2 and
    theta = 1/2. Ends are rounded outwards to the grid. Raises ValueError for differences outside
    -1 to 1 and for numbers of deals that do not increase or are out of range.
    """
    looked_after = list(after)
    if (
        not looked_after
        or looked_after[0] < 1
        or looked_after[-1] > len(differences)
        or sorted(looked_after) != looked_after
    ):
        raise ValueError(f"no looks after {looked_after} of {len(differences)} deals")
    if np.any(np.abs(differences) > 1 + SAME):
        raise ValueError("differences of scores lie between -1 and 1")
    shares = np.clip((differences + 1) / 2, 0, 1)
    stakes = bets(shares, 1 - confidence)
    means = np.arange(1, GRID) / GRID
    up, down = np.zeros(len(means)), np.zeros(len(means))
    results, done = [], 0
    for number, deals in enumerate(looked_after, 1):
        for start in range(done, deals, BLOCK):
            part = slice(start, min(start + BLOCK, deals))
            bet, gain = stakes[part, None], shares[part, None] - means
            up += np.log1p(np.minimum(bet, 0.5 / means) * gain).sum(axis=0)
            down += np.log1p(-np.minimum(bet, 0.5 / (1 - means)) * gain).sum(axis=0)
        done = deals
        results.append(Look(number, deals, _not_rejected(up, down, 1 - confidence)))
    return results


def bets(shares: Floats, alpha: float) -> Floats:
    """Return the stake on each deal, which depends only on the deals before it.

    ``shares`` has shape (deals,), each from 0 to 1; ``alpha`` is the error probability of the
    interval or test. This is the predictable plug-in of Waudby-Smith and Ramdas (see ``looks``).
    """
    count = np.arange(1, len(shares) + 1)
    means = (0.5 + np.cumsum(shares)) / (count + 1)
    variances = (0.25 + np.cumsum((shares - means) ** 2)) / (count + 1)
    before = np.concatenate([[0.25], variances[:-1]])
    return np.asarray(np.sqrt(2 * np.log(2 / alpha) / (before * count * np.log(count + 1))))


def _not_rejected(up: Floats, down: Floats, alpha: float) -> Interval:
    """Return the means against which neither capital has grown to 2 / alpha, as differences.

    ``up`` and ``down`` are logarithms of the capital at each mean on the grid; ``up`` falls and
    ``down`` rises with the mean. If they reject every mean, the interval is the range in which both
    reject, which is still valid.
    """
    limit = np.log(2 / alpha)
    low = float((up >= limit).sum()) / GRID
    high = 1 - float((down >= limit).sum()) / GRID
    return Interval(2 * min(low, high) - 1, 2 * max(low, high) - 1)

"""Which of two agents is better: differences on deals that both played, so that luck cancels out.

Also here: p-values adjusted for the number of such questions, and an interval that stays valid if
you look at it again and again while deals come in.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from gamegrid.stats.arrays import Floats
from gamegrid.stats.intervals import (
    CONFIDENCE,
    SAME,
    Interval,
    MaybeInterval,
    NoInterval,
    Reason,
)
from gamegrid.stats.observations import Observations

EXACT_DEALS = 16
"""Up to this number of nonzero differences, the test enumerates all patterns of signs (2**16)."""
DRAWS = 9999
"""Random patterns of signs with more differences."""
GRID = 2000
"""Steps between 0 and 1 at which the confidence sequence searches for its ends."""
BLOCK = 512
"""Deals that the confidence sequence processes at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignFlip:
    """The result of a sign-flip permutation test."""

    p: float
    """The two-sided p."""
    smallest_p: float
    """The smallest p that this number of deals could give. If above alpha, no test can reject."""
    exact: bool
    """True if all patterns of signs were enumerated, False if DRAWS random ones were drawn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two agents compared on the same deals."""

    deals: int
    difference: float | None
    """Mean over deals of the first agent's value minus the second's; None without deals."""
    interval: MaybeInterval
    """Valid for a number of deals fixed in advance."""
    anytime: MaybeInterval
    """Valid however often you look and whenever you stop."""
    test: SignFlip


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


def compare(differences: Observations, *, confidence: float = CONFIDENCE) -> Comparison:
    """Compare two agents by their differences in score, one per deal in the order of play.

    Each difference is from -1 to 1. Raises ValueError for others.
    """
    return Comparison(
        deals=len(differences),
        difference=differences.mean,
        interval=differences.difference_interval(confidence),
        anytime=(
            anytime_interval(differences.values, confidence)
            if differences.fixed is None
            else NoInterval(differences.fixed.reason)
        ),
        test=sign_flip(differences.coins),
    )


def sign_flip(differences: Floats, *, draws: int = DRAWS, seed: int = 0) -> SignFlip:
    """Test the hypothesis that two agents are exchangeable on every deal.

    Under it, the sign of each difference is random (Fisher, "The Design of Experiments", 1935,
    section 21). With more than EXACT_DEALS nonzero differences, p is (b + 1) / (draws + 1), where
    b random patterns were as extreme, and never rejects too often: Phipson and Smyth, "Permutation
    p-values should never be zero" (2010). ``seed`` is that of the random patterns.
    """
    sizes, counts = np.unique(np.round(np.abs(differences), 12), return_counts=True)
    sizes, counts = sizes[sizes > 0], counts[sizes > 0]
    size = int(counts.sum())
    observed = abs(float(differences.sum())) - SAME * max(1, size)
    exact = size <= EXACT_DEALS
    sums = _all_sums(sizes, counts) if exact else _random_sums(sizes, counts, draws, seed)
    as_far = int((np.abs(sums) >= observed).sum())
    if exact:
        return SignFlip(p=as_far / len(sums), smallest_p=min(1.0, 2 / len(sums)), exact=True)
    smallest = max(2.0 ** (1 - size), 1 / (draws + 1))
    return SignFlip(p=(as_far + 1) / (draws + 1), smallest_p=smallest, exact=False)


def holm(p: Sequence[float]) -> Adjusted:
    """Adjust p-values to control the probability of any false claim. Used over all games.

    Holm, "A simple sequentially rejective multiple test procedure" (1979).
    """
    values = np.asarray(p, dtype=np.float64)
    order = np.argsort(values, kind="stable")
    steps = np.maximum.accumulate(values[order] * np.arange(len(values), 0, -1))
    adjusted = np.empty_like(values)
    adjusted[order] = np.minimum(steps, 1.0)
    return Adjusted(adjusted, len(values))


def benjamini_hochberg(p: Sequence[float]) -> Adjusted:
    """Adjust p-values to control the expected share of false claims. Used within a game.

    Benjamini and Hochberg, "Controlling the false discovery rate" (1995).
    """
    values = np.asarray(p, dtype=np.float64)
    adjusted = stats.false_discovery_control(values) if len(values) else values
    return Adjusted(np.asarray(adjusted, dtype=np.float64), len(values))


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


def _all_sums(sizes: Floats, counts: NDArray[np.int64]) -> Floats:
    """Return the sum of the differences under every pattern of signs."""
    sums = np.zeros(1)
    for size in np.repeat(sizes, counts):
        sums = np.concatenate([sums - size, sums + size])
    return sums


def _random_sums(sizes: Floats, counts: NDArray[np.int64], draws: int, seed: int) -> Floats:
    """Return the sum of the differences under random patterns of signs, shape (draws,).

    Among ``count`` differences of equal size, the number of positive ones is binomial.
    """
    luck = np.random.default_rng(seed)
    sums = np.zeros(draws)
    for size, count in zip(sizes, counts, strict=True):
        sums += size * (2 * luck.binomial(count, 0.5, draws) - count)
    return sums

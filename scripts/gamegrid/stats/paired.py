"""Which of two is better: differences on deals both played, so that the luck of the deal cancels.

Also what many such questions asked at once do to p-values, and an interval that may be looked at
again and again while deals come in.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from gamegrid.stats.intervals import (
    CONFIDENCE,
    SAME,
    Floats,
    Interval,
    MaybeInterval,
    NoInterval,
    Reason,
    share_interval,
)

EXACT_DEALS = 16
"""Deals with a difference up to which all patterns of signs (2**16) are gone through."""
DRAWS = 9999
"""Random patterns of signs beyond."""
GRID = 2000
"""Steps in which the confidence sequence looks for its ends, over 0 to 1."""
BLOCK = 512
"""Deals taken at once while it does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignFlip:
    """A sign-flip permutation test."""

    p: float
    """Two-sided."""
    smallest_p: float
    """The smallest p so many deals could have given: above alpha, the test could not reject."""
    exact: bool
    """All patterns were gone through; else DRAWS random ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One against another on the same deals."""

    deals: int
    difference: float | None
    """Mean over deals of the first's value less the second's; None without deals."""
    interval: MaybeInterval
    """For a number of deals fixed beforehand."""
    anytime: MaybeInterval
    """Holds however often one looks, and whenever one stops."""
    test: SignFlip


@dataclass(frozen=True, slots=True)
class Look:
    """The confidence sequence after so many deals. ``number`` counts looks from 1."""

    number: int
    deals: int
    interval: Interval


@dataclass(frozen=True, slots=True)
class Adjusted:
    """p-values held against how many questions were asked at once."""

    p: Floats
    """Adjusted, in the order given."""
    m: int
    """How many."""


def common_differences(
    deals: NDArray[np.int64], values: Floats, others: NDArray[np.int64], other_values: Floats
) -> Floats:
    """First's value less second's on each deal both have, by number of deal.

    Numbers of deals come once each. Raises ValueError if one comes twice.
    """
    if len(np.unique(deals)) < len(deals) or len(np.unique(others)) < len(others):
        raise ValueError("a deal comes twice")
    _, mine, theirs = np.intersect1d(deals, others, assume_unique=True, return_indices=True)
    return np.asarray(values[mine] - other_values[theirs], dtype=np.float64)


def compare(
    differences: Floats,
    *,
    plays: NDArray[np.int64] | None = None,
    confidence: float = CONFIDENCE,
) -> Comparison:
    """Compare on differences of scores, each -1 to 1, one per deal in the order of play.

    ``plays``: only for deterministic agents, a label per deal, equal where the very same was
    played; such deals are one observation. Raises ValueError outside -1 to 1.
    """
    groups = np.arange(len(differences)) if plays is None else plays
    different, group = np.unique(groups, return_inverse=True)
    distinct = None if len(different) == len(differences) else len(different)
    scaled = share_interval((differences + 1) / 2, distinct=distinct, confidence=confidence)
    return Comparison(
        deals=len(differences),
        difference=float(differences.mean()) if len(differences) else None,
        interval=_unscaled(scaled),
        anytime=(
            NoInterval(Reason.DETERMINISTIC)
            if distinct is not None
            else anytime_interval(differences, confidence)
        ),
        test=sign_flip(np.bincount(group, differences, len(different)).astype(np.float64)),
    )


def sign_flip(differences: Floats, *, draws: int = DRAWS, seed: int = 0) -> SignFlip:
    """Test that the two are exchangeable on every deal: then each difference's sign is a coin.

    Fisher, "The Design of Experiments" (1935), section 21. Beyond EXACT_DEALS differences p is
    (b + 1) / (draws + 1), which never rejects too often: Phipson and Smyth, "Permutation p-values
    should never be zero" (2010).
    """
    sizes, counts = np.unique(np.round(np.abs(differences), 12), return_counts=True)
    sizes, counts = sizes[sizes > 0], counts[sizes > 0]
    size = int(counts.sum())
    seen = abs(float(differences.sum())) - SAME * max(1, size)
    exact = size <= EXACT_DEALS
    sums = _all_sums(sizes, counts) if exact else _random_sums(sizes, counts, draws, seed)
    as_far = int((np.abs(sums) >= seen).sum())
    if exact:
        return SignFlip(p=as_far / len(sums), smallest_p=min(1.0, 2 / len(sums)), exact=True)
    smallest = max(2.0 ** (1 - size), 1 / (draws + 1))
    return SignFlip(p=(as_far + 1) / (draws + 1), smallest_p=smallest, exact=False)


def holm(p: Sequence[float]) -> Adjusted:
    """Adjust so that any false claim at all has probability alpha: for the overall pairs.

    Holm, "A simple sequentially rejective multiple test procedure" (1979).
    """
    values = np.asarray(p, dtype=np.float64)
    order = np.argsort(values, kind="stable")
    steps = np.maximum.accumulate(values[order] * np.arange(len(values), 0, -1))
    adjusted = np.empty_like(values)
    adjusted[order] = np.minimum(steps, 1.0)
    return Adjusted(adjusted, len(values))


def benjamini_hochberg(p: Sequence[float]) -> Adjusted:
    """Adjust so that a share alpha of the claims is false in the mean: for pairs within games.

    Benjamini and Hochberg, "Controlling the false discovery rate" (1995).
    """
    values = np.asarray(p, dtype=np.float64)
    adjusted = stats.false_discovery_control(values) if len(values) else values
    return Adjusted(np.asarray(adjusted, dtype=np.float64), len(values))


def anytime_interval(
    differences: Floats, confidence: float = CONFIDENCE, *, span: float = 1.0
) -> MaybeInterval:
    """The confidence sequence after all of ``differences``, as in looks but for their unit.

    ``span``: the most that a difference can be either way.
    """
    if len(differences) == 0:
        return NoInterval(Reason.NO_DEALS)
    found = looks(differences / span, [len(differences)], confidence)[0].interval
    return Interval(found.low * span, found.high * span)


def looks(differences: Floats, after: Sequence[int], confidence: float = CONFIDENCE) -> list[Look]:
    """Intervals of the mean difference after so many deals, all of them true at once.

    ``differences``: shape (deals,), each -1 to 1, in an order that knows nothing of results, such
    as the numbers of the deals. ``after``: rising numbers of deals from 1. The probability that any
    interval of the whole sequence misses is at most 1 - confidence, so one may stop at any look.

    Hedged capital process with predictable plug-in bets: Waudby-Smith and Ramdas, "Estimating means
    of bounded random variables by betting" (2024), theorem 3 with c = 1/2, theta = 1/2. Ends are
    rounded outwards to the grid. Raises ValueError outside -1 to 1 and for wrong ``after``.
    """
    wanted = list(after)
    if not wanted or wanted[0] < 1 or wanted[-1] > len(differences) or sorted(wanted) != wanted:
        raise ValueError(f"no looks after {wanted} of {len(differences)} deals")
    if np.any(np.abs(differences) > 1 + SAME):
        raise ValueError("differences of scores lie between -1 and 1")
    shares = np.clip((differences + 1) / 2, 0, 1)
    stakes = bets(shares, 1 - confidence)
    means = np.arange(1, GRID) / GRID
    up, down = np.zeros(len(means)), np.zeros(len(means))
    found, done = [], 0
    for number, deals in enumerate(wanted, 1):
        for start in range(done, deals, BLOCK):
            part = slice(start, min(start + BLOCK, deals))
            bet, gain = stakes[part, None], shares[part, None] - means
            up += np.log1p(np.minimum(bet, 0.5 / means) * gain).sum(axis=0)
            down += np.log1p(-np.minimum(bet, 0.5 / (1 - means)) * gain).sum(axis=0)
        done = deals
        found.append(Look(number, deals, _survivors(up, down, 1 - confidence)))
    return found


def bets(shares: Floats, alpha: float) -> Floats:
    """The stake on each deal, from the deals before it (the predictable plug-in of ``looks``).

    ``shares``: shape (deals,), each 0 to 1; ``alpha``: the error to be bet against.
    """
    count = np.arange(1, len(shares) + 1)
    means = (0.5 + np.cumsum(shares)) / (count + 1)
    variances = (0.25 + np.cumsum((shares - means) ** 2)) / (count + 1)
    before = np.concatenate([[0.25], variances[:-1]])
    return np.asarray(np.sqrt(2 * np.log(2 / alpha) / (before * count * np.log(count + 1))))


def _survivors(up: Floats, down: Floats, alpha: float) -> Interval:
    """The means against which neither capital has grown to 2 / alpha, as differences.

    ``up`` falls and ``down`` rises with the mean. Where they reject every mean, the gap between
    them, which contains all of nothing, keeps the interval valid.
    """
    limit = np.log(2 / alpha)
    low = float((up >= limit).sum()) / GRID
    high = 1 - float((down >= limit).sum()) / GRID
    return Interval(2 * min(low, high) - 1, 2 * max(low, high) - 1)


def _unscaled(interval: MaybeInterval) -> MaybeInterval:
    """From shares back to differences."""
    match interval:
        case Interval(low, high):
            return Interval(2 * low - 1, 2 * high - 1)
        case NoInterval():
            return interval


def _all_sums(sizes: Floats, counts: NDArray[np.int64]) -> Floats:
    """The sum under every pattern of signs."""
    sums = np.zeros(1)
    for size in np.repeat(sizes, counts):
        sums = np.concatenate([sums - size, sums + size])
    return sums


def _random_sums(sizes: Floats, counts: NDArray[np.int64], draws: int, seed: int) -> Floats:
    """The sum under random patterns: of c equal sizes, a binomial number is positive."""
    luck = np.random.default_rng(seed)
    sums = np.zeros(draws)
    for size, count in zip(sizes, counts, strict=True):
        sums += size * (2 * luck.binomial(count, 0.5, draws) - count)
    return sums

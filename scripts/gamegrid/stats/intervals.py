"""Intervals for means over deals: how far luck alone could have moved a share or a mean return.

Episodes of one deal share its luck, so counting them as independent covers too little; a deal's
value is one observation.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import stats

Floats: TypeAlias = NDArray[np.float64]

CONFIDENCE = 0.95
PRIOR_DEALS = 1 / 3
"""Deals of worst-case variance mixed into every variance of a share.

The variance of a few discrete values comes out near 0 by chance. Of 0, 1/4, 1/3 and 1/2, a third is
the smallest that covers 93 % or more of every case of tests/stats/stats_coverage.py (0: 89 % where
rare wins stand among draws); 1/2 covers up to 99 % of symmetric draws. Rarer decisions still, 97 %
draws and no loss, are covered 92 %. At 50 deals 4 of 24 cases are covered up to 97.7 %:
the sum of few wins lies on a coarse grid (where 3 % are won, it is 2 1/2 or less in 92.3 % of
samples and 3 or less in 97.1 %), and a prior that shrinks with the deals loses the draws that are
never lost (89 %) before it helps the others.
"""
BOOTSTRAP_DEALS = 30
"""Deals from which skew is better learnt from the deals than ignored by the t interval."""
BOOTSTRAP_MOST = 2000
"""Deals beyond which skew moves an end by little (a skewness of 2 by 7 % of a standard error, as
1/sqrt(deals)) and resampling takes long."""
RESAMPLES = 4999
DROPPED_SHARE = 0.05
"""Share of dropped deals above which what was dropped may matter more than luck."""
SAME = 1e-12
"""Values closer than this differ by rounding only."""


@dataclass(frozen=True, slots=True)
class Interval:
    """Closed; in the units of what it is about. Raises ValueError unless low <= high."""

    low: float
    high: float

    def __post_init__(self) -> None:
        if not self.low <= self.high:
            raise ValueError(f"no interval from {self.low} to {self.high}")

    @property
    def half_width(self) -> float:
        """Half the distance between the ends."""
        return (self.high - self.low) / 2

    def covers(self, value: float) -> bool:
        """Whether ``value`` lies within, rounding apart."""
        return self.low - SAME <= value <= self.high + SAME


class Reason(StrEnum):
    """Why an interval or one of its ends is missing."""

    NO_DEALS = "no deals"
    ONE_DEAL = "one deal"
    ALL_EQUAL = "all deals equal"
    DETERMINISTIC = "deterministic"
    ANCHORED = "anchored here"
    NOT_CONNECTED = "not connected"
    TOO_FEW = "one deal or family"
    UNBOUNDED = "unbounded"
    NO_LOWER_END = "no lower end"
    NO_UPPER_END = "no upper end"
    NO_ENDS = "no lower and no upper end"


@dataclass(frozen=True, slots=True)
class NoInterval:
    """Stands where an interval would, and says why there is none."""

    reason: Reason


MaybeInterval: TypeAlias = Interval | NoInterval


@dataclass(frozen=True, slots=True)
class Stratum:
    """Deals of one game, and their weight in a mean over games."""

    deals: Floats
    """Shape (deals,), each 0 to 1."""
    weight: float
    distinct: int | None = None
    """As in share_interval."""
    pooled: bool = False
    """As in share_interval."""


def share_interval(
    deals: Floats,
    *,
    distinct: int | None = None,
    pooled: bool = False,
    confidence: float = CONFIDENCE,
) -> MaybeInterval:
    """Interval of a mean of values between 0 and 1: Wilson at the effective size.

    ``deals``: shape (deals,), one value per deal. ``distinct``: only for deterministic agents, the
    number of deals that differ in what was played; repeats of a deal are one observation, and a
    cell of one observation that was repeated cannot vary. ``pooled``: values of pool_cells, which
    may lie outside 0 to 1 where opponents lack deals. Never of zero width. Raises ValueError for
    other values outside 0 to 1 or where ``distinct`` is no number of deals.

    Wilson (1927) with n_eff = p(1-p) / Var(deal mean) in the place of n and the t quantile of
    deals-1 degrees of freedom, after Korn and Graubard, "Confidence intervals for proportions with
    small expected number of positive counts estimated from survey data" (1998).
    """
    none = _without(deals, distinct)
    if none is not None:
        return none
    _check_shares(deals, pooled)
    size = _observations(deals, distinct)
    low, high = _wilson(*_share_moments(deals, size), _quantile(size - 1, confidence))
    return Interval(float(low), float(high))


def combined_share_interval(
    strata: Sequence[Stratum], *, confidence: float = CONFIDENCE
) -> MaybeInterval:
    """Interval of a weighted mean of independent games' shares; weights need not sum to 1.

    The distances to each game's Wilson ends add up in squares, which never makes the width zero as
    adding variances does where a game was always lost: Zou and Donner, "Construction of confidence
    limits about effect measures: a general approach" (2008). One t quantile for all, at the degrees
    of freedom of Satterthwaite (1946). A game that cannot vary adds nothing to the width.
    Raises ValueError for weights that are not positive, and as share_interval does.
    """
    if not all(stratum.weight > 0 for stratum in strata):
        raise ValueError("weights must be positive")
    reasons = [_without(stratum.deals, stratum.distinct) for stratum in strata]
    varying = [s for s, none in zip(strata, reasons, strict=True) if none is None]
    for none in reasons:
        if none is not None and none.reason is not Reason.DETERMINISTIC:
            return none
    if not varying:
        return NoInterval(Reason.DETERMINISTIC if strata else Reason.NO_DEALS)

    for stratum in varying:
        _check_shares(stratum.deals, stratum.pooled)
    total = sum(stratum.weight for stratum in strata)
    weights = np.array([stratum.weight / total for stratum in varying])
    sizes = np.array([_observations(s.deals, s.distinct) for s in varying])
    moments = [_share_moments(s.deals, size) for s, size in zip(varying, sizes, strict=True)]
    means, effective = np.array(moments).T
    # Half a win and half a loss added: a game always lost has some variance, too.
    likely = (means * effective + 0.5) / (effective + 1)
    spread = weights**2 * likely * (1 - likely) / effective
    freedom = float(spread.sum() ** 2 / (spread**2 / (sizes - 1)).sum())
    low, high = _wilson(means, effective, _quantile(freedom, confidence))
    centre = sum(stratum.weight / total * float(stratum.deals.mean()) for stratum in strata)
    return Interval(
        max(0.0, centre - float(np.sqrt((weights**2 * (means - low) ** 2).sum()))),
        min(1.0, centre + float(np.sqrt((weights**2 * (high - means) ** 2).sum()))),
    )


def mean_interval(
    deals: Floats,
    *,
    distinct: int | None = None,
    confidence: float = CONFIDENCE,
    seed: int = 0,
) -> MaybeInterval:
    """Interval of a mean without bounds, such as a margin per deal, in its own units.

    ``deals`` and ``distinct`` as in share_interval. Student's t on the deals; from 30 to 2000
    distinct deals, the bias-corrected and accelerated bootstrap over deals, which follows skew:
    Efron, "Better bootstrap confidence intervals" (1987).
    """
    none = _without(deals, distinct)
    if none is not None:
        return none
    if np.ptp(deals) < SAME:
        return NoInterval(Reason.ALL_EQUAL)
    size = _observations(deals, distinct)
    if size == len(deals) and BOOTSTRAP_DEALS <= size <= BOOTSTRAP_MOST:
        return _bca(deals, confidence, seed)
    half = _quantile(size - 1, confidence) * float(deals.std(ddof=1)) / size**0.5
    return Interval(float(deals.mean()) - half, float(deals.mean()) + half)


def pool_cells(cells: Sequence[tuple[NDArray[np.int64], Floats]]) -> Floats:
    """One value per deal for a mean over opponents that shared their deals.

    ``cells``: per opponent the numbers of its deals and their values, the same length and not
    empty. The result has one value per different deal; its mean is the mean of the opponents'
    means, and its variance that of this mean, deals missing with some opponents included
    (linearisation: Binder, "On the variances of asymptotically normal estimators", 1983).
    """
    numbers = np.unique(np.concatenate([deals for deals, _ in cells]))
    means = [float(values.mean()) for _, values in cells]
    pooled = np.full(len(numbers), np.mean(means))
    for (deals, values), mean in zip(cells, means, strict=True):
        scale = len(numbers) / (len(cells) * len(deals))
        np.add.at(pooled, np.searchsorted(numbers, deals), scale * (values - mean))
    return pooled


def too_many_dropped(complete: int, dropped: int) -> bool:
    """Whether more than 5 % of the deals are missing: then worst_case belongs beside the result."""
    return dropped > DROPPED_SHARE * (complete + dropped)


def worst_case(
    interval: Interval, complete: int, dropped: int, *, lowest: float = 0.0, highest: float = 1.0
) -> Interval:
    """What ``interval`` becomes if every dropped deal had gone the worst or the best way.

    For a mean's bounds without luck, pass it as both ends. ``lowest`` and ``highest``: what a deal
    can give at all. Source: Manski, "Nonparametric bounds on treatment effects" (1990).
    Raises ValueError where no deal is complete.
    """
    if complete < 1:
        raise ValueError("no complete deal")
    kept = complete / (complete + dropped)
    return Interval(
        kept * interval.low + (1 - kept) * lowest, kept * interval.high + (1 - kept) * highest
    )


def share_ends(deals: Floats, confidence: float = CONFIDENCE) -> tuple[Floats, Floats]:
    """Ends of share_interval for many samples at once: ``deals`` has shape (samples, deals >= 2).

    Repeats count as observations here.
    """
    _check_shares(deals, pooled=False)
    size = deals.shape[-1]
    return _wilson(*_share_moments(deals, size), _quantile(size - 1, confidence))


def _without(deals: Floats, distinct: int | None) -> NoInterval | None:
    """Why there can be no interval, if so. Raises ValueError for a wrong ``distinct``."""
    if distinct is not None and not min(1, len(deals)) <= distinct <= len(deals):
        raise ValueError(f"{distinct} distinct deals of {len(deals)}")
    if len(deals) == 0:
        return NoInterval(Reason.NO_DEALS)
    if len(deals) == 1:
        return NoInterval(Reason.ONE_DEAL)
    return NoInterval(Reason.DETERMINISTIC) if distinct == 1 else None


def _observations(deals: Floats, distinct: int | None) -> int:
    """The number of deals that count as observations."""
    return len(deals) if distinct is None else distinct


def _check_shares(deals: Floats, pooled: bool) -> None:
    """Raise ValueError for values that are no shares; of pooled ones, the mean must be one."""
    values = deals.mean() if pooled else deals
    if np.any(values < -SAME) or np.any(values > 1 + SAME):
        raise ValueError("shares lie between 0 and 1")


def _share_moments(deals: Floats, size: int) -> tuple[Floats, Floats]:
    """Mean and effective size n_eff = p(1-p) / Var(mean over ``size`` deals), along the last axis.

    No distribution on 0 to 1 with mean p has a variance above p(1-p), which seatings that share all
    their luck reach (Bhatia and Davis 2000): n_eff is ``size`` at least. Equal values say nothing
    of the variance, and the worst is assumed.
    """
    count = deals.shape[-1]
    mean = np.asarray(np.clip(deals.mean(axis=-1), 0, 1))
    worst = mean * (1 - mean)
    seen = np.asarray(deals.var(axis=-1, ddof=1))
    mixed = ((count - 1) * seen + PRIOR_DEALS * worst) / (count - 1 + PRIOR_DEALS)
    constant = np.ptp(deals, axis=-1) < SAME
    effective = size * np.where(constant, 1.0, worst / np.where(constant, 1.0, mixed))
    return mean, effective


def _wilson(mean: Floats, effective: Floats, quantile: float) -> tuple[Floats, Floats]:
    """Ends of Wilson's interval (1927), whose ends lie within 0 to 1."""
    share = quantile**2 / effective
    centre = (mean + share / 2) / (1 + share)
    half = np.sqrt(share * (mean * (1 - mean) + share / 4)) / (1 + share)
    return np.clip(centre - half, 0, mean), np.clip(centre + half, mean, 1)


def _quantile(freedom: float, confidence: float) -> float:
    """The two-sided quantile of Student's t."""
    return float(stats.t.ppf((1 + confidence) / 2, freedom))


def _bca(deals: Floats, confidence: float, seed: int) -> Interval:
    """The bootstrap interval of the mean."""
    found = stats.bootstrap(
        (deals,), np.mean, n_resamples=RESAMPLES, batch=500, confidence_level=confidence,
        method="BCa", rng=np.random.default_rng(seed),
    ).confidence_interval  # fmt: skip
    return Interval(float(found.low), float(found.high))

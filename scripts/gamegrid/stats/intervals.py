"""Intervals for means over deals: how far luck alone could have moved a share or a mean return.

A deal's value is one observation. Episodes of one deal share its luck, so an interval that counted
them as independent would be too short.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

import numpy as np
import scipy

from gamegrid.stats.arrays import Floats

CONFIDENCE = 0.95
PRIOR_DEALS = 1 / 3
"""The weight, in deals, of the largest possible variance in the variance of every share.

The variance of a few discrete values is close to 0 by chance. Of the values 0, 1/4, 1/3 and 1/2,
1/3 is the smallest with a coverage of 93 % or more in every case of tests/stats/stats_coverage.py
(0 covers 89 % if wins are rare among draws); 1/2 covers up to 99 % of symmetric draws. With even
fewer decisive games, 97 % draws and no loss, 1/3 covers 92 %. At 50 deals, 4 of 24 cases have a
coverage of up to 97.7 %, because the sum of few wins lies on a coarse grid (if 3 % are won, it is
2 1/2 or less in 92.3 % of samples and 3 or less in 97.1 %). A prior that shrinks with the number of
deals does not help: draws that are never lost fall to 89 % before the others improve.
"""
LEAST_KNOWN = 0.25
"""The variance of a share of which one deal says nothing: the largest that a share can have."""
SAME = 1e-12
"""Values closer than this differ only by rounding."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A closed interval, in the units of the estimate. Raises ValueError unless low <= high."""

    low: float
    high: float

    def __post_init__(self) -> None:
        if not self.low <= self.high:
            raise ValueError(f"no interval from {self.low} to {self.high}")

    @property
    def half_width(self) -> float:
        """Half of the distance between the ends."""
        return (self.high - self.low) / 2

    def covers(self, value: float) -> bool:
        """Return True if ``value`` lies within the interval, up to rounding."""
        return self.low - SAME <= value <= self.high + SAME


class Reason(StrEnum):
    """The reason an interval or one of its ends is missing."""

    NO_DEALS = "no deals"
    ONE_DEAL = "one deal"
    FEW_DEALS = "fewer than 20 deals"
    ALL_EQUAL = "all deals equal"
    DETERMINISTIC = "deterministic"
    EVERY_DEAL = "every deal played"
    ANCHORED = "anchored here"
    NOT_CONNECTED = "not connected"
    TOO_FEW = "one deal or family"
    ONE_FAMILY = "one family"
    OTHER_OPPONENTS = "other opponents"
    SAME_PLAY = "same moves"
    PROVISIONAL = "provisional"
    ONLY_MODELS = "only models met"
    NO_LOWER_END = "no lower end"
    NO_UPPER_END = "no upper end"
    NO_ENDS = "no lower and no upper end"


@dataclass(frozen=True, slots=True)
class NoInterval:
    """Takes the place of an interval and states the reason there is none."""

    reason: Reason


MaybeInterval: TypeAlias = Interval | NoInterval


@dataclass(frozen=True, slots=True)
class Stratum:
    """Deals of one luck, and their weight in a mean over games."""

    deals: Floats
    """The values of the deals, shape (deals,); their mean is from 0 to 1."""
    weight: float
    freedom: float | None = None
    """See share_interval."""


def share_interval(
    deals: Floats,
    *,
    pooled: bool = False,
    freedom: float | None = None,
    confidence: float = CONFIDENCE,
) -> MaybeInterval:
    """Return the interval of a mean of values between 0 and 1. Its width is never zero.

    ``deals`` holds one value per deal, shape (deals,). ``pooled`` marks values from a
    linearisation, which may lie outside 0 to 1. ``freedom`` are the degrees of freedom of their
    variance, by default deals-1. Raises ValueError for other values outside 0 to 1.

    This is the interval of Wilson (1927) with n_eff = p(1-p) / Var(deal mean) in place of n and the
    t quantile with these degrees of freedom, after Korn and Graubard, "Confidence intervals for
    proportions with small expected number of positive counts estimated from survey data" (1998).
    """
    missing = _missing(deals)
    if missing is not None:
        return missing
    _check_shares(deals, pooled)
    low, high = _wilson(*_share_moments(deals), _quantile(_freedom(deals, freedom), confidence))
    return Interval(float(low), float(high))


def combined_share_interval(
    strata: Sequence[Stratum], *, confidence: float = CONFIDENCE
) -> MaybeInterval:
    """Return the interval of a weighted mean of the shares of independent strata.

    The weights need not sum to 1. The squared distances to the Wilson ends of each stratum add up:
    Zou and Donner, "Construction of confidence limits about effect measures: a general approach"
    (2008). The width is then never zero, as it would be with added variances if every game was
    always lost. All strata use one t quantile, with the degrees of freedom of Satterthwaite (1946).
    Raises ValueError for weights that are not positive and for means outside 0 to 1.
    """
    if not all(stratum.weight > 0 for stratum in strata):
        raise ValueError("weights must be positive")
    for stratum in strata:
        missing = _missing(stratum.deals)
        if missing is not None:
            return missing
        _check_shares(stratum.deals, pooled=True)
    if not strata:
        return NoInterval(Reason.NO_DEALS)

    weights = np.array([stratum.weight for stratum in strata])
    weights = weights / weights.sum()
    freedoms = np.array([_freedom(stratum.deals, stratum.freedom) for stratum in strata])
    means, effective = np.array([_share_moments(stratum.deals) for stratum in strata]).T
    spread = weights**2 * _likely_variance(means, effective)
    freedom = float(spread.sum() ** 2 / (spread**2 / freedoms).sum())
    low, high = _wilson(means, effective, _quantile(freedom, confidence))
    centre = float(weights @ means)
    return Interval(
        max(0.0, centre - float(np.sqrt((weights**2 * (means - low) ** 2).sum()))),
        min(1.0, centre + float(np.sqrt((weights**2 * (high - means) ** 2).sum()))),
    )


def mean_interval(
    deals: Floats, *, freedom: float | None = None, confidence: float = CONFIDENCE
) -> MaybeInterval:
    """Return the interval of a mean of unbounded values, such as margins, in the values' units.

    ``deals`` holds one value per deal, shape (deals,). The interval is Student's t over deals
    (Student, "The probable error of a mean", 1908). For ``freedom`` see share_interval.
    """
    missing = _missing(deals)
    if missing is not None:
        return missing
    if np.ptp(deals) < SAME:
        return NoInterval(Reason.ALL_EQUAL)
    quantile = _quantile(_freedom(deals, freedom), confidence)
    half = quantile * float(deals.std(ddof=1)) / len(deals) ** 0.5
    return Interval(float(deals.mean()) - half, float(deals.mean()) + half)


def share_ends(deals: Floats, confidence: float = CONFIDENCE) -> tuple[Floats, Floats]:
    """Return the ends of share_interval for many samples at once, each of shape (samples,).

    ``deals`` has shape (samples, deals) with at least 2 deals. Every deal counts as an observation.
    """
    _check_shares(deals, pooled=False)
    return _wilson(*_share_moments(deals), _quantile(deals.shape[-1] - 1, confidence))


def share_variance(deals: Floats) -> float:
    """Return the variance of the mean of values between 0 and 1 over other deals; it is never 0.

    ``deals`` holds one value per deal, shape (deals,), at least one. The variance is that behind
    share_interval and combined_share_interval.
    """
    if len(deals) == 1:
        return LEAST_KNOWN
    return float(_likely_variance(*_share_moments(deals)))


def _missing(deals: Floats) -> NoInterval | None:
    """Return the reason there can be no interval, else None."""
    match len(deals):
        case 0:
            return NoInterval(Reason.NO_DEALS)
        case 1:
            return NoInterval(Reason.ONE_DEAL)
    return None


def _freedom(deals: Floats, stated: float | None) -> float:
    """Return the degrees of freedom of the variance of ``deals``."""
    return len(deals) - 1 if stated is None else stated


def _check_shares(deals: Floats, pooled: bool) -> None:
    """Raise ValueError unless values lie between 0 and 1; of pooled values, only the mean must."""
    values = deals.mean() if pooled else deals
    if np.any(values < -SAME) or np.any(values > 1 + SAME):
        raise ValueError("shares lie between 0 and 1")


def _share_moments(deals: Floats) -> tuple[Floats, Floats]:
    """Return the mean and n_eff = p(1-p) / Var(mean over deals), along the last axis.

    No distribution on 0 to 1 with mean p has a variance above p(1-p) (Bhatia and Davis 2000), which
    is reached if the seatings of a deal share all their luck. So n_eff is at least the number of
    deals. Equal values say nothing about the variance; for them, the worst case is assumed.
    """
    count = deals.shape[-1]
    mean = np.asarray(np.clip(deals.mean(axis=-1), 0, 1))
    worst = mean * (1 - mean)
    observed = np.asarray(deals.var(axis=-1, ddof=1))
    mixed = ((count - 1) * observed + PRIOR_DEALS * worst) / (count - 1 + PRIOR_DEALS)
    constant = np.ptp(deals, axis=-1) < SAME
    effective = count * np.where(constant, 1.0, worst / np.where(constant, 1.0, mixed))
    return mean, effective


def _likely_variance(means: Floats, effective: Floats) -> Floats:
    """Return the variances of shares; half a win and half a loss are added to each.

    So a game that was always lost has some variance, too.
    """
    likely = (means * effective + 0.5) / (effective + 1)
    return np.asarray(likely * (1 - likely) / effective)


def _wilson(mean: Floats, effective: Floats, quantile: float) -> tuple[Floats, Floats]:
    """Return the ends of Wilson's interval (1927), which lie between 0 and 1."""
    share = quantile**2 / effective
    centre = (mean + share / 2) / (1 + share)
    half = np.sqrt(share * (mean * (1 - mean) + share / 4)) / (1 + share)
    return np.clip(centre - half, 0, mean), np.clip(centre + half, mean, 1)


def _quantile(freedom: float, confidence: float) -> float:
    """Return the two-sided quantile of Student's t."""
    return float(scipy.special.stdtrit(freedom, (1 + confidence) / 2))

"""Which values are one observation: those of one deal of one luck, in whatever game they were got.

A deal's luck is keyed by a luck name and the number of the deal. Games with one luck name, such as
a disguise and its plain game, share their deals: agents that draw the same luck may play the very
same episodes in both. Values of one deal are therefore added before anything else, so that each
deal is one observation, and an independent one.

A deal is one observation also for agents that draw no luck. Its opening is a random draw, and an
opening that is drawn twice was drawn twice. A mean has no sampling error only if nothing is drawn
at all, or if everything that could be drawn was played; see ``Fixed``.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum
from functools import reduce
from typing import assert_never

import numpy as np

from gamegrid.stats.arrays import Floats, Integers
from gamegrid.stats.intervals import (
    CONFIDENCE,
    Interval,
    MaybeInterval,
    NoInterval,
    Reason,
    Stratum,
    combined_share_interval,
    mean_interval,
    share_interval,
)
from gamegrid.stats.mean_test import MeanTest, Sample


class Fixed(Enum):
    """Why luck cannot move a mean. The values are those of ``fixed_matchups`` in the database."""

    DETERMINISTIC = "deterministic"
    """Neither the game nor its openings nor the agents draw luck: every deal is the same."""
    EVERY_DEAL = "every deal played"
    """Every deal that can be drawn was played, as often as it is likely."""

    @property
    def reason(self) -> Reason:
        """The reason there is no interval."""
        match self:
            case Fixed.DETERMINISTIC:
                return Reason.DETERMINISTIC
            case Fixed.EVERY_DEAL:
                return Reason.EVERY_DEAL
        assert_never(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Observations:
    """One value per deal: of one agent, or the difference of two, in games of one luck.

    Raises ValueError unless the deals increase and each has one value.
    """

    luck: str
    """The luck name of the games, which keys their deals."""
    deals: Integers
    """Numbers of the deals, increasing. Shape (deals,)."""
    values: Floats
    """Shape (deals,). Values from ``add`` may lie outside the range of those they are made of."""
    fixed: Fixed | None = None
    """Why the mean of the values has no sampling error; None if luck moves it."""
    freedom: float | None = None
    """Degrees of freedom of the variance of the mean; None if they are the deals less one."""

    def __post_init__(self) -> None:
        if self.deals.shape != self.values.shape or np.any(np.diff(self.deals) <= 0):
            raise ValueError("each deal needs one value, in the order of the deals")

    def __len__(self) -> int:
        """Return the number of deals."""
        return len(self.deals)

    @property
    def mean(self) -> float | None:
        """The mean over deals; None without deals."""
        return float(self.values.mean()) if len(self) else None

    def at(self, deals: Integers) -> Floats:
        """Return the values of ``deals``, all of which must be here."""
        return np.asarray(self.values[np.searchsorted(self.deals, deals)])

    def with_values(self, values: Floats) -> "Observations":
        """Return the same deals with other values, shape (deals,)."""
        return replace(self, values=values)

    def share_interval(self, confidence: float = CONFIDENCE) -> MaybeInterval:
        """Return the interval of the mean of shares; see intervals.share_interval."""
        if (missing := self._without_interval()) is not None:
            return missing
        return share_interval(self.values, pooled=True, freedom=self.freedom, confidence=confidence)

    def mean_interval(self, confidence: float = CONFIDENCE) -> MaybeInterval:
        """Return the interval of the mean of unbounded values; see intervals.mean_interval."""
        if (missing := self._without_interval()) is not None:
            return missing
        return mean_interval(self.values, freedom=self.freedom, confidence=confidence)

    def _without_interval(self) -> NoInterval | None:
        """Return the reason luck cannot move the mean, else None."""
        return NoInterval(self.fixed.reason) if self.fixed is not None and len(self) else None


@dataclass(frozen=True, slots=True)
class Part:
    """Observations and their weight in a mean over games or opponents, which is above 0."""

    observations: Observations
    weight: float = 1.0

    def __post_init__(self) -> None:
        if not self.weight > 0:
            raise ValueError("weights must be positive")


def add(parts: Sequence[Part]) -> Observations:
    """Return one value per deal for the weighted mean of ``parts``, which share their luck.

    Every part has deals. The mean of the result is the weighted mean of the parts' means, and the
    variance of the mean is right for it even if some parts lack deals (linearisation: Binder, "On
    the variances of asymptotically normal estimators", 1983). It then has fewer degrees of freedom:
    see _added_freedom. Parts that are fixed add a constant.
    Raises ValueError without parts, for a part without deals and for parts of two lucks.
    """
    (luck,) = {part.observations.luck for part in parts}
    numbers = np.unique(np.concatenate([part.observations.deals for part in parts]))
    total, fixed = (
        sum(part.weight for part in parts),
        _all_fixed([part.observations for part in parts]),
    )
    added = np.zeros(len(numbers))
    for part in parts:
        each, share = part.observations, part.weight / total
        if not len(each):
            raise ValueError("a part has no deals")
        mean = each.values.mean()
        added += share * mean
        if each.fixed is None or fixed is not None:
            scale = share * len(numbers) / len(each)
            added[np.searchsorted(numbers, each.deals)] += scale * (each.values - mean)
    return Observations(
        luck=luck,
        deals=numbers,
        values=added,
        fixed=fixed,
        freedom=_added_freedom(parts, len(numbers)),
    )


def pool(cells: Sequence[Observations]) -> Observations:
    """Return one value per deal for the mean over opponents, with equal weights; see ``add``.

    Opponents without deals are left out. Raises ValueError if there are no ``cells``.
    """
    played = [Part(cell) for cell in cells if len(cell)]
    return add(played) if played else cells[0]


def difference(pairs: Sequence[tuple[Observations, Observations]]) -> Observations:
    """Return the mean difference of ``pairs`` on the deals that all of them have.

    The pairs are of one luck. Two fixed sides have a fixed difference. Raises ValueError without
    pairs and for pairs of two lucks.
    """
    every = [each for pair in pairs for each in pair]
    (luck,) = {each.luck for each in every}
    deals = reduce(np.intersect1d, [each.deals for each in every])
    return Observations(
        luck=luck,
        deals=deals,
        values=np.mean([one.at(deals) - other.at(deals) for one, other in pairs], axis=0),
        fixed=_all_fixed(every),
    )


def by_luck(parts: Sequence[Part]) -> list[Part]:
    """Add the parts of each luck, so that those returned are independent of each other.

    The order is that of each luck's first part. Raises ValueError for a part without deals.
    """
    lucks: dict[str, list[Part]] = defaultdict(list)
    for part in parts:
        lucks[part.observations.luck].append(part)
    return [Part(add(same), sum(part.weight for part in same)) for same in lucks.values()]


def count(parts: Sequence[Part]) -> int:
    """Return the number of deals, where games of one luck share theirs."""
    return len(
        {(part.observations.luck, deal) for part in parts for deal in part.observations.deals}
    )


def combined_interval(parts: Sequence[Part], confidence: float = CONFIDENCE) -> MaybeInterval:
    """Return the interval of the weighted mean of shares in several games.

    Games of one luck are added first; see intervals.combined_share_interval for the others. Fixed
    games move the interval and add nothing to its width. The weights need not sum to 1.
    """
    if not parts or not all(len(part.observations) for part in parts):
        return NoInterval(Reason.NO_DEALS)
    fixed = _all_fixed([part.observations for part in parts])
    if fixed is not None:
        return NoInterval(fixed.reason)
    varying = by_luck([part for part in parts if part.observations.fixed is None])
    settled = [part for part in parts if part.observations.fixed is not None]
    total = sum(part.weight for part in parts)
    share = sum(part.weight for part in varying) / total
    known = sum(part.weight / total * float(part.observations.values.mean()) for part in settled)
    moving = combined_share_interval(
        [
            Stratum(part.observations.values, part.weight, part.observations.freedom)
            for part in varying
        ],
        confidence=confidence,
    )
    match moving:
        case Interval(low, high):
            return Interval(known + share * low, known + share * high)
        case NoInterval():
            return moving


def mean_of(parts: Sequence[Part]) -> float | None:
    """Return the weighted mean; None without parts and if a part has no deals."""
    means = [part.observations.mean for part in parts]
    known = [mean for mean in means if mean is not None]
    if not parts or len(known) < len(means):
        return None
    return float(np.average(known, weights=[part.weight for part in parts]))


def mean_test(parts: Sequence[Part], limits: Interval | None) -> MeanTest | NoInterval:
    """Return the test of the weighted mean of ``parts``, such as differences in several games.

    ``limits`` are the least and the largest value that a deal can have in any of them; None if
    there is no limit, or if it is unknown. Games of one luck are added first. Fixed games move the
    mean and add nothing to its error. Returns the reason if luck cannot move the mean, and those of
    MeanTest.of.
    """
    if not parts or not all(len(part.observations) for part in parts):
        return NoInterval(Reason.NO_DEALS)
    fixed = _all_fixed([part.observations for part in parts])
    if fixed is not None:
        return NoInterval(fixed.reason)
    total = sum(part.weight for part in parts)
    known = sum(
        part.weight / total * float(part.observations.values.mean())
        for part in parts
        if part.observations.fixed is not None
    )
    varying = by_luck([part for part in parts if part.observations.fixed is None])
    samples = [Sample(part.observations.values, part.weight / total) for part in varying]
    return MeanTest.of(samples, limits, known)


def _added_freedom(parts: Sequence[Part], deals: int) -> float:
    """Return the degrees of freedom of the variance of a mean of ``parts`` over ``deals`` deals.

    If few deals of one part decide the variance, the many deals of others do not make it certain.
    The degrees are those of Satterthwaite, "An approximate distribution of estimates of variance
    components" (1946), as if the parts were independent, and at most deals-1, for deals that all
    parts share. Parts of one deal, whose variance is unknown, are left out.
    """
    known = [
        (part.weight**2 * float(each.values.var(ddof=1)) / len(each), each.freedom or len(each) - 1)
        for part in parts
        if len(each := part.observations) > 1 and each.fixed is None
    ]
    total = sum(variance for variance, _ in known)
    if total == 0:
        return deals - 1
    return min(deals - 1, total**2 / sum(variance**2 / freedom for variance, freedom in known))


def _all_fixed(every: Sequence[Observations]) -> Fixed | None:
    """Return why luck moves none of these; None if it moves any of them."""
    reasons = [each.fixed for each in every]
    if None in reasons:
        return None
    return Fixed.EVERY_DEAL if Fixed.EVERY_DEAL in reasons else Fixed.DETERMINISTIC

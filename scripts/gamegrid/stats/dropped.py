"""Bounds on means over deals of which some were dropped, whatever became of those deals.

A dropped deal may be missing because of how it went: an agent forfeits when it loses, a cut-off
removes long games. The deals that are left then say nothing certain about the others. So the mean
is bounded twice: once with the least and once with the most that each dropped deal can have been
worth (Manski, "Nonparametric bounds on treatment effects", 1990). Both are means over all deals,
and luck moves each of them, so the bounds run from the lower end of the first interval to the upper
end of the second (Horowitz and Manski, "Nonparametric analysis of randomized experiments with
missing covariate and outcome data", 2000). Each end errs with a probability of 2.5 %. The narrower
interval of Imbens and Manski, "Confidence intervals for partially identified parameters" (2004),
would spend 5 % on one end; it is not used, because its ends could then lie inside the interval over
the deals that count.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from gamegrid.stats.intervals import Interval, MaybeInterval, Reason
from gamegrid.stats.observations import Observations, Part, difference, pool

IntervalOf: TypeAlias = Callable[[Observations], MaybeInterval]


@dataclass(frozen=True, slots=True)
class Bounds:
    """The values of all deals, if each dropped one had gone the worst way, and the best way.

    Both have the same deals. Deals that count have the same value in both.
    """

    least: Observations
    most: Observations

    def interval(self, of: IntervalOf) -> Interval | None:
        """Return the outer ends of two intervals, which ``of`` computes. None without them."""
        low, high = _end(of(self.least), self.least), _end(of(self.most), self.most)
        return None if low is None or high is None else Interval(low.low, high.high)


def pool_bounds(cells: Sequence[Bounds]) -> Bounds:
    """Return the bounds of the mean over opponents, with equal weights; see observations.pool."""
    return Bounds(pool([cell.least for cell in cells]), pool([cell.most for cell in cells]))


def difference_bounds(pairs: Sequence[tuple[Bounds, Bounds]]) -> Bounds:
    """Return the bounds of the mean difference of ``pairs``; see observations.difference."""
    return Bounds(
        difference([(one.least, other.most) for one, other in pairs]),
        difference([(one.most, other.least) for one, other in pairs]),
    )


def bounds_over_games(
    parts: Sequence[tuple[Bounds, float]], of: Callable[[Sequence[Part]], MaybeInterval]
) -> Interval | None:
    """Return the outer ends of two intervals of a weighted mean over games. None without them."""
    least = of([Part(bounds.least, weight) for bounds, weight in parts])
    most = of([Part(bounds.most, weight) for bounds, weight in parts])
    if isinstance(least, Interval) and isinstance(most, Interval):
        return Interval(least.low, most.high)
    return None


def _end(interval: MaybeInterval, values: Observations) -> Interval | None:
    """Return an interval, or the mean of equal values. None for another reason of a missing one."""
    if isinstance(interval, Interval):
        return interval
    if interval.reason is Reason.ALL_EQUAL and values.mean is not None:
        return Interval(values.mean, values.mean)
    return None

"""Did bots get what their policies give? Bounds that hold exactly at any number of deals.

Nothing here is asymptotic: with many checks at a small alpha, tails are where approximations fail.
"""

from dataclasses import dataclass

import numpy as np
from scipy import optimize, special

from gamegrid.stats.intervals import SAME, Floats, Interval
from gamegrid.stats.paired import bets

FAMILY_ALPHA = 0.001
"""Probability that any check of a result set is red though all is well."""
FARTHEST = 40.0
"""The logarithm of the largest tilt of a distribution, of unit range, that is tried."""


@dataclass(frozen=True, slots=True)
class Law:
    """The distribution of one deal's result: both of shape (results,); chances sum to 1."""

    results: Floats
    chances: Floats

    @property
    def mean(self) -> float:
        """The expected result."""
        return float(self.results @ self.chances)

    def accepted(self, deals: int, alpha: float) -> Interval:
        """The means over ``deals`` that luck explains: outside lies less than ``alpha``.

        Chernoff's bound with the whole distribution known: the mean exceeds x with probability at
        most exp(-deals * sup(t x - K(t))), K the logarithm of the moment generating function of a
        deal's result; solved for x. A mean over seatings of one deal, whose results hang together,
        only narrows it (Jensen).
        """
        low, high = float(self.results.min()), float(self.results.max())
        if high - low < SAME:
            return Interval(low - SAME, high + SAME)
        unit = (self.results - low) / (high - low)
        share = np.log(2 / alpha) / deals
        up, down = (_reach(one, self.chances, share) for one in (unit, 1 - unit))
        return Interval(high - (high - low) * down - SAME, low + (high - low) * up + SAME)


def _reach(results: Floats, chances: Floats, share: float) -> float:
    """How far up a mean of results between 0 and 1 may lie: the least (K(t) + share) / t."""

    def bound(log_tilt: float) -> float:
        tilt = float(np.exp(log_tilt))
        return float((special.logsumexp(tilt * results, b=chances) + share) / tilt)

    found = optimize.minimize_scalar(bound, bounds=(-FARTHEST / 4, FARTHEST), method="bounded")
    return min(1.0, float(found.fun))


def at_least(deals: Floats, expected: float, lowest: float, highest: float) -> float:
    """How likely results so low are where their mean is said to be ``expected`` or more: at most p.

    Each result is ``lowest`` to ``highest``. One bets against it on each deal, by what the deals
    before it showed: money grows tenfold with probability 1/10 at most (Ville's inequality; bets as
    of paired.looks). ``deals`` in an order that knows nothing of results.
    """
    shares = (deals - lowest) / (highest - lowest)
    mean = (expected - lowest) / (highest - lowest)
    stakes = np.minimum(bets(shares, FAMILY_ALPHA), 0.5 / max(1 - mean, SAME))
    return float(min(1.0, np.exp(-np.log1p(-stakes * (shares - mean)).sum())))

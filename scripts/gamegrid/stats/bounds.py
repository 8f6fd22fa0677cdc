"""Did bots get what their policies give? Bounds that hold exactly at any number of deals.

Nothing here is asymptotic: with many checks at a small alpha, tails are where approximations fail.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import logsumexp

from gamegrid.stats.intervals import SAME, Floats, Interval
from gamegrid.stats.paired import bets

FAMILY_ALPHA = 0.001
"""Probability that any check of a result set is red though all is well."""
TILTS: Floats = np.geomspace(1e-3, 1e8, 800)
"""How strongly a distribution of unit range is tilted towards its upper end, in search of the
tightest bound."""
CLOSE = 1e-9
"""Results closer than this are one, rounding apart."""


@dataclass(frozen=True, slots=True)
class Oddity:
    """A result whose share luck does not explain."""

    result: float
    share: float
    chance: float
    """What the share should be."""
    accepted: Interval


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

    def odd_share(self, found: Floats, deals: int, alpha: float) -> Oddity | None:
        """A result that came too often or too seldom; None if luck explains all shares.

        A mean may be right by accident where no single share is. ``found``: what came, so many
        results a deal; with all shares together, less than ``alpha`` lies outside.
        """
        known = np.isclose(found[:, None], self.results, rtol=0, atol=CLOSE)
        if not known.any(axis=1).all():
            never = float(found[~known.any(axis=1)][0])
            return Oddity(never, float(np.mean(np.isclose(found, never))), 0.0, Interval(0.0, 0.0))
        for result, chance, share in zip(
            self.results, self.chances, known.mean(axis=0), strict=True
        ):
            law = Law(np.array([0.0, 1.0]), np.clip([1 - chance, chance], 0, 1))
            accepted = law.accepted(deals, alpha / len(self.results))
            if not accepted.covers(float(share)):
                return Oddity(float(result), float(share), float(chance), accepted)
        return None


def _reach(results: Floats, chances: Floats, share: float) -> float:
    """How far up a mean of results between 0 and 1 may lie: the least (K(t) + share) / t.

    Every t gives a bound; the best of TILTS is as good as the best of all to three digits.
    """
    tilted = logsumexp(TILTS[:, None] * (results - 1), axis=1, b=chances)
    return min(1.0, 1 + float(((tilted + share) / TILTS).min()))


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

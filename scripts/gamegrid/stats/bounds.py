"""Test whether bots got what their policies predict, with bounds valid for any number of deals.

Nothing here is asymptotic: many checks at a small alpha are decided in the tails, where
approximations are at their worst.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import logsumexp

from gamegrid.stats.arrays import Floats
from gamegrid.stats.intervals import SAME, Interval

FAMILY_ALPHA = 0.001
"""Probability that at least one check of a result set fails although nothing is wrong."""
TILTS: Floats = np.geomspace(1e-3, 1e8, 800)
"""Values of t in Chernoff's bound, for results scaled to 0 to 1. The tightest bound is used."""
CLOSE = 1e-9
"""Results closer than this differ only by rounding."""


@dataclass(frozen=True, slots=True)
class Oddity:
    """A result that came too often or too rarely for luck to explain."""

    result: float
    share: float
    """The observed share of the result, 0 to 1."""
    chance: float
    """The expected share of the result."""
    accepted: Interval
    """The shares that luck explains."""


@dataclass(frozen=True, slots=True)
class Law:
    """The distribution of one deal's result. Both arrays have shape (results,); chances sum to 1.

    ``chances`` holds the probability of each result.
    """

    results: Floats
    chances: Floats

    @property
    def mean(self) -> float:
        """The expected result."""
        return float(self.results @ self.chances)

    def accepted(self, deals: int, alpha: float) -> Interval:
        """Return the means over ``deals`` that luck explains.

        The mean lies outside with probability ``alpha`` at most. This is Chernoff's bound for a
        known distribution, solved for x: the mean exceeds x with probability at most
        exp(-deals * sup(t x - K(t))), where K is the logarithm of the moment generating function
        of one deal's result. The bound also holds if a deal's result is a mean over dependent
        seatings, since such a mean is distributed more narrowly (Jensen).
        """
        low, high = float(self.results.min()), float(self.results.max())
        if high - low < SAME:
            return Interval(low - SAME, high + SAME)
        unit = (self.results - low) / (high - low)
        share = np.log(2 / alpha) / deals
        up, down = (_reach(one, self.chances, share) for one in (unit, 1 - unit))
        return Interval(high - (high - low) * down - SAME, low + (high - low) * up + SAME)

    def odd_share(self, observed: Floats, deals: int, alpha: float) -> Oddity | None:
        """Return a result that came too often or too rarely; None if luck explains all shares.

        The mean can be right by accident although every single share is wrong. ``observed`` has
        the same number of results for each of ``deals``. Luck alone makes this return an oddity
        with probability ``alpha`` at most, over all shares together.
        """
        matching = np.isclose(observed[:, None], self.results, rtol=0, atol=CLOSE)
        if not matching.any(axis=1).all():
            impossible = float(observed[~matching.any(axis=1)][0])
            share = float(np.mean(np.isclose(observed, impossible)))
            return Oddity(impossible, share, 0.0, Interval(0.0, 0.0))
        for result, chance, share in zip(
            self.results, self.chances, matching.mean(axis=0), strict=True
        ):
            law = Law(np.array([0.0, 1.0]), np.clip([1 - chance, chance], 0, 1))
            accepted = law.accepted(deals, alpha / len(self.results))
            if not accepted.covers(float(share)):
                return Oddity(float(result), float(share), float(chance), accepted)
        return None


def _reach(results: Floats, chances: Floats, share: float) -> float:
    """Return the upper bound of a mean of results between 0 and 1: the least (K(t) + share) / t.

    Every t gives a valid bound. The best of TILTS agrees with the best of all t to three digits.
    """
    # logsumexp, because the log of a mean of exponentials underflows if a result is certain.
    tilted = logsumexp(TILTS[:, None] * (results - 1), axis=1, b=chances)
    return min(1.0, 1 + float(((tilted + share) / TILTS).min()))


def at_least(deals: Floats, expected: float, lowest: float, highest: float) -> float:
    """Return a p-value of the hypothesis that the expected result is ``expected`` or more.

    ``deals`` holds one result per deal, each from ``lowest`` to ``highest``, in an order that does
    not depend on the results. The test bets against the hypothesis on each deal, with stakes
    computed from the deals before it (``bets``). If the hypothesis is true, the capital grows
    tenfold with probability 1/10 at most (Ville's inequality), so 1 / capital is a valid p.
    """
    shares = (deals - lowest) / (highest - lowest)
    mean = (expected - lowest) / (highest - lowest)
    stakes = np.minimum(bets(shares, FAMILY_ALPHA), 0.5 / max(1 - mean, SAME))
    return float(min(1.0, np.exp(-np.log1p(-stakes * (shares - mean)).sum())))


def bets(shares: Floats, alpha: float) -> Floats:
    """Return the stake on each deal, which depends only on the deals before it.

    ``shares`` has shape (deals,), each from 0 to 1; ``alpha`` is the error probability of the
    test. This is the predictable plug-in of Waudby-Smith and Ramdas, "Estimating means of bounded
    random variables by betting" (2024).
    """
    count = np.arange(1, len(shares) + 1)
    means = (0.5 + np.cumsum(shares)) / (count + 1)
    variances = (0.25 + np.cumsum((shares - means) ** 2)) / (count + 1)
    before = np.concatenate([[0.25], variances[:-1]])
    return np.asarray(np.sqrt(2 * np.log(2 / alpha) / (before * count * np.log(count + 1))))

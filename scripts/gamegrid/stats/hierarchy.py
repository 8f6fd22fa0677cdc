"""How good an agent is over games like these: luck of deals within games, games within families.

The value of a family is the mean over its games. The model of the values y_f of F families is

    y_f = skill + u_f + e_f,

where u_f, with standard deviation tau, is what this family means for this agent (for a difference,
for this pair of agents), and e_f is the luck of the deals, whose variance is known from the deals.
How the games of a family differ is part of u_f, as new games of a new family would differ, too.

Every agent and every pair has a tau of its own. Agents differ in how much they vary: random play is
weak everywhere, a search is strong in some games only. One tau for all would make the intervals of
the most varied agents too short.

The estimate of skill is the mean in which families weigh equally, as on the leaderboard. Weights by
precision would favour the families that an agent always loses, where luck moves a share the least.
tau is integrated out over a grid, exactly up to its steps: no sampling, and so no seed. Its
likelihood is the restricted one, of the differences between families (Patterson and Thompson,
"Recovery of inter-block information when block sizes are unequal", 1971), with the mean of the
known variances in the place of each. Given tau, the error of the estimate counts in units of the
standard error at the true value, as in the interval of Wilson (1927), so that it respects the ends
of the scale. Sums of few families are then skewed as they should be.
"""

from dataclasses import dataclass
from enum import Enum
from typing import assert_never

import numpy as np
from scipy import optimize, special

from gamegrid.stats.arrays import Floats
from gamegrid.stats.intervals import CONFIDENCE, SAME, Interval, NoInterval, Reason

LARGEST = 0.5
"""The largest standard deviation of a share: half of the values 0, half of them 1."""
STEPS = 200
"""Points of the grid of tau, more of them near 0."""
EDGE = 1e-9
"""An end this close to 0 or 1 is there."""


class Prior(Enum):
    """What is assumed about tau, in units of a share, before any game is played.

    Half-Cauchy priors are those of Gelman, "Prior distributions for variance parameters in
    hierarchical models" (2006). With few families they keep tau from absurd values, which a uniform
    prior allows, and they let the data move it, which inverse gamma priors prevent near 0.
    """

    WIDE = "half-Cauchy 0.25"
    """The one that the tables use first. Half of it lies below 0.21."""
    NARROW = "half-Cauchy 0.1"
    """Games are much alike."""
    LIGHT = "half-normal 0.25"
    """As the first near 0, with less room for large values."""
    FLAT = "uniform to 0.5"
    """Every value that shares can have is equally likely."""

    def log_density(self, tau: Floats) -> Floats:
        """Return the logarithm of the density of ``tau``, up to a constant."""
        match self:
            case Prior.WIDE:
                density = -np.log1p((tau / 0.25) ** 2)
            case Prior.NARROW:
                density = -np.log1p((tau / 0.1) ** 2)
            case Prior.LIGHT:
                density = -((tau / 0.25) ** 2) / 2
            case Prior.FLAT:
                density = np.zeros(len(tau))
            case _:
                assert_never(self)
        return np.asarray(density, dtype=np.float64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Families:
    """What an agent got in each family. Raises ValueError for shares outside 0 to 1.

    For two agents, the shares are (1 + difference) / 2, which are 1/2 if the two are equal.
    """

    shares: Floats
    """Shape (families,), each 0 to 1."""
    variances: Floats
    """Variance of each share over the luck of its deals, shape (families,)."""

    def __post_init__(self) -> None:
        if self.shares.shape != self.variances.shape or np.any(self.variances < 0):
            raise ValueError("each family needs one share and its variance")
        if np.any(self.shares < -SAME) or np.any(self.shares > 1 + SAME):
            raise ValueError("shares lie between 0 and 1")

    @property
    def mean(self) -> float:
        """The mean share, 0 to 1, in which families weigh equally."""
        return float(np.clip(self.shares.mean(), 0, 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Skill:
    """What two or more families say about the mean share over all families like them."""

    interval: Interval
    """The 95 % interval of the mean share, 0 to 1."""
    above_half: float
    """Probability that the mean share is above 1/2, 0 to 1. An exact half counts as half of it."""
    spread: float
    """The posterior median of tau, 0 to 1/2: how much families differ for the agent or the pair."""


def over_families(
    families: Families, prior: Prior = Prior.WIDE, *, confidence: float = CONFIDENCE
) -> Skill | NoInterval:
    """Return what is known about the mean share over families like these.

    One family says nothing about others: there is no interval then, nor without families.
    """
    count = len(families.shares)
    if count < 2:
        return NoInterval(Reason.ONE_FAMILY if count else Reason.NO_DEALS)
    taus, weights = _posterior(families, prior)
    spread = float(taus[np.searchsorted(np.cumsum(weights), 0.5)])
    scales = _scales(families, taus)

    def below(value: float) -> float:
        """Return the probability that the mean share over all families is below ``value``."""
        errors = (value - families.mean) / np.sqrt(scales * value * (1 - value))
        return float(weights @ special.ndtr(errors))

    def end(probability: float) -> float:
        if below(EDGE) >= probability:
            return 0.0
        if below(1 - EDGE) <= probability:
            return 1.0
        return float(optimize.brentq(lambda value: below(value) - probability, EDGE, 1 - EDGE))

    tail = (1 - confidence) / 2
    return Skill(
        interval=Interval(end(tail), end(1 - tail)), above_half=1 - below(0.5), spread=spread
    )


def _posterior(families: Families, prior: Prior) -> tuple[Floats, Floats]:
    """Return the grid of tau and the probability of each point."""
    places = (np.arange(STEPS) + 0.5) / STEPS
    taus = LARGEST * places**2
    freedom = len(families.shares) - 1
    total = taus**2 + families.variances.mean()
    squares = float(((families.shares - families.shares.mean()) ** 2).sum())
    likelihood = -freedom / 2 * np.log(total) - squares / (2 * total)
    # The steps of the grid are proportional to its places.
    log_weights = likelihood + prior.log_density(taus) + np.log(places)
    weights = np.exp(log_weights - log_weights.max())
    return taus, np.asarray(weights / weights.sum())


def _scales(families: Families, taus: Floats) -> Floats:
    """Return, for each tau, the variance of the mean share divided by p(1 - p).

    It is at most 1 / families, because no distribution of shares with mean p has a larger variance
    than p(1 - p) (Bhatia and Davis, "A better bound on the variance", 2000). Equal shares without
    luck say nothing about the variance; for them, this worst case is assumed, as for equal deals.
    """
    count, mean = len(families.shares), families.mean
    worst = mean * (1 - mean)
    luck = families.variances.mean()
    if worst < SAME or (luck < SAME and np.ptp(families.shares) < SAME):
        return np.full(len(taus), 1 / count)
    return np.asarray(np.minimum((taus**2 + luck) / worst, 1.0) / count)

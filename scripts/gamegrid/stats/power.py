"""Power before a grid is played: the difference that a number of deals can detect."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special

from gamegrid.stats.arrays import Floats
from gamegrid.stats.intervals import CONFIDENCE

POWER = 0.8
SHARE_SD = 0.5
"""The largest SD of deal means between 0 and 1: half of the deals won, the other half lost."""
DIFFERENCE_SD = 1.0
"""The largest SD of differences between -1 and 1."""
MOST_DEALS = 10**9


@dataclass(frozen=True, slots=True)
class Design:
    """The matchups over which two agents are compared."""

    met: int
    """Matchups in which they play against each other."""
    apart: int
    """Line-ups of opponents that each of them meets without the other."""


@dataclass(frozen=True, slots=True)
class Variation:
    """How the difference of two agents varies from deal to deal, matchup by matchup."""

    met: float
    """The variance in a matchup of both."""
    apart: float
    """The variance of the difference against the same opponents, averaged over these."""
    shared: float
    """The covariance of the differences in two matchups on the same deal, averaged."""

    @classmethod
    def of(cls, covariances: Floats, met: NDArray[np.bool_]) -> "Variation":
        """Make it from the covariances of matchups, of shape (matchups, matchups).

        ``met``, of shape (matchups,), tells the matchups of both. What is not known is put on the
        safe side: in a matchup of both, the variance is taken to be twice that against others,
        which it is if their results are unrelated; against others, as large as in a matchup of
        both; and the covariance is taken to be as large as the variance.
        """
        own = np.diag(covariances)
        if met.all():
            together = apart = float(own.mean())
        elif met.any():
            together, apart = float(own[met].mean()), float(own[~met].mean())
        else:
            together, apart = 2 * float(own.mean()), float(own.mean())
        count = len(own)
        if count == 1:
            return cls(together, apart, apart)
        shared = float(covariances.sum() - own.sum()) / (count * (count - 1))
        return cls(together, apart, shared)

    def sd(self, design: Design) -> float:
        """Return the standard deviation of a deal's difference, a mean over the matchups."""
        count = design.met + design.apart
        total = design.met * self.met + design.apart * self.apart
        total += count * (count - 1) * self.shared
        return float(np.sqrt(max(0.0, total))) / count


def power_of(
    difference: float,
    deals: int,
    sd: float,
    *,
    limit: float | None = None,
    confidence: float = CONFIDENCE,
) -> float:
    """Return the probability that the test of ``paired`` finds a mean of ``difference``.

    ``sd`` is the standard deviation between deals, in the units of ``difference``. ``limit`` is the
    largest difference that is possible in either direction; None if there is none. The power
    comes from the noncentral t distribution: Cohen, "Statistical Power Analysis" (1988), chapter 2.
    With a ``limit`` it is at most the probability that the mean found is too large to be due to a
    rare value that is missing from the sample, which ``mean_test`` asks for as well; that mean is
    taken to be normal. Skew is left out. Raises ValueError for fewer than 2 ``deals`` and unless
    ``sd`` is above 0.
    """
    if deals < 2 or not sd > 0:
        raise ValueError(f"no power from {deals} deals of SD {sd}")
    centre = abs(difference) / sd * float(np.sqrt(deals))
    from scipy import stats  # its import takes as long as all others of a build of tables

    least = float(special.stdtrit(deals - 1, (1 + confidence) / 2))
    upper = float(stats.nct.sf(least, deals - 1, centre))
    lower = float(stats.nct.cdf(-least, deals - 1, centre))
    found = upper + (0.0 if lower != lower else lower)  # scipy gives NaN far out in the wrong tail
    if limit is None:
        return found
    needed = least_mean(deals, limit, confidence)
    return min(found, float(special.ndtr((abs(difference) - needed) / sd * np.sqrt(deals))))


def least_mean(deals: int, limit: float, confidence: float = CONFIDENCE) -> float:
    """Return the least mean that cannot be due to a value of -``limit`` that stayed hidden.

    A share q of such values stays hidden with probability (1 - q)^deals and moves the mean by q of
    its distance from -``limit``. See ``mean_test``, whose second term is below a thousandth here
    from ten deals on.
    """
    hidden = 1 - float((1 - confidence) ** (1 / deals))
    return limit * hidden / (1 - hidden)


def resolvable_difference(
    deals: int,
    sd: float = DIFFERENCE_SD,
    *,
    limit: float | None = None,
    power: float = POWER,
    confidence: float = CONFIDENCE,
) -> float:
    """Return the smallest mean difference per deal that is detected with probability ``power``.

    It has the units of ``sd``, whose default is the worst case for two scores on the same deals. A
    result above the largest possible difference (1 for scores) means that this number of deals can
    detect none. ``limit``: see power_of.
    """

    def lack(difference: float) -> float:
        return power_of(difference, deals, sd, limit=limit, confidence=confidence) - power

    top = sd
    while lack(top) < 0:
        top *= 2
    root: float = optimize.brentq(lack, 0.0, top)
    return root


def deals_needed(
    difference: float,
    sd: float = DIFFERENCE_SD,
    *,
    limit: float | None = None,
    power: float = POWER,
    confidence: float = CONFIDENCE,
) -> int:
    """Return the smallest number of deals that detects ``difference`` with probability ``power``.

    ``limit``: see power_of. Raises ValueError for a difference of 0 or one that takes more than
    10**9 deals.
    """

    def enough(deals: int) -> bool:
        return power_of(difference, deals, sd, limit=limit, confidence=confidence) >= power

    too_few, many = 1, 2
    while not enough(many):
        too_few, many = many, 2 * many
        if many > MOST_DEALS:
            raise ValueError(f"a difference of {difference} takes more than {MOST_DEALS} deals")
    while many - too_few > 1:
        middle = (many + too_few) // 2
        too_few, many = (too_few, middle) if enough(middle) else (middle, many)
    return many


def expected_half_width(deals: int, sd: float, *, confidence: float = CONFIDENCE) -> float:
    """Return the expected half-width of the t interval of a mean over at least 2 ``deals``."""
    return float(special.stdtrit(deals - 1, (1 + confidence) / 2)) * sd / float(np.sqrt(deals))


def expected_share_half_width(
    deals: int, sd: float = SHARE_SD, share: float = 0.5, *, confidence: float = CONFIDENCE
) -> float:
    """Return the expected half-width of the interval of a share: Wilson's interval at n_eff.

    ``share`` is between 0 and 1, exclusive. ``sd`` is above 0 and at most sqrt(share (1 - share)),
    its value if the seatings of a deal share all their luck.
    """
    size = share * (1 - share) / sd**2 * deals
    quantile = float(special.stdtrit(deals - 1, (1 + confidence) / 2))
    part = quantile**2 / size
    spread = share * (1 - share) + part / 4
    return float(np.sqrt(part * spread) / (1 + part))

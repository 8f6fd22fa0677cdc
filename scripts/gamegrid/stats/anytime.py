"""An interval that holds at every look from the first on, however often you look and when you stop.

It is the interval of ``MeanTest`` at a higher confidence, which rises with the number of deals. The
error of a mean of many deals, in standard errors, moves like W(t) / sqrt(t), where W is Brownian
motion and t the inverse of the mean's variance: Jennison and Turnbull, "Group sequential methods
with applications to clinical trials" (2000), chapter 11. Such a motion leaves a boundary c(t) at
any time from the first look on with a probability that can be computed; c is chosen so that this is
5 %. Boundaries that begin at a first look are those of Robbins and Siegmund, "Boundary crossing
probabilities for the Wiener process and sample sums" (1970). The error is 5 % for many deals, as
that of every interval here that rests on a central limit theorem: Waudby-Smith, Arbour, Sinha,
Kennedy and Ramdas, "Time-uniform central limit theory and asymptotic confidence sequences" (2024).

A hidden loss (see ``mean_test``) needs no higher confidence. If it is missing from the deals of one
look, it was missing from those of every look before. The first look whose interval it would make
miss is therefore the only one that counts, and there it is missing with probability 5 % at most.

The price is in the width. Against a fixed number of deals, c is 1.42 to 1.49 times the quantile
from the first look to ten times as many deals, and 1.80 times at fifty times as many. An interval
that holds from the first deal on costs more: the mixture that is best for one number of deals costs
1.55 at that number (``mixture_price``).
"""

import numpy as np
from scipy import optimize, special

from gamegrid.stats.intervals import CONFIDENCE, Interval, MaybeInterval, NoInterval, Reason
from gamegrid.stats.mean_test import MeanTest

FIRST_LOOK = 20
"""The smallest number of deals with an anytime interval, in every game that is compared."""
LEVEL = 7.73
"""The square of the boundary at the first look."""
EARLY = 0.35
"""How much the square rises when the logarithm of the number of deals rises by 1, at first."""
TURN = 10 * FIRST_LOOK
"""The number of deals from which the boundary rises faster, so that it holds for ever."""
LATE = 2.4
"""As EARLY, from TURN on. With these three, Brownian motion leaves the boundary at some number of
deals from FIRST_LOOK to 20,000 with probability 0.049 (``boundary_misses`` in the tests)."""

MOST_DEALS = 100_000
"""Beyond so many deals, a question counts as out of reach."""


def boundary(deals: int) -> float:
    """Return the boundary after at least FIRST_LOOK deals, in standard errors of the mean."""
    early = np.log(min(deals, TURN) / FIRST_LOOK)
    late = np.log(max(deals, TURN) / TURN)
    return float(np.sqrt(LEVEL + EARLY * early + LATE * late))


def confidence_after(deals: int) -> float:
    """Return the confidence of the interval after at least FIRST_LOOK deals, above CONFIDENCE."""
    return float(1 - 2 * special.ndtr(-boundary(deals)))


def anytime_interval(test: MeanTest | NoInterval) -> MaybeInterval:
    """Return the interval of the tested mean that holds at every look at once.

    The order of the deals must not depend on the results. In a mean over games, all must have
    FIRST_LOOK deals. The game with the most deals decides the confidence: then the time that has
    passed since the first look is never underestimated, whatever deals each game gets.
    """
    match test:
        case NoInterval():
            return test
        case MeanTest(sizes=sizes):
            if sizes.min() < FIRST_LOOK:
                return NoInterval(Reason.FEW_DEALS)
            return test.interval(confidence_after(int(sizes.max())), CONFIDENCE)


def mixture_price(confidence: float = CONFIDENCE) -> float:
    """Return how wide, against a fixed number of deals, the best normal mixture is at its best.

    The boundary of Robbins, "Statistical methods related to the law of the iterated logarithm"
    (1970), holds from the first deal on: sqrt((1 + r) log((1 + r) / (r alpha^2))) standard errors,
    where r is a constant divided by the number of deals. The result is its least value over the
    normal quantile.
    """
    alpha = 1 - confidence

    def width(logarithm: float) -> float:
        r = np.exp(logarithm)
        return float(np.sqrt((1 + r) * np.log((1 + r) / (r * alpha**2))))

    best = optimize.minimize_scalar(width, bounds=(-10, 5), method="bounded")
    return float(best.fun) / float(special.ndtri((1 + confidence) / 2))


def deals_to_decide(
    interval: Interval, difference: float, deals: int, margin: float | None = None
) -> int | None:
    """Return how many deals decide a question if its ``difference`` stays what it is.

    ``interval`` is the anytime interval after ``deals`` deals. Both its ends are taken to approach
    the difference as the boundary and the square root of the number of deals say. The middle of the
    interval would be no guide: where results are skewed, it may lie on the other side of 0. A
    question is decided if the interval excludes 0 or lies within ``margin`` of it. The result is
    ``deals`` if it is decided already, and None beyond MOST_DEALS. Anytime intervals hold at every
    number of deals, however it was chosen, so playing as many deals as this says leaves them valid.
    """

    def decided(more: int) -> bool:
        shrink = float(boundary(more) / boundary(deals) * np.sqrt(deals / more))
        low = difference - shrink * (difference - interval.low)
        high = difference + shrink * (interval.high - difference)
        return low > 0 or high < 0 or (margin is not None and -margin < low and high < margin)

    if decided(deals):
        return deals
    if not decided(MOST_DEALS):
        return None
    too_few, enough = deals, MOST_DEALS
    while enough - too_few > 1:
        middle = (too_few + enough) // 2
        too_few, enough = (too_few, middle) if decided(middle) else (middle, enough)
    return enough

"""Test whether bots got what their policies predict, with bounds valid for any number of deals.

Nothing here is asymptotic: many checks at a small alpha are decided in the tails, where
approximations are at their worst.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import optimize, special

from gamegrid.stats.arrays import Floats
from gamegrid.stats.intervals import SAME, Interval
from gamegrid.stats.power import POWER

FAMILY_ALPHA = 0.001
"""Probability that at least one check of a result set fails although nothing is wrong."""
TILTS: Floats = np.geomspace(1e-3, 1e8, 800)
"""Values of t in Chernoff's bound, for results scaled to 0 to 1. The tightest bound is used."""
CLOSE = 1e-9
"""Results closer than this differ only by rounding."""
MARGIN = float(special.ndtri(POWER))
"""How many standard deviations beyond the limit a result must be expected to be found so often."""
ORDERS = 16
MOST_TILT = 500.0
"""The strongest fault that is considered: all results but the highest then practically vanish."""
LEAST_VARIANCE = 1e-4
"""Variance added where results are certain, so that no stake is unbounded."""


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

    @classmethod
    def of_share(cls, chance: float) -> "Law":
        """Return the law of something that happens with probability ``chance``: 1, else 0."""
        return cls(np.array([0.0, 1.0]), np.clip([1 - chance, chance], 0, 1))

    @property
    def mean(self) -> float:
        """The expected result."""
        return float(self.results @ self.chances)

    @property
    def variance(self) -> float:
        """The variance of one result."""
        return float((self.results - self.mean) ** 2 @ self.chances)

    def accepted(self, deals: int, alpha: float) -> Interval:
        """Return the means over ``deals`` that luck explains, all of them possible ones.

        The mean lies outside with probability ``alpha`` at most. This is Chernoff's bound for a
        known distribution, solved for x: the mean exceeds x with probability at most
        exp(-deals * sup(t x - K(t))), where K is the logarithm of the moment generating function
        of one deal's result. The bound also holds if a deal's result is a mean over dependent
        seatings, since such a mean is distributed more narrowly (Jensen).
        """
        low, high = float(self.results.min()), float(self.results.max())
        if high - low < SAME:
            return Interval(low, high)
        unit = (self.results - low) / (high - low)
        share = np.log(2 / alpha) / deals
        up, down = (_reach(one, self.chances, share) for one in (unit, 1 - unit))
        least = high - (high - low) * down - SAME
        most = low + (high - low) * up + SAME
        return Interval(max(low, least), min(high, most))

    def noticed_shift(self, deals: int, alpha: float) -> float | None:
        """Return the least shift of the mean that ``accepted`` would show, in the results' units.

        A fault that moves the mean this far, or further, in either direction puts the observed mean
        outside with a probability of POWER or more. The fault is one that favours high results, or
        low ones, a little in every deal: it multiplies their probabilities by exp(t x). The mean of
        the deals is taken to be normal. A direction in which the results leave no room for so large
        a shift does not count. Returns None if no shift would be found.
        """
        accepted = self.accepted(deals, alpha)
        mirrored = Law(-self.results, self.chances)
        return _either(
            self._shift_beyond(accepted.high, deals), mirrored._shift_beyond(-accepted.low, deals)
        )

    def _shift_beyond(self, limit: float, deals: int) -> tuple[float, float, bool]:
        """Return the least shift up that puts the mean beyond ``limit``; see ``_either``."""
        top, span = float(self.results.max()), float(np.ptp(self.results))
        room = top - self.mean
        if top <= limit:
            return room, room, False

        def lack(tilt: float) -> float:
            law = self._tilted(tilt / span)
            return limit - law.mean + MARGIN * float(np.sqrt(law.variance / deals))

        tilt = optimize.brentq(lack, 0.0, MOST_TILT) if lack(MOST_TILT) < 0 else MOST_TILT
        return self._tilted(tilt / span).mean - self.mean, room, True

    def _tilted(self, tilt: float) -> "Law":
        """Return the law whose probabilities are multiplied by exp(tilt x)."""
        weights = self.chances * np.exp(tilt * (self.results - self.results.max()))
        return Law(self.results, weights / weights.sum())

    def noticed_share(self, deals: int, alpha: float) -> float | None:
        """Return the least change of a result's share that ``odd_share`` would show.

        A fault that makes any one of the results this much more frequent or rarer, or more so, is
        found with a probability of POWER or more. The probability is exact if the results of
        different deals are independent: the number of times is binomial. A direction without room
        for so large a change does not count. Returns None if no change would be found.
        """
        least = [
            _noticed_share(float(chance), deals, alpha / len(self.results))
            for chance in self.chances
        ]
        known = [change for change in least if change is not None]
        return max(known) if len(known) == len(least) else None

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
            accepted = _accepted_share(float(chance), deals, alpha / len(self.results))
            if not accepted.covers(float(share)):
                return Oddity(float(result), float(share), float(chance), accepted)
        return None


def _accepted_share(chance: float, deals: int, alpha: float) -> Interval:
    """Return the shares of a result with probability ``chance`` that luck explains."""
    return Law.of_share(chance).accepted(deals, alpha)


def _noticed_share(chance: float, deals: int, alpha: float) -> float | None:
    """Return the least change of one result's probability that is found as often as POWER.

    If more than k of n deals are too many, the probability that is found so often is the POWER
    quantile of the beta distribution with parameters k + 1 and n - k (Clopper and Pearson 1934).
    """
    accepted = _accepted_share(chance, deals, alpha)
    most, least = (np.floor(accepted.high * deals), np.ceil(accepted.low * deals))
    above = special.betaincinv(most + 1, deals - most, POWER) if most < deals else 1.0
    below = special.betaincinv(least, deals - least + 1, 1 - POWER) if least > 0 else 0.0
    return _either(
        (float(above) - chance, 1 - chance, most < deals),
        (chance - float(below), chance, least > 0),
    )


def _either(*directions: tuple[float, float, bool]) -> float | None:
    """Return the least change that is found whichever its direction.

    Each direction has the least change that is found there, the largest possible one, and whether
    the latter is found. None if neither direction is ever found.
    """
    if not any(found for _, _, found in directions):
        return None
    return max(min(least, room) if found else room for least, room, found in directions)


def _reach(results: Floats, chances: Floats, share: float) -> float:
    """Return the upper bound of a mean of results between 0 and 1: the least (K(t) + share) / t.

    Every t gives a valid bound. The best of TILTS agrees with the best of all t to three digits.
    """
    # logsumexp, because the log of a mean of exponentials underflows if a result is certain.
    tilted = special.logsumexp(TILTS[:, None] * (results - 1), axis=1, b=chances)
    return min(1.0, 1 + float(((tilted + share) / TILTS).min()))


def noticed_once(deals: int) -> float:
    """Return the share of deals that must be affected for one of them to be with prob. POWER."""
    return float(1 - (1 - POWER) ** (1 / deals))


def at_least(deals: Floats, expected: float, lowest: float, highest: float) -> float:
    """Return a p-value of the hypothesis that the expected result is ``expected`` or more.

    ``deals`` holds one result per deal, each from ``lowest`` to ``highest``, in an order that does
    not depend on the results. The test bets against the hypothesis on each deal, with stakes
    computed from the deals before it (``bets``). If the hypothesis is true, the capital grows
    tenfold with probability 1/10 at most (Ville's inequality), so 1 / capital is a valid p.
    """
    return float(min(1.0, np.exp(-_growth(deals, expected, lowest, highest).sum())))


def _growth(deals: Floats, expected: float, lowest: float, highest: float) -> Floats:
    """Return how the logarithm of the capital of ``at_least`` grows with each deal."""
    shares = (deals - lowest) / (highest - lowest)
    mean = (expected - lowest) / (highest - lowest)
    stakes = np.minimum(bets(shares, FAMILY_ALPHA), 0.5 / max(1 - mean, SAME))
    return np.asarray(np.log1p(-stakes * (shares - mean)))


def noticed_loss(
    deals: Floats, expected: float, lowest: float, highest: float, alpha: float
) -> float | None:
    """Return how far below ``expected`` a mean must be for ``at_least`` to give p below ``alpha``.

    The probability of that is then POWER, if the results spread as ``deals`` do around their mean
    and the logarithm of the capital is normal. None if so many deals never show it. The stakes
    depend on the order of the deals, so the answer is for the mean over ORDERS random orders.
    """
    luck = np.random.default_rng(0)
    around = [luck.permutation(deals - deals.mean()) for _ in range(ORDERS)]

    def lack(loss: float) -> float:
        grown = [_growth(one + expected - loss, expected, lowest, highest) for one in around]
        total = float(np.sum(grown)) / ORDERS
        spread = float(np.std(grown) * np.sqrt(len(deals)))
        limit = float(np.log(1 / alpha))
        return limit - total + MARGIN * spread

    return _root(lack, expected - lowest)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deviations:
    """How far the results of deals are from what is expected. All arrays have shape (deals,)."""

    found: Floats
    """Their expectation is 0 if nothing is wrong; those of different deals are independent."""
    lowest: Floats
    """The least possible deviations, 0 or less."""
    highest: Floats
    """The largest possible deviations, 0 or more."""
    variances: Floats
    """Guesses of the variances that do not depend on the results."""

    @classmethod
    def joined(cls, parts: Sequence["Deviations"]) -> "Deviations":
        """Return the deals of all ``parts``, one after the other."""
        names = ("found", "lowest", "highest", "variances")
        return cls(**{name: np.concatenate([getattr(p, name) for p in parts]) for name in names})

    @property
    def reversed(self) -> "Deviations":
        """The same deals with the signs changed."""
        return Deviations(
            found=-self.found, lowest=-self.highest, highest=-self.lowest, variances=self.variances
        )


@dataclass(frozen=True, slots=True)
class Aggregate:
    """A test of many deals together."""

    p: float
    """Two-sided."""
    mean: float
    """The weighted mean deviation; 0 is expected."""
    noticed: float | None
    """The least mean deviation that is found with a probability of POWER, whatever its direction.
    None if none is."""


def aggregate(deals: Deviations, alpha: float) -> Aggregate:
    """Test whether many deals, of several games, deviate in one direction.

    The test bets that the deviations are positive, and that they are negative, as ``at_least``
    does. Each stake is the deviation that the deals can just show, divided by the variance, which
    is best for small deviations: Kelly, "A new interpretation of information rate" (1956). Bad
    guesses of the variances make the test weaker and not invalid. ``alpha`` is the probability of a
    false alarm.
    """
    weights = 1 / (deals.variances + LEAST_VARIANCE)
    sides = [_Bet.on(side, alpha / 2) for side in (deals, deals.reversed)]
    return Aggregate(
        p=min(1.0, 2 * float(np.exp(-max(side.growth for side in sides)))),
        mean=float((weights * deals.found).sum() / weights.sum()),
        noticed=_either(*(side.noticed for side in sides)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bet:
    """A bet that deviations are positive."""

    deals: Deviations
    stakes: Floats
    limit: float
    """The growth of the logarithm of the capital that is an alarm."""

    @classmethod
    def on(cls, deals: Deviations, alpha: float) -> "_Bet":
        """Choose the stakes. No deal can cost more than half of the capital."""
        limit, variances = float(np.log(1 / alpha)), deals.variances + LEAST_VARIANCE
        shown = np.sqrt(2 * limit / (1 / variances).sum())
        stakes = np.minimum(0.5 / np.maximum(-deals.lowest, SAME), shown / variances)
        return cls(deals=deals, stakes=stakes, limit=limit)

    @property
    def growth(self) -> float:
        """The logarithm of the capital. Impossible results count as the furthest possible ones."""
        found = np.clip(self.deals.found, self.deals.lowest, self.deals.highest)
        return float(np.log1p(self.stakes * found).sum())

    @property
    def noticed(self) -> tuple[float, float, bool]:
        """The least shift that is found, the largest possible one, and whether this one is found.

        The variances are those guessed, or larger in the ratio in which the deals found them to be.
        """
        variances = self.deals.variances + LEAST_VARIANCE
        ratio = max(1.0, float((self.deals.found**2 / variances).mean()))
        spread = float(np.sqrt((self.stakes**2 * variances * ratio).sum()))

        def lack(shift: float) -> float:
            growth = self.stakes * shift - self.stakes**2 * (variances * ratio + shift**2) / 2
            return self.limit - float(growth.sum()) + MARGIN * spread

        room = float((self.deals.highest / variances).sum() / (1 / variances).sum())
        least = _root(lack, room)
        return (room, room, False) if least is None else (least, room, True)


def _root(lack: Callable[[float], float], most: float) -> float | None:
    """Return where ``lack``, positive at 0, first reaches 0; None if it does not up to ``most``."""
    if most <= 0:
        return None
    steps = np.linspace(0, most, 200)[1:]
    reached = next((step for step in steps if lack(float(step)) <= 0), None)
    if reached is None:
        return None
    root: float = optimize.brentq(lack, float(reached) - most / 199, float(reached))
    return root


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

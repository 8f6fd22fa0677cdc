"""Simulations with known truth that show how often the intervals and tests of stats err.

The tests in this folder run a small part, ``python -m bench stats`` runs everything.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from gamegrid.stats.arrays import Floats
from gamegrid.stats.davidson import COLUMNS, ELO, Matches
from gamegrid.stats.dropped import Bounds
from gamegrid.stats.equivalents import LadderBot, strength_equivalent
from gamegrid.stats.intervals import Interval, mean_interval, share_ends
from gamegrid.stats.mean_test import MeanTest, Sample
from gamegrid.stats.observations import Observations
from gamegrid.stats.ratings import Fit, ladder, pairs_of_seats, rate

DEALS = (5, 10, 20, 50, 200)
CORRELATIONS = (-0.8, 0.0, 0.8, 1.0)
"""How the luck of a deal's two seatings hangs together: against each other (good cards in one seat
are the other's in the next), not at all, together, and the very same."""


@dataclass(frozen=True)
class Case:
    """Chances of a win and of a draw in each of a deal's two seatings."""

    name: str
    wins: tuple[float, float]
    draws: tuple[float, float] = (0.0, 0.0)

    @property
    def mean(self) -> float:
        return (sum(self.wins) + sum(self.draws) / 2) / 2


CASES = (
    Case("share .03", (0.03, 0.03)),
    Case("share .5", (0.5, 0.5)),
    Case("share .97", (0.97, 0.97)),
    Case("90 % draws", (0.05, 0.05), (0.9, 0.9)),
    Case("90 % draws, never lost", (0.1, 0.1), (0.9, 0.9)),
    Case("seats .9 and .3", (0.9, 0.3)),
)


def deal_means(
    case: Case, correlation: float, deals: int, samples: int, luck: np.random.Generator
) -> Floats:
    """Return deal means of shape (samples, deals); the two seatings have correlated normal luck."""
    shared = luck.standard_normal((samples, deals)) * abs(correlation) ** 0.5
    total = np.zeros((samples, deals))
    for seat, (win, draw) in enumerate(zip(case.wins, case.draws, strict=True)):
        own = luck.standard_normal((samples, deals)) * (1 - abs(correlation)) ** 0.5
        side = -1 if correlation < 0 and seat else 1
        place = stats.norm.cdf(side * shared + own)
        total += np.where(place < win, 1.0, np.where(place < win + draw, 0.5, 0.0))
    return total / 2


def share_coverage(case: Case, correlation: float, deals: int, samples: int, seed: int) -> float:
    """Return how often share_interval covers the true mean."""
    luck = np.random.default_rng(seed)
    low, high = share_ends(deal_means(case, correlation, deals, samples, luck))
    return covered(low, high, case.mean)


def naive_coverage(case: Case, correlation: float, deals: int, samples: int, seed: int) -> float:
    """Return how often Wilson's interval covers the mean if all episodes count as independent."""
    means = deal_means(case, correlation, deals, samples, np.random.default_rng(seed)).mean(axis=1)
    part = stats.norm.ppf(0.975) ** 2 / (2 * deals)
    half = np.sqrt(part * (means * (1 - means) + part / 4)) / (1 + part)
    centre = (means + part / 2) / (1 + part)
    return covered(centre - half, centre + half, case.mean)


def covered(low: Floats, high: Floats, truth: float) -> float:
    return float(np.mean((low <= truth + 1e-12) & (truth - 1e-12 <= high)))


MEANS: Mapping[str, Callable[[np.random.Generator, tuple[int, int]], Floats]] = MappingProxyType(
    {
        "normal": lambda luck, shape: luck.normal(size=shape),
        "exponential": lambda luck, shape: luck.exponential(size=shape) - 1,
        "a large loss in 5 %": lambda luck, shape: np.where(
            luck.random(shape) < 0.05, -9.975, 0.525
        ),
    }
)
"""Values of deals with mean 0 and skewness 0, 2 and -4.1."""


def mean_coverage(name: str, deals: int, samples: int, seed: int, bootstrap: bool = False) -> float:
    """Return how often the interval of an unbounded mean covers it, or the BCa bootstrap's.

    Samples of equal values, which have no interval, are left out.
    """
    drawn = MEANS[name](np.random.default_rng(seed), (samples, deals))
    varied = drawn[np.ptp(drawn, axis=1) > 0]
    found = [_bca(row, seed) if bootstrap else mean_interval(row) for row in varied]
    return float(np.mean([isinstance(each, Interval) and each.covers(0.0) for each in found]))


def _bca(values: Floats, seed: int) -> Interval:
    """Return the interval of Efron, "Better bootstrap confidence intervals" (1987)."""
    ends = stats.bootstrap(
        (values,), np.mean, n_resamples=1999, method="BCa", rng=np.random.default_rng(seed)
    ).confidence_interval
    return Interval(float(ends.low), float(ends.high))


DIFFERENCES = Interval(-1.0, 1.0)


@dataclass(frozen=True)
class NullCase:
    """A distribution with the mean 0."""

    name: str
    draw: Callable[[np.random.Generator, int], Floats]
    limits: Interval | None = DIFFERENCES


def rare_loss(share: float, noise: float = 0.0) -> Callable[[np.random.Generator, int], Floats]:
    """Return draws that lose 1 with chance ``share`` and otherwise gain what makes up for it.

    ``noise`` is the spread of the gains, as a share of the gain.
    """

    def draw(luck: np.random.Generator, deals: int) -> Floats:
        gain = share / (1 - share)
        spread = min(gain, 1 - gain) * noise
        gains = gain + spread * luck.choice([-1, -0.5, 0, 0.5, 1], deals)
        return np.where(luck.random(deals) < share, -1.0, gains)

    return draw


def discrete(
    values: Sequence[float], chances: Sequence[float]
) -> Callable[[np.random.Generator, int], Floats]:
    return lambda luck, deals: luck.choice(values, deals, p=chances)


NULLS = (
    *(
        NullCase(f"a loss in {share:.0%}, gains vary by {noise:.0%}", rare_loss(share, noise))
        for share in (0.01, 0.03, 0.05, 0.1, 0.2, 0.3, 0.4)
        for noise in (0.0, 1.0)
    ),
    NullCase("95 % zeros", discrete([-1, 0, 1], [0.025, 0.95, 0.025])),
    NullCase("95 % zeros, skewed", discrete([-1, 0, 0.25], [0.01, 0.95, 0.04])),
    NullCase("56 % zeros, skewed", discrete([-1, 0, 0.1], [0.04, 0.56, 0.4])),
    NullCase("won or lost", discrete([-1, 1], [0.5, 0.5])),
    NullCase("halves", discrete([-1, -0.5, 0, 0.5, 1], [0.2] * 5)),
    NullCase("normal", lambda luck, deals: np.clip(luck.normal(0, 0.3, deals), -1, 1)),
)
"""Differences of two agents that are equally good on average."""
UNLIMITED = (
    NullCase("normal, no limits", lambda luck, deals: luck.normal(size=deals), None),
    NullCase("exponential, no limits", lambda luck, deals: luck.exponential(size=deals) - 1, None),
)


NULL_DEALS = (5, 6, 8, 10, 20, 50, 200, 2000)


def null_errors(case: NullCase, deals: int, samples: int, seed: int, games: int = 1) -> float:
    """Return how often equal means are told apart at 5 %, over ``games`` of equal weight."""
    luck = np.random.default_rng(seed)
    rejected = 0
    for _ in range(samples):
        drawn = [Sample(case.draw(luck, deals), 1 / games) for _ in range(games)]
        test = MeanTest.of(drawn, case.limits)
        rejected += isinstance(test, MeanTest) and test.p() < 0.05
    return rejected / samples


def student_errors(case: NullCase, deals: int, samples: int, seed: int) -> float:
    """Return how often Student's t tells equal means apart, where the values are not all equal."""
    luck = np.random.default_rng(seed)
    values = np.array([case.draw(luck, deals) for _ in range(samples)])
    varying = values[np.ptp(values, axis=1) > 0]
    return float((stats.ttest_1samp(varying, 0.0, axis=1).pvalue < 0.05).sum() / samples)


def played(
    strengths: Floats,
    pairs: list[tuple[int, int]],
    *,
    deals: int,
    luck: np.random.Generator,
    games: int = 1,
    first_mover: float = 60.0,
    nu: float = 0.5,
) -> Matches:
    """Draw matches from the model, both seatings of every deal; strengths are in rating points."""
    seats = np.array([*pairs, *((other, one) for one, other in pairs)])
    game, deal, match = (
        axis.ravel()
        for axis in np.meshgrid(range(games), range(deals), range(len(seats)), indexing="ij")
    )
    first, second = seats[match].T
    eta = (strengths[first] - strengths[second] + first_mover) / ELO
    win, loss = np.exp(eta / 2), np.exp(-eta / 2)
    place = luck.random(len(eta)) * (win + nu + loss)
    score = np.where(place < win, 1.0, np.where(place < win + nu, 0.5, 0.0))
    return Matches(
        agents=tuple(f"agent{code}" for code in range(len(strengths))),
        game=game, family=game, first=first, second=second, score=score, luck=game, deal=deal,
    )  # fmt: skip


def everybody(agents: int) -> list[tuple[int, int]]:
    return [(one, other) for one in range(agents) for other in range(one)]


@dataclass(frozen=True)
class Schedule:
    """Who meets whom how often, and how strong they are, in rating points."""

    name: str
    strengths: tuple[float, ...]
    deals: int
    pairs: list[tuple[int, int]] | None = None
    """Everybody meets everybody where it is None."""
    nu: float = 0.5


SCHEDULES = (
    Schedule("five, 5 deals", (100, 50, 0, 0, -100), 5),
    Schedule("five, 20 deals", (100, 50, 0, 0, -100), 20),
    Schedule("five far apart, 20 deals", (400, 200, 0, -200, -400), 20),
    Schedule("a chain, 20 deals", (200, 100, 0, -100, -200), 20, [(n, n + 1) for n in range(4)]),
    Schedule("five equal, 10 deals", (0, 0, 0, 0, 0), 10),
    Schedule("two, 5 deals", (50, -50), 5),
    Schedule("two, 20 deals, 90 % draws", (50, -50), 20, nu=18.0),
    Schedule("two 500 points apart, 20 deals", (250, -250), 20),
)


LADDERS = ((0, 100, 200, 300, 400, 500), (0, 200, 400), (0, 150, 150, 300))
"""Strengths of bots, in rating points."""
BETWEEN = (0.3, 0.5)
"""Places of an agent on a ladder, as shares of the way from its first bot to its last."""


@dataclass(frozen=True)
class RatingErrors:
    """The share of intervals that cover, and of samples with a false claim about equal agents."""

    ratings: float
    first_mover: float
    false_claims: float
    without: float
    """Share of agents without an interval; samples with any are not among ``ratings``."""


def rating_errors(
    schedule: Schedule, samples: int, seed: int, first_mover: float = 60.0
) -> RatingErrors:
    """Rate many sets of simulated matches."""
    luck = np.random.default_rng(seed)
    truth = np.array(schedule.strengths) - np.mean(schedule.strengths)
    pairs = schedule.pairs or everybody(len(truth))
    inside: list[bool] = []
    moves: list[bool] = []
    claims: list[bool] = []
    without = 0
    for _ in range(samples):
        matches = played(
            truth, pairs, deals=schedule.deals, luck=luck, first_mover=first_mover, nu=schedule.nu
        )
        fit = rate(matches)
        # If some are one-sided, zero is the mean of the others.
        placed = [isinstance(each.these_games, Interval) for each in fit.ratings]
        without += len(placed) - sum(placed)
        if all(placed):
            inside += _inside(fit, truth)
        moves += [
            game.interval.covers(first_mover)
            for game in fit.games
            if isinstance(game.interval, Interval)
        ]
        equal = np.triu(truth[:, None] == truth[None], 1)
        claims.append(bool((fit.pair_p[equal] < 0.05).any()))
    return RatingErrors(
        float(np.mean(inside)), float(np.mean(moves)), float(np.mean(claims)),
        without / (samples * len(truth)),
    )  # fmt: skip


OPENINGS = 6
"""Number of openings of the game of opening_errors, each as likely as the others."""


def opening_errors(deals: int, games: int, samples: int, seed: int) -> float:
    """Return how often ratings of agents without luck cover.

    The opening, the seats and the pair decide a match. All games are disguises of one: a match is
    the same in each. The true ratings are those of one match for each opening.
    """
    luck = np.random.default_rng(seed)
    inside: list[bool] = []
    for _ in range(samples):
        table = luck.choice([0.0, 0.0, 0.5, 1.0, 1.0], (OPENINGS, 6))
        truth = np.array([each.rating for each in rate(_replayed(range(OPENINGS), table)).ratings])
        fit = rate(_replayed(luck.integers(0, OPENINGS, deals), table, games))
        if all(isinstance(each.these_games, Interval) for each in fit.ratings):
            inside += _inside(fit, truth)
    return float(np.mean(inside))


def _replayed(
    openings: Sequence[int] | NDArray[np.int64], table: Floats, games: int = 1
) -> Matches:
    """Return the matches of three agents from these openings, each a deal, in every game.

    ``table`` holds the score of each opening's six matches, shape (openings, matches).
    """
    seats = np.array([*everybody(3), *((other, one) for one, other in everybody(3))])
    game, deal, match = (
        axis.ravel()
        for axis in np.meshgrid(
            range(games), range(len(openings)), range(len(seats)), indexing="ij"
        )
    )
    return Matches(
        agents=("a", "b", "c"), game=game, family=np.zeros_like(game), first=seats[match, 0],
        second=seats[match, 1], score=table[np.asarray(openings)[deal], match],
        luck=np.zeros_like(game), deal=deal,
    )  # fmt: skip


def ranking_errors(matches: int, samples: int, seed: int) -> RatingErrors:
    """Rate rankings of four agents from the model of Plackett and Luce, by pairs of seats.

    Two of the agents are equal. Whoever sits where, no seat is better than another.
    """
    luck = np.random.default_rng(seed)
    truth = np.array([150.0, 0.0, 0.0, -150.0])
    inside: list[bool] = []
    claims: list[bool] = []
    for _ in range(samples):
        # The order of exponential times with these rates is a ranking by Plackett and Luce.
        times = luck.exponential(10 ** (-truth / 400), (matches, 4))
        fit = rate(_as_pairs(times, luck))
        inside += _inside(fit, truth)
        claims.append(bool(fit.pair_p[1, 2] < 0.05))
    return RatingErrors(float(np.mean(inside)), float("nan"), float(np.mean(claims)), 0.0)


def _as_pairs(times: Floats, luck: np.random.Generator) -> Matches:
    """Return the pairs of seats of each match; a shorter time is better."""
    rows = [
        (number, seats[low], seats[high], score)
        for number, own in enumerate(times)
        for seats in (luck.permutation(4),)
        for low, high, score in pairs_of_seats((-own[seats]).tolist())
    ]
    number, first, second, score = map(np.array, zip(*rows, strict=True))
    zeros = np.zeros_like(number)
    return Matches(
        agents=("a", "b", "c", "d"), game=zeros, family=zeros, first=first, second=second,
        score=score, luck=zeros, deal=number,
    )  # fmt: skip


def _inside(fit: Fit, truth: NDArray[np.float64]) -> list[bool]:
    return [
        isinstance(each.these_games, Interval) and each.these_games.covers(value)
        for each, value in zip(fit.ratings, truth, strict=True)
    ]


def anchored_errors(strengths: Floats, deals: int, samples: int, seed: int) -> float:
    """Return how often the last agent's interval covers, with the others as a ladder."""
    luck, bots = np.random.default_rng(seed), len(strengths) - 1
    inside = []
    for _ in range(samples):
        frozen = played(strengths[:bots], everybody(bots), deals=deals, luck=luck)
        own = played(strengths, [(bots, bot) for bot in range(bots)], deals=deals, luck=luck)
        found = rate(both(frozen, own), ladder(frozen, "agent0")).ratings[bots].these_games
        inside.append(isinstance(found, Interval) and found.covers(strengths[bots] - strengths[0]))
    return float(np.mean(inside))


def both(frozen: Matches, own: Matches) -> Matches:
    """Join two sets of matches; the first set's agents are the first agents of the second."""
    joined = {name: np.concatenate([getattr(frozen, name), getattr(own, name)]) for name in COLUMNS}
    return Matches(agents=own.agents, **joined)


def ladder_coverage(
    bot_strengths: Floats, place: float, deals: int, samples: int, seed: int
) -> float:
    """Return how often the interval covers a ``place`` planted between bots of these strengths."""
    luck, count = np.random.default_rng(seed), len(bot_strengths)
    strengths = np.append(bot_strengths, np.interp(place, range(count), bot_strengths))
    bots = [LadderBot(f"agent{each}", float(each)) for each in range(count)]
    inside = []
    for _ in range(samples):
        matches = played(strengths, everybody(count + 1), deals=deals, luck=luck)
        found = strength_equivalent(matches, f"agent{count}", bots)
        beyond = found.place is None and found.low is None and found.high is None
        inside.append(
            not beyond
            and (found.low is None or found.low <= place)
            and (found.high is None or place <= found.high)
        )
    return float(np.mean(inside))


def dropped_coverage(deals: int, share: float, samples: int, seed: int) -> tuple[float, float]:
    """Return how often bounds cover a mean, and how often the interval over the deals left does.

    Values are uniform from 0 to 1. Each below the mean is dropped with the probability ``share``.
    """
    luck, bounded, plain = np.random.default_rng(seed), 0, 0
    for _ in range(samples):
        values = luck.random(deals)
        dropped = (values < 0.5) & (luck.random(deals) < share)
        least, most, left = (
            Observations(luck="", deals=np.arange(len(each)), values=each)
            for each in (
                np.where(dropped, 0, values),
                np.where(dropped, 1, values),
                values[~dropped],
            )
        )
        bounds = Bounds(least, most).interval(Observations.share_interval)
        interval = left.share_interval()
        bounded += bounds is not None and bounds.covers(0.5)
        plain += isinstance(interval, Interval) and interval.covers(0.5)
    return bounded / samples, plain / samples

"""Simulations with known truth of the anytime interval, at every look from the first on."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from gamegrid.stats.anytime import FIRST_LOOK, anytime_interval, boundary, deals_to_decide
from gamegrid.stats.arrays import Floats
from gamegrid.stats.intervals import Interval
from gamegrid.stats.mean_test import MeanTest, Sample
from stats_coverage import CASES, CORRELATIONS, deal_means

SHARES = Interval(-1, 1)
LAST_LOOK = 20_000
"""The last number of deals at which ``boundary_misses`` looks."""


@dataclass(frozen=True)
class Source:
    """Differences of two agents: how to draw them, their true mean, and their limits."""

    name: str
    draw: Callable[[np.random.Generator, int], Floats]
    """Returns so many deals."""
    mean: float
    limits: Interval | None = SHARES


def choice(name: str, values: list[float], chances: list[float]) -> Source:
    """Return a source of a few values, such as many draws and some wins."""
    mean = float(np.dot(values, chances))
    return Source(name, lambda luck, deals: luck.choice(values, deals, p=chances), mean)


SOURCES = (
    *(
        Source(
            f"{case.name}, luck {correlation}",
            lambda luck, deals, case=case, correlation=correlation: (  # type: ignore[misc]
                2 * deal_means(case, correlation, deals, 1, luck)[0] - 1
            ),
            2 * case.mean - 1,
        )
        for case in CASES
        for correlation in CORRELATIONS
    ),
    choice("equal, 80 % ties", [-0.5, 0, 0.5], [0.1, 0.8, 0.1]),
    choice("small gains, a rare large loss", [0.1, -0.9], [0.9, 0.1]),
    choice("a win in ten deals", [0, 0.5], [0.9, 0.1]),
    choice("a win in fifty deals", [0, 1], [0.98, 0.02]),
    Source("normal returns", lambda luck, deals: luck.standard_normal(deals), 0.0, None),
    Source("exponential returns", lambda luck, deals: luck.exponential(1, deals), 1.0, None),
    Source(
        "lognormal returns", lambda luck, deals: luck.lognormal(0, 0.5, deals), np.exp(1 / 8), None
    ),
)


def boundary_misses(paths: int, seed: int, last: int = LAST_LOOK) -> float:
    """Return how often Brownian motion leaves the boundary at any number of deals.

    The steps grow from 1,000 deals on, by less than 1 %.
    """
    luck = np.random.default_rng(seed)
    after = np.append(np.arange(FIRST_LOOK, 1000), np.geomspace(1000, last, 600).round())
    limits = np.array([boundary(int(deals)) for deals in after]) * np.sqrt(after)
    steps = np.sqrt(np.diff(after, prepend=0))
    missed = 0
    for _ in range(0, paths, 500):
        walks = np.cumsum(luck.standard_normal((500, len(after))) * steps, axis=1)
        missed += int((np.abs(walks) >= limits).any(axis=1).sum())
    return missed / (500 * len(range(0, paths, 500)))


def misses(source: Source, deals: int, samples: int, seed: int, times: int = 30) -> float:
    """Return how often any of ``times`` looks, the last at ``deals`` deals, misses."""
    luck = np.random.default_rng(seed)
    after = np.unique(np.geomspace(FIRST_LOOK, deals, times).round().astype(int))
    missed = 0
    for _ in range(samples):
        values = source.draw(luck, deals)
        found = (_interval([values[:look]], source.limits) for look in after)
        missed += any(each is not None and not each.covers(source.mean) for each in found)
    return missed / samples


def sequential_misses(sources: tuple[Source, ...], samples: int, seed: int, most: int) -> float:
    """Return how often a question's interval misses at any look of a grid that is allocated.

    Each source is a game. Every game begins with the first look; from then on only games whose
    question is open get deals, up to twice as many as they have, as ``further_deals`` says. It ends
    when all are decided or have ``most`` deals. The result is the share of games with a miss.
    """
    luck = np.random.default_rng(seed)
    missed = 0
    for _ in range(samples):
        for source in sources:
            values, deals, wrong = source.draw(luck, most), FIRST_LOOK, False
            while True:
                found = _interval([values[:deals]], source.limits)
                wrong |= found is not None and not found.covers(source.mean)
                mean = float(values[:deals].mean())
                needed = None if found is None else deals_to_decide(found, mean, deals)
                if deals >= most or needed == deals:
                    break
                deals = min(most, 2 * deals if needed is None else min(needed, 2 * deals))
            missed += wrong
    return missed / samples / len(sources)


def games_misses(sources: tuple[Source, ...], samples: int, seed: int, most: int) -> float:
    """Return how often the interval over games misses while one random game at a time gets deals.

    All games begin with the first look.
    """
    luck = np.random.default_rng(seed)
    truth = float(np.mean([source.mean for source in sources]))
    missed = 0
    for _ in range(samples):
        values = [source.draw(luck, most) for source in sources]
        deals, wrong = [FIRST_LOOK] * len(sources), False
        while min(deals) < most and not wrong:
            parts = [each[:number] for each, number in zip(values, deals, strict=True)]
            found = _interval(parts, SHARES)
            wrong = found is not None and not found.covers(truth)
            game = int(luck.integers(len(sources)))
            deals[game] = min(most, round(1.3 * deals[game]))
        missed += wrong
    return missed / samples


def _interval(values: list[Floats], limits: Interval | None) -> Interval | None:
    """Return the anytime interval of the mean over games of equal weight; None without one."""
    samples = [Sample(each, 1 / len(values)) for each in values]
    found = anytime_interval(MeanTest.of(samples, limits))
    return found if isinstance(found, Interval) else None

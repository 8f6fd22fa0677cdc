"""Simulations of skill over families of games, and of the best of a sweep, with known truth.

The tests in this folder run a small part, ``python -m bench stats`` runs everything.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import special, stats

from gamegrid.stats.arrays import Floats
from gamegrid.stats.davidson import Matches
from gamegrid.stats.hierarchy import Families, Prior, Skill, over_families
from gamegrid.stats.intervals import Interval, Stratum, combined_share_interval, share_variance
from gamegrid.stats.observations import Observations, Part, combined_interval
from gamegrid.stats.ratings import rate
from gamegrid.stats.winners import winner
from stats_coverage import everybody, played

FAMILIES = (3, 5, 10, 20)


@dataclass(frozen=True)
class Kind:
    """A population of families: the probability of a win in each is drawn from it."""

    name: str
    draw: Callable[[np.random.Generator, tuple[int, ...]], Floats]

    @property
    def mean(self) -> float:
        """The mean over the population, from a million draws."""
        return float(self.draw(np.random.default_rng(0), (1_000_000,)).mean())


KINDS = (
    Kind("all alike", lambda luck, size: np.full(size, 0.6)),
    Kind("sd .03", lambda luck, size: np.clip(luck.normal(0.6, 0.03, size), 0, 1)),
    Kind("sd .1", lambda luck, size: np.clip(luck.normal(0.6, 0.1, size), 0, 1)),
    Kind("sd .2", lambda luck, size: np.clip(luck.normal(0.5, 0.2, size), 0, 1)),
    Kind("logits of sd 1, mean .79", lambda luck, size: special.expit(luck.normal(1.5, 1, size))),
    Kind("skewed, mean .08", lambda luck, size: luck.beta(0.5, 5.75, size)),
)
"""Families as a normal model has them, and as it has not: near the end of the scale, and skewed."""


@dataclass(frozen=True)
class SkillErrors:
    """How the intervals over families of many samples behave."""

    coverage: float
    over_deals: float
    """How often the interval over other deals of the same games covers the mean over families."""
    width: float
    """The median width of the interval over families."""
    sure: float
    """The share of samples in which the probability that the mean is above 1/2 is below .025 or
    above .975: false claims, if the true mean is 1/2."""


def skill_errors(
    kind: Kind, families: int, deals: int, samples: int, seed: int, prior: Prior = Prior.WIDE
) -> SkillErrors:
    """Draw families, then the deals of each; return how often the interval covers the mean."""
    luck, truth = np.random.default_rng(seed), kind.mean
    inside, deals_only, widths, sure = [], [], [], []
    for _ in range(samples):
        chances = kind.draw(luck, (families,))
        values = luck.binomial(2, chances[:, None], (families, deals)) / 2
        found = over_families(
            Families(
                shares=values.mean(axis=1),
                variances=np.array([share_variance(each) for each in values]),
            ),
            prior,
        )
        assert isinstance(found, Skill)
        these = combined_share_interval([Stratum(each, 1) for each in values])
        assert isinstance(these, Interval)
        inside.append(found.interval.covers(truth))
        deals_only.append(these.covers(truth))
        widths.append(2 * found.interval.half_width)
        sure.append(abs(found.above_half - 0.5) > 0.475)
    return SkillErrors(
        float(np.mean(inside)), float(np.mean(deals_only)), float(np.median(widths)),
        float(np.mean(sure)),
    )  # fmt: skip


def varied(
    strengths: Floats, sd: float, families: int, deals: int, luck: np.random.Generator
) -> Matches:
    """Draw matches in which an agent's strength differs by family; all in rating points."""
    parts = [
        played(
            strengths + luck.normal(0, sd, len(strengths)),
            everybody(len(strengths)),
            deals=deals,
            luck=luck,
        )
        for _ in range(families)
    ]
    of = np.repeat(np.arange(families), len(parts[0].score))
    columns = {
        name: np.concatenate([getattr(part, name) for part in parts])
        for name in ("first", "second", "score", "deal")
    }
    return Matches(agents=parts[0].agents, game=of, family=of, luck=of, **columns)


def family_rating_coverage(
    sd: float, families: int, deals: int, samples: int, seed: int
) -> tuple[float, float]:
    """Return how often the intervals over families and over deals cover the rating.

    Three agents are equally strong on average, so that all true ratings are 0.
    """
    luck, strengths = np.random.default_rng(seed), np.zeros(3)
    inside = [
        [
            isinstance(found, Interval) and found.covers(0)
            for found in (each.games_like_these, each.these_games)
        ]
        for _ in range(samples)
        for each in rate(varied(strengths, sd, families, deals, luck)).ratings
    ]
    like, these = np.mean(inside, axis=0)
    return float(like), float(these)


SWEEPS = {
    "equal": lambda count: np.full(count, 0.6),
    "evenly apart": lambda count: np.linspace(0.5, 0.7, count),
    "one better": lambda count: np.where(np.arange(count) == 0, 0.7, 0.55),
    "near the end of the scale": lambda count: np.full(count, 0.95),
}
"""Chances of a win of each candidate of a sweep, by the number of candidates."""


@dataclass(frozen=True)
class WinnerErrors:
    """How the best of a sweep is judged over many samples."""

    naive: float
    """How often the usual interval of the chosen candidate covers its true mean."""
    coverage: float
    """How often the corrected interval does."""
    naive_bias: float
    """Mean error of the chosen candidate's own mean, in units of a score."""
    bias: float
    """Mean error of the corrected value."""


def winner_errors(
    chances: Floats, deals: int, samples: int, seed: int, shared: float = 0.3
) -> WinnerErrors:
    """Choose the best of some candidates that play the same deals, and judge it.

    ``chances`` are those of a win. ``shared`` is the correlation of the normal luck of candidates
    in one seating of a deal.
    """
    luck, numbers = np.random.default_rng(seed), np.arange(deals)
    errors = []
    for _ in range(samples):
        common = luck.standard_normal((1, deals, 2)) * shared**0.5
        own = luck.standard_normal((len(chances), deals, 2)) * (1 - shared) ** 0.5
        scores = (stats.norm.cdf(common + own) < chances[:, None, None]).mean(axis=2)
        candidates = [
            [Part(Observations(luck="a game", deals=numbers, values=each))] for each in scores
        ]
        best = winner(candidates, combined_interval)
        truth, usual = chances[best.place], combined_interval(candidates[best.place])
        assert isinstance(usual, Interval) and isinstance(best.interval, Interval)
        assert best.corrected is not None
        errors.append(
            (
                usual.covers(truth), best.interval.covers(truth), best.found - truth,
                best.corrected - truth,
            )
        )  # fmt: skip
    return WinnerErrors(*map(float, np.mean(errors, axis=0)))

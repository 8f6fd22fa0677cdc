"""How often ratings and ranges of ranks cover the truth if a set of results is drawn anew.

Bots play many deals once. Each set of results draws deals from them, for each luck by itself, so
the truth is what all deals together say. That is exact for bots without luck, too: the number of
deals stands for the distribution of openings.
"""

import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb
import numpy as np

from gamegrid.jobs import workflow
from gamegrid.stats.arrays import Integers
from gamegrid.stats.davidson import Matches
from gamegrid.stats.intervals import Interval
from gamegrid.stats.mean_test import MeanTest
from gamegrid.stats.ratings import rate
from gamegrid.store.comparisons import compare_pairs
from gamegrid.store.database import Sources, build
from gamegrid.store.standings import Pair, Question, game_ranks
from gamegrid.store.statistics import rated_matches
from gamegrid.store.values import CellValues
from played_coverage import Grid, play

CARDS = {
    "random": {"type": "random"},
    "optimal": {"type": "optimal"},
    "half": {"type": "noisy_optimal", "epsilon": 0.5},
    "bold": {"type": "preference", "prefer": ["bet", "call"]},
    "few": {"type": "noisy_optimal", "epsilon": 0.2},
}
KUHN = Grid("kuhn_poker, five bots", ("kuhn_poker",), CARDS)


@dataclass(frozen=True)
class Population:
    """All deals that were played."""

    matches: Matches | None
    cells: Sequence[CellValues]
    comparable: Sequence[tuple[str, str, str]]


@dataclass(frozen=True)
class Errors:
    """Shares of the samples, except for ``coverage``, which is that of all intervals."""

    coverage: float
    """Intervals of ratings that cover."""
    ranks: float
    """Samples in which every agent's true rank is a possible one."""
    right: float
    """Samples in which every agent has its true rank."""
    width: float
    """Mean number of ranks that are possible for an agent."""


def population(grid: Grid, deals: int, seed: int) -> Population:
    """Play ``deals`` deals of a grid and read them as the tables do."""
    with play(grid, deals, seed) as results, tempfile.TemporaryDirectory() as name:
        database = Path(name, "gamegrid.duckdb")
        files = [path for paths in results.blocks.values() for path in paths]
        build(database, workflow.rows(results.made), Sources(chunks=files))
        with duckdb.connect(str(database), read_only=True) as connection:
            found = rated_matches(connection)
        matches = None if found is None else found[1]
        return Population(matches, results.cells, results.comparable)


def rating_errors(
    matches: Matches, deals: int, samples: int, seed: int, *, apart: bool = False
) -> Errors:
    """Rate samples of ``deals`` deals of each luck.

    With ``apart``, each game's deals count as its own, as if games shared no luck.
    """
    luck, truth = np.random.default_rng(seed), rate(matches).ratings
    inside, ranks, right, width = [], [], [], []
    for _ in range(samples):
        sample = drawn(matches, deals, luck)
        found = rate(replace(sample, luck=sample.game) if apart else sample).ratings
        pairs = list(zip(found, truth, strict=True))
        inside += [
            one.these_games.covers(true.rating)
            for one, true in pairs
            if isinstance(one.these_games, Interval)
        ]
        ranks.append(all(one.ranks.low <= true.rank <= one.ranks.high for one, true in pairs))
        right.append(all(one.rank == true.rank for one, true in pairs))
        width += [1 + one.ranks.high - one.ranks.low for one in found]
    return Errors(*(float(np.mean(each)) for each in (inside, ranks, right, width)))


def drawn(matches: Matches, deals: int, luck: np.random.Generator) -> Matches:
    """Return the matches of ``deals`` deals of each luck, drawn with replacement."""
    rows, numbers = [], []
    for code in np.unique(matches.luck):
        own = np.flatnonzero(matches.luck == code)
        order = own[np.argsort(matches.deal[own], kind="stable")]
        starts = np.append(np.unique(matches.deal[order], return_index=True)[1], len(order))
        picks = luck.integers(0, len(starts) - 1, deals)
        rows += [order[starts[pick] : starts[pick + 1]] for pick in picks]
        numbers += [starts[pick + 1] - starts[pick] for pick in picks]
    every = matches.where(np.concatenate(rows))
    return replace(every, deal=np.repeat(np.arange(len(rows)), numbers))


def game_errors(everything: Population, deals: int, samples: int, seed: int) -> Errors:
    """Rank the agents of one game from samples of ``deals`` deals."""
    luck, truth = np.random.default_rng(seed), _ranked(everything.cells)
    numbers = everything.cells[0].observations.deals
    ranks, right, width = [], [], []
    for _ in range(samples):
        cells = list(_redrawn(everything.cells, luck.choice(numbers, deals)))
        found = {
            agent: (low, high)
            for _, agent, low, high, *_ in game_ranks(
                cells, everything.comparable, _pairs(cells, everything), {}
            )
        }
        shown = _ranked(cells)
        ranks.append(all(low <= truth[agent] <= high for agent, (low, high) in found.items()))
        right.append(shown == truth)
        width += [1 + high - low for low, high in found.values()]
    return Errors(float("nan"), *(float(np.mean(each)) for each in (ranks, right, width)))


def _redrawn(cells: Sequence[CellValues], picks: Integers) -> Iterator[CellValues]:
    for cell in cells:
        values = cell.observations.at(picks)
        numbered = replace(cell.observations, deals=np.arange(len(picks)), values=values)
        yield replace(cell, observations=numbered)


def _pairs(
    cells: Sequence[CellValues], everything: Population
) -> Mapping[str, Mapping[Pair, Question]]:
    pairs: dict[str, dict[Pair, Question]] = defaultdict(dict)
    for each in compare_pairs(cells, everything.comparable):
        pairs[str(each.game)][each.pair] = Question(
            mean=float(each.difference or 0.0),
            p=each.test.p() if isinstance(each.test, MeanTest) else None,
            fixed=False,
        )
    return pairs


def _ranked(cells: Sequence[CellValues]) -> dict[str, int]:
    """Return each agent's rank in a margin game: by opponents beaten, then by the mean."""
    means: dict[str, list[float]] = defaultdict(list)
    for cell in cells:
        means[cell.agent].append(round(float(cell.observations.values.mean()), 12))
    worth = {
        agent: (round(float(np.mean(np.sign(each))), 9), round(float(np.mean(each)), 9))
        for agent, each in means.items()
    }
    return {agent: 1 + sum(other > mine for other in worth.values())
            for agent, mine in worth.items()}  # fmt: skip

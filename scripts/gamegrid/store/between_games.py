"""The rows of games_like_these: scores and differences over all families like those played.

Families, and games within a family, weigh equally, as on the leaderboard. See stats.hierarchy.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from gamegrid.stats.hierarchy import Families, Prior, Skill, over_families
from gamegrid.stats.intervals import Interval, NoInterval, share_variance
from gamegrid.stats.observations import Observations, Part, by_luck
from gamegrid.store.comparisons import differences_of
from gamegrid.store.values import WIN_LOSS, CellValues, Pooled, TableRow, ends

MAIN = Prior.WIDE

_Numbers: TypeAlias = tuple[float | None, float | None, str | None, float | None, float | None]


@dataclass(frozen=True, slots=True)
class _Game:
    """Shares in one game, one per deal."""

    name: str
    family: str
    shares: Observations


def games_like_these(
    cells: Sequence[CellValues], comparable: Collection[tuple[str, str, str]]
) -> Iterator[TableRow]:
    """Yield the rows of every agent and every pair, under each prior.

    A pair counts in the win_loss games where the two compare and share deals. ``comparable`` holds
    (game, agent, rival) in both directions.
    """
    played: dict[str, dict[str, list[CellValues]]] = defaultdict(lambda: defaultdict(list))
    for cell in cells:
        if cell.scoring == WIN_LOSS and len(cell.observations):
            played[cell.agent][cell.game].append(cell)
    for agent, games in sorted(played.items()):
        yield from _rows(agent, None, list(_alone(games)))
    pairs: dict[tuple[str, str], list[str]] = defaultdict(list)
    for game, agent, rival in sorted(comparable):
        if agent < rival and game in played[agent]:
            pairs[agent, rival].append(game)
    for (agent, rival), shared in sorted(pairs.items()):
        together = list(_apart(played[agent], played[rival], shared))
        if together:
            yield from _rows(agent, rival, together)


def _alone(games: Mapping[str, Sequence[CellValues]]) -> Iterator[_Game]:
    """Yield the scores of one agent."""
    for game, cells in sorted(games.items()):
        pooled = Pooled.of(cells)
        yield _Game(game, pooled.family, pooled.observations)


def _apart(
    mine: Mapping[str, Sequence[CellValues]],
    theirs: Mapping[str, Sequence[CellValues]],
    games: Sequence[str],
) -> Iterator[_Game]:
    """Yield the differences of two agents on their common deals, as shares: 1/2 if equal."""
    for game in games:
        apart = differences_of(mine[game], theirs[game])
        if len(apart.observations):
            shares = (apart.observations.values + 1) / 2
            yield _Game(game, apart.family, apart.observations.with_values(shares))


def _rows(agent: str, rival: str | None, games: Sequence[_Game]) -> Iterator[TableRow]:
    """Yield one row for each prior."""
    families = _families(games)
    names = ", ".join(game.name for game in games)
    for prior in Prior:
        if rival is None:
            numbers = (families.mean, *_score(over_families(families, prior)))
        else:
            numbers = (2 * families.mean - 1, *_difference(over_families(families, prior)))
        yield agent, rival, prior.value, prior is MAIN, names, len(families.shares), *numbers


def _score(found: Skill | NoInterval) -> _Numbers:
    """Return low, high, reason, better and family_sd of an agent's score."""
    match found:
        case NoInterval():
            return *ends(found), None, None
        case Skill():
            return *ends(found.interval), None, found.spread


def _difference(found: Skill | NoInterval) -> _Numbers:
    """Return the same of a difference, which is twice as far from 0 as its share from 1/2."""
    match found:
        case NoInterval():
            return *ends(found), None, None
        case Skill(interval=Interval(low, high)):
            unscaled = Interval(2 * low - 1, 2 * high - 1)
            return *ends(unscaled), found.above_half, 2 * found.spread


def _families(games: Sequence[_Game]) -> Families:
    """Return the mean of each family, and its variance over the luck of the deals."""
    families: dict[str, list[Part]] = defaultdict(list)
    for game in games:
        families[game.family].append(Part(game.shares))
    return Families(
        shares=np.array([_mean(parts) for parts in families.values()]),
        variances=np.array([_variance(parts) for parts in families.values()]),
    )


def _mean(parts: Sequence[Part]) -> float:
    """Return the mean over games, with equal weights."""
    return float(np.mean([part.observations.mean for part in parts]))


def _variance(parts: Sequence[Part]) -> float:
    """Return the variance of that mean over other deals; games of one luck are added first."""
    lucks = [part for part in by_luck(parts) if part.observations.fixed is None]
    return sum(
        (part.weight / len(parts)) ** 2 * share_variance(part.observations.values) for part in lucks
    )

"""Compare pairs of agents, per game and over all win_loss games: the rows of comparisons."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeAlias

import numpy as np

from gamegrid.stats.intervals import MaybeInterval, NoInterval, Reason
from gamegrid.stats.observations import (
    Observations,
    Part,
    coins,
    combined_difference,
    count,
    difference,
)
from gamegrid.stats.paired import (
    Adjusted,
    SignFlip,
    anytime_interval,
    benjamini_hochberg,
    compare,
    holm,
    sign_flip,
)
from gamegrid.store.looks import Looks
from gamegrid.store.values import WIN_LOSS, CellValues, Ends, TableRow, ends

Pair: TypeAlias = tuple[str, str]

OVER_GAMES: Ends = (None, None, "over games")


@dataclass(frozen=True, slots=True, kw_only=True)
class Differences:
    """An agent's values minus a rival's in one game, on the deals both have with every opponent."""

    scoring: str
    family: str
    matchups: frozenset[str]
    observations: Observations


@dataclass(frozen=True, slots=True, kw_only=True)
class _Comparison:
    """One row, before p is adjusted."""

    game: str | None
    pair: Pair
    games: Mapping[str, frozenset[str]]
    """The matchups behind the row, by game."""
    deals: int
    difference: float | None
    interval: Ends
    anytime: Ends
    test: SignFlip

    def row(self, p: float, m: int, method: str, looks: Looks | None) -> TableRow:
        """Return the row as the table stores it."""
        return (
            self.game, *self.pair, self.deals, self.difference, *self.interval, *self.anytime,
            self.test.p, self.test.smallest_p, p, m, method,
            looks.number(self.games) if looks else None,
        )  # fmt: skip


def comparisons(
    cells: Iterable[CellValues],
    comparable: Collection[tuple[str, str, str]],
    looks: Looks | None = None,
    spans: Mapping[str, float] = MappingProxyType({}),
) -> list[TableRow]:
    """Return every row.

    ``comparable`` holds (game, agent, rival) in both directions. ``looks`` is None if the values of
    the cells are not those of deals. ``spans``: by game, the largest difference of two returns.
    """
    played: dict[tuple[str, str], list[CellValues]] = defaultdict(list)
    for cell in cells:
        if len(cell.observations) and cell.scoring != "payoff":
            played[cell.game, cell.agent].append(cell)
    apart: dict[str, dict[Pair, Differences]] = defaultdict(dict)
    for game, agent, rival in sorted(comparable):
        if agent < rival and (game, agent) in played:
            apart[game][agent, rival] = differences_of(played[game, agent], played[game, rival])
    rows: list[TableRow] = []
    for game, pairs in apart.items():
        compared = [_within(game, pair, each, spans.get(game)) for pair, each in pairs.items()]
        rows += _adjusted(compared, benjamini_hochberg, "benjamini-hochberg", looks)
    return rows + _adjusted(list(_overall(played, apart)), holm, "holm", looks)


def _adjusted(
    compared: Sequence[_Comparison],
    adjust: Callable[[Sequence[float]], Adjusted],
    method: str,
    looks: Looks | None,
) -> list[TableRow]:
    """Return the rows of one family of tests, with adjusted p."""
    adjusted = adjust([each.test.p for each in compared])
    return [
        each.row(float(p), adjusted.m, method, looks)
        for each, p in zip(compared, adjusted.p, strict=True)
    ]


def differences_of(mine: Sequence[CellValues], theirs: Sequence[CellValues]) -> Differences:
    """Pair the cells against the same opponents, and the two agents' own cells if they met."""
    agent, rival = mine[0].agent, theirs[0].agent
    met = {cell.matchup: cell for cell in theirs if agent in cell.others}
    apart = {cell.others: cell for cell in theirs if agent not in cell.others}
    pairs = [
        (cell, met[cell.matchup] if rival in cell.others else apart[cell.others]) for cell in mine
    ]
    return Differences(
        scoring=mine[0].scoring,
        family=mine[0].family,
        matchups=frozenset(cell.matchup for pair in pairs for cell in pair),
        observations=difference([(one.observations, other.observations) for one, other in pairs]),
    )


def _within(game: str, pair: Pair, differences: Differences, span: float | None) -> _Comparison:
    """Compare a pair in one game."""
    observations = differences.observations
    if differences.scoring == WIN_LOSS:
        share = compare(observations)
        interval, anytime, test = ends(share.interval), ends(share.anytime), share.test
    else:
        interval = ends(observations.mean_interval())
        anytime, test = ends(_anytime(observations, span)), sign_flip(observations.coins)
    return _Comparison(
        game=game,
        pair=pair,
        games={game: differences.matchups},
        deals=len(observations),
        difference=observations.mean,
        interval=interval,
        anytime=anytime,
        test=test,
    )


def _anytime(differences: Observations, span: float | None) -> MaybeInterval:
    """Return the anytime interval of returns. None beyond the bounds that a game declares."""
    if differences.fixed is not None:
        return NoInterval(differences.fixed.reason)
    if span is None or np.abs(differences.values).max(initial=0.0) > span:
        return NoInterval(Reason.UNBOUNDED)
    return anytime_interval(differences.values, span=span)


def _overall(
    played: Mapping[tuple[str, str], Sequence[CellValues]],
    apart: Mapping[str, Mapping[Pair, Differences]],
) -> Iterable[_Comparison]:
    """Compare over all win_loss games the pairs that have the same games and compare in each."""
    games: dict[str, set[str]] = defaultdict(set)
    for (game, agent), cells in played.items():
        if cells[0].scoring == WIN_LOSS:
            games[agent].add(game)
    agents = sorted(games)
    for place, agent in enumerate(agents):
        for rival in agents[place + 1 :]:
            both = sorted(games[agent])
            if games[rival] == games[agent] and all((agent, rival) in apart[g] for g in both):
                yield _together((agent, rival), {game: apart[game][agent, rival] for game in both})


def _together(pair: Pair, games: Mapping[str, Differences]) -> _Comparison:
    """Compare a pair over ``games``, with equal weights for families and for games of one."""
    families = [each.family for each in games.values()]
    parts = [
        Part(each.observations, 1 / families.count(each.family) / len(set(families)))
        for each in games.values()
    ]
    whole = all(len(part.observations) for part in parts)
    contributions = coins(parts) if whole else np.array([])
    return _Comparison(
        game=None,
        pair=pair,
        games={game: each.matchups for game, each in games.items()},
        deals=count(parts),
        difference=float(contributions.mean()) if whole else None,
        interval=ends(combined_difference(parts)),
        anytime=OVER_GAMES,
        test=sign_flip(contributions),
    )

"""Compare pairs of agents, per game and over all win_loss games: the rows of comparisons."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeAlias

import numpy as np

from gamegrid.stats.intervals import SAME, Interval, MaybeInterval, NoInterval, Reason
from gamegrid.stats.mean_test import MeanTest
from gamegrid.stats.observations import Observations, Part, count, difference, mean_of, mean_test
from gamegrid.stats.paired import Comparison, anytime_interval, compare
from gamegrid.store.looks import Looks
from gamegrid.store.values import WIN_LOSS, CellValues, Ends, TableRow, ends

Pair: TypeAlias = tuple[str, str]

OVER_GAMES: Ends = (None, None, "over games")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Differences:
    """An agent's values minus a rival's in one game, on the deals both have with every opponent."""

    scoring: str
    family: str
    matchups: frozenset[str]
    rounds: int
    """The number of matchups that each of the two agents played; a deal's value is their mean."""
    observations: Observations

    @property
    def largest(self) -> float:
        """The largest difference in either direction; 0 without deals."""
        return float(np.abs(self.observations.values).max(initial=0.0))

    def hidden_within(self, span: float) -> Interval:
        """Return how far the difference of a deal may be from 0 that was not played.

        It is taken to go as badly as ``span``, the largest difference of two results, in one
        matchup, or as badly as the worst deal that was played. That it goes so in several matchups
        at once is a rarer event still.
        """
        reach = max(self.largest, span / self.rounds)
        return Interval(-reach, reach)


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One pair in one game or over games, before p is adjusted."""

    game: str | None
    pair: Pair
    games: Mapping[str, frozenset[str]]
    """The matchups behind the row, by game."""
    deals: int
    difference: float | None
    test: MeanTest | NoInterval
    anytime: Ends

    def row(self, found: Comparison, m: int, looks: Looks | None) -> TableRow:
        """Return the row as the table stores it. ``m``: the number of pairs adjusted together."""
        low, high, _ = ends(found.adjusted)
        return (
            self.game, *self.pair, self.deals, self.difference, found.verdict,
            *ends(found.interval), found.p, low, high, found.p_adjusted, m, *self.anytime,
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
    apart: dict[str, dict[Pair, _Differences]] = defaultdict(dict)
    for game, agent, rival in sorted(comparable):
        if agent < rival and (game, agent) in played:
            apart[game][agent, rival] = _differences(played[game, agent], played[game, rival])
    rows: list[TableRow] = []
    for game, pairs in apart.items():
        compared = [_within(game, pair, each, spans.get(game)) for pair, each in pairs.items()]
        rows += _adjusted(compared, looks)
    return rows + _adjusted(list(_overall(played, apart)), looks)


def _adjusted(compared: Sequence[Compared], looks: Looks | None) -> list[TableRow]:
    """Return the rows of the pairs whose p-values are adjusted together."""
    found = compare([each.test for each in compared], [each.difference for each in compared])
    m = sum(each.p is not None for each in found)
    return [each.row(result, m, looks) for each, result in zip(compared, found, strict=True)]


def paired_cells(
    mine: Sequence[CellValues], theirs: Sequence[CellValues]
) -> list[tuple[CellValues, CellValues]]:
    """Pair the cells against the same opponents, and the two agents' own cells if they met.

    Raises KeyError unless the agents are comparable.
    """
    agent, rival = mine[0].agent, theirs[0].agent
    met = {cell.matchup: cell for cell in theirs if agent in cell.others}
    apart = {cell.others: cell for cell in theirs if agent not in cell.others}
    return [
        (cell, met[cell.matchup] if rival in cell.others else apart[cell.others]) for cell in mine
    ]


def _differences(mine: Sequence[CellValues], theirs: Sequence[CellValues]) -> _Differences:
    """Return the differences of two comparable agents."""
    pairs = paired_cells(mine, theirs)
    return _Differences(
        scoring=mine[0].scoring,
        family=mine[0].family,
        matchups=frozenset(cell.matchup for pair in pairs for cell in pair),
        rounds=len(pairs),
        observations=difference([(one.observations, other.observations) for one, other in pairs]),
    )


def _within(game: str, pair: Pair, differences: _Differences, span: float | None) -> Compared:
    """Compare a pair in one game. ``span`` is the largest difference of two returns, if known."""
    observations = differences.observations
    if differences.scoring == WIN_LOSS:
        span = 1.0
    elif span is not None and differences.largest > span + SAME:
        span = None
    return Compared(
        game=game,
        pair=pair,
        games={game: differences.matchups},
        deals=len(observations),
        difference=observations.mean,
        test=mean_test(
            [Part(observations)], None if span is None else differences.hidden_within(span)
        ),
        anytime=ends(_anytime(observations, span)),
    )


def _anytime(differences: Observations, span: float | None) -> MaybeInterval:
    """Return the anytime interval of differences up to ``span``."""
    if differences.fixed is not None:
        return NoInterval(differences.fixed.reason)
    if span is None:
        return NoInterval(Reason.UNBOUNDED)
    return anytime_interval(differences.values, span=span)


def _overall(
    played: Mapping[tuple[str, str], Sequence[CellValues]],
    apart: Mapping[str, Mapping[Pair, _Differences]],
) -> Iterable[Compared]:
    """Compare over all win_loss games the pairs that have the same games and compare in each.

    Of a pair with one game, the comparison in that game says all there is to say.
    """
    games: dict[str, set[str]] = defaultdict(set)
    for (game, agent), cells in played.items():
        if cells[0].scoring == WIN_LOSS:
            games[agent].add(game)
    agents = sorted(games)
    for place, agent in enumerate(agents):
        for rival in agents[place + 1 :]:
            both = sorted(games[agent])
            same = len(both) > 1 and games[rival] == games[agent]
            if same and all((agent, rival) in apart[game] for game in both):
                yield _together((agent, rival), {game: apart[game][agent, rival] for game in both})


def _together(pair: Pair, games: Mapping[str, _Differences]) -> Compared:
    """Compare a pair over ``games``, with equal weights for families and for games of one."""
    families = [each.family for each in games.values()]
    parts = [
        Part(each.observations, 1 / families.count(each.family) / len(set(families)))
        for each in games.values()
    ]
    reach = max(each.hidden_within(1.0).high for each in games.values())
    return Compared(
        game=None,
        pair=pair,
        games={game: each.matchups for game, each in games.items()},
        deals=count(parts),
        difference=mean_of(parts),
        test=mean_test(parts, Interval(-reach, reach)),
        anytime=OVER_GAMES,
    )


def differences(mine: Sequence[CellValues], theirs: Sequence[CellValues]) -> Observations:
    """Return an agent's values minus a comparable rival's on the deals of both, in one game."""
    return _differences(mine, theirs).observations
